"""Reports and decisions in, one incident out: a pure function, by rules that have names.

`resolution_rules.csv` lists the rules of each field in their order, in words; `Incident.rules` says
which one chose each value; every value that lost is kept as a candidate.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import NotFoundError
from pipeline.linking import NO_KIN, Kin, active_decisions, fold, make_incident_id, related, report_order
from pipeline.models import EVENT_TYPE_OF, MODES, Actor, Article, Attribution, Candidate, Claim, Decision, Incident, Report

RULES_FILE = Path(__file__).with_name("resolution_rules.csv")

# Of two types for one event the more severe wins (codebook, "One event or several"): mass weapons
# first, then fights, then attacks on the unarmed, then crowds, then what costs no lives.
SEVERITY: tuple[str, ...] = (
    "Chemical weapon",
    "Suicide bomb",
    "Air/drone strike",
    "Shelling/artillery/missile attack",
    "Remote explosive/landmine/IED",
    "Grenade",
    "Government regains territory",
    "Non-state actor overtakes territory",
    "Armed clash",
    "Sexual violence",
    "Attack",
    "Abduction/forced disappearance",
    "Excessive force against protesters",
    "Mob violence",
    "Violent demonstration",
    "Protest with intervention",
    "Peaceful protest",
    "Disrupted weapons use",
    "Looting/property destruction",
    "Arrests",
    "Change to group/activity",
    "Non-violent transfer of territory",
    "Headquarters or base established",
    "Agreement",
    "Other",
)

# The weight of a figure by who says it, 1 the most. Officials have the registers and the bodies; an
# armed group counts its enemy's dead for effect.
WEIGHT_OF_KIND: dict[str, int] = {
    "medical": 1, "official": 1, "police": 1, "military": 1, "ngo": 1,
    "witness": 2, "media": 2,
    "anonymous": 3, "armed-group": 3,
}  # fmt: skip
WEIGHT_UNATTRIBUTED = 2
# "Dozens" is a guess whoever says it.
WEIGHT_VAGUE = 3

PLACE_FIELDS = ("place_name", "country", "admin1", "admin2", "latitude", "longitude", "where_prec")
DATE_FIELDS = ("date_start", "date_end", "date_prec", "date_basis")
SPLIT_FIELDS = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")
TOLL_FIELDS = ("deaths_best", "deaths_low", "deaths_high", "injured_best", "injured_low", "injured_high")
# The fields whose offers are kept one by one for the conflict view.
CANDIDATE_FIELDS = (
    "event_type", "sub_event_type", "modes", *DATE_FIELDS, *PLACE_FIELDS, "side_a", "side_b", *TOLL_FIELDS, *SPLIT_FIELDS,
)  # fmt: skip
# What a person may set.
SETTABLE_FIELDS = (*CANDIDATE_FIELDS, "assertion", "count_vague", "claims", "attributions")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rules' table."""

    fields: tuple[str, ...]
    order: int
    name: str
    sentence: str


@functools.cache
def load_rules() -> tuple[Rule, ...]:
    """The rules in their order, from `resolution_rules.csv`."""
    with RULES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Rule(tuple(row["fields"].split()) if row["fields"] != "every field" else (), int(row["order"]), row["rule"], row["sentence"])
            for row in csv.DictReader(file)
        )


def rule_sentence(field: str, rule: str) -> str:
    """What a rule says, for the field it chose; empty when there is no such rule."""
    rows = [r for r in load_rules() if r.name == rule]
    return next((r.sentence for r in rows if field in r.fields), rows[0].sentence if rows else "")


@dataclass(frozen=True, slots=True)
class TollStep:
    """One figure in the history of a toll: when it was published, by whom, and whether it became the best."""

    published_at_utc: str | None
    report_id: str
    article_id: str
    value: int
    low: int | None
    high: int | None
    weight: int
    stands: bool  # False once the same source or outlet has given another
    became_best: bool


@dataclass(frozen=True, slots=True)
class _Context:
    """What choosing needs to know of the reports: live ones oldest first, and their articles and origins."""

    reports: tuple[Report, ...]
    articles: Mapping[str, Article]
    origins: Mapping[str, str]
    kin: Kin

    def origin(self, report: Report) -> str:
        article = self.articles.get(report.article_id)
        return self.origins.get(report.article_id) or (article.story_id if article else report.article_id)

    def published(self, report: Report) -> str | None:
        article = self.articles.get(report.article_id)
        return article.published_at_utc if article else None

    def heard(self, given: Any) -> tuple[Report, ...]:
        """The reports for which `given` holds: those whose news it is, else those that recall it."""
        offers = tuple(r for r in self.reports if given(r))
        news = tuple(r for r in offers if r.assertion != "background")
        return news or offers


def known_by(published_at_utc: str | None, as_of: str | None) -> bool:
    """Whether something published then was known by `as_of`, a day (to its end) or a time; undated never was."""
    if as_of is None:
        return True
    return published_at_utc is not None and published_at_utc[: len(as_of)] <= as_of


def live_reports(reports: Iterable[Report], articles: Mapping[str, Article], *, as_of: str | None = None) -> list[Report]:
    """The reports known by `as_of`, oldest first, without those of revisions that a later one replaced.

    Where every report is of a replaced revision, they all stay: it was reported, after all.
    """
    known = [r for r in reports if as_of is None or known_by(_published(r, articles), as_of)]
    latest: dict[str, int] = {}
    for article in articles.values():
        if known_by(article.published_at_utc, as_of):
            latest[article.story_id] = max(latest.get(article.story_id, 0), article.revision)
    current = [r for r in known if _is_current(articles.get(r.article_id), latest)]
    return sorted(current or known, key=lambda r: report_order(r, articles))


def _published(report: Report, articles: Mapping[str, Article]) -> str | None:
    article = articles.get(report.article_id)
    return article.published_at_utc if article else None


def _is_current(article: Article | None, latest: Mapping[str, int]) -> bool:
    return article is None or article.revision >= latest.get(article.story_id, 0)


# --- one field after another --------------------------------------------------------------------

Choice = tuple[dict[str, Any], str]  # the values of the fields, the name of the rule


def _support(ctx: _Context, reports: Iterable[Report], key: Any) -> dict[Any, int]:
    """How many independent origins offer each value."""
    origins: dict[Any, set[str]] = {}
    for r in reports:
        origins.setdefault(key(r), set()).add(ctx.origin(r))
    return {value: len(found) for value, found in origins.items()}


def choose_type(ctx: _Context) -> Choice | None:
    """Event and sub-event type: most origins, then the more severe."""
    offers = ctx.heard(lambda r: r.sub_event_type is not None)
    if not offers:
        kinds = ctx.heard(lambda r: r.event_type is not None)
        if not kinds:
            return None
        counts = _support(ctx, kinds, lambda r: r.event_type)
        best_kind = min(counts, key=lambda kind: (-counts[kind], kind))
        return {"event_type": best_kind, "sub_event_type": None}, "most_origins"
    counts = _support(ctx, offers, lambda r: r.sub_event_type)
    rank = {name: n for n, name in enumerate(SEVERITY)}
    best = min(counts, key=lambda sub: (-counts[sub], rank.get(sub, 99), sub))
    tied = sum(n == counts[best] for n in counts.values()) > 1
    kind = EVENT_TYPE_OF.get(best) or next(r.event_type for r in offers if r.sub_event_type == best)
    return {"event_type": kind, "sub_event_type": best}, "more_severe" if tied else "most_origins"


def choose_modes(ctx: _Context, sub_event_type: str | None) -> Choice | None:
    """Every mode that a report of the chosen type names, in the codebook's order."""
    offers = ctx.heard(lambda r: bool(r.modes) and r.sub_event_type == sub_event_type) or ctx.heard(lambda r: bool(r.modes))
    named = {m for r in offers for m in r.modes}
    if len(named) > 1:
        named.discard("unknown")
    order = {m: n for n, m in enumerate(MODES)}
    return ({"modes": tuple(sorted(named, key=lambda m: (order.get(m, 99), m)))}, "union") if named else None


def choose_place(ctx: _Context) -> Choice | None:
    """The place known most exactly, whole."""
    offers = ctx.heard(lambda r: r.country is not None or r.place_name is not None or r.latitude is not None)
    if not offers:
        return None

    def exact(r: Report) -> tuple[int, int]:
        return (r.latitude is None, r.where_prec if r.where_prec is not None else 8)

    best = min(map(exact, offers))
    equal = [r for r in offers if exact(r) == best]
    counts = _support(ctx, equal, _spot)
    top = max(counts.values())
    chosen = [r for r in equal if counts[_spot(r)] == top][-1]
    rule = "most_precise_place" if len(counts) == 1 else "most_origins"
    return {f: getattr(chosen, f) for f in PLACE_FIELDS}, rule


def _spot(r: Report) -> Any:
    """Two reports of one place: coordinates to about a kilometre, else the name."""
    if r.latitude is None or r.longitude is None:
        return (r.country, fold(r.place_name or ""))
    return (round(r.latitude, 2), round(r.longitude, 2))


def choose_date(ctx: _Context) -> Choice | None:
    """The date known best, whole."""
    offers = ctx.heard(lambda r: r.date_start is not None)
    if not offers:
        return None

    def exact(r: Report) -> tuple[bool, int]:
        return (r.date_basis == "publication", r.date_prec if r.date_prec is not None else 6)

    best = min(map(exact, offers))
    equal = [r for r in offers if exact(r) == best]
    counts = _support(ctx, equal, lambda r: (r.date_start, r.date_end))
    top = max(counts.values())
    chosen = next(r for r in equal if counts[(r.date_start, r.date_end)] == top)
    rule = "most_precise_date" if len(counts) == 1 else "most_origins"
    return {f: getattr(chosen, f) for f in DATE_FIELDS}, rule


def _is_named(actor: Actor) -> bool:
    return not actor.name.casefold().startswith(("unidentified", "unknown"))


def _merge_actors(sides: Iterable[Sequence[Actor]], kin: Kin) -> tuple[Actor, ...]:
    """All actors of the lists once.

    The unnamed go where another list names somebody, an umbrella where another list names its part;
    what one list has side by side stays.
    """
    lists = [side for side in sides if side]
    named = {a.name for side in lists for a in side if _is_named(a)}
    covered = {up for name in named for up in kin.get(name, ()) if up != name}
    found: dict[str, Actor] = {}
    for side in lists:
        own = {a.name for a in side}
        for actor in side:
            vague = not _is_named(actor) and named and not own & named
            umbrella = actor.name in covered and not any(actor.name in kin.get(name, ()) for name in own - {actor.name})
            if vague or umbrella:
                continue
            before = found.get(actor.name, actor)
            aliases = tuple(dict.fromkeys((*before.aliases, *actor.aliases)))
            found[actor.name] = before if aliases == before.aliases else dataclasses.replace(before, aliases=aliases)
    return tuple(found.values())


def choose_side(ctx: _Context, side: str) -> Choice | None:
    """The actors of one side: what most origins name; claimants first, mutual accusations empty (rulings 11, 22)."""
    offers = ctx.heard(lambda r: bool(getattr(r, side)))
    named = [r for r in offers if any(_is_named(a) for a in getattr(r, side))]
    if not offers:
        return None
    if not named:
        return {side: _merge_actors((getattr(r, side) for r in offers), ctx.kin)}, "most_origins"
    camps = _camps(named, side, ctx.kin)
    if len(camps) == 1:
        return {side: _merge_actors(_trusted(ctx, camps[0], side), ctx.kin)}, "most_origins"
    if side == "side_a":
        denied = {fold(c.actor) for r in ctx.reports for c in r.claims if c.stance == "denied"}
        claimed = {fold(c.actor) for r in ctx.reports for c in r.claims if c.stance == "claimed"} - denied
        claimants = [a for r in named for a in getattr(r, side) if {fold(a.name), *map(fold, a.aliases)} & claimed]
        if claimants:
            return {side: _merge_actors([claimants], ctx.kin)}, "claimed"
    weights = [len({ctx.origin(r) for r in camp}) for camp in camps]
    top = [camp for camp, weight in zip(camps, weights, strict=True) if weight == max(weights)]
    if len(top) == 1:
        return {side: _merge_actors(_trusted(ctx, top[0], side), ctx.kin)}, "most_origins"
    if side == "side_a":
        return {side: ()}, "mutual_accusations"
    newest = max(top, key=lambda camp: report_order(camp[-1], ctx.articles))
    return {side: _merge_actors(_trusted(ctx, newest, side), ctx.kin)}, "newest"


def _camps(reports: Sequence[Report], side: str, kin: Kin) -> list[list[Report]]:
    """Reports in camps that name a common actor (or its part), oldest report first."""
    if len(reports) == 1:
        return [list(reports)]
    camps: list[list[Report]] = []
    for r in reports:
        mine = [c for c in camps if any(_agree(getattr(r, side), getattr(x, side), kin) for x in c)]
        rest = [c for c in camps if c not in mine]
        camps = [*rest, [*(x for c in mine for x in c), r]]
    return camps


def _agree(one: Sequence[Actor], other: Sequence[Actor], kin: Kin) -> bool:
    return any(related(a, b, kin) for a in one for b in other if _is_named(a) and _is_named(b))


def _trusted(ctx: _Context, camp: Sequence[Report], side: str) -> list[Sequence[Actor]]:
    """The lists of a camp without actors that only a minority of its origins adds."""
    if len(camp) == 1:
        return [getattr(camp[0], side)]
    counts: dict[str, set[str]] = {}
    for r in camp:
        for a in getattr(r, side):
            counts.setdefault(a.name, set()).add(ctx.origin(r))
    half = len({ctx.origin(r) for r in camp}) / 2
    kept: list[Sequence[Actor]] = [[a for a in getattr(r, side) if len(counts[a.name]) >= half] for r in camp]
    return kept if any(kept) else [getattr(r, side) for r in camp]


# --- tolls --------------------------------------------------------------------------------------


def figure_weight(report: Report) -> int:
    """The weight of a report's figures by who says them, 1 the most."""
    if report.count_vague:
        return WEIGHT_VAGUE
    return min((WEIGHT_OF_KIND.get(a.kind, WEIGHT_UNATTRIBUTED) for a in report.attributions), default=WEIGHT_UNATTRIBUTED)


def _voices(ctx: _Context, report: Report) -> frozenset[str]:
    """Whose figure it is: the parties it is attributed to, the outlet and the origin."""
    article = ctx.articles.get(report.article_id)
    voices = {f"origin {ctx.origin(report)}", *(f"party {fold(a.source)}" for a in report.attributions[:1])}
    if article and article.source:
        voices.add(f"outlet {fold(article.source)}")
    return frozenset(voices)


def toll_history(
    reports: Sequence[Report],
    articles: Mapping[str, Article],
    *,
    what: str = "deaths",
    origins: Mapping[str, str] | None = None,
    as_of: str | None = None,
) -> list[TollStep]:
    """How a toll rose: every figure by publication time, which of them stand, and which became the best.

    `what` is deaths or injured. Background reports count only where no other gives a figure.
    """
    live = tuple(live_reports(reports, articles, as_of=as_of))
    return _history(_Context(live, articles, origins or {}, NO_KIN), what)


def _history(ctx: _Context, what: str) -> list[TollStep]:
    def figure(r: Report) -> int | None:
        return next((v for v in (getattr(r, f"{what}_{end}") for end in ("best", "low")) if v is not None), None)

    offers = ctx.heard(lambda r: any(getattr(r, f"{what}_{end}") is not None for end in ("best", "low", "high")))
    # Within one publication time the weightier comes last, so that it holds.
    offers = tuple(sorted(offers, key=lambda r: (ctx.published(r) or "~", -figure_weight(r), figure(r) or 0, r.report_id)))
    voices = [_voices(ctx, r) for r in offers]
    steps: list[TollStep] = []
    best: tuple[int, int] | None = None  # value, weight
    for n, r in enumerate(offers):
        value, weight = figure(r), figure_weight(r)
        later = [k for k in range(n + 1, len(offers)) if voices[n] & voices[k] and ctx.published(offers[k]) != ctx.published(r)]
        became = False
        if value is not None:
            higher = best is not None and value > best[0] and weight < WEIGHT_VAGUE
            became = best is None or weight <= best[1] or higher
            if became:
                best = value, weight
        steps.append(
            TollStep(
                ctx.published(r), r.report_id, r.article_id, value if value is not None else getattr(r, f"{what}_high"),
                getattr(r, f"{what}_low"), getattr(r, f"{what}_high"), weight, not later, became,
            )
        )  # fmt: skip
    return steps


def choose_toll(ctx: _Context, what: str) -> tuple[dict[str, Any], dict[str, str], Report | None]:
    """best, low and high of a toll, the rule of each, and the report that gave the best."""
    steps = _history(ctx, what)
    if not steps:
        return {}, {}, None
    by_id = {r.report_id: r for r in ctx.reports}
    values: dict[str, Any] = {}
    rules: dict[str, str] = {}
    chosen: Report | None = None
    became = [s for s in steps if s.became_best]
    if became:
        last = became[-1]
        chosen = by_id[last.report_id]
        before = became[-2] if len(became) > 1 else None
        values[f"{what}_best"] = last.value
        rules[f"{what}_best"] = "later_higher_toll" if before and last.weight > before.weight else "newest_standing"
    standing = [by_id[s.report_id] for s in steps if s.stands]
    if chosen and chosen not in standing:
        standing.append(chosen)
    lows = [v for r in standing if (v := _first_given(r, what, ("low", "best"))) is not None]
    if lows:
        values[f"{what}_low"], rules[f"{what}_low"] = min(lows), "lowest_standing"
    highs = [v for r in standing if (v := getattr(r, f"{what}_high")) is not None]
    minimums = [v for r in standing if getattr(r, f"{what}_high") is None and (v := getattr(r, f"{what}_best")) is not None]
    if highs and max(highs) >= max(minimums, default=0):
        values[f"{what}_high"], rules[f"{what}_high"] = max(highs), "highest_standing"
    return values, rules, chosen


def _first_given(report: Report, what: str, ends: Sequence[str]) -> int | None:
    return next((v for v in (getattr(report, f"{what}_{end}") for end in ends) if v is not None), None)


def choose_split(ctx: _Context, chosen: Report | None, best: int | None) -> Choice | None:
    """Deaths by party: with the toll, else the newest split that fits into it."""
    offers = ctx.heard(lambda r: any(getattr(r, f) is not None for f in SPLIT_FIELDS))
    if chosen is not None and any(getattr(chosen, f) is not None for f in SPLIT_FIELDS):
        return {f: getattr(chosen, f) for f in SPLIT_FIELDS}, "with_the_toll"
    fitting = [r for r in offers if best is None or sum(getattr(r, f) or 0 for f in SPLIT_FIELDS) <= best]
    return ({f: getattr(fitting[-1], f) for f in SPLIT_FIELDS}, "newest") if fitting else None


# --- the whole ----------------------------------------------------------------------------------


def _union_claims(ctx: _Context) -> tuple[Claim, ...]:
    found: dict[tuple[str, str, str], Claim] = {}
    for r in ctx.reports:
        for c in r.claims:
            found.setdefault((fold(c.actor), c.stance, fold(c.by)), c)
    return tuple(found.values())


def _union_attributions(ctx: _Context) -> tuple[Attribution, ...]:
    found: dict[tuple[str, str], Attribution] = {}
    for r in ctx.reports:
        for a in r.attributions:
            found.setdefault((fold(a.source), a.kind), a)
    return tuple(found.values())


def _assertion(reports: Sequence[Report]) -> str:
    kinds = {r.assertion for r in reports}
    return next(k for k in ("asserted", "background", "aggregate", "prospective", "denied") if k in kinds)


def _confidence(ctx: _Context) -> float | None:
    best: dict[str, float] = {}
    for r in ctx.reports:
        if r.confidence is not None:
            best[ctx.origin(r)] = max(best.get(ctx.origin(r), 0.0), r.confidence)
    return round(1 - math.prod(1 - c for c in best.values()), 4) if best else None


@dataclass(frozen=True, slots=True)
class PrimarySource:
    """A party whose word the articles pass on: its kinds, and how many articles and origins have it from there."""

    source: str
    kinds: tuple[str, ...]
    articles: int
    origins: int


def primary_sources(
    reports: Iterable[Report], articles: Mapping[str, Article], *, origins: Mapping[str, str] | None = None, as_of: str | None = None
) -> list[PrimarySource]:
    """Whom the articles on an event have it from ("CENTCOM said", "told AFP"), the most relied on first.

    An agency's copies are one origin, so a source that twenty outlets quote from one agency was heard once.
    """
    live = live_reports(reports, articles, as_of=as_of)
    ctx = _Context(tuple(live), articles, origins or {}, NO_KIN)
    names: dict[str, str] = {}
    kinds: dict[str, dict[str, None]] = {}
    heard: dict[str, set[str]] = {}
    told: dict[str, set[str]] = {}
    for r in live:
        for a in r.attributions:
            key = re.sub(r"^(the|a|an) ", "", fold(a.source))
            names.setdefault(key, a.source)
            kinds.setdefault(key, {})[a.kind] = None
            heard.setdefault(key, set()).add(ctx.origin(r))
            told.setdefault(key, set()).add(r.article_id)
    found = [PrimarySource(names[k], tuple(kinds[k]), len(told[k]), len(heard[k])) for k in names]
    return sorted(found, key=lambda s: (-s.origins, -s.articles, s.source))


def incident_decisions(decisions: Iterable[Decision], incident_id: str, also: Iterable[str] = ()) -> list[Decision]:
    """The standing decisions on an incident and on ids merged into it, the weaker first.

    What was decided on a merged id holds until something is decided on the id it went into.
    """
    merged = set(also)
    standing = [d for d in active_decisions(decisions) if d.kind in ("set", "confirm", "reject")]
    carried = [d for d in standing if d.target in merged and d.target != incident_id and d.kind != "reject"]
    return [*carried, *(d for d in standing if d.target == incident_id)]


def read_value(field: str, value: Any) -> Any:
    """A decision's JSON value as the record holds it."""
    if field in ("side_a", "side_b"):
        return tuple(Actor(a["name"], int(a["inter"]), tuple(a.get("aliases", ())), a.get("actor_id", "")) for a in value)
    if field == "claims":
        return tuple(Claim(**c) for c in value)
    if field == "attributions":
        return tuple(Attribution(**a) for a in value)
    if field == "modes":
        return tuple(value)
    return value


REVIEW_STATUS = {"set": "edited", "confirm": "confirmed", "reject": "rejected"}


def apply_decisions(incident: Incident, decisions: Sequence[Decision]) -> Incident:
    """The incident with what people set, confirmed or rejected; the latest decision gives the status."""
    values: dict[str, Any] = {}
    if not decisions:
        return incident
    for d in decisions:
        if d.kind == "set":
            values |= {f: read_value(f, v) for f, v in d.payload["values"].items() if f in SETTABLE_FIELDS}
    fitted = fit_ranges(incident, values)
    rules = incident.rules | dict.fromkeys(fitted, "fits_what_was_set") | dict.fromkeys(values, "set_by_person")
    return dataclasses.replace(
        incident,
        **(fitted | values),
        locked_fields=tuple(sorted(values)),
        rules=dict(sorted(rules.items())),
        review_status=REVIEW_STATUS[decisions[-1].kind],
    )


def fit_ranges(incident: Incident, values: Mapping[str, Any]) -> dict[str, Any]:
    """Low and high, where a person set the best figure and the articles' range would shut it out."""
    fitted: dict[str, Any] = {}
    for what in ("deaths", "injured"):
        best, low, high = (f"{what}_{end}" for end in ("best", "low", "high"))
        if best not in values:
            continue
        value, least, most = values[best], getattr(incident, low), getattr(incident, high)
        if low not in values and least is not None and (value is None or least > value):
            fitted[low] = value
        if high not in values and most is not None and (value is None or most < value):
            fitted[high] = value
    return fitted


def resolve(
    reports: Sequence[Report],
    decisions: Sequence[Decision] = (),
    *,
    articles: Mapping[str, Article],
    as_of: str | None = None,
    incident_id: str | None = None,
    also: Sequence[str] = (),
    origins: Mapping[str, str] | None = None,
    kin: Kin = NO_KIN,
) -> Incident:
    """The incident that these reports tell, with the rule that chose each value.

    `decisions` may be the whole log. `as_of` is a publication day or time: reports published later are
    not heard; decisions always are, for they say how to read, not what happened since. `incident_id`
    is by default that of the incident which the oldest report founds; `also` are ids merged into it.
    `origins` maps articles to origins, by default each story is its own. Raises NotFoundError where
    nothing was published by `as_of`.
    """
    live = live_reports(reports, articles, as_of=as_of)
    if not live:
        raise NotFoundError(f"nothing was reported of {incident_id or 'this incident'} by {as_of}")
    ctx = _Context(tuple(live), articles, origins or {}, kin)
    values: dict[str, Any] = {}
    rules: dict[str, str] = {}

    def take(choice: Choice | None) -> None:
        if choice:
            values.update(choice[0])
            filled = [f for f, v in choice[0].items() if v not in (None, ()) or choice[1] == "mutual_accusations"]
            rules.update(dict.fromkeys(filled, choice[1]))

    take(choose_type(ctx))
    take(choose_modes(ctx, values.get("sub_event_type")))
    take(choose_date(ctx))
    take(choose_place(ctx))
    take(choose_side(ctx, "side_a"))
    take(choose_side(ctx, "side_b"))
    gave: dict[str, Report | None] = {}
    for what in ("deaths", "injured"):
        tolls, toll_rules, gave[what] = choose_toll(ctx, what)
        values |= tolls
        rules |= toll_rules
    take(choose_split(ctx, gave["deaths"], values.get("deaths_best")))
    counted = gave["deaths"] or gave["injured"]
    claims, attributions = _union_claims(ctx), _union_attributions(ctx)
    rules |= {name: "union" for name, value in (("claims", claims), ("attributions", attributions)) if value}
    times = sorted(t for r in live if (t := ctx.published(r)))
    confidence = _confidence(ctx)
    rules |= {"assertion": "asserted_if_any"} | ({"confidence": "any_origin_right"} if confidence is not None else {})
    if len(live) == 1:
        rules = dict.fromkeys(rules, "only_report")
    incident = Incident(
        incident_id=incident_id or make_incident_id(live[0].report_id),
        assertion=_assertion(live),
        **values,
        count_vague=bool(counted and counted.count_vague),
        claims=claims,
        attributions=attributions,
        number_of_reports=len(live),
        number_of_articles=len({a.story_id if (a := articles.get(r.article_id)) else r.article_id for r in live}),
        number_of_sources=len({ctx.origin(r) for r in live}),
        first_reported=times[0] if times else None,
        last_reported=times[-1] if times else None,
        confidence=confidence,
        rules=dict(sorted(rules.items())),
        report_ids=tuple(sorted(r.report_id for r in reports if r in live or as_of is None)),
    )
    incident = apply_decisions(incident, incident_decisions(decisions, incident.incident_id, also))
    candidates = list_candidates(incident, live)
    return dataclasses.replace(incident, candidates=candidates) if candidates else incident


def list_candidates(incident: Incident, reports: Sequence[Report]) -> tuple[Candidate, ...]:
    """Every value a report offers for a field, marked where it is the chosen one.

    A single report without a person's word has no rival: its values are the incident's, and none is listed.
    """
    if len(reports) < 2 and not incident.locked_fields:
        return ()
    offers = []
    by_id = sorted(reports, key=lambda r: r.report_id)
    values = zip(_CANDIDATE_FIELDS, _candidate_values(incident), zip(*map(_candidate_values, by_id), strict=True), strict=True)
    for name, chosen, offered in values:
        for r, value in zip(by_id, offered, strict=True):
            if value is not None and value != ():
                offers.append(Candidate(name, value, r.report_id, value == chosen))
    return tuple(offers)


_CANDIDATE_FIELDS = tuple(sorted(CANDIDATE_FIELDS))
_candidate_values = operator.attrgetter(*_CANDIDATE_FIELDS)
