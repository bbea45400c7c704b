"""Outlines of countries and provinces, and the pictures made of them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import outlines
from dashboard.charts_profiles import CLASSES, class_bounds, class_of
from dashboard.wording import country_name


def test_provinces_lie_in_their_country() -> None:
    # a town, its country and the province that the store names it by
    for code, province, longitude, latitude in (
        ("IQ", "Anbar", 43.3, 33.4), ("SY", "Homs", 38.3, 34.6), ("NG", "Borno", 13.2, 11.8), ("UA", "Kharkiv", 36.2, 49.9),
        ("GB", "Scotland", -4.2, 56.5), ("ML", "Kidal", 1.4, 18.4), ("PS", "Gaza Strip", 34.38, 31.42),
    ):  # fmt: skip
        found = [o.name for o in outlines.provinces(code) if any(inside(p[0], longitude, latitude) for p in o.polygons)]
        assert found == [province]


def inside(ring: outlines.Ring, x: float, y: float) -> bool:
    """Whether a point is in a ring (rays to the east)."""
    crossings = [(b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] for a, b in pairwise(ring) if (a[1] > y) != (b[1] > y)]
    return sum(c > x for c in crossings) % 2 == 1


def test_neighbours_share_their_border() -> None:
    rings = {o.name: {point for p in o.polygons for ring in p for point in ring} for o in outlines.provinces("IQ")}
    assert len(rings["Anbar"] & rings["Nineveh"]) > 3


@pytest.mark.parametrize(("name", "outline"), [("Arbil", "Erbil"), ("erbil", "Erbil"), ("Erbil", "Erbil"), ("Atlantis", None), ("", None)])
def test_other_names_of_a_province(name: str, outline: str | None) -> None:
    assert outlines.province_name("IQ", name) == outline


def test_every_outline_of_a_country_has_a_code_and_most_have_provinces() -> None:
    countries = outlines.countries()
    assert all(country_name(c.name) not in ("", c.name) for c in countries)
    assert sum(bool(outlines.provinces(c.name)) for c in countries) > 200
    assert outlines.provinces("ZZ") == ()


def test_a_country_across_the_antimeridian_is_in_one_piece() -> None:
    for code, most in (("RU", 200), ("FJ", 12), ("US", 130)):
        west, _, east, _ = outlines.mainland(outlines.unrolled(outlines.provinces(code)))
        assert east - west < most
    for code in ("SY", "IQ", "CL"):
        assert outlines.unrolled(outlines.provinces(code)) == outlines.provinces(code)


@given(
    st.tuples(st.floats(-170, 160), st.floats(-70, 60), st.floats(0.01, 20), st.floats(0.01, 20)),
    st.integers(100, 1200), st.integers(100, 600),
)  # fmt: skip
def test_what_is_fitted_lies_in_the_picture(box: tuple[float, float, float, float], width: int, height: int) -> None:
    west, south, wide, tall = box
    frame = outlines.fit((west, south, west + wide, south + tall), width=width, max_height=height)
    for longitude, latitude in ((west, south), (west + wide, south + tall)):
        x, y = frame.point(longitude, latitude)
        assert -1 <= x <= frame.width + 1
        assert -1 <= y <= frame.height + 1


def test_path_leaves_out_what_lies_outside() -> None:
    iraq = outlines.provinces("IQ")
    frame = outlines.fit(outlines.mainland(iraq), width=600, max_height=400)
    assert outlines.path_of((p for o in outlines.provinces("NG") for p in o.polygons), frame) == ""
    path = outlines.path_of((p for o in iraq for p in o.polygons), frame)
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d", path)]
    assert path.count("M") == path.count("Z") >= len(iraq)
    assert min(numbers) >= -1
    assert max(numbers) <= 601


@given(st.lists(st.integers(0, 2_000_000), max_size=60))
def test_classes_hold_every_value(values: list[int]) -> None:
    bounds = class_bounds(values)
    assert len(bounds) <= CLASSES
    assert bounds == sorted(set(bounds))
    assert all((class_of(v, bounds) == 0) == (v == 0) for v in values)
    assert not any(values) or class_of(max(values), bounds) == len(bounds)
