"""Measure the Monitor page over many incidents: counting, whole pages, Chromium, ten people at once, and `datasette` beside it.

Pages are asked for by clients that speak Streamlit's own protocol over its websocket, so that what is timed is the
whole way: the script, what it sends, and the wire. Every filter is one that nobody asked for before, so that
no cache answers. Times are of the clock, the least disturbed of several where it says so; seconds of the
server's processor stand beside them, since those do not depend on what else the machine does.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamlit.logger import set_log_level

from dashboard import queries
from pipeline import store
from pipeline.columns import HeldColumns
from pipeline.filters import Filters, where
from tests.generate import fill_large_store
from tools.chromium import find_chromium
from tools.screenshots import CHROMIUM_FLAGS, LAPTOP, free_port, served, wait_until_up

ROUNDS = 3
PEOPLE = 10
WAIT_S = 300
# Address parameters of a change of filter: by place, group, type, time, words, toll.
CHANGES = {
    "a country": "country=IQ",
    "a group with its branches": "actor=Islamic+State",
    "a month": "from=2023-12-01&to=2023-12-31&undated=0",
    "a type": "type=Battles",
    "words": "q=Maiduguri",
    "a toll": "deaths_min=10",
}
COUNTRIES = ("SY", "YE", "ML", "NG", "SD", "UA", "MM", "CO", "PK", "SO", "CD")
PARTS = (queries.tallies, queries.points, queries.latest, queries.timeline, queries.table)
VIEWS = {
    "everything": Filters(),
    "one country": Filters(country=("IQ",)),
    "one actor with children": Filters(actor=("Islamic State",)),
    "one month": Filters(date_from="2024-03-01", date_to="2024-03-31", undated=False),
    "words": Filters(text="Maiduguri"),
    "at least 10 dead": Filters(deaths_min=10),
}
FACETS = "_facet=country&_facet=event_type&_facet=admin1&_nosuggest=1"

Rows = list[tuple[str, str]]


@dataclass(frozen=True, order=True)
class Spent:
    """Seconds that an answer took, of the clock and of the server's processor."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.processor:.2f} s of processor)"

    def times(self, other: Spent) -> str:
        """How many times the other's this is, by the clock and by the processor."""
        return f"{self.clock / other.clock:.1f} times ({self.processor / max(other.processor, 0.01):.1f} of processor)"


def make_store(path: Path, incidents: int) -> None:
    """A generated store of so many incidents, its journal folded in."""
    db = store.open_store(path)
    fill_large_store(db, incidents)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the clock and of this process's processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def best(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Processor seconds of the fastest of several runs."""
    return min(timed(work)[1] for _ in range(rounds))


# --- counting -------------------------------------------------------------------------------------


def bench_counting(path: Path, folder: Path) -> Rows:
    """Reading the columns, renewing them after a write, and what a change of filter asks of them, in processor seconds."""
    cold = HeldColumns(path, kept_in=folder)
    whole = timed(lambda: cold.at(0))[1]
    if cold.saving:
        cold.saving.join()
    live = HeldColumns(path, kept_in=folder)
    from_file = timed(lambda: live.at(0))[1]
    size = live.at(0).nbytes
    writer = store.open_store(path)
    with store.writing(writer):
        touched = "SELECT incident_id FROM incidents ORDER BY rowid DESC LIMIT 10"
        writer.execute(f"UPDATE incidents SET deaths_high = deaths_high + 1 WHERE incident_id IN ({touched})")
    writer.close()
    renewed = timed(lambda: live.at(1))[1]
    mark = queries.fingerprint(path)
    queries.read_ahead(str(path), mark)
    rows = [
        ("columns read for the first time", f"{whole:.1f} s, {size / 1e6:.0f} MB"),
        ("from their file", f"{from_file * 1e3:.0f} ms"),
        ("after 10 incidents were written", f"{renewed * 1e3:.0f} ms"),
    ]
    for name, filters in VIEWS.items():

        def ask(chosen: Filters = filters) -> None:
            queries.columns_of(str(path), mark).forget()
            for part in PARTS:
                part.clear()
                part(str(path), mark, chosen)

        rows.append((f"all parts: {name}", f"{best(ask) * 1e3:.0f} ms"))
    return rows


# --- whole pages ----------------------------------------------------------------------------------


class Person:
    """Somebody with the Monitor page open, without a browser, as long as the context lasts."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._page = ""

    def __enter__(self) -> Person:
        from websockets.sync.client import connect

        connection = connect(
            self._address, subprotocols=["streamlit"], max_size=None, open_timeout=WAIT_S, compression=None, proxy=None
        )  # fmt: skip
        self._connection = connection
        self._socket = connection.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.__exit__(*error)

    def ask(self, params: str) -> tuple[float, int, int]:
        """Open the page with these parameters: seconds until all of it is there, bytes sent, the first tally."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked = BackMsg()
        asked.rerun_script.query_string = params
        asked.rerun_script.page_script_hash = self._page
        start, size, tally, drawn = time.perf_counter(), 0, None, False
        self._socket.send(asked.SerializeToString())
        while True:
            raw = self._socket.recv(timeout=WAIT_S)
            size += len(raw)
            said = ForwardMsg()
            said.ParseFromString(raw)
            kind = said.WhichOneof("type")
            if kind == "new_session":
                self._page = said.new_session.page_script_hash
            elif kind == "delta":
                element = said.delta.new_element
                if element.WhichOneof("type") == "exception":
                    raise RuntimeError(element.exception.message)
                drawn = drawn or element.WhichOneof("type") == "deck_gl_json_chart"
                found = re.search(r'dl-figure">([\d,]+)', element.html.body)
                tally = int(found[1].replace(",", "")) if found and tally is None else tally
            elif kind == "ref_hash":
                drawn = True  # sent before, and the browser has it still
            elif kind == "script_finished":
                break
        if tally is None or not drawn:
            raise RuntimeError(f"no tally or no map came for {params!r}")
        return time.perf_counter() - start, size, tally


def server_seconds(name: str = "dashboard/app.py") -> float:
    """Processor seconds of a server that this process started, by its command line; 0 where the system does not say."""
    for task in Path("/proc/self/task").glob("*/children"):
        for pid in task.read_text().split():
            if name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def expected(path: Path, filters: Filters) -> int:
    """How many incidents the filters leave, by SQL."""
    condition, params = where(filters)
    db = store.open_store_readonly(path)
    try:
        return int(db.execute(f"SELECT COUNT(*) FROM incidents i WHERE {condition}", params).fetchone()[0])
    finally:
        db.close()


def bench_pages(path: Path, address: str) -> tuple[Rows, dict[str, Spent]]:
    """The first page of a fresh server, then changes of filter, each whole; and what two of them took, for the comparison."""
    with Person(address) as somebody:

        def ask(params: str) -> tuple[Spent, int, int]:
            before = server_seconds()
            took, size, tally = somebody.ask(params)
            return Spent(took, server_seconds() - before), size, tally

        first, size, tally = ask("")
        if tally != expected(path, Filters()):
            raise RuntimeError(f"the page says {tally} incidents, the SQL {expected(path, Filters())}")
        rows = [("first page of a new server", f"{first}, {size / 1e6:.1f} MB sent")]
        for name, params in CHANGES.items():
            took, size, tally = ask(params)
            rows.append((f"change to {name}", f"{took}, {size / 1e6:.1f} MB sent, {tally:,} incidents"))
        # Everything again, by a filter that leaves all and was never asked for.
        every = min(ask(f"from=1900-01-{day:02d}")[0] for day in range(2, 2 + ROUNDS))
        country = min(ask(f"country={code}")[0] for code in COUNTRIES[:ROUNDS])
        rows.append(("change to everything", str(every)))
    return rows, {"everything": every, "one country": country}


def bench_people(address: str) -> Rows:
    """Ten people who all change their filter at the same moment, again and again, each to one of their own."""
    start, took, failed = threading.Barrier(PEOPLE), list[float](), list[str]()
    choices = [f"country={code}&type={kind}" for code, kind in itertools.product(COUNTRIES, ("Battles", "Protests", "Riots", "Attack"))]
    rounds = len(choices) // PEOPLE

    def work(number: int) -> None:
        try:
            with Person(address) as person:
                person.ask(f"from=1900-02-{number + 1:02d}")
                for turn in range(rounds):
                    start.wait(WAIT_S)
                    took.append(person.ask(choices[turn * PEOPLE + number])[0])
        except Exception as e:
            failed.append(repr(e))  # said below; the others are let go
            start.abort()

    before = server_seconds()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(failed[0])
    cuts = statistics.quantiles(took, n=20)
    return [
        (f"{PEOPLE} people at once, {len(took)} changes", f"median {statistics.median(took):.2f} s, 95 % within {cuts[-1]:.2f} s"),
        ("processor for all of it", f"{server_seconds() - before:.1f} s"),
    ]


# --- in Chromium ----------------------------------------------------------------------------------

# Notes when a key is pressed and when the map has taken new data and the browser has drawn a frame since.
WATCH = """() => {
  const name = () => document.querySelector('[data-testid=stDeckGlJsonChart]')?.closest('[aria-label]')?.ariaLabel
    ?? document.querySelector('[data-testid=stDeckGlJsonChart] [aria-label]')?.ariaLabel
    ?? document.querySelector('[data-testid=stDeckGlJsonChart]')?.outerHTML.match(/Map of [^"]*/)?.[0];
  window.bench = {name, before: name()};
  const press = event => { if (event.key === 'Enter') window.bench.pressed = performance.now(); };
  document.addEventListener('keydown', press, {capture: true});
  const look = () => {
    const now = name();
    if (window.bench.pressed && now && now !== window.bench.before)
      requestAnimationFrame(() => requestAnimationFrame(() => { window.bench.took = performance.now() - window.bench.pressed; }));
    else requestAnimationFrame(look);
  };
  look();
}"""


def bench_browser(address: str) -> Rows:
    """First load in a fresh profile, then changes of filter by the sidebar, until the map has changed; nothing without a Chromium."""
    chromium = find_chromium()
    if not chromium:
        return [("Chromium", "not found, so nothing is measured in a browser")]
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]}).new_page()
        page.set_default_timeout(WAIT_S * 1e3)
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector(".dl-figure")
        tallies = time.perf_counter() - start
        page.wait_for_selector("[data-testid=stDeckGlJsonChart] canvas")
        loaded = time.perf_counter() - start
        page.wait_for_selector("[data-testid=stDataFrame] canvas")
        page.wait_for_timeout(1500)
        took = {}
        for label, option in (("Country", "Iraq"), ("What", "Battles"), ("Who", "Kataib Hezbollah")):
            box = page.get_by_role("combobox", name=label, exact=True)
            box.click()
            box.fill(option)
            page.get_by_role("option", name=option, exact=True).first.wait_for()
            page.evaluate(WATCH)
            page.keyboard.press("Enter")
            page.wait_for_function("() => window.bench.took")
            took[option] = page.evaluate("window.bench.took") / 1e3
            page.keyboard.press("Escape")
            page.wait_for_timeout(1000)
        browser.close()
    changes = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items())
    return [("first load", f"tallies after {tallies:.2f} s, map after {loaded:.2f} s"), ("until the map has changed", changes)]


# --- datasette ------------------------------------------------------------------------------------


@contextmanager
def datasette_on(path: Path, folder: Path) -> Iterator[str | None]:
    """The address of a datasette on a store, in an environment of its own that is made here; None where it cannot be installed."""
    environment = folder / "datasette"
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        steps = [[uv, "venv", "--quiet", str(environment)], [uv, "pip", "install", "--quiet", "--python", str(environment), "datasette"]]
    else:
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "datasette"]
        steps = [[sys.executable, "-m", "venv", str(environment)], pip]
    try:
        for step in steps:
            subprocess.run(step, check=True, capture_output=True, timeout=WAIT_S)
    except (OSError, subprocess.SubprocessError):
        yield None
        return
    port = free_port()
    command = [
        str(environment / "bin" / "python"), "-m", "datasette", "serve", str(path), "--host", "127.0.0.1", "--port", str(port),
        "--setting", "sql_time_limit_ms", "200000", "--setting", "facet_time_limit_ms", "200000",
    ]  # fmt: skip
    with (folder / "datasette.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/-/versions.json", server)
        yield f"http://127.0.0.1:{port}/{path.stem}/incidents"
    finally:
        server.terminate()
        server.wait()


def bench_datasette(path: Path, folder: Path, ours: dict[str, Spent]) -> Rows:
    """datasette's page of the same table with three facets, over everything and over one country, beside our whole page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with datasette_on(path, folder) as table:
        if table is None:
            return [("datasette", "could not be installed, so there is no comparison")]
        rows = []
        for name, more in (("everything", ""), ("one country", "&country=IQ")):

            def ask(params: str = more) -> Spent:
                start, before = time.perf_counter(), server_seconds("datasette")
                with opener.open(f"{table}?{FACETS}{params}", timeout=WAIT_S) as answer:
                    if answer.read().count(b'class="facet-info ') != 3:
                        raise RuntimeError("datasette sent other than three facets")
                return Spent(time.perf_counter() - start, server_seconds("datasette") - before)

            took = min(ask() for _ in range(ROUNDS))
            rows.append((f"datasette: {name}", f"{took} for its page with three facets"))
            rows.append(("  of our page, with map and all", took.times(ours[name])))
    return rows


# --- all of it ------------------------------------------------------------------------------------


def bench_dashboard(incidents: int, given: Path | None = None) -> Rows:
    """Everything above for a store of so many incidents, `given` or generated; the rows of the bench's table."""
    set_log_level("ERROR")  # Streamlit warns that its caches work without a server here
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "generated.db"
        if given:
            shutil.copy(given, path)
            made = "given"
        else:
            made = f"made in {timed(lambda: make_store(path, incidents))[0]:.0f} s"
        rows = [("store", f"{incidents:,} incidents, {path.stat().st_size / 1e6:.0f} MB, {made}; load {os.getloadavg()[0]:.1f}")]
        former = os.environ.get("DATELINE_CACHE")
        os.environ["DATELINE_CACHE"] = str(folder / "cache")
        try:
            rows += bench_counting(path, folder / "cache")
            with served(path, folder / "log") as address:
                pages, ours = bench_pages(path, address)
                rows += pages
                rows += bench_people(address)
            rows += bench_datasette(path, folder, ours)
            with served(path, folder / "log") as address:
                rows += bench_browser(address)
        finally:
            os.environ.pop("DATELINE_CACHE")
            if former is not None:
                os.environ["DATELINE_CACHE"] = former
    return rows


def main() -> int:
    """`python -m tools.bench_dashboard [INCIDENTS] [STORE]`: this part of the bench alone, on a store generated or given."""
    incidents = int(sys.argv[1]) if sys.argv[1:] else 100_000
    for name, value in bench_dashboard(incidents, Path(sys.argv[2]) if sys.argv[2:] else None):
        print(f"  {name:<38}{value}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
