"""Which of a text's actors are the two sides of an event: what the grammar says of each, and what the text says later.

Every actor that a text mentions is a candidate. What speaks for it and against it are its traits: doer or
sufferer of an event word (roles.py), the word its noun hangs on, claimed or blamed, named in a sentence that
says who gunmen were, told near the event or far from it. Rules decide what is plain; where several may be meant,
the traits are weighed as trained (weights/sides.npz, tools/train_sides.py, docs/MODEL_CARD.md).
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from spacy.tokens import Doc, Token

from pipeline.actors import ActorList, Countries
from pipeline.coding.actors import as_actor
from pipeline.coding.assertion import REPORTING
from pipeline.coding.attribution import stances
from pipeline.coding.events import Trigger, head_of
from pipeline.coding.frames import CROWDS, Event, Frame
from pipeline.coding.mentions import UNIDENTIFIED, ActorMention
from pipeline.coding.roles import ATTACK_NOUNS, VIOLENT, responsible, roles
from pipeline.coding.texts import span_text, text_of
from pipeline.errors import SettingsError
from pipeline.models import Actor, Claim

WEIGHTS = Path(__file__).resolve().parent / "weights" / "sides.npz"
# An event told in more sentences than this says who fought in its first.
SENTENCES_READ = 6
# Sentences after an event's last that may still say who did it.
SAID_AFTER = 3


@dataclass(slots=True)
class Candidate:
    """Somebody who may be a side: the codebook's actor, the mentions that mean it, what is said of it."""

    actor: Actor
    mentions: list[ActorMention] = field(default_factory=list)
    traits: set[str] = field(default_factory=set)
    cited: tuple[int, int] | None = None  # the words that make it a side, first found
    near: tuple[int, int] | None = None  # its first mention in the event's sentences

    @property
    def span(self) -> tuple[int, int] | None:
        """The characters to cite for it."""
        if self.cited is not None or self.near is not None:
            return self.cited or self.near
        return (self.mentions[0].start, self.mentions[0].end) if self.mentions else None


@dataclass(slots=True)
class Cast:
    """All candidates of an event, by name, and the rules' two sides, first told first."""

    candidates: dict[str, Candidate]
    agents: list[Actor] = field(default_factory=list)
    patients: list[Actor] = field(default_factory=list)
    word: str = ""  # what the nameless doers are called: gunman, fighter, bomber

    def spans(self, side: Sequence[Actor]) -> list[tuple[int, int]]:
        """The words that name the actors of a side."""
        found = [c.span for a in side if (c := self.candidates.get(a.name)) is not None]
        return [s for s in found if s is not None]


# Words of a sentence that tells who nameless attackers were: "believed to belong to", "signed by", "said it was behind".
NAMING = re.compile(
    r"\b(?:(?P<believed>believed|suspected|alleged\w*|presum\w+|thought)"
    r"|(?P<belong>belong\w*|members? of|linked|links|affiliat\w+|loyal|identified|recogni[sz]ed)"
    r"|(?P<signed>sign(?:ed|ature)|initials|bears|bore|cards?|leaflets?|banner|canvas)|(?P<behind>behind|owned up|owns up)"
    r"|(?P<laid>laid|planted|launched by|fired by|carried out by|work of|hand of|act by)|(?P<claimed>claim\w*|responsib\w+|credit)"
    r"|(?P<blamed>blam\w+|accus\w+|attribut\w+|inquiry|suspicion)|(?P<denied>den(?:y|ies|ied|ial)|reject\w*))\b",
    re.IGNORECASE,
)


class SideReader:
    """Reads the cast of events in one parsed text; holds what is the same for all of its events."""

    def __init__(
        self,
        doc: Doc,
        people: Sequence[ActorMention],
        frames: Sequence[Frame],
        actors: ActorList,
        countries: Countries,
        weights: SideWeights | None = None,
    ) -> None:
        self.weights = weights
        self.doc = doc
        self.people = people
        self.frames = frames
        self.actors = actors
        self.countries = countries
        self._starts = [f.sent.start_char for f in frames]
        self._frame_of = [self._frame_at(m.start) for m in people]
        self._grammar: dict[int, tuple[str, ...]] = {}
        self._made: dict[tuple[object, ...], Actor | None] = {}
        self._responsible: dict[int, list[tuple[ActorMention, str]]] = {}

    def _people_in(self, f: Frame) -> Sequence[ActorMention]:
        """The mentions that begin in a sentence."""
        low = bisect_left(self.people, f.sent.start_char, key=lambda m: m.start)
        return self.people[low : bisect_left(self.people, f.sent.end_char, key=lambda m: m.start)]

    def _frame_at(self, char: int) -> int:
        return max(0, bisect_right(self._starts, char) - 1)

    def actor(self, m: ActorMention, country: str | None) -> Actor | None:
        """The codebook's actor for a mention in an event's country."""
        key = (m.kind, m.name, m.actor_id, m.country, m.inter, m.text if m.kind in ("state", "police") else "", country)
        if key not in self._made:
            actor = as_actor(m, country, self.actors, self.countries)
            self._made[key] = None if actor is None or actor.name.endswith(" of ") else actor
        return self._made[key]

    def cast(self, event: Event, events: Sequence[Event], country: str | None) -> Cast:
        """The candidates of an event with their traits, and the rules' sides."""
        cast = Cast({})
        first, last = event.frames[0].index, event.frames[-1].index
        mine = {f.index for f in event.frames}
        others = {f.index for e in events if e is not event and e.assertion == "asserted" for f in e.frames}
        for m, at in zip(self.people, self._frame_of, strict=True):
            actor = self.actor(m, country)
            if actor is None:
                continue
            c = cast.candidates.get(actor.name)
            if c is None:
                c = cast.candidates[actor.name] = Candidate(actor)
            elif new := tuple(x for x in actor.aliases if x not in c.actor.aliases):
                c.actor = replace(c.actor, aliases=(*c.actor.aliases, *new))  # "gendarmes" after "police"
            c.mentions.append(m)
            self._add_place_of(c, m, self.frames[at], first, last, mine, others)
        self._read_roles(event, cast, country)
        self._read_said(event, events, cast, country)
        _compare(cast)
        return cast

    # -- where and how somebody is mentioned ------------------------------------------------------

    def _add_place_of(self, c: Candidate, m: ActorMention, f: Frame, first: int, last: int, mine: set[int], others: set[int]) -> None:
        index = f.index
        if index in mine:
            c.near = c.near or (m.start, m.end)
            c.traits.add("here")
            c.traits.add("here:headline" if f.headline else "here:first" if index <= first + 1 else "here:later")
            for name in self._how(m):
                c.traits.add(name)
            return
        if f.headline:
            c.traits.add("in headline")
        if index < first:
            c.traits.add("before:1" if index == first - 1 else "before:far")
        elif index > last:
            c.traits.add("after:1" if index == last + 1 else "after:near" if index <= last + SAID_AFTER else "after:far")
        else:
            c.traits.add("between")
        if index in others:
            c.traits.add("in another event")

    def _how(self, m: ActorMention) -> tuple[str, ...]:
        """The word a mention hangs on and how: "g:nsubj:violent", "g:pobj by:attack"."""
        known = self._grammar.get(m.start)
        if known is not None:
            return known
        token = self.doc[m.head]
        steps = 0
        while token.dep_ in ("conj", "appos") and token.head.i != token.i and steps < 4:
            token = token.head
            steps += 1
        relation, outer = token.dep_, token.head
        if relation == "pobj":
            relation = f"pobj {outer.lower_}" if outer.lower_ in PREPOSITIONS else "pobj"
            outer = outer.head
        kind = _class_of(outer)
        found = [f"g:{relation}:{kind}"]
        if relation in ("poss", "compound", "amod", "nmod") and kind != "attack":
            # "the army's positions were shelled": how the thing that is theirs stands
            found.append(f"g:own {outer.dep_}:{_class_of(outer.head)}")
        if steps:
            found.append("g:joined")
        if m.antecedent is not None:
            found.append("g:stands for")
        self._grammar[m.start] = tuple(found)
        return self._grammar[m.start]

    # -- doers and sufferers ------------------------------------------------------------------------

    def _read_roles(self, event: Event, cast: Cast, country: str | None) -> None:
        bodies = -1
        for f in event.frames[:SENTENCES_READ]:
            bodies += not f.headline
            words: list[Trigger] = sorted([*f.acts, *f.means] or f.planned, key=lambda t: (-t.weight, t.start))
            where = "headline" if f.headline else "body"
            heads = [(head_of(self.doc, t), "act") for t in words] + [(self.doc[c.cue], "count") for c in f.casualties]
            for n, (head, of) in enumerate(heads):
                got_a, got_b = roles(self.doc, head, self.people)
                if n == 0:
                    for name, got in (("doer:top", got_a), ("sufferer:top", got_b)):
                        for m in got:
                            if (c := self._candidate(cast, m, country)) is not None:
                                c.traits.update((name, f"{name}:{bodies}" if not f.headline else name))
                for m in got_a:
                    if m.kind == "unnamed" and not cast.word:
                        cast.word = self.doc[m.head].lemma_.lower()
                for name, got in (("doer", got_a), ("sufferer", got_b)):
                    for m in got:
                        c = self._candidate(cast, m, country)
                        if c is not None:
                            c.traits.update((name, f"{name}:{of}", f"{name}:{where}"))
                self._decide(cast, got_a, got_b, country)
            for c_ in f.casualties:
                if c_.head >= 0 and (victim := self._mention_at(self.doc[c_.head])) is not None:
                    c = self._candidate(cast, victim, country)
                    if c is not None and c_.best:
                        c.traits.add(f"victim:{c_.kind}")
                    if len(cast.patients) < 3:
                        self._add(cast, cast.patients, victim, cast.agents, country)
                elif c_.best and c_.party in ("people", "civilians"):
                    c = self._civilians(cast, country)
                    c.traits.add("counted")
                    c.near = c.near or (c_.start, c_.end)

    def _candidate(self, cast: Cast, m: ActorMention, country: str | None) -> Candidate | None:
        actor = self.actor(m, country)
        if actor is None:
            return None
        if actor.name not in cast.candidates:
            cast.candidates[actor.name] = Candidate(actor, [m])
        return cast.candidates[actor.name]

    def _civilians(self, cast: Cast, country: str | None) -> Candidate:
        name = f"Civilians ({self.countries.name(country)})" if country else "Civilians"
        return cast.candidates.setdefault(name, Candidate(Actor(name, 7)))

    def _decide(self, cast: Cast, got_a: Sequence[ActorMention], got_b: Sequence[ActorMention], country: str | None) -> None:
        """The rules' sides: the first words that name a doer say who it was; a later name only takes the place of "gunmen"."""
        if not cast.agents:
            for m in got_a:
                self._add(cast, cast.agents, m, cast.patients, country)
        else:
            nameless, people = all(a.name == UNIDENTIFIED for a in cast.agents), all(a.inter == 7 for a in cast.agents)
            for m in got_a if nameless or people else ():
                actor = self.actor(m, country)
                if actor is not None and (
                    (actor.inter in (2, 3, 4) and (people or actor.name != UNIDENTIFIED)) or (people and actor.inter in (1, 8))
                ):
                    cast.agents.clear()
                    self._add(cast, cast.agents, m, cast.patients, country)
                    break
        if len(cast.patients) < 2:
            for m in got_b:
                self._add(cast, cast.patients, m, cast.agents, country)

    def _add(self, cast: Cast, side: list[Actor], m: ActorMention, other: list[Actor], country: str | None) -> None:
        c = self._candidate(cast, m, country)
        if c is None or c.actor in side or any(a.name == c.actor.name for a in (*side, *other)):
            return
        side.append(c.actor)
        c.cited = (m.start, m.end)

    def _mention_at(self, token: Token) -> ActorMention | None:
        i = bisect_right(self.people, token.idx, key=lambda m: m.start)
        for m in self.people[max(0, i - 4) : i]:
            if m.head == token.i or m.start <= token.idx < m.end:
                return m
        return next((m for m in self.people[i : i + 4] if m.head == token.i), None)

    # -- the sides ------------------------------------------------------------------------------------

    def settle(
        self, cast: Cast, event: Event, events: Sequence[Event], sub_type: str | None, country: str | None
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
        """The sides of an event of a type: by the rules, and for what is told as news by what the weights make of them."""
        agents, patients = self.settle_by_rules(cast, event, events, sub_type, country)
        if self.weights is not None and sub_type is not None and sub_type not in CROWDS and event.assertion == "asserted":
            agents, patients = self.weights.settle(cast, sub_type, agents, patients)
        return in_order(sub_type, cast, agents, patients)

    def settle_by_rules(
        self, cast: Cast, event: Event, events: Sequence[Event], sub_type: str | None, country: str | None
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
        """The sides by the codebook's conventions: who marches is Protesters or Rioters, a claimant or the one blamed did it.

        Ruling 10 orders crowds and forces; ruling 11 makes the one party that claims or is blamed side A where the
        text's own words name nobody, or only "gunmen".
        """
        agents, patients = tuple(cast.agents[:4]), tuple(cast.patients[:4])
        named = self.countries.name(country) if country else ""
        suffix = f" ({named})" if named else ""
        crowd = {5: Actor("Rioters" + suffix, 5), 6: Actor("Protesters" + suffix, 6)}
        forces = tuple(a for a in (*agents, *patients) if a.inter in (1, 8)) or self._forces(cast)
        if sub_type == "Peaceful protest":
            return (crowd[6],), ()
        if sub_type == "Protest with intervention":
            return (crowd[6],), forces
        if sub_type == "Excessive force against protesters":
            return forces or tuple(a for a in agents if a.inter not in (6, 7)), (crowd[6],)
        if sub_type == "Violent demonstration":
            return (crowd[5],), forces
        if sub_type == "Mob violence":
            people = tuple(a for a in (*patients, *agents) if a.inter == 7)[:1]
            counted = tuple(c.actor for c in cast.candidates.values() if "counted" in c.traits)
            return (crowd[5],), people or counted or patients
        if not patients and any(c.party in ("people", "civilians") and c.best for _, c in event.casualties) and sub_type in TARGETED:
            patients = (self._civilians(cast, country).actor,)
        armed = tuple(a for a in agents if a.inter not in (5, 6, 7))
        if not armed or all(a.name == UNIDENTIFIED for a in armed):
            said = self.said_in(self.may_say(event, events))
            for stance in ("claimed", "blamed"):
                found: list[Actor] = []
                for mention, how in said:
                    actor = self.actor(mention, country)
                    if (
                        how == stance
                        and actor
                        and actor.name != UNIDENTIFIED
                        and not any(x.name == actor.name for x in (*found, *patients))
                    ):
                        found.append(actor)
                        cast.candidates[actor.name].cited = (mention.start, mention.end)
                if found and (stance == "claimed" or len(found) == 1):
                    return tuple(found), tuple(p for p in patients if p.name != UNIDENTIFIED) or patients
        return armed or (() if sub_type in TARGETED else agents[:1]), patients

    @staticmethod
    def _forces(cast: Cast) -> tuple[Actor, ...]:
        """The state forces that do something in an event's sentences, where the first words name none."""
        forces = [c for c in cast.candidates.values() if c.actor.inter in (1, 8)]
        doers = [c.actor for c in forces if "doer" in c.traits] or [
            c.actor for c in forces if any(t.startswith("g:nsubj:") and t != "g:nsubj:say" for t in c.traits)
        ]
        return tuple(sorted(doers, key=lambda a: a.inter)[:1])

    # -- who is said to have done it ----------------------------------------------------------------

    def around(self, event: Event, events: Sequence[Event]) -> list[Frame]:
        """An event's sentences and those after them that may still speak of it."""
        first, last = event.frames[0].index, event.frames[-1].index
        # Where the next event begins, the text speaks of that one.
        later = [e.frames[0].index for e in events if e.assertion == "asserted" and e.frames[0].index > last]
        lo = bisect_left(self.frames, first, key=lambda f: f.index)
        hi = bisect_right(self.frames, min(last + SAID_AFTER, min(later, default=last + SAID_AFTER + 1) - 1), key=lambda f: f.index)
        return list(self.frames[lo:hi])

    def claims(self, f: Frame, country: str | None) -> Iterator[tuple[Claim, int, int]]:
        """Who claims, denies or is blamed in a sentence, with the characters that say so.

        The grammar says whom each stance is about; where it does not, a stance's words are taken for the name nearest them.
        """
        told = {stance: (start, end) for stance, start, end in stances(f.sent)}
        seen: set[str] = set()
        for m, stance in self.said_in([f]):
            actor = self.actor(m, country)
            if actor is None or actor.name == UNIDENTIFIED or actor.inter == 7:
                continue
            seen.add(stance)
            start, end = told.get(stance, (m.start, m.end))
            by = self._accuser(f, country, m) if stance == "blamed" else ""
            yield Claim(actor.name, stance, text_of(self.doc)[start:end], by), start, end
        named = [m for m in self._people_in(f) if m.kind in ("named", "state", "pronoun") and m.name and m.name != UNIDENTIFIED]
        for stance, (start, end) in told.items():
            if stance in seen:
                continue
            after = [m for m in named if m.start >= end]
            before = [m for m in named if m.start < start]
            pool = after if stance == "blamed" else before or named
            actor = self.actor(pool[0], country) if pool else None
            if actor is not None and actor.inter != 7:
                yield Claim(actor.name, stance, text_of(self.doc)[start:end]), start, end

    def _accuser(self, f: Frame, country: str | None, accused: ActorMention) -> str:
        """Who blames: the subject of the sentence's "blamed", "accused", "attributed", by its codebook name or in the text's words."""
        for t in f.sent:
            if t.lemma_ in ("blame", "accuse", "attribute", "suspect") and t.pos_ == "VERB":
                for subject in (c for c in t.children if c.dep_ == "nsubj" and not accused.start <= c.idx < accused.end):
                    m = self._mention_at(subject)
                    actor = self.actor(m, country) if m is not None else None
                    return actor.name if actor is not None and actor.inter != 7 else self.doc[subject.left_edge.i : subject.i + 1].text
        return ""

    def said_in(self, frames: Sequence[Frame]) -> list[tuple[ActorMention, str]]:
        """Who claims, denies or is blamed in some sentences; each sentence is read once, whichever event asks."""
        found: list[tuple[ActorMention, str]] = []
        for f in frames:
            known = self._responsible.get(f.sent.start)
            if known is None:
                known = self._responsible[f.sent.start] = responsible(self.doc, [f.sent], self.people)
            found += [item for item in known if item not in found]
        return found

    def may_say(self, event: Event, events: Sequence[Event]) -> list[Frame]:
        """The sentences that may say who did it: all, where the text tells one event."""
        return list(self.frames) if sum(e.assertion == "asserted" for e in events) <= 1 else self.around(event, events)

    def _read_said(self, event: Event, events: Sequence[Event], cast: Cast, country: str | None) -> None:
        near = self.around(event, events)
        frames = self.may_say(event, events)
        close = {f.index for f in near}
        for m, stance in self.said_in(frames):
            c = self._candidate(cast, m, country)
            if c is not None:
                c.traits.add(stance if self.frames[self._frame_at(m.start)].index in close else f"{stance} far off")
                if c.cited is None and stance != "denied":
                    c.cited = (m.start, m.end)
        for f in frames:
            text = span_text(f.sent)
            base = f.sent.start_char
            found = [(x.lastgroup or "", base + x.start(), base + x.end()) for x in NAMING.finditer(text)]
            if not found:
                continue
            far = "" if f.index in close else " far off"
            for m in self._people_in(f):
                if m.kind in ("civilians", "objects"):
                    continue
                c = self._candidate(cast, m, country)
                if c is None:
                    continue
                for cue, start, end in found:
                    if m.start < end and start < m.end:
                        continue
                    gap = start - m.end if m.start < start else m.start - end
                    if gap < 80:
                        c.traits.add(f"said:{cue}:{'before' if m.start < start else 'after'}{far}")


# Types in which people hurt by bare number ("killed at least 16") are civilians, and do not do the deed.
TARGETED = frozenset(
    ("Attack", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack", "Remote explosive/landmine/IED", "Grenade",
     "Chemical weapon", "Sexual violence", "Abduction/forced disappearance")
)  # fmt: skip
PREPOSITIONS = frozenset("by on against at of from with between in to for under among into near after".split())


def _class_of(word: Token) -> str:
    lemma = word.lemma_.lower()
    if word.pos_ in ("VERB", "AUX"):
        if lemma in REPORTING:
            return "say"
        passive = any(c.dep_ in ("nsubjpass", "auxpass", "agent") for c in word.children)
        if lemma in VIOLENT or word.lower_ in VIOLENT:
            return "violent passive" if passive else "violent"
        return "verb passive" if passive else "verb"
    if lemma in ATTACK_NOUNS or lemma in VIOLENT:
        return "attack"
    return "according" if word.lower_ in ("according", "to") else "noun"


def kind_trait(actor: Actor) -> str:
    """What sort of actor it is, for the weights: state, police, abroad, group, gunmen, people, protesters, rioters."""
    if actor.name == UNIDENTIFIED:
        return "gunmen"
    if actor.inter == 1:
        return "police" if actor.name.startswith("Police") else "state"
    return {2: "group", 3: "group", 4: "group", 5: "rioters", 6: "protesters", 7: "people", 8: "abroad"}[actor.inter]


def _compare(cast: Cast) -> None:
    """What only shows beside the others: the only named group, the rules' choice."""
    groups = [c for c in cast.candidates.values() if kind_trait(c.actor) == "group"]
    here = [c for c in groups if "here" in c.traits]
    for c in cast.candidates.values():
        t = c.traits
        kind = kind_trait(c.actor)
        if kind == "group":
            t.add("groups:1" if len(groups) == 1 else "groups:2" if len(groups) == 2 else "groups:many")
            if len(here) == 1 and c in here:
                t.add("only group here")
        elif kind == "gunmen":
            t.add("groups:0" if not groups else "groups:some")
        n = len(c.mentions)
        t.add("mentions:1" if n == 1 else "mentions:2" if n == 2 else "mentions:3" if n <= 4 else "mentions:many")
    for side, name in ((cast.agents, "rule a"), (cast.patients, "rule b")):
        for i, a in enumerate(side):
            cast.candidates[a.name].traits.add(name if i == 0 else f"{name} too")
    a_state = "none" if not cast.agents else "gunmen" if all(a.name == UNIDENTIFIED for a in cast.agents) else "some"
    b_state = "none" if not cast.patients else "people" if all(a.inter == 7 for a in cast.patients) else "some"
    for c in cast.candidates.values():
        c.traits.add(f"a is {a_state}")
        if cast.word and a_state == "gunmen":
            c.traits.add(f"called {cast.word}")
        c.traits.add(f"b is {b_state}")


# -- the weights ------------------------------------------------------------------------------------

# "Nobody" has to be this many times likelier than the likeliest actor before a side stays empty.
NOBODY = 2.0
# An actor has to be this many times likelier than the rules' one to take its place.
OVERRULE = 1.5
# Others as likely as this stand beside the likeliest.
ALSO = 0.25

FAMILIES = {
    "Air/drone strike": "remote", "Shelling/artillery/missile attack": "remote", "Chemical weapon": "remote",
    "Suicide bomb": "bomb", "Remote explosive/landmine/IED": "bomb", "Grenade": "bomb",
    "Attack": "attack", "Sexual violence": "attack", "Abduction/forced disappearance": "attack",
    "Government regains territory": "territory", "Non-state actor overtakes territory": "territory",
    "Non-violent transfer of territory": "territory",
}  # fmt: skip
# Traits that mean something else for each family of types, or by what the rules chose.
_BY_FAMILY = ("rule", "settled", "a:", "b:", "doer", "sufferer", "victim", "counted", "claimed", "blamed")
_BY_A = ("claimed", "blamed", "said:", "only group", "here", "after", "before")
_BY_B = ("sufferer", "victim", "counted", "here")
# What stands in the text that makes "nobody" more or less likely.
_TOLD = ("claimed", "blamed", "denied", "groups:1", "groups:2", "groups:many", "only group here", "doer", "sufferer",
         "victim:killed", "victim:injured", "counted", "called gunman")  # fmt: skip


def _state_of(side: Sequence[Actor], plain: str) -> str:
    if not side:
        return "none"
    return plain if all(a.name == UNIDENTIFIED or a.inter == 7 for a in side) else "some"


def signs(c: Candidate, sub_type: str, agents: Sequence[Actor], patients: Sequence[Actor]) -> Iterator[str]:
    """What the weights know a candidate by: its traits, alone and with its kind, the event's type and the rules' sides."""
    kind = kind_trait(c.actor)
    family = FAMILIES.get(sub_type, sub_type)
    yield f"kind {kind}"
    yield f"{family}|{kind}"
    if family != sub_type:
        yield f"{sub_type}|{kind}"
    a_state, b_state = _state_of(agents, "gunmen"), _state_of(patients, "people")
    traits = sorted(c.traits)
    for side, name, state in ((agents, "a", a_state), (patients, "b", b_state)):
        mine = any(x.name == c.actor.name for x in side)
        traits += [f"settled {name}"] if mine else []
        traits.append(f"{name}: {'self' if mine else state}")
    for t in traits:
        yield t
        yield f"{t}|{kind}"
        if t.startswith(_BY_FAMILY):
            yield f"{t}|{family}"
        if t.startswith(_BY_A):
            yield f"{t}|a {a_state}"
        if t.startswith(_BY_B):
            yield f"{t}|b {b_state}"


def signs_of_nobody(cast: Cast, sub_type: str, agents: Sequence[Actor], patients: Sequence[Actor]) -> Iterator[str]:
    """What the weights know "nobody is named" by."""
    family = FAMILIES.get(sub_type, sub_type)
    a_state, b_state = _state_of(agents, "gunmen"), _state_of(patients, "people")
    yield from ("nobody", f"nobody|{family}", f"nobody|a {a_state}", f"nobody|b {b_state}", f"nobody|{family}|a {a_state}")
    if family != sub_type:
        yield f"nobody|{sub_type}"
    told = set().union(*(c.traits for c in cast.candidates.values()))
    yield from (f"nobody|{t}" for t in _TOLD if t in told)


class SideWeights:
    """What each sign says for side A and for side B: two choices among the candidates of an event and nobody."""

    def __init__(self, by_sign: Mapping[str, tuple[float, float]], version: str = "") -> None:
        self._by_sign = by_sign
        self.version = version

    def chances(
        self, cast: Cast, sub_type: str, agents: Sequence[Actor], patients: Sequence[Actor]
    ) -> tuple[list[Actor], list[float], list[float]]:
        """The candidates, and how likely each is side A and side B; the last chance of each is that nobody is."""
        people = sorted(cast.candidates.values(), key=lambda c: c.actor.name)
        rows = [*(signs(c, sub_type, agents, patients) for c in people), signs_of_nobody(cast, sub_type, agents, patients)]
        scores = np.zeros((len(rows), 2))
        for i, row in enumerate(rows):
            for sign in row:
                if (w := self._by_sign.get(sign)) is not None:
                    scores[i] += w
        shares = np.exp(scores - scores.max(axis=0))
        shares /= shares.sum(axis=0)
        return [c.actor for c in people], [float(x) for x in shares[:, 0]], [float(x) for x in shares[:, 1]]

    def settle(
        self, cast: Cast, sub_type: str, agents: tuple[Actor, ...], patients: tuple[Actor, ...]
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
        """The rules' sides, or others where these are clearly likelier."""
        people, a, b = self.chances(cast, sub_type, agents, patients)
        if not people:
            return agents, patients
        return settle_chances(people, a, b, sub_type, agents, patients)


def settle_chances(
    people: Sequence[Actor], a: Sequence[float], b: Sequence[float], sub_type: str, agents: tuple[Actor, ...], patients: tuple[Actor, ...]
) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """Sides from chances: the rules' choice stays where no other is OVERRULE times as likely. A clash needs two parties."""
    at = {p.name: i for i, p in enumerate(people)}
    ours, theirs = [at[x.name] for x in agents if x.name in at], [at[x.name] for x in patients if x.name in at]
    n = len(people)
    if sub_type == "Armed clash":
        pairs = [(a[i] * b[j], -i, -j) for i in range(n) for j in range(n) if i != j]
        if not pairs:
            return agents, patients
        best, i, j = max(pairs)
        if ours and theirs and best <= OVERRULE**2 * max(a[ours[0]] * b[theirs[0]], a[theirs[0]] * b[ours[0]]):
            return agents, patients
        return (people[-i],), (people[-j],)
    mine = _side(a, ours, n)
    others = [i for i in _side(b, theirs, n) if i not in mine]
    if not others:
        rest = [i for i in range(n) if i not in mine and b[i] * NOBODY > b[n]]
        others = sorted(rest, key=lambda i: (-b[i], i))[:1]
    return tuple(people[i] for i in mine[:4]), tuple(people[i] for i in others[:4])


def _side(chances: Sequence[float], ruled: list[int], n: int) -> list[int]:
    """The indices of one side: the rules' unless the chances say another, or nobody."""
    order = sorted(range(n), key=lambda i: (-chances[i], i))
    chosen = [] if chances[order[0]] * NOBODY < chances[n] else [i for k, i in enumerate(order) if k == 0 or chances[i] >= ALSO]
    if not ruled:
        return chosen
    best = max(chances[i] for i in ruled)
    likelier = chances[chosen[0]] if chosen else chances[n]
    return chosen if likelier > OVERRULE * best else ruled


def pack(by_sign: Mapping[str, tuple[float, float]]) -> dict[str, np.ndarray]:
    """The weights as arrays to save: the signs as JSON bytes, two half-precision numbers each."""
    names = sorted(by_sign)
    values = np.array([by_sign[n] for n in names], dtype=np.float16)
    return {"signs": np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), dtype=np.uint8), "weights": values}


def in_order(
    sub_type: str | None, cast: Cast, agents: tuple[Actor, ...], patients: tuple[Actor, ...]
) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """Sides put as the type has them: a government regains territory from a group, an agreement has two parties.

    In "Disrupted weapons use" side A is who disrupted and side B whose weapon it was (ruling 10).
    """
    if sub_type == "Agreement" and len(agents) > 1 and not [p for p in patients if p.inter != 7]:
        return agents[:1], agents[1:]
    if sub_type in ("Government regains territory", "Disrupted weapons use"):
        forces, groups = _parted(agents, patients)
        if forces and groups and not any(a.inter in (1, 8) for a in agents):
            return forces, groups
        if sub_type == "Disrupted weapons use" and agents and not groups:
            near = [c.actor for c in cast.candidates.values() if kind_trait(c.actor) == "group" and "only group here" in c.traits]
            return agents, tuple(near) or patients
    if sub_type == "Non-state actor overtakes territory":
        forces, groups = _parted(agents, patients)
        if forces and groups and all(a.inter in (1, 8) for a in agents) and not any(a.inter == 8 for a in agents):
            return groups, forces
    return agents, patients


def _parted(agents: Sequence[Actor], patients: Sequence[Actor]) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """State forces and armed groups among both sides."""
    both = (*agents, *patients)
    return tuple(a for a in both if a.inter in (1, 8)), tuple(a for a in both if a.inter in (2, 3, 4))


@lru_cache(maxsize=1)
def load_side_weights(path: Path = WEIGHTS) -> SideWeights:
    """The weights in `path`. SettingsError where the file is missing or broken."""
    try:
        with np.load(path, allow_pickle=False) as file:
            names = json.loads(bytes(file["signs"]))
            values = file["weights"].astype(np.float64)
    except (OSError, ValueError, KeyError) as e:
        raise SettingsError(f"the weights of the sides in {str(path)!r} cannot be read: {e}") from e
    version = hashlib.blake2b(json.dumps(names).encode() + values.tobytes(), digest_size=3).hexdigest()
    return SideWeights({name: (float(a), float(b)) for name, (a, b) in zip(names, values, strict=True)}, version)
