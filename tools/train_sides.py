"""Train the weights that settle an event's sides on tests/gold/train and print how well they do.

    python tools/train_sides.py            # figures, then weights into pipeline/coding/weights/sides.npz
    python tools/train_sides.py --no-save  # figures only

For each of the two sides a choice among an event's candidates and "nobody" (softmax over the event, ridge), in use
together with the rules (pipeline/coding/sides.py). Figures are from folds that leave out one file of articles each.
Needs scipy, which the program itself does not. The same texts and the same versions give the same weights.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from pipeline.coding import sides as D
from pipeline.coding.coder import Coder, load_coder
from pipeline.coding.frames import CROWDS
from pipeline.intake.normalise import make_article
from pipeline.models import Actor, Report, as_plain
from pipeline.scoring import is_right, pair_reports
from pipeline.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
TRAIN = ROOT / "tests" / "gold" / "train"
RIDGE = 10.0
# A sign seen in fewer events says nothing.
LEAST_EVENTS = 2


@dataclass(slots=True)
class Case:
    """One coded event that the gold has: its candidates' signs, which are right for A and B, what the rules chose."""

    file: str
    gold: dict[str, Any]
    sub_type: str
    people: list[Actor]
    rows: list[list[str]]  # of each candidate, and last of nobody
    right: tuple[list[int], list[int]]
    by_rules: tuple[tuple[Actor, ...], tuple[Actor, ...]]


class _Recorder(Coder):
    """The coder, and what it read the sides of each report from."""

    def __init__(self, coder: Coder) -> None:
        super().__init__(coder.nlp, coder.gazetteer, coder.actors, coder.countries, coder.learned)
        self.seen: list[tuple[Any, Any, Any, Report]] = []

    def report(self, parsed: Any, event: Any, events: Any, number: int) -> Report | None:
        made = super().report(parsed, event, events, number)
        if made is not None:
            self.seen.append((parsed.sides, event, events, made))
        return made


def read_cases(paths: Sequence[Path], coder: Coder) -> list[Case]:
    """Every asserted event of the gold that the coder finds and that is no crowd's."""
    cases = []
    for path in paths:
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            recorder = _Recorder(coder)
            article = make_article(
                text=row["text"], headline=row.get("headline") or "", published=row.get("published"), published_source="metadata",
                source=row.get("source") or "", external_id=row["article_id"],
            )  # fmt: skip
            kept = recorder.code(article).reports
            told = [t for t in recorder.seen if t[3] in kept and t[3].assertion == "asserted"]
            golds = [g for g in row["gold"] if g["assertion"] == "asserted"]
            for i, j in pair_reports(golds, [as_plain(r) for *_, r in told]):
                reader, event, events, report = told[j]
                if report.sub_event_type is None or report.sub_event_type in CROWDS:
                    continue
                country = report.country or ("" if report.where_prec == 7 else None)
                cast = reader.cast(event, events, country)
                ruled = reader.settle_by_rules(cast, event, events, report.sub_event_type, country)
                people = sorted(cast.candidates.values(), key=lambda c: c.actor.name)
                rows = [list(D.signs(c, report.sub_event_type, *ruled)) for c in people]
                rows.append(list(D.signs_of_nobody(cast, report.sub_event_type, *ruled)))
                actors = [c.actor for c in people]
                right = (_right(golds[i], "side_a", actors), _right(golds[i], "side_b", actors))
                cases.append(Case(path.stem, golds[i], report.sub_event_type, actors, rows, right, ruled))
    return cases


# What a gold name's first word says of the kind of actor.
PEOPLE = {
    "Civilians": "people", "Protesters": "crowd", "Rioters": "crowd", "Unidentified": "gunmen", "Police": "police", "Military": "state",
}  # fmt: skip


def _fit(name: str, actor: Actor) -> int:
    """How well a gold name means an actor: 2 yes, 1 perhaps (police for soldiers), 0 no. Names alone are too kind to "of Iraq"."""
    wanted = PEOPLE.get(name.split()[0])
    kind = D.kind_trait(actor)
    kind = "crowd" if kind in ("protesters", "rioters") else kind
    if not is_right("side_b", {"side_b": [name]}, {"side_b": [as_plain(actor)]}):
        return 0
    if wanted == kind or (wanted is None and kind in ("group", "abroad")):
        return 2
    unlike = ("people", "crowd", "gunmen")
    return 0 if wanted in unlike or kind in unlike else 1


def _right(gold: dict[str, Any], side: str, actors: Sequence[Actor]) -> list[int]:
    found: set[int] = set()
    for named in gold.get(side) or []:
        name = named["name"] if isinstance(named, dict) else named
        fits = [_fit(name, a) for a in actors]
        best = max(fits, default=0)
        found.update(i for i, f in enumerate(fits) if f == best and best)
    return sorted(found)


def train(cases: Sequence[Case], side: int, known: dict[str, int]) -> NDArray[np.float64]:
    """One weight a sign: the ridge that makes the right candidates of each event (or nobody) likeliest together."""
    rows = [r for c in cases for r in c.rows]
    group = np.repeat(np.arange(len(cases)), [len(c.rows) for c in cases])
    target = np.concatenate([_one_hot(len(c.rows), c.right[side] or [len(c.rows) - 1]) for c in cases])
    pairs = [(i, known[s]) for i, r in enumerate(rows) for s in dict.fromkeys(r) if s in known]
    at = np.array(pairs)
    table = csr_matrix((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(rows), len(known)))
    turned = table.T.tocsr()

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = table @ w
        top = np.full(len(cases), -np.inf)
        np.maximum.at(top, group, score)
        e = np.exp(score - top[group])
        every, good = np.zeros(len(cases)), np.zeros(len(cases))
        np.add.at(every, group, e)
        np.add.at(good, group, e * target)
        slope = turned @ (e / every[group] - e * target / good[group]) + RIDGE * w
        return float(np.log(every / good).sum() + RIDGE * (w @ w) / 2), slope

    weights: NDArray[np.float64] = minimize(loss, np.zeros(len(known)), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    return weights


def _one_hot(n: int, on: Sequence[int]) -> NDArray[np.float64]:
    out = np.zeros(n)
    out[list(on)] = 1
    return out


def fit(cases: Sequence[Case]) -> dict[str, tuple[float, float]]:
    """The weights of all signs that several events have."""
    seen = Counter(s for c in cases for s in {s for r in c.rows for s in r})
    known = {s: i for i, s in enumerate(sorted(s for s, n in seen.items() if n >= LEAST_EVENTS))}
    a, b = (train(cases, side, known) for side in (0, 1))
    return {s: (float(a[i]), float(b[i])) for s, i in known.items()}


def weigh(case: Case, by_sign: dict[str, tuple[float, float]]) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    """The sides of a case with these weights, as the coder settles them."""
    scores = np.array([np.sum([by_sign.get(s, (0.0, 0.0)) for s in row], axis=0) for row in case.rows])
    shares = np.exp(scores - scores.max(axis=0))
    shares /= shares.sum(axis=0)
    if not case.people:
        return case.by_rules
    return D.settle_chances(case.people, list(shares[:, 0]), list(shares[:, 1]), case.sub_type, *case.by_rules)


def measure(name: str, cases: Sequence[Case], sides: Sequence[tuple[tuple[Actor, ...], tuple[Actor, ...]]]) -> None:
    """Print of each side the share right where the gold names somebody, and how often one is named where it names nobody."""
    line = f"{name:10}"
    for side in ("side_a", "side_b"):
        right = named = empty = wrongly = 0
        for case, (a, b) in zip(cases, sides, strict=True):
            coded = {"side_a": [as_plain(x) for x in a], "side_b": [as_plain(x) for x in b], "sub_event_type": case.sub_type}
            verdict = is_right(side, case.gold, coded)
            if verdict is None:
                empty += 1
                wrongly += bool(coded[side])
            else:
                named += 1
                right += verdict
        line += f"  {side}: right {right}/{named} = {right / named:.3f}, named where nobody is {wrongly}/{empty}"
    print(line)


def main() -> None:
    """Cross-validate, print, train on all, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-save", action="store_true")
    args = parser.parse_args()
    cases = read_cases(sorted(TRAIN.glob("*.jsonl")), load_coder(load_settings()))
    print(f"{len(cases)} events")
    measure("rules", cases, [c.by_rules for c in cases])
    found: dict[int, tuple[tuple[Actor, ...], tuple[Actor, ...]]] = {}
    for file in sorted({c.file for c in cases}):
        by_sign = fit([c for c in cases if c.file != file])
        found |= {i: weigh(c, by_sign) for i, c in enumerate(cases) if c.file == file}
        part = [i for i, c in enumerate(cases) if c.file == file]
        measure(file.removeprefix("train_")[:10], [cases[i] for i in part], [found[i] for i in part])
    measure("weighed", cases, [found[i] for i in range(len(cases))])
    by_sign = fit(cases)
    measure("(trained)", cases, [weigh(c, by_sign) for c in cases])
    if not args.no_save:
        np.savez_compressed(D.WEIGHTS, **D.pack(by_sign))
        print(f"{D.WEIGHTS.name}: {len(by_sign)} signs, {D.WEIGHTS.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
