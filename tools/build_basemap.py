"""Write the offline base map, dashboard/static/world.geojson, from the npm package world-atlas.

    python tools/build_basemap.py PACKAGE_FOLDER [--out dashboard/static/world.geojson]

PACKAGE_FOLDER is an unpacked world-atlas 2.0.2 (`npm pack world-atlas`): Natural Earth 4.1.0 country
outlines, public domain, as TopoJSON. The arcs are decoded here: one feature a country, with
its name and the point for its label, coordinates cut to 1/100 degree (about a kilometre), which is finer than the
1:50m outlines are themselves.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "dashboard" / "static" / "world.geojson"
# 1:50m outlines are drawn with an error of some kilometres; a second decimal is enough.
DECIMALS = 2
# Points nearer to the line than this, in degrees (2 km), are left out: half the drawing for a browser without a graphics card.
TOLERANCE = 0.02
# Rings smaller than this, in square degrees, are islets of a few kilometres that no zoom of the map shows.
MIN_RING_AREA = 0.0008

Point = tuple[float, float]
Ring = list[Point]


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Every arc of a quantised topology as longitudes and latitudes (TopoJSON: deltas, then scale and translate)."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in deltas:
            x, y = x + dx, y + dy
            arc.append((x * scale_x + move_x, y * scale_y + move_y))
        arcs.append(arc)
    return arcs


def simplify(arc: Ring, tolerance: float) -> Ring:
    """The arc without the points that lie within `tolerance` degrees of what is left (Douglas and Peucker).

    Ends stay, so that what two countries share is still shared; a closed arc is halved at its farthest point first.
    """
    if len(arc) < 3:
        return arc
    closed = arc[0] == arc[-1]
    middle = max(range(len(arc)), key=lambda n: math.dist(arc[0], arc[n])) if closed else 0
    keep = {0, middle, len(arc) - 1}
    spans = [(0, middle), (middle, len(arc) - 1)] if closed else [(0, len(arc) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        a, b = arc[first], arc[last]
        length = math.dist(a, b) or 1e-12
        n = max(range(first + 1, last), key=lambda i: abs(cross(a, b, arc[i])))
        if abs(cross(a, b, arc[n])) / length > tolerance:
            keep.add(n)
            spans += [(first, n), (n, last)]
    return [arc[n] for n in sorted(keep)]


def join_arcs(indices: Iterable[int], arcs: Sequence[Ring]) -> Ring:
    """The ring that arcs make in order; a negative index ~i is arc i backwards; shared end points once."""
    ring: Ring = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def round_ring(ring: Ring) -> Ring:
    """The ring on a 1/100 degree grid, without the points that fall together or on a straight line."""
    points: Ring = []
    for x, y in ring:
        point = (round(x, DECIMALS), round(y, DECIMALS))
        if points and point == points[-1]:
            continue
        if len(points) > 1 and cross(points[-2], points[-1], point) == 0:
            points.pop()
        points.append(point)
    return points


def cross(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of the triangle a, b, c, rounded so that points in a line give exactly 0."""
    return round((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]), 6)


def ring_area(ring: Ring) -> float:
    """The signed area of a closed ring in square degrees; positive where it runs anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2


def ring_centre(ring: Ring) -> Point:
    """The centroid of a closed ring."""
    area = ring_area(ring)
    pairs = list(itertools.pairwise(ring))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    return x, y


def unwrap(ring: Ring) -> Ring:
    """The ring with longitudes that run on past 180 degrees instead of jumping to the other side of the map.

    A ring that goes once round the world (Antarctica's coast) is closed through the pole.
    """
    points: Ring = []
    turn = 0.0
    for x, y in ring:
        if points:
            turn += 360 * ((points[-1][0] - x - turn > 180) - (x + turn - points[-1][0] > 180))
        points.append((x + turn, y))
    if abs(points[-1][0] - points[0][0]) > 180:
        pole = -90.0 if points[0][1] < 0 else 90.0
        points += [(points[-1][0], pole), (points[0][0], pole), points[0]]
    return points


def clip_ring(ring: Ring, edge: float, *, keep_west: bool) -> Ring:
    """The part of a closed ring on one side of a meridian (Sutherland and Hodgman's clipping, one edge)."""

    def inside(point: Point) -> bool:
        return point[0] <= edge if keep_west else point[0] >= edge

    points: Ring = []
    for a, b in itertools.pairwise(ring):
        if inside(a):
            points.append(a)
        if inside(a) != inside(b):
            points.append((edge, a[1] + (edge - a[0]) * (b[1] - a[1]) / (b[0] - a[0])))
    return [*points, points[0]] if points else []


def cut_at_antimeridian(polygon: list[Ring]) -> list[list[Ring]]:
    """The polygon in pieces that each lie within -180 to 180 degrees."""
    rings = [unwrap(ring) for ring in polygon]
    if all(-180 <= x <= 180 for ring in rings for x, _ in ring):
        return [rings]
    pieces = []
    for shift in (-360, 0, 360):
        moved = [[(x + shift, y) for x, y in ring] for ring in rings]
        clipped = [clip_ring(clip_ring(ring, 180, keep_west=True), -180, keep_west=False) for ring in moved]
        if clipped[0]:
            pieces.append([ring for ring in clipped if ring])
    return pieces


def decode_polygons(geometry: dict[str, Any], arcs: Sequence[Ring]) -> list[list[Ring]]:
    """A geometry's polygons, outer ring first, rounded, without islets; the largest always stays."""
    shapes = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    cut = [piece for shape in shapes for piece in cut_at_antimeridian([join_arcs(ring, arcs) for ring in shape])]
    polygons = [[round_ring(ring) for ring in polygon] for polygon in cut]
    polygons = [[ring for ring in polygon if len(ring) > 3] for polygon in polygons if len(polygon[0]) > 3]
    polygons.sort(key=lambda polygon: -abs(ring_area(polygon[0])))
    return [polygon for n, polygon in enumerate(polygons) if n == 0 or abs(ring_area(polygon[0])) >= MIN_RING_AREA]


def label_point(polygon: list[Ring]) -> Point:
    """Where a country's name goes: the middle of its widest stretch at the centroid's latitude."""
    ring = polygon[0]
    y = ring_centre(ring)[1]
    crossings = sorted(
        a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
        for hole in polygon
        for a, b in itertools.pairwise(hole)
        if (a[1] > y) != (b[1] > y)
    )
    left, right = max(zip(crossings[::2], crossings[1::2], strict=False), key=lambda pair: pair[1] - pair[0])
    return round((left + right) / 2, DECIMALS), round(y, DECIMALS)


def build_features(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """One GeoJSON feature a country: name, numeric ISO code, label point and label rank by size."""
    arcs = [simplify(arc, TOLERANCE) for arc in decode_arcs(topology)]
    features = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        if not geometry.get("arcs"):
            continue
        polygons = decode_polygons(geometry, arcs)
        if not polygons:
            continue
        area = sum(abs(ring_area(polygon[0])) for polygon in polygons)
        properties = {
            "name": geometry["properties"]["name"],
            "code": geometry.get("id"),
            "label": label_point(polygons[0]),
            "area": round(area, 1),
        }
        features.append({"type": "Feature", "properties": properties, "geometry": {"type": "MultiPolygon", "coordinates": polygons}})
    return sorted(features, key=lambda f: f["properties"]["name"])


def main() -> None:
    """Read the package, write the file, say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    topology = json.loads((args.package / "countries-50m.json").read_text(encoding="utf-8"))
    collection = {
        "type": "FeatureCollection",
        "source": "Natural Earth 4.1.0, 1:50m, public domain; through world-atlas 2.0.2",
        "features": build_features(topology),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{args.out}: {len(collection['features'])} countries, {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
