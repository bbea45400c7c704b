"""The commands on incidents: what each says and does, and that every mistake is one clear line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, store
from pipeline.linking import make_incident_id
from tests.fakes import FakeCoder
from tests.reports import fill, make_article, make_report

A, B, C = (make_incident_id(f"{x}-0") for x in "abc")


@pytest.fixture(autouse=True)
def later_coder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_load_coder", lambda settings: FakeCoder("2"))


@pytest.fixture
def three(own_store: Path) -> Path:
    """a and b tell of one event, by two outlets; c of one a week later."""
    db = store.open_store(own_store)
    articles = [
        make_article("a", "2023-12-03", source="Reuters", headline="Strike in Kirkuk"),
        make_article("b", "2023-12-04", source="Rudaw"),
        make_article("c", "2023-12-11"),
    ]
    reports = [
        make_report("a", attributions=[("CENTCOM", "military")]),
        make_report("b", deaths=7, attributions=[("the CENTCOM", "military"), ("a doctor", "medical")]),
        make_report("c", day="2023-12-10"),
    ]
    fill(db, articles, reports)
    db.close()
    return own_store


def load(path: Path, incident_id: str) -> Any:
    db = store.open_store_readonly(path)
    found = store.load_incidents(db, "i.incident_id = ?", (incident_id,))[0]
    db.close()
    return found


def decision_in(out: str) -> str:
    match = re.search(r"^(d[0-9a-f]{16})  ", out, re.MULTILINE)
    assert match
    return match[1]


# --- looking ---------------------------------------------------------------------------------------


def test_incidents_are_listed_newest_first(dateline: Any, three: Path) -> None:
    code, out, err = dateline("incidents")
    lines = [re.split(r"\s{2,}", line) for line in out.splitlines()]
    assert (code, err) == (0, "2 of 2 incidents\n")
    assert lines[0] == ["incident", "date", "place", "type", "killed", "reported by", "status"]
    assert lines[1:] == [
        [C, "2023-12-10", "Kirkuk, IQ", "Air/drone strike", "5", "1 article, 1 origin", "machine"],
        [A, "2023-12-03", "Kirkuk, IQ", "Air/drone strike", "7 (5 to 7)", "2 articles, 2 origins", "machine"],
    ]
    assert dateline("incidents", "--country", "FR")[1:] == ("", "0 of 0 incidents\n")
    assert dateline("incidents", "--limit", "1")[2] == "1 of 2 incidents\n"


def test_incidents_as_known_on_a_day(dateline: Any, three: Path) -> None:
    _, out, _ = dateline("incidents", "--as-of", "2023-12-03")
    assert re.split(r"\s{2,}", out.splitlines()[1])[4:6] == ["5", "1 article, 1 origin"]
    assert dateline("incidents", "--as-of", "soon")[0::2] == (
        2, "dateline: --as-of: 'soon' is not a date like 2023-12-03 or a time like 2023-12-03T12:00Z\n",
    )  # fmt: skip


def test_show_opens_an_incident(dateline: Any, three: Path) -> None:
    code, out, _ = dateline("show", A)
    assert code == 0
    assert f"{A}  2 articles, 2 origins; machine" in out
    assert "deaths_best: 7   [newest_standing: Figures are read in the order of publication" in out
    assert "Strike in Kirkuk  (asserted; article a)\n      first report" in out
    assert "same day; both in Kirkuk; both name United States" in out
    assert "deaths_best: 5   [a-0]" in out
    assert "2023-12-03T00:00  5  became the best figure" in out
    assert "CENTCOM (military): 2 articles, 2 origins\n  a doctor (medical): 1 articles, 1 origins" in out
    _, then, _ = dateline("show", A, "--as-of", "2023-12-03")
    assert "as known on 2023-12-03" in then
    assert "b-0" not in then


# --- deciding --------------------------------------------------------------------------------------


def test_set_and_undo(dateline: Any, three: Path) -> None:
    code, out, _ = dateline("set", A, "deaths_best=9", "place_name=Taza", "side_b=", "--reason", "bodies found", "--by", "Ada")
    assert code == 0
    assert out.endswith(f"{A}: set deaths_best to 9, place_name to Taza, side_b to nobody, says Ada\n")
    incident = load(three, A)
    assert (incident.deaths_best, incident.place_name, incident.side_b) == (9, "Taza", ())
    taken = decision_in(out)
    assert f"{taken}  Ada  {A}  set deaths_best to 9" in dateline("log", A)[1]
    assert "  9" not in dateline("undo", taken)[1]
    assert load(three, A).deaths_best == 7
    _, out, err = dateline("log")
    assert (out.splitlines()[0].endswith("bodies found  (undone)"), err) == (True, "2 decisions\n")
    assert len(dateline("log", A)[1].splitlines()) == 2


def test_merge_leads_to_the_older_id_and_split_parts_again(dateline: Any, three: Path) -> None:
    code, out, _ = dateline("merge", C, A, "--reason", "misdated", "--by", "Ada")
    assert (code, out.splitlines()[1]) == (0, f"both are now {A}: 3 articles, 3 origins, killed 7 (5 to 7)")
    _, shown, _ = dateline("show", C)
    assert shown.startswith(f"{C} was merged into {A}\n")
    _, found, err = dateline("disagreements")
    assert "joined by a person; the reports are not alike enough to be joined" in found
    assert err == "1 disagreements\n"
    code, out, _ = dateline("split", A, "c-0", "--by", "Ada")
    assert (code, out.splitlines()[1]) == (0, f"c-0 is now in {C}")


@pytest.mark.parametrize(
    ("command", "status"),
    [(f"confirm {A}", "confirmed"), (f"reject {A} --reason drill", "rejected"), (f"duplicate {A} {C}", "machine")],
)
def test_the_other_decisions(dateline: Any, three: Path, command: str, status: str) -> None:
    assert dateline(*command.split(), "--by", "Ada")[0] == 0
    assert load(three, A).review_status == status


def test_assign_to_another_and_to_a_new_one(dateline: Any, three: Path) -> None:
    assert dateline("assign", "b-0", C, "--by", "Ada")[1].endswith(f"b-0 is now in {C}\n")
    assert dateline("assign", "b-0", "new", "--by", "Ada")[1].endswith(f"b-0 is now in {B}\n")
    assert dateline("apart", A, C, "--by", "Ada")[0] == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("show i0", "there is no incident i0"),
        ("confirm i0", "there is no incident i0"),
        (f"merge {A} {A}", "are one incident already"),
        (f"split {A} c-0", "report c-0 is not in incident"),
        (f"split {A} a-0 b-0", "at least one report that leaves and one that stays"),
        ("assign r0 new", "there is no report r0 in an incident"),
        ("assign c-0 new", "stands alone already"),
        ("undo d0", "there is no decision d0"),
        (f"set {A} deaths_best=many --reason x", "deaths_best: 'many' is not a number"),
        (f"set {A} deaths=5 --reason x", "'deaths' is not a field that can be set; there are admin1"),
        (f"set {A} deaths_best=-1 --reason x", "is not a whole number from 0"),
        (f"set {A} side_a=Russia --reason x", "is not a list in JSON"),
        ("receipt t0", "there is no receipt t0 in the store"),
        ("log i0", "there is no incident i0"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(dateline: Any, three: Path, command: str, words: str) -> None:
    code, out, err = dateline(*command.split())
    assert (code, out, err.count("\n"), words in err) == (1, "", 1, True), err
    assert dateline("log")[2] == "0 decisions\n"


@pytest.mark.parametrize("command", [f"set {A} deaths_best --reason x", f"set {A} deaths_best=5", f"reject {A}", "merge i1", "split i1"])
def test_wrong_use_is_explained(dateline: Any, three: Path, command: str) -> None:
    code, _, err = dateline(*command.split())
    assert (code, "Traceback" in err) == (2, False)


@pytest.mark.parametrize("command", ["incidents", "show i", "confirm i", "rebuild", "log", "receipt t", "disagreements"])
def test_a_missing_store_is_named_and_not_made(dateline: Any, own_store: Path, command: str) -> None:
    code, out, err = dateline(*command.split())
    assert (code, out, err) == (1, "", f"dateline: there is no store at {own_store}\n")
    assert not own_store.exists()


# --- rebuilding and receipts -----------------------------------------------------------------------


def test_rebuild_prints_the_same_hash_twice(dateline: Any, three: Path) -> None:
    first = dateline("rebuild")
    assert first[0] == 0
    assert re.fullmatch(r"2 incidents; nothing changes\nrows  [0-9a-f]{32}\n", first[1])
    assert dateline("rebuild") == first


def test_a_dry_run_prints_the_difference_and_leaves_it(dateline: Any, three: Path) -> None:
    db = store.open_store(three)
    with store.writing(db):
        db.execute("UPDATE incidents SET country = 'SY' WHERE incident_id = ?", (C,))
    db.close()
    for args in (("rebuild", "--dry-run"), ("rebuild",)):
        _, out, _ = dateline(*args)
        assert out.splitlines()[:2] == [f"{C}  changed", "    country: SY -> IQ"]
        assert "1 changed" in out
    assert dateline("rebuild")[1].startswith("2 incidents; nothing changes")


def test_rebuild_recodes_what_another_version_coded(dateline: Any, own_store: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Attack\n\n5 people were killed in Kirkuk on 2023-12-03, the police said.", encoding="utf-8")
    dateline("ingest", tmp_path / "one.txt", "--published", "2023-12-04")
    db = store.open_store(own_store)
    with store.writing(db):
        db.execute("UPDATE codings SET coder_version = '1'")
        db.execute("UPDATE reports SET deaths_best = 50, coder_version = '1'")
    db.close()
    _, out, _ = dateline("rebuild", "--recode")
    assert "1 incidents; nothing changes" in out
    assert {r.coder_version for r in store.load_reports(store.open_store_readonly(own_store))} == {"2"}


def test_an_exports_receipt_is_opened_by_its_id(dateline: Any, three: Path, tmp_path: Path) -> None:
    _, _, err = dateline("export", "--out", tmp_path / "x.csv", "--country", "IQ")
    receipt_id = err.split()[-1]
    assert err == f"2 incidents, receipt {receipt_id}\n"
    code, out, _ = dateline("receipt", receipt_id)
    assert code == 0
    assert f"receipt   {receipt_id}\nfilter    country=IQ\n" in out
    assert "rows      2\nkilled    12 (low 10, high 12)" in out
    assert out.endswith(f"The same as when {receipt_id} was given out.\n")
    dateline("reject", C, "--reason", "a drill", "--by", "Ada")
    code, out, _ = dateline("receipt", tmp_path / "x.csv.receipt.json")
    assert code == 1
    assert f"{1:>6}  rejected by a person  ({C})" in out
    assert "then 2 rows, killed 12 (low 10, high 12)" in out
