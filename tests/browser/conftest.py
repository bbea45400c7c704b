"""A running dashboard and a browser for it that can reach nothing but this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tools.screenshots import CHROMIUM_FLAGS, served

# The first load on a busy machine without a graphics card takes a while.
WAIT_MS = 120_000


@pytest.fixture(scope="session")
def playwright_browser(chromium: str) -> Iterator[Any]:
    """A Chromium for all tests of the session."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(playwright_browser: Any) -> Iterator[Callable[..., Any]]:
    """`new_page(width, height)` is a page whose requests to anywhere but this machine are blocked and kept in `page.outside`."""
    contexts = []

    def make(width: int = 1280, height: int = 800, **options: Any) -> Any:
        context = playwright_browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.outside = []

        def check(route: Any) -> None:
            url = route.request.url
            if url.startswith(("http://127.0.0.1:", "data:", "blob:")):
                route.continue_()
            else:
                page.outside.append(url)
                route.abort()

        page.route("**/*", check)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """`serve(store)` is the address of a dashboard on that store, the same one for all tests that ask for this store."""
    addresses: dict[Path, str] = {}
    with ExitStack() as servers:

        def serve(store: Path) -> str:
            if store not in addresses:
                addresses[store] = servers.enter_context(served(store, tmp_path_factory.mktemp("serve") / "log"))
            return addresses[store]

        yield serve
