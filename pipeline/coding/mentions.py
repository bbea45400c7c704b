"""Every mention of an actor in a parsed text, and whom it means.

Named groups come from the actor list; everybody else from the nouns of lexicon/actor_nouns.csv, read
with the words that stand beside them ("Malian soldiers", "Taliban fighters", "police station"). A
mention says whom it means before the country of the event is known.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from spacy.tokens import Doc, Token

from pipeline.actors import STATE_KINDS, ActorList, Countries, ListedActor, split_words
from pipeline.coding.grammar import governing_subject, subjects_of
from pipeline.coding.lexicon import read_table, word_set
from pipeline.coding.places import PlaceMention
from pipeline.coding.texts import text_of

STATE_WORDS = word_set("state_words")
POLICE_WORDS = word_set("police_words")
UNNAMED_WORDS = word_set("unnamed_words")
RETIRED = word_set("retired")
BELONGING = word_set("belonging")
ATTACK_NOUNS = word_set("attack_nouns")
STATE_VERBS = word_set("state_verbs")
_NAMED_BY = word_set("named_by")
MASKED = word_set("masked")
PEACEKEEPERS = word_set("peacekeepers")
PLACE_HIT = word_set("place_hit")
NOT_PEOPLE = word_set("not_people")
NEARBY_ONLY = word_set("nearby_only")
OWN_FIGHTERS = word_set("own_fighters")
PERSONS = word_set("persons")
VIOLENT = word_set("violent")
ALWAYS_ON_SOMEBODY = word_set("always_on_somebody")

UNIDENTIFIED = "Unidentified armed group"
# Kinds that carry out or fight; the others are mostly acted on.
ARMED = frozenset(("named", "state", "police", "unnamed"))
# "Iran-backed", "al Qaeda-linked", "Houthi-held": the name says something of another, and does nothing.
_AFFIX = re.compile(r"[-\u2010-\u2013](?!led\b|style\b)[a-z]")


_GROUP_END = (
    "Front|Army|Brigades?|Movement|Militia|Cartel|Command|Gang|Avengers|Martyrs|Battalions?|Alliance|Resistance|Mujahideen|Guerrillas?|"
    "Commandos?|Fighters|Warriors|Liberators|Vigilantes|Defenders|Legion|Coalition|Scorpions|Force|Forces|Division|Swords|Lions|Falcons|Tigers|"
    "Minutemen|Brotherhood|Boys|Group|Faction|Union|Council"
)


_UNLISTED = re.compile(
    r"\b(?!The\b|A\b|An\b|In\b|On\b|At\b|(?:" + _GROUP_END + r")\b)[A-Z][\w'\u2019-]*\b['\u2019]?"
    r"(?:\s+(?:(?:of|for|the|and|de|del|la|al|in)\s+){0,2}[A-Z0-9][\w'\u2019-]*)*?\s+(?:" + _GROUP_END + r")\b"
)  # fmt: skip
# Only names that say of themselves that they are armed; "Students' Union" is none.
_ARMED_NAME = re.compile(
    r"Liberation|Army|Brigade|Militia|Cartel|Gang|Avengers|Martyrs|Mujahid|Guerrilla|Commando|Warriors|Liberators|Defenders|"
    r"Legion|Defen[cs]e Force|Resistance|Support Force|Scorpions|Revolutionary|Fighters|Swords|Lions|Falcons|Minutemen|"
    r"Vigilante|Jihad|Rebel|Insurgent|Front$"
)
_NOT_A_GROUP = re.compile(
    r"Salvation Army|Red Army Choir|National Army$|Air Force|Security Force|Armed Force|Defen[cs]e Forces?$|Police Force|"
    r"Task Force|National Front$|Popular Front$|Press|Football|Army (?:Corps|Division|Brigade)$|^(?:Army|Police|Navy)\b|"
    r"Labou?r|Student"
)
_SELF_NAMED = re.compile(
    r"\b(?:calling (?:itself|themselves)|calls itself|called|known as|named|under the name(?: of)?)\s+(?:the\s+)?[\"\u201c']?"
    r"([A-Z][\w'\u2019-]+(?:\s+(?:of|the|for|al|de|[A-Z][\w'\u2019-]+))*)"
)
_ABBREVIATION = re.compile(r"[\"\u201d']?\s?\((?:or |the )?([A-Z][A-Za-z0-9/-]{1,11})[;,)]")


@dataclass(frozen=True, slots=True)
class ActorMention:
    """One mention of somebody who acts or is acted on; half-open character offsets.

    `head` is the index of the token that stands in the sentence's grammar; `kind` one of named, state,
    police, unnamed, civilians, protesters, rioters, pronoun; `name` the codebook's name as far as it is
    known without the country of the event; `country` the nation of state forces, or of the people.
    `inter` is set where the list does not have the actor. `is_communal`: armed when they act, civilians
    when they suffer ("Fulani herders", "the Russians").
    """

    start: int
    end: int
    head: int
    text: str
    kind: str
    name: str
    actor_id: str = ""
    country: str | None = None
    inter: int | None = None
    is_communal: bool = False
    antecedent: int | None = None  # start of the mention it stands for


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in the text, by tokens: a listed actor, or one the text itself introduces."""

    first: int
    last: int
    actor_id: str
    name: str
    kind: str
    country: str | None
    inter: int | None
    is_state: bool
    is_communal: bool


@dataclass(frozen=True, slots=True)
class _Nation:
    first: int
    last: int
    code: str
    form: str


@dataclass(slots=True)
class _Reading:
    """What is known of a text while its mentions are read."""

    doc: Doc
    names: dict[int, _Name]
    nations: dict[int, _Nation]
    used: set[int]
    places: frozenset[int]  # tokens of place names


_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "person": "persons", "wife": "wives", "jury": "juries"}


def plural(noun: str) -> str:
    """The plural of an English noun or noun phrase, of the kinds the lexicon has: gunman -> gunmen, army -> armies."""
    for one, many in _IRREGULAR.items():
        if noun.endswith(one) and not noun.endswith(("human", "roman")):
            return noun[: -len(one)] + many
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Last word -> [(words of the noun, its kinds)], longest first, singular and plural."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for row in read_table("actor_nouns.csv"):
        for form in (row["noun"], plural(row["noun"])):
            words = tuple(form.split())
            if row["kind"] not in kinds.setdefault(words, []):
                kinds[words].append(row["kind"])
    by_last: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for words, values in kinds.items():
        by_last.setdefault(words[-1], []).append((words, tuple(values)))
    for entries in by_last.values():
        entries.sort(key=lambda e: -len(e[0]))
    return by_last


def _noun_at(doc: Doc, i: int) -> tuple[int, tuple[str, ...]] | None:
    """The longest noun of the lexicon that ends at token `i`: its first token and its kinds."""
    for words, kinds in _lexicon().get(doc[i].lower_, ()):
        first = i - len(words) + 1
        if first >= 0 and all(doc[first + k].lower_ == w for k, w in enumerate(words[:-1])):
            return first, kinds
    return None


def _tokens_of(starts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Indices of the first and last token that a stretch of characters touches."""
    return bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1


def _read_names(doc: Doc, actors: ActorList, countries: Countries, places: Sequence[PlaceMention]) -> _Reading:
    text = text_of(doc)
    words = split_words(text)
    starts = [t.idx for t in doc]
    found = countries.find(text, words)
    codes = {m.code for m in found if m.form != "capital"}
    codes.update(p.place.country for p in places if p.place is not None and p.place.country)
    names: dict[int, _Name] = {}
    spans: list[_Name] = []
    for start, end, actor in actors.find(text, countries=codes, words=words):
        if _AFFIX.match(text, end) or text[max(0, start - 5) : start].lower().endswith(("anti-", "pro-")):
            continue
        if text[end : end + 1] == ")" and "(" in text[start:end]:
            end += 1
        spans.append(_listed(*_tokens_of(starts, start, end), actor, text[start:end]))
    taken = {i for s in spans for i in range(s.first, s.last + 1)}
    for start, end, name in _unlisted(text):
        first, last = _tokens_of(starts, start, end)
        if not taken.intersection(range(first, last + 1)) and not any(m.start == start and m.end >= end for m in found):
            inter = 2 if re.search(r"Liberation|Front|Revolutionary|Army", name) else 3
            spans.append(_Name(first, last, "", name, "named", None, inter, False, False))
            taken.update(range(first, last + 1))
    spans += _abbreviated(text, starts, spans, taken)
    for span in spans:
        for i in range(span.first, span.last + 1):
            names[i] = span
    nations: dict[int, _Nation] = {}
    for m in found:
        first, last = _tokens_of(starts, m.start, m.end)
        if first in names or _AFFIX.match(text, m.end):
            continue
        nation = _Nation(first, last, m.code, m.form)
        for i in range(first, last + 1):
            nations[i] = nation
    for token, code in _enemies(doc, places):
        nations.setdefault(token.i, _Nation(token.i, token.i, code, "adjective" if token.dep_ in ("amod", "compound") else "name"))
    in_places = frozenset(
        i for p in places for i in range(_tokens_of(starts, p.start, p.end)[0], _tokens_of(starts, p.start, p.end)[1] + 1)
    )
    return _Reading(doc, names, nations, set(), in_places)


@lru_cache(maxsize=1)
def _enemy_of() -> dict[str, str]:
    return {row["country"]: row["enemy"] for row in read_table("enemies.csv")}


def _enemies(doc: Doc, places: Sequence[PlaceMention]) -> Iterator[tuple[Token, str]]:
    """ "The enemy" in copy of a country at war with one other state: that state, by the country most places are in."""
    votes: dict[str, int] = {}
    for p in places:
        if p.place is not None and p.place.country:
            votes[p.place.country] = votes.get(p.place.country, 0) + 1
    code = _enemy_of().get(max(votes, key=lambda c: (votes[c], c))) if votes else None
    if code is not None:
        yield from ((t, code) for t in doc if t.lower_ == "enemy")


def _listed(first: int, last: int, actor: ListedActor, written: str) -> _Name:
    kind = actor.kind if actor.kind in STATE_KINDS and actor.is_state else "named"
    kind = {"state-forces": "state"}.get(kind, kind)
    communal = (
        actor.kind == "identity-militia"
        and bool(_lexicon().get(written.split()[-1].lower(), ()))
        and _is_civil(written.split()[-1].lower())
    )
    return _Name(first, last, actor.actor_id, actor.name, kind, actor.country or None, None, actor.is_state, communal)


def _is_civil(word: str) -> bool:
    return any(len(words) == 1 and kinds[0] == "civilians" for words, kinds in _lexicon().get(word, ()))


def _unlisted(text: str) -> Iterator[tuple[int, int, str]]:
    """Names of armed groups that the list does not have, by their last word or by "calling itself"."""
    for match in _UNLISTED.finditer(text):
        name = match.group().rsplit("\n", 1)[-1].lstrip()  # a name does not run over a line's end
        if len(name.split()) > 1 and _ARMED_NAME.search(name) and not _NOT_A_GROUP.search(name):
            yield match.end() - len(name), match.end(), name
    for match in _SELF_NAMED.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()].lower()
        if re.search(r"group|gang|faction|militia|movement|outfit|organi[sz]ation|unit|cell", before):
            yield match.start(1), match.end(1), match.group(1).replace("\n", " ")


def _abbreviated(text: str, starts: Sequence[int], spans: Sequence[_Name], taken: set[int]) -> list[_Name]:
    """Later mentions of names by the short form that the text gives in brackets after the long one."""
    found: list[_Name] = []
    ends = [*starts, len(text)]
    for span in spans:
        after = ends[span.last + 1]
        after = len(text[:after].rstrip())
        match = _ABBREVIATION.match(text, after)
        if not match or len(match.group(1)) < 2 or sum(c.isupper() for c in match.group(1)) < 2:
            continue
        for again in re.finditer(rf"(?<![\w-]){re.escape(match.group(1))}(?!\w)(?!-[a-z])", text):
            first, last = _tokens_of(starts, again.start(), again.end())
            if first not in taken and last not in taken:
                found.append(replace(span, first=first, last=last, is_communal=False))
                taken.update(range(first, last + 1))
    return found


@dataclass(frozen=True, slots=True)
class _Identity:
    kind: str
    name: str
    actor_id: str = ""
    country: str | None = None
    inter: int | None = None
    first: int | None = None  # first token of the words that gave it
    last: int | None = None
    is_communal: bool = False


# "army drone", but neither "defence strike" nor "security fire".
ASSET_OWNERS = frozenset(("army", "military", "government", "regime", "junta", "naval"))
PHRASE_PARTS = frozenset(
    ("compound", "amod", "nmod", "poss", "nummod", "det", "npadvmod", "advmod", "quantmod", "punct", "appos", "case", "prep")
)


def _phrase_start(head: Token, first: int) -> int:
    """The first token of the noun phrase's own words before its head: no clause, no relative."""
    start = first
    for child in head.lefts:
        if child.dep_ in PHRASE_PARTS:
            start = min(start, child.left_edge.i)
    return start


def _beside(reading: _Reading, head: Token, first: int) -> tuple[list[int], list[int]]:
    """Tokens that say whose the noun is: before it, nearest first; after it ("of", "from", in apposition)."""
    start = _phrase_start(head, first)
    before = list(range(first - 1, start - 1, -1))
    after: list[int] = []
    for child in head.rights:
        if child.dep_ == "prep" and child.lower_ in ("of", "from"):
            for obj in child.children:
                if obj.dep_ == "pobj":
                    after += _subtree_front(obj)
        elif child.dep_ == "appos" and child.i - head.i < 8:
            after += _subtree_front(child)
        elif child.dep_ in ("acl", "relcl"):
            tail = [t for t in child.subtree if t.i < child.i + 12]
            if child.lemma_ in BELONGING or any(t.lemma_ == "belong" for t in tail):
                after += [t.i for t in tail]
    return before, after


def _subtree_front(token: Token) -> list[int]:
    """A noun and the words before it."""
    return [token.i, *range(token.i - 1, token.left_edge.i - 1, -1)]


def _identify(reading: _Reading, head: Token, first: int, kinds: tuple[str, ...]) -> _Identity | None:
    """Whom a noun of the lexicon means, by the words beside it; None for nobody."""
    before, after = _beside(reading, head, first)
    doc = reading.doc
    kind = kinds[0]
    is_plainly_civil = kind in ("civilians", "objects") and "members" not in kinds and "unnamed" not in kinds
    lower = {doc[i].lower_ for i in before}
    if kind in ("state", "police") and lower & RETIRED:
        return _Identity("civilians", "Civilians", country=_nation(reading, before))
    if not is_plainly_civil and kind not in ("protesters", "rioters", "prisoners"):
        for i in (*before, *after):
            span = reading.names.get(i)
            if span is not None and not (span.is_state and kind == "unnamed"):
                return _Identity(
                    span.kind, span.name, span.actor_id, span.country, span.inter,
                    min(span.first, first), max(span.last, head.i), span.is_communal,
                )  # fmt: skip
    if (own := _men_of(reading, head)) is not None:
        return own
    nation = _nation(reading, before) or _nation(reading, [i for i in after if doc[i].dep_ in ("pobj", "compound", "amod")])
    if kind in ("state", "police"):
        if kind == "state" and lower & POLICE_WORDS:
            kind = "police"
        if lower & {"rebel", "insurgent", "rebels"}:
            return _Identity("unnamed", UNIDENTIFIED, country=nation)
        return _Identity(kind, "", country=nation)
    if "civilians" in kinds and head.lower_ in PERSONS and (lower & MASKED or _rides_or_wears(head)):
        return _Identity("unnamed", UNIDENTIFIED, country=nation)
    if kind == "unnamed" or ("members" in kinds and head.lower_ in _NAMED_BY):
        if doc[head.i].lower_ in _NAMED_BY and (named := _named_by(reading, head, first)):
            return named
        if kind == "unnamed":
            return _Identity("unnamed", UNIDENTIFIED, country=nation)
    if kind in ("members", "assets", "objects"):
        if (whose := _whose(reading, after)) is not None:
            return whose
        for i in before:
            noun = _noun_at(doc, i)
            if noun is not None and noun[1][0] in ("state", "police") and doc[i].dep_ in ("compound", "nmod", "amod", "poss"):
                return _Identity(noun[1][0], "", country=nation)
        if lower & POLICE_WORDS:
            return _Identity("police", "", country=nation)
        if lower & (STATE_WORDS if kind != "assets" else ASSET_OWNERS):
            return _Identity("state", "", country=nation)
        if lower & UNNAMED_WORDS:
            return _Identity("unnamed", UNIDENTIFIED, country=nation)
        if nation and kind != "objects" and "civilians" not in kinds:
            return _Identity("state", "", country=nation)
    if kind == "objects":
        return _Identity("objects", "Civilians", country=nation)
    if "civilians" in kinds:
        return _Identity("civilians", "Civilians", country=nation)
    if kind == "prisoners":
        return _Identity("civilians", "Prisoners", country=nation)
    if kind in ("protesters", "rioters"):
        return _Identity(kind, kind.capitalize(), country=nation)
    return None


def _rides_or_wears(head: Token) -> bool:
    """ "men on motorcycles", "persons in uniform": unknown attackers, not bystanders."""
    return any(
        o.lemma_.lower() in ("motorcycle", "motorbike", "uniform", "camouflage", "fatigue", "mask", "balaclava")
        for c in head.rights
        if c.dep_ == "prep" and c.lower_ in ("on", "in")
        for o in c.children
    )


def _whose(reading: _Reading, after: Sequence[int]) -> _Identity | None:
    """Whom the noun after "of" means: "elements of the 94th Battalion", "members of the gendarmerie"."""
    for i in after:
        noun = _noun_at(reading.doc, i)
        if noun is not None and noun[1][0] in ("state", "police", "unnamed") and reading.doc[i].dep_ in ("pobj", "appos"):
            found = _identify(reading, reading.doc[i], noun[0], noun[1])
            return replace(found, first=None, last=None) if found else None
    return None


def _men_of(reading: _Reading, head: Token) -> _Identity | None:
    """Fighters of a clan or band that the list lacks: "men of the Al-Bu Muhammad"."""
    if head.lower_ not in ("men", "fighters", "gunmen", "militiamen", "warriors", "militants"):
        return None
    for c in head.rights:
        if c.dep_ == "prep" and c.lower_ == "of":
            for o in c.children:
                if o.dep_ == "pobj" and o.pos_ == "PROPN" and o.i not in reading.nations and o.i not in reading.places:
                    first = o.left_edge.i
                    while first < o.i and reading.doc[first].pos_ not in ("PROPN", "PUNCT"):
                        first += 1
                    text = reading.doc[first : o.i + 1].text
                    return _Identity("named", text, inter=4, last=o.i, first=head.i) if text[0].isupper() else None
    return None


def _named_by(reading: _Reading, head: Token, first: int) -> _Identity | None:
    """A gang or clan known by a proper name that the list lacks: "Savien gang"."""
    before = reading.doc[first - 1] if first else None
    if before is None or before.pos_ != "PROPN" or before.i in reading.nations or before.sent.start == before.i:
        return None
    start = before.i
    while start > before.sent.start and reading.doc[start - 1].pos_ == "PROPN" and start - 1 not in reading.nations:
        start -= 1
    text = reading.doc[start : head.i + 1].text
    inter = 4 if head.lower_ in ("clan", "warriors", "warrior", "militiamen") else 3
    return _Identity("named", text, inter=inter, first=start, last=head.i)


def _nation(reading: _Reading, tokens: Iterable[int]) -> str | None:
    for i in tokens:
        nation = reading.nations.get(i)
        if nation is not None and nation.form in ("name", "adjective", "demonym"):
            return nation.code
    return None


def find_actors(doc: Doc, actors: ActorList, countries: Countries, *, places: Sequence[PlaceMention] = ()) -> list[ActorMention]:
    """Every mention of somebody who can act or be acted on, in text order.

    `places` are the text's places: their countries decide between groups of one name. "The group",
    "the militants" and "they" carry the name of the mention they stand for.
    """
    reading = _read_names(doc, actors, countries, places)
    mentions = [*_noun_mentions(reading, actors), *_name_mentions(reading), *_place_mentions(reading, places)]
    mentions += _nation_mentions(reading, countries)
    mentions += _person_mentions(reading)
    heads = {m.head for m in mentions}
    mentions += [m for m in _victim_mentions(reading) if m.head not in heads]
    mentions.sort(key=lambda m: (m.start, -m.end))
    return _resolve(doc, _distinct(mentions), actors)


def _distinct(mentions: list[ActorMention]) -> list[ActorMention]:
    """One mention a head token: the one that knows most."""
    by_head: dict[int, ActorMention] = {}
    rank = {"named": 0, "police": 1, "state": 1, "unnamed": 2}
    for m in mentions:
        other = by_head.get(m.head)
        if other is None or rank.get(m.kind, 3) < rank.get(other.kind, 3):
            by_head[m.head] = m
    return sorted(by_head.values(), key=lambda m: (m.start, m.end))


def _mention(reading: _Reading, first: int, last: int, head: int, identity: _Identity) -> ActorMention:
    span = reading.doc[first : last + 1]
    return ActorMention(
        span.start_char, span.end_char, head, span.text, identity.kind, identity.name, identity.actor_id,
        identity.country, identity.inter, identity.is_communal,
    )  # fmt: skip


def _mission(reading: _Reading, actors: ActorList) -> _Identity | None:
    """Whose the peacekeepers are: of the mission that the text names, else of the United Nations."""
    named = [actors.by_id[n.actor_id] for n in reading.names.values() if n.actor_id]
    mission = next((a for a in named if a.kind in ("un-mission", "coalition") and a.country), None) or actors.by_name.get("United Nations")
    return _Identity("named", mission.name, mission.actor_id, mission.country or None) if mission else None


def _noun_mentions(reading: _Reading, actors: ActorList) -> Iterator[ActorMention]:
    doc = reading.doc
    lexicon = _lexicon()
    for token in doc:
        if token.lower_ not in lexicon or token.i in reading.names or token.pos_ in ("VERB", "AUX", "ADV", "ADP"):
            continue
        noun = _noun_at(doc, token.i)
        if noun is None:
            continue
        first, kinds = noun
        if _belongs_to_next(reading, token):
            continue
        if token.pos_ == "ADJ" and token.dep_ == "amod" and kinds[0] not in ("unnamed", "civilians"):
            continue
        identity = _identify(reading, token, first, kinds)
        nameless = identity is None or (identity.kind in ("state", "unnamed") and not identity.country and not identity.actor_id)
        owned = kinds[0] in ("state", "members", "unnamed") or token.lower_ in OWN_FIGHTERS
        if nameless and owned and _is_possessed(token):
            identity = _Identity("possessed", "" if identity is None else identity.kind)
        if token.lower_ == "gang" and token.head.lemma_ in ("rape", "war"):
            continue  # "the gang rape of six women": how, not who
        if token.lower_ in PEACEKEEPERS and (identity is None or not identity.actor_id):
            identity = _mission(reading, actors)
        if identity is None:
            if "group" in kinds and _is_definite(token, first):
                identity = _Identity("group", "")
            else:
                continue
        elif "group" in kinds and identity.kind == "unnamed" and _is_definite(token, first):
            identity = replace(identity, kind="unnamed-definite")
        if identity.kind in ("state", "police") and identity.country:
            for i in range(first - 1, _phrase_start(token, first) - 1, -1):
                other = reading.nations.get(i)
                if other is not None and other.code != identity.country and other.form == "adjective":
                    yield _mention(reading, other.first, other.last, i, replace(identity, country=other.code, first=None, last=None))
                    reading.used.add(other.first)
        left = first
        for i in range(first - 1, _phrase_start(token, first) - 1, -1):
            if (doc[i].dep_ in ("compound", "amod", "nmod") and doc[i].head.i >= i) or i in reading.names or i in reading.nations:
                left = i
            else:
                break
        while left < first and not doc[left].text[0].isalnum():
            left += 1
        if identity.first is not None and identity.last is not None and (identity.name or identity.kind in ("state", "police")):
            left = min(left, identity.first)
            last = max(identity.last, token.i)
            reading.used.update(range(identity.first, last + 1))
        else:
            last = token.i
        yield _mention(reading, left, last, token.i, identity)


def _belongs_to_next(reading: _Reading, token: Token) -> bool:
    """Whether a word only says whose the actor after it is ("army truck", "rebel fighters"); not before "and"."""
    head = token.head
    if token.dep_ not in ("compound", "amod", "nmod") or head.i <= token.i:
        return False
    if head.i not in reading.names and _noun_at(reading.doc, head.i) is None:
        return False
    return not any(t.lower_ in ("and", "or", ",") for t in reading.doc[token.i + 1 : head.i])


def _is_possessed(token: Token) -> bool:
    return any(c.dep_ == "poss" and c.lower_ in ("its", "their", "his") for c in token.lefts)


def _is_definite(token: Token, first: int) -> bool:
    return any(c.lower_ in ("the", "this", "that", "these", "those", "same", "its", "their") for c in token.lefts if c.i < first)


def _root(doc: Doc, first: int, last: int) -> Token:
    return doc[first : last + 1].root


def _name_mentions(reading: _Reading) -> Iterator[ActorMention]:
    seen: set[int] = set()
    for span in reading.names.values():
        if span.first in seen or span.first in reading.used:
            continue
        seen.add(span.first)
        head = _root(reading.doc, span.first, span.last)
        if head.dep_ in ("compound", "amod", "nmod", "poss") and head.head.i > span.last and head.dep_ != "poss":
            noun = _noun_at(reading.doc, head.head.i)
            if noun is not None and noun[1][0] in ("civilians", "protesters", "rioters"):
                continue
        identity = _Identity(span.kind, span.name, span.actor_id, span.country, span.inter, is_communal=span.is_communal)
        yield _mention(reading, span.first, span.last, head.i, identity)


def _nation_mentions(reading: _Reading, countries: Countries) -> Iterator[ActorMention]:
    """States that act under their own name, their capital's, or as "Israeli" before an attack."""
    doc = reading.doc
    seen: set[int] = set()
    for nation in reading.nations.values():
        if nation.first in seen or nation.first in reading.used:
            continue
        seen.add(nation.first)
        head = _root(doc, nation.first, nation.last)
        outer = head.head
        acts = head.dep_ in ("nsubj", "nsubjpass") or (head.dep_ == "pobj" and outer.dep_ == "agent")
        acts = acts or (head.dep_ == "conj" and outer.dep_ in ("nsubj", "nsubjpass"))
        if nation.form == "demonym" and head.pos_ in ("NOUN", "PROPN") and head.dep_ not in ("compound", "amod"):
            yield _mention(reading, nation.first, nation.last, head.i, _Identity("state", "", country=nation.code, is_communal=True))
            continue
        if nation.form in ("capital", "metonym"):
            if not (acts and (head.head.lemma_ in STATE_VERBS or head.dep_ == "pobj")):
                continue
        elif head.dep_ in ("amod", "compound", "nmod", "poss") and outer.i > head.i:
            if outer.lemma_.lower() not in ATTACK_NOUNS and outer.lower_ not in ATTACK_NOUNS:
                continue
        elif not (
            acts
            or (head.dep_ == "pobj" and outer.lower_ in ("against", "with", "by", "between"))
            or (head.dep_ == "dobj" and outer.lemma_ in ("accuse", "blame", "attack", "strike", "hit", "bomb", "shell", "fight", "invade"))
            or (head.dep_ == "conj" and outer.i in reading.nations)
        ):
            continue
        yield _mention(reading, nation.first, nation.last, head.i, _Identity("state", "", country=nation.code))


def _person_mentions(reading: _Reading) -> Iterator[ActorMention]:
    """People called by name who suffer something: civilians, unless a title says whose they are."""
    doc = reading.doc
    for ent in doc.ents:
        if ent.label_ != "PERSON" or ent.start in reading.names or ent.start in reading.nations:
            continue
        head = ent.root
        if head.dep_ not in ("nsubjpass", "dobj", "nsubj", "pobj", "conj") or (
            head.dep_ == "pobj" and head.head.lower_ not in ("of", "by", "against")
        ):
            continue
        identity = _Identity("civilians", "Civilians")
        first = ent.start
        for child in head.lefts:
            noun = _noun_at(doc, child.i) if child.dep_ in ("compound", "amod", "nmod") else None
            if noun is not None:
                found = _identify(reading, child, noun[0], noun[1])
                if found is not None and found.kind in ("state", "police", "named"):
                    identity, first = found, min(first, noun[0])
        for child in head.rights:
            noun = _noun_at(doc, child.i) if child.dep_ == "appos" else None
            if noun is not None:
                found = _identify(reading, child, noun[0], noun[1])
                if found is not None and found.kind in ("state", "police", "named"):
                    identity = found
        yield _mention(reading, first, max(ent.end - 1, first), head.i, identity)


def _place_mentions(reading: _Reading, places: Sequence[PlaceMention]) -> Iterator[ActorMention]:
    """Towns that are shelled or bombed themselves: what is hit there is civilian unless the text says otherwise."""
    doc = reading.doc
    starts = [t.idx for t in doc] if places else []
    for place in places:
        if place.place is None or place.place.kind not in ("city", "admin2"):
            continue
        first, last = _tokens_of(starts, place.start, place.end)
        head = _root(doc, first, last)
        verb = head.head
        if head.i in reading.names or head.i in reading.nations:
            continue
        if (head.dep_ in ("dobj", "nsubjpass") and verb.lemma_ in PLACE_HIT) or (
            head.dep_ == "pobj" and verb.lower_ in ("on", "of") and verb.head.lemma_.lower() in PLACE_HIT
        ):
            yield _mention(reading, first, last, head.i, _Identity("objects", "Civilians"))


def _victim_mentions(reading: _Reading) -> Iterator[ActorMention]:
    """People by a noun that the lexicon lacks, told by what befell them: "three sharecroppers were abducted"."""
    for token in reading.doc:
        if token.dep_ not in ("nsubjpass", "dobj") or token.pos_ != "NOUN" or token.head.lemma_ not in ALWAYS_ON_SOMEBODY:
            continue
        if token.lemma_.lower() in NOT_PEOPLE or token.i in reading.names or token.i in reading.nations or token.i in reading.places:
            continue
        if any(c.dep_ == "prep" and c.lower_ == "of" for c in token.rights):
            continue
        yield _mention(reading, token.i, token.i, token.i, _Identity("civilians", "Civilians"))


def _resolve(doc: Doc, mentions: list[ActorMention], actors: ActorList) -> list[ActorMention]:
    """Definite nouns and pronouns named after the mention they stand for, in one pass through the text."""
    mentions = _same_people(doc, mentions)
    forces: dict[str, ActorMention] = {}  # "army" -> the last army told of with its nation
    pronouns = [t for t in doc if t.lower_ in ("they", "them", "themselves", "it", "him", "her") and t.pos_ == "PRON" and t.dep_ != "poss"]
    found: list[ActorMention] = []
    merged: list[ActorMention | Token] = sorted([*mentions, *pronouns], key=lambda x: x.start if isinstance(x, ActorMention) else x.idx)
    for item in merged:
        if isinstance(item, Token):
            before = (
                _speaker(doc, item, found) if item.lower_ == "it"
                else _antecedent_of_one(doc, item, found) if item.lower_ in ("him", "her")
                else _antecedent_of_they(doc, item, found)
            )  # fmt: skip
            if before is not None:
                found.append(
                    replace(
                        before, start=item.idx, end=item.idx + len(item.text), head=item.i, text=item.text, kind="pronoun",
                        name=before.name or ("Police" if before.kind == "police" else ""), antecedent=before.start,
                    )
                )  # fmt: skip
            continue
        if item.kind == "possessed":
            owner = _owner(doc, item, found)
            if owner is not None:
                found.append(
                    replace(
                        item, kind=owner.kind if owner.kind != "pronoun" else kind_of(owner), name=owner.name, actor_id=owner.actor_id,
                        country=owner.country, inter=owner.inter, antecedent=owner.start,
                    )
                )  # fmt: skip
            elif item.name:
                found.append(replace(item, kind=item.name, name=UNIDENTIFIED if item.name == "unnamed" else ""))
            continue
        if item.kind in ("state", "police") and not item.actor_id:
            word = doc[item.head].lemma_.lower()
            if item.country is None and (same := forces.get(word)) is not None:
                item = replace(item, country=same.country, antecedent=same.start)  # "the army" after "the Turkish army"
            elif item.country is not None:
                forces[word] = item
        if item.kind not in ("group", "unnamed-definite"):
            found.append(item)
            continue
        before = _antecedent_of_group(doc, item, found, actors)
        if before is not None:
            item = replace(
                item, kind=before.kind, name=before.name, actor_id=before.actor_id, country=before.country, inter=before.inter,
                antecedent=before.start,
            )  # fmt: skip
        elif item.kind == "group":
            continue
        else:
            item = replace(item, kind="unnamed")
        found.append(item)
    return found


def _same_people(doc: Doc, mentions: list[ActorMention]) -> list[ActorMention]:
    """ "Herdsmen" are the herdsmen whose people the text names elsewhere, where it names one such people by that word."""
    known: dict[str, ActorMention | None] = {}
    for m in mentions:
        if m.is_communal and m.kind == "named":
            word = doc[m.head].lower_
            other = known.setdefault(word, m)
            if other is not None and other.name != m.name:
                known[word] = None
    if not known:
        return mentions
    return [
        replace(m, kind="named", name=same.name, actor_id=same.actor_id, country=same.country, inter=same.inter, is_communal=True)
        if m.kind == "civilians" and not m.country and (same := known.get(doc[m.head].lower_)) is not None
        else m
        for m in mentions
    ]


# Kinds of the actor list that "the group" can stand for.
GROUPS = frozenset(("rebel", "political-militia", "identity-militia", "external", "criminal"))


def _antecedent_of_group(doc: Doc, item: ActorMention, found: Sequence[ActorMention], actors: ActorList) -> ActorMention | None:
    """The latest group or unnamed band that "the group" or "the militants" can stand for."""
    word = doc[item.head].lower_
    reach = 2 if word in NEARBY_ONLY else 60
    for m in reversed(found):
        if doc[m.head].sent.start > item.head:
            continue
        if _sentences_between(doc, m.head, item.head) > reach:
            return None
        if m.kind == "named" and not m.is_communal and (not m.actor_id or actors.by_id[m.actor_id].kind in GROUPS):
            return m
        if m.kind == "unnamed" and (word in NEARBY_ONLY or (m.antecedent is None and doc[m.head].lower_ == word)):
            return m
    return None


def _owner(doc: Doc, item: ActorMention, found: Sequence[ActorMention]) -> ActorMention | None:
    """Whose "its fighters" or "his troops" are: an armed side told of in this sentence, else in the one before."""
    fighters = doc[item.head].lower_ in OWN_FIGHTERS
    rivals = _rivals(doc[item.head])
    unnamed: ActorMention | None = None
    for m in reversed(found):
        if _sentences_between(doc, m.head, item.head) > (0 if unnamed else 1):
            break
        if m.head in rivals:
            continue
        if m.kind == "unnamed":  # "the Resistance, an umbrella of armed factions, said five of its members"
            unnamed = unnamed or m
        elif (m.kind in ARMED and not m.is_communal) or (not fighters and m.kind == "civilians"):
            return m
    return unnamed


def _rivals(token: Token) -> set[int]:
    """Subjects of the verb that a word is an object of: "gunmen attacked their convoy" is not the gunmen's."""
    here = token
    while here.dep_ in ("poss", "compound", "conj", "pobj", "prep", "dobj", "dative") and here.head.i != here.i:
        here = here.head
        if here.pos_ == "VERB":
            return {c.i for s in subjects_of(here) for c in (s, *s.conjuncts)} if here.lemma_ in VIOLENT or here.lemma_ == "open" else set()
    return set()


def _antecedent_of_one(doc: Doc, one: Token, found: Sequence[ActorMention]) -> ActorMention | None:
    """The one person whom "him" or "her" can be: the nearest singular before it that does not act in the same clause."""
    rivals = _rivals(one)
    for m in reversed(found):
        if _sentences_between(doc, m.head, one.i) > 1:
            return None
        if (
            m.head not in rivals
            and m.kind in ("civilians", "state", "police", "named")
            and doc[m.head].tag_ in ("NN", "NNP")
            and doc[m.head].lower_ != "police"
        ):
            return m
    return None


def _speaker(doc: Doc, it: Token, found: Sequence[ActorMention]) -> ActorMention | None:
    """Who says "it" of itself: "the army said it had killed", "the movement announced that it fired"."""
    if it.dep_ != "nsubj" or it.head.dep_ not in ("ccomp", "xcomp", "advcl", "conj", "pcomp"):
        return None
    verb = it.head.head
    while verb.pos_ != "VERB" and verb.head.i != verb.i:
        verb = verb.head
    heads = {s.i for s in (subjects_of(verb) or governing_subject(verb)[0]) if s.i < it.i}
    return next(
        (m for m in reversed(found) if m.kind in ARMED and (m.head in heads or (heads and m.start <= doc[min(heads)].idx < m.end))), None
    )


def _antecedent_of_they(doc: Doc, they: Token, found: Sequence[ActorMention]) -> ActorMention | None:
    """Subjects before objects, this sentence and the one before it."""
    rivals = _rivals(they) if they.lower_ != "they" else set()
    near = [
        m
        for m in found
        if m.kind != "objects"
        and m.head not in rivals
        and doc[m.head].lemma_.lower() not in ATTACK_NOUNS
        and _sentences_between(doc, m.head, they.i) <= 1
    ]
    subjects = [m for m in near if doc[m.head].dep_ in ("nsubj", "nsubjpass")]
    return (subjects or near)[-1] if near else None


def _sentences_between(doc: Doc, i: int, j: int) -> int:
    """How many sentences begin after token `i`, up to `j`; the sentences are numbered once a document."""
    numbers: list[int] | None = doc.user_data.get("dateline_sentence_numbers")
    if numbers is None:
        numbers = list(accumulate(int(bool(t.is_sent_start)) for t in doc))
        doc.user_data["dateline_sentence_numbers"] = numbers
    return numbers[min(j, len(numbers) - 1)] - numbers[i] if i < j else 0


def kind_of(mention: ActorMention) -> str:
    """The kind behind a pronoun, from the name its antecedent gave it."""
    if mention.name == UNIDENTIFIED:
        return "unnamed"
    if mention.name == "Police":
        return "police"
    if mention.name in ("Protesters", "Rioters"):
        return mention.name.lower()
    if mention.name in ("Civilians", "Prisoners"):
        return "civilians"
    return "named" if mention.name else "state"
