"""Every page meets WCAG 2.2 AA as far as axe-core can tell: nothing serious or critical is found on it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from pipeline.store import open_store_readonly
from tests.browser.test_monitor import N
from tools.screenshots import LAPTOP, PHONE, settle

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = {
    "monitor": "",
    "monitor, filtered": "?country=IQ&as_of=2023-12-01",
    "incident": "incident?id={incident}",
    "saved": "saved",
    "actors": "actors",
    "actor": "actors?actor=Islamic+State",
    "actors compared": "actors?actor=Islamic+State&actor=JNIM",
    "regions": "regions",
    "region": "regions?country=NG",
    "articles": "articles",
    "article": "articles?article={article}",
    "review": "review?list=confidence",
    "ingest": "ingest",
    "extracts": "extracts",
    "codebook": "codebook",
    "quality": "quality",
}
LOOKS = {"light": ("light", LAPTOP), "dark": ("dark", LAPTOP), "phone": ("light", PHONE)}
ALSO = [(page, look) for page in ("monitor", "incident") for look in ("dark", "phone")]

# What Streamlit's own widgets do and nobody can mend from outside: (rule, selector, why).
STREAMLIT = (
    (
        "target-size",
        ".st-key-filters [data-testid=stDateInputField] span[role=spinbutton]",
        "The parts of a day stand as close as its figures do. The calendar beside them is a target of full size for the same days.",
    ),
)


@pytest.fixture(scope="module")
def axe() -> str:
    """The text of axe-core."""
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], generated_master: Callable[[int, int], Path]) -> tuple[str, dict[str, str]]:
    """The address of a dashboard on a generated store, and an incident and an article of it."""
    store = generated_master(N, 1)
    db = open_store_readonly(store)
    incident, article = db.execute(
        """SELECT ir.incident_id, r.article_id FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id
           JOIN incidents i ON i.incident_id = ir.incident_id WHERE i.assertion = 'asserted' AND i.latitude IS NOT NULL
           ORDER BY i.number_of_reports DESC, ir.incident_id, r.article_id LIMIT 1"""
    ).fetchone()
    db.close()
    return serve(store), {"incident": incident, "article": article}


def findings(page: Any, axe: str) -> list[str]:
    """What axe-core finds on the page as it is now, without what Streamlit alone could mend: 'rule: selector: sentence'."""
    page.evaluate(axe)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )["violations"]  # fmt: skip
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']} {node['html'][:300]}"
        for rule in found
        for node in rule["nodes"]
        if node["impact"] in ("serious", "critical") and not of_streamlit(page, rule["id"], node["target"])
    ]


def of_streamlit(page: Any, rule: str, target: list[str]) -> bool:
    """Whether this finding is one of those that cannot be mended from outside."""
    matches = "([one, other]) => !!document.querySelector(one)?.matches(other)"
    return any(rule == known and page.evaluate(matches, [target[0], selector]) for known, selector, _ in STREAMLIT)


@pytest.mark.parametrize(("name", "look"), [*((name, "light") for name in PAGES), *ALSO])
def test_nothing_serious_is_found(site: tuple[str, dict[str, str]], new_page: Callable[..., Any], axe: str, name: str, look: str) -> None:
    theme, size = LOOKS[look]
    page = new_page(*size, color_scheme=theme)
    page.goto(f"{site[0]}/{PAGES[name].format(**site[1])}")
    settle(page)
    if name in ("monitor", "incident"):
        page.wait_for_selector("[data-testid=stDeckGlJsonChart] canvas")
    assert not findings(page, axe)


def test_what_is_wrong_is_found(new_page: Callable[..., Any], axe: str) -> None:
    page = new_page()
    page.set_content('<html lang="en"><title>t</title><main><button></button><p style="color:#bbb;background:#fff">pale</p></main></html>')
    assert {line.split(":")[0] for line in findings(page, axe)} == {"button-name", "color-contrast"}
