"""Taking decisions from the pages: by whom, said so with a way back, and never over somebody else's.

Every action is given what its page showed (`Seen`). Where the incident stands otherwise by the time the
decision is written, nothing is: the page says what has changed, by whom, and asks. Deciding itself is
pipeline.decisions' affair.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from dashboard.access import must_edit
from dashboard.dating import recoder
from dashboard.evidence import GROUPS
from dashboard.queries_incident import Seen, load_seen
from dashboard.reader import group_value
from dashboard.wording import (
    NOT_STATED,
    STATUS_WORDS,
    actor_names,
    as_list,
    country_name,
    escape_markdown,
    field_label,
    format_day,
    format_time,
    is_known,
    join_words,
    plural,
)
from pipeline import decisions, store
from pipeline.errors import ChangedError, DatelineError
from pipeline.models import Decision, Incident
from pipeline.settings import load_settings

Act = Callable[..., Decision]

DECIDED, CONTESTED = "decided", "contested"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A decision as somebody wants it: the function, its arguments, the words for it, and what they saw of the incidents it is on."""

    act: Act
    args: tuple[Any, ...]
    said: str
    seen: tuple[Seen, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


# --- deciding ----------------------------------------------------------------------------------


def take(attempts: Sequence[Attempt]) -> list[Decision]:
    """Take decisions in one transaction, all or none, under this person's name.

    ChangedError where an incident stands otherwise than it was seen, NotAllowedError for a reader, DecisionError and its kin where one
    cannot be taken, StoreBusyError where the store cannot be written.
    """
    person = must_edit()
    with closing(store.open_store(load_settings().store)) as db, store.writing(db):
        decisions.check_unchanged(db, {s.incident.incident_id: s.mark for a in attempts for s in a.seen})
        return [a.act(db, *a.args, by=person.name, **a.options) for a in attempts]


def decide(act: Act, *args: Any, said: str, seen: Sequence[Seen] = (), **options: Any) -> bool:
    """Take one decision and keep its id, so that the page can say so and offer to take it back; whether it was taken."""
    return attempt(Attempt(act, args, said, tuple(seen), options))


def attempt(wanted: Attempt) -> bool:
    """`take` for a page: whether it was taken; else the page says why not, or that something has changed and asks."""
    return attempt_all([wanted], wanted.said)


def attempt_all(wanted: Sequence[Attempt], said: str) -> bool:
    """Several decisions as one: all are taken, or none and the page says why."""
    st.session_state.pop(CONTESTED, None)
    try:
        taken = take(wanted)
    except ChangedError:
        st.session_state[CONTESTED] = tuple(wanted)
        st.session_state.pop(DECIDED, None)
    except (DatelineError, sqlite3.OperationalError) as e:
        st.session_state[DECIDED] = ((), f"Not done: {e}")
    else:
        st.session_state[DECIDED] = (tuple(d.decision_id for d in taken), said)
        st.session_state["decided_now"] = True
        return True
    return False


def undo(*decision_ids: str, reason: str = "") -> bool:
    """Take decisions back, the last first; whether it was done."""
    settings = load_settings()

    def act(db: Any, decision_id: str, *, by: str) -> Decision:
        found = next((d for d in store.load_decisions(db) if d.decision_id == decision_id), None)
        code = recoder(db, settings) if found is not None and found.kind == "set_published" else None
        return decisions.undo(db, decision_id, by=by, reason=reason, recode=code)

    done = attempt_all([Attempt(act, (i,), "Taken back.") for i in reversed(decision_ids)], "Taken back.")
    if done:
        st.session_state[DECIDED] = ((), "Taken back.")
    return done


def show_decided(*, shortcut: str | None = None) -> None:
    """Say what was decided last in this session, with a way back."""
    decision_ids, said = st.session_state.get(DECIDED, ((), ""))
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="decided"):
        st.markdown(escape_markdown(said), width="content")
        if decision_ids:
            st.button("Undo", key="undo_last", on_click=undo, args=tuple(decision_ids), type="tertiary", shortcut=shortcut)


def forget_elsewhere(incident_id: str) -> None:
    """Say nothing more of what was decided, or not yet, on another incident that was looked at before this one.

    What has just been decided is told, even where it led here, as a merge does.
    """
    now = st.session_state.pop("decided_now", False)
    if st.session_state.get("looked_at") not in (None, incident_id) and not now:
        st.session_state.pop(DECIDED, None)
        if all(s.incident.incident_id != incident_id for a in st.session_state.get(CONTESTED, ()) for s in a.seen):
            st.session_state.pop(CONTESTED, None)
    st.session_state["looked_at"] = incident_id


# --- where somebody was quicker ----------------------------------------------------------------


def list_changes(was: Incident, now: Incident) -> list[tuple[str, str, str]]:
    """What differs between two states of an incident in the words of the page: (label, was, is)."""
    pairs = [(g.label, group_value(was, key), group_value(now, key)) for key, g in GROUPS.items()]
    pairs.append(("Status", STATUS_WORDS[was.review_status], STATUS_WORDS[now.review_status]))
    pairs.append(("Reports", plural(was.number_of_reports, "report"), plural(now.number_of_reports, "report")))
    return [(label, before, after) for label, before, after in pairs if before != after]


def decision_words(d: Decision) -> str:
    """A decision in an analyst's words: 'set Killed to 7 and Killed, lowest to 5'."""
    if d.kind == "set":
        values = d.payload["values"]
        return "set " + join_words(f"{field_label(f)} to {value_words(f, values[f])}" for f in told_fields(values))
    words = decisions.describe_decision(d)
    if d.kind == "duplicate":
        words = words.replace("merged with", "marked as a duplicate of")
    if d.kind == "set_published":
        return f"gave an article the publication date {format_day(d.payload['published_at_utc'])}"
    return words


def told_fields(values: Mapping[str, Any]) -> list[str]:
    """The fields of a `set` that are told: those that only follow from another stay out."""
    quiet = {"event_type"} if "sub_event_type" in values else set()
    if "date_start" in values:
        quiet |= {"date_prec", "date_basis"} | ({"date_end"} if values.get("date_end") == values["date_start"] else set())
    if "place_name" in values:
        quiet |= {"latitude", "longitude", "admin1", "admin2", "where_prec"}
    return [f for f in values if f not in quiet] or list(values)


def value_words(name: str, value: Any) -> str:
    """A field's value in words; 'not stated' where it is none."""
    if not is_known(value):
        return "not stated"
    if name in ("side_a", "side_b"):
        return join_words(actor_names(value))
    if name == "country":
        return country_name(value)
    if name in ("date_start", "date_end"):
        return format_day(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(
            str(item.get("actor") or item.get("source")) if isinstance(item, Mapping) else str(item) for item in as_list(value)
        )
    return f"{value:,}" if isinstance(value, int) else str(value)


def show_contested(path: str) -> None:
    """Where a decision was not written because somebody was quicker: what has changed, by whom, and what now."""
    wanted: tuple[Attempt, ...] = st.session_state.get(CONTESTED, ())
    if not wanted:
        return
    with st.container(border=True, key="contested", gap="small"):
        st.markdown("**Not done yet: this has changed since you looked.**")
        fresh: dict[str, Seen] = {}
        for was in {s.incident.incident_id: s for a in wanted for s in a.seen}.values():
            found = load_seen(path, was.incident.incident_id)
            if found is None:
                st.markdown(f"- {was.incident.incident_id} is no more: no report tells of it now.")
                continue
            fresh[was.incident.incident_id] = found[0]
            for sentence in told_since(was, found[0], found[1]):
                st.markdown(f"- {escape_markdown(sentence)}")
        st.markdown(escape_markdown("You wanted: " + "; ".join(a.said for a in wanted)))
        with st.container(horizontal=True, gap="small"):
            renewed = tuple(
                replace(a, seen=tuple(fresh[s.incident.incident_id] for s in a.seen if s.incident.incident_id in fresh)) for a in wanted
            )
            st.button("Do it all the same", key="contested_do", on_click=attempt_all, args=(renewed, "; ".join(a.said for a in wanted)))
            st.button(
                "Leave it as it is now", key="contested_leave", on_click=st.session_state.pop, args=(CONTESTED, None), type="tertiary"
            )


def told_since(was: Seen, now: Seen, log: Iterable[Decision]) -> list[str]:
    """What happened to an incident since it was seen: who decided what and why, and which values are others now."""
    told = [
        f"{d.by} {decision_words(d)}, {format_time(d.at_utc)}" + (f": {d.reason}" if d.reason else "")
        for d in log
        if d.decision_id not in was.decision_ids
    ]
    if now.incident.incident_id != was.incident.incident_id:
        told.append(f"{was.incident.incident_id} was merged into {now.incident.incident_id}")
    told += [
        f"{label}: {'not stated' if before == NOT_STATED else before} before, {'not stated' if after == NOT_STATED else after} now"
        for label, before, after in list_changes(was.incident, now.incident)
    ]
    return told or ["its reports or the rules that chose its values are others now"]
