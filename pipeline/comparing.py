"""Two coders' reports side by side: which tell the same event, and in which fields they differ.

Reports are paired article by article as reports are paired with gold (see `pipeline.scoring`), and a field agrees where
either would be right if the other were gold. What neither states is not counted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import NotFoundError
from pipeline.exports import neutralise
from pipeline.models import Report, as_plain
from pipeline.scoring import FIELDS, is_right, pair_reports

# The field of a report that a scored field stands for.
REPORT_FIELD = {"date": "date_start", "place": "place_name"}
# A field whose words are those of another.
WORDS_OF = {
    "country": "place_name", "where_prec": "place_name", "date_prec": "date_start", "event_type": "sub_event_type",
    "modes": "sub_event_type", "deaths_low": "deaths_best", "deaths_high": "deaths_best", "deaths_civilians": "deaths_best",
}  # fmt: skip
CSV_COLUMNS = ("article_id", "headline", "report_a", "report_b", "field", "value_a", "value_b", "quote_a", "quote_b")
REPORT = "report"  # the field of a difference where one of the two has no such report
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing the two say differently of an article; a value is None where it is not stated, or there is no such report."""

    article_id: str
    headline: str
    report_a: str
    report_b: str
    field: str
    value_a: Any
    value_b: Any
    quote_a: str
    quote_b: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often a field of paired reports agrees, of the pairs in which either states it."""

    field: str
    same: int
    pairs: int

    @property
    def share(self) -> float:
        """The share of pairs that agree, 0 to 1."""
        return self.same / self.pairs if self.pairs else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The asserted reports of two coders over the articles that both have coded."""

    a: str
    b: str
    articles: int
    reports_a: int
    reports_b: int
    paired: int
    fields: tuple[Agreement, ...]
    differences: tuple[Difference, ...]

    def most_different(self, limit: int) -> list[tuple[str, str, int]]:
        """(article_id, headline, differences) of the articles in which they differ most."""
        counts: dict[tuple[str, str], int] = {}
        for d in self.differences:
            key = d.article_id, d.headline
            counts[key] = counts.get(key, 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [(article_id, headline, n) for (article_id, headline), n in ordered[:limit]]


def compare(db: Database, a: str, b: str) -> Comparison:
    """Compare two coders over the articles that both have coded. NotFoundError where one of them has coded nothing."""
    have = {name for name, *_ in store.codings_by_coder(db)}
    for name in (a, b):
        if name not in have:
            raise NotFoundError(
                f"there are no reports of a coder {name!r} in the store; it has those of {', '.join(sorted(have)) or 'none'}"
            )
    both = store.articles_coded_by(db, a, b)
    same, stated = dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0)
    reports_a = reports_b = paired = 0
    differences: list[Difference] = []
    for article_id, headline, ours, theirs in _side_by_side(db, both, a, b):
        plain_a, plain_b = [as_plain(r) for r in ours], [as_plain(r) for r in theirs]
        pairs = pair_reports(plain_a, plain_b)
        reports_a, reports_b, paired = reports_a + len(ours), reports_b + len(theirs), paired + len(pairs)
        for i, j in pairs:
            for name in FIELDS:
                agree = agrees(name, plain_a[i], plain_b[j])
                if agree is None:
                    continue
                stated[name] += 1
                same[name] += agree
                if not agree:
                    differences.append(_difference(article_id, headline, ours[i], theirs[j], name))
        taken = {i for i, _ in pairs}, {j for _, j in pairs}
        differences += [_difference(article_id, headline, r, None, REPORT) for i, r in enumerate(ours) if i not in taken[0]]
        differences += [_difference(article_id, headline, None, r, REPORT) for j, r in enumerate(theirs) if j not in taken[1]]
    fields = tuple(Agreement(name, same[name], stated[name]) for name in FIELDS)
    return Comparison(a, b, len(both), reports_a, reports_b, paired, fields, tuple(differences))


def _side_by_side(
    db: Database, articles: Sequence[tuple[str, str]], a: str, b: str
) -> Iterator[tuple[str, str, list[Report], list[Report]]]:
    """(article_id, headline, asserted reports of a, of b), article by article."""
    for n in range(0, len(articles), CHUNK):
        chunk = dict(articles[n : n + CHUNK])
        found: dict[tuple[str, str], list[Report]] = {}
        condition = f"r.assertion = 'asserted' AND r.article_id IN ({','.join('?' * len(chunk))}) AND r.coder IN (?, ?)"
        for report in store.load_reports(db, condition, (*chunk, a, b)):
            found.setdefault((report.article_id, report.coder), []).append(report)
        for article_id, headline in chunk.items():
            yield article_id, headline, found.get((article_id, a), []), found.get((article_id, b), [])


def agrees(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool | None:
    """Whether a field of two reports agrees, whichever of them is taken as gold; None where neither states it."""
    field = REPORT_FIELD.get(name, name)
    if all(report.get(field) in (None, [], ["unknown"]) for report in (one, other)):
        return None
    verdicts = [is_right(name, one, other), is_right(name, other, one)]
    # What only one of them states has no verdict from the other's side.
    return all(v is not False for v in verdicts)


def _difference(article_id: str, headline: str, one: Report | None, other: Report | None, name: str) -> Difference:
    ids = [r.report_id if r else "" for r in (one, other)]
    values = [_told(r) if name == REPORT else _value(r, name) for r in (one, other)]
    quotes = [_quote(r, "sub_event_type" if name == REPORT else name) for r in (one, other)]
    return Difference(article_id, headline, ids[0], ids[1], name, values[0], values[1], quotes[0], quotes[1])


def _value(report: Report | None, name: str) -> Any:
    return as_plain(getattr(report, REPORT_FIELD.get(name, name))) if report else None


def _told(report: Report | None) -> str | None:
    """A report that has no partner, in a few words."""
    if report is None:
        return None
    killed = None if report.deaths_best is None else f"{report.deaths_best} killed"
    return ", ".join(str(v) for v in (report.sub_event_type, report.place_name, report.date_start, killed) if v)


def _quote(report: Report | None, name: str) -> str:
    """The words behind a field of a report, those of the field it rests on where it has none of its own."""
    if report is None:
        return ""
    field = REPORT_FIELD.get(name, name)
    for wanted in (field, WORDS_OF.get(field, "")):
        if found := [e.quote for e in report.evidence if wanted and e.field.split("[")[0] == wanted]:
            return " | ".join(dict.fromkeys(found))
    return ""


def value_words(value: Any) -> str:
    """A value as a cell: empty where nothing is stated, actors by name, lists joined."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(value_words(v) for v in value)
    if isinstance(value, dict):
        return str(value["name"]) if "name" in value else json.dumps(value, ensure_ascii=False)
    return str(value)


def write_differences(path: Path, differences: Iterable[Difference]) -> int:
    """Write one row a difference as CSV, with cells that no spreadsheet runs; how many rows."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(CSV_COLUMNS)
        for d in differences:
            words = (d.headline, d.report_a, d.report_b, d.field, value_words(d.value_a), value_words(d.value_b), d.quote_a, d.quote_b)
            out.writerow((d.article_id, *map(neutralise, words)))
            rows += 1
    return rows
