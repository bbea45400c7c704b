"""The explanation at an article: asked for, computed then, and nothing but text."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboard import explain as panel
from pipeline import store
from pipeline.coding.coder import Coding
from pipeline.coding.steps import Step
from pipeline.errors import SettingsError
from pipeline.explain import explain
from tests.dashboard.pages import page_text, run_page
from tests.dashboard.test_evidence import HOSTILE, Reader
from tests.fakes import FakeCoder
from tests.reports import make_article

TEXT = "Attack in Kirkuk\n\n5 people were killed in Kirkuk on 2023-12-03, the police said."


class SteppingCoder(FakeCoder):
    """The small coder, with the steps of one sentence."""

    def code(self, article: Any) -> Any:
        start = article.text.index("5 people")
        steps = (
            Step("sentence", article.text[start:], start, len(article.text), "asserted"),
            Step("count", "5", start, start + 1, "killed: best 5"),
            Step("event", "5 people", start, len(article.text), "event 1, asserted, 1 sentence: gives a report"),
        )
        found = super().code(article)
        return Coding(found.outcome, found.reason, found.reports, steps)


@pytest.fixture
def stored(own_store: Path) -> Path:
    db = store.open_store(own_store)
    with store.writing(db):
        store.save_article(db, make_article("a1", text=TEXT, headline="Attack in Kirkuk"))
        store.save_coding(db, "a1", (), coder="hand", coder_version="1", outcome="nothing", reason="by hand")
    db.close()
    return own_store


def test_it_loads_no_coder_until_it_is_asked(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "coder_in_use", lambda: pytest.fail("loaded"))
    at = run_page("articles", article="a1")
    assert "Nothing is stored" in page_text(at)


def test_asked_it_shows_sentences_events_and_values(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "coder_in_use", SteppingCoder)
    before = stored.read_bytes()
    at = run_page("articles", article="a1")
    at.button(key="explain_now").click().run()
    assert not at.exception
    words = unescape(page_text(at))
    assert "1 report by fake 1." in words
    for part in ("<td>count</td><td>“5”</td><td>killed: best 5</td>", "gives a report", "<td>Killed</td><td>5</td><td>“5”</td>"):
        assert part in words
    assert stored.read_bytes() == before


def test_a_coder_that_cannot_be_loaded_is_said(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise SettingsError("the spaCy model 'x' is not installed")

    monkeypatch.setattr(panel, "coder_in_use", fail)
    at = run_page("articles", article="a1")
    at.button(key="explain_now").click().run()
    assert "The coder cannot be loaded: the spaCy model 'x' is not installed" in unescape(page_text(at))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_article_says_stays_text(text: str) -> None:
    article = make_article("a1", text=text)
    steps = (Step("sentence", text, 0, max(1, len(text)), text), Step(text, text, 0, 1, text))
    found = explain(article, Coding("nothing", text, (), steps))
    reader = Reader()
    reader.feed("".join(panel.sentence_html(s) for s in found.sentences))
    assert reader.tags <= {"p", "small", "div", "table", "thead", "tbody", "tr", "th", "td", "bdi"}
