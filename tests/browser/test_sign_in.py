"""Signing in with a provider of this machine: a viewer reads, an analyst decides under their address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from tests.dashboard.pages import article_and_report, save_pairs
from tests.oidc import CLIENT, provider
from tools.screenshots import free_port, served

pytestmark = pytest.mark.browser


def test_a_viewer_reads_and_an_analyst_decides_under_their_address(new_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    only = {"place_name": None, "admin1": None, "where_prec": 6}
    incident_id = save_pairs(path, article_and_report("a1", 5, **only))
    rules = tmp_path / "access.toml"
    rules.write_text(
        'require_sign_in = true\n[roles]\nanalyst = ["ana@example.org"]\nviewer = ["*@example.org"]\n', encoding="utf-8"
    )  # fmt: skip
    port = free_port()
    with provider() as who:
        secrets = tmp_path / "secrets.toml"
        settings = {
            "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback", "cookie_secret": "for this test alone, and no secret",
            "client_id": CLIENT, "client_secret": "none", "server_metadata_url": who.metadata_url,
        }  # fmt: skip
        secrets.write_text("[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in settings.items()), encoding="utf-8")
        options = [f"--secrets.files={secrets}"]
        with served(path, tmp_path / "log", port=port, options=options, env={"DATELINE_ACCESS": str(rules)}) as address:
            for email, told, may in (
                ("eve@example.org", "a viewer: everything can be read, nothing changed", False),
                ("ana@example.org", "Signed in as ana@example.org", True),
            ):
                who.claims = {"email": email, "email_verified": True}
                page = new_page(own=True)
                page.goto(f"{address}/incident?id={incident_id}")
                page.get_by_text("Editing needs a signed-in analyst, because its settings ask for it.").wait_for()
                assert not page.get_by_role("button", name="Confirm").count()
                page.get_by_role("button", name="Sign in").click()
                # Streamlit brings everybody back to the first page.
                page.wait_for_url(f"{address}/", wait_until="commit")
                page.goto(f"{address}/incident?id={incident_id}")
                page.get_by_text(told).wait_for()
                page.get_by_role("button", name="Brief").wait_for()
                assert bool(page.get_by_role("button", name="Confirm").count()) == may
            page.get_by_role("button", name="Confirm").click()
            page.get_by_role("button", name="Confirm it").click()
            page.get_by_text("Confirmed by a person").wait_for()
            page.get_by_role("button", name="Sign out").click()
            page.wait_for_url(f"{address}/", wait_until="commit")
            page.goto(f"{address}/incident?id={incident_id}")
            page.get_by_text("Editing needs a signed-in analyst").wait_for()
    db = store.open_store_readonly(path)
    assert [(d.kind, d.by) for d in store.load_decisions(db)] == [("confirm", "ana@example.org")]
    db.close()
