"""Which pairs of reports are worth comparing when all of a store are looked at: bounds on the score, in bulk.

`compare_reports` takes tens of microseconds; a country at war has hundreds of reports within days of any
one. Here what the features can reach at most is computed for all of them at once, from the same tables
and scales, so that only pairs that may score DOUBT_SCORE are compared in full. A pair left out is one
that `compare_reports` would score below that: a property test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from sqlite_utils import Database

from pipeline.linking import (
    BLOCK_COLUMNS,
    CROWDS,
    DOUBT_SCORE,
    EVENTS,
    NAMED_PREC,
    NAMED_SCORE,
    PLACE_WEIGHT,
    RADIUS_KM,
    SAME_PROVINCE_AGAINST,
    SHORT_DAYS,
    SIDES_MAX,
    UNDATED_DEGREES,
    WIDE_DAYS,
    WINDOW_DAYS,
    WORDS_MAX,
    Kin,
    compare_actors,
    compare_types,
    place_words,
    same_place_name,
    skeleton,
)
from pipeline.models import EVENT_TYPE_OF, Report
from pipeline.store import ACTIVE_CODER, read_actors

# Sums of floats differ in their last digits by the order of the terms.
TOLERANCE = 0.01

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOTHING: Ints = np.empty(0, dtype=np.int64)

# Pairs are weighed so many at a time: enough that numpy's calls cost little, few enough to stay in the processor's cache.
PAIRS_AT_ONCE = 50_000


class _Codes(dict[Any, int]):
    """Numbers for values, in the order they come."""

    def __missing__(self, key: Any) -> int:
        self[key] = len(self)
        return self[key]


class Blocks:
    """The active coder's reports that meet any of some conditions, as far as blocking looks at them, to be asked for partners of some."""

    def __init__(self, db: Database, queries: Iterable[tuple[str, Sequence[Any]]] = (("1", ()),), *, kin: Kin) -> None:
        self._kin = kin
        columns, found = ",".join(BLOCK_COLUMNS), dict[str, tuple[Any, ...]]()
        for condition, params in queries:
            sql = f"SELECT {columns} FROM reports WHERE ({condition}) AND coder = {ACTIVE_CODER}"
            found |= {row[0]: row for row in db.execute(sql, tuple(params))}
        rows = list(found.values())
        data = dict(zip(BLOCK_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(BLOCK_COLUMNS, ())
        self._ids: tuple[str, ...] = data["report_id"]
        self._at = {report_id: n for n, report_id in enumerate(self._ids)}
        n = len(self._ids)
        self._event = np.array([a in EVENTS for a in data["assertion"]], dtype=bool)
        self._dated = np.array([d is not None for d in data["date_start"]], dtype=bool)
        self._start = _days(data["date_start"])
        self._end = np.maximum(self._start, _days(data["date_end"]))
        self._prec = np.array([p or 1 for p in data["date_prec"]], dtype=np.int64)
        self._pub = np.array([b == "publication" for b in data["date_basis"]], dtype=bool)
        self._lat, self._lon = _floats(data["latitude"]), _floats(data["longitude"])
        self._placed = ~(np.isnan(self._lat) | np.isnan(self._lon))
        self._phi, self._lambda = np.radians(self._lat), np.radians(self._lon)
        self._cos_phi = np.cos(self._phi)
        self._radius = np.array([RADIUS_KM.get(p, 20.0) for p in data["where_prec"]], dtype=np.float64)
        self._weight = np.array([PLACE_WEIGHT.get(p, 0.8) for p in data["where_prec"]], dtype=np.float64)
        self._wide = np.array([(p or 1) >= 6 for p in data["where_prec"]], dtype=bool)
        self._names = _Codes()
        self._name = np.array([self._names[v] if v else -1 for v in data["place_name"]], dtype=np.int64)
        self._name_of: list[str] = list(self._names)
        admins, articles, subs, sides = _Codes(), _Codes(), _Codes(), _Codes()
        self._admin = np.array([admins[v] if v else -1 for v in data["admin1"]], dtype=np.int64)
        self._article = np.array([articles[v] for v in zip(data["article_id"], data["coder"], strict=True)], dtype=np.int64)
        self._sub = np.array([subs[v] for v in data["sub_event_type"]], dtype=np.int64)
        self._types = _type_scores(list(subs))
        self._side = np.array([sides[v] for v in zip(data["side_a"], data["side_b"], strict=True)], dtype=np.int64)
        self._side_of = list(sides)
        crowd = zip(data["sub_event_type"], data["event_type"], strict=True)
        self._either = np.array([sub == "Armed clash" or kind in CROWDS for sub, kind in crowd], dtype=bool)
        sure = [json.loads(c) for c in data["confidences"]]
        self._sure = {
            f: np.array([s.get(f, 1.0) for s in sure], dtype=np.float64)
            for f in ("place_name", "sub_event_type", "deaths_best", "injured_best")
        }
        self._tolls = {what: _tolls(*(data[f"{what}_{end}"] for end in ("low", "best", "high"))) for what in ("deaths", "injured")}
        self._country: list[str | None] = [c or None for c in data["country"]]
        lands = _Codes()
        self._land = np.array([lands[c] for c in self._country], dtype=np.int64)
        fine = zip(data["place_name"], data["where_prec"], strict=True)
        self._fine = np.array([bool(name and (p or 9) <= NAMED_PREC and place_words(name)) for name, p in fine], dtype=bool)
        self._pools = self._make_pools(n)
        self._copies: dict[Any, list[int]] = {}
        gist = zip(
            *(data[c] for c in ("assertion", "sub_event_type", "date_start", "date_end", "country", "place_name", "deaths_best")),
            strict=True,
        )
        self._gists = list(gist)
        for at in range(n):
            if not self._event[at]:
                self._copies.setdefault(self._gists[at], []).append(at)
        self._words: _Words | None = None
        self._alike: dict[int, Ints] = {}
        self._actors: dict[tuple[int, int, bool], float] = {}
        self._sides: dict[tuple[int, bool], Report] = {}

    def _make_pools(self, n: int) -> dict[str | None, _Pool]:
        members: dict[str | None, list[int]] = {}
        for at in range(n):
            if self._event[at]:
                members.setdefault(self._country[at], []).append(at)
        return {country: _Pool(np.array(found, dtype=np.int64), self) for country, found in members.items()}

    def partners(self, report_id: str) -> list[str]:
        """The reports that may score DOUBT_SCORE with this one, by id; of sums, plans and denials those with the same gist."""
        return self.partners_of([report_id])[report_id]

    def partners_of(self, report_ids: Iterable[str]) -> dict[str, list[str]]:
        """The partners of each of these reports, by id; the more are asked for at once, the less each costs."""
        found: dict[str, set[int]] = {i: set() for i in report_ids}
        seeds: dict[str | None, list[int]] = {}
        for report_id in found:
            at = self._at[report_id]
            if self._event[at]:
                seeds.setdefault(self._country[at], []).append(at)
            else:
                found[report_id] = {j for j in self._copies[self._gists[at]] if j != at}
        for country, asked in seeds.items():
            pools = list(self._pools) if country is None else [c for c in (country, None) if c in self._pools]
            for pool in pools:
                for one, other in self._pairs(np.array(sorted(asked), dtype=np.int64), pool):
                    for i, j in zip(one.tolist(), other.tolist(), strict=True):
                        for x, y in ((i, j), (j, i)):
                            if (mine := found.get(self._ids[x])) is not None:
                                mine.add(y)
        return {i: sorted(self._ids[j] for j in js) for i, js in found.items()}

    def _pairs(self, seeds: Ints, country: str | None) -> Iterator[tuple[Ints, Ints]]:
        """The pairs of a seed with a member of a country's pool that may score DOUBT_SCORE; a pair of two seeds once or twice."""
        pool = self._pools[country]
        dated = seeds[self._dated[seeds]]
        if len(dated):
            asked = np.zeros(len(self._ids), dtype=bool)
            asked[dated] = True
            for one, other in pool.near(dated, self._start, self._end):
                # Of two reports that are both asked for, the later in the store's order stands second.
                keep = (self._article[one] != self._article[other]) & ~(asked[other] & (other < one))
                yield self._kept(*self._meeting(one[keep], other[keep]))
        # Without a day only reports of one known country meet, by their places.
        if country is not None:
            for some, index in ((dated, pool.undated(self)), (seeds[~self._dated[seeds]], pool.everywhere(self))):
                for one, other in index.near(self, some[[self._country[i] == country for i in some.tolist()]]):
                    keep = self._article[one] != self._article[other]
                    yield self._kept(one[keep], other[keep], np.full(np.count_nonzero(keep), -2.5))

    def _meeting(self, one: Ints, other: Ints) -> tuple[Ints, Ints, Floats]:
        """Of pairs of dated reports those whose days are within the window, and what their dates count."""
        gap = np.maximum(self._start[one], self._start[other]) - np.minimum(self._end[one], self._end[other])
        meet = (gap <= WINDOW_DAYS) & (np.abs(self._start[one] - self._start[other]) <= WIDE_DAYS)
        one, other, gap = one[meet], other[meet], gap[meet]
        prec = np.maximum(self._prec[one], self._prec[other])
        same = (self._start[one] == self._start[other]) & (self._end[one] == self._end[other]) & (prec == 1)
        overlap = np.where(same, 3.0, OVERLAP[np.minimum(prec, len(OVERLAP) - 1)])
        late = self._pub[one] | self._pub[other]
        apart = np.where(late, 1.0 - 0.5 * gap, np.where(gap == 1, -3.5, -np.minimum(12.0, 3.0 + gap)))
        return one, other, np.where(gap <= 0, overlap, apart)

    def _kept(self, one: Ints, other: Ints, score: Floats) -> tuple[Ints, Ints]:
        """Of pairs that meet those that may score DOUBT_SCORE, given what their dates count."""
        places = self._places(one, other)
        # The article of one may name the place of the other.
        may_name = (score >= 2.0) & (self._land[one] == self._land[other]) & (self._fine[one] | self._fine[other])
        score = score + np.where(may_name, np.maximum(places, NAMED_SCORE), places)
        type_score = self._types[self._sub[one], self._sub[other]]
        score += np.where(type_score < 0, type_score * self._surely("sub_event_type", one, other), type_score)
        for what, scale in (("deaths", 1.0), ("injured", 0.6)):
            score += scale * self._toll_scores(what, one, other)
        kept = score + SIDES_MAX + WORDS_MAX + TOLERANCE >= DOUBT_SCORE
        one, other, score = one[kept], other[kept], score[kept]
        if len(one):
            kept = score + self._actor_scores(one, other) + WORDS_MAX + TOLERANCE >= DOUBT_SCORE
            one, other = one[kept], other[kept]
        return one, other

    # --- the features, each at most -----------------------------------------------------------------

    def _surely(self, field: str, one: Ints, other: Ints) -> Floats:
        product: Floats = self._sure[field][one] * self._sure[field][other]
        return product

    def _km(self, one: Ints, other: Ints) -> Floats:
        """The distance of each pair, shorter by what rounding could add: a shorter one never scores less."""
        h = np.sin((self._phi[other] - self._phi[one]) / 2) ** 2
        h += self._cos_phi[one] * self._cos_phi[other] * np.sin((self._lambda[other] - self._lambda[one]) / 2) ** 2
        km: Floats = 2 * 6371.0088 * (1 - 1e-9) * np.arcsin(np.sqrt(np.minimum(1.0, h)))
        return km

    def _places(self, one: Ints, other: Ints) -> Floats:
        named = self._named(one, other)
        weight = np.minimum(self._weight[one], self._weight[other])
        reach = self._radius[one] + self._radius[other]
        with np.errstate(invalid="ignore", divide="ignore"):
            km = self._km(one, other)
            against = np.minimum(8.0, 1.0 + 2.0 * np.log2(km / reach))
            province = (self._admin[one] == self._admin[other]) & (self._admin[one] >= 0)
            against = np.where(province, np.minimum(against, SAME_PROVINCE_AGAINST), against)
            far = -against * self._surely("place_name", one, other)
            score = np.where(km <= reach, 2.0 * weight * (1 - 0.5 * km / reach), np.where(named, weight, far))
            score = np.where((named & (km <= 2 * reach)) | (km <= 3), 3.0 * weight, score)
            wide = self._wide[one] | self._wide[other]
            score = np.where(wide, np.where(km <= reach, 0.3, -1.0), score)
        placed = self._placed[one] & self._placed[other]
        if not placed.all():
            both_named = (self._name[one] >= 0) & (self._name[other] >= 0)
            blind = np.where(named, 2.5 * np.maximum(weight, 0.4), np.where(both_named & (weight >= 0.6), -1.5, -1.2))
            score = np.where(placed, score, blind)
        return score

    def _toll_scores(self, what: str, one: Ints, other: Ints) -> Floats:
        """As if the higher toll were the later: a rise speaks less against one event than a fall."""
        least, told, most = self._tolls[what]
        x, y = told[one], told[other]
        with np.errstate(invalid="ignore", divide="ignore"):
            equal = np.where(x <= 1, 0.3, np.minimum(2.0, 0.5 + 0.6 * np.log2(x) / 2))
            ratio = (np.maximum(x, y) + 1) / (np.minimum(x, y) + 1)
            risen = np.where(ratio <= 1.6, 0.3, np.where(ratio <= 2.5, -0.3, -1.2))
            risen = np.where(risen < 0, risen * self._surely(f"{what}_best", one, other), risen)
            overlap = (least[one] <= most[other]) & (least[other] <= most[one])
        known = ~(np.isnan(x) | np.isnan(y))
        return np.where(known, np.where(x == y, equal, np.where(overlap, 0.5, risen)), 0.0)

    def _actor_scores(self, one: Ints, other: Ints) -> Floats:
        """What the sides say, worked out once for each two lists of them."""
        either = self._either[one] | self._either[other]
        keys, at = np.unique((self._side[one] * len(self._side_of) + self._side[other]) * 2 + either, return_inverse=True)
        scores = []
        for key in keys.tolist():
            sides, either_way = divmod(key, 2)
            side, other_side = divmod(sides, len(self._side_of))
            scores.append(self._actor_score(side, other_side, bool(either_way)))
        return np.array(scores, dtype=np.float64)[at]

    def _actor_score(self, side: int, other_side: int, either: bool) -> float:
        key = (side, other_side, either)
        if key not in self._actors:
            one, other = self._sided(side, either), self._sided(other_side, either)
            self._actors[key] = sum(f.score for f in compare_actors(one, other, kin=self._kin))
        return self._actors[key]

    def _sided(self, side: int, either: bool) -> Report:
        if (side, either) not in self._sides:
            a, b = map(read_actors, self._side_of[side])
            kind = "Armed clash" if either else None
            self._sides[side, either] = Report(
                report_id="", article_id="", assertion="asserted", sub_event_type=kind, side_a=a, side_b=b
            )  # fmt: skip
        return self._sides[side, either]

    def _named(self, one: Ints, other: Ints) -> NDArray[np.bool_]:
        """Whether the names of each pair may be spellings of one place."""
        names = np.unique(self._name[one])
        alike = [self._alike_names(n) for n in names.tolist()]
        keys = np.concatenate([n * len(self._name_of) + found for n, found in zip(names.tolist(), alike, strict=True)] or [NOTHING])
        pairs = self._name[one] * len(self._name_of) + self._name[other]
        if not len(keys):
            return np.zeros(len(one), dtype=bool)
        keys = np.sort(keys)
        at = np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)
        named: NDArray[np.bool_] = (keys[at] == pairs) & (self._name[other] >= 0)
        return named

    def _alike_names(self, name: int) -> Ints:
        """The names that may be spellings of this name; none for none."""
        if name < 0:
            return NOTHING
        if name not in self._alike:
            if self._words is None:
                self._words = _Words(range(len(self._name_of)), self._name_of)
            found = self._words.names_like(self._name_of[name])
            self._alike[name] = np.array(
                sorted(n for n in found if same_place_name(self._name_of[name], self._name_of[n])), dtype=np.int64
            )  # fmt: skip
        return self._alike[name]


class _Pool:
    """The events of one country: those of few days by their first day, those of many apart, and by their places where no day will do."""

    def __init__(self, members: Ints, blocks: Blocks) -> None:
        self._members = members
        dated = blocks._dated[members]
        short = dated & (blocks._end[members] - blocks._start[members] <= SHORT_DAYS)
        ordered = members[short]
        self._short = ordered[np.argsort(blocks._start[ordered], kind="stable")]
        self._starts = blocks._start[self._short]
        self._long = members[dated & ~short]
        self._undated: _Places | None = None
        self._everywhere: _Places | None = None

    def near(self, seeds: Ints, start: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
        """The pairs of a dated seed with members whose days may be within the window of its own, PAIRS_AT_ONCE at a time or little more."""
        first = np.searchsorted(self._starts, start[seeds] - WINDOW_DAYS - SHORT_DAYS)
        last = np.searchsorted(self._starts, end[seeds] + WINDOW_DAYS, side="right")
        count = np.maximum(last - first, 0)
        step = np.maximum(1, (np.cumsum(count + len(self._long)) // PAIRS_AT_ONCE))
        for part in np.split(np.arange(len(seeds)), np.nonzero(np.diff(step))[0] + 1):
            many = count[part]
            one = np.repeat(seeds[part], many)
            # The places from `first` on, counted up within each seed's stretch.
            at = np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first[part], many)
            yield (
                np.concatenate((one, np.repeat(seeds[part], len(self._long)))),
                np.concatenate((self._short[at], np.tile(self._long, len(part)))),
            )

    def undated(self, blocks: Blocks) -> _Places:
        """The members without a day, by place."""
        if self._undated is None:
            self._undated = _Places(self._members[~blocks._dated[self._members]], blocks)
        return self._undated

    def everywhere(self, blocks: Blocks) -> _Places:
        """All members by place."""
        if self._everywhere is None:
            self._everywhere = _Places(self._members, blocks)
        return self._everywhere


class _Places:
    """Reports by latitude, and by name: what `may_meet` asks where a day is not known."""

    def __init__(self, members: Ints, blocks: Blocks) -> None:
        placed = members[blocks._placed[members]]
        self._placed = placed[np.argsort(blocks._lat[placed], kind="stable")]
        self._lats = blocks._lat[self._placed]
        self._named: dict[int, list[int]] = {}
        for at in members.tolist():
            self._named.setdefault(int(blocks._name[at]), []).append(at)

    def near(self, blocks: Blocks, seeds: Ints) -> Iterator[tuple[Ints, Ints]]:
        """The pairs of a seed with those within UNDATED_DEGREES of it; of its name where one of the two is not on the map."""
        # A hair more than the box: the sums of floats are rounded.
        first, last = (np.searchsorted(self._lats, blocks._lat[seeds] + side * (UNDATED_DEGREES + 1e-9)) for side in (-1, 1))
        ones: list[Ints] = []
        others: list[Ints] = []
        pairs = 0
        for i, low, high in zip(seeds.tolist(), first.tolist(), last.tolist(), strict=True):
            found = NOTHING
            if blocks._placed[i]:
                band = self._placed[low:high]
                lat, lon = blocks._lat[i], blocks._lon[i]
                found = band[(np.abs(blocks._lat[band] - lat) <= UNDATED_DEGREES) & (np.abs(blocks._lon[band] - lon) <= UNDATED_DEGREES)]
            if named := self._named.get(int(blocks._name[i]), ()) if blocks._name[i] >= 0 else ():
                unseen = np.array(named, dtype=np.int64)
                found = np.concatenate((found, unseen[~(blocks._placed[unseen] & blocks._placed[i])]))
            if len(found):
                ones.append(np.full(len(found), i))
                others.append(found)
                pairs += len(found)
            if pairs >= PAIRS_AT_ONCE:
                yield np.concatenate(ones), np.concatenate(others)
                ones, others, pairs = [], [], 0
        if pairs:
            yield np.concatenate(ones), np.concatenate(others)


class _Words:
    """Names by their words, to find those that may be spellings of another without comparing all."""

    def __init__(self, names: Iterable[int], name_of: Sequence[str]) -> None:
        self._by_word: dict[str, list[int]] = {}
        self._by_bones: dict[str, list[str]] = {}
        for n in names:
            words = place_words(name_of[n])
            for word in dict.fromkeys((*words, "".join(words))):
                self._by_word.setdefault(word, []).append(n)
        self._all = list(self._by_word)
        for word in self._all:
            self._by_bones.setdefault(skeleton(word), []).append(word)

    def names_like(self, name: str) -> set[int]:
        """Every name that shares a word, or its like, with this one."""
        words = place_words(name)
        asked = list(dict.fromkeys((*words, "".join(words))))
        alike = {w for word in asked for w in (word, *self._by_bones.get(skeleton(word), ()))}
        if asked and self._all:
            scores = process.cdist(asked, self._all, scorer=fuzz.ratio, score_cutoff=79)
            alike |= {self._all[n] for n in np.nonzero(scores)[1]}
        return {n for word in alike for n in self._by_word.get(word, ())}


# What overlapping dates count by the less exact of two precisions; index 0 is none.
OVERLAP = np.array([2.5, 2.5, 2.0, 1.0, 0.5, 0.0])


def _days(dates: Iterable[str | None]) -> Ints:
    """Days since 1970 of ISO dates; 0 for none, which nothing asks for."""
    return np.array([d[:10] if d else "1970-01-01" for d in dates], dtype="datetime64[D]").astype(np.int64)


def _floats(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _tolls(low: Sequence[int | None], best: Sequence[int | None], high: Sequence[int | None]) -> tuple[Floats, Floats, Floats]:
    """The least figure, the one that is compared, and the most; nan where none is given."""
    least, told, most = [], [], []
    for figures in zip(low, best, high, strict=True):
        given = [f for f in figures if f is not None]
        least.append(min(given, default=None))
        most.append(max(given, default=None))
        told.append(figures[1] if figures[1] is not None else max(given, default=None))
    return _floats(least), _floats(told), _floats(most)


def _type_scores(subs: Sequence[str | None]) -> Floats:
    """What `compare_types` says of each two sub-event types, before it is weighed by how sure they are."""
    reports = [
        Report(report_id="", article_id="", assertion="asserted", sub_event_type=s, event_type=EVENT_TYPE_OF.get(s or "")) for s in subs
    ]
    return np.array([[compare_types(a, b).score for b in reports] for a in reports] or [[0.0]], dtype=np.float64)
