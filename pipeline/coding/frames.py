"""Sentences -> events: which sentences tell one and the same event, and how each event is told.

A frame is what one sentence says: event words, counts, dates, places, people. Frames are grouped in
reading order by the codebook's rule: same sides, same place, same day is one event; another day or
another place is another event. A frame without a day or place of its own continues the event before it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from spacy.tokens import Span

from pipeline.coding.assertion import Cue
from pipeline.coding.counts import Casualty
from pipeline.coding.dates import DateMention, shift_date
from pipeline.coding.dating import ELSEWHERE, HAPPENED, NEAR, OWN, PLANNED, with_lag
from pipeline.coding.events import Trigger
from pipeline.coding.founding import facts_of, load_founding
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import span_text
from pipeline.gazetteer import distance_km

# Two mentions of one event's place may be a village and its town; further apart they are two places.
SAME_PLACE_KM = 30.0
# News is of the last weeks; an event told with an older day is recalled, not reported.
OLD_DAYS = 31
# A digest's heading names a day of the last week.
NEWS_DAYS = 8


@dataclass(slots=True)
class Frame:
    """What one sentence says; `assertion` is empty where it tells no event."""

    index: int
    sent: Span
    headline: bool
    paragraph: int
    opens_paragraph: bool
    acts: list[Trigger] = field(default_factory=list)
    means: list[Trigger] = field(default_factory=list)
    planned: list[Trigger] = field(default_factory=list)
    casualties: list[Casualty] = field(default_factory=list)
    dates: list[DateMention] = field(default_factory=list)
    said: list[DateMention] = field(default_factory=list)
    places: list[PlaceMention] = field(default_factory=list)
    cues: dict[str, Cue] = field(default_factory=dict)
    assertion: str = ""
    chances: dict[str, float] = field(default_factory=dict)  # learned label -> probability
    actors: frozenset[str] = frozenset()  # named groups and forces that stand in it
    armed: bool = False  # gunmen, militants or a listed group stand in it
    listed: bool = False  # opens a list item that begins with its place ("3. Al-Yadudah: ...")
    direct: bool = True  # an event word stands in a main clause of the past
    passing: bool = False  # the event word stands in a subordinate recall ("a day after ...")

    @property
    def weight(self) -> int:
        """The heaviest event word here."""
        return max((t.weight for t in self.acts), default=0)


# Sub-event types that are one kind of matter: fighting and attacks, crowds, and each strategic development by itself.
CROWDS = frozenset(
    ("Peaceful protest", "Protest with intervention", "Excessive force against protesters", "Violent demonstration", "Mob violence")
)
ALONE = frozenset(
    ("Agreement", "Arrests", "Change to group/activity", "Disrupted weapons use", "Headquarters or base established", "Looting/property destruction",
     "Non-violent transfer of territory", "Other", "Abduction/forced disappearance", "Sexual violence")
)  # fmt: skip

# What often only follows another event of the same article.
AFTERMATH = frozenset(("Arrests", "Change to group/activity", "Disrupted weapons use", "Looting/property destruction", "Other"))


def matter(sub_event_type: str) -> str:
    """The kind of matter a sub-event type belongs to: crowds, a development by its own name, or violence."""
    return "crowds" if sub_event_type in CROWDS else sub_event_type if sub_event_type in ALONE else "violence"


def matters(frames: Sequence[Frame], least: int = 2) -> set[str]:
    """The matters that the event words of some frames, of at least this weight, speak of."""
    return {matter(t.sub_event_type) for f in frames for t in f.acts if t.weight >= least}


@dataclass(slots=True)
class Event:
    """A group of frames that tell one event."""

    assertion: str
    frames: list[Frame] = field(default_factory=list)
    date: DateMention | None = None
    place: PlaceMention | None = None
    why: list[str] = field(default_factory=list)
    extras: list[tuple[Frame, Casualty]] = field(default_factory=list)  # "Nobody was hurt" in a sentence of its own

    @property
    def casualties(self) -> list[tuple[Frame, Casualty]]:
        """All counts told of it, with their frames, in order."""
        told = [(f, c) for f in self.frames for c in f.casualties] + self.extras
        return sorted(told, key=lambda fc: (fc[0].index, fc[1].start))

    @property
    def headline_only(self) -> bool:
        """Whether nothing but the headline tells it so far."""
        return all(f.headline for f in self.frames)


def is_specific(place: PlaceMention) -> bool:
    """Whether a mention names a town, site or district, so that another one is another place."""
    if place.place is None:
        return place.where_prec <= 2
    return place.place.kind in ("city", "site", "airbase", "admin2") and place.where_prec <= 3


def same_place(a: PlaceMention, b: PlaceMention) -> bool:
    """Whether two mentions may be one event's place: one name, near each other, or one inside the other."""
    if a.name == b.name:
        return True
    if a.place is None or b.place is None:
        # A village the gazetteer lacks is drawn where its town is: that town may be the same place, another is not.
        if a.place is None and b.place is None:
            return False
        if a.latitude is None or b.latitude is None:
            return not (is_specific(a) and is_specific(b))
        return _km(a, b) <= SAME_PLACE_KM or not (is_specific(a) and is_specific(b))
    pa, pb = a.place, b.place
    if pa.country != pb.country and pa.country and pb.country:
        return False
    if not is_specific(a) or not is_specific(b):
        wide, narrow = (a, b) if not is_specific(a) else (b, a)
        if wide.place and narrow.place and wide.place.kind == "admin1" and narrow.place.admin1:
            return wide.place.name == narrow.place.admin1 or wide.place.admin1 == narrow.place.admin1
        return True
    return distance_km(pa.latitude, pa.longitude, pb.latitude, pb.longitude) <= SAME_PLACE_KM


def _km(a: PlaceMention, b: PlaceMention) -> float:
    """The distance of two mentions that have coordinates, in kilometres."""
    return distance_km(a.latitude or 0.0, a.longitude or 0.0, b.latitude or 0.0, b.longitude or 0.0)


def own_place(frame: Frame) -> PlaceMention | None:
    """The place a frame's event is at: its most specific event place, the first of equals."""
    events = [p for p in frame.places if p.role == "event" and (p.place is not None or p.where_prec <= 2)]
    return min(events, key=lambda p: (_breadth(p), p.where_prec == 2, p.start), default=None)


def _breadth(p: PlaceMention) -> int:
    """How wide a place is: a town before a district before a province before a country."""
    kind = p.place.kind if p.place else "city"
    return {"site": 0, "airbase": 0, "city": 0, "admin2": 1, "admin1": 2, "region": 3, "sea": 2, "country": 4}.get(kind, 3)


def own_date(frame: Frame, base: DateMention | None, *, past: bool = False) -> DateMention | None:
    """The day a frame's event happened on, as far as the sentence says: the date that its event word holds most firmly.

    `base` is the day of the event told before, from which "the same night" and "two days later" count. `past` leaves
    out days to come, as every asserted frame does.
    """
    known: list[DateMention] = []
    for d in frame.dates:
        if d.date_start:
            if d.grip > PLANNED or not (past or frame.assertion == "asserted"):
                known.append(d)
        elif d.kind == "anaphor" and base is not None and base.date_start and (d.shift or d.label == "anaphor2"):
            known.append(shift_date(d, base.date_start, base.date_end or base.date_start))
    return min(known, key=lambda d: ((d.prec or 0) >= 3, -d.grip, d.start), default=None)


def disjoint(a: DateMention, b: DateMention) -> bool:
    """Whether two resolved dates have no day in common."""
    if not (a.date_start and b.date_start):
        return False
    return a.date_start > (b.date_end or b.date_start) or b.date_start > (a.date_end or a.date_start)


def _days(a: str, b: str) -> int:
    return (dt.date.fromisoformat(a) - dt.date.fromisoformat(b)).days


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
        _join(event, f, last)
        last = own_date(f, last) or last or event.date
        if event.assertion == "asserted":
            current = event
    return events


GOES_ON = re.compile(
    r"\s*(?:those|these|such|the|all the) (?:[\w-]+ ){0,2}?(?:attacks|strikes|raids|incidents|clashes|bombings|killings|airstrikes|kidnappings|shootings|deaths|operations)\b",
    re.IGNORECASE,
)


def _goes_on(f: Frame) -> bool:
    """Whether a sentence takes up the several events of the one before: "Those strikes killed at least 10"."""
    return GOES_ON.match(span_text(f.sent)) is not None and not any(d.prec == 1 and d.kind == "point" for d in f.dates)


JOINED = re.compile(r"\s*(?:,|,? and|,? as well as|,? or)(?: also)?(?: (?:in|at|near|outside))?(?: the)?(?: (?:towns?|cities|villages?|districts?|provinces?) of)?\s*")


def apart(event: Event) -> list[Event]:
    """An event told of several places at once, without a count: one event a place ("Rallies were held in Najaf and Kut").

    The codebook: different places are separate events, even in one sentence; where one toll covers several places,
    it is one event at the place named first.
    """
    if event.assertion != "asserted" or event.casualties or event.place is None or not is_specific(event.place):
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
    if event.date is None or (event.date.grip <= ELSEWHERE and date.grip >= OWN) or (_is_loose(event.date) and date.grip == HAPPENED):
        event.date = date


def _is_loose(d: DateMention) -> bool:
    return d.label == "last_night" or d.grip <= NEAR or (d.prec or 1) >= 3


def _join(event: Event, f: Frame, base: DateMention | None) -> None:
    event.frames.append(f)
    date, place = own_date(f, base or event.date), own_place(f)
    _date_by(event, date)
    if place is not None and (
        event.place is None
        or (_breadth(place) < _breadth(event.place) and same_place(event.place, place))
        or (event.frames[0].headline and len(event.frames) == 2 and _breadth(place) <= _breadth(event.place))
    ):
        event.place = place


def is_redated(f: Frame, current: Event, date: DateMention, place: PlaceMention | None) -> bool:
    """Whether another day is the event's true one: what was known hung on another clause ("calm returned on Monday after clashes")."""
    if "separate" in f.cues or (place is not None and current.place is not None and not same_place(place, current.place)):
        return False
    known = current.date
    return known is not None and ((known.grip <= ELSEWHERE and date.grip >= OWN) or (_is_loose(known) and date.grip == HAPPENED))


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
            if day and (published is None or 0 <= _days(published, day) <= NEWS_DAYS):
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
    if not asserted or current is None or current.assertion != "asserted":
        if date is not None and published and date.date_end and _days(published, date.date_end) > OLD_DAYS and not f.headline:
            return None, f"told with a day long before publication ({date.date_end})", "background"
        return None, "the first event told", "asserted"
    long_ago = date is not None and bool(published and date.date_end) and _days(published or "", date.date_end or "") > OLD_DAYS
    if current.headline_only and len(asserted) == 1:
        if long_ago and not round_up:
            current.assertion = "background"
        return current, "tells what the headline says", current.assertion
    if f.listed and (f.weight >= 1 or f.casualties):
        return None, "a list item of its own", "asserted"
    answer = load_founding().answer(facts_of(f, events, current, last, published, round_up))
    why = f"{', '.join(answer.because)} (probability {answer.chance:.2f})"
    if answer.what == "new":
        if long_ago and not round_up:
            return None, f"another event, long before publication: {why}", "background"
        return None, f"another event: {why}", "asserted"
    if answer.what == "recalled":
        return None, f"another event, recalled: {why}", "background"
    for e in reversed(asserted):
        if e is not current and _took_place_as(e, place, date) and not _may_be(current, place, date):
            return e, "same place and day as an event told before", "asserted"
    return current, f"goes on: {why}", "asserted"


def _took_place_as(event: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether an event told before has this very place, or this day where no place is said."""
    if place is not None and is_specific(place):
        return (
            event.place is not None
            and is_specific(event.place)
            and same_place(event.place, place)
            and not (date and event.date and disjoint(date, event.date))
        )
    return (
        date is not None
        and event.date is not None
        and bool(date.date_start and event.date.date_start)
        and not disjoint(date, event.date)
        and (place is None or event.place is None or same_place(event.place, place))
    )


def _may_be(event: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether nothing said of place and day speaks against an event."""
    return not (date and event.date and disjoint(date, event.date)) and (
        place is None or event.place is None or same_place(event.place, place)
    )
