import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.intake.cleaning import clean_line, clean_text

PARAGRAPH = (
    "A roadside bomb killed two soldiers near the town of Daquq on Sunday, the army said in a statement that gave no other details of "
    "the attack. Nobody has said it was behind the blast, the third on that road in a month, and residents said that "
    "they had heard gunfire "
    "before it. The wounded were taken to a hospital in the city, where a doctor said that two were in a serious condition."
)


def wrap(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("  a  \n\t b\t\n", "a\nb"),
        ("five\u00a0dead\u2009here", "five dead here"),
        ("Kir\u200bkuk \ufeffand Ta\u00adwila", "Kirkuk and Tawila"),
        ("safe\u202eevil\u202c text", "safeevil text"),
        ("bell\x07 and\x00 nul", "bell and nul"),
        ("\u201cquoted\u201d \u2018text\u2019", "\"quoted\" 'text'"),
        ("the cityâ€™s market", "the city's market"),
        ("CÃ³rdoba", "Córdoba"),
        ("Tom &amp; Jerry &quot;x&quot;", 'Tom & Jerry "x"'),
        ("half a pair: \ud83d.", "half a pair: \ufffd."),
        ("e\u0301tat", "état"),
        ("one\u2028two\u2029three\x0cfour", "one\ntwo\nthree\nfour"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_clean_text(raw, expected):
    assert clean_text(raw) == expected


@pytest.mark.parametrize("width", [55, 65, 72, 80, 100])
def test_hard_wrapped_text_is_joined(width):
    wrapped = f"Two soldiers die in blast\n\n{wrap(PARAGRAPH, width)}\n\n{wrap(PARAGRAPH, width)}\n"
    assert clean_text(wrapped) == f"Two soldiers die in blast\n\n{PARAGRAPH}\n\n{PARAGRAPH}"


def test_indented_paragraphs_stay_apart_where_lines_are_joined():
    wrapped = "\n".join("   " + wrap(PARAGRAPH, 70) for _ in range(2))
    assert clean_text(wrapped) == f"{PARAGRAPH}\n{PARAGRAPH}"


def test_a_hyphen_at_a_line_end_stays():
    lines = ["A U.S. official confirmed what he called a strike in self-", "defence that targeted a site near the city on Sunday, and"]
    lines += ["said that no soldier had been hurt in the attack before it", "although two of the three drones had come down in the camp."]
    assert "a strike in self-defence that targeted" in clean_text("\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "Killed: 12\nWounded: 30\nMissing: 4\nHouses burnt: 18\nHouseholds displaced from the three villages: 210", id="figures"
        ),
        pytest.param("\n".join([PARAGRAPH] * 3), id="one-line-paragraphs"),
        pytest.param(
            "- The first item of a list of things that happened\n- The second item of it\n- A third\n- And the fourth one", id="list"
        ),
        pytest.param("The spokesman\nThe ministry of defence of the republic\n18 September\nThe capital", id="signature"),
    ],
)
def test_lines_that_end_by_themselves_stay(text):
    assert clean_text(text) == text


def test_clean_line():
    assert clean_line("  two\n lines\u200b ") == "two lines"
    assert len(clean_line("word " * 1000, limit=50)) <= 50


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_cleaning_twice_changes_nothing(text):
    once = clean_text(text)
    assert clean_text(once) == once
    once.encode("utf-8")
    assert once == once.strip()
    assert "\n\n\n" not in once
