"""Bring the incidents in the store up to date with the reports and decisions in it.

`update_incidents` loads what the given articles may touch, links it, resolves it and writes what
came out differently. The groups are those that `linking.link` finds over the whole store at once;
running again changes not one row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
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
    span_of,
)
from pipeline.models import Article, Decision, Incident, Report
from pipeline.resolution import known_by, resolve

if TYPE_CHECKING:
    from pipeline.blocking import Blocks


def update_incidents(db: Database, article_ids: Iterable[str], *, changed: Iterable[str] = ()) -> set[str]:
    """Link and resolve what these articles report and what stands near it; the incidents written, by id.

    `changed` names incidents that are to be looked at as well: those that held reports which were
    coded anew, or on which a person decided. Nothing is written where nothing changed.
    """
    with store.writing(db):
        work = Work(db)
        changed = set(changed)
        seeds = work.reports_of_articles(article_ids) | work.reports_of_incidents(changed)
        plan = plan_groups(work, work.spread(seeds), changed)
        plan.carry_out(db)
        _suggest(work, plan)
        return plan.written


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
    # Reports in memory that are looked at in bulk; for others each asks the store for those near it.
    held: Held | None = None
    # By country the first and last day that is held in memory, and the reports of these days.
    windows: dict[str, tuple[int, int, Blocks]] = field(default_factory=dict)
    # Incidents that the reports of an article coded anew are to continue, and the reports that are to continue each.
    sought: Mapping[str, set[str]] = field(default_factory=dict)
    seekers: dict[str, set[str]] = field(default_factory=dict)

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
        for report_id, incident_ids in self.sought.items():
            for incident_id in incident_ids:
                self.seekers.setdefault(incident_id, set()).add(report_id)
        self.score = make_scorer(self.reports, self.articles, origins=self.origins, kin=self.kin)

    def forget(self) -> None:
        """Drop the reports and articles that were loaded and compared."""
        for loaded in (self.reports, self.articles, self.origins, self.light, self.near, self.windows):
            loaded.clear()
        self.held = None
        self.score = make_scorer(self.reports, self.articles, origins=self.origins, kin=self.kin)

    # --- loading ---

    def column(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """The first column of a query's rows."""
        return [row[0] for row in self.db.execute(sql, tuple(params))]

    def chunked(self, sql: str, values: Iterable[str]) -> list[Any]:
        """The first column of a query with `IN ({marks})`, over many values, in order."""
        return [row[0] for row in store.select_in(self.db, sql, values)]

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
        return {r for members in self.members(incident_ids).values() for r in members}

    def members(self, incident_ids: Iterable[str]) -> dict[str, list[str]]:
        """The reports that stand in each of these incidents, by id; none for one without."""
        found: dict[str, list[str]] = {i: [] for i in incident_ids}
        sql = "SELECT incident_id, report_id FROM incident_reports WHERE incident_id IN ({marks}) ORDER BY 2"
        for incident_id, report_id in store.select_in(self.db, sql, found):
            found[incident_id].append(report_id)
        return found

    def homes(self, report_ids: Iterable[str]) -> dict[str, str]:
        """The incident each report stands in, for those that stand in one."""
        return dict(
            store.select_in(self.db, "SELECT report_id, incident_id FROM incident_reports WHERE report_id IN ({marks})", report_ids)
        )

    def merged_into(self, incident_ids: Iterable[str]) -> list[str]:
        """The incidents that were merged into these, by id."""
        return sorted(self.chunked("SELECT incident_id FROM incidents WHERE merged_into IN ({marks})", incident_ids))

    def registered(self, report_ids: Iterable[str], incident_ids: Iterable[str]) -> dict[str, str]:
        """The ids that go with these reports, and these ids themselves, each with its report; the oldest id first."""
        found: set[tuple[int, str, str]] = set()
        for column, values in (("report_id", report_ids), ("incident_id", incident_ids)):
            sql = f"SELECT rowid, incident_id, report_id FROM incident_ids WHERE {column} IN ({{marks}})"
            found.update(store.select_in(self.db, sql, values))
        return {incident_id: report_id for _, incident_id, report_id in sorted(found)}

    def load(self, report_ids: Iterable[str]) -> None:
        """Load reports of the active coder with their articles (every revision) and origins, where not loaded yet."""
        missing = {i for i in report_ids if i not in self.reports}
        if not missing:
            return
        new = store.load_reports_of(self.db, missing)
        self.reports |= {r.report_id: r for r in new}
        wanted = {r.article_id for r in new if r.article_id not in self.articles}
        for article, origin_id in store.load_stories(self.db, wanted):
            self.articles[article.article_id] = article
            if origin_id is not None:
                self.origins[article.article_id] = origin_id

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
        if report_id not in self.near:
            self.look_around([report_id])
        return self.near[report_id]

    def look_around(self, report_ids: Iterable[str]) -> None:
        """Find the neighbours of loaded reports, and load them."""
        asked = [i for i in report_ids if i not in self.near]
        found: dict[str, Iterable[str]] = {}
        if self.held is not None:
            found |= self.held.blocks.partners_of(i for i in asked if self.held.holds(self.reports[i]))
        others = [self.reports[i] for i in asked if i not in found]
        found |= self._near_in_place([r for r in others if r.country and r.assertion in EVENTS])
        for r in others:
            found[r.report_id] = {*found.get(r.report_id, ()), *self._near(r)}
        self.load(j for near in found.values() for j in near)
        self.near |= {i: sorted(near) for i, near in found.items()}

    def _near_in_place(self, reports: Sequence[Report]) -> dict[str, list[str]]:
        """The events near these in place that they meet, one of the two being without a day, by id.

        There are the more of them the longer a store has grown, so they are looked at in bulk.
        """
        if not reports:
            return {}
        from pipeline.blocking import Blocks  # numpy is not loaded where nothing is linked

        queries: dict[tuple[str, tuple[Any, ...]], None] = {}
        for r in reports:
            for sql, params in _place_queries(r):
                queries[sql, tuple(params)] = None
            queries["report_id = ?", (r.report_id,)] = None
        return Blocks(self.db, queries, kin=self.kin).partners_of(r.report_id for r in reports)

    def _near(self, report: Report) -> set[str]:
        queries = block_queries(report)
        found = set[str]()
        if report.country and report.assertion in EVENTS:
            if report.date_start:
                # The reports of its country and days, of which there may be very many, are looked at in bulk.
                found |= set(self.window_of(report).partners(report.report_id))
            queries = queries[2 : len(queries) - len(_place_queries(report))]
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
        return found

    def hold(self, seeds: Iterable[tuple[str | None, str | None, str | None]]) -> None:
        """Take into memory what all reports of these countries, first and last days may meet, to be looked at in bulk."""
        from pipeline.blocking import Blocks  # numpy is not loaded where nothing is linked

        days: dict[str | None, tuple[int, int]] = {}
        whole: set[str] = set()
        for country, start, end in seeds:
            if start is not None:
                first, last = span_of(start, end)
                low, high = days.get(country, (first, last))
                days[country] = min(low, first), max(high, last)
            elif country is not None:
                whole.add(country)
        queries: list[Query] = []
        for country in sorted(whole):
            # Without a day a report may meet any of its country.
            queries.append(("country = ?", [country]))
            sql = "SELECT MIN(date_start), MAX(MAX(date_start), MAX(COALESCE(date_end, date_start))) FROM reports WHERE country = ?"
            start, end = self.db.execute(sql, (country,)).fetchone()
            if start is not None:
                days[country] = span_of(start, end)
        for country in sorted(c for c in days if c is not None and c not in whole):
            # A few days more, for the reports that a link leads to.
            first, last = days[country]
            days[country] = first, last + WINDOW_DAYS + SHORT_DAYS
            queries.append(("country = ? AND date_start IS NULL", [country]))
            queries += days_queries(first - WINDOW_DAYS - SHORT_DAYS, days[country][1] + WINDOW_DAYS, "country = ?", [country])
        if days:
            around = min(d[0] for d in days.values()) - WINDOW_DAYS - SHORT_DAYS, max(d[1] for d in days.values()) + WINDOW_DAYS
            queries += days_queries(*around, "country IS NULL")
        if None in days:
            queries += days_queries(days[None][0] - WINDOW_DAYS - SHORT_DAYS, days[None][1] + WINDOW_DAYS)
        self.held = Held(Blocks(self.db, queries, kin=self.kin), days, frozenset(whole))

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
            held = first, last, Blocks(self.db, days_queries(first, last, "country = ?", [report.country]), kin=self.kin)
            self.windows[report.country or ""] = held
        return held[2]

    # --- linking ---

    def spread(self, seeds: Iterable[str], *, ours: Callable[[Report], bool] | None = None) -> set[str]:
        """The reports that a link, a person's decision or a common incident connects with the seeds.

        Nothing outside links to anything inside, so the groups within are those of the whole store. What hangs together
        with a report that is not `ours` is left out, and not followed further.
        """
        partners: dict[str, set[str]] = {}
        for a, b in self.constraints.together:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
        sets = _Sets()
        component: set[str] = set()
        frontier = set(seeds)
        while frontier:
            component |= frontier
            self.load(frontier)
            component &= self.reports.keys()
            frontier &= component
            if ours is not None:
                for i in frontier:
                    if not ours(self.reports[i]):
                        sets.join(NOT_OURS, i)
            frontier = {i for i in frontier if not sets.joined(NOT_OURS, i)}
            ties: list[tuple[str, str]] = []
            self.look_around(sorted(frontier))
            for i in sorted(frontier):
                ties += ((i, j) for j in partners.get(i, ()))
                ties += ((i, j) for j in self.near[i] if (s := self.score(i, j)) and s.total >= LINK_SCORE)
            homes = self.homes(frontier)
            incidents = set(homes.values())
            for i in frontier & self.sought.keys():
                incidents |= self.sought[i]
                ties += ((i, j) for incident_id in self.sought[i] for j in self.seekers[incident_id])
            # Where the report is that an id goes with, there its incident is to be named.
            founders = self.registered((), incidents)
            for incident_id, members in self.members(incidents).items():
                together = [*members, *self.seekers.get(incident_id, ()), *([founders[incident_id]] if incident_id in founders else ())]
                ties += ((together[0], j) for j in together[1:])
            found = {j for tie in ties for j in tie}
            self.load(found)
            found &= self.reports.keys()
            for a, b in ties:
                if a in found and b in found:
                    sets.join(a, b)
            frontier = found - component
        return {i for i in component if not sets.joined(NOT_OURS, i)}

    def groups(self, component: set[str]) -> list[Group]:
        """The component's reports in groups, each described."""
        edges = {pair_key(i, j) for i in component for j in self.neighbours(i) if j in component}
        parts = partition(component, edges, self.score, constraints=self.constraints)
        return [describe_group(ids, self.reports, self.articles, self.score) for ids in parts]


@dataclass(frozen=True, slots=True)
class Held:
    """Reports in memory, and of which countries and days they are all that a report may meet."""

    blocks: Blocks
    days: Mapping[str | None, tuple[int, int]]
    whole: frozenset[str]

    def holds(self, report: Report) -> bool:
        """Whether all that this report may meet is here."""
        span = date_span(report)
        if span is None:
            return report.country in self.whole
        first, last = self.days.get(report.country or None, (1, 0))
        return first <= span[0] and span[1] <= last


NOT_OURS = ""  # no report's id


class _Sets:
    """Disjoint sets of ids, each alone until it is joined."""

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def _head(self, i: str) -> str:
        while (up := self._up.get(i, i)) != i:
            self._up[i] = self._up.get(up, up)
            i = up
        return i

    def join(self, a: str, b: str) -> None:
        self._up[self._head(a)] = self._head(b)

    def joined(self, a: str, b: str) -> bool:
        return self._head(a) == self._head(b)


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


# Few reports span many days; they have an index of their own.
LONG = f"date_end > date(date_start, '+{SHORT_DAYS} days')"


Query = tuple[str, list[Any]]  # an SQL condition on reports, and its parameters


def days_queries(first: int, last: int, condition: str = "", params: Sequence[Any] = ()) -> list[Query]:
    """Conditions for the dated reports that may overlap these days (ordinals): the many short ones, the few long ones.

    `condition` is one on their country, of which there is an index; without one it is all countries.
    """
    by_country, block = (f"{condition} AND ", "reports_block") if condition else ("", "reports_date")
    short = f"rowid IN (SELECT rowid FROM reports INDEXED BY {block} WHERE {by_country}date_start BETWEEN ? AND ?)"
    # Without statistics SQLite would rather read a whole year of a country than the few reports of many days.
    long = f"rowid IN (SELECT rowid FROM reports INDEXED BY reports_long WHERE {LONG} AND {by_country}date_start BETWEEN ? AND ?)"
    return [(short, [*params, _iso(first), _iso(last)]), (long, [*params, _iso(first - WIDE_DAYS), _iso(last)])]


def block_queries(report: Report) -> list[Query]:
    """SQL conditions that together hold at least for every report that `may_meet` this one, each served by an index.

    The first two are for the reports of its country and days, where it has both.
    """
    span = date_span(report)
    if span is None:
        return _place_queries(report)
    first, last = span[0] - WINDOW_DAYS - SHORT_DAYS, span[1] + WINDOW_DAYS
    if not report.country:
        return days_queries(first, last)
    return [
        *days_queries(first, last, "country = ?", [report.country]),
        *days_queries(first, last, "country IS NULL"),
        *_place_queries(report),
    ]


def _place_queries(report: Report) -> list[Query]:
    """Conditions for the reports that may meet one by their places, one of the two being without a day."""
    if not report.country:
        return []
    if report.date_start:
        return _near_queries(report, "reports_undated_spot", "reports_undated_name", " AND date_start IS NULL")
    return _near_queries(report, "reports_spot", "reports_name", "")


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
    homes = work.members(partly)
    also: dict[str, list[str]] = {}
    for into, old in store.select_in(
        db, "SELECT merged_into, incident_id FROM incidents WHERE merged_into IN ({marks}) ORDER BY 2", partly
    ):
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
        for incident_id in sorted(partly)
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


@dataclass
class Plan:
    """What is to be written so that a component's reports stand in its groups, each named and resolved."""

    component: set[str]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by incident its reports, oldest first
    touched: set[str] = field(default_factory=set)  # incidents that may read otherwise now
    written: set[str] = field(default_factory=set)  # live incidents that do
    ids: list[tuple[str, str]] = field(default_factory=list)  # to register: incident, the report it goes with
    rows: dict[str, store.Rows] = field(default_factory=dict)  # by incident
    times: set[str] = field(default_factory=set)  # incidents of which an article was dated or revised, and nothing else
    gone: list[str] = field(default_factory=list)
    changes: list[tuple[Incident | None, Incident | None]] = field(default_factory=list)  # each as it was and as it is to be

    def save(self, incident: Incident, links: Mapping[str, tuple[float | None, str]], before: store.Rows | None) -> bool:
        """Have an incident stored where it, or why its reports are in it, differs from what stands; whether it does."""
        changed = store.changed_rows(store.incident_rows(incident, links), before)
        if changed:
            self.rows[incident.incident_id] = changed
            self.changes.append((store.incident_from_rows(before) if before else None, incident))
        return bool(changed)

    def carry_out(self, db: Database) -> None:
        """Write it."""
        for incident_id, report_id in self.ids:
            store.save_incident_id(db, incident_id, report_id)
        if self.rows:
            store.save_incidents(db, self.rows)
        if self.times:
            store.note_times(db, self.times)
        for incident_id in self.gone:
            store.delete_incident(db, incident_id)


def plan_groups(work: Work, component: set[str], changed: set[str]) -> Plan:
    """The groups of a component, named and resolved, against what the store has of them; nothing is written yet."""
    plan = Plan(component)
    groups = sorted(work.groups(component), key=lambda g: report_order(work.reports[g.report_ids[0]], work.articles))
    current = work.homes(component)
    pins = work.pins(component)
    touched = set(current.values()) | changed
    given = work.registered(component, {*touched, *(i for i, r in pins.items() if r in component)})
    existing = store.load_rows(work.db, {*given, *touched})
    existing |= store.load_rows(work.db, work.merged_into(existing))
    led = {i: str(into) for i, rows in existing.items() if (into := rows["incidents"][0][store.MERGED_INTO])}
    anchors = {i: r for i, founder in given.items() if (r := pins.get(i, founder)) in component}
    orphans = work.without_report({i: pins.get(i, given.get(i, "")) for i in touched & set(existing) if i not in anchors})
    lost = [store.incident_from_rows(existing[i]) for i in sorted(orphans) if i not in led]
    heirs = find_heirs(lost, current, work, component)
    plan.ids += sorted(heirs.items())
    anchors = {i: r for i in given if (r := heirs.get(i, anchors.get(i, "")))} | heirs
    naming = name_groups([g.report_ids for g in groups], anchors=anchors, given=store.GivenIds(work.db))
    plan.ids += ((i, group.report_ids[0]) for i, group in zip(naming.ids, groups, strict=True) if i not in anchors)
    merged = led | naming.redirects
    merged |= {old: naming.redirects[into] for old, into in merged.items() if into in naming.redirects}
    live = dict(zip(naming.ids, groups, strict=True))
    # An id that was merged and whose own report has since gone stays with the incident it leads to.
    founderless = {old: given.get(old, "") for old, new in merged.items() if old not in anchors and new in live}
    there = set(work.chunked("SELECT report_id FROM reports WHERE report_id IN ({marks})", founderless.values()))
    for old, founder in sorted(founderless.items()):
        if founder not in there:
            plan.ids.append((old, anchors.get(merged[old]) or live[merged[old]].report_ids[0]))
    stories = work.stories()
    redirected: dict[str, list[str]] = {}
    for old, new in sorted(merged.items()):
        if old not in live:
            redirected.setdefault(new, []).append(old)
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
        if plan.save(incident, group.links, existing.get(incident_id)):
            plan.written.add(incident_id)
    plan.times = store.times_changed(work.db, live.keys() - plan.written)
    plan.written |= plan.times
    for old, new in sorted(merged.items()):
        if old not in live:
            plan.save(_redirect(old, new), {}, existing.get(old))
    for gone in sorted(i for i in touched if i in existing and i not in live and i not in merged):
        let_go(work, plan, gone, existing[gone], [i for i in work.merged_into([gone]) if i not in live and merged.get(i, gone) == gone])
    plan.groups = {i: group.report_ids for i, group in live.items()}
    plan.touched = touched | set(naming.redirects) | plan.written
    return plan


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


def let_go(work: Work, plan: Plan, incident_id: str, rows: store.Rows, redirects: Sequence[str]) -> None:
    """An incident without reports goes, with the ids merged into it; one that a person decided on stays, empty-handed."""
    incident = store.incident_from_rows(rows)
    if any(d.kind in ("set", "confirm", "reject") for d in work.decisions_on(incident_id, redirects)):
        bare = dataclasses.replace(incident, number_of_reports=0, number_of_articles=0, number_of_sources=0, report_ids=(), candidates=())
        plan.save(bare, {}, rows)
        return
    plan.gone += [*redirects, incident_id]
    plan.changes.append((incident, None))


# --- doubtful links ------------------------------------------------------------------------------

Doubt = tuple[str, float, str]  # a report, or an incident, that a report may belong with: id, score, why


def find_doubts(work: Work, component: set[str]) -> dict[str, list[Doubt]]:
    """By the newer report of each pair that is alike enough to ask about, the older ones; pairs with a report of the component."""
    doubts: dict[str, list[Doubt]] = {}
    for i in component:
        for j in work.neighbours(i):
            if j in component and j < i:
                continue
            score = work.score(i, j)
            if score is not None and score.total >= DOUBT_SCORE:
                older, newer = sorted((i, j), key=lambda r: report_order(work.reports[r], work.articles))
                doubts.setdefault(newer, []).append((older, score.total, score.why))
    return doubts


def choose_suggestions(
    report_id: str,
    doubts: Iterable[Doubt],
    *,
    homes: Mapping[str, str],
    members: Mapping[str, Sequence[str]],
    reports: Mapping[str, Report],
    constraints: Constraints,
) -> list[Doubt]:
    """The incidents that a report may belong to, by id, each with the best of its doubts.

    None that the codebook, or a person, keeps it apart from.
    """
    home = homes.get(report_id)
    mine = members[home] if home is not None else [report_id]
    found: dict[str, Doubt] = {}
    barred: set[str] = set()
    for other, score, why in sorted(doubts):
        incident_id = homes.get(other)
        if incident_id is None or incident_id == home or incident_id in barred:
            continue
        if incident_id not in found and not may_join(mine, members[incident_id], reports, constraints):
            barred.add(incident_id)
        elif incident_id not in found or found[incident_id][1] < score:
            found[incident_id] = (incident_id, score, why)
    return sorted(found.values())


def _suggest(work: Work, plan: Plan) -> None:
    """Bring the doubtful links up to date: those of the component's reports, and those of others to its incidents."""
    doubts = find_doubts(work, plan.component)
    pointing = set(work.chunked("SELECT DISTINCT report_id FROM suggestions WHERE incident_id IN ({marks})", plan.touched))
    homes = work.homes({*doubts, *(older for found in doubts.values() for older, _, _ in found)})
    members = work.members(set(homes.values()))
    work.load(i for found in members.values() for i in found)
    ours = plan.touched | plan.groups.keys()
    asked = sorted({*plan.component, *doubts, *pointing})
    have = store.load_suggestions(work.db, asked)
    for i in asked:
        # What lies outside the component has not changed, and what a report outside has to do with it neither.
        wanted = [] if i in plan.component else [s for s in have.get(i, []) if s[0] not in ours]
        if i in doubts:
            wanted += choose_suggestions(
                i, doubts[i], homes=homes, members=members, reports=work.reports, constraints=work.constraints
            )  # fmt: skip
        if have.get(i, []) != sorted(wanted):
            store.save_suggestions(work.db, i, sorted(wanted))
