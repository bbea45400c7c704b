"""Sentences -> events: which sentences tell one and the same event, and how each event is told.

Frames are grouped in reading order by the codebook's rule: same sides, same place, same day is one event;
another day or another place is another event. What a sentence says of these is weighed in founding.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.coding.dates import DateMention
from pipeline.coding.dating import ELSEWHERE, HAPPENED, NEAR, OWN, with_lag
from pipeline.coding.founding import facts_of, load_founding
from pipeline.coding.frames import (
    Event,
    Frame,
    another_day,
    breadth,
    days_between,
    disjoint,
    happened_at,
    is_loose,
    is_specific,
    own_date,
    own_place,
    same_place,
)
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import span_text

# News is of the last weeks; an event told with an older day is recalled, not reported.
OLD_DAYS = 31
OLDER_DAYS = 92  # the same in a round-up, which may be of a quarter
# A digest's heading names a day of the last week.
NEWS_DAYS = 8


def is_round_up(frames: Sequence[Frame]) -> bool:
    """Whether an article lists several events: paragraphs with a place of their own and counts or strong words."""
    places = set()
    for f in frames:
        p = own_place(f)
        if (
            not f.headline
            and f.assertion == "asserted"
            and f.opens_paragraph
            and p is not None
            and is_specific(p)
            and (f.casualties or f.weight >= 2)
        ):
            places.add(p.place.place_id if p.place else p.name)
    return len(places) >= 3


def group(frames: Sequence[Frame], published: str | None) -> list[Event]:
    """The events that frames tell, in order of first mention."""
    events: list[Event] = []
    current: Event | None = None
    last: DateMention | None = None  # the day told last, from which "the same day" counts
    round_up = is_round_up(frames)
    for f in frames:
        if not f.assertion:
            reach = 4 if any(c.best == 0 for c in f.casualties) else 2
            if current is not None and not f.headline and f.index - current.frames[-1].index <= reach:
                _fill(current, f)
            continue
        if events and events[-1].assertion == "aggregate" and f.index - events[-1].frames[-1].index == 1 and _goes_on(f):
            events[-1].frames.append(f)
            events[-1].why.append("goes on about the events summed before")
            continue
        if f.assertion != "asserted":
            events.append(Event(f.assertion, [f], own_date(f, last), own_place(f), [f"{f.assertion}: {_cue_text(f)}"]))
            continue
        event, why, assertion = _place_frame(f, events, current, last, published, round_up)
        if event is None:
            event = Event(assertion, [], None, None, [why])
            events.append(event)
        else:
            event.why.append(why)
        founded = not event.frames
        _join(event, f, last)
        if founded and event.assertion == "asserted":
            _set_scene(event, f, frames, last)
        last = own_date(f, last) or last or event.date
        if event.assertion == "asserted":
            current = event
    for told in events:
        if told.assertion == "asserted" and _long_ago(told.date, published, round_up):
            told.assertion = "background"  # a court or an anniversary tells the day only after the deed (ruling 15)
            told.why.append("its day is long before publication: recalled")
    return events


# So many sentences before the one that tells an event may have set its scene.
SCENE_REACH = 2


def _set_scene(event: Event, f: Frame, frames: Sequence[Frame], last: DateMention | None) -> None:
    """Give a new event the day and place of the sentences that lead up to it in its paragraph, where it has none of its own.

    "On the night of Sept. 22-23 troops went after a cell at Loy Bagh. They came under fire. Twelve fighters were killed."
    A sentence that tells an event of its own ends the look back.
    """
    for before in reversed([g for g in frames if f.index - SCENE_REACH <= g.index < f.index]):
        if before.assertion == "asserted" or before.headline or before.paragraph != f.paragraph:
            return
        if before.cues.get("past"):
            continue
        date, place = own_date(before, last, past=True), own_place(before)
        if event.date is None and date is not None and date.grip >= NEAR and (date.prec or 9) <= 2:
            event.date = date
        if event.place is None and place is not None and is_specific(place):
            event.place = place


GOES_ON = re.compile(
    r"\s*(?:those|these|such|the|all the) (?:[\w-]+ ){0,2}?(?:attacks|strikes|raids|incidents|clashes|bombings|killings|airstrikes|"
    r"kidnappings|shootings|deaths|operations)\b",
    re.IGNORECASE,
)


def _goes_on(f: Frame) -> bool:
    """Whether a sentence takes up the several events of the one before: "Those strikes killed at least 10"."""
    return GOES_ON.match(span_text(f.sent)) is not None and not any(d.prec == 1 and d.kind == "point" for d in f.dates)


JOINED = re.compile(
    r"\s*(?:,|,? and|,? as well as|,? or)(?: also)?(?: (?:in|at|near|outside))?(?: the)?"
    r"(?: (?:towns?|cities|villages?|districts?|provinces?) of)?\s*"
)


def apart(event: Event) -> list[Event]:
    """An event told of several places at once, without a count: one event a place ("Rallies were held in Najaf and Kut").

    The codebook: different places are separate events, even in one sentence; where one toll covers several places,
    it is one event at the place named first.
    """
    if event.assertion != "asserted" or any(c.best for _, c in event.casualties) or event.place is None or not is_specific(event.place):
        return [event]
    frame = next((f for f in event.frames if event.place in f.places), None)
    if frame is None or frame.headline:
        return [event]
    text = span_text(frame.sent)
    places = sorted((p for p in frame.places if p.role == "event" and is_specific(p)), key=lambda p: p.start)
    chain: list[PlaceMention] = []
    for p in places:
        between = text[chain[-1].end - frame.sent.start_char : p.start - frame.sent.start_char] if chain else ""
        if chain and not JOINED.fullmatch(between):
            if event.place in chain:
                break
            chain = []
        chain.append(p)
    if event.place not in chain or len(chain) < 2 or any(same_place(a, b) for a, b in pairwise(chain)):
        return [event]
    why = [*event.why, "told of several places: one event each"]
    return [Event(event.assertion, event.frames, event.date, p, why, event.extras) for p in chain]


def _cue_text(f: Frame) -> str:
    return "; ".join(c.text for c in f.cues.values())


def _fill(event: Event, f: Frame) -> None:
    """A sentence without an event of its own may give the day or the place of the event before it."""
    event.extras += [(f, c) for c in f.casualties]
    if not f.cues.get("past"):
        _date_by(event, own_date(f, event.date, past=True))
    place = own_place(f)
    if (
        place is not None
        and (event.place is None or (not is_specific(event.place) and is_specific(place) and same_place(event.place, place)))
        and f.index - event.frames[-1].index <= 1
    ):
        event.place = place


def _date_by(event: Event, date: DateMention | None) -> None:
    """A sentence's day becomes its event's where none is known yet or what is known hangs on another clause."""
    if date is None or ((date.prec or 0) >= 4 and event.date is not None):
        return
    if (
        event.date is None
        or (event.date.grip <= ELSEWHERE and date.grip >= OWN)
        or (is_loose(event.date) and date.grip == HAPPENED)
        or (date.grip >= OWN and _is_within(date, event.date))
    ):
        event.date = date


def _is_within(day: DateMention, span: DateMention) -> bool:
    """Whether a day tells more closely what a span of days told: "last week", then "on Monday, May 23"."""
    if day.prec != 1 or (span.prec or 1) < 2 or not (day.date_start and span.date_start and span.date_end):
        return False
    return span.date_start <= day.date_start <= span.date_end and (span.kind == "point" or (span.prec or 1) >= 3)


def _join(event: Event, f: Frame, base: DateMention | None) -> None:
    event.frames.append(f)
    date, place = own_date(f, base or event.date), own_place(f)
    _date_by(event, date)
    if place is not None and (
        event.place is None
        or (breadth(place) < breadth(event.place) and same_place(event.place, place))
        or (event.frames[0].headline and len(event.frames) == 2 and breadth(place) <= breadth(event.place))
    ):
        event.place = place


# Sub-event types where saying it is doing it: a merger announced on Thursday is of Thursday.
ANNOUNCED = frozenset(
    ("Agreement", "Change to group/activity", "Headquarters or base established", "Non-violent transfer of territory", "Other")
)


def event_day(
    published: str | None, event: Event, events: Sequence[Event], frames: Sequence[Frame]
) -> tuple[DateMention | None, str | None]:
    """The day of an event and its basis: its own words, else the day its digest is of, the days of its fellow events, of the
    statement, or of publication. A statement and an article tell the news of their day or of the day before.
    """
    d = event.date
    if d is not None and d.date_start:
        return d, d.basis
    if event.assertion != "asserted":
        return None, None
    said = next((s for f in event.frames[:2] for s in f.said if s.date_start), None)
    for other in (_heading_day(frames, published), _fellow_day(event, events, said)):
        if other is not None:
            return other, other.basis
    if said is not None:
        acts = [t for f in event.frames for t in f.acts]
        spoken = bool(acts) and all(t.sub_event_type in ANNOUNCED for t in acts)
        return (said if spoken else with_lag(said)), said.basis
    if published is None:
        return None, None
    day = DateMention(0, 0, published, published, 1, "publication")
    return with_lag(day), "publication"


def _heading_day(frames: Sequence[Frame], published: str | None) -> DateMention | None:
    """The day that a digest names over its items: "Daily log, Tuesday 16 August", "the following happened on Monday"."""
    for f in frames:
        if f.assertion == "asserted":
            return None
        for d in (*f.dates, *f.said):
            day = d.date_start if d.prec == 1 and d.kind == "point" and (f.headline or f.paragraph <= 2) else None
            if day and (published is None or 0 <= days_between(published, day) <= NEWS_DAYS):
                return d
    return None


def _fellow_day(event: Event, events: Sequence[Event], said: DateMention | None) -> DateMention | None:
    """The day of the event told before, else of the one after: undated paragraphs go on in the time of their article.

    Where the event's own sentences date a statement, only an event told after it can say more.
    """
    told = [e for e in events if e.assertion == "asserted"]
    here = told.index(event)
    before = [e.date for e in reversed(told[:here]) if e.date is not None and e.date.date_start and (e.date.prec or 1) <= 2]
    after = [e.date for e in told[here + 1 :] if e.date is not None and e.date.date_start and (e.date.prec or 1) <= 2]
    if said is not None:
        return next((d for d in after if (d.date_start or "") <= (said.date_start or "")), None)
    return next(iter((*before, *after)), None)


def _place_frame(
    f: Frame, events: list[Event], current: Event | None, last: DateMention | None, published: str | None, round_up: bool
) -> tuple[Event | None, str, str]:
    """Which event an asserted frame belongs to (None for a new one), why, and how a new one is told."""
    asserted = [e for e in events if e.assertion == "asserted"]
    date = own_date(f, last)
    place = own_place(f)
    long_ago = _long_ago(date, published, round_up)
    if not asserted or current is None or current.assertion != "asserted":
        if long_ago and not f.headline:
            return None, "told with a day long before publication", "background"
        return None, "the first event told", "asserted"
    if current.headline_only and len(asserted) == 1:
        if long_ago:
            current.assertion = "background"
        return current, "tells what the headline says", current.assertion
    if f.listed and (f.weight >= 1 or f.casualties):
        return None, "a list item of its own", "asserted"
    answer = load_founding().answer(facts_of(f, events, current, date, place, published, round_up))
    why = f"{', '.join(answer.because)} (probability {answer.chance:.2f})"
    if answer.what == "new":
        if long_ago:
            return None, f"another event, long before publication: {why}", "background"
        if _sums_up_others(f, asserted, date, place):
            return None, f"a toll larger than any told, of no day and place: {why}", "aggregate"
        return None, f"another event: {why}", "asserted"
    if answer.what == "recalled":
        return None, f"another event, recalled: {why}", "background"
    for e in reversed(asserted):
        if e is not current and _took_place_as(e, place, date) and not _may_be(current, place, date):
            return e, "same place and day as an event told before", "asserted"
    return current, f"goes on: {why}", "asserted"


def _long_ago(date: DateMention | None, published: str | None, round_up: bool) -> bool:
    """Whether a day is so long before publication that its event is recalled, not reported."""
    if date is None or not published or not date.date_end:
        return False
    return days_between(published, date.date_end) > (OLDER_DAYS if round_up else OLD_DAYS)


def _sums_up_others(f: Frame, asserted: Sequence[Event], date: DateMention | None, place: PlaceMention | None) -> bool:
    """Whether a toll without a day or a place of its own is a sum: events are told apart by these, and a greater toll would lead."""
    if date is not None or (place is not None and is_specific(place)) or f.weight >= 3:
        return False
    dead = max((c.best or 0 for c in f.casualties if c.kind == "killed"), default=0)
    return dead >= 10 and dead > max((c.best or 0 for e in asserted for _, c in e.casualties if c.kind == "killed"), default=0)


def _took_place_as(event: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether an event told before has this very place, or this day where no place is said."""
    if place is not None and is_specific(place):
        return happened_at(event, place, date)
    return (
        date is not None
        and event.date is not None
        and bool(date.date_start and event.date.date_start)
        and not disjoint(date, event.date)
        and (place is None or event.place is None or same_place(event.place, place))
    )


def _may_be(event: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether nothing said of place and day speaks against an event."""
    return not another_day(event, date) and (place is None or event.place is None or same_place(event.place, place))
