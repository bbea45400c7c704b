"""TopoJSON to the base map's GeoJSON: arcs, rings, the antimeridian, labels."""

from __future__ import annotations

import pytest

from tools.build_basemap import (
    build_features,
    cut_at_antimeridian,
    decode_arcs,
    join_arcs,
    label_point,
    ring_area,
    round_ring,
)

# Two squares that share the arc from (2, 0) to (2, 2), quantised by 0.5 from (-1, -1).
TOPOLOGY = {
    "transform": {"scale": [0.5, 0.5], "translate": [-1, -1]},
    "arcs": [
        [[6, 2], [0, 4]],
        [[6, 6], [-4, 0], [0, -4], [4, 0]],
        [[6, 2], [4, 0], [0, 4], [-4, 0]],
    ],
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "id": "001", "properties": {"name": "West"}, "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "id": "002", "properties": {"name": "East"}, "arcs": [[[2, -1]]]},
                {"type": "Polygon", "properties": {"name": "Nowhere"}, "arcs": []},
            ]
        }
    },
}


def test_arcs_are_sums_of_deltas() -> None:
    assert decode_arcs(TOPOLOGY)[0] == [(2.0, 0.0), (2.0, 2.0)]


def test_a_negative_index_runs_the_arc_backwards() -> None:
    arcs = decode_arcs(TOPOLOGY)
    assert join_arcs([2, -1], arcs) == [(2, 0), (4, 0), (4, 2), (2, 2), (2, 0)]


def test_countries_with_names_and_label_points() -> None:
    features = build_features(TOPOLOGY)
    assert [(f["properties"]["name"], f["properties"]["area"], f["properties"]["label"]) for f in features] == [
        ("East", 4.0, (3.0, 1.0)),
        ("West", 4.0, (1.0, 1.0)),
    ]


def test_points_on_a_line_and_doubles_are_dropped() -> None:
    ring = [(0.0, 0.0), (1.0, 0.0), (1.001, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 0.0)]
    assert round_ring(ring) == [(0, 0), (2, 0), (2, 2), (0, 0)]


def test_a_country_across_the_antimeridian_comes_in_two_pieces() -> None:
    ring = [(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]
    pieces = cut_at_antimeridian([ring])
    assert len(pieces) == 2
    assert sum(abs(ring_area(piece[0])) for piece in pieces) == pytest.approx(200)
    assert sorted((min(x for x, _ in p[0]), max(x for x, _ in p[0])) for p in pieces) == [(-180, -170), (170, 180)]


def test_a_ring_round_the_pole_is_closed_through_it() -> None:
    ring = [(-180.0, -70.0), (-90.0, -72.0), (0.0, -70.0), (90.0, -72.0), (179.0, -70.0), (-180.0, -70.0)]
    pieces = cut_at_antimeridian([ring])
    assert min(y for piece in pieces for y in [y for _, y in piece[0]]) == -90
    assert all(-180 <= x <= 180 for piece in pieces for x, _ in piece[0])


def test_the_name_stands_inside_a_crescent() -> None:
    crescent = [(0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (5.0, 6.0), (5.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    x, y = label_point([crescent])
    assert 5 <= x <= 6
    assert 0 < y < 6
