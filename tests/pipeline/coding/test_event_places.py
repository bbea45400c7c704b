"""Where an event happened: which place of the text is the event's, and what tells the country where no place does."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.intake.normalise import make_article
from pipeline.models import Report


def report_of(coder: Any, text: str) -> Report:
    article = make_article(text=text, published="2024-03-14", published_source="metadata", source="Wire")
    report: Report = coder.code(article).reports[0]
    return report


@pytest.mark.parametrize(
    ("text", "country", "words"),
    [
        pytest.param("Gunmen shot dead a Libyan lawmaker outside his home on Monday.", "LY", "Libyan", id="a nationality"),
        pytest.param("Ugandan rebels killed nine villagers on Monday, Congolese police said.", "CD", "Congolese", id="police, not rebels"),
        pytest.param("Boko Haram gunmen killed nine villagers on Monday.", "NG", "Boko Haram", id="a group at home"),
        pytest.param("Gunmen killed nine people in the local government area on Monday.", "NG", "local government area", id="a term"),
        pytest.param("Gunmen killed nine people, the Kaduna State Police Command said.", "NG", "Kaduna State", id="inside a name"),
        pytest.param("Two herders died when Rizeigat gunmen opened fire on Monday.", "SD", "Rizeigat", id="a people"),
        pytest.param("Gunmen killed nine people on Monday, Radio Okapi reported.", "CD", "Radio Okapi", id="a national outlet"),
        pytest.param("Gunmen killed a Radio Baidoa journalist on Monday.", "SO", "Baidoa", id="a large place in a longer name"),
    ],
)
def test_the_country_where_no_place_tells_it(coder: Any, text: str, country: str, words: str) -> None:
    report = report_of(coder, text)
    assert (report.country, report.where_prec, report.place_name) == (country, 6, None)
    (evidence,) = [e for e in report.evidence if e.field == "country"]
    assert words in evidence.quote or evidence.quote in words
    assert text[evidence.start : evidence.end] == evidence.quote


def test_a_namesake_abroad_is_looked_for_at_home(coder: Any) -> None:
    report = report_of(coder, "Six herders were shot dead by gunmen in the village of Sari in Mellit, North Darfur, on Monday.")
    assert report.country == "SD"


def test_a_border_named_after_another_country_is_no_place_there(coder: Any) -> None:
    report = report_of(coder, "Seleka gunmen killed ten civilians in a village close to the Chadian border on Monday.")
    assert report.country == "CF"


def test_no_country_without_words(coder: Any) -> None:
    report = report_of(coder, "A roadside bomb killed nine people on a bus on Monday.")
    assert (report.country, report.where_prec, report.latitude) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Residents of Mosul in Iraq say that six people were killed in an air strike on Monday.", "Mosul"),
        ("Gunmen killed three people in the capital, Nairobi, a Kenyan police officer said on Monday.", "Nairobi"),
    ],
)
def test_the_place_of_those_who_tell_it(coder: Any, text: str, place: str) -> None:
    assert place in (report_of(coder, text).place_name or "")


def test_sentences_before_an_event_set_its_scene(coder: Any) -> None:
    text = (
        "On Monday night the special forces went after a cell in Hawija. They were met with fire. Four gunmen were killed.\n\n"
        "Contact: the media office, Baghdad."
    )
    (report,) = [r for r in coder.code(make_article(text=text, published="2024-03-14")).reports if r.assertion == "asserted"]
    assert (report.place_name, report.deaths_best) == ("Hawija", 4)


def test_a_street_is_where_its_town_is(coder: Any) -> None:
    text = "A hand grenade was thrown at a cafe in King Peter Street in Mitrovica on Tuesday and wounded two guests, police said."
    assert report_of(coder, text).place_name == "Mitrovica"


@pytest.mark.parametrize("there", ["there", "in the same city"])
def test_a_place_told_again_bears_its_name(coder: Any, there: str) -> None:
    text = (
        f"A strike destroyed a house in Mosul late on Tuesday, killing four people. It was the second attack within a week. "
        f"On Sunday gunmen shot dead nine guards {there}, the army said."
    )
    reports = coder.code(make_article(text=text, published="2024-03-14")).reports
    assert {(r.place_name, r.deaths_best) for r in reports} == {("Mosul", 4), ("Mosul", 9)}
    (again,) = [e for r in reports if r.deaths_best == 9 for e in r.evidence if e.field == "place_name"]
    assert again.quote in there


def test_there_is_no_place_where_it_only_says_that_something_is(coder: Any) -> None:
    text = "Gunmen killed four people in Mosul on Tuesday. There were clashes in Kirkuk on Monday, and there, police said, two died."
    assert "Mosul" in {r.place_name for r in coder.code(make_article(text=text, published="2024-03-14")).reports}
