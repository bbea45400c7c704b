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

from spacy.tokens import Span

from pipeline.coding.assertion import Cue
from pipeline.coding.counts import Casualty
from pipeline.coding.dates import DateMention, shift_date
from pipeline.coding.events import Trigger
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import span_text
from pipeline.gazetteer import distance_km

# Two mentions of one event's place may be a village and its town; further apart they are two places.
SAME_PLACE_KM = 30.0
# Even "had been shot on Tuesday" is news beside an event this close, where it has a place of its own.
RECENT_DAYS = 3
# News is of the last days; an event told with an older day is recalled, not reported.
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


def own_date(frame: Frame, base: DateMention | None) -> DateMention | None:
    """The day a frame's event happened on, as far as the sentence says: its first event date."""
    for d in frame.dates:
        if d.kind == "anaphor":
            if d.label == "anaphor2" and d.shift == 0:
                continue
            if base is not None and base.date_start and d.shift:
                return shift_date(d, base.date_start, base.date_end or base.date_start)
            continue
        if d.date_start:
            return d
    return None


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
            events.append(
                Event(f.assertion, [f], own_date(f, current.date if current else None), own_place(f), [f"{f.assertion}: {_cue_text(f)}"])
            )
            continue
        event, why, assertion = _place_frame(f, events, current, published, round_up)
        if event is None:
            event = Event(assertion, [], None, None, [why])
            events.append(event)
        else:
            event.why.append(why)
        _join(event, f)
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


def _cue_text(f: Frame) -> str:
    return "; ".join(c.text for c in f.cues.values())


def _fill(event: Event, f: Frame) -> None:
    """A sentence without an event of its own may give the day or the place of the event before it."""
    event.extras += [(f, c) for c in f.casualties]
    if event.date is None and f.dates and not f.cues.get("past"):
        event.date = own_date(f, None)
    place = own_place(f)
    if (
        place is not None
        and (event.place is None or (not is_specific(event.place) and is_specific(place) and same_place(event.place, place)))
        and f.index - event.frames[-1].index <= 1
    ):
        event.place = place


def _join(event: Event, f: Frame) -> None:
    event.frames.append(f)
    base = event.date
    date, place = own_date(f, base), own_place(f)
    if event.date is None:
        event.date = date
    if place is not None and (
        event.place is None
        or (_breadth(place) < _breadth(event.place) and same_place(event.place, place))
        or (event.frames[0].headline and len(event.frames) == 2 and _breadth(place) <= _breadth(event.place))
    ):
        event.place = place


def _is_other_matter(f: Frame, current: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether a frame with strong words of its own kind tells another event of the same day.

    A march after a killing, arrests in another town, a raid "within hours" of a bomb: another kind of matter
    together with another time, another place name, or a paragraph of its own.
    """
    if f.weight < 2 or not f.direct:
        return False
    mine, theirs = matters([f]), matters(current.frames, 1)
    later = any(d.kind == "anaphor" for d in f.dates)
    elsewhere = (
        place is not None and current.place is not None and is_specific(place) and place.name != current.place.name and place.place is None
    )
    if mine and not mine & theirs:
        if mine <= AFTERMATH and not (elsewhere or later):
            return (
                False  # arrests that only follow an event of the same article are part of it (ruling 20); so is a curfew or a burnt truck
            )
        if "crowds" in mine:
            return True
        return f.opens_paragraph or later or elsewhere or "separate" in f.cues or (place is not None and place.place is None)
    kinds, have = {t.sub_event_type for t in f.acts if t.weight >= 3}, {t.sub_event_type for g in current.frames for t in g.acts}
    return bool(kinds and not kinds & have) and (later or "separate" in f.cues or elsewhere)


def _place_frame(
    f: Frame, events: list[Event], current: Event | None, published: str | None, round_up: bool
) -> tuple[Event | None, str, str]:
    """Which event an asserted frame belongs to (None for a new one), why, and how a new one is told."""
    asserted = [e for e in events if e.assertion == "asserted"]
    date = own_date(f, current.date if current else None)
    place = own_place(f)
    if not asserted or current is None or current.assertion != "asserted":
        if date is not None and published and date.date_end and _days(published, date.date_end) > 31 and not f.headline:
            return None, f"told with a day long before publication ({date.date_end})", "background"
        return None, "the first event told", "asserted"
    heavy = f.weight >= 2 or bool(f.acts and f.casualties)
    if f.listed and (f.weight >= 1 or f.casualties) and not current.headline_only:
        return None, "a list item of its own", "asserted"
    if current.headline_only and len(asserted) == 1:
        if date is not None and published and date.date_end and _days(published, date.date_end) > 31 and not round_up:
            current.assertion = "background"
        return current, "tells what the headline says", current.assertion
    # An event already told at this very place and day takes the frame.
    for e in reversed(asserted):
        if e is current or place is None or e.place is None or not is_specific(place):
            continue
        if (
            is_specific(e.place)
            and same_place(e.place, place)
            and not (date and e.date and disjoint(date, e.date))
            and not (current.place and same_place(current.place, place))
        ):
            return e, "same place and day as an event told before", "asserted"
    if date is not None and current.date is not None and disjoint(date, current.date):
        for e in reversed(asserted):
            if e.date and not disjoint(e.date, date) and (place is None or e.place is None or same_place(e.place, place)):
                return e, "same day as an event told before", "asserted"
        older = published is not None and date.date_end is not None and _days(published, date.date_end) > NEWS_DAYS
        if (older and not round_up) or ("past" in f.cues and not round_up) or f.passing:
            return None, "another, earlier day: recalled", "background"
        if date.prec is not None and date.prec >= 4 and not round_up:
            return None, "an earlier month or year: recalled", "background"
        day, here = date.date_start or "", current.date.date_start or ""
        near = place is not None and is_specific(place) and bool(day and here) and abs(_days(day, here)) <= RECENT_DAYS
        if not f.direct and not near and not round_up and "separate" not in f.cues and day and day < here:
            return None, "an earlier day, told as known: recalled", "background"
        if heavy and (f.direct or near or round_up or "separate" in f.cues):
            return None, "another day: another event", "asserted"
        return current, "another day, but no event of its own", "asserted"
    if f.passing and "past" in f.cues and (date is not None or place is not None):
        return None, "recalled in passing", "background"
    if place is not None and current.place is not None and heavy and not f.headline:
        if is_specific(place) and not same_place(place, current.place) and is_specific(current.place) and (f.direct or round_up):
            return None, "another place: another event", "asserted"
        if place.place and current.place.place and place.place.country != current.place.place.country and "separate" in f.cues:
            return None, "another country: another event", "asserted"
    if heavy and not f.headline and _is_other_matter(f, current, place, date):
        return None, "another matter, told in a clause of its own", "asserted"
    if (
        "separate" in f.cues
        and heavy
        and f.weight >= 2
        and (place is not None or date is not None)
        and not (
            place is not None
            and current.place is not None
            and same_place(place, current.place)
            and f.index - current.frames[-1].index <= 1
            and not f.opens_paragraph
        )
    ):
        return None, f"told as separate: {f.cues['separate'].text}", "asserted"
    return current, "continues the event before", "asserted"
