"""Running one page without a browser, reading what it shows, and small stores for it to show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from pipeline import store
from pipeline.incidents import update_incidents
from pipeline.models import Evidence, Part
from pipeline.settings import ROOT
from tests.reports import make_article, make_report, save_all

TEXT = "Strike near Kirkuk\n\nA strike killed {n} militants near Kirkuk on Sunday, a police source said."


def run_page(name: str, **params: str | list[str]) -> AppTest:
    """The page of views/ of this name, run once with these parameters in its address."""
    at = AppTest.from_file(str(ROOT / "dashboard" / "views" / f"{name}.py"), default_timeout=60)
    for key, value in params.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def page_text(at: AppTest) -> str:
    """All words a page shows outside its component, as it was given them."""
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.code, at.warning, at.error)
    words = [str(element.value) for elements in kinds for element in elements]
    return "\n".join([*words, *(str(element.proto.body) for element in at.html)])


def reader_of(at: AppTest) -> str:
    """The HTML that the reader of a page is given."""
    found = at.get("bidi_component")
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0].proto.json)
    return str(data["html"])


def broken_store(path: Path) -> Path:
    """A file where a store should be, that is none."""
    path.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    return path


def article_and_report(name: str, toll: int | None, *, published: str | None = "2023-12-03", **fields: Any) -> tuple[Any, Any]:
    """An article that gives a toll, and its report with the words behind it."""
    text = fields.pop("text", TEXT.format(n=toll))
    words = {
        "sub_event_type": "strike", "deaths_best": str(toll), "place_name": "near Kirkuk", "date_start": "Sunday", "attributions": "police",
    }  # fmt: skip
    evidence = tuple(Evidence(f, text.rfind(w), text.rfind(w) + len(w), w) for f, w in words.items() if w in text)
    headline = text.split("\n")[0]
    article = make_article(name, published, text=text, headline=headline, parts=(Part("headline", 0, len(headline)),))
    report = make_report(name, deaths=toll, evidence=evidence, attributions=(("a police source", "police"),), **fields)
    return article, report


def save_pairs(path: Path, *pairs: tuple[Any, Any], origins: dict[str, str] | None = None) -> str:
    """Store these by the real path; the id of the incident of the first."""
    db = store.open_store(path)
    save_all(db, [a for a, _ in pairs], [r for _, r in pairs], origins=origins)
    with store.writing(db):
        update_incidents(db, [a.article_id for a, _ in pairs])
    found = db.execute("SELECT incident_id FROM incident_reports WHERE report_id = ?", (pairs[0][1].report_id,)).fetchone()[0]
    db.close()
    return str(found)
