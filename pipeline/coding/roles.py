"""Who does what an event word says, and to whom; who claims it, who is blamed; which of them is side A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from spacy.tokens import Doc, Span, Token

from pipeline.coding.assertion import REPORTING
from pipeline.coding.grammar import governing_subject, is_passive, joined_before, joined_to, objects_of, subjects_of
from pipeline.coding.lexicon import word_set
from pipeline.coding.mentions import ARMED, UNIDENTIFIED, ActorMention, kind_of

ATTACK_NOUNS = word_set("attack_nouns")
SUFFER = word_set("suffer")
MUTUAL = word_set("mutual")
LIGHT = word_set("light")
PERSONS = word_set("persons")
VIOLENT = word_set("violent")
MET = word_set("met")
GO_OFF = word_set("go_off")
TERRITORY = word_set("territory")
TWO_SIDED = word_set("two_sided")

# What a group says that its own men did: "claimed that a soldier of the caliphate had carried out the operation".
DEEDS = frozenset(
    "carry kill attack target strike hit fire detonate plant lay shell ambush execute conduct launch hold seize capture send shoot "
    "abduct".split()
)
CULPRITS = frozenset("suspect culprit perpetrator inquiry line".split())
# "A police bombing" was done to the police; "a police raid" by them.
DONE_TO_POLICE = frozenset("bombing ambush killing murder attack blast explosion slaying assassination death".split())
# Who condemns, reports or investigates an attack did not do it.
TELLS_OF = frozenset(
    "condemn denounce report deny reject investigate probe describe call witness see mourn link suspect treat hear record repel repulse "
    "document verify count recall mention survive escape".split()
)

AT_TARGET = ("on", "at", "against", "into", "upon", "toward", "towards", "to", "near", "outside", "beside", "under")


def roles(doc: Doc, trigger: Token | int, mentions: Sequence[ActorMention]) -> tuple[list[ActorMention], list[ActorMention]]:
    """Who does what the event word says, and to whom, by the sentence's grammar; each in order of mention.

    `trigger` is the token (or its index) of the verb or noun that tells the event. Where the grammar
    around it names nobody, the other violent words of the sentence are asked. Empty lists where the
    sentence does not say.
    """
    token = doc[trigger] if isinstance(trigger, int) else trigger
    mutual = token.lower_ in ("traded", "exchanged") or token.lemma_.lower() in MUTUAL | TWO_SIDED
    while token.dep_ in ("compound", "amod", "nmod") and token.head.pos_ == "NOUN" and token.head.i > token.i:
        token = token.head  # "land" of "land mine", "improvised" of "improvised explosive device"
    table = _table_of(doc, mentions)
    if token.pos_ in ("ADJ", "DET", "NUM") and token.head.pos_ in ("NOUN", "PROPN") and token.dep_ in ("amod", "det", "nummod", "acl"):
        # "a third person has died": the word counts whom its noun means
        victim = table.at(token.head)
        if victim is not None and victim.kind != "objects":
            return [], [_suffering(victim)]
    who, whom = _roles_at(token, table)
    if not who and not whom and mutual:
        # A clash whose parties the parser lost: those armed in the sentence who do not only speak of it.
        armed = [m for m in table.in_sentence(token.sent) if m.kind in ARMED and not _only_speaks(doc[m.head])]
        parties = [m for i, m in enumerate(armed) if not any(_same(m, x) for x in armed[:i])]
        who, whom = parties[:1], parties[1:2]
    if not who or not whom:
        for other in token.sent:
            if other.i != token.i and (other.lemma_.lower() in VIOLENT or other.lower_ in VIOLENT) and other.pos_ in ("VERB", "NOUN"):
                more_who, more_whom = _roles_at(other, table)
                if not more_who and other.lemma_.lower() in TWO_SIDED:
                    more_who = [m for m in more_whom if m.kind in ARMED]
                if not who:
                    who = [m for m in more_who if m not in whom]
                if not whom:
                    whom = [m for m in more_whom if m not in who]
    if not who:
        who = [m for m in _told_by(token, table) if m not in whom]
    who = [m for m in who if not any(_repeats(m, x) for x in who)]
    return [_acting(m, doc) for m in who], [_suffering(m) for m in whom]


def _same(m: ActorMention, other: ActorMention) -> bool:
    return (m.kind, m.name, m.country) == (other.kind, other.name, other.country)


def _only_speaks(token: Token) -> bool:
    """Whether somebody stands in a sentence only as its source."""
    while token.dep_ in ("compound", "poss", "nmod", "amod", "conj") and token.head.i != token.i:
        token = token.head
    return (token.dep_ == "nsubj" and token.head.lemma_ in REPORTING) or (token.dep_ == "pobj" and token.head.lower_ in ("to", "according"))


def _repeats(m: ActorMention, other: ActorMention) -> bool:
    """Whether a mention is a part of another and means the same: "Israeli" in "Israeli air strike"."""
    inside = other.start <= m.start and m.end <= other.end and other is not m
    return inside and (m.kind, m.name, m.country) == (other.kind, other.name, other.country)


def _roles_at(token: Token, table: _Table) -> tuple[list[ActorMention], list[ActorMention]]:
    agents: list[Token] = []
    patients: list[Token] = []
    if token.pos_ in ("VERB", "AUX") or token.tag_.startswith("VB"):
        _verb_roles(token, agents, patients, table)
    else:
        _noun_roles(token, agents, patients, table)
        verb = token.head.head if token.dep_ == "pobj" else token.head
        own = table.at(token)
        is_somebody = own is not None and own.head == token.i and own.kind in ARMED  # "led by a suicide bomber"
        if (
            verb.pos_ == "VERB"
            and not (is_somebody and verb.lemma_ not in VIOLENT | GO_OFF and token.dep_ == "pobj")
            and verb.lemma_ not in TELLS_OF
            and token.dep_ in ("nsubj", "nsubjpass", "dobj", "pobj")
            and not (table.mentions_of(agents) and table.mentions_of(patients))
        ):
            more_agents: list[Token] = []
            more_patients: list[Token] = []
            _verb_roles(verb, more_agents, more_patients, table)
            agents += [] if table.mentions_of(agents) else more_agents
            patients += [] if table.mentions_of(patients) else more_patients
    who = table.mentions_of(agents)
    whom = [m for m in table.mentions_of(patients) if m not in who]
    who = [m for m in who if m.kind != "objects" and not (m.kind == "civilians" and any(x.kind in ARMED for x in who))]
    if any(m.kind != "objects" for m in whom):
        whom = [m for m in whom if m.kind != "objects"]
    return who, whom


def _acting(m: ActorMention, doc: Doc) -> ActorMention:
    if m.kind == "civilians" and doc[m.head].lower_ in PERSONS:
        return replace(m, kind="unnamed", name=UNIDENTIFIED)
    return m


def _suffering(m: ActorMention) -> ActorMention:
    """People who are armed only when they act are civilians when acted on; so are things that are hit."""
    if m.is_communal or m.kind == "objects":
        return replace(m, kind="civilians", name="Civilians", actor_id="", inter=None)
    return m


def _told_by(token: Token, table: _Table) -> list[ActorMention]:
    """Whom the sentence blames or lets claim it, where its grammar names no doer."""
    return [m for m, stance in _responsible(token.sent, table) if stance != "denied"][:1]


def responsible(doc: Doc, sentences: Iterable[Span], mentions: Sequence[ActorMention]) -> list[tuple[ActorMention, str]]:
    """Who claims, denies or is blamed for something in these sentences: (mention, claimed | denied | blamed), in order."""
    table = _table_of(doc, mentions)
    found: list[tuple[ActorMention, str]] = []
    for sent in sentences:
        found += [item for item in _responsible(sent, table) if item not in found]
    return found


def _responsible(sent: Span, table: _Table) -> Iterator[tuple[ActorMention, str]]:
    def armed(tokens: Iterable[Token]) -> list[ActorMention]:
        return [m for m in table.mentions_of(list(tokens)) if m.kind in ARMED or (m.kind == "pronoun" and kind_of(m) in ARMED)]

    for t in sent:
        if t.pos_ not in ("VERB", "NOUN", "ADJ", "AUX"):
            continue
        objects = [c for c in t.children if c.dep_ == "dobj"]
        if t.lemma_ in ("claim", "take", "admit", "assume", "accept") and any(_is_responsibility(o) for o in objects):
            negated = any(c.dep_ == "neg" for c in t.children) or any(
                c.lower_ in ("no", "neither") for s in subjects_of(t) for c in s.lefts
            )
            if not negated:
                for m in armed(governing_subject(t)[0]):
                    yield m, "claimed"
        elif t.lemma_ == "claim" and t.tag_ == "VBN":
            for m in armed(objects_of(t, ("by",))):
                yield m, "claimed"
        elif t.lemma_ in ("deny", "reject") and any(_is_responsibility(o) for o in objects):
            for m in armed(governing_subject(t)[0]):
                yield m, "denied"
        elif t.lemma_ == "claim" and any(c.dep_ == "ccomp" and c.lemma_ in DEEDS for c in t.children):
            for m in armed(governing_subject(t)[0]):
                if m.kind == "named":
                    yield m, "claimed"
        elif t.lemma_ == "be" and any(c.lower_ == "behind" for c in t.children):
            for m in armed(subjects_of(t)):
                yield m, "claimed" if m.antecedent is not None else "blamed"
        elif t.lemma_ == "be" and any(c.dep_ == "attr" and c.lemma_ in CULPRITS for c in t.children):
            for m in armed(subjects_of(t)):
                yield m, "blamed"
        elif t.lemma_ == "sign" and t.tag_ in ("VBN", "VBD"):
            for m in armed([*objects_of(t, ("by",)), *(c for c in t.children if c.dep_ in ("dobj", "oprd", "attr", "npadvmod"))]):
                if m.kind == "named":
                    yield m, "claimed"
        elif t.lemma_ in ("bear", "carry") and any(o.lemma_ in ("initial", "signature", "name", "logo") for o in objects):
            for m in table.in_sentence(sent):
                if m.kind == "named" and m.head > t.i:
                    yield m, "claimed"
        elif t.lemma_ in ("work", "act", "handiwork") and t.pos_ == "NOUN":
            for m in armed(objects_of(t, ("of", "by"))):
                if m.kind in ("named", "state"):
                    yield m, "blamed"
        elif t.lemma_ in ("lay", "plant", "launch", "fire", "drop") and t.tag_ == "VBN" and (by := objects_of(t, ("by",))):
            for m in armed(by):
                yield m, "blamed"
        elif t.lemma_ in REPORTING and t.pos_ == "VERB" and any(c.dep_ == "ccomp" and _own_deed(c) for c in t.children):
            for m in armed(governing_subject(t)[0]):
                if m.kind == "named":
                    yield m, "claimed"
        elif t.lemma_ == "belong":
            if any(m.kind == "unnamed" or m.name == UNIDENTIFIED for m in table.mentions_of(governing_subject(t)[0])):
                for m in armed(objects_of(t, ("to",))):
                    yield m, "blamed"
        elif t.lemma_ in ("lay", "plant") and objects and all(o.lower_ in ("it", "them") or o.lemma_ in MET for o in objects):
            for m in armed(governing_subject(t)[0]):
                yield m, "claimed" if m.antecedent is not None else "blamed"
        elif t.lemma_ in ("blame", "accuse", "suspect", "attribute", "link", "ascribe"):
            accused = objects_of(t, ("on", "to")) if t.lemma_ not in ("accuse", "suspect") else []
            if not accused and t.lemma_ not in ("accuse", "suspect"):
                accused = [x for o in objects for x in objects_of(o, ("on", "to"))]
            if t.lemma_ == "link" and not accused:
                continue
            if not accused:
                accused = [c for c in t.children if c.dep_ == "nsubjpass"] if is_passive(t) else objects
            for m in armed(accused):
                yield m, "blamed"
        elif t.lemma_ == "responsible" and t.head.lemma_ == "be":
            for m in armed(subjects_of(t.head)):
                yield m, "blamed"


def _own_deed(verb: Token) -> bool:
    """Whether a clause tells a deed of whoever says it: "said it had laid the mine", "that one of its men had carried out"."""
    if verb.lemma_ not in DEEDS or any(c.dep_ == "neg" for c in verb.children):
        return False
    return any(
        s.lower_ in ("it", "they", "we") or any(x.dep_ == "poss" and x.lower_ in ("its", "their", "our") for x in s.subtree)
        for s in subjects_of(verb)
    )


def _is_responsibility(token: Token) -> bool:
    return token.lemma_.lower() in (
        "responsibility",
        "attack",
        "bombing",
        "killing",
        "assault",
        "blast",
        "strike",
        "raid",
        "involvement",
        "part",
        "role",
    )


def arrange(
    sub_event_type: str | None, who: Sequence[ActorMention], whom: Sequence[ActorMention]
) -> tuple[list[ActorMention], list[ActorMention]]:
    """Sides A and B of an event of this type from doers and targets, after ruling 10.

    In "Protest with intervention" the protesters are side A and the forces B; in "Excessive force against
    protesters" the other way round. People without a name are what the event makes them: protesters
    in a protest, rioters in a riot.
    """
    crowd = CROWDS.get(sub_event_type or "", "")
    if not crowd:
        return list(who), list(whom)
    people = [_as_crowd(m, crowd) for m in (*who, *whom)]
    forces = [m for m in people if m.kind in ("state", "police") or (m.kind == "named" and m.country and not m.inter)]
    marchers = [m for m in people if m.kind == crowd]
    if sub_event_type == "Excessive force against protesters":
        return forces, marchers[:1]
    if sub_event_type == "Protest with intervention":
        return marchers[:1], forces
    if sub_event_type == "Peaceful protest":
        return marchers[:1], []
    a_side = [_as_crowd(m, crowd) for m in who if _as_crowd(m, crowd).kind == crowd][:1] or marchers[:1]
    return a_side, [m for m in whom if m.kind != crowd or m.kind in ("civilians", "objects")]


CROWDS = {
    "Peaceful protest": "protesters", "Protest with intervention": "protesters", "Excessive force against protesters": "protesters",
    "Violent demonstration": "rioters", "Mob violence": "rioters",
}  # fmt: skip


def _as_crowd(m: ActorMention, crowd: str) -> ActorMention:
    if m.kind in ("civilians", "unnamed", "protesters", "rioters") or (
        m.kind == "pronoun" and kind_of(m) in ("civilians", "unnamed", "protesters", "rioters")
    ):
        return replace(m, kind=crowd, name=crowd.capitalize(), actor_id="", inter=None)
    return m


def _table_of(doc: Doc, mentions: Sequence[ActorMention]) -> _Table:
    """The mentions of a document by token, put up once: every event word of a text asks for it."""
    known = doc.user_data.get("dateline_mentions")
    if known is None or known.mentions is not mentions:
        known = doc.user_data["dateline_mentions"] = _Table(doc, mentions)
    table: _Table = known
    return table


class _Table:
    """The mentions by token."""

    def __init__(self, doc: Doc, mentions: Sequence[ActorMention]) -> None:
        self.doc = doc
        self.mentions = mentions
        self.by_head = {m.head: m for m in mentions}
        self.cover: dict[int, ActorMention] = {}
        for m in mentions:
            i = m.head
            while i > 0 and doc[i - 1].idx >= m.start:
                i -= 1
            while i < len(doc) and doc[i].idx < m.end:
                self.cover.setdefault(i, m)
                i += 1

    def in_sentence(self, sent: Span) -> list[ActorMention]:
        """The mentions that stand in a sentence, in order."""
        return [m for i in range(sent.start, sent.end) if (m := self.by_head.get(i)) is not None]

    def at(self, token: Token) -> ActorMention | None:
        return self.by_head.get(token.i) or self.cover.get(token.i)

    def is_person(self, token: Token) -> bool:
        m = self.at(token)
        return m is not None and m.kind != "objects"

    def mentions_of(self, tokens: Sequence[Token]) -> list[ActorMention]:
        """The mentions that nouns and those joined to them by "and" carry, doubles left out."""
        found: list[ActorMention] = []
        for token in tokens:
            for t in (*joined_before(token), token, *joined_to(token)):
                m = self.at(t) or self.inside(t)
                if m is not None and m not in found:
                    found.append(m)
                    found += [
                        x
                        for x in self.mentions
                        if x is not m and m.start <= x.start and x.end <= m.end and x.kind == m.kind and x not in found
                    ]
        return found

    def inside(self, token: Token) -> ActorMention | None:
        """A mention inside a noun phrase whose own noun is nobody: "a convoy of the army", "one of the villagers"."""
        if token.pos_ not in ("NOUN", "PROPN", "NUM", "PRON", "ADJ", "DET"):
            return None
        for child in (*token.lefts, *token.rights):
            if child.dep_ in ("compound", "amod", "poss", "nmod", "appos"):
                m = self.at(child)
                if m is not None and m.kind != "objects":
                    return m
            if child.dep_ == "prep" and child.lower_ in ("of", "from", "belonging", "carrying", "among", "by"):
                for obj in child.children:
                    if obj.dep_ == "pobj" and (m := self.at(obj) or self.inside(obj)) is not None:
                        return m
            if child.dep_ == "acl" and child.lemma_ in ("carry", "belong", "transport", "claim", "man"):
                for obj in child.subtree:
                    if obj.dep_ in ("dobj", "pobj") and (m := self.at(obj)) is not None:
                        return m
        return None

    def just_before(self, verb: Token) -> ActorMention | None:
        """The nearest armed side before a verb in its sentence that is nobody's object there: for clauses the parser broke."""
        for i in range(verb.i - 1, verb.sent.start - 1, -1):
            t = self.doc[i]
            if t.pos_ == "VERB" and t.tag_ in ("VBD", "VBZ", "VBP") and t.lemma_ not in ("be", "have"):
                return None
            m = self.by_head.get(i)
            if m is not None and (m.kind in ARMED or m.kind in ("protesters", "rioters")) and t.dep_ not in ("dobj", "pobj", "poss"):
                return self.by_head.get(t.head.i, m) if t.dep_ == "conj" else m
        return None

    def just_after(self, verb: Token) -> ActorMention | None:
        """The nearest person after a verb, before the clause ends: for objects the parser lost ("shot dead a driver")."""
        for t in self.doc[verb.i + 1 : min(verb.i + 9, verb.sent.end)]:
            if t.lower_ in (",", ";", "in", "by", "after", "when", "while", "who") or t.tag_ in ("VBD", "VBZ", "VBP"):
                return None
            m = self.by_head.get(t.i)
            if m is not None and m.kind != "objects":
                return m
        return None


def _parties(carrier: Token) -> list[Token]:
    """The first of two parties that "between" joins; not the first of two numbers ("killed between five and nine")."""
    return [o for o in objects_of(carrier, ("between",)) if o.pos_ != "NUM" and not any(c.dep_ == "nummod" for c in o.children)]


def _meets_a_weapon(verb: Token, objects: Sequence[Token]) -> bool:
    """Whether the subject is who suffers: "ran over a mine", "came under fire", "fell into an ambush"."""
    met = [*objects, *objects_of(verb, ("over", "on", "under", "into", "in", "to"))]
    return verb.lemma_ in ("run", "drive", "hit", "strike", "step", "trigger", "come", "fall", "walk") and any(
        o.lemma_.lower() in MET for o in met
    )


def _verb_roles(verb: Token, agents: list[Token], patients: list[Token], table: _Table) -> None:
    by = objects_of(verb, ("by",))
    passive = is_passive(verb)
    objects = [c for c in verb.children if c.dep_ in ("dobj", "dative", "oprd")]
    own = subjects_of(verb)
    if own and own[0].lower_ in ("who", "which", "that") and verb.dep_ == "relcl":
        own = [verb.head]
    for between in _parties(verb):
        agents.append(between)
        patients += joined_to(between)
    if not passive and (verb.lemma_ in SUFFER or _meets_a_weapon(verb, objects)):
        patients += own or governing_subject(verb)[0]
        _through_nouns(verb, agents, table)
        return
    if passive:
        if own:
            patients += own
        elif verb.dep_ in ("acl", "relcl"):
            patients.append(verb.head)
        elif verb.dep_ in ("conj", "advcl", "xcomp"):
            patients += governing_subject(verb)[0]
        patients += objects
        if not any(table.is_person(t) or table.inside(t) for t in patients):
            patients += objects_of(verb, AT_TARGET)
        agents += by
        _through_nouns(verb, agents, table)
        return
    if verb.lemma_ in TERRITORY and objects and not any(table.is_person(o) for o in objects):
        objects = []
    subjects = own
    if not subjects:
        found, outer_passive = governing_subject(verb)
        # "was attacked, wounding two": the outer subject suffered and did nothing here.
        subjects = objects_of(verb.head, ("by",)) if outer_passive else found
    agents += [s for s in subjects if table.is_person(s) or _has_mention(s, table)]
    if not agents and subjects:
        _noun_roles(subjects[0], agents, [], table)
    agents += by
    if verb.lemma_ in MUTUAL and len(agents) == 1 and (rest := joined_to(agents[0])) and not objects_of(verb, ("with", "against")):
        patients += rest
    patients += objects
    if verb.lemma_ in TERRITORY:
        patients += objects_of(verb, ("from",)) or [
            s for c in verb.children if c.dep_ in ("advcl", "prep") for s in subjects_of(c) if table.is_person(s)
        ]
    prepositions = ("with", "against", "on") if verb.lemma_ in MUTUAL else AT_TARGET
    for obj in objects_of(verb, prepositions):
        m = table.at(obj) or table.inside(obj)
        if m is not None and (not objects or m.kind != "objects"):
            patients.append(obj)
    for o in objects:
        # "carried out an attack on", "opened fire on", "fired rockets at": the target hangs on the object.
        if not table.is_person(o):
            _noun_roles(o, [], patients, table)
    goes_off = verb.lemma_ in GO_OFF or (verb.lemma_ == "go" and any(c.lower_ == "off" for c in verb.children))
    if goes_off:
        # "exploded as their convoy passed"
        patients += [s for c in verb.children if c.dep_ == "advcl" for s in subjects_of(c) if table.at(s) is not None]
    if not any(table.is_person(t) or table.inside(t) for t in patients):
        # "fired tear gas to disperse the crowd", "shot dead a driver"
        patients += [
            o
            for c in verb.children
            if c.dep_ in ("advcl", "xcomp", "ccomp")
            for o in c.children
            if o.dep_ in ("dobj", "nsubj") and o.i > verb.i
        ]
    if not any(table.at(t) or table.inside(t) for t in patients) and verb.lemma_ in VIOLENT:
        after = table.just_after(verb)
        if after is not None:
            patients.append(table.doc[after.head])
    if not agents and not own:
        before = table.just_before(verb)
        if before is not None:
            agents.append(table.doc[before.head])
    if not agents and not goes_off:
        _through_nouns(verb, agents, table)


def _has_mention(token: Token, table: _Table) -> bool:
    return table.inside(token) is not None and token.lemma_.lower() not in ATTACK_NOUNS


def _through_nouns(verb: Token, agents: list[Token], table: _Table) -> None:
    """The doer inside the attack that a verb names: "were killed in an air strike by", "when raiders attacked"."""
    if agents:
        return
    for c in verb.children:
        if c.dep_ in ("prep", "agent") and c.lower_ in ("in", "by", "during", "after", "from"):
            for obj in c.children:
                if obj.dep_ == "pobj" and (table.at(obj) is None or c.lower_ != "after" or obj.lemma_.lower() in ATTACK_NOUNS):
                    _noun_roles(obj, agents, [], table)
                    agents[:] = [
                        a for a in agents if (m := table.at(a) or table.inside(a)) is not None and m.kind not in ("civilians", "objects")
                    ]
        elif c.dep_ == "advcl" and c.tag_ in ("VBD", "VBZ", "VBP", "VBN") and not is_passive(c):
            agents += [s for s in subjects_of(c) if (m := table.at(s)) is not None and m.kind in ARMED]
            if not agents and subjects_of(c):
                _noun_roles(subjects_of(c)[0], agents, [], table)
        if agents:
            return


def _noun_roles(noun: Token, agents: list[Token], patients: list[Token], table: _Table) -> None:
    """Doers and targets that hang on a noun: "Israeli strike on", "attack by", "X's killing of Y", "clashes between"."""
    own = table.at(noun)
    if own is not None and own.kind != "objects" and (own.head == noun.i or noun.lemma_.lower() in ATTACK_NOUNS):
        agents.append(noun)
    for c in noun.children:
        if c.dep_ in ("poss", "amod", "compound", "nmod"):
            m = table.at(c)
            if m is not None and m.kind == "police" and c.dep_ == "compound" and not m.country and noun.lemma_.lower() in DONE_TO_POLICE:
                patients.append(c)
            elif m is not None and (m.kind in ARMED or m.kind in ("pronoun", "rioters", "protesters")):
                agents.append(c)
            elif m is not None and m.kind == "civilians" and c.dep_ in ("compound", "poss"):
                patients.append(c)
        elif c.dep_ in ("acl", "relcl"):
            if c.lemma_ in ("target", "hit", "strike", "kill", "wound", "injure", "involve", "leave"):
                patients += [o for o in c.children if o.dep_ == "dobj"]
            by = objects_of(c, ("by",))
            if c.lemma_ in (*LIGHT, "blame", "fire", "plant", "drive") or by:
                agents += by or objects_of(c, ("on", "by"))
    _by_prepositions(noun, noun, agents, patients)
    head = noun.head
    if head.i != noun.i and head.pos_ == "VERB":
        if noun.dep_ == "nsubj":
            # "Fighting broke out between X and Y", "an attack killed Y".
            _by_prepositions(noun, head, agents, patients)
            patients += [o for o in head.children if o.dep_ == "dobj"]
        elif noun.dep_ == "dobj":
            subjects, passive = governing_subject(head)
            if head.lemma_ in SUFFER:
                patients += subjects  # "lost their lives", "sustained injuries"
            elif head.lemma_ in ("attribute", "ascribe", "pin", "blame"):
                agents += objects_of(head, ("to", "on"))
            elif not passive and not agents and head.lemma_ not in TELLS_OF:
                agents += subjects
            _by_prepositions(noun, head, agents, patients)
        elif noun.dep_ == "nsubjpass":
            if not agents:
                agents += objects_of(head, ("by",))
            _by_prepositions(noun, head, agents, patients)
    elif noun.dep_ == "pobj" and head.head.i != head.i:
        outer = head.head
        led = own is not None and own.kind in ARMED and own.head == noun.i and outer.lemma_ not in VIOLENT | GO_OFF
        if outer.pos_ == "VERB" and head.lower_ in ("in", "by", "during", "when", "after") and not led:
            if is_passive(outer) or outer.lemma_ in SUFFER:
                patients += subjects_of(outer) or ([outer.head] if outer.dep_ == "acl" else [])
            elif head.lower_ in ("in", "during") and not agents:
                agents += [t for t in governing_subject(outer)[0] if t.i != noun.i]
                patients += [o for o in outer.children if o.dep_ == "dobj"]
        elif outer.pos_ in ("NOUN", "PROPN") and outer.dep_ == "dobj" and not agents and head.lower_ in ("of", "at", "in", "for"):
            agents += governing_subject(outer.head)[0]


def _by_prepositions(noun: Token, carrier: Token, agents: list[Token], patients: list[Token]) -> None:
    """Sides named by "between", "by", "on", "against", "with" on an event noun, or on the verb it stands with."""
    for o in _parties(carrier):
        agents.append(o)
        patients += joined_to(o)
    agents += objects_of(carrier, ("by", "from") if carrier is noun else ("by",))
    if carrier is noun or noun.lemma_.lower() in ATTACK_NOUNS:
        patients += objects_of(carrier, ("on", "against", "at", "of", "targeting", "upon") if carrier is noun else ("on", "against"))
    if noun.lemma_.lower() in TWO_SIDED:
        patients += objects_of(carrier, ("with", "against"))
