"""Reports against gold, by the codebook: which are found, which of their fields are right.

Detection is scored on `asserted` reports. Within an article the gold reports and the coder's are paired
one to one so that the pairs' points add up to the most. A pair has a point each for the day, the place,
the sub-event type and the deaths (half a point where only the event type agrees); it needs two points
and the day or the place among them. A field of a report that has no partner is wrong: of a gold report
it lowers recall, of a coded one precision. A gold that leaves a field open (the key is not there) does
not score it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from pipeline.gazetteer import distance_km

Coded = Mapping[str, Any]  # a report as `dateline code` writes it, or a gold report of the same fields

CORE = ("date", "place", "sub_event_type", "deaths_best")
FIELDS = (
    *CORE, "event_type", "country", "where_prec", "date_prec", "modes", "side_a", "side_b",
    "deaths_low", "deaths_high", "deaths_civilians", "injured_best",
)  # fmt: skip
NUMBERS = ("deaths_best", "injured_best")

POINTS_NEEDED = 2.0
POINTS_SAME_EVENT_TYPE = 0.5

# How far from the gold's point a place may lie, in kilometres, by the gold's place precision: a town or
# a point near it, a country, the open sea; districts, provinces and regions lie between.
LIMIT_KM = {1: 50.0, 2: 50.0, 6: 1500.0, 7: 300.0}
LIMIT_KM_AREA = 200.0

# Upper bounds of the bands of confidence; a band holds its lower bound.
BAND_EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# The field of a report that a confidence is about, as it is scored here.
SCORED_AS = {"date_start": "date", "place_name": "place"}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many are right, out of how many the coder wrote and how many the gold has."""

    right: int = 0
    written: int = 0
    gold: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.written + other.written, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """The share of what was written that is right, 0 to 1."""
        return self.right / self.written if self.written else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that was found, 0 to 1."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 0 to 1."""
        return 2 * self.right / (self.written + self.gold) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """One article of a gold set: its text, what is tried with it, and the reports that are right."""

    article_id: str
    text: str
    phenomena: tuple[str, ...]
    gold: tuple[Coded, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One confidence of one coded report, and whether what it is about is right."""

    measure: str  # a scored field, or "report": the pair with all core fields right
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """What became of one article; `links` are (gold event, coded incident) of its pairs, `tolls` likewise."""

    article_id: str
    phenomena: tuple[str, ...]
    incident: Tally
    fields: Mapping[str, Tally]
    is_exact: bool
    not_asserted: int
    leaked: int
    links: tuple[tuple[str | None, str | None], ...]
    gold_tolls: tuple[tuple[str, int], ...]
    written_tolls: tuple[tuple[str, int], ...]
    spans: int
    spans_broken: int
    numbers_without: int
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The figures over some articles."""

    articles: int
    incident: Tally
    fields: Mapping[str, Tally]
    exact: int
    quiet: int
    quiet_of: int
    leaked: int
    not_asserted: int
    merge_pairs: Tally
    deaths_gold: int
    deaths_written: int
    spans: int
    spans_broken: int
    numbers_without: int

    @property
    def slots_macro_f1(self) -> float | None:
        """The mean F1 over the fields that the gold has; None where it has none."""
        scored = [t.f1 for t in self.fields.values() if t.gold]
        return sum(scored) / len(scored) if scored else None

    @property
    def exact_share(self) -> float:
        """The share of articles whose reports were all found, none besides, with all core fields right."""
        return self.exact / self.articles if self.articles else 0.0

    @property
    def deaths_error(self) -> float | None:
        """How far the sum of deaths is off, as a share of the gold's; None where the gold has no deaths."""
        return abs(self.deaths_written - self.deaths_gold) / self.deaths_gold if self.deaths_gold else None


@dataclass(frozen=True, slots=True)
class Band:
    """A band of confidence: how many were said with it, the mean confidence, the share right."""

    measure: str
    low: float
    high: float
    n: int
    right: int
    confidence: float  # the mean that was said

    @property
    def share(self) -> float:
        """The share that is right, 0 to 1."""
        return self.right / self.n if self.n else 0.0


# --- one field -------------------------------------------------------------------------------------


def is_right(name: str, gold: Coded, coded: Coded) -> bool | None:
    """Whether a field of a coded report holds against its gold; None where the gold leaves it open."""
    if check := CHECKS.get(name):
        return check(gold, coded)
    if name not in gold:
        return None
    # Not stated against a number is wrong both ways.
    is_count = name.startswith(("deaths_", "injured_"))
    return bool(gold[name] == coded.get(name)) if is_count or gold[name] is not None else None


def _date_right(gold: Coded, coded: Coded) -> bool | None:
    """The spans of days share a day, and their precisions are a step apart at most."""
    if not gold.get("date_start"):
        return None
    if not coded.get("date_start"):
        return False
    overlap = coded["date_start"] <= (gold.get("date_end") or gold["date_start"]) and gold["date_start"] <= (
        coded.get("date_end") or coded["date_start"]
    )
    return bool(overlap) and abs((gold.get("date_prec") or 1) - (coded.get("date_prec") or 1)) <= 1


def _place_right(gold: Coded, coded: Coded) -> bool | None:
    """The points lie near enough; where the gold has no point, the countries are one."""
    if gold.get("latitude") is None:
        return gold["country"] == coded.get("country") if gold.get("country") else None
    if coded.get("latitude") is None:
        return False
    limit = LIMIT_KM.get(gold.get("where_prec") or 0, LIMIT_KM_AREA)
    return distance_km(gold["latitude"], gold["longitude"], coded["latitude"], coded["longitude"]) <= limit


def _modes_right(gold: Coded, coded: Coded) -> bool | None:
    """One known mode in common is enough."""
    known = set(gold.get("modes") or ()) - {"unknown"}
    return bool(known & set(coded.get("modes") or ())) if known else None


def _side_right(side: str) -> Callable[[Coded, Coded], bool | None]:
    def check(gold: Coded, coded: Coded) -> bool | None:
        wanted = _actors(gold, side)
        # Who began a clash is seldom said (ruling 18): either order is right.
        clash = gold.get("sub_event_type") == "Armed clash"
        found = [*_actors(coded, "side_a"), *_actors(coded, "side_b")] if clash else _actors(coded, side)
        return any(_same_actor(w, f) for w in wanted for f in found) if wanted else None

    return check


CHECKS: dict[str, Callable[[Coded, Coded], bool | None]] = {
    "date": _date_right, "place": _place_right, "modes": _modes_right, "side_a": _side_right("side_a"), "side_b": _side_right("side_b"),
}  # fmt: skip


# --- actors ----------------------------------------------------------------------------------------

# Words that half of all armed groups bear, so that sharing one says nothing.
COMMON_WORDS = frozenset(
    "a an and the of in military army force forces armed troops fighters militia militants group groups movement government state "
    "organisation organization".split()
)
# Short names that share no word with the long one.
FULL_NAMES = {
    "m23": "March 23 Movement", "drc": "Democratic Republic of the Congo", "dr congo": "Democratic Republic of the Congo",
    "military of dr congo": "Democratic Republic of the Congo", "us": "United States", "u.s.": "United States", "uk": "United Kingdom",
    "isis": "Islamic State", "isil": "Islamic State", "daesh": "Islamic State", "burma": "Myanmar", "cote d'ivoire": "Ivory Coast",
}  # fmt: skip
# Shorter words must agree to the letter; longer ones may differ as transliterations do.
EXACT_WORD_LENGTH = 4
WORD_LIKENESS = 0.8
NAME_LIKENESS = 0.5

Names = tuple[frozenset[str], ...]


def _actors(report: Coded, side: str) -> list[Names]:
    """The actors of a side, each as its names, each of these as its words."""
    given = (a if isinstance(a, Mapping) else {"name": a} for a in report.get(side) or ())
    return [_names_of(actor["name"], actor.get("aliases") or ()) for actor in given]


def _names_of(name: str, aliases: Iterable[str]) -> Names:
    """The name, what it has in brackets, its aliases, and the full forms of all these."""
    names = [re.sub(r"\(.*?\)", " ", name), *re.findall(r"\((.*?)\)", name), *aliases]
    names += [FULL_NAMES[short] for n in names if (short := n.strip().casefold()) in FULL_NAMES]
    words = (frozenset(re.findall(r"\w+", n.casefold())) for n in names)
    return tuple(w - COMMON_WORDS or w for w in words if w)


def _same_actor(one: Names, other: Names) -> bool:
    """Whether a name of the one shares half of its words or more with a name of the other."""
    return any(_likeness(a, b) >= NAME_LIKENESS for a in one for b in other)


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    common = sum(any(_same_word(x, y) for y in b) for x in a)
    return common / (len(a) + len(b) - common) if common else 0.0


def _same_word(a: str, b: str) -> bool:
    if a == b:
        return True
    if min(len(a), len(b)) <= EXACT_WORD_LENGTH:
        return False
    return a.startswith(b) or b.startswith(a) or SequenceMatcher(None, a, b).ratio() >= WORD_LIKENESS


# --- one article -----------------------------------------------------------------------------------


def count_points(gold: Coded, coded: Coded) -> float:
    """How well two reports tell one event, 0 (not at all) or 2 to 4."""
    right = {name: is_right(name, gold, coded) for name in CORE}
    if not (right["date"] or right["place"]):
        return 0.0
    points = float(sum(bool(r) for r in right.values()))
    if not right["sub_event_type"] and gold.get("event_type") == coded.get("event_type"):
        points += POINTS_SAME_EVENT_TYPE
    return points if points >= POINTS_NEEDED else 0.0


def pair_reports(golds: Sequence[Coded], coded: Sequence[Coded]) -> list[tuple[int, int]]:
    """The one-to-one pairs (gold, coded) with the most points in all, in the order of the gold."""
    return assign([[count_points(g, c) for c in coded] for g in golds])


def assign(points: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs (row, column), one to one, whose points (whole or half) add up to the most; a pair without points is none.

    Of several such pairings it is the one in which the first row, then the second and so on, has no
    partner or else the earliest, so that the outcome is one.
    """
    rows, columns = len(points), max(map(len, points), default=0)
    base = columns + 1
    # The order of preference, written as digits to that base, weighs less than the least difference in points.
    weights = [
        [round(2 * p) * base**rows - (j + 1) * base ** (rows - 1 - i) if p > 0 else 0 for j, p in enumerate(row)]
        for i, row in enumerate(points)
    ]  # fmt: skip
    return [(i, j) for i, j in heaviest_pairs(weights) if points[i][j] > 0]


def heaviest_pairs(weights: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """The pairs (row, column), one to one, as many as there can be, whose weights add up to the most; rows in order.

    The Hungarian method: rows enter one by one, and each pushes others along the cheapest path of
    exchanges; the prices of rows and columns keep the cost of every exchange at zero or above.
    """
    rows, columns = len(weights), max(map(len, weights), default=0)
    size = max(rows, columns)
    cost = [[-weights[i][j] if i < rows and j < columns else 0 for j in range(size)] for i in range(size)]
    row_price, column_price = [0] * size, [0] * (size + 1)
    row_of = [-1] * (size + 1)  # the row each column has; the last column is where a row enters
    for entering in range(size):
        row_of[size], here = entering, size
        slack: dict[int, tuple[int, int]] = {}  # column not reached yet -> (cost of going there, from which column)
        came_from: dict[int, int] = {}
        reached = [size]
        while row_of[here] >= 0:
            i = row_of[here]
            for j in set(range(size)).difference(reached):
                rest = cost[i][j] - row_price[i] - column_price[j]
                if j not in slack or rest < slack[j][0]:
                    slack[j] = (rest, here)
            nearest = min(slack, key=lambda j: (slack[j][0], j))
            step = slack[nearest][0]
            for j in reached:
                row_price[row_of[j]] += step
                column_price[j] -= step
            slack = {j: (rest - step, origin) for j, (rest, origin) in slack.items()}
            came_from[nearest] = slack.pop(nearest)[1]
            reached.append(nearest)
            here = nearest
        while here != size:
            row_of[here] = row_of[came_from[here]]
            here = came_from[here]
    return sorted((i, j) for j, i in enumerate(row_of[:size]) if i < rows and j < columns)


def score_article(article: GoldArticle, reports: Sequence[Coded], *, scope: str = "") -> ArticleScore:
    """One article's reports, as `dateline code` writes them, against its gold.

    `scope` names what was coded in one store: ids of events and incidents say nothing beyond it.
    """
    golds = [g for g in article.gold if g.get("assertion") == "asserted"]
    others = [g for g in article.gold if g.get("assertion") != "asserted"]
    coded = [r for r in reports if r.get("assertion") == "asserted"]
    pairs = pair_reports(golds, coded)
    partner = {j: i for i, j in pairs}
    loose = [c for j, c in enumerate(coded) if j not in partner]
    verdicts = {j: {name: is_right(name, golds[i], coded[j]) for name in FIELDS} for i, j in pairs}
    spans = [e for r in reports for e in r.get("evidence") or ()]
    text = _fold(article.text)
    return ArticleScore(
        article_id=article.article_id,
        phenomena=article.phenomena,
        incident=Tally(len(pairs), len(coded), len(golds)),
        fields={name: _tally(name, golds, len(coded), verdicts) for name in FIELDS},
        is_exact=len(pairs) == len(golds) == len(coded) and all(v[name] is not False for v in verdicts.values() for name in CORE),
        not_asserted=len(others),
        leaked=len(pair_reports(others, loose)),
        links=tuple((_within(scope, golds[i].get("incident_key")), _within(scope, coded[j].get("incident_id"))) for i, j in pairs),
        gold_tolls=_tolls(article, golds, "incident_key", scope),
        written_tolls=_tolls(article, coded, "incident_id", scope),
        spans=len(spans),
        spans_broken=sum(not _stands(e, text) for e in spans),
        numbers_without=sum(_without_evidence(r) for r in reports),
        judged=tuple(_judge(coded, verdicts)),
    )


def _tally(name: str, golds: Sequence[Coded], written: int, verdicts: Mapping[int, Mapping[str, bool | None]]) -> Tally:
    found = [v[name] for v in verdicts.values()]
    # What the gold leaves open is not held against the coder.
    return Tally(found.count(True), written - found.count(None), sum(is_right(name, g, g) is not None for g in golds))


def _within(scope: str, key: str | None) -> str | None:
    return f"{scope}\0{key}" if key else None


def _tolls(article: GoldArticle, reports: Sequence[Coded], key: str, scope: str) -> tuple[tuple[str, int], ...]:
    """The deaths of each report under its event; a report of no known event is one of its own."""
    own = (f"{scope}\0{article.article_id}\0{n}" for n in range(len(reports)))
    return tuple((_within(scope, r.get(key)) or alone, r.get("deaths_best") or 0) for r, alone in zip(reports, own, strict=True))


def _fold(text: str) -> str:
    """The text with quotation marks and white space made one: normalising changes no words."""
    return re.sub(r"\s+", " ", text.translate(str.maketrans("‘’“”\u00a0", "''\"\" ")))


def _stands(evidence: Mapping[str, Any], text: str) -> bool:
    """Whether a quote is as long as its offsets say and stands in the article."""
    quote = evidence.get("quote") or ""
    return bool(quote) and evidence["end"] - evidence["start"] == len(quote) and _fold(quote) in text


def _without_evidence(report: Coded) -> int:
    shown = {e.get("field") for e in report.get("evidence") or ()}
    return sum(report.get(name) is not None and name not in shown for name in NUMBERS)


def _judge(coded: Sequence[Coded], verdicts: Mapping[int, Mapping[str, bool | None]]) -> Iterable[Judged]:
    """Each confidence of the counted reports beside whether it was borne out; what is left open is not judged."""
    for j, report in enumerate(coded):
        found = verdicts.get(j)
        if report.get("confidence") is not None:
            yield Judged("report", report["confidence"], found is not None and all(found[name] is not False for name in CORE))
        for name, confidence in (report.get("confidences") or {}).items():
            measure = SCORED_AS.get(name, name)
            if measure not in FIELDS:
                continue
            right = found[measure] if found else False
            if right is not None:
                yield Judged(measure, confidence, right)


# --- all articles ----------------------------------------------------------------------------------


def add_up(scores: Sequence[ArticleScore]) -> Score:
    """The figures over these articles."""
    quiet = [s for s in scores if not s.incident.gold]
    return Score(
        articles=len(scores),
        incident=sum((s.incident for s in scores), Tally()),
        fields={name: sum((s.fields[name] for s in scores), Tally()) for name in FIELDS},
        exact=sum(s.is_exact for s in scores),
        quiet=sum(not s.incident.written for s in quiet),
        quiet_of=len(quiet),
        leaked=sum(s.leaked for s in scores),
        not_asserted=sum(s.not_asserted for s in scores),
        merge_pairs=_merge_pairs([link for s in scores for link in s.links]),
        deaths_gold=_sum_of_events(toll for s in scores for toll in s.gold_tolls),
        deaths_written=_sum_of_events(toll for s in scores for toll in s.written_tolls),
        spans=sum(s.spans for s in scores),
        spans_broken=sum(s.spans_broken for s in scores),
        numbers_without=sum(s.numbers_without for s in scores),
    )


def _merge_pairs(links: Iterable[tuple[str | None, str | None]]) -> Tally:
    """Of any two reports that were found: whether they are one event, and whether they were linked as one."""
    tally = Tally()
    known = [(event, incident) for event, incident in links if event]
    for (event, incident), (other_event, other_incident) in itertools.combinations(known, 2):
        is_one = event == other_event
        linked = incident is not None and incident == other_incident
        tally += Tally(is_one and linked, linked, is_one)
    return tally


def _sum_of_events(tolls: Iterable[tuple[str, int]]) -> int:
    """The deaths of all events, each with the highest of its best figures."""
    highest: dict[str, int] = {}
    for event, deaths in tolls:
        highest[event] = max(highest.get(event, 0), deaths)
    return sum(highest.values())


def by_phenomenon(scores: Sequence[ArticleScore]) -> dict[str, Score]:
    """The figures over the articles of each phenomenon, the most tried first."""
    groups: dict[str, list[ArticleScore]] = {}
    for s in scores:
        for name in s.phenomena:
            groups.setdefault(name, []).append(s)
    return {name: add_up(groups[name]) for name in sorted(groups, key=lambda n: (-len(groups[n]), n))}


def reliability(scores: Sequence[ArticleScore]) -> list[Band]:
    """The bands of confidence of whole reports, then of each field; a band that nothing fell into is left out."""
    judged = [j for s in scores for j in s.judged]
    bands = []
    for measure in ("report", *FIELDS):
        low = 0.0
        for high in BAND_EDGES:
            last = high == BAND_EDGES[-1]
            mine = [j for j in judged if j.measure == measure and low <= j.confidence and (j.confidence < high or last)]
            if mine:
                mean = sum(j.confidence for j in mine) / len(mine)
                bands.append(Band(measure, low, high, len(mine), sum(j.right for j in mine), mean))
            low = high
    return bands
