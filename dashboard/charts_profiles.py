"""Pieces of the pages of groups and of regions, as HTML: bars over time, ranked bars, matrix, maps, tables of sums.

Plain markup rather than canvases: every bar, cell and outline is a link to its incidents, reached by the
keyboard, and takes its colours from the theme. All texts are escaped here; nothing here draws on the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from dashboard import maps
from dashboard.charts import SHORT_TYPES, bin_label, edge_colour, type_colour
from dashboard.evidence import escape_text
from dashboard.outlines import Frame, Outline, box_of, middle, path_of
from dashboard.queries_profiles import Part, Sums
from dashboard.wording import NOT_STATED, country_name, format_count, format_day, incident_title, plural
from pipeline.filters import Filters, to_params
from pipeline.models import EVENT_TYPES

NO_TYPE = "Type not known"
# Pixels that the longest bar of a chart over time may take, above and below its line together.
BARS_HEIGHT = 132
# One incident is no taller than this: a single one must not look like a peak.
MAX_UNIT = 20
# Labels further right than this part of the axis, in percent, would run out of it.
LAST_TICK = 88
# More points on one map, or on each of several, and neither they nor the page can be read.
MAX_DOTS, MAX_DOTS_EACH = 250, 100
MAX_LABELS = 14
# How the bar of a role is drawn beside the other's.
ROLE_SHADES = {"initiator": "solid", "target": "pale"}
# An area with incidents that is smaller than this, in pixels, is marked by a spot of this size.
SPECK = 9
# Classes of a choropleth, from pale to dark.
CLASSES = 5


# --- links ---------------------------------------------------------------------------------------


def address(page: str, params: Mapping[str, str | Sequence[str]]) -> str:
    """The address of a page with its parameters, relative to any page of the app; Monitor is the app's own address."""
    query = urlencode(params, doseq=True)
    return f"./{'' if page == 'monitor' else page}{'?' if query else ''}{query}"


def anchor(page: str, params: Mapping[str, str | Sequence[str]], body: str, *, title: str = "", css: str = "", more: str = "") -> str:
    """A link to a page of the app around markup that is escaped already."""
    tip = f' title="{escape_text(title)}"' if title else ""
    of = f' class="{css}"' if css else ""
    return f'<a href="{escape_text(address(page, params))}" data-page="{page}"{of}{tip}{more}>{body}</a>'


def to_monitor(filters: Filters, body: str, *, title: str = "", css: str = "pf-n", more: str = "") -> str:
    """A link that opens these filters on the Monitor page."""
    return anchor("monitor", to_params(filters), body, title=title or "Open these incidents on the Monitor", css=css, more=more)


def number(count: int, filters: Filters | None, *, title: str = "") -> str:
    """A count that opens to its incidents. 0 is no link, nor is a set that no filters describe (None)."""
    if not count:
        return '<span class="pf-nil">0</span>'
    return to_monitor(filters, f"{count:,}", title=title) if filters else f"{count:,}"


def section(title: str, body: str, *, note: str = "", css: str = "") -> str:
    """A part of a page under its small heading."""
    told = f'<p class="pf-note">{escape_text(note)}</p>' if note else ""
    return f'<section class="pf-section {css}"><h2 class="pf-h">{escape_text(title)}</h2>{body}{told}</section>'


# --- sums ----------------------------------------------------------------------------------------


def toll_words(sums: Sums) -> str:
    """What the deaths of a set add up to, with the range: '118 (102–141)', '12 (10+)', '–' where no incident states any."""
    return format_count(sums.killed, sums.low, None if sums.open_ended else sums.high) if sums.is_stated else NOT_STATED


def unstated_words(sums: Sums) -> str:
    """'not stated in 4', 'stated in all', or nothing for an empty set."""
    if not sums.incidents:
        return "no incidents"
    return f"not stated in {sums.unstated:,}" if sums.unstated else "stated in all"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a row of tallies: markup, what it counts, the line below it, and a tooltip."""

    body: str
    label: str
    below: str = ""
    tip: str = ""


def figures_html(figures: Iterable[Figure]) -> str:
    """A row of tallies, as Monitor has them."""
    cells = "".join(
        f'<div class="dl-tally" role="listitem" title="{escape_text(f.tip)}"><span class="dl-figure">{f.body}</span>'
        f'<span class="dl-label">{escape_text(f.label)}<br>{escape_text(f.below) or "&nbsp;"}</span></div>'
        for f in figures
    )
    return f'<div class="dl-tallies" role="list">{cells}</div>'


def toll_figure(sums: Sums, filters: Filters, label: str) -> Figure:
    """The deaths of a set as a tally with its range."""
    best, bracket, rest = toll_words(sums).partition(" (")
    small = f"<small>{bracket}{rest}</small>" if bracket else ""
    tip = "The best figures of the incidents added up; in brackets the lowest and the highest ones. “+”: some figures have no upper end."
    return Figure(to_monitor(filters, best + small, css="pf-n pf-toll") if sums.incidents else NOT_STATED, label, unstated_words(sums), tip)


# --- over time -----------------------------------------------------------------------------------


def bar_starts(first: str, last: str, width: str) -> list[pd.Timestamp]:
    """The first day of every bar between two days, in order, empty ones too, so that time runs evenly."""
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    if width == "week":
        start = start - pd.Timedelta(days=start.weekday())
    rule = {"day": "D", "week": "W-MON", "month": "MS", "year": "YS"}[width]
    start = {"month": start.replace(day=1), "year": start.replace(month=1, day=1)}.get(width, start)
    return list(pd.date_range(start, end, freq=rule))


def bar_end(start: pd.Timestamp, width: str) -> pd.Timestamp:
    """The last day of a bar."""
    step = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7), "month": pd.DateOffset(months=1), "year": pd.DateOffset(years=1)}
    return start + step[width] - pd.Timedelta(days=1)


Stack = dict[str, dict[str | None, int]]  # bar (ISO day) -> event type -> incidents


def stacks(parts: Iterable[Part]) -> Stack:
    """The bars of a breakdown by `bin`; incidents whose day is not known closely enough are in none."""
    found: Stack = {}
    for part in parts:
        if part.a:
            found.setdefault(part.a, {})[part.b] = part.sums.incidents
    return found


def tallest(stack: Stack) -> int:
    """The incidents of the highest bar."""
    return max((sum(kinds.values()) for kinds in stack.values()), default=0)


def _pieces(kinds: Mapping[str | None, int], unit: float) -> str:
    """The blocks of one bar, in the order of the event types."""
    order = [*EVENT_TYPES, None]
    return "".join(
        f'<i style="height:{n * unit:.1f}px;background:{type_colour(kind)}"></i>'
        for kind in sorted(kinds, key=lambda k: order.index(k) if k in order else len(order))
        if (n := kinds[kind])
    )


def bars_html(
    up: Stack, down: Stack | None, *, starts: Sequence[pd.Timestamp], width: str, top: int, bottom: int,
    words: tuple[str, str] = ("", ""), link: Callable[[str, str], Filters], height: int = BARS_HEIGHT, ticks: int = 5,
) -> str:  # fmt: skip
    """Bars over time, stacked by event type, each a link; with `down` the second set hangs below the line.

    `top` and `bottom` are what the longest bars above and below count, so that several charts have one scale; `link`
    gives the filters of a span of days.
    """
    unit = min(MAX_UNIT, height / max(1, top + (bottom if down is not None else 0)))
    room_up, room_down = max(1, top) * unit, bottom * unit
    columns = []
    for start in starts:
        day = start.date().isoformat()
        above, below = up.get(day, {}), (down or {}).get(day, {})
        n, m = sum(above.values()), sum(below.values())
        label = bin_label(start, width)
        told = f"{label}: {plural(n, 'incident')}" if down is None else f"{label}: {n:,} {words[0]}, {m:,} {words[1]}"
        kinds = " · ".join(f"{SHORT_TYPES.get(k or '', NO_TYPE)} {c:,}" for k, c in sorted(above.items(), key=lambda kc: -kc[1]))
        blocks = f'<span class="up">{_pieces(above, unit)}</span>'
        if down is not None:
            blocks += f'<span class="down">{_pieces(below, unit)}</span>'
        if n or m:
            filters = link(day, bar_end(start, width).date().isoformat())
            tip = f"{told}\n{kinds}" if down is None else told
            columns.append(to_monitor(filters, blocks, title=tip, css="pf-bar", more=f' aria-label="{escape_text(told)}"'))
        else:
            columns.append(f'<span class="pf-bar">{blocks}</span>')
    axis = f'<b style="top:0">{top:,}</b>' + (f'<b style="bottom:0">{bottom:,}</b>' if down is not None and bottom else "")
    style = f"--up:{room_up:.1f}px;--down:{room_down if down is not None else 0:.1f}px"
    tight = " tight" if len(starts) > 60 else ""
    plot = f'<div class="pf-plot{tight}" data-rove="row">{"".join(columns)}</div>'
    scale = f'<div class="pf-axis" aria-hidden="true">{axis}</div>'
    return f'<div class="pf-bars" style="{style}">{scale}{plot}{_ticks(starts, width, ticks)}</div>'


def _ticks(starts: Sequence[pd.Timestamp], width: str, most: int) -> str:
    """The labels below the bars, at most so many, at even distances."""
    if not starts:
        return ""
    step = max(1, math.ceil(len(starts) / most))
    ticks = []
    for n in range(0, len(starts), step):
        label = bin_label(starts[n], width).removeprefix("week of ")
        at = 100 * n / len(starts)
        if at > LAST_TICK:
            break
        ticks.append(f'<span style="left:{at:.2f}%">{escape_text(label)}</span>')
    return f'<div class="pf-ticks" aria-hidden="true">{"".join(ticks)}</div>'


def types_legend(kinds: Iterable[str | None]) -> str:
    """The colours of the event types that are shown."""
    present = set(kinds)
    dots = [
        f'<span><i class="dl-dot" style="background:{type_colour(kind)}"></i>{escape_text(SHORT_TYPES[kind])}</span>'
        for kind in EVENT_TYPES
        if kind in present
    ]
    if None in present:
        dots.append(f'<span><i class="dl-dot" style="background:{type_colour(None)}"></i>{NO_TYPE}</span>')
    return f'<div class="dl-legend">{"".join(dots)}</div>'


def spark_html(values: Sequence[int], top: int) -> str:
    """A row of tiny bars, `top` the height of the tallest among all that stand below each other."""
    bars = "".join(f'<i style="height:{100 * math.sqrt(v / top) if top else 0:.0f}%"></i>' for v in values)
    return f'<span class="pf-spark" aria-hidden="true">{bars}</span>'


def within(filters: Filters, first: str, last: str) -> Filters:
    """The filters limited to a bar's days, where they overlap with its own."""
    return replace(
        filters, date_from=max(first, filters.date_from or first), date_to=min(last, filters.date_to or last), undated=False
    )  # fmt: skip


# --- ranked bars and tables ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """One row of ranked bars: a label (markup), the counts of its parts with their filters, a colour."""

    label: str
    counts: tuple[tuple[int, Filters | None], ...]
    colour: str = ""


def ranked_html(rows: Sequence[Ranked], *, heads: Sequence[str], top: int | None = None, label: str = "") -> str:
    """Rows of bars, longest first; `heads` name the counts of each row.

    The bar is drawn from the counts that are roles, initiator solid and target pale; else from the first.
    """
    if not rows:
        return '<p class="pf-note">None known.</p>'
    roles = [n for n, h in enumerate(heads) if h in ROLE_SHADES]
    drawn = roles or [0]
    most = top or max((sum(row.counts[n][0] for n in drawn) for row in rows), default=1) or 1
    head = "".join(
        f'<th scope="col">{escape_text(h)}{f"<i class=pf-{ROLE_SHADES[h]} aria-hidden=true></i>" if h in ROLE_SHADES else ""}</th>'
        for h in heads
    )
    body = []
    for row in rows:
        cells = "".join(f"<td>{number(n, filters)}</td>" for n, filters in row.counts)
        fill = "".join(
            f'<i class="pf-{ROLE_SHADES.get(heads[n], "solid")}" style="width:{100 * row.counts[n][0] / most:.1f}%;{_background(row)}"></i>'
            for n in drawn
        )
        body.append(f'<tr><th scope="row">{row.label}</th>{cells}<td class="pf-fill" aria-hidden="true"><span>{fill}</span></td></tr>')
    return (
        f'<table class="pf-ranked" aria-label="{escape_text(label)}"><thead><tr><td></td>{head}<td></td></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _background(row: Ranked) -> str:
    return f"background:{row.colour}" if row.colour else ""


def table_html(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], *, label: str) -> str:
    """A table of cells that are markup already; `heads` are (name, tooltip)."""
    head = "".join(f'<th scope="col"{_tip(tip)}>{escape_text(name)}</th>' for name, tip in heads)
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows)
    return (
        f'<div class="pf-scroll" tabindex="0" role="region" aria-label="{escape_text(label)}">'
        f'<table class="pf-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _tip(tip: str) -> str:
    return f' title="{escape_text(tip)}"' if tip else ""


# --- who against whom ----------------------------------------------------------------------------


def matrix_html(names: Sequence[str], chosen: Sequence[str], cells: Mapping[tuple[str, str], Sums], filters: Filters) -> str:
    """Rows that initiated, columns that were the target; each number opens to exactly its incidents.

    Rows and columns that would be empty are left out, but for the groups that were chosen.
    """
    rows = [n for n in names if n in chosen or any((n, other) in cells for other in names)]
    columns = [n for n in names if n in chosen or any((other, n) in cells for other in names)]
    most = max((sums.incidents for sums in cells.values()), default=1)

    def head(name: str, scope: str) -> str:
        shown = f"<span>{escape_text(name)}</span>"
        link = anchor("actors", _with_period({"actor": [name]}, filters), shown, title=f"{name}: profile")
        return f'<th scope="{scope}"{" class=chosen" if name in chosen else ""}>{link}</th>'

    body = []
    for initiator in rows:
        line = [head(initiator, "row")]
        for target in columns:
            sums = cells.get((initiator, target))
            if sums is None:
                line.append('<td><span class="pf-none"></span></td>')
                continue
            counted = plural(sums.incidents, "incident")
            told = f"{initiator} → {target}: {counted}, killed {toll_words(sums)}, {unstated_words(sums)}"
            shade = 10 + 62 * math.sqrt(sums.incidents / most)
            style = f' style="--shade:{shade:.0f}%" aria-label="{escape_text(told)}"'
            pair = replace(filters, actor=(initiator,), role="initiator", against=(target,))
            css = f"pf-cell{' deep' if shade > 50 else ''}"
            line.append(f"<td>{to_monitor(pair, f'{sums.incidents:,}', title=told, css=css, more=style)}</td>")
        body.append(f"<tr>{''.join(line)}</tr>")
    top = "".join(head(name, "col") for name in columns)
    corner = '<td class="pf-corner"><span>target →</span><span>initiator ↓</span></td>'
    return (
        '<div class="pf-scroll"><table class="pf-matrix" data-rove="grid" aria-label="Who attacked whom">'
        f"<thead><tr>{corner}{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _with_period(params: dict[str, Any], filters: Filters) -> dict[str, Any]:
    """Parameters of a page with the days of these filters."""
    return params | {k: v for k, v in to_params(filters).items() if k in ("from", "to", "undated")}


# --- maps ----------------------------------------------------------------------------------------


def class_bounds(values: Iterable[int]) -> list[int]:
    """The lowest values of a choropleth's classes: 1, then round numbers to about the highest, evenly on a log scale."""
    top = max(values, default=0)
    if top <= CLASSES:
        return list(range(1, top + 1))
    bounds = [1]
    for n in range(1, CLASSES):
        raw = top ** (n / CLASSES)
        unit = 10 ** math.floor(math.log10(raw))
        bound = int(next(step for step in (1, 2, 5, 10) if step * unit >= raw * 0.9) * unit)
        if bound > bounds[-1]:
            bounds.append(bound)
    return bounds


def class_of(value: int, bounds: Sequence[int]) -> int:
    """The class of a value, 1 the palest; 0 for none."""
    return sum(value >= bound for bound in bounds)


def classes_legend(bounds: Sequence[int], what: str) -> str:
    """The swatches of a choropleth and the values they stand for."""
    if not bounds:
        return ""
    words = [
        f"{low:,}+" if n == len(bounds) - 1 and len(bounds) == CLASSES else f"{low:,}" if high in (None, low) else f"{low:,}–{high:,}"
        for n, low in enumerate(bounds)
        for high in (bounds[n + 1] - 1 if n + 1 < len(bounds) else None,)
    ]
    shades = _shades(len(bounds))
    dots = "".join(f'<span><i class="pf-swatch c{c}"></i>{w}</span>' for c, w in zip(shades, words, strict=True))
    return f'<div class="dl-legend">{dots}<span>{escape_text(what)}</span></div>'


def _shades(classes: int) -> list[int]:
    """Which of the CLASSES shades so many classes take: spread out, the darkest for the highest."""
    return [
        round(CLASSES - (classes - 1 - n) * (CLASSES - 1) / max(1, classes - 1)) if classes > 1 else CLASSES - 1 for n in range(classes)
    ]


@dataclass(frozen=True, slots=True)
class Area:
    """One outline of a choropleth: its value, where it leads, and what is told of it."""

    outline: Outline
    value: int
    page: str
    params: Mapping[str, Any]
    told: str
    is_marked: bool = False


def choropleth_html(
    areas: Sequence[Area],
    ground: Sequence[Outline],
    frame: Frame,
    bounds: Sequence[int],
    *,
    label: str,
    step: float = 0.7,
    digits: int = 1,
    names: bool = True,
) -> str:
    """A map of areas shaded by their value on the outlines of the countries around; areas with a value are links."""
    shades = _shades(len(bounds))
    drawn = (
        [f'<path class="ground" d="{path_of((p for o in ground for p in o.polygons), frame, step=step, digits=digits)}"/>']
        if ground
        else []
    )
    links = []
    for area in sorted(areas, key=lambda a: (a.is_marked, a.value)):
        path = path_of(area.outline.polygons, frame, step=step, digits=digits)
        if not path and not area.value:
            continue
        css = f"c{shades[class_of(area.value, bounds) - 1]}" if area.value and bounds else "c0"
        shape = f'<path class="{css}{" marked" if area.is_marked else ""}" d="{path}"/>'
        if area.value and (spot := _speck(area.outline, frame)):
            shape += f'<circle class="{css} speck" cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="{SPECK / 2}"/>'
        if area.value or area.is_marked:
            links.append(anchor(area.page, area.params, shape, more=f' aria-label="{escape_text(area.told)}"'))
        else:
            drawn.append(shape)
    over = _area_labels(areas, frame, bounds, shades) if names else ""
    return _picture("".join(drawn) + f'<g data-rove="row">{"".join(links)}</g>', frame, label=label, over=over)


def _speck(outline: Outline, frame: Frame) -> tuple[float, float] | None:
    """Where to mark an area that is too small in this picture to be seen or chosen; None where it is not, or lies outside."""
    west, south, east, north = box_of(point for polygon in outline.polygons for point in polygon[0])
    (left, bottom), (right, top) = frame.point(west, south), frame.point(east, north)
    x, y = frame.point(*middle(outline))
    small = max(right - left, bottom - top) < SPECK
    return (x, y) if small and 0 < x < frame.width and 0 < y < frame.height else None


def _area_labels(areas: Sequence[Area], frame: Frame, bounds: Sequence[int], shades: Sequence[int]) -> str:
    """The names of the areas with most incidents that have room for them."""
    taken: list[maps.Box] = []
    spans = []
    for area in sorted(areas, key=lambda a: (-a.is_marked, -a.value)):
        if not area.value and not area.is_marked:
            continue
        x, y = frame.point(*middle(area.outline))
        box = maps.text_box(x, y, area.outline.name)
        if box[0] > 0 and box[2] < frame.width and 8 < y < frame.height - 8 and not maps.overlaps(box, taken):
            taken.append(box)
            # Light words on a dark shape, but only where it holds all of them.
            west, _, east, _ = box_of(point for polygon in area.outline.polygons for point in polygon[0])
            holds = frame.point(east, 0)[0] - frame.point(west, 0)[0] > box[2] - box[0]
            dark = area.value and bounds and shades[class_of(area.value, bounds) - 1] > CLASSES - 2
            deep = " deep" if dark and holds else ""
            spans.append(_word(f"place middle{deep}", x, y, area.outline.name, frame))
    return "".join(spans)


def _word(css: str, x: float, y: float, text: str, frame: Frame) -> str:
    """A word laid over a map."""
    return f'<span class="{css}" style="left:{100 * x / frame.width:.2f}%;top:{100 * y / frame.height:.2f}%">{escape_text(text)}</span>'


def _picture(body: str, frame: Frame, *, label: str, over: str = "") -> str:
    """A map's picture, as wide as there is room, with words laid over it that keep their size."""
    return (
        f'<div class="pf-map" style="aspect-ratio:{frame.width}/{frame.height}"><svg viewBox="0 0 {frame.width} {frame.height}" '
        f'role="group" aria-label="{escape_text(label)}">{body}</svg>{over}</div>'
    )


def dots_html(
    points: pd.DataFrame,
    ground: Sequence[Outline],
    frame: Frame,
    *,
    link: Callable[[dict[str, Any]], Filters],
    theme: str | None,
    label: str,
) -> str:
    """A map of incidents: size by the killed, colour by type, hollow inside its circle where the place is approximate."""
    circles, spots, taken, words = [], [], [], []
    records = points.to_dict("records")
    for row in sorted(records, key=lambda r: -maps.radius_px(r["killed"])):
        x, y = frame.point(row["longitude"], row["latitude"])
        if not (0 <= x <= frame.width and 0 <= y <= frame.height):
            continue
        r, colour = maps.radius_px(row["killed"]), type_colour(row["event_type"])
        reach = maps.UNCERTAINTY_M.get(int(row["where_prec"] or 0), 0)
        if reach:
            circles.append(
                f'<circle class="reach" cx="{x:.1f}" cy="{y:.1f}" r="{frame.km(reach / 1000):.1f}" fill="{colour}" stroke="{colour}"/>'
            )
        tip = "\n".join(line for line in maps.describe_point(row).values() if line)
        fill = "transparent" if reach else colour
        spot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{fill}" stroke="{edge_colour(row["event_type"], theme)}"/>'
        spots.append(anchor("monitor", to_params(link(row)), spot, more=f' aria-label="{escape_text(tip)}"'))
        taken.append((x - r, y - r, x + r, y + r))
        words.append((row["incidents"], x + r + 3, y, str(row["place_name"] or "")))
    ground_path = f'<path class="ground" d="{path_of((p for o in ground for p in o.polygons), frame)}"/>'
    over = _labels(words, taken, frame) + _country_labels(ground, taken, frame)
    return _picture(f'{ground_path}{"".join(circles)}<g data-rove="row">{"".join(spots)}</g>', frame, label=label, over=over)


def _labels(words: list[tuple[int, float, float, str]], taken: list[maps.Box], frame: Frame) -> str:
    """The names of the places with most incidents that fit beside their points."""
    shown: dict[str, str] = {}
    for _, x, y, name in sorted(words, key=lambda w: -w[0]):
        box = maps.text_box(x, y, name, left_aligned=True)
        if not name or name in shown or len(name) > maps.MAX_LABEL_CHARS or box[2] > frame.width or maps.overlaps(box, taken):
            continue
        taken.append(box)
        shown[name] = (
            f'<span class="place" style="left:{100 * x / frame.width:.2f}%;top:{100 * y / frame.height:.2f}%">{escape_text(name)}</span>'
        )
        if len(shown) == MAX_LABELS:
            break
    return "".join(shown.values())


def _country_labels(ground: Sequence[Outline], taken: list[maps.Box], frame: Frame) -> str:
    """The names of the countries whose own label point lies in the picture and is free."""
    known = {outline.names[0] for outline in ground}
    spans = []
    for name, longitude, latitude, area in maps.country_labels():
        x, y = frame.point(longitude, latitude)
        box = maps.text_box(x, y, name)
        roomy = math.sqrt(area) * frame.scale > maps.NAME_FITS * (box[2] - box[0])
        inside = box[0] > 0 and box[2] < frame.width and 8 < y < frame.height - 8
        if name in known and inside and roomy and not maps.overlaps(box, taken):
            taken.append(box)
            spans.append(_word("land", x, y, name, frame))
    return "".join(spans)


# --- words and lists -----------------------------------------------------------------------------


def seen_words(first: str | None, last: str | None) -> str:
    """'12 Oct 2023 to 4 Feb 2024', one day where both are the same, '–' where no day is known."""
    return " to ".join(dict.fromkeys((format_day(first), format_day(last))))


def place_label(country: str | None, admin1: str | None) -> str:
    """A province with its country, a country alone, or that the place is not known."""
    if not country:
        return "Place not known"
    return f"{admin1}, {country_name(country)}" if admin1 else f"{country_name(country)}, province not known"


def type_label(kind: str | None, *, short: bool = False) -> str:
    """An event type with its colour, as markup."""
    whole = kind or NO_TYPE
    shown = SHORT_TYPES.get(whole, whole) if short else whole
    dot = f'<i class="dl-dot" style="background:{type_colour(kind)}"></i>'
    return f'{dot} <span title="{escape_text(whole)}">{escape_text(shown)}</span>'


def latest_html(rows: pd.DataFrame, total: int, filters: Filters) -> str:
    """Incidents as links, and the way to all of them."""
    items = "".join(
        f"<li>{anchor('incident', {'id': str(row['incident_id'])}, escape_text(incident_title(row)), css='pf-link')}</li>"
        for row in rows.to_dict("records")
    )
    more = f'<p class="pf-note">{to_monitor(filters, f"All {total:,} on the Monitor", css="pf-link")}</p>' if total > len(rows) else ""
    return f'<ul class="pf-list">{items}</ul>{more}'
