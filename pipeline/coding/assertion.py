"""How an event is told: asserted, background, aggregate, prospective, denied, or not an event at all.

The cues stand in lexicon/assertion_words.csv. A cue is read on the event word's own clause where
grammar allows ("as they prepared to launch": the launch is planned, the strike of the main clause is
not), else on the sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from spacy.tokens import Span, Token

from pipeline.coding.lexicon import read_table
from pipeline.coding.texts import span_text

MODALS = frozenset("will would could may might shall should can 'll must".split())
REPORTING = frozenset(
    "say tell report add announce confirm state declare claim note explain write deny condemn describe quote cite acknowledge "
    "insist argue comment release issue publish warn blame accuse post publish air broadcast tweet circulate claim inform".split()
)


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue that fired: its kind and the characters that show it."""

    kind: str
    start: int
    end: int
    text: str


@lru_cache(maxsize=1)
def _tables() -> tuple[frozenset[str], list[tuple[str, re.Pattern[str]]], list[re.Pattern[str]]]:
    heads: set[str] = set()
    sentence: list[tuple[str, re.Pattern[str]]] = []
    article: list[re.Pattern[str]] = []
    for row in read_table("assertion_words.csv"):
        if row["where"] == "head":
            heads |= set(row["pattern"].split("|"))
        elif row["where"] == "sentence":
            sentence.append((row["kind"], re.compile(row["pattern"], re.IGNORECASE)))
        else:
            article.append(re.compile(row["pattern"], re.IGNORECASE))
    return frozenset(heads), sentence, article


def sentence_cues(sent: Span) -> list[Cue]:
    """The cues of a sentence, by kind, with their characters; read once a document."""
    known: dict[tuple[int, int], list[Cue]] = sent.doc.user_data.setdefault("dateline_cues", {})
    key = (sent.start, sent.end)
    if key not in known:
        known[key] = _read_cues(sent)
    return known[key]


def _read_cues(sent: Span) -> list[Cue]:
    text = span_text(sent)
    lead = len(text) - len(text.lstrip("\"'“”‘’- \n"))
    found = []
    for kind, pattern in _tables()[1]:
        m = pattern.search(text, lead) if not pattern.pattern.startswith("^") else re.match(pattern, text[lead:])
        if m:
            offset = sent.start_char + (lead if pattern.pattern.startswith("^") else 0)
            found.append(Cue(kind, offset + m.start(), offset + m.end(), m.group(0)))
    return found


def off_topic_score(text: str) -> float:
    """How strongly a text's words speak of sport, weather, accidents, business: hits per hundred words."""
    hits = sum(len(p.findall(text)) for p in _tables()[2])
    return 100.0 * hits / max(60, len(text.split()))


def clause_status(token: Token) -> str:
    """How an event word stands in its clause: asserted, prospective or negated.

    Climbs from the word to the sentence's root: a modal, an "if", or a planning verb above it makes it
    prospective; "not" on its own verb makes it negated.
    """
    heads = _tables()[0]
    node, previous = token, None
    if token.pos_ == "NOUN" and any(c.lower_ == "no" for c in token.lefts):
        return "negated"
    for _ in range(12):
        if node.pos_ in ("VERB", "AUX"):
            for child in node.children:
                if (
                    child.dep_ == "neg"
                    and node.lemma_ not in REPORTING
                    and (node == token or previous is None or previous.dep_ in ("dobj", "xcomp", "nsubjpass"))
                ):
                    return "negated"
                if child.dep_ == "aux" and child.lower_ in MODALS and not _past_modal(node):
                    return "prospective"
                if child.dep_ == "mark" and child.lower_ in ("if", "unless", "lest"):
                    return "prospective"
            if previous is not None and previous.dep_ == "nsubjpass" and node.lemma_ in SCHEDULED:
                return "prospective"  # "another march has been called for Saturday"
            if previous is not None and node.lemma_ in heads and node != token:
                if node.lemma_ == "fear" and (previous.tag_ in ("VBN", "JJ") or previous.pos_ == "ADJ"):
                    return "asserted"  # "twenty are feared dead" reports the dead
                if (
                    previous.dep_ == "xcomp"
                    or (previous.dep_ == "dobj" and node.lemma_ in PLANNED)
                    or (previous.dep_ == "pobj" and node.lemma_ in PLANNED)
                ):
                    return "prospective"
                if (
                    previous.dep_ == "ccomp"
                    and node.lemma_
                    in (
                        "threaten",
                        "warn",
                        "fear",
                        "vow",
                        "expect",
                        "plan",
                        "promise",
                        "pledge",
                        "demand",
                    )
                    and not _is_past(previous)
                ):
                    return "prospective"
        elif node.pos_ == "ADJ" and node.lemma_ in READY and previous is not None and previous.dep_ == "xcomp":
            return "prospective"  # "are due to sign a truce"
        elif (
            previous is not None and node.pos_ == "NOUN" and node.lemma_ in PLAN_NOUNS and previous.dep_ in ("pobj", "acl", "prep", "relcl")
        ):
            return "prospective"
        if node.dep_ == "ROOT" or node.head == node:
            break
        if node.dep_ == "relcl" and node != token:
            break
        previous, node = node, node.head
    return "asserted"


def tells_directly(token: Token) -> bool:
    """Whether an event word tells news rather than recalls what is known.

    A relative clause ("the group that attacked"), a possessive or attributive noun ("Thursday's attack", "the
    attack of Monday") and a pluperfect ("had attacked") recall an event.
    """
    node, steps = token, 0
    while steps < 8:
        steps += 1
        if node.pos_ in ("VERB", "AUX"):
            if any(c.dep_ == "aux" and c.lower_ == "had" for c in node.children):
                return False
            if node.dep_ in ("relcl", "acl") and node.tag_ != "VBG":
                return False
            if node.dep_ not in ("conj", "ccomp", "xcomp", "relcl", "acl"):
                return True
        elif node.pos_ in ("NOUN", "PROPN") and any(c.dep_ == "poss" and c.ent_type_ == "DATE" for c in node.children):
            return False
        if node.head == node:
            return True
        node = node.head
    return True


PLANNED = frozenset(
    "plan threaten vow intend consider fear expect plot schedule prepare order rehearse simulate deter prevent avoid call demand urge risk propose".split()
)
SCHEDULED = frozenset("call plan schedule expect slate postpone cancel forbid ban".split())
READY = frozenset("due set likely ready able unable poised prepared".split())
PLAN_NOUNS = frozenset(
    "plan threat fear risk possibility warning drill exercise plot attempt intention preparation prospect vow call right ability capability".split()
)


def _is_past(token: Token) -> bool:
    return token.tag_ in ("VBD", "VBN") and not any(c.lower_ in MODALS for c in token.children if c.dep_ == "aux")


def _past_modal(token: Token) -> bool:
    """Whether a verb is told as concluded, "must have killed": that is no plan."""
    words = {c.lower_ for c in token.children}
    auxiliaries = {c.lower_ for c in token.children if c.dep_ == "aux"}
    return "have" in auxiliaries and "must" in words and not words & {"would", "should"}
