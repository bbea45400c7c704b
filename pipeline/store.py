"""The SQLite store: migrations, every statement that writes, and the views that readers use.

Tables are STRICT, foreign keys are on, the journal is WAL. An article, its reports and their
evidence are written in one transaction, so a process that dies leaves whole articles or none.
JSON columns hold lists of actors, claims and the like as the codebook writes them.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from pipeline.errors import NotFoundError, StoreBrokenError, StoreBusyError, StoreFullError, StoreMissingError
from pipeline.linking import make_incident_id
from pipeline.models import (
    Actor,
    Article,
    Attribution,
    Candidate,
    Claim,
    Decision,
    Evidence,
    Incident,
    Part,
    Report,
    as_plain,
)

# A writer waits this long for another writer before it gives up, in milliseconds.
BUSY_TIMEOUT_MS = 30_000

migrations = Migrations("dateline")

# The coded fields that reports and incidents share, with their SQL types.
CODED_COLUMNS = """
    assertion TEXT NOT NULL CHECK (assertion IN ('asserted','background','aggregate','prospective','denied')),
    event_type TEXT, sub_event_type TEXT, modes TEXT NOT NULL DEFAULT '[]',
    date_start TEXT, date_end TEXT, date_prec INTEGER, date_basis TEXT,
    place_name TEXT, country TEXT, admin1 TEXT, admin2 TEXT, latitude REAL, longitude REAL, where_prec INTEGER,
    side_a TEXT NOT NULL DEFAULT '[]', side_b TEXT NOT NULL DEFAULT '[]',
    deaths_best INTEGER, deaths_low INTEGER, deaths_high INTEGER,
    deaths_a INTEGER, deaths_b INTEGER, deaths_civilians INTEGER, deaths_unknown INTEGER,
    injured_best INTEGER, injured_low INTEGER, injured_high INTEGER,
    count_vague INTEGER NOT NULL DEFAULT 0,
    claims TEXT NOT NULL DEFAULT '[]', attributions TEXT NOT NULL DEFAULT '[]'
"""


@migrations()
def m001_schema(db: Database) -> None:
    """The whole schema of the design."""
    statements = f"""
    CREATE TABLE runs (
        run_id INTEGER PRIMARY KEY, started_at_utc TEXT NOT NULL, finished_at_utc TEXT, command TEXT NOT NULL,
        coder TEXT NOT NULL, coder_version TEXT NOT NULL, counts TEXT NOT NULL DEFAULT '{{}}') STRICT;
    CREATE TABLE origins (
        origin_id TEXT PRIMARY KEY, agency TEXT NOT NULL DEFAULT '', basis TEXT NOT NULL) STRICT;
    CREATE TABLE articles (
        article_id TEXT PRIMARY KEY, story_id TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1,
        published_at_utc TEXT, published_source TEXT, source TEXT NOT NULL DEFAULT '', headline TEXT NOT NULL DEFAULT '',
        byline TEXT NOT NULL DEFAULT '', agency TEXT NOT NULL DEFAULT '', dateline TEXT NOT NULL DEFAULT '',
        language TEXT NOT NULL DEFAULT 'en', url TEXT NOT NULL DEFAULT '', text TEXT NOT NULL,
        parts TEXT NOT NULL DEFAULT '[]', file_name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
        external_id TEXT NOT NULL DEFAULT '',
        origin_id TEXT REFERENCES origins(origin_id), origin_basis TEXT NOT NULL DEFAULT '',
        run_id INTEGER REFERENCES runs(run_id),
        UNIQUE (story_id, revision)) STRICT;
    CREATE INDEX articles_published ON articles(published_at_utc);
    CREATE INDEX articles_source ON articles(source);
    CREATE INDEX articles_origin ON articles(origin_id);
    CREATE TABLE codings (
        article_id TEXT NOT NULL REFERENCES articles(article_id) ON DELETE CASCADE, coder TEXT NOT NULL,
        coder_version TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
        run_id INTEGER REFERENCES runs(run_id), PRIMARY KEY (article_id, coder)) STRICT;
    CREATE INDEX codings_outcome ON codings(outcome);
    CREATE TABLE reports (
        report_id TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles(article_id) ON DELETE CASCADE,
        position INTEGER NOT NULL, {CODED_COLUMNS},
        confidence REAL, confidences TEXT NOT NULL DEFAULT '{{}}',
        coder TEXT NOT NULL, coder_version TEXT NOT NULL) STRICT;
    CREATE INDEX reports_article ON reports(article_id);
    CREATE INDEX reports_block ON reports(country, date_start);
    CREATE TABLE evidence (
        report_id TEXT NOT NULL REFERENCES reports(report_id) ON DELETE CASCADE, position INTEGER NOT NULL,
        field TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, quote TEXT NOT NULL,
        PRIMARY KEY (report_id, position), CHECK (start >= 0 AND "end" > start)) STRICT;
    CREATE TABLE decisions (
        decision_id TEXT PRIMARY KEY, at_utc TEXT NOT NULL, "by" TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
        payload TEXT NOT NULL DEFAULT '{{}}', reason TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX decisions_target ON decisions(target);
    CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
    CREATE TRIGGER decisions_stand BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
    CREATE TABLE incidents (
        incident_id TEXT PRIMARY KEY, {CODED_COLUMNS},
        merged_into TEXT REFERENCES incidents(incident_id) DEFERRABLE INITIALLY DEFERRED,
        number_of_reports INTEGER NOT NULL, number_of_articles INTEGER NOT NULL, number_of_sources INTEGER NOT NULL,
        first_reported TEXT, last_reported TEXT, review_status TEXT NOT NULL DEFAULT 'machine',
        locked_fields TEXT NOT NULL DEFAULT '[]', confidence REAL, rules TEXT NOT NULL DEFAULT '{{}}') STRICT;
    CREATE INDEX incidents_date ON incidents(date_start, date_end);
    CREATE INDEX incidents_place ON incidents(assertion, country, admin1);
    CREATE INDEX incidents_type ON incidents(assertion, event_type, sub_event_type);
    CREATE INDEX incidents_sub_type ON incidents(assertion, sub_event_type);
    CREATE INDEX incidents_deaths ON incidents(assertion, deaths_best);
    CREATE INDEX incidents_assertion ON incidents(assertion, date_start);
    CREATE INDEX incidents_status ON incidents(review_status);
    CREATE INDEX incidents_merged ON incidents(merged_into);
    CREATE TABLE incident_reports (
        report_id TEXT PRIMARY KEY REFERENCES reports(report_id) ON DELETE CASCADE,
        incident_id TEXT NOT NULL REFERENCES incidents(incident_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        score REAL, why TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX incident_reports_incident ON incident_reports(incident_id);
    CREATE TABLE incident_actors (
        incident_id TEXT NOT NULL REFERENCES incidents(incident_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        side TEXT NOT NULL CHECK (side IN ('a','b')), position INTEGER NOT NULL,
        name TEXT NOT NULL, inter INTEGER NOT NULL, actor_id TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (incident_id, side, position)) STRICT;
    CREATE INDEX incident_actors_name ON incident_actors(name, side, incident_id);
    CREATE TABLE candidates (
        incident_id TEXT NOT NULL REFERENCES incidents(incident_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        field TEXT NOT NULL, report_id TEXT NOT NULL REFERENCES reports(report_id) ON DELETE CASCADE,
        value TEXT NOT NULL, chosen INTEGER NOT NULL, PRIMARY KEY (incident_id, field, report_id)) STRICT;
    CREATE INDEX candidates_report ON candidates(report_id);
    CREATE TABLE suggestions (
        report_id TEXT NOT NULL REFERENCES reports(report_id) ON DELETE CASCADE,
        incident_id TEXT NOT NULL REFERENCES incidents(incident_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        score REAL NOT NULL, why TEXT NOT NULL, PRIMARY KEY (report_id, incident_id)) STRICT;
    CREATE INDEX suggestions_incident ON suggestions(incident_id);
    CREATE TABLE quarantine (
        item_id TEXT PRIMARY KEY, item TEXT NOT NULL, step TEXT NOT NULL, reason TEXT NOT NULL,
        bytes BLOB, size INTEGER NOT NULL DEFAULT 0, run_id INTEGER REFERENCES runs(run_id)) STRICT;
    CREATE TABLE actors (
        actor_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, aliases TEXT NOT NULL DEFAULT '[]', kind TEXT NOT NULL,
        country TEXT NOT NULL DEFAULT '', inter INTEGER NOT NULL, active_from INTEGER, active_to INTEGER) STRICT;
    CREATE TABLE actor_tree (
        ancestor TEXT NOT NULL REFERENCES actors(name), descendant TEXT NOT NULL REFERENCES actors(name),
        distance INTEGER NOT NULL, PRIMARY KEY (ancestor, descendant)) STRICT;
    CREATE VIRTUAL TABLE articles_fts USING fts5(
        headline, text, content='articles', content_rowid='rowid', tokenize="unicode61 remove_diacritics 2");
    CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
        INSERT INTO articles_fts(rowid, headline, text) VALUES (new.rowid, new.headline, new.text); END;
    CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
        INSERT INTO articles_fts(articles_fts, rowid, headline, text) VALUES ('delete', old.rowid, old.headline, old.text); END;
    CREATE VIEW published_articles AS
        SELECT a.*, COALESCE((SELECT json_extract(d.payload, '$.published_at_utc') FROM decisions d
            WHERE d.target = a.article_id AND d.kind = 'set_published'
              AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.kind = 'undo' AND u.target = d.decision_id)
            ORDER BY d.at_utc DESC, d.rowid DESC LIMIT 1), a.published_at_utc) AS effective_published_at_utc,
            NOT EXISTS (SELECT 1 FROM articles n WHERE n.story_id = a.story_id AND n.revision > a.revision) AS is_current
        FROM articles a;
    """
    for statement in split_statements(statements):
        db.execute(statement)


@migrations()
def m002_linking(db: Database) -> None:
    """Indexes that linking looks reports up by, and those that deletes cascade along."""
    # Few reports span more than six days; they are looked for a year back, all others a few days.
    db.execute("CREATE INDEX reports_long ON reports(country, date_start) WHERE date_end > date(date_start, '+6 days')")
    db.execute("CREATE INDEX reports_date ON reports(date_start)")


@migrations()
def m003_ids_and_receipts(db: Database) -> None:
    """The register of incident ids, oldest first, and the receipts that were given out."""
    # An id is permanent: here stands which report it goes with, whatever becomes of the rows in `incidents`.
    db.execute("CREATE TABLE incident_ids (incident_id TEXT PRIMARY KEY, report_id TEXT NOT NULL) STRICT")
    db.execute("CREATE INDEX incident_ids_report ON incident_ids(report_id)")
    reports = [r for (r,) in db.execute("SELECT report_id FROM reports")]
    founders = {make_incident_id(r): r for r in reports}
    eldest = "SELECT MIN(report_id) FROM incident_reports ir WHERE ir.incident_id IN (i.incident_id, i.merged_into)"
    for incident_id, report_id in list(db.execute(f"SELECT incident_id, ({eldest}) FROM incidents i ORDER BY rowid")):
        db.execute("INSERT INTO incident_ids VALUES (?, ?)", (incident_id, founders.get(incident_id) or report_id or ""))
    db.execute(
        "CREATE TABLE incident_times ("
        "incident_id TEXT PRIMARY KEY REFERENCES incidents(incident_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
        " first_known TEXT, last_known TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    for (incident_id,) in list(db.execute("SELECT DISTINCT incident_id FROM incident_reports ORDER BY 1")):
        db.execute(f"INSERT INTO incident_times {TIMES.format(marks='?')}", (incident_id,))
    # A report without a day is looked for by its place among all of its country, one with a day among those without.
    for kind, condition in (("", ""), ("undated_", " WHERE date_start IS NULL")):
        db.execute(f"CREATE INDEX reports_{kind}spot ON reports(country, latitude, longitude){condition}")
        db.execute(f"CREATE INDEX reports_{kind}name ON reports(country, place_name){condition}")
    db.execute("CREATE TABLE receipts (receipt_id TEXT PRIMARY KEY, receipt TEXT NOT NULL) STRICT")


@migrations()
def m004_intake(db: Database) -> None:
    """What is followed live: each source's freshness and failures, and what of it has been seen."""
    statements = """
    CREATE TABLE live_sources (
        name TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('folder','feed')), place TEXT NOT NULL,
        checked_at_utc TEXT, fresh_at_utc TEXT, new_at_utc TEXT, next_at_utc TEXT,
        failures INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', articles INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0, etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '') STRICT;
    CREATE TABLE live_seen (
        source TEXT NOT NULL, item TEXT NOT NULL, mark TEXT NOT NULL, at_utc TEXT NOT NULL,
        PRIMARY KEY (source, item)) STRICT, WITHOUT ROWID;
    """
    for statement in split_statements(statements):
        db.execute(statement)


@migrations()
def m005_coders(db: Database) -> None:
    """Which coder's reports make the incidents, and how it stood with those of a coder that made them before."""
    statements = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE former_ids (
        coder TEXT NOT NULL, incident_id TEXT NOT NULL, report_id TEXT NOT NULL, PRIMARY KEY (coder, incident_id)) STRICT, WITHOUT ROWID;
    CREATE TABLE former_links (
        report_id TEXT PRIMARY KEY REFERENCES reports(report_id) ON DELETE CASCADE, incident_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta SELECT 'coder', coder FROM codings GROUP BY coder ORDER BY COUNT(*) DESC, coder LIMIT 1;
    """
    for statement in split_statements(statements):
        db.execute(statement)


@migrations()
def m006_changes(db: Database) -> None:
    """Which incidents were written since when, for readers that hold what they have read (pipeline/columns.py)."""
    db.execute("CREATE TABLE changes (incident_id TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX changes_version ON changes(version)")
    db.execute("INSERT INTO changes SELECT incident_id, ROW_NUMBER() OVER (ORDER BY rowid) FROM incidents")
    for table, moments in {
        "incidents": ("AFTER INSERT", "AFTER UPDATE", "AFTER DELETE"),
        "incident_actors": ("AFTER INSERT", "AFTER UPDATE", "AFTER DELETE"),
        "incident_reports": ("AFTER INSERT", "AFTER UPDATE", "BEFORE UPDATE", "AFTER DELETE"),
    }.items():
        for moment in moments:
            touched = f"SELECT {'old' if moment in ('AFTER DELETE', 'BEFORE UPDATE') else 'new'}.incident_id AS incident_id"
            name = f"changes_{table}_{moment.replace(' ', '_').lower()}"
            db.execute(f"CREATE TRIGGER {name} {moment} ON {table} BEGIN {_note_changes(touched)} END")
    # INSERT OR REPLACE takes a report out of its incident without a trigger for deletes.
    taken = "SELECT incident_id FROM incident_reports WHERE report_id = new.report_id"
    db.execute(f"CREATE TRIGGER changes_incident_reports_taken BEFORE INSERT ON incident_reports BEGIN {_note_changes(taken)} END")
    told = "SELECT ir.incident_id FROM reports r JOIN incident_reports ir ON ir.report_id = r.report_id WHERE r.article_id = new.article_id"
    db.execute(f"CREATE TRIGGER changes_articles_origin AFTER UPDATE OF origin_id ON articles BEGIN {_note_changes(told)} END")


def _note_changes(touched: str) -> str:
    """The statement of a trigger that gives a new version to the incidents of a query."""
    version = "(SELECT COALESCE(MAX(version), 0) + 1 FROM changes)"
    # An upsert, since "OR REPLACE" would give way to the conflict clause of the statement that the trigger is for.
    update = "ON CONFLICT(incident_id) DO UPDATE SET version = excluded.version"
    return f"INSERT INTO changes SELECT t.incident_id, {version} FROM ({touched}) t WHERE 1 {update};"


@migrations()
def m007_news(db: Database) -> None:
    """Since when the store holds each incident, saved views, and what alerts have told of them."""
    statements = """
    CREATE TABLE incident_stored (
        incident_id TEXT PRIMARY KEY, first_stored_at_utc TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX incident_stored_at ON incident_stored(first_stored_at_utc);
    INSERT INTO incident_stored
        SELECT i.incident_id, strftime('%Y-%m-%dT%H:%M:%fZ', COALESCE(MIN(u.started_at_utc), 'now'))
        FROM incidents i LEFT JOIN incident_reports ir ON ir.incident_id = i.incident_id
        LEFT JOIN reports r ON r.report_id = ir.report_id LEFT JOIN articles a ON a.article_id = r.article_id
        LEFT JOIN runs u ON u.run_id = a.run_id GROUP BY 1;
    CREATE TRIGGER incident_is_stored AFTER INSERT ON incidents
        WHEN NOT EXISTS (SELECT 1 FROM incident_stored s WHERE s.incident_id = new.incident_id) BEGIN
        INSERT INTO incident_stored VALUES (new.incident_id, MAX(
            strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), COALESCE((SELECT MAX(first_stored_at_utc) FROM incident_stored), ''))); END;
    CREATE TABLE views (
        view_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, params TEXT NOT NULL,
        at_utc TEXT NOT NULL, changed_at_utc TEXT NOT NULL, "by" TEXT NOT NULL DEFAULT '') STRICT;
    CREATE TABLE alert_targets (
        target_id INTEGER PRIMARY KEY, view_id TEXT NOT NULL REFERENCES views(view_id) ON DELETE CASCADE,
        channel TEXT NOT NULL CHECK (channel IN ('mail','webhook')), address TEXT NOT NULL, params TEXT NOT NULL,
        UNIQUE (view_id, channel, address)) STRICT;
    CREATE TABLE alert_deliveries (
        delivery_id TEXT PRIMARY KEY, target_id INTEGER NOT NULL REFERENCES alert_targets(target_id) ON DELETE CASCADE,
        at_utc TEXT NOT NULL, claimed_at_utc TEXT, delivered_at_utc TEXT,
        attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX alert_deliveries_open ON alert_deliveries(target_id) WHERE delivered_at_utc IS NULL;
    CREATE TABLE alert_told (
        target_id INTEGER NOT NULL REFERENCES alert_targets(target_id) ON DELETE CASCADE, incident_id TEXT NOT NULL,
        delivery_id TEXT REFERENCES alert_deliveries(delivery_id) ON DELETE CASCADE,
        PRIMARY KEY (target_id, incident_id)) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_told_delivery ON alert_told(delivery_id);
    """
    # The moment goes with the id for good, whatever becomes of the row in `incidents`. Writers come one after another and the
    # moments never go back, so that a reader who has seen the latest of them has seen all that came before it.
    for statement in split_statements(statements):
        db.execute(statement)


@migrations()
def m008_text_runs(db: Database) -> None:
    """The runs of words of each text, by their hashes, so that a copy is found without reading the texts of its days again."""
    db.execute(
        "CREATE TABLE text_runs (article_id TEXT PRIMARY KEY REFERENCES articles(article_id) ON DELETE CASCADE, runs BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )


def split_statements(script: str) -> Iterator[str]:
    """The statements of an SQL script, one by one; triggers stay whole."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if pending.strip() and sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


# --- opening -----------------------------------------------------------------------------------


def open_store(path: Path | str) -> Database:
    """The store at `path`, opened for writing, created and migrated as needed.

    StoreBrokenError where the file is there and is not a Dateline store.
    """
    if str(path) != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        conn = sqlite3.connect(str(path), timeout=BUSY_TIMEOUT_MS / 1000)
        db = Database(conn)
        db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        db.execute("PRAGMA foreign_keys = ON")
        if str(path) != ":memory:":
            db.execute("PRAGMA journal_mode = WAL").fetchone()
        # With a WAL, NORMAL keeps the store whole whatever dies; only a power cut may lose the last commits, never half of one.
        db.execute("PRAGMA synchronous = NORMAL")
        if not db["_sqlite_migrations"].exists() and db.table_names():
            raise StoreBrokenError(f"{path} is a SQLite file, but not a Dateline store")
        if migrations.pending(db):
            migrations.apply(db)
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be opened as a store: {e}") from e
    return db


def path_of(db: Database) -> str | None:
    """The file that a store is in; None where it is in memory."""
    return next((path or None for _, name, path in db.execute("PRAGMA database_list") if name == "main"), None)


def open_store_readonly(path: Path | str) -> Database:
    """The store at `path`, for reading only; StoreMissingError or StoreBrokenError where it cannot be."""
    if not Path(path).exists():
        raise StoreMissingError(f"there is no store at {path}")
    try:
        conn = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        conn.row_factory = None
        tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be opened as a store: {e}") from e
    if not {"articles", "reports", "incidents"} <= tables:
        raise StoreBrokenError(f"{path} is a SQLite file, but not a Dateline store")
    return Database(conn)


@contextmanager
def writing(db: Database) -> Iterator[Database]:
    """One transaction that takes the write lock at its start, so that two writers never deadlock."""
    if db.conn.in_transaction:
        yield db
        return
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.conn.commit()
        except BaseException:
            # Where a full disk had SQLite roll back by itself already, this does nothing.
            db.conn.rollback()
            raise
    except sqlite3.OperationalError as e:
        if busy := _why_busy(e):
            raise busy from e
        raise


def _why_busy(error: sqlite3.OperationalError) -> StoreBusyError | None:
    """What to say where a write failed for a reason that passes: nothing of it was written. None for any other error."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusyError(f"another program holds the store ({error}); nothing was lost, run the same again")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StoreFullError(
            f"the store could not be written ({error}); nothing was lost, make room on the disk and run the same again to go on"
        )
    return None


@contextmanager
def reading(db: Database) -> Iterator[Database]:
    """One transaction for reading: everything within is of one moment, whoever writes meanwhile."""
    if db.conn.in_transaction:
        yield db
        return
    db.execute("BEGIN")
    try:
        yield db
    finally:
        db.conn.commit()


# --- rows <-> records --------------------------------------------------------------------------

JSON_FIELDS = ("modes", "side_a", "side_b", "claims", "attributions", "confidences", "locked_fields", "rules", "parts")


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _dump(value: Any) -> str:
    """A value as JSON, the same bytes for the same value."""
    if value.__class__ is str:
        return json.encoder.encode_basestring(value)
    if value.__class__ is int:
        return str(value)
    return _dump_tuple(value) if isinstance(value, tuple) else _encode(as_plain(value))


@functools.lru_cache(maxsize=16384)
def _dump_tuple(value: tuple[Any, ...]) -> str:
    """The same few sides, modes and sources come again and again."""
    return _encode(as_plain(value))


def to_row(record: Any, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """A record as one row: JSON columns dumped, booleans as 0 and 1."""
    row: dict[str, Any] = {}
    for f in dataclasses.fields(record):
        if f.name in without:
            continue
        value = getattr(record, f.name)
        if f.name in JSON_FIELDS:
            value = _dump(value)
        elif isinstance(value, bool):
            value = int(value)
        row[f.name] = value
    return row


@functools.lru_cache(maxsize=16384)
def read_actors(text: str) -> tuple[Actor, ...]:
    """The actors of a side as a row holds them; the same few lists come again and again."""
    return tuple(Actor(a["name"], int(a["inter"]), tuple(a.get("aliases", ())), a.get("actor_id", "")) for a in json.loads(text))


@functools.lru_cache(maxsize=16384)
def _read_names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@functools.lru_cache(maxsize=16384)
def _read_claims(text: str) -> tuple[Claim, ...]:
    return tuple(Claim(**c) for c in json.loads(text))


@functools.lru_cache(maxsize=16384)
def _read_attributions(text: str) -> tuple[Attribution, ...]:
    return tuple(Attribution(**a) for a in json.loads(text))


def coded_from_row(row: dict[str, Any]) -> dict[str, Any]:
    """The JSON columns of a report's or incident's row as records, the rest as they are."""
    return row | {
        "modes": _read_names(row["modes"]),
        "side_a": read_actors(row["side_a"]),
        "side_b": read_actors(row["side_b"]),
        "claims": _read_claims(row["claims"]),
        "attributions": _read_attributions(row["attributions"]),
        "count_vague": bool(row["count_vague"]),
    }


def _rows(db: Database, sql: str, params: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
    cursor = db.execute(sql, tuple(params))
    names = [d[0] for d in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


# So many values are asked for by one statement: SQLite takes 32,766 at most, and more than some hundreds are no faster.
CHUNK = 500


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in order and once each, as many at a time as one query takes."""
    ordered = sorted(set(values))
    for n in range(0, len(ordered), CHUNK):
        yield ordered[n : n + CHUNK]


def select_in(db: Database, sql: str, values: Iterable[Any]) -> Iterator[Any]:
    """The rows of a query with `IN ({marks})` in it, over any number of values, which are asked for in their order and once each."""
    for chunk in chunks(values):
        yield from db.conn.execute(sql.format(marks=_marks(chunk)), chunk)


def _insert(db: Database, table: str, row: dict[str, Any], *, verb: str = "INSERT") -> int:
    names = ",".join(f'"{name}"' for name in row)
    return int(db.execute(f"{verb} INTO {table} ({names}) VALUES ({_marks(list(row))})", tuple(row.values())).rowcount)


# --- articles ----------------------------------------------------------------------------------


def article_known(db: Database, article_id: str) -> bool:
    """Whether the store has this article."""
    return db.execute("SELECT 1 FROM articles WHERE article_id = ?", (article_id,)).fetchone() is not None


def latest_revision(db: Database, story_id: str) -> int:
    """The number of the latest stored revision of a story; 0 when it is new."""
    return int(db.execute("SELECT COALESCE(MAX(revision), 0) FROM articles WHERE story_id = ?", (story_id,)).fetchone()[0])


def order_revisions(db: Database, story_id: str) -> bool:
    """Number the revisions of a story by the time each was published, those of one time or of none as they arrived; whether it changed.

    What is known only by its day is later than nothing else of that day, and earlier than nothing: it stays as it arrived.
    """
    sql = "SELECT article_id, revision, effective_published_at_utc FROM published_articles WHERE story_id = ? ORDER BY rowid_"
    rows = db.execute(
        sql.replace("rowid_", "(SELECT rowid FROM articles a WHERE a.article_id = published_articles.article_id)"), (story_id,)
    )
    ordered: list[tuple[str, int, str | None]] = []
    for row in rows.fetchall():
        later = (n for n, other in enumerate(ordered) if _is_later(other[2], row[2]))
        ordered.insert(next(later, len(ordered)), row)
    moved = [(number, article_id) for number, (article_id, revision, _) in enumerate(ordered, 1) if number != revision]
    # Two revisions must not have one number in between.
    db.conn.executemany("UPDATE articles SET revision = -? WHERE article_id = ?", moved)
    db.conn.executemany("UPDATE articles SET revision = ? WHERE article_id = ?", moved)
    return bool(moved)


def _is_later(a: str | None, b: str | None) -> bool:
    """Whether a time of publication is surely later than another: a midnight is a day without its hour."""
    if not a or not b:
        return False
    by_day = "T00:00:00" in a + b or len(a) == 10 or len(b) == 10
    return a[:10] > b[:10] if by_day else a > b


def save_article(
    db: Database, article: Article, *, run_id: int | None = None, origin_id: str | None = None, origin_basis: str = ""
) -> bool:
    """Store an article; False, and not a row touched, where it is known already."""
    if article_known(db, article.article_id):
        return False
    row = to_row(article) | {"run_id": run_id, "origin_id": origin_id, "origin_basis": origin_basis}
    _insert(db, "articles", row)
    return True


def save_origin(db: Database, origin_id: str, *, agency: str, basis: str) -> None:
    """Store an origin; one that is known stays as it is."""
    _insert(db, "origins", {"origin_id": origin_id, "agency": agency, "basis": basis}, verb="INSERT OR IGNORE")


def join_origins(db: Database, origin_id: str, others: Sequence[str]) -> list[str]:
    """Make one origin of several that turned out to be the same; the ids of the articles that moved."""
    moved = [i for (i,) in db.execute(f"SELECT article_id FROM articles WHERE origin_id IN ({_marks(others)}) ORDER BY 1", tuple(others))]
    db.execute(f"UPDATE articles SET origin_id = ? WHERE origin_id IN ({_marks(others)})", (origin_id, *others))
    db.execute(f"DELETE FROM origins WHERE origin_id IN ({_marks(others)})", tuple(others))
    return moved


def save_runs(db: Database, article_id: str, runs: bytes) -> None:
    """Keep the runs of words of an article's text (`intake.origins.Signature`)."""
    _insert(db, "text_runs", {"article_id": article_id, "runs": runs}, verb="INSERT OR REPLACE")


def runs_of_day(db: Database, day: str | None) -> Iterator[tuple[str, bytes | None]]:
    """(article id, the runs of its text) of the articles of a publication day (None: of the undated ones).

    No runs where an older Dateline stored the article.
    """
    given = "SELECT target FROM decisions WHERE kind = 'set_published'"
    if day is None:
        condition, params = "published_at_utc IS NULL", ()
    else:
        # Days and times of one day sort between the day itself and the day with the highest sign after it.
        condition, params = "published_at_utc BETWEEN ? AND ?", (day, day + "~")  # type: ignore[assignment]
    by_hand = f"SELECT article_id FROM published_articles WHERE article_id IN ({given}) AND substr(effective_published_at_utc, 1, 10) IS ?"
    ids = f"SELECT article_id FROM articles WHERE {condition} AND article_id NOT IN ({given}) UNION {by_hand}"
    sql = f"SELECT article_id, runs FROM ({ids}) LEFT JOIN text_runs USING (article_id) ORDER BY article_id"
    yield from db.execute(sql, (*params, day))


def runs_of(db: Database, article_ids: Sequence[str]) -> Iterator[tuple[str, str, str, str, bytes | None]]:
    """(article id, source, agency, origin's id as it is now, runs of its text) of stored articles; no runs as in `runs_of_day`."""
    for n in range(0, len(article_ids), 500):
        chunk = tuple(article_ids[n : n + 500])
        sql = "SELECT article_id, source, agency, origin_id, runs FROM articles LEFT JOIN text_runs USING (article_id)"
        yield from db.execute(
            f"{sql} WHERE article_id IN ({_marks(chunk)}) AND origin_id IS NOT NULL ORDER BY article_id", chunk
        ).fetchall()


def data_version(db: Database) -> int:
    """A number that changes when another connection has written to the store."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def incident_changes(db: Database) -> int:
    """The version of the incidents, higher after every write to one of them; 0 where the store does not keep it yet."""
    if not db["changes"].exists():  # not migrated, since it was only read so far
        return 0
    return int(db.execute("SELECT COALESCE(MAX(version), 0) FROM changes").fetchone()[0])


# What tells one history of a store from another: when it was made and rearranged, and the last rows of what only grows.
WITNESSES = {
    "runs": "SELECT run_id, started_at_utc FROM runs ORDER BY run_id DESC LIMIT 20",
    "decisions": "SELECT rowid, decision_id FROM decisions ORDER BY rowid DESC LIMIT 20",
    "changes": "SELECT incident_id, version FROM changes ORDER BY version DESC LIMIT 20",
}
WITNESSED = {
    "runs": "SELECT 1 FROM runs WHERE run_id = ? AND started_at_utc = ?",
    "decisions": "SELECT 1 FROM decisions WHERE rowid = ? AND decision_id = ?",
    "changes": "SELECT 1 FROM changes WHERE incident_id = ? AND version >= ?",
}


def _make(db: Database) -> list[Any]:
    made = db.execute("SELECT name, applied_at FROM _sqlite_migrations ORDER BY 1, 2").fetchall()
    # The number of the schema also changes when rows get new numbers (VACUUM).
    return [db.execute("PRAGMA schema_version").fetchone()[0], *map(list, made)]


def store_witness(db: Database) -> str:
    """What a reader keeps (JSON) to know by later that the store goes on from the state it has read; empty in one not migrated."""
    if not incident_changes(db):
        return ""
    return json.dumps({"made": _make(db)} | {name: db.execute(sql).fetchall() for name, sql in WITNESSES.items()})


def witness_holds(db: Database, witness: str) -> bool:
    """Whether the store goes on from the state that a witness is of: not where another one, or an older copy, lies in its place."""
    if not witness or not incident_changes(db):
        return False
    kept = json.loads(witness)
    return bool(kept["made"] == _make(db)) and all(
        db.execute(sql, row).fetchone() is not None for name, sql in WITNESSED.items() for row in kept[name]
    )


ARTICLE_FIELDS = tuple(f.name for f in dataclasses.fields(Article))


def article_from_row(row: dict[str, Any]) -> Article:
    """The Article of a row of `articles`."""
    values = {name: row[name] for name in ARTICLE_FIELDS}
    values["parts"] = tuple(Part(**p) for p in json.loads(row["parts"])) if row["parts"] != "[]" else ()
    return Article(**values)


def load_articles(db: Database, article_ids: Sequence[str] | None = None) -> Iterator[Article]:
    """Stored articles, with the publication time that holds (a person's word before the metadata's), by id."""
    where = "" if article_ids is None else f"WHERE article_id IN ({_marks(article_ids)})"
    params = tuple(article_ids or ())
    for row in _rows(db, f"SELECT * FROM published_articles {where} ORDER BY article_id", params):
        yield _article_as_dated(row)


def _article_as_dated(row: dict[str, Any]) -> Article:
    if row["effective_published_at_utc"] != row["published_at_utc"]:
        row = row | {"published_at_utc": row["effective_published_at_utc"], "published_source": "given"}
    return article_from_row(row)


def load_stories(db: Database, article_ids: Iterable[str]) -> Iterator[tuple[Article, str | None]]:
    """The stories of these articles, every revision as `load_articles` gives it, each with its origin's id."""
    stories = {i for (i,) in select_in(db, "SELECT DISTINCT story_id FROM articles WHERE article_id IN ({marks})", article_ids)}
    names = (*ARTICLE_FIELDS, "effective_published_at_utc", "origin_id")
    for values in select_in(db, f"SELECT {','.join(names)} FROM published_articles WHERE story_id IN ({{marks}})", stories):
        row = dict(zip(names, values, strict=True))
        yield _article_as_dated(row), row["origin_id"]


# --- codings and reports -----------------------------------------------------------------------

# In SQL the coder whose reports make the incidents; other coders' reports are kept beside them.
DEFAULT_CODER = "rules"
ACTIVE_CODER = f"COALESCE((SELECT value FROM meta WHERE name = 'coder'), '{DEFAULT_CODER}')"


def active_coder(db: Database) -> str:
    """The coder whose reports make the incidents: the first that coded into the store, unless another was chosen since."""
    if not db["meta"].exists():  # not migrated, since it was only read so far
        row = db.execute("SELECT coder FROM codings GROUP BY coder ORDER BY COUNT(*) DESC, coder LIMIT 1").fetchone()
    else:
        row = db.execute(f"SELECT {ACTIVE_CODER}").fetchone()
    return str(row[0]) if row else DEFAULT_CODER


def codings_by_coder(db: Database) -> list[tuple[str, str, int, int]]:
    """(coder, version, articles, reports) of every coder that coded into the store, each of its versions."""
    sql = """
        SELECT c.coder, c.coder_version, COUNT(*),
               SUM((SELECT COUNT(*) FROM reports r WHERE r.article_id = c.article_id AND r.coder = c.coder))
        FROM codings c GROUP BY 1, 2 ORDER BY 1, 2"""
    return [(str(name), str(version), int(n), int(reports or 0)) for name, version, n, reports in db.execute(sql)]


def uncoded_articles(db: Database, *, coder: str, coder_version: str | None = None) -> list[str]:
    """The articles that a coder, or this version of it, has not coded, by id."""
    sql = "SELECT article_id FROM articles EXCEPT SELECT article_id FROM codings WHERE coder = ? AND (? IS NULL OR coder_version = ?)"
    return [i for (i,) in db.execute(f"{sql} ORDER BY 1", (coder, coder_version, coder_version))]


def articles_coded_by(db: Database, a: str, b: str) -> list[tuple[str, str]]:
    """(article_id, headline) of the articles that both of two coders have coded, by id."""
    sql = """
        SELECT article_id, headline FROM articles JOIN codings x USING (article_id) JOIN codings y USING (article_id)
        WHERE x.coder = ? AND y.coder = ? ORDER BY article_id"""
    return [(str(i), str(headline)) for i, headline in db.execute(sql, (a, b))]


def taken_ids(db: Database, report_ids: Sequence[str], *, article_id: str, coder: str) -> set[str]:
    """Those of these report ids that belong to another article or coder."""
    sql = f"SELECT report_id FROM reports WHERE report_id IN ({_marks(report_ids)}) AND NOT (article_id = ? AND coder = ?)"
    return {i for (i,) in db.execute(sql, (*report_ids, article_id, coder))}


def drop_codings_beside(db: Database, article_ids: Sequence[str]) -> None:
    """Forget what coders other than the active one found in these articles, since they are not as they were."""
    for article_id in article_ids:
        for table in ("reports", "codings"):
            db.execute(f"DELETE FROM {table} WHERE article_id = ? AND coder <> {ACTIVE_CODER}", (article_id,))


def switch_coder(db: Database, coder: str) -> dict[str, set[str]]:
    """Make a coder the active one; no report is in an incident then until they are linked again.

    The ids of incidents go with reports. When a coder becomes active again, each id goes with the report it went
    with when that coder ceased to be active. Gives by article the incidents it was in, for the articles in
    which this coder has reports that were never linked: these are to continue them.
    """
    before: dict[str, set[str]] = {}
    links = "SELECT r.article_id, ir.incident_id FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id"
    for article_id, incident_id in db.execute(links):
        before.setdefault(article_id, set()).add(incident_id)
    db.execute(f"DELETE FROM former_ids WHERE coder = {ACTIVE_CODER}")
    db.execute(f"INSERT INTO former_ids SELECT {ACTIVE_CODER}, incident_id, report_id FROM incident_ids")
    db.execute("INSERT OR REPLACE INTO former_links SELECT report_id, incident_id FROM incident_reports")
    db.execute("DELETE FROM suggestions")
    db.execute("DELETE FROM incident_reports")
    db.execute("INSERT OR REPLACE INTO meta VALUES ('coder', ?)", (coder,))
    db.execute(
        "UPDATE incident_ids SET report_id = f.report_id FROM former_ids f WHERE f.incident_id = incident_ids.incident_id AND f.coder = ?",
        (coder,),
    )
    new = "SELECT DISTINCT article_id FROM reports WHERE coder = ? AND report_id NOT IN (SELECT report_id FROM former_links)"
    return {i: before[i] for (i,) in db.execute(f"{new} ORDER BY 1", (coder,)) if i in before}


def save_coding(
    db: Database,
    article_id: str,
    reports: Sequence[Report],
    *,
    coder: str,
    coder_version: str,
    outcome: str,
    reason: str = "",
    run_id: int | None = None,
) -> None:
    """Store what a coder found in an article, in place of what that coder found before.

    `outcome` is coded, nothing (read, no event in it), gated (turned away unread as irrelevant),
    language (not a language the coder reads) or failed; `reason` one sentence. The first coder of a store is its
    active one.
    """
    _insert(db, "meta", {"name": "coder", "value": coder}, verb="INSERT OR IGNORE")
    db.execute(
        "DELETE FROM incident_reports WHERE report_id IN (SELECT report_id FROM reports WHERE article_id = ? AND coder = ?)",
        (article_id, coder),
    )
    db.execute("DELETE FROM reports WHERE article_id = ? AND coder = ?", (article_id, coder))
    _insert(
        db,
        "codings",
        {"article_id": article_id, "coder": coder, "coder_version": coder_version, "outcome": outcome, "reason": reason, "run_id": run_id},
        verb="INSERT OR REPLACE",
    )
    for position, report in enumerate(reports):
        _insert(
            db, "reports", to_row(report, without=("evidence",)) | {"position": position, "coder": coder, "coder_version": coder_version}
        )
        for n, e in enumerate(report.evidence):
            _insert(
                db,
                "evidence",
                {"report_id": report.report_id, "position": n, "field": e.field, "start": e.start, "end": e.end, "quote": e.quote},
            )


def outdated_articles(db: Database, *, coder: str, coder_version: str) -> list[str]:
    """The articles that another version of a coder coded, by id."""
    sql = "SELECT article_id FROM codings WHERE coder = ? AND coder_version <> ? ORDER BY 1"
    return [i for (i,) in db.execute(sql, (coder, coder_version))]


REPORT_FIELDS = tuple(f.name for f in dataclasses.fields(Report) if f.name != "evidence")


def load_reports(db: Database, where: str = "1", params: Sequence[Any] = ()) -> list[Report]:
    """Reports, with their evidence, that meet an SQL condition over `reports r`, ordered by id."""
    names = ",".join(f"r.{name}" for name in REPORT_FIELDS)
    rows = list(_rows(db, f"SELECT {names} FROM reports r WHERE {where} ORDER BY r.report_id", params))
    spans: dict[str, list[Evidence]] = {row["report_id"]: [] for row in rows}
    sql = 'SELECT report_id, field, start, "end", quote FROM evidence WHERE report_id IN ({marks}) ORDER BY report_id, position'
    for report_id, *evidence in select_in(db, sql, spans):
        spans[report_id].append(Evidence(*evidence))
    found = []
    for row in rows:
        values = coded_from_row(row)
        values["confidences"] = json.loads(row["confidences"])
        found.append(Report(**values, evidence=tuple(spans[row["report_id"]])))
    return found


def load_reports_of(db: Database, report_ids: Iterable[str]) -> list[Report]:
    """The active coder's reports among these, by id."""
    condition = f"r.report_id IN ({{marks}}) AND r.coder = {ACTIVE_CODER}"
    return [r for chunk in chunks(report_ids) for r in load_reports(db, condition.format(marks=_marks(chunk)), chunk)]


def incident_ids_of(db: Database, article_id: str) -> list[tuple[str, str | None]]:
    """(report_id, incident_id) of an article's reports by the active coder, in the order of its text; None for one not linked."""
    sql = (
        "SELECT r.report_id, ir.incident_id FROM reports r LEFT JOIN incident_reports ir ON ir.report_id = r.report_id "
        f"WHERE r.article_id = ? AND r.coder = {ACTIVE_CODER} ORDER BY r.position"
    )
    return [(report_id, incident_id) for report_id, incident_id in db.execute(sql, (article_id,))]


def incidents_of(db: Database, article_ids: Sequence[str]) -> set[str]:
    """The ids of the incidents that these articles report."""
    return {i for article_id in article_ids for _, i in incident_ids_of(db, article_id) if i}


# --- incidents ---------------------------------------------------------------------------------


# The tables that an incident has rows in, with their columns.
INCIDENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "incidents": tuple(f.name for f in dataclasses.fields(Incident) if f.name not in ("report_ids", "candidates")),
    "incident_reports": ("report_id", "incident_id", "score", "why"),
    "incident_actors": ("incident_id", "side", "position", "name", "inter", "actor_id"),
    "candidates": ("incident_id", "field", "report_id", "value", "chosen"),
}
MERGED_INTO = INCIDENT_COLUMNS["incidents"].index("merged_into")

Rows = dict[str, list[tuple[Any, ...]]]  # by table, the values in the order of INCIDENT_COLUMNS, sorted


def incident_rows(incident: Incident, links: Mapping[str, tuple[float | None, str]] | None = None) -> Rows:
    """The rows of an incident by table; `links`: report_id -> (score, why)."""
    incident_id, links = incident.incident_id, links or {}
    return {
        "incidents": [
            tuple(_dump(v) if name in JSON_FIELDS else int(v) if v.__class__ is bool else v for name, v in _values(incident))
        ],
        "incident_reports": [(r, incident_id, *links.get(r, (None, ""))) for r in sorted(incident.report_ids)],
        "incident_actors": [
            (incident_id, side, position, actor.name, actor.inter, actor.actor_id)
            for side, actors in (("a", incident.side_a), ("b", incident.side_b)) for position, actor in enumerate(actors)
        ],
        "candidates": sorted((incident_id, c.field, c.report_id, _dump(c.value), int(c.chosen)) for c in incident.candidates),
    }  # fmt: skip


def _values(incident: Incident) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(incident, name)) for name in INCIDENT_COLUMNS["incidents"])


def load_rows(db: Database, incident_ids: Iterable[str]) -> dict[str, Rows]:
    """The stored rows of incidents, by id, as `incident_rows` gives them."""
    ids = set(incident_ids)
    found: dict[str, Rows] = {}
    for table, columns in INCIDENT_COLUMNS.items():
        names, at = ",".join(columns), columns.index("incident_id")
        for row in select_in(db, f"SELECT {names} FROM {table} WHERE incident_id IN ({{marks}})", ids):
            if table == "incidents":
                found[row[at]] = {name: [] for name in INCIDENT_COLUMNS}
            if row[at] in found:
                found[row[at]][table].append(row)
    for rows in found.values():
        for table in rows:
            rows[table].sort()
    return found


def incident_from_rows(rows: Rows) -> Incident:
    """The incident of stored rows."""
    row = dict(zip(INCIDENT_COLUMNS["incidents"], rows["incidents"][0], strict=True))
    values = coded_from_row(row) | {"locked_fields": _read_names(row["locked_fields"]), "rules": json.loads(row["rules"])}
    return Incident(
        **values,
        report_ids=tuple(row[0] for row in rows["incident_reports"]),
        candidates=tuple(Candidate(name, json.loads(value), r, bool(chosen)) for _, name, r, value, chosen in rows["candidates"]),
    )


def changed_rows(rows: Rows, before: Rows | None) -> Rows:
    """The tables of an incident in which its rows are not those that stand."""
    return {table: found for table, found in rows.items() if before is None or found != before[table]}


def save_incident(db: Database, incident: Incident, *, links: Mapping[str, tuple[float | None, str]] | None = None) -> None:
    """Store an incident whole, in place of what stood under its id. `links`: report_id -> (score, why)."""
    save_incidents(db, {incident.incident_id: incident_rows(incident, links)})


def save_incidents(db: Database, changed: Mapping[str, Rows]) -> None:
    """Store the rows of incidents by id, table by table in place of what stood there; a table that is not given is left as it is."""
    for table, columns in INCIDENT_COLUMNS.items():
        ids = [(incident_id,) for incident_id, rows in changed.items() if table in rows]
        if not ids:
            continue
        names = ",".join(columns)
        verb, end = "INSERT", ""
        if table == "incidents":
            end = f" ON CONFLICT(incident_id) DO UPDATE SET {','.join(f'{c} = excluded.{c}' for c in columns if c != 'incident_id')}"
        else:
            db.conn.executemany(f"DELETE FROM {table} WHERE incident_id = ?", ids)
        if table == "incident_reports":
            verb = "INSERT OR REPLACE"  # a report that comes from another incident
        rows = (row for found in changed.values() for row in found.get(table, ()))
        db.conn.executemany(f"{verb} INTO {table} ({names}) VALUES ({_marks(columns)}){end}", rows)
    note_times(db, changed)


def note_times(db: Database, incident_ids: Iterable[str]) -> None:
    """Note anew when what bears on these incidents was published."""
    ids = set(incident_ids)
    db.conn.executemany("DELETE FROM incident_times WHERE incident_id = ?", [(i,) for i in sorted(ids)])
    db.conn.executemany("INSERT INTO incident_times VALUES (?, ?, ?)", list(select_in(db, TIMES, ids)))


def delete_incident(db: Database, incident_id: str) -> None:
    """Remove an incident that no report supports any more; its reports stay."""
    db.execute("DELETE FROM incidents WHERE incident_id = ?", (incident_id,))


def save_incident_id(db: Database, incident_id: str, report_id: str) -> None:
    """Register an incident id with the report it goes with; a known id keeps its age and goes with this report from now on."""
    db.execute(
        "INSERT INTO incident_ids VALUES (?, ?) ON CONFLICT(incident_id) DO UPDATE SET report_id = excluded.report_id",
        (incident_id, report_id),
    )


class GivenIds:
    """Every incident id that was ever given, to be asked whether one is among them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __contains__(self, incident_id: object) -> bool:
        return self._db.execute("SELECT 1 FROM incident_ids WHERE incident_id = ?", (incident_id,)).fetchone() is not None


def load_incidents(db: Database, where: str = "1", params: Sequence[Any] = ()) -> list[Incident]:
    """Incidents, with report ids and candidates, that meet an SQL condition over `incidents i`, by id."""
    ids = [i for (i,) in db.execute(f"SELECT i.incident_id FROM incidents i WHERE {where}", tuple(params))]
    found = load_rows(db, ids)
    return [incident_from_rows(found[i]) for i in sorted(found)]


def load_suggestions(db: Database, report_ids: Iterable[str] | None = None) -> dict[str, list[tuple[str, float, str]]]:
    """The doubtful links of reports (None: of all), (incident_id, score, why) by incident, for those that have any."""
    found: dict[str, list[tuple[str, float, str]]] = {}
    sql = "SELECT report_id, incident_id, score, why FROM suggestions {} ORDER BY 1, 2"
    rows = db.execute(sql.format("")) if report_ids is None else select_in(db, sql.format("WHERE report_id IN ({marks})"), report_ids)
    for report_id, *suggestion in rows:
        found.setdefault(report_id, []).append(tuple(suggestion))
    return found


def save_suggestions(db: Database, report_id: str, suggestions: Iterable[tuple[str, float, str]]) -> None:
    """Store the doubtful links of a report, (incident_id, score, why), in place of those before."""
    db.execute("DELETE FROM suggestions WHERE report_id = ?", (report_id,))
    db.conn.executemany("INSERT INTO suggestions VALUES (?, ?, ?, ?)", [(report_id, *suggestion) for suggestion in suggestions])


# --- as known on a day ---------------------------------------------------------------------------

# What a view of the past shows otherwise than the store: temporary views of these names stand before the tables.
VIEWED_TABLES = ("incidents", "incident_reports", "incident_actors", "candidates")


def known_incidents(db: Database, as_of: str) -> tuple[set[str], set[str]]:
    """The incidents of which nothing was published by then, and those of which some was and some was not.

    `as_of` is a day, to its end, or a time, in ISO 8601; what has no date was never known.
    """
    n = len(as_of)
    none = f"SELECT incident_id FROM incident_times WHERE COALESCE(substr(first_known, 1, {n}) > ?, 1)"
    unknown = {i for (i,) in db.execute(none, (as_of,))}
    late = f"SELECT incident_id FROM incident_times WHERE substr(first_known, 1, {n}) <= ? AND substr(last_known, 1, {n}) > ?"
    return unknown, {i for (i,) in db.execute(late, (as_of, as_of))}


# When what bears on incidents was published, first and last: their reports, and other revisions of their stories. "~" sorts
# after every date and stands for what has none.
TIMES = """
    SELECT ir.incident_id, MIN(CASE WHEN a.article_id = r.article_id THEN a.effective_published_at_utc END),
           MAX(COALESCE(a.effective_published_at_utc, '~'))
    FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id JOIN articles b ON b.article_id = r.article_id
    JOIN published_articles a ON a.story_id = b.story_id WHERE ir.incident_id IN ({marks}) GROUP BY 1"""


def times_changed(db: Database, incident_ids: Iterable[str]) -> set[str]:
    """Those of these incidents of which an article has been dated or revised since their times were noted."""
    ids = set(incident_ids)
    noted = set(select_in(db, "SELECT incident_id, first_known, last_known FROM incident_times WHERE incident_id IN ({marks})", ids))
    return {row[0] for row in noted ^ set(select_in(db, TIMES, ids))}


@contextmanager
def view_of_the_past(db: Database, *, unknown: Iterable[str], then: Iterable[Incident]) -> Iterator[Database]:
    """The store as a reader sees it without some incidents, and with others as they read then.

    It lasts as long as the context and for this connection alone; the file is not written to, so that a
    connection for reading will do.
    """
    with reading(db):
        # All of it is temporary, in a database of this connection's own.
        for table in VIEWED_TABLES:
            db.execute(f"CREATE TEMP TABLE then_{table} AS SELECT * FROM main.{table} WHERE 0")
        db.execute("CREATE TEMP TABLE not_then (incident_id TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            gone = set(unknown)
            told: list[str] = []
            batch: Rows = {table: [] for table in VIEWED_TABLES if table != "incident_reports"}
            for incident in then:
                gone.add(incident.incident_id)
                told += incident.report_ids
                rows = incident_rows(incident)
                for table, found in batch.items():
                    found += rows[table]
            for table, found in batch.items():
                columns = INCIDENT_COLUMNS[table]
                db.conn.executemany(f"INSERT INTO then_{table} ({','.join(columns)}) VALUES ({_marks(columns)})", found)
            links = select_in(db, "SELECT report_id, incident_id, score, why FROM main.incident_reports WHERE report_id IN ({marks})", told)
            db.conn.executemany("INSERT INTO then_incident_reports (report_id, incident_id, score, why) VALUES (?, ?, ?, ?)", list(links))
            db.conn.executemany("INSERT OR IGNORE INTO not_then VALUES (?)", [(i,) for i in sorted(gone)])
            db.execute(
                "INSERT OR IGNORE INTO not_then SELECT incident_id FROM main.incidents"
                " WHERE merged_into IN (SELECT incident_id FROM not_then) AND merged_into NOT IN (SELECT incident_id FROM then_incidents)"
            )
            db.execute("CREATE INDEX temp.then_incident ON then_incidents(incident_id)")
            db.execute("CREATE INDEX temp.then_report ON then_incident_reports(report_id)")
            for table in VIEWED_TABLES:
                db.execute(
                    f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE incident_id NOT IN (SELECT incident_id FROM not_then)"
                    f" UNION ALL SELECT * FROM then_{table}"
                )
            yield db
        finally:
            for table in VIEWED_TABLES:
                db.execute(f"DROP VIEW IF EXISTS temp.{table}")
                db.execute(f"DROP TABLE IF EXISTS temp.then_{table}")
            db.execute("DROP TABLE IF EXISTS temp.not_then")


def copy_past(db: Database, target: Path, *, unknown: Iterable[str], then: Iterable[Incident]) -> None:
    """Write a store of its own at `target`, new, that holds what `view_of_the_past` shows; `db` is only read.

    For readers that ask much of one past: its queries have the store's own tables and indexes to go by.
    """
    # Nobody reads the copy before it is whole, and one that is lost is made again: no journal, no waiting for the disk.
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        db.conn.backup(copy)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF"):
            copy.execute(f"PRAGMA {pragma}")
        with view_of_the_past(Database(copy), unknown=unknown, then=then):
            for table in VIEWED_TABLES:
                copy.execute(f"DELETE FROM main.{table} WHERE incident_id IN (SELECT incident_id FROM not_then)")
                copy.execute(f"INSERT INTO main.{table} SELECT * FROM then_{table}")
            for table in ("suggestions", "incident_times"):
                copy.execute(f"DELETE FROM main.{table} WHERE incident_id NOT IN (SELECT incident_id FROM main.incidents)")
    finally:
        copy.close()


# --- decisions ---------------------------------------------------------------------------------


def append_decision(db: Database, decision: Decision) -> None:
    """Add one decision to the log, which is never changed or shortened."""
    _insert(db, "decisions", to_row(decision, without=("payload",)) | {"payload": _dump(decision.payload)})


def load_decisions(db: Database) -> list[Decision]:
    """All decisions, in the order they were taken."""
    return [
        Decision(**(row | {"payload": json.loads(row["payload"])}))
        for row in _rows(db, 'SELECT decision_id, at_utc, "by", kind, target, payload, reason FROM decisions ORDER BY rowid')
    ]


# --- receipts, and the version of the rows -----------------------------------------------------

# What `rebuild` computes from reports and decisions; each table with its key.
COMPUTED_TABLES = {
    "incidents": "incident_id",
    "incident_reports": "report_id",
    "incident_actors": "incident_id, side, position",
    "candidates": "incident_id, field, report_id",
    "suggestions": "report_id, incident_id",
}


def rows_version(db: Database) -> str:
    """A hash over every row of the computed tables, in the order of their keys: equal for equal content, whatever came before."""
    digest = hashlib.blake2b(digest_size=16)
    for table, key in COMPUTED_TABLES.items():
        digest.update(f"{table}\n".encode())
        cursor = db.execute(f"SELECT * FROM main.{table} ORDER BY {key}")
        while rows := cursor.fetchmany(CHUNK):
            digest.update("".join(map(repr, rows)).encode("utf-8", errors="replace"))
    return digest.hexdigest()


def save_receipt(db: Database, receipt_id: str, receipt: str) -> None:
    """Keep a receipt (JSON) that was given out; one that is known stays as it is."""
    _insert(db, "receipts", {"receipt_id": receipt_id, "receipt": receipt}, verb="INSERT OR IGNORE")


def load_receipt(db: Database, receipt_id: str) -> str | None:
    """A kept receipt as JSON; None where there is none of this id."""
    row = db.execute("SELECT receipt FROM receipts WHERE receipt_id = ?", (receipt_id,)).fetchone()
    return str(row[0]) if row else None


# --- runs, quarantine, actors ------------------------------------------------------------------


def begin_run(db: Database, *, command: str, coder: str, coder_version: str, at_utc: str) -> int:
    """A new run's id. Call it when there is something to write: a run that changes nothing leaves no row."""
    cursor = db.execute(
        "INSERT INTO runs (started_at_utc, command, coder, coder_version) VALUES (?, ?, ?, ?)", (at_utc, command, coder, coder_version)
    )
    return int(cursor.lastrowid or 0)


def finish_run(db: Database, run_id: int, *, counts: dict[str, int], at_utc: str) -> None:
    """Close a run with its counts."""
    db.execute("UPDATE runs SET finished_at_utc = ?, counts = ? WHERE run_id = ?", (at_utc, _dump(counts), run_id))


def quarantine_id(*, item: str, step: str, reason: str, content: bytes | None, size: int) -> str:
    """The id of a refusal: the same bytes refused at the same step for the same reason are one."""
    digest = hashlib.blake2b(content if content is not None else f"{item}\0{size}".encode(), digest_size=10)
    digest.update(f"\0{item}\0{step}\0{reason}".encode())
    return "q" + digest.hexdigest()


def quarantine_known(db: Database, item_id: str) -> bool:
    """Whether a refusal is kept already."""
    return db.execute("SELECT 1 FROM quarantine WHERE item_id = ?", (item_id,)).fetchone() is not None


def run_unfinished(db: Database, command: str) -> bool:
    """Whether runs of this command were begun and none of them came to its end."""
    begun, finished = db.execute("SELECT COUNT(*), COUNT(finished_at_utc) FROM runs WHERE command = ?", (command,)).fetchone()
    return bool(begun and not finished)


def save_quarantine(db: Database, *, item: str, step: str, reason: str, content: bytes | None, size: int, run_id: int | None) -> bool:
    """Keep a refused item with step and reason; False where the same refusal is kept already, so that a second run changes nothing."""
    item_id = quarantine_id(item=item, step=step, reason=reason, content=content, size=size)
    row: dict[str, Any] = {
        "item_id": item_id,
        "item": item,
        "step": step,
        "reason": reason,
        "bytes": content,
        "size": size,
        "run_id": run_id,
    }
    return bool(_insert(db, "quarantine", row, verb="INSERT OR IGNORE"))


def load_quarantine(db: Database, item_id: str) -> tuple[str, bytes | None, int]:
    """(item, the bytes kept, size in bytes) of a refused item. NotFoundError where there is none of this id."""
    row = db.execute("SELECT item, bytes, size FROM quarantine WHERE item_id = ?", (item_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no item {item_id} in quarantine")
    return str(row[0]), row[1], int(row[2])


def drop_quarantine(db: Database, item_id: str) -> bool:
    """Take an item out of quarantine for good; whether it was there."""
    return bool(db.execute("DELETE FROM quarantine WHERE item_id = ?", (item_id,)).rowcount)


def save_actors(db: Database, actors: Iterable[dict[str, Any]], tree: Iterable[tuple[str, str, int]]) -> bool:
    """Bring the actor list and its tree of parents into the store; False where it stands as it is."""
    rows = [tuple(a[k] if k != "aliases" else _dump(a[k]) for k in ACTOR_COLUMNS) for a in actors]
    edges = sorted(tree)
    have = [tuple(r) for r in db.execute(f"SELECT {','.join(ACTOR_COLUMNS)} FROM actors ORDER BY actor_id")]
    have_edges = [tuple(r) for r in db.execute("SELECT ancestor, descendant, distance FROM actor_tree ORDER BY 1, 2, 3")]
    if have == sorted(rows) and have_edges == edges:
        return False
    db.execute("DELETE FROM actor_tree")
    db.execute("DELETE FROM actors")
    db.conn.executemany(f"INSERT INTO actors ({','.join(ACTOR_COLUMNS)}) VALUES ({_marks(ACTOR_COLUMNS)})", rows)
    db.conn.executemany("INSERT INTO actor_tree VALUES (?, ?, ?)", edges)
    return True


ACTOR_COLUMNS = ("actor_id", "name", "aliases", "kind", "country", "inter", "active_from", "active_to")

# --- live sources ----------------------------------------------------------------------------------


def sync_live_sources(db: Database, sources: Iterable[tuple[str, str, str]]) -> None:
    """Bring (name, kind, place) of what is followed into the store; what is no longer listed leaves it, with what was seen of it."""
    wanted = {name: (kind, place) for name, kind, place in sources}
    have = {name: (kind, place) for name, kind, place in db.execute("SELECT name, kind, place FROM live_sources")}
    for name in have:
        if wanted.get(name) != have[name]:
            db.execute("DELETE FROM live_sources WHERE name = ?", (name,))
            db.execute("DELETE FROM live_seen WHERE source = ?", (name,))
    for name, (kind, place) in wanted.items():
        _insert(db, "live_sources", {"name": name, "kind": kind, "place": place}, verb="INSERT OR IGNORE")


def live_sources(db: Database) -> list[dict[str, Any]]:
    """What is followed live, with its freshness and failures, by name."""
    return list(_rows(db, "SELECT * FROM live_sources ORDER BY name"))


def save_live_source(db: Database, name: str, values: dict[str, Any]) -> None:
    """Note what came of looking at a source."""
    sets = ",".join(f'"{column}" = ?' for column in values)
    db.execute(f"UPDATE live_sources SET {sets} WHERE name = ?", (*values.values(), name))


def live_mark(db: Database, source: str, item: str) -> str | None:
    """What an item of a source was like when it was taken last; None where it never was."""
    row = db.execute("SELECT mark FROM live_seen WHERE source = ? AND item = ?", (source, item)).fetchone()
    return str(row[0]) if row else None


def save_live_mark(db: Database, source: str, item: str, mark: str, *, at_utc: str) -> None:
    """Note that an item of a source is taken as it is now."""
    _insert(db, "live_seen", {"source": source, "item": item, "mark": mark, "at_utc": at_utc}, verb="INSERT OR REPLACE")


# --- saved views, and alerts on them ----------------------------------------------------------------


def saved_views(db: Database) -> list[dict[str, Any]]:
    """The saved views by name: view_id, name, params (JSON of URL parameters), at_utc, changed_at_utc, by."""
    return list(_rows(db, 'SELECT view_id, name, params, at_utc, changed_at_utc, "by" FROM views ORDER BY name, view_id'))


def save_view(db: Database, row: dict[str, Any]) -> None:
    """Store a saved view, in place of what stood under its id."""
    sets = ",".join(f'"{name}" = excluded."{name}"' for name in row if name != "view_id")
    names = ",".join(f'"{name}"' for name in row)
    db.execute(f"INSERT INTO views ({names}) VALUES ({_marks(list(row))}) ON CONFLICT(view_id) DO UPDATE SET {sets}", tuple(row.values()))


def delete_view(db: Database, view_id: str) -> bool:
    """Remove a saved view with the record of what alerts told of it; whether it was there."""
    return bool(db.execute("DELETE FROM views WHERE view_id = ?", (view_id,)).rowcount)


Condition = tuple[str, Sequence[Any]]  # SQL over `incidents i`, and its parameters


def alert_target(db: Database, view_id: str, channel: str, address: str) -> tuple[int, str] | None:
    """The id of whom alerts of a view are sent to, and the parameters the view had then; None where none was ever sent."""
    sql = "SELECT target_id, params FROM alert_targets WHERE view_id = ? AND channel = ? AND address = ?"
    row = db.execute(sql, (view_id, channel, address)).fetchone()
    return (int(row[0]), str(row[1])) if row else None


def begin_alerts(db: Database, view_id: str, channel: str, address: str, *, params: str, known: Condition, until: str) -> int:
    """Begin alerts of a view, or begin them anew after it was changed: what was stored until a moment counts as told."""
    db.execute(
        "INSERT INTO alert_targets (view_id, channel, address, params) VALUES (?, ?, ?, ?)"
        " ON CONFLICT(view_id, channel, address) DO UPDATE SET params = excluded.params",
        (view_id, channel, address, params),
    )
    target = alert_target(db, view_id, channel, address)
    assert target is not None
    condition, values = known
    db.execute(
        "INSERT OR IGNORE INTO alert_told SELECT ?, i.incident_id, NULL FROM incidents i JOIN incident_stored s USING (incident_id)"
        f" WHERE s.first_stored_at_utc <= ? AND {condition}",
        (target[0], until, *values),
    )
    return target[0]


def untold_incidents(db: Database, target_id: int | None, among: Condition, *, after: str = "") -> list[str]:
    """The incidents that a target was not told of, as they came into the store after a moment; one merged with a told one is told."""
    condition, values = among
    sql = (
        "SELECT i.incident_id FROM incidents i JOIN incident_stored s USING (incident_id)"
        f" WHERE s.first_stored_at_utc > ? AND {condition}"
        " AND NOT EXISTS (SELECT 1 FROM alert_told t WHERE t.target_id = ? AND t.incident_id = i.incident_id)"
        " AND NOT EXISTS (SELECT 1 FROM incidents m JOIN alert_told t ON t.target_id = ? AND t.incident_id = m.incident_id"
        " WHERE m.merged_into = i.incident_id)"
        " ORDER BY s.first_stored_at_utc, i.incident_id"
    )
    return [i for (i,) in db.execute(sql, (after, *values, target_id, target_id))]


def save_delivery(db: Database, delivery_id: str, target_id: int, incident_ids: Sequence[str], *, at_utc: str) -> None:
    """Note that a target is to be told of these incidents; it is, until `end_delivery` says that it was."""
    _insert(db, "alert_deliveries", {"delivery_id": delivery_id, "target_id": target_id, "at_utc": at_utc})
    told = [(target_id, incident_id, delivery_id) for incident_id in incident_ids]
    db.conn.executemany("INSERT INTO alert_told VALUES (?, ?, ?)", told)


def open_deliveries(db: Database, target_id: int) -> list[tuple[str, list[str]]]:
    """What a target is still to be told: (delivery_id, incident ids), the oldest first."""
    open_ones = "SELECT delivery_id FROM alert_deliveries WHERE target_id = ? AND delivered_at_utc IS NULL ORDER BY at_utc, delivery_id"
    told = (
        "SELECT t.incident_id FROM alert_told t LEFT JOIN incident_stored s USING (incident_id) WHERE t.delivery_id = ?"
        " ORDER BY s.first_stored_at_utc, t.incident_id"
    )
    return [(d, [i for (i,) in db.execute(told, (d,))]) for (d,) in list(db.execute(open_ones, (target_id,)))]


def claim_delivery(db: Database, delivery_id: str, *, at_utc: str, stale_utc: str) -> bool:
    """Take a delivery in hand; False where it was made, or another process has had it in hand since after `stale_utc`."""
    sql = (
        "UPDATE alert_deliveries SET claimed_at_utc = ?, attempts = attempts + 1"
        " WHERE delivery_id = ? AND delivered_at_utc IS NULL AND (claimed_at_utc IS NULL OR claimed_at_utc < ?)"
    )
    return bool(db.execute(sql, (at_utc, delivery_id, stale_utc)).rowcount)


def end_delivery(db: Database, delivery_id: str, *, delivered_at_utc: str | None, error: str = "") -> None:
    """Note that a delivery was made, or (None) that it failed and why."""
    sql = "UPDATE alert_deliveries SET claimed_at_utc = NULL, delivered_at_utc = ?, error = ? WHERE delivery_id = ?"
    db.execute(sql, (delivered_at_utc, error, delivery_id))


def stored_moments(db: Database, incident_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """When each incident came into the store, and when something of it last did: a report, or a decision on it."""
    sql = """
        SELECT s.incident_id, s.first_stored_at_utc, MAX(s.first_stored_at_utc,
            COALESCE((SELECT MAX(u.started_at_utc) FROM incident_reports ir JOIN reports r USING (report_id)
                JOIN articles a USING (article_id) JOIN runs u ON u.run_id = a.run_id WHERE ir.incident_id = s.incident_id), ''),
            COALESCE((SELECT MAX(d.at_utc) FROM decisions d WHERE d.target = s.incident_id), ''))
        FROM incident_stored s WHERE s.incident_id IN ({marks})"""
    return {i: (first, last) for i, first, last in select_in(db, sql, incident_ids)}


# --- for the command line --------------------------------------------------------------------------


def undated_articles(db: Database) -> list[tuple[str, str, str]]:
    """(article_id, source, headline) of the articles that no one has dated, by id."""
    sql = (
        "SELECT article_id, source, headline FROM published_articles "
        "WHERE effective_published_at_utc IS NULL AND is_current ORDER BY article_id"
    )
    return [tuple(row) for row in db.execute(sql)]


def quarantined(db: Database) -> list[tuple[str, str, str, str, int]]:
    """(item_id, item, step, reason, size in bytes) of what was refused, in the order it came."""
    return [tuple(row) for row in db.execute("SELECT item_id, item, step, reason, size FROM quarantine ORDER BY rowid")]


def describe(db: Database) -> dict[str, str]:
    """What the store holds, in words: counts, schema, the coder of its reports, its last run."""

    def count(what: str) -> str:
        return str(db.execute(f"SELECT COUNT(*) FROM {what}").fetchone()[0])

    coders = codings_by_coder(db)
    last = db.execute("SELECT command, started_at_utc, finished_at_utc FROM runs ORDER BY run_id DESC LIMIT 1").fetchone()
    schema = db.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid DESC LIMIT 1").fetchone()
    return {
        "articles": count("articles"),
        "undated articles": count("published_articles WHERE effective_published_at_utc IS NULL AND is_current"),
        "reports": count("reports"),
        "incidents": count("incidents WHERE merged_into IS NULL AND assertion = 'asserted' AND review_status <> 'rejected'"),
        "other incidents": count("incidents WHERE merged_into IS NULL AND (assertion <> 'asserted' OR review_status = 'rejected')"),
        "decisions": count("decisions"),
        "quarantined items": count("quarantine"),
        "schema": schema[0] if schema else "none",
        "coder": ", ".join(f"{name} {version} ({n} articles)" for name, version, n, _ in coders) or "none yet",
        "active coder": active_coder(db),
        "last run": f"{last[0]}, {last[1]} to {last[2] or 'not finished'}" if last else "none yet",
    }
