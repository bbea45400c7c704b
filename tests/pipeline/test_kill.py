"""Kill -9 at any moment of an ingest: the store opens, is whole, and a further run ends where an undisturbed one does."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from tests.feedserver import serving
from tests.forked import finish, start

ARTICLES = 60
# More can be asked for: a night's run with DATELINE_TEST_KILLS=1000.
KILLS = int(os.environ.get("DATELINE_TEST_KILLS", "24"))
# The share of each way to take articles in: half of the kills hit an ingest, half a watch.
SHARES = {"ingest": 0.35, "workers": 0.15, "watch": 0.25, "feed": 0.25}
# The log of runs differs by nature: a killed run is one more line in it. So does the moment at which an incident came.
RUN_TABLES = ("runs", "live_sources", "live_seen")
RUN_COLUMNS = ("run_id", "first_stored_at_utc", "version")  # the latter counts writes


def contents(db: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order of its values; without the run it came by and without row numbers."""
    tables = [t for t in db.table_names() if not t.startswith(("sqlite_", "_sqlite", "articles_fts")) and t not in RUN_TABLES]
    rows = {}
    for table in tables:
        columns = [c.name for c in db[table].columns if c.name not in RUN_COLUMNS]
        names = ",".join(f'"{c}"' for c in columns)
        rows[table] = sorted(db.execute(f"SELECT {names} FROM {table}").fetchall(), key=repr)
    return rows


def check_whole(path: Path) -> None:
    """The promises that hold at any moment: intact, no dangling row, no half article."""
    db = store.open_store(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    uncoded = "SELECT COUNT(*) FROM articles a WHERE NOT EXISTS (SELECT 1 FROM codings c WHERE c.article_id = a.article_id)"
    unlinked = "SELECT COUNT(*) FROM reports r WHERE NOT EXISTS (SELECT 1 FROM incident_reports i WHERE i.report_id = r.report_id)"
    unsaid = "SELECT COUNT(*) FROM reports r WHERE NOT EXISTS (SELECT 1 FROM evidence e WHERE e.report_id = r.report_id)"
    found = {sql: db.execute(sql).fetchone()[0] for sql in (uncoded, unlinked, unsaid)}
    db.execute("INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)")
    db.close()
    assert found == {uncoded: 0, unlinked: 0, unsaid: 0}


def partition(path: Path) -> list[tuple[Any, ...]]:
    """The incidents as sets of reports with their values. Ids are given as reports come in, by chance with two writers."""
    db = store.open_store(path)
    live = [i for i in store.load_incidents(db) if i.report_ids]
    db.close()
    return sorted((i.report_ids, i.date_start, i.deaths_best, i.deaths_low, i.deaths_high, i.number_of_sources) for i in live)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Articles that link with each other, some that say nothing, some that are refused."""
    rng = random.Random(7)
    path = tmp_path / "in"
    path.mkdir()
    for n in range(ARTICLES):
        town, day, deaths = rng.choice(["Kirkuk", "Gao", "Jos"]), rng.randrange(1, 9), rng.randrange(1, 30)
        told = f"{deaths} people were killed in {town} on 2023-12-{day:02d}, a source told this paper in dispatch {n}."
        text = "" if n % 17 == 0 else f"Dispatch number {n}\n\n{'Nothing happened.' if n % 5 == 0 else told}\n"
        (path / f"{n:03d}.txt").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def feed(folder: Path) -> Iterator[str]:
    """The address of a feed of the same articles: every other one in full, the others as a teaser and a page."""
    with serving() as site:
        items = []
        for n, path in enumerate(sorted(folder.iterdir())):
            headline, _, told = path.read_text(encoding="utf-8").partition("\n\n")
            story = f"{told} {'The market opened an hour later than usual. ' * 4}"
            if n % 2:
                items.append((headline or "Nothing", f"/{n}", f"<p>{story}</p>" * 3))
            else:
                site.story(f"/{n}", headline or "Nothing", story, f"Of dispatch {n} no more is known.")
                items.append((headline or "Nothing", f"/{n}", "A teaser."))
        site.feed(*items)
        yield site.url("/feed.xml")


@pytest.mark.slow
@pytest.mark.parametrize("how", list(SHARES))
def test_a_killed_run_is_continued(how: str, folder: Path, feed: str, tmp_path: Path) -> None:
    what = feed if how == "feed" else folder
    undisturbed = tmp_path / "undisturbed.db"
    assert finish(start(undisturbed, what, how=how)) == 0
    process = start(tmp_path / "timed.db", what, how=how)
    began = time.monotonic()
    assert finish(process) == 0
    whole_run_s = time.monotonic() - began
    db = store.open_store(undisturbed)
    expected = contents(db)
    db.close()
    assert len(expected["incidents"]) > 10

    rng = random.Random(11)
    wanted, kills, attempt = max(1, round(KILLS * SHARES[how])), 0, 0
    while kills < wanted:
        path = tmp_path / f"killed-{attempt}.db"
        attempt += 1
        while True:
            process = start(path, what, how=how)
            # Mostly early, so that one store is killed several times before it is full.
            time.sleep(whole_run_s * rng.random() ** 2)
            process.kill()
            code = finish(process)
            check_whole(path)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            kills += 1
            if kills >= wanted:
                assert finish(start(path, what, how=how)) == 0
                break
        db = store.open_store(path)
        found = contents(db)
        db.close()
        assert found == expected
    print(f"{kills} kills of {how}")  # noqa: T201 - a figure


@pytest.mark.slow
def test_two_ingests_at_once_lose_and_double_nothing(folder: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "alone.db", tmp_path / "together.db"
    assert finish(start(alone, folder)) == 0
    first, second = start(together, folder, batch=3), start(together, folder, batch=5)
    assert (finish(first), finish(second)) == (0, 0)
    check_whole(together)
    assert partition(together) == partition(alone)


@pytest.mark.slow
def test_a_reader_is_not_held_up_by_two_ingests(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "together.db"
    store.open_store(path).close()
    writers = [start(path, folder, batch=3), start(path, folder, batch=5)]
    reader = store.open_store_readonly(path)
    reader.execute("PRAGMA busy_timeout = 0")  # a reader that had to wait would fail at once
    waits, seen = [], 0
    while any(w.is_alive() for w in writers):
        began = time.monotonic()
        count = reader.execute("SELECT COUNT(*), SUM(deaths_best) FROM incidents WHERE merged_into IS NULL").fetchone()[0]
        waits.append(time.monotonic() - began)
        seen = max(seen, count)
        time.sleep(0.002)
    reader.close()
    assert [finish(w) for w in writers] == [0, 0]
    assert seen > 10
    # The machine may stop any program for a moment; what is held up by a lock is held up again and again.
    held_up = sorted(waits)
    print(f"{len(waits)} reads, median {held_up[len(waits) // 2] * 1e3:.1f} ms, worst {held_up[-1] * 1e3:.1f} ms")  # noqa: T201 - a figure
    assert held_up[int(len(waits) * 0.99)] < 0.1
