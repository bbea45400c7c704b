"""What the Monitor page shows beside tallies, map and table, counted over the same columns; see `dashboard.queries`."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import json
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlite_utils import Database

from dashboard import charts, maps
from dashboard.comparison import Periods, Sums
from dashboard.queries import (
    POINT_TEXTS,
    Fingerprint,
    bar_numbers,
    cached,
    choose_bin,
    extreme_texts,
    ids_of,
    read,
    selected,
    sums_by_bar,
    timeline,
    to_frame,
    toll_sums,
)
from pipeline.columns import NO_TOLL, NONE, Array, Columns, Mask
from pipeline.filters import Filters
from pipeline.store import open_store_readonly

_cached = cached(128)


@_cached
def publication_span(path: str, mark: Fingerprint) -> tuple[str, str] | None:
    """The first and the last day, ISO, on which something of the store was published; None where nothing has a date."""
    # One that was dated by hand counts by that day; the others are looked up by both ends of an index.
    dated = "SELECT 1 FROM decisions d WHERE d.target = a.article_id AND d.kind = 'set_published'"
    end = f"SELECT * FROM (SELECT published_at_utc AS at FROM articles a WHERE at > '' AND NOT EXISTS ({dated}) ORDER BY at {{}} LIMIT 1)"
    chosen = "SELECT target FROM decisions WHERE kind = 'set_published'"
    by_hand = f"SELECT effective_published_at_utc FROM published_articles WHERE article_id IN ({chosen})"
    first, last = read(
        path, f"SELECT MIN(at) AS first, MAX(at) AS last FROM ({end.format('')} UNION ALL {end.format('DESC')} UNION ALL {by_hand})"
    ).iloc[0]
    return (first[:10], last[:10]) if isinstance(first, str) else None


# More bars than this are a smear, and the next wider ones are taken.
MAX_BARS = 1_200
# So many initiators are told apart in a bar; the others are one part.
MAX_SIDES = 5
WIDER = {"day": "week", "week": "month", "month": "year"}


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
    columns, found = selected(path, mark, filters)
    rows = np.flatnonzero(found & (columns.starts != NONE))
    if not len(rows):
        return Bars("day", pd.DataFrame(columns=["bin", "part", "incidents", "killed"]), 0)
    days = columns.starts[rows]
    width = fit_unit(unit, columns.days[int(days.min())], columns.days[int(days.max())])
    kinds = columns.words["event_type"]
    parts, names = (kinds.codes[rows], kinds.texts) if stack == "type" else initiators(columns, rows)
    values, wide = sums_by_bar(columns, rows, width, parts, names)
    summed = to_frame(values, ["bin", "part", "incidents", "killed"])
    if stack != "side":
        return Bars(width, summed, wide)
    counted = summed.groupby("part")["incidents"].sum().reset_index().sort_values(["incidents", "part"], ascending=[False, True])
    sides = tuple(counted["part"].head(MAX_SIDES))
    summed["part"] = [name if name in sides or name is None else charts.OTHERS for name in summed["part"]]
    summed = summed.groupby(["bin", "part"], dropna=False, sort=True)[["incidents", "killed"]].sum(min_count=1).reset_index()
    return Bars(width, summed.astype({"part": object}).where(summed.notna(), None), wide, sides)


def initiators(columns: Columns, rows: Array) -> tuple[Array, list[str]]:
    """For each row the place of its first-named initiator in a sorted list of names (NONE where none is named), and the list."""
    sides = columns.words["side_a"]
    used = np.unique(sides.codes[rows])
    first = {code: actors[0]["name"] for code in used[used != NONE].tolist() if (actors := json.loads(sides.texts[code]))}
    names = sorted(set(first.values()))
    number = {name: n for n, name in enumerate(names)}
    of_side = np.full(len(sides.texts) + 1, NONE, dtype=np.int64)  # the last is what NONE points at
    of_side[list(first)] = [number[name] for name in first.values()]
    return of_side[sides.codes[rows]], names


@dataclass(frozen=True, slots=True)
class Multiple:
    """One of many small timelines: what it is of, what it adds up to, and its value in each bar of the page's period."""

    key: str
    incidents: int
    killed: int | None
    values: tuple[int, ...]


# So many small timelines are drawn; a page of more is not looked through.
MAX_MULTIPLES = 12


@_cached
def multiples(
    path: str, mark: Fingerprint, filters: Filters, by: str, unit: str = "auto", measure: str = "incidents"
) -> tuple[str, tuple[Multiple, ...], int]:
    """Width of the bars, the timelines of the countries or groups with most of the measure, and of how many there are.

    All have the bars of the whole filtered set, so that they can be laid side by side.
    """
    whole = bars(path, mark, filters, unit)
    starts = {start.date().isoformat(): n for n, start in enumerate(charts.bar_starts(whole.rows["bin"], whole.width))}
    columns, found = selected(path, mark, filters)
    rows, of, names = named_in(columns, found, by)
    total, deaths = len(names), columns.numbers["deaths_best"][rows]
    stated = deaths != NO_TOLL
    incidents = np.bincount(of, minlength=total).tolist()
    killed = np.bincount(of[stated], weights=deaths[stated], minlength=total).tolist()
    known = np.bincount(of[stated], minlength=total).tolist()
    values = {"incidents": incidents, "killed": [sum_ if some else -1 for sum_, some in zip(killed, known, strict=True)]}[measure]
    order = sorted((n for n in range(total) if incidents[n]), key=lambda n: (-values[n], -incidents[n], names[n]))
    dated = columns.starts[rows] != NONE
    bar_names, bar = bar_numbers(columns, rows[dated], whole.width)
    step = np.array([starts.get(name, NONE) for name in bar_names] + [NONE], dtype=np.int64)[bar]
    weights = np.ones(len(rows)) if measure == "incidents" else np.where(stated, deaths, 0)
    chosen = []
    for n in order[:MAX_MULTIPLES]:
        mine = (of[dated] == n) & (step != NONE)
        sums = np.bincount(step[mine], weights=weights[dated][mine], minlength=len(starts)) if len(starts) else np.zeros(0)
        chosen.append(Multiple(names[n], incidents[n], int(killed[n]) if known[n] else None, tuple(int(value) for value in sums)))
    return whole.width, tuple(chosen), len(order)


def named_in(columns: Columns, found: Mask, by: str) -> tuple[Array, Array, list[str]]:
    """Each incident of `found` with its country ('country'), or once with every group that takes part ('actor').

    Rows, for each its place in the list of names, and that list.
    """
    if by == "country":
        lands = columns.words["country"]
        rows = np.flatnonzero(found & (lands.codes != NONE))
        return rows, lands.codes[rows], lands.texts
    entries = found[columns.actor_rows]
    # A group named on both sides, or twice on one, is in the incident once.
    pairs = np.unique(columns.actor_rows[entries].astype(np.int64) * len(columns.actors.texts) + columns.actors.codes[entries])
    return pairs // max(len(columns.actors.texts), 1), pairs % max(len(columns.actors.texts), 1), columns.actors.texts


@_cached
def compared(path: str, mark: Fingerprint, filters: Filters, periods: Periods) -> tuple[Sums, Sums]:
    """What the filtered set adds up to in a period and in the one before it: each incident in the period its first day lies in."""
    columns, found = selected(path, mark, dataclasses.replace(filters, date_from=None, date_to=None, undated=False))
    begin, now = (bisect.bisect_left(columns.days, day) for day in (periods.before_first, periods.first))
    end = bisect.bisect_right(columns.days, periods.last)

    def sums(first: int, last: int) -> Sums:
        rows = np.flatnonzero(found & (columns.starts >= first) & (columns.starts < last))
        return Sums(len(rows), *toll_sums(columns, rows, "deaths")[:3])

    return sums(now, end), sums(begin, now)


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
