"""What a coding did, step by step, for whoever asks why: which rule fired on which words, to what effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.coding.counts import Casualty
from pipeline.coding.dates import DateMention
from pipeline.coding.events import Trigger
from pipeline.coding.frames import Event, Frame
from pipeline.coding.mentions import ActorMention
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import first_char, span_text, text_of
from pipeline.models import Report

# Of a sentence as many characters stand in its step; its offsets have the rest.
SHOWN_CHARACTERS = 80
NAME_CHARACTERS = 48


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a coding: the rule, the words it fired on with their half-open offsets, the effect in words."""

    step: str
    words: str
    start: int
    end: int
    effect: str


def text_steps(frames: Sequence[Frame], people: Sequence[ActorMention]) -> Iterator[Step]:
    """What was found in each sentence, in the order of the text; first how the sentence is taken."""
    for f in frames:
        yield _sentence(f)
        found = [*_event_words(f), *_counts(f), *_dates(f), *_places(f), *_people(f, people)]
        found += [Step("cue", c.text, c.start, c.end, c.kind) for c in f.cues.values()]
        yield from sorted(found, key=lambda s: (s.start, s.end, s.step, s.effect))


def event_steps(told: Sequence[tuple[Event, Report | None]], kept: Sequence[Report]) -> Iterator[Step]:
    """Which sentences were taken as one event, and whether it gave a report. `kept` are the reports that stay."""
    for number, (event, report) in enumerate(told, 1):
        first, last = event.frames[0].sent, event.frames[-1].sent
        sentences = "1 sentence" if len(event.frames) == 1 else f"{len(event.frames)} sentences"
        if report is None:
            became = "no report: too little is said of it"
        elif report not in kept:
            became = "no report: another one says the same, or it only sums up the others"
        else:
            became = "gives a report"
        start = first.start_char + len(first.text) - len(first.text.lstrip())
        why = f" ({'; '.join(event.why)})" if event.why else ""
        effect = f"event {number}, {event.assertion}, {sentences}{why}: {became}"
        yield Step("event", _opening(first.text), start, last.start_char + len(last.text.rstrip()), effect)


def _opening(text: str) -> str:
    return text.strip()[:SHOWN_CHARACTERS]


def _name(pattern: str) -> str:
    """A rule's pattern as its name, cut where it lists more words than tell it apart."""
    return pattern if len(pattern) <= NAME_CHARACTERS else pattern[: NAME_CHARACTERS - 1] + "…"


def _sentence(f: Frame) -> Step:
    start = first_char(f.sent)
    effect = f.assertion or "tells no event"
    if f.chances:
        label, chance = max(f.chances.items(), key=lambda kv: (kv[1], kv[0]))
        effect += f" (the learned reader: {label}, {chance:.2f})"
    return Step("sentence", _opening(span_text(f.sent)), start, f.sent.start_char + len(span_text(f.sent).rstrip()), effect)


def _event_words(f: Frame) -> Iterator[Step]:
    def words(name: str, t: Trigger, effect: str) -> Step:
        return Step(name, text_of(f.sent.doc)[t.start_char : t.end_char], t.start_char, t.end_char, effect)

    for t in f.acts:
        yield words("event word", t, f"{t.sub_event_type}, weight {t.weight} (rule {_name(t.pattern)})")
    for t in f.means:
        yield words("weapon", t, f"{t.sub_event_type}, weight {t.weight} (rule {_name(t.pattern)})")
    for t in f.planned:
        yield words("not told as happened", t, f"{t.sub_event_type} (rule {_name(t.pattern)})")


def _counts(f: Frame) -> Iterator[Step]:
    def effect(c: Casualty) -> str:
        low, best, high = ("not stated" if n is None else str(n) for n in (c.low, c.best, c.high))
        notes = [c.party, *(name for name, holds in (("vague", c.vague), ("running total", c.toll), ("part of another", c.part)) if holds)]
        return f"{c.kind}: best {best}, low {low}, high {high} ({', '.join(n for n in notes if n)})"

    for c in f.casualties:
        yield Step("count", text_of(f.sent.doc)[c.start : c.end], c.start, c.end, effect(c))


def _dates(f: Frame) -> Iterator[Step]:
    def effect(d: DateMention) -> str:
        if not d.date_start:
            return "a day that cannot be resolved"
        return d.date_start if d.date_start == d.date_end else f"{d.date_start} to {d.date_end}"

    text = text_of(f.sent.doc)
    for d in f.dates:
        yield Step("date", text[d.start : d.end], d.start, d.end, effect(d))
    for d in f.said:
        yield Step("date of the statement", text[d.start : d.end], d.start, d.end, effect(d))


def _places(f: Frame) -> Iterator[Step]:
    def effect(p: PlaceMention) -> str:
        if p.place is None:
            where = "not in the gazetteer"
        else:
            where = ", ".join(part for part in (p.place.name, p.place.admin1, p.place.country) if part)
        role = "" if p.role == "event" else f"; not where it happened: {p.role}"
        return f"{where}; precision {p.where_prec}{role}"

    text = text_of(f.sent.doc)
    for p in f.places:
        yield Step("place", text[p.phrase_start : p.phrase_end], p.phrase_start, p.phrase_end, effect(p))


def _people(f: Frame, people: Sequence[ActorMention]) -> Iterator[Step]:
    for m in people:
        if f.sent.start_char <= m.start < f.sent.end_char:
            name = m.name or (f"of {m.country}" if m.country else "without a name")
            yield Step("who", m.text, m.start, m.end, f"{m.kind}: {name}")
