"""Follow folders and feeds: what comes is taken in and coded within seconds, and each source's freshness is noted in the store.

One loop writes to the store. Feeds are asked by threads, one a feed, so that a dead one holds up
nobody; what they bring goes through one queue, in whose order it is taken. What was taken is marked
after it is stored: whatever dies in between, the item is read again, and known.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import AddressError, FetchError, RefusedError, StoreBusyError
from pipeline.intake import Refusal, find_files, make_article, read_bytes, read_path
from pipeline.intake.feeds import Entry, read_entries, teaser
from pipeline.intake.fetch import Fetcher, Page
from pipeline.intake.files import mark_of
from pipeline.intake.refusal import refuse
from pipeline.intake.sources import Source, Sources
from pipeline.models import Article
from pipeline.run import ArticleCoder, KnownTexts, Summary, ingest_items, utc_now

# Folders are looked through every second; where that takes long, after ten times as long, but so often at least. In seconds.
POLL_S = 1.0
POLL_MOST_S = 3.0
# A file younger than this may still be written to: it is taken when two looks find it the same.
SETTLED_S = 2.0
# How long the loop sleeps between two looks at its queue, in seconds.
TICK_S = 0.1
# A source that fails is asked after twice the time each time, up to this long, in seconds.
MOST_BACK_OFF_S = 6 * 3600.0
# A page that cannot be had is tried so often; then the feed's teaser is taken.
PAGE_ATTEMPTS = 3
# After a full disk or a locked store, the next try; in seconds.
STORE_PAUSE_S = 5.0

Log = Callable[[dict[str, Any]], None]


def json_log(write: Callable[[str], None]) -> Log:
    """A log that writes one JSON object a line, with the time."""

    def log(event: dict[str, Any]) -> None:
        write(json.dumps({"at": utc_now(), **event}, ensure_ascii=False))

    return log


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a feed's thread brings: an entry with its page, or the end of one asking (page None and entry None)."""

    source: Source
    entry: Entry | None = None
    page: Page | None = None
    error: str = ""  # why the page or the feed could not be had
    forbidden: bool = False  # and asking again would not help
    answer: Page | None = None  # of the feed itself, with the last thing brought
    last: bool = False


@dataclass
class Watch:
    """What is followed, and where each stands. `run` is the loop; `stop` ends it after the batch under way."""

    db: Database
    sources: Sources
    coder: ArticleCoder
    log: Log
    fetcher: Fetcher
    stop: threading.Event = field(default_factory=threading.Event)
    _brought: deque[_Brought] = field(default_factory=deque)  # what the store is too busy for goes back to the front
    _asking: set[str] = field(default_factory=set)
    _next: dict[str, float] = field(default_factory=dict)  # source -> when it is due, by the monotonic clock
    _looked: dict[str, dict[str, str]] = field(default_factory=dict)  # folder -> file -> its mark at the last look
    _failed: dict[str, list[Entry]] = field(default_factory=dict)  # source -> entries whose page is to be tried again
    _pause_until: float = 0.0

    def __post_init__(self) -> None:
        self._texts = KnownTexts(self.db)

    def run(self, *, once: bool = False) -> None:
        """Follow until `stop` is set; with `once`, look at every source once and end. StoreError ends it where the store is broken."""
        self._begin(once=once)
        self.log({"event": "started", "sources": len(self.sources.sources), "once": once})
        try:
            while not self.stop.is_set():
                self._turn(once=once)
                if once and not self._asking and not self._brought and all(t == float("inf") for t in self._next.values()):
                    break
                self.stop.wait(TICK_S)
        finally:
            self.log({"event": "stopped"})

    def _begin(self, *, once: bool) -> None:
        with store.writing(self.db):
            store.sync_live_sources(self.db, [(s.name, s.kind, s.place) for s in self.sources.sources])
        now, clock = dt.datetime.now(dt.UTC), time.monotonic()
        for row in store.live_sources(self.db):
            # A restart does not ask again what was asked a moment ago.
            wait = (dt.datetime.fromisoformat(row["next_at_utc"]) - now).total_seconds() if row["next_at_utc"] and not once else 0.0
            self._next[row["name"]] = clock + max(0.0, wait if row["kind"] == "feed" else 0.0)

    def _turn(self, *, once: bool) -> None:
        """Everything that is due now. A store that is full or locked costs a pause; what could not be written comes again."""
        if time.monotonic() < self._pause_until:
            return
        try:
            for source in self.sources.sources:
                if self.stop.is_set():
                    return
                if time.monotonic() >= self._next[source.name] and source.name not in self._asking:
                    self._look(source, once=once) if source.kind == "folder" else self._ask(source, once=once)
                self._take_brought()
        except StoreBusyError as e:
            self.log({"event": "store busy", "reason": str(e)})
            self._pause_until = time.monotonic() + STORE_PAUSE_S

    # --- folders ---

    def _look(self, source: Source, *, once: bool) -> None:
        began = time.monotonic()
        folder = Path(source.place)
        if not folder.is_dir():
            self._note(source, error=f"there is no folder {source.place}")
            self._next[source.name] = float("inf") if once else time.monotonic() + POLL_MOST_S
            return
        before, looked = self._looked.get(source.name, {}), dict[str, str]()
        self._looked[source.name] = looked
        taken = False
        for path in find_files([folder]):
            if self.stop.is_set():
                return
            size, changed_ns, number = mark_of(path)
            item, mark = str(path.relative_to(folder)), f"{size}:{changed_ns}:{number}"
            item = item.encode("utf-8", "replace").decode()
            looked[item] = mark
            if not number or before.get(item) == f"taken {mark}":
                looked[item] = before.get(item, mark)
                continue
            if store.live_mark(self.db, source.name, item) == mark:
                looked[item] = f"taken {mark}"
                continue
            settled = once or before.get(item) == mark or time.time() - changed_ns / 1e9 > SETTLED_S
            if settled:
                taken = self._take_file(source, path, item, mark, folder) or taken
                looked[item] = f"taken {mark}"
        if not taken:
            self._note(source, quiet=True)
        took = time.monotonic() - began
        self._next[source.name] = float("inf") if once else time.monotonic() + min(max(POLL_S, 10 * took), POLL_MOST_S)

    def _take_file(self, source: Source, path: Path, item: str, mark: str, folder: Path) -> bool:
        found = read_path(path, root=folder, columns=dict(source.columns) or None)
        summary = self._ingest(source, item, self._until_stopped(found))
        if self.stop.is_set():
            return False  # perhaps not all of it: it is read again, and what is known stays known
        with store.writing(self.db):
            store.save_live_mark(self.db, source.name, item, mark, at_utc=utc_now())
        self._note(source, summary=summary)
        return True

    def _until_stopped(self, items: Iterable[Article | Refusal]) -> Iterator[Article | Refusal]:
        for item in items:
            if self.stop.is_set():
                return
            yield item

    # --- feeds ---

    def _ask(self, source: Source, *, once: bool) -> None:
        row = next(r for r in store.live_sources(self.db) if r["name"] == source.name)
        seen = dict(self.db.execute("SELECT item, mark FROM live_seen WHERE source = ?", (source.name,)).fetchall())
        if source.name not in self._failed and any(_attempts(mark) for mark in seen.values()):
            # It was started anew, and what failed before is known by its mark alone: the feed names it.
            row |= {"etag": "", "last_modified": ""}
        self._asking.add(source.name)
        self._next[source.name] = float("inf") if once else time.monotonic() + source.every_s
        # A thread of its own that no end waits for: a feed that hangs must not hold up a stop.
        threading.Thread(target=self._asked, args=(source, row["etag"], row["last_modified"], seen), daemon=True).start()

    def _asked(self, source: Source, etag: str, last_modified: str, seen: dict[str, str]) -> None:
        """In a thread: ask one feed, fetch the pages that its new entries name, bring all of it."""
        try:
            answer = self.fetcher.fetch(source.place, etag=etag, last_modified=last_modified, robots=source.robots)
            if answer.status not in (200, 304):
                self._brought.append(_Brought(source, error=f"it answers {answer.status}", answer=answer, last=True))
                return
            # A feed that stands as it was names no entries; those whose page failed are tried again all the same.
            entries = {entry.key: entry for entry in self._failed.get(source.name, ())}
            if answer.status == 200:
                entries |= {entry.key: entry for entry in read_entries(answer.content, url=answer.url)}
            failed: list[Entry] = []
            for entry in entries.values():
                if self.stop.is_set() or seen.get(entry.key, "") == _mark(entry):
                    continue
                brought = self._bring(source, entry)
                if brought.error and not brought.forbidden and _attempts(seen.get(entry.key)) + 1 < PAGE_ATTEMPTS:
                    failed.append(entry)
                self._brought.append(brought)
            self._failed[source.name] = failed
            self._brought.append(_Brought(source, answer=answer, last=True))
        except (FetchError, RefusedError) as e:
            self._brought.append(_Brought(source, error=str(e), last=True))
        except Exception as e:
            # Whatever breaks here must not leave the source waiting for ever.
            self._brought.append(_Brought(source, error=f"reading it broke ({type(e).__name__}: {e})", last=True))

    def _bring(self, source: Source, entry: Entry) -> _Brought:
        url = entry.fields.get("url", "")
        if entry.is_full or not source.pages or not url:
            return _Brought(source, entry)
        try:
            page = self.fetcher.fetch(url, robots=source.robots)
        except FetchError as e:
            return _Brought(source, entry, error=str(e), forbidden=isinstance(e, AddressError))
        if page.status != 200:
            return _Brought(source, entry, error=f"its page answers {page.status}", forbidden=page.status in (401, 402, 403, 404, 410, 451))
        return _Brought(source, entry, page)

    def _take_brought(self) -> None:
        while not self.stop.is_set():
            try:
                brought = self._brought.popleft()
            except IndexError:
                return
            try:
                if brought.entry is not None:
                    self._take_entry(brought, brought.entry)
                if brought.last:
                    self._end_asking(brought)
            except StoreBusyError:
                self._brought.appendleft(brought)
                raise

    def _take_entry(self, brought: _Brought, entry: Entry) -> None:
        source, mark = brought.source, _mark(entry)
        if brought.error and not brought.forbidden:
            attempts = _attempts(store.live_mark(self.db, source.name, entry.key)) + 1
            if attempts < PAGE_ATTEMPTS:
                self.log({"event": "page failed", "source": source.name, "item": entry.fields.get("url", ""), "reason": brought.error})
                with store.writing(self.db):
                    store.save_live_mark(self.db, source.name, entry.key, f"failed {attempts}", at_utc=utc_now())
                return
        item = entry.fields.get("url") or entry.key
        if brought.page is not None:
            given = {k: v for k, v in entry.fields.items() if k != "text"} | {"url": brought.page.url}
            found = list(read_bytes(brought.page.content, item, given=given))
            if not any(isinstance(f, Article) for f in found) and entry.fields.get("text"):
                found += self._from_entry(teaser(entry), item)
        elif entry.fields.get("text"):
            found = self._from_entry(dict(entry.fields) if entry.is_full else teaser(entry), item)
        else:
            found = [
                Refusal(item, "read", f"its page cannot be had: {brought.error}" if brought.error else "it has no text and no page", b"", 0)
            ]
        summary = self._ingest(source, item, found)
        with store.writing(self.db):
            store.save_live_mark(self.db, source.name, entry.key, mark, at_utc=utc_now())
        self._note(source, summary=summary)

    def _from_entry(self, fields: dict[str, str], item: str) -> list[Article | Refusal]:
        try:
            return [make_article(published_source="metadata" if fields.get("published") else None, **fields)]
        except RefusedError as e:
            return [refuse(e, item, fields.get("text", "").encode("utf-8", "replace"))]

    def _end_asking(self, brought: _Brought) -> None:
        source, answer = brought.source, brought.answer
        if brought.error:
            retry = answer.retry_after_s if answer else None
            self._note(source, error=brought.error, retry_after_s=retry)
        else:
            self._note(source, quiet=True, answer=answer)
        self._asking.discard(source.name)

    # --- what all of them do ---

    def _ingest(self, source: Source, item: str, found: Iterable[Article | Refusal]) -> Summary:
        began = time.monotonic()
        summary = ingest_items(self.db, found, coder=self.coder, command="watch", texts=self._texts, patience=1)
        event = {
            "event": "taken",
            "source": source.name,
            "item": item,
            "read": summary.read,
            "new": summary.new,
            "reports": summary.reports,
        }
        event |= {"incidents": summary.incidents, "refused": len(summary.refused), "seconds": round(time.monotonic() - began, 3)}
        if summary.refused:
            event["reasons"] = [reason for _, reason in summary.refused[:10]]
        self.log(event)
        return summary

    def _note(
        self, source: Source, *, summary: Summary | None = None, error: str = "", quiet: bool = False, answer: Page | None = None,
        retry_after_s: float | None = None,
    ) -> None:  # fmt: skip
        """Note in the store what came of looking at a source. A quiet look at a folder that is fresh already is not written each second."""
        row = next(r for r in store.live_sources(self.db) if r["name"] == source.name)
        now = utc_now()
        if source.kind == "folder" and quiet and not row["error"] and row["fresh_at_utc"] and _seconds_since(row["fresh_at_utc"]) < 60:
            return
        if error and error == row["error"] and source.kind == "folder" and _seconds_since(row["checked_at_utc"]) < 60:
            return
        values: dict[str, Any] = {"checked_at_utc": now}
        if error:
            wait = min(source.every_s * 2 ** min(row["failures"] + 1, 20), MOST_BACK_OFF_S)
            wait = max(wait, min(retry_after_s or 0.0, 86_400.0))
            values |= {"failures": row["failures"] + 1, "error": error}
            if source.kind == "feed":
                self._next[source.name] = max(self._next[source.name], time.monotonic() + wait)
                values["next_at_utc"] = _in_seconds(wait)
            self.log({"event": "failed", "source": source.name, "reason": error, "failures": row["failures"] + 1, "next_s": round(wait)})
        else:
            values |= {"failures": 0, "error": "", "fresh_at_utc": now}
            if source.kind == "feed":
                values["next_at_utc"] = _in_seconds(source.every_s)
        if answer and answer.status == 200:
            values |= {"etag": answer.etag, "last_modified": answer.last_modified}
        if summary:
            values |= {"articles": row["articles"] + summary.new, "refused": row["refused"] + len(summary.refused)}
            if summary.new:
                values["new_at_utc"] = now
        with store.writing(self.db):
            store.save_live_source(self.db, source.name, values)


def _attempts(mark: str | None) -> int:
    """How often the page of an entry could not be had, by its mark."""
    return int(mark.removeprefix("failed ")) if mark and mark.startswith("failed ") else 0


def _mark(entry: Entry) -> str:
    """What changes when an entry does."""
    told = "\0".join(entry.fields.get(name, "") for name in ("headline", "text", "url"))
    return hashlib.blake2b(f"{entry.updated}\0{told}".encode("utf-8", "replace"), digest_size=10).hexdigest()


def _seconds_since(moment: str | None) -> float:
    return (dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(moment)).total_seconds() if moment else float("inf")


def _in_seconds(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
