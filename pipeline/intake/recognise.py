"""What a file is, told by its first bytes; its name only where those leave it open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.errors import FormatError
from pipeline.intake import factiva, jsons, nexis, tables
from pipeline.intake.files import check_is_text, find_encoding

# Kind -> what such a file is called.
KINDS = {
    "text": "plain text",
    "lines": "JSON Lines",
    "json": "a JSON document",
    "table": "a table (CSV or TSV)",
    "page": "an HTML page",
    "feed": "an RSS or Atom feed",
    "newsml": "NewsML-G2",
    "nitf": "NITF",
    "factiva": "a Factiva export",
    "nexis": "a Nexis export",
    "mail": "an e-mail",
    "mbox": "a mailbox (mbox)",
    "warc": "a web archive (WARC)",
    "zip": "a ZIP archive (WACZ and DOCX are told by what is in it)",
    "gzip": "a gzip file",
    "pdf": "a PDF document",
    "rtf": "an RTF document",
}  # fmt: skip

_ROOTS = {
    "rss": "feed", "feed": "feed", "rdf": "feed", "newsmessage": "newsml", "newsitem": "newsml", "packageitem": "newsml",
    "nitf": "nitf", "html": "page",
}  # fmt: skip
# What may stand before the root of an XML document.
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]|\[.*?\])*>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"\s*<(?:[\w.-]+:)?(?P<name>[A-Za-z][\w.-]*)")
_TAGS = frozenset(
    "html head body title meta link div p article main section header table span h1 h2 h3 ul ol blockquote a b i em strong".split()
)
_MAIL_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]{1,40}):(?: |\t|\r?$)")
# A text's own head has Date and Subject too; only letters have these.
_MAIL_ONLY = frozenset("message-id mime-version received return-path delivered-to dkim-signature x-mailer list-id list-unsubscribe".split())
_MAIL_USUAL = frozenset("from to subject date cc reply-to content-type content-transfer-encoding sender".split())
MBOX_LINE = re.compile(rb"From \S+ .*\d{1,2}:\d\d.*\d{4}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of KINDS, the encoding of those that are text, and what it was told by."""

    name: str
    why: str
    encoding: str = ""


def recognise(head: bytes, name: str) -> Kind:
    """The kind of a file by its first bytes. FormatError or EncodingError where it is none that is read."""
    if kind := _by_magic(head):
        return kind
    check_is_text(head)
    encoding = find_encoding(head)
    sample = head.decode(encoding, "replace").lstrip("\ufeff")
    suffix = PurePosixPath(name.partition("#")[0]).suffix.casefold()
    if MBOX_LINE.match(head) and _is_mail(sample.partition("\n")[2], suffix=".eml"):
        return Kind("mbox", "it opens with a mailbox's From line", encoding)
    if sample.lstrip().startswith("<") and (kind := _by_root(sample, suffix, encoding)):
        return kind
    if suffix not in (".txt", ".csv", ".tsv") and _is_mail(sample, suffix):
        return Kind("mail", "it opens with the head of a letter", encoding)
    return _by_text(sample, suffix, encoding)


def _by_magic(head: bytes) -> Kind | None:
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    for magic, kind in ((b"%PDF-", "pdf"), (b"{\\rtf", "rtf")):
        if start.startswith(magic):
            return Kind(kind, f"it opens with {magic.decode()}")
    for magic, kind in ((b"PK\x03\x04", "zip"), (b"\x1f\x8b", "gzip"), (b"WARC/", "warc")):
        if head.startswith(magic):
            return Kind(kind, f"its first bytes are those of {KINDS[kind].partition(' (')[0]}")
    return None


def _by_root(sample: str, suffix: str, encoding: str) -> Kind | None:
    at = 0
    while m := _PROLOG.match(sample, at):
        at = m.end()
    root = _ROOT.match(sample, at)
    if root is None:
        return Kind("page", "it opens like a page", encoding) if suffix in (".html", ".htm", ".xhtml") or at else None
    name = root["name"].casefold()
    if kind := _ROOTS.get(name):
        return Kind(kind, f"its root element is <{root['name']}>", encoding)
    if name in _TAGS or suffix in (".html", ".htm", ".xhtml"):
        return Kind("page", f"it opens with <{root['name']}>", encoding)
    if sample.lstrip().startswith("<?xml") or suffix == ".xml":
        raise FormatError(f"it is an XML document of a kind that is not read: its root element is {root['name'][:60]!r}")
    return None


def _is_mail(sample: str, suffix: str) -> bool:
    names: list[str] = []
    for line in sample.splitlines()[:100]:
        if not line.strip():
            break
        if line[0].isspace() and names:
            continue
        m = _MAIL_HEADER.match(line)
        if not m:
            return False
        names.append(m["name"].casefold())
    sure, usual = set(names) & _MAIL_ONLY, set(names) & _MAIL_USUAL
    return bool(sure and usual) or (suffix in (".eml", ".mht", ".mhtml") and len(usual) >= 2)


def _by_text(sample: str, suffix: str, encoding: str) -> Kind:
    start = sample.lstrip("\ufeff \t\r\n")
    if jsons.looks_like_lines(sample):
        kind = "lines" if suffix != ".json" or "\n" in start.rstrip() else "json"
        return Kind(kind, "its first line is one JSON object", encoding)
    if suffix in (".jsonl", ".ndjson"):
        return Kind("lines", f"its name ends in {suffix}", encoding)
    opens_json = start.startswith(("[{", "[\n", "[\r", "{\n", "{\r", '{"', "[ {")) and suffix not in (".csv", ".tsv")
    if suffix == ".json" or opens_json:
        return Kind("json", "it opens with a bracket of JSON" if opens_json else "its name ends in .json", encoding)
    names_columns = tables.looks_like_table(sample)
    if names_columns or suffix in (".csv", ".tsv", ".tab"):
        return Kind("table", "its first line names columns" if names_columns else f"its name ends in {suffix}", encoding)
    if factiva.looks_like_factiva(sample):
        return Kind("factiva", 'its articles end in "Document" and a Factiva number', encoding)
    if nexis.looks_like_nexis(sample):
        return Kind("nexis", "it has the lines that Nexis sets around an article", encoding)
    return Kind("text", "it is text of no other kind", encoding)
