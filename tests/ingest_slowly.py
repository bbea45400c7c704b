"""A program that ingests, or watches once, with the small coder, for tests that kill it: STORE BATCH ingest|watch PATH..."""

from __future__ import annotations

import sys
from pathlib import Path

# sqlite-utils loads pandas where it finds it, which takes longer than all the rest and is not needed here.
sys.modules["pandas"] = None  # type: ignore[assignment]

from pipeline import run, store
from pipeline.intake.fetch import Fetcher
from pipeline.intake.sources import Source, Sources
from pipeline.settings import load_settings
from pipeline.watch import Watch
from tests.fakes import FakeCoder


def main() -> int:
    path, batch, how, *inputs = sys.argv[1:]
    run.BATCH_ITEMS = int(batch)
    db = store.open_store(path)
    print("ready", flush=True)
    if how == "watch":
        sources = Sources(tuple(Source(f"folder {n}", "folder", i) for n, i in enumerate(inputs)))
        Watch(db, sources, FakeCoder(), lambda event: None, Fetcher()).run(once=True)
    else:
        run.ingest(db, [Path(i) for i in inputs], coder=FakeCoder(), settings=load_settings(store=path))
    db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
