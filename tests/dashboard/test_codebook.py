"""The Codebook page: every column is there, and can be found."""

from __future__ import annotations

from html import unescape

import pytest

from dashboard.views.codebook import columns_html, find_columns, in_groups, mark_words, values_html
from pipeline.codebook import columns
from pipeline.exports import SHAPES
from pipeline.models import EVENT_TYPE_OF
from pipeline.resolution import load_rules
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
    assert at.subheader[0].value == "No column speaks of that"
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
