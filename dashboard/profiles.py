"""What the pages of groups and of regions share: their component, the fields on top, and names that may be misspelt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from rapidfuzz import fuzz, process

from dashboard import reading
from dashboard.filters import FIRST_DAY, LAST_DAY, current_filters, read_widgets, url_params, widget_values
from dashboard.outlines import fold
from dashboard.reading import link, notice, page_of
from dashboard.wording import country_name, format_day
from pipeline.filters import Filters, to_params

STATIC = Path(__file__).resolve().parent / "static"
CSS = Path(__file__).resolve().parent / "assets" / "profiles.css"
# A group has its profile beside so many others at most: a column narrower than a quarter holds no chart.
MAX_GROUPS = 4
# How alike a name must be to one that there is, 0 to 100, to be offered for it.
LIKE = 72
MAX_SUGGESTIONS = 5

_component = st.components.v2.component("dateline.profiles", js=(STATIC / "profiles.js").read_text(encoding="utf-8"), isolate_styles=False)


def use_style() -> None:
    """Put the style of profiles, and of the lines above them, on this page."""
    reading.use_style()
    st.html(CSS)


def show_html(html: str, *, key: str, theme: str | None) -> None:
    """Show a piece of a profile; a link in it that is followed opens within the app."""
    html = f'<div class="pf{" dark" if theme == "dark" else ""}">{html}</div>'
    version = hashlib.blake2b(html.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    result = _component(key=key, data={"html": html, "version": version}, on_open_change=lambda: None)
    if asked := getattr(result, "open", None):
        open_address(str(asked.get("page", "")), str(asked.get("query", "")))


def open_address(page: str, query: str) -> None:
    """Go to a page of the app with the parameters of an address."""
    if (target := page_of(page)) is not None:
        st.switch_page(target, query_params=parse_qs(query))


# --- the fields on top ---------------------------------------------------------------------------


def period(filters: Filters) -> Filters:
    """Of these filters only the days."""
    return Filters(date_from=filters.date_from, date_to=filters.date_to, undated=filters.undated)


def seed_fields(page: str, values: Callable[[Filters], Mapping[str, Any]]) -> None:
    """Set the fields of a page from the address where it changed from outside.

    `values` gives them for the filters in the address; without any there, the days last looked at hold.
    """
    params = url_params()
    if params == st.session_state.get(f"{page}_url") and f"{page}_from" in st.session_state:
        return
    filters = current_filters() if params else period(current_filters())
    days = widget_values(filters)
    fields = {f"{page}_from": days["f_from"], f"{page}_to": days["f_to"], f"{page}_undated": days["f_undated"]}
    for key, value in {**fields, **values(filters)}.items():
        st.session_state[key] = value


def show_days(page: str) -> Filters:
    """The fields for the days, in the container that is open; the filters they describe."""
    common: dict[str, Any] = {"min_value": FIRST_DAY, "max_value": LAST_DAY, "format": "YYYY-MM-DD", "width": 128}
    st.date_input("From", key=f"{page}_from", **common)
    st.date_input("To", key=f"{page}_to", **common)
    if st.session_state.get(f"{page}_from") or st.session_state.get(f"{page}_to"):
        st.session_state.setdefault(f"{page}_undated", True)
        st.checkbox("Undated too", key=f"{page}_undated", help="Incidents whose sources give no day that can be worked out.")
    state = st.session_state
    return read_widgets(
        {"f_from": state.get(f"{page}_from"), "f_to": state.get(f"{page}_to"), "f_undated": state.get(f"{page}_undated", True)}
    )


def remember(page: str, filters: Filters) -> None:
    """Put what the fields say into the address, so that it can be copied at any moment."""
    params = {name: [value] if isinstance(value, str) else list(value) for name, value in to_params(filters).items()}
    if params != url_params() or set(st.query_params) - set(params):
        st.query_params.from_dict(params)
    st.session_state[f"{page}_url"] = params


def days_words(filters: Filters) -> str:
    """'from 1 Dec 2023 to 31 Dec 2023', or that all days are in."""
    if not filters.date_from and not filters.date_to:
        return "all days"
    start = f"from {format_day(filters.date_from)}" if filters.date_from else ""
    end = f"to {format_day(filters.date_to)}" if filters.date_to else ""
    return " ".join(part for part in (start, end) if part) + (", undated incidents too" if filters.undated else "")


# --- names ---------------------------------------------------------------------------------------


def resolve_name(asked: str, names: Mapping[str, Sequence[str]]) -> str | None:
    """The name that is meant: itself, or the only one that bears it as another name or differs from it in spelling only."""
    if asked in names:
        return asked
    wanted = fold(asked)
    exact = [name for name in names if fold(name) == wanted]
    also = [name for name, others in names.items() if any(fold(o) == wanted for o in others)]
    found = list(dict.fromkeys(exact or also))
    return found[0] if wanted and len(found) == 1 else None


def similar_names(asked: str, names: Iterable[str]) -> list[str]:
    """The names most like one that there is not, best first."""
    found = process.extract(asked, list(names), scorer=fuzz.WRatio, processor=str.casefold, score_cutoff=LIKE, limit=MAX_SUGGESTIONS)
    return [name for name, *_ in found]


def offer(page: str, strong: str, text: str, ways: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Say why there is nothing to show, and the ways on: links to a page with its parameters, each with its words."""
    notice(strong, text)
    with st.container(key=f"lines_{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}", gap="xsmall"):
        for words, params in ways:
            link(page, words, **params)


def profile_links(filters: Filters) -> None:
    """In the sidebar of a filtered view: the ways to the profiles of the groups and countries it is limited to."""
    days = {k: v for k, v in to_params(period(filters)).items() if isinstance(v, str)}
    subjects = [("actors", name, {"actor": name}) for name in filters.actor[:MAX_GROUPS]]
    subjects += [("regions", country_name(code), {"country": code}) for code in filters.country[:MAX_GROUPS]]
    if not subjects or page_of("actors") is None:
        return
    with st.sidebar.container(key="profile_links", gap=None):
        for page, name, params in subjects:
            link(page, f"Profile of {name}", **params, **days)
