"""The Ingest page: seen before it is saved, taken in at a pace that is told, and refused items tried again or dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import dashboard.dating
from dashboard.quarantined import drop_items, retry_items
from dashboard.taking import CODED, LOOKED_AT, Brought, Pace, left_words, look_at, safe_name, take_in
from pipeline import store
from pipeline.run import Summary
from pipeline.settings import load_settings
from tests.dashboard.pages import broken_store, page_text, run_page
from tests.fakes import FakeCoder

STORY = "Attack in {town}\n\n{n} people were killed in {town} on 2023-12-0{d}. Others fled."
HOSTILE = "<script>alert(1)</script> **x** \u202e"


@pytest.fixture(autouse=True)
def quick_coder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard.dating, "cached_coder", lambda *_: FakeCoder())


def story(n: int = 5, town: str = "Kirkuk", d: int = 3) -> str:
    return STORY.format(n=n, town=town, d=d)


def lines(count: int) -> bytes:
    rows = [{"headline": f"Story {n}", "text": story(n + 1), "published": "2023-12-04", "source": f"Wire {n}"} for n in range(count)]
    return "\n".join(map(json.dumps, rows)).encode()


def stored(path: Path) -> int:
    if not path.exists():
        return 0
    db = store.open_store_readonly(path)
    try:
        return int(db.execute("SELECT COUNT(*) FROM articles").fetchone()[0])
    finally:
        db.close()


def press(at: AppTest, label: str, form: str = "") -> AppTest:
    next(b for b in at.button if b.label == label and form in b.form_id).click()
    return at.run()


# --- looking -------------------------------------------------------------------------------------


def test_a_look_stores_nothing_and_makes_no_store(own_store: Path) -> None:
    look = look_at(load_settings(), Brought(text=story(), published="2023-12-04"))
    assert [len(seen.coding.reports) for seen in look.seen] == [1]
    assert not own_store.exists()


def test_what_was_looked_at_is_what_is_saved(own_store: Path) -> None:
    settings = load_settings()
    brought = Brought(files=(("a.jsonl", lines(12)), ("b.bin.txt", b"\x00\x01\x02" * 50)))
    look = look_at(settings, brought)
    assert (len(look.seen), look.new, len(look.refused), look.more) == (12, 12, 1, False)
    assert sum(seen.coding is not None for seen in look.seen) == CODED
    summary, _ = take_in(settings, brought)
    assert (summary.read, summary.new, len(summary.refused)) == (13, 12, 1)
    again = look_at(settings, brought)
    assert again.new == 0
    assert all(seen.known for seen in again.seen)


def test_of_very_much_the_beginning_is_looked_at(own_store: Path) -> None:
    look = look_at(load_settings(), Brought(files=(("a.jsonl", lines(LOOKED_AT + 3)),)))
    assert (len(look.seen), look.more) == (LOOKED_AT, True)


def test_a_pasted_text_is_seen_then_saved(own_store: Path) -> None:
    at = run_page("ingest")
    at.text_area(key="paste_text").set_value(story())
    at.text_input(key="paste_source").set_value(HOSTILE)
    press(at, "Look first", "paste")
    assert not at.exception
    words = page_text(at)
    assert "**Not saved yet.** 1 article." in words
    assert "1 event counted" in words
    assert "<script>" not in words
    assert len(at.get("bidi_component")) == 1
    assert stored(own_store) == 0
    at.button(key="look_save").click().run()
    assert not at.exception
    assert stored(own_store) == 1
    assert "1 article read, 1 new. 1 report coded, in 1 incident." in page_text(at)
    assert "Not saved yet" not in page_text(at)
    at.text_area(key="paste_text").set_value(story())
    at.text_input(key="paste_source").set_value(HOSTILE)
    press(at, "Look first", "paste")
    assert "in the store already; saving changes nothing" in page_text(at)
    assert at.button(key="look_save").disabled


def test_a_pasted_text_is_seen_then_discarded(own_store: Path) -> None:
    at = run_page("ingest")
    at.text_area(key="paste_text").set_value(story())
    press(at, "Look first", "paste")
    at.button(key="look_discard").click().run()
    assert not at.exception
    assert "Not saved yet" not in page_text(at)
    assert stored(own_store) == 0


def test_files_are_seen_then_saved(own_store: Path) -> None:
    at = run_page("ingest")
    at.file_uploader[0].set_value([("many.jsonl", lines(12), "application/json"), ("quiet.txt", b"Nothing here.\n\nCalm.", "text/plain")])
    press(at, "Look first", "files")
    assert not at.exception
    words = page_text(at)
    assert "**Not saved yet.** 13 articles." in words
    assert "and 3 more articles, coded when they are saved" in words
    at.button(key="look_save").click().run()
    assert stored(own_store) == 13


def test_what_would_be_refused_is_said_before(own_store: Path) -> None:
    at = run_page("ingest")
    at.text_area(key="paste_text").set_value("... --- ...")
    press(at, "Look first", "paste")
    assert "would be refused: there is no text in it" in page_text(at)
    assert stored(own_store) == 0


# --- pace ----------------------------------------------------------------------------------------


def test_the_pace_says_how_far_how_fast_and_how_long() -> None:
    pace = Pace(500, began=100.0)
    s = Summary(read=100, new=90, incidents=7, refused=(("a", "b"),))
    assert pace.words(s, now=110.0) == "100 of 500 read, 90 new, 1 refused, 7 incidents so far · 10 a second · about 40 seconds left"
    assert pace.share(s) == 0.2
    slow = Pace(began=0.0)
    assert slow.words(Summary(read=3, new=3), now=60.0) == "3 read, 3 new, 0 incidents so far · 3 a minute"
    assert slow.share(s) is None
    assert left_words(0.2) == "nearly done"
    assert left_words(600) == "about 10 minutes left"


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_a_file_name_leads_nowhere_else(name: str, taken: list[str]) -> None:
    safe = safe_name(name, taken)
    assert safe not in taken
    assert "/" not in safe
    assert safe not in ("", ".", "..")


# --- refused -------------------------------------------------------------------------------------


@pytest.fixture
def refused(own_store: Path) -> Path:
    """A store with two refused items: one whose column has another name, one that is no text."""
    files = (("table.csv", b"when,what\n2023-12-04,nothing"), ("noise.txt", b"\x00\x01\x02" * 50))
    take_in(load_settings(), Brought(files=files))
    return own_store


def refused_ids(path: Path) -> list[str]:
    db = store.open_store_readonly(path)
    try:
        return [row[0] for row in store.quarantined(db)]
    finally:
        db.close()


def test_refused_items_are_listed_with_reason_and_tried_again(refused: Path) -> None:
    at = run_page("ingest")
    words = page_text(at)
    assert "table.csv" in words
    assert "noise.txt" in words
    (first, _) = refused_ids(refused)
    at.button(key=f"retry_{first}").click().run()
    assert not at.exception
    assert "0 of 1 item taken in." in page_text(at)
    assert "Refused still: " in page_text(at)


def test_one_is_dropped_then_all(refused: Path) -> None:
    at = run_page("ingest")
    first, second = refused_ids(refused)
    at.button(key=f"drop_{first}").click().run()
    assert refused_ids(refused) == [second]
    assert "1 item dropped." in page_text(at)


def test_what_can_be_taken_now_leaves_the_list(own_store: Path) -> None:
    db = store.open_store(own_store)
    content = story().encode()
    with store.writing(db):
        store.save_quarantine(db, item="a.txt", step="code", reason="a bug of then", content=content, size=len(content), run_id=None)
    db.close()
    at = run_page("ingest")
    at.button(key=f"retry_{refused_ids(own_store)[0]}").click().run()
    assert not at.exception
    assert "1 of 1 item taken in." in page_text(at)
    assert refused_ids(own_store) == []
    assert stored(own_store) == 1


def test_all_at_once(refused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", said)
    retry_items(None, "2023-12-04")
    assert said["quarantine_said"][""] == "0 of 2 items taken in."
    drop_items(None)
    assert said["quarantine_said"][""] == "2 items dropped."
    assert refused_ids(refused) == []


def test_a_broken_store_gives_the_reason(own_store: Path) -> None:
    own_store.parent.mkdir(parents=True, exist_ok=True)
    broken_store(own_store)
    assert run_page("ingest").subheader[0].value == "The store cannot be read"
