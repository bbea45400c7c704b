"""Who says it: the sources an article names, and who claims, denies or blames.

Kinds are the codebook's (military, police, official, medical, armed-group, witness, ngo, media,
anonymous); the words that tell them stand in lexicon/sources.csv. Stances are GTD's: claimed, denied,
blamed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from spacy.tokens import Span, Token

from pipeline.coding.lexicon import read_table
from pipeline.coding.texts import span_text

REPORT_VERBS = frozenset("say tell report add announce confirm state declare note acknowledge write".split())


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the text names it: characters, kind."""

    start: int
    end: int
    text: str
    kind: str


@lru_cache(maxsize=1)
def _kinds() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(row["pattern"], re.IGNORECASE), row["kind"]) for row in read_table("sources.csv")]


def kind_of(phrase: str) -> str | None:
    """The kind of attribution a source's noun phrase stands for; None where no word tells."""
    return next((kind for pattern, kind in _kinds() if pattern.search(phrase)), None)


def _phrase(noun: Token) -> Span:
    """A noun with what stands before it and a short "of ..." after it."""
    last = noun.i
    for child in noun.rights:
        if child.dep_ == "prep" and child.lower_ in ("of", "at", "in", "from") and child.right_edge.i - noun.i <= 6:
            last = child.right_edge.i
    return noun.doc[noun.left_edge.i if noun.i - noun.left_edge.i <= 8 else noun.i : last + 1]


def find_sources(sent: Span) -> list[Source]:
    """The sources named in a sentence, in order: subjects of reporting verbs, "according to ..."."""
    found: list[Source] = []
    for token in sent:
        nouns: list[Token] = []
        if token.lemma_ in REPORT_VERBS and token.pos_ == "VERB":
            nouns = [c for c in token.children if c.dep_ == "nsubj"]
        elif token.lower_ == "according":
            nouns = [g for c in token.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"]
        for noun in nouns:
            if noun.pos_ not in ("NOUN", "PROPN"):
                continue
            span = _phrase(noun)
            kind = kind_of(span.text) or ("official" if noun.ent_type_ == "PERSON" else None)
            if kind and not any(f.start == span.start_char for f in found):
                found.append(Source(span.start_char, span.end_char, span.text, kind))
    return found


CLAIM = re.compile(
    r"\b(?:claim(?:s|ed|ing)? (?:the )?(?:responsibility|attack|credit|the (?:attack|bombing|killing|strike|ambush))|took responsibility|taken responsibility|"
    r"take responsibility|said (?:it|they|its fighters|its men) (?:had )?(?:carried out|attacked|targeted|struck|fired|launched|was behind|were behind)|admitted (?:the|carrying)|claimed by)\b",
    re.I,
)
NO_CLAIM = re.compile(
    r"\b(?:no (?:group|one|organi[sz]ation|faction|immediate)|nobody|none|not (?:yet |immediately )?(?:been )?claimed|without)\b[^.]{0,40}\bclaim",
    re.I,
)
DENY = re.compile(
    r"\b(?:den(?:y|ies|ied|ying) (?:any |that |all |having |it |its |being |responsibility|involvement|carrying|the )|rejected the (?:accusation|claim|charge|allegation)|denial|disown(?:s|ed)?|not (?:behind|responsible))\b",
    re.I,
)
BLAME = re.compile(
    r"\b(?:blam(?:e|es|ed|ing)|accus(?:e|es|ed|ing)|suspected?|attributed (?:it |the attack )?to|held [\w ]{1,40} responsible|pointed (?:the finger )?(?:at|to))\b",
    re.I,
)


def stances(sent: Span) -> Sequence[tuple[str, int, int]]:
    """The stances a sentence holds, (stance, start, end) in characters."""
    text, base = span_text(sent), sent.start_char
    found = []
    if (m := CLAIM.search(text)) and not NO_CLAIM.search(text):
        found.append(("claimed", base + m.start(), base + m.end()))
    if m := DENY.search(text):
        found.append(("denied", base + m.start(), base + m.end()))
    if m := BLAME.search(text):
        found.append(("blamed", base + m.start(), base + m.end()))
    return found
