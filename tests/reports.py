"""Reports and articles made by hand, and gold as perfect reports, for tests of linking and what follows it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.incidents import known_on, update_incidents
from pipeline.models import EVENT_TYPE_OF, Actor, Article, Attribution, Claim, Evidence, Incident, Report

GOLD = Path(__file__).parent / "gold"
TABLES = ("incidents", "incident_reports", "incident_actors", "candidates", "suggestions")

US = Actor("United States", 8, ("U.S.",), "united-states")
KATAIB = Actor("Kataib Hezbollah", 3, ("KH",), "kataib-hezbollah")
PMF = Actor("Popular Mobilization Forces", 3, ("PMF",), "pmf")
GUNMEN = Actor("Unidentified armed group", 3)
CIVILIANS = Actor("Civilians (Iraq)", 7)
ARMY = Actor("Military of Iraq", 1)
KIN = {
    "Kataib Hezbollah": frozenset({"Kataib Hezbollah", "Popular Mobilization Forces"}),
    "Popular Mobilization Forces": frozenset({"Popular Mobilization Forces"}),
}


def make_article(article_id: str, published: str | None = "2023-12-03", *, text: str = "", source: str = "", **fields: Any) -> Article:
    """An article; its outlet is named after it, so that no two are one voice unless said."""
    moment = published if published is None or "T" in published else f"{published}T00:00:00Z"
    return Article(
        article_id=article_id,
        story_id=fields.pop("story_id", article_id),
        published_at_utc=moment,
        published_source="metadata" if published else None,
        source=source or f"Outlet {article_id}",
        text=text or f"Text of {article_id}.",
        **fields,
    )


def make_report(article_id: str, *, number: int = 0, **fields: Any) -> Report:
    """An air strike in Kirkuk on 3 December 2023 that killed five, unless said otherwise."""
    day = fields.pop("day", "2023-12-03")
    toll = fields.pop("deaths", 5)
    values: dict[str, Any] = {
        "assertion": "asserted", "sub_event_type": "Air/drone strike", "modes": ("aerial",),
        "date_start": day, "date_end": day, "date_prec": 1 if day else None, "date_basis": "relative" if day else None,
        "place_name": "Kirkuk", "country": "IQ", "admin1": "Kirkuk", "latitude": 35.468, "longitude": 44.392, "where_prec": 1,
        "side_a": (US,), "side_b": (KATAIB,), "deaths_best": toll, "deaths_low": toll, "deaths_high": toll,
        "coder": "hand", "coder_version": "1",
    } | fields  # fmt: skip
    values.setdefault("event_type", EVENT_TYPE_OF.get(values["sub_event_type"] or ""))
    values["attributions"] = tuple(Attribution(*a) for a in values.get("attributions", ()))
    values["claims"] = tuple(Claim(*c) for c in values.get("claims", ()))
    return Report(report_id=f"{article_id}-{number}", article_id=article_id, **values)


def articles_of(*articles: Article) -> dict[str, Article]:
    return {a.article_id: a for a in articles}


def save_all(db: Database, articles: Iterable[Article], reports: Iterable[Report], *, origins: Mapping[str, str] | None = None) -> None:
    """Store articles and their reports by the real save path, without linking them."""
    by_article: dict[str, list[Report]] = {}
    for r in reports:
        by_article.setdefault(r.article_id, []).append(r)
    with store.writing(db):
        for article in articles:
            origin = (origins or {}).get(article.article_id)
            if origin:
                store.save_origin(db, origin, agency="", basis="test")
            store.save_article(db, article, origin_id=origin)
            found = by_article.get(article.article_id, [])
            store.save_coding(db, article.article_id, found, coder="hand", coder_version="1", outcome="coded" if found else "nothing")


def fill(db: Database, articles: Sequence[Article], reports: Iterable[Report], *, batch: int = 0, **more: Any) -> None:
    """Store and link articles, `batch` at a time in the order given (0: all at once)."""
    reports = list(reports)
    step = batch or max(1, len(articles))
    for n in range(0, len(articles), step):
        some = articles[n : n + step]
        ids = {a.article_id for a in some}
        save_all(db, some, [r for r in reports if r.article_id in ids], **more)
        update_incidents(db, sorted(ids))


def dump(db: Database, tables: Sequence[str] = TABLES) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables that linking and resolution write, in order."""
    return {t: sorted(map(tuple, db.execute(f"SELECT * FROM {t}")), key=repr) for t in tables}


def stored_partition(db: Database) -> list[tuple[str, ...]]:
    """The groups of reports in the store."""
    groups: dict[str, list[str]] = {}
    for incident_id, report_id in db.execute("SELECT incident_id, report_id FROM incident_reports ORDER BY 2"):
        groups.setdefault(incident_id, []).append(report_id)
    return sorted(map(tuple, groups.values()))


# --- gold ----------------------------------------------------------------------------------------


def load_gold(path: Path) -> tuple[list[Report], dict[str, Article], dict[str, str | None]]:
    """A gold file as perfect reports, its articles, and the true event of each report."""
    reports: list[Report] = []
    articles: dict[str, Article] = {}
    keys: dict[str, str | None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        given = json.loads(line)
        text = f"{given.get('headline', '')}\n\n{given['text']}"
        article = make_article(given["article_id"], given["published"], text=text, source=given["source"], headline=given["headline"])
        articles[article.article_id] = article
        for number, gold in enumerate(given["gold"]):
            report = _gold_report(article, number, gold)
            reports.append(report)
            keys[report.report_id] = gold.get("incident_key")
    return reports, articles, keys


def _gold_report(article: Article, number: int, gold: Mapping[str, Any]) -> Report:
    names = {f.name for f in dataclasses.fields(Report)} - {"side_a", "side_b", "modes", "claims", "attributions", "evidence"}
    values = {k: v for k, v in gold.items() if k in names}
    values["date_end"] = values.get("date_end") or values.get("date_start")
    quotes = gold.get("quotes") or {"place_name": gold.get("place_name")}
    evidence = []
    for field, quoted in quotes.items():
        for quote in [quoted] if isinstance(quoted, str) else quoted or []:
            start = article.text.find(quote)
            if quote and start >= 0:
                evidence.append(Evidence(field, start, start + len(quote), quote))
    return Report(
        report_id=f"{article.article_id}-{number}",
        article_id=article.article_id,
        side_a=_gold_side(gold.get("side_a")),
        side_b=_gold_side(gold.get("side_b")),
        modes=tuple(gold.get("modes") or ()),
        evidence=tuple(evidence),
        coder="gold",
        coder_version="1",
        **values,
    )


def _gold_side(actors: Any) -> tuple[Actor, ...]:
    found = []
    for actor in actors or []:
        name = actor if isinstance(actor, str) else actor["name"]
        kinds = ((r"Civilians", 7), (r"Protesters", 6), (r"Rioters", 5), (r"(Military|Police) of", 1))
        found.append(Actor(name, next((inter for pattern, inter in kinds if re.match(pattern, name)), 2)))
    return tuple(found)


def incidents_as_of(db: Database, as_of: str) -> list[Incident]:
    """Every incident as it was known at a publication day or time."""
    with known_on(db, as_of):
        return store.load_incidents(db, "i.merged_into IS NULL")
