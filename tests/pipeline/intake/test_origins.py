import dataclasses
import json
import random
from itertools import combinations
from pathlib import Path

import pytest

from pipeline.intake.normalise import make_article
from pipeline.intake.origins import (
    OriginIndex,
    assign_origins,
    find_credit,
    find_origin,
    is_same_text,
    lookup_runs,
    share,
    signature,
    window,
)

BLAST = (
    "A roadside bomb killed two soldiers and wounded five near the town of Daquq on Sunday, the army said in a statement.\n\n"
    "The bomb went off beside a convoy that was bringing water to a post in the hills, an officer of the brigade said. "
    "He said that three of the "
    "wounded were in a serious condition and had been flown to the capital.\n\n"
    "Nobody has said it was behind the blast, the third on that road in a month. Islamic State, which lost the last of "
    "its towns six years ago, "
    "keeps cells in the hills south of the city and often attacks patrols at night.\n\n"
    "Residents said that they had heard gunfire after the explosion and that the road had been closed until the evening."
)
OTHER = (
    "Two members of the army lost their lives when an explosive device was set off under their lorry south of Kirkuk, "
    "security sources told this "
    "newspaper on Sunday evening.\n\n"
    "Five more were hurt, according to the hospital in the provincial capital, where relatives waited for news until late at night.\n\n"
    "The mayor of Daquq called for more checkpoints. He said the hills had not been searched since the spring, and that "
    "shepherds no longer "
    "dared to take their flocks there.\n\n"
    "The cell that is thought to be responsible has burnt crops and killed two village heads since January."
)


def article(text=BLAST, *, source="Meridian Wire", day="2023-12-03", head="KIRKUK, Dec 3 (Meridian Wire) - ", **fields):
    return make_article(text=head + text, headline=fields.pop("headline", "Two soldiers die"), source=source, published=day, **fields)


WIRE = article()
COPY = article(source="Daily Post", head="", headline="Bomb kills two on Daquq road", text=BLAST + "\n\n- Meridian Wire")
CUT = article(
    source="Herald", day="2023-12-04", head="", headline="Soldiers killed",
    text=BLAST.rsplit("\n\n", 2)[0].replace("on Sunday", "at the weekend").replace("an officer", "a senior officer"),
)  # fmt: skip
OWN = article(OTHER, source="Two Rivers Daily", head="KIRKUK - ")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        pytest.param(WIRE, COPY, True, id="republished"),
        pytest.param(WIRE, CUT, True, id="cut-and-lightly-edited"),
        pytest.param(WIRE, OWN, False, id="another-outlet's-own-story"),
        pytest.param(WIRE, article(OTHER), False, id="another-story-of-the-same-outlet"),
        pytest.param(WIRE, article(f"{OTHER}\n\n{BLAST.split(chr(10))[0]}"), False, id="one-sentence-shared"),
        pytest.param(
            WIRE, article(f"{BLAST}\n\n" + " ".join(f"Item {n} of many others." for n in range(300))), False, id="inside-a-round-up"
        ),
        pytest.param(article("Two dead."), article("Two dead.", source="Post", head=""), True, id="shorter-than-a-run"),
        pytest.param(article("Two dead."), article("Two hurt.", source="Post", head=""), False, id="shorter-than-a-run-and-different"),
    ],
)
def test_is_same_text(a, b, same):
    assert is_same_text(signature(a), signature(b)) is same
    assert is_same_text(signature(b), signature(a)) is same
    assert share(signature(a), signature(b)) == share(signature(b), signature(a))


def test_copies_are_one_origin_and_own_stories_another():
    found = assign_origins([WIRE, COPY, CUT, OWN])
    assert len({found[a.article_id].origin_id for a in (WIRE, COPY, CUT)}) == 1
    assert found[OWN.article_id].origin_id == "o" + OWN.article_id[1:]
    assert found[OWN.article_id].basis == "a text of its own"
    assert found[COPY.article_id].agency == "Meridian Wire"


def test_origins_do_not_depend_on_the_order_of_arrival():
    stories = [WIRE, COPY, CUT, OWN, article(OTHER, source="Echo", day="2023-12-09", head=""), article(day="2024-02-01", source="Later")]
    expected = {i: o.origin_id for i, o in assign_origins(stories).items()}
    for seed in range(8):
        order = random.Random(seed).sample(stories, len(stories))
        index, origins = OriginIndex(), {}
        for a in order:
            found = find_origin(a, index)
            origins[a.article_id] = found.origin_id
            for article_id, origin_id in origins.items():
                if origin_id in found.replaces:
                    origins[article_id] = found.origin_id
        assert origins == expected


def test_an_article_that_links_two_origins_joins_them():
    sentences = BLAST.replace("\n\n", " ").split(". ")
    first, second = article(". ".join(sentences[:3]) + ".", source="A", head=""), article(". ".join(sentences[3:]), source="B", head="")
    index = OriginIndex()
    one, two = index.find(first), index.find(second)
    assert one.origin_id != two.origin_id
    whole = index.find(WIRE)
    assert {whole.origin_id, *whole.replaces} >= {one.origin_id, two.origin_id}
    assert index.find(dataclasses.replace(COPY)).origin_id == min(whole.origin_id, "o" + COPY.article_id[1:])


def test_what_is_printed_weeks_later_is_another_origin():
    index = OriginIndex()
    assert index.find(WIRE).origin_id != index.find(article(source="Post", day="2023-12-11")).origin_id


def test_undated_articles_are_compared_among_themselves():
    index = OriginIndex()
    one, two = index.find(article(day=None)), index.find(article(day=None, source="Post"))
    assert two.origin_id in (one.origin_id, "o" + article(day=None, source="Post").article_id[1:])
    assert two.replaces == () or one.origin_id in two.replaces
    assert index.find(WIRE).origin_id == "o" + WIRE.article_id[1:]


class Stored:
    """Texts as a store has them: id -> (article, its origin)."""

    def __init__(self, articles):
        self.articles, self.asked = articles, []

    def runs_of_day(self, day):
        self.asked.append(day)
        return [(i, lookup_runs(signature(a).runs)) for i, (a, _) in self.articles.items() if a.published == day]

    def signatures(self, article_ids):
        return [(signature(self.articles[i][0]), self.articles[i][1]) for i in article_ids]


def test_known_articles_are_loaded_by_day_and_once():
    texts = Stored({WIRE.article_id: (WIRE, "o-known")})
    index = OriginIndex(texts)
    found = index.find(COPY)
    assert "o-known" in (found.origin_id, *found.replaces)
    index.find(OWN)
    assert sorted(texts.asked) == window("2023-12-03")
    assert len(window("2023-12-03")) == 15
    assert window(None) == [None]


def test_days_that_were_dropped_to_save_memory_are_loaded_again(monkeypatch):
    monkeypatch.setattr("pipeline.intake.origins.KEPT_TEXTS", 2)
    days = [f"2024-{month:02d}-01" for month in range(1, 13)]
    articles = [article(" ".join(f"Item {n} of {day} tells of {k} things." for k in range(30)), day=day) for n, day in enumerate(days)]
    copies = [dataclasses.replace(a, article_id=f"{a.article_id}-copy", source="Post") for a in articles]
    texts = Stored({})
    index = OriginIndex(texts)
    for a in [*articles, *copies]:
        texts.articles[a.article_id] = a, index.find(a).origin_id
    assert [texts.articles[a.article_id][1] for a in copies] == [texts.articles[a.article_id][1] for a in articles]
    assert len(index._days) <= 16


def test_a_text_is_found_again_among_many_of_its_day(monkeypatch):
    monkeypatch.setattr("pipeline.intake.origins.NEW_PAIRS", 40)
    index = OriginIndex()
    articles = [article(" ".join(f"Part {n} has item {k}." for k in range(20)), day=None) for n in range(30)]
    first = [index.find(a).origin_id for a in articles]
    assert len(set(first)) == 30
    again = [index.find(dataclasses.replace(a, article_id=f"az{a.article_id}")).origin_id for a in articles]
    assert again == first


def test_the_basis_says_how_much_is_shared_and_with_whom():
    index = OriginIndex()
    index.find(WIRE)
    assert index.find(COPY).basis == f"100% of its text is that of Meridian Wire ({WIRE.article_id})"


@pytest.mark.parametrize(
    ("head", "tail", "agency"),
    [("KIRKUK (AP) - ", "", "AP"), ("", "\n\nSource: AFP", "AFP"), ("", "\n\n(Reporting by Reuters)", "Reuters"),
     ("", "\n\nThe Associated Press contributed to this report.", "The Associated Press"), ("", " - AFP", "AFP"), ("", "\n\n(AP)", "AP"),
     ("", "", None), ("", "\n\n(Reporting by Jane Roe)", None)],
)  # fmt: skip
def test_the_agency_is_shown_where_it_is_named(head, tail, agency):
    a = article(head=head, text=BLAST + tail, source="Post")
    credit = find_credit(a)
    assert (credit[0] if credit else None) == agency
    if credit:
        assert a.text[credit[1] : credit[2]] == agency
        assert OriginIndex().find(a).basis == f"a text of its own that names {agency}"


def test_the_republications_of_the_gold_set_are_found_and_nothing_else():
    gold = Path(__file__).parents[2] / "gold"
    same = {frozenset(pair) for group in json.loads((gold / "origins.json").read_text())["origins"] for pair in combinations(group, 2)}
    rows = map(json.loads, (gold / "challenge_dev.jsonl").read_text(encoding="utf-8").splitlines())
    articles = [
        make_article(
            text=r["text"], headline=r["headline"], published=r["published"], published_source="metadata", source=r["source"],
            external_id=r["article_id"],
        )
        for r in rows
    ]  # fmt: skip
    found = assign_origins(articles)
    joined = {
        frozenset((a.external_id, b.external_id))
        for a, b in combinations(articles, 2)
        if found[a.article_id].origin_id == found[b.article_id].origin_id
    }
    right = len(joined & same)
    assert 2 * right / (len(joined) + len(same)) >= 0.95
