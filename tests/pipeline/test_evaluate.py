"""Measuring the coder: gold files in, figures out, kept and read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import evaluate as measuring
from pipeline.errors import FormatError, UnreadableError
from pipeline.scoring import Tally
from tests.fakes import FakeCoder

GOLD = {
    "assertion": "asserted", "event_type": "Violence against civilians", "sub_event_type": "Attack", "date_start": "2023-12-03",
    "date_end": "2023-12-03", "date_prec": 1, "country": "IQ", "latitude": 35.468, "longitude": 44.392, "where_prec": 1,
    "side_a": ["Unidentified armed group"], "deaths_best": 5, "incident_key": "e1",
}  # fmt: skip


def line(article_id: str, text: str, *gold: dict[str, Any], phenomena: tuple[str, ...] = ()) -> str:
    row = {"article_id": article_id, "published": "2023-12-04", "headline": "Attack", "text": text, "phenomena": phenomena, "gold": gold}
    return json.dumps(row, ensure_ascii=False) + "\n"


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text(
        line("g1", "The police said that 5 people were killed in Kirkuk on 2023-12-03.", GOLD, phenomena=("near",))
        + line("g2", "A spokesman said 5 people were killed in Kirkuk on 2023-12-03, the governor's office added.", GOLD)
        + "\n"
        + line("g3", "Rain fell over the province. Nobody\u2028complained.", phenomena=("no_report",)),
        encoding="utf-8",
    )
    return path


def test_gold_goes_through_the_whole_chain(gold_file: Path) -> None:
    seen: list[int] = []
    found = measuring.evaluate([gold_file], coder=FakeCoder("7"), progress=lambda summary: seen.append(summary.read))
    assert (found.coder, found.coder_version, [(g.name, g.articles) for g in found.gold]) == ("fake", "7", [("gold.jsonl", 3)])
    assert found.score.incident == Tally(2, 2, 2)
    assert found.score.merge_pairs == Tally(1, 1, 1)
    assert (found.score.exact, found.score.quiet, found.score.deaths_written) == (3, 1, 5)
    assert {name: s.articles for name, s in found.phenomena.items()} == {"near": 1, "no_report": 1}
    assert seen[-1] == 3


def test_a_file_named_twice_is_measured_once_and_two_files_are_kept_apart(gold_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_bytes(gold_file.read_bytes())
    assert measuring.evaluate([gold_file, gold_file], coder=FakeCoder()).score.articles == 3
    both = measuring.evaluate([gold_file, other], coder=FakeCoder()).score
    assert (both.articles, both.merge_pairs, both.deaths_written) == (6, Tally(2, 2, 2), 10)


def test_a_result_that_was_written_is_read_again(gold_file: Path, tmp_path: Path) -> None:
    found = measuring.evaluate([gold_file], coder=FakeCoder())
    measuring.write_measured(found, tmp_path / "m.json")
    again = measuring.read_measured(tmp_path / "m.json")
    assert again == found
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["all"]["incident"]["f1"] == 1.0


def test_no_result_is_none_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert measuring.read_measured(tmp_path / "none.json") is None
    for text in ("", "[]", "{}", '{"coder": 1}'):
        (tmp_path / "bad.json").write_text(text, encoding="utf-8")
        with pytest.raises(FormatError, match=r"bad\.json: is no result"):
            measuring.read_measured(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "there is no article in it"),
        ("no json\n", "bad.jsonl:1: no JSON object"),
        (line("g1", "a") + '{"article_id": "g2", "text": "a"}\n', "bad.jsonl:2: no JSON object"),
        ('{"article_id": "g2", "text": "a", "gold": [1]}\n', "bad.jsonl:1: no JSON object"),
        (line("g1", "a") + line("g1", "b"), "bad.jsonl:2: a second article with the id 'g1'"),
    ],
)
def test_gold_that_is_none_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "bad.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=words):
        measuring.read_gold(tmp_path / "bad.jsonl")


def test_gold_that_cannot_be_read_or_coded_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(UnreadableError, match=r"bad\.jsonl"):
        measuring.read_gold(tmp_path / "bad.jsonl")
    (tmp_path / "breaks.jsonl").write_text(line("g1", "Please break the coder with this text, thank you."), encoding="utf-8")
    with pytest.raises(FormatError, match="could not be coded"):
        measuring.evaluate([tmp_path / "breaks.jsonl"], coder=FakeCoder())


def test_the_result_that_is_shipped_is_of_our_own_gold_set() -> None:
    kept = measuring.read_measured()
    assert kept is not None
    assert [g.name for g in kept.gold] == [measuring.GOLD.name]
    assert kept.score.articles == len(measuring.read_gold(measuring.GOLD))


@pytest.mark.model
def test_the_result_that_is_shipped_is_of_the_coder_that_is_shipped(coder: Any) -> None:
    kept = measuring.read_measured()
    assert kept is not None
    assert (kept.coder, kept.coder_version) == (coder.name, coder.version), "run: dateline evaluate --out pipeline/measured.json"
