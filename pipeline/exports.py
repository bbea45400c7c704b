"""Extracts: the incidents of a filter, in the shapes and formats the field uses, and what each shape loses.

Native has the codebook's columns, ACLED- and UCDP-shaped those data sets' column names; the columns
of each are listed in `codebook.csv`. CSV is UTF-8 without a byte order mark, lists are JSON, an empty
cell means not stated. The same store and filter give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlite_utils import Database

from pipeline import receipts, store
from pipeline.actors import load_countries
from pipeline.codebook import Column, columns
from pipeline.errors import SettingsError
from pipeline.filters import Filters, where
from pipeline.incidents import known_on
from pipeline.linking import sentence_spans
from pipeline.models import Incident
from pipeline.outfile import write_whole
from pipeline.receipts import Receipt
from pipeline.store import coded_from_row

SHAPES = ("native", "acled", "ucdp")
FORMATS = ("csv", "geojson", "parquet", "xlsx")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NATIVE_COLUMNS = tuple(c.column for c in columns("native"))

# A cell that starts so is run as a formula by spreadsheets.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What a spreadsheet's cell can hold.
CELL_CHARACTERS_MAX = 32_767
# Reproducible archives: the earliest time a zip file can say.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One report behind an incident, as far as an extract tells of it."""

    article_id: str
    source: str
    published_at_utc: str | None
    headline: str
    quote: str


@dataclass(frozen=True, slots=True)
class Exported:
    """An incident with the reports behind it, oldest first."""

    incident: Incident
    reports: tuple[SourceReport, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a shape cannot hold: the field, in how many of the incidents it matters, and how."""

    field: str
    incidents: int
    sentence: str


# --- reading -------------------------------------------------------------------------------------


def load_exported(
    db: Database, filters: Filters, *, assertion: str | None = "asserted", as_of: str | None = None, limit: int | None = None
) -> list[Exported]:
    """The incidents in these filters by date (undated last) and id, with the sentences they rest on; the first `limit` of them.

    `as_of` gives them as known on a publication day or time, with the reports known then.
    """
    with known_on(db, as_of) as then:
        return _load_exported(then, filters, assertion=assertion, limit=limit)


def load_losses(db: Database, filters: Filters, shape: str, *, as_of: str | None = None) -> tuple[Loss, ...]:
    """What a shape cannot hold of the incidents in these filters; see `loss_report`."""
    with known_on(db, as_of) as then:
        return loss_report(shape, _incidents(then, *where(filters), limit=None))


def _incidents(db: Database, condition: str, params: Sequence[Any], *, limit: int | None) -> list[Incident]:
    order = f"ORDER BY i.date_start IS NULL, i.date_start, i.incident_id{'' if limit is None else f' LIMIT {limit:d}'}"
    return [_incident(row) for row in _rows(db, f"SELECT i.* FROM incidents i WHERE {condition} {order}", params)]


def _load_exported(db: Database, filters: Filters, *, assertion: str | None, limit: int | None = None) -> list[Exported]:
    condition, params = where(filters, assertion=assertion)
    incidents = _incidents(db, condition, params, limit=limit)
    if limit is not None:
        params = [i.incident_id for i in incidents]
        condition = f"i.incident_id IN ({','.join('?' * len(params))})"
    behind: dict[str, list[SourceReport]] = {i.incident_id: [] for i in incidents}
    sql = (
        "SELECT ir.incident_id, r.report_id, a.article_id, a.source, a.effective_published_at_utc AS published, a.headline, a.text,"
        ' (SELECT json_group_array(json_array(e.start, e."end")) FROM evidence e WHERE e.report_id = r.report_id) AS spans'
        " FROM incidents i JOIN incident_reports ir USING (incident_id) JOIN reports r USING (report_id)"
        " JOIN published_articles a USING (article_id)"
        f" WHERE {condition} ORDER BY published IS NULL, published, r.report_id"
    )
    for row in _rows(db, sql, params):
        quote = key_sentence(row["text"], json.loads(row["spans"]))
        behind[row["incident_id"]].append(SourceReport(row["article_id"], row["source"], row["published"], row["headline"], quote))
    return [Exported(i, tuple(behind[i.incident_id])) for i in incidents]


def _rows(db: Database, sql: str, params: Sequence[Any]) -> Iterator[dict[str, Any]]:
    cursor = db.execute(sql, tuple(params))
    names = [d[0] for d in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _incident(row: dict[str, Any]) -> Incident:
    values = coded_from_row(row)
    return Incident(**(values | {"locked_fields": tuple(json.loads(row["locked_fields"])), "rules": json.loads(row["rules"])}))


def key_sentence(text: str, spans: Iterable[Sequence[int]]) -> str:
    """The sentence of a text that holds most of the evidence, the first of equals; empty without evidence."""
    marks = [(start, end) for start, end in spans]
    best, count = "", 0
    for start, end in sentence_spans(text):
        held = sum(start < e and s < end for s, e in marks)
        if held > count:
            best, count = text[start:end], held
    return re.sub(r"\s+", " ", best).strip()


# --- shapes --------------------------------------------------------------------------------------


def _records(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Actors, claims and sources as records without what is empty."""
    fields = ("name", "inter", "aliases", "actor_id", "actor", "stance", "quote", "by", "source", "kind")
    return [{f: v for f in fields if (v := getattr(item, f, None)) not in (None, "", ())} for item in items]


def native_row(e: Exported) -> dict[str, Any]:
    """The codebook's columns, lists as lists."""
    i = e.incident
    row: dict[str, Any] = {c: getattr(i, c, None) for c in NATIVE_COLUMNS}
    return row | {
        "modes": list(i.modes),
        "side_a": _records(i.side_a),
        "side_b": _records(i.side_b),
        "claims": _records(i.claims),
        "attributions": _records(i.attributions),
        "locked_fields": list(i.locked_fields),
        "rules": i.rules,
        "article_ids": list(dict.fromkeys(r.article_id for r in e.reports)),
        "quotes": [{"article_id": r.article_id, "source": r.source, "quote": r.quote} for r in e.reports if r.quote],
    }


@functools.cache
def _regions() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("regions.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["alpha2"]: row for row in csv.DictReader(file)}


GEO_PRECISION = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 3, 7: 3}
TIME_PRECISION = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3}
DISORDER = {
    "Battles": "Political violence",
    "Explosions/Remote violence": "Political violence",
    "Violence against civilians": "Political violence",
    "Protests": "Demonstrations",
    "Riots": "Demonstrations",
    "Strategic developments": "Strategic developments",
}
DISORDER_OF_SUB = {
    "Excessive force against protesters": "Political violence; Demonstrations",
    "Mob violence": "Political violence",
}


def acled_fatalities(incident: Incident) -> int:
    """Deaths as ACLED counts them, conservatively: low, else best, else 0."""
    return next((v for v in (incident.deaths_low, incident.deaths_best) if v is not None), 0)


def interaction(inter1: int | None, inter2: int | None) -> int | None:
    """ACLED's number for a pair of actors: the smaller code first, 0 for a missing one."""
    codes = sorted(c for c in (inter1, inter2) if c is not None)
    if not codes:
        return None
    return codes[0] * 10 + (codes[1] if len(codes) > 1 else 0)


def _civilians_targeted(i: Incident) -> bool:
    protesters = i.sub_event_type == "Excessive force against protesters" and any(a.inter == 6 for a in i.side_b)
    return protesters or any(a.inter == 7 for a in i.side_b)


def _country(code: str | None) -> str | None:
    return load_countries().name(code) if code else None


def acled_row(e: Exported) -> dict[str, Any]:
    """ACLED's columns."""
    i = e.incident
    a, b = (i.side_a[0] if i.side_a else None), (i.side_b[0] if i.side_b else None)
    region = _regions().get(i.country or "", {})
    return {
        "event_id_cnty": i.incident_id,
        "event_date": i.date_start,
        "year": int(i.date_start[:4]) if i.date_start else None,
        "time_precision": TIME_PRECISION.get(i.date_prec or 0),
        "disorder_type": DISORDER_OF_SUB.get(i.sub_event_type or "") or DISORDER.get(i.event_type or ""),
        "event_type": i.event_type,
        "sub_event_type": i.sub_event_type,
        "actor1": a.name if a else None,
        "assoc_actor_1": "; ".join(x.name for x in i.side_a[1:]) or None,
        "inter1": a.inter if a else None,
        "actor2": b.name if b else None,
        "assoc_actor_2": "; ".join(x.name for x in i.side_b[1:]) or None,
        "inter2": b.inter if b else None,
        "interaction": interaction(a.inter if a else None, b.inter if b else None),
        "civilian_targeting": "Civilian targeting" if _civilians_targeted(i) else None,
        "iso": int(region["iso_numeric"]) if region.get("iso_numeric") else None,
        "region": region.get("acled_region"),
        "country": _country(i.country),
        "admin1": i.admin1,
        "admin2": i.admin2,
        "admin3": None,
        "location": i.place_name,
        "latitude": i.latitude,
        "longitude": i.longitude,
        "geo_precision": GEO_PRECISION.get(i.where_prec or 0),
        "source": "; ".join(dict.fromkeys(r.source for r in e.reports if r.source)) or None,
        "source_scale": None,
        "notes": next((r.quote for r in e.reports if r.quote), None),
        "fatalities": acled_fatalities(i),
        "tags": "count=vague" if i.count_vague else None,
        "timestamp": _seconds(i.last_reported),
    }


def _seconds(moment: str | None) -> int | None:
    return int(_moment(moment).timestamp()) if moment else None


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


ARMED_GROUPS = frozenset({2, 3, 4})
STATES = frozenset({1, 8})


def type_of_violence(incident: Incident) -> int | None:
    """UCDP's type: 3 against civilians, 1 with a state on either side, 2 among armed groups; None for what is none."""
    a, b = {x.inter for x in incident.side_a}, {x.inter for x in incident.side_b}
    if b and b <= {6, 7} and a & (STATES | ARMED_GROUPS):
        return 3
    if (a & STATES and b & (STATES | ARMED_GROUPS)) or (b & STATES and a & ARMED_GROUPS):
        return 1
    return 2 if a & ARMED_GROUPS and b & ARMED_GROUPS else None


def priogrid_cell(latitude: float, longitude: float) -> int:
    """The PRIO-GRID cell of a point: half-degree cells counted from the south-west, 720 to a row."""
    row = min(math.floor((latitude + 90) * 2), 359)
    column = min(math.floor((longitude + 180) * 2), 719)
    return row * 720 + column + 1


def ucdp_row(e: Exported) -> dict[str, Any]:
    """UCDP GED's columns; what only UCDP can fill stays empty."""
    i = e.incident
    first = e.reports[0] if e.reports else None
    located = i.latitude is not None and i.longitude is not None
    side_a, side_b = (", ".join(x.name for x in side) or None for side in (i.side_a, i.side_b))
    row: dict[str, Any] = dict.fromkeys((c.column for c in columns("ucdp")), None)
    return row | {
        "id": i.incident_id,
        "relid": i.incident_id,
        "year": int(i.date_start[:4]) if i.date_start else None,
        "code_status": "Clear" if i.review_status in ("confirmed", "edited") else "Check",
        "type_of_violence": type_of_violence(i),
        "dyad_name": f"{side_a} - {side_b}" if side_a and side_b else None,
        "side_a": side_a,
        "side_b": side_b,
        "number_of_sources": i.number_of_sources,
        "source_article": ";".join(f'"{r.source},{(r.published_at_utc or "")[:10]},{r.headline}"' for r in e.reports) or None,
        "source_office": first.source or None if first else None,
        "source_date": first.published_at_utc[:10] if first and first.published_at_utc else None,
        "source_headline": first.headline or None if first else None,
        "source_original": "; ".join(dict.fromkeys(s.source for s in i.attributions)) or None,
        "where_prec": i.where_prec,
        "where_coordinates": i.place_name or i.admin1 or _country(i.country),
        "where_description": ", ".join(dict.fromkeys(x for x in (i.place_name, i.admin2, i.admin1) if x)) or None,
        "adm_1": i.admin1,
        "adm_2": i.admin2,
        "latitude": i.latitude,
        "longitude": i.longitude,
        "geom_wkt": f"POINT ({i.longitude} {i.latitude})" if located else None,
        "priogrid_gid": priogrid_cell(i.latitude, i.longitude) if i.latitude is not None and i.longitude is not None else None,
        "country": _country(i.country),
        "region": _regions().get(i.country or "", {}).get("ucdp_region") or None,
        "event_clarity": 2 if i.assertion == "aggregate" else 1,
        "date_prec": i.date_prec,
        "date_start": i.date_start,
        "date_end": i.date_end,
        "deaths_a": i.deaths_a,
        "deaths_b": i.deaths_b,
        "deaths_civilians": i.deaths_civilians,
        "deaths_unknown": i.deaths_unknown,
        "best": i.deaths_best,
        "high": i.deaths_high,
        "low": i.deaths_low,
    }


ROW_OF: dict[str, Callable[[Exported], dict[str, Any]]] = {"native": native_row, "acled": acled_row, "ucdp": ucdp_row}


# --- formats -------------------------------------------------------------------------------------


def neutralise(text: str) -> str:
    """The text so that no spreadsheet runs it: an apostrophe before what would be a formula; numbers stay."""
    if not text.startswith(FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _cell(value: Any) -> Any:
    """A value as one cell of text or number; None is an empty cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return neutralise(str(value))


def choose_columns(shape: str, names: Sequence[str] | None) -> tuple[Column, ...]:
    """The columns of these names in the codebook's order, all of a shape for None; SettingsError for a name it has not."""
    every = columns(shape)
    if names is None:
        return every
    wanted = set(names)
    if unknown := [name for name in names if name not in {c.column for c in every}]:
        raise SettingsError(f"{unknown[0]!r} is no column of the shape {shape}; there are {', '.join(c.column for c in every)}")
    if not wanted:
        raise SettingsError("an extract needs at least one column")
    return tuple(c for c in every if c.column in wanted)


def to_csv(kept: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows as CSV (RFC 4180 with line feeds), UTF-8 without a byte order mark, lists as JSON."""
    names = [c.column for c in kept]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = [_cell(row[name]) for name in names]
        # The writer quotes a line feed in a cell, and not a carriage return, at which a spreadsheet begins a row: "x\\r=cmd".
        writer.writerow(["" if c is None else c.replace("\r\n", "\n").replace("\r", "\n") if isinstance(c, str) else c for c in cells])
    return out.getvalue().encode("utf-8", errors="replace")


def to_geojson(
    kept: Sequence[Column], rows: Sequence[Mapping[str, Any]], exported: Sequence[Exported], *, receipt: Mapping[str, Any] | None = None
) -> bytes:
    """The rows as a GeoJSON FeatureCollection (RFC 7946), the receipt as its foreign member `receipt`.

    What has no coordinates, and what is known only by its country, has the geometry null: no false pin.
    """
    features = []
    for row, e in zip(rows, exported, strict=True):
        i = e.incident
        drawn = i.latitude is not None and i.longitude is not None and i.where_prec != 6
        geometry = {"type": "Point", "coordinates": [i.longitude, i.latitude]} if drawn else None
        properties = {c.column: row[c.column] for c in kept}
        features.append({"type": "Feature", "id": i.incident_id, "geometry": geometry, "properties": properties})
    collection = {"type": "FeatureCollection", **({"receipt": receipt} if receipt else {}), "features": features}
    return (json.dumps(collection, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", errors="replace")


ACTOR_TYPE = pa.struct([("name", pa.string()), ("inter", pa.int8()), ("aliases", pa.list_(pa.string())), ("actor_id", pa.string())])
CLAIM_TYPE = pa.struct([("actor", pa.string()), ("stance", pa.string()), ("quote", pa.string()), ("by", pa.string())])
QUOTE_TYPE = pa.struct([("article_id", pa.string()), ("source", pa.string()), ("quote", pa.string())])
LIST_TYPES: dict[str, pa.DataType] = {
    "side_a": pa.list_(ACTOR_TYPE),
    "side_b": pa.list_(ACTOR_TYPE),
    "claims": pa.list_(CLAIM_TYPE),
    "attributions": pa.list_(pa.struct([("source", pa.string()), ("kind", pa.string())])),
    "quotes": pa.list_(QUOTE_TYPE),
    "rules": pa.map_(pa.string(), pa.string()),
}
ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("s", tz="UTC"),
    "json": pa.list_(pa.string()),
}


def _arrow_value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "date":
        return dt.date.fromisoformat(value)
    if kind == "time":
        return _moment(value)
    if isinstance(value, dict):
        return list(value.items())
    return value


def to_parquet(kept: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, receipt: Mapping[str, Any] | None = None) -> bytes:
    """The rows as Parquet with typed columns: dates as dates, lists as lists of records; the receipt as metadata `receipt`."""
    fields = [pa.field(c.column, LIST_TYPES.get(c.column, ARROW_TYPES[c.kind]) if c.kind == "json" else ARROW_TYPES[c.kind],
                       metadata={"description": c.description}) for c in kept]  # fmt: skip
    data = {c.column: [_arrow_value(c.kind, row[c.column]) for row in rows] for c in kept}
    metadata = {"receipt": json.dumps(receipt, ensure_ascii=False)} if receipt else None
    table = pa.Table.from_pydict(data, schema=pa.schema(fields, metadata=metadata))
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def to_xlsx(
    kept: Sequence[Column], rows: Sequence[Mapping[str, Any]], losses: Sequence[Loss], *, receipt: Mapping[str, Any] | None = None
) -> bytes:
    """The rows as an Excel workbook: the incidents, what the columns mean, what the shape loses, and the receipt."""
    book = Workbook(write_only=True)
    book.properties.creator = "Dateline"
    book.properties.created = book.properties.modified = dt.datetime(*ZIP_EPOCH)  # noqa: DTZ001 - openpyxl takes no zone
    sheet = book.create_sheet("incidents")
    sheet.freeze_panes = "A2"
    sheet.append([c.column for c in kept])
    for row in rows:
        sheet.append([_xlsx_cell(c.kind, row[c.column]) for c in kept])
    meanings = book.create_sheet("columns")
    meanings.append(["column", "meaning", "values"])
    for c in kept:
        meanings.append([_xlsx_cell("text", x) for x in (c.column, c.description, c.values or None)])
    lost = book.create_sheet("not held")
    lost.append(["field", "incidents", "what is lost"])
    for loss in losses:
        lost.append([loss.field, loss.incidents, loss.sentence])
    if receipt:
        carried = book.create_sheet("receipt")
        for name, value in receipt.items():
            carried.append([name, _xlsx_cell("text", value)])
    out = io.BytesIO()
    book.save(out)
    return _without_times(out.getvalue())


def _xlsx_cell(kind: str, value: Any) -> Any:
    if kind == "date" and value:
        return dt.date.fromisoformat(value)
    cell = _cell(value)
    return ILLEGAL_CHARACTERS_RE.sub("", cell)[:CELL_CHARACTERS_MAX] if isinstance(cell, str) else cell


def _without_times(archive: bytes) -> bytes:
    """A zip archive with the same members, all of one fixed time: the same rows give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving over the one we set
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            fixed.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- the extract ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Extract:
    """A file with all that goes with it."""

    content: bytes
    receipt: Receipt
    kept: tuple[Column, ...]
    losses: tuple[Loss, ...]


def export(db: Database, filters: Filters, **options: Any) -> bytes:
    """The incidents in these filters as one file; see `make_extract`."""
    return make_extract(db, filters, **options)[0]


def make_extract(db: Database, filters: Filters, **options: Any) -> tuple[bytes, Receipt]:
    """The file of `extract` and its receipt."""
    made = extract(db, filters, **options)
    return made.content, made.receipt


def extract(
    db: Database,
    filters: Filters,
    *,
    shape: str = "native",
    format: str = "csv",
    assertion: str | None = "asserted",
    as_of: str | None = None,
    only: Sequence[str] | None = None,
) -> Extract:
    """The incidents in these filters as one file, as known on a publication day or time (None: now), with its receipt.

    Both are of one moment, whoever writes meanwhile. `only` names the columns that are wanted. SettingsError for a shape,
    format or column there is none of. GeoJSON carries the receipt as a member of the collection, Parquet in the schema's
    metadata, Excel on a sheet of its own; a CSV has room for none, its receipt goes beside it (`write_export`).
    """
    if shape not in SHAPES:
        raise SettingsError(f"{shape!r} is no shape of extract; there are {', '.join(SHAPES)}")
    if format not in FORMATS:
        raise SettingsError(f"{format!r} is no format of extract; there are {', '.join(FORMATS)}")
    kept = choose_columns(shape, only)
    with store.reading(db), known_on(db, as_of) as then:
        receipt = receipts.receipt_of(then, filters, assertion=assertion, as_of=as_of)
        exported = _load_exported(then, filters, assertion=assertion)
    rows = [ROW_OF[shape](e) for e in exported]
    losses = loss_report(shape, [e.incident for e in exported])
    carried = receipts.as_json(receipt)
    if format == "csv":
        content = to_csv(kept, rows)
    elif format == "geojson":
        content = to_geojson(kept, rows, exported, receipt=carried)
    elif format == "parquet":
        content = to_parquet(kept, rows, receipt=carried)
    else:
        content = to_xlsx(kept, rows, losses, receipt=carried)
    return Extract(content, receipt, kept, losses)


def write_export(db: Database, filters: Filters, path: Path, **options: Any) -> Receipt:
    """Write the extract to a file, see `extract` for the options and `write_extract`; the receipt."""
    made = extract(db, filters, **options)
    write_extract(made, path, format=options.get("format", "csv"))
    return made.receipt


def write_extract(made: Extract, path: Path, *, format: str) -> None:
    """Write an extract's file, whole or not at all, and a CSV's receipt to `FILE.receipt.json`."""
    if format == "csv":
        write_whole(receipt_path(path), receipts.as_file(made.receipt))
    write_whole(path, made.content)


def receipt_path(path: Path) -> Path:
    """Where the receipt of a CSV lies: beside it."""
    return path.with_name(f"{path.name}.receipt.json")


# --- what is lost --------------------------------------------------------------------------------

Test = Callable[[Incident], bool]


def _ranged(i: Incident) -> bool:
    return i.deaths_best is not None and (i.deaths_low, i.deaths_high) != (i.deaths_best, i.deaths_best)


def _split(i: Incident) -> bool:
    return any(v is not None for v in (i.deaths_a, i.deaths_b, i.deaths_civilians, i.deaths_unknown))


LOSSES: dict[str, tuple[tuple[str, Test, str], ...]] = {
    "native": (
        ("evidence", lambda i: True, "The sentence is quoted; where in the text each field's words stand is only in the store."),
        ("candidates", lambda i: i.number_of_reports > 1, "Values that other reports give, and lost, are only in the store."),
    ),
    "acled": (
        ("deaths_best", lambda i: i.deaths_best is None and i.deaths_low is None, "Deaths are not stated; fatalities says 0."),
        ("deaths_low to deaths_high", _ranged, "fatalities holds one figure, the lowest."),
        ("deaths_a to deaths_unknown", _split, "Deaths by party have no column."),
        ("injured", lambda i: i.injured_best is not None, "The injured have no column."),
        ("date_start", lambda i: i.date_start is None, "Undated: event_date is empty, which ACLED's own files never have."),
        ("date_end", lambda i: i.date_start != i.date_end, "event_date holds the first day of several."),
        ("latitude, longitude", lambda i: i.latitude is None, "Unlocated: coordinates are empty, which ACLED's own files never have."),
        ("where_prec", lambda i: (i.where_prec or 0) in (3, 4, 5, 6, 7), "Seven steps of place precision become three."),
        ("side_a", lambda i: not i.side_a, "The initiator is not known: actor1 is empty."),
        ("side_a, side_b", lambda i: len(i.side_a) > 1 or len(i.side_b) > 1, "Further actors share one cell, without codes."),
        ("modes", lambda i: bool(i.modes), "The means have no column."),
        ("claims", lambda i: bool(i.claims), "Claims and denials have no column."),
        ("attributions", lambda i: bool(i.attributions), "Whom the articles have it from has no column."),
    ),
    "ucdp": (
        ("deaths_best", lambda i: not (i.deaths_high or i.deaths_best), "No death is stated: UCDP itself would not list the event."),
        ("event_type", lambda i: True, "Event types become UCDP's three types of violence."),
        ("type_of_violence", lambda i: type_of_violence(i) is None, "None of the three types fits, or a side is not known."),
        ("injured", lambda i: i.injured_best is not None, "The injured have no column."),
        ("date_start", lambda i: i.date_start is None, "Undated: year and dates are empty, which UCDP's own files never have."),
        ("latitude, longitude", lambda i: i.latitude is None, "Unlocated: coordinates are empty, which UCDP's own files never have."),
        ("inter", lambda i: bool(i.side_a or i.side_b), "Interaction codes have no column; UCDP's own numbers are empty."),
        ("modes", lambda i: bool(i.modes), "The means have no column."),
        ("claims", lambda i: bool(i.claims), "Claims and denials have no column."),
    ),
}


def loss_report(shape: str, incidents: Sequence[Incident]) -> tuple[Loss, ...]:
    """What a shape cannot hold of these incidents, with how many each concerns; what concerns none is left out."""
    if shape not in SHAPES:
        raise SettingsError(f"{shape!r} is no shape of extract; there are {', '.join(SHAPES)}")
    counted = ((field, sum(map(test, incidents)), sentence) for field, test, sentence in LOSSES[shape])
    return tuple(Loss(field, n, sentence) for field, n, sentence in counted if n)
