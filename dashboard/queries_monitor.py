"""Read-only SQL for what the Monitor page shows beside tallies, map and table; see `dashboard.queries`."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from sqlite_utils import Database

from dashboard import charts, maps
from dashboard.comparison import Periods, Sums
from dashboard.queries import (
    BIN_PREC,
    BINS,
    POINT_TEXTS,
    TTL_S,
    Fingerprint,
    choose_bin,
    extreme_texts,
    ids_of,
    read,
    selected,
    timeline,
    to_frame,
)
from pipeline.columns import NO_TOLL, NONE
from pipeline.filters import Filters, where
from pipeline.store import open_store_readonly


def _cached(function: Any) -> Any:
    return st.cache_data(show_spinner=False, ttl=TTL_S, max_entries=128)(function)


@_cached
def publication_span(path: str, mark: Fingerprint) -> tuple[str, str] | None:
    """The first and the last day, ISO, on which something of the store was published; None where nothing has a date."""
    first, last = read(
        path, "SELECT MIN(effective_published_at_utc) AS first, MAX(effective_published_at_utc) AS last FROM published_articles"
    ).iloc[0]
    return (first[:10], last[:10]) if isinstance(first, str) else None


# More bars than this are a smear, and the next wider ones are taken.
MAX_BARS = 1_200
# So many initiators are told apart in a bar; the others are one part.
MAX_SIDES = 5
WIDER = {"day": "week", "week": "month", "month": "year"}
PART_COLUMNS = {"type": "i.event_type", "side": "ia.name"}


@dataclass(frozen=True, slots=True)
class Bars:
    """What a timeline draws: the width of a bar, rows of `bin, part, incidents, killed`, and how many incidents are in no bar.

    `sides` are the initiators told apart, most frequent first, where the bars are stacked by them. Left out
    (`wide`) is what is dated less exactly than a bar is wide.
    """

    width: str
    rows: pd.DataFrame
    wide: int
    sides: tuple[str, ...] = ()


def fit_unit(unit: str, first: str, last: str) -> str:
    """The width of the bars for a period: the one asked for unless that makes more than MAX_BARS; with 'auto' the one that reads best."""
    width = choose_bin(first, last) if unit == "auto" else unit
    days = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days + 1
    while width in WIDER and days * 86_400_000 / charts.BIN_MS[width] > MAX_BARS:
        width = WIDER[width]
    return width


@_cached
def bars(path: str, mark: Fingerprint, filters: Filters, unit: str = "auto", stack: str = "type") -> Bars:
    """The filtered incidents and their dead by bar and by event type ('type') or first-named initiator ('side')."""
    if (unit, stack) == ("auto", "type"):
        width, rows, wide = timeline(path, mark, filters)
        return Bars(width, rows.rename(columns={"event_type": "part"}), wide)
    condition, params = where(filters)
    first, last = read(
        path, f"SELECT MIN(i.date_start), MAX(i.date_start) FROM incidents i WHERE {condition} AND i.date_start IS NOT NULL", params
    ).iloc[0]
    if not isinstance(first, str):
        return Bars("day", pd.DataFrame(columns=["bin", "part", "incidents", "killed"]), 0)
    width = fit_unit(unit, first, last)
    join = "LEFT JOIN incident_actors ia ON ia.incident_id = i.incident_id AND ia.side = 'a' AND ia.position = 0" if stack == "side" else ""
    rows = read(
        path,
        f"""SELECT {_bin(width)} AS bin, {PART_COLUMNS[stack]} AS part, COUNT(*) AS incidents, SUM(i.deaths_best) AS killed
            FROM incidents i {join} WHERE {condition} AND i.date_start IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2""",
        params,
    )
    wide = int(rows.loc[rows["bin"].isna(), "incidents"].sum())
    rows = rows[rows["bin"].notna()].reset_index(drop=True)
    if stack != "side":
        return Bars(width, rows, wide)
    counted = rows.groupby("part")["incidents"].sum().reset_index().sort_values(["incidents", "part"], ascending=[False, True])
    sides = tuple(counted["part"].head(MAX_SIDES))
    rows["part"] = [name if name in sides or name is None else charts.OTHERS for name in rows["part"]]
    rows = rows.groupby(["bin", "part"], dropna=False, sort=True)[["incidents", "killed"]].sum(min_count=1).reset_index()
    return Bars(width, rows.astype({"part": object}).where(rows.notna(), None), wide, sides)


def _bin(width: str) -> str:
    """SQL for the bar of an incident; NULL where its day is not known closely enough."""
    return f"CASE WHEN COALESCE(i.date_prec, 1) <= {BIN_PREC[width]} THEN {BINS[width]} END"


@dataclass(frozen=True, slots=True)
class Multiple:
    """One of many small timelines: what it is of, what it adds up to, and its value in each bar of the page's period."""

    key: str
    incidents: int
    killed: int | None
    values: tuple[int, ...]


# So many small timelines are drawn; a page of more is not looked through.
MAX_MULTIPLES = 12
MULTIPLE_SQL = {
    "country": "SELECT i.incident_id, i.country AS name FROM incidents i WHERE {condition} AND i.country IS NOT NULL",
    # A group named on both sides, or twice on one, is in the incident once.
    "actor": """SELECT DISTINCT i.incident_id, ia.name FROM incidents i JOIN incident_actors ia ON ia.incident_id = i.incident_id
                WHERE {condition}""",
}


@_cached
def multiples(
    path: str, mark: Fingerprint, filters: Filters, by: str, unit: str = "auto", measure: str = "incidents"
) -> tuple[str, tuple[Multiple, ...], int]:
    """Width of the bars, the timelines of the countries or groups with most of the measure, and of how many there are.

    All have the bars of the whole filtered set, so that they can be laid side by side.
    """
    whole = bars(path, mark, filters, unit)
    starts = {start.date().isoformat(): n for n, start in enumerate(charts.bar_starts(whole.rows["bin"], whole.width))}
    condition, params = where(filters)
    rows = read(
        path,
        f"""SELECT m.name, {_bin(whole.width)} AS bin, COUNT(*) AS incidents, SUM(i.deaths_best) AS killed
            FROM ({MULTIPLE_SQL[by].format(condition=condition)}) m JOIN incidents i ON i.incident_id = m.incident_id
            GROUP BY 1, 2""",
        params,
    )
    if rows.empty:
        return whole.width, (), 0
    sums = rows.groupby("name")[["incidents", "killed"]].sum(min_count=1).reset_index()
    order = sums.sort_values([measure, "incidents", "name"], ascending=[False, False, True], na_position="last")
    found = []
    for name, incidents, killed in order.head(MAX_MULTIPLES).itertuples(index=False):
        values = [0] * len(starts)
        for bin_start, value in rows.loc[(rows["name"] == name) & rows["bin"].isin(list(starts)), ["bin", measure]].itertuples(index=False):
            values[starts[bin_start]] = 0 if pd.isna(value) else int(value)
        found.append(Multiple(name, int(incidents), None if pd.isna(killed) else int(killed), tuple(values)))
    return whole.width, tuple(found), len(sums)


@_cached
def compared(path: str, mark: Fingerprint, filters: Filters, periods: Periods) -> tuple[Sums, Sums]:
    """What the filtered set adds up to in a period and in the one before it: each incident in the period its first day lies in."""
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


@_cached
def cells(path: str, mark: Fingerprint, filters: Filters) -> pd.DataFrame:
    """All located incidents of the filtered set as sums over small squares, in the columns of `queries.points`.

    A square of several incidents has their mean position and no id. For maps of more places than are sent one by one.
    """
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found & (columns.places != NONE))
    latitudes, longitudes = columns.numbers["latitude"][rows], columns.numbers["longitude"][rows]
    square = np.floor((latitudes + 90) / maps.SUM_DEGREES) * 10_000 + np.floor((longitudes + 180) / maps.SUM_DEGREES)
    squares, first, of, incidents = np.unique(square, return_index=True, return_inverse=True, return_counts=True)
    total = len(squares)
    deaths = columns.numbers["deaths_best"][rows]
    stated = deaths != NO_TOLL
    killed = np.bincount(of[stated], weights=deaths[stated], minlength=total)
    unstated = np.bincount(of[~stated], minlength=total)
    precisions = np.full(total, NONE, dtype=np.int8)
    np.maximum.at(precisions, of, columns.numbers["where_prec"][rows])
    lands = columns.words["country"].codes[rows]
    last_land = np.full(total, NONE, dtype=np.int32)
    np.maximum.at(last_land, of, lands)
    texts = {name: extreme_texts(columns, name, rows, of, total) for name in ("event_type", *POINT_TEXTS)}
    last_lands = [columns.words["country"].text(code) for code in last_land.tolist()]
    texts["country"] = [one if one == last else None for one, last in zip(texts["country"], last_lands, strict=True)]
    alone = [name if n == 1 else None for name, n in zip(ids_of(columns, rows[first]), incidents, strict=True)]
    values = zip(
        (np.bincount(of, weights=latitudes, minlength=total) / incidents).tolist(),
        (np.bincount(of, weights=longitudes, minlength=total) / incidents).tolist(),
        [None if prec == NONE else prec for prec in precisions.tolist()], texts.pop("event_type"), incidents.tolist(), alone,
        [int(sum_) if n > none else None for sum_, n, none in zip(killed, incidents, unstated, strict=True)],
        unstated.tolist(), *texts.values(), strict=True,
    )  # fmt: skip
    names = ["latitude", "longitude", "where_prec", "event_type", "incidents", "incident_id", "killed", "unstated", *POINT_TEXTS]
    return to_frame(list(values), names)


def export_csv(path: str, filters: Filters, as_of: str | None) -> bytes:
    """The filtered incidents as CSV, all of them, as known on a day (None: now), with the codebook's columns."""
    # Only a download needs the exports, and with them the writers of other formats.
    from pipeline.exports import export

    with closing(open_store_readonly(path).conn) as conn:
        return export(Database(conn), filters, shape="native", format="csv", as_of=as_of)
