"""Places in text: which words name one, which place it is, how precisely, and what it does in its sentence."""

from __future__ import annotations

import pytest
import spacy
from spacy.language import Language

from pipeline.coding.places import PlaceMention, find_places, nations, places_of_text
from pipeline.gazetteer import Gazetteer, distance_km, open_gazetteer
from pipeline.settings import Settings


@pytest.fixture(scope="session")
def gazetteer(settings: Settings) -> Gazetteer:
    return open_gazetteer(settings.cache)


def mention_of(mentions: list[PlaceMention], name: str) -> PlaceMention:
    return next(m for m in mentions if m.name == name)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        pytest.param("Gunmen opened fire in Alexandria, Louisiana, on Friday.", "Alexandria", (31.31, -92.44), id="state beside it"),
        pytest.param("The bus left Alexandria for Cairo. Egyptian police stopped it.", "Alexandria", (31.2, 29.92), id="neighbours"),
        pytest.param("Militias clashed in Tripoli. The Lebanese army sent troops from Beirut.", "Tripoli", (34.43, 35.84), id="Lebanon"),
        pytest.param("Militias clashed in Tripoli. Libyan officials in Misrata said so.", "Tripoli", (32.89, 13.19), id="Libya"),
        pytest.param("Fire hit a home in Paris. Lamar County deputies came from Reno, Texas.", "Paris", (33.66, -95.56), id="county"),
        pytest.param("Fighters shelled Deir al-Zor in eastern Syria.", "Deir al-Zor", (35.34, 40.14), id="spelling"),
        pytest.param("A drone hit the Rumalyn Landing Zone in Syria.", "Rumalyn Landing Zone", (36.997, 41.96), id="site"),
        pytest.param("A rocket hit Ain al-Asad air base in Iraq.", "Ain al-Asad air base", (33.79, 42.44), id="base written small"),
        pytest.param("Four people died in Panjshir Province.", "Panjshir Province", (35.4, 69.8), id="says its own kind"),
        pytest.param("A mine killed two in the Libyan city of Derna.", "Derna", (32.76, 22.64), id="nation before it"),
        pytest.param("A blast hit a market in Asadabad, the capital of Kunar province.", "Asadabad", (34.87, 71.15), id="capital of"),
        pytest.param("Boko Haram raided the town of Bama.", "Bama", (11.52, 13.69), id="a group's home"),
        pytest.param("A car bomb killed six in the town of Baqouba.", "Baqouba", (33.74, 44.64), id="press spelling"),
    ],
)
def test_which_place(nlp: Language, gazetteer: Gazetteer, text: str, name: str, expected: tuple[float, float]) -> None:
    place = mention_of(find_places(nlp(text), gazetteer), name).place
    assert place is not None
    assert distance_km(place.latitude, place.longitude, *expected) < 30


@pytest.mark.parametrize(
    ("text", "name", "phrase", "relation", "where_prec"),
    [
        ("A bomb went off in Kirkuk on Sunday.", "Kirkuk", "Kirkuk", "", 1),
        ("The strike hit a site near Kirkuk, Iraq.", "Kirkuk", "near Kirkuk", "near", 2),
        ("It killed five near the northern city of Kirkuk.", "Kirkuk", "near the northern city of Kirkuk", "near", 2),
        ("The blast was outside Mosul, Iraq.", "Mosul", "outside Mosul", "near", 2),
        ("Clashes broke out north of Mosul, Iraq.", "Mosul", "north of Mosul", "direction", 2),
        ("They were ambushed 35 km north of Mosul, Iraq.", "Mosul", "35 km north of Mosul", "direction", 2),
        ("Shells fell on the outskirts of Donetsk, Ukraine.", "Donetsk", "on the outskirts of Donetsk", "outskirts", 2),
        ("Gunmen raided a village in Borno state, Nigeria.", "Borno", "Borno state", "", 4),
        ("The attack was in the countryside of Hama province in Syria.", "Hama", "countryside of Hama province", "countryside", 4),
        ("Rockets were fired in eastern Syria.", "Syria", "eastern Syria", "part_of", 5),
        ("The country of Mali said so. Soldiers died in Mali.", "Mali", "Mali", "", 6),
        ("A missile hit a ship in the Red Sea.", "Red Sea", "Red Sea", "", 7),
        ("A bomb hit a bus between Mosul and Xantarah in Iraq.", "Mosul", "between Mosul", "between", 2),
        ("Raiders struck in the Qorbashi district of Iraq.", "Qorbashi", "Qorbashi district", "", 3),
        ("Police in Iraq said that four men died at nearby Mosul.", "Mosul", "Mosul", "", 1),
        ("Pirates took a tanker off the coast of Somalia.", "Somalia", "off the coast of Somalia", "off", 7),
    ],
)
def test_how_precisely(nlp: Language, gazetteer: Gazetteer, text: str, name: str, phrase: str, relation: str, where_prec: int) -> None:
    found = [m for m in find_places(nlp(text), gazetteer) if m.name == name]
    assert (text[found[-1].phrase_start : found[-1].phrase_end], found[-1].relation, found[-1].where_prec) == (phrase, relation, where_prec)


def test_distance_and_bearing_move_the_point(nlp: Language, gazetteer: Gazetteer) -> None:
    m = mention_of(find_places(nlp("They were ambushed 35 km north of Mosul, Iraq."), gazetteer), "Mosul")
    assert m.place is not None
    assert m.latitude is not None
    assert m.longitude is not None
    assert distance_km(m.latitude, m.longitude, m.place.latitude, m.place.longitude) == pytest.approx(35, abs=1)
    assert m.latitude > m.place.latitude


def test_between_two_towns_is_halfway(nlp: Language, gazetteer: Gazetteer) -> None:
    mentions = find_places(nlp("A bomb hit a bus on the road between Baghdad and Kirkuk in Iraq."), gazetteer)
    baghdad, kirkuk = mention_of(mentions, "Baghdad"), mention_of(mentions, "Kirkuk")
    assert (baghdad.relation, kirkuk.relation, baghdad.where_prec) == ("between", "between", 2)
    assert (baghdad.latitude, baghdad.longitude) == (kirkuk.latitude, kirkuk.longitude)
    assert baghdad.latitude == pytest.approx((33.34 + 35.47) / 2, abs=0.1)


def test_open_sea_has_no_point_and_a_strait_has(nlp: Language, gazetteer: Gazetteer) -> None:
    mentions = find_places(nlp("Ships were hit in the Red Sea and in the Strait of Hormuz."), gazetteer)
    assert mention_of(mentions, "Red Sea").latitude is None
    assert mention_of(mentions, "Strait of Hormuz").latitude == pytest.approx(26.6, abs=0.5)


def test_a_village_the_gazetteer_lacks_takes_its_neighbour(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "Gunmen attacked the village of Yakoutaba, some ten kilometres outside Dori in Burkina Faso's Sahel region."
    m = mention_of(find_places(nlp(text), gazetteer), "Yakoutaba")
    assert m.place is None
    assert (m.is_approximate, m.anchor) == (True, "Dori")
    assert m.latitude == pytest.approx(14.03, abs=0.05)


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("BAGHDAD (Reuters) - A bomb killed two people in Mosul, Iraq.", "BAGHDAD", "dateline"),
        ("BAGHDAD (Reuters) - A bomb killed two people in Mosul, Iraq.", "Mosul", "event"),
        ("Tehran-backed militias shelled a base in Iraq.", "Tehran", "origin"),
        ("A militia with ties to Tehran shelled a base in Iraq.", "Tehran", "origin"),
        ("A bomb went off in Kolofata, on the border with Nigeria.", "Nigeria", "origin"),
        ("He told reporters in Geneva that the bombing killed ten in Mosul, Iraq.", "Geneva", "statement"),
    ],
)
def test_role(nlp: Language, gazetteer: Gazetteer, text: str, name: str, role: str) -> None:
    assert mention_of(find_places(nlp(text), gazetteer), name).role == role


def test_the_capital_of_an_adjective(nlp: Language, gazetteer: Gazetteer) -> None:
    (m,) = find_places(nlp("A car bomb exploded in the Iraqi capital on Monday."), gazetteer)
    assert m.place is not None
    assert (m.name, m.place.name, m.where_prec) == ("the Iraqi capital", "Baghdad", 1)


@pytest.mark.parametrize(
    ("text", "capital", "where_prec"),
    [
        ("A car bomb exploded in the Yemeni capital Wednesday.", "Sanaa", 1),
        ("A car bomb exploded in Somalia's capital, police said.", "Mogadishu", 1),
        ("Afghan police said four people died outside the capital.", "Kabul", 2),
    ],
)
def test_a_capital_that_is_not_named(nlp: Language, gazetteer: Gazetteer, text: str, capital: str, where_prec: int) -> None:
    m = next(m for m in find_places(nlp(text), gazetteer) if "capital" in m.name)
    assert m.place is not None
    assert (m.place.name, m.where_prec) == (capital, where_prec)


def test_no_capital_where_two_countries_are_spoken_of(nlp: Language, gazetteer: Gazetteer) -> None:
    found = find_places(nlp("Afghan and Pakistani officials met in the capital."), gazetteer)
    assert not any("capital" in m.name for m in found)


def test_a_town_of_another_country_is_none(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "Gunmen killed three in Rim district of Riyom in Plateau State, Nigeria."
    place = mention_of(find_places(nlp(text), gazetteer), "Rim").place
    assert place is None or place.country == "NG"


def test_a_state_is_not_a_division_of_its_name(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "Boko Haram killed ten in southeastern Niger. The Nigerian army has said nothing."
    place = mention_of(find_places(nlp(text), gazetteer), "Niger").place
    assert place is not None
    assert (place.kind, place.country) == ("country", "NE")


def test_nations() -> None:
    doc = spacy.blank("en")("South Sudanese troops and Somalis met a Sri Lankan envoy.")
    assert [(doc[a:b].text, code) for a, b, code in nations(doc)] == [("South Sudanese", "SS"), ("Somalis", "SO"), ("Sri Lankan", "LK")]


def test_the_town_named_before(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "Gunmen attacked Mosul in Iraq on Friday. A day later a bomb went off in the same city."
    m = mention_of(find_places(nlp(text), gazetteer), "Mosul")
    again = find_places(nlp(text), gazetteer)[-1]
    assert text[again.start : again.end] == "the same city"
    assert again.place == m.place
    assert again.relation == "again"


@pytest.mark.parametrize(
    "text",
    [
        "Police said on Sunday in March that reading is nice.",
        "Paris Hilton and Jordan Smith gave a concert.",
        "The Malian army said it killed ten.",
        "",
        "\n\n   \n",
    ],
)
def test_no_place(nlp: Language, gazetteer: Gazetteer, text: str) -> None:
    assert find_places(nlp(text), gazetteer) == []


def test_places_of_text_adds_adjectives_and_embedded_names(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "The Mosul Police Department said Iraqi troops left Mosul."
    assert {m.role for m in places_of_text(text, nlp, gazetteer)} >= {"demonym", "event"}
    assert all(m.role not in ("demonym", "organisation") for m in find_places(nlp(text), gazetteer))


def test_offsets_are_into_the_text_and_in_order(nlp: Language, gazetteer: Gazetteer) -> None:
    text = (
        "MOSUL, Iraq (AP) \u2014 Shells hit Sana\u2019a, Ta\u2019izz and the al-Tanf garrison.\r\n"
        "\u201cKyiv\u201d was quiet; W.Va. was not.\U0001f680 Gaza."
    )
    mentions = places_of_text(text, nlp, gazetteer)
    assert [m.start for m in mentions] == sorted(m.start for m in mentions)
    for m in mentions:
        assert text[m.start : m.end] == m.name
        assert m.phrase_start <= m.start < m.end <= m.phrase_end
    assert {"MOSUL", "Kyiv"} <= {m.name for m in mentions}


def test_what_is_skipped_is_not_read(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "A bomb hit Mosul, Iraq. Reporting by A. Person in Baghdad."
    skip = [(text.index("Reporting"), len(text))]
    assert "Baghdad" not in {m.name for m in find_places(nlp(text), gazetteer, skip=skip)}


def test_a_country_as_an_adjective_is_no_place(nlp: Language, gazetteer: Gazetteer) -> None:
    text = "A U.S. air strike hit Mosul, Iraq. Officials in Washington said the United States would answer."
    found = {m.name: m for m in find_places(nlp(text), gazetteer)}
    assert "U.S." not in found
    assert found["United States"].where_prec == 6
    washington = found["Washington"].place
    assert washington is not None
    assert washington.admin1 == "District of Columbia"


def test_a_part_of_a_country_is_drawn_there(nlp: Language, gazetteer: Gazetteer) -> None:
    (m,) = find_places(nlp("Rockets were fired in northeastern Syria."), gazetteer)
    assert m.latitude == pytest.approx(36.5, abs=0.3)
