"""Measure taking in: python -m tools.bench_intake [ARTICLES [WORKERS ...]], 2,000 articles with 1 and with 2 workers where nothing is said.

The articles are those of `tools.corpus`, one in ten with an incident. Each run is `dateline ingest` in a process of
its own on a store of its own; while it goes, the memory of all its processes is sampled (proportional set size, so that
what they share counts once) and the number of articles stored. Told are articles per second of the clock and of the
processor, for the first and the last tenth of the articles too, and the same for memory, so that what grows with the
store shows. A line in ten percent steps goes to stderr. For other programs to disturb little, compare processor time.
"""

from __future__ import annotations

import bisect
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import ROOT
from tools.corpus import make_articles

ARTICLES = 2_000
SAMPLE_S = 1.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a run: seconds of the clock since its start and of the processor, bytes of memory, articles stored."""

    clock_s: float
    processor_s: float
    memory: int
    stored: int


def processes_of(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def memory_of(pid: int) -> int:
    """The bytes of memory a process takes, what it shares with others in parts; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def processor_time_of(pid: int) -> float:
    """The seconds of the processor that a process has used so far, in all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * TICK_S


def stored_in(path: Path) -> int:
    """How many articles a store holds now."""
    if not path.exists():
        return 0
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return int(db.execute("SELECT COALESCE(MAX(rowid), 0) FROM articles").fetchone()[0])
        finally:
            db.close()
    except sqlite3.Error:
        return 0  # it is being made


def watch_run(process: subprocess.Popen[bytes], path: Path, articles: int) -> list[Sample]:
    """Samples of a run until it ends."""
    began, samples, said = time.monotonic(), list[Sample](), 0
    used: dict[int, float] = {}
    while process.poll() is None:
        time.sleep(SAMPLE_S)
        pids = processes_of(process.pid)
        used |= {pid: spent for pid in pids if (spent := processor_time_of(pid))}
        sample = Sample(time.monotonic() - began, sum(used.values()), sum(map(memory_of, pids)), stored_in(path))
        # Once all is stored the processes are on their way out.
        if sample.memory and sample.stored and not (samples and samples[-1].stored == articles):
            samples.append(sample)
        if sample.stored * 10 // articles > said:
            said = sample.stored * 10 // articles
            words = f"{sample.stored:,} stored after {sample.clock_s:.0f} s ({sample.processor_s:.0f} s of the processor)"
            print(f"{words}, {sample.memory / 1e6:.0f} MB", file=sys.stderr, flush=True)
    return samples


def rate_between(samples: Sequence[Sample], start: float, end: float) -> tuple[float, float]:
    """Articles per second of the clock and of the processor while a share of all articles, from `start` to `end`, was stored."""
    counts = [s.stored for s in samples]
    total = counts[-1]
    a = samples[min(bisect.bisect_left(counts, start * total), len(samples) - 2)]
    b = samples[max(min(bisect.bisect_left(counts, end * total), len(samples) - 1), samples.index(a) + 1)]
    done = b.stored - a.stored
    return done / (b.clock_s - a.clock_s), done / max(b.processor_s - a.processor_s, 0.001)


def memory_between(samples: Sequence[Sample], start: float, end: float) -> float:
    """The mean of the memory, in bytes, while a share of all articles was stored."""
    total = samples[-1].stored
    some = [s.memory for s in samples if start * total <= s.stored <= end * total] or [samples[-1].memory]
    return sum(some) / len(some)


def run_ingest(corpus: Path, path: Path, *, workers: int, articles: int) -> list[tuple[str, str]]:
    """One run of `dateline ingest` in a process of its own, and what was measured of it."""
    command = [sys.executable, "-m", "pipeline.cli", "--store", str(path), "ingest", "--workers", str(workers), str(corpus)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        samples = watch_run(process, path, articles)
        told = (process.stdout.read() if process.stdout else b"").decode().split()
    if process.returncode or len(samples) < 10:
        return [(f"{workers} workers", f"no figures: exit code {process.returncode}, {len(samples)} samples; take more articles")]
    counts = dict(zip(told[::2], told[1::2], strict=False))
    last, first_tenth, last_tenth = samples[-1], (0.0, 0.1), (0.9, 1.0)
    a, b, whole = (rate_between(samples, *part) for part in (first_tenth, last_tenth, (0.0, 1.0)))
    # The coder loads what it needs as it goes; the tenth after the first hundredth is the first one that is at work.
    m, n = memory_between(samples, 0.01, 0.1), memory_between(samples, *last_tenth)
    return [
        ("workers", f"{workers}"),
        ("stored", ", ".join(f"{counts.get(name)} {name}" for name in ("new", "reports", "incidents")) + f" in {last.clock_s:.0f} s"),
        ("rate", f"{whole[0]:.1f} articles/s, {whole[1]:.1f} per second of the processor"),
        ("first and last tenth", f"{a[0]:.1f} and {b[0]:.1f} articles/s, {a[1]:.1f} and {b[1]:.1f} per second of the processor"),
        ("memory at most", f"{max(s.memory for s in samples) / 1e6:.0f} MB, all processes together"),
        ("memory, first and last tenth", f"{m / 1e6:.0f} and {n / 1e6:.0f} MB, {n / m - 1:+.1%}"),
        ("store", f"{path.stat().st_size / 1e6:.0f} MB"),
    ]


def bench_intake(articles: int = ARTICLES, workers: Sequence[int] = (1, 2)) -> list[tuple[str, str]]:
    """So many made-up articles taken in with each number of workers."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        corpus = Path(folder) / "corpus.jsonl"
        with corpus.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(article) + "\n" for article in make_articles(articles))
        for number in workers:
            rows += run_ingest(corpus, Path(folder) / f"{number}.db", workers=number, articles=articles)
    return rows


def main() -> int:
    """What the command line asks for."""
    articles, *workers = [int(a) for a in sys.argv[1:]] or [ARTICLES]
    for name, value in bench_intake(articles, workers or (1, 2)):
        print(f"  {name:<32}{value}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
