"""Incident: one event, what is coded of it at the left, what its sources say at the right, and what can be done about it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pydeck as pdk
import streamlit as st

from dashboard import brief, maps, tolls
from dashboard.access import show_access
from dashboard.dating import date_form, show_dated
from dashboard.editing import forget_elsewhere, show_contested, show_decided
from dashboard.evidence import escape_text
from dashboard.filters import current_filters
from dashboard.incident_actions import (
    compare_html,
    features_html,
    show_action,
    show_actions,
    show_history,
    show_pair_verdict,
)
from dashboard.incident_read import show_read
from dashboard.queries_incident import IncidentView, load_incident, load_seen
from dashboard.reader import confidence_words, published_words
from dashboard.reading import heading, line, link, notice, page_of, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import (
    ASSERTION_WORDS,
    NOT_COUNTED_WORDS,
    STANCE_WORDS,
    STATUS_WORDS,
    WHERE_PREC_WORDS,
    escape_markdown,
    format_day,
    format_place,
    incident_title,
    plural,
)
from pipeline.errors import StoreBrokenError
from pipeline.filters import to_params
from pipeline.models import Incident, as_plain
from pipeline.settings import load_settings

CSS = Path(__file__).resolve().parent.parent / "assets" / "incident.css"
MAP_HEIGHT = 230
# How close the locator map looks, by where_prec: the circle of what is not known should fit, and the country be told.
ZOOM = {1: 5.6, 2: 5.8, 3: 5.6, 4: 5.0, 5: 4.2, 7: 4.6}
# A page shows this many sources at once; an event with more is told by the same few agencies.
MAX_SOURCES = 60
# So many figures of a toll are told in words; the chart has them all.
MAX_STEPS = 12


def back_link() -> None:
    """The way back to the Monitor, with the filters this session has."""
    if (page := page_of("monitor")) is not None:
        with st.container(key="back"):
            st.page_link(page, label="Back to the map", icon=":material/chevron_left:", query_params=to_params(current_filters()))


def show_unknown(incident_id: str) -> None:
    """No such incident, or none asked for: say what to do."""
    st.title("No such incident" if incident_id else "No incident chosen", anchor=False)
    if incident_id:
        st.markdown("No incident has the id in the address:")
        st.code(incident_id[:200], language=None)
        st.markdown(
            "Ids are permanent and never reused, so either the link was cut short, or it was made with another store. "
            "An incident whose articles were all taken back by their coding is gone as well."
        )
    else:
        st.markdown("Choose one on the map or in the table of the *Monitor* page; its address then leads here.")
    back_link()


# --- header ------------------------------------------------------------------------------------


def header_line(view: IncidentView) -> str:
    """Who looked at it, how sure it is, how many reports from how many origins, when first told."""
    i = view.incident
    parts = [STATUS_WORDS.get(i.review_status, i.review_status)]
    if i.confidence is not None:
        parts.append(f"confidence {confidence_words(i.confidence)}")
    parts.append(
        f"{plural(i.number_of_reports, 'report')} in {plural(i.number_of_articles, 'article')} from {plural(i.number_of_sources, 'origin')}"
    )
    if i.first_reported:
        days = dict.fromkeys(format_day(day) for day in (i.first_reported, i.last_reported) if day)
        parts.append("reported " + " to ".join(days))
    return " · ".join(parts)


def show_header(view: IncidentView) -> None:
    """The one sentence, the line below it, and what has to be said before anything else."""
    i = view.incident
    if st.query_params.get("id") != i.incident_id:
        # A merged id leads to where it went; the address says so from now on.
        st.query_params["id"] = i.incident_id
        st.session_state["merged_from"] = (view.asked_id, i.incident_id)
    st.title(escape_markdown(incident_title(as_plain(i))), anchor=False)
    line(f"{header_line(view)} · {i.incident_id}")
    old, into = st.session_state.get("merged_from", ("", ""))
    if into == i.incident_id:
        line(f"{old} was merged into this incident.")
    if i.assertion in NOT_COUNTED_WORDS:
        notice(f"{ASSERTION_WORDS[i.assertion]}.", NOT_COUNTED_WORDS[i.assertion])
    if i.review_status == "rejected":
        notice("Rejected.", "A person has rejected this incident. No tally counts it.")


def show_undated(view: IncidentView) -> None:
    """Where no day is known because an article bears no date: the article, and a form to give it one."""
    if view.incident.date_start:
        return
    bare = [a for a in view.articles.values() if not a.published_at_utc]
    if not bare:
        notice("Undated.", "Its sources bear dates, and none of their words gives a day for this event.")
        return
    with st.container(border=True, key="undated", gap="small"):
        st.markdown(
            "**Undated.** Words like “Sunday” need a publication date to become a day, and "
            f"{plural(len(bare), 'source')} of this incident {'has' if len(bare) == 1 else 'have'} none. With it the day is worked out."
        )
        for article in bare[:5]:
            line(article.headline[:200], strong=article.source or "Unknown outlet")
            date_form(article.article_id, key=article.article_id)


# --- below the reader --------------------------------------------------------------------------


def locator_row(i: Incident) -> pd.DataFrame:
    """The incident as one row of what the map draws."""
    plain = as_plain(i)
    return pd.DataFrame(
        [
            plain
            | {
                "incidents": 1, "killed": i.deaths_best, "unstated": int(i.deaths_best is None),
                "first_day": i.date_start, "last_day": i.date_start,
            }
        ]
    )  # fmt: skip


def locator_map(i: Incident, *, theme: str | None, tiles: str | None) -> pdk.Deck | None:
    """A small map of where it was, with the circle it may lie in; None where a pin would be false."""
    if i.latitude is None or i.longitude is None or i.where_prec == 6:
        return None
    deck = maps.incident_map(locator_row(i), theme=theme, tiles=tiles)
    deck.initial_view_state.zoom = ZOOM.get(i.where_prec or 1, 6.0)
    return deck


def show_place(i: Incident) -> None:
    """The locator map, or why there is none."""
    heading("Where")
    place = format_place(i.place_name, i.admin1, i.country, i.where_prec)
    deck = locator_map(i, theme=st.context.theme.type, tiles=load_settings().tiles)
    if deck is None:
        why = "Only the country is known" if i.where_prec == 6 else "No place is named that could be found"
        line(f"{place[:1].upper()}{place[1:]}. {why}, so no pin is drawn.")
        return
    with st.container(key="map"):
        st.pydeck_chart(deck, height=MAP_HEIGHT, key="locator", alt=f"Map: {place}")
    radius = maps.UNCERTAINTY_M.get(i.where_prec or 0)
    within = f", somewhere within about {radius // 1000} km" if radius else ""
    line(f"{place[:1].upper()}{place[1:]}: {WHERE_PREC_WORDS.get(i.where_prec or 0, 'precision not stated')}{within}")


def show_sources(view: IncidentView) -> None:
    """The articles by origin: republished copies stand under the one they carry."""
    i = view.incident
    heading(f"{plural(i.number_of_articles, 'article')}, {plural(i.number_of_sources, 'origin')}")
    groups: dict[str, list[str]] = {}
    for report in view.reports:
        origin = view.origins[report.article_id].origin_id
        if report.article_id not in groups.setdefault(origin, []):
            groups[origin].append(report.article_id)
    shown = 0
    with st.container(key="lines_sources", gap=None):
        for n, article_ids in enumerate(groups.values()):
            together = len(article_ids) > 1
            with st.container(key=f"lines_origin_{n}" if together else f"lines_single_{n}", gap=None):
                if together:
                    agency = view.origins[article_ids[0]].agency
                    line("", strong=f"{f'{agency}: one' if agency else 'One'} origin, {len(article_ids)} articles")
                for article_id in article_ids[: max(0, MAX_SOURCES - shown)]:
                    show_source(view, article_id)
            shown += len(article_ids)
    if shown > MAX_SOURCES:
        st.caption(f"The first {MAX_SOURCES} of {shown:,} articles; all of them can be read above.")


def show_source(view: IncidentView, article_id: str) -> None:
    """One article of the incident: outlet, day, headline, and how it was linked."""
    article = view.articles[article_id]
    told = f"{article.source or 'Unknown outlet'}, {published_words(article)}: {article.headline or 'without a headline'}"
    link("articles", told, article=article_id)
    why = next((view.why_linked.get(r.report_id, "") for r in view.reports if r.article_id == article_id), "")
    if why and len(view.reports) > 1:
        line(f"linked by: {why}")


def show_alike(view: IncidentView, path: str, *, may_edit: bool) -> None:
    """Incidents that may be the same event, each with the reasons and both answers; then those that are near and are not."""
    if view.similar:
        heading("Possibly the same event")
        with st.container(key="lines_similar", gap=None):
            for alike in view.similar:
                other_id = alike.incident.incident_id
                link("incident", incident_title(as_plain(alike.incident)), id=other_id)
                line(alike.why)
                with st.expander("What speaks for and against it"):
                    st.html(compare_html(view.incident, alike.incident) + features_html(alike.features))
                other = load_seen(path, other_id) if may_edit else None
                if other is not None:
                    show_pair_verdict(view.seen, other[0], key=other_id)
    if view.related:
        heading("Near it in time and place")
        with st.container(key="lines_related", gap=None):
            for alike in view.related:
                link("incident", incident_title(as_plain(alike.incident)), id=alike.incident.incident_id)
                line(alike.why)


def show_tolls(view: IncidentView) -> None:
    """How the count rose: a chart of every figure with its low and high, and the same in words."""
    for what, title, axis in (("deaths", "How the number of dead was reported", "killed"), ("injured", "Injured, as reported", "injured")):
        steps = view.tolls[what]
        if len(steps) < 2:
            continue
        heading(title)
        # The dead are drawn; how the injured were counted says the list.
        figure = tolls.toll_figure(steps, view.articles, what=axis, theme=st.context.theme.type) if what == "deaths" else None
        if figure is not None:
            st.plotly_chart(figure, theme=None, width="stretch", key=f"tolls_{what}", config={"displayModeBar": False}, height=tolls.HEIGHT)
        best = tolls.last_best(steps)
        rows = "".join(
            f"<dt>{escape_text(who)}</dt><dd><bdi>{escape_text(figure)}</bdi></dd>"
            for who, figure in (tolls.step_words(s, view.articles, last=s is best) for s in steps[-MAX_STEPS:])
        )
        st.html(f'<dl class="rd-facts">{rows}</dl>')
        if len(steps) > MAX_STEPS:
            st.caption(f"The last {MAX_STEPS} of {len(steps)} figures.")


def show_claims(view: IncidentView) -> None:
    """Who claims, denies or blames, with the words."""
    if not view.incident.claims:
        return
    heading("Claims")
    with st.container(key="lines_claims", gap=None):
        for claim in view.incident.claims:
            by = f" by {claim.by}" if claim.stance == "blamed" and claim.by else ""
            quote = f": “{' '.join(claim.quote.split())[:300]}”" if claim.quote else ""
            line(f"{STANCE_WORDS.get(claim.stance, claim.stance)}{by}{quote}", strong=claim.actor)


def show_primary_sources(view: IncidentView) -> None:
    """Whom the articles have it from, and by how many independent ways."""
    if not view.sources:
        return
    heading("Whom the articles have it from")
    with st.container(key="lines_primary", gap=None):
        for source in view.sources[:MAX_SOURCES]:
            kinds = ", ".join(kind.replace("-", " ") for kind in source.kinds)
            line(f"{kinds} · {plural(source.articles, 'article')}, {plural(source.origins, 'origin')}", strong=source.source)


def show_brief(view: IncidentView) -> None:
    """The brief as it prints, and its download."""
    html = brief.brief_html(view, made_at_utc=brief.now_utc())
    with st.container(border=True, key="panel_brief", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.download_button(
                "Download", data=html.encode(), file_name=brief.file_name(view.incident), mime="text/html", on_click="ignore",
                key="brief_get", icon=":material/download:",
            )  # fmt: skip
            st.markdown(
                "One HTML file that needs nothing else. Open it and print it, to paper or to PDF: it is set for A4.", width="content"
            )
        st.iframe(html, height=720)


# --- the page ----------------------------------------------------------------------------------


def main() -> None:
    """The incident that the address names."""
    path, _ = open_page(needs="articles")
    use_style()
    st.html(CSS)
    show_dated()
    incident_id = st.query_params.get("id", "").strip()
    view = load_incident(path, incident_id) if incident_id else None
    if view is None:
        show_unknown(incident_id)
        return
    back_link()
    show_header(view)
    person = show_access()
    action = show_actions(view, may_edit=person.may_edit)
    forget_elsewhere(view.incident.incident_id)
    show_contested(path)
    show_decided()
    show_action(view, action, path)
    if action == "brief":
        show_brief(view)
    if person.may_edit:
        show_undated(view)
    show_read(view, editing=action == "edit")
    left, right = st.columns([5, 7], gap="medium")
    with left:
        show_place(view.incident)
        show_tolls(view)
    with right:
        show_sources(view)
        show_primary_sources(view)
        show_claims(view)
        show_alike(view, path, may_edit=person.may_edit)
        show_history(view, may_edit=person.may_edit)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
