"""Saved: the views that were kept under a name, how many incidents each holds now, how many of them are new, and its feed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from dashboard import queries, visits
from dashboard.access import who
from dashboard.filter_words import filter_words
from dashboard.filters import current_filters
from dashboard.fresh import count_new, new_since, newest
from dashboard.queries import Fingerprint
from dashboard.reading import heading, line, page_of, use_style
from dashboard.saved import CSS, act_on, feed_of, save, saved_views, show_said
from dashboard.states import guard_store, open_page
from dashboard.wording import escape_markdown, format_time, help_of, plural
from pipeline import views
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params
from pipeline.settings import load_settings
from pipeline.views import SavedView

PAGE_PX = 940


def base_url() -> str:
    """The address at which this browser has the dashboard, for links in a feed; as set where the browser does not say."""
    split = urlsplit(st.context.url or "")
    if split.scheme not in ("http", "https") or not split.netloc:
        return load_settings().url
    return f"{split.scheme}://{split.netloc}{str(Path(split.path).parent).rstrip('/.')}"


def feed_name(view: SavedView) -> str:
    """A file name out of a view's name: letters, digits and hyphens."""
    kept = "".join(c if c.isalnum() else "-" for c in view.name).strip("-")
    return f"{'-'.join(part for part in kept.split('-') if part)[:60] or view.view_id}.atom"


def show_view(path: str, mark: Fingerprint, view: SavedView, since: str | None) -> None:
    """One view: its name as a link, its filters in words, its counts, what may be done to it."""
    total = queries.tallies(path, mark, view.filters).incidents
    new = count_new(path, mark, view.filters, since) if since else 0
    with st.container(key=f"view_{view.view_id}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_link(view.name, view.filters)
            st.space("stretch")
            show_actions(path, mark, view)
        by = f" · saved by {view.by}" if view.by else ""
        line(f"{plural(total, 'incident')} · {filter_words(view.filters) or 'every incident that counts'}{by}, {format_time(view.at_utc)}")
        if new and since:
            with st.container(key=f"news_{view.view_id}"):
                show_link(f"{plural(new, 'new incident')} since your last visit, {format_time(since)}", new_since(view.filters, since))


def show_link(label: str, filters: Filters) -> None:
    """A link to the Monitor with these filters; the plain words where the page runs alone."""
    if (page := page_of("monitor")) is not None:
        st.page_link(page, label=escape_markdown(label), query_params=to_params(filters), width="content")
    else:
        line("", strong=label)


def show_actions(path: str, mark: Fingerprint, view: SavedView) -> None:
    """Feed, another name, away with it."""
    base = base_url()  # what makes the file runs outside this page, and knows no browser
    st.download_button(
        "Feed", data=lambda: feed_of(path, mark, view, base), file_name=feed_name(view), mime="application/atom+xml",
        on_click="ignore",
        icon=":material/rss_feed:", type="tertiary", key=f"feed_{view.view_id}",
        help="The newest incidents as an Atom file. dateline feed writes the same at any time.",
    )  # fmt: skip
    with st.popover("Change", type="tertiary", key=f"change_{view.view_id}"):
        with st.form(f"rename_{view.view_id}", border=False):
            name = st.text_input("Name", value=view.name, max_chars=views.MAX_NAME, key=f"name_{view.view_id}")
            if st.form_submit_button("Rename"):
                act_on(views.rename_view, view.view_id, name, said="It is “{name}” now.")
                st.rerun()
        current = current_filters()
        if current != view.filters and st.button(
            "Set to the current filters", key=f"set_{view.view_id}", help=escape_markdown(filter_words(current)) or "no filter at all"
        ):
            save(current, view.name, replace=True)
            st.rerun()
        st.button(
            "Remove", key=f"drop_{view.view_id}", icon=":material/delete:", on_click=act_on, args=(views.drop_view, view.view_id),
            kwargs={"said": "“{name}” is removed."}, help="Removes the name. No incident is touched.",
        )  # fmt: skip


def show_current(found: list[SavedView]) -> None:
    """The filters in force, and a box to keep them, unless a view has them already."""
    filters = current_filters()
    heading("The current filters")
    words = filter_words(filters) or "None: every incident that counts."
    if (same := next((view for view in found if view.filters == filters), None)) is not None:
        line(f"{words} They are saved as “{same.name}”.")
        return
    line(words)
    with (
        st.form("save_current", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        name = st.text_input("Save them as", max_chars=views.MAX_NAME, placeholder="for example: Iraq, deadly", width=320, key="save_name")
        sent = st.form_submit_button("Save", type="primary")
    if sent:
        save(filters, name)
        st.rerun()


def main() -> None:
    """The views that are kept, then the current filters."""
    path, mark = open_page(needs="articles")
    use_style()
    st.html(CSS)
    show_said()
    st.title("Saved views", anchor=False, help=help_of("saved view"))
    latest = newest(path, mark)
    since = visits.arrive(path, who(), latest=latest) if latest else None
    found = saved_views(path, mark)
    with st.container(width=PAGE_PX, key="saved_views"):
        if not found:
            line("None yet. Set filters on the Monitor page, then save them under a name, here or there.")
        for view in found:
            show_view(path, mark, view, since)
        show_current(found)
        line("The command “dateline alert” tells of new incidents in a view by mail or webhook; docs/ALERTS.md says how.")


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
