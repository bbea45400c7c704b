"""What people decide: checked, appended to the log, and carried through to the incidents.

Nothing is overwritten. A decision is a row that says who, when, what and why; the incidents follow
from the reports and the decisions that stand, so undoing one is one more row. Every function here
returns the decision it wrote, in one transaction with its effect.

Kinds, their targets and payloads:

| kind | target | payload |
|---|---|---|
| set | incident | `values`: field -> value |
| confirm, reject | incident | `reports`: the reports it had |
| merge, duplicate | incident | `into`, `reports`, `into_reports` |
| split | incident | `reports` that leave, `rest` that stay (or the reports of the incident it is kept apart from) |
| assign | report | `incident_id` it goes to or null, `reports` there, `from`, `from_reports` |
| set_published | article | `published_at_utc` |
| undo | decision | |
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import ChangedError, DecisionError, NotFoundError
from pipeline.incidents import Work, update_incidents
from pipeline.linking import LINK_SCORE, active_decisions
from pipeline.models import (
    ASSERTIONS,
    ATTRIBUTION_KINDS,
    EVENT_TYPE_OF,
    EVENT_TYPES,
    INTER_LABELS,
    MODES,
    STANCES,
    Decision,
    Incident,
    as_plain,
)
from pipeline.resolution import SETTABLE_FIELDS, SPLIT_FIELDS, TOLL_FIELDS, resolve

Recode = Callable[[Sequence[str]], object]  # codes stored articles again: pipeline.run.recode with its coder

DATE_BASES = ("stated", "relative", "publication")
# Larger than any single event ever reported; catches a year typed into the wrong box.
DEATHS_MAX = 1_000_000


# --- the decisions -------------------------------------------------------------------------------


def set_field(db: Database, incident_id: str, field: str, value: Any, *, by: str, reason: str = "", at_utc: str | None = None) -> Decision:
    """Set one field of an incident; it is locked until the decision is undone. See `set_fields`."""
    return set_fields(db, incident_id, {field: value}, by=by, reason=reason, at_utc=at_utc)


def set_fields(
    db: Database, incident_id: str, values: Mapping[str, Any], *, by: str, reason: str = "", at_utc: str | None = None
) -> Decision:
    """Set fields of an incident that belong together; None says that it is not stated.

    A sub-event type brings its event type with it, a first day alone the same last day and the
    precision of a day. DecisionError where a field or value does not fit the codebook.
    """
    if not values:
        raise DecisionError("no field is given to set")
    checked = check_values(complete(values))
    with store.writing(db):
        incident = live_incident(db, incident_id)
        return _take(db, "set", incident.incident_id, {"values": checked}, by=by, reason=reason, at_utc=at_utc)


def confirm(db: Database, incident_id: str, *, by: str, reason: str = "", at_utc: str | None = None) -> Decision:
    """Say that an incident is right as it stands."""
    with store.writing(db):
        incident = live_incident(db, incident_id)
        payload = {"reports": list(incident.report_ids)}
        return _take(db, "confirm", incident.incident_id, payload, by=by, reason=reason, at_utc=at_utc)


def reject(db: Database, incident_id: str, *, by: str, reason: str, at_utc: str | None = None) -> Decision:
    """Say that an incident is none: it stays in the store, shown as rejected and counted nowhere."""
    with store.writing(db):
        incident = live_incident(db, incident_id)
        payload = {"reports": list(incident.report_ids)}
        return _take(db, "reject", incident.incident_id, payload, by=by, reason=reason, at_utc=at_utc)


def merge(
    db: Database, incident_id: str, into: str, *, by: str, reason: str = "", at_utc: str | None = None, kind: str = "merge"
) -> Decision:
    """Say that two incidents are one event. The older id survives and the other leads to it."""
    if kind not in ("merge", "duplicate"):
        raise DecisionError(f"{kind!r} is neither merge nor duplicate")
    with store.writing(db):
        one, other = live_incident(db, incident_id), live_incident(db, into)
        if one.incident_id == other.incident_id:
            raise DecisionError(f"{incident_id} and {into} are one incident already")
        if not one.report_ids or not other.report_ids:
            raise DecisionError(f"{(other if one.report_ids else one).incident_id} has no reports left to merge")
        payload = {"into": other.incident_id, "reports": list(one.report_ids), "into_reports": list(other.report_ids)}
        return _take(db, kind, one.incident_id, payload, by=by, reason=reason, at_utc=at_utc, changed=(other.incident_id,))


def split(db: Database, incident_id: str, report_ids: Sequence[str], *, by: str, reason: str = "", at_utc: str | None = None) -> Decision:
    """Say that some reports of an incident tell of another event; they become an incident of their own."""
    with store.writing(db):
        incident = live_incident(db, incident_id)
        leaving = sorted(set(report_ids))
        rest = sorted(set(incident.report_ids) - set(leaving))
        stray = [r for r in leaving if r not in incident.report_ids]
        if stray:
            raise DecisionError(f"report {stray[0]} is not in incident {incident.incident_id}")
        if not leaving or not rest:
            raise DecisionError("a split needs at least one report that leaves and one that stays")
        return _take(db, "split", incident.incident_id, {"reports": leaving, "rest": rest}, by=by, reason=reason, at_utc=at_utc)


def keep_apart(db: Database, incident_id: str, other: str, *, by: str, reason: str = "", at_utc: str | None = None) -> Decision:
    """Say that two incidents are two events; the suggestion that they are one is not made again."""
    with store.writing(db):
        one, two = live_incident(db, incident_id), live_incident(db, other)
        if one.incident_id == two.incident_id:
            raise DecisionError(f"{incident_id} and {other} are one incident; split it first")
        payload = {"reports": list(one.report_ids), "rest": list(two.report_ids), "other": two.incident_id}
        return _take(db, "split", one.incident_id, payload, by=by, reason=reason, at_utc=at_utc, changed=(two.incident_id,))


def assign(db: Database, report_id: str, incident_id: str | None, *, by: str, reason: str = "", at_utc: str | None = None) -> Decision:
    """Move a report to another incident, or with None to one of its own."""
    with store.writing(db):
        row = db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (report_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no report {report_id} in an incident")
        here = live_incident(db, row[0])
        there = live_incident(db, incident_id) if incident_id else None
        if there and there.incident_id == here.incident_id:
            raise DecisionError(f"report {report_id} is in incident {here.incident_id} already")
        rest = [r for r in here.report_ids if r != report_id]
        if there is None and not rest:
            raise DecisionError(f"report {report_id} stands alone already")
        payload = {
            "incident_id": there.incident_id if there else None, "reports": list(there.report_ids) if there else [],
            "from": here.incident_id, "from_reports": rest,
        }  # fmt: skip
        changed = (here.incident_id, *([there.incident_id] if there else []))
        return _take(db, "assign", report_id, payload, by=by, reason=reason, at_utc=at_utc, changed=changed)


def set_published(
    db: Database,
    article_id: str,
    published: str,
    *,
    by: str,
    reason: str = "",
    recode: Recode | None = None,
    at_utc: str | None = None,
) -> Decision:
    """Give an article its date of publication: a day, or a time (UTC where no zone is said).

    `recode` codes the article again, so that its relative dates resolve; without it only the order of
    its reports follows.
    """
    moment = read_moment(published)
    with store.writing(db):
        if not store.article_known(db, article_id):
            raise NotFoundError(f"there is no article {article_id} in the store")
        payload = {"published_at_utc": moment}
        return _take(db, "set_published", article_id, payload, by=by, reason=reason, at_utc=at_utc, recode=recode)


def undo(db: Database, decision_id: str, *, by: str, reason: str = "", recode: Recode | None = None, at_utc: str | None = None) -> Decision:
    """Take a decision back. An undo itself cannot be undone: take the decision again instead."""
    with store.writing(db):
        log = store.load_decisions(db)
        found = next((d for d in log if d.decision_id == decision_id), None)
        if found is None:
            raise NotFoundError(f"there is no decision {decision_id}")
        if found.kind == "undo":
            raise DecisionError(f"{decision_id} is an undo; take the decision again instead")
        if found not in active_decisions(log):
            raise DecisionError(f"{decision_id} has been undone already")
        return _take(
            db, "undo", decision_id, {}, by=by, reason=reason, at_utc=at_utc, changed=touched_by(db, found), recode=recode, undone=found
        )


def _take(
    db: Database,
    kind: str,
    target: str,
    payload: dict[str, Any],
    *,
    by: str,
    reason: str,
    at_utc: str | None,
    changed: Sequence[str] = (),
    recode: Recode | None = None,
    undone: Decision | None = None,
) -> Decision:
    """Append a decision and bring what it touches up to date."""
    if not by.strip():
        raise DecisionError("a decision needs the name of who takes it")
    at = at_utc or dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    count = db.execute("SELECT count(*) FROM decisions").fetchone()[0]
    digest = hashlib.blake2b(json.dumps([count, at, by, kind, target, payload], sort_keys=True).encode(), digest_size=8).hexdigest()
    decision = Decision(
        decision_id=f"d{digest}", at_utc=at, by=by.strip(), kind=kind, target=target, payload=payload, reason=reason.strip()
    )  # fmt: skip
    store.append_decision(db, decision)
    acted = undone or decision
    if acted.kind == "set_published":
        if recode is not None:
            recode([acted.target])
        update_incidents(db, [acted.target])
    else:
        update_incidents(db, (), changed={*changed, *touched_by(db, acted)})
    return decision


def touched_by(db: Database, decision: Decision) -> tuple[str, ...]:
    """The incidents that a decision bears on: those it names and what they went into, and where the reports it names stand now."""
    p = decision.payload
    named = [decision.target, p.get("into"), p.get("incident_id"), p.get("from"), p.get("other")]
    reports = [decision.target, *(r for key in ("reports", "into_reports", "rest", "from_reports") for r in p.get(key, ()))]
    found: set[str] = set()
    for incident_id in named:
        # What was decided on an id holds for the incident it was merged into.
        while incident_id and incident_id not in found:
            row = db.execute("SELECT merged_into FROM incidents WHERE incident_id = ?", (incident_id,)).fetchone()
            found |= {incident_id} if row else set()
            incident_id = row[0] if row else None
    for report_id in reports:
        row = db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (report_id,)).fetchone()
        found |= {row[0]} if row else set()
    return tuple(sorted(found))


def named_by(decision: Decision) -> set[str]:
    """Every incident, report, article and decision that a decision names."""
    p = decision.payload
    one = [decision.target, *(p.get(key) for key in ("into", "incident_id", "from", "other"))]
    return {*filter(None, one), *(r for key in ("reports", "into_reports", "rest", "from_reports") for r in p.get(key, ()))}


def decisions_on(db: Database, incident_id: str) -> list[Decision]:
    """The decisions that bear on an incident, with those that undid them, in the order they were taken.

    These are the ones that name it, an id merged into it, one of its reports or one of their articles.
    """
    names = merged_ids(db, incident_id)
    sql = "SELECT ir.report_id, r.article_id FROM incident_reports ir JOIN reports r USING (report_id) WHERE ir.incident_id = ?"
    names |= {name for row in db.execute(sql, (incident_id,)) for name in row}
    log = store.load_decisions(db)
    mine = {d.decision_id for d in log if d.kind != "undo" and names & named_by(d)}
    return [d for d in log if d.decision_id in mine or (d.kind == "undo" and d.target in mine)]


def merged_ids(db: Database, incident_id: str) -> set[str]:
    """An incident's id with every id that leads to it."""
    sql = """WITH RECURSIVE led(id) AS (SELECT ? UNION SELECT i.incident_id FROM incidents i JOIN led ON i.merged_into = led.id)
        SELECT id FROM led"""
    return {row[0] for row in db.execute(sql, (incident_id,))}


def state_mark(db: Database, incident_id: str) -> str:
    """A short digest of how an incident stands: its values, rules, reports and the last decision on it.

    Two equal marks mean that nothing of it has changed in between, by a person or by the machine.
    """
    found = store.load_incidents(db, "i.incident_id = ?", (incident_id,))
    ids = sorted(merged_ids(db, incident_id))
    marks = ",".join("?" * len(ids))
    last = db.execute(f"SELECT MAX(rowid) FROM decisions WHERE target IN ({marks})", tuple(ids)).fetchone()[0]
    digest = hashlib.blake2b(json.dumps([as_plain(found), last], sort_keys=True).encode(), digest_size=8)
    return digest.hexdigest()


def check_unchanged(db: Database, seen: Mapping[str, str]) -> None:
    """ChangedError where an incident (id -> `state_mark` when it was looked at) stands otherwise than it was seen.

    Call it within the transaction that takes the decision, so that nobody comes in between.
    """
    for incident_id, mark in seen.items():
        if state_mark(db, incident_id) != mark:
            raise ChangedError(f"{incident_id} has changed since it was looked at")


def live_incident(db: Database, incident_id: str) -> Incident:
    """The incident of this id, or the one it was merged into; NotFoundError where there is none."""
    found = store.load_incidents(db, "i.incident_id = ?", (incident_id,))
    if not found:
        raise NotFoundError(f"there is no incident {incident_id}")
    return live_incident(db, found[0].merged_into) if found[0].merged_into else found[0]


def describe_decision(decision: Decision) -> str:
    """A decision in one line, for the history: "set deaths_best to 7"."""
    p = decision.payload
    if decision.kind == "set":
        return "set " + ", ".join(f"{f} to {_say(v)}" for f, v in p["values"].items())
    if decision.kind in ("merge", "duplicate"):
        return f"merged with {p['into']}"
    if decision.kind == "split":
        if "other" in p:
            return f"kept apart from {p['other']}"
        return f"split off {len(p['reports'])} of {len(p['reports']) + len(p['rest'])} reports"
    if decision.kind == "assign":
        return f"moved from {p['from']} to {p['incident_id'] or 'an incident of its own'}"
    if decision.kind == "set_published":
        return f"gave the publication date {p['published_at_utc'][:10]}"
    return {"confirm": "confirmed", "reject": "rejected", "undo": f"undid {decision.target}"}[decision.kind]


def _say(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, list):
        return ", ".join(_say_item(v) for v in value) or "nobody"
    return str(value)


def _say_item(item: Any) -> str:
    return str(next(item[k] for k in ("name", "actor", "source") if k in item)) if isinstance(item, dict) else str(item)


# --- where the machine now says otherwise ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A decision that stands and that the machine, left alone, would not come to; the decision holds."""

    decision: Decision
    incident_id: str | None  # where it bears today; None where what it was about is no more
    sentence: str


def disagreements(db: Database, *, among: Sequence[Decision] | None = None) -> list[Disagreement]:
    """Where the articles and rules of today say otherwise than a person did, in the order of the decisions.

    `among` asks it of these decisions alone.
    """
    asked = None if among is None else {d.decision_id for d in among}
    work = Work(db)
    found: list[Disagreement] = []
    for d in active_decisions(work.decisions):
        if asked is not None and d.decision_id not in asked:
            continue
        home, sentences = _against(db, work, d)
        found += [Disagreement(d, home, sentence) for sentence in sentences]
    return found


def _against(db: Database, work: Work, d: Decision) -> tuple[str | None, list[str]]:
    if d.kind in ("set", "confirm", "reject"):
        try:
            incident = live_incident(db, d.target)
        except NotFoundError:
            return None, [f"there is no incident {d.target} any more"]
        return incident.incident_id, list(_against_values(work, d, incident))
    if d.kind == "set_published":
        row = db.execute("SELECT published_at_utc FROM articles WHERE article_id = ?", (d.target,)).fetchone()
        given, said = d.payload["published_at_utc"], row[0] if row else None
        return d.target, [f"the article itself says {said[:10]}, not {given[:10]}"] if said and said[:10] != given[:10] else []
    homes = touched_by(db, d)
    return (homes[0] if homes else None), list(_against_links(work, d))


def _against_values(work: Work, d: Decision, incident: Incident) -> Iterator[str]:
    if not incident.report_ids:
        yield "no report tells of it any more"
        return
    work.load(incident.report_ids)
    reports = [work.reports[i] for i in incident.report_ids]
    if d.kind == "set":
        machine = resolve(reports, articles=work.articles, incident_id=incident.incident_id, origins=work.origins, kin=work.kin)
        for field, value in d.payload["values"].items():
            says = as_plain(getattr(machine, field))
            # Only what still holds: a later decision may have set the field anew.
            if says != value and as_plain(getattr(incident, field)) == value:
                yield f"{field}: set to {_say(value)}, the articles say {_say(says)}"
        return
    before, now = set(d.payload["reports"]), set(incident.report_ids)
    done = "confirmed" if d.kind == "confirm" else "rejected"
    if now - before:
        yield f"{done} on {len(before)} reports, {len(now - before)} more have come since"
    if before - now:
        yield f"{done} on {len(before)} reports, {len(before - now)} of them are no longer in it"


def _against_links(work: Work, d: Decision) -> Iterator[str]:
    """What the scores say of two groups of reports that a person joined or parted."""
    p = d.payload
    if d.kind in ("merge", "duplicate"):
        asked = [(p["reports"], p["into_reports"], True)]
    elif d.kind == "split":
        asked = [(p["reports"], p["rest"], False)]
    else:
        asked = [([d.target], p["from_reports"], False), *([([d.target], p["reports"], True)] if p["reports"] else [])]
    work.load(i for one, other, _ in asked for i in (*one, *other))
    for one, other, together in asked:
        scores = [(s.total, s.why) for x in one for y in other if x in work.reports and y in work.reports and (s := work.score(x, y))]
        best, why = max(scores, default=(None, ""))
        if together and (best is None or best < LINK_SCORE):
            yield (
                f"joined by a person; the reports are not alike enough to be joined ({why})"
                if why
                else "joined by a person; its reports are gone"
            )
        if not together and best is not None and best >= LINK_SCORE:
            yield f"kept apart by a person; the reports look like one event ({why})"


# --- checking ------------------------------------------------------------------------------------


def read_moment(published: str) -> str:
    """A publication day or time as ISO 8601 in UTC; DecisionError where it is none."""
    text = published.strip()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise DecisionError(f"{published!r} is not a date like 2023-12-03") from None
    if moment.tzinfo:
        moment = moment.astimezone(dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_text(field: str, text: str) -> Any:
    """A field's value as typed: a number, true or false, JSON for lists, else a text; empty or "null" is not stated.

    DecisionError where it cannot be read as what the field holds.
    """
    if field not in SETTABLE_FIELDS:
        raise DecisionError(f"{field!r} is not a field that can be set; there are {', '.join(sorted(SETTABLE_FIELDS))}")
    text = text.strip()
    if text in ("", "null"):
        return [] if field in LIST_FIELDS else None
    if field in LIST_FIELDS or field == "count_vague" or field in NUMBER_FIELDS:
        try:
            return json.loads(text)
        except ValueError:
            if field == "modes":
                return [mode.strip() for mode in text.split(",")]
            kind = "a list in JSON" if field in LIST_FIELDS else "true or false" if field == "count_vague" else "a number"
            raise DecisionError(f"{field}: {text!r} is not {kind}") from None
    return text


LIST_FIELDS = ("modes", "side_a", "side_b", "claims", "attributions")
NUMBER_FIELDS = (*TOLL_FIELDS, *SPLIT_FIELDS, "date_prec", "where_prec", "latitude", "longitude")


def complete(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those that follow from them and are not given: event type, last day, precision."""
    full = {f: as_plain(v) for f, v in values.items()}
    if full.get("sub_event_type") in EVENT_TYPE_OF:
        full.setdefault("event_type", EVENT_TYPE_OF[full["sub_event_type"]])
    if "date_start" in full:
        day = full["date_start"]
        full.setdefault("date_end", day)
        full.setdefault("date_prec", (1 if full["date_end"] == day else 2) if day else None)
        full.setdefault("date_basis", "stated" if day else None)
    return full


def check_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are, once each and all together fit the codebook; DecisionError says what does not."""
    for field, value in values.items():
        if field not in SETTABLE_FIELDS:
            raise DecisionError(f"{field!r} is not a field that can be set")
        _check(field, value)
    kind, sub = values.get("event_type"), values.get("sub_event_type")
    if kind and sub and EVENT_TYPE_OF[sub] != kind:
        raise DecisionError(f"{sub!r} is a sub-event type of {EVENT_TYPE_OF[sub]!r}, not of {kind!r}")
    if ("latitude" in values) != ("longitude" in values) or (values.get("latitude") is None) != (values.get("longitude") is None):
        raise DecisionError("latitude and longitude are set together")
    if values.get("date_start") and values.get("date_end") and values["date_end"] < values["date_start"]:
        raise DecisionError(f"date_end {values['date_end']} is before date_start {values['date_start']}")
    for what in ("deaths", "injured"):
        given = [(f, values[f]) for f in (f"{what}_low", f"{what}_best", f"{what}_high") if values.get(f) is not None]
        for (f, v), (g, w) in itertools.pairwise(given):
            if v > w:
                raise DecisionError(f"{f} {v} is more than {g} {w}")
    return dict(values)


def _check(field: str, value: Any) -> None:
    """DecisionError where one value is not of its field's kind."""

    def must(fits: bool, what: str) -> None:
        if not fits:
            raise DecisionError(f"{field}: {value!r} is not {what}")

    if field == "assertion":
        return must(value in ASSERTIONS, f"one of {', '.join(ASSERTIONS)}")
    if field == "count_vague":
        return must(isinstance(value, bool), "true or false")
    if field in ("modes", "side_a", "side_b", "claims", "attributions"):
        must(isinstance(value, list), "a list")
        for item in value:
            _check_item(field, item)
        return None
    if value is None:
        return None
    if field == "event_type":
        must(value in EVENT_TYPES, "an event type of the codebook")
    elif field == "sub_event_type":
        must(value in EVENT_TYPE_OF, "a sub-event type of the codebook")
    elif field in TOLL_FIELDS or field in SPLIT_FIELDS:
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DEATHS_MAX
        must(whole, f"a whole number from 0 to {DEATHS_MAX:,}")
    elif field in ("date_start", "date_end"):
        must(_is_day(value), "a date like 2023-12-03")
    elif field == "date_prec":
        must(value in range(1, 6) and not isinstance(value, bool), "a precision from 1 to 5")
    elif field == "where_prec":
        must(value in range(1, 8) and not isinstance(value, bool), "a precision from 1 to 7")
    elif field == "date_basis":
        must(value in DATE_BASES, f"one of {', '.join(DATE_BASES)}")
    elif field in ("latitude", "longitude"):
        limit = 90 if field == "latitude" else 180
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        must(number and -limit <= value <= limit, f"a number from -{limit} to {limit}")
    elif field == "country":
        must(isinstance(value, str) and len(value) == 2 and value.isascii() and value.isupper(), "a two-letter country code like IQ")
    else:
        must(isinstance(value, str) and bool(value.strip()), "a text")
    return None


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _check_item(field: str, item: Any) -> None:
    if field == "modes":
        fits, what = item in MODES, f"one of {', '.join(MODES)}"
    elif not isinstance(item, dict):
        fits, what = False, "a record"
    elif field in ("side_a", "side_b"):
        fits, what = bool(item.get("name")) and item.get("inter") in INTER_LABELS, "an actor with a name and an inter code from 1 to 8"
    elif field == "claims":
        fits, what = bool(item.get("actor")) and item.get("stance") in STANCES, f"a claim with an actor and one of {', '.join(STANCES)}"
    else:
        kinds = ", ".join(ATTRIBUTION_KINDS)
        fits, what = bool(item.get("source")) and item.get("kind") in ATTRIBUTION_KINDS, f"a source with one of {kinds}"
    if not fits:
        raise DecisionError(f"{field}: {item!r} is not {what}")
