"""The coded fields of an incident beside its sources; while somebody edits, the form stands where the fields are."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.edit_fields import show_form
from dashboard.incident_actions import seen_at_opening
from dashboard.queries_incident import IncidentView
from dashboard.reader import Text, incident_rows, published_words, reader_html, report_labels, show_reader, spans_of
from dashboard.reading import go_to
from dashboard.wording import ASSERTION_WORDS, format_time

HINT = "Hover or choose a field to find its words; n and p step through them, [ and ] through the reports, Esc lets go."


def setter_words(view: IncidentView) -> dict[str, str]:
    """For each field that a person set: who did, when and why."""
    told = {}
    for name in view.incident.locked_fields:
        if (d := view.setter_of(name)) is not None:
            told[name] = f"{d.by}, {format_time(d.at_utc)}" + (f": “{d.reason}”" if d.reason else "")
    return told


def incident_texts(view: IncidentView, labels: Sequence[str]) -> list[Text]:
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


def show_read(view: IncidentView, *, editing: bool) -> None:
    """The fields beside the sources; while somebody edits, the form stands where the fields are."""
    labels = report_labels(view.reports, view.articles)
    texts = incident_texts(view, labels)
    key = f"reader_{view.incident.incident_id}"
    if not editing:
        rows = incident_rows(view.incident, view.reports, labels, setter_words(view))
        with st.container(key="reader"):
            show_reader(reader_html([(None, rows)], texts, hint=HINT), key=key, on_open=go_to)
        return
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(key="edit_form", gap="small"):
        show_form(seen_at_opening(view))
    with right, st.container(key="edit_reader"):
        show_reader(reader_html([], texts), key=f"{key}_beside", on_open=go_to)
