"""Watching: a local site publishes, files arrive, and the dashboard's own queries show the incident seconds later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard import queries
from pipeline import store
from pipeline.errors import SettingsError, StoreBusyError
from pipeline.filters import Filters
from pipeline.intake.feeds import Entry
from pipeline.intake.fetch import Fetcher
from pipeline.intake.sources import Source, Sources, read_sources
from pipeline.settings import ROOT
from pipeline.watch import Watch, _Brought
from tests.fakes import FakeCoder
from tests.feedserver import Site, serving
from tests.watching import until, watching

KILLED = "5 people were killed in Kirkuk on 2023-12-03, the police said. They were on their way to work when a bomb hit their minibus."
MORE = "The road was closed for hours, and the wounded were taken to the general hospital of the city, where doctors worked into the night."


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def deaths(path: Path) -> tuple[int, int]:
    """(incidents, killed) as the Monitor page counts them at this moment."""
    found = queries.tallies(str(path), queries.fingerprint(path), Filters())
    return found.incidents, found.killed


def state_of(path: Path, name: str) -> dict[str, Any]:
    db = store.open_store_readonly(path)
    try:
        return next((r for r in store.live_sources(db) if r["name"] == name), {})
    finally:
        db.close()


def test_a_feed_becomes_an_incident_on_the_dashboard_within_seconds(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site.feed()
    with watching(path, Source("Wire", "feed", site.url("/feed.xml"), every_s=1.0)) as running:
        until(lambda: site.times_asked("/feed.xml") > 0)
        site.story("/a", "Attack in Kirkuk", KILLED, MORE)
        site.feed(("Attack in Kirkuk", "/a", "Five killed"), etag='"1"')
        took = until(lambda: deaths(path) == (1, 5), 30.0)
        print(f"on the dashboard {took:.1f} s after it was published; the feed is asked every second")  # noqa: T201 - a figure
        until(lambda: state_of(path, "Wire").get("etag") == '"1"')
        asked = site.times_asked("/a")
        until(lambda: any(h.get("If-None-Match") == '"1"' for p, h in site.asked if p == "/feed.xml"))
        # The same page with another text is the story's next revision, and its toll takes the place of the first.
        site.story("/a", "Attack in Kirkuk", KILLED.replace("5 people", "7 people"), MORE)
        site.feed(("UPDATE 1-Attack in Kirkuk", "/a", "Seven killed"), etag='"2"')
        until(lambda: deaths(path) == (1, 7), 30.0)
        assert site.times_asked("/a") == asked + 1
    assert [e["event"] for e in running.events].count("stopped") == 1
    db = store.open_store(path)
    assert db.execute("SELECT revision, file_name FROM articles ORDER BY revision").fetchall() == [(1, site.url("/a")), (2, site.url("/a"))]
    assert db.execute("SELECT COUNT(*) FROM evidence").fetchone()[0] == 6  # of both revisions
    db.close()
    state = state_of(path, "Wire")
    assert (state["failures"], state["error"], state["articles"]) == (0, "", 2)
    assert state["fresh_at_utc"]


def test_a_folder_is_followed_and_a_file_half_written_waited_for(tmp_path: Path) -> None:
    path, folder = tmp_path / "live.db", tmp_path / "in"
    folder.mkdir()
    with watching(path, Source("Desk", "folder", str(folder))) as running:
        (folder / "a.txt").write_text(f"Attack in Kirkuk\n\n{KILLED}\n")
        assert until(lambda: deaths(path) == (1, 5)) < 5
        with (folder / "b.jsonl").open("w") as file:
            for n in range(6):
                file.write(
                    json.dumps({"text": f"{n + 1} people were killed in Gao on 2023-11-{n + 1:02}0"[:-1] + ", a source said."}) + "\n"
                )
                file.flush()
                time.sleep(0.3)
        until(lambda: deaths(path) == (7, 5 + 21))
        (folder / "bad.txt").write_bytes(b"\x00\x01\x02")
        until(lambda: state_of(path, "Desk")["refused"] == 1)
    assert [e["item"] for e in running.events if e["event"] == "taken"].count("b.jsonl") == 1
    with watching(path, Source("Desk", "folder", str(folder))) as again:
        time.sleep(2.5)
    assert [e["event"] for e in again.events] == ["started", "stopped"]


def test_a_dead_feed_holds_up_nobody_and_is_asked_less_and_less(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site.put("/broken.xml", "no", 503)
    site.put("/page.xml", "<html><body>A page, not a feed</body></html>")
    site.feed(("Attack in Kirkuk", "/a", "Five killed"))
    site.story("/a", "Attack in Kirkuk", KILLED, MORE)
    feeds = [Source(n, "feed", site.url(f"/{n}.xml"), every_s=1.0) for n in ("broken", "page", "gone", "feed")]
    with watching(path, Source("dead", "feed", "http://127.0.0.1:9/x", every_s=1.0), *feeds) as running:
        until(lambda: deaths(path) == (1, 5))
        until(lambda: state_of(path, "broken")["failures"] >= 2, 12)
    waits = [e["next_s"] for e in running.events if e["event"] == "failed" and e["source"] == "broken"]
    assert waits[:2] == [2, 4]
    assert "503" in state_of(path, "broken")["error"]
    assert "not RSS or Atom" in state_of(path, "page")["error"]
    assert "404" in state_of(path, "gone")["error"]
    assert "does not answer" in state_of(path, "dead")["error"]
    assert state_of(path, "feed")["failures"] == 0


def test_a_page_that_is_forbidden_leaves_the_teaser(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site.put("/robots.txt", "User-agent: *\nDisallow: /a\n")
    site.story("/a", "Attack in Kirkuk", KILLED)
    site.feed(("Attack in Kirkuk", "/a", KILLED))
    with watching(path, Source("Wire", "feed", site.url("/feed.xml"))):
        until(lambda: deaths(path) == (1, 5))
    assert site.times_asked("/a") == 0
    db = store.open_store(path)
    assert db.execute("SELECT note FROM articles").fetchone()[0] == "the feed's teaser, not the whole story"
    db.close()


def test_a_page_whose_robots_txt_cannot_be_had_is_tried_again(site: Site, tmp_path: Path) -> None:
    source = Source("Wire", "feed", site.url("/feed.xml"))
    db = store.open_store(tmp_path / "live.db")
    watch = Watch(db, Sources((source,)), FakeCoder(), lambda _: None, Fetcher(allowed=frozenset({"127.0.0.1"}), pause_s=0.0))
    entry = Entry({"url": site.url("/a")}, {}, is_full=False, updated="", key="a")
    site.put("/robots.txt", "broken", 503)
    brought = watch._bring(source, entry)
    assert ("robots.txt" in brought.error, brought.forbidden) == (True, False)
    site.put("/robots.txt", "User-agent: *\nDisallow: /a\n")
    assert watch._bring(source, entry).forbidden
    db.close()


def test_a_page_that_failed_is_tried_again_while_its_feed_stands_as_it_is(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site.put("/a", "no", 503)
    site.feed(("Attack in Kirkuk", "/a", "Five killed"), etag='"1"')
    with watching(path, Source("Wire", "feed", site.url("/feed.xml"), every_s=1.0)) as running:
        until(lambda: any(e["event"] == "page failed" for e in running.events))
        site.story("/a", "Attack in Kirkuk", KILLED, MORE)
        until(lambda: deaths(path) == (1, 5))
        until(lambda: state_of(path, "Wire").get("etag") == '"1"')


def test_a_page_that_keeps_failing_does_not_fetch_its_feed_again_and_is_given_up(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    site.put("/a", "no", 503)
    site.feed(("Attack in Kirkuk", "/a", ""), etag='"1"')
    with watching(path, Source("Wire", "feed", site.url("/feed.xml"), every_s=0.3)) as running:
        until(lambda: state_of(path, "Wire").get("refused") == 1)
        until(lambda: site.times_asked("/feed.xml") >= 5)
        assert sum(e["event"] == "page failed" for e in running.events) == 2
    asked = [headers.get("If-None-Match") for p, headers in site.asked if p == "/feed.xml"]
    assert asked[0] is None
    assert set(asked[1:]) == {'"1"'}
    assert site.times_asked("/a") == 3
    db = store.open_store(path)
    ((_, item, _, reason, _),) = store.quarantined(db)
    db.close()
    assert (item, reason) == (site.url("/a"), "its page cannot be had: its page answers 503")


def test_a_page_that_failed_is_tried_again_after_a_restart(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    source = Source("Wire", "feed", site.url("/feed.xml"), every_s=0.3)
    site.put("/a", "no", 503)
    site.feed(("Attack in Kirkuk", "/a", "Five killed"), etag='"1"')
    with watching(path, source):
        until(lambda: state_of(path, "Wire").get("etag") == '"1"')
    site.story("/a", "Attack in Kirkuk", KILLED, MORE)
    with watching(path, source):
        until(lambda: deaths(path) == (1, 5))


def test_what_the_store_was_too_busy_for_is_taken_before_what_came_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, taken = Source("Wire", "feed", "http://wire.example/feed.xml"), list[str]()
    db = store.open_store(tmp_path / "live.db")
    watch = Watch(db, Sources((source,)), FakeCoder(), lambda _: None, Fetcher())
    entry = Entry({"url": "http://wire.example/a"}, {}, is_full=True, updated="", key="a")
    watch._brought += [_Brought(source, entry), _Brought(source, last=True)]

    def busy(*_: object) -> None:
        raise StoreBusyError("another program holds the store")

    monkeypatch.setattr(watch, "_end_asking", lambda _: taken.append("last"))
    monkeypatch.setattr(watch, "_take_entry", busy)
    with pytest.raises(StoreBusyError):
        watch._take_brought()
    monkeypatch.setattr(watch, "_take_entry", lambda *_: taken.append("entry"))
    watch._take_brought()
    assert taken == ["entry", "last"]
    db.close()


def test_a_locked_store_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 200)
    monkeypatch.setattr("pipeline.watch.STORE_PAUSE_S", 0.2)
    path, folder = tmp_path / "live.db", tmp_path / "in"
    folder.mkdir()
    with watching(path, Source("Desk", "folder", str(folder))) as running:
        until(lambda: state_of(path, "Desk").get("fresh_at_utc") is not None)
        db = store.open_store(path)
        db.execute("BEGIN IMMEDIATE")
        (folder / "a.txt").write_text(f"Attack in Kirkuk\n\n{KILLED}\n")
        until(lambda: any(e["event"] == "store busy" for e in running.events))
        db.conn.rollback()
        db.close()
        until(lambda: deaths(path) == (1, 5))


# --- the list ------------------------------------------------------------------------------------


def test_the_list_of_sources(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(
        'user_agent = "Our Desk"\nallow = ["intranet.example"]\npause = 2\n[[folder]]\nname = "Desk"\npath = "in"\n'
        'columns = { text = "story" }\n[[feed]]\nurl = "https://wire.example/rss"\nevery = 60\npages = false\n'
    )
    found = read_sources(path)
    assert (found.user_agent, found.allow, found.pause_s) == ("Our Desk", frozenset({"intranet.example"}), 2.0)
    assert found.sources[0] == Source("Desk", "folder", str(tmp_path / "in"), columns=(("text", "story"),))
    assert found.sources[1] == Source("https://wire.example/rss", "feed", "https://wire.example/rss", every_s=60.0, pages=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lists no"), ("[[feed]]\n", "needs its url"), ("x = 1\n", "no setting 'x'"), ('[[feed]]\nurl="file:///etc"\n', "only http"),
        ('[[feed]]\nurl="http://a.example"\nevery=0\n', "number of seconds"), ('[[feed]]\nurl="http://a.example"\ncolour=1\n', "colour"),
        ('[[feed]]\nurl="http://a.example"\n[[feed]]\nurl="http://a.example"\n', "two sources"), ("[[feed]\n", "cannot be read"),
        ('user_agent="a\\nb"\n[[folder]]\npath="x"\n', "user_agent"), ('folder = "x"\n', "[[folder]] entries"),
        ('[[feed]]\nurl="http://a.example"\nrobots="no"\n', "true or false"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_followed_is_said(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(SettingsError) as e:
        read_sources(tmp_path / "sources.toml")
    assert words in str(e.value)


def test_no_list_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"docs/WATCH\.md"):
        read_sources(tmp_path / "sources.toml")


# --- the command -----------------------------------------------------------------------------------


def test_the_command_stops_on_sigterm_and_logs_json(tmp_path: Path, site: Site) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sources.toml").write_text('[[folder]]\nname = "Desk"\npath = "in"\n')
    code = "from pipeline import cli; from tests.fakes import FakeCoder; cli._load_coder = lambda s: FakeCoder(); cli.main()"
    command = [sys.executable, "-c", code, "watch", "--sources", str(tmp_path / "sources.toml"), "--store", str(tmp_path / "live.db")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stderr
    assert json.loads(process.stderr.readline())["event"] == "started"
    (tmp_path / "in" / "a.txt").write_text(f"Attack in Kirkuk\n\n{KILLED}\n")
    taken = json.loads(process.stderr.readline())
    assert (taken["event"], taken["item"], taken["new"], taken["incidents"]) == ("taken", "a.txt", 1, 1)
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(10) == 0
    process.stderr.close()
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
