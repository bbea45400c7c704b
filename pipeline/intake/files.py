"""Files as they lie on disk: which of them are meant, which hold no text at all, and the text of those that do."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import EmptyError, EncodingError, FormatError, UnreadableError
from pipeline.intake.blobs import Blob, opened, why_not
from pipeline.settings import MAX_TEXT_BYTES

# Files that speak about a folder and are none of its articles.
NOT_ARTICLES = re.compile(r"(?:readme|license|licence|notice|copying|changelog|authors|contributing|makefile)(?:\.\w+)?", re.IGNORECASE)

# First bytes -> what such a file is. Source: the formats' own specifications.
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf'\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow table"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"RIFF", "a RIFF image or recording"),
    (b"\x00\x00\x01\x00", "an icon"),
)
# Control characters that text has: tab, line feed, vertical tab, form feed, carriage return, escape.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Above this share of other control characters the bytes are no text.
CONTROL_SHARE = 0.02
# Above this share of letters outside ASCII, bytes that are not UTF-8 are no Western European text either.
FOREIGN_SHARE = 0.3


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that `paths` mean, each once: a named file as it is, a folder's files sorted by name, deep.

    In folders, hidden files and files such as README and LICENSE are left out; everything else is
    yielded, to be read or refused by name. Links to folders are not followed, so that none leads around; one to a
    file outside the folder is yielded and refused when it is read (`leads_out`). A path that is not there is
    yielded too, so that its reading says so.
    """
    named, folders = set[str](), list[str]()  # the files and the folders gone through
    for path in paths:
        is_folder = path.is_dir()
        for file in _walk(path) if is_folder else iter((path,)):
            # The name as given, not the target: two names of one file are told apart by the text's own id.
            key = os.path.abspath(file)  # noqa: PTH100 - Path.absolute keeps "..", and two spellings are one file
            if key not in named and not any(_walked(key, folder) for folder in folders):
                yield file
        if is_folder:
            folders.append(os.path.abspath(path))  # noqa: PTH100
        else:
            named.add(os.path.abspath(path))  # noqa: PTH100


def _walked(key: str, folder: str) -> bool:
    """Whether the walk of a folder came by a file, told by its name: a memory of all files would grow with them."""
    if not key.startswith(folder.rstrip(os.sep) + os.sep):
        return False
    *folders, name = Path(key).relative_to(folder).parts
    return not any(_is_passed(f) for f in folders) and not _is_left_out(name)


def is_passed_over(name: str) -> bool:
    """Whether a file of this name, folders included, is none of a folder's or an archive's articles."""
    *folders, base = name.strip("/").split("/")
    return any(_is_passed(f) for f in folders if f not in ("..", ".")) or _is_left_out(base)


def _is_passed(folder: str) -> bool:
    return folder.startswith(".") or folder in ("__pycache__", "__MACOSX")


def _is_left_out(name: str) -> bool:
    return name.startswith((".", "~$")) or bool(NOT_ARTICLES.fullmatch(name))


def _walk(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder, onerror=None, followlinks=False):
        folders[:] = sorted(f for f in folders if not _is_passed(f))
        for name in sorted(names):
            if _is_left_out(name):
                continue
            yield Path(top) / name


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path below a folder is a link to something outside it."""
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def item_name(path: Path, root: Path | None) -> str:
    """How a file is called in messages and in the store: below `root` where it lies there, else by its own name."""
    if root is not None:
        try:
            path = Path(os.path.abspath(path)).relative_to(os.path.abspath(root))  # noqa: PTH100 - keep links as they are named
        except ValueError:
            path = Path(path.name)
    else:
        path = Path(path.name)
    # A name that is no UTF-8 has stand-ins that cannot be stored.
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def check_file(path: Path) -> int:
    """The size of a regular file in bytes. UnreadableError where it is none, EmptyError where nothing is in it."""
    try:
        status = path.stat()
    except (OSError, ValueError) as e:
        raise UnreadableError(f"it cannot be read: {why_not(e)}") from e
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("it is not a regular file, but a device, pipe or socket")
    if status.st_size == 0:
        raise EmptyError("it is empty", step="read")
    return status.st_size


def mark_of(path: Path) -> tuple[int, int, int]:
    """What changes when a file does: its size, the time of its last change and its number; zeros where it has gone."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0, 0, 0
    return status.st_size, status.st_mtime_ns, status.st_ino


def check_is_text(head: bytes) -> None:
    """FormatError, naming the kind, where a file's first bytes are those of no text."""
    for magic, kind in MAGIC:
        if head.startswith(magic):
            raise FormatError(f"it is {kind}, not text", step="decode")
    if head[4:8] == b"ftyp":
        raise FormatError("it is a video or an HEIC image, not text", step="decode")
    if head.startswith(b"BM") and len(head) > 14 and head[6:10] == b"\x00\x00\x00\x00":
        raise FormatError("it is a BMP image, not text", step="decode")


def find_encoding(head: bytes) -> str:
    """The encoding of a file by its first bytes: utf-8-sig, utf-16, utf-32, utf-8, or cp1252 for what is none of these.

    EncodingError where the bytes are no text at all.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    if b"\x00" in head:
        # Every other byte a zero: Latin text in UTF-16 without its mark.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        half = max(len(head) // 2, 1)
        if odd > 0.7 * half and even < 0.05 * half:
            return "utf-16-le"
        if even > 0.7 * half and odd < 0.05 * half:
            return "utf-16-be"
        raise EncodingError("it is binary: it holds zero bytes")
    if len(_CONTROL.findall(head)) > CONTROL_SHARE * len(head):
        raise EncodingError("it is binary: it is full of control characters")
    return "utf-8"


def decode(content: bytes, encoding: str) -> str:
    """Bytes as text; what claims UTF-8 and is not is read as Windows-1252, for ftfy to repair. EncodingError where neither fits."""
    if encoding in ("utf-8", "utf-8-sig"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            return _decode_western(content.removeprefix(b"\xef\xbb\xbf"))
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as e:
        raise EncodingError(f"it is not the {encoding.upper()} it claims to be: {e.reason} at byte {e.start:,}") from e


def _decode_western(content: bytes) -> str:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    letters = sum(c.isalpha() for c in text)
    high = sum(not c.isascii() for c in text)
    # Cyrillic or Arabic code pages read as Western give nothing but accented letters.
    if high > FOREIGN_SHARE * max(letters, 1):
        raise EncodingError("its bytes are neither UTF-8 nor Western European text (Windows-1252); save it as UTF-8")
    return text


def decode_line(content: bytes, encoding: str) -> str:
    """One line of a file whose lines may be encoded differently."""
    return decode(content, "utf-8" if encoding == "utf-8-sig" else encoding)


def read_lines(blob: Blob, encoding: str, *, limit: int = MAX_TEXT_BYTES) -> Iterator[tuple[int, bytes | str]]:
    """The lines of a blob one by one, numbered from 1, in constant memory: bytes, or text where the encoding is wider than a byte.

    A line over `limit` is cut there and its rest dropped; it is one byte longer than `limit` then.
    """
    wide = encoding.startswith(("utf-16", "utf-32"))
    try:
        with opened(blob) as raw:
            file = io.TextIOWrapper(raw, encoding, errors="replace", newline="") if wide else raw
            number = 0
            while line := file.readline(limit + 1):
                number += 1
                if len(line) > limit:
                    rest = line
                    while rest and not rest.endswith(b"\n" if isinstance(rest, bytes) else "\n"):  # type: ignore[arg-type]
                        rest = file.readline(1_000_000)
                if number == 1 and isinstance(line, bytes):
                    line = line.removeprefix(b"\xef\xbb\xbf")
                yield number, line
    except UnicodeError as e:
        raise UnreadableError(f"it cannot be read: {e}") from e
