"""Saved views and their feeds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import store, views
from pipeline.errors import NotFoundError, ViewError
from pipeline.feed import make_feed, stable_id
from pipeline.filters import Filters, from_params
from tests.dashboard.pages import article_and_report, save_pairs

AT = "2023-12-05T10:00:00Z"
BASE = "https://dateline.example"
IRAQ = Filters(country=("IQ",), deaths_min=1)
HOSTILE = '<script>alert(1)</script> "& \u202egnp.exe\u0000 [x](javascript:y)'


def test_a_view_is_kept_found_renamed_and_dropped(fresh_db: Any) -> None:
    saved = views.save_view(fresh_db, "  Iraq,\tdeadly ", IRAQ, by="ada", at_utc=AT)
    assert (saved.name, saved.filters, saved.by, saved.at_utc) == ("Iraq, deadly", IRAQ, "ada", "2023-12-05T10:00:00.000Z")
    assert views.find_view(fresh_db, "iraq, DEADLY") == views.find_view(fresh_db, saved.view_id) == saved
    renamed = views.rename_view(fresh_db, "Iraq, deadly", "Mesopotamia")
    assert (renamed.view_id, renamed.changed_at_utc) == (saved.view_id, saved.changed_at_utc)
    assert views.drop_view(fresh_db, saved.view_id).name == "Mesopotamia"
    assert views.list_views(fresh_db) == []
    with pytest.raises(NotFoundError, match="there are none yet"):
        views.find_view(fresh_db, "Mesopotamia")


def test_a_name_is_one_views(fresh_db: Any) -> None:
    views.save_view(fresh_db, "Iraq", IRAQ, by="ada", at_utc=AT)
    other = views.save_view(fresh_db, "Syria", Filters(country=("SY",)), by="ada", at_utc=AT)
    with pytest.raises(ViewError, match="there is a saved view 'Iraq' already"):
        views.save_view(fresh_db, "IRAQ", Filters(), by="ada", at_utc=AT)
    with pytest.raises(ViewError, match="'Iraq' already"):
        views.rename_view(fresh_db, other.view_id, "iraq")
    changed = views.save_view(fresh_db, "iraq", Filters(), by="bob", at_utc="2023-12-06T10:00:00Z", replace=True)
    assert (changed.name, changed.filters, changed.by, changed.changed_at_utc[:10]) == ("Iraq", Filters(), "ada", "2023-12-06")
    assert len(views.list_views(fresh_db)) == 2


@pytest.mark.parametrize("name", ["", " \t ", "\u202e\u200f", "\x00\x07", "x" * 81])
def test_a_name_that_is_none_is_refused(fresh_db: Any, name: str) -> None:
    with pytest.raises(ViewError):
        views.save_view(fresh_db, name, IRAQ, by="ada", at_utc=AT)


@given(st.text(max_size=80))
def test_a_name_is_one_line_that_turns_nothing_around(name: str) -> None:
    line = views.plain_line(name)
    assert line == views.plain_line(line)
    assert "\n" not in line
    assert not views.TURNING.search(line)


def test_a_store_from_before_there_were_views_has_none(tmp_path: Path) -> None:
    db = store.open_store(tmp_path / "s.db")
    for table in ("alert_told", "alert_deliveries", "alert_targets", "views"):
        db.execute(f"DROP TABLE {table}")
    assert views.list_views(db) == []
    db.close()


def test_the_link_restores_the_filters() -> None:
    filters = Filters(country=("IQ", "SY"), text='"roadside bomb" & <b>', undated=False, date_from="2023-01-01")
    url = views.view_url(BASE, filters)
    assert from_params(parse_qs(urlparse(url).query)) == filters
    assert views.view_url(BASE, Filters()) == f"{BASE}/"


# --- feeds ---------------------------------------------------------------------------------------


def filled(path: Path, **fields: Any) -> tuple[Any, views.SavedView, str]:
    """A store with one incident, and a view that holds it."""
    incident_id = save_pairs(path, article_and_report("a", 5, **fields))
    db = store.open_store(path)
    return db, views.save_view(db, "Iraq", IRAQ, by="ada", at_utc=AT), incident_id


def test_the_feed_is_atom(tmp_path: Path) -> None:
    db, view, incident_id = filled(tmp_path / "s.db")
    content = make_feed(db, view, base=BASE, self_url="https://feeds.example/iraq.atom")
    found = feedparser.parse(content)
    assert not found.bozo
    assert found.version == "atom10"
    assert (found.feed.title, found.feed.id) == ("Dateline: Iraq", stable_id("view", view.view_id))
    links = {link.rel: link.href for link in found.feed.links}
    assert links == {"alternate": f"{BASE}/?country=IQ&deaths_min=1", "self": "https://feeds.example/iraq.atom"}
    (entry,) = found.entries
    assert entry.title == "Air/drone strike, Kirkuk, Iraq, 3 Dec 2023: 5 killed"
    assert entry.link == f"{BASE}/incident?id={incident_id}"
    assert entry.id == stable_id("incident", incident_id)
    assert "A strike killed 5 militants near Kirkuk on Sunday, a police source said." in entry.content[0].value
    assert found.feed.updated == entry.updated >= entry.published
    assert found.feed.author == "Dateline"
    db.close()


def test_the_feed_is_the_same_until_something_changes(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    db, view, incident_id = filled(path)
    first = make_feed(db, view, base=BASE)
    assert make_feed(db, view, base=BASE) == first
    later = save_pairs(path, article_and_report("b", 9, published="2023-11-01", day="2023-10-30", place_name="Mosul"))
    entries = feedparser.parse(make_feed(db, view, base=BASE)).entries
    assert [e.id for e in entries] == [stable_id("incident", later), stable_id("incident", incident_id)]
    db.close()


def test_nothing_of_an_article_is_markup_in_a_feed(tmp_path: Path) -> None:
    text = f"Strike near Kirkuk\n\nA strike killed 5 militants near Kirkuk on Sunday, a police source {HOSTILE} said."
    db, view, _ = filled(tmp_path / "s.db", text=text, place_name=f"Kirkuk{HOSTILE}")
    view = views.rename_view(db, view.view_id, HOSTILE)
    content = make_feed(db, view, base=BASE).decode()
    assert "<script" not in content.lower()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", content)
    found = feedparser.parse(content, sanitize_html=False)
    assert not found.bozo
    assert "&lt;script&gt;" in found.entries[0].content[0].value
    assert "<script>" in found.entries[0].title  # the title is plain text, and says what the article says
    assert found.entries[0].title_detail.type == "text/plain"
    db.close()


def test_commands(dateline: Any, tmp_path: Path, own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a", 5))
    assert dateline("view", "save", "Iraq", "--country", "iq", "--by", "ada")[0] == 0
    assert dateline("view", "save", "Iraq")[::2] == (1, "dateline: there is a saved view 'Iraq' already\n")
    assert dateline("view", "rename", "iraq", "Mesopotamia")[0] == 0
    code, out, err = dateline("view", "list")
    assert (code, err) == (0, "1 saved views\n")
    assert '{"country": ["IQ"]}' in out
    target = tmp_path / "deep" / "m.atom"
    assert dateline("feed", "Mesopotamia", "--out", target, "--url", f"{BASE}/desk/")[0] == 0
    assert feedparser.parse(target.read_bytes()).entries[0].link == f"{BASE}/desk/incident?id={incident_id}"
    assert dateline("feed", "Mesopotamia", "--out", target, "--url", "javascript:x")[0] == 2
    code, _, err = dateline("feed", "Iraq", "--out", target)
    assert (code, err) == (1, "dateline: there is no saved view 'Iraq'; there are 'Mesopotamia'\n")
    assert dateline("view", "drop", "Mesopotamia")[1] == "Mesopotamia is removed\n"
