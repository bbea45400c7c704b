"""DOCX, PDF and RTF -> their text, and what their own metadata say."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from pipeline.errors import EmptyError, FormatError, LimitError
from pipeline.intake.cleaning import join_hyphens
from pipeline.intake.found import fields_of, guarded

# A document longer than a book is no article.
MAX_PAGES = 2_000
_NO_TITLE = re.compile(r"(?:untitled|document\d*|microsoft word\b.*|.*\.(?:docx?|pdf|rtf|indd|qxd)|\W*)", re.IGNORECASE)

Fields = tuple[dict[str, str], dict[str, str]]


def read_docx(content: bytes) -> Fields:
    """Text, title and author of a Word document; what is in tables follows the text around them. EmptyError where there is no text."""
    with guarded("a Word document"):
        import docx

        document = docx.Document(io.BytesIO(content))
        pieces: list[str] = []
        for block in document.iter_inner_content():
            if hasattr(block, "rows"):
                pieces += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
            else:
                pieces.append(block.text)
        core = document.core_properties
        title, author = core.title or "", core.author or ""
    text = "\n\n".join(piece for piece in pieces if piece.strip())
    if not text:
        raise EmptyError("there is no text in the document", step="parse")
    return fields_of(
        text=(text, "the document's paragraphs"),
        headline=("" if _NO_TITLE.fullmatch(title) else title, "the document's title"),
        byline=(
            "" if author.casefold() in ("python-docx", "user", "admin", "administrator", "author") else author,
            "the document's author",
        ),
    )


def read_pdf(content: bytes) -> Fields:
    """Text, title and author of a PDF. FormatError where it is locked, EmptyError where its pages are pictures."""
    with guarded("a PDF document"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import logging

        import pypdf

        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise FormatError("it is a PDF document locked with a password", step="decode")
        if len(reader.pages) > MAX_PAGES:
            raise LimitError(f"it has {len(reader.pages):,} pages; a document may have {MAX_PAGES:,}")
        text = "\n\n".join(page.extract_text() or "" for page in reader.pages)
        info: Any = reader.metadata or {}
        title, author = str(info.get("/Title") or ""), str(info.get("/Author") or "")
    text = join_lines(join_hyphens(text))
    if not any(c.isalnum() for c in text):
        raise EmptyError("its pages hold no text; they are pictures, most likely", step="parse")
    return fields_of(
        text=(text, "the text of its pages, lines and divided words joined"),
        headline=("" if _NO_TITLE.fullmatch(title) else title, "the document's title"),
        byline=(author if "@" not in author else "", "the document's author"),
    )


def read_rtf(content: bytes) -> Fields:
    """Text and title of an RTF document. EmptyError where there is no text."""
    with guarded("an RTF document"):
        from striprtf.striprtf import rtf_to_text

        raw = content.decode("latin-1")
        text = rtf_to_text(raw, encoding="cp1252", errors="ignore")  # type: ignore[no-untyped-call]
        title = re.search(r"\{\\title\s+([^{}\\]{3,300})\}", raw[:20_000])
    if not any(c.isalnum() for c in text):
        raise EmptyError("there is no text in the document", step="parse")
    name = title[1].strip() if title else ""
    return fields_of(text=(text, "the document's text"), headline=("" if _NO_TITLE.fullmatch(name) else name, "the document's title"))


def join_lines(text: str) -> str:
    """The paragraphs of a page's lines, one a line: a paragraph ends at an empty line, or where a line ends well before the margin.

    Such a line closes a sentence, or is a heading: short, with a capital after it.
    """
    lines = [line.strip() for line in text.replace("\f", "\n\n").splitlines()]
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    paragraphs: list[str] = []
    before = ""
    for line in lines:
        closed = not before or (len(before) < 0.85 * width and before.endswith((".", "!", "?", ":", '"', "\u201d")))
        heading = bool(before) and len(before) < 0.6 * width and before[-1].isalnum() and line[:1].isupper()
        if line and paragraphs and not closed and not heading:
            paragraphs[-1] += f" {line}"
        elif line:
            paragraphs.append(line)
        before = line
    return "\n\n".join(paragraphs)
