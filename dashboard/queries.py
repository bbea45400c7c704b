"""What the Monitor page counts, maps and lists, as DataFrames, each cached by the store's path, its fingerprint and the filters.

The fingerprint changes with every write. What is counted is counted over columns in memory (pipeline/columns.py),
so that a filter is as quick over a million incidents as a page needs it; `selected` is the one way to the
filtered rows, so that the tallies, the map, the timeline and the table show one and the same set. What is
listed is then read from the store by its ids, which is opened `mode=ro` for each query.
"""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from sqlite_utils import Database

from pipeline.columns import NO_TOLL, NONE, Array, Columns, HeldColumns, Mask, matching, on_map
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters
from pipeline.settings import load_settings
from pipeline.store import open_store_readonly

Fingerprint = tuple[tuple[int, int], ...]

# Places on the map and rows in the table that a browser draws at ease; what is beyond is said on the page.
MAX_POINTS = 2_500
MAX_ROWS = 500
MAX_LISTED = 100
# A cached answer is dropped after this many seconds, so that a forgotten tab does not hold memory.
TTL_S = 600

TABLE_COLUMNS = """
    i.incident_id, i.assertion, i.date_start, i.date_end, i.date_prec,
    i.place_name, i.country, i.admin1, i.where_prec, i.latitude, i.longitude,
    i.event_type, i.sub_event_type, i.modes, i.side_a, i.side_b, i.deaths_best, i.deaths_low, i.deaths_high,
    i.injured_best, i.injured_low, i.injured_high, i.count_vague, i.number_of_reports, i.number_of_articles, i.number_of_sources,
    i.review_status, i.last_reported"""
NOT_ON_MAP = "(i.latitude IS NULL OR i.longitude IS NULL OR COALESCE(i.where_prec, 0) = 6)"
# The lists beside the map: incidents that have no day, no more than a country, or no place at all.
LISTS = ("undated", "country_only", "unlocated")
# Stores whose columns are held at the same time: the one in use, and some of its past.
MAX_STORES = 4


def fingerprint(path: str | Path) -> Fingerprint:
    """A value that changes with every write to the store: time and size of the file and of its write-ahead log."""
    marks = []
    for name in (str(path), f"{path}-wal"):
        try:
            stat = Path(name).stat()
        except OSError:
            marks.append((0, 0))
        else:
            # Looking at a store may leave an empty log beside it: that is no write.
            marks.append((stat.st_mtime_ns, stat.st_size) if stat.st_size else (0, 0))
    return tuple(marks)


def read(path: str | Path, sql: str, params: Sequence[Any] = ()) -> pd.DataFrame:
    """The rows of one query. StoreMissingError or StoreBrokenError where the store cannot be read."""
    with closing(open_store_readonly(path).conn) as conn:
        try:
            cursor = conn.execute(sql, tuple(params))
            rows = cursor.fetchall()
        except sqlite3.DatabaseError as e:
            raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    return to_frame(rows, [name for name, *_ in cursor.description])


def to_frame(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Rows as a DataFrame; numbers as pandas' numbers, texts as plain objects, which are quicker to go through."""
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    series = {
        name: pd.Series(list(values), dtype=object if not values or any(isinstance(v, str) for v in values) else None)
        for name, values in columns.items()
    }
    return pd.DataFrame(series)


def read_listed(path: str | Path, ids: Sequence[str]) -> pd.DataFrame:
    """The incidents of these ids with TABLE_COLUMNS, in this order; one that went meanwhile is left out."""
    sql = f"SELECT {TABLE_COLUMNS} FROM json_each(?) j JOIN incidents i ON i.incident_id = j.value ORDER BY j.key"
    return read(path, sql, [json.dumps(list(ids))])


def cached(entries: int) -> Any:
    """A decorator that keeps so many answers, by what is asked and the store's fingerprint, for TTL_S."""
    return st.cache_data(show_spinner=False, ttl=TTL_S, max_entries=entries)


_cached = cached(256)


# --- the store as a whole ----------------------------------------------------------------------


@_cached
def store_size(path: str, mark: Fingerprint) -> dict[str, int]:
    """How many articles, incidents and refused items the store holds; the count of articles without a date."""
    row = read(
        path,
        """SELECT (SELECT COUNT(*) FROM articles) AS articles, (SELECT COUNT(*) FROM incidents) AS incidents,
                  (SELECT COUNT(*) FROM quarantine) AS refused""",
    ).iloc[0]
    return {name: int(value) for name, value in row.items()}


@_cached
def last_run(path: str, mark: Fingerprint) -> str | None:
    """When the last finished run ended, ISO 8601 UTC; None where there was none."""
    value = read(path, "SELECT MAX(COALESCE(finished_at_utc, started_at_utc)) AS at FROM runs").iloc[0]["at"]
    return str(value) if isinstance(value, str) else None


@_cached
def filter_options(path: str, mark: Fingerprint) -> dict[str, list[Any]]:
    """What the filters can be set to: countries, (country, province) pairs, actors (parents too), most frequent first."""
    columns = columns_of(path, mark)
    counted = columns.words["assertion"].chosen(["asserted"])
    countries, regions = columns.words["country"], columns.words["admin1"]
    of_country = np.bincount(countries.codes[counted & (countries.codes != NONE)], minlength=len(countries.texts))
    both = counted & (countries.codes != NONE) & (regions.codes != NONE)
    pair = countries.codes[both].astype(np.int64) * len(regions.texts) + regions.codes[both]
    pairs, of_pair = np.unique(pair, return_counts=True)
    named = [(countries.texts[p // len(regions.texts)], regions.texts[p % len(regions.texts)]) for p in pairs]
    of_actor = np.bincount(columns.actors.codes[counted[columns.actor_rows]], minlength=len(columns.actors.texts))
    actors = {name: int(n) for name, n in zip(columns.actors.texts, of_actor, strict=True) if n}
    above = dict(actors)
    for parent, child in read(path, "SELECT ancestor, descendant FROM actor_tree WHERE distance > 0").itertuples(index=False):
        if child in actors:
            above[parent] = above.get(parent, 0) + actors[child]
    return {
        "country": [countries.texts[n] for n in np.argsort(-of_country, kind="stable") if of_country[n]],
        "admin1": [place for _, place in sorted(zip(-of_pair, named, strict=True), key=lambda p: (p[0], p[1][1], p[1][0]))],
        "actor": sorted(above, key=lambda name: (-above[name], name)),
    }


# --- the filtered set --------------------------------------------------------------------------


@st.cache_resource(show_spinner=False, max_entries=MAX_STORES)
def _held(path: str) -> HeldColumns:
    settings = load_settings()
    return HeldColumns(path, kept_in=settings.cache if path == str(settings.store) else None)


def columns_of(path: str, mark: Fingerprint) -> Columns:
    """The columns of the store, of one moment for all who ask with the same mark. StoreError where it cannot be read."""
    return _held(path).at(mark)


def read_ahead(path: str, mark: Fingerprint) -> None:
    """Read the columns where nobody has yet, with a word on the page meanwhile; a large store takes a while the first time."""
    held = _held(path)
    if held.is_cold:
        with st.spinner("Reading the incidents of the store, once for all pages"):
            held.at(mark)
        keep_for_good()


@lru_cache(maxsize=1)
def keep_for_good() -> None:
    """Have the garbage collector pass over what is in memory now, once in a process: modules, and the texts of the columns.

    All of it stays as long as the process does; going through it took a tenth of a second in nearly every page.
    """
    gc.collect()
    gc.freeze()


def selected(path: str, mark: Fingerprint, filters: Filters, *, assertion: str | None = "asserted") -> tuple[Columns, Mask]:
    """The columns of the store, and which of their rows the filters leave; `assertion` as in `pipeline.filters.where`."""
    columns = columns_of(path, mark)

    def all_kinds() -> Mask:
        with closing(open_store_readonly(path).conn) as conn:
            try:
                return matching(Database(conn), columns, filters, assertion=None)
            except sqlite3.DatabaseError as e:
                raise StoreBrokenError(f"{path} cannot be read: {e}") from e

    found = columns.remembered((filters, None), all_kinds)
    if assertion is None:
        return columns, found
    return columns, columns.remembered((filters, assertion), lambda: found & columns.words["assertion"].chosen([assertion]))


def listed_rows(columns: Columns, name: str) -> Mask:
    """The rows of one of LISTS."""
    if name == "undated":
        return columns.starts == NONE
    country_only = columns.numbers["where_prec"] == 6
    return country_only if name == "country_only" else ~on_map(columns.numbers) & ~country_only


def least(key: Array, limit: int) -> Array:
    """The numbers of the `limit` entries with the least keys, the earlier of equal ones first."""
    if len(key) > limit:
        among = np.flatnonzero(key <= np.partition(key, limit - 1)[limit - 1])
        return among[np.argsort(key[among], kind="stable")][:limit]
    return np.argsort(key, kind="stable")


def ids_of(columns: Columns, rows: Array) -> list[str]:
    """The incident ids of some rows."""
    return [value.decode() for value in columns.ids[rows].tolist()]


@dataclass(frozen=True, slots=True)
class Tallies:
    """What the filtered set adds up to, and what each figure leaves out.

    `low` and `high` add up each incident's lowest and highest figure; `open` counts the incidents whose
    figure has no upper end ("at least 10"), `unstated` those without any figure.
    """

    incidents: int
    killed: int
    killed_low: int
    killed_high: int
    killed_open: int
    killed_unstated: int
    injured: int
    injured_low: int
    injured_high: int
    injured_open: int
    injured_unstated: int
    articles: int
    origins: int
    undated: int
    country_only: int
    unlocated: int
    background: int
    aggregate: int
    prospective: int
    denied: int

    @property
    def not_counted(self) -> int:
        """How many found statements are in no tally: background, sums, plans, denials."""
        return self.background + self.aggregate + self.prospective + self.denied


def toll_sums(columns: Columns, rows: Array, name: str) -> list[int]:
    """Best, low and high added up, how many have no upper end and how many no figure; where one is missing, the nearest stands for it."""
    best, low, high = (columns.numbers[f"{name}_{part}"][rows] for part in ("best", "low", "high"))
    some_low = np.where(low == NO_TOLL, best, low)
    some_high = np.where(high == NO_TOLL, np.where(best == NO_TOLL, low, best), high)
    sums = [int(figures.sum(where=figures != NO_TOLL)) for figures in (best, some_low, some_high)]
    from_below = np.where(best == NO_TOLL, low, best) != NO_TOLL
    return [*sums, int(np.count_nonzero(from_below & (high == NO_TOLL))), int(np.count_nonzero(~from_below & (high == NO_TOLL)))]


@_cached
def tallies(path: str, mark: Fingerprint, filters: Filters) -> Tallies:
    """The tallies of the filtered set; only `asserted` incidents count, the other kinds are counted apart."""
    columns, every = selected(path, mark, filters, assertion=None)
    _, counted = selected(path, mark, filters)
    rows = np.flatnonzero(counted)
    kinds = columns.words["assertion"]
    of_kind = np.bincount(kinds.codes[every], minlength=len(kinds.texts))
    other = {
        kind: int(of_kind[kinds.code(kind)]) if kind in kinds.texts else 0 for kind in ("background", "aggregate", "prospective", "denied")
    }
    told = counted[columns.told_rows]
    lists = {name: int(np.count_nonzero(listed_rows(columns, name) & counted)) for name in LISTS}
    return Tallies(
        len(rows), *toll_sums(columns, rows, "deaths"), *toll_sums(columns, rows, "injured"),
        articles=_different(columns.told_articles[told]), origins=_different(columns.told_origins[told]), **lists, **other,
    )  # fmt: skip


def _different(numbers: Array) -> int:
    """How many different whole numbers there are."""
    if not len(numbers):
        return 0
    first = int(numbers.min())
    seen = np.zeros(int(numbers.max()) - first + 1, dtype=bool)
    seen[numbers - first] = True
    return int(np.count_nonzero(seen))


# What `points` gives of a place beside counts and tolls: the least of its incidents' texts.
POINT_TEXTS = ("place_name", "admin1", "country", "first_day", "last_day", "sub_event_type", "side_a", "side_b", "modes")


@_cached
def points(path: str, mark: Fingerprint, filters: Filters, limit: int = MAX_POINTS) -> pd.DataFrame:
    """One row a place and event type: position, precision, number of incidents, toll, and an id where it is one incident.

    Only what has a position of its own: country-only incidents have a list instead of a pin. The places
    with most deaths and most incidents come first, at most `limit`; `places` says how many there are in all.
    """
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found & (columns.places != NONE))
    of = columns.places[rows]
    total = len(columns.place_keys[0])
    incidents = np.bincount(of, minlength=total)
    deaths = columns.numbers["deaths_best"][rows]
    stated = deaths != NO_TOLL
    killed = np.bincount(of[stated], weights=deaths[stated], minlength=total)
    unstated = np.bincount(of[~stated], minlength=total)
    first = np.zeros(total, dtype=np.int64)
    first[of[::-1]] = rows[::-1]  # the last one written stays: the first row, which has the least id
    there = np.flatnonzero(incidents)
    order = np.lexsort((first[there], -incidents[there], -killed[there]))[:limit]
    chosen = there[order]
    # All else is worked out for the chosen places alone.
    number = np.full(total, NONE, dtype=np.int32)
    number[chosen] = np.arange(len(chosen))
    mine = number[of] != NONE
    rows, of = rows[mine], number[of[mine]]
    latitudes, longitudes, precisions, kinds = (key[chosen].tolist() for key in columns.place_keys)
    texts = {name: extreme_texts(columns, name, rows, of, len(chosen)) for name in POINT_TEXTS}
    names = ["latitude", "longitude", "where_prec", "event_type", "incidents", "incident_id", "killed", "unstated", *POINT_TEXTS, "places"]
    values = zip(
        latitudes, longitudes, [None if prec == NONE else prec for prec in precisions],
        map(columns.words["event_type"].text, kinds), incidents[chosen].tolist(), ids_of(columns, first[chosen]),
        [int(sum_) if n > none else None for sum_, n, none in zip(killed[chosen], incidents[chosen], unstated[chosen], strict=True)],
        unstated[chosen].tolist(), *texts.values(), [len(there)] * len(chosen), strict=True,
    )  # fmt: skip
    return to_frame(list(values), names)


def extreme_texts(columns: Columns, name: str, rows: Array, of: Array, groups: int) -> list[str | None]:
    """For each group of rows the least of its texts (`last_day`: the greatest), None where none is stated."""
    if name in ("first_day", "last_day"):
        texts, codes = columns.days, columns.starts[rows]
    else:
        texts, codes = columns.words[name].texts, columns.words[name].codes[rows]
    if name == "last_day":
        found = np.full(groups, NONE, dtype=np.int32)
        np.maximum.at(found, of, codes)
    else:
        found = np.full(groups, len(texts), dtype=np.int32)
        stated = codes != NONE
        np.minimum.at(found, of[stated], codes[stated])
    return [texts[code] if 0 <= code < len(texts) else None for code in found.tolist()]


@_cached
def place_incidents(
    path: str, mark: Fingerprint, filters: Filters, latitude: float, longitude: float, event_type: str | None
) -> pd.DataFrame:
    """The incidents of the filtered set at one point of the map, latest first."""
    columns, found = selected(path, mark, filters)
    kinds = columns.words["event_type"]
    here = found & (columns.numbers["latitude"] == latitude) & (columns.numbers["longitude"] == longitude)
    rows = np.flatnonzero(here & (kinds.codes == (NONE if event_type is None else kinds.code(event_type))))
    return read_listed(path, ids_of(columns, rows[least(-columns.starts[rows], MAX_LISTED)]))


@_cached
def table(path: str, mark: Fingerprint, filters: Filters, limit: int = MAX_ROWS) -> pd.DataFrame:
    """The filtered incidents, latest day first, undated last, at most `limit`."""
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found)
    return read_listed(path, ids_of(columns, rows[least(-columns.starts[rows], limit)]))


@_cached
def latest(path: str, mark: Fingerprint, filters: Filters, limit: int = 12) -> pd.DataFrame:
    """The filtered incidents that were reported on last."""
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found)
    return read_listed(path, ids_of(columns, rows[least(-columns.words["last_reported"].codes[rows], limit)]))


@_cached
def listed(path: str, mark: Fingerprint, filters: Filters, name: str) -> pd.DataFrame:
    """The filtered incidents of one of LISTS (undated, country_only, unlocated), at most MAX_LISTED."""
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found & listed_rows(columns, name))
    order = np.lexsort((-columns.words["last_reported"].codes[rows], columns.words["country"].codes[rows]))
    return read_listed(path, ids_of(columns, rows[order[:MAX_LISTED]]))


@_cached
def not_counted(path: str, mark: Fingerprint, filters: Filters) -> pd.DataFrame:
    """What was found within the filters and is in no tally, with its kind, at most MAX_LISTED."""
    columns, every = selected(path, mark, filters, assertion=None)
    kinds = columns.words["assertion"]
    rows = np.flatnonzero(every & ~kinds.chosen(["asserted"]))
    order = np.lexsort((-columns.starts[rows], kinds.codes[rows]))
    return read_listed(path, ids_of(columns, rows[order[:MAX_LISTED]]))


# SQL for the first day of the bar a day belongs to.
BINS = {
    "day": "i.date_start",
    "week": "date(i.date_start, 'weekday 0', '-6 days')",
    "month": "substr(i.date_start, 1, 7) || '-01'",
    "year": "substr(i.date_start, 1, 4) || '-01-01'",
}
# The coarsest date_prec that still says which bar: 1 the day, 3 a week, 4 a month, 5 a year.
BIN_PREC = {"day": 2, "week": 3, "month": 4, "year": 5}
# A timeline of more bars than this cannot be read at its width, so it takes the next wider bar.
MAX_DAYS = 92
MAX_WEEKS = 90
MAX_MONTHS = 240


def choose_bin(first: str, last: str) -> str:
    """The width of a bar for a period of ISO days: day, week, month or year."""
    days = (pd.Timestamp(last) - pd.Timestamp(first)).days + 1
    if days <= MAX_DAYS:
        return "day"
    if days <= MAX_WEEKS * 7:
        return "week"
    return "month" if days <= MAX_MONTHS * 30.5 else "year"


@_cached
def timeline(path: str, mark: Fingerprint, filters: Filters) -> tuple[str, pd.DataFrame, int]:
    """Width of the bars, incidents and deaths by bar and event type, and how many incidents have a date too wide for a bar."""
    columns, found = selected(path, mark, filters)
    names = ["bin", "event_type", "incidents", "killed"]
    rows = np.flatnonzero(found & (columns.starts != NONE))
    if not len(rows):
        return "day", pd.DataFrame(columns=names), 0
    days = columns.starts[rows]
    width = choose_bin(columns.days[int(days.min())], columns.days[int(days.max())])
    kinds = columns.words["event_type"]
    values, wide = sums_by_bar(columns, rows, width, kinds.codes[rows], kinds.texts)
    return width, to_frame(values, names), wide


def bar_numbers(columns: Columns, rows: Array, width: str) -> tuple[list[str], Array]:
    """The bars of some dated rows, in order, and the number of each row's bar; NONE where its day is not known closely enough."""
    days = columns.starts[rows]
    if not len(days):
        return [], days
    first, last = int(days.min()), int(days.max())
    bars, bar_of = _bars(columns.days[first : last + 1], width)
    return bars, np.where(columns.numbers["date_prec"][rows] <= BIN_PREC[width], bar_of[days - first], NONE)


def sums_by_bar(
    columns: Columns, rows: Array, width: str, parts: Array, names: Sequence[str]
) -> tuple[list[tuple[str, str | None, int, int | None]], int]:
    """Bar, part, incidents and dead of some dated rows, in order of bars and parts, and how many rows are in no bar.

    `parts` has for each row its place in `names`, NONE for none.
    """
    bars, bar = bar_numbers(columns, rows, width)
    drawn = bar != NONE
    deaths = columns.numbers["deaths_best"][rows[drawn]]
    # The part that is not known is the first of its bar, as NULL is.
    cell = bar[drawn] * (len(names) + 1) + parts[drawn] + 1
    cells, of, incidents = np.unique(cell, return_inverse=True, return_counts=True)
    stated = deaths != NO_TOLL
    killed = np.bincount(of[stated], weights=deaths[stated], minlength=len(cells))
    known = np.bincount(of[stated], minlength=len(cells))
    values = [
        (bars[at], names[part - 1] if part else None, count, int(dead) if some else None)
        for (at, part), count, dead, some in zip(
            (divmod(n, len(names) + 1) for n in cells.tolist()), incidents.tolist(), killed.tolist(), known.tolist(), strict=True
        )
    ]  # fmt: skip
    return values, int(np.count_nonzero(~drawn))


def _bars(days: Sequence[str], width: str) -> tuple[list[str], Array]:
    """The bars of these days, in order, and for each day the number of its bar (NONE: it is no day)."""
    with closing(sqlite3.connect(":memory:")) as conn:
        sql = f"SELECT {BINS[width]} FROM (SELECT key, value AS date_start FROM json_each(?)) i ORDER BY key"
        starts = [start for (start,) in conn.execute(sql, (json.dumps(list(days)),))]
    bars = sorted({start for start in starts if start is not None})
    number: dict[str | None, int] = {start: n for n, start in enumerate(bars)} | {None: NONE}
    return bars, np.array([number[start] for start in starts], dtype=np.int64)


@_cached
def article_incidents(path: str, mark: Fingerprint, article_ids: tuple[str, ...]) -> pd.DataFrame:
    """The incidents, of every kind, that these articles tell of."""
    marks = ",".join("?" * len(article_ids))
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i WHERE i.merged_into IS NULL AND i.incident_id IN (
                SELECT ir.incident_id FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id
                WHERE r.article_id IN ({marks}))
            ORDER BY i.assertion, i.date_start, i.incident_id LIMIT {MAX_LISTED}""",
        article_ids,
    )


@_cached
def live_sources(path: str, mark: Fingerprint) -> pd.DataFrame:
    """What `dateline watch` follows, with the freshness and failures of each; empty in a store that never followed anything."""
    if read(path, "SELECT 1 FROM sqlite_master WHERE name = 'live_sources'").empty:
        return pd.DataFrame()
    return read(
        path, "SELECT name, kind, place, fresh_at_utc, new_at_utc, failures, error, articles, refused FROM live_sources ORDER BY name"
    )
