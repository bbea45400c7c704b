"""Which value an incident takes from its reports, by which rule, and that every other is kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import NotFoundError
from pipeline.models import EVENT_TYPE_OF, Actor, Article, Decision, Incident, Report
from pipeline.resolution import CANDIDATE_FIELDS, SEVERITY, load_rules, resolve, rule_sentence, toll_history
from tests.reports import ARMY, CIVILIANS, GUNMEN, KATAIB, KIN, PMF, US, articles_of, make_article, make_report

DAYS = ("2023-12-03", "2023-12-04", "2023-12-05", "2023-12-06")


def world(*told: dict[str, Any]) -> tuple[list[Report], dict[str, Article]]:
    """One article a day, each with one report; `source` and `published` go to the article."""
    reports, articles = [], []
    for n, values in enumerate(told):
        values = dict(values)
        about = {k: values.pop(k) for k in ("source", "story_id", "revision") if k in values}
        articles.append(make_article(f"a{n}", values.pop("published", DAYS[n % len(DAYS)]), **about))
        reports.append(make_report(f"a{n}", **values))
    return reports, articles_of(*articles)


def resolved(*told: dict[str, Any], **more: Any) -> Incident:
    reports, articles = world(*told)
    return resolve(reports, articles=articles, kin=KIN, **more)


ARMED = [("militia", "armed-group")]
OFFICIAL = [("health ministry", "official")]


@pytest.mark.parametrize(
    ("told", "toll", "rule"),
    [
        pytest.param([{"deaths": 5}, {"deaths": 7}], (5, 7, 7), "newest_standing", id="the newest"),
        pytest.param([{"deaths": 7}, {"deaths": 5}], (5, 5, 7), "newest_standing", id="the newest, though lower"),
        pytest.param([{"deaths": 9, "source": "AP"}, {"deaths": 17, "source": "AP"}], (17, 17, 17), "newest_standing", id="revised"),
        pytest.param(
            [{"deaths": 9, "attributions": OFFICIAL}, {"deaths": 17, "attributions": OFFICIAL}], (17, 17, 17), "newest_standing",
            id="one party revises, whoever prints it",
        ),
        pytest.param(
            [{"deaths": 9, "attributions": OFFICIAL}, {"deaths": 60, "attributions": ARMED}], (9, 9, 60), "newest_standing",
            id="an armed group's boast does not win",
        ),
        pytest.param(
            [{"deaths": 60, "attributions": ARMED}, {"deaths": 9, "attributions": OFFICIAL}], (9, 9, 60), "newest_standing",
            id="an official figure after it does",
        ),
        pytest.param(
            [{"deaths": 9, "attributions": OFFICIAL}, {"deaths": 11}], (9, 11, 11), "later_higher_toll", id="bodies were found"
        ),
        pytest.param(
            [{"deaths": 9, "attributions": OFFICIAL}, {"deaths": 8}], (8, 9, 9), "newest_standing", id="a lower figure nobody stands for"
        ),
        pytest.param([{"deaths": 9}, {"deaths": 12, "count_vague": True}], (9, 9, 12), "newest_standing", id="dozens are no count"),
        pytest.param([{"deaths": 5}, {"deaths": None}], (5, 5, 5), "newest_standing", id="not stated is not zero"),
        pytest.param([{"deaths": 5}, {"deaths": 0}], (0, 0, 5), "newest_standing", id="none is a figure"),
        pytest.param([{"deaths": None}, {"deaths": None}], (None, None, None), None, id="nobody says"),
        pytest.param([{"deaths": 5}, {"deaths": 10, "deaths_high": None}], (5, 10, None), "newest_standing", id="open above"),
        pytest.param([{"deaths": 10, "deaths_high": None}, {"deaths": 12}], (10, 12, 12), "newest_standing", id="closed by a count"),
        pytest.param([{"deaths": 12, "deaths_low": 10, "deaths_high": 15}], (10, 12, 15), "only_report", id="ten to fifteen"),
        pytest.param(
            [{"deaths": None, "deaths_high": 30}, {"deaths": 21}], (21, 21, 30), "newest_standing", id="up to thirty"
        ),
        pytest.param([{"deaths": 5}, {"deaths": 8, "assertion": "background"}], (5, 5, 5), "newest_standing", id="only recalled"),
        pytest.param([{"deaths": None}, {"deaths": 8, "assertion": "background"}], (8, 8, 8), "newest_standing", id="silent news"),
        pytest.param(
            [{"deaths": 5, "story_id": "s"}, {"deaths": 6, "story_id": "s", "revision": 2}], (6, 6, 6), "only_report", id="rewritten"
        ),
    ],
)  # fmt: skip
def test_the_toll(told: list[dict[str, Any]], toll: tuple[Any, Any, Any], rule: str | None) -> None:
    incident = resolved(*told)
    assert (incident.deaths_low, incident.deaths_best, incident.deaths_high) == toll
    assert incident.rules.get("deaths_best") == rule


def test_the_toll_keeps_its_history() -> None:
    reports, articles = world(
        {"deaths": 6, "source": "AP"}, {"deaths": 40, "attributions": ARMED}, {"deaths": 8, "source": "AP"}, {"deaths": 11}
    )
    steps = [(s.published_at_utc[:10], s.value, s.stands, s.became_best) for s in toll_history(reports, articles)]  # type: ignore[index]
    assert steps == [
        ("2023-12-03", 6, False, True),
        ("2023-12-04", 40, True, False),
        ("2023-12-05", 8, True, True),
        ("2023-12-06", 11, True, True),
    ]
    assert [s.value for s in toll_history(reports, articles, as_of="2023-12-04")] == [6, 40]


def test_parts_come_with_the_toll_they_fit() -> None:
    incident = resolved(
        {"deaths": 5, "deaths_b": 3, "deaths_civilians": 2}, {"deaths": 7, "deaths_b": 4, "deaths_civilians": 3}, {"deaths": 6}
    )
    assert (incident.deaths_best, incident.deaths_b, incident.deaths_civilians) == (6, 3, 2)
    assert incident.rules["deaths_b"] == "newest"


@pytest.mark.parametrize(
    ("subs", "chosen", "rule"),
    [
        pytest.param(["Attack", "Attack", "Suicide bomb"], "Attack", "most_origins", id="most origins"),
        pytest.param(["Attack", "Suicide bomb"], "Suicide bomb", "more_severe", id="the more severe on a tie"),
        pytest.param(["Attack", None], "Attack", "most_origins", id="silence is no vote"),
    ],
)
def test_the_type(subs: list[str | None], chosen: str, rule: str) -> None:
    incident = resolved(*({"sub_event_type": s} for s in subs))
    assert (incident.sub_event_type, incident.event_type) == (chosen, EVENT_TYPE_OF[chosen])
    assert incident.rules["sub_event_type"] == rule


def test_copies_of_one_agency_are_one_voice() -> None:
    reports, articles = world(*({"sub_event_type": s} for s in ("Grenade", "Grenade", "Attack", "Attack")))
    alone = resolve(reports, articles=articles)
    copied = resolve(reports, articles=articles, origins={"a2": "o", "a3": "o"})
    assert (alone.rules["sub_event_type"], copied.rules["sub_event_type"]) == ("more_severe", "most_origins")
    assert (alone.number_of_sources, copied.number_of_sources) == (4, 3)


def test_the_most_exact_place_and_date_are_taken_whole() -> None:
    near = {"place_name": "near Kirkuk", "where_prec": 2, "latitude": 35.5, "date_start": "2023-12-02", "date_prec": 2}
    country = {"place_name": "Iraq", "where_prec": 6, "latitude": None, "longitude": None, "admin1": None, "date_basis": "publication"}
    incident = resolved(country, near, {"place_name": "Kirkuk"})
    assert (incident.place_name, incident.latitude, incident.where_prec) == ("Kirkuk", 35.468, 1)
    assert (incident.date_start, incident.date_prec, incident.date_basis) == ("2023-12-03", 1, "relative")
    only = resolved(country)
    assert (only.latitude, only.longitude, only.where_prec) == (None, None, 6)


IRI = Actor("Islamic Resistance in Iraq", 3)
KH_CLAIMS = [("Kataib Hezbollah", "claimed")]


@pytest.mark.parametrize(
    ("told", "names", "rule"),
    [
        pytest.param([{"side_a": (GUNMEN,)}, {"side_a": (KATAIB,)}], ["Kataib Hezbollah"], "most_origins", id="named before unnamed"),
        pytest.param([{"side_a": (GUNMEN,)}, {"side_a": ()}], ["Unidentified armed group"], "most_origins", id="unnamed before nobody"),
        pytest.param([{"side_a": (PMF,)}, {"side_a": (KATAIB,)}], ["Kataib Hezbollah"], "most_origins", id="the part before its umbrella"),
        pytest.param([{"side_a": (US,)}, {"side_a": (US,)}, {"side_a": (IRI,)}], ["United States"], "most_origins", id="most origins"),
        pytest.param([{"side_a": (US,)}, {"side_a": (IRI,)}], [], "mutual_accusations", id="each accuses another"),
        pytest.param(
            [{"side_a": (US,)}, {"side_a": (KATAIB,), "claims": KH_CLAIMS}], ["Kataib Hezbollah"], "claimed", id="who claimed it"
        ),
        pytest.param([{"side_a": (GUNMEN, PMF, KATAIB)}], [GUNMEN.name, PMF.name, KATAIB.name], "only_report", id="one report"),
        pytest.param([{"side_a": ()}, {"side_a": ()}], [], None, id="nobody says"),
    ],
)  # fmt: skip
def test_side_a(told: list[dict[str, Any]], names: list[str], rule: str | None) -> None:
    incident = resolved(*told)
    assert [a.name for a in incident.side_a] == names
    assert incident.rules.get("side_a") == rule


def test_claims_and_sources_are_gathered_once() -> None:
    once = {"claims": KH_CLAIMS, "attributions": OFFICIAL}
    incident = resolved(once, once, {"claims": [("Kataib Hezbollah", "denied")], "attributions": [("a witness", "witness")]})
    assert [(c.actor, c.stance) for c in incident.claims] == [("Kataib Hezbollah", "claimed"), ("Kataib Hezbollah", "denied")]
    assert [a.source for a in incident.attributions] == ["health ministry", "a witness"]


def test_every_offer_is_kept_and_the_chosen_marked() -> None:
    incident = resolved({"deaths": 5, "side_b": (CIVILIANS,)}, {"deaths": 7, "side_b": (ARMY,)})
    offers = [(c.value, c.report_id, c.chosen) for c in incident.candidates if c.field == "deaths_best"]
    assert offers == [(5, "a0-0", False), (7, "a1-0", True)]
    assert {c.field for c in incident.candidates} <= set(CANDIDATE_FIELDS)
    assert resolved({"deaths": 5}).candidates == ()


def test_confidence_grows_with_independent_origins_only() -> None:
    reports, articles = world({"confidence": 0.6}, {"confidence": 0.5})
    assert resolve(reports, articles=articles).confidence == 0.8
    assert resolve(reports, articles=articles, origins={"a0": "o", "a1": "o"}).confidence == 0.6


# --- decisions -----------------------------------------------------------------------------------


def decide(kind: str, target: str, n: int = 1, **payload: Any) -> Decision:
    return Decision(decision_id=f"d{n}", at_utc=f"2024-01-0{n}T00:00:00Z", by="analyst", kind=kind, target=target, payload=payload)


def test_a_set_value_holds_and_undoing_it_restores() -> None:
    reports, articles = world({"deaths": 5}, {"deaths": 7})
    plain = resolve(reports, articles=articles)
    locked = decide("set", plain.incident_id, values={"deaths_best": 9})
    after = resolve(reports, [locked], articles=articles)
    assert (after.deaths_low, after.deaths_best, after.deaths_high) == (5, 9, 9)
    assert (after.locked_fields, after.review_status) == (("deaths_best",), "edited")
    assert (after.rules["deaths_best"], after.rules["deaths_high"]) == ("set_by_person", "fits_what_was_set")
    assert [c.value for c in after.candidates if c.field == "deaths_best" and c.chosen] == []
    assert resolve(reports, [locked, decide("undo", "d1", 2)], articles=articles) == plain


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], "machine"),
        (["confirm"], "confirmed"),
        (["reject"], "rejected"),
        (["reject", "confirm"], "confirmed"),
        (["confirm", "set"], "edited"),
    ],
)
def test_the_latest_decision_gives_the_status(kinds: list[str], status: str) -> None:
    reports, articles = world({})
    target = resolve(reports, articles=articles).incident_id
    log = [decide(kind, target, n, **({"values": {"deaths_best": 1}} if kind == "set" else {})) for n, kind in enumerate(kinds, 1)]
    assert resolve(reports, log, articles=articles).review_status == status


def test_what_was_set_on_a_merged_id_carries_over_until_set_anew() -> None:
    reports, articles = world({"deaths": 5})
    old = decide("set", "iold", values={"deaths_best": 8, "country": "SY"})
    new = decide("set", "inew", 2, values={"deaths_best": 9})
    incident = resolve(reports, [new, old], articles=articles, incident_id="inew", also=["iold"])
    assert (incident.deaths_best, incident.country) == (9, "SY")


# --- as known on ---------------------------------------------------------------------------------


def test_as_of_a_day_or_a_time() -> None:
    reports, articles = world({"deaths": 5, "published": "2023-12-03T08:00:00Z"}, {"deaths": 7, "published": "2023-12-03T18:00:00Z"})
    assert resolve(reports, articles=articles, as_of="2023-12-03").deaths_best == 7
    assert resolve(reports, articles=articles, as_of="2023-12-03T12:00:00Z").deaths_best == 5
    with pytest.raises(NotFoundError, match="nothing was reported of i1 by 2023-12-02"):
        resolve(reports, articles=articles, as_of="2023-12-02", incident_id="i1")


a_report = st.fixed_dictionaries(
    {
        "deaths": st.sampled_from([None, 0, 5, 9, 40]),
        "sub_event_type": st.sampled_from(["Attack", "Suicide bomb", "Grenade", None]),
        "side_a": st.sampled_from([(), (GUNMEN,), (KATAIB,), (PMF,), (US,)]),
        "where_prec": st.sampled_from([1, 2, 6]),
        "attributions": st.sampled_from([(), OFFICIAL, ARMED]),
        "assertion": st.sampled_from(["asserted", "background"]),
        "published": st.sampled_from(DAYS),
        "count_vague": st.booleans(),
        "source": st.sampled_from(["AP", "Reuters", "Rudaw"]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(a_report, min_size=1, max_size=6), st.randoms(use_true_random=False), st.sampled_from(DAYS))
def test_resolve_hears_neither_order_nor_what_came_after(told: list[dict[str, Any]], rng: Any, as_of: str) -> None:
    reports, articles = world(*told)
    whole = resolve(reports, articles=articles, kin=KIN)
    shuffled = reports[:]
    rng.shuffle(shuffled)
    assert resolve(shuffled, articles=articles, kin=KIN) == whole
    early = [r for r in reports if (articles[r.article_id].published or "") <= as_of]
    if early:
        then = resolve(reports, articles=articles, kin=KIN, as_of=as_of, incident_id="i")
        alone = resolve(early, articles={r.article_id: articles[r.article_id] for r in early}, kin=KIN, incident_id="i")
        assert then == alone


@settings(max_examples=40, deadline=None)
@given(st.lists(a_report, min_size=1, max_size=6))
def test_the_range_holds_the_best(told: list[dict[str, Any]]) -> None:
    incident = resolved(*told)
    best, low, high = incident.deaths_best, incident.deaths_low, incident.deaths_high
    if best is not None:
        assert low is not None
        assert low <= best
        assert high is None or best <= high
    offered = {v for r in told if (v := r["deaths"]) is not None}
    assert best is None or best in offered


# --- the table -----------------------------------------------------------------------------------


def test_every_rule_in_use_has_its_sentence() -> None:
    used: set[tuple[str, str]] = set()
    for told in (
        [{"deaths": 5, "confidence": 0.5}, {"deaths": 9, "side_a": (KATAIB,), "claims": KH_CLAIMS, "attributions": OFFICIAL}],
        [{"sub_event_type": "Attack", "side_b": (ARMY,)}, {"sub_event_type": "Grenade", "side_a": (IRI,), "deaths_b": 1}],
        [{}],
    ):
        used |= set(resolved(*told).rules.items())
    assert used
    for field, rule in used:
        assert rule_sentence(field, rule), (field, rule)
    fields = {f for row in load_rules() for f in row.fields}
    assert fields <= {f.name for f in dataclasses.fields(Incident)}


def test_severity_ranks_every_sub_event_type_once() -> None:
    assert sorted(SEVERITY) == sorted(EVENT_TYPE_OF)
