"""Small pieces that the pages to read share: lines of text, links between pages, their style."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.evidence import escape_text
from dashboard.wording import escape_markdown

CSS = Path(__file__).resolve().parent / "assets" / "reading.css"
# A label longer than this is a paragraph; the page it leads to has all of it.
MAX_LABEL = 240


def use_style() -> None:
    """Put the style of the pages to read on this page."""
    st.html(CSS)


def page_of(name: str) -> Any:
    """The page of this name, or None where the app runs without it."""
    return st.session_state.get("pages", {}).get(name)


def go_to(name: str, key: str) -> None:
    """Open the page of one article or incident."""
    if (page := page_of(name)) is not None:
        st.switch_page(page, query_params={"article" if name == "articles" else "id": key})


def link(name: str, label: str, **params: str) -> None:
    """A link to a page with its parameters; the plain words where there is no such page."""
    shown = label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"
    if (page := page_of(name)) is not None:
        st.page_link(page, label=escape_markdown(shown), query_params=params)
    else:
        line(shown)


def line(text: str, *, strong: str = "") -> None:
    """A quiet line of plain text, with an emphasised opening."""
    opening = f"<b>{escape_text(strong)}</b>{' · ' if text else ''}" if strong else ""
    st.html(f'<p class="rd-line">{opening}{escape_text(text)}</p>')


def heading(text: str) -> None:
    """The heading of a small section."""
    st.html(f'<h2 class="rd-h">{escape_text(text)}</h2>')


def notice(strong: str, text: str) -> None:
    """What has to be said before anything else, set apart without alarm."""
    st.html(f'<p class="rd-kind"><b>{escape_text(strong)}</b> {escape_text(text)}</p>')


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Labels and values as a list of terms, escaped."""
    rows = "".join(f"<dt>{escape_text(label)}</dt><dd><bdi>{escape_text(value)}</bdi></dd>" for label, value in facts)
    return f'<dl class="rd-facts">{rows}</dl>'


def title_of(headline: str) -> str:
    """A headline as a page's title: one line of Markdown without markup, cut where it is no headline any more."""
    shown = headline if len(headline) <= MAX_LABEL else headline[: MAX_LABEL - 1] + "…"
    return escape_markdown(shown) or "Without a headline"
