"""Every incident computed anew from the reports and the decisions, and what that changes.

Reports, decisions and the register of ids are what the store knows; all rows of incidents follow from
them. So a rebuild of a store that is in order changes nothing, and one that was damaged, linked by older
rules or coded by another version comes out as if it had always been so. No decision is touched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.blocking import Blocks
from pipeline.incidents import Work, let_go, write_groups
from pipeline.models import Incident, as_plain

# Reports are taken in this many at a time, with all that is linked to them; more would only use more memory.
BATCH_REPORTS = 2_000
# So many reports with their texts are kept between batches, since neighbours in time are neighbours in the order.
KEPT_REPORTS = 20_000

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


def rebuild(db: Database, *, recode: Recode | None = None, dry_run: bool = False, progress: Progress | None = None) -> Rebuilt:
    """Compute every incident anew, in one transaction; with `dry_run` nothing of it is kept.

    `recode` is called first, within the transaction, to replace the reports of articles that a new version of
    the coder reads otherwise; see `pipeline.run.recode_outdated`.
    """
    result: Rebuilt | None = None
    try:
        with store.writing(db):
            result = _rebuild(db, recode, progress)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    assert result is not None
    return result


def _rebuild(db: Database, recode: Recode | None, progress: Progress | None) -> Rebuilt:
    before = store.rows_version(db)
    held: dict[str, list[str]] = {}
    for incident_id, report_id in db.execute("SELECT incident_id, report_id FROM incident_reports ORDER BY 2") if recode else ():
        held.setdefault(incident_id, []).append(report_id)
    moved = recode() if recode else {}
    work = Work(db)
    work.blocks = Blocks(db, kin=work.kin)
    # Incidents whose reports were coded anew look for them where those articles are now.
    sought: dict[str, set[str]] = {}
    for article_id, incident_ids in moved.items():
        for report_id in work.column(f"SELECT report_id FROM reports WHERE article_id = ? AND coder = {store.ACTIVE_CODER}", (article_id,)):
            sought.setdefault(report_id, set()).update(incident_ids)
    ordered = work.column(f"SELECT report_id FROM reports WHERE coder = {store.ACTIVE_CODER} ORDER BY country, date_start, report_id")
    done: set[str] = set()
    for batch in _batches(ordered, done):
        near = {i: work.blocks.partners(i) for i in batch if i not in work.near}
        work.load(j for i, found in near.items() for j in (i, *found))
        work.near |= near
        component = work.spread(batch)
        write_groups(work, component, {i for r in component & sought.keys() for i in sought[r]})
        done |= component
        if progress:
            progress(len(done), len(ordered))
        work.forget(KEPT_REPORTS)
    _sweep(work)
    # Where articles were coded again, what was stored had lost its reports by then.
    changes = [
        (dataclasses.replace(old, report_ids=tuple(held[old.incident_id])) if old and old.incident_id in held else old, new)
        for old, new in work.changes
    ]
    live = db.execute("SELECT COUNT(*) FROM incidents WHERE merged_into IS NULL").fetchone()[0]
    return Rebuilt(before, store.rows_version(db), int(live), tuple(_describe(changes)))


def _batches(ordered: Iterable[str], done: set[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for report_id in ordered:
        if report_id not in done:
            batch.append(report_id)
        if len(batch) >= BATCH_REPORTS:
            yield batch
            batch = []
    if batch:
        yield batch


def _sweep(work: Work) -> None:
    """Incidents that no report supports go, unless a person decided on them; so do ids that lead nowhere."""
    bare = "i.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM incident_reports ir WHERE ir.incident_id = i.incident_id)"
    for incident in store.load_incidents(work.db, bare):
        let_go(work, incident)


def _describe(changes: Iterable[tuple[Incident | None, Incident | None]]) -> Iterator[Change]:
    """The changes by incident, first state against last; an incident that came out as it was is none."""
    first: dict[str, Incident | None] = {}
    last: dict[str, Incident | None] = {}
    for before, after in changes:
        incident = after or before
        assert incident is not None
        first.setdefault(incident.incident_id, before)
        last[incident.incident_id] = after
    for incident_id in sorted(first):
        old, new = first[incident_id], last[incident_id]
        if new is None:
            if old is not None:
                yield Change(incident_id, "gone", compare(old, None))
        elif new.merged_into:
            if old is None or old.merged_into != new.merged_into:
                yield Change(incident_id, "merged", {"merged_into": (old.merged_into if old else None, new.merged_into)})
        else:
            values = compare(old, new)
            if values or old is None or old.rules != new.rules:
                yield Change(incident_id, "changed" if old else "new", values)


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
