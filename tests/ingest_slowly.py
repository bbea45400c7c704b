"""A program that ingests with the small coder, for tests that kill it: STORE BATCH PATH..."""

from __future__ import annotations

import sys
from pathlib import Path

# sqlite-utils loads pandas where it finds it, which takes longer than all the rest and is not needed here.
sys.modules["pandas"] = None  # type: ignore[assignment]

from pipeline import run, store
from pipeline.settings import load_settings
from tests.fakes import FakeCoder


def main() -> int:
    path, batch, *inputs = sys.argv[1:]
    run.BATCH_ITEMS = int(batch)
    db = store.open_store(path)
    print("ready", flush=True)
    run.ingest(db, [Path(i) for i in inputs], coder=FakeCoder(), settings=load_settings(store=path))
    db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
