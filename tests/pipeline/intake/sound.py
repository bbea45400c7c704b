"""What every reader must hold to, whatever it is given."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pipeline.intake import BROKE, Refusal
from pipeline.intake.refusal import KEPT_BYTES
from pipeline.models import Article


def assert_sound(items: Iterable[Article | Refusal]) -> None:
    """Whatever a reader yields is an article that can be written down, or a refusal with its step, reason and bytes."""
    for found in items:
        assert isinstance(found, Article | Refusal)
        if isinstance(found, Article):
            json.dumps([found.text, found.headline, found.url, found.source, found.note, found.external_id], ensure_ascii=False).encode()
            assert all(0 <= p.start < p.end <= len(found.text) for p in found.parts)
        else:
            assert found.reason
            assert not found.reason.startswith(BROKE), found.reason  # refused all right, but by a fault of ours
            assert found.step in ("read", "decode", "parse", "normalise")
            assert found.content is None or len(found.content) <= KEPT_BYTES
            found.reason.encode()
            found.item.encode()
