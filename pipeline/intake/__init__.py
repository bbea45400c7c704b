"""Files -> Articles: one reader a format, told apart by content; what is not taken is refused by name and reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import RefusedError
from pipeline.intake import files, jsons, plain, tables
from pipeline.intake.columns import map_columns, plain_value
from pipeline.intake.files import find_files
from pipeline.intake.normalise import make_article
from pipeline.intake.publication import parse_published
from pipeline.intake.refusal import Refusal, refuse
from pipeline.models import Article

__all__ = ["Refusal", "find_files", "make_article", "read_path"]


def read_path(
    path: Path, *, published: str | None = None, columns: Mapping[str, str] | None = None, root: Path | None = None
) -> Iterator[Article | Refusal]:
    """The articles of one file and the refusals of what in it is none; never raises for what the file holds.

    `published` is used where nothing else dates an article; `columns` names a file's own columns
    (field -> name); items and file names are told relative to `root`. SettingsError on a field that
    `columns` makes up, DateError on a `published` that is no date.
    """
    parse_published(published)
    name = files.item_name(path, root)
    head: bytes | None = None
    size = 0
    try:
        size = files.check_file(path)
        head = files.read_head(path)
        files.check_is_text(head)
        encoding = files.find_encoding(head)
        kind = _kind_of(path, head.decode(encoding, "replace"))
        if kind == "text":
            yield _read_text(files.decode(files.read_whole(path, size), encoding), name, published=published)
            return
        yield from _read_records(_records(path, kind, encoding, name, size, columns), name, published=published, columns=columns)
    except RefusedError as e:
        yield refuse(e, name, head, size=size)


def _kind_of(path: Path, sample: str) -> str:
    """lines, json, table or text: by what the file begins with, its name only where that leaves it open."""
    suffix = path.suffix.casefold()
    start = sample.lstrip("\ufeff \t\r\n")
    if jsons.looks_like_lines(sample):
        return "lines" if suffix != ".json" or "\n" in start.rstrip() else "json"
    if suffix in (".jsonl", ".ndjson"):
        return "lines"
    if suffix == ".json" or (start.startswith(("[{", "[\n", "[\r", "{\n", "{\r", '{"', "[ {")) and suffix not in (".csv", ".tsv")):
        return "json"
    if suffix in (".csv", ".tsv", ".tab") or tables.looks_like_table(sample):
        return "table"
    return "text"


def _read_text(text: str, name: str, *, published: str | None) -> Article:
    fields, body = plain.split_head(text)
    return _make(fields, body, name, published=published)


def _records(path: Path, kind: str, encoding: str, name: str, size: int, columns: Mapping[str, str] | None) -> Iterator[jsons.Record]:
    if kind == "lines":
        return jsons.read_json_lines(path, encoding, name)
    if kind == "table":
        return tables.read_table(path, encoding, name, columns)
    return jsons.read_json_document(files.decode(files.read_whole(path, size), encoding), name)


def _read_records(
    records: Iterator[jsons.Record], name: str, *, published: str | None, columns: Mapping[str, str] | None
) -> Iterator[Article | Refusal]:
    for item, record, content in records:
        if isinstance(record, RefusedError):
            yield refuse(record, item, content)
            continue
        try:
            article = _from_record(record, name, published=published, columns=columns)
        except RefusedError as e:
            yield refuse(e, item, content)
        else:
            yield article


def _from_record(record: Mapping[str, Any], name: str, *, published: str | None, columns: Mapping[str, str] | None) -> Article:
    mapping = map_columns((key for key in record if isinstance(key, str)), columns)
    values = {field: plain_value(record[key]) for field, key in mapping.items()}
    return _make(values, values.pop("text"), name, published=published)


def _make(values: Mapping[str, str], text: str, name: str, *, published: str | None) -> Article:
    dated = parse_published(values.get("published"))
    return make_article(
        text=text,
        headline=values.get("headline", ""),
        published=dated or published,
        published_source="metadata" if dated else "given",
        source=values.get("source", ""),
        url=values.get("url", ""),
        byline=values.get("byline", ""),
        file_name=name,
        note=values.get("note", ""),
        external_id=values.get("external_id", ""),
        language=values.get("language"),
    )
