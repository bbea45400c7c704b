"""A saved view as an Atom feed (RFC 4287): its newest incidents, each with a permanent id."""

from __future__ import annotations

import html
import re
import uuid
import xml.etree.ElementTree as ET

from sqlite_utils import Database

from pipeline import store
from pipeline.news import NewsItem, load_news, newest_incidents
from pipeline.views import SavedView, view_url

FEED_ENTRIES = 100
ATOM = "http://www.w3.org/2005/Atom"
# Everything that has an id in a feed has it under this name, so that it is the same in every copy of a store.
NAMESPACE = uuid.UUID("6f0c3ad5-5d0b-5d0e-9a55-0e2bd1c6f6b4")
# What XML 1.0 cannot hold.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def stable_id(kind: str, name: str) -> str:
    """A permanent id of a view or an incident, as a URN."""
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{kind}:{name}')}"


def make_feed(db: Database, view: SavedView, *, base: str, self_url: str | None = None) -> bytes:
    """The feed of a saved view: its newest FEED_ENTRIES incidents, the newest first. The same store gives the same bytes.

    `base` is the dashboard's address, for links; `self_url` that of the feed itself, where it has one.
    """
    with store.reading(db):
        items = load_news(db, newest_incidents(db, view.filters, limit=FEED_ENTRIES), base=base)
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _text(feed, "title", f"Dateline: {view.name}")
    _text(feed, "id", stable_id("view", view.view_id))
    _text(feed, "updated", max([view.changed_at_utc, *(item.updated_at_utc for item in items)]))
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": view_url(base, view.filters)})
    if self_url:
        ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": NOT_XML.sub("", self_url)})
    _text(ET.SubElement(feed, "author"), "name", "Dateline")
    _text(feed, "generator", "Dateline")
    for item in items:
        feed.append(_entry(item))
    ET.indent(feed, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'.encode()


def _entry(item: NewsItem) -> ET.Element:
    entry = ET.Element("entry")
    _text(entry, "title", item.title)
    _text(entry, "id", stable_id("incident", item.incident.incident_id))
    _text(entry, "published", item.first_stored_at_utc)
    _text(entry, "updated", item.updated_at_utc)
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": item.url})
    if item.incident.event_type:
        ET.SubElement(entry, "category", {"term": item.incident.event_type})
    _text(entry, "content", content_html(item), type="html")
    return entry


def content_html(item: NewsItem) -> str:
    """What an entry says, as HTML in which nothing of an article is markup."""
    quotes = (
        f"<blockquote><p><bdi>{html.escape(q.sentence)}</bdi></p><p>{html.escape(f'{q.source}, {q.published}')}</p></blockquote>"
        for q in item.quotes
    )
    return f"<p><bdi>{html.escape(item.facts)}</bdi></p>{''.join(quotes)}"


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = NOT_XML.sub("", text)
