"""What a person can do with an incident, in place: confirm, edit, reject, join with another, split or move reports, and the history of it.

Each opens below the header, asks for a reason, and is taken by `dashboard.editing`, which keeps two people
from writing over each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from dashboard.editing import Attempt, attempt_all, decide, decision_words, undo
from dashboard.evidence import GROUPS
from dashboard.queries_incident import IncidentView, Seen, find_incidents, load_comparison, load_seen
from dashboard.reader import group_value, published_words
from dashboard.reading import facts_html, heading, line
from dashboard.wording import as_int, escape_markdown, format_time, format_toll, incident_title, plural
from pipeline import decisions
from pipeline.linking import DOUBT_SCORE, LINK_SCORE, Feature
from pipeline.models import Decision, Incident, Report, as_plain

# (name, label, key). The keys C and R are the browser frame's own.
ACTIONS: tuple[tuple[str, str, str], ...] = (
    ("confirm", "Confirm", "a"),
    ("edit", "Edit", "e"),
    ("reject", "Reject", "x"),
    ("merge", "Merge", "m"),
    ("split", "Split or move", "s"),
    ("brief", "Brief", "b"),
)
NEW = "an incident of their own"
MAX_FOUND = 30


def doing(incident_id: str) -> str:
    """The action that is open for this incident; empty where none is."""
    if st.session_state.get("doing_for") != incident_id:
        st.session_state["doing"], st.session_state["doing_for"] = "", incident_id
    return str(st.session_state.get("doing", ""))


def open_action(name: str, seen: Seen) -> None:
    """Open an action, or close it where it is open; what is seen now is what it is taken on."""
    st.session_state["doing"] = "" if st.session_state.get("doing") == name else name
    st.session_state["doing_for"] = seen.incident.incident_id
    st.session_state["doing_seen"] = seen


def close_action() -> None:
    """Close what is open."""
    st.session_state["doing"] = ""


def seen_at_opening(view: IncidentView) -> Seen:
    """The incident as it was when the action was opened."""
    seen = st.session_state.get("doing_seen")
    return seen if isinstance(seen, Seen) and seen.incident.incident_id == view.incident.incident_id else view.seen


def show_actions(view: IncidentView, *, may_edit: bool) -> str:
    """The buttons; the name of the action that is open."""
    name = doing(view.incident.incident_id)
    with st.container(horizontal=True, gap="small", key="actions"):
        for action in ACTIONS:
            if may_edit or action[0] == "brief":
                action_button(action, view.seen, name)
    return name if may_edit or name == "brief" else ""


def action_button(action: tuple[str, str, str], seen: Seen, opened: str) -> None:
    """The button that opens one of ACTIONS; `opened` is the name of the one that is open."""
    name, label, key = action
    st.button(
        label, key=f"do_{name}", shortcut=key, on_click=open_action, args=(name, seen),
        type="primary" if name == opened else "secondary",
    )  # fmt: skip


def show_action(view: IncidentView, name: str, path: str) -> None:
    """The panel of an open action other than editing and the brief, which have a place of their own."""
    panels = {"confirm": _confirm_panel, "reject": _reject_panel, "merge": _merge_panel, "split": _split_panel}
    if name in panels:
        with st.container(border=True, key=f"panel_{name}", gap="small"):
            panels[name](view, path)


def _reason(label: str = "Why, or how is it known?", *, needed: bool = True) -> str:
    return st.text_input(label, key="action_reason", placeholder="" if needed else "optional").strip()


def _end(label: str, key: str, act: Any, *args: Any) -> None:
    """The button that does it, and the way out; what is missing is said above."""
    if wrong := st.session_state.pop("action_wrong", ""):
        st.warning(escape_markdown(wrong))
    with st.container(horizontal=True, gap="small"):
        st.button(label, key=key, type="primary", on_click=act, args=args)
        st.button("Cancel", key="action_cancel", on_click=close_action)


def _given_reason() -> str:
    return str(st.session_state.get("action_reason") or "").strip()


def _lacks(wrong: str) -> None:
    st.session_state["action_wrong"] = wrong


# --- confirm, reject -----------------------------------------------------------------------------


def _confirm_panel(view: IncidentView, _path: str) -> None:
    st.markdown("**Confirm** that it is right as it stands. It leaves the review lists; reports that come later show up there again.")
    _reason(needed=False)
    _end("Confirm it", "confirm_do", _confirm, seen_at_opening(view))


def _confirm(seen: Seen) -> None:
    decide(decisions.confirm, seen.incident.incident_id, said="Confirmed.", seen=(seen,), reason=_given_reason())
    close_action()


def _reject_panel(view: IncidentView, _path: str) -> None:
    st.markdown("**Reject** it: it stays in the store, shown as rejected, and no tally counts it.")
    _reason("Why is it no incident?")
    _end("Reject it", "reject_do", _reject, seen_at_opening(view))


def _reject(seen: Seen) -> None:
    if not _given_reason():
        _lacks("Say why it is no incident.")
        return
    decide(decisions.reject, seen.incident.incident_id, said="Rejected.", seen=(seen,), reason=_given_reason())
    close_action()


# --- another incident ------------------------------------------------------------------------------


def choose_incident(view: IncidentView, path: str, *, key: str, label: str) -> str | None:
    """Another incident: those alike first, else one found by words or by its id."""
    words = st.text_input("Search", key=f"{key}_words", placeholder="place, group or words of the articles, or an incident's id").strip()
    options = {a.incident.incident_id: incident_title(as_plain(a.incident)) for a in (*view.similar, *view.related)}
    if words:
        found = find_incidents(path, words, limit=MAX_FOUND)
        options = {row["incident_id"]: incident_title(row) for row in found if row["incident_id"] != view.incident.incident_id}
    if not options:
        st.caption("No incident has these words." if words else "None is near in time and place; search for one.")
        return None
    ids = list(options)
    return st.selectbox(
        label,
        ids,
        index=None,
        key=f"{key}_id",
        format_func=lambda i: f"{options.get(i, i)} · {i}",
        placeholder=f"{len(ids)} to choose from",
    )


def compare_html(one: Incident, other: Incident) -> str:
    """Two incidents field by field, escaped; what differs is set off."""
    from dashboard.evidence import escape_text

    rows = []
    for group in ("when", "where", "what", "by", "against", "killed", "injured"):
        a, b = group_value(one, group), group_value(other, group)
        mark = "" if a == b else ' class="differs"'
        rows.append(f"<tr{mark}><th>{GROUPS[group].label}</th><td>{escape_text(a)}</td><td>{escape_text(b)}</td></tr>")
    head = "<tr><th></th><th>This one</th><th>The other</th></tr>"
    return f'<table class="in-compare"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def features_html(features: Sequence[Feature]) -> str:
    """The features of a link, each with its points, and their sum, escaped."""
    from dashboard.evidence import escape_text

    rows = "".join(f"<li><span>{signed(f.score)}</span> {escape_text(f.sentence or f.name)}</li>" for f in features if f.sentence)
    total = sum(f.score for f in features)
    return f'<ul class="in-features">{rows}<li class="sum"><span>{total:.1f}</span> {points_words(total)}</li></ul>'


def signed(score: float) -> str:
    """'+2.0', '−0.5', with a minus sign as wide as the plus."""
    return f"{score:+.1f}".replace("-", "−")


def points_words(total: float) -> str:
    """What a sum of points leads to."""
    if total >= LINK_SCORE:
        return f"points: from {LINK_SCORE:g} on reports are joined, where the rest of both incidents agrees"
    if total >= DOUBT_SCORE:
        return f"points: from {DOUBT_SCORE:g} on a person is asked, from {LINK_SCORE:g} on they are joined"
    return f"points: under {DOUBT_SCORE:g}, so that they are not held for one event"


def _merge_panel(view: IncidentView, path: str) -> None:
    st.markdown("**Merge**: this incident and another are one event. The older id stays, and the other leads to it for good.")
    other_id = choose_incident(view, path, key="merge", label="The other incident")
    other = load_seen(path, other_id) if other_id else None
    if other is not None:
        st.html(
            compare_html(view.incident, other[0].incident)
            + features_html(load_comparison(path, view.incident.incident_id, other[0].incident.incident_id))
        )
    st.checkbox("It came in twice: log it as a duplicate", key="merge_duplicate")
    _reason()
    _end("Merge them", "merge_do", _merge, seen_at_opening(view), other[0] if other else None)


def _merge(seen: Seen, other: Seen | None) -> None:
    if other is None:
        _lacks("Choose the other incident first.")
        return
    if not _given_reason():
        _lacks("Say why they are one event.")
        return
    kind = "duplicate" if st.session_state.get("merge_duplicate") else "merge"
    said = "Marked as a duplicate." if kind == "duplicate" else "Merged."
    ids = seen.incident.incident_id, other.incident.incident_id
    decide(decisions.merge, *ids, said=said, seen=(seen, other), reason=_given_reason(), kind=kind)
    close_action()


# --- reports elsewhere -----------------------------------------------------------------------------


def report_line(view: IncidentView, report: Report) -> str:
    """'Tigris Wire, 4 Jan 2024: Drone strike kills two · 2 killed'."""
    article = view.articles[report.article_id]
    toll = format_toll(as_plain(report))
    return f"{article.source or 'Unknown outlet'}, {published_words(article)}: {(article.headline or 'without a headline')[:160]} · {toll}"


def _split_panel(view: IncidentView, path: str) -> None:
    if len(view.reports) == 1:
        st.markdown("One report tells of this incident. It can be moved to another one; this one then ends there.")
    else:
        st.markdown("**Split or move**: which reports tell of another event?")
    for report in view.reports:
        st.checkbox(escape_markdown(report_line(view, report)), key=f"split_{report.report_id}", value=len(view.reports) == 1)
    to_other = len(view.reports) == 1 or st.radio("They become", (NEW, "part of another incident"), key="split_to", horizontal=True) != NEW
    other_id = choose_incident(view, path, key="move", label="The incident they belong to") if to_other else None
    other = load_seen(path, other_id) if other_id else None
    _reason()
    reports = tuple(r.report_id for r in view.reports)
    _end(
        "Move them" if to_other else "Split them off",
        "split_do",
        _split,
        seen_at_opening(view),
        reports,
        other[0] if other else None,
        to_other,
    )


def _split(seen: Seen, reports: Sequence[str], other: Seen | None, to_other: bool) -> None:
    leaving = [r for r in reports if st.session_state.get(f"split_{r}")]
    if not leaving:
        _lacks("Choose the reports that tell of another event.")
        return
    if not to_other and len(leaving) == len(reports):
        _lacks("At least one report has to stay.")
        return
    if to_other and other is None:
        _lacks("Choose the incident they belong to.")
        return
    if not _given_reason():
        _lacks("Say why they belong elsewhere.")
        return
    reason = {"reason": _given_reason()}
    what = plural(len(leaving), "report")
    if other is None:
        decide(decisions.split, seen.incident.incident_id, leaving, said=f"Split off {what}.", seen=(seen,), **reason)
    else:
        said = f"Moved {what} to {other.incident.incident_id}."
        attempt_all([Attempt(decisions.assign, (r, other.incident.incident_id), said, (seen, other), reason) for r in leaving], said)
    close_action()


# --- possibly the same -----------------------------------------------------------------------------


def show_pair_verdict(seen: Seen, other: Seen, *, key: str, shortcuts: tuple[str | None, str | None] = (None, None)) -> None:
    """One event or two, on the spot."""
    reason_key = f"pair_reason_{key}"
    st.text_input("Why, or how is it known?", key=reason_key, placeholder="optional")
    with st.container(horizontal=True, gap="small"):
        for n, (label, act, said) in enumerate(
            (
                ("One event", decisions.merge, "Joined: the older id leads to both."),
                ("Two events", decisions.keep_apart, "Kept apart; they are not suggested again."),
            )
        ):
            st.button(label, key=f"pair_{n}_{key}", on_click=_pair, args=(act, seen, other, said, reason_key), shortcut=shortcuts[n])


def _pair(act: Any, seen: Seen, other: Seen, said: str, reason_key: str) -> None:
    reason = str(st.session_state.get(reason_key) or "").strip()
    decide(act, other.incident.incident_id, seen.incident.incident_id, said=said, seen=(seen, other), reason=reason)


# --- history ---------------------------------------------------------------------------------------


def show_history(view: IncidentView, *, may_edit: bool) -> None:
    """What people decided on it, newest first, each with a way back; and where the machine now says otherwise."""
    heading("History")
    undone = {d.target: d for d in view.log if d.kind == "undo"}
    told = [d for d in view.log if d.kind != "undo"]
    with st.container(key="lines_history", gap=None):
        for d in reversed(told):
            gone = undone.get(d.decision_id)
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"history_{d.decision_id}"):
                with st.container(gap=None):
                    line(history_line(d, gone), strong=d.by)
                    for sentence in (s for other, s in view.against if other.decision_id == d.decision_id):
                        line(sentence, strong="The machine says otherwise")
                if may_edit and d.decision_id in view.standing:
                    st.button("Undo", key=f"undo_{d.decision_id}", on_click=undo, args=(d.decision_id,), type="tertiary", width="content")
        line(made_line(view))


def history_line(d: Decision, gone: Decision | None) -> str:
    """One decision: what, when and why, and whether it was taken back."""
    parts = [f"{decision_words(d)}, {format_time(d.at_utc)}", f"“{d.reason}”" if d.reason else "no reason given"]
    if gone is not None:
        why = f": “{gone.reason}”" if gone.reason else ""
        parts.append(f"taken back by {gone.by}, {format_time(gone.at_utc)}{why}")
    return " · ".join(parts)


def made_line(view: IncidentView) -> str:
    """Where the incident comes from: which coder read its reports."""
    coders = dict.fromkeys(f"{r.coder} {r.coder_version[:12]}".strip() for r in view.reports)
    return f"Coded from {plural(as_int(view.incident.number_of_reports) or 0, 'report')} by {', '.join(coders) or 'nobody'}."


def facts_of(items: Iterable[tuple[str, str]]) -> None:
    """Labels and values as a list."""
    st.html(facts_html(list(items)))
