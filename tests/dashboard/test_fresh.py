"""What is new since the last visit and while the page is open, and the link that shows exactly that."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import visits
from dashboard.access import who
from dashboard.fresh import SINCE
from dashboard.queries import fingerprint
from pipeline import store
from pipeline.filters import Filters
from tests.dashboard.pages import article_and_report, save_pairs
from tests.dashboard.test_pages import TIMEOUT_S, count, run_app, tally, texts

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
USERS = "analyst@desk.example"


def at(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def test_a_visit_lasts_until_somebody_is_gone_for_half_an_hour(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    arrive = [visits.arrive(path, USERS, latest=None, now=at(m)) for m in (0, 10, 35, 60, 200, 215)]
    # 60 minutes in they were last seen at 35; at 200 they come back.
    assert arrive[:4] == [None] * 4
    assert arrive[4] == arrive[5] == "2026-11-24T12:59:00.000Z"


def test_everybody_has_visits_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    visits.arrive(path, "a", latest=None, now=at(0))
    assert visits.arrive(path, "a", latest=None, now=at(90)) is not None
    assert visits.arrive(path, "b", latest=None, now=at(90)) is None


def test_what_is_stored_and_not_committed_at_the_last_look_is_new_at_the_next(tmp_path: Path) -> None:
    """The reader at noon sees all up to 11:59:58; what bears 11:59:59 is committed after they looked."""
    path = tmp_path / "s.db"
    visits.arrive(path, USERS, latest="2026-11-24T11:59:58.000Z", now=NOON)
    since = visits.arrive(path, USERS, latest="2026-11-24T11:59:59.000Z", now=at(120))
    assert since == "2026-11-24T11:59:58.000Z"


def test_marked_as_seen_nothing_is_new(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    visits.arrive(path, USERS, latest=None, now=at(0))
    visits.arrive(path, USERS, latest="2026-11-24T13:00:00.000Z", now=at(120))
    visits.mark_seen(path, USERS, latest="2026-11-24T13:59:59.500Z", now=at(120))
    assert visits.arrive(path, USERS, latest="2026-11-24T13:59:59.500Z", now=at(121)) == "2026-11-24T13:59:59.500Z"


@given(kept=st.binary(max_size=60) | st.sampled_from([b'{"since": 3, "seen": []}', b"[]", b'{"since": null, "seen": "now"}']))
def test_a_damaged_note_is_a_first_visit(kept: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("v") / "s.db"
    file = visits.visit_file(path, USERS)
    file.parent.mkdir()
    file.write_bytes(kept)
    assert visits.arrive(path, USERS, latest=None, now=NOON) is None
    assert visits.last_visit(path, USERS) == visits.Visit(None, "2026-11-24T11:59:00.000Z")


def test_where_nothing_can_be_written_nothing_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder is wanted")
    assert visits.arrive(blocked / "s.db", USERS, latest=None, now=NOON) is None


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture
def full(generated_store: Callable[..., Path]) -> Path:
    """A store of which all but the latest three incidents were there at the last visit, yesterday."""
    path = generated_store(60)
    db = store.open_store(path)
    newest = [
        i for (i,) in db.execute("SELECT incident_id FROM incidents WHERE assertion = 'asserted' AND review_status <> 'rejected' LIMIT 3")
    ]
    with store.writing(db):
        db.execute("UPDATE meta SET value = 'hand' WHERE name = 'coder'")  # that of the reports that tests add
        db.execute("UPDATE incident_stored SET first_stored_at_utc = '2026-01-01T10:00:00.000Z'")
        marks = ",".join("?" * len(newest))
        db.execute(f"UPDATE incident_stored SET first_stored_at_utc = '2026-01-03T10:00:00.000Z' WHERE incident_id IN ({marks})", newest)
    db.close()
    visits.arrive(path, who(), latest=None, now=dt.datetime(2026, 1, 2, 18, 3, tzinfo=dt.UTC))
    return path


LEFT = "2026-01-02T18:02:00.000Z"


def links(app: AppTest) -> list[Any]:
    return [e.proto for e in app.get("page_link")]


def test_new_since_the_last_visit_is_a_link_to_exactly_these(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch)
    assert not app.exception
    found = next(p for p in links(app) if "since your last visit" in p.label)
    assert found.label == "3 new incidents since your last visit, 2 Jan 2026, 18:02 UTC"
    assert found.query_string == "since=2026-01-02T18%3A02%3A00.000Z"
    app = run_app(full, monkeypatch, since=LEFT)
    assert tally(app) == 3 == count(full, Filters(since=LEFT))
    assert "Only what is new since 2 Jan 2026, 18:02 UTC" in texts(app)
    app.button(key="fresh_all").click().run()
    assert tally(app) == count(full, Filters())
    assert "since" not in app.query_params


def test_new_in_other_filters_is_not_told(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch, q="zzzxqy")
    assert not [p for p in links(app) if "since your last visit" in p.label]
    assert "Nothing new since your last visit, 2 Jan 2026, 18:02 UTC" in texts(app)


def test_marked_as_seen_the_line_says_so(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch)
    app.button(key="fresh_seen").click().run()
    assert not app.exception
    assert "Nothing new since your last visit" in texts(app)


def line_alone(path: str, mark: object, filters: object, drawn: str) -> None:
    """The line as it runs by itself, on a page drawn at an earlier moment."""
    from dashboard.fresh import _show_line

    _show_line(path, mark, filters, None, drawn)  # type: ignore[arg-type]


@pytest.mark.parametrize(("filters", "told"), [(Filters(), 1), (Filters(country=("IQ",)), 1), (Filters(country=("ML",)), 0)])
def test_what_comes_while_the_page_is_open_waits_to_be_asked_for(full: Path, filters: Filters, told: int) -> None:
    mark, drawn = fingerprint(full), visits.seen_until(None, now=dt.datetime.now(dt.UTC))
    save_pairs(full, article_and_report("new", 4))
    app = AppTest.from_function(line_alone, args=(str(full), mark, filters, drawn), default_timeout=TIMEOUT_S).run()
    assert not app.exception
    assert [b.label for b in app.button] == ["1 new incident – show it"][:told]
    if told:
        app.button(key="fresh_show").click().run()
        assert app.session_state[SINCE] == drawn
        assert count(full, dataclasses.replace(filters, since=drawn)) == 1


def test_a_store_that_keeps_no_moments_still_opens(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = store.open_store(full)
    with store.writing(db):
        db.execute("DROP TRIGGER incident_is_stored")
        db.execute("DROP TABLE incident_stored")
    db.close()
    app = run_app(full, monkeypatch)
    assert not app.exception
    assert tally(app) == count(full, Filters())
