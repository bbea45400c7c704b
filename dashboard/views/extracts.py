"""Extracts: the incidents of the current filters as a file, in the shape and format a field of work uses."""

from __future__ import annotations

import io
import shlex
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.filter_words import filter_words
from dashboard.filters import current_filters
from dashboard.queries import TTL_S, Fingerprint
from dashboard.reading import heading, line, page_of, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import escape_markdown, plural
from pipeline import exports, receipts
from pipeline.codebook import columns
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params
from pipeline.store import open_store_readonly

PREVIEW_ROWS = 20
SHAPE_WORDS = {"native": "Dateline", "acled": "ACLED-shaped", "ucdp": "UCDP-shaped"}
SHAPE_SENTENCES = {
    "native": "Every column of the codebook: ranges, precision, claims, who says so, and the sentence each report rests on.",
    "acled": "The column names of ACLED's files, for tools made for them. It is not ACLED's data.",
    "ucdp": "The column names of UCDP's georeferenced events, for tools made for them. It is not UCDP's data.",
}
FORMAT_WORDS = {"csv": "CSV", "geojson": "GeoJSON", "parquet": "Parquet", "xlsx": "Excel"}
FORMAT_SENTENCES = {
    "csv": "Text, UTF-8, one line a row; an empty cell means not stated. Cells that a spreadsheet would run as a formula are defused.",
    "geojson": "One feature an incident. What is known only by its country has no point.",
    "parquet": "Typed columns: dates are dates, lists are lists.",
    "xlsx": "A workbook with the incidents, what each column means, and what this shape cannot hold.",
}


# --- what is asked for -------------------------------------------------------------------------


def export_command(filters: Filters, shape: str, format: str) -> str:
    """The same extract as a command."""
    params = {name: [value] if isinstance(value, str) else value for name, value in to_params(filters).items()}
    options = [f"--{name.replace('_', '-')} {shlex.quote(item)}" for name, items in params.items() for item in items]
    return " ".join(["dateline export", f"--shape {shape} --format {format}", *options, f"--out {file_name(filters, shape, format)}"])


def file_name(filters: Filters, shape: str, format: str) -> str:
    """'dateline-native-2023-12-01-to-2023-12-31.csv'."""
    days = [part for part in (filters.date_from, f"to-{filters.date_to}" if filters.date_to else None) if part]
    return "-".join(["dateline", shape, *days]) + f".{format}"


def choose(name: str, label: str, words: dict[str, str]) -> str:
    """One of a few, kept in the address."""
    options = list(words)
    if f"extract_{name}" not in st.session_state:
        asked = st.query_params.get(name, "")
        st.session_state[f"extract_{name}"] = asked if asked in options else options[0]
    chosen = st.segmented_control(label, options, key=f"extract_{name}", format_func=words.__getitem__, required=True)
    return chosen or options[0]


# --- what comes of it --------------------------------------------------------------------------


@st.cache_data(show_spinner="Gathering the incidents", ttl=TTL_S, max_entries=16)
def summarise(path: str, mark: Fingerprint, filters: Filters, shape: str) -> tuple[int, bytes, tuple[exports.Loss, ...]]:
    """How many rows there are, the first of them as CSV, and what the shape cannot hold of them."""
    db = open_store_readonly(path)
    try:
        found = exports.load_exported(db, filters)
    finally:
        db.close()
    first = exports.to_csv(shape, [exports.ROW_OF[shape](e) for e in found[:PREVIEW_ROWS]])
    return len(found), first, exports.loss_report(shape, [e.incident for e in found])


def make_file(path: str, filters: Filters, shape: str, format: str) -> bytes:
    """The whole extract; made when it is asked for."""
    db = open_store_readonly(path)
    try:
        content, receipt = exports.make_extract(db, filters, shape=shape, format=format)
    finally:
        db.close()
    receipts.keep(path, receipt)
    return content


def preview_frame(first: bytes) -> pd.DataFrame:
    """The first rows as they stand in the file, cell for cell."""
    return pd.read_csv(io.BytesIO(first), dtype=str, keep_default_na=False)


def show_preview(first: bytes, count: int, shape: str) -> None:
    """The first rows, with each column's meaning at its head."""
    heading("Preview" if count <= PREVIEW_ROWS else f"Preview: the first {PREVIEW_ROWS} of {count:,} rows")
    frame = preview_frame(first)
    config = {c.column: st.column_config.TextColumn(help=c.description) for c in columns(shape)}
    height = min(36 + 30 * len(frame), 340)
    st.dataframe(
        frame, hide_index=True, column_config=config, height=height, row_height=30, key="preview", alt="First rows of the extract"
    )  # fmt: skip


def show_losses(losses: Sequence[exports.Loss], count: int, shape: str) -> None:
    """What this shape cannot hold, and in how many of the rows that matters."""
    heading("What this shape cannot hold")
    if not losses:
        line("Nothing of these incidents is lost.")
        return
    frame = pd.DataFrame(
        {
            "Field": [loss.field for loss in losses],
            "Rows": [loss.incidents for loss in losses],
            "What is lost": [loss.sentence for loss in losses],
        }
    )
    config = {
        "Field": st.column_config.TextColumn(width=190),
        "Rows": st.column_config.NumberColumn(width=70, format="localized", help=f"Of {plural(count, 'row')}"),
        "What is lost": st.column_config.TextColumn(width="large"),
    }
    height = min(36 + 30 * len(frame), 460)
    alt = "What this shape cannot hold"
    st.dataframe(frame, hide_index=True, column_config=config, height=height, row_height=30, key="losses", alt=alt)


def show_scope(filters: Filters) -> None:
    """What the extract is limited to, and the way to change it."""
    words = filter_words(filters)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Filters:** {escape_markdown(words) if words else 'none, every incident that counts'}", width="content")
        if (page := page_of("monitor")) is not None:
            st.page_link(page, label="Change them on the map", icon=":material/tune:", query_params=to_params(filters))


def main() -> None:
    """Scope, shape and format, then the file, its first rows and what it lacks."""
    path, mark = open_page(needs="incidents")
    use_style()
    filters = current_filters()
    st.title("Extracts", anchor=False)
    show_scope(filters)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        shape = choose("shape", "Shape", SHAPE_WORDS)
        format = choose("format", "Format", FORMAT_WORDS)
    line(f"{SHAPE_SENTENCES[shape]} {FORMAT_SENTENCES[format]}")
    st.query_params.from_dict({**to_params(filters), "shape": shape, "format": format})
    count, first, losses = summarise(path, mark, filters, shape)
    if not count:
        st.subheader("No incident matches these filters", anchor=False)
        st.markdown("There is nothing to extract. Loosen the filters on the *Monitor* page.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Download {plural(count, 'row')} as {FORMAT_WORDS[format]}", data=lambda: make_file(path, filters, shape, format),
            file_name=file_name(filters, shape, format), mime=exports.MEDIA_TYPES[format].split(";")[0], on_click="ignore",
            icon=":material/download:", key="download",
        )  # fmt: skip
        line(f"{len(columns(shape))} columns; only incidents that tallies count.")
    show_preview(first, count, shape)
    show_losses(losses, count, shape)
    heading("The same by command")
    st.code(export_command(filters, shape, format), language=None, wrap_lines=True)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
