"""The Monitor page in a real browser: filter, choose, read, download, follow a link; and nothing goes out."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import TimeoutError

from pipeline.filters import Filters
from pipeline.store import open_store_readonly
from tests.dashboard.profiles import count
from tools.screenshots import settle, wait_for_land

N = 240


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], generated_master: Callable[[int, int], Path]) -> tuple[str, Path]:
    """The address of a dashboard on a generated store, and the store's path."""
    store = generated_master(N, 1)
    return serve(store), store


def open_monitor(page: Any, url: str) -> Any:
    """The page once its table and its map are drawn."""
    page.goto(url)
    page.wait_for_selector("[data-testid=stDataFrame] canvas")
    page.wait_for_selector("[data-testid=stDeckGlJsonChart] canvas")
    settle(page)
    return page


def incidents_shown(page: Any) -> int:
    """The first tally."""
    return int(page.locator(".dl-figure").first.inner_text().replace(",", ""))


def choose(page: Any, label: str, option: str) -> None:
    """Pick an option of one of the sidebar's lists."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    page.keyboard.press("Escape")


def params_of(page: Any) -> dict[str, list[str]]:
    """The address's parameters."""
    return parse_qs(urlparse(page.url).query)


def test_map_draws_and_nothing_is_asked_of_the_network(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = new_page()
    open_monitor(page, site[0])
    wait_for_land(page, "light")
    assert page.outside == []
    assert incidents_shown(page) == count(site[1], Filters())


def test_layout_fits_a_laptop_without_scrolling(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(1280, 800), site[0])
    lowest_tally = page.locator(".dl-tallies").bounding_box()
    map_box = page.locator("[data-testid=stDeckGlJsonChart]").bounding_box()
    table = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    assert lowest_tally["y"] > 40
    assert map_box["y"] + map_box["height"] < 800
    assert table["y"] + 36 + 2 * 28 < 800, "header and two rows of the table are in view"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_phone_stacks_without_sideways_scrolling(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(390, 844), site[0])
    tallies = page.locator(".dl-tallies").bounding_box()
    map_box = page.locator("[data-testid=stDeckGlJsonChart]").bounding_box()
    latest = page.locator(".st-key-latest").bounding_box()
    assert tallies["y"] < map_box["y"] < latest["y"]
    assert map_box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_filter_by_group_and_region_and_follow_the_link(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), site[0])
    choose(page, "Who", "Islamic State")
    page.wait_for_url(re.compile("actor=Islamic"))
    choose(page, "Country", "Syria")
    page.wait_for_url(re.compile("country=SY"))
    settle(page)
    expected = count(site[1], Filters(actor=("Islamic State",), country=("SY",)))
    page.wait_for_function(f"() => document.querySelector('.dl-figure')?.innerText === '{expected}'")
    assert params_of(page) == {"actor": ["Islamic State"], "country": ["SY"]}

    copied = open_monitor(new_page(), page.url)
    assert incidents_shown(copied) == expected
    assert copied.get_by_text("Islamic State", exact=True).first.is_visible()
    choose(copied, "Region", "Idlib")
    copied.wait_for_url(re.compile("admin1=Idlib"))
    copied.get_by_role("button", name="Reset filters").click()
    copied.wait_for_function("() => !location.search")
    settle(copied)
    assert incidents_shown(copied) == count(site[1], Filters())


def test_row_of_the_table_opens_the_incident_and_back_restores_the_filters(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), f"{site[0]}/?country=IQ")
    box = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 36 + 10)
    page.wait_for_url(re.compile(r"/incident\?id=i\d+"))
    page.get_by_text("What is coded").first.wait_for()
    page.get_by_role("link", name="Back to the map").click()
    page.wait_for_url(re.compile(r"country=IQ"))
    page.wait_for_selector(".dl-figure")
    settle(page)
    assert incidents_shown(page) == count(site[1], Filters(country=("IQ",)))


def test_point_on_the_map_opens_its_incident(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    store = site[1]
    db = open_store_readonly(store)
    row = db.execute(
        """SELECT incident_id, date_start, admin1 FROM incidents i
           WHERE assertion = 'asserted' AND review_status <> 'rejected' AND where_prec = 1 AND latitude IS NOT NULL
             AND (SELECT COUNT(*) FROM incidents o WHERE o.assertion = 'asserted' AND o.review_status <> 'rejected'
                  AND o.date_start = i.date_start AND o.admin1 = i.admin1) = 1 AND date_start IS NOT NULL
           ORDER BY incident_id LIMIT 1"""
    ).fetchone()
    db.close()
    incident_id, day, region = row
    # One incident alone: the map is fitted to it, so that its point lies in the middle.
    page = open_monitor(new_page(), f"{site[0]}/?from={day}&to={day}&admin1={region}&undated=0")
    assert incidents_shown(page) == 1
    wait_for_land(page, "light")
    box = page.locator("[data-testid=stDeckGlJsonChart]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # Where software draws the map, the renderer may be too busy to see a press as one: a person presses again.
    for _ in range(6):
        page.mouse.move(x - 30, y - 30)
        page.mouse.move(x, y)
        page.wait_for_timeout(2500)
        page.mouse.down()
        page.mouse.up()
        with contextlib.suppress(TimeoutError):
            page.wait_for_url(re.compile(r"/incident\?"), timeout=8_000)
            break
    assert params_of(page) == {"id": [incident_id]}
    page.get_by_text("What is coded").first.wait_for()
    page.go_back()
    page.wait_for_url(re.compile(f"from={day}"))
    settle(page)
    assert incidents_shown(page) == 1, "the browser's own way back restores the filters too"


def test_download_is_exactly_what_is_on_screen(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), f"{site[0]}/?country=YE&type=Battles")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(line for line in io.StringIO(text, newline="") if not line.startswith("#")))
    assert download.value.suggested_filename == "dateline_YE.csv"
    assert len(rows) == incidents_shown(page) == count(site[1], Filters(country=("YE",), event_type=("Battles",)))
    assert {row["country"] for row in rows} == {"YE"}
    assert {row["event_type"] for row in rows} == {"Battles"}
    killed = sum(int(row["deaths_best"]) for row in rows if row["deaths_best"])
    assert page.locator(".dl-figure").nth(1).inner_text().split()[0].replace(",", "") == str(killed)


def test_text_search_by_keyboard(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), site[0])
    page.get_by_role("textbox", name="Search").fill("roadside bomb")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=roadside"))
    settle(page)
    assert incidents_shown(page) == count(site[1], Filters(text="roadside bomb"))
