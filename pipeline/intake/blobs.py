"""Bytes that are read: a file, a member of an archive, a part of a letter; with the limits that hold for all of them.

Whatever lies inside a file is read in memory or as a stream; nothing is ever unpacked to disk, so no
name inside an archive leads anywhere.
"""

from __future__ import annotations

import ctypes
import io
import signal
import threading
import time
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.errors import LimitError, RefusedError, TooLargeError, UnreadableError

# A page or a story is a few hundred KB; a PDF or office document with pictures may be more. In bytes.
MAX_DOCUMENT_BYTES = 50_000_000
# An archive in an archive in an archive: exports come one or two deep, bombs many.
MAX_DEPTH = 3
# Text packs some ten to fifty times; a hundred and more only where the same line stands again and again.
MAX_RATIO = 200
# Below this much unpacked text nobody asks for the ratio, in bytes.
RATIO_FROM_BYTES = 20_000_000
# Members of one archive: their names alone take some 600 bytes each in memory.
MAX_MEMBERS = 200_000
# One document is read in milliseconds, a long PDF in seconds.
MAX_SECONDS = 20.0
# So much of a blob tells its kind and encoding, in bytes.
HEAD_BYTES = 65_536


@dataclass(slots=True)
class Budget:
    """How much may still come out of one file on disk, whatever lies inside what: `packed` is its size in bytes."""

    packed: int
    unpacked: int = 0

    def spend(self, n: int) -> None:
        """Count `n` bytes more. LimitError once far more has come out than text ever packs to."""
        self.unpacked += n
        if self.unpacked > RATIO_FROM_BYTES and self.unpacked > MAX_RATIO * self.packed:
            raise LimitError(f"it unpacks to over {self.unpacked / 1e6:,.0f} MB, {MAX_RATIO} times its size: a zip bomb, most likely")


@dataclass(frozen=True, slots=True)
class Blob:
    """Some bytes with a name: `open` gives them from the start each time; `size` is None where nobody knows it before the end.

    `given` is what is known of an article from outside (our fields), used where the bytes do not say it.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None
    depth: int = 0
    budget: Budget = field(default_factory=lambda: Budget(0))
    given: Mapping[str, str] = field(default_factory=dict)
    why: str = ""  # where it was found, for those who ask
    kind: str = ""  # what it is, where that is known before its first bytes are looked at

    def head(self) -> bytes:
        """The first HEAD_BYTES."""
        with opened(self) as stream:
            return stream.read(HEAD_BYTES)

    def whole(self, limit: int) -> bytes:
        """All bytes. TooLargeError over `limit`, before a byte is read where the size is known."""
        if self.size is not None and self.size > limit:
            raise TooLargeError(f"it has {self.size / 1e6:,.1f} MB; a document of this kind may have {limit / 1e6:,.0f} MB")
        with opened(self) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise TooLargeError(f"it has more than {limit / 1e6:,.0f} MB, which a document of this kind may have")
        return content

    def inside(self, name: str, content: bytes, *, given: Mapping[str, str] | None = None, why: str = "") -> Blob:
        """A blob that lies in this one, in memory."""
        return Blob(
            name, lambda: io.BytesIO(content), len(content), self.depth + 1, self.budget, dict(self.given) | dict(given or {}), why
        )  # fmt: skip


@contextmanager
def opened(blob: Blob) -> Iterator[BinaryIO]:
    """The blob's bytes as a stream. UnreadableError where the file cannot be opened or read."""
    try:
        stream = blob.open()
    except (OSError, ValueError) as e:
        raise UnreadableError(f"it cannot be read: {why_not(e)}") from e
    try:
        with stream:
            yield stream
    except OSError as e:
        raise UnreadableError(f"it cannot be read: {why_not(e)}") from e


def blob_of_path(path: Path, name: str, size: int) -> Blob:
    """The blob of a file on disk."""
    return Blob(name, lambda: path.open("rb"), size, budget=Budget(size))


def blob_of_bytes(name: str, content: bytes, *, given: Mapping[str, str] | None = None) -> Blob:
    """The blob of bytes in memory."""
    return Blob(name, lambda: io.BytesIO(content), len(content), budget=Budget(len(content)), given=dict(given or {}))


def why_not(error: OSError | ValueError) -> str:
    """The system's reason, as the end of a sentence."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


class Counted(io.RawIOBase):
    """A stream of unpacked bytes that counts into a budget; what its source breaks on is told as `broken` says."""

    def __init__(self, source: BinaryIO, budget: Budget, broken: Callable[[Exception], RefusedError]) -> None:
        self._source, self._budget, self._broken = source, budget, broken

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer from the source, counting; the number of bytes."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            content = self._source.read(min(len(view), 65_536))
        except RefusedError:
            raise
        except Exception as e:
            raise self._broken(e) from e
        self._budget.spend(len(content))
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the source too."""
        if not self.closed:
            self._source.close()
        super().close()


def counted(source: BinaryIO, budget: Budget, broken: Callable[[Exception], RefusedError]) -> BinaryIO:
    """A buffered stream over `Counted`."""
    return cast("BinaryIO", io.BufferedReader(Counted(source, budget, broken), 65_536))


class _OverdueError(BaseException):
    """The time is up. No Exception, since libraries swallow those wherever they expect trouble."""


@contextmanager
def time_limit(seconds: float = MAX_SECONDS) -> Iterator[None]:
    """LimitError in what runs inside once it takes longer, in whatever thread; at the next step of Python, where a library is at work."""
    in_main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    try:
        with _alarm(seconds) if in_main else _watchdog(seconds):
            yield
    except _OverdueError as e:
        raise LimitError(f"it takes longer than {seconds:g} s to read") from e


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: types.FrameType | None) -> None:
        raise _OverdueError

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    # It rings again each second: what swallows it once is told again.
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # a limit around this one goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), 1.0)


@contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    """As `_alarm`, for threads, which get no signals: another thread sets off the error in this one."""
    me, over, lock = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(me, ctypes.py_object(_OverdueError))
            wait = 1.0

    threading.Thread(target=watch, daemon=True, name="time limit").start()
    try:
        yield
    finally:
        over.set()
        with lock:  # what was set off and has not gone off must not do so later
            ctypes.pythonapi.PyThreadState_SetAsyncExc(me, None)
