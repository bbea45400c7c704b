"""Measure what can get slow: coding, place look-up, the dashboard, linking, the past, a rebuild. Prints one table.

Coding is given as a ratio to the bare spaCy pipeline over the same texts in the same run, since
seconds differ from machine to machine and the parse is the floor under any coder of this kind. All
times are of the processor, not of the clock, so that other programs on the machine count little.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline import run, store
from pipeline.coding.coder import load_coder
from pipeline.filters import Filters, where
from pipeline.gazetteer import open_gazetteer
from pipeline.incidents import copy_known_on, known_on, update_incidents
from pipeline.models import Article
from pipeline.rebuild import rebuild
from pipeline.settings import ROOT, load_settings
from tests.generate import fill_world, repeat_world
from tools.bench_intake import bench_intake

ROUNDS = 3
CODING_ROUNDS = 2
INCIDENTS = 10_000
# The Monitor's, without and with `--large`.
MONITOR_INCIDENTS = (100_000, 1_000_000)
# A world of this many reports is generated, and repeated where more are asked for.
BLOCK_REPORTS = 10_000
MANY_REPORTS = 1_000_000
MANY_INCIDENTS = 100_000
REPORTS_AN_INCIDENT = 1.7
LINKED_ARTICLES = 20
LINKED_DAY = "2023-01-22"
NAMES = (
    "Kirkuk", "Deir al-Zor", "Deir ez-Zor", "Al-Qa'im", "Qaim", "Tripoli", "Hodeidah", "Maiduguri", "Kharkiv", "Tel Aviv",
    "Gao", "Rafah", "Ain al-Asad", "Erbil", "Mogadishu", "Goma", "Nyala", "Lashio", "Nowhereville", "Xyzzy",
)  # fmt: skip

PROFILES = (
    ("all groups", "actors", {}),
    ("one group", "actors", {"actor": "AX Front"}),
    ("four groups", "actors", {"actor": ["AX Front", "AX Army", "Military of AX", "AY Front"]}),
    ("the world", "regions", {}),
    ("one country", "regions", {"country": "AX"}),
    ("one province", "regions", {"country": "AX", "admin1": "AX 1"}),
)


def read_articles() -> list[Article]:
    """The texts that coding is measured on: the gold sets of the tests and the demonstration."""
    paths = [*sorted((ROOT / "tests" / "gold").glob("*.jsonl")), run.DEMONSTRATION]
    items = [item for item in run.read_items(paths) if isinstance(item, Article)]
    return list({a.article_id: a for a in items}.values())


def time_of(work: Callable[[], Any]) -> float:
    """Processor seconds of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def time_of_all(work: Callable[[], Any]) -> str:
    """Seconds of the clock that a run takes that may use several processes, and of the processor in all of them, in words."""

    def used() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in usages)

    clock, processor = time.perf_counter(), used()
    work()
    return f"{time.perf_counter() - clock:.1f} s by the clock, {used() - processor:.1f} s of the processor"


def best_of(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Processor seconds of the fastest of several runs: the one that other programs disturbed least."""
    return min(time_of(work) for _ in range(rounds))


def bench_coding(settings: Any) -> list[tuple[str, str]]:
    """How many times the bare pipeline's time the coder takes, over the same texts, run in turns."""
    coder, articles = load_coder(settings), read_articles()
    texts = [a.text for a in articles]
    coder.code(articles[0])
    bare, whole = [], []
    for _ in range(CODING_ROUNDS):
        bare.append(time_of(lambda: [coder.nlp(text) for text in texts]))
        whole.append(time_of(lambda: [coder.code(a) for a in articles]))
    words = sum(len(text.split()) for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        db = store.open_store(Path(folder) / "bench.db")
        chain = time_of(lambda: run.ingest_items(db, articles, coder=coder))
        db.close()
    return [
        ("texts", f"{len(texts)} articles, {words} words"),
        ("bare spaCy pipeline", f"{min(bare):.2f} s, {len(texts) / min(bare):.1f} articles/s"),
        ("coder", f"{min(whole):.2f} s, {len(texts) / min(whole):.1f} articles/s"),
        ("coder / bare pipeline", f"{min(whole) / min(bare):.2f} times"),
        ("whole ingest / bare pipeline", f"{chain / min(bare):.2f} times"),
    ]


def bench_gazetteer(settings: Any) -> list[tuple[str, str]]:
    """Opening the built index, and look-ups of names that are in it and names that are not."""
    open_gazetteer(settings.cache)
    opened = best_of(lambda: open_gazetteer(settings.cache))
    gazetteer = open_gazetteer(settings.cache)
    cold = [time_of(lambda name=name: gazetteer.candidates(name)) for name in NAMES]
    warm = [time_of(lambda name=name: gazetteer.resolve(name)) for _ in range(50) for name in NAMES]
    return [
        ("gazetteer, open", f"{opened * 1e3:.1f} ms"),
        ("look-up, first time", f"median {statistics.median(cold) * 1e3:.3f} ms, worst {max(cold) * 1e3:.3f} ms"),
        ("look-up with choice, again", f"median {statistics.median(warm) * 1e3:.3f} ms, worst {max(warm) * 1e3:.3f} ms"),
    ]


def bench_monitor(incidents: int) -> list[tuple[str, str]]:
    """The Monitor beside datasette. Imported here: the processes of a rebuild read this module anew and want no dashboard."""
    from tools.bench_dashboard import bench_dashboard

    return bench_dashboard(incidents)


def bench_profiles(incidents: int) -> list[tuple[str, str]]:
    """The pages of groups and of regions on a store with about this many incidents: the first run, and one with everything cached."""
    import streamlit as st

    from tests.dashboard.pages import run_page

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.db"
        blocks = max(1, round(incidents * REPORTS_AN_INCIDENT / BLOCK_REPORTS))
        with closing(store.open_store(path)) as db:
            fill_world(db, BLOCK_REPORTS)
            if blocks > 1:
                repeat_world(db, blocks)
        os.environ["DATELINE_STORE"] = str(path)
        for name, page, params in PROFILES:
            st.cache_data.clear()
            first = time_of(lambda p=page, q=params: run_page(p, **q))
            rows.append((name, f"{first * 1e3:.0f} ms, again {best_of(lambda p=page, q=params: run_page(p, **q)) * 1e3:.0f} ms"))
        del os.environ["DATELINE_STORE"]
    return rows


def make_world(path: Path, reports: int) -> None:
    """A store of so many reports at the density of a region's news; the first BLOCK_REPORTS, again and again."""
    db = store.open_store(path)
    db.execute("PRAGMA synchronous = OFF")
    fill_world(db, min(reports, BLOCK_REPORTS))
    if reports > BLOCK_REPORTS:
        repeat_world(db, reports // BLOCK_REPORTS)
    db.close()


def time_linking(path: Path) -> tuple[float, float]:
    """Processor seconds that linking one new article takes in a store, the median and the mean over LINKED_ARTICLES of one day.

    Each tells an event again that the store has, and is taken back, so that all of them meet the same store.
    """
    db = store.open_store(path)
    # The same articles in a small store and in the middle of a large one, which is the small one again and again.
    ids = [i for (i,) in db.execute("SELECT report_id FROM reports WHERE date_start = ? ORDER BY report_id", (LINKED_DAY,))]
    repeated = db.execute("SELECT COUNT(*) FROM reports").fetchone()[0] // BLOCK_REPORTS
    some = [f"{i}+{repeated // 2}" if repeated > 1 else i for i in ids[:: max(1, len(ids) // LINKED_ARTICLES)]][:LINKED_ARTICLES]
    taken = []
    for report_id in some:
        (report,) = store.load_reports(db, "r.report_id = ?", (report_id,))
        (article,) = store.load_articles(db, [report.article_id])
        new = dataclasses.replace(article, article_id=f"new-{report_id}", story_id=f"new-{report_id}", revision=1)
        told = dataclasses.replace(report, report_id=f"new-{report_id}", article_id=new.article_id)
        db.execute("BEGIN IMMEDIATE")
        store.save_article(db, new)
        store.save_coding(db, new.article_id, [told], coder="rules", coder_version="generated", outcome="coded")
        taken.append(time_of(lambda: update_incidents(db, [new.article_id])))  # noqa: B023 - called at once
        db.conn.rollback()
    db.close()
    return statistics.median(taken), statistics.mean(taken)


def bench_linking(small: int, large: int) -> list[tuple[str, str]]:
    """Linking one article into a small and a large store of the same density."""
    rows, taken = [], []
    for reports in (small, large):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "world.db"
            made = time_of(lambda p=path, n=reports: make_world(p, n))
            median, mean = time_linking(path)
            taken.append((median, mean))
            value = f"median {median * 1e3:.1f} ms, mean {mean * 1e3:.1f} ms of {LINKED_ARTICLES} (store made in {made:.0f} s)"
            rows.append((f"one article into {reports:,}", value))
    (median, mean), (median_large, mean_large) = taken
    return [*rows, ("large / small", f"{median_large / median:.2f} times the median, {mean_large / mean:.2f} times the mean")]


def copy_past_of(db: Any, day: str, folder: Path) -> None:
    """Write the store as known on a day into a file, as the dashboard does, and delete it."""
    target = folder / "past.db"
    copy_known_on(db, day, target)
    target.unlink()


def bench_history(incidents: int) -> list[tuple[str, str]]:
    """A store of this many incidents as of a day in its middle, and all of them computed anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.db"
        make_world(path, int(incidents * REPORTS_AN_INCIDENT))
        db = store.open_store(path)
        (middle,) = db.execute("SELECT date((MIN(julianday(date_start)) + MAX(julianday(date_start))) / 2) FROM reports").fetchone()
        condition, params = where(Filters())

        def look_back() -> int:
            with known_on(db, middle) as then:
                return int(
                    then.execute(f"SELECT COUNT(*), SUM(i.deaths_best) FROM incidents i WHERE {condition}", tuple(params)).fetchone()[0]
                )

        viewed, known = best_of(look_back), look_back()
        copied = best_of(lambda: copy_past_of(db, middle, Path(folder)))
        # The generated incidents are not quite what linking makes of the reports: nearly all of them are written.
        changing = time_of_all(lambda: rebuild(db))
        again = time_of_all(lambda: rebuild(db))
        count, live = db.execute("SELECT COUNT(*), SUM(merged_into IS NULL) FROM incidents").fetchone()
        reports = db.execute("SELECT COUNT(*) FROM reports").fetchone()[0]
        db.close()
    return [
        ("store", f"{count:,} incidents, {live:,} of them not merged, of {reports:,} reports"),
        ("as of the middle", f"{viewed:.2f} s for the view and a total over it, {known:,} known then"),
        ("the same as a store of its own", f"{copied:.2f} s, once for each day that somebody looks at"),
        ("rebuild that changes all", changing),
        ("rebuild that changes nothing", again),
    ]


def show(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """One block of the table."""
    print(f"\n{title}")
    for name, value in rows:
        print(f"  {name:<38}{value}")


def main() -> int:
    """Run the blocks that are named, or all; `--json` prints the same rows as JSON, `--large` takes stores of full size."""
    settings, large = load_settings(), "--large" in sys.argv[1:]
    blocks: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "Coding": lambda: bench_coding(settings),
        "Intake": bench_intake,
        "Gazetteer": lambda: bench_gazetteer(settings),
        "Monitor": lambda: bench_monitor(MONITOR_INCIDENTS[large]),
        "Profiles": lambda: bench_profiles(MANY_INCIDENTS if large else INCIDENTS),
        "Linking": lambda: bench_linking(BLOCK_REPORTS, MANY_REPORTS if large else 10 * BLOCK_REPORTS),
        "History": lambda: bench_history(MANY_INCIDENTS if large else INCIDENTS // 10),
    }
    named = [a.title() for a in sys.argv[1:] if not a.startswith("--")] or list(blocks)
    if unknown := sorted(set(named) - blocks.keys()):
        print(f"there is no block {', '.join(unknown)}; there are {', '.join(blocks)}", file=sys.stderr)
        return 2
    if "--json" in sys.argv[1:]:
        print(json.dumps({title: dict(blocks[title]()) for title in named}, indent=1))
        return 0
    rounds = f"{CODING_ROUNDS} (coding) or {ROUNDS} runs"
    print(f"Python {platform.python_version()}, {platform.machine()}; processor time unless said, the fastest of {rounds}")
    for title in named:
        show(title, blocks[title]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
