"""The page's SQL over whole stores: every part counts the same set, and nothing is counted that should not be."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dashboard import queries
from pipeline.errors import StoreBrokenError, StoreMissingError
from pipeline.filters import Filters

FILTERS = {
    "all": Filters(),
    "country": Filters(country=("IQ", "SY")),
    "group with its branches": Filters(actor=("Islamic State",)),
    "target only": Filters(actor=("Military of Iraq",), role="target"),
    "type": Filters(event_type=("Battles",)),
    "days": Filters(date_from="2023-06-01", date_to="2023-12-31", undated=False),
    "toll": Filters(deaths_min=1, deaths_max=10),
    "words": Filters(text="roadside bomb"),
    "rejected": Filters(status=("rejected",)),
    "new": Filters(since="2000-01-01T00:00:00.000Z"),
}


@pytest.fixture(scope="module")
def store(generated_master: Callable[[int, int], Path]) -> tuple[str, queries.Fingerprint]:
    """A generated store and its fingerprint."""
    path = str(generated_master(400, 3))
    return path, queries.fingerprint(path)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_every_part_of_the_page_counts_the_same_set(store: tuple[str, queries.Fingerprint], filters: Filters) -> None:
    t = queries.tallies(*store, filters)
    table = queries.table(*store, filters)
    points = queries.points(*store, filters)
    width, bars, wide = queries.timeline(*store, filters)
    assert t.incidents == len(table) > 0
    assert t.killed == table["deaths_best"].fillna(0).sum()
    assert t.killed_unstated == table[["deaths_best", "deaths_low", "deaths_high"]].isna().all(axis=1).sum()
    assert int(points["incidents"].sum()) + t.country_only + t.unlocated == t.incidents
    assert int(bars["incidents"].sum()) + wide + t.undated == t.incidents
    assert width in queries.BINS
    for name in ("undated", "country_only", "unlocated"):
        assert len(queries.listed(*store, filters, name)) == min(getattr(t, name), queries.MAX_LISTED)


def test_only_what_happened_is_counted(store: tuple[str, queries.Fingerprint]) -> None:
    t = queries.tallies(*store, Filters())
    assert min(t.background, t.aggregate, t.prospective, t.denied) > 0
    assert set(queries.table(*store, Filters())["assertion"]) == {"asserted"}
    kinds = queries.not_counted(*store, Filters())["assertion"]
    assert len(kinds) == t.not_counted
    assert "asserted" not in set(kinds)


def test_articles_and_origins_count_once(store: tuple[str, queries.Fingerprint]) -> None:
    t = queries.tallies(*store, Filters())
    rows = queries.read(
        store[0],
        """SELECT COUNT(DISTINCT a.article_id) AS articles, COUNT(DISTINCT a.origin_id) AS origins FROM incidents i
           JOIN incident_reports ir ON ir.incident_id = i.incident_id JOIN reports r ON r.report_id = ir.report_id
           JOIN articles a ON a.article_id = r.article_id
           WHERE i.assertion = 'asserted' AND i.review_status <> 'rejected' AND i.merged_into IS NULL""",
    ).iloc[0]
    assert (t.articles, t.origins) == (rows["articles"], rows["origins"])


def test_country_only_incidents_never_get_a_pin(store: tuple[str, queries.Fingerprint]) -> None:
    assert 6 not in set(queries.points(*store, Filters())["where_prec"].dropna())


def test_points_are_capped_and_say_how_many_there_are(store: tuple[str, queries.Fingerprint]) -> None:
    rows = queries.points(*store, Filters(), 5)
    assert len(rows) == 5
    assert rows["places"].iloc[0] == len(queries.points(*store, Filters()))
    assert list(rows["killed"].fillna(0)) == sorted(rows["killed"].fillna(0), reverse=True)


@pytest.mark.parametrize(
    ("first", "last", "width"),
    [
        ("2023-12-03", "2023-12-03", "day"),
        ("2023-12-01", "2024-03-01", "day"),
        ("2023-10-01", "2024-02-28", "week"),
        ("2022-01-01", "2024-12-31", "month"),
        ("1990-01-01", "2024-12-31", "year"),
    ],
)
def test_width_of_the_bars_follows_the_period(first: str, last: str, width: str) -> None:
    assert queries.choose_bin(first, last) == width


def test_options_hold_parents_of_the_groups_named(store: tuple[str, queries.Fingerprint]) -> None:
    options = queries.filter_options(*store)
    assert {"IQ", "SY"} <= set(options["country"])
    assert ("IQ", "Kirkuk") in options["admin1"]
    assert "Popular Mobilization Forces" in options["actor"], "it is in no incident itself, its branch is"


def test_fingerprint_changes_with_a_write(generated_store: Callable[..., Path]) -> None:
    path = generated_store(5)
    before = queries.fingerprint(path)
    queries.read(path, "SELECT 1")
    assert queries.fingerprint(path) == before, "looking changes nothing"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE incidents SET review_status = 'confirmed'")
    db.close()
    assert queries.fingerprint(path) != before


def test_a_store_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="no store"):
        queries.read(tmp_path / "none.db", "SELECT 1")
    (tmp_path / "text.db").write_text("this is no database, it is a text of some length, " * 10)
    with pytest.raises(StoreBrokenError, match=r"text\.db"):
        queries.read(tmp_path / "text.db", "SELECT 1")


def test_the_store_is_opened_for_reading_only(generated_store: Callable[..., Path]) -> None:
    with pytest.raises(StoreBrokenError, match="readonly"):
        queries.read(generated_store(3), "DELETE FROM incidents")


def test_frames_keep_numbers_and_unknowns() -> None:
    frame = queries.to_frame([(1, "a", None, 2.5), (2, None, 7, None)], ["n", "text", "count", "share"])
    assert frame["n"].dtype.kind == "i"
    assert frame["text"].tolist() == ["a", None]
    assert pd.isna(frame["count"][0])
    assert frame["count"][1] == 7


def test_the_collector_passes_over_the_columns_once_they_are_read(generated_master: Callable[[int, int], Path]) -> None:
    queries.keep_for_good.cache_clear()
    gc.unfreeze()
    path = str(generated_master(400, 3))
    queries._held.clear()
    queries.read_ahead(path, queries.fingerprint(path))
    assert gc.get_freeze_count() > 0
