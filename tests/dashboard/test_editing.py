"""Deciding on the Incident page: every action in place, with a reason, undone again, and never over somebody else's."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import edit_fields, editing
from dashboard.edit_fields import TOGETHER, changed_values, check_form, describe_changes, find_places, key_of, place_words, read_widgets
from dashboard.editing import decision_words, list_changes
from dashboard.queries_monitor import export_csv
from pipeline import decisions, store
from pipeline.actors import load_actors
from pipeline.errors import DecisionError, NotAllowedError
from pipeline.filters import Filters
from pipeline.gazetteer import open_gazetteer
from pipeline.models import Decision, Incident, as_plain
from pipeline.resolution import SETTABLE_FIELDS
from pipeline.settings import Settings
from tests.dashboard.pages import article_and_report, page_text, run_page, save_pairs
from tests.reports import CIVILIANS, KATAIB, US, make_article, make_report

OTHER = {"day": "2023-12-20", "published": "2023-12-20", "place_name": "Basra", "latitude": 30.51, "longitude": 47.78}


@pytest.fixture
def pair(own_store: Path) -> tuple[Path, str, str]:
    """A store with an incident of two reports and another of one, and their ids."""
    one = save_pairs(own_store, article_and_report("a1", 5), article_and_report("a2", 5, published="2023-12-04"))
    return own_store, one, save_pairs(own_store, article_and_report("b1", 3, **OTHER))


def button(at: AppTest, key: str) -> Any:
    return at.button(key=key)


def incident(path: Path, incident_id: str) -> Incident:
    db = store.open_store_readonly(path)
    try:
        return store.load_incidents(db, "i.incident_id = ?", (incident_id,))[0]
    finally:
        db.close()


def log(path: Path) -> list[Decision]:
    db = store.open_store_readonly(path)
    try:
        return store.load_decisions(db)
    finally:
        db.close()


def by_hand(path: Path, act: Callable[..., Decision], *args: Any, **more: Any) -> Decision:
    """A decision of somebody else, elsewhere."""
    db = store.open_store(path)
    try:
        return act(db, *args, **({"by": "Ana", "reason": "two more bodies"} | more))
    finally:
        db.close()


def open_form(incident_id: str) -> AppTest:
    at = run_page("incident", id=incident_id)
    return button(at, "do_edit").click().run()


def save(at: AppTest, reason: str) -> AppTest:
    at.text_input(key="edit_reason").set_value(reason)
    button(at, "edit_save").click().run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def csv_row(path: Path, incident_id: str) -> dict[str, str]:
    text = export_csv(str(path), Filters(), None).decode("utf-8-sig")
    rows = csv.DictReader(line for line in io.StringIO(text, newline="") if not line.startswith("#"))
    return next(row for row in rows if row["incident_id"] == incident_id)


# --- one person ------------------------------------------------------------------------------------


def test_a_toll_is_corrected_in_place_seen_in_the_csv_and_undone(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = open_form(one)
    at.number_input(key=key_of("deaths_best")).set_value(7)
    at.run()
    assert "Killed: 5 → 7" in page_text(at).replace("\\", "")
    assert "so that the range holds the new figure" in page_text(at)
    save(at, "the hospital's list")
    assert "7 killed (5–7)" in at.title[0].value.replace("\\", "")
    assert "Killed: 5 → 7" in page_text(at).replace("\\", "")
    assert "the hospital&#x27;s list" in page_text(at)
    assert csv_row(path, one)["deaths_best"] == "7"
    taken = log(path)[-1]
    assert (taken.kind, taken.payload["values"], taken.reason) == ("set", {"deaths_best": 7}, "the hospital's list")
    button(at, "undo_last").click().run()
    assert "5 killed" in at.title[0].value
    assert csv_row(path, one)["deaths_best"] == "5"
    assert "taken back by" in page_text(at)


def test_nothing_is_saved_without_a_reason_or_without_a_change(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = open_form(one)
    button(at, "edit_save").click().run()
    assert "Nothing is changed" in at.warning[0].value
    at.number_input(key=key_of("injured_best")).set_value(4)
    button(at, "edit_save").click().run()
    assert "Say why" in at.warning[0].value
    assert log(path) == []
    button(at, "edit_cancel").click().run()
    assert not [b for b in at.button if b.key == "edit_save"]


def test_what_contradicts_itself_is_not_saved(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = open_form(one)
    at.number_input(key=key_of("deaths_low")).set_value(9)
    save(at, "a later count")
    assert "more than" in at.warning[0].value
    assert log(path) == []


def test_every_field_that_may_be_set_has_a_widget_and_untouched_it_changes_nothing(
    generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = generated_store(40)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    db = store.open_store_readonly(path)
    found = store.load_incidents(db, "i.merged_into IS NULL")
    db.close()
    listed = load_actors().by_name
    for one in found:
        state: dict[str, Any] = {}
        monkeypatch.setattr(edit_fields.st, "session_state", state)
        edit_fields.seed(one)
        values = read_widgets(one, state, listed)
        assert set(values) == set(SETTABLE_FIELDS)
        assert changed_values(one, values) == {}
        check_form(one, values)


def test_dates_places_and_actors_are_set_whole(pair: tuple[Path, str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path, one, _ = pair
    monkeypatch.setattr("dashboard.edit_fields._gazetteer", lambda _: open_gazetteer(settings.cache))
    at = open_form(one)
    at.date_input(key=key_of("date_start")).set_value(dt.date(2023, 12, 1))
    at.run()
    assert at.date_input(key=key_of("date_end")).value == dt.date(2023, 12, 1), "the last day goes with the first where they were one"
    at.text_input(key="edit_place_words").set_value("Basra, Iraq").run()
    choice = at.selectbox(key="edit_place_found")
    choice.set_value(choice.options[0]).run()
    assert at.selectbox(key=key_of("where_prec")).value == 1
    at.multiselect(key=key_of("side_a")).set_value(["Kataib Hezbollah", "The Red Brigade"]).run()
    at.selectbox(key="edit_inter_The Red Brigade").set_value(2)
    button(at, "edit_add_claims").click().run()
    at.text_input(key="edit_claims_0_actor").set_value("The Red Brigade")
    save(at, "their statement")
    values = log(path)[-1].payload["values"]
    for group in TOGETHER[:2]:
        assert set(group) <= set(values)
    assert (values["date_start"], values["date_end"], values["date_prec"], values["date_basis"]) == (
        "2023-12-01",
        "2023-12-01",
        1,
        "stated",
    )
    assert (values["country"], round(values["latitude"])) == ("IQ", 31)
    assert [(a["name"], a["inter"], a["actor_id"]) for a in values["side_a"]] == [
        ("Kataib Hezbollah", 3, "kataib-hezbollah"), ("The Red Brigade", 2, ""),
    ]  # fmt: skip
    assert values["claims"] == [{"actor": "The Red Brigade", "stance": "claimed", "quote": "", "by": ""}]
    assert "side_b" not in values
    assert "1 Dec 2023" in at.title[0].value


def test_places_are_found_by_name_and_country(settings: Settings) -> None:
    gazetteer = open_gazetteer(settings.cache)
    found = find_places(gazetteer, "Tripoli", country="LB")
    assert found[0].country == "LB"
    assert {p.country for p in find_places(gazetteer, "Tripoli, Libya")} == {"LY"}
    assert "Libya" in place_words(find_places(gazetteer, "Tripoli, Libya")[0])
    assert find_places(gazetteer, ", Libya") == find_places(gazetteer, "") == []


def test_confirm_and_reject_in_place(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = run_page("incident", id=one)
    button(at, "do_confirm").click().run()
    button(at, "confirm_do").click().run()
    assert incident(path, one).review_status == "confirmed"
    assert "Confirmed by a person" in page_text(at)
    button(at, "do_reject").click().run()
    button(at, "reject_do").click().run()
    assert at.warning[0].value.startswith("Say why")
    at.text_input(key="action_reason").set_value("a film plot")
    button(at, "reject_do").click().run()
    assert incident(path, one).review_status == "rejected"
    assert "No tally counts it" in page_text(at)
    rejection = log(path)[-1]
    button(at, f"undo_{rejection.decision_id}").click().run()
    assert incident(path, one).review_status == "confirmed"


@pytest.mark.parametrize("kind", ["merge", "duplicate"])
def test_merging_leads_the_other_id_here_and_undo_parts_them(pair: tuple[Path, str, str], kind: str) -> None:
    path, one, other = pair
    at = run_page("incident", id=one)
    button(at, "do_merge").click().run()
    at.text_input(key="merge_words").set_value(other).run()
    at.selectbox(key="merge_id").set_value(other).run()
    assert "points" in page_text(at)
    if kind == "duplicate":
        at.checkbox(key="merge_duplicate").check()
    button(at, "merge_do").click().run()
    assert "Say why" in at.warning[0].value
    at.text_input(key="action_reason").set_value("one strike, misdated")
    button(at, "merge_do").click().run()
    assert not at.exception
    assert log(path)[-1].kind == kind
    assert incident(path, other).merged_into == one
    led = run_page("incident", id=other)
    assert led.query_params["id"] in (one, [one])
    assert f"{other} was merged into this incident." in page_text(led)
    assert "3 reports" in page_text(led)
    button(at, "undo_last").click().run()
    assert incident(path, other).merged_into is None


def test_reports_are_split_off_or_moved(pair: tuple[Path, str, str]) -> None:
    path, one, other = pair
    at = run_page("incident", id=one)
    button(at, "do_split").click().run()
    button(at, "split_do").click().run()
    assert "Choose the reports" in at.warning[0].value
    at.checkbox(key="split_a2-0").check()
    at.text_input(key="action_reason").set_value("another strike")
    button(at, "split_do").click().run()
    assert incident(path, one).report_ids == ("a1-0",)
    button(at, "undo_last").click().run()
    assert incident(path, one).report_ids == ("a1-0", "a2-0")
    button(at, "do_split").click().run()
    at.checkbox(key="split_a2-0").check()
    at.radio(key="split_to").set_value("part of another incident").run()
    at.text_input(key="move_words").set_value(other).run()
    at.selectbox(key="move_id").set_value(other).run()
    at.text_input(key="action_reason").set_value("it tells of Basra")
    button(at, "split_do").click().run()
    assert not at.exception
    assert incident(path, other).report_ids == ("a2-0", "b1-0")
    assert log(path)[-1].kind == "assign"


def test_what_was_decided_on_one_incident_is_not_told_on_another(pair: tuple[Path, str, str]) -> None:
    _, one, other = pair
    at = run_page("incident", id=one)
    button(at, "do_confirm").click().run()
    button(at, "confirm_do").click().run()
    assert [b.key for b in at.button if b.key == "undo_last"]
    at.query_params["id"] = other
    at.run()
    assert not [b.key for b in at.button if b.key == "undo_last"]


# --- two people ------------------------------------------------------------------------------------


def test_an_edit_does_not_overwrite_somebody_elses(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = open_form(one)
    by_hand(path, decisions.set_fields, one, {"deaths_best": 9, "deaths_high": 9})
    at.number_input(key=key_of("deaths_best")).set_value(7)
    save(at, "the hospital's list")
    assert incident(path, one).deaths_best == 9
    words = page_text(at).replace("\\", "")
    assert "this has changed since you looked" in words
    assert "Ana set Killed to 9" in words
    assert "two more bodies" in words
    assert "Killed: 5 → 7" in words, "what was wanted is told as well"
    button(at, "contested_do").click().run()
    assert (incident(path, one).deaths_best, log(path)[-1].reason) == (7, "the hospital's list")
    assert "has changed since" not in page_text(at)


def test_what_is_contested_can_be_left(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = run_page("incident", id=one)
    button(at, "do_confirm").click().run()
    save_pairs(path, article_and_report("a3", 8, published="2023-12-05"))
    button(at, "confirm_do").click().run()
    words = page_text(at).replace("\\", "")
    assert "2 reports before, 3 reports now" in words
    assert incident(path, one).review_status == "machine"
    button(at, "contested_leave").click().run()
    assert "has changed since" not in page_text(at)
    assert log(path) == []


def test_two_pages_confirming_at_once_leave_one_word(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    first, second = (button(run_page("incident", id=one), "do_confirm").click().run() for _ in range(2))
    button(first, "confirm_do").click().run()
    button(second, "confirm_do").click().run()
    assert [d.kind for d in log(path)] == ["confirm"]
    assert "this has changed since you looked" in page_text(second)


def test_an_undo_that_came_second_is_told(pair: tuple[Path, str, str]) -> None:
    path, one, _ = pair
    at = run_page("incident", id=one)
    taken = by_hand(path, decisions.confirm, one)
    at.run()
    by_hand(path, decisions.undo, taken.decision_id)
    button(at, f"undo_{taken.decision_id}").click().run()
    assert not at.exception
    assert "has been undone already" in page_text(at)


# --- who may ---------------------------------------------------------------------------------------


def test_a_reader_sees_everything_and_changes_nothing(pair: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    path, one, _ = pair
    by_hand(path, decisions.confirm, one)
    monkeypatch.setattr("dashboard.access.reached_from_elsewhere", lambda: True)
    at = run_page("incident", id=one)
    assert "Reading only" in page_text(at)
    assert "No sign-in is set up here" in page_text(at)
    assert {b.key for b in at.button if b.key} == {"do_brief"}
    assert "confirmed" in page_text(at)
    with pytest.raises(NotAllowedError, match="signed-in analyst"):
        editing.take([editing.Attempt(decisions.confirm, (one,), "Confirmed.")])
    assert len(log(path)) == 1


# --- words -----------------------------------------------------------------------------------------


def test_what_changed_is_told_in_the_words_of_the_page() -> None:
    was = Incident(incident_id="i", assertion="asserted", deaths_best=5, side_a=(US,), number_of_reports=1)
    now = Incident(incident_id="i", assertion="asserted", deaths_best=7, side_a=(US, KATAIB), number_of_reports=2, review_status="edited")
    assert list_changes(was, now) == [
        ("Killed", "5", "7"), ("By", "United States", "United States and Kataib Hezbollah"),
        ("Status", "Coded by machine, not reviewed", "Corrected by a person"), ("Reports", "1 report", "2 reports"),
    ]  # fmt: skip
    assert list_changes(was, was) == []


def test_a_decision_is_told_without_what_follows_from_it() -> None:
    values = decisions.complete({"sub_event_type": "Attack", "date_start": "2023-12-03", "side_b": (CIVILIANS,), "deaths_best": None})
    said = decision_words(Decision(decision_id="d", at_utc="", by="x", kind="set", target="i", payload={"values": values}))
    assert said == "set What to Attack, When to 3 Dec 2023, Against to Civilians (Iraq) and Killed to not stated"


def test_parts_that_exceed_the_whole_are_refused() -> None:
    base = Incident(incident_id="i", assertion="asserted", deaths_best=5)
    values = as_plain(base) | {"deaths_civilians": 4, "deaths_b": 3}
    with pytest.raises(DecisionError, match="add up to 7"):
        check_form(base, {f: values[f] for f in SETTABLE_FIELDS})
    assert describe_changes(base, {f: values[f] for f in SETTABLE_FIELDS}) == [
        "Killed on the target's side: not stated → 3", "Civilians killed: not stated → 4",
    ]  # fmt: skip


def test_hostile_names_stay_text_in_the_form_and_in_what_is_told(own_store: Path) -> None:
    article, report = article_and_report("a1", 5, place_name="<script>x</script>\u202e**b**")
    incident_id = save_pairs(own_store, (article, report), (make_article("a2", "2023-12-04"), make_report("a2", deaths=9)))
    at = run_page("incident", id=incident_id)
    assert "\u202e" not in at.title[0].value
    by_hand(
        own_store,
        decisions.set_fields,
        incident_id,
        {"place_name": "](javascript:1) <img src=x onerror=1>"},
        by="<b>Eve</b>",
        reason="`x` $y$",
    )
    at.run()
    assert "<img" not in "".join(str(e.proto.body) for e in at.html)
    assert "<b>Eve" not in "".join(str(e.proto.body) for e in at.html)
