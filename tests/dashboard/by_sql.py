"""The parts of the Monitor page as plain SQL over `pipeline.filters.where`: what dashboard/queries*.py must give, row for row."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.comparison import Periods, Sums
from dashboard.maps import SUM_DEGREES
from dashboard.queries import BIN_PREC, BINS, MAX_LISTED, MAX_POINTS, MAX_ROWS, NOT_ON_MAP, TABLE_COLUMNS, Tallies, choose_bin, read
from pipeline.filters import Filters, where

LISTS = {
    "undated": "i.date_start IS NULL",
    "country_only": "i.where_prec = 6",
    "unlocated": f"({NOT_ON_MAP} AND COALESCE(i.where_prec, 0) <> 6)",
}


def _sums(name: str) -> str:
    best, low, high = (f"i.{name}_{part}" for part in ("best", "low", "high"))
    return f"""
        TOTAL({best}), TOTAL(COALESCE({low}, {best})), TOTAL(COALESCE({high}, {best}, {low})),
        TOTAL({high} IS NULL AND COALESCE({best}, {low}) IS NOT NULL), TOTAL(COALESCE({best}, {low}, {high}) IS NULL)"""


def tallies(path: str | Path, filters: Filters) -> Tallies:
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


def points(path: str | Path, filters: Filters, limit: int = MAX_POINTS) -> pd.DataFrame:
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


def cells(path: str | Path, filters: Filters) -> pd.DataFrame:
    condition, params = where(filters)
    step = SUM_DEGREES
    return read(
        path,
        f"""SELECT AVG(i.latitude) AS latitude, AVG(i.longitude) AS longitude, MAX(i.where_prec) AS where_prec,
                   MIN(i.event_type) AS event_type,
                   COUNT(*) AS incidents, CASE COUNT(*) WHEN 1 THEN MIN(i.incident_id) END AS incident_id, SUM(i.deaths_best) AS killed,
                   SUM(i.deaths_best IS NULL) AS unstated, MIN(i.place_name) AS place_name, MIN(i.admin1) AS admin1,
                   CASE WHEN MIN(i.country) = MAX(i.country) THEN MIN(i.country) END AS country,
                   MIN(i.date_start) AS first_day, MAX(i.date_start) AS last_day, MIN(i.sub_event_type) AS sub_event_type,
                   MIN(i.side_a) AS side_a, MIN(i.side_b) AS side_b, MIN(i.modes) AS modes
            FROM incidents i WHERE {condition} AND NOT {NOT_ON_MAP}
            GROUP BY CAST((i.latitude + 90) / {step} AS INTEGER), CAST((i.longitude + 180) / {step} AS INTEGER)""",
        params,
    )


def _rows(
    path: str | Path, filters: Filters, more: str, params: Sequence[Any], limit: int, assertion: str | None = "asserted"
) -> pd.DataFrame:
    condition, values = where(filters, assertion=assertion)
    return read(path, f"SELECT {TABLE_COLUMNS} FROM incidents i WHERE {condition} {more} LIMIT {limit}", [*values, *params])


def place_incidents(path: str | Path, filters: Filters, latitude: float, longitude: float, event_type: str | None) -> pd.DataFrame:
    here = "AND i.latitude = ? AND i.longitude = ? AND i.event_type IS ? ORDER BY i.date_start DESC, i.incident_id"
    return _rows(path, filters, here, [latitude, longitude, event_type], MAX_LISTED)


def table(path: str | Path, filters: Filters, limit: int = MAX_ROWS) -> pd.DataFrame:
    return _rows(path, filters, "ORDER BY i.date_start DESC NULLS LAST, i.incident_id", [], limit)


def latest(path: str | Path, filters: Filters, limit: int = 12) -> pd.DataFrame:
    return _rows(path, filters, "ORDER BY i.last_reported DESC NULLS LAST, i.incident_id", [], limit)


def listed(path: str | Path, filters: Filters, name: str) -> pd.DataFrame:
    return _rows(path, filters, f"AND {LISTS[name]} ORDER BY i.country, i.last_reported DESC, i.incident_id", [], MAX_LISTED)


def not_counted(path: str | Path, filters: Filters) -> pd.DataFrame:
    order = "AND i.assertion <> 'asserted' ORDER BY i.assertion, i.date_start DESC, i.incident_id"
    return _rows(path, filters, order, [], MAX_LISTED, assertion=None)


def timeline(path: str | Path, filters: Filters) -> tuple[str, pd.DataFrame, int]:
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


def filter_options(path: str | Path) -> dict[str, list[Any]]:
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


def publication_span(path: str | Path) -> tuple[str, str]:
    first, last = read(path, "SELECT MIN(effective_published_at_utc), MAX(effective_published_at_utc) FROM published_articles").iloc[0]
    return first[:10], last[:10]


def bars(path: str | Path, filters: Filters, width: str, stack: str) -> tuple[pd.DataFrame, int]:
    """Every part of the bars by itself, without those of the less frequent initiators taken together; and what is in no bar."""
    condition, params = where(filters)
    part = {"type": "i.event_type", "side": "ia.name"}[stack]
    join = "LEFT JOIN incident_actors ia ON ia.incident_id = i.incident_id AND ia.side = 'a' AND ia.position = 0" if stack == "side" else ""
    rows = read(
        path,
        f"""SELECT CASE WHEN COALESCE(i.date_prec, 1) <= {BIN_PREC[width]} THEN {BINS[width]} END AS bin, {part} AS part,
                   COUNT(*) AS incidents, SUM(i.deaths_best) AS killed
            FROM incidents i {join} WHERE {condition} AND i.date_start IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2""",
        params,
    )
    return rows[rows["bin"].notna()].reset_index(drop=True), int(rows.loc[rows["bin"].isna(), "incidents"].sum())


def multiples(path: str | Path, filters: Filters, by: str, width: str) -> pd.DataFrame:
    """Incidents and dead of each country or group by bar, those in no bar among them."""
    condition, params = where(filters)
    named = {
        "country": "SELECT i.incident_id, i.country AS name FROM incidents i WHERE {condition} AND i.country IS NOT NULL",
        "actor": """SELECT DISTINCT i.incident_id, ia.name FROM incidents i
                    JOIN incident_actors ia ON ia.incident_id = i.incident_id WHERE {condition}""",
    }[by]
    return read(
        path,
        f"""SELECT m.name, CASE WHEN COALESCE(i.date_prec, 1) <= {BIN_PREC[width]} THEN {BINS[width]} END AS bin,
                   COUNT(*) AS incidents, SUM(i.deaths_best) AS killed
            FROM ({named.format(condition=condition)}) m JOIN incidents i ON i.incident_id = m.incident_id GROUP BY 1, 2""",
        params,
    )


def compared(path: str | Path, filters: Filters, periods: Periods) -> tuple[Sums, Sums]:
    condition, params = where(dataclasses.replace(filters, date_from=None, date_to=None, undated=False))
    best, low, high = ("i.deaths_best", "COALESCE(i.deaths_low, i.deaths_best)", "COALESCE(i.deaths_high, i.deaths_best, i.deaths_low)")
    rows = read(
        path,
        f"""SELECT i.date_start >= ? AS is_now, COUNT(*), TOTAL({best}), TOTAL({low}), TOTAL({high}) FROM incidents i
            WHERE {condition} AND i.date_start BETWEEN ? AND ? GROUP BY 1""",
        [periods.first, *params, periods.before_first, periods.last],
    )
    sums = {bool(is_now): Sums(*(int(value) for value in values)) for is_now, *values in rows.itertuples(index=False)}
    return sums.get(True, Sums()), sums.get(False, Sums())
