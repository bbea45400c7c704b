"""The explanation at an article: coded anew on demand, step by step, with the words each rule fired on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.dating import cached_coder
from dashboard.evidence import escape_text
from dashboard.reading import heading, line
from dashboard.wording import ASSERTION_WORDS, field_label, plural
from pipeline.errors import DatelineError
from pipeline.explain import Explanation, Sentence, Value, explain, values_of
from pipeline.models import Article, Report
from pipeline.run import code_article
from pipeline.settings import load_settings
from pipeline.store import active_coder, open_store_readonly

CSS = Path(__file__).resolve().parent / "assets" / "tables.css"
# Past this many sentences an explanation is longer than anybody reads at once; the rest is for the command line.
MAX_SENTENCES = 150


def coder_in_use() -> Any:
    """The coder whose reports make the incidents."""
    settings = load_settings()
    db = open_store_readonly(settings.store)
    try:
        return cached_coder(settings.model, str(settings.cache), active_coder(db))
    finally:
        db.close()


@st.fragment
def show_explanation(article: Article) -> None:
    """A closed panel that codes the article anew when it is asked to, and shows how; nothing is stored."""
    asked = f"explain_{article.article_id}"
    with st.expander("Explain how it is coded", key="explain", expanded=bool(st.session_state.get(asked))):
        if not st.session_state.get(asked):
            line("Codes this article anew and shows which rule fired on which words. Nothing is stored; the first time takes some seconds.")
            st.button("Explain", key="explain_now", on_click=_ask, args=(asked,))
            return
        try:
            with st.spinner("Coding the article"):
                coder = coder_in_use()
                found = explain(article, code_article(article, coder))
        except DatelineError as e:
            line(f"The coder cannot be loaded: {e}")
            return
        st.html(CSS)
        _show(article, found, f"{coder.name} {coder.version}")


def _ask(key: str) -> None:
    st.session_state[key] = True


def _show(article: Article, found: Explanation, coder: str) -> None:
    line(f"{plural(len(found.reports), 'report')} by {coder}{f': {found.reason}' if found.reason else ''}.")
    if found.sentences:
        heading("What each sentence gives")
        shown = found.sentences[:MAX_SENTENCES]
        st.html("".join(sentence_html(s) for s in shown))
        if len(shown) < len(found.sentences):
            line(f"{len(found.sentences) - len(shown):,} more sentences: dateline explain {article.article_id}")
    if found.events:
        heading("How they make events")
        st.html(f'<ul class="tb-said">{"".join(f"<li>{escape_text(s.effect)}</li>" for s in found.events)}</ul>')
    for number, report in enumerate(found.reports, 1):
        heading(f"Report {number}: {report_words(report)}")
        st.html(report_html(report))


def report_words(report: Report) -> str:
    """How a report is told, and how sure the coder is."""
    told = ASSERTION_WORDS.get(report.assertion, report.assertion)
    return told if report.confidence is None else f"{told}, confidence {report.confidence:.2f}"


def sentence_html(sentence: Sentence) -> str:
    """A sentence, how it is taken, and the steps in it as a table."""
    rows = [(s.step, f"“{' '.join(s.words.split())}”", s.effect) for s in sentence.steps]
    said = f'<p class="tb-said" dir="auto">{escape_text(sentence.text)}<small>{escape_text(sentence.taken_as)}</small></p>'
    return said + (_table(("Rule", "Words", "Effect"), rows) if rows else "")


def report_html(report: Report) -> str:
    """A report's values, each with the words behind it."""
    rows = [(field_label(v.field), v.value, words_behind(v)) for v in values_of(report) if v.field != "assertion"]
    return _table(("Field", "Value", "From the words"), rows)


def words_behind(value: Value) -> str:
    """The words a value rests on, or those of which field."""
    if value.rests_on:
        return f"as for {field_label(value.rests_on)}"
    return ", ".join(f"“{' '.join(e.quote.split())}”" for e in value.evidence) or "derived"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape_text(c)}</th>' for c in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="tb-steps"><table class="tb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
