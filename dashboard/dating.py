"""Giving an article its date by hand, with the coder that then reads it again."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from sqlite_utils import Database

from dashboard.access import access, must_edit
from dashboard.wording import format_day
from pipeline import decisions
from pipeline.errors import DatelineError
from pipeline.settings import Settings, load_settings
from pipeline.store import active_coder, open_store

EARLIEST = dt.date(1900, 1, 1)


@st.cache_resource(show_spinner=False)
def cached_coder(model: str, cache: str, name: str) -> Any:
    """The coder of this name, loaded once for all sessions; named by the settings that choose it."""
    # imported here: the language model takes seconds that a page which only reads should not spend
    from pipeline.coding.coders import load_coder

    return load_coder(load_settings(coder=name))


def recoder(db: Database, settings: Settings) -> Callable[[Sequence[str]], object]:
    """What codes stored articles again, with the store's active coder."""
    from pipeline.run import recode

    coder = cached_coder(settings.model, str(settings.cache), active_coder(db))
    return lambda ids: recode(db, list(ids), coder=coder)


def give_date(article_id: str, day: dt.date, *, reason: str = "", settings: Settings | None = None) -> None:
    """Give the article its date, by hand: it is coded again, and its incidents are resolved anew.

    NotAllowedError where this person may not decide.
    """
    person = must_edit()
    settings = settings or load_settings()
    db = open_store(settings.store)
    try:
        decisions.set_published(db, article_id, day.isoformat(), by=person.name, reason=reason, recode=recoder(db, settings))
    finally:
        db.close()


def date_form(article_id: str, *, key: str, label: str = "Published on") -> None:
    """A day and a button; when sent, the date is given, the page says so and is drawn again."""
    person = access()
    if not person.may_edit:
        st.caption(person.why_not)
        return
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
