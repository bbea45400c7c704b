"""CSV and TSV -> one mapping of fields an article."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping

from pipeline.errors import EmptyError, FormatError, RefusedError, TooLargeError
from pipeline.intake.blobs import Blob
from pipeline.intake.columns import field_of, map_columns
from pipeline.intake.files import decode_line, read_lines
from pipeline.intake.jsons import Record
from pipeline.settings import MAX_TEXT_BYTES

DELIMITERS = (",", "\t", ";", "|")
# The csv module refuses fields over 128 KB unless told; an article may be longer.
FIELD_LIMIT = MAX_TEXT_BYTES


def find_delimiter(header: str) -> str | None:
    """What parts the columns of a header line: the mark that gives the most names we know, then the most columns.

    None where no mark gives two columns. The header decides, and not the frequency of marks below it:
    news copy is full of commas and semicolons.
    """
    scored = []
    for rank, delimiter in enumerate(DELIMITERS):
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            continue
        if len(names) >= 2:
            scored.append((sum(field_of(n) is not None for n in names), len(names), -rank, delimiter))
    return max(scored)[3] if scored else None


def looks_like_table(head: str) -> bool:
    """Whether the first line of a text is the header of a table of articles: two known columns, one of them the text."""
    header = head.lstrip("\ufeff").partition("\n")[0].strip("\r")
    delimiter = find_delimiter(header)
    if delimiter is None:
        return False
    try:
        fields = [field_of(n) for n in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error:
        return False
    # Every name known and short: "Text, title and source" is a sentence.
    return "text" in fields and sum(f is not None for f in fields) >= 2 and None not in fields[:2]


def read_table(blob: Blob, encoding: str, columns: Mapping[str, str] | None = None) -> Iterator[Record]:
    """The rows of a table, each as {column name: value}; a row that cannot be read is an error by itself.

    FormatError where there is no header or no column with the text; EmptyError where no row follows.
    """
    lines = _Lines(blob, encoding)
    first = next(lines, None)
    if first is None:
        raise EmptyError("it is empty", step="read")
    delimiter = find_delimiter(first.strip("\r\n")) or ","
    csv.field_size_limit(FIELD_LIMIT)
    rows = csv.reader(_chain(first, lines), delimiter=delimiter)
    header = _next_row(rows)
    if header is None or isinstance(header, RefusedError):
        raise header or FormatError("it has no header line")
    names = [n.strip().strip("\ufeff") for n in header]
    map_columns(names, columns)
    found = False
    # A row by itself says nothing: what is kept of a refused one has the header above it, so that it can be tried again.
    head = lines.take()
    start = lines.number + 1
    while (row := _next_row(rows)) is not None:
        item, content = f"{blob.name}:{start}", head + lines.take()
        start = lines.number + 1
        found = True
        if isinstance(row, RefusedError):
            yield item, row, content
            if lines.broken:
                return
            continue
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            yield item, FormatError(f"the row has {len(row)} cells under {len(names)} columns"), content
            continue
        if len(row) < min(2, len(names)):
            yield item, FormatError(f"the row has {len(row)} cell under {len(names)} columns"), content
            continue
        yield item, dict(zip(names, row, strict=False)), content
    if not found:
        raise EmptyError("there is no row below the header", step="read")


def _next_row(rows: Iterator[list[str]]) -> list[str] | RefusedError | None:
    try:
        return next(rows, None)
    except csv.Error as e:
        return FormatError(f"the row cannot be read: {e}")
    except RefusedError as e:
        return e


class _Lines:
    """The lines of a table as text, with the number of the last one and the bytes since `take` was called."""

    def __init__(self, blob: Blob, encoding: str) -> None:
        self._lines = read_lines(blob, encoding)
        self._encoding = encoding
        self._taken: list[bytes] = []
        self._size = 0
        self.number = 0
        self.broken = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        content = line if isinstance(line, bytes) else line.encode("utf-8", "replace")
        self._taken.append(content)
        self._size += len(content)
        if self._size > FIELD_LIMIT:
            # A quotation mark that never closes would swallow the file.
            self.broken = True
            raise TooLargeError(f"the row has more than {FIELD_LIMIT / 1e6:,.0f} MB; a quotation mark may be missing")
        return decode_line(line, self._encoding) if isinstance(line, bytes) else line

    def take(self) -> bytes:
        """The bytes of the lines read since the last call."""
        taken, self._taken, self._size = b"".join(self._taken), [], 0
        return taken


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest
