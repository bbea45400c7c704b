"""The lists of actors and countries: what they hold, whose parts are whose, names in texts."""

import itertools
from typing import Any

import pytest

from pipeline import store
from pipeline.actors import ActorList, Countries, ListedActor, fold, inter_in, split_words
from pipeline.errors import SettingsError


def test_the_list_is_long_and_has_every_country(actors: ActorList, countries: Countries) -> None:
    listed = [a for a in actors if a.source]
    assert len(listed) >= 380
    assert len([a for a in listed if not a.is_state]) >= 380
    for country in countries:
        for name in (country.name, countries.military_name(country.alpha2), countries.police_name(country.alpha2)):
            assert actors.by_name[name].country == country.alpha2


def test_every_country_and_parent_of_an_actor_is_known(actors: ActorList, countries: Countries) -> None:
    codes = {c.alpha2 for c in countries}
    for actor in actors:
        assert set(actor.countries) <= codes, actor.name
        assert set(actor.parents) <= set(actors.by_name), actor.name
        assert 1 <= actor.inter <= 8
        assert actor.active_to is None or actor.active_from is None or actor.active_from <= actor.active_to


@pytest.mark.parametrize(
    ("name", "ancestors"),
    [
        ("Kataib Hezbollah", {"Islamic Resistance in Iraq", "Popular Mobilization Forces"}),
        ("Harakat al-Nujaba", {"Islamic Resistance in Iraq", "Popular Mobilization Forces"}),
        ("Badr Organization", {"Popular Mobilization Forces"}),
        ("Quds Force", {"Islamic Revolutionary Guard Corps", "Military of Iran", "Iran"}),
        ("Qassam Brigades", {"Hamas"}),
        ("People's Protection Units", {"Syrian Democratic Forces"}),
        ("Federal Police of Iraq", {"Police of Iraq", "Iraq"}),
        ("Peshmerga", {"Kurdistan Regional Government", "Military of Iraq", "Iraq"}),
        ("Assam Rifles", {"Military of India", "India"}),
        ("Katiba Macina", {"Jama'at Nusrat al-Islam wal-Muslimin", "Al-Qaeda in the Islamic Maghreb", "Al-Qaeda"}),
        ("Ta'ang National Liberation Army", {"Three Brotherhood Alliance"}),
        ("Houthis", set()),
    ],
)
def test_parents(actors: ActorList, name: str, ancestors: set[str]) -> None:
    assert set(actors.ancestors(name)) == {name, *ancestors}


def test_descendants_and_tree_agree(actors: ActorList) -> None:
    below = actors.descendants("Islamic Resistance in Iraq")
    assert below["Islamic Resistance in Iraq"] == 0
    assert below["Kataib Hezbollah"] == 1
    assert {(d, n) for a, d, n in actors.tree() if a == "Islamic Resistance in Iraq"} == set(below.items())


FOUND = [
    ("Fighters of al-Shabab attacked a base in Somalia.", ["Al-Shabaab"]),
    ("Al Shabaab insurgents raided a village in Mozambique.", ["Al-Shabaab (Mozambique)"]),
    ("The Iran-backed Kata'ib Hizbullah denied it.", ["Kataib Hezbollah"]),
    ("Isis and Nato were named, and MINUSMA, FAMa and the GSIM.",
     ["Islamic State", "NATO", "United Nations Multidimensional Integrated Stabilization Mission in Mali", "Military of Mali",
      "Jama'at Nusrat al-Islam wal-Muslimin"]),
    ("The AA took a town in Myanmar.", ["Arakan Army"]),
    ("The AA sent a tow truck.", []),  # motorists' club: no country of the group in the text
    ("The IS is what it is.", []),
    ("In Iraq, IS claimed the bombing.", ["Islamic State"]),
    ("It is said as is.", []),
    ("The PDF was attached in Berlin.", []),
    ("PDF fighters ambushed junta troops in Myanmar.", ["People's Defence Force", "Military of Myanmar"]),
    ("The Allied Democratic Forces (ADF) killed nine; the ADF fled.", ["Allied Democratic Forces"] * 3),
    ("The National Guard was deployed in Mexico.", ["National Guard of Mexico"]),
    ("The National Guard was deployed in Venezuela.", ["National Guard of Venezuela"]),
    ("CPI (Maoist) cadres", ["Communist Party of India (Maoist)"]),
    ("The People\u2019s Defence Force in Myanmar", ["People's Defence Force"]),
    ("Jaish al-Islam and Jaysh al-Islam", ["Jaysh al-Islam", "Jaysh al-Islam"]),
    ("He spoke of the army. Islamic scholars agreed.", []),
    ("A U.S.-led coalition struck.", ["Global Coalition Against Daesh"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[t[:40] for t, _ in FOUND])
def test_names_in_texts(actors: ActorList, text: str, expected: list[str]) -> None:
    found = actors.find(text)
    assert [a.name for _, _, a in found] == expected
    assert all(start < end <= len(text) for start, end, _ in found)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))


def test_names_start_and_end_with_their_words(actors: ActorList) -> None:
    text = "Hezbollah's rockets; the Houthis' drones"
    assert [text[s:e] for s, e, _ in actors.find(text)] == ["Hezbollah", "Houthis"]


@pytest.mark.parametrize(
    ("country", "name"),
    [
        ("AF", "Islamic State Khorasan Province"),
        ("NG", "Islamic State West Africa Province"),
        ("EG", "Islamic State (Sinai Province)"),
        ("SY", "Islamic State"),
        ("FR", "Islamic State"),
        (None, "Islamic State"),
    ],
)
def test_branch_of_a_movement(actors: ActorList, country: str | None, name: str) -> None:
    assert actors.branch(actors.by_name["Islamic State"], country).name == name


@pytest.mark.parametrize(
    ("name", "country", "inter"),
    [
        ("Military of Mali", "ML", 1),
        ("Military of Mali", "BF", 8),
        ("Military of Mali", None, 1),
        ("United States", "IQ", 8),
        ("United States", "US", 1),
        ("Islamic Revolutionary Guard Corps", "SY", 8),
        ("Kataib Hezbollah", "SY", 3),
        ("Hamas", "IL", 2),
        ("Fulani Ethnic Militia", "NG", 4),
        ("Global Coalition Against Daesh", "IQ", 8),
    ],
)
def test_interaction_code_by_country(actors: ActorList, name: str, country: str | None, inter: int) -> None:
    assert inter_in(actors.by_name[name], country) == inter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("South Sudanese and Sudanese troops", [("SS", "adjective"), ("SD", "adjective")]),
        ("The U.S. and the UK", [("US", "name"), ("GB", "name")]),
        ("DR Congo, Congo-Brazzaville and the Congolese army", [("CD", "name"), ("CG", "name"), ("CD", "adjective")]),
        ("Niger State in Nigeria", [("NG", "name")]),
        ("New Mexico is no country, Guinea-Bissau is", [("GW", "name")]),
        ("The Kremlin and Ankara", [("RU", "metonym"), ("TR", "capital")]),
        ("to polish the turkey", []),
        ("Israelis and Russians", [("IL", "demonym"), ("RU", "demonym")]),
    ],
)
def test_countries_in_texts(countries: Countries, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(m.code, m.form) for m in countries.find(text)] == expected


def test_names_of_forces(countries: Countries) -> None:
    assert countries.military_name("PH") == "Military of the Philippines"
    assert countries.police_name("GB") == "Police of the United Kingdom"
    assert countries.military_name("CD") == "Military of Democratic Republic of Congo"
    assert countries.code("the Gambia") == "GM"
    assert countries.code("Burma") == "MM"
    assert countries.code("Atlantis") is None


def test_words_fold_accents_apostrophes_and_transliterations() -> None:
    assert [w.folded for w in split_words("Côte d'Ivoire's Jaysh, Kata'ib")] == ["cote", "divoire", "jaish", "kataib"]
    assert fold("Hussein") == fold("Husein")


def test_the_store_takes_the_list_once(actors: ActorList, fresh_db: Any) -> None:
    with store.writing(fresh_db):
        assert store.save_actors(fresh_db, actors.rows(), actors.tree())
    with store.writing(fresh_db):
        assert not store.save_actors(fresh_db, actors.rows(), actors.tree())
    row = next(iter(fresh_db.query("SELECT * FROM actors WHERE name = 'Houthis'")))
    assert (row["actor_id"], row["kind"], row["country"], row["inter"], row["active_from"], row["active_to"]) == (
        "houthis", "rebel", "YE", 2, 2004, None,
    )  # fmt: skip
    children = [r["descendant"] for r in fresh_db.query("SELECT descendant FROM actor_tree WHERE ancestor = 'Hamas' ORDER BY distance")]
    assert children == ["Hamas", "Qassam Brigades"]


def test_a_wrong_list_is_refused_by_name(countries: Countries) -> None:
    one = ListedActor("a", "A", (), "rebel", "ML", 2, source="test")
    with pytest.raises(SettingsError, match="'A' twice"):
        ActorList([one, one], countries)
    with pytest.raises(SettingsError, match="parent 'Nobody'"):
        ActorList([ListedActor("b", "B", (), "rebel", "ML", 2, parents=("Nobody",), source="test")], countries)
