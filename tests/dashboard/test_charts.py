"""The timeline's bars and the colours."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard import charts
from pipeline.models import EVENT_TYPES

ROWS = pd.DataFrame(
    {
        "bin": ["2023-12-03", "2023-12-03", "2023-12-05"],
        "part": ["Battles", None, "Protests"],
        "incidents": [2, 1, 4],
        "killed": [7.0, None, 0.0],
    }
)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours, WCAG 2.2."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_event_type_has_a_colour_of_its_own() -> None:
    assert list(charts.TYPE_COLOURS) == list(EVENT_TYPES) == list(charts.SHORT_TYPES)
    assert len({*charts.TYPE_COLOURS.values(), charts.NO_TYPE_COLOUR}) == len(EVENT_TYPES) + 1
    assert charts.type_colour(None) == charts.NO_TYPE_COLOUR


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK], ids=["light", "dark"])
def test_text_stands_out_in_both_themes(colours: charts.Palette) -> None:
    assert contrast(colours.ink, colours.paper) >= 7
    assert contrast(colours.soft, colours.paper) >= 4.5
    assert contrast(colours.ink, colours.land) >= 7
    assert contrast(colours.label, colours.land) >= 3.7


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", [*EVENT_TYPES, None])
def test_the_edge_of_a_point_stands_out_from_land_and_sea(theme: str, kind: str | None) -> None:
    colours, edge = charts.palette(theme), charts.edge_colour(kind, theme)
    assert contrast(edge, colours.land) >= 3
    assert contrast(edge, colours.sea) >= 3


def test_bars_are_stacked_by_type_in_the_codebook_order() -> None:
    figure = charts.timeline_figure(ROWS, width="day", parts=charts.type_parts())
    assert [bar.name for bar in figure.data] == ["Battles", "Protests", "Type not known"]
    assert [list(bar.y) for bar in figure.data] == [[2], [4], [1]]
    assert figure.layout.barmode == "stack"
    assert {bar.marker.color for bar in figure.data} == {"#0072b2", "#009e73", charts.NO_TYPE_COLOUR}


def test_deaths_not_stated_add_nothing_to_a_bar() -> None:
    figure = charts.timeline_figure(ROWS, width="day", parts=charts.type_parts(), measure="killed")
    assert [list(bar.y) for bar in figure.data] == [[7], [0], [0]]


@pytest.mark.parametrize(
    ("width", "words"), [("day", "4 Dec 2023"), ("week", "week of 4 Dec 2023"), ("month", "Dec 2023"), ("year", "2023")]
)
def test_bar_label(width: str, words: str) -> None:
    assert charts.bin_label(pd.Timestamp("2023-12-04"), width) == words


def test_a_single_bar_is_not_as_wide_as_the_page() -> None:
    first, last = charts.time_range(ROWS["bin"].head(1), "day")
    assert (last - first).days == charts.MIN_BINS
    assert first < pd.Timestamp("2023-12-03") < last


def test_bars_outside_of_what_plays_are_faint() -> None:
    figure = charts.timeline_figure(ROWS, width="day", parts=charts.type_parts(), window=("2023-12-01", "2023-12-03"))
    assert [list(bar.marker.opacity) for bar in figure.data] == [[1.0], [0.22], [1.0]]


def test_bars_can_be_stacked_by_initiator_in_colours_that_are_no_types() -> None:
    rows = ROWS.assign(part=["Hamas", charts.OTHERS, None])
    parts = charts.side_parts(("Hamas",), "dark")
    figure = charts.timeline_figure(rows, width="day", parts=parts)
    assert [bar.name for bar in figure.data] == ["Hamas", charts.OTHERS, "Initiator not known"]
    assert not {part.colour for part in parts[:-1]} & set(charts.TYPE_COLOURS.values())


def test_a_hostile_name_is_text_in_the_tooltip() -> None:
    figure = charts.timeline_figure(ROWS.assign(part="<b>x</b>%{y}"), width="day", parts=charts.side_parts(("<b>x</b>%{y}",)))
    assert "<b>" not in figure.data[0].hovertemplate
    assert figure.data[0].hovertemplate.count("%{y") == 1


@pytest.mark.parametrize(
    ("width", "first", "last", "count"),
    [
        ("day", "2024-01-29", "2024-03-02", 34), ("week", "2024-01-29", "2024-02-26", 5), ("month", "2024-01-01", "2024-03-01", 3),
        ("year", "2023-01-01", "2026-01-01", 4),
    ],
)  # fmt: skip
def test_every_bar_of_a_period_has_its_step(width: str, first: str, last: str, count: int) -> None:
    starts = charts.bar_starts(pd.Series([last, first]), width)
    assert len(starts) == count
    ends = [charts.bar_days(start, width)[1] for start in starts]
    assert [(start - pd.Timedelta(days=1)).date().isoformat() for start in starts[1:]] == ends[:-1], "no day is in two bars or in none"


def test_nothing_has_no_steps() -> None:
    assert charts.bar_starts(pd.Series([], dtype=object), "day") == []


@pytest.mark.parametrize(
    ("edges", "days"),
    [
        (("2023-12-04 06:00", "2023-12-12 06:00"), ("2023-12-04", "2023-12-10")),
        (("2023-12-19 00:00:00.5", "2023-12-05"), ("2023-12-04", "2023-12-17")),
        (("2023-11-01", "2024-06-01"), ("2023-12-04", "2023-12-24")),
        (("2023-12-04", "2023-12-05"), None),
        (("nonsense", "2023-12-05"), None),
        ((), None),
    ],
)
def test_a_brush_holds_whole_bars(edges: tuple[str, ...], days: tuple[str, str] | None) -> None:
    starts = charts.bar_starts(pd.Series(["2023-12-04", "2023-12-18"]), "week")
    assert charts.brushed_days(starts, "week", edges) == days


def test_small_bars_share_a_scale_and_say_what_they_show() -> None:
    markup = charts.bars_html((0, 5, 10, 1), top=100, label='Iraq "and" more')
    assert markup.count("<i") == 4
    assert [part.split("%")[0] for part in markup.split("height:")[1:]] == ["5", "10", "4"], "what is there can be seen"
    assert "Iraq &quot;and&quot; more" in markup
