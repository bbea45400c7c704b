"""Extracts: the incidents of the current filters as a file, in the shape and format a field of work uses."""

from __future__ import annotations

import datetime as dt
import io
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.filter_words import filter_words
from dashboard.filters import FIRST_DAY, LAST_DAY, current_filters
from dashboard.queries import TTL_S, Fingerprint
from dashboard.reading import heading, line, page_of, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import escape_markdown, format_day, help_of, plural
from pipeline import exports, receipts
from pipeline.bundle import make_bundle
from pipeline.codebook import columns, describe
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params, where
from pipeline.incidents import known_on
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What the extract is to be like, apart from its filters and format; `only` is empty for every column."""

    shape: str = "native"
    as_of: str | None = None
    only: tuple[str, ...] = ()
    packed: bool = False


def export_command(filters: Filters, asked: Asked, format: str) -> str:
    """The same extract as a command."""
    params = {name: [value] if isinstance(value, str) else value for name, value in to_params(filters).items()}
    options = [f"--{name.replace('_', '-')} {shlex.quote(item)}" for name, items in params.items() for item in items]
    options += [f"--as-of {asked.as_of}"] if asked.as_of else []
    options += [f"--columns {','.join(asked.only)}"] if asked.only else []
    options += ["--zip"] if asked.packed else []
    return " ".join(
        ["dateline export", f"--shape {asked.shape} --format {format}", *options, f"--out {file_name(filters, asked, format)}"]
    )  # fmt: skip


def file_name(filters: Filters, asked: Asked, format: str) -> str:
    """'dateline-native-2023-12-01-to-2023-12-31.csv'."""
    days = [part for part in (filters.date_from, f"to-{filters.date_to}" if filters.date_to else None) if part]
    known = [f"as-of-{asked.as_of}"] if asked.as_of else []
    return "-".join(["dateline", asked.shape, *days, *known]) + (f"-{format}.zip" if asked.packed else f".{format}")


def choose(name: str, label: str, words: dict[str, str]) -> str:
    """One of a few, kept in the address."""
    options = list(words)
    if f"extract_{name}" not in st.session_state:
        asked = st.query_params.get(name, "")
        st.session_state[f"extract_{name}"] = asked if asked in options else options[0]
    chosen = st.segmented_control(label, options, key=f"extract_{name}", format_func=words.__getitem__, required=True)
    return chosen or options[0]


def choose_day() -> str | None:
    """The day as known on which the extract is to be, kept in the address; None is now."""
    if "extract_as_of" not in st.session_state:
        st.session_state["extract_as_of"] = read_day(st.query_params.get("as_of", ""))
    day = st.date_input(
        "As known on", key="extract_as_of", min_value=FIRST_DAY, max_value=LAST_DAY, format="YYYY-MM-DD", width=190,
        help=help_of("as known on") + " Empty: all that is in the store now.",
    )  # fmt: skip
    return day.isoformat() if day else None


def read_day(text: str) -> dt.date | None:
    """A day out of the address, or None."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def choose_columns(shape: str) -> tuple[str, ...]:
    """The columns that are wanted, kept in the address; empty for all of them. Each shape has its own choice."""
    key = f"extract_columns_{shape}"
    names = [c.column for c in columns(shape)]
    if key not in st.session_state:
        asked = st.query_params.get("columns", "").split(",")
        st.session_state[key] = [name for name in names if name in asked]
    meaning = {c.column: c.label or c.column for c in columns(shape)}
    chosen = st.multiselect(
        "Columns", names, key=key, placeholder=f"All {len(names)}", format_func=lambda c: f"{c} – {meaning[c]}" if meaning[c] != c else c,
        help="Only these; they keep the order of the codebook. Empty: all of them.",
    )  # fmt: skip
    kept = tuple(name for name in names if name in chosen)
    return () if len(kept) == len(names) else kept


# --- what comes of it --------------------------------------------------------------------------


@st.cache_data(show_spinner="Gathering the incidents", ttl=TTL_S, max_entries=16)
def summarise(path: str, mark: Fingerprint, filters: Filters, asked: Asked) -> tuple[int, bytes]:
    """How many rows there are, and the first of them as CSV."""
    with closing(open_store_readonly(path)) as db, known_on(db, asked.as_of) as then:
        condition, params = where(filters)
        (count,) = then.execute(f"SELECT COUNT(*) FROM incidents i WHERE {condition}", tuple(params)).fetchone()
        found = exports.load_exported(then, filters, limit=PREVIEW_ROWS)
    kept = exports.choose_columns(asked.shape, asked.only or None)
    return count, exports.to_csv(kept, [exports.ROW_OF[asked.shape](e) for e in found])


@st.cache_data(show_spinner="Counting what this shape cannot hold", ttl=TTL_S, max_entries=16)
def losses_of(path: str, mark: Fingerprint, filters: Filters, shape: str, as_of: str | None) -> tuple[exports.Loss, ...]:
    """What the shape cannot hold of these incidents."""
    with closing(open_store_readonly(path)) as db:
        return exports.load_losses(db, filters, shape, as_of=as_of)


def make_file(path: str, filters: Filters, asked: Asked, format: str) -> bytes:
    """The whole extract; made when it is asked for. Its receipt is kept, so that its id can be opened."""
    with closing(open_store_readonly(path)) as db:
        made = exports.extract(db, filters, shape=asked.shape, format=format, as_of=asked.as_of, only=asked.only or None)
    receipts.keep(path, made.receipt)
    return make_bundle(made, shape=asked.shape, format=format) if asked.packed else made.content


def preview_frame(first: bytes) -> pd.DataFrame:
    """The first rows as they stand in the file, cell for cell."""
    return pd.read_csv(io.BytesIO(first), dtype=str, keep_default_na=False)


def show_preview(first: bytes, count: int, shape: str) -> None:
    """The first rows, with each column's meaning at its head."""
    heading("Preview" if count <= PREVIEW_ROWS else f"Preview: the first {PREVIEW_ROWS} of {count:,} rows")
    frame = preview_frame(first)
    config = {c.column: st.column_config.TextColumn(help=escape_markdown(describe(c.column, shape=shape))) for c in columns(shape)}
    height = min(36 + 30 * len(frame), 340)
    st.dataframe(
        frame, hide_index=True, column_config=config, height=height, row_height=30, key="preview", alt="First rows of the extract"
    )  # fmt: skip


def show_losses(losses: Sequence[exports.Loss], count: int) -> None:
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


def show_choices() -> tuple[Asked, str]:
    """Shape, format, day and columns: what the extract is to be like."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="extract_choices"):
        shape = choose("shape", "Shape", SHAPE_WORDS)
        format = choose("format", "Format", FORMAT_WORDS)
        as_of = choose_day()
    line(f"{SHAPE_SENTENCES[shape]} {FORMAT_SENTENCES[format]}")
    only = choose_columns(shape)
    if "extract_zip" not in st.session_state:
        st.session_state["extract_zip"] = st.query_params.get("zip", "1") != "0"
    packed = st.checkbox(
        "With receipt, codebook and citation, as a zip file", key="extract_zip",
        help="Beside the data: the receipt, what each column means, what the shape cannot hold, how to cite it.",
    )  # fmt: skip
    return Asked(shape, as_of, only, packed), format


def address_of(filters: Filters, asked: Asked, format: str) -> dict[str, str | list[str]]:
    """The parameters that open this page as it stands."""
    params: dict[str, str | list[str]] = {**to_params(filters), "shape": asked.shape, "format": format}
    if asked.as_of:
        params["as_of"] = asked.as_of
    if asked.only:
        params["columns"] = ",".join(asked.only)
    return params if asked.packed else {**params, "zip": "0"}


def main() -> None:
    """Scope, shape and format, then the file, its first rows and what it lacks."""
    path, mark = open_page(needs="incidents")
    use_style()
    filters = current_filters()
    st.title("Extracts", anchor=False)
    show_scope(filters)
    asked, format = show_choices()
    st.query_params.from_dict(address_of(filters, asked, format))
    count, first = summarise(path, mark, filters, asked)
    if not count:
        st.subheader("No incident matches these filters", anchor=False)
        known = f" Of what was published up to {format_day(asked.as_of)}, that is." if asked.as_of else ""
        st.markdown(f"There is nothing to extract.{known} Loosen the filters on the *Monitor* page.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            f"Download {plural(count, 'row')} as {FORMAT_WORDS[format]}", data=lambda: make_file(path, filters, asked, format),
            file_name=file_name(filters, asked, format),
            mime="application/zip" if asked.packed else exports.MEDIA_TYPES[format].split(";")[0], on_click="ignore",
            icon=":material/download:", key="download", type="primary",
        )  # fmt: skip
        line(f"{plural(len(asked.only or columns(asked.shape)), 'column')}; only incidents that tallies count.")
    show_preview(first, count, asked.shape)
    show_losses(losses_of(path, mark, filters, asked.shape, asked.as_of), count)
    heading("The same by command")
    st.code(export_command(filters, asked, format), language=None, wrap_lines=True)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
