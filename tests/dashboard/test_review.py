"""The Review page: each list with its count, and what can be settled on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.queries_articles import duplicate_list, review_counts, review_list
from dashboard.views.review import ALL_DONE, LISTS
from pipeline import store
from pipeline.incidents import update_incidents
from tests.dashboard.pages import broken_store, page_text, run_page
from tests.reports import make_article, make_report, save_all

PLACELESS = {"place_name": None, "country": None, "admin1": None, "latitude": None, "longitude": None, "where_prec": None}


@pytest.fixture
def queue(own_store: Path) -> Path:
    """A store with one of each: undated, unlocated, of low confidence, with differing tolls, and a likely pair."""
    names = ("placeless", "doubtful", "toll1", "toll2", "far1", "far2")
    articles = [make_article("undated", None), *(make_article(name) for name in names)]
    reports = [
        make_report("undated", day=None, place_name="Tikrit", latitude=34.6, longitude=43.7),
        make_report("placeless", day="2023-11-01", **PLACELESS),
        make_report("doubtful", day="2023-10-01", place_name="Basra", latitude=30.5, longitude=47.8, confidence=0.2),
        make_report("toll1", deaths=5, confidence=0.9),
        make_report("toll2", deaths=8, confidence=0.9),
        make_report("far1", day="2023-09-01", place_name="Erbil", latitude=36.2, longitude=44.0, confidence=0.9),
        make_report("far2", day="2023-08-01", place_name="Mosul", latitude=36.3, longitude=43.1, confidence=0.9),
    ]
    db = store.open_store(own_store)
    save_all(db, articles, reports)
    with store.writing(db):
        update_incidents(db, [a.article_id for a in articles])
        other = incident_of(db, "far2")
        store.save_suggestions(db, "far1-0", [(other, 0.55, "same sides; a month apart")])
    db.close()
    return own_store


def incident_of(db: object, name: str) -> str:
    row = db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (f"{name}-0",)).fetchone()  # type: ignore[attr-defined]
    return str(row[0])


def statuses(path: Path) -> dict[str, str]:
    db = store.open_store_readonly(path)
    rows = dict(db.execute("SELECT incident_id, review_status FROM incidents").fetchall())
    db.close()
    return rows


def test_every_list_counts_what_waits_in_it(queue: Path) -> None:
    assert review_counts(queue) == {"articles": 1, "undated": 1, "unlocated": 1, "duplicates": 1, "tolls": 1, "confidence": 1}
    assert set(ALL_DONE) == {name for name, _, _ in LISTS} == set(review_counts(queue))


@pytest.mark.parametrize("name", [name for name, _, _ in LISTS])
def test_each_list_opens_by_its_address(queue: Path, name: str) -> None:
    at = run_page("review", list=name)
    assert at.query_params["list"] == name
    assert next(words for key, _, words in LISTS if key == name).split(".")[0] in page_text(at).replace("&#x27;", "'")


def test_the_first_list_with_something_in_it_opens(queue: Path) -> None:
    assert run_page("review").query_params["list"] == "articles"


def test_an_undated_article_has_its_form(queue: Path) -> None:
    at = run_page("review", list="articles")
    assert len(at.date_input) == 1
    assert "1 report coded from it" in page_text(at)


def test_confirming_takes_it_off_the_list_and_can_be_undone(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    at.button(key=f"confirm_{incident_id}").click().run()
    assert statuses(queue)[incident_id] == "confirmed"
    assert f"Confirmed {incident_id}." in page_text(at)
    assert "Nothing waits here" in page_text(at)
    at.button(key="undo_last").click().run()
    assert statuses(queue)[incident_id] == "machine"
    assert len(review_list(queue, "confidence")) == 1


def test_rejecting_needs_a_reason(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    submit = next(b for b in at.button if b.label == "Reject it")
    submit.click().run()
    assert statuses(queue)[incident_id] == "machine"
    at.text_input(key=f"why_{incident_id}").set_value("a film plot")
    next(b for b in at.button if b.label == "Reject it").click().run()
    assert not at.exception
    assert statuses(queue)[incident_id] == "rejected"
    assert review_counts(queue)["confidence"] == 0


@pytest.mark.parametrize(("answer", "merged"), [("merge", True), ("apart", False)])
def test_a_likely_pair_is_joined_or_kept_apart(queue: Path, answer: str, merged: bool) -> None:
    pair = duplicate_list(queue).iloc[0]
    at = run_page("review", list="duplicates")
    assert "same sides; a month apart · likeness 55%" in page_text(at)
    at.button(key=f"{answer}_{pair['one']}_{pair['other']}").click().run()
    assert not at.exception
    assert review_counts(queue)["duplicates"] == 0
    db = store.open_store_readonly(queue)
    assert db.execute("SELECT COUNT(*) FROM incidents WHERE merged_into IS NOT NULL").fetchone()[0] == int(merged)
    db.close()


def test_a_decision_that_cannot_be_taken_is_told(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    db = store.open_store(queue)
    with store.writing(db):
        store.delete_incident(db, incident_id)
    db.close()
    at.button(key=f"confirm_{incident_id}").click().run()
    assert not at.exception
    assert "Not done: there is no incident" in page_text(at)


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("review").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("review").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("review").subheader[0].value == "The store cannot be read"
