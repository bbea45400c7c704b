"""As known on: the publication day up to which the dashboard listens, and the store as it read then.

The day is kept in the address (`as_of=2023-12-03`) and in the session, so that a link shows the same past
and the other pages share it. Pages that read by path ask `path_as_of` for a store of that past and
read it as they read the other; exports take the day itself, as `as_of`.
"""

from __future__ import annotations

import atexit
import datetime as dt
import itertools
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st
from sqlite_utils import Database

from dashboard.queries import Fingerprint, fingerprint
from dashboard.wording import format_day
from pipeline.errors import StoreBrokenError
from pipeline.incidents import copy_known_on
from pipeline.store import open_store_readonly

PARAM = "as_of"
KEPT = "as_of"  # the day of this session, in session state; None is now
# A past is as large as its store: so many are held, for all who look.
MAX_PASTS = 4

_numbers = itertools.count(1)


def read_day(value: object) -> str | None:
    """An ISO day as it is; None for anything else, since a hand-edited link should still open."""
    try:
        return dt.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def current_as_of() -> str | None:
    """The day, ISO, up to whose end the pages listen: the address's, else this session's; None is now."""
    return read_day(st.query_params.get(PARAM)) or read_day(st.session_state.get(KEPT))


def keep_as_of(as_of: str | None) -> None:
    """Set the day for the pages of this session, in the address of this one too."""
    st.session_state[KEPT] = as_of
    if as_of is None:
        st.query_params.pop(PARAM, None)
    elif st.query_params.get(PARAM) != as_of:
        st.query_params[PARAM] = as_of


def as_of_params(as_of: str | None) -> dict[str, str]:
    """The day as a parameter of the address; nothing where it is now."""
    return {PARAM: as_of} if as_of else {}


def path_as_of(path: str, mark: Fingerprint, as_of: str | None) -> tuple[str, Fingerprint]:
    """Path and fingerprint of the store as known on a day, to be read only; the store's own where the day is None.

    Made when it is first asked for and held until the store changes or others are asked for. StoreError where the
    store cannot be read.
    """
    if as_of is None:
        return path, mark
    past = _make_past(path, mark, as_of)
    return past, fingerprint(past)


@lru_cache(maxsize=1)
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dateline-past-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove(past: str) -> None:
    Path(past).unlink(missing_ok=True)


@st.cache_resource(show_spinner="Looking back", max_entries=MAX_PASTS, on_release=_remove, validate=lambda past: Path(past).exists())
def _make_past(path: str, mark: Fingerprint, as_of: str) -> str:
    folder = _folder()
    # Whoever tidies up temporary files may have been here.
    folder.mkdir(exist_ok=True)
    target = folder / f"{next(_numbers)}.db"
    try:
        with closing(open_store_readonly(path).conn) as conn:
            copy_known_on(Database(conn), as_of, target)
    except sqlite3.Error as e:
        _remove(str(target))
        raise StoreBrokenError(f"{path} cannot be shown as known on {as_of}: {e}") from e
    return str(target)


# --- the control -------------------------------------------------------------------------------

# The day pickers must accept any day a link may hold.
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
PICKER_WIDTH = 290
EXPLANATION = (
    "What was published after this day is left out, as if it had not been written yet. "
    "What people corrected, and which reports are one event, stays as it is known now."
)


def _set_from(key: str) -> None:
    day = st.session_state.get(key)
    keep_as_of(day.isoformat() if day else None)


def _step(as_of: str, days: int) -> None:
    keep_as_of((dt.date.fromisoformat(as_of) + dt.timedelta(days=days)).isoformat())


def show_picker(as_of: str | None) -> None:
    """The control that says which day the page is of, and sets it."""
    words = f"As known {'on ' + format_day(as_of) if as_of else 'now'}"
    with st.popover(words, icon=":material/history:", type="tertiary", key="as_of"), st.container(width=PICKER_WIDTH, gap="xsmall"):
        st.session_state["as_of_day"] = dt.date.fromisoformat(as_of) if as_of else None
        st.date_input(
            "As known on the evening of", key="as_of_day", on_change=_set_from, args=("as_of_day",),
            min_value=FIRST_DAY, max_value=LAST_DAY, format="YYYY-MM-DD",
        )  # fmt: skip
        st.caption(EXPLANATION)
        st.button("Back to now", on_click=keep_as_of, args=(None,), disabled=as_of is None, key="as_of_clear", width="stretch")


def show_strip(as_of: str, span: tuple[str, str] | None, words: str) -> None:
    """The notice that the past is shown, `words` on what that leaves out, the slider, and the way back."""
    day = dt.date.fromisoformat(as_of)
    first, last = (dt.date.fromisoformat(end) for end in span) if span else (day, day)
    first, last = min(first, day), max(last, day)
    with st.container(key="as_of_strip", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="dl-past" role="status"><b>As known on {format_day(as_of)}</b> · {escape(words)}</p>', width="content")
        st.button("‹", key="as_of_back", on_click=_step, args=(as_of, -1), disabled=day <= first, help="The day before")
        if first < last:
            st.session_state["as_of_slider"] = day
            st.slider(
                "As known on", first, last, key="as_of_slider", on_change=_set_from, args=("as_of_slider",), format="D MMM YYYY",
                label_visibility="collapsed",
            )  # fmt: skip
        st.button("›", key="as_of_forth", on_click=_step, args=(as_of, 1), disabled=day >= last, help="The day after")
        st.button("Back to now", on_click=keep_as_of, args=(None,), key="as_of_now", type="primary")
