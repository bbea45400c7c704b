"""Whose day a date is: firmness of its tie to an event, days counted from other days, what stands in for a day."""

from typing import Any

import pytest

from pipeline.coding.dates import find_dates
from pipeline.coding.dating import joined, with_lag
from pipeline.intake.normalise import make_article

PUBLISHED = "2024-03-06"  # a Wednesday


def test_two_days_joined_are_one_span() -> None:
    text = "the fighting of Saturday and Sunday"
    (span,) = joined(text, find_dates(text, PUBLISHED))
    assert (span.date_start, span.date_end, span.prec) == ("2024-03-02", "2024-03-03", 2)
    assert text[span.start : span.end] == "Saturday and Sunday"


@pytest.mark.parametrize("text", ["on Monday, and again on Tuesday", "on Tuesday and Monday"])
def test_days_told_apart_stay_apart(text: str) -> None:
    assert len(joined(text, find_dates(text, PUBLISHED))) == 2


def test_a_statement_tells_of_its_day_or_the_day_before() -> None:
    (day,) = find_dates("said on Friday", "2024-03-01")
    spread = with_lag(day)
    assert (spread.date_start, spread.date_end, spread.prec) == ("2024-02-29", "2024-03-01", 2)


CASES = [
    # the day on another verb of the sentence is not the event's
    ("Police on Tuesday searched homes over Monday's bombing in Kirkuk, which killed four people.", "2024-03-04", "2024-03-04"),
    (
        "A road near Kirkuk reopened on Tuesday after gunmen killed four people. The attack took place on Sunday.",
        "2024-03-03",
        "2024-03-03",
    ),
    # a speaker between the day and the verb of saying
    ("Gunmen killed four people in a village near Kirkuk on Monday, a local mayor said.", "2024-03-04", "2024-03-04"),
    ("Gunmen killed four people near Kirkuk, a mayor said on Tuesday.", "2024-03-04", "2024-03-05"),
    ("Gunmen killed four people near Kirkuk.", "2024-03-05", "2024-03-06"),
    ("Gunmen killed four people near Kirkuk on Monday [4 March], officials said.", "2024-03-04", "2024-03-04"),
    # a wounded man's death afterwards, and a toll brought up to date, are news of an event before them
    (
        "Rebels denied the murder of a mayor in Kirkuk. A guard died in hospital late on Tuesday. The mayor was shot dead on Sunday.",
        "2024-03-03",
        "2024-03-03",
    ),
    (
        "Officials raised to nine on Wednesday the number of people killed by a car bomb in Kirkuk. The bomb exploded on Monday.",
        "2024-03-04",
        "2024-03-04",
    ),
    # the sentences before in the paragraph set the scene
    (
        "On the night of March 3-4 the special forces went after a cell in Hawija. They were met with fire. Four gunmen were killed.",
        "2024-03-03",
        "2024-03-04",
    ),
    # counted from the day of the statement
    ("The army said on Tuesday that gunmen had killed four soldiers near Kirkuk a day earlier.", "2024-03-04", "2024-03-04"),
]


@pytest.mark.parametrize(("text", "start", "end"), CASES, ids=[c[0][:40] for c in CASES])
def test_an_event_has_the_day_that_is_said_of_it(coder: Any, text: str, start: str, end: str) -> None:
    reports = [r for r in coder.code(make_article(text=text, headline="", published=PUBLISHED)).reports if r.assertion == "asserted"]
    assert [(r.date_start, r.date_end) for r in reports[:1]] == [(start, end)]


def test_an_undated_paragraph_goes_on_in_the_time_of_its_article(coder: Any) -> None:
    text = (
        "Gunmen shot dead four farmers in Baqubah on Monday, police said.\n\n"
        "The same night in Kirkuk, a car bomb exploded and killed two policemen."
    )
    reports = coder.code(make_article(text=text, headline="", published=PUBLISHED)).reports
    assert {r.date_start for r in reports} == {"2024-03-04"}


def test_a_digest_lends_its_day_to_its_items(coder: Any) -> None:
    text = "The following was recorded.\n\nKirkuk: Gunmen shot dead four farmers.\n\nMosul: A car bomb exploded and killed two policemen."
    reports = coder.code(make_article(text=text, headline="Daily log of attacks, 4 March", published=PUBLISHED)).reports
    assert {r.date_start for r in reports} == {"2024-03-04"}
