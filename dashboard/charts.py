"""Colours, sizes and the timeline: DataFrame -> plotly figure. Nothing here draws on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import plotly.graph_objects as go

from dashboard.wording import MONTHS
from pipeline.models import EVENT_TYPES

# Okabe-Ito, safe for colour-blind readers; the same type has the same colour everywhere. Red is for errors only.
TYPE_COLOURS: dict[str, str] = {
    "Battles": "#0072b2",
    "Explosions/Remote violence": "#e69f00",
    "Violence against civilians": "#cc79a7",
    "Protests": "#009e73",
    "Riots": "#d55e00",
    "Strategic developments": "#56b4e9",
}
NO_TYPE_COLOUR = "#8c8c86"
SHORT_TYPES: dict[str, str] = {
    "Battles": "Battles",
    "Explosions/Remote violence": "Explosions",
    "Violence against civilians": "Against civilians",
    "Protests": "Protests",
    "Riots": "Riots",
    "Strategic developments": "Strategic",
}


# Towards which value, and how far, a line's colour moves from its type's.
EDGE_MIX = {"light": (0, 0.38), "dark": (255, 0.2)}


@dataclass(frozen=True, slots=True)
class Palette:
    """The neutral colours of one theme, as the style sheet has them."""

    ink: str
    soft: str
    rule: str
    land: str
    border: str
    sea: str
    label: str
    paper: str


LIGHT = Palette("#1d1c1a", "#5f5b53", "#d9d5cb", "#efece4", "#cbc5b7", "#dfe6ea", "#7b766b", "#fcfbf8")
DARK = Palette("#e8e6e1", "#aaa79e", "#343a40", "#1f2428", "#3f474e", "#101316", "#8b9299", "#14171a")


def palette(theme: str | None) -> Palette:
    """The colours for a theme's type, 'light' or 'dark'; light where it is not known yet."""
    return DARK if theme == "dark" else LIGHT


def type_colour(event_type: object) -> str:
    """The colour of an event type; the neutral one where there is none."""
    return TYPE_COLOURS.get(str(event_type), NO_TYPE_COLOUR)


def edge_colour(event_type: object, theme: str | None = None) -> str:
    """The colour of an event type for thin lines: darker on a light map, lighter on a dark one, so that it stands out 3:1."""
    colour, (target, share) = type_colour(event_type), EDGE_MIX["dark" if theme == "dark" else "light"]
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c + (target - c) * share):02x}" for c in channels)


def bin_label(first: pd.Timestamp, width: str) -> str:
    """The words for one bar: '3 Dec 2023', 'week of 4 Dec 2023', 'Dec 2023', '2023'."""
    month = f"{MONTHS[first.month - 1]} {first.year}"
    return {"day": f"{first.day} {month}", "week": f"week of {first.day} {month}", "month": month, "year": str(first.year)}[width]


# How far a bar is from the next, as the calendar has it.
STEPS = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1), "year": pd.DateOffset(years=1)}
BIN_MS = {"day": 86_400_000, "week": 7 * 86_400_000, "month": 30 * 86_400_000, "year": 365 * 86_400_000}


TICKS = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}
# A bar is not drawn wider than this part of the timeline, however few there are.
MIN_BINS = 14


def time_range(bins: pd.Series, width: str) -> list[pd.Timestamp]:
    """The ends of the time axis: from the first bar to the end of the last, wide enough for MIN_BINS bars."""
    step = pd.Timedelta(milliseconds=BIN_MS[width])
    first, last = pd.to_datetime(bins.min()), pd.to_datetime(bins.max()) + step
    spare = max(pd.Timedelta(0), MIN_BINS * step - (last - first)) / 2
    return [first - spare, last + spare]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stacked bar: its value in the rows' `part` (None: not known), its name and its colour."""

    key: str | None
    label: str
    colour: str


# Initiators have no colours of their own on the map: one hue in steps, the most frequent darkest, so that they are not taken for types.
SIDE_COLOURS = {
    "light": ("#2c4257", "#4a6a87", "#7292ad", "#9cb6cb", "#c3d4e1"),
    "dark": ("#d5e4f1", "#a9c3da", "#7f9fba", "#5b7c98", "#3f5d77"),
}
OTHERS_COLOUR = {"light": "#b9ad95", "dark": "#857c69"}
OTHERS = "Other initiators"


def type_parts() -> list[Part]:
    """The event types in the codebook's order, then what has none."""
    return [*(Part(kind, SHORT_TYPES[kind], type_colour(kind)) for kind in EVENT_TYPES), Part(None, "Type not known", NO_TYPE_COLOUR)]


def side_parts(names: Sequence[str], theme: str | None = None) -> list[Part]:
    """The initiators of these names, most frequent first, then all others, then what names none."""
    tone = "dark" if theme == "dark" else "light"
    named = [Part(name, name, colour) for name, colour in zip(names, SIDE_COLOURS[tone], strict=False)]
    return [*named, Part(OTHERS, OTHERS, OTHERS_COLOUR[tone]), Part(None, "Initiator not known", NO_TYPE_COLOUR)]


def bar_starts(bins: pd.Series, width: str) -> list[pd.Timestamp]:
    """The first day of every bar from the first to the last, those of nothing among them."""
    if bins.empty:
        return []
    starts = [pd.Timestamp(bins.min())]
    while (following := starts[-1] + STEPS[width]) <= pd.Timestamp(bins.max()):
        starts.append(following)
    return starts


def bar_days(start: pd.Timestamp, width: str) -> tuple[str, str]:
    """The first and the last day of a bar, ISO."""
    return start.date().isoformat(), (start + STEPS[width] - pd.Timedelta(days=1)).date().isoformat()


def brushed_days(starts: Sequence[pd.Timestamp], width: str, edges: Sequence[object]) -> tuple[str, str] | None:
    """First and last day, ISO, of the bars that a brush from one edge to the other holds the middle of; None where it holds none.

    `edges`: the two ends in any order, as plotly gives them (a time without a zone).
    """
    ends = pd.to_datetime(pd.Series([str(edge) for edge in edges]), errors="coerce", format="ISO8601").dropna()
    if len(ends) != 2:
        return None
    low, high = ends.min(), ends.max()
    held = [start for start in starts if low <= start + (start + STEPS[width] - start) / 2 <= high]
    return (bar_days(held[0], width)[0], bar_days(held[-1], width)[1]) if held else None


def timeline_figure(
    rows: pd.DataFrame, *, width: str, parts: Sequence[Part], measure: str = "incidents", theme: str | None = None, height: int = 120,
    window: tuple[str, str] | None = None,
) -> go.Figure:  # fmt: skip
    """Stacked bars. `rows`: bin, part, incidents, killed (queries_monitor.bars); `measure` is one of the last two.

    With `window`, the first and last day of a period, bars outside of it are faint.
    """
    colours = palette(theme)
    bars = []
    # What a bar is, worked out once for all its parts.
    starts = {day: pd.Timestamp(day) for day in rows["bin"].unique().tolist()}
    # A bar stands over its own period, not around its first day.
    widths = {day: ((start + STEPS[width]) - start) / pd.Timedelta(milliseconds=1) * 0.92 for day, start in starts.items()}
    labels = {day: [bin_label(start, width)] for day, start in starts.items()}
    for kind in parts:
        part = rows[rows["part"] == kind.key] if kind.key is not None else rows[rows["part"].isna()]
        if part.empty:
            continue
        days = part["bin"].tolist()
        marker: dict[str, object] = {"color": kind.colour, "line": {"width": 0}}
        if window:
            marker["opacity"] = [1.0 if window[0] <= day <= window[1] else 0.22 for day in days]
        bars.append(
            {
                "type": "bar",
                "x": pd.DatetimeIndex([starts[day] for day in days]),
                "y": part[measure].fillna(0),
                "offset": 0,
                "width": [widths[day] for day in days],
                "name": kind.label,
                "marker": marker,
                # What a brush holds is said by the page that follows, not by fading the rest meanwhile.
                "unselected": {"marker": {"opacity": 1}},
                "customdata": [labels[day] for day in days],
                "hovertemplate": "%{customdata[0]}<br>" + escape(kind.label).replace("%{", "% {") + ": %{y:,}<extra></extra>",
            }
        )
    # Counts are whole: a short axis ticks at each of them instead of at halves.
    tallest = rows.groupby("bin")[measure].sum().max() if len(rows) else 0
    steps = {"dtick": 1} if tallest <= 3 else {"nticks": 4}
    grid = {"gridcolor": colours.rule, "zeroline": False, "tickfont": {"size": 11, "color": colours.soft}}
    layout = {
        "barmode": "stack",
        "height": height,
        "margin": {"l": 30, "r": 4, "t": 6, "b": 20},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, sans-serif", "color": colours.ink, "size": 12},
        "hoverlabel": {"bgcolor": colours.paper, "bordercolor": colours.rule, "font": {"color": colours.ink, "size": 12}},
        "xaxis": {
            "type": "date", "range": time_range(rows["bin"], width), "tickformat": TICKS[width], "fixedrange": True,
            **grid, "showgrid": False, "showline": True, "linecolor": colours.rule,
        },
        "yaxis": {**grid, "fixedrange": True, **steps, "rangemode": "tozero", "tickformat": ",d"},
        # A drag over the bars brushes days, whatever its height.
        "dragmode": "select",
        "selectdirection": "h",
        "newselection": {"line": {"color": colours.soft, "width": 1, "dash": "solid"}},
    }  # fmt: skip
    # One call that checks everything once: adding bars one by one checks the whole figure each time.
    return go.Figure(data=bars, layout=layout)


def bars_html(values: Sequence[int], *, top: int, label: str) -> str:
    """A small bar chart as HTML in the text's colour, `top` at its full height; `label` says in words what it shows."""
    # A bar that is there can be seen, however small.
    bars = "".join(f'<i style="height:{max(100 * value / max(top, 1), 4):.0f}%"></i>' if value else "<i></i>" for value in values)
    return f'<div class="dl-bars" role="img" aria-label="{escape(label)}">{bars}</div>'
