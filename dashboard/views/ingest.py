"""Ingest: drop files or paste a text, see what became of it, and what was refused and why."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import queries
from dashboard.access import show_access
from dashboard.dating import EARLIEST, cached_coder
from dashboard.reading import line, link, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import ASSERTION_WORDS, event_and_place, format_date, format_toll, plural
from pipeline.errors import DatelineError, RefusedError, StoreBrokenError
from pipeline.settings import Settings, load_settings
from pipeline.store import active_coder, open_store

RESULT = "ingest_result"
FILE_TYPES = [
    "txt", "text", "md", "html", "htm", "mht", "jsonl", "ndjson", "json", "csv", "tsv", "xml", "rss", "atom", "eml", "mbox", "docx", "pdf",
    "rtf", "warc", "wacz", "zip", "gz",
]  # fmt: skip
PASTED = "pasted text"
MAX_SHOWN = 12
MAX_REFUSED = 50
PAGE_PX = 940
STEP_WORDS = {
    "read": "when reading it",
    "decode": "when finding its encoding",
    "parse": "when looking for articles in it",
    "normalise": "when preparing the text",
    "code": "when coding it",
}


def safe_name(name: str, taken: Sequence[str]) -> str:
    """A file name without folders that none of `taken` has; what is refused is listed under it."""
    base = Path(name.replace("\\", "/")).name.lstrip(".").strip() or "unnamed"
    stem, suffix = Path(base).stem[:120], Path(base).suffix[:12]
    candidate, n = f"{stem}{suffix}", 1
    while candidate in taken:
        n += 1
        candidate = f"{stem} ({n}){suffix}"
    return candidate


def ingest_files(settings: Settings, uploads: Sequence[Any], published: str | None, progress: Any) -> Any:
    """Copy the uploads into a folder of their own and take them in; the run's Summary."""
    from pipeline.run import ingest

    with tempfile.TemporaryDirectory(prefix="dateline-upload-") as folder:
        names: list[str] = []
        for upload in uploads:
            names.append(safe_name(upload.name, names))
            (Path(folder) / names[-1]).write_bytes(upload.getbuffer())
        db = open_store(settings.store)
        try:
            coder = cached_coder(settings.model, str(settings.cache), settings.coder or active_coder(db))
            return ingest(db, [Path(folder)], coder=coder, settings=settings, published=published, progress=progress)
        finally:
            db.close()


def ingest_text(settings: Settings, *, text: str, source: str, url: str, published: str | None) -> tuple[Any, tuple[str, ...]]:
    """Take one pasted text in; the run's Summary and the article's id, none where it was refused."""
    from pipeline.intake import make_article
    from pipeline.intake.refusal import refuse
    from pipeline.run import ingest_items

    ids: tuple[str, ...] = ()
    try:
        item: Any = make_article(text=text, source=source, url=url, published=published)
        ids = (item.article_id,)
    except RefusedError as e:
        item = refuse(e, PASTED, text.encode())
    db = open_store(settings.store)
    try:
        return ingest_items(db, [item], coder=cached_coder(settings.model, str(settings.cache), settings.coder or active_coder(db))), ids
    finally:
        db.close()


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
            st.warning(f"**{item}** was refused: {reason}" if item else f"Refused: {reason}", icon=":material/block:")
        if len(summary.refused) > MAX_SHOWN:
            st.caption(f"and {len(summary.refused) - MAX_SHOWN:,} more, in the list of refused items below")
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


def finish(summary: Any, ids: tuple[str, ...]) -> None:
    """Keep what a run did and draw the page again, with the store as it is now."""
    st.session_state[RESULT] = (summary, ids)
    st.rerun()


def iso(day: dt.date | None) -> str | None:
    """The ISO date of a day that may not be given."""
    return day.isoformat() if day else None


def show_files(settings: Settings) -> None:
    """The form for files."""
    with st.form("files", border=False):
        uploads = st.file_uploader(
            "Articles as text, HTML, Word, PDF, e-mail, tables, feeds, exports or archives", type=FILE_TYPES, accept_multiple_files=True,
            help="A table needs a column with the text; published, source, headline and url are used where they are there.",
        )  # fmt: skip
        left, right = st.columns([1, 2], vertical_alignment="bottom")
        day = left.date_input(
            "Published, where an article does not say", value=None, min_value=EARLIEST, format="YYYY-MM-DD", key="files_day",
            help="Words like “Sunday” are counted from it. Without any date the article is kept and stands in the list of undated ones.",
        )  # fmt: skip
        sent = right.form_submit_button("Take in", type="primary")
    if not sent:
        return
    if not uploads:
        st.warning("Choose at least one file first.")
        return
    with st.status("Loading the language model", expanded=False) as status:

        def progress(s: Any) -> None:
            status.update(label=f"{s.read:,} read, {s.new:,} new, {s.incidents:,} incidents so far")

        try:
            summary = ingest_files(settings, uploads, iso(day), progress)
        except DatelineError as e:
            status.update(label="Not taken in", state="error")
            st.error(f"Nothing was changed: {e}")
            return
    finish(summary, ())


def show_paste(settings: Settings) -> None:
    """The form for one pasted text."""
    with st.form("paste", border=False):
        text = st.text_area("Text of the article", height=220, key="paste_text", placeholder="Headline on the first line, then the story")
        columns = st.columns([1, 1, 2, 1], vertical_alignment="bottom")
        day = columns[0].date_input("Published", value=None, min_value=EARLIEST, format="YYYY-MM-DD", key="paste_day")
        source = columns[1].text_input("Outlet", key="paste_source", placeholder="optional")
        url = columns[2].text_input("Address", key="paste_url", placeholder="optional")
        sent = columns[3].form_submit_button("Take in", type="primary", width="stretch")
    if not sent:
        return
    if not text.strip():
        st.warning("Paste a text first.")
        return
    try:
        with st.spinner("Reading it; the first text of a session takes some seconds longer"):
            summary, ids = ingest_text(settings, text=text, source=source.strip(), url=url.strip(), published=iso(day))
    except DatelineError as e:
        st.error(f"Nothing was changed: {e}")
        return
    finish(summary, ids)


def show_quarantine(path: str, mark: queries.Fingerprint) -> None:
    """What was refused, by name and reason."""
    rows = queries.quarantine(path, mark)
    st.subheader("Refused items", anchor=False)
    if rows.empty:
        st.caption("None. What cannot be taken in is listed here by name, with the reason.")
        return
    st.caption("Each is kept as it came in. Mend the cause and bring the item in again; what is in the store already is not taken twice.")
    for row in rows.head(MAX_REFUSED).to_dict("records"):
        where = f"{STEP_WORDS.get(row['step'], row['step'])}: {row['reason']} ({row['size']:,} bytes)"
        line(where, strong=row["item"])
    if len(rows) > MAX_REFUSED:
        st.caption(f"The latest {MAX_REFUSED} of {len(rows):,}{' or more' if len(rows) == queries.MAX_QUARANTINE else ''}.")


def show_live(path: str, mark: queries.Fingerprint) -> None:
    """What is followed live: when each source was last looked at and last had news, and what is wrong with it."""
    rows = queries.live_sources(path, mark)
    st.subheader("Followed live", anchor=False)
    if rows.empty:
        st.caption("Nothing. `dateline watch` follows the folders and feeds of a list; docs/WATCH.md says how.")
        return
    for row in rows.to_dict("records"):
        news = f"last news {ago(row['new_at_utc'])}" if isinstance(row["new_at_utc"], str) else "no news yet"
        refused = f", {row['refused']:,} refused" if row["refused"] else ""
        words = f"{row['kind']}, looked at {ago(row['fresh_at_utc'])}, {news}; {plural(row['articles'], 'article')}{refused}"
        if row["error"]:
            words = f"failing ({plural(row['failures'], 'time')}): {row['error']}. {words}"
        line(words, strong=row["name"])


def ago(moment: str | None) -> str:
    """How long ago a moment was, in the largest unit that fits; "never" without one."""
    if not isinstance(moment, str):
        return "never"
    seconds = max(0, int((dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(moment)).total_seconds()))
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(seconds // size, unit)} ago"
    return "just now"


def main() -> None:
    """The forms, what the last run did, and what was refused so far."""
    path, mark = open_page(needs="nothing")
    settings = load_settings()
    use_style()
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
    show_result(path, mark)
    if mark[0] != (0, 0):
        show_live(path, mark)
        show_quarantine(path, mark)


try:
    main()
except StoreBrokenError:
    guard_store()
