"""Since when the store holds an incident, and the filter that asks for what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import store
from pipeline.errors import SettingsError
from pipeline.filters import Filters, from_params, read_moment, to_params, where
from pipeline.rebuild import rebuild
from tests.dashboard.pages import article_and_report, save_pairs


def ids(db: Any, filters: Filters) -> list[str]:
    condition, params = where(filters)
    return [i for (i,) in db.execute(f"SELECT i.incident_id FROM incidents i WHERE {condition} ORDER BY 1", params)]


def stored(db: Any) -> dict[str, str]:
    return dict(db.execute("SELECT incident_id, first_stored_at_utc FROM incident_stored"))


def test_what_came_after_a_moment_is_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    first = save_pairs(path, article_and_report("a", 5))
    db = store.open_store(path)
    moment = max(stored(db).values())
    second = save_pairs(path, article_and_report("b", 9, published="2023-11-01", day="2023-10-30", place_name="Mosul"))
    assert ids(db, Filters()) == sorted([first, second])
    assert ids(db, Filters(since=moment)) == [second]
    db.close()


def test_an_incident_keeps_its_moment_when_it_is_told_again_and_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    first = save_pairs(path, article_and_report("a", 5))
    db = store.open_store(path)
    before = stored(db)
    assert save_pairs(path, article_and_report("c", 6)) == first
    rebuild(db)
    assert stored(db) == before
    db.close()


def test_moments_never_go_back_with_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    save_pairs(path, article_and_report("a", 5))
    db = store.open_store(path)
    with store.writing(db):
        db.execute("UPDATE incident_stored SET first_stored_at_utc = '2999-01-01T00:00:00.000Z'")
    second = save_pairs(path, article_and_report("b", 9, published="2023-11-01", day="2023-10-30", place_name="Mosul"))
    assert stored(db)[second] == "2999-01-01T00:00:00.000Z"
    db.close()


def test_a_store_from_before_gets_the_moments_of_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    first = save_pairs(path, article_and_report("a", 5))
    db = store.open_store(path)
    with store.writing(db):
        db.execute("DROP TRIGGER incident_is_stored")
        for table in ("alert_told", "alert_deliveries", "alert_targets", "views", "incident_stored"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm007_news'")
        db.execute("INSERT INTO runs VALUES (7, '2024-05-06T07:08:09Z', NULL, 'ingest', 'rules', '1', '{}')")
        db.execute("UPDATE articles SET run_id = 7")
    db.close()
    db = store.open_store(path)
    assert stored(db) == {first: "2024-05-06T07:08:09.000Z"}
    db.close()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
        ("2026-11-24T18:02Z", "2026-11-24T18:02:00.000Z"),
        ("2026-11-24T18:02:03.4567+02:00", "2026-11-24T16:02:03.456Z"),
        ("2026-11-24 18:02", "2026-11-24T18:02:00.000Z"),
    ],
)
def test_a_moment_has_one_form(text: str, moment: str) -> None:
    assert read_moment(text) == moment
    assert to_params(from_params({"since": text})) == {"since": moment}


def test_no_moment_is_said_on_the_command_line_and_passed_over_in_a_link() -> None:
    assert from_params({"since": "yesterday"}) == Filters()
    with pytest.raises(SettingsError, match="--since: 'yesterday' is not a date"):
        from_params({"since": "yesterday"}, strict=True)


@given(st.text(max_size=40) | st.datetimes().map(str))
def test_no_text_breaks_the_filter(text: str) -> None:
    moment = from_params({"since": text}).since
    assert moment is None or (len(moment) == 24 and read_moment(moment) == moment)
