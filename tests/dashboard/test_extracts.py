"""The Extracts page: what is on screen is what the file holds, and what it cannot hold is said."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.filter_words import filter_words
from dashboard.queries import fingerprint
from dashboard.views.extracts import PREVIEW_ROWS, Asked, export_command, file_name, losses_of, make_file, preview_frame, summarise
from pipeline import store
from pipeline.cli import cli
from pipeline.exports import FORMATS, SHAPES, export
from pipeline.filters import Filters
from tests.dashboard.pages import broken_store, page_text, run_page

IRAQ = Filters(country=("IQ",), date_from="2023-06-01", date_to="2024-06-30", event_type=("Battles", "Air/drone strike"), deaths_min=1)


@pytest.fixture
def generated(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = generated_store(120)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    return path


@pytest.mark.parametrize("asked", [*map(Asked, SHAPES), Asked("native", "2023-09-01"), Asked("acled", None, ("event_date", "fatalities"))])
@pytest.mark.parametrize("filters", [Filters(), Filters(country=("IQ",)), Filters(text="drone")])
def test_preview_and_count_are_those_of_the_file(generated: Path, asked: Asked, filters: Filters) -> None:
    count, first = summarise(str(generated), fingerprint(generated), filters, asked)
    whole = preview_frame(make_file(str(generated), filters, asked, "csv"))
    assert len(whole) == count
    assert preview_frame(first).equals(whole.head(PREVIEW_ROWS))


@pytest.mark.parametrize("format", FORMATS)
def test_the_download_is_the_export(generated: Path, format: str) -> None:
    db = store.open_store_readonly(generated)
    assert make_file(str(generated), Filters(), Asked(), format) == export(db, Filters(), shape="native", format=format)
    db.close()


def test_the_page_takes_shape_format_and_filters_from_its_address(generated: Path) -> None:
    at = run_page("extracts", shape="acled", format="geojson", country="IQ")
    words = page_text(at)
    count, _ = summarise(str(generated), fingerprint(generated), Filters(country=("IQ",)), Asked("acled"))
    losses = losses_of(str(generated), fingerprint(generated), Filters(country=("IQ",)), "acled", None)
    assert "Iraq" in words
    assert at.get("download_button")[0].proto.label == f"Download {count} rows as GeoJSON"
    assert list(at.dataframe[1].value["What is lost"]) == [loss.sentence for loss in losses]
    assert at.code[0].value == "dateline export --shape acled --format geojson --country IQ --zip --out dateline-acled-geojson.zip"
    kept = {"shape": "acled", "format": "geojson", "country": "IQ"}
    assert {name: at.query_params[name] for name in kept} == kept


def test_a_link_that_asks_for_no_such_shape_opens_the_first(generated: Path) -> None:
    at = run_page("extracts", shape="<script>", format="exe")
    assert at.query_params["shape"] == "native"
    assert at.query_params["format"] == "csv"


@pytest.mark.parametrize("packed", [False, True])
def test_the_command_gives_the_same_file(generated: Path, tmp_path: Path, packed: bool) -> None:
    filters = Filters(country=("IQ", "SY"), deaths_min=1, date_from="2023-02-01")
    asked = Asked("ucdp", "2024-01-31", ("country", "best"), packed)
    words = shlex.split(export_command(filters, asked, "csv"))
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(cli, ["--store", str(generated), *words[1:-1], str(out)])
    assert result.exception is None, result.output
    assert out.read_bytes() == make_file(str(generated), filters, asked, "csv")


def test_day_and_columns_are_kept_in_the_address(generated: Path) -> None:
    at = run_page("extracts", as_of="2023-09-01", columns="country,date_start,nonsense", zip="0")
    assert list(at.dataframe[0].value.columns) == ["date_start", "country"]
    count, _ = summarise(str(generated), fingerprint(generated), Filters(), Asked("native", "2023-09-01"))
    everything, _ = summarise(str(generated), fingerprint(generated), Filters(), Asked())
    assert 0 < count < everything
    assert at.get("download_button")[0].proto.label == f"Download {count} rows as CSV"
    assert {n: at.query_params[n] for n in ("as_of", "columns", "zip")} == {
        "as_of": "2023-09-01",
        "columns": "date_start,country",
        "zip": "0",
    }
    at.date_input(key="extract_as_of").set_value(None).run()
    assert not at.exception
    assert at.get("download_button")[0].proto.label == f"Download {everything} rows as CSV"
    assert "as_of" not in at.query_params


def test_before_anything_was_published_there_is_nothing(generated: Path) -> None:
    at = run_page("extracts", as_of="1999-01-01")
    assert at.subheader[0].value == "No incident matches these filters"
    assert "Of what was published up to 1 Jan 1999, that is." in page_text(at)


@pytest.mark.parametrize("day", ["<script>", "2023-13-45", "yesterday"])
def test_a_day_that_is_none_is_now(generated: Path, day: str) -> None:
    assert run_page("extracts", as_of=day).date_input(key="extract_as_of").value is None


def test_filters_in_words() -> None:
    assert filter_words(Filters()) == ""
    assert filter_words(IRAQ) == "Iraq · Battles or Air/drone strike · from 1 Jun 2023 · to 30 Jun 2024 · 1 killed or more"
    assert filter_words(Filters(place=("Kirkuk",), against=("Hamas",), mode=("heavy-weapons",))) == "Kirkuk · against Hamas · heavy weapons"
    assert filter_words(Filters(since="2026-11-24T18:02:00.000Z")) == "new since 24 Nov 2026, 18:02 UTC"
    assert filter_words(Filters(actor=("Hamas",), role="target", status=("confirmed",))) == "Hamas as target · confirmed by a person"


def test_the_file_is_named_after_shape_and_days() -> None:
    assert file_name(IRAQ, Asked("acled"), "xlsx") == "dateline-acled-2023-06-01-to-2024-06-30.xlsx"
    assert file_name(Filters(), Asked("native", "2023-12-03", packed=True), "csv") == "dateline-native-as-of-2023-12-03-csv.zip"


def test_nothing_to_extract_says_so(generated: Path) -> None:
    at = run_page("extracts", q="no such word anywhere")
    assert at.subheader[0].value == "No incident matches these filters"
    assert not at.get("download_button")


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("extracts").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("extracts").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("extracts").subheader[0].value == "The store cannot be read"
