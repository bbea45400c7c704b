"""Incident: one event, what is coded of it at the left, what its sources say at the right."""

from __future__ import annotations

import pandas as pd
import pydeck as pdk
import streamlit as st

from dashboard import maps
from dashboard.dating import date_form, show_dated
from dashboard.filters import current_filters
from dashboard.queries_articles import IncidentView, load_incident
from dashboard.reader import (
    Text,
    confidence_words,
    incident_rows,
    published_words,
    reader_html,
    report_labels,
    show_reader,
    spans_of,
)
from dashboard.reading import go_to, heading, line, link, notice, page_of, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import (
    ASSERTION_WORDS,
    NOT_COUNTED_WORDS,
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

MAP_HEIGHT = 230
# How close the locator map looks, by where_prec: the circle of what is not known should fit, and the country be told.
ZOOM = {1: 5.6, 2: 5.8, 3: 5.6, 4: 5.0, 5: 4.2, 7: 4.6}
HINT = "Hover or choose a field to find its words; n and p step through them, [ and ] through the reports, Esc lets go."
# A page shows this many sources at once; an event with more is told by the same few agencies.
MAX_SOURCES = 60


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
    st.title(escape_markdown(incident_title(as_plain(i))), anchor=False)
    line(f"{header_line(view)} · {i.incident_id}")
    if view.asked_id != i.incident_id:
        line(f"{view.asked_id} was merged into this incident.")
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


def show_similar(view: IncidentView) -> None:
    """Incidents that may be the same event, with the reason."""
    if not view.similar:
        return
    heading("Possibly the same event")
    with st.container(key="lines_similar", gap=None):
        for other, score, why in view.similar:
            link("incident", incident_title(as_plain(other)), id=other.incident_id)
            line(f"{why} · likeness {score:.0%}")


# --- the page ----------------------------------------------------------------------------------


def incident_texts(view: IncidentView, labels: list[str]) -> list[Text]:
    """Each report's article as the reader shows it."""
    texts = []
    for report, label in zip(view.reports, labels, strict=True):
        article = view.articles[report.article_id]
        meta = " · ".join(part for part in (article.source, published_words(article), article.byline) if part)
        kind = "" if report.assertion == "asserted" else f"This article tells it as: {ASSERTION_WORDS[report.assertion].lower()}."
        note = " ".join(part for part in (article.note, kind) if part)
        texts.append(
            Text(
                label=label, meta=meta, article=article, spans=spans_of(report), note=note,
                links=(("open the article", "articles", article.article_id),),
            )
        )  # fmt: skip
    return texts


def main() -> None:
    """The incident that the address names."""
    path, _ = open_page(needs="articles")
    use_style()
    show_dated()
    incident_id = st.query_params.get("id", "").strip()
    view = load_incident(path, incident_id) if incident_id else None
    if view is None:
        show_unknown(incident_id)
        return
    back_link()
    show_header(view)
    show_undated(view)
    labels = report_labels(view.reports, view.articles)
    html = reader_html([(None, incident_rows(view.incident, view.reports, labels))], incident_texts(view, labels), hint=HINT)
    with st.container(key="reader"):
        show_reader(html, key=f"reader_{view.incident.incident_id}", on_open=go_to)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        show_place(view.incident)
    with right:
        show_sources(view)
        show_similar(view)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
