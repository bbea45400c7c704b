"""A rebuild gives the same bytes, whatever was lost or coded anew, and no decision is lost by it."""

from __future__ import annotations

import dataclasses
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import decisions, run, store
from pipeline.linking import make_incident_id
from pipeline.rebuild import _Planners, change_lines, rebuild
from tests.fakes import FakeCoder, FakeCoding
from tests.generate import fill_world
from tests.pipeline.test_decisions import ACTS, BY, act
from tests.pipeline.test_incidents import worlds
from tests.reports import dump, fill, make_article, make_report, save_all

ALL = ("incidents", "incident_reports", "incident_actors", "candidates", "suggestions", "incident_times", "incident_ids", "decisions")
A = make_incident_id("a-0")


@pytest.fixture
def three(fresh_db: Any) -> Any:
    articles = [make_article("a", "2023-12-03"), make_article("b", "2023-12-04"), make_article("c", "2023-12-11")]
    fill(fresh_db, articles, [make_report("a"), make_report("b", deaths=7), make_report("c", day="2023-12-10")])
    return fresh_db


def forget_incidents(db: Any) -> None:
    """Lose all that a rebuild computes."""
    with store.writing(db):
        for table in ("suggestions", "candidates", "incident_actors", "incident_times", "incident_reports", "incidents"):
            db.execute(f"DELETE FROM {table}")


def test_a_store_in_order_is_left_as_it_is(three: Any) -> None:
    before, changes = dump(three, ALL), three.conn.total_changes
    done = rebuild(three)
    assert (done.changes, done.before, done.incidents) == ((), done.after, 2)
    assert dump(three, ALL) == before
    assert three.conn.total_changes == changes


def test_lost_rows_come_back_to_the_same_bytes(three: Any) -> None:
    decisions.merge(three, A, make_incident_id("c-0"), **BY)
    decisions.set_field(three, A, "deaths_best", 9, **BY)
    before, version = dump(three, ALL), store.rows_version(three)
    forget_incidents(three)
    done = rebuild(three)
    assert (done.after, store.rows_version(three), dump(three, ALL)) == (version, version, before)
    assert {c.kind for c in done.changes} == {"new", "merged"}
    assert rebuild(three).after == version


def test_a_dry_run_says_what_would_change_and_changes_nothing(three: Any) -> None:
    with store.writing(three):
        three.execute("UPDATE incidents SET deaths_best = 70 WHERE incident_id = ?", (A,))
    before = dump(three, ALL)
    (change,) = rebuild(three, dry_run=True).changes
    assert list(change_lines(change)) == [f"{A}  changed", "    deaths_best: 70 -> 7"]
    assert dump(three, ALL) == before
    assert rebuild(three).changes == (change,)
    assert rebuild(three).changes == ()


@settings(max_examples=20, deadline=None)
@given(worlds(), st.lists(st.tuples(ACTS, st.integers(0, 5)), max_size=4))
def test_a_rebuild_from_nothing_is_the_store_that_grew(world: Any, acts: list[tuple[str, int]]) -> None:
    articles, reports, origins = world
    db = store.open_store(":memory:")
    fill(db, articles, reports, batch=2, origins=origins)
    taken = [d for kind, pick in acts if store.load_incidents(db, "i.merged_into IS NULL") and (d := act(db, kind, pick))]
    if taken:
        decisions.undo(db, taken[0].decision_id, **BY)
    before = dump(db, ALL)
    assert rebuild(db).changes == ()
    assert dump(db, ALL) == before
    forget_incidents(db)
    rebuild(db)
    assert dump(db, ALL) == before
    db.close()


@settings(max_examples=20, deadline=None)
@given(worlds(), st.lists(st.tuples(ACTS, st.integers(0, 5)), min_size=1, max_size=5), st.data())
def test_no_decision_is_lost_whatever_a_new_coder_says(world: Any, acts: list[tuple[str, int]], data: Any) -> None:
    articles, reports, origins = world
    db = store.open_store(":memory:")
    fill(db, articles, reports, origins=origins)
    for kind, pick in acts:
        if store.load_incidents(db, "i.merged_into IS NULL"):
            act(db, kind, pick)
    log = store.load_decisions(db)

    class Coder:
        name, version = "hand", "2"

        def code(self, article: Any) -> Any:
            mine = [r for r in reports if r.article_id == article.article_id]
            kept = [dataclasses.replace(r, coder_version="2", deaths_best=9) for r in mine if data.draw(st.booleans())]
            return FakeCoding("coded" if kept else "nothing", "", tuple(kept))

    rebuild(db, recode=lambda: run.recode_outdated(db, coder=Coder()))
    assert store.load_decisions(db) == log
    assert rebuild(db).changes == ()
    live = {i.incident_id: i for i in store.load_incidents(db)}
    undone = {d.target for d in log if d.kind == "undo"}
    for d in log:
        # What was decided on stands, is found under its id, or is reported as being without its reports.
        if d.decision_id not in undone and d.kind in ("set", "confirm", "reject"):
            incident = decisions.live_incident(db, d.target)
            later = [x for x in log[log.index(d) + 1 :] if x.target in (d.target, incident.incident_id) and x.kind == "set"]
            if d.kind == "set" and incident.incident_id == d.target and not later:
                assert incident.deaths_best == d.payload["values"]["deaths_best"]
                assert "deaths_best" in live[d.target].locked_fields
    assert isinstance(decisions.disagreements(db), list)
    db.close()


# --- in slices, and by several processes -------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(worlds(), st.lists(st.tuples(ACTS, st.integers(0, 5)), max_size=4), st.integers(1, 3))
def test_however_it_is_cut_a_rebuild_comes_to_the_same(world: Any, acts: list[tuple[str, int]], size: int) -> None:
    articles, reports, origins = world
    db = store.open_store(":memory:")
    fill(db, articles, reports, batch=2, origins=origins)
    for kind, pick in acts:
        if store.load_incidents(db, "i.merged_into IS NULL"):
            act(db, kind, pick)
    before = dump(db, ALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.rebuild.SLICE_REPORTS", size)
        assert rebuild(db).changes == ()
        assert dump(db, ALL) == before
        forget_incidents(db)
        rebuild(db)
        assert dump(db, ALL) == before
    db.close()


@settings(max_examples=25, deadline=None)
@given(worlds(), st.integers(1, 3))
def test_what_is_planned_of_a_slice_does_not_hang_on_what_was_written_of_others(world: Any, size: int) -> None:
    """Processes plan by the store as it was committed, one alone by the store as it has been rewritten so far."""
    articles, reports, origins = world
    stores = []
    for at_once in (False, True):
        db = store.open_store(":memory:")
        save_all(db, articles, reports, origins=origins)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.rebuild.SLICE_REPORTS", size)
            if at_once:
                patch.setattr(_Planners, "plan", lambda *args, plan=_Planners.plan: iter(list(plan(*args))))
            rebuild(db)
        stores.append(dump(db, ALL))
        db.close()
    assert stores[0] == stores[1]


def test_two_processes_come_to_the_same_bytes_as_one(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("pipeline.rebuild.SLICE_REPORTS", 100)
    done, dumps = [], []
    for processes in (1, 2):
        db = store.open_store(tmp_path / f"{processes}.db")
        fill_world(db, 400)
        done.append(rebuild(db, processes=processes))
        dumps.append(dump(db, ALL))
        db.close()
    assert done[0] == done[1]
    assert dumps[0] == dumps[1]
    assert done[0].changes


def test_a_process_that_fails_leaves_the_store_as_it_was(three: Any, tmp_path: Any) -> None:
    three.execute("DELETE FROM suggestions")
    three.conn.commit()
    before = dump(three, ALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "path_of", lambda db: str(tmp_path / "elsewhere.db"))
        with pytest.raises(BrokenProcessPool):
            rebuild(three, processes=2)
    assert dump(three, ALL) == before
    assert not three.conn.in_transaction


def test_an_article_told_as_two_far_events_gives_its_incident_to_one(fresh_db: Any, monkeypatch: Any) -> None:
    """Both of its new reports look for the incident; which of them continues it is settled once, though they lie in two slices."""
    monkeypatch.setattr("pipeline.rebuild.SLICE_REPORTS", 1)
    fill(fresh_db, [make_article("a")], [make_report("a")])
    decisions.confirm(fresh_db, A, **BY)
    near, far = make_report("a", number=1), make_report("a", number=2, country="YE", place_name="Sanaa", latitude=15.4, longitude=44.2)

    def recode() -> dict[str, set[str]]:
        store.save_coding(fresh_db, "a", [near, far], coder="hand", coder_version="2", outcome="coded")
        return {"a": {A}}

    rebuild(fresh_db, recode=recode)
    found = {i.incident_id: (i.report_ids, i.review_status) for i in store.load_incidents(fresh_db)}
    assert found[A] == (("a-1",), "confirmed")
    assert len(found) == 2
    assert rebuild(fresh_db).changes == ()


# --- a new version of the coder ----------------------------------------------------------------------


class NextCoder(FakeCoder):
    """Finds one event fewer in front, one dead more, under the numbers it counts itself."""

    def code(self, article: Any) -> Any:
        coding = super().code(article)
        shifted = [dataclasses.replace(r, deaths_best=r.deaths_best + 1, deaths_low=None, deaths_high=None) for r in coding.reports[1:]]
        renumbered = [dataclasses.replace(r, report_id=old.report_id) for r, old in zip(shifted, coding.reports, strict=False)]
        return dataclasses.replace(coding, reports=tuple(renumbered))


def test_reports_keep_their_ids_when_a_new_coder_counts_otherwise(fresh_db: Any, tmp_path: Any, settings: Any) -> None:
    text = "5 people were killed in Kirkuk on 2023-12-03. Then 7 people were killed in Gao on 2023-12-04."
    (tmp_path / "one.txt").write_text(f"Two attacks\n\n{text}", encoding="utf-8")
    run.ingest(fresh_db, [tmp_path / "one.txt"], coder=FakeCoder(), settings=settings, published="2023-12-05")
    gao = next(i for i in store.load_incidents(fresh_db) if i.place_name == "Gao")
    decisions.set_field(fresh_db, gao.incident_id, "deaths_best", 20, **BY)
    shown = rebuild(fresh_db, recode=lambda: run.recode_outdated(fresh_db, coder=NextCoder("2")), dry_run=True)
    done = rebuild(fresh_db, recode=lambda: run.recode_outdated(fresh_db, coder=NextCoder("2")))
    assert done == shown
    assert sorted(c.kind for c in done.changes) == ["changed", "gone"]
    (after,) = store.load_incidents(fresh_db)
    assert (after.incident_id, after.report_ids, after.place_name, after.deaths_best) == (gao.incident_id, gao.report_ids, "Gao", 20)
    assert [d.sentence for d in decisions.disagreements(fresh_db)] == ["deaths_best: set to 20, the articles say 8"]
    assert rebuild(fresh_db, recode=lambda: run.recode_outdated(fresh_db, coder=NextCoder("2"))).changes == ()
