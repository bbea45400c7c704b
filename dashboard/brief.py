"""A page on one incident to print or to send: what is held for known, who says otherwise, where it was, on what it rests.

Records in, one HTML document out, without a script, a style from elsewhere or a picture to fetch; all text of the
articles is escaped.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

from dashboard.editing import decision_words
from dashboard.evidence import GROUPS, escape_text
from dashboard.maps import UNCERTAINTY_M, WORLD
from dashboard.queries_incident import IncidentView
from dashboard.reader import SAYS_NOTHING, Row, incident_rows, published_words, report_labels
from dashboard.tolls import last_best, step_words
from dashboard.wording import (
    NOT_COUNTED_WORDS,
    STATUS_WORDS,
    WHERE_PREC_WORDS,
    format_place,
    format_time,
    incident_title,
    plural,
)
from pipeline.exports import key_sentence
from pipeline.models import Incident, as_plain

# A page holds so many sources with their sentences; what more there are is said by number.
SOURCES_SHOWN = 8
STEPS_SHOWN = 6
DECISIONS_SHOWN = 5
SENTENCE_CHARACTERS = 320

MAP_WIDTH, MAP_HEIGHT = 300, 190
# Across the map, in kilometres: at least this much, so that a coast or a border tells where one is.
MAP_KM = 900.0
KM_PER_DEGREE = 111.2
Ring = Sequence[Sequence[float]]

CSS = """
@page { size: A4; margin: 14mm 15mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.42 "Source Sans 3", "Source Sans Pro", system-ui, sans-serif; color: #1d1c1a; background: #fff; margin: 0 auto;
  max-width: 186mm; padding: 8mm; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
@media print { body { padding: 0; max-width: none; } a { color: inherit; text-decoration: none; } }
h1 { font: 600 17pt/1.2 "Source Serif 4", "Source Serif Pro", Georgia, serif; margin: 0 0 1mm; }
h2 { font-size: 9pt; font-weight: 600; color: #5f5b53; border-bottom: 0.3mm solid #d9d5cb; margin: 4mm 0 1mm; }
p { margin: 0 0 1mm; }
.quiet, small { color: #5f5b53; font-size: 9pt; }
.kind { border-left: 1mm solid #1d1c1a; padding-left: 3mm; margin: 2mm 0; }
.two { display: grid; grid-template-columns: minmax(0, 1fr) 300px; gap: 0 7mm; }
@media (max-width: 640px) { .two { grid-template-columns: minmax(0, 1fr); } }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: baseline; padding: 0.6mm 3mm 0.6mm 0; border-bottom: 0.2mm solid #e4e0d7; font-weight: 400; }
th { width: 21mm; color: #5f5b53; white-space: nowrap; }
td b { font-weight: 600; }
ol { margin: 0; padding-left: 5mm; }
li { margin-bottom: 1.2mm; break-inside: avoid; }
svg { display: block; max-width: 100%; height: auto; }
footer { border-top: 0.3mm solid #d9d5cb; margin-top: 4mm; padding-top: 1.5mm; font-size: 8.5pt; color: #5f5b53; }
footer code { font-size: 8pt; }
"""


def brief_html(view: IncidentView, *, made_at_utc: str) -> str:
    """The brief as a whole HTML document. `made_at_utc` (ISO 8601) is the moment that it tells the state of."""
    i = view.incident
    labels = report_labels(view.reports, view.articles)
    rows = incident_rows(i, view.reports, labels)
    title = incident_title(as_plain(i))
    notes = [f'<p class="kind">{escape(NOT_COUNTED_WORDS[i.assertion])}</p>'] if i.assertion in NOT_COUNTED_WORDS else []
    if i.review_status == "rejected":
        notes.append('<p class="kind"><b>Rejected.</b> A person has rejected this incident. No tally counts it.</p>')
    origins = plural(i.number_of_sources, "origin")
    under = f"{STATUS_WORDS[i.review_status]} · {plural(i.number_of_articles, 'article')} from {origins}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        # Nothing of this page may run or fetch, whatever a browser makes of it.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"
        f"<title>{escape_text(title)}</title><style>{CSS}</style></head><body>"
        f'<h1>{escape_text(title)}</h1><p class="quiet">{escape(under)}</p>{"".join(notes)}'
        f'<div class="two"><div><h2>What is held for known</h2>{_fields(rows)}</div><div><h2>Where</h2>{_where(i)}</div></div>'
        f"{_conflict(rows)}{_tolls(view)}{_sources(view)}{_people(view)}{_foot(view, made_at_utc)}</body></html>\n"
    )


def _fields(rows: Iterable[Row]) -> str:
    cells = []
    for row in rows:
        if row.value in SAYS_NOTHING and row.group not in ("killed", "injured", "when", "where"):
            continue
        note = " · ".join(part for part in (row.note, "set by a person" if row.locked else "") if part)
        said = f"<b>{escape_text(row.value)}</b>" + (f" <small>{escape_text(note)}</small>" if note else "")
        cells.append(f"<tr><th>{escape(GROUPS[row.group].label)}</th><td>{said}</td></tr>")
    return f"<table>{''.join(cells)}</table>"


def _conflict(rows: Iterable[Row]) -> str:
    """What sources say otherwise, field by field, with the rule that chose."""
    cells = []
    for row in rows:
        others = [o for o in row.offers if not o.chosen and o.value != row.value]
        if others:
            told = "; ".join(f"{escape_text(o.source)}: {escape_text(o.value)}" for o in others)
            rule = f" <small>chosen: {escape(row.rule)}</small>" if row.rule else ""
            cells.append(f"<tr><th>{escape(GROUPS[row.group].label)}</th><td>{told}{rule}</td></tr>")
    return f"<h2>Who says otherwise</h2><table>{''.join(cells)}</table>" if cells else ""


def _tolls(view: IncidentView) -> str:
    steps = view.tolls["deaths"]
    if len(steps) < 2:
        return ""
    best = last_best(steps)
    told = [step_words(s, view.articles, last=s is best) for s in steps[-STEPS_SHOWN:]]
    lines = "".join(f"<tr><td>{escape_text(who)}</td><td>{escape_text(figure)}</td></tr>" for who, figure in told)
    more = f"<p><small>The last {STEPS_SHOWN} of {len(steps)} figures.</small></p>" if len(steps) > STEPS_SHOWN else ""
    return f"<h2>How the number of dead was reported</h2><table>{lines}</table>{more}"


def _sources(view: IncidentView) -> str:
    lines = []
    for report in view.reports[:SOURCES_SHOWN]:
        article = view.articles[report.article_id]
        sentence = key_sentence(article.text, [(e.start, e.end) for e in report.evidence])
        if len(sentence) > SENTENCE_CHARACTERS:
            sentence = sentence[: SENTENCE_CHARACTERS - 1].rstrip() + "…"
        head = f"{article.source or 'Unknown outlet'}, {published_words(article)}"
        link = f" <small>{escape_text(article.url[:200])}</small>" if article.url.startswith(("http://", "https://")) else ""
        quote = f"<br/>“{escape_text(sentence)}”" if sentence else ""
        lines.append(f"<li>{escape_text(head)}{link}{quote}</li>")
    more = f"<p><small>The first {SOURCES_SHOWN} of {len(view.reports)} reports.</small></p>" if len(view.reports) > SOURCES_SHOWN else ""
    told = ", ".join(f"{escape_text(s.source)} ({plural(s.origins, 'origin')})" for s in view.sources[:10])
    primary = f'<p class="quiet">They have it from: {told}.</p>' if told else ""
    return f"<h2>What the sources say</h2><ol>{''.join(lines)}</ol>{more}{primary}"


def _people(view: IncidentView) -> str:
    standing = [d for d in view.log if d.decision_id in view.standing][-DECISIONS_SHOWN:]
    if not standing:
        return ""
    told = "".join(
        f"<li>{escape_text(d.by)} {escape_text(decision_words(d))}, {escape(format_time(d.at_utc))}"
        f"{f': “{escape_text(d.reason)}”' if d.reason else ''}</li>"
        for d in standing
    )
    return f"<h2>What people decided</h2><ol>{told}</ol>"


def citation(view: IncidentView, made_at_utc: str) -> str:
    """How to cite the incident as it stood."""
    return f"Dateline, incident {view.incident.incident_id}, as of {format_time(made_at_utc)}, state {view.mark}."


def _foot(view: IncidentView, made_at_utc: str) -> str:
    coders = ", ".join(dict.fromkeys(f"{r.coder} {r.coder_version[:12]}".strip() for r in view.reports)) or "nobody"
    return (
        f"<footer><p>Cite as: {escape(citation(view, made_at_utc))}</p>"
        f"<p>Coded by {escape_text(coders)}. “–” is not stated, which is not none. The state is a digest of the values, rules, reports "
        f"and decisions: <code>dateline show {escape(view.incident.incident_id)}</code> prints the same while nothing has changed. "
        "Outlines: Natural Earth, public domain. Place names: GeoNames, CC BY 4.0.</p></footer>"
    )


# --- the map ---------------------------------------------------------------------------------------


def _where(i: Incident) -> str:
    place = format_place(i.place_name, i.admin1, i.country, i.where_prec)
    words = f"{place[:1].upper()}{place[1:]}"
    if i.latitude is None or i.longitude is None or i.where_prec == 6:
        why = "Only the country is known" if i.where_prec == 6 else "No place is named that could be found"
        return f"<p>{escape_text(words)}. {why}, so no map is drawn.</p>"
    radius = UNCERTAINTY_M.get(i.where_prec or 0, 0)
    within = f", somewhere within about {radius // 1000} km" if radius else ""
    told = f"{WHERE_PREC_WORDS.get(i.where_prec or 0, 'precision not stated')}{within}"
    return f"{locator_svg(i.latitude, i.longitude, radius_km=radius / 1000, label=words)}<p><small>{escape(told)}</small></p>"


@lru_cache(maxsize=1)
def _rings() -> tuple[tuple[tuple[float, float, float, float], Ring], ...]:
    """Every outline of the base map with the box it lies in: west, south, east, north."""
    found = []
    for feature in json.loads(WORLD.read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        for polygon in polygons:
            for ring in polygon:
                xs, ys = [p[0] for p in ring], [p[1] for p in ring]
                found.append(((min(xs), min(ys), max(xs), max(ys)), ring))
    return tuple(found)


def locator_svg(latitude: float, longitude: float, *, radius_km: float = 0, label: str = "") -> str:
    """A small map of a point among the countries' outlines, with the circle it may lie in, as SVG.

    Equirectangular with true scale at the point's latitude; north is up.
    """
    width_km = max(MAP_KM, radius_km * 4)
    narrow = max(0.15, math.cos(math.radians(latitude)))
    px = MAP_WIDTH / (width_km / KM_PER_DEGREE)  # pixels a degree of latitude
    wide, high = MAP_WIDTH / px / narrow / 2, MAP_HEIGHT / px / 2

    def at(lon: float, lat: float) -> tuple[float, float]:
        return MAP_WIDTH / 2 + (lon - longitude) * narrow * px, MAP_HEIGHT / 2 - (lat - latitude) * px

    paths = []
    for shift in (-360.0, 0.0, 360.0):  # across the date line the other side's land comes in
        for (west, south, east, north), ring in _rings():
            off = west + shift > longitude + wide or east + shift < longitude - wide or south > latitude + high or north < latitude - high
            if not off:
                points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _simplify(_clip([at(lon + shift, lat) for lon, lat in ring])))
                paths.append(f"M{points}Z" if points else "")
    circle = (
        f'<circle cx="{MAP_WIDTH / 2}" cy="{MAP_HEIGHT / 2}" r="{radius_km / KM_PER_DEGREE * px:.1f}" fill="#1d1c1a" fill-opacity="0.08" '
        'stroke="#1d1c1a" stroke-width="0.8" stroke-dasharray="3 2"/>'
        if radius_km
        else ""
    )
    scale_km = next(k for k in (1000, 500, 200, 100, 50) if k <= width_km / 4)
    bar = scale_km / KM_PER_DEGREE * px
    x, y = 10, MAP_HEIGHT - 10
    middle = f'cx="{MAP_WIDTH / 2}" cy="{MAP_HEIGHT / 2}"'
    size = f'width="{MAP_WIDTH}" height="{MAP_HEIGHT}"'
    return (
        f'<svg role="img" aria-label="Map: {escape(label)}" viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" {size} xmlns="http://www.w3.org/2000/svg">'
        f'<rect {size} fill="#dfe6ea"/>'
        f'<path d="{"".join(paths)}" fill="#f2efe8" stroke="#b9b3a4" stroke-width="0.7" fill-rule="evenodd"/>{circle}'
        f'<circle {middle} r="4" fill="{"none" if radius_km else "#1d1c1a"}" stroke="#1d1c1a" stroke-width="1.5"/>'
        f'<path d="M{x},{y - 3}v3h{bar:.1f}v-3" fill="none" stroke="#1d1c1a"/>'
        f'<text x="{x + bar + 4:.1f}" y="{y}" font-size="9" font-family="sans-serif" fill="#1d1c1a">{scale_km} km</text></svg>'
    )


def _clip(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The part of an outline within the map and a little around it (Sutherland and Hodgman, 1974)."""
    room = 4.0
    for axis, limit, sign in ((0, -room, 1), (0, MAP_WIDTH + room, -1), (1, -room, 1), (1, MAP_HEIGHT + room, -1)):
        kept: list[tuple[float, float]] = []
        for one, two in zip([points[-1], *points[:-1]], points, strict=True) if points else ():
            inside = [sign * (p[axis] - limit) >= 0 for p in (one, two)]
            if inside[0] != inside[1]:
                t = (limit - one[axis]) / (two[axis] - one[axis])
                kept.append((one[0] + t * (two[0] - one[0]), one[1] + t * (two[1] - one[1])))
            if inside[1]:
                kept.append(two)
        points = kept
    return points


def _simplify(points: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The points of an outline without those nearer than half a pixel to the one before."""
    before: tuple[float, float] | None = None
    for x, y in points:
        if before is None or abs(x - before[0]) + abs(y - before[1]) >= 0.5:
            before = (x, y)
            yield before


def file_name(incident: Incident) -> str:
    """'dateline-i7cd055c69a929448.html'."""
    return f"dateline-{incident.incident_id}.html"


def now_utc() -> str:
    """This minute, ISO 8601 in UTC."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:00Z")
