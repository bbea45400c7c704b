"""The commands on incidents: listing and opening them, deciding on them, and the log of what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli_options import (
    as_of_option,
    by_option,
    filter_options,
    opened,
    read_filters,
    reason_option,
    settings_given,
    show_table,
    store_option,
)
from pipeline.errors import SettingsError
from pipeline.wording import say_sources, say_toll

if TYPE_CHECKING:
    from sqlite_utils import Database

    from pipeline.models import Decision, Incident
    from pipeline.receipts import Total

SHOWN = 50


@contextmanager
def _deciding() -> Iterator[Database]:
    """The store for writing a decision; one that is not there is not made."""
    with opened(settings_given(), write=True, create=False) as db:
        yield db


AN_INCIDENT = click.argument("incident_id", metavar="ID")
ONE, OTHER = click.argument("one", metavar="ID"), click.argument("other", metavar="ID")


def _decides(*arguments: Callable[..., Any], reason_required: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that takes a decision: its arguments, then who says so, why, and on which store."""

    def command_of(command: Callable[..., Any]) -> click.Command:
        for option in (store_option, reason_option(required=reason_required), by_option, *reversed(arguments)):
            command = option(command)
        return click.command()(command)

    return command_of


def _said(decision: Decision, target: str) -> None:
    """One line that a decision was taken, with the id that undoes it."""
    from pipeline.decisions import describe_decision

    click.echo(f"{decision.decision_id}  {target}: {describe_decision(decision)}, says {decision.by}")


# --- looking ---------------------------------------------------------------------------------------


@click.command()
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="How many to list at most.")
@filter_options
@as_of_option
@store_option
def incidents(limit: int, as_of: str | None, **filters: Any) -> None:
    """List the incidents that the filters leave, newest first: when, where, what, how many killed, on how many origins."""
    from pipeline import store
    from pipeline.filters import where
    from pipeline.incidents import known_on

    condition, params = where(read_filters(filters))
    with opened(settings_given()) as db, known_on(db, as_of) as then:
        total = then.execute(f"SELECT COUNT(*) FROM incidents i WHERE {condition}", tuple(params)).fetchone()[0]
        chosen = "SELECT i.incident_id FROM incidents i WHERE {} ORDER BY i.date_start IS NULL, i.date_start DESC, i.incident_id LIMIT ?"
        ids = [i for (i,) in then.execute(chosen.format(condition), (*params, limit))]
        found = {i.incident_id: i for i in store.load_incidents(then, f"i.incident_id IN ({','.join('?' * len(ids))})", ids)}
    rows = [_listed(found[i]) for i in ids]
    if rows:
        show_table(("incident", "date", "place", "type", "killed", "reported by", "status"), rows)
    click.echo(f"{len(rows)} of {total} incidents", err=True)


def _listed(i: Incident) -> tuple[str, ...]:
    place = ", ".join(dict.fromkeys(p for p in (i.place_name, i.country) if p)) or "not known"
    kind = i.sub_event_type or i.event_type or "not known"
    return (i.incident_id, i.date_start or "undated", place, kind, say_toll(i, "deaths"), say_sources(i), i.review_status)


@click.command()
@click.argument("incident_id", metavar="ID")
@as_of_option
@store_option
def show(incident_id: str, as_of: str | None) -> None:
    """Open one incident: its values and the rule that chose each, the reports and why they are in it, the values that lost,
    how its tolls rose, whom the articles have it from, and what people decided."""
    from pipeline.decisions import decisions_on, describe_decision, disagreements, live_incident, state_mark
    from pipeline.incidents import known_on, load_told
    from pipeline.linking import active_decisions
    from pipeline.resolution import rule_sentence
    from pipeline.store import load_decisions

    with opened(settings_given()) as db, known_on(db, as_of) as then:
        incident = live_incident(then, incident_id)
        told = load_told(then, incident.incident_id)
        why = dict(then.execute("SELECT report_id, why FROM incident_reports WHERE incident_id = ?", (incident.incident_id,)))
        sql = "SELECT report_id, score, why FROM suggestions WHERE incident_id = ? ORDER BY score DESC, report_id"
        doubtful = list(then.execute(sql, (incident.incident_id,)))
        log = load_decisions(then)
        mine = decisions_on(then, incident.incident_id)
        against = [d for d in disagreements(then, among=mine) if d.incident_id == incident.incident_id]
        standing = {d.decision_id for d in active_decisions(log)}
        state = state_mark(then, incident.incident_id)
    if incident.incident_id != incident_id:
        click.echo(f"{incident_id} was merged into {incident.incident_id}")
    click.echo(f"{incident.incident_id}  {say_sources(incident)}; {incident.review_status}" + (f"; as known on {as_of}" if as_of else ""))
    click.echo(f"state {state}")
    _heading("Values, and the rule that chose each")
    for name, value in _values(incident):
        rule = incident.rules.get(name, "")
        click.echo(f"  {name}: {value}" + (f"   [{rule}: {rule_sentence(name, rule)}]" if rule and rule != "only_report" else ""))
    _heading("Reports, oldest first")
    for r in told.reports:
        article = told.articles[r.article_id]
        day = article.published or "undated"
        click.echo(f"  {r.report_id}  {day}  {article.source or '-'}: {article.headline}  ({r.assertion}; article {r.article_id})")
        click.echo(f"      {why.get(r.report_id) or 'first report'}")
    _show_conflicts(incident)
    _show_history(told, as_of)
    if doubtful:
        _heading("May belong here too")
        for report_id, score, sentence in doubtful:
            click.echo(f"  {report_id}  {score:.1f}  {sentence}")
    if mine:
        _heading("Decisions")
        for d in mine:
            state = _state(d, standing)
            click.echo(f"  {d.at_utc}  {d.decision_id}  {describe_decision(d)}, says {d.by}{f': {d.reason}' if d.reason else ''}{state}")
    if against:
        _heading("Where the machine says otherwise")
        for found in against:
            click.echo(f"  {found.decision.decision_id}  {found.sentence}")


def _heading(words: str) -> None:
    click.echo(f"\n{words}")


SHOWN_FIELDS = (
    "assertion", "event_type", "sub_event_type", "modes", "date_start", "date_end", "date_prec", "date_basis", "place_name",
    "country", "admin1", "admin2", "latitude", "longitude", "where_prec", "side_a", "side_b", "deaths_best", "deaths_low",
    "deaths_high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "injured_best", "injured_low", "injured_high",
    "count_vague", "claims", "first_reported", "last_reported", "confidence",
)  # fmt: skip


def _values(incident: Incident) -> Iterator[tuple[str, str]]:
    for name in SHOWN_FIELDS:
        value = getattr(incident, name)
        if value not in (None, (), False):
            yield name, _say(value)


def _say(value: Any) -> str:
    from pipeline.models import Actor, Claim

    if isinstance(value, tuple):
        return ", ".join(_say(v) for v in value)
    if isinstance(value, Actor):
        return value.name
    if isinstance(value, Claim):
        return f"{value.actor} {value.stance}" + (f" by {value.by}" if value.by else "")
    return str(value)


def _show_conflicts(incident: Incident) -> None:
    lost: dict[str, dict[str, list[str]]] = {}
    for c in incident.candidates:
        if not c.chosen:
            items = c.value if isinstance(c.value, (list, tuple)) else [c.value]
            told = ", ".join(str(v["name"]) if isinstance(v, dict) else _say(v) for v in items)
            lost.setdefault(c.field, {}).setdefault(told, []).append(c.report_id)
    if lost:
        _heading("Values that lost, with the reports that give them")
        for field, values in lost.items():
            for value, ids in values.items():
                click.echo(f"  {field}: {value}   [{', '.join(ids)}]")


def _show_history(told: Any, as_of: str | None) -> None:
    from pipeline.resolution import primary_sources, toll_history

    for what, words in (("deaths", "killed"), ("injured", "injured")):
        steps = toll_history(told.reports, told.articles, what=what, origins=told.origins, as_of=as_of)
        if len(steps) > 1:
            _heading(f"How the number of {words} was reported")
            for s in steps:
                became = "became the best figure" if s.became_best else "did not replace the best figure"
                replaced = "" if s.stands else ", replaced since"
                click.echo(f"  {(s.published_at_utc or 'undated')[:16]}  {s.value}  {became}{replaced}   [{s.report_id}]")
    sources = primary_sources(told.reports, told.articles, origins=told.origins, as_of=as_of)
    if sources:
        _heading("Whom the articles have it from")
        for source in sources:
            click.echo(f"  {source.source} ({', '.join(source.kinds)}): {source.articles} articles, {source.origins} origins")


# --- deciding --------------------------------------------------------------------------------------


@click.command()
@click.argument("incident_id", metavar="ID")
@click.argument("values", nargs=-1, required=True, metavar="FIELD=VALUE...")
@by_option
@reason_option(required=True)
@store_option
def set_(incident_id: str, values: tuple[str, ...], by: str, reason: str) -> None:
    """Set fields of an incident, like deaths_best=7; they hold whatever the articles say, until it is undone.

    An empty VALUE says that it is not stated. Lists are JSON, like side_a='[{"name": "Russia", "inter": 8}]'.
    """
    from pipeline.decisions import read_text, set_fields

    pairs = dict(_pair(text) for text in values)
    with _deciding() as db:
        _said(set_fields(db, incident_id, {f: read_text(f, v) for f, v in pairs.items()}, by=by, reason=reason), incident_id)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"{text!r} is not FIELD=VALUE, like deaths_best=7")
    return name.strip(), value


@_decides(AN_INCIDENT)
def confirm(incident_id: str, by: str, reason: str) -> None:
    """Say that an incident is right as it stands."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.confirm(db, incident_id, by=by, reason=reason), incident_id)


@_decides(AN_INCIDENT, reason_required=True)
def reject(incident_id: str, by: str, reason: str) -> None:
    """Say that an incident is none: it stays, shown as rejected, and is counted nowhere."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.reject(db, incident_id, by=by, reason=reason), incident_id)


def _join(kind: str, one: str, other: str, by: str, reason: str) -> None:
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.merge(db, one, other, by=by, reason=reason, kind=kind), one)
        live = decisions.live_incident(db, one)
    click.echo(f"both are now {live.incident_id}: {say_sources(live)}, killed {say_toll(live, 'deaths')}")


@_decides(ONE, OTHER)
def merge(one: str, other: str, by: str, reason: str) -> None:
    """Say that two incidents are one event. The older id stays, the other leads to it."""
    _join("merge", one, other, by, reason)


@_decides(ONE, OTHER)
def duplicate(one: str, other: str, by: str, reason: str) -> None:
    """Say that an incident is another one, come in twice; like merge, and logged as a duplicate."""
    _join("duplicate", one, other, by, reason)


@_decides(AN_INCIDENT, click.argument("report_ids", nargs=-1, required=True, metavar="REPORT..."))
def split(incident_id: str, report_ids: tuple[str, ...], by: str, reason: str) -> None:
    """Say that some reports of an incident tell of another event; they become an incident of their own."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.split(db, incident_id, report_ids, by=by, reason=reason), incident_id)
        _say_home(db, report_ids[0])


@_decides(ONE, OTHER)
def apart(one: str, other: str, by: str, reason: str) -> None:
    """Say that two incidents are two events, so that it is not suggested again to join them."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.keep_apart(db, one, other, by=by, reason=reason), one)


@_decides(click.argument("report_id", metavar="REPORT"), AN_INCIDENT)
def assign(report_id: str, incident_id: str, by: str, reason: str) -> None:
    """Move a report to another incident, or with the word new instead of an ID to one of its own."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.assign(db, report_id, None if incident_id == "new" else incident_id, by=by, reason=reason), report_id)
        _say_home(db, report_id)


def _say_home(db: Database, report_id: str) -> None:
    row = db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (report_id,)).fetchone()
    if row:
        click.echo(f"{report_id} is now in {row[0]}")


@_decides(click.argument("decision_id", metavar="DECISION"))
def undo(decision_id: str, by: str, reason: str) -> None:
    """Take a decision back; `dateline log` lists them. The undoing is logged too."""
    from pipeline import decisions

    with _deciding() as db:
        _said(decisions.undo(db, decision_id, by=by, reason=reason), decision_id)


# --- what was decided ------------------------------------------------------------------------------


@click.command()
@click.argument("incident_id", metavar="[ID]", required=False)
@store_option
def log(incident_id: str | None) -> None:
    """List what people decided, oldest first: when, who, what and why; with an ID only on that incident."""
    from pipeline.decisions import decisions_on, describe_decision, live_incident
    from pipeline.linking import active_decisions
    from pipeline.store import load_decisions

    with opened(settings_given()) as db:
        everything = load_decisions(db)
        found = decisions_on(db, live_incident(db, incident_id).incident_id) if incident_id else everything
    standing = {d.decision_id for d in active_decisions(everything)}
    for d in found:
        state = _state(d, standing)
        target = "" if d.kind == "undo" else f"{d.target}  "
        click.echo(f"{d.at_utc}  {d.decision_id}  {d.by}  {target}{describe_decision(d)}{f': {d.reason}' if d.reason else ''}{state}")
    click.echo(f"{len(found)} decisions", err=True)


def _state(d: Decision, standing: set[str]) -> str:
    return "" if d.kind == "undo" or d.decision_id in standing else "  (undone)"


@click.command()
@store_option
def disagreements() -> None:
    """List the decisions that the machine, left alone, would not come to today; they hold all the same."""
    from pipeline.decisions import describe_decision
    from pipeline.decisions import disagreements as find

    with opened(settings_given()) as db:
        found = find(db)
    for d in found:
        click.echo(f"{d.decision.decision_id}  {d.incident_id or '-'}  {d.decision.by} {describe_decision(d.decision)}")
        click.echo(f"    {d.sentence}")
    click.echo(f"{len(found)} disagreements", err=True)


# --- receipts --------------------------------------------------------------------------------------


@click.command()
@click.argument("name", metavar="ID")
@click.option("--limit", type=click.IntRange(0), default=SHOWN, show_default=True, help="How many rows to print at most.")
@store_option
def receipt(name: str, limit: int) -> None:
    """Open a total that was given out: the rows in it, what was left out and why, low and high.

    ID is that of a receipt, or the receipt file of an extract. It is derived again from the store as it is; exit
    code 1 where it comes out as another, and what was said then is printed beside.
    """
    from pipeline.receipts import as_json, derive_again, find_given

    with opened(settings_given()) as db:
        given = find_given(db, name)
        now = derive_again(db, given)
    told = as_json(now)
    limits = [f"{k}={', '.join(v) if isinstance(v, list) else v}" for k, v in told["filter"].items()]
    click.echo(f"receipt   {now.receipt_id}")
    click.echo(f"filter    {'; '.join(limits) or 'none'}{f'; as known on {now.as_of}' if now.as_of else ''}")
    click.echo(f"store     {now.store_version}")
    click.echo(f"rows      {len(now.rows)}")
    click.echo(f"killed    {_say_total(now.deaths)}")
    click.echo(f"injured   {_say_total(now.injured)}")
    if now.rows and limit:
        click.echo()
        cells = [(r.incident_id, r.date_start or "undated", r.place or "not known", *_figures(r)) for r in now.rows[:limit]]
        show_table(("incident", "date", "place", "killed", "low", "high"), cells)
        if len(now.rows) > limit:
            click.echo(f"and {len(now.rows) - limit} more")
    if now.left_out:
        _heading("Left out")
        for out in now.left_out:
            some = ", ".join(out.incident_ids[:3]) + (", ..." if len(out.incident_ids) > 3 else "")
            click.echo(f"  {len(out.incident_ids):>6}  {out.reason}  ({some})")
    click.echo()
    if now.receipt_id == given["receipt_id"]:
        click.echo(f"The same as when {given['receipt_id']} was given out.")
        return
    then = given["deaths"]
    click.echo(
        f"The store has changed since {given['receipt_id']} was given out: then {given['rows']} rows, killed {then['best']}"
        f" (low {then['low']}, high {then['high']}), store {given['store_version']}."
    )
    if given.get("rows_digest") == now.rows_digest:
        click.echo("The rows of this total are the same; what changed lies outside it.")
    raise click.exceptions.Exit(1)


def _say_total(total: Total) -> str:
    more = [
        f"{n} {words}"
        for n, words in ((total.open_ended, "without an upper end"), (total.not_stated, "not stated, which add nothing"))
        if n
    ]
    return f"{total.best} (low {total.low}, high {total.high})" + (f"; {'; '.join(more)}" if more else "")


def _figures(row: Any) -> tuple[str, str, str]:
    best, low, high = ("-" if v is None else str(v) for v in (row.deaths_best, row.deaths_low, row.deaths_high))
    return best, low, high


set_.name = "set"
COMMANDS: tuple[click.Command, ...] = (
    incidents, show, set_, confirm, reject, merge, duplicate, split, apart, assign, undo, log, disagreements, receipt,
)  # fmt: skip
