"""The form in which a person sets an incident's fields: widgets for every field of the codebook that may be set, and what they say.

Only what differs from the incident as it was when the form was opened is set and locked; fields that make sense
together only (a date and its precision, a place and its coordinates) are set together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.editing import Attempt, attempt, told_fields, value_words
from dashboard.queries_incident import Seen
from dashboard.wording import (
    ASSERTION_WORDS,
    DATE_BASIS_WORDS,
    DATE_PREC_WORDS,
    STANCE_WORDS,
    WHERE_PREC_WORDS,
    country_codes,
    country_name,
    escape_markdown,
    field_label,
)
from pipeline import decisions
from pipeline.actors import ListedActor, inter_in, load_actors
from pipeline.codebook import describe
from pipeline.errors import DecisionError, GazetteerError
from pipeline.gazetteer import Gazetteer, Place, open_gazetteer
from pipeline.models import ASSERTIONS, ATTRIBUTION_KINDS, EVENT_TYPE_OF, INTER_LABELS, MODES, STANCES, Incident, as_plain
from pipeline.resolution import DATE_FIELDS, PLACE_FIELDS, SPLIT_FIELDS, TOLL_FIELDS, fit_ranges
from pipeline.settings import load_settings

# Fields that are set as one: a part of them would not fit the rest.
TOGETHER: tuple[tuple[str, ...], ...] = (DATE_FIELDS, PLACE_FIELDS, ("event_type", "sub_event_type"))
TEXTS = ("place_name", "admin1", "admin2")
LISTS = ("claims", "attributions")
ROW_FIELDS = {"claims": ("actor", "stance", "by"), "attributions": ("source", "kind")}
EARLIEST = dt.date(1900, 1, 1)
PLACES_SHOWN = 12
PLACE_KINDS = {"admin1": "province", "admin2": "district", "city": "town"}


def key_of(field: str) -> str:
    """The widget's key."""
    return f"edit_{field}"


# --- the incident in the widgets, and back -------------------------------------------------------


def seed(incident: Incident) -> None:
    """Put an incident's values into the widgets."""
    plain = as_plain(incident)
    state = st.session_state
    for name in (
        "assertion",
        "sub_event_type",
        "modes",
        "date_prec",
        "date_basis",
        "country",
        "where_prec",
        "latitude",
        "longitude",
        "count_vague",
    ):
        state[key_of(name)] = plain[name]
    for name in ("date_start", "date_end"):
        state[key_of(name)] = dt.date.fromisoformat(plain[name]) if plain[name] else None
    for name in (*TOLL_FIELDS, *SPLIT_FIELDS):
        state[key_of(name)] = plain[name]
    for name in TEXTS:
        state[key_of(name)] = plain[name] or ""
    for side in ("side_a", "side_b"):
        state[key_of(side)] = [a["name"] for a in plain[side]]
    for name in LISTS:
        state[f"edit_rows_{name}"] = list(range(len(plain[name])))
        for n, item in enumerate(plain[name]):
            for part in ROW_FIELDS[name]:
                state[f"edit_{name}_{n}_{part}"] = item.get(part, "")
    state["edit_reason"] = ""


def read_widgets(base: Incident, state: Mapping[str, Any], listed: Mapping[str, ListedActor]) -> dict[str, Any]:
    """What the widgets say, as the values of a decision: every settable field. `listed` is the actor list by name."""
    plain = as_plain(base)
    values: dict[str, Any] = {}
    for name in ("assertion", "sub_event_type", "date_prec", "date_basis", "country", "where_prec", "latitude", "longitude"):
        values[name] = state.get(key_of(name))
    values["event_type"] = EVENT_TYPE_OF.get(values["sub_event_type"] or "", plain["event_type"] if not plain["sub_event_type"] else None)
    chosen = state.get(key_of("modes")) or ()
    values["modes"] = plain["modes"] if set(chosen) == set(plain["modes"]) else [mode for mode in MODES if mode in chosen]
    values["count_vague"] = bool(state.get(key_of("count_vague")))
    for name in ("date_start", "date_end"):
        day = state.get(key_of(name))
        values[name] = day.isoformat() if day else None
    for name in (*TOLL_FIELDS, *SPLIT_FIELDS):
        number = state.get(key_of(name))
        values[name] = None if number is None else int(number)
    for name in TEXTS:
        values[name] = str(state.get(key_of(name)) or "").strip() or None
    known = {a["name"]: a for side in ("side_b", "side_a") for a in plain[side]}
    for side in ("side_a", "side_b"):
        own = known | {a["name"]: a for a in plain[side]}
        values[side] = [
            own.get(name) or actor_record(name, listed, values["country"], state.get(f"edit_inter_{name}"))
            for name in dict.fromkeys(n.strip() for n in state.get(key_of(side)) or () if n.strip())
        ]
    for name in LISTS:
        values[name] = [item for n in state.get(f"edit_rows_{name}", ()) if (item := _read_row(name, n, plain[name], state))]
    return values


def _read_row(name: str, n: int, before: Sequence[Mapping[str, Any]], state: Mapping[str, Any]) -> dict[str, Any] | None:
    """One claim or source; None where its first field is empty. What the form does not show (the quote) stays."""
    parts = {part: str(state.get(f"edit_{name}_{n}_{part}") or "").strip() for part in ROW_FIELDS[name]}
    if not parts[ROW_FIELDS[name][0]]:
        return None
    if name == "claims" and parts["stance"] != "blamed":
        parts["by"] = ""
    return {**(before[n] if n < len(before) else {"quote": ""} if name == "claims" else {}), **parts}


def actor_record(name: str, listed: Mapping[str, ListedActor], country: str | None, inter: int | None) -> dict[str, Any]:
    """An actor as a decision holds it: of the list, with its code in this country, or of the name alone with the code given."""
    actor = listed.get(name)
    if actor is None:
        return {"name": name, "inter": inter or 3, "aliases": [], "actor_id": ""}
    return {"name": actor.name, "inter": inter_in(actor, country), "aliases": list(actor.aliases), "actor_id": actor.actor_id}


def changed_values(base: Incident, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the incident's, with those that are set together with them."""
    plain = as_plain(base)
    differ = {f for f, v in values.items() if v != plain[f]}
    for group in TOGETHER:
        if differ & set(group):
            differ |= set(group)
    return {f: v for f, v in values.items() if f in differ}


def check_form(base: Incident, values: Mapping[str, Any]) -> None:
    """DecisionError where the values, with what the incident keeps, do not fit the codebook or each other."""
    changes = changed_values(base, values)
    decisions.check_values(changes)
    plain = as_plain(base)
    whole = {f: plain[f] for f in TOLL_FIELDS} | fit_ranges(base, changes) | {f: v for f, v in changes.items() if f in TOLL_FIELDS}
    decisions.check_values(whole)
    parts = [values[f] for f in SPLIT_FIELDS if values[f] is not None]
    best = whole["deaths_best"]
    if best is not None and sum(parts) > best and {*SPLIT_FIELDS, "deaths_best"} & set(changes):
        raise DecisionError(f"the parties' dead add up to {sum(parts):,}, more than the {best:,} killed")


def describe_changes(base: Incident, values: Mapping[str, Any]) -> list[str]:
    """What setting the values would change, a line a field: 'Killed: 5 → 7'."""
    plain = as_plain(base)
    changes = {f: v for f, v in changed_values(base, values).items() if v != plain[f]}
    lines = [
        f"{field_label(f)}: {value_words(f, plain[f])} → {value_words(f, v)}"
        for f, v in changes.items()
        if f in told_fields(changes) or f not in DATE_FIELDS
    ]
    lines += [
        f"{field_label(f)}: {value_words(f, plain[f])} → {value_words(f, v)}, so that the range holds the new figure"
        for f, v in fit_ranges(base, changes).items()
    ]
    return lines


# --- places and actors ---------------------------------------------------------------------------


@st.cache_resource(show_spinner="Opening the list of places")
def _gazetteer(cache: str) -> Gazetteer:
    return open_gazetteer(Path(cache))


def find_places(gazetteer: Gazetteer, words: str, *, country: str | None = None) -> list[Place]:
    """The places a name may mean, those in the country first, then the most exact and largest; "Kirkuk, Iraq" asks for the country."""
    name, _, land = words.partition(",")
    wanted = gazetteer.country_code(land.strip()) if land.strip() else None
    found = gazetteer.candidates(name.strip()) if name.strip() else []
    if wanted:
        found = [p for p in found if p.country == wanted]
    order = {id(p): n for n, p in enumerate(found)}
    return sorted(found, key=lambda p: (p.country != (wanted or country), p.where_prec, order[id(p)]))[:PLACES_SHOWN]


def place_words(place: Place) -> str:
    """'Kirkuk, Kirkuk, Iraq: town of 975,000'."""
    names = dict.fromkeys(n for n in (place.name, place.admin2, place.admin1, country_name(place.country)) if n)
    people = f" of {place.population:,}" if place.population else ""
    return f"{', '.join(names)}: {PLACE_KINDS.get(place.kind, place.kind.replace('-', ' '))}{people}"


def put_place(place: Place) -> None:
    """Fill the widgets of the place."""
    values = {
        "place_name": place.name, "country": place.country, "admin1": place.admin1 or "", "admin2": place.admin2 or "",
        "latitude": place.latitude, "longitude": place.longitude, "where_prec": place.where_prec,
    }  # fmt: skip
    for name, value in values.items():
        st.session_state[key_of(name)] = value


def _take_place(places: Mapping[str, Place]) -> None:
    chosen = st.session_state.get("edit_place_found")
    if chosen in places:
        put_place(places[chosen])


# --- the form ------------------------------------------------------------------------------------


def _help(field: str) -> str:
    return escape_markdown(describe(field))


def _number(field: str, label: str) -> None:
    st.number_input(
        label, min_value=0, max_value=decisions.DEATHS_MAX, step=1, value=None, key=key_of(field), placeholder="–", help=_help(field)
    )


def _choice(field: str, options: Iterable[Any], words: Callable[[Any], str], *, label: str = "", placeholder: str = "not stated") -> None:
    st.selectbox(
        label or field_label(field),
        list(options),
        index=None,
        format_func=words,
        key=key_of(field),
        placeholder=placeholder,
        help=_help(field),
    )


def _section(title: str) -> None:
    st.html(f'<h3 class="rd-h">{title}</h3>')


def show_tolls() -> None:
    """Lowest, best and highest; by party; injured."""
    _section("How many")
    for what, words in (("deaths", "killed"), ("injured", "injured")):
        with st.container(horizontal=True, gap="small", key=f"edit_toll_{what}"):
            _number(f"{what}_low", f"Lowest {words}")
            _number(f"{what}_best", words.capitalize())
            _number(f"{what}_high", f"Highest {words}")
    with st.container(horizontal=True, gap="small", key="edit_toll_split"):
        _number("deaths_a", "Initiator’s dead")
        _number("deaths_b", "Target’s dead")
        _number("deaths_civilians", "Civilians")
        _number("deaths_unknown", "Party unknown")
    st.checkbox("The count is vague (“dozens”, “several”)", key=key_of("count_vague"))


def show_type() -> None:
    """Type, means and how it is told."""
    _section("What")
    _choice("sub_event_type", EVENT_TYPE_OF, lambda sub: f"{sub} · {EVENT_TYPE_OF[sub]}")
    st.multiselect(field_label("modes"), MODES, key=key_of("modes"), help=_help("modes"))
    st.selectbox(
        field_label("assertion"), ASSERTIONS, key=key_of("assertion"), format_func=ASSERTION_WORDS.__getitem__, help=_help("assertion")
    )


def _day_changed() -> None:
    """A first day that is set brings a last day, a precision and a basis that fit."""
    state = st.session_state
    first, last = state.get(key_of("date_start")), state.get(key_of("date_end"))
    if first is None:
        for name in ("date_end", "date_prec", "date_basis"):
            state[key_of(name)] = None
        return
    if last is None or last < first or state.get("edit_one_day"):
        last = state[key_of("date_end")] = first
    _span_changed()


def _span_changed() -> None:
    state = st.session_state
    first, last = state.get(key_of("date_start")), state.get(key_of("date_end"))
    if first is None or last is None:
        return
    days = (last - first).days + 1
    state[key_of("date_prec")] = 1 if days <= 1 else 2 if days <= 6 else 3 if days <= 7 else 4 if days <= 31 else 5
    state[key_of("date_basis")] = "stated"


def show_days() -> None:
    """First and last day with precision and basis."""
    _section("When")
    state = st.session_state
    state["edit_one_day"] = state.get(key_of("date_start")) == state.get(key_of("date_end"))
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=366)
    with st.container(horizontal=True, gap="small"):
        for name, label, moved in (("date_start", "First day", _day_changed), ("date_end", "Last day", _span_changed)):
            st.date_input(
                label,
                value=None,
                min_value=EARLIEST,
                max_value=latest,
                format="YYYY-MM-DD",
                key=key_of(name),
                on_change=moved,
                help=_help(name),
            )
    _choice("date_prec", DATE_PREC_WORDS, lambda p: DATE_PREC_WORDS[p])
    _choice("date_basis", DATE_BASIS_WORDS, lambda b: DATE_BASIS_WORDS[b])


def show_place() -> None:
    """A search in the gazetteer that fills the fields of the place, and these."""
    _section("Where")
    words = st.text_input("Find a place", key="edit_place_words", placeholder="a town, district, base or “Kirkuk, Iraq”")
    if words.strip():
        try:
            found = find_places(_gazetteer(str(load_settings().cache)), words, country=st.session_state.get(key_of("country")))
        except GazetteerError as e:
            st.caption(escape_markdown(f"The list of places cannot be opened: {e}"))
            found = []
        places = {f"{place_words(p)} ({p.latitude:.3f}, {p.longitude:.3f})": p for p in found}
        if places:
            st.selectbox(
                "Which one", list(places), index=None, key="edit_place_found", on_change=_take_place, args=(places,),
                placeholder=f"{len(places)} found: choose one to fill in what follows",
            )  # fmt: skip
        else:
            st.caption("No place of this name is known. Its name can be typed below, with coordinates if you have them.")
    st.text_input(field_label("place_name"), key=key_of("place_name"), placeholder="not stated", help=_help("place_name"))
    _choice("country", country_codes(), country_name)
    with st.container(horizontal=True, gap="small"):
        for name in ("admin1", "admin2"):
            st.text_input(field_label(name), key=key_of(name), placeholder="not stated", help=_help(name) or None)
    with st.container(horizontal=True, gap="small"):
        for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
            st.number_input(
                field_label(name), min_value=-limit, max_value=limit, value=None, step=0.001, format="%.4f", key=key_of(name),
                placeholder="–", help=_help(name),
            )  # fmt: skip
    _choice("where_prec", WHERE_PREC_WORDS, lambda p: WHERE_PREC_WORDS[p])


def show_sides(base: Incident) -> None:
    """Both sides, from the actor list or by a name typed in."""
    _section("Who")
    listed = load_actors().by_name
    mine = [a.name for a in (*base.side_a, *base.side_b)]
    names = list(dict.fromkeys([*mine, *st.session_state.get(key_of("side_a"), ()), *st.session_state.get(key_of("side_b"), ()), *listed]))
    for side in ("side_a", "side_b"):
        chosen = st.multiselect(
            field_label(side), names, key=key_of(side), accept_new_options=True, placeholder="choose or type a name", help=_help(side)
        )
        for name in chosen:
            if name not in listed and name not in mine:
                st.selectbox(
                    f"What is {escape_markdown(name)}?",
                    list(INTER_LABELS),
                    index=2,
                    format_func=INTER_LABELS.__getitem__,
                    key=f"edit_inter_{name}",
                )


def _add_row(name: str) -> None:
    rows = st.session_state.setdefault(f"edit_rows_{name}", [])
    st.session_state[f"edit_rows_{name}"] = [*rows, max(rows, default=-1) + 1]


def _drop_row(name: str, n: int) -> None:
    st.session_state[f"edit_rows_{name}"] = [row for row in st.session_state[f"edit_rows_{name}"] if row != n]


def show_rows(name: str) -> None:
    """Claims, or sources: one line each, with a button to take it out and one to add another."""
    _section(field_label(name))
    first, second = ROW_FIELDS[name][:2]
    options, words = (
        (STANCES, STANCE_WORDS) if name == "claims" else (ATTRIBUTION_KINDS, {k: k.replace("-", " ") for k in ATTRIBUTION_KINDS})
    )
    for n in st.session_state.get(f"edit_rows_{name}", ()):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            st.text_input("Actor" if name == "claims" else "Source", key=f"edit_{name}_{n}_{first}")
            st.selectbox("Stance" if name == "claims" else "Kind", options, key=f"edit_{name}_{n}_{second}", format_func=words.__getitem__)
            if name == "claims" and st.session_state.get(f"edit_{name}_{n}_stance") == "blamed":
                st.text_input("Blamed by", key=f"edit_{name}_{n}_by")
            st.button("Take out", key=f"edit_drop_{name}_{n}", on_click=_drop_row, args=(name, n), type="tertiary")
    st.button(
        "Add a claim" if name == "claims" else "Add a source", key=f"edit_add_{name}", on_click=_add_row, args=(name,), type="tertiary"
    )


def save(seen: Seen) -> None:
    """Set what was changed; the form closes where it was taken or contested, and says what it lacks where it lacks something."""
    base = seen.incident
    values = read_widgets(base, st.session_state, load_actors().by_name)
    reason = str(st.session_state.get("edit_reason") or "").strip()
    if wrong := what_is_wrong(base, values, reason):
        st.session_state["edit_wrong"] = wrong
        return
    lines = describe_changes(base, values)
    said = "Set " + "; ".join(lines) + "."
    attempt(Attempt(decisions.set_fields, (base.incident_id, changed_values(base, values)), said, (seen,), {"reason": reason}))
    close()


def what_is_wrong(base: Incident, values: Mapping[str, Any], reason: str) -> str:
    """Why the form cannot be saved, in a sentence; empty where it can."""
    try:
        check_form(base, values)
    except DecisionError as e:
        return f"This cannot be saved: {e}."
    if not changed_values(base, values):
        return "Nothing is changed, so there is nothing to save."
    return "" if reason else "Say why, or how it is known: whoever looks at this later will ask."


def close() -> None:
    """Leave the form."""
    st.session_state["doing"] = ""
    st.session_state["edit_closed"] = True


@st.fragment
def show_form(seen: Seen) -> None:
    """The form, what it would change, and the way to save it."""
    if st.session_state.pop("edit_closed", False):
        st.rerun()
    base = seen.incident
    if key_of("assertion") not in st.session_state:
        seed(base)
    show_tolls()
    show_type()
    show_days()
    show_place()
    show_sides(base)
    for name in LISTS:
        show_rows(name)
    values = read_widgets(base, st.session_state, load_actors().by_name)
    lines = describe_changes(base, values)
    with st.container(border=True, key="edit_end", gap="small"):
        if lines:
            told = "\n".join(f"- {escape_markdown(text)}" for text in lines)
            st.markdown(f"**This will be set, and hold whatever the articles say, until it is undone:**\n\n{told}")
        else:
            st.markdown("Nothing is changed yet.")
        st.text_input("Why, or how is it known?", key="edit_reason", placeholder="a later list of the dead; the text says so")
        if wrong := st.session_state.pop("edit_wrong", ""):
            st.warning(escape_markdown(wrong))
        with st.container(horizontal=True, gap="small"):
            st.button("Save", key="edit_save", type="primary", on_click=save, args=(seen,))
            st.button("Cancel", key="edit_cancel", on_click=close)
