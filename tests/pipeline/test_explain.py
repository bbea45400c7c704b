"""Explaining a coding: steps by sentence, values with their words."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.coding.coder import Coding
from pipeline.coding.steps import Step
from pipeline.explain import explain, explanation_lines, value_words, values_of
from pipeline.intake import make_article
from pipeline.models import Evidence, as_plain
from tests.fakes import FakeCoder
from tests.reports import make_article as stored_article
from tests.reports import make_report

TEXT = "Bomb in Kirkuk\n\nA bomb killed five people near Kirkuk on Sunday, the police said."


def test_steps_stand_under_their_sentence() -> None:
    article = stored_article("a1", text="First one.\n\nA second one.", headline="First one.")
    steps = (
        Step("sentence", "First one.", 0, 10, "tells no event"), Step("who", "one", 6, 9, "unnamed: one"),
        Step("sentence", "A second one.", 12, 25, "asserted"), Step("count", "second", 14, 20, "2"),
        Step("event", "A second one.", 12, 25, "event 1"),
    )  # fmt: skip
    found = explain(article, Coding("coded", "", (), steps))
    assert [(s.text, s.taken_as, [x.step for x in s.steps]) for s in found.sentences] == [
        ("First one.", "tells no event", ["who"]), ("A second one.", "asserted", ["count"]),
    ]  # fmt: skip
    assert [s.effect for s in found.events] == ["event 1"]


def test_a_coder_without_steps_is_explained_by_its_reports() -> None:
    article = make_article(text="5 people were killed in Kirkuk on 2023-12-03.", published="2023-12-04")
    lines = list(explanation_lines(article, explain(article, FakeCoder().code(article))))
    assert "Outcome: coded; 1 reports" in lines
    assert any(line.split() == ["deaths_best", "5", "“5”", "0-1"] for line in lines)
    assert any(line.split()[:2] == ["deaths_low", "5"] and line.endswith("by the words of deaths_best") for line in lines)


def test_values_stand_with_their_words_and_empty_ones_are_left_out() -> None:
    report = make_report("a1", deaths=5, evidence=(Evidence("deaths_best", 0, 4, "five"),), confidences={"deaths_best": 0.9})
    values = {v.field: v for v in values_of(report)}
    assert (values["deaths_best"].value, values["deaths_best"].evidence[0].quote, values["deaths_best"].confidence) == ("5", "five", 0.9)
    assert values["deaths_low"].rests_on == "deaths_best"
    assert (values["country"].rests_on, values["country"].evidence) == ("", ())
    assert "injured_best" not in values
    assert "count_vague" not in values


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({}, "side_a", "United States (inter 8)"),
        ({"claims": (("Kataib Hezbollah", "blamed", "quote", "Washington"),)}, "claims", "Kataib Hezbollah blamed by Washington"),
        ({"attributions": (("the police", "police"),)}, "attributions", "the police (police)"),
        ({"modes": ("aerial", "drone")}, "modes", "aerial; drone"),
    ],
)
def test_values_in_words(fields: dict[str, Any], name: str, words: str) -> None:
    assert value_words(as_plain(make_report("a1", **fields))[name]) == words


@pytest.mark.model
def test_the_coder_explains_itself(coder: Any) -> None:
    article = make_article(text=TEXT, headline="Bomb in Kirkuk", published="2023-12-04")
    coding = coder.code(article)
    found = explain(article, coding)
    assert all(article.text[s.start : s.end] == s.words for s in coding.steps if s.step not in ("sentence", "event"))
    last = found.sentences[-1]
    assert last.taken_as.startswith("asserted")
    assert {"event word", "count", "date", "place"} <= {s.step for s in last.steps}
    assert ("date", "on Sunday", "2023-12-03") in {(s.step, s.words, s.effect) for s in last.steps}
    assert [s.effect.endswith("gives a report") for s in found.events] == [True]
    assert len(found.reports) == 1


@pytest.mark.model
def test_an_article_that_is_set_aside_has_a_reason_and_no_steps(coder: Any) -> None:
    article = make_article(text="The bakery on the corner sells good bread, and it has done so for years.")
    found = explain(article, coder.code(article))
    assert (found.outcome, found.sentences, found.reports) == ("gated", (), ())
    assert found.reason
