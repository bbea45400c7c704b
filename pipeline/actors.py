"""Who can be named in the news: armed groups, states and their forces, coalitions, missions.

Two lists, both tables that an analyst can read and extend: seeds/actors.csv (groups and named
services) and seeds/countries.csv (names, adjectives, demonyms, capitals). "Military of X", "Police
of X" and the state "X" are made for every country when the list is loaded, after the codebook's
ruling 17: at home state forces are "Military of X", abroad they carry the state's name.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Generic, TypeVar

from pipeline.errors import SettingsError

T = TypeVar("T")

STATE_FORCES = 1
EXTERNAL = 8
KINDS = frozenset(
    ("state", "state-forces", "police", "rebel", "political-militia", "identity-militia", "external", "coalition", "un-mission", "criminal")
)
# Kinds whose forces count as state forces at home and as external forces abroad.
STATE_KINDS = frozenset(("state-forces", "police"))
# What may stand between the words of one name: "al-Shabaab", "CPI (Maoist)", "U.S.-led", "YPG/PKK".
_GAP = re.compile(r"[\s\-\u2010-\u2015/.,&()\u2019']{1,3}")
_WORD = re.compile(r"[^\W_]+(?:['\u2019\u02bc\u02bf\u02be`][^\W_]+)*")
_APOSTROPHES = re.compile(r"['\u2019\u02bc\u02bf\u02be`]")
_DOUBLED = re.compile(r"([a-z])\1")
# Proper names that hold a country's name and do not mean the country.
NOT_COUNTRIES = (
    "Niger State", "Niger Delta", "Niger River", "New Mexico", "New Jersey", "New England", "Indian Ocean", "Gulf of Guinea",
    "Gulf of Mexico", "Gulf of Oman", "South China Sea", "East China Sea", "Sea of Japan", "English Channel", "British Columbia",
    "American Samoa", "Central America", "South America", "Latin America", "North America", "Jordan Valley", "Jordan River",
    "French Guiana", "Chad Basin", "Panama Canal", "Irish Sea",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: half-open offsets, as written, and folded for comparison."""

    start: int
    end: int
    text: str
    folded: str


@dataclass(frozen=True, slots=True)
class Country:
    """A row of seeds/countries.csv; `of_name` is the form after "Military of" ("the Philippines")."""

    alpha2: str
    name: str
    of_name: str
    other_names: tuple[str, ...]
    adjectives: tuple[str, ...]
    demonyms: tuple[str, ...]
    capital: str
    metonyms: tuple[str, ...]
    military: tuple[str, ...] = ()  # names of its forces as a whole: "Israel Defense Forces"
    military_weak: tuple[str, ...] = ()  # and those that others bear too: "IAF"
    police: tuple[str, ...] = ()
    police_weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryMatch:
    """Where a text names a country; `form` is name, adjective, demonym, capital or metonym."""

    start: int
    end: int
    code: str
    form: str


@dataclass(frozen=True, slots=True)
class ListedActor:
    """A row of seeds/actors.csv, or a state, its military or its police made from countries.csv.

    `weak_aliases` are names that many bear (AA, the National Guard): they count only in a text that
    names one of the actor's countries or one of its other names. `inter` is ACLED's code at home.
    """

    actor_id: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    country: str
    inter: int
    parents: tuple[str, ...] = ()
    active_from: int | None = None
    active_to: int | None = None
    weak_aliases: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    source: str = ""

    @property
    def is_state(self) -> bool:
        """Whether it is a state or one of a state's forces."""
        return self.kind == "state" or (self.kind in STATE_KINDS and self.inter == STATE_FORCES)

    @property
    def countries(self) -> tuple[str, ...]:
        """Alpha-2 codes of its home and of the countries it is also active in."""
        return (self.country, *self.also_in) if self.country else self.also_in


def fold(word: str) -> str:
    """A word as it is compared: lower case, no accents, no apostrophes, one spelling of common transliterations.

    >>> fold("Jaysh"), fold("Kata'ib"), fold("Ansarullah's")
    ('jaish', 'kataib', 'ansarulah')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) if not word.isascii() else word
    plain = _APOSTROPHES.sub("", _without_possessive(plain)).casefold()
    if len(plain) < 5:
        return plain
    return _DOUBLED.sub(r"\1", plain.replace("ay", "ai").replace("ee", "i").replace("oo", "u").replace("ou", "u"))


def _without_possessive(word: str) -> str:
    return word[:-2] if len(word) > 2 and word[-1] in "sS" and _APOSTROPHES.match(word[-2]) else word


_fold = lru_cache(maxsize=50_000)(fold)


def split_words(text: str) -> list[Word]:
    """The words of a text, possessive 's left off, with their offsets."""
    words = []
    for match in _WORD.finditer(text):
        written = _without_possessive(match.group())
        words.append(Word(match.start(), match.start() + len(written), written, _fold(written)))
    return words


def _fits_case(alias: str, written: str) -> bool:
    """Whether a word may stand for a word of a name as far as capitals go.

    A name's lower-case word fits any; a capitalised one needs a capital; an abbreviation needs its own
    capitals, but from five letters on may be written like a word (Minusma, Codeco).
    """
    if sum(c.isupper() for c in alias) >= 2 or len(alias) == 1:
        return written == alias or (len(alias) >= 5 and written == alias.capitalize())
    return not alias[0].isupper() or written[0].isupper() or written[0].isdigit()


class NameFinder(Generic[T]):
    """Finds the longest listed names in a list of words; holds the names by their first word."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], list[T]]]] = {}
        seen: dict[tuple[str, ...], list[T]] = {}
        for name, value in names:
            words = tuple(w.text for w in split_words(name))
            if not words:
                continue
            if words in seen:
                seen[words].append(value)
                continue
            seen[words] = [value]
            folded = tuple(_fold(w) for w in words)
            self._by_first.setdefault(folded[0], []).append((folded, words, seen[words]))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def at(self, words: Sequence[Word], i: int, text: str) -> Iterator[tuple[int, list[T]]]:
        """The names that begin at word `i`, longest first: the index after the last word, and the values."""
        by_end: dict[int, list[T]] = {}
        for folded, written, values in self._by_first.get(words[i].folded, ()):
            end = i + len(folded)
            if end > len(words):
                continue
            if all(
                words[i + k].folded == folded[k]
                and _fits_case(written[k], words[i + k].text)
                and (k == 0 or _joined(text, words[i + k - 1], words[i + k]))
                for k in range(len(folded))
            ):
                by_end[end] = [*by_end.get(end, ()), *(v for v in values if v not in by_end.get(end, ()))]
        yield from by_end.items()


def _joined(text: str, left: Word, right: Word) -> bool:
    """Whether two words can belong to one name by what is between them; a full stop only after one letter."""
    gap = text[left.end : right.start]
    if gap[1:2] in ("s", "S") and _APOSTROPHES.match(gap):  # "People's Defence Force"
        gap = gap[2:]
    return bool(_GAP.fullmatch(gap)) and not (("." in gap and len(left.text) > 1) or "\n\n" in gap or (", " in gap and "(" in gap))


class Countries:
    """The countries, by code and by every name; makes the codebook's names of their forces."""

    def __init__(self, rows: Iterable[Country]) -> None:
        self.by_code: dict[str, Country] = {c.alpha2: c for c in rows}
        names: list[tuple[str, tuple[str, str]]] = []
        for form in ("name", "adjective", "demonym", "metonym", "capital"):
            for c in self.by_code.values():
                forms = {
                    "name": (c.name, *c.other_names), "adjective": c.adjectives, "demonym": c.demonyms,
                    "metonym": c.metonyms, "capital": (c.capital,),
                }[form]  # fmt: skip
                names += [(name, (c.alpha2, form)) for name in forms if name]
        self._code_of: dict[str, str] = {}
        for name, (code, form) in names:
            if form == "name":
                self._code_of.setdefault(name.casefold(), code)
        self._finder: NameFinder[tuple[str, str]] = NameFinder([*names, *((n, ("", "")) for n in NOT_COUNTRIES)])

    def __iter__(self) -> Iterator[Country]:
        return iter(self.by_code.values())

    def code(self, name: str) -> str | None:
        """The alpha-2 code of a country's name or other name; None when it is none."""
        return self._code_of.get(name.removeprefix("the ").casefold()) or self._code_of.get(name.casefold())

    def name(self, code: str) -> str:
        """The state's name, which its forces carry abroad: "United States"."""
        return self.by_code[code].name if code in self.by_code else code

    def military_name(self, code: str) -> str:
        """ "Military of the Philippines" """
        return f"Military of {self.of_name(code)}"

    def police_name(self, code: str) -> str:
        """ "Police of Iraq" """
        return f"Police of {self.of_name(code)}"

    def of_name(self, code: str) -> str:
        """The name with the article it takes after "of"."""
        return self.by_code[code].of_name if code in self.by_code else code

    def find(self, text: str, words: Sequence[Word] | None = None) -> list[CountryMatch]:
        """Every place where the text has a country's name, adjective, demonym, capital or metonym, in order."""
        words = split_words(text) if words is None else words
        found = []
        i = 0
        while i < len(words):
            for end, values in self._finder.at(words, i, text):
                code, form = values[0]
                if code:
                    found.append(CountryMatch(words[i].start, words[end - 1].end, code, form))
                i = end
                break
            else:
                i += 1
        return found

    def codes_in(self, text: str, words: Sequence[Word] | None = None) -> frozenset[str]:
        """Codes of the countries that the text names, or whose people or things it names."""
        return frozenset(m.code for m in self.find(text, words) if m.form != "capital")


class ActorList:
    """All listed actors; finds their names in texts and knows who is part of whom."""

    def __init__(self, rows: Iterable[ListedActor], countries: Countries) -> None:
        self._countries = countries
        self.by_name: dict[str, ListedActor] = {}
        for actor in (*rows, *_state_actors(countries)):
            if actor.name in self.by_name:
                raise SettingsError(f"the actor list has {actor.name!r} twice")
            self.by_name[actor.name] = actor
        self.by_id = {a.actor_id: a for a in self.by_name.values()}
        self._children: dict[str, list[str]] = {}
        for actor in self.by_name.values():
            for parent in actor.parents:
                if parent not in self.by_name:
                    raise SettingsError(f"the actor list gives {actor.name!r} the parent {parent!r}, which it does not have")
                self._children.setdefault(parent, []).append(actor.name)
        self._finder: NameFinder[tuple[ListedActor, bool]] = NameFinder(
            (name, (actor, weak))
            for actor in self.by_name.values()
            for names, weak in ((_names_in_texts(actor), False), (actor.weak_aliases, True))
            for name in names
        )

    def __iter__(self) -> Iterator[ListedActor]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def find(
        self, text: str, *, countries: Collection[str] | None = None, words: Sequence[Word] | None = None
    ) -> list[tuple[int, int, ListedActor]]:
        """The listed actors that a text names, as (start, end, actor) in order, longest names first, none overlapping.

        Where several bear a name, the one whose country the text names wins. `countries` are alpha-2
        codes of the countries of the text; left out, they are looked for in the text.
        """
        words = split_words(text) if words is None else words
        codes = self._countries.codes_in(text, words) if countries is None else frozenset(countries)
        raw: list[tuple[int, list[tuple[int, list[tuple[ListedActor, bool]]]]]] = []
        strong: set[str] = set()
        covered = 0
        for i in range(len(words)):
            options = list(self._finder.at(words, i, text))
            if not options:
                continue
            raw.append((i, options))
            end, values = options[0]
            if i >= covered:
                covered = end
                if len(values) == 1 and not values[0][1]:
                    strong.add(values[0][0].name)
        homes = {a.country for name in strong if (a := self.by_name[name]).country and not self._has_branches_abroad(a)}
        found = []
        after = 0
        for i, options in raw:
            if i < after:
                continue
            for end, values in options:
                actor = _fitting(values, codes, strong, homes)
                if actor:
                    found.append((words[i].start, words[end - 1].end, actor))
                    after = end
                    break
        return found

    def _has_branches_abroad(self, actor: ListedActor) -> bool:
        """Whether a movement's name says little of the country: Islamic State, al-Qaeda."""
        return any(self.by_name[n].country != actor.country for n in self._children.get(actor.name, ()))

    def ancestors(self, name: str) -> dict[str, int]:
        """Names of all that the actor is part of, itself included, with the steps up to each."""
        return _reach(name, lambda n: self.by_name[n].parents)

    def descendants(self, name: str) -> dict[str, int]:
        """Names of all that are part of the actor, itself included, with the steps down to each."""
        return _reach(name, lambda n: self._children.get(n, ()))

    def tree(self) -> list[tuple[str, str, int]]:
        """(ancestor, descendant, distance) for every actor and all it is part of; itself at distance 0."""
        return sorted((up, name, steps) for name in self.by_name for up, steps in self.ancestors(name).items())

    def rows(self) -> list[dict[str, object]]:
        """One dict an actor, ordered by id, with the columns of the store's table."""
        return [
            {
                "actor_id": a.actor_id, "name": a.name, "aliases": [*a.aliases, *a.weak_aliases], "kind": a.kind,
                "country": a.country, "inter": a.inter, "active_from": a.active_from, "active_to": a.active_to,
            }
            for a in sorted(self.by_name.values(), key=lambda a: a.actor_id)
        ]  # fmt: skip

    def branch(self, actor: ListedActor, country: str | None) -> ListedActor:
        """The one listed branch of a movement in a country, where the movement is not at home there.

        "Islamic State" in Afghanistan is Islamic State Khorasan Province. Where several branches are
        active in the country, or none is, the actor itself comes back.
        """
        if not country or country in actor.countries:
            return actor
        names = [*self._children.get(actor.name, ())]
        local = [self.by_name[n] for n in names if self.by_name[n].country == country]
        local = local or [self.by_name[n] for n in names if country in self.by_name[n].also_in]
        bearing = [b for b in local if any(_fold_name(n).startswith(_fold_name(actor.name)) for n in (b.name, *b.aliases))]
        return bearing[0] if len(bearing) == 1 else actor


def _fold_name(name: str) -> str:
    return " ".join(w.folded for w in split_words(name))


def _names_in_texts(actor: ListedActor) -> Iterator[str]:
    """The names that texts use: not "Military of X", which is the codebook's, nor a bracket that tells namesakes apart."""
    if actor.kind == "state":
        return
    for name in (actor.name, *actor.aliases):
        if name.startswith(("Military of ", "Police of ")) and not actor.source:
            continue
        yield name
        short = re.sub(r"\s*\((?:[A-Z][a-z]+ ?)+\)$", "", name)
        if short != name and " " not in name[len(short) :].strip(" ()"):
            yield short


def _reach(name: str, step: Callable[[str], Iterable[str]]) -> dict[str, int]:
    found = {name: 0}
    edge = [name]
    while edge:
        nearer, edge = edge, []
        for here in nearer:
            for there in step(here):
                if there not in found:
                    found[there] = found[here] + 1
                    edge.append(there)
    return found


def _fitting(
    values: list[tuple[ListedActor, bool]], codes: Collection[str], strong: Collection[str], homes: Collection[str]
) -> ListedActor | None:
    """The actor meant by a name several may bear; None when only weak names fit and nothing backs them.

    `codes` are the countries the text names, `strong` the actors it names beyond doubt, `homes` their countries.
    """
    best: ListedActor | None = None
    best_rank = -1
    for actor, weak in values:
        backed = actor.name in strong
        at_home, near = actor.country in codes, any(c in codes for c in actor.also_in)
        told = actor.country in homes
        if weak and not (backed or at_home or near or told):
            continue
        rank = 8 * backed + 4 * at_home + 2 * near + told
        if rank > best_rank:
            best, best_rank = actor, rank
    return best


def _state_actors(countries: Countries) -> Iterator[ListedActor]:
    """For every country the state, which is also the name of its forces abroad, its military and its police."""
    for c in countries:
        code = c.alpha2.lower()
        yield ListedActor(f"state-{code}", c.name, c.other_names, "state", c.alpha2, EXTERNAL)
        others = [o for o in c.other_names if len(o) > 4]
        for kind, label, names, weak in (
            ("state-forces", "Military", c.military, c.military_weak),
            ("police", "Police", c.police, c.police_weak),
        ):
            aliases = (*names, *(f"{label} of {o}" for o in others))
            yield ListedActor(
                f"{label.lower()}-{code}", f"{label} of {c.of_name}", aliases, kind, c.alpha2, STATE_FORCES, (c.name,), weak_aliases=weak
            )


def inter_in(actor: ListedActor, country: str | None) -> int:
    """The codebook's interaction code of an actor for an event in a country (alpha-2, or None when unknown).

    A state's forces are 1 at home and 8 abroad (ACLED); all others keep their code. A state as such
    counts as its forces.
    """
    if not actor.is_state:
        return actor.inter
    return STATE_FORCES if country is None or country == actor.country else EXTERNAL


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _table(name: str) -> list[Mapping[str, str]]:
    text = resources.files("seeds").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def load_countries() -> Countries:
    """The countries of seeds/countries.csv (ISO 3166-1 and Kosovo); read once."""
    return Countries(
        Country(
            row["alpha2"],
            row["name"],
            row["of_name"] or row["name"],
            _split(row["other_names"]),
            _split(row["adjectives"]),
            _split(row["demonyms"]),
            row["capital"],
            _split(row["metonyms"]),
            _split(row["military"]),
            _split(row["military_weak"]),
            _split(row["police"]),
            _split(row["police_weak"]),
        )
        for row in _table("countries.csv")
    )


@lru_cache(maxsize=1)
def load_actors() -> ActorList:
    """The actors of seeds/actors.csv and every country's state, military and police; read once.

    Raises SettingsError where a row has an unknown kind, a name twice or a parent the list lacks.
    """
    countries = load_countries()
    actors = []
    for line, row in enumerate(_table("actors.csv"), start=2):
        if row["kind"] not in KINDS:
            raise SettingsError(f"seeds/actors.csv, line {line}: {row['name']!r} has the unknown kind {row['kind']!r}")
        actors.append(
            ListedActor(
                actor_id=row["actor_id"],
                name=row["name"],
                aliases=_split(row["aliases"]),
                kind=row["kind"],
                country=row["country"],
                inter=int(row["inter"]),
                parents=_split(row["parents"]),
                active_from=int(row["active_from"]) if row["active_from"] else None,
                active_to=int(row["active_to"]) if row["active_to"] else None,
                weak_aliases=_split(row["weak_aliases"]),
                also_in=_split(row["also_in"]),
                source=row["source"],
            )
        )
    return ActorList(actors, countries)
