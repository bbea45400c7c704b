"""The demonstration texts through the whole chain, against the list of events that they tell.

The shares asserted are floors under what was measured; README says what they are and what is missed.
"""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from pipeline.store import open_store_readonly

EVENTS = Path(__file__).parents[1] / "gold" / "demonstration.csv"


@pytest.fixture
def incidents(demo_store: Path) -> list[dict[str, Any]]:
    db = open_store_readonly(demo_store)
    cursor = db.execute("SELECT * FROM incidents WHERE merged_into IS NULL AND assertion = 'asserted'")
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _same_event(event: dict[str, str], incident: dict[str, Any]) -> bool:
    """Country and type agree, and the days are at most one apart (night events fall on either)."""
    if (incident["country"] or "") != event["country"] or incident["sub_event_type"] not in event["type"].split("|"):
        return False
    if not (event["date"] and incident["date_start"]):
        return not event["date"] and not incident["date_start"]
    return abs(dt.date.fromisoformat(event["date"]) - dt.date.fromisoformat(incident["date_start"])) <= dt.timedelta(days=1)


def test_most_events_of_the_demonstration_are_found(incidents: list[dict[str, Any]]) -> None:
    with EVENTS.open(encoding="utf-8", newline="") as file:
        events = list(csv.DictReader(file))
    assert len(events) >= 80
    found = [e for e in events if any(_same_event(e, i) for i in incidents)]
    assert len(found) / len(events) >= 0.65


def test_no_incident_of_the_demonstration_is_far_from_its_region(incidents: list[dict[str, Any]]) -> None:
    """Iraq, Syria, Jordan, Yemen and the seas around lie within these degrees; so do the neighbours that are named."""
    strays = [i for i in incidents if i["latitude"] is not None and not (5 <= i["latitude"] <= 45 and 25 <= i["longitude"] <= 65)]
    assert len(strays) <= 0.05 * len(incidents), [(i["place_name"], i["country"]) for i in strays]


def test_undated_texts_stand_in_the_undated_list(demo_store: Path) -> None:
    db = open_store_readonly(demo_store)
    undated = db.execute("SELECT COUNT(*) FROM articles WHERE published_at_utc IS NULL").fetchone()[0]
    assert undated == 2


def test_republished_copy_is_one_origin(demo_store: Path) -> None:
    db = open_store_readonly(demo_store)
    articles, origins = db.execute("SELECT COUNT(*), COUNT(DISTINCT origin_id) FROM articles").fetchone()
    assert origins < articles
    copies = db.execute("SELECT COUNT(*) FROM articles GROUP BY origin_id HAVING COUNT(*) > 1").fetchall()
    assert len(copies) >= 4
