"""The rule coder: one article in, its reports out, each value with the words that say it.

The steps, each in a file of its own: parse the coded parts (headline, body) with spaCy; find event words
(events.py), counts (counts.py), dates (dates.py), places (places.py), people (actors.py), cues of how it is
told (assertion.py); group sentences into events (frames.py); put a Report together for each.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from pipeline.actors import ActorList, Countries, load_actors, load_countries
from pipeline.coding import actors as who
from pipeline.coding.assertion import REPORTING, clause_status, off_topic_score, sentence_cues, tells_directly
from pipeline.coding.attribution import find_sources
from pipeline.coding.counts import Casualty, find_casualties
from pipeline.coding.dates import DateMention, find_dates
from pipeline.coding.dating import is_said, joined, settle_counted, with_grip
from pipeline.coding.event_places import CountryClue, at_home, country_clues, event_place, in_role, settle_mentions
from pipeline.coding.events import (
    ARMED_VIOLENCE,
    GOVERNMENT_REGAINS,
    NON_STATE_OVERTAKES,
    TERRITORY,
    WEAPONS,
    Trigger,
    find_modes,
    find_triggers,
    head_of,
    tells_type,
    vote_sub_type,
)
from pipeline.coding.founding import WEIGHTS as FOUNDING
from pipeline.coding.frames import Event, Frame, own_place, tells_elsewhere
from pipeline.coding.gate import WEIGHTS as GATE
from pipeline.coding.gate import has_word, load_gate
from pipeline.coding.grouping import apart, event_day, group
from pipeline.coding.learned import Learned, Reading, load_learned, sentences_of
from pipeline.coding.lexicon import FOLDER, word_set
from pipeline.coding.places import PlaceMention, find_places
from pipeline.coding.sides import SideReader, SideWeights, load_side_weights
from pipeline.coding.steps import Step, event_steps, text_steps
from pipeline.coding.texts import first_char, span_text, text_of
from pipeline.coding.tolls import Told, Toll, resolve_toll, with_parts
from pipeline.errors import SettingsError
from pipeline.gazetteer import Gazetteer, distance_km, open_gazetteer
from pipeline.models import EVENT_TYPE_OF, Actor, Article, Attribution, Claim, Evidence, Report
from pipeline.settings import Settings, load_settings

CODER = "rules"
# The same rules without what was learned of sentences and of sides.
GRAMMAR = "grammar"
RULES_VERSION = "1"
# An article less likely than this to tell an asserted event gives no report (docs/MODEL_CARD.md has the curve).
RELEVANCE = 0.5
# The same where a main clause plainly tells it: a heavy word of violence with its dead.
PLAIN_RELEVANCE = 0.25
NO_WORD = "no word of armed conflict, protest or arrest stands in it"
ORDINARY = "its words are those of ordinary news: not read for events"
CODED_PARTS = ("headline", "dateline", "body")


@dataclass(frozen=True, slots=True)
class Coding:
    """What a coder found: outcome coded, nothing, gated or language; why; the reports; the steps."""

    outcome: str
    reason: str
    reports: tuple[Report, ...] = ()
    steps: tuple[Step, ...] = ()


@Language.component("dateline_paragraphs")
def _paragraphs(doc: Doc) -> Doc:
    """A blank line ends a sentence: the parser must not run a headline into the text."""
    for token in doc[:-1]:
        if token.is_space and "\n" in token.text:
            doc[token.i + 1].is_sent_start = True
    return doc


@lru_cache(maxsize=2)
def load_nlp(model: str) -> Language:
    """The spaCy pipeline that texts are parsed with. SettingsError where the model is not installed."""
    try:
        nlp = spacy.load(model)
    except OSError as e:
        raise SettingsError(f"the spaCy model {model!r} is not installed (DATELINE_MODEL names it)") from e
    nlp.add_pipe("dateline_paragraphs", before="parser")
    return nlp


def coded_text(article: Article) -> str:
    """The article's text with every part that is not coded blanked out, so that offsets stay."""
    keep = [p for p in article.parts if p.kind in CODED_PARTS]
    if not article.parts:
        return article.text
    chars = ["\n" if c == "\n" else " " for c in article.text]
    for part in keep:
        chars[part.start : part.end] = article.text[part.start : part.end]
        # A dateline is read for its place, as a line of its own: it must not run into the sentence after it.
        if part.kind == "dateline" and part.end < len(chars) and part.end not in {p.start for p in keep}:
            chars[part.end] = "\n"
    return "".join(chars)


# A list item that begins with its place: "3. Al-Yadudah: ...", "* Jasim: ...", "TAIZ. ...".
LIST_ITEM = re.compile(r"^(?:\d+[.)]\s*|[*\u2022-]+\s*)?([A-Z][\w'\u2019\u2013 -]{2,40}?)(?:: |\s-\s|(?<=[A-Z]{3})\. )")


# An article that opens with an exercise tells what was played, not what happened.
DRILL = re.compile(
    r"\b(?:drills?|(?:joint|military|naval|live-fire) exercises?|exercise simulat\w+|simulat(?:es|ed|ing|ion)|war ?games?|rehears(?:es|ed|ing|als?)|mock (?:\w+ ){0,2}(?:attack|assault|landing|invasion|raid)s?)\b",
    re.IGNORECASE,
)


def coded_opening(article: Article) -> str:
    """The headline and the first paragraph, which say what an article is about."""
    parts = [p for p in article.parts if p.kind in ("headline", "body")][:2]
    return " ".join(article.text[p.start : p.end] for p in parts)


@lru_cache(maxsize=1)
def lexicon_version() -> str:
    """A short hash over all rules and code of this folder: whatever changes, it is another coder version."""
    digest = hashlib.blake2b(digest_size=4)
    weights = [path for path in (FOUNDING, GATE) if path.exists()]  # the other weights have versions of their own
    for path in (*sorted(FOLDER.glob("*.csv")), *sorted(FOLDER.parent.glob("*.py")), *weights):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(slots=True)
class _Parsed:
    """Everything found in one article's text before events are told apart."""

    article: Article
    doc: Doc
    frames: list[Frame]
    people: list[who.ActorMention]
    places: list[PlaceMention]
    clues: list[CountryClue]
    sides: SideReader
    reading: Reading | None = None
    steps: list[Step] = field(default_factory=list)
    counted: set[tuple[str, str]] = field(default_factory=set)  # (killed or injured, side) of the events coded so far


class Coder:
    """The rule coder over one spaCy pipeline, one gazetteer and one actor list; same text, same reports."""

    def __init__(
        self,
        nlp: Language,
        gazetteer: Gazetteer,
        actors: ActorList,
        countries: Countries,
        learned: Learned | None = None,
        side_weights: SideWeights | None = None,
        *,
        name: str = CODER,
    ) -> None:
        self.name = name
        self.nlp = nlp
        self.learned = learned
        self.side_weights = side_weights
        self.gazetteer = gazetteer
        self.actors = actors
        self.countries = countries
        self.languages: tuple[str, ...] = ("en",)
        model = nlp.meta
        learned_version = (f"-{learned.version}" if learned else "") + (f"-{side_weights.version}" if side_weights else "")
        self.version = f"{RULES_VERSION}-{lexicon_version()}{learned_version}-{model.get('name', 'blank')}-{model.get('version', '0')}"

    # -- the whole article --------------------------------------------------------------------

    def code(self, article: Article) -> Coding:
        """The reports of one article, in the order they are told."""
        if article.language not in (*self.languages, "und", ""):
            return Coding("language", f"the text is in {article.language!r}; this coder reads {', '.join(self.languages)}")
        text = coded_text(article)
        if not load_gate().lets_through(text):
            return Coding("gated", ORDINARY if has_word(text) else NO_WORD)
        parsed = self.parse(article, self.nlp(text))
        events = [part for e in group(parsed.frames, article.published) if e.frames for part in apart(e)]
        why_quiet = self.not_an_event(parsed, events)
        if why_quiet:
            return Coding("nothing", why_quiet, (), tuple(parsed.steps))
        told = [(event, self.report(parsed, event, events, number)) for number, event in enumerate(events)]
        reports = _without_summary(_without_repeats([report for _, report in told if report is not None]))
        parsed.steps += event_steps(told, reports)
        if not reports:
            return Coding("nothing", "words of conflict stand in it, but no event is told", (), tuple(parsed.steps))
        return Coding("coded", "", tuple(reports), tuple(parsed.steps))

    def places(self, text: str, *, source: str = "") -> list[PlaceMention]:
        """The place mentions of any text, offsets into it, with names inside names and country adjectives; needs no event."""
        return find_places(self.nlp(text), self.gazetteer, source=source, embedded=True, adjectives=True, implied=False)

    # -- what stands in the text --------------------------------------------------------------

    def parse(self, article: Article, doc: Doc) -> _Parsed:
        """Event words, counts, dates, places and people of a parsed text, by sentence."""
        datelines = [(p.start, p.end) for p in article.parts if p.kind == "dateline"]
        places = [
            replace(p, role="dateline") if any(a <= p.start < b for a, b in datelines) else p
            for p in find_places(doc, self.gazetteer, source=article.source, embedded=True)
        ]
        embedded = [p for p in places if p.role == "organisation"]
        places = [p for p in places if p.role not in ("organisation", "demonym")]
        people = who.find_actors(doc, self.actors, self.countries, places=places)
        kinds = _kinds_by_token(doc, people)

        def party_of(noun: Token) -> str:
            kind = kinds.get(noun.i)
            if kind and kind != "pronoun":
                return kind
            if noun.ent_type_ == "PERSON" or noun.lower_ in PEOPLE_WORDS or noun.lemma_.lower() in PEOPLE_WORDS:
                return "people"
            return "other"

        places = settle_mentions(doc, places, people, self.countries, self.gazetteer)
        clues = country_clues(doc, embedded, people, self.actors, self.gazetteer, places)
        places = at_home(places, clues, self.gazetteer)
        casualties = find_casualties(doc, party_of)
        triggers = find_triggers(doc)
        reading = self.learned.read(doc, triggers) if self.learned else None
        if self.learned is not None and reading is not None and not any(t.kind == "act" and t.weight >= 2 for t in triggers):
            triggers = sorted([*triggers, *self.learned.find_triggers(reading)], key=lambda t: t.start)
        labels = self._labels(doc, reading)
        frames = self.frames(article, doc, triggers, casualties, places, people, labels)
        sides = SideReader(doc, people, frames, self.actors, self.countries, self.side_weights)
        parsed = _Parsed(article, doc, frames, people, places, clues, sides, reading)
        parsed.steps += text_steps(frames, people)
        return parsed

    def frames(
        self,
        article: Article,
        doc: Doc,
        triggers: Sequence[Trigger],
        casualties: Sequence[Casualty],
        places: Sequence[PlaceMention],
        people: Sequence[who.ActorMention],
        labels: dict[int, dict[str, float]],
    ) -> list[Frame]:
        """One frame a sentence or joined clause. `labels`: token index of a sentence's start -> learned label chances."""
        headline_end = next((p.end for p in article.parts if p.kind == "headline"), 0)
        datelines = [(p.start, p.end) for p in article.parts if p.kind == "dateline"]
        frames: list[Frame] = []
        paragraph, last_end, index = -1, 0, -1
        drill = DRILL.search(coded_opening(article)) is not None
        days = find_dates(text_of(doc), article.published)
        for sent in _clauses(doc, triggers, places):
            stripped = span_text(sent).strip()
            first = first_char(sent)
            if not stripped or any(a <= first and first + len(stripped) <= b for a, b in datelines):
                continue
            index += 1
            gap = text_of(doc)[last_end:first]
            opens = "\n" in gap or paragraph < 0
            paragraph += opens
            last_end = sent.start_char + len(span_text(sent).rstrip())
            f = Frame(index, sent, sent.start_char < headline_end, paragraph, opens)
            f.cues = {c.kind: c for c in sentence_cues(sent)}
            here = [m for m in people if sent.start_char <= m.start < sent.end_char]
            f.actors = frozenset(m.name for m in here if m.kind in ("named", "state", "police") and m.name)
            f.armed = any(m.kind == "unnamed" or (m.kind == "named" and m.actor_id) for m in here)
            for t in triggers:
                if sent.start <= t.start < sent.end:
                    if t.kind == "means":
                        f.means.append(t)
                    elif clause_status(head_of(doc, t)) == "asserted":
                        f.acts.append(t)
                    else:
                        f.planned.append(t)
            f.casualties = [
                c
                for c in casualties
                if sent.start <= c.cue < sent.end
                and (c.best == 0 or (clause_status(doc[c.cue]) == "asserted" and not _days_before(doc[c.cue])))
            ]
            # "OUAKA. 2 February: In Bambari ...": a day that runs over a sentence's end belongs to what follows.
            # "The March 23 Movement" is no day.
            named = [m for m in here if m.kind == "named"]
            dates = [
                d for d in days if sent.start_char < d.end <= sent.end_char and not any(m.start <= d.start < d.end <= m.end for m in named)
            ]
            if "aggregate" in f.cues or any(d.kind == "span" for d in dates):
                # "a conflict that has killed 40,000 people since 1984" counts no event's dead
                f.casualties = [
                    c
                    for c in f.casualties
                    if not any(x.dep_ == "aux" and x.lower_ in ("has", "have") for x in doc[c.cue].children) or tells_directly(doc[c.cue])
                ]
            f.places = [in_role(doc, p) for p in places if sent.start_char <= p.start < sent.end_char]
            heads = {head_of(doc, t).i for t in (*f.acts, *f.means)} | {c.cue for c in f.casualties}
            for d in dates:
                (f.said if is_said(doc, d) else f.dates).append(d)
            f.dates = joined(text_of(doc), f.dates)
            f.dates = settle_counted(doc, [with_grip(doc, d, heads) for d in f.dates], f.said, heads)
            f.listed = (
                opens
                and not f.headline
                and any(m.start(1) + first <= p.start < m.end(1) + first for m in LIST_ITEM.finditer(stripped) for p in f.places)
            )
            f.assertion = self.assertion(f, article)
            if f.assertion == "asserted" and drill:
                f.assertion = "prospective"
            f.chances = labels.get(sent[0].sent.start, {})
            if f.assertion == "asserted" and not f.headline:
                f.assertion = _second_opinion(f)
            if f.assertion == "prospective":
                coming = find_dates(text_of(doc), article.published, start=sent.start_char, end=sent.end_char, future=True)
                f.dates = [d for d in coming if not is_said(doc, d)]
            f.direct = any(tells_directly(head_of(doc, t)) for t in f.acts) or any(
                tells_directly(doc[c.cue]) for c in f.casualties if c.best
            )
            f.passing = f.assertion == "asserted" and _in_passing(f, doc)
            frames.append(f)
        return frames

    def _labels(self, doc: Doc, reading: Reading | None) -> dict[int, dict[str, float]]:
        if self.learned is None or reading is None:
            return {}
        return dict(zip((s.start for s in sentences_of(doc)), self.learned.sentence_labels(reading), strict=True))

    def assertion(self, f: Frame, article: Article) -> str:
        """How a sentence tells its event: one of the codebook's five, or empty for no event."""
        cues = f.cues
        counted = [c for c in f.casualties if c.best != 0]
        if not f.acts and not counted:
            if f.planned and any(t.weight >= 2 or t.sub_event_type == ARMED_VIOLENCE for t in f.planned) and "prospective" in cues:
                return "prospective"
            return ""
        if not f.acts and not any(d.prec == 1 for d in f.dates) and max(c.best or 0 for c in counted) >= 100:
            return "aggregate"  # a three-figure toll without an event word or a day sums up a war
        if not counted and ("refuted" in cues or ("denied" in cues and f.weight <= 2)):
            return "denied"
        if "aggregate" in cues and not f.headline and self._sums_up(f):
            return "aggregate"
        days = [d for d in f.dates if d.prec is None or d.prec <= 2]
        long_spans = [d for d in f.dates if d.prec is not None and d.prec >= 4]
        if long_spans and not days and not f.headline:
            many = any((c.best or 0) > 1 for c in counted) or "aggregate" in cues
            since = any(d.date_end == article.published for d in long_spans)
            return "aggregate" if many and since else "background"
        if "accident" in cues and f.weight < 3 and not self._armed_act(f):
            return ""
        if "private" in cues and f.weight < 3 and not f.armed:
            return ""
        if "recalled" in cues and f.index <= 3 and not self._fresh(f, article) and not (counted and not f.dates and _is_of_root(f)):
            return "background"
        return "asserted"

    @staticmethod
    def _fresh(f: Frame, article: Article) -> bool:
        """Whether a sentence dates an event word of its own to the week of publication ("a bomber struck the commemoration on Friday")."""
        if article.published is None or f.weight < 2:
            return False
        week = shift_day(article.published, -FRESH_DAYS)
        return any(d.kind == "point" and d.prec == 1 and week <= (d.date_start or "") <= article.published for d in f.dates)

    @staticmethod
    def _armed_act(f: Frame) -> bool:
        """Whether more than "killed" or "explosion" is said: an attack, gunfire, a bomb."""
        return any(t.weight >= 2 or t.pattern.startswith(("N:attack", "V:attack", "N:gunm", "N:gunfire")) for t in (*f.acts, *f.means))

    @staticmethod
    def _sums_up(f: Frame) -> bool:
        """Whether a sentence sums several events: a span of time, "since", and no single day of its own."""
        spans = [d for d in f.dates if (d.kind == "span" or (d.prec or 0) >= 3) and not _is_short(d)]
        if not spans and any(_is_short(d) for d in f.dates):
            return False  # "shelling killed 22 in the city over the past 24 hours" is one event of that day
        days = [d for d in f.dates if d.kind == "point" and d.prec == 1]
        since = re.search(
            r"\b(?:since|so far|this year|this month|in the (?:past|last|first)|over the (?:past|last)|in \w+ (?:years|months|decades))\b",
            span_text(f.sent),
            re.I,
        )
        plural = re.search(
            r"\b(?:attacks|strikes|raids|incidents|clashes|bombings|killings|airstrikes|kidnappings|shootings|ambushes|cases|encounters)\b",
            span_text(f.sent),
            re.I,
        )
        return bool(((spans or since) and (not days or since)) or (plural and not days and not f.casualties))

    # -- quiet articles -----------------------------------------------------------------------

    def not_an_event(self, parsed: _Parsed, events: Sequence[Event]) -> str:
        """Why an article is no matter of armed conflict although its words look like it; empty where it is."""
        if not events:
            return "no event is told as having happened" if parsed.frames else "no sentence in it"
        if self.learned is not None and parsed.reading is not None:
            likely = self.learned.relevance(parsed.reading)
            needed = PLAIN_RELEVANCE if any(_is_plain(f) for e in events for f in e.frames if e.assertion == "asserted") else RELEVANCE
            if likely < needed:
                return f"read as a whole it tells no event of armed conflict or protest (probability {likely:.2f}, needed {needed})"
            return ""
        armed = [
            t for f in parsed.frames for t in (*f.acts, *f.means) if t.weight >= 3 and t.sub_event_type not in ("Agreement", "Arrests")
        ]
        armed_people = [m for m in parsed.people if m.kind in ("named", "state", "police", "unnamed", "protesters", "rioters")]
        if off_topic_score(text_of(parsed.doc)) >= 1.2 and len(armed_people) <= 2 and len(armed) <= 3:
            return "its words are those of sport, weather, accidents, business or work, and no armed side acts"
        return ""

    # -- one event ----------------------------------------------------------------------------

    def report(self, parsed: _Parsed, event: Event, events: Sequence[Event], number: int) -> Report | None:
        """The report of one event; None where nothing but a bare word tells it."""
        article, doc = parsed.article, parsed.doc
        if event.assertion == "asserted" and not _tells_enough(event, number):
            return None
        evidence: list[Evidence] = []

        def cite(name: str, start: int, end: int) -> None:
            quote = text_of(doc)[start:end]
            if "\n" in quote:  # a phrase cannot run over a line end: what stands before it is another part
                start = end - len(quote.rsplit("\n", 1)[1].lstrip())
                quote = text_of(doc)[start:end]
            if quote.strip() and not any(e.field == name and e.start == start for e in evidence):
                evidence.append(Evidence(name, start, end, quote))

        place, where, told_by = event_place(doc, parsed.places, parsed.frames, event, parsed.clues, self.gazetteer)
        country = where.get("country")
        if country is None and where.get("where_prec") == 7:
            country = ""  # at sea off no named coast: every state's forces are abroad
        cast = parsed.sides.cast(event, events, country)
        agents, patients = tuple(cast.agents[:4]), tuple(cast.patients[:4])
        asserted = sum(e.assertion == "asserted" for e in events)
        killed, injured = self._tolls(parsed, event, agents, patients, country, number=number, of=asserted)
        armed_target = any(a.inter in (1, 2, 3, 4, 8) for a in patients) if patients else None
        sub_type, modes, trigger = self._type(event, agents, patients, armed_target, killed)
        if sub_type is None and event.assertion == "asserted":
            return None
        if sub_type in DEATHLESS and event.assertion == "asserted" and killed.best != 0:
            killed = Toll()  # by its very type nobody died in it: the dead told beside it are another event's
        claims, attributions = self._claims(parsed, event, country, cite)
        agents, patients = parsed.sides.settle(cast, event, events, sub_type, country)
        if trigger is not None:
            cite("sub_event_type", trigger.start_char, trigger.end_char)
        date = self._date(article, event, events, parsed, evidence)
        if place is not None:
            cite("place_name", place.phrase_start, place.phrase_end)
        if told_by is not None:
            cite("country", *told_by)
        for start, end in cast.spans(agents):
            cite("side_a", start, end)
        for start, end in cast.spans(patients):
            cite("side_b", start, end)
        for name, toll in (("deaths_best", killed), ("injured_best", injured)):
            for c in toll.evidence:
                cite(name, c.start, c.end)
        split = _split_by_party(killed, agents, patients)
        unknown_is_civilian = bool(patients) and all(p.inter in (5, 6, 7) for p in patients)
        deaths_civilians = split.get("civilians")
        if sub_type == "Mob violence" and deaths_civilians is None and split.get("b") is not None:
            deaths_civilians = split.pop("b")  # whom a mob kills is a civilian, whatever it takes him for
        if unknown_is_civilian and split.get("unknown") is not None:
            deaths_civilians = (deaths_civilians or 0) + split["unknown"]
        zero = [(c.start, c.end) for c in killed.evidence] if killed.best == 0 else []
        if zero and unknown_is_civilian and _names_civilians(parsed, event, zero):
            deaths_civilians = 0
        a, b = split.get("a"), split.get("b")
        if killed.best == 0 and patients and not unknown_is_civilian:
            b = 0
        assertion = event.assertion
        if assertion == "asserted" and number and (date.get("date_prec") or 1) >= 3 and killed.best:
            assertion = "aggregate"  # "shelling every day of the past week has killed 61": many events' dead
        fields: dict[str, Any] = {
            "assertion": assertion,
            "event_type": EVENT_TYPE_OF.get(sub_type or ""),
            "sub_event_type": sub_type,
            "modes": modes,
            **date,
            **where,
            "side_a": agents,
            "side_b": patients,
            "deaths_best": killed.best,
            "deaths_low": killed.low,
            "deaths_high": killed.high,
            "deaths_a": a,
            "deaths_b": b,
            "deaths_civilians": deaths_civilians,
            "deaths_unknown": split.get("unknown") if not unknown_is_civilian else None,
            "injured_best": injured.best,
            "injured_low": injured.low,
            "injured_high": injured.high,
            "count_vague": killed.vague or injured.vague,
            "claims": claims,
            "attributions": attributions,
        }
        confidences = _confidences(event, place, date, killed, agents, patients, trigger)
        digest = hashlib.blake2b(f"{article.article_id}\0{self.name}\0{number}".encode(), digest_size=8).hexdigest()
        return Report(
            report_id="r" + digest,
            article_id=article.article_id,
            evidence=tuple(evidence),
            confidence=round(sum(confidences.values()) / len(confidences), 3),
            confidences=confidences,
            coder=self.name,
            coder_version=self.version,
            **fields,
        )

    @staticmethod
    def _date(article: Article, event: Event, events: Sequence[Event], parsed: _Parsed, evidence: list[Evidence]) -> dict[str, Any]:
        """The date fields of an event, its words cited; none where nothing can be resolved."""
        d, basis = event_day(article.published, event, events, parsed.frames)
        if d is None or not d.date_start:
            return {}
        start, end = d.date_start, d.date_end
        if event.assertion == "asserted" and article.published and start > article.published:
            start = end = article.published
        if d.end > d.start:
            evidence.append(Evidence("date_start", d.start, d.end, text_of(parsed.doc)[d.start : d.end]))
        return {"date_start": start, "date_end": end, "date_prec": d.prec, "date_basis": basis}

    def _type(
        self, event: Event, agents: Sequence[Actor], patients: Sequence[Actor], armed_target: bool | None, killed: Toll
    ) -> tuple[str | None, tuple[str, ...], Trigger | None]:
        """The sub-event type the event's words add up to, its modes, and the word that weighs most."""
        weighted: list[tuple[Trigger, float]] = []
        body = 0
        for f in event.frames:
            factor = 1.6 if f.headline else (1.6, 1.0, 0.7)[body] if body < 3 else 0.4
            body += not f.headline
            weighted += [(t, factor) for t in f.acts]
            weighted += [(t, factor * 0.6) for t in f.means]
        if not weighted:
            weighted = [(t, 1.0) for f in event.frames for t in f.planned]
        if armed_target is None:
            armed_target = any(c.party in ("state", "police", "unnamed", "named") for _, c in event.casualties)
        takers = {a.inter for a in agents if a.inter in (1, 2, 3, 4, 8)}
        # Militias that fight beside the army take for the state.
        taker_state = None if not takers else bool(takers & {1, 8})
        sub_type, scores = vote_sub_type(weighted, target_armed=armed_target, taker_state=taker_state)
        if self.learned is not None and sub_type is not None:
            chances = self.learned.sub_types([f.sent for f in event.frames[:4]], scores)
            sub_type = max(chances.items(), key=lambda kv: (kv[1], kv[0]))[0]
        if sub_type is None:
            if killed.best:
                sub_type = "Armed clash" if armed_target else "Attack"
            else:
                return None, (), None
        heavy = {t.sub_event_type for t, factor in weighted if t.weight >= 3 and factor >= 1}
        sub_type = _settle(sub_type, scores, heavy, agents, patients, killed)
        taken = {t.sub_event_type: t.weight for t, factor in weighted if t.sub_event_type in TERRITORY and factor >= 1 and t.weight >= 2}
        if taken and sub_type in ("Armed clash", GOVERNMENT_REGAINS, NON_STATE_OVERTAKES):
            # Who took the place decides; a battle that ends with its capture is told as the capture.
            if taker_state is not None:
                sub_type = GOVERNMENT_REGAINS if taker_state else NON_STATE_OVERTAKES
            elif sub_type == "Armed clash":
                sub_type = max((GOVERNMENT_REGAINS, NON_STATE_OVERTAKES), key=lambda kind: scores.get(kind, 0.0))
        mine = [t for t, _ in weighted if tells_type(t, sub_type)]
        best = max(mine or [t for t, _ in weighted], key=lambda t: (t.weight, -t.start), default=None)
        return sub_type, _modes(event, sub_type, mine, agents, killed), best

    def _tolls(
        self,
        parsed: _Parsed,
        event: Event,
        agents: Sequence[Actor],
        patients: Sequence[Actor],
        country: str | None,
        *,
        number: int = 0,
        of: int = 1,
    ) -> tuple[Toll, Toll]:
        """The killed and the wounded of an event; it is the `number`-th `of` so many that the article tells."""
        told: dict[str, list[Told]] = {"killed": [], "injured": []}
        said = set(parsed.counted)
        seen = parsed.counted
        for f, c in event.casualties:
            if (number == 0 and of >= LISTED and (c.best or 0) > 1 and _is_sum(f, event)) or _recalls(parsed.doc, c, event):
                continue
            if c.best and len(event.frames) > 1 and f is not event.frames[0] and tells_elsewhere(event, f):
                continue  # "the number of civilians killed at Cantine on Saturday has risen to 12", of a fight elsewhere on Sunday
            if c.best != 0 and not f.assertion and ("accident" in f.cues or "private" in f.cues):
                continue  # "three people were killed when their car hit a cow", in a sentence that tells no event
            if c.best != 0 and not f.headline and not c.toll and LONG_SPAN.search(span_text(f.sent)) and event.frames[0] is not f:
                continue  # "two soldiers died in the same period"
            side = {"civilians": "civilians", "people": "unknown", "other": "unknown", "protesters": "crowd", "rioters": "crowd"}.get(
                c.party, "armed"
            )
            if c.head >= 0 and parsed.doc[c.head].lemma_.lower() in GENERIC_DEAD:
                side = "unknown"
            mention = _mention_at(parsed.people, parsed.doc[c.head]) if c.head >= 0 and side == "armed" else None
            actor = who.as_actor(mention, country, self.actors, self.countries) if mention else None
            if actor is not None:
                side = SIDE_OF_INTER.get(actor.inter, side)
            elif c.party in ("state", "police"):
                side = "gov"
            claim = side != "armed" and _is_claim(f, c)
            if number > 0 and (c.best or 0) > 1 and not _is_grounded(event, f) and (claim or (c.kind, side) in said):
                continue  # another's word on an event told before
            if event.assertion == "asserted":
                seen.add((c.kind, side))
            told[c.kind].append(Told(c, f.index, f.headline, side, _speaker(parsed.doc, c), claim))
        suicide = any(t.sub_event_type == "Suicide bomb" for f in event.frames for t in (*f.acts, *f.means))
        apart = frozenset(("armed",)) if suicide and not any(p.inter in (2, 3, 4) for p in patients) else frozenset()
        return with_parts(resolve_toll(told["killed"], apart=apart), told["killed"]), resolve_toll(told["injured"])

    @staticmethod
    def _claims(parsed: _Parsed, event: Event, country: str | None, cite: Any) -> tuple[tuple[Claim, ...], tuple[Attribution, ...]]:
        claims: list[Claim] = []
        sources: list[Attribution] = []
        last = event.frames[-1].index
        for f in parsed.frames:
            if not event.frames[0].index <= f.index <= last + 2:
                continue
            for source in find_sources(f.sent):
                if len(sources) < 5 and not any(s.source == source.text for s in sources) and f in event.frames:
                    sources.append(Attribution(source.text, source.kind))
                    cite("attributions", source.start, source.end)
            for claim, start, end in parsed.sides.claims(f, country):
                if not any(c.actor == claim.actor and c.stance == claim.stance for c in claims):
                    claims.append(claim)
                    cite("claims", start, end)
        return tuple(claims), tuple(sources)


# --- small helpers ---------------------------------------------------------------------------

# Whose dead add up with whose: ACLED interaction code -> group.
SIDE_OF_INTER = {1: "gov", 2: "armed", 3: "armed", 4: "armed", 5: "crowd", 6: "crowd", 7: "civilians", 8: "foreign"}


# Types that an event with dead would not be: a march in which people are killed is no peaceful protest.
DEATHLESS = frozenset(
    ("Agreement", "Arrests", "Change to group/activity", "Headquarters or base established", "Non-violent transfer of territory",
     "Other", "Peaceful protest")
)  # fmt: skip
GENERIC_DEAD = word_set("generic", "count_words.csv")
# What died over months or years is no event's toll.
LONG_SPAN = re.compile(
    r"\b(?:(?:in|over|during) the same period|so far (?:this|in)|this year|this month|last year|since (?:the (?:start|beginning|war|conflict|insurgency)|(?:19|20)\d\d|January|February)|"
    r"(?:past|last|recent) (?:\w+ ){0,2}?(?:months|years|decades?)|in recent (?:months|years)|over the years|to date|a year earlier|every year)\b",
    re.IGNORECASE,
)
# An article that tells so many events opens with their sum.
LISTED = 3
SUMMED = re.compile(
    r"\b(?:in (?:\w+ )?(?:separate |different |various )?(?:incidents|attacks|places|provinces|states|districts|days|nights|weeks)|incidents of violence|"
    r"across the (?:country|province|state|region)|(?:during|in) the (?:reporting )?(?:week|period|month|fortnight)|in all|altogether|a total of)\b",
    re.IGNORECASE,
)
CLAIMED = re.compile(r"\b(?:claim(?:ed|s|ing)?|boast(?:ed|s)?)\b[^.;]{0,160}$", re.IGNORECASE)


def _is_sum(f: Frame, event: Event) -> bool:
    """Whether an opening sentence only sums up what the article goes on to tell (ruling 31)."""
    if f.index > 3:
        return False
    if SUMMED.search(span_text(f.sent)):
        return True
    opening = next((x for x in event.frames if not x.headline), None)
    return f is opening and own_place(f) is None and not any(t.weight >= 2 for t in f.acts)


def _names_civilians(parsed: _Parsed, event: Event, zero: Sequence[tuple[int, int]]) -> bool:
    """Whether an event's sentences name civilians outside the words that say that nobody was hurt."""
    spans = [(f.sent.start_char, f.sent.end_char) for f in event.frames]
    return any(
        m.kind in ("civilians", "objects") and any(a <= m.start < b for a, b in spans) and not any(a <= m.start < b for a, b in zero)
        for m in parsed.people
    )


def _is_grounded(event: Event, f: Frame) -> bool:
    """Whether an event has a place or a day of its own by the time a sentence of it is told."""
    return any(
        own_place(x) is not None or any(d.kind == "point" and d.prec == 1 for d in x.dates) for x in event.frames if x.index <= f.index
    )


def _is_claim(f: Frame, c: Casualty) -> bool:
    """Whether a figure is an armed group's own word."""
    text = text_of(f.sent.doc)
    if CLAIMED.search(text[f.sent.start_char : c.start]) is not None:
        return True
    return any(s.kind == "armed-group" for s in find_sources(f.sent))


def _speaker(doc: Doc, c: Casualty) -> int:
    """The verb of saying that governs a count, as a token index; -1 where none does."""
    node = doc[c.cue]
    for _ in range(6):
        if node.head == node:
            return -1
        previous, node = node, node.head
        if node.lemma_ in REPORTING and node.pos_ == "VERB" and previous.dep_ in ("ccomp", "parataxis"):
            return node.i
        if node.lemma_ in ("account", "report", "claim", "statement") and previous.dep_ in ("acl", "relcl"):
            return node.i
    return -1


def _recalls(doc: Doc, c: Casualty, event: Event) -> bool:
    """Whether a count stands in a clause about one person beside what the sentence tells: "mourning an officer who died"."""
    cue = doc[c.cue]
    if cue.dep_ != "relcl" or c.best != 1 or not any(x.lower_ == "who" for x in cue.children):
        return False
    return any(
        o.kind == c.kind
        and o.best
        and o is not c
        and doc[o.cue].sent == cue.sent
        and doc[o.cue].dep_ not in ("relcl", "acl")
        and o.cue not in [x.i for x in cue.subtree]
        for _, o in event.casualties
    )


def _split_by_party(killed: Toll, agents: Sequence[Actor], patients: Sequence[Actor]) -> dict[str, int]:
    """The dead of an event by the codebook's parties: a, b, civilians, unknown."""
    split: dict[str, int] = {}
    mine = {SIDE_OF_INTER.get(x.inter) for x in agents}
    theirs = {SIDE_OF_INTER.get(x.inter) for x in patients}
    for group_name, n in killed.by_side:
        if group_name in ("civilians", "crowd"):
            key = "civilians"
        elif group_name == "unknown":
            key = "unknown"
        elif group_name in mine and group_name not in theirs:
            key = "a"
        else:
            key = "b"
        split[key] = split.get(key, 0) + n
    return split


PEOPLE_WORDS = frozenset(
    "people person persons others other another one he she him her they them victim victims dead casualty casualties wounded injured lives life two three four five six "
    "seven eight nine ten dozens scores hundreds several body bodies corpse death deaths fatality fatalities".split()
)


# A learned label overrules "asserted" only when it is this sure.
OVERRULE = 0.6
NO_EVENT = 0.8
# A weak event word in a sentence that is told this surely needs no day and place beside it.
SURELY_TOLD = 0.6


def _second_opinion(f: Frame) -> str:
    """The rules' "asserted", or what the learned reader of sentences is sure of instead."""
    if not f.chances:
        return "asserted"
    label, chance = max(f.chances.items(), key=lambda kv: (kv[1], kv[0]))
    if label in ("background", "aggregate", "prospective", "denied") and chance >= OVERRULE:
        return label
    if label == "none" and chance >= NO_EVENT and f.weight < 3 and not any(c.best for c in f.casualties):
        return ""
    return "asserted"


def _clauses(doc: Doc, triggers: Sequence[Trigger], places: Sequence[PlaceMention]) -> Iterator[Span]:
    """The sentences, cut before a joined main clause that tells of another place.

    "Different places or days: separate events, even in one sentence": a clause joined by "and" or "while"
    is cut off where both sides have an event word of their own and name places of their own.
    """
    for sent in doc.sents:
        heads = [head_of(doc, t) for t in triggers if sent.start <= t.start < sent.end and t.kind == "act"]
        named = [p for p in places if p.role == "event" and sent.start_char <= p.start < sent.end_char]
        cut = None
        if len({h.i for h in heads}) > 1 and len(named) > 1:
            for verb in sent:
                if verb.pos_ not in ("VERB", "AUX") or verb.dep_ not in ("conj", "advcl") or verb.head.dep_ != "ROOT":
                    continue
                if verb.dep_ == "advcl" and not any(c.dep_ == "mark" and c.lower_ == "while" for c in verb.children):
                    continue
                if not any(c.dep_ in ("nsubj", "nsubjpass") for c in verb.children):
                    continue
                at = verb.left_edge.i
                before = [h for h in heads if h.i < at]
                after = [h for h in heads if h.i >= at]
                if before and after and any(p.start < doc[at].idx for p in named) and any(p.start >= doc[at].idx for p in named):
                    cut = at
                    break
        if cut is not None and sent.start < cut < sent.end:
            yield doc[sent.start : cut]
            yield doc[cut : sent.end]
        else:
            yield sent


def _kinds_by_token(doc: Doc, people: Sequence[who.ActorMention]) -> dict[int, str]:
    kinds: dict[int, str] = {}
    for m in people:
        kinds[m.head] = m.kind
    return kinds


def _mention_at(people: Sequence[who.ActorMention], token: Token) -> who.ActorMention | None:
    return next((m for m in people if m.head == token.i or m.start <= token.idx < m.end), None)


def _days_before(cue: Token) -> bool:
    """Whether a count is of what happened days before the news: "a day after a bombing that killed nine"."""
    for node in (cue, *cue.ancestors):
        for after in (node, *node.children):
            if (
                after.lower_ in ("after", "since")
                and after.i
                and after.i < cue.i
                and after.nbor(-1).lemma_ in ("day", "week", "month", "year")
            ):
                return after.dep_ in ("prep", "mark", "advmod", "pcomp")
    return False


def _is_of_root(f: Frame) -> bool:
    """Whether the sentence's own verb tells it: "a bomb killed 13 ahead of the commemorations", not "a court convicted two over a bomb"."""
    root = f.sent.root.i
    return any(c.cue == root for c in f.casualties) or any(t.start <= root < t.end for t in f.acts)


def _is_plain(f: Frame) -> bool:
    """Whether a sentence tells in a main clause who or what killed how many: "a suicide bomber killed 24 people"."""
    return (
        f.direct
        and not f.cues.keys() & {"accident", "private", "past", "recalled"}
        and any(c.kind == "killed" and c.best for c in f.casualties)
        and (f.weight >= 3 or (f.armed and f.weight >= 2))
    )


def _in_passing(f: Frame, doc: Doc) -> bool:
    """Whether the event stands only in a subordinate clause of comparison: "a day after", "following the"."""
    text = span_text(f.sent)
    return (
        bool(
            re.search(
                r"\b(?:day|days|week|weeks|hours|months?) after\b|\bfollow(?:s|ed|ing) (?:a|an|the|last)\b|\bin (?:response|retaliation|revenge) (?:to|for)\b",
                text,
                re.I,
            )
        )
        and f.index > 1
    )


FRESH_DAYS = 7


def _is_short(d: DateMention) -> bool:
    """Whether a span is of two days at most: "over the past 24 hours", "since yesterday"."""
    return (
        bool(d.date_start and d.date_end)
        and d.kind == "span"
        and (d.prec or 5) <= 2
        and shift_day(d.date_start or "", 2) > (d.date_end or "")
    )


def shift_day(day: str, days: int) -> str:
    """An ISO day so many days later."""
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


# Words that say that somebody died, not that anybody did it: an accident has them too.
BARE_DEATH = frozenset(("V:kill", "N:killing|killings", "N:blast|explosion|blasts|explosions", "V:explode|detonate", "V:burn"))


def _tells_enough(event: Event, number: int) -> bool:
    """Whether an event has more than a bare word: a strong word, a count, or a weak word with day and place or surely told."""
    weight = max((f.weight for f in event.frames), default=0)
    acts = [t for f in event.frames for t in (*f.acts, *f.means)]
    accident = any("accident" in f.cues or "private" in f.cues for f in event.frames)
    counted = bool(event.casualties) and bool(acts) and not (accident and all(t.pattern in BARE_DEATH for t in acts))
    body = [f for f in event.frames if not f.headline]
    if not body and number > 0:
        return False
    if weight >= 2 or counted:
        return True
    # A weak word ("killed") is an event where somebody armed does it, where day and place are said, or where the whole sentence reads so.
    armed = any(f.armed for f in event.frames)
    known = (event.place is not None) + (event.date is not None) + armed
    surely = not accident and any(f.chances.get("asserted", 0.0) >= SURELY_TOLD for f in body)
    return weight == 1 and (surely or known >= (2 if number else 1))


EXPLODING = frozenset(
    ("Air/drone strike", "Shelling/artillery/missile attack", "Remote explosive/landmine/IED", "Grenade", "Suicide bomb", "Chemical weapon")
)  # fmt: skip


def _settle(
    sub_type: str, scores: dict[str, float], heavy: Set[str], agents: Sequence[Actor], patients: Sequence[Actor], killed: Toll
) -> str:
    """The codebook's tie-breaks between neighbouring sub-types. `heavy`: those that a word of weight 3 names in the event's lead."""
    civilians_only = bool(patients) and all(p.inter == 7 for p in patients)
    armed_patients = any(p.inter in (1, 2, 3, 4, 8) for p in patients)
    if sub_type == "Armed clash" and civilians_only and scores.get("Armed clash", 0) < 8:
        return "Attack"
    if (
        sub_type == "Attack"
        and armed_patients
        and not civilians_only
        and agents
        and scores.get("Armed clash", 0) > 0.5 * scores.get("Attack", 0)
    ):
        return "Armed clash"
    if sub_type in EXPLODING and "Chemical weapon" in heavy:
        return "Chemical weapon"
    if sub_type == "Remote explosive/landmine/IED" and "Disrupted weapons use" in heavy and not killed.best:
        return "Disrupted weapons use"
    if sub_type in ("Remote explosive/landmine/IED", "Attack", "Armed clash") and "Suicide bomb" in heavy:
        return "Suicide bomb"
    if sub_type == "Peaceful protest" and "Protest with intervention" in heavy:
        sub_type = "Protest with intervention"
    if sub_type in ("Peaceful protest", "Protest with intervention"):
        forces = any(a.inter in (1, 8) for a in agents)
        if killed.best and (scores.get("Excessive force against protesters", 0) > 0 or forces):
            return "Excessive force against protesters"
        if "Violent demonstration" in heavy:
            return "Violent demonstration"
    return sub_type


# Sub-types whose attackers may have used any weapon: where none is named, an armed side's is a gun.
ANY_WEAPON = frozenset(
    ("Attack", "Armed clash", "Abduction/forced disappearance", "Looting/property destruction", "Excessive force against protesters")
)
# Sub-types that are named after their means.
IMPLIED_MODES = {
    "Air/drone strike": "aerial",
    "Shelling/artillery/missile attack": "heavy-weapons",
    "Remote explosive/landmine/IED": "explosives",
    "Suicide bomb": "suicide-attack",
    "Grenade": "explosives",
    "Chemical weapon": "unconventional",
    "Sexual violence": "sexual",
    "Abduction/forced disappearance": "abduct",
}


def _modes(event: Event, sub_type: str, mine: Sequence[Trigger], agents: Sequence[Actor], killed: Toll) -> tuple[str, ...]:
    """The means of an event: those of the words that give its sub-type, then those its sentences name.

    Where people die and no weapon is named at all, "militants attacked a village, killing ten" is told of guns: of such
    texts five in six turn out to be.
    """
    modes: list[str] = []
    for t in mine:
        modes += [m for m in t.modes if m not in modes]
    for f in event.frames[:4]:
        modes += [m for m in find_modes(span_text(f.sent)) if m not in modes]
    armed = any(a.inter not in (5, 6, 7) for a in agents)
    implied = IMPLIED_MODES.get(sub_type)
    if implied and implied not in modes and not WEAPONS & set(modes):
        modes.append(implied)
    if sub_type in ANY_WEAPON and not WEAPONS & set(modes) and (killed.best or (armed and sub_type in ("Attack", "Armed clash"))):
        modes.append("firearms")
    return tuple(modes[:4])


def _confidences(
    event: Event,
    place: PlaceMention | None,
    date: dict[str, Any],
    killed: Toll,
    agents: Sequence[Actor],
    patients: Sequence[Actor],
    trigger: Trigger | None,
) -> dict[str, float]:
    """How sure each field is, 0 to 1, from how it was found.

    The numbers are the shares that were right among asserted reports of tests/gold/train, each region by models that had
    not seen it, by how the value was found; an event that is none counts against all its fields. Sides: the
    cross-validated shares of docs/MODEL_CARD.md times that of events that are there. A day taken from publication is
    too rare there, its share is that of PITF's extracts. `dateline evaluate` prints how all hold on other texts.
    """
    return {
        "sub_event_type": 0.5 if trigger is None else {3: 0.81, 2: 0.67, 1: 0.39}[trigger.weight],
        "date_start": {"stated": 0.88, "relative": 0.89, "publication": 0.86}.get(date.get("date_basis") or "", 0.3),
        "place_name": 0.1 if place is None else {1: 0.78, 2: 0.75, 3: 0.72, 4: 0.67}.get(place.where_prec, 0.35),
        "deaths_best": 0.78 if killed.best is None else 0.88 if len(killed.evidence) == 1 else 0.74,
        "side_a": 0.71 if agents else 0.05,
        "side_b": 0.80 if patients else 0.05,
    }


# Places this near, with one day and one toll, are one event told twice.
REPEAT_KM = 60.0


def _repeats(earlier: Report, later: Report) -> bool:
    """Whether a report tells an earlier one of the same article again: the same in all, or the same toll on the same day thereabouts."""
    if earlier.assertion != later.assertion:
        return False
    same = (earlier.sub_event_type, earlier.date_start, earlier.place_name, earlier.deaths_best)
    if same == (later.sub_event_type, later.date_start, later.place_name, later.deaths_best):
        return True
    if later.assertion != "asserted" or (later.deaths_best or 0) < 2 or later.deaths_best != earlier.deaths_best:
        return False
    if later.event_type != earlier.event_type or not (later.date_start and earlier.date_start):
        return False
    if later.date_start > (earlier.date_end or earlier.date_start) or earlier.date_start > (later.date_end or later.date_start):
        return False
    if later.latitude is None or later.longitude is None or earlier.latitude is None or earlier.longitude is None:
        return True
    if max(later.where_prec or 6, earlier.where_prec or 6) >= 4:
        return later.country == earlier.country
    return distance_km(earlier.latitude, earlier.longitude, later.latitude, later.longitude) <= REPEAT_KM


def _without_repeats(reports: Sequence[Report]) -> list[Report]:
    """Reports of one article that tell one event twice are one: the first told."""
    kept: list[Report] = []
    for r in reports:
        if not any(_repeats(k, r) for k in kept):
            kept.append(r)
    return kept


def _without_summary(reports: Sequence[Report]) -> list[Report]:
    """A lead that only sums up the article's own items is no report (ruling 31).

    It stands first, names no place narrower than a province, and its items follow with places of their own: at
    least three of them, or two whose dead it covers.
    """
    asserted = [r for r in reports if r.assertion == "asserted"]
    if not asserted or (asserted[0].where_prec or 6) < 4:
        return list(reports)
    lead, items = asserted[0], [r for r in asserted[1:] if (r.where_prec or 6) <= 3]
    dead = sum(r.deaths_best or 0 for r in items)
    covers = lead.deaths_best is not None and 0 < dead <= lead.deaths_best and len({r.place_name for r in items}) >= 2
    if (len(asserted) >= 4 and len(items) >= 3) or (len(items) >= 2 and covers):
        return [r for r in reports if r is not lead]
    return list(reports)


def load_coder(settings: Settings | None = None) -> Coder:
    """The rule coder of these settings, with its model, gazetteer and actor list loaded."""
    return _load(settings or load_settings(), CODER, load_learned(), load_side_weights())


def load_grammar(settings: Settings | None = None) -> Coder:
    """The rules without what was learned of sentences and of sides; grouping sentences into events keeps its weights."""
    return _load(settings or load_settings(), GRAMMAR, None, None)


def _load(settings: Settings, name: str, learned: Learned | None, side_weights: SideWeights | None) -> Coder:
    nlp, gazetteer = load_nlp(settings.model), open_gazetteer(settings.cache)
    coder = Coder(nlp, gazetteer, load_actors(), load_countries(), learned, side_weights, name=name)
    coder.languages = settings.languages
    # What was loaded lives as long as the process: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return coder
