"""Checks of what Dateline stands on: the interpreter, SQLite, the model, the indexes, the store."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.errors import DatelineError
from pipeline.settings import Settings

# STRICT tables came with 3.37.
SQLITE_MIN = (3, 37, 0)
PYTHON_MIN = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is right, what was found, and whether Dateline cannot go without it."""

    name: str
    ok: bool
    found: str
    needed: bool = True


def check_all(settings: Settings) -> Iterator[Check]:
    """All checks, in the order in which a failure would explain the next; a check that breaks is one that failed."""
    checks: tuple[tuple[str, Callable[[Settings], Check]], ...] = (
        ("Python", _python), ("SQLite", _sqlite), ("language model", _model), ("gazetteer", _gazetteer),
        ("store", _store), ("Chromium", _chromium),
    )  # fmt: skip
    for name, check in checks:
        try:
            yield check(settings)
        except (DatelineError, sqlite3.Error, OSError, ImportError) as e:
            yield Check(name, False, str(e))


def _python(_: Settings) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info[:2] >= PYTHON_MIN, f"{version} (3.11 or later is needed)")


def _sqlite(_: Settings) -> Check:
    with sqlite3.connect(":memory:") as conn:
        options = {name for (name,) in conn.execute("PRAGMA compile_options")}
    fts5 = "ENABLE_FTS5" in options
    new = sqlite3.sqlite_version_info >= SQLITE_MIN
    words = f"{sqlite3.sqlite_version}, {'with' if fts5 else 'WITHOUT'} full-text search (3.37 or later is needed)"
    return Check("SQLite", fts5 and new, words)


def _model(settings: Settings) -> Check:
    there = importlib.util.find_spec(settings.model) is not None
    hint = "" if there else "; install it, or name another in DATELINE_MODEL"
    return Check("language model", there, f"{settings.model} {'is installed' if there else 'is not installed'}{hint}")


def _gazetteer(settings: Settings) -> Check:
    from pipeline.gazetteer import open_gazetteer

    place = open_gazetteer(settings.cache).resolve("Kirkuk")
    return Check("gazetteer", place is not None, f"index in {settings.cache}" if place else "it does not know Kirkuk; delete the cache")


def _store(settings: Settings) -> Check:
    from pipeline import store

    if not settings.store.exists():
        return Check("store", False, f"none at {settings.store} yet; `dateline ingest` or `dateline up` makes one", needed=False)
    db = store.open_store_readonly(settings.store)
    try:
        faults = [row[0] for row in db.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
        faults += [f"{row[0]} row {row[1]} points to nothing in {row[2]}" for row in db.execute("PRAGMA foreign_key_check").fetchmany(5)]
    finally:
        db.close()
    return Check("store", not faults, "; ".join(faults) or f"{settings.store} is whole")


def _chromium(_: Settings) -> Check:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for path in map(shutil.which, names) if path), None)
    return Check("Chromium", found is not None, found or "not on PATH; only the tests and the screenshots need it", needed=False)
