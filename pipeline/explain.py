"""Why an article was coded as it was: sentence by sentence which rule fired on which words, then the reports.

`explain` gives records, for the dashboard and for `explanation_lines`, which is what `dateline explain` prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.coding.steps import Step
from pipeline.models import Article, Evidence, Report, as_plain
from pipeline.run import REPORT_FIELDS, CodedArticle

# A field without words of its own that rests on another's: the words of the figure, the day or the place.
RESTS_ON = {
    "event_type": "sub_event_type", "modes": "sub_event_type", "date_end": "date_start", "date_prec": "date_start",
    "country": "place_name", "admin1": "place_name", "latitude": "place_name", "longitude": "place_name", "where_prec": "place_name",
    **dict.fromkeys(("deaths_low", "deaths_high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"), "deaths_best"),
    **dict.fromkeys(("injured_low", "injured_high"), "injured_best"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it was taken, with the steps in it; offsets into the article's text."""

    text: str
    start: int
    end: int
    taken_as: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One field of a report that is not empty, in words, and the words behind it; `rests_on` where they are another's."""

    field: str
    value: str
    evidence: tuple[Evidence, ...]
    rests_on: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a coder made of an article, and how it came to that."""

    outcome: str
    reason: str
    sentences: tuple[Sentence, ...]
    events: tuple[Step, ...]
    reports: tuple[Report, ...]


def explain(article: Article, coding: CodedArticle) -> Explanation:
    """The steps of a coding by sentence. A coder that keeps no steps explains itself by its reports alone."""
    steps: Sequence[Step] = getattr(coding, "steps", ())
    sentences: list[Sentence] = []
    for head in (s for s in steps if s.step == "sentence"):
        inside = tuple(s for s in steps if s.step not in ("sentence", "event") and head.start <= s.start < head.end)
        sentences.append(Sentence(" ".join(article.text[head.start : head.end].split()), head.start, head.end, head.effect, inside))
    events = tuple(s for s in steps if s.step == "event")
    return Explanation(coding.outcome, coding.reason, tuple(sentences), events, coding.reports)


def values_of(report: Report) -> list[Value]:
    """The fields of a report that are not empty, in the codebook's order."""
    plain = as_plain(report)
    found = []
    for name in REPORT_FIELDS:
        if name == "evidence" or plain[name] in (None, [], False):
            continue
        own = _evidence(report, name)
        base = RESTS_ON.get(name, "")
        rests_on = base if base and not own and _evidence(report, base) else ""
        found.append(Value(name, value_words(plain[name]), own, rests_on, report.confidences.get(name)))
    return found


def _evidence(report: Report, name: str) -> tuple[Evidence, ...]:
    return tuple(e for e in report.evidence if e.field.split("[")[0] == name)


def value_words(value: Any) -> str:
    """A value in words: actors by name and interaction code, lists joined, numbers as they are."""
    if isinstance(value, list):
        return "; ".join(value_words(v) for v in value)
    if isinstance(value, dict):
        if "inter" in value:
            return f"{value['name']} (inter {value['inter']})"
        if "stance" in value:
            by = f" by {value['by']}" if value.get("by") else ""
            return f"{value['actor']} {value['stance']}{by}"
        if "kind" in value:
            return f"{value['source']} ({value['kind']})"
        return json.dumps(value, ensure_ascii=False)
    return str(value)


# --- for a terminal --------------------------------------------------------------------------------


def explanation_lines(article: Article, found: Explanation) -> Iterator[str]:
    """The explanation as lines of plain text."""
    yield article.headline or "Without a headline"
    yield ", ".join(part for part in (article.article_id, article.source, f"published {article.published or 'on an unknown day'}") if part)
    yield f"Outcome: {found.outcome}{f', {found.reason}' if found.reason else ''}; {len(found.reports)} reports"
    for number, sentence in enumerate(found.sentences, 1):
        yield ""
        yield f"Sentence {number}, {sentence.start}-{sentence.end}: {sentence.taken_as}"
        yield f"  {sentence.text}"
        yield from _rows([(s.step, f"“{' '.join(s.words.split())}”", f"{s.start}-{s.end}", s.effect) for s in sentence.steps])
    if found.events:
        yield ""
        yield "Events"
        yield from (f"  {s.effect}" for s in found.events)
    for number, report in enumerate(found.reports, 1):
        sure = "" if report.confidence is None else f", confidence {report.confidence:.2f}"
        yield ""
        yield f"Report {number}, {report.assertion}{sure}"
        yield from _rows([(v.field, v.value, _words_behind(v)) for v in values_of(report) if v.field != "assertion"])


def _words_behind(value: Value) -> str:
    if value.rests_on:
        return f"by the words of {value.rests_on}"
    return ", ".join(f"“{e.quote}” {e.start}-{e.end}" for e in value.evidence) or "derived"


def _rows(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows in columns, two spaces in; the last column is as long as it is."""
    if not rows:
        return
    # A long quotation must not push all other rows off the screen.
    widths = [min(40, max(len(row[n]) for row in rows)) for n in range(len(rows[0]) - 1)]
    for row in rows:
        yield "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
