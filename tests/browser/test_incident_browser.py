"""The Incident and Articles pages in a real browser: fields and words light each other, by pointer and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.models import Evidence
from tests.dashboard.pages import article_and_report, save_pairs
from tests.reports import make_article, make_report

pytestmark = pytest.mark.browser

LONG = "\n\n".join(f"Paragraph {n} says nothing of the matter, at some length, so that the page has to be scrolled." for n in range(60))
HOSTILE = (
    "Strike kills 9 <script>window.hit = 1</script>\n\n"
    '<img src="http://outside.invalid/x.png" onerror="window.hit = 2"> "><svg onload="window.hit = 3"></svg> </article>'
    "\n\n9 were killed near Kirkuk on Sunday, police said. [x](javascript:window.hit=4) \u202e12\u202c"
)


@pytest.fixture(scope="module")
def site(serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """The address of a dashboard, an incident of three reports, and one whose text is hostile."""
    path = tmp_path_factory.mktemp("incident") / "store.db"
    lead = "Strike near Kirkuk\n\nA strike killed 5 militants near Kirkuk on Sunday, police said."
    text = f"{lead}\n\n{LONG}\n\nBy evening 5 were confirmed dead."
    first, report = article_and_report("a1", 5, text=text)
    early = text.index("5 militants")
    more = Evidence("deaths_best", early, early + 1, "5")
    report = make_report("a1", deaths=5, evidence=(*report.evidence, more))
    incident_id = save_pairs(
        path, (first, report), article_and_report("a2", 7, published="2023-12-04"), article_and_report("a3", 5, published="2023-12-05")
    )
    article, told = article_and_report("h1", 9, text=HOSTILE, day="2023-12-20", published="2023-12-20")
    hostile = make_article(
        "h1", "2023-12-20", text=article.text, parts=article.parts, source="<b onclick='window.hit=5'>Wire</b>", headline=HOSTILE[:60]
    )  # fmt: skip
    hostile_id = save_pairs(path, (hostile, told))
    return serve(path), incident_id, hostile_id


def open_incident(page: Any, address: str, incident_id: str) -> Any:
    """The page once its reader is drawn; the reader."""
    page.goto(f"{address}/incident?id={incident_id}")
    page.wait_for_selector(".reader mark.ev")
    settle(page)
    return page.locator(".reader")


def settle(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'")


def lit(reader: Any) -> str:
    return str(reader.get_attribute("data-lit"))


def test_a_field_lights_its_words_and_words_light_their_field(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page()
    reader = open_incident(page, site[0], site[1])
    where = reader.locator("mark.f-where").first
    plain = where.evaluate("e => getComputedStyle(e).backgroundColor")
    reader.locator(".row.c-where").hover()
    assert lit(reader) == "where"
    page.wait_for_function("([e, was]) => getComputedStyle(e).backgroundColor !== was", arg=[where.element_handle(), plain])
    reader.locator("h2").first.hover()
    assert lit(reader) == ""
    where.hover()
    assert lit(reader) == "where"
    row = reader.locator(".row.c-where")
    assert row.evaluate("e => getComputedStyle(e).borderLeftColor") != reader.locator(".row.c-when").evaluate(
        "e => getComputedStyle(e).borderLeftColor"
    )
    assert page.outside == []


def test_choosing_a_field_steps_through_its_words_and_scrolls_to_them(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page(reduced_motion="reduce")
    reader = open_incident(page, site[0], site[1])
    pane = reader.locator(".text:visible")
    killed = reader.locator("button.head[data-group=killed]")
    killed.click()
    assert killed.get_attribute("aria-pressed") == "true"
    assert reader.locator(".words-at").inner_text() == "1 of 2"
    assert pane.evaluate("e => e.scrollTop") == 0
    killed.click()
    assert reader.locator(".words-at").inner_text() == "2 of 2"
    assert pane.evaluate("e => e.scrollTop") > 500
    here = reader.locator("mark.here")
    assert here.inner_text() == "5"
    assert here.evaluate("(e) => { const b = e.getBoundingClientRect(); return b.top > 0 && b.bottom < innerHeight; }")
    page.keyboard.press("Escape")
    assert killed.get_attribute("aria-pressed") == "false"


def test_everything_is_reachable_by_keyboard(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page(reduced_motion="reduce")
    reader = open_incident(page, site[0], site[1])
    focused = "() => { let e = document.activeElement; while (e.shadowRoot) e = e.shadowRoot.activeElement; return e; }"
    reader.locator("button.head[data-group=killed]").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(f"({focused})().dataset.group") == "what"
    page.keyboard.press("Enter")
    assert reader.locator("mark.here").inner_text() == "strike"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.evaluate(f"({focused})().tagName") == "MARK"
    assert page.evaluate(f"({focused})().matches(':focus-visible')")
    first = reader.locator("mark.here").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("p")
    assert reader.locator("mark.here").inner_text() == first
    page.keyboard.press("]")
    assert reader.locator(".report-at").inner_text() == "2 of 3"
    assert "7 militants" in reader.locator(".text:visible").inner_text()
    page.keyboard.press("[")
    assert reader.locator(".report-at").inner_text() == "1 of 3"
    tab = reader.get_by_role("tab", selected=True)
    tab.focus()
    page.keyboard.press("ArrowRight")
    assert reader.get_by_role("tab", selected=True).inner_text() == "Outlet a2 4 Dec"


def test_another_sources_value_opens_that_source(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page()
    reader = open_incident(page, site[0], site[1])
    reader.locator(".row.c-killed summary").click()
    offer = reader.locator(".row.c-killed .offer", has_text="Outlet a2")
    offer.click()
    assert reader.locator(".report-at").inner_text() == "2 of 3"
    assert reader.locator("mark.here").inner_text() == "7"


def test_hostile_text_is_read_and_never_run(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page()
    reader = open_incident(page, site[0], site[2])
    shown = reader.locator(".text:visible").inner_text()
    assert "<script>window.hit = 1</script>" in shown
    assert 'onerror="window.hit = 2"' in shown
    reader.locator(".text").click()
    page.goto(f"{site[0]}/articles?q=window")
    page.wait_for_selector(".rd-hit")
    settle(page)
    assert page.evaluate("window.hit") is None
    assert page.outside == []


def test_the_way_from_incident_to_article_and_back(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page()
    reader = open_incident(page, site[0], site[1])
    reader.get_by_role("link", name="open the article").first.click()
    page.wait_for_url("**/articles?article=a1")
    page.locator(".reader mark.ev").first.wait_for()
    settle(page)
    page.locator(".reader").get_by_role("link", name="open the incident").first.click()
    page.wait_for_url(f"**/incident?id={site[1]}")


def test_the_way_back_keeps_the_filters(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(f"{site[0]}/?country=IQ&deaths_min=1")
    page.get_by_role("link", name="Air strike in Kirkuk").first.click()
    page.wait_for_url("**/incident?id=*")
    page.get_by_role("link", name="Back to the map").click()
    page.wait_for_url("**/*country=IQ*")
    assert "deaths_min=1" in page.url


@pytest.mark.parametrize("page_name", ["incident", "articles", "article", "review", "extracts", "codebook"])
def test_a_phone_never_scrolls_sideways(site: tuple[str, str, str], new_page: Callable[..., Any], page_name: str) -> None:
    page = new_page(390, 844)
    where = {"incident": f"incident?id={site[2]}", "article": "articles?article=h1"}.get(page_name, page_name)
    page.goto(f"{site[0]}/{where}")
    page.get_by_role("heading", level=1).first.wait_for()
    settle(page)
    over = page.evaluate(
        "() => [...document.querySelectorAll('section.stMain, [data-testid=stMain], body')].map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(over) <= 0


def test_on_a_phone_a_chosen_field_brings_up_its_words(site: tuple[str, str, str], new_page: Callable[..., Any]) -> None:
    page = new_page(390, 844, reduced_motion="reduce")
    reader = open_incident(page, site[0], site[1])
    reader.locator("button.head[data-group=killed]").click()
    here = reader.locator("mark.here")
    page.wait_for_function(
        "e => { const b = e.getBoundingClientRect(); return b.top > 0 && b.bottom < innerHeight; }", arg=here.element_handle()
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_keep_their_contrast_when_marked_and_when_lit(site: tuple[str, str, str], new_page: Callable[..., Any], scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    reader = open_incident(page, site[0], site[1])
    for group in ("", "killed", "what", "where", "when", "source"):
        reader.evaluate("(e, group) => { e.dataset.lit = group; }", group)
        page.wait_for_timeout(200)  # the colours fade in
        low = reader.evaluate(CONTRASTS)
        assert low == [], (scheme, group, low)


# The texts of the reader whose contrast with what lies behind them is under 4.5:1 (WCAG 2.2, 1.4.3).
CONTRASTS = """(reader) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const read = (colour, under) => {
        canvas.clearRect(0, 0, 1, 1);
        if (under) { canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1); }
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const css = (c) => `rgb(${c[0]}, ${c[1]}, ${c[2]})`;
    const light = (c) => {
        const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
        const stack = [];
        for (let at = e; at; at = at.parentElement || (at.getRootNode().host ?? null)) stack.push(getComputedStyle(at).backgroundColor);
        return stack.reverse().reduce((under, colour) => css(read(colour, under)), "rgb(255, 255, 255)");
    };
    const low = [];
    for (const e of reader.querySelectorAll("*")) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || !e.checkVisibility() || e.closest(".sr, :disabled")) continue;
        const ground = behind(e), a = light(read(getComputedStyle(e).color, ground)), b = light(read(ground));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push([e.className || e.tagName, e.textContent.slice(0, 30), ratio.toFixed(2)]);
    }
    return low;
}"""


@pytest.mark.model
@pytest.mark.slow
def test_giving_a_date_in_the_browser_dates_the_incident(
    serve: Callable[[Path], str], new_page: Callable[..., Any], tmp_path: Path, coder: Any, settings: Any
) -> None:
    from pipeline.run import ingest

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "strike.txt").write_text(
        "Headline: Air strike kills five near Kirkuk\nSource: The Wire\n---\n"
        "A U.S. air strike killed five militants near the northern Iraqi city of Kirkuk on Sunday, police said.\n",
        encoding="utf-8",
    )
    db = store.open_store(tmp_path / "store.db")
    ingest(db, [folder], coder=coder, settings=settings)
    (incident_id,) = db.execute("SELECT incident_id FROM incidents").fetchone()
    db.close()
    page = new_page()
    page.goto(f"{serve(tmp_path / 'store.db')}/incident?id={incident_id}")
    page.get_by_role("heading", name="Undated").wait_for()
    box = page.get_by_test_id("stDateInput").first
    box.locator("[role=spinbutton], input").first.click()
    page.keyboard.type("20231205")
    page.get_by_text("How do you know?").click()
    page.get_by_role("button", name="Give the date").click()
    page.get_by_role("heading", name="3 Dec 2023").wait_for()
