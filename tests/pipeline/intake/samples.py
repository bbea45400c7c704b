"""One story of our own in every format that is read, as the programs and services that make such files write them."""

from __future__ import annotations

import gzip
import io
import json
import textwrap
import zipfile
from email.message import EmailMessage

HEADLINE = "Roadside bomb kills two near Kirkuk"
PARAGRAPHS = (
    "Two people were killed and five were wounded on Sunday when a roadside bomb hit a minibus near the northern Iraqi city of Kirkuk, "
    "police said.",
    "The bomb went off at about seven in the morning on the road to Daquq, a police captain at the scene told reporters. He said that the "
    "passengers were labourers on their way to a brick factory.",
    "A doctor at the city's general hospital said that two of the wounded were in a grave state and had been taken to Sulaymaniyah.",
    "No group said that it had laid the bomb. Islamic State fighters still attack patrols and villages in the hills south of the city.",
)
DAY, MOMENT = "2023-12-03", "2023-12-03T10:15:00Z"
OUTLET, AUTHOR, URL = "Tigris Example Wire", "Jane Roe", "https://wire.example/iraq/kirkuk-bomb"
BODY = "\n\n".join(PARAGRAPHS)


def page() -> bytes:
    story = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{HEADLINE} - {OUTLET}</title>
<link rel="canonical" href="{URL}"><meta property="og:site_name" content="{OUTLET}"><meta property="og:title" content="{HEADLINE}">
<meta property="article:published_time" content="2023-12-03T13:15:00+03:00"><meta name="author" content="{AUTHOR}"></head>
<body><nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>{HEADLINE}</h1>{story}</article>
<aside><h2>Related</h2><ul><li><a href="/1">Ministers meet in Basra over port tariffs</a></li></ul></aside>
<footer>Copyright 2023 {OUTLET}</footer></body></html>""".encode()


def rss() -> bytes:
    content = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{OUTLET}</title><link>https://wire.example/</link><language>en</language>
<item><title>{HEADLINE}</title><link>{URL}</link><guid isPermaLink="false">wire-4711</guid><dc:creator>{AUTHOR}</dc:creator>
<pubDate>Sun, 03 Dec 2023 10:15:00 GMT</pubDate><description>Two people were killed.</description>
<content:encoded><![CDATA[{content}]]></content:encoded></item></channel></rss>""".encode()


def atom() -> bytes:
    content = "".join(f"&lt;p&gt;{p}&lt;/p&gt;" for p in PARAGRAPHS)
    return f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{OUTLET}</title><id>urn:feed</id>
<updated>2023-12-03T10:20:00Z</updated><entry><title>{HEADLINE}</title><link href="{URL}"/><id>urn:wire:4711</id>
<author><name>{AUTHOR}</name></author><published>2023-12-03T10:15:00Z</published><updated>2023-12-03T10:20:00Z</updated>
<content type="html">{content}</content></entry></feed>""".encode()


def newsml(version: int = 1, status: str = "stat:usable", paragraphs: tuple[str, ...] = PARAGRAPHS) -> bytes:
    story = "".join(f"<p>{p}</p>" for p in paragraphs)
    return f"""<?xml version="1.0" encoding="UTF-8"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header>
<sent>2023-12-03T10:15:02Z</sent></header><itemSet><newsItem guid="urn:newsml:wire.example:20231203:4711" version="{version}"
standard="NewsML-G2" standardversion="2.33"><itemMeta><itemClass qcode="ninat:text"/><provider><name>{OUTLET}</name></provider>
<versionCreated>2023-12-03T10:15:00Z</versionCreated><firstCreated>2023-12-03T10:01:00Z</firstCreated><pubStatus qcode="{status}"/>
<edNote>Adds detail of the wounded</edNote></itemMeta><contentMeta><by>{AUTHOR}</by><headline>{HEADLINE}</headline>
<dateline>KIRKUK, Iraq, Dec 3</dateline><language tag="en"/></contentMeta><contentSet><inlineXML contenttype="application/xhtml+xml">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>no story</title></head><body>{story}</body></html></inlineXML></contentSet></newsItem>
<newsItem guid="urn:newsml:wire.example:20231203:4712" version="1"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta><contentSet>
<remoteContent href="a.jpg"/></contentSet></newsItem></itemSet></newsMessage>""".encode()


def nitf() -> bytes:
    story = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    return f"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.6/dtd/nitf-3-6.dtd"><nitf><head>
<title>{HEADLINE}</title><docdata><doc-id id-string="wire-4711" regsrc="TEW"/><date.issue norm="20231203T101500Z"/>
<ed-msg info="Adds detail"/></docdata><pubdata name="{OUTLET}"/></head><body><body.head><hedline><hl1>{HEADLINE}</hl1></hedline>
<byline>By <person>{AUTHOR}</person></byline><dateline><location>KIRKUK, Iraq</location><story.date norm="20231203">Dec 3</story.date>
</dateline></body.head><body.content><block>{story}</block></body.content></body></nitf>""".encode()


def ninjs(version: int = 1) -> bytes:
    item: dict[str, object] = {"uri": "urn:wire:4711", "type": "text", "versioncreated": "2023-12-03T10:15:00Z", "language": "en"}
    body = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    if version == 1:
        item |= {"headline": HEADLINE, "byline": AUTHOR, "source": OUTLET, "body_xhtml": body, "pubstatus": "usable"}
    else:
        item |= {
            "headlines": [{"role": "main", "value": HEADLINE}], "by": AUTHOR, "infoSources": [{"name": OUTLET}], "pubStatus": "usable",
            "bodies": [{"contentType": "application/xhtml+xml", "value": body}],
        }  # fmt: skip
    return json.dumps(item, indent=1).encode()


def mail() -> bytes:
    message = EmailMessage()
    message["From"] = f'"{OUTLET}" <desk@wire.example>'
    message["To"] = "reader@desk.example"
    message["Subject"] = f"Fwd: {HEADLINE}"
    message["Date"] = "Sun, 03 Dec 2023 13:15:00 +0300"
    message["Message-ID"] = "<4711@wire.example>"
    message.set_content("See the HTML part.")
    message.add_alternative("<html><body>" + "".join(f"<p>{p}</p>" for p in PARAGRAPHS) + "</body></html>", subtype="html")
    return message.as_bytes()


def mail_with_attachment() -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = "desk@wire.example", "The story", "<4712@wire.example>"
    message["Date"] = "Sun, 03 Dec 2023 13:15:00 +0300"
    message.add_attachment(docx(), maintype="application", filename="story.docx",
                           subtype="vnd.openxmlformats-officedocument.wordprocessingml.document")  # fmt: skip
    return message.as_bytes()


def mbox() -> bytes:
    return b"From desk@wire.example Sun Dec  3 10:15:00 2023\n" + mail() + b"\n\nFrom x@y.example Mon Dec  4 10:15:00 2023\n" + mail().replace(
        b"4711@", b"4713@"
    ).replace(b"Two people", b"Three people") + b"\n"  # fmt: skip


def docx() -> bytes:
    import docx as word

    document = word.Document()
    document.core_properties.title, document.core_properties.author = HEADLINE, AUTHOR
    for paragraph in PARAGRAPHS:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(lines: list[str] | None = None) -> bytes:
    """A PDF of one page, put together by hand: Helvetica, one line a text operator."""
    lines = lines if lines is not None else [HEADLINE, "", *_wrapped(BODY)]
    shown = "\n".join("0 -14 Td (" + line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ") Tj" for line in lines)
    stream = f"BT /F1 11 Tf 60 800 Td\n{shown}\nET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({HEADLINE}) /Author ({AUTHOR}) >>".encode(),
    ]  # fmt: skip
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _wrapped(text: str, width: int = 76) -> list[str]:
    """Lines as a typesetter breaks them, one word divided."""
    lines = [line for paragraph in text.split("\n\n") for line in (*textwrap.wrap(paragraph, width), "")]
    at = next(n for n, line in enumerate(lines) if "northern" in line)
    before, after = lines[at].split("northern")
    return [*lines[:at], f"{before}north-", f"ern{after} {lines[at + 1]}", *lines[at + 2 :]]


def rtf(text: str | None = None) -> bytes:
    body = (text if text is not None else f"{HEADLINE}\n\n{BODY}").replace("\\", "\\\\").replace("\n", "\\par\n")
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Times New Roman;}}{\\info{\\title " + HEADLINE + "}}\n\\f0\\fs24 " + body + "}"
    ).encode("cp1252")  # fmt: skip


def factiva_plain() -> str:
    return f"""
{HEADLINE}
By {AUTHOR}
112 words
3 December 2023
10:15
{OUTLET}
TIGW
English
Copyright 2023 {OUTLET}. All rights reserved.

{BODY}

Document TIGW000020231203ejc3000ab

Ministers meet in Basra over port tariffs
88 words
4 December 2023
{OUTLET}
TIGW
English
Copyright 2023 {OUTLET}. All rights reserved.

Ministers from five provinces met in Basra on Monday to talk about the tariffs of the port. They will meet again in spring.

Document TIGW000020231204ejc4000xy

Search Summary
Text            kirkuk
"""


def factiva_coded() -> str:
    return f"""SE  News
HD  {HEADLINE}
BY  By {AUTHOR}
WC  112 words
PD  3 December 2023
ET  10:15
SN  {OUTLET}
SC  TIGW
LA  English
CY  Copyright 2023 {OUTLET}

LP

{PARAGRAPHS[0]}

TD

{chr(10).join(p + chr(10) for p in PARAGRAPHS[1:])}

NS  gcrim : Crime | gvio : Civil Unrest
RE  iraq : Iraq
AN  Document TIGW000020231203ejc3000ab
"""


def nexis_old() -> str:
    return f"""                               1 of 2 DOCUMENTS


                              {OUTLET}

                             December 3, 2023 Sunday

{HEADLINE}

BYLINE: {AUTHOR}

SECTION: WORLD; Pg. 4

LENGTH: 112 words

DATELINE: KIRKUK

BODY:


   {(chr(10) * 2 + "   ").join(PARAGRAPHS)}

LOAD-DATE: December 4, 2023

LANGUAGE: ENGLISH

PUBLICATION-TYPE: Newspaper

                   Copyright 2023 {OUTLET}
                              All Rights Reserved

                               2 of 2 DOCUMENTS

                              {OUTLET}

                             December 4, 2023 Monday

Ministers meet in Basra over port tariffs

LENGTH: 88 words

BODY:

   Ministers from five provinces met in Basra on Monday to talk about the tariffs of the port. They will meet again in spring.

LOAD-DATE: December 4, 2023
"""


def nexis_new() -> str:
    return f"""{HEADLINE}
{OUTLET}
December 3, 2023 Sunday 10:15 AM GMT

Copyright 2023 {OUTLET} All Rights Reserved

Section: WORLD; Pg. 4
Length: 112 words
Byline: {AUTHOR}
Dateline: KIRKUK

Body

{BODY}

Classification

Language: ENGLISH

Load-Date: December 3, 2023

End of Document
"""


def warc(compressed: bool = True) -> bytes:
    """A web archive of three records, each a gzip member of its own where it is compressed."""
    out = b""
    for number, (url, kind, status, content) in enumerate(
        (
            (URL, "text/html; charset=utf-8", "200 OK", page()),
            ("https://wire.example/logo.png", "image/png", "200 OK", b"\x89PNG"),
            ("https://wire.example/gone", "text/html", "404 Not Found", b"<html><body>Not here</body></html>"),
        )
    ):
        block = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-00000000000{number}>\r\n"
            f"WARC-Target-URI: {url}\r\nWARC-Date: 2023-12-05T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        ).encode()
        record = head + block + b"\r\n\r\n"
        out += gzip.compress(record) if compressed else record
    return out


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def wacz() -> bytes:
    return zipped(
        ("datapackage.json", b'{"profile": "data-package"}'), ("archive/data.warc.gz", warc()), ("indexes/index.cdx.gz", b"\x1f\x8b"),
        ("pages/pages.jsonl", b'{"format": "json-pages-1.0"}\n'),
    )  # fmt: skip


# Name of the file -> what makes it. Each holds the story once, whole.
SAMPLES = {
    "story.html": page, "feed.xml": rss, "atom.xml": atom, "item.newsml.xml": newsml, "item.nitf.xml": nitf, "item.json": ninjs,
    "item2.json": lambda: ninjs(2), "letter.eml": mail, "letter-docx.eml": mail_with_attachment, "story.docx": docx, "story.pdf": pdf,
    "story.rtf": rtf, "factiva.txt": lambda: factiva_plain().encode(), "factiva-coded.txt": lambda: factiva_coded().encode(),
    "factiva.rtf": lambda: rtf(factiva_plain()), "nexis.txt": lambda: nexis_old().encode(), "nexis-uni.txt": lambda: nexis_new().encode(),
    "nexis.rtf": lambda: rtf(nexis_new()), "crawl.warc": lambda: warc(compressed=False), "crawl.warc.gz": warc, "crawl.wacz": wacz,
    "all.zip": lambda: zipped(("in/story.html", page())), "story.html.gz": lambda: gzip.compress(page()),
    "nested.zip": lambda: zipped(("inner.zip", zipped(("story.pdf", pdf())))),
}  # fmt: skip
