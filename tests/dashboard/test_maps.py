"""The map: sizes, precision, the opening view, labels, and that it asks no one for tiles."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pandas as pd
import pytest

from dashboard import maps


def point(**changes: Any) -> dict[str, Any]:
    """One row of `queries.points`: an air strike near Kirkuk."""
    row = {
        "latitude": 35.468, "longitude": 44.392, "where_prec": 1, "event_type": "Explosions/Remote violence", "incidents": 1,
        "incident_id": "i1", "killed": 5, "unstated": 0, "place_name": "Kirkuk", "admin1": "Kirkuk", "country": "IQ",
        "first_day": "2023-12-03", "last_day": "2023-12-03", "sub_event_type": "Air/drone strike", "modes": '["aerial"]',
        "side_a": '[{"name": "United States", "inter": 8}]', "side_b": '[{"name": "Islamic Resistance in Iraq", "inter": 3}]', "places": 1,
    }  # fmt: skip
    return row | changes


@pytest.mark.parametrize(
    ("killed", "radius"),
    [(None, 4.5), (0, 4.5), (1, 4.5), (25, 12.0), (100, 24.0), (400, 44.0), (5000, 44.0)],
    ids=["not stated", "none", "one", "25", "100", "400", "5000"],
)
def test_size_grows_with_the_root_of_the_toll(killed: int | None, radius: float) -> None:
    assert maps.radius_px(killed) == radius


@pytest.mark.parametrize(("prec", "filled", "circle_m"), [(1, True, 0), (2, False, 25_000), (4, False, 69_000), (7, True, 0)])
def test_approximate_places_are_hollow_in_a_circle(prec: int, filled: bool, circle_m: int) -> None:
    drawn = maps.point_look(point(where_prec=prec))
    assert (drawn["fill"][3] > 0) is filled
    assert drawn["uncertainty"] == circle_m


def test_points_of_one_place_keep_a_ring_each() -> None:
    looks = [maps.point_look(point(event_type=kind, killed=0)) for kind in ("Battles", "Protests", "Riots")]
    assert [look["radius"] for look in maps.largest_first(looks)] == [4.5, 2.9, 2.0]
    assert [look["radius"] for look in looks] == [4.5] * 3, "the given ones stay as they are"


def test_the_tooltip_says_what_where_who_and_how_many() -> None:
    assert maps.describe_point(point(where_prec=2)) == {
        "what": "Air strike", "when": "3 Dec 2023", "where": "near Kirkuk, Iraq",
        "who": "United States → Islamic Resistance in Iraq", "toll": "5 killed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("killed", "unstated", "words"),
    [(12, 0, "12 killed"), (12, 2, "12 killed; toll not stated in 2"), (0, 0, "none killed"), (None, 3, "toll not stated")],
)
def test_the_tooltip_of_several_incidents(killed: int | None, unstated: int, words: str) -> None:
    lines = maps.describe_point(point(incidents=3, killed=killed, unstated=unstated, last_day="2023-12-09"))
    assert (lines["what"], lines["when"], lines["toll"]) == ("3 incidents", "3 Dec 2023 to 9 Dec 2023", words)


def test_no_one_is_asked_for_tiles_unless_a_server_is_set() -> None:
    text = maps.incident_map(pd.DataFrame([point()])).to_json()
    spec = json.loads(text)
    assert "http" not in text
    assert spec.get("mapProvider") is None
    assert spec["mapStyle"] == "__MAP_STYLE__", "the dashboard takes pydeck's own mark for none, and then asks for no style"
    assert next(part["id"] for part in spec["layers"]) == "land"


def test_a_tile_server_takes_the_place_of_the_outlines() -> None:
    url = "http://127.0.0.1:9/{z}/{x}/{y}.png"
    spec = json.loads(maps.incident_map(pd.DataFrame([point()]), tiles=url).to_json())
    style = json.loads(base64.b64decode(spec["mapStyle"].partition("base64,")[2]))
    assert style["sources"]["tiles"]["tiles"] == [url]
    assert [part["id"] for part in spec["layers"]] == [maps.POINTS_LAYER]


def test_only_the_points_answer_the_pointer() -> None:
    deck = maps.incident_map(pd.DataFrame([point(where_prec=2)]))
    answers = {part["id"]: part.get("pickable", False) for part in json.loads(deck.to_json())["layers"]}
    assert answers.pop(maps.POINTS_LAYER) is True
    assert not any(answers.values())


def test_a_map_of_nothing_opens_on_its_default_view() -> None:
    view = json.loads(maps.incident_map(pd.DataFrame([point()]).head(0)).to_json())["initialViewState"]
    assert (view["latitude"], view["longitude"], view["zoom"]) == maps.DEFAULT_VIEW


def test_the_view_opens_on_all_points() -> None:
    rows = pd.DataFrame([point(), point(latitude=33.3, longitude=44.4), point(latitude=36.2, longitude=37.1)])
    view = maps.opening_view(rows)
    assert view.outside == 0
    x0, y0 = maps.mercator_px(view.latitude, view.longitude, view.zoom)
    for row in rows.itertuples():
        x, y = maps.mercator_px(row.latitude, row.longitude, view.zoom)
        assert abs(x - x0) <= maps.FIT_WIDTH / 2
        assert abs(y - y0) <= maps.FIT_HEIGHT / 2


def test_one_place_on_another_continent_does_not_shrink_the_rest() -> None:
    near = [point(latitude=33 + n / 20, longitude=43 + n / 20) for n in range(30)]
    view = maps.opening_view(pd.DataFrame([*near, point(latitude=47.6, longitude=-122.3)]))
    assert view.outside == 1
    assert view.longitude == pytest.approx(43.7, abs=0.2)


def test_labels_do_not_lie_on_each_other() -> None:
    rows = [point(), point(latitude=35.5, longitude=44.4, place_name="Daquq"), point(latitude=33.3, place_name="Baghdad")]
    drawn = [maps.point_look(row) for row in rows]
    names = [label["text"] for label in maps.choose_labels(drawn, 5.0)]
    assert "Baghdad" in names
    assert len({"Kirkuk", "Daquq"} & set(names)) == 1, "two places a few pixels apart get one name"
    assert len(names) == len(set(names))


def test_the_base_map_is_small_whole_and_within_the_world() -> None:
    world = json.loads(maps.WORLD.read_text(encoding="utf-8"))
    assert maps.WORLD.stat().st_size < 1_500_000
    assert len(world["features"]) == 239, "all of Natural Earth but two that are smaller than its line is wide"
    for feature in world["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                assert ring[0] == ring[-1]
                assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)
                jumps = [abs(a[0] - b[0]) for a, b in itertools.pairwise(ring)]
                assert max(jumps) < 180 or feature["properties"]["name"] == "Antarctica"


# --- close together ----------------------------------------------------------------------------


def many(n: int) -> pd.DataFrame:
    """Places in a grid of a degree, twenty in a row, each with one incident that killed one."""
    return pd.DataFrame(
        [point(latitude=30 + k // 20, longitude=40 + k % 20, incident_id=f"i{k}", killed=1, place_name=f"P{k}", places=n) for k in range(n)]
    )


def features_of(part: dict[str, Any]) -> list[dict[str, Any]]:
    """What a zoom layer holds."""
    return json.loads(base64.b64decode(part["data"].partition("base64,")[2]))["features"]


def test_few_places_are_points_at_every_zoom() -> None:
    rows = many(maps.CLUSTER_FROM - 1)
    assert maps.single_from(rows) == 0
    assert "TileLayer" not in maps.incident_map(rows).to_json()


def test_many_places_are_marks_from_afar_and_points_near_by() -> None:
    rows = many(400)
    first = maps.single_from(rows)
    layers = {part["id"]: part for part in json.loads(maps.incident_map(rows).to_json())["layers"] if part["@@type"] == "TileLayer"}
    marks = sorted((part["visibleMinZoom"], part["visibleMaxZoom"], name) for name, part in layers.items() if name.startswith("near"))
    assert first > 1
    assert [low for low, _, _ in marks] == [-1, *range(1, first)]
    assert all(0 < zoom + 1 - high < 1e-5 for zoom, (_, high, _) in enumerate(marks))
    assert layers[maps.POINTS_LAYER]["visibleMinZoom"] == layers["uncertainty"]["visibleMinZoom"] == first
    assert len(features_of(layers[maps.POINTS_LAYER])) == 400
    counts = [len(features_of(layers[name])) for _, _, name in marks]
    assert counts == sorted(counts)
    assert counts[0] < 10
    for _, _, name in marks:
        told = [int(f["properties"]["text"] or f["properties"]["incidents"]) for f in features_of(layers[name])]
        assert sum(told) == 400, "nothing is lost or counted twice at any zoom"


def test_marks_do_not_lie_on_each_other_and_stand_on_a_real_place() -> None:
    rows = many(400)
    for zoom in (1, 3):
        near = maps.bring_together(maps.each_near(maps.records(rows)), zoom)
        spots = [maps.mercator_px(one.latitude, one.longitude, zoom) for one in near]
        assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) >= maps.CELL_PX for a, b in itertools.combinations(spots, 2))
        assert {(one.latitude, one.longitude) for one in near} <= set(zip(rows["latitude"], rows["longitude"], strict=True))


def test_a_mark_says_what_it_holds_and_where_to_look_to_part_it() -> None:
    rows = pd.DataFrame(
        [
            point(incidents=3, killed=4, unstated=1), point(latitude=36.2, longitude=43.1, killed=None, unstated=1, first_day="2023-11-02"),
            point(latitude=36.3, longitude=41.9, country="SY", killed=None, unstated=1, first_day=None, last_day=None),
        ]
    )  # fmt: skip
    (mark,) = map(json.loads, maps.near_features(maps.bring_together(maps.each_near(maps.records(rows)), 2), {}, 2))
    assert mark["properties"]["text"] == "5"
    assert mark["properties"]["what"] == "5 incidents"
    assert mark["properties"]["when"] == "2 Nov 2023 to 3 Dec 2023"
    assert mark["properties"]["where"] == "Iraq and Syria"
    assert mark["properties"]["toll"] == "4 killed; toll not stated in 3"
    assert mark["properties"]["view"][2] >= 3.3
    assert mark["geometry"]["coordinates"] == [44.392, 35.468], "the busiest of the places"


def test_sums_over_places_make_the_marks_where_not_all_places_are_sent() -> None:
    cells = pd.DataFrame([point(incident_id=None, incidents=900, killed=50, unstated=3), point(latitude=10.0, longitude=10.0)])
    layers = json.loads(maps.incident_map(many(160), cells=cells).to_json())["layers"]
    marks = [part for part in layers if part["id"].startswith("near")]
    assert len(marks) == maps.MAX_CLUSTER_ZOOM
    assert [sorted(f["properties"]["text"] for f in features_of(part)) for part in marks] == [["", "900"]] * len(marks)


@pytest.mark.parametrize(("n", "words"), [(7, "7"), (999, "999"), (1_240, "1.2k"), (9_960, "10k"), (123_456, "123k")])
def test_the_number_in_a_mark_is_short(n: int, words: str) -> None:
    assert maps.short_count(n) == words


def test_what_was_pressed_is_read_from_points_and_marks_alike() -> None:
    row = point()
    assert maps.chosen_mark({"selection": {"objects": {maps.POINTS_LAYER: [row]}}}) == row
    feature = {"geometry": {"coordinates": [44.4, 35.5]}, "properties": {"incidents": 1, "incident_id": "i7"}}
    chosen = maps.chosen_mark({"selection": {"objects": {"near-2-t5": [feature]}}})
    assert chosen == {"incidents": 1, "incident_id": "i7", "longitude": 44.4, "latitude": 35.5}
    for nothing in (None, {}, {"selection": {"objects": {}}}, {"selection": {"objects": {"land": [feature]}}}):
        assert maps.chosen_mark(nothing) is None


def test_a_pressed_point_has_its_position_to_the_last_digit() -> None:
    rows = many(200).assign(latitude=lambda r: r["latitude"] + 0.1234567890123)
    layers = {part["id"]: part for part in json.loads(maps.incident_map(rows).to_json())["layers"]}
    told = {(f["geometry"]["coordinates"][1], f["geometry"]["coordinates"][0]) for f in features_of(layers[maps.POINTS_LAYER])}
    assert told == set(zip(rows["latitude"], rows["longitude"], strict=True))


def test_a_turned_map_looks_elsewhere_and_leaves_the_other_as_it_was() -> None:
    deck = maps.incident_map(many(400))
    before = deck.to_json()
    turned = maps.turned(deck, (10.0, 20.0, 5.0), 3)
    view = json.loads(turned.to_json())["initialViewState"]
    assert (view["latitude"], view["longitude"], view["zoom"]) == (10.0000003, 20.0000003, 5.0000003)
    assert json.loads(turned.to_json())["layers"][-1] == json.loads(before)["layers"][-1]
    assert "near-0-t3" in turned.to_json()
    assert "near-0-t0" not in turned.to_json()
    assert deck.to_json() == before
    again = json.loads(maps.turned(deck, (10.0, 20.0, 5.0), 4).to_json())["initialViewState"]
    assert again != view, "the browser follows only a view it was not given last"
