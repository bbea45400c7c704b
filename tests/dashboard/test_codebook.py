"""The Codebook page: every column is there, and can be found."""

from __future__ import annotations

import re
from html import unescape

import pytest

from dashboard.views.codebook import columns_html, find_columns, find_terms, in_groups, mark_words, values_html
from dashboard.wording import help_of
from pipeline.codebook import columns, load_glossary
from pipeline.exports import SHAPES
from pipeline.models import EVENT_TYPE_OF
from pipeline.resolution import load_rules
from pipeline.settings import ROOT
from tests.dashboard.pages import page_text, run_page
from tests.dashboard.test_evidence import Reader


@pytest.mark.parametrize("shape", SHAPES)
def test_every_column_of_every_shape_is_explained(shape: str) -> None:
    words = unescape(page_text(run_page("codebook", shape=shape)))
    for column in columns(shape):
        assert f"<code>{column.column}</code>" in words
        assert column.description in words


def test_types_and_rules_are_there_too() -> None:
    words = unescape(page_text(run_page("codebook")))
    assert all(sub in words for sub in EVENT_TYPE_OF)
    assert all(rule.sentence in words for rule in load_rules())


def test_the_search_finds_and_marks() -> None:
    at = run_page("codebook", q="place precision")
    words = page_text(at)
    assert f"1 of {len(columns('native'))} columns" in words
    assert "<mark>Place</mark>" in words
    at.text_input[0].set_value("zebra").run()
    assert at.subheader[0].value == "No column speaks of that, and no term"
    at.text_input[0].set_value("").run()
    assert "q" not in at.query_params


def test_all_words_must_be_there_in_any_case() -> None:
    native = columns("native")
    assert "where_prec" in [c.column for c in find_columns(native, "WHERE_PREC")]
    assert find_columns(native, "killed lowest") != []
    assert find_columns(native, "killed zebra") == []
    assert list(find_columns(native, "")) == list(native)


def test_groups_stay_together() -> None:
    groups = [c.group for c in in_groups(columns("native"))]
    assert len(list(dict.fromkeys(groups))) == sum(a != b for a, b in zip(groups, [None, *groups], strict=False))


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "(", "[a-", "\\", "&amp;", "a b"])
def test_any_search_words_stay_text(words: str) -> None:
    reader = Reader()
    html = mark_words(f"a <b> & {words}", words) + columns_html(columns("native"), words) + values_html("1 a; 2 <b>", words)
    reader.feed(html.replace("<mark>", '<mark data-groups="">'))
    assert reader.tags <= {"mark", "div", "code", "span", "b", "p", "ul", "li", "h2", "bdi"}


def test_terms_are_there_and_found() -> None:
    words = unescape(page_text(run_page("codebook")))
    for term, meaning in load_glossary().items():
        assert f"<dt>{term}</dt><dd>{meaning}</dd>" in words
    assert list(find_terms("agency outlets")) == ["origin"]
    assert "<mark>quarantine</mark>" in page_text(run_page("codebook", q="quarantine"))


def test_what_another_shape_has_is_told() -> None:
    at = run_page("codebook", q="priogrid_gid")
    assert "It is in the columns of the shape UCDP-shaped." in page_text(at)


def test_tooltips_come_from_the_codebook_and_the_glossary() -> None:
    assert help_of("deaths_best").startswith("Killed in this event, all parties together")
    assert help_of("origin").startswith("Whom a story comes from.")
    assert help_of("sub_event_type") == "Sub\\-event type, spelled as ACLED spells it. Values\\: see the list of event types on this page."
    with pytest.raises(KeyError):
        help_of("nothing")


VIEWS = sorted((ROOT / "dashboard").rglob("*.py"))


def test_every_tooltip_that_is_asked_for_is_there() -> None:
    asked = {name for file in VIEWS for name in re.findall(r'help_of\("(\w[\w ]*)"\)', file.read_text(encoding="utf-8"))}
    assert asked
    for name in asked:
        assert help_of(name)
