"""Where: every place a text names, told apart, located, with its precision and its part in the sentence.

Three steps. `find_spans` looks capitalised word sequences up in the gazetteer, longest first, and weighs
for each whether a place is meant here: spaCy's entity label, the words around it, the size of the place.
`locate` decides all names of a text together: candidates near each other, in one province or country,
or named as one another's parents support each other; people count only where nothing else speaks.
`find_places` adds the precision words ("near", "north of", "between") and the role of each mention.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.coding.country_words import country_words, often_told_of, region_of
from pipeline.coding.texts import text_of
from pipeline.gazetteer import (
    DIVISION_WORDS,
    LIKE_NAME,
    OWN_NAME,
    Gazetteer,
    Place,
    distance_km,
    fold,
    prominence,
    read_table,
    split_division,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

    Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """One mention of a place. Offsets are half-open, into the text the document was made from.

    `latitude` and `longitude` are what to draw: the place's own, moved by "35 km north of", or the middle
    of two; None when unlocated. `is_approximate` marks those that stand for a smaller place the gazetteer
    does not have, `anchor` names what they were taken from.
    """

    start: int
    end: int
    name: str
    place: Place | None
    where_prec: int
    phrase_start: int
    phrase_end: int
    relation: str  # '' near direction outskirts between road off part_of countryside
    role: str  # event dateline origin statement organisation demonym
    latitude: float | None = None
    longitude: float | None = None
    is_approximate: bool = False
    anchor: str = ""


# --- words and their looks ------------------------------------------------------------------------------

_WORD = re.compile(r"(?:[A-Z][a-z]{0,2}\.){2,}|[^\W\d_]+(?:['’‘`ʿʻʼ][^\W\d_]+)*|\d+")
_POSSESSIVE = re.compile(r"['’]s$")
_JOINTS = frozenset((" ", "-", "‐", "‑", "–", "\u00a0", "'", "’"))
_ABBREVIATED = frozenset(("st", "ste", "mt", "ft", "saint", "sainte", "mount", "fort"))
_ARTICLES = frozenset("al el ad ar as ash at az an ed er es esh et ez en ul il".split())
_SMALL = _ARTICLES | frozenset(
    "of de la le les los las du des del der den di da do dos das the and on upon sur e y i bin ibn aux en".split()
)
# Common nouns that end a site's name and that news copy writes small: "Kirkuk air base", "the Kajaki dam".
_SITE_NOUNS = frozenset(
    "airport airbase base airfield camp dam crossing island islands strait sea gulf valley forest desert mountains hills river field"
    " oilfield port peninsula air international military border gas oil landing zone refugee army naval complex triangle region".split()
)

_IN = frozenset(
    "in inside within near outside around at from to across into toward towards throughout through between leaving reach reached".split()
)
_OF = frozenset("of for over on by with and".split())
_TYPE_NOUNS = frozenset(
    "city town village capital port township district province state county region governorate suburb hamlet settlement camp island"
    " municipality commune stronghold enclave neighborhood neighbourhood oblast locality area parish".split()
)
_TITLES = frozenset(
    "mr mrs ms miss dr gen col lt capt maj sgt cpl pvt rev sen rep gov president minister general colonel captain major sergeant sheriff"
    " deputy judge officer mayor senator governor professor coach king queen prince princess pope sheikh"
    " ayatollah mullah imam detective chief"
    " spokesman spokeswoman spokesperson commissioner justice attorney councilman councilwoman superintendent"
    " principal director lord lady sir"
    " saint ambassador secretary commander brigadier lieutenant chairman pastor father brother sister".split()
)
_ORG_NOUNS = frozenset(
    "police county sheriff sheriffs high school schools middle elementary university college hospital mayor"
    " city council department court courts"
    " township fire district board chamber public community municipal regional international state national"
    " medical center centre church airport"
    " press times post herald tribune gazette news daily journal star university's courthouse jail prison library park commission committee"
    " association authority office bureau town village parish superior circuit general economic development health agency security province"
    " governorate operations command army ministry republican democratic independent area unified".split()
)
_STREETS = frozenset(
    "street st road rd avenue ave drive dr lane ln boulevard blvd court ct highway hwy parkway place way terrace circle square pike trail"
    " bridge creek river lake mountain mall hotel inn".split()
)
_AREA_NOUNS = frozenset(
    "area residents resident native man woman men women mayor police city town village suburb neighborhood neighbourhood region province"
    " governorate district state countryside border coast outskirts authorities officials".split()
)
_SAYING = frozenset("said says told added noted explained recalled agreed asked testified wrote argued joked thinks wants".split())
_DIRECTION_WORDS = frozenset(
    "north south east west northern southern eastern western central northeast northwest southeast southwest upper lower"
    " new old greater northeastern northwestern southeastern southwestern downtown mid".split()
)


class _Words:
    """The words of a text with offsets and folded forms, and spaCy's opinion of each."""

    __slots__ = ("cap", "ends", "folded", "joined", "label", "label_exact", "starts", "tags", "text", "texts")

    def __init__(self, doc: Doc) -> None:
        text = text_of(doc)
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.texts: list[str] = []
        self.folded: list[str] = []
        self.cap: list[bool] = []
        self.joined: list[bool] = []  # whether the next word can be part of the same name
        for match in _WORD.finditer(text):
            word = match.group()
            end = match.end()
            if _POSSESSIVE.search(word):
                word, end = word[:-2], end - 2
            self.starts.append(match.start())
            self.ends.append(end)
            self.texts.append(word)
            self.folded.append(_fold_word(word))
            self.cap.append(word[0].isupper())
        for i in range(len(self.starts) - 1):
            gap = text[self.ends[i] : self.starts[i + 1]]
            self.joined.append(gap in _JOINTS or (gap == ". " and self.folded[i] in _ABBREVIATED))
        if self.starts:
            self.joined.append(False)


@lru_cache(maxsize=65536)
def _fold_word(word: str) -> str:
    return fold(word)


@dataclass(slots=True)
class _Span:
    """A stretch of words that may name a place, while it is being decided."""

    first: int  # word numbers, inclusive
    last: int
    start: int
    end: int
    key: str
    kinds: frozenset[str]  # what "province", "village of" beside it demand; empty when nothing does
    found: tuple[tuple[Place, int], ...]
    signals: list[str]
    logit: float = 0.0
    place: Place | None = None
    parent: _Span | None = None  # ", Louisiana"
    inside: _Span | None = None  # "in Borno state", "of Konar", "Pattani's": named as what holds it, whether the gazetteer agrees or not
    country: str | None = None  # "the Libyan city of"
    is_parent: bool = False
    prominence: float = 0.0
    support: float = 0.0


@lru_cache(maxsize=1)
def _adjectives() -> dict[str, tuple[str, str]]:
    """Folded adjective or demonym -> (alpha-2 code, the country's capital)."""
    found: dict[str, tuple[str, str]] = {}
    for row in read_table("countries.csv"):
        for column in ("adjectives", "demonyms"):
            for word in row[column].split(";"):
                if word.strip():
                    found.setdefault(fold(word), (row["alpha2"], row["capital"]))
    return found


def nations(doc: Doc) -> list[tuple[int, int, str]]:
    """Every country's adjective or demonym in a text, as half-open token indices and alpha-2 code; read once a document."""
    kept: list[tuple[int, int, str]] | None = doc.user_data.get("dateline_nations")
    if kept is None:
        kept = doc.user_data["dateline_nations"] = _read_nations(doc)
    return kept


def _read_nations(doc: Doc) -> list[tuple[int, int, str]]:
    known = _adjectives()
    found = []
    i, count = 0, len(doc)
    while i < count:
        step = 1
        if (text := doc[i].text)[0].isupper():
            pair = (
                known.get(f"{_fold_word(text)} {_fold_word(doc[i + 1].text)}") if i + 1 < count and doc[i + 1].text[0].isupper() else None
            )
            if match := pair or known.get(_fold_word(text)):
                step = 2 if pair else 1
                found.append((i, i + step, match[0]))
        i += step
    return found


@lru_cache(maxsize=1)
def _capitals_as_written() -> dict[str, str]:
    """Alpha-2 code -> the capital's name."""
    return {row["alpha2"]: row["capital"] for row in read_table("countries.csv") if row["capital"]}


@lru_cache(maxsize=1)
def _capital_names() -> dict[str, str]:
    """Alpha-2 code -> folded name of the capital."""
    return {code: fold(name) for code, name in _capitals_as_written().items()}


# Weights of the signals, in log-odds; fitted by logistic regression on one half of LGL and on our own
# training articles, then rounded. tests/pipeline/coding/test_places.py holds what they must keep right.
WEIGHTS: dict[str, float] = {
    "bias": -0.3, "caps": 1.0, "comma list": 0.2, "elsewhere": 1.6, "ent=FAC": 0.0, "ent=GPE": 1.2, "ent=LOC": 1.2,
    "ent=NORP": 0.8, "ent=ORG": 0.6, "ent=PERSON": 0.5, "ent=none": 0.0, "ent=other": 0.2, "ent~FAC": -0.7, "ent~GPE": -0.5,
    "ent~LOC": -1.3, "ent~NORP": -0.6, "ent~ORG": -0.4, "ent~PERSON": -1.0, "ent~other": -0.2, "is:parent": 0.6,
    "kind:admin1": -0.3, "kind:admin2": 0.7, "kind:asked": 0.3, "kind:country": 0.5, "kind:site": 1.5, "long": 0.3,
    "lower elsewhere": -1.7, "next:area": 1.6, "next:based": 1.0, "next:cap": -0.9, "next:org": -0.3, "next:parent": 0.4,
    "next:Type": 0.4, "next:said": -0.8, "next:street": -1.8, "next:type": -0.4, "not name": -0.4, "other name": -0.2, "prev:cap": -0.9,
    "prev:direction": 0.5, "prev:in": 1.6, "prev:of": 0.5, "prev:title": -1.5, "prev:type of": 1.8, "sentence start": 0.3,
    "size:0": -0.8, "size:3": -0.6, "size:4": 0.0, "size:5": 0.3, "size:6": 0.9, "size:none": -0.1, "support:0": -0.6,
    "support:1": -0.4, "support:2": -0.8, "support:3": 0.3, "support:4": 1.2, "support:5": 1.0, "support:none": -1.1,
    "surname": -2.8,
}  # fmt: skip
_KEEP = -5.0  # below this a span is not even considered with the others
_ACCEPT = 0.0


def find_spans(words: _Words, looks: _Looks, gazetteer: Gazetteer, *, skip: Sequence[tuple[int, int]] = ()) -> list[_Span]:
    """Every word sequence that may name a place, in text order, without overlap, with its log-odds."""
    spans: list[_Span] = []
    i, count = 0, len(words.starts)
    previous: _Span | None = None
    while i < count:
        if not (words.cap[i] or (words.folded[i] in _ARTICLES and i + 1 < count and words.joined[i] and words.cap[i + 1])) or _in_any(
            words.starts[i], skip
        ):
            i += 1
            continue
        span = _span_at(i, words, looks, gazetteer, previous)
        if span is None:
            i += 1
            continue
        spans.append(span)
        previous = span
        i = span.last + 1
    return spans


def _in_any(position: int, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in stretches)


class _Looks:
    """What spaCy and the text as a whole say of a character position: entity, tag, surname, lower-case use."""

    __slots__ = ("entity_at", "lower", "sentence_starts", "surnames", "tag_at", "token_at")

    def __init__(self, doc: Doc, words: _Words) -> None:
        self.entity_at: dict[int, tuple[int, int, str]] = {}
        for entity in doc.ents:
            found = (entity.start_char, entity.end_char, entity.label_)
            for token in entity:
                self.entity_at[token.idx] = found
        self.tag_at: dict[int, str] = {}
        self.token_at: dict[int, int] = {}
        for token in doc:
            self.tag_at[token.idx] = token.tag_
            self.token_at[token.idx] = token.i
        self.sentence_starts = {s.start_char for s in doc.sents} if doc.has_annotation("SENT_START") else {0}
        self.lower = {words.folded[i] for i in range(len(words.starts)) if not words.cap[i]}
        self.surnames: set[str] = set()
        for entity in doc.ents:
            if entity.label_ == "PERSON" and len(entity) > 1:
                last = entity[-1] if entity[-1].text not in ("'s", "’s") else entity[-2]
                self.surnames.add(_fold_word(last.text))

    def entity(self, start: int) -> tuple[int, int, str] | None:
        return self.entity_at.get(start)


def _span_at(i: int, words: _Words, looks: _Looks, gazetteer: Gazetteer, previous: _Span | None) -> _Span | None:
    """The longest plausible name that begins at word i, or None."""
    if words.folded[i] == "the":
        return None  # "The United States" is found from its next word
    longest = min(6, gazetteer.longest(words.folded[i]))
    reach = i
    while reach + 1 < len(words.starts) and reach - i + 1 < longest and words.joined[reach]:
        nxt = reach + 1
        if not (words.cap[nxt] or words.folded[nxt] in _SMALL or words.folded[nxt] in _SITE_NOUNS):
            break
        reach = nxt
    whole = _whole_name(i, words, looks)
    for last in range(min(reach, i + longest - 1), i - 1, -1):
        if not words.cap[last] and (words.folded[last] not in _SITE_NOUNS or last == i):
            continue
        key = " ".join(words.folded[i : last + 1])
        if len(key) < 2 or key in _NO_PLACE:
            continue
        found = gazetteer.matches(key)
        if not found:
            continue
        if last < whole and not _stands_alone(last, whole, words, looks, gazetteer, found):
            break  # "Balad" of "Balad Ruz": another place's name, or a person's
        span = _weigh(i, last, key, found, words, looks, previous)
        if span is not None and span.logit > _KEEP:
            return span
    return _unknown(i, whole, words, looks, previous)


def _whole_name(i: int, words: _Words, looks: _Looks) -> int:
    """The last word of the run of capitalised words (and articles between them) that begins at word i."""
    last = i
    while last + 1 < len(words.starts) and words.joined[last] and last - i < 5:
        nxt = last + 1
        if words.cap[nxt] and not words.texts[nxt].isdigit():
            last = nxt
        elif (
            words.folded[nxt] in _JOINING
            and nxt + 1 < len(words.starts)
            and words.joined[nxt]
            and words.cap[nxt + 1]
            and (words.folded[nxt] in _ARTICLES or words.folded[nxt] not in ("of", "the", "and", "on", "upon"))
        ):
            last = nxt + 1
        else:
            break
    return last


_JOINING = _SMALL | {"sa", "e", "bin", "ibn"}


_GOES_ON = frozenset(("GPE", "LOC", "PERSON", "FAC"))


def _stands_alone(last: int, whole: int, words: _Words, looks: _Looks, gazetteer: Gazetteer, found: Sequence[tuple[Place, int]]) -> bool:
    """Whether a name may end at word `last` though capitalised words follow: before an organisation's, a street's
    or another place's name, or where the entity recogniser ends a place."""
    following = words.folded[last + 1]
    gap = words.text[words.ends[last] : words.starts[last + 1]]
    if gap in (" ", "\u00a0"):
        if following in _ARTICLES or following in ("sa", "de", "e"):
            return False
        entity = looks.entity(words.starts[last])
        labels = _GOES_ON if any(quality == OWN_NAME for _, quality in found) else _GOES_ON | {"ORG"}
        goes_on = entity is not None and entity[2] in labels and entity[1] >= words.ends[last + 1]
        return not goes_on or following in _ORG_NOUNS or following in _STREETS
    if gap in ("-", "‐", "‑", "–"):
        return words.cap[last + 1] and bool(gazetteer.matches(words.folded[last + 1]))
    return True


def _unknown(i: int, last: int, words: _Words, looks: _Looks, previous: _Span | None) -> _Span | None:
    """A name the gazetteer does not have, where the sentence or the entity recogniser says that it is a place."""
    entity = looks.entity(words.starts[i])
    if entity and entity[0] == words.starts[i] and entity[2] in ("GPE", "LOC"):
        while last > i and words.ends[last] > entity[1]:
            last -= 1
    elif entity and entity[2] in _NEVER_PLACES:
        return None
    while last > i and words.folded[last] in _STREETS | _ORG_NOUNS | _TYPE_NOUNS:
        last -= 1
    if (len(words.texts[i]) < 3 and last == i) or not words.cap[last] or words.texts[i].isupper():
        return None
    key = " ".join(words.folded[i : last + 1])
    if key in _NO_PLACE or (last == i and key in looks.lower):
        return None
    span = _weigh(i, last, key, (), words, looks, previous)
    return span if span is not None and span.logit > _KEEP and _UNKNOWN_NEEDS & set(span.signals) else None


# An unknown name counts only with one of these beside it.
_UNKNOWN_NEEDS = {"ent=GPE", "ent=LOC", "prev:in", "prev:type of", "next:type", "next:parent"}
_NEVER_PLACES = frozenset(("DATE", "TIME", "MONEY", "PERCENT", "QUANTITY", "CARDINAL", "ORDINAL", "LANGUAGE"))
_NO_PLACE = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday thursday friday"
    " saturday sunday jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun christmas"
    " easter ramadan eid islam english"
    " arabic french russian spanish muslim christian god the a an he she it they we i you his her their our"
    " this that these those there if in"
    " on at of and but for from with by as to is was are were when while after before who what which not no yes all some many most one two"
    " three four five six seven eight nine ten new old first second third last next police army officials authorities"
    " facebook twitter x".split()
)


@lru_cache(maxsize=1)
def _dotted() -> frozenset[str]:
    """Folded names that are places only with their full stop: "Miss.", "Ind.", "La."."""
    names = (row["name"] for row in read_table("place_names.csv"))
    return frozenset(fold(name) for name in names if name.endswith(".") and name.count(".") == 1)


def _weigh(
    i: int, last: int, key: str, found: tuple[tuple[Place, int], ...], words: _Words, looks: _Looks, previous: _Span | None
) -> _Span | None:
    text = words.text
    start, end = words.starts[i], words.ends[last]
    shown = text[start:end]
    after = text[end : end + 2]
    if key in _dotted():
        if after[:1] == ".":
            end += 1
            after = text[end : end + 2]
        elif all(quality != OWN_NAME for _, quality in found):
            return None
    if len(shown) == 2 and found and not (shown.isupper() and any(p.kind in ("country", "admin1") for p, _ in found)):
        return None  # "Us", "It": two letters are a place only as an abbreviation in capitals
    signals = ["bias"]
    typed = _is_typed(last, words)
    # --- the entity recogniser
    entity = looks.entity(start)
    if entity is None:
        signals.append("ent=none")
    else:
        label = entity[2] if entity[2] in ("GPE", "LOC", "FAC", "ORG", "PERSON", "NORP") else "other"
        rest = text[end : entity[1]].strip(" .'’s")
        covers = text[entity[0] : start].lower().strip() in ("", "the") and (
            rest == "" or (typed and rest.lower() == words.folded[last + 1])
        )
        signals.append(f"ent{'=' if covers else '~'}{label}")
    # --- the words before
    before = words.folded[i - 1] if i else ""
    touching = i > 0 and text[words.ends[i - 1] : start] in (" ", "\n", "-", ". ", "\u00a0")
    begins = start in looks.sentence_starts or i == 0 or text[max(0, start - 2) : start].strip() in (".", "\n", "“", '"')
    kinds: frozenset[str] = frozenset()
    if touching:
        if before in _TITLES and words.cap[i - 1]:
            signals.append("prev:title")
        elif before in ("of",) and i > 1 and words.folded[i - 2] in _TYPE_NOUNS:
            signals.append("prev:type of")
            kinds = _kinds_of_noun(words.folded[i - 2])
        elif before in ("capital", "city", "town", "village") and words.text[words.ends[i - 1] : start] == " " and not words.cap[i - 1]:
            signals.append("prev:type of")
        elif before in _IN:
            signals.append("prev:in")
        elif before in _OF:
            signals.append("prev:of")
        elif before in _DIRECTION_WORDS:
            signals.append("prev:direction")
        elif words.cap[i - 1] and text[words.ends[i - 1] : start] == " " and not (previous and previous.last == i - 1):
            signals.append("prev:cap")
    if begins:
        signals.append("sentence start")
    # --- the words after
    if last + 1 < len(words.starts):
        gap = text[end : words.starts[last + 1]]
        following = words.folded[last + 1]
        if typed and words.cap[last + 1]:
            signals.append("next:Type")
        elif gap in (" ", "\u00a0"):
            if following in _STREETS and words.cap[last + 1] and following not in ("mountain", "river"):
                signals.append("next:street")
            elif words.cap[last + 1]:
                signals.append("next:org" if following in _ORG_NOUNS else "next:cap")
            elif following in _AREA_NOUNS:
                signals.append("next:area")
            elif following in _SAYING:
                signals.append("next:said")
            if following in _DIVISION_NOUNS:
                signals.append("next:type")
        elif gap in ("-", "–") and following in _BASED:
            signals.append("next:based")
        if gap in (" ", "\u00a0") and following in _DIVISION_NOUNS:
            kinds = kinds or _kinds_of_noun(following)
    # --- what the name is
    if last > i and not kinds and words.folded[last] in DIVISION_WORDS:
        asked = split_division(key)[1]
        if any(place.kind in asked for place, _ in found):
            kinds = asked
            found = tuple((place, OWN_NAME if place.kind in asked else quality) for place, quality in found)
            signals.append("next:Type")
    if kinds and any(place.kind in kinds for place, _ in found):
        signals.append("kind:asked")
    if found:
        best, quality = max(found, key=lambda match: prominence(match[0]) - 0.7 * match[1])
        size = prominence(best) - 0.7 * quality
        own = any(q == OWN_NAME for _, q in found)
        if best.kind in ("country", "admin1", "admin2"):
            signals.append(f"kind:{best.kind}")
        elif best.kind != "city":
            signals.append("kind:site")
        if not own:
            signals.append("other name")
        signals.append(f"size:{6 if size >= 5.7 else 5 if size >= 4.9 else 4 if size >= 4.2 else 3 if size >= 3.4 else 0}")
    else:
        size = 0.0
        signals.append("size:none")
    if last > i:
        signals.append("long")
    if shown.isupper() and len(shown) > 3:
        signals.append("caps")
    if last == i:
        tag = looks.tag_at.get(start)
        if tag and not tag.startswith("NNP"):
            signals.append("not name")
        if key in looks.lower:
            signals.append("lower elsewhere")
        if key in looks.surnames:
            signals.append("surname")
    span = _Span(i, last, start, end, key, kinds, found, signals, prominence=size)
    # --- "Alexandria, Louisiana": the one before is held by this one
    if previous and previous.last == i - 1 and re.fullmatch(r",\s|\s\(|,\s(?:in\s)?", text[previous.end : start]):
        if found and previous.found and _holds(found, previous):
            previous.parent = span
            span.is_parent = True
            if "next:parent" not in previous.signals:
                previous.signals.append("next:parent")
                previous.logit = _logit(previous)
            signals.append("is:parent")
        else:
            signals.append("comma list")
    elif previous and start - previous.end < 70 and not span.inside:
        _hold(previous, span, text[previous.end : start])
    span.country = _nation_before(i, words)
    span.logit = _logit(span)
    return span


def _is_typed(last: int, words: _Words) -> bool:
    """Whether a division's kind follows as part of the name: "Kandahar Province", but not "Erie County Sheriff"."""
    if last + 1 >= len(words.starts) or words.folded[last + 1] not in _DIVISION_NOUNS or words.text[words.ends[last]] not in " \u00a0":
        return False
    return not (
        words.cap[last + 1]
        and last + 2 < len(words.starts)
        and words.cap[last + 2]
        and words.text[words.ends[last + 1] : words.starts[last + 2]] == " "
    )


_TYPES = (
    r"(?:city|town|village|hamlet|district|sub-?district|area|region|province|governorate|state|county|municipality|locality|commune|suburb"
    r"|neighbou?rhood|camp|island|port|department|local government(?: area)?|LGA)"
)
_HELD_BY = re.compile(
    rf"(?:\s{_TYPES}s?)?(?:,?\s(?:in|of)\s|,\s(?:the\s)?(?:[\w-]+\s){{0,2}}?(?:capital|headquarters|seat)(?:\s(?:city|town))?\s(?:of|in)\s)"
    rf"(?:the\s)?(?:\[?[\w-]+ern\]?\s)?(?:{_TYPES}\sof\s)?",
    re.I,
)
_HOLDS = re.compile(rf"['’]s\s(?:[\w-]+\s){{0,3}}?(?:{_TYPES}\sof\s)?|\s(?:border\s)?{_TYPES}\sof\s")


def _hold(previous: _Span, span: _Span, between: str) -> None:
    """ "The village of X in Y district", "X, the capital of Konar", "Pattani's Kok Pho": which of two names holds the other."""
    if _HELD_BY.fullmatch(between):
        child, holder = previous, span
    elif _HOLDS.fullmatch(between):
        child, holder = span, previous
    else:
        return
    child.inside = holder
    if child.found and holder.found and child.parent is None and _holds(holder.found, child):
        child.parent = holder
        holder.is_parent = True
        for one, signal in ((child, "next:parent"), (holder, "is:parent")):
            if signal not in one.signals:
                one.signals.append(signal)
                one.logit = _logit(one)


def _nation_before(i: int, words: _Words) -> str | None:
    """The country of "the Libyan city of X", "a northern Iraqi town of X", for the name that begins at word i."""
    kind = i - 1
    if kind > 0 and words.folded[kind] in ("of", "called", "named"):
        kind -= 1
    if kind < 1 or words.folded[kind] not in _TYPE_NOUNS:
        return None
    for at in range(kind - 1, max(-1, kind - 5), -1):
        if words.cap[at]:
            found = _nation_at(at - 1, words) if at and words.joined[at - 1] and words.cap[at - 1] else None
            if (found and found[1] == at) or (found := _nation_at(at, words)):
                return found[0]
        if words.text[words.ends[at] : words.starts[at + 1]] not in (" ", "-", ", "):
            return None
    return None


_BASED = frozenset("based backed aligned allied led born funded supported sponsored trained controlled held installed armed".split())
_DIVISION_NOUNS = frozenset(
    "province governorate state region oblast district county parish prefecture department raion division township tehsil territory"
    " municipality emirate canton woreda village town city agency lga zone locality subdistrict subcounty barangay".split()
)


def _kinds_of_noun(noun: str) -> frozenset[str]:
    if noun in ("city", "town", "village", "port", "township", "suburb", "hamlet", "settlement", "capital", "commune", "locality"):
        return frozenset(("city", "site"))
    if noun in ("camp", "island"):
        return frozenset(("site", "city", "region"))
    if noun in (
        "county",
        "parish",
        "district",
        "raion",
        "tehsil",
        "woreda",
        "municipality",
        "territory",
        "agency",
        "lga",
        "zone",
        "locality",
        "subdistrict",
        "subcounty",
    ):
        return frozenset(("admin2", "admin1"))
    if noun in ("region", "area", "enclave", "stronghold", "neighborhood", "neighbourhood"):
        return frozenset(("admin1", "region", "admin2")) if noun == "region" else frozenset()
    return frozenset(("admin1", "admin2"))


def _logit(span: _Span) -> float:
    return sum(WEIGHTS.get(signal, 0.0) for signal in span.signals)


def _holds(parents: Iterable[tuple[Place, int]], child: _Span) -> bool:
    inside = {(place.country, place.admin1) for place, _ in child.found}
    countries = {country for country, _ in inside}
    for place, _ in parents:
        if place.kind == "country" and place.country in countries:
            return True
        if place.kind == "admin1" and (place.country, place.name) in inside:
            return True
        if place.kind in ("admin2", "city") and any(
            c.admin2 == place.name or (c.admin1 == place.admin1 and c.kind == "city" and place.kind == "admin2")
            for c, _ in child.found
            if c.country == place.country
        ):
            return True
    return False


# --- deciding together ----------------------------------------------------------------------------------

# How much each consideration counts against the logarithm of people; tuned on one half of LGL.
POPULATION, TOGETHER, PARENT, ASKED, OTHER, LIKE = 0.5, 1.6, 6.0, 3.0, 1.0, 1.2
CAPITAL = 0.8
# For the part of the world that a publisher tells of (allAfrica: Africa).
REGION = 1.5
# For a country that conflict news tells of most, where a bare name is shared: "Hangu".
TOLD_OF = 0.8
# What must speak for a place elsewhere in such news.
ABROAD = 0.25
# A town of this many people is meant in any news: Istanbul in African news.
WELL_KNOWN = 1_000_000
NEAR_KM = 60.0
# A small place that nothing else in a text of several names speaks for is another place of that name, which
# the gazetteer does not have.
NIL_SUPPORT, NIL_PROMINENCE = 0.03, 4.8
# A name's weight in the decision on the others: the log-odds that it is a place at all, less this.
DOUBT = 0.0
_ROUNDS = 4
_FIRST_KIND = frozenset(("admin1", "city"))
_DIVISIONS = frozenset(("admin1", "admin2"))
_MOST = 30  # candidates of one name, and names of one text, that are weighed against each other
_MOST_NAMES = 60


@dataclass(slots=True)
class _Group:
    """All spans of a text that must mean the same place, and what they can mean."""

    spans: list[_Span]
    options: list[tuple[Place, int]]
    weight: float


def locate(
    spans: Sequence[_Span],
    gazetteer: Gazetteer,
    *,
    votes: dict[str, int] | None = None,
    outlet: Sequence[Place] = (),
    region: frozenset[str] = frozenset(),
    told_of: frozenset[str] = frozenset(),
) -> None:
    """Give every span its place (or None), all names of the text decided together; sets `place` and `support`.

    `votes` counts country adjectives by alpha-2 code, `outlet` holds what the publisher's own name can mean,
    `region` the countries that the publisher tells of, `told_of` those that conflict news tells of most.
    """
    votes = votes or {}
    groups = _group(spans, gazetteer, votes)
    live = [g for g in groups if g.options][:_MOST_NAMES]
    fixed: list[tuple[list[Place], float]] = [
        ([place], 0.5 * math.log1p(count)) for code, count in sorted(votes.items()) if (place := gazetteer.country(code))
    ]
    if outlet:
        fixed.append((list(outlet), 0.7))
    _decide(live, fixed, gazetteer, region, told_of)
    for group in groups:
        for span in group.spans:
            if not group.options:
                span.place = None


def _group(spans: Sequence[_Span], gazetteer: Gazetteer, votes: dict[str, int]) -> list[_Group]:
    by_name: dict[tuple[str, str], list[_Span]] = defaultdict(list)
    parents: dict[str, str] = {}
    for span in spans:
        if span.parent and span.key not in parents:
            parents[span.key] = span.parent.key
    for span in spans:
        parent = span.parent.key if span.parent else parents.get(span.key, "")
        asked = "division" if span.kinds and not span.kinds & {"city"} else ""
        by_name[(span.key, parent or asked)].append(span)
    anchored = {
        place.country
        for span in spans
        for place, quality in span.found[:1]
        if span.logit > 1 and place.kind in ("country", "admin1") and quality == OWN_NAME
    } | set(votes)
    groups: list[_Group] = []
    for (key, _), members in by_name.items():
        first = members[0]
        options = list(first.found)
        if any(place.kind == "country" and quality == OWN_NAME for place, quality in options):
            options = [(place, quality) for place, quality in options if quality == OWN_NAME]
        kinds = next((m.kinds for m in members if m.kinds), frozenset())
        if not kinds and (state := next((p for p, _ in options if p.kind == "country"), None)):
            # "southeastern Niger" is no state of Nigeria; "Georgia" may be one of the United States.
            options = [(p, q) for p, q in options if p.kind != "admin1" or p.population > state.population]
        nation = next((m.country for m in members if m.country), None)
        holders = [p for m in members if m.inside for p, _ in m.inside.found if p.kind in ("country", "admin1", "admin2")]
        if nation and not any(place.country == nation for place, _ in options):
            options += [(place, LIKE_NAME) for place in gazetteer.alike(key) if place.country == nation][:5]
        elif holders and not any(_within(place, h) for place, _ in options for h in holders):
            options += [(place, LIKE_NAME) for place in gazetteer.alike(key) if any(_within(place, h) for h in holders)][:5]
        if not any(place.country in anchored for place, _ in options):
            like = [(place, LIKE_NAME) for place in gazetteer.alike(key) if place.country in anchored]
            options += like[:5]
        if not options and not anchored and any({"prev:in", "prev:type of"} & set(m.signals) for m in members):
            options = _of_one_country(gazetteer.alike(key))
        if kinds & _DIVISIONS and not any(place.kind in kinds for place, _ in options):
            like = [(p, LIKE_NAME) for p in gazetteer.alike(key) if p.kind in kinds and not any(p is o for o, _ in options)]
            options += [m for m in like if m[0].country in anchored][:5] or like[:5]
        if kinds and any(place.kind in kinds for place, _ in options):
            options = [(p, q) for p, q in options if p.kind in kinds] + [(p, q) for p, q in options if p.kind not in kinds][:5]
        if len(options) > _MOST:
            options.sort(key=lambda m: (m[0].country not in anchored, -prominence(m[0])))
            options = options[:_MOST]
        weight = max(0.05, min(1.0, 1 / (1 + math.exp(DOUBT - max(m.logit for m in members))))) * (1 + 0.3 * math.log(len(members)))
        groups.append(_Group(members, options, weight))
    return groups


def _of_one_country(places: Sequence[Place]) -> list[tuple[Place, int]]:
    """The places of a sound where nearly all who live in them live in one country, else none: then a spelling is safe without context."""
    people: dict[str, int] = defaultdict(int)
    for place in places:
        if place.kind == "city" and place.country:
            people[place.country] += place.population
    code, most = max(people.items(), key=lambda kv: (kv[1], kv[0]), default=("", 0))
    if most < 20_000 or most < 0.8 * sum(people.values()):
        return []
    return [(place, LIKE_NAME) for place in places if place.country == code]


def _seats(division: Place, gazetteer: Gazetteer) -> list[Place]:
    """The towns in a division that are spelled like it: Jawhar in Jowhar district."""
    return [
        p
        for p in gazetteer.alike(fold(division.name))
        if p.kind == "city"
        and (p.country, p.admin1) == (division.country, division.admin1)
        and distance_km(p.latitude, p.longitude, division.latitude, division.longitude) < 30
    ]


def _decide(
    groups: Sequence[_Group],
    fixed: Sequence[tuple[list[Place], float]],
    gazetteer: Gazetteer,
    region: frozenset[str] = frozenset(),
    told_of: frozenset[str] = frozenset(),
) -> None:
    if not groups:
        return
    capitals = _capital_names()
    places: list[Place] = []
    base: list[float] = []
    edges = [0]
    for group in groups:
        kinds = next((s.kinds for s in group.spans if s.kinds), frozenset())
        parents = [p for s in group.spans for held_by in (s.parent, s.inside) if held_by for p, _ in held_by.found]
        nation = next((s.country for s in group.spans if s.country), None)
        for place, quality in group.options:
            points = POPULATION * prominence(place) - (0.0, OTHER, LIKE)[quality]
            if place.kind == "city" and capitals.get(place.country or "") == fold(place.name):
                points += CAPITAL  # "Washington", "Mexico City": not the state of that name
            if kinds and place.kind in kinds:
                points += ASKED if place.kind in _FIRST_KIND or not any(p.kind in _FIRST_KIND for p, _ in group.options) else ASKED / 2
            if parents and any(_within(place, parent) for parent in parents):
                points += PARENT
            if nation == place.country:
                points += PARENT
            if place.country in region:
                points += REGION
            if place.country in told_of and place.kind != "country":
                points += TOLD_OF
            places.append(place)
            base.append(points)
        edges.append(len(places))
    weights = [g.weight for g in groups]
    for options, weight in fixed:
        places += options
        base += [0.0] * len(options)
        edges.append(len(places))
        weights.append(weight)
    affinity = _affinity(places)
    starts = np.array(edges[:-1])
    sizes = np.diff(np.array(edges))
    owner = np.repeat(np.arange(len(starts)), sizes)
    affinity[owner[:, None] == owner[None, :]] = 0.0
    prior = np.array(base)
    weight_of = np.array(weights)
    belief = _softmax(prior, starts, owner)
    support = np.zeros(len(places))
    known = float(weight_of.sum())
    for _ in range(_ROUNDS):
        held = np.maximum.reduceat(affinity * belief[None, :], starts, axis=1)
        support = held @ weight_of
        belief = _softmax(prior + TOGETHER * np.log(0.08 + support), starts, owner)
    for number, group in enumerate(groups):
        low, high = edges[number], edges[number + 1]
        chosen = low + int(np.argmax(belief[low:high]))
        meant = places[chosen]
        if meant.kind in ("admin1", "admin2") and not any(span.kinds for span in group.spans):
            # A division and its seat share a name, and the division gathers more support: the seat is meant.
            seats = [
                p
                for p, quality in group.options
                if p.kind == "city" and quality == OWN_NAME and (p.country, p.admin1) == (meant.country, meant.admin1)
            ] or [p for p in _seats(meant, gazetteer) if meant.kind == "admin2"]
            meant = max(seats, key=lambda p: p.population, default=meant)
        held_up = float(support[chosen])
        fits = held_up >= NIL_SUPPORT or prominence(meant) >= NIL_PROMINENCE or known <= 1.0
        if any(meant.kind in s.kinds & _DIVISIONS for s in group.spans):
            fits = True  # "Panjshir Province" says itself what it is
        holders = [p for s in group.spans if s.inside for p, _ in s.inside.found if p.kind in ("country", "admin1", "admin2")]
        if holders and meant.country not in {p.country for p in holders} and meant.kind in ("city", "admin1", "admin2"):
            fits = False  # "Rim district of Riyom" is not Rome
        nation = next((s.country for s in group.spans if s.country), None)
        if nation and meant.kind != "country" and meant.country != nation:
            fits = False  # "the Libyan city of Derna" is not the one in Romania
        if region and meant.country not in region and meant.kind != "country" and held_up < ABROAD and meant.population < WELL_KNOWN:
            fits = False  # "Tema" in African news is no town elsewhere unless the text speaks of that country
        for span in group.spans:
            span.place = meant if fits else None
            span.support = held_up


def _softmax(scores: Numbers, starts: Numbers, owner: Numbers) -> Numbers:
    raised = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
    shares: Numbers = raised / np.add.reduceat(raised, starts)[owner]
    return shares


def _affinity(places: Sequence[Place]) -> Numbers:
    """How far two places speak for each other, 0..1: by nearness, by sharing a province or country, by holding."""
    latitude = np.radians([p.latitude for p in places])
    longitude = np.radians([p.longitude for p in places])
    xyz = np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1)
    chord = np.clip(2.0 - 2.0 * (xyz @ xyz.T), 0.0, 4.0) * (6371.0**2)  # squared km
    near = 1.0 / (1.0 + chord / NEAR_KM**2)
    country = _codes([p.country for p in places])
    admin1 = _codes([f"{p.country}.{p.admin1}" if p.admin1 else None for p in places])
    is_country = np.array([p.kind == "country" for p in places])
    is_admin1 = np.array([p.kind == "admin1" for p in places])
    same_country = (country[:, None] == country[None, :]) & (country[:, None] >= 0)
    same_admin1 = (admin1[:, None] == admin1[None, :]) & (admin1[:, None] >= 0)
    either_country = is_country[:, None] | is_country[None, :]
    either_admin1 = is_admin1[:, None] | is_admin1[None, :]
    # A large division or a country has no nearness of its own: what counts is what it holds.
    near = np.where(either_country, 0.0, np.where(either_admin1, 0.3 * near, near))
    shared = np.where(same_country, np.where(either_country, 0.3, 0.08), 0.0)
    shared = np.where(same_admin1, np.where(either_admin1, 0.7, 0.35), shared)
    held: Numbers = np.maximum(near, shared)
    return held


def _codes(names: Sequence[str | None]) -> Numbers:
    known: dict[str, int] = {}
    return np.array([-1 if name is None else known.setdefault(name, len(known)) for name in names])


def _within(place: Place, parent: Place) -> bool:
    if parent.kind == "country":
        return place.country == parent.country and place.kind != "country"
    if parent.kind == "admin1":
        return place.country == parent.country and place.admin1 == parent.name and place.kind != "admin1"
    if parent.kind == "admin2":
        return place.country == parent.country and place.admin2 == parent.name and place.kind == "city"
    return place.country == parent.country and distance_km(place.latitude, place.longitude, parent.latitude, parent.longitude) < 60


# --- precision and role ---------------------------------------------------------------------------------

_FILL = r"(?:(?!(?:in|at|on|and|of|from|to|with|by|where|when|when|after|before)\b)[\w’'-]+\s+){0,4}?"
_OF_TYPE = r"(?:(?:city|town|village|port|district|camp|area|settlement)\s+of\s+)?"
_POINTS = r"(?:north|south|east|west)(?:[\s-]?(?:north|south|east|west)(?:[\s-]?(?:east|west))?)?(?:ern|ward|wards)?"
_DISTANCE = (
    r"(?P<number>\d[\d,.]*|[a-z]+(?:[\s-][a-z]+)?|a\s+dozen)\s*-?\s*"
    r"(?P<unit>km|kms|kilomet(?:er|re)s?|miles?|nautical\s+miles?|nm|met(?:er|re)s?)"
)
_BEFORE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern + r"\s+(?:the\s+)?" + _FILL + _OF_TYPE + "$", re.I))
    for name, pattern in (
        ("direction",
            rf"(?:\b(?:about|around|some|roughly|nearly|almost|approximately|just|over)\s+)?"
            rf"(?:{_DISTANCE}\s*(?:\([^)]*\)\s*)?(?:to\s+the\s+|due\s+)?)?(?P<bearing>{_POINTS})(?:\s+side)?\s+(?:of|from)"),
        ("direction", rf"{_DISTANCE}\s*(?:\([^)]*\)\s*)?(?:away\s+)?(?:from|outside(?:\s+of)?|off|inside|out\s+of)"),
        ("outskirts",
            r"(?:on|at|in|from|along|across|to|near)?\s*(?:the\s+)?(?:[\w-]+\s+)?(?:outskirts|edges?|fringes?|periphery"
            r"|approaches|entrances?)\s+(?:of|to)"),
        ("near",
            r"\b(?:near(?:\s+to)?|outside(?:\s+of)?|close\s+to|not\s+far\s+from|in\s+the\s+vicinity\s+of|around"
            r"|next\s+to|adjacent\s+to|opposite|towards?\s+the\s+edge\s+of|beyond|surrounding)"),
        ("road", r"\b(?:road|highway|route|track|motorway|path)\s+(?:leading\s+)?(?:to|from|towards?|into|out\s+of|linking)"),
        # Bare "off" only after what is at sea: troops seal off a town too.
        ("off",
            r"(?:\boff\s+(?:of\s+)?(?:the\s+)?(?:[\w-]+\s+)?(?:coasts?|shores?)\s+of"
            r"|\b(?:km|kms|kilomet(?:er|re)s?|miles?|waters|ships?|vessels?|tankers?|boats?|tugboats?|trawlers?|freighters?|hijacked|anchored)\s+off)"),
        ("countryside", r"\b(?:countryside|rural\s+parts?|hinterland|rural\s+areas?)\s+(?:of|in|around)"),
    )
)  # fmt: skip
_BEFORE_HINTS = (
    " of ", "from ", "near", "outside", "close to", "around", "next to", "adjacent", "opposite", "beyond", "surrounding", "off ", " to ",
    "inside", "linking", "toward", "into", "countryside", "rural",
)  # fmt: skip
_AFTER: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.I))
    for name, pattern in (
        ("outskirts", r"['’]s\s+(?:[\w-]+\s+)?(?:outskirts|edge)\b"),
        ("countryside", r"(?:['’]s|\s+(?:province|governorate))?(?:['’]s)?\s+(?:[\w-]+ern\s+)?countryside\b"),
        ("road", r"(?:\s*[-–—]\s*[A-Z][\w’'-]+)?\s+(?:road|highway|motorway|route|axis)\b"),
    )
)
_DIVISION_AFTER = re.compile(
    r"\s+(?:province|governorate|state|region|oblast|district|county|parish|prefecture|department|raion|division|township|tehsil|territory"
    r"|municipality|emirate|canton|woreda|local government area|sub-?district|city|town|village|area|refugee camp|camp|countryside)\b",
    re.I,
)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?(?:[\w-]+\s+){0,3}?(?:(?:cities|towns|villages)\s+of\s+)?$", re.I)
_BETWEEN_AND = re.compile(
    r"(?:\s+(?:city|town|village|province|state))?(?:,[^,.;]{1,30},)?"
    r"\s+and\s+(?:the\s+)?(?:[\w-]+\s+){0,3}?(?:(?:city|town|village)\s+of\s+)?",
    re.I,
)
_BEARINGS = {"north": 0.0, "east": 90.0, "south": 180.0, "west": 270.0}
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
    )
} | {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "a dozen": 12,
    "hundred": 100,
}


def find_places(
    doc: Doc,
    gazetteer: Gazetteer,
    *,
    source: str = "",
    skip: Sequence[tuple[int, int]] = (),
    embedded: bool = False,
    adjectives: bool = False,
    implied: bool = True,
) -> list[PlaceMention]:
    """Every place the document names, in text order, decided together.

    `source` is the outlet, whose own name hints at the region; `skip` holds stretches to leave out (credit
    lines). `embedded` adds places inside the names of organisations (role "organisation"), `adjectives`
    adds "Malian" and "Ohioans" as mentions of the country (role "demonym"); `implied` adds "the Iraqi capital".
    """
    words = _Words(doc)
    looks = _Looks(doc, words)
    spans = find_spans(words, looks, gazetteer, skip=skip)
    votes, said = _adjective_votes(words, spans)
    outlet = [place for name in _outlet_names(source, gazetteer) for place, _ in gazetteer.matches(name)][:10]
    considered = [span for span in spans if span.logit > _KEEP]
    for code in (*_homes_named(words), *(w.countries[0] for w in country_words(words.text) if len(w.countries) == 1)):
        votes[code] = votes.get(code, 0) + 1
    locate(considered, gazetteer, votes=votes, outlet=outlet, region=region_of(source), told_of=often_told_of() if implied else frozenset())
    accepted = _accept(considered)
    mentions = _mentions(doc, looks, accepted, gazetteer, embedded=embedded)
    if adjectives:
        mentions += _adjective_mentions(doc, said, accepted, gazetteer)
    if implied:
        mentions += _capitals(doc, looks, mentions, gazetteer)
        mentions += _again(doc, looks, mentions)
    return sorted(mentions, key=lambda m: (m.start, m.end))


def places_of_text(text: str, nlp: Language, gazetteer: Gazetteer) -> list[PlaceMention]:
    """Every place name in a text, also those inside other names and country adjectives; what `dateline places` writes."""
    return find_places(nlp(text), gazetteer, embedded=True, adjectives=True, implied=False)


def _outlet_names(source: str, gazetteer: Gazetteer) -> list[str]:
    words = [_fold_word(m.group()) for m in _WORD.finditer(source)]
    return [" ".join(words[:n]) for n in (3, 2, 1) if len(words) >= n and gazetteer.matches(" ".join(words[:n]))][:1]


def _accept(spans: Sequence[_Span]) -> list[_Span]:
    """The spans that do name a place, now that the whole text has been weighed."""
    strong = {span.key for span in spans if span.logit > 1.0}
    for span in spans:
        if span.key in strong and "surname" not in span.signals:
            span.signals.append("elsewhere")
        span.signals.append(_support_signal(span))
        span.logit = _logit(span)
    return [span for span in spans if span.logit > _ACCEPT]


def _support_signal(span: _Span) -> str:
    """How well the rest of the text speaks for the place chosen."""
    if span.place is None:
        return "support:none"
    return f"support:{sum(span.support > step for step in (0.05, 0.15, 0.4, 1.0, 2.0))}"


def _adjective_votes(words: _Words, spans: Sequence[_Span]) -> tuple[dict[str, int], list[tuple[int, int, str]]]:
    """How often each country's adjective or demonym stands in the text, and where."""
    taken = {span.start for span in spans}
    votes: dict[str, int] = defaultdict(int)
    said = []
    last = -1
    for i, start in enumerate(words.starts):
        if i > last and words.cap[i] and start not in taken and (found := _nation_at(i, words)):
            code, last = found
            votes[code] += 1
            said.append((start, words.ends[last], code))
    return dict(votes), said


@lru_cache(maxsize=1)
def _homes() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First folded word of a listed group's name -> its folded words and the one country it is at home in."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for row in read_table("actors.csv"):
        if not row["country"] or row["also_in"].count(";") > 2 or row["kind"] in ("coalition", "external", "un-mission"):
            continue
        for name in (row["name"], *row["aliases"].split(";")):
            words = tuple(fold(name).split())
            if words and (len(words) > 1 or len(words[0]) > 5):
                found[words[0]].append((words, row["country"]))
    return dict(found)


def _homes_named(words: _Words) -> list[str]:
    """The home countries of the listed groups that a text names, one a mention."""
    known = _homes()
    codes = []
    for i, key in enumerate(words.folded):
        if words.cap[i]:
            held = [code for name, code in known.get(key, ()) if tuple(words.folded[i : i + len(name)]) == name]
            codes += held[:1]
    return codes


def _nation_at(i: int, words: _Words) -> tuple[str, int] | None:
    """The country whose adjective or demonym begins at word i, and its last word: "Somali", "South Sudanese"."""
    known = _adjectives()
    pair = i + 1 < len(words.starts) and words.cap[i + 1] and words.joined[i]
    if pair and (found := known.get(f"{words.folded[i]} {words.folded[i + 1]}")):
        return found[0], i + 1
    found = known.get(words.folded[i])
    return (found[0], i) if found else None


def _adjective_mentions(
    doc: Doc, said: Sequence[tuple[int, int, str]], accepted: Sequence[_Span], gazetteer: Gazetteer
) -> list[PlaceMention]:
    taken = [(span.start, span.end) for span in accepted]
    mentions = []
    for start, end, code in said:
        place = gazetteer.country(code)
        if place is not None and not _in_any(start, taken):
            mentions.append(
                PlaceMention(start, end, text_of(doc)[start:end], place, 6, start, end, "", "demonym", place.latitude, place.longitude)
            )
    return mentions


_CAPITAL = re.compile(
    r"\b(?:the\s+)?(?:([A-Z][\w-]+)(?:['’]s)?\s+)?capital\b(?!\s+(?:punishment|of|murder|city\s+of|gains|letters?))(?:\s+city)?"
    r"(?!,?\s+(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z])"
)


def _capitals(doc: Doc, looks: _Looks, mentions: Sequence[PlaceMention], gazetteer: Gazetteer) -> list[PlaceMention]:
    """ "The Iraqi capital", "the capital" of the one country a text speaks of, where the city is not named beside it."""
    spoken = {m.place.country for m in mentions if m.place and m.place.country} | {code for _, _, code in nations(doc)}
    found = []
    for match in _CAPITAL.finditer(text_of(doc)):
        code = _country_of_word(match.group(1), gazetteer) if match.group(1) else None
        if code is None and (match.group(1) or len(spoken) != 1 or not match.group().startswith("the ")):
            continue
        code = code or next(iter(spoken))
        capital = _capitals_as_written().get(code, "")
        if not capital or any(
            match.start() - 25 < m.start < match.end() + 4 and m.place and fold(m.place.name) == fold(capital) for m in mentions
        ):
            continue
        place = gazetteer.resolve(capital, countries=(code,), kinds=("city",))
        if place is not None and place.country == code:
            around = _AROUND.search(text_of(doc)[max(0, match.start() - 30) : match.start()])
            start = match.start() - len(around.group()) if around else match.start()
            found.append(
                PlaceMention(
                    match.start(), match.end(), match.group(), place, 2 if around else 1, start, match.end(), "near" if around else "",
                    _role(doc, looks, match.start(1) if match.group(1) else match.start(), match.end()), place.latitude, place.longitude,
                )
            )  # fmt: skip
    return found


_AROUND = re.compile(r"\b(?:near|outside|(?:north|south|east|west)(?:east|west)? of)\s+$", re.I)


@lru_cache(maxsize=1024)
def _country_of_word(word: str, gazetteer: Gazetteer) -> str | None:
    known = _adjectives().get(_fold_word(word))
    return known[0] if known else gazetteer.country_code(word)


_AGAIN = re.compile(
    r"\bthe\s+(?:same\s+)?(province|governorate|state|district|county|town|city|village)\b(?!\s+(?:of\b|[A-Z]))(?=[\s,.;]|['’]s)"
)


# "A drone hit a car there": the place told before; not "there were clashes", "over there", "there, he said".
_THERE = re.compile(r"(?<=[a-z] )there(?=[.,;:]|\s+(?:on|in|last|late|early|overnight|killing|wounding|and|but|after|before|when|while)\b)")
_THERE_KINDS = frozenset(("city", "site", "airbase", "admin2"))


def _is_adverb(doc: Doc, start: int, end: int) -> bool:
    """Whether "there" stands with a verb of doing, as the parser reads it."""
    span = doc.char_span(start, end)
    return span is not None and span.root.dep_ == "advmod" and span.root.head.pos_ == "VERB"


def _again(doc: Doc, looks: _Looks, mentions: Sequence[PlaceMention]) -> list[PlaceMention]:
    """ "The town", "the same district", "there": the place of that kind named last, if it was in the paragraphs just before."""
    found = []
    for match in sorted((*_AGAIN.finditer(text_of(doc)), *_THERE.finditer(text_of(doc))), key=lambda m: m.start()):
        if any(m.start <= match.start() < m.phrase_end for m in mentions):
            continue
        kinds = _kinds_of_noun(match.group(1)) if match.re is _AGAIN else _THERE_KINDS
        if match.re is _THERE and not _is_adverb(doc, match.start(), match.end()):
            continue
        earlier = [
            m
            for m in mentions
            if m.end <= match.start() < m.end + 700 and m.place and m.place.kind in kinds and m.role in ("event", "dateline")
        ]
        if not earlier:
            continue
        named = max(earlier, key=lambda m: m.start)
        found.append(
            replace(
                named, start=match.start(), end=match.end(), phrase_start=match.start(), phrase_end=match.end(), relation="again",
                where_prec=named.place.where_prec if named.place else named.where_prec, role=_role(doc, looks, match.start(), match.end()),
            )
        )  # fmt: skip
    return found


def _mentions(doc: Doc, looks: _Looks, spans: Sequence[_Span], gazetteer: Gazetteer, *, embedded: bool) -> list[PlaceMention]:
    text = text_of(doc)
    mentions: list[PlaceMention] = []
    for number, span in enumerate(spans):
        inside = _is_embedded(span)
        if inside and not embedded:
            continue
        place = span.place
        relation, phrase_start, phrase_end, prec, point = _relation(text, span, place, gazetteer)
        if relation == "part_of" and point and place:
            own = _part(text, phrase_start, span, gazetteer)
            point = (own.latitude, own.longitude) if own else _part_point(text[phrase_start:phrase_end], place, gazetteer) or point
            place = own or place
        prec = _division_prec(text, span, place, prec, relation)
        approximate, anchor = False, ""
        if place is None:
            held = span.parent.place if span.parent and span.parent.place else _anchor(spans, number, text)
            if held is not None:
                point, approximate, anchor = (held.latitude, held.longitude), True, held.name
        if place is not None and place.kind == "country" and _is_adjective(doc, looks, span):
            if embedded:
                mentions.append(
                    PlaceMention(
                        span.start, span.end, text[span.start : span.end], place, 6, span.start, span.end, "", "demonym",
                        place.latitude, place.longitude,
                    )
                )  # fmt: skip
            continue
        role = "organisation" if inside else _role(doc, looks, span.start, span.end)
        mentions.append(
            PlaceMention(
                span.start, span.end, text[span.start : span.end], place, prec, phrase_start, phrase_end, relation, role,
                point[0] if point else None, point[1] if point else None, approximate, anchor,
            )
        )  # fmt: skip
    return _between(text, mentions)


def _division_prec(text: str, span: _Span, place: Place | None, prec: int, relation: str) -> int:
    """The precision of "Andar district", "Gok State" known or not; a district of a town is the town (ruling 16)."""
    if place is not None and place.kind == "admin2" and span.inside and span.inside.place and span.inside.place.kind == "city":
        return 1 if prec == 3 else prec
    if prec != 1 or relation or not span.kinds & _DIVISIONS or (place is not None and place.kind != "city"):
        return prec
    if span.inside and span.inside.place and span.inside.place.kind == "city":
        return prec
    words = text[max(0, span.start - 14) : span.start] + text[span.end : span.end + 14]
    return 4 if re.search(r"\b(?:province|governorate|state|oblast|prefecture)\b", words, re.I) else 3


def _is_adjective(doc: Doc, looks: _Looks, span: _Span) -> bool:
    """Whether a country's abbreviation stands as an adjective: "a U.S. air strike", "UK forces"."""
    shown = text_of(doc)[span.start : span.end]
    token = looks.token_at.get(span.start)
    return (
        token is not None
        and span.first == span.last
        and shown.isupper()
        and len(shown) <= 6
        and "prev:in" not in span.signals
        and doc[token].dep_ in ("compound", "amod", "nmod")
    )


def _is_embedded(span: _Span) -> bool:
    return "next:org" in span.signals and any(s.endswith(("ORG", "FAC", "PERSON", "none")) for s in span.signals if s.startswith("ent"))


def _anchor(spans: Sequence[_Span], number: int, text: str) -> Place | None:
    """The located place that a place without coordinates lies in or by, as far as the text lets one tell.

    Best is one named with it in its sentence, the next one first ("the village of Yakouta, outside Dori");
    else the place that the text's other places most speak for. A country is no anchor: its middle is nowhere.
    """
    span = spans[number]
    for other in (*spans[number + 1 : number + 4], *reversed(spans[max(0, number - 2) : number])):
        low, high = sorted((span.end, other.start) if other.start > span.start else (other.end, span.start))
        if _is_anchor(other) and high - low < 120 and not re.search(r"[.!?]\s+[A-Z]|\n\n", text[low:high]):
            return other.place
    held = [other for other in spans if _is_anchor(other)]
    if not held:
        return None

    def worth(other: _Span) -> float:
        assert other.place is not None
        size = {"city": 0.3, "site": 0.3, "admin2": 0.6, "admin1": 0.2}.get(other.place.kind, 0.0)
        same = sum(1 for another in held if another.key == other.key)
        return min(other.support, 2.0) + size + 0.3 * same - abs(other.start - span.start) / 800

    return max(held, key=worth).place


def _is_anchor(span: _Span) -> bool:
    return span.place is not None and span.place.kind not in ("country", "sea")


def _relation(text: str, span: _Span, place: Place | None, gazetteer: Gazetteer) -> tuple[str, int, int, int, tuple[float, float] | None]:
    """What the words around a mention make of it: relation, phrase, where_prec by the codebook, the point to draw."""
    prec = place.where_prec if place else 1
    point = (place.latitude, place.longitude) if place else None
    if place and place.kind == "sea" and not _NARROW.search(place.name):
        point = None  # somewhere at sea: only a strait, a port, an island or a bearing gives a point
    start, end = span.start, span.end
    if match := _DIVISION_AFTER.match(text, end):
        end = match.end()
    low = max(0, start - 90)
    before = re.split(r"[.!?;:]\s+|\n", text[low:start])[-1]
    offset = start - len(before)
    kind = place.kind if place else "city"
    lowered = before.lower()
    for name, pattern in _BEFORE if any(word in lowered for word in _BEFORE_HINTS) else ():
        match = pattern.search(before)
        if match is None:
            continue
        phrase = offset + match.start() + (len(match.group()) - len(match.group().lstrip()))
        if name == "off":
            return name, phrase, end, 7, point if kind in ("city", "site", "sea") else None
        if name == "countryside":
            return name, phrase, end, 4 if kind in ("admin1", "city") else prec, point
        if kind == "country":
            return ("near", phrase, end, 6, point)
        if name == "direction":
            moved, nautical = _moved(match, point)
            return name, phrase, end, 7 if nautical or kind == "sea" else (2 if prec <= 3 else prec), moved
        return name, phrase, end, 2 if prec in (1, 3) else prec, point
    for name, pattern in _AFTER:
        if match := pattern.match(text, span.end):
            if name == "countryside":
                return name, start, match.end(), 4, point
            return name, start, match.end(), 2 if prec in (1, 3) else prec, point
    if kind == "country" and (match := _SIDE_AFTER.match(text, span.end)):
        return "part_of", start, match.end(), 5, point
    if kind in ("country", "admin1", "sea") and (part := re.search(r"\b([a-z]+(?:[\s-]?[a-z]+)?)\s+(?:parts?\s+of\s+)?$", before, re.I)):
        words = part.group(1).lower().replace("-", "").split()[-1]
        if words in _PARTS:
            return "part_of", offset + part.end(1) - len(part.group(1).split()[-1]), end, {6: 5}.get(prec, prec), point
    return "", start, end, prec, point


_NARROW = re.compile(r"\b(?:strait|straits|mandab|hormuz)\b", re.I)
_PARTS = {
    "north": "north", "northern": "north", "south": "south", "southern": "south", "east": "east", "eastern": "east", "west": "west",
    "western": "west", "northeast": "northeast", "northeastern": "northeast", "northwest": "northwest", "northwestern": "northwest",
    "southeast": "southeast", "southeastern": "southeast", "southwest": "southwest", "southwestern": "southwest", "central": "central",
}  # fmt: skip


def _part(text: str, phrase_start: int, span: _Span, gazetteer: Gazetteer) -> Place | None:
    """ "Northern Mali" as a region of its own, where the gazetteer has it."""
    word = re.split(r"[^\w-]", text[phrase_start : span.start].strip())[0].lower().replace("-", "")
    return next((p for p, _ in gazetteer.matches(f"{_PARTS.get(word, word)} {span.key}") if p.kind == "region"), None)


def _part_point(phrase: str, place: Place, gazetteer: Gazetteer) -> tuple[float, float] | None:
    """Where "southern Afghanistan" or "Pakistan's northwest" is drawn: the middle of that side; None of a province or the middle."""
    bearing = _bearing(phrase.replace(place.name, ""))
    if place.kind != "country" or not place.country or bearing is None:
        return None
    return gazetteer.part(place.country, bearing)


_SIDE_AFTER = re.compile(
    r"['’]s\s+(?:(?:far|restive|troubled|volatile)\s+)?(north|south|east|west)-?(?:east|west)?(?:ern)?\b(?!\s+(?:coast|of))", re.I
)


def _moved(match: re.Match[str], point: tuple[float, float] | None) -> tuple[tuple[float, float] | None, bool]:
    groups = match.groupdict()
    unit = (groups.get("unit") or "").lower()
    nautical = unit.startswith("naut") or unit == "nm"
    bearing = _bearing(groups.get("bearing") or "")
    distance = _distance(groups.get("number") or "", unit)
    if point is None or bearing is None or distance is None or distance > 400:
        return point, nautical
    angle = math.radians(bearing)
    latitude = point[0] + distance / 111.2 * math.cos(angle)
    longitude = point[1] + distance / (111.2 * max(0.1, math.cos(math.radians(point[0])))) * math.sin(angle)
    return (round(latitude, 4), round(longitude, 4)), nautical


def _bearing(words: str) -> float | None:
    """Degrees clockwise from north of "northeast", "south-southwest"; None of nothing."""
    parts = re.findall(r"north|south|east|west", words.lower())
    if not parts:
        return None
    x = sum(math.sin(math.radians(_BEARINGS[p])) for p in parts)
    y = sum(math.cos(math.radians(_BEARINGS[p])) for p in parts)
    return math.degrees(math.atan2(x, y)) % 360


def _distance(number: str, unit: str) -> float | None:
    words = number.lower().replace(",", "").strip()
    value: float | None = None
    try:
        value = float(words.rstrip("."))
    except ValueError:
        parts = re.split(r"[\s-]", words)
        known = [_NUMBER_WORDS[p] for p in parts if p in _NUMBER_WORDS]
        value = float(sum(known)) if known else None
    if value is None:
        return None
    if unit.startswith("naut") or unit == "nm":
        return value * 1.852
    return value * (1.609 if unit.startswith("mile") else 0.001 if unit.startswith("met") else 1.0)


def _between(text: str, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """ "Between Fataki and Libi": both mentions get the middle of the two."""
    result = list(mentions)
    for number in range(len(mentions) - 1):
        first, second = mentions[number], mentions[number + 1]
        if first.where_prec <= 3 and not result[number].relation:
            # The other end may be a village that the gazetteer lacks.
            opening = _BETWEEN.search(text[max(0, first.start - 60) : first.start])
            if opening and not re.search(r"[A-Z]", opening.group()[1:]):
                start = max(0, first.start - 60) + opening.start()
                result[number] = first = replace(first, relation="between", where_prec=2, phrase_start=start)
        if second.start - first.end > 60 or not (opening := _BETWEEN.search(text[max(0, first.start - 60) : first.start])):
            continue
        if not _BETWEEN_AND.fullmatch(text[first.end : second.start]):
            continue
        start = max(0, first.start - 60) + opening.start()
        end = second.phrase_end
        if {first.where_prec, second.where_prec} & {4, 5, 6}:
            continue  # "between Iraq and Syria", "between the state and Texas" name no point on a road
        points = [(m.latitude, m.longitude) for m in (first, second) if m.latitude is not None and m.longitude is not None]
        if not points:
            continue
        latitude = sum(p[0] for p in points) / len(points)
        longitude = sum(p[1] for p in points) / len(points)
        for at, mention in ((number, first), (number + 1, second)):
            result[at] = replace(
                mention, relation="between", where_prec=2, phrase_start=start, phrase_end=end, latitude=latitude, longitude=longitude
            )
    return result


_DATELINE = re.compile(
    r"(?:^|\n)\s*(?P<place>[A-Z][\w .’'-]{1,40}(?:/[A-Z][\w .’'-]+)?(?:,\s[A-Z][\w. ]{1,25}){0,2})"
    r"(?:,?\s+(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2,8}\.?)(?:,\s*\d{4})?)?\s*(?:\([^)\n]{2,40}\)\s*)?(?:[-–—]{1,2}|:)\s"
)
# What lies across a border is not where it happened: "on the border with Niger", "bordering Brazil", "from nearby Nigeria".
_NEIGHBOUR = re.compile(
    r"\b(?:border(?:s|ing)?\s+(?:area\s+)?(?:with|to|into)|bordering|borders|fled\s+to|from\s+(?:nearby|neighbou?ring)|neighbou?ring)"
    r"\s+(?:the\s+)?(?:[a-z]+ern\s+)?$",
    re.I,
)
_STATEMENT_NOUNS = frozenset(
    "conference interview briefing statement spokesman spokeswoman reporter reporters correspondent journalists summit"
    " talks meeting".split()
)
_STATEMENT_VERBS = frozenset("tell speak announce interview".split())
_TIE_NOUNS = frozenset("tie link relation relationship alliance loyalty loyal close ally allied allegiance pressure appeal call".split())


def _role(doc: Doc, looks: _Looks, start: int, end: int) -> str:
    """A hint at what the mention does in its sentence: event, dateline, origin or statement."""
    text = text_of(doc)
    after = text[end : end + 14]
    if after[:1] in "-–" and (match := re.match(r"[-–]\s?([a-z]+)", after)) and match.group(1) in _BASED:
        return "origin"
    line = text.rfind("\n", 0, start) + 1
    if start - line < 45 and (match := _DATELINE.match(text, max(0, line - 1))) and match.start("place") <= start < match.end("place"):
        return "dateline"
    if _NEIGHBOUR.search(text[max(0, start - 45) : start]):
        return "origin"
    first = looks.token_at.get(start)
    if first is None or not doc.has_annotation("DEP"):
        return "event"
    root = doc[first]
    while root.head.i != root.i and start <= root.head.idx < end:
        root = root.head
    if root.dep_ in ("pobj", "dobj") and root.head.dep_ == "prep":
        governor = root.head.head
        if root.head.lower_ in ("in", "from", "at") and (governor.lemma_.lower() in _STATEMENT_VERBS | _STATEMENT_NOUNS):
            return "statement"
        if root.head.lower_ == "from" and governor.lemma_ == "say":
            return "statement"
        if root.head.lower_ in ("to", "with", "on", "for") and governor.lemma_.lower() in _TIE_NOUNS:
            return "origin"
    return "event"
