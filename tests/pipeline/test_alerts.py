"""Alerts: each new incident is told once, what fails is told later, nothing twice and nothing never."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import alerts, decisions, store, views
from pipeline.errors import SettingsError
from pipeline.filters import Filters
from tests.dashboard.pages import article_and_report, save_pairs
from tests.mailserver import Hook, MailServer, running

AT = "2023-12-05T10:00:00Z"
IRAQ = Filters(country=("IQ",))
BASE = "https://dateline.example"
PLACES = {"b": ("Mosul", "2023-11-01"), "c": ("Basra", "2023-09-01"), "d": ("Erbil", "2023-07-01")}


def add(path: Path, name: str, toll: int = 9, **fields: Any) -> str:
    """One more incident, far from the others; its id."""
    place, day = PLACES[name]
    return save_pairs(path, article_and_report(name, toll, published=day, day=day, place_name=place, **fields))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one incident, a view that holds it, saved after it came."""
    file = tmp_path / "s.db"
    save_pairs(file, article_and_report("a", 5))
    db = store.open_store(file)
    views.save_view(db, "Iraq", IRAQ, by="ada", at_utc=dt.datetime.now(dt.UTC).isoformat())
    db.close()
    return file


@pytest.fixture
def hook() -> Iterator[Hook]:
    with running(Hook()) as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with running(MailServer()) as server:
        yield server


def to_hook(hook: Hook) -> alerts.Alerts:
    return alerts.Alerts((alerts.Target("Iraq", "webhook", hook.url),))


def tell(path: Path, chosen: alerts.Alerts, **options: Any) -> list[alerts.Told]:
    db = store.open_store(path)
    try:
        return list(alerts.tell(db, chosen, base=BASE, **options))
    finally:
        db.close()


def ids(body: dict[str, Any]) -> list[str]:
    return [i["incident_id"] for i in body["incidents"]]


def test_new_incidents_are_told_once_and_those_from_before_never(path: Path, hook: Hook) -> None:
    assert tell(path, to_hook(hook)) == []
    new = [add(path, "b"), add(path, "c")]
    assert [t.incidents for t in tell(path, to_hook(hook))] == [2]
    assert tell(path, to_hook(hook)) == []
    (body,) = hook.bodies
    assert ids(body) == new
    assert body["view"]["name"] == "Iraq"
    assert body["incidents"][0]["url"] == f"{BASE}/incident?id={new[0]}"
    assert body["incidents"][0]["quotes"][0]["quote"].startswith("A strike killed 9 militants")
    assert hook.keys == [body["delivery_id"]]


def test_a_delivery_that_fails_is_made_at_the_next_run_with_the_same_id(path: Path, hook: Hook) -> None:
    first = add(path, "b")
    hook.answer = 503
    (failed,) = tell(path, to_hook(hook))
    assert failed.error == f"{hook.url} answered 503"
    later = add(path, "c")
    hook.answer = 500
    assert [t.error[-3:] for t in tell(path, to_hook(hook))] == ["500", "500"]
    hook.answer = 200
    assert [t.incidents for t in tell(path, to_hook(hook))] == [1, 1]
    assert [ids(body) for body in hook.bodies] == [[first], [later]]
    assert tell(path, to_hook(hook)) == []


def test_nobody_at_the_other_end_is_a_failure(path: Path) -> None:
    add(path, "b")
    with running(Hook()) as gone:
        url = gone.url
    (told,) = tell(path, alerts.Alerts((alerts.Target("Iraq", "webhook", url),)))
    assert "refused" in told.error


def test_a_redirect_is_not_followed(path: Path, hook: Hook) -> None:
    add(path, "b")
    hook.answer = 307
    assert tell(path, to_hook(hook))[0].error.endswith("answered 307")


def test_every_target_is_told_for_itself(path: Path, hook: Hook) -> None:
    with running(Hook()) as other:
        both = alerts.Alerts((alerts.Target("Iraq", "webhook", hook.url), alerts.Target("Iraq", "webhook", other.url)))
        add(path, "b")
        other.answer = 500
        tell(path, both)
        other.answer = 204
        tell(path, both)
        assert len(hook.bodies) == len(other.bodies) == 1


def test_what_a_dead_process_had_in_hand_is_told_later_and_what_a_live_one_has_is_left_to_it(path: Path, hook: Hook) -> None:
    add(path, "b")

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(path, to_hook(hook), send=die)
    assert tell(path, to_hook(hook)) == []
    assert hook.bodies == []
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=alerts.STALE_S + 1)
    assert [t.incidents for t in tell(path, to_hook(hook), now=later)] == [1]
    assert len(hook.bodies) == 1


def test_an_incident_that_comes_into_the_view_later_is_told(path: Path, hook: Hook) -> None:
    db = store.open_store(path)
    views.save_view(db, "Deadly", Filters(deaths_min=20), by="ada", at_utc=dt.datetime.now(dt.UTC).isoformat())
    chosen = alerts.Alerts((alerts.Target("deadly", "webhook", hook.url),))
    assert tell(path, chosen) == []
    incident_id = save_pairs(path, article_and_report("a", 5))
    decisions.set_field(db, incident_id, "deaths_best", 30, by="ada", reason="hospital list")
    db.close()
    assert [t.incidents for t in tell(path, chosen)] == [1]
    assert ids(hook.bodies[0]) == [incident_id]


def test_one_merged_with_a_told_one_is_not_told_again(path: Path, hook: Hook) -> None:
    told = add(path, "b")
    tell(path, to_hook(hook))
    new = add(path, "c")
    db = store.open_store(path)
    decisions.merge(db, new, told, by="ada")
    db.close()
    assert tell(path, to_hook(hook)) == []


def test_what_was_rejected_before_it_was_told_is_not_told(path: Path, hook: Hook) -> None:
    new = add(path, "b")
    hook.answer = 500
    tell(path, to_hook(hook))
    db = store.open_store(path)
    decisions.reject(db, new, by="ada", reason="not real")
    db.close()
    hook.answer = 200
    assert [t.incidents for t in tell(path, to_hook(hook))] == [0]
    assert hook.bodies == []
    assert tell(path, to_hook(hook)) == []


def test_other_filters_do_not_make_the_old_new(path: Path, hook: Hook) -> None:
    tell(path, to_hook(hook))
    db = store.open_store(path)
    add(path, "b", country="SY")
    views.save_view(db, "Iraq", Filters(), by="ada", at_utc=dt.datetime.now(dt.UTC).isoformat(), replace=True)
    db.close()
    assert tell(path, to_hook(hook)) == []
    new = add(path, "c", country="SY")
    tell(path, to_hook(hook))
    assert [ids(body) for body in hook.bodies] == [[new]]


def test_a_dry_run_says_the_same_and_notes_nothing(path: Path, hook: Hook) -> None:
    new = add(path, "b")
    db = store.open_store_readonly(path)
    for _ in range(2):
        (would,) = alerts.preview(db, to_hook(hook), base=BASE)
        assert [item.incident.incident_id for item in would.items] == [new]
    db.close()
    assert hook.bodies == []
    assert [t.incidents for t in tell(path, to_hook(hook))] == [1]
    db = store.open_store_readonly(path)
    assert list(alerts.preview(db, to_hook(hook), base=BASE)) == []
    db.close()


def test_a_view_that_is_not_there_fails_alone(path: Path, hook: Hook) -> None:
    add(path, "b")
    chosen = alerts.Alerts((alerts.Target("Yemen", "webhook", hook.url), *to_hook(hook).targets))
    assert [bool(t.error) for t in tell(path, chosen)] == [True, False]


# --- mail ----------------------------------------------------------------------------------------

HOSTILE = "Iraq <script>\u202e & co"


def to_mail(mail: MailServer, view: str = "Iraq") -> alerts.Alerts:
    server = alerts.MailServer("127.0.0.1", "Dateline <dateline@desk.example>", mail.port, "none")
    return alerts.Alerts((alerts.Target(view, "mail", "ada@desk.example"),), server)


def test_mail_tells_once_in_plain_text(path: Path, mail: MailServer) -> None:
    db = store.open_store(path)
    name = views.rename_view(db, "Iraq", HOSTILE).name
    db.close()
    new = add(path, "b", text="<b>Strike</b>\n\nA strike killed 9 militants near Kirkuk on Sunday, a police source\u202e said.")
    assert [t.error for t in tell(path, to_mail(mail, name))] == [""]
    assert tell(path, to_mail(mail, name)) == []
    (message,) = mail.messages
    assert message["Subject"] == "Iraq <script> & co: 1 new incident"
    assert message["To"] == "ada@desk.example"
    assert message["Message-ID"].endswith("@desk.example>")
    assert message.get_content_type() == "text/plain"
    body = message.get_content()
    assert f"{BASE}/incident?id={new}" in body
    assert "Air/drone strike, Mosul, Iraq, 1 Nov 2023: 9 killed" in body
    assert "\u202e" not in body


@pytest.mark.parametrize("answer", ["451 try later", "550 no such mailbox"])
def test_mail_that_is_not_taken_is_sent_again(path: Path, mail: MailServer, answer: str) -> None:
    add(path, "b")
    mail.answer = answer
    (failed,) = tell(path, to_mail(mail))
    assert failed.error == f"mail to ada@desk.example: {answer}"
    mail.answer = "250 taken"
    assert [t.error for t in tell(path, to_mail(mail))] == [""]
    assert len(mail.messages) == 1


def test_a_server_that_hangs_up_after_it_took_the_message_has_taken_it(path: Path, mail: MailServer) -> None:
    add(path, "b")
    mail.cut_after_message = True
    assert [t.error for t in tell(path, to_mail(mail))] == [""]
    assert tell(path, to_mail(mail)) == []
    assert len(mail.messages) == 1


# --- the list and the command --------------------------------------------------------------------

GOOD = """
url = "https://dateline.example/"
[smtp]
host = "mail.example"
from = "Dateline <dateline@desk.example>"
security = "tls"
[[alert]]
view = "Iraq"
mail = ["ada@desk.example", "bob@desk.example"]
webhook = "http://127.0.0.1:9000/hook"
"""


def test_the_list_is_read(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(GOOD)
    found = alerts.read_alerts(file)
    assert [(t.channel, t.address) for t in found.targets] == [
        ("mail", "ada@desk.example"), ("mail", "bob@desk.example"), ("webhook", "http://127.0.0.1:9000/hook"),
    ]  # fmt: skip
    assert found.mail == alerts.MailServer("mail.example", "Dateline <dateline@desk.example>", 465, "tls")
    assert found.url == "https://dateline.example"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('view = "Iraq"', "", "alert 1 names no view"),
        ("ada@desk.example", "ada at desk", "'ada at desk' is not a mailbox"),
        ("ada@desk.example", r"ada@desk.example\nBcc: x@y.z", "is not a mailbox"),
        ("http://127.0.0.1:9000/hook", "file:///etc/passwd", "only http and https"),
        ("mail = [", "mails = [", "has no 'mails'"),
        ('"tls"', '"ssl3"', "security of [smtp] is one of"),
        ("[smtp]", "[smtp]\nport = 0", "0 is no port"),
        ("https://dateline.example/", "dateline", "must be an address like"),
        ("[[alert]]", "[[alert", "cannot be read"),
    ],
)
def test_what_is_wrong_in_the_list_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(SettingsError) as e:
        alerts.read_alerts(file)
    assert said in str(e.value)
    assert str(file) in str(e.value)


def test_the_command(dateline: Any, path: Path, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(path))
    new = add(path, "b")
    code, out, _ = dateline("alert", "Iraq", "--webhook", hook.url, "--dry-run")
    assert code == 0
    assert out.splitlines()[0] == f"Iraq -> webhook {hook.url}: 1 new incident, would be told"
    assert new in out
    hook.answer = 500
    code, out, _ = dateline("alert", "Iraq", "--webhook", hook.url)
    assert (code, out) == (1, f"Iraq -> webhook {hook.url}: 1 new incident, not delivered: {hook.url} answered 500\n")
    hook.answer = 200
    file = tmp_path / "alerts.toml"
    file.write_text(f'[[alert]]\nview = "Iraq"\nwebhook = "{hook.url}"\n')
    monkeypatch.setenv("DATELINE_ALERTS", str(file))
    assert dateline("alert")[:2] == (0, f"Iraq -> webhook {hook.url}: 1 new incident, told\n")
    assert dateline("alert", "iraq")[:2] == (0, "")
    assert len(hook.bodies) == 1
    assert dateline("alert", "Yemen")[0] == 2
    assert dateline("alert", "--mail", "a@b.example")[0] == 2
    assert dateline("alert", "--alerts", tmp_path / "none.toml")[0] == 2
