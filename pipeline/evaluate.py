"""How good the coder is, measured: gold files through the whole chain, scored by the codebook.

The result is kept in `measured.json` beside this file, which the dashboard's Quality page shows;
`dateline evaluate --out pipeline/measured.json` writes it anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import FormatError, UnreadableError
from pipeline.run import REPORT_FIELDS, ArticleCoder, Progress, code_file
from pipeline.scoring import Band, GoldArticle, Score, Tally, add_up, by_phenomenon, reliability, score_article
from pipeline.settings import ROOT

GOLD = ROOT / "tests" / "gold" / "challenge_dev.jsonl"
MEASURED = Path(__file__).with_name("measured.json")

# Beside the codebook's fields: what the coder says of how sure it is.
SCORED_FIELDS = (*REPORT_FIELDS, "confidence", "confidences")


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A gold set that was measured with: its file's name, its size in articles, a digest of its bytes."""

    name: str
    articles: int
    digest: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What one coder reached on some gold sets, and when (ISO day) that was measured."""

    coder: str
    coder_version: str
    measured_on: str
    gold: tuple[GoldFile, ...]
    score: Score
    phenomena: Mapping[str, Score]
    reliability: tuple[Band, ...]


def evaluate(paths: Sequence[Path], *, coder: ArticleCoder, progress: Progress | None = None) -> Measured:
    """Code each gold file in a temporary store of its own and score the reports.

    UnreadableError and FormatError name the file, the line and what is wrong with it.
    """
    files, scores = [], []
    for path in dict.fromkeys(paths):
        articles = read_gold(path)
        coded = code_gold(path, coder=coder, progress=progress)
        scores += [score_article(article, coded.get(article.article_id, ()), scope=str(path)) for article in articles]
        files.append(GoldFile(path.name, len(articles), hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()))
    return Measured(
        coder=coder.name,
        coder_version=coder.version,
        measured_on=dt.datetime.now(dt.UTC).date().isoformat(),
        gold=tuple(files),
        score=add_up(scores),
        phenomena=by_phenomenon(scores),
        reliability=tuple(reliability(scores)),
    )


def code_gold(path: Path, *, coder: ArticleCoder, progress: Progress | None = None) -> dict[str, list[dict[str, Any]]]:
    """The reports of a gold file by article, coded and linked in a temporary store. FormatError on an article that fails."""
    with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
        out = Path(folder) / "reports.jsonl"
        summary = code_file(path, out, coder=coder, progress=progress, fields=SCORED_FIELDS)
        if summary.refused:
            item, reason = summary.refused[0]
            raise FormatError(f"this gold article could not be coded: {reason}", item=item)
        coded: dict[str, list[dict[str, Any]]] = {}
        with out.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                coded.setdefault(row["article_id"], []).append(row)
    return coded


def read_gold(path: Path) -> list[GoldArticle]:
    """The articles of a gold file with their gold, in its order."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UnreadableError(f"cannot be read as gold ({e})", item=str(path)) from e
    articles = list(_gold_articles(path, text))
    if not articles:
        raise FormatError("there is no article in it", item=str(path))
    return articles


def _gold_articles(path: Path, text: str) -> Iterator[GoldArticle]:
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        item = f"{path.name}:{number}"
        try:
            row = json.loads(line)
            article_id, gold = str(row["article_id"]), tuple(dict(g) for g in row["gold"])
            whole = f"{row.get('headline') or ''} {row['text']}"
            phenomena = tuple(dict.fromkeys(map(str, row.get("phenomena") or ())))
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise FormatError(f"no JSON object with article_id, text and a list gold ({type(e).__name__}: {e})", item=item) from e
        if article_id in seen:
            raise FormatError(f"a second article with the id {article_id!r}", item=item)
        seen.add(article_id)
        yield GoldArticle(article_id, whole, phenomena, gold)


# --- kept as JSON ----------------------------------------------------------------------------------

DIGITS = 3


def to_json(measured: Measured) -> dict[str, Any]:
    """The result as plain JSON: counts, and for whoever reads the file the figures that follow from them."""
    return {
        "coder": measured.coder,
        "coder_version": measured.coder_version,
        "measured_on": measured.measured_on,
        "gold": [{"name": g.name, "articles": g.articles, "digest": g.digest} for g in measured.gold],
        "all": _score_json(measured.score),
        "phenomena": {name: _score_json(score) for name, score in measured.phenomena.items()},
        "reliability": [
            {
                "measure": b.measure, "low": b.low, "high": b.high, "n": b.n, "right": b.right,
                "confidence": round(b.confidence, DIGITS), "share": round(b.share, DIGITS),
            }
            for b in measured.reliability
        ],
    }  # fmt: skip


COUNTS = (
    "articles", "exact", "quiet", "quiet_of", "leaked", "not_asserted", "deaths_gold", "deaths_written", "spans", "spans_broken",
    "numbers_without",
)  # fmt: skip


def _score_json(score: Score) -> dict[str, Any]:
    derived = {"slots_macro_f1": score.slots_macro_f1, "articles_exact": score.exact_share, "deaths_error": score.deaths_error}
    return {
        **{name: getattr(score, name) for name in COUNTS},
        **{name: None if value is None else round(value, DIGITS) for name, value in derived.items()},
        "incident": _tally_json(score.incident),
        "merge_pairs": _tally_json(score.merge_pairs),
        "fields": {name: _tally_json(tally) for name, tally in score.fields.items()},
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "right": tally.right, "written": tally.written, "gold": tally.gold,
        "precision": round(tally.precision, DIGITS), "recall": round(tally.recall, DIGITS), "f1": round(tally.f1, DIGITS),
    }  # fmt: skip


def write_measured(measured: Measured, out: Path) -> None:
    """Write the result to a file."""
    out.write_text(json.dumps(to_json(measured), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_measured(path: Path = MEASURED) -> Measured | None:
    """The result that was kept; None where there is none. FormatError where the file is not one."""
    if not path.exists():
        return None
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        return Measured(
            coder=row["coder"],
            coder_version=row["coder_version"],
            measured_on=row["measured_on"],
            gold=tuple(GoldFile(**g) for g in row["gold"]),
            score=_read_score(row["all"]),
            phenomena={name: _read_score(s) for name, s in row["phenomena"].items()},
            reliability=tuple(Band(b["measure"], b["low"], b["high"], b["n"], b["right"], b["confidence"]) for b in row["reliability"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise FormatError(f"is no result of `dateline evaluate` ({type(e).__name__}: {e})", item=str(path)) from e


def _read_score(row: Mapping[str, Any]) -> Score:
    return Score(
        **{name: int(row[name]) for name in COUNTS},
        incident=_read_tally(row["incident"]),
        merge_pairs=_read_tally(row["merge_pairs"]),
        fields={name: _read_tally(t) for name, t in row["fields"].items()},
    )


def _read_tally(row: Mapping[str, Any]) -> Tally:
    return Tally(row["right"], row["written"], row["gold"])


# --- in words --------------------------------------------------------------------------------------

# A phenomenon that fewer articles try says little by itself; it is in the file that is written.
SHOWN_PHENOMENON = 3


def head_lines(measured: Measured) -> list[tuple[str, str]]:
    """The figures over all articles, each with its name."""
    s = measured.score
    gold = ", ".join(f"{g.name} ({g.articles} articles)" for g in measured.gold)
    error = "no deaths in the gold" if s.deaths_error is None else f"{s.deaths_error:.3f} ({s.deaths_written:,} for {s.deaths_gold:,})"
    return [
        ("coder", f"{measured.coder} {measured.coder_version}"),
        ("measured", f"{measured.measured_on} on {gold}"),
        ("reports", f"{s.incident.written:,} asserted for {s.incident.gold:,} in the gold, {s.incident.right:,} found"),
        ("incident", tally_words(s.incident)),
        ("slots macro F1", "nothing to score" if s.slots_macro_f1 is None else f"{s.slots_macro_f1:.3f}"),
        ("articles exact", f"{s.exact_share:.3f} ({s.exact} of {s.articles})"),
        ("quiet kept quiet", f"{s.quiet} of {s.quiet_of}"),
        ("not asserted, counted", f"{s.leaked} of {s.not_asserted}"),
        ("merge pairs", tally_words(s.merge_pairs)),
        ("deaths error", error),
        ("evidence", f"{s.spans:,} spans, {s.spans_broken} broken; {s.numbers_without} numbers without"),
    ]


def tally_words(tally: Tally) -> str:
    """'P 0.795  R 0.770  F1 0.782'."""
    return f"P {tally.precision:.3f}  R {tally.recall:.3f}  F1 {tally.f1:.3f}"


def field_rows(measured: Measured) -> list[tuple[str, ...]]:
    """Field, precision, recall, F1, how many the gold has."""
    return [
        (name, f"{t.precision:.3f}", f"{t.recall:.3f}", f"{t.f1:.3f}", str(t.gold)) for name, t in measured.score.fields.items()
    ]  # fmt: skip


def phenomenon_rows(measured: Measured, *, at_least: int = SHOWN_PHENOMENON) -> list[tuple[str, ...]]:
    """Phenomenon, articles, incident precision, recall, F1, slots macro F1, articles exact."""

    rows = []
    for name, s in measured.phenomena.items():
        if s.articles < at_least:
            continue
        found = s.incident
        rates = (found.precision, found.recall, found.f1, s.slots_macro_f1) if found.gold else (None,) * 4
        rows.append((name, str(s.articles), *("–" if r is None else f"{r:.3f}" for r in rates), f"{s.exact_share:.3f}"))
    return rows


def band_rows(measured: Measured) -> list[tuple[str, ...]]:
    """What the confidence is of, its band, how many, the mean confidence, the share right."""
    return [
        (b.measure, f"{b.low:.1f} to {b.high:.1f}", str(b.n), f"{b.confidence:.2f}", f"{b.share:.2f}") for b in measured.reliability
    ]  # fmt: skip
