"""Train the weights of pipeline/coding/weights/founding.csv: does a sentence found an event of its own?

    python -m tools.train_founding [--no-save]

The coder groups the sentences of each article in tests/gold/train while the gold stands behind it: a sentence
is `new` if the word of an asserted report that no earlier sentence told stands in it, `recalled` if only that
of another report does, else `goes on`; whatever the model of the day answers, the gold's answer is carried
out, so that the next sentence is asked of a right state. The facts of every sentence so asked, with the
learned labels of sentences taken from a model that saw nothing of its file, are the training set. What a model
does on a region it did not see is printed first. Needs scikit-learn; the program itself does not.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from pipeline.coding import coder as C
from pipeline.coding import grouping as G
from pipeline.coding import learned as L
from pipeline.coding.coder import Coder, coded_text, load_coder
from pipeline.coding.founding import ANSWERS, WEIGHTS, Answer, Founding
from pipeline.coding.frames import Event, Frame
from pipeline.intake.normalise import make_article
from pipeline.models import Article
from pipeline.settings import load_settings
from tools import train_learned as T

STRENGTH = 0.1  # inverse of the penalty on weights, chosen by cross-validation over files
LEAST = 0.005  # weights smaller than this are left out
HEAD = (
    "# Does a sentence found an event of its own? One weight a fact and answer; the row without a fact is where all start.\n"
    "# Made by tools/train_founding.py from tests/gold/train; a positive weight speaks for the answer of its column.\n"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One sentence that the coder had to place: its facts, what the gold says, and where it stands."""

    file: str
    article_id: str
    facts: Mapping[str, float]
    answer: str


def spots(text: str, quote: str) -> Iterator[int]:
    """Where a quote stands in a text, every time."""
    at = text.find(quote)
    while quote and at >= 0:
        yield at
        at = text.find(quote, at + 1)


# How much each quoted field says that a sentence is the one that tells a report.
TELLS = {"trigger": 4.0, "deaths": 2.0, "place": 1.5, "date": 1.0, "modes": 0.8, "injured": 0.8, "side_a": 0.7, "side_b": 0.7}
NEAR = 400  # characters within which other quotes of a report lend a little weight


def home(text: str, report: Mapping[str, Any], frames: Sequence[Frame]) -> int | None:
    """The index of the frame that tells a report: the one with its word and most of its other quotes; None without its word."""
    quotes = {k: list(spots(text, q)) for k, q in (report.get("quotes") or {}).items() if isinstance(q, str)}
    best: tuple[float, int] | None = None
    for k, f in enumerate(frames):
        low, high = f.sent.start_char, f.sent.end_char
        if not any(low <= p < high for p in quotes.get("trigger", [])):
            continue
        score = sum(TELLS.get(name, 0.0) for name, at in quotes.items() if any(low <= p < high for p in at))
        score += 0.1 * sum(any(low - NEAR <= p < high + NEAR for p in at) for at in quotes.values())
        score -= 0.3 * f.headline + 0.001 * k
        if best is None or score > best[0]:
            best = (score, k)
    return None if best is None else best[1]


class Teacher:
    """Stands in for the model while an article is grouped: gives the gold's answer and notes the facts it was asked with."""

    def __init__(self, file: str, article_id: str, gold: Sequence[Mapping[str, Any]], text: str) -> None:
        self.file, self.article_id, self.gold, self.text = file, article_id, gold, text
        self.homes: dict[int, set[str]] = {}
        self.decisions: list[Decision] = []

    def meet(self, frames: Sequence[Frame]) -> None:
        """Find the home of every report among the frames about to be grouped."""
        for report in self.gold:
            at = home(self.text, report, frames)
            if at is not None:
                self.homes.setdefault(id(frames[at]), set()).add(report["assertion"])

    def answer(self, frame: Frame, facts: Mapping[str, float]) -> Answer:
        """The gold's answer for a frame."""
        told = self.homes.get(id(frame), set())
        what = "new" if "asserted" in told else "recalled" if told else "goes on"
        self.decisions.append(Decision(self.file, self.article_id, facts, what))
        return Answer(what, 1.0, ())


def held_out(texts: Sequence[T.Text], own: L.Learned) -> dict[str, L.Learned]:
    """For each file the learned models with a sentence model that saw nothing of it."""
    sentences = T.sentence_instances(texts)
    out = {}
    for file in sorted({t.file for t in texts if not T.is_snippet(t)}):
        model = T.fit([x for x in sentences if x.file != file], L.SENTENCE_LABELS, T.SENTENCE)
        out[file] = L.Learned(own.vectors, own.relevance_model, model, own.sub_type_model, own.pool, own.version)
    return out


def article_of(row: Mapping[str, Any]) -> Article:
    """A gold row as the article that the coder reads."""
    return make_article(
        text=row["text"], headline=row["headline"], published=row["published"], published_source="metadata",
        source=row["source"], external_id=row["article_id"],
    )  # fmt: skip


def decisions_of(path: Path, coder: Coder, learned: L.Learned) -> list[Decision]:
    """What the coder was asked, and ought to have answered, over one gold file."""
    coder.learned = learned
    found: list[Decision] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        article = article_of(row)
        teacher = Teacher(path.stem, row["article_id"], row["gold"], coded_text(article))
        with taught(teacher):
            coder.code(article)
        found += teacher.decisions
    return found


class taught:
    """While this lasts, frames are grouped by a teacher's answers."""

    def __init__(self, teacher: Teacher) -> None:
        self.teacher = teacher

    def __enter__(self) -> None:
        self.group, self.facts, self.load = C.group, G.facts_of, G.load_founding
        teacher = self.teacher
        asked: dict[str, Any] = {}

        def group(frames: Sequence[Frame], published: str | None) -> list[Event]:
            teacher.meet(frames)
            return self.group(frames, published)

        def facts_of(f: Frame, *rest: Any) -> dict[str, float]:
            asked["frame"] = f
            return self.facts(f, *rest)

        class Model:
            def answer(self, facts: Mapping[str, float]) -> Answer:
                return teacher.answer(asked["frame"], facts)

        C.group, G.facts_of, G.load_founding = group, facts_of, lambda: Model()  # type: ignore[assignment,return-value]

    def __exit__(self, *_: object) -> None:
        C.group, G.facts_of, G.load_founding = self.group, self.facts, self.load


def fit(decisions: Sequence[Decision]) -> Founding:
    """The model of some decisions."""
    vectorizer = DictVectorizer(sparse=False)
    x = vectorizer.fit_transform([d.facts for d in decisions])
    y = np.array([ANSWERS.index(d.answer) for d in decisions])
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(x, y)
    weights = {"": tuple(round(float(b), 3) for b in model.intercept_)}
    for k, name in enumerate(vectorizer.feature_names_):
        row = tuple(round(float(w), 3) for w in model.coef_[:, k])
        if max(abs(w) for w in row) >= LEAST:
            weights[name] = row
    return Founding(weights)


def measure(decisions: Sequence[Decision], answer: Callable[[Decision], str]) -> None:
    """Print precision, recall and F1 of each answer."""
    said = [answer(d) for d in decisions]
    for what in ANSWERS:
        hits = sum(s == d.answer == what for s, d in zip(said, decisions, strict=True))
        have, want = said.count(what), sum(d.answer == what for d in decisions)
        p, r = hits / max(1, have), hits / max(1, want)
        print(f"  {what:10} P {p:.3f}  R {r:.3f}  F1 {2 * p * r / max(1e-9, p + r):.3f}  n {want}")


def main() -> None:
    """Train, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-save", action="store_true")
    args = parser.parse_args()
    settings = load_settings()
    coder = load_coder(settings)
    own = coder.learned
    assert own is not None
    files = sorted(T.TRAIN.glob("*.jsonl"))
    others = held_out(T.read_texts([*files, *sorted(T.SNIPPETS.glob("*.jsonl"))], settings.cache), own)
    decisions = [d for path in files for d in decisions_of(path, coder, others[path.stem])]
    models = {path.stem: fit([d for d in decisions if d.file != path.stem]) for path in files}
    print(f"{len(decisions)} sentences to place; each file by a model that saw nothing of it")
    measure(decisions, lambda d: models[d.file].answer(d.facts).what)
    if not args.no_save:
        model = fit(decisions)
        with WEIGHTS.open("w", encoding="utf-8", newline="") as file:
            file.write(HEAD)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["fact", *ANSWERS])
            writer.writerows([name, *row] for name, row in model.weights.items())
        print(f"{WEIGHTS.name}: {len(model.weights) - 1} facts")


if __name__ == "__main__":
    main()
