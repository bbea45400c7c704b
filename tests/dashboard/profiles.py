"""Reading the HTML of a profile: its links, and whether each number opens to so many incidents."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from pipeline.filters import Filters, from_params, where
from pipeline.store import open_store_readonly


@dataclass
class Link:
    """A link of a profile: where it leads and what is told of it."""

    page: str
    params: dict[str, list[str]]
    label: str
    css: str
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The links and the visible words of a profile's HTML."""

    links: list[Link] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _open: Link | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            query = given["href"].partition("?")[2]
            self._open = Link(given["data-page"], parse_qs(query), given.get("aria-label", ""), given.get("class", ""))
            self.links.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._open:
            self._open.text += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def profile_of(at: AppTest) -> Page:
    """What the component of a page shows, read."""
    found = at.get("bidi_component")
    assert len(found) == 1
    page = Page()
    page.feed(json.loads(found[0].proto.json)["html"])
    return page


def count(store: Path, filters: Filters) -> int:
    """How many incidents of the store are in these filters, by SQL of our own run."""
    condition, params = where(filters)
    db = open_store_readonly(store)
    try:
        return int(db.execute(f"SELECT COUNT(*) FROM incidents i WHERE {condition}", params).fetchone()[0])
    finally:
        db.close()


def check_numbers(page: Page, store: Path) -> int:
    """Check that every number that leads to the Monitor counts the incidents there; how many there were."""
    checked = 0
    for link in page.links:
        if link.page == "monitor" and "pf-toll" not in link.css and re.fullmatch(r"[\d,]+", link.text):
            filters = from_params(link.params, strict=True)
            assert count(store, filters) == int(link.text.replace(",", "")), (link.params, link.text)
            checked += 1
    return checked


def check_bars(page: Page, store: Path) -> int:
    """Check the same of the bars over time, whose numbers are in their labels; how many there were."""
    bars = [link for link in page.links if link.css == "pf-bar"]
    for link in bars:
        filters = from_params(link.params, strict=True)
        told = sum(int(n) for n in re.findall(r"(\d+) (?:incident|as )", link.label))
        assert count(store, filters) == told, link
    return len(bars)
