"""The gate in front of the parse: what it lets through, and that its file is read back as it was written."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.coding.gate import WINDOW, Gate, article_facts, load_gate, pack, windows, words_of
from pipeline.errors import SettingsError

EVENTS = [
    "Gunmen killed five farmers near Jos on Monday night, police said.",
    "Thousands marched through Tunis on Saturday to demand that the president resign.",
    "The two sides signed a ceasefire in Doha on Tuesday.",
    "An explosive device wounded three soldiers on patrol outside Gao.",
]
ORDINARY = [
    "The council voted on Tuesday to widen the bridge and put off the library budget until autumn, when roof bids are opened.",
    "Heavy rain is forecast for the weekend, and farmers in the valley hope that it will end a dry month that has cost them much hay.",
]


@pytest.mark.parametrize("text", EVENTS)
def test_events_are_let_through(text: str) -> None:
    assert load_gate().lets_through(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_articles_are_not(text: str) -> None:
    assert not load_gate().lets_through("\n\n".join([text] * 4))


def test_one_window_that_tells_carries_a_long_article() -> None:
    gate = load_gate()
    long = [ORDINARY[0]] * 6
    assert gate.chance("\n\n".join([*long, *EVENTS])) > gate.chance("\n\n".join(long))


def test_windows_keep_to_lines_and_sentences() -> None:
    text = "A headline of five words\n\n" + "One two three four five six. " * 30
    pieces = list(windows(text))
    assert pieces[0] == "A headline of five words"
    assert all(len(p.split()) <= WINDOW for p in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_names_are_no_sign() -> None:
    assert words_of("Boko Haram, Maiduguri") == set()
    assert words_of("Gunmen stormed Maiduguri") == {"stormed"}


@given(st.text(max_size=400))
def test_any_text_has_a_chance(text: str) -> None:
    assert 0.0 <= load_gate().chance(text) <= 1.0


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=30))
def test_an_articles_facts_are_always_as_many(scores: list[float]) -> None:
    assert len(article_facts(scores)) == len(load_gate().article)


def test_a_gate_is_read_back(tmp_path: Path) -> None:
    gate = Gate({"killed": (2.0, 1.5), "budget": (3.0, -1.0)}, -0.5, tuple([0.25] * 8), 1.0)
    np.savez_compressed(tmp_path / "gate.npz", **pack(gate))
    assert load_gate(tmp_path / "gate.npz") == gate


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "gate.npz").write_bytes(b"no archive")
    with pytest.raises(SettingsError, match=r"gate\.npz"):
        load_gate(tmp_path / "gate.npz")
