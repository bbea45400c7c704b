import pytest

from pipeline.intake.datelines import find_opening, standing_dateline

STORY = "A roadside bomb killed two soldiers on Sunday, the army said in a statement."


@pytest.mark.parametrize(
    ("opening", "dateline", "agency"),
    [
        ("BAGHDAD, Dec 3 (Reuters) - ", "BAGHDAD, Dec 3", "Reuters"),
        ("KIRKUK, Iraq, Aug 19 (Meridian) - ", "KIRKUK, Iraq, Aug 19", "Meridian"),
        ("BAMAKO (Sahel Bulletin) - ", "BAMAKO", "Sahel Bulletin"),
        ("(Reuters) -", "", "Reuters"),
        ("BEIRUT, Lebanon (AP) — ", "BEIRUT, Lebanon", "AP"),
        ("BAGHDAD (AP) _ ", "BAGHDAD", "AP"),
        ("DAQUQ: ", "DAQUQ", ""),
        ("RAIPUR/RANCHI, May 27 (RCW): ", "RAIPUR/RANCHI, May 27", "RCW"),
        ("LONDON/BEIRUT - ", "LONDON/BEIRUT", ""),
        ("MINNA - ", "MINNA", ""),
        ("N'DJAMENA, Chad - ", "N'DJAMENA, Chad", ""),
        ("PUL-I-KHUMRI, Afghanistan (KW) - ", "PUL-I-KHUMRI, Afghanistan", "KW"),
        ("CÓRDOBA, Ver. - ", "CÓRDOBA, Ver.", ""),
        ("HAKKARİ - ", "HAKKARİ", ""),
        ("THE HAGUE - ", "THE HAGUE", ""),
        ("BENGHAZI, 27 May 2014 (CNA) - ", "BENGHAZI, 27 May 2014", "CNA"),
        ("SAN SALVADOR, 3 JAN 90 -- ", "SAN SALVADOR, 3 JAN 90", ""),
        ("KYIV. Dec 3 (Interfax-Ukraine) – ", "KYIV. Dec 3", "Interfax-Ukraine"),
        ("MOSCOW, May 5. /TASS/. ", "MOSCOW, May 5", "TASS"),
        ("BUNIA (DR Congo), Aug 14 (AIN) - ", "BUNIA (DR Congo), Aug 14", "AIN"),
        ("KABUL, Afghanistan (Sept. 24, 2019) - ", "KABUL, Afghanistan (Sept. 24, 2019)", ""),
        ("(Bamenda, June 14, 2021) - ", "Bamenda, June 14, 2021", ""),
        ("May 8 (Meridian Wire) - ", "May 8", "Meridian Wire"),
        ("Bogota, Colombia -- ", "Bogota, Colombia", ""),
        ("Tawila, North Darfur - ", "Tawila, North Darfur", ""),
        ("Sopore, Jun 16 (JNS): ", "Sopore, Jun 16", "JNS"),
        ("New Delhi: ", "New Delhi", ""),
        ("Washington (CNN) -- ", "Washington", "CNN"),
        ("Bunia, 10 September 2024. ", "Bunia, 10 September 2024", ""),
        ("TARAZÁ, Antioquia. ", "TARAZÁ, Antioquia", ""),
        ("Port-au-Prince, Haiti – ", "Port-au-Prince, Haiti", ""),
    ],
)
def test_datelines(opening, dateline, agency):
    text = opening + STORY
    found = find_opening(text)
    assert found is not None
    assert (found.dateline, found.agency) == (dateline, agency)
    assert text[found.end :] == STORY
    # Every character before the story that is not a space lies in exactly one part.
    covered = [i for _, start, end in found.parts for i in range(start, end)]
    assert sorted(set(covered)) == covered
    assert {i for i in range(found.end) if not text[i].isspace()} <= set(covered)


@pytest.mark.parametrize(
    "text",
    [
        "He said - and this is true - that nothing had happened in the city for a month or more.",
        "Note: This brief reflects information available at noon on the last day of the period.",
        "UPDATE - The army has since said that the number of dead is four, two fewer than before.",
        "Iran - which denies any part in it - said on Sunday that its border guards had seen nothing.",
        "US-led forces - some 900 of them - were not hurt, a spokesman for the coalition said on Sunday.",
        "ABYAN. Two soldiers of the southern forces were killed and three wounded on 12 January.",
        "OUAKA. 2 February - Armed men stopped two lorries on the road and took what they carried.",
        "The group (JNIM) - known for its raids - said that it had taken the town without a shot.",
        "Q: Did you ever think of stopping, after all that you had seen in those ten years and more?",
        "At least 10 people - four of them children - were killed when a shell hit a market.",
        "THE ARCE BATTALION - WHICH IS BASED IN THE SOUTH - SAID THAT IT HAD KILLED TWO MEN IN THE FIGHTING.",
        "10:40 - Artillery fires flares and a few shells at the outskirts of the village, no one is hurt.",
    ],
)
def test_no_dateline(text):
    assert find_opening(text) is None


def test_small_letters_only_open_a_text_and_colons_only_below_a_headline():
    assert find_opening("Juba - " + STORY, first=True)
    assert find_opening("Juba - " + STORY, first=False) is None
    assert find_opening("Juba: " + STORY, headed=True)
    assert find_opening("Police: Man held over fire in which two soldiers died on the road", headed=False) is None


def test_byline_before_the_dateline():
    text = "By Ali Hassan and Mary Roe BAGHDAD, Dec 3 (Reuters) - " + STORY
    found = find_opening(text)
    assert found is not None
    assert (found.byline, found.dateline, found.agency) == ("Ali Hassan and Mary Roe", "BAGHDAD, Dec 3", "Reuters")
    assert [text[a:b] for _, a, b in found.parts] == ["By Ali Hassan and Mary Roe", "BAGHDAD, Dec 3", "(Reuters) -"]


def test_tags_of_monitoring_services():
    text = "LIMA, 25 JAN 89 (TELAM) -- [REPORT] [TEXT] TWO POLICEMEN WERE KILLED IN THE SOUTH YESTERDAY."
    found = find_opening(text)
    assert found is not None
    assert found.published == "1989-01-25T00:00:00Z"
    assert [(k, text[a:b]) for k, a, b in found.parts][-1] == ("boilerplate", "[REPORT] [TEXT]")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Gaziantep, 25 May 2016", "2016-05-25T00:00:00Z"),
        ("Niamey / Bamako, 11 August 2025", "2025-08-11T00:00:00Z"),
        ("BAGHDAD, Dec 3 (Reuters)", None),
    ],
)
def test_dateline_on_a_line_of_its_own(line, expected):
    found = standing_dateline(line)
    assert found is not None
    assert found.published == expected


@pytest.mark.parametrize("line", ["BEIRUT", "Donetsk region", "Service October 31, 2020", "Highlights", "Two killed, 3 May"])
def test_headings_are_no_datelines(line):
    assert standing_dateline(line) is None
