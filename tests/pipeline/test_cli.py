"""The command line: what each command does, and that no mistake ends in a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, run, serve, store
from pipeline.filters import PARAMS
from pipeline.run import ingest
from pipeline.settings import ROOT
from tests.fakes import FakeCoder

ONE = "Attack in Kirkuk\n\n5 people were killed in Kirkuk on 2023-12-03, the police said."


@pytest.fixture(autouse=True)
def small_coder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_load_coder", lambda settings: FakeCoder())


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "one.txt"
    path.parent.mkdir()
    path.write_text(ONE, encoding="utf-8")
    return path


# --- ingest --------------------------------------------------------------------------------------


def test_ingest_says_what_it_did(dateline: Any, article: Path, own_store: Path) -> None:
    code, out, _ = dateline("ingest", article)
    counts = {line.split()[0]: line.split()[1] for line in out.splitlines()}
    assert code == 0
    assert counts == {"read": "1", "new": "1", "duplicates": "0", "coded": "1", "reports": "1", "incidents": "1", "refused": "0"}
    assert own_store.exists()


def test_ingest_of_known_input_loads_no_coder(dateline: Any, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dateline("ingest", article)
    monkeypatch.setattr(cli, "_load_coder", lambda settings: pytest.fail("loaded"))
    code, out, _ = dateline("ingest", article)
    assert (code, "duplicates  1" in " ".join(out.split("\n"))) == (0, True)


def test_ingest_ends_with_1_where_something_was_refused(dateline: Any, article: Path) -> None:
    article.with_name("empty.txt").write_bytes(b"")
    code, out, _ = dateline("ingest", article.parent)
    assert code == 1
    assert "empty.txt: " in out
    _, out, err = dateline("quarantine", "list")
    assert "empty.txt" in out
    assert "1 items in quarantine" in err


def test_ingest_maps_columns(dateline: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('tag,inhalt\n2023-12-04,"5 people were killed in Kirkuk on 2023-12-03."\n', encoding="utf-8")
    assert dateline("ingest", tmp_path / "in.csv", "--column", "published=tag", "--column", "text=inhalt")[0] == 0
    assert "undated articles      0" in dateline("status")[1]


def test_published_dates_what_has_no_date(dateline: Any, article: Path) -> None:
    assert dateline("ingest", article, "--published", "2023-12-04")[0] == 0
    assert dateline("undated")[1] == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--published", "yesterday"], "'yesterday' is not a date like 2023-12-03"),
        (["--published", "2023-02-30"], "'2023-02-30' is not a date"),
        (["--column", "publisched=date"], "OURS is one of"),
        (["--column", "date"], "OURS=THEIRS"),
    ],
)
def test_wrong_options_leave_the_store_untouched(dateline: Any, article: Path, own_store: Path, options: list[str], words: str) -> None:
    code, out, err = dateline("ingest", article, *options)
    assert (code, out, words in err, err.count("\n")) == (2, "", True, 1)
    assert not own_store.exists()


@pytest.mark.parametrize("before", [True, False])
def test_store_is_named_before_or_after_the_command(dateline: Any, article: Path, own_store: Path, before: bool) -> None:
    mine = own_store.with_name("mine.db")
    option = ["--store", mine]
    assert dateline(*(option if before else []), "ingest", article, *([] if before else option))[0] == 0
    assert mine.exists()
    assert not own_store.exists()


# --- dates ---------------------------------------------------------------------------------------


def test_an_undated_article_is_listed_and_dated(dateline: Any, article: Path, own_store: Path) -> None:
    dateline("ingest", article)
    listed = dateline("undated")[1].split()
    article_id = listed[0]
    code, out, _ = dateline("date", article_id, "2023-12-04", "--by", "Ada", "--reason", "printed on the page")
    assert (code, "says Ada" in out) == (0, True)
    assert dateline("undated")[1] == ""
    db = store.open_store_readonly(own_store)
    decision = store.load_decisions(db)[0]
    db.close()
    assert (decision.kind, decision.target, decision.by, decision.reason) == ("set_published", article_id, "Ada", "printed on the page")


def test_dating_an_unknown_article_is_refused(dateline: Any, article: Path) -> None:
    dateline("ingest", article)
    code, _, err = dateline("date", "a-nobody", "2023-12-04", "--by", "Ada")
    assert (code, err) == (1, "dateline: there is no article a-nobody in the store\n")


# --- files in, files out ---------------------------------------------------------------------------


def test_code_writes_reports(dateline: Any, tmp_path: Path, own_store: Path) -> None:
    row = {"article_id": "x1", "published": "2023-12-04", "source": "Wire", "headline": "Attack", "text": ONE}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    code, _, _ = dateline("code", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl")
    report = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (code, report["article_id"], report["deaths_best"]) == (0, "x1", 5)
    assert not own_store.exists()


GOLD = {
    "article_id": "g1", "published": "2023-12-04", "headline": "Attack", "text": ONE, "phenomena": ["number_words"],
    "gold": [{"assertion": "asserted", "sub_event_type": "Attack", "date_start": "2023-12-03", "country": "IQ", "deaths_best": 5}],
}  # fmt: skip


def test_evaluate_prints_and_writes_figures(dateline: Any, tmp_path: Path, own_store: Path) -> None:
    rows = [GOLD | {"article_id": f"g{n}", "text": f"{ONE} Note {n} of the desk."} for n in range(3)]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, _ = dateline("evaluate", tmp_path / "gold.jsonl", "--out", tmp_path / "measured.json")
    lines = {" ".join(line.split()) for line in out.splitlines()}
    assert code == 0
    assert {"incident P 1.000 R 1.000 F1 1.000", "deaths_best 1.000 1.000 1.000 3", "coder fake 1"} <= lines
    assert "number_words 3 1.000 1.000 1.000 1.000 1.000" in lines
    assert json.loads((tmp_path / "measured.json").read_text(encoding="utf-8"))["all"]["articles"] == 3
    assert not own_store.exists()


def test_evaluate_names_gold_that_is_none_before_it_loads_the_coder(dateline: Any, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_load_coder", lambda settings: pytest.fail("loaded"))
    code, _, err = dateline("evaluate", article)
    assert (code, "one.txt:1: no JSON object" in err, err.count("\n")) == (1, True, 1)


def test_explain_takes_a_file_an_id_and_standard_input(
    dateline: Any, article: Path, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, of_file, _ = dateline("explain", article, "--published", "2023-12-04")
    assert (code, "published 2023-12-04" in of_file, "deaths_best" in of_file) == (0, True, True)
    assert not own_store.exists()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ONE.encode())))
    code, of_text, _ = dateline("explain", "-", "--published", "2023-12-04")
    assert (code, of_text) == (0, of_file)
    dateline("ingest", article, "--published", "2023-12-04")
    before = own_store.read_bytes()
    code, of_id, _ = dateline("explain", of_file.splitlines()[1].split(",")[0])
    assert (code, of_id, own_store.read_bytes() == before) == (0, of_file, True)


def test_explain_says_what_it_cannot_find_or_read(dateline: Any, article: Path, own_store: Path) -> None:
    assert "no file nothing.txt, and no store at" in dateline("explain", "nothing.txt")[2]
    dateline("ingest", article)
    code, _, err = dateline("explain", "nothing.txt")
    assert (code, err) == (1, "dateline: there is no file nothing.txt, and no article of that id in the store\n")
    article.write_bytes(b"")
    code, _, err = dateline("explain", article)
    assert (code, "one.txt: " in err, err.count("\n")) == (1, True, 1)


def test_export_has_an_option_for_every_filter() -> None:
    options = {name for param in cli.export.params for name in param.opts}
    assert {f"--{param}" for param in PARAMS} <= options


def test_export_writes_what_the_filters_leave(dateline: Any, tmp_path: Path, generated_store: Any) -> None:
    path = generated_store(200)
    out = tmp_path / "out.csv"
    assert dateline("--store", path, "export", "--country", "IQ", "--country", "ML", "--deaths-min", "1", "--out", out)[0] == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert {row["country"] for row in rows} == {"IQ", "ML"}
    assert all(int(row["deaths_best"]) >= 1 for row in rows)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from", "2023-13-01"], "--from: '2023-13-01' is not a date"),
        (["--type", "Skirmish"], "'Skirmish' is no event type"),
        (["--deaths-min", "many"], "--deaths-min: 'many' is not a whole number"),
        (["--role", "witness"], "'witness' is none of"),
        (["--shape", "gdelt"], "'gdelt' is not one of"),
    ],
)
def test_export_says_which_filter_is_wrong(dateline: Any, tmp_path: Path, options: list[str], words: str) -> None:
    code, _, err = dateline("export", "--out", tmp_path / "x", *options)
    assert (code, words in err) == (2, True)
    assert not (tmp_path / "x").exists()


# --- looking after the store -----------------------------------------------------------------------


def test_status_counts(dateline: Any, generated_store: Any) -> None:
    code, out, _ = dateline("status", "--store", generated_store(50))
    assert code == 0
    assert {"articles", "incidents", "schema", "coder", "store"} <= {line.split("  ")[0] for line in out.splitlines()}


@pytest.mark.parametrize("command", ["status", "undated", "quarantine list", "export --out -"])
def test_a_missing_store_is_named_and_not_made(dateline: Any, own_store: Path, command: str) -> None:
    code, out, err = dateline(*command.split())
    assert (code, out, err) == (1, "", f"dateline: there is no store at {own_store}\n")
    assert not own_store.exists()


@pytest.mark.parametrize("command", ["status", "ingest one.txt", "up --port 1"])
def test_a_broken_store_is_named_and_left_alone(dateline: Any, own_store: Path, article: Path, command: str) -> None:
    own_store.parent.mkdir()
    own_store.write_bytes(b"no database" * 1000)
    words = [str(article) if word == "one.txt" else word for word in command.split()]
    if words[0] == "up":
        words[-1] = str(free_port())
    code, _, err = dateline(*words)
    assert (code, str(own_store) in err, err.count("\n")) == (1, True, 1)
    assert own_store.read_bytes() == b"no database" * 1000


def test_doctor_finds_a_damaged_store(dateline: Any, own_store: Path, article: Path) -> None:
    dateline("ingest", article)
    assert dateline("doctor")[0] == 0
    with sqlite3.connect(own_store) as conn:
        conn.execute("DELETE FROM articles")  # foreign keys are off in a plain connection
    conn.close()
    code, out, _ = dateline("doctor")
    assert (code, "BAD   store" in out) == (1, True)


def test_a_locked_store_is_said_in_one_line(dateline: Any, own_store: Path, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.open_store(own_store).close()
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 50)
    with sqlite3.connect(own_store, isolation_level=None) as conn:
        conn.execute("BEGIN IMMEDIATE")
        code, _, err = dateline("ingest", article)
        conn.execute("ROLLBACK")
    conn.close()
    assert (code, "locked" in err, err.count("\n")) == (1, True, 1)


@pytest.mark.parametrize("args", [["--help"], ["ingest", "--help"], ["--version"]])
def test_help(dateline: Any, args: list[str]) -> None:
    code, out, _ = dateline(*args)
    assert (code, "dateline" in out) == (0, True)


@pytest.mark.parametrize("args", [["no-such-command"], ["ingest"], ["code", "no-such-file", "--out", "x"], ["up", "--port", "0"]])
def test_wrong_use_is_explained(dateline: Any, args: list[str]) -> None:
    code, _, err = dateline(*args)
    assert (code, "Usage:" in err, "Traceback" in err) == (2, True, False)


def test_help_loads_nothing_large() -> None:
    code = "import sys\nfrom pipeline import cli\ntry:\n cli.cli(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('spacy', 'pandas', 'streamlit', 'sqlite_utils', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# --- serving ---------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_is_named(dateline: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = dateline("up", "--port", port)
    assert (code, f"port {port}" in err, err.count("\n")) == (2, True, 1)


def test_up_loads_the_demonstration_once(dateline: Any, article: Path, own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "serve", lambda settings, **_: 0)
    monkeypatch.setattr(run, "DEMONSTRATION", article.parent)
    monkeypatch.setattr(cli, "_start_afresh", lambda: None)
    article.with_name("two.txt").write_text(ONE.replace("5", "7", 1), encoding="utf-8")
    port = str(free_port())
    assert "loading the demonstration" in dateline("up", "--port", port)[1]
    db = store.open_store(own_store)
    assert db.execute("SELECT COUNT(*) FROM articles").fetchone()[0] == 2
    # As if the first start had been broken off half-way.
    db.execute("UPDATE runs SET finished_at_utc = NULL")
    db.execute("DELETE FROM articles WHERE rowid = 2")
    db.conn.commit()
    db.close()
    assert "new         1" in dateline("up", "--port", port)[1]
    assert dateline("up", "--port", port)[1] == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_serves_and_ends_cleanly(own_store: Path, article: Path, settings: Any, number: signal.Signals) -> None:
    db = store.open_store(own_store)
    ingest(db, [article], coder=FakeCoder(), settings=settings)
    before = list(db.conn.iterdump())
    db.close()
    port = free_port()
    command = [sys.executable, "-m", "pipeline.cli", "up", "--port", str(port)]
    env = os.environ | {"PYTHONUNBUFFERED": "1", "DATELINE_MODEL": "no_such_model"}  # nothing here may need the model
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Dateline is at http://localhost:{port}\n"
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as page:
            assert page.status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, "Traceback" in err) == (0, "", False)
    until = time.monotonic() + 10
    while port_answers(port) and time.monotonic() < until:
        time.sleep(0.1)
    assert not port_answers(port)
    db = store.open_store(own_store)
    after = list(db.conn.iterdump())
    db.close()
    assert after == before


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.model
@pytest.mark.slow
def test_the_command_from_files_to_extract(tmp_path: Path) -> None:
    """The installed command with the trained model, as somebody types it."""
    text = "BAGHDAD (Test Wire) - Gunmen killed five soldiers in the Iraqi city of Kirkuk on Sunday, the police said."
    head = "Headline: Soldiers killed\nPublished: 2023-12-04\nSource: Test Wire\n---\n"
    (tmp_path / "one.txt").write_text(f"{head}{text}\n", encoding="utf-8")
    base = [sys.executable, "-m", "pipeline.cli", "--store", str(tmp_path / "s.db")]
    subprocess.run([*base, "ingest", str(tmp_path / "one.txt")], cwd=ROOT, check=True, capture_output=True)
    done = subprocess.run([*base, "export", "--out", "-"], cwd=ROOT, check=True, capture_output=True)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"))))
    assert [(r["country"], r["date_start"], r["deaths_best"]) for r in rows] == [("IQ", "2023-12-03", "5")]
