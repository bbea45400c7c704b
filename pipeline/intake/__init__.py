"""Files -> Articles: one reader a format, told apart by content; what is not taken is refused by name and reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import DatelineError, FormatError, RefusedError, UnreadableError, UnsafeError
from pipeline.intake import archives, documents, factiva, feeds, files, jsons, mails, nexis, pages, plain, tables, wires
from pipeline.intake.blobs import MAX_DOCUMENT_BYTES, Blob, blob_of_bytes, blob_of_path
from pipeline.intake.columns import map_columns, plain_value
from pipeline.intake.files import find_files
from pipeline.intake.found import Found, guarded
from pipeline.intake.markup import decode_page, looks_like_markup, parse_html, text_of, text_of_markup
from pipeline.intake.normalise import make_article
from pipeline.intake.publication import parse_published
from pipeline.intake.recognise import KINDS, Kind, recognise
from pipeline.intake.refusal import Refusal, refuse
from pipeline.models import Article
from pipeline.settings import MAX_TEXT_BYTES

__all__ = ["Explain", "Explanation", "Refusal", "find_files", "make_article", "read_blob", "read_bytes", "read_path"]

# Our fields in the order they are explained.
EXPLAINED = ("headline", "published", "source", "byline", "agency", "dateline", "language", "url", "external_id", "note", "text")

# How a refusal begins that is a fault of ours.
BROKE = "reading it broke"

# What a kind was told by where that was known before its bytes were looked at.
_TOLD_BY = {"docx": "it holds word/document.xml"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one item was recognised as, and how each field of its article was got: (field, value, how)."""

    item: str
    kind: str
    why: str
    fields: tuple[tuple[str, str, str], ...] = ()


Explain = Callable[[Explanation], None]


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for a whole reading: the date of those that have none, the names of columns, who wants to know how."""

    published: str | None = None
    columns: Mapping[str, str] | None = None
    explain: Explain | None = None


def read_path(
    path: Path,
    *,
    published: str | None = None,
    columns: Mapping[str, str] | None = None,
    root: Path | None = None,
    is_named: bool = False,
    explain: Explain | None = None,
) -> Iterator[Article | Refusal]:
    """The articles of one file, archives opened, and the refusals of what in it is none; never raises for what the file holds.

    `published` is used where nothing else dates an article; `columns` names a file's own columns
    (field -> name); items and file names are told relative to `root`, out of which no link may lead unless somebody
    named the file itself (`is_named`); `explain` is called with the
    Explanation of each article. SettingsError on a field that `columns` makes up, DateError on a
    `published` that is no date.
    """
    parse_published(published)
    name = files.item_name(path, root)
    size = 0
    try:
        if root is not None and root.is_dir() and not is_named and files.leads_out(path, root):
            raise UnsafeError("it is a link that leads out of its folder; name the file itself if that is meant")
        size = files.check_file(path)
        before = files.mark_of(path)
    except RefusedError as e:
        yield refuse(e, name, None, size=size)
        return
    blob = blob_of_path(path, name, size)
    held: Article | Refusal | None = None
    number = 0
    for item in read_blob(blob, published=published, columns=columns, explain=explain):
        if held is not None:
            yield held
        held, number = item, number + 1
    changed = files.mark_of(path) != before
    if changed:
        yield refuse(UnreadableError("it changed while it was read; bring it in again when it is whole"), name, None, size=size)
    # Of a file of many articles, what came whole stays; the one article of a file may be half of it.
    if held is not None and (number > 1 or not changed):
        yield held


def read_bytes(
    content: bytes, name: str, *, given: Mapping[str, str] | None = None, published: str | None = None,
    columns: Mapping[str, str] | None = None, explain: Explain | None = None,
) -> Iterator[Article | Refusal]:  # fmt: skip
    """The articles of bytes that are no file, as a page that was fetched; `given` is what is known of them from outside."""
    if not content:
        yield Refusal(name, "read", "it is empty", b"", 0)
        return
    yield from read_blob(blob_of_bytes(name, content, given=given), published=published, columns=columns, explain=explain)


def read_blob(
    blob: Blob, *, published: str | None = None, columns: Mapping[str, str] | None = None, explain: Explain | None = None
) -> Iterator[Article | Refusal]:
    """The articles of a blob and of all that lies in it; see `read_path`."""
    yield from _read(blob, _Context(published, columns, explain))


def _read(blob: Blob, context: _Context) -> Iterator[Article | Refusal]:
    head: bytes | None = None
    try:
        head = blob.head()
        if not head:
            raise UnreadableError("it is empty")
        kind = Kind(blob.kind, _TOLD_BY.get(blob.kind, "")) if blob.kind else recognise(head, blob.name)
        for found in _READERS[kind.name](blob, kind, context):
            if isinstance(found, Blob):
                yield from _read(found, context)
            else:
                yield _take(found, blob, kind, context)
    except RefusedError as e:
        yield refuse(e, blob.name, head, size=blob.size)
    except DatelineError:
        raise
    except Exception as e:
        # A fault of ours that some bytes bring out must not keep the others from being read.
        yield refuse(FormatError(f"{BROKE} ({type(e).__name__}: {str(e)[:200]})"), blob.name, head, size=blob.size)


def _take(found: Found, blob: Blob, kind: Kind, context: _Context) -> Article | Refusal:
    if isinstance(found.fields, RefusedError):
        return refuse(found.fields, found.item, found.content)
    try:
        values, how = _own_fields(found, context) if found.own_names else (dict(found.fields), dict(found.how))
        for name, value in blob.given.items():
            if value and not values.get(name):
                values[name], how[name] = value, blob.why or "what is known from outside"
        if looks_like_markup(values.get("text", "")) and kind.name in ("lines", "json", "table"):
            with guarded("the HTML in its text"):
                values["text"] = text_of_markup(values["text"])
            how["text"] = f"{how.get('text', 'text')}, HTML taken off"
        article = _make(values, blob.name if blob.depth or kind.name in ("lines", "json", "table") else found.item, context)
    except RefusedError as e:
        return refuse(e, found.item, found.content)
    if context.explain:
        context.explain(_explain(found.item, kind, blob, article, values, how))
    return article


def _own_fields(found: Found, context: _Context) -> tuple[dict[str, str], dict[str, str]]:
    """Our fields of a record under its own names."""
    record: Mapping[str, Any] = found.fields  # type: ignore[assignment]
    if context.columns is None and wires.is_ninjs(record):
        with guarded("a ninjs item"):
            values, how = wires.ninjs_fields(record)
        return values, how | {"kind": "ninjs, by its keys"}
    mapping = map_columns((key for key in record if isinstance(key, str)), context.columns)
    return {f: plain_value(record[key]) for f, key in mapping.items()}, {f: f"column {key!r}" for f, key in mapping.items()}


def _make(values: Mapping[str, str], name: str, context: _Context) -> Article:
    dated = parse_published(values.get("published"))
    return make_article(
        text=values.get("text", ""),
        headline=values.get("headline", ""),
        published=dated or context.published,
        published_source="metadata" if dated else "given",
        source=values.get("source", ""),
        url=values.get("url", ""),
        byline=values.get("byline", ""),
        file_name=name,
        note=values.get("note", ""),
        external_id=values.get("external_id", ""),
        language=values.get("language"),
    )


def _explain(item: str, kind: Kind, blob: Blob, article: Article, values: Mapping[str, str], how: Mapping[str, str]) -> Explanation:
    told_by = {"text": "a line of the text", "filename": "the file's name", "given": "--published", None: ""}
    rows: list[tuple[str, str, str]] = []
    for name in EXPLAINED:
        value = article.published_at_utc if name == "published" else getattr(article, name)
        if name == "published" and article.published_source != "metadata":
            reason = told_by.get(article.published_source, "")
        elif name in ("agency", "dateline") or not values.get(name):
            reason = "the layout of the text" if name != "language" else "the text's own words"
        else:
            reason = how.get(name, "")
        if name == "text":
            kinds = sorted({p.kind for p in article.parts})
            value = f"{len(article.text):,} characters; parts: {', '.join(kinds)}"
            reason = how.get("text") or "the whole file"
        if value:
            rows.append((name, str(value), reason))
    called = "a Word document (DOCX)" if kind.name == "docx" else KINDS[kind.name].partition(" (WACZ")[0]
    if "kind" in how:
        called = f"{called}: {how['kind']}"
    return Explanation(item, called, "; ".join(filter(None, [kind.why, blob.why])), tuple(rows))


# --- one reader a kind --------------------------------------------------------------------------


def _read_text(blob: Blob, kind: Kind, _: _Context) -> Iterator[Found]:
    content = blob.whole(MAX_TEXT_BYTES)
    fields, body = plain.split_head(files.decode(content, kind.encoding))
    how = dict.fromkeys(fields, "the head of the text")
    yield Found(blob.name, dict(fields) | {"text": body}, content, how)


def _read_export(blob: Blob, kind: Kind, _: _Context) -> Iterator[Found]:
    content = blob.whole(MAX_DOCUMENT_BYTES)
    yield from _split(files.decode(content, kind.encoding), kind.name, blob, content)


def _split(text: str, kind: str, blob: Blob, content: bytes) -> Iterator[Found]:
    splitter = factiva.split_factiva if kind == "factiva" else nexis.split_nexis
    with guarded(KINDS[kind]):
        parts = list(splitter(text))
    for number, part in enumerate(parts, start=1):
        name = blob.name if len(parts) == 1 else f"{blob.name}#{number}"
        if isinstance(part, RefusedError):
            yield Found(name, part, content)
        else:
            fields, how = part
            yield Found(name, fields, fields.get("text", "").encode(), how | {"kind": f"{KINDS[kind].removeprefix('a ')} in it"})


def _export_in(text: str) -> str:
    """factiva or nexis where a document's text is one of their downloads, else empty."""
    return "factiva" if factiva.looks_like_factiva(text) else "nexis" if nexis.looks_like_nexis(text) else ""


def _read_records(blob: Blob, kind: Kind, context: _Context) -> Iterator[Found]:
    if kind.name == "lines":
        records = jsons.read_json_lines(blob, kind.encoding)
    elif kind.name == "table":
        records = tables.read_table(blob, kind.encoding, context.columns)
    else:
        records = jsons.read_json_document(files.decode(blob.whole(MAX_TEXT_BYTES), kind.encoding), blob.name)
    for item, record, content in records:
        yield Found(item, record, content, own_names=True)


def _read_page(blob: Blob, _: Kind, __: _Context) -> Iterator[Found]:
    content = blob.whole(pages.MAX_PAGE_BYTES)
    if any(word in content for word in (b"Factiva", b"enArticle", b"LOAD-DATE", b"Load-Date", b"End of Document")):
        with guarded("an HTML page"):
            text = text_of(parse_html(decode_page(content)[0]))
        if export := _export_in(text):
            yield from _split(text, export, blob, content)
            return
    yield from pages.read_page(content, blob.name, given=blob.given)


def _read_feed(blob: Blob, _: Kind, __: _Context) -> Iterator[Found]:
    yield from feeds.read_feed(blob.whole(feeds.MAX_FEED_BYTES), blob.name, url=blob.given.get("url", ""))


def _read_wire(blob: Blob, kind: Kind, _: _Context) -> Iterator[Found]:
    content = blob.whole(wires.MAX_WIRE_BYTES)
    yield from (wires.read_newsml if kind.name == "newsml" else wires.read_nitf)(content, blob.name)


def _read_document(blob: Blob, kind: Kind, _: _Context) -> Iterator[Found]:
    content = blob.whole(MAX_DOCUMENT_BYTES)
    reader = {"docx": documents.read_docx, "pdf": documents.read_pdf, "rtf": documents.read_rtf}[kind.name]
    fields, how = reader(content)
    if export := _export_in(fields["text"]):
        yield from _split(fields["text"], export, blob, content)
        return
    head, body = plain.split_head(fields["text"])
    fields |= head | {"text": body}
    yield Found(blob.name, fields, content, how | dict.fromkeys(head, "the head of the text"))


def _read_mail(blob: Blob, _: Kind, __: _Context) -> Iterator[Found | Blob]:
    archives.check_depth(blob)
    yield from mails.read_mail(blob.whole(MAX_DOCUMENT_BYTES), blob.name, blob)


def _read_mbox(blob: Blob, _: Kind, __: _Context) -> Iterator[Found | Blob]:
    archives.check_depth(blob)
    for number, letter in mails.split_mbox(blob):
        name = f"{blob.name}#{number}"
        if isinstance(letter, RefusedError):
            yield Found(name, letter, b"")
        else:
            yield replace(blob.inside(name, letter, why=f"letter {number} of the mailbox"), depth=blob.depth, kind="mail")


def _read_zip(blob: Blob, _: Kind, __: _Context) -> Iterator[Found | Blob]:
    yield from archives.read_zip(blob)


def _read_gzip(blob: Blob, _: Kind, __: _Context) -> Iterator[Found | Blob]:
    yield from archives.read_gzip(blob)


def _read_warc(blob: Blob, _: Kind, __: _Context) -> Iterator[Found | Blob]:
    yield from archives.read_warc(blob)


_READERS: Mapping[str, Callable[[Blob, Kind, _Context], Iterator[Found | Blob]]] = {
    "text": _read_text, "lines": _read_records, "json": _read_records, "table": _read_records, "page": _read_page, "feed": _read_feed,
    "newsml": _read_wire, "nitf": _read_wire, "factiva": _read_export, "nexis": _read_export, "mail": _read_mail, "mbox": _read_mbox,
    "warc": _read_warc, "zip": _read_zip, "gzip": _read_gzip, "pdf": _read_document, "rtf": _read_document, "docx": _read_document,
}  # fmt: skip
