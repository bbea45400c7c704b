"""The words by which news copy shows what is headline, byline, credit or furniture: data, no decisions."""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def _word_lists() -> dict[str, str]:
    with (HERE / "words.toml").open("rb") as file:
        return {name: str(words) for name, words in tomllib.load(file).items()}


def word_list(name: str) -> frozenset[str]:
    """A list of words.toml."""
    return frozenset(_word_lists()[name].split())


# --- bylines ------------------------------------------------------------------------------------

# Small words and callings that stand in a byline beside names.
BYLINE_WORDS = word_list("byline_words")
CALLINGS = (
    r"(?:correspondents?|reporters?|writers?|bureau|news ?desk|web ?desk|desk|monitoring desk|news agency|news team|news staff|staff)"
)
STAFF_BYLINE = re.compile(
    rf"(?:from\s+)?(?:(?:our|staff|special|local|news|web|national|foreign|regional|district|a)\s+){{1,3}}{CALLINGS}"
    r"(?:(?:,|\s+in|\s+at|\s*[-–—|/])\s*[^.!?]{2,60})?",
    re.IGNORECASE,
)
BY = re.compile(r"(?:(?:words|written|reported|story|text|compiled|photos?|words and photos)\s+)?by\s*:?\s+(?P<who>\S.*)", re.IGNORECASE)
# Initials of those who wrote and edited, as one agency signs its stories: "gk/ml/pma".
INITIALS = re.compile(r"(?:[A-Z]{2,6}|[a-z]{2,4}(?:-[a-z]{2,4})?)(?:/(?:[a-z]{1,4}|(?:[a-z]\.){1,3})){1,4}")

# --- credits ------------------------------------------------------------------------------------

_WORK = (
    r"(?:report(?:ed|ing)|writ(?:ing|ten)|edit(?:ed|ing)|compiled|translat(?:ed|ing|ion)|production|produced"
    r"|additional reporting|research)"
)
CREDIT = re.compile(
    rf"(?:(?:additional|further|other|with additional)\s+)?{_WORK}(?:(?:\s+and|,|/|&)\s+{_WORK})*\s*(?:by|from)\s*:?\s+\S.*"
    rf"|{_WORK}\s*:\s+[A-Z].*"
    r"|with\s+(?:additional\s+)?(?:inputs?|reporting|files?|contributions?|agency|agencies|wires?|reports?)"
    r"(?:\s+(?:inputs?|reports?|reporting))?(?:\s+(?:from|by)\s+[^,!?]{2,80})?"
    r"|with\s+(?:AFP|AP|Reuters|agencies)(?:(?:,|\s+and|/)\s*[A-Z][\w ]{1,30})*"
    r"|(?:agencies|wires?|from (?:our )?(?:wires?|agencies|news agencies|wire services))"
    r"|[A-Z][\w '&-]{2,50}\s+(?:with|and)\s+(?:agency|agencies|AFP|AP|Reuters|wires|wire services)"
    r"|(?:source|sources|credit|courtesy|via)\s*:\s*\S.{1,80}"
    r"|(?:the\s+)?[A-Z][\w/ ,&.'-]{1,80}\s+(?:also\s+)?contributed\s+to\s+this\s+(?:report|story|article|dispatch)"
    r"|this\s+(?:story|report|article)\s+(?:was|is|has been)\s+(?:first\s+|originally\s+)?"
    r"(?:published|written|reported|produced|compiled|translated|supplied|provided)\b.*",
    re.IGNORECASE,
)
# A signature is no sentence: longer paragraphs that open so are body text.
CREDIT_MAX = 320
CLOSING_CREDIT = re.compile(
    rf"[\(\[](?:(?:additional|further|with additional)\s+)?"
    rf"(?:{_WORK}\b|with\s+(?:additional\s+)?(?:inputs?|agency|agencies|reporting)\b)[^()\[\]]*[\)\]]\.?$",
    re.IGNORECASE,
)

# --- furniture ----------------------------------------------------------------------------------

# Whole lines that belong to the page and not to the story.
BOILERPLATE = re.compile(
    r"(?:-\s*)?advertisement(?:\s*[-–—].*)?|advertisements?"
    r"|story continues below(?: this)? (?:ad|advertisement).*|article continues (?:below|after).*"
    r"|sponsored(?: content)?|promoted|loading\.*|skip to (?:main )?content"
    r"|(?:share|tweet|print|email|e-mail|save|comments?|copy link|facebook|twitter|whatsapp|telegram|listen|menu|home|news|world)"
    r"(?:\s*[|/,·]\s*\w+)*"
    r"|(?:news|press|media) (?:release|statement)|for immediate release|[\W_]+"
    r"|\d+ (?:comments?|shares?|views?|likes?)"
    # A day in figures with the buttons beside it: "18/11/2023 16:40 | Print | Send to a friend".
    r"|\d{1,2}[./-]\d{1,2}[./-]\d{4}(?:[\s,|-]+\d{1,2}[:.]\d\d(?: ?[ap]m)?)?(?:\s*[|·]\s*[\w ]{2,30}){0,5}"
    r"|(?:share|print|email|save|bookmark|listen to|rate) this (?:article|story|page|post)\b.*"
    r"|(?:share|post) (?:on|via|to) (?:facebook|twitter|x|whatsapp)\b.*"
    r"|(?:please )?(?:click|tap) (?:here|on the link)\b.*|(?:please )?subscribe (?:to|now|today|for)\b.*|sign up (?:for|to|now|here)\b.*"
    r"|(?:follow|like|find|join) us (?:on|at)\b.*|(?:join|follow) (?:our|the) (?:\w+ ){0,3}(?:channel|newsletter|whatsapp|telegram)\b.*"
    r"|(?:get|receive) (?:the|our) (?:\w+ ){0,4}(?:newsletter|in your inbox)\b.*|download (?:our|the) (?:\w+ )?app\b.*"
    r"|(?:support|donate to) (?:our|independent) journalism\b.*|become a (?:member|subscriber)\b.*|already a subscriber\b.*"
    r"|(?:more|read|for more)(?: on this)?(?: story| news)?(?: in \w+'s paper| at \S+)"
    r"|(?:also read|read also|also see|see also|read more|related|editor'?s picks?|don'?t miss|trending)\s*:\s*\S.*"
    # These may be the first word of a digest's item too, which ends with a full stop ("See: two more died in Daquq.").
    r"|(?:read|see|watch|listen)\s*:\s*\S.*(?<!\.)"
    r"|(?:file )?(?:photo|picture|image|video|graphic|caption|illustration|photo credit|image credit|photograph)s?\s*:.*"
    r"|(?:photo|image|picture|photograph)s?\s*(?:/|(?:by|courtesy)\b)\s*[^.!?]{2,60}\.?"
    r"|file photo\b.*|representational (?:image|photo)\.?|[\[\(](?:photo|image|picture|file photo|video)\b[^\])]*[\]\)]\.?"
    r"|.{0,120}/\s?(?:getty images|afp via getty images)\.?"
    r"|(?:©|\(c\)|copyright\b).{0,200}|.{0,120}\ball rights reserved\b.{0,80}|our standards\s*:.*"
    r"|(?:licensing|purchase licensing) rights\b.*"
    r"|(?:the )?thomson reuters trust principles\.?|this (?:material|article) may not be (?:published|reproduced)\b.*"
    r"|(?:estimated )?reading time\s*:?\s*\d+.*|\d+[- ]min(?:ute)?s? read|(?:six|five|four|three|two|ten) minutes'? read(?:ing)?\.?"
    r"|we use cookies\b.*|(?:please )?enable javascript\b.*|(?:have a tip|got a tip|got news)\b.*|#\w+(?:\s+#\w+)*"
    r"|(?:-\s*)?(?:end|ends|more follows|30|###|\*\s*\*\s*\*|-{3,}|_{3,}|\*{3,}|={3,}|~{3,}|#{3,})(?:\s*-)?",
    re.IGNORECASE,
)
# Openers of a list of other stories: the short lines that follow belong to it.
LIST_OPENER = re.compile(
    r"(?:related(?: (?:stories|articles|news|content|topics|coverage))?|read more|read also|also read|see also"
    r"|more (?:from|on|in) .{2,40}|more stories|most (?:read|popular|viewed|shared)|recommended(?: for you| stories)?"
    r"|you (?:may|might) (?:also )?(?:like|be interested in)|editor'?s picks?"
    r"|top stories|latest (?:news|stories)|trending(?: now)?|in other news|what to read next|up next|tags|topics|keywords)\s*:?",
    re.IGNORECASE,
)
# Marks that desks set before a headline when a story is sent again or is of a kind.
HEADLINE_MARK = re.compile(
    r"(?:(?:UPDATE|WRAPUP|WRAP|REFILE|CORRECTED|CORRECTION|RPT|REPEAT|RECAST|CLARIFICATION|RETRANSMISSION|ADVISORY|LEAD|URGENT|BREAKING|FLASH|ALERT"
    r"|EXCLUSIVE|INSIGHT|FACTBOX|TIMELINE|ANALYSIS|EXPLAINER|FEATURE|INTERVIEW|NEWSMAKER|SPECIAL REPORT|WITNESS|SNAPSHOT|LIVE"
    r"|DEVELOPING|JUST IN)"
    r"(?:\s*\(?(?:OFFICIAL|NEWS|UPDATE)?\)?\s*\d{0,2})?\s*(?:[-–—:|]\s*|\s(?=UPDATE|CORRECTED|REFILE)))+",
)
# The marks that tell readers that an earlier version stands corrected or overtaken.
RESENT = re.compile(r"\b(UPDATE|WRAPUP|REFILE|CORRECTED|CORRECTION|RECAST|CLARIFICATION|RPT|REPEAT)\b")

# "EMBARGOED UNTIL 0600 GMT, 4 December", a line above the story.
EMBARGO = re.compile(r"\W*(?:strictly |under )?embargo(?:ed)?\b(?:\s*[:-]|\s+(?:until|till|for|to|not)\b).{3,200}", re.IGNORECASE)
# What a desk says about an earlier version of the story: it repeats what was wrong, which nobody should code.
CORRECTION = re.compile(
    r"\W*(?:correction|clarification|editor'?s'? note|corrects|note to readers)\b.{0,60}?[:(.–—-].{0,300}"
    r"(?:correct|clarif|amend|earlier version|previous version|an earlier|misstated|misspelled|updated to).{0,300}"
    r"|\W*(?:this|the) (?:story|article|report|item|headline|version)\b.{0,60}\b(?:has been|was|is)(?: \w+)? "
    r"(?:corrected|amended|clarified|updated to (?:correct|reflect|clarify|fix|show))\b.{0,400}"
    r"|\W*(?:an|the) (?:earlier|previous) version of this (?:story|article|report|item)\b.{3,400}",
    re.IGNORECASE,
)

DATE_LABEL = re.compile(
    r"(?:(?:first |originally |last )?(?:published|posted|updated|modified|issued|released|created|uploaded)(?:\s+(?:on|at))?"
    r"|date|publication date|dated|time)\s*[:|-]?\s+"
    r"(?=\S)",
    re.IGNORECASE,
)
# --- datelines ----------------------------------------------------------------------------------

# First words that stand where a dateline stands, and are none.
NOT_PLACES = word_list("not_places")
# Words inside a place's name that stay small.
PLACE_WORDS = word_list("place_words")


@cache
def agencies() -> dict[str, str]:
    """Every name and abbreviation of a known news agency -> its full name. Source: agencies.csv, names as the agencies print them."""
    known: dict[str, str] = {}
    with (HERE / "agencies.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for name in (row["name"], *filter(None, row["aliases"].split("|"))):
                known[name.casefold()] = row["name"]
    return known
