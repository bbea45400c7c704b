"""The rule coder: one article in, its reports out, each value with the words that say it.

The steps, each in a file of its own: parse the coded parts (headline, body) with spaCy; find event words
(events.py), counts (counts.py), dates (dates.py), places (places.py), people (actors.py), cues of how it is
told (assertion.py); group sentences into events (frames.py); put a Report together for each.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from pipeline.actors import ActorList, Countries, load_actors, load_countries
from pipeline.coding import actors as who
from pipeline.coding.assertion import REPORTING, clause_status, off_topic_score, sentence_cues, tells_directly
from pipeline.coding.attribution import find_sources, stances
from pipeline.coding.counts import Casualty, find_casualties
from pipeline.coding.dates import DateMention, find_dates
from pipeline.coding.events import ARMED_VIOLENCE, Trigger, find_triggers, vote_sub_type
from pipeline.coding.frames import Event, Frame, group, own_place
from pipeline.coding.learned import Learned, Reading, load_learned, sentences_of
from pipeline.coding.lexicon import FOLDER, read_table
from pipeline.coding.places import PlaceMention, find_places
from pipeline.coding.steps import Step, event_steps, text_steps
from pipeline.coding.texts import span_text, text_of
from pipeline.coding.tolls import Told, Toll, resolve_toll
from pipeline.errors import SettingsError
from pipeline.gazetteer import Gazetteer, Place, distance_km, open_gazetteer
from pipeline.models import EVENT_TYPE_OF, Actor, Article, Attribution, Claim, Evidence, Report
from pipeline.settings import Settings, load_settings

CODER = "rules"
RULES_VERSION = "1"
# An article less likely than this to tell an asserted event gives no report (docs/MODEL_CARD.md has the curve).
RELEVANCE = 0.5
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


# "near the northern city of Kirkuk" is near Kirkuk; the evidence keeps the words as they stand.
OF_TOWN = re.compile(r"\b(?:the|a) (?:[\w-]+ ){0,3}?(?:city|town|village|hamlet|settlement|port|capital) of (?:the )?", re.IGNORECASE)


# A list item that begins with its place: "3. Al-Yadudah: ...", "* Jasim: ...", "TAIZ. ...".
LIST_ITEM = re.compile(r"^(?:\d+[.)]\s*|[*\u2022-]+\s*)?([A-Z][\w'\u2019\u2013 -]{2,40}?)(?:: |\s-\s|(?<=[A-Z]{3})\. )")


# An article that opens with an exercise tells what was played, not what happened.
DRILL = re.compile(
    r"\b(?:drills?|(?:joint|military|naval|live-fire) exercises?|exercise simulat\w+|simulat(?:es|ed|ing|ion)|war ?games?|rehearsals?)\b",
    re.IGNORECASE,
)


def coded_opening(article: Article) -> str:
    """The headline and the first paragraph, which say what an article is about."""
    parts = [p for p in article.parts if p.kind in ("headline", "body")][:2]
    return " ".join(article.text[p.start : p.end] for p in parts)


@lru_cache(maxsize=1)
def _gate() -> re.Pattern[str]:
    stems = "|".join(row["stem"] for row in read_table("gate_words.csv"))
    return re.compile(rf"\b(?:{stems})", re.IGNORECASE)


def may_hold_event(text: str) -> bool:
    """The gate in front of the parse: whether any word of armed conflict or protest stands in the text."""
    return _gate().search(text) is not None


@lru_cache(maxsize=1)
def lexicon_version() -> str:
    """A short hash over all rules and code of this folder: whatever changes, it is another coder version."""
    digest = hashlib.blake2b(digest_size=4)
    for path in (*sorted(FOLDER.glob("*.csv")), *sorted(FOLDER.parent.glob("*.py"))):
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
    reading: Reading | None = None
    steps: list[Step] = field(default_factory=list)


class Coder:
    """The rule coder over one spaCy pipeline, one gazetteer and one actor list; same text, same reports."""

    name = CODER

    def __init__(
        self, nlp: Language, gazetteer: Gazetteer, actors: ActorList, countries: Countries, learned: Learned | None = None
    ) -> None:
        self.nlp = nlp
        self.learned = learned
        self.gazetteer = gazetteer
        self.actors = actors
        self.countries = countries
        self.languages: tuple[str, ...] = ("en",)
        model = nlp.meta
        learned_version = f"-{learned.version}" if learned else ""
        self.version = f"{RULES_VERSION}-{lexicon_version()}{learned_version}-{model.get('name', 'blank')}-{model.get('version', '0')}"

    # -- the whole article --------------------------------------------------------------------

    def code(self, article: Article) -> Coding:
        """The reports of one article, in the order they are told."""
        if article.language not in (*self.languages, "und", ""):
            return Coding("language", f"the text is in {article.language!r}; this coder reads {', '.join(self.languages)}")
        text = coded_text(article)
        if not may_hold_event(text):
            return Coding("gated", "no word of armed conflict, protest or arrest stands in it")
        parsed = self.parse(article, self.nlp(text))
        events = [e for e in group(parsed.frames, article.published) if e.frames]
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
            for p in find_places(doc, self.gazetteer, source=article.source)
        ]
        people = who.find_actors(doc, self.actors, self.countries, places=places)
        kinds = _kinds_by_token(doc, people)

        def party_of(noun: Token) -> str:
            kind = kinds.get(noun.i)
            if kind and kind != "pronoun":
                return kind
            if noun.ent_type_ == "PERSON" or noun.lower_ in PEOPLE_WORDS or noun.lemma_.lower() in PEOPLE_WORDS:
                return "people"
            return "other"

        places = [
            _as_country(doc, _as_sea(doc, p, self.gazetteer), self.gazetteer)
            for p in places
            if not _is_no_place(doc, p, people, self.countries)
        ]
        casualties = find_casualties(doc, party_of)
        triggers = find_triggers(doc)
        reading = self.learned.read(doc, triggers) if self.learned else None
        labels = self._labels(doc, reading)
        frames = self.frames(article, doc, triggers, casualties, places, labels)
        parsed = _Parsed(article, doc, frames, people, places, reading)
        parsed.steps += text_steps(frames, people)
        return parsed

    def frames(
        self,
        article: Article,
        doc: Doc,
        triggers: Sequence[Trigger],
        casualties: Sequence[Casualty],
        places: Sequence[PlaceMention],
        labels: dict[int, dict[str, float]],
    ) -> list[Frame]:
        """One frame a sentence or joined clause. `labels`: token index of a sentence's start -> learned label chances."""
        headline_end = next((p.end for p in article.parts if p.kind == "headline"), 0)
        datelines = [(p.start, p.end) for p in article.parts if p.kind == "dateline"]
        frames: list[Frame] = []
        paragraph, last_end, index = -1, 0, -1
        drill = DRILL.search(coded_opening(article)) is not None
        for sent in _clauses(doc, triggers, places):
            stripped = span_text(sent).strip()
            first = sent.start_char + len(span_text(sent)) - len(span_text(sent).lstrip())
            if not stripped or any(a <= first and first + len(stripped) <= b for a, b in datelines):
                continue
            index += 1
            gap = text_of(doc)[last_end : sent.start_char + len(span_text(sent)) - len(span_text(sent).lstrip())]
            opens = "\n" in gap or paragraph < 0
            paragraph += opens
            last_end = sent.start_char + len(span_text(sent).rstrip())
            f = Frame(index, sent, sent.start_char < headline_end, paragraph, opens)
            f.cues = {c.kind: c for c in sentence_cues(sent)}
            for t in triggers:
                if sent.start <= t.start < sent.end:
                    if t.kind == "means":
                        f.means.append(t)
                    elif clause_status(_head_of(doc, t)) == "asserted":
                        f.acts.append(t)
                    else:
                        f.planned.append(t)
            f.casualties = [
                c for c in casualties if sent.start <= c.cue < sent.end and (c.best == 0 or clause_status(doc[c.cue]) == "asserted")
            ]
            future = bool(f.planned) and not f.acts
            dates = find_dates(text_of(doc), article.published, start=sent.start_char, end=sent.end_char, future=future)
            if "aggregate" in f.cues or any(d.kind == "span" for d in dates):
                # "a conflict that has killed 40,000 people since 1984" counts no event's dead
                f.casualties = [
                    c
                    for c in f.casualties
                    if not any(x.dep_ == "aux" and x.lower_ in ("has", "have") for x in doc[c.cue].children) or tells_directly(doc[c.cue])
                ]
            f.places = [_in_role(doc, p) for p in places if sent.start_char <= p.start < sent.end_char]
            for d in dates:
                (f.said if _is_said(doc, d) else f.dates).append(d)
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
            f.direct = any(tells_directly(_head_of(doc, t)) for t in f.acts) or any(
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
        if "denied" in cues and not counted and f.weight <= 2:
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
        if "private" in cues and f.weight < 3:
            return ""
        if "recalled" in cues and f.index <= 3:
            return "background"
        return "asserted"

    @staticmethod
    def _armed_act(f: Frame) -> bool:
        """Whether more than "killed" or "explosion" is said: an attack, gunfire, a bomb."""
        return any(t.weight >= 2 or t.pattern.startswith(("N:attack", "V:attack", "N:gunm", "N:gunfire")) for t in (*f.acts, *f.means))

    @staticmethod
    def _sums_up(f: Frame) -> bool:
        """Whether a sentence sums several events: a span of time, "since", and no single day of its own."""
        spans = [d for d in f.dates if d.kind == "span" or (d.prec or 0) >= 3]
        days = [d for d in f.dates if d.kind == "point" and d.prec == 1]
        since = re.search(
            r"\b(?:since|so far|this year|this month|in the (?:past|last|first)|over the (?:past|last))\b", span_text(f.sent), re.I
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
            if likely < RELEVANCE:
                return f"read as a whole it tells no event of armed conflict or protest (probability {likely:.2f}, needed {RELEVANCE})"
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

        place, where = self._place(parsed, event)
        country = where.get("country")
        if country is None and where.get("where_prec") == 7:
            country = ""  # at sea off no named coast: every state's forces are abroad
        agents, patients, a_spans, b_spans = self._sides(parsed, event, country)
        killed, injured = self._tolls(parsed, event, agents, patients, country)
        armed_target = any(a.inter in (1, 2, 3, 4, 8) for a in patients) if patients else None
        sub_type, modes, trigger = self._type(event, agents, patients, armed_target, killed)
        if sub_type is None and event.assertion == "asserted":
            return None
        claims, attributions = self._claims(parsed, event, cite)
        agents, patients = self._settle_sides(parsed, event, sub_type, agents, patients, claims, country, a_spans)
        if trigger is not None:
            cite("sub_event_type", trigger.start_char, trigger.end_char)
        date = self._date(article, event, evidence, doc)
        if place is not None:
            cite("place_name", place.phrase_start, place.phrase_end)
        for start, end in a_spans:
            cite("side_a", start, end)
        for start, end in b_spans:
            cite("side_b", start, end)
        for name, toll in (("deaths_best", killed), ("injured_best", injured)):
            for c in toll.evidence:
                cite(name, c.start, c.end)
        split = _split_by_party(killed, agents, patients)
        unknown_is_civilian = bool(patients) and all(p.inter == 7 for p in patients)
        deaths_civilians = split.get("civilians")
        if unknown_is_civilian and split.get("unknown") is not None:
            deaths_civilians = (deaths_civilians or 0) + split["unknown"]
        if killed.best == 0 and unknown_is_civilian:
            deaths_civilians = 0
        a, b = split.get("a"), split.get("b")
        if killed.best == 0 and patients and not unknown_is_civilian:
            b = 0
        fields: dict[str, Any] = {
            "assertion": event.assertion,
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

    def _place(self, parsed: _Parsed, event: Event) -> tuple[PlaceMention | None, dict[str, Any]]:
        """The place mention of an event and the report's place fields."""
        place = event.place
        if event.assertion == "asserted" and (place is None or (place.place is not None and place.place.kind == "country")):
            place = self._place_nearby(parsed, event) or place
        if place is None:
            dominant = _dominant_country(parsed.places)
            if dominant is None:
                return None, {}
            return None, {"country": dominant, "where_prec": 6}
        p = place.place or self._anchor(parsed, place)
        fields: dict[str, Any] = {
            "place_name": OF_TOWN.sub("", text_of(parsed.doc)[place.phrase_start : place.phrase_end]),
            "where_prec": place.where_prec,
            "country": p.country
            if p and p.country
            else self._coast(parsed, event, p)
            if p and p.kind == "sea"
            else _dominant_country(parsed.places),
        }
        if p is None:
            return place, fields
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
        return place, fields

    @staticmethod
    def _coast(parsed: _Parsed, event: Event, sea: Place) -> str | None:
        """The country of the nearest coast that an event's sentences name, else the text's; None where none is near (ruling 13)."""
        near = {f.index for f in event.frames}
        told = [p for f in parsed.frames if f.index in near for p in f.places]
        for pool in (told, parsed.places):
            coasts = [p.place for p in pool if p.place is not None and p.place.country and p.role != "dateline"]
            off = [p.place for p in pool if p.place is not None and p.place.country and p.where_prec == 7]
            ranked = sorted((distance_km(sea.latitude, sea.longitude, c.latitude, c.longitude), c.country or "") for c in off or coasts)
            if ranked and ranked[0][0] <= COAST_KM:
                return ranked[0][1]
        return None

    @staticmethod
    def _anchor(parsed: _Parsed, place: PlaceMention) -> Place | None:
        """Where a village that the gazetteer lacks lies: the place named around it, nearest in the text.

        The text puts such a name beside its town or province ("Yakouta, ten kilometres outside Dori"),
        or under a heading that does.
        """
        known = [p for p in parsed.places if p.place is not None and p.role in ("event", "dateline") and p.place.kind != "country"]
        before = [p for p in known if p.start < place.start]
        after = [p for p in known if p.start > place.end and p.start - place.end <= 80]
        if after and (not before or after[0].start - place.end <= place.start - before[-1].end):
            return after[0].place
        return before[-1].place if before else (known[0].place if known else None)

    def _place_nearby(self, parsed: _Parsed, event: Event) -> PlaceMention | None:
        """A town or province for an event that names only a country or nothing: near its sentences, else the dateline's."""
        first, last = event.frames[0].index, event.frames[-1].index
        near = [f for f in parsed.frames if first - 1 <= f.index <= last + 1]
        found = [p for f in near if (p := own_place(f)) is not None and (p.place is None or p.place.kind != "country")]
        if event.place is not None and event.place.place is not None:
            country = event.place.place.country
            found = [p for p in found if p.place is None or p.place.country == country]
        return found[0] if found else None

    def _date(self, article: Article, event: Event, evidence: list[Evidence], doc: Doc) -> dict[str, Any]:
        d = event.date
        if d is None and event.assertion == "asserted":
            said = [s for f in event.frames[:2] for s in f.said if s.date_start]
            d = said[0] if said else None
        if d is not None and d.date_start:
            start, end = d.date_start, d.date_end
            if event.assertion == "asserted" and article.published and start > article.published:
                start = end = article.published
            evidence.append(Evidence("date_start", d.start, d.end, text_of(doc)[d.start : d.end]))
            return {"date_start": start, "date_end": end, "date_prec": d.prec, "date_basis": d.basis}
        if event.assertion in ("prospective", "aggregate", "background", "denied") or article.published is None:
            return {}
        return {"date_start": article.published, "date_end": article.published, "date_prec": 1, "date_basis": "publication"}

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
        sub_type, scores = vote_sub_type(weighted, target_armed=armed_target)
        if self.learned is not None and sub_type is not None:
            chances = self.learned.sub_types([f.sent for f in event.frames[:4]], scores)
            sub_type = max(chances.items(), key=lambda kv: (kv[1], kv[0]))[0]
        if sub_type is None:
            if killed.best:
                sub_type = "Armed clash" if armed_target else "Attack"
            else:
                return None, (), None
        sub_type = _settle(sub_type, scores, agents, patients, killed)
        mine = [
            t
            for t, _ in weighted
            if t.sub_event_type == sub_type or (t.sub_event_type == ARMED_VIOLENCE and sub_type in ("Armed clash", "Attack"))
        ]
        best = max(mine or [t for t, _ in weighted], key=lambda t: (t.weight, -t.start), default=None)
        modes: list[str] = []
        for t in mine:
            modes += [m for m in t.modes if m not in modes]
        if not modes:
            for t, _ in weighted:
                modes += [m for m in t.modes if m not in modes]
        return sub_type, tuple(modes[:4]), best

    def _sides(
        self, parsed: _Parsed, event: Event, country: str | None
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...], list[tuple[int, int]], list[tuple[int, int]]]:
        """Who did it and to whom, from the grammar of the event's words, first told first."""
        agents: list[Actor] = []
        patients: list[Actor] = []
        a_spans: list[tuple[int, int]] = []
        b_spans: list[tuple[int, int]] = []

        def add(found: list[Actor], spans: list[tuple[int, int]], mention: who.ActorMention, other: list[Actor]) -> None:
            actor = who.as_actor(mention, country, self.actors, self.countries)
            if (
                actor is None
                or actor.name.endswith(" of ")
                or any(a.name == actor.name for a in found)
                or any(a.name == actor.name for a in other)
            ):
                return
            found.append(actor)
            spans.append((mention.start, mention.end))

        for f in event.frames[:6]:
            words = sorted([*f.acts, *f.means] or f.planned, key=lambda t: (-t.weight, t.start))
            heads = [_head_of(parsed.doc, t) for t in words] + [parsed.doc[c.cue] for c in f.casualties]
            for head in heads:
                got_a, got_b = who.roles(parsed.doc, head, parsed.people)
                # The first words that name an agent say who it was; a later name only takes the place of "gunmen".
                if not agents:
                    for m in got_a:
                        add(agents, a_spans, m, patients)
                elif all(a.name == UNIDENTIFIED for a in agents):
                    for m in got_a:
                        actor = who.as_actor(m, country, self.actors, self.countries)
                        if actor is not None and actor.inter in (2, 3, 4) and actor.name != UNIDENTIFIED:
                            agents.clear()
                            a_spans.clear()
                            add(agents, a_spans, m, patients)
                if len(patients) < 2:
                    for m in got_b:
                        add(patients, b_spans, m, agents)
            for c in f.casualties:
                if c.head >= 0 and len(patients) < 3 and (victim := _mention_at(parsed.people, parsed.doc[c.head])) is not None:
                    add(patients, b_spans, victim, agents)
        return tuple(agents[:4]), tuple(patients[:4]), a_spans[:4], b_spans[:4]

    def _settle_sides(
        self,
        parsed: _Parsed,
        event: Event,
        sub_type: str | None,
        agents: tuple[Actor, ...],
        patients: tuple[Actor, ...],
        claims: Sequence[Claim],
        country: str | None,
        a_spans: list[tuple[int, int]],
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
        """The sides by the codebook's conventions: who marches is Protesters or Rioters, a claimant or the one blamed did it.

        Ruling 10 orders crowds and forces; ruling 11 makes the one party that claims or is blamed side A where the
        text's own words name nobody, or only "gunmen".
        """
        named = self.countries.name(country) if country else ""
        suffix = f" ({named})" if named else ""
        crowd = {5: Actor("Rioters" + suffix, 5), 6: Actor("Protesters" + suffix, 6)}
        forces = tuple(a for a in (*agents, *patients) if a.inter in (1, 8))
        if sub_type == "Peaceful protest":
            return (crowd[6],), ()
        if sub_type == "Protest with intervention":
            return (crowd[6],), forces
        if sub_type == "Excessive force against protesters":
            return forces or tuple(a for a in agents if a.inter not in (6, 7)), (crowd[6],)
        if sub_type == "Violent demonstration":
            return (crowd[5],), forces
        if sub_type == "Mob violence":
            return (crowd[5],), tuple(a for a in (*patients, *agents) if a.inter == 7)[:1] or patients
        civilians = Actor("Civilians" + suffix, 7)
        if not patients and any(c.party in ("people", "civilians") and c.best for _, c in event.casualties) and sub_type in TARGETED:
            patients = (civilians,)
        armed = tuple(a for a in agents if a.inter not in (5, 6, 7))
        if not armed or all(a.name == UNIDENTIFIED for a in armed):
            said = who.responsible(parsed.doc, [f.sent for f in self._around(parsed, event)], parsed.people)
            for stance in ("claimed", "blamed"):
                found: list[Actor] = []
                for mention, how in said:
                    actor = who.as_actor(mention, country, self.actors, self.countries)
                    if (
                        how == stance
                        and actor
                        and actor.name != UNIDENTIFIED
                        and not any(x.name == actor.name for x in (*found, *patients))
                    ):
                        found.append(actor)
                        a_spans.append((mention.start, mention.end))
                if found and (stance == "claimed" or len(found) == 1):
                    return tuple(found), tuple(p for p in patients if p.name != UNIDENTIFIED) or patients
        return armed or (() if sub_type in TARGETED else agents[:1]), patients

    @staticmethod
    def _around(parsed: _Parsed, event: Event) -> list[Frame]:
        """An event's sentences and those that go on about it, up to the next event's first."""
        first, last = event.frames[0].index, event.frames[-1].index
        return [f for f in parsed.frames if first <= f.index <= last + 3]

    def _tolls(
        self, parsed: _Parsed, event: Event, agents: Sequence[Actor], patients: Sequence[Actor], country: str | None
    ) -> tuple[Toll, Toll]:
        told: dict[str, list[Told]] = {"killed": [], "injured": []}
        for f, c in event.casualties:
            side = {"civilians": "civilians", "people": "unknown", "other": "unknown", "protesters": "crowd", "rioters": "crowd"}.get(
                c.party, "armed"
            )
            mention = _mention_at(parsed.people, parsed.doc[c.head]) if c.head >= 0 and side == "armed" else None
            actor = who.as_actor(mention, country, self.actors, self.countries) if mention else None
            if actor is not None:
                side = SIDE_OF_INTER.get(actor.inter, side)
            elif c.party in ("state", "police"):
                side = "gov"
            told[c.kind].append(Told(c, f.index, f.headline, side))
        return resolve_toll(told["killed"]), resolve_toll(told["injured"])

    def _claims(self, parsed: _Parsed, event: Event, cite: Any) -> tuple[tuple[Claim, ...], tuple[Attribution, ...]]:
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
            for stance, start, end in stances(f.sent):
                actor = self._stance_actor(parsed, f, stance, start, end)
                if actor and not any(c.actor == actor and c.stance == stance for c in claims):
                    claims.append(Claim(actor, stance, text_of(parsed.doc)[start:end]))
                    cite("claims", start, end)
        return tuple(claims), tuple(sources)

    def _stance_actor(self, parsed: _Parsed, f: Frame, stance: str, start: int, end: int) -> str | None:
        named = [
            m
            for m in parsed.people
            if f.sent.start_char <= m.start < f.sent.end_char and m.kind in ("named", "state", "pronoun") and m.name
        ]
        if stance == "blamed":
            after = [m for m in named if m.start >= end]
            return after[0].name if after else None
        before = [m for m in named if m.start < start]
        return (before or named)[0].name if named else None


# --- small helpers ---------------------------------------------------------------------------

# Whose dead add up with whose: ACLED interaction code -> group.
SIDE_OF_INTER = {1: "gov", 2: "armed", 3: "armed", 4: "armed", 5: "crowd", 6: "crowd", 7: "civilians", 8: "foreign"}


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


UNIDENTIFIED = "Unidentified armed group"
# Types in which people hurt by bare number ("killed at least 16") are civilians, and do not do the deed.
TARGETED = frozenset(
    ("Attack", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack", "Remote explosive/landmine/IED", "Grenade", "Chemical weapon",
     "Sexual violence", "Abduction/forced disappearance")
)  # fmt: skip
# A learned label overrules "asserted" only when it is this sure.
OVERRULE = 0.6
NO_EVENT = 0.8


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
        heads = [_head_of(doc, t) for t in triggers if sent.start <= t.start < sent.end and t.kind == "act"]
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


def _head_of(doc: Doc, t: Trigger) -> Token:
    """The token that carries an event word's clause: its verb, else its last noun."""
    span = doc[t.start : t.end]
    verb = next((x for x in span if x.pos_ == "VERB"), None)
    return verb or span.root


def _kinds_by_token(doc: Doc, people: Sequence[who.ActorMention]) -> dict[int, str]:
    kinds: dict[int, str] = {}
    for m in people:
        kinds[m.head] = m.kind
    return kinds


def _mention_at(people: Sequence[who.ActorMention], token: Token) -> who.ActorMention | None:
    return next((m for m in people if m.head == token.i or m.start <= token.idx < m.end), None)


def _is_said(doc: Doc, d: DateMention) -> bool:
    """Whether a date is when somebody said it ("police said on Tuesday"), not when it happened."""
    span = doc.char_span(d.start, d.end, alignment_mode="expand")
    if span is None:
        return False
    before = doc[max(0, span.start - 2) : span.start].text.lower()
    node = span.root
    for _ in range(3):
        head = node.head
        if head.lemma_ in REPORTING and head.pos_ == "VERB":
            if any(c.dep_ in ("nsubjpass", "auxpass") for c in head.children):
                return False  # "fighting was reported on Monday" dates the fighting
            return not (head.lemma_ in ("claim", "release", "issue") and head.i > span.end) and abs(span.start - head.i) <= 8
        if head.pos_ == "ADP" or head.dep_ in ("prep", "pobj", "npadvmod"):
            node = head
            continue
        break
    return bool(re.search(r"\b(?:said|told \w+|announced|reported)(?: on)?$", before))


TELLING = REPORTING | frozenset("give put count receive record document estimate".split())


SHIPS = frozenset("uss hms ins mv mt destroyer frigate tanker vessel ship carrier boat ferry freighter corvette cruiser bulker".split())
GENERIC_PLACES = frozenset(
    "city province town village governorate region district area port border coast capital state desert territory".split()
)


def _is_no_place(doc: Doc, p: PlaceMention, people: Sequence[who.ActorMention], countries: Countries) -> bool:
    """Whether what looks like a place is a group's name, a ship, or only a country's adjective ("the Syrian city")."""
    if any(
        m.kind == "named" and m.start <= p.start and p.end <= m.end and (m.end - m.start > p.end - p.start or m.actor_id) for m in people
    ):
        return p.place is None or p.place.kind != "country"
    after = text_of(doc)[p.end : p.end + 12]
    if re.match(r"[-\u2011 ](?:flagged|owned|registered|operated|bound|linked|backed|led)\b", after):
        return True  # "Marshall Islands-flagged": whose ship, not where
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
    "suburb outskirts airport centre center street market district neighbourhood neighborhood city area port hospital north south east west province "
    "quarter square station camp countryside mosque church school university bridge road".split()
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


def _in_role(doc: Doc, p: PlaceMention) -> PlaceMention:
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
        node.dep_ == "poss"
        and p.place is not None
        and not node.head.ent_type_
        and node.head.lemma_ not in LOCATIVE
        and node.head.pos_ == "NOUN"
        and p.place.kind == "city"
    ):
        return replace(p, role="origin")  # "Washington's backing": the government that sits there
    if (
        node.dep_ in ("nsubj", "agent")
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


def _dominant_country(places: Sequence[PlaceMention]) -> str | None:
    votes: dict[str, float] = {}
    for p in places:
        if p.place is not None and p.place.country:
            weight = {"event": 1.0, "dateline": 1.5}.get(p.role, 0.3)
            votes[p.place.country] = votes.get(p.place.country, 0) + weight
    return max(votes.items(), key=lambda kv: (kv[1], kv[0]))[0] if votes else None


# Words that say that somebody died, not that anybody did it: an accident has them too.
BARE_DEATH = frozenset(("V:kill", "N:killing|killings", "N:blast|explosion|blasts|explosions", "V:explode|detonate", "V:burn"))


def _tells_enough(event: Event, number: int) -> bool:
    """Whether an event has more than a bare word: a strong word, a count, or a weak word with day and place."""
    weight = max((f.weight for f in event.frames), default=0)
    acts = [t for f in event.frames for t in (*f.acts, *f.means)]
    accident = any("accident" in f.cues or "private" in f.cues for f in event.frames)
    counted = bool(event.casualties) and bool(acts) and not (accident and all(t.pattern in BARE_DEATH for t in acts))
    body = [f for f in event.frames if not f.headline]
    if not body and number > 0:
        return False
    return weight >= 2 or counted or (weight == 1 and event.place is not None and event.date is not None)


def _settle(sub_type: str, scores: dict[str, float], agents: Sequence[Actor], patients: Sequence[Actor], killed: Toll) -> str:
    """The codebook's tie-breaks between neighbouring sub-types."""
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
    if sub_type == "Peaceful protest" and scores.get("Protest with intervention", 0) >= 5:
        sub_type = "Protest with intervention"
    if sub_type == "Protest with intervention" and killed.best and scores.get("Excessive force against protesters", 0) > 0:
        return "Excessive force against protesters"
    return sub_type


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

    The numbers are the shares that were right among asserted reports of tests/gold/train, by how the value
    was found, where an event that is none counts against all its fields; `dateline evaluate` prints how they
    hold on texts that nobody tuned on.
    """
    return {
        "sub_event_type": 0.5 if trigger is None else {3: 0.87, 2: 0.72, 1: 0.66}[trigger.weight],
        "date_start": {"stated": 0.85, "relative": 0.85, "publication": 0.15}.get(date.get("date_basis") or "", 0.3),
        "place_name": 0.1 if place is None else {1: 0.75, 2: 0.74, 3: 0.7, 4: 0.62}.get(place.where_prec, 0.35),
        "deaths_best": 0.71 if killed.best is None else 0.74 if len(killed.evidence) == 1 else 0.6,
        "side_a": 0.68 if agents else 0.2,
        "side_b": 0.77 if patients else 0.2,
    }


def _without_repeats(reports: Sequence[Report]) -> list[Report]:
    """Reports of one article that say the same (type, day, place, toll) are one."""
    kept: list[Report] = []
    for r in reports:
        key = (r.assertion, r.sub_event_type, r.date_start, r.place_name, r.deaths_best)
        if not any((k.assertion, k.sub_event_type, k.date_start, k.place_name, k.deaths_best) == key for k in kept):
            kept.append(r)
    return kept


def _without_summary(reports: Sequence[Report]) -> list[Report]:
    """A round-up's lead that only sums up its own items is no report (ruling 31): first, without a place of its own."""
    asserted = [r for r in reports if r.assertion == "asserted"]
    if len(asserted) >= 4 and (asserted[0].where_prec or 6) >= 4 and sum((r.where_prec or 6) <= 3 for r in asserted[1:]) >= 3:
        return [r for r in reports if r is not asserted[0]]
    return list(reports)


def load_coder(settings: Settings | None = None) -> Coder:
    """The rule coder of these settings, with its model, gazetteer and actor list loaded."""
    settings = settings or load_settings()
    coder = Coder(load_nlp(settings.model), open_gazetteer(settings.cache), load_actors(), load_countries(), load_learned())
    coder.languages = settings.languages
    # What was loaded lives as long as the process: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return coder
