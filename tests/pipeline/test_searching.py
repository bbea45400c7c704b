"""What is typed finds what it says, never breaks, and what could not be followed is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.searching import read_search

TEXTS = {
    1: "A drone strike killed five near Kirkuk on Sunday.",
    2: "Rockets hit the base. Far away and many words later, on quite another day and in another town altogether, a drone fell.",
    3: "The army said nothing of Kirkuk.",
    4: "Drones and drone-makers: war of words.",
}
SIGNS = (
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "NEAR/3",
    "NEAR(",
    '"',
    "(",
    ")",
    "*",
    "^",
    ":",
    "-",
    "a",
    "drone",
    '"a b"',
    "headline:",
    "+",
    ",",
    "NEAR/99999",
)


@pytest.fixture(scope="module")
def texts() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE t USING fts5(headline, text)")
    conn.executemany("INSERT INTO t(rowid, headline, text) VALUES (?, '', ?)", TEXTS.items())
    yield conn
    conn.close()


def find(conn: sqlite3.Connection, query: str) -> list[int]:
    return [n for (n,) in conn.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", (query,))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("drone", [1, 2, 4]),
        ("drone kirkuk", [1]),
        ("drone AND kirkuk", [1]),
        ("army OR rockets", [2, 3]),
        ("drone OR kirkuk NOT army", [1, 2, 4]),
        ("(drone OR kirkuk) NOT army", [1, 2, 4]),
        ("kirkuk NOT (drone OR army)", []),
        ("drone NOT kirkuk NOT war", [2]),
        ('"drone strike"', [1]),
        ('"drone strike" OR "war of"', [1, 4]),
        ("dron*", [1, 2, 4]),
        ('"drone str"*', [1]),
        ("rockets NEAR base", [2]),
        ("rockets NEAR/3 drone", []),
        ("rockets NEAR/30 drone", [2]),
        ("drone NEAR strike NEAR killed", [1]),
        ("drone-makers", [4]),
        ("near kirkuk", [1]),
        ("and kirkuk", []),
    ],
)
def test_words_find_what_they_say(texts: sqlite3.Connection, words: str, found: list[int]) -> None:
    search = read_search(words)
    assert search.problems == ()
    assert find(texts, search.query) == found


@pytest.mark.parametrize(
    ("words", "query", "problem"),
    [
        ('"drone strike', '("drone" AND "strike")', "a quotation mark has no partner"),
        ("drone OR", '"drone"', "OR needs words on both sides"),
        ("OR drone", '"drone"', "OR needs words on both sides"),
        ("drone AND", '"drone"', "AND needs words on both sides"),
        ("AND drone", '"drone"', "AND needs words on both sides"),
        ("NOT drone", "", "NOT needs words on both sides"),
        ("NEAR drone", '"drone"', "NEAR needs a word or phrase on both sides"),
        ("drone NEAR", '"drone"', "NEAR needs a word or phrase on both sides"),
        ("(drone", '"drone"', "a parenthesis is not closed"),
        ("drone)", '"drone"', "a parenthesis is closed that was not opened"),
        ("drone ??", '"drone"', "there is no word in ??"),
        ("(" * 30 + "drone" + ")" * 30, '"drone"', "parentheses go 20 deep at most"),
    ],
)
def test_what_cannot_be_followed_is_said(words: str, query: str, problem: str) -> None:
    search = read_search(words)
    assert search.query == query
    assert problem in search.problems


@given(st.text(max_size=60) | st.lists(st.sampled_from(SIGNS), max_size=14).map(" ".join) | st.lists(st.sampled_from(SIGNS)).map("".join))
def test_no_words_break_a_search(texts: sqlite3.Connection, words: str) -> None:
    search = read_search(words)
    if search.query:
        find(texts, search.query)


@pytest.mark.parametrize("words", ["(" * 5000, "drone " * 3000, "NOT a " * 2000, "a OR " * 2000, "a NEAR " * 2000, '"' * 3001])
def test_much_of_one_thing_is_no_trouble(texts: sqlite3.Connection, words: str) -> None:
    query = read_search(words).query
    if query:
        find(texts, query)
