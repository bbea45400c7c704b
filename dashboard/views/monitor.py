"""Monitor: one filtered set of incidents, as tallies, map, timeline, table and download."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, maps, queries
from dashboard.filters import reset_filters, show_sidebar
from dashboard.fresh import show_fresh
from dashboard.profiles import profile_links
from dashboard.reading import go_to, link
from dashboard.saved import show_saved
from dashboard.states import guard_store, open_page, show_no_match
from dashboard.wording import (
    NOT_COUNTED_WORDS,
    NOT_STATED,
    STATUS_WORDS,
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
)
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters
from pipeline.settings import load_settings

MAP_HEIGHT = 340
TIMELINE_HEIGHT = 112
MEASURES = {"incidents": "Incidents", "killed": "Killed"}
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
    below = f"<br>{html.escape(left_out)}" if left_out else "<br>&nbsp;"
    return f'''<div class="dl-tally" role="listitem" title="{html.escape(tip)}"><span class="dl-figure">{html.escape(figure)}{small}</span>
        <span class="dl-label">{html.escape(label)}{below}</span></div>'''


def tallies_html(t: queries.Tallies) -> str:
    """The row of tallies."""

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

    undated = f"{t.undated:,} undated" if t.undated else "all dated"
    once = "Events said to have happened. Each counts once, however many articles tell it."
    telling = "Articles with at least one report of these incidents."
    copies = "Independent sources: an agency's story and the outlets that carry it are one origin."
    cells = [
        tally_html(f"{t.incidents:,}", "incident" if t.incidents == 1 else "incidents", left_out=undated, tip=once),
        toll("killed", "killed"),
        toll("injured", "injured"),
        tally_html(f"{t.articles:,}", "article" if t.articles == 1 else "articles", left_out="that tell of them", tip=telling),
        tally_html(f"{t.origins:,}", "origin" if t.origins == 1 else "origins", left_out="republished copies are one", tip=copies),
    ]
    return f'<div class="dl-tallies" role="list">{"".join(cells)}</div>'


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


def show_tallies(path: str, mark: queries.Fingerprint, filters: Filters, t: queries.Tallies) -> None:
    """The tallies, and below them what they leave out, each list one click away."""
    st.html(tallies_html(t))
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


def legend_html(points: pd.DataFrame) -> str:
    """The legend of the map: the types that are on it, sizes, and how approximate places look."""
    present = [kind for kind in charts.TYPE_COLOURS if (points["event_type"] == kind).any()]
    dots = [
        f'<span><i class="dl-dot" style="background:{charts.TYPE_COLOURS[kind]}"></i>{html.escape(charts.SHORT_TYPES[kind])}</span>'
        for kind in present
    ]
    sizes = "".join(
        f'<i class="dl-ring" style="width:{2 * maps.radius_px(n):.0f}px;height:{2 * maps.radius_px(n):.0f}px"></i>{n}'
        for n in maps.LEGEND_TOLLS
    )
    hollow = '<span><i class="dl-ring" style="width:10px;height:10px"></i>place approximate</span>'
    return f'<div class="dl-legend">{"".join(dots)}<span>{sizes} killed</span>{hollow}</div>'


@st.cache_resource(show_spinner=False, ttl=queries.TTL_S, max_entries=64)
def cached_map(path: str, mark: queries.Fingerprint, filters: Filters, theme: str | None, tiles: str | None) -> Any:
    """The map of a filtered set, drawn up once for all who look at it; nobody changes it."""
    return maps.incident_map(queries.points(path, mark, filters), theme=theme, tiles=tiles)


def show_map(path: str, mark: queries.Fingerprint, filters: Filters, theme: str | None) -> dict[str, Any] | None:
    """Draw the map; the point that was chosen on it, or None."""
    points = queries.points(path, mark, filters)
    deck = cached_map(path, mark, filters, theme, load_settings().tiles)
    with st.container(key="map", gap="xxsmall"):
        state = st.pydeck_chart(
            deck, height=MAP_HEIGHT, on_select="rerun", selection_mode="single-object", key="map_chart",
            alt=f"Map of {plural(len(points), 'place')} with incidents",
        )  # fmt: skip
        st.html(legend_html(points))
        total = int(points["places"].iloc[0]) if len(points) else 0
        if total > len(points):
            st.caption(f"The map shows {len(points):,} of {total:,} places, those with most deaths first. Filters narrow it down.")
        if outside := maps.opening_view(points).outside:
            st.caption(f"{plural(outside, 'incident')} outside this view, far from the others; zoom out to see where.")
        if not total:
            st.caption("None of these incidents has a place that could be drawn; the lists above name them.")
    chosen = state["selection"]["objects"].get(maps.POINTS_LAYER) or []
    return dict(chosen[0]) if chosen else None


def show_side(path: str, mark: queries.Fingerprint, filters: Filters, chosen: dict[str, Any] | None) -> None:
    """The incidents at the chosen place, or the ones reported last."""
    head = st.container(key="side_head")
    if chosen:
        rows = queries.place_incidents(path, mark, filters, chosen["latitude"], chosen["longitude"], chosen["event_type"])
        first = rows.iloc[0].to_dict() if len(rows) else {}
        place = format_place(first.get("place_name"), first.get("admin1"), first.get("country"), first.get("where_prec"))
        head.markdown(f"**{escape_markdown(place)}** · {plural(len(rows), 'incident')}")
    else:
        rows = queries.latest(path, mark, filters)
        head.markdown("**Latest reports**")
    with st.container(height=MAP_HEIGHT - 8, border=False, gap=None, key="latest"):
        for row in rows.to_dict("records"):
            when = format_date(row["date_start"], row["date_end"], row["date_prec"])
            link("incident", f"{when} · {event_and_place(row)}", id=row["incident_id"])
            reports = f"{plural(row['number_of_reports'], 'report')}, {plural(row['number_of_sources'], 'origin')}"
            st.html(f'<p class="dl-note">{html.escape(format_toll(row))} · {reports}</p>')


@st.cache_resource(show_spinner=False, ttl=queries.TTL_S, max_entries=64)
def cached_timeline(path: str, mark: queries.Fingerprint, filters: Filters, measure: str, theme: str | None) -> Any:
    """The timeline of a filtered set, drawn up once for all who look at it."""
    width, rows, _ = queries.timeline(path, mark, filters)
    return charts.timeline_figure(rows, width=width, measure=measure, theme=theme, height=TIMELINE_HEIGHT)


def show_timeline(path: str, mark: queries.Fingerprint, filters: Filters, theme: str | None) -> None:
    """Bars by day, week or month, stacked by type, with a switch for what they count."""
    width, rows, wide = queries.timeline(path, mark, filters)
    left_out = f" · {plural(wide, 'incident')} left out, dated no closer than a {WIDER[width]}" if wide else ""
    with st.container(horizontal=True, key="timeline_head", vertical_alignment="center", gap="small"):
        measure = st.segmented_control(
            "Bars count", list(MEASURES), default="incidents", format_func=MEASURES.__getitem__, key="measure",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        st.html(f'<p class="dl-note">per {width}{html.escape(left_out)}</p>')
        st.space("stretch")
        download_button(path, mark, filters)
    if rows.empty:
        st.caption("No bars to draw: none of these incidents has a known day.")
        return
    figure = cached_timeline(path, mark, filters, measure or "incidents", theme)
    st.plotly_chart(figure, theme=None, width="stretch", key="timeline", config={"displayModeBar": False}, height=TIMELINE_HEIGHT)


def download_button(path: str, mark: queries.Fingerprint, filters: Filters) -> None:
    """The filtered rows as CSV with the codebook's columns; made when the button is pressed."""
    st.download_button(
        "Download CSV", data=lambda: queries.export_csv(path, mark, filters), file_name=csv_name(filters), mime="text/csv",
        on_click="ignore", type="tertiary", icon=":material/download:", key="download_csv",
        help="Exactly the incidents in view, one a row, with the codebook's columns.",
    )  # fmt: skip


def csv_name(filters: Filters) -> str:
    """A file name that says what is inside: 'dateline_IQ_2023-12-01_2023-12-31.csv'."""
    parts = [*filters.country, filters.date_from or "", filters.date_to or ""]
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


@st.cache_data(show_spinner=False, ttl=queries.TTL_S, max_entries=64)
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


def main() -> None:
    """Filters, then the data, then the page."""
    path, mark = open_page(needs="incidents")
    filters = show_sidebar(queries.filter_options(path, mark))
    show_saved(path, mark, filters)
    profile_links(filters)
    if run := queries.last_run(path, mark):
        st.sidebar.caption(f"Store last changed by a run on {format_day(run)}, {run[11:16]} UTC")
    show_fresh(path, mark, filters)
    theme = st.context.theme.type
    t = queries.tallies(path, mark, filters)
    if not t.incidents and not t.not_counted:
        show_no_match(reset_filters)
        st.stop()
    show_tallies(path, mark, filters, t)
    left, right = st.columns([2.1, 1], gap="small")
    with left:
        chosen = show_map(path, mark, filters, theme)
    if chosen and chosen["incidents"] == 1:
        go_to("incident", chosen["incident_id"])
    with right:
        show_side(path, mark, filters, chosen)
    show_timeline(path, mark, filters, theme)
    if incident_id := show_table(path, mark, filters, t.incidents):
        go_to("incident", incident_id)


try:
    main()
except StoreBrokenError:
    guard_store()
