"""Articles that somebody brings to the Ingest page: looked at first, with nothing stored, and then taken in."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard import dating
from dashboard.access import must_edit
from dashboard.wording import plural
from pipeline.errors import RefusedError
from pipeline.intake import Refusal, make_article
from pipeline.intake.refusal import refuse
from pipeline.models import Article
from pipeline.settings import Settings
from pipeline.store import active_coder, article_known, open_store, open_store_readonly

PASTED = "pasted text"
# Of what is brought so many items are read for a look, and so many articles coded; the rest is taken in unseen.
LOOKED_AT = 500
CODED = 10


@dataclass(frozen=True, slots=True)
class Brought:
    """Files by name, or one pasted text; `published` dates what says no date itself."""

    files: tuple[tuple[str, bytes], ...] = ()
    text: str = ""
    source: str = ""
    url: str = ""
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One article as it would be stored; `coding` is what was found in it, None where that was not looked at."""

    article: Article
    known: bool
    coding: Any = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is in something brought. `more` says that only its first LOOKED_AT items were read."""

    brought: Brought
    seen: tuple[Seen, ...]
    refused: tuple[tuple[str, str], ...]
    more: bool

    @property
    def new(self) -> int:
        """How many of the articles are not in the store yet."""
        return sum(not seen.known for seen in self.seen)


def safe_name(name: str, taken: Sequence[str]) -> str:
    """A file name without folders that none of `taken` has; what is refused is listed under it."""
    base = Path(name.replace("\\", "/")).name.lstrip(".").strip() or "unnamed"
    stem, suffix = Path(base).stem[:120], Path(base).suffix[:12]
    candidate, n = f"{stem}{suffix}", 1
    while candidate in taken:
        n += 1
        candidate = f"{stem} ({n}){suffix}"
    return candidate


@contextmanager
def _folder(brought: Brought) -> Iterator[Path]:
    """The files in a folder of their own, as long as they are read."""
    with tempfile.TemporaryDirectory(prefix="dateline-upload-") as folder:
        names: list[str] = []
        for name, content in brought.files:
            names.append(safe_name(name, names))
            (Path(folder) / names[-1]).write_bytes(content)
        yield Path(folder)


def _pasted(brought: Brought) -> Article | Refusal:
    try:
        return make_article(text=brought.text, source=brought.source, url=brought.url, published=brought.published)
    except RefusedError as e:
        return refuse(e, PASTED, brought.text.encode())


@contextmanager
def _items(brought: Brought) -> Iterator[Iterator[Article | Refusal]]:
    from pipeline.run import read_items

    if brought.files:
        with _folder(brought) as folder:
            yield read_items([folder], published=brought.published)
    else:
        yield iter([_pasted(brought)])


def coder_of(settings: Settings, db: Any) -> Any:
    """The coder that codes into this store; `db` is None where there is none yet."""
    name = settings.coder or (active_coder(db) if db is not None else "rules")
    return dating.cached_coder(settings.model, str(settings.cache), name)


def look_at(settings: Settings, brought: Brought) -> Look:
    """What is in it, and what would be coded of its first articles; nothing is stored, and no store is made."""
    from pipeline.workers import code_article

    seen: list[Seen] = []
    refused: list[tuple[str, str]] = []
    more = False
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store_readonly(settings.store))) if settings.store.exists() else None
        items = stack.enter_context(_items(brought))
        for n, item in enumerate(itertools.islice(items, LOOKED_AT + 1)):
            if n == LOOKED_AT:
                more = True
            elif isinstance(item, Refusal):
                refused.append((item.item, item.reason))
            else:
                known = store is not None and article_known(store, item.article_id)
                coded = code_article(item, coder_of(settings, store)) if len(seen) < CODED else None
                seen.append(Seen(item, known, coded))
    return Look(brought, tuple(seen), tuple(refused), more)


def take_in(settings: Settings, brought: Brought, progress: Callable[[Any], None] | None = None) -> tuple[Any, tuple[str, ...]]:
    """Store and code what is brought; the run's Summary, and the id of a pasted article that was not refused.

    NotAllowedError for a reader.
    """
    from pipeline.run import ingest_items

    must_edit()
    with closing(open_store(settings.store)) as db:
        coder = coder_of(settings, db)
        if brought.files:
            with _items(brought) as items:
                return ingest_items(db, items, coder=coder, progress=progress), ()
        item = _pasted(brought)
        ids = (item.article_id,) if isinstance(item, Article) else ()
        return ingest_items(db, [item], coder=coder, progress=progress), ids


@dataclass(slots=True)
class Pace:
    """How a run gets on, in words; `total` items are to come, where that is known."""

    total: int | None = None
    began: float = field(default_factory=time.monotonic)

    def words(self, summary: Any, *, now: float | None = None) -> str:
        """'64 of 500 read, 60 new, 12 incidents so far · 8 a second · about a minute left'."""
        seconds = max((time.monotonic() if now is None else now) - self.began, 0.001)
        rate = summary.read / seconds
        of = f" of {self.total:,}" if self.total and self.total >= summary.read else ""
        refused = f", {len(summary.refused):,} refused" if summary.refused else ""
        parts = [f"{summary.read:,}{of} read, {summary.new:,} new{refused}, {plural(summary.incidents, 'incident')} so far"]
        parts.append(f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:,.0f} a minute")
        if of and self.total and summary.read:
            parts.append(left_words((self.total - summary.read) / rate))
        return " · ".join(parts)

    def share(self, summary: Any) -> float | None:
        """How much of it is done, 0..1; None where that is not known."""
        return min(summary.read / self.total, 1.0) if self.total else None


def left_words(seconds: float) -> str:
    """'about 3 minutes left'."""
    if seconds < 1:
        return "nearly done"
    if seconds < 90:
        return f"about {plural(round(seconds), 'second')} left"
    if seconds < 5400:
        return f"about {plural(round(seconds / 60), 'minute')} left"
    return f"about {plural(round(seconds / 3600), 'hour')} left"
