"""The text of a parsed document, kept: spaCy puts `Doc.text` together from its tokens on every call."""

from __future__ import annotations

from spacy.tokens import Doc

_KEY = "dateline_text"


def text_of(doc: Doc) -> str:
    """`doc.text`, put together once a document."""
    text = doc.user_data.get(_KEY)
    if text is None:
        text = doc.user_data[_KEY] = doc.text
    return str(text)
