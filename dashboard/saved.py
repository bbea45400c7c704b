"""Saved views on the pages: the box that keeps the current filters under a name, and what may be done to one that is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import streamlit as st

from dashboard.access import must_edit, who
from dashboard.filter_words import filter_words
from dashboard.filters import widget_values
from dashboard.queries import TTL_S, Fingerprint, cached
from dashboard.reading import page_of
from dashboard.wording import escape_markdown
from pipeline import views
from pipeline.errors import DatelineError
from pipeline.filters import Filters
from pipeline.run import utc_now
from pipeline.settings import load_settings
from pipeline.store import open_store, open_store_readonly
from pipeline.views import SavedView

CSS = Path(__file__).resolve().parent / "assets" / "saved.css"
SAID = "view_said"  # what the last action on a view came to: (done, words)


@cached(64)
def saved_views(path: str, mark: Fingerprint) -> list[SavedView]:
    """The saved views of a store, by name."""
    with closing(open_store_readonly(path)) as db:
        return views.list_views(db)


@st.cache_data(show_spinner="Gathering the newest incidents", ttl=TTL_S, max_entries=16)
def feed_of(path: str, mark: Fingerprint, view: SavedView, base: str) -> bytes:
    """The Atom feed of a saved view."""
    from pipeline.feed import make_feed

    with closing(open_store_readonly(path)) as db:
        return make_feed(db, view, base=base)


def act_on(act: Callable[..., SavedView], *args: object, said: str, **options: object) -> None:
    """Change the saved views by one of pipeline.views' functions, and keep what to say of it."""
    try:
        must_edit()
        with closing(open_store(load_settings().store)) as db:
            view = act(db, *args, **options)
    except (DatelineError, sqlite3.OperationalError) as e:
        st.session_state[SAID] = (False, f"Not done: {e}")
    else:
        st.session_state[SAID] = (True, said.format(name=view.name))


def save(filters: Filters, name: str, *, replace: bool = False) -> None:
    """Keep filters under a name."""
    act_on(views.save_view, name, filters, by=who(), at_utc=utc_now(), replace=replace, said="Saved as “{name}”.")


def show_said() -> None:
    """Say, once, what the last action came to."""
    done, words = st.session_state.pop(SAID, (True, ""))
    if words:
        st.toast(escape_markdown(words), icon=":material/check:" if done else ":material/error:")


def open_view(filters: Filters) -> None:
    """Set the sidebar to these filters; the address follows."""
    for key, value in widget_values(filters).items():
        st.session_state[key] = value


def show_saved(path: str, mark: Fingerprint, filters: Filters) -> None:
    """In the sidebar: the saved views, one click away, and the box that saves this one. Nothing where there is no store yet."""
    st.html(CSS)
    show_said()
    found = saved_views(path, mark)
    this = next((view for view in found if view.filters == filters), None)
    label = this.name if this else f"Saved views ({len(found)})" if found else "Save this view"
    box = st.sidebar.popover(escape_markdown(label), icon=":material/bookmark:", width="stretch", key="saved", on_change="rerun")
    if not box.open:
        return
    with box:
        for view in found:
            st.button(
                escape_markdown(view.name), key=f"open_{view.view_id}", type="tertiary", on_click=open_view, args=(view.filters,),
                help=escape_markdown(filter_words(view.filters)) or None, disabled=view == this,
            )  # fmt: skip
        if this is None:
            show_save_box(filters)
        if found and (page := page_of("saved")) is not None:
            st.page_link(page, label="Rename, remove, feeds", icon=":material/settings:")


def show_save_box(filters: Filters) -> None:
    """A name and a button that keeps the filters under it."""
    with st.form("save_view", border=False, clear_on_submit=True):
        words = filter_words(filters)
        name = st.text_input("Save these filters as", max_chars=views.MAX_NAME, placeholder="for example: Iraq, deadly", help=words or None)
        sent = st.form_submit_button("Save", type="primary")
    if sent:
        save(filters, name)
        st.rerun()
