"""Two revisions of one story: what was taken out and what was put in, word by word, with offsets into both texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Above so many words on a side, paragraphs are compared first and words only within those that changed.
WORDS_AT_ONCE = 3_000


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of both texts: `kind` same, removed, added or changed; half-open offsets into the old and the new text."""

    kind: str
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def compare_texts(old: str, new: str) -> tuple[Change, ...]:
    """The stretches of two texts in order; put together, their old sides are the old text and their new sides the new."""
    return tuple(_joined(_changes(old, new)))


def _changes(old: str, new: str) -> Iterator[Change]:
    lines_old, lines_new = _pieces(r"[^\n]*\n*", old), _pieces(r"[^\n]*\n*", new)
    for kind, a, b in _blocks([t for t, _ in lines_old], [t for t, _ in lines_new]):
        (old_start, old_end), (new_start, new_end) = _span(lines_old, a, len(old)), _span(lines_new, b, len(new))
        if kind != "replace":
            yield Change(_NAMES[kind], old_start, old_end, new_start, new_end)
            continue
        yield from _word_changes(old[old_start:old_end], new[new_start:new_end], old_start, new_start)


_NAMES = {"equal": "same", "delete": "removed", "insert": "added", "replace": "changed"}


def _word_changes(old: str, new: str, old_at: int, new_at: int) -> Iterator[Change]:
    words_old, words_new = _pieces(r"\w+|[^\w\s]|\s+", old), _pieces(r"\w+|[^\w\s]|\s+", new)
    if max(len(words_old), len(words_new)) > WORDS_AT_ONCE:
        yield Change("changed", old_at, old_at + len(old), new_at, new_at + len(new))
        return
    for kind, a, b in _blocks([t for t, _ in words_old], [t for t, _ in words_new]):
        (old_start, old_end), (new_start, new_end) = _span(words_old, a, len(old)), _span(words_new, b, len(new))
        yield Change(_NAMES[kind], old_at + old_start, old_at + old_end, new_at + new_start, new_at + new_end)


def _pieces(pattern: str, text: str) -> list[tuple[str, int]]:
    return [(m[0], m.start()) for m in re.finditer(pattern, text) if m[0]]


def _blocks(a: list[str], b: list[str]) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        yield kind, (a0, a1), (b0, b1)


def _span(pieces: list[tuple[str, int]], block: tuple[int, int], length: int) -> tuple[int, int]:
    start = pieces[block[0]][1] if block[0] < len(pieces) else length
    end = pieces[block[1]][1] if block[1] < len(pieces) else length
    return start, end


def _joined(changes: Iterator[Change]) -> Iterator[Change]:
    """Neighbours of one kind as one."""
    last: Change | None = None
    for change in changes:
        if last and last.kind == change.kind:
            last = Change(last.kind, last.old_start, change.old_end, last.new_start, change.new_end)
            continue
        if last:
            yield last
        last = change
    if last:
        yield last
