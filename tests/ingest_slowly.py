"""What takes articles in with the small coder, for tests that kill it; loaded once, and a copy of the process forked for each run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# sqlite-utils loads pandas where it finds it, which takes longer than all the rest and is not needed here.
sys.modules["pandas"] = None  # type: ignore[assignment]

from pipeline import run, store
from pipeline.intake.fetch import Fetcher
from pipeline.intake.sources import Source, Sources
from pipeline.settings import load_settings
from pipeline.watch import Watch
from pipeline.workers import Workers
from tests.fakes import FakeCoder


def take_in(ready: Any, path: Path, batch: int, how: str, inputs: list[str]) -> None:
    """Ingest files, with two processes that code where `how` is workers, or look once at folders (watch) or feeds (feed).

    `ready` is an end of a pipe, told when the store is open.
    """
    run.BATCH_ITEMS = batch
    db = store.open_store(path)
    ready.send("ready")
    if how in ("watch", "feed"):
        kind = "folder" if how == "watch" else "feed"
        sources = Sources(tuple(Source(f"{kind} {n}", kind, i, robots=False) for n, i in enumerate(inputs)))
        fetcher = Fetcher(allowed=frozenset({"127.0.0.1"}), pause_s=0.0)
        Watch(db, sources, FakeCoder(), lambda event: None, fetcher).run(once=True)
    elif how == "workers":
        with Workers(2, FakeCoder) as coder:
            run.ingest(db, [Path(i) for i in inputs], coder=coder, settings=load_settings(store=path))
    else:
        run.ingest(db, [Path(i) for i in inputs], coder=FakeCoder(), settings=load_settings(store=path))
    db.close()
