"""Words that speak for a country without naming it: peoples, leaders, parties, national outlets (lexicon/country_clues.csv)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from pipeline.coding.lexicon import read_table

NAMED = ("people", "outlet", "name")
# How much each kind says of where something happened.
WORTH = {"people": 0.7, "outlet": 0.6, "name": 0.7, "term": 1.5}
# A later home of a people at home in several countries says this much of the one before it.
LESS = 0.6

_CAPITAL = re.compile(r"\b[A-Z]")
_SAME_MARK = str.maketrans("\u2019\u2018\u2011", "''-")


@dataclass(frozen=True, slots=True)
class CountryWord:
    """Words at half-open offsets and the countries they speak for, the first the most."""

    start: int
    end: int
    countries: tuple[str, ...]
    kind: str

    def weights(self) -> list[tuple[str, float]]:
        """Each country with how much these words say for it."""
        return [(code, round(WORTH[self.kind] * LESS**i, 3)) for i, code in enumerate(self.countries)]


@lru_cache(maxsize=1)
def _names() -> dict[str, list[tuple[str, tuple[str, ...], str]]]:
    """First three letters -> names that begin with them, the longest first, with their countries and kind."""
    found: dict[str, list[tuple[str, tuple[str, ...], str]]] = defaultdict(list)
    for row in read_table("country_clues.csv"):
        if row["kind"] in NAMED:
            for name in row["words"].split(";"):
                found[name[:3]].append((name, tuple(row["value"].split(";")), row["kind"]))
    return {key: sorted(names, key=lambda n: (-len(n[0]), n[0])) for key, names in found.items()}


@lru_cache(maxsize=1)
def _terms() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    rows = [row for row in read_table("country_clues.csv") if row["kind"] == "term"]
    of_term = {word.lower(): tuple(row["value"].split(";")) for row in rows for word in row["words"].split(";")}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(of_term, key=len, reverse=True)))})\b"), of_term


@lru_cache(maxsize=4)
def country_words(text: str) -> tuple[CountryWord, ...]:
    """Every listed word that speaks for a country, in text order."""
    marks = text.translate(_SAME_MARK)
    known = _names()
    found = []
    last = 0
    for match in _CAPITAL.finditer(marks):
        start = match.start()
        if start < last:
            continue
        for name, countries, kind in known.get(marks[start : start + 3], ()):
            last_at = start + len(name)
            if marks.startswith(name, start) and not marks[last_at : last_at + 1].isalnum():
                found.append(CountryWord(start, last_at, countries, kind))
                last = last_at
                break
    pattern, of_term = _terms()
    lowered = marks.lower()
    if len(lowered) == len(text):
        found += [CountryWord(m.start(), m.end(), of_term[m.group()], "term") for m in pattern.finditer(lowered)]
    return tuple(sorted(found, key=lambda w: (w.start, w.end)))


@lru_cache(maxsize=256)
def region_of(source: str) -> frozenset[str]:
    """The countries that a publisher tells of, where it tells of one part of the world only; empty where of all."""
    lowered = source.lower()
    for row in read_table("country_clues.csv"):
        if row["kind"] == "region" and any(name.lower() in lowered for name in row["words"].split(";")):
            return frozenset(row["value"].split(";"))
    return frozenset()


@lru_cache(maxsize=1)
def often_told_of() -> frozenset[str]:
    """The countries that conflict news tells of most: of two places of a bare name, the one there is likelier meant."""
    return frozenset(code for row in read_table("country_clues.csv") if row["kind"] == "often" for code in row["words"].split(";"))
