"""What a view of the store is limited to: one value object, shared by the dashboard and the exports.

`to_params` and `from_params` give and read the URL parameters, which are also the options of
`dateline export`; `where` gives the SQL condition. Everything that counts, maps or lists incidents
goes through `where`, so that all of it shows one and the same set.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import SettingsError
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES, MODES
from pipeline.searching import read_search

ROLES = ("either", "initiator", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A set of incidents. Empty tuples and None do not limit."""

    date_from: str | None = None  # ISO, inclusive
    date_to: str | None = None  # ISO, inclusive
    country: tuple[str, ...] = ()  # ISO 3166-1 alpha-2
    admin1: tuple[str, ...] = ()
    place: tuple[str, ...] = ()  # names of places as coded
    actor: tuple[str, ...] = ()  # names; an actor's children count as the actor
    role: str = "either"  # the actor is initiator (side A), target (side B) or either
    against: tuple[str, ...] = ()  # names on the side opposite to the actor's; their children count too
    event_type: tuple[str, ...] = ()  # ACLED event types or sub-event types
    mode: tuple[str, ...] = ()  # means used, as the codebook names them
    deaths_min: int | None = None
    deaths_max: int | None = None
    text: str = ""  # words to find in the articles, the place and the actors
    status: tuple[str, ...] = ()  # review_status
    undated: bool = True  # whether incidents without a date are in, when a date range is set
    since: str | None = None  # ISO time in UTC: only what the store has held since after this moment


LISTS = ("country", "admin1", "place", "actor", "against", "event_type", "mode", "status")
NUMBERS = ("deaths_min", "deaths_max")
DATES = ("date_from", "date_to")
# URL parameters are short and stable: links are kept in reports for years.
PARAM_OF = {"date_from": "from", "date_to": "to", "event_type": "type", "text": "q"}
FIELD_OF = {param: name for name, param in PARAM_OF.items()}
PARAMS = tuple(PARAM_OF.get(f.name, f.name) for f in dataclasses.fields(Filters))


def to_params(filters: Filters) -> dict[str, str | list[str]]:
    """The URL parameters that restore these filters; what does not limit is left out."""
    params: dict[str, str | list[str]] = {}
    default = Filters()
    for f in dataclasses.fields(filters):
        value = getattr(filters, f.name)
        if value == getattr(default, f.name):
            continue
        name = PARAM_OF.get(f.name, f.name)
        params[name] = list(value) if f.name in LISTS else ("0" if value is False else str(value))
    return params


def from_params(params: Mapping[str, str | Sequence[str]], *, strict: bool = False) -> Filters:
    """The filters that URL parameters describe.

    What cannot be read is passed over, since a hand-edited link should still open; with `strict`
    (the command line) it raises SettingsError. Unknown parameters are ignored.
    """
    values: dict[str, Any] = {}
    for param, raw in params.items():
        name = FIELD_OF.get(param, param)
        if name not in Filters.__dataclass_fields__ or param in PARAM_OF:
            continue
        items = [raw] if isinstance(raw, str) else list(raw)
        items = [item.strip() for item in items if item and item.strip()]
        if not items:
            continue
        try:
            values[name] = _read(name, items)
        except ValueError as e:
            if strict:
                raise SettingsError(f"--{param.replace('_', '-')}: {e}") from e
    return Filters(**values)


def _read(name: str, items: list[str]) -> Any:
    if name in LISTS:
        if name == "event_type":
            unknown = [i for i in items if i not in EVENT_TYPES and i not in EVENT_TYPE_OF]
            if unknown:
                raise ValueError(f"{unknown[0]!r} is no event type or sub-event type of the codebook")
        if name == "mode" and (odd := [i for i in items if i not in MODES]):
            raise ValueError(f"{odd[0]!r} is none of {', '.join(MODES)}")
        return tuple(i.upper() for i in items) if name == "country" else tuple(items)
    value = items[-1]
    if name in NUMBERS:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise ValueError(f"{value!r} is not a whole number")
        return int(value)
    if name in DATES:
        try:
            return dt.date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError(f"{value!r} is not a date like 2023-12-03") from None
    if name == "since":
        return read_moment(value)
    if name == "role":
        if value not in ROLES:
            raise ValueError(f"{value!r} is none of {', '.join(ROLES)}")
        return value
    if name == "undated":
        return value not in ("0", "no", "false")
    return value


def read_moment(text: str) -> str:
    """A moment as the store writes it, like 2026-11-24T18:02:00.000Z, out of an ISO day or time (UTC where it names no zone).

    ValueError where it is neither. Moments of this one form sort as texts.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date like 2026-11-24 or a time like 2026-11-24T18:02Z") from None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def fts_query(words: str) -> str:
    """A safe FTS5 query for what somebody typed; see `pipeline.searching`."""
    return read_search(words).query


def text_options(text: str) -> tuple[str, str]:
    """What a text filter looks for: the words as they stand, in names, and the FTS5 query, in articles (empty: nothing to search for)."""
    return text.strip('"'), fts_query(text)


def _in(column: str, values: Sequence[Any]) -> str:
    return f"{column} IN ({','.join('?' * len(values))})"


def named(alias: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """The SQL condition, and its parameters, that a row of incident_actors is one of these names or a branch of one."""
    given = ",".join(["(?)"] * len(names))
    tree = f"SELECT descendant FROM actor_tree WHERE {_in('ancestor', names)}"
    return f"{alias}.name IN (VALUES {given} UNION {tree})", [*names, *names]


def _parties(filters: Filters) -> tuple[str, list[str]]:
    """The condition on who took part: the actor in its role, the other side opposite to it, each where it is given."""
    rows, terms, params = [], list[str](), list[str]()
    sides = {"initiator": ("a", "b"), "target": ("b", "a")}.get(filters.role, (None, None))
    for alias, names, side in (("x", filters.actor, sides[0]), ("y", filters.against, sides[1])):
        if not names:
            continue
        condition, found = named(alias, names)
        rows.append(alias)
        terms += [condition, *([f"{alias}.side = '{side}'"] if side else [])]
        params += found
    if len(rows) == 2:
        terms.append("y.incident_id = x.incident_id AND y.side <> x.side")
    tables = ", ".join(f"incident_actors {alias}" for alias in rows)
    return f"i.incident_id IN (SELECT {rows[0]}.incident_id FROM {tables} WHERE {' AND '.join(terms)})", params


def where(filters: Filters, *, assertion: str | None = "asserted") -> tuple[str, list[Any]]:
    """The SQL condition over `incidents i`, and its parameters, for the incidents in these filters.

    `assertion` limits to one kind (tallies count `asserted` only); None gives every kind. Merged and
    rejected incidents are never in, unless the status filter asks for rejected ones.
    """
    # SQLite takes an index for what most incidents meet, and reads them in its order, ten times as slow as by the actors' incidents or
    # all in a row; the plus keeps it from that where nothing else that the index holds is asked for.
    held = (filters.country, filters.event_type, filters.date_from, filters.date_to)
    narrow = any(held) or filters.deaths_min is not None or filters.deaths_max is not None
    plus = "" if narrow and not (filters.actor or filters.against) else "+"
    terms, params = [f"{plus}i.merged_into IS NULL"], list[Any]()
    if assertion:
        terms.append(f"{plus}i.assertion = ?")
        params.append(assertion)
    if filters.status:
        terms.append(_in("i.review_status", filters.status))
        params += filters.status
    else:
        terms.append("i.review_status <> 'rejected'")
    if filters.since:
        terms.append("i.incident_id IN (SELECT s.incident_id FROM incident_stored s WHERE s.first_stored_at_utc > ?)")
        params.append(filters.since)
    ranges = []
    if filters.date_from:
        ranges.append("COALESCE(i.date_end, i.date_start) >= ?")
        params.append(filters.date_from)
    if filters.date_to:
        ranges.append("i.date_start <= ?")
        params.append(filters.date_to)
    if ranges:
        within = " AND ".join(ranges)
        terms.append(f"(({within}) OR i.date_start IS NULL)" if filters.undated else f"({within})")
    elif not filters.undated:
        terms.append("i.date_start IS NOT NULL")
    if filters.country:
        terms.append(_in("i.country", filters.country))
        params += filters.country
    if filters.admin1:
        terms.append(_in("i.admin1", filters.admin1))
        params += filters.admin1
    if filters.place:
        terms.append(_in("i.place_name", filters.place))
        params += filters.place
    if filters.event_type:
        kinds = [t for t in filters.event_type if t in EVENT_TYPES]
        subs = [t for t in filters.event_type if t in EVENT_TYPE_OF]
        options = ([_in("i.event_type", kinds)] if kinds else []) + ([_in("i.sub_event_type", subs)] if subs else [])
        terms.append(f"({' OR '.join(options)})")
        params += kinds + subs
    if filters.deaths_min is not None:
        terms.append("i.deaths_best >= ?")
        params.append(filters.deaths_min)
    if filters.deaths_max is not None:
        terms.append("i.deaths_best <= ?")
        params.append(filters.deaths_max)
    if filters.mode:
        terms.append(f"EXISTS (SELECT 1 FROM json_each(i.modes) m WHERE {_in('m.value', filters.mode)})")
        params += filters.mode
    if filters.actor or filters.against:
        condition, names = _parties(filters)
        terms.append(condition)
        params += names
    if filters.text:
        literal, words = text_options(filters.text)
        like = "%" + re.sub(r"([\\%_])", r"\\\1", literal) + "%"
        options = [
            "i.place_name LIKE ? ESCAPE '\\'",
            "i.incident_id IN (SELECT x.incident_id FROM incident_actors x WHERE x.name LIKE ? ESCAPE '\\')",
        ]
        text_params: list[Any] = [like, like]
        if words:
            options.append(
                "i.incident_id IN (SELECT ir.incident_id FROM articles_fts f JOIN articles a ON a.rowid = f.rowid "
                "JOIN reports r ON r.article_id = a.article_id JOIN incident_reports ir ON ir.report_id = r.report_id "
                "WHERE articles_fts MATCH ?)"
            )
            text_params.append(words)
        terms.append(f"({' OR '.join(options)})")
        params += text_params
    return " AND ".join(terms), params
