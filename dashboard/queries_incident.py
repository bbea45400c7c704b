"""Read-only queries behind the Incident and Review pages: one incident with all that bears on it, and what waits for a person.

Each opens the store `mode=ro` for its own query, and reads all of one incident in one transaction.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.queries import Fingerprint, cached, read
from dashboard.queries_articles import (
    DUPLICATES,
    REVIEW_COLUMNS,
    REVIEW_LISTS,
    UNDATED_ARTICLES,
    Origin,
    duplicate_list,
    origins_of,
    review_counts,
    review_list,
    undated_articles,
)
from pipeline import store
from pipeline.decisions import decisions_on, disagreements, state_mark, touched_by
from pipeline.errors import NotFoundError, StoreBrokenError
from pipeline.incidents import Work, as_report, load_told
from pipeline.linking import EVENTS, Feature, Kin, active_decisions, compare_reports
from pipeline.models import Article, Decision, Incident, Report
from pipeline.resolution import PrimarySource, TollStep, primary_sources, toll_history
from pipeline.store import load_incidents, open_store_readonly

# How far around an incident related ones are looked for, in days and in degrees, and how many are compared and shown.
RELATED_DAYS = 10
RELATED_DEGREES = 1.5
RELATED_COMPARED = 300
RELATED_SHOWN = 8
# Of two incidents so many reports each are compared, for a person who asks what they have in common.
COMPARED = 30
# Related is what has at least this much in common, in the points that linking adds up.
RELATED_SCORE = 0.0


@dataclass(frozen=True, slots=True)
class Alike:
    """Another incident and what it has in common with this one: points, one sentence, and the features that add up to them."""

    incident: Incident
    score: float
    why: str
    features: tuple[Feature, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as it was shown to somebody, so that it can be told later whether, and how, it has changed since."""

    incident: Incident
    mark: str
    decision_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident with everything its page shows."""

    incident: Incident
    asked_id: str  # the id in the address; another one where that incident was merged
    mark: str  # see pipeline.decisions.state_mark
    reports: tuple[Report, ...]  # by publication, undated last
    articles: dict[str, Article]  # those that the reports are of
    origins: dict[str, Origin]  # by article id
    why_linked: dict[str, str]  # by report id
    similar: tuple[Alike, ...]  # possibly the same event
    related: tuple[Alike, ...]  # near in time, place and parties, and another event
    log: tuple[Decision, ...]  # what people decided on it, oldest first
    standing: frozenset[str]  # of these decisions, the ids of those not undone
    against: tuple[tuple[Decision, str], ...]  # where the machine says otherwise
    tolls: dict[str, tuple[TollStep, ...]]  # deaths and injured: how the figure was reported
    sources: tuple[PrimarySource, ...]

    @property
    def seen(self) -> Seen:
        """What somebody who looks at the page sees of it."""
        return Seen(self.incident, self.mark, tuple(d.decision_id for d in self.log))

    def setter_of(self, field: str) -> Decision | None:
        """The standing decision that set a field last."""
        told = [d for d in self.log if d.kind == "set" and d.decision_id in self.standing and field in d.payload["values"]]
        return told[-1] if told else None


def load_incident(path: str | Path, incident_id: str) -> IncidentView | None:
    """An incident by its id, or the one it was merged into; None where there is no such id."""
    db = open_store_readonly(path)
    try:
        with store.reading(db):
            found = follow_merges(db, incident_id)
            return None if found is None else _view(db, found, incident_id)
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()


def _view(db: Any, found: Incident, asked_id: str) -> IncidentView:
    told = load_told(db, found.incident_id)
    shown = {r.article_id: told.articles[r.article_id] for r in told.reports}
    first = {a.article_id: (a.published_at_utc or "9999", a.source) for a in shown.values()}
    log = decisions_on(db, found.incident_id)
    standing = {d.decision_id for d in active_decisions(store.load_decisions(db))} if log else set()
    mine = [d for d in log if d.decision_id in standing]
    similar = _similar(db, found.incident_id)
    return IncidentView(
        incident=found,
        asked_id=asked_id,
        mark=state_mark(db, found.incident_id),
        reports=tuple(sorted(told.reports, key=lambda r: (first[r.article_id], r.report_id))),
        articles=shown,
        origins=origins_of(db, list(shown)),
        why_linked=dict(db.execute("SELECT report_id, why FROM incident_reports WHERE incident_id = ?", (found.incident_id,)).fetchall()),
        similar=similar,
        related=_related(db, found, told.kin, without={a.incident.incident_id for a in similar}),
        log=tuple(log),
        standing=frozenset(d.decision_id for d in mine),
        against=tuple((d.decision, d.sentence) for d in (disagreements(db, among=mine) if mine else [])),
        tolls={what: tuple(toll_history(told.reports, told.articles, what=what, origins=told.origins)) for what in ("deaths", "injured")},
        sources=tuple(primary_sources(told.reports, told.articles, origins=told.origins)),
    )


def load_seen(path: str | Path, incident_id: str) -> tuple[Seen, tuple[Decision, ...]] | None:
    """An incident as it stands now, or the one it was merged into, with the decisions on it; None where there is none."""
    db = open_store_readonly(path)
    try:
        with store.reading(db):
            found = follow_merges(db, incident_id)
            if found is None:
                return None
            log = decisions_on(db, found.incident_id)
            return Seen(found, state_mark(db, found.incident_id), tuple(d.decision_id for d in log)), tuple(log)
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()


def follow_merges(db: Any, incident_id: str) -> Incident | None:
    """The incident of this id, or the one it was merged into; None where there is no such id."""
    seen: set[str] = set()
    while incident_id not in seen:
        seen.add(incident_id)
        found = load_incidents(db, "i.incident_id = ?", (incident_id,))
        if not found:
            return None
        if not found[0].merged_into:
            return found[0]
        incident_id = found[0].merged_into
    return None


def _similar(db: Any, incident_id: str) -> tuple[Alike, ...]:
    """What linking holds for possibly the same, with the features of the two reports most alike."""
    rows = db.execute(
        """SELECT other, MAX(score), why, one_report FROM (
               SELECT ir.incident_id AS other, s.score, s.why, s.report_id AS one_report FROM suggestions s
               JOIN incident_reports ir ON ir.report_id = s.report_id WHERE s.incident_id = :id
               UNION ALL
               SELECT s.incident_id, s.score, s.why, s.report_id FROM suggestions s
               JOIN incident_reports ir ON ir.report_id = s.report_id WHERE ir.incident_id = :id)
           WHERE other <> :id GROUP BY other ORDER BY 2 DESC, 1 LIMIT 20""",
        {"id": incident_id},
    ).fetchall()
    marks = ",".join("?" * len(rows))
    found = {
        i.incident_id: i
        for i in load_incidents(
            db, f"i.incident_id IN ({marks}) AND i.merged_into IS NULL AND i.review_status <> 'rejected'", [r[0] for r in rows]
        )
    }
    work = Work(db)
    return tuple(
        Alike(found[other], float(score), why, compare_incidents(work, incident_id, other, of=report_id))
        for other, score, why, report_id in rows
        if other in found
    )


def compare_incidents(work: Work, one: str, other: str, *, of: str | None = None) -> tuple[Feature, ...]:
    """What speaks for and against two incidents being one: the features of their two reports most alike.

    `of` is a report of either that is known to be one of the two; else the first COMPARED of each are looked at.
    """
    sides = [sorted(work.reports_of_incidents([i])) for i in (one, other)]
    sides = [[of] if of in side else side[:COMPARED] for side in sides]
    work.load(i for side in sides for i in side)
    pairs = [
        compare_reports(work.reports[a], work.reports[b], work.articles, kin=work.kin)
        for a in sides[0]
        for b in sides[1]
        if a in work.reports and b in work.reports
    ]
    return max(pairs, key=lambda s: s.total).features if pairs else ()


def load_comparison(path: str | Path, one: str, other: str) -> tuple[Feature, ...]:
    """`compare_incidents` over the store at `path`; none where there is no such incident."""
    db = open_store_readonly(path)
    try:
        with store.reading(db):
            return compare_incidents(Work(db), one, other)
    except (sqlite3.DatabaseError, NotFoundError) as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()


def _related(db: Any, incident: Incident, kin: Kin, *, without: set[str]) -> tuple[Alike, ...]:
    """Incidents of about the same days and place that share parties or kind with this one, the most alike first."""
    if incident.country is None or incident.date_start is None or incident.assertion not in EVENTS:
        return ()
    day = dt.date.fromisoformat(incident.date_start)
    span = dt.timedelta(days=RELATED_DAYS)
    params: list[Any] = [_iso(day, -span), _iso(day, span), incident.country, incident.incident_id]
    condition = (
        "i.date_start BETWEEN ? AND ? AND i.country = ? AND i.incident_id <> ? AND i.merged_into IS NULL AND i.review_status <> 'rejected'"
    )
    condition += " AND i.assertion IN ('asserted', 'background')"
    if incident.latitude is not None and incident.longitude is not None:
        condition += " AND (i.latitude IS NULL OR (i.latitude BETWEEN ? AND ? AND i.longitude BETWEEN ? AND ?))"
        for degrees in (incident.latitude, incident.longitude):
            params += [degrees - RELATED_DEGREES, degrees + RELATED_DEGREES]
    sql = f"SELECT i.* FROM incidents i WHERE {condition} ORDER BY abs(julianday(i.date_start) - julianday(?)), i.incident_id LIMIT ?"
    cursor = db.execute(sql, (*params, incident.date_start, RELATED_COMPARED))
    names = [name for name, *_ in cursor.description]
    me = as_report(incident)
    found = []
    for row in cursor.fetchall():
        values = store.coded_from_row(dict(zip(names, row, strict=True)))
        other = Incident(
            **{k: v for k, v in values.items() if k in INCIDENT_FIELDS},
            rules=json.loads(values["rules"]) if isinstance(values["rules"], str) else values["rules"],
        )
        if other.incident_id in without:
            continue
        score = compare_reports(me, as_report(other), {}, kin=kin)
        if score.total >= RELATED_SCORE:
            found.append(Alike(other, score.total, in_common(score.features), score.features))
    return tuple(sorted(found, key=lambda a: (-a.score, a.incident.incident_id))[:RELATED_SHOWN])


INCIDENT_FIELDS = frozenset(Incident.__dataclass_fields__) - {"rules", "locked_fields", "report_ids", "candidates"}


def _iso(day: dt.date, span: dt.timedelta) -> str:
    try:
        return (day + span).isoformat()
    except OverflowError:
        return day.isoformat()


def in_common(features: Sequence[Feature]) -> str:
    """What two incidents share, and how far apart their days are: 'one day apart; both in Kirkuk; both name Kataib Hezbollah'."""
    return "; ".join(f.sentence for f in features if f.sentence and (f.score > 0 or f.name == "date"))


# --- what waits for a person -------------------------------------------------------------------


# The decisions that go against the machine by their nature: they are shown once what the machine says rests on something newer.
KNOWINGLY = ("set", "merge", "duplicate", "split", "assign")


@cached(8)
def open_disagreements(path: str, mark: Fingerprint) -> list[tuple[Decision, str | None, str]]:
    """Where the machine says otherwise than a person, for a reason that person cannot have known: decision, incident, sentence.

    That is where reports came, went or were coded anew after the decision, and nobody has confirmed the incident
    with the reports it has now. A date given to an article stands against what the article itself says for good.
    """
    db = open_store_readonly(path)
    try:
        with store.reading(db):
            log = store.load_decisions(db)
            place = {d.decision_id: n for n, d in enumerate(log)}
            confirmed: dict[str, int] = {}
            for d in active_decisions(log):
                if d.kind == "confirm" and _reports_of(db, d.target) == sorted(d.payload["reports"]):
                    confirmed[d.target] = place[d.decision_id]
            asked = [d for d in active_decisions(log) if _has_news(db, d)]
            return [
                (d.decision, d.incident_id, d.sentence)
                for d in disagreements(db, among=asked)
                if confirmed.get(d.incident_id or "", -1) <= place[d.decision.decision_id]
            ]
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()


def _has_news(db: Any, d: Decision) -> bool:
    """Whether something came since a decision that may speak against it: the few worth asking what the machine says."""
    if d.kind == "set_published":
        return False
    if d.kind not in KNOWINGLY:
        return _reports_of(db, d.target) != sorted(d.payload["reports"])
    homes = touched_by(db, d)
    return not homes or any(_coded_last(db, i) > d.at_utc for i in homes)


def _reports_of(db: Any, incident_id: str) -> list[str]:
    return [r for (r,) in db.execute("SELECT report_id FROM incident_reports WHERE incident_id = ? ORDER BY 1", (incident_id,))]


def _coded_last(db: Any, incident_id: str) -> str:
    """When the last of an incident's reports was coded, in UTC; "~", after every time, where one was coded outside of a run."""
    sql = """SELECT MAX(COALESCE(u.started_at_utc, '~')) FROM incident_reports ir JOIN reports r USING (report_id)
        JOIN codings c ON c.article_id = r.article_id AND c.coder = r.coder LEFT JOIN runs u USING (run_id) WHERE ir.incident_id = ?"""
    return str(db.execute(sql, (incident_id,)).fetchone()[0] or "")


@cached(16)
def queue_counts(path: str, mark: Fingerprint) -> dict[str, int]:
    """How many wait in each list of the Review page."""
    return review_counts(path) | {"against": len({d.decision_id for d, _, _ in open_disagreements(path, mark)})}


@cached(32)
def queue(path: str, mark: Fingerprint, name: str, limit: int) -> list[dict[str, Any]]:
    """What waits in one list of the Review page, the first `limit` of it, as rows."""
    if name == "articles":
        return list(undated_articles(path, limit).to_dict("records"))
    if name == "duplicates":
        return list(duplicate_list(path, limit).to_dict("records"))
    if name == "against":
        found: dict[str, dict[str, Any]] = {}
        for d, incident_id, sentence in open_disagreements(path, mark):
            row = found.setdefault(d.decision_id, {"decision": d, "incident_id": incident_id, "sentences": []})
            row["sentences"].append(sentence)
        return list(found.values())[:limit]
    return list(review_list(path, name, limit).to_dict("records"))


@cached(8)
def waiting(path: str, mark: Fingerprint) -> int:
    """How many incidents, pairs and articles wait in any list, each once."""
    disagreeing = sorted({incident_id or d.target for d, incident_id, _ in open_disagreements(path, mark)})
    either = " OR ".join(f"({condition})" for condition in REVIEW_LISTS.values())
    sql = f"""SELECT (SELECT COUNT(*) FROM incidents i WHERE {either} OR i.incident_id IN ({",".join("?" * len(disagreeing))}))
        + (SELECT COUNT(*) FROM published_articles a WHERE {UNDATED_ARTICLES}) + (SELECT COUNT(*) FROM ({DUPLICATES})) AS n"""
    return int(read(path, sql, disagreeing)["n"].iloc[0])


def done_since(path: str | Path, since_utc: str) -> list[Decision]:
    """The decisions taken since a moment (UTC) that stand, oldest first."""
    db = open_store_readonly(path)
    try:
        return [d for d in active_decisions(store.load_decisions(db)) if d.at_utc >= since_utc]
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()


def find_incidents(path: str | Path, words: str, *, limit: int = 30) -> list[dict[str, Any]]:
    """Incidents by id, or by words of their place, actors and articles, the latest first, as rows for `incident_title`."""
    from pipeline.filters import Filters, where

    condition, params = where(Filters(text=words), assertion=None)
    sql = f"""SELECT {REVIEW_COLUMNS} FROM incidents i WHERE (i.incident_id = ? OR ({condition})) AND i.merged_into IS NULL
        ORDER BY i.incident_id = ? DESC, i.date_start DESC NULLS LAST, i.incident_id LIMIT ?"""
    return list(read(path, sql, [words.strip(), *params, words.strip(), limit]).to_dict("records"))
