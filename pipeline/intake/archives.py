"""ZIP, WACZ, gzip and WARC -> the blobs inside, one by one, in memory; nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from pipeline.errors import EmptyError, FormatError, LimitError, RefusedError, UnsafeError
from pipeline.intake.blobs import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_MEMBERS, Blob, counted, opened
from pipeline.intake.files import is_passed_over
from pipeline.intake.found import Found

# An archive inside an archive is held in memory; in bytes.
MAX_NESTED_BYTES = 100_000_000
# What a WACZ holds besides its records: indexes, page lists, checksums.
_WACZ_FURNITURE = re.compile(r"(?:indexes|pages|logs|fuzzy)/|datapackage(?:-digest)?\.json")
# Records of web archives that can be articles, by their content type.
_PAGE_TYPES = re.compile(r"text/(?:html|plain|xml|csv|rtf)|application/(?:xhtml\+xml|rss\+xml|atom\+xml|xml|json|ld\+json|pdf|rtf)")


def check_depth(blob: Blob) -> None:
    """LimitError where a blob lies deeper in archives than anybody packs."""
    if blob.depth > MAX_DEPTH:
        raise LimitError(f"it lies {blob.depth} archives deep; {MAX_DEPTH} are opened")


# --- ZIP ----------------------------------------------------------------------------------------


def read_zip(blob: Blob) -> Iterator[Blob | Found]:
    """The files in a ZIP archive (a Word document: itself as one blob), in the archive's order.

    LimitError on far too many members or a zip bomb; a member that is locked, that leads out of the
    archive or is a link is refused by itself, and the next one goes on.
    """
    check_depth(blob)
    with opened(blob) as raw:
        stream = raw if raw.seekable() and blob.depth == 0 else io.BytesIO(blob.whole(MAX_NESTED_BYTES))
        _check_members(stream)
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError, EOFError, struct.error) as e:
            raise FormatError(f"it is a ZIP archive that cannot be read: {e}", step="decode") from e
        with archive:
            names = archive.namelist()
            if "word/document.xml" in names:
                _check_office(archive)
                yield replace(blob.inside(blob.name, blob.whole(MAX_DOCUMENT_BYTES)), depth=blob.depth, kind="docx")
                return
            is_wacz = "datapackage.json" in names and any(n.startswith("archive/") for n in names)
            yield from _members(archive, blob, is_wacz=is_wacz)


def _check_members(stream: BinaryIO) -> None:
    """LimitError by the number of members that the archive's last record states, before their names are read."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(end - 66_000, 0))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    stream.seek(0)
    if at < 0 or at + 16 > len(tail):
        return
    number, size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if number == 0xFFFF or size == 0xFFFFFFFF:
        big = tail.rfind(b"PK\x06\x06")
        number = struct.unpack("<Q", tail[big + 32 : big + 40])[0] if 0 <= big <= len(tail) - 40 else number
    # The directory's own size bounds the members too: an entry has 46 bytes at least.
    if max(number, 0) > MAX_MEMBERS or (size != 0xFFFFFFFF and size > MAX_MEMBERS * 600):
        raise LimitError(f"it has {number:,} members; {MAX_MEMBERS:,} are opened. Pack them in several archives, or as JSON Lines")


def _check_office(archive: zipfile.ZipFile) -> None:
    total = sum(info.file_size for info in archive.infolist())
    packed = sum(info.compress_size for info in archive.infolist())
    if total > 4 * MAX_DOCUMENT_BYTES or (total > 20_000_000 and total > 200 * max(packed, 1)):
        raise LimitError(f"it unpacks to {total / 1e6:,.0f} MB, which no document does: a zip bomb, most likely")


def _members(archive: zipfile.ZipFile, blob: Blob, *, is_wacz: bool) -> Iterator[Blob | Found]:
    found = False
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        # Not `info.is_dir()`, which breaks on a member without a name.
        if name.endswith("/") or is_passed_over(name) or (is_wacz and _WACZ_FURNITURE.match(name)):
            continue
        found = True
        shown = f"{blob.name}/{name.lstrip('/')}"
        try:
            _check_member(info, name)
            yield _member(archive, info, blob, shown)
        except RefusedError as e:
            yield Found(shown, e, b"")
    if not found:
        raise EmptyError("there is no file in the archive", step="read")


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
        raise UnsafeError(f"its name {name[:80]!r} leads out of the archive", step="read")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeError("it is a link, and links in archives are not followed", step="read")
    if info.flag_bits & 0x1:
        raise FormatError("it is locked with a password", step="decode")


def _broken(e: Exception) -> RefusedError:
    return FormatError(f"it cannot be unpacked: {str(e) or type(e).__name__}", step="decode")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, blob: Blob, shown: str) -> Blob:
    def open_member() -> BinaryIO:
        try:
            stream = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, struct.error) as e:
            raise _broken(e) from e
        return counted(cast("BinaryIO", stream), blob.budget, _broken)

    return Blob(shown, open_member, info.file_size, blob.depth + 1, blob.budget, blob.given, "a member of the archive")


# --- gzip ---------------------------------------------------------------------------------------


def read_gzip(blob: Blob) -> Iterator[Blob]:
    """What a gzip file holds, as a stream. LimitError on a bomb, FormatError on what cannot be unpacked, while it is read."""
    check_depth(blob)
    name = re.sub(r"\.gz(?:ip)?$", "", blob.name, flags=re.IGNORECASE)

    def open_inner() -> BinaryIO:
        # GzipFile does not close what it is given; the blob's stream goes with it.
        return counted(cast("BinaryIO", _Gunzip(blob.open())), blob.budget, _broken)

    yield Blob(name if name != blob.name else f"{blob.name}/content", open_inner, None, blob.depth + 1, blob.budget, blob.given, "gzip")


class _Gunzip(gzip.GzipFile):
    """A gzip stream that closes the stream below it, and calls the errors of zlib by the name of gzip's."""

    def __init__(self, below: BinaryIO) -> None:
        super().__init__(fileobj=below, mode="rb")
        self._below = below

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size if size is not None else -1)
        except (zlib.error, EOFError) as e:
            raise OSError(f"the gzip stream is broken ({e})") from e

    def close(self) -> None:
        super().close()
        self._below.close()


# --- WARC ---------------------------------------------------------------------------------------


def read_warc(blob: Blob) -> Iterator[Blob | Found]:
    """The pages of a web archive, each a blob that knows its address; pictures, scripts and failed requests are passed over.

    EmptyError where no record is a page; an archive that breaks off is told at the place where it does.
    """
    check_depth(blob)
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    # Of a record that does not end where it says, it would write all that follows to stderr.
    quiet = type("QuietIterator", (ArchiveIterator,), {"INC_RECORD": ""})
    taken = number = 0
    with opened(blob) as stream:
        try:
            for record in quiet(stream, no_record_parse=False, check_digests=False):
                number += 1
                if record.rec_type not in ("response", "resource", "conversion"):
                    continue
                status = record.http_headers.get_statuscode() if record.http_headers else "200"
                headers = record.http_headers or record.rec_headers
                kind = (headers.get_header("Content-Type") or "").partition(";")[0]
                address = record.rec_headers.get_header("WARC-Target-URI") or ""
                if status != "200" or not _PAGE_TYPES.fullmatch(kind.strip().casefold()) or address.endswith("/robots.txt"):
                    continue
                shown = f"{blob.name}#{number}"
                taken += 1
                try:
                    content = _payload(record, blob)
                except RefusedError as e:
                    yield Found(shown, e, b"")
                    continue
                yield blob.inside(shown, content, given={"url": address.strip("<>")}, why=f"record {number} of the web archive: {address}")
        except RefusedError:
            raise
        except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error, AttributeError, TypeError, IndexError, KeyError) as e:
            raise FormatError(f"the web archive breaks off after record {number}: {str(e)[:200] or type(e).__name__}", step="decode") from e
    if not taken:
        raise EmptyError("no record of the web archive is a page", step="read")


def _payload(record: object, blob: Blob) -> bytes:
    stream = record.content_stream()  # type: ignore[attr-defined]
    content = bytes(stream.read(MAX_DOCUMENT_BYTES + 1))
    if len(content) > MAX_DOCUMENT_BYTES:
        raise LimitError(f"the record has more than {MAX_DOCUMENT_BYTES / 1e6:,.0f} MB")
    blob.budget.spend(len(content))
    return content
