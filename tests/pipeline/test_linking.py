"""What makes two reports one event, what keeps them apart, and that the order they come in is nothing."""

from __future__ import annotations

import dataclasses
import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linking import (
    DOUBT_SCORE,
    LINK_SCORE,
    REST_MAX,
    compare_reports,
    compare_tolls,
    distance_km,
    link,
    make_incident_id,
    may_meet,
    may_score,
    meeting_pairs,
    same_place_name,
    sentence_spans,
)
from pipeline.models import Actor, Decision, Evidence, Report
from tests.reports import ARMY, CIVILIANS, GOLD, GUNMEN, KATAIB, KIN, PMF, articles_of, load_gold, make_article, make_report

PROTESTERS = Actor("Protesters (Iraq)", 6)
ARTICLES = articles_of(make_article("a", "2023-12-03"), make_article("b", "2023-12-04"))


def score(a: Report, b: Report) -> float:
    return compare_reports(a, b, ARTICLES, kin=KIN).total


@pytest.mark.parametrize(
    ("changes", "linked"),
    [
        pytest.param({}, True, id="the same in every field"),
        pytest.param({"deaths": 6}, True, id="toll risen by one"),
        pytest.param({"deaths": None}, True, id="toll not stated"),
        pytest.param({"place_name": "near Kirkuk", "where_prec": 2, "latitude": 35.55}, True, id="near the town"),
        pytest.param({"side_b": (PMF,)}, True, id="the umbrella of the group"),
        pytest.param({"side_b": (GUNMEN,)}, True, id="unnamed target"),
        pytest.param({"side_a": ()}, True, id="initiator not named"),
        pytest.param({"assertion": "background"}, True, id="recalled"),
        pytest.param({"date_start": "2023-12-02", "date_prec": 2}, True, id="overnight, into the same day"),
        pytest.param({"day": "2023-12-04"}, False, id="the next day"),
        pytest.param({"day": "2023-11-26"}, False, id="the week before"),
        pytest.param({"country": "SY"}, False, id="another country"),
        pytest.param({"place_name": "Dibis", "latitude": 35.67, "longitude": 44.07}, False, id="another town of the province"),
        pytest.param({"place_name": "Mosul", "admin1": "Nineveh", "latitude": 36.34, "longitude": 43.13}, False, id="another city"),
        pytest.param(
            {"sub_event_type": "Attack", "side_a": (GUNMEN,), "side_b": (CIVILIANS,), "deaths": 1},
            False,
            id="another kind of event in town",
        ),
        pytest.param(
            {"sub_event_type": "Peaceful protest", "side_a": (Actor("Protesters (Iraq)", 6),), "side_b": ()}, False, id="a protest"
        ),
        pytest.param({"deaths": 48, "side_a": (ARMY,), "side_b": (CIVILIANS,)}, False, id="other sides and another scale"),
    ],
)
def test_a_pair_is_one_event_or_not(changes: dict[str, object], linked: bool) -> None:
    total = score(make_report("a"), make_report("b", **changes))
    assert (total >= LINK_SCORE) == linked, total


def test_the_score_says_why() -> None:
    why = compare_reports(make_report("a"), make_report("b", place_name="Daquq", latitude=35.449, longitude=44.41), ARTICLES).why
    assert why == "same day; 3 km apart; both name United States; both name Kataib Hezbollah; both Air/drone strike; tolls 5 and 5"


def test_an_article_that_names_the_others_village_is_near_it() -> None:
    village = {"place_name": "Lower Bagh", "latitude": 35.1, "longitude": 44.9}
    a, b = make_report("a", **village), make_report("b", place_name="Mosul", admin1="Nineveh", latitude=36.34, longitude=43.13)
    silent = articles_of(make_article("a"), make_article("b", text="The raid was told of in Mosul."))
    naming = articles_of(make_article("a"), make_article("b", text="Told of in Mosul: a raid on Lower Bagh."))
    apart, near = (compare_reports(a, b, texts, kin=KIN) for texts in (silent, naming))
    assert apart.total < LINK_SCORE <= near.total
    assert "both articles name Lower Bagh" in near.why


def test_a_named_village_does_not_bridge_days_or_countries() -> None:
    naming = articles_of(make_article("a"), make_article("b", text="A raid on Lower Bagh was told of."))
    a = make_report("a", place_name="Lower Bagh", latitude=35.1, longitude=44.9)
    for other in ({"day": "2023-12-05"}, {"country": "SY", "place_name": "Raqqa", "latitude": 35.95, "longitude": 39.01}):
        assert "articles name" not in compare_reports(a, make_report("b", **other), naming, kin=KIN).why


def test_disagreement_subtracts() -> None:
    found = {
        f.name: f.score for f in compare_reports(make_report("a"), make_report("b", day="2023-12-04", side_b=(ARMY,)), ARTICLES).features
    }
    assert found["date"] < 0
    assert found["target"] < 0 < found["initiator"]


@pytest.mark.parametrize(
    ("older", "newer", "better"),
    [
        pytest.param(9, 17, (17, 9), id="a toll rises"),
        pytest.param(5, 6, (6, 40), id="little before much"),
    ],
)
def test_a_toll_that_rises_is_likelier_than_one_that_falls(older: int, newer: int, better: tuple[int, int]) -> None:
    def toll(x: int, y: int) -> float:
        return compare_tolls(make_report("a", deaths=x), make_report("b", deaths=y), ARTICLES).score

    assert toll(older, newer) > toll(*better)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Hsihseng", "Hsi Hseng", True),
        ("Mellit", "Malit", True),
        ("'Ayn al-Assad", "Ain al-Asad air base", True),
        ("Sheikh Zuweid - Rafah axis", "east of Sheikh Zuweid", True),
        ("Laithi district of Benghazi", "Laithi", True),
        ("Kirkuk", "Mosul", False),
        ("northern province", "southern province", False),
        ("Gao", "Goma", False),
    ],
)
def test_spellings_of_a_place(a: str, b: str, same: bool) -> None:
    assert same_place_name(a, b) is same


def test_distance_is_great_circle_in_km() -> None:
    assert distance_km(33.315, 44.366, 36.34, 43.13) == pytest.approx(355, abs=3)  # Baghdad to Mosul
    assert distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.2, abs=0.1)  # across the date line


def test_shared_words_of_the_evidence_count() -> None:
    text = "Rockets hit a wedding hall. Dozens of musicians died."
    articles = articles_of(make_article("a", text=text), make_article("b", text=f"In other news, rain. {text}"))
    evidence = (Evidence("deaths_best", text.index("Dozens"), len(text), text[text.index("Dozens") :]),)
    moved = dataclasses.replace(evidence[0], start=evidence[0].start + 21, end=evidence[0].end + 21)
    found = compare_reports(make_report("a", evidence=evidence), make_report("b", evidence=(moved,)), articles).features
    assert not [f for f in found if f.name == "words"]  # two telling words are too few to tell
    whole = (Evidence("sub_event_type", 0, len(text), text),)
    shifted = (Evidence("sub_event_type", 21, 21 + len(text), text),)
    found = compare_reports(make_report("a", evidence=whole), make_report("b", evidence=shifted), articles).features
    assert next(f for f in found if f.name == "words").sentence == "both say musician, wedding, rocket"


def test_sentences_are_cut_after_stops_and_at_line_ends() -> None:
    text = "U.S. jets struck. “Five died,” he said.\nNo group spoke"
    assert [text[a:b] for a, b in sentence_spans(text)] == ["U.S. jets struck. ", "“Five died,” he said.\n", "No group spoke"]


# --- groups ------------------------------------------------------------------------------------


def ids(groups: list) -> list[tuple[str, ...]]:
    return sorted(tuple(sorted(g.report_ids)) for g in groups)


def test_two_reports_of_one_article_never_meet_through_a_third() -> None:
    articles = articles_of(*(make_article(x) for x in "abc"))
    reports = [make_report("a"), make_report("a", number=1, deaths=6), make_report("b"), make_report("c", deaths=6)]
    groups = ids(link(reports, articles))
    assert all(len({r.split("-")[0] for r in group}) == len(group) for group in groups)
    assert len(groups) == 2


@pytest.mark.parametrize("kind", ["aggregate", "prospective", "denied"])
def test_sums_plans_and_denials_stand_alone_unless_copied(kind: str) -> None:
    articles = articles_of(*(make_article(x) for x in "abc"))
    reports = [make_report(x, assertion=kind) for x in "ab"] + [make_report("c")]
    assert ids(link(reports, articles)) == [("a-0",), ("b-0",), ("c-0",)]
    copied = link(reports, articles, origins={"a": "o1", "b": "o1", "c": "o1"})
    assert ids(copied) == [("a-0", "b-0"), ("c-0",)]
    assert copied[0].links["b-0"][1] == "the same words from one origin"


def test_a_doubtful_pair_is_a_suggestion() -> None:
    articles = ARTICLES
    older, newer = make_report("a"), make_report("b", latitude=None, longitude=None, place_name=None, side_b=(GUNMEN,), deaths=None)
    total = score(older, newer)
    assert DOUBT_SCORE <= total < LINK_SCORE
    groups = link([newer, older], articles)
    assert len(groups) == 2
    (suggestion,) = [s for g in groups for s in g.suggestions]
    assert (suggestion.report_id, suggestion.other_id, suggestion.score) == ("b-0", "a-0", total)
    assert suggestion.why.startswith("same day; place not known for both; both name United States")


def test_people_join_and_part_what_the_scores_do_not() -> None:
    far, near = make_report("b", day="2023-12-09"), make_report("c")
    reports, articles = [make_report("a"), far, near], articles_of(*(make_article(x) for x in "abc"))
    assert ids(link(reports, articles)) == [("a-0", "c-0"), ("b-0",)]
    merged = Decision(
        decision_id="d1",
        at_utc="2024-01-01T00:00:00Z",
        by="x",
        kind="merge",
        target="i",
        payload={"reports": ["b-0"], "into_reports": ["a-0"]},
    )
    parted = dataclasses.replace(merged, decision_id="d2", kind="split", payload={"reports": ["c-0"], "rest": ["a-0"]})
    undone = dataclasses.replace(merged, decision_id="d3", kind="undo", target="d1", payload={})
    assert ids(link(reports, articles, decisions=[merged])) == [("a-0", "b-0", "c-0")]
    assert ids(link(reports, articles, decisions=[merged, parted])) == [("a-0", "b-0"), ("c-0",)]
    assert ids(link(reports, articles, decisions=[merged, parted, undone])) == [("a-0",), ("b-0",), ("c-0",)]


def test_ids_are_of_the_founder_and_never_given_twice() -> None:
    assert make_incident_id("r1") == make_incident_id("r1") != make_incident_id("r2")
    assert make_incident_id("r1", turn=1) != make_incident_id("r1")


# --- properties ----------------------------------------------------------------------------------

DAYS = ["2023-12-01", "2023-12-02", "2023-12-03", "2023-12-05", None]
PLACES = [("Kirkuk", 35.468, 44.392, 1), ("near Kirkuk", 35.5, 44.5, 2), ("Daquq", 35.14, 44.45, 1), (None, None, None, 6)]


@st.composite
def reports_of_some_articles(draw: st.DrawFn) -> list[Report]:
    made = []
    for n in range(draw(st.integers(2, 7))):
        for number in range(draw(st.integers(1, 2))):
            name, latitude, longitude, prec = draw(st.sampled_from(PLACES))
            made.append(
                make_report(
                    f"a{n}",
                    number=number,
                    day=draw(st.sampled_from(DAYS)),
                    deaths=draw(st.sampled_from([None, 0, 5, 6, 20])),
                    assertion=draw(st.sampled_from(["asserted", "asserted", "background", "aggregate"])),
                    sub_event_type=draw(st.sampled_from(["Air/drone strike", "Shelling/artillery/missile attack", "Attack"])),
                    side_b=draw(st.sampled_from([(KATAIB,), (CIVILIANS,), ()])),
                    country=draw(st.sampled_from(["IQ", "IQ", None])),
                    place_name=name,
                    latitude=latitude,
                    longitude=longitude,
                    where_prec=prec,
                )
            )
    return made


@settings(max_examples=60, deadline=None)
@given(reports_of_some_articles(), st.randoms(use_true_random=False))
def test_the_order_of_the_reports_changes_nothing(reports: list[Report], rng: random.Random) -> None:
    articles = articles_of(*(make_article(f"a{n}", f"2023-12-{3 + n % 4:02}") for n in range(7)))
    shuffled = reports[:]
    rng.shuffle(shuffled)
    assert link(reports, articles, kin=KIN) == link(shuffled, articles, kin=KIN)


@settings(max_examples=60, deadline=None)
@given(reports_of_some_articles())
def test_blocking_finds_every_pair_that_may_meet(reports: list[Report]) -> None:
    want = {(a.report_id, b.report_id) for a, b in combinations(sorted(reports, key=lambda r: r.report_id), 2) if may_meet(a, b)}
    assert set(meeting_pairs(reports)) == want


@settings(max_examples=60, deadline=None)
@given(reports_of_some_articles())
def test_the_score_is_symmetric_and_bounded_beyond_day_and_place(reports: list[Report]) -> None:
    articles = articles_of(*(make_article(f"a{n}") for n in range(7)))
    for a, b in combinations(reports, 2):
        one = compare_reports(a, b, articles)
        assert one == compare_reports(b, a, articles)
        assert sum(f.score for f in one.features if f.name not in ("date", "place")) <= REST_MAX


@settings(max_examples=60, deadline=None)
@given(reports_of_some_articles())
def test_a_pair_that_is_never_scored_could_not_have_been_one_event(reports: list[Report]) -> None:
    names = " ".join(sorted({r.place_name for r in reports if r.place_name}))
    articles = articles_of(*(make_article(f"a{n}", text=names) for n in range(7)))
    for a, b in combinations(reports, 2):
        if not may_score(a, b, kin=KIN):
            assert compare_reports(a, b, articles, kin=KIN).total < DOUBT_SCORE


# --- gold ----------------------------------------------------------------------------------------


def merge_pairs(path_name: str) -> tuple[float, float]:
    """Precision and recall of linked pairs, over gold coded reports."""
    reports, articles, keys = load_gold(GOLD / path_name)
    home = {i: n for n, g in enumerate(link(reports, articles)) for i in g.report_ids}
    same = {(a, b) for a, b in combinations(sorted(home), 2) if keys[a] is not None and keys[a] == keys[b]}
    linked = {(a, b) for a, b in combinations(sorted(home), 2) if home[a] == home[b]}
    right = len(same & linked)
    return right / len(linked) if linked else 1.0, right / len(same) if same else 1.0


@pytest.mark.parametrize("path_name", ["challenge_dev.jsonl"])
def test_gold_reports_find_their_events(path_name: str) -> None:
    precision, recall = merge_pairs(path_name)
    assert precision >= 0.95
    assert recall >= 0.9
