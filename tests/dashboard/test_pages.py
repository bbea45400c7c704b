"""The pages run: full, empty, without a match, on a store that is none; and a change of a filter shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard.dating
from dashboard.queries import MAX_ROWS
from pipeline.filters import Filters, where
from pipeline.settings import ROOT
from pipeline.store import open_store, open_store_readonly, writing
from tests.generate import fill_store, repeat_world

APP = str(ROOT / "dashboard" / "app.py")
# The first run of a session imports what it needs; a busy machine takes its time.
TIMEOUT_S = 120


def run_app(store: Path | str, monkeypatch: pytest.MonkeyPatch, page: str = "", **params: Any) -> AppTest:
    """The app on a store, on one of its pages."""
    monkeypatch.setenv("DATELINE_STORE", str(store))
    app = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(f"views/{page}.py").run()
    return app


def texts(app: AppTest) -> str:
    """All that the page says, in one piece."""
    parts: list[str] = []
    for kind in ("title", "header", "subheader", "markdown", "caption", "code", "text", "warning", "error", "info"):
        parts += [str(element.value) for element in app.get(kind)]
    parts += [element.proto.body for element in app.get("html")]
    return "\n".join(parts)


def tally(app: AppTest) -> int:
    """The first figure of the page."""
    return int(texts(app).split('class="dl-figure">')[1].split("<")[0].replace(",", ""))


def count(store: Path, filters: Filters) -> int:
    """How many incidents meet the filters."""
    condition, values = where(filters)
    db = open_store_readonly(store)
    try:
        return int(db.execute(f"SELECT COUNT(*) FROM incidents i WHERE {condition}", values).fetchone()[0])
    finally:
        db.close()


@pytest.fixture
def full(generated_store: Callable[..., Path]) -> Path:
    """A store with 150 incidents."""
    return generated_store(150)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A store without an article."""
    path = tmp_path / "empty.db"
    open_store(path).close()
    return path


def test_monitor_shows_the_whole_store(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch)
    assert not app.exception
    assert tally(app) == count(full, Filters())
    assert len(app.dataframe[0].value) == count(full, Filters())
    assert "not stated in" in texts(app)


def test_monitor_takes_its_filters_from_the_address_and_writes_them_there(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch, country=["IQ", "SY"], actor="Islamic State")
    filters = Filters(country=("IQ", "SY"), actor=("Islamic State",))
    assert not app.exception
    assert app.multiselect(key="f_country").value == ["IQ", "SY"]
    assert tally(app) == count(full, filters)
    app.multiselect(key="f_country").set_value(["IQ"]).run()
    assert app.query_params["country"] in ("IQ", ["IQ"])
    assert tally(app) == count(full, Filters(country=("IQ",), actor=("Islamic State",)))
    app.button(key="f_reset").click().run()
    assert dict(app.query_params) == {}
    assert tally(app) == count(full, Filters())


@pytest.mark.parametrize(
    "params",
    [{"from": "no day"}, {"type": "Nonsense"}, {"deaths_min": "-3"}, {"country": "XX"}, {"role": "king"}, {"unknown": "1"}, {"q": '"'}],
    ids=lambda p: next(iter(p)),
)
def test_a_mangled_link_still_opens(full: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, str]) -> None:
    assert not run_app(full, monkeypatch, **params).exception


def test_filters_that_nothing_meets_say_so_and_can_be_reset(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch, q="zzzxqy")
    assert not app.exception
    assert "No incident matches these filters" in texts(app)
    app.button(key="state_reset").click().run()
    assert tally(app) == count(full, Filters())


@pytest.mark.parametrize("page", ["", "articles"])
def test_empty_store_says_how_to_fill_it(empty: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    app = run_app(empty, monkeypatch, page)
    assert not app.exception
    assert "The store is empty" in texts(app)
    assert "dateline ingest PATH" in texts(app)


@pytest.mark.parametrize("page", ["", "articles"])
def test_missing_store_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    app = run_app(tmp_path / "nowhere.db", monkeypatch, page)
    assert not app.exception
    assert "There is no store yet" in texts(app)
    assert "nowhere.db" in texts(app)


@pytest.mark.parametrize("page", ["", "articles", "ingest"])
@pytest.mark.parametrize("content", [b"words, not a database " * 50, b"SQLite format 3\x00" + b"\x07" * 4000], ids=["text", "damaged"])
def test_broken_store_gives_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, content: bytes) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    app = run_app(path, monkeypatch, page)
    assert not app.exception
    assert "The store cannot be read" in texts(app)
    assert path.read_bytes() == content, "looking at it changes nothing"


def test_another_programs_database_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE birds (name TEXT)")
    db.close()
    app = run_app(path, monkeypatch)
    assert not app.exception
    assert "not a Dateline store" in texts(app)


def test_hostile_words_stay_words(monkeypatch: pytest.MonkeyPatch, generated_store: Callable[..., Path]) -> None:
    path = generated_store(3)
    db = open_store(path)
    bad = "<img src=x onerror=alert(1)> **bold** [link](javascript:alert(1))"
    db.execute("UPDATE incidents SET place_name = ?, assertion = 'asserted', review_status = 'machine'", (bad,))
    db.conn.commit()
    db.close()
    app = run_app(path, monkeypatch)
    assert not app.exception
    assert "<img" not in texts(app)


def test_ingest_page_works_before_there_is_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(tmp_path / "new.db", monkeypatch, "ingest")
    assert not app.exception
    assert "Bring articles in" in texts(app)


def test_pasted_text_is_coded_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coder: Any) -> None:
    monkeypatch.setattr(dashboard.dating, "cached_coder", lambda *_: coder)
    store = tmp_path / "pasted.db"
    app = run_app(store, monkeypatch, "ingest")
    app.text_area(key="paste_text").set_value(
        "Air strike kills five near Kirkuk\n\nKIRKUK, Iraq - An air strike killed five militants near the northern Iraqi city "
        "of Kirkuk on Sunday, a security source said."
    )
    app.date_input(key="paste_day").set_value("2023-12-03")
    app.text_input(key="paste_source").set_value("Northern Wire")
    next(b for b in app.button if b.label == "Take in" and "paste" in b.form_id).click().run()
    assert not app.exception
    assert "1 article read, 1 new" in texts(app)
    assert count(store, Filters(country=("IQ",))) == 1


def test_pasted_blank_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(tmp_path / "blank.db", monkeypatch, "ingest")
    app.text_area(key="paste_text").set_value("   ")
    next(b for b in app.button if b.label == "Take in" and "paste" in b.form_id).click().run()
    assert "Paste a text first" in texts(app)
    assert not (tmp_path / "blank.db").exists()


# --- large, and broken in the middle ----------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with 10,000 incidents."""
    path = tmp_path_factory.mktemp("large") / "large.db"
    db = open_store(path)
    db.execute("PRAGMA synchronous = OFF")
    fill_store(db, 500)
    repeat_world(db, 20, layers=10, scatter=True)
    db.close()
    return path


def test_monitor_counts_ten_thousand_incidents_and_draws_what_a_browser_can(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(large, monkeypatch)
    assert not app.exception
    assert tally(app) == count(large, Filters()) > 7_500
    assert len(app.dataframe[0].value) == MAX_ROWS
    assert f"The first {MAX_ROWS:,} of {tally(app):,} incidents" in texts(app)
    app.multiselect(key="f_country").set_value(["IQ"]).run()
    assert not app.exception
    assert tally(app) == count(large, Filters(country=("IQ",)))


def test_what_is_written_meanwhile_is_counted_at_the_next_look(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run_app(full, monkeypatch, country="IQ")
    before = tally(app)
    db = open_store(full)
    with writing(db):
        changed = "assertion = 'asserted' AND review_status <> 'rejected' AND country = 'SY'"
        db.execute(f"UPDATE incidents SET country = 'IQ' WHERE incident_id IN (SELECT incident_id FROM incidents WHERE {changed} LIMIT 3)")
    db.close()
    app.run()
    assert not app.exception
    assert tally(app) == count(full, Filters(country=("IQ",))) == before + 3


def cut(path: Path) -> None:
    """Half of the file, as a copy over a line that broke."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def without(table: str) -> Callable[[Path], None]:
    """Takes a table out of a store."""

    def drop(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                db.execute(f"DROP TRIGGER {name}")
            db.execute(f"DROP TABLE {table}")
            db.commit()

    return drop


@pytest.mark.parametrize("damage", [cut, without("incident_actors"), without("actor_tree"), without("incidents")], ids=lambda d: d.__name__)
def test_a_store_damaged_before_or_while_the_page_is_open_gives_the_reason(
    full: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    open_before = run_app(full, monkeypatch)
    assert not open_before.exception
    damage(full)
    for app in (open_before.run(), run_app(full, monkeypatch)):
        assert not app.exception
        assert any(words in texts(app) for words in ("The store cannot be read", "not a Dateline store"))


def test_a_store_that_another_program_has_locked_gives_the_reason(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(full, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        app = run_app(full, monkeypatch)
        other.execute("ROLLBACK")
    assert not app.exception
    assert "The store cannot be read" in texts(app)
    assert "locked" in texts(app)
    assert tally(run_app(full, monkeypatch)) == count(full, Filters()), "once the lock is gone it is read as before"
