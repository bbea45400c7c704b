"""E-mail -> Articles: newsletters and forwarded copy (.eml), mailboxes (.mbox), pages saved as .mht."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage

from pipeline.errors import EmptyError, LimitError, TooLargeError
from pipeline.intake.blobs import Blob, opened
from pipeline.intake.found import Found, fields_of, first, guarded
from pipeline.intake.markup import text_of_markup
from pipeline.intake.recognise import MBOX_LINE
from pipeline.settings import MAX_TEXT_BYTES

# Parts of one letter: newsletters have ten, nobody has hundreds.
MAX_PARTS = 200
# Attachments that hold articles, by what they say they are.
_ATTACHED = re.compile(
    r"application/(?:pdf|rtf|zip|gzip|x-gzip|json|xml|.*officedocument.*|octet-stream)|text/(?:plain|html|rtf|csv|xml)|message/rfc822"
)
_FORWARDED = re.compile(r"^\s*(?:re|fw|fwd|aw|wg)\s*:\s*", re.IGNORECASE)


def read_mail(content: bytes, item: str, blob: Blob) -> Iterator[Found | Blob]:
    """The letter as an article, then its attachments as blobs of their own. EmptyError where neither holds a text."""
    with guarded("an e-mail"):
        message = email.message_from_bytes(content, policy=email.policy.default)
        parts = list(_parts(message))
        text, how = _body(parts)
        attached = list(_attachments(parts, item))
        fields, told = _fields(message, text, how)
    if text.strip():
        yield Found(item, fields, content, told)
    for name, body, kind in attached:
        yield blob.inside(name, body, given={k: fields[k] for k in ("published",) if k in fields}, why=f"an attachment ({kind})")
    if not text.strip() and not attached:
        raise EmptyError("there is no text in the letter", step="parse")


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            raise LimitError(f"the letter has more than {MAX_PARTS} parts")
        if not part.is_multipart() or part.get_content_type() == "message/rfc822":
            yield part


def _body(parts: list[EmailMessage]) -> tuple[str, str]:
    """The letter's own text: its plain part, or its HTML part where that says much more (many plain parts only say "see the HTML")."""
    plain = "\n\n".join(_content(p) for p in parts if p.get_content_type() == "text/plain" and not _is_attached(p))
    pages = [_content(p) for p in parts if p.get_content_type() == "text/html" and not _is_attached(p)]
    html = text_of_markup(pages[0]) if pages else ""
    if html and len(html) > 3 * len(plain.strip()):
        return html, "the letter's HTML part"
    return (plain, "the letter's plain part") if plain.strip() else (html, "the letter's HTML part")


def _content(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return payload.decode("latin-1")


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"


def _attachments(parts: list[EmailMessage], item: str) -> Iterator[tuple[str, bytes, str]]:
    for number, part in enumerate(parts, start=1):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in part.iter_parts() if isinstance(part, EmailMessage) else ():
                yield f"{item}/letter {number}.eml", inner.as_bytes(), kind
        elif _is_attached(part) and _ATTACHED.fullmatch(kind):
            payload = part.get_payload(decode=True)
            name = re.sub(r"[\x00-\x1f/\\]+", "_", part.get_filename() or f"attachment {number}")[:120]
            if isinstance(payload, bytes) and payload:
                yield f"{item}/{name}", payload, kind


def _fields(message: EmailMessage, text: str, how: str) -> tuple[dict[str, str], dict[str, str]]:
    def header(name: str) -> str:
        try:
            return " ".join(str(message.get(name) or "").split())
        except (ValueError, IndexError, AttributeError, TypeError):
            # The mail library breaks on some broken headers instead of giving them as they are.
            return ""

    sender = re.sub(r"\s*<[^<>]*>", "", header("From")).strip(' "') or header("From")
    subject = header("Subject")
    while (bare := _FORWARDED.sub("", subject)) != subject:
        subject = bare
    archived = re.search(
        r"https?://[^\s<>]+", f"{header('Archived-At')} {header('Content-Location')} {header('Snapshot-Content-Location')}"
    )
    return fields_of(
        text=(text, how),
        headline=(subject, "Subject"),
        published=(header("Date"), "Date"),
        source=first((re.sub(r"\s*<[^<>]*>", "", header("List-Id")).strip(' "'), "List-Id"), (sender, "From")),
        external_id=(header("Message-ID").strip("<>"), "Message-ID"),
        url=(archived[0] if archived else "", "Archived-At or Content-Location"),
    )


def split_mbox(blob: Blob) -> Iterator[tuple[int, bytes | TooLargeError]]:
    """The letters of a mailbox one by one, numbered from 1; one over the limit is an error by itself. Constant memory."""
    with opened(blob) as stream:
        number, size, lines, blank = 0, 0, list[bytes](), True
        while line := stream.readline(MAX_TEXT_BYTES):
            if blank and MBOX_LINE.match(line):
                if number:
                    yield number, _letter(lines, size)
                number, size, lines = number + 1, 0, []
            else:
                size += len(line)
                if size <= MAX_TEXT_BYTES:
                    lines.append(line.removeprefix(b">") if line.startswith(b">From ") else line)
            blank = not line.strip()
        if number:
            yield number, _letter(lines, size)


def _letter(lines: list[bytes], size: int) -> bytes | TooLargeError:
    if size > MAX_TEXT_BYTES:
        return TooLargeError(f"the letter has {size / 1e6:,.1f} MB; one may have {MAX_TEXT_BYTES / 1e6:,.0f} MB")
    return b"".join(lines)
