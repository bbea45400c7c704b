"""The Regions page: a country, a province, the world; every number opens to its incidents."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import store
from pipeline.filters import Filters
from tests.dashboard.pages import article_and_report, broken_store, page_text, run_page, save_pairs
from tests.dashboard.profiles import check_bars, check_numbers, count, profile_of


def test_every_number_of_a_country_opens_to_its_incidents(full: Path) -> None:
    page = profile_of(run_page("regions", country="NG"))
    assert check_numbers(page, full) > 20
    assert check_bars(page, full) > 5
    assert page.links[0].text == str(count(full, Filters(country=("NG",))))


def test_provinces_and_what_has_none_add_up_to_the_country(full: Path) -> None:
    page = profile_of(run_page("regions", country="NG"))
    provinces = {link.params["admin1"][0]: int(link.text) for link in page.links if link.text.isdigit() and "admin1" in link.params}
    assert provinces == {name: count(full, Filters(country=("NG",), admin1=(name,))) for name in ("Borno", "Kaduna", "Plateau")}
    without = count(full, Filters(country=("NG",))) - sum(provinces.values())
    assert without > 0
    assert f"known by country or a wider region, or at sea {without} " in page.text
    known_by_country = f"{without} known only by country"
    assert known_by_country in page.text


def test_outlines_of_provinces_lead_to_their_pages(full: Path) -> None:
    page = profile_of(run_page("regions", country="NG", **{"from": "2023-01-01"}))
    shapes = {link.params["admin1"][0]: link for link in page.links if link.page == "regions" and link.label}
    assert set(shapes) == {"Borno", "Kaduna", "Plateau"}
    assert shapes["Borno"].params == {"country": ["NG"], "admin1": ["Borno"], "from": ["2023-01-01"]}
    in_borno = count(full, Filters(country=("NG",), admin1=("Borno",), date_from="2023-01-01"))
    assert shapes["Borno"].label.startswith(f"Borno: {in_borno} incident")


def test_a_province_has_the_same_of_its_own(full: Path) -> None:
    at = run_page("regions", country="NG", admin1="Borno")
    page = profile_of(at)
    assert at.title[0].value == "Borno, Nigeria"
    assert check_numbers(page, full) > 5
    assert check_bars(page, full) >= 1
    assert page.links[0].text == str(count(full, Filters(country=("NG",), admin1=("Borno",))))


def test_two_names_of_one_province_are_one(own_store: Path) -> None:
    pairs = [
        article_and_report("a1", 5, admin1="Erbil", place_name="Erbil", day="2023-12-01", latitude=36.19, longitude=44.01),
        article_and_report("a2", 7, admin1="Arbil", place_name="Erbil airport", day="2023-12-20", latitude=36.24, longitude=43.96),
    ]
    save_pairs(own_store, *pairs)
    page = profile_of(run_page("regions", country="IQ"))
    row = next(link for link in page.links if link.page == "monitor" and "admin1" in link.params and link.text == "2")
    assert sorted(row.params["admin1"]) == ["Arbil", "Erbil"]
    assert check_numbers(page, own_store) > 3
    at = run_page("regions", country="IQ", admin1="Arbil")
    assert at.title[0].value == "Erbil, Iraq"
    assert sorted(at.query_params["admin1"]) == ["Arbil", "Erbil"]


def test_rate_is_over_the_days_of_the_whole_store_and_says_so(own_store: Path) -> None:
    pairs = [
        article_and_report("a1", 5, day="2023-01-01"),
        article_and_report("a2", 7, day="2023-12-31", country="SY", admin1="Homs", place_name="Homs", latitude=34.7, longitude=36.7),
        article_and_report("a3", 1, day="2023-06-01", country="SY", admin1="Homs", place_name="Homs", latitude=34.7, longitude=36.7),
    ]
    save_pairs(own_store, *pairs)
    at = run_page("regions", country="SY")
    page = profile_of(at)
    assert "divided by the 12.0 months from 1 Jan 2023 to 31 Dec 2023" in page.text
    assert "0.2 a month" in page.text, "two in twelve months"
    short = profile_of(run_page("regions", country="SY", **{"from": "2023-06-01", "to": "2023-06-30"}))
    assert "divided by the 1.0 months from 1 Jun 2023 to 30 Jun 2023, the days chosen" in short.text


def test_country_without_provinces_here_is_drawn_as_a_whole(own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import outlines

    monkeypatch.setattr(outlines, "_packed", dict)
    outlines.provinces.cache_clear()
    outlines._by_name.cache_clear()
    save_pairs(own_store, article_and_report("a1", 5, country="LB", admin1="Bayrut", place_name="Beirut", latitude=33.9, longitude=35.5))
    try:
        page = profile_of(run_page("regions", country="LB"))
    finally:
        outlines.provinces.cache_clear()
        outlines._by_name.cache_clear()
    assert "Lebanon: 1 incident" in [link.label for link in page.links]
    assert check_numbers(page, own_store) > 3


def test_world_has_every_country_and_those_in_none(full: Path) -> None:
    page = profile_of(run_page("regions"))
    counted = {link.params["country"][0]: int(link.text) for link in page.links if link.page == "monitor"}
    assert counted == {code: count(full, Filters(country=(code,))) for code in counted}
    nowhere = count(full, Filters()) - sum(counted.values())
    assert nowhere > 0
    assert f"{nowhere} incidents in no known country" in page.text
    assert {link.params["country"][0] for link in page.links if link.label} == set(counted), "each is drawn and can be chosen"


@pytest.mark.parametrize(("asked", "title"), [("Nigeria", "Nigeria"), ("ng", "Nigeria")])
def test_country_may_be_named(full: Path, asked: str, title: str) -> None:
    at = run_page("regions", country=asked)
    assert at.title[0].value == title
    assert at.query_params["country"] in ("NG", ["NG"])


def test_unknown_names_say_so_and_offer_what_is_like_them(full: Path) -> None:
    at = run_page("regions", country="Nigerria")
    assert "No such country" in page_text(at)
    assert "Did you mean Nigeria?" in page_text(at)
    assert profile_of(at).links, "the world is there to choose from"
    at = run_page("regions", country="NG", admin1="Bornu")
    assert "No such province" in page_text(at)
    assert "Did you mean Borno?" in page_text(at)
    assert "<img" not in page_text(run_page("regions", country="<img src=x onerror=alert(1)>"))


def test_region_without_incidents_says_why(full: Path) -> None:
    assert "Sweden: no incident" in page_text(run_page("regions", country="SE"))
    at = run_page("regions", country="NG", **{"from": "1999-01-01", "to": "1999-12-31", "undated": "0"})
    assert "Nigeria: no incident in these days" in page_text(at)


def test_empty_and_broken_stores_say_so(own_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.open_store(own_store).close()
    assert "The store is empty" in "".join(e.value for e in run_page("regions").subheader)
    monkeypatch.setenv("DATELINE_STORE", str(broken_store(tmp_path / "broken.db")))
    assert "The store cannot be read" in "".join(e.value for e in run_page("regions").subheader)


@pytest.mark.parametrize("params", [{"country": "AX"}, {}], ids=["country", "world"])
def test_ten_thousand_rows(big_store: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, str]) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(big_store))
    page = profile_of(run_page("regions", **params))
    expected = count(big_store, Filters(country=("AX",)))
    numbers = {link.params["country"][0]: link.text for link in reversed(page.links) if link.page == "monitor" and "country" in link.params}
    assert numbers["AX"].replace(",", "") == str(expected)
