"""Filters in words, for pages that show a set without its sidebar."""

from __future__ import annotations

from dashboard.filters import ROLE_WORDS
from dashboard.wording import STATUS_WORDS, country_name, format_day, format_time, join_words, mode_label
from pipeline.filters import Filters


def filter_words(filters: Filters) -> str:
    """The filters in words: 'Iraq · by Kataib Hezbollah · from 1 Dec 2023'; empty where nothing is filtered."""
    parts = [
        join_words((country_name(code) for code in filters.country), "or"),
        join_words(filters.admin1, "or"),
        join_words(filters.place, "or"),
    ]
    if filters.actor:
        role = "" if filters.role == "either" else f" as {ROLE_WORDS[filters.role].lower()}"
        parts.append(join_words(filters.actor, "or") + role)
    if filters.against:
        parts.append(f"against {join_words(filters.against, 'or')}")
    parts.append(join_words(filters.event_type, "or"))
    parts.append(join_words((mode_label(mode).lower() for mode in filters.mode), "or"))
    parts.append(f"from {format_day(filters.date_from)}" if filters.date_from else "")
    parts.append(f"to {format_day(filters.date_to)}" if filters.date_to else "")
    if not filters.undated:
        parts.append("dated only")
    if filters.deaths_min is not None:
        parts.append(f"{filters.deaths_min:,} killed or more")
    if filters.deaths_max is not None:
        parts.append(f"{filters.deaths_max:,} killed or fewer")
    parts.append(f"with the words {filters.text}" if filters.text else "")
    parts.append(f"new since {format_time(filters.since)}" if filters.since else "")
    parts.append(join_words((STATUS_WORDS.get(status, status).lower() for status in filters.status), "or"))
    return " · ".join(part for part in parts if part)
