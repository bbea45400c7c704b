"""A total opens to its rows and to what was left out, under an id that is derived again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import decisions, exports, receipts, store
from pipeline.errors import NotFoundError, UnreadableError
from pipeline.filters import Filters
from pipeline.linking import make_incident_id
from tests.reports import fill, make_article, make_report

BY = {"by": "analyst", "at_utc": "2024-01-01T00:00:00Z"}
A, B, E = (make_incident_id(f"{x}-0") for x in "abe")


@pytest.fixture
def db(fresh_db: Any) -> Any:
    """Two asserted incidents in Iraq (5 and at least 3 dead) and one without a place; a sum, a plan, one recalled."""
    days = {"a": "2023-12-03", "b": "2023-12-10", "c": "2023-12-20", "d": "2023-12-21", "e": "2023-12-22", "f": "2023-12-23"}
    reports = [
        make_report("a"),
        make_report("b", day="2023-12-10", deaths=3, deaths_high=None),
        make_report("c", day="2023-12-20", assertion="aggregate", deaths=90),
        make_report("d", day="2023-12-28", assertion="prospective", deaths=None),
        make_report("e", day="2023-12-21", country=None, place_name=None, admin1=None, latitude=None, longitude=None, deaths=None),
        make_report("f", day="2023-11-01", assertion="background", deaths=8),
    ]
    fill(fresh_db, [make_article(x, day) for x, day in days.items()], reports)
    return fresh_db


def reasons(receipt: receipts.Receipt) -> dict[str, tuple[str, ...]]:
    return {out.reason: out.incident_ids for out in receipt.left_out}


def test_a_total_has_its_rows_low_and_high_and_what_was_left_out(db: Any) -> None:
    receipt = receipts.make_receipt(db, Filters(country=("IQ",)))
    assert [(r.incident_id, r.deaths_low, r.deaths_best, r.deaths_high) for r in receipt.rows] == [(A, 5, 5, 5), (B, 3, 3, None)]
    assert receipt.deaths == receipts.Total(low=8, best=8, high=8, open_ended=1, not_stated=0)
    assert {reason: len(ids) for reason, ids in reasons(receipt).items()} == {
        "recalled as background, the news of no article": 1,
        "a sum of several events": 1,
        "planned, feared or threatened": 1,
        "its country is not known": 1,
    }
    assert reasons(receipt)["its country is not known"] == (E,)


def test_every_incident_is_in_or_left_out_once(db: Any) -> None:
    decisions.reject(db, B, reason="an exercise", **BY)
    for filters in (Filters(), Filters(date_from="2023-12-05", undated=False), Filters(deaths_min=4), Filters(actor=("Nobody",))):
        receipt = receipts.make_receipt(db, filters, as_of="2023-12-21")
        told = [r.incident_id for r in receipt.rows] + [i for out in receipt.left_out for i in out.incident_ids]
        assert sorted(told) == sorted(i for (i,) in db.execute("SELECT incident_id FROM incidents"))
    assert reasons(receipts.make_receipt(db, Filters(deaths_min=4)))["its deaths are not stated"] == (E,)
    assert reasons(receipts.make_receipt(db, Filters()))["rejected by a person"] == (B,)
    assert len(reasons(receipts.make_receipt(db, Filters(), as_of="2023-12-21"))["not known yet by then"]) == 2


def test_a_merged_incident_is_left_out_as_such(db: Any) -> None:
    decisions.merge(db, B, A, **BY)
    receipt = receipts.make_receipt(db, Filters(country=("IQ",)))
    assert [r.incident_id for r in receipt.rows] == [A]
    assert reasons(receipt)["merged into an incident that is in"] == (B,)


def test_the_id_is_of_filter_store_and_rows(db: Any) -> None:
    one = receipts.make_receipt(db, Filters(country=("IQ",)))
    assert receipts.make_receipt(db, Filters(country=("IQ",))) == one
    other = receipts.make_receipt(db, Filters(country=("IQ",), deaths_min=0))
    assert (other.rows_digest, other.receipt_id == one.receipt_id) == (one.rows_digest, False)
    decisions.set_field(db, E, "deaths_best", 4, **BY)
    later = receipts.make_receipt(db, Filters(country=("IQ",)))
    assert (later.rows_digest, later.receipt_id == one.receipt_id) == (one.rows_digest, False)


def test_a_receipt_given_out_is_kept_and_derived_again(db: Any, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    receipt = exports.write_export(db, Filters(country=("IQ",)), target, as_of="2023-12-22")
    receipts.keep(tmp_path / "fresh.db", receipt)
    receipts.keep(tmp_path / "fresh.db", receipt)
    for name in (receipt.receipt_id, str(exports.receipt_path(target))):
        given = receipts.find_given(db, name)
        assert receipts.derive_again(db, given) == receipt
    assert db.execute("SELECT COUNT(*) FROM receipts").fetchone() == (1,)


def test_a_receipt_that_is_none_is_named(db: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no receipt t1 in the store"):
        receipts.find_given(db, "t1")
    for content in ("{", "[]", json.dumps({"receipt_id": "t1"})):
        (tmp_path / "x.json").write_text(content, encoding="utf-8")
        with pytest.raises(UnreadableError, match="is no receipt"):
            receipts.find_given(db, str(tmp_path / "x.json"))


def test_the_totals_are_those_of_the_monitor(generated_store: Any) -> None:
    from dashboard.queries import fingerprint, tallies

    path = generated_store(200)
    db = store.open_store_readonly(path)
    for filters in (Filters(), Filters(country=("IQ", "SY")), Filters(date_from="2023-06-01", undated=False)):
        receipt, shown = receipts.make_receipt(db, filters), tallies(str(path), fingerprint(path), filters)
        assert len(receipt.rows) == shown.incidents
        assert (receipt.deaths.best, receipt.deaths.low, receipt.deaths.high) == (shown.killed, shown.killed_low, shown.killed_high)
        assert (receipt.deaths.open_ended, receipt.deaths.not_stated) == (shown.killed_open, shown.killed_unstated)
        assert (receipt.injured.best, receipt.injured.high) == (shown.injured, shown.injured_high)
    db.close()
