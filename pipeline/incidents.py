"""Bring the incidents in the store up to date with the reports and decisions in it.

`update_incidents` loads what the given articles may touch, links it, resolves it and writes what
came out differently. The groups are those that `linking.link` finds over the whole store at once;
running again changes not one row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from pipeline import store
from pipeline.linking import (
    BLOCK_COLUMNS,
    DOUBT_SCORE,
    EVENTS,
    LINK_SCORE,
    SHORT_DAYS,
    UNDATED_DEGREES,
    WIDE_DAYS,
    WINDOW_DAYS,
    Constraints,
    Group,
    Kin,
    active_decisions,
    compare_reports,
    date_span,
    describe_group,
    make_incident_id,
    make_scorer,
    may_join,
    may_link,
    may_meet,
    may_score,
    pair_key,
    partition,
    read_constraints,
    report_order,
)
from pipeline.models import Article, Decision, Incident, Report, as_plain
from pipeline.resolution import known_by, resolve

if TYPE_CHECKING:
    from pipeline.blocking import Blocks

CHUNK = 500


def update_incidents(db: Database, article_ids: Iterable[str], *, changed: Iterable[str] = ()) -> set[str]:
    """Link and resolve what these articles report and what stands near it; the incidents written, by id.

    `changed` names incidents that are to be looked at as well: those that held reports which were
    coded anew, or on which a person decided. Nothing is written where nothing changed.
    """
    with store.writing(db):
        work = Work(db)
        changed = set(changed)
        seeds = work.reports_of_articles(article_ids) | work.reports_of_incidents(changed)
        component = work.spread(seeds)
        return write_groups(work, component, changed)


@dataclass
class Work:
    """What one update has loaded so far, so that nothing is read or compared twice."""

    db: Database
    reports: dict[str, Report] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    light: dict[str, Report] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    constraints: Constraints = field(default_factory=Constraints)
    kin: dict[str, frozenset[str]] = field(default_factory=dict)
    by_target: dict[str, list[Decision]] = field(default_factory=dict)
    moves: list[Decision] = field(default_factory=list)
    # All reports in memory, where all of them are looked at; else each asks the store for those near it.
    blocks: Blocks | None = None
    # By country the first and last day that is held in memory, and the reports of these days.
    windows: dict[str, tuple[int, int, Blocks]] = field(default_factory=dict)
    # What was written, each as it was (None: new) and as it is (None: gone).
    changes: list[tuple[Incident | None, Incident | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decisions = store.load_decisions(self.db)
        self.constraints = read_constraints(self.decisions)
        for d in active_decisions(self.decisions):
            self.by_target.setdefault(d.target, []).append(d)
            if d.kind in ("split", "assign"):
                self.moves.append(d)
        tree: dict[str, set[str]] = {}
        for ancestor, descendant in self.db.execute("SELECT ancestor, descendant FROM actor_tree"):
            tree.setdefault(descendant, set()).add(ancestor)
        self.kin = {name: frozenset(up) for name, up in tree.items()}
        self.score = make_scorer(self.reports, self.articles, origins=self.origins, kin=self.kin)

    def forget(self, kept: int) -> None:
        """Drop what was loaded and compared, once it is more than `kept` reports."""
        if len(self.reports) > kept:
            for loaded in (self.reports, self.articles, self.origins, self.near):
                loaded.clear()
            self.score = make_scorer(self.reports, self.articles, origins=self.origins, kin=self.kin)

    # --- loading ---

    def column(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """The first column of a query's rows."""
        return [row[0] for row in self.db.execute(sql, tuple(params))]

    def chunked(self, sql: str, values: Iterable[str]) -> list[Any]:
        """The first column of a query with `IN (...)` at {marks}, over many values, in order."""
        found: list[Any] = []
        ordered = sorted(set(values))
        for n in range(0, len(ordered), CHUNK):
            chunk = ordered[n : n + CHUNK]
            found += self.column(sql.format(marks=",".join("?" * len(chunk))), chunk)
        return found

    def reports_of_articles(self, article_ids: Iterable[str]) -> set[str]:
        """The reports of articles and of the other revisions of their stories."""
        stories = self.chunked("SELECT DISTINCT story_id FROM articles WHERE article_id IN ({marks})", article_ids)
        sql = (
            "SELECT r.report_id FROM reports r JOIN articles a USING (article_id)"
            f" WHERE a.story_id IN ({{marks}}) AND r.coder = {store.ACTIVE_CODER}"
        )
        return set(self.chunked(sql, stories))

    def reports_of_incidents(self, incident_ids: Iterable[str]) -> set[str]:
        """The reports that stand in these incidents."""
        return set(self.chunked("SELECT report_id FROM incident_reports WHERE incident_id IN ({marks})", incident_ids))

    def homes(self, report_ids: Iterable[str]) -> dict[str, str]:
        """The incident each report stands in, for those that stand in one."""
        found: dict[str, str] = {}
        ordered = sorted(set(report_ids))
        for n in range(0, len(ordered), CHUNK):
            chunk = ordered[n : n + CHUNK]
            sql = f"SELECT report_id, incident_id FROM incident_reports WHERE report_id IN ({','.join('?' * len(chunk))})"
            found |= dict(self.db.execute(sql, tuple(chunk)))
        return found

    def load_incidents(self, ids: Iterable[str], *, column: str = "incident_id") -> list[Incident]:
        """Incidents by id, or those merged into these ids."""
        found: list[Incident] = []
        ordered = sorted(set(ids))
        for n in range(0, len(ordered), CHUNK):
            chunk = ordered[n : n + CHUNK]
            found += store.load_incidents(self.db, f"i.{column} IN ({','.join('?' * len(chunk))})", chunk)
        return found

    def registered(self, report_ids: Iterable[str], incident_ids: Iterable[str]) -> dict[str, str]:
        """The ids that go with these reports, and these ids themselves, each with its report; the oldest id first."""
        found: list[tuple[int, str, str]] = []
        for column, values in (("report_id", report_ids), ("incident_id", incident_ids)):
            ordered = sorted(set(values))
            for n in range(0, len(ordered), CHUNK):
                chunk = ordered[n : n + CHUNK]
                sql = f"SELECT rowid, incident_id, report_id FROM incident_ids WHERE {column} IN ({','.join('?' * len(chunk))})"
                found += self.db.execute(sql, tuple(chunk))
        return {incident_id: report_id for _, incident_id, report_id in sorted(set(found))}

    def load(self, report_ids: Iterable[str]) -> None:
        """Load reports of the active coder with their articles (every revision) and origins, where not loaded yet."""
        missing = sorted({i for i in report_ids if i not in self.reports})
        if not missing:
            return
        for n in range(0, len(missing), CHUNK):
            chunk = missing[n : n + CHUNK]
            for r in store.load_reports(
                self.db, f"r.report_id IN ({','.join('?' * len(chunk))}) AND r.coder = {store.ACTIVE_CODER}", chunk
            ):
                self.reports[r.report_id] = r
        wanted = {a for i in missing if i in self.reports and (a := self.reports[i].article_id) not in self.articles}
        sql = "SELECT b.article_id FROM articles a JOIN articles b USING (story_id) WHERE a.article_id IN ({marks})"
        ids = sorted({i for i in self.chunked(sql, wanted) if i not in self.articles})
        for n in range(0, len(ids), CHUNK):
            chunk = ids[n : n + CHUNK]
            self.articles |= {a.article_id: a for a in store.load_articles(self.db, chunk)}
            sql = f"SELECT article_id, origin_id FROM articles WHERE origin_id IS NOT NULL AND article_id IN ({','.join('?' * len(chunk))})"
            self.origins |= dict(self.db.execute(sql, tuple(chunk)))

    def stories(self) -> dict[str, list[Article]]:
        """The articles loaded so far by story, every revision."""
        found: dict[str, list[Article]] = {}
        for article in self.articles.values():
            found.setdefault(article.story_id, []).append(article)
        return found

    def articles_of(self, report_ids: Iterable[str], stories: Mapping[str, Sequence[Article]]) -> dict[str, Article]:
        """The articles of reports with the other revisions of their stories, by id."""
        told = {self.articles[self.reports[i].article_id].story_id for i in report_ids}
        return {a.article_id: a for story in sorted(told) for a in stories[story]}

    def decisions_on(self, incident_id: str, also: Iterable[str] = ()) -> list[Decision]:
        """The standing decisions on an incident and on ids merged into it, in the order they were taken."""
        found = [d for i in sorted({incident_id, *also}) for d in self.by_target.get(i, ())]
        if len(found) < 2:
            return found
        wanted = {d.decision_id for d in found}
        return [d for d in self.decisions if d.decision_id in wanted]

    def without_report(self, anchors: Mapping[str, str]) -> set[str]:
        """The ids among these of which the report they go with is in the store no more, or another coder's than the active one's."""
        sql = f"SELECT report_id FROM reports WHERE report_id IN ({{marks}}) AND coder = {store.ACTIVE_CODER}"
        there = set(self.chunked(sql, anchors.values()))
        return {i for i, report_id in anchors.items() if report_id not in there}

    def moved_out(self, incident_id: str) -> set[str]:
        """The reports that people moved out of an incident."""
        out: set[str] = set()
        for d in self.moves:
            if d.kind == "split" and d.target == incident_id and "other" not in d.payload:
                out |= set(d.payload["reports"])
            elif d.kind == "assign" and d.payload["from"] == incident_id:
                out.add(d.target)
        return out

    def pins(self, component: set[str]) -> dict[str, str]:
        """`pinned_ids` as far as these reports have to do with it. Which report an id goes with must not hang on what is loaded."""
        concerned = [d for d in self.moves if component & _named(d)]
        self.load(i for d in concerned for i in _named(d))
        founders = self.registered((), (d.target if d.kind == "split" else d.payload["from"] for d in concerned))
        return pinned_ids(concerned, founders, self.reports, self.articles)

    def neighbours(self, report_id: str) -> list[str]:
        """Every stored report that `may_meet` this one and is not ruled out by day and place alone, or by more than these."""
        if report_id not in self.near and self.blocks is not None:
            found = set(self.blocks.partners(report_id))
            self.load(found)
            self.near[report_id] = sorted(found)
        if report_id not in self.near:
            report = self.reports[report_id]
            queries = block_queries(report)
            found = set[str]()
            if report.country and report.date_start and report.assertion in EVENTS:
                # The reports of its country and days, of which there may be very many, are looked at in bulk.
                found |= set(self.window_of(report).partners(report_id))
                queries = queries[2:]
            found |= {
                other.report_id
                for sql, params in queries
                for other in light_reports(self.db, sql, params, known=self.light)
                if may_link(report, other) and may_meet(report, other) and may_score(report, other, kin=self.kin)
            }
            if report.assertion not in EVENTS and report.article_id in self.origins:
                sql = (
                    "SELECT r.report_id FROM articles a JOIN reports r USING (article_id)"
                    f" WHERE a.origin_id = ? AND r.assertion = ? AND r.article_id <> ? AND r.coder = {store.ACTIVE_CODER}"
                )
                found |= set(self.column(sql, (self.origins[report.article_id], report.assertion, report.article_id)))
            self.load(found)
            self.near[report_id] = sorted(found)
        return self.near[report_id]

    def window_of(self, report: Report) -> Blocks:
        """The reports of a dated report's country around its days, those whose dates are long among them."""
        from pipeline.blocking import Blocks  # numpy is not loaded where nothing is linked

        span = date_span(report)
        assert span is not None
        first, last = span[0] - WINDOW_DAYS - SHORT_DAYS, span[1] + WINDOW_DAYS
        held = self.windows.get(report.country or "")
        if held is None or first < held[0] or last > held[1]:
            # A few days more, for the reports that a link leads to.
            first, last = first - WINDOW_DAYS, last + WINDOW_DAYS
            long = f"date_end > date(date_start, '+{SHORT_DAYS} days')"
            condition = (
                "rowid IN (SELECT rowid FROM reports INDEXED BY reports_block WHERE country = ? AND date_start BETWEEN ? AND ?"
                f" UNION SELECT rowid FROM reports INDEXED BY reports_long WHERE {long} AND country = ? AND date_start BETWEEN ? AND ?)"
            )
            params = [report.country, _iso(first), _iso(last), report.country, _iso(first - WIDE_DAYS), _iso(last)]
            held = first, last, Blocks(self.db, kin=self.kin, condition=condition, params=params)
            self.windows[report.country or ""] = held
        return held[2]

    # --- linking ---

    def spread(self, seeds: Iterable[str]) -> set[str]:
        """The reports that a link, a person's decision or a common incident connects with the seeds.

        Nothing outside links to anything inside, so the groups within are those of the whole store.
        """
        partners: dict[str, set[str]] = {}
        for a, b in self.constraints.together:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
        component: set[str] = set()
        frontier = set(seeds)
        while frontier:
            component |= frontier
            self.load(frontier)
            component &= set(self.reports)
            found: set[str] = set()
            for i in sorted(frontier & component):
                found |= partners.get(i, set())
                found |= {j for j in self.neighbours(i) if (s := self.score(i, j)) and s.total >= LINK_SCORE}
            homes = self.chunked("SELECT DISTINCT incident_id FROM incident_reports WHERE report_id IN ({marks})", frontier)
            found |= self.reports_of_incidents(homes)
            # Where the report is that an id goes with, there its incident is to be named.
            found |= set(self.registered((), homes).values())
            self.load(found)
            frontier = (found & set(self.reports)) - component
        return component

    def groups(self, component: set[str]) -> list[Group]:
        """The component's reports in groups, each described."""
        edges = {pair_key(i, j) for i in component for j in self.neighbours(i) if j in component}
        parts = partition(component, edges, self.score, constraints=self.constraints)
        return [describe_group(ids, self.reports, self.articles, self.score) for ids in parts]


def _named(decision: Decision) -> set[str]:
    """The reports that a split or an assignment names."""
    p = decision.payload
    return {*p["reports"], *p["rest"]} if decision.kind == "split" else {decision.target, *p["reports"], *p["from_reports"]}


def light_reports(db: Database, condition: str, params: Sequence[Any], *, known: dict[str, Report] | None = None) -> list[Report]:
    """The active coder's reports with no more than what blocking looks at; those in `known` are taken from there, the others added."""
    known = {} if known is None else known
    found = []
    for row in db.execute(
        f"SELECT {','.join(BLOCK_COLUMNS)} FROM reports WHERE ({condition}) AND coder = {store.ACTIVE_CODER}", tuple(params)
    ):
        if row[0] not in known:
            values = dict(zip(BLOCK_COLUMNS, row, strict=True))
            values |= {side: store.read_actors(values[side]) for side in ("side_a", "side_b")}
            known[row[0]] = Report(**(values | {"confidences": json.loads(values["confidences"])}))
        found.append(known[row[0]])
    return found


def block_queries(report: Report) -> list[tuple[str, list[Any]]]:
    """SQL conditions that together hold at least for every report that `may_meet` this one, each served by an index."""
    span = date_span(report)
    if span is None:
        return _near_queries(report, "reports_spot", "reports_name", "") if report.country else []
    short = [_iso(span[0] - WINDOW_DAYS - SHORT_DAYS), _iso(span[1] + WINDOW_DAYS)]
    wide = [_iso(span[0] - WIDE_DAYS), _iso(span[1] + WINDOW_DAYS)]
    # Without statistics SQLite would rather read a whole year of a country than the few reports of many days.
    long = f"rowid IN (SELECT rowid FROM reports INDEXED BY reports_long WHERE date_end > date(date_start, '+{SHORT_DAYS} days') AND {{}})"
    if not report.country:
        return [
            ("date_start BETWEEN ? AND ?", short),
            (long.format("date_start BETWEEN ? AND ?"), wide),
        ]
    return [
        ("country = ? AND date_start BETWEEN ? AND ?", [report.country, *short]),
        (long.format("country = ? AND date_start BETWEEN ? AND ?"), [report.country, *wide]),
        ("country IS NULL AND date_start BETWEEN ? AND ?", short),
        (long.format("country IS NULL AND date_start BETWEEN ? AND ?"), wide),
        *_near_queries(report, "reports_undated_spot", "reports_undated_name", " AND date_start IS NULL"),
    ]


def _near_queries(report: Report, spot: str, name: str, more: str) -> list[tuple[str, list[Any]]]:
    """Conditions for the reports of a country that are near a report in place, by the index for places and that for names."""
    by_name = f"rowid IN (SELECT rowid FROM reports INDEXED BY {name} WHERE country = ? AND place_name = ?{{}}{more})"
    if report.latitude is None or report.longitude is None:
        return [(by_name.format(""), [report.country, report.place_name])]
    box = [degrees + step for degrees in (report.latitude, report.longitude) for step in (-UNDATED_DEGREES, UNDATED_DEGREES)]
    between = "country = ? AND latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ?"
    # A report without coordinates may meet by its name.
    return [
        (f"rowid IN (SELECT rowid FROM reports INDEXED BY {spot} WHERE {between}{more})", [report.country, *box]),
        (by_name.format(" AND latitude IS NULL"), [report.country, report.place_name]),
    ]


def _iso(ordinal: int) -> str:
    return dt.date.fromordinal(min(max(ordinal, 1), dt.date.max.toordinal())).isoformat()


# --- as known on a day ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Then:
    """How the store read at a publication time: the incidents that nobody knew yet, and those that read otherwise."""

    as_of: str
    unknown: frozenset[str]
    otherwise: tuple[Incident, ...]


def look_back(db: Database, as_of: str) -> Then:
    """What of the store was otherwise at a publication day (to its end) or time.

    Reports published later, and those without a date, are not heard. Which reports are one event, and what
    people decided, is taken as it is known now: that is how to read, not what was to be read. Only incidents
    told both before and after are resolved anew.
    """
    unknown, partly = store.known_incidents(db, as_of)
    bare = "SELECT incident_id, first_reported FROM incidents WHERE number_of_reports = 0 AND merged_into IS NULL"
    unknown |= {i for i, first in db.execute(bare) if not known_by(first, as_of)}
    work = Work(db)
    homes: dict[str, list[str]] = {}
    also: dict[str, list[str]] = {}
    ordered = sorted(partly)
    for n in range(0, len(ordered), CHUNK):
        chunk = ordered[n : n + CHUNK]
        marks = ",".join("?" * len(chunk))
        for incident_id, report_id in db.execute(
            f"SELECT incident_id, report_id FROM incident_reports WHERE incident_id IN ({marks}) ORDER BY 2", tuple(chunk)
        ):
            homes.setdefault(incident_id, []).append(report_id)
        sql = f"SELECT merged_into, incident_id FROM incidents WHERE merged_into IN ({marks}) ORDER BY 2"
        for into, old in db.execute(sql, tuple(chunk)):
            also.setdefault(into, []).append(old)
    work.load(i for ids in homes.values() for i in ids)
    stories = work.stories()
    otherwise = [
        resolve(
            [work.reports[i] for i in homes[incident_id]],
            work.decisions_on(incident_id, also.get(incident_id, ())),
            articles=work.articles_of(homes[incident_id], stories),
            as_of=as_of,
            incident_id=incident_id,
            also=also.get(incident_id, ()),
            origins=work.origins,
            kin=work.kin,
        )
        for incident_id in ordered
    ]
    return Then(as_of, frozenset(unknown), tuple(otherwise))


@contextmanager
def known_on(db: Database, as_of: str | None) -> Iterator[Database]:
    """The store as of a publication day or time, for everything that reads incidents by this connection; None is now.

    Within the context, queries over incidents, their reports, actors and candidates answer as of then. The
    file is not written to.
    """
    if as_of is None:
        yield db
        return
    with store.reading(db):
        then = look_back(db, as_of)
        with store.view_of_the_past(db, unknown=then.unknown, then=then.otherwise):
            yield db


def incidents_as_of(db: Database, as_of: str) -> list[Incident]:
    """Every incident as it was known at a publication day or time, by id; see `look_back`."""
    with known_on(db, as_of):
        return store.load_incidents(db, "i.merged_into IS NULL")


def copy_known_on(db: Database, as_of: str, target: Path) -> None:
    """Write the store as known at a publication day or time into a new file at `target`, a store to be read; see `look_back`."""
    with store.reading(db):
        then = look_back(db, as_of)
        store.copy_past(db, target, unknown=then.unknown, then=then.otherwise)


@dataclass(frozen=True, slots=True)
class Told:
    """What stands behind one incident: its reports oldest first, their articles (every revision) and origins."""

    reports: tuple[Report, ...]
    articles: dict[str, Article]
    origins: dict[str, str]
    kin: Kin


def load_told(db: Database, incident_id: str) -> Told:
    """The reports of an incident with all that `resolve` asks of them."""
    work = Work(db)
    ids = work.reports_of_incidents([incident_id])
    work.load(ids)
    reports = sorted((work.reports[i] for i in ids), key=lambda r: report_order(r, work.articles))
    return Told(tuple(reports), work.articles, work.origins, work.kin)


# --- permanent ids -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Naming:
    """The id of each group, and for each id that is no longer a group's the id it went into."""

    ids: tuple[str, ...]
    redirects: dict[str, str]


def name_groups(groups: Sequence[Sequence[str]], *, anchors: Mapping[str, str], given: Container[str] = ()) -> Naming:
    """Ids for groups of reports, each oldest first, that keep what ids there are.

    `anchors` maps the ids there are, oldest id first, to the report each goes with: the one that
    founded it, unless a person moved that away. A group has the oldest id that goes with one of its
    reports, and the others lead to it; where none does, a new one. So ids follow from the groups, and
    when a merge is undone each has its own again. No id is ever given to another event; `given` holds
    those that were, wherever they went.
    """
    ids: list[str] = []
    redirects: dict[str, str] = {}
    age = {i: n for n, i in enumerate(anchors)}
    by_report: dict[str, list[str]] = {}
    for i, report_id in anchors.items():
        by_report.setdefault(report_id, []).append(i)
    for group in groups:
        mine = sorted((i for report_id in group for i in by_report.get(report_id, ())), key=lambda i: age[i])
        chosen = mine[0] if mine else _new_id(group[0], given, {*anchors, *ids})
        ids.append(chosen)
        redirects |= dict.fromkeys(mine[1:], chosen)
    return Naming(tuple(ids), redirects)


def _new_id(report_id: str, given: Container[str], taken: set[str]) -> str:
    turn = 0
    while (candidate := make_incident_id(report_id, turn=turn)) in taken or candidate in given:
        turn += 1
    return candidate


def pinned_ids(
    decisions: Iterable[Decision], founders: Mapping[str, str], known: Mapping[str, Report], articles: Mapping[str, Article]
) -> dict[str, str]:
    """The ids that go with another report than their founder (`founders`: id -> report), since a person moved the founder away.

    A split and an assignment leave the id with the reports that stay.
    """
    pins: dict[str, str] = {}
    for d in decisions:
        if d.kind == "split" and "other" not in d.payload:
            old, leaving, rest = d.target, d.payload["reports"], d.payload["rest"]
        elif d.kind == "assign":
            old, leaving, rest = d.payload["from"], [d.target], d.payload["from_reports"]
        else:
            continue
        staying = sorted((r for r in rest if r in known), key=lambda r: report_order(known[r], articles))
        if staying and pins.get(old, founders.get(old)) in leaving:
            pins[old] = staying[0]
    return pins


# --- writing -------------------------------------------------------------------------------------


def write_groups(work: Work, component: set[str], changed: set[str]) -> set[str]:
    """Name, resolve and store the groups of a component; the live incidents that were written."""
    db = work.db
    groups = sorted(work.groups(component), key=lambda g: report_order(work.reports[g.report_ids[0]], work.articles))
    current = work.homes(component)
    pins = work.pins(component)
    touched = set(current.values()) | changed
    given = work.registered(component, {*touched, *(i for i, r in pins.items() if r in component)})
    existing = {i.incident_id: i for i in work.load_incidents({*given, *touched})}
    existing |= {i.incident_id: i for i in work.load_incidents(existing, column="merged_into")}
    anchors = {i: r for i, founder in given.items() if (r := pins.get(i, founder)) in component}
    orphans = work.without_report({i: pins.get(i, given.get(i, "")) for i in touched & set(existing) if i not in anchors})
    lost = [existing[i] for i in sorted(orphans) if existing[i].merged_into is None]
    heirs = find_heirs(lost, current, work, component)
    for incident_id, heir in sorted(heirs.items()):
        store.save_incident_id(db, incident_id, heir)
    anchors = {i: r for i in given if (r := heirs.get(i, anchors.get(i, "")))} | heirs
    naming = name_groups([g.report_ids for g in groups], anchors=anchors, given=store.GivenIds(db))
    for incident_id, group in zip(naming.ids, groups, strict=True):
        if incident_id not in anchors:
            store.save_incident_id(db, incident_id, group.report_ids[0])
    merged = {i: into for i, e in existing.items() if (into := e.merged_into)} | naming.redirects
    merged |= {old: naming.redirects[into] for old, into in merged.items() if into in naming.redirects}
    live = dict(zip(naming.ids, groups, strict=True))
    # An id that was merged and whose own report has since gone stays with the incident it leads to.
    for old, new in sorted(merged.items()):
        if old not in anchors and new in live and not work.column("SELECT 1 FROM reports WHERE report_id = ?", (given.get(old, ""),)):
            store.save_incident_id(db, old, anchors.get(new) or live[new].report_ids[0])
    stories = work.stories()
    redirected: dict[str, list[str]] = {}
    for old, new in sorted(merged.items()):
        if old not in live:
            redirected.setdefault(new, []).append(old)
    written: set[str] = set()
    for incident_id, group in live.items():
        also = redirected.get(incident_id, [])
        incident = resolve(
            [work.reports[i] for i in group.report_ids],
            work.decisions_on(incident_id, also),
            articles=work.articles_of(group.report_ids, stories),
            incident_id=incident_id,
            also=also,
            origins=work.origins,
            kin=work.kin,
        )
        if _save_if_changed(work, incident, group.links, existing.get(incident_id)):
            written.add(incident_id)
    for old, new in sorted(merged.items()):
        if old not in live:
            _save_if_changed(work, _redirect(old, new), {}, existing.get(old))
    for gone in sorted(i for i in touched if i in existing and i not in live and i not in merged):
        let_go(work, existing[gone])
    _suggest(work, component, touched=touched | set(naming.redirects) | written)
    return written


def find_heirs(lost: Sequence[Incident], current: Mapping[str, str], work: Work, component: set[str]) -> dict[str, str]:
    """For incidents whose founder is gone (its article was coded anew), the report that continues each.

    That is the oldest of the reports still in it, else the new report most like what the incident was; never
    one that a person moved out of it.
    """
    ordered = sorted(component, key=lambda i: report_order(work.reports[i], work.articles))
    heirs: dict[str, str] = {}
    pairs: list[tuple[float, str, str]] = []
    for incident in lost:
        gone = work.moved_out(incident.incident_id)
        left = [i for i in ordered if current.get(i) == incident.incident_id and i not in gone]
        if left:
            heirs[incident.incident_id] = left[0]
            continue
        for i in ordered:
            if i not in current and i not in gone:
                score = compare_reports(as_report(incident), work.reports[i], work.articles, kin=work.kin).total
                pairs.append((-score, incident.incident_id, i))
    for against, incident_id, report_id in sorted(pairs):
        if -against >= DOUBT_SCORE and incident_id not in heirs and report_id not in heirs.values():
            heirs[incident_id] = report_id
    return heirs


def as_report(incident: Incident) -> Report:
    """An incident's values in the form of a report, to compare it with one."""
    names = {f.name for f in dataclasses.fields(Report)}
    values = {f.name: getattr(incident, f.name) for f in dataclasses.fields(incident) if f.name in names}
    return Report(report_id=incident.incident_id, article_id="", **values)


def _redirect(incident_id: str, into: str) -> Incident:
    """What is left of a merged incident: its id and where it went; that it is asserted says nothing."""
    return Incident(incident_id=incident_id, assertion="asserted", merged_into=into)


def _save_if_changed(work: Work, incident: Incident, links: dict[str, tuple[float | None, str]], before: Incident | None) -> bool:
    """Store an incident where it, or why its reports are in it, differs from what stands; whether it did."""
    if before is not None and _same(before, incident):
        rows = work.db.execute("SELECT report_id, score, why FROM incident_reports WHERE incident_id = ?", (incident.incident_id,))
        same = {r: (score, why) for r, score, why in rows} == links
        if same and not (incident.report_ids and store.times_changed(work.db, incident.incident_id)):
            return False
    store.save_incident(work.db, incident, links=links)
    work.changes.append((before, incident))
    return True


def _same(one: Incident, other: Incident) -> bool:
    """Whether two states of an incident are one; stored candidates hold lists where resolved ones hold records."""
    if len(one.candidates) != len(other.candidates):
        return False
    if dataclasses.replace(one, candidates=()) != dataclasses.replace(other, candidates=()):
        return False
    return all(
        a.field == b.field
        and a.report_id == b.report_id
        and a.chosen == b.chosen
        and (a.value == b.value or as_plain(a.value) == as_plain(b.value))
        for a, b in zip(one.candidates, other.candidates, strict=True)
    )


def let_go(work: Work, incident: Incident) -> None:
    """An incident without reports goes, with the ids merged into it; one that a person decided on stays, empty-handed."""
    redirects = work.column("SELECT incident_id FROM incidents WHERE merged_into = ?", (incident.incident_id,))
    if any(d.kind in ("set", "confirm", "reject") for d in work.decisions_on(incident.incident_id, redirects)):
        bare = dataclasses.replace(incident, number_of_reports=0, number_of_articles=0, number_of_sources=0, report_ids=(), candidates=())
        _save_if_changed(work, bare, {}, incident)
        return
    for redirect in redirects:
        store.delete_incident(work.db, redirect)
    store.delete_incident(work.db, incident.incident_id)
    work.changes.append((incident, None))


def _suggest(work: Work, component: set[str], *, touched: set[str]) -> None:
    """Bring the doubtful links up to date: those of the component's reports, and those of others to its incidents."""
    pairs: dict[str, list[tuple[str, float, str]]] = {}  # newer report -> older ones it may belong with
    for i in component:
        for j in work.neighbours(i):
            score = work.score(i, j)
            if score is not None and score.total >= DOUBT_SCORE and (j not in component or i < j):
                older, newer = sorted((i, j), key=lambda r: report_order(work.reports[r], work.articles))
                pairs.setdefault(newer, []).append((older, score.total, score.why))
    pointing = set(work.chunked("SELECT DISTINCT report_id FROM suggestions WHERE incident_id IN ({marks})", touched))
    ours = touched | set(work.homes(component).values())
    work.load(pointing)
    for i in sorted({*component, *pairs, *pointing}):
        have = [tuple(r) for r in work.db.execute("SELECT incident_id, score, why FROM suggestions WHERE report_id = ? ORDER BY 1", (i,))]
        # What lies outside the component has not changed, and what a report outside has to do with it neither.
        kept = [] if i in component else [s for s in have if s[0] not in ours]
        wanted = sorted([*kept, *_suggestions_for(work, i, pairs.get(i, []))])
        if have != wanted:
            store.save_suggestions(work.db, i, wanted)


def _suggestions_for(work: Work, report_id: str, older: Sequence[tuple[str, float, str]]) -> list[tuple[str, float, str]]:
    """The incidents of these older reports that a report may belong to: (incident_id, score, why)."""
    found: dict[str, tuple[float, str]] = {}
    home, members = _home(work, report_id)
    for other, score, why in sorted(older):
        incident_id, others = _home(work, other)
        if incident_id is None or incident_id == home or (incident_id in found and found[incident_id][0] >= score):
            continue
        work.load({*members, *others})
        if may_join(members, others, work.reports, work.constraints):
            found[incident_id] = score, why
    return [(incident_id, score, why) for incident_id, (score, why) in found.items()]


def _home(work: Work, report_id: str) -> tuple[str | None, list[str]]:
    """The incident a report stands in, and all reports of it."""
    row = work.db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (report_id,)).fetchone()
    if row is None:
        return None, [report_id]
    return row[0], work.column("SELECT report_id FROM incident_reports WHERE incident_id = ? ORDER BY 1", (row[0],))
