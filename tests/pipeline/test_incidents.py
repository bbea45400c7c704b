"""Incidents in a real store: the same whatever the order, nothing written twice, ids that stay."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.errors import NotFoundError
from pipeline.incidents import block_queries, known_on, light_reports, name_groups, update_incidents
from pipeline.linking import link, make_incident_id, may_meet
from pipeline.models import as_plain
from pipeline.resolution import resolve
from tests.reports import (
    GOLD,
    KATAIB,
    articles_of,
    dump,
    fill,
    incidents_as_of,
    load_gold,
    make_article,
    make_report,
    save_all,
    stored_partition,
)


def one_incident(db: Any) -> Any:
    (incident,) = store.load_incidents(db, "i.merged_into IS NULL")
    return incident


def test_whole_rows_of_two_reports_of_one_event(fresh_db: Any) -> None:
    articles = [make_article("a", "2023-12-03", source="Reuters"), make_article("b", "2023-12-04", source="Rudaw")]
    fill(fresh_db, articles, [make_report("a"), make_report("b", deaths=6)])
    incident = one_incident(fresh_db)
    assert incident.incident_id == make_incident_id("a-0")
    assert (incident.deaths_low, incident.deaths_best, incident.deaths_high) == (5, 6, 6)
    assert (incident.number_of_reports, incident.number_of_articles, incident.number_of_sources) == (2, 2, 2)
    assert (incident.first_reported, incident.last_reported) == ("2023-12-03T00:00:00Z", "2023-12-04T00:00:00Z")
    assert dump(fresh_db, ("incident_reports",))["incident_reports"] == [
        ("a-0", incident.incident_id, None, "first report"),
        (
            "b-0",
            incident.incident_id,
            9.8,
            "same day; both in Kirkuk; both name United States; both name Kataib Hezbollah; both Air/drone strike; tolls 5 and 6",
        ),
    ]
    assert dump(fresh_db, ("incident_actors",))["incident_actors"] == [
        (incident.incident_id, "a", 0, "United States", 8, "united-states"),
        (incident.incident_id, "b", 0, "Kataib Hezbollah", 3, "kataib-hezbollah"),
    ]


def test_twenty_copies_are_one_origin(fresh_db: Any) -> None:
    articles = [make_article(f"a{n:02}") for n in range(20)]
    fill(fresh_db, articles, [make_report(a.article_id) for a in articles], origins={a.article_id: "o1" for a in articles})
    incident = one_incident(fresh_db)
    assert (incident.number_of_articles, incident.number_of_sources) == (20, 1)


def test_background_joins_and_alone_it_does_not_count(fresh_db: Any) -> None:
    articles = [make_article("a"), make_article("b", "2023-12-20"), make_article("c", "2023-12-21")]
    reports = [
        make_report("b", assertion="background", deaths=None),
        make_report("c", assertion="background", day="2023-11-01"),
        make_report("a"),
    ]
    fill(fresh_db, [articles[1], articles[2], articles[0]], reports, batch=1)
    found = {i.report_ids: i.assertion for i in store.load_incidents(fresh_db)}
    assert found == {("a-0", "b-0"): "asserted", ("c-0",): "background"}


def test_running_again_writes_nothing(fresh_db: Any) -> None:
    articles = [make_article("a"), make_article("b"), make_article("c")]
    fill(fresh_db, articles, [make_report("a"), make_report("b", deaths=6), make_report("c", day="2023-12-04")])
    before, changes = dump(fresh_db), fresh_db.conn.total_changes
    assert update_incidents(fresh_db, ["a", "b", "c"]) == set()
    assert dump(fresh_db) == before
    assert fresh_db.conn.total_changes == changes


def test_a_revised_article_replaces_what_it_said(fresh_db: Any) -> None:
    first = make_article("a", "2023-12-03", story_id="s", source="Reuters")
    second = make_article("b", "2023-12-04", story_id="s", revision=2, source="Reuters")
    fill(fresh_db, [first, second], [make_report("a"), make_report("b", deaths=8)], batch=1)
    incident = one_incident(fresh_db)
    assert (incident.deaths_low, incident.deaths_best, incident.number_of_articles, incident.number_of_reports) == (8, 8, 1, 1)
    assert incident.report_ids == ("a-0", "b-0")


def test_an_earlier_story_that_comes_late_does_not_change_the_id(fresh_db: Any) -> None:
    articles = [make_article("late", "2023-12-04"), make_article("early", "2023-12-03")]
    fill(fresh_db, articles, [make_report("late"), make_report("early")], batch=1)
    assert one_incident(fresh_db).incident_id == make_incident_id("late-0")


def test_a_report_that_bridges_two_incidents_merges_them_into_the_older(fresh_db: Any) -> None:
    vague = {"side_a": (), "side_b": (), "deaths": None, "sub_event_type": None, "modes": ()}
    articles = [make_article("a", "2023-12-03"), make_article("b", "2023-12-04"), make_article("c", "2023-12-05")]
    reports = [
        make_report("a", place_name="near Taza", latitude=35.33, longitude=44.35, where_prec=2, **vague),
        make_report("b", place_name="near Dibis", latitude=35.63, longitude=44.15, where_prec=2),
        make_report("c", place_name="Kirkuk", where_prec=2),
    ]
    fill(fresh_db, articles, reports, batch=1)
    live = store.load_incidents(fresh_db, "i.merged_into IS NULL")
    assert sorted(r for i in live for r in i.report_ids) == ["a-0", "b-0", "c-0"]
    for gone in store.load_incidents(fresh_db, "i.merged_into IS NOT NULL"):
        assert gone.merged_into == make_incident_id("a-0")
        assert gone.report_ids == ()


def test_an_incident_goes_with_its_last_report(fresh_db: Any) -> None:
    fill(fresh_db, [make_article("a")], [make_report("a")])
    (incident_id,) = store.incidents_of(fresh_db, ["a"])
    with store.writing(fresh_db):
        store.save_coding(fresh_db, "a", [], coder="hand", coder_version="2", outcome="nothing")
        update_incidents(fresh_db, ["a"], changed=[incident_id])
    assert store.load_incidents(fresh_db) == []


def test_an_article_coded_anew_keeps_its_incident(fresh_db: Any) -> None:
    fill(fresh_db, [make_article("a", None)], [make_report("a", day=None)])
    (incident_id,) = store.incidents_of(fresh_db, ["a"])
    with store.writing(fresh_db):
        dated = dataclasses.replace(make_report("a", number=7), coder_version="2")
        store.save_coding(fresh_db, "a", [dated], coder="hand", coder_version="2", outcome="coded")
        update_incidents(fresh_db, ["a"], changed=[incident_id])
    incident = one_incident(fresh_db)
    assert (incident.incident_id, incident.date_start, incident.report_ids) == (incident_id, "2023-12-03", ("a-7",))


def test_a_doubtful_link_is_stored_as_a_suggestion_and_goes_when_it_is_settled(fresh_db: Any) -> None:
    doubtful = make_report("b", latitude=None, longitude=None, place_name=None, side_b=(), deaths=None)
    fill(fresh_db, [make_article("b", "2023-12-04"), make_article("a")], [doubtful, make_report("a")], batch=1)
    ((report_id, incident_id, score, why),) = dump(fresh_db, ("suggestions",))["suggestions"]
    assert (report_id, incident_id) == ("b-0", make_incident_id("a-0"))
    assert score >= 3
    assert why.startswith("same day; place not known for both")
    with store.writing(fresh_db):
        store.save_coding(fresh_db, "b", [make_report("b")], coder="hand", coder_version="2", outcome="coded")
        update_incidents(fresh_db, ["b"], changed=[make_incident_id("b-0")])
    assert dump(fresh_db, ("suggestions",))["suggestions"] == []
    assert stored_partition(fresh_db) == [("a-0", "b-0")]


# --- ids -----------------------------------------------------------------------------------------

A, B, C = (make_incident_id(r) for r in "abc")


@pytest.mark.parametrize(
    ("groups", "anchors", "ids", "redirects"),
    [
        pytest.param([["a", "b"]], {}, [A], {}, id="new"),
        pytest.param([["a", "b"]], {B: "b"}, [B], {}, id="a late founder does not rename"),
        pytest.param([["a", "b"]], {A: "a", B: "b"}, [A], {B: A}, id="merged into the older id"),
        pytest.param([["a", "b"]], {B: "b", A: "a"}, [B], {A: B}, id="older in the store, not by publication"),
        pytest.param([["a"], ["b"]], {A: "a", B: "b"}, [A, B], {}, id="parted again"),
        pytest.param([["a"], ["b", "c"]], {A: "a"}, [A, B], {}, id="split"),
        pytest.param([["a"], ["b"]], {A: "b"}, [make_incident_id("a", turn=1), A], {}, id="a founder that was moved leaves its id"),
    ],
)
def test_ids_stay(groups: Any, anchors: Any, ids: Any, redirects: Any) -> None:
    naming = name_groups(groups, anchors=anchors)
    assert (list(naming.ids), naming.redirects) == (ids, redirects)


# --- as known on ---------------------------------------------------------------------------------


def test_the_store_as_of_a_day(fresh_db: Any) -> None:
    articles = [make_article("a", "2023-12-03"), make_article("b", "2023-12-05"), make_article("c", "2023-12-11"), make_article("d", None)]
    reports = [make_report("a"), make_report("b", deaths=8), make_report("c", day="2023-12-10"), make_report("d", day="2023-10-01")]
    fill(fresh_db, articles, reports)
    now = dump(fresh_db)
    known = {
        day: {i.report_ids: i.deaths_best for i in incidents_as_of(fresh_db, day)} for day in ("2023-12-02", "2023-12-04", "2023-12-05")
    }
    assert known == {"2023-12-02": {}, "2023-12-04": {("a-0",): 5}, "2023-12-05": {("a-0", "b-0"): 8}}
    with known_on(fresh_db, "2023-12-04") as then:
        assert [tuple(r) for r in then.execute("SELECT incident_id, deaths_best, number_of_reports FROM incidents")] == [(A0, 5, 1)]
        assert [r for (r,) in then.execute("SELECT report_id FROM incident_reports")] == ["a-0"]
    assert dump(fresh_db) == now
    assert {i.report_ids for i in incidents_as_of(fresh_db, "2024-01-01")} == {("a-0", "b-0"), ("c-0",)}


A0 = make_incident_id("a-0")


def test_what_a_revision_took_back_was_known_before_it(fresh_db: Any) -> None:
    first = make_article("a", "2023-12-03", story_id="s", source="Reuters")
    second = make_article("b", "2023-12-05", story_id="s", revision=2, source="Reuters")
    fill(fresh_db, [first, second], [make_report("a"), make_report("b", deaths=8)], batch=1)
    assert [i.deaths_best for i in incidents_as_of(fresh_db, "2023-12-04")] == [5]
    assert [i.deaths_best for i in incidents_as_of(fresh_db, "2023-12-05")] == [8]


def test_a_view_of_the_past_needs_no_right_to_write(fresh_db: Any, tmp_path: Any) -> None:
    fill(fresh_db, [make_article("a", "2023-12-03"), make_article("b", "2023-12-05")], [make_report("a"), make_report("b", deaths=8)])
    reader = store.open_store_readonly(tmp_path / "fresh.db")
    assert [i.deaths_best for i in incidents_as_of(reader, "2023-12-04")] == [5]
    assert [i.deaths_best for i in incidents_as_of(reader, "2023-12-06")] == [8]
    reader.close()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_past_is_what_resolve_says_of_it_and_later_reports_do_not_touch_it(data: Any) -> None:
    articles, reports, origins = data.draw(worlds())
    as_of = data.draw(st.sampled_from(["2023-12-02", "2023-12-03", "2023-12-04", "2023-12-05T12:00:00Z", "2023-12-06"]))
    db = store.open_store(":memory:")
    fill(db, articles, reports, origins=origins)
    by_id, known = {r.report_id: r for r in reports}, {}
    for i in store.load_incidents(db, "i.merged_into IS NULL"):
        told = [by_id[r] for r in i.report_ids]
        try:
            known[i.incident_id] = resolve(told, articles=articles_of(*articles), as_of=as_of, incident_id=i.incident_id, origins=origins)
        except NotFoundError:
            continue
    assert {i.incident_id: as_plain(i) for i in incidents_as_of(db, as_of)} == {i: as_plain(known[i]) for i in known}
    db.close()


# --- properties ------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Any], list[Any], dict[str, str]]:
    """A few articles with reports of a few events, told well and badly, and whose copies they are."""
    articles, reports, origins = [], [], {}
    for n in range(draw(st.integers(2, 6))):
        day = draw(st.sampled_from(["2023-12-03", "2023-12-04", "2023-12-06", None]))
        articles.append(make_article(f"a{n}", day))
        if draw(st.booleans()):
            origins[f"a{n}"] = draw(st.sampled_from(["o1", "o2"]))
        for number in range(draw(st.integers(0, 2))):
            known = draw(st.booleans())
            reports.append(
                make_report(
                    f"a{n}",
                    number=number,
                    day=draw(st.sampled_from(["2023-12-02", "2023-12-03", "2023-12-03", None])),
                    deaths=draw(st.sampled_from([None, 5, 6, 20])),
                    assertion=draw(st.sampled_from(["asserted", "asserted", "asserted", "background", "aggregate"])),
                    side_b=draw(st.sampled_from([(KATAIB,), ()])),
                    place_name="Kirkuk" if known else None,
                    latitude=35.468 if known else None,
                    longitude=44.392 if known else None,
                )
            )
    return articles, reports, origins


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds(), st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_order_of_arrival_gives_the_partition_of_all_at_once(world: Any, rng: random.Random, batch: int) -> None:
    articles, reports, origins = world
    want = sorted(tuple(sorted(g.report_ids)) for g in link(reports, articles_of(*articles), origins=origins))
    order = articles[:]
    rng.shuffle(order)
    stores = []
    for some, step in ((articles, 0), (order, batch)):
        db = store.open_store(":memory:")
        fill(db, some, reports, batch=step, origins=origins)
        assert stored_partition(db) == want
        before = dump(db)
        assert update_incidents(db, sorted(a.article_id for a in articles)) == set()
        assert dump(db) == before
        stores.append({(r, round(s, 3)) for r, _, s, _ in before["suggestions"]})
        db.close()
    assert stores[0] == stores[1]


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_the_blocking_queries_hold_every_report_that_may_meet(world: Any) -> None:
    articles, reports, _ = world
    db = store.open_store(":memory:")
    save_all(db, articles, reports)
    for r in reports:
        found = {o.report_id for sql, params in block_queries(r) for o in light_reports(db, sql, params)}
        assert {o.report_id for o in reports if o is not r and may_meet(r, o)} <= found
    db.close()


def test_blocking_is_served_by_indexes(fresh_db: Any) -> None:
    for report in (make_report("a"), make_report("a", day=None), make_report("a", country=None)):
        for sql, params in block_queries(report):
            plan = [row[3] for row in fresh_db.execute(f"EXPLAIN QUERY PLAN SELECT report_id FROM reports WHERE {sql}", tuple(params))]
            # A row found by an index of the inner query is then read by its number.
            assert all("INDEX" in step or "INTEGER PRIMARY KEY" in step or "LIST SUBQUERY" in step for step in plan), (sql, plan)


@pytest.mark.parametrize("batch", [1, 16])
def test_gold_in_a_store_is_linked_as_all_at_once(batch: int) -> None:
    reports, articles, _ = load_gold(GOLD / "challenge_dev.jsonl")
    order = sorted(articles.values(), key=lambda a: a.article_id[::-1])
    db = store.open_store(":memory:")
    by_article: dict[str, list[Any]] = {}
    for r in reports:
        by_article.setdefault(r.article_id, []).append(dataclasses.replace(r, coder="hand"))
    fill(db, order, [r for found in by_article.values() for r in found], batch=batch)
    assert stored_partition(db) == sorted(tuple(sorted(g.report_ids)) for g in link(reports, articles))
    db.close()
