"""Plausible made-up stores, for tests and the bench: any number of incidents, the same from the same seed.

The countries, towns and groups are real so that maps and filters have something true to show; every
event and every figure in it is invented. Each text says in its note that it is generated.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from pipeline import store
from pipeline.models import (
    EVENT_TYPE_OF,
    Actor,
    Article,
    Attribution,
    Candidate,
    Claim,
    Coded,
    Evidence,
    Incident,
    Part,
    Report,
)

FIRST_DAY = dt.date(2023, 1, 1)
DAYS = 730
NOTE = "generated for tests; nothing in it happened"


@dataclass(frozen=True, slots=True)
class Scene:
    """One country to set events in: towns with their province and position, who fights whom."""

    country: str
    name: str
    towns: tuple[tuple[str, str, float, float], ...]
    state: Actor
    armed: tuple[Actor, ...]


def _group(name: str, inter: int, *aliases: str) -> Actor:
    return Actor(name, inter, aliases, "t-" + name.lower().replace(" ", "-"))


SCENES = (
    Scene(
        "IQ", "Iraq",
        (("Kirkuk", "Kirkuk", 35.468, 44.392), ("Baqubah", "Diyala", 33.75, 44.641), ("Erbil", "Erbil", 36.191, 44.009)),
        _group("Military of Iraq", 1, "Iraqi army"),
        (_group("Kataib Hezbollah", 3, "KH"), _group("Islamic State", 2, "IS", "ISIS", "Daesh")),
    ),
    Scene(
        "SY", "Syria",
        (("Deir ez-Zor", "Deir ez-Zor", 35.336, 40.141), ("Idlib", "Idlib", 35.931, 36.634), ("Aleppo", "Aleppo", 36.202, 37.134)),
        _group("Military of Syria", 1),
        (_group("Syrian Democratic Forces", 2, "SDF"), _group("Hayat Tahrir al-Sham", 2, "HTS"), _group("Islamic State", 2, "IS", "ISIS")),
    ),
    Scene(
        "YE", "Yemen",
        (("Hodeidah", "Al Hudaydah", 14.798, 42.954), ("Marib", "Marib", 15.462, 45.325), ("Taiz", "Taiz", 13.579, 44.021)),
        _group("Military of Yemen", 1),
        (_group("Ansar Allah", 2, "Houthis"), _group("Al-Qaeda in the Arabian Peninsula", 2, "AQAP")),
    ),
    Scene(
        "ML", "Mali",
        (("Gao", "Gao", 16.272, -0.044), ("Mopti", "Mopti", 14.485, -4.183), ("Kidal", "Kidal", 18.441, 1.408)),
        _group("Military of Mali", 1, "FAMa"),
        (_group("JNIM", 2, "GSIM"), _group("Islamic State in the Greater Sahara", 2, "ISGS")),
    ),
    Scene(
        "NG", "Nigeria",
        (("Maiduguri", "Borno", 11.846, 13.157), ("Kaduna", "Kaduna", 10.526, 7.439), ("Jos", "Plateau", 9.929, 8.892)),
        _group("Military of Nigeria", 1),
        (_group("Boko Haram", 2), _group("Islamic State West Africa Province", 2, "ISWAP"), _group("Fulani militia", 4)),
    ),
    Scene(
        "SD", "Sudan",
        (("El Fasher", "North Darfur", 13.629, 25.349), ("Omdurman", "Khartoum", 15.645, 32.478), ("Nyala", "South Darfur", 12.05, 24.88)),
        _group("Military of Sudan", 1, "SAF"),
        (_group("Rapid Support Forces", 2, "RSF"),),
    ),
    Scene(
        "UA", "Ukraine",
        (("Kharkiv", "Kharkiv", 49.981, 36.253), ("Kherson", "Kherson", 46.636, 32.617), ("Avdiivka", "Donetsk", 48.140, 37.743)),
        _group("Military of Ukraine", 1),
        (_group("Russia", 8),),
    ),
    Scene(
        "MM", "Myanmar",
        (("Lashio", "Shan", 22.935, 97.749), ("Sittwe", "Rakhine", 20.146, 92.898), ("Myawaddy", "Kayin", 16.689, 98.508)),
        _group("Military of Myanmar", 1, "Tatmadaw"),
        (_group("Arakan Army", 2), _group("People's Defence Force", 2, "PDF")),
    ),
    Scene(
        "CO", "Colombia",
        (("Cali", "Valle del Cauca", 3.437, -76.522), ("Arauca", "Arauca", 7.084, -70.759)),
        _group("Military of Colombia", 1),
        (_group("National Liberation Army", 2, "ELN"), _group("Clan del Golfo", 3)),
    ),
    Scene(
        "PK", "Pakistan",
        (("Quetta", "Balochistan", 30.184, 67.001), ("Peshawar", "Khyber Pakhtunkhwa", 34.008, 71.579)),
        _group("Military of Pakistan", 1),
        (_group("Tehrik-i-Taliban Pakistan", 2, "TTP"), _group("Balochistan Liberation Army", 2, "BLA")),
    ),
    Scene(
        "SO", "Somalia",
        (("Mogadishu", "Banaadir", 2.037, 45.344), ("Kismayo", "Lower Juba", -0.358, 42.545)),
        _group("Military of Somalia", 1),
        (_group("Al Shabaab", 2),),
    ),
    Scene(
        "CD", "Democratic Republic of Congo",
        (("Goma", "North Kivu", -1.674, 29.228), ("Bunia", "Ituri", 1.559, 30.252)),
        _group("Military of the Democratic Republic of Congo", 1, "FARDC"),
        (_group("March 23 Movement", 2, "M23"), _group("Allied Democratic Forces", 2, "ADF")),
    ),
)  # fmt: skip

# (child, parent): enough of a tree for an actor filter to have something below it.
PARENTS = (
    ("Kataib Hezbollah", "Islamic Resistance in Iraq"),
    ("Islamic Resistance in Iraq", "Popular Mobilization Forces"),
    ("Islamic State West Africa Province", "Islamic State"),
    ("Islamic State in the Greater Sahara", "Islamic State"),
)
EXTRA_ACTORS = (_group("Islamic Resistance in Iraq", 3, "IRI"), _group("Popular Mobilization Forces", 3, "PMF"))

OUTLETS = ("Northern Wire", "The Courier", "Gulf Daily", "Sahel Post", "Evening Record")
ASSERTION_WEIGHTS = {"asserted": 82, "background": 8, "aggregate": 4, "prospective": 4, "denied": 2}
STATUS_WEIGHTS = {"machine": 88, "confirmed": 8, "edited": 2, "rejected": 2}
# What happened, as (sub-event type, verb phrase, modes, whether deaths are usual).
PLOTS = (
    ("Armed clash", "attacked a position of", ("firearms",), True),
    ("Air/drone strike", "struck a base of", ("aerial", "drone"), True),
    ("Shelling/artillery/missile attack", "shelled a camp of", ("heavy-weapons",), True),
    ("Remote explosive/landmine/IED", "set off a roadside bomb against", ("explosives",), True),
    ("Suicide bomb", "sent a suicide bomber against", ("suicide-attack",), True),
    ("Attack", "shot at", ("firearms",), True),
    ("Abduction/forced disappearance", "kidnapped", ("abduct",), False),
    ("Peaceful protest", "marched against", (), False),
    ("Violent demonstration", "threw stones at", ("primitive",), False),
    ("Disrupted weapons use", "shot down a drone of", (), False),
)


def _pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _id(prefix: str, *parts: object) -> str:
    return prefix + hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def _sides(rng: random.Random, scene: Scene, sub: str) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
    civilians = Actor(f"Civilians ({scene.name})", 7)
    if EVENT_TYPE_OF[sub] == "Protests":
        return (Actor(f"Protesters ({scene.name})", 6),), ()
    if EVENT_TYPE_OF[sub] == "Riots":
        return (Actor(f"Rioters ({scene.name})", 5),), (scene.state,)
    if EVENT_TYPE_OF[sub] == "Violence against civilians":
        return ((rng.choice(scene.armed),) if rng.random() < 0.85 else ()), (civilians,)
    sides = (rng.choice(scene.armed),), (scene.state,)
    return sides if rng.random() < 0.6 else (sides[1], sides[0])


class _Text:
    """A text under construction that remembers where the words of each field stand."""

    def __init__(self) -> None:
        self.text, self.spans = "", list[Evidence]()

    def add(self, words: str, *fields: str) -> _Text:
        start = len(self.text)
        self.text += words
        self.spans += [Evidence(field, start, len(self.text), words) for field in fields]
        return self


def fill_store(db: Database, n: int, seed: int = 1) -> None:
    """Put `n` incidents with their articles, reports, evidence, origins and actors into an empty store.

    About 1.6 reports an incident; some undated, some unlocated, some without any toll, every assertion,
    event type and review status among them once `n` is a few hundred. The same `n` and `seed` give the
    same rows.
    """
    rng = random.Random(seed)
    with store.writing(db):
        _save_actors(db)
        run_id = store.begin_run(db, command="generate", coder="rules", coder_version="generated", at_utc="2025-01-01T00:00:00Z")
        for number in range(n):
            _save_incident(db, rng, number, run_id)
        store.finish_run(db, run_id, counts={"incidents": n}, at_utc="2025-01-01T00:00:00Z")


def _save_actors(db: Database) -> None:
    actors = {a.name: a for scene in SCENES for a in (scene.state, *scene.armed)} | {a.name: a for a in EXTRA_ACTORS}
    country = {a.name: scene.country for scene in SCENES for a in (scene.state, *scene.armed)}
    rows = [
        {
            "actor_id": a.actor_id, "name": a.name, "aliases": list(a.aliases), "kind": "state" if a.inter == 1 else "group",
            "country": country.get(a.name, ""), "inter": a.inter, "active_from": None, "active_to": None,
        }
        for a in actors.values()
    ]  # fmt: skip
    parent = dict(PARENTS)
    edges = []
    for name in actors:
        above, distance = name, 0
        while True:
            edges.append((above, name, distance))
            if above not in parent:
                break
            above, distance = parent[above], distance + 1
    store.save_actors(db, rows, edges)


def _save_incident(db: Database, rng: random.Random, number: int, run_id: int) -> None:
    scene = rng.choice(SCENES)
    town, admin1, latitude, longitude = rng.choice(scene.towns)
    sub, verb, modes, deadly = rng.choice(PLOTS)
    side_a, side_b = _sides(rng, scene, sub)
    day = FIRST_DAY + dt.timedelta(days=int(DAYS * rng.random() ** 0.8))
    dated, where_prec = rng.random() > 0.04, rng.choices((1, 2, 4, 6, None), (62, 20, 8, 6, 4))[0]
    near = where_prec == 2
    point = where_prec in (1, 2, 4)
    deaths = int(rng.paretovariate(1.1)) - 1 if deadly and rng.random() > 0.15 else None
    deaths = min(deaths, 400) if deaths is not None else None
    injured = int(rng.paretovariate(0.9)) - 1 if rng.random() > 0.5 else None
    injured = min(injured, 900) if injured is not None else None
    assertion = _pick(rng, ASSERTION_WEIGHTS)
    coded = {
        "assertion": assertion,
        "event_type": EVENT_TYPE_OF[sub],
        "sub_event_type": sub,
        "modes": modes,
        "date_start": day.isoformat() if dated else None,
        "date_end": day.isoformat() if dated else None,
        "date_prec": 1 if dated else None,
        "date_basis": "relative" if dated else None,
        "place_name": None if where_prec is None else scene.name if where_prec == 6 else admin1 if where_prec == 4 else town,
        "country": None if where_prec is None else scene.country,
        "admin1": admin1 if point else None,
        "latitude": round(latitude + (rng.uniform(-0.2, 0.2) if near else 0), 4) if point else None,
        "longitude": round(longitude + (rng.uniform(-0.2, 0.2) if near else 0), 4) if point else None,
        "where_prec": where_prec,
        "side_a": side_a,
        "side_b": side_b,
        "injured_best": injured,
        "injured_low": injured,
        "injured_high": injured,
    }
    if side_a and rng.random() < 0.2:
        coded["claims"] = (Claim(side_a[0].name, rng.choice(("claimed", "denied", "blamed"))),)
    versions = rng.choices((1, 2, 3, 5), (62, 24, 10, 4))[0]
    reports, articles, origins = [], [], set()
    for version in range(versions):
        toll = deaths + rng.choice((0, 0, 0, 1, 2)) if deaths is not None and version else deaths
        article, spans, origin = _article(rng, scene, coded, day, toll, number, version, verb)
        origins.add(origin)
        report = Report(
            report_id=_id("r", article.article_id), article_id=article.article_id, evidence=spans,
            deaths_best=toll, deaths_low=toll, deaths_high=toll, attributions=(Attribution("a police officer", "police"),),
            confidence=round(rng.uniform(0.4, 0.99), 2), coder="rules", coder_version="generated", **coded,
        )  # fmt: skip
        store.save_origin(db, origin, agency="", basis="generated")
        store.save_article(db, article, run_id=run_id, origin_id=origin, origin_basis="generated")
        store.save_coding(
            db, article.article_id, [report], coder="rules", coder_version="generated", outcome="coded", run_id=run_id
        )  # fmt: skip
        reports.append(report)
        articles.append(article)
    tolls = sorted(r.deaths_best for r in reports if r.deaths_best is not None)
    published = sorted(a.published_at_utc for a in articles if a.published_at_utc)
    chosen = max(reports, key=lambda r: r.deaths_best if r.deaths_best is not None else -1)
    incident = Incident(
        incident_id=f"i{number:06d}", deaths_best=tolls[-1] if tolls else None, deaths_low=tolls[0] if tolls else None,
        deaths_high=tolls[-1] if tolls else None, attributions=reports[0].attributions,
        number_of_reports=len(reports), number_of_articles=len(reports), number_of_sources=len(origins),
        first_reported=published[0] if published else None, last_reported=published[-1] if published else None,
        review_status=_pick(rng, STATUS_WEIGHTS), confidence=chosen.confidence, rules={"deaths_best": "highest toll"},
        report_ids=tuple(sorted(r.report_id for r in reports)),
        candidates=tuple(
            Candidate("deaths_best", r.deaths_best, r.report_id, r.report_id == chosen.report_id)
            for r in reports if r.deaths_best is not None
        ),
        **coded,
    )  # fmt: skip
    links = {r.report_id: (1.0, "same day; same place") for r in reports}
    store.save_incident(db, incident, links=links)
    store.save_incident_id(db, incident.incident_id, reports[0].report_id)


def _article(
    rng: random.Random, scene: Scene, coded: dict[str, object], day: dt.date, toll: int | None, number: int, version: int, verb: str
) -> tuple[Article, tuple[Evidence, ...], str]:
    """One article that tells the event, the evidence for what it says, and its origin's id."""
    outlet = rng.choice(OUTLETS)
    side_a, side_b = coded["side_a"], coded["side_b"]
    attacker = side_a[0].name if side_a else "Gunmen"  # type: ignore[index]
    target = side_b[0].name if side_b else "the government"  # type: ignore[index]
    place = str(coded["place_name"] or "an undisclosed location")
    headline = f"{attacker} in the news again, {place}, dispatch {number}-{version}"
    words = _Text().add(headline).add("\n\n")
    words.add(attacker, *(["side_a"] if side_a else [])).add(" ").add(verb, "event_type", "sub_event_type", "assertion")
    words.add(" ").add(target, *(["side_b"] if side_b else [])).add(" near " if coded["where_prec"] == 2 else " in ")
    words.add(place, *(["place_name", "country"] if coded["place_name"] else []))
    if coded["date_start"]:
        words.add(" on ").add(day.strftime("%A"), "date_start", "date_end")
    if toll is not None:
        words.add(", killing ").add(f"{toll} people" if toll else "no one", "deaths_best")
    if coded["injured_best"] is not None:
        words.add(" and wounding ").add(f"{coded['injured_best']} others", "injured_best")
    words.add(", ").add("a police officer", "attributions").add(f" said.\n\nThe town has seen unrest for months, {outlet} found.")
    published = (
        None if not coded["date_start"] else (day + dt.timedelta(days=version)).isoformat() + f"T{rng.randrange(24):02d}:00:00Z"
    )  # fmt: skip
    article_id = _id("a", outlet, words.text)
    article = Article(
        article_id=article_id, story_id=article_id, published_at_utc=published,
        published_source="metadata" if published else None, source=outlet, headline=headline, text=words.text,
        parts=(Part("headline", 0, len(headline)), Part("body", len(headline) + 2, len(words.text))),
        file_name=f"generated-{number}-{version}.txt", note=NOTE,
    )  # fmt: skip
    origin = _id("o", number, 0 if version and rng.random() < 0.4 else version)
    return article, tuple(words.spans), origin


# --- a large region, at the density of its news ------------------------------------------------------

# A region at war, as one desk follows it: the large conflict data sets hold some 560 events a day for all the world, told by 1.6
# reports each; of these a quarter, in twenty countries.
EVENTS_A_DAY = 140
COUNTRIES = 20
SYLLABLES = ("ba", "da", "ra", "mi", "ku", "sha", "lo", "zan", "tar", "qa", "bel", "for", "ni", "gha", "dor", "se", "wal", "pet")
CODES = tuple(a + b for a in "ABCDEFGHIJ" for b in "XYZQVW")


@dataclass(frozen=True, slots=True)
class _Land:
    code: str
    towns: tuple[tuple[str, str, float, float], ...]
    weights: tuple[float, ...]
    state: Actor
    armed: tuple[Actor, ...]
    civilians: Actor


def _lands(rng: random.Random) -> tuple[list[_Land], list[float]]:
    """Countries of which the first has a fifth of all events, each with towns of which some are far more often in the news."""
    weights = [1 / (n + 1) for n in range(COUNTRIES)]
    lands = []
    for n, code in enumerate(CODES[:COUNTRIES]):
        latitude, longitude, taken = -50 + 100 * rng.random(), -170 + 340 * rng.random(), set[str]()
        towns = []
        for t in range(max(40, int(900 * weights[n] ** 0.7))):
            name = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).title()
            name = name if name not in taken else f"{name} {rng.choice(SYLLABLES).title()}ville {t}"
            taken.add(name)
            towns.append((name, f"{code} {t % 12}", round(latitude + 6 * rng.random(), 4), round(longitude + 8 * rng.random(), 4)))
        state, civilians = _group(f"Military of {code}", 1), Actor(f"Civilians ({code})", 7)
        armed = tuple(_group(f"{code} {kind}", 2) for kind in ("Front", "Brigade", "Army", "Council", "Movement"))
        lands.append(_Land(code, tuple(towns), tuple(1 / (t + 20) for t in range(len(towns))), state, armed, civilians))
    return lands, weights


def fill_world(db: Database, reports: int, seed: int = 1) -> None:
    """Put `reports` reports with articles, evidence and incidents into an empty store, day after day at the density of a region's news.

    More reports are more days, not denser ones; `repeat_world` makes many more of them. The town most in the news of all has one or two
    events a day. About one event in twelve is recalled months later, as background. Written in bulk and without the index of words,
    which linking does not use.
    """
    rng = random.Random(seed)
    lands, weights = _lands(rng)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("DROP TRIGGER IF EXISTS articles_fts_insert")
    rows: dict[str, list[dict[str, object]]] = {}
    made = event = 0
    db.execute("BEGIN IMMEDIATE")
    while made < reports:
        made += _save_event(rng, rng.choices(lands, weights)[0], event, rows)
        event += 1
        if event % 2000 == 0 or made >= reports:
            for table, found in rows.items():
                if not found:
                    continue
                names = ",".join(f'"{c}"' for c in found[0])
                marks = ",".join("?" * len(found[0]))
                db.conn.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(r.values()) for r in found])
            rows.clear()
    db.conn.commit()
    db.execute("PRAGMA foreign_keys = ON")


# What a repeated store copies. Each statement of an article belongs to its reports: a store that is only counted does without.
REPEATED = (
    "origins", "articles", "codings", "reports", "evidence", "incidents", "incident_reports", "incident_actors", "incident_ids",
    "incident_times",
)  # fmt: skip
# A store of this many incidents is generated, and repeated where more are asked for, ten times over in the same two years.
BLOCK_INCIDENTS = 10_000
LAYERS = 10


def fill_large_store(db: Database, incidents: int) -> None:
    """Put so many incidents into an empty store as `fill_store` makes them, quickly: the first BLOCK_INCIDENTS again and again.

    Some 140 a day, so that ten times as many are ten times as long a time. The copies lie near the places of
    the first, not on them, where these are approximate. They have articles and reports, and no evidence.
    """
    db.execute("PRAGMA synchronous = OFF")
    fill_store(db, min(incidents, BLOCK_INCIDENTS))
    if incidents > BLOCK_INCIDENTS:
        tables = [table for table in REPEATED if table != "evidence"]
        repeat_world(db, incidents // BLOCK_INCIDENTS, layers=LAYERS, scatter=True, tables=tables)


def repeat_world(db: Database, times: int, *, layers: int = 1, scatter: bool = False, tables: Sequence[str] = REPEATED) -> None:
    """Put the days of a filled store into it again, `times` times in all, each `layers` of them behind those before.

    With `scatter` approximate places move a little, by up to 0.2 degrees.
    """
    if times < 2:
        return
    (last,) = db.execute("SELECT MAX(date_start) FROM reports").fetchone()
    days = (dt.date.fromisoformat(last) - FIRST_DAY).days + 1
    later = f"'+' || (k.n / {layers} * {days}) || ' days'"
    db.execute("PRAGMA foreign_keys = OFF")
    for table in tables:
        chosen = []
        for name in (c.name for c in db[table].columns):
            if name in ("article_id", "story_id", "report_id", "incident_id", "origin_id"):
                chosen.append(f"{name} || '+' || k.n")
            elif name in ("date_start", "date_end"):
                chosen.append(f"date({name}, {later})")
            elif name in ("published_at_utc", "first_reported", "last_reported", "first_known", "last_known"):
                chosen.append(f"COALESCE(strftime('%Y-%m-%dT%H:%M:%SZ', {name}, {later}), {name})")
            elif name in ("latitude", "longitude") and scatter:
                moved = f"round({name} + ((k.n * 7919 + length({name}) * 104729 + CAST({name} * 1e4 AS INTEGER)) % 4001 - 2000) / 1e4, 4)"
                chosen.append(f"CASE WHEN where_prec = 2 THEN {moved} ELSE {name} END")
            else:
                chosen.append(f'"{name}"')
        columns = ",".join(f'"{c.name}"' for c in db[table].columns)
        counter = f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {times - 1})"
        db.execute(f"{counter} INSERT INTO {table} ({columns}) SELECT {','.join(chosen)} FROM k CROSS JOIN (SELECT * FROM {table})")
        db.conn.commit()
    db.execute("PRAGMA foreign_keys = ON")


def _save_event(rng: random.Random, land: _Land, event: int, rows: dict[str, list[dict[str, object]]]) -> int:
    """One event with its reports; how many."""
    day = FIRST_DAY + dt.timedelta(days=event // EVENTS_A_DAY)
    town, admin1, latitude, longitude = rng.choices(land.towns, land.weights)[0]
    sub, verb, modes, deadly = rng.choice(PLOTS)
    sides = ((rng.choice(land.armed),), (land.state,)) if rng.random() < 0.7 else ((rng.choice(land.armed),), (land.civilians,))
    where_prec = rng.choices((1, 2, 4), (70, 22, 8))[0]
    undated, toll = rng.random() < 0.03, int(rng.paretovariate(1.1)) - 1 if deadly and rng.random() > 0.15 else None
    toll = min(toll, 400) if toll is not None else None
    times: list[str] = []
    ids: list[str] = []
    number = rng.choices((1, 2, 3, 5), (62, 24, 10, 4))[0]
    recalled = rng.random() < 0.08
    for version in range(number + recalled):
        background = version == number
        late = rng.randrange(20, 300) if background else version and rng.randrange(3)
        published = f"{(day + dt.timedelta(days=late)).isoformat()}T{rng.randrange(24):02d}:00:00Z"
        text = (
            f"Dispatch {event}-{version}\n\n{sides[0][0].name} {verb} {sides[1][0].name} in {town} on {day:%A}, officials of the "
            f"{''.join(rng.choices(SYLLABLES, k=2))} district said, after {' '.join(rng.choices(SYLLABLES, k=2))} had warned."
        )
        start = text.index(sides[0][0].name)
        article_id, report_id = f"a{event}-{version}", f"r{event}-{version}"
        killed = toll + rng.choice((0, 0, 0, 1, 2)) if toll is not None and version else toll
        sure = {name: round(rng.uniform(0.5, 0.95), 2) for name in ("place_name", "sub_event_type", "deaths_best")}
        coded = Report(
            report_id=report_id, article_id=article_id, assertion="background" if background else "asserted",
            event_type=EVENT_TYPE_OF[sub], sub_event_type=sub, modes=modes,
            date_start=None if undated else day.isoformat(), date_end=None if undated else day.isoformat(),
            date_prec=None if undated else 1, date_basis=None if undated else "relative",
            place_name=admin1 if where_prec == 4 else town, country=land.code, admin1=admin1, latitude=latitude, longitude=longitude,
            where_prec=where_prec, side_a=sides[0], side_b=sides[1], deaths_best=killed, deaths_low=killed, deaths_high=killed,
            confidence=0.8, confidences=sure, coder="rules", coder_version="generated",
        )  # fmt: skip
        article = Article(
            article_id=article_id, story_id=article_id, published_at_utc=published, published_source="metadata",
            source=rng.choice(OUTLETS), headline=f"Dispatch {event}-{version}", text=text, note=NOTE,
        )  # fmt: skip
        origin = f"o{event}-{version if version and rng.random() > 0.4 else 0}"
        rows.setdefault("articles", []).append(store.to_row(article) | {"origin_id": origin})
        rows.setdefault("reports", []).append(store.to_row(coded, without=("evidence",)) | {"position": 0})
        rows.setdefault("evidence", []).append(
            {"report_id": report_id, "position": 0, "field": "sub_event_type", "start": start, "end": len(text), "quote": text[start:]}
        )
        rows.setdefault("incident_reports", []).append({"report_id": report_id, "incident_id": f"i{event}", "score": None, "why": ""})
        ids.append(report_id)
        times.append(published)
    incident = Incident(
        incident_id=f"i{event}", **{name: getattr(coded, name) for name in _CODED if name != "assertion"}, assertion="asserted",
        number_of_reports=len(ids), number_of_articles=len(ids), number_of_sources=1, first_reported=min(times), last_reported=max(times),
    )  # fmt: skip
    for table, found in store.incident_rows(incident).items():
        rows.setdefault(table, []).extend(dict(zip(store.INCIDENT_COLUMNS[table], row, strict=True)) for row in found)
    rows.setdefault("incident_ids", []).append({"incident_id": incident.incident_id, "report_id": ids[0]})
    rows.setdefault("incident_times", []).append({"incident_id": incident.incident_id, "first_known": min(times), "last_known": max(times)})
    return len(ids)


_CODED = tuple(f.name for f in dataclasses.fields(Coded))
