"""Mentions, roles and sides: text -> whom it names, who acts, who suffers."""

import pytest
from spacy.language import Language

from pipeline.actors import ActorList, Countries
from pipeline.coding.actors import ActorMention, arrange, as_actor, find_actors, responsible, roles
from pipeline.coding.lexicon import read_table, word_set
from pipeline.coding.mentions import plural

MENTIONS = [
    # text, [(words, kind, name, country)]
    (
        "Malian soldiers killed five villagers.",
        [("Malian soldiers", "state", "", "ML"), ("villagers", "civilians", "Civilians", None)],
    ),
    (
        "Mali's army clashed with gunmen.",
        [("army", "state", "", "ML"), ("gunmen", "unnamed", "Unidentified armed group", None)],
    ),
    ("The army withdrew and police arrived.", [("army", "state", "", None), ("police", "police", "", None)]),
    (
        "Suspected Boko Haram fighters attacked the army base.",
        [("Suspected Boko Haram fighters", "named", "Boko Haram", "NG"), ("army base", "state", "", None)],
    ),
    ("Fighters of the Islamic State fled.", [("Fighters of the Islamic State", "named", "Islamic State", "IQ")]),
    ("Islamist militants fled.", [("Islamist militants", "unnamed", "Unidentified armed group", None)]),
    ("Two men on a motorcycle shot a teacher.",
     [("men", "unnamed", "Unidentified armed group", None), ("teacher", "civilians", "Civilians", None)]),
    ("A retired policeman was shot dead.", [("retired policeman", "civilians", "Civilians", None)]),
    ("Protesters threw stones and a mob burned a shop.",
     [("Protesters", "protesters", "Protesters", None), ("mob", "rioters", "Rioters", None), ("shop", "objects", "Civilians", None)]),
    ("The Iran-backed group Kataib Hezbollah fired rockets.",
     [("Kataib Hezbollah", "named", "Kataib Hezbollah", "IQ")]),
    ("Three inmates died.", [("inmates", "civilians", "Prisoners", None)]),
    ("Indian and Pakistani troops exchanged fire.", [("Indian", "state", "", "IN"), ("Pakistani troops", "state", "", "PK")]),
]  # fmt: skip


@pytest.mark.model
@pytest.mark.parametrize(("text", "expected"), MENTIONS, ids=[t[:40] for t, _ in MENTIONS])
def test_mentions(
    nlp: Language, actors: ActorList, countries: Countries, text: str, expected: list[tuple[str, str, str, str | None]]
) -> None:
    found = find_actors(nlp(text), actors, countries)
    kept = [(m.text, m.kind, m.name, m.country) for m in found]
    assert [e for e in expected if e not in kept] == []
    assert all(text[m.start : m.end] == m.text for m in found)


SAME = [
    # text, words of the later mention, the name it carries
    ("Al-Shabaab attacked the town in Somalia. The group said it had killed ten soldiers.", "group", "Al-Shabaab"),
    ("Boko Haram raided the village. The militants burned houses.", "militants", "Boko Haram"),
    ("Gunmen stormed a school in Nigeria. The attackers fled.", "attackers", "Unidentified armed group"),
    ("The Donga Liberation Force (DLF) killed a man. On Sunday the DLF struck again.", "DLF", "Donga Liberation Force"),
    ("The Group for the Support of Islam and Muslims (GSIM) claimed it. GSIM fighters fled.", "GSIM fighters",
     "Jama'at Nusrat al-Islam wal-Muslimin"),
    ("Rebels of the M23 took the town. They looted the hospital.", "They", "M23"),
    ("The Houthis said they had fired on a ship.", "they", "Houthis"),
    ("A group calling itself the Sons of the Delta blew up a pipeline.", "group calling itself the Sons of the Delta", "Sons of the Delta"),
]  # fmt: skip


@pytest.mark.model
@pytest.mark.parametrize(("text", "words", "name"), SAME, ids=[t[:40] for t, _, _ in SAME])
def test_later_mentions_carry_the_name(nlp: Language, actors: ActorList, countries: Countries, text: str, words: str, name: str) -> None:
    found = find_actors(nlp(text), actors, countries)
    assert [m.name for m in found if m.text == words][-1:] == [name]


STATES = [
    # text, the words that stand for a state that acts (empty: none does), its country
    ("Washington said it struck two sites in Iraq.", "Washington", "US"),
    ("He was arrested in Washington.", "", None),
    ("Tehran-backed militias attacked a base.", "", None),
    ("Israel struck a building in Damascus.", "Israel", "IL"),
    ("A bomb exploded in Israel.", "", None),
    ("An Israeli attack killed three people.", "Israeli", "IL"),
    ("The missile was fired by Russia.", "Russia", "RU"),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "words", "country"), STATES, ids=[t[:40] for t, _, _ in STATES])
def test_states_act_by_their_role(
    nlp: Language, actors: ActorList, countries: Countries, text: str, words: str, country: str | None
) -> None:
    found = [(m.text, m.country) for m in find_actors(nlp(text), actors, countries) if m.kind == "state"]
    assert found == ([(words, country)] if words else [])


def _mention(kind: str, name: str = "", *, text: str = "x", country: str | None = None, actor_id: str = "") -> ActorMention:
    return ActorMention(0, len(text), 0, text, kind, name, actor_id, country)


@pytest.mark.parametrize(
    ("mention", "where", "name", "inter"),
    [
        (_mention("state", country="ML"), "ML", "Military of Mali", 1),
        (_mention("state"), "ML", "Military of Mali", 1),
        (_mention("police"), "PH", "Police of the Philippines", 1),
        (_mention("state", country="US"), "IQ", "United States", 8),
        (_mention("state", country="US"), None, "Military of the United States", 1),
        (_mention("unnamed", "Unidentified armed group"), "NG", "Unidentified armed group", 3),
        (_mention("civilians", "Civilians"), "IQ", "Civilians (Iraq)", 7),
        (_mention("civilians", "Prisoners"), "BR", "Prisoners (Brazil)", 7),
        (_mention("protesters", "Protesters"), "KE", "Protesters (Kenya)", 6),
        (_mention("rioters", "Rioters"), "KE", "Rioters (Kenya)", 5),
        (_mention("named", "Kataib Hezbollah", actor_id="kataib-hezbollah"), "IQ", "Kataib Hezbollah", 3),
        (_mention("named", "Islamic State", actor_id="islamic-state"), "AF", "Islamic State Khorasan Province", 2),
        (_mention("state", "Islamic Revolutionary Guard Corps", actor_id="islamic-revolutionary-guard-corps"), "SY", "Iran", 8),
        (_mention("named", "Savien gang"), "HT", "Savien gang", 3),
    ],
)
def test_codebook_names(actors: ActorList, countries: Countries, mention: ActorMention, where: str | None, name: str, inter: int) -> None:
    actor = as_actor(mention, where, actors, countries)
    assert actor is not None
    assert (actor.name, actor.inter) == (name, inter)
    if actor.actor_id:
        assert actors.by_id[actor.actor_id].name == name


def test_services_keep_the_name_of_the_forces_they_are_part_of(actors: ActorList, countries: Countries) -> None:
    guards = as_actor(_mention("state", actor_id="islamic-revolutionary-guard-corps"), "IR", actors, countries)
    assert guards is not None
    assert (guards.name, guards.inter) == ("Islamic Revolutionary Guard Corps", 1)
    assert "Military of Iran" in guards.aliases
    gendarmes = as_actor(_mention("police", text="gendarmes"), "NE", actors, countries)
    assert gendarmes is not None
    assert gendarmes.name == "Police of Niger"
    assert "Gendarmerie of Niger" in gendarmes.aliases


ROLES = [
    # text, event word, doers, those acted on
    ("Gunmen killed three soldiers near Gao.", "killed", ["Gunmen"], ["soldiers"]),
    ("Three soldiers were killed by gunmen.", "killed", ["gunmen"], ["soldiers"]),
    ("An attack by Boko Haram fighters killed ten villagers.", "attack", ["Boko Haram fighters"], ["villagers"]),
    ("An attack by Boko Haram fighters killed ten villagers.", "killed", ["Boko Haram fighters"], ["villagers"]),
    ("Hezbollah's attack on Israeli soldiers left two dead.", "attack", ["Hezbollah"], ["Israeli soldiers"]),
    ("An Israeli air strike killed a journalist.", "killed", ["Israeli air strike"], ["journalist"]),
    ("Soldiers clashed with M23 rebels in Congo.", "clashed", ["Soldiers"], ["M23 rebels"]),
    ("Clashes between the army and M23 rebels broke out.", "Clashes", ["army", "M23 rebels"], []),
    ("Two policemen were killed in an ambush by gunmen.", "killed", ["gunmen"], ["policemen"]),
    ("Five civilians were killed when militants attacked a bus.", "killed", ["militants"], ["civilians"]),
    ("Militants fired rockets at an army base.", "fired", ["Militants"], ["army base"]),
    ("Police fired tear gas to disperse protesters.", "fired", ["Police"], ["protesters"]),
    ("A convoy of the army hit a mine.", "hit", [], ["convoy of the army", "convoy"]),
    ("Four policemen killed in ambush", "killed", [], ["policemen"]),
    ("A grenade was thrown at a police station.", "thrown", [], ["police station"]),
    ("The army recaptured the town from the Arakan Army in Myanmar.", "recaptured", ["army"], ["Arakan Army"]),
    ("Armed men opened fire on a bus, killing four passengers.", "killing", ["Armed men"], ["passengers"]),
    ("Villagers were beaten by soldiers and policemen.", "beaten", ["soldiers", "policemen"], ["Villagers"]),
    ("A bomb exploded as a police patrol passed.", "exploded", [], ["police patrol"]),
    ("Three sharecroppers were abducted by bandits.", "abducted", ["bandits"], ["sharecroppers"]),
    ("The army said it had killed six rebels.", "killed", ["it"], ["rebels"]),
    ("Indian and Pakistani troops exchanged fire.", "exchanged", ["Indian", "Pakistani troops"], []),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "word", "who", "whom"), ROLES, ids=[f"{t[:36]} {w}" for t, w, _, _ in ROLES])
def test_roles(nlp: Language, actors: ActorList, countries: Countries, text: str, word: str, who: list[str], whom: list[str]) -> None:
    doc = nlp(text)
    token = next(t for t in doc if t.text == word)
    got_who, got_whom = roles(doc, token, find_actors(doc, actors, countries))
    if word == "Clashes":  # either side may come first
        assert sorted(m.text for m in (*got_who, *got_whom)) == sorted(who)
        return
    assert [m.text for m in got_who] == who
    assert [m.text for m in got_whom][:1] == whom[:1] or got_whom[0].text in whom


@pytest.mark.model
def test_people_who_are_armed_only_when_they_act(nlp: Language, actors: ActorList, countries: Countries) -> None:
    for text, side, name in (
        ("Fulani herders killed ten farmers in Nigeria.", 0, "Fulani Ethnic Militia"),
        ("Gunmen killed six Fulani herders in Nigeria.", 1, "Civilians (Nigeria)"),
    ):
        doc = nlp(text)
        found = roles(doc, next(t for t in doc if t.text == "killed"), find_actors(doc, actors, countries))[side]
        actor = as_actor(found[0], "NG", actors, countries)
        assert actor is not None
        assert actor.name == name


@pytest.mark.parametrize(
    ("kind", "who", "whom", "a_side", "b_side"),
    [
        ("Protest with intervention", ["police"], ["civilians"], ["protesters"], ["police"]),
        ("Excessive force against protesters", ["police"], ["protesters"], ["police"], ["protesters"]),
        ("Peaceful protest", ["civilians"], [], ["protesters"], []),
        ("Mob violence", ["civilians"], [], ["rioters"], []),
        ("Attack", ["unnamed"], ["civilians"], ["unnamed"], ["civilians"]),
    ],
)
def test_sides_by_event_type(kind: str, who: list[str], whom: list[str], a_side: list[str], b_side: list[str]) -> None:
    a, b = arrange(kind, [_mention(k, "Civilians") for k in who], [_mention(k, "Civilians") for k in whom])
    assert ([m.kind for m in a], [m.kind for m in b]) == (a_side, b_side)


CLAIMS = [
    ("Boko Haram claimed responsibility for the attack.", [("Boko Haram", "claimed")]),
    ("The attack was claimed by Al-Shabaab in Somalia.", [("Al-Shabaab", "claimed")]),
    ("The governor blamed the PKK for the bombing.", [("PKK", "blamed")]),
    ("Hamas denied responsibility for the blast.", [("Hamas", "denied")]),
    ("No group claimed responsibility.", []),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "expected"), CLAIMS, ids=[t[:40] for t, _ in CLAIMS])
def test_who_is_said_to_be_responsible(
    nlp: Language, actors: ActorList, countries: Countries, text: str, expected: list[tuple[str, str]]
) -> None:
    doc = nlp(text)
    found = responsible(doc, doc.sents, find_actors(doc, actors, countries))
    assert [(m.text, stance) for m, stance in found] == expected


@pytest.mark.parametrize(
    ("one", "many"),
    [("gunman", "gunmen"), ("army", "armies"), ("convoy", "convoys"), ("church", "churches"), ("schoolchild", "schoolchildren")],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_the_lexicon_is_readable() -> None:
    rows = read_table("actor_nouns.csv")
    kinds = {row["kind"] for row in rows}
    assert kinds == {
        "state", "police", "unnamed", "members", "assets", "protesters", "rioters", "prisoners", "group", "civilians", "objects",
    }  # fmt: skip
    assert len({(row["noun"], row["kind"]) for row in rows}) == len(rows)
    assert "kill" in word_set("violent")
