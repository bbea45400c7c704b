"""Tally receipts: what a total is made of, what was left out and why, under an id that can be derived again.

The id is a hash of the filter, the version of the store and the rows, so that two people who name the
same receipt speak of the same total. Every extract carries one; `dateline receipt ID` opens it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import NotFoundError, UnreadableError
from pipeline.filters import Filters, from_params, to_params, where
from pipeline.incidents import known_on


@dataclass(frozen=True, slots=True)
class Total:
    """Killed or injured of all rows together; `open_ended` rows know no upper end, `not_stated` rows add nothing."""

    low: int
    best: int
    high: int
    open_ended: int
    not_stated: int


@dataclass(frozen=True, slots=True)
class Row:
    """One incident of a total: when, where, and what it adds."""

    incident_id: str
    date_start: str | None
    place: str | None
    deaths_low: int | None
    deaths_best: int | None
    deaths_high: int | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Incidents that a total does not hold, and the one reason why."""

    reason: str
    incident_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A total, opened."""

    receipt_id: str
    filters: Filters
    assertion: str | None
    as_of: str | None
    store_version: str
    rows_digest: str
    rows: tuple[Row, ...]
    deaths: Total
    injured: Total
    left_out: tuple[LeftOut, ...]


# Why an incident that the filter would take is in no tally, by what the articles say of it.
NOT_ASSERTED = {
    "background": "recalled as background, the news of no article",
    "aggregate": "a sum of several events",
    "prospective": "planned, feared or threatened",
    "denied": "said not to have happened",
}
REJECTED = "rejected by a person"
# What a receipt is called in a package, and more than any receipt takes, in bytes.
RECEIPT_NAME = "receipt.json"
RECEIPT_BYTES_MAX = 10_000_000
MERGED = "merged into an incident that is in"
NOT_YET = "not known yet by then"
OUTSIDE = "outside the filter"


def make_receipt(db: Database, filters: Filters, *, assertion: str | None = "asserted", as_of: str | None = None) -> Receipt:
    """The receipt of the incidents in these filters, as known on a publication day or time (None: now)."""
    with store.reading(db), known_on(db, as_of) as then:
        return receipt_of(then, filters, assertion=assertion, as_of=as_of)


def receipt_of(then: Database, filters: Filters, *, assertion: str | None, as_of: str | None) -> Receipt:
    """The same over a store that already stands as known on `as_of`."""
    version = store.rows_version(then)
    condition, params = where(filters, assertion=assertion)
    sql = f"SELECT i.* FROM incidents i WHERE {condition} ORDER BY i.date_start IS NULL, i.date_start, i.incident_id"
    cursor = then.execute(sql, tuple(params))
    names = [d[0] for d in cursor.description]
    digest = hashlib.blake2b(digest_size=16)
    found: list[dict[str, Any]] = []
    for values in cursor:
        digest.update(repr(tuple(values)).encode("utf-8", errors="replace"))
        found.append(dict(zip(names, values, strict=True)))
    left_out = tuple(_left_out(then, filters, assertion=assertion, held={row["incident_id"] for row in found}, as_of=as_of))
    rows_digest = digest.hexdigest()
    return Receipt(
        receipt_id=receipt_id(filters, assertion, as_of, version, rows_digest),
        filters=filters,
        assertion=assertion,
        as_of=as_of,
        store_version=version,
        rows_digest=rows_digest,
        rows=tuple(_row(row) for row in found),
        deaths=add_up(found, "deaths"),
        injured=add_up(found, "injured"),
        left_out=left_out,
    )


def receipt_id(filters: Filters, assertion: str | None, as_of: str | None, store_version: str, rows_digest: str) -> str:
    """The id of a receipt: 't' and 16 hex digits, from all that decides what is in it."""
    parts = json.dumps([to_params(filters), assertion, as_of, store_version, rows_digest], sort_keys=True)
    return "t" + hashlib.blake2b(parts.encode(), digest_size=8).hexdigest()


def _row(row: Mapping[str, Any]) -> Row:
    place = row["place_name"] or row["admin1"] or row["country"]
    return Row(row["incident_id"], row["date_start"], place, row["deaths_low"], row["deaths_best"], row["deaths_high"])


def add_up(rows: Iterable[Mapping[str, Any]], what: str) -> Total:
    """The total of `deaths` or `injured`: an end that is not stated is the best figure's, as the Monitor counts."""
    low = best = high = open_ended = not_stated = 0
    for row in rows:
        least, given, most = (row[f"{what}_{end}"] for end in ("low", "best", "high"))
        best += given or 0
        low += next((v for v in (least, given) if v is not None), 0)
        high += next((v for v in (most, given, least) if v is not None), 0)
        open_ended += most is None and (given is not None or least is not None)
        not_stated += most is None and given is None and least is None
    return Total(low, best, high, open_ended, not_stated)


def _left_out(db: Database, filters: Filters, *, assertion: str | None, held: set[str], as_of: str | None) -> Iterable[LeftOut]:
    """What the total does not hold, each incident once under the first reason that applies."""
    seen = set(held)

    def leave(reason: str, sql: str, params: Sequence[Any] = ()) -> Iterable[LeftOut]:
        ids = tuple(i for (i,) in db.execute(sql, tuple(params)) if i not in seen)
        seen.update(ids)
        if ids:
            yield LeftOut(reason, ids)

    def within(other: Filters, kind: str | None, more: str = "1") -> tuple[str, list[Any]]:
        condition, params = where(other, assertion=kind)
        return f"SELECT i.incident_id FROM incidents i WHERE {condition} AND {more} ORDER BY 1", params

    for kind, reason in NOT_ASSERTED.items() if assertion == "asserted" else ():
        yield from leave(reason, *within(filters, kind))
    if not filters.status:
        yield from leave(REJECTED, *within(dataclasses.replace(filters, status=("rejected",)), None))
    redirects = "SELECT incident_id, merged_into FROM incidents WHERE merged_into IS NOT NULL ORDER BY 1"
    merged = tuple(i for i, into in db.execute(redirects) if into in held)
    seen.update(merged)
    if merged:
        yield LeftOut(MERGED, merged)
    for reason, wider, more in _unknowns(filters):
        yield from leave(reason, *within(wider, assertion, more))
    yield from leave(OUTSIDE, "SELECT incident_id FROM incidents WHERE merged_into IS NULL ORDER BY 1")
    if as_of is not None:
        yield from leave(NOT_YET, "SELECT incident_id FROM main.incidents WHERE merged_into IS NULL ORDER BY 1")


def _unknowns(filters: Filters) -> Iterable[tuple[str, Filters, str]]:
    """What may belong to the set but does not say: (reason, the filters without that limit, the SQL of not saying)."""
    replace = dataclasses.replace
    if (filters.date_from or filters.date_to) and not filters.undated:
        yield "its date is not known", replace(filters, date_from=None, date_to=None, undated=True), "i.date_start IS NULL"
    if filters.country:
        yield "its country is not known", replace(filters, country=()), "i.country IS NULL"
    if filters.admin1:
        yield "its province is not known", replace(filters, admin1=()), "i.admin1 IS NULL"
    if filters.place:
        yield "its place is not known", replace(filters, place=()), "i.place_name IS NULL"
    if filters.event_type:
        yield "its type is not known", replace(filters, event_type=()), "i.event_type IS NULL"
    if filters.deaths_min is not None or filters.deaths_max is not None:
        yield "its deaths are not stated", replace(filters, deaths_min=None, deaths_max=None), "i.deaths_best IS NULL"
    if filters.mode:
        yield "its means are not known", replace(filters, mode=()), "i.modes = '[]'"
    if filters.actor or filters.against:
        nobody = "NOT EXISTS (SELECT 1 FROM incident_actors x WHERE x.incident_id = i.incident_id)"
        yield "nobody is named", replace(filters, actor=(), against=()), nobody


# --- as carried and kept ---------------------------------------------------------------------------


def as_json(receipt: Receipt) -> dict[str, Any]:
    """The receipt as an extract carries it: all that its id stands for, and what was left out by number."""
    return {
        "receipt_id": receipt.receipt_id,
        "filter": to_params(receipt.filters),
        "assertion": receipt.assertion,
        "as_of": receipt.as_of,
        "store_version": receipt.store_version,
        "rows": len(receipt.rows),
        "rows_digest": receipt.rows_digest,
        "deaths": dataclasses.asdict(receipt.deaths),
        "injured": dataclasses.asdict(receipt.injured),
        "left_out": [{"reason": out.reason, "incidents": len(out.incident_ids)} for out in receipt.left_out],
    }


def as_file(receipt: Receipt) -> bytes:
    """The receipt as a file of its own, which `find_given` reads."""
    return (json.dumps(as_json(receipt), ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def keep(path: Path | str, receipt: Receipt) -> None:
    """Note a receipt that was given out in the store at `path`, so that its id can be opened; once is enough."""
    db = store.open_store(path)
    try:
        with store.writing(db):
            store.save_receipt(db, receipt.receipt_id, json.dumps(as_json(receipt), sort_keys=True, ensure_ascii=False))
    finally:
        db.close()


def find_given(db: Database, name: str) -> dict[str, Any]:
    """What a receipt said when it was given out: by its id as kept in the store, or from an extract's side file.

    NotFoundError where the store knows none of that id, UnreadableError where a file is no receipt.
    """
    if Path(name).is_file():
        try:
            given = json.loads(_receipt_in(Path(name)))
            given = given.get("receipt", given)
            given["receipt_id"], given["filter"], given["store_version"], given["rows"], given["deaths"]["best"]
        except (OSError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as e:
            raise UnreadableError(f"is no receipt ({type(e).__name__}: {e})", item=name) from e
        return dict(given)
    kept = store.load_receipt(db, name)
    if kept is None:
        raise NotFoundError(f"there is no receipt {name} in the store; the side file of its extract can be given instead")
    return dict(json.loads(kept))


def _receipt_in(path: Path) -> str:
    """The receipt's JSON out of its file, or out of a package that holds it."""
    if not zipfile.is_zipfile(path):
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as package:
        if package.getinfo(RECEIPT_NAME).file_size > RECEIPT_BYTES_MAX:
            raise ValueError("too large to be a receipt")
        return package.read(RECEIPT_NAME).decode("utf-8")


def derive_again(db: Database, given: Mapping[str, Any]) -> Receipt:
    """The receipt of the same filter and day over the store as it is now; its id is the same where nothing changed."""
    filters = from_params(given["filter"], strict=True)
    return make_receipt(db, filters, assertion=given.get("assertion", "asserted"), as_of=given.get("as_of"))
