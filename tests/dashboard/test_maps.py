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
    drawn = maps.style_points(pd.DataFrame([point(where_prec=prec)])).iloc[0]
    assert (drawn["fill"][3] > 0) is filled
    assert drawn["uncertainty"] == circle_m


def test_points_of_one_place_keep_a_ring_each() -> None:
    rows = pd.DataFrame([point(event_type=kind, killed=0) for kind in ("Battles", "Protests", "Riots")])
    assert list(maps.style_points(rows)["radius"]) == [4.5, 2.9, 2.0]


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
    rows = pd.DataFrame([point(), point(latitude=35.5, longitude=44.4, place_name="Daquq"), point(latitude=33.3, place_name="Baghdad")])
    drawn = maps.style_points(rows)
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
