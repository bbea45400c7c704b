"""What a reader gives back for one article, and the guard in front of other people's parsers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import FormatError, LimitError, RefusedError
from pipeline.intake.blobs import MAX_SECONDS, time_limit


@dataclass(frozen=True, slots=True)
class Found:
    """One article as its reader found it: our fields (or why there are none), its bytes, and how each field was got.

    `own_names` is True where `fields` still has the file's own column names.
    """

    item: str
    fields: Mapping[str, Any] | RefusedError
    content: bytes = b""
    how: Mapping[str, str] = field(default_factory=dict)
    own_names: bool = False


@contextmanager
def guarded(what: str, *, seconds: float = MAX_SECONDS) -> Iterator[None]:
    """FormatError for whatever a library of others raises on bytes it cannot read, LimitError where it takes too long."""
    try:
        with time_limit(seconds):
            yield
    except RefusedError:
        raise
    except MemoryError as e:
        raise LimitError(f"{what} takes more memory than there is") from e
    except Exception as e:
        raise FormatError(f"{what} cannot be read ({type(e).__name__}: {str(e)[:200]})") from e


def first(*offers: tuple[Any, str]) -> tuple[str, str]:
    """The first (value, how) whose value says something, as text; ("", "") where none does."""
    for value, how in offers:
        text = " ".join(str(value).split()) if value is not None else ""
        if text:
            return text, how
    return "", ""


def without_by(byline: str) -> str:
    """A byline without the "By" in front of it."""
    return re.sub(r"^by\s+", "", byline, flags=re.IGNORECASE)


def fields_of(**offers: tuple[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """({field: value}, {field: how}) of the fields that have a value."""
    return {f: v for f, (v, _) in offers.items() if v}, {f: how for f, (v, how) in offers.items() if v}
