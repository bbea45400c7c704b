"""Plain text -> one Article, with or without a head of `Key: value` lines above a line of dashes."""

from __future__ import annotations

import re

from pipeline.intake.columns import field_of

# A head is short: this many lines, each a key of a few words.
HEAD_LINES = 40
_KEY = re.compile(r"(?P<key>[^\W\d_][\w -]{0,40}?)\s*:(?:\s+(?P<value>.*)|\s*)")


def split_head(text: str) -> tuple[dict[str, str], str]:
    """The fields that the head of a text gives (by our names), and the text below it.

    The head ends at a line of three dashes or more; without one, at the first empty line, and then two
    of its keys must be ours, one of them the headline, so that a story that opens "Published: ..." is
    none. Keys we do not know are passed over; an indented line goes on the value above it.
    """
    lines = text.lstrip("\ufeff").splitlines()
    start = 1 if lines and re.fullmatch(r"-{3,}\s*", lines[0]) else 0
    fields: dict[str, str] = {}
    last, keys = "", 0
    for number, line in enumerate(lines[start : start + HEAD_LINES], start=start):
        if re.fullmatch(r"-{3,}\s*", line):
            return (fields, "\n".join(lines[number + 1 :])) if fields else ({}, text)
        if not line.strip():
            if start or not (len(fields) >= 2 and "headline" in fields):
                return {}, text
            rest = "\n".join(lines[number + 1 :])
            # A head that dashes end later may hold empty lines; then this is not its end.
            return (fields, rest) if not _dashes_follow(lines[number : start + HEAD_LINES]) else _join_head(lines, start)
        if line[0].isspace() and last:
            fields[last] = f"{fields[last]} {line.strip()}"
            continue
        m = _KEY.fullmatch(line.rstrip())
        if not m:
            return {}, text
        keys += 1
        last = field_of(m["key"]) or ""
        if last == "text":
            last = ""
        if last:
            fields[last] = (m["value"] or "").strip()
    return {}, text


def _dashes_follow(lines: list[str]) -> bool:
    for line in lines:
        if re.fullmatch(r"-{3,}\s*", line):
            return True
        if line.strip() and not _KEY.fullmatch(line.rstrip()):
            return False
    return False


def _join_head(lines: list[str], start: int) -> tuple[dict[str, str], str]:
    """The same head without its empty lines."""
    end = next(n for n, line in enumerate(lines) if n > start and re.fullmatch(r"-{3,}\s*", line))
    return split_head("\n".join([*(line for line in lines[start:end] if line.strip()), *lines[end:]]))
