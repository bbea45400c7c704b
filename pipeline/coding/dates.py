"""Date words of a text -> ISO days, resolved against the publication day.

The rules are the codebook's: a bare weekday is the latest such day not after publication (in
prospective sentences the next one), "overnight" spans the evening's date and the next day, a stated
full date is `stated`, everything counted from the publication day is `relative`. Precision is UCDP
GED's five steps: 1 day, 2 two to six days, 3 a week, 4 a month, 5 longer.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, replace

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if n}
MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if n} | {"sept": 9}
WEEKDAYS = {name.lower(): n for n, name in enumerate(calendar.day_name)}
WEEKDAYS |= {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple of": 2, "few": 3, "several": 3,
}  # fmt: skip

_MONTH = r"(?P<month>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?\.?|july?\.?|aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_WD = r"(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_NUM = r"(?P<n>\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a few|few|several)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
# "on Wednesday [14 August]", "Saturday night (June 29)": one day, which the number names.
_DAYNAME = rf"(?:on )?{_WD}(?: (?:night|evening|morning|afternoon))?,? [\[(]?"
_PART = r"(?P<part>night|evening|morning|afternoon|noon|midday|dawn|midnight)"


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in the text: offsets, inclusive ISO days or None where unresolved, precision, basis.

    `kind` is point, span (from .. to, "since"), or anaphor ("the same day", "two days later", counted
    from another event; `shift` says how many days). `grip` says how firmly it is tied to its sentence's event (dating.py).
    """

    start: int
    end: int
    date_start: str | None
    date_end: str | None
    prec: int | None
    basis: str | None
    kind: str = "point"
    shift: int = 0
    label: str = ""
    grip: int = 2


def prec_of(start: dt.date, end: dt.date) -> int:
    """UCDP's date precision for a span of days, both ends in (1 day .. 31 days -> 1..4, longer -> 5)."""
    days = (end - start).days + 1
    return 1 if days == 1 else 2 if days <= 6 else 3 if days <= 9 else 4 if days <= 31 else 5


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _make(
    m: re.Match[str], start: dt.date, end: dt.date, basis: str, label: str, kind: str = "point", prec: int | None = None
) -> DateMention:
    return DateMention(m.start(), m.end(), start.isoformat(), end.isoformat(), prec or prec_of(start, end), basis, kind, label=label)


def _month_number(text: str) -> int:
    return MONTHS[text.lower().rstrip(".")] if text.lower().rstrip(".") in MONTHS else MONTHS[text.lower().rstrip(".")[:3]]


def _year_of(month: int, day: int, published: dt.date, *, future: bool) -> int | None:
    """The year that puts a day and month on or just before publication (just after, in plans)."""
    for year in (published.year, published.year - 1) if not future else (published.year, published.year + 1):
        try:
            date = dt.date(year, month, day)
        except ValueError:
            continue
        # A wire may carry a story a day ahead of the outlet's own calendar.
        if not future and date <= published + dt.timedelta(days=1):
            return year
        if future and date >= published - dt.timedelta(days=1):
            return year
    return None


def _count(text: str) -> int:
    text = text.lower()
    return int(text) if text.isdigit() else NUMBERS.get(text.removeprefix("a "), NUMBERS.get(text, 1))


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])(?:" + pattern + r")(?![\w-])", re.IGNORECASE)


RULES: list[tuple[str, re.Pattern[str]]] = [
    ("iso", _rule(rf"{_YEAR}-(?P<mm>[01]\d)-(?P<dd>[0-3]\d)")),
    ("dmy", _rule(r"(?P<dd>[0-3]\d)[-/.](?P<mm>[01]\d)[-/.]" + _YEAR)),
    ("night_of_pair", _rule(rf"(?:(?:on |in |during )?the )?night (?:of |from |between )?(?:{_WD},? )?(?:{_MONTH} )?(?P<d1>[0-3]?\d)(?:st|nd|rd|th)?(?:-|/|–| to | and )(?P<d2>[0-3]?\d)(?:st|nd|rd|th)?(?: (?P<month2>[A-Za-z]+))?(?:,? {_YEAR})?")),
    ("range_days", _rule(rf"(?:from |between )?(?:{_WD},? )?(?P<d1>[0-3]?\d)(?:-|–| to | and | until | through )(?:[a-z]+day,? )?(?P<d2>[0-3]?\d) {_MONTH}(?:,? {_YEAR})?")),
    ("range_days2", _rule(rf"(?:from |between )?{_MONTH} (?P<d1>[0-3]?\d)(?:-|–| to | and | until | through )(?P<d2>[0-3]?\d)(?:,? {_YEAR})?")),
    ("full", _rule(rf"(?P<lead>since |from |until )?(?:{_DAYNAME})?(?:the )?{_DAY}(?: of)? {_MONTH},? {_YEAR}")),
    ("full2", _rule(rf"(?P<lead>since |from |until )?(?:{_DAYNAME})?{_MONTH} {_DAY},? {_YEAR}")),
    ("day_month", _rule(rf"(?P<lead>since |from |until )?(?:{_DAYNAME})?(?:the )?{_DAY}(?: of)? {_MONTH}(?! \d)")),
    ("month_day", _rule(rf"(?P<lead>since |from |until )?(?:{_DAYNAME})?{_MONTH} {_DAY}(?![,.]?\d)")),
    ("start_of", _rule(r"since the (?:start|beginning) of (?:the|this|last) (?P<unit>year|month|week)|(?:so far |earlier )?(?P<this>this year|this month)")),
    ("start_of_month", _rule(rf"since (?:the (?:start|beginning) of |early |mid-|late )?{_MONTH}(?:,? {_YEAR})?")),
    ("month_year", _rule(rf"(?:in |during |of )?(?:early |mid-|late )?{_MONTH},? (?:of )?(?:{_YEAR}|(?P<rel>last year|this year))")),
    ("month_rel", _rule(rf"(?:last year in|last|this) {_MONTH}")),
    ("since_year", _rule(rf"since (?:early |mid-|late )?{_YEAR}")),
    ("years", _rule(r"(?:between |from )(?P<y1>(?:19|20)\d\d)(?: and | to |-|–)(?P<y2>(?:19|20)\d\d)")),
    ("in_year", _rule(rf"(?:in|during|of|late in|early in)(?: early| late| mid)?[ -]{_YEAR}")),
    ("night_pair", _rule(rf"(?:overnight |(?:in |on |during )?the night )?(?:from |of |between )?{_WD}(?: night)?(?: to | and | into |-|/)(?P<wd2>monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?P<weak> morning)?")),
    ("late_or_early", _rule(rf"late (?:on )?{_WD} or early (?:on )?(?P<wd2>[a-z]+day)")),
    ("night_to", _rule(rf"(?:(?:in|during|on) the night to|overnight (?:in)?to) {_WD}")),
    ("weekday_last_week", _rule(rf"{_WD} (?:of )?last week")),
    ("next_weekday", _rule(rf"(?:next|coming) {_WD}")),
    ("weekday", _rule(rf"(?P<mod>last |this |early |late |since |until |from )?(?:on )?{_WD}(?:'s)?(?: (?:early |late )?{_PART})?")),
    ("the_nth", _rule(r"(?:(?P<lead>since )|(?:on|by|until|from|late on|early on|in the night of|night of) )the (?P<nth>[0-3]?\d)(?:st|nd|rd|th)(?! (?:century|anniversary|district|brigade|division|battalion|army|regiment|corps|infantry|time|day|parallel|street|floor|person|victim))")),
    ("weekend", _rule(r"(?P<lead>since )?(?:(?:at|over|during|this|(?P<past>last|past)|the) )(?:the |past |last )?weekend")),
    ("ago", _rule(rf"(?:about |some |nearly |almost |more than |over )?{_NUM} (?P<unit>day|week|month|year)s? (?:ago|back)")),
    ("anaphor", _rule(rf"{_NUM} (?P<unit>day|week|month|hour|minute)s? (?P<dir>later|after|afterwards|earlier|before|previously)(?! this)")),
    ("anaphor2", _rule(r"(?:the|that) same (?:day|night|morning|evening|afternoon|hour)|that (?:day|night|morning|evening|afternoon)|earlier in the day|later in the day|later that (?:day|night|evening)|hours (?:later|earlier|before|after)|within (?:an hour|hours|minutes)|the (?P<prev>previous|preceding) (?:day|night|evening)|(?:the|a) day (?P<dir>before|earlier|after|later)|the (?P<next>following|next) (?:day|night|morning)")),
    ("last_night", _rule(r"last night|overnight|during the night|in the night")),
    ("yesterday", _rule(rf"yesterday(?: {_PART})?")),
    ("today", _rule(r"today|tonight|this (?:morning|afternoon|evening|noon)|earlier today|(?:at dawn|at noon) today")),
    ("tomorrow", _rule(r"tomorrow")),
    ("past", _rule(rf"(?:in|over|during|for|within) the (?:past|last|previous|recent) (?:{_NUM} )?(?P<unit>hour|day|week|month|year|decade)s?")),
    ("last_unit", _rule(r"(?P<dir>last|next|this|the previous|the past|(?:earlier|later) in the) (?P<unit>week|month|year)(?! in)")),
    ("in_month", _rule(rf"(?:in|during|since|of) (?:early |mid-|late |the month of )?{_MONTH}(?!\w)(?! \d)")),
]  # fmt: skip


def _weekday_date(name: str, published: dt.date, *, future: bool) -> dt.date:
    gap = (published.weekday() - WEEKDAYS[name.lower()]) % 7
    if future:
        return published + dt.timedelta(days=(-gap) % 7 or 7)
    return published - dt.timedelta(days=gap)


def _resolve(label: str, m: re.Match[str], published: dt.date | None, future: bool) -> DateMention | None:
    g = m.groupdict()
    day = dt.timedelta(days=1)
    pub = published

    def unresolved(kind: str = "point", shift: int = 0) -> DateMention:
        return DateMention(m.start(), m.end(), None, None, None, None, kind, shift, label)

    def open_span(start: dt.date, basis: str) -> DateMention:
        """From `start` to the publication day."""
        if pub is None or start > pub:
            return replace(unresolved("span"), date_start=None)
        return _make(m, start, pub, basis, label, "span", None if (pub - start).days < 31 else 5)

    if label in ("iso", "dmy"):
        return _make(m, d := dt.date(int(g["year"]), int(g["mm"]), int(g["dd"])), d, "stated", label)
    if label in ("range_days", "range_days2", "night_of_pair"):
        month_name = g.get("month") or g.get("month2")
        if not month_name or month_name.lower().rstrip(".")[:3] not in MONTHS:
            return None
        month, d1, d2 = _month_number(month_name), int(g["d1"]), int(g["d2"])
        year = int(g["year"]) if g.get("year") else (_year_of(month, d2, pub, future=future) if pub else None)
        if year is None:
            return unresolved()
        start, end = dt.date(year, month, d1), dt.date(year, month, d2)
        if start > end:
            return None
        return _make(m, start, end, "stated" if g.get("year") else "relative", label, "point" if label == "night_of_pair" else "span")
    if label in ("full", "full2", "day_month", "month_day"):
        month, day_of_month = _month_number(g["month"]), int(g["day"])
        year = int(g["year"]) if g.get("year") else (_year_of(month, day_of_month, pub, future=future) if pub else None)
        if year is None:
            return unresolved()
        date = dt.date(year, month, day_of_month)
        lead = (g.get("lead") or "").strip().lower()
        if lead == "since":
            return open_span(date, "stated")
        return _make(m, date, date, "stated" if g.get("year") else "relative", label)
    if label == "years":
        y1, y2 = int(g["y1"]), int(g["y2"])
        return _make(m, dt.date(y1, 1, 1), dt.date(y2, 12, 31), "stated", label, "span") if y1 <= y2 else None
    if label == "since_year":
        return open_span(dt.date(int(g["year"]), 1, 1), "stated")
    if label == "in_year":
        year = int(g["year"])
        end = dt.date(year, 12, 31)
        if pub and year == pub.year:
            end = pub
        return _make(m, dt.date(year, 1, 1), end, "stated", label, "span", 5)
    if label == "month_year":
        month = _month_number(g["month"])
        if g.get("year"):
            year = int(g["year"])
        elif pub:
            year = pub.year - (g["rel"].lower() == "last year")
        else:
            return unresolved("span")
        return _make(m, dt.date(year, month, 1), _month_end(year, month), "stated" if g.get("year") else "relative", label, "span", 4)
    if pub is None:
        return unresolved("anaphor" if label.startswith("anaphor") else "point")
    if label == "start_of":
        unit = (g.get("unit") or (g.get("this") or "").split()[-1]).lower()
        start = {"year": pub.replace(month=1, day=1), "month": pub.replace(day=1), "week": pub - pub.weekday() * day}[unit]
        return open_span(start, "relative")
    if label in ("start_of_month", "month_rel", "in_month"):
        month = _month_number(g["month"])
        year = pub.year if month < pub.month or (month == pub.month) else pub.year - 1
        if g.get("year"):
            year = int(g["year"])
        if label == "month_rel" and m.group(0).lower().startswith("last year"):
            year = pub.year - 1
        if label == "start_of_month" or m.group(0).lower().startswith("since"):
            return open_span(dt.date(year, month, 1), "relative")
        if future and month > pub.month:
            year = pub.year
        return _make(m, dt.date(year, month, 1), _month_end(year, month), "relative", label, "span", 4)
    if label == "night_pair":
        first = _weekday_date(g["weekday"], pub, future=future)
        gap = (WEEKDAYS[g["wd2"].lower()] - first.weekday()) % 7
        last = first + gap * day
        if not future and last > pub:
            first, last = first - 7 * day, last - 7 * day
        words = m.group(0).lower()
        if not re.search(r"night|from|between|overnight| to | into ", words):
            return None  # "on Wednesday and Thursday" are two days, read one by one
        return _make(m, first, last, "relative", label, "point" if gap == 1 else "span")
    if label == "late_or_early":
        first = _weekday_date(g["weekday"], pub, future=future)
        return _make(m, first, first + day, "relative", label)
    if label == "night_to":
        last = _weekday_date(g["weekday"], pub, future=future)
        return _make(m, last - day, last, "relative", label)
    if label == "weekday_last_week":
        monday = pub - pub.weekday() * day - 7 * day
        date = monday + WEEKDAYS[g["weekday"].lower()] * day
        return _make(m, date, date, "relative", label)
    if label == "next_weekday":
        date = _weekday_date(g["weekday"], pub, future=True)
        return _make(m, date, date, "relative", label)
    if label == "weekday":
        date = _weekday_date(g["weekday"], pub, future=future)
        mod = (g.get("mod") or "").strip().lower()
        if mod == "last" and date == pub:
            date -= 7 * day
        if mod == "since":
            return open_span(date, "relative")
        return _make(m, date, date, "relative", label)
    if label == "the_nth":
        n = int(g["nth"])
        if not 1 <= n <= 31:
            return None
        year, month = pub.year, pub.month
        if (n > pub.day) != future:
            month = month - 1 or 12
            year -= month == 12
        date = dt.date(year, month, n)
        return open_span(date, "relative") if g.get("lead") else _make(m, date, date, "relative", label)
    if label == "weekend":
        saturday = pub - ((pub.weekday() - 5) % 7) * day
        if g.get("past") and saturday + day >= pub:
            saturday -= 7 * day  # written on a weekend, "last weekend" is the one before
        if g.get("lead"):
            return open_span(saturday, "relative")
        return _make(m, saturday, min(saturday + day, pub) if saturday + day > pub else saturday + day, "relative", label)
    if label == "ago":
        n, unit = _count(g["n"]), g["unit"].lower()
        if unit == "day":
            return _make(m, pub - n * day, pub - n * day, "relative", label)
        if unit == "week":
            start = pub - n * 7 * day
            return _make(m, start - 3 * day, start + 3 * day, "relative", label, "span", 3)
        if unit == "month":
            index = pub.year * 12 + pub.month - 1 - n
            return _make(m, dt.date(index // 12, index % 12 + 1, 1), _month_end(index // 12, index % 12 + 1), "relative", label, "span", 4)
        year = pub.year - n
        return _make(m, dt.date(year, 1, 1), dt.date(year, 12, 31), "relative", label, "span", 5)
    if label == "anaphor":
        n, unit = _count(g["n"]), g["unit"].lower()
        days = {"day": 1, "week": 7, "month": 30, "hour": 0, "minute": 0}[unit] * n
        return unresolved("anaphor", -days if g["dir"].lower() in ("earlier", "before", "previously") else days)
    if label == "anaphor2":
        if g.get("prev") or (g.get("dir") or "").lower() in ("before", "earlier"):
            return unresolved("anaphor", -1)
        if g.get("next") or (g.get("dir") or "").lower() in ("after", "later"):
            return unresolved("anaphor", 1)
        return unresolved("anaphor", 0)
    if label == "last_night":
        return _make(m, pub - day, pub, "relative", label)
    if label == "yesterday":
        return _make(m, pub - day, pub - day, "relative", label)
    if label == "today":
        return _make(m, pub, pub, "relative", label)
    if label == "tomorrow":
        return _make(m, pub + day, pub + day, "relative", label)
    if label == "past":
        n, unit = _count(g["n"] or "one"), g["unit"].lower()
        days = {"hour": max(1, n // 24), "day": n, "week": 7 * n, "month": 31 * n, "year": 365 * n, "decade": 3652 * n}[unit]
        if unit == "hour" and n < 12:
            return _make(m, pub, pub, "relative", label)
        return _make(m, pub - days * day, pub, "relative", label, "span")
    if label == "last_unit":
        direction, unit = g["dir"].lower(), g["unit"].lower()
        step = 1 if direction == "next" else 0 if direction == "this" or direction.endswith("in the") else -1
        if unit == "week":
            monday = pub - pub.weekday() * day + 7 * step * day
            return _make(
                m, monday, min(monday + 6 * day, pub) if step == 0 else monday + 6 * day, "relative", label, "span", 3 if step else None
            )
        if unit == "month":
            index = pub.year * 12 + pub.month - 1 + step
            end = _month_end(index // 12, index % 12 + 1)
            return _make(m, dt.date(index // 12, index % 12 + 1, 1), min(end, pub) if step == 0 else end, "relative", label, "span", 4)
        year = pub.year + step
        end = dt.date(year, 12, 31)
        return _make(m, dt.date(year, 1, 1), min(end, pub) if step == 0 else end, "relative", label, "span", 5)
    return None


def find_dates(text: str, published: str | None, *, start: int = 0, end: int | None = None, future: bool = False) -> list[DateMention]:
    """The date mentions in `text[start:end]`, in order, offsets into `text`, longest reading first.

    `published` is an ISO day or None; without it only full dates resolve. `future` makes bare weekdays
    the next such day (prospective sentences). Impossible dates ("31 June") are passed over.
    """
    end = len(text) if end is None else end
    pub = dt.date.fromisoformat(published) if published else None
    taken: list[tuple[int, int]] = []
    found: list[DateMention] = []
    for label, pattern in RULES:
        for m in pattern.finditer(text, start, end):
            if any(m.start() < b and a < m.end() for a, b in taken):
                continue
            if label in ("in_month", "month_rel", "month_year") and not _is_month_word(m):
                continue
            try:
                mention = _resolve(label, m, pub, future)
            except (ValueError, OverflowError):
                continue
            if mention is not None:
                taken.append((m.start(), m.end()))
                found.append(mention)
    return sorted(found, key=lambda d: d.start)


def _is_month_word(m: re.Match[str]) -> bool:
    """Whether May, March and the like are months here: "in march" without a capital is none."""
    return m.group("month")[:1].isupper()


def shift_date(mention: DateMention, base_start: str, base_end: str) -> DateMention:
    """An anaphoric mention ("a day after") counted from another event's days."""
    try:
        start = dt.date.fromisoformat(base_start) + dt.timedelta(days=mention.shift)
        end = dt.date.fromisoformat(base_end) + dt.timedelta(days=mention.shift)
    except OverflowError:
        return mention
    return replace(mention, date_start=start.isoformat(), date_end=end.isoformat(), prec=prec_of(start, end), basis="relative")
