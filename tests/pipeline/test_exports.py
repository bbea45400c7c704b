"""Extracts: whole rows in every shape and format, nothing run as a formula, nothing invented, losses told."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import codebook, exports
from pipeline.errors import SettingsError
from pipeline.filters import Filters
from pipeline.models import Actor, Evidence, Incident
from pipeline.resolution import load_rules
from pipeline.settings import ROOT
from tests.reports import CIVILIANS, GUNMEN, KATAIB, US, fill, make_article, make_report

TEXT = "Jets struck a depot. A U.S. air strike killed five militants near Kirkuk, an official said. It rained."
CODEBOOK_COLUMNS: list[str] = """
    incident_id assertion event_type sub_event_type modes date_start date_end date_prec date_basis place_name country admin1
    latitude longitude where_prec side_a side_b deaths_best deaths_low deaths_high deaths_a deaths_b deaths_civilians deaths_unknown
    injured_best injured_low injured_high count_vague claims attributions merged_into number_of_reports number_of_sources
    first_reported last_reported review_status locked_fields
""".split()


@pytest.fixture
def db(fresh_db: Any) -> Any:
    """Three asserted incidents (the second undated and unlocated, the third known by country), one aggregate."""
    start = TEXT.index("killed")
    evidence = (Evidence("deaths_best", start, start + 11, TEXT[start : start + 11]), Evidence("place_name", 68, 74, TEXT[68:74]))
    articles = [
        make_article("a", "2023-12-03", text=TEXT, source="Reuters", headline="=cmd|' /C calc'!A0"),
        make_article("b", None, source="Rudaw"),
        make_article("c", "2023-12-09", source="AP"),
    ]
    reports = [
        make_report(
            "a", evidence=evidence, attributions=[("an official", "official")], claims=[("Kataib Hezbollah", "denied")], deaths_b=5
        ),
        make_report(
            "b", day=None, place_name=None, country=None, admin1=None, latitude=None, longitude=None, where_prec=None,
            side_a=(), side_b=(), deaths=None, sub_event_type="Other",
        ),
        make_report("c", day="2023-12-08", place_name="Iraq", where_prec=6, side_a=(GUNMEN, KATAIB), side_b=(CIVILIANS,), deaths_low=4),
        make_report("c", number=1, assertion="aggregate", day="2023-12-08"),
    ]  # fmt: skip
    fill(fresh_db, articles, reports)
    return fresh_db


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert not content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_native_columns_are_the_codebooks(db: Any) -> None:
    assert list(exports.NATIVE_COLUMNS[: len(CODEBOOK_COLUMNS)]) == CODEBOOK_COLUMNS
    assert exports.NATIVE_COLUMNS[len(CODEBOOK_COLUMNS) :] == (
        "rules", "admin2", "number_of_articles", "confidence", "article_ids", "quotes",
    )  # fmt: skip
    first = exports.export(db, Filters()).decode("utf-8").splitlines()[0]
    assert first == ",".join(exports.NATIVE_COLUMNS)


def test_one_row_an_incident_undated_last(db: Any) -> None:
    rows = read_csv(exports.export(db, Filters()))
    assert [(r["date_start"], r["place_name"]) for r in rows] == [("2023-12-03", "Kirkuk"), ("2023-12-08", "Iraq"), ("", "")]
    one, _, unknown = rows
    assert json.loads(one["side_b"]) == [{"name": "Kataib Hezbollah", "inter": 3, "aliases": ["KH"], "actor_id": "kataib-hezbollah"}]
    assert json.loads(one["quotes"]) == [
        {"article_id": "a", "source": "Reuters", "quote": "A U.S. air strike killed five militants near Kirkuk, an official said."}
    ]
    assert (one["deaths_best"], one["count_vague"], one["merged_into"]) == ("5", "false", "")
    assert (unknown["deaths_best"], unknown["latitude"], unknown["longitude"], unknown["country"]) == ("", "", "", "")


def test_the_filter_is_the_dashboards(db: Any) -> None:
    assert [r["date_start"] for r in read_csv(exports.export(db, Filters(date_from="2023-12-08", undated=False)))] == ["2023-12-08"]
    assert len(read_csv(exports.export(db, Filters(), assertion=None))) == 4
    assert read_csv(exports.export(db, Filters(country=("FR",)))) == []


def test_a_whole_acled_row(db: Any) -> None:
    row = read_csv(exports.export(db, Filters(), shape="acled"))[0]
    assert {k: v for k, v in row.items() if v} == {
        "event_id_cnty": row["event_id_cnty"],
        "event_date": "2023-12-03", "year": "2023", "time_precision": "1", "disorder_type": "Political violence",
        "event_type": "Explosions/Remote violence", "sub_event_type": "Air/drone strike",
        "actor1": "United States", "inter1": "8", "actor2": "Kataib Hezbollah", "inter2": "3", "interaction": "38",
        "iso": "368", "region": "Middle East", "country": "Iraq", "admin1": "Kirkuk", "location": "Kirkuk",
        "latitude": "35.468", "longitude": "44.392", "geo_precision": "1", "source": "Reuters",
        "notes": "A U.S. air strike killed five militants near Kirkuk, an official said.", "fatalities": "5", "timestamp": "1701561600",
    }  # fmt: skip


def test_acled_counts_low_and_only_there_the_unknown_as_none(db: Any) -> None:
    rows = read_csv(exports.export(db, Filters(), shape="acled"))
    assert [r["fatalities"] for r in rows] == ["5", "4", "0"]
    assert [(r["geo_precision"], r["time_precision"]) for r in rows] == [("1", "1"), ("3", "1"), ("", "")]
    assert (rows[1]["actor1"], rows[1]["assoc_actor_1"], rows[1]["civilian_targeting"]) == (
        "Unidentified armed group", "Kataib Hezbollah", "Civilian targeting",
    )  # fmt: skip
    assert (rows[2]["event_date"], rows[2]["latitude"]) == ("", "")


def test_a_whole_ucdp_row(db: Any) -> None:
    row = read_csv(exports.export(db, Filters(), shape="ucdp"))[0]
    assert {k: v for k, v in row.items() if v} == {
        "id": row["id"], "relid": row["id"], "year": "2023", "code_status": "Check", "type_of_violence": "1",
        "dyad_name": "United States - Kataib Hezbollah", "side_a": "United States", "side_b": "Kataib Hezbollah", "number_of_sources": "1",
        "source_article": '"Reuters,2023-12-03,=cmd|\' /C calc\'!A0"', "source_office": "Reuters", "source_date": "2023-12-03",
        "source_headline": "'=cmd|' /C calc'!A0", "source_original": "an official",
        "where_prec": "1", "where_coordinates": "Kirkuk", "where_description": "Kirkuk", "adm_1": "Kirkuk",
        "latitude": "35.468", "longitude": "44.392", "geom_wkt": "POINT (44.392 35.468)", "priogrid_gid": "180449",
        "country": "Iraq", "region": "Middle East", "event_clarity": "1", "date_prec": "1",
        "date_start": "2023-12-03", "date_end": "2023-12-03", "deaths_b": "5", "best": "5", "high": "5", "low": "5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("side_a", "side_b", "kind"),
    [
        pytest.param((US,), (KATAIB,), 1, id="a state and a group"),
        pytest.param((KATAIB,), (US,), 1, id="a group and a state"),
        pytest.param((KATAIB,), (GUNMEN,), 2, id="two groups"),
        pytest.param((GUNMEN,), (CIVILIANS,), 3, id="civilians"),
        pytest.param((US,), (CIVILIANS, KATAIB), 1, id="civilians among the armed"),
        pytest.param((), (CIVILIANS,), None, id="nobody did it"),
        pytest.param((Actor("Protesters (Iraq)", 6),), (), None, id="a protest"),
    ],
)
def test_type_of_violence(side_a: tuple[Actor, ...], side_b: tuple[Actor, ...], kind: int | None) -> None:
    assert exports.type_of_violence(Incident(incident_id="i", assertion="asserted", side_a=side_a, side_b=side_b)) == kind


@pytest.mark.parametrize(("one", "other", "number"), [(8, 3, 38), (3, 8, 38), (6, None, 60), (None, 7, 70), (1, 1, 11), (None, None, None)])
def test_interaction(one: int | None, other: int | None, number: int | None) -> None:
    assert exports.interaction(one, other) == number


@pytest.mark.parametrize(
    ("latitude", "longitude", "cell"),
    [(-90.0, -180.0, 1), (-89.75, -179.75, 1), (90.0, 180.0, 259200), (0.25, 0.25, 129961)],
)
def test_priogrid_cells_run_from_the_south_west(latitude: float, longitude: float, cell: int) -> None:
    assert exports.priogrid_cell(latitude, longitude) == cell


def test_geojson_has_no_false_pins(db: Any) -> None:
    features = json.loads(exports.export(db, Filters(), format="geojson"))["features"]
    assert [f["geometry"] for f in features] == [{"type": "Point", "coordinates": [44.392, 35.468]}, None, None]
    assert features[0]["id"] == features[0]["properties"]["incident_id"]
    assert features[0]["properties"]["side_a"][0] == {"name": "United States", "inter": 8, "aliases": ["U.S."], "actor_id": "united-states"}
    assert features[2]["properties"]["deaths_best"] is None


def test_parquet_keeps_types(db: Any) -> None:
    table = pq.read_table(io.BytesIO(exports.export(db, Filters(), format="parquet")))
    assert table.column_names == list(exports.NATIVE_COLUMNS)
    first = table.to_pylist()[0]
    assert first["date_start"].isoformat() == "2023-12-03"
    assert first["first_reported"].isoformat() == "2023-12-03T00:00:00+00:00"
    assert first["side_a"] == [{"name": "United States", "inter": 8, "aliases": ["U.S."], "actor_id": "united-states"}]
    assert dict(first["rules"])["deaths_best"] == "only_report"
    assert table.to_pylist()[2]["deaths_best"] is None


def test_xlsx_has_the_rows_the_meanings_and_the_losses(db: Any) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exports.export(db, Filters(), shape="ucdp", format="xlsx")))
    assert book.sheetnames == ["incidents", "columns", "not held", "receipt"]
    header, first, *_ = book["incidents"].iter_rows(values_only=True)
    row = dict(zip(header, first, strict=True))
    assert (row["date_start"].date().isoformat(), row["best"], row["source_headline"]) == ("2023-12-03", 5, "'=cmd|' /C calc'!A0")
    assert not [c for line in book["incidents"].iter_rows() for c in line if c.data_type == "f"]
    assert [line[0] for line in book["columns"].iter_rows(min_row=2, values_only=True)] == [c.column for c in codebook.columns("ucdp")]


@pytest.mark.parametrize("shape", exports.SHAPES)
@pytest.mark.parametrize("format", exports.FORMATS)
def test_the_same_store_gives_the_same_bytes(db: Any, tmp_path: Path, shape: str, format: str) -> None:
    first = exports.export(db, Filters(), shape=shape, format=format)
    target = tmp_path / "deep" / f"out.{format}"
    receipt = exports.write_export(db, Filters(), target, shape=shape, format=format)
    assert len(receipt.rows) == 3
    assert target.read_bytes() == first
    beside = [f"{target.name}.receipt.json"] if format == "csv" else []
    assert sorted(p.name for p in target.parent.iterdir()) == [target.name, *beside]


def test_every_format_carries_the_receipt(db: Any, tmp_path: Path) -> None:
    found = {}
    for format in exports.FORMATS:
        target = tmp_path / f"out.{format}"
        receipt = exports.write_export(db, Filters(), target, format=format)
        if format == "csv":
            found[format] = json.loads(exports.receipt_path(target).read_text(encoding="utf-8"))["receipt_id"]
        elif format == "geojson":
            found[format] = json.loads(target.read_bytes())["receipt"]["receipt_id"]
        elif format == "parquet":
            found[format] = json.loads(pq.read_schema(target).metadata[b"receipt"])["receipt_id"]
        else:
            rows = openpyxl.load_workbook(target)["receipt"].iter_rows(values_only=True)
            found[format] = dict(rows)["receipt_id"]
    assert found == dict.fromkeys(exports.FORMATS, receipt.receipt_id)


def test_an_extract_as_of_a_day_holds_what_was_known_then(db: Any) -> None:
    fill(db, [make_article("d", "2023-12-05", source="Rudaw")], [make_report("d", deaths=9)])
    now, then = (read_csv(exports.export(db, Filters(), as_of=day)) for day in (None, "2023-12-04"))
    assert next((r["date_start"], r["deaths_best"], r["number_of_reports"]) for r in now) == ("2023-12-03", "9", "2")
    assert [(r["date_start"], r["deaths_best"], r["number_of_reports"]) for r in then] == [("2023-12-03", "5", "1")]
    assert json.loads(then[0]["article_ids"]) == ["a"]


@pytest.mark.parametrize("shape", exports.SHAPES)
@pytest.mark.parametrize("format", exports.FORMATS)
def test_an_empty_set_is_a_whole_file(fresh_db: Any, shape: str, format: str) -> None:
    assert exports.export(fresh_db, Filters(), shape=shape, format=format)


def test_an_unknown_shape_or_format_is_named(db: Any) -> None:
    with pytest.raises(SettingsError, match="'gdelt' is no shape of extract; there are native, acled, ucdp"):
        exports.export(db, Filters(), shape="gdelt")
    with pytest.raises(SettingsError, match="'pdf' is no format"):
        exports.export(db, Filters(), format="pdf")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1 group", "'+1 group"),
        ("@home", "'@home"),
        ("\tx", "'\tx"),
        ("- dash", "'- dash"),
        ("-5.2", "-5.2"),
        ("a=b", "a=b"),
    ],
)
def test_formulas_are_neutralised_and_numbers_are_not(text: str, safe: str) -> None:
    assert exports.neutralise(text) == safe


@given(st.text())
def test_no_text_becomes_a_formula(text: str) -> None:
    safe = exports.neutralise(text)
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == text
    if safe.startswith(exports.FORMULA_STARTS):
        float(safe)


def test_losses_are_counted_and_what_concerns_none_is_left_out(db: Any) -> None:
    incidents = [e.incident for e in exports.load_exported(db, Filters())]
    acled = {loss.field: loss.incidents for loss in exports.loss_report("acled", incidents)}
    assert acled["date_start"] == acled["latitude, longitude"] == acled["deaths_best"] == 1
    assert acled["claims"] == acled["attributions"] == 1
    assert "injured" not in acled
    assert exports.loss_report("ucdp", []) == ()
    assert {loss.field for loss in exports.loss_report("native", incidents)} == {"evidence"}


def test_every_column_of_every_shape_is_described() -> None:
    for column in codebook.load_codebook():
        assert column.description, column
        assert column.kind in exports.ARROW_TYPES, column
    assert codebook.describe("date_prec").startswith("How exactly the date is known, from UCDP. Values: 1 the day;")
    assert codebook.describe("nothing") == ""


def test_the_codebook_page_has_every_column_and_rule_as_the_tables_have_it() -> None:
    page = (ROOT / "docs" / "CODEBOOK.md").read_text(encoding="utf-8")
    for column in codebook.load_codebook():
        assert f"| `{column.column}` |" in page
        assert column.description in page, column
    for rule in load_rules():
        assert f"| `{rule.name}` | {rule.sentence} |" in page
