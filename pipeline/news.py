"""Incidents as news: a title, the sentences they rest on, where to open them, and when they came into the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlite_utils import Database

from pipeline import store
from pipeline.actors import load_countries
from pipeline.exports import key_sentence
from pipeline.filters import Filters, read_moment, where
from pipeline.models import Article, Incident, Report
from pipeline.views import plain_line
from pipeline.wording import say_sources, say_toll

# Of the reports of one incident so many are quoted, from as many outlets.
MAX_QUOTES = 3
# A sentence longer than this is cut, in characters.
MAX_QUOTE = 400


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentence of an article on which an incident rests."""

    source: str
    published: str
    sentence: str


@dataclass(frozen=True, slots=True)
class NewsItem:
    """An incident as it is told of; all texts are plain, on one line."""

    incident: Incident
    title: str
    facts: str
    quotes: tuple[Quote, ...]
    url: str
    first_stored_at_utc: str
    updated_at_utc: str


def newest_incidents(db: Database, filters: Filters, *, limit: int) -> list[str]:
    """The incidents in these filters that came into the store last, the newest first."""
    condition, params = where(filters)
    sql = f"""SELECT i.incident_id FROM incidents i JOIN incident_stored s USING (incident_id) WHERE {condition}
              ORDER BY s.first_stored_at_utc DESC, i.incident_id LIMIT ?"""
    return [i for (i,) in db.execute(sql, (*params, limit))]


def load_news(db: Database, incident_ids: Sequence[str], *, base: str) -> list[NewsItem]:
    """These incidents as news, in this order; those that were merged away, rejected or are gone are left out."""
    found: dict[str, Incident] = {}
    for chunk in store.chunks(incident_ids):
        marks = ",".join("?" * len(chunk))
        standing = f"i.incident_id IN ({marks}) AND i.merged_into IS NULL AND i.review_status <> 'rejected'"
        found |= {i.incident_id: i for i in store.load_incidents(db, standing, chunk)}
    ids = [i for i in incident_ids if i in found]
    moments = store.stored_moments(db, ids)
    return [_item(db, found[i], moments.get(i, ("", "")), base) for i in ids]


def _item(db: Database, incident: Incident, moments: tuple[str, str], base: str) -> NewsItem:
    return NewsItem(
        incident=incident, title=title_of(incident), facts=_facts(incident), quotes=_quotes(db, incident),
        url=f"{base}/incident?{urlencode({'id': incident.incident_id})}", first_stored_at_utc=moments[0],
        updated_at_utc=read_moment(moments[1]) if moments[1] else "",
    )  # fmt: skip


def title_of(i: Incident) -> str:
    """'Air/drone strike, Kirkuk, Iraq, 3 Dec 2023: 5 killed'."""
    country = load_countries().name(i.country) if i.country else ""
    place = ", ".join(dict.fromkeys(p for p in (i.place_name or i.admin1, country) if p)) or "place not known"
    toll = say_toll(i, "deaths")
    killed = "killed not stated" if toll == "not stated" else "none killed" if toll == "0" else f"{toll} killed"
    return plain_line(f"{i.sub_event_type or i.event_type or 'Event of unknown type'}, {place}, {_when(i)}: {killed}")


def _when(i: Incident) -> str:
    if not i.date_start:
        return "undated"
    first, last = _day(i.date_start), _day(i.date_end or i.date_start)
    return first if first == last else f"between {first} and {last}"


def _day(iso: str) -> str:
    day = dt.date.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"


def _facts(i: Incident) -> str:
    sides = [", ".join(actor.name for actor in side) or "not stated" for side in (i.side_a, i.side_b)]
    injured = say_toll(i, "injured")
    parts = [f"By: {sides[0]}", f"Against: {sides[1]}", f"Injured: {injured}", f"Reported by: {say_sources(i)}"]
    return plain_line(". ".join(parts) + ".")


def _quotes(db: Database, incident: Incident) -> tuple[Quote, ...]:
    """The key sentences of its first reports, one an outlet."""
    condition = "r.report_id IN (SELECT report_id FROM incident_reports WHERE incident_id = ?)"
    reports = store.load_reports(db, condition, (incident.incident_id,))
    articles = {a.article_id: a for a in store.load_articles(db, sorted({r.article_id for r in reports}))}

    def order(report: Report) -> tuple[str, str]:
        return (articles[report.article_id].published_at_utc or "~", report.report_id)

    quotes: dict[str, Quote] = {}
    for report in sorted(reports, key=order):
        article = articles[report.article_id]
        if len(quotes) < MAX_QUOTES and article.source not in quotes and (sentence := _sentence(article, report)):
            quotes[article.source] = Quote(plain_line(article.source) or "Unknown outlet", article.published or "undated", sentence)
    return tuple(quotes.values())


def _sentence(article: Article, report: Report) -> str:
    sentence = plain_line(key_sentence(article.text, [(e.start, e.end) for e in report.evidence]))
    return sentence if len(sentence) <= MAX_QUOTE else sentence[: MAX_QUOTE - 1] + "…"


def as_record(item: NewsItem) -> dict[str, Any]:
    """An item for machines: the codebook's values beside title, address and sentences."""
    i = item.incident
    names = (
        "incident_id", "event_type", "sub_event_type", "date_start", "date_end", "date_prec", "place_name", "admin1", "country", "latitude",
        "longitude", "where_prec", "deaths_low", "deaths_best", "deaths_high", "injured_low", "injured_best", "injured_high",
        "number_of_articles", "number_of_sources", "review_status",
    )  # fmt: skip
    return {
        "title": item.title, "url": item.url, "first_stored_at_utc": item.first_stored_at_utc, "updated_at_utc": item.updated_at_utc,
        **{name: getattr(i, name) for name in names},
        "side_a": [actor.name for actor in i.side_a], "side_b": [actor.name for actor in i.side_b],
        "quotes": [{"source": q.source, "published": q.published, "quote": q.sentence} for q in item.quotes],
    }  # fmt: skip
