"""Articles: search what was published; read one article with what was, and was not, coded from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.dating import date_form, show_dated
from dashboard.evidence import changes_html
from dashboard.explain import show_explanation
from dashboard.queries_articles import (
    ArticleView,
    article_agencies,
    article_languages,
    article_outcomes,
    article_outlets,
    incident_rows,
    load_article,
    search_articles,
)
from dashboard.reader import Text, published_words, reader_html, report_rows, show_reader, spans_of
from dashboard.reading import facts_html, go_to, heading, line, link, notice, page_of, title_of, use_style
from dashboard.recoding import show_recode
from dashboard.states import guard_store, open_page
from dashboard.wording import (
    ASSERTION_WORDS,
    KIND_COUNT_WORDS,
    LANGUAGE_NAMES,
    NOT_COUNTED_WORDS,
    OUTCOME_WORDS,
    PUBLISHED_SOURCE_WORDS,
    event_and_place,
    format_day,
    format_time,
    help_of,
    incident_title,
    plural,
)
from pipeline.errors import StoreBrokenError
from pipeline.models import Report, as_plain
from pipeline.searching import read_search

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
# Results a page shows; the rest is a click away, so that a phone has not to draw hundreds of links.
STEP = 20
NO_OUTLET = "Unknown outlet"
HINT = "Hover or choose a field to find its words; n and p step through them, [ and ] through the article's reports."
NO_AGENCY = "No agency named"
HELP = 'Several words: all of them. "exact phrase", begin*, OR, NOT, (a OR b) c, and a NEAR b or a NEAR/5 b: at most so many words apart.'
# Why nothing stands in the list of what was coded, by the coder's outcome.
OUTCOME_SENTENCES = {
    "nothing": "The coder read it and found no event to code.",
    "gated": "The coder set it aside before reading closely: nothing in it speaks of conflict.",
    "language": "It is in a language that the coder does not read.",
    "failed": "The coder failed on it, and the rest of the run went on.",
    "": "No coder has read it yet.",
}


# --- one article -------------------------------------------------------------------------------


def back_to_search() -> None:
    """The way back to the search this session had."""
    if (page := page_of("articles")) is not None:
        with st.container(key="back"):
            words = st.session_state.get("articles_words", "")
            params = {"q": words} if words else {}
            st.page_link(page, label="All articles", icon=":material/chevron_left:", query_params=params)


def show_unknown(article_id: str) -> None:
    """No such article: say what may have happened."""
    st.title("No such article", anchor=False)
    st.markdown("No article has the id in the address:")
    st.code(article_id[:200], language=None)
    st.markdown("An article's id comes from its text, so the link was cut short, or it was made with a store that holds other articles.")
    back_to_search()


def coded_words(view: ArticleView) -> str:
    """'2 reports coded: 1 counted, 1 background', or why there are none."""
    if not view.reports:
        reason = view.reason or OUTCOME_SENTENCES.get(view.outcome or "", "")
        return reason[:1].upper() + reason[1:]
    kinds: dict[str, int] = {}
    for report in view.reports:
        kinds[report.assertion] = kinds.get(report.assertion, 0) + 1
    told = [plural(n, *KIND_COUNT_WORDS[kind]) for kind, n in kinds.items()]
    return f"{plural(len(view.reports), 'report')} coded from it: {', '.join(told)}."


def report_label(report: Report) -> str:
    """A report's tab: what and where, in a few words."""
    return event_and_place(as_plain(report))


def report_text(view: ArticleView, report: Report) -> Text:
    """The article with the words behind one of its reports."""
    kind = "Counted in the tallies" if report.assertion == "asserted" else f"{ASSERTION_WORDS[report.assertion]}: in no tally"
    incident_id = view.incident_ids.get(report.report_id)
    links = (("open the incident", "incident", incident_id),) if incident_id else ()
    return Text(label=report_label(report), meta=kind, article=view.article, spans=spans_of(report), links=links)


def facts(view: ArticleView) -> list[tuple[str, str]]:
    """What is known of the article itself."""
    a = view.article
    source = PUBLISHED_SOURCE_WORDS.get(a.published_source or "", "")
    published = f"{published_words(a)} ({source})" if a.published_at_utc and source else published_words(a)
    rows = [
        ("Outlet", a.source or NO_OUTLET),
        ("Published", published),
        ("Byline", a.byline),
        ("Agency", a.agency),
        ("Written from", a.dateline),
        ("Address", a.url),
        ("File", a.file_name),
        ("Language", "" if a.language == "en" else LANGUAGE_NAMES.get(a.language, a.language)),
        ("Note", a.note),
        ("Version", f"{a.revision} of its story" if a.revision > 1 or view.revisions else ""),
        ("Id", a.article_id),
    ]
    return [(label, value) for label, value in rows if value]


def show_origin(view: ArticleView) -> None:
    """Its origin, and the other articles that carry the same story."""
    heading("Origin")
    if view.copies.empty:
        line("An origin of its own: no other article in the store carries the same story.")
        return
    origin = view.origin
    who = f"{origin.agency}. " if origin and origin.agency else ""
    basis = f" Told by: {origin.basis}." if origin and origin.basis else ""
    line(f"{who}{plural(len(view.copies) + 1, 'article')} in the store carry this story. They count as one source.{basis}")
    with st.container(key="lines_copies", gap=None):
        if origin is not None:
            link("articles", "Search among these articles", origin=origin.origin_id)
        for row in view.copies.head(30).to_dict("records"):
            day = format_time(row["published_at_utc"])
            link("articles", f"{row['source'] or NO_OUTLET}, {day}: {row['headline'] or 'without a headline'}", article=row["article_id"])


def show_incidents(view: ArticleView, path: str) -> None:
    """The incidents this article reports on."""
    ids = list(dict.fromkeys(view.incident_ids.values()))
    if not ids:
        return
    heading("Incidents it reports on")
    rows = incident_rows(path, ids)
    with st.container(key="lines_incidents", gap=None):
        for incident_id in ids:
            if (row := rows.get(incident_id)) is None:
                continue
            link("incident", incident_title(row), id=incident_id)
            if row["assertion"] != "asserted":
                line(NOT_COUNTED_WORDS[row["assertion"]], strong=ASSERTION_WORDS[row["assertion"]])


def show_article(path: str, article_id: str) -> None:
    """One article: its text with the evidence of each report, what was not coded, where it comes from."""
    view = load_article(path, article_id)
    if view is None:
        show_unknown(article_id)
        return
    back_to_search()
    a = view.article
    st.title(title_of(a.headline), anchor=False)
    line(" · ".join(part for part in (a.source or NO_OUTLET, published_words(a), a.byline) if part))
    notice(f"{OUTCOME_WORDS.get(view.outcome or '', 'Not read yet')}.", coded_words(view))
    if not a.published_at_utc:
        with st.container(border=True, key="undated", gap="small"):
            st.markdown("**No publication date.** Words like “Sunday” in it stay unresolved until somebody says when it was published.")
            date_form(a.article_id, key="article")
    panels = [(n, report_rows(report)) for n, report in enumerate(view.reports)]
    texts = [report_text(view, report) for report in view.reports] or [Text(label="Text", meta="", article=a, spans=())]
    html = reader_html(panels, texts, heading="What this report says", hint=HINT if view.reports else "")
    with st.container(key="reader"):
        show_reader(html, key=f"article_{a.article_id}", on_open=go_to)
    show_explanation(a)
    show_recode(a.article_id, view.coded_by)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        heading("This article")
        st.html(facts_html(facts(view)))
    with right:
        show_incidents(view, path)
        show_origin(view)
        show_revisions(view, path)


def show_revisions(view: ArticleView, path: str) -> None:
    """Other versions of the same story."""
    if not view.revisions:
        return
    heading("Other versions of this story")
    with st.container(key="lines_revisions", gap=None):
        for article_id, revision in view.revisions:
            newer = revision > view.article.revision
            link("articles", f"Version {revision}, {'newer than this one' if newer else 'older'}", article=article_id)
    show_changes(view, path)


def show_changes(view: ArticleView, path: str) -> None:
    """What this version says otherwise than the one before it, or the next one than this where it is the first."""
    article_id, number = max((v for v in view.revisions if v[1] < view.article.revision), key=lambda v: v[1], default=view.revisions[0])
    other = load_article(path, article_id)
    if other is None:
        return
    old, new = (other.article, view.article) if number < view.article.revision else (view.article, other.article)
    with st.expander(f"What changed from version {old.revision} to version {new.revision}"):
        st.html(changes_html(old.text, new.text))


# --- search ------------------------------------------------------------------------------------


def seed(name: str, value: Any) -> None:
    """Set a widget's first value from the address."""
    if name not in st.session_state:
        st.session_state[name] = value


def read_day(text: str) -> dt.date | None:
    """A day out of the address, or None."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def show_filters(path: str) -> dict[str, Any]:
    """The search and its filters, kept in the address; what they are set to."""
    outlets = article_outlets(path)
    outcomes = article_outcomes(path)
    counts = dict(zip(outlets["source"], outlets["articles"], strict=True))
    became = dict(zip(outcomes["outcome"], outcomes["articles"], strict=True))
    agencies, languages = counted(article_agencies(path)), counted(article_languages(path))
    params = st.query_params
    seed("articles_agency", [o for o in params.get_all("agency") if o in agencies])
    seed("articles_language", [o for o in params.get_all("language") if o in languages])
    seed("articles_q", params.get("q", ""))
    seed("articles_outlet", [o for o in params.get_all("outlet") if o in counts])
    seed("articles_outcome", [o for o in params.get_all("outcome") if o in became])
    seed("articles_from", read_day(params.get("from", "")))
    seed("articles_to", read_day(params.get("to", "")))
    seed("articles_undated", params.get("undated") == "1")
    words = st.text_input("Search headlines and texts", key="articles_q", placeholder="for example: drone Kirkuk", help=HELP)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="articles_filters"):
        chosen = st.multiselect(
            "Outlet", list(counts), key="articles_outlet", placeholder="Any outlet",
            format_func=lambda o: f"{o or NO_OUTLET} ({counts.get(o, 0):,})",
        )  # fmt: skip
        outcome = st.multiselect(
            "What became of it", list(became), key="articles_outcome", placeholder="Anything",
            format_func=lambda o: f"{OUTCOME_WORDS.get(o, 'Not read yet')} ({became.get(o, 0):,})",
        )  # fmt: skip
        agency = choose_some("Agency", "articles_agency", agencies, lambda o: o or NO_AGENCY, tip=help_of("origin"))
        language = choose_some("Language", "articles_language", languages, lambda o: LANGUAGE_NAMES.get(o, o))
        common: dict[str, Any] = {"min_value": FIRST_DAY, "max_value": LAST_DAY, "format": "YYYY-MM-DD", "width": 160}
        day_from = st.date_input("Published from", key="articles_from", **common)
        day_to = st.date_input("to", key="articles_to", **common)
        undated = st.checkbox("Only undated", key="articles_undated", width="content")
    found = {
        "q": words.strip(), "outlet": chosen, "outcome": outcome, "agency": agency, "language": language,
        "origin": params.get("origin", "").strip(), "from": day_from.isoformat() if day_from else "",
        "to": day_to.isoformat() if day_to else "", "undated": "1" if undated else "",
    }  # fmt: skip
    st.session_state["articles_words"] = words.strip()
    wanted = {name: value for name, value in found.items() if value}
    if {name: params.get_all(name) for name in params} != {n: v if isinstance(v, list) else [v] for n, v in wanted.items()}:
        params.from_dict(wanted)
    return found


def counted(frame: pd.DataFrame) -> dict[str, int]:
    """A column of values and the number of articles with each."""
    return dict(zip(frame.iloc[:, 0], frame["articles"], strict=True))


def choose_some(label: str, key: str, counts: dict[str, int], name: Callable[[str], str], *, tip: str | None = None) -> list[str]:
    """Some of the values that the articles have; no field where all of them have the same."""
    if len(counts) < 2:
        return []
    return st.multiselect(
        label, list(counts), key=key, placeholder="Any", help=tip, format_func=lambda o: f"{name(o)} ({counts.get(o, 0):,})"
    )  # fmt: skip


def show_origin_chosen() -> None:
    """Say that only the articles of one origin are searched, with the way back to all."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="origin_chosen"):
        line("", strong="Only the articles that carry one story")
        st.button("Search all articles", key="articles_all", type="tertiary", on_click=leave_origin)


def leave_origin() -> None:
    """Search among all articles again."""
    st.query_params.pop("origin", None)


def show_search(path: str) -> None:
    """The search, its filters and what it finds."""
    st.title("Articles", anchor=False)
    asked = show_filters(path)
    for problem in read_search(asked["q"]).problems:
        line(f"{problem[:1].upper()}{problem[1:]}; the rest is searched for.")
    if asked["origin"]:
        show_origin_chosen()
    rows, count = search_articles(
        path, asked["q"], outlets=asked["outlet"], outcomes=asked["outcome"], agencies=asked["agency"], languages=asked["language"],
        origin=asked["origin"], day_from=asked["from"] or None, day_to=asked["to"] or None, undated=bool(asked["undated"]),
    )  # fmt: skip
    if not count:
        show_nothing_found(asked)
        return
    order = "best match first" if asked["q"] else "latest first"
    line(f"{plural(count, 'article')}, {order}" + (f"; the first {len(rows):,} can be paged through" if count > len(rows) else ""))
    show_found(rows)


def show_nothing_found(asked: dict[str, Any]) -> None:
    """Nothing matches: say what to loosen."""
    st.subheader("No article matches", anchor=False)
    tips = ["Look for fewer words: several words must all stand in one article. OR between them finds either."] if asked["q"] else []
    if any(asked[name] for name in ("outlet", "outcome", "agency", "language", "origin", "from", "to", "undated")):
        tips.append("Take away a filter: outlet, what became of it, agency, language, or the days.")
    st.markdown("\n".join(f"- {tip}" for tip in tips))
    st.button("Clear the search", on_click=clear_search, key="articles_clear")


def clear_search() -> None:
    """Set the search and its filters back."""
    for name in ("q", "outlet", "outcome", "agency", "language", "from", "to", "undated"):
        st.session_state.pop(f"articles_{name}", None)
    st.query_params.clear()


def show_found(rows: pd.DataFrame) -> None:
    """The articles found, a page at a time."""
    pages = (len(rows) - 1) // STEP + 1
    shown = min(st.session_state.get("articles_shown", 1), pages)
    for n, row in enumerate(rows.head(shown * STEP).to_dict("records")):
        with st.container(key=f"found_{n}", gap=None):
            link("articles", row["headline"] or "Without a headline", article=row["article_id"])
            line(found_words(row), strong=row["source"] or NO_OUTLET)
            if row["snippet"]:
                st.html(f'<p class="rd-hit" dir="auto">{row["snippet"]}</p>')
    if shown < pages:
        st.button(f"Show {min(STEP, len(rows) - shown * STEP)} more", key="articles_more", on_click=show_more, args=(shown + 1,))


def show_more(pages: int) -> None:
    """Show so many pages of what was found."""
    st.session_state["articles_shown"] = pages


def found_words(row: dict[str, Any]) -> str:
    """When it was published and what became of it, with the reason where nothing was coded."""
    day = format_day(row["published_at_utc"]) if isinstance(row["published_at_utc"], str) else "undated"
    if row["reports"]:
        background = row["reports"] - row["asserted"]
        parts = [plural(row["asserted"], "event counted", "events counted")] if row["asserted"] else []
        parts += [f"{background:,} not counted"] if background else []
        return f"{day} · {', '.join(parts)}"
    why = row["reason"] or OUTCOME_SENTENCES.get(row["outcome"], "")
    return f"{day} · {OUTCOME_WORDS.get(row['outcome'], 'Not read yet').lower()}: {why}"


# --- the page ----------------------------------------------------------------------------------


def main() -> None:
    """One article where the address names one, else the search."""
    path, _ = open_page(needs="articles")
    use_style()
    show_dated()
    if article_id := st.query_params.get("article", "").strip():
        show_article(path, article_id)
    else:
        show_search(path)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
