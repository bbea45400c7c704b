"""HTML pages of thirteen layouts against their gold: the text, the day, headline, outlet and author."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from pipeline.intake import read_bytes
from pipeline.models import Article
from tests.pipeline.intake.layouts import FRESH_LAYOUTS, LAYOUTS, STORIES, Story, state_agency

PAGES = [pytest.param(layout, story, id=f"{layout.__name__}-{story.day}") for layout in (*LAYOUTS, *FRESH_LAYOUTS) for story in STORIES]
# "06/02/2024" on a page that does not tell which figure is the month: no day is better than a wrong one.
AMBIGUOUS = (state_agency, STORIES[1])


def read(layout: Callable[[Story], str], story: Story) -> Article:
    (article,) = read_bytes(layout(story).encode(), "page.html")
    assert isinstance(article, Article)
    return article


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.replace("“", '"').casefold()))


def text_f1(article: Article, story: Story) -> float:
    """F1 over the words of headline and body, as they are coded, against the gold's."""
    found = words(" ".join(article.text[p.start : p.end] for p in article.parts if p.kind in ("headline", "body")))
    gold = words(" ".join((story.headline, *story.paragraphs)))
    same = sum((found & gold).values())
    return 2 * same / (sum(found.values()) + sum(gold.values()))


@pytest.mark.parametrize(("layout", "story"), PAGES)
def test_the_text_of_each_layout(layout: Callable[[Story], str], story: Story) -> None:
    assert text_f1(read(layout, story), story) >= 0.93


@pytest.mark.parametrize(("layout", "story"), PAGES)
def test_the_day_and_headline_of_each_layout(layout: Callable[[Story], str], story: Story) -> None:
    article = read(layout, story)
    assert article.published == (story.day if (layout, story) != AMBIGUOUS else None)
    assert article.headline == story.headline


@pytest.mark.parametrize(
    ("change", "day"),
    [
        (("<html ", '<html lang="en-GB" '), "2024-02-06"),
        (("<html ", '<html lang="en-US" '), "2024-06-02"),
        (("<html ", '<html lang="fr" '), "2024-02-06"),
        (("<html ", '<html lang="en" '), None),
        (("02/05/2024", "28/05/2024"), "2024-02-06"),
        (("02/05/2024", "05/28/2024"), "2024-06-02"),
        (("06/02/2024", "06.02.2024"), "2024-02-06"),
    ],
)
def test_a_day_in_figures_is_read_as_the_page_writes_days(change: tuple[str, str], day: str | None) -> None:
    layout, story = AMBIGUOUS
    (article,) = read_bytes(layout(story).replace(*change).encode(), "page.html")
    assert isinstance(article, Article)
    assert article.published == day


def test_the_text_over_all_layouts() -> None:
    for layouts in (LAYOUTS, FRESH_LAYOUTS):
        scores = [text_f1(read(layout, story), story) for layout in layouts for story in STORIES]
        assert sum(scores) / len(scores) >= 0.97


def test_outlets_and_authors() -> None:
    found = {layout.__name__: read(layout, STORIES[0]) for layout in LAYOUTS}
    assert [found[n].source for n in ("metas", "json_ld", "written_date", "amp", "spans")] == [
        "The Example Post", "Daily Example", "Example Agency", "Example Mobile", "Example Report",
    ]  # fmt: skip
    assert {found[n].byline for n in ("metas", "json_ld", "time_element", "tables", "microdata", "amp")} == {"Amal Idris"}
