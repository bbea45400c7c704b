"""Casualty phrases -> counts, from text to expected, by the codebook's rules."""

import pytest
from spacy.language import Language

from pipeline.coding.counts import Casualty, find_casualties, parse_number

CASES = [
    # text, [(kind, best, low, high, words)]
    ("A U.S. air strike killed five Iraqi militants near Kirkuk.", [("killed", 5, 5, 5, "five Iraqi militants")]),
    (
        "Nine soldiers and two civilians were killed and 22 others wounded.",
        [("killed", 9, 9, 9, "Nine soldiers"), ("killed", 2, 2, 2, "two civilians"), ("injured", 22, 22, 22, "22 others")],
    ),
    ("Gunmen shot dead five people in Kano.", [("killed", 5, 5, 5, "five people")]),
    (
        "The blast left at least 12 people dead and dozens injured.",
        [("killed", 12, 12, None, "at least 12 people"), ("injured", 12, 12, None, "dozens")],
    ),
    ("As many as 30 people died.", [("killed", None, None, 30, "As many as 30 people")]),
    ("Between 10 and 15 rebels were killed.", [("killed", 10, 10, 15, "10 and 15 rebels")]),
    ("The attack killed more than 40 people.", [("killed", 40, 40, None, "more than 40 people")]),
    ("Six people lost their lives.", [("killed", 6, 6, 6, "Six people")]),
    ("Two villagers were beaten to death.", [("killed", 2, 2, 2, "Two villagers")]),
    ("Twenty-two soldiers were wounded.", [("injured", 22, 22, 22, "Twenty-two soldiers")]),
    ("The bodies of seven men were found.", [("killed", 7, 7, 7, "seven men")]),
    ("A farmer was killed.", [("killed", 1, 1, 1, "A farmer")]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[c[0][:40] for c in CASES])
def test_counts(nlp: Language, text: str, expected: list[tuple[str, int, int, int, str]]) -> None:
    found = find_casualties(nlp(text), lambda _: "people")
    assert [(c.kind, c.best, c.low, c.high, text[c.start : c.end]) for c in found] == expected


ZEROS = [
    ("There were no casualties.", {"killed", "injured"}),
    ("Nobody was hurt.", {"killed", "injured"}),
    ("No injuries were reported.", {"injured"}),
    ("No deaths were reported.", {"killed"}),
    ("There was no immediate word on casualties.", set()),
    ("It was not clear whether there were any casualties.", set()),
]


@pytest.mark.parametrize(("text", "kinds"), ZEROS, ids=[z[0] for z in ZEROS])
def test_zero_is_said_and_unknown_is_not_zero(nlp: Language, text: str, kinds: set[str]) -> None:
    found = find_casualties(nlp(text), lambda _: "people")
    assert {c.kind for c in found if c.best == 0} == kinds


def _tolls(nlp: Language, text: str) -> list[Casualty]:
    return [c for c in find_casualties(nlp(text), lambda _: "people") if c.toll]


@pytest.mark.parametrize(
    "text", ["Two more died, bringing the toll to seven.", "The death toll from the attack has risen to seven, the mayor said."]
)
def test_a_running_total_is_told_apart(nlp: Language, text: str) -> None:
    assert [c.best for c in _tolls(nlp, text)] == [7]


def test_parts_are_marked(nlp: Language) -> None:
    found = find_casualties(nlp("The raid killed 12 people, including four children who died at once."), lambda _: "people")
    assert [c.best for c in found if not c.part] == [12]


@pytest.mark.parametrize(
    ("words", "value"),
    [(["twenty-two"], 22), (["1,200"], 1200), (["two", "hundred", "and", "five"], 205), (["three", "dozen"], 36), (["houses"], None)],
)
def test_number_words(words: list[str], value: int | None) -> None:
    assert parse_number(words) == value


@pytest.mark.parametrize(
    "text",
    [
        "Four fighters were killed in the strike, after an earlier count of two dead.",
        "Four fighters were killed in the strike, up from two dead.",
    ],
)
def test_a_figure_the_text_withdraws_is_not_counted(nlp: Language, text: str) -> None:
    assert [c.best for c in find_casualties(nlp(text), lambda _: "people")] == [4]
