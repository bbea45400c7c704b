"""Deciding in a real browser, by keyboard: read the words, correct a toll, find it in the CSV, undo; work the review queue."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.queries_monitor import export_csv
from pipeline import store
from pipeline.filters import Filters
from tests.browser.test_incident_browser import open_incident, settle
from tests.browser.test_news_browser import rows_of_package
from tests.dashboard.pages import article_and_report, save_pairs
from tests.reports import make_article, make_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, str]:
    """The address of a dashboard, its store, and an incident of two reports; three others are of low confidence."""
    path = tmp_path_factory.mktemp("decide") / "store.db"
    # Known by its country alone: no map has to be drawn, which takes a machine without a graphics card seconds each time.
    only = {"place_name": None, "admin1": None, "where_prec": 6}
    pairs = [article_and_report("a1", 5, **only), article_and_report("a2", 5, published="2023-12-04", **only)]
    incident_id = save_pairs(path, *pairs)
    towns = (("Basra", 30.5, 47.8), ("Erbil", 36.2, 44.0), ("Mosul", 36.3, 43.1))
    for n, (name, lat, lon) in enumerate(towns, 1):
        place = {"place_name": name, "latitude": lat, "longitude": lon, "confidence": 0.2}
        save_pairs(path, (make_article(f"m{n}", f"2023-0{n}-05"), make_report(f"m{n}", day=f"2023-0{n}-04", **place)))
    return serve(path), path, incident_id


def csv_row(page: Any, address: str, incident_id: str) -> dict[str, str]:
    """The incident's row in the extract that the page gives."""
    page.goto(f"{address}/extracts")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 4 rows").click()
    return next(row for row in rows_of_package(Path(download.value.path())) if row["incident_id"] == incident_id)


def test_a_toll_is_corrected_after_reading_seen_everywhere_and_undone(site: tuple[str, Path, str], new_page: Callable[..., Any]) -> None:
    address, path, incident_id = site
    page = new_page()
    reader = open_incident(page, address, incident_id)
    # The words, by keyboard, from anywhere on the page.
    page.keyboard.press("n")
    assert reader.locator(".words-at").inner_text().startswith("1 of")
    page.keyboard.press("]")
    assert reader.locator(".report-at").inner_text() == "2 of 2"
    # The form stands beside the words; letters typed into it do nothing else.
    page.keyboard.press("e")
    killed = page.get_by_label("Killed", exact=True)
    killed.fill("7")
    killed.press("Tab")
    page.get_by_text("Killed: 5 → 7").first.wait_for()
    why = page.get_by_label("Why, or how is it known?")
    why.fill("nap nexus exam")
    why.press("Tab")
    settle(page)
    assert page.locator(".reader .report-at").inner_text() == "1 of 2", "the sources beside the form are the reader anew"
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="7 killed (5–7)").wait_for()
    row = page.locator(".reader .row.c-killed")
    assert "set by a person" in row.inner_text()
    assert "nap nexus exam" in row.inner_text()
    found = csv_row(page, address, incident_id)
    assert (found["deaths_best"], found["deaths_low"], found["deaths_high"]) == ("7", "5", "7")
    open_incident(page, address, incident_id)
    page.locator("[class*=st-key-history_]").get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="5 killed").wait_for()
    rows = csv.DictReader(io.StringIO(export_csv(str(path), Filters(), None).decode("utf-8-sig"), newline=""))
    assert next(row for row in rows if row["incident_id"] == incident_id)["deaths_best"] == "5"
    assert page.outside == []


def test_the_queue_is_worked_by_keyboard(site: tuple[str, Path, str], new_page: Callable[..., Any]) -> None:
    address, path, _ = site
    page = new_page()
    page.goto(f"{address}/review?list=confidence")
    page.wait_for_selector(".reader mark.ev, .reader .text")
    settle(page)

    def press(key: str, then: str) -> None:
        page.keyboard.press(key)
        page.get_by_text(then).first.wait_for()
        settle(page)

    press("j", "2 of 3")
    press("k", "1 of 3")
    title = page.locator("h3").first.inner_text()
    press("a", "1 of 2")
    page.get_by_text("done today").wait_for()
    assert page.locator("h3").first.inner_text() != title
    press("x", "Why is it no incident?")
    page.get_by_label("Why is it no incident?").fill("ajax kajak")
    page.get_by_role("button", name="Reject it").click()
    page.get_by_text("1 of 1").first.wait_for()
    settle(page)
    press("u", "1 of 2")
    db = store.open_store_readonly(path)
    kinds = [d.kind for d in store.load_decisions(db)]
    db.close()
    assert kinds[-3:] == ["confirm", "reject", "undo"]


def test_the_brief_prints_on_a_page(site: tuple[str, Path, str], new_page: Callable[..., Any], tmp_path: Path) -> None:
    from pypdf import PdfReader

    address, _, incident_id = site
    page = new_page()
    open_incident(page, address, incident_id)
    page.keyboard.press("b")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    html = tmp_path / download.value.suggested_filename
    download.value.save_as(html)
    paper = new_page()
    paper.goto(html.as_uri())
    printed = PdfReader(io.BytesIO(paper.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    assert "A strike killed 5 militants near Kirkuk on Sunday, a police source said." in " ".join(printed.pages[0].extract_text().split())
