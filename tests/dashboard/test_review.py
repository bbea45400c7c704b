"""The Review page: each list with its count, and what can be settled on the spot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dashboard.queries import fingerprint
from dashboard.queries_articles import review_counts, review_list
from dashboard.queries_incident import open_disagreements, queue_counts
from dashboard.views.review import ALL_DONE, LISTS, progress_words, start_of_day
from pipeline import decisions, store
from pipeline.incidents import update_incidents
from tests.dashboard.pages import article_and_report, broken_store, page_text, reader_of, run_page, save_pairs
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


@pytest.fixture
def many(own_store: Path) -> Path:
    """A store with four incidents of low confidence."""
    towns = (("Basra", 30.5, 47.8), ("Erbil", 36.2, 44.0), ("Mosul", 36.3, 43.1), ("Najaf", 32.0, 44.3))
    pairs = [
        (
            make_article(f"m{n}", f"2023-0{n + 1}-05"),
            make_report(f"m{n}", day=f"2023-0{n + 1}-04", place_name=name, latitude=lat, longitude=lon, confidence=0.2),
        )
        for n, (name, lat, lon) in enumerate(towns)
    ]
    save_pairs(own_store, *pairs)
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
    assert set(ALL_DONE) == {name for name, _, _ in LISTS} == set(queue_counts(str(queue), fingerprint(queue)))


@pytest.mark.parametrize("name", [name for name, _, _ in LISTS])
def test_each_list_opens_by_its_address(queue: Path, name: str) -> None:
    at = run_page("review", list=name)
    assert at.query_params["list"] in (name, [name])
    shown = page_text(at).replace("&#x27;", "'")
    assert next(words for key, _, words in LISTS if key == name).split(".")[0] in shown
    assert ("Nothing waits here" in shown) == (name == "against")


def test_the_first_list_with_something_in_it_opens(queue: Path) -> None:
    assert run_page("review").query_params["list"] in ("articles", ["articles"])


def test_an_undated_article_has_its_form_and_its_text(queue: Path) -> None:
    at = run_page("review", list="articles")
    assert len(at.date_input) == 1
    assert "1 report coded from it" in page_text(at)
    assert "Text of undated." in reader_of(at)


def test_confirming_takes_it_off_the_list_counts_it_as_done_and_can_be_undone(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    assert "Nothing done yet today; 6 wait." in page_text(at)
    at.button(key="confirm_now").click().run()
    assert statuses(queue)[incident_id] == "confirmed"
    assert "Nothing waits here" in page_text(at)
    assert "1 of 6 done today, all by you." in page_text(at)
    at.button(key="undo_last").click().run()
    assert statuses(queue)[incident_id] == "machine"
    assert len(review_list(queue, "confidence")) == 1
    assert "Nothing done yet today" in page_text(at)


def test_what_is_confirmed_without_a_place_or_a_day_waits_no_longer(queue: Path) -> None:
    for name in ("unlocated", "undated"):
        run_page("review", list=name).button(key="confirm_now").click().run()
    counts = review_counts(queue)
    assert (counts["unlocated"], counts["undated"]) == (0, 0)


def test_rejecting_needs_a_reason(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    at.button(key="do_reject").click().run()
    at.button(key="reject_do").click().run()
    assert statuses(queue)[incident_id] == "machine"
    at.text_input(key="action_reason").set_value("a film plot")
    at.button(key="reject_do").click().run()
    assert not at.exception
    assert statuses(queue)[incident_id] == "rejected"
    assert review_counts(queue)["confidence"] == 0


def test_fields_are_set_without_leaving_the_queue(queue: Path) -> None:
    at = run_page("review", list="tolls")
    incident_id = review_list(queue, "tolls")["incident_id"].iloc[0]
    at.button(key="do_edit").click().run()
    at.number_input(key="edit_deaths_best").set_value(6)
    at.text_input(key="edit_reason").set_value("the ministry's list")
    at.button(key="edit_save").click().run()
    assert not at.exception
    assert statuses(queue)[incident_id] == "edited"
    assert review_counts(queue)["tolls"] == 0


@pytest.mark.parametrize(("answer", "merged"), [("pair_0_now", True), ("pair_1_now", False)])
def test_a_likely_pair_is_joined_or_kept_apart(queue: Path, answer: str, merged: bool) -> None:
    at = run_page("review", list="duplicates")
    shown = page_text(at)
    assert "Erbil" in shown
    assert "Mosul" in shown
    assert "points: under 3" in shown
    assert "1 · Outlet far" in reader_of(at)
    at.text_input(key="pair_reason_now").set_value("looked at the map")
    at.button(key=answer).click().run()
    assert not at.exception
    assert review_counts(queue)["duplicates"] == 0
    db = store.open_store_readonly(queue)
    assert db.execute("SELECT COUNT(*) FROM incidents WHERE merged_into IS NOT NULL").fetchone()[0] == int(merged)
    assert store.load_decisions(db)[-1].reason == "looked at the map"
    db.close()


def test_one_goes_through_the_queue_entry_by_entry(many: Path) -> None:
    at = run_page("review", list="confidence")
    first = at.subheader[0].value
    at.button(key="next").click().run()
    second = at.subheader[0].value
    assert first != second
    assert "2 of 4" in page_text(at)
    at.button(key="confirm_now").click().run()
    assert "2 of 3" in page_text(at), "the next entry comes up in the place of the one that is done"
    assert at.subheader[0].value not in (first, second)
    at.button(key="previous").click().run()
    assert at.subheader[0].value == first


def test_many_are_confirmed_at_once_but_not_what_was_taken_out_or_has_changed(many: Path) -> None:
    ids = list(review_list(many, "confidence")["incident_id"])
    at = run_page("review", list="confidence")
    at.button(key="bulk_show").click().run()
    at.button(key="bulk_do").click().run()
    assert at.warning[0].value.startswith("Say why")
    at.checkbox(key=f"bulk_{ids[0]}").uncheck().run()
    at.text_input(key="bulk_reason").set_value("all from the ministry's list")
    db = store.open_store(many)
    decisions.set_field(db, ids[1], "deaths_best", 8, by="Ana", reason="a later list")
    db.close()
    at.button(key="bulk_do").click().run()
    assert not at.exception
    assert [statuses(many)[i] for i in ids] == ["machine", "edited", "confirmed", "confirmed"]
    assert "Confirmed 2 incidents" in page_text(at)
    assert "changed meanwhile" in page_text(at)
    at.button(key="undo_last").click().run()
    assert [statuses(many)[i] for i in ids] == ["machine", "edited", "machine", "machine"]


def test_two_people_in_one_queue_do_not_write_over_each_other(many: Path) -> None:
    first, second = run_page("review", list="confidence"), run_page("review", list="confidence")
    first.button(key="do_reject").click().run()
    first.text_input(key="action_reason").set_value("a film plot")
    first.button(key="reject_do").click().run()
    second.button(key="confirm_now").click().run()
    incident_id = next(i for i, status in statuses(many).items() if status == "rejected")
    assert "this has changed since you looked" in page_text(second)
    assert "a film plot" in page_text(second)
    second.button(key="contested_leave").click().run()
    assert statuses(many)[incident_id] == "rejected"
    second.button(key="confirm_now").click().run()
    assert sorted(statuses(many).values()) == ["confirmed", "machine", "machine", "rejected"], "the next one is another"


def test_what_came_since_a_decision_is_asked_about_until_somebody_looked(own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    db = store.open_store(own_store)
    confirmed = decisions.confirm(db, incident_id, by="Ana", reason="seen")
    db.close()
    assert "Nothing waits here" in page_text(run_page("review", list="against"))
    save_pairs(own_store, article_and_report("a2", 9, published="2023-12-05"))
    at = run_page("review", list="against")
    assert "1 more have come since" in page_text(at)
    at.button(key="stands").click().run()
    assert "Nothing waits here" in page_text(at)
    at.button(key="undo_last").click().run()
    at.button(key="take_back").click().run()
    assert not at.exception
    assert "Nothing waits here" in page_text(at)
    db = store.open_store_readonly(own_store)
    assert store.load_decisions(db)[-1].target == confirmed.decision_id
    db.close()


def test_what_somebody_set_against_the_articles_is_asked_about_only_once_they_were_coded_anew(own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    db = store.open_store(own_store)
    with store.writing(db):
        run = store.begin_run(db, command="ingest", coder="hand", coder_version="1", at_utc="2024-01-01T00:00:00Z")
        db.execute("UPDATE codings SET run_id = ?", (run,))
    decisions.set_field(db, incident_id, "deaths_best", 7, by="Ana", reason="the list", at_utc="2024-02-01T00:00:00Z")
    assert open_disagreements(str(own_store), fingerprint(own_store)) == []
    with store.writing(db):
        run = store.begin_run(db, command="recode", coder="hand", coder_version="2", at_utc="2024-03-01T00:00:00Z")
        db.execute("UPDATE codings SET run_id = ?", (run,))
    db.close()
    found = open_disagreements(str(own_store), fingerprint(own_store))
    assert [(i, sentence) for _, i, sentence in found] == [(incident_id, "deaths_best: set to 7, the articles say 5")]


def test_a_decision_that_cannot_be_taken_is_told(queue: Path) -> None:
    at = run_page("review", list="confidence")
    incident_id = review_list(queue, "confidence")["incident_id"].iloc[0]
    db = store.open_store(queue)
    with store.writing(db):
        store.delete_incident(db, incident_id)
    db.close()
    at.button(key="confirm_now").click().run()
    assert not at.exception
    assert "is no more" in page_text(at)


def test_a_reader_sees_the_queue_and_cannot_settle_it(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.access.reached_from_elsewhere", lambda: True)
    for name in ("articles", "undated", "duplicates", "tolls", "confidence"):
        at = run_page("review", list=name)
        assert "Reading only" in page_text(at)
        assert {b.key for b in at.button if b.key} <= {"next", "previous", "entry_0", "open_page"}
        assert not at.date_input


def test_the_day_begins_at_midnight_where_one_sits() -> None:
    now = dt.datetime(2023, 12, 3, 2, 30, tzinfo=dt.UTC)
    assert start_of_day(now, None) == start_of_day(now, "Not/AZone") == "2023-12-03T00:00:00Z"
    assert start_of_day(now, "Asia/Baghdad") == "2023-12-02T21:00:00Z"
    assert start_of_day(now, "America/New_York") == "2023-12-02T05:00:00Z"


def test_progress_in_words() -> None:
    assert progress_words(12, 8, 28) == "12 of 40 done today, 8 by you."
    assert progress_words(2, 2, 0) == "2 of 2 done today, all by you."
    assert progress_words(0, 0, 1) == "Nothing done yet today; 1 waits."
    assert progress_words(0, 0, 0) == "Nothing waits."


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("review").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("review").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("review").subheader[0].value == "The store cannot be read"
