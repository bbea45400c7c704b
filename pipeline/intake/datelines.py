"""The line that opens a wire story with its place and day: "KIRKUK, Iraq, Aug 19 (Meridian) - "."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.intake import patterns
from pipeline.intake.publication import ANY_MONTH, MONTH, WEEKDAY, published_in_words

# No dateline met runs longer, in characters.
DATELINE_MAX = 140
_SEPARATOR = re.compile(r"\s*(?:\s-{1,3}(?=\S)|(?<=[)\]/\d.])-{1,3}\s|\s-{1,3}\s|--+|[–—―]|\s_\s|:(?=\s))\s*")
_MONTH = rf"{ANY_MONTH}\.?"
_DAY = rf"(?:{WEEKDAY},?\s+)?(?:{_MONTH}\s*\d{{1,2}}|\d{{1,2}}\s+{_MONTH}(?:\s+\d{{2,4}})?)|{WEEKDAY}"
_WIRE = re.compile(r"(?P<where>(?:[^()\[\]]|\([^()]{3,30}\)(?=\s*,))*?)\s*[\(\[](?P<agency>[^()\[\]]{2,60})[\)\]]\.?")
_BRACKETED_DAY = re.compile(rf"(?P<where>[^()\[\]]+?)\s*\((?P<day>(?:{_DAY})(?:\s*,\s*\d{{4}})?)\)", re.IGNORECASE)
# A country in brackets behind its town: "BUNIA (DR Congo), Aug 14 (AIN)".
_BRACKETED_COUNTRY = re.compile(r"\s*\((?P<country>[^()]{3,30})\)(?=\s*,)")
_SLASHED = re.compile(r"(?P<where>[^/()\[\]]{3,80}?)[.,]?\s+/(?P<agency>[A-Z][\w -]{1,20})/\.?\s*(?:[-–—]+\s*)?(?=\S)")
# A name's word has small letters in it, which a dateline's first word in capitals has not.
_NAME = r"[A-ZÀ-Þ][\w.'-]*[a-zß-ÿ.][\w.'-]*"
_BYLINE_BEFORE = re.compile(rf"By\s+(?P<who>{_NAME}(?:\s+(?:{_NAME}|and|&|al-\w+|bin)|,)*)\s+(?=[A-ZÀ-Þ]{{3}}|\()")


@dataclass(frozen=True, slots=True)
class Opening:
    """A dateline and what stands with it; `end` is where the story begins, `parts` are (kind, start, end) up to there."""

    dateline: str
    agency: str
    byline: str
    published: str | None
    parts: tuple[tuple[str, int, int], ...]
    end: int


def find_opening(paragraph: str, *, first: bool = True, headed: bool = True) -> Opening | None:
    """The dateline a paragraph opens with, None where it has none.

    Capitals, an agency in brackets or a day make one anywhere near the top; "Tawila, North Darfur - " in
    small letters only in the `first` paragraph of a text, and "New Delhi: " only below a headline (`headed`):
    without one, it is a headline itself, "Police: Man held over fire".
    """
    start, byline = 0, ""
    if m := _BYLINE_BEFORE.match(paragraph[:DATELINE_MAX]):
        inner = _find_opening(paragraph, m.end(), first=False, headed=False)
        if inner:
            start, byline = m.end(), " ".join(m["who"].split()).strip(" ,")
    found = _find_opening(paragraph, start, first=first, headed=headed)
    if found is None:
        return None
    dateline, agency, published, spans, end = found
    if byline:
        spans = [("byline", 0, len(paragraph[:start].rstrip())), *spans]
    # Monitoring services put what a text is in brackets before it: "[REPORT] [TEXT] THE BATTALION ...".
    if m := re.match(r"(?:\[[^\]]{1,90}\]\s*)+(?=\S)", paragraph[end:]):
        spans = [*spans, ("boilerplate", end, end + len(m[0].rstrip()))]
        end += m.end()
    return Opening(dateline, agency, byline, published, tuple(spans), end)


def standing_dateline(line: str) -> Opening | None:
    """The dateline of a line that holds nothing else: "Gaziantep, 25 May 2016", "BAGHDAD, Dec 3 (Reuters)"."""
    if len(line) > DATELINE_MAX:
        return None
    read = _read(line.strip(" .:-–—"))
    if read is None or not read.where.places or not (read.where.day or (read.agency and read.where.capitals)):
        return None
    return Opening(read.dateline, read.agency, "", read.where.published, (("dateline", 0, len(line)),), len(line))


# dateline, agency, publication day, (kind, start, end) of each part, where the story begins
_Found = tuple[str, str, str | None, list[tuple[str, int, int]], int]


def _find_opening(paragraph: str, start: int, *, first: bool, headed: bool) -> _Found | None:
    window = paragraph[start : start + DATELINE_MAX]
    if m := _SLASHED.match(window):
        read = _read(m["where"], agency=m["agency"])
        if read and read.where.places and (read.where.capitals or read.where.day):
            return _result(paragraph, start, read, m.end("where"), m.end())
    for m in _SEPARATOR.finditer(window):
        read = _read(window[: m.start()])
        after = paragraph[start + m.end() :]
        if read and after.strip() and _is_opening(read, m[0].strip(), after, first=first, headed=headed):
            return _result(paragraph, start, read, read.where_end, m.end())
    # "Bunia, 10 September 2024. Our association has learned", "TARAZA, Antioquia. The group has": set off by a full stop.
    m = re.match(r"[^.:()]{6,80}?[^\W_]\.\s+(?=[^\W\d_a-z])", window)
    read = _read(m[0].strip().removesuffix(".")) if m else None
    if m and read and read.where.places and (read.where.published or (first and read.where.capitals and len(read.where.places) == 2)):
        return _result(paragraph, start, read, read.where_end, m.end())
    return None


def _result(paragraph: str, start: int, read: _Read, where_end: int, end: int) -> _Found:
    story = start + end
    stop = start + len(paragraph[start:story].rstrip())
    has_where = bool(read.dateline)
    if not read.agency:
        spans = [("dateline", start, stop)]
    elif not has_where:
        spans = [("agency", start, stop)]
    else:
        cut = start + len(paragraph[start : start + where_end].rstrip())
        at = cut + len(paragraph[cut:stop]) - len(paragraph[cut:stop].lstrip())
        spans = [("dateline", start, cut), ("agency", at, stop)]
    return read.dateline, read.agency, read.where.published, spans, story


@dataclass(frozen=True, slots=True)
class _Where:
    """Places and day as a dateline writes them."""

    places: tuple[str, ...]
    capitals: bool  # the first place is written in capitals: the wires' own form
    day: str
    published: str | None  # where the day has its year


@dataclass(frozen=True, slots=True)
class _Read:
    """What stands before the dash, taken apart."""

    dateline: str
    agency: str
    where: _Where
    where_end: int

    @property
    def strong(self) -> bool:
        return self.where.capitals or bool(self.agency) or bool(self.where.day)


_NOWHERE = _Where((), False, "", None)


def _read(head: str, *, agency: str = "") -> _Read | None:
    """What stands before the dash; None where that is no place, day or agency."""
    where = head
    if not agency:
        if m := _BRACKETED_DAY.fullmatch(head):
            # "KABUL, Afghanistan (Sept. 24, 2019)": as press offices write it.
            read = _read_where(f"{m['where']}, {m['day']}")
            return _Read(head.strip(), "", read, len(head)) if read else None
        if m := _WIRE.fullmatch(head):
            where, agency = m["where"], m["agency"].strip()
            inner = _read_where(agency)
            if not where and inner and inner.day:
                # "(Bamenda, June 14, 2021) - ": the whole dateline in brackets.
                return _Read(agency, "", inner, len(head))
            if not _is_agency(agency):
                return None
        elif re.search(r"[()\[\]]", _BRACKETED_COUNTRY.sub("", head)):
            return None
    if not where.strip():
        return _Read("", agency, _NOWHERE, 0) if agency else None
    read = _read_where(_BRACKETED_COUNTRY.sub(lambda m: f", {m['country']}", where))
    # "KYIV. Dec 3 (Interfax-Ukraine)": a full stop before the day is an agency's manner, else a heading's.
    heading = read is not None and read.day and re.search(rf"\.\s+{re.escape(read.day)}\.?$", where.strip())
    if read is None or (heading and not agency and read.published is None):
        return None
    return _Read(_tidy(where), agency, read, len(where))


def _tidy(where: str) -> str:
    """A dateline without the marks around it; the full stop of an abbreviation ("Ver.", "N.D.") stays."""
    where = where.strip(" ,")
    return where if re.search(r"(?:\b[^\W\d_]{1,4}|\.[^\W\d_])\.$", where) else where.rstrip(".")


def _read_where(where: str) -> _Where | None:
    """Places, then perhaps a day, set apart by commas; None where anything else stands there."""
    text = where.strip(" ,")
    m = re.search(rf"(?:^|[\s,.;])(?P<day>(?:{_DAY})(?:\s*,\s*\d{{4}})?)\.?$", text, re.IGNORECASE)
    day = m["day"].strip() if m else ""
    if m:
        text = text[: m.start("day")].strip(" ,.;")
    places = tuple(p.strip() for p in re.split(r"[,;|]|\s/\s|(?<=[A-Z])/(?=[A-Z])", text) if p.strip())
    if len(places) > 4 or (not places and not day) or not all(_is_name(p) for p in places):
        return None
    capitals = bool(places) and _is_capitals(places[0])
    if m and places and not capitals and not re.search(r"[,.;]\s*$", where.strip(" ,")[: m.start("day")]):
        return None  # "Service October 31, 2020" is a heading; a place in small letters has a comma before its day
    opener = places[0].split()[0].casefold().strip(".'") if places else ""
    if opener in patterns.NOT_PLACES and not (opener == "the" and (capitals or places[0] == "The Hague")):
        return None
    return _Where(places, capitals, day, _published(day))


def _published(day: str) -> str | None:
    """The date of a dateline's day, where the year is written with it; two-digit years are those of 1970 to 2069."""
    m = re.fullmatch(rf"(?P<d>\d{{1,2}})\s+{MONTH}\s+(?P<y>\d{{2}})", day, re.IGNORECASE)
    if m:
        day = f"{m['d']} {m['month']} {'19' if int(m['y']) >= 70 else '20'}{m['y']}"
    return published_in_words(day)


def _is_name(text: str) -> bool:
    """Whether words can be a place's name: capitals first, small words only between, no digits, five words at most."""
    words = text.split()
    if not 1 <= len(words) <= 5 or len(text) > 45 or not re.fullmatch(r"[^\W\d_](?:[^\W\d_]|[ .'/&’`-])*", text):
        return False
    if len(text.strip(".")) < 3 and not text.isupper():
        return False
    return all(w[0].isupper() or w in patterns.PLACE_WORDS or re.match(r"(?:al|el|an|as|ad|ash|at|ar|az)-\w", w) for w in words)


def _is_capitals(text: str) -> bool:
    words = [w for w in re.findall(r"[^\W\d_]+", text) if w.casefold() not in patterns.PLACE_WORDS or w.isupper()]
    return bool(words) and all(w.isupper() or w in ("Mc", "St") for w in words) and sum(map(len, words)) >= 3


def _is_agency(text: str) -> bool:
    """Whether bracketed words can be an agency or outlet: capitals in them, few words, no sentence."""
    if text.casefold() in patterns.agencies():
        return True
    words = re.split(r"[\s/]+", text)
    named = text[:1].isalpha() and any(w[:1].isupper() for w in words)
    return named and len(words) <= 6 and not re.search(r"[.!?;:,]\s", text)


def _is_opening(read: _Read, separator: str, after: str, *, first: bool, headed: bool) -> bool:
    """Whether what was read before a separator opens a story, by how strong it is and how the story goes on."""
    letters = [c for c in after[:200] if c.isalpha()]
    if not letters:
        return False
    all_capitals = len(letters) > 20 and sum(c.isupper() for c in letters) > 0.8 * len(letters)
    if all_capitals and not (read.agency or read.where.day):
        return False  # in a text all in capitals, capitals say nothing
    if not re.match(r"[\W\d]*[^\W\d_]", after) or (not re.match(r"[\W\d]*[^\W\d_a-z]", after) and not read.strong):
        return False
    known = read.agency.casefold() in patterns.agencies()
    if read.strong and (known or read.where.capitals or (read.where.places and read.where.day) or (not read.where.places and first)):
        return True
    # What is left is written in small letters: one to four words, and a sentence after it.
    words = sum(len(p.split()) for p in read.where.places)
    if separator == ":" and not headed and len(read.where.places) == 1:
        return False
    enough = len(after) >= 60 and bool(re.match(r"[\"'\[(]*[^\W_a-z]", after))
    return first and bool(read.where.places) and words <= (3 if separator == ":" and not read.agency else 6) and enough
