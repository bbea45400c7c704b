"""Dates, counts, places and titles in words."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import wording
from pipeline.models import ASSERTIONS, Actor, Incident, as_plain


@pytest.mark.parametrize(
    ("start", "end", "prec", "told"),
    [
        ("2023-12-03", "2023-12-03", 1, "3 Dec 2023"),
        ("2023-12-03", None, 1, "3 Dec 2023"),
        ("2023-12-03", "2023-12-05", 2, "3–5 Dec 2023"),
        ("2023-11-28", "2023-12-02", 2, "28 Nov – 2 Dec 2023"),
        ("2023-12-30", "2024-01-02", 2, "30 Dec 2023 – 2 Jan 2024"),
        ("2023-11-01", "2023-11-30", 4, "in November 2023"),
        ("2024-02-01", "2024-02-29", 4, "in February 2024"),
        ("2023-01-01", "2023-12-31", 5, "in 2023"),
        ("2023-10-17", "2023-12-03", 5, "17 Oct – 3 Dec 2023"),
        (None, None, None, "undated"),
        (math.nan, pd.NaT, None, "undated"),
        ("soon", None, None, "undated"),
    ],
)
def test_dates(start: object, end: object, prec: int | None, told: str) -> None:
    assert wording.format_date(start, end, prec) == told


@pytest.mark.parametrize(
    ("iso", "told"),
    [
        ("2023-12-03T14:05:00Z", "3 Dec 2023, 14:05 UTC"),
        ("2023-12-03T00:00:00Z", "3 Dec 2023"),
        ("2023-12-03", "3 Dec 2023"),
        (None, "–"),
    ],
)
def test_times_show_no_midnight_that_stands_for_a_bare_day(iso: str | None, told: str) -> None:
    assert wording.format_time(iso) == told


@pytest.mark.parametrize(
    ("best", "low", "high", "vague", "told"),
    [
        (5, 5, 5, False, "5"),
        (118, 102, 141, False, "118 (102–141)"),
        (10, 10, None, False, "10+"),
        (12, 10, None, False, "12 (10+)"),
        (None, None, 30, False, "up to 30"),
        (None, 3, 7, False, "3–7"),
        (None, 4, None, False, "4+"),
        (12, 12, None, True, "about 12"),
        (20, None, 24, False, "20 (up to 24)"),
        (0, 0, 0, False, "0"),
        (None, None, None, False, "–"),
        (math.nan, pd.NA, None, math.nan, "–"),
        (1234.0, 1200.0, 1300.0, 0, "1,234 (1,200–1,300)"),
    ],
)
def test_counts(best: object, low: object, high: object, vague: object, told: str) -> None:
    assert wording.format_count(best, low, high, vague) == told


@given(best=st.none() | st.integers(0, 10**6), low=st.none() | st.integers(0, 10**6), high=st.none() | st.integers(0, 10**6))
def test_nothing_stated_and_only_that_is_a_dash(best: int | None, low: int | None, high: int | None) -> None:
    assert (wording.format_count(best, low, high) == "–") == (best is low is high is None)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"deaths_best": 5, "deaths_low": 5, "deaths_high": 5}, "5 killed"),
        ({"deaths_best": 5, "deaths_low": 3, "deaths_high": 7}, "5 killed (3–7)"),
        ({"deaths_best": 0, "deaths_low": 0, "deaths_high": 0}, "none killed"),
        ({}, "killed not stated"),
    ],
)
def test_tolls(row: dict[str, int], told: str) -> None:
    assert wording.format_toll(row) == told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("Kirkuk", "Kirkuk", "IQ", 1), "Kirkuk, Iraq"),
        (("Kirkuk", "Kirkuk", "IQ", 2), "near Kirkuk, Iraq"),
        (("west of Daquq", "Kirkuk", "IQ", 2), "west of Daquq, Iraq"),
        (("near Kirkuk", "Kirkuk", "IQ", 2), "near Kirkuk, Iraq"),
        (("Northampton", None, "GB", 2), "near Northampton, United Kingdom"),
        (("Anbar", "Anbar", "IQ", 4), "Anbar, Iraq (province only)"),
        (("Iraq", None, "IQ", 6), "Iraq (country only)"),
        ((None, "Anbar", "IQ", None), "Anbar, Iraq (province only)"),
        ((None, None, "IQ", None), "Iraq (country only)"),
        (("Red Sea", None, None, 7), "Red Sea"),
        (("Somewhere", None, None, None), "Somewhere"),
        ((None, None, None, None), "unlocated"),
        (("Nowhere", None, "XX", 1), "Nowhere, XX"),
    ],
)
def test_places(place: tuple[object, ...], told: str) -> None:
    assert wording.format_place(*place) == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"sub_event_type": "Air/drone strike", "modes": '["aerial"]', "place_name": "Kirkuk", "country": "IQ", "where_prec": 2},
            "Air strike near Kirkuk, Iraq",
        ),
        (
            {"sub_event_type": "Air/drone strike", "modes": ["drone", "aerial"], "place_name": "Kirkuk", "country": "IQ", "where_prec": 1},
            "Drone strike in Kirkuk, Iraq",
        ),
        (
            {"sub_event_type": "Armed clash", "place_name": "Rumalyn Landing Zone", "country": "SY", "where_prec": 1},
            "Armed clash at Rumalyn Landing Zone, Syria",
        ),
        ({"sub_event_type": "Attack", "place_name": "Red Sea", "where_prec": 7}, "Attack on civilians in the Red Sea"),
        ({"sub_event_type": "Attack", "place_name": "Iraq", "country": "IQ", "where_prec": 6}, "Attack on civilians in Iraq"),
        (
            {"sub_event_type": "Armed clash", "place_name": "west of Daquq", "country": "IQ", "where_prec": 2},
            "Armed clash west of Daquq, Iraq",
        ),
        (
            {"sub_event_type": "Armed clash", "place_name": "the outskirts of Tripoli", "country": "LY", "where_prec": 2},
            "Armed clash at the outskirts of Tripoli, Libya",
        ),
        ({"event_type": "Battles"}, "Battles, place unknown"),
        ({}, "Event of unknown type, place unknown"),
    ],
)
def test_what_and_where(row: dict[str, object], told: str) -> None:
    assert wording.event_and_place(row) == told


def test_an_incident_is_one_line_whatever_holds_it() -> None:
    incident = Incident(
        incident_id="i1", assertion="asserted", sub_event_type="Air/drone strike", modes=("aerial",), date_start="2023-12-03",
        date_end="2023-12-03", date_prec=1, place_name="Kirkuk", country="IQ", where_prec=2, deaths_best=5, deaths_low=5, deaths_high=5,
    )  # fmt: skip
    told = "3 Dec 2023 · Air strike near Kirkuk, Iraq · 5 killed"
    plain = as_plain(incident)
    assert wording.incident_title(plain) == told
    frame = pd.DataFrame([plain | {"modes": '["aerial"]'}, plain | {"deaths_best": None, "deaths_low": None}])
    assert wording.incident_title(frame.to_dict("records")[0]) == told
    assert wording.incident_title({}) == "Undated · Event of unknown type, place unknown · killed not stated"


@pytest.mark.parametrize(
    ("actors", "told"),
    [
        ((), "–"),
        ("[]", "–"),
        ("not json", "–"),
        ([{"name": "Hamas", "inter": 2}], "Hamas"),
        ('[{"name":"A","inter":1},{"name":"B","inter":2},{"name":"C","inter":2}]', "A, B and C"),
        ((Actor("A", 1), Actor("B", 2)), "A and B"),
        (["A"], "A"),
    ],
)
def test_actors(actors: object, told: str) -> None:
    assert wording.format_actors(actors) == told


def test_markdown_of_a_label_is_never_markup() -> None:
    told = wording.escape_markdown("[x](javascript:alert(1)) **b** `c` :red[d] $e$\n# <script>")
    for markup in ("[x](", "**b", "`c`", ":red[", "$e$", "\n", "<s"):
        assert markup not in told.replace("\\" + markup[0], "")


def test_every_kind_of_statement_has_its_words() -> None:
    assert set(wording.ASSERTION_WORDS) == set(ASSERTIONS)
    assert set(wording.NOT_COUNTED_WORDS) == set(ASSERTIONS) - {"asserted"}


def test_labels_fall_back_to_the_field_in_words() -> None:
    assert wording.field_label("deaths_best") == "Killed"
    assert wording.field_label("some_new_field") == "Some new field"
