"""Words that speak for a country: peoples, outlets, terms, publishers of one region."""

from __future__ import annotations

import pytest

from pipeline.coding.country_words import country_words, region_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Turkana raiders fled.", [("Turkana", "KE")]),
        ("Clashes of Hema and Lendu went on.", [("Hema", "CD"), ("Lendu", "CD")]),
        ("The Mai-Mai, Radio Okapi said", [("Mai-Mai", "CD"), ("Radio Okapi", "CD")]),
        ("Ma’aliya fighters", [("Ma’aliya", "SD")]),
        ("in the LGA", [("LGA", "NG")]),
        ("a nagaland of dust; the seats of the team", []),
    ],
)
def test_words_that_speak_for_a_country(text: str, found: list[tuple[str, str]]) -> None:
    assert [(text[w.start : w.end], w.countries[0]) for w in country_words(text)] == found


def test_the_first_home_weighs_most() -> None:
    (word,) = country_words("Baloch gunmen fired.")
    weights = dict(word.weights())
    assert weights["PK"] > weights["IR"] > 0


@pytest.mark.parametrize(("source", "holds"), [("AFP, All Africa", True), ("Reuters", False)])
def test_a_publisher_of_one_region(source: str, holds: bool) -> None:
    assert ("KE" in region_of(source)) is holds
    assert "US" not in region_of(source)
