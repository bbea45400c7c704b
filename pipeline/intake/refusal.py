"""What became of an input that was not taken."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import RefusedError

# So much of a refused item is kept for a person to look at, in bytes.
KEPT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """One item that was not taken: where it was refused and why, its first bytes and its size in bytes."""

    item: str
    step: str
    reason: str
    content: bytes | None
    size: int


def refuse(error: RefusedError, item: str, content: bytes | None = None, *, size: int | None = None) -> Refusal:
    """The Refusal of an item for an error, with no more than KEPT_BYTES of it."""
    kept = content[:KEPT_BYTES] if content is not None else None
    return Refusal(item, error.step, error.reason, kept, size if size is not None else len(content or b""))
