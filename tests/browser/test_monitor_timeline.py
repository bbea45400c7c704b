"""The Monitor's time in a real browser: brush, play by keyboard, look back; and the map by keys and buttons."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from pipeline.filters import Filters
from pipeline.incidents import known_on
from pipeline.store import open_store_readonly
from tests.browser.test_monitor import N, count, incidents_shown, open_monitor, params_of
from tools.screenshots import settle, wait_for_land

# So much of the map may differ between two pictures of the same view: edges are smoothed anew.
SAME_SHARE = 0.01


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], generated_master: Callable[[int, int], Path]) -> tuple[str, Path]:
    """The address of a dashboard on a generated store, and the store's path."""
    store = generated_master(N, 1)
    return serve(store), store


def wait_for_count(page: Any, expected: int) -> None:
    """Wait until the first tally says so."""
    page.wait_for_function(f"() => document.querySelector('.dl-figure')?.innerText === '{expected:,}'")


def test_a_drag_over_the_bars_limits_the_page_to_their_days_and_can_be_cleared(
    site: tuple[str, Path], new_page: Callable[..., Any]
) -> None:
    page = open_monitor(new_page(), f"{site[0]}/?unit=month")
    before = incidents_shown(page)
    plot = page.locator(".st-key-timeline .nsewdrag").bounding_box()
    y = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + plot["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.5, y + 3, steps=5)
    page.mouse.move(plot["x"] + plot["width"] * 0.7, y, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d{4}-\d\d-01.*to="))
    settle(page)
    params = {name: values[0] for name, values in params_of(page).items()}
    assert (params["undated"], params["unit"]) == ("0", "month")
    brushed = count(site[1], Filters(date_from=params["from"], date_to=params["to"], undated=False))
    wait_for_count(page, brushed)
    assert 0 < brushed < before
    page.get_by_role("button", name="Clear brush").click()
    page.wait_for_function("() => location.search === '?unit=month'")
    wait_for_count(page, before)


def test_the_period_plays_and_is_stepped_by_keyboard(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), f"{site[0]}/?country=IQ&unit=month")
    shown = incidents_shown(page)
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".dl-step")
    step = page.locator(".dl-step").inner_text
    first = step()
    page.wait_for_function(f"() => document.querySelector('.dl-step')?.innerText !== '{first}'")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Play").wait_for()
    settle(page)
    paused = step()
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => document.querySelector('.dl-step')?.innerText !== '{paused}'")
    page.get_by_role("button", name="End").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Download CSV").wait_for()
    assert incidents_shown(page) == shown, "what plays is no filter"
    assert params_of(page) == {"country": ["IQ"], "unit": ["month"]}


def test_who_asked_for_less_motion_steps_by_hand(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(reduced_motion="reduce"), f"{site[0]}/?country=YE&unit=month")
    assert not page.locator(".st-key-play_start").is_visible()
    page.get_by_role("button", name="Step").click()
    page.wait_for_selector(".dl-step")
    settle(page)
    first = page.locator(".dl-step").inner_text()
    page.wait_for_timeout(3_000)
    assert page.locator(".dl-step").inner_text() == first, "nothing moves by itself"
    assert not page.locator(".st-key-play_toggle").is_visible()
    page.get_by_role("button", name="Next").click()
    page.wait_for_function(f"() => document.querySelector('.dl-step')?.innerText !== '{first}'")


def test_a_day_is_set_by_keyboard_and_there_is_a_way_back(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    url, store = site
    page = open_monitor(new_page(), url)
    page.get_by_role("button", name="As known now").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Back to now").wait_for()
    page.locator(".st-key-as_of_day").get_by_role("spinbutton").first.focus()
    page.keyboard.type("20230815")
    # A day counts once its field is left.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile("as_of=2023-08-15"))
    page.wait_for_selector(".dl-past")
    settle(page)
    db = open_store_readonly(store)
    with known_on(db, "2023-08-15") as then:
        ((known,),) = then.execute("SELECT COUNT(*) FROM incidents WHERE assertion = 'asserted' AND review_status <> 'rejected'").fetchall()
    db.close()
    wait_for_count(page, known)
    page.get_by_role("button", name="Back to now").last.click()
    page.wait_for_function("() => !location.search")
    wait_for_count(page, count(store, Filters()))


def test_keys_and_buttons_turn_the_map_and_fit_brings_it_back(site: tuple[str, Path], new_page: Callable[..., Any]) -> None:
    page = open_monitor(new_page(), site[0])
    wait_for_land(page, "light")
    page.get_by_role("application", name=re.compile("Arrow keys")).wait_for()
    whole = picture(page)
    page.get_by_role("button", name="Zoom in").click()
    near = wait_for_other(page, whole)
    page.get_by_role("application", name=re.compile("Arrow keys")).focus()
    page.keyboard.press("ArrowRight")
    wait_for_other(page, near)
    page.get_by_role("button", name="Fit to results").click()
    for _ in range(60):
        if differing(picture(page), whole) < SAME_SHARE:
            return
        page.wait_for_timeout(500)
    raise AssertionError("the map did not come back to all results")


def picture(page: Any) -> Any:
    """The map without the buttons on it."""
    shot = Image.open(io.BytesIO(page.locator("[data-testid=stDeckGlJsonChart]").first.screenshot())).convert("RGB")
    return shot.crop((60, 10, shot.width - 50, shot.height - 10))


def differing(one: Any, other: Any) -> float:
    """The share of points that differ visibly between two pictures."""
    grey = ImageChops.difference(one, other).convert("L")
    return sum(grey.histogram()[24:]) / (grey.width * grey.height)


def wait_for_other(page: Any, before: Any) -> Any:
    """The picture once it differs from the one before."""
    for _ in range(60):
        if differing(now := picture(page), before) > 5 * SAME_SHARE:
            return now
        page.wait_for_timeout(500)
    raise AssertionError("the map did not move")
