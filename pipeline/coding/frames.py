"""What one sentence says (a frame), what several say together (an event), and how their days and places stand to each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from spacy.tokens import Span

from pipeline.coding.assertion import Cue
from pipeline.coding.counts import Casualty
from pipeline.coding.dates import DateMention, shift_date
from pipeline.coding.dating import ELSEWHERE, HAPPENED, NEAR, OWN, PLANNED
from pipeline.coding.events import Trigger
from pipeline.coding.places import PlaceMention
from pipeline.gazetteer import distance_km

# Two mentions of one event's place may be a village and its town; further apart they are two places.
SAME_PLACE_KM = 30.0


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
    return min(events, key=lambda p: (breadth(p), p.where_prec == 2, p.start), default=None)


def breadth(p: PlaceMention) -> int:
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
        if _is_counted(d) and any(x.date_start and not _is_counted(x) and 0 <= d.start - x.end <= 2 for x in frame.dates):
            continue  # "On Monday, one day after the raid": the count only explains the day before it
        if d.date_start:
            if d.grip > PLANNED or not (past or frame.assertion == "asserted"):
                known.append(d)
        elif d.kind == "anaphor" and base is not None and base.date_start and (d.shift or d.label == "anaphor2"):
            known.append(shift_date(d, base.date_start, base.date_end or base.date_start))
    # "On Monday, one day after the raid": the day that is named is surer than the one that is counted.
    named = any(not _is_counted(d) and d.grip >= OWN and d.prec == 1 for d in known)
    return min(known, key=lambda d: ((d.prec or 0) >= 3, named and _is_counted(d), -d.grip, d.start), default=None)


def _is_counted(d: DateMention) -> bool:
    """Whether a day is counted from another one: "two days later"."""
    return d.kind == "anaphor" or d.label.startswith("anaphor")


def disjoint(a: DateMention, b: DateMention) -> bool:
    """Whether two resolved dates have no day in common."""
    if not (a.date_start and b.date_start):
        return False
    return a.date_start > (b.date_end or b.date_start) or b.date_start > (a.date_end or a.date_start)


def days_between(a: str, b: str) -> int:
    """The days from b to a."""
    return (dt.date.fromisoformat(a) - dt.date.fromisoformat(b)).days


def another_day(event: Event, date: DateMention | None) -> bool:
    """Whether a day is known to be another than an event's."""
    return date is not None and event.date is not None and disjoint(date, event.date)


def happened_at(event: Event, place: PlaceMention | None, date: DateMention | None) -> bool:
    """Whether an event is at this very town or site, and not known to be of another day."""
    if place is None or event.place is None or not (is_specific(place) and is_specific(event.place)):
        return False
    return same_place(event.place, place) and not another_day(event, date)


def tells_elsewhere(event: Event, f: Frame) -> bool:
    """Whether a sentence puts what it tells at another town or site and on another day than its event's."""
    place, date = own_place(f), own_date(f, event.date)
    if place is None or event.place is None or date is None:
        return False
    return is_specific(place) and is_specific(event.place) and not same_place(event.place, place) and another_day(event, date)


def is_loose(d: DateMention) -> bool:
    """Whether a day is only loosely an event's: a night that spans two, a day elsewhere in the sentence, a long span."""
    return d.label == "last_night" or d.grip <= NEAR or (d.prec or 1) >= 3


def is_redated(f: Frame, current: Event, date: DateMention, place: PlaceMention | None) -> bool:
    """Whether another day is the event's true one: what was known hung on another clause ("calm returned on Monday after clashes")."""
    if "separate" in f.cues or (place is not None and current.place is not None and not same_place(place, current.place)):
        return False
    known = current.date
    return known is not None and ((known.grip <= ELSEWHERE and date.grip >= OWN) or (is_loose(known) and date.grip == HAPPENED))
