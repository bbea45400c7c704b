"""What the Monitor shows beside tallies, map and table: the same set, in other parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import charts, display, queries, queries_monitor
from dashboard.comparison import Periods
from pipeline.filters import Filters

Store = tuple[str, queries.Fingerprint]
FILTERS = (Filters(), Filters(country=("IQ", "SY")), Filters(actor=("Islamic State",)), Filters(text="roadside bomb"))


@pytest.fixture(scope="module")
def store(generated_master: Callable[[int, int], Path]) -> Store:
    """A generated store and its fingerprint."""
    path = str(generated_master(400, 3))
    return path, queries.fingerprint(path)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("stack", display.STACKS)
@pytest.mark.parametrize("unit", display.UNITS)
def test_bars_of_every_width_and_stack_hold_the_same_set(store: Store, filters: Filters, unit: str, stack: str) -> None:
    t = queries.tallies(*store, filters)
    bars = queries_monitor.bars(*store, filters, unit, stack)
    assert int(bars.rows["incidents"].sum()) + bars.wide + t.undated == t.incidents
    assert unit in ("auto", bars.width)
    steps = {start.date().isoformat() for start in charts.bar_starts(bars.rows["bin"], bars.width)}
    assert set(bars.rows["bin"]) <= steps, "every bar is one that a brush and the player know"
    drawn = {key if isinstance(key, str) else None for key in bars.rows["part"]}
    assert drawn <= {part.key for part in (charts.type_parts() if stack == "type" else charts.side_parts(bars.sides))}


def test_the_initiators_told_apart_are_the_most_frequent(store: Store) -> None:
    bars = queries_monitor.bars(*store, Filters(), "month", "side")
    sums = bars.rows.groupby("part")["incidents"].sum()
    assert len(bars.sides) == queries_monitor.MAX_SIDES
    assert list(sums[list(bars.sides)]) == sorted(sums[list(bars.sides)], reverse=True)
    assert sums[charts.OTHERS] > 0


def test_too_many_bars_take_the_next_width() -> None:
    assert queries_monitor.fit_unit("day", "2023-01-01", "2023-12-31") == "day"
    assert queries_monitor.fit_unit("day", "2000-01-01", "2023-12-31") == "month"
    assert queries_monitor.fit_unit("day", "0900-01-01", "2023-12-31") == "year"


def test_nothing_dated_has_no_bars(store: Store) -> None:
    bars = queries_monitor.bars(*store, Filters(text="zzzqx"), "week", "side")
    assert bars.rows.empty
    assert queries_monitor.multiples(*store, Filters(text="zzzqx"), "actor") == (bars.width, (), 0)


@pytest.mark.parametrize("measure", display.MEASURES)
def test_small_timelines_by_country_add_up_to_the_whole(store: Store, measure: str) -> None:
    width, found, total = queries_monitor.multiples(*store, Filters(), "country", "month", measure)
    assert (width, len(found)) == ("month", min(total, queries_monitor.MAX_MULTIPLES))
    steps = charts.bar_starts(queries_monitor.bars(*store, Filters(), "month").rows["bin"], "month")
    for one in found:
        t = queries.tallies(*store, Filters(country=(one.key,)))
        assert (one.incidents, one.killed or 0) == (t.incidents, t.killed)
        assert len(one.values) == len(steps)
        bars = queries_monitor.bars(*store, Filters(country=(one.key,)), "month")
        assert sum(one.values) == int(bars.rows[measure].fillna(0).sum())
    keys = [one.incidents if measure == "incidents" else one.killed or 0 for one in found]
    assert keys == sorted(keys, reverse=True)


def test_a_group_named_twice_in_an_incident_is_in_it_once(store: Store) -> None:
    _, found, total = queries_monitor.multiples(*store, Filters(), "actor", "year")
    assert total > len(found) == queries_monitor.MAX_MULTIPLES
    sql = "SELECT COUNT(DISTINCT ia.incident_id) AS n FROM incident_actors ia JOIN incidents i USING (incident_id) WHERE ia.name = ? AND "
    for one in found:
        alone = queries.read(
            store[0], sql + "i.assertion = 'asserted' AND i.review_status <> 'rejected' AND i.merged_into IS NULL", [one.key]
        )
        assert one.incidents == alone["n"].iloc[0]


def test_the_periods_compared_are_what_the_filters_would_give(store: Store) -> None:
    periods = Periods("2023-07-01", "2023-09-28", "2023-04-02", "2023-06-30", 90)
    both = queries_monitor.compared(*store, Filters(country=("IQ",), date_from="2000-01-01"), periods)
    rows = queries.table(*store, Filters(country=("IQ",)), 10_000)
    for sums, (first, last) in zip(both, ((periods.first, periods.last), (periods.before_first, periods.before_last)), strict=True):
        within = rows[rows["date_start"].between(first, last)]
        assert sums.incidents == len(within) > 0
        assert sums.killed == within["deaths_best"].fillna(0).sum()
        assert sums.low <= sums.killed <= sums.high
    assert (dt.date(2023, 9, 28) - dt.date(2023, 7, 1)).days + 1 == periods.days


def test_sums_over_squares_hold_every_located_incident(store: Store) -> None:
    t = queries.tallies(*store, Filters())
    cells = queries_monitor.cells(*store, Filters())
    assert int(cells["incidents"].sum()) == t.incidents - t.country_only - t.unlocated
    assert set(queries.points(*store, Filters()).columns) - set(cells.columns) == {"places"}
    assert (cells["incident_id"].notna() == (cells["incidents"] == 1)).all()
