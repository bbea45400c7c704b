"""The columns held in memory: the same as those read anew, after any writes; and given up where another store lies in their place."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline import columns, store
from pipeline.columns import HeldColumns, load_columns, matching, read_columns, renew_columns, save_columns
from pipeline.errors import StoreBrokenError, StoreMissingError
from pipeline.filters import ROLES, Filters, where
from tests.generate import fill_store


@pytest.fixture
def path(generated_store: Callable[..., Path]) -> Path:
    return generated_store(60)


def plain(held: columns.Columns) -> dict[str, Any]:
    """What columns say of each incident, in words: independent of how they number texts and places."""
    keys = [held.place_keys[n].tolist() for n in range(4)]
    rows: dict[str, Any] = {}
    for row, name in enumerate(held.ids.tolist()):
        days = [None if code < 0 else held.days[code] for code in (held.starts[row], held.ends[row])]
        place = held.places[row]
        at = None if place < 0 else (*(key[place] for key in keys[:3]), held.words["event_type"].text(keys[3][place]))
        texts = {n: w.text(w.codes[row]) for n, w in held.words.items()}
        rows[name] = [days, at, texts, {n: str(values[row]) for n, values in held.numbers.items()}, set(), set()]
    names = held.ids.tolist()
    for row, code, target in zip(held.actor_rows, held.actors.codes, held.is_target, strict=True):
        rows[names[row]][4].add((held.actors.text(code), bool(target)))
    for row, article, origin in zip(held.told_rows, held.told_articles, held.told_origins, strict=True):
        rows[names[row]][5].add((int(article), int(origin)))
    return rows


WRITES = (
    "UPDATE incidents SET deaths_best = 77, place_name = 'Aaa', date_start = '1999-01-01' WHERE incident_id = '{0}'",
    "UPDATE incidents SET latitude = 1.5, longitude = 2.5, where_prec = 1, event_type = 'Riots' WHERE incident_id IN ('{0}', '{1}')",
    "UPDATE incidents SET latitude = NULL, event_type = NULL, last_reported = NULL WHERE incident_id = '{0}'",
    "UPDATE incidents SET merged_into = '{1}' WHERE incident_id = '{0}' AND incident_id <> '{1}'",
    "UPDATE incidents SET merged_into = NULL WHERE incident_id = '{0}'",
    "DELETE FROM incidents WHERE incident_id = '{0}' AND incident_id NOT IN (SELECT merged_into FROM incidents WHERE merged_into NOT NULL)",
    "INSERT OR IGNORE INTO incidents (incident_id, assertion, number_of_reports, number_of_articles, number_of_sources) "
    "VALUES ('{0}+a-longer-name', 'asserted', 0, 0, 0)",
    "INSERT OR REPLACE INTO incident_actors VALUES ('{0}', 'a', 0, 'Zz Front', 2, '')",
    "DELETE FROM incident_actors WHERE incident_id = '{0}'",
    "INSERT OR REPLACE INTO incident_reports SELECT report_id, '{1}', 1.0, '' FROM incident_reports WHERE incident_id = '{0}'",
    "UPDATE incident_reports SET incident_id = '{1}' WHERE incident_id = '{0}'",
    "DELETE FROM incident_reports WHERE incident_id = '{0}'",
    "UPDATE articles SET origin_id = (SELECT MIN(origin_id) FROM origins) WHERE article_id IN (SELECT r.article_id FROM reports r "
    "JOIN incident_reports ir ON ir.report_id = r.report_id WHERE ir.incident_id = '{0}')",
    "DELETE FROM articles WHERE article_id IN (SELECT r.article_id FROM reports r JOIN incident_reports ir ON ir.report_id = r.report_id "
    "WHERE ir.incident_id = '{0}')",
)
INCIDENT = st.integers(0, 59).map("i{:06d}".format)
STEPS = st.lists(st.lists(st.tuples(st.sampled_from(WRITES), INCIDENT, INCIDENT), min_size=1, max_size=4), min_size=1, max_size=4)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_renewed_columns_are_those_read_anew(generated_master: Callable[[int, int], Path], steps: list[list[tuple[str, str, str]]]) -> None:
    db = store.open_store(":memory:")
    source = store.open_store_readonly(generated_master(60, 1))
    source.conn.backup(db.conn)
    source.close()
    db.execute("PRAGMA foreign_keys = ON")
    held = read_columns(db)
    for writes in steps:
        before = plain(held)
        renewed = None
        with store.writing(db):
            for sql, one, other in writes:
                there = db.execute("SELECT COUNT(*) FROM incidents WHERE incident_id IN (?, ?)", (one, other)).fetchone()[0]
                if there == len({one, other}):
                    db.execute(sql.format(one, other))
        renewed = renew_columns(db, held)
        assert plain(renewed) == plain(read_columns(db))
        assert plain(held) == before, "whoever still has the former state keeps it as it was"
        held = renewed
    db.close()


def test_nothing_is_read_again_where_no_incident_changed(path: Path) -> None:
    db = store.open_store(path)
    held = read_columns(db)
    with store.writing(db):
        store.save_quarantine(db, item="x", step="read", reason="empty", content=b"", size=0, run_id=None)
    assert renew_columns(db, held) is held
    db.close()


def test_only_changed_incidents_are_read_again(path: Path) -> None:
    db = store.open_store(path)
    held = read_columns(db)
    asked: list[str] = []
    db.execute("UPDATE incidents SET deaths_best = 3 WHERE incident_id = 'i000007'")
    db.conn.commit()
    db.conn.set_trace_callback(asked.append)
    renew_columns(db, held)
    db.conn.set_trace_callback(None)
    read = [sql for sql in asked if "FROM incidents i" in sql or "FROM incident_actors" in sql or "FROM incident_reports" in sql]
    assert len(read) == 3
    assert all("changes" in sql for sql in read)
    db.close()


@pytest.mark.parametrize("case", ["older copy", "made anew", "another"])
def test_a_store_put_in_the_place_of_another_is_read_anew(path: Path, tmp_path: Path, case: str) -> None:
    """A copy from before, with other writes since, must not pass for the store going on."""
    older = Path(shutil.copy(path, tmp_path / "older.db"))
    db = store.open_store(path)
    with store.writing(db):
        db.execute("UPDATE incidents SET deaths_best = 500")
        store.begin_run(db, command="ingest", coder="rules", coder_version="1", at_utc="2025-02-01T00:00:00Z")
    held = read_columns(db)
    db.close()
    if case == "older copy":
        other = store.open_store(older)
        with store.writing(other):
            store.begin_run(other, command="ingest", coder="rules", coder_version="2", at_utc="2025-02-02T00:00:00Z")
            for _ in range(3):
                other.execute("UPDATE incidents SET deaths_low = 1")
    else:
        other = store.open_store(tmp_path / "new.db")
        fill_store(other, 60 if case == "made anew" else 50)
        for _ in range(4):
            other.execute("UPDATE incidents SET deaths_low = 1")
        other.conn.commit()
    assert plain(renew_columns(other, held)) == plain(read_columns(other))
    other.close()


def test_a_store_without_the_log_of_changes_is_read_whole(path: Path) -> None:
    db = store.open_store(path)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'changes%'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("DROP TABLE changes")
    held = read_columns(db)
    db.execute("UPDATE incidents SET deaths_best = 9")
    db.conn.commit()
    assert set(renew_columns(db, held).numbers["deaths_best"].tolist()) == {9}
    db.close()


def test_an_older_store_gets_the_log_when_it_is_opened(path: Path) -> None:
    db = store.open_store(path)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'changes%'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("DROP TABLE changes")
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm006_changes'")
    db.conn.commit()
    db.close()
    again = store.open_store(path)
    assert store.incident_changes(again) == 60
    again.close()


# --- the file that spares a new process the reading ----------------------------------------------


def test_columns_come_back_from_their_file(path: Path, tmp_path: Path) -> None:
    db = store.open_store(path)
    held = read_columns(db)
    db.close()
    assert save_columns(tmp_path / "sub" / "c.npz", held)
    again = load_columns(tmp_path / "sub" / "c.npz")
    assert again is not None
    assert plain(again) == plain(held)
    assert (again.version, again.witness) == (held.version, held.witness)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"x" * 300], ids=["empty", "zip", "noise"])
def test_a_damaged_file_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    assert load_columns(tmp_path / "c.npz") is None
    assert load_columns(tmp_path / "none.npz") is None


def test_a_half_written_file_is_passed_over(path: Path, tmp_path: Path) -> None:
    db = store.open_store(path)
    save_columns(tmp_path / "c.npz", read_columns(db))
    db.close()
    whole = (tmp_path / "c.npz").read_bytes()
    for part in (0.1, 0.5, 0.98):
        (tmp_path / "c.npz").write_bytes(whole[: int(len(whole) * part)])
        assert load_columns(tmp_path / "c.npz") is None


def test_a_new_process_goes_on_from_the_file(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MIN_ROWS_KEPT", 10)
    columns.keep_columns(path, tmp_path / "cache")
    db = store.open_store(path)
    db.execute("UPDATE incidents SET deaths_best = 4 WHERE incident_id = 'i000003'")
    db.conn.commit()
    expected = plain(read_columns(db))
    db.close()

    def read_all(db: Any, since: int | None = None) -> columns.Columns:
        assert since is not None, "the file should have spared this"
        return read_columns(db, since)

    monkeypatch.setattr(columns, "read_columns", read_all)
    assert plain(HeldColumns(path, kept_in=tmp_path / "cache").at("now")) == expected


def test_a_folder_that_cannot_be_written_to_only_costs_time(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    db = store.open_store(path)
    assert not save_columns(tmp_path / "file" / "c.npz", read_columns(db))
    db.close()


# --- held for many who ask -------------------------------------------------------------------------


def test_one_page_is_of_one_moment(path: Path) -> None:
    held = HeldColumns(path)
    first = held.at("a")
    db = store.open_store(path)
    db.execute("UPDATE incidents SET deaths_best = 4")
    db.conn.commit()
    db.close()
    assert held.at("a") is first
    assert held.at("b") is not first
    assert held.at("a") is first
    for mark in "cdefg":
        assert len(held.at(mark)) == len(first)


def test_no_store_and_a_broken_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        HeldColumns(tmp_path / "none.db").at("a")
    db = store.open_store(tmp_path / "s.db")
    db.execute("DROP TABLE incident_actors")
    db.close()
    with pytest.raises(StoreBrokenError, match="incident_actors"):
        HeldColumns(tmp_path / "s.db").at("a")


def test_readers_in_many_threads_while_it_is_written(path: Path) -> None:
    """Every state that a reader gets is a whole one: each write sets all incidents to one figure."""
    held, wrong, stop = HeldColumns(path), list[str](), threading.Event()

    def read(who: int) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            now = held.at((who, n))
            figures = set(now.numbers["deaths_high"].tolist())
            condition = Filters(deaths_min=0)
            reader = store.open_store_readonly(path)
            found = matching(reader, now, condition)
            reader.close()
            if len(figures) > 1 or len(found) != len(now):
                wrong.append(f"{who}: {figures}")

    db = store.open_store(path)
    db.execute("UPDATE incidents SET deaths_high = 0")
    db.conn.commit()
    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for figure in range(1, 25):
        with store.writing(db):
            db.execute("UPDATE incidents SET deaths_high = ?", (figure,))
    stop.set()
    for thread in threads:
        thread.join()
    db.close()
    assert not wrong


def test_masks_are_those_of_the_sql(path: Path) -> None:
    db = store.open_store_readonly(path)
    held = read_columns(db)
    group, army = ("Islamic State",), ("Military of Nigeria",)
    parties = [Filters(actor=a, against=b, role=role) for a in (group, ()) for b in (army, ()) for role in ROLES]
    others = (
        Filters(),
        Filters(country=("IQ",)),
        Filters(text="bomb"),
        Filters(deaths_min=1, undated=False),
        Filters(place=("Gao", "Jos")),
    )
    for filters in (*others, *parties, Filters(mode=("drone",)), Filters(mode=("firearms", "abduct"))):
        for assertion in ("asserted", None, "denied"):
            condition, params = where(filters, assertion=assertion)
            expected = {i for (i,) in db.execute(f"SELECT i.incident_id FROM incidents i WHERE {condition}", params)}
            found = held.ids[np.flatnonzero(matching(db, held, filters, assertion=assertion))]
            assert {name.decode() for name in found} == expected
    db.close()
