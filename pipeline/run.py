"""The steps, in order: read -> save -> origin -> code -> link -> resolve.

Articles are taken in batches. A batch is coded outside the store and then written in one
transaction, so that a process that dies leaves whole articles or none, and two processes can fill
one store. Running again on the same input changes not one row, the log of runs included.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlite_utils import Database

from pipeline import store
from pipeline.actors import load_actors
from pipeline.errors import NotFoundError, RefusedError, StoreBusyError, StoreError, StoreFullError, UnreadableError
from pipeline.incidents import update_incidents
from pipeline.intake import Explain, Refusal, find_files, read_path
from pipeline.intake.origins import OriginIndex, Signature, find_origin, lookup_runs, signature
from pipeline.intake.refusal import refuse
from pipeline.models import Article, Report, as_plain
from pipeline.settings import SEEDS, Settings
from pipeline.workers import CHUNK_ARTICLES, Workers, code_article

# Large enough that a commit (a sync to disk) costs little beside the coding, small enough that another
# writer waits a fraction of a second and that a kill loses about a second of work.
BATCH_ITEMS = 32

# Stored articles are coded again so many at a time.
RECODE_ITEMS = 500

# A store that another program holds is tried so often, half a minute each time.
LOCKED_TRIES = 10

DEMONSTRATION = SEEDS / "articles"


class CodedArticle(Protocol):
    """What a coder gives back for one article."""

    @property
    def outcome(self) -> str:
        """One of those that store.save_coding lists."""
        ...

    @property
    def reason(self) -> str:
        """Why this outcome, one sentence; may be empty."""
        ...

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports, in the order of the text."""
        ...


class ArticleCoder(Protocol):
    """Anything that codes articles."""

    @property
    def name(self) -> str:
        """Which coder it is; an article has one coding by each."""
        ...

    @property
    def version(self) -> str:
        """Changes with everything that can change what it finds."""
        ...

    def code(self, article: Article) -> CodedArticle:
        """What the article says of which events."""
        ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did, in items. `incidents` are those that are new or that a new report joined."""

    read: int = 0
    new: int = 0
    duplicates: int = 0
    coded: int = 0
    reports: int = 0
    incidents: int = 0
    refused: tuple[tuple[str, str], ...] = ()  # (item, reason)
    older: int = 0  # passed over because they came out before --since


@dataclass(slots=True)
class _Tally:
    """The counts of a run under way."""

    read: int = 0
    new: int = 0
    duplicates: int = 0
    coded: int = 0
    reports: int = 0
    incidents: set[str] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)
    older: int = 0

    def add(self, other: _Tally) -> None:
        """Count what another counted too."""
        for name in ("read", "new", "duplicates", "coded", "reports", "older"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.incidents |= other.incidents
        self.refused += other.refused

    def summary(self) -> Summary:
        return Summary(
            self.read, self.new, self.duplicates, self.coded, self.reports, len(self.incidents), tuple(self.refused), self.older
        )  # fmt: skip


Progress = Callable[[Summary], None]


def utc_now() -> str:
    """The time now, ISO 8601 in UTC, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ingest(
    db: Database,
    paths: Sequence[Path],
    *,
    coder: ArticleCoder,
    settings: Settings,
    published: str | None = None,
    columns: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    command: str = "ingest",
    since: str | None = None,
    limit: int | None = None,
    explain: Explain | None = None,
) -> Summary:
    """Take files and folders of articles into the store and code what is new.

    `published` dates articles that say no date themselves, `columns` maps our column names to theirs.
    Articles of days before `since` are passed over; no more than `limit` items are read. `explain` is
    called with how each article was read, `progress` with the Summary so far after every batch. With
    `Workers` as the coder, articles are coded in several processes; what is written is the same. What
    cannot be taken goes to quarantine with its reason, and the run goes on; StoreError and
    SettingsError end it.
    """
    items = read_items(paths, published=published, columns=columns, explain=explain)
    return ingest_items(db, items, coder=coder, progress=progress, command=command, since=since, limit=limit)


def read_items(
    paths: Sequence[Path], *, published: str | None = None, columns: Mapping[str, str] | None = None, explain: Explain | None = None
) -> Iterator[Article | Refusal]:
    """Every article of these files and folders, or the reason it cannot be taken, in the order of the paths."""
    for path in paths:
        if not path.exists():
            yield Refusal(str(path), UnreadableError.step, "there is no such file or folder", None, 0)
            continue
        root = path if path.is_dir() else path.parent
        for file in find_files([path]):
            yield from read_path(file, published=published, columns=columns, root=root, is_named=file == path, explain=explain)


def ingest_items(
    db: Database,
    items: Iterable[Article | Refusal],
    *,
    coder: ArticleCoder,
    progress: Progress | None = None,
    command: str = "ingest",
    since: str | None = None,
    limit: int | None = None,
    texts: KnownTexts | None = None,
    patience: int = LOCKED_TRIES,
) -> Summary:
    """Store and code what is new among these items; see `ingest`.

    `texts` are those known from earlier calls on this store. A store that another program holds is tried `patience`
    times, each time for as long as the store waits (half a minute), before StoreBusyError; a full disk raises
    StoreFullError at once. Whatever ends it, what was stored stays, and the same call goes on from there.
    """
    texts = texts or KnownTexts(db)
    if not texts.synced:
        _patiently(lambda: sync_actors(db), patience)
        texts.synced = True
    run, tally = _Run(db, command, coder, texts), _Tally()
    under_way: deque[_Batch] = deque()
    # Processes code the next batches while this one is written; alone, a batch is written before the next is read.
    ahead = 2 if isinstance(coder, Workers) else 0
    try:
        for batch in batched(_chosen(items, tally, since=since, limit=limit)):
            under_way.append(_start(db, batch, coder=coder, under_way=under_way))
            while len(under_way) > ahead:
                _take(db, under_way.popleft(), run=run, tally=tally, patience=patience)
                if progress:
                    progress(tally.summary())
        while under_way:
            _take(db, under_way.popleft(), run=run, tally=tally, patience=patience)
            if progress:
                progress(tally.summary())
    except BaseException:
        run.texts.forget()  # it may know texts of a batch that was not written
        raise
    _patiently(lambda: run.finish(tally.summary()), patience)
    return tally.summary()


def _patiently(write: Callable[[], None], patience: int) -> None:
    """Write, again where another program holds the store, `patience` times in all."""
    for attempt in range(patience):
        try:
            write()
            return
        except StoreBusyError as e:
            if isinstance(e, StoreFullError) or attempt + 1 >= patience:
                raise


def check_items(
    db: Database | None,
    items: Iterable[Article | Refusal],
    *,
    progress: Progress | None = None,
    since: str | None = None,
    limit: int | None = None,
) -> Summary:
    """What `ingest_items` would do, as far as it can be told without coding; nothing is written."""
    tally, seen = _Tally(), set[bytes]()
    for batch in batched(_chosen(items, tally, since=since, limit=limit)):
        for item in batch:
            tally.read += 1
            if isinstance(item, Refusal):
                tally.refused.append((item.item, item.reason))
                continue
            key = bytes.fromhex(item.article_id.removeprefix("a"))
            known = key in seen or (db is not None and store.article_known(db, item.article_id))
            seen.add(key)
            tally.duplicates += known
            tally.new += not known
        if progress:
            progress(tally.summary())
    return tally.summary()


def _chosen(items: Iterable[Article | Refusal], tally: _Tally, *, since: str | None, limit: int | None) -> Iterator[Article | Refusal]:
    """The items that are wanted: none of articles from before `since`, no more than `limit`. Undated ones may be new, and stay."""
    taken = 0
    for item in items:
        if isinstance(item, Article) and since and item.published and item.published < since:
            tally.older += 1
            continue
        if limit is not None and taken >= limit:
            return
        taken += 1
        yield item


def batched(items: Iterable[Article | Refusal]) -> Iterator[list[Article | Refusal]]:
    """The items in lists of BATCH_ITEMS; known ones count too, so that a continued run cuts where the first did."""
    rest = iter(items)
    while batch := list(itertools.islice(rest, BATCH_ITEMS)):
        yield batch


def sync_actors(db: Database) -> None:
    """Bring the actor list of the seeds into the store, where it differs."""
    actors = load_actors()
    with store.writing(db):
        store.save_actors(db, actors.rows(), actors.tree())


@dataclass(slots=True)
class KnownTexts:
    """The texts of a store that new ones are compared with; what is kept of them in memory holds until somebody else writes to the store.

    `synced` says that the store was given the actor list of the seeds; that is done once for many small calls.
    """

    db: Database
    index: OriginIndex = field(default_factory=OriginIndex)
    version: int | None = None
    synced: bool = False

    def origins(self) -> OriginIndex:
        """The texts known so far."""
        version = store.data_version(self.db)
        if version != self.version:
            self.index = OriginIndex(self)
            self.version = version
        return self.index

    def forget(self) -> None:
        """Load them anew at the next look: what was written since was taken back."""
        self.version, self.synced = None, False

    def runs_of_day(self, day: str | None) -> Iterator[tuple[str, bytes]]:
        """(article id, its `lookup_runs`) of the stored articles of one day."""
        older: list[str] = []
        for article_id, runs in store.runs_of_day(self.db, day):
            if runs is None:
                older.append(article_id)
            else:
                yield article_id, lookup_runs(runs)
        for n in range(0, len(older), RECODE_ITEMS):
            for article in store.load_articles(self.db, older[n : n + RECODE_ITEMS]):
                yield article.article_id, lookup_runs(signature(article).runs)

    def signatures(self, article_ids: Sequence[str]) -> Iterator[tuple[Signature, str]]:
        """The signatures of stored articles, each with its origin's id as it is now."""
        for article_id, source, agency, origin_id, runs in store.runs_of(self.db, article_ids):
            if runs is None:
                (article,) = store.load_articles(self.db, [article_id])
                runs = signature(article).runs
            yield Signature(article_id, source, agency, runs), origin_id


@dataclass(slots=True)
class _Run:
    """The row that logs a run; it is written with the first thing the run writes."""

    db: Database
    command: str
    coder: ArticleCoder
    texts: KnownTexts
    run_id: int | None = None

    def id(self) -> int:
        if self.run_id is None:
            self.run_id = store.begin_run(
                self.db, command=self.command, coder=self.coder.name, coder_version=self.coder.version, at_utc=utc_now()
            )
        return self.run_id

    def undo(self, run_id: int | None) -> None:
        """Forget what a transaction that was taken back had noted."""
        self.run_id = run_id
        self.texts.forget()

    def finish(self, summary: Summary) -> None:
        if self.run_id is None:
            return
        counts = {name: value for name, value in as_plain(summary).items() if name != "refused"}
        with store.writing(self.db):
            store.finish_run(self.db, self.run_id, counts=counts | {"refused": len(summary.refused)}, at_utc=utc_now())


@dataclass(slots=True)
class _Batch:
    """A batch whose new articles are being coded, or have been."""

    items: Sequence[Article | Refusal]
    articles: dict[str, Article]
    codings: Sequence[Future[Any]]
    new: list[str]  # the ids being coded, in the order of `codings`

    def coded(self) -> dict[str, CodedArticle]:
        """What was found in each new article, by id; waits until it is there."""
        return dict(zip(self.new, (coded for future in self.codings for coded in future.result()), strict=True))


def _start(db: Database, items: Sequence[Article | Refusal], *, coder: ArticleCoder, under_way: Iterable[_Batch]) -> _Batch:
    """A batch whose articles are coded outside the store: here, or by processes while the caller goes on."""
    articles = {item.article_id: item for item in items if isinstance(item, Article)}
    waiting = {article_id for batch in under_way for article_id in batch.new}
    new = [i for i in articles if i not in waiting and not store.article_known(db, i)]
    codings: Sequence[Future[Any]]
    if isinstance(coder, Workers):
        chunks = [new[n : n + CHUNK_ARTICLES] for n in range(0, len(new), CHUNK_ARTICLES)]
        codings = [coder.submit([articles[i] for i in chunk]) for chunk in chunks]
    else:
        done: Future[list[CodedArticle]] = Future()
        done.set_result([code_article(articles[i], coder) for i in new])
        codings = [done]
    return _Batch(items, articles, codings, new)


def _take(db: Database, started: _Batch, *, run: _Run, tally: _Tally, patience: int) -> None:
    """Write one batch, once it is coded, in one transaction; where that cannot be, item by item.

    A locked store is tried `patience` times. An item that breaks its storing or linking is refused by itself.
    """
    codings, run_id = started.coded(), run.run_id

    def write() -> None:
        counted = _Tally()
        try:
            _write(db, started.items, started.articles, codings, run=run, tally=counted)
        except BaseException:
            run.undo(run_id)
            raise
        tally.add(counted)

    try:
        _patiently(write, patience)
    except (StoreError, sqlite3.OperationalError, ImportError, SyntaxError, MemoryError):
        raise  # no fault of an article
    except Exception as e:
        if type(e) is sqlite3.DatabaseError:
            raise  # the file itself is broken
        _take_singly(db, started, e, run=run, tally=tally, patience=patience)


def _take_singly(db: Database, started: _Batch, error: Exception, *, run: _Run, tally: _Tally, patience: int) -> None:
    """Write the items of a batch that broke one by one; the one that broke it is refused."""
    if len(started.items) > 1:
        codings = started.coded()
        for item in started.items:
            mine = {item.article_id: item} if isinstance(item, Article) else {}
            coded: Future[list[CodedArticle]] = Future()
            coded.set_result([codings[i] for i in mine if i in codings])
            _take(db, _Batch([item], mine, [coded], [i for i in mine if i in codings]), run=run, tally=tally, patience=patience)
        return
    (item,) = started.items
    reason = f"storing it broke ({type(error).__name__}: {str(error)[:200]})"
    if isinstance(item, Refusal):
        # What is kept of it cannot be stored: its reason still counts.
        tally.add(_Tally(read=1, refused=[(item.item, f"{item.reason}; {reason}")]))
        return
    content = item.text.encode("utf-8", "replace")
    refusal = refuse(RefusedError(reason, step="store"), item.file_name or item.article_id, content)
    _take(db, _Batch([refusal], {}, [], []), run=run, tally=tally, patience=patience)


def _write(
    db: Database, batch: Sequence[Article | Refusal], articles: Mapping[str, Article], codings: Mapping[str, CodedArticle],
    *, run: _Run, tally: _Tally,
) -> None:  # fmt: skip
    refusals = [item for item in batch if isinstance(item, Refusal)]
    tally.read += len(batch)
    taken = sum(isinstance(item, Article) for item in batch)
    if not codings and not refusals:
        tally.duplicates += taken
        return
    with store.writing(db):
        for refusal in refusals:
            _refuse(db, refusal, run=run, tally=tally)
        new = [articles[i] for i in codings if not store.article_known(db, i)]  # another writer may have been faster
        tally.duplicates += taken - len(new)
        changed = {i for article in new for i in _save(db, article, codings[article.article_id], run=run, tally=tally)}
        tally.incidents |= update_incidents(db, changed)


def _refuse(db: Database, refusal: Refusal, *, run: _Run, tally: _Tally) -> None:
    tally.refused.append((refusal.item, refusal.reason))
    kept = dataclasses.asdict(refusal)
    if not store.quarantine_known(db, store.quarantine_id(**kept)):
        store.save_quarantine(db, **kept, run_id=run.id())


def _save(db: Database, article: Article, coding: CodedArticle, *, run: _Run, tally: _Tally) -> list[str]:
    """Store a new article with its origin and what was coded from it; the articles this bears on, by id."""
    revision = store.latest_revision(db, article.story_id) + 1
    origin = find_origin(article, run.texts.origins())
    store.save_origin(db, origin.origin_id, agency=origin.agency, basis=origin.basis)
    moved = store.join_origins(db, origin.origin_id, origin.replaces) if origin.replaces else []
    article = dataclasses.replace(article, revision=revision)
    store.save_article(db, article, run_id=run.id(), origin_id=origin.origin_id, origin_basis=origin.basis)
    store.save_runs(db, article.article_id, origin.runs)
    if revision > 1:
        store.order_revisions(db, article.story_id)  # an older one may arrive late
    _save_coding(db, article.article_id, coding, run=run, tally=tally)
    tally.new += 1
    if coding.outcome == "failed":
        tally.refused.append((article.file_name or article.article_id, coding.reason))
    return [article.article_id, *moved]


def _save_coding(
    db: Database, article_id: str, coding: CodedArticle, *, run: _Run, tally: _Tally, known: Sequence[Report] = ()
) -> None:  # fmt: skip
    """Store what was found in an article; `known` are its reports before, whose ids stay with the events they tell."""
    coder = run.coder
    reports = keep_report_ids(known, own_ids(db, coding.reports, article_id=article_id, coder=coder.name))
    store.save_coding(
        db, article_id, reports, coder=coder.name, coder_version=coder.version, outcome=coding.outcome, reason=coding.reason,
        run_id=run.id(),
    )  # fmt: skip
    tally.coded += coding.outcome in ("coded", "nothing")
    tally.reports += len(reports)


def recode(db: Database, article_ids: Sequence[str], *, coder: ArticleCoder, command: str = "recode") -> Summary:
    """Code stored articles again, as when one of them was given its date; link and resolve what changed.

    A report that tells the event of one before it keeps its id. What other coders than the active one found in
    them before is forgotten; `code_stored` has them code again. NotFoundError names an article the store
    does not have.
    """
    articles = list(store.load_articles(db, article_ids))
    missing = sorted(set(article_ids) - {a.article_id for a in articles})
    if missing:
        raise NotFoundError(f"there is no article {missing[0]} in the store")
    codings = {a.article_id: code_article(a, coder) for a in articles}
    run, tally = _Run(db, command, coder, KnownTexts(db)), _Tally(read=len(articles))
    with store.writing(db):
        for story_id in sorted({a.story_id for a in articles}):
            store.order_revisions(db, story_id)
        before = _replace_codings(db, codings, run=run, tally=tally)
        if store.active_coder(db) == coder.name:
            store.drop_codings_beside(db, article_ids)
        tally.incidents |= update_incidents(db, codings, changed={i for ids in before.values() for i in ids})
    run.finish(tally.summary())
    return tally.summary()


def code_stored(db: Database, *, coder: ArticleCoder, progress: Progress | None = None, command: str = "recode") -> Summary:
    """Code the stored articles that this coder, or this version of it, has not coded.

    Where it is the active coder, incidents follow; else its reports are saved beside those of the active one.
    """
    run, tally = _Run(db, command, coder, KnownTexts(db)), _Tally()
    ids = store.uncoded_articles(db, coder=coder.name, coder_version=coder.version)
    for n in range(0, len(ids), BATCH_ITEMS):
        articles = list(store.load_articles(db, ids[n : n + BATCH_ITEMS]))
        codings = {a.article_id: code_article(a, coder) for a in articles}
        tally.read += len(articles)
        with store.writing(db):
            before = _replace_codings(db, codings, run=run, tally=tally)
            tally.refused += [(i, coding.reason) for i, coding in codings.items() if coding.outcome == "failed"]
            if store.active_coder(db) == coder.name:
                tally.incidents |= update_incidents(db, codings, changed={i for ids in before.values() for i in ids})
        if progress:
            progress(tally.summary())
    run.finish(tally.summary())
    return tally.summary()


def recode_outdated(db: Database, *, coder: ArticleCoder, progress: Progress | None = None) -> dict[str, set[str]]:
    """Code every article again that another version of this coder coded; by article the incidents its reports were in.

    To be called within the transaction that links and resolves them: see `pipeline.rebuild`.
    """
    run, tally = _Run(db, "rebuild", coder, KnownTexts(db)), _Tally()
    ids = store.outdated_articles(db, coder=coder.name, coder_version=coder.version)
    before: dict[str, set[str]] = {}
    for n in range(0, len(ids), RECODE_ITEMS):
        articles = list(store.load_articles(db, ids[n : n + RECODE_ITEMS]))
        tally.read += len(articles)
        before |= _replace_codings(db, {a.article_id: code_article(a, coder) for a in articles}, run=run, tally=tally)
        if progress:
            progress(tally.summary())
    run.finish(tally.summary())
    return before


def _replace_codings(db: Database, codings: Mapping[str, CodedArticle], *, run: _Run, tally: _Tally) -> dict[str, set[str]]:
    """Store new codings in place of those before; by article the incidents that its reports were in."""
    before = {article_id: store.incidents_of(db, [article_id]) for article_id in codings}
    for article_id, coding in codings.items():
        known = store.load_reports(db, "r.article_id = ? AND r.coder = ?", (article_id, run.coder.name))
        _save_coding(db, article_id, coding, run=run, tally=tally, known=known)
    return before


def own_ids(db: Database, reports: Sequence[Report], *, article_id: str, coder: str) -> list[Report]:
    """The reports of an article by a coder, under ids that no report of another coder has."""
    taken = store.taken_ids(db, [r.report_id for r in reports], article_id=article_id, coder=coder) if reports else set()
    return [
        dataclasses.replace(r, report_id="r" + hashlib.blake2b(f"{coder}\0{r.report_id}".encode(), digest_size=8).hexdigest())
        if r.report_id in taken
        else r
        for r in reports
    ]


def keep_report_ids(known: Sequence[Report], found: Sequence[Report]) -> list[Report]:
    """The new reports of an article, each under the id of the report before it that tells the same event.

    People's decisions name reports by their ids, and a coder numbers them as they come; a new first event
    would otherwise take the id, and the decisions, of the old one. What has no forerunner keeps its own id,
    or gets a fresh one where that id has gone to another.
    """
    if not known:
        return list(found)
    pairs = sorted((-likeness(a, b), n, m) for n, a in enumerate(known) for m, b in enumerate(found))
    heir: dict[int, int] = {}
    for against, n, m in pairs:
        if -against >= SAME_EVENT and n not in heir.values() and m not in heir:
            heir[m] = n
    taken = {known[n].report_id for n in heir.values()}
    renamed = []
    for m, report in enumerate(found):
        report_id = known[heir[m]].report_id if m in heir else report.report_id
        turn = 0
        while m not in heir and report_id in taken:
            turn += 1
            report_id = "r" + hashlib.blake2b(f"{report.report_id}\0{turn}".encode(), digest_size=8).hexdigest()
        taken.add(report_id)
        renamed.append(dataclasses.replace(report, report_id=report_id))
    return renamed


# Two readings of one article tell one event where this share of what both say of it agrees.
SAME_EVENT = 0.5
EVENT_FIELDS = ("sub_event_type", "date_start", "place_name", "side_a", "side_b", "deaths_best", "assertion")


def likeness(a: Report, b: Report) -> float:
    """How much two readings of an article agree on an event, 0 to 1: fields alike, and evidence in the same words."""
    same: float = sum(getattr(a, f) == getattr(b, f) for f in EVENT_FIELDS) / len(EVENT_FIELDS)
    one, other = ({(e.field, e.start, e.end) for e in r.evidence} for r in (a, b))
    shared = len(one & other) / min(len(one), len(other)) if one and other else same
    return (same + shared) / 2


# --- without a store of one's own ----------------------------------------------------------------

# The codebook's report fields, in its order; `evidence` last.
REPORT_FIELDS = (
    "assertion", "event_type", "sub_event_type", "modes", "date_start", "date_end", "date_prec", "date_basis",
    "place_name", "country", "admin1", "latitude", "longitude", "where_prec", "side_a", "side_b",
    "deaths_best", "deaths_low", "deaths_high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown",
    "injured_best", "injured_low", "injured_high", "count_vague", "claims", "attributions", "evidence",
)  # fmt: skip


def code_file(
    src: Path, out: Path, *, coder: ArticleCoder, progress: Progress | None = None, fields: Sequence[str] = REPORT_FIELDS
) -> Summary:
    """Run the whole chain over a file of articles in a temporary store; write one report a line.

    A line has `article_id` as the input gave it, `incident_id` as linked, and `fields` of the report.
    Input lines that are one and the same article (twice in the file, under two ids) each get its reports.
    """
    given: dict[str, list[str]] = {}

    def noting(items: Iterable[Article | Refusal]) -> Iterator[Article | Refusal]:
        for item in items:
            if isinstance(item, Article):
                ids = given.setdefault(item.article_id, [])
                ids += [i for i in (item.external_id or item.article_id,) if i not in ids]
            yield item

    with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
        db = store.open_store(Path(folder) / "code.db")
        db.execute("PRAGMA synchronous = OFF")  # nobody will open this file again
        try:
            summary = ingest_items(db, noting(read_items([src])), coder=coder, progress=progress, command="code")
            with out.open("w", encoding="utf-8") as lines:
                for article_id, ids in given.items():
                    rows = list(report_lines(db, article_id, fields=fields))
                    lines.writelines(json.dumps({"article_id": i} | row, ensure_ascii=False) + "\n" for i in ids for row in rows)
        finally:
            db.close()
    return summary


def report_lines(db: Database, article_id: str, *, fields: Sequence[str] = REPORT_FIELDS) -> Iterator[dict[str, Any]]:
    """The active coder's reports of one stored article as the codebook writes them, in the order of the text."""
    links = dict(store.incident_ids_of(db, article_id))
    reports = {r.report_id: r for r in store.load_reports(db, "r.article_id = ?", (article_id,))}
    for report_id, incident_id in links.items():
        plain = as_plain(reports[report_id])
        yield {"incident_id": incident_id} | {name: plain[name] for name in fields}


def places_file(src: Path, out: Path, *, coder: Any, progress: Progress | None = None) -> Summary:
    """Write every place named in a file of articles, one mention a line; offsets are into `text` as given.

    A line has `article_id, start, end, name, latitude, longitude`; the last two are null where no place fits.
    """
    tally = _Tally()
    with out.open("w", encoding="utf-8") as lines:
        for article_id, source, text in _raw_lines(src, tally):
            for mention in coder.places(text, source=source):
                place = mention.place
                row = {
                    "article_id": article_id, "start": mention.start, "end": mention.end, "name": mention.name,
                    "latitude": place.latitude if place else None, "longitude": place.longitude if place else None,
                }  # fmt: skip
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
                tally.reports += 1
            tally.read += 1
            if progress:
                progress(tally.summary())
    return tally.summary()


def _raw_lines(src: Path, tally: _Tally) -> Iterator[tuple[str, str, str]]:
    """(article_id, source, text) of each line of a JSON Lines file; lines that are none are counted as refused."""
    try:
        with src.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                    yield str(row["article_id"]), str(row.get("source") or ""), str(row["text"])
                except (ValueError, KeyError, TypeError, AttributeError) as e:
                    tally.read += 1
                    tally.refused.append((f"{src.name}:{number}", f"no JSON object with article_id and text ({e})"))
    except (OSError, UnicodeDecodeError) as e:
        raise UnreadableError(f"cannot be read ({e})", item=str(src)) from e
