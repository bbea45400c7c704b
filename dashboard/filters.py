"""Sidebar <-> URL <-> Filters: one value object that every part of the page reads, and what else its address holds.

The URL is the truth when a page opens (`seed_page`); from then on the widgets are, and the URL follows them, so
that the address can be copied at any moment. Coming back from another page of the same session without
parameters restores what was set before.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import asof, display
from dashboard.asof import FIRST_DAY, LAST_DAY
from dashboard.display import Display
from dashboard.wording import STATUS_WORDS, country_name, mode_label
from pipeline.filters import PARAMS, ROLES, Filters, from_params, to_params
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES, MODES

KEPT = "filters"  # the last filters of this session, in session state
WRITTEN = "filters_url"  # the parameters this session last wrote into the address
ROLE_WORDS = {"either": "Either", "initiator": "Initiator", "target": "Target"}
STATUSES = ("machine", "confirmed", "edited", "rejected")
MAX_DEATHS = 999_999_999


def url_params() -> dict[str, list[str]]:
    """The address's parameters that are filters, each with all its values."""
    return {name: st.query_params.get_all(name) for name in PARAMS if name in st.query_params}


def current_filters() -> Filters:
    """The filters in force on any page: the address's if it has some, else the last ones of this session."""
    params = url_params()
    if params:
        return from_params(params)
    kept = st.session_state.get(KEPT)
    return kept if isinstance(kept, Filters) else Filters()


def page_params() -> dict[str, list[str]]:
    """The address's parameters that say how the page shows the filtered set, and as known on which day."""
    return {name: st.query_params.get_all(name) for name in (*display.OPTIONS, asof.PARAM) if name in st.query_params}


def _as_lists(params: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else list(value) for name, value in params.items()}


def widget_values(filters: Filters) -> dict[str, Any]:
    """What each widget of the sidebar shows for these filters, by its key."""
    return {
        "f_text": filters.text,
        "f_from": dt.date.fromisoformat(filters.date_from) if filters.date_from else None,
        "f_to": dt.date.fromisoformat(filters.date_to) if filters.date_to else None,
        "f_undated": filters.undated,
        "f_country": list(filters.country),
        "f_admin1": list(filters.admin1),
        "f_place": list(filters.place),
        "f_actor": list(filters.actor),
        "f_role": filters.role,
        "f_against": list(filters.against),
        "f_type": list(filters.event_type),
        "f_mode": list(filters.mode),
        "f_min": filters.deaths_min,
        "f_max": filters.deaths_max,
        "f_status": list(filters.status),
        "f_since": filters.since,
    }


def read_widgets(values: Mapping[str, Any]) -> Filters:
    """The filters that the widgets' values describe; the inverse of `widget_values`."""
    day_from, day_to = values.get("f_from"), values.get("f_to")
    return Filters(
        date_from=day_from.isoformat() if day_from else None,
        date_to=day_to.isoformat() if day_to else None,
        country=tuple(values.get("f_country") or ()),
        admin1=tuple(values.get("f_admin1") or ()),
        place=tuple(values.get("f_place") or ()),
        actor=tuple(values.get("f_actor") or ()),
        role=(values.get("f_role") or "either") if values.get("f_actor") or values.get("f_against") else "either",
        against=tuple(values.get("f_against") or ()),
        event_type=tuple(values.get("f_type") or ()),
        mode=tuple(values.get("f_mode") or ()),
        deaths_min=values.get("f_min"),
        deaths_max=values.get("f_max"),
        text=(values.get("f_text") or "").strip(),
        status=tuple(values.get("f_status") or ()),
        undated=bool(values.get("f_undated", True)) if day_from or day_to else True,
        since=values.get("f_since"),
    )


def seed_page() -> None:
    """Set filters, display and day from the address where it changed from outside, or as this session left them.

    Call it before anything of the page is drawn or read.
    """
    params = url_params() | page_params()
    opened = "f_text" not in st.session_state  # the widgets were not on the last page shown
    if params == st.session_state.get(WRITTEN) and not opened:
        return
    filters = current_filters() if opened or params else Filters()
    for key, value in widget_values(filters).items():
        st.session_state[key] = value
    last = {name: values[-1] for name, values in params.items()}
    # A link within the app names filters alone; how the page was set up stays then.
    usual = st.session_state.get(display.KEPT) if opened else None
    _keep_display(display.from_params(last, default=usual))
    asof.keep_as_of(asof.current_as_of() if opened else asof.read_day(last.get(asof.PARAM)))


def _keep_display(shown: Display) -> None:
    st.session_state[display.KEPT] = shown
    for name, value in dataclasses.asdict(shown).items():
        st.session_state[display.widget_key(name)] = value


def current_display() -> Display:
    """How the page is to show the set: as its widgets say, and as before where one of them is not drawn."""
    return display.read_widgets(st.session_state, default=st.session_state.get(display.KEPT))


def remember_page(filters: Filters, shown: Display, as_of: str | None) -> None:
    """Keep what the page shows for this session and put it into the address."""
    params = _as_lists({**to_params(filters), **display.to_params(shown), **asof.as_of_params(as_of)})
    # What another page left in the address (as the browser's back button does) goes out of it here.
    if params != url_params() | page_params() or set(st.query_params) - set(params):
        st.query_params.from_dict(params)
    st.session_state[KEPT] = filters
    st.session_state[display.KEPT] = shown
    st.session_state[WRITTEN] = params


def reset_filters() -> None:
    """Clear every filter; the address follows."""
    for key, value in widget_values(Filters()).items():
        st.session_state[key] = value


def _with_chosen(options: Sequence[str], key: str) -> list[str]:
    """The options, with what is chosen already, since a link may ask for what the store has not got."""
    chosen = [value for value in st.session_state.get(key, ()) if value not in options]
    return [*options, *chosen]


def type_options() -> list[str]:
    """Event types, each followed by its sub-event types."""
    return [option for kind, subs in EVENT_TYPES.items() for option in (kind, *subs)]


def _type_label(option: str) -> str:
    return option if option in EVENT_TYPES else f"{EVENT_TYPE_OF[option]} › {option}"


def show_sidebar(options: Mapping[str, list[Any]]) -> Filters:
    """Draw the filters in the sidebar and return what they are set to. `options`: queries.filter_options."""
    with st.sidebar.container(key="filters", gap="xsmall"):
        st.text_input("Search", key="f_text", placeholder="Words, places, groups", help='"exact phrase", OR, NOT, begin*')
        _show_when()
        _show_where(options)
        _show_who(options)
        st.multiselect("What", type_options(), key="f_type", format_func=_type_label, placeholder="Any type of event")
        st.multiselect("Means", MODES, key="f_mode", format_func=mode_label, placeholder="Any means used")
        _show_killed()
        st.multiselect(
            "Review status", STATUSES, key="f_status", format_func=lambda s: STATUS_WORDS.get(s, s), placeholder="Any but rejected"
        )
        filters = read_widgets(st.session_state)
        st.button("Reset filters", on_click=reset_filters, disabled=filters == Filters(), type="secondary", width="stretch", key="f_reset")
    return filters


def _show_when() -> None:
    left, right = st.columns(2, gap="xsmall")
    common: dict[str, Any] = {"min_value": FIRST_DAY, "max_value": LAST_DAY, "format": "YYYY-MM-DD"}
    left.date_input("From", key="f_from", **common)
    right.date_input("To", key="f_to", **common)
    if st.session_state.get("f_from") or st.session_state.get("f_to"):
        st.session_state.setdefault("f_undated", True)
        st.checkbox("Undated too", key="f_undated", help="Incidents whose sources give no day that can be worked out.")


def _show_where(options: Mapping[str, list[Any]]) -> None:
    countries = sorted(_with_chosen(options["country"], "f_country"), key=country_name)
    chosen = st.multiselect("Country", countries, key="f_country", format_func=country_name, placeholder="Anywhere")
    regions = sorted({region for country, region in options["admin1"] if not chosen or country in chosen})
    st.multiselect("Region", _with_chosen(regions, "f_admin1"), key="f_admin1", placeholder="Any province or governorate")
    # Too many to choose from here: one comes with a link, from a map or a list of places, and can be taken off again.
    if places := _with_chosen((), "f_place"):
        st.multiselect("Place", places, key="f_place", placeholder="Any place")


def _show_who(options: Mapping[str, list[Any]]) -> None:
    actors = _with_chosen(options["actor"], "f_actor")
    chosen = st.multiselect(
        "Who", actors, key="f_actor", placeholder="Any group or force", help="A group's branches and fronts count as the group."
    )
    against = st.session_state.get("f_against")
    if chosen or against:
        st.session_state.setdefault("f_role", "either")
        st.segmented_control("As", ROLES, key="f_role", format_func=ROLE_WORDS.__getitem__, label_visibility="collapsed", width="stretch")
        st.multiselect(
            "Against", _with_chosen(options["actor"], "f_against"), key="f_against", placeholder="Any other side",
            help="Who stood on the other side: its target where the group above is the initiator, its initiator where it is the target.",
        )  # fmt: skip


def _show_killed() -> None:
    left, right = st.columns(2, gap="xsmall")
    common: dict[str, Any] = {"min_value": 0, "max_value": MAX_DEATHS, "step": 1, "format": "%d"}
    unstated = "An incident whose toll nobody states is in no range."
    left.number_input("Killed, at least", key="f_min", placeholder="any", help=unstated, **common)
    right.number_input("at most", key="f_max", placeholder="any", **common)
