"""Photograph every page of the dashboard on the demonstration: light, dark, laptop and phone, into docs/.

    python -m tools.screenshots [--store PATH] [--out docs] [--only NAME ...]

Without --store the demonstration texts are ingested into a store of their own first.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from dashboard.charts import palette
from pipeline.filters import Filters
from pipeline.settings import ROOT, SEEDS, load_settings
from pipeline.store import open_store, open_store_readonly, writing
from tools.chromium import find_chromium

# A software renderer draws the map, and no service of the browser itself goes out.
CHROMIUM_FLAGS = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--disable-background-networking", "--disable-component-update", "--no-first-run",
]  # fmt: skip
START_TIMEOUT_S = 120
# The first load on a busy machine without a graphics card takes a while.
WAIT_MS = 120_000
# So much of the map, at the least, is land; less means that the outlines are not drawn yet.
LAND_SHARE = 0.02
LAPTOP, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its file's name, the page's address, size of the window, theme and what is pressed first."""

    name: str
    path: str
    size: tuple[int, int] = LAPTOP
    theme: str = "light"
    keys: str = ""  # pressed before the picture is taken


def shots(incident_id: str, article_id: str) -> list[Shot]:
    """The pictures of docs/, of this incident and this article."""
    return [
        Shot("monitor", ""),
        Shot("monitor-dark", "", theme="dark"),
        Shot("monitor-phone", "", size=PHONE),
        Shot("monitor-filtered", "?country=IQ&country=SY&from=2023-12-01&to=2024-01-31&undated=0"),
        Shot("incident", f"incident?id={incident_id}"),
        Shot("incident-dark", f"incident?id={incident_id}", theme="dark"),
        Shot("incident-phone", f"incident?id={incident_id}", size=PHONE),
        Shot("actors", "actors"),
        Shot("actor", "actors?actor=Islamic+Resistance+in+Iraq"),
        Shot("actor-dark", "actors?actor=Islamic+Resistance+in+Iraq", theme="dark"),
        Shot("actors-compared", "actors?actor=Houthis&actor=Kataib+Hezbollah&actor=Islamic+State"),
        Shot("actor-phone", "actors?actor=Houthis", size=PHONE),
        Shot("regions", "regions"),
        Shot("region", "regions?country=IQ"),
        Shot("region-dark", "regions?country=IQ", theme="dark"),
        Shot("region-phone", "regions?country=SY", size=PHONE),
        Shot("articles", "articles"),
        Shot("article", f"articles?article={article_id}"),
        Shot("saved", "saved"),
        Shot("saved-phone", "saved", size=PHONE),
        Shot("articles-phone", "articles", size=PHONE),
        Shot("incident-edit", f"incident?id={incident_id}", keys="e"),
        Shot("incident-brief", f"incident?id={incident_id}", keys="b"),
        Shot("review", "review?list=tolls"),
        Shot("review-dark", "review?list=duplicates", theme="dark"),
        Shot("review-phone", "review?list=tolls", size=PHONE),
        Shot("ingest", "ingest"),
        Shot("extracts", "extracts"),
        Shot("extracts-dark", "extracts", theme="dark"),
        Shot("codebook", "codebook"),
        Shot("quality", "quality"),
        Shot("quality-dark", "quality", theme="dark"),
    ]


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(store: Path, log: Path, *, port: int = 0, options: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a dashboard on this store, as long as the context lasts; RuntimeError where it does not come up.

    `port` is a free one where it is 0; `options` and `env` are given to Streamlit beside the usual ones.
    """
    port = port or free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py"),
        f"--server.port={port}", "--server.address=127.0.0.1", "--logger.level=warning", *options,
    ]  # fmt: skip
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DATELINE_STORE": str(store)} | dict(env or {}), stdout=out, stderr=out
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; RuntimeError where it ended or took too long."""
    # The check is of our own server: a proxy set in the environment has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with opener.open(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard did not come up at {url}")


def settle(page: Any) -> None:
    """Wait until the server has nothing left to run for this page."""
    page.wait_for_selector("[data-testid=stMainBlockContainer] [data-testid=stElementContainer]", state="attached")
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
                 && !document.querySelector('[data-testid=stSkeleton]')"""
    )


def wait_for_land(page: Any, theme: str) -> None:
    """Wait until the map has drawn the land; RuntimeError where it does not in WAIT_MS."""
    land = tuple(int(palette(theme).land[i : i + 2], 16) for i in (1, 3, 5))
    until = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < until:
        picture = Image.open(io.BytesIO(page.locator("[data-testid=stDeckGlJsonChart]").first.screenshot())).convert("RGB")
        share = sum(n for n, rgb in picture.getcolors(maxcolors=1_000_000) if rgb == land) / (picture.width * picture.height)
        if share > LAND_SHARE:
            return
        page.wait_for_timeout(500)
    raise RuntimeError(f"the map at {page.url} drew no land")


def take(browser: Any, url: str, shot: Shot, out: Path) -> Path:
    """Take one picture."""
    width, height = shot.size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=shot.theme)
    with closing(context):
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{url}/{shot.path}")
        settle(page)
        if page.locator("[data-testid=stDeckGlJsonChart]").count():
            wait_for_land(page, shot.theme)
            # Looking at the map scrolled to it.
            page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
        for key in shot.keys:
            page.keyboard.press(key)
            page.wait_for_timeout(500)
            settle(page)
        page.wait_for_timeout(500)
        file = out / f"{shot.name}.png"
        page.screenshot(path=str(file))
    return file


def fill_demonstration(path: Path) -> None:
    """Ingest the demonstration texts into a new store."""
    from pipeline.coding.coder import load_coder
    from pipeline.run import ingest

    settings = load_settings(store=path)
    with closing(open_store(path)) as db:
        ingest(db, [SEEDS / "articles"], coder=load_coder(settings), settings=settings)


def save_views(path: Path) -> None:
    """Save views such as a desk keeps, so that the page of saved views has something to show."""
    from pipeline.views import save_view

    kept = (
        ("Iraq and Syria since December", Filters(country=("IQ", "SY"), date_from="2023-12-01", undated=False)),
        ("Red Sea shipping", Filters(actor=("Houthis",), country=("YE",))),
    )
    with closing(open_store(path)) as db, writing(db):
        for name, filters in kept:
            save_view(db, name, filters, by="local", at_utc="2024-03-01T09:00:00.000Z")


def choose_subjects(path: Path) -> tuple[str, str]:
    """The incident that the most origins tell of with differing tolls, and one of its articles."""
    with closing(open_store_readonly(path)) as db:
        incident_id = db.execute(
            """SELECT incident_id FROM incidents WHERE assertion = 'asserted' AND merged_into IS NULL
               ORDER BY (deaths_low < deaths_high) DESC, number_of_sources DESC, number_of_reports DESC, incident_id LIMIT 1"""
        ).fetchone()[0]
        article_id = db.execute(
            """SELECT r.article_id FROM reports r JOIN incident_reports ir ON ir.report_id = r.report_id
               WHERE ir.incident_id = ? ORDER BY r.article_id LIMIT 1""",
            (incident_id,),
        ).fetchone()[0]
    return incident_id, article_id


def take_all(store: Path, out: Path, only: Sequence[str], folder: Path) -> None:
    """Take the pictures, all or those named, and say which."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("there is no Chromium here; `python -m tools.chromium --install` installs one")
    wanted = [shot for shot in shots(*choose_subjects(store)) if not only or shot.name in only]
    with served(store, folder / "server.log") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        for shot in wanted:
            print(take(browser, url, shot, out))
        browser.close()


def main() -> None:
    """Read the options, fill a store where none is given, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--only", nargs="*", default=[])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dateline-screenshots-") as folder:
        store = args.store or Path(folder) / "demonstration.db"
        if args.store is None:
            fill_demonstration(store)
            save_views(store)
        take_all(store, args.out, args.only, Path(folder))


if __name__ == "__main__":
    main()
