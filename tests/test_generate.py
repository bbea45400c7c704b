"""The generated stores that other tests and the bench stand on."""

from __future__ import annotations

import pytest

from pipeline import store
from pipeline.models import ASSERTIONS
from tests.generate import fill_store


@pytest.fixture(scope="module")
def db():
    db = store.open_store(":memory:")
    fill_store(db, 400)
    yield db
    db.close()


def count(db, what: str) -> int:
    return db.execute(f"SELECT COUNT(*) FROM {what}").fetchone()[0]


def test_the_same_seed_gives_the_same_rows(db):
    again = store.open_store(":memory:")
    fill_store(again, 400)
    # The migrations note when they ran, and each incident when it was first stored.
    timed = ('"_sqlite_migrations"', 'INSERT INTO "incident_stored"')
    rows = [[line for line in d.conn.iterdump() if not any(word in line for word in timed)] for d in (db, again)]
    again.close()
    assert rows[0] == rows[1]


def test_evidence_quotes_the_text(db):
    sql = 'evidence e JOIN reports r USING (report_id) JOIN articles a USING (article_id) WHERE substr(a.text, start + 1, "end" - start)'
    assert count(db, f"{sql} <> quote") == 0
    assert count(db, f"{sql} = quote") > 3000


def test_every_case_is_among_them(db):
    assert {row[0] for row in db.execute("SELECT DISTINCT assertion FROM incidents")} == set(ASSERTIONS)
    assert {row[0] for row in db.execute("SELECT DISTINCT review_status FROM incidents")} == {"machine", "confirmed", "edited", "rejected"}
    assert {row[0] for row in db.execute("SELECT DISTINCT where_prec FROM incidents")} == {1, 2, 4, 6, None}
    for case in ("date_start IS NULL", "latitude IS NULL", "deaths_best IS NULL", "deaths_best = 0", "number_of_reports > 1"):
        assert count(db, f"incidents WHERE {case}") > 5, case
    assert count(db, "incidents WHERE number_of_sources < number_of_articles") > 5


def test_it_is_a_whole_store(db):
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert count(db, "reports") == count(db, "incident_reports") == count(db, "articles")
