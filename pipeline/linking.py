"""Which reports tell of one event: a sum of named features decides, and every score says why.

Pure functions from reports to groups. The partition depends on the set of reports and on nothing
else: not on the order they came in, not on what else the store holds. `pipeline/incidents.py`
brings the reports in from the store and takes the groups back to it.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import hashlib
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz

from pipeline.models import EVENT_TYPE_OF, Actor, Article, Decision, Report

# At or above: the two reports are one event. Tuned on the clusters of the gold sets, see tests.
LINK_SCORE = 4.5
# From here to LINK_SCORE a person is asked.
DOUBT_SCORE = 3.0
# Two groups join only while their pairs, all of them, agree this much on average: no chains.
MEAN_SCORE = 2.5

# How far apart in days the dates of two reports of one event may lie: an article that gives no day
# has the publication's, which comes up to three days late.
WINDOW_DAYS = 3
# Dates of six days or less are found by their first day; longer ones are looked at every time.
SHORT_DAYS = 6
# Reports that know no more than the month or the year are looked for this far back, in days.
WIDE_DAYS = 366

# How far from its point the event may be, in kilometres, by where_prec: a town's built-up area, the
# surroundings of a named point, a district, a province, a region, a country, a stretch of sea.
RADIUS_KM: dict[int | None, float] = {None: 20, 1: 8, 2: 25, 3: 40, 4: 120, 5: 250, 6: 600, 7: 150}
# How much it says that two places agree: two towns much, two countries next to nothing.
PLACE_WEIGHT: dict[int | None, float] = {None: 0.8, 1: 1.0, 2: 1.0, 3: 0.7, 4: 0.4, 5: 0.25, 6: 0.1, 7: 0.6}

# What two reports are compared by, as the store names it.
BLOCK_COLUMNS = (
    "report_id", "article_id", "coder", "assertion", "date_start", "date_end", "date_prec", "date_basis",
    "place_name", "country", "latitude", "longitude", "where_prec", "admin1", "event_type", "sub_event_type", "side_a", "side_b",
    "deaths_low", "deaths_best", "deaths_high", "injured_low", "injured_best", "injured_high", "confidences",
)  # fmt: skip

WORDS_FILE = Path(__file__).with_name("linking_words.csv")


def _load_words(kind: str) -> frozenset[str]:
    with WORDS_FILE.open(encoding="utf-8", newline="") as file:
        return frozenset(row["word"] for row in csv.DictReader(file) if row["kind"] == kind)


# Words of place names that name no place, and words that every report of violence has.
PLACE_NOISE = _load_words("place")
WORD_NOISE = _load_words("text")

# Pairs of sub-event types that two honest reporters may choose for one event; any other pair of one
# event type counts a little against, a pair across event types more.
NEAR_TYPES: tuple[frozenset[str], ...] = (
    frozenset({"Suicide bomb", "Remote explosive/landmine/IED"}),
    frozenset({"Air/drone strike", "Shelling/artillery/missile attack"}),
    frozenset({"Grenade", "Remote explosive/landmine/IED"}),
    frozenset({"Grenade", "Shelling/artillery/missile attack"}),
    frozenset({"Armed clash", "Attack"}),
    frozenset({"Attack", "Abduction/forced disappearance"}),
    frozenset({"Chemical weapon", "Air/drone strike"}),
    frozenset({"Chemical weapon", "Shelling/artillery/missile attack"}),
    frozenset({"Air/drone strike", "Disrupted weapons use"}),
    frozenset({"Shelling/artillery/missile attack", "Disrupted weapons use"}),
    frozenset({"Armed clash", "Suicide bomb"}),
    frozenset({"Armed clash", "Remote explosive/landmine/IED"}),
    frozenset({"Armed clash", "Government regains territory"}),
    frozenset({"Armed clash", "Non-state actor overtakes territory"}),
    frozenset({"Violent demonstration", "Mob violence"}),
    frozenset({"Protest with intervention", "Excessive force against protesters"}),
    frozenset({"Protest with intervention", "Violent demonstration"}),
    # One shooting into a crowd, told by its victims and by the police.
    frozenset({"Excessive force against protesters", "Violent demonstration"}),
    frozenset({"Peaceful protest", "Protest with intervention"}),
)
# Event types between which a mistake is far-fetched: what demonstrators do and what armies do.
CROWDS = frozenset({"Protests", "Riots"})


@dataclass(frozen=True, slots=True)
class Feature:
    """One reason for or against: its score (disagreement subtracts) and the words for it."""

    name: str
    score: float
    sentence: str


@dataclass(frozen=True, slots=True)
class LinkScore:
    """How much two reports look like one event, and the features that add up to it."""

    total: float
    features: tuple[Feature, ...]

    @property
    def why(self) -> str:
        """One line a person reads: "same day; 3 km apart; both name Kataib Hezbollah; tolls 5 and 5"."""
        return "; ".join(f.sentence for f in self.features if f.sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A doubtful link: this report may be of the event that the other report tells."""

    report_id: str
    other_id: str
    score: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Reports of one event, oldest first, and for each the best link to an older one and why."""

    report_ids: tuple[str, ...]
    links: dict[str, tuple[float | None, str]] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Constraints:
    """What people decided: pairs of reports (ids in order) that are one event, or are not.

    `together` is ordered, the latest decision first.
    """

    together: tuple[tuple[str, str], ...] = ()
    apart: frozenset[tuple[str, str]] = frozenset()


NO_CONSTRAINTS = Constraints()
Kin = Mapping[str, frozenset[str]]  # actor name -> the names of its ancestors, itself included


# --- features ----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=65536)
def _day(iso: str) -> int:
    return dt.date.fromisoformat(iso[:10]).toordinal()


def date_span(report: Report) -> tuple[int, int] | None:
    """First and last day of a report as proleptic ordinals; None when undated."""
    return span_of(report.date_start, report.date_end) if report.date_start else None


def span_of(date_start: str, date_end: str | None) -> tuple[int, int]:
    """The first and last of two ISO days as proleptic ordinals; a last day before the first is the first."""
    start = _day(date_start)
    return start, max(start, _day(date_end)) if date_end else start


def compare_where_and_when(a: Report, b: Report) -> tuple[Feature, Feature]:
    """The two features that rule most pairs out."""
    return compare_dates(a, b), compare_places(a, b)


def may_score(a: Report, b: Report, *, kin: Kin) -> bool:
    """Whether the words of the two articles could still make a link, or a doubt, of what the rest says at most.

    Asked before the reports are loaded whole: most pairs of one country and day end here.
    """
    when, where = compare_where_and_when(a, b)
    total = when.score + (max(where.score, NAMED_SCORE) if may_name_places(a, b, when) else where.score)
    if total + REST_MAX < DOUBT_SCORE:
        return False
    total += compare_types(a, b).score + toll_at_most(a, b, "deaths") + 0.6 * toll_at_most(a, b, "injured") + WORDS_MAX
    return total + SIDES_MAX >= DOUBT_SCORE and total + sum(f.score for f in compare_actors(a, b, kin=kin)) >= DOUBT_SCORE


def toll_at_most(a: Report, b: Report, what: str) -> float:
    """What `compare_tolls` may say before it is scaled, whichever of the two is the later."""
    one, other = _range(a, what), _range(b, what)
    if one is None or other is None:
        return 0.0
    if one[0] <= other[1] and other[0] <= one[1]:
        return 2.0
    return 0.3


def compare_dates(a: Report, b: Report) -> Feature:
    """Overlap or distance of the days, weighed by how precise they are."""
    one, other = date_span(a), date_span(b)
    if not one or not other:
        return Feature("date", -2.5, "day not known for both" if not one and not other else "day not known for one")
    prec = max(a.date_prec or 1, b.date_prec or 1)
    gap = max(one[0], other[0]) - min(one[1], other[1])
    if gap <= 0:
        if prec == 1 and one == other:
            return Feature("date", 3.0, "same day")
        score = {1: 2.5, 2: 2.0, 3: 1.0, 4: 0.5}.get(prec, 0.0)
        return Feature("date", score, "days overlap" if prec <= 2 else "dates overlap, not known to the day")
    # A publication's day stands for an event of that day or one of those before it.
    slack = WINDOW_DAYS if "publication" in (a.date_basis, b.date_basis) else 0
    sentence = "one day apart" if gap == 1 else f"{gap} days apart"
    if gap <= slack:
        return Feature("date", 1.0 - 0.5 * gap, f"{sentence}, one only by its publication")
    return Feature("date", -3.5 if gap == 1 else -min(12.0, 3.0 + gap), sentence)


def distance_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    """Great-circle distance in kilometres (sphere, IUGG mean radius 6371.0088 km)."""
    la, lo, lb, lp = map(math.radians, (latitude_a, longitude_a, latitude_b, longitude_b))
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, h)))


@functools.lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case without accents and apostrophes: what two spellings of one name have in common."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"['’‘`ʿʾ]", "", plain).casefold()


@functools.lru_cache(maxsize=65536)
def place_words(name: str) -> tuple[str, ...]:
    """The words of a place's name that tell it from others, in order."""
    words = re.findall(r"[^\W\d_]+", fold(name))
    return tuple(dict.fromkeys(w for w in words if len(w) > 2 and w not in PLACE_NOISE))


@functools.lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The consonants, doubled ones once: what transliterations agree on ("Mellit", "Malit")."""
    return re.sub(r"(.)\1+", r"\1", word[:1] + re.sub(r"[aeiouyw]", "", word[1:]))


def _same_word(a: str, b: str) -> bool:
    if a == b:
        return True
    if min(len(a), len(b)) < 4:
        return False
    bones = skeleton(a), skeleton(b)
    return fuzz.ratio(a, b) >= 80 or (bones[0] == bones[1] and len(bones[0]) >= 3)


@functools.lru_cache(maxsize=65536)
def same_place_name(a: str, b: str) -> bool:
    """Whether two names may be spellings of one place: "Hsihseng", "Hsi Hseng"; "Mellit", "Malit"."""
    one, other = place_words(a), place_words(b)
    if not one or not other:
        return False
    few, many = sorted((one, other), key=lambda words: (len(words), words))
    common = sum(any(_same_word(w, v) for v in many) for w in few)
    return common / len(few) >= 0.5 or _same_word("".join(one), "".join(other))


# A village that a gazetteer lacks is put at its district or province: far, and yet no other place.
SAME_PROVINCE_AGAINST = 4.0


def sureness(a: Report, b: Report, field: str) -> float:
    """How far disagreement on a field may count: that both reports are right on it; 1 where they do not say."""
    return a.confidences.get(field, 1.0) * b.confidences.get(field, 1.0)


def compare_places(a: Report, b: Report) -> Feature:
    """Distance against how exactly each place is known; the same name counts where the map is silent."""
    if a.country and b.country and a.country != b.country:
        return Feature("place", -8.0, f"different countries ({a.country}, {b.country})")
    weight = min(PLACE_WEIGHT.get(a.where_prec, 0.8), PLACE_WEIGHT.get(b.where_prec, 0.8))
    named = bool(a.place_name and b.place_name and same_place_name(a.place_name, b.place_name))
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        if named:
            return Feature("place", 2.5 * max(weight, 0.4), f"both in {a.place_name}")
        if a.place_name and b.place_name and weight >= 0.6:
            return Feature("place", -1.5, f"places {a.place_name} and {b.place_name}")
        return Feature("place", -1.2, "place not known for both")
    km = distance_km(a.latitude, a.longitude, b.latitude, b.longitude)
    near = RADIUS_KM.get(a.where_prec, 20.0) + RADIUS_KM.get(b.where_prec, 20.0)
    if max(a.where_prec or 1, b.where_prec or 1) >= 6:
        return Feature("place", 0.3 if km <= near else -1.0, "place known only by country" if km <= near else f"{km:.0f} km apart")
    if named and km <= 2 * near:
        sentence = f"both in {a.place_name}" if a.place_name == b.place_name else f"both in {a.place_name} ({b.place_name})"
        return Feature("place", 3.0 * weight, sentence)
    sentence = "same place" if km < 1 else f"{km:.0f} km apart"
    if km <= 3:
        return Feature("place", 3.0 * weight, sentence)
    if km <= near:
        return Feature("place", 2.0 * weight * (1 - 0.5 * km / near), sentence)
    if named:  # one name put on the map twice: villages share names, and gazetteers miss some
        return Feature("place", 1.0 * weight, f"both name {a.place_name}, put {km:.0f} km apart")
    against = min(8.0, 1.0 + 2.0 * math.log2(km / near))
    if a.admin1 and a.admin1 == b.admin1:
        against, sentence = min(against, SAME_PROVINCE_AGAINST), f"{sentence} in {a.admin1}"
    return Feature("place", -against * sureness(a, b, "place_name"), sentence)


# Two articles on one day, one of which names the other's village: what they put elsewhere is mostly one
# of the two coders' gazetteers lacking it.
NAMED_SCORE = 1.0


def may_name_places(a: Report, b: Report, when: Feature) -> bool:
    """Whether `compare_named_places` applies: one country, days that agree, and a place to look for."""
    return bool(
        when.score >= 2.0
        and a.country == b.country
        and any(r.place_name and (r.where_prec or 9) <= NAMED_PREC and place_words(r.place_name) for r in (a, b))
    )


# Districts and what is finer: that two articles name one province says little.
NAMED_PREC = 3


def compare_named_places(a: Report, b: Report, articles: Mapping[str, Article]) -> Feature | None:
    """That the article of one report names the place of the other; None where it does not."""
    for one, other in ((a, b), (b, a)):
        article = articles.get(other.article_id)
        if article is not None and one.place_name and (one.where_prec or 9) <= NAMED_PREC and names_place(article.text, one.place_name):
            return Feature("place", NAMED_SCORE, f"both articles name {one.place_name}")
    return None


@functools.lru_cache(maxsize=16384)
def names_place(text: str, name: str) -> bool:
    """Whether a text has all the telling words of a place's name."""
    wanted = place_words(name)
    return bool(wanted) and set(wanted) <= text_words(text)


@functools.lru_cache(maxsize=4096)
def text_words(text: str) -> frozenset[str]:
    """The words of a text, folded as names of places are."""
    return frozenset(re.findall(r"[^\W\d_]+", fold(text)))


@functools.lru_cache(maxsize=16384)
def _kind(actor: Actor) -> str:
    """How much an actor's name tells: 'unnamed' nothing, 'crowd' little, 'state' some, 'group' most."""
    name = actor.name.casefold()
    if name.startswith(("unidentified", "unknown")):
        return "unnamed"
    if actor.inter in (5, 6, 7) or name.startswith(("civilian", "protester", "rioter")):
        return "crowd"
    return "state" if actor.inter in (1, 8) else "group"


@functools.lru_cache(maxsize=16384)
def _own_names(actor: Actor) -> frozenset[str]:
    return frozenset(fold(n) for n in (actor.name, re.sub(r"\s*\(.*?\)", "", actor.name), *actor.aliases) if n)


@functools.lru_cache(maxsize=16384)
def _aliases(actor: Actor) -> frozenset[str]:
    return frozenset(map(fold, actor.aliases))


@functools.lru_cache(maxsize=16384)
def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(fold, names))


def _names(actor: Actor, kin: Kin) -> frozenset[str]:
    up = kin.get(actor.name)
    return _own_names(actor) | _folded(up) if up else _own_names(actor)


def related(a: Actor, b: Actor, kin: Kin) -> bool:
    """Whether two actors are one, by any name, or one is part of the other."""
    if a.name == b.name or fold(a.name) == fold(b.name):
        return True
    if {a.inter, b.inter} <= {5, 6}:  # one crowd: rioters to the police, protesters to themselves
        return True
    up_a, up_b = _names(a, kin), _names(b, kin)
    return fold(a.name) in up_b or fold(b.name) in up_a or not _aliases(a).isdisjoint(_aliases(b))


SHARED_SCORE = {"group": 1.5, "state": 1.0, "crowd": 0.4}


def compare_sides(one: Sequence[Actor], other: Sequence[Actor], *, name: str, against: float, kin: Kin) -> Feature:
    """Whether the two lists share a named actor; unnamed gunmen agree with anybody."""
    best: tuple[float, str] | None = None
    for x in one:
        for y in other:
            if _kind(x) != "unnamed" and _kind(y) != "unnamed" and related(x, y, kin):
                score = min(SHARED_SCORE[_kind(x)], SHARED_SCORE[_kind(y)])
                if best is None or score > best[0]:
                    best = score, x.name if x.name == y.name else f"{x.name} ({y.name})"
    if best:
        return Feature(name, best[0], f"both name {best[1]}")
    if not one or not other or any(_kind(x) == "unnamed" for x in (*one, *other)):
        return Feature(name, 0.0, "")
    return Feature(name, against, f"{' and '.join(x.name for x in one)} against {' and '.join(y.name for y in other)}")


def compare_actors(a: Report, b: Report, *, kin: Kin) -> tuple[Feature, ...]:
    """The two sides; in a clash or a crowd who began it is seldom agreed on, so either order will do."""
    if _either_way(a, b):
        both = compare_sides(a.side_a + a.side_b, b.side_a + b.side_b, name="actors", against=-2.0, kin=kin)
        if both.score > 0:
            second = _second_shared(a.side_a + a.side_b, b.side_a + b.side_b, kin)
            return (both, Feature("actors", 0.5, "")) if second else (both,)
        return (both,)
    # Who did it is disputed more often than to whom it was done; both disagreeing is another event.
    return (
        compare_sides(a.side_a, b.side_a, name="initiator", against=-1.0, kin=kin),
        compare_sides(a.side_b, b.side_b, name="target", against=-1.0, kin=kin),
    )


def _either_way(a: Report, b: Report) -> bool:
    return "Armed clash" in (a.sub_event_type, b.sub_event_type) or a.event_type in CROWDS or b.event_type in CROWDS


def _second_shared(one: Sequence[Actor], other: Sequence[Actor], kin: Kin) -> bool:
    shared = [x for x in one if _kind(x) != "unnamed" and any(related(x, y, kin) for y in other)]
    return len(shared) >= 2


def compare_types(a: Report, b: Report) -> Feature:
    """Whether two reporters may have called one event these two things."""
    one, other = a.sub_event_type, b.sub_event_type
    if not one or not other:
        return Feature("type", 0.0, "")
    if one == other:
        return Feature("type", 1.0, f"both {one}")
    sentence = f"{one} and {other}"
    kinds = {EVENT_TYPE_OF.get(one), EVENT_TYPE_OF.get(other)}
    if frozenset({one, other}) in NEAR_TYPES:
        score = -0.5
    elif len(kinds) == 1:
        score = -1.5
    else:
        score = -3.0 if kinds & CROWDS else -2.0
    return Feature("type", score * sureness(a, b, "sub_event_type"), sentence)


def _first(a: Report, b: Report, articles: Mapping[str, Article]) -> tuple[Report, Report]:
    """The two reports in the order of their publication."""
    return (b, a) if report_order(b, articles) < report_order(a, articles) else (a, b)


def report_order(report: Report, articles: Mapping[str, Article]) -> tuple[str, str]:
    """Sort key: by publication, unknown last, then by id."""
    article = articles.get(report.article_id)
    return (article.published_at_utc if article and article.published_at_utc else "~", report.report_id)


def _range(report: Report, what: str) -> tuple[int, int] | None:
    if what == "deaths":
        given = report.deaths_low, report.deaths_best, report.deaths_high
    else:
        given = report.injured_low, report.injured_best, report.injured_high
    figures = [v for v in given if v is not None]
    return (min(figures), max(figures)) if figures else None


def compare_tolls(a: Report, b: Report, articles: Mapping[str, Article], *, what: str = "deaths") -> Feature:
    """Equal, overlapping, risen since, or too far apart. An unknown toll agrees with any."""
    one, other = _range(a, what), _range(b, what)
    if one is None or other is None:
        return Feature(what, 0.0, "")
    older, newer = _first(a, b, articles)
    if older is b:
        one, other = other, one
    name = "tolls" if what == "deaths" else "injured"
    x = next(v for v in (getattr(older, f"{what}_best"), one[1]) if v is not None)
    y = next(v for v in (getattr(newer, f"{what}_best"), other[1]) if v is not None)
    sentence = f"{name} {x} and {y}"
    scale = 1.0 if what == "deaths" else 0.6
    if x == y:
        # Many events have one dead or none; few have seventeen.
        return Feature(what, scale * (0.3 if x <= 1 else min(2.0, 0.5 + 0.6 * math.log2(x) / 2)), sentence)
    if one[0] <= other[1] and other[0] <= one[1]:
        return Feature(what, scale * 0.5, sentence)
    ratio = (max(x, y) + 1) / (min(x, y) + 1)
    if y > x:  # a toll rises as bodies are found
        score = 0.3 if ratio <= 1.6 else -0.3 if ratio <= 2.5 else -1.2
    else:
        score = 0.0 if ratio <= 1.6 else -0.7 if ratio <= 2.5 else -1.8
    if score < 0:
        score *= sureness(a, b, f"{what}_best")
    return Feature(what, scale * score, sentence)


def context_words(report: Report, text: str) -> frozenset[str]:
    """The telling words of the sentences that hold the report's evidence.

    Names of places and actors are left out: they have features of their own.
    """
    names = tuple(name for actor in report.side_a + report.side_b for name in (actor.name, *actor.aliases))
    spans = tuple(sorted({(e.start, e.end) for e in report.evidence}))
    return _context_words(text, spans, (report.place_name or "", *names)) if spans else frozenset()


@functools.lru_cache(maxsize=16384)
def _context_words(text: str, spans: tuple[tuple[int, int], ...], names: tuple[str, ...]) -> frozenset[str]:
    chosen = " ".join(text[start:end] for start, end in sentence_spans(text) if any(s < end and start < e for s, e in spans))
    known = {w for name in names for w in re.findall(r"\w+", fold(name))}
    words = (w.removesuffix("s") for w in re.findall(r"[^\W\d_]{5,}", fold(chosen)) if w not in WORD_NOISE)
    return frozenset(w for w in words if w not in WORD_NOISE and w not in known)


@functools.lru_cache(maxsize=4096)
def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where sentences start and end, roughly: after a full stop before a capital, and at line ends."""
    cuts = [0, *(m.end() for m in re.finditer(r"[.!?][\"”’')]*\s+(?=[A-Z“\"‘])|\n+", text)), len(text)]
    return tuple((a, b) for a, b in itertools.pairwise(cuts) if b > a)


# The share of telling words that sentences on two events of one region and time have in common (gold sets).
COMMON_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been worked out for some reports already and serves other pairs of them: words by report, and what sides say."""

    words: dict[str, frozenset[str]] = field(default_factory=dict)
    actors: dict[tuple[object, ...], tuple[Feature, ...]] = field(default_factory=dict)

    def words_of(self, report: Report, text: str) -> frozenset[str]:
        """`context_words`, once a report."""
        found = self.words.get(report.report_id)
        if found is None:
            found = self.words[report.report_id] = context_words(report, text)
        return found

    def compare_actors(self, a: Report, b: Report, *, kin: Kin) -> tuple[Feature, ...]:
        """`compare_actors`, once for reports with the same sides, of which there are few."""
        key = (a.side_a, a.side_b, b.side_a, b.side_b, _either_way(a, b))
        found = self.actors.get(key)
        if found is None:
            found = self.actors[key] = compare_actors(a, b, kin=kin)
        return found


def compare_words(a: Report, b: Report, articles: Mapping[str, Article], *, seen: Seen) -> Feature:
    """Telling words that both articles use of the event."""
    one, other = articles.get(a.article_id), articles.get(b.article_id)
    if one is None or other is None:
        return Feature("words", 0.0, "")
    words_a, words_b = seen.words_of(a, one.text), seen.words_of(b, other.text)
    few = min(len(words_a), len(words_b))
    if few < 3:
        return Feature("words", 0.0, "")
    shared = words_a & words_b
    shown = ", ".join(sorted(shared, key=lambda w: (-len(w), w))[:3])
    score = max(-0.5, min(1.5, 4.0 * (len(shared) / few - COMMON_SHARE)))
    return Feature("words", score, f"both say {shown}" if shared else "no telling word in common")


NO_KIN: Kin = {}
# The most that the words, and the sides, can add.
WORDS_MAX, SIDES_MAX = 1.5, 3.0
# The most that the features other than date and place can add.
REST_MAX = SIDES_MAX + 1.0 + 2.0 + 1.2 + WORDS_MAX


def compare_reports(
    a: Report, b: Report, articles: Mapping[str, Article], *, kin: Kin = NO_KIN, seen: Seen | None = None
) -> LinkScore:  # fmt: skip
    """How much two reports look like one event; symmetric, with a sentence for each reason.

    What date and place rule out is not looked into further. `seen` is what was worked out for other pairs with these `kin`.
    """
    seen = seen or Seen()
    if b.report_id < a.report_id:
        a, b = b, a
    when, where = compare_where_and_when(a, b)
    if where.score < NAMED_SCORE and may_name_places(a, b, when):
        where = compare_named_places(a, b, articles) or where
    features = [when, where]
    total = when.score + where.score
    if total + REST_MAX >= DOUBT_SCORE:
        features += seen.compare_actors(a, b, kin=kin)
        features.append(compare_types(a, b))
        features.append(compare_tolls(a, b, articles))
        features.append(compare_tolls(a, b, articles, what="injured"))
        features.append(compare_words(a, b, articles, seen=seen))
        total = sum(f.score for f in features)
    return LinkScore(round(total, 3), tuple(f for f in features if f.score or f.sentence))


# --- which pairs may be one event ---------------------------------------------------------------

# A recalled event and the news of it are one event; sums, plans and denials stand for themselves.
EVENTS = frozenset({"asserted", "background"})


def may_link(a: Report, b: Report) -> bool:
    """Whether the codebook lets two reports be one incident at all.

    Two reports of one article are different events, else the coder had made them one.
    """
    if a.article_id == b.article_id and a.coder == b.coder:
        return False
    return a.assertion == b.assertion or {a.assertion, b.assertion} == EVENTS


def is_copy(a: Report, b: Report, articles: Mapping[str, Article], origins: Mapping[str, str]) -> bool:
    """Whether two sums, plans or denials are the same sentence come twice: one origin, the same figures."""
    one, other = origins.get(a.article_id), origins.get(b.article_id)
    if one is None or one != other:
        story_a, story_b = articles.get(a.article_id), articles.get(b.article_id)
        if story_a is None or story_b is None or story_a.story_id != story_b.story_id:
            return False
    return _gist(a) == _gist(b)


def _gist(report: Report) -> tuple[object, ...]:
    return (report.sub_event_type, report.date_start, report.date_end, report.country, report.place_name, report.deaths_best)


def compare_pair(
    a: Report, b: Report, articles: Mapping[str, Article], *, origins: Mapping[str, str], kin: Kin = NO_KIN, seen: Seen | None = None
) -> LinkScore | None:
    """The score of a pair that may be one incident; None where the codebook forbids it."""
    if not may_link(a, b):
        return None
    if a.assertion not in EVENTS:
        if is_copy(a, b, articles, origins):
            return LinkScore(LINK_SCORE, (Feature("copy", LINK_SCORE, "the same words from one origin"),))
        return None
    return compare_reports(a, b, articles, kin=kin, seen=seen)


# --- groups ------------------------------------------------------------------------------------


def pair_key(a: str, b: str) -> tuple[str, str]:
    """Two report ids in order."""
    return (a, b) if a < b else (b, a)


def active_decisions(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that stand: not undone, in the order they were taken; undo itself is none."""
    everything = list(decisions)
    undone = {d.target for d in everything if d.kind == "undo"}
    return [d for d in everything if d.kind != "undo" and d.decision_id not in undone]


def read_constraints(decisions: Iterable[Decision]) -> Constraints:
    """What the standing merge, duplicate, split and assign decisions say of pairs; the later holds."""
    said: dict[tuple[str, str], tuple[int, bool]] = {}
    for n, d in enumerate(active_decisions(decisions)):
        for one, other, together in _pairs(d):
            if one != other:
                said[pair_key(one, other)] = (n, together)
    joined = sorted(((-n, key) for key, (n, together) in said.items() if together))
    return Constraints(tuple(key for _, key in joined), frozenset(key for key, (_, together) in said.items() if not together))


def _pairs(d: Decision) -> Iterable[tuple[str, str, bool]]:
    p = d.payload
    if d.kind in ("merge", "duplicate"):
        both = [*p["reports"], *p["into_reports"]]
        yield from ((both[0], r, True) for r in both[1:])
        yield from ((x, y, True) for x in p["reports"] for y in p["into_reports"])
    elif d.kind == "split":
        if "other" not in p:  # split off one incident, and not two that stand apart already
            yield from ((p["reports"][0], r, True) for r in p["reports"][1:])
        yield from ((x, y, False) for x in p["reports"] for y in p["rest"])
    elif d.kind == "assign":
        yield from ((d.target, r, False) for r in p["from_reports"])
        yield from ((d.target, r, True) for r in p["reports"])


class _Clusters:
    """Disjoint sets of report ids, each with its members."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.members: dict[str, list[str]] = {i: [i] for i in ids}
        self.head: dict[str, str] = {i: i for i in self.members}

    def join(self, a: str, b: str) -> None:
        keep, gone = sorted((self.head[a], self.head[b]))
        if keep != gone:
            for i in self.members[gone]:
                self.head[i] = keep
            self.members[keep] += self.members.pop(gone)


Scorer = Callable[[str, str], LinkScore | None]  # of two report ids; None where the codebook forbids the pair


def partition(
    ids: Iterable[str], edges: Iterable[tuple[str, str]], score: Scorer, *, constraints: Constraints = NO_CONSTRAINTS
) -> list[tuple[str, ...]]:
    """The report ids in groups, each sorted; the same for any order of `ids` and `edges`.

    People's pairs come first; what they joined then counts as one, by its best pair. Then the edges join
    groups from the best score down, where no pair across the two is forbidden or kept apart, and the
    pairs across agree by MEAN_SCORE on average.
    """
    clusters = _Clusters(sorted(ids))

    def across(a: str, b: str) -> list[tuple[str, str]]:
        return [pair_key(x, y) for x in clusters.members[clusters.head[a]] for y in clusters.members[clusters.head[b]]]

    for a, b in constraints.together:
        apart = a not in clusters.head or b not in clusters.head or any(key in constraints.apart for key in across(a, b))
        if not apart:
            clusters.join(a, b)
    given = frozenset(constraints.together)
    unit = dict(clusters.head)
    scored = [(s.total, pair_key(*edge)) for edge in edges if (s := score(*edge)) is not None and s.total >= LINK_SCORE]
    for _, (a, b) in sorted(set(scored), key=lambda item: (-item[0], item[1])):
        if clusters.head[a] == clusters.head[b]:
            continue
        pairs = [key for key in across(a, b) if key not in given]
        found = [(key, s.total) for key in pairs if (s := score(*key)) is not None]
        if len(found) < len(pairs) or any(key in constraints.apart for key in pairs):
            continue
        best: dict[tuple[str, str], float] = {}
        for (x, y), total in found:
            best[pair_key(unit[x], unit[y])] = max(total, best.get(pair_key(unit[x], unit[y]), total))
        if sum(best.values()) >= MEAN_SCORE * len(best):
            clusters.join(a, b)
    return sorted(tuple(sorted(group)) for group in clusters.members.values())


def link(
    reports: Sequence[Report],
    articles: Mapping[str, Article],
    *,
    decisions: Sequence[Decision] = (),
    origins: Mapping[str, str] | None = None,
    kin: Kin = NO_KIN,
) -> list[Group]:
    """All reports in groups that are one event each, oldest report first; independent of their order."""
    by_id = {r.report_id: r for r in reports}
    constraints = read_constraints(decisions)
    score = make_scorer(by_id, articles, origins=origins or {}, kin=kin)
    edges = {key for key in (*meeting_pairs(by_id.values()), *copy_pairs(by_id.values(), origins or {})) if score(*key)}
    parts = partition(by_id, edges, score, constraints=constraints)
    groups = [describe_group(ids, by_id, articles, score) for ids in parts]
    return attach_suggestions(groups, by_id, articles, edges, score, constraints=constraints)


def make_scorer(by_id: Mapping[str, Report], articles: Mapping[str, Article], *, origins: Mapping[str, str], kin: Kin = NO_KIN) -> Scorer:
    """`compare_pair` over report ids, each pair compared once; `by_id` may grow meanwhile."""
    known: dict[tuple[str, str], LinkScore | None] = {}
    seen = Seen()

    def score(a: str, b: str) -> LinkScore | None:
        key = pair_key(a, b)
        if key not in known:
            known[key] = compare_pair(by_id[key[0]], by_id[key[1]], articles, origins=origins, kin=kin, seen=seen)
        return known[key]

    return score


def meeting_pairs(reports: Iterable[Report]) -> Iterable[tuple[str, str]]:
    """The pairs of reports that `may_meet`, by id, found without trying all with all."""
    ordered = sorted(reports, key=lambda r: (r.date_start or "", r.report_id))
    for n, a in enumerate(ordered):
        span = date_span(a)
        for b in ordered[n + 1 :]:
            if span and b.date_start and _day(b.date_start) - span[1] > WINDOW_DAYS:
                # Sorted by first day: nothing later can meet a report that ended before.
                break
            if may_meet(a, b):
                yield pair_key(a.report_id, b.report_id)


def copy_pairs(reports: Iterable[Report], origins: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The pairs of sums, plans and denials that come from one origin."""
    by_origin: dict[str, list[str]] = {}
    for r in reports:
        if r.assertion not in EVENTS and r.article_id in origins:
            by_origin.setdefault(origins[r.article_id], []).append(r.report_id)
    return (pair_key(a, b) for ids in by_origin.values() for n, a in enumerate(ids) for b in ids[n + 1 :])


# An undated report is compared with those of its country this near in latitude and longitude, in degrees.
UNDATED_DEGREES = 0.25


def may_meet(a: Report, b: Report) -> bool:
    """Whether two reports are compared at all.

    They are of one country, or one has none; their days are within the window, or, where one is
    undated, their places are near.
    """
    if a.country != b.country and a.country and b.country:
        return False
    one, other = date_span(a), date_span(b)
    if one and other:
        return max(one[0], other[0]) - min(one[1], other[1]) <= WINDOW_DAYS and abs(one[0] - other[0]) <= WIDE_DAYS
    if not a.country or a.country != b.country:
        return False
    if a.latitude is None or b.latitude is None or a.longitude is None or b.longitude is None:
        return a.place_name is not None and a.place_name == b.place_name
    return abs(a.latitude - b.latitude) <= UNDATED_DEGREES and abs(a.longitude - b.longitude) <= UNDATED_DEGREES


def describe_group(ids: Sequence[str], by_id: Mapping[str, Report], articles: Mapping[str, Article], score: Scorer) -> Group:
    """A group, oldest report first, each later report with its best link to an older one and why."""
    ordered = sorted(ids, key=lambda i: report_order(by_id[i], articles))
    links: dict[str, tuple[float | None, str]] = {}
    for n, i in enumerate(ordered):
        offers = [s for j in ordered[:n] if (s := score(i, j))]
        best = max(offers, key=lambda s: s.total, default=None)
        if best is None:
            links[i] = (None, "first report" if n == 0 else "put here by a person")
        else:
            links[i] = (best.total, best.why)
    return Group(report_ids=tuple(ordered), links=links)


def attach_suggestions(
    groups: Sequence[Group],
    by_id: Mapping[str, Report],
    articles: Mapping[str, Article],
    edges: Iterable[tuple[str, str]],
    score: Scorer,
    *,
    constraints: Constraints,
) -> list[Group]:
    """The groups with their doubtful links: from the later report to the older report's group."""
    group_of = {i: n for n, g in enumerate(groups) for i in g.report_ids}
    found: dict[str, dict[int, Suggestion]] = {}
    for a, b in sorted(edges):
        pair = score(a, b)
        if pair is None or pair.total < DOUBT_SCORE or group_of[a] == group_of[b]:
            continue
        older, newer = sorted((a, b), key=lambda i: report_order(by_id[i], articles))
        if not may_join(groups[group_of[newer]].report_ids, groups[group_of[older]].report_ids, by_id, constraints):
            continue
        before = found.setdefault(newer, {}).get(group_of[older])
        if before is None or pair.total > before.score:
            found[newer][group_of[older]] = Suggestion(report_id=newer, other_id=older, score=pair.total, why=pair.why)
    result = []
    for g in groups:
        mine = [s for i in g.report_ids for s in sorted(found.get(i, {}).values(), key=lambda s: (-s.score, s.other_id))]
        result.append(Group(report_ids=g.report_ids, links=g.links, suggestions=tuple(mine)))
    return result


def may_join(one: Iterable[str], other: Iterable[str], by_id: Mapping[str, Report], constraints: Constraints) -> bool:
    """Whether no pair across two groups is forbidden by the codebook or by a person."""
    right = list(other)
    return all(may_link(by_id[x], by_id[y]) and pair_key(x, y) not in constraints.apart for x in one for y in right)


def make_incident_id(report_id: str, *, turn: int = 0) -> str:
    """The permanent id of the incident that a report founds: 'i' and 16 hex digits.

    `turn` counts the incidents that the report founded before, for one that was moved out of its own.
    """
    return "i" + hashlib.blake2b(f"incident\0{report_id}\0{turn or ''}".encode(), digest_size=8).hexdigest()
