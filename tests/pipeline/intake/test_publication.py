import pytest

from pipeline.errors import DateError
from pipeline.intake.publication import parse_published, published_in_name, published_in_words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-12-03", "2023-12-03T00:00:00Z"),
        ("20231203", "2023-12-03T00:00:00Z"),
        (20231203, "2023-12-03T00:00:00Z"),
        ("2023-12-03T14:05:00Z", "2023-12-03T14:05:00Z"),
        ("2023-12-03 14:05:00 UTC", "2023-12-03T14:05:00Z"),
        ("2023-12-03T14:05:00.123+03:00", "2023-12-03T11:05:00Z"),
        ("2023-12-03T01:00:00+03:00", "2023-12-02T22:00:00Z"),
        ("2023/12/03", "2023-12-03T00:00:00Z"),
        ("20231203140500", "2023-12-03T14:05:00Z"),
        ("Sun, 03 Dec 2023 14:05:00 GMT", "2023-12-03T14:05:00Z"),
        ("Sun, 3 Dec 2023 14:05:00 +0530", "2023-12-03T08:35:00Z"),
        ("Dec 3, 2023", "2023-12-03T00:00:00Z"),
        ("Dec. 3, 2023", "2023-12-03T00:00:00Z"),
        ("3 December 2023", "2023-12-03T00:00:00Z"),
        ("3rd of December 2023", "2023-12-03T00:00:00Z"),
        ("Sunday, December 3rd, 2023", "2023-12-03T00:00:00Z"),
        ("December 3, 2023 5:14 PM", "2023-12-03T17:14:00Z"),
        ("December 3, 2023 at 12:05 a.m. GMT", "2023-12-03T00:05:00Z"),
        ("December 3, 2023 11:14 PM EST", "2023-12-04T04:14:00Z"),
        ("5:14 PM EST, Sun December 3, 2023", "2023-12-03T22:14:00Z"),
        ("Sun Dec  3 14:05:00 2023", "2023-12-03T14:05:00Z"),
        # a zone that means several leaves the day alone
        ("3 December 2023 14:05 IST", "2023-12-03T00:00:00Z"),
        ("3.12.2023", "2023-12-03T00:00:00Z"),
        ("25/12/2023", "2023-12-25T00:00:00Z"),
        ("12/25/2023", "2023-12-25T00:00:00Z"),
        ("03/03/2023", "2023-03-03T00:00:00Z"),
        (1701612300, "2023-12-03T14:05:00Z"),
        ("1701612300", "2023-12-03T14:05:00Z"),
        (1701612300000, "2023-12-03T14:05:00Z"),
        (1701612300.5, "2023-12-03T14:05:00Z"),
        (None, None),
        ("", None),
        ("  N/A ", None),
        ("null", None),
        ("NaT", None),
    ],
)
def test_parse_published(value, expected):
    assert parse_published(value) == expected


@pytest.mark.parametrize(
    "value",
    ["soon", "yesterday", "2023-13-01", "2023-02-30", "31 June 2023", "2023", "2023-12", "December 2023", "03/12/2023", "03-12-2023",
     "32.12.2023", "12", 0, -1, 5, "1e9", "9" * 60, "0001-01-01", "9999-12-31T23:59:59-14:00", "2023-12-03T25:00:00", "3 December 23",
     "December 3, 2023 13:99", "Sun, 31 Jun 2023 14:05:00 +0000", "١٢/٣/٢٠٢٣", float("nan"), float("inf"), "a" * 5000],
)  # fmt: skip
def test_what_is_no_date_is_refused(value):
    if value != value:
        assert parse_published(value) is None  # pandas writes nan where there is no date
        return
    with pytest.raises(DateError) as caught:
        parse_published(value)
    assert caught.value.step == "parse"
    assert len(str(caught.value)) < 200


def test_ambiguous_date_says_how_to_write_it():
    with pytest.raises(DateError, match="YYYY-MM-DD"):
        parse_published("03/12/2023")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2023-12-03_kirkuk.txt", "2023-12-03T00:00:00Z"),
        ("wire/20231203-kirkuk.txt", "2023-12-03T00:00:00Z"),
        ("kirkuk.2023_12_03.txt", "2023-12-03T00:00:00Z"),
        ("2023-12-03/2023-12-03-b.txt", "2023-12-03T00:00:00Z"),
        ("03-12-2023.txt", None),
        ("000_b8f2c667bf175de8.txt", None),
        ("a20231203f.txt", None),
        ("2023-12-03-to-2023-12-09.txt", None),
        ("20231399.txt", None),
        ("18991203.txt", None),
        ("notes.txt", None),
    ],
)
def test_date_in_a_file_name(name, expected):
    assert published_in_name(name) == expected


@pytest.mark.parametrize("line", ["Seven were killed on December 3, 2023", "In May 2023", "May", "2023", "3 December"])
def test_a_sentence_with_a_date_is_no_date(line):
    assert published_in_words(line) is None
