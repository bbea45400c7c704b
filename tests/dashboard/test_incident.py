"""The Incident page: what it says, what it can open, and what it does when there is little to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.evidence import GROUPS, Span
from dashboard.queries_incident import load_incident
from dashboard.reader import Text, confidence_words, incident_rows, reader_html, report_labels
from pipeline import store
from pipeline.models import Incident
from tests.dashboard.pages import article_and_report, broken_store, page_text, reader_of, run_page, save_pairs
from tests.dashboard.test_evidence import HOSTILE, Reader, read
from tests.reports import make_article


def test_the_header_is_one_sentence_and_every_source_is_there(own_store: Path) -> None:
    pairs = [article_and_report("a1", 5), article_and_report("a2", 7, published="2023-12-04"), article_and_report("a3", 5)]
    incident_id = save_pairs(own_store, *pairs, origins={"a1": "o1", "a3": "o1"})
    at = run_page("incident", id=incident_id)
    assert at.title[0].value.startswith("3 Dec 2023 · Air strike in Kirkuk, Iraq · 7 killed")
    words = page_text(at)
    assert "3 reports in 3 articles from 2 origins" in words
    assert "3 articles, 2 origins" in words
    assert "One origin, 2 articles" in words
    reader = reader_of(at)
    for article, _ in pairs:
        assert article.text in read(reader).text
    assert read(reader).text.count("1 of 3") == 1


def test_sources_that_differ_are_shown_each_with_its_value_and_the_rule(own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5), article_and_report("a2", 7, published="2023-12-04"))
    view = load_incident(own_store, incident_id)
    assert view is not None
    rows = {r.group: r for r in incident_rows(view.incident, view.reports, report_labels(view.reports, view.articles))}
    assert [(o.source, o.value, o.chosen) for o in rows["killed"].offers] == [
        ("Outlet a1 3 Dec", "5", False), ("Outlet a2 4 Dec", "7", True),
    ]  # fmt: skip
    assert rows["killed"].rule_sentence
    shown = read(reader_of(run_page("incident", id=incident_id))).text
    assert "1 source says otherwise" in shown
    assert "2 sources agree" in shown  # on the place
    assert rows["killed"].quote == ""
    assert rows["when"].quote == "“Sunday”"


def test_each_field_with_words_can_be_chosen_and_its_words_are_marked(own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    html = reader_of(run_page("incident", id=incident_id))
    assert read(html).marked == [
        ("what", "strike"), ("killed", "5"), ("where", "near Kirkuk"), ("when", "Sunday"), ("source", "police"),
    ]  # fmt: skip
    for group in ("what", "killed", "where", "when", "source"):
        assert f'<button type="button" class="head" data-group="{group}"' in html
    for group in set(GROUPS) - {"what", "killed", "where", "when", "source"}:
        assert f'<button type="button" class="head" data-group="{group}"' not in html


def test_not_stated_is_a_dash_and_none_is_a_nought(own_store: Path) -> None:
    unstated = save_pairs(own_store, article_and_report("a1", None, text="A strike near Kirkuk on Sunday."))
    none = save_pairs(own_store, article_and_report("a2", 0, day="2023-12-20", published="2023-12-20"))
    assert "killed not stated" in run_page("incident", id=unstated).title[0].value
    assert "none killed" in run_page("incident", id=none).title[0].value


@pytest.mark.parametrize("kind", ["background", "aggregate", "prospective", "denied"])
def test_what_no_tally_counts_says_so(own_store: Path, kind: str) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5, assertion=kind))
    assert "No tally counts it" in page_text(run_page("incident", id=incident_id))


def test_a_merged_id_leads_to_the_incident_it_is_part_of(own_store: Path) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    db = store.open_store(own_store)
    with store.writing(db):
        store.save_incident(db, Incident(incident_id="old", assertion="asserted", merged_into=incident_id))
        store.save_incident(db, Incident(incident_id="older", assertion="asserted", merged_into="old"))
    db.close()
    at = run_page("incident", id="older")
    assert "5 killed" in at.title[0].value
    assert "older was merged into this incident" in page_text(at)


@pytest.mark.parametrize("incident_id", ["nobody", "<script>alert(1)</script>", "x" * 5000, "'; DROP TABLE incidents; --"])
def test_an_unknown_id_has_a_page_of_its_own(own_store: Path, incident_id: str) -> None:
    save_pairs(own_store, article_and_report("a1", 5))
    at = run_page("incident", id=incident_id)
    assert at.title[0].value == "No such incident"
    assert not at.get("bidi_component")


def test_no_id_says_where_to_choose_one(own_store: Path) -> None:
    save_pairs(own_store, article_and_report("a1", 5))
    assert run_page("incident").title[0].value == "No incident chosen"


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("incident", id="x").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("incident", id="x").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("incident", id="x").subheader[0].value == "The store cannot be read"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_and_names_stay_text(own_store: Path, text: str) -> None:
    article, report = article_and_report("a1", 5, text=f"{text} killed 5 on Sunday near Kirkuk, police said")
    hostile = {"source": text[:300], "headline": text[:300], "byline": text[:300], "note": text[:300]}
    values = {name: getattr(article, name) for name in ("text", "parts")} | hostile
    incident_id = save_pairs(own_store, (make_article("a1", **values), report))
    at = run_page("incident", id=incident_id)
    html = reader_of(at)
    shown = read(html)
    assert not shown.tags & {"script", "img", "iframe", "svg", "style", "link", "object", "form"}
    assert not any(name.startswith("on") for name in shown.attributes)
    assert article.text in shown.text
    for element in at.html:
        page = read_loosely(str(element.proto.body))
        assert not page.tags & {"script", "img", "iframe", "svg", "form"}
        assert not any(name.startswith("on") for name in page.attributes)


def test_a_line_of_five_megabytes_is_cut_with_a_note_and_its_evidence_is_right(own_store: Path) -> None:
    text = "lorem <b>ipsum</b> " * 140_000 + "A strike killed 5 near Kirkuk on Sunday, police said. " + "dolor \u202e" * 400_000
    assert len(text.encode()) > 5_000_000
    incident_id = save_pairs(own_store, article_and_report("a1", 5, text=text), article_and_report("a2", 7, published="2023-12-04"))
    at = run_page("incident", id=incident_id)
    html = reader_of(at)
    assert len(html) < 1_000_000
    shown = read(html)
    assert "characters with nothing coded from them are left out here" in shown.text
    assert ("killed", "5") in shown.marked
    assert ("where", "near Kirkuk") in shown.marked
    at.button(key="do_brief").click().run()
    assert not at.exception


def read_loosely(html: str) -> Reader:
    """HTML of any shape, such as a style sheet."""
    reader = Reader()
    reader.feed(html)
    return reader


def test_many_reports_are_capped_by_text_not_by_evidence() -> None:
    long = "x" * 30_000 + " five " + "y" * 30_000
    texts = [
        Text(label=str(n), meta="", article=make_article(f"a{n}", text=long), spans=(Span("deaths_best", 30_001, 30_005),))
        for n in range(100)
    ]
    html = reader_html([], texts)
    assert len(html) < 1_200_000
    assert [words for _, words in read(html).marked] == ["five"] * 100


@pytest.mark.parametrize(("value", "word"), [(0.95, "high"), (0.8, "high"), (0.6, "fair"), (0.49, "low")])
def test_confidence_in_words(value: float, word: str) -> None:
    assert confidence_words(value) == word


def test_every_generated_incident_opens(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = generated_store(40)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    db = store.open_store_readonly(path)
    ids = [row[0] for row in db.execute("SELECT incident_id FROM incidents ORDER BY incident_id")]
    db.close()
    for incident_id in ids[:8]:
        at = run_page("incident", id=incident_id)
        view = load_incident(path, incident_id)
        assert view is not None
        assert all(view.articles[r.article_id].text in read(reader_of(at)).text for r in view.reports)


@pytest.mark.model
def test_giving_an_undated_article_its_date_dates_the_incident(
    own_store: Path, coder: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from pipeline.run import ingest

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "strike.txt").write_text(
        "Headline: Air strike kills five near Kirkuk\nSource: The Wire\n---\n"
        "A U.S. air strike killed five militants near the northern Iraqi city of Kirkuk on Sunday, police said.\n",
        encoding="utf-8",
    )
    db = store.open_store(own_store)
    ingest(db, [folder], coder=coder, settings=settings)
    incident_id, date = db.execute("SELECT incident_id, date_start FROM incidents WHERE assertion = 'asserted'").fetchone()
    db.close()
    assert date is None
    monkeypatch.setattr("dashboard.dating.cached_coder", lambda *_: coder)
    at = run_page("incident", id=incident_id)
    assert at.title[0].value.startswith("Undated")
    give = next(b for b in at.button if b.label == "Give the date")
    give.click().run()
    assert [w.value for w in at.warning] == ["Choose a day first."]
    at.date_input[0].set_value(dt.date(2023, 12, 5))
    at.text_input[0].set_value("seen in print")
    next(b for b in at.button if b.label == "Give the date").click().run()
    assert not at.exception
    assert at.title[0].value.startswith("3 Dec 2023")  # the Sunday before Tuesday, 5 December
    db = store.open_store(own_store)
    decision = store.load_decisions(db)[-1]
    assert (decision.kind, decision.payload["published_at_utc"][:10], decision.reason) == ("set_published", "2023-12-05", "seen in print")
    assert decision.by
    db.close()
