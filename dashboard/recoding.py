"""Coding a stored article again, when somebody asks for it at its page."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import streamlit as st

from dashboard.access import must_edit
from dashboard.reading import line
from dashboard.taking import coder_of
from dashboard.wording import plural
from pipeline.errors import DatelineError
from pipeline.settings import load_settings
from pipeline.store import active_coder, open_store

SAID = "recoded"


def recode_article(article_id: str) -> str:
    """Code an article again with the store's active coder; what came of it, in a sentence. What people decided stands.

    NotAllowedError for a reader.
    """
    from pipeline.run import recode

    must_edit()
    settings = load_settings()
    with closing(open_store(settings.store)) as db:
        reports = "SELECT COUNT(*) FROM reports WHERE article_id = ? AND coder = ?"
        key = (article_id, active_coder(db))
        (before,) = db.execute(reports, key).fetchone()
        coder = coder_of(settings, db)
        recode(db, [article_id], coder=coder)
        (after,) = db.execute(reports, key).fetchone()
    return f"Coded again by {coder.name} {coder.version}: {plural(after, 'report')}, {before:,} before. What people decided stands."


def show_recode(article_id: str, coded_by: str) -> None:
    """Who coded it, the button, and what came of pressing it. `coded_by` is empty where no coder has read it."""
    said = st.session_state.pop(SAID, "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="recode"):
        again = st.button("Code again" if coded_by else "Code it", key="recode_now", icon=":material/refresh:")
        line(said or (f"Coded by {coded_by}." if coded_by else "No coder has read it yet."))
    if not again:
        return
    try:
        with st.spinner("Coding the article; the first time takes some seconds longer"):
            st.session_state[SAID] = recode_article(article_id)
    except (DatelineError, sqlite3.OperationalError) as e:
        st.session_state[SAID] = f"Not coded again: {e}"
    st.rerun()
