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
    ],
)
def test_the_country_where_no_place_tells_it(coder: Any, text: str, country: str, words: str) -> None:
    report = report_of(coder, text)
    assert (report.country, report.where_prec, report.place_name) == (country, 6, None)
    (evidence,) = [e for e in report.evidence if e.field == "country"]
    assert words in evidence.quote or evidence.quote in words
    assert text[evidence.start : evidence.end] == evidence.quote


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
