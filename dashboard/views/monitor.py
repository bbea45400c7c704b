"""Monitor: one filtered set of incidents, as tallies, map, timeline, table and download."""

from __future__ import annotations

import datetime as dt
import html
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import asof, charts, display, maps, queries, queries_monitor
from dashboard.comparison import compared_periods, comparison_words
from dashboard.display import Display
from dashboard.filters import current_display, remember_page, reset_filters, seed_page, show_sidebar
from dashboard.fresh import show_fresh
from dashboard.map_controls import show_map_controls
from dashboard.playing import STEP_S, Play, days_shown, move, play_filters, toggle
from dashboard.profiles import profile_links
from dashboard.reading import go_to, link
from dashboard.saved import show_saved
from dashboard.states import guard_store, open_page, show_no_match
from dashboard.wording import (
    NOT_COUNTED_WORDS,
    NOT_STATED,
    STATUS_WORDS,
    country_name,
    escape_markdown,
    event_and_place,
    event_phrase,
    format_actors,
    format_count,
    format_date,
    format_day,
    format_place,
    format_toll,
    plural,
    undated_words,
)
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params
from pipeline.settings import load_settings

CSS = Path(__file__).resolve().parent.parent / "assets" / "monitor.css"
MAP_HEIGHT = 310
# What the notice of the past takes from the map, so that the table stays in view.
STRIP_HEIGHT = 48
TIMELINE_HEIGHT = 112
MULTIPLE_WIDTH = 220
PLAY_ROWS = 30
PLAY_HELP = "Step through the period on map and list"
REACHES = {"all": "All up to then", "only": "Only then"}
WIDER = {"day": "week", "week": "month", "month": "year", "year": "span of years"}
STATUS_SHORT = {"machine": "machine", "confirmed": "confirmed", "edited": "corrected", "rejected": "rejected"}
# One word for each kind that no tally counts, singular and plural.
KIND_WORDS = {
    "aggregate": ("sum of several", "sums of several"),
    "background": ("background", "background"),
    "prospective": ("planned", "planned"),
    "denied": ("denied", "denied"),
}


# --- tallies -----------------------------------------------------------------------------------


def sum_range(best: int, low: int, high: int, open_ended: int) -> str:
    """'(102–141)' where the sums differ, '(102–141+)' where a figure has no upper end; empty where all are one."""
    top = f"{high:,}{'+' if open_ended else ''}"
    return f"({low:,}–{top})" if low != best or high != best or open_ended else ""


def tally_html(figure: str, label: str, *, extra: str = "", left_out: str = "", tip: str = "") -> str:
    """One tally as HTML: figure, range, what it counts and what it leaves out."""
    small = f"<small>{html.escape(extra)}</small>" if extra else ""
    # Words in the place of a figure are no figure.
    kind = "dl-figure" if any(c.isdigit() for c in figure) or figure == NOT_STATED else "dl-figure dl-words"
    below = f"<br>{html.escape(left_out)}" if left_out else "<br>&nbsp;"
    return f'''<div class="dl-tally" role="listitem" title="{html.escape(tip)}"><span class="{kind}">{html.escape(figure)}{small}</span>
        <span class="dl-label">{html.escape(label)}{below}</span></div>'''


def tallies_html(t: queries.Tallies, compared: str = "") -> str:
    """The row of tallies, with the one that compares them at its end."""

    def toll(name: str, word: str) -> str:
        best, low, high, open_ended, unstated = (getattr(t, name + part) for part in ("", "_low", "_high", "_open", "_unstated"))
        stated = t.incidents > unstated
        tip = (
            "The best figures of the incidents, added up; in brackets the lowest and the highest ones. "
            f"Left out: {plural(unstated, 'incident')} without a figure."
        )
        if open_ended:
            tip += f" +: {plural(open_ended, 'figure')} given as “at least”, with no upper end."
        return tally_html(
            f"{best:,}" if stated else NOT_STATED,
            word,
            extra=sum_range(best, low, high, open_ended) if stated else "",
            left_out=f"not stated in {unstated:,}" if unstated else "stated in all",
            tip=tip,
        )

    undated = undated_words(t.undated)
    once = "Events said to have happened. Each counts once, however many articles tell it."
    telling = "Articles with at least one report of these incidents."
    copies = "Independent sources: an agency's story and the outlets that carry it are one origin."
    cells = [
        tally_html(f"{t.incidents:,}", "incident" if t.incidents == 1 else "incidents", left_out=undated, tip=once),
        toll("killed", "killed"),
        toll("injured", "injured"),
        tally_html(f"{t.articles:,}", "article" if t.articles == 1 else "articles", left_out="that tell of them", tip=telling),
        tally_html(f"{t.origins:,}", "origin" if t.origins == 1 else "origins", left_out="copies are one", tip=copies),
    ]
    return f'<div class="dl-tallies" role="list">{"".join(cells)}{compared}</div>'


def not_counted_words(t: queries.Tallies) -> str:
    """'9 sums of several, 4 background, 3 planned, 1 denied'."""
    parts = [(getattr(t, kind), words) for kind, words in KIND_WORDS.items()]
    return " · ".join(f"{n:,} {one if n == 1 else many}" for n, (one, many) in parts if n)


def show_list(rows: pd.DataFrame, total: int, explanation: str) -> None:
    """The body of a list that opens: why these stand apart, then a link for each."""
    st.caption(explanation)
    with st.container(height=320 if total > 7 else "content", gap=None, border=False):
        kind = None
        for row in rows.to_dict("records"):
            if row["assertion"] != "asserted" and row["assertion"] != kind:
                kind = row["assertion"]
                st.caption(f"**{KIND_WORDS[kind][1].capitalize()}.** {NOT_COUNTED_WORDS[kind]}")
            when = format_date(row["date_start"], row["date_end"], row["date_prec"])
            link("incident", f"{when} · {event_and_place(row)} · {format_toll(row)}", id=row["incident_id"])
    if total > len(rows):
        st.caption(f"The first {len(rows):,} of {total:,}.")


def list_popover(name: str, label: str, total: int, explanation: str, load: Any) -> None:
    """A small button with a count that opens the list; its rows are read only when it is open."""
    if not total:
        return
    popover = st.popover(label, type="tertiary", key=f"list_{name}", on_change="rerun")
    if popover.open:
        with popover:
            show_list(load(), total, explanation)


# --- parts of the page -------------------------------------------------------------------------


def show_apart(path: str, mark: queries.Fingerprint, filters: Filters, t: queries.Tallies, as_of: str | None) -> None:
    """What the tallies leave out, each list one click away; and the day all of it is known on."""
    with st.container(horizontal=True, key="apart", gap="small", vertical_alignment="center"):
        list_popover(
            "not_counted", f"Not counted: {not_counted_words(t)}", t.not_counted, "Found in the articles and kept out of every tally.",
            lambda: queries.not_counted(path, mark, filters),
        )  # fmt: skip
        list_popover(
            "undated", f"{t.undated:,} undated", t.undated,
            "Counted above and not in the timeline: nothing in their sources gives a day that can be worked out.",
            lambda: queries.listed(path, mark, filters, "undated"),
        )  # fmt: skip
        list_popover(
            "country_only", f"{t.country_only:,} country only", t.country_only,
            "Counted above and not on the map: only the country is known, and a pin in its middle would be false.",
            lambda: queries.listed(path, mark, filters, "country_only"),
        )  # fmt: skip
        list_popover(
            "unlocated", f"{t.unlocated:,} unlocated", t.unlocated,
            "Counted above and not on the map: no place is named, or the one named could not be found.",
            lambda: queries.listed(path, mark, filters, "unlocated"),
        )  # fmt: skip
        st.space("stretch")
        asof.show_picker(as_of)


def legend_html(points: pd.DataFrame, *, clustered: bool) -> str:
    """The legend of the map: the types that are on it, sizes, how approximate places look, and marks of several where there are some."""
    # Of places that are not sent the type is not known here: any may be on the map.
    present = [kind for kind in charts.TYPE_COLOURS if places_in(points) > len(points) or (points["event_type"] == kind).any()]
    dots = [
        f'<span><i class="dl-dot" style="background:{charts.TYPE_COLOURS[kind]}"></i>{html.escape(charts.SHORT_TYPES[kind])}</span>'
        for kind in present
    ]
    sizes = "".join(
        f'<i class="dl-ring" style="width:{2 * maps.radius_px(n):.0f}px;height:{2 * maps.radius_px(n):.0f}px"></i>{n}'
        for n in maps.LEGEND_TOLLS
    )
    hollow = '<span><i class="dl-ring" style="width:10px;height:10px"></i>approximate</span>'
    several = '<span><i class="dl-mark">12</i>several</span>' if clustered else ""
    return f'<div class="dl-legend">{"".join(dots)}<span>{sizes} killed</span>{hollow}{several}</div>'


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """A map as it is drawn up once: what is sent, the view that fits it, whether places close together are one mark."""

    deck: Any
    view: maps.OpeningView
    clustered: bool


@st.cache_resource(show_spinner=False, ttl=queries.TTL_S, max_entries=64)
def cached_map(path: str, mark: queries.Fingerprint, filters: Filters, theme: str | None, tiles: str | None, names: bool) -> DrawnMap:
    """The map of a filtered set, drawn up once for all who look at it; nobody changes it."""
    points = queries.points(path, mark, filters)
    cells = queries_monitor.cells(path, mark, filters) if places_in(points) > len(points) else None
    deck = maps.incident_map(points, cells=cells, theme=theme, tiles=tiles, names=names)
    return DrawnMap(deck, maps.opening_view(points), cells is not None or bool(maps.single_from(points)))


def places_in(points: pd.DataFrame) -> int:
    """How many places the filtered set has, sent to the map or not."""
    return int(points["places"].iloc[0]) if len(points) else 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What one run of the page shows: the store (of a past, where one is shown), the set, the day, the theme."""

    path: str
    mark: queries.Fingerprint
    store: str
    filters: Filters
    as_of: str | None
    theme: str | None

    @property
    def map_height(self) -> int:
        """The height of the map and of the list beside it, in pixels."""
        return MAP_HEIGHT - STRIP_HEIGHT if self.as_of else MAP_HEIGHT


# Where the map is to look, in session state: the set it was set for, (latitude, longitude, zoom) or None for all of it, and the turn.
LOOK = "map_look"


def look_at(scene: Scene, view: Sequence[float] | None) -> None:
    """Turn the map to a view, or (None) back to all results."""
    _, _, turn = st.session_state.get(LOOK, (None, None, 0))
    st.session_state[LOOK] = ((scene.path, scene.filters), tuple(view) if view else None, turn + 1)


def on_map_select(scene: Scene) -> None:
    """Come nearer to a mark of several that was pressed."""
    chosen = maps.chosen_mark(st.session_state.get("map_chart"))
    if chosen and chosen.get("view"):
        look_at(scene, chosen["view"])


def show_map(scene: Scene, filters: Filters, *, playing: bool) -> dict[str, Any] | None:
    """Draw the map of `filters`, which are narrower than the scene's while its period plays; the point that was chosen, or None."""
    points = queries.points(scene.path, scene.mark, filters)
    tiles = load_settings().tiles
    drawn = cached_map(scene.path, scene.mark, filters, scene.theme, tiles, not playing)
    # What plays stays where the whole period is seen.
    whole = cached_map(scene.path, scene.mark, scene.filters, scene.theme, tiles, True).view
    made_for, view, turn = st.session_state.get(LOOK, (None, None, 0))
    if made_for != (scene.path, scene.filters):
        view = None
    deck = maps.turned(drawn.deck, view or (whole.latitude, whole.longitude, whole.zoom), turn)
    with st.container(key="map", gap="xxsmall"):
        with st.container(key="map_controls"):
            show_map_controls(lambda: look_at(scene, None))
        state = st.pydeck_chart(
            deck, height=scene.map_height, on_select=lambda: on_map_select(scene), selection_mode="single-object", key="map_chart",
            alt=f"Map of {plural(len(points), 'place')} with incidents",
        )  # fmt: skip
        st.html(legend_html(queries.points(scene.path, scene.mark, scene.filters), clustered=drawn.clustered))
        if playing:
            return None
        if places_in(points) > len(points):
            st.caption(
                f"Near by, the map shows {len(points):,} of {places_in(points):,} places, those with most deaths; "
                "from afar it counts all. Filters narrow it down."
            )
        if whole.outside:
            st.caption(f"{plural(whole.outside, 'incident')} outside this view, far from the others; zoom out to see where.")
        if not len(points):
            st.caption("None of these incidents has a place that could be drawn; the lists above name them.")
    chosen = maps.chosen_mark(state)
    return chosen if chosen and not chosen.get("view") else None


def show_side(scene: Scene, filters: Filters, chosen: dict[str, Any] | None, *, words: str = "") -> None:
    """The incidents at the chosen place, or the ones reported last, or (`words` at their head) those of the step that plays."""
    head = st.container(key="side_head")
    if words:
        rows = queries.table(scene.path, scene.mark, filters, PLAY_ROWS)
        head.markdown(f"**{escape_markdown(words)}**")
    elif chosen:
        rows = queries.place_incidents(scene.path, scene.mark, filters, chosen["latitude"], chosen["longitude"], chosen["event_type"])
        first = rows.iloc[0].to_dict() if len(rows) else {}
        place = format_place(first.get("place_name"), first.get("admin1"), first.get("country"), first.get("where_prec"))
        head.markdown(f"**{escape_markdown(place)}** · {plural(len(rows), 'incident')}")
    else:
        rows = queries.latest(scene.path, scene.mark, filters)
        head.markdown("**Latest reports**")
    with st.container(height=scene.map_height - 8, border=False, gap=None, key="latest"):
        for row in rows.to_dict("records"):
            when = format_date(row["date_start"], row["date_end"], row["date_prec"])
            link("incident", f"{when} · {event_and_place(row)}", id=row["incident_id"])
            reports = f"{plural(row['number_of_reports'], 'report')}, {plural(row['number_of_sources'], 'origin')}"
            st.html(f'<p class="dl-note">{html.escape(format_toll(row))} · {reports}</p>')


# --- the timeline ------------------------------------------------------------------------------


def parts_of(bars: queries_monitor.Bars, shown: Display, theme: str | None) -> list[charts.Part]:
    """What the bars are stacked by."""
    return charts.type_parts() if shown.stack == "type" else charts.side_parts(bars.sides, theme)


@st.cache_resource(show_spinner=False, ttl=queries.TTL_S, max_entries=64)
def cached_timeline(
    path: str, mark: queries.Fingerprint, filters: Filters, shown: Display, theme: str | None, window: tuple[str, str] | None
) -> Any:
    """The timeline of a filtered set, drawn up once for all who look at it."""
    bars = queries_monitor.bars(path, mark, filters, shown.unit, shown.stack)
    return charts.timeline_figure(
        bars.rows, width=bars.width, parts=parts_of(bars, shown, theme), measure=shown.measure, theme=theme, height=TIMELINE_HEIGHT,
        window=window,
    )  # fmt: skip


PLAY = "play"  # the step that is shown, in session state; None where nothing plays
PLAYED_AT = "played_at"  # when the last step was taken, in seconds of a clock that never goes back
BRUSHED = "brushed"  # what each brush set and replaced, the last one last
CHANGED = "page_changed"  # set where a part of the page changed what all of it shows


def current_play(steps: int, *, timed: bool) -> Play | None:
    """The step to show; where the page was run by its clock and it is time, the next one."""
    play: Play | None = st.session_state.get(PLAY)
    if play is None or not steps:
        return None
    play = move(play, 0, steps)
    if timed and play.running and time.monotonic() - st.session_state.get(PLAYED_AT, 0.0) >= 0.8 * STEP_S:
        play = move(play, 1, steps)
        st.session_state[PLAYED_AT] = time.monotonic()
    st.session_state[PLAY] = play
    return play


def on_play(steps: int) -> None:
    """Start, pause or go on."""
    st.session_state[PLAY] = toggle(st.session_state.get(PLAY), steps)
    st.session_state[PLAYED_AT] = time.monotonic()


def on_step(by: int, steps: int) -> None:
    """One step on or back, by hand: that pauses."""
    st.session_state[PLAY] = replace(move(st.session_state.get(PLAY) or Play(), by, steps), running=False)


def on_reach() -> None:
    """Show the step's own days only, or all up to them."""
    st.session_state[PLAY] = replace(st.session_state.get(PLAY) or Play(), only=st.session_state.get("play_reach") == "only")


def stop_playing() -> None:
    """Show the whole period again."""
    st.session_state[PLAY] = None


def on_brush(key: str, starts: Sequence[pd.Timestamp], width: str) -> None:
    """Limit the page to the bars that were brushed."""
    boxes = (st.session_state.get(key) or {}).get("selection", {}).get("box") or []
    days = charts.brushed_days(starts, width, boxes[0].get("x", ())) if boxes else None
    if days:
        state = st.session_state
        before = (state.get("f_from"), state.get("f_to"), state.get("f_undated", True))
        set_days(*(dt.date.fromisoformat(day) for day in days), undated=False)
        state[BRUSHED] = [*state.get(BRUSHED, ()), (days, before)]
        stop_playing()


def set_days(first: dt.date | None, last: dt.date | None, *, undated: bool) -> None:
    """Set the filter's days from outside the sidebar; the whole page follows."""
    st.session_state.update({"f_from": first, "f_to": last, "f_undated": undated, CHANGED: True})


def last_brush(filters: Filters) -> tuple[Any, ...] | None:
    """What the brush that the filters' days come from replaced; None where they come from elsewhere."""
    brushes = st.session_state.get(BRUSHED) or ()
    return brushes[-1][1] if brushes and brushes[-1][0] == (filters.date_from, filters.date_to) else None


def undo_brush() -> None:
    """Go back to the days before the last brush."""
    *kept, (_, (first, last, undated)) = st.session_state[BRUSHED]
    st.session_state[BRUSHED] = kept
    set_days(first, last, undated=undated)


def show_timeline_head(scene: Scene, bars: queries_monitor.Bars, steps: int, shown: Display) -> None:
    """What the bars count and how, the way back from a brush, play and download."""
    for name, value in asdict(shown).items():
        st.session_state.setdefault(display.widget_key(name), value)
    with st.container(horizontal=True, key="timeline_head", vertical_alignment="center", gap="small"):
        _switch("by", "Bars of")
        _switch("measure", "Bars count")
        words = f"per {bars.width}" + (f", {display.STACKS[shown.stack].lower()}" if shown.by == "time" else "")
        with st.popover(words, type="tertiary", key="bars"):
            _switch("unit", "One bar is", label="visible")
            if shown.by == "time":
                _switch("stack", "Stacked", label="visible")
        if bars.wide:
            st.html(
                f'<p class="dl-note">{plural(bars.wide, "incident")} left out, dated no closer than a {WIDER[bars.width]}</p>',
                width="content",
            )
        st.space("stretch")
        if last_brush(scene.filters):
            st.button(
                "Clear brush",
                icon=":material/close:",
                type="tertiary",
                key="brush_clear",
                on_click=undo_brush,
                help="Back to the days before it",
            )
        if steps > 1 and shown.by == "time":
            st.button(
                "Play", icon=":material/play_arrow:", type="tertiary", key="play_start", on_click=on_play, args=(steps,), help=PLAY_HELP
            )
            # In its place (monitor.css) for who asked for less motion.
            icon = ":material/skip_next:"
            st.button("Step through", icon=icon, type="tertiary", key="play_by_hand", on_click=on_step, args=(0, steps), help=PLAY_HELP)
        download_button(scene.store, scene.filters, scene.as_of)


def _switch(name: str, words: str, *, label: Any = "collapsed") -> None:
    options = display.OPTIONS[name]
    st.segmented_control(
        words, list(options), key=display.widget_key(name), format_func=options.__getitem__, label_visibility=label, required=True
    )


def show_player(play: Play, steps: int, words: str) -> None:
    """The player in the place of the timeline's head: pause, step, what is shown, end."""
    with st.container(horizontal=True, key="player", vertical_alignment="center", gap="small"):
        name, icon = ("Pause", ":material/pause:") if play.running else ("Play", ":material/play_arrow:")
        st.button(name, icon=icon, key="play_toggle", on_click=on_play, args=(steps,))
        st.button("Back", icon=":material/skip_previous:", key="play_back", on_click=on_step, args=(-1, steps), disabled=not play.step)
        st.button("Next", icon=":material/skip_next:", key="play_next", on_click=on_step, args=(1, steps), disabled=play.step >= steps - 1)
        st.session_state["play_reach"] = "only" if play.only else "all"
        st.segmented_control(
            "Show", list(REACHES), key="play_reach", format_func=REACHES.__getitem__, on_change=on_reach, label_visibility="collapsed",
            required=True,
        )  # fmt: skip
        st.html(f'<p class="dl-step" role="status">{html.escape(words)}</p>', width="content")
        st.space("stretch")
        st.button(
            "End", icon=":material/close:", type="tertiary", key="play_end", on_click=stop_playing, help="Show the whole period again"
        )


def step_words(bars: queries_monitor.Bars, days: tuple[str, str], play: Play, starts: Sequence[pd.Timestamp]) -> tuple[str, str]:
    """When a step is, and what it adds up to: 'Week of 4 Dec 2023' or 'To 10 Dec 2023', and '3 incidents, 12 killed'."""
    within = bars.rows[(bars.rows["bin"] >= days[0]) & (bars.rows["bin"] <= days[1])]
    when = charts.bin_label(starts[play.step], bars.width) if play.only else f"to {format_day(days[1])}"
    return when[:1].upper() + when[1:], f"{plural(int(within['incidents'].sum()), 'incident')}, {int(within['killed'].sum()):,} killed"


def side_legend_html(parts: Sequence[charts.Part], rows: pd.DataFrame) -> str:
    """The names and colours of the initiators that the bars are stacked by."""
    drawn = {key if isinstance(key, str) else None for key in rows["part"]}
    marks = [
        f'<span><i class="dl-dot" style="background:{part.colour}"></i>{html.escape(part.label)}</span>'
        for part in parts
        if part.key in drawn
    ]
    return f'<div class="dl-legend">{"".join(marks)}</div>'


def show_timeline(scene: Scene, bars: queries_monitor.Bars, shown: Display, window: tuple[str, str] | None) -> None:
    """The bars, which can be brushed."""
    if bars.rows.empty:
        st.caption("No bars to draw: none of these incidents has a known day.")
        return
    if shown.stack == "side":
        st.html(side_legend_html(parts_of(bars, shown, scene.theme), bars.rows))
    figure = cached_timeline(scene.path, scene.mark, scene.filters, shown, scene.theme, window)
    # A brush that was acted on is not drawn again: each set of bars is a chart of its own.
    key = f"timeline_{len(st.session_state.get(BRUSHED, ()))}_{bars.width}"
    starts = charts.bar_starts(bars.rows["bin"], bars.width)
    with st.container(key="timeline"):
        st.plotly_chart(
            figure, theme=None, width="stretch", key=key, config={"displayModeBar": False, "doubleClick": False}, height=TIMELINE_HEIGHT,
            on_select=lambda: on_brush(key, starts, bars.width), selection_mode="box",
            alt="Timeline. Drag over bars to limit the page to their days; the filters From and To do the same.",
        )  # fmt: skip


def show_multiples(scene: Scene, shown: Display) -> None:
    """Small timelines side by side, each a link that limits the page to its country or group."""
    width, found, total = queries_monitor.multiples(scene.path, scene.mark, scene.filters, shown.by, shown.unit, shown.measure)
    if not found:
        st.caption("None of these incidents names a country." if shown.by == "country" else "None of these incidents names a group.")
        return
    top = max(max(one.values, default=0) for one in found)
    with st.container(key="multiples", horizontal=True, gap="small"):
        for one in found:
            with st.container(key=f"multiple_{one.key}", width=MULTIPLE_WIDTH, gap=None):
                name = country_name(one.key) if shown.by == "country" else one.key
                narrowed = replace(scene.filters, **{shown.by: (one.key,)})
                there = {**to_params(narrowed), **display.to_params(replace(shown, by="time")), **asof.as_of_params(scene.as_of)}
                link("monitor", name, **there)
                killed = "toll not stated" if one.killed is None else f"{one.killed:,} killed"
                st.html(
                    f'<p class="dl-note">{plural(one.incidents, "incident")}, {killed}</p>'
                    + charts.bars_html(
                        one.values, top=top, label=f"{name}: {shown.measure} per {width}, at most {max(one.values, default=0):,}"
                    )
                )
    rest = total - len(found)
    what = ("country", "countries") if shown.by == "country" else ("group", "groups")
    left = f" · {rest:,} other {what[rest != 1]} not shown" if rest else ""
    st.caption(f"{display.MEASURES[shown.measure]} per {width}, all on one scale up to {top:,}{left}.")


def draw_scene(scene: Scene, timed: bool) -> None:
    """Map, list and bars: what plays, and what changes without the rest of the page."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()
    shown = current_display()
    bars = queries_monitor.bars(scene.path, scene.mark, scene.filters, shown.unit, shown.stack)
    starts = charts.bar_starts(bars.rows["bin"], bars.width)
    play = current_play(len(starts), timed=timed) if shown.by == "time" else None
    if timed != bool(play and play.running):
        st.rerun()
    days = days_shown(play, starts, bars.width) if play else None
    with st.container(key="scene", gap=None):
        left, right = st.columns([2.1, 1], gap="small")
        filters = play_filters(scene.filters, days) if days else scene.filters
        with left:
            chosen = show_map(scene, filters, playing=play is not None)
        if chosen and chosen["incidents"] == 1:
            go_to("incident", chosen["incident_id"])
        when, sums = step_words(bars, days, play, starts) if play and days else ("", "")
        with right:
            show_side(scene, filters, chosen, words=sums)
        if play:
            show_player(play, len(starts), when)
        else:
            show_timeline_head(scene, bars, len(starts), shown)
        if shown.by == "time":
            show_timeline(scene, bars, shown, days)
        else:
            show_multiples(scene, shown)
    remember_page(scene.filters, shown, scene.as_of)


def download_button(path: str, filters: Filters, as_of: str | None) -> None:
    """The filtered rows as CSV with the codebook's columns; made when the button is pressed."""
    st.download_button(
        "Download CSV", data=lambda: queries_monitor.export_csv(path, filters, as_of), file_name=csv_name(filters, as_of), mime="text/csv",
        on_click="ignore", type="tertiary", icon=":material/download:", key="download_csv",
        help="Exactly the incidents in view, one a row, with the codebook's columns.",
    )  # fmt: skip


def csv_name(filters: Filters, as_of: str | None = None) -> str:
    """A file name that says what is inside: 'dateline_IQ_2023-12-01_2023-12-31_known-2024-01-05.csv'."""
    parts = [*filters.country, filters.date_from or "", filters.date_to or "", f"known-{as_of}" if as_of else ""]
    return "_".join(["dateline", *(part for part in parts if part)])[:80] + ".csv"


def display_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The table as it is read: date, place, type, who and whom, tolls with their range, sources, status."""
    records = rows.to_dict("records")
    return pd.DataFrame(
        {
            "Date": [format_date(r["date_start"], r["date_end"], r["date_prec"]) for r in records],
            "Place": [format_place(r["place_name"], r["admin1"], r["country"], r["where_prec"]) for r in records],
            "What": [event_phrase(r) for r in records],
            "Who": [format_actors(r["side_a"]) for r in records],
            "Whom": [format_actors(r["side_b"]) for r in records],
            "Killed": [format_count(r["deaths_best"], r["deaths_low"], r["deaths_high"], r["count_vague"]) for r in records],
            "Injured": [format_count(r["injured_best"], r["injured_low"], r["injured_high"], r["count_vague"]) for r in records],
            "Sources": [f"{r['number_of_articles']:,} / {r['number_of_sources']:,}" for r in records],
            "Status": [STATUS_SHORT.get(r["review_status"], r["review_status"]) for r in records],
        }
    )


@queries.cached(64)
def cached_table(path: str, mark: queries.Fingerprint, filters: Filters) -> pd.DataFrame:
    """The table of a filtered set as it is read."""
    return display_table(queries.table(path, mark, filters))


def show_table(path: str, mark: queries.Fingerprint, filters: Filters, total: int) -> str | None:
    """The table of the filtered set; the id of the row that was chosen, or None."""
    rows = queries.table(path, mark, filters)
    shown = cached_table(path, mark, filters)
    text, help_killed = st.column_config.TextColumn, "Best figure, lowest and highest in brackets. “10+”: at least 10. “–”: not stated."
    config = {
        "Date": text(width=96),
        "Place": text(width=154),
        "What": text(width=148),
        "Who": text(width=118),
        "Whom": text(width=118),
        "Killed": text(width=82, alignment="right", help=help_killed),
        "Injured": text(width=72, alignment="right", help=help_killed),
        "Sources": text(width=66, alignment="right", help="Articles / origins. Republished copies of one story are one origin."),
        "Status": text(width=78, help="; ".join(f"{STATUS_SHORT[k]}: {v}" for k, v in STATUS_WORDS.items())),
    }
    state = st.dataframe(
        shown, hide_index=True, column_config=config, on_select="rerun", selection_mode="single-row", key="incident_table",
        height=min(34 + 28 * len(shown), 640), row_height=28, placeholder=NOT_STATED, alt="Table of the filtered incidents",
    )  # fmt: skip
    if total > len(rows):
        st.caption(f"The first {len(rows):,} of {total:,} incidents, latest day first. The download holds all of them.")
    chosen = state["selection"]["rows"]
    return str(rows.iloc[chosen[0]]["incident_id"]) if chosen else None


def show_past(path: str, mark: queries.Fingerprint, filters: Filters, as_of: str, then: int) -> None:
    """Say that the past is shown, and how many incidents of the filtered set were known, and are."""
    now = queries.tallies(path, mark, filters).incidents
    known = f"{then:,} of the {plural(now, 'incident')} known now" if then <= now else f"{plural(then, 'incident')}; {now:,} now"
    asof.show_strip(as_of, queries_monitor.publication_span(path, mark), known)


def compare(shown: tuple[str, queries.Fingerprint], filters: Filters, as_of: str | None) -> str:
    """The tally that sets the period beside the same length before; empty where there is none, or nothing can be told."""
    span = queries_monitor.publication_span(*shown)
    read = (span[0], min(span[1], as_of) if as_of else span[1]) if span else None
    periods = compared_periods(filters, read)
    if periods is None:
        return ""
    now, before = queries_monitor.compared(*shown, filters, periods)
    words = comparison_words(now, before, periods.days)
    if words is None:
        return ""
    tip = (
        f"{format_day(periods.first)} to {format_day(periods.last)} against {format_day(periods.before_first)} to "
        f"{format_day(periods.before_last)}; dated incidents, each by its first day. A change is named where equal rates would give "
        "counts as far apart in fewer than one of twenty comparisons (exact conditional test of two Poisson counts)."
    )
    return tally_html(words[0], words[1], left_out=words[2], tip=tip)


def main() -> None:
    """Filters, then the data, then the page."""
    path, mark = open_page(needs="incidents")
    st.html(CSS)
    st.session_state.pop(CHANGED, None)
    seed_page()
    as_of = asof.current_as_of()
    shown = asof.path_as_of(path, mark, as_of)
    filters = show_sidebar(queries.filter_options(*shown))
    remember_page(filters, current_display(), as_of)
    show_saved(path, mark, filters)
    profile_links(filters)
    if run := queries.last_run(path, mark):
        st.sidebar.caption(f"Store last changed by a run on {format_day(run)}, {run[11:16]} UTC")
    show_fresh(path, mark, filters, as_of=as_of)
    t = queries.tallies(*shown, filters)
    if as_of:
        show_past(path, mark, filters, as_of, t.incidents)
    if not t.incidents and not t.not_counted:
        show_no_match(reset_filters)
        st.stop()
    st.html(tallies_html(t, compare(shown, filters, as_of)))
    show_apart(*shown, filters, t, as_of)
    scene = Scene(*shown, path, filters, as_of, st.context.theme.type)
    play = st.session_state.get(PLAY)
    timed = bool(play and play.running and current_display().by == "time")
    st.fragment(draw_scene, run_every=STEP_S if timed else None)(scene, timed)
    if incident_id := show_table(*shown, filters, t.incidents):
        go_to("incident", incident_id)


try:
    main()
except StoreBrokenError:
    guard_store()
