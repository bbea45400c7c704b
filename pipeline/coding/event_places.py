"""Where an event happened: which of a text's places is the event's, and the report's place fields from it.

`settle_mentions` sorts out what only looks like a place (a group, a ship, an adjective); `in_role` tells by
the grammar whether a mention is where something happened or who speaks and acts; `event_place` chooses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from spacy.tokens import Doc

from pipeline.actors import ActorList, Countries
from pipeline.coding.actors import ActorMention
from pipeline.coding.assertion import REPORTING
from pipeline.coding.country_words import country_words
from pipeline.coding.frames import Event, Frame, own_place
from pipeline.coding.lexicon import read_table
from pipeline.coding.places import PlaceMention, nations
from pipeline.coding.texts import text_of
from pipeline.gazetteer import OWN_NAME, Gazetteer, Place, distance_km, fold, prominence

# "near the northern city of Kirkuk" is near Kirkuk; the evidence keeps the words as they stand.
OF_TOWN = re.compile(r"\b(?:the|a) (?:[\w-]+ ){0,3}?(?:city|town|village|hamlet|settlement|port|capital) of (?:the )?", re.IGNORECASE)


# --- mentions ---------------------------------------------------------------------------------------------

SHIPS = frozenset("uss hms ins mv mt destroyer frigate tanker vessel ship carrier boat ferry freighter corvette cruiser bulker".split())
GENERIC_PLACES = frozenset(
    "city province town village governorate region district area port border coast capital state desert territory".split()
)
TELLING = REPORTING | frozenset("give put count receive record document estimate".split())


def settle_mentions(
    doc: Doc, places: Sequence[PlaceMention], people: Sequence[ActorMention], countries: Countries, gazetteer: Gazetteer
) -> list[PlaceMention]:
    """The mentions that are places at all, seas and countries told from towns of their name."""
    return [_as_country(doc, _as_sea(doc, p, gazetteer), gazetteer) for p in places if not _is_no_place(doc, p, people, countries)]


STREET = re.compile(r"(?: [A-Z][\w’'-]+){0,2} (?:Street|Avenue|Boulevard|Lane|St\.?|Ave\.?)(?![\w-])")


def _is_no_place(doc: Doc, p: PlaceMention, people: Sequence[ActorMention], countries: Countries) -> bool:
    """Whether what looks like a place is a group's name, a ship, or only a country's adjective ("the Syrian city")."""
    if any(
        m.kind == "named" and m.start <= p.start and p.end <= m.end and (m.end - m.start > p.end - p.start or m.actor_id) for m in people
    ):
        return p.place is None or p.place.kind != "country"
    after = text_of(doc)[p.end : p.end + 12]
    if re.match(r"[-\u2011 ](?:flagged|owned|registered|operated|bound|linked|backed|led)\b", after):
        return True  # "Marshall Islands-flagged": whose ship, not where
    if STREET.match(text_of(doc), p.end):
        return True  # "King Peter Street": a street is where its town is
    words = p.name.split()
    found = countries.find(p.name)
    if found and found[0].start == 0 and found[0].form in ("adjective", "demonym"):
        rest = p.name[found[0].end :].split()
        if all(w.lower() in GENERIC_PLACES for w in rest):
            return True
    span = doc.char_span(p.start, p.end, alignment_mode="expand")
    return span is not None and len(words) == 1 and span.root.text in _ship_names(doc)


def _ship_names(doc: Doc) -> frozenset[str]:
    """Words that stand after "USS", "tanker" and the like: a ship named so once is the ship wherever its name stands."""
    names = doc.user_data.get("dateline_ships")
    if names is None:
        tokens = list(doc)
        names = frozenset(b.text for a, b in pairwise(tokens) if a.lower_ in SHIPS)
        doc.user_data["dateline_ships"] = names
    return frozenset(names)


# A sea's point may lie this far from the coast that an event at sea is told by.
COAST_KM = 1200.0


def _as_sea(doc: Doc, p: PlaceMention, gazetteer: Gazetteer) -> PlaceMention:
    """ "The Red Sea" is the sea, not the governorate of that name, unless the text says governorate."""
    if p.place is None or p.place.kind not in ("admin1", "admin2", "city"):
        return p
    if re.match(r"\s*(?:governorate|province|state|region)\b", text_of(doc)[p.end : p.end + 14], re.IGNORECASE):
        return p
    sea = next((c for c in gazetteer.candidates(p.name) if c.kind == "sea"), None)
    if sea is None or not re.search(r"\b(?:sea|gulf|strait|bay|ocean|channel)\b", p.name, re.IGNORECASE):
        return p
    return replace(p, place=sea, where_prec=7, latitude=None, longitude=None)


# What a town's possessive may name a part of: "Kabul's airport" is in Kabul.
LOCATIVE = frozenset(
    "suburb outskirts airport centre center street market district neighbourhood neighborhood city area port hospital north south east west"
    " province quarter square station camp countryside mosque church school university bridge road".split()
)


# What a place itself can do as a subject, and still be where it happened.
UNDERGO = frozenset("see witness suffer come face wake experience remain endure undergo lie bear have be".split())


def _as_country(doc: Doc, p: PlaceMention, gazetteer: Gazetteer) -> PlaceMention:
    """A country's name means the country, not a town elsewhere that bears it, unless its state follows ("Jordan, Minnesota")."""
    if p.place is None or p.place.kind != "city":
        return p
    code = gazetteer.country_code(p.name)
    country = gazetteer.country(code) if code else None
    if country is None or code == p.place.country or re.match(r",\s*[A-Z]", text_of(doc)[p.end : p.end + 4]):
        return p
    return replace(p, place=country, where_prec=6, latitude=country.latitude, longitude=country.longitude)


# "The capital, Nairobi, police said": the city goes with the word before, whatever the parser makes of it.
NAMED_BESIDE = frozenset("capital city town village port".split())


# Who rules from a city that gives them its name.
RULERS = frozenset("regime government administration cabinet junta leadership parliament authority ruler army general".split())


def in_role(doc: Doc, p: PlaceMention) -> PlaceMention:
    """A place inside the phrase of whoever speaks ("the health ministry in Sanaa gave a toll") is no event's place."""
    if p.role != "event":
        return p
    span = doc.char_span(p.start, p.end, alignment_mode="expand")
    if span is None:
        return p
    node = span.root
    if (
        p.place is not None
        and p.place.kind == "country"
        and node.dep_ in ("compound", "amod", "nmod")
        and node.head.pos_ in ("NOUN", "PROPN")
        and node.head.i > node.i
    ):
        return replace(p, role="origin")  # "U.S. forces", "a Turkey patrol": whose, not where
    if (
        p.place is not None
        and p.place.kind == "city"
        and node.dep_ in ("compound", "amod", "nmod")
        and node.head.i > node.i
        and node.head.lemma_.lower() in RULERS
    ):
        return replace(p, role="origin")  # "the Damascus regime": who rules from there
    if (
        node.dep_ == "poss"
        and p.place is not None
        and not node.head.ent_type_
        and node.head.lemma_ not in LOCATIVE
        and node.head.pos_ == "NOUN"
        and p.place.kind == "city"
    ):
        return replace(p, role="origin")  # "Washington's backing": the government that sits there
    before = doc[span.start - 1] if span.start else None
    if (
        node.dep_ in ("nsubj", "agent")
        and not (
            before is not None and (before.dep_ == "prep" or (before.text == "," and doc[max(0, span.start - 2)].lower_ in NAMED_BESIDE))
        )
        and p.place is not None
        and p.place.kind in ("country", "city")
        and node.head.pos_ == "VERB"
        and node.head.lemma_ not in UNDERGO
    ):
        return replace(p, role="origin")  # "Washington says", "Iran fired": who acts, not where
    for _ in range(5):
        if node.dep_ in ("nsubj", "agent") and node.head.lemma_ in TELLING and node != span.root:
            return replace(p, role="statement")
        if node.pos_ in ("VERB", "AUX") or node.head == node:
            break
        node = node.head
    return p


# --- the country where no place tells it -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountryClue:
    """Words that speak for a country, half-open offsets, and how much they say."""

    start: int
    end: int
    country: str
    weight: float


# A place inside an organisation's name ("Kaduna State Police Command"), a group that has its home in one country.
INSIDE_A_NAME, HOME_GROUND, A_PERSON = 1.0, 0.8, 0.6
# A group that is at home in more countries than this (Islamic State) says little of where something happened.
FEW = 3


@lru_cache(maxsize=1)
def _heads() -> dict[str, float]:
    return {word: float(row["value"]) for row in read_table("country_clues.csv") if row["kind"] == "head" for word in row["words"].split()}


# A place's name within a longer name says where that thing is, if nearly all who live in places of the name live in one country.
IN_A_LONGER_NAME, LARGE, ONE_COUNTRY = 0.6, 80_000, 0.8
_CAPITALISED = re.compile(r"\b[A-Z][\w'’-]{3,}")


def _names_inside(doc: Doc, mentions: Sequence[PlaceMention], gazetteer: Gazetteer) -> list[CountryClue]:
    """Large places in names that are no place mention: "Ogun State Vigilante Service", "Radio Baidoa"."""
    text = text_of(doc)
    held = [(p.start, p.end) for p in mentions] + [(e.start_char, e.end_char) for e in doc.ents if e.label_ in ("PERSON", "NORP", "DATE")]
    clues = []
    for match in _CAPITALISED.finditer(text):
        start, end = match.span()
        if any(a <= start < b for a, b in held):
            continue
        if not (re.match(r" [A-Z]", text[end : end + 2]) or re.search(r"[A-Z]\w* $", text[max(0, start - 15) : start])):
            continue
        code = _home_of(fold(match.group()), gazetteer)
        if code:
            clues.append(CountryClue(start, end, code, IN_A_LONGER_NAME))
    return clues


@lru_cache(maxsize=8192)
def _home_of(key: str, gazetteer: Gazetteer) -> str | None:
    """The country of a large place's name, where nearly all who live in places of that name live in it."""
    people: dict[str, int] = {}
    for place, quality in gazetteer.matches(key):
        if quality == OWN_NAME and place.country and place.kind in ("city", "admin1"):
            people[place.country] = max(people.get(place.country, 0), place.population)
    code, most = max(people.items(), key=lambda kv: (kv[1], kv[0]), default=("", 0))
    return code if most >= LARGE and most >= ONE_COUNTRY * sum(people.values()) else None


# A name that this many people live under is itself, whatever else a text speaks of; what must speak for another country,
# and for one whose middle is nearer than NEIGHBOUR_KM.
ITSELF, ANOTHER, ANOTHER_NEAR, NEIGHBOUR_KM = 500_000, 1.0, 3.0, 1200.0


def at_home(places: Sequence[PlaceMention], clues: Sequence[CountryClue], gazetteer: Gazetteer) -> list[PlaceMention]:
    """Namesakes abroad put right: "Sari" of a text that speaks of Darfur alone is a village there, listed or not."""
    return [_at_home(p, places, clues, gazetteer) for p in places]


def _at_home(p: PlaceMention, places: Sequence[PlaceMention], clues: Sequence[CountryClue], gazetteer: Gazetteer) -> PlaceMention:
    place = p.place
    if place is None or place.kind not in ("city", "site", "admin2") or not place.country or p.role not in ("event", "statement"):
        return p
    if place.population >= ITSELF and fold(p.name) == fold(place.name):
        return p
    others = [q for q in places if q.name != p.name and q.place is not None]
    likely = _votes(others, [c for c in clues if not (p.start <= c.start < p.end)])
    if likely.get(place.country) or not likely:
        return p
    code, votes = max(likely.items(), key=lambda kv: (kv[1], kv[0]))
    home = gazetteer.country(code)
    if home is None:
        return p
    near = distance_km(place.latitude, place.longitude, home.latitude, home.longitude) < NEIGHBOUR_KM
    if votes < (ANOTHER_NEAR if near else ANOTHER):
        return p
    key = fold(p.name)
    own = [c for c, _ in gazetteer.matches(key) if c.country == code] or [c for c in gazetteer.alike(key) if c.country == code]
    better = max(own, key=lambda c: (prominence(c), c.name), default=None)
    if better is None:
        return replace(p, place=None, where_prec=max(1, min(p.where_prec, 3)), latitude=None, longitude=None)
    return replace(p, place=better, latitude=better.latitude, longitude=better.longitude)


def country_clues(
    doc: Doc,
    mentions: Sequence[PlaceMention],
    people: Sequence[ActorMention],
    actors: ActorList,
    gazetteer: Gazetteer,
    places: Sequence[PlaceMention] = (),
) -> list[CountryClue]:
    """What in a text speaks for a country without naming a place: nationalities, names of offices, groups at home."""
    clues = [
        CountryClue(p.start, p.end, p.place.country, INSIDE_A_NAME)
        for p in mentions
        if p.role == "organisation" and p.place is not None and p.place.country and (p.place.population > 20_000 or p.place.kind != "city")
    ]
    clues += _names_inside(doc, [*mentions, *places], gazetteer)
    text = text_of(doc)
    for first, end, code in nations(doc):
        clues.append(CountryClue(doc[first].idx, doc[end - 1].idx + len(doc[end - 1]), code, _nation_weight(doc, end - 1)))
    clues += [CountryClue(w.start, w.end, code, weight) for w in country_words(text) for code, weight in w.weights()]
    for m in people:
        actor = actors.by_id.get(m.actor_id) if m.actor_id else None
        if actor is not None and actor.country and not actor.is_state:
            clues.append(CountryClue(m.start, m.end, actor.country, HOME_GROUND if len(actor.also_in) <= FEW else 0.1))
    return sorted(clues, key=lambda c: (c.start, c.end, c.country))


def _nation_weight(doc: Doc, i: int) -> float:
    """How much a nationality says of where something happened, by the noun it goes with."""
    if doc[i + 1].lower_ in ("-", "\u2011") if i + 1 < len(doc) else False:
        return 0.2  # "Saudi-led", "Iranian-backed"
    node = doc[i]
    for _ in range(3):
        if node.dep_ not in ("amod", "compound", "nmod", "poss") or node.head.i <= node.i or node.head.i - i > 5:
            break
        node = node.head
        if (weight := _heads().get(node.lemma_.lower())) is not None:
            return weight
    return A_PERSON if node.i != i else 0.5


# --- the event's place ------------------------------------------------------------------------------------


def event_place(
    doc: Doc, places: Sequence[PlaceMention], frames: Sequence[Frame], event: Event, clues: Sequence[CountryClue], gazetteer: Gazetteer
) -> tuple[PlaceMention | None, dict[str, Any], tuple[int, int] | None]:
    """The place mention of an event, the report's place fields, and the words that tell the country where no place does."""
    first, last = event.frames[0].sent.start_char, event.frames[-1].sent.end_char
    likely = likely_country(places, clues, first=first, last=last)
    place = event.place
    if event.assertion == "asserted" and (place is None or (place.place is not None and place.place.kind == "country")):
        place = _place_nearby(frames, event) or place or _place_of_tellers(event)
    if place is None:
        if likely is None:
            return None, {}, None
        middle = gazetteer.country(likely[0])
        point = {"latitude": middle.latitude, "longitude": middle.longitude} if middle is not None else {}
        return None, {"country": likely[0], "where_prec": 6, **point}, likely[1:]
    p = place.place or _anchor(places, place)
    fields: dict[str, Any] = {
        "place_name": place.place.name
        if place.relation == "again" and place.place is not None  # "there", "the same town"
        else OF_TOWN.sub("", text_of(doc)[place.phrase_start : place.phrase_end]),
        "where_prec": place.where_prec,
        "country": p.country
        if p and p.country
        else _coast(places, frames, event, p)
        if p and p.kind == "sea"
        else (likely[0] if likely else None),
    }
    told_by = likely[1:] if likely and fields["country"] == likely[0] and not (p and p.country) else None
    if p is None:
        return place, fields, told_by
    latitude, longitude = place.latitude, place.longitude
    if latitude is None and place.place is None and p.kind != "country":
        latitude, longitude = p.latitude, p.longitude  # a village the gazetteer lacks, put where its text puts it
    fields |= {
        "admin1": p.admin1 or (p.name if p.kind == "admin1" else None),
        "admin2": p.admin2 or (p.name if p.kind == "admin2" else None),
        "latitude": round(latitude, 4) if latitude is not None else None,
        "longitude": round(longitude, 4) if longitude is not None else None,
    }
    if place.where_prec == 6:
        fields["admin1"] = None
    return place, fields, told_by


def _coast(places: Sequence[PlaceMention], frames: Sequence[Frame], event: Event, sea: Place) -> str | None:
    """The country of the nearest coast that an event's sentences name, else the text's; None where none is near (ruling 13)."""
    near = {f.index for f in event.frames}
    told = [p for f in frames if f.index in near for p in f.places]
    for pool in (told, places):
        coasts = [p.place for p in pool if p.place is not None and p.place.country and p.role != "dateline"]
        off = [p.place for p in pool if p.place is not None and p.place.country and p.where_prec == 7]
        ranked = sorted((distance_km(sea.latitude, sea.longitude, c.latitude, c.longitude), c.country or "") for c in off or coasts)
        if ranked and ranked[0][0] <= COAST_KM:
            return ranked[0][1]
    return None


def _anchor(places: Sequence[PlaceMention], place: PlaceMention) -> Place | None:
    """Where a village that the gazetteer lacks lies: the place named around it, nearest in the text.

    The text puts such a name beside its town or province ("Yakouta, ten kilometres outside Dori"),
    or under a heading that does.
    """
    known = [p for p in places if p.place is not None and p.role in ("event", "dateline") and p.place.kind != "country"]
    before = [p for p in known if p.start < place.start]
    after = [p for p in known if p.start > place.end and p.start - place.end <= 80]
    if after and (not before or after[0].start - place.end <= place.start - before[-1].end):
        return after[0].place
    return before[-1].place if before else (known[0].place if known else None)


def _place_of_tellers(event: Event) -> PlaceMention | None:
    """Where those are who tell of an event or act in it, where nothing else says its place: "residents of Charkh District say"."""
    near = [p for f in event.frames[:3] for p in f.places if p.role in ("statement", "origin") and p.place is not None]
    near = [p for p in near if p.role == "statement" or (p.place is not None and p.place.kind not in ("country", "sea"))]
    return min(near, key=lambda p: (p.where_prec >= 5, p.role != "statement", p.where_prec), default=None)


def _place_nearby(frames: Sequence[Frame], event: Event) -> PlaceMention | None:
    """A town or province for an event that names only a country or nothing: near its sentences, else the dateline's."""
    first, last = event.frames[0].index, event.frames[-1].index
    # A sentence that tells another event lends it no place.
    near = [f for f in frames if first - 1 <= f.index <= last + 1 and (not f.assertion or any(f is g for g in event.frames))]
    found = [p for f in near if (p := own_place(f)) is not None and (p.place is None or p.place.kind != "country")]
    if event.place is not None and event.place.place is not None:
        country = event.place.place.country
        found = [p for p in found if p.place is None or p.place.country == country]
    return found[0] if found else None


# How much a named place speaks for its country as the event's, by its part in its sentence.
BY_ROLE = {"event": 2.0, "dateline": 2.0}
ELSEWHERE = 0.3


def _told(places: Sequence[PlaceMention]) -> list[CountryClue]:
    return [
        CountryClue(p.start, p.end, p.place.country, BY_ROLE.get(p.role, ELSEWHERE))
        for p in places
        if p.place is not None and p.place.country and p.role != "organisation"
    ]


def _votes(places: Sequence[PlaceMention], clues: Sequence[CountryClue]) -> dict[str, float]:
    votes: dict[str, float] = {}
    for clue in (*_told(places), *clues):
        votes[clue.country] = votes.get(clue.country, 0.0) + clue.weight
    return votes


def likely_country(
    places: Sequence[PlaceMention], clues: Sequence[CountryClue], *, first: int = 0, last: int | None = None
) -> tuple[str, int, int] | None:
    """The country that a text most speaks for as an event's, with the words that say it most; None where nothing does.

    What stands in the event's own sentences (`first` to `last`, character offsets) counts twice.
    """
    told = _told(places)
    votes: dict[str, float] = {}
    best: dict[str, tuple[float, int, int]] = {}
    for clue in (*told, *clues):
        weight = clue.weight * (2.0 if last is not None and first <= clue.start < last else 1.0)
        votes[clue.country] = votes.get(clue.country, 0.0) + weight
        best[clue.country] = max(best.get(clue.country, (0.0, 0, 0)), (weight, -clue.start, clue.end))
    if not votes:
        return None
    code = max(votes.items(), key=lambda kv: (kv[1], kv[0]))[0]
    return code, -best[code][1], best[code][2]
