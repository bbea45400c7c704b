"""Widgets <-> Filters <-> address."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboard.filters import read_widgets, type_options, widget_values
from pipeline.filters import Filters
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES

CASES = {
    "nothing": Filters(),
    "dates": Filters(date_from="2023-12-01", date_to="2023-12-31", undated=False),
    "places": Filters(country=("IQ", "SY"), admin1=("Kirkuk",), place=("Daquq",)),
    "who": Filters(actor=("Kataib Hezbollah",), role="initiator"),
    "against": Filters(actor=("Kataib Hezbollah",), role="target", against=("United States",)),
    "means": Filters(mode=("drone", "aerial")),
    "what": Filters(event_type=("Battles", "Suicide bomb")),
    "toll": Filters(deaths_min=0, deaths_max=30),
    "words": Filters(text='"roadside bomb" OR drone'),
    "status": Filters(status=("confirmed", "rejected")),
    "news": Filters(since="2026-11-24T18:02:00.000Z"),
}


@pytest.mark.parametrize("filters", CASES.values(), ids=CASES)
def test_widgets_give_back_the_filters_they_were_set_from(filters: Filters) -> None:
    assert read_widgets(widget_values(filters)) == filters


def test_role_without_an_actor_and_undated_without_days_limit_nothing() -> None:
    assert read_widgets({"f_role": "target", "f_undated": False}) == Filters()


def test_undated_is_off_only_beside_a_day() -> None:
    assert read_widgets({"f_from": dt.date(2023, 12, 1), "f_undated": False}) == Filters(date_from="2023-12-01", undated=False)


def test_every_type_of_the_codebook_can_be_chosen() -> None:
    assert set(type_options()) == set(EVENT_TYPES) | set(EVENT_TYPE_OF)
