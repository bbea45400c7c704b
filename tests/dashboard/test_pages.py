"""The pages run: full, empty, without a match, on a store that is none; and a change of a filter shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard.dating
from pipeline.filters import Filters, where
from pipeline.settings import ROOT
from pipeline.store import open_store, open_store_readonly

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
