"""Groups and regions in a real browser: from a profile to the Monitor and back, by mouse and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from tests.browser.test_monitor import incidents_shown
from tools.screenshots import settle

GROUP = "Islamic State"


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], generated_master: Callable[[int, int], Path]) -> str:
    """The address of a dashboard on a generated store."""
    return serve(generated_master(240, 1))


def params_of(page: Any) -> dict[str, list[str]]:
    """The address's parameters."""
    return parse_qs(urlparse(page.url).query)


def test_from_a_group_to_an_opponent_to_the_monitor_and_back(site: str, new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(f"{site}/actors?actor={GROUP.replace(' ', '+')}")
    page.wait_for_selector(".pf-matrix a.pf-cell")
    settle(page)
    assert page.outside == []
    # By keyboard: the matrix is one stop, arrows move within it.
    first = page.locator(".pf-matrix a").first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    initiator, target, number = re.fullmatch(r"(.+) → (.+): (\d+) incidents?, .*", label).groups()
    assert page.locator(".pf-matrix a[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"against="))
    page.wait_for_selector(".st-key-filters")
    settle(page)
    assert params_of(page) == {"actor": [initiator], "role": ["initiator"], "against": [target]}
    page.wait_for_function(f"() => document.querySelector('.dl-figure')?.innerText === '{number}'")
    assert incidents_shown(page) == int(number)

    page.get_by_role("link", name=f"Profile of {initiator}").click()
    page.wait_for_url(re.compile(r"/actors\?"))
    page.wait_for_selector(".pf-matrix")
    settle(page)
    assert page.get_by_role("heading", level=1).inner_text() == initiator


def test_world_to_country_to_province_and_back(site: str, new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(f"{site}/regions")
    page.wait_for_selector(".pf-map a")
    settle(page)
    page.get_by_role("link", name="Nigeria", exact=True).click()
    page.wait_for_url(re.compile(r"country=NG"))
    page.wait_for_selector(".pf-map a[aria-label^=Borno]")
    settle(page)
    page.locator(".pf-map a[aria-label^=Borno]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"admin1=Borno"))
    page.get_by_role("heading", name="Borno, Nigeria").wait_for()
    settle(page)
    page.go_back()
    page.get_by_role("heading", name="Nigeria", exact=True).wait_for()
    settle(page)
    assert params_of(page) == {"country": ["NG"]}


@pytest.mark.parametrize("path", [f"actors?actor={GROUP}&actor=JNIM", "regions?country=NG"])
def test_phone_does_not_scroll_sideways(site: str, new_page: Callable[..., Any], path: str) -> None:
    page = new_page(390, 844)
    page.goto(f"{site}/{path}")
    page.wait_for_selector(".pf-map")
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
