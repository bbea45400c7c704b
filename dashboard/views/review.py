"""Review: what waits for a person, by reason, one after the other: read it, decide, and the next one comes up."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.access import show_access, who
from dashboard.dating import date_form, show_dated
from dashboard.editing import (
    CONTESTED,
    DECIDED,
    Attempt,
    attempt,
    decide,
    decision_words,
    show_contested,
    show_decided,
    undo,
)
from dashboard.evidence import escape_text
from dashboard.incident_actions import (
    ACTIONS,
    action_button,
    close_action,
    compare_html,
    doing,
    features_html,
    show_action,
    show_pair_verdict,
)
from dashboard.incident_read import incident_texts, show_read
from dashboard.queries import Fingerprint, fingerprint
from dashboard.queries_articles import LOW_CONFIDENCE, incident_rows, load_article
from dashboard.queries_incident import (
    IncidentView,
    Seen,
    done_since,
    load_comparison,
    load_incident,
    load_seen,
    queue,
    queue_counts,
    waiting,
)
from dashboard.reader import Text, published_words, reader_html, report_labels, show_reader
from dashboard.reading import go_to, line, link, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import escape_markdown, format_actors, format_day, incident_title, is_known, plural
from pipeline import decisions
from pipeline.errors import StoreBrokenError
from pipeline.models import Decision, as_plain

CSS = Path(__file__).resolve().parent.parent / "assets" / "incident.css"

# Entries listed at once: a queue is worked from its top.
STEP = 15
# So many can be confirmed in one go; a person has to be able to look the list through.
BULK = 50

# (name, label, what stands in the list and what to do)
LISTS: tuple[tuple[str, str, str], ...] = (
    (
        "articles", "Undated articles",
        "Neither their metadata nor their text nor their file name says when they were published, so words like “Sunday” in them "
        "stay unresolved. Give a date and the article is coded again.",
    ),
    ("undated", "Undated", "No source gives a day that can be worked out. Set one, date an article, or confirm that none is known."),
    ("unlocated", "Unlocated", "No place is named, or the one named was not found: these are on no map. Set one, or confirm as it is."),
    ("duplicates", "Possibly one event", "Pairs that look alike and were not joined. Say which they are; both answers can be undone."),
    ("tolls", "Tolls that differ", "Sources give different numbers of dead. Read them; set another figure, or confirm the one chosen."),
    (
        "confidence", "Low confidence",
        f"The coder gives itself less than {LOW_CONFIDENCE:.0%} that the incident is right as a whole. Confirm, correct or reject it.",
    ),
    (
        "against", "Machine against person",
        "Reports that came, or were coded anew, since somebody decided say otherwise. What was decided holds; say whether it still should.",
    ),
)  # fmt: skip
ALL_DONE = {
    "articles": "Every article has a publication date.",
    "undated": "Every incident has a date, or somebody confirmed that none is known.",
    "unlocated": "Every incident has a place or at least a country, or somebody confirmed that none is known.",
    "duplicates": "No two incidents look like one event.",
    "tolls": "No sources differ on a number of dead, or a person has settled it.",
    "confidence": "No incident of low confidence is waiting.",
    "against": "Nothing that came since speaks against what people decided.",
}
# Lists in which many may be confirmed at once: their entries can be judged from a line.
BULK_LISTS = ("undated", "unlocated", "tolls", "confidence")
KEYS = (
    ("J", "next"), ("K", "previous"), ("A", "confirm, or let a decision stand"), ("E", "edit"), ("X", "reject"), ("M", "merge"),
    ("S", "split or move"), ("1", "one event"), ("2", "two events"), ("T", "take a decision back"), ("U", "undo the last"),
    ("O", "open its page"), ("N P", "next and previous marked words"), ("[ ]", "reports"),
)  # fmt: skip


def choose_list(counts: Mapping[str, int]) -> str:
    """The list to show, kept in the address as `list`."""
    names = [name for name, _, _ in LISTS]
    labels = {name: f"{label}  {counts[name]:,}" for name, label, _ in LISTS}
    asked = st.query_params.get("list", "")
    first = asked if asked in names else next((name for name in names if counts[name]), names[0])
    if "review_list" not in st.session_state:
        st.session_state["review_list"] = first
    chosen = st.segmented_control(
        "What waits for a look", names, key="review_list", format_func=labels.__getitem__, label_visibility="collapsed", required=True,
        on_change=_start_over,
    )  # fmt: skip
    name = chosen or first
    if st.query_params.get("list") != name:
        st.query_params["list"] = name
    return name


def _start_over() -> None:
    st.session_state["review_at"] = 0
    close_action()


# --- progress ----------------------------------------------------------------------------------


def start_of_day(now: dt.datetime, zone: str | None) -> str:
    """Midnight of the day it is where the person sits (an IANA zone; UTC where it is not known), in UTC."""
    try:
        here = now.astimezone(zoneinfo.ZoneInfo(zone or "UTC"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        here = now.astimezone(dt.UTC)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(log: Sequence[Decision]) -> set[str]:
    """What decisions were taken on: each incident, article or report once, however often somebody came back to it."""
    return {d.target for d in log}


def progress_words(done: int, mine: int, left: int) -> str:
    """'12 of 40 done today, 8 by you'."""
    if not done:
        return f"Nothing done yet today; {left:,} {'waits' if left == 1 else 'wait'}." if left else "Nothing waits."
    by_you = f", {mine:,} by you" if mine != done else ", all by you"
    return f"{done:,} of {done + left:,} done today{by_you}."


def show_progress(path: str, mark: Fingerprint) -> None:
    """How far the day's work is."""
    today = done_since(path, start_of_day(dt.datetime.now(dt.UTC), st.context.timezone))
    done, mine = len(settled(today)), len(settled([d for d in today if d.by == who()]))
    left = waiting(path, mark)
    share = done / (done + left) if done + left else 1.0
    words = escape_text(progress_words(done, mine, left))
    st.html(f'<div class="rv-progress"><span class="bar"><i style="width:{share:.1%}"></i></span><span>{words}</span></div>')


# --- the queue ---------------------------------------------------------------------------------


def move_to(index: int) -> None:
    """Look at another entry."""
    st.session_state["review_at"] = index
    st.session_state.pop(DECIDED, None)
    close_action()


def current_index(rows: Sequence[Any]) -> int:
    """Which entry is looked at; the last where the list has become shorter than that."""
    return max(0, min(int(st.session_state.get("review_at", 0)), len(rows) - 1))


def entry_words(name: str, row: Mapping[str, Any], titles: Mapping[str, Mapping[str, Any]]) -> str:
    """An entry of the queue in a line."""
    if name == "articles":
        return str(row["headline"] or "Without a headline")
    if name == "duplicates":
        return " / ".join(incident_title(titles[i]) if i in titles else i for i in (row["one"], row["other"]))
    if name == "against":
        incident_id = row["incident_id"]
        return incident_title(titles[incident_id]) if incident_id in titles else f"{row['decision'].target}: gone"
    return incident_title(row)


def show_queue(name: str, rows: Sequence[Mapping[str, Any]], titles: Mapping[str, Mapping[str, Any]], total: int) -> int:
    """The entries, each to be chosen; which one is looked at."""
    index = current_index(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="queue_steps"):
        st.button("Previous", key="previous", shortcut="k", on_click=move_to, args=(index - 1,), disabled=index == 0)
        st.button("Next", key="next", shortcut="j", on_click=move_to, args=(index + 1,), disabled=index >= len(rows) - 1)
        st.markdown(f"{index + 1} of {total:,}", width="content")
    with st.container(key="queue", gap=None):
        for n, row in enumerate(rows):
            words = entry_words(name, row, titles)
            st.button(
                escape_markdown(words if len(words) <= 150 else words[:149] + "…"), key=f"entry_{n}", on_click=move_to, args=(n,),
                type="secondary" if n == index else "tertiary", width="stretch",
            )  # fmt: skip
    if total > len(rows):
        st.caption(f"The first {len(rows)} of {total:,}. The next come up as these are settled.")
    return index


# --- one entry ---------------------------------------------------------------------------------


def reason_line(name: str, view: IncidentView) -> str:
    """What helps to judge an incident: sides, on how much it rests, how sure the coder is."""
    i = view.incident
    sides = f"{format_actors(i.side_a, missing='nobody named')} → {format_actors(i.side_b, missing='nobody named')}"
    parts = [sides, f"{plural(i.number_of_reports, 'report')}, {plural(i.number_of_sources, 'origin')}"]
    if i.assertion != "asserted":
        parts.append("in no tally")
    if name == "confidence" and is_known(i.confidence):
        parts.append(f"confidence {i.confidence:.0%}")
    return " · ".join(parts)


def show_incident(name: str, incident_id: str, path: str, *, may_edit: bool) -> None:
    """One incident with its words and all that can be done with it."""
    view = load_incident(path, incident_id)
    if view is None:
        st.markdown("It is gone meanwhile: no report tells of it any more.")
        return
    opened = doing(view.incident.incident_id)
    st.subheader(escape_markdown(incident_title(as_plain(view.incident))), anchor=False)
    line(reason_line(name, view))
    with st.container(horizontal=True, gap="small", key="actions"):
        if may_edit:
            st.button(
                "Confirm", key="confirm_now", shortcut="a", on_click=_confirm, args=(view.seen,),
            )  # fmt: skip
            for action in ACTIONS:
                if action[0] not in ("confirm", "brief"):
                    action_button(action, view.seen, opened)
        open_button(view.incident.incident_id)
    if may_edit:
        show_action(view, opened, path)
        if name == "undated":
            for article in [a for a in view.articles.values() if not a.published_at_utc][:3]:
                line(article.headline[:200], strong=article.source or "Unknown outlet")
                date_form(article.article_id, key=article.article_id)
    show_read(view, editing=may_edit and opened == "edit")


def open_button(incident_id: str) -> None:
    """The way to the incident's own page."""
    if st.button("Open", key="open_page", shortcut="o", type="tertiary"):
        go_to("incident", incident_id)


def _confirm(seen: Seen) -> None:
    decide(decisions.confirm, seen.incident.incident_id, said=f"Confirmed: {incident_title(as_plain(seen.incident))}.", seen=(seen,))
    close_action()


def show_article(row: Mapping[str, Any], path: str) -> None:
    """An undated article with its words and the form to give it its date."""
    view = load_article(path, row["article_id"])
    if view is None:
        st.markdown("It is gone meanwhile.")
        return
    with st.container(key="lines_article", gap=None):
        link("articles", row["headline"] or "Without a headline", article=row["article_id"])
    told = f"{plural(row['reports'], 'report')} coded from it" if row["reports"] else "nothing coded from it"
    line(" · ".join(part for part in (row["source"], row["file_name"], told) if part))
    date_form(row["article_id"], key=row["article_id"])
    article = view.article
    meta = " · ".join(part for part in (article.source, published_words(article), article.byline) if part)
    html = reader_html([], [Text(label="", meta=meta, article=article, spans=())])
    with st.container(key="reader"):
        show_reader(html, key=f"text_{article.article_id}", on_open=go_to)


def show_pair(row: Mapping[str, Any], path: str, *, may_edit: bool) -> None:
    """Two incidents that may be one: what speaks for and against it, both answers, and the words of both."""
    one, other = load_incident(path, row["one"]), load_incident(path, row["other"])
    if one is None or other is None or one.incident.incident_id == other.incident.incident_id:
        st.markdown("They are one already, or one of them is gone.")
        return
    with st.container(key="lines_pair", gap=None):
        for view in (one, other):
            link("incident", incident_title(as_plain(view.incident)), id=view.incident.incident_id)
    if may_edit:
        show_pair_verdict(one.seen, other.seen, key="now", shortcuts=("1", "2"))
    features = load_comparison(path, one.incident.incident_id, other.incident.incident_id)
    st.html(compare_html(one.incident, other.incident) + features_html(features))
    texts: list[Text] = []
    for number, view in enumerate((one, other), 1):
        labels = [f"{number} · {label}" for label in report_labels(view.reports, view.articles)]
        texts += incident_texts(view, labels)
    with st.container(key="reader"):
        show_reader(reader_html([], texts), key=f"pair_{one.incident.incident_id}_{other.incident.incident_id}", on_open=go_to)


def show_against(row: Mapping[str, Any], path: str, *, may_edit: bool) -> None:
    """A decision that what came since speaks against: let it stand, or take it back."""
    d: Decision = row["decision"]
    reason = f": “{d.reason}”" if d.reason else ""
    line(f"{decision_words(d)}, {format_day(d.at_utc)}{reason}", strong=d.by)
    for sentence in row["sentences"]:
        line(sentence, strong="The machine")
    found = load_seen(path, row["incident_id"]) if row["incident_id"] else None
    if may_edit:
        with st.container(horizontal=True, gap="small"):
            if found is not None and found[0].incident.report_ids:
                st.button(
                    "It stands", key="stands", shortcut="a", on_click=_stands, args=(found[0],),
                    help="Confirm the incident with the reports it has now",
                )  # fmt: skip
            st.button(
                "Take it back", key="take_back", shortcut="t", on_click=undo, args=(d.decision_id,), help="Let the articles speak again"
            )
    if found is not None:
        view = load_incident(path, found[0].incident.incident_id)
        if view is not None:
            with st.container(key="lines_against", gap=None):
                link("incident", incident_title(as_plain(view.incident)), id=view.incident.incident_id)
            show_read(view, editing=False)


def _stands(seen: Seen) -> None:
    decide(decisions.confirm, seen.incident.incident_id, said="It stands.", seen=(seen,), reason="looked at again")


# --- many at once ------------------------------------------------------------------------------


def show_bulk(name: str, path: str, mark: Fingerprint) -> None:
    """Confirm many of one list: the list is shown first, whatever is not to be confirmed is taken out, and the reason is said once."""
    rows = queue(path, mark, name, BULK)
    with st.container(border=True, key="bulk", gap="small"):
        st.markdown(f"**Confirm {plural(len(rows), 'incident')} as they stand.** Take out what you are not sure of.")
        chosen = []
        for row in rows:
            found = load_seen(path, row["incident_id"])
            if found is not None:
                ticked = st.checkbox(escape_markdown(incident_title(row)), value=True, key=f"bulk_{row['incident_id']}")
                chosen += [found[0]] if ticked else []
        st.text_input("Why can they all be confirmed?", key="bulk_reason")
        if wrong := st.session_state.pop("bulk_wrong", ""):
            st.warning(wrong)
        with st.container(horizontal=True, gap="small"):
            st.button(
                f"Confirm these {len(chosen)}",
                key="bulk_do",
                type="primary",
                on_click=confirm_all,
                args=(tuple(chosen),),
                disabled=not chosen,
            )
            st.button("Cancel", key="bulk_cancel", on_click=_open_bulk, args=(False,))


def _open_bulk(wanted: bool) -> None:
    st.session_state["bulk_open"] = wanted


def confirm_all(seen: Sequence[Seen]) -> None:
    """Confirm what is as it was shown; what has changed since is left, and told."""
    reason = str(st.session_state.get("bulk_reason") or "").strip()
    if not reason:
        st.session_state["bulk_wrong"] = "Say why they can all be confirmed."
        return
    taken: list[str] = []
    left: list[str] = []
    for one in seen:
        title = incident_title(as_plain(one.incident))
        if attempt(Attempt(decisions.confirm, (one.incident.incident_id,), "Confirmed.", (one,), {"reason": reason})):
            taken += st.session_state[DECIDED][0]
        else:
            left.append(title)
    st.session_state.pop(CONTESTED, None)
    told = f"Confirmed {plural(len(taken), 'incident')}."
    if left:
        told += f" Left, because it changed meanwhile or could not be written: {'; '.join(left)}."
    st.session_state[DECIDED] = (tuple(taken), told)
    _open_bulk(False)


# --- the page ----------------------------------------------------------------------------------


def show_keys() -> None:
    """The shortcuts, for whoever wants to know."""
    with st.popover("Keys", type="tertiary"):
        keys = "".join(f"<dt><kbd>{escape_text(key)}</kbd></dt><dd>{escape_text(does)}</dd>" for key, does in KEYS)
        st.html(f'<dl class="rd-facts">{keys}</dl>')


def main() -> None:
    """The lists and their counts, the queue of the one that is chosen, and the entry that is looked at."""
    path, _ = open_page(needs="articles")
    use_style()
    st.html(CSS)
    show_dated()
    st.title("Review", anchor=False)
    person = show_access()
    mark = fingerprint(path)  # after the callbacks of this run have written
    counts = queue_counts(path, mark)
    show_progress(path, mark)
    name = choose_list(counts)
    show_contested(path)
    show_decided(shortcut="u")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="review_about"):
        line(next(words for key, _, words in LISTS if key == name))
        if person.may_edit and name in BULK_LISTS and counts[name] > 1:
            opened = bool(st.session_state.get("bulk_open"))
            st.button("Confirm several", key="bulk_show", on_click=_open_bulk, args=(not opened,), type="tertiary")
        show_keys()
    total = counts[name]
    if not total:
        st.subheader("Nothing waits here", anchor=False)
        st.markdown(ALL_DONE[name])
        return
    if person.may_edit and name in BULK_LISTS and st.session_state.get("bulk_open"):
        show_bulk(name, path, mark)
        return
    rows = queue(path, mark, name, STEP)
    ids = {row[key] for row in rows for key in ("one", "other", "incident_id") if isinstance(row.get(key), str)}
    titles = incident_rows(path, sorted(ids)) if name in ("duplicates", "against") else {}
    left, right = st.columns([3, 9], gap="medium")
    with left:
        index = show_queue(name, rows, titles, total)
    with right:
        row = rows[index]
        if name == "articles":
            show_article(row, path)
        elif name == "duplicates":
            show_pair(row, path, may_edit=person.may_edit)
        elif name == "against":
            show_against(row, path, may_edit=person.may_edit)
        else:
            show_incident(name, row["incident_id"], path, may_edit=person.may_edit)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
