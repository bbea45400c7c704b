"""Text as it should have arrived: encoding repaired, one line a paragraph, nothing invisible in it."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import ftfy

# Straight quotes, one character for one: rules and readers meet one form, and no offset moves.
_FTFY = ftfy.TextFixerConfig(uncurl_quotes=True, fix_character_width=True, normalization="NFC")
# Repairs can uncover one another ("&amp;amp;"); three rounds reach rest on every text met so far.
ROUNDS = 6

# Characters with no ink and no width, and those that turn the direction of text: they hide words and shift what is shown.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\U000e0000-\U000e0fff]"
)
# Spaces of other widths become plain ones, one for one.
_WIDE_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_SPACES = str.maketrans(dict.fromkeys(_WIDE_SPACES, " "))
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# A hard-wrapped text has lines of this many characters at most ...
WRAP_MIN, WRAP_MAX = 40, 110
# ... and breaks a line, this often at least, only where the next word would not have fitted.
WRAP_SHARE = 0.85


# First halves whose hyphen is their own also where a line ends at it ...
OWN_HYPHEN = frozenset(
    "self non anti ex pro pre co vice semi multi inter counter cross half quasi well ill mid all much so long short high low "
    "two three four five six seven eight nine ten twenty thirty forty fifty sixty seventy eighty ninety one first second third "
    "al el as ad ash an ar at ben bin cease hard soft air anglo afro euro sino".split()
)
# ... and second ones: "Iran-backed", "army-held", "12-year-old".
OWN_SECOND = frozenset(
    "backed led based held controlled linked run aligned occupied made related fire old year long style affiliated allied born wide range "
    "level scale guided propelled armed ridden torn affected stricken aged sided handed owned funded trained speaking majority dominated "
    "appointed elected friendly like in up off out on down over to by of and the day hour month week mile metre meter foot".split()
)
# The ends of words, by which the second half of a divided one is known.
_WORD_END = re.compile(
    r"\w{0,3}(?:tions?|sions?|ments?|ings?|[dt]ed|ed|ers?|ly|ity|ties|ness|[ae]nces?|able|ible|al|ous|ive|is[mt]s?|ians?|[aeo]ry|ures?|ship|ful"
    r"|less|wards?|es|en|ies)"
)


def clean_text(text: str) -> str:
    """A text repaired and laid out: no line has space at its ends, paragraphs are set apart by one empty line or a line end.

    Cleaning a clean text changes nothing.
    """
    for _ in range(ROUNDS):
        cleaned = _lay_out(_repair(text))
        if cleaned == text:
            break
        text = cleaned
    return text


def clean_line(text: str, *, limit: int = 1000) -> str:
    """A text repaired and put on one line of `limit` characters at most."""
    line = " ".join(text[: limit * 4].split())
    for _ in range(ROUNDS):
        # What stood on two lines can be a broken character on one.
        cleaned = " ".join(clean_text(line).split())
        if cleaned == line:
            break
        line = cleaned
    return line[:limit].strip()


def _repair(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    # Plain ASCII without entities or control characters has nothing to repair: most of a wire's copy.
    if text.isascii() and "&" not in text and not re.search("[\x00-\x08\x0e-\x1f\x7f]", text):
        return text
    if re.search("[\ud800-\udfff]", text):
        # Half a pair, as careless JSON has it, cannot be stored as UTF-8.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _LINE_ENDS.sub("\n", ftfy.fix_text(text, _FTFY))
    text = _INVISIBLE.sub("", text.translate(_SPACES))
    return unicodedata.normalize("NFC", text.replace("\x1b", ""))


def _lay_out(text: str) -> str:
    lines = [line.rstrip() for line in text.translate(_SPACES).split("\n")]
    if is_hard_wrapped(lines):
        lines = _unwrap(lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()


def is_hard_wrapped(lines: list[str]) -> bool:
    """Whether line ends stand where a line was full, and not where a thought ended.

    In wrapped text a line ends because the next word would not fit; in lists, verse and one-line
    paragraphs lines end anywhere. At least three breaks must tell, nearly all of them the same.
    """
    width = max((len(line) for line in lines), default=0)
    if not WRAP_MIN <= width <= WRAP_MAX:
        return False
    breaks = [(a, b) for a, b in pairwise(lines) if a.strip() and b.strip()]
    # An indented line opens a paragraph: the break before it is meant.
    breaks = [(a, b) for a, b in breaks if not b[0].isspace() or a[0].isspace()]
    full = sum(_is_full(a, b, width) for a, b in breaks)
    carried = sum(not a.endswith((".", "!", "?", ":", '"')) for a, _ in breaks)
    return len(breaks) >= 3 and full >= WRAP_SHARE * len(breaks) and carried * 2 >= len(breaks)


def _is_full(line: str, following: str, width: int) -> bool:
    if re.search(r"[^\W\d_]-$", line):
        return len(line) > 0.7 * width  # the rest of a divided word would not have fitted, whatever of it came to stand below
    # Ragged right: the true measure may be a little over the longest line seen, so ask for nine tenths.
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > 0.9 * width


def _unwrap(lines: list[str]) -> list[str]:
    """Join the lines of each paragraph; list items, indented openings and lines that end early stay apart."""
    width = max(len(line) for line in lines)
    paragraphs: list[list[str]] = []
    before = ""  # the line that the paragraph ends with so far
    for line in lines:
        goes_on = (
            before.strip()
            and line.strip()
            and _is_full(before, line, width)
            and not re.match(r"\s*(?:[-*•▪]|\(?\d{1,2}[.)])\s", line)
            and not (line[0].isspace() and not before[0].isspace())
        )
        if goes_on:
            paragraphs[-1] += [_LINE_HYPHEN, line.strip()] if re.search(r"\w-$", before) else [" ", line.strip()]
        else:
            paragraphs.append([line])
        before = line
    # A hyphen at a line's end may be the word's own ("self-defense"): what is no divided word keeps it, without a space behind it.
    text = _PARAGRAPH_END.join("".join(pieces) for pieces in paragraphs)
    return join_hyphens(text, sure=True).replace(_LINE_HYPHEN, "").split(_PARAGRAPH_END)


# Stand-ins within `_unwrap`: what a clean text cannot have in it.
_LINE_HYPHEN, _PARAGRAPH_END = "\x00\n", "\x00\x00"


def join_hyphens(text: str, *, sure: bool = False) -> str:
    """A text whose words, broken over lines by a hyphen, are whole again; compounds keep theirs ("cease-fire").

    A word is joined where the text does not have it with the hyphen elsewhere and neither half is one of a compound.
    With `sure`, as for lines that may have been broken at hyphens alone, only where the text has it whole elsewhere,
    or its second half is the end of a word and none by itself.
    """
    words = {m.casefold() for m in re.findall(r"\b[^\W\d_]+(?:-[^\W\d_]+)?\b", text)}

    def join(m: re.Match[str]) -> str:
        left, right = m["left"], m["right"]
        kept, whole = f"{left}-{right}", left + right
        if whole.casefold() in words and kept.casefold() not in words:
            return whole
        own = left.casefold() in OWN_HYPHEN or right in OWN_SECOND or kept.casefold() in words
        if own or (sure and not _WORD_END.fullmatch(right)):
            return kept
        return whole

    return re.sub(r"\b(?P<left>[^\W\d_]{2,})[-\u00ad\u2010]\x00?[ \t]*\n[ \t]*(?P<right>[a-z\u00df-\u00ff]{2,})\b", join, text)
