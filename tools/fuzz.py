"""Feed every reader damaged files until the time is up: python -m tools.fuzz SECONDS [FAMILY ...]

SECONDS are for each family of inputs (all, where none is named: text, page, pdf and so on). Where atheris is installed
(pip install atheris; it has wheels for CPython 3.11 to 3.13), half of the time is its own: it follows the coverage of our
code. The other half are mutations of whole files as in the tests, which go deeper at once. Whatever a reader is given
must end in articles and refusals by name within LIMIT_S of processor time. An input that does not is written to the
folder that DATELINE_FUZZ_FOUND names (var/fuzz), and the exit code is 1.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pipeline.intake import Refusal, read_bytes
from pipeline.settings import ROOT
from tests.pipeline.intake.mutations import FAMILIES, Family, mutate
from tests.pipeline.intake.sound import assert_sound

LIMIT_S = 5.0
FOUND = Path(os.environ.get("DATELINE_FUZZ_FOUND") or ROOT / "var" / "fuzz")
# What one mutated input may be mutated again from, beside the whole files: those that were taken.
KEPT = 200


def check(family: Family, content: bytes) -> tuple[float, Counter[str]]:
    """Seconds of the processor that one reading took, and what came of it; AssertionError on what no reader may give."""
    began, outcomes = time.process_time(), Counter[str]()
    items = list(read_bytes(family.wrap(content), family.name))
    took = time.process_time() - began
    outcomes.update("refused" if isinstance(item, Refusal) else "articles" for item in items)
    assert_sound(items)
    assert took < LIMIT_S, f"it took {took:.1f} s of the processor"
    return took, outcomes


def keep(name: str, content: bytes, error: BaseException) -> None:
    """Write an input that broke a reader down, and say what it did."""
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"{name.replace(', ', '-')}-{hashlib.blake2b(content, digest_size=6).hexdigest()}"
    path.write_bytes(content)
    print(f"  {path}: {type(error).__name__}: {error}", flush=True)


def mutate_for(name: str, seconds: float, seed: int) -> tuple[int, int, float, Counter[str]]:
    """Mutations of a family's files for so long: inputs, those that broke a reader, the longest reading in s, what came of them."""
    family, rng = FAMILIES[name], random.Random(seed)
    pool, number, broken, longest, outcomes = list(family.seeds), 0, 0, 0.0, Counter[str]()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        content = mutate(rng, rng.choice(pool))
        number += 1
        try:
            took, came = check(family, content)
        except Exception as e:
            broken += 1
            keep(name, content, e)
            continue
        longest, outcomes = max(longest, took), outcomes + came
        if came["articles"] and len(content) < 200_000:
            place = rng.randrange(KEPT)
            pool[len(family.seeds) + place : len(family.seeds) + place + 1] = [content]
    return number, broken, longest, outcomes


def follow_coverage(name: str, seconds: float) -> tuple[int, int]:
    """A run of atheris in a process of its own: inputs, and 1 where it ended at one that broke a reader."""
    with tempfile.TemporaryDirectory(prefix="dateline-fuzz-") as folder:
        for n, content in enumerate(FAMILIES[name].seeds):
            (Path(folder) / f"seed-{n}").write_bytes(content)
        FOUND.mkdir(parents=True, exist_ok=True)
        options = [
            f"-max_total_time={max(1, round(seconds))}",
            "-print_final_stats=1",
            "-timeout=60",
            "-rss_limit_mb=2048",
            "-max_len=100000",
        ]
        options.append(f"-artifact_prefix={FOUND}/{name.replace(', ', '-')}-")
        command = [sys.executable, "-m", "tools.fuzz_atheris", name, *options, folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    told = done.stdout + done.stderr
    m = re.search(r"stat::number_of_executed_units:\s*(\d+)", told)
    if done.returncode:
        print("\n".join(told.splitlines()[-25:]), flush=True)
    return int(m[1]) if m else 0, int(done.returncode != 0)


def main() -> int:
    """Run the families that the command line names."""
    seconds, names = float(sys.argv[1]), sys.argv[2:] or list(FAMILIES)
    atheris = importlib.util.find_spec("atheris") is not None
    print(f"{'atheris and mutations' if atheris else 'mutations alone: atheris is not installed'}, {seconds:g} s a family", flush=True)
    broke = total = 0
    for name in names:
        by_coverage, ended = follow_coverage(name, seconds / 2) if atheris else (0, 0)
        number, broken, longest, outcomes = mutate_for(name, seconds / 2 if atheris else seconds, seed=len(name))
        broke, total = broke + broken + ended, total + number + by_coverage
        came = f"{outcomes['articles']:,} articles, {outcomes['refused']:,} refusals"
        print(
            f"{name:<16}{by_coverage:>8,} by coverage{number:>9,} mutations: {came}; longest {longest:.2f} s, {broken + ended} broke",
            flush=True,
        )
    print(f"{total:,} inputs, {broke} broke a reader", flush=True)
    return 1 if broke else 0


if __name__ == "__main__":
    sys.exit(main())
