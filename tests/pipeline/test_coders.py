"""Coders are chosen by name, and the reports of two stand side by side: one of them makes the incidents."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import cli, decisions, run, store
from pipeline.activation import activate
from pipeline.coding import coders
from pipeline.errors import NotFoundError, SettingsError
from pipeline.incidents import update_incidents
from pipeline.models import Article, Report
from pipeline.rebuild import rebuild
from pipeline.settings import load_settings
from tests.fakes import FakeCoder
from tests.pipeline.test_decisions import BY
from tests.pipeline.test_incidents import worlds
from tests.reports import TABLES, dump, fill, make_article, make_report

TEXTS = {
    "a": "5 people were killed in Kirkuk on 2023-12-03, and 3 people were killed in Gao on 2023-12-01.",
    "b": "7 people were killed in Kirkuk on 2023-12-03.",
    "c": "The market was open.",
}


class Doubling(FakeCoder):
    """Finds the same events but the last of an article, with twice the dead."""

    name = "doubling"

    def code(self, article: Article) -> list[Report]:  # type: ignore[override]
        found = super().code(article).reports
        kept = found[:-1] if len(found) > 1 else found
        return [dataclasses.replace(r, deaths_best=2 * (r.deaths_best or 0)) for r in kept]


@pytest.fixture
def two(fresh_db: Any) -> Any:
    """Three articles coded by `fake`, then by `doubling` beside it."""
    articles = [make_article(i, "2023-12-04", text=text) for i, text in TEXTS.items()]
    run.ingest_items(fresh_db, articles, coder=FakeCoder())
    run.code_stored(fresh_db, coder=Doubling())
    return fresh_db


def deaths(db: Any) -> list[int | None]:
    return sorted(i.deaths_best for i in store.load_incidents(db, "i.merged_into IS NULL"))


# --- which there are -----------------------------------------------------------------------------


def test_an_unknown_coder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="no coder 'nobody'; there are rules, grammar"):
        coders.load_coder(dataclasses.replace(load_settings(), coder="nobody"))


def test_the_setting_names_the_coder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_CODER", "grammar")
    assert load_settings().coder == "grammar"
    assert load_settings(coder="rules").coder == "rules"


def make_doubling(_settings: Any) -> Doubling:
    return Doubling("7")


def broken(_settings: Any) -> Any:
    raise OSError("no weights")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        importlib.metadata.EntryPoint(name, f"tests.pipeline.test_coders:{target}", coders.GROUP)
        for name, target in (("twice", "make_doubling"), ("broken", "broken"), ("rules", "broken"))
    ]
    monkeypatch.setattr(coders, "entry_points", lambda group: [e for e in entries if e.group == group])


@pytest.mark.usefixtures("installed")
def test_an_installed_coder_codes_under_its_own_name() -> None:
    assert coders.coder_names() == ("rules", "grammar", "broken", "twice")
    coder = coders.load_coder(dataclasses.replace(load_settings(), coder="twice"))
    coding = coder.code(make_article("b", text=TEXTS["b"]))
    assert (coder.name, coder.version, coding.outcome) == ("twice", "7", "coded")
    assert [(r.coder, r.coder_version, r.deaths_best) for r in coding.reports] == [("twice", "7", 14)]
    assert coder.code(make_article("c", text=TEXTS["c"])).outcome == "nothing"


@pytest.mark.usefixtures("installed")
def test_an_installed_coder_that_cannot_be_loaded_says_why() -> None:
    with pytest.raises(SettingsError, match=r"'broken' .* cannot be loaded: OSError: no weights"):
        coders.load_coder(dataclasses.replace(load_settings(), coder="broken"))


def test_grammar_is_the_rules_without_what_was_learned(coder: Any) -> None:
    grammar = coders.load_coder(dataclasses.replace(load_settings(), coder="grammar"))
    article = make_article("a", "2023-12-04", text="Gunmen killed five people in Kirkuk on Sunday, police said.")
    ours, theirs = grammar.code(article).reports, coder.code(article).reports
    assert (grammar.name, grammar.learned, grammar.side_weights) == ("grammar", None, None)
    assert grammar.version != coder.version
    assert [(r.coder, r.deaths_best) for r in ours] == [("grammar", 5)]
    assert not {r.report_id for r in ours} & {r.report_id for r in theirs}


# --- side by side --------------------------------------------------------------------------------


def test_the_first_coder_is_the_active_one_and_the_other_is_kept_beside(two: Any) -> None:
    assert store.active_coder(two) == "fake"
    assert [(name, n, reports) for name, _, n, reports in store.codings_by_coder(two)] == [("doubling", 3, 2), ("fake", 3, 3)]
    assert deaths(two) == [3, 7]
    linked = {c for (c,) in two.execute("SELECT DISTINCT coder FROM incident_reports JOIN reports USING (report_id)")}
    assert linked == {"fake"}
    assert rebuild(two).changes == ()


def test_reports_of_two_coders_never_share_an_id(two: Any) -> None:
    ids = {coder: {r.report_id for r in store.load_reports(two, "r.coder = ?", (coder,))} for coder in ("fake", "doubling")}
    assert not ids["fake"] & ids["doubling"]
    assert run.code_stored(two, coder=Doubling()).read == 0


def test_coding_beside_changes_no_incident(fresh_db: Any) -> None:
    articles = [make_article(i, "2023-12-04", text=text) for i, text in TEXTS.items()]
    run.ingest_items(fresh_db, articles, coder=FakeCoder())
    before = dump(fresh_db, TABLES)
    run.code_stored(fresh_db, coder=Doubling())
    run.code_stored(fresh_db, coder=Doubling("2"))
    assert dump(fresh_db, TABLES) == before


def test_new_articles_of_a_coder_that_is_not_active_make_no_incident(two: Any) -> None:
    summary = run.ingest_items(two, [make_article("d", text="9 people were killed in Jos on 2023-12-02.")], coder=Doubling())
    assert (summary.new, summary.reports, summary.incidents) == (1, 1, 0)
    with pytest.raises(SettingsError, match="'fake' has not coded 1 of the articles"):
        activate(two, "fake")
    activate(two, "doubling")
    assert deaths(two) == [14, 18]


def test_a_new_date_makes_the_other_coders_reports_void(two: Any) -> None:
    decisions.set_published(two, "a", "2023-12-05", recode=lambda ids: run.recode(two, ids, coder=FakeCoder()), **BY)
    assert store.uncoded_articles(two, coder="doubling") == ["a"]
    assert store.uncoded_articles(two, coder="fake") == []


# --- making another the active one ---------------------------------------------------------------


def test_another_coders_reports_change_the_incidents_and_back_they_are_the_same(two: Any) -> None:
    before, version = dump(two, TABLES), rebuild(two).after
    ids = {i.deaths_best: i.incident_id for i in store.load_incidents(two)}
    shown = activate(two, "doubling", dry_run=True)
    assert (store.active_coder(two), dump(two, TABLES)) == ("fake", before)
    done = activate(two, "doubling")
    assert done == shown
    assert sorted(c.kind for c in done.changes) == ["changed", "gone"]
    assert {i.deaths_best: i.incident_id for i in store.load_incidents(two)} == {14: ids[7]}
    assert rebuild(two).changes == ()
    back = activate(two, "fake")
    assert (back.after, dump(two, TABLES)) == (version, before)
    assert rebuild(two).after == version


def test_what_a_person_decided_on_an_incident_holds_under_the_other_coder(two: Any) -> None:
    (incident,) = store.load_incidents(two, "i.deaths_best = 7")
    decisions.set_field(two, incident.incident_id, "deaths_best", 6, **BY)
    activate(two, "doubling")
    (after,) = store.load_incidents(two, "i.merged_into IS NULL AND i.number_of_reports > 0")
    assert (after.incident_id, after.deaths_best, after.review_status) == (incident.incident_id, 6, "edited")


def test_only_a_coder_with_reports_for_every_article_is_made_active(two: Any) -> None:
    with pytest.raises(NotFoundError, match="no reports of a coder 'grammar'"):
        activate(two, "grammar")


@settings(max_examples=25, deadline=None)
@given(worlds(), st.data())
def test_there_and_back_is_the_same_store_whatever_the_other_coder_says(world: Any, data: Any) -> None:
    articles, reports, origins = world
    db = store.open_store(":memory:")
    fill(db, articles, reports, origins=origins)
    before, version = dump(db, TABLES), store.rows_version(db)
    other: dict[str, list[Report]] = {a.article_id: [] for a in articles}
    for r in reports:
        if data.draw(st.booleans()):
            toll = data.draw(st.sampled_from([r.deaths_best, 4]))
            place = data.draw(st.sampled_from([r.place_name, "Gao"]))
            other[r.article_id].append(dataclasses.replace(r, report_id=f"x{r.report_id}", deaths_best=toll, place_name=place))
    with store.writing(db):
        for article_id, found in other.items():
            store.save_coding(db, article_id, found, coder="other", coder_version="1", outcome="coded")
        update_incidents(db, other)
    assert (dump(db, TABLES), store.rows_version(db)) == (before, version)
    for _ in range(2):
        activate(db, "other")
        there = store.rows_version(db)
        assert rebuild(db).after == there
        assert activate(db, "hand").after == version
        assert dump(db, TABLES) == before
    db.close()


# --- from the command line -----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name stands for a small coder."""
    known = {"rules": FakeCoder, "fake": FakeCoder, "grammar": Doubling, "doubling": Doubling}

    def load(given: Any) -> Any:
        made = known[given.coder or "rules"]()
        made.name = given.coder or "rules"
        return made

    monkeypatch.setattr(cli, "_load_coder", load)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(f"Headline of {name}\n\n{text}", encoding="utf-8")
    return folder


@pytest.mark.usefixtures("own_store")
def test_commands_choose_code_beside_compare_and_switch(dateline: Any, inbox: Path, tmp_path: Path) -> None:
    assert dateline("ingest", inbox)[0] == 0
    code, _, err = dateline("recode", "--coder", "grammar")
    assert (code, err) == (0, "The reports of grammar are kept beside those of rules, whose reports make the incidents.\n")
    out = dateline("coder")[1]
    assert [line.split() for line in out.splitlines()][1:] == [["grammar", "1", "3", "2"], ["rules", "1", "3", "3", "active"]]
    differences = tmp_path / "differences.csv"
    code, out, err = dateline("compare", "rules", "grammar", "--out", differences)
    figures = dict(re.findall(r"^(articles of both|reports of \w+|of one event) +(\d+)$", out, re.MULTILINE))
    assert figures == {"articles of both": "3", "reports of rules": "3", "reports of grammar": "2", "of one event": "2"}
    assert "deaths_best" in differences.read_text(encoding="utf-8")
    code, out, _ = dateline("coder", "grammar", "--dry-run")
    assert (code, "1 incidents; would be 1 changed, 1 gone" in out) == (0, True)
    code, out, _ = dateline("coder", "grammar")
    assert (code, "deaths_best: 7 -> 14" in out) == (0, True)
    (inbox / "d.txt").write_text("Attack in Jos\n\n9 people were killed in Jos on 2023-12-02.", encoding="utf-8")
    assert "incidents  1" in " ".join(dateline("ingest", inbox)[1].split("\n")).replace("   ", "  ")
    assert "18" in dateline("incidents")[1]
    code, _, err = dateline("coder", "rules")
    assert (code, "has not coded 1 of the articles" in err) == (2, True)


@pytest.mark.usefixtures("own_store")
def test_an_unknown_name_is_one_clear_line(dateline: Any, inbox: Path) -> None:
    dateline("ingest", inbox)
    for args in (("ingest", inbox, "--coder", "nobody"), ("coder", "nobody")):
        code, _, err = dateline(*args)
        assert (code, err) == (2, "dateline: there is no coder 'nobody'; there are rules, grammar\n")
    code, _, err = dateline("compare", "rules", "nobody")
    assert (code, "there are no reports of a coder 'nobody'" in err) == (1, True)


# --- links between reports of one article ----------------------------------------------------------


def test_what_is_said_by_one_coder_is_no_neighbour_of_what_another_says(fresh_db: Any) -> None:
    fill(fresh_db, [make_article("a"), make_article("b")], [make_report("a")])
    with store.writing(fresh_db):
        store.save_coding(fresh_db, "b", [make_report("b")], coder="other", coder_version="1", outcome="coded")
        update_incidents(fresh_db, ["a", "b"])
    (incident,) = store.load_incidents(fresh_db)
    assert incident.report_ids == ("a-0",)
