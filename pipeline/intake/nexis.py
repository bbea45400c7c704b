"""Nexis and Nexis Uni downloads (text, or RTF, HTML and Word turned into text) -> one set of fields an article.

The older layout opens each article with "1 of 250 DOCUMENTS" and has its fields in capitals ("BYLINE:",
"BODY:", "LOAD-DATE:"); the newer one has "Body" on a line of its own and closes with "End of Document".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.errors import FormatError, RefusedError
from pipeline.intake.factiva import LANGUAGES
from pipeline.intake.found import fields_of, without_by
from pipeline.intake.publication import published_in_words

_OLD = re.compile(r"^[ \t]*(?:Document )?\d[\d,]* of \d[\d,]* DOCUMENTS?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_NEW = re.compile(r"^[ \t]*End of Document[ \t]*$", re.MULTILINE)
_BODY = re.compile(r"^[ \t]*Body[ \t]*:?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FIELD = re.compile(
    r"^[ \t]*(?P<name>BYLINE|SECTION|LENGTH|DATELINE|BODY|LOAD-DATE|LANGUAGE|PUBLICATION-TYPE|HIGHLIGHT|SUBJECT|GRAPHIC|JOURNAL-CODE|"
    r"HEADLINE|URL|COPYRIGHT|Byline|Section|Length|Dateline|Load-Date|Language|Publication-Type|Highlight|Graphic|Classification|"
    r"Notes|Correction|CORRECTION|CORRECTION-DATE)[ \t]*:[ \t]*",
    re.MULTILINE,
)
# Where the body is over, in the layout that sets no mark at its end.
_CLOSE = re.compile(r"^[ \t]*(?:Classification|Notes|Graphic|Load-Date\b.*)[ \t]*$", re.MULTILINE)
_COPYRIGHT = re.compile(r"^[ \t]*(?:Copyright|\(c\)|©|All Rights Reserved)\b.*$", re.MULTILINE | re.IGNORECASE)

Fields = tuple[dict[str, str], dict[str, str]]


def looks_like_nexis(text: str) -> bool:
    """Whether a text is a download of Nexis: an article's opening or closing line, with the fields that Nexis sets."""
    names = {m["name"].casefold() for m in _FIELD.finditer(text[:20_000])}
    opened = bool(_OLD.search(text[:3000])) or bool(_NEW.search(text))
    return (opened and bool(names & {"length", "body", "load-date"})) or (bool(_BODY.search(text)) and {"length", "load-date"} <= names)


def split_nexis(text: str) -> Iterator[Fields | RefusedError]:
    """The articles of a download, each as our fields and how each was got; one that cannot be read is an error by itself."""
    old = list(_OLD.finditer(text))
    if old:
        ends = [m.start() for m in old[1:]] + [len(text)]
        pieces = [text[m.end() : end] for m, end in zip(old, ends, strict=True)]
    else:
        pieces = _NEW.split(text)
    found = False
    for piece in pieces:
        if not any(c.isalnum() for c in piece) or not _FIELD.search(piece):
            continue  # a cover sheet, the list of contents, blank space
        found = True
        try:
            yield _fields(piece.strip("\n\f "))
        except RefusedError as e:
            yield e
    if not found:
        raise FormatError("it is a Nexis export without an article in it")


def _fields(article: str) -> Fields:
    marks = list(_FIELD.finditer(article))
    values: dict[str, str] = {}
    for n, m in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(article)
        value = article[m.end() : end].strip()
        values.setdefault(m["name"].casefold(), value if m["name"].casefold() == "body" else re.split(r"\n[ \t]*\n", value)[0])
    body = _body_of(article, marks, values)
    above = article[: marks[0].start()] if marks else article
    if (whole := _BODY.search(article)) and whole.start() < len(above):
        above = article[: whole.start()]
    lines = [line for raw in above.splitlines() if (line := " ".join(raw.split())) and not _COPYRIGHT.match(line)]
    dated = next(((n, _day(line)) for n, line in enumerate(lines) if _day(line)), None)
    headline, outlet = _head(lines, dated[0] if dated else None, values)
    dateline = _line(values.get("dateline", ""))
    if dateline and not body[: len(dateline) + 20].casefold().lstrip().startswith(dateline.split(",")[0].casefold()):
        body = f"{dateline} - {body}"
    if not body.strip():
        raise FormatError("the article has no body")
    return fields_of(
        text=(body, "Body" + (", below Dateline" if dateline else "")),
        headline=(headline, "the headline line"),
        published=(dated[1] if dated else "", "the line of the day"),
        source=(outlet, "the line of the paper"),
        byline=(without_by(_line(values.get("byline", ""))), "Byline"),
        language=(LANGUAGES.get(_line(values.get("language", "")).partition(";")[0].strip().casefold(), ""), "Language"),
        url=(_line(values.get("url", "")), "URL"),
        note=(f"correction: {_line(values.get('correction', ''))}" if values.get("correction") else "", "Correction"),
    )  # fmt: skip


def _body_of(article: str, marks: list[re.Match[str]], values: dict[str, str]) -> str:
    if whole := _BODY.search(article):
        after = next(
            (m.start() for m in marks if m.start() > whole.end() and m["name"].casefold() not in ("notes", "highlight")), len(article)
        )
        if close := _CLOSE.search(article, whole.end(), after):
            after = close.start()
        return _COPYRIGHT.sub("", article[whole.end() : after]).strip()
    return _COPYRIGHT.sub("", values.get("body", "")).strip()


def _head(lines: list[str], dated: int | None, values: dict[str, str]) -> tuple[str, str]:
    """Headline and paper: the older layout has the paper above the day and the headline below it, the newer the headline first."""
    if dated is None:
        return (_line(values.get("headline", "")) or (lines[0] if lines else ""), lines[1] if len(lines) > 1 else "")
    before, after = lines[:dated], lines[dated + 1 :]
    if values.get("headline"):
        return _line(values["headline"]), before[-1] if before else ""
    if after and len(before) <= 1:
        return " ".join(after[:3]), before[0] if before else ""
    return " ".join(before[:-1]), before[-1] if before else ""


def _day(line: str) -> str:
    """The day or moment of a line like "December 3, 2023 Sunday 10:15 AM GMT"."""
    bare = re.sub(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b,?", " ", line, flags=re.IGNORECASE)
    bare = re.sub(r"\b(?:Final|Late|Early|First|Second|London|National|City|Main|Home) Edition\b", " ", bare, flags=re.IGNORECASE)
    bare = " ".join(bare.replace(" ,", ",").split())
    return published_in_words(bare) or published_in_words(re.sub(r"\s+\d{1,2}:\d\d\b.*$", "", bare)) or ""


def _line(value: str) -> str:
    return " ".join(value.split())
