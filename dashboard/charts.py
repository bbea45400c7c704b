"""Colours, sizes and the timeline: DataFrame -> plotly figure. Nothing here draws on the page."""

from __future__ import annotations

from dataclasses import dataclass

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


def timeline_figure(
    rows: pd.DataFrame, *, width: str, measure: str = "incidents", theme: str | None = None, height: int = 120
) -> go.Figure:
    """Stacked bars by event type. `rows`: bin, event_type, incidents, killed (queries.timeline); `measure` is one of the last two."""
    colours = palette(theme)
    bars = []
    kinds = [*EVENT_TYPES, None]
    for kind in kinds:
        part = rows[rows["event_type"] == kind] if kind else rows[rows["event_type"].isna()]
        if part.empty:
            continue
        starts = pd.to_datetime(part["bin"])
        name = SHORT_TYPES.get(kind, "Type not known") if kind else "Type not known"
        bars.append(
            {
                "type": "bar",
                "x": starts,
                "y": part[measure].fillna(0),
                # A bar stands over its own period, not around its first day.
                "offset": 0,
                "width": [BIN_MS[width] * 0.92] * len(part),
                "name": name,
                "marker": {"color": type_colour(kind), "line": {"width": 0}},
                "customdata": [[bin_label(start, width)] for start in starts],
                "hovertemplate": "%{customdata[0]}<br>" + name + ": %{y:,}<extra></extra>",
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
        "dragmode": False,
    }  # fmt: skip
    # One call that checks everything once: adding bars one by one checks the whole figure each time.
    return go.Figure(data=bars, layout=layout)
