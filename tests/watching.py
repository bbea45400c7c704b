"""A watch in a thread, for tests that publish something and wait until it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.intake.fetch import Fetcher
from pipeline.intake.sources import Source, Sources
from pipeline.watch import Watch
from tests.fakes import FakeCoder


class Running:
    """A watch in a thread, with what it logged."""

    def __init__(self, path: Path, sources: Sources) -> None:
        self.events: list[dict[str, Any]] = []
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(path, sources))
        self._thread.start()

    def _run(self, path: Path, sources: Sources) -> None:
        db = store.open_store(path)
        try:
            fetcher = Fetcher(allowed=frozenset({"127.0.0.1"}), pause_s=0.0, max_seconds=5.0)
            Watch(db, sources, FakeCoder(), self.events.append, fetcher, self.stop).run()
        except BaseException as e:
            self.error = e
        finally:
            db.close()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error


@contextmanager
def watching(path: Path, *sources: Source) -> Iterator[Running]:
    store.open_store(path).close()  # so that whoever reads meanwhile finds a whole schema
    running = Running(path, Sources(sources))
    try:
        yield running
    finally:
        running.end()


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen"
        time.sleep(0.05)
    return time.monotonic() - began
