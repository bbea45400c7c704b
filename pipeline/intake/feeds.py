"""RSS and Atom -> entries; an entry with its full text is an article, one without names the page that has it."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import EmptyError, FormatError
from pipeline.intake.found import Found, guarded
from pipeline.intake.markup import check_entities, text_of_markup

# A feed has tens of entries, an archive's hundreds; in bytes.
MAX_FEED_BYTES = 20_000_000
# A text of so many characters is the story itself; below it, it is the teaser of one.
FULL_TEXT_CHARACTERS = 700
# A teaser that breaks off says so.
_BROKEN_OFF = re.compile(r"(?:\.\.\.|…|\[\.\.\.\]|\[…\]|(?:read|continue|more)\b.{0,20})\s*(?:\[\+?\d+ chars\])?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed: our fields and how each was got; whether `text` is the whole story; when the feed says it changed."""

    fields: Mapping[str, str]
    how: Mapping[str, str]
    is_full: bool
    updated: str
    key: str  # what the feed tells its entries apart by


def read_entries(content: bytes, *, url: str = "") -> list[Entry]:
    """The entries of a feed, in its order. FormatError where it is none, EmptyError where nothing is in it."""
    check_entities(content)
    with guarded("an RSS or Atom feed"):
        import feedparser

        headers = {"content-location": url} if url else None
        # Bytes are read as they are; given text or an address, feedparser would go and fetch.
        feed = feedparser.parse(io.BytesIO(content), response_headers=headers, sanitize_html=True, resolve_relative_uris=bool(url))
        if not feed.get("version") and not feed.get("entries"):
            raise FormatError(f"it is not RSS or Atom that can be read: {feed.get('bozo_exception') or 'no channel and no feed in it'}")
        outlet = _clean(feed.feed.get("title"))
        language = _clean(feed.feed.get("language"))
        entries = [_entry(e, outlet=outlet, language=language) for e in feed.entries]
    if not entries:
        raise EmptyError("there is no entry in the feed", step="read")
    return entries


def read_feed(content: bytes, item: str, *, url: str = "") -> Iterator[Found]:
    """The entries of a feed file as articles; those of teasers are taken as the teasers they are, and say so."""
    for number, entry in enumerate(read_entries(content, url=url), start=1):
        name = f"{item}#{number}"
        if not entry.fields.get("text"):
            yield Found(name, EmptyError("the entry has neither text nor teaser", step="parse"), repr(dict(entry.fields)).encode())
            continue
        yield Found(name, teaser(entry) if not entry.is_full else entry.fields, entry.fields["text"].encode(), entry.how)


def teaser(entry: Entry) -> dict[str, str]:
    """An entry's fields with the note that its text is the feed's teaser and not the story."""
    note = "; ".join(filter(None, [entry.fields.get("note", ""), "the feed's teaser, not the whole story"]))
    return dict(entry.fields) | {"note": note}


def _entry(entry: Any, *, outlet: str, language: str) -> Entry:
    contents = [c for c in entry.get("content", []) if c.get("value")]
    best = max((str(c.get("value")) for c in contents), key=len, default="")
    content, summary = _plain(best), _plain(str(entry.get("summary") or ""))
    text, how = (content, "content") if content else (summary, "description")
    source = _clean((entry.get("source") or {}).get("title")) if isinstance(entry.get("source"), Mapping) else ""
    # feedparser's own `get` gives one date for the other, and warns of it.
    updated = _moment(dict.get(entry, "updated_parsed"))
    published = _moment(dict.get(entry, "published_parsed")) or updated or _clean(dict.get(entry, "published"))
    fields = {
        "text": text,
        "headline": _plain(str(entry.get("title") or "")),
        "published": published,
        "source": source or outlet,
        "url": _clean(entry.get("link")),
        "byline": _clean(entry.get("author")),
        "external_id": _clean(entry.get("id")),
        "language": _clean((contents[0].get("language") if contents else "") or language),
    }
    told = {
        "text": f"{how} of the entry", "headline": "title of the entry", "published": "published or updated of the entry",
        "source": "source of the entry" if source else "title of the feed", "url": "link of the entry", "byline": "author of the entry",
        "external_id": "guid or id of the entry", "language": "language of the feed",
    }  # fmt: skip
    fields = {name: value for name, value in fields.items() if value}
    is_longer = how == "content" and len(content) > max(FULL_TEXT_CHARACTERS // 2, 1.5 * len(summary) if summary != content else 0)
    is_full = (len(text) >= FULL_TEXT_CHARACTERS or is_longer) and not _BROKEN_OFF.search(text[-60:])
    key = fields.get("external_id") or fields.get("url") or fields.get("headline", "")
    return Entry(fields, {name: told[name] for name in fields}, is_full, updated, key)


def _plain(value: str) -> str:
    return text_of_markup(value) if re.search(r"<\w+[^<>]*>|&\w+;", value) else value.strip()


def _clean(value: Any) -> str:
    return " ".join(str(value).split()) if value else ""


def _moment(value: Any) -> str:
    try:
        return datetime.fromtimestamp(calendar.timegm(value), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
