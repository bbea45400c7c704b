"""The steps of a played period."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.charts import bar_starts
from dashboard.playing import Play, days_shown, move, play_filters, toggle
from pipeline.filters import Filters

STARTS = bar_starts(pd.Series(["2023-12-04", "2023-12-18"]), "week")


@pytest.mark.parametrize(("by", "step", "running"), [(1, 1, True), (2, 2, False), (9, 2, False), (-1, 0, True)])
def test_steps_stay_within_the_period_and_stop_at_its_end(by: int, step: int, running: bool) -> None:
    assert move(Play(running=True), by, 3) == Play(step=step, running=running)


def test_a_shorter_period_takes_the_step_back() -> None:
    assert move(Play(step=40), 0, 3) == Play(step=2)


def test_play_pause_go_on_and_again_from_the_start() -> None:
    playing = toggle(None, 3)
    assert playing == Play(running=True)
    paused = toggle(move(playing, 1, 3), 3)
    assert paused == Play(step=1)
    assert toggle(paused, 3) == Play(step=1, running=True)
    assert toggle(Play(step=2, only=True), 3) == Play(running=True, only=True)
    assert not toggle(None, 1).running, "one step does not play"


def test_a_step_shows_all_up_to_it_or_itself() -> None:
    assert days_shown(Play(step=1), STARTS, "week") == ("2023-12-04", "2023-12-17")
    assert days_shown(Play(step=1, only=True), STARTS, "week") == ("2023-12-11", "2023-12-17")


def test_a_step_never_reaches_beyond_the_filters() -> None:
    filters = Filters(country=("IQ",), date_from="2023-12-06", date_to="2023-12-15")
    shown = play_filters(filters, ("2023-12-04", "2023-12-17"))
    assert shown == Filters(country=("IQ",), date_from="2023-12-06", date_to="2023-12-15", undated=False)
    assert play_filters(Filters(), ("2023-12-04", "2023-12-17")).date_to == "2023-12-17"
