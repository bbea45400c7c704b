"""Which day of a text belongs to which event: how firmly a date is tied to an event word, and what stands in where none is.

dates.py reads a day from its words; here grammar says whose day it is. "Police on Friday obtained warrants over
Monday's bombing" dates the bombing by Monday; "officials said on Tuesday" dates the statement.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from spacy.tokens import Doc, Span, Token

from pipeline.coding.assertion import MODALS, REPORTING
from pipeline.coding.dates import DateMention, prec_of
from pipeline.coding.lexicon import word_set
from pipeline.coding.texts import text_of

# How firmly a date is tied to the event of its sentence (DateMention.grip).
PLANNED, ELSEWHERE, NEAR, OWN, HAPPENED = 0, 1, 2, 3, 4
# An article that names no day tells what happened on its day or the day before; a statement likewise.
NEWS_LAG = dt.timedelta(days=1)
HAPPEN, BACK, PLAN, ANSWER, MESSAGE = (word_set(name, "date_words.csv") for name in ("happen", "back", "plan", "answer", "message"))
RECOUNT, TALLY = (word_set(name, "date_words.csv") for name in ("recount", "tally"))
LATE_DEATH, LATE_DEATH_OF, LATE_DEATH_IN = (word_set(f"late_death{end}", "date_words.csv") for end in ("", "_of", "_in"))


def is_said(doc: Doc, d: DateMention) -> bool:
    """Whether a date is when somebody said it ("police said on Tuesday"), not when it happened.

    "stormed the town on Monday, a mayor said" dates the storming: the speaker stands between the day and the
    verb, and another verb before the day.
    """
    span = doc.char_span(d.start, d.end, alignment_mode="expand")
    if span is None:
        return False
    before = doc[max(0, span.start - 2) : span.start].text.lower()
    verb = _top(span)
    if verb.pos_ == "VERB" and (verb.lemma_ in ANSWER or any(c.dep_ == "dobj" and c.lemma_ in MESSAGE for c in verb.children)):
        return True
    if _is_recount(verb):
        return True
    node = span.root
    for _ in range(3):
        head = node.head
        if head.lemma_ in REPORTING and head.pos_ == "VERB":
            subjects = [c for c in head.children if c.dep_ in ("nsubj", "nsubjpass")]
            if any(c.dep_ in ("nsubjpass", "auxpass") for c in head.children):
                return False  # "fighting was reported on Monday" dates the fighting
            if subjects and span.end <= subjects[0].left_edge.i < head.i and _verb_before(doc, span):
                return False
            return not (head.lemma_ in ("claim", "release", "issue") and head.i > span.end) and abs(span.start - head.i) <= 8
        if head.pos_ == "ADP" or head.dep_ in ("prep", "pobj", "npadvmod"):
            node = head
            continue
        break
    return bool(re.search(r"\b(?:said|told \w+|announced|reported)(?: on)?$", before))


def _verb_before(doc: Doc, span: Span) -> bool:
    start = doc[span.start].sent.start
    return any(t.pos_ == "VERB" for t in doc[start : span.start])


def with_grip(doc: Doc, d: DateMention, heads: Collection[int]) -> DateMention:
    """The date with how firmly it is tied to the event words, whose tokens `heads` are."""
    return replace(d, grip=grip_of(doc, d, heads))


def grip_of(doc: Doc, d: DateMention, heads: Collection[int]) -> int:
    """PLANNED (of a day to come), ELSEWHERE (of another clause), NEAR, OWN (of the event word) or HAPPENED ("took place on")."""
    span = doc.char_span(d.start, d.end, alignment_mode="expand")
    if span is None:
        return NEAR
    inside = set(range(span.start, span.end))
    node = _top(span)
    for _ in range(6):
        if _is_late_death(node):
            return ELSEWHERE
        if node.i in heads and node.i not in inside:
            return PLANNED if _is_plan(node) else OWN
        if node.pos_ in ("VERB", "AUX") and node.i not in inside:
            break
        if node.head == node:
            return NEAR
        node = node.head
    if node.pos_ not in ("VERB", "AUX"):
        return NEAR
    if _is_plan(node):
        return PLANNED
    if node.lemma_ in HAPPEN and _dates_its_subject(node, heads):
        return HAPPENED
    if not heads:
        return NEAR if node.dep_ in ("ROOT", "conj", "ccomp") and node.tag_ in ("VBD", "VBN", "VBP", "VBZ") else ELSEWHERE
    if node.dep_ in ("relcl", "acl"):
        return OWN if node.head.i in heads else ELSEWHERE
    if any(_is_under(doc[i], node) for i in heads):
        return NEAR
    up = node
    for _ in range(4):
        if up.head == up:
            break
        if up.dep_ == "advcl" and any(c.dep_ == "mark" and c.lower_ in BACK for c in up.children):
            return ELSEWHERE
        up = up.head
        if up.i in heads:
            return NEAR
    return ELSEWHERE


def _is_recount(verb: Token) -> bool:
    """Whether a verb brings a toll up to date: what it dates is the news of it."""
    return verb.lemma_ in RECOUNT and any(
        c.lemma_.lower() in TALLY and c.dep_ in ("dobj", "nsubj", "nsubjpass", "attr") for c in verb.children
    )


def _is_late_death(verb: Token) -> bool:
    """Whether a verb tells that somebody wounded died afterwards: in hospital, of wounds."""
    if verb.lemma_ not in LATE_DEATH or verb.pos_ != "VERB":
        return False
    tied = [(p.lower_, n.lemma_.lower()) for p in verb.children if p.dep_ == "prep" for n in p.children if n.dep_ == "pobj"]
    return any(n in (LATE_DEATH_IN if p in ("in", "at") else LATE_DEATH_OF if p in ("of", "from", "to") else ()) for p, n in tied)


def _top(span: Span) -> Token:
    """The token of a date phrase that hangs on the rest of the sentence."""
    node = span.root
    return node if node.head == node or node.pos_ in ("VERB", "AUX") else node.head


def _dates_its_subject(verb: Token, heads: Collection[int]) -> bool:
    """Whether a verb of happening has an event or a pronoun for it as its subject: "it started", "the raid took place"."""
    subject = next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass")), None)
    if subject is None or subject.tag_ in ("WDT", "WP"):
        return verb.dep_ in ("relcl", "acl") and verb.head.i in heads
    return (
        subject.i in heads
        or subject.lower_ in ("it", "this", "that")
        or subject.lemma_.lower() in ("incident", "violence", "trouble", "event")
    )


def _is_under(token: Token, verb: Token) -> bool:
    """Whether an event word hangs on a verb as what it does or undergoes, not behind "after", "over" or in a clause on a noun."""
    node = token
    for _ in range(8):
        if node == verb:
            return True
        if node.head == node or node.dep_ in ("relcl", "acl"):
            return False
        if node.dep_ == "compound" or (node.dep_ == "prep" and node.lower_ in BACK):
            return False
        if node.dep_ in ("advcl", "pcomp") and any(c.dep_ == "mark" and c.lower_ in BACK for c in node.children):
            return False
        node = node.head
    return False


def _is_plan(verb: Token) -> bool:
    """Whether a verb speaks of a day to come: "will", "is to meet", "is planned"."""
    children = list(verb.children)
    if any(c.dep_ == "aux" and c.lower_ in MODALS for c in children):
        return True
    if verb.lemma_ in PLAN and any(c.dep_ in ("auxpass", "aux") and c.lower_ in ("is", "are", "was", "were") for c in children):
        return True
    return verb.dep_ == "xcomp" and verb.head.lemma_ in ("be", *PLAN) and any(c.lower_ == "to" for c in children)


JOINED = re.compile(r"\s*(?:and|until|till|through|to|into)(?: on| the night of)?\s*", re.IGNORECASE)


def joined(text: str, dates: Sequence[DateMention]) -> list[DateMention]:
    """The dates, with two days that "and" or "until" joins ("the fighting of Saturday and Sunday") as one span."""
    out: list[DateMention] = []
    for d in dates:
        last = out[-1] if out else None
        if (
            last is not None
            and last.date_start
            and d.date_end
            and last.prec == d.prec == 1
            and last.kind == d.kind == "point"
            and last.date_start < d.date_end
            and JOINED.fullmatch(text[last.end : d.start])
        ):
            prec = prec_of(dt.date.fromisoformat(last.date_start), dt.date.fromisoformat(d.date_end))
            if prec == 2:
                out[-1] = replace(last, end=d.end, date_end=d.date_end, prec=prec)
                continue
        out.append(d)
    return out


def settle_counted(doc: Doc, dates: Sequence[DateMention], said: Sequence[DateMention], heads: Collection[int]) -> list[DateMention]:
    """Days that are counted from another day of the same sentence, resolved.

    "On Wednesday ordered a probe, three days after air raids" puts the raids on Sunday; "claimed on Tuesday to
    have foiled an attack a day earlier" puts the attack on Monday.
    """
    out = []
    for d in dates:
        if d.kind == "anaphor" and d.shift and d.shift % 30:
            anchor = next((x for x in (*dates, *said) if x.date_start and x.prec == 1 and x.kind == "point" and x.end <= d.start), None)
            after = re.search(r"\bafter$", text_of(doc)[d.start : d.end], re.IGNORECASE) is not None
            behind = {i for i in heads if doc[i].idx >= d.end}
            if anchor is not None and d.shift < 0 and not after:
                d = shifted(d, anchor, d.shift)
            elif anchor is not None and after and behind and behind == set(heads):
                d = replace(shifted(d, anchor, -d.shift), grip=OWN)
        out.append(d)
    return out


def shifted(d: DateMention, anchor: DateMention, days: int) -> DateMention:
    """A counted mention as a day of its own: the anchor's day moved by `days`."""
    assert anchor.date_start is not None
    day = (dt.date.fromisoformat(anchor.date_start) + dt.timedelta(days=days)).isoformat()
    return replace(d, date_start=day, date_end=day, prec=1, basis="relative", kind="point")


def with_lag(d: DateMention) -> DateMention:
    """The day of a statement as the days its news may be of: that day or the one before."""
    if not d.date_start or not d.date_end:
        return d
    start, end = dt.date.fromisoformat(d.date_start) - NEWS_LAG, dt.date.fromisoformat(d.date_end)
    return replace(d, date_start=start.isoformat(), prec=prec_of(start, end))
