"""Which articles are one text: an agency's story, its republications and lightly edited copies are one origin.

Two outlets that each write their own story are two origins, whatever they agree on; so are two
stories of one outlet. The measure is shared runs of five words, not shared facts.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np

from pipeline.intake import patterns
from pipeline.models import Article

# Words in a run: five in a row are seldom the same by chance, and an editor's change breaks no more than five of them.
RUN_WORDS = 5
RUN_BYTES = 4
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
# Copies share SAME_SHARE_AGENCY of the looked-up runs on the average, and hardly ever less than this; others share a turn of phrase.
LOOKUP_SHARE = 0.12
# Copies of a text come out within days; what is printed again later is another origin's business.
WINDOW_DAYS = 7
# Of so many texts the looked-up runs are kept in memory, some 500 bytes each, before days outside the window are dropped.
KEPT_TEXTS = 100_000
# Of one day, so many runs are kept apart from the others before they are sorted in with them.
NEW_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of an article to know its text again: hashes of its runs of words, sorted, four bytes each."""

    article_id: str
    source: str
    agency: str
    runs: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin an article belongs to, the agency behind it, and how that was told.

    `start` and `end` are where the article names the agency, None where it names none. `replaces` are
    origins that this article shows to be the same one: their articles move to `origin_id`. `runs` are
    those of the article's signature.
    """

    origin_id: str
    agency: str
    basis: str
    start: int | None = None
    end: int | None = None
    replaces: tuple[str, ...] = ()
    runs: bytes = b""


def signature(article: Article) -> Signature:
    """The signature of an article: its body alone, so that another headline or credit makes no other text."""
    words = re.findall(r"\w+", " ".join(article.text[p.start : p.end] for p in article.parts if p.kind == "body").casefold())
    # A text shorter than one run is one run.
    runs = {zlib.crc32(" ".join(words[i : i + RUN_WORDS]).encode()) for i in range(max(len(words) - RUN_WORDS, 0) + 1)}
    packed = struct.pack(f"<{len(runs)}I", *sorted(runs))
    return Signature(article.article_id, article.source, article.agency, packed)


def _runs(packed: bytes) -> Any:
    return np.frombuffer(packed, dtype="<u4")


def _shared(a: Signature, b: Signature) -> int:
    """How many runs two texts have both."""
    return len(np.intersect1d(_runs(a.runs), _runs(b.runs), assume_unique=True))


def share(a: Signature, b: Signature) -> float:
    """How much of the shorter text the longer one holds, 0 to 1."""
    return _shared(a, b) * RUN_BYTES / min(len(a.runs), len(b.runs))


def is_same_text(a: Signature, b: Signature) -> bool:
    """Whether two texts are one text and its copy: see the rules at the head of this file."""
    if a.runs == b.runs:
        return True
    mine, theirs, both = len(a.runs) // RUN_BYTES, len(b.runs) // RUN_BYTES, _shared(a, b)
    agency = bool(a.agency) and full_name(a.agency) == full_name(b.agency)
    enough = SAME_SHARE_AGENCY if agency else SAME_SHARE
    return both >= SAME_RUNS and both >= enough * min(mine, theirs) and both >= SAME_OF_ALL * (mine + theirs - both)


def full_name(agency: str) -> str:
    """An agency's full name where the list has it ("AFP"), else the name as it is, without case."""
    return patterns.agencies().get(agency.casefold(), agency).casefold()


class Texts(Protocol):
    """Where the texts lie that new ones are compared with."""

    def runs_of_day(self, day: str | None) -> Iterable[tuple[str, bytes]]:
        """(article id, its `lookup_runs`) of the articles of one day; None: of those without a date."""
        ...

    def signatures(self, article_ids: Sequence[str]) -> Iterable[tuple[Signature, str]]:
        """These articles' signatures, each with its origin's id as it is now."""
        ...


class OriginIndex:
    """The texts of the days around the articles that come in, to find those that share a run of words with a new one.

    `texts` is where they lie: a day is loaded when it is needed, and again after it was dropped to save memory.
    What is kept of a text is a few hundred bytes; the rest is asked for where a run is shared. Without `texts`
    the index knows what it is given and drops nothing.
    """

    def __init__(self, texts: Texts | None = None) -> None:
        self._texts = texts
        self._days: dict[str | None, _Day] = {}  # the one used last at the end
        self._kept = 0  # texts of all these days
        self._own: dict[str, tuple[Signature, str]] = {}  # what is known where no `texts` are

    def find(self, article: Article) -> Origin:
        """The origin of an article among the texts of its days; the article is known from then on.

        Whatever order articles come in, the same ones end up in one origin under the same id: an
        origin is named after the least id of its articles, and one that links two origins joins them.
        With `texts`, the caller stores the article, and the joining of origins, before the next is looked for.
        """
        known = signature(article)
        same = [(other, origin_id) for other, origin_id in self._candidates(known, article.published) if is_same_text(known, other)]
        found = _choose(article, known, [other for other, _ in same], {s.article_id: origin_id for s, origin_id in same})
        self.add(known, found.origin_id, day=article.published)
        self._join(found)
        return found

    def add(self, known: Signature, origin_id: str, *, day: str | None) -> None:
        """Make a text known, under its origin."""
        self._kept += self._day(day).add(known.article_id, lookup_runs(known.runs))
        if self._texts is None and known.article_id not in self._own:
            self._own[known.article_id] = known, origin_id

    def _join(self, found: Origin) -> None:
        for article_id, (known, origin_id) in self._own.items() if found.replaces else ():
            if origin_id in found.replaces:
                self._own[article_id] = known, found.origin_id

    def _day(self, day: str | None) -> _Day:
        here = self._days.pop(day, None)
        if here is None:
            here = _Day(self._texts.runs_of_day(day) if self._texts else ())
            self._kept += len(here.ids)
        self._days[day] = here
        return here

    def _forget(self, wanted: Sequence[str | None]) -> None:
        """Drop the days that were not needed for longest, once there are too many texts and they can be loaded again."""
        if self._texts is None:
            return
        for day in [d for d in self._days if d not in wanted] if self._kept > KEPT_TEXTS else ():
            self._kept -= len(self._days.pop(day).ids)
            if self._kept <= KEPT_TEXTS:
                return

    def _candidates(self, known: Signature, day: str | None) -> list[tuple[Signature, str]]:
        """Texts of the window that share a looked-up run, each once, by id, with their origins."""
        days, runs = window(day), lookup_runs(known.runs)
        hits = {i for near in days for i in self._day(near).sharing(runs)} - {known.article_id}
        self._forget(days)
        found = self._texts.signatures(sorted(hits)) if self._texts else (self._own[i] for i in sorted(hits))
        return sorted(found, key=lambda pair: pair[0].article_id)


class _Day:
    """The texts of one day, to be asked which of them have a run."""

    def __init__(self, texts: Iterable[tuple[str, bytes]]) -> None:
        self.ids: list[str] = []
        self._known: set[str] = set()
        self._sizes = array("f")
        # Texts come one by one and sorting all of a day for each would take long: what is new is sorted by itself.
        self._all, self._new = _Pairs(), _Pairs()
        for article_id, runs in texts:
            self.add(article_id, runs)

    def add(self, article_id: str, runs: bytes) -> bool:
        """Whether it was not known."""
        is_new = article_id not in self._known
        if is_new:
            pairs = _runs(runs)
            self._known.add(article_id)
            self._new.unsorted.append((len(self.ids), pairs))
            self._sizes.append(_size(pairs))
            self.ids.append(article_id)
        return is_new

    def sharing(self, runs: bytes) -> list[str]:
        """The ids of the texts that have as many of these runs as a copy would have at the least."""
        self._new.sort()
        if len(self._new.runs) > NEW_PAIRS:
            self._all.join(self._new)
            self._new = _Pairs()
        mine = _runs(runs)
        # A text's runs lie all with the old or all with the new.
        shared = np.bincount(np.concatenate([pairs.owners_of(mine) for pairs in (self._all, self._new)]), minlength=len(self.ids))
        some = np.flatnonzero(shared)
        needed = np.maximum(1, np.ceil(LOOKUP_SHARE * np.minimum(np.array(self._sizes)[some], _size(mine))))
        return [self.ids[n] for n in some[shared[some] >= needed]]


class _Pairs:
    """(run, number of the text) pairs sorted by run, eight bytes each."""

    def __init__(self) -> None:
        self.runs = self.owners = np.empty(0, dtype="<u4")
        self.unsorted: list[tuple[int, Any]] = []

    def sort(self) -> None:
        if self.unsorted:
            runs = np.concatenate([runs for _, runs in self.unsorted])
            owners = np.repeat(np.array([n for n, _ in self.unsorted], dtype="<u4"), [len(runs) for _, runs in self.unsorted])
            self.unsorted = []
            self._merge(runs, owners)

    def join(self, other: _Pairs) -> None:
        self._merge(other.runs, other.owners)

    def _merge(self, runs: Any, owners: Any) -> None:
        runs, owners = np.concatenate([self.runs, runs]), np.concatenate([self.owners, owners])
        order = np.argsort(runs, kind="stable")
        self.runs, self.owners = runs[order], owners[order]

    def owners_of(self, runs: Any) -> Any:
        begin, end = np.searchsorted(self.runs, runs, "left"), np.searchsorted(self.runs, runs, "right")
        found = [self.owners[begin[i] : end[i]] for i in np.flatnonzero(end > begin)]
        return np.concatenate(found) if found else self.owners[:0]


def _size(runs: Any) -> float:
    """How many looked-up runs a text has, one in SAMPLE of all: a short one, of which all are looked up, counts as if it were longer."""
    return len(runs) / SAMPLE if (runs % SAMPLE).any() else float(len(runs))


def window(published: str | None) -> list[str | None]:
    """The days whose texts an article is compared with: WINDOW_DAYS before and after; undated ones among themselves."""
    if published is None:
        return [None]
    here = date.fromisoformat(published)
    return [(here + timedelta(days=n)).isoformat() for n in range(-WINDOW_DAYS, WINDOW_DAYS + 1)]


def lookup_runs(packed: bytes) -> bytes:
    """The runs of a signature that a text is looked up by. The hash itself chooses, so that two texts choose the same ones."""
    runs = _runs(packed)
    return packed if len(runs) <= SHORT_RUNS else runs[runs % SAMPLE == 0].tobytes()


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
    return Origin(ids[0], agency, basis, start, end, tuple(i for i in ids[1:] if i != own), known.runs)


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
