"""Which sentences tell one and the same event, by the codebook's rule, and how an event is told."""

from typing import Any

import pytest

from pipeline.intake.normalise import make_article
from pipeline.models import Report

PUBLISHED = "2024-03-06"  # a Wednesday


def told(coder: Any, text: str, headline: str = "") -> list[Report]:
    """The reports of a text published on a Wednesday."""
    return list(coder.code(make_article(text=text, headline=headline, published=PUBLISHED)).reports)


ONE = [
    # the blast, its victims and its claim are one event
    "A car bomb killed nine people at a market in Baquba on Tuesday. The blast also wounded 20 people, police said. "
    "Islamic State claimed responsibility for the attack.",
    # a headline and its article
    "Gunmen shot dead two policemen at a checkpoint in Kirkuk on Tuesday, officials said.",
]


@pytest.mark.parametrize("text", ONE)
def test_one_event(coder: Any, text: str) -> None:
    assert sum(r.assertion == "asserted" for r in told(coder, text)) == 1


SEVERAL = [
    # another place
    (
        "A roadside bomb killed three soldiers near Kirkuk on Tuesday. In Mosul, gunmen shot dead a councillor at home the same day.",
        {"near Kirkuk", "Mosul"},
    ),
    # several places at once, without a count
    ("Thousands marched on Monday against the election law in Kirkuk and Mosul, without incident.", {"Kirkuk", "Mosul"}),
]


@pytest.mark.parametrize(("text", "places"), SEVERAL)
def test_other_places_are_other_events(coder: Any, text: str, places: set[str]) -> None:
    assert {r.place_name for r in told(coder, text) if r.assertion == "asserted"} == places


def test_one_toll_over_several_places_is_one_event(coder: Any) -> None:
    reports = told(coder, "Air strikes killed 12 people in Najaf and Basra on Monday, the health ministry said.")
    assert [r.deaths_best for r in reports if r.assertion == "asserted"] == [12]


def test_an_event_of_years_ago_does_not_count(coder: Any) -> None:
    text = "A strike killed four people in Mosul on Tuesday, medics said. Gunmen stormed a school in Kirkuk on 3 May 2021, killing 45."
    assert [(r.place_name, r.deaths_best) for r in told(coder, text) if r.assertion == "asserted"] == [("Mosul", 4)]


def test_a_lead_that_sums_up_its_items_does_not_count(coder: Any) -> None:
    text = (
        "Attacks across Iraq killed ten people on Tuesday, police said.\n\nIn Mosul, a car bomb killed six people at a bank on Tuesday "
        "morning.\n\nIn Baquba, gunmen in a car shot dead four shopkeepers in a market on Tuesday evening, a doctor said."
    )
    assert sorted(r.deaths_best or 0 for r in told(coder, text) if r.assertion == "asserted") == [4, 6]


def test_a_day_refines_a_week(coder: Any) -> None:
    text = (
        "Five soldiers died of wounds from last week's attack on a barracks in Kirkuk, the army said. "
        "Militants attacked the barracks before dawn on Thursday, February 29, and the fighting lasted hours."
    )
    (report,) = [r for r in told(coder, text) if r.assertion == "asserted"]
    assert (report.date_start, report.date_end, report.date_prec) == ("2024-02-29", "2024-02-29", 1)


PLANNED = [
    "Another march has been called for Saturday in Basra.",
    "The army and the rebels are due to sign a truce in Goma on Friday.",
]


@pytest.mark.parametrize("text", PLANNED)
def test_what_is_announced_has_not_happened(coder: Any, text: str) -> None:
    assert not [r for r in told(coder, text) if r.assertion == "asserted"]


def test_a_refuted_report_is_no_event(coder: Any) -> None:
    text = (
        "MAKURDI - The police on Tuesday debunked reports that gunmen had attacked a school in the town. "
        "No school was attacked, a spokesman said."
    )
    assert not [r for r in told(coder, text, "Police: no school was attacked") if r.assertion == "asserted"]


def test_twenty_four_hours_in_one_town_are_one_event(coder: Any) -> None:
    (report,) = told(coder, "Shelling has killed at least 14 residents of Kharkiv over the past 24 hours, the mayor said on Tuesday.")
    assert (report.assertion, report.deaths_best) == ("asserted", 14)


def test_feared_dead_are_dead(coder: Any) -> None:
    (report,) = told(coder, "About 22 people are feared dead after gunmen attacked a village near Jos on Monday night.")
    assert (report.assertion, report.deaths_best) == ("asserted", 22)


def test_the_dead_of_another_town_and_day_are_not_added(coder: Any) -> None:
    text = (
        "The army said on Tuesday it had killed five rebels near Kirkuk on Monday, hours after they were accused of a massacre.\n\n"
        "The number of civilians killed in Hawija on Saturday night has risen to 12, the administrator said."
    )
    tolls = [r.deaths_best for r in told(coder, text) if r.assertion == "asserted" and r.place_name and "Kirkuk" in r.place_name]
    assert tolls == [5]
