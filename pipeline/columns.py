"""The columns that incidents are filtered and counted by, in memory: one number a row, in arrays.

`pipeline.filters.where` says in SQL what a filter leaves; `matching` says the same of these arrays, a hundred
times as fast over many rows. They are read from the store once; after a write only the incidents that it
touched are read again, by the `changes` table that triggers of the store keep (store.py, m006). For a
large store they are also written to the folder of built indexes, so that a new process has them at once.
"""

from __future__ import annotations

import bisect
import contextlib
import dataclasses
import hashlib
import json
import sqlite3
import sys
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from pipeline.errors import StoreBrokenError, StoreError
from pipeline.filters import Filters, text_options
from pipeline.models import EVENT_TYPE_OF, EVENT_TYPES
from pipeline.store import incident_changes, open_store_readonly, reading, store_witness, witness_holds

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

TEXTS = (
    "assertion", "review_status", "country", "admin1", "place_name", "event_type", "sub_event_type", "modes", "side_a", "side_b",
    "last_reported",
)  # fmt: skip
DAYS = ("date_start", "date_end")
TOLLS = ("deaths_best", "deaths_low", "deaths_high", "injured_best", "injured_low", "injured_high")
PRECISIONS = ("date_prec", "where_prec")
POSITIONS = ("latitude", "longitude")
# A text that is not stated has this code, and a precision this value; both sort before all others, as NULL does.
NONE = -1
# A toll that is not stated: no count is that small.
NO_TOLL = np.iinfo(np.int64).min

BATCH_ROWS = 2_000
# More changed incidents than this, and than this part of them all, are read by reading everything.
FEW_CHANGES, SHARE_CHANGED = 2_000, 0.2
# Places of so few new rows are looked up one by one; of more, all are numbered anew.
FEW_ROWS = 100
# States of one store that are held: the newest, and those that somebody's page is just being made from.
MAX_STATES = 3
# What filters left of one state is kept for the parts of a page that ask in turn, at a byte an incident.
MAX_MASKS = 16
# Pages of the file that are held while it is read, in KiB: the upper parts of its indexes.
CACHE_KIB = 65_536
# A smaller store is read sooner than a file of its columns would be worth.
MIN_ROWS_KEPT = 50_000
# The file is written anew when so many incidents have changed since.
STALE_AFTER = 20_000
FILE_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Words:
    """A column of texts: a sorted list of the different ones, and for each row its place in the list (NONE: not stated)."""

    texts: list[str]
    codes: Array

    def code(self, text: str) -> int:
        """The code of a text; one that no row has where it is not among them."""
        n = bisect.bisect_left(self.texts, text)
        return n if n < len(self.texts) and self.texts[n] == text else len(self.texts)

    def chosen(self, texts: Sequence[str]) -> Mask:
        """The rows that have one of these texts."""
        codes = [self.code(text) for text in texts]
        if len(codes) == 1:
            return cast(Mask, self.codes == codes[0])
        return self.rows_of(codes)

    def rows_of(self, codes: Sequence[int]) -> Mask:
        """The rows that have one of these codes."""
        wanted = np.zeros(len(self.texts) + 2, dtype=bool)
        wanted[list(codes)] = True
        wanted[[len(self.texts), NONE]] = False
        return cast(Mask, wanted[self.codes])

    def text(self, code: int) -> str | None:
        """The text of a code."""
        return None if code == NONE else self.texts[code]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All incidents that were not merged into another, in the order of their ids, as one state of the store had them.

    `places` numbers the different (latitude, longitude, where_prec, event_type); incidents without a position of their own
    have NONE. `actor_rows`, `actors`, `is_target` have an entry for each actor of an incident; `told_rows`,
    `told_articles`, `told_origins` one for each report: the row of its incident, its article and that one's origin as
    row numbers of the store (an article without an origin is its own: its number, negative).
    """

    version: int
    witness: str
    ids: Array
    words: dict[str, Words]
    # Both ends of the days share one list, so that they can be compared with each other.
    days: list[str]
    starts: Array
    ends: Array
    numbers: dict[str, Array]
    places: Array
    place_keys: tuple[Array, Array, Array, Array]
    actor_rows: Array
    actors: Words
    is_target: Mask
    told_rows: Array
    told_articles: Array
    told_origins: Array
    _masks: OrderedDict[Hashable, Mask] = field(default_factory=OrderedDict, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """The size of the arrays in bytes; the texts come on top, once each."""
        arrays = [self.ids, self.starts, self.ends, self.places, *self.place_keys, self.actor_rows, self.actors.codes, self.is_target]
        arrays += [self.told_rows, self.told_articles, self.told_origins, *self.numbers.values(), *(w.codes for w in self.words.values())]
        return sum(a.nbytes for a in arrays)

    def remembered(self, key: Hashable, work: Callable[[], Mask]) -> Mask:
        """The result of `work` for this key, computed once while it is among the last MAX_MASKS."""
        with self._lock:
            if key in self._masks:
                self._masks.move_to_end(key)
                return self._masks[key]
        found = work()
        found.flags.writeable = False
        with self._lock:
            self._masks[key] = found
            while len(self._masks) > MAX_MASKS:
                self._masks.popitem(last=False)
        return found

    def forget(self) -> None:
        """Drop what `remembered` keeps."""
        with self._lock:
            self._masks.clear()


# --- reading -----------------------------------------------------------------------------------


class _Codes(dict[Any, int]):
    """Numbers for values in the order they are first met; None is NONE."""

    def __init__(self) -> None:
        super().__init__({None: NONE})

    def __missing__(self, value: Any) -> int:
        self[value] = n = len(self) - 1
        return n

    def sorted(self) -> tuple[list[str], Array]:
        """The values sorted, and by former code the new one (the last entry, at NONE, stays)."""
        texts = [value for value in self if value is not None]
        order = sorted(range(len(texts)), key=texts.__getitem__)
        renumber = np.empty(len(texts) + 1, dtype=np.int32)
        renumber[order] = np.arange(len(texts), dtype=np.int32)
        renumber[NONE] = NONE
        return [texts[n] for n in order], renumber


def _batches(db: Database, sql: str, params: Sequence[Any]) -> Any:
    cursor = db.execute(sql, tuple(params))
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield list(zip(*rows, strict=True)), len(rows)


def _joined(parts: list[Array], dtype: Any) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


def read_columns(db: Database, since: int | None = None) -> Columns:
    """The columns of the store; with `since` only of the incidents changed after that version. sqlite3.DatabaseError where it is broken."""
    touched = "IN (SELECT c.incident_id FROM changes c WHERE c.version > ?)"
    params = () if since is None else (since,)
    with reading(db):
        version, witness = incident_changes(db), store_witness(db)
        ids, rows = _read_incidents(db, "" if since is None else f"AND i.incident_id {touched}", params)
        actors = _read_actors(db, ids, "" if since is None else f"WHERE ia.incident_id {touched}", params)
        told = _read_told(db, ids, "" if since is None else f"WHERE ir.incident_id {touched}", params)
    names = np.array(list(ids), dtype=bytes) if ids else np.empty(0, dtype="S1")
    order = np.argsort(names, kind="stable")
    where_to = np.empty(len(order), dtype=np.int32)
    where_to[order] = np.arange(len(order), dtype=np.int32)
    words = {name: Words(rows[name].texts, rows[name].codes[order]) for name in TEXTS}
    numbers = {name: rows[name][order] for name in (*TOLLS, *PRECISIONS, *POSITIONS)}
    places, keys = _number_places(numbers, words["event_type"])
    return Columns(
        version=version, witness=witness, ids=names[order], words=words, days=rows["date_start"].texts,
        starts=rows["date_start"].codes[order], ends=rows["date_end"].codes[order], numbers=numbers, places=places, place_keys=keys,
        actor_rows=where_to[actors[0]], actors=actors[1], is_target=actors[2],
        told_rows=where_to[told[0]], told_articles=told[1], told_origins=told[2],
    )  # fmt: skip


# Columns of which few combinations occur are fetched as one JSON text each: one text a row instead of six values costs a third
# of the time, and each combination is taken apart only once.
TOGETHER = (
    ("assertion", "review_status", "event_type", "sub_event_type", "modes"),
    ("country", "admin1", "place_name"),
    ("side_a", "side_b"),
    (*DAYS, *PRECISIONS),
    TOLLS,
    ("last_reported",),
)
TYPES: dict[str, Any] = dict.fromkeys(TOLLS, np.int64) | dict.fromkeys(PRECISIONS, np.int8)


def _read_incidents(db: Database, condition: str, params: Sequence[Any]) -> tuple[dict[str, int], dict[str, Any]]:
    """The row of each incident id, in the order they lie in the store, and the columns by name."""
    together = [f"json_array({','.join(f'i.{name}' for name in names)})" for names in TOGETHER]
    chosen = ["i.incident_id", *together, *(f"COALESCE(i.{name}, 9e999)" for name in POSITIONS)]
    met = [_Codes() for _ in TOGETHER]
    codes: list[list[Array]] = [[] for _ in TOGETHER]
    positions: list[list[Array]] = [[] for _ in POSITIONS]
    ids: dict[str, int] = {}
    for values, n in _batches(db, f"SELECT {','.join(chosen)} FROM incidents i WHERE i.merged_into IS NULL {condition}", params):
        ids.update(zip(values[0], range(len(ids), len(ids) + n), strict=True))
        for found, part, column in zip(met, codes, values[1:], strict=False):
            part.append(np.fromiter(map(found.__getitem__, column), np.int32, n))
        for part, column in zip(positions, values[-len(POSITIONS) :], strict=True):
            part.append(np.fromiter(column, np.float64, n))
    rows: dict[str, Any] = {name: _joined(parts, np.float64) for name, parts in zip(POSITIONS, positions, strict=True)}
    for names, found, parts in zip(TOGETHER, met, codes, strict=True):
        combinations = [json.loads(text) for text in found if text is not None]
        of_row = _joined(parts, np.int32)
        days = _text_codes([row[n] for n in range(len(DAYS)) for row in combinations]) if DAYS[0] in names else None
        for n, name in enumerate(names):
            values = [row[n] for row in combinations]
            if name in TYPES:
                unknown = NO_TOLL if name in TOLLS else NONE
                rows[name] = np.array([unknown if v is None else v for v in values], dtype=TYPES[name])[of_row]
            elif days and name in DAYS:
                rows[name] = Words(days.texts, days.codes[n * len(values) : (n + 1) * len(values)][of_row])
            else:
                words = _text_codes(values)
                rows[name] = Words(words.texts, words.codes[of_row])
    return ids, rows


def _text_codes(values: Sequence[str | None]) -> Words:
    codes = _Codes()
    met = np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
    texts, renumber = codes.sorted()
    return Words(texts, renumber[met])


def _read_actors(db: Database, ids: dict[str, int], condition: str, params: Sequence[Any]) -> tuple[Array, Words, Mask]:
    codes, rows, names, targets = _Codes(), list[Array](), list[Array](), list[Array]()
    for (of, name, target), n in _batches(
        db, f"SELECT ia.incident_id, ia.name, ia.side = 'b' FROM incident_actors ia {condition} ORDER BY ia.name, ia.side", params
    ):
        rows.append(np.fromiter((ids.get(i, NONE) for i in of), np.int32, n))
        names.append(np.fromiter(map(codes.__getitem__, name), np.int32, n))
        targets.append(np.fromiter(target, bool, n))
    row = _joined(rows, np.int32)
    texts, renumber = codes.sorted()
    there = row != NONE  # the others were merged into another incident
    return row[there], Words(texts, renumber[_joined(names, np.int32)][there]), _joined(targets, bool)[there]


def _read_told(db: Database, ids: dict[str, int], condition: str, params: Sequence[Any]) -> tuple[Array, Array, Array]:
    if condition:
        sql = f"""SELECT ir.incident_id, a.rowid, COALESCE(o.rowid, -a.rowid) FROM incident_reports ir
                  JOIN reports r ON r.report_id = ir.report_id JOIN articles a ON a.article_id = r.article_id
                  LEFT JOIN origins o ON o.origin_id = a.origin_id {condition}"""
        row, article, origin = _fetch_numbers(db, sql, params, ids, width=3)
    else:
        # All of them: each step goes along an index that has what it needs, where the join would look up four tables a report.
        row, report = _fetch_numbers(
            db, "SELECT ir.incident_id, r.rowid FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id", (), ids
        )
        articles = "SELECT r.rowid, a.rowid FROM articles a CROSS JOIN reports r ON r.article_id = a.article_id"
        article = _lookup(*_fetch_numbers(db, articles))[report]
        origins = "SELECT a.rowid, o.rowid FROM origins o CROSS JOIN articles a ON a.origin_id = o.origin_id"
        origin = _lookup(*_fetch_numbers(db, origins), size=int(article.max(initial=0)) + 1)[article]
        origin = np.where(origin == 0, -article, origin)
    there = row != NONE  # the others were merged into another incident
    return row[there], article[there], origin[there]


def _fetch_numbers(db: Database, sql: str, params: Sequence[Any] = (), ids: dict[str, int] | None = None, *, width: int = 2) -> list[Array]:
    """The `width` columns of a query as whole numbers; with `ids` the first one holds incident ids, and becomes their rows."""
    parts: list[list[Array]] = [[] for _ in range(width)]
    for columns, n in _batches(db, sql, params):
        for number, (part, values) in enumerate(zip(parts, columns, strict=True)):
            plain = (ids.get(i, NONE) for i in values) if ids is not None and not number else values
            part.append(np.fromiter(plain, np.int32, n))
    return [_joined(part, np.int32) for part in parts]


def _lookup(keys: Array, values: Array, *, size: int = 1) -> Array:
    """An array that has each value at its key, and 0 at numbers that are none; row numbers lie close together."""
    table = np.zeros(max(size, int(keys.max(initial=0)) + 1), dtype=values.dtype)
    table[keys] = values
    return table


def on_map(numbers: dict[str, Array]) -> Mask:
    """The rows that have a position of their own: no pin in the middle of a country."""
    return cast(Mask, np.isfinite(numbers["latitude"]) & np.isfinite(numbers["longitude"]) & (numbers["where_prec"] != 6))


def _number_places(numbers: dict[str, Array], kinds: Words) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """For each row the number of its place, and the places: latitude, longitude, where_prec, code of the event type."""
    places = np.full(len(kinds.codes), NONE, dtype=np.int32)
    rows = np.flatnonzero(on_map(numbers))
    columns = [numbers["latitude"][rows], numbers["longitude"][rows], numbers["where_prec"][rows], kinds.codes[rows]]
    order = np.lexsort(columns[::-1])
    ordered = [column[order] for column in columns]
    first = np.ones(len(rows), dtype=bool)
    if len(rows):
        first[1:] = np.any([column[1:] != column[:-1] for column in ordered], axis=0)
    places[rows[order]] = np.cumsum(first) - 1
    return places, (ordered[0][first], ordered[1][first], ordered[2][first], ordered[3][first])


# --- renewing ----------------------------------------------------------------------------------


def renew_columns(db: Database, held: Columns) -> Columns:
    """The columns of the store as it is now, by those of an earlier state: the same object where no incident has changed since."""
    with reading(db):
        version = incident_changes(db)
        if not version or version < held.version or not witness_holds(db, held.witness):
            return read_columns(db)  # another store has taken its place, or an older state of it
        (count,) = db.execute("SELECT COUNT(*) FROM incidents WHERE merged_into IS NULL").fetchone()
        if version == held.version:
            return held if count == len(held) else read_columns(db)
        (changed,) = db.execute("SELECT COUNT(*) FROM changes WHERE version > ?", (held.version,)).fetchone()
        if changed > max(FEW_CHANGES, SHARE_CHANGED * len(held)):
            return read_columns(db)
        gone = [i for (i,) in db.execute("SELECT incident_id FROM changes WHERE version > ?", (held.version,))]
        renewed = merge_columns(held, read_columns(db, held.version), gone)
        return renewed if len(renewed) == count else read_columns(db)


def merge_columns(held: Columns, part: Columns, gone: Sequence[str]) -> Columns:
    """`held` without the incidents of these ids, and with those of `part`."""
    ids = np.array(sorted(gone), dtype=bytes)
    at = np.searchsorted(held.ids, ids)
    there = at < len(held)
    there[there] = held.ids[at[there]] == ids[there]
    gone_rows = at[there]
    # What stays lies between the cuts in whole stretches, which are copied as such.
    between = np.searchsorted(held.ids, part.ids)
    cuts = sorted([*((row, 0, 0) for row in gone_rows.tolist()), *((row, 1, n) for n, row in enumerate(between.tolist()))], key=_cut_order)
    stretches: list[tuple[bool, int, int]] = []
    start = 0
    for row, is_new, n in cuts:
        stretches.append((False, start, row))
        start = row if is_new else row + 1
        if is_new:
            stretches.append((True, n, n + 1))
    stretches.append((False, start, len(held)))

    def rows(old: Array, new: Array) -> Array:
        new = new.astype(np.promote_types(old.dtype, new.dtype), copy=False)
        return np.concatenate([(new if is_new else old)[first:end] for is_new, first, end in stretches])

    where_to = np.full(len(held), NONE, dtype=np.int32)
    new_rows = np.empty(len(part), dtype=np.int32)
    here = 0
    for is_new, first, end in stretches:
        if is_new:
            new_rows[first] = here
        else:
            where_to[first:end] = np.arange(here, here + end - first, dtype=np.int32)
        here += end - first

    words: dict[str, Words] = {}
    kinds = np.empty(0, dtype=np.int32)
    for name in TEXTS:
        texts, of_old, of_new = _merge_texts(held.words[name].texts, part.words[name].texts)
        words[name] = Words(texts, rows(_renumber(held.words[name].codes, of_old), _renumber(part.words[name].codes, of_new)))
        if name == "event_type":
            kinds = _renumber(held.place_keys[3], of_old)
    days, of_old, of_new = _merge_texts(held.days, part.days)
    numbers = {name: rows(held.numbers[name], part.numbers[name]) for name in held.numbers}
    if len(part) <= FEW_ROWS:
        places, keys = rows(held.places, np.full(len(part), NONE, dtype=np.int32)), (*held.place_keys[:3], kinds)
        keys = _find_places(places, keys, new_rows, numbers, words["event_type"])
    else:
        places, keys = _number_places(numbers, words["event_type"])
    names, of_old_name, of_new_name = _merge_texts(held.actors.texts, part.actors.texts)

    def entries(old_of: Array, new_of: Array, *columns: tuple[Array, Array]) -> list[Array]:
        moved = where_to[old_of]
        stays = moved != NONE
        return [
            np.concatenate([moved[stays], new_rows[new_of]]),
            *(np.concatenate([old[stays], new]) for old, new in columns),
        ]

    actor_rows, actor_codes, is_target = entries(
        held.actor_rows,
        part.actor_rows,
        (_renumber(held.actors.codes, of_old_name), _renumber(part.actors.codes, of_new_name)),
        (held.is_target, part.is_target),
    )
    told_rows, told_articles, told_origins = entries(
        held.told_rows, part.told_rows, (held.told_articles, part.told_articles), (held.told_origins, part.told_origins)
    )
    return Columns(
        version=part.version, witness=part.witness, ids=rows(held.ids, part.ids), words=words, days=days,
        starts=rows(_renumber(held.starts, of_old), _renumber(part.starts, of_new)),
        ends=rows(_renumber(held.ends, of_old), _renumber(part.ends, of_new)),
        numbers=numbers, places=places, place_keys=keys, actor_rows=actor_rows, actors=Words(names, actor_codes), is_target=is_target,
        told_rows=told_rows, told_articles=told_articles, told_origins=told_origins,
    )  # fmt: skip


def _cut_order(cut: tuple[int, int, int]) -> tuple[int, int, int]:
    """New rows go in before the held row of their place, one that goes is cut out after."""
    row, is_new, n = cut
    return row, 1 - is_new, n


def _merge_texts(old: list[str], new: list[str]) -> tuple[list[str], Array | None, Array]:
    """Both lists as one, and by former code the new one for each of the two; None for the old one where it stays as it is."""
    known = Words(old, np.empty(0, dtype=np.int32))
    more = [text for text in new if known.code(text) == len(old)]
    texts = sorted([*old, *more]) if more else old
    of_old = None
    if more:
        place = {text: n for n, text in enumerate(texts)}
        of_old = np.fromiter((*(place[text] for text in old), NONE), np.int32, len(old) + 1)
    whole = Words(texts, known.codes)
    return texts, of_old, np.fromiter((*(whole.code(text) for text in new), NONE), np.int32, len(new) + 1)


def _renumber(codes: Array, by: Array | None) -> Array:
    return codes if by is None else by[codes]


def _find_places(
    places: Array, keys: tuple[Array, Array, Array, Array], rows: Array, numbers: dict[str, Array], kinds: Words
) -> tuple[Array, Array, Array, Array]:
    """Fill in the place numbers of some rows; the places, with those added that were not among them."""
    has_place = on_map({name: numbers[name][rows] for name in (*POSITIONS, "where_prec")})
    for row in rows[has_place]:
        wanted = (numbers["latitude"][row], numbers["longitude"][row], numbers["where_prec"][row], kinds.codes[row])
        found = np.flatnonzero(keys[0] == wanted[0])
        for key, value in zip(keys[1:], wanted[1:], strict=True):
            found = found[key[found] == value]
        if not len(found):
            keys = tuple(np.append(key, value).astype(key.dtype) for key, value in zip(keys, wanted, strict=True))  # type: ignore[assignment]
        places[row] = found[0] if len(found) else len(keys[0]) - 1
    return keys


# --- filtering ---------------------------------------------------------------------------------


def matching(db: Database, columns: Columns, filters: Filters, *, assertion: str | None = "asserted") -> Mask:
    """Which rows the filters leave: those that `pipeline.filters.where` leaves in SQL.

    `db` is asked for the branches of actors and for the articles that hold a text.
    """
    words, numbers = columns.words, columns.numbers
    masks: list[Mask] = []
    if assertion:
        masks.append(words["assertion"].chosen([assertion]))
    if filters.status:
        masks.append(words["review_status"].chosen(filters.status))
    else:
        masks.append(~words["review_status"].chosen(["rejected"]))
    masks += _within_days(columns, filters)
    for name, values in (("country", filters.country), ("admin1", filters.admin1), ("place_name", filters.place)):
        if values:
            masks.append(words[name].chosen(values))
    if filters.event_type:
        kinds = words["event_type"].chosen([t for t in filters.event_type if t in EVENT_TYPES])
        masks.append(kinds | words["sub_event_type"].chosen([t for t in filters.event_type if t in EVENT_TYPE_OF]))
    if filters.deaths_min is not None:
        masks.append((numbers["deaths_best"] >= filters.deaths_min) & (numbers["deaths_best"] != NO_TOLL))
    if filters.deaths_max is not None:
        masks.append((numbers["deaths_best"] <= filters.deaths_max) & (numbers["deaths_best"] != NO_TOLL))
    if filters.mode:
        wanted = set(filters.mode)
        masks.append(words["modes"].rows_of([n for n, modes in enumerate(words["modes"].texts) if wanted & set(json.loads(modes))]))
    if filters.actor or filters.against:
        masks.append(_taking_part(db, columns, filters))
    if filters.text:
        masks.append(_telling(db, columns, filters.text))
    if filters.since:
        masks.append(_stored_since(db, columns, filters.since))
    found = masks[0]
    for mask in masks[1:]:
        found = found & mask
    return found


def _stored_since(db: Database, columns: Columns, since: str) -> Mask:
    """The rows of the incidents that came into the store after a moment."""
    sql = "SELECT incident_id FROM incident_stored WHERE first_stored_at_utc > ?"
    late = np.array([i for (i,) in db.execute(sql, (since,))], dtype=bytes)
    found = np.zeros(len(columns), dtype=bool)
    if len(late) and len(columns):
        at = np.minimum(np.searchsorted(columns.ids, late), len(columns) - 1)
        found[at[columns.ids[at] == late]] = True
    return found


def _taking_part(db: Database, columns: Columns, filters: Filters) -> Mask:
    """The rows with the actor in its role and, where it is given, the other side opposite to it."""
    named = {
        names: columns.actors.chosen([*names, *actors_below(db, names)]) for names in (filters.actor, filters.against) if names
    }  # fmt: skip
    found = np.zeros(len(columns), dtype=bool)
    for target in {"initiator": (False,), "target": (True,)}.get(filters.role, (False, True)):
        sides = [(names, side) for names, side in ((filters.actor, target), (filters.against, not target)) if names]
        both = [_rows_with(columns, columns.actor_rows[named[names] & (columns.is_target == side)]) for names, side in sides]
        found |= both[0] if len(both) == 1 else both[0] & both[1]
    return found


def actors_below(db: Database, names: Sequence[str]) -> list[str]:
    """The actors that count as these: their branches and fronts at any depth, and they themselves where the actor list has them."""
    marks = ",".join("?" * len(names))
    return [name for (name,) in db.execute(f"SELECT DISTINCT descendant FROM actor_tree WHERE ancestor IN ({marks})", tuple(names))]


def articles_with(db: Database, query: str) -> Array:
    """The row numbers of the articles that an FTS5 query finds."""
    rows = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", (query,)).fetchall()
    return np.fromiter((rowid for (rowid,) in rows), np.int64, len(rows))


def _within_days(columns: Columns, filters: Filters) -> list[Mask]:
    undated = columns.starts == NONE
    within: list[Mask] = []
    if filters.date_from:
        ends = np.where(columns.ends == NONE, columns.starts, columns.ends)
        within.append(ends >= bisect.bisect_left(columns.days, filters.date_from))
    if filters.date_to:
        within.append((columns.starts < bisect.bisect_right(columns.days, filters.date_to)) & ~undated)
    if not within:
        return [] if filters.undated else [~undated]
    both = within[0] if len(within) == 1 else within[0] & within[1]
    return [both | undated if filters.undated else both]


def _rows_with(columns: Columns, rows: Array) -> Mask:
    found = np.zeros(len(columns), dtype=bool)
    found[rows] = True
    return found


def _telling(db: Database, columns: Columns, text: str) -> Mask:
    """The rows whose place, actors or articles hold a text."""
    literal, query = text_options(text)
    needle = fold_ascii(literal)

    def holding(words: Words) -> Mask:
        return words.rows_of([n for n, value in enumerate(words.texts) if needle in fold_ascii(value)])

    found = holding(columns.words["place_name"]) | _rows_with(columns, columns.actor_rows[holding(columns.actors)])
    if query:
        articles = articles_with(db, query)
        last = int(columns.told_articles.max(initial=0))
        told = np.zeros(last + 1, dtype=bool)
        # What came into the store after this state is in none of its incidents.
        told[articles[articles <= last]] = True
        found |= _rows_with(columns, columns.told_rows[told[columns.told_articles]])
    return found


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold_ascii(text: str) -> str:
    """A text as SQLite's LIKE compares it: A to Z as a to z, all other letters as they are."""
    return text.translate(_LOWER)


# --- held while the store changes ------------------------------------------------------------------


class HeldColumns:
    """The columns of one store for all who ask, in any thread; at most MAX_STATES states of it.

    `kept_in` is a folder for the file that spares a new process the reading of a large store; None for no file.
    """

    def __init__(self, path: str | Path, *, kept_in: Path | None = None) -> None:
        self.path = Path(path)
        self._file = kept_in / f"columns-{hashlib.blake2b(bytes(self.path.absolute()), digest_size=8).hexdigest()}.npz" if kept_in else None
        self._states: OrderedDict[Hashable, Columns] = OrderedDict()
        self._lock = threading.Lock()
        self._saved: int | None = None  # the version that the file is of
        # The thread that writes the file, if one was begun.
        self.saving: threading.Thread | None = None

    @property
    def is_cold(self) -> bool:
        """Whether nothing has been read yet, so that the next who asks waits for it."""
        return not self._states

    def at(self, mark: Hashable) -> Columns:
        """The columns of the state that has this mark, or of a later one. StoreError where the store cannot be read.

        A mark that was seen before gives the same state again while it is among the last, so that what is asked
        for one page is all of one moment.
        """
        with self._lock:
            if mark not in self._states:
                self._states[mark] = self._renew()
                while len(self._states) > MAX_STATES:
                    self._states.popitem(last=False)
            return self._states[mark]

    def _renew(self) -> Columns:
        newest = next(reversed(self._states.values()), None)
        try:
            with closing(open_store_readonly(self.path).conn) as conn:
                conn.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                db = Database(conn)
                if newest is None and self._file and (newest := load_columns(self._file)):
                    self._saved = newest.version
                columns = read_columns(db) if newest is None else renew_columns(db, newest)
        except sqlite3.DatabaseError as e:
            self._states.clear()
            raise StoreBrokenError(f"{self.path} cannot be read: {e}") from e
        except StoreError:
            self._states.clear()
            raise
        fresh = self._saved is not None and 0 <= columns.version - self._saved < STALE_AFTER
        if self._file and columns.version and len(columns) >= MIN_ROWS_KEPT and not fresh:
            self._saved = columns.version
            self.saving = threading.Thread(target=save_columns, args=(self._file, columns), name="save columns")
            self.saving.start()
        return columns


def keep_columns(path: Path, folder: Path) -> None:
    """Bring the file of a large store's columns up to date, so that whoever asks next has them at once. Nothing for a smaller store."""
    if not is_large(path):
        return
    held = HeldColumns(path, kept_in=folder)
    with contextlib.suppress(StoreError):
        held.at(None)
    if held.saving:
        held.saving.join()


def is_large(path: Path) -> bool:
    """Whether a store has so many incidents that a file of their columns is kept; False where it cannot be read."""
    try:
        with closing(open_store_readonly(path).conn) as conn:
            return bool(conn.execute("SELECT COUNT(*) FROM incidents").fetchone()[0] >= MIN_ROWS_KEPT)
    except (StoreError, sqlite3.DatabaseError):
        return False


def save_columns(file: Path, columns: Columns) -> bool:
    """Write columns to a file; False where the folder cannot be written to, which only costs time later."""
    texts: dict[str, Any] = {"format": FILE_FORMAT, "version": columns.version, "witness": columns.witness, "days": columns.days}
    texts |= {name: words.texts for name, words in (*columns.words.items(), ("actors", columns.actors))}
    arrays = {f.name: value for f in dataclasses.fields(columns) if isinstance(value := getattr(columns, f.name), np.ndarray)}
    arrays |= {f"words_{name}": words.codes for name, words in (*columns.words.items(), ("actors", columns.actors))}
    arrays |= {f"numbers_{name}": values for name, values in columns.numbers.items()}
    arrays |= {f"key_{n}": values for n, values in enumerate(columns.place_keys)}
    arrays["texts"] = np.frombuffer(json.dumps(texts, ensure_ascii=True).encode(), dtype=np.uint8)
    new = file.with_name(f"{file.stem}.{threading.get_native_id()}.new.npz")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(new, **cast(Any, arrays))
        new.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True


def load_columns(file: Path) -> Columns | None:
    """The columns of a file that `save_columns` wrote; None where there is none that can be read."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        texts = json.loads(arrays.pop("texts").tobytes())
        if texts["format"] != FILE_FORMAT:
            return None
        plain = {f.name: arrays[f.name] for f in dataclasses.fields(Columns) if f.name in arrays}
        return Columns(
            version=texts["version"], witness=texts["witness"], days=texts["days"],
            words={name: Words(texts[name], arrays[f"words_{name}"]) for name in TEXTS},
            actors=Words(texts["actors"], arrays["words_actors"]),
            numbers={name: arrays[f"numbers_{name}"] for name in (*TOLLS, *PRECISIONS, *POSITIONS)},
            place_keys=(arrays["key_0"], arrays["key_1"], arrays["key_2"], arrays["key_3"]),
            **plain,
        )  # fmt: skip
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


if __name__ == "__main__":
    # A process of its own, whose memory goes with it: python -m pipeline.columns STORE FOLDER
    keep_columns(Path(sys.argv[1]), Path(sys.argv[2]))
