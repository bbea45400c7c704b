"""The live loop: a site publishes, the watch fetches and codes, and an open dashboard shows it without being started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intake.sources import Source
from tests.dashboard.test_pages import run_app, tally, texts
from tests.feedserver import serving
from tests.watching import until, watching

KILLED = "5 people were killed in Kirkuk on 2023-12-03, the police said. They were on their way to work when a bomb hit their minibus."
AGAIN = "7 people were killed in Gao on 2023-12-05, the police said. They were asleep when gunmen came into their village at night."
MORE = "The road was closed for hours, and the wounded were taken to the general hospital of the city, where doctors worked into the night."


def test_an_open_dashboard_shows_what_a_feed_has_just_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "live.db"
    with serving() as site:
        site.story("/a", "Attack in Kirkuk", KILLED, MORE)
        site.feed(("Attack in Kirkuk", "/a", "Five killed"), etag='"1"')
        with watching(path, Source("Wire", "feed", site.url("/feed.xml"), every_s=0.5)) as running:
            until(lambda: any(event.get("incidents") for event in running.events))
            app = run_app(path, monkeypatch)
            assert tally(app) == 1
            site.story("/b", "Attack in Gao", AGAIN, MORE)
            site.feed(("Attack in Gao", "/b", "Seven killed"), ("Attack in Kirkuk", "/a", "Five killed"), etag='"2"')
            until(lambda: sum(event.get("incidents", 0) for event in running.events) == 2)
            assert tally(app.run()) == 2
            assert 'class="dl-figure">12<' in texts(app)  # killed, all told
            ingest = texts(app.switch_page("views/ingest.py").run())
            assert "Wire" in ingest
