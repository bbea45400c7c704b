"""Ingest: drop files or paste a text, see what would be coded, save or discard it; what was refused and why; what is followed live."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import queries
from dashboard.access import show_access
from dashboard.dating import EARLIEST
from dashboard.quarantined import show_quarantine
from dashboard.reader import Text, published_words, reader_html, report_rows, show_reader, spans_of
from dashboard.reading import go_to, line, link, use_style
from dashboard.states import guard_store, open_page
from dashboard.taking import CODED, LOOKED_AT, Brought, Look, Pace, Seen, look_at, take_in
from dashboard.wording import ASSERTION_WORDS, OUTCOME_WORDS, ago, event_and_place, format_date, format_toll, plural
from pipeline.errors import DatelineError, StoreBrokenError
from pipeline.models import as_plain
from pipeline.settings import Settings, load_settings

CSS = Path(__file__).resolve().parent.parent / "assets" / "ingest.css"
RESULT = "ingest_result"
LOOK = "ingest_look"  # what is looked at and not taken in yet
FILE_TYPES = [
    "txt", "text", "md", "html", "htm", "mht", "jsonl", "ndjson", "json", "csv", "tsv", "xml", "rss", "atom", "eml", "mbox", "docx", "pdf",
    "rtf", "warc", "wacz", "zip", "gz",
]  # fmt: skip
MAX_SHOWN = 12
PAGE_PX = 940
NO_OUTLET = "Unknown outlet"


def summary_words(s: Any) -> str:
    """What a run did, in one sentence."""
    known = f", {plural(s.duplicates, 'was known', 'were known')} already" if s.duplicates else ""
    refused = f", {len(s.refused):,} refused" if s.refused else ""
    done = f"{plural(s.read, 'article')} read, {s.new:,} new{known}{refused}."
    if not s.new:
        return done
    return f"{done} {plural(s.reports, 'report')} coded, in {plural(s.incidents, 'incident')}."


def show_result(path: str, mark: queries.Fingerprint) -> None:
    """What the last run of this session did, what it refused, and links to what came of it."""
    if RESULT not in st.session_state:
        return
    summary, ids = st.session_state[RESULT]
    with st.container(border=True, key="ingest_result"):
        st.markdown(f"**Done.** {summary_words(summary)}")
        for item, reason in summary.refused[:MAX_SHOWN]:
            line(f"was refused: {reason}", strong=item or "One item")
        if len(summary.refused) > MAX_SHOWN:
            line(f"and {len(summary.refused) - MAX_SHOWN:,} more, in the list of refused items below")
        if ids:
            show_article(path, mark, ids)
        if summary.new and st.session_state.get("pages"):
            link("monitor", "See all incidents on the Monitor page")


def show_article(path: str, mark: queries.Fingerprint, ids: tuple[str, ...]) -> None:
    """What the pasted text was found to tell."""
    rows = queries.article_incidents(path, mark, ids)
    if rows.empty:
        st.markdown("Nothing in it was coded. Its page says why.")
    for row in rows.to_dict("records"):
        when = format_date(row["date_start"], row["date_end"], row["date_prec"])
        kind = "" if row["assertion"] == "asserted" else f" ({ASSERTION_WORDS[row['assertion']].lower()}, not counted)"
        link("incident", f"{when} · {event_and_place(row)} · {format_toll(row)}{kind}", id=row["incident_id"])
    link("articles", "Read the article with what was coded", article=ids[0])


def iso(day: dt.date | None) -> str | None:
    """The ISO date of a day that may not be given."""
    return day.isoformat() if day else None


# --- bringing ------------------------------------------------------------------------------------


def two_buttons() -> tuple[bool, bool]:
    """Whether to look first, and whether to take in at once."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        look = st.form_submit_button("Look first", type="primary", help="Code it and show what would be saved. Nothing is stored.")
        take = st.form_submit_button("Take in", help="Code and save it at once.")
    return look, take


def show_files(settings: Settings) -> None:
    """The form for files."""
    with st.form("files", border=False):
        uploads = st.file_uploader(
            "Articles as text, HTML, Word, PDF, e-mail, tables, feeds, exports or archives", type=FILE_TYPES, accept_multiple_files=True,
            help="A table needs a column with the text; published, source, headline and url are used where they are there.",
        )  # fmt: skip
        day = st.date_input(
            "Published, where an article does not say", value=None, min_value=EARLIEST, format="YYYY-MM-DD", key="files_day", width=300,
            help="Words like “Sunday” are counted from it. Without any date the article is kept and stands in the list of undated ones.",
        )  # fmt: skip
        look, take = two_buttons()
    if not (look or take):
        return
    if not uploads:
        st.warning("Choose at least one file first.")
        return
    bring(settings, Brought(files=tuple((u.name, bytes(u.getbuffer())) for u in uploads), published=iso(day)), look=look)


def show_paste(settings: Settings) -> None:
    """The form for one pasted text."""
    with st.form("paste", border=False):
        text = st.text_area("Text of the article", height=220, key="paste_text", placeholder="Headline on the first line, then the story")
        columns = st.columns([1, 1, 2], vertical_alignment="bottom")
        day = columns[0].date_input("Published", value=None, min_value=EARLIEST, format="YYYY-MM-DD", key="paste_day")
        source = columns[1].text_input("Outlet", key="paste_source", placeholder="optional")
        url = columns[2].text_input("Address", key="paste_url", placeholder="optional")
        look, take = two_buttons()
    if not (look or take):
        return
    if not text.strip():
        st.warning("Paste a text first.")
        return
    bring(settings, Brought(text=text, source=source.strip(), url=url.strip(), published=iso(day)), look=look)


def bring(settings: Settings, brought: Brought, *, look: bool) -> None:
    """Look at what was brought, or take it in; the page is drawn again with what came of it."""
    st.session_state.pop(RESULT, None)
    st.session_state.pop(LOOK, None)
    if not look:
        save(settings, brought)
        return
    try:
        with st.spinner("Reading and coding it; the first time takes some seconds longer"):
            st.session_state[LOOK] = look_at(settings, brought)
    except DatelineError as e:
        st.error(f"It could not be looked at: {e}")
        return
    st.rerun()


def save(settings: Settings, brought: Brought, total: int | None = None) -> None:
    """Take in what was brought, saying how it gets on, and draw the page again with the store as it is then."""
    pace = Pace(total)
    with st.status("Loading the language model", expanded=total is not None) as status:
        bar = st.progress(0.0) if total else None

        def progress(s: Any) -> None:
            status.update(label=pace.words(s))
            if bar is not None and (share := pace.share(s)) is not None:
                bar.progress(share)

        try:
            summary, ids = take_in(settings, brought, progress)
        except DatelineError as e:
            status.update(label="Not taken in", state="error")
            st.error(f"Ended before all was taken in, and nothing is half saved: {e}")
            return
    st.session_state.pop(LOOK, None)
    st.session_state[RESULT] = (summary, ids)
    st.rerun()


# --- looking before saving -----------------------------------------------------------------------


def show_look(settings: Settings) -> None:
    """What was brought and is not saved yet: what is in it, what would be coded, and the two ways on."""
    look: Look | None = st.session_state.get(LOOK)
    if look is None:
        return
    with st.container(border=True, key="ingest_look"):
        st.markdown("**Not saved yet.** " + look_words(look))
        for item, reason in look.refused[:MAX_SHOWN]:
            line(f"would be refused: {reason}", strong=item)
        if len(look.refused) > MAX_SHOWN:
            line(f"and {len(look.refused) - MAX_SHOWN:,} more that would be refused")
        for n, seen in enumerate(look.seen[:CODED]):
            show_seen(n, seen, alone=len(look.seen) == 1)
        if len(look.seen) > CODED:
            line(f"and {len(look.seen) - CODED:,} more articles, coded when they are saved")
        with st.container(horizontal=True, gap="small"):
            keep = st.button(save_label(look), key="look_save", type="primary", disabled=not (look.new or look.refused or look.more))
            st.button("Discard", key="look_discard", on_click=st.session_state.pop, args=(LOOK, None))
        if keep:
            save(settings, look.brought, None if look.more else len(look.seen) + len(look.refused))


def save_label(look: Look) -> str:
    """What the button does."""
    return "Save all of it" if look.more else f"Save {plural(look.new, 'new article')}" if look.new else "Keep in the list of refused items"


def look_words(look: Look) -> str:
    """'3 articles, 1 known already, 1 refused.'"""
    known = sum(seen.known for seen in look.seen)
    parts = [plural(len(look.seen), "article")]
    parts += [f"{known:,} known already"] if known else []
    parts += [f"{len(look.refused):,} refused"] if look.refused else []
    more = f" These are the first {LOOKED_AT:,} items; there are more." if look.more else ""
    return f"{', '.join(parts)}.{more}"


def seen_words(seen: Seen) -> str:
    """When, and what would be coded of it, or why nothing."""
    day = published_words(seen.article)
    if seen.known:
        return f"{day} · in the store already; saving changes nothing"
    if seen.coding is None:
        return day
    if not seen.coding.reports:
        why = f": {seen.coding.reason}" if seen.coding.reason else ""
        return f"{day} · {OUTCOME_WORDS.get(seen.coding.outcome, seen.coding.outcome).lower()}{why}"
    counted = sum(report.assertion == "asserted" for report in seen.coding.reports)
    parts = [plural(counted, "event counted", "events counted")] if counted else []
    parts += [f"{len(seen.coding.reports) - counted:,} not counted"] if counted < len(seen.coding.reports) else []
    return f"{day} · {', '.join(parts)}"


def show_seen(number: int, seen: Seen, *, alone: bool) -> None:
    """One article as it would be coded, its words lit where something was found in them."""
    article = seen.article
    with st.container(key=f"seen_{number}", gap="xxsmall"):
        line(f"{article.headline or 'Without a headline'} · {seen_words(seen)}", strong=article.source or NO_OUTLET)
        if seen.coding is None or not seen.coding.reports:
            return
        box = st.expander("What would be coded", expanded=alone, key=f"look_{number}", on_change="rerun")
        if box.open:
            with box:
                texts = [
                    Text(label=event_and_place(as_plain(r)), meta=ASSERTION_WORDS[r.assertion], article=article, spans=spans_of(r))
                    for r in seen.coding.reports
                ]
                html = reader_html([(n, report_rows(r)) for n, r in enumerate(seen.coding.reports)], texts, heading="What it says")
                show_reader(html, key=f"look_reader_{number}", on_open=go_to)


# --- what is there -------------------------------------------------------------------------------


def show_live(path: str, mark: queries.Fingerprint) -> None:
    """What is followed live: when each source was last looked at and last had news, and what is wrong with it."""
    rows = queries.live_sources(path, mark)
    st.subheader("Followed live", anchor=False)
    if rows.empty:
        line("Nothing yet. The command “dateline watch” follows the folders and feeds of a list; docs/WATCH.md says how.")
        return
    for row in rows.to_dict("records"):
        news = f"last news {ago(row['new_at_utc'])}" if isinstance(row["new_at_utc"], str) else "no news yet"
        refused = f", {row['refused']:,} refused" if row["refused"] else ""
        words = f"{row['kind']}, looked at {ago(row['fresh_at_utc'])}, {news}; {plural(row['articles'], 'article')}{refused}"
        if row["error"]:
            words = f"failing ({plural(row['failures'], 'time')}): {row['error']}. {words}"
        line(words, strong=row["name"])


def main() -> None:
    """The forms, what the last run did, and what was refused so far."""
    path, mark = open_page(needs="nothing")
    settings = load_settings()
    use_style()
    st.html(CSS)
    with st.container(width=PAGE_PX):
        show_page(path, mark, settings)


def show_page(path: str, mark: queries.Fingerprint, settings: Settings) -> None:
    """The page, as wide as a form is easy to fill in."""
    st.title("Bring articles in", anchor=False)
    if show_access().may_edit:
        files, paste = st.tabs(["Files", "Paste a text"])
        with files:
            show_files(settings)
        with paste:
            show_paste(settings)
        show_look(settings)
    show_result(path, mark)
    if mark[0] != (0, 0):
        show_live(path, mark)
        show_quarantine(path, mark)


try:
    main()
except StoreBrokenError:
    guard_store()
