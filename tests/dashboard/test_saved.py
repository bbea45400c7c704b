"""Saved views: kept, opened, renamed, removed on the pages; each a link, each a feed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.queries import fingerprint
from dashboard.saved import feed_of
from dashboard.views.saved import feed_name
from pipeline import store, views
from pipeline.filters import Filters
from pipeline.views import SavedView
from tests.dashboard.pages import broken_store, page_text, run_page
from tests.dashboard.test_pages import count, run_app, tally

IRAQ = Filters(country=("IQ",))
HOSTILE = "<img src=x onerror=alert(1)> **[a](javascript:b)** $x$ :red[c] العراق"


@pytest.fixture
def full(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = generated_store(60)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    return path


def kept(path: Path) -> dict[str, Filters]:
    db = store.open_store_readonly(path)
    try:
        return {view.name: view.filters for view in views.list_views(db)}
    finally:
        db.close()


def keep(path: Path, name: str, filters: Filters) -> SavedView:
    db = store.open_store(path)
    try:
        return views.save_view(db, name, filters, by="ada", at_utc="2023-12-05T10:00:00Z")
    finally:
        db.close()


def click(at: AppTest, label: str) -> AppTest:
    next(b for b in at.button if b.label == label).click()
    return at.run()


def test_the_current_filters_are_kept_renamed_and_removed(full: Path) -> None:
    at = run_page("saved", country="IQ", deaths_min="1")
    assert "None yet" in page_text(at)
    assert "Iraq · 1 killed or more" in page_text(at)
    at.text_input(key="save_name").set_value("Iraq, deadly")
    click(at, "Save")
    assert kept(full) == {"Iraq, deadly": Filters(country=("IQ",), deaths_min=1)}
    assert "They are saved as “Iraq, deadly”" in page_text(at)
    (view,) = views.list_views(store.open_store_readonly(full))
    at.text_input(key=f"name_{view.view_id}").set_value("Mesopotamia")
    click(at, "Rename")
    assert not at.exception
    assert list(kept(full)) == ["Mesopotamia"]
    at.button(key=f"drop_{view.view_id}").click().run()
    assert kept(full) == {}
    assert "None yet" in page_text(at)


def test_a_view_can_be_set_to_the_current_filters(full: Path) -> None:
    view = keep(full, "Iraq", IRAQ)
    at = run_page("saved", country="SY")
    at.button(key=f"set_{view.view_id}").click().run()
    assert kept(full) == {"Iraq": Filters(country=("SY",))}


@pytest.mark.parametrize(("name", "said"), [("", "a saved view needs a name"), ("IRAQ", "there is a saved view 'Iraq' already")])
def test_a_name_that_cannot_be_is_refused_in_words(full: Path, name: str, said: str) -> None:
    keep(full, "Iraq", IRAQ)
    at = run_page("saved", country="SY")
    at.text_input(key="save_name").set_value(name)
    click(at, "Save")
    assert not at.exception
    assert said.replace("'", "") in at.toast[0].value.replace("\\", "").replace("'", "")
    assert kept(full) == {"Iraq": IRAQ}


def test_every_view_is_a_link_with_its_count(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(full, HOSTILE, IRAQ)
    app = run_app(full, monkeypatch, "saved")
    assert not app.exception
    found = next(e.proto for e in app.get("page_link") if e.proto.query_string == "country=IQ")
    assert found.label.startswith("\\<img src=x onerror=alert\\(1\\)\\> \\*\\*\\[a\\]")
    assert f"{count(full, IRAQ)} incident" in page_text(app)
    assert "<img" not in page_text(app)


def test_the_sidebar_opens_and_keeps_views(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = keep(full, "Iraq", IRAQ)
    app = run_app(full, monkeypatch)
    app.session_state["saved"] = True
    app.run()
    app.button(key=f"open_{view.view_id}").click().run()
    assert not app.exception
    assert tally(app) == count(full, IRAQ)
    assert app.query_params["country"] in ("IQ", ["IQ"])


def test_the_feed_of_the_page_is_that_of_the_command(full: Path) -> None:
    view = keep(full, "Iraq", IRAQ)
    content = feed_of(str(full), fingerprint(full), view, "https://dateline.example")
    assert len(feedparser.parse(content).entries) == min(100, count(full, IRAQ))


@pytest.mark.parametrize(
    ("name", "file"), [("Iraq, deadly", "Iraq-deadly.atom"), ("../../etc/passwd", "etc-passwd.atom"), ("!?", "v1.atom")]
)
def test_a_feeds_file_is_named_after_its_view(name: str, file: str) -> None:
    view = SavedView(view_id="v1", name=name, filters=IRAQ, at_utc="", changed_at_utc="", by="")
    assert feed_name(view) == file


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("saved").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("saved").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("saved").subheader[0].value == "The store cannot be read"
