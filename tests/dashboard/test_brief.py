"""The brief: one page of HTML that says all that matters of an incident, runs nothing, fetches nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.brief import brief_html, citation, file_name, locator_svg
from dashboard.queries_incident import IncidentView, load_incident
from pipeline import decisions, store
from tests.dashboard.pages import article_and_report, save_pairs
from tests.dashboard.test_evidence import HOSTILE, Reader
from tests.dashboard.test_incident import read_loosely
from tests.reports import make_article

MADE = "2024-01-02T03:04:00Z"


def view_of(path: Path, incident_id: str) -> IncidentView:
    view = load_incident(path, incident_id)
    assert view is not None
    return view


def test_it_has_the_sentence_the_fields_the_conflict_the_sources_and_the_citation(own_store: Path, dateline: object) -> None:
    incident_id = save_pairs(own_store, article_and_report("a1", 5), article_and_report("a2", 7, published="2023-12-04"))
    db = store.open_store(own_store)
    decisions.set_field(db, incident_id, "injured_best", 3, by="Ana", reason="the hospital")
    db.close()
    view = view_of(own_store, incident_id)
    html = brief_html(view, made_at_utc=MADE)
    words = read_loosely(html).text
    assert "3 Dec 2023 · Air strike in Kirkuk, Iraq · 7 killed" in words
    assert "Outlet a1 3 Dec: 5" in words, "who says otherwise"
    assert "A strike killed 7 militants near Kirkuk on Sunday, a police source said." in words
    assert "a police source (2 origins)" in words
    assert "Ana set Injured to 3" in words
    assert "holds now" in words
    assert citation(view, MADE) in words
    assert view.mark in words
    assert file_name(view.incident) == f"dateline-{incident_id}.html"
    assert brief_html(view, made_at_utc=MADE) == html
    code, out, _ = dateline("show", incident_id, "--store", own_store)  # type: ignore[operator]
    assert code == 0
    assert f"state {view.mark}" in out


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text(own_store: Path, text: str) -> None:
    article, report = article_and_report("a1", 5, text=f"{text} killed 5 on Sunday near Kirkuk, police said", place_name=text[:200] or "x")
    values = {name: getattr(article, name) for name in ("text", "parts")}
    hostile = make_article("a1", source=text[:300], headline=text[:300], url="javascript:alert(1)", **values)
    incident_id = save_pairs(own_store, (hostile, report))
    html = brief_html(view_of(own_store, incident_id), made_at_utc=MADE)
    page: Reader = read_loosely(html)
    assert not page.tags & {"script", "img", "iframe", "link", "object", "form", "a", "base"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert "javascript:" not in re.sub(r"[^<]*", "", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(35.47, 44.39), (0.0, 0.0), (-17.8, 179.9), (71.0, -179.5), (-89.9, 0.0), (89.9, 120.0), (52.5, 13.4)]
)
@pytest.mark.parametrize("radius_km", [0, 25, 150])
def test_the_map_is_small_wherever_it_is(latitude: float, longitude: float, radius_km: float) -> None:
    svg = locator_svg(latitude, longitude, radius_km=radius_km, label="Here <b>")
    assert len(svg) < 120_000
    assert ("stroke-dasharray" in svg) == bool(radius_km), "what is not known exactly has its circle"
    assert "<b>" not in svg
    assert " km</text>" in svg
    assert "nan" not in svg
    numbers = [float(n) for path in re.findall(r' d="([^"]*)"', svg) for n in re.findall(r"-?\d+\.\d", path)]
    assert all(-10 <= n <= 310 for n in numbers)


def test_country_only_has_no_map(own_store: Path) -> None:
    only = {"place_name": None, "admin1": None, "where_prec": 6}
    incident_id = save_pairs(own_store, article_and_report("a1", 5, **only))
    html = brief_html(view_of(own_store, incident_id), made_at_utc=MADE)
    assert "<svg" not in html
    assert "Only the country is known, so no map is drawn." in html
