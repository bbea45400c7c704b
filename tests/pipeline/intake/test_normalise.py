import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import DateError, EmptyError, RefusedError, TooLargeError
from pipeline.intake.normalise import MAX_ARTICLE_CHARACTERS, byline_in, clean_url, is_credit, make_article, same_headline
from pipeline.models import PART_KINDS

STORY = "A roadside bomb killed two soldiers near the town on Sunday, the army said in a statement."
MORE = "Nobody has said it was behind the blast, the third on that road in a month."


def parts_of(article):
    return [(p.kind, article.text[p.start : p.end]) for p in article.parts]


def check_parts(article):
    """Parts are known kinds, in order, apart, not empty, without space at their ends, and cover all that is not space."""
    at = 0
    for p in article.parts:
        words = article.text[p.start : p.end]
        assert p.kind in PART_KINDS
        assert at <= p.start < p.end <= len(article.text)
        assert words == words.strip() != ""
        assert article.text[at : p.start].strip() == ""
        at = p.end
    assert article.text[at:].strip() == ""


def test_a_wire_story_as_a_page_prints_it():
    # The shape of the article this project started from: headline twice, byline, agency without a place, credit, advertisement.
    article = make_article(
        text=(
            "Roadside bomb kills two soldiers in northern Iraq\r\n\r\nRoadside bomb kills two soldiers in northern Iraq\r\n\r\n"
            f"By Salar Nuri\r\n\r\n(Reuters) -{STORY}\r\n\r\n{MORE}\r\n\r\n"
            "(Reporting By Salar Nuri; Editing by Mary Roe and John Doe)\r\n\r\nAdvertisement\r\n"
        )
    )
    assert parts_of(article) == [
        ("headline", "Roadside bomb kills two soldiers in northern Iraq"),
        ("boilerplate", "Roadside bomb kills two soldiers in northern Iraq"),
        ("byline", "By Salar Nuri"),
        ("agency", "(Reuters) -"),
        ("body", STORY),
        ("body", MORE),
        ("credit", "(Reporting By Salar Nuri; Editing by Mary Roe and John Doe)"),
        ("boilerplate", "Advertisement"),
    ]
    assert (article.headline, article.byline, article.agency, article.dateline) == (
        "Roadside bomb kills two soldiers in northern Iraq",
        "Salar Nuri",
        "Reuters",
        "",
    )
    assert (article.language, article.published_at_utc, article.published_source) == ("en", None, None)
    check_parts(article)


@pytest.mark.parametrize(
    ("headline", "text", "expected"),
    [
        pytest.param("", STORY, [("body", STORY)], id="bare"),
        pytest.param("Two die", STORY, [("headline", "Two die"), ("body", STORY)], id="headline-given"),
        pytest.param(
            "Two soldiers die in blast",
            f"TWO SOLDIERS DIE IN BLAST - Daily Post\n\n{STORY}",
            [("headline", "Two soldiers die in blast"), ("boilerplate", "TWO SOLDIERS DIE IN BLAST - Daily Post"), ("body", STORY)],
            id="headline-given-and-printed-with-the-outlet",
        ),
        pytest.param(
            "Two die", f"KIRKUK, Iraq, Aug 19 (Meridian) - {STORY}\n\n{MORE}",
            [("headline", "Two die"), ("dateline", "KIRKUK, Iraq, Aug 19"), ("agency", "(Meridian) -"), ("body", STORY), ("body", MORE)],
            id="dateline-agency",
        ),
        pytest.param(
            "Two die", f"MINNA - {STORY}", [("headline", "Two die"), ("dateline", "MINNA -"), ("body", STORY)], id="dateline-alone"
        ),
        pytest.param(
            "Two die", f"By our correspondent in Dori\n\n{STORY}",
            [("headline", "Two die"), ("byline", "By our correspondent in Dori"), ("body", STORY)], id="staff-byline",
        ),
        pytest.param(
            "Two die", f"A summary of what is known so far\n\nBy Jane Roe\n\nPublished: 3 December 2023\n\nDORI (AP) - {STORY}",
            [("headline", "Two die"), ("body", "A summary of what is known so far"), ("byline", "By Jane Roe"),
             ("boilerplate", "Published: 3 December 2023"), ("dateline", "DORI"), ("agency", "(AP) -"), ("body", STORY)],
            id="standfirst-byline-date-dateline",
        ),
        pytest.param(
            "UPDATE 2-Two die", STORY, [("boilerplate", "UPDATE 2-"), ("headline", "Two die"), ("body", STORY)], id="update"
        ),
        pytest.param(
            "Two die", f"{STORY} (Reporting by Jane Roe)\n\nSource: AFP",
            [("headline", "Two die"), ("body", STORY), ("credit", "(Reporting by Jane Roe)"), ("credit", "Source: AFP")],
            id="credit-in-the-last-paragraph",
        ),
        pytest.param("Two die", f"{STORY} - AFP", [("headline", "Two die"), ("body", STORY), ("credit", "- AFP")], id="agency-at-the-end"),
        pytest.param(
            "Two die", f"{STORY}\n\nRelated stories\n\nHow the road became a trap\n\nTen islands to see\n\n{MORE}",
            [("headline", "Two die"), ("body", STORY), ("boilerplate", "Related stories"), ("boilerplate", "How the road became a trap"),
             ("boilerplate", "Ten islands to see"), ("body", MORE)],
            id="list-of-other-stories",
        ),
        pytest.param(
            "Two die", f"★★★☆☆\n\n{STORY}\n\n***", [("headline", "Two die"), ("boilerplate", "★★★☆☆"), ("body", STORY),
            ("boilerplate", "***")],
            id="lines-without-letters",
        ),
    ],
)  # fmt: skip
def test_parts(headline, text, expected):
    article = make_article(text=text, headline=headline)
    assert parts_of(article) == expected
    check_parts(article)


@pytest.mark.parametrize(
    "line",
    ["Advertisement", "ADVERTISEMENT", "Read more: How the road became a trap", "ALSO READ: Ten islands", "Subscribe to our newsletter",
     "Share this article", "Click here to see all pictures", "Photo: Jane Roe/AFP", "FILE PHOTO: A soldier stands on a road",
     "[Photo: Jane Roe]", "© 2023 The Daily Post. All rights reserved.", "Copyright 2023 Daily Post",
     "Our Standards: The Post Trust Principles.",
     "Story continues below advertisement", "Follow us on Twitter", "3 min read", "12 comments", "Sign up for the morning brief",
     "#Kirkuk #Iraq", "***", "Representational image", "Reading time: 3 minutes"],
)  # fmt: skip
def test_boilerplate(line):
    assert ("boilerplate", line) in parts_of(make_article(headline="Two die", text=f"{STORY}\n\n{line}\n\n{MORE}"))


@pytest.mark.parametrize(
    "line",
    ["(Reporting By Salar Nuri; Editing by Mary Roe)", "Additional reporting by Jane Roe in Dakar",
     "Reporting by Jane Roe; writing by John Doe",
     "(With inputs from agencies)", "(With agency inputs)", "Source: AFP", "The Associated Press contributed to this report.",
     "Le Quotidien du Fleuve with agency", "(Compiled by the Baghdad bureau)", "This story was first published by Reuters."],
)  # fmt: skip
def test_credits(line):
    assert is_credit(line)
    assert ("credit", line) in parts_of(make_article(headline="Two die", text=f"{STORY}\n\n{MORE}\n\n{line}"))


@pytest.mark.parametrize(
    "line",
    ["Also: two soldiers were killed in Diffa.", "See: one more died in hospital on Monday.",
     "Videos by witnesses showed soldiers who fired at the crowd.",
     "Home guards fought back.", "More soldiers came.", "Sources said so."],
)  # fmt: skip
def test_sentences_are_no_boilerplate(line):
    assert ("body", line) in parts_of(make_article(headline="Two die", text=f"{STORY}\n\n{line}\n\n{MORE}"))


@pytest.mark.parametrize(
    "line",
    ["Reporting the loss of two men, the army said it had begun a search.", "Writing on the wall named the group.",
     "With agencies unable to reach the village, nobody knows how many died.", "Edited footage showed two men being shot."],
)  # fmt: skip
def test_sentences_are_no_credits(line):
    assert ("body", line) in parts_of(make_article(headline="Two die", text=f"{STORY}\n\n{MORE}\n\n{line}"))


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("By Timour Azhari", "Timour Azhari"),
        ("BY JANE ROE AND JOHN DOE", "JANE ROE AND JOHN DOE"),
        ("By Jane Roe in Baghdad", "Jane Roe in Baghdad"),
        ("By our correspondent in Dori", "our correspondent in Dori"),
        ("Staff writer", "Staff writer"),
        ("Our Correspondent, Ukhiya", "Our Correspondent, Ukhiya"),
        ("From our correspondent, Sokoto", "From our correspondent, Sokoto"),
        ("Jane Roe, Reuters", "Jane Roe, Reuters"),
        ("By AFP", "AFP"),
        ("By Lieutenant Colonel Ousmane Diagne, military spokesperson", "Lieutenant Colonel Ousmane Diagne, military spokesperson"),
        ("By Sunday evening", ""),
        ("By 5 p.m. Monday", ""),
        ("By nightfall the town had fallen", ""),
        ("By Tuesday the Town Had Fallen.", ""),
        ("Bystanders ran", ""),
        ("Rising Tensions, New Fears", ""),
    ],
)
def test_bylines(line, who):
    assert byline_in(line) == who


def test_same_headline():
    assert same_headline("UPDATE 1-Two soldiers die in blast", "Two soldiers die in blast")
    assert same_headline("Two soldiers die, in blast!", "Two soldiers die in blast")
    assert not same_headline("Two soldiers die in blast", "Three civilians hurt in crash")
    assert not same_headline("", "Two")


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "text", "file_name", "expected"),
    [
        ({"published": "2023-12-04"}, "Published: 3 December 2023\n\n", "20231202.txt", ("2023-12-04T00:00:00Z", "metadata")),
        ({}, "Published: 3 December 2023\n\n", "20231202.txt", ("2023-12-03T00:00:00Z", "text")),
        ({}, "December 3, 2023 5:14 PM\n\n", "", ("2023-12-03T17:14:00Z", "text")),
        ({}, "Updated: Dec. 4, 2023\n\nPublished: Dec. 3, 2023\n\n", "", ("2023-12-03T00:00:00Z", "text")),
        ({}, "Gaziantep, 25 May 2016\n\n", "", ("2016-05-25T00:00:00Z", "text")),
        ({}, "BENGHAZI, 27 May 2014 (CNA) - ", "", ("2014-05-27T00:00:00Z", "text")),
        ({}, "Tuesday, 29 August 2017. Compiled by the desk. ", "", ("2017-08-29T00:00:00Z", "text")),
        ({}, "KIRKUK, Aug 19 (Meridian) - ", "", (None, None)),
        ({}, "", "wire/2023-12-03.txt", ("2023-12-03T00:00:00Z", "filename")),
        ({"published": "2023-12-01", "published_source": "given"}, "", "20231202.txt", ("2023-12-02T00:00:00Z", "filename")),
        ({"published": "2023-12-01", "published_source": "given"}, "", "", ("2023-12-01T00:00:00Z", "given")),
        ({"published": "n/a"}, "", "", (None, None)),
        ({}, "", "", (None, None)),
    ],
)
def test_publication_date(given_, text, file_name, expected):
    article = make_article(headline="Two die", text=f"{text}{STORY}\n\n{MORE}", file_name=file_name, **given_)
    assert (article.published_at_utc, article.published_source) == expected


def test_dates_in_sentences_date_nothing():
    article = make_article(headline="Two die", text=f"{STORY}\n\nThe road was mined on 25 May 2016, an official said.\n\n{MORE}")
    assert article.published_at_utc is None


def test_a_signed_statement_is_dated_at_its_end():
    article = make_article(headline="Statement", text=f"{STORY}\n\n{MORE}\n\nThe spokesman\n\n18 September 2025")
    assert article.published_at_utc == "2025-09-18T00:00:00Z"


def test_what_is_no_date_is_refused():
    with pytest.raises(DateError, match="soon"):
        make_article(text=STORY, published="soon")


def test_a_date_in_the_future_is_noted():
    assert "future" in make_article(text=STORY, published="2099-01-01").note
    assert make_article(text=STORY, published="2020-01-01").note == ""


def test_a_correction_is_noted():
    article = make_article(headline="CORRECTED-UPDATE 1-Two die", text=STORY, note="Demonstration text")
    assert article.headline == "Two die"
    assert article.note == "Demonstration text; sent as CORRECTED-UPDATE 1"


# --- the text itself ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\ufeff", "***", "\x00\x01"])
def test_nothing_to_read_is_refused(text):
    with pytest.raises(EmptyError):
        make_article(text=text, headline="A headline alone is no article")


def test_too_long_is_refused():
    with pytest.raises(TooLargeError):
        make_article(text="a" * (MAX_ARTICLE_CHARACTERS + 1))


def test_text_without_a_headline_keeps_its_offsets():
    text = (
        "Shells fell near Kirkuk\u2019s \u201cold\u201d market on Sunday. Two people died there,\u00a0police said. It was the third attack."
    )
    article = make_article(text=text)
    assert article.headline == ""
    assert len(article.text) == len(text)
    assert article.text.index("market") == text.index("market")


def test_the_same_text_is_one_article_wherever_its_headline_came_from():
    apart = make_article(headline="Two soldiers die in blast", text=f"{STORY}\n\n{MORE}", source="Post")
    together = make_article(text=f"Two soldiers die in blast\n\n{STORY}\n\n{MORE}\n", source="Post", file_name="a.txt")
    assert together == make_article(headline="Two soldiers die in blast", text=f"{STORY}\n\n{MORE}", source="Post", file_name="a.txt")
    assert apart.article_id == together.article_id
    assert apart.article_id != make_article(headline="Two soldiers die in blast", text=f"{STORY}\n\n{MORE}", source="Herald").article_id


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": "https://Post.example/a?b=1#c"}, "https://post.example/a?b=1"),
        ({"url": "javascript:alert(1)", "external_id": "urn:post:123456"}, "Post#urn:post:123456"),
        ({"external_id": "17", "file_name": "rows.csv"}, "rows.csv#17"),
    ],
)
def test_story_id(fields, expected):
    assert make_article(text=STORY, source="Post", **fields).story_id == expected


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "nonsense", "http://[::1"])
def test_only_web_addresses_are_kept(url):
    assert clean_url(url) == ""


LINES = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            ["", STORY, MORE, "Advertisement", "By Jane Roe", "KIRKUK, Aug 19 (AP) - " + STORY, "Related stories", "3 December 2023",
             "Two die", "Two die", "(Reporting by X Y)", STORY + " - AFP", "UPDATE 1-Two die", "Source: AFP", "(Reuters) - x", "BAGHDAD -",
             "By A B BAGHDAD (AP) - x", "[TEXT]", "&amp;lt;", "Ã©tÃ©", "\u202eabc", "a\u00adb", "ﬁ", "\ud800"]
        ),
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(text=LINES, headline=st.one_of(st.just(""), st.just("Two die"), st.text(max_size=40)))
@example(text="0", headline="Â\r0")
def test_any_text_is_an_article_with_whole_parts_or_refused(text, headline):
    try:
        article = make_article(text=text, headline=headline)
    except RefusedError:
        return
    check_parts(article)
    article.text.encode("utf-8")
    assert any(p.kind in ("headline", "body") for p in article.parts)
    again = make_article(text=article.text)
    assert again.text == article.text
    check_parts(again)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "scrap",
    ["a", "By A", "Ã©", "&amp;amp;", "(reporting by ", ". A ", "word " * 16 + "\n", "share | a", "UPDATE ", "[TEXT] ", "A: ",
     "BAGHDAD, ", "(A) - ",
     "\u200b", "\ud800x", "x\n", "Key: v\n", "x. (a\n", "e\u0301\u0302", " ", "\n", "1/", "Advertisement\n"],
)  # fmt: skip
def test_a_long_hostile_text_is_read_in_even_time(scrap):
    # Rules that look back over the whole text once a line take minutes here.
    text = scrap * (300_000 // len(scrap)) + scrap.strip() * 1000 + " end"
    with contextlib.suppress(RefusedError):
        check_parts(make_article(text=text, headline="UPDATE UPDATE UPDATE x"))


@pytest.mark.parametrize(
    "line",
    [
        "EMBARGOED UNTIL 0600 GMT, 4 December 2023",
        "Correction: an earlier version of this story said that nine people were killed.",
        "CORRECTION (Dec. 4): The number of dead has been corrected to five from nine.",
        "This article has been corrected to show that five people were killed, not nine.",
        "An earlier version of this report gave the number of dead as nine.",
        "(Editor's note: an earlier version misstated the name of the village)",
    ],
)
def test_embargo_and_correction_notes_are_kept_and_not_coded(line):
    story = "Five people were killed in Kirkuk on Sunday, police said. The road was closed for hours."
    article = make_article(text=f"Five die in Kirkuk\n\n{line}\n\n{story}\n\nThe wounded were taken to the city's hospital.")
    assert line.strip("()") in article.note
    assert all("nine" not in article.text[p.start : p.end] for p in article.parts if p.kind == "body")
    assert story in article.text


@pytest.mark.parametrize(
    "line",
    [
        "The embargo on arms for the region was lifted on Friday, the council said in New York.",
        "The minister said that the report was corrected by nobody and that nine people were killed.",
        "The correction of the border took nine years, and an earlier version of the map is lost.",
        "The army said the story was false.",
    ],
)
def test_sentences_about_embargoes_and_corrections_stay_body(line):
    article = make_article(
        text=f"Five die in Kirkuk\n\n{line}\n\nThe wounded were taken to the city's hospital, where doctors worked late."
    )
    assert any(line in article.text[p.start : p.end] for p in article.parts if p.kind == "body")
    assert article.note == ""
