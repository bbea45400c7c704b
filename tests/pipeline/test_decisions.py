"""What people decide holds against every run of the machine, and can be taken back without a trace in the incidents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import decisions, store
from pipeline.errors import ChangedError, DecisionError, NotFoundError
from pipeline.incidents import update_incidents
from pipeline.linking import make_incident_id
from tests.reports import dump, fill, make_article, make_report, stored_partition

A, B, C = (make_incident_id(f"{x}-0") for x in "abc")
BY = {"by": "analyst", "at_utc": "2024-01-01T00:00:00Z"}


@pytest.fixture
def three(fresh_db: Any) -> Any:
    """a and b tell of one event, c of one a week later."""
    articles = [make_article("a", "2023-12-03"), make_article("b", "2023-12-04"), make_article("c", "2023-12-11")]
    fill(fresh_db, articles, [make_report("a"), make_report("b", deaths=7), make_report("c", day="2023-12-10")])
    return fresh_db


def load(db: Any, incident_id: str) -> Any:
    return store.load_incidents(db, "i.incident_id = ?", (incident_id,))[0]


def test_a_value_that_was_set_survives_new_reports(three: Any) -> None:
    taken = decisions.set_field(three, A, "deaths_best", 9, reason="two bodies in the rubble", **BY)
    fill(three, [make_article("d", "2023-12-05")], [make_report("d", deaths=12)])
    incident = load(three, A)
    assert (incident.deaths_best, incident.number_of_reports, incident.locked_fields) == (9, 3, ("deaths_best",))
    assert (incident.review_status, incident.rules["deaths_best"]) == ("edited", "set_by_person")
    decisions.undo(three, taken.decision_id, **BY)
    assert load(three, A).deaths_best == 12


def test_merge_leads_the_younger_id_to_the_older_and_undo_parts_them(three: Any) -> None:
    before = dump(three)
    taken = decisions.merge(three, A, C, reason="the same strike, misdated", **BY)
    assert load(three, C).merged_into == A
    assert stored_partition(three) == [("a-0", "b-0", "c-0")]
    assert decisions.live_incident(three, C).incident_id == A
    decisions.undo(three, taken.decision_id, **BY)
    assert dump(three) == before


def test_undoing_what_was_set_on_an_id_reaches_the_incident_it_was_merged_into(three: Any) -> None:
    taken = decisions.set_field(three, C, "country", "SY", **BY)
    decisions.merge(three, C, A, **BY)
    assert load(three, A).country == "SY"
    decisions.undo(three, taken.decision_id, **BY)
    assert (load(three, A).country, load(three, A).review_status) == ("IQ", "machine")


def test_split_and_undo(three: Any) -> None:
    taken = decisions.split(three, A, ["b-0"], reason="another strike that day", **BY)
    assert stored_partition(three) == [("a-0",), ("b-0",), ("c-0",)]
    assert load(three, B).report_ids == ("b-0",)
    fill(three, [make_article("d", "2023-12-05")], [make_report("d", deaths=7)])
    assert update_incidents(three, ["a", "b", "c", "d"]) == set()
    assert not any({"a-0", "b-0"} <= set(group) for group in stored_partition(three))
    decisions.undo(three, taken.decision_id, **BY)
    assert stored_partition(three) == [("a-0", "b-0", "d-0"), ("c-0",)]
    assert load(three, B).merged_into == A


def test_an_incident_whose_founder_is_gone_is_not_continued_by_what_was_split_off(three: Any) -> None:
    fill(three, [make_article("d", "2023-12-05")], [make_report("d", deaths=7)])
    decisions.split(three, A, ["b-0"], **BY)
    with store.writing(three):
        store.save_coding(three, "a", [], coder="hand", coder_version="2", outcome="nothing")
        update_incidents(three, ["a", "b", "d"], changed=[A, B])
    assert (load(three, A).report_ids, load(three, B).report_ids) == (("d-0",), ("b-0",))
    assert update_incidents(three, ["a", "b", "d"], changed=[A, B]) == set()


def test_assign_to_another_and_to_none(three: Any) -> None:
    moved = decisions.assign(three, "b-0", C, **BY)
    assert stored_partition(three) == [("a-0",), ("b-0", "c-0")]
    decisions.undo(three, moved.decision_id, **BY)
    decisions.assign(three, "b-0", None, **BY)
    assert stored_partition(three) == [("a-0",), ("b-0",), ("c-0",)]


def test_a_suggestion_that_was_turned_down_stays_away(fresh_db: Any) -> None:
    doubtful = make_report("b", latitude=None, longitude=None, place_name=None, side_b=(), deaths=None)
    fill(fresh_db, [make_article("a"), make_article("b", "2023-12-04")], [make_report("a"), doubtful])
    assert len(dump(fresh_db)["suggestions"]) == 1
    decisions.keep_apart(fresh_db, B, A, **BY)
    assert dump(fresh_db)["suggestions"] == []
    assert update_incidents(fresh_db, ["a", "b"]) == set()


def test_a_rejected_incident_stays_and_leaves_the_tallies(three: Any) -> None:
    from pipeline.filters import Filters, where

    decisions.reject(three, A, reason="an exercise", **BY)
    condition, params = where(Filters())
    assert [row[0] for row in three.execute(f"SELECT i.incident_id FROM incidents i WHERE {condition}", params)] == [C]
    decisions.confirm(three, A, **BY)
    assert load(three, A).review_status == "confirmed"


def test_a_date_given_to_an_article_has_it_coded_again(fresh_db: Any) -> None:
    fill(fresh_db, [make_article("a", None)], [make_report("a", day=None)])

    def recode(article_ids: Any) -> None:
        (article,) = store.load_articles(fresh_db, list(article_ids))
        assert (article.published, article.published_source) == ("2023-12-04", "given")
        held = store.incidents_of(fresh_db, ["a"])
        store.save_coding(fresh_db, "a", [make_report("a")], coder="hand", coder_version="1", outcome="coded")
        update_incidents(fresh_db, ["a"], changed=held)

    taken = decisions.set_published(fresh_db, "a", "2023-12-04", recode=recode, **BY)
    assert taken.payload == {"published_at_utc": "2023-12-04T00:00:00Z"}
    assert (load(fresh_db, A).date_start, load(fresh_db, A).first_reported) == ("2023-12-03", "2023-12-04T00:00:00Z")


def test_a_decided_incident_outlives_its_reports(three: Any) -> None:
    decisions.confirm(three, C, **BY)
    with store.writing(three):
        store.save_coding(three, "c", [], coder="hand", coder_version="2", outcome="nothing")
        update_incidents(three, ["c"], changed=[C])
    incident = load(three, C)
    assert (incident.review_status, incident.number_of_reports, incident.deaths_best) == ("confirmed", 0, 5)
    assert update_incidents(three, ["c"], changed=[C]) == set()


def test_the_log_says_who_what_and_why(three: Any) -> None:
    decisions.set_fields(
        three, A, {"sub_event_type": "Grenade", "side_a": []}, by=" Ada ", reason=" wrong weapon ", at_utc="2024-01-01T00:00:00Z"
    )
    decisions.merge(three, C, A, **BY)
    log = store.load_decisions(three)
    assert [(d.by, d.reason) for d in log] == [("Ada", "wrong weapon"), ("analyst", "")]
    assert [decisions.describe_decision(d) for d in log] == [
        "set event_type to Explosions/Remote violence, side_a to nobody, sub_event_type to Grenade",
        f"merged with {A}",
    ]


def test_a_first_day_alone_brings_last_day_and_precision(three: Any) -> None:
    decisions.set_field(three, A, "date_start", "2023-12-02", **BY)
    incident = load(three, A)
    assert (incident.date_start, incident.date_end, incident.date_prec, incident.date_basis) == ("2023-12-02", "2023-12-02", 1, "stated")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no field is given"),
        ({"number_of_reports": 3}, "'number_of_reports' is not a field that can be set"),
        ({"deaths_best": -1}, "deaths_best: -1 is not a whole number"),
        ({"deaths_best": True}, "deaths_best: True is not a whole number"),
        ({"deaths_best": 2023120310}, "is not a whole number from 0 to 1,000,000"),
        ({"deaths_low": 9, "deaths_best": 5}, "deaths_low 9 is more than deaths_best 5"),
        ({"date_start": "3 Dec"}, "date_start: '3 Dec' is not a date like 2023-12-03"),
        ({"date_start": "2023-12-03", "date_end": "2023-12-01"}, "date_end 2023-12-01 is before date_start 2023-12-03"),
        ({"latitude": 35.0}, "latitude and longitude are set together"),
        ({"latitude": 95.0, "longitude": 44.0}, "latitude: 95.0 is not a number from -90 to 90"),
        ({"latitude": float("nan"), "longitude": 44.0}, "latitude: nan is not a number"),
        ({"country": "Iraq"}, "country: 'Iraq' is not a two-letter country code"),
        ({"event_type": "Battle"}, "event_type: 'Battle' is not an event type"),
        ({"event_type": "Battles", "sub_event_type": "Attack"}, "'Attack' is a sub-event type of 'Violence against civilians'"),
        ({"side_a": [{"name": "X", "inter": 9}]}, "is not an actor with a name and an inter code"),
        ({"modes": ["magic"]}, "modes: 'magic' is not one of"),
        ({"where_prec": 8}, "where_prec: 8 is not a precision from 1 to 7"),
        ({"place_name": " "}, "place_name: ' ' is not a text"),
        ({"assertion": "rumoured"}, "assertion: 'rumoured' is not one of"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_written(three: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(DecisionError, match=message.replace("(", r"\(")):
        decisions.set_fields(three, A, values, **BY)
    assert store.load_decisions(three) == []


def test_what_cannot_be_decided(three: Any) -> None:
    with pytest.raises(NotFoundError, match="there is no incident inone"):
        decisions.confirm(three, "inone", **BY)
    with pytest.raises(DecisionError, match="are one incident already"):
        decisions.merge(three, A, A, **BY)
    with pytest.raises(DecisionError, match="report c-0 is not in incident"):
        decisions.split(three, A, ["c-0"], **BY)
    with pytest.raises(DecisionError, match="at least one report that leaves and one that stays"):
        decisions.split(three, A, ["a-0", "b-0"], **BY)
    with pytest.raises(DecisionError, match="stands alone already"):
        decisions.assign(three, "c-0", None, **BY)
    with pytest.raises(DecisionError, match="'next week' is not a date"):
        decisions.set_published(three, "a", "next week", **BY)
    with pytest.raises(NotFoundError, match="there is no article x"):
        decisions.set_published(three, "x", "2023-12-03", **BY)
    with pytest.raises(DecisionError, match="needs the name"):
        decisions.confirm(three, A, by=" ")
    with pytest.raises(NotFoundError, match="there is no decision dx"):
        decisions.undo(three, "dx", **BY)
    taken = decisions.confirm(three, A, **BY)
    undone = decisions.undo(three, taken.decision_id, **BY)
    with pytest.raises(DecisionError, match="has been undone already"):
        decisions.undo(three, taken.decision_id, **BY)
    with pytest.raises(DecisionError, match="is an undo"):
        decisions.undo(three, undone.decision_id, **BY)


# --- properties ------------------------------------------------------------------------------------

ACTS = st.sampled_from(["merge", "split", "assign", "set", "confirm", "reject"])


def act(db: Any, kind: str, pick: int) -> Any:
    """Take a decision of this kind where the store allows one; None where it does not."""
    live = store.load_incidents(db, "i.merged_into IS NULL")
    one = live[pick % len(live)]
    if kind == "merge" and len(live) > 1:
        return decisions.merge(db, one.incident_id, live[(pick + 1) % len(live)].incident_id, **BY)
    if kind == "split" and len(one.report_ids) > 1:
        return decisions.split(db, one.incident_id, [one.report_ids[pick % len(one.report_ids)]], **BY)
    if kind == "assign" and len(live) > 1:
        return decisions.assign(db, one.report_ids[0], live[(pick + 1) % len(live)].incident_id, **BY)
    if kind == "set":
        return decisions.set_field(db, one.incident_id, "deaths_best", pick, **BY)
    if kind in ("confirm", "reject"):
        return getattr(decisions, kind)(db, one.incident_id, reason="", **BY)
    return None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 5)), min_size=1, max_size=5))
def test_undoing_all_in_turn_restores_every_live_incident(acts: list[tuple[str, int]]) -> None:
    db = store.open_store(":memory:")
    articles = [make_article(f"a{n}", f"2023-12-0{n + 3}") for n in range(4)]
    days = ["2023-12-03", "2023-12-03", "2023-12-05", "2023-12-05"]
    fill(db, articles, [make_report(f"a{n}", day=day, deaths=5 + n) for n, day in enumerate(days)])
    before = {i.incident_id: i for i in store.load_incidents(db)}
    taken = [d for kind, pick in acts if (d := act(db, kind, pick))]
    assert len(store.load_decisions(db)) == len(taken)
    assert update_incidents(db, [a.article_id for a in articles]) == set()
    for d in reversed(taken):
        decisions.undo(db, d.decision_id, **BY)
    assert {i.incident_id: i for i in store.load_incidents(db, "i.merged_into IS NULL")} == before
    db.close()


def test_a_mark_changes_with_every_decision_and_report_and_comes_back_only_with_nothing_in_between(three: Any) -> None:
    marks = [decisions.state_mark(three, A)]

    def changed() -> bool:
        marks.append(decisions.state_mark(three, A))
        return marks[-1] not in marks[:-1]

    assert decisions.state_mark(three, A) == marks[0]
    taken = decisions.confirm(three, A, **BY)
    assert changed()
    decisions.confirm(three, A, **BY)
    assert changed(), "a second confirmation changes no value, and is somebody's word"
    fill(three, [make_article("d", "2023-12-05")], [make_report("d", deaths=12)])
    assert changed()
    decisions.merge(three, C, A, **BY)
    assert changed()
    decisions.undo(three, taken.decision_id, **BY)
    assert decisions.state_mark(three, "nobody") == decisions.state_mark(three, "nobody")


def test_a_decision_on_what_has_changed_since_it_was_seen_is_not_taken(three: Any) -> None:
    seen = {A: decisions.state_mark(three, A), C: decisions.state_mark(three, C)}
    decisions.check_unchanged(three, seen)
    decisions.set_field(three, C, "deaths_best", 9, **BY)
    with pytest.raises(ChangedError, match=C):
        decisions.check_unchanged(three, seen)
    decisions.check_unchanged(three, {A: seen[A]})


def test_the_decisions_on_an_incident_are_those_that_touch_it_with_their_undoing(three: Any) -> None:
    other = decisions.confirm(three, C, **BY)
    first = decisions.set_field(three, A, "deaths_best", 9, **BY)
    joined = decisions.merge(three, A, C, **BY)
    taken_back = decisions.undo(three, first.decision_id, **BY)
    dated = decisions.set_published(three, "b", "2023-12-05", **BY)
    assert decisions.decisions_on(three, A) == [other, first, joined, taken_back, dated], "what was decided on a merged id came along"
    decisions.undo(three, joined.decision_id, **BY)
    on_c = decisions.decisions_on(three, C)
    assert [d.kind for d in on_c] == ["confirm", "merge", "undo"]
    named = {d.decision_id for d in store.load_decisions(three) if d.kind != "undo" and C in decisions.touched_by(three, d)}
    assert {d.decision_id for d in on_c if d.kind != "undo"} == named
