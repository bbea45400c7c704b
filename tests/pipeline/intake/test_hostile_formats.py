"""Whatever is done to a file of any format, its reading ends in articles and named refusals, and soon.

DATELINE_TEST_FUZZ=5000 asks for more examples a format than the few of an ordinary run; `tools.fuzz` goes on for as
long as one likes, and where its code coverage leads it.
"""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.intake import read_bytes
from tests.pipeline.intake.mutations import FAMILIES, SCRAPS, mutate
from tests.pipeline.intake.sound import assert_sound

EXAMPLES = int(os.environ.get("DATELINE_TEST_FUZZ", "25"))


def check(name: str, content: bytes) -> float:
    began = time.process_time()  # what others do on the machine is no fault of the reader's
    assert_sound(read_bytes(content, name))
    return time.process_time() - began


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63))
def test_damaged_files(name: str, seed: int) -> None:
    rng, family = random.Random(seed), FAMILIES[name]
    assert check(family.name, family.wrap(mutate(rng, rng.choice(family.seeds)))) < 5


@settings(max_examples=EXAMPLES * 4, deadline=None)
@given(
    start=st.sampled_from([b"%PDF-1.4\n", b"{\\rtf1 ", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"WARC/1.0\r\n", b"<html>", b"<?xml version='1.0'?><rss>",
                           b"<nitf>", b"<newsMessage>", b"From a@b Sun Dec  3 10:15:00 2023\nFrom: a\nMIME-Version: 1.0\n", b"From: a\nMessage-ID: <b>\n",
                           b'{"uri":"a","versioncreated":"b","body_text":'] ),
    rest=st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(SCRAPS), max_size=20).map(b"".join)),
)  # fmt: skip
def test_any_bytes_behind_the_first_ones_of_a_format(start: bytes, rest: bytes) -> None:
    assert check("a", start + rest) < 5
