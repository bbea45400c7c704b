"""The text of a parsed document, kept: spaCy puts `Doc.text` together from its tokens on every call."""

from __future__ import annotations

from spacy.tokens import Doc, Span

_KEY = "dateline_text"


def text_of(doc: Doc) -> str:
    """`doc.text`, put together once a document."""
    text = doc.user_data.get(_KEY)
    if text is None:
        text = doc.user_data[_KEY] = doc.text
    return str(text)


def span_text(span: Span) -> str:
    """`span.text`, cut from the kept text instead of put together from tokens."""
    return text_of(span.doc)[span.start_char : span.end_char]


def first_char(span: Span) -> int:
    """Where a span's words begin, past the white space that may open it."""
    text = span_text(span)
    return span.start_char + len(text) - len(text.lstrip())
