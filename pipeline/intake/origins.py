"""Which articles are one text: an agency's story, its republications and lightly edited copies are one origin.

Two outlets that each write their own story are two origins, whatever they agree on; so are two
stories of one outlet. The measure is shared runs of five words, not shared facts.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from pipeline.intake import patterns
from pipeline.models import Article

# Words in a run: five in a row are seldom the same by chance, and an editor's change breaks no more than five of them.
RUN_WORDS = 5
# Two texts are one where the shorter shares this much of its runs with the longer. Measured on 570 texts of
# our own: copies and light edits share 0.55 and more, different stories of one event 0.16 and less ...
SAME_SHARE = 0.5
# ... or this much, where both name the same agency: desks cut and reword what they take from one.
SAME_SHARE_AGENCY = 0.35
# The shared runs are this much of all runs of both, too: a brief inside a long round-up does not make the round-up its copy.
SAME_OF_ALL = 0.2
# And they are this many at least, or all: a quoted sentence is shared by many who wrote their own story.
SAME_RUNS = 10
# One run in so many is looked up to find texts worth comparing; a copy that shares 60 runs is missed 3 times in 10,000.
SAMPLE = 8
# Texts of fewer runs than this are looked up by every run.
SHORT_RUNS = 60
# Copies of a text come out within days; what is printed again later is another origin's business.
WINDOW_DAYS = 7
# So many texts are kept in memory, some 12 KB each, before days outside the window are dropped.
KEPT_TEXTS = 20_000


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of an article to know its text again: hashes of its runs of words, sorted, four bytes each."""

    article_id: str
    published: str | None
    source: str
    agency: str
    runs: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin an article belongs to, the agency behind it, and how that was told.

    `start` and `end` are where the article names the agency, None where it names none. `replaces` are
    origins that this article shows to be the same one: their articles move to `origin_id`.
    """

    origin_id: str
    agency: str
    basis: str
    start: int | None = None
    end: int | None = None
    replaces: tuple[str, ...] = ()


def signature(article: Article) -> Signature:
    """The signature of an article: its body alone, so that another headline or credit makes no other text."""
    words = re.findall(r"\w+", " ".join(article.text[p.start : p.end] for p in article.parts if p.kind == "body").casefold())
    # A text shorter than one run is one run.
    runs = {zlib.crc32(" ".join(words[i : i + RUN_WORDS]).encode()) for i in range(max(len(words) - RUN_WORDS, 0) + 1)}
    packed = struct.pack(f"<{len(runs)}I", *sorted(runs))
    return Signature(article.article_id, article.published, article.source, article.agency, packed)


@lru_cache(maxsize=2048)
def runs_of(packed: bytes) -> frozenset[int]:
    """The hashes of a signature."""
    return frozenset(struct.unpack(f"<{len(packed) // 4}I", packed))


def share(a: Signature, b: Signature) -> float:
    """How much of the shorter text the longer one holds, 0 to 1."""
    mine, theirs = runs_of(a.runs), runs_of(b.runs)
    return len(mine & theirs) / min(len(mine), len(theirs))


def is_same_text(a: Signature, b: Signature) -> bool:
    """Whether two texts are one text and its copy: see the rules at the head of this file."""
    if a.runs == b.runs:
        return True
    mine, theirs = runs_of(a.runs), runs_of(b.runs)
    both = len(mine & theirs)
    agency = bool(a.agency) and full_name(a.agency) == full_name(b.agency)
    enough = SAME_SHARE_AGENCY if agency else SAME_SHARE
    return both >= SAME_RUNS and both >= enough * min(len(mine), len(theirs)) and both >= SAME_OF_ALL * len(mine | theirs)


def full_name(agency: str) -> str:
    """An agency's full name where the list has it ("AFP"), else the name as it is, without case."""
    return patterns.agencies().get(agency.casefold(), agency).casefold()


class OriginIndex:
    """The texts of the days around the articles that come in, and the origin of each.

    `load_day` gives the stored articles of one day (None: those without a date), each with its origin;
    it is called once for every day that is needed, and again for days that were dropped to save memory.
    Without it the index knows what it is given and drops nothing.
    """

    def __init__(self, load_day: Callable[[str | None], Iterable[tuple[Article, str]]] | None = None) -> None:
        self._load_day = load_day
        self._days: dict[str | None, dict[int, list[str]]] = {}  # day -> sampled run -> article ids
        self._signatures: dict[str, Signature] = {}
        self._origins: dict[str, str] = {}

    def find(self, article: Article) -> Origin:
        """The origin of an article among the texts of its days; the article is known from then on.

        Whatever order articles come in, the same ones end up in one origin under the same id: an
        origin is named after the least id of its articles, and one that links two origins joins them.
        """
        known = signature(article)
        same = [other for other in self._candidates(known) if is_same_text(known, other)]
        found = _choose(article, known, same, self._origins)
        self.add(known, found.origin_id)
        for article_id, origin_id in self._origins.items() if found.replaces else ():
            if origin_id in found.replaces:
                self._origins[article_id] = found.origin_id
        return found

    def add(self, known: Signature, origin_id: str) -> None:
        """Make a text known, under its origin."""
        if known.article_id in self._signatures:
            return
        self._signatures[known.article_id] = known
        self._origins[known.article_id] = origin_id
        index = self._day(known.published)
        for run in _sampled(known.runs):
            index[run].append(known.article_id)

    def _day(self, day: str | None) -> dict[int, list[str]]:
        if day not in self._days:
            self._days[day] = defaultdict(list)
            for article, origin_id in self._load_day(day) if self._load_day else ():
                self.add(signature(article), origin_id)
        return self._days[day]

    def _forget(self, wanted: Sequence[str | None]) -> None:
        """Drop the days outside those wanted, once there are too many texts and they can be loaded again."""
        if self._load_day is None or len(self._signatures) <= KEPT_TEXTS:
            return
        for day in [d for d in self._days if d not in wanted]:
            for article_id in {i for ids in self._days.pop(day).values() for i in ids}:
                del self._signatures[article_id], self._origins[article_id]

    def _candidates(self, known: Signature) -> Iterator[Signature]:
        """Texts of the window that share a sampled run, each once, by id."""
        days = window(known.published)
        hits: set[str] = set()
        for day in days:
            index = self._day(day)
            for run in _sampled(known.runs):
                hits.update(index.get(run, ()))
        self._forget(days)
        yield from (self._signatures[i] for i in sorted(hits) if i != known.article_id)


def window(published: str | None) -> list[str | None]:
    """The days whose texts an article is compared with: WINDOW_DAYS before and after; undated ones among themselves."""
    if published is None:
        return [None]
    here = date.fromisoformat(published)
    return [(here + timedelta(days=n)).isoformat() for n in range(-WINDOW_DAYS, WINDOW_DAYS + 1)]


def _sampled(packed: bytes) -> Iterable[int]:
    """The runs that a text is looked up by. The hash itself chooses, so that two texts choose the same ones."""
    runs = runs_of(packed)
    return runs if len(runs) <= SHORT_RUNS else [run for run in runs if run % SAMPLE == 0]


def _choose(article: Article, known: Signature, same: list[Signature], origins: Mapping[str, str]) -> Origin:
    own = "o" + article.article_id.removeprefix("a")
    ids = sorted({own, *(origins[s.article_id] for s in same)})
    credit = find_credit(article)
    agency = credit[0] if credit else ""
    if same:
        nearest = max(same, key=lambda s: (share(known, s), s.article_id))
        agency = agency or next((s.agency for s in sorted(same, key=lambda s: s.article_id) if s.agency), "")
        of = nearest.source or "another article"
        basis = f"{share(known, nearest):.0%} of its text is that of {of} ({nearest.article_id})"
    elif credit:
        basis = f"a text of its own that names {agency}"
    else:
        basis = "a text of its own"
    start, end = credit[1:] if credit else (None, None)
    return Origin(ids[0], agency, basis, start, end, tuple(i for i in ids[1:] if i != own))


def find_credit(article: Article) -> tuple[str, int, int] | None:
    """The agency that an article says it is from, and where it says so; None where it names none.

    The dateline's brackets come first, "(Reuters) -", then the credits, "Source: AFP".
    """
    if not article.agency:
        return None
    for kind in ("agency", "byline", "credit"):
        for part in article.parts:
            if part.kind == kind:
                at = article.text.find(article.agency, part.start, part.end)
                if at >= 0:
                    return article.agency, at, at + len(article.agency)
    return None


def find_origin(article: Article, known: OriginIndex) -> Origin:
    """The origin of an article among the known ones; see `OriginIndex.find`."""
    return known.find(article)


def assign_origins(articles: Iterable[Article]) -> dict[str, Origin]:
    """The origin of each of some articles by id, in whatever order they come."""
    index = OriginIndex()
    found: dict[str, Origin] = {}
    for article in sorted(articles, key=lambda a: a.article_id):
        found[article.article_id] = origin = index.find(article)
        for article_id, other in found.items():
            if other.origin_id in origin.replaces:
                found[article_id] = replace(other, origin_id=origin.origin_id)
    return found
