"""When a text was published: the dates that metadata, text lines, datelines and file names carry.

Strict on purpose: a date that can be read in two ways (03/12/2023), that does not exist (31 June) or
that is half a date is none. Every result is UTC, "2023-12-03T14:05:00Z"; a bare day is its midnight.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import mktime_tz, parsedate_tz

from pipeline.errors import DateError

# Years outside are taken for misprints: wire archives reach back to about 1900.
FIRST_YEAR, LAST_YEAR = 1900, 2100

# What exports write where there is no date.
NO_DATE = {"", "-", "--", "none", "null", "nil", "nan", "nat", "n/a", "na", "unknown", "undated", "n.d.", "?"}

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Without a name, for patterns that hold it more than once.
ANY_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)(?![a-z])"
)
MONTH = rf"(?P<month>{ANY_MONTH})\.?"
WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>\d{4})"

# Hours east of UTC of the zone names that mean one thing in news copy; IST, CST and BST mean several.
ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "et": -5, "pst": -8, "pdt": -7, "mdt": -6,
    "cet": 1, "cest": 2, "eet": 2, "msk": 3,
}  # fmt: skip
CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"(?:\s*\(?(?P<zone>[a-z]{1,5}|(?:utc|gmt)?\s?[+-]\d{1,2}:?\d{2})\)?)?"
)
_GAP = r"[\s,|·•@-]+(?:at\s+)?"
_DAYS = (
    rf"{MONTH}\s+{DAY}(?:\s*,\s*|\s+){YEAR}",
    rf"{DAY}(?:\s+of)?[\s-]+{MONTH},?[\s-]+{YEAR}",
    rf"{YEAR}[\s-]+{MONTH}[\s-]+{DAY}",
)
_WRITTEN = [
    re.compile(pattern, re.IGNORECASE)
    for day in _DAYS
    for pattern in (rf"(?:{WEEKDAY}[\s,]+)?{day}(?:{_GAP}{CLOCK})?", rf"{CLOCK}{_GAP}(?:on\s+)?(?:{WEEKDAY}[\s,]+)?{day}")
] + [
    # C's ctime, as logs and some feeds print it: "Sun Dec  3 14:05:00 2023".
    re.compile(rf"{WEEKDAY}\s+{MONTH}\s+{DAY}\s+{CLOCK}\s+{YEAR}", re.IGNORECASE)
]
_NUMERIC = re.compile(r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?:[T\s,]+(?P<rest>\S.*))?")
_FILE_DAY = re.compile(r"(?<![0-9A-Za-z])(\d{4})([-_.]?)(\d{2})\2(\d{2})(?![0-9A-Za-z])")


def parse_published(value: object) -> str | None:
    """The moment a metadata value names, UTC, "2023-12-03T14:05:00Z"; None where it says there is none.

    Reads ISO 8601, RFC 2822, written dates ("Dec. 3, 2023 5:14 PM", "3 December 2023"), day-first dates
    with dots or a day over 12, seconds or milliseconds since 1970. DateError on everything else.
    """
    if value is None or isinstance(value, bool):
        return None
    shown = value if isinstance(value, (int, float)) else str(value).strip()
    text = " ".join(str(value).split())
    if text.casefold() in NO_DATE:
        return None
    if len(text) > 100:
        raise DateError(f"the date {text[:40] + '...'!r} cannot be read as one")
    if re.fullmatch(r"-?\d+(\.\d+)?", text) and len(text.partition(".")[0]) != 8:
        return _iso(_from_number(text), shown)
    moment = _from_iso(text) or _from_words(text) or _from_numeric(text) or _from_mail(text)
    if moment is None:
        raise DateError(f"the date {shown!r} cannot be read as one")
    return _iso(moment, shown)


def published_in_words(text: str) -> str | None:
    """The moment a line of news copy names, if the whole line is a full date; None otherwise."""
    text = " ".join(text.split())
    if not 8 <= len(text) <= 80 or not re.search(r"\d{4}", text):
        return None
    moment = _from_words(text) or (_from_iso(text) if re.match(r"\d{4}-\d\d-\d\d", text) else None)
    return _iso(moment, text) if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def published_in_name(file_name: str) -> str | None:
    """The day a file's name carries, year first ("2023-12-03", "20231203"); None where there is not exactly one."""
    found = set()
    for year, _, month, day in _FILE_DAY.findall(file_name):
        moment = _moment(int(year), int(month), int(day))
        if moment and FIRST_YEAR <= moment.year <= LAST_YEAR:
            found.add(_iso(moment, file_name))
    return found.pop() if len(found) == 1 else None


def is_in_future(published: str, *, days: int = 2) -> bool:
    """Whether a moment lies more than `days` ahead of the clock: a misprint, most likely."""
    return datetime.fromisoformat(published) > datetime.now(UTC) + timedelta(days=days)


def _iso(moment: datetime, shown: object) -> str:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as e:
        raise DateError(f"the date {shown!r} lies outside the calendar") from e
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise DateError(f"the date {shown!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _from_number(text: str) -> datetime:
    """Seconds, or milliseconds where there are 12 digits or more, since 1970; YYYYMMDDhhmmss with 14."""
    if re.fullmatch(r"(19|20)\d{12}", text):
        moment = _moment(*(int(text[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))))
        if moment:
            return moment
    number = float(text)
    seconds = number / 1000 if abs(number) >= 1e11 else number
    # A bare small number is a row number or a year, not a moment in 1970.
    if not 1e8 <= seconds <= 4.2e9:
        raise DateError(f"the date {text[:40]!r} cannot be read as one")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _from_iso(text: str) -> datetime | None:
    text = re.sub(r"\s?(UTC|GMT|Z)$", "+00:00", text)
    text = re.sub(r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3", text)
    text = re.sub(r"(\d{2}) ([+-]\d{2}:?\d{2})$", r"\1\2", text)
    if not re.match(r"\d{4}-?\d{2}-?\d{2}(?!\d)", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_words(text: str) -> datetime | None:
    for pattern in _WRITTEN:
        if m := pattern.fullmatch(text):
            return _from_match(m)
    return None


def _from_match(m: re.Match[str]) -> datetime | None:
    day = _moment(int(m["year"]), MONTHS[m["month"].casefold()], int(m["day"]))
    if day is None or m["hour"] is None:
        return day
    hour, half = int(m["hour"]), (m["half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or int(m["minute"]) > 59:
        return None
    east = _hours_east(m["zone"])
    if east is None:
        return day  # a clock of an unknown zone could move the day; the day alone is certain
    moment = day.replace(hour=hour, minute=int(m["minute"]), second=min(int(m["second"] or 0), 59))
    return moment.replace(tzinfo=timezone(timedelta(hours=east)))


def _hours_east(zone: str | None) -> float | None:
    """Hours east of UTC; 0 where no zone is named, None for a name that means several."""
    if not zone:
        return 0.0
    name = zone.casefold().strip()
    if name in ZONES:
        return float(ZONES[name])
    m = re.fullmatch(r"(?:utc|gmt)?\s?([+-])(\d{1,2}):?(\d{2})", name)
    if not m or int(m[2]) > 14:
        return None
    return (1 if m[1] == "+" else -1) * (int(m[2]) + int(m[3]) / 60)


def _from_numeric(text: str) -> datetime | None:
    """Day, month, year in digits, where that can be read in one way only: 3.12.2023, 25/12/2023, 12/25/2023."""
    m = _NUMERIC.fullmatch(text)
    if not m:
        return None
    first, second, year = int(m["first"]), int(m["second"]), int(m["year"])
    if m["mark"] == "." or first > 12 or first == second:
        day, month = first, second
    elif second > 12:
        day, month = second, first
    else:
        raise DateError(f"the date {text!r} can be read as day/month or month/day; write it as YYYY-MM-DD")
    if m["rest"] and not re.fullmatch(CLOCK, m["rest"], re.IGNORECASE):
        return None
    moment = _moment(year, month, day)
    if moment is None or not m["rest"]:
        return moment
    return _from_words(f"{moment.year:04} {moment:%b} {moment.day} {m['rest']}")


def _from_mail(text: str) -> datetime | None:
    """An RFC 2822 date with a zone the written forms do not have; the mail parser forgives much, so the shape is asked first."""
    if not re.fullmatch(rf"(?:{WEEKDAY},?\s+)?\d{{1,2}}\s+{MONTH}\s+\d{{2,4}}\s+\d\d:\d\d(:\d\d)?\s+\S+(\s+\(\w+\))?", text, re.IGNORECASE):
        return None
    parsed = parsedate_tz(text)
    if parsed is None or _moment(*parsed[:3]) is None:
        return None
    try:
        return datetime.fromtimestamp(mktime_tz(parsed), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
