"""What people decide on the pages: giving an article its date, confirming, rejecting, telling apart. All of it by pipeline.decisions."""

from __future__ import annotations

import datetime as dt
import getpass
import sqlite3
from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.wording import format_day
from pipeline import decisions
from pipeline.errors import DatelineError
from pipeline.models import Decision
from pipeline.settings import Settings, load_settings
from pipeline.store import active_coder, open_store

EARLIEST = dt.date(1900, 1, 1)


@st.cache_resource(show_spinner=False)
def cached_coder(model: str, cache: str, name: str) -> Any:
    """The coder of this name, loaded once for all sessions; named by the settings that choose it."""
    # imported here: the language model takes seconds that a page which only reads should not spend
    from pipeline.coding.coders import load_coder

    return load_coder(load_settings(coder=name))


def who() -> str:
    """Who takes a decision: the signed-in user's name or address, else this machine's user."""
    user = getattr(st, "user", None)
    if user is not None and getattr(user, "is_logged_in", False):
        return str(user.get("email") or user.get("name") or "somebody signed in")
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in a container
        return "dashboard"


def give_date(article_id: str, day: dt.date, *, reason: str = "", settings: Settings | None = None) -> None:
    """Give the article its date, by hand: it is coded again, and its incidents are resolved anew."""
    from pipeline.run import recode

    settings = settings or load_settings()
    db = open_store(settings.store)
    try:
        coder = cached_coder(settings.model, str(settings.cache), active_coder(db))
        decisions.set_published(
            db, article_id, day.isoformat(), by=who(), reason=reason, recode=lambda ids: recode(db, list(ids), coder=coder)
        )  # fmt: skip
    finally:
        db.close()


def date_form(article_id: str, *, key: str, label: str = "Published on") -> None:
    """A day and a button; when sent, the date is given, the page says so and is drawn again."""
    # Tomorrow is allowed: it may be tomorrow already where the outlet is.
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    with st.form(f"date_{key}", border=False), st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        day = st.date_input(
            label, value=None, min_value=EARLIEST, max_value=latest, format="YYYY-MM-DD", key=f"day_{key}", width=160
        )  # fmt: skip
        reason = st.text_input("How do you know?", key=f"reason_{key}", placeholder="optional: seen in print, the archive", width=320)
        sent = st.form_submit_button("Give the date", width="content")
    if not sent:
        return
    if day is None:
        st.warning("Choose a day first.")
        return
    try:
        with st.spinner("Coding the article again with its date"):
            give_date(article_id, day, reason=reason.strip())
    except (DatelineError, sqlite3.OperationalError) as e:
        st.error(f"The date was not taken: {e}")
        return
    st.session_state["dated"] = day.isoformat()
    st.rerun()


def show_dated() -> None:
    """Say, once, that a date was taken."""
    if day := st.session_state.pop("dated", None):
        st.toast(f"Date given: {format_day(day)}. The article was coded again.", icon=":material/event_available:")


# --- other decisions ---------------------------------------------------------------------------


def decide(act: Callable[..., Decision], *args: str, said: str, **options: str) -> None:
    """Take a decision and keep its id, so that the page can say so and offer to take it back."""
    db = open_store(load_settings().store)
    try:
        decision = act(db, *args, by=who(), **options)
    except (DatelineError, sqlite3.OperationalError) as e:
        st.session_state["decided"] = ("", f"Not done: {e}")
    else:
        st.session_state["decided"] = (decision.decision_id, said)
    finally:
        db.close()


def undo(decision_id: str) -> None:
    """Take a decision back; what it did to the incidents is undone."""
    decide(decisions.undo, decision_id, said="Taken back.")
    if st.session_state["decided"][0]:
        st.session_state["decided"] = ("", "Taken back.")


def show_decided() -> None:
    """Say what was decided last in this session, with a way back."""
    decision_id, said = st.session_state.get("decided", ("", ""))
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="decided"):
        st.markdown(said, width="content")
        if decision_id:
            st.button("Undo", key="undo_last", on_click=undo, args=(decision_id,), type="tertiary")
