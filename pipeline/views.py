"""Saved views: filters under a name, kept in the store, each of them a link, a feed and what alerts are about."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import NotFoundError, ViewError
from pipeline.filters import Filters, from_params, read_moment, to_params

MAX_NAME = 80
# Signs that turn the direction of what follows: in a name they would turn the page around it.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """Filters under a name. `changed_at_utc` is when the filters were set, which a new name does not change."""

    view_id: str
    name: str
    filters: Filters
    at_utc: str
    changed_at_utc: str
    by: str


def plain_line(text: str) -> str:
    """A text as one line without control signs, and without signs that turn the direction of what stands beside it."""
    kept = (c if not unicodedata.category(c).startswith("C") or c == "\u200d" else " " for c in TURNING.sub("", text))
    return " ".join("".join(kept).split())


def check_name(name: str) -> str:
    """A name as it is kept; ViewError where it is empty or too long."""
    kept = plain_line(unicodedata.normalize("NFC", name))
    if not kept:
        raise ViewError("a saved view needs a name")
    if len(kept) > MAX_NAME:
        raise ViewError(f"a name has at most {MAX_NAME} characters, and this one has {len(kept)}")
    return kept


def list_views(db: Database) -> list[SavedView]:
    """The saved views, by name; none in a store that was made before there were any and is only read."""
    if not db["views"].exists():
        return []
    return [_read(row) for row in store.saved_views(db)]


def _read(row: Mapping[str, str]) -> SavedView:
    return SavedView(
        view_id=row["view_id"], name=row["name"], filters=from_params(json.loads(row["params"])), at_utc=row["at_utc"],
        changed_at_utc=row["changed_at_utc"], by=row["by"],
    )  # fmt: skip


def find_view(db: Database, name: str) -> SavedView:
    """A saved view by its id or its name, whatever the case; NotFoundError with the names there are."""
    views = list_views(db)
    asked = plain_line(name).casefold()
    for view in views:
        if view.view_id == name or view.name.casefold() == asked:
            return view
    there = ", ".join(repr(view.name) for view in views) or "none yet"
    raise NotFoundError(f"there is no saved view {name!r}; there are {there}")


def save_view(db: Database, name: str, filters: Filters, *, by: str, at_utc: str, replace: bool = False) -> SavedView:
    """Keep filters under a name. A name in use is a ViewError, unless `replace` says to give it these filters."""
    kept, at = check_name(name), read_moment(at_utc)
    with store.writing(db):
        standing = _named(db, kept)
        if standing and not replace:
            raise ViewError(f"there is a saved view {standing.name!r} already")
        if standing:
            changed = standing.changed_at_utc if filters == standing.filters else at
            view = dataclasses.replace(standing, filters=filters, changed_at_utc=changed)
        else:
            digest = hashlib.blake2b(f"{kept}\0{at}".encode(), digest_size=8).hexdigest()
            view = SavedView(view_id=f"v{digest}", name=kept, filters=filters, at_utc=at, changed_at_utc=at, by=by)
        store.save_view(db, _row(view))
    return view


def rename_view(db: Database, view: str, name: str) -> SavedView:
    """Give a saved view another name; its link, its feed and its alerts stay what they are."""
    kept = check_name(name)
    with store.writing(db):
        found = find_view(db, view)
        taken = _named(db, kept)
        if taken and taken.view_id != found.view_id:
            raise ViewError(f"there is a saved view {taken.name!r} already")
        renamed = dataclasses.replace(found, name=kept)
        store.save_view(db, _row(renamed))
    return renamed


def drop_view(db: Database, view: str) -> SavedView:
    """Remove a saved view, with the record of what alerts told of it; the view as it was."""
    with store.writing(db):
        found = find_view(db, view)
        store.delete_view(db, found.view_id)
    return found


def _named(db: Database, name: str) -> SavedView | None:
    return next((view for view in list_views(db) if view.name.casefold() == name.casefold()), None)


def _row(view: SavedView) -> dict[str, str]:
    return {
        "view_id": view.view_id, "name": view.name, "params": params_json(view.filters), "at_utc": view.at_utc,
        "changed_at_utc": view.changed_at_utc, "by": view.by,
    }  # fmt: skip


def params_json(filters: Filters) -> str:
    """The filters as the store keeps them: JSON of their URL parameters."""
    return json.dumps(to_params(filters), ensure_ascii=False, sort_keys=True)


def view_url(base: str, filters: Filters) -> str:
    """The address at which the dashboard shows these filters."""
    query = urlencode(to_params(filters), doseq=True)
    return f"{base}/?{query}" if query else f"{base}/"
