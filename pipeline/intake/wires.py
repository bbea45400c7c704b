"""The wires' own formats -> Articles: NewsML-G2, NITF and ninjs, after the IPTC's specifications."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import EmptyError, FormatError, RefusedError
from pipeline.intake.found import Found, fields_of, first, guarded, without_by
from pipeline.intake.markup import find_all, find_text, local, parse_xml, text_of, text_of_markup, words_of

# One message holds a day of a wire at most, in bytes.
MAX_WIRE_BYTES = 50_000_000


# --- NewsML-G2 ----------------------------------------------------------------------------------


def read_newsml(content: bytes, item: str) -> Iterator[Found]:
    """The text items of a NewsML-G2 document, each an article; what is a picture or a package is passed over.

    FormatError where there is no item at all, EmptyError where none holds a text. An item that its
    wire has cancelled or withheld is refused by that name.
    """
    with guarded("a NewsML-G2 document"):
        root = parse_xml(content)
        items = find_all(root, "newsitem")
    if not items:
        raise FormatError("it is NewsML-G2 without a news item (a package or a list, most likely)")
    taken = 0
    for number, node in enumerate(items, start=1):
        name = item if len(items) == 1 else f"{item}#{number}"
        try:
            with guarded("a NewsML-G2 item"):
                found = _newsml_item(node)
        except RefusedError as e:
            yield Found(name, e, content if len(items) == 1 else _bytes_of(node))
            taken += 1
            continue
        if found:
            taken += 1
            yield Found(name, found[0], content if len(items) == 1 else _bytes_of(node), found[1])
    if not taken:
        raise EmptyError("no item of it holds a text", step="parse")


def _bytes_of(node: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(node))


def _newsml_item(node: Any) -> tuple[dict[str, str], dict[str, str]] | None:
    kind = next((e.get("qcode") or "" for e in find_all(node, "itemclass")), "")
    text, text_how = _newsml_text(node)
    if not text:
        return None  # a picture's caption is in its metadata, and no story
    status = next((e.get("qcode") or "" for e in find_all(node, "pubstatus")), "").rpartition(":")[2]
    if status in ("canceled", "cancelled", "withheld"):
        raise FormatError(f"its wire says that it is {status.replace('canceled', 'cancelled')}")
    provider = next(iter(find_all(node, "provider")), None)
    outlet = (
        find_text(provider, "name") or provider.get("literal") or provider.get("qcode", "").rpartition(":")[2]
        if provider is not None
        else ""
    )
    dateline = find_text(node, "contentmeta", "dateline")
    notes = [_embargo(find_text(node, "itemmeta", "embargoed")), *(f"note of the wire: {n}" for n in _texts(node, "ednote"))]
    version = node.get("version") or ""
    fields, how = fields_of(
        text=(_with_dateline(dateline, text), text_how + (", below contentMeta/dateline" if dateline else "")),
        headline=first((find_text(node, "contentmeta", "headline"), "contentMeta/headline"), (find_text(node, "hl1"), "hl1"),
                       (find_text(node, "itemmeta", "title"), "itemMeta/title")),
        published=first((find_text(node, "itemmeta", "versioncreated"), "itemMeta/versionCreated"),
                        (find_text(node, "itemmeta", "firstcreated"), "itemMeta/firstCreated"),
                        (find_text(node, "contentmeta", "contentcreated"), "contentMeta/contentCreated")),
        source=(outlet, "itemMeta/provider"),
        byline=first((find_text(node, "contentmeta", "by"), "contentMeta/by"), (find_text(node, "contentmeta", "creator", "name"), "contentMeta/creator")),
        external_id=(node.get("guid") or "", "guid of the item"),
        url=(next((e.get("href") or "" for e in find_all(node, "link") if "html" in (e.get("contenttype") or "")), ""), "itemMeta/link"),
        language=(next((e.get("tag") or "" for e in find_all(node, "language")), ""), "contentMeta/language"),
        note=("; ".join(filter(None, [*notes, f"version {version} of its wire" if version.isdigit() and int(version) > 1 else ""])),
              "itemMeta (embargoed, edNote), version"),
    )  # fmt: skip
    if kind:
        how["kind"] = f"itemClass {kind}"
    return fields, how


def _newsml_text(node: Any) -> tuple[str, str]:
    for holder in find_all(node, "inlinexml"):
        body = next((e for e in holder.iter() if local(e) in ("body.content", "body", "html", "nitf")), None)
        content = next((e for e in holder.iter() if local(e) == "body.content"), body)
        if content is not None and (text := text_of(content)):
            return text, "contentSet/inlineXML"
    for holder in find_all(node, "inlinedata"):
        if text := "".join(holder.itertext()).strip():
            return text, "contentSet/inlineData"
    return "", ""


def _texts(node: Any, name: str) -> list[str]:
    return [t for e in find_all(node, name) if (t := words_of(e))]


def _embargo(moment: str) -> str:
    return f"embargoed until {moment}" if moment else ""


def _with_dateline(dateline: str, text: str) -> str:
    """The text below its dateline, set as wires print it, where it does not open with it already."""
    place = re.split(r"[,(]", dateline)[0].strip().casefold()
    if not dateline or (place and text[: len(dateline) + 20].casefold().lstrip().startswith(place)):
        return text
    mark = "" if dateline.rstrip().endswith(("-", "–", "—", ":")) else " -"
    return f"{dateline.strip()}{mark} {text}"


# --- NITF ---------------------------------------------------------------------------------------


def read_nitf(content: bytes, item: str) -> Iterator[Found]:
    """The article of a NITF document. EmptyError where its body holds no text."""
    with guarded("a NITF document"):
        root = parse_xml(content)
        fields, how = _nitf(root)
    if not fields.get("text"):
        raise EmptyError("its body.content holds no text", step="parse")
    yield Found(item, fields, content, how)


def _nitf(root: Any) -> tuple[dict[str, str], dict[str, str]]:
    body = next(iter(find_all(root, "body.content")), None)
    dateline = " ".join(filter(None, [find_text(root, "dateline", "location") or find_text(root, "dateline")]))
    day = find_text(root, "dateline", "story.date")
    if day and day not in dateline:
        dateline = f"{dateline}, {day}"
    release = next((e.get("norm") or "" for e in find_all(root, "date.release")), "")
    issue = next((e.get("norm") or "" for e in find_all(root, "date.issue")), "")
    dates = [(issue, "docdata/date.issue"), (release, "docdata/date.release")]
    dates += [(e.get("norm") or "", "dateline/story.date") for e in find_all(root, "story.date")]
    dates += [(e.get("date.publication") or "", "pubdata/@date.publication") for e in find_all(root, "pubdata")]
    pubdata = next(iter(find_all(root, "pubdata")), None)
    notes = [f"note of the wire: {e.get('info') or ' '.join(e.itertext())}" for e in find_all(root, "ed-msg")]
    if release and issue and release > issue:
        notes.append(_embargo(release))
    ident = next((e.get("id-string") or "" for e in find_all(root, "doc-id")), "")
    key = next((e.get("key") or "" for e in find_all(root, "du-key")), "")
    html_address = next((e.get("ex-ref") or "" for e in find_all(root, "pubdata")), "")
    byline = find_text(root, "byline", "person") or find_text(root, "byline")
    return fields_of(
        text=(_with_dateline(dateline, text_of(body)) if body is not None else "", "body.content" + (", below dateline" if dateline else "")),
        headline=first((find_text(root, "hedline", "hl1"), "hedline/hl1"), (find_text(root, "head", "title"), "head/title")),
        published=first(*((_nitf_date(value), how) for value, how in dates)),
        source=first((pubdata.get("name") if pubdata is not None else "", "pubdata/@name"), (find_text(root, "distributor"), "distributor"),
                     (next((e.get("regsrc") or "" for e in find_all(root, "doc-id")), ""), "doc-id/@regsrc")),
        byline=(without_by(byline), "byline"),
        external_id=first((ident, "doc-id/@id-string"), (key, "du-key/@key")),
        url=(html_address, "pubdata/@ex-ref"),
        note=("; ".join(filter(None, notes)), "docdata (ed-msg, date.release)"),
    )  # fmt: skip


def _nitf_date(value: str) -> str:
    """ISO 8601's basic form, as NITF has it ("20231203T101500Z"), with its marks."""
    m = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?\s*(Z|[+-]\d\d:?\d\d)?)?", value.strip())
    if not m:
        return value
    clock = f"T{m[4]}:{m[5]}:{m[6] or '00'}{m[7] or ''}" if m[4] else ""
    return f"{m[1]}-{m[2]}-{m[3]}{clock}"


# --- ninjs --------------------------------------------------------------------------------------

# Keys that only the IPTC's JSON has, of versions 1 and 2.
_NINJS_KEYS = frozenset(
    "body_xhtml body_text bodies headlines versioncreated versionCreated pubstatus pubStatus usageterms usageTerms copyrightholder "
    "description_text infosources infoSources altids altIds standard profile".split()
)


def is_ninjs(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an item of ninjs: `uri` or `standard`, and two keys that nobody else has."""
    named = ("uri" in value or "standard" in value) and len(_NINJS_KEYS & set(value)) >= 2
    return named and any(k in value for k in ("body_xhtml", "body_text", "bodies", "headline", "headlines", "type"))


def ninjs_fields(value: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Our fields of a ninjs item, and how each was got. EmptyError where it holds no text, FormatError where it is withdrawn."""
    status = _string(value.get("pubstatus") or value.get("pubStatus")).casefold()
    if status in ("canceled", "cancelled", "withheld"):
        raise FormatError(f"its wire says that it is {status.replace('canceled', 'cancelled')}")
    bodies = value.get("bodies") if isinstance(value.get("bodies"), list) else []
    uri = _string(value.get("uri"))
    offers: list[tuple[str, str]] = [(_string(value.get("body_xhtml")), "body_xhtml"), (_string(value.get("body_text")), "body_text")]
    offers += [
        (_string(body.get("value")), f"bodies ({_string(body.get('contentType') or body.get('role')) or 'no type'})")
        for body in bodies or []
        if isinstance(body, dict)
    ]
    text, text_how = next(((t, how) for t, how in offers if t.strip()), ("", ""))
    if re.search(r"<[a-z][^<>]*>", text, re.IGNORECASE):
        text = text_of_markup(text)
    if not text.strip():
        raise EmptyError(f"it is a ninjs item of type {_string(value.get('type')) or 'unknown'!r} without a body", step="parse")
    embargo = _string(value.get("embargoed"))
    notes = [_embargo(embargo), *(f"note of the wire: {_string(value.get(k))}" for k in ("ednote", "edNote") if _string(value.get(k)))]
    version = _string(value.get("version"))
    return fields_of(
        text=(text, text_how),
        headline=first((value.get("headline") if isinstance(value.get("headline"), str) else "", "headline"),
                       (_listed(value.get("headlines")), "headlines"), (_string(value.get("title")), "title")),
        published=first((value.get("versioncreated"), "versioncreated"), (value.get("versionCreated"), "versionCreated"),
                        (value.get("firstcreated"), "firstcreated"), (value.get("firstCreated"), "firstCreated"),
                        (value.get("contentcreated") or value.get("contentCreated"), "contentcreated")),
        source=first((_string(value.get("source")), "source"), (_listed(value.get("infosources") or value.get("infoSources")), "infosources"),
                     (_string(value.get("copyrightholder") or value.get("copyrightHolder")), "copyrightholder")),
        byline=first((_string(value.get("byline")), "byline"), (_listed(value.get("by")), "by"), (_listed(value.get("creator")), "creator")),
        external_id=first((_string(value.get("uri")), "uri"), (_string(value.get("guid")), "guid")),
        url=first((_string(value.get("url")), "url"), (uri if uri.startswith("http") else "", "uri")),
        language=(_string(value.get("language")), "language"),
        note=("; ".join(filter(None, [*notes, f"version {version} of its wire" if version.isdigit() and int(version) > 1 else ""])),
              "embargoed, ednote, version"),
    )  # fmt: skip


def _string(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _listed(value: Any) -> str:
    """The names or values of a list of objects; the first value where they are the same thing in several roles."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    names = [_string(v.get("name")) or _string(v.get("value")) for v in value[:20] if isinstance(v, dict)]
    if any(isinstance(v, dict) and "value" in v for v in value[:20]):
        return next(filter(None, names), "")
    return ", ".join(filter(None, names))
