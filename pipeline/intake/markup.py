"""XML and HTML without their dangers: no entity is resolved, nothing is loaded, and text comes out paragraph by paragraph."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html

from pipeline.errors import EncodingError, FormatError, UnsafeError
from pipeline.intake.files import decode, find_encoding

BLOCKS = frozenset(
    "p div article section main header footer aside nav h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tr blockquote pre figure figcaption hr "
    "address form fieldset body html hl1 hl2 block byline dateline tagline hedline td th".split()
)
SILENT = frozenset("script style noscript template head svg iframe object button select textarea".split())
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)


def parse_xml(content: bytes) -> Any:
    """The root element of an XML document. UnsafeError where it declares entities, FormatError, saying where, on what is no XML."""
    # lxml.etree has types for some of this only.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    check_entities(content)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as e:
        raise FormatError(f"it is not XML that can be read: {str(e)[:200]}") from e
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise UnsafeError("it declares entities of its own, which no wire's copy needs")
    return root


def check_entities(content: bytes) -> None:
    """UnsafeError where an XML document declares entities: they fetch files and addresses, or grow without end."""
    squeezed = content[:200_000].replace(b"\x00", b"")
    if re.search(rb"<!ENTITY", squeezed, re.IGNORECASE):
        raise UnsafeError("it declares entities of its own, which no wire's copy needs")


def local(element: Any) -> str:
    """An element's name without its namespace, in small letters; empty for comments."""
    return etree.QName(element).localname.casefold() if isinstance(element.tag, str) else ""


def find_all(root: Any, *names: str) -> list[Any]:
    """The elements below `root` of these names, whatever their namespace, in the order of the document."""
    wanted = set(names)
    return [e for e in root.iter() if local(e) in wanted]


def find_text(root: Any, *path: str) -> str:
    """The text of the first element reached by descending through these names; empty where there is none."""
    for name in path:
        root = next((e for e in root.iter() if e is not root and local(e) == name), None)
        if root is None:
            return ""
    return words_of(root)


def words_of(element: Any) -> str:
    """The words of an element and of all in it, on one line."""
    return " ".join(" ".join(element.itertext()).split())


def decode_page(content: bytes) -> tuple[str, str]:
    """An HTML page as text, and what its encoding was told by: its byte order mark, UTF-8 as it is, or what the page says."""
    encoding = find_encoding(content[:65_536])
    if encoding != "utf-8":
        return decode(content, encoding), f"its first bytes are those of {encoding}"
    try:
        return content.decode("utf-8"), "it is UTF-8"
    except UnicodeDecodeError:
        pass
    if m := _CHARSET.search(content[:8192]):
        name = m[1].decode("ascii").casefold()
        # What pages call Latin-1 is Windows-1252, says the HTML standard.
        name = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}.get(name, name)
        try:
            return content.decode(name, "replace"), f"the page says {name}"
        except LookupError:
            pass
    try:
        return decode(content, "utf-8"), "it is no UTF-8, so Windows-1252"
    except EncodingError:
        return content.decode("utf-8", "replace"), "it is UTF-8 with broken characters"


def parse_html(text: str) -> Any:
    """The root element of a page. FormatError where there is no element in it."""
    # lxml refuses text that has both an encoding declaration and no bytes.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "", text)
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=False, remove_comments=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as e:
        raise FormatError(f"it is not HTML that can be read: {str(e)[:200]}") from e
    return root


def text_of(root: Any) -> str:
    """The text of an element, a paragraph a line; scripts and styles left out."""
    pieces: list[str] = []
    silent = 0  # how many elements that are not shown the walk is inside of
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local(element)
        if event == "start":
            silent += name in SILENT
            if name in BLOCKS or name == "br":
                pieces.append("\n\n" if name != "br" else "\n")
            if not silent and name:
                pieces.append(_flat(element.text))
        else:
            silent -= name in SILENT
            if name in BLOCKS:
                pieces.append("\n\n")
            if element is not root and not silent:
                pieces.append(_flat(element.tail))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def looks_like_markup(text: str) -> bool:
    """Whether a field that ought to be text holds HTML."""
    return bool(re.search(r"<(?:p|br|div|h[1-6]|li|blockquote|span|figure)\b[^<>]*>", text, re.IGNORECASE))


def text_of_markup(text: str) -> str:
    """The text of a piece of HTML, a paragraph a line."""
    if not text.strip():
        return ""
    return text_of(parse_html(f"<html><body>{text}</body></html>"))
