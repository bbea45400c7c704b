"""The period beside the one before it: which days, when a change can be told, in which words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.comparison import EXACT_UP_TO, LEVEL, Sums, can_tell, change_words, compared_periods, comparison_words, rate_test
from pipeline.filters import Filters

READ = ("2023-10-05", "2024-02-23")


@pytest.mark.parametrize(
    ("filters", "read", "days"),
    [
        (Filters(date_from="2023-12-01", date_to="2023-12-31"), READ, ("2023-12-01", "2023-12-31", "2023-10-31", "2023-11-30", 31)),
        (Filters(date_from="2024-02-01"), READ, ("2024-02-01", "2024-02-23", "2024-01-09", "2024-01-31", 23)),
        (Filters(date_from="2024-02-22", date_to="2100-12-31"), READ, ("2024-02-22", "2024-02-23", "2024-02-20", "2024-02-21", 2)),
        (Filters(date_to="2023-12-31"), READ, None),
        (Filters(), READ, None),
        (Filters(date_from="2023-10-20", date_to="2023-11-20"), READ, None),
        (Filters(date_from="2023-12-31", date_to="2023-12-01"), READ, None),
        (Filters(date_from="2024-03-01"), READ, None),
        (Filters(date_from="2023-12-01"), None, None),
    ],
)
def test_the_periods_to_compare(filters: Filters, read: tuple[str, str] | None, days: tuple[str, str, str, str, int] | None) -> None:
    found = compared_periods(filters, read)
    assert (found and (found.first, found.last, found.before_first, found.before_last, found.days)) == days


# Twice the lower tail of a binomial with one half, by hand: 2 * (1 + 6) / 64 for 1 of 6, and so on.
@pytest.mark.parametrize(
    ("now", "before", "p"), [(6, 0, 2 / 64), (5, 1, 14 / 64), (5, 0, 2 / 32), (9, 9, 1.0), (0, 0, 1.0), (1, 9, 22 / 1024)]
)
def test_the_test_is_the_exact_one(now: int, before: int, p: float) -> None:
    assert rate_test(now, before) == pytest.approx(p)


@given(st.integers(0, 400), st.integers(0, 400))
def test_it_is_two_sided_and_a_probability(now: int, before: int) -> None:
    p = rate_test(now, before)
    assert p == rate_test(before, now)
    assert 0 <= p <= 1
    assert rate_test(now + 1, now) >= rate_test(now + 20, now)


def test_beyond_the_exact_sum_the_approximation_goes_on_where_it_ends() -> None:
    half = EXACT_UP_TO // 2
    exact, near = rate_test(half + 40, half - 40), rate_test(half + 40, half - 39)
    assert math.isclose(exact, near, rel_tol=0.1)
    assert 0 < rate_test(60_000, 50_000) < 1e-9


def test_counts_too_small_say_nothing() -> None:
    assert not can_tell(5, 0)
    assert can_tell(6, 0)
    assert [change_words(*pair) for pair in ((0, 0), (3, 2), (5, 0))] == ["", "", ""]
    assert comparison_words(Sums(3, 80, 80, 80), Sums(2), 7) is None


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(12, 9, "No clear change"), (24, 9, "+167 %"), (9, 24, "−62 %"), (0, 9, "−100 %"), (14, 0, "None before"), (1_400, 1_000, "+40 %")],
)
def test_a_change_is_named_only_where_it_is_one(now: int, before: int, words: str) -> None:
    assert change_words(now, before) == words
    assert (rate_test(now, before) < LEVEL) is (words != "No clear change")


def test_the_dead_are_set_side_by_side_with_their_ranges() -> None:
    words = comparison_words(Sums(24, 118, 102, 141), Sums(9, 64, 64, 64), 31)
    assert words == ("+167 %", "24 incidents against 9 in the 31 days before", "killed 118 (102–141) against 64")
    assert comparison_words(Sums(9, 1, 1, 1), Sums(0), 1) == (
        "None before",
        "9 incidents against 0 in the day before",
        "killed 1 against 0",
    )
