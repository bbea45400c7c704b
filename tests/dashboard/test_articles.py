"""The Articles page: searching, filtering, and reading one article with what was and was not coded from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.evidence import changes_html
from dashboard.queries_articles import load_article, search_articles, snippet_html
from pipeline import store
from pipeline.incidents import update_incidents
from pipeline.models import Evidence
from tests.dashboard.pages import broken_store, page_text, reader_of, run_page
from tests.dashboard.test_evidence import HOSTILE, Reader, read
from tests.fakes import FakeCoder
from tests.reports import fill as fill_store
from tests.reports import make_article, make_report

# What means something to a full-text query, in any order.
SYNTAX = ("AND", "OR", "NOT", "NEAR", '"', "(", ")", "*", "a", "^", ":", "-", "headline:")
LOST = "words of conflict stand in it, but no event is told"


@pytest.fixture
def articles(own_store: Path) -> Path:
    """A store with three articles: one coded twice, a copy of it, and an undated one with nothing in it."""
    text = "Drone strike in Kirkuk\n\nA drone strike killed five in Kirkuk. In 2014 a bomb killed nine there."
    strike = make_article("a1", "2023-12-03", text=text, source="The Wire", headline="Drone strike in Kirkuk", file_name="one.txt")
    copy = make_article("a2", "2023-12-04", text=text + " (The Wire)", source="The Courier", headline="Drone strike in Kirkuk")
    quiet = make_article("a3", None, text="Fear of war\n\nPeople spoke of drones and war.", source="", headline="Fear of war")
    five = text.index("five")
    first = make_report("a1", evidence=(Evidence("deaths_best", five, five + 4, "five"),))
    nine = text.index("nine")
    second = make_report(
        "a1", number=1, assertion="background", deaths=9, day="2014-01-01", evidence=(Evidence("deaths_best", nine, nine + 4, "nine"),)
    )
    db = store.open_store(own_store)
    with store.writing(db):
        store.save_origin(db, "o1", agency="The Wire", basis="test")
        for article, reports, outcome, reason in (
            (strike, (first, second), "coded", ""), (copy, (make_report("a2"),), "coded", ""), (quiet, (), "nothing", LOST),
        ):  # fmt: skip
            store.save_article(db, article, origin_id=None if article is quiet else "o1", origin_basis="nearly the same text")
            store.save_coding(db, article.article_id, reports, coder="hand", coder_version="1", outcome=outcome, reason=reason)
        update_incidents(db, ["a1", "a2"])
    db.close()
    return own_store


# --- search ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["a2", "a1", "a3"]),  # latest first, undated last
        ("kirkuk", ["a1", "a2"]),
        ("drone*", ["a1", "a2", "a3"]),
        ("kirkuk war", []),
        ("kirkuk OR war", ["a1", "a2", "a3"]),
        ('"drone strike"', ["a1", "a2"]),
        ("drones NOT kirkuk", ["a3"]),
        ("!!", []),
        ("NOT", []),
        ("OR OR", []),
        ('"', []),
    ],
)
def test_words_find_articles(articles: Path, words: str, found: list[str]) -> None:
    rows, count = search_articles(articles, words)
    assert sorted(rows["article_id"]) == sorted(found)
    assert count == len(found)


def test_without_words_the_latest_comes_first_and_the_undated_last(articles: Path) -> None:
    assert list(search_articles(articles)[0]["article_id"]) == ["a2", "a1", "a3"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"outlets": ["The Wire"]}, ["a1"]),
        ({"outlets": ["Outlet a3"]}, ["a3"]),
        ({"outcomes": ["nothing"]}, ["a3"]),
        ({"outcomes": ["coded"], "day_from": "2023-12-04"}, ["a2"]),
        ({"day_to": "2023-12-03"}, ["a1"]),
        ({"undated": True}, ["a3"]),
        ({"agencies": ["The Wire"]}, ["a2", "a1"]),
        ({"agencies": [""]}, ["a3"]),
        ({"languages": ["en"]}, ["a2", "a1", "a3"]),
        ({"languages": ["ar"]}, []),
        ({"origin": "o1"}, ["a2", "a1"]),
        ({"origin": "o1", "words": "kirkuk NEAR/3 killed"}, ["a1", "a2"]),
    ],
)
def test_filters_limit_the_search(articles: Path, filters: dict[str, object], found: list[str]) -> None:
    assert list(search_articles(articles, **filters)[0]["article_id"]) == found  # type: ignore[arg-type]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(SYNTAX), max_size=8).map(" ".join))
def test_no_words_break_the_search(articles: Path, words: str) -> None:
    rows, count = search_articles(articles, words)
    assert len(rows) == count


@pytest.mark.parametrize("text", [*HOSTILE, "\x02a\x03", "\x03\x02<b>\x02", "a \x02five\x03 b"])
def test_a_snippet_marks_hits_and_nothing_else(text: str) -> None:
    reader = Reader()
    reader.feed(snippet_html(text).replace("<mark>", '<mark data-groups="">'))
    assert reader.tags <= {"mark", "bdi"}
    assert "\x02" not in reader.text
    assert "\x03" not in reader.text


def test_the_search_is_in_the_address_and_comes_back_from_it(articles: Path) -> None:
    at = run_page("articles", q="kirkuk", outlet=["The Wire"], **{"from": "2023-01-01"})
    assert at.text_input[0].value == "kirkuk"
    assert at.multiselect[0].value == ["The Wire"]
    assert at.date_input[0].value == dt.date(2023, 1, 1)
    words = page_text(at)
    assert "1 article, best match first" in words
    assert "<mark>Kirkuk</mark>" in words
    at.text_input[0].set_value("war").run()
    assert at.query_params["q"] == "war"


def test_each_result_says_what_became_of_it(articles: Path) -> None:
    words = page_text(run_page("articles"))
    assert "1 event counted, 1 not counted" in words
    assert LOST in words


def test_agency_and_origin_are_in_the_address(articles: Path) -> None:
    at = run_page("articles", agency=["The Wire"], origin="o1")
    assert at.multiselect(key="articles_agency").value == ["The Wire"]
    assert "Only the articles that carry one story" in page_text(at)
    assert "2 articles, latest first" in page_text(at)
    at.button(key="articles_all").click().run()
    at.multiselect(key="articles_agency").set_value([""]).run()
    assert "1 article, latest first" in page_text(at)
    assert at.query_params["agency"] in ("", [""])
    assert "origin" not in at.query_params
    assert not [m for m in at.multiselect if m.label == "Language"]  # all of them are in one


@pytest.mark.parametrize(
    ("words", "said"), [('"drone', "A quotation mark has no partner; the rest is searched for."), ("OR", "OR needs words on both sides")]
)
def test_a_search_that_cannot_be_followed_says_why(articles: Path, words: str, said: str) -> None:
    assert said in page_text(run_page("articles", q=words))


class OtherCoder(FakeCoder):
    """Finds nothing, under the name of the coder whose reports make the incidents."""

    name = "hand"


def test_an_article_is_coded_again(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.dating.cached_coder", lambda *_: OtherCoder("7"))
    at = run_page("articles", article="a1")
    assert "Coded by hand 1." in page_text(at)
    at.button(key="recode_now").click().run()
    assert not at.exception
    words = page_text(at)
    assert "Coded again by hand 7: 0 reports, 2 before. What people decided stands." in words
    assert "No sentence of the known kind" in words


def test_nothing_found_says_what_to_do_and_clears(articles: Path) -> None:
    at = run_page("articles", q="zzz", outlet=["The Wire"])
    assert at.subheader[0].value == "No article matches"
    at.button(key="articles_clear").click().run()
    assert "3 articles" in page_text(at)


def test_more_results_than_a_page_come_on_demand(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(generated_store(40)))
    at = run_page("articles")
    before = len(at.html)
    at.button(key="articles_more").click().run()
    assert len(at.html) > before


# --- one article -------------------------------------------------------------------------------


def test_an_article_shows_each_report_with_its_own_words(articles: Path) -> None:
    at = run_page("articles", article="a1")
    html = reader_of(at)
    assert read(html).marked == [("killed", "five"), ("killed", "nine")]
    words = page_text(at)
    assert "2 reports coded from it: 1 counted, 1 recalled as background." in words
    assert "The Wire. 2 articles in the store carry this story. They count as one source." in words
    assert "3 Dec 2023 (from the file&#x27;s metadata)" in words
    assert html.count('class="panel"') == 2


def test_an_article_with_nothing_coded_says_why_and_asks_for_its_date(articles: Path) -> None:
    at = run_page("articles", article="a3")
    words = page_text(at)
    assert "Words of conflict stand in it, but no event is told" in words
    assert "No publication date" in words
    assert "People spoke of drones and war." in read(reader_of(at)).text
    assert [d.label for d in at.date_input] == ["Published on"]


def test_a_newer_version_is_told(articles: Path) -> None:
    db = store.open_store(articles)
    with store.writing(db):
        store.save_article(db, make_article("a4", "2023-12-05", text="Drone strike, updated.", story_id="a1", revision=2))
    db.close()
    assert "Version 2, newer than this one" in page_text(run_page("articles", article="a1"))
    assert "a1" not in list(search_articles(articles)[0]["article_id"])  # the search has the current version


@pytest.mark.parametrize("article_id", ["nobody", "<script>alert(1)</script>", "' OR 1=1 --"])
def test_an_unknown_article_has_a_page_of_its_own(articles: Path, article_id: str) -> None:
    assert run_page("articles", article=article_id).title[0].value == "No such article"


def test_missing_empty_and_broken_stores_have_their_pages(own_store: Path) -> None:
    assert run_page("articles").subheader[0].value == "There is no store yet"
    store.open_store(own_store).close()
    assert run_page("articles").subheader[0].value == "The store is empty"
    own_store.unlink()
    broken_store(own_store)
    assert run_page("articles").subheader[0].value == "The store cannot be read"


def test_hostile_articles_stay_text_in_list_and_page(own_store: Path) -> None:
    db = store.open_store(own_store)
    texts = {}
    with store.writing(db):
        for n, text in enumerate(HOSTILE):
            article = make_article(
                f"a{n}", text=f"{text}\n\nwords to find", source=text[:200], headline=text[:200], file_name=text[:80]
            )  # fmt: skip
            store.save_article(db, article)
            store.save_coding(db, f"a{n}", (), coder="hand", coder_version="1", outcome="nothing", reason=text[:200])
            texts[f"a{n}"] = article.text
    db.close()
    check_html(run_page("articles"))
    check_html(run_page("articles", q="find"))
    for article_id, text in texts.items():
        at = run_page("articles", article=article_id)
        check_html(at)
        assert text in read(reader_of(at)).text


def check_html(at: AppTest) -> None:
    """Nothing in the HTML of a page can run, load or lead anywhere."""
    for element in at.html:
        reader = Reader()
        reader.feed(str(element.proto.body).replace("<mark>", '<mark data-groups="">'))
        assert not reader.tags & {"script", "img", "iframe", "svg", "form", "a"}
        assert not any(name.startswith("on") for name in reader.attributes)


def test_what_changed_between_versions_is_shown_and_escaped() -> None:
    found = changes_html("Five people <b>died</b> in Kirkuk.", "Seven people <b>died</b> near Kirkuk.")
    assert "<del>Five</del><ins>Seven</ins> people &lt;b&gt;died&lt;/b&gt; <del>in</del><ins>near</ins> Kirkuk." in found


def test_an_article_shows_the_active_coders_reports_only(own_store: Path) -> None:
    db = store.open_store(own_store)
    fill_store(db, [make_article("a")], [make_report("a")])
    with store.writing(db):
        store.save_coding(db, "a", [make_report("a", number=5)], coder="other", coder_version="1", outcome="coded")
    db.close()
    view = load_article(own_store, "a")
    assert view is not None
    assert [r.report_id for r in view.reports] == ["a-0"]
    rows, _ = search_articles(own_store)
    assert list(rows["reports"]) == [1]
