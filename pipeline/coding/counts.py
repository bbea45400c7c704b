"""Who was killed or wounded, and how many: casualty phrases of a parsed text.

Numbers follow the codebook: dozens 12, scores 20, tens 10, hundreds 100, several 3, a couple 2, as best
and low with high open and `vague` set; "at least" and "more than" leave high open; "up to" gives only
high; "including four children" is a part of its total, never added to it; "no casualties" is 0 killed
and 0 wounded, "no injuries" only 0 wounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from spacy.tokens import Doc, Span, Token

from pipeline.coding.lexicon import read_table, word_set
from pipeline.coding.texts import span_text, text_of

UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
# The codebook's reading of vague counts.
VAGUE = {
    "dozens": 12, "scores": 20, "tens": 10, "hundreds": 100, "thousands": 1000, "several": 3, "some": 3, "few": 3,
    "number": 3, "couple": 2, "handful": 3, "many": None, "multiple": 3, "numerous": None, "various": None,
}  # fmt: skip
# "the twelfth victim" says that twelve have died.
ORDINALS = {
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
}

REPORTED = word_set("reported", "count_words.csv")
TELLING = word_set("telling", "count_words.csv")
COLLECTIVES = word_set("collectives", "count_words.csv")
NOT_VICTIMS = word_set("animals", "count_words.csv") | word_set("things", "count_words.csv")
LIMBS = word_set("limbs", "count_words.csv")
HARMING = word_set("harming", "count_words.csv")
SUFFERING = frozenset("sustain suffer receive have nurse".split())
BACKDROP = word_set("backdrop", "count_words.csv")
# Names of these kinds are no victims: days, countries, sums of money.
NO_PERSON_ENTS = frozenset(("DATE", "TIME", "GPE", "LOC", "MONEY", "PERCENT", "ORDINAL", "QUANTITY"))
# Verbs that are said of a person only, or nearly so: their object is a victim whatever it is called ("the ward head").
KILLING = frozenset("kill murder assassinate behead slay shoot gun hack stab lynch decapitate slaughter execute wound injure".split())

AT_LEAST = re.compile(r"(?:at least|no fewer than|no less than|not fewer than|not less than|a minimum of|minimum of)\s*$", re.I)
MORE_THAN = re.compile(r"(?:more than|over|upwards of|in excess of|well over)\s*$", re.I)
UP_TO = re.compile(r"(?:up to|as many as|at most|a maximum of|no more than|not more than)\s*$", re.I)
ABOUT = re.compile(r"(?:about|around|some|nearly|almost|approximately|roughly|an estimated|close to|reportedly)\s*$", re.I)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written: the codebook's best, low and high, vague or not, and its characters."""

    best: int | None
    low: int | None
    high: int | None
    vague: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Casualty:
    """A count of killed or wounded in one clause.

    `start`/`end` are the characters that say the number, `cue_start`/`cue_end` those that say killed or
    wounded, `head` the victims' noun (token index, -1 for zero statements), `party` what the victims are
    (armed, state, police, civilians, people, protesters, ...), `toll` whether it is a running total
    ("bringing the toll to seven"), `part` whether it is a part of another count ("including ...").
    """

    kind: str
    best: int | None
    low: int | None
    high: int | None
    vague: bool
    start: int
    end: int
    cue_start: int
    cue_end: int
    head: int
    cue: int
    party: str = "people"
    toll: bool = False
    part: bool = False
    others: bool = False
    known: bool = False  # one person named or told before ("the driver", "he"): counts only where nothing else does


@lru_cache(maxsize=1)
def cues() -> dict[str, tuple[str, str]]:
    """lexicon/casualty_words.csv: lemma -> (kind, role of the victim), kinds killed, injured, casualties."""
    return {row["word"]: (row["kind"], row["victim"]) for row in read_table("casualty_words.csv")}


def parse_number(words: list[str]) -> int | None:
    """The value of number words or digits ("twenty-two", "1,200", "two hundred and five"); None if none."""
    total = current = 0
    seen = False
    for word in words:
        word = word.lower().strip(",.")
        if re.fullmatch(r"\d{1,3}(?:[,.]\d{3})+|\d+", word):
            current += int(re.sub(r"[,.]", "", word))
            seen = True
            continue
        for piece in word.split("-"):
            if piece in UNITS:
                current += UNITS[piece]
            elif piece in SCALES:
                current = max(current, 1) * SCALES[piece]
                if SCALES[piece] >= 1000:
                    total, current = total + current, 0
            elif piece == "and" and seen:
                continue
            elif piece == "dozen":
                current = max(current, 1) * 12
            elif piece == "score":
                current = max(current, 1) * 20
            else:
                return None
            seen = True
    return total + current if seen else None


def _number_tokens(token: Token) -> list[Token]:
    """The tokens of the number that `token` ends or stands in, in order."""
    doc, i = token.doc, token.i
    first = last = i
    while first > 0 and (
        _is_number(doc[first - 1])
        or (doc[first - 1].text == "-" and first > 1 and _is_number(doc[first - 2]) and not doc[first].text.isdigit())
    ):
        first -= 1
    while last + 1 < len(doc) and (
        _is_number(doc[last + 1]) or (doc[last + 1].text == "-" and last + 2 < len(doc) and _is_number(doc[last + 2]))
    ):
        last += 1
    return [t for t in doc[first : last + 1] if t.text != "-"]


def _is_number(token: Token) -> bool:
    word = token.lower_
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{1,6}", word):
        return True
    pieces = word.split("-")
    return all(p in UNITS or p in SCALES or p in ("dozen", "score") for p in pieces) and bool(pieces[0])


def _qualified(best: int, text: str, start: int, end: int, *, vague: bool) -> Quantity:
    """A number with the words before it read: at least, more than, up to, between."""
    before = text[max(0, start - 24) : start]
    if m := UP_TO.search(before):
        return Quantity(None, None, best, vague, start - len(before) + m.start(), end)
    for pattern in (AT_LEAST, MORE_THAN):
        if m := pattern.search(before):
            return Quantity(best, best, None, vague, start - len(before) + m.start(), end)
    if vague:
        return Quantity(best, best, None, True, start, end)
    return Quantity(best, best, best, False, start, end)


COUPLE_OF = re.compile(r"\s+(?:of|more|dozen|hundred|thousand|people|[a-z]+s)\b")


def read_quantity(token: Token) -> Quantity | None:
    """The quantity whose last or only number word is `token`, with its qualifiers; None where it is none."""
    doc = token.doc
    text = text_of(doc)
    word = token.lower_
    if word in VAGUE and word not in ("some", "few", "number", "many", "numerous", "various", "couple"):
        value = VAGUE[word]
        if value is None:
            return None
        if (
            word in ("hundreds", "tens", "thousands")
            and token.i + 2 < len(doc)
            and doc[token.i + 1].lower_ == "of"
            and doc[token.i + 2].lower_ in ("thousands", "hundreds")
        ):
            return None
        return _qualified(value, text, token.idx, token.idx + len(token), vague=True)
    if word == "couple" and token.i and doc[token.i - 1].lower_ == "a" and not COUPLE_OF.match(text, token.idx + len(token)):
        return Quantity(2, 2, 2, False, doc[token.i - 1].idx, token.idx + len(token))  # two people, not "a couple of" them
    if word in ("few", "couple", "number") and token.i and doc[token.i - 1].lower_ == "a":
        start = doc[token.i - 1].idx
        return _qualified(VAGUE[word] or 3, text, start, token.idx + len(token), vague=True)
    if not _is_number(token):
        return None
    tokens = _number_tokens(token)
    value = parse_number([t.text for t in tokens])
    if value is None or (1900 <= value <= 2100 and len(tokens) == 1 and token.text.isdigit() and not _counts_something(token)):
        return None
    start, end = tokens[0].idx, tokens[-1].idx + len(tokens[-1])
    vague = False
    if tokens[0].lower_ in ("dozen", "score") and tokens[0].i and doc[tokens[0].i - 1].lower_ == "a":
        start = doc[tokens[0].i - 1].idx
        vague = True
    # "between 10 and 15", "10 to 15", "10-15"
    after = text[end : end + 24]
    if m := re.match(
        r"\s*(?:-|–|to|or|and)\s*(\d{1,4}|[a-z]+(?:-[a-z]+)?)\b(?!\s*(?:percent|per cent|kilomet|km|others?|were|was|wounded|injured))",
        after,
        re.I,
    ):
        high = parse_number([m.group(1)])
        between = re.search(r"between\s*$", text[max(0, start - 9) : start], re.I)
        joined = re.match(r"\s*(?:-|–|to|or)", after)
        if high is not None and high > value and (between or joined):
            return Quantity(value, value, high, False, start, end + m.end(1))
    return _qualified(value, text, start, end, vague=vague)


def _counts_something(token: Token) -> bool:
    return token.dep_ == "nummod" and token.head.pos_ == "NOUN" and token.head.i > token.i


# --- noun phrases ------------------------------------------------------------------------------

MEASURES = frozenset(
    "percent % year years month months day days hour hours minute minutes week weeks km kilometre kilometer kilometres kilometers mile miles "
    "metre metres meter meters kg kilogram kilograms tonne tonnes ton tons dollar dollars pound pounds euro euros round rounds rocket rockets "
    "missile missiles drone drones shell shells mortar mortars vehicle vehicles car cars truck trucks house houses home homes building "
    "buildings shop shops tank tanks weapon weapons rifle rifles site sites target targets place places town towns village villages "
    "district districts country countries time times attack attacks strike strikes raid raids airstrike airstrikes incident incidents bomb bombs "
    "explosion explosions blast blasts motorcycle motorcycles boat boats base bases post posts position positions tent tents cow cows cattle "
    "head sheep goat goats camel camels animal animals livestock donkey donkeys horse horses dog dogs province provinces bus buses shot "
    "shots gun guns kidnapping kidnappings clash clashes mine mines device devices front fronts hamlet hamlets bullet bullets am pm a.m. p.m. "
    "aircraft helicopter helicopters school schools church churches hospital hospitals hut huts".split()
)


def quantity_of(noun: Token) -> Quantity | None:
    """How many `noun` stands for: its number, its vague quantifier, one for "a farmer", "the driver"."""
    doc = noun.doc
    text = text_of(doc)
    for child in noun.lefts:
        if child.dep_ in ("nummod", "quantmod", "amod", "det", "advmod", "poss", "compound") and (q := read_quantity(child)):
            return q
    if q := read_quantity(noun):
        return q
    # "dozens of people", "a number of soldiers": the noun hangs from the quantifier
    if noun.dep_ == "pobj" and noun.head.lower_ == "of":
        q = read_quantity(noun.head.head)
        if q:
            return q
    lefts = [c for c in noun.lefts if c.dep_ in ("det", "amod", "poss", "predet")]
    words = [c.lower_ for c in lefts]
    if any(w in ("several", "some", "few", "many", "multiple", "numerous", "various") for w in words):
        token = next(c for c in lefts if c.lower_ in ("several", "some", "few", "many", "multiple", "numerous", "various"))
        value = VAGUE[token.lower_]
        if value is None:
            return None
        start = token.idx
        if token.lower_ == "few" and token.i and doc[token.i - 1].lower_ == "a":
            start = doc[token.i - 1].idx
        return Quantity(value, value, None, True, start, noun.idx + len(noun))
    if noun.tag_ in ("NNS", "NNPS"):
        # "nine Peoples Party supporters": the number hangs on a name inside the phrase
        edge = next((t for t in doc[noun.left_edge.i : min(noun.left_edge.i + 4, noun.i)] if _is_number(t)), None)
        return read_quantity(edge) if edge is not None and edge.ent_type_ not in ("DATE", "TIME") else None
    if noun.pos_ in ("NOUN", "PROPN", "ADJ") or noun.lower_ in ("one", "another", "he", "she", "him", "her"):
        first = min([c.idx for c in noun.lefts if c.dep_ in ("det", "amod", "poss", "compound", "nmod")] + [noun.idx])
        return Quantity(1, 1, 1, False, first, noun.idx + len(noun))
    if text[noun.idx : noun.idx + len(noun)].lower() == "neither":
        return Quantity(0, 0, 0, False, noun.idx, noun.idx + len(noun))
    return None


def _conjuncts(noun: Token) -> Iterator[Token]:
    """A noun and what is joined to it, without who speaks ("killing seven people, police said") and second names of one person."""
    yield noun
    chain = list(_joined(noun))
    if not chain:
        return
    stop = _speakers(noun, chain)
    for child in chain:
        if child.i > stop or _same_person(child) or _has_own_fate(child) or child.lemma_ in ("injury", "death", "wounding", "arrest"):
            continue
        yield child


def _joined(noun: Token) -> Iterator[Token]:
    for child in noun.children:
        if child.dep_ == "conj" and child.pos_ in ("NOUN", "PROPN", "NUM", "PRON", "ADJ"):
            yield child
            yield from _joined(child)


def _speakers(noun: Token, chain: list[Token]) -> int:
    """The index after which joined nouns only say who speaks: the last comma, where a verb of telling ends the list."""
    doc, end = noun.doc, max(c.right_edge.i for c in chain)
    last = max(c.i for c in chain)
    for t in doc[last + 1 : min(last + 5, len(doc))]:
        if t.lemma_ in TELLING and t.pos_ == "VERB" and t.tag_ in ("VBD", "VBZ", "VBP"):
            commas = [x.i for x in doc[noun.i : t.i] if x.text == ","]
            return commas[-1] if commas else noun.i
        if t.pos_ not in ("AUX", "ADV", "PROPN", "NOUN", "DET", "ADP", "PART"):
            break
    return end


def _same_person(noun: Token) -> bool:
    """Whether a joined noun only describes the person before it: "a tribal elder and former governor", "Ann Lee, lecturer"."""
    if noun.tag_ not in ("NN", "NNP") or noun.ent_type_ == PERSON_ENT or noun.pos_ not in ("NOUN", "PROPN"):
        return False
    if any(c.dep_ in ("det", "poss", "nummod", "predet") for c in noun.lefts) or noun.lower_ in ("another", "one"):
        return False
    head = noun.head
    return head.tag_ in ("NN", "NNP") and head.lower_ not in ("one", "another")


def _has_own_fate(noun: Token) -> bool:
    """Whether a joined noun has a casualty word of its own: "37 persons dead and 47 others injured"."""
    after = noun.nbor(1) if noun.i + 1 < len(noun.doc) else None
    return after is not None and after.lemma_.lower() in cues() and after.lower_ in ("dead", "killed", "injured", "wounded", "hurt")


# A figure that the text itself says is out of date (ruling 1): "an earlier count of two", "up from 24".
WITHDRAWN = re.compile(
    r"\b(?:(?:an |the |its )?(?:earlier|previous|initial|preliminary|first|original) (?:official )?(?:count|toll|figure|report|estimate|tally|number)s?\b[^.;]{0,30}|"
    r"(?:up|down) from (?:an earlier |a previous )?|instead of |rather than |and not |(?:previously|initially|earlier|first) (?:reported|announced|put|said|believed|thought|claimed)\b[^.;]{0,40})$",
    re.I,
)


PART_AFTER = re.compile(
    r"\s*(?:of (?:them|whom|the (?:dead|wounded|injured|victims|casualties|bodies|deceased|slain))|(?:was|were)? ?among (?:them|the (?:dead|victims|killed)))\b",
    re.I,
)


def _is_part(noun: Token) -> bool:
    """Whether a noun phrase only details another count: "including", "among them", "two of them"."""
    start = noun.left_edge.i
    before = noun.doc[max(0, start - 4) : start].text.lower()
    if re.search(r"\b(?:including|among them|among whom|amongst them|of whom|of them|among the dead)\b[^.;]{0,12}$", before):
        return True
    listed = noun.doc[max(noun.sent.start, start - 12) : start]
    if re.search(r"\b(?:including|among them|among whom|among the dead)\b[^.;:]{0,60}$", listed.text.lower()):
        marker = max((t.i for t in listed if t.lower_ in ("including", "among")), default=start)
        # "among them a mother and her three children": the list goes on until a verb ends it.
        if not any(t.pos_ in ("VERB", "AUX") for t in noun.doc[marker + 1 : start]):
            return True
    if re.search(r"\b(?:of them|of whom)\b", noun.doc[noun.left_edge.i : noun.i + 1].text, re.I):
        return True  # "three of them women"
    return PART_AFTER.match(text_of(noun.doc), noun.idx + len(noun)) is not None


PERSON_ENT = "PERSON"
NON_VICTIMS = frozenset(
    "it they them this that which who whom itself everything something what attack fire gunfire blast explosion toll".split()
)

PartyOf = Callable[[Token], str]


def _whole_names(objects: list[Token]) -> list[Token]:
    """Objects without the pieces of a word that the parser took apart: "the ex", "-", "chairman" is one."""
    return [o for o, after in zip(objects, [*objects[1:], None], strict=True) if after is None or after.i - o.i > 1]


def _hung_on_verb(cue: Token, last: Token) -> list[Token]:
    """A victim that the parser joins to the verb instead of to the victim before: "killed a couple and their daughter"."""
    doc = cue.doc
    return [
        c
        for c in cue.children
        if c.dep_ == "conj"
        and c.pos_ in ("NOUN", "PROPN")
        and c.left_edge.i == last.right_edge.i + 2
        and doc[last.right_edge.i + 1].lower_ == "and"
        and any(x.dep_ in ("det", "poss", "nummod") for x in c.lefts)
    ]


def _reported(cue: Token) -> list[Token]:
    """The subject that a verb between holds: "nine people were reported killed", "are feared dead", "were on Sunday killed"."""
    node = cue
    for _ in range(3):
        head = node.head
        if node.dep_ == "conj" and head != node and head.tag_ == "VBN":
            node = head  # "was on Thursday attacked and murdered"
            continue
        if head == node or node.dep_ not in ("xcomp", "oprd", "ccomp", "advcl", "acomp", "dep", "attr"):
            return []
        passive = any(c.dep_ == "auxpass" for c in head.children) or head.lemma_ == "be"
        if not passive or not (head.lemma_ in REPORTED or head.lemma_ in ("be", "leave", "find")):
            return []
        subjects = [c for c in head.children if c.dep_ in ("nsubj", "nsubjpass") and c.i < cue.i]
        if subjects:
            return subjects
        node = head
    return []


def _after(cue: Token) -> Token | None:
    """The victims that follow an active verb whose object the parser hung elsewhere: a number or a person's name."""
    doc = cue.doc
    for t in doc[cue.i + 1 : min(cue.i + 7, cue.sent.end)]:
        if read_quantity(t) is not None and t.ent_type_ not in ("DATE", "TIME"):
            return t.head if t.dep_ == "nummod" and 0 < t.head.i - t.i <= 4 else t
        if t.ent_type_ == PERSON_ENT and t.ent_iob_ == "B":
            return next((x for x in reversed(doc[t.i : min(t.i + 6, len(doc))]) if x.ent_type_ == PERSON_ENT and x.ent_iob_ != "O"), t)
        if t.pos_ in ("VERB", "AUX", "PUNCT", "SCONJ", "CCONJ") or (
            t.pos_ == "ADP" and t.lower_ not in ("than", "to", "as", "over", "about", "around", "of")
        ):
            return None
    return None


def _victims(cue: Token, role: str) -> list[Token]:
    """The heads of the noun phrases that suffered what the cue says, by its grammatical role."""
    found: list[Token] = []
    if role == "noun":  # "five dead", "12 wounded": the cue itself carries the number
        return [cue]
    if role == "subject":  # die, perish
        found = [c for c in cue.children if c.dep_ in ("nsubj", "nsubjpass")][:1]
        if not found and cue.dep_ in ("conj", "advcl", "xcomp") and cue.head.pos_ in ("VERB", "AUX"):
            found = [c for c in cue.head.children if c.dep_ in ("nsubj", "nsubjpass")]
        if not found and cue.dep_ in ("relcl", "acl"):
            found = [cue.head]
        found = found or _reported(cue)
        return [cue.head if c.lower_ in ("who", "that", "which") and cue.dep_ == "relcl" else c for c in found]
    passive = any(c.dep_ in ("nsubjpass", "auxpass") for c in cue.children)
    if passive and not any(c.dep_ in ("nsubjpass", "nsubj") for c in cue.children):
        # "were on Monday killed": the parser may hang the subject on the auxiliary
        inverted = [g for c in cue.children if c.dep_ == "auxpass" for g in c.children if g.dep_ in ("nsubj", "nsubjpass") and g.i < c.i]
        if inverted:
            return inverted
    objects = [c for c in cue.children if c.dep_ in ("dobj", "obj", "oprd") and c.i > cue.i and c.lower_ not in ("dead", "alive", "down")]
    if objects and not passive:
        return _whole_names([*objects, *_hung_on_verb(cue, objects[-1])])
    if not passive and cue.tag_ != "VBN" and (after := _after(cue)) is not None:
        return [after]
    subjects = [c for c in cue.children if c.dep_ == "nsubjpass"] or ([c for c in cue.children if c.dep_ == "nsubj" and passive])
    if subjects:
        return [cue.head if c.lower_ in ("who", "that", "which", "whom") and cue.dep_ == "relcl" else c for c in subjects]
    if cue.tag_ in ("VBN", "VBD"):
        if cue.dep_ in ("acl", "amod", "relcl") and (cue.head.pos_ in ("NOUN", "PROPN", "NUM") or cue.head.lower_ in ORDINALS):
            return [cue.head]
        # "two were killed and three others wounded": the parser may hang the noun on the verb as nsubj
        nsubj = [c for c in cue.children if c.dep_ == "nsubj"]
        if nsubj and not objects:
            return nsubj
        if cue.dep_ == "conj" and cue.head.pos_ in ("VERB", "AUX"):
            nearest = [t for t in cue.doc[max(cue.sent.start, cue.i - 4) : cue.i] if read_quantity(t)]
            if nearest:
                return [
                    nearest[-1].head
                    if nearest[-1].head.i < cue.i and nearest[-1].head.i > cue.head.i and nearest[-1].dep_ == "nummod"
                    else nearest[-1]
                ]
            if any(c.dep_ in ("nsubjpass", "auxpass") for c in (*cue.head.children, *cue.children)) and cue.tag_ == "VBN":
                return [c for c in cue.head.children if c.dep_ in ("nsubjpass", "nsubj")]
        if reported := _reported(cue):
            return reported
        before = cue.nbor(-1) if cue.i > cue.sent.start else None
        if before is not None and read_quantity(before):
            return [before]
    return []


ZERO_PATTERNS: list[tuple[re.Pattern[str], tuple[str, ...]]] = [
    (re.compile(r"\b(?:no|any|without|nor) (?:(?:immediate|reports? of|reported|human|civilian|further|known|material|other|serious|one was|word of)\s+(?:any )?)*(?:casualt(?:y|ies)|victims?|losses)\b", re.I), ("killed", "injured")),
    (re.compile(r"\b(?:no|any|without|neither) (?:(?:reports? of|reported|human|civilian|loss of)\s+)*(?:deaths?|fatalit(?:y|ies)|loss of life|life|lives)\b(?! (?:threat|sentence|toll))", re.I), ("killed",)),
    (re.compile(r"\bno (?:(?:reports? of|reported|civilian|serious)\s+)*(?:injur(?:y|ies)|wounded)\b", re.I), ("injured",)),
    (re.compile(r"\b(?:no ?one|nobody|none(?: of (?:them|the [a-z]+|those [a-z ]+))?|no (?!figure|number|word|detail|information|report)(?:[a-z]+ ){1,3})\s*(?:was|were|is|has been|had been|came|got|been)? ?(?:reported |seriously )?(?:hurt|harmed|touched|to harm|injured or killed|killed or (?:injured|wounded|hurt)|hit)\b", re.I), ("killed", "injured")),
    (re.compile(r"\b(?:no ?one|nobody|none(?: of (?:them|the [a-z]+))?|no (?!figure|number|word|detail|information|report)(?:[a-z]+ ){1,3})\s*(?:was|were|is|has been|had been|been)? ?(?:reported )?(?:killed|died|dead)\b", re.I), ("killed",)),
    (re.compile(r"\b(?:no ?one|nobody|none(?: of (?:them|the [a-z]+))?|no (?!figure|number|word|detail|information|report)(?:[a-z]+ ){1,3})\s*(?:was|were|is|has been|had been|been)? ?(?:reported )?(?:injured|wounded)\b", re.I), ("injured",)),
    (re.compile(r"\b(?:unharmed|unhurt|unscathed|uninjured|safe and sound|without being harmed|without (?:injury|harm))\b", re.I), ("killed", "injured")),
    (re.compile(r"\b(?:there (?:are|were)|with) no (?:dead|fatalities|deaths)\b", re.I), ("killed",)),
    (re.compile(r"\b(?:no ?one|nobody) (?:has |had )?(?:died|been killed|lost (?:his|her|their) life|was killed)\b", re.I), ("killed",)),
    (re.compile(r"\bcrew (?:(?:and vessel|members) )?(?:is|are|were|was)(?: all)?(?: reported)? safe\b", re.I), ("killed", "injured")),
    (re.compile(r"\bneither human nor material\b", re.I), ("killed", "injured")),
    (re.compile(r"\b(?:did not|didn't) (?:cause|result in|lead to) (?:any )?(?:casualties|injuries|deaths)\b", re.I), ("killed", "injured")),
]  # fmt: skip
# A running total replaces what was told before; "put the toll at" only states somebody's figure.
TOLL = re.compile(
    r"\b(?:(?:death )?toll|number of (?:[a-z]+ ){0,3}?(?:dead|deaths|fatalities|killed|wounded|injured|who (?:have )?died))\b[^.;]{0,110}?\b(?:rose|rises|rising|risen|climbed|climbs|increased|increases|jumped|jumps|grew|grows|grown|reached|reaches|stands|stood|is now|now at|went up|gone up|goes up|passed|passes|up)\b(?: again)?(?: from \w+)? ?(?:to|past|by|at)? ?(?:at least |more than |about |over )?",
    re.I,
)
BRINGING = re.compile(
    r"\b(?:bringing|brings|brought|raising|raised|revised (?:upwards? )?|taking)\s+(?:up )?to\s+(?=[\w,-]+ (?:the|its) (?:[a-z]+ ){0,2}?(?:number|toll|count))|"
    r"\b(?:bringing|bring|brings|brought|raising|raises|raised|taking|takes|pushing|pushed|lifting|lifted|revised)\s+(?:the |its |their )?(?:[a-z]+ ){0,3}?(?:toll|number|count|total|dead|death toll)\b[^.;]{0,40}?\b(?:to|at)\s+(?:at least |more than )?",
    re.I,
)
# A side's word on its own dead: "the number of their dead was 31", "put its own losses at five".
OWN_DEAD = re.compile(
    r"\b(?:their|its|the group's|the army's|the rebels') (?:own )?(?:dead|deaths|losses|fatalities|casualties)\b(?: in [a-z ]{3,20})? (?:was|were|is|are|at|as)\s+(?:at least |more than |about )?",
    re.I,
)
ORDINAL = re.compile(
    r"(?:^|\b(?:a|the) )(?P<n>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth) (?:\w+ ){0,2}?(?:person|protester|man|woman|victim|civilian|soldier|policeman|fisherman|demonstrator|people|life|worker|student|child|boy|girl|bodyguard|officer)\b[^.;]{0,60}?\b(?:died|dies|has died|dead|killed|succumbed|succumbs)\b"
    r"|\bclaimed (?:a|its) (?P<m>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) (?:life|victim)\b",
    re.I,
)
TOLL_UNDO = re.compile(r"\b(?:since|this year|this month|so far this)\b", re.I)


def find_casualties(doc: Doc, party_of: PartyOf) -> list[Casualty]:
    """Every count of killed and wounded in `doc`, in text order; `party_of` says what a victims' noun is."""
    found: list[Casualty] = []
    lexicon = cues()
    for sent in doc.sents:
        found += _zeros(sent)
        tolls = _tolls(sent)
        found += tolls
        for cue in sent:
            entry = lexicon.get(cue.lemma_.lower()) or lexicon.get(cue.lower_)
            if entry is None or not _is_cue(cue, entry):
                continue
            found += _of_cue(cue, entry, party_of)
    return _without_doubles(_without_withdrawn(doc, sorted(found, key=lambda c: (c.start, c.end))))


def _without_withdrawn(doc: Doc, found: list[Casualty]) -> list[Casualty]:
    """Without figures that the text calls out of date, where it gives another (ruling 1)."""
    text = text_of(doc)
    old = [c for c in found if c.best and WITHDRAWN.search(text[max(doc[c.cue].sent.start_char, c.start - 70) : c.start])]
    if not old:
        return found
    kinds = {c.kind for c in found if c not in old and c.best}
    return [c for c in found if c not in old or c.kind not in kinds]


DEATH_TOLD = re.compile(r"\b(?:kill|dead|death|die[sd]?\b|bod(?:y|ies)\b|corpse|alive|slain|murder|shot)", re.I)


def _is_cue(cue: Token, entry: tuple[str, str]) -> bool:
    _kind, role = entry
    if role in ("object", "subject") and cue.pos_ not in ("VERB", "AUX", "ADJ", "NOUN"):
        return False
    if cue.lower_ == "shot" and cue.pos_ == "NOUN":
        return False
    if cue.lemma_ == "lose" and not any(c.dep_ == "dobj" and c.tag_ == "NNS" and read_quantity_left(c) for c in cue.children):
        return False
    if cue.lemma_ == "treat" and not re.match(r"\s*(?:\w+ ){0,6}?(?:for|after|by|at|in) ", text_of(cue.doc)[cue.idx + len(cue) :]):
        return False
    if cue.lemma_ == "burn" and cue.pos_ == "VERB" and DEATH_TOLD.search(span_text(cue.sent)):
        return False  # beside dead, "burnt" says how they died, or of what is left of them
    if cue.lemma_ in HARMING and cue.pos_ == "VERB":
        # "three guards were beaten" wounds them; a beating to death kills, a house burnt hurts nobody
        return any(c.dep_ == "auxpass" for c in cue.children) and not any(c.lower_ in ("to", "alive", "down") for c in cue.children)
    if (
        cue.lemma_ in ("injury", "wound", "burn")
        and (role == "noun" or cue.tag_ in ("NN", "NNS"))
        and _resultative(cue) is None
        and cue.lower_ not in ("wounded", "injured")
    ):
        return cue.lemma_ == "injury" and any(c.dep_ == "prep" and c.lower_ == "of" for c in cue.children)
    if (
        (cue.lemma_ in ("price", "sacrifice", "down", "fatally", "bruise", "shrapnel") or cue.lower_ in LIMBS)
        and role == "noun"
        and _resultative(cue) is None
    ):
        return False
    return not (role == "noun" and cue.lower_ in ("dead", "wounded", "injured", "hurt") and cue.pos_ == "VERB")


def _of_cue(cue: Token, entry: tuple[str, str], party_of: PartyOf) -> list[Casualty]:
    kind, role = entry
    if cue.lemma_ in HARMING and cue.pos_ == "VERB":
        role = "object"
    elif cue.lemma_ == "wound" and cue.tag_ in ("NN", "NNS"):
        role = "noun"
    found: list[Casualty] = []
    if any(c.dep_ == "neg" for c in cue.children) or _no_subject(cue) or _is_backdrop(cue):
        return found
    if role == "noun":
        heads = _noun_heads(cue)
    else:
        heads = _victims(cue, role)
    for head in heads:
        if (whole := _whole_before(head)) is not None:
            found += _casualty(cue, whole, kind, party_of)
        for noun in _conjuncts(head):
            found += _casualty(cue, noun, kind, party_of)
    return found


AVENGED = re.compile(r"\b(?:revenge|retaliation|reprisal|vengeance|retribution)s? (?:for|over|after) (?:[a-z]+ ){0,3}$", re.I)


def _is_backdrop(cue: Token) -> bool:
    """Whether a casualty word hangs from what names it as a reason: "in revenge for the killing of", "protesting the death of"."""
    if AVENGED.search(text_of(cue.doc)[max(cue.sent.start_char, cue.idx - 40) : cue.idx]):
        return True
    node = cue
    for _ in range(5):
        if node.dep_ not in ("pobj", "dobj", "prep", "pcomp", "relcl", "acl"):
            return False
        node = node.head
        if node.lemma_.lower() in BACKDROP:
            return True
    return False


def _whole_before(head: Token) -> Token | None:
    """The counted noun that a part put into its place: "six children - three of them girls - were killed"."""
    if not any(c.dep_ == "prep" and c.lower_ == "of" and any(g.lower_ in ("them", "whom") for g in c.children) for c in head.children):
        return None
    before = [t for t in head.doc[head.sent.start : head.left_edge.i] if t.tag_ == "NNS" and read_quantity_left(t)]
    return before[-1] if before and head.left_edge.i - before[-1].i <= 3 else None


def _no_subject(cue: Token) -> bool:
    return any(
        c.dep_ in ("nsubj", "nsubjpass")
        and (
            c.lower_ in ("nobody", "none", "noone", "neither")
            or any(g.lower_ == "no" and g.nbor(1).lower_ not in ("fewer", "less", "more") for g in c.lefts)
        )
        for c in cue.children
    )


def _noun_heads(cue: Token) -> list[Token]:
    """For "five dead", "left 12 people wounded", "the bodies of seven men", "the death of a soldier"."""
    doc = cue.doc
    verb = _resultative(cue)
    if verb is not None:
        own = [c for c in cue.children if c.dep_ == "dobj" and c.i > cue.i]
        return own or _victims(
            verb,
            "subject" if verb.lemma_ in ("lose", "sustain", "suffer", "receive", "have", "nurse", "escape", "pay", "make") else "object",
        )
    if cue.lower_ in ("dead", "wounded", "injured", "hurt") and cue.pos_ in ("ADJ", "VERB", "NOUN"):
        if cue.dep_ in ("acomp", "attr") and cue.head.lemma_ in ("be", "lie", "find"):
            return [c for c in cue.head.children if c.dep_ in ("nsubj", "nsubjpass")]
        if any(read_quantity(c) for c in cue.lefts):
            return [cue]
        if cue.i and read_quantity(doc[cue.i - 1]):
            return [doc[cue.i - 1]]
        if reported := _reported(cue):
            return reported
        if cue.dep_ in ("oprd", "acomp", "ccomp", "xcomp", "amod", "acl", "conj", "dep", "advcl") and cue.i:
            for t in reversed(doc[max(cue.sent.start, cue.i - 4) : cue.i]):
                if t.pos_ in ("NOUN", "PROPN") and quantity_of(t) and t.lower_ not in MEASURES:
                    return [t]
                if t.pos_ in ("VERB", "AUX", "PUNCT"):
                    break
        return []
    of = [g for c in cue.children if c.dep_ == "prep" and c.lower_ == "of" for g in c.children if g.dep_ == "pobj"]
    if of:
        return of
    if any(read_quantity(c) for c in cue.lefts):
        return [cue]
    return [c for c in cue.lefts if c.dep_ == "poss" and c.ent_type_ == PERSON_ENT]


def _resultative(cue: Token) -> Token | None:
    """The verb of "shot dead", "gunned down", "fatally stabbed", "beaten to death", "lost their lives"; None for other uses."""
    if cue.lower_ == "dead":
        if (
            cue.head.pos_ == "VERB"
            and cue.head.lemma_ in ("shoot", "gun", "strike", "find", "hack", "stab", "leave")
            and cue.head.lemma_ != "leave"
        ):
            return cue.head
        if cue.i and cue.nbor(-1).lemma_ in ("shoot", "find") and cue.nbor(-1).pos_ == "VERB":
            return cue.nbor(-1)
    if cue.lower_ == "down" and cue.head.lemma_ in ("gun", "mow", "cut") and cue.head.pos_ == "VERB" and cue.dep_ == "prt":
        return cue.head
    if cue.lower_ == "fatally" and cue.head.lemma_ in ("shoot", "stab", "wound", "injure", "hit", "strike", "beat"):
        return cue.head
    if cue.lower_ == "death" and cue.head.lower_ == "to" and cue.head.head.pos_ == "VERB" and not list(cue.children):
        return cue.head.head
    if cue.lemma_ in ("injury", "wound", "burn", "bruise", "shrapnel") and cue.dep_ == "dobj" and cue.head.lemma_ in SUFFERING:
        return cue.head
    if cue.lemma_ in ("injury", "wound", "burn") and cue.dep_ == "pobj" and cue.head.lower_ == "with" and cue.head.head.lemma_ == "escape":
        return cue.head.head
    if cue.lower_ in LIMBS:
        if cue.dep_ == "dobj" and (
            cue.head.lemma_ == "lose" or (cue.head.lemma_ == "have" and any(c.dep_ == "acl" and c.tag_ == "VBN" for c in cue.children))
        ):
            return cue.head
        if cue.dep_ == "pobj" and cue.head.lower_ == "in" and cue.head.head.lemma_ in ("hit", "shoot", "stab", "graze", "strike"):
            return cue.head.head
        return None
    if cue.lemma_ == "life" and cue.dep_ == "dobj" and cue.head.lemma_ == "lose":
        return cue.head
    if cue.lemma_ in ("price", "sacrifice") and cue.dep_ == "dobj" and cue.head.lemma_ in ("pay", "make"):
        return cue.head if any(c.lower_ in ("supreme", "ultimate") for c in cue.children) else None
    return None


def _casualty(cue: Token, noun: Token, kind: str, party_of: PartyOf) -> list[Casualty]:
    noun = _counted_noun(cue, noun)
    lower, lemma = noun.lower_, noun.lemma_.lower()
    if lower in NON_VICTIMS or lemma in NOT_VICTIMS or ((lower in MEASURES or lemma in MEASURES) and not _is_chief(noun)):
        return []
    if noun.ent_type_ in ("DATE", "TIME", "MONEY", "PERCENT") and not (noun.dep_ in ("nsubjpass", "dobj") and noun.pos_ == "NUM"):
        return []  # "were killed on 24 April" counts no Aprils
    q = quantity_of(noun)
    part = _is_part(noun)
    if q is None or (
        cue.lower_ in ("wounded", "injured", "dead")
        and re.search(r"\b(?:of|among) (?:the|those) (?:\w+ )?$", cue.doc[max(0, cue.i - 3) : cue.i].text_with_ws, re.I)
    ):
        return []  # "two of the five wounded died" counts no wounded
    told_of = _of_whom(noun)
    party = "people" if noun.lower_ in ORDINALS else party_of(told_of)
    numbered = noun.doc.char_span(q.start, q.end, alignment_mode="expand")
    explicit = numbered is not None and any(read_quantity(t) for t in numbered)
    if not explicit and lemma in COLLECTIVES:
        return []  # "killed a family" is no count of one
    if party == "other" and (
        cue.lemma_ == "lose" or cue.lemma_ in HARMING or cue.lower_ in LIMBS or (not explicit and not _must_be_person(cue, noun))
    ):
        return []
    dets = {c.lower_ for c in noun.lefts if c.dep_ in ("det", "poss", "predet", "nummod")}
    known = not explicit and not dets & {"a", "an", "another", "one"} and noun.lower_ not in ("one", "another")
    end = max(q.end, noun.idx + len(noun)) if noun.idx - q.end < 40 else q.end
    return [
        Casualty(
            kind, q.best, q.low, q.high, q.vague, q.start, max(end, q.end), cue.idx, cue.idx + len(cue), told_of.i, cue.i,
            party, part=part, others=any(c.lower_ in ("other", "others", "another", "more", "further", "additional") for c in noun.subtree if abs(c.i - noun.i) < 4)
            or noun.lower_ in ("others", "another"),
            known=known,
        )
    ]  # fmt: skip


def _counted_noun(cue: Token, noun: Token) -> Token:
    """The noun that has the number: "a total of 17 persons", "a family of seven", "shot them dead" of those named before."""
    if noun.lemma_.lower() in COLLECTIVES or noun.lower_ in ("total", "number", "rest"):
        of = [g for c in noun.children if c.dep_ == "prep" and c.lower_ == "of" for g in c.children if g.dep_ == "pobj"]
        if of and any(_is_number(t) for t in (of[0], *of[0].lefts)):
            return of[0]
    if noun.lower_ == "them" and noun.i < cue.i + 2:
        before = [t for t in noun.doc[noun.sent.start : cue.i] if t.tag_ == "NNS" and t.dep_ == "dobj" and t.lower_ not in MEASURES]
        if before and read_quantity_left(before[-1]):
            return before[-1]
    return noun


def read_quantity_left(noun: Token) -> bool:
    """Whether a number stands before a noun in its own phrase."""
    return any(read_quantity(c) is not None for c in noun.lefts if c.dep_ in ("nummod", "amod"))


def _of_whom(noun: Token) -> Token:
    """Whom a bare number counts: "three of the gunmen" are gunmen."""
    if _is_number(noun) or noun.lower_ in VAGUE:
        for c in noun.children:
            if c.dep_ == "prep" and c.lower_ == "of":
                for g in c.children:
                    if g.dep_ == "pobj" and g.pos_ in ("NOUN", "PROPN"):
                        return g
    return noun


def _is_chief(noun: Token) -> bool:
    """Whether "head" is a person: "the head of the village", not 40 head of cattle."""
    return noun.lower_ == "head" and noun.tag_ == "NN" and not any(c.dep_ == "nummod" for c in noun.lefts)


def _must_be_person(cue: Token, noun: Token) -> bool:
    """Whether what was killed can only be a person although no list names it: "the ward head of the village"."""
    result = _resultative(cue)
    if cue.lemma_ not in KILLING and (result is None or result.lemma_ in ("lose", "have", "suffer")):
        return False
    if noun.lower_ == "old":
        return True  # "a 22-year-old"
    if noun.tag_ not in ("NN", "NNP") or noun.ent_type_ in NO_PERSON_ENTS:
        return False
    if noun.tag_ == "NNP" and noun.ent_type_ not in ("", PERSON_ENT, "NORP"):
        return False
    return noun.dep_ in ("dobj", "nsubjpass", "appos", "conj")


# A sentence without one of these words says no zero, or no total: it need not be read pattern by pattern.
ZERO_HINT = re.compile(r"\b(?:no|nobody|none|nor|neither|without|any|not|un(?:harmed|hurt|scathed|injured)|safe)\b|n't", re.I)
TOLL_HINT = re.compile(
    r"\b(?:toll|number|count|total|dead|deaths|losses|fatalities|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)\b",
    re.I,
)


def _zeros(sent: Span) -> list[Casualty]:
    found: list[Casualty] = []
    if not ZERO_HINT.search(span_text(sent)):
        return found
    for pattern, kinds in ZERO_PATTERNS:
        for m in pattern.finditer(span_text(sent)):
            before = span_text(sent)[max(0, m.start() - 40) : m.start()].lower()
            if m.group(0).lower().startswith("any") and not re.search(r"\b(?:not|no|without|never|nor|n't|denied)\b[^.]{0,30}$", before):
                continue
            if re.search(
                r"\b(?:no (?:immediate )?(?:word|information|details?)|not (?:clear|known|immediately)|unclear|did not (?:say|mention|give|comment)|not aware|unaware|could not|no figures?|no (?:immediate )?reports?)\b[^.]{0,30}$",
                before,
            ) or (re.search(r"\b(?:reports?|word) of\b", m.group(0), re.I) and re.search(r"immediate", m.group(0), re.I)):
                # "no immediate reports of casualties" says that nothing is known yet
                continue
            start = sent.start_char + m.start()
            token = sent.doc.char_span(start, sent.start_char + m.end(), alignment_mode="expand")
            index = token.start if token is not None else sent.start
            end = sent.start_char + m.end()
            found += [Casualty(kind, 0, 0, 0, False, start, end, start, end, -1, index) for kind in kinds]
    return found


def _tolls(sent: Span) -> list[Casualty]:
    found: list[Casualty] = []
    if not TOLL_HINT.search(span_text(sent)):
        return found
    for m in ORDINAL.finditer(span_text(sent)):
        group = "n" if m.group("n") else "m"
        value = ORDINALS[m.group(group).lower()]
        start = sent.start_char + m.start(group)
        token = sent.doc.char_span(start, start + len(m.group(group)), alignment_mode="expand")
        if token is not None and not re.search(r"\b(?:wounded|injured|hurt)\b", m.group(0), re.I):
            found.append(
                Casualty(
                    "killed",
                    value,
                    value,
                    value,
                    False,
                    start,
                    start + len(m.group(group)),
                    start,
                    sent.start_char + m.end(),
                    token.start,
                    token.start,
                    toll=True,
                )
            )
    for pattern in (TOLL, BRINGING, OWN_DEAD):
        for m in pattern.finditer(span_text(sent)):
            tail = sent.doc.char_span(sent.start_char + m.end(), min(sent.start_char + m.end() + 1, sent.end_char), alignment_mode="expand")
            if tail is None or TOLL_UNDO.search(span_text(sent)[m.start() : m.end() + 40]):
                continue
            for t in sent.doc[tail.start : min(tail.start + 4, sent.end)]:
                q = read_quantity(t)
                if q and t.i - tail.start < 4:
                    kind = "injured" if re.search(r"\b(?:wounded|injured)\b", m.group(0), re.I) else "killed"
                    found.append(
                        Casualty(
                            kind,
                            q.best,
                            q.low,
                            q.high,
                            q.vague,
                            q.start,
                            q.end,
                            sent.start_char + m.start(),
                            sent.start_char + m.end(),
                            t.i,
                            t.i,
                            toll=pattern is not OWN_DEAD,
                            others=pattern is OWN_DEAD,
                        )
                    )
                    break
    return found


def _without_doubles(found: list[Casualty]) -> list[Casualty]:
    """One casualty a number and kind: the toll reading first, then the first found."""
    kept: list[Casualty] = []
    for c in sorted(found, key=lambda c: (not c.toll, c.start)):
        if any(c.kind == k.kind and c.start < k.end and k.start < c.end for k in kept):
            continue
        if any(
            c.kind != k.kind
            and c.best != 0
            and (c.start, c.end) == (k.start, k.end)
            and abs(k.cue_start - c.start) <= abs(c.cue_start - c.start)
            for k in kept
        ):
            continue
        kept.append(c)
    return sorted(kept, key=lambda c: (c.start, c.kind))
