"""An extract as one zip file with all that goes with it: receipt, meaning of its columns, what it cannot hold, how to cite it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from pipeline import receipts
from pipeline.exports import MEDIA_TYPES, ZIP_EPOCH, Extract, neutralise
from pipeline.filters import to_params
from pipeline.receipts import Receipt, Total

SHAPE_NOTES = {
    "native": "The columns are those of Dateline's codebook.",
    "acled": "The columns are named as in ACLED's files, for tools made for them. This is not ACLED's data.",
    "ucdp": "The columns are named as in UCDP's georeferenced events, for tools made for them. This is not UCDP's data.",
}
FORMAT_NOTES = {
    "csv": "CSV in UTF-8 without a byte order mark; lists are JSON; an apostrophe stands before what a spreadsheet would run as a formula.",
    "geojson": "GeoJSON (RFC 7946); what is known by its country alone, or has no place, has no point.",
    "parquet": "Parquet; dates are dates, lists are lists of records.",
    "xlsx": "An Excel workbook; an apostrophe stands before what would be run as a formula.",
}


def make_bundle(made: Extract, *, shape: str, format: str) -> bytes:
    """The extract and its papers as a zip file; the same extract gives the same bytes."""
    data = f"dateline-{shape}.{format}"
    members = {
        "README.txt": readme(made, data, shape, format).encode(),
        data: made.content,
        receipts.RECEIPT_NAME: receipts.as_file(made.receipt),
        "codebook.csv": _table(
            ("column", "kind", "label", "description", "values"),
            ((c.column, c.kind, c.label, c.description, c.values) for c in made.kept),
        ),
        "not-held.csv": _table(("field", "rows", "what is lost"), ((loss.field, loss.incidents, loss.sentence) for loss in made.losses)),
        "CITATION.txt": citation(made.receipt).encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.external_attr = 0o644 << 16
            package.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([neutralise(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue().encode()


def filter_lines(receipt: Receipt) -> list[str]:
    """The filters, one a line, named as in the dashboard's address and on the command line."""
    lines = []
    for name, value in to_params(receipt.filters).items():
        lines += [f"  {name} = {' '.join(item.split())}" for item in ([value] if isinstance(value, str) else value)]
    return lines or ["  none: every incident that counts"]


def total_words(total: Total) -> str:
    """'118 (102 to 141), not stated in 12 rows'."""
    span = (
        f" ({total.low:,} to {total.high:,}{' or more' if total.open_ended else ''})" if total.low != total.high or total.open_ended else ""
    )
    unstated = f", not stated in {total.not_stated:,} row{'' if total.not_stated == 1 else 's'}" if total.not_stated else ""
    return f"{total.best:,}{span}{unstated}"


def known_words(receipt: Receipt) -> str:
    """As known when."""
    return f"as published up to {receipt.as_of}" if receipt.as_of else "all that was in the store"


def readme(made: Extract, data: str, shape: str, format: str) -> str:
    """What is in the package and how to read it."""
    r = made.receipt
    left_out = [f"  {len(out.incident_ids):,} {out.reason}" for out in r.left_out] or ["  nothing"]
    lines = [
        f"Dateline extract {r.receipt_id}", "",
        f"{len(r.rows):,} incident{'' if len(r.rows) == 1 else 's'}, one a row, in {data} ({MEDIA_TYPES[format].split(';')[0]}).",
        SHAPE_NOTES[shape], FORMAT_NOTES[format],
        "An empty cell means that no article says it; 0 means that an article says none.", "",
        "Filters", *filter_lines(r), "",
        f"Known: {known_words(r)}", f"Killed: {total_words(r.deaths)}", f"Injured: {total_words(r.injured)}", "",
        "Left out", *left_out, "",
        "Files",
        f"  {data}  the incidents",
        "  codebook.csv  what each of its columns means",
        "  not-held.csv  what this shape cannot hold, and in how many rows that matters",
        f"  {receipts.RECEIPT_NAME}  filter, store version, a hash of the rows; dateline receipt derives it again, from this zip too",
        "  CITATION.txt  how to cite it", "",
        f"Store version: {r.store_version}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def citation(receipt: Receipt) -> str:
    """How to cite the extract, and what it is made from."""
    filters = "; ".join(line.strip() for line in filter_lines(receipt))
    return (
        f"Dateline extract {receipt.receipt_id}: {len(receipt.rows):,} incidents coded from news articles"
        f" (filter: {filters}; known: {known_words(receipt)}; store version {receipt.store_version}).\n\n"
        "The incidents are coded by machine from the articles they name, unless their review status says that a person confirmed or"
        " edited them. Cite the articles for what they say, and this extract for how it was counted.\n"
        "Place names and coordinates: GeoNames (https://www.geonames.org), CC BY 4.0.\n"
    )
