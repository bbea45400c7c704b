"""Who against whom, and by which means: the filters' conditions against a plain reading of the rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.filters import Filters, from_params, to_params, where
from pipeline.store import open_store_readonly


@pytest.fixture(scope="module")
def rows(generated_master: Callable[[int, int], Path]) -> list[tuple[str, set[str], set[str], set[str]]]:
    """(id, names of side a, of side b, means) of all counted incidents, each name with all it is part of."""
    db = open_store_readonly(generated_master(480, 1))
    up: dict[str, set[str]] = {}
    for ancestor, descendant in db.execute("SELECT ancestor, descendant FROM actor_tree"):
        up.setdefault(descendant, set()).add(ancestor)
    found = []
    counted = "assertion = 'asserted' AND merged_into IS NULL AND review_status <> 'rejected'"
    for incident_id, a, b, modes in db.execute(f"SELECT incident_id, side_a, side_b, modes FROM incidents WHERE {counted}"):
        sides = [{n for actor in json.loads(side) for n in {actor["name"], *up.get(actor["name"], ())}} for side in (a, b)]
        found.append((incident_id, *sides, set(json.loads(modes))))
    db.close()
    return found


@pytest.fixture
def select(generated_master: Callable[[int, int], Path]) -> Callable[[Filters], set[str]]:
    """The ids of the incidents in these filters."""

    def run(filters: Filters) -> set[str]:
        db = open_store_readonly(generated_master(480, 1))
        condition, params = where(filters)
        ids = {i for (i,) in db.execute(f"SELECT i.incident_id FROM incidents i WHERE {condition}", params)}
        db.close()
        return ids

    return run


ISLAMIC_STATE, NIGERIA, MALI = "Islamic State", "Military of Nigeria", "Military of Mali"


def test_against_needs_the_two_on_opposite_sides(select: Callable[[Filters], set[str]], rows: list[tuple[str, set, set, set]]) -> None:
    attacked = {i for i, a, b, _ in rows if ISLAMIC_STATE in a and NIGERIA in b}
    attacked_by = {i for i, a, b, _ in rows if NIGERIA in a and ISLAMIC_STATE in b}
    assert attacked
    assert attacked_by
    both = Filters(actor=(ISLAMIC_STATE,), against=(NIGERIA,))
    assert select(both) == attacked | attacked_by
    assert select(Filters(actor=(ISLAMIC_STATE,), role="initiator", against=(NIGERIA,))) == attacked
    assert select(Filters(actor=(ISLAMIC_STATE,), role="target", against=(NIGERIA,))) == attacked_by
    assert select(Filters(actor=(NIGERIA,), against=(ISLAMIC_STATE,))) == attacked | attacked_by, "branches count on either side"


def test_several_names_are_any_of_them(select: Callable[[Filters], set[str]], rows: list[tuple[str, set, set, set]]) -> None:
    expected = {i for i, a, b, _ in rows if ISLAMIC_STATE in a and ({NIGERIA, MALI} & b)}
    assert select(Filters(actor=(ISLAMIC_STATE,), role="initiator", against=(NIGERIA, MALI))) == expected


def test_against_alone_is_the_other_side(select: Callable[[Filters], set[str]], rows: list[tuple[str, set, set, set]]) -> None:
    assert select(Filters(against=(NIGERIA,))) == {i for i, a, b, _ in rows if NIGERIA in a | b}
    assert select(Filters(against=(NIGERIA,), role="initiator")) == {i for i, _, b, _ in rows if NIGERIA in b}


def test_means_are_any_of_those_asked_for(select: Callable[[Filters], set[str]], rows: list[tuple[str, set, set, set]]) -> None:
    for modes in (("drone",), ("firearms", "suicide-attack")):
        expected = {i for i, *_, used in rows if used & set(modes)}
        assert expected
        assert select(Filters(mode=modes)) == expected


def test_place_is_the_name_as_coded(select: Callable[[Filters], set[str]]) -> None:
    assert select(Filters(place=("Kirkuk",))) == select(Filters(admin1=("Kirkuk",), place=("Kirkuk",))) != set()
    assert select(Filters(place=("kirk",))) == set()


def test_both_stand_in_the_address() -> None:
    filters = Filters(actor=("JNIM",), role="target", against=(MALI, NIGERIA), mode=("drone",))
    assert from_params(to_params(filters)) == filters
    assert from_params({"mode": "teleport"}) == Filters()
    with pytest.raises(SettingsError, match="teleport"):
        from_params({"mode": "teleport"}, strict=True)
