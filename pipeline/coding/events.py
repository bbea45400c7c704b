"""What happened: the words of lexicon/event_words.csv found in a parsed text, and the sub-type they add up to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from spacy.tokens import Doc, Token

from pipeline.coding.lexicon import read_table

POS = {"V": frozenset(("VERB", "AUX")), "N": frozenset(("NOUN", "PROPN")), "A": frozenset(("ADJ",))}
# Families of the lexicon: the sides decide which sub-type it is.
ARMED_VIOLENCE = "armed violence"
TERRITORY_TAKEN = "territory taken"
TERRITORY_RETAKEN = "territory retaken"
GOVERNMENT_REGAINS, NON_STATE_OVERTAKES = "Government regains territory", "Non-state actor overtakes territory"
TERRITORY = frozenset((TERRITORY_TAKEN, TERRITORY_RETAKEN))
FAMILIES = {
    ARMED_VIOLENCE: frozenset(("Armed clash", "Attack")),
    TERRITORY_TAKEN: frozenset((GOVERNMENT_REGAINS, NON_STATE_OVERTAKES)),
    TERRITORY_RETAKEN: frozenset((GOVERNMENT_REGAINS, NON_STATE_OVERTAKES)),
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """Words that say that something happened: token span, sub-type (or a family), modes, weight 1..3.

    `kind` is act, or means for a weapon that tells the type of an act but is no event by itself.
    """

    start: int  # token index
    end: int
    start_char: int
    end_char: int
    sub_event_type: str
    modes: tuple[str, ...]
    weight: int
    kind: str
    pattern: str


def head_of(doc: Doc, t: Trigger) -> Token:
    """The token that carries an event word's clause: its verb, else its last noun."""
    span = doc[t.start : t.end]
    return next((x for x in span if x.pos_ == "VERB"), None) or span.root


GAP = 5  # words that a * may stand for
SENTENCE_BREAKS = frozenset(".;!?")


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place of a pattern: the words that fit (lemma or form), the parts of speech, or a gap."""

    words: frozenset[str]
    pos: frozenset[str] | None
    gap: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    slots: tuple[_Slot, ...]
    row: dict[str, str]


def compile_pattern(text: str) -> tuple[_Slot, ...]:
    """A pattern cell of the lexicon as slots, in order."""
    slots = []
    for part in text.split():
        if part == "*":
            slots.append(_Slot(frozenset(), None, gap=True))
            continue
        pos, _, words = part.rpartition(":")
        slots.append(_Slot(frozenset(w.lower() for w in words.split("|") if w), POS[pos] if pos else None))
    return tuple(slots)


@lru_cache(maxsize=1)
def _rules_by_first_word() -> dict[str, list[_Rule]]:
    """The lexicon's rules by the words their first slot takes, so that a text is read once, word by word."""
    index: dict[str, list[_Rule]] = defaultdict(list)
    for row in read_table("event_words.csv"):
        rule = _Rule(compile_pattern(row["pattern"]), row)
        for word in rule.slots[0].words:
            index[word].append(rule)
    return dict(index)


def _match(rule: _Rule, at: int, lower: list[str], lemma: list[str], pos: list[str], stop: int) -> int | None:
    """Where a rule that starts at token `at` ends; None where it does not fit before `stop`."""

    def fits(slot: _Slot, i: int) -> bool:
        return (lower[i] in slot.words or lemma[i] in slot.words) and (slot.pos is None or pos[i] in slot.pos)

    i = at
    slots = rule.slots
    n = 0
    while n < len(slots):
        if slots[n].gap:
            n += 1
            for skip in range(GAP + 1):
                if i + skip >= stop or (skip and lower[i + skip - 1] in SENTENCE_BREAKS):
                    return None
                if fits(slots[n], i + skip):
                    i += skip
                    break
            else:
                return None
        if i >= stop or not fits(slots[n], i):
            return None
        i += 1
        n += 1
    return i


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as the lexicon writes it: "sit-in" is one, although the tokenizer makes three of it."""

    first: int
    last: int
    lower: str
    lemma: str
    pos: str


def _words(doc: Doc, start: int, end: int) -> list[_Word]:
    words: list[_Word] = []
    i = start
    while i < end:
        j = i
        while (
            j + 2 < end
            and doc[j + 1].text in ("-", "\u2011")
            and not doc[j].whitespace_
            and not doc[j + 1].whitespace_
            and doc[j + 2].is_alpha
        ):
            j += 2
        first, last = doc[i], doc[j]
        if j > i:
            forms = [doc[k].lower_ for k in range(i, j + 1, 2)]
            words.append(_Word(i, j, "-".join(forms), "-".join([*forms[:-1], last.lemma_.lower()]), last.pos_))
        else:
            # The month of March and the like are names of days, not things that people do.
            month = first.lower_ in ("march", "may") and first.is_title and (first.ent_type_ == "DATE" or first.pos_ == "PROPN")
            words.append(_Word(i, i, "" if month else first.lower_, "" if month else first.lemma_.lower(), first.pos_))
        i = j + 1
    return words


def find_triggers(doc: Doc) -> list[Trigger]:
    """The event words of `doc`, in text order; where patterns overlap, the heaviest and longest stays."""
    index = _rules_by_first_word()
    found: list[Trigger] = []
    for sent in doc.sents:
        words = _words(doc, sent.start, sent.end)
        lower = [w.lower for w in words]
        lemma = [w.lemma for w in words]
        pos = [w.pos for w in words]
        for i in range(len(words)):
            rules = index.get(lower[i], [])
            if lemma[i] != lower[i]:
                rules = rules + [r for r in index.get(lemma[i], []) if r not in rules]
            for rule in rules:
                end = _match(rule, i, lower, lemma, pos, len(words))
                if end is not None:
                    row = rule.row
                    first, last = words[i].first, words[end - 1].last
                    found.append(
                        Trigger(
                            first, last + 1, doc[first].idx, doc[last].idx + len(doc[last]), row["sub_event_type"],
                            tuple(row["modes"].split()), int(row["weight"]), row["kind"], row["pattern"],
                        )
                    )  # fmt: skip
    found.sort(key=lambda t: (-t.weight, -(t.end - t.start), t.start))
    kept: list[Trigger] = []
    for t in found:
        if not any(t.start < k.end and k.start < t.end for k in kept):
            kept.append(t)
    return sorted(kept, key=lambda t: t.start)


# What kills or wounds: an event in which people die has one of these, or its means are not told.
WEAPONS = frozenset(
    "primitive firearms explosives suicide-attack aerial drone heavy-weapons unconventional beat torture crowd-control".split()
)


@lru_cache(maxsize=1)
def _mode_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["mode"], re.compile(row["pattern"], re.IGNORECASE)) for row in read_table("mode_words.csv"))


def find_modes(text: str) -> dict[str, tuple[int, int]]:
    """The means that the words of `text` name, in order of first mention, with the characters that name each."""
    found = {mode: m.span() for mode, pattern in _mode_patterns() if (m := pattern.search(text)) is not None}
    return dict(sorted(found.items(), key=lambda kv: (kv[1][0], kv[0])))


def tells_type(trigger: Trigger, sub_event_type: str) -> bool:
    """Whether a trigger speaks for a sub-type, by itself or through its family."""
    return sub_event_type == trigger.sub_event_type or sub_event_type in FAMILIES.get(trigger.sub_event_type, ())


def vote_sub_type(
    triggers: Iterable[tuple[Trigger, float]], *, target_armed: bool | None, taker_state: bool | None = None
) -> tuple[str | None, dict[str, float]]:
    """The sub-event type that weighted triggers add up to, and the score of each.

    `target_armed` says whether those attacked were armed or state forces: then "armed violence" is an
    Armed clash, else an Attack (codebook: shootings of unarmed people are Attack). `taker_state` says whether
    state forces took the territory; where nobody knows, what is taken counts half for either side, and what is
    retaken for the government.
    """
    scores: dict[str, float] = defaultdict(float)
    for trigger, factor in triggers:
        kind = trigger.sub_event_type
        score = trigger.weight**1.5 * factor
        if kind == ARMED_VIOLENCE:
            kind = "Armed clash" if target_armed else "Attack"
        elif kind == TERRITORY_TAKEN and taker_state is None:
            scores[GOVERNMENT_REGAINS] += score / 2
            scores[NON_STATE_OVERTAKES] += score / 2
            continue
        elif kind in (TERRITORY_TAKEN, TERRITORY_RETAKEN):
            kind = NON_STATE_OVERTAKES if taker_state is False else GOVERNMENT_REGAINS
        scores[kind] += score
    if not scores:
        return None, {}
    return max(scores.items(), key=lambda kv: (kv[1], kv[0]))[0], dict(scores)
