"""Every incident computed anew from the reports and the decisions, and what that changes.

Reports, decisions and the register of ids are what the store knows; all rows of incidents follow from
them. So a rebuild of a store that is in order changes nothing, and one that was damaged, linked by older
rules or coded by another version comes out as if it had always been so. No decision is touched.
"""

from __future__ import annotations

import dataclasses
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.incidents import Doubt, Plan, Work, choose_suggestions, find_doubts, let_go, plan_groups
from pipeline.models import Incident, as_plain

# Reports are planned in slices of this many, with all that is linked to them; more would only use more memory.
SLICE_REPORTS = 4_000
# With fewer reports than this, starting processes takes longer than they save.
PROCESSES_FROM = 20_000
PROCESSES_MAX = 4

# Fields of an incident that a diff does not list: they follow from others, or say how and not what.
NOT_LISTED = ("incident_id", "candidates", "rules")


@dataclass(frozen=True, slots=True)
class Change:
    """What a rebuild does to one incident: 'new', 'gone', 'merged' or 'changed', with the values (before, after) by field."""

    incident_id: str
    kind: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to: the versions of the rows before and after, how many live incidents, what changed."""

    before: str
    after: str
    incidents: int
    changes: tuple[Change, ...]


Recode = Callable[[], Mapping[str, set[str]]]  # codes articles again; by article the incidents its reports were in

Progress = Callable[[int, int], None]  # reports done, reports in all


class _Undone(Exception):
    pass


def rebuild(
    db: Database,
    *,
    recode: Recode | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Rebuilt:
    """Compute every incident anew, in one transaction; with `dry_run` nothing of it is kept.

    `recode` is called first, within the transaction, to replace the reports of articles that a new version of
    the coder reads otherwise; see `pipeline.run.recode_outdated`. `processes` is how many compute, by default as many as there are
    cores where it is worth it; what comes out is the same. After a recoding it is always this one, since others
    see only what was committed.
    """
    if processes is None:
        many = db.execute(f"SELECT COUNT(*) >= {PROCESSES_FROM} FROM reports").fetchone()[0]
        processes = min(PROCESSES_MAX, os.cpu_count() or 1) if many else 1
    if recode or db.conn.in_transaction:
        processes = 1
    result: Rebuilt | None = None
    try:
        with _uncollected(), store.writing(db):
            result = _rebuild(db, recode, progress, processes)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    assert result is not None
    return result


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: there are none in the millions of records of a rebuild, and looking takes a seventh of its time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _rebuild(db: Database, recode: Recode | None, progress: Progress | None, processes: int) -> Rebuilt:
    held: dict[str, list[str]] = {}
    for incident_id, report_id in db.execute("SELECT incident_id, report_id FROM incident_reports ORDER BY 2") if recode else ():
        held.setdefault(incident_id, []).append(report_id)
    with _Planners(processes, store.path_of(db)) as planners:
        before = planners.version(db)
        moved = recode() if recode else {}
        # Incidents whose reports were coded anew look for them where those articles are now.
        sought: dict[str, set[str]] = {}
        sql = f"SELECT report_id, article_id FROM reports WHERE article_id IN ({{marks}}) AND coder = {store.ACTIVE_CODER}"
        for report_id, article_id in store.select_in(db, sql, moved):
            sought.setdefault(report_id, set()).update(moved[article_id])
        slices, done = list(_slices(db)), 0
        total = sum(len(s.seeds) for s in slices)
        changes: dict[str, Change] = {}
        suggested = _Suggested()
        writes = db.conn.total_changes
        for planned in planners.plan(db, slices, _Asked(sought, held)):
            planned.plan.carry_out(db)
            changes |= {c.incident_id: c for c in planned.changes}
            suggested.take(planned)
            done += planned.seeds
            if progress:
                progress(done, total)
        work = Work(db)
        suggested.carry_out(work)
        for plan in _sweep(work):
            plan.carry_out(db)
            changes |= {c.incident_id: c for c in describe(plan.changes, held)}
        version = before()
    live = db.execute("SELECT COUNT(*) FROM incidents WHERE merged_into IS NULL").fetchone()[0]
    # What was coded anew was in no incident for a while, and may be back by now.
    after = version if not recode and db.conn.total_changes == writes else store.rows_version(db)
    return Rebuilt(version, after, int(live), tuple(changes[i] for i in sorted(changes)))


# --- slices --------------------------------------------------------------------------------------

Key = tuple[bool, str, bool, str, str]


@dataclass(frozen=True, slots=True)
class Slice:
    """Reports that follow one another by country and day, with country, first and last day of each."""

    first: Key
    seeds: tuple[tuple[str, str | None, str | None, str | None], ...]


def _key(report_id: str, country: str | None, date_start: str | None) -> Key:
    """What puts reports in order as the store does: by country, day and id, those without first."""
    return country is not None, country or "", date_start is not None, date_start or "", report_id


def _slices(db: Database) -> Iterator[Slice]:
    """All reports in slices of SLICE_REPORTS and a few more: a day's reports of a country stay together."""
    sql = (
        f"SELECT report_id, country, date_start, date_end FROM reports WHERE coder = {store.ACTIVE_CODER}"
        " ORDER BY country, date_start, report_id"
    )
    seeds: list[tuple[str, str | None, str | None, str | None]] = []
    for row in db.execute(sql):
        if len(seeds) >= SLICE_REPORTS and (row[2] is None or row[1:3] != seeds[-1][1:3]):
            yield Slice(_key(*seeds[0][:3]), tuple(seeds))
            seeds = []
        seeds.append(row)
    if seeds:
        yield Slice(_key(*seeds[0][:3]), tuple(seeds))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What planning needs to know of a new coding: see `Work.sought`, and which reports each incident held before it."""

    sought: Mapping[str, set[str]]
    held: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is to be written of a slice, what that changes, and the doubtful links, as far as the slice shows where they lead."""

    seeds: int
    plan: Plan
    changes: tuple[Change, ...]
    settled: dict[str, list[Doubt]]  # by report the incidents
    open: dict[str, list[Doubt]]  # by report the older reports of other slices


def plan_slice(work: Work, given: Slice, asked: _Asked) -> _Planned:
    """What is to be written of the components that begin in a slice.

    A component is of the slice that its first report is in, so that each is planned once, whoever plans what in which order.
    """
    work.forget()
    work.hold(seed[1:] for seed in given.seeds)
    component = work.spread(
        (seed[0] for seed in given.seeds), ours=lambda r: _key(r.report_id, r.country, r.date_start) >= given.first
    )  # fmt: skip
    plan = plan_groups(work, component, {i for r in component & asked.sought.keys() for i in asked.sought[r]})
    homes = {r: i for i, members in plan.groups.items() for r in members}
    settled: dict[str, list[Doubt]] = {}
    others: dict[str, list[Doubt]] = {}
    for newer, doubts in find_doubts(work, component).items():
        inside = [d for d in doubts if newer in homes and d[0] in homes]
        if outside := [d for d in doubts if newer not in homes or d[0] not in homes]:
            others[newer] = outside
        found = choose_suggestions(
            newer, inside, homes=homes, members=plan.groups, reports=work.reports, constraints=work.constraints
        ) if inside else []  # fmt: skip
        if found:
            settled[newer] = found
    changes = tuple(describe(plan.changes, asked.held))
    # What only planning needs is not sent from process to process.
    plan = dataclasses.replace(plan, component=set(), groups={}, changes=[])
    return _Planned(len(given.seeds), plan, changes, settled, others)


class _Suggested:
    """The doubtful links of all slices."""

    def __init__(self) -> None:
        self._settled: dict[str, list[Doubt]] = {}
        self._open: dict[str, set[Doubt]] = {}

    def take(self, planned: _Planned) -> None:
        """Add those of one slice."""
        self._settled |= planned.settled
        for newer, doubts in planned.open.items():
            self._open.setdefault(newer, set()).update(doubts)

    def carry_out(self, work: Work) -> None:
        """Store them, once every report is in its incident, where they are not those that stand."""
        homes = work.homes({*self._open, *(older for doubts in self._open.values() for older, _, _ in doubts)})
        members = work.members(set(homes.values()))
        wanted = dict(self._settled)
        work.load({*self._open, *(i for found in members.values() for i in found)})
        for newer, doubts in self._open.items():
            found = choose_suggestions(newer, doubts, homes=homes, members=members, reports=work.reports, constraints=work.constraints)
            wanted[newer] = sorted([*wanted.get(newer, []), *found])
        have = store.load_suggestions(work.db)
        for report_id in sorted(have.keys() | wanted.keys()):
            if have.get(report_id, []) != wanted.get(report_id, []):
                store.save_suggestions(work.db, report_id, wanted.get(report_id, []))


def _sweep(work: Work) -> Iterator[Plan]:
    """Incidents that no report supports go, unless a person decided on them; so do ids that lead nowhere."""
    bare = (
        "SELECT incident_id FROM incidents i WHERE i.merged_into IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM incident_reports ir WHERE ir.incident_id = i.incident_id) ORDER BY 1"
    )
    for incident_id, rows in store.load_rows(work.db, work.column(bare)).items():
        plan = Plan(set())
        let_go(work, plan, incident_id, rows, work.merged_into([incident_id]))
        yield plan


# --- processes -----------------------------------------------------------------------------------


class _Planners:
    """Plans slices here, or in processes that read the store as it was last committed; a context manager."""

    def __init__(self, processes: int, path: str | None) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and path is not None:
            # Fresh interpreters: a copy of this one would hold the store's connection.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(path,))

    def __enter__(self) -> _Planners:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def version(self, db: Database) -> Callable[[], str]:
        """Begin to find the version of the rows as they are; call what comes back to have it."""
        if self._pool is not None:
            return self._pool.submit(_version).result
        version = store.rows_version(db)
        return lambda: version

    def plan(self, db: Database, slices: Sequence[Slice], asked: _Asked) -> Iterator[_Planned]:
        """What is to be written of each slice, in their order."""
        if self._pool is not None:
            yield from self._pool.map(_plan, slices)
            return
        work = Work(db, sought=asked.sought)
        for given in slices:
            yield plan_slice(work, given, asked)


_work: Work | None = None  # of a process that plans


def _begin(path: str) -> None:
    global _work
    # Ctrl-C is the starter's to handle. Threads of numpy would fight the other processes over the cores.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # see _uncollected
    db = store.open_store_readonly(path)
    db.execute("BEGIN")
    _work = Work(db)


def _plan(given: Slice) -> _Planned:
    assert _work is not None
    return plan_slice(_work, given, _Asked({}, {}))


def _version() -> str:
    assert _work is not None
    return store.rows_version(_work.db)


# --- what changes --------------------------------------------------------------------------------


def describe(changes: Iterable[tuple[Incident | None, Incident | None]], held: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    """The changes by incident; one that came out as it was is none. `held` are the reports it had before articles were coded anew."""
    for old, new in changes:
        if old is not None and old.incident_id in held:
            old = dataclasses.replace(old, report_ids=tuple(held[old.incident_id]))
        if new is None:
            if old is not None:
                yield Change(old.incident_id, "gone", compare(old, None))
        elif new.merged_into:
            if old is None or old.merged_into != new.merged_into:
                yield Change(new.incident_id, "merged", {"merged_into": (old.merged_into if old else None, new.merged_into)})
        else:
            values = compare(old, new)
            if values or old is None or old.rules != new.rules:
                yield Change(new.incident_id, "changed" if old else "new", values)


def compare(old: Incident | None, new: Incident | None) -> dict[str, tuple[Any, Any]]:
    """The fields in which two states of an incident differ, as plain values (before, after)."""
    found = {}
    for f in dataclasses.fields(Incident):
        if f.name in NOT_LISTED:
            continue
        one, two = (as_plain(getattr(i, f.name)) if i else None for i in (old, new))
        if one != two and (one or two or (old and new)):
            found[f.name] = (one, two)
    return found


def count_words(done: Rebuilt, *, dry_run: bool = False) -> str:
    """How many incidents there are and how many changed in which way, in words."""
    counts = [f"{n} {kind}" for kind in ("new", "changed", "merged", "gone") if (n := sum(c.kind == kind for c in done.changes))]
    would = "would be " if dry_run else ""
    return f"{done.incidents} incidents; {would}{', '.join(counts)}" if counts else f"{done.incidents} incidents; nothing changes"


def change_lines(change: Change) -> Iterator[str]:
    """A change as lines to print: the incident, then each value before and after."""
    if change.kind == "merged":
        yield f"{change.incident_id}  now leads to {change.values['merged_into'][1]}"
        return
    if change.kind == "changed":
        yield (f"{change.incident_id}  changed" if change.values else f"{change.incident_id}  changed only in which rule chose")
        for name, (old, new) in change.values.items():
            yield f"    {name}: {_say(old)} -> {_say(new)}"
        return
    state = 1 if change.kind == "new" else 0
    told = {name: values[state] for name, values in change.values.items()}
    kept = [_say(told[name]) for name in ("date_start", "place_name", "sub_event_type") if told.get(name)]
    yield f"{change.incident_id}  {change.kind}: {', '.join(kept) or 'nothing known'}; killed {_say(told.get('deaths_best'))}"


def _say(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, list):
        return (
            ", ".join(str(next((v[k] for k in ("name", "actor", "source") if k in v), v)) if isinstance(v, dict) else str(v) for v in value)
            or "none"
        )
    return str(value)
