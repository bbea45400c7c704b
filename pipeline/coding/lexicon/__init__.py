"""Rules and words as data: CSV files that an analyst can read and extend, one a question."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@lru_cache(maxsize=32)
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a lexicon file, header -> cell, cells stripped; rows that begin with # are notes."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple({key: (value or "").strip() for key, value in row.items() if key} for row in rows)


@lru_cache(maxsize=128)
def word_set(name: str, table: str = "actor_words.csv") -> frozenset[str]:
    """The words of one set of a table of sets; KeyError where there is no such set."""
    return {row["set"]: frozenset(row["words"].split()) for row in read_table(table)}[name]
