"""The Quality page: the kept figures, whose they are, and how sure the coder may be."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboard.views.quality import bar, fields_html, label_of, percent, phenomena_html, tallies_html, version_words
from pipeline import evaluate as measuring
from pipeline import store
from pipeline.codebook import describe
from pipeline.scoring import Tally
from tests.dashboard.pages import broken_store, page_text, run_page
from tests.dashboard.test_evidence import Reader
from tests.reports import make_article, make_report, save_all

KEPT = measuring.read_measured()
assert KEPT is not None
MINE = f"{KEPT.coder} {KEPT.coder_version}"


def fill(path: Path, *versions: str) -> None:
    """A store with an article coded by each of these versions of the coder that was measured."""
    assert KEPT is not None
    db = store.open_store(path)
    save_all(db, [make_article(f"a{n}") for n in range(len(versions))], [make_report(f"a{n}") for n in range(len(versions))])
    with store.writing(db):
        db.execute("DELETE FROM codings")
        db.execute("DELETE FROM meta")  # as if nobody had coded into it yet
        for n, version in enumerate(versions):
            store.save_coding(db, f"a{n}", (), coder=KEPT.coder, coder_version=version, outcome="nothing")
    db.close()


def words_of(at: Any) -> str:
    return unescape(page_text(at))


def test_the_kept_figures_are_shown_without_a_store() -> None:
    words = words_of(run_page("quality"))
    assert "Nothing is coded in this store yet." in words
    assert f"The figures are of the coder {MINE}." in words
    assert f"{KEPT.score.incident.f1:.2f}" in words
    assert all(label_of(name) in words for name in KEPT.score.fields)
    assert describe("deaths_best") in words  # the codebook's own sentence, as a tooltip


def test_it_says_whether_the_store_is_of_the_coder_that_was_measured(own_store: Path) -> None:
    fill(own_store, KEPT.coder_version)
    assert f"These figures are of the coder that coded this store: {MINE}, 1 article." in words_of(run_page("quality")).replace("</b>", "")


def test_another_coder_is_said_plainly(own_store: Path) -> None:
    fill(own_store, "0-old", "0-old")
    words = words_of(run_page("quality"))
    assert "These figures are not of the coder that coded this store." in words
    assert f"in the store are 2 articles by {KEPT.coder} 0-old." in words


def test_a_store_of_two_coders_is_said_plainly() -> None:
    strong, text = version_words(KEPT, [(KEPT.coder, KEPT.coder_version, 3), ("hand", "1", 1)])
    assert strong == "These figures hold for a part of this store."
    assert text == f"The coder that was measured, {MINE}, coded 3 articles in it. Not measured: 1 article by hand 1."


def test_confidence_is_shown_for_the_measure_that_is_chosen() -> None:
    at = run_page("quality")
    control = at.button_group[0]
    assert control.value == "report"
    control.set_value("date").run()
    assert not at.exception
    bands = [b for b in KEPT.reliability if b.measure == "date"]
    assert f"{bands[-1].low:.1f} to {bands[-1].high:.1f}" in words_of(at)


@pytest.mark.parametrize("content", [None, "{}"])
def test_without_a_result_it_says_how_one_comes_to_be(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "measured.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(measuring, "MEASURED", path)
    at = run_page("quality")
    assert at.subheader[0].value == "The coder has not been measured"
    assert "dateline evaluate --out" in at.code[0].value


def test_a_broken_store_has_its_page(own_store: Path) -> None:
    own_store.parent.mkdir(exist_ok=True)
    broken_store(own_store)
    assert run_page("quality").subheader[0].value == "The store cannot be read"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0%"), (0.001, "1%"), (0.713, "71%"), (0.999, "99%"), (0.994, "99%"), (1.0, "100%"), (0.5, "50%"), (1.4, "140%")],
)
def test_only_all_is_100_percent_and_only_none_0(share: float, words: str) -> None:
    assert percent(share) == words


def test_names_in_a_result_stay_text() -> None:
    bad = '<img src=x onerror="alert(1)">'
    reader = Reader()
    html = fields_html([(bad, Tally(1, 2, 3))]) + phenomena_html([(bad, KEPT.score)]) + tallies_html(KEPT.score) + bar(2.0, bad)
    reader.feed(html)
    assert not reader.tags & {"script", "img"}
    assert bad in unescape(html)
    assert "width:100.0%" in html
