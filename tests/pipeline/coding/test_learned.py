"""The learned parts: the words they see, their arithmetic, the weights that ship, and the training's labels."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from pipeline.coding import learned
from pipeline.coding.learned import (
    SENTENCE_LABELS,
    Linear,
    Vectors,
    Word,
    load_learned,
    ngrams,
    pack,
    plain_words,
    pooled,
    read,
    read_words,
    softmax,
    stem,
    unpack,
)
from pipeline.errors import SettingsError
from pipeline.models import EVENT_TYPE_OF

AMBUSH = """Rebels ambush army convoy, kill four

DORI - Rebels killed four soldiers in an ambush on Sunday, the army said.

It was the third attack this month. The road was closed on Monday."""
MATCH = """Late goal sinks visitors

The striker scored twice on Saturday and the champions won the match. The coach praised his players after the game."""


def make_doc(text: str) -> Doc:
    """A text split into sentences by rule: enough for code that reads words, not for figures."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    doc = nlp(text)
    for token in doc:
        token.pos_ = "PROPN" if token.text in {"DORI", "Mopti"} else "NOUN"
        token.tag_ = "NN"
    return doc


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("killed", "kill"),
        ("Kills", "kill"),
        ("killing", "kill"),
        ("army's", "army"),
        ("armies", "army"),
        ("stopped", "stop"),
        ("clashes", "clash"),
        ("police", "polic"),
        ("bus", "bus"),
        ("IED", "ied"),
        ("red", "red"),
        ("bring", "bring"),
    ],
)
def test_stem(word, expected):
    assert stem(word) == expected


def test_words_hide_numbers_days_and_places():
    words = [w.text for w in plain_words("At least 12 people died in Mopti on Sunday 4 March 2021, the second attack.")]
    assert "<n>" in words
    assert "<day>" in words
    assert "<month>" in words
    assert "<year>" in words
    assert "12" not in words
    assert "sunday" not in words


def test_a_name_stays_only_where_it_is_known_as_a_word():
    words = [Word("police", True, 0), Word("mopti", True, 1), Word("fir", False, 2)]
    assert ngrams(words, frozenset({"police", "fir"})) == ["police", "<name>", "fir", "police <name>", "<name> fir"]


def test_repeated_masks_are_one_word():
    doc = make_doc("Some 10 20 30 people fled")
    assert [w.text for w in read_words(doc)].count("<n>") == 1


def test_reading_has_one_entry_a_sentence():
    doc = make_doc(AMBUSH)
    reading = read(doc)
    n = len(list(doc.sents))
    assert len(reading.sentences) == len(reading.words) == len(reading.acts) == len(reading.facts) == n
    assert reading.facts[0].get("headline") == 1.0


def test_empty_text_is_answered():
    chances = load_learned()
    doc = make_doc("")
    assert chances.sentence_labels(doc) == []
    assert 0 <= chances.relevance(doc) <= 1
    assert math.isclose(sum(chances.sub_types([]).values()), 1, abs_tol=1e-4)


def test_weights_survive_packing():
    model = Linear(
        ("a", "b"),
        {"kill": 0, "kill soldier": 1},
        np.ones(2, np.float32),
        {"past": 2},
        np.eye(4, 2, dtype=np.float32),
        np.zeros(2, np.float32),
    )
    again = unpack(pack({"m": model}, {"words": 1.0}, "v"), "m")
    assert again.labels == model.labels
    assert dict(again.words) == dict(model.words)
    assert dict(again.facts) == dict(model.facts)
    meaning = np.zeros(1, np.float32)
    args = (["kill", "kill soldier", "kill"], {"past": 1.0, "unknown": 5.0}, meaning)
    assert np.allclose(again.scores(*args), model.scores(*args))
    # Two words of equal rarity, scaled to length one, one for each label.
    assert np.allclose(model.scores(["kill", "kill soldier"], {}, meaning), [math.sqrt(0.5)] * 2)


def test_meaning_is_a_direction_and_zero_where_no_word_is_known():
    vectors = Vectors({"kill": 0, "shoot": 1}, np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert np.allclose(vectors.mean([Word("kill", False, 0), Word("shoot", False, 1)], ()), [math.sqrt(0.5)] * 2)
    assert np.allclose(vectors.mean([Word("kill", True, 0)], ()), [0, 0])
    assert np.allclose(vectors.mean([Word("kill", True, 0)], {"kill"}), [1, 0])


def test_rules_and_words_are_pooled():
    pool = {"words": 0.5, "share": 2.0, "strong share": 2.0, "top": 0.5, "full": 10.0}
    even = np.array([0.5, 0.5], dtype=np.float32)
    mixed = softmax(pooled(("Attack", "Arrests"), even, {"Arrests": 9.0}, pool))
    assert mixed[1] > 0.9
    weak = softmax(pooled(("Attack", "Arrests"), even, {"Arrests": 1.0}, pool))
    assert 0.5 < weak[1] < mixed[1]
    words_win = softmax(pooled(("Attack", "Arrests"), np.array([0.99, 0.01], np.float32), {"Attack": 4.0, "Arrests": 5.0}, pool))
    assert words_win[0] > 0.5


def test_answers_are_probabilities_in_the_codebooks_words():
    chances = load_learned()
    doc = make_doc(AMBUSH)
    labels = chances.sentence_labels(doc)
    assert len(labels) == len(list(doc.sents))
    for row in labels:
        assert tuple(row) == SENTENCE_LABELS
        assert math.isclose(sum(row.values()), 1, abs_tol=1e-4)
    types = chances.sub_types(list(doc.sents), {"Armed clash": 5.0})
    assert set(types) == set(EVENT_TYPE_OF)
    assert math.isclose(sum(types.values()), 1, abs_tol=1e-4)


def test_same_text_same_answer():
    chances = load_learned()
    assert chances.relevance(make_doc(AMBUSH)) == chances.relevance(make_doc(AMBUSH))
    assert chances.sentence_labels(make_doc(AMBUSH)) == chances.sentence_labels(make_doc(AMBUSH))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two women were raped by soldiers at a checkpoint.", "Sexual violence"),
        ("Hundreds of teachers marched through the capital and held a sit-in to demand their wages.", "Peaceful protest"),
        ("The government and the rebels signed a ceasefire agreement after talks.", "Agreement"),
        ("A man threw a hand grenade at the house; nobody was hurt.", "Grenade"),
    ],
)
def test_words_alone_know_plain_cases(text, expected):
    types = load_learned().sub_types([text])
    assert max(types, key=types.__getitem__) == expected


def test_missing_weights_are_named(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"nowhere\.npz"):
        load_learned(tmp_path / "nowhere.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"not an archive")
    with pytest.raises(SettingsError, match=r"broken\.npz"):
        load_learned(broken)


def test_weights_are_small():
    size = sum(p.stat().st_size for p in learned.FOLDER.iterdir())
    assert size < 3_000_000


@pytest.mark.model
def test_a_war_story_is_likelier_an_event_than_a_match():
    from pipeline.coding.coder import load_nlp
    from pipeline.settings import load_settings

    nlp = load_nlp(load_settings().model)
    chances = load_learned()
    war, match = nlp(AMBUSH), nlp(MATCH)
    assert chances.relevance(war) > 0.8
    assert chances.relevance(match) < chances.relevance(war) - 0.3
    labels = chances.sentence_labels(war)
    told = [row["asserted"] for row, s in zip(labels, war.sents, strict=True) if "ambush on Sunday" in s.text]
    assert told[0] > 0.5


def test_event_words_that_the_lexicon_lacks_stand_in_the_text() -> None:
    doc = make_doc("Masked men took the mayor from his house at night and nobody has seen him since.")
    reading = read(doc, [])
    for t in load_learned().find_triggers(reading):
        assert t.sub_event_type in EVENT_TYPE_OF
        assert doc.text[t.start_char : t.end_char] == doc[t.start].text
        assert (t.kind, t.weight, t.pattern) == ("act", 2, learned.LEARNED_PATTERN)


def test_a_plain_sentence_has_no_learned_event_word() -> None:
    assert load_learned().find_triggers(read(make_doc("The committee met on Monday to choose a colour for the new benches."), [])) == []
