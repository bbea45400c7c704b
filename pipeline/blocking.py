"""Which pairs of reports are worth comparing when all of a store are looked at: bounds on the score, in bulk.

`compare_reports` takes tens of microseconds; a country at war has hundreds of reports within days of any
one. Here what the features can reach at most is computed for all of them at once, from the same tables
and scales, so that only pairs that may score DOUBT_SCORE are compared in full. A pair left out is one
that `compare_reports` would score below that: a property test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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


class _Codes(dict[Any, int]):
    """Numbers for values, in the order they come."""

    def __missing__(self, key: Any) -> int:
        self[key] = len(self)
        return self[key]


class Blocks:
    """The active coder's reports that meet a condition, so far as day, place, type, sides and tolls go, to be asked for partners of one."""

    def __init__(self, db: Database, *, kin: Kin, condition: str = "1", params: Sequence[Any] = ()) -> None:
        self._kin = kin
        rows = db.execute(
            f"SELECT {','.join(BLOCK_COLUMNS)} FROM reports WHERE ({condition}) AND coder = {ACTIVE_CODER}", tuple(params)
        ).fetchall()
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
        self._alike: dict[tuple[int, str | None], Ints] = {}
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
        i = self._at[report_id]
        if not self._event[i]:
            return sorted(self._ids[j] for j in self._copies[self._gists[i]] if j != i)
        country = self._country[i]
        pools = list(self._pools) if country is None else [c for c in (country, None) if c in self._pools]
        found: list[int] = []
        for pool in pools:
            found += self._in_pool(i, pool)
        return sorted(self._ids[j] for j in found)

    def _in_pool(self, i: int, country: str | None) -> list[int]:
        pool = self._pools[country]
        near = pool.near(int(self._start[i]), int(self._end[i])) if self._dated[i] else pool.members
        near = near[self._article[near] != self._article[i]]
        if not len(near):
            return []
        alike = self._alike_names(i, country)
        named = np.isin(self._name[near], alike) if len(alike) else np.zeros(len(near), dtype=bool)
        km = self._km(i, near)
        score, meet = self._dates(i, near)
        undated = ~self._dated[near] | (not self._dated[i])
        if undated.any():
            close = (np.abs(self._lat[near] - self._lat[i]) <= UNDATED_DEGREES) & (
                np.abs(self._lon[near] - self._lon[i]) <= UNDATED_DEGREES
            )
            both = self._placed[near] & self._placed[i]
            by_place = np.where(both, close, (self._name[near] == self._name[i]) & (self._name[i] >= 0))
            score = np.where(undated, -2.5, score)
            # Without a day only reports of one known country meet.
            meet = np.where(undated, by_place & (country is not None) & (self._country[i] == country), meet)
        score = score + self._places(i, near, named, km)
        type_score = self._types[self._sub[i]][self._sub[near]]
        score += np.where(type_score < 0, type_score * self._surely("sub_event_type", i, near), type_score)
        for what, scale in (("deaths", 1.0), ("injured", 0.6)):
            score += scale * self._toll_scores(what, i, near)
        kept = meet & (score + SIDES_MAX + WORDS_MAX + TOLERANCE >= DOUBT_SCORE)
        return [
            int(j)
            for j, s in zip(near[kept], score[kept], strict=True)
            if s + self._actor_score(i, int(j)) + WORDS_MAX + TOLERANCE >= DOUBT_SCORE
        ]

    # --- the features, each at most -----------------------------------------------------------------

    def _surely(self, field: str, i: int, near: Ints) -> Floats:
        product: Floats = self._sure[field][near] * self._sure[field][i]
        return product

    def _dates(self, i: int, near: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        start, end = self._start[near], self._end[near]
        gap = np.maximum(start, self._start[i]) - np.minimum(end, self._end[i])
        prec = np.maximum(self._prec[near], self._prec[i])
        same = (start == self._start[i]) & (end == self._end[i]) & (prec == 1)
        overlap = np.where(same, 3.0, OVERLAP[np.minimum(prec, len(OVERLAP) - 1)])
        late = (self._pub[near] | self._pub[i]) & (gap <= WINDOW_DAYS)
        apart = np.where(late, 1.0 - 0.5 * gap, np.where(gap == 1, -3.5, -np.minimum(12.0, 3.0 + gap)))
        return np.where(gap <= 0, overlap, apart), (gap <= WINDOW_DAYS) & (np.abs(start - self._start[i]) <= WIDE_DAYS)

    def _km(self, i: int, near: Ints) -> Floats:
        la, lo, lb, lp = (np.radians(x) for x in (self._lat[i], self._lon[i], self._lat[near], self._lon[near]))
        h = np.sin((lb - la) / 2) ** 2 + np.cos(la) * np.cos(lb) * np.sin((lp - lo) / 2) ** 2
        km: Floats = 2 * 6371.0088 * np.arcsin(np.sqrt(np.minimum(1.0, h)))
        return km

    def _places(self, i: int, near: Ints, named: NDArray[np.bool_], km: Floats) -> Floats:
        weight = np.minimum(self._weight[near], self._weight[i])
        reach = self._radius[near] + self._radius[i]
        both_named = (self._name[near] >= 0) & (self._name[i] >= 0)
        blind = np.where(named, 2.5 * np.maximum(weight, 0.4), np.where(both_named & (weight >= 0.6), -1.5, -1.2))
        if not self._placed[i]:
            return blind
        with np.errstate(invalid="ignore", divide="ignore"):
            against = np.minimum(8.0, 1.0 + 2.0 * np.log2(km / reach))
            province = (self._admin[near] == self._admin[i]) & (self._admin[i] >= 0)
            against = np.where(province, np.minimum(against, SAME_PROVINCE_AGAINST), against)
            far = -against * self._surely("place_name", i, near)
            score = np.where(km <= reach, 2.0 * weight * (1 - 0.5 * km / reach), np.where(named, weight, far))
            score = np.where((named & (km <= 2 * reach)) | (km <= 3), 3.0 * weight, score)
            wide = self._wide[near] | self._wide[i]
            score = np.where(wide, np.where(km <= reach, 0.3, -1.0), score)
        return np.where(self._placed[near], score, blind)

    def _toll_scores(self, what: str, i: int, near: Ints) -> Floats:
        """As if the higher toll were the later: a rise speaks less against one event than a fall."""
        least, told, most = self._tolls[what]
        x, y = told[i], told[near]
        known = ~np.isnan(y) & ~np.isnan(x)
        if np.isnan(x) or not known.any():
            return np.zeros(len(near))
        equal = 0.3 if x <= 1 else min(2.0, 0.5 + 0.6 * float(np.log2(x)) / 2)
        ratio = (np.maximum(x, y) + 1) / (np.minimum(x, y) + 1)
        risen = np.where(ratio <= 1.6, 0.3, np.where(ratio <= 2.5, -0.3, -1.2))
        risen = np.where(risen < 0, risen * self._surely(f"{what}_best", i, near), risen)
        overlap = (least[i] <= most[near]) & (least[near] <= most[i])
        return np.where(known, np.where(x == y, equal, np.where(overlap, 0.5, risen)), 0.0)

    def _actor_score(self, i: int, j: int) -> float:
        either = bool(self._either[i] or self._either[j])
        key = (int(self._side[i]), int(self._side[j]), either)
        if key not in self._actors:
            one, other = self._sided(key[0], either), self._sided(key[1], either)
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

    def _alike_names(self, i: int, country: str | None) -> Ints:
        """The names among a country's reports that may be spellings of this report's."""
        name = int(self._name[i])
        if name < 0:
            return np.empty(0, dtype=np.int64)
        if (name, country) not in self._alike:
            words = self._pools[country].words(self)
            found = words.names_like(self._name_of[name])
            exact = [n for n in found if same_place_name(self._name_of[name], self._name_of[n])]
            self._alike[name, country] = np.array(sorted({*exact}), dtype=np.int64)
        return self._alike[name, country]


class _Pool:
    """The events of one country: those of few days by their first day, the rest apart."""

    def __init__(self, members: Ints, blocks: Blocks) -> None:
        self.members = members
        short = blocks._dated[members] & (blocks._end[members] - blocks._start[members] <= SHORT_DAYS)
        dated = members[short]
        self._short = dated[np.argsort(blocks._start[dated], kind="stable")]
        self._starts = blocks._start[self._short]
        self._rest = members[~short]
        self._words: _Words | None = None

    def near(self, start: int, end: int) -> Ints:
        """The members whose days may be within the window of these, and those without a day."""
        first = np.searchsorted(self._starts, start - WINDOW_DAYS - SHORT_DAYS)
        last = np.searchsorted(self._starts, end + WINDOW_DAYS, side="right")
        return np.concatenate((self._short[first:last], self._rest))

    def words(self, blocks: Blocks) -> _Words:
        """The words of the places named in this country."""
        if self._words is None:
            names = sorted({int(n) for n in blocks._name[self.members] if n >= 0})
            self._words = _Words(names, blocks._name_of)
        return self._words


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
