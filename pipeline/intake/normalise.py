"""Raw news copy -> Article: one clean text, and the parts that say what each stretch of it is.

The text is kept whole and in order, so that every offset into it holds for good; what is not the
story (bylines, credits, furniture) is marked in `parts` instead of being cut out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from pipeline.errors import EmptyError, TooLargeError
from pipeline.intake import patterns
from pipeline.intake.cleaning import clean_line, clean_text
from pipeline.intake.datelines import Opening, find_opening, standing_dateline
from pipeline.intake.language import guess_language
from pipeline.intake.publication import is_in_future, parse_published, published_in_name, published_in_words
from pipeline.models import Article, Part

# A book, in characters: a news story has some 5,000, and the language model reads no text over a million.
MAX_ARTICLE_CHARACTERS = 500_000
# A text of more paragraphs than this is a table or a log.
MAX_PARAGRAPHS = 20_000
# A headline that stands in the text: one short line without a full stop, with a longer text below.
HEADLINE_MAX = 200
# So far down, in paragraphs, bylines, dates and second copies of the headline are looked for ...
HEAD_LINES = 12
# ... and so far up from the end, credits and the date of a signed statement.
TAIL_LINES = 8
# Two headlines are one where this much of them is the same, in per cent.
SAME_HEADLINE = 95


@dataclass(slots=True)
class _Layout:
    """What has been found so far while the paragraphs of a text are read from the top."""

    parts: list[Part] = field(default_factory=list)
    headline: str = ""
    marks: str = ""
    notes: list[str] = field(default_factory=list)  # embargo and correction notes, as they stand
    byline: str = ""
    agency: str = ""
    dateline: str = ""
    published: str | None = None
    dated_by: str = ""  # rank of what dated it: 0 "Published:", 1 a date alone, 2 "Updated:", 3 a dateline or first sentence


def make_article(
    *,
    text: str,
    headline: str = "",
    published: object = None,
    published_source: str | None = None,
    source: str = "",
    url: str = "",
    byline: str = "",
    file_name: str = "",
    note: str = "",
    external_id: str = "",
    language: str | None = None,
) -> Article:
    """The Article of a raw text and of what is known about it.

    `published` is taken as metadata and wins over a date in the text, which wins over one in the file
    name; with `published_source="given"` it is the last resort instead. EmptyError where there is no
    text, TooLargeError over MAX_ARTICLE_CHARACTERS or MAX_PARAGRAPHS, DateError where `published` is no date.
    """
    if len(text) > MAX_ARTICLE_CHARACTERS:
        raise TooLargeError(f"the text has {len(text):,} characters; an article may have {MAX_ARTICLE_CHARACTERS:,}", step="normalise")
    body = clean_text(text)
    if not any(c.isalnum() for c in body):
        raise EmptyError("there is no text in it")
    if body.count("\n") >= MAX_PARAGRAPHS:
        raise TooLargeError(f"the text has {body.count(chr(10)) + 1:,} lines; an article may have {MAX_PARAGRAPHS:,}", step="normalise")
    given = parse_published(published)
    headline = clean_line(headline)
    whole = f"{headline}\n\n{body}" if headline else body
    layout = lay_out(whole, headline_end=len(headline))
    moment, dated_by = _choose_date(given, published_source, layout, file_name)
    source, file_name = clean_line(source, limit=300), clean_line(file_name, limit=1000)
    article_id = "a" + hashlib.blake2b(f"{source}\0{whole}".encode(), digest_size=8).hexdigest()
    url, external_id = clean_url(url), clean_line(external_id, limit=300)
    return Article(
        article_id=article_id,
        story_id=url or _story_of(external_id, source, file_name) or article_id,
        published_at_utc=moment,
        published_source=dated_by,
        source=source,
        headline=layout.headline,
        byline=clean_line(byline, limit=300) or layout.byline,
        agency=layout.agency,
        dateline=layout.dateline,
        language=_language(language) or guess_language(" ".join(_coded(whole, layout.parts)) or whole),
        url=url,
        text=whole,
        parts=tuple(layout.parts),
        file_name=file_name,
        note=_note(note, layout, moment),
        external_id=external_id,
    )


# What newsletters and feeds hang on an address to count clicks: the page is the same without.
TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|mc_[ce]id|at_(?:medium|campaign))(?:=|$)", re.IGNORECASE)


def clean_url(url: str) -> str:
    """An http(s) address without its fragment and what only counts clicks; empty for anything else: no page ever links to a script."""
    url = "".join(clean_line(url, limit=2000).split())
    try:
        split = urlsplit(url)
    except ValueError:
        return ""
    if split.scheme.casefold() not in ("http", "https") or not split.netloc:
        return ""
    query = "&".join(pair for pair in split.query.split("&") if not TRACKING.match(pair))
    return split._replace(scheme=split.scheme.casefold(), netloc=split.netloc.casefold(), query=query, fragment="").geturl()


def _choose_date(given: str | None, source: str | None, layout: _Layout, file_name: str) -> tuple[str | None, str | None]:
    """The publication time and where it is from: metadata, then the text, then the file name, then what was given by hand."""
    if given and source != "given":
        return given, source or "metadata"
    if layout.published:
        return layout.published, "text"
    if named := published_in_name(file_name):
        return named, "filename"
    return (given, "given") if given else (None, None)


def _story_of(external_id: str, source: str, file_name: str) -> str:
    """A name for the story behind an id. Short numbers are row numbers of one file; other ids are the outlet's own."""
    if not external_id:
        return ""
    scope = file_name if external_id.isdigit() and len(external_id) < 6 else source or file_name
    return f"{scope}#{external_id}"


def _language(language: str | None) -> str:
    m = re.fullmatch(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z]{2,4})*\s*", language or "")
    return m[1].casefold() if m else ""


def _note(note: str, layout: _Layout, moment: str | None) -> str:
    notes = [clean_line(note)]
    if patterns.RESENT.search(layout.marks):
        notes.append(f"sent as {layout.marks.strip(' -–—:|')}")
    notes += layout.notes
    if moment and is_in_future(moment):
        notes.append("the publication date lay in the future when the article was read")
    return "; ".join(filter(None, notes))


def _coded(text: str, parts: list[Part]) -> Iterator[str]:
    return (text[p.start : p.end] for p in parts if p.kind in ("headline", "body"))


# --- parts --------------------------------------------------------------------------------------


def lay_out(text: str, *, headline_end: int = 0) -> _Layout:
    """The parts of a clean text; its first `headline_end` characters are a headline given as such.

    Parts come in order, do not overlap, and between them is nothing but white space.
    """
    layout = _Layout()
    spans = [(m.start(), m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*", text)]
    if headline_end:
        _add_headline(layout, text, 0, headline_end)
        spans = [(start, end) for start, end in spans if start >= headline_end]
    state = _Reading(text, spans)
    for index, (start, end) in enumerate(spans):
        _read_paragraph(layout, state, index, start, end)
    if not any(p.kind in ("headline", "body") for p in layout.parts):
        # Whatever it looked like, a text that is all furniture is shown to the coder as it is.
        layout.parts = [Part("body", start, end) for start, end in spans]
    return layout


@dataclass(slots=True)
class _Reading:
    """Where the reading of a text stands."""

    text: str
    spans: list[tuple[int, int]]
    seen_body: int = 0  # paragraphs of body so far
    opened: bool = False  # a dateline has been found or can no longer come
    in_list: bool = False  # inside a list of other stories


def _read_paragraph(layout: _Layout, state: _Reading, index: int, start: int, end: int) -> None:
    line = state.text[start:end]
    in_head = state.seen_body <= 2 and index < HEAD_LINES
    in_tail = index >= len(state.spans) - TAIL_LINES
    kind = _kind_of_line(layout, state, index, line, in_head=in_head, in_tail=in_tail)
    if kind == "headline":
        _add_headline(layout, state.text, start, end)
    elif kind == "body":
        _add_body(layout, state, start, end, in_tail=in_tail)
    else:
        layout.parts.append(Part(kind, start, end))


def _kind_of_line(layout: _Layout, state: _Reading, index: int, line: str, *, in_head: bool, in_tail: bool) -> str:
    if state.in_list and len(line) <= 140 and not line.endswith((".", '."')):
        return "boilerplate"
    state.in_list = False
    if patterns.LIST_OPENER.fullmatch(line):
        state.in_list = True
        return "boilerplate"
    if (in_head and patterns.EMBARGO.fullmatch(line)) or (len(line) <= 700 and patterns.CORRECTION.fullmatch(line)):
        layout.notes.append(line.strip(" *_()[]"))
        return "boilerplate"
    if patterns.BOILERPLATE.fullmatch(line):
        return "boilerplate"
    if layout.headline and in_head and same_headline(line, layout.headline):
        return "boilerplate"
    if is_credit(line) and (state.seen_body or not in_head):
        layout.agency = layout.agency or agency_in_credit(line)
        return "credit"
    # Below the first paragraph of the story only short lines are signatures; a long one that has a date in it is a sentence.
    may_sign = in_tail or (in_head and (not state.seen_body or len(line) < 90))
    if may_sign and (kind := _kind_of_signature(layout, line, in_head=in_head, in_tail=in_tail)):
        return kind
    if not layout.headline and not state.seen_body and _is_headline(state, index, line):
        return "headline"
    return "body"


def _kind_of_signature(layout: _Layout, line: str, *, in_head: bool, in_tail: bool) -> str:
    """Bylines, dates, agencies and datelines that stand on a line of their own; empty for any other line."""
    if who := byline_in(line):
        layout.byline = layout.byline or who
        return "byline"
    if dated := date_in_line(line):
        labelled = bool(patterns.DATE_LABEL.match(line))
        # "Published" is the day a story came out; "Updated" only where nothing else is said.
        rank = 0 if labelled and not re.match("(last )?(updated|modified)", line, re.IGNORECASE) else 1 if not labelled else 2
        if layout.published is None or str(rank) < layout.dated_by:
            layout.published, layout.dated_by = dated, str(rank)
        return "boilerplate"
    if is_agency(name := line.strip("()[] -–—.")):
        layout.agency = layout.agency or name
        return "agency" if in_head and not in_tail else "credit"
    if in_tail and not in_head and (patterns.INITIALS.fullmatch(line) or re.fullmatch(r"[-–—]{1,2}\s*[A-Z][\w ]{2,40}", line)):
        layout.agency = layout.agency or (line.strip("-–— ") if not patterns.INITIALS.fullmatch(line) else "")
        return "credit"
    if in_head and (opening := standing_dateline(line)):
        _take_opening(layout, opening)
        return "dateline"
    return ""


def _is_headline(state: _Reading, index: int, line: str) -> bool:
    """Whether a line reads as the headline of what follows: short, no full stop, a capital first, a longer paragraph below."""
    if len(line) > HEADLINE_MAX or line.endswith((".", ",", ";", ":", "…")) or not re.match(r"[^\w]*[^\W_a-z]", line):
        return False
    if find_opening(line, headed=False):
        return False
    below = [end - start for start, end in state.spans[index + 1 :]]
    return bool(below) and max(below) > len(line)


def _add_headline(layout: _Layout, text: str, start: int, end: int) -> None:
    mark = patterns.HEADLINE_MARK.match(text, start, end)
    if mark and mark.end() < end:
        layout.marks = mark[0]
        layout.parts.append(Part("boilerplate", start, start + len(mark[0].rstrip())))
        start = mark.end()
    layout.headline = text[start:end]
    layout.parts.append(Part("headline", start, end))


def _add_body(layout: _Layout, state: _Reading, start: int, end: int, *, in_tail: bool) -> None:
    if not state.opened:
        opening = find_opening(state.text[start:end], first=state.seen_body == 0, headed=bool(layout.headline))
        if opening:
            state.opened = True
            _take_opening(layout, opening)
            layout.parts += [Part(kind, start + a, start + b) for kind, a, b in opening.parts]
            start += opening.end
        elif state.seen_body >= 3:
            state.opened = True
        elif layout.published is None and (m := re.match(r"[^.]{8,40}\d{4}(?=\.\s)", state.text[start:end])):
            # "Tuesday, 29 August 2017. Compiled by the desk": the date, in the first sentence's place.
            layout.published, layout.dated_by = published_in_words(m[0]), "3"
    state.seen_body += 1
    closing = _closing_credit(state.text[start:end]) if in_tail else None
    if closing is None:
        layout.parts.append(Part("body", start, end))
        return
    credit_start, body_end = start + closing, start + len(state.text[start : start + closing].rstrip())
    layout.agency = layout.agency or agency_in_credit(state.text[credit_start:end])
    layout.parts += [Part("body", start, body_end), Part("credit", credit_start, end)]


def _take_opening(layout: _Layout, opening: Opening) -> None:
    layout.dateline = layout.dateline or opening.dateline
    layout.agency = layout.agency or opening.agency
    layout.byline = layout.byline or opening.byline
    if opening.published and layout.published is None:
        layout.published, layout.dated_by = opening.published, "3"


def same_headline(line: str, headline: str) -> bool:
    """Whether a line is the headline again, letter case, marks and the outlet's name at its end aside."""
    mark = patterns.HEADLINE_MARK.match(line)
    if len(line) > 2 * len(headline) + 100:
        return False
    a, b = _letters(line[mark.end() :] if mark else line), _letters(headline)
    if not a or not b:
        return False
    if a == b or (len(b) > 15 and a.startswith(b) and len(a) - len(b) <= 30 and re.search(r"\s[-–—|]\s", line)):
        return True
    return len(b) > 15 and fuzz.ratio(a, b) >= SAME_HEADLINE


def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def byline_in(line: str) -> str:
    """Whom a line names as the writer; empty where it is no byline."""
    line = line.strip(" *_|")
    if len(line) > 120:
        return ""
    if patterns.STAFF_BYLINE.fullmatch(line.rstrip(".")):
        return line
    by = patterns.BY.fullmatch(line)
    if by and _is_names(by["who"]):
        return by["who"].strip()
    # A name beside an outlet or a calling: "Jane Roe, Reuters", "Jane Roe | Staff Writer".
    beside = re.fullmatch(r"(?P<who>[^,|()]{4,40})\s*(?:,|\||-|–|\()\s*(?P<what>[^,|()]{2,40})\)?", line)
    if beside and _is_names(beside["who"]) and 2 <= len(beside["who"].split()) <= 4:
        what = beside["what"].strip()
        if what.casefold() in patterns.agencies() or patterns.STAFF_BYLINE.fullmatch(what):
            return line
    return ""


def _is_names(text: str) -> bool:
    """Whether words are names and the small words between them: no full stop but after an initial, no other small word."""
    # A rank or post may follow the name in small letters: "Ousmane Diagne, military spokesperson".
    name, comma, post = text.partition(",")
    if comma and len(name.split()) >= 2 and len(post.split()) <= 5 and not re.search(r"[\d.!?]", post):
        text = name
    words = re.sub(r"[,|/()&]", " ", text).split()
    if not 1 <= len(words) <= 14 or (text.endswith(".") and len(words[-1]) > 4):
        return False
    named = [w for w in words if w.casefold() not in patterns.BYLINE_WORDS]
    if any(not w[0].isupper() and not re.match(r"(?:al|el|an|as|ad|ash|abu)-|[\w.+-]+@|@\w", w) for w in named):
        return False
    # "By Sunday", "By 5 p.m. Monday": times, not people.
    if any(any(c.isdigit() for c in w) or w.casefold() in patterns.NOT_PLACES for w in named):
        return False
    return bool(named) or any(w.casefold().rstrip("s") in ("correspondent", "reporter", "writer", "agencie", "critic") for w in words)


def date_in_line(line: str) -> str | None:
    """The publication time a line states that is nothing but a date, with or without "Published:" before it."""
    if len(line) > 140:
        return None
    label = patterns.DATE_LABEL.match(line)
    rest = (line[label.end() :] if label else line).strip(" |*_()[]")
    if found := published_in_words(rest):
        return found
    # "Published: 3 December 2023 | Updated: ...", "Monday 15 May 2023. Issue 219."
    first = re.split(r"\s*(?:\||·|•|;|\. |\bupdated\b|\blast updated\b)\s*", rest, maxsplit=1, flags=re.IGNORECASE)[0]
    return published_in_words(first.strip(" -.,")) if first != rest and len(rest) <= 90 else None


def is_credit(line: str) -> bool:
    """Whether a paragraph only says who reported, wrote, edited or supplied the story."""
    inner = line.strip().removesuffix(".")
    inner = re.sub(r"^[\(\[](.*)[\)\]]$", r"\1", inner).strip("*_ -–—")
    return len(line) <= patterns.CREDIT_MAX and bool(patterns.CREDIT.fullmatch(inner))


def is_agency(name: str) -> bool:
    """Whether a name, as printed, is a known agency's; abbreviations in small letters are words of other meanings ("map", "pa")."""
    return name[:1].isupper() and (len(name) > 4 or name.isupper()) and name.casefold() in patterns.agencies()


def agency_in_credit(credit: str) -> str:
    """The first agency that a credit names, as printed there; empty where it names none."""
    if m := re.fullmatch(r"[\(\[]?(?:source|via|courtesy)\s*:\s*(?P<name>[A-Z][\w'. /-]{1,40}?)[\)\].]*", credit, re.IGNORECASE):
        return m["name"]
    words = re.findall(r"[^\W_][\w'/-]*", credit)
    names = (" ".join(words[i : i + n]) for i in range(len(words)) for n in (4, 3, 2, 1))
    return next((name for name in names if is_agency(name)), "")


def _closing_credit(paragraph: str) -> int | None:
    """Where a credit at the end of a paragraph begins: "... he said. (Reporting by A B)", "... he said. - AFP"."""
    # A credit is short; searching only where it can stand keeps the time even.
    before = max(len(paragraph) - 2 * patterns.CREDIT_MAX, 0)
    at = _credit_start(paragraph[before:])
    return before + at if at is not None and before + at > 0 else None


def _credit_start(paragraph: str) -> int | None:
    if m := patterns.CLOSING_CREDIT.search(paragraph):
        return m.start()
    m = re.search(r"(?<=[.!?\"'])\s+(?:[-–—]{1,2}\s*|\()(?P<name>[A-Z][\w'./ -]{1,40})\)?\.?$", paragraph)
    if m and all(is_agency(part.strip()) for part in re.split(r"/(?!RL\b)", m["name"].rstrip(". "))):
        return m.start() + len(m[0]) - len(m[0].lstrip())
    return None
