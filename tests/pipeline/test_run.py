"""The steps in order, through the real store, with a coder that knows one sentence."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline import run, store
from pipeline.errors import NotFoundError, StoreBusyError
from pipeline.run import KnownTexts, Summary, check_items, code_file, ingest, ingest_items, read_items, recode
from pipeline.workers import Workers
from tests.fakes import DeadlyCoder, FakeCoder

CODER = FakeCoder()
ONE = "Attack in Kirkuk\n\n5 people were killed in Kirkuk on 2023-12-03, the police said."


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def count(db: Any, what: str) -> int:
    return int(db.execute(f"SELECT COUNT(*) FROM {what}").fetchone()[0])


def dump(db: Any) -> list[str]:
    return list(db.conn.iterdump())


def take(db: Any, *paths: Path, settings: Any, **options: Any) -> Summary:
    return ingest(db, list(paths), coder=CODER, settings=settings, **options)


def test_an_article_becomes_an_incident(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    summary = take(fresh_db, write(tmp_path / "in", one=ONE), settings=settings)
    assert summary == Summary(read=1, new=1, coded=1, reports=1, incidents=1)
    incident = store.load_incidents(fresh_db)[0]
    assert (incident.place_name, incident.deaths_best, incident.number_of_reports) == ("Kirkuk", 5, 1)
    article = next(store.load_articles(fresh_db))
    report = store.load_reports(fresh_db)[0]
    assert [article.text[e.start : e.end] for e in report.evidence] == [e.quote for e in report.evidence]
    assert count(fresh_db, "articles WHERE origin_id IS NULL") == 0


def test_running_again_changes_not_one_row(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "in", one=ONE, two="Calm in Gao\n\nNothing happened in Gao.", empty="")
    first = take(fresh_db, folder, settings=settings)
    before = dump(fresh_db)
    second = take(fresh_db, folder, settings=settings)
    assert dump(fresh_db) == before
    assert (first.new, second.new, second.duplicates, second.refused) == (2, 0, 2, first.refused)


def test_an_article_that_comes_later_joins_its_incident(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    take(fresh_db, write(tmp_path / "in", one=ONE), settings=settings)
    later = "Toll rises\n\n7 people were killed in Kirkuk on 2023-12-03, a hospital in the city said on Tuesday."
    summary = take(fresh_db, write(tmp_path / "later", two=later), settings=settings)
    assert (summary.new, summary.incidents) == (1, 1)
    incidents = store.load_incidents(fresh_db, "i.merged_into IS NULL")
    assert [i.number_of_reports for i in incidents] == [2]


def test_the_same_text_twice_in_one_batch_is_one_article(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    summary = take(fresh_db, write(tmp_path / "in", one=ONE), write(tmp_path / "also", copy=ONE), settings=settings)
    assert (summary.read, summary.new, summary.duplicates) == (2, 1, 1)
    assert count(fresh_db, "articles") == 1


def test_what_is_refused_is_named_and_the_rest_goes_on(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "in", one=ONE, empty="   \n")
    (folder / "binary.txt").write_bytes(b"\x7fELF\0\0\1\2" * 500)
    summary = take(fresh_db, folder, tmp_path / "missing.txt", settings=settings)
    assert summary.new == 1
    assert sorted(Path(item).name for item, _ in summary.refused) == ["binary.txt", "empty.txt", "missing.txt"]
    assert all(reason for _, reason in summary.refused)
    kept = {Path(item).name: size for _, item, _, _, size in store.quarantined(fresh_db)}
    assert set(kept) == {"binary.txt", "empty.txt", "missing.txt"}
    assert kept["binary.txt"] == 4000


def test_an_article_that_breaks_the_coder_is_stored_as_failed(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    summary = take(fresh_db, write(tmp_path / "in", bad="Trouble\n\nPlease break the coder.", one=ONE), settings=settings)
    assert (summary.new, summary.reports, len(summary.refused)) == (2, 1, 1)
    outcome, reason = fresh_db.execute("SELECT outcome, reason FROM codings WHERE outcome <> 'coded'").fetchone()
    assert (outcome, "ZeroDivisionError" in reason) == ("failed", True)


def test_a_changed_story_is_a_new_revision(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    url = "https://news.example/kirkuk"
    for text in ("5 people were killed in Kirkuk on 2023-12-03.", "6 people were killed in Kirkuk on 2023-12-03, it now says."):
        row = {"article_id": "x", "published": "2023-12-03", "source": "Wire", "headline": "Attack", "text": text, "url": url}
        take(fresh_db, write_lines(tmp_path / "in.jsonl", row), settings=settings)
    assert fresh_db.execute("SELECT revision FROM articles ORDER BY 1").fetchall() == [(1,), (2,)]


def test_a_run_is_logged_with_its_counts(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    take(fresh_db, write(tmp_path / "in", one=ONE, empty=""), settings=settings)
    command, finished, counts = fresh_db.execute("SELECT command, finished_at_utc IS NOT NULL, counts FROM runs").fetchone()
    assert (command, finished, json.loads(counts)["new"], json.loads(counts)["refused"]) == ("ingest", 1, 1, 1)


def test_progress_counts_up(fresh_db: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_ITEMS", 2)
    texts = {f"t{n}": ONE.replace("5", str(n + 1), 1) for n in range(5)}
    seen: list[int] = []
    take(fresh_db, write(tmp_path / "in", **texts), settings=settings, progress=lambda s: seen.append(s.read))
    assert seen == [2, 4, 5]


def test_the_actor_list_is_in_the_store(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    take(fresh_db, write(tmp_path / "in", one=ONE), settings=settings)
    assert count(fresh_db, "actors") >= 300
    parents = fresh_db.execute("SELECT ancestor FROM actor_tree WHERE descendant = 'Kataib Hezbollah' AND distance > 0").fetchall()
    assert ("Islamic Resistance in Iraq",) in parents


# --- coding again --------------------------------------------------------------------------------


def test_recoding_with_the_same_coder_gives_the_same_incidents(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    take(fresh_db, write(tmp_path / "in", one=ONE, two=ONE.replace("the police", "a police officer in the city")), settings=settings)
    before = store.load_incidents(fresh_db)
    ids = [a.article_id for a in store.load_articles(fresh_db)]
    summary = recode(fresh_db, ids, coder=CODER)
    assert (summary.read, summary.reports) == (2, 2)
    assert store.load_incidents(fresh_db) == before


def test_recoding_to_nothing_leaves_no_incident_that_counts(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    class Silent(FakeCoder):
        def code(self, article: Any) -> Any:
            return type(super().code(article))("nothing", "no event", ())

    take(fresh_db, write(tmp_path / "in", one=ONE), settings=settings)
    recode(fresh_db, [next(store.load_articles(fresh_db)).article_id], coder=Silent("2"))
    assert (count(fresh_db, "reports"), count(fresh_db, "incidents WHERE number_of_reports > 0")) == (0, 0)


def test_recoding_an_unknown_article_is_refused(fresh_db: Any) -> None:
    with pytest.raises(NotFoundError, match="a-nobody"):
        recode(fresh_db, ["a-nobody"], coder=CODER)


# --- a file, without a store of one's own ----------------------------------------------------------


def line(article_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"article_id": article_id, "published": "2023-12-04", "source": "Wire", "headline": "Attack", "text": text} | more


def test_code_file_writes_one_report_a_line(tmp_path: Path) -> None:
    one = line("x1", "5 people were killed in Kirkuk on 2023-12-03. 2 people were killed in Gao on 2023-12-01.")
    two = line("x2", "6 people were killed in Kirkuk on 2023-12-03, doctors in the city said.", source="Post")
    src = write_lines(tmp_path / "in.jsonl", one, two, line("x3", "All quiet."))
    summary = code_file(src, tmp_path / "out.jsonl", coder=CODER)
    rows = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (summary.read, summary.reports) == (3, 3)
    told = [(r["article_id"], r["place_name"], r["deaths_best"]) for r in rows]
    assert told == [("x1", "Kirkuk", 5), ("x1", "Gao", 2), ("x2", "Kirkuk", 6)]
    assert rows[0]["incident_id"] == rows[2]["incident_id"] != rows[1]["incident_id"]
    assert all(list(row) == ["article_id", "incident_id", *run.REPORT_FIELDS] for row in rows)
    assert rows[0]["evidence"][0].keys() == {"field", "start", "end", "quote"}


def test_code_file_gives_each_given_id_its_reports(tmp_path: Path) -> None:
    text = "5 people were killed in Kirkuk on 2023-12-03."
    src = write_lines(tmp_path / "in.jsonl", line("x1", text), line("x2", text), line("x1", text))
    code_file(src, tmp_path / "out.jsonl", coder=CODER)
    rows = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["article_id"] for r in rows] == ["x1", "x2"]
    assert rows[0]["incident_id"] == rows[1]["incident_id"]


def test_code_file_names_bad_lines_and_goes_on(tmp_path: Path) -> None:
    src = write_lines(tmp_path / "in.jsonl", line("x1", "5 people were killed in Kirkuk on 2023-12-03."))
    src.write_text(src.read_text(encoding="utf-8") + "{not json\n" + json.dumps(line("x2", "")) + "\n", encoding="utf-8")
    summary = code_file(src, tmp_path / "out.jsonl", coder=CODER)
    assert (summary.reports, len(summary.refused)) == (1, 2)


# --- several processes, and what is passed over ---------------------------------------------------


def articles_of(folder: Path, number: int = 90) -> Path:
    days = [f"2023-12-{n % 9 + 1:02}" for n in range(number)]
    towns = ("Kirkuk", "Gao", "Jos")
    rows = [
        {"text": f"Dispatch {n}\n\n{n % 7 + 1} people were killed in {towns[n % 3]} on {day}.", "published": day}
        for n, day in enumerate(days)
    ]
    return write_lines(folder / "many.jsonl", *rows, rows[3], {"text": "die in the coder"}, {"headline": "no text"})


@pytest.mark.slow
def test_two_processes_write_what_one_writes(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    path = articles_of(tmp_path)
    alone = take(fresh_db, path, settings=settings)
    db = store.open_store(tmp_path / "two.db")
    with Workers(2, FakeCoder) as coder:
        together = ingest(db, [path], coder=coder, settings=settings)
    assert together == alone
    tables = ("articles", "reports", "evidence", "incidents", "incident_reports", "origins", "codings")
    for table in tables:
        columns = ",".join(f'"{c.name}"' for c in db[table].columns if c.name != "run_id")
        sql = f"SELECT {columns} FROM {table} ORDER BY 1, 2"
        assert db.execute(sql).fetchall() == fresh_db.execute(sql).fetchall()
    db.close()


@pytest.mark.slow
def test_an_article_that_kills_its_process_is_told_and_the_others_go_on(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"text": ONE}, {"text": "this will kill the process"}, {"text": ONE.replace("Kirkuk", "Gao")})
    with Workers(2, DeadlyCoder) as coder:
        summary = ingest(fresh_db, [path], coder=coder, settings=settings)
    assert (summary.new, summary.incidents) == (3, 2)
    assert [reason for _, reason in summary.refused] == ["the coder's process died on it"]


def test_actors_are_brought_in_once_for_many_small_calls(fresh_db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("pipeline.run.sync_actors", asked.append)
    texts = KnownTexts(fresh_db)
    for _ in range(3):
        ingest_items(fresh_db, [], coder=FakeCoder(), texts=texts)
    ingest_items(fresh_db, [], coder=FakeCoder())
    assert len(asked) == 2


def test_since_and_limit(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    path = articles_of(tmp_path, 18)
    summary = take(fresh_db, path, settings=settings, since="2023-12-05", limit=4)
    assert (summary.read, summary.new, summary.older) == (4, 4, 4)
    assert {a.published for a in store.load_articles(fresh_db)} == {f"2023-12-{d:02}" for d in (5, 6, 7, 8)}


def test_a_dry_run_writes_nothing(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    path = articles_of(tmp_path, 18)
    take(fresh_db, path, settings=settings, limit=5)
    before = dump(fresh_db)
    summary = check_items(fresh_db, read_items([path]))
    assert (summary.read, summary.new, summary.duplicates, len(summary.refused)) == (21, 14, 6, 1)
    assert dump(fresh_db) == before
    assert check_items(None, read_items([path])).new == 19


def test_a_full_disk_ends_the_run_by_name_and_loses_nothing(tmp_path: Path, settings: Any) -> None:
    words = "The ministers of five provinces met to talk about tariffs. " * 40
    path = write_lines(tmp_path / "many.jsonl", *({"text": f"Meeting {n} of {n * n}\n\n{words}"} for n in range(200)))
    db = store.open_store(tmp_path / "small.db")
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 200}")
    with pytest.raises(StoreBusyError, match="full"):
        take(db, path, settings=settings)
    kept = count(db, "articles")
    assert 0 < kept < 200
    assert count(db, "articles a WHERE NOT EXISTS (SELECT 1 FROM codings c WHERE c.article_id = a.article_id)") == 0
    db.execute("PRAGMA max_page_count = 1000000")
    summary = take(db, path, settings=settings)
    assert summary.new == count(db, "articles") - kept
    db.close()


def test_a_store_held_by_another_program_is_waited_for(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 100)
    db = store.open_store(tmp_path / "a.db")
    other = sqlite3.connect(tmp_path / "a.db", check_same_thread=False)
    path = write_lines(tmp_path / "few.jsonl", *({"text": f"Meeting {n}\n\nThe ministers met for the {n}th time."} for n in range(5)))
    take(db, path, settings=settings)  # the actors are there now, and the run is known
    other.execute("BEGIN IMMEDIATE")
    free = threading.Timer(0.5, other.rollback)
    free.start()
    more = write_lines(tmp_path / "more.jsonl", {"text": "Another meeting\n\nThe ministers met once more in Basra."})
    assert take(db, more, settings=settings).new == 1
    free.join()
    other.execute("BEGIN IMMEDIATE")
    last = write_lines(tmp_path / "last.jsonl", {"text": "The last meeting\n\nThe ministers met for the last time in Basra."})
    with pytest.raises(StoreBusyError, match="another program"):
        ingest_items(db, read_items([last]), coder=FakeCoder(), patience=2)
    other.rollback()
    assert take(db, last, settings=settings).new == 1
    other.close()
    db.close()


class BreakingCoder(FakeCoder):
    """A coder that gives a figure no store can hold for one article, and one that breaks linking for another."""

    def code(self, article: Any) -> Any:
        found = super().code(article)
        if "an endless number" in article.text:
            return dataclasses.replace(found, reports=tuple(dataclasses.replace(r, deaths_best=2**70) for r in found.reports))
        return found


def test_an_article_that_cannot_be_stored_is_refused_and_the_others_are_not(fresh_db: Any, tmp_path: Path) -> None:
    rows = [{"text": f"Attack {n}\n\n{n} people were killed in Kirkuk on 2023-12-0{n}, said source {n}."} for n in range(1, 8)]
    rows[3]["text"] += " That is an endless number."
    path = write_lines(tmp_path / "some.jsonl", *rows)
    summary = ingest_items(fresh_db, read_items([path]), coder=BreakingCoder())
    assert (summary.read, summary.new, summary.reports, len(summary.refused)) == (7, 6, 6, 1)
    assert "storing it broke (OverflowError" in summary.refused[0][1]
    ((item_id, _, step, _, size),) = store.quarantined(fresh_db)
    assert step == "store"
    assert store.load_quarantine(fresh_db, item_id)[1].decode().startswith("Attack 4")
    assert size > 20
    assert count(fresh_db, "articles") == 6
    again = ingest_items(fresh_db, read_items([path]), coder=BreakingCoder())
    assert (again.new, again.duplicates, len(again.refused)) == (0, 6, 1)


def test_an_older_revision_that_arrives_late_is_not_the_newest(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    def version(published: str, dead: int) -> dict[str, str]:
        told = f"{dead} people were killed in Kirkuk on 2023-12-03, the police said at the scene of the blast."
        return {"article_id": "story-1234567", "source": "Wire", "published": published, "text": f"Blast in Kirkuk\n\n{told}"}

    for n, (published, dead) in enumerate([("2023-12-03T14:00:00Z", 9), ("2023-12-03T10:00:00Z", 5), ("2023-12-03T12:00:00Z", 7)]):
        take(fresh_db, write_lines(tmp_path / f"{n}.jsonl", version(published, dead)), settings=settings)
    rows = fresh_db.execute("SELECT revision, published_at_utc FROM articles ORDER BY revision").fetchall()
    assert rows == [(1, "2023-12-03T10:00:00Z"), (2, "2023-12-03T12:00:00Z"), (3, "2023-12-03T14:00:00Z")]
    assert fresh_db.execute("SELECT deaths_best FROM incidents WHERE merged_into IS NULL").fetchall() == [(9,)]
    # Of a version that says its day alone nothing is known but that it came last.
    take(fresh_db, write_lines(tmp_path / "day.jsonl", version("2023-12-03", 11)), settings=settings)
    assert fresh_db.execute("SELECT deaths_best FROM incidents WHERE merged_into IS NULL").fetchall() == [(11,)]
