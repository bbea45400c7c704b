"""Who may do what: told by where the dashboard listens, who is signed in and what the access file says; in doubt, nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard import access
from dashboard.access import Rules, is_loopback, judge, load_rules, read_rules
from pipeline import store
from pipeline.errors import SettingsError
from tests.dashboard.pages import article_and_report, page_text, run_page, save_pairs

RULES = Rules(roles=(("analyst", ("ana@example.org", "*@desk.example.org")), ("viewer", ("*@example.org",))))
NOW = 1_700_000_000.0


def somebody(email: str, **claims: Any) -> dict[str, Any]:
    return {"email": email, "iat": NOW - 60, **claims}


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("LOCALHOST", True), ("::1", True), ("[::1]", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("desk.example.org", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_which_addresses_are_this_machine_alone(address: str | None, own: bool) -> None:
    assert is_loopback(address) is own


def test_the_dashboard_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    import streamlit as st

    assert is_loopback(st.get_option("server.address"))
    assert not access.reached_from_elsewhere()


@pytest.mark.parametrize("header", access.FORWARDED)
def test_a_proxy_in_between_means_that_others_can_reach_it(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        headers = {header: "203.0.113.9"}  # noqa: RUF012 - a stand-in

    monkeypatch.setattr(access.st, "context", Context())
    assert access.reached_from_elsewhere()


def test_on_this_machine_alone_its_user_decides() -> None:
    person = judge(Rules(), None, elsewhere=False, now=NOW)
    assert person.may_edit
    assert person.name == access.local_name()
    assert not judge(Rules(require_sign_in=True), None, elsewhere=False, now=NOW).may_edit


@pytest.mark.parametrize(
    ("user", "role", "why"),
    [
        (None, "visitor", "needs a signed-in analyst"),
        (somebody("ana@example.org"), "analyst", ""),
        (somebody("Ana@Example.org"), "analyst", ""),
        (somebody("b@desk.example.org", email_verified=True), "analyst", ""),
        (somebody("eve@example.org"), "viewer", "everything can be read, nothing changed"),
        (somebody("eve@elsewhere.org"), "visitor", "no role here"),
        (somebody("ana@example.org.elsewhere.org"), "visitor", "no role here"),
        (somebody("ana@example.org", email_verified=False), "visitor", "not verified"),
        (somebody(""), "visitor", "told no e-mail address"),
        (somebody("ana@example.org") | {"iat": NOW - 13 * 3600}, "viewer", "older than 12 hours"),
        (somebody("eve@elsewhere.org") | {"iat": NOW - 13 * 3600}, "visitor", "older than 12 hours"),
    ],
)
def test_roles_by_address(user: dict[str, Any] | None, role: str, why: str) -> None:
    person = judge(RULES, user, elsewhere=True, now=NOW)
    assert (person.role, person.may_edit) == (role, role == "analyst")
    assert why in person.why_not
    assert bool(person.why_not) is not person.may_edit


def test_the_access_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "access.toml"
    path.write_text('reading = "listed"\nsign_in_hours = 8\n[roles]\nviewer = ["*@example.org"]\nanalyst = ["Ana@Example.org"]\n')
    monkeypatch.setenv("DATELINE_ACCESS", str(path))
    rules = load_rules(access.rules_path())
    assert (rules.reading, rules.sign_in_hours, rules.require_sign_in) == ("listed", 8.0, False)
    assert rules.role_of("ANA@example.org") == "analyst", "the higher role holds where two fit"
    assert rules.role_of("b@example.org") == "viewer"
    assert rules.role_of("b@elsewhere.org") is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"role": {}}, "it knows"),
        ({"roles": {"admin": ["a@b.org"]}}, r"\[roles\]"),
        ({"roles": {"analyst": "a@b.org"}}, "a list of e-mail addresses"),
        ({"roles": {"analyst": ["*"]}}, "a list of e-mail addresses"),
        ({"require_sign_in": "yes"}, "true or false"),
        ({"reading": "nobody"}, "anyone, listed"),
        ({"sign_in_hours": 0}, "above 0"),
    ],
)
def test_an_access_file_that_does_not_fit_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        read_rules(given, "access.toml")


@pytest.mark.parametrize("content", [None, b"[roles", b"\xff\xfe", b'[roles]\nanalyst = "ana"'])
def test_where_the_access_file_cannot_be_used_nobody_may_edit(
    own_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    path = tmp_path / "access.toml"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("DATELINE_ACCESS", str(path))
    at = run_page("incident", id=incident_id)
    assert "Reading only" in page_text(at)
    assert "access file" in page_text(at)
    assert {b.key for b in at.button if b.key} == {"do_brief"}


@pytest.mark.parametrize("name", ["articles", "ingest", "review", "incident"])
def test_no_page_offers_a_reader_anything_that_writes(own_store: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5, published=None))
    monkeypatch.setattr("dashboard.access.reached_from_elsewhere", lambda: True)
    params = {"incident": {"id": incident_id}, "articles": {"article": "a1"}}.get(name, {})
    at = run_page(name, **params)
    assert not at.date_input if name != "articles" else True
    assert not at.get("file_uploader")
    offered = {b.label for b in at.button}
    assert not offered & {"Give the date", "Confirm", "Edit", "Reject", "Merge", "Split or move", "One event", "Two events", "Save"}


def test_a_signed_in_analyst_decides_under_their_address(own_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5))
    path = tmp_path / "access.toml"
    path.write_text('[roles]\nanalyst = ["ana@example.org"]\n')
    monkeypatch.setenv("DATELINE_ACCESS", str(path))
    monkeypatch.setattr("dashboard.access.reached_from_elsewhere", lambda: True)
    monkeypatch.setattr("dashboard.access.signed_in_user", lambda: {"email": "ana@example.org", "email_verified": True})
    at = run_page("incident", id=incident_id)
    assert "Signed in as ana@example.org" in page_text(at).replace("\\", "")
    at.button(key="do_confirm").click().run()
    at.button(key="confirm_do").click().run()
    db = store.open_store_readonly(own_store)
    assert [d.by for d in store.load_decisions(db)] == ["ana@example.org"]
    db.close()


def test_reading_can_be_kept_to_those_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "access.toml"
    path.write_text('reading = "listed"\nrequire_sign_in = true\n[roles]\nviewer = ["b@example.org"]\n')
    monkeypatch.setenv("DATELINE_ACCESS", str(path))
    stopped: list[str] = []
    monkeypatch.setattr(access.st, "stop", lambda: stopped.append("stopped"))
    for user, kept_out in ((None, 1), ({"email": "c@example.org"}, 1), ({"email": "b@example.org"}, 0)):
        stopped.clear()
        monkeypatch.setattr("dashboard.access.signed_in_user", lambda user=user: user)
        access.guard_reading()
        assert len(stopped) == kept_out
    path.write_text("reading = [")
    monkeypatch.setattr("dashboard.access.reached_from_elsewhere", lambda: True)
    stopped.clear()
    access.guard_reading()
    assert stopped, "a file that cannot be read lets nobody in"
