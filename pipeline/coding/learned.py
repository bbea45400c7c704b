"""Learned opinions that back the rules up: does an article tell an event, how is a sentence told, which sub-type is it.

Three linear models over words, with small weights in weights/learned.npz. They are trained by
tools/train_learned.py on the project's own coded articles (tests/gold/train); docs/MODEL_CARD.md says how well
they do. Reading them takes numpy alone; the same text gives the same numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span

from pipeline.coding.assertion import off_topic_score, sentence_cues
from pipeline.coding.events import ARMED_VIOLENCE, Trigger, find_triggers
from pipeline.coding.texts import text_of
from pipeline.errors import SettingsError

FOLDER = Path(__file__).resolve().parent / "weights"
WEIGHTS = FOLDER / "learned.npz"
VECTORS = FOLDER / "word_vectors.npz"

# How a sentence tells an event. "asserted" is a sentence that tells, or goes on telling, an event of the article's news.
SENTENCE_LABELS = ("none", "asserted", "background", "aggregate", "prospective", "denied")

# A sentence tells an event in words that the lexicon lacks where it is told this surely, and is this surely of one sub-type.
TELLS = 0.5
SURE_TYPE = 0.5
LEARNED_PATTERN = "learned"

Array = NDArray[np.float32]

MASKED_ENTITIES = {"GPE": "<place>", "LOC": "<place>", "FAC": "<place>", "PERSON": "<person>"}
DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
MONTHS = frozenset(
    "january february march april june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
NUMBERS = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million".split()
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[a-z][a-z'’.&-]*")
_VOWEL = re.compile(r"[aeiouy]")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A word's stem: killed, kills, killing -> kill. Not linguistics: it only has to be the same in training and in use."""
    w = word.lower().replace("’", "'").removesuffix("'s").rstrip("'.")
    if len(w) <= 3 or not _WORD.fullmatch(w):
        return w
    if w.endswith("ies") and len(w) > 4:
        w = w[:-3] + "y"
    elif w.endswith(("sses", "shes", "ches", "xes", "zes")):
        w = w[:-2]
    elif w.endswith("s") and not w.endswith(("ss", "us", "is")):
        w = w[:-1]
    for end in ("ing", "ed"):
        root = w.removesuffix(end)
        if root != w and len(root) >= 3 and _VOWEL.search(root):
            w = root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz" else root
            break
    return w[:-1] if len(w) > 4 and w.endswith("e") else w


@lru_cache(maxsize=200_000)
def _mask(word: str) -> str | None:
    """What stands for a word that must not be learned by name (a number, day, month, year); "" for no word; None to keep it."""
    w = word.lower()
    if w.rstrip(".") in MONTHS:
        return "<month>"
    if w in DAYS:
        return "<day>"
    if w in NUMBERS:
        return "<n>"
    if any(c.isdigit() for c in w):
        return "<year>" if _YEAR.fullmatch(w) else "<n>"
    if not any(c.isalpha() for c in w):
        return ""
    return None


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the models see it: its stem or mask; whether it was written as a name; its token index."""

    text: str
    name: bool
    at: int


def read_words(doc: Doc | Span) -> list[Word]:
    """The words of a text, masked: names of places and people, numbers and dates are one word each kind."""
    words: list[Word] = []
    for token in doc:
        masked = _mask(token.text)
        if masked == "":
            continue
        name = False
        if masked is None:
            masked = MASKED_ENTITIES.get(token.ent_type_)
            if masked is None:
                masked, name = stem(token.text), token.pos_ == "PROPN"
        if masked.startswith("<") and words and words[-1].text == masked:
            continue
        words.append(Word(masked, name, token.i))
    return words


def ngrams(words: Sequence[Word], common: Container[str], prefix: str = "") -> list[str]:
    """The single words and pairs of a text; a word written as a name stays only where `common` knows it as a word."""
    kept: list[str] = []
    for w in words:
        text = w.text if not w.name or w.text in common else "<name>"
        if not (text == "<name>" and kept and kept[-1] == "<name>"):
            kept.append(text)
    return [prefix + w for w in kept] + [f"{prefix}{a} {b}" for a, b in pairwise(kept)]


@dataclass(frozen=True, slots=True)
class Vectors:
    """What words mean, as short vectors: words of like use lie close, so that a word the training never saw still counts.

    Distilled from a sentence encoder by tools/build_word_vectors.py (see docs/MODEL_CARD.md).
    """

    rows: Mapping[str, int]  # stem -> row
    values: Array  # (stems, dimensions), each row of length one times its weight (common words weigh little)

    def mean(self, words: Iterable[Word], common: Container[str]) -> Array:
        """The direction of a text: its words' sum, scaled to length one; zeros where no word is known.

        A word counts once; one written as a name only where `common` knows it as a word.
        """
        rows = sorted({row for w in words if (row := self.rows.get(w.text)) is not None and (not w.name or w.text in common)})
        total = self.values[rows].sum(axis=0) if rows else np.zeros(self.values.shape[1], dtype=np.float32)
        length = float(np.sqrt(np.square(total).sum()))
        return np.asarray(total / length if length > 0 else total, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Linear:
    """One linear model: weights by feature and label. Word features are weighed by rarity and scaled to length one."""

    labels: tuple[str, ...]
    words: Mapping[str, int]  # n-gram -> row
    rarity: Array  # a word's inverse document frequency, by row
    facts: Mapping[str, int]  # other feature -> row after the words
    weights: Array  # (rows, labels); the last rows are those of the meaning vector
    bias: Array

    def scores(self, grams: Iterable[str], facts: Mapping[str, float], meaning: Array) -> Array:
        """The label scores (log-odds before normalising) of one text."""
        rows = sorted({row for g in grams if (row := self.words.get(g)) is not None})
        total = self.bias.copy()
        if rows:
            values = self.rarity[rows]
            total += (values / np.sqrt(np.square(values).sum())) @ self.weights[rows]
        total += meaning @ self.weights[len(self.words) + len(self.facts) :]
        for name, value in facts.items():
            row = self.facts.get(name)
            if row is not None:
                total += np.float32(value) * self.weights[row]
        return total


def softmax(scores: Array) -> Array:
    """Scores as probabilities that sum to one."""
    e = np.exp(scores - scores.max())
    return np.asarray(e / e.sum(), dtype=np.float32)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))


# What stands around a sentence's words -------------------------------------------------------


def sentences_of(doc: Doc) -> list[Span]:
    """The sentences of a parsed text, white space alone included, in order of `doc.sents`."""
    return list(doc.sents)


def headline_end(doc: Doc) -> int:
    """Where the headline ends: the first blank line, 0 where none opens the text."""
    at = text_of(doc).find("\n\n")
    return at if 0 < at <= 300 else 0


def _grammar(sent: Span) -> dict[str, float]:
    """How a sentence's verbs stand: past, present, modal, perfect; quoted speech; a question."""
    tags = [t.tag_ for t in sent]
    text = sent.text
    return {
        "past": float("VBD" in tags),
        "present": float("VBZ" in tags or "VBP" in tags),
        "modal": float("MD" in tags),
        "participle": float("VBN" in tags),
        "had": float(any(t.lower_ == "had" and t.dep_ == "aux" for t in sent)),
        "root past": float(sent.root.tag_ in ("VBD", "VBN")),
        "root is no verb": float(sent.root.pos_ not in ("VERB", "AUX")),
        "quoted": float(text.lstrip()[:1] in "\"“'‘"),
        "question": float("?" in text),
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What the models read of one text, computed once: words, event words and facts by sentence."""

    sentences: tuple[Span, ...]
    words: tuple[tuple[Word, ...], ...]
    acts: tuple[tuple[Trigger, ...], ...]
    facts: tuple[dict[str, float], ...]
    about: dict[str, float]  # facts of the whole text


def read(doc: Doc, triggers: Sequence[Trigger] | None = None) -> Reading:
    """The words and facts of a parsed text. `triggers` spares finding the event words again."""
    sentences = sentences_of(doc)
    found = find_triggers(doc) if triggers is None else triggers
    acts: list[tuple[Trigger, ...]] = []
    means: list[int] = []
    for s in sentences:
        here = [t for t in found if s.start <= t.start < s.end]
        acts.append(tuple(t for t in here if t.kind == "act"))
        means.append(len(here) - len(acts[-1]))
    words = [tuple(read_words(s)) for s in sentences]
    end = headline_end(doc)
    head = {w.text for s, ws in zip(sentences, words, strict=True) if s.start_char < end for w in ws if len(w.text) > 3 and not w.name}
    heaviest = [max((t.weight for t in a), default=0) for a in acts]
    off_topic = min(6.0, off_topic_score(text_of(doc)))
    total = sum(len(w) for w in words)
    cues = [{c.kind for c in sentence_cues(s)} for s in sentences]
    facts: list[dict[str, float]] = []
    body = -1
    told = 0
    for i, s in enumerate(sentences):
        in_headline = s.start_char < end
        body += (not in_headline) and bool(words[i])
        place = "headline" if in_headline else f"sentence {body if body < 3 else '3-5' if body < 6 else '6+'}"
        gap = text_of(doc)[max(0, s.start_char - 2) : s.start_char]
        fact = {
            place: 1.0,
            "opens paragraph": float("\n" in gap),
            "how far": i / max(1, len(sentences)),
            "heaviest": heaviest[i] / 3,
            f"heaviest {heaviest[i]}": 1.0,
            "acts": min(4, len(acts[i])) / 4,
            "means": float(means[i] > 0),
            "before": heaviest[i - 1] / 3 if i else 0.0,
            "after": heaviest[i + 1] / 3 if i + 1 < len(sentences) else 0.0,
            "told before": min(4, told) / 4,
            "like the headline": len(head & {w.text for w in words[i]}) / max(3, len(head)) if head and not in_headline else 0.0,
            "short": float(len(words[i]) < 6),
            "off topic": off_topic / 6,
            **_grammar(s),
        }
        for kind in cues[i]:
            fact[f"cue {kind}"] = 1.0
        if i:
            for kind in cues[i - 1]:
                fact[f"cue before {kind}"] = 1.0
        for t in acts[i]:
            fact[f"act {t.sub_event_type}"] = 1.0
        facts.append(fact)
        told += heaviest[i] >= 2
    lead = [i for i, s in enumerate(sentences) if words[i]][:3]
    about = {
        "off topic": off_topic / 6,
        "length": math.log1p(total) / 7,
        "heaviest": max(heaviest, default=0) / 3,
        "heaviest in lead": max((heaviest[i] for i in lead), default=0) / 3,
        "acts": math.log1p(sum(len(a) for a in acts)) / 3,
        "acts a word": min(1.0, 20 * sum(h >= 2 for h in heaviest) / max(40, total)),
        "strong sentences": min(5, sum(h >= 3 for h in heaviest)) / 5,
    }
    for i in lead:
        for kind in cues[i]:
            about[f"cue {kind}"] = 1.0
    return Reading(tuple(sentences), tuple(words), tuple(acts), tuple(facts), about)


def article_grams(reading: Reading, common: Container[str]) -> list[str]:
    """The words of a whole text, those of its headline and first two sentences marked as such."""
    grams: list[str] = []
    lead = [i for i in range(len(reading.words)) if reading.words[i]][:3]
    for i, words in enumerate(reading.words):
        grams += ngrams(words, common)
        if i in lead:
            grams += ngrams(words, common, "lead:")
    return grams


def told_facts(labels: Sequence[Array]) -> dict[str, float]:
    """What the sentence model makes of a whole text: its surest asserted sentences."""
    sure = sorted((float(p[1]) for p in labels), reverse=True)
    top = sure[0] if sure else 0.0
    second = sure[1] if len(sure) > 1 else 0.0
    return {"surest": math.log((top + 0.01) / (1.01 - top)) / 3, "second": math.log((second + 0.01) / (1.01 - second)) / 3}


def pooled(labels: Sequence[str], learned: Array, rule_scores: Mapping[str, float], pool: Mapping[str, float]) -> Array:
    """Log-odds of each sub-type from the words' opinion and the rules' scores, weighed as trained."""
    total = sum(rule_scores.values())
    out = pool["words"] * np.log(learned + 1e-4)
    if total > 0:
        top = max(rule_scores.items(), key=lambda kv: (kv[1], kv[0]))[0]
        strength = min(1.0, total / pool["full"])
        for k, label in enumerate(labels):
            share = rule_scores.get(label, 0.0) / total
            out[k] += pool["share"] * share + pool["strong share"] * share * strength + pool["top"] * (label == top)
    return np.asarray(out, dtype=np.float32)


_PLAIN = re.compile(r"[A-Za-z0-9][\w'’.-]*")


def plain_words(text: str) -> list[Word]:
    """The words of a text nobody has parsed: a capitalised word inside a sentence counts as a name."""
    words: list[Word] = []
    opens = True
    for m in _PLAIN.finditer(text):
        token = m.group(0).rstrip(".")
        masked = _mask(token)
        name = masked is None and token[:1].isupper() and not opens
        opens = text[m.end() : m.end() + 1] in "\n" or m.group(0).endswith(".")
        if masked != "":
            words.append(Word(masked or stem(token), name, m.start()))
    return words


class Learned:
    """The three models, loaded. Every answer is a probability; none is ever a coded value by itself."""

    def __init__(
        self, vectors: Vectors, relevance: Linear, sentence: Linear, sub_type: Linear, pool: Mapping[str, float], version: str
    ) -> None:
        self.vectors = vectors
        self.relevance_model = relevance
        self.sentence_model = sentence
        self.sub_type_model = sub_type
        self.pool = dict(pool)
        self.version = version
        # The reading asked about last and its answer: relevance and sentence labels are asked of one text in turn.
        self._last: tuple[Reading, list[Array]] | None = None

    def read(self, doc: Doc, triggers: Sequence[Trigger] | None = None) -> Reading:
        """What the models see of a text; hand it to both questions below to have it computed once."""
        return read(doc, triggers)

    def _sentences(self, reading: Reading) -> list[Array]:
        if self._last is not None and self._last[0] is reading:
            return self._last[1]
        model = self.sentence_model
        answer = [
            softmax(model.scores(ngrams(words, model.words), facts, self.vectors.mean(words, model.words)))
            for words, facts in zip(reading.words, reading.facts, strict=True)
        ]
        self._last = (reading, answer)
        return answer

    def relevance(self, doc: Doc | Reading) -> float:
        """How likely it is that a text (headline, blank line, body) tells at least one asserted event, 0 to 1."""
        reading = doc if isinstance(doc, Reading) else read(doc)
        model = self.relevance_model
        facts = reading.about | told_facts(self._sentences(reading))
        meaning = self.vectors.mean((w for words in reading.words for w in words), model.words)
        scores = model.scores(article_grams(reading, model.words), facts, meaning)
        return _sigmoid(float(scores[0]))

    def sentence_labels(self, doc: Doc | Reading) -> list[dict[str, float]]:
        """For each sentence of a text, in order of `doc.sents`, the probability of each of SENTENCE_LABELS."""
        reading = doc if isinstance(doc, Reading) else read(doc)
        return [dict(zip(SENTENCE_LABELS, map(float, p), strict=True)) for p in self._sentences(reading)]

    def find_triggers(self, reading: Reading) -> list[Trigger]:
        """Event words that the lexicon lacks: in each sentence that surely tells an event of one sub-type, the word that says so most.

        For texts in which the lexicon found nothing of weight.
        """
        model = self.sub_type_model
        found: list[Trigger] = []
        for told, sent, words in zip(self._sentences(reading), reading.sentences, reading.words, strict=True):
            if float(told[1]) < TELLS or not words:
                continue
            chances = softmax(model.scores(ngrams(words, model.words), {}, self.vectors.mean(words, model.words)))
            k = int(np.argmax(chances))
            word = self._telling_word(words, k, sent.doc) if float(chances[k]) >= SURE_TYPE else None
            if word is not None:
                token = sent.doc[word.at]
                end = token.idx + len(token)
                found.append(Trigger(token.i, token.i + 1, token.idx, end, model.labels[k], (), 2, "act", LEARNED_PATTERN))
        return found

    def _telling_word(self, words: Sequence[Word], label: int, doc: Doc) -> Word | None:
        """The word that speaks most for a sub-type against the others; None where no verb, noun or adjective does."""
        model = self.sub_type_model
        best, most = None, 0.0
        for w in words:
            row = model.words.get(w.text)
            if row is None or (w.name and w.text not in model.words) or doc[w.at].pos_ not in ("VERB", "NOUN", "ADJ", "PROPN"):
                continue
            gain = float(model.rarity[row] * (model.weights[row, label] - model.weights[row].mean()))
            if gain > most:
                best, most = w, gain
        return best

    def sub_types(self, texts: Iterable[str | Span | Doc], rule_scores: Mapping[str, float] | None = None) -> dict[str, float]:
        """The probability of each ACLED sub-event type of one event, told by `texts` (its sentences, in order).

        `rule_scores` are those of events.vote_sub_type; where given, they are weighed in.
        """
        grams: list[str] = []
        read_so_far: list[Word] = []
        model = self.sub_type_model
        for text in texts:
            words = plain_words(text) if isinstance(text, str) else read_words(text)
            grams += ngrams(words, model.words)
            read_so_far += words
        learned = softmax(model.scores(grams, {}, self.vectors.mean(read_so_far, model.words)))
        scores = {k: v for k, v in (rule_scores or {}).items() if k != ARMED_VIOLENCE}
        mixed = softmax(pooled(model.labels, learned, scores, self.pool)) if scores else learned
        return dict(zip(model.labels, map(float, mixed), strict=True))


# The weights file ----------------------------------------------------------------------------


def pack(models: Mapping[str, Linear], pool: Mapping[str, float], version: str) -> dict[str, Any]:
    """Three models as arrays to save: weights in half precision, words as JSON bytes."""
    out: dict[str, Any] = {}
    for name, m in models.items():
        names = json.dumps({"labels": m.labels, "words": list(m.words), "facts": list(m.facts)}, ensure_ascii=False)
        out[f"{name}.names"] = np.frombuffer(names.encode(), dtype=np.uint8)
        out[f"{name}.rarity"] = m.rarity.astype(np.float16)
        out[f"{name}.weights"] = m.weights.astype(np.float16)
        out[f"{name}.bias"] = m.bias.astype(np.float32)
    out["about"] = np.frombuffer(json.dumps({"pool": dict(pool), "version": version}).encode(), dtype=np.uint8)
    return out


def unpack(arrays: Mapping[str, Any], name: str) -> Linear:
    """One model out of the arrays `pack` made."""
    names = json.loads(bytes(arrays[f"{name}.names"]))
    words = {w: i for i, w in enumerate(names["words"])}
    facts = {f: len(words) + i for i, f in enumerate(names["facts"])}
    return Linear(
        tuple(names["labels"]), words, arrays[f"{name}.rarity"].astype(np.float32), facts,
        arrays[f"{name}.weights"].astype(np.float32), arrays[f"{name}.bias"].astype(np.float32),
    )  # fmt: skip


@lru_cache(maxsize=1)
def load_vectors(path: Path = VECTORS) -> Vectors:
    """The word vectors in `path`. SettingsError where the file is missing or broken."""
    try:
        with np.load(path, allow_pickle=False) as file:
            stems = bytes(file["stems"]).decode().split("\n")
            values = file["values"].astype(np.float32)
            values /= np.maximum(np.sqrt(np.square(values).sum(axis=1, keepdims=True)), 1e-9)
            values *= file["weight"].astype(np.float32)[:, None]
    except (OSError, ValueError, KeyError) as e:
        raise SettingsError(f"the word vectors in {str(path)!r} cannot be read: {e}") from e
    return Vectors({w: i for i, w in enumerate(stems)}, values)


@lru_cache(maxsize=1)
def load_learned(path: Path = WEIGHTS) -> Learned:
    """The models in `path`. SettingsError where the file is missing or broken."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {k: file[k] for k in file.files}
            about = json.loads(bytes(arrays["about"]))
            models = [unpack(arrays, name) for name in ("relevance", "sentence", "sub_type")]
    except (OSError, ValueError, KeyError) as e:
        raise SettingsError(f"the learned weights in {str(path)!r} cannot be read: {e}") from e
    return Learned(load_vectors(), models[0], models[1], models[2], about["pool"], about["version"])
