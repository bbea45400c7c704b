"""The filtered period beside the same length before it: which days, whether a difference can be told, in which words."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from dashboard.wording import plural
from pipeline.filters import Filters

# A change is called one where equal rates would give counts as far apart in fewer than one of twenty such comparisons.
LEVEL = 0.05
# Above this many incidents in both the exact sum is long, and the normal approximation as good.
EXACT_UP_TO = 2_000


@dataclass(frozen=True, slots=True)
class Periods:
    """A period and the one of the same length right before it; ISO days, inclusive."""

    first: str
    last: str
    before_first: str
    before_last: str
    days: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What one period adds up to: incidents, and their dead, best, lowest and highest."""

    incidents: int = 0
    killed: int = 0
    low: int = 0
    high: int = 0


def compared_periods(filters: Filters, read: tuple[str, str] | None) -> Periods | None:
    """The periods to compare; None where the filters set no beginning, or the news read does not reach back far enough.

    `read` are the first and last day of publication of what was read: a period without an end goes to its
    last day, one that begins before its first would be compared with silence.
    """
    if not filters.date_from or read is None:
        return None
    first = dt.date.fromisoformat(filters.date_from)
    last = min(dt.date.fromisoformat(day) for day in (filters.date_to or read[1], read[1]))
    days = (last - first).days + 1
    if days < 1:
        return None
    before = first - dt.timedelta(days=days)
    if before.isoformat() < read[0]:
        return None
    return Periods(first.isoformat(), last.isoformat(), before.isoformat(), (first - dt.timedelta(days=1)).isoformat(), days)


def rate_test(now: int, before: int) -> float:
    """How often equal rates give two counts at least this far apart: the two-sided p-value of the exact conditional test.

    Of two Poisson counts over equal times, given their sum, either is binomial with one half (Przyborowski and
    Wilenski 1940, Biometrika 31). Incidents that come in series vary more than that, so the test calls a change rather
    too often than too seldom. Above EXACT_UP_TO the normal approximation with continuity correction.
    """
    n, k = now + before, min(now, before)
    if 2 * k >= n:
        return 1.0
    if n > EXACT_UP_TO:
        return math.erfc((n / 2 - k - 0.5) / math.sqrt(n / 4) / math.sqrt(2))
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


def can_tell(now: int, before: int) -> bool:
    """Whether counts of this size could show a change at all: whether all of them in one period would."""
    return rate_test(now + before, 0) < LEVEL


def change_words(now: int, before: int) -> str:
    """'+33 %', '−25 %', 'None before'; 'No clear change' where equal rates would often give the same; empty where nothing can be told."""
    if not can_tell(now, before):
        return ""
    if rate_test(now, before) >= LEVEL:
        return "No clear change"
    if not before:
        return "None before"
    share = round(100 * (now - before) / before)
    return f"{'+' if share > 0 else '−'}{abs(share):,} %"


def toll_words(sums: Sums) -> str:
    """'118 (102–141)', '5'."""
    return f"{sums.killed:,}" + (f" ({sums.low:,}–{sums.high:,})" if (sums.low, sums.high) != (sums.killed, sums.killed) else "")


def comparison_words(now: Sums, before: Sums, days: int) -> tuple[str, str, str] | None:
    """The change, the incidents it rests on, and the dead of both; None where the counts are too small to mean something.

    The dead get no percentage: they come in tens at a time, and no test of single counts holds for them.
    """
    change = change_words(now.incidents, before.incidents)
    if not change:
        return None
    counts = f"{plural(now.incidents, 'incident')} against {before.incidents:,} in the {'day' if days == 1 else f'{days:,} days'} before"
    return change, counts, f"killed {toll_words(now)} against {toll_words(before)}"
