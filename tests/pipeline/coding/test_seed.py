"""A wire story of the kind the project was started from, retold in our words: two events, three sums, nothing else."""

from typing import Any

import pytest

from pipeline.intake.normalise import make_article

TEXT = """(Tigris Wire) -A U.S. air strike killed five Iraqi fighters near the northern city of Kirkuk as they got ready to fire \
explosive projectiles at U.S. forces, three Iraqi security sources said, identifying them as members of an Iran-backed militia.

A U.S. military official confirmed a "self-defense strike on an imminent threat" that hit a drone launching site near \
Kirkuk on Sunday afternoon.

A statement by the Islamic Resistance in Iraq, an umbrella group for several armed factions, said five of its members had been killed.

The group had claimed several attacks against U.S. forces throughout Sunday.

Earlier Sunday, the U.S. military official said U.S. and international forces were attacked with multiple rockets at \
the Rumalyn Landing Zone \
in northeastern Syria, but there were no casualties or damage to infrastructure.

Iraqi armed groups have claimed more than 70 such attacks against U.S. forces since Oct. 17.

The U.S. in November launched two series of strikes in Iraq against what it said were Iran-aligned armed groups.

Those strikes killed at least 10 militants who were identified as members of Kataib Hezbollah.

The United States has 900 troops in Syria and 2,500 in Iraq on a mission against Islamic State, which in 2014 seized \
large parts of both countries.

(Reporting by A. Writer; Editing by B. Reader)

Advertisement"""


@pytest.fixture(scope="module")
def coding(coder: Any) -> Any:
    article = make_article(
        text=TEXT, headline="US strike in Iraq kills 5 fighters preparing attack", published="2023-12-03", published_source="metadata"
    )
    return article, coder.code(article)


def test_two_events_are_asserted(coding: Any) -> None:
    asserted = [r for r in coding[1].reports if r.assertion == "asserted"]
    strike, rockets = asserted
    assert (strike.sub_event_type, strike.date_start, strike.country, strike.where_prec) == ("Air/drone strike", "2023-12-03", "IQ", 2)
    assert (strike.deaths_best, strike.deaths_low, strike.injured_best) == (5, 5, None)
    assert "United States" in [a.name for a in strike.side_a]
    assert "Islamic Resistance in Iraq" in [a.name for a in strike.side_b]
    assert (rockets.sub_event_type, rockets.country, rockets.where_prec) == ("Shelling/artillery/missile attack", "SY", 1)
    assert (rockets.deaths_best, rockets.injured_best) == (0, 0)
    assert rockets.latitude == pytest.approx(36.997, abs=0.05)


def test_three_sums_are_told_and_nothing_from_plans_or_history(coding: Any) -> None:
    others = [r for r in coding[1].reports if r.assertion != "asserted"]
    assert [r.assertion for r in others] == ["aggregate"] * 3
    assert [r.deaths_best for r in others] == [None, None, 10]
    assert all((r.date_start or "2023") >= "2023" for r in others), "2014 is history"


def test_every_value_opens_to_its_words(coding: Any) -> None:
    article, found = coding
    for report in found.reports:
        for e in report.evidence:
            assert article.text[e.start : e.end] == e.quote
        cited = {e.field for e in report.evidence}
        assert report.deaths_best is None or "deaths_best" in cited
        assert report.injured_best is None or "injured_best" in cited


def test_the_same_text_gives_the_same_reports(coding: Any, coder: Any) -> None:
    assert coder.code(coding[0]).reports == coding[1].reports
