"""What each column means: `codebook.csv`, one table for extracts, tooltips and the codebook page."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

CODEBOOK_FILE = Path(__file__).with_name("codebook.csv")
GLOSSARY_FILE = Path(__file__).with_name("glossary.csv")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one shape; `kind` is text, int, float, bool, date, time or json (a list or record)."""

    shape: str
    column: str
    kind: str
    label: str
    group: str
    description: str
    values: str


@functools.cache
def load_codebook() -> tuple[Column, ...]:
    """Every column of every shape, in the order of the extracts."""
    with CODEBOOK_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Column(**row) for row in csv.DictReader(file))


@functools.cache
def columns(shape: str) -> tuple[Column, ...]:
    """The columns of one shape: native, acled or ucdp."""
    return tuple(c for c in load_codebook() if c.shape == shape)


def describe(column: str, *, shape: str = "native") -> str:
    """What a column means and which values it takes, for a tooltip; empty for a column there is none of."""
    found = next((c for c in columns(shape) if c.column == column), None)
    if found is None:
        return ""
    return f"{found.description} Values: {found.values}." if found.values else found.description


@functools.cache
def load_glossary() -> dict[str, str]:
    """What the words of the program mean that are no columns, in the order they are explained."""
    with GLOSSARY_FILE.open(encoding="utf-8", newline="") as file:
        return {row["term"]: row["meaning"] for row in csv.DictReader(file)}
