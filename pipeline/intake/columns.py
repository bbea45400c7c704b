"""What the fields of other people's files are called: names -> ours, and values -> the arguments of `make_article`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.errors import FormatError, SettingsError

# Names by field, the likeliest first; compared without case, blanks and marks ("pub_date", "Pub Date").
SYNONYMS: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "body", "bodytext", "fulltext", "articletext", "articlebody", "content", "articlecontent", "contents", "maintext",
        "story", "storytext", "rawtext", "plaintext", "article", "bodyxhtml", "description", "summary",
    ),
    "headline": (
        "headline", "title", "heading", "articletitle", "storytitle", "headlines", "hl", "subject",
    ),
    "published": (
        "published", "publishedatutc", "publishedat", "publishedutc", "publishedon", "publicationdate", "publishdate",
        "datepublished", "pubdate", "pubdateutc", "publicationtime", "publishtime", "articledate", "storydate", "date", "datetime",
        "timestamp", "time", "seendate", "firstpublished", "created", "createdat", "versioncreated", "day",
    ),
    "source": (
        "source", "sourcename", "outlet", "outletname", "publisher", "publication", "newspaper", "medium", "media", "provider",
        "site", "sitename", "website", "domain", "feed", "feedname", "agency",
    ),
    "url": (
        "url", "link", "canonicalurl", "articleurl", "sourceurl", "weburl", "permalink", "href", "uri", "webaddress",
    ),
    "byline": (
        "byline", "author", "authors", "creator", "dccreator", "writer", "reporter", "journalist",
    ),
    "external_id": (
        "articleid", "externalid", "storyid", "docid", "documentid", "newsid", "recordid", "guid", "uuid", "id", "uid", "identifier",
        "key",
    ),
    "note": (
        "note", "notes", "remark", "remarks", "disclaimer",
    ),
    "language": (
        "language", "lang", "locale",
    ),
}  # fmt: skip
FIELDS = tuple(SYNONYMS)
_FIELD_OF = {name: field for field, names in SYNONYMS.items() for name in names}


def squeeze_name(name: str) -> str:
    """A field's name without case, blanks and marks."""
    return re.sub(r"[\W_]+", "", name.casefold())


def field_of(name: str) -> str | None:
    """Our field for a name, None for a name we do not know."""
    return _FIELD_OF.get(squeeze_name(name))


def map_columns(names: Iterable[str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our fields -> the names a file has for them; `columns` (field -> name) goes before our own list of synonyms.

    SettingsError on a field we do not have, FormatError where a name asked for or the text is not among `names`.
    """
    names = [name for name in names if name]
    mapping: dict[str, str] = {}
    for field, wanted in (columns or {}).items():
        if field not in SYNONYMS:
            raise SettingsError(f"there is no field {field!r} to read a column into; the fields are {', '.join(FIELDS)}")
        found = [n for n in names if n == wanted] or [n for n in names if squeeze_name(n) == squeeze_name(wanted)]
        if not found:
            raise FormatError(f"there is no column {wanted!r} (asked for as {field}); {_found(names)}")
        mapping[field] = found[0]
    taken = set(mapping.values())
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(squeeze_name(name), name)
    for field, synonyms in SYNONYMS.items():
        if field not in mapping:
            free = [by_name[s] for s in synonyms if s in by_name and by_name[s] not in taken]
            if free:
                mapping[field] = free[0]
                taken.add(free[0])
    if "text" not in mapping:
        raise FormatError(f"there is no column with the text (wanted: text, or a synonym such as body or content); {_found(names)}")
    return mapping


def _found(names: list[str]) -> str:
    shown = ", ".join(repr(n if len(n) <= 40 else n[:40] + "...") for n in names[:20])
    return f"found: {shown}{' and more' if len(names) > 20 else ''}" if names else "found no column at all"


def plain_value(value: Any, *, depth: int = 0) -> str:
    """A JSON value as text: names out of objects ({"id": "bbc", "name": "BBC"}), lists joined by commas or, for texts, paragraphs."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    if depth > 3:
        return ""
    if isinstance(value, Mapping):
        for key in ("name", "title", "value", "text", "#text", "_", "href", "id"):
            if key in value:
                return plain_value(value[key], depth=depth + 1)
        return ""
    if isinstance(value, (list, tuple)):
        items = [item for item in (plain_value(v, depth=depth + 1) for v in value[:1000]) if item]
        return ("\n\n" if any(len(i) > 100 for i in items) else ", ").join(items)
    return ""
