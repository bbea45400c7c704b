"""What is new, saved, brought in and taken out, in a real browser: without a restart, and the same rows as on screen."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from dashboard import visits
from dashboard.access import who
from pipeline import store
from pipeline.incidents import update_incidents
from tests.browser.test_monitor import choose, incidents_shown, open_monitor
from tests.dashboard.pages import article_and_report
from tools.screenshots import settle

HOSTILE = "<img src=x onerror=document.title='hit'> **x** العراق"


@pytest.fixture(scope="module")
def site(
    serve: Callable[[Path], str], generated_master: Callable[[int, int], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The address of a dashboard on a store of its own, which somebody last saw yesterday; three incidents have come since."""
    path = Path(shutil.copy(generated_master(60, 1), tmp_path_factory.mktemp("news") / "news.db"))
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    db = store.open_store(path)
    with store.writing(db):
        db.execute("UPDATE incident_stored SET first_stored_at_utc = '2026-01-01T10:00:00.000Z'")
        counted = "SELECT incident_id FROM incidents WHERE assertion = 'asserted' AND review_status <> 'rejected' LIMIT 3"
        db.execute(
            f"UPDATE incident_stored SET first_stored_at_utc = ? WHERE incident_id IN ({counted})",
            (visits.seen_until(None, now=dt.datetime.now(dt.UTC)),),
        )
    db.close()
    visits.arrive(path, who(), latest=None, now=yesterday)
    return serve(path), path


def add_live(path: Path) -> None:
    """One more incident, as another program stores it."""
    article, report = article_and_report("live", 4)
    db = store.open_store(path)
    with store.writing(db):
        store.save_article(db, article)
        store.save_coding(db, article.article_id, [report], coder=store.active_coder(db), coder_version="1", outcome="coded")
        update_incidents(db, [article.article_id])
    db.close()


def rows_of_package(path: Path) -> list[dict[str, str]]:
    """The rows of an extract with its receipt, which says the same number of them."""
    with zipfile.ZipFile(path) as package:
        rows = list(csv.DictReader(io.StringIO(package.read("dateline-native.csv").decode("utf-8-sig"), newline="")))
        assert json.loads(package.read("receipt.json"))["rows"] == len(rows)
    return rows


def top_of(page: Any, selector: str) -> float:
    return float(page.locator(selector).first.bounding_box()["y"])


def test_what_is_new_is_told_without_a_restart_and_shown_when_asked_for(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), site[0])
    shown, top = incidents_shown(page), top_of(page, ".dl-tallies")
    link = page.get_by_role("link", name="3 new incidents since your last visit")
    link.wait_for()
    add_live(site[1])
    button = page.get_by_role("button", name="1 new incident – show it")
    button.wait_for(timeout=30_000)
    assert incidents_shown(page) == shown  # nothing changed under the reader
    assert top_of(page, ".dl-tallies") == top
    button.click()
    page.wait_for_function("document.querySelector('.dl-figure')?.innerText.trim().startsWith('1')")
    settle(page)
    assert "since" in parse_qs(urlparse(page.url).query)
    # The link that is copied shows the same to somebody else.
    other = open_monitor(new_page(), page.url)
    assert incidents_shown(other) == 1
    assert "Only what is new since" in other.locator(".st-key-fresh").inner_text()
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function(f"document.querySelector('.dl-figure')?.innerText.trim().startsWith('{shown + 1}')")


def test_a_view_is_saved_under_a_hostile_name_and_followed(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), f"{site[0]}/?country=IQ")
    shown = incidents_shown(page)
    page.get_by_role("button", name="Save this view").click()
    page.get_by_role("textbox", name="Save these filters as").fill(HOSTILE)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name=HOSTILE).wait_for()
    page.goto(f"{site[0]}/saved")
    page.get_by_role("link", name=HOSTILE).wait_for()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Feed").click()
    feed = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert feed.count("<entry>") == shown
    assert f'href="{site[0]}/?country=IQ"' in feed
    page.get_by_role("link", name=HOSTILE).click()
    page.wait_for_selector(".dl-figure")
    settle(page)
    assert incidents_shown(page) == shown
    assert page.title() != "hit"


def test_filter_then_download_gives_the_rows_on_screen(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), site[0])
    choose(page, "Country", "Yemen")
    page.wait_for_url("**country=YE**")
    settle(page)
    shown = incidents_shown(page)
    page.goto(f"{site[0]}/extracts?{urlparse(page.url).query}")
    page.get_by_role("button", name=f"Download {shown} row").wait_for()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download {shown} row").click()
    rows = rows_of_package(Path(waiting.value.path()))
    assert len(rows) == shown
    assert {row["country"] for row in rows} == {"YE"}


@pytest.mark.usefixtures("settings")
def test_a_pasted_article_is_seen_then_saved_then_found(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(f"{site[0]}/ingest")
    page.get_by_role("tab", name="Paste a text").click()
    page.get_by_label("Text of the article").fill(
        "Gunmen kill seven in Mosul\n\nMOSUL, Iraq - Gunmen killed seven people in the Iraqi city of Mosul on Friday, police said."
    )
    page.get_by_role("button", name="Look first").locator("visible=true").click()
    page.get_by_text("Not saved yet").wait_for()
    page.get_by_role("button", name="Save 1 new article").click()
    page.get_by_text("1 article read, 1 new").wait_for()
    page.goto(f"{site[0]}/articles?q=gunmen NEAR/2 seven")
    page.get_by_role("link", name="Gunmen kill seven in Mosul").wait_for()
    assert page.outside == []
