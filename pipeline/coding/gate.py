"""The gate in front of the parse: whether a text is worth reading for events, from its plain words alone.

Most articles of an ordinary news day tell no event, and parsing is nearly all that coding costs. A text is cut
into windows of some sixty words; each window's words are weighed by a linear model, and what the windows say
together by a second one. The gate only spares work: it lets nearly everything through that might tell an event
(docs/MODEL_CARD.md has what it misses), and what it stops is marked `gated`, searchable, and can be recoded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.coding.lexicon import read_table
from pipeline.errors import SettingsError

WEIGHTS = Path(__file__).with_name("weights") / "gate.npz"
WINDOW = 60  # words, about two sentences of wire copy
STEM = 9  # characters of a word that count: "demonstrat-ors" and "demonstrat-ion" are one
# The least chance with which a text is read: held out, 99.4 % of the training articles that tell an event have more.
LEAST = 0.04

_WORD = re.compile(r"(?<![A-Za-z])[a-z]+(?:-[a-z]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@lru_cache(maxsize=1)
def _stems() -> re.Pattern[str]:
    stems = "|".join(row["stem"] for row in read_table("gate_words.csv"))
    return re.compile(rf"\b(?:{stems})", re.IGNORECASE)


def has_word(text: str) -> bool:
    """Whether any word of armed conflict, protest or arrest stands in a text (lexicon/gate_words.csv)."""
    return _stems().search(text) is not None


def words_of(text: str) -> set[str]:
    """The stems of a text's plain words and of each two in turn; names, being capitalised, are left out: no place or group is a sign."""
    stems = [w[:STEM] for w in _WORD.findall(text)]
    return {w for w in stems if len(w) > 2} | {f"{a} {b}" for a, b in pairwise(stems)}


def windows(text: str) -> Iterator[str]:
    """A text in pieces of whole sentences, about WINDOW words each, never across a line's end."""
    for line in text.split("\n"):
        piece: list[str] = []
        size = 0
        for sentence in _SENTENCE.split(line.strip()):
            n = sentence.count(" ") + 1
            if size and size + n > WINDOW:
                yield " ".join(piece)
                piece, size = [], 0
            piece.append(sentence)
            size += n
        if size > 2:
            yield " ".join(piece)


def article_facts(scores: Sequence[float]) -> list[float]:
    """What the windows' log-odds say together: the three highest, the lead's, the mean, how many there are."""
    top = sorted(scores, reverse=True)
    second = top[1] if len(top) > 1 else top[0] - 0.5
    third = top[2] if len(top) > 2 else second - 0.5
    short = len(top) < 4
    return [
        top[0], second, third, max(scores[:2]), sum(scores) / len(scores), math.log(len(scores)), top[0] if short else 0.0, float(short)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """Both models: a word's rarity and weight, the windows' bias, the article's weights and bias."""

    words: Mapping[str, tuple[float, float]]
    bias: float
    article: tuple[float, ...]
    article_bias: float

    def window_score(self, text: str) -> float:
        """The log-odds that a window tells an event."""
        square = total = 0.0
        for word in words_of(text):
            known = self.words.get(word)
            if known is not None:
                square += known[0] * known[0]
                total += known[0] * known[1]
        return self.bias + (total / math.sqrt(square) if square else 0.0)

    def chance(self, text: str) -> float:
        """How likely a text is to tell an event at all, 0 to 1."""
        scores = [self.window_score(w) for w in windows(text)] or [self.window_score(text)]
        total = self.article_bias + sum(w * x for w, x in zip(self.article, article_facts(scores), strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def lets_through(self, text: str) -> bool:
        """Whether a text is worth parsing."""
        return has_word(text) and self.chance(text) >= LEAST


def pack(gate: Gate) -> dict[str, Any]:
    """A gate as arrays to save."""
    names = "\n".join(gate.words)
    return {
        "words": np.frombuffer(names.encode(), dtype=np.uint8),
        "values": np.array(list(gate.words.values()), dtype=np.float32),
        "article": np.array([gate.bias, gate.article_bias, *gate.article], dtype=np.float64),
        "about": np.frombuffer(json.dumps({"window": WINDOW, "stem": STEM}).encode(), dtype=np.uint8),
    }


@lru_cache(maxsize=1)
def load_gate(path: Path = WEIGHTS) -> Gate:
    """The gate in `path`. SettingsError where the file is missing or broken."""
    try:
        with np.load(path, allow_pickle=False) as file:
            names = bytes(file["words"]).decode().split("\n")
            values = file["values"].astype(float)
            bias, article_bias, *article = (float(x) for x in file["article"])
    except (OSError, ValueError, KeyError) as e:
        raise SettingsError(f"the gate's weights in {str(path)!r} cannot be read: {e}") from e
    words = {name: (float(rarity), float(weight)) for name, (rarity, weight) in zip(names, values, strict=True)}
    return Gate(words, bias, tuple(article), article_bias)
