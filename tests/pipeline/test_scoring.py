"""Scoring against gold: each field's rule, the pairing, the sums."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring import (
    Band,
    GoldArticle,
    Tally,
    add_up,
    assign,
    by_phenomenon,
    count_points,
    is_right,
    pair_reports,
    reliability,
    score_article,
)  # fmt: skip

KIRKUK = {"latitude": 35.468, "longitude": 44.392, "country": "IQ", "where_prec": 1}
NEAR_KIRKUK = {"latitude": 35.7, "longitude": 44.392, "country": "IQ", "where_prec": 2}  # 26 km north
BAGHDAD = {"latitude": 33.34, "longitude": 44.4, "country": "IQ", "where_prec": 1}  # 236 km south
DAY = {"date_start": "2023-12-03", "date_end": "2023-12-03", "date_prec": 1}


def report(**fields: Any) -> dict[str, Any]:
    return {
        "assertion": "asserted", "event_type": "Explosions/Remote violence", "sub_event_type": "Air/drone strike", **DAY, **KIRKUK,
        "deaths_best": 5,
    } | fields  # fmt: skip


def article(*gold: dict[str, Any], name: str = "a1", text: str = "five killed", phenomena: tuple[str, ...] = ()) -> GoldArticle:
    return GoldArticle(name, text, phenomena, gold)


@pytest.mark.parametrize(
    ("field", "gold", "coded", "right"),
    [
        ("date", DAY, DAY, True),
        ("date", DAY, {"date_start": "2023-12-01", "date_end": "2023-12-03", "date_prec": 2}, True),
        ("date", DAY, {"date_start": "2023-12-01", "date_end": "2023-12-31", "date_prec": 4}, False),  # far less precise
        ("date", DAY, {"date_start": "2023-12-04", "date_end": "2023-12-04", "date_prec": 1}, False),
        ("date", DAY, {"date_start": None}, False),
        ("date", {"date_start": None}, DAY, None),
        ("place", KIRKUK, NEAR_KIRKUK, True),
        ("place", KIRKUK, BAGHDAD, False),
        ("place", {**KIRKUK, "where_prec": 6}, BAGHDAD, True),
        ("place", {**KIRKUK, "where_prec": 7}, BAGHDAD, True),
        ("place", {**KIRKUK, "where_prec": 4}, BAGHDAD, False),
        ("place", KIRKUK, {"latitude": None, "country": "IQ"}, False),
        ("place", {"latitude": None, "country": "IQ"}, {"latitude": None, "country": "IQ"}, True),
        ("place", {"latitude": None, "country": None}, KIRKUK, None),
        ("deaths_best", {"deaths_best": 5}, {"deaths_best": 5}, True),
        ("deaths_best", {"deaths_best": None}, {"deaths_best": 0}, False),  # not stated is not none
        ("deaths_best", {"deaths_best": None}, {}, True),
        ("deaths_best", {}, {"deaths_best": 5}, None),  # left open
        ("where_prec", {"where_prec": None}, {"where_prec": 1}, None),
        ("modes", {"modes": ["aerial", "drone"]}, {"modes": ["drone"]}, True),
        ("modes", {"modes": ["unknown"]}, {"modes": ["drone"]}, None),
        ("side_a", {"side_a": ["United States"]}, {"side_a": [{"name": "US", "inter": 8}]}, True),
        ("side_a", {"side_a": ["Islamic State"]}, {"side_a": [{"name": "Daesh", "inter": 2}]}, True),
        ("side_a", {"side_a": ["Jabhat al-Nusra"]}, {"side_a": [{"name": "Nusrah Front", "aliases": ["Jabhat al-Nusrah"]}]}, True),
        ("side_a", {"side_a": ["Military of Mali"]}, {"side_a": ["Military of Niger"]}, False),
        ("side_a", {"side_a": ["Military of Mali", "Wagner Group"]}, {"side_a": ["Wagner"]}, True),
        ("side_a", {"side_a": []}, {"side_a": ["Wagner"]}, None),
        ("side_a", {"side_a": ["Wagner"]}, {"side_a": []}, False),
        ("side_a", {"side_a": ["Wagner"], "sub_event_type": "Armed clash"}, {"side_a": [], "side_b": ["Wagner"]}, True),
        ("side_a", {"side_a": ["Wagner"], "sub_event_type": "Attack"}, {"side_a": [], "side_b": ["Wagner"]}, False),
    ],
)  # fmt: skip
def test_a_field_is_right_by_its_rule(field: str, gold: dict[str, Any], coded: dict[str, Any], right: bool | None) -> None:
    assert is_right(field, gold, coded) is right


@pytest.mark.parametrize(
    ("coded", "points"),
    [
        (report(), 4.0),
        (report(deaths_best=6), 3.0),
        (report(sub_event_type="Grenade", deaths_best=6), 2.5),
        (report(sub_event_type="Attack", event_type="Violence against civilians", deaths_best=6), 2.0),
        (report(**BAGHDAD, deaths_best=6), 2.0),
        (report(**BAGHDAD, deaths_best=6, sub_event_type="Grenade"), 0.0),  # a point and a half are too few
        (report(**BAGHDAD, date_start="2023-11-01", date_end="2023-11-01"), 0.0),  # neither day nor place
    ],
)
def test_a_pair_has_points_for_what_it_shares(coded: dict[str, Any], points: float) -> None:
    assert count_points(report(), coded) == points


def test_pairs_are_chosen_for_the_sum() -> None:
    gold = [report(), report(deaths_best=7)]
    # The first report fits either gold; it is left to the one that nothing else fits.
    assert pair_reports(gold, [report(deaths_best=7), report(deaths_best=9, sub_event_type="Grenade")]) == [(0, 1), (1, 0)]
    assert pair_reports(gold, []) == []
    assert pair_reports([], gold) == []


def best_by_trying(points: list[list[float]]) -> list[tuple[int, int]]:
    choices = itertools.product(*([0, *(j + 1 for j, p in enumerate(row) if p)] for row in points))
    allowed = [c for c in choices if len([x for x in c if x]) == len({x for x in c if x})]
    chosen = min(allowed, key=lambda c: (-sum(points[i][x - 1] for i, x in enumerate(c) if x), c))
    return [(i, x - 1) for i, x in enumerate(chosen) if x]


@given(
    st.integers(0, 4).flatmap(
        lambda columns: st.lists(st.lists(st.sampled_from((0, 2, 2.5, 3, 4)), min_size=columns, max_size=columns), max_size=4)
    )
)
def test_the_assignment_is_the_best_there_is(points: list[list[float]]) -> None:
    assert assign(points) == best_by_trying(points)


def test_a_whole_article() -> None:
    gold = [report(incident_key="e1", modes=["aerial"]), report(**BAGHDAD, incident_key="e2"), report(assertion="background")]
    coded = [
        report(incident_id="i1", modes=["aerial"], evidence=[{"field": "deaths_best", "start": 0, "end": 4, "quote": "five"}]),
        report(incident_id="i2", deaths_best=9, evidence=[{"field": "deaths_best", "start": 0, "end": 9, "quote": "nine dead"}]),
        report(assertion="background"),
    ]
    s = add_up([score_article(article(*gold), coded)])
    assert s.incident == Tally(2, 2, 2)  # the second is paired by day, type: two points
    assert s.fields["place"] == Tally(1, 2, 2)
    assert s.fields["modes"] == Tally(1, 1, 1)  # the second gold says nothing of them
    assert s.fields["injured_best"] == Tally(0, 0, 0)
    assert (s.leaked, s.not_asserted, s.exact) == (0, 1, 0)
    assert (s.deaths_gold, s.deaths_written) == (10, 14)
    assert s.deaths_error == pytest.approx(0.4)
    assert (s.spans, s.spans_broken, s.numbers_without) == (2, 1, 1)


def test_a_report_that_is_not_asserted_in_the_gold_leaks() -> None:
    s = add_up([score_article(article(report(assertion="aggregate")), [report()])])
    assert (s.leaked, s.not_asserted, s.quiet, s.quiet_of) == (1, 1, 0, 1)
    assert s.incident == Tally(0, 1, 0)


def test_an_article_that_is_right_in_all_that_is_scored_is_exact() -> None:
    gold = {k: v for k, v in report().items() if k != "deaths_best"}  # left open
    s = score_article(article(gold), [report()])
    assert s.is_exact
    assert score_article(article(), []).is_exact
    assert not score_article(article(gold), [report(), report(**BAGHDAD)]).is_exact


def test_quotation_marks_and_white_space_break_no_evidence() -> None:
    quote = {"field": "claims", "start": 0, "end": 10, "quote": "\u201cit was us"}
    s = score_article(article(report(), text='He said: "it\n  was us".'), [report(evidence=[quote])])
    assert (s.spans, s.spans_broken) == (1, 0)


def test_links_and_tolls_are_of_events_and_stay_within_their_set() -> None:
    def one(name: str, key: str, incident: str, deaths: int, scope: str = "") -> Any:
        gold = article(report(incident_key=key, deaths_best=deaths), name=name)
        return score_article(gold, [report(incident_id=incident, deaths_best=deaths)], scope=scope)

    s = add_up([one("a1", "e1", "i1", 5), one("a2", "e1", "i1", 7), one("a3", "e1", "i2", 5), one("a4", "e1", "i1", 5, scope="other")])
    assert s.merge_pairs == Tally(1, 1, 3)
    assert (s.deaths_gold, s.deaths_written) == (7 + 5, 7 + 5 + 5)


def test_phenomena_are_scored_over_their_articles() -> None:
    found = by_phenomenon(
        [
            score_article(article(report(), phenomena=("near", "denial")), [report()]),
            score_article(article(report(), name="a2", phenomena=("near",)), []),
        ]
    )
    assert list(found) == ["near", "denial"]
    assert (found["near"].incident, found["denial"].incident) == (Tally(1, 1, 2), Tally(1, 1, 1))
    assert (found["near"].exact_share, found["denial"].exact_share) == (0.5, 1.0)


def test_confidence_is_set_against_what_was_right() -> None:
    coded = [
        report(confidence=0.9, confidences={"place_name": 1.0, "date_start": 0.4, "unheard_of": 0.4}),
        report(**BAGHDAD, deaths_best=6, confidence=0.95, confidences={"place_name": 0.95}),
        report(assertion="background", confidence=0.1, confidences={"place_name": 0.1}),
    ]
    bands = reliability([score_article(article(report()), coded)])
    assert bands == [
        Band("report", 0.9, 1.0, 2, 1, pytest.approx(0.925)), Band("date", 0.0, 0.5, 1, 1, 0.4),
        Band("place", 0.9, 1.0, 2, 1, pytest.approx(0.975)),
    ]  # fmt: skip
    assert [b.share for b in bands] == [0.5, 1.0, 0.5]


def test_nothing_at_all_scores() -> None:
    s = add_up([])
    assert (s.incident.f1, s.incident.precision, s.slots_macro_f1, s.exact_share, s.deaths_error) == (0.0, 0.0, None, 0.0, None)
