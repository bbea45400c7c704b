"""Date words -> days, from text to expected; publication is Wednesday 6 March 2024 unless said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.coding.dates import find_dates, shift_date

CASES = [
    # text, published, start, end, prec, basis
    ("on Tuesday", "2024-03-06", "2024-03-05", "2024-03-05", 1, "relative"),
    ("on Wednesday", "2024-03-06", "2024-03-06", "2024-03-06", 1, "relative"),
    ("on Thursday night", "2024-03-06", "2024-02-29", "2024-02-29", 1, "relative"),
    ("yesterday", "2024-03-01", "2024-02-29", "2024-02-29", 1, "relative"),
    ("overnight", "2024-01-01", "2023-12-31", "2024-01-01", 2, "relative"),
    ("in the night to Wednesday", "2024-03-06", "2024-03-05", "2024-03-06", 2, "relative"),
    ("two days ago", "2024-03-01", "2024-02-28", "2024-02-28", 1, "relative"),
    ("on Dec. 30", "2024-01-02", "2023-12-30", "2023-12-30", 1, "relative"),
    ("on 3 December 2023", None, "2023-12-03", "2023-12-03", 1, "stated"),
    ("December 3, 2023", None, "2023-12-03", "2023-12-03", 1, "stated"),
    ("in November", "2024-03-06", "2023-11-01", "2023-11-30", 4, "relative"),
    ("in November 2019", "2024-03-06", "2019-11-01", "2019-11-30", 4, "stated"),
    ("in 2014", "2024-03-06", "2014-01-01", "2014-12-31", 5, "stated"),
    ("since Oct. 17", "2023-12-03", "2023-10-17", "2023-12-03", 5, "stated"),
    ("this year", "2024-03-06", "2024-01-01", "2024-03-06", 5, "relative"),
    ("last year", "2024-03-06", "2023-01-01", "2023-12-31", 5, "relative"),
    ("last month", "2024-01-15", "2023-12-01", "2023-12-31", 4, "relative"),
    ("14-16 February", "2024-03-06", "2024-02-14", "2024-02-16", 2, "relative"),
    ("the night of Nov. 11 to 12", "2024-03-06", "2023-11-11", "2023-11-12", 2, "relative"),
    ("on Monday [4 March]", "2024-03-06", "2024-03-04", "2024-03-04", 1, "relative"),
    ("on Saturday night (March 2nd)", "2024-03-06", "2024-03-02", "2024-03-02", 1, "relative"),
    ("earlier in the week", "2024-03-06", "2024-03-04", "2024-03-06", 2, "relative"),
    ("over the weekend", "2024-03-04", "2024-03-02", "2024-03-03", 2, "relative"),
    ("last weekend", "2024-03-09", "2024-03-02", "2024-03-03", 2, "relative"),
    ("since last weekend", "2024-03-06", "2024-03-02", "2024-03-06", 2, "relative"),
    ("on the 4th", "2024-03-06", "2024-03-04", "2024-03-04", 1, "relative"),
    ("from Monday to Tuesday", "2024-03-06", "2024-03-04", "2024-03-05", 2, "relative"),
]


@pytest.mark.parametrize(("text", "published", "start", "end", "prec", "basis"), CASES, ids=[c[0] for c in CASES])
def test_a_date_resolves(text: str, published: str | None, start: str, end: str, prec: int, basis: str) -> None:
    sentence = f"It happened {text}, officials said."
    mention = find_dates(sentence, published)[0]
    assert (mention.date_start, mention.date_end, mention.prec, mention.basis) == (start, end, prec, basis)
    assert sentence[mention.start : mention.end].strip() in text


def test_two_weekdays_joined_by_and_are_two_days() -> None:
    found = find_dates("Attacks on Monday and Tuesday", "2024-03-06")
    assert [d.date_start for d in found] == ["2024-03-04", "2024-03-05"]


def test_in_plans_a_weekday_is_the_next_one() -> None:
    assert find_dates("a rally on Friday", "2024-03-06", future=True)[0].date_start == "2024-03-08"


@pytest.mark.parametrize("text", ["on 31 June", "on 30 February 2024", "the 99th"])
def test_impossible_days_are_passed_over(text: str) -> None:
    assert [d for d in find_dates(f"It happened {text}.", "2024-03-06") if d.prec == 1] == []


def test_an_ordinal_is_a_day_only_behind_a_preposition() -> None:
    assert find_dates("The 1st and 7th fronts have merged", "2024-03-06") == []


def test_without_publication_only_full_dates_resolve() -> None:
    found = find_dates("On Sunday, or on 3 December 2023, or last month", None)
    assert [d.date_start for d in found] == [None, "2023-12-03", None]


def test_a_day_after_counts_from_the_event_it_names() -> None:
    mention = find_dates("a day after the bombing", "2024-03-06")[0]
    assert mention.kind == "anaphor"
    assert shift_date(mention, "2023-12-31", "2023-12-31").date_start == "2024-01-01"


@given(st.text(max_size=200), st.dates().map(str))
def test_any_text_gives_ordered_spans_inside_it(text: str, published: str) -> None:
    found = find_dates(text, published)
    assert all(0 <= d.start < d.end <= len(text) for d in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(d.date_start <= (d.date_end or d.date_start) for d in found if d.date_start)
