"""An extract with its papers: what is in the zip, always the same bytes, and its receipt opens."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline import codebook, exports, store
from pipeline.bundle import make_bundle
from pipeline.errors import SettingsError
from pipeline.filters import Filters
from tests.dashboard.pages import article_and_report, save_pairs

FORMULAS = ("=1+1", "+1", "-1 man", "@x", "\tx", "\rx", "\n=x")


def packed(path: Path, filters: Filters = Filters(), **options: Any) -> tuple[bytes, exports.Extract]:  # noqa: B008 - it is frozen
    db = store.open_store_readonly(path)
    try:
        made = exports.extract(db, filters, **options)
    finally:
        db.close()
    return make_bundle(made, shape=options.get("shape", "native"), format=options.get("format", "csv")), made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "s.db"
    save_pairs(file, article_and_report("a", 5))
    return file


@pytest.mark.parametrize("shape", exports.SHAPES)
@pytest.mark.parametrize("format", exports.FORMATS)
def test_the_zip_holds_the_data_and_its_papers(path: Path, shape: str, format: str) -> None:
    content, made = packed(path, Filters(country=("IQ",)), shape=shape, format=format, as_of="2023-12-31")
    assert packed(path, Filters(country=("IQ",)), shape=shape, format=format, as_of="2023-12-31")[0] == content
    package = zipfile.ZipFile(io.BytesIO(content))
    data = f"dateline-{shape}.{format}"
    assert package.namelist() == ["README.txt", data, "receipt.json", "codebook.csv", "not-held.csv", "CITATION.txt"]
    assert package.read(data) == made.content
    meanings = list(csv.DictReader(io.StringIO(package.read("codebook.csv").decode())))
    assert [m["column"] for m in meanings] == [c.column for c in codebook.columns(shape)]
    assert all(m["description"] for m in meanings)
    receipt = json.loads(package.read("receipt.json"))
    assert (receipt["receipt_id"], receipt["as_of"], receipt["filter"]) == (made.receipt.receipt_id, "2023-12-31", {"country": ["IQ"]})
    readme, citation = package.read("README.txt").decode(), package.read("CITATION.txt").decode()
    assert "1 incident, one a row" in readme
    assert "  country = IQ" in readme
    assert "Killed: 5\n" in readme
    assert "up to 2023-12-31" in readme
    assert made.receipt.receipt_id in citation
    assert made.receipt.store_version in citation


def test_columns_keep_the_codebooks_order(path: Path) -> None:
    content, _ = packed(path, only=["country", "incident_id", "deaths_best"])
    package = zipfile.ZipFile(io.BytesIO(content))
    assert package.read("dateline-native.csv").decode().splitlines()[0] == "incident_id,country,deaths_best"
    assert package.read("codebook.csv").decode().count("\n") == 4
    features = json.loads(packed(path, only=["country"], format="geojson")[1].content)["features"]
    assert features[0]["properties"] == {"country": "IQ"}


@pytest.mark.parametrize(("only", "said"), [(["deaths"], "'deaths' is no column of the shape native"), ([], "at least one column")])
def test_a_column_there_is_none_of_is_named(path: Path, only: list[str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        packed(path, only=only)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_run_as_a_formula(tmp_path: Path, formula: str) -> None:
    file = tmp_path / "s.db"
    save_pairs(file, article_and_report("a", 5, place_name=f"{formula}cmd"))
    content = packed(file)[1].content.decode()
    assert "\r" not in content
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert row["place_name"] == f"'{formula}cmd".replace("\r", "\n")
    book = openpyxl.load_workbook(io.BytesIO(packed(file, format="xlsx")[1].content))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [
        c for c in cells if isinstance(c.value, str) and c.value.startswith(exports.FORMULA_STARTS) and c.value.strip("+-") == c.value
    ]


def test_command_and_receipt(dateline: Any, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(path))
    target = tmp_path / "out" / "x.zip"
    code, _, err = dateline("export", "--zip", "--columns", "country, incident_id", "--format", "parquet", "--out", target)
    assert code == 0
    receipt_id = err.split()[-1]
    assert [p.name for p in target.parent.iterdir()] == ["x.zip"]
    code, out, _ = dateline("receipt", target)
    assert code == 0
    assert receipt_id in out
    assert dateline("export", "--columns", "nonsense", "--out", target)[0] == 2


def test_a_zip_without_a_receipt_is_refused_in_words(dateline: Any, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(path))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as other:
        other.writestr("a.txt", "a")
    code, _, err = dateline("receipt", tmp_path / "x.zip")
    assert code == 1
    assert "is no receipt" in err
