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
            # A hyphen at a line's end may be the word's own ("self-defense"): keep it, add no space.
            paragraphs[-1] += [line.strip()] if re.search(r"\w-$", before) else [" ", line.strip()]
        else:
            paragraphs.append([line])
        before = line
    return ["".join(pieces) for pieces in paragraphs]
