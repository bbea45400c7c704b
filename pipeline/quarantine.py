"""What was refused, tried again: from the bytes kept, with a date or column names that were missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from pipeline import store
from pipeline.intake import Refusal, read_bytes
from pipeline.run import ArticleCoder, KnownTexts, ingest_items


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of one item: taken, in which words, or why it is refused still."""

    item_id: str
    taken: bool
    words: str


def retry(
    db: Database, item_ids: Sequence[str], *, coder: ArticleCoder, published: str | None = None, columns: Mapping[str, str] | None = None
) -> Iterator[Retried]:
    """Read refused items again, one by one. An item leaves quarantine once all of it is taken.

    What is refused again stays there as it was kept, its first reason included; the new one is told in what
    is given back. Items of which only the beginning was kept stay too. NotFoundError names an item that is
    not there.
    """
    texts = KnownTexts(db)
    for item_id in item_ids:
        item, content, size = store.load_quarantine(db, item_id)
        if not content or len(content) < size:
            kept = f"only {len(content or b''):,} of its {size:,} bytes were kept" if size else "nothing of it was kept"
            yield Retried(item_id, False, f"{kept}; bring it in again from where it came")
            continue
        found = list(read_bytes(content, _name_of(item), published=published, columns=columns))
        refusals = [f for f in found if isinstance(f, Refusal)]
        articles = [f for f in found if not isinstance(f, Refusal)]
        # What is taken and dies before it leaves quarantine is known when it is tried again.
        summary = ingest_items(db, articles, coder=coder, command="retry", texts=texts) if articles else None
        taken = summary.new + summary.duplicates if summary else 0
        reasons = [refusal.reason for refusal in refusals]
        if summary and taken < len(articles):  # what the coder failed on is taken all the same
            reasons += [reason for _, reason in summary.refused]
        if not reasons:
            with store.writing(db):
                store.drop_quarantine(db, item_id)
        if reasons:
            more = f" ({taken} articles of it are taken)" if taken else ""
            yield Retried(item_id, False, reasons[0] + more)
        else:
            yield Retried(item_id, True, f"{summary.new if summary else 0} new, {summary.duplicates if summary else 0} known")


def _name_of(item: str) -> str:
    """The name of the file that an item came from, by which its kind may be told: without the line or number behind it."""
    return re.sub(r"[:#]\d+$", "", item)
