"""Read-only SQL over the store, as DataFrames: everything the Monitor page counts, maps and lists.

Each function opens the store `mode=ro` for its one query and is cached by the store's path, its
fingerprint (which changes with every write) and the filters. All of them go through
`pipeline.filters.where`, so that the tallies, the map, the timeline and the table show one and the same set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from sqlite_utils import Database

from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, where
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
LISTS = {
    "undated": "i.date_start IS NULL",
    "country_only": "i.where_prec = 6",
    "unlocated": f"({NOT_ON_MAP} AND COALESCE(i.where_prec, 0) <> 6)",
}


def fingerprint(path: str | Path) -> Fingerprint:
    """A value that changes with every write to the store: time and size of the file and of its write-ahead log."""
    marks = []
    for name in (str(path), f"{path}-wal"):
        try:
            stat = Path(name).stat()
        except OSError:
            marks.append((0, 0))
        else:
            marks.append((stat.st_mtime_ns, stat.st_size))
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


def _cached(function: Any) -> Any:
    return st.cache_data(show_spinner=False, ttl=TTL_S, max_entries=256)(function)


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
    counted = "i.assertion = 'asserted' AND i.merged_into IS NULL"
    places = read(
        path, f"SELECT i.country, i.admin1, COUNT(*) AS n FROM incidents i WHERE {counted} AND i.country IS NOT NULL GROUP BY 1, 2"
    )
    countries = places.groupby("country")["n"].sum().sort_values(ascending=False, kind="stable")
    regions = places[places["admin1"].notna()].sort_values(["n", "admin1"], ascending=[False, True])
    actors = read(
        path,
        f"""WITH named AS (
                SELECT ia.name, COUNT(*) AS n FROM incident_actors ia JOIN incidents i ON i.incident_id = ia.incident_id
                WHERE {counted} GROUP BY 1)
            SELECT name, SUM(n) AS n FROM (
                SELECT name, n FROM named
                UNION ALL
                SELECT t.ancestor, named.n FROM actor_tree t JOIN named ON named.name = t.descendant WHERE t.distance > 0)
            GROUP BY 1 ORDER BY 2 DESC, 1""",
    )
    return {
        "country": list(countries.index),
        "admin1": list(zip(regions["country"], regions["admin1"], strict=True)),
        "actor": list(actors["name"]),
    }


# --- the filtered set --------------------------------------------------------------------------


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


def _sums(name: str) -> str:
    best, low, high = (f"i.{name}_{part}" for part in ("best", "low", "high"))
    return f"""
        TOTAL({best}), TOTAL(COALESCE({low}, {best})), TOTAL(COALESCE({high}, {best}, {low})),
        TOTAL({high} IS NULL AND COALESCE({best}, {low}) IS NOT NULL), TOTAL(COALESCE({best}, {low}, {high}) IS NULL)"""


@_cached
def tallies(path: str, mark: Fingerprint, filters: Filters) -> Tallies:
    """The tallies of the filtered set; only `asserted` incidents count, the other kinds are counted apart."""
    condition, params = where(filters, assertion=None)
    rows = read(
        path,
        f"""SELECT i.assertion, COUNT(*), {_sums("deaths")}, {_sums("injured")},
                   TOTAL({LISTS["undated"]}), TOTAL({LISTS["country_only"]}), TOTAL({LISTS["unlocated"]})
            FROM incidents i WHERE {condition} GROUP BY i.assertion""",
        params,
    )
    sums: dict[str, list[int]] = {row[0]: [int(value or 0) for value in row[1:]] for row in rows.itertuples(index=False)}
    n, *counts, undated, country_only, unlocated = sums.get("asserted", [0] * 14)
    condition, params = where(filters)
    articles, origins = read(
        path,
        f"""SELECT COUNT(*), COUNT(DISTINCT COALESCE(a.origin_id, a.article_id)) FROM articles a WHERE a.article_id IN (
                SELECT r.article_id FROM incidents i JOIN incident_reports ir ON ir.incident_id = i.incident_id
                JOIN reports r ON r.report_id = ir.report_id WHERE {condition})""",
        params,
    ).iloc[0]
    other = {kind: sums.get(kind, [0])[0] for kind in ("background", "aggregate", "prospective", "denied")}
    return Tallies(n, *counts, int(articles), int(origins), undated, country_only, unlocated, **other)


@_cached
def points(path: str, mark: Fingerprint, filters: Filters, limit: int = MAX_POINTS) -> pd.DataFrame:
    """One row a place and event type: position, precision, number of incidents, toll, and an id where it is one incident.

    Only what has a position of its own: country-only incidents have a list instead of a pin. The places
    with most deaths and most incidents come first, at most `limit`; `places` says how many there are in all.
    """
    condition, params = where(filters)
    return read(
        path,
        f"""SELECT i.latitude, i.longitude, i.where_prec, i.event_type, COUNT(*) AS incidents,
                   MIN(i.incident_id) AS incident_id, SUM(i.deaths_best) AS killed, SUM(i.deaths_best IS NULL) AS unstated,
                   MIN(i.place_name) AS place_name, MIN(i.admin1) AS admin1, MIN(i.country) AS country,
                   MIN(i.date_start) AS first_day, MAX(i.date_start) AS last_day, MIN(i.sub_event_type) AS sub_event_type,
                   MIN(i.side_a) AS side_a, MIN(i.side_b) AS side_b, MIN(i.modes) AS modes,
                   COUNT(*) OVER () AS places
            FROM incidents i WHERE {condition} AND NOT {NOT_ON_MAP}
            GROUP BY i.latitude, i.longitude, i.where_prec, i.event_type
            ORDER BY COALESCE(SUM(i.deaths_best), 0) DESC, COUNT(*) DESC, MIN(i.incident_id) LIMIT ?""",
        [*params, limit],
    )


@_cached
def place_incidents(
    path: str, mark: Fingerprint, filters: Filters, latitude: float, longitude: float, event_type: str | None
) -> pd.DataFrame:
    """The incidents of the filtered set at one point of the map, latest first."""
    condition, params = where(filters)
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i
            WHERE {condition} AND i.latitude = ? AND i.longitude = ? AND i.event_type IS ?
            ORDER BY i.date_start DESC, i.incident_id LIMIT {MAX_LISTED}""",
        [*params, latitude, longitude, event_type],
    )


@_cached
def table(path: str, mark: Fingerprint, filters: Filters, limit: int = MAX_ROWS) -> pd.DataFrame:
    """The filtered incidents, latest day first, undated last, at most `limit`."""
    condition, params = where(filters)
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i WHERE {condition}
            ORDER BY i.date_start DESC NULLS LAST, i.incident_id LIMIT ?""",
        [*params, limit],
    )


@_cached
def latest(path: str, mark: Fingerprint, filters: Filters, limit: int = 12) -> pd.DataFrame:
    """The filtered incidents that were reported on last."""
    condition, params = where(filters)
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i WHERE {condition}
            ORDER BY i.last_reported DESC NULLS LAST, i.incident_id LIMIT ?""",
        [*params, limit],
    )


@_cached
def listed(path: str, mark: Fingerprint, filters: Filters, name: str) -> pd.DataFrame:
    """The filtered incidents of one of LISTS (undated, country_only, unlocated), at most MAX_LISTED."""
    condition, params = where(filters)
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i WHERE {condition} AND {LISTS[name]}
            ORDER BY i.country, i.last_reported DESC, i.incident_id LIMIT {MAX_LISTED}""",
        params,
    )


@_cached
def not_counted(path: str, mark: Fingerprint, filters: Filters) -> pd.DataFrame:
    """What was found within the filters and is in no tally, with its kind, at most MAX_LISTED."""
    condition, params = where(filters, assertion=None)
    return read(
        path,
        f"""SELECT {TABLE_COLUMNS} FROM incidents i WHERE {condition} AND i.assertion <> 'asserted'
            ORDER BY i.assertion, i.date_start DESC, i.incident_id LIMIT {MAX_LISTED}""",
        params,
    )


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
    condition, params = where(filters)
    first, last = read(
        path, f"SELECT MIN(i.date_start), MAX(i.date_start) FROM incidents i WHERE {condition} AND i.date_start IS NOT NULL", params
    ).iloc[0]
    if not isinstance(first, str):
        return "day", pd.DataFrame(columns=["bin", "event_type", "incidents", "killed"]), 0
    width = choose_bin(first, last)
    rows = read(
        path,
        f"""SELECT CASE WHEN COALESCE(i.date_prec, 1) <= {BIN_PREC[width]} THEN {BINS[width]} END AS bin, i.event_type,
                   COUNT(*) AS incidents, SUM(i.deaths_best) AS killed
            FROM incidents i WHERE {condition} AND i.date_start IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2""",
        params,
    )
    wide = int(rows.loc[rows["bin"].isna(), "incidents"].sum())
    return width, rows[rows["bin"].notna()].reset_index(drop=True), wide


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


def export_csv(path: str, mark: Fingerprint, filters: Filters) -> bytes:
    """The filtered incidents as CSV, all of them, with the codebook's columns."""
    # Only a download needs the exports, and with them the writers of other formats.
    from pipeline.exports import export

    with closing(open_store_readonly(path).conn) as conn:
        return export(Database(conn), filters, shape="native", format="csv")


@_cached
def live_sources(path: str, mark: Fingerprint) -> pd.DataFrame:
    """What `dateline watch` follows, with the freshness and failures of each; empty in a store that never followed anything."""
    if read(path, "SELECT 1 FROM sqlite_master WHERE name = 'live_sources'").empty:
        return pd.DataFrame()
    return read(
        path, "SELECT name, kind, place, fresh_at_utc, new_at_utc, failures, error, articles, refused FROM live_sources ORDER BY name"
    )
