"""Runs of `tests.ingest_slowly` in processes of their own, which start at once: they are forked from one that has loaded everything."""

from __future__ import annotations

import multiprocessing
import sys
import types
from pathlib import Path
from typing import Any

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.ingest_slowly"])


def _take_in(*args: Any) -> None:
    from tests import ingest_slowly  # it leaves pandas out, so nobody but the forked process may load it

    ingest_slowly.take_in(*args)


def start(path: Path, *inputs: Path | str, batch: int = 4, how: str = "ingest") -> Any:
    """A process that takes articles in, under way, with the store open; it has `pid`, `kill`, `is_alive`."""
    here, there = _forks.Pipe(duplex=False)
    process = _forks.Process(target=_take_in, args=(there, path, batch, how, [str(i) for i in inputs]))
    # Where a test of the dashboard ran before, the main module is a page of it, which the process would load.
    main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    there.close()
    with here:
        assert here.recv() == "ready"
    return process


def finish(process: Any) -> int:
    """The exit code of a process, once it has ended; negative for the signal that ended it."""
    process.join()
    code = int(process.exitcode)
    process.close()
    return code
