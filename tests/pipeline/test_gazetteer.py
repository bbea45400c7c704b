"""The gazetteer: names to places, spelling variants, context, and an index that is complete or not there."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from pipeline import gazetteer as module
from pipeline.errors import GazetteerError
from pipeline.gazetteer import Gazetteer, distance_km, fold, loosen, middle_of, open_gazetteer, split_division
from pipeline.settings import SEEDS, Settings


@pytest.fixture(scope="session")
def gazetteer(settings: Settings) -> Gazetteer:
    return open_gazetteer(settings.cache)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Al-Qa’im", "al qaim"),
        ("Al Qā’im", "al qaim"),
        ("Deir ez-Zor", "deir ez zor"),
        ("The Hague", "hague"),
        ("St. Petersburg", "saint petersburg"),
        ("W.Va.", "wva"),
        ("Łódź", "lodz"),
        ("KYIV", "kyiv"),
        ("", ""),
    ],
)
def test_fold(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Deir al-Zor", "Dayr az Zawr"),
        ("Deir ez-Zour", "Deir al-Zor"),
        ("Qaim", "Al-Qa'im"),
        ("Makhmour", "Makhmur"),
        ("Al-Hasakah", "Hasaka"),
        ("Fallujah", "Al-Falluja"),
        ("Umm Rawaba", "Um Rawabah"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert loosen(fold(one)) == loosen(fold(other))


@pytest.mark.parametrize(("one", "other"), [("Mosul", "Basra"), ("Homs", "Hama"), ("Sanaa", "Saada"), ("Mali", "Malta")])
def test_spellings_of_two_names_do_not(one: str, other: str) -> None:
    assert loosen(fold(one)) != loosen(fold(other))


def test_split_division() -> None:
    assert split_division("kirkuk province") == ("kirkuk", frozenset({"admin1", "admin2"}))
    assert split_division("province of kirkuk") == ("kirkuk", frozenset({"admin1", "admin2"}))
    assert split_division("kirkuk") == ("kirkuk", frozenset())


@pytest.mark.parametrize(
    ("name", "countries", "kind", "country", "near"),
    [
        pytest.param("Kirkuk", (), "city", "IQ", (35.47, 44.39), id="town before the province of its name"),
        pytest.param("Kirkuk province", (), "admin1", "IQ", (35.4, 44.1), id="province when asked"),
        pytest.param("Borno state", (), "admin1", "NG", (11.8, 13.0), id="state"),
        pytest.param("Deir al-Zor", (), "city", "SY", (35.34, 40.14), id="other spelling"),
        pytest.param("Qaim", ("IQ",), "city", "IQ", (34.39, 40.99), id="no article"),
        pytest.param("Kiev", (), "city", "UA", (50.45, 30.52), id="former name"),
        pytest.param("Makhmour", ("IQ",), "city", "IQ", (35.78, 43.58), id="alike, in context"),
        pytest.param("Tripoli", ("LB",), "city", "LB", (34.43, 35.84), id="Tripoli in Lebanon"),
        pytest.param("Tripoli", ("LY",), "city", "LY", (32.89, 13.19), id="Tripoli in Libya"),
        pytest.param("U.S.", (), "country", "US", (39.8, -98.5), id="abbreviated country"),
        pytest.param("W.Va.", (), "admin1", "US", (38.9, -80.4), id="abbreviated state"),
        pytest.param("Rumalyn Landing Zone", (), "site", "SY", (36.997, 41.960), id="landing zone"),
        pytest.param("Ain al-Asad", ("IQ",), "airbase", "IQ", (33.79, 42.44), id="air base"),
        pytest.param("Bab el-Mandeb", (), "sea", "YE", (12.58, 43.33), id="strait"),
        pytest.param("northeastern Syria", (), "region", "SY", (36.5, 40.7), id="fuzzy region"),
    ],
)
def test_resolve(gazetteer: Gazetteer, name: str, countries: tuple[str, ...], kind: str, country: str, near: tuple[float, float]) -> None:
    place = gazetteer.resolve(name, countries=countries)
    assert place is not None
    assert (place.kind, place.country) == (kind, country)
    assert distance_km(place.latitude, place.longitude, *near) < 60


@pytest.mark.parametrize("name", ["", "Xyzzyville", "!!!", "Makhmourqqq province"])
def test_no_place_fits(gazetteer: Gazetteer, name: str) -> None:
    assert gazetteer.resolve(name) is None


def test_nearness_decides(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("Alexandria", near=(31.3, -92.4))
    assert place is not None
    assert place.admin1 == "Louisiana"


def test_countries(gazetteer: Gazetteer) -> None:
    iraq = gazetteer.country("IQ")
    assert iraq is not None
    assert (iraq.name, iraq.where_prec) == ("Iraq", 6)
    assert gazetteer.country("QQ") is None
    assert gazetteer.country_code("Ivory Coast") == "CI"
    assert gazetteer.country_code("Kirkuk") is None


def test_where_prec_follows_kind(gazetteer: Gazetteer) -> None:
    assert {p.where_prec for p in gazetteer.candidates("Kirkuk")} <= {1, 3, 4}
    red_sea = gazetteer.resolve("Red Sea")
    assert red_sea is not None
    assert red_sea.where_prec == 7


def test_every_site_is_found_under_each_of_its_names(gazetteer: Gazetteer) -> None:
    with (SEEDS / "sites.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 150
    assert len({row["site_id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["source"], row["site_id"]
        assert -90 <= float(row["latitude"]) <= 90, row["site_id"]
        assert -180 <= float(row["longitude"]) <= 180, row["site_id"]
        for name in (row["name"], *filter(None, row["aliases"].split(";"))):
            found = {place.place_id for place in gazetteer.candidates(name)}
            assert f"site:{row['site_id']}" in found, (row["site_id"], name)


def test_middle_is_of_the_area_not_of_the_towns() -> None:
    # Three corners of a square crowded, one not: the middle stays in the middle.
    crowded = [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.1, 0.1), (4.0, 0.0), (0.0, 4.0), (4.0, 4.0)]
    assert middle_of(crowded) == pytest.approx((2.0, 2.0))
    assert middle_of([]) is None
    assert middle_of([(3.0, 5.0)]) == (3.0, 5.0)


def write_small_index(db: sqlite3.Connection) -> None:
    db.executescript(module._SCHEMA)
    db.execute("INSERT INTO meta VALUES ('version', 'small')")
    db.execute("INSERT INTO place VALUES (0, 'x:1', 'Nowhere', 'city', 'IQ', NULL, NULL, 1.0, 2.0, 10, 1, 'test')")
    db.execute("INSERT INTO name VALUES ('nowhere', 0, 0)")
    db.execute("INSERT INTO first VALUES ('nowhere', 1)")
    db.commit()


def test_index_is_built_once_and_replaces_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []

    def write(db: sqlite3.Connection) -> None:
        built.append(1)
        write_small_index(db)

    monkeypatch.setattr(module, "_write_index", write)
    old = tmp_path / "gazetteer-0000.sqlite"
    old.write_bytes(b"")
    for _ in range(2):
        small = open_gazetteer(tmp_path)
        assert [place.name for place in small.candidates("NOWHERE")] == ["Nowhere"]
        small.close()
    assert built == [1]
    assert [path.name for path in tmp_path.iterdir()] == [f"gazetteer-{module.index_version()}.sqlite"]


def test_damaged_index_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_write_index", write_small_index)
    (tmp_path / f"gazetteer-{module.index_version()}.sqlite").write_bytes(b"no database at all" * 100)
    assert open_gazetteer(tmp_path).resolve("Nowhere") is not None


def test_broken_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half (a)")
        raise sqlite3.OperationalError("disk is full")

    monkeypatch.setattr(module, "_write_index", fail)
    with pytest.raises(GazetteerError, match="disk is full"):
        open_gazetteer(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GazetteerError, match="cannot be written"):
        open_gazetteer(tmp_path / "file")
