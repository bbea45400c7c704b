"""Hostile text and any spans: what is shown is the text, exactly, and never markup of its own."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.evidence import (
    GROUP_OF,
    GROUPS,
    QUIET_PARTS,
    Span,
    escape_text,
    group_of,
    highlight,
    palette_css,
    segments,
    shown_ranges,
)
from pipeline.models import PART_KINDS, Part, Report

HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</p></article><iframe src='javascript:alert(1)'>",
    '" onmouseover="alert(1)',
    "&lt;b&gt; &amp; &#60;script&#62;",
    "**bold** [link](javascript:alert(1)) :red[x] $a$",
    "<!-- --><style>*{display:none}</style>",
    "killed \u202e21\u202c people \u2066x\u2069 \u200f",
    "a\r\nb\r\n\r\nc",
    "x" * 5000,
    "<mark class='ev'>five</mark>",
    "]]><svg/onload=alert(1)>",
)
ALLOWED = {"p", "span", "mark", "bdi"}
ALLOWED_ATTRIBUTES = {"class", "dir", "data-groups", "title", "data-name"}


class Reader(HTMLParser):
    """Takes HTML apart: its text, its tags, its attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes, self.open = "", set[str](), set[str](), list[str]()
        self.marked = list[tuple[str, str]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)
        if tag == "mark":
            self.marked.append((dict(attrs)["data-groups"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            groups, words = self.marked[-1]
            self.marked[-1] = groups, words + data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


# Any character SQLite and a browser can hold: no lone surrogates, no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80)
pieces = st.lists(texts | st.sampled_from([*HOSTILE, "\n\n", "\n\n\n", " "]), max_size=6).map("".join)
fields = st.sampled_from([*GROUP_OF, "claims[0]", "unknown_field"])
spans = st.lists(st.builds(Span, fields, st.integers(-5, 400), st.integers(-5, 400)), max_size=12)
cuts = st.lists(st.integers(0, 400), max_size=8)


def parts_of(cut: list[int], length: int) -> list[Part]:
    edges = sorted({min(c, length) for c in cut})
    return [Part(PART_KINDS[n % len(PART_KINDS)], a, b) for n, (a, b) in enumerate(itertools.pairwise(edges))]


@given(pieces, spans, cuts)
def test_what_is_shown_is_the_text_exactly(text: str, found: list[Span], cut: list[int]) -> None:
    shown = read(highlight(text, found, parts_of(cut, len(text))))
    assert shown.text == text
    assert shown.tags <= ALLOWED
    assert shown.attributes <= ALLOWED_ATTRIBUTES


@given(pieces, spans)
def test_each_span_is_marked_with_its_field_and_nothing_else_is(text: str, found: list[Span]) -> None:
    wanted = [set[str]() for _ in text]
    for span in found:
        for i in range(max(0, span.start), min(len(text), span.end)):
            wanted[i].add(group_of(span.field))
    got = [set[str]() for _ in text]
    for s in segments(text, found):
        for i in range(s.start, s.end):
            got[i] |= set(s.groups)
    assert got == wanted


@given(pieces, spans, cuts)
def test_segments_cover_the_text_once_in_order(text: str, found: list[Span], cut: list[int]) -> None:
    cover = segments(text, found, parts_of(cut, len(text)))
    assert "".join(text[s.start : s.end] for s in cover) == text
    assert all(s.start < s.end for s in cover)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    for found in ([], [Span("deaths_best", 0, len(text))], [Span("side_a", 1, 4), Span("place_name", 2, 9)]):
        html = highlight(f"Before.\n\n{text}\n\nAfter.", found)
        shown = read(html)
        assert shown.text == f"Before.\n\n{text}\n\nAfter."
        assert shown.tags <= ALLOWED
        assert not re.search(r"<[^>]*\son\w+=", html)


def test_overlapping_fields_share_their_words() -> None:
    text = "killed five militants near Kirkuk"
    found = [Span("event_type", 0, 21), Span("deaths_best", 7, 11), Span("side_b", 12, 21), Span("place_name", 22, 33)]
    assert read(highlight(text, found)).marked == [
        ("what", "killed "), ("killed what", "five"), ("what", " "), ("what against", "militants"), ("where", "near Kirkuk"),
    ]  # fmt: skip


def test_a_part_says_what_it_is() -> None:
    text = "Five killed\n\nBy A Reporter\n\nFive died.\n\nAdvertisement"
    parts = [Part("headline", 0, 11), Part("byline", 13, 26), Part("body", 28, 38), Part("boilerplate", 40, 53)]
    html = highlight(text, [Span("deaths_best", 28, 32)], parts)
    assert '<span class="part part-headline">Five killed</span>' in html
    assert '<span class="part quiet part-byline">By A Reporter</span>' in html
    assert '<span class="part quiet part-boilerplate">Advertisement</span>' in html
    assert html.count("<p ") == 4


def test_direction_controls_are_shut_in_and_named() -> None:
    html = escape_text("12\u202e21")
    assert html == '12<bdi class="ctl" data-name="RLO">\u202e</bdi>21'


def test_a_long_text_is_shown_around_its_evidence_and_says_what_is_left_out() -> None:
    text = "a" * 2_000_000 + "five dead" + "b" * 3_000_000
    html = highlight(text, [Span("deaths_best", 2_000_000, 2_000_004)], limit=10_000)
    assert len(html) < 12_000
    assert read(html).marked == [("killed", "five")]
    assert "1,993,500 characters" in html
    left_out = [int(n.replace(",", "")) for n in re.findall(r"… ([\d,]+) characters", html)]
    assert sum(left_out) + sum(b - a for a, b in shown_ranges(text, [Span("deaths_best", 2_000_000, 2_000_004)], limit=10_000)) == len(text)


@settings(max_examples=50)
@given(pieces, spans, st.integers(2, 60))
def test_no_evidence_is_ever_left_out(text: str, found: list[Span], limit: int) -> None:
    ranges = shown_ranges(text, found, limit=limit)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges))
    for span in found:
        start, end = max(0, span.start), min(len(text), span.end)
        if start < end:
            assert any(a <= start and end <= b for a, b in ranges)


def test_every_coded_field_has_a_group_and_no_two_groups_look_alike() -> None:
    coded = {f for f in Report.__dataclass_fields__ if f not in {"report_id", "article_id", "evidence", "coder", "coder_version"}}
    assert coded - set(GROUP_OF) == {"confidence", "confidences"}
    assert len({(g.colour, g.line) for g in GROUPS.values()}) == len(GROUPS)
    assert set(QUIET_PARTS) <= set(PART_KINDS)


def test_the_palette_names_every_group() -> None:
    css = palette_css()
    assert all(f".c-{key}" in css and f'data-lit="{key}"' in css for key in GROUPS)
