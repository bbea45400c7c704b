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
    (
        "Gunmen killed a couple and their daughter in the village.",
        [("killed", 2, 2, 2, "a couple"), ("killed", 1, 1, 1, "their daughter")],
    ),
    ("Gunmen killed a couple of guards.", [("killed", 2, 2, None, "a couple")]),
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


HUNG_ELSEWHERE = [
    # text, killed best, the parser's trap
    ("No fewer than 35 persons, including the district head, were killed in a midnight raid.", [35]),
    ("At least 37 persons have been confirmed dead and 23 others injured in an explosion.", [37]),
    ("Eleven persons have been reported killed by gunmen on Monday night.", [11]),
    ("Sixteen villagers are feared dead in the north following clashes.", [16]),
    ("No fewer than seven persons were on Monday killed in an attack on the village.", [7]),
    ("A total of 17 persons were killed in the shelling of the town.", [17]),
    ("Militants gunned down 12 people on a bus in the city.", [12]),
    ("An armed gang slaughtered a family of seven in the village.", [7]),
    ("Gunmen have shot dead a senior police officer who was visiting his home state.", [1]),
    ("The strike killed 11 people, residents and a local lawmaker told the agency.", [11]),
    ("A tribal elder and former governor has been killed by unidentified gunmen.", [1]),
    ("The clash has led to the death of six persons.", [6]),
    ("At least seven persons were left dead in the village when rebels attacked.", [7]),
    ("The army lost 46 soldiers in an attack on the island.", [46]),
    ("The bullet struck a house on 24 April and killed nobody's sheep.", []),
]


@pytest.mark.parametrize(("text", "killed"), HUNG_ELSEWHERE, ids=[t[0][:40] for t in HUNG_ELSEWHERE])
def test_the_dead_are_found_where_the_parser_hangs_them(nlp: Language, text: str, killed: list[int]) -> None:
    found = find_casualties(nlp(text), lambda _: "people")
    assert [c.best for c in found if c.kind == "killed" and not c.part] == killed


NONE_OF_THIS = [
    "Youths killed six villagers in revenge for the killing of two herders.",
    "The blast killed six people; an hour later the mayor paid tribute.",
]


@pytest.mark.parametrize("text", NONE_OF_THIS)
def test_what_is_avenged_is_not_counted(nlp: Language, text: str) -> None:
    assert [c.best for c in find_casualties(nlp(text), lambda _: "people") if c.kind == "killed"] == [6]


WOUNDED = [
    ("A soldier lost a foot to a mine.", [1]),
    ("Her driver and two supporters sustained gunshot wounds.", [1, 2]),
    ("Three guards were beaten.", [3]),
    ("Two officers were shot dead and a third wounded on Thursday.", [1]),
    ("The blast led to the injury of four others.", [4]),
    ("The house was burnt.", []),
]


@pytest.mark.parametrize(("text", "injured"), WOUNDED, ids=[t[0] for t in WOUNDED])
def test_other_words_for_the_wounded(nlp: Language, text: str, injured: list[int]) -> None:
    def party(noun: object) -> str:
        return "other" if str(noun) == "house" else "people"

    assert [c.best for c in find_casualties(nlp(text), party) if c.kind == "injured"] == injured


def test_a_sides_word_on_its_own_dead(nlp: Language) -> None:
    found = find_casualties(nlp("The group put its own dead at five."), lambda _: "people")
    assert [(c.best, c.others, c.toll) for c in found] == [(5, True, False)]
