"""Whatever is done to a file of any format, its reading ends in articles and named refusals, and soon.

DATELINE_TEST_FUZZ=5000 asks for more examples a format than the few of an ordinary run.
"""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.intake import read_bytes
from tests.pipeline.intake import samples
from tests.pipeline.intake.layouts import LAYOUTS, STORIES
from tests.pipeline.intake.sound import assert_sound

EXAMPLES = int(os.environ.get("DATELINE_TEST_FUZZ", "25"))
MADE = {name: make() for name, make in (samples.SAMPLES | {"box.mbox": samples.mbox}).items()}
MADE |= {f"{layout.__name__}.html": layout(STORIES[0]).encode() for layout in LAYOUTS}
SCRAPS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"<!ENTITY x 'y'>", b"<p>", b"</p>" * 20, b"<div>" * 300, b"\x00", b"\xff\xfe", b"\r\n\r\n",
    b"--b--", b"=\r\n", b"=?utf-8?B?////?=", b"Content-Type: multipart/mixed; boundary=b\r\n", b"{", b"}" * 50, b"{\\", b"\\u-1 ", b"\\'ff", b"\\bin9999999 ",
    b"PK\x03\x04", b"PK\x05\x06", b"endobj", b"stream", b"<<" * 200, b"[" * 3000, b"/Kids [2 0 R]", b"99999999999999999999", b"-1", b"WARC/1.0\r\n",
    b"Content-Length: 99999999\r\n", b"\x1f\x8b\x08", b"2023-99-99", b"1e400", b"null", b"\\ud800".replace(b"\\", b"\\"), b"From a b 10:00 2023\n",
    b"Document ABCDEF0000020231203abcdef\n", b"End of Document\n", b"Body\n", b"HD  x\n", b"\xed\xa0\x80", b"\xe2\x80\xae", b"a" * 5000,
)  # fmt: skip


def check(name: str, content: bytes) -> float:
    began = time.process_time()  # what others do on the machine is no fault of the reader's
    assert_sound(read_bytes(content, name))
    return time.process_time() - began


def mutate(rng: random.Random, content: bytes) -> bytes:
    """The content with one to six of its stretches cut, doubled, swapped, overwritten or stuffed."""
    data = bytearray(content)
    for _ in range(rng.randrange(1, 7)):
        a = rng.randrange(len(data) + 1)
        b = min(len(data), a + rng.choice((1, 2, 8, 64, 512)))
        kind = rng.randrange(6)
        if kind == 0:
            del data[a:b]
        elif kind == 1:
            data[a:a] = data[a:b] * rng.choice((1, 2, 40))
        elif kind == 2:
            data[a:b] = rng.randbytes(b - a)
        elif kind == 3:
            data[a:a] = rng.choice(SCRAPS)
        elif kind == 4 and data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        else:
            c = rng.randrange(len(data) + 1)
            data[a:a] = data[c : c + 200]
    return bytes(data)


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63))
def test_damaged_files(name: str, seed: int) -> None:
    assert check(name, mutate(random.Random(seed), MADE[name])) < 5


@settings(max_examples=EXAMPLES * 4, deadline=None)
@given(
    start=st.sampled_from([b"%PDF-1.4\n", b"{\\rtf1 ", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"WARC/1.0\r\n", b"<html>", b"<?xml version='1.0'?><rss>",
                           b"<nitf>", b"<newsMessage>", b"From a@b Sun Dec  3 10:15:00 2023\nFrom: a\nMIME-Version: 1.0\n", b"From: a\nMessage-ID: <b>\n",
                           b'{"uri":"a","versioncreated":"b","body_text":'] ),
    rest=st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(SCRAPS), max_size=20).map(b"".join)),
)  # fmt: skip
def test_any_bytes_behind_the_first_ones_of_a_format(start: bytes, rest: bytes) -> None:
    assert check("a", start + rest) < 5
