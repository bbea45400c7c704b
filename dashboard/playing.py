"""Playing a period: which step of the timeline is shown, and the days that go with it. Values only; the page draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.charts import bar_days
from pipeline.filters import Filters

# Seconds a step is shown: long enough to read what changed on the map.
STEP_S = 1.2


@dataclass(frozen=True, slots=True)
class Play:
    """A step of the timeline, whether it goes on by itself, and whether it shows its own days only or all up to them."""

    step: int = 0
    running: bool = False
    only: bool = False


def move(play: Play, by: int, steps: int) -> Play:
    """The play some steps on or back, within the period; it stops at the end."""
    step = min(max(play.step + by, 0), steps - 1)
    return dataclasses.replace(play, step=step, running=play.running and step < steps - 1)


def toggle(play: Play | None, steps: int) -> Play:
    """Start, pause or go on; at the end, from the beginning."""
    if play is None or (not play.running and play.step >= steps - 1):
        return Play(running=steps > 1, only=bool(play and play.only))
    return dataclasses.replace(play, running=not play.running)


def days_shown(play: Play, starts: Sequence[pd.Timestamp], width: str) -> tuple[str, str]:
    """The first and last day, ISO, that a step shows."""
    first, last = bar_days(starts[play.step], width)
    return (first if play.only else bar_days(starts[0], width)[0]), last


def play_filters(filters: Filters, days: tuple[str, str]) -> Filters:
    """The filters narrowed to the days of a step; what has no day is in none."""
    first, last = max(days[0], filters.date_from or days[0]), min(days[1], filters.date_to or days[1])
    return dataclasses.replace(filters, date_from=first, date_to=last, undated=False)
