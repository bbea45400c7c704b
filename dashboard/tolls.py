"""How the count of an incident rose by publication time: steps of `toll_history` -> a figure, and the same in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.charts import palette
from dashboard.evidence import PURPLE
from dashboard.wording import NOT_STATED, format_count, format_time
from pipeline.models import Article
from pipeline.resolution import TollStep

HEIGHT = 190


def step_range(step: TollStep) -> str:
    """'5', '5 (3–7)', '10+' of one report."""
    return format_count(step.value, step.low, step.high)


def step_state(step: TollStep, *, last: bool) -> str:
    """What became of a figure."""
    if last:
        return "holds now"
    if step.became_best:
        return "held until the next"
    return "stands beside it" if step.stands else "replaced by its own source since"


def last_best(steps: Sequence[TollStep]) -> TollStep | None:
    """The step whose figure holds in the end; None where none gave one."""
    return next((s for s in reversed(steps) if s.became_best), None)


def step_words(step: TollStep, articles: Mapping[str, Article], *, last: bool) -> tuple[str, str]:
    """(who and when, the figure and what became of it)."""
    article = articles.get(step.article_id)
    who = (article.source if article else "") or "Unknown outlet"
    when = format_time(step.published_at_utc)
    return f"{who}, {'undated' if when == NOT_STATED else when}", f"{step_range(step)} · {step_state(step, last=last)}"


def toll_figure(
    steps: Sequence[TollStep], articles: Mapping[str, Article], *, what: str, theme: str | None = None, height: int = HEIGHT
) -> go.Figure | None:
    """Every figure at its publication time with its low and high, and the line of the one that held.

    None where fewer than two figures have a date: there is no course of things to draw.
    """
    dated = [s for s in steps if s.published_at_utc]
    if len(dated) < 2:
        return None
    colours = palette(theme)
    best = last_best(steps)
    held = [s for s in dated if s.became_best]
    traces: list[dict[str, Any]] = []
    if held:
        times = [_time(s) for s in held]
        values = [s.value for s in held]
        end = max(_time(s) for s in dated)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "x": [*times, end], "y": [*values, values[-1]], "hoverinfo": "skip",
                "line": {"shape": "hv", "width": 2, "color": PURPLE}, "name": "holds",
            }
        )  # fmt: skip
    for stands in (True, False):
        part = [s for s in dated if s.stands == stands]
        if not part:
            continue
        words = [step_words(s, articles, last=s is best) for s in part]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "x": [_time(s) for s in part], "y": [s.value for s in part],
                "name": "stands" if stands else "replaced since",
                "marker": {"size": 9, "color": PURPLE if stands else colours.paper, "line": {"width": 1.6, "color": PURPLE}},
                "error_y": {
                    "type": "data", "symmetric": False, "thickness": 1.4, "width": 4, "color": colours.soft,
                    "array": [max(0, (s.high if s.high is not None else s.value) - s.value) for s in part],
                    "arrayminus": [max(0, s.value - (s.low if s.low is not None else s.value)) for s in part],
                },
                "customdata": [list(w) for w in words], "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            }
        )  # fmt: skip
    top = max(max(s.value, s.high or 0) for s in dated)
    grid = {"gridcolor": colours.rule, "zeroline": False, "tickfont": {"size": 11, "color": colours.soft}, "fixedrange": True}
    layout = {
        "height": height, "margin": {"l": 34, "r": 10, "t": 8, "b": 22}, "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, sans-serif", "color": colours.ink, "size": 12},
        "hoverlabel": {"bgcolor": colours.paper, "bordercolor": colours.rule, "font": {"color": colours.ink, "size": 12}},
        "xaxis": {
            "type": "date", "range": _span(dated), "tickformat": "%-d %b %H:%M" if _hours(dated) < 48 else "%-d %b", "nticks": 5,
            **grid, "showgrid": False, "showline": True, "linecolor": colours.rule,
        },
        "yaxis": {
            **grid, "range": [0, top * 1.12 + 0.3], "tickformat": ",d",
            "title": {"text": what, "font": {"size": 11, "color": colours.soft}},
            **({"dtick": 1} if top <= 4 else {"nticks": 5}),
        },
        "dragmode": False,
    }  # fmt: skip
    return go.Figure(data=traces, layout=layout)


def _time(step: TollStep) -> dt.datetime:
    return dt.datetime.fromisoformat(str(step.published_at_utc)).replace(tzinfo=None)


def _hours(steps: Sequence[TollStep]) -> float:
    times = [_time(s) for s in steps]
    return (max(times) - min(times)).total_seconds() / 3600


def _span(steps: Sequence[TollStep]) -> list[dt.datetime]:
    """The ends of the time axis, with a little room on both sides."""
    times = [_time(s) for s in steps]
    room = max((max(times) - min(times)) * 0.06, dt.timedelta(hours=2))
    return [min(times) - room, max(times) + room]
