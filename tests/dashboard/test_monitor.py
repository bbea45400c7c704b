"""The Monitor's own controls: what they change on the page and in its address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import display
from dashboard.display import Display
from pipeline.store import open_store
from tests.dashboard.pages import page_text, run_page


@pytest.fixture
def full(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with 150 incidents, the one in use."""
    path = generated_store(150)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    return path


def params_of(at: AppTest) -> dict[str, Any]:
    """The address's parameters, one value each."""
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in at.query_params.items()}


def figure_of(at: AppTest) -> str:
    """The timeline as it was sent."""
    return str(at.get("plotly_chart")[0].proto.spec)


@pytest.mark.parametrize("shown", [Display(), Display(measure="killed", unit="month", stack="side", by="actor")])
def test_a_display_survives_the_address_and_the_widgets(shown: Display) -> None:
    assert display.from_params(display.to_params(shown)) == shown
    widgets = {display.widget_key(name): getattr(shown, name) for name in display.OPTIONS}
    assert display.read_widgets(widgets) == shown
    assert display.read_widgets({}, default=shown) == shown


def test_what_a_link_says_wrong_is_passed_over() -> None:
    assert display.from_params({"unit": "fortnight", "measure": "killed", "by": ""}) == Display(measure="killed")


def test_a_link_sets_the_bars_and_every_control_writes_its_address(full: Path) -> None:
    at = run_page("monitor", unit="month", stack="side", measure="killed", country=["IQ", "SY"])
    assert "Other initiators" in page_text(at)
    assert params_of(at) == {"country": ["IQ", "SY"], "unit": "month", "stack": "side", "measure": "killed"}
    for name, value in (("unit", "week"), ("stack", "type"), ("measure", "incidents")):
        at.segmented_control(key=f"d_{name}").set_value(value).run()
        assert not at.exception
    assert params_of(at) == {"country": ["IQ", "SY"], "unit": "week"}
    assert "week of" in figure_of(at)


def test_small_timelines_link_to_their_country(full: Path) -> None:
    at = run_page("monitor", as_of="2024-12-31")
    at.segmented_control(key="d_by").set_value("country").run()
    assert not at.exception
    assert params_of(at) == {"as_of": "2024-12-31", "by": "country"}
    assert page_text(at).count('class="dl-bars"') > 3
    assert "all on one scale up to" in page_text(at)
    assert not at.get("plotly_chart")
    at.segmented_control(key="d_by").set_value("time").run()
    assert len(at.get("plotly_chart")) == 1
    assert params_of(at) == {"as_of": "2024-12-31"}


def test_a_link_to_the_small_timelines_of_groups_opens_on_them(full: Path) -> None:
    at = run_page("monitor", by="actor", measure="killed")
    assert "other groups not shown" in page_text(at)
    assert "Killed per" in page_text(at)


def test_the_player_steps_through_the_period_and_ends(full: Path) -> None:
    at = run_page("monitor", unit="month", country="IQ")
    at.button(key="play_start").click().run()
    assert not at.exception
    assert at.button(key="play_toggle").label == "Pause"
    assert "play_start" not in [button.key for button in at.button], "the player stands in the head's place"
    at.button(key="play_next").click().run()
    assert at.button(key="play_toggle").label == "Play", "a step by hand pauses"
    first = step_of(at)
    at.segmented_control(key="play_reach").set_value("only").run()
    only = step_of(at)
    assert first[0].startswith("To ")
    assert not only[0].startswith("To ")
    assert only[1] <= first[1]
    at.button(key="play_back").click().run()
    assert step_of(at)[0] != only[0]
    assert at.button(key="play_back").disabled
    at.button(key="play_end").click().run()
    assert "play_start" in [button.key for button in at.button]
    assert params_of(at) == {"unit": "month", "country": "IQ"}, "what plays is no filter"


def step_of(at: AppTest) -> tuple[str, int]:
    """The words of the step and how many incidents it shows."""
    words = page_text(at)
    when = words.split('class="dl-step" role="status">')[1].split("<")[0]
    told = next(line for line in words.splitlines() if line.startswith("**") and "killed" in line)
    return when, int(told.strip("*").split(" incident")[0].replace(",", ""))


def test_the_period_before_is_set_beside_the_one_filtered(full: Path) -> None:
    db = open_store(full)
    db.execute("UPDATE incidents SET date_start = '2023-08-10', date_end = '2023-08-10', date_prec = 1 WHERE date_start IS NOT NULL")
    db.execute("UPDATE incidents SET date_start = '2023-07-10', date_end = '2023-07-10' WHERE date_start IS NOT NULL AND rowid % 4 = 0")
    db.conn.commit()
    db.close()
    words = page_text(run_page("monitor", **{"from": "2023-08-01", "to": "2023-08-31"}))
    assert "in the 31 days before" in words
    assert "exact conditional test" in words
    assert '<span class="dl-figure">+' in words
    assert "days before" not in page_text(run_page("monitor"))
