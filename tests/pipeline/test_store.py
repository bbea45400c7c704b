"""The store: its schema, what its writers promise, and that records come back as they went in."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.errors import StoreBrokenError, StoreMissingError
from pipeline.filters import Filters, where
from pipeline.models import (
    ASSERTIONS,
    ATTRIBUTION_KINDS,
    EVENT_TYPE_OF,
    MODES,
    STANCES,
    Actor,
    Article,
    Attribution,
    Candidate,
    Claim,
    Decision,
    Evidence,
    Incident,
    Part,
    Report,
)

VIRTUAL = ("articles_fts",)


def own_tables(db: Any) -> list[str]:
    return [t for t in db.table_names() if not t.startswith(VIRTUAL) and not t.startswith(("_", "sqlite_"))]


def make_article(n: int = 1, **values: Any) -> Article:
    text = f"Headline {n}\n\nFive people were killed in Kirkuk."
    base = {"article_id": f"a{n}", "story_id": f"s{n}", "published_at_utc": "2023-12-03T00:00:00Z", "published_source": "metadata"}
    return Article(**(base | {"headline": f"Headline {n}", "text": text} | values))


def make_report(n: int = 1, article_id: str = "a1", **values: Any) -> Report:
    base = {"report_id": f"r{n}", "article_id": article_id, "assertion": "asserted", "coder": "rules", "coder_version": "1"}
    return Report(**(base | values))


# --- schema ------------------------------------------------------------------------------------


def test_every_table_is_strict(fresh_db: Any) -> None:
    strict = {name: bool(flag) for _, name, kind, _, _, flag in fresh_db.execute("PRAGMA table_list") if kind == "table"}
    assert [t for t in own_tables(fresh_db) if not strict[t]] == []
    with pytest.raises(sqlite3.IntegrityError, match="TEXT"):
        fresh_db.execute("INSERT INTO quarantine (item_id, item, step, reason, size) VALUES ('q', 'i', 's', 'r', 'many')")


def test_foreign_keys_and_wal_are_on(fresh_db: Any) -> None:
    assert fresh_db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert fresh_db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store.save_coding(fresh_db, "a-none", [], coder="rules", coder_version="1", outcome="nothing")


def test_every_foreign_key_has_an_index(fresh_db: Any) -> None:
    """Without one, removing a parent row reads the whole child table."""
    bare = []
    for table in own_tables(fresh_db):
        indexes = [row[1] for row in fresh_db.execute(f"PRAGMA index_list('{table}')")]
        led = {fresh_db.execute(f"PRAGMA index_info('{index}')").fetchone()[2] for index in indexes}
        for key in fresh_db.execute(f"PRAGMA foreign_key_list('{table}')"):
            parent, column = key[2], key[3]
            # Rows of runs and actors are never removed one by one.
            if parent not in ("runs", "actors") and column not in led:
                bare.append((table, column))
    assert bare == []


def test_opening_again_changes_nothing(fresh_db: Any, tmp_path: Path) -> None:
    before = list(fresh_db.conn.iterdump())
    again = store.open_store(tmp_path / "fresh.db")
    assert list(again.conn.iterdump()) == before
    again.close()


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(date_from="2024-11-01"), "incidents_"),
        (Filters(date_from="2023-03-01", date_to="2023-03-05", undated=False), "incidents_"),
        (Filters(country=("IQ",)), "incidents_place"),
        (Filters(country=("IQ",), admin1=("Kirkuk",)), "incidents_place"),
        (Filters(event_type=("Battles",)), "incidents_type"),
        (Filters(event_type=("Suicide bomb",)), "incidents_"),
        (Filters(deaths_min=100), "incidents_"),
        (Filters(actor=("Islamic State",)), "incident_actors_name"),
        (Filters(actor=("Islamic State",), role="initiator"), "incident_actors_name"),
        (Filters(status=("rejected",)), "incidents_"),
        (Filters(since="2100-01-01T00:00:00.000Z"), "incident_stored_at"),
    ],
)
def test_each_filter_uses_an_index(generated_store: Any, filters: Filters, index: str) -> None:
    db = store.open_store_readonly(generated_store(500))
    condition, params = where(filters)
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM incidents i WHERE {condition}", params)]
    db.close()
    assert not [step for step in plan if step.startswith("SCAN i")], plan
    assert any(index in step for step in plan), plan


def test_what_leaves_most_incidents_is_read_in_a_row(generated_store: Any) -> None:
    """An index for what nearly all meet would be ten times as slow; the articles with a word still come from the index of words."""
    db = store.open_store_readonly(generated_store(500))
    for filters, steps in ((Filters(), ["SCAN i"]), (Filters(text="Maiduguri"), ["SCAN i", "SCAN f VIRTUAL TABLE INDEX"])):
        condition, params = where(filters)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM incidents i WHERE {condition}", params)]
        assert all(any(found.startswith(step) for found in plan) for step in steps), plan
    db.close()


# --- opening what is not a store ---------------------------------------------------------------


def test_missing_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match=r"nothing\.db"):
        store.open_store_readonly(tmp_path / "nothing.db")


@pytest.mark.parametrize("opener", [store.open_store, store.open_store_readonly])
@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_broken_store_is_named(tmp_path: Path, opener: Any, content: bytes) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    with pytest.raises(StoreBrokenError, match=r"broken\.db"):
        opener(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("opener", [store.open_store, store.open_store_readonly])
def test_somebody_elses_database_is_left_alone(tmp_path: Path, opener: Any) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE bookmarks (url TEXT)")
    conn.close()
    with pytest.raises(StoreBrokenError, match="not a Dateline store"):
        opener(path)
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    conn.close()


def test_readonly_cannot_write(fresh_db: Any, tmp_path: Path) -> None:
    db = store.open_store_readonly(tmp_path / "fresh.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM runs")
    db.close()


# --- what goes in comes out --------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
counts = st.none() | st.integers(0, 10_000)
days = st.none() | st.dates().map(lambda d: d.isoformat())
actors = st.lists(st.builds(Actor, words, st.integers(1, 8), st.lists(words, max_size=2).map(tuple), words), max_size=3).map(tuple)
coded = {
    "assertion": st.sampled_from(ASSERTIONS),
    "sub_event_type": st.none() | st.sampled_from(sorted(EVENT_TYPE_OF)),
    "modes": st.lists(st.sampled_from(MODES), max_size=3).map(tuple),
    "date_start": days,
    "date_end": days,
    "date_prec": st.none() | st.integers(1, 5),
    "place_name": st.none() | words,
    "latitude": st.none() | st.floats(-90, 90),
    "longitude": st.none() | st.floats(-180, 180),
    "where_prec": st.none() | st.integers(1, 7),
    "side_a": actors,
    "side_b": actors,
    "deaths_best": counts,
    "deaths_low": counts,
    "injured_best": counts,
    "count_vague": st.booleans(),
    "claims": st.lists(st.builds(Claim, words, st.sampled_from(STANCES), words, words), max_size=2).map(tuple),
    "attributions": st.lists(st.builds(Attribution, words, st.sampled_from(ATTRIBUTION_KINDS)), max_size=2).map(tuple),
}
quotes = st.text("abc", min_size=1, max_size=9)
span = st.tuples(words, st.integers(0, 500), quotes).map(lambda t: Evidence(t[0], t[1], t[1] + len(t[2]), t[2]))
spans = st.lists(span, max_size=4).map(tuple)
reports = st.builds(
    Report, report_id=st.just("r1"), article_id=st.just("a1"), coder=st.just("rules"), coder_version=words,
    evidence=spans, confidence=st.none() | st.floats(0, 1), confidences=st.dictionaries(words, st.floats(0, 1), max_size=3), **coded,
)  # fmt: skip
incidents = st.builds(
    Incident, incident_id=st.just("i1"), review_status=st.sampled_from(["machine", "confirmed", "edited", "rejected"]),
    locked_fields=st.lists(words, max_size=2).map(tuple), rules=st.dictionaries(words, words, max_size=3),
    number_of_reports=st.integers(0, 9), report_ids=st.just(("r1",)),
    candidates=st.lists(st.builds(Candidate, words, counts | words, st.just("r1"), st.booleans()), max_size=3, unique_by=lambda c: c.field)
    .map(lambda cs: tuple(sorted(cs, key=lambda c: c.field.encode()))), **coded,
)  # fmt: skip


@pytest.fixture(scope="module")
def memory_db() -> Any:
    db = store.open_store(":memory:")
    store.save_article(db, make_article())
    store.save_coding(db, "a1", [make_report()], coder="rules", coder_version="1", outcome="coded")
    yield db
    db.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports)
def test_reports_come_back_whole(memory_db: Any, report: Report) -> None:
    store.save_coding(memory_db, "a1", [report], coder="rules", coder_version="1", outcome="coded")
    assert store.load_reports(memory_db) == [dataclasses.replace(report, coder="rules", coder_version="1")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(incidents)
def test_incidents_come_back_whole(memory_db: Any, incident: Incident) -> None:
    store.save_coding(memory_db, "a1", [make_report()], coder="rules", coder_version="1", outcome="coded")
    store.save_incident(memory_db, incident)
    store.save_incident(memory_db, incident)
    assert store.load_incidents(memory_db) == [incident]
    store.delete_incident(memory_db, "i1")
    assert memory_db.execute("SELECT COUNT(*) FROM incident_actors").fetchone()[0] == 0


@given(text=words, parts=st.lists(st.builds(Part, st.just("body"), st.integers(0, 9), st.integers(10, 20)), max_size=3).map(tuple))
def test_articles_come_back_whole(text: str, parts: tuple[Part, ...]) -> None:
    db = store.open_store(":memory:")
    article = make_article(text=text, headline=text, parts=parts)
    assert store.save_article(db, article)
    assert not store.save_article(db, article)
    assert list(store.load_articles(db)) == [article]
    db.close()


def test_null_and_zero_stay_apart(fresh_db: Any) -> None:
    store.save_article(fresh_db, make_article())
    store.save_coding(fresh_db, "a1", [make_report(1, deaths_best=0), make_report(2)], coder="rules", coder_version="1", outcome="coded")
    assert fresh_db.execute("SELECT deaths_best, injured_best FROM reports ORDER BY report_id").fetchall() == [(0, None), (None, None)]


# --- coding again, searching -------------------------------------------------------------------


def test_coding_again_replaces_only_that_coders_reports(fresh_db: Any) -> None:
    store.save_article(fresh_db, make_article())
    store.save_coding(fresh_db, "a1", [make_report(1), make_report(2)], coder="rules", coder_version="1", outcome="coded")
    store.save_coding(fresh_db, "a1", [make_report(3, coder="other")], coder="other", coder_version="1", outcome="coded")
    store.save_coding(fresh_db, "a1", [make_report(4)], coder="rules", coder_version="2", outcome="coded")
    assert [r.report_id for r in store.load_reports(fresh_db)] == ["r3", "r4"]
    assert fresh_db.execute("SELECT coder, coder_version FROM codings ORDER BY 1").fetchall() == [("other", "1"), ("rules", "2")]
    assert store.incident_ids_of(fresh_db, "a1") == [("r4", None)]  # of the active coder, which came first


def test_text_search_ignores_accents(fresh_db: Any) -> None:
    store.save_article(fresh_db, make_article(text="Un attentat à Gao a tué trois soldats à Sévaré."))
    found = fresh_db.execute("SELECT COUNT(*) FROM articles_fts WHERE articles_fts MATCH 'sevare'").fetchone()[0]
    fresh_db.execute("DELETE FROM articles")
    assert (found, fresh_db.execute("SELECT COUNT(*) FROM articles_fts WHERE articles_fts MATCH 'sevare'").fetchone()[0]) == (1, 0)


def test_revisions_of_a_story(fresh_db: Any) -> None:
    assert store.latest_revision(fresh_db, "s") == 0
    store.save_article(fresh_db, make_article(1, story_id="s"))
    store.save_article(fresh_db, make_article(2, story_id="s", revision=2))
    assert store.latest_revision(fresh_db, "s") == 2
    assert fresh_db.execute("SELECT article_id, is_current FROM published_articles ORDER BY 1").fetchall() == [("a1", 0), ("a2", 1)]
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        store.save_article(fresh_db, make_article(3, story_id="s", revision=2))


# --- decisions, quarantine, actors -------------------------------------------------------------


def test_decisions_are_kept_and_read_in_order(fresh_db: Any) -> None:
    confirm = {"at_utc": "2024-01-01T00:00:00Z", "by": "Ada", "kind": "confirm", "target": "i1"}
    taken = [Decision(decision_id=f"d{n}", payload={"n": n}, **confirm) for n in (2, 1)]
    for decision in taken:
        store.append_decision(fresh_db, decision)
    assert store.load_decisions(fresh_db) == taken
    for statement in ("DELETE FROM decisions", "UPDATE decisions SET by = 'Eve'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            fresh_db.execute(statement)


def test_a_given_date_holds_until_it_is_undone(fresh_db: Any) -> None:
    article = make_article(published_at_utc=None, published_source=None)
    store.save_article(fresh_db, article)
    assert [row[0] for row in store.undated_articles(fresh_db)] == ["a1"]
    decision = Decision(
        decision_id="d1", at_utc="2024-01-01T00:00:00Z", by="Ada", kind="set_published", target="a1",
        payload={"published_at_utc": "2023-12-03T00:00:00Z"},
    )  # fmt: skip
    store.append_decision(fresh_db, decision)
    dated = dataclasses.replace(article, published_at_utc="2023-12-03T00:00:00Z", published_source="given")
    assert (list(store.load_articles(fresh_db)), store.undated_articles(fresh_db)) == ([dated], [])
    store.append_decision(fresh_db, dataclasses.replace(decision, decision_id="d2", kind="undo", target="d1", payload={}))
    assert list(store.load_articles(fresh_db)) == [article]


def test_the_same_refusal_is_kept_once(fresh_db: Any) -> None:
    refusal = {"item": "x.txt", "step": "read", "reason": "is empty", "content": b"", "size": 0, "run_id": None}
    assert [store.save_quarantine(fresh_db, **refusal), store.save_quarantine(fresh_db, **refusal)] == [True, False]
    assert store.save_quarantine(fresh_db, **(refusal | {"content": b"other bytes"}))
    known = {key: value for key, value in refusal.items() if key != "run_id"}
    assert store.quarantine_known(fresh_db, store.quarantine_id(**known))
    assert not store.quarantine_known(fresh_db, store.quarantine_id(**(known | {"reason": "is too large"})))
    assert len(store.quarantined(fresh_db)) == 2


def test_actors_are_written_only_when_they_differ(fresh_db: Any) -> None:
    row = {
        "actor_id": "is", "name": "Islamic State", "aliases": ["IS"], "kind": "group", "country": "", "inter": 2,
        "active_from": 2013, "active_to": None,
    }  # fmt: skip
    tree = [("Islamic State", "Islamic State", 0)]
    assert [store.save_actors(fresh_db, [row], tree), store.save_actors(fresh_db, [row], tree)] == [True, False]
    assert store.save_actors(fresh_db, [row | {"aliases": ["IS", "Daesh"]}], tree)


# --- transactions ------------------------------------------------------------------------------


def test_a_failed_transaction_leaves_nothing(fresh_db: Any) -> None:
    def fail_half_way() -> None:
        with store.writing(fresh_db):
            store.save_article(fresh_db, make_article())
            store.save_coding(fresh_db, "a1", [make_report(), make_report()], coder="rules", coder_version="1", outcome="coded")

    with pytest.raises(sqlite3.IntegrityError):
        fail_half_way()
    assert fresh_db.execute("SELECT COUNT(*) FROM articles").fetchone()[0] == 0


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    """Each transaction reads before it writes, which would deadlock without the lock at its start."""
    path = tmp_path / "shared.db"
    store.open_store(path).close()
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        db = store.open_store(path)
        try:
            for n in range(40):
                with store.writing(db):
                    revision = store.latest_revision(db, "shared") + 1
                    store.save_article(db, make_article(article_id=f"a-{writer}-{n}", story_id="shared", revision=revision))
        except BaseException as e:
            errors.append(e)
        finally:
            db.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db = store.open_store_readonly(path)
    found = db.execute("SELECT COUNT(*), MAX(revision) FROM articles").fetchone()
    db.close()
    assert (errors, found) == ([], (120, 120))


def test_a_reader_sees_a_store_while_it_is_written(fresh_db: Any, tmp_path: Path) -> None:
    with store.writing(fresh_db):
        store.save_article(fresh_db, make_article())
        reader = store.open_store_readonly(tmp_path / "fresh.db")
        assert reader.execute("SELECT COUNT(*) FROM articles").fetchone()[0] == 0
    assert reader.execute("SELECT COUNT(*) FROM articles").fetchone()[0] == 1
    reader.close()
