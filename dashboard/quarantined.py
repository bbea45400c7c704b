"""What was refused, on the Ingest page: each with its reason, tried again or dropped, its bytes as they came."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import streamlit as st

from dashboard import queries
from dashboard.access import must_edit
from dashboard.dating import EARLIEST
from dashboard.queries import read
from dashboard.reading import line
from dashboard.taking import coder_of, safe_name
from dashboard.wording import help_of, plural
from pipeline import store
from pipeline.errors import DatelineError
from pipeline.settings import load_settings

SHOWN = 50
SAID = "quarantine_said"  # what the last action came to, by item id; "" for all together
STEP_WORDS = {
    "read": "when reading it",
    "decode": "when finding its encoding",
    "parse": "when looking for articles in it",
    "normalise": "when preparing the text",
    "code": "when coding it",
    "store": "when storing it",
}


@queries.cached(16)
def refused_items(path: str, mark: queries.Fingerprint, limit: int = SHOWN) -> tuple[int, list[dict[str, Any]]]:
    """How many items were refused, and the latest of them: item_id, item, step, reason, size, kept (both in bytes)."""
    total = int(read(path, "SELECT COUNT(*) AS n FROM quarantine").iloc[0]["n"])
    columns = "item_id, item, step, reason, size, COALESCE(length(bytes), 0) AS kept"
    return total, read(path, f"SELECT {columns} FROM quarantine ORDER BY rowid DESC LIMIT ?", (limit,)).to_dict("records")


def retry_items(item_ids: Sequence[str] | None, published: str | None) -> None:
    """Try refused items again (None: all of them), and keep what came of each."""
    from pipeline.quarantine import retry

    settings = load_settings()
    said: dict[str, str] = {}
    taken = 0
    try:
        must_edit()
        with closing(store.open_store(settings.store)) as db:
            ids = [row[0] for row in store.quarantined(db)] if item_ids is None else list(item_ids)
            for outcome in retry(db, ids, coder=coder_of(settings, db), published=published):
                taken += outcome.taken
                if not outcome.taken:
                    said[outcome.item_id] = f"Refused still: {outcome.words}"
        said[""] = f"{taken:,} of {plural(len(ids), 'item')} taken in."
    except (DatelineError, sqlite3.OperationalError) as e:
        said[""] = f"Not done: {e}"
    st.session_state[SAID] = said


def drop_items(item_ids: Sequence[str] | None) -> None:
    """Take refused items out of quarantine for good (None: all of them)."""
    try:
        must_edit()
        with closing(store.open_store(load_settings().store)) as db, store.writing(db):
            ids = [row[0] for row in store.quarantined(db)] if item_ids is None else list(item_ids)
            dropped = sum(store.drop_quarantine(db, item_id) for item_id in ids)
        st.session_state[SAID] = {"": f"{plural(dropped, 'item')} dropped."}
    except (DatelineError, sqlite3.OperationalError) as e:
        st.session_state[SAID] = {"": f"Not done: {e}"}


def bytes_of(item_id: str) -> bytes:
    """What was kept of an item, as it came."""
    with closing(store.open_store_readonly(load_settings().store)) as db:
        return store.load_quarantine(db, item_id)[1] or b""


def show_quarantine(path: str, mark: queries.Fingerprint) -> None:
    """What was refused, by name and reason, with what can be done about it."""
    total, rows = refused_items(path, mark)
    st.subheader("Refused items", anchor=False, help=help_of("quarantine"))
    said: dict[str, str] = st.session_state.pop(SAID, {})
    if said.get(""):
        line(said[""])
    if not total:
        line("None. What cannot be taken in is listed here by name, with the reason.")
        return
    line("Each is kept as it came. Where only its date was missing, say it and try again; else mend the cause and bring it in anew.")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="refused_all"):
        day = st.date_input(
            "Published, where an item does not say", value=None, min_value=EARLIEST, format="YYYY-MM-DD", key="retry_day", width=240
        )  # fmt: skip
        published = day.isoformat() if isinstance(day, dt.date) else None
        if total > 1:
            st.button(f"Try all {total:,} again", key="retry_all", on_click=retry_items, args=(None, published))
            with st.popover("Drop all", key="drop_all_box"):
                line(f"All {total:,} are removed with the bytes that were kept of them.")
                st.button(f"Drop {total:,} items", key="drop_all", type="primary", on_click=drop_items, args=(None,))
    for row in rows:
        show_item(row, published, said.get(row["item_id"], ""))
    if total > len(rows):
        st.caption(f"The latest {len(rows)} of {total:,}; dateline quarantine list has them all.")


def show_item(row: dict[str, Any], published: str | None, said: str) -> None:
    """One refused item: what, where, why, and its three buttons."""
    item_id = row["item_id"]
    with st.container(key=f"refused_{item_id}", gap="xxsmall"):
        line(f"{STEP_WORDS.get(row['step'], row['step'])}: {row['reason']} ({row['size']:,} bytes)", strong=row["item"])
        if said:
            line(said)
        with st.container(horizontal=True, gap="small"):
            if row["kept"]:
                st.button("Try again", key=f"retry_{item_id}", type="tertiary", on_click=retry_items, args=([item_id], published))
                st.download_button(
                    "As it came", data=lambda: bytes_of(item_id), file_name=safe_name(row["item"], []), mime="application/octet-stream",
                    key=f"bytes_{item_id}", type="tertiary", on_click="ignore",
                )  # fmt: skip
            st.button("Drop", key=f"drop_{item_id}", type="tertiary", on_click=drop_items, args=([item_id],))
