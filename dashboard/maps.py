"""The map: DataFrame -> pydeck Deck, on a base map that needs no network. Nothing here draws on the page.

Natural Earth's outlines are a static file of the app (tools/build_basemap.py writes it); a raster tile
server can be set instead with DATELINE_TILES. What is drawn says how well the place is known: a filled
point for the named place itself, a hollow one inside the circle it may lie in for anything vaguer,
nothing at all for an incident of which only the country is known.
"""

from __future__ import annotations

import base64
import copy
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize

from dashboard.charts import edge_colour, palette, type_colour
from dashboard.wording import country_name, event_phrase, format_actors, format_date, format_place, is_known, join_words, plural

WORLD = Path(__file__).resolve().parent / "static" / "world.geojson"
# Where the browser finds it (server.enableStaticServing); relative, so that a base path of the server holds.
WORLD_URL = "app/static/world.geojson"

POINTS_LAYER = "incidents"
CLUSTERS_LAYER = "near"
# The end of a cluster layer's name, which changes with every view the page sets (`turned`).
TURN = "-t0"
# Radius of a point in pixels: area grows with the toll (square root), so that ten times the dead is ten times
# the ink. None killed, or no toll stated, is the smallest point that can still be aimed at.
RADIUS_PER_ROOT = 2.4
MIN_RADIUS = 4.5
MAX_RADIUS = 44.0
LEGEND_TOLLS = (1, 10)
# What the browser gets of each point, beside its position and size; it comes back when the point is chosen.
TIP_LINES = ("what", "when", "where", "who", "toll")
POINT_COLUMNS = ("fill", "line", *TIP_LINES, "incidents", "incident_id", "event_type")

# The circle an incident may lie in, in metres, by where_prec. 2: UCDP GED's "within about 25 km of a known
# point"; 3 to 5: the radius of a circle as large as a typical district (3,000 km2), province (15,000 km2) and
# wider region (70,000 km2).
UNCERTAINTY_M: dict[int, int] = {2: 25_000, 3: 31_000, 4: 69_000, 5: 150_000}

# View of an empty map: the eastern Mediterranean to the Gulf, most of what is written about today.
DEFAULT_VIEW = (30.0, 40.0, 2.6)
MAX_FIT_ZOOM = 7.5
# The part of the incidents that may lie outside the opening view, and by how many zoom steps that must bring it closer.
MAX_OUTSIDE = 0.12
CLOSER_BY = 0.8
GAP = 1.4
# Size of the map in pixels that the fit reckons with: a desktop's. A smaller one shows the middle of it.
FIT_WIDTH, FIT_HEIGHT = 560, 300
# Countries smaller than this, in square degrees, are not named: islands of the oceans.
LABELS_MIN_AREA = 0.1
# A country is named where it is at least this much as wide as its name.
NAME_FITS = 0.5
# More names than this make the map a list.
MAX_PLACE_LABELS = 40
MAX_LABELLED_POINTS = 400
MAX_LABEL_CHARS = 26

# A point as it is drawn: position, radius, colours, the lines of its tooltip, and what comes back when it is chosen.
Look = dict[str, Any]
Array = npt.NDArray[Any]
# Words made once for texts that many places share: days, sides, kinds of event.
MAX_WORDS = 8_192


def radius_px(killed: object) -> float:
    """The radius of a point for a toll, in pixels; the smallest where none were killed or none is stated."""
    known = float(killed) if is_known(killed) else 0.0  # type: ignore[arg-type]
    return round(min(max(RADIUS_PER_ROOT * math.sqrt(known), MIN_RADIUS), MAX_RADIUS), 1)


def rgba(colour: str, alpha: int = 255) -> list[int]:
    """'#0072b2' as the four numbers deck.gl takes."""
    return [*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), alpha]


@lru_cache(maxsize=MAX_WORDS)
def _day(iso: str | None) -> str:
    return format_date(iso)


@lru_cache(maxsize=MAX_WORDS)
def _actors_of(text: str, missing: str) -> str:
    return format_actors(text, missing=missing)


@lru_cache(maxsize=MAX_WORDS)
def _phrase_of(sub_event_type: str | None, event_type: str | None, modes: str) -> str:
    return event_phrase({"sub_event_type": sub_event_type, "event_type": event_type, "modes": modes})


def _actors(side: Any, missing: str) -> str:
    return _actors_of(side, missing) if isinstance(side, str) else format_actors(side, missing=missing)


def _phrase(row: Mapping[str, Any]) -> str:
    modes = row["modes"]
    return _phrase_of(row["sub_event_type"], row["event_type"], modes) if isinstance(modes, str) else event_phrase(row)


def describe_point(row: Mapping[str, Any]) -> dict[str, str]:
    """The lines of one point's tooltip, plain text: what, when, where, who, how many. The page escapes them."""
    killed = "toll not stated" if not is_known(row["killed"]) else f"{int(row['killed']):,} killed" if row["killed"] else "none killed"
    where = format_place(row["place_name"], row["admin1"], row["country"], row["where_prec"])
    if row["incidents"] == 1:
        sides = _actors(row["side_a"], "unknown"), _actors(row["side_b"], "")
        return {
            "what": _phrase(row), "when": _day(row["first_day"]), "where": where, "who": " → ".join(filter(None, sides)), "toll": killed,
        }  # fmt: skip
    unstated = int(row["unstated"])
    days = " to ".join(dict.fromkeys((_day(row["first_day"]), _day(row["last_day"]))))
    return {
        "what": plural(int(row["incidents"]), "incident"),
        "when": days,
        "where": where,
        "who": str(row["event_type"] or "type not known"),
        "toll": killed if not unstated or killed.startswith("toll") else f"{killed}; toll not stated in {unstated:,}",
    }


@lru_cache(maxsize=64)
def paint(event_type: str | None, theme: str | None) -> dict[str, list[int]]:
    """The colours of points of one event type: filled, hollow, their line, the circle around them and its line."""
    colour = type_colour(event_type)
    return {
        "fill": rgba(colour, 215), "hollow": rgba(colour, 0), "line": rgba(edge_colour(event_type, theme)),
        "halo": rgba(colour, 26), "halo_line": rgba(colour, 130),
    }  # fmt: skip


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts of Python's own values, None for what is not known."""
    names = list(rows)
    columns = [[None if value != value else value for value in rows[name].tolist()] for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def point_look(row: Mapping[str, Any], *, theme: str | None = None) -> Look:
    """One row of `queries.points`, as `records` gives it, as the map draws it where nothing else lies at its place."""
    colours, vague = paint(row["event_type"], theme), UNCERTAINTY_M.get(row["where_prec"], 0)
    return {
        "longitude": row["longitude"],
        "latitude": row["latitude"],
        "radius": radius_px(row["killed"]),
        "fill": colours["hollow" if vague else "fill"],
        "line": colours["line"],
        "uncertainty": vague,
        "halo": colours["halo"],
        "halo_line": colours["halo_line"],
        **describe_point(row),
        "incidents": row["incidents"],
        "incident_id": row["incident_id"],
        "event_type": row["event_type"],
        "label": row["place_name"] or "",
    }


def largest_first(looks: Sequence[Look]) -> list[Look]:
    """The points in the order they are drawn in; the given ones stay as they are.

    Points of several event types at one place lie on each other; where a smaller one would hide exactly
    under a larger, it is drawn later and a little smaller, so that each keeps a ring that can be seen.
    """
    below: dict[tuple[float, float, float], int] = {}
    drawn = []
    for look in sorted(looks, key=lambda look: -look["radius"]):
        spot = look["latitude"], look["longitude"], look["radius"]
        below[spot] = under = below.get(spot, -1) + 1
        drawn.append(look | {"radius": max(look["radius"] - 1.6 * under, 2.0)} if under else look)
    return drawn


def extent(rows: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Least and greatest latitude and longitude of all points and their circles of uncertainty; nothing where there are no points."""
    if rows.empty:
        return [], []
    latitudes, longitudes = _positions(rows)
    # A degree of latitude is 111.2 km; a circle is as wide in longitude as the cosine of its latitude makes it.
    reach = np.array([UNCERTAINTY_M.get(prec, 0) for prec in rows["where_prec"].tolist()]) / 111_200
    wide = reach / np.maximum(0.1, np.cos(np.radians(latitudes)))
    return (
        [float((latitudes - reach).min()), float((latitudes + reach).max())],
        [float((longitudes - wide).min()), float((longitudes + wide).max())],
    )


def _positions(rows: pd.DataFrame) -> tuple[Array, Array]:
    return rows["latitude"].to_numpy(dtype=float), rows["longitude"].to_numpy(dtype=float)


@dataclass(frozen=True, slots=True)
class OpeningView:
    """Where the map opens, and how many incidents lie outside of what it shows then."""

    latitude: float
    longitude: float
    zoom: float
    outside: int = 0


def opening_view(rows: pd.DataFrame) -> OpeningView:
    """The view that fits the rows of `queries.points`.

    A few places far from all others would shrink the rest to a spot: where leaving out at most MAX_OUTSIDE of
    the incidents brings the map much closer, it opens there, and the page says how many lie outside.
    """
    whole = OpeningView(*fit_view(*extent(rows)))
    if len(rows) < 3:
        return whole
    latitudes, longitudes = _positions(rows)
    counts = rows["incidents"].to_numpy(dtype=np.int64)
    away = np.hypot(latitudes - weighted_median(latitudes, counts), longitudes - weighted_median(longitudes, counts))
    far = np.argsort(-away, kind="stable")
    left_out = np.cumsum(counts[far])
    # Only a gap sets places apart: the nearest one left out is much farther off than the farthest one kept.
    cuts = np.flatnonzero((left_out[:-1] <= MAX_OUTSIDE * left_out[-1]) & (away[far[:-1]] > GAP * away[far[1:]]))
    if not len(cuts):
        return whole
    cut = int(cuts[-1]) + 1
    near = OpeningView(*fit_view(*extent(rows.iloc[np.sort(far[cut:])])), outside=int(left_out[cut - 1]))
    return near if near.zoom - whole.zoom >= CLOSER_BY else whole


def weighted_median(values: Array, weights: Array) -> float:
    """The value in the middle, each counted as often as its weight says."""
    order = np.argsort(values, kind="stable")
    run = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(run, run[-1] / 2)]])


def fit_view(latitudes: Sequence[float], longitudes: Sequence[float], *, closest: float = MAX_FIT_ZOOM) -> tuple[float, float, float]:
    """Latitude, longitude and zoom that show all the points (Web Mercator), no closer than a province unless said otherwise."""
    if not len(latitudes):
        return DEFAULT_VIEW
    south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
    y = [math.log(math.tan(math.pi / 4 + math.radians(max(-80, min(80, lat))) / 2)) for lat in (south, north)]
    # The world is 512 pixels wide at zoom 0.
    wide = (east - west) / 360 * 512
    tall = (y[1] - y[0]) / (2 * math.pi) * 512
    zoom = min(
        math.log2(FIT_WIDTH / wide) if wide else closest,
        math.log2(FIT_HEIGHT / tall) if tall else closest,
        closest,
    )
    middle = math.degrees(2 * math.atan(math.exp(sum(y) / 2)) - math.pi / 2)
    return round(middle, 3), round((west + east) / 2, 3), round(max(zoom - 0.25, 0.8), 2)


@lru_cache(maxsize=1)
def country_labels() -> tuple[tuple[str, float, float, float], ...]:
    """Names of countries, the longitude and latitude they are written at and their area, the largest first."""
    features = json.loads(WORLD.read_text(encoding="utf-8"))["features"]
    properties = sorted((f["properties"] for f in features), key=lambda p: -p["area"])
    return tuple((p["name"], *p["label"], p["area"]) for p in properties if p["area"] >= LABELS_MIN_AREA)


def mercator_px(latitude: Any, longitude: Any, zoom: float) -> tuple[Any, Any]:
    """Where points lie on the map in pixels from its north-west corner (Web Mercator, 512 pixels at zoom 0); numbers or arrays."""
    scale = 512 * 2**zoom
    y = np.log(np.tan(math.pi / 4 + np.radians(np.maximum(-85, np.minimum(85, latitude))) / 2))
    return (longitude + 180) / 360 * scale, (0.5 - y / (2 * math.pi)) * scale


Box = tuple[float, float, float, float]


def text_width(text: str) -> float:
    """About the width of a label in pixels, with a little air around it."""
    return len(text) * 6.0 + 6


def text_box(x: float, y: float, text: str, *, left_aligned: bool = False) -> Box:
    """About the box that a label takes, in pixels, with a little air around it."""
    wide = text_width(text)
    return (x - 2, y - 8, x + wide, y + 8) if left_aligned else (x - wide / 2, y - 8, x + wide / 2, y + 8)


def overlaps(box: Box, taken: Sequence[Box]) -> bool:
    """Whether a box lies on any of the others."""
    return any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)


def choose_labels(drawn: Sequence[Look], zoom: float, *, countries: bool = True) -> list[dict[str, Any]]:
    """The names that fit on the map at its opening zoom without lying on a point or on each other.

    Places of incidents first, those with most dead before the others, then countries, largest first.
    """
    radii = np.array([look["radius"] for look in drawn], dtype=float)
    xs, ys = mercator_px(*(np.array([look[name] for look in drawn], dtype=float) for name in ("latitude", "longitude")), zoom)
    west, east, north, south = xs - 0.8 * radii, xs + 0.8 * radii, ys - 0.8 * radii, ys + 0.8 * radii
    named: list[Box] = []

    def is_free(box: Box) -> bool:
        return not overlaps(box, named) and not ((box[0] < east) & (west < box[2]) & (box[1] < south) & (north < box[3])).any()

    labels: list[dict[str, Any]] = []
    known = {""}
    for look, x, y in zip(drawn[:MAX_LABELLED_POINTS], xs.tolist(), ys.tolist(), strict=False):
        if len(labels) == MAX_PLACE_LABELS:
            break
        name = look["label"] if len(look["label"]) <= MAX_LABEL_CHARS else look["label"][: MAX_LABEL_CHARS - 1].rstrip() + "…"
        box = text_box(x + look["radius"] + 3, y, name, left_aligned=True)
        if name not in known and is_free(box):
            known.add(name)
            named.append(box)
            spot = {"longitude": look["longitude"], "latitude": look["latitude"]}
            labels.append({"text": name, **spot, "dx": round(look["radius"] + 4), "kind": "place"})
    px_per_degree = 512 * 2**zoom / 360
    for name, longitude, latitude, area in country_labels() if countries else ():
        # Most are told by their size alone, before it is worked out where they lie.
        if math.sqrt(area) * px_per_degree <= NAME_FITS * text_width(name):
            continue
        box = text_box(*(float(at) for at in mercator_px(latitude, longitude, zoom)), name)
        if is_free(box):
            named.append(box)
            labels.append({"text": name, "longitude": longitude, "latitude": latitude, "dx": 0, "kind": "country"})
    return labels


def label_layers(labels: list[dict[str, Any]], *, theme: str | None) -> list[pdk.Layer]:
    """The names as text: countries quiet and centred, places darker and to the right of their point."""
    colours = palette(theme)
    layers = []
    for kind, colour, anchor, weight in (("country", colours.label, "middle", 500), ("place", colours.ink, "start", 600)):
        rows = [label for label in labels if label["kind"] == kind]
        if not rows:
            continue
        layers.append(
            pdk.Layer(
                "TextLayer",
                data=rows,
                id=f"names-{kind}",
                get_position="[longitude, latitude]",
                get_text="text",
                get_size=11.5 if kind == "country" else 12,
                get_color=rgba(colour),
                get_pixel_offset="[dx, 0]",
                get_text_anchor=pdk.types.String(anchor),
                font_family=pdk.types.String("Source Sans, sans-serif"),
                font_weight=weight,
                character_set=pdk.types.String("auto"),
                pickable=False,
            )
        )
    return layers


def tile_style(tiles: str) -> str:
    """A map style with one raster source, as a data URL: what the browser's map wants where a tile URL is set."""
    style = {
        "version": 8,
        "sources": {"tiles": {"type": "raster", "tiles": [tiles], "tileSize": 256}},
        "layers": [{"id": "tiles", "type": "raster", "source": "tiles"}],
    }
    return "data:application/json;base64," + base64.b64encode(json.dumps(style).encode()).decode()


def base_layers(*, theme: str | None, world: str = WORLD_URL) -> list[pdk.Layer]:
    """Land and borders."""
    colours = palette(theme)
    land = pdk.Layer(
        "GeoJsonLayer",
        data=world,
        id="land",
        stroked=True,
        filled=True,
        get_fill_color=rgba(colours.land),
        get_line_color=rgba(colours.border),
        get_line_width=1,
        line_width_units=pdk.types.String("pixels"),
        line_width_min_pixels=0.8,
        pickable=False,
    )
    return [land]


def incident_layers(drawn: Sequence[Look]) -> list[pdk.Layer]:
    """The circles of uncertainty and, on top, the points; only the points answer the pointer."""
    vague = [look for look in drawn if look["uncertainty"]]
    layers = []
    if vague:
        layers.append(
            pdk.Layer(
                "ScatterplotLayer",
                data=[{name: look[name] for name in ("longitude", "latitude", "uncertainty", "halo", "halo_line")} for look in vague],
                id="uncertainty",
                get_position="[longitude, latitude]",
                get_radius="uncertainty",
                radius_units=pdk.types.String("meters"),
                get_fill_color="halo",
                get_line_color="halo_line",
                stroked=True,
                line_width_units=pdk.types.String("pixels"),
                get_line_width=1,
                pickable=False,
            )
        )
    layers.append(
        pdk.Layer(
            "ScatterplotLayer",
            data=[{name: look[name] for name in ("longitude", "latitude", "radius", *POINT_COLUMNS)} for look in drawn],
            id=POINTS_LAYER,
            get_position="[longitude, latitude]",
            get_radius="radius",
            radius_units=pdk.types.String("pixels"),
            get_fill_color="fill",
            get_line_color="line",
            stroked=True,
            line_width_units=pdk.types.String("pixels"),
            get_line_width=1.6,
            pickable=True,
            # No highlight under the pointer: it draws the whole map anew, seconds where software draws it,
            # and a press that comes meanwhile is lost. The tooltip says what lies there.
            auto_highlight=False,
        )
    )
    return layers


# --- close together ----------------------------------------------------------------------------

# With fewer places than this each is drawn for itself, however near the others are.
CLUSTER_FROM = 150
# Places nearer to each other than about this many pixels are one mark with a number.
CELL_PX = 56
# Squares that sums over places are made by, in degrees (queries_monitor.cells): small beside what one mark takes in.
SUM_DEGREES = 0.25
# From the first zoom on at which this part of the places stands alone, all are single points; at the latest from the last of these.
SINGLE_SHARE = 0.7
MAX_CLUSTER_ZOOM = 6


@dataclass(slots=True)
class Near:
    """Places close together as one: where the busiest of them lies, what they add up to, and how far they reach."""

    latitude: float
    longitude: float
    incidents: int
    killed: int | None
    unstated: int
    # Its first and last day, where one is known, and how many incidents each country has of it.
    first: str | None
    last: str | None
    lands: dict[str, int]
    south: float
    north: float
    west: float
    east: float
    # The number of the row where it is one place and one row, and the most incidents that one of its places has.
    row: int | None
    busiest: int

    def absorb(self, other: Near) -> None:
        """Take another in."""
        if other.busiest > self.busiest:
            self.latitude, self.longitude, self.busiest = other.latitude, other.longitude, other.busiest
        self.incidents += other.incidents
        self.killed = (self.killed or 0) + other.killed if other.killed is not None else self.killed
        self.unstated += other.unstated
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.last = max(filter(None, (self.last, other.last)), default=None)
        for land, incidents in other.lands.items():
            self.lands[land] = self.lands.get(land, 0) + incidents
        self.south, self.north = min(self.south, other.south), max(self.north, other.north)
        self.west, self.east = min(self.west, other.west), max(self.east, other.east)
        self.row = None


def each_near(rows: Sequence[Mapping[str, Any]]) -> list[Near]:
    """Every row of `queries.points` or `queries_monitor.cells`, as `records` gives them, for itself."""
    found = []
    for n, r in enumerate(rows):
        lat, lon, incidents = r["latitude"], r["longitude"], r["incidents"]
        killed = None if r["killed"] is None else int(r["killed"])
        first, last = r["first_day"] or r["last_day"], r["last_day"] or r["first_day"]
        lands = {r["country"]: incidents} if r["country"] else {}
        # A row without an id is itself a sum over places.
        row = n if r["incident_id"] is not None else None
        found.append(Near(lat, lon, incidents, killed, r["unstated"], first, last, lands, lat, lat, lon, lon, row, incidents))
    return found


def bring_together(near: Sequence[Near], zoom: int) -> list[Near]:
    """What of these stands apart at a zoom: each takes in those less busy within CELL_PX of it; the given ones stay as they are."""
    ordered = sorted(near, key=lambda one: (-one.incidents, one.latitude, one.longitude))
    xs, ys = mercator_px(np.array([one.latitude for one in ordered]), np.array([one.longitude for one in ordered]), zoom)
    # By square of CELL_PX: position and number among the found of those that stand apart there.
    taken: dict[tuple[int, int], list[tuple[float, float, int]]] = {}
    found: list[Near] = []
    own: set[int] = set()
    for one, x, y in zip(ordered, xs.tolist(), ys.tolist(), strict=True):
        column, line = int(x // CELL_PX), int(y // CELL_PX)
        around = (spot for i in (-1, 0, 1) for j in (-1, 0, 1) for spot in taken.get((column + i, line + j), ()))
        home = next((n for x2, y2, n in around if math.hypot(x - x2, y - y2) < CELL_PX), None)
        if home is None:
            taken.setdefault((column, line), []).append((x, y, len(found)))
            found.append(one)
            continue
        if home not in own:
            own.add(home)
            found[home] = replace(found[home], lands=dict(found[home].lands))
        found[home].absorb(one)
    return found


def single_from(rows: pd.DataFrame) -> int:
    """The zoom from which on every place is a point of its own; 0 where they always are."""
    spots = np.array(list(set(zip(*(values.tolist() for values in _positions(rows)), strict=True))))
    if len(spots) < CLUSTER_FROM:
        return 0
    for zoom in range(MAX_CLUSTER_ZOOM):
        x, y = (np.floor(at / CELL_PX) for at in mercator_px(spots[:, 0], spots[:, 1], zoom))
        if len(np.unique(x + 1j * y)) >= SINGLE_SHARE * len(spots):
            return zoom
    return MAX_CLUSTER_ZOOM


def cluster_px(incidents: int) -> float:
    """The radius in pixels of the mark of several incidents: it holds its number, and tells tens from thousands."""
    return round(9 + 3.6 * math.log10(max(incidents, 1)), 1)


def short_count(n: int) -> str:
    """'41', '1.2k', '12k': a number that fits into its mark."""
    return str(n) if n < 1000 else f"{n / 1000:.1f}k" if n < 9950 else f"{n / 1000:.0f}k"


def describe_near(near: Near) -> dict[str, str]:
    """The lines of the tooltip of places close together."""
    lands = [country_name(code) for code in sorted(near.lands, key=lambda code: -near.lands[code])]
    toll = "toll not stated" if near.killed is None else f"{near.killed:,} killed" if near.killed else "none killed"
    some = near.unstated and near.killed is not None
    return {
        "what": plural(near.incidents, "incident"),
        "when": " to ".join(dict.fromkeys((_day(near.first), _day(near.last)))),
        "where": join_words(lands if len(lands) <= 3 else [*lands[:2], f"{len(lands) - 2} other countries"]) or "several places",
        "who": "close together; press to come nearer",
        "toll": f"{toll}; toll not stated in {near.unstated:,}" if some else toll,
    }


def near_features(near: Sequence[Near], alone: Mapping[int, str], zoom: int, *, theme: str | None = None) -> list[str]:
    """The marks of one zoom as GeoJSON features: what stands alone as what `alone` has for its row, the rest with a number."""
    colours = palette(theme)
    fill, line = rgba(colours.soft, 235), rgba(colours.paper)
    features = [alone[one.row] for one in near if one.row is not None]
    for one in near:
        if one.row is not None:
            continue
        # Nearer by one zoom at least, so that pressing a mark always does something.
        middle, across, close = fit_view([one.south, one.north], [one.west, one.east], closest=MAX_CLUSTER_ZOOM + 3)
        properties = {
            **describe_near(one),
            "text": short_count(one.incidents),
            "radius": cluster_px(one.incidents),
            "fill": fill,
            "line": line,
            "view": [middle, across, max(close, zoom + 1.3)],
        }
        features.append(_to_json(_feature(one.longitude, one.latitude, properties)))
    return features


def _feature(longitude: float, latitude: float, properties: dict[str, Any]) -> dict[str, Any]:
    # Not rounded: the incidents of a point that is pressed are looked up by its position.
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [longitude, latitude]}, "properties": properties}


_to_json = json.JSONEncoder(separators=(",", ":")).encode


def _in_a_row(features: Sequence[dict[str, Any]]) -> list[str]:
    # One text of all of them takes half the time of one each.
    return [_to_json(features)[1:-1]] if features else []


def point_feature(look: Look, name: str = "") -> dict[str, Any]:
    """A styled point as a GeoJSON feature, with its name where it has one to show."""
    properties = {column: look[column] for column in ("radius", *POINT_COLUMNS)}
    return _feature(look["longitude"], look["latitude"], properties | {"text": name})


def zoom_layer(name: str, features: Sequence[str], low: float, high: float | None, **props: Any) -> pdk.Layer:
    """Features, as JSON with commas between them, that are drawn between two zooms only.

    deck.gl's layers know no such limits but for its tiles: the features are one tile, the whole world, whose
    address holds them.
    """
    collection = f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'
    limits = {"visible_min_zoom": low} | ({"visible_max_zoom": high - 1e-6} if high is not None else {})
    return pdk.Layer(
        "TileLayer",
        data="data:application/json;base64," + base64.b64encode(collection.encode()).decode(),
        id=name,
        min_zoom=0,
        max_zoom=0,
        **limits,
        stroked=True,
        get_fill_color="properties.fill",
        get_line_color="properties.line",
        line_width_units=pdk.types.String("pixels"),
        get_point_radius="properties.radius",
        **props,
    )


def mark_layer(name: str, features: Sequence[str], low: float, high: float | None, *, theme: str | None, names: bool) -> pdk.Layer:
    """Marks that answer the pointer: with their number in them, or (`names`) the place's name beside them."""
    colours = palette(theme)
    beside = {"get_text_anchor": pdk.types.String("start"), "get_text_pixel_offset": "[properties.radius + 4, 0]"}
    return zoom_layer(
        name, features, low, high,
        point_type=pdk.types.String("circle+text"), point_radius_units=pdk.types.String("pixels"), get_line_width=1.6, pickable=True,
        get_text="properties.text", get_text_size=12, get_text_color=rgba(colours.ink if names else colours.paper),
        text_character_set=pdk.types.String("auto"), text_font_family=pdk.types.String("Source Sans, sans-serif"), text_font_weight=600,
        **(beside if names else {}),
    )  # fmt: skip


def clustered_layers(
    points: Sequence[Mapping[str, Any]], marks: Sequence[Mapping[str, Any]] | None, first_single: int, *, theme: str | None = None
) -> list[pdk.Layer]:
    """A layer of marks for every zoom below `first_single`; from it on the points with their circles.

    `marks` are the `records` of all that is marked, None where those are the points' own.
    """
    layers = []
    near = each_near(points if marks is None else marks)
    looks = [point_look(row, theme=theme) for row in points]
    # What stands alone looks the same at every zoom, and is written once.
    alone: dict[int, str] = {}
    # From near to far: what was together stays together.
    for zoom in reversed(range(first_single)):
        near = bring_together(near, zoom)
        for row in [one.row for one in near if one.row is not None and one.row not in alone]:
            alone[row] = _to_json(point_feature(looks[row] if marks is None else point_look(marks[row], theme=theme)))
        features = near_features(near, alone, zoom, theme=theme)
        name = f"{CLUSTERS_LAYER}-{zoom}{TURN}"
        layers.append(mark_layer(name, features, zoom if zoom else -1, zoom + 1, theme=theme, names=False))
    drawn = largest_first(looks)
    circles = [
        _feature(look["longitude"], look["latitude"], {"radius": look["uncertainty"], "fill": look["halo"], "line": look["halo_line"]})
        for look in drawn
        if look["uncertainty"]
    ]
    names = {(label["latitude"], label["longitude"]): label["text"] for label in choose_labels(drawn, first_single + 0.5, countries=False)}
    spots = [point_feature(look, names.get((look["latitude"], look["longitude"]), "")) for look in drawn]
    meters = pdk.types.String("meters")
    return [
        zoom_layer("uncertainty", _in_a_row(circles), first_single, None, point_radius_units=meters, get_line_width=1, pickable=False),
        *layers,
        mark_layer(POINTS_LAYER, _in_a_row(spots), first_single, None, theme=theme, names=True),
    ]


def chosen_mark(selection: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was pressed on the map, as one row: a point with its position, or a mark of several with the `view` that parts them."""
    objects = ((selection or {}).get("selection") or {}).get("objects") or {}
    for name, found in objects.items():
        if found and (name == POINTS_LAYER or name.startswith(CLUSTERS_LAYER)):
            first = dict(found[0])
            if "properties" in first:
                longitude, latitude = first["geometry"]["coordinates"][:2]
                return dict(first["properties"]) | {"longitude": longitude, "latitude": latitude}
            return first
    return None


class ReadyDeck(pdk.Deck):  # type: ignore[misc]
    """A Deck that writes its JSON once and compactly; pydeck's own indents it, which takes ten times as long."""

    _json: str | None = None

    def to_json(self) -> str:
        """The Deck as deck.gl's JSON."""
        if self._json is None:
            self._json = json.dumps(self, sort_keys=True, default=_plain, separators=(",", ":"))
        return self._json


def _plain(value: Any) -> Any:
    """pydeck's own reading of its objects, without the text this class keeps."""
    plain = default_serialize(value)
    return {k: v for k, v in plain.items() if k not in ("_json", "json")} if isinstance(plain, dict) else plain


def incident_map(
    rows: pd.DataFrame, *, cells: pd.DataFrame | None = None, theme: str | None = None, tiles: str | None = None, names: bool = True
) -> pdk.Deck:
    """The map of the rows of `queries.points`, fitted to them; `names` says whether the places are named.

    `cells` (queries_monitor.cells) stand for all incidents where the rows are only the places with most dead.
    """
    view = opening_view(rows)
    first_single = MAX_CLUSTER_ZOOM if cells is not None else single_from(rows)
    points, drawn = records(rows), list[Look]()
    if not first_single:
        drawn = largest_first([point_look(row, theme=theme) for row in points])
    labels = choose_labels(drawn if names else [], view.zoom)
    # A tile server's map has land and names of its own.
    ground = [] if tiles else [*base_layers(theme=theme), *label_layers(labels, theme=theme)]
    marks = None if cells is None else records(cells)
    places = clustered_layers(points, marks, first_single, theme=theme) if first_single else incident_layers(drawn)
    deck = copy.copy(_bare_deck(theme, tiles))
    deck.layers = [*ground, *places]
    deck.initial_view_state = pdk.ViewState(latitude=view.latitude, longitude=view.longitude, zoom=view.zoom, min_zoom=0.5, max_zoom=14)
    return deck


@lru_cache(maxsize=8)
def _bare_deck(theme: str | None, tiles: str | None) -> ReadyDeck:
    # Made once: a Deck looks for what notebooks need whenever one is made, which takes 5 ms.
    colours = palette(theme)
    # Without a provider and without a style the browser asks nobody for tiles.
    base = {"map_provider": "maplibre", "map_style": tile_style(tiles)} if tiles else {"map_provider": None}
    return ReadyDeck(
        layers=[],
        views=[pdk.View(type="MapView", controller=True)],
        **base,
        tooltip={
            "html": "<b>{what}</b>, {when}<br>{where}<br>{who}<br>{toll}",
            "style": {
                "backgroundColor": colours.paper,
                "color": colours.ink,
                "border": f"1px solid {colours.rule}",
                "fontSize": "13px",
                "lineHeight": "1.4",
                "maxWidth": "280px",
                "padding": "6px 9px",
            },
        },
    )


def turned(deck: pdk.Deck, view: Sequence[float], turn: int) -> pdk.Deck:
    """The same map opening on another view, (latitude, longitude, zoom); `deck` itself stays as it is.

    The browser follows only a view that is not the one it was given last: each `turn` moves it by a hair. The marks get
    names of their own too, so that one that was pressed can be pressed again.
    """
    latitude, longitude, zoom = (round(value + turn * 1e-7, 7) for value in view)
    state = {"latitude": latitude, "longitude": longitude, "zoom": zoom, "minZoom": 0.5, "maxZoom": 14}
    other = copy.copy(deck)
    text = re.sub(r'"initialViewState":\{[^}]*\}', f'"initialViewState":{json.dumps(state)}', deck.to_json(), count=1)
    other._json = text.replace(f'{TURN}"', f'-t{turn}"')
    return other
