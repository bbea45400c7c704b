"""Counting in memory gives what the SQL gives, row for row: for any filters, and after any writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dashboard import queries, queries_monitor
from pipeline.filters import ROLES, Filters
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES
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
