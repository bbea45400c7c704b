"""Two coders' reports side by side: which pair, which fields agree, and the words behind what differs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.comparing import CSV_COLUMNS, agrees, compare, write_differences
from pipeline.errors import NotFoundError
from pipeline.models import Actor, Evidence, as_plain
from tests.reports import KATAIB, US, make_article, make_report

TEXT = "A strike in Kirkuk killed five on Sunday. Another in Gao killed two. A mine in Jos hurt nobody."


def quoted(field: str, words: str) -> Evidence:
    start = TEXT.index(words)
    return Evidence(field, start, start + len(words), words)


@pytest.fixture
def both(fresh_db: Any) -> Any:
    """In `a` one pair that differs in the toll and a report of the one coder alone; in `b` they agree; `c` only one has coded."""
    gao = {"place_name": "Gao", "country": "ML", "latitude": 16.272, "longitude": -0.044}
    with store.writing(fresh_db):
        for i in "abc":
            store.save_article(fresh_db, make_article(i, text=TEXT, headline=f"=Headline {i}"))
        coded = {
            "a": [
                make_report("a", evidence=(quoted("deaths_best", "five"),)),
                make_report("a", number=1, deaths=2, evidence=(quoted("sub_event_type", "Another"),), **gao),
                make_report("a", number=2, assertion="background", day="2010-01-01"),
            ],
            "b": [make_report("b")],
            "c": [make_report("c")],
        }
        for i, reports in coded.items():
            store.save_coding(fresh_db, i, reports, coder="one", coder_version="1", outcome="coded")
        theirs = {
            "a": [make_report("a", number=7, deaths=6, evidence=(quoted("deaths_best", "killed five"),))],
            "b": [make_report("b", number=7)],
        }
        for i, reports in theirs.items():
            store.save_coding(fresh_db, i, reports, coder="other", coder_version="1", outcome="coded")
    return fresh_db


def test_the_figures(both: Any) -> None:
    found = compare(both, "one", "other")
    assert (found.articles, found.reports_a, found.reports_b, found.paired) == (2, 3, 2, 2)
    fields = {f.field: (f.same, f.pairs) for f in found.fields}
    assert (fields["date"], fields["place"], fields["side_a"]) == ((2, 2), (2, 2), (2, 2))
    assert (fields["deaths_best"], fields["deaths_low"], fields["injured_best"]) == ((1, 2), (1, 2), (0, 0))
    assert found.most_different(5) == [("a", "=Headline a", 4)]


def test_what_differs_comes_with_both_values_and_the_words_behind_them(both: Any) -> None:
    found = {(d.field, d.report_a): d for d in compare(both, "one", "other").differences}
    toll = found["deaths_best", "a-0"]
    assert (toll.value_a, toll.value_b, toll.quote_a, toll.quote_b, toll.report_b) == (5, 6, "five", "killed five", "a-7")
    assert found["deaths_low", "a-0"].quote_a == "five"
    alone = found["report", "a-1"]
    assert (alone.value_a, alone.value_b, alone.quote_a) == ("Air/drone strike, Gao, 2023-12-03, 2 killed", None, "Another")


def test_the_other_way_round_it_is_the_same(both: Any) -> None:
    one, other = compare(both, "one", "other"), compare(both, "other", "one")
    assert (one.paired, one.fields, len(one.differences)) == (other.paired, other.fields, len(other.differences))


def test_the_file_has_one_row_a_difference_and_no_formula(both: Any, tmp_path: Path) -> None:
    found = compare(both, "one", "other")
    path = tmp_path / "differences.csv"
    assert write_differences(path, found.differences) == len(found.differences) == 4
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == CSV_COLUMNS
    first = next(r for r in rows if r[4] == "deaths_best")
    assert first == ["a", "'=Headline a", "a-0", "a-7", "deaths_best", "5", "6", "five", "killed five"]


def test_a_coder_that_coded_nothing_is_named(both: Any) -> None:
    with pytest.raises(NotFoundError, match="coder 'third' in the store; it has those of one, other"):
        compare(both, "one", "third")


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("date", {}, {"day": "2023-12-05"}, False),
        ("date", {"day": None}, {"day": None}, None),
        ("date", {"day": None}, {}, False),
        ("injured_best", {"injured_best": 3}, {}, False),
        ("injured_best", {}, {}, None),
        ("side_a", {"side_a": (US,)}, {"side_a": (Actor("U.S.", 8),)}, True),
        ("side_a", {"side_a": (US,)}, {"side_a": (KATAIB,)}, False),
        ("side_a", {"side_a": ()}, {"side_a": (US,)}, False),
        ("modes", {"modes": ("unknown",)}, {"modes": ()}, None),
        ("country", {}, {"country": None}, False),
    ],
)
def test_whether_a_field_agrees(name: str, one: dict[str, Any], other: dict[str, Any], expected: bool | None) -> None:
    assert agrees(name, as_plain(make_report("a", **one)), as_plain(make_report("a", **other))) is expected
    assert agrees(name, as_plain(make_report("a", **other)), as_plain(make_report("a", **one))) is expected
