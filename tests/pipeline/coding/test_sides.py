"""Sides: who is said to have done it, which candidate is likelier, in which order the type has them."""

from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from pipeline.actors import ActorList, Countries
from pipeline.coding.actors import find_actors, responsible, roles
from pipeline.coding.sides import WEIGHTS, Candidate, Cast, SideWeights, in_order, load_side_weights, pack, settle_chances, signs
from pipeline.errors import SettingsError
from pipeline.models import Actor

ARMY, POLICE = Actor("Military of Mali", 1), Actor("Police of Mali", 1)
GROUP, OTHER = Actor("Front of the North", 2), Actor("Front of the South", 2)
GUNMEN, PEOPLE = Actor("Unidentified armed group", 3), Actor("Civilians (Mali)", 7)

SAID = [
    # text, [(name of whoever it is about, stance)]
    ("Boko Haram said that one of its men had carried out the bombing.", [("Boko Haram", "claimed")]),
    ("In a video, Al-Shabaab said it had planted the mine.", [("Al-Shabaab", "claimed")]),
    ("A letter signed by the Taliban was found on the door.", [("Taliban", "claimed")]),
    ("The missile was launched by the Houthis towards the harbour.", [("Houthis", "blamed")]),
    ("The governor attributed the killing to Boko Haram.", [("Boko Haram", "blamed")]),
    ("The gunmen belong to Boko Haram, a villager said.", [("Boko Haram", "blamed")]),
    ("Al-Shabaab said it was behind the blast.", [("Al-Shabaab", "claimed")]),
    ("Boko Haram denied the attack.", [("Boko Haram", "denied")]),
    ("Al-Shabaab said it did not fire on the bus.", []),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "expected"), SAID, ids=[t[:40] for t, _ in SAID])
def test_who_is_said_to_have_done_it(
    nlp: Language, actors: ActorList, countries: Countries, text: str, expected: list[tuple[str, str]]
) -> None:
    doc = nlp(text)
    found = responsible(doc, doc.sents, find_actors(doc, actors, countries))
    assert list(dict.fromkeys((m.name, stance) for m, stance in found)) == expected


ROLES = [
    # text, event word, doers, sufferers (codebook names or kinds without a name)
    ("Five to nine people were killed.", "killed", [], ["Civilians"]),
    ("A blast killed between five and nine people in the market.", "killed", [], ["Civilians"]),
    ("Fighters led by a suicide bomber stormed the office.", "bomber", ["Unidentified armed group"], []),
    ("Officials condemned the attack on the village.", "attack", [], []),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "word", "doers", "sufferers"), ROLES, ids=[t[:40] for t, *_ in ROLES])
def test_nobody_does_what_is_only_counted_or_condemned(
    nlp: Language, actors: ActorList, countries: Countries, text: str, word: str, doers: list[str], sufferers: list[str]
) -> None:
    doc = nlp(text)
    who, whom = roles(doc, next(t for t in doc if t.text == word), find_actors(doc, actors, countries))
    assert ([m.name or m.kind for m in who], [m.name or m.kind for m in whom if m.name != "Civilians" or sufferers]) == (doers, sufferers)


@pytest.mark.model
def test_an_army_keeps_the_nation_it_was_told_with(nlp: Language, actors: ActorList, countries: Countries) -> None:
    doc = nlp("The Turkish army shelled a village in Syria. The army said it hit fighters.")
    armies = [m.country for m in find_actors(doc, actors, countries) if m.kind == "state" and "army" in m.text.lower()]
    assert armies == ["TR", "TR"]


ORDERS = [
    # type, sides as told, sides as the type has them
    ("Agreement", ((GROUP, OTHER), ()), ((GROUP,), (OTHER,))),
    ("Agreement", ((GROUP,), (ARMY,)), ((GROUP,), (ARMY,))),
    ("Government regains territory", ((GROUP,), (ARMY,)), ((ARMY,), (GROUP,))),
    ("Government regains territory", ((ARMY,), (GROUP,)), ((ARMY,), (GROUP,))),
    ("Non-state actor overtakes territory", ((ARMY,), (GROUP,)), ((GROUP,), (ARMY,))),
    ("Disrupted weapons use", ((GROUP,), (POLICE,)), ((POLICE,), (GROUP,))),
    ("Attack", ((GROUP,), (ARMY,)), ((GROUP,), (ARMY,))),
]  # fmt: skip


@pytest.mark.parametrize(("sub_type", "told", "expected"), ORDERS, ids=[f"{s}-{i}" for i, (s, *_) in enumerate(ORDERS)])
def test_sides_in_the_order_of_the_type(
    sub_type: str, told: tuple[tuple[Actor, ...], tuple[Actor, ...]], expected: tuple[tuple[Actor, ...], tuple[Actor, ...]]
) -> None:
    assert in_order(sub_type, Cast({}), *told) == expected


CHANCES = [
    # chances of (group, gunmen, civilians, nobody) for side A and B, type, the rules' sides, what is settled
    ((0.8, 0.1, 0.0, 0.1), (0.0, 0.0, 0.9, 0.1), "Attack", ((), (PEOPLE,)), ((GROUP,), (PEOPLE,))),
    ((0.4, 0.35, 0.0, 0.25), (0.0, 0.0, 0.9, 0.1), "Attack", ((GUNMEN,), (PEOPLE,)), ((GUNMEN,), (PEOPLE,))),
    ((0.1, 0.1, 0.0, 0.8), (0.0, 0.0, 0.9, 0.1), "Attack", ((), (PEOPLE,)), ((), (PEOPLE,))),
    ((0.5, 0.1, 0.0, 0.4), (0.1, 0.5, 0.1, 0.3), "Armed clash", ((), ()), ((GROUP,), (GUNMEN,))),
]


@pytest.mark.parametrize(("a", "b", "sub_type", "ruled", "expected"), CHANCES)
def test_the_rules_choice_stays_unless_another_is_clearly_likelier(
    a: tuple[float, ...],
    b: tuple[float, ...],
    sub_type: str,
    ruled: tuple[tuple[Actor, ...], tuple[Actor, ...]],
    expected: tuple[tuple[Actor, ...], tuple[Actor, ...]],
) -> None:
    assert settle_chances([GROUP, GUNMEN, PEOPLE], a, b, sub_type, *ruled) == expected


def test_a_sign_that_speaks_for_side_a_makes_it_likelier() -> None:
    cast = Cast({GROUP.name: Candidate(GROUP, traits={"claimed"}), ARMY.name: Candidate(ARMY)})
    assert "claimed|group" in set(signs(cast.candidates[GROUP.name], "Attack", (), ()))
    people, a, b = SideWeights({"claimed|group": (3.0, -1.0)}).chances(cast, "Attack", (), ())
    at = people.index(GROUP)
    assert (a[at], b[at]) == (max(a), min(b))
    assert [sum(a), sum(b)] == pytest.approx([1, 1])


def test_weights_are_read_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "sides.npz"
    np.savez_compressed(path, **pack({"claimed": (1.5, -0.5), "nobody": (0.0, 1.0)}))
    cast = Cast({GROUP.name: Candidate(GROUP, traits={"claimed"})})
    _, a, _ = load_side_weights(path).chances(cast, "Attack", (), ())
    assert a[0] == pytest.approx(np.exp(1.5) / (1 + np.exp(1.5)))
    path.write_bytes(b"no weights")
    load_side_weights.cache_clear()
    with pytest.raises(SettingsError, match=r"sides\.npz"):
        load_side_weights(path)
    load_side_weights.cache_clear()
    assert load_side_weights(WEIGHTS).version
