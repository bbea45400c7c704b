"""Whatever bytes a file holds, its reading ends in articles and refusals."""

import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.intake import read_path
from tests.pipeline.intake.sound import assert_sound

NAMES = st.sampled_from(["a.txt", "a.csv", "a.tsv", "a.json", "a.jsonl", "a.ndjson", "a", "a.bin"])
SCRAPS = st.sampled_from(
    [b"text,headline\n", b"text\theadline\n", b'"', b'""', b",", b"\n", b"\r", b"{", b"}", b"[", b"]",
     b'{"text":"x"}\n', b'{"text":', b"\\ud800",
     b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\x00", b"---\n", b"Headline: x\n", b"Published: x\n",
     b"text: y\n", b"\x80\x81\x8d",
     b"BAGHDAD, Dec 3 (AP) - ", b"&#x202e;", b"&amp;", b"1e999", b"-", b"(Reuters) -", b"By A B\n", b"Published: 2023-99-99\n",
     b"\xed\xa0\x80",
     b"2023-12-03,", b"NaN", b"null", b'{"published":1e400,"text":"a b"}', b'{"text":{"name":["a"]}}', b"\x1b[0m", b"word " * 30]
)  # fmt: skip
BYTES = st.one_of(st.binary(max_size=300), st.lists(st.one_of(SCRAPS, st.binary(max_size=8)), max_size=25).map(b"".join))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["text", "title", "date", "source", "url", "id", "lang", "articles", "name", ""]), inner, max_size=5
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES, content=BYTES)
@example("a.csv", b'text,headline\n"' + b"x\n" * 50)
@example("a.jsonl", b'{"text": "\\ud800 dead"}')
@example("a.json", b"[" * 5000)
@example("a.txt", b"\xff\xfe\x00\xd8")
def test_any_bytes_under_any_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert_sound(read_path(path))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON, name=st.sampled_from(["a.json", "a.jsonl", "a.txt"]))
def test_any_json(tmp_path, value, name):
    content = json.dumps(value).encode()
    path = tmp_path / name
    path.write_bytes(content)
    assert_sound(read_path(path))
