"""Train the learned parts of the coder on tests/gold/train and print how well they do.

    python tools/train_learned.py            # figures, then weights into pipeline/coding/weights/learned.npz
    python tools/train_learned.py --no-save  # figures only
    python tools/train_learned.py --articles FILE.jsonl --snippets FILE.jsonl   # also measure the weights on these

Needs scikit-learn, which the program itself does not. The same texts and the same versions give the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from spacy.tokens import Doc, DocBin

from pipeline.coding import learned as L
from pipeline.coding.assertion import clause_status
from pipeline.coding.events import Trigger, vote_sub_type
from pipeline.models import EVENT_TYPE_OF
from pipeline.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
TRAIN = ROOT / "tests" / "gold" / "train"
# Short texts of our own for each sub-event type and for none, so that rare types have words to learn from.
SNIPPETS = ROOT / "tests" / "gold" / "snippets"
# What a snippet counts beside an article: where articles are what is asked about, and where sentences are, of which
# a snippet tells only whether something happened.
SNIPPET_WEIGHT = 0.3
SNIPPET_SENTENCE_WEIGHT = 0.1
SUB_TYPES = tuple(EVENT_TYPE_OF)
FOLDS = 10
# A headline's event word counts more than one of the fourth sentence; as the rule coder weighs them.
FACTORS = (1.6, 1.0, 0.7, 0.4)


@dataclass(slots=True)
class Text:
    """One coded article: its file and id, its parse, what the models see of it, its gold reports."""

    file: str
    article_id: str
    doc: Doc
    gold: list[dict[str, Any]]
    reading: L.Reading

    @property
    def relevant(self) -> bool:
        """Whether it tells an asserted event."""
        return any(g["assertion"] == "asserted" for g in self.gold)


@dataclass(slots=True)
class Instance:
    """One thing to learn: n-gram words, facts, label, weight, the article (and its file) it stands in."""

    words: list[Sequence[L.Word]]
    facts: dict[str, float]
    label: str
    weight: float
    group: str
    file: str
    lead: int = 0  # so many of `words` are also given as lead words
    info: dict[str, Any] = field(default_factory=dict)


# Reading the gold -----------------------------------------------------------------------------


def parse(rows: Sequence[dict[str, Any]], cache: Path) -> list[Doc]:
    """The rows' texts parsed, kept in `cache` since parsing is most of the work."""
    from pipeline.coding.coder import load_nlp

    model = load_settings().model
    texts = [f"{r['headline']}\n\n{r['text']}" for r in rows]
    nlp = load_nlp(model)
    key = hashlib.blake2b("\0".join([model, str(nlp.meta.get("version")), *texts]).encode(), digest_size=8).hexdigest()
    path = cache / f"parses-{key}.spacy"
    if path.exists():
        return list(DocBin().from_disk(path).get_docs(nlp.vocab))
    docs = list(nlp.pipe(texts, batch_size=16))
    cache.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(path)
    return docs


def read_texts(paths: Sequence[Path], cache: Path) -> list[Text]:
    """The coded articles of some JSONL files, parsed."""
    texts = []
    for path in paths:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for row, doc in zip(rows, parse(rows, cache), strict=True):
            gold = row["gold"]
            if isinstance(gold, str):  # a snippet: its gold is a sub-event type, or none
                gold = [] if gold == "none" else [{"assertion": "asserted", "sub_event_type": gold}]
            file = SNIPPETS.name if path.parent == SNIPPETS else path.stem
            texts.append(Text(file, row["article_id"], doc, gold, L.read(doc)))
    return texts


def is_snippet(text: Text) -> bool:
    """Whether a text is one of the short ones that only have a sub-event type."""
    return text.file == SNIPPETS.name


def sentences_with(text: Text, quote: str) -> list[int]:
    """The sentences in which a quote begins."""
    found, at = [], text.doc.text.find(quote)
    while at >= 0:
        found += [i for i, s in enumerate(text.reading.sentences) if s.start_char <= at < s.end_char and i not in found]
        at = text.doc.text.find(quote, at + 1)
    return found


def trigger_sentence(text: Text, report: Mapping[str, Any]) -> tuple[int | None, list[int]]:
    """The sentence whose word tells a report, and the others that hold the same word: where the quote stands
    more than once, the one with most of the report's other quotes in or next to it."""
    quotes = report.get("quotes") or {}
    places = sentences_with(text, quotes["trigger"]) if quotes.get("trigger") else []
    if not places:
        return None, []
    others = [sentences_with(text, q) for k, q in quotes.items() if q and k not in ("trigger", "modes")]

    def support(i: int) -> float:
        return sum(1.0 if i in o else 0.4 if i - 1 in o or i + 1 in o else 0.0 for o in others)

    best = max(places, key=lambda i: (support(i), -i))
    return best, [i for i in places if i != best]


def label_sentences(text: Text) -> list[tuple[str, float]]:
    """A label and a weight for each sentence; weight 0 where the gold does not say.

    Order of strength: the word of an asserted report, the word of another report, a count or a lone date or
    place of an asserted report. A sentence without any of them is `none`, at half weight where it has event
    words, since it may go on telling an event in words the gold did not need.
    """
    n = len(text.reading.sentences)
    labels: list[tuple[str, float] | None] = [None] * n
    for wanted in (True, False):
        for report in text.gold:
            if (report["assertion"] == "asserted") != wanted:
                continue
            best, _ = trigger_sentence(text, report)
            if best is not None and labels[best] is None:
                labels[best] = (report["assertion"], 1.0)
    for report in text.gold:
        asserted = report["assertion"] == "asserted"
        for name, quote in (report.get("quotes") or {}).items():
            places = sentences_with(text, quote) if quote else []
            for i in places:
                if labels[i] is not None:
                    continue
                if asserted and len(places) == 1 and name in ("deaths", "injured"):
                    labels[i] = ("asserted", 0.7)
                elif asserted and name == "trigger":
                    labels[i] = ("asserted", 0.5 if len(places) <= 3 else 0.0)
                elif len(places) == 1:
                    labels[i] = (report["assertion"], 0.3)
    end = L.headline_end(text.doc)
    out = []
    for i, s in enumerate(text.reading.sentences):
        label = labels[i]
        strong = any(t.weight >= 2 for t in text.reading.acts[i])
        if not text.reading.words[i]:
            out.append(("none", 0.0))
        elif label is not None:
            out.append(label)
        elif s.start_char < end and text.relevant:
            out.append(("asserted", 0.7) if strong else ("none", 0.0))
        else:
            out.append(("none", 0.5 if strong and text.relevant else 1.0))
    return out


def sentence_instances(texts: Sequence[Text]) -> list[Instance]:
    """One instance for each sentence that the gold says something of."""
    out = []
    for t in texts:
        if is_snippet(t):
            label = "asserted" if t.relevant else "none"
            labels = [(label, SNIPPET_SENTENCE_WEIGHT if words else 0.0) for words in t.reading.words]
        else:
            labels = label_sentences(t)
        for i, (label, weight) in enumerate(labels):
            if weight:
                info = {"text": t, "i": i}
                out.append(Instance([t.reading.words[i]], t.reading.facts[i], label, weight, t.article_id, t.file, info=info))
    return out


def article_instances(texts: Sequence[Text], told: Mapping[str, Sequence[Any]]) -> list[Instance]:
    """One instance an article: does it tell an asserted event; `told` holds each article's sentence probabilities."""
    out = []
    for t in texts:
        lead = [words for words in t.reading.words if words]
        facts = t.reading.about | L.told_facts(told[t.article_id])
        weight = SNIPPET_WEIGHT if is_snippet(t) else 1.0
        out.append(Instance(lead, facts, "event" if t.relevant else "quiet", weight, t.article_id, t.file, lead=3, info={"text": t}))
    return out


def event_sentences(text: Text, report: Mapping[str, Any]) -> list[list[int]]:
    """The windows of a report that tell its type: its own sentence; with the next (and the headline, where it is
    the article's first); all that hold its quotes."""
    best, _ = trigger_sentence(text, report)
    if best is None:
        return []
    n = len(text.reading.sentences)
    first = report is text.gold[0]
    head = [0] if first and text.reading.sentences[0].start_char < L.headline_end(text.doc) else []
    nxt = next((i for i in range(best + 1, min(n, best + 3)) if text.reading.words[i]), None)
    taken = {trigger_sentence(text, g)[0] for g in text.gold if g is not report}
    window = sorted({*head, best, *([nxt] if nxt is not None and nxt not in taken else [])})
    told = {best}
    for quote in (report.get("quotes") or {}).values():
        places = sentences_with(text, quote) if quote else []
        told |= {i for i in places if len(places) == 1 and i not in taken}
    windows = [[best], window, sorted(told | set(window))]
    return [w for k, w in enumerate(windows) if w not in windows[:k]]


def rule_scores(text: Text, window: Sequence[int], report: Mapping[str, Any] | None = None) -> dict[str, float]:
    """The rules' scores for a window, sides taken from the gold where there is one (it decides Armed clash or Attack)."""
    weighted: list[tuple[Trigger, float]] = []
    for k, i in enumerate(window):
        weighted += [(t, FACTORS[min(k, 3)]) for t in text.reading.acts[i]]
    armed = None
    if report is not None and report.get("side_b"):
        armed = not all(str(b).startswith("Civilians") for b in report["side_b"])
    return vote_sub_type(weighted, target_armed=armed)[1]


def type_instances(texts: Sequence[Text]) -> list[Instance]:
    """Windows of every report that has a sub-type, whatever its assertion; a report's windows share one weight."""
    out = []
    for t in texts:
        for report in t.gold:
            label = report.get("sub_event_type")
            every = [i for i, words in enumerate(t.reading.words) if words]
            windows = ([every] if is_snippet(t) else event_sentences(t, report)) if label else []
            for k, window in enumerate(windows):
                main = k == min(1, len(windows) - 1) and report["assertion"] == "asserted"
                info = {"rules": rule_scores(t, window, report), "main": main}
                words = [t.reading.words[i] for i in window]
                out.append(Instance(words, {}, label, 1.0 / len(windows), t.article_id, t.file, info=info))
    return out


# Fitting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is fitted.

    Strength (inverse L2), rarest n-gram kept (articles), power of the class weights, length of the meaning vector
    (the n-grams' is one): the longer, the less it is held back.
    """

    c: float
    min_df: int
    balance: float = 0.0  # 0 as they come, 1 every label weighs the same
    pairs: bool = True
    meaning: float = 0.35


def grams_of(x: Instance, common: Any) -> list[str]:
    """The n-grams of an instance under a vocabulary."""
    grams = [g for words in x.words for g in L.ngrams(words, common)]
    grams += [g for words in x.words[: x.lead] for g in L.ngrams(words, common, "lead:")]
    return grams


def fit(items: Sequence[Instance], labels: Sequence[str], recipe: Recipe) -> L.Linear:
    """One linear model. One column of weights where there are two labels (the log-odds of the second)."""
    vectors = L.load_vectors()
    single: dict[str, set[str]] = defaultdict(set)
    for x in items:
        for words in x.words:
            for w in words:
                if not w.name:
                    single[w.text].add(x.group)
    common = frozenset(w for w, groups in single.items() if len(groups) >= recipe.min_df)
    spread: dict[str, set[str]] = defaultdict(set)
    bags = [sorted(set(grams_of(x, common))) for x in items]
    for x, bag in zip(items, bags, strict=True):
        for g in bag:
            spread[g].add(x.group)
    groups = len({x.group for x in items})
    kept = sorted(g for g, s in spread.items() if len(s) >= recipe.min_df and (recipe.pairs or " " not in g))
    words = {g: i for i, g in enumerate(kept)}
    rarity = np.array([math.log((1 + groups) / (1 + len(spread[g]))) + 1 for g in kept], dtype=np.float32)
    names = sorted({name for x in items for name in x.facts})
    facts = {name: len(words) + i for i, name in enumerate(names)}
    rows, cols, vals = [], [], []
    for r, (x, bag) in enumerate(zip(items, bags, strict=True)):
        ids = [words[g] for g in bag if g in words]
        if ids:
            v = rarity[ids]
            v = v / np.sqrt(np.square(v).sum())
            rows += [r] * len(ids)
            cols += ids
            vals += v.tolist()
        for name, value in x.facts.items():
            if value:
                rows.append(r)
                cols.append(facts[name])
                vals.append(value)
    matrix = csr_matrix((vals, (rows, cols)), shape=(len(items), len(words) + len(facts)))
    y = np.array([labels.index(x.label) for x in items])
    mass = Counter()
    for x in items:
        mass[x.label] += x.weight
    mean = sum(mass.values()) / len(mass)
    weight = np.array([x.weight * (mean / mass[x.label]) ** recipe.balance for x in items])
    meaning = np.array([recipe.meaning * vectors.mean((w for ws in x.words for w in ws), words) for x in items])
    full = hstack([matrix, csr_matrix(meaning)]).tocsr()
    model = LogisticRegression(C=recipe.c, max_iter=300, tol=1e-4)
    model.fit(full, y, sample_weight=weight)
    if len(labels) == 2:
        weights, bias = model.coef_.T, model.intercept_
    else:
        weights = np.zeros((full.shape[1], len(labels)))
        bias = np.full(len(labels), -20.0)
        weights[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    weights = np.array(weights)
    weights[len(words) + len(facts) :] *= recipe.meaning
    return L.Linear(tuple(labels), words, rarity, facts, weights.astype(np.float32), bias.astype(np.float32))


def predict(model: L.Linear, x: Instance) -> Any:
    """Label probabilities of an instance; one number where there are two labels."""
    meaning = L.load_vectors().mean((w for ws in x.words for w in ws), model.words)
    scores = model.scores(grams_of(x, model.words), x.facts, meaning)
    return 1 / (1 + math.exp(-float(scores[0]))) if len(scores) == 1 else L.softmax(scores)


def cross_validate(items: Sequence[Instance], labels: Sequence[str], recipe: Recipe, folds: Sequence[int]) -> list[Any]:
    """Each instance's prediction by a model that saw nothing of its fold."""
    out: list[Any] = [None] * len(items)
    for f in sorted(set(folds)):
        model = fit([x for x, k in zip(items, folds, strict=True) if k != f], labels, recipe)
        for i, (x, k) in enumerate(zip(items, folds, strict=True)):
            if k == f:
                out[i] = predict(model, x)
    return out


def told_by_others(texts: Sequence[Text], items: Sequence[Instance], recipe: Recipe, folds: Mapping[str, int]) -> dict[str, list[Any]]:
    """Each article's sentence probabilities, by a model that saw nothing of the article's fold."""
    told: dict[str, list[Any]] = {}
    for f in sorted(set(folds.values())):
        model = fit([x for x in items if folds[x.group] != f], L.SENTENCE_LABELS, recipe)
        for t in texts:
            if folds[t.article_id] == f:
                told[t.article_id] = [
                    predict(model, Instance([words], facts, "", 1.0, t.article_id, t.file))
                    for words, facts in zip(t.reading.words, t.reading.facts, strict=True)
                ]
    return told


# The share of words and rules ------------------------------------------------------------------

POOL = ("words", "share", "strong share", "top")
# The rules' scores of one event that are as sure as they get (two heavy words).
FULL = 10.0


def fit_pool(learned: Sequence[Any], items: Sequence[Instance]) -> dict[str, float]:
    """How much the words' opinion and the rules' count against each other: four numbers for all types, by likelihood."""

    def loss(p: Any) -> float:
        pool = {**dict(zip(POOL, p, strict=True)), "full": FULL}
        total = 0.0
        for probs, x in zip(learned, items, strict=True):
            if x.info["rules"]:
                mixed = L.softmax(L.pooled(SUB_TYPES, probs, known_scores(x), pool))
                total -= math.log(float(mixed[SUB_TYPES.index(x.label)]) + 1e-6)
        return total / len(items) + 1e-3 * float(np.square(p).sum())

    best = minimize(loss, np.array([1.0, 2.0, 1.0, 0.5]), method="Nelder-Mead", options={"maxiter": 150, "xatol": 1e-2, "fatol": 1e-4})
    return {**{k: round(float(v), 3) for k, v in zip(POOL, best.x, strict=True)}, "full": FULL}


def known_scores(x: Instance) -> dict[str, float]:
    """The rules' scores of an instance for the types there are."""
    return {k: v for k, v in x.info["rules"].items() if k in EVENT_TYPE_OF}


def mix(probs: Any, x: Instance, pool: Mapping[str, float]) -> Any:
    """The words' opinion and the rules' scores of an instance, pooled."""
    scores = known_scores(x)
    return L.softmax(L.pooled(SUB_TYPES, probs, scores, pool)) if scores else probs


# Figures ----------------------------------------------------------------------------------------


def f1_by_label(
    gold: Sequence[str], said: Sequence[str], weights: Sequence[float] | None = None
) -> dict[str, tuple[float, float, float, float]]:
    """Precision, recall, F1 and the weight of each label of `gold`."""
    w = [1.0] * len(gold) if weights is None else weights
    right: Counter[str] = Counter()
    have: Counter[str] = Counter()
    want: Counter[str] = Counter()
    for g, s, k in zip(gold, said, w, strict=True):
        want[g] += k
        have[s] += k
        right[g] += k * (g == s)
    out = {}
    for label in sorted(want, key=lambda x: -want[x]):
        p, r = (right[label] / have[label] if have[label] else 0.0), right[label] / want[label]
        out[label] = (p, r, 2 * right[label] / (have[label] + want[label]), want[label])
    return out


def means(table: Mapping[str, tuple[float, float, float, float]]) -> tuple[float, float]:
    """Weighted and plain mean of F1 over the labels but `none`."""
    rows = [v for k, v in table.items() if k != "none"]
    return sum(v[2] * v[3] for v in rows) / sum(v[3] for v in rows), sum(v[2] for v in rows) / len(rows)


def compare(title: str, gold: Sequence[str], answers: Mapping[str, Sequence[str]], weights: Sequence[float] | None = None) -> None:
    """Print F1 by label for several answers side by side."""
    tables = {name: f1_by_label(gold, said, weights) for name, said in answers.items()}
    print(f"\n{title}")
    print(f"  {'F1':38s}" + "".join(f"{name:>12s}" for name in tables) + f"{'n':>8s}")
    for label in next(iter(tables.values())):
        print(f"  {label:38s}" + "".join(f"{t[label][2]:12.3f}" for t in tables.values()) + f"{next(iter(tables.values()))[label][3]:8.0f}")
    print(f"  {'weighted mean':38s}" + "".join(f"{means(t)[0]:12.3f}" for t in tables.values()))
    print(f"  {'plain mean':38s}" + "".join(f"{means(t)[1]:12.3f}" for t in tables.values()))


def reliability(
    title: str, chances: Sequence[float], true: Sequence[bool], edges: Sequence[float] = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.001)
) -> None:
    """Print how often it was so where the model said how likely it is, and the Brier score."""
    print(f"\n{title}: said, was so, n")
    for low, high in pairwise(edges):
        rows = [(c, t) for c, t in zip(chances, true, strict=True) if low <= c < high]
        if rows:
            said, was_so = np.mean([c for c, _ in rows]), np.mean([t for _, t in rows])
            print(f"  {low:.1f}-{min(1.0, high):.1f}   {said:.3f}   {was_so:.3f}   {len(rows)}")
    print(f"  Brier score {np.mean([(c - t) ** 2 for c, t in zip(chances, true, strict=True)]):.4f}")


def top(scores: Mapping[str, float]) -> str:
    """The label with the highest score, none without one."""
    return max(scores.items(), key=lambda kv: (kv[1], kv[0]))[0] if scores else "none"


def rule_label(text: Text, i: int) -> str:
    """A simple rule's answer for a sentence: its cue where it has an event word of weight 2 or more, else none."""
    strong = [t for t in text.reading.acts[i] if t.weight >= 2]
    if not strong:
        return "none"
    cues = {name.removeprefix("cue ") for name in text.reading.facts[i] if name.startswith("cue ") and "before" not in name}
    if all(clause_status(text.doc[t.start]) == "prospective" for t in strong):
        return "prospective"
    for cue, label in (("denied", "denied"), ("aggregate", "aggregate"), ("past", "background")):
        if cue in cues:
            return label
    return "asserted"


def rule_relevance(text: Text) -> bool:
    """A simple rule's answer for an article: a sentence with a strong event word, told as it happened, and few words of other matters."""
    told = any(rule_label(text, i) == "asserted" for i in range(len(text.reading.sentences)))
    return told and text.reading.about["off topic"] * 6 < 1.2


def quiet_table(title: str, texts: Sequence[Text], chances: Sequence[float]) -> None:
    """Print at several thresholds how many articles with events stay and how many quiet ones stay quiet, beside the rule's."""
    events = [c for t, c in zip(texts, chances, strict=True) if t.relevant]
    quiet = [c for t, c in zip(texts, chances, strict=True) if not t.relevant]
    print(f"\n{title}: threshold, events kept of {len(events)}, quiet kept quiet of {len(quiet)}")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        print(f"  {threshold:.1f}   {sum(c >= threshold for c in events):4d}   {sum(c < threshold for c in quiet):4d}")
    rule = [(t.relevant, rule_relevance(t)) for t in texts]
    print(f"  rule  {sum(r and g for g, r in rule):4d}   {sum(not r and not g for g, r in rule):4d}")
    order = [(c, t.relevant) for t, c in zip(texts, chances, strict=True)]
    pairs = [(e > q) + 0.5 * (e == q) for e in events for q in quiet]
    print(f"  area under the curve {np.mean(pairs) if pairs else float('nan'):.3f} ({len(order)} texts)")


# The recipes, chosen by cross-validation over regions.
SENTENCE = Recipe(c=2.0, min_df=3, balance=0.25)
RELEVANCE = Recipe(c=0.5, min_df=3, balance=0.5, meaning=2.0)
SUB_TYPE = Recipe(c=60.0, min_df=3, balance=0.7)


def train(texts: Sequence[Text], *, by: str = "file") -> tuple[L.Learned, dict[str, Any]]:
    """The three models trained on all of `texts`, after printing what they do on texts they did not see."""
    folds = {t.article_id: f for t, f in zip(texts, fold_texts(texts, by), strict=True)}
    articles = [t for t in texts if not is_snippet(t)]
    print(f"{len(articles)} articles, {len(texts) - len(articles)} snippets; cross-validated by {by}")

    sentences = sentence_instances(texts)
    told = told_by_others(texts, sentences, SENTENCE, folds)
    shown = [x for x in sentences if x.file != SNIPPETS.name]
    probs = [told[x.group][x.info["i"]] for x in shown]
    gold = [x.label for x in shown]
    learned = [L.SENTENCE_LABELS[int(np.argmax(p))] for p in probs]
    rules = [rule_label(x.info["text"], x.info["i"]) for x in shown]
    compare("sentences", gold, {"rule": rules, "learned": learned}, [x.weight for x in shown])
    acts = [i for i, x in enumerate(shown) if any(t.weight >= 2 for t in x.info["text"].reading.acts[x.info["i"]])]
    pick = lambda seq: [seq[i] for i in acts]  # noqa: E731
    compare(
        "sentences with a strong event word", pick(gold), {"rule": pick(rules), "learned": pick(learned)}, [shown[i].weight for i in acts]
    )
    reliability("P(asserted) of a sentence", [float(p[1]) for p in probs], [g == "asserted" for g in gold])

    whole = article_instances(texts, told)
    by_fold = [folds[x.group] for x in whole]
    chances = cross_validate(whole, ("quiet", "event"), RELEVANCE, by_fold)
    ours = [i for i, x in enumerate(whole) if x.file != SNIPPETS.name]
    quiet_table("articles", [texts[i] for i in ours], [chances[i] for i in ours])
    reliability("P(event) of an article", [chances[i] for i in ours], [texts[i].relevant for i in ours])

    types = type_instances(texts)
    words_only = cross_validate(types, SUB_TYPES, SUB_TYPE, [folds[x.group] for x in types])
    main = [i for i, x in enumerate(types) if x.info["main"]]
    pool = fit_pool([words_only[i] for i in main], [types[i] for i in main])
    print(f"\npool {pool}")
    for title, chosen in (
        ("sub-event types, reports of articles", [i for i in main if types[i].file != SNIPPETS.name]),
        ("sub-event types, snippets", [i for i in main if types[i].file == SNIPPETS.name]),
    ):
        show_types(title, [types[i] for i in chosen], [words_only[i] for i in chosen], pool)

    vectors = L.load_vectors()
    models = {
        "relevance": fit(whole, ("quiet", "event"), RELEVANCE),
        "sentence": fit(sentences, L.SENTENCE_LABELS, SENTENCE),
        "sub_type": fit(types, SUB_TYPES, SUB_TYPE),
    }
    version = version_of(models, pool)
    arrays = L.pack(models, pool, version)
    kept = [L.unpack(arrays, name) for name in ("relevance", "sentence", "sub_type")]
    return L.Learned(vectors, kept[0], kept[1], kept[2], pool, version), arrays


def show_types(title: str, items: Sequence[Instance], words_only: Sequence[Any], pool: Mapping[str, float]) -> None:
    """Print F1 by sub-event type of the rules, the words and both together, and how sure both together are."""
    mixed = [mix(p, x, pool) for p, x in zip(words_only, items, strict=True)]
    gold = [x.label for x in items]
    answers = {
        "rules": [top(known_scores(x)) for x in items],
        "words": [SUB_TYPES[int(np.argmax(p))] for p in words_only],
        "together": [SUB_TYPES[int(np.argmax(p))] for p in mixed],
    }
    compare(title, gold, answers)
    said = [float(p.max()) for p in mixed]
    reliability("P(type) of the type chosen", said, [a == g for a, g in zip(answers["together"], gold, strict=True)])


def fold_texts(texts: Sequence[Text], by: str) -> list[int]:
    """A fold for each text: an article's file (a region of the world) with a share of the snippets, or one of FOLDS by its id."""
    files = sorted({t.file for t in texts if not is_snippet(t)})

    def by_id(t: Text, folds: int) -> int:
        return int(hashlib.blake2b(t.article_id.encode(), digest_size=4).hexdigest(), 16) % folds

    return [files.index(t.file) if by == "file" and not is_snippet(t) else by_id(t, len(files) if by == "file" else FOLDS) for t in texts]


def version_of(models: Mapping[str, L.Linear], pool: Mapping[str, float]) -> str:
    """A short hash of what was learned: other texts, words, rules or recipes give another version."""
    digest = hashlib.blake2b(repr(sorted(pool.items())).encode(), digest_size=4)
    for name in sorted(models):
        m = models[name]
        digest.update(repr((name, m.labels, list(m.words), list(m.facts))).encode() + m.weights.astype(np.float16).tobytes())
    return digest.hexdigest()


def measure_articles(learned: L.Learned, texts: Sequence[Text]) -> None:
    """Print the figures of trained weights on coded articles that no training saw."""
    chances = [learned.relevance(t.reading) for t in texts]
    quiet_table("articles, measured", texts, chances)
    reliability("P(event) of an article, measured", chances, [t.relevant for t in texts])


def measure_snippets(learned: L.Learned, texts: Sequence[Text]) -> None:
    """Print the figures of trained weights on snippets with a sub-event type each, or none."""
    items = []
    for t in texts:
        rows = [i for i, words in enumerate(t.reading.words) if words]
        label = t.gold[0]["sub_event_type"] if t.gold else "none"
        items.append(
            Instance([t.reading.words[i] for i in rows], {}, label, 1.0, t.article_id, t.file, info={"rules": rule_scores(t, rows)})
        )
    told = [x for x in items if x.label != "none"]
    show_types("snippets, measured, none left out", told, [predict(learned.sub_type_model, x) for x in told], learned.pool)
    quiet_table("snippets, measured", texts, [learned.relevance(t.reading) for t in texts])


def main() -> None:
    """Train, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--by", choices=("file", "article"), default="file", help="what a fold of the cross-validation leaves out")
    parser.add_argument("--no-save", action="store_true")
    parser.add_argument("--articles", type=Path, nargs="*", default=[], help="coded articles to measure on")
    parser.add_argument("--snippets", type=Path, nargs="*", default=[], help="snippets with a sub-event type to measure on")
    parser.add_argument("--cache", type=Path, default=load_settings().cache)
    args = parser.parse_args()
    texts = read_texts([*sorted(TRAIN.glob("*.jsonl")), *sorted(SNIPPETS.glob("*.jsonl"))], args.cache)
    learned, arrays = train(texts, by=args.by)
    if not args.no_save:
        L.WEIGHTS.parent.mkdir(exist_ok=True)
        np.savez_compressed(L.WEIGHTS, **arrays)
        print(f"\n{L.WEIGHTS.name}: {L.WEIGHTS.stat().st_size / 1e6:.2f} MB, version {learned.version}")
    for path in args.articles:
        measure_articles(learned, read_texts([path], args.cache))
    for path in args.snippets:
        measure_snippets(learned, read_texts([path], args.cache))


if __name__ == "__main__":
    main()
