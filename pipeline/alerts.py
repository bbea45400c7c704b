"""Telling of new incidents in saved views, by e-mail or webhook, each once.

What is to be told is noted in the store before it is sent, and that it was sent after: a delivery that fails,
or dies half-way, is made at the next run under the same id, by which a receiver knows one that comes twice.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import http.client
import json
import os
import smtplib
import ssl
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import AddressError, DeliveryError, NotFoundError, SettingsError
from pipeline.filters import read_moment, where
from pipeline.intake.fetch import check_url
from pipeline.news import NewsItem, as_record, load_news
from pipeline.settings import check_base_url
from pipeline.views import SavedView, find_view, params_json, view_url

# A message tells of so many incidents one by one, and of the rest by number.
TOLD_ONE_BY_ONE = 50
# A server that says nothing for so long has failed, in seconds.
TIMEOUT_S = 20.0
# A delivery that a process took in hand so long ago was left by one that died, in seconds.
STALE_S = 600
SECURITIES = ("starttls", "tls", "none")
PASSWORD_SETTING = "DATELINE_SMTP_PASSWORD"  # noqa: S105 - the name of a setting


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over: `security` is starttls, tls (from the first byte) or none."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    user: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to tell of a view: `channel` mail or webhook, `address` a mailbox or an http(s) address."""

    view: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """All of alerts.toml."""

    targets: tuple[Target, ...]
    mail: MailServer | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one delivery; `error` is empty where it was made, `incidents` how many it tells of."""

    target: Target
    incidents: int
    error: str = ""
    items: tuple[NewsItem, ...] = ()


# --- the list ------------------------------------------------------------------------------------

_KEYS = {
    "": {"url", "smtp", "alert"},
    "smtp": {"host", "port", "security", "user", "from"},
    "alert": {"view", "mail", "webhook"},
}


def read_alerts(path: Path) -> Alerts:
    """Whom a TOML file says to tell of what. SettingsError, naming file and entry, on anything that cannot be followed."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise SettingsError(f"there is no {path}: list there whom to tell of what (docs/ALERTS.md shows how)") from e
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError(f"{path} cannot be read: {e}") from e
    _check_keys(table, "", path)
    entries = table.get("alert", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{path}: each alert is a table of its own, [[alert]]")
    targets = [target for n, entry in enumerate(entries, 1) for target in _targets(entry, n, path)]
    mail = _mail_server(table["smtp"], path) if "smtp" in table else None
    url = check_base_url(str(table["url"]), f"{path}: url") if "url" in table else ""
    return Alerts(tuple(dict.fromkeys(targets)), mail, url)


def _check_keys(table: dict[str, Any], kind: str, path: Path) -> None:
    if unknown := sorted(set(table) - _KEYS[kind]):
        where_ = f"[{kind}]" if kind else "the file"
        raise SettingsError(f"{path}: {where_} has no {unknown[0]!r}; it may have {', '.join(sorted(_KEYS[kind]))}")


def _targets(entry: dict[str, Any], number: int, path: Path) -> Iterator[Target]:
    _check_keys(entry, "alert", path)
    view = entry.get("view")
    if not isinstance(view, str) or not view.strip():
        raise SettingsError(f"{path}: alert {number} names no view")
    found = 0
    for channel in ("mail", "webhook"):
        given = entry.get(channel, [])
        for address in [given] if isinstance(given, str) else given if isinstance(given, list) else [None]:
            yield make_target(view, channel, address, f"{path}: alert {number}")
            found += 1
    if not found:
        raise SettingsError(f"{path}: alert {number} has neither mail nor webhook")


def make_target(view: str, channel: str, address: Any, name: str) -> Target:
    """Whom to tell; SettingsError where the address is no mailbox or no http(s) address."""
    if channel == "mail":
        if not (isinstance(address, str) and parseaddr(address)[1] == address and address.count("@") == 1 and address.isprintable()):
            raise SettingsError(f"{name}: {address!r} is not a mailbox like desk@example.org")
    else:
        try:
            check_url(str(address))
        except AddressError as e:
            raise SettingsError(f"{name}: {e}") from e
    return Target(view, channel, address)


def _mail_server(table: Any, path: Path) -> MailServer:
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [smtp] is a table")
    _check_keys(table, "smtp", path)
    host, sender = table.get("host"), table.get("from")
    if not isinstance(host, str) or not host or not isinstance(sender, str) or "@" not in parseaddr(sender)[1]:
        raise SettingsError(f"{path}: [smtp] needs host, and from as an address like Dateline <dateline@example.org>")
    security, port = table.get("security", "starttls"), table.get("port")
    if security not in SECURITIES:
        raise SettingsError(f"{path}: security of [smtp] is one of {', '.join(SECURITIES)}, not {security!r}")
    usual = {"starttls": 587, "tls": 465, "none": 25}[security]
    if port is not None and (not isinstance(port, int) or not 0 < port < 65536):
        raise SettingsError(f"{path}: {port!r} is no port")
    return MailServer(host, sender, port or usual, security, str(table.get("user", "")))


# --- telling -------------------------------------------------------------------------------------

Send = Callable[[Target, SavedView, str, Sequence[NewsItem]], None]


def tell(db: Database, alerts: Alerts, *, base: str, now: dt.datetime | None = None, send: Send | None = None) -> Iterator[Told]:
    """Tell every target of what is new to it, and again of what could not be delivered before; what came of each delivery.

    New to a target is what is in the view and was not told, nor stood in the view when it was saved or changed last.
    A view that is not there fails for its targets alone.
    """
    at = now or dt.datetime.now(dt.UTC)
    deliver = send or _sender(alerts, base=base, at=at)
    for target in alerts.targets:
        try:
            view = find_view(db, target.view)
        except NotFoundError as e:
            yield Told(target, 0, str(e))
            continue
        target_id = _note_new(db, target, view, at)
        for delivery_id, incident_ids in store.open_deliveries(db, target_id):
            with store.writing(db):
                stale = _iso(at - dt.timedelta(seconds=STALE_S))
                mine = store.claim_delivery(db, delivery_id, at_utc=_iso(at), stale_utc=stale)
            if mine:
                yield _deliver(db, target, view, delivery_id, incident_ids, deliver, base=base, at=at)


def _note_new(db: Database, target: Target, view: SavedView, at: dt.datetime) -> int:
    """Note in the store what a target is to be told of; its id there."""
    known, among = params_json(view.filters), where(view.filters)
    with store.writing(db):
        begun = store.alert_target(db, view.view_id, target.channel, target.address)
        if begun is None or begun[1] != known:
            target_id = store.begin_alerts(
                db, view.view_id, target.channel, target.address, params=known, known=among, until=view.changed_at_utc
            )  # fmt: skip
        else:
            target_id = begun[0]
        if new := store.untold_incidents(db, target_id, among):
            store.save_delivery(db, _delivery_id(view, target, new), target_id, new, at_utc=_iso(at))
    return target_id


def _delivery_id(view: SavedView, target: Target, incident_ids: Sequence[str]) -> str:
    parts = json.dumps([view.view_id, target.channel, target.address, list(incident_ids)])
    return "n" + hashlib.blake2b(parts.encode(), digest_size=10).hexdigest()


def _deliver(
    db: Database, target: Target, view: SavedView, delivery_id: str, incident_ids: Sequence[str], send: Send, *, base: str, at: dt.datetime
) -> Told:
    """Make a delivery that was taken in hand, and note what came of it."""
    items = load_news(db, incident_ids, base=base)
    error = ""
    try:
        if items:  # else all of it was rejected or merged since, and there is nothing to tell
            send(target, view, delivery_id, items)
    except DeliveryError as e:
        error = str(e)
    # Whatever else ends the run here leaves the delivery in hand; a run later than STALE_S makes it.
    with store.writing(db):
        store.end_delivery(db, delivery_id, delivered_at_utc=None if error else _iso(at), error=error)
    return Told(target, len(items), error, tuple(items))


def preview(db: Database, alerts: Alerts, *, base: str) -> Iterator[Told]:
    """What `tell` would tell now; nothing is sent, nothing is noted."""
    for target in alerts.targets:
        try:
            view = find_view(db, target.view)
        except NotFoundError as e:
            yield Told(target, 0, str(e))
            continue
        begun = store.alert_target(db, view.view_id, target.channel, target.address)
        waiting = [i for _, ids in store.open_deliveries(db, begun[0]) for i in ids] if begun else []
        target_id, known = begun or (None, "")
        after = "" if known == params_json(view.filters) else view.changed_at_utc
        new = store.untold_incidents(db, target_id, where(view.filters), after=after)
        items = load_news(db, [*waiting, *new], base=base)
        if items:
            yield Told(target, len(items), items=tuple(items))


def _iso(moment: dt.datetime) -> str:
    return read_moment(moment.isoformat())


# --- sending -------------------------------------------------------------------------------------


def _sender(alerts: Alerts, *, base: str, at: dt.datetime) -> Send:
    def send(target: Target, view: SavedView, delivery_id: str, items: Sequence[NewsItem]) -> None:
        if target.channel == "webhook":
            post(target.address, webhook_body(view, delivery_id, items, base=base), delivery_id)
        elif alerts.mail is None:
            raise DeliveryError("no mail server is set: alerts.toml has no [smtp]")
        else:
            message = mail_message(view, delivery_id, items, sender=alerts.mail.sender, to=target.address, base=base, at=at)
            send_mail(alerts.mail, message)

    return send


def mail_message(
    view: SavedView, delivery_id: str, items: Sequence[NewsItem], *, sender: str, to: str, base: str, at: dt.datetime
) -> EmailMessage:
    """The e-mail that tells of these incidents: plain text, so that nothing of an article can be markup."""
    number = f"{len(items)} new incident{'' if len(items) == 1 else 's'}"
    message = EmailMessage()
    message["Subject"] = f"{view.name}: {number}"
    message["From"], message["To"] = sender, to
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{delivery_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"{number} in “{view.name}”.", view_url(base, view.filters), ""]
    for item in items[:TOLD_ONE_BY_ONE]:
        lines += [item.title, item.facts, *(f"“{q.sentence}” ({q.source}, {q.published})" for q in item.quotes), item.url, ""]
    if len(items) > TOLD_ONE_BY_ONE:
        lines += [f"and {len(items) - TOLD_ONE_BY_ONE} more, at the address above", ""]
    message.set_content("\n".join(lines))
    return message


def send_mail(server: MailServer, message: EmailMessage) -> None:
    """Hand a message over to the mail server; DeliveryError where it does not take it."""
    try:
        context = ssl.create_default_context()
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, os.environ.get(PASSWORD_SETTING) or "")
            smtp.send_message(message)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()  # the message is taken: how the farewell goes must not count
        finally:
            smtp.close()
    except (OSError, smtplib.SMTPException, ValueError) as e:
        raise DeliveryError(f"mail to {message['To']}: {_answer(e)}") from e


def _answer(error: Exception) -> str:
    """What a mail server answered, or how it could not be reached."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return str(error) or type(error).__name__
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"


def webhook_body(view: SavedView, delivery_id: str, items: Sequence[NewsItem], *, base: str) -> bytes:
    """The JSON that a webhook gets: the view, the delivery's id, how many incidents are new, and the first of them."""
    body = {
        "delivery_id": delivery_id,
        "view": {"view_id": view.view_id, "name": view.name, "url": view_url(base, view.filters)},
        "new_incidents": len(items),
        "incidents": [as_record(item) for item in items[:TOLD_ONE_BY_ONE]],
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that points elsewhere has failed: what is told goes to the address that was given and to no other."""

    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        return None


def post(url: str, body: bytes, delivery_id: str) -> None:
    """POST JSON to a webhook; DeliveryError unless it answers with 2xx. A redirect is not followed, a proxy not used."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Dateline", "Idempotency-Key": delivery_id}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - check_url let http(s) through alone
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as e:
        with e:
            raise DeliveryError(f"{url} answered {e.code}") from e
    except (OSError, ValueError, http.client.HTTPException) as e:
        raise DeliveryError(f"{url}: {getattr(e, 'reason', e) or type(e).__name__}") from e
