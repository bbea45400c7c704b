"""The line at the head of the Monitor that tells what is new: since the last visit, and while the page is open.

It looks at the store's fingerprint every few seconds and asks the store only when that has changed. The page
under the reader stays as it is until they ask for what is new.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import streamlit as st

from dashboard import visits
from dashboard.access import who
from dashboard.evidence import escape_text
from dashboard.queries import Fingerprint, cached, fingerprint, last_run, read
from dashboard.reading import page_of
from dashboard.wording import ago, format_time, plural
from pipeline.errors import StoreError
from pipeline.filters import Filters, to_params, where

CSS = Path(__file__).resolve().parent / "assets" / "fresh.css"
# How often an open page looks whether the store has changed, in seconds.
LOOK_EVERY_S = 5
SINCE = "f_since"  # the filter `since` of this session, among the values of the sidebar's widgets


@cached(64)
def newest(path: str, mark: Fingerprint) -> str | None:
    """The moment at which the newest incident came into the store; None where it keeps no such moments, or none is there."""
    if read(path, "SELECT 1 FROM sqlite_master WHERE name = 'incident_stored'").empty:
        return None
    found = read(path, "SELECT MAX(first_stored_at_utc) AS at FROM incident_stored").iloc[0]["at"]
    return found if isinstance(found, str) else None


@cached(256)
def count_new(path: str, mark: Fingerprint, filters: Filters, since: str) -> int:
    """How many incidents in these filters came into the store after a moment."""
    wanted = new_since(filters, since)
    condition, params = where(dataclasses.replace(wanted, since=None))
    # What came last is gone through, which is little, and not all that is in the filters.
    late = "incident_stored s CROSS JOIN incidents i ON i.incident_id = s.incident_id"
    sql = f"SELECT COUNT(*) AS n FROM {late} WHERE s.first_stored_at_utc > ? AND {condition}"
    return int(read(path, sql, [wanted.since, *params]).iloc[0]["n"])


def new_since(filters: Filters, since: str) -> Filters:
    """These filters, for what came after a moment; of two moments the later one holds."""
    return dataclasses.replace(filters, since=max(since, filters.since or ""))


def show_fresh(path: str, mark: Fingerprint, filters: Filters, *, as_of: str | None = None) -> None:
    """The line of what is new in these filters. It has its place and height, so that nothing moves when it changes.

    In a view of the past (`as_of`) nothing is new, and the line is not there.
    """
    if as_of is not None:
        return
    st.html(CSS)
    latest = newest(path, mark)
    since = visits.arrive(path, who(), latest=latest) if latest else None
    drawn = visits.seen_until(latest, now=dt.datetime.now(dt.UTC))
    with st.container(key="fresh"):
        _show_line(path, mark, filters, since, drawn)


@st.fragment(run_every=LOOK_EVERY_S)
def _show_line(path: str, mark: Fingerprint, filters: Filters, since: str | None, drawn: str) -> None:
    """The line as it stands now. `mark` and `drawn` are of the moment at which the page around it was drawn."""
    now = fingerprint(path)
    try:
        changed = last_run(path, now)
        came = count_new(path, now, filters, drawn) if now != mark and newest(path, now) else 0
        unseen = count_new(path, mark, filters, since) if since and filters.since is None else 0
    except StoreError:  # it is being moved or replaced: the page says so when it is drawn next
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="fresh_line"):
        if came:
            _show_came(came, drawn)
        if filters.since:
            _say(f"Only what is new since {format_time(filters.since)}")
            if st.button("Show all", key="fresh_all", type="tertiary"):
                st.session_state[SINCE] = None
                st.rerun()
        elif since and unseen:
            _link_unseen(filters, since, unseen)
            if st.button("Mark as seen", key="fresh_seen", type="tertiary", help="From now on only what comes after this moment is new."):
                visits.mark_seen(path, who(), latest=newest(path, mark))
                st.rerun()
        elif since and not came:
            _say(f"Nothing new since your last visit, {format_time(since)}")
        _say(f"Store changed {ago(changed)}" if changed else "")


def _show_came(came: int, drawn: str) -> None:
    label = f"{plural(came, 'new incident')} – show {'it' if came == 1 else 'them'}"
    if st.button(label, key="fresh_show", type="primary", icon=":material/arrow_upward:"):
        st.session_state[SINCE] = drawn
        st.rerun()


def _link_unseen(filters: Filters, since: str, unseen: int) -> None:
    label = f"{plural(unseen, 'new incident')} since your last visit, {format_time(since)}"
    if (page := page_of("monitor")) is not None:
        st.page_link(page, label=label, query_params=to_params(new_since(filters, since)), width="content")
    else:
        _say(label)


def _say(text: str) -> None:
    """A quiet piece of the line, read out when it changes."""
    if text:
        st.html(f'<p class="fr-said" role="status">{escape_text(text)}</p>', width="content")
