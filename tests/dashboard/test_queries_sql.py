"""Counting in memory gives what the SQL gives, row for row: for any filters, and after any writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dashboard import charts, queries, queries_monitor
from dashboard.comparison import Periods
from pipeline.decisions import set_published
from pipeline.filters import ROLES, Filters
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES
from pipeline.store import open_store
from tests.dashboard import by_sql
from tests.generate import SCENES

DAYS = st.dates(min_value=pd.Timestamp("2022-12-01").date(), max_value=pd.Timestamp("2025-02-01").date()).map(str)
ACTORS = [a.name for scene in SCENES for a in (scene.state, *scene.armed)]
TEXTS = (
    "", "Kirkuk", "kIRK", '"roadside bomb"', "roadside OR drone", "unrest", "100%", "_", "\\", "mili*", "!!", "İzmir", "Gao AND", "zzz",
)  # fmt: skip


def several(values: Any) -> Any:
    return st.lists(st.sampled_from(list(values)), max_size=3, unique=True).map(tuple)


FILTERS = st.builds(
    Filters,
    date_from=st.none() | DAYS,
    date_to=st.none() | DAYS,
    country=several(["IQ", "SY", "ML", "XX"]),
    admin1=several(["Kirkuk", "Borno", "Nowhere"]),
    place=several(["Kirkuk", "Gao", "Nowhere"]),
    actor=several([*ACTORS, "Popular Mobilization Forces", "nobody"]),
    against=several([*ACTORS, "Civilians (Iraq)"]),
    mode=several(["drone", "firearms", "abduct"]),
    role=st.sampled_from(ROLES),
    event_type=several([*EVENT_TYPES, *EVENT_TYPE_OF]),
    deaths_min=st.none() | st.integers(0, 12),
    deaths_max=st.none() | st.integers(0, 40),
    text=st.sampled_from(TEXTS),
    status=several(["machine", "confirmed", "edited", "rejected"]),
    undated=st.booleans(),
)


def check_same(path: str, mark: queries.Fingerprint, filters: Filters) -> None:
    """Every part of the page is what the SQL gives."""
    assert queries.tallies(path, mark, filters) == by_sql.tallies(path, filters)
    for name in ("points", "table", "latest", "not_counted"):
        pd.testing.assert_frame_equal(getattr(queries, name)(path, mark, filters), getattr(by_sql, name)(path, filters))
    pd.testing.assert_frame_equal(queries.points(path, mark, filters, 7), by_sql.points(path, filters, 7))
    pd.testing.assert_frame_equal(queries_monitor.cells(path, mark, filters), by_sql.cells(path, filters))
    for name in queries.LISTS:
        pd.testing.assert_frame_equal(queries.listed(path, mark, filters, name), by_sql.listed(path, filters, name))
    (width, bars, wide), (sql_width, sql_bars, sql_wide) = queries.timeline(path, mark, filters), by_sql.timeline(path, filters)
    assert (width, wide) == (sql_width, sql_wide)
    # Whether a column without gaps is of whole numbers depends on rows that are in no bar.
    pd.testing.assert_frame_equal(bars, sql_bars, check_dtype=False)


@pytest.fixture(scope="module")
def store(generated_master: Callable[[int, int], Path]) -> tuple[str, queries.Fingerprint]:
    path = str(generated_master(400, 3))
    return path, queries.fingerprint(path)


@given(filters=FILTERS)
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_any_filters_give_what_the_sql_gives(store: tuple[str, queries.Fingerprint], filters: Filters) -> None:
    check_same(*store, filters)


@given(filters=FILTERS, unit=st.sampled_from(["day", "week", "month", "year"]), stack=st.sampled_from(["type", "side"]))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_bars_give_what_the_sql_gives(store: tuple[str, queries.Fingerprint], filters: Filters, unit: str, stack: str) -> None:
    bars = queries_monitor.bars(*store, filters, unit, stack)
    rows, wide = by_sql.bars(store[0], filters, bars.width, stack)
    if bars.rows.empty:
        assert rows.empty
        return
    assert bars.wide == wide
    if stack == "side":
        rows["part"] = [name if name is None or name in bars.sides else charts.OTHERS for name in rows["part"]]
        rows = rows.groupby(["bin", "part"], dropna=False)[["incidents", "killed"]].sum(min_count=1).reset_index()

    def plain(frame: pd.DataFrame) -> dict[tuple[str, str | None], tuple[int, float]]:
        parts = [part if isinstance(part, str) else None for part in frame["part"]]
        sums = zip(frame["incidents"], frame["killed"].astype(float).fillna(-1), strict=True)
        return dict(zip(zip(frame["bin"], parts, strict=True), sums, strict=True))

    assert plain(bars.rows) == plain(rows)


@given(filters=FILTERS, by=st.sampled_from(["country", "actor"]), measure=st.sampled_from(["incidents", "killed"]))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_small_timelines_give_what_the_sql_gives(store: tuple[str, queries.Fingerprint], filters: Filters, by: str, measure: str) -> None:
    width, found, total = queries_monitor.multiples(*store, filters, by, "month", measure)
    rows = by_sql.multiples(store[0], filters, by, width)
    names = list(dict.fromkeys(rows["name"]))
    assert total == len(names)
    sums = {name: rows[rows["name"] == name][["incidents", "killed"]].sum(min_count=1) for name in names}
    known = {name: (int(s["incidents"]), None if pd.isna(s["killed"]) else int(s["killed"])) for name, s in sums.items()}
    rank = {"incidents": lambda n: (-known[n][0], n), "killed": lambda n: (-(-1 if known[n][1] is None else known[n][1]), -known[n][0], n)}
    assert [one.key for one in found] == sorted(names, key=rank[measure])[: queries_monitor.MAX_MULTIPLES]
    for one in found:
        assert (one.incidents, one.killed) == known[one.key]
        mine = rows[(rows["name"] == one.key) & rows["bin"].notna()].sort_values("bin")
        assert [value for value in one.values if value] == [int(value) for value in mine[measure].fillna(0) if value]


@given(filters=FILTERS, first=DAYS, days=st.integers(1, 400))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_periods_compared_give_what_the_sql_gives(store: tuple[str, queries.Fingerprint], filters: Filters, first: str, days: int) -> None:
    day = pd.Timestamp(first)
    last, before, between = (str((day + pd.Timedelta(days=n)).date()) for n in (days - 1, -days, -1))
    periods = Periods(first, last, before, between, days)
    assert queries_monitor.compared(*store, filters, periods) == by_sql.compared(store[0], filters, periods)


def test_the_span_of_publication_follows_dates_set_by_hand(generated_master: Callable[[int, int], Path], tmp_path: Path) -> None:
    path = tmp_path / "dated.db"
    shutil.copy(generated_master(400, 3), path)
    for number, day in enumerate((None, "1999-05-01T00:00:00Z", "2031-05-01T00:00:00Z")):
        if day:
            db = open_store(path)
            article = next(i for (i,) in db.execute("SELECT article_id FROM articles ORDER BY 1 LIMIT 1 OFFSET ?", (number,)))
            set_published(db, article, day[:10], by="Ada", reason="printed on the page", recode=lambda *_: None)
            db.close()
        span = queries_monitor.publication_span(str(path), queries.fingerprint(path))
        assert span == by_sql.publication_span(path)
        assert day is None or day[:10] in span
