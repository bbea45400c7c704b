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
ONLY_THIS_MACHINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def playwright_browser(chromium: str) -> Iterator[Any]:
    """A Chromium for all tests of the session, to which no name but this machine's own address means anything."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM_FLAGS, ONLY_THIS_MACHINE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(playwright_browser: Any) -> Iterator[Callable[..., Any]]:
    """`contexts(**options)` is a context with these options, the same one each time: what it has loaded it need not load again."""
    made: dict[str, Any] = {}

    def context(**options: Any) -> Any:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = playwright_browser.new_context(accept_downloads=True, **options)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@pytest.fixture
def new_page(playwright_browser: Any, contexts: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """`new_page(width, height)` is a page that keeps in `page.outside` what it asked of anywhere but this machine.

    With `own=True` it shares nothing with the pages of other tests: neither cookies nor what was loaded.
    """
    opened = []

    def make(width: int = 1280, height: int = 800, *, own: bool = False, **options: Any) -> Any:
        context = playwright_browser.new_context(**options) if own else contexts(**options)
        page = context.new_page()
        opened.append(context if own else page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(WAIT_MS)
        page.outside = []

        def note(request: Any) -> None:
            if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
                page.outside.append(request.url)

        # Only listened to: a page whose requests are taken out of its hands keeps nothing of what it has loaded.
        page.on("request", note)
        return page

    yield make
    for one in opened:
        one.close()


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
