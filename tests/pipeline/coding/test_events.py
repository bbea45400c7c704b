"""Event words, means, the families whose sub-type the sides decide, and the gate: text or triggers -> what they say."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest

from pipeline.coding.coder import may_hold_event
from pipeline.coding.events import FAMILIES, Trigger, find_modes, find_triggers, tells_type, vote_sub_type
from pipeline.coding.lexicon import FOLDER
from pipeline.intake.normalise import make_article
from pipeline.models import EVENT_TYPE_OF, MODES


def trigger(sub_event_type: str, weight: int = 3) -> Trigger:
    """An event word of a kind, wherever it stands."""
    return Trigger(0, 1, 0, 5, sub_event_type, (), weight, "act", "test")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The raiders came with machetes and set the huts on fire.", ["primitive", "destroy"]),
        ("A patrol was fired on with rifles and rockets.", ["firearms", "heavy-weapons"]),
        ("He blew himself up at the gate.", ["suicide-attack"]),
        ("A quadcopter let a grenade fall.", ["drone", "explosives"]),
        ("Helicopters bombed the ridge.", ["aerial", "explosives"]),
        ("Officers used tear gas and batons.", ["crowd-control", "beat"]),
        ("Two teachers were kidnapped.", ["abduct"]),
        ("The council met on Tuesday.", []),
    ],
)
def test_find_modes(text: str, expected: list[str]) -> None:
    found = find_modes(text)
    assert set(expected) <= set(found)
    assert bool(found) == bool(expected)
    assert all(text[start:end].strip() for start, end in found.values())


@pytest.mark.parametrize(
    ("kind", "taker_state", "expected"),
    [
        ("territory taken", True, "Government regains territory"),
        ("territory taken", False, "Non-state actor overtakes territory"),
        ("territory retaken", None, "Government regains territory"),
        ("territory retaken", False, "Non-state actor overtakes territory"),
    ],
)
def test_who_takes_a_place_decides(kind: str, taker_state: bool | None, expected: str) -> None:
    assert vote_sub_type([(trigger(kind), 1.0)], target_armed=None, taker_state=taker_state)[0] == expected


def test_an_unknown_taker_counts_half_for_either() -> None:
    scores = vote_sub_type([(trigger("territory taken"), 1.0)], target_armed=None)[1]
    assert scores["Government regains territory"] == scores["Non-state actor overtakes territory"] > 0


@pytest.mark.parametrize(("armed", "expected"), [(True, "Armed clash"), (False, "Attack"), (None, "Attack")])
def test_armed_violence_by_its_target(armed: bool | None, expected: str) -> None:
    assert vote_sub_type([(trigger("armed violence"), 1.0)], target_armed=armed)[0] == expected


def test_no_words_no_type() -> None:
    assert vote_sub_type([], target_armed=None) == (None, {})


def test_a_family_speaks_for_its_sub_types() -> None:
    assert tells_type(trigger("territory taken"), "Government regains territory")
    assert not tells_type(trigger("territory taken"), "Attack")
    assert tells_type(trigger("Grenade"), "Grenade")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The two sides swapped forty prisoners at the bridge.", "Agreement"),
        ("Police seized a total of ninety automatic rifles in the port.", "Disrupted weapons use"),
        ("The army has set up a new military outpost on the ridge.", "Headquarters or base established"),
        ("Officers detained eleven protesters outside the ministry.", "Protest with intervention"),
        ("Protesters threw stones at the governor's office.", "Violent demonstration"),
        ("Villagers beat two suspected thieves with sticks.", "Mob violence"),
        ("The rebels withdrew and soldiers entered the town without a shot.", "Non-violent transfer of territory"),
        ("The group deployed hundreds of fighters along the border.", "Change to group/activity"),
        ("Militants burned three schools in the district.", "Looting/property destruction"),
        ("Soldiers engaged in fierce clashes with the insurgents.", "Armed clash"),
    ],
)
def test_find_triggers(text: str, expected: str, nlp: Any) -> None:
    assert expected in {t.sub_event_type for t in find_triggers(nlp(text)) if t.weight >= 2}


def test_the_lexicon_names_only_known_types_and_modes() -> None:
    known = set(EVENT_TYPE_OF) | set(FAMILIES)
    with (FOLDER / "event_words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert {row["sub_event_type"] for row in rows} <= known
    assert {m for row in rows for m in row["modes"].split()} <= set(MODES)
    with (FOLDER / "mode_words.csv").open(encoding="utf-8", newline="") as file:
        modes = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert {row["mode"] for row in modes} <= set(MODES)
    assert all(re.compile(row["pattern"]) for row in modes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Troops pulled back from the ridge.", True),
        ("A new observation point was set up on the hill.", True),
        ("Vandals wrecked the office.", True),
        ("The orchestra played two symphonies.", False),
    ],
)
def test_the_gate(text: str, expected: bool) -> None:
    assert may_hold_event(text) is expected


@pytest.mark.parametrize(
    ("text", "sub_event_type", "mode"),
    [
        ("Gunmen attacked the village of Kolo on Tuesday, killing ten people, a local official said.", "Attack", "firearms"),
        ("Militants armed with machetes killed six farmers near Beni on Monday, the army said.", "Attack", "primitive"),
        ("Rebels captured the town of Bria on Sunday after the soldiers fled, residents said.", "Non-state actor overtakes territory", ""),
        ("Protesters hurled rocks at riot police in Conakry on Friday, and officers fired tear gas.", "Violent demonstration", "primitive"),
        ("A volcano erupted on the island on Monday, killing at least five people, officials said.", "", ""),
    ],
)
def test_a_short_text_without_a_day(text: str, sub_event_type: str, mode: str, coder: Any) -> None:
    reports = coder.code(make_article(text=text, published=None)).reports
    assert [r.sub_event_type for r in reports[:1]] == ([sub_event_type] if sub_event_type else [])
    assert not mode or mode in reports[0].modes
