"""Does a sentence found an event of its own, or go on about one told before? The facts that the answer is weighed from.

The codebook's rule (same sides, same place, same day is one event) decides; a sentence seldom says all three,
so what it does say is weighed: how its day and place stand to those of the event before, whether its words
are of another matter, how it opens, and what it takes up again.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.coding.dates import DateMention
from pipeline.coding.frames import (
    AFTERMATH,
    Event,
    Frame,
    disjoint,
    happened_at,
    is_redated,
    is_specific,
    matters,
    same_place,
)
from pipeline.coding.lexicon import read_table
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import first_char, span_text, text_of
from pipeline.errors import SettingsError

WEIGHTS = Path(__file__).with_name("weights") / "founding.csv"
ANSWERS = ("goes on", "new", "recalled")
# An event counted twice costs a tally more than one missed: a new one needs better than even odds. Held out on
# tests/gold/train, 0.55 against 0 trades 0.006 of incident F1 for 0.025 of the deaths' error.
LEAST_NEW = 0.55


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sentence does (goes on, new, recalled), how likely that is, and the facts that spoke most for it."""

    what: str
    chance: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Founding:
    """A multinomial model over the facts: one weight a fact and answer, readable in weights/founding.csv."""

    weights: Mapping[str, tuple[float, ...]]

    def answer(self, facts: Mapping[str, float]) -> Answer:
        """The likeliest answer for one sentence's facts."""
        totals = list(self.weights.get("", (0.0, 0.0, 0.0)))
        parts: list[tuple[str, tuple[float, ...]]] = []
        for name, value in facts.items():
            row = self.weights.get(name)
            if row is not None and value:
                part = tuple(w * value for w in row)
                parts.append((name, part))
                for k, w in enumerate(part):
                    totals[k] += w
        top = max(totals)
        shares = [math.exp(t - top) for t in totals]
        best = max(range(len(shares)), key=lambda k: (shares[k], -k))
        if ANSWERS[best] == "new" and shares[best] / sum(shares) < LEAST_NEW:
            best = 0
        others = [k for k in range(len(shares)) if k != best]
        told = sorted(parts, key=lambda p: (-(p[1][best] - max(p[1][k] for k in others)), p[0]))
        return Answer(ANSWERS[best], shares[best] / sum(shares), tuple(name for name, _ in told[:3]))


@lru_cache(maxsize=1)
def load_founding(path: Path = WEIGHTS) -> Founding:
    """The weights in `path`. SettingsError where the file is missing or broken."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        return Founding({row["fact"]: tuple(float(row[a]) for a in ANSWERS) for row in rows})
    except (OSError, KeyError, TypeError, ValueError) as e:
        raise SettingsError(f"the weights in {str(path)!r} cannot be read: {e}") from e


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, re.Pattern[str]], frozenset[str]]:
    patterns: dict[str, re.Pattern[str]] = {}
    openers: frozenset[str] = frozenset()
    for row in read_table("founding_words.csv"):
        if row["kind"] == "opener":
            openers = frozenset(row["pattern"].split("|"))
        else:
            patterns[row["kind"]] = re.compile(row["pattern"], re.IGNORECASE)
    return patterns, openers


def _relation_of_days(date: DateMention | None, event: Event) -> str:
    if date is None or not date.date_start:
        return "no day"
    if event.date is None or not event.date.date_start:
        return "day, none before"
    if not disjoint(date, event.date):
        return "same day" if date.date_start == event.date.date_start and date.date_end == event.date.date_end else "overlapping days"
    return "earlier day" if date.date_start < event.date.date_start else "later day"


def _relation_of_places(place: PlaceMention | None, event: Event) -> str:
    if place is None:
        return "no place"
    if event.place is None:
        return "place, none before"
    if place.name == event.place.name:
        return "same name"
    if not same_place(place, event.place):
        return "another place" if is_specific(place) and is_specific(event.place) else "another region"
    if not is_specific(place) or not is_specific(event.place):
        return "wider place" if not is_specific(place) else "narrower place"
    return "near" if place.place is not None else "unlisted name"


def _age(day: str, published: str) -> str:
    """How old a day was when the article appeared, in the steps in which news turns into recollection."""
    days = (dt.date.fromisoformat(published) - dt.date.fromisoformat(day)).days
    return "0-1" if days <= 1 else "2-3" if days <= 3 else "4-7" if days <= 7 else "8-31" if days <= 31 else "32+"


def _content(f: Frame) -> frozenset[str]:
    """The lemmas of a sentence's nouns, names and verbs, read once a document."""
    known: dict[tuple[int, int], frozenset[str]] = f.sent.doc.user_data.setdefault("dateline_content", {})
    key = (f.sent.start, f.sent.end)
    if key not in known:
        known[key] = frozenset(t.lemma_.lower() for t in f.sent if len(t) > 3 and t.pos_ in ("NOUN", "VERB", "PROPN"))
    return known[key]


def facts_of(
    f: Frame,
    events: Sequence[Event],
    current: Event,
    date: DateMention | None,
    place: PlaceMention | None,
    published: str | None,
    round_up: bool,
) -> dict[str, float]:
    """What speaks for or against an event of its own; `date` and `place` are the sentence's own. Every value between 0 and 1."""
    text = span_text(f.sent).strip()
    patterns, openers = _words()
    asserted = [e for e in events if e.assertion == "asserted"]
    days, places = _relation_of_days(date, current), _relation_of_places(place, current)
    facts: dict[str, float] = {days: 1.0, places: 1.0, f"{days} x {places}": 1.0}
    if published and date is not None and date.date_end:
        age = _age(date.date_end, published)
        facts[f"age {age}"] = 1.0
        facts[f"age {age} x round-up"] = float(round_up)
        facts[f"age {age} x {days}"] = 1.0
        facts["day by its date"] = float(any(c.isdigit() for c in text_of(f.sent.doc)[date.start : date.end]))
        lead = next((e.date for e in asserted if e.date and e.date.date_start), None)
        if lead is not None and lead.date_start and date.date_start:
            back = (dt.date.fromisoformat(lead.date_start) - dt.date.fromisoformat(date.date_start)).days
            so_far = min(len(asserted), 3)
            facts["before the lead by days"] = float(2 <= back <= 6)
            facts["before the lead by a week"] = float(back > 6)
            facts[f"before the lead x events {so_far}"] = float(back >= 1)
            facts[f"days before the lead x events {so_far}"] = float(back >= 2)
    if days in ("earlier day", "later day") and date is not None:
        facts["tells the day better"] = float(is_redated(f, current, date, place))
    for kind, pattern in patterns.items():
        facts[kind] = float(pattern.search(text) is not None)
    gap = f.index - current.frames[-1].index
    facts[f"gap {min(gap, 4)}"] = 1.0
    facts[f"events {min(len(asserted), 4)}"] = 1.0
    facts["round-up"] = float(round_up)
    facts["round-up opens paragraph"] = float(round_up and f.opens_paragraph)
    facts["opens paragraph"] = float(f.opens_paragraph)
    facts["listed"] = float(f.listed)
    facts["headline"] = float(f.headline)
    facts["headline only"] = float(current.headline_only)
    facts["direct"] = float(f.direct)
    facts["passing"] = float(f.passing)
    facts[f"weight {f.weight}"] = 1.0
    facts["acts"] = min(3, len(f.acts)) / 3
    facts["no acts"] = float(not f.acts)
    counted = [c for c in f.casualties if c.best]
    facts["counts"] = float(bool(counted))
    facts["killed"] = float(any(c.kind == "killed" for c in counted))
    mine = {(c.kind, c.best) for c in counted}
    theirs = {(c.kind, c.best) for _, c in current.casualties if c.best}
    facts["same count"] = float(bool(mine & theirs))
    facts["other count"] = float(bool(mine and theirs and not mine & theirs))
    facts["counts, none before"] = float(bool(mine) and not theirs)
    for kind in f.cues:
        facts[f"cue {kind}"] = 1.0
    here, there = matters([f]), matters(current.frames, 1)
    facts["other matter"] = float(bool(here) and not here & there)
    facts["aftermath"] = float(bool(here) and here <= AFTERMATH and not here & there)
    facts["same matter"] = float(bool(here & there))
    kinds, have = {t.sub_event_type for t in f.acts if t.weight >= 2}, {t.sub_event_type for g in current.frames for t in g.acts}
    facts["same type"] = float(bool(kinds & have))
    facts["other type"] = float(bool(kinds) and not kinds & have)
    for k in here:
        facts[f"matter {k}"] = 1.0
    first = re.match(r"[\"“(\s]*([\w'-]+)", text)
    opener = first.group(1).lower() if first else ""
    facts[f"opens {opener if opener in openers else 'otherwise'}"] = 1.0
    start = first_char(f.sent)
    facts["place in front"] = float(any(p.role == "event" and p.start - start <= 12 for p in f.places))
    facts["day in front"] = float(any(d.start - start <= 12 for d in f.dates))
    facts["place in front x counts"] = facts["place in front"] * facts["counts"]
    facts["opens with back reference"] = float(patterns["back reference"].match(text) is not None)
    facts["quoted"] = float(text[:1] in "\"“'‘")
    facts["pronoun first"] = float(opener in ("he", "she", "it", "they", "his", "her", "their"))
    told_before = any(e is not current and happened_at(e, place, date) for e in asserted)
    facts["told before"] = float(told_before)
    facts["told before elsewhere"] = float(told_before and places in ("another place", "another region"))
    for label, chance in f.chances.items():
        facts[f"chance {label}"] = chance
    words = _content(f)
    told = frozenset().union(*(_content(g) for g in current.frames))
    facts["words told before"] = len(words & told) / max(4, len(words))
    if f.actors and (known := {a for g in current.frames for a in g.actors}):
        facts["same actor"] = float(bool(f.actors & known))
        facts["other actor"] = float(not f.actors & known)
    elif f.actors:
        facts["actor, none before"] = 1.0
    else:
        facts["no actor"] = 1.0
    facts["far in"] = min(1.0, f.index / 12)
    return facts
