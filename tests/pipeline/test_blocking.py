"""The bounds in bulk leave out no pair that the full comparison would link, or ask about."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.blocking import Blocks
from pipeline.incidents import Work
from pipeline.linking import DOUBT_SCORE, compare_pair, may_meet
from pipeline.models import Actor
from tests.generate import fill_world
from tests.reports import ARMY, CIVILIANS, GUNMEN, KATAIB, KIN, PMF, US, articles_of, make_article, make_report, save_all

SPOTS = [
    ("Kirkuk", 35.468, 44.392, 1), ("near Kirkuk", 35.5, 44.5, 2), ("Daquq", 35.14, 44.45, 1), ("Kirkuk province", 35.4, 44.3, 4),
    ("Mosul", 36.34, 43.13, 1), ("Mosel", 36.9, 43.9, 1), ("Iraq", 33.0, 44.0, 6), ("Kirkuk", None, None, 1), (None, None, None, None),
]  # fmt: skip
FIGURES = [None, 0, 1, 5, 6, 9, 20, 300]


@st.composite
def crowded(draw: st.DrawFn) -> list[Any]:
    """Reports of a few days and places that agree and disagree in every field that is compared."""
    made = []
    for n in range(draw(st.integers(2, 6))):
        name, latitude, longitude, prec = draw(st.sampled_from(SPOTS))
        day = draw(st.sampled_from(["2023-12-01", "2023-12-02", "2023-12-03", "2023-12-05", "2023-11-20", None]))
        low = draw(st.sampled_from(FIGURES))
        made.append(
            make_report(
                f"a{n}", day=day, place_name=name, latitude=latitude, longitude=longitude, where_prec=prec,
                date_end=draw(st.sampled_from([day, day, "2023-12-09"])) if day else None,
                date_prec=draw(st.sampled_from([1, 2, 3, 5, None])),
                date_basis=draw(st.sampled_from(["relative", "publication"])), country=draw(st.sampled_from(["IQ", "IQ", "SY", None])),
                admin1=draw(st.sampled_from(["Kirkuk", None])), deaths=draw(st.sampled_from(FIGURES)), deaths_low=low,
                injured_best=draw(st.sampled_from(FIGURES)),
                assertion=draw(st.sampled_from(["asserted", "asserted", "background", "aggregate"])),
                sub_event_type=draw(st.sampled_from(["Air/drone strike", "Armed clash", "Attack", "Peaceful protest", None])),
                side_a=draw(st.sampled_from([(US,), (KATAIB, PMF), (), (GUNMEN,), (Actor("Protesters (Iraq)", 6),)])),
                side_b=draw(st.sampled_from([(KATAIB,), (PMF,), (CIVILIANS,), (ARMY, KATAIB), ()])),
                confidences=draw(st.sampled_from([{}, {"place_name": 0.3, "sub_event_type": 0.5, "deaths_best": 0.4}])),
            )
        )  # fmt: skip
    return made


@settings(max_examples=150, deadline=None)
@given(crowded())
def test_no_pair_that_may_be_doubted_is_left_out(reports: list[Any]) -> None:
    # Every other article names a place that a report of another may be put at.
    texts = [f"Text of a{n}." + " It was near Daquq and Mosul." * (n % 2) for n in range(6)]
    articles = articles_of(*(make_article(f"a{n}", f"2023-12-{3 + n % 3:02}", text=text) for n, text in enumerate(texts)))
    db = store.open_store(":memory:")
    save_all(db, articles.values(), reports, origins=dict.fromkeys(articles, "o1"))
    blocks = Blocks(db, kin=KIN)
    db.close()
    found = {r.report_id: set(blocks.partners(r.report_id)) for r in reports}
    for a, b in combinations(reports, 2):
        score = compare_pair(a, b, articles, origins=dict.fromkeys(articles, "o1"), kin=KIN)
        if score is not None and score.total >= DOUBT_SCORE and (a.assertion == "aggregate" or may_meet(a, b)):
            assert b.report_id in found[a.report_id], score
            assert a.report_id in found[b.report_id], score


def test_few_pairs_of_a_crowded_world_are_compared_in_full() -> None:
    db = store.open_store(":memory:")
    fill_world(db, 1500)
    blocks, work = Blocks(db, kin={}), Work(db)
    work.load(r for (r,) in db.execute("SELECT report_id FROM reports"))
    full = kept = 0
    for report_id in sorted(work.reports)[::100]:
        partners = set(blocks.partners(report_id))
        doubted = {j for j in work.reports if j != report_id and (s := work.score(report_id, j)) and s.total >= DOUBT_SCORE}
        meeting = {j for j in work.reports if may_meet(work.reports[report_id], work.reports[j])}
        assert doubted & meeting <= partners
        assert doubted & meeting <= set(work.neighbours(report_id))
        full, kept = full + len(meeting), kept + len(partners)
    assert kept < full / 4
    db.close()


def test_an_empty_store_has_no_blocks(fresh_db: Any) -> None:
    with pytest.raises(KeyError):
        Blocks(fresh_db, kin={}).partners("r")
