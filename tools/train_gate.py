"""Train the gate in front of the parse (pipeline/coding/gate.py) and print what it lets through.

    python -m tools.train_gate [--no-save] [--ordinary FILE.jsonl]

A window of an article in tests/gold/train is one that tells an event if the word of an asserted report stands in
it; short texts of tests/gold/snippets are windows of their own. Ordinary articles are put together from short
texts that are no event. What is printed is by models that saw nothing of the file, or of a fifth of the short
texts. `--ordinary` gives the share of other texts (their `text`) that the trained gate lets through, by length.
Needs scikit-learn; the program itself does not.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from pipeline.coding.gate import LEAST, WEIGHTS, Gate, article_facts, has_word, pack, windows, words_of
from tools import train_learned as T

LEAST_TEXTS = 2  # windows that a word must stand in
STRENGTH = 3.0
ORDINARY_ARTICLES = 250
SHORT_EVENTS = 400
SEED = 1


@dataclass(frozen=True, slots=True)
class Window:
    """One window: what is left out with it, its article, whether it tells an event, how much it counts."""

    fold: str
    article: str
    text: str
    tells: bool
    weight: float


def read_windows() -> list[Window]:
    """The windows of all our gold texts."""
    out = []
    for path in sorted(T.TRAIN.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            told = [(g.get("quotes") or {}).get("trigger") or "" for g in row["gold"] if g["assertion"] == "asserted"]
            for text in windows(f"{row['headline']}\n\n{row['text']}"):
                tells = any(q and q in text for q in told)
                # A window without the word may still go on telling an event.
                out.append(Window(path.stem, row["article_id"], text, tells, 1.0 if tells or not told else 0.3))
    for path in sorted(T.SNIPPETS.glob("*.jsonl")):
        for k, row in enumerate(map(json.loads, path.read_text(encoding="utf-8").splitlines())):
            out.append(Window(f"short {k % 5}", row["article_id"], row["text"], row["gold"] != "none", 0.5))
    return out


@dataclass(frozen=True, slots=True)
class _Table:
    words: Sequence[str]
    rarity: Any
    x: Any


def table_of(items: Sequence[Window]) -> _Table:
    """The windows' words as a matrix, weighed by rarity, rows of length one."""
    vectorizer = DictVectorizer()
    counts = vectorizer.fit_transform([dict.fromkeys(sorted(words_of(w.text)), 1) for w in items])
    often = np.asarray((counts > 0).sum(axis=0)).ravel()
    keep = often >= LEAST_TEXTS
    rarity = np.log(len(items) / often[keep]) + 1
    return _Table(
        [n for n, k in zip(vectorizer.feature_names_, keep, strict=True) if k], rarity, normalize(counts[:, keep] @ diags(rarity))
    )


def _fit(x: Any, y: Any, weight: Any) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=1000).fit(x, y, sample_weight=weight)


def main() -> None:
    """Train, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-save", action="store_true")
    parser.add_argument("--ordinary", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    items = read_windows()
    table = table_of(items)
    y = np.array([w.tells for w in items])
    weight = np.array([w.weight for w in items])
    fold = np.array([w.fold for w in items])
    odds = np.zeros(len(items))
    for f in sorted(set(fold)):
        rest = fold != f
        odds[~rest] = _fit(table.x[rest], y[rest], weight[rest]).decision_function(table.x[~rest])

    articles: dict[tuple[str, str], tuple[list[float], list[bool]]] = {}
    for w, o in zip(items, odds, strict=True):
        if not w.fold.startswith("short"):
            scores, tells = articles.setdefault((w.fold, w.article), ([], []))
            scores.append(float(o))
            tells.append(w.tells)
    rows = [(f, article_facts(scores), any(tells)) for (f, _), (scores, tells) in articles.items()]
    own = len(rows)
    chance = random.Random(SEED)
    quiet = [float(o) for w, o in zip(items, odds, strict=True) if w.fold.startswith("short") and not w.tells]
    events = [(w.fold, float(o)) for w, o in zip(items, odds, strict=True) if w.fold.startswith("short") and w.tells]
    rows += [(f"put together {k % 5}", article_facts(chance.sample(quiet, chance.randint(3, 12))), False) for k in range(ORDINARY_ARTICLES)]
    rows += [(f, article_facts([o]), True) for f, o in chance.sample(events, SHORT_EVENTS)]
    fx, fy, ff = np.array([r[1] for r in rows]), np.array([r[2] for r in rows]), np.array([r[0] for r in rows])
    held = np.zeros(len(rows))
    for f in sorted(set(ff)):
        rest = ff != f
        held[~rest] = LogisticRegression().fit(fx[rest], fy[rest]).predict_proba(fx[~rest])[:, 1]
    print(f"{len(items)} windows, {own} articles; by models that did not see the file")
    for least in (0.005, 0.01, LEAST, 0.02, 0.03, 0.05, 0.1):
        kept = held[:own] >= least
        print(f"  least {least:.3f}: recall {kept[fy[:own]].mean():.4f}, quiet articles let through {kept[~fy[:own]].mean():.3f}")

    window = _fit(table.x, y, weight)
    whole = LogisticRegression().fit(fx, fy)
    words = {n: (round(float(r), 4), round(float(v), 4)) for n, r, v in zip(table.words, table.rarity, window.coef_[0], strict=True)}
    gate = Gate(words, float(window.intercept_[0]), tuple(map(float, whole.coef_[0])), float(whole.intercept_[0]))
    for path in args.ordinary:
        texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").split("\n") if line]
        for least in (0.005, 0.01, LEAST, 0.02, 0.05, 0.1):
            passed = [t for t in texts if has_word(t) and gate.chance(t) >= least]
            length = sum(map(len, passed)) / sum(map(len, texts))
            print(f"  {path.name}: least {least:.3f} lets {len(passed) / len(texts):.3f} through, {length:.3f} by length")
    if not args.no_save:
        np.savez_compressed(WEIGHTS, **pack(gate))
        print(f"{WEIGHTS.name}: {len(words)} words, {WEIGHTS.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
