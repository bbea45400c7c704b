"""Distil short word vectors for the learned parts from the sentence encoder all-MiniLM-L6-v2 (Apache-2.0).

    python tools/build_word_vectors.py MODEL.onnx tokenizer.json

Each English word of the encoder's vocabulary, of our own training texts and of our rules is encoded by itself; the
vectors of words with one stem are averaged, reduced to DIMENSIONS principal components and kept as whole numbers of
8 bits. Common words of the training texts weigh little (smooth inverse frequency). Needs onnxruntime and tokenizers.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from pipeline.coding.learned import VECTORS, plain_words, stem

ROOT = Path(__file__).resolve().parent.parent
TRAIN = ROOT / "tests" / "gold" / "train"
LEXICON = ROOT / "pipeline" / "coding" / "lexicon" / "event_words.csv"
DIMENSIONS = 96
# A stem that stands in this share of the training articles weighs half (Arora and others, 2017: smooth inverse frequency).
HALF_WEIGHT = 0.02
BATCH = 256


def training_texts() -> list[str]:
    """The texts of our own coded articles, headline first."""
    rows = [json.loads(line) for path in sorted(TRAIN.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [f"{r['headline']}\n\n{r['text']}" for r in rows]


def encode(words: list[str], model: str, tokenizer: str) -> Any:
    """Each word by itself through the encoder: the mean of its tokens' vectors."""
    tokens = Tokenizer.from_file(tokenizer)
    tokens.no_padding()
    tokens.no_truncation()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    inputs = [i.name for i in session.get_inputs()]
    ids = [tokens.encode(w).ids for w in words]
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(ids):
        by_length[len(row)].append(i)
    out: Any = None
    for rows in by_length.values():
        for at in range(0, len(rows), BATCH):
            part = rows[at : at + BATCH]
            batch = np.array([ids[i] for i in part], dtype=np.int64)
            feed = {"input_ids": batch, "attention_mask": np.ones_like(batch), "token_type_ids": np.zeros_like(batch)}
            hidden = session.run(None, {k: v for k, v in feed.items() if k in inputs})[0]
            means = hidden.mean(axis=1) if hidden.ndim == 3 else hidden
            if out is None:
                out = np.zeros((len(words), means.shape[1]), dtype=np.float32)
            out[part] = means
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def main() -> None:
    """Write the vectors beside the weights."""
    model, tokenizer = sys.argv[1:3]
    texts = training_texts()
    ours = {w for t in texts for w in re.findall(r"[a-z][a-z'-]*[a-z]", t)}
    rules = set(re.findall(r"\b[a-z]{3,}\b", LEXICON.read_text(encoding="utf-8")))
    vocabulary = {w for w in Tokenizer.from_file(tokenizer).get_vocab() if re.fullmatch(r"[a-z]{2,}", w)}
    words = sorted(vocabulary | ours | rules)
    vectors = encode(words, model, tokenizer)
    by_stem: dict[str, list[int]] = defaultdict(list)
    for i, w in enumerate(words):
        by_stem[stem(w)].append(i)
    stems = sorted(by_stem)
    matrix = np.array([vectors[by_stem[s]].mean(axis=0) for s in stems])
    matrix -= matrix.mean(axis=0)
    _, _, axes = np.linalg.svd(matrix, full_matrices=False)
    # The sign of an axis is free; fix it, so that two runs write the same file.
    axes = axes[:DIMENSIONS] * np.sign(axes[:DIMENSIONS].sum(axis=1, keepdims=True))
    short = matrix @ axes.T
    short /= np.abs(short).max(axis=1, keepdims=True)
    spread: dict[str, int] = defaultdict(int)
    for t in texts:
        for w in {x.text for x in plain_words(t)}:
            spread[w] += 1
    weight = np.array([HALF_WEIGHT / (HALF_WEIGHT + spread[s] / len(texts)) for s in stems], dtype=np.float16)
    np.savez_compressed(
        VECTORS, stems=np.frombuffer("\n".join(stems).encode(), dtype=np.uint8), values=np.round(short * 127).astype(np.int8), weight=weight
    )
    print(f"{len(stems)} stems, {DIMENSIONS} dimensions, {VECTORS.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
