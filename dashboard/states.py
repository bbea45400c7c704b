"""What a page shows when there is nothing to show: why, and what to do next. Shared by every page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.queries import Fingerprint, fingerprint, read_ahead, store_size
from dashboard.wording import plural
from pipeline.errors import StoreBrokenError, StoreError, StoreMissingError
from pipeline.settings import load_settings


def open_page(*, needs: str = "articles") -> tuple[str, Fingerprint]:
    """The store's path and fingerprint for a page's queries.

    Where the store is missing, broken or empty the page says so and stops here. `needs` is what the page
    cannot do without: 'articles', 'incidents' or 'nothing'.
    """
    path = str(load_settings().store)
    mark = fingerprint(path)
    try:
        size = store_size(path, mark)
        if needs == "incidents":
            read_ahead(path, mark)
    except StoreMissingError:
        show_missing(path, needs=needs)
        return path, mark
    except StoreError as e:
        show_broken(path, e)
        st.stop()
    if needs != "nothing" and not size["articles"]:
        show_empty(path)
        st.stop()
    if needs == "incidents" and not size["incidents"]:
        show_nothing_coded(size["articles"])
        st.stop()
    return path, mark


def _message(title: str, *paragraphs: str) -> None:
    with st.container(key="state", gap="xsmall"):
        st.subheader(title, anchor=False)
        for paragraph in paragraphs:
            st.markdown(paragraph)


def _ways_in() -> None:
    st.markdown("Bring articles in: on the *Ingest* page, or from a terminal, with a file or a whole folder:")
    st.code("dateline ingest PATH", language=None)


def _to_ingest() -> None:
    if (page := st.session_state.get("pages", {}).get("ingest")) is not None:
        st.page_link(page, label="Go to Ingest")


def show_missing(path: str, *, needs: str) -> None:
    """There is no store yet: say where it is looked for and how one comes to be."""
    if needs == "nothing":
        return
    _message("There is no store yet", "Dateline keeps articles and incidents in one SQLite file, made when the first article comes in.")
    _ways_in()
    st.markdown("To open a store that is somewhere else, name it when you start:")
    st.code("dateline up --store PATH", language=None)
    st.caption(f"Looked for at `{path}`")
    _to_ingest()
    st.stop()


def show_empty(path: str) -> None:
    """The store is there and holds no article."""
    _message("The store is empty", "It is in good order, and there is no article in it yet, so there is nothing to map or to count.")
    _ways_in()
    st.caption(f"Store: `{path}`")
    _to_ingest()


def show_nothing_coded(articles: int) -> None:
    """There are articles, and none of them tells of an incident."""
    _message(
        "No incidents yet",
        f"The store holds {plural(articles, 'article')}, and none of them tells of an event that Dateline codes: "
        "fighting, attacks, protests, riots or what surrounds them.",
        "The *Articles* page says for each of them what was found and why not more.",
    )
    if (page := st.session_state.get("pages", {}).get("articles")) is not None:
        st.page_link(page, label="Go to Articles")


def show_broken(path: str, error: StoreError) -> None:
    """The file cannot be read as a store: the reason, and the ways out."""
    _message("The store cannot be read", "This file is there, and it is not a store that Dateline can open:")
    st.code(path, language=None)
    st.markdown("The reason given:")
    st.code(str(error).replace(f"{path} ", "", 1), language=None)
    st.markdown(
        "- Does the path name another file by mistake? Start again with `dateline up --store PATH`.\n"
        "- If it was a store, put back a copy of it; `dateline doctor` checks one.\n"
        "- To begin anew, move the file away. Nothing here has changed it."
    )


def show_no_match(on_reset: object, *, what: str = "incident") -> None:
    """Nothing in the store meets the filters."""
    _message(f"No {what} matches these filters", "Loosen one of them: a wider range of days, another group, fewer words.")
    st.button("Reset filters", on_click=on_reset, key="state_reset")  # type: ignore[arg-type]


def guard_store() -> None:
    """Show the page for a broken store and stop; call it from an `except StoreBrokenError` around a page's queries."""
    path = str(load_settings().store)
    show_broken(path, StoreBrokenError(f"{Path(path).name} stopped being readable while this page was open"))
    st.stop()
