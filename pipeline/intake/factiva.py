"""Factiva's downloads (text, RTF, HTML, Word turned into text) -> one set of fields an article.

Two layouts: with two-letter field codes at the lines' beginnings ("HD", "PD", "LP", "TD"), and without,
where a word count, the day, the paper and the language follow the headline line by line. An article
ends in "Document" and its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.errors import FormatError, RefusedError
from pipeline.intake.found import fields_of, without_by
from pipeline.intake.publication import published_in_words

END = re.compile(r"^[ \t]*Document[ \t]+([A-Z0-9]{6,12}\d{8}[a-z0-9]{6,12})[ \t]*$", re.MULTILINE)
_CODES = "SE HD BY CR WC PD ET SN SC ED PG VOL LA CY CX LP TD RF CO IN NS RE IPC IPD PUB AN ART CLM CT".split()
_CODED = re.compile(rf"^[ \t]*(?P<code>{'|'.join(_CODES)})(?:[ \t]{{1,}}|[ \t]*\n)(?=\S|\n|[ \t])", re.MULTILINE)
_WORDS = re.compile(r"^[ \t]*[\d,.]+ words[ \t]*$", re.MULTILINE)
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d\d)(?: (?:GMT|UTC))?")
LANGUAGES = {
    "english": "en", "french": "fr", "spanish": "es", "german": "de", "arabic": "ar", "portuguese": "pt", "italian": "it", "russian": "ru",
    "turkish": "tr", "dutch": "nl", "chinese": "zh", "japanese": "ja", "korean": "ko", "polish": "pl", "indonesian": "id", "persian": "fa",
    "chinese - simplified": "zh", "chinese - traditional": "zh", "bahasa indonesia": "id", "ukrainian": "uk", "hebrew": "he",
}  # fmt: skip

Fields = tuple[dict[str, str], dict[str, str]]


def looks_like_factiva(text: str) -> bool:
    """Whether a text is a download of Factiva: an article's closing line, and the head of one."""
    if not END.search(text):
        # The first article may be longer than what is looked at: then the field codes must tell.
        codes = [m["code"] for m in _CODED.finditer(text[:3000])]
        return {"HD", "WC", "PD"} <= set(codes) and ("LP" in codes or "TD" in codes)
    return bool(_WORDS.search(text[:6000]) or re.search(r"^[ \t]*WC\b", text[:6000], re.MULTILINE))


def split_factiva(text: str) -> Iterator[Fields | RefusedError]:
    """The articles of a download, each as our fields and how each was got; one that cannot be read is an error by itself."""
    at, found = 0, False
    for end in END.finditer(text):
        article, at = text[at : end.start()], end.end()
        if article.strip():
            found = True
            try:
                yield _fields(article.strip("\n\f "), end[1])
            except RefusedError as e:
                yield e
    if not found:
        if _CODED.search(text):
            yield _fields(text, "")
            return
        raise FormatError("it is a Factiva export without an article in it")


def _fields(article: str, number: str) -> Fields:
    codes = list(_CODED.finditer(article))
    names = {m["code"] for m in codes}
    return _coded(article, codes, number) if {"HD", "PD"} <= names and names & {"LP", "TD"} else _plain(article, number)


def _coded(article: str, codes: list[re.Match[str]], number: str) -> Fields:
    values: dict[str, str] = {}
    for n, m in enumerate(codes):
        end = codes[n + 1].start() if n + 1 < len(codes) else len(article)
        values.setdefault(m["code"], re.sub(r"^[ \t]+", "", article[m.end() : end], flags=re.MULTILINE).strip())
    day = _moment(values.get("PD", ""), values.get("ET", ""))
    number = number or values.get("AN", "").removeprefix("Document").strip()
    return fields_of(
        text=("\n\n".join(filter(None, [values.get("LP", ""), values.get("TD", "")])), "LP and TD"),
        headline=(_line(values.get("HD", "")), "HD"),
        published=(day, "PD" + (" and ET" if "T" in day else "")),
        source=(_line(values.get("SN", "")), "SN"),
        byline=(without_by(_line(values.get("BY", ""))), "BY"),
        external_id=(number, "AN, the article's number"),
        language=(LANGUAGES.get(_line(values.get("LA", "")).casefold(), ""), "LA"),
    )


def _plain(article: str, number: str) -> Fields:
    lines = [line.strip() for line in article.splitlines()]
    count = next((n for n, line in enumerate(lines) if _WORDS.fullmatch(line)), None)
    if count is None:
        raise FormatError("the article has no line with its number of words, by which its head is told")
    above = [line for line in lines[:count] if line]
    day = source = language = clock = ""
    at = count + 1
    while at < len(lines) and at < count + 16:
        line = lines[at]
        at += 1
        if not line:
            if day and (source or language):
                break
            continue
        if not day and (found := published_in_words(line)):
            day = found[:10]
        elif day and not clock and _CLOCK.fullmatch(line):
            clock = line
        elif line.casefold() in LANGUAGES:
            language = LANGUAGES[line.casefold()]
        elif re.match(r"(?:copyright|\(c\)|©)", line, re.IGNORECASE):
            break
        elif day and not source:
            source = line
    byline = next((a for a in above[1:] if re.match(r"by\s", a, re.IGNORECASE)), "")
    head = [a for a in above if a != byline]
    rest = "\n".join(lines[at:]).strip()
    return fields_of(
        text=(rest, "what stands below the copyright line"),
        headline=(head[-1] if len(head) > 1 and len(head[0]) < 25 else " ".join(head[:2]), "the line above the number of words"),
        published=(_moment(day, clock), "the line below the number of words"),
        source=(source, "the line below the day"),
        byline=(without_by(byline), "the line that begins with By"),
        external_id=(number, "the number after Document"),
        language=(language, "the line that names it"),
    )


def _moment(day: str, clock: str) -> str:
    found = published_in_words(_line(day)) or (day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else "")
    m = _CLOCK.search(clock)
    if found and m and int(m["h"]) < 24 and int(m["m"]) < 60:
        return f"{found[:10]}T{int(m['h']):02}:{m['m']}:00Z"
    return found[:10] if found else _line(day)


def _line(value: str) -> str:
    return " ".join(value.split())
