"""As known on: the store of a past, the day in address and session, and the page of that day."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import asof, queries, queries_monitor
from pipeline.errors import StoreBrokenError, StoreMissingError
from pipeline.filters import Filters
from pipeline.store import load_incidents, open_store_readonly
from tests.dashboard.pages import article_and_report, page_text, run_page, save_pairs
from tests.reports import incidents_as_of

EARLY, LATE = "2023-12-03", "2023-12-09"


@pytest.fixture
def two(own_store: Path) -> Path:
    """A strike told as five dead on 3 December and as nine on the 9th, and a clash elsewhere told on the 9th."""
    own_store.parent.mkdir(parents=True, exist_ok=True)
    save_pairs(
        own_store,
        article_and_report("first", 5, published=EARLY),
        article_and_report("second", 9, published=LATE),
        article_and_report(
            "other", 2, published=LATE, day="2023-12-08", country="SY", place_name="Homs", admin1="Homs", latitude=34.73, longitude=36.71
        ),
    )
    return own_store


def past_of(path: Path, day: str | None) -> tuple[str, queries.Fingerprint]:
    """Path and fingerprint of the store's past."""
    return asof.path_as_of(str(path), queries.fingerprint(path), day)


def test_the_past_is_a_store_with_what_was_known(two: Path) -> None:
    past, mark = past_of(two, EARLY)
    then = queries.tallies(past, mark, Filters())
    assert (then.incidents, then.killed, then.articles) == (1, 5, 1)
    now = queries.tallies(str(two), queries.fingerprint(two), Filters())
    assert (now.incidents, now.killed, now.articles) == (2, 11, 3)


@pytest.mark.parametrize("day", ["2023-03-01", "2023-08-15", "2024-12-31"])
def test_the_past_holds_the_incidents_as_of_then(generated_store: Callable[..., Path], day: str) -> None:
    path = generated_store(150)
    before = path.read_bytes()
    past, _ = past_of(path, day)
    db, copied = open_store_readonly(path), open_store_readonly(past)
    try:
        expected = incidents_as_of(db, day)
        found = load_incidents(copied, "i.merged_into IS NULL")
        assert sorted(found, key=lambda i: i.incident_id) == sorted(expected, key=lambda i: i.incident_id)
        assert copied.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        db.close()
        copied.close()
    assert path.read_bytes() == before


def test_now_is_the_store_itself(two: Path) -> None:
    assert past_of(two, None) == (str(two), queries.fingerprint(two))


def test_a_past_is_made_once_and_only_a_few_are_held(two: Path) -> None:
    first = past_of(two, "2023-12-01")
    assert past_of(two, "2023-12-01") == first
    others = [past_of(two, f"2023-11-{day:02}")[0] for day in range(1, asof.MAX_PASTS + 2)]
    assert not Path(first[0]).exists(), "the least asked for is gone"
    assert all(Path(other).exists() for other in others[-asof.MAX_PASTS :])
    assert Path(past_of(two, "2023-12-01")[0]).exists(), "and made anew when it is asked for again"


def test_a_past_that_somebody_deleted_is_made_anew(two: Path) -> None:
    Path(past_of(two, EARLY)[0]).unlink()
    past, mark = past_of(two, EARLY)
    assert queries.tallies(past, mark, Filters()).incidents == 1


def test_a_folder_that_was_tidied_away_is_made_anew(two: Path) -> None:
    shutil.rmtree(Path(past_of(two, EARLY)[0]).parent)
    assert Path(past_of(two, "2023-12-04")[0]).exists()


def test_a_damaged_store_says_so_and_leaves_no_half_of_a_past(two: Path) -> None:
    folder = Path(past_of(two, EARLY)[0]).parent
    before = set(folder.iterdir())
    with sqlite3.connect(two) as db:
        db.execute("DROP TABLE incident_times")
    db.close()
    with pytest.raises(StoreBrokenError, match="as known on 2023-12-04"):
        past_of(two, "2023-12-04")
    assert set(folder.iterdir()) == before


def test_no_store_has_no_past(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        past_of(tmp_path / "none.db", EARLY)


@pytest.mark.parametrize(
    ("given", "day"), [(EARLY, EARLY), ("2023-13-01", None), ("yesterday", None), (None, None), ("2023-12-03T10:00Z", None)]
)
def test_a_day_is_read_or_passed_over(given: str | None, day: str | None) -> None:
    assert asof.read_day(given) == day


def test_the_first_and_last_day_of_publication(two: Path) -> None:
    assert queries_monitor.publication_span(str(two), queries.fingerprint(two)) == (EARLY, LATE)


def killed(at: AppTest) -> str:
    """The second tally of the page."""
    return page_text(at).split('class="dl-figure">')[2].split("<")[0]


def strip(at: AppTest) -> str:
    """The notice of the past; empty where the page is of now."""
    found = [str(element.proto.body) for element in at.html if 'class="dl-past"' in str(element.proto.body)]
    return found[0] if found else ""


def test_a_link_opens_the_past_and_the_way_back_leads_to_now(two: Path) -> None:
    at = run_page("monitor", as_of=EARLY)
    assert killed(at) == "5"
    assert len(at.dataframe[0].value) == 1
    assert "As known on 3 Dec 2023" in strip(at)
    assert "1 of the 2 incidents known now" in strip(at)
    at.button(key="as_of_now").click().run()
    assert killed(at) == "11"
    assert strip(at) == ""
    assert dict(at.query_params) == {}


def test_picking_a_day_and_stepping_put_it_into_the_address(two: Path) -> None:
    at = run_page("monitor")
    assert strip(at) == ""
    at.date_input(key="as_of_day").set_value(dt.date(2023, 12, 8)).run()
    assert at.query_params["as_of"] in ("2023-12-08", ["2023-12-08"])
    assert killed(at) == "5"
    at.button(key="as_of_forth").click().run()
    assert at.query_params["as_of"] in (LATE, [LATE])
    assert killed(at) == "11"
    assert at.button(key="as_of_forth").disabled
    at.slider(key="as_of_slider").set_value(dt.date(2023, 12, 4)).run()
    assert killed(at) == "5"


def test_a_day_before_all_news_says_so_and_leaves_a_way_back(two: Path) -> None:
    at = run_page("monitor", as_of="2020-01-01")
    assert "No incident matches these filters" in page_text(at)
    assert "0 of the 2 incidents known now" in strip(at)
    at.button(key="as_of_now").click().run()
    assert killed(at) == "11"


def test_no_day_in_a_link_is_now(two: Path) -> None:
    assert strip(run_page("monitor", as_of="no day", country="IQ")) == ""


def test_the_download_is_of_the_day(two: Path) -> None:
    rows = {day: export_rows(queries_monitor.export_csv(str(two), Filters(), day)) for day in (EARLY, None)}
    assert rows == {EARLY: [("Kirkuk", "5")], None: [("Kirkuk", "9"), ("Homs", "2")]}


def export_rows(content: bytes) -> list[tuple[str, str]]:
    """Place and toll of each row of a CSV."""
    lines = [line for line in content.decode("utf-8-sig").splitlines() if not line.startswith("#")]
    return [(row["place_name"], row["deaths_best"]) for row in csv.DictReader(lines)]
