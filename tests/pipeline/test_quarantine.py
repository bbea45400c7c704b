"""What was refused, tried again and let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.quarantine import retry
from pipeline.run import ingest
from tests.fakes import FakeCoder

ROWS = 'fecha,cuerpo\n2023-12-03,"5 people were killed in Kirkuk on 2023-12-03, the police said."\n'


def items(db: Any) -> list[str]:
    return [row[0] for row in store.quarantined(db)]


def test_a_refused_table_is_taken_once_its_columns_are_named(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    ingest(fresh_db, [tmp_path / "a.csv"], coder=FakeCoder(), settings=settings)
    (item,) = items(fresh_db)
    (still,) = retry(fresh_db, [item], coder=FakeCoder())
    assert (still.taken, "no column with the text" in still.words) == (False, True)
    (taken,) = retry(fresh_db, [item], coder=FakeCoder(), columns={"text": "cuerpo", "published": "fecha"})
    assert (taken.taken, taken.words) == (True, "1 new, 0 known")
    assert items(fresh_db) == []
    assert [i.deaths_best for i in store.load_incidents(fresh_db)] == [5]


def test_articles_are_coded_while_the_store_is_free(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    class Watching(FakeCoder):
        def code(self, article: Any) -> Any:
            assert not fresh_db.conn.in_transaction
            return super().code(article)

    (tmp_path / "a.csv").write_text(ROWS)
    ingest(fresh_db, [tmp_path / "a.csv"], coder=FakeCoder(), settings=settings)
    (outcome,) = retry(fresh_db, items(fresh_db), coder=Watching(), columns={"text": "cuerpo", "published": "fecha"})
    assert (outcome.taken, len(list(store.load_reports(fresh_db)))) == (True, 1)


def test_one_refused_row_is_tried_with_its_header(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "a.csv").write_text('date,text\nnever,"5 people were killed in Gao on 2023-12-03, a source said."\n')
    ingest(fresh_db, [tmp_path / "a.csv"], coder=FakeCoder(), settings=settings)
    (item,) = items(fresh_db)
    (outcome,) = retry(fresh_db, [item], coder=FakeCoder(), columns={"published": "date"})
    assert not outcome.taken
    assert "cannot be read as one" in outcome.words


def test_what_was_not_kept_whole_stays(fresh_db: Any, tmp_path: Path, settings: Any) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.write(b"word " * 5_000_000)
    ingest(fresh_db, [tmp_path / "a.txt"], coder=FakeCoder(), settings=settings)
    (outcome,) = retry(fresh_db, items(fresh_db), coder=FakeCoder())
    assert (outcome.taken, "bring it in again" in outcome.words) == (False, True)
    assert store.drop_quarantine(fresh_db, outcome.item_id)
    assert items(fresh_db) == []
