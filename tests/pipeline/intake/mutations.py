"""Inputs for tests that damage files: whole ones of every kind, scraps of formats, and what is done to a file."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.pipeline.intake import samples
from tests.pipeline.intake.layouts import LAYOUTS, STORIES

SCRAPS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"<!ENTITY x 'y'>", b"<p>", b"</p>" * 20, b"<div>" * 300, b"\x00", b"\xff\xfe", b"\r\n\r\n",
    b"--b--", b"=\r\n", b"=?utf-8?B?////?=", b"Content-Type: multipart/mixed; boundary=b\r\n", b"{", b"}" * 50, b"{\\", b"\\u-1 ", b"\\'ff", b"\\bin9999999 ",
    b"PK\x03\x04", b"PK\x05\x06", b"endobj", b"stream", b"<<" * 200, b"[" * 3000, b"/Kids [2 0 R]", b"99999999999999999999", b"-1", b"WARC/1.0\r\n",
    b"Content-Length: 99999999\r\n", b"\x1f\x8b\x08", b"2023-99-99", b"1e400", b"null", b"\\ud800".replace(b"\\", b"\\"), b"From a b 10:00 2023\n",
    b"Document ABCDEF0000020231203abcdef\n", b"End of Document\n", b"Body\n", b"HD  x\n", b"\xed\xa0\x80", b"\xe2\x80\xae", b"a" * 5000,
)  # fmt: skip
TEXT = (
    f"UPDATE 2-{samples.HEADLINE}\n\nBy Jane Roe\n\n3 December 2023\n\nKIRKUK, Iraq, Dec 3 (Reuters) - {samples.BODY}\n\n"
    "(Reporting by A B; Editing by C D)\n"
)
LINES = (
    '{"article_id": "a1", "published": "2023-12-03T10:15:00Z", "source": "Wire", "headline": "Two die", "text": "Two died in Kirkuk."}\n'
    * 2
)
JSON = '{"articles": [{"title": "Two die", "published": "2023-12-03", "content": "Two people died in Kirkuk on Sunday, the police said."}]}'
TABLE = 'title,text,published,source\n"Two die","Two people died, said ""police"" in\nKirkuk.",2023-12-03,Wire\nOne,"Three died.",3 Dec 2023,Post\n'


@dataclass(frozen=True, slots=True)
class Family:
    """A reader's inputs: whole ones, the name they have as files, and what is put around each before it is read."""

    name: str
    seeds: tuple[bytes, ...]
    wrap: Callable[[bytes], bytes] = bytes


def _in_docx(content: bytes) -> bytes:
    """A Word document with this as its text, whole otherwise: damage to a packed file hardly ever gets past its check sums."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(samples.docx())) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == "word/document.xml" else old.read(info))
    return out.getvalue()


def _document_xml() -> bytes:
    with zipfile.ZipFile(io.BytesIO(samples.docx())) as document:
        return document.read("word/document.xml")


def _families() -> dict[str, Family]:
    pages = (samples.page(), *(layout(story).encode() for layout in LAYOUTS for story in STORIES))
    factiva, coded = samples.factiva_plain(), samples.factiva_coded()
    old, new = samples.nexis_old(), samples.nexis_new()
    return {
        "text": Family("story.txt", (TEXT.encode(), TEXT.encode("utf-16"), samples.BODY.encode("cp1252", "replace"))),
        "lines": Family("many.jsonl", (LINES.encode(), LINES.encode("utf-16"))),
        "json": Family("all.json", (JSON.encode(), b"[" + LINES.strip().replace("\n", ",").encode() + b"]")),
        "table": Family("all.csv", (TABLE.encode(), TABLE.replace(",", "\t").encode())),
        "page": Family("story.html", pages),
        "feed": Family("feed.xml", (samples.rss(), samples.atom())),
        "newsml": Family("item.xml", (samples.newsml(), samples.newsml(3))),
        "nitf": Family("item.xml", (samples.nitf(),)),
        "ninjs": Family("item.json", (samples.ninjs(), samples.ninjs(2))),
        "mail": Family("letter.eml", (samples.mail(), samples.mail_with_attachment())),
        "mbox": Family("box.mbox", (samples.mbox(),)),
        "factiva": Family("export.txt", (factiva.encode(), coded.encode())),
        "nexis": Family("export.txt", (old.encode(), new.encode())),
        "rtf": Family("export.rtf", (samples.rtf(), samples.rtf(factiva), samples.rtf(new))),
        "pdf": Family("story.pdf", (samples.pdf(),)),
        "docx": Family("story.docx", (samples.docx(),)),
        "docx, inside": Family("story.docx", (_document_xml(),), _in_docx),
        "warc": Family("crawl.warc", (samples.warc(compressed=False),)),
        "warc, packed": Family("crawl.warc.gz", (samples.warc(),)),
        "wacz, inside": Family("crawl.wacz", (samples.warc(compressed=False),), lambda content: samples.zipped(
            ("datapackage.json", b'{"profile": "data-package"}'), ("archive/data.warc", content))),
        "zip": Family("all.zip", tuple(samples.SAMPLES[name]() for name in ("all.zip", "nested.zip", "crawl.wacz"))),
        "gzip": Family("story.html.gz", (samples.SAMPLES["story.html.gz"](),)),
        "gzip, inside": Family("story.gz", (samples.page(), LINES.encode(), samples.mbox()), gzip.compress),
    }  # fmt: skip


FAMILIES: Mapping[str, Family] = _families()


def mutate(rng: random.Random, content: bytes) -> bytes:
    """The content with one to six of its stretches cut, doubled, swapped, overwritten or stuffed."""
    data = bytearray(content)
    for _ in range(rng.randrange(1, 7)):
        a = rng.randrange(len(data) + 1)
        b = min(len(data), a + rng.choice((1, 2, 8, 64, 512)))
        kind = rng.randrange(6)
        if kind == 0:
            del data[a:b]
        elif kind == 1:
            data[a:a] = data[a:b] * rng.choice((1, 2, 40))
        elif kind == 2:
            data[a:b] = rng.randbytes(b - a)
        elif kind == 3:
            data[a:a] = rng.choice(SCRAPS)
        elif kind == 4 and data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        else:
            c = rng.randrange(len(data) + 1)
            data[a:a] = data[c : c + 200]
    return bytes(data)
