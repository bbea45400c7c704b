"""Read-only SQL for what the Monitor page shows beside tallies, map and table; see `dashboard.queries`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import streamlit as st
from sqlite_utils import Database

from dashboard.queries import TTL_S, Fingerprint, read
from pipeline.filters import Filters
from pipeline.store import open_store_readonly


def _cached(function: Any) -> Any:
    return st.cache_data(show_spinner=False, ttl=TTL_S, max_entries=128)(function)


@_cached
def publication_span(path: str, mark: Fingerprint) -> tuple[str, str] | None:
    """The first and the last day, ISO, on which something of the store was published; None where nothing has a date."""
    first, last = read(
        path, "SELECT MIN(effective_published_at_utc) AS first, MAX(effective_published_at_utc) AS last FROM published_articles"
    ).iloc[0]
    return (first[:10], last[:10]) if isinstance(first, str) else None


def export_csv(path: str, filters: Filters, as_of: str | None) -> bytes:
    """The filtered incidents as CSV, all of them, as known on a day (None: now), with the codebook's columns."""
    # Only a download needs the exports, and with them the writers of other formats.
    from pipeline.exports import export

    with closing(open_store_readonly(path).conn) as conn:
        return export(Database(conn), filters, shape="native", format="csv", as_of=as_of)
