"""Coding in several processes: each has a coder of its own, and what comes back is in the order it was sent.

A process that dies on an article takes only that article with it: it is told as failed, and another
process is started. Processes end when the one that started them does, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pipeline.errors import DatelineError, RefusedError
from pipeline.models import Article, Report

# So many articles go to a process at once: a fraction of a second of coding, so that none waits long for another.
CHUNK_ARTICLES = 8


@dataclass(frozen=True, slots=True)
class Coded:
    """What a coder found in one article, without the steps that led there."""

    outcome: str
    reason: str
    reports: tuple[Report, ...] = ()


def code_article(article: Article, coder: Any) -> Any:
    """What the coder says of one article. An article that breaks it must not stop the others: it comes back as failed."""
    try:
        found = coder.code(article)
        # A coder may as well give its reports alone.
        return Coded("coded" if found else "nothing", "", tuple(found)) if isinstance(found, (list, tuple)) else found
    except RefusedError as e:
        return Coded("failed", e.reason)
    except Exception as e:
        return Coded("failed", f"the coder broke on it ({type(e).__name__}: {e})")


class Workers:
    """`number` processes that code articles with what `make_coder` gives; started when the first article comes.

    Use it as a context manager. It stands where a coder stands: it has the coder's name and version.
    """

    def __init__(self, number: int, make_coder: Callable[[], Any]) -> None:
        self.number = number
        self._make_coder = make_coder
        self._threads: ThreadPoolExecutor | None = None
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._processes: list[_Process] = []
        self._named: tuple[str, str] | None = None
        self._ended = threading.Event()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()  # a process that is ended below must not be taken for one that died on an article
        if self._threads:
            self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            process.end()
        if self._threads:
            self._threads.shutdown(wait=True)

    @property
    def name(self) -> str:
        """The coder's name."""
        return self._identity()[0]

    @property
    def version(self) -> str:
        """The coder's version."""
        return self._identity()[1]

    def code(self, article: Article) -> Coded:
        """What the coder says of one article."""
        return self.submit([article]).result()[0]

    def submit(self, articles: Sequence[Article]) -> Future[list[Coded]]:
        """What the coder says of these articles, in their order, once it is known."""
        return self._pool().submit(self._code, list(articles))

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            # One thread a process: it sends, waits for the answer, and is the only one to speak with it.
            self._threads = ThreadPoolExecutor(self.number, thread_name_prefix="coding")
        return self._threads

    def _identity(self) -> tuple[str, str]:
        if self._named is None:
            self._pool().submit(self._process).result()
        assert self._named is not None
        return self._named

    def _process(self) -> _Process:
        """This thread's process. DatelineError once the coding has ended: nobody would end a process started then."""
        process: _Process | None = getattr(self._mine, "process", None)
        if process is None or not process.alive:
            if self._ended.is_set():
                raise DatelineError("the coding has ended")
            process = _Process(self._make_coder)
            with self._lock:
                if self._ended.is_set():
                    process.end()
                    raise DatelineError("the coding has ended")
                self._processes.append(process)
            self._mine.process = process
            self._named = process.identity
        return process

    def _code(self, articles: list[Article]) -> list[Coded]:
        found: list[Coded] = []
        while len(found) < len(articles):
            process = self._process()
            found += process.code(articles[len(found) :])
            if self._ended.is_set():
                return found
            if not process.alive and len(found) < len(articles):
                found.append(Coded("failed", "the coder's process died on it"))
        return found


class _Process:
    """One process with its coder, and the pipe to it."""

    def __init__(self, make_coder: Callable[[], Any]) -> None:
        # A fresh interpreter: a copy of this one would hold the store's connection and the threads' locks.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, pickle.dumps(make_coder)), daemon=True)
        self._process.start()
        theirs.close()
        self.alive = True
        answer = self._receive()
        if not isinstance(answer, tuple):
            self.end()
            raise answer if isinstance(answer, DatelineError) else DatelineError("a process for coding could not be started")
        self.identity: tuple[str, str] = answer

    def _receive(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            self.alive = False
            return None

    def code(self, articles: Sequence[Article]) -> list[Coded]:
        """What it finds, article by article; fewer where it died before the end."""
        try:
            self._pipe.send(list(articles))
        except OSError:
            self.alive = False
            return []
        found = []
        for _ in articles:
            coded = self._receive()
            if not isinstance(coded, Coded):
                break
            found.append(coded)
        return found

    def end(self) -> None:
        """End the process."""
        self.alive = False
        self._process.terminate()
        self._process.join(5)
        self._pipe.close()


def _serve(pipe: Connection, make_coder: bytes) -> None:
    """Code what comes until the other end closes. Ctrl-C is the starter's to handle; its death closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Several processes share the machine already; threads of the algebra library, loaded with the coder, would fight over it.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    try:
        coder = pickle.loads(make_coder)()  # noqa: S301 - what the starter packed, through a pipe of its own
        pipe.send((str(coder.name), str(coder.version)))
        while True:
            for article in pipe.recv():
                coding = code_article(article, coder)
                pipe.send(Coded(coding.outcome, coding.reason, tuple(coding.reports)))
    except DatelineError as e:
        pipe.send(e)
    except (EOFError, OSError):
        return
