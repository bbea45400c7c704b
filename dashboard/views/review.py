"""Review: what waits for a person, by reason: no date, no place, possibly one event, tolls that differ, low confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.dating import date_form, decide, show_dated, show_decided
from dashboard.queries_articles import (
    LOW_CONFIDENCE,
    duplicate_list,
    incident_rows,
    review_counts,
    review_list,
    undated_articles,
)
from dashboard.reading import line, link, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import format_actors, incident_title, is_known, plural
from pipeline import decisions
from pipeline.errors import StoreBrokenError

# Entries shown at once: each has buttons or a form of its own, and a queue is worked from its top.
STEP = 15

# (name, label, what stands in the list and what to do)
LISTS: tuple[tuple[str, str, str], ...] = (
    (
        "articles", "Undated articles",
        "Neither their metadata nor their text nor their file name says when they were published, so words like “Sunday” in them "
        "stay unresolved. Give a date and the article is coded again.",
    ),
    ("undated", "Undated incidents", "No source gives a day that can be worked out. Open one to give its article a date."),
    ("unlocated", "Unlocated incidents", "No place is named, or the one named could not be found, so these are on no map."),
    ("duplicates", "Possibly one event", "Pairs that look alike and were not joined. Say which they are; both answers can be undone."),
    ("tolls", "Tolls that differ", "Sources give different numbers of dead. Open one to read each of them."),
    (
        "confidence", "Low confidence",
        f"The coder gives itself less than {LOW_CONFIDENCE:.0%} that the incident is right as a whole. Confirm it or reject it.",
    ),
)  # fmt: skip
ALL_DONE = {
    "articles": "Every article has a publication date.",
    "undated": "Every incident has a date.",
    "unlocated": "Every incident has a place or at least a country.",
    "duplicates": "No two incidents look like one event.",
    "tolls": "No sources differ on a number of dead, or a person has settled it.",
    "confidence": "No incident of low confidence is waiting.",
}


def choose_list(counts: Mapping[str, int]) -> str:
    """The list to show, kept in the address as `list`."""
    names = [name for name, _, _ in LISTS]
    labels = {name: f"{label}  {counts[name]:,}" for name, label, _ in LISTS}
    asked = st.query_params.get("list", "")
    first = asked if asked in names else next((name for name in names if counts[name]), names[0])
    if "review_list" not in st.session_state:
        st.session_state["review_list"] = first
    chosen = st.segmented_control(
        "What waits for a look", names, key="review_list", format_func=labels.__getitem__, label_visibility="collapsed", required=True
    )
    name = chosen or first
    if st.query_params.get("list") != name:
        st.query_params["list"] = name
    return name


def show_articles(path: str) -> None:
    """Articles without a date, each with a form to give it."""
    for row in undated_articles(path, STEP).to_dict("records"):
        with st.container(key=f"todo_{row['article_id']}", gap=None):
            link("articles", row["headline"] or "Without a headline", article=row["article_id"])
            wait = f"{plural(row['reports'], 'report')} coded from it" if row["reports"] else "nothing coded from it"
            line(" · ".join(part for part in (row["source"], row["file_name"], wait) if part))
            date_form(row["article_id"], key=row["article_id"])


def reason_line(name: str, row: Mapping[str, Any]) -> str:
    """Why an incident stands in a list, and what helps to judge it."""
    sides = f"{format_actors(row['side_a'], missing='nobody named')} → {format_actors(row['side_b'], missing='nobody named')}"
    parts = [sides, f"{plural(row['number_of_reports'], 'report')}, {plural(row['number_of_sources'], 'origin')}"]
    if row["assertion"] != "asserted":
        parts.append("in no tally")
    if name == "confidence" and is_known(row["confidence"]):
        parts.append(f"confidence {row['confidence']:.0%}")
    return " · ".join(parts)


def show_incidents(path: str, name: str) -> None:
    """Incidents of one list, with confirm and reject where that settles the matter."""
    for row in review_list(path, name, STEP).to_dict("records"):
        incident_id = row["incident_id"]
        with st.container(key=f"todo_{incident_id}", horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap=None):
                link("incident", incident_title(row), id=incident_id)
                line(reason_line(name, row))
            if name in ("tolls", "confidence", "unlocated"):
                show_verdict(incident_id)


def show_verdict(incident_id: str) -> None:
    """Confirm, or reject with a reason."""
    st.button(
        "Confirm", key=f"confirm_{incident_id}", on_click=decide, args=(decisions.confirm, incident_id),
        kwargs={"said": f"Confirmed {incident_id}."}, help="It is right as it stands.", width="content",
    )  # fmt: skip
    with st.popover("Reject", key=f"reject_{incident_id}", width="content"), st.form(f"reject_form_{incident_id}", border=False):
        reason = st.text_input("Why is it no incident?", key=f"why_{incident_id}")
        if st.form_submit_button("Reject it") and reason.strip():
            decide(decisions.reject, incident_id, said=f"Rejected {incident_id}.", reason=reason.strip())
            st.rerun()


def show_duplicates(path: str) -> None:
    """Pairs that may be one event, side by side, with both answers."""
    pairs = duplicate_list(path, STEP)
    titles = incident_rows(path, sorted({*pairs["one"], *pairs["other"]}))
    for row in pairs.to_dict("records"):
        one, other = row["one"], row["other"]
        with st.container(key=f"todo_{one}_{other}", horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap=None):
                for incident_id in (one, other):
                    link("incident", incident_title(titles[incident_id]), id=incident_id)
                line(f"{row['why']} · likeness {row['score']:.0%}")
            st.button(
                "One event", key=f"merge_{one}_{other}", on_click=decide, args=(decisions.merge, other, one),
                kwargs={"said": "Joined; the older id leads to both."}, width="content",
            )  # fmt: skip
            st.button(
                "Two events", key=f"apart_{one}_{other}", on_click=decide, args=(decisions.keep_apart, one, other),
                kwargs={"said": "Kept apart; they are not suggested again."}, width="content",
            )  # fmt: skip


def main() -> None:
    """The lists and their counts, then the one that is chosen."""
    path, _ = open_page(needs="articles")
    use_style()
    show_dated()
    st.title("Review", anchor=False)
    counts = review_counts(path)
    name = choose_list(counts)
    show_decided()
    line(next(words for key, _, words in LISTS if key == name))
    total = counts[name]
    if not total:
        st.subheader("Nothing waits here", anchor=False)
        st.markdown(ALL_DONE[name])
        return
    if name == "articles":
        show_articles(path)
    elif name == "duplicates":
        show_duplicates(path)
    else:
        show_incidents(path, name)
    if total > STEP:
        st.caption(f"The first {STEP} of {total:,}. The next come up as these are settled.")


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
