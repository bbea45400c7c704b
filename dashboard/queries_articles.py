"""Read-only queries behind the pages that read: one article, the article search, the review lists.

Each opens the store `mode=ro` for its own query. Single articles come as records, since
their evidence is shown to the character; lists come as DataFrames.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.evidence import escape_text
from pipeline.errors import StoreBrokenError
from pipeline.filters import fts_query
from pipeline.models import Article, Report
from pipeline.store import ACTIVE_CODER, load_articles, load_reports, open_store_readonly

# Rows a list shows at once; the count above it says how many there are.
PAGE_ROWS = 200
# Below this an incident waits for a look: 0..1, the coder's own estimate for the report as a whole.
LOW_CONFIDENCE = 0.5

# FTS5 puts these around a found word. Control characters, so that no text can write them as markup.
HIT_START, HIT_END = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article's story comes from: the origin it belongs to, the agency, and how that was told."""

    origin_id: str
    agency: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article with everything its page shows."""

    article: Article
    outcome: str | None
    reason: str
    coded_by: str  # coder and version, empty where none has read it
    reports: tuple[Report, ...]
    incident_ids: dict[str, str]  # by report id
    origin: Origin | None
    copies: pd.DataFrame  # the other articles of its origin
    revisions: tuple[tuple[str, int], ...]  # (article id, revision) of the story's other versions


def _open(path: str | Path) -> Any:
    return closing(open_store_readonly(path).conn)


def _frame(path: str | Path, sql: str, params: Sequence[Any] = ()) -> pd.DataFrame:
    with _open(path) as conn:
        try:
            cursor = conn.execute(sql, tuple(params))
            rows = cursor.fetchall()
        except sqlite3.DatabaseError as e:
            raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    return pd.DataFrame(rows, columns=[name for name, *_ in cursor.description])


def origins_of(db: Any, article_ids: Sequence[str]) -> dict[str, Origin]:
    """Where the story of each article comes from, by article id."""
    marks = ",".join("?" * len(article_ids))
    rows = db.execute(
        f"""SELECT a.article_id, COALESCE(a.origin_id, a.article_id), COALESCE(o.agency, a.agency), a.origin_basis
            FROM articles a LEFT JOIN origins o ON o.origin_id = a.origin_id WHERE a.article_id IN ({marks})""",
        tuple(article_ids),
    )
    return {article_id: Origin(origin_id, agency or "", basis or "") for article_id, origin_id, agency, basis in rows}


# --- articles ----------------------------------------------------------------------------------

ARTICLE_OUTCOME = f"LEFT JOIN codings c ON c.article_id = a.article_id AND c.coder = {ACTIVE_CODER}"
# The reports `r` of an article `a` that count: those of the active coder.
OF_ARTICLE = f"r.article_id = a.article_id AND r.coder = {ACTIVE_CODER}"


def load_article(path: str | Path, article_id: str) -> ArticleView | None:
    """An article by its id, with what was coded from it; None where there is none."""
    db = open_store_readonly(path)
    try:
        article = next(iter(load_articles(db, [article_id])), None)
        if article is None:
            return None
        coding = db.execute(
            f"SELECT c.outcome, c.reason, c.coder || ' ' || c.coder_version FROM articles a {ARTICLE_OUTCOME} WHERE a.article_id = ?",
            (article_id,),
        ).fetchone()
        reports = sorted(load_reports(db, f"r.article_id = ? AND r.coder = {ACTIVE_CODER}", (article_id,)), key=_first_evidence)
        origin = origins_of(db, [article_id]).get(article_id)
        incident_ids = dict(
            db.execute(
                """SELECT ir.report_id, ir.incident_id FROM incident_reports ir JOIN reports r ON r.report_id = ir.report_id
                   WHERE r.article_id = ?""",
                (article_id,),
            ).fetchall()
        )
        revisions = db.execute(
            "SELECT article_id, revision FROM articles WHERE story_id = ? AND article_id <> ? ORDER BY revision",
            (article.story_id, article_id),
        ).fetchall()
    except sqlite3.DatabaseError as e:
        raise StoreBrokenError(f"{path} cannot be read: {e}") from e
    finally:
        db.close()
    return ArticleView(
        article=article, outcome=coding[0] if coding else None, reason=(coding[1] if coding else "") or "",
        coded_by=(coding[2] if coding else "") or "", reports=tuple(reports),
        incident_ids=incident_ids, origin=origin, copies=_copies(path, article_id), revisions=tuple(revisions),
    )  # fmt: skip


def _first_evidence(report: Report) -> tuple[bool, int, str]:
    return report.assertion != "asserted", min((e.start for e in report.evidence), default=0), report.report_id


def _copies(path: str | Path, article_id: str) -> pd.DataFrame:
    return _frame(
        path,
        """SELECT b.article_id, b.source, b.headline, b.effective_published_at_utc AS published_at_utc, b.origin_basis
           FROM articles a JOIN published_articles b ON b.origin_id = a.origin_id AND b.article_id <> a.article_id
           WHERE a.article_id = ? ORDER BY b.effective_published_at_utc, b.source LIMIT 100""",
        (article_id,),
    )


def article_outlets(path: str | Path) -> pd.DataFrame:
    """Outlets with their number of articles, most first."""
    return _frame(path, "SELECT source, COUNT(*) AS articles FROM articles GROUP BY source ORDER BY 2 DESC, 1")


def article_outcomes(path: str | Path) -> pd.DataFrame:
    """What became of the articles: outcome and how many have it; articles no coder has read have none."""
    return _frame(
        path,
        f"SELECT COALESCE(c.outcome, '') AS outcome, COUNT(*) AS articles FROM articles a {ARTICLE_OUTCOME} GROUP BY 1 ORDER BY 2 DESC, 1",
    )


AGENCY = "COALESCE((SELECT NULLIF(o.agency, '') FROM origins o WHERE o.origin_id = a.origin_id), a.agency)"


def article_agencies(path: str | Path) -> pd.DataFrame:
    """Agencies that the articles come from, by credit or as copies of one another, with their number of articles; '' for none."""
    return _frame(path, f"SELECT {AGENCY} AS agency, COUNT(*) AS articles FROM articles a GROUP BY 1 ORDER BY 2 DESC, 1")


def article_languages(path: str | Path) -> pd.DataFrame:
    """Languages with their number of articles, most first."""
    return _frame(path, "SELECT language, COUNT(*) AS articles FROM articles GROUP BY language ORDER BY 2 DESC, 1")


FOUND_COLUMNS = ("article_id", "published_at_utc", "source", "headline", "outcome", "reason", "reports", "asserted", "snippet")


def search_articles(
    path: str | Path,
    words: str = "",
    *,
    outlets: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    agencies: Sequence[str] = (),
    languages: Sequence[str] = (),
    origin: str = "",
    day_from: str | None = None,
    day_to: str | None = None,
    undated: bool = False,
    limit: int = PAGE_ROWS,
) -> tuple[pd.DataFrame, int]:
    """The articles that match, and how many there are: best match first with words, else latest first.

    `origin` is an origin's id: only the articles that carry that one story. `snippet` is escaped HTML with the found words in
    `<mark>`; empty without words. Words that hold nothing to search for, such as "!!", find nothing.
    """
    terms, params = ["a.is_current"], list[Any]()
    query = fts_query(words)
    if words.strip():
        terms.append("articles_fts MATCH ?" if query else "0")
        params += [query] if query else []
    limited = (("a.source", outlets), ("COALESCE(c.outcome, '')", outcomes), (AGENCY, agencies), ("a.language", languages))
    for column, values in (*limited, ("a.origin_id", (origin,) if origin else ())):
        if values:
            terms.append(f"{column} IN ({','.join('?' * len(values))})")
            params += values
    if undated:
        terms.append("a.effective_published_at_utc IS NULL")
    if day_from:
        terms.append("a.effective_published_at_utc >= ?")
        params.append(day_from)
    if day_to:
        terms.append("substr(a.effective_published_at_utc, 1, 10) <= ?")
        params.append(day_to)
    table = f"published_articles a {ARTICLE_OUTCOME}"
    if query:  # by way of the table, since a view has no rowid of its own
        hits = "articles_fts JOIN articles b ON b.rowid = articles_fts.rowid"
        table = f"{hits} JOIN published_articles a ON a.article_id = b.article_id {ARTICLE_OUTCOME}"
    snippet = "snippet(articles_fts, 1, char(2), char(3), ' … ', 28)" if query else "''"
    order = "articles_fts.rank, a.article_id" if query else "a.effective_published_at_utc DESC NULLS LAST, a.article_id"
    condition = " AND ".join(terms)
    try:
        rows = _frame(
            path,
            f"""SELECT a.article_id, a.effective_published_at_utc AS published_at_utc, a.source, a.headline,
                       COALESCE(c.outcome, '') AS outcome, COALESCE(c.reason, '') AS reason,
                       (SELECT COUNT(*) FROM reports r WHERE {OF_ARTICLE}) AS reports,
                       (SELECT COUNT(*) FROM reports r WHERE {OF_ARTICLE} AND r.assertion = 'asserted') AS asserted,
                       {snippet} AS snippet
                FROM {table} WHERE {condition} ORDER BY {order} LIMIT ?""",
            [*params, limit],
        )
        count = int(_frame(path, f"SELECT COUNT(*) AS n FROM {table} WHERE {condition}", params)["n"].iloc[0])
    except StoreBrokenError as e:
        # A query that FTS5 cannot read is somebody's typing, not a broken store.
        if "fts5" not in str(e) and "syntax" not in str(e):
            raise
        return pd.DataFrame(columns=list(FOUND_COLUMNS)), 0
    rows["snippet"] = [snippet_html(text) for text in rows["snippet"]]
    return rows, count


def snippet_html(snippet: str) -> str:
    """A snippet with its hits in `<mark>`, all else escaped; a stray hit character in the text marks nothing."""
    pieces = re.split(f"{HIT_START}([^{HIT_START}{HIT_END}]*){HIT_END}", snippet.replace("\n", " "))
    clean = [escape_text(re.sub(f"[{HIT_START}{HIT_END}]", "", piece)) for piece in pieces]
    return "".join(f"<mark>{piece}</mark>" if n % 2 else piece for n, piece in enumerate(clean))


# --- review ------------------------------------------------------------------------------------

REVIEW_COLUMNS = """i.incident_id, i.date_start, i.date_end, i.date_prec, i.place_name, i.country, i.admin1, i.where_prec, i.event_type,
    i.sub_event_type, i.modes, i.side_a, i.side_b, i.deaths_best, i.deaths_low, i.deaths_high, i.count_vague, i.assertion,
    i.confidence, i.number_of_reports, i.number_of_sources, i.review_status"""
OPEN = "i.merged_into IS NULL AND i.review_status <> 'rejected'"
CONFLICTING = """i.incident_id IN (SELECT c.incident_id FROM candidates c WHERE c.field = 'deaths_best' AND c.value <> 'null'
    GROUP BY c.incident_id HAVING COUNT(DISTINCT c.value) > 1)"""
# A person who edited an incident has settled its doubts, but not its missing day or place; one who confirmed it as it stands, these too.
UNSEEN = "i.review_status = 'machine'"
NOT_CONFIRMED = "i.review_status <> 'confirmed'"
REVIEW_LISTS: dict[str, str] = {
    "undated": f"{OPEN} AND {NOT_CONFIRMED} AND i.date_start IS NULL",
    "unlocated": f"{OPEN} AND {NOT_CONFIRMED} AND i.assertion = 'asserted' AND i.latitude IS NULL AND COALESCE(i.where_prec, 0) <> 6",
    "tolls": f"{OPEN} AND i.assertion = 'asserted' AND {UNSEEN} AND {CONFLICTING}",
    "confidence": f"{OPEN} AND i.assertion = 'asserted' AND {UNSEEN} AND i.confidence < {LOW_CONFIDENCE}",
}
# Only the current version of a story needs a date.
UNDATED_ARTICLES = "a.effective_published_at_utc IS NULL AND a.is_current"


def review_counts(path: str | Path) -> dict[str, int]:
    """How many wait in each list of the review page."""
    columns = [f"(SELECT COUNT(*) FROM incidents i WHERE {condition}) AS {name}" for name, condition in REVIEW_LISTS.items()]
    columns.append(f"(SELECT COUNT(*) FROM published_articles a WHERE {UNDATED_ARTICLES}) AS articles")
    columns.append(f"(SELECT COUNT(*) FROM ({DUPLICATES})) AS duplicates")
    return {name: int(value) for name, value in _frame(path, f"SELECT {', '.join(columns)}").iloc[0].items()}


def review_list(path: str | Path, name: str, limit: int = PAGE_ROWS) -> pd.DataFrame:
    """The incidents of one of REVIEW_LISTS, the most reported and latest first."""
    return _frame(
        path,
        f"""SELECT {REVIEW_COLUMNS} FROM incidents i WHERE {REVIEW_LISTS[name]}
            ORDER BY i.assertion <> 'asserted', i.number_of_sources DESC, i.last_reported DESC, i.incident_id LIMIT ?""",
        (limit,),
    )


def undated_articles(path: str | Path, limit: int = PAGE_ROWS) -> pd.DataFrame:
    """Articles without a publication date, those with most reports first."""
    return _frame(
        path,
        f"""SELECT a.article_id, a.source, a.headline, a.file_name,
                   (SELECT COUNT(*) FROM reports r WHERE {OF_ARTICLE}) AS reports
            FROM published_articles a WHERE {UNDATED_ARTICLES} ORDER BY reports DESC, a.headline, a.article_id LIMIT ?""",
        (limit,),
    )


DUPLICATES = f"""SELECT MIN(i.incident_id, o.incident_id) AS one, MAX(i.incident_id, o.incident_id) AS other,
    MAX(s.score) AS score, s.why AS why, MIN(s.report_id) AS report_id
    FROM suggestions s JOIN incident_reports ir ON ir.report_id = s.report_id
    JOIN incidents i ON i.incident_id = ir.incident_id JOIN incidents o ON o.incident_id = s.incident_id
    WHERE i.incident_id <> o.incident_id AND {OPEN} AND o.merged_into IS NULL AND o.review_status <> 'rejected' GROUP BY 1, 2"""


def duplicate_list(path: str | Path, limit: int = PAGE_ROWS) -> pd.DataFrame:
    """Pairs of incidents that may be one event: ids, the points of linking.compare_reports and why, the likeliest first."""
    return _frame(path, f"{DUPLICATES} ORDER BY score DESC, one, other LIMIT ?", (limit,))


def incident_rows(path: str | Path, incident_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows that `incident_title` reads, by incident id."""
    if not incident_ids:
        return {}
    rows = _frame(
        path, f"SELECT {REVIEW_COLUMNS} FROM incidents i WHERE i.incident_id IN ({','.join('?' * len(incident_ids))})", list(incident_ids)
    )
    return {row["incident_id"]: row for row in rows.to_dict("records")}


# --- which coder --------------------------------------------------------------------------------


def coders(path: str | Path) -> list[tuple[str, str, int]]:
    """Who coded the articles whose reports make the incidents: coder, version, how many articles; the most articles first."""
    sql = f"SELECT coder, coder_version, COUNT(*) AS n FROM codings WHERE coder = {ACTIVE_CODER} GROUP BY 1, 2 ORDER BY n DESC, 1, 2"
    rows = _frame(path, sql)
    return [(str(r["coder"]), str(r["coder_version"]), int(r["n"])) for r in rows.to_dict("records")]
