import json
import os
from pathlib import Path

import pytest

from pipeline.errors import DateError, SettingsError
from pipeline.intake import Refusal, files, find_files, read_path
from pipeline.intake import jsons as jsons_module
from pipeline.intake import tables as tables_module
from pipeline.intake.columns import map_columns, plain_value
from pipeline.models import Article

STORY = "A roadside bomb killed two soldiers near the town on Sunday, the army said in a statement."
MORE = "Nobody has said it was behind the blast, the third on that road in a month."


def write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_one(path: Path, **options) -> Article:
    (found,) = read_path(path, **options)
    assert isinstance(found, Article), found
    return found


def refused(path: Path, **options) -> Refusal:
    (found,) = read_path(path, **options)
    assert isinstance(found, Refusal), found
    return found


# --- plain text ---------------------------------------------------------------------------------


def test_plain_text_without_a_head(tmp_path):
    article = read_one(write(tmp_path, "a.txt", f"Two die in blast\n\n{STORY}\n"), published="2023-12-03")
    assert (article.headline, article.text) == ("Two die in blast", f"Two die in blast\n\n{STORY}")
    assert (article.published_at_utc, article.published_source, article.file_name) == ("2023-12-03T00:00:00Z", "given", "a.txt")


def test_plain_text_with_a_head(tmp_path):
    head = (
        "HEADLINE: Two die: a blast\nPublished: 2023-12-03T10:00:00Z\nsource: Daily Post\nURL: https://post.example/1\nByline: Jane Roe\n"
    )
    text = f"{head}Note: Demonstration text,\n  not a real publication.\nColour: red\n---\nKIRKUK (AP) - {STORY}\n\n---\n\n{MORE}\n"
    article = read_one(write(tmp_path, "a.txt", text), published="1999-01-01")
    assert (article.headline, article.source, article.url, article.byline) == (
        "Two die: a blast",
        "Daily Post",
        "https://post.example/1",
        "Jane Roe",
    )
    assert (article.published_at_utc, article.published_source) == ("2023-12-03T10:00:00Z", "metadata")
    assert article.note == "Demonstration text, not a real publication."
    assert (article.dateline, article.agency) == ("KIRKUK", "AP")
    assert article.text == f"Two die: a blast\n\nKIRKUK (AP) - {STORY}\n\n---\n\n{MORE}"


def test_head_that_ends_at_an_empty_line(tmp_path):
    article = read_one(write(tmp_path, "a.txt", f"Title: Two die\nDate: 2023-12-03\n\n{STORY}\n\n{MORE}\n"))
    assert (article.headline, article.published) == ("Two die", "2023-12-03")


@pytest.mark.parametrize(
    "text",
    [
        f"Published: 3 December 2023\n\n{STORY}",
        f"Kirkuk: two die\nDaquq: one hurt\n\n{STORY}",
        f"Note: names have been changed.\n{STORY}\n---\n{MORE}",
        f"---\n{STORY}",
    ],
)
def test_what_only_looks_like_a_head_stays_text(tmp_path, text):
    assert STORY in read_one(write(tmp_path, "a.txt", text)).text
    assert text.splitlines()[0] in read_one(write(tmp_path, "a.txt", text)).text


def test_a_date_that_is_none_is_refused_by_name(tmp_path):
    found = refused(write(tmp_path, "a.txt", f"Headline: Two die\nPublished: 2023-02-31\n---\n{STORY}"))
    assert (found.item, found.step) == ("a.txt", "parse")
    assert "2023-02-31" in found.reason
    assert found.content is not None
    assert b"2023-02-31" in found.content


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8-sig", b""),
        ("utf-16", b""),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32", b""),
        ("cp1252", b""),
        ("latin-1", b""),
    ],
)
def test_encodings(tmp_path, encoding, mark):
    text = f"Tote in Córdoba\n\nÀ Paris, élèves et Überfälle: {STORY}"
    assert read_one(write(tmp_path, "a.txt", text.encode(encoding))).text == text


def test_double_encoding_is_repaired(tmp_path):
    broken = f"The city’s market in Córdoba. {STORY}".encode().decode("cp1252").encode()
    assert read_one(write(tmp_path, "a.txt", broken)).text == f"The city's market in Córdoba. {STORY}"


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "step", "reason"),
    [
        (b"", "read", "empty"),
        (b" \n\t\n ", "normalise", "no text"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "decode", "a PNG image"),
        (b"%PDF-1.7 ...", "parse", "a PDF document cannot be read"),
        (b"PK\x03\x04rest", "decode", "a ZIP archive"),
        (b"SQLite format 3\0rest", "decode", "a SQLite database"),
        (b"\0\0\0\x18ftypmp42", "decode", "video"),
        (b"text with\0zero bytes in it", "decode", "binary"),
        (b"\x01\x02\x03\x04\x05 abc", "decode", "control characters"),
        ("Двое военных погибли при взрыве".encode("cp1251"), "decode", "UTF-8"),
        (b"\xff\xfea", "decode", "UTF-16"),
        (b"<!DOCTYPE html><html><body><script>Two die</script></body></html>", "parse", "no story on the page"),
        (b"<?xml version='1.0'?><rss></rss>", "read", "no entry in the feed"),
        (b"<?xml version='1.0'?><gpx></gpx>", "parse", "XML document of a kind that is not read: its root element is 'gpx'"),
    ],
)
def test_refused_by_kind(tmp_path, content, step, reason):
    found = refused(write(tmp_path, "a.txt", content))
    assert (found.item, found.step, found.size) == ("a.txt", step, len(content))
    assert reason in found.reason


def test_refused_by_what_lies_there(tmp_path):
    assert "no such file" in refused(tmp_path / "missing.txt").reason
    assert "folder" in refused(tmp_path).reason
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(tmp_path / "pipe").reason
    assert "cannot be read" in refused(tmp_path / ("x" * 300)).reason
    assert "cannot be read" in refused(Path(f"{tmp_path}/nul\0.txt")).reason


def test_a_large_text_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.write(b"Two die\n")
        file.truncate(50_000_000)
    found = refused(path)
    assert (found.step, found.size) == ("read", 50_000_000) or found.step == "decode"
    path.write_bytes(b"word " * 5_000_000)
    found = refused(path)
    assert "25.0 MB" in found.reason
    assert "20 MB" in found.reason
    assert found.content is not None
    assert len(found.content) <= 1_000_000


def test_a_text_over_the_limit_of_an_article_is_refused(tmp_path):
    assert "500,000" in refused(write(tmp_path, "a.txt", "word " * 300_000)).reason


def test_the_given_date_must_be_one(tmp_path):
    with pytest.raises(DateError):
        list(read_path(write(tmp_path, "a.txt", STORY), published="soon"))


# --- JSON ---------------------------------------------------------------------------------------


def test_json_lines(tmp_path):
    rows = [
        {"article_id": "x-1", "published": "2023-12-03", "source": "Post", "headline": "Two die", "text": STORY, "gold": [1]},
        {
            "id": 7,
            "publishedAt": 1701612300,
            "source": {"id": None, "name": "Post"},
            "title": "Two die",
            "content": MORE,
            "authors": ["A B", "C D"],
        },
    ]
    lines = [json.dumps(rows[0]), "", "{broken", "[1]", json.dumps({"headline": "no text"}), json.dumps({"text": " "}), json.dumps(rows[1])]
    found = list(read_path(write(tmp_path, "in/a.jsonl", "\n".join(lines)), root=tmp_path))
    articles = [f for f in found if isinstance(f, Article)]
    assert [(a.external_id, a.published, a.source, a.headline, a.byline, a.file_name) for a in articles] == [
        ("x-1", "2023-12-03", "Post", "Two die", "", "in/a.jsonl"),
        ("7", "2023-12-03", "Post", "Two die", "A B, C D", "in/a.jsonl"),
    ]
    assert [(f.item, f.step) for f in found if isinstance(f, Refusal)] == [
        ("in/a.jsonl:3", "parse"),
        ("in/a.jsonl:4", "parse"),
        ("in/a.jsonl:5", "parse"),
        ("in/a.jsonl:6", "normalise"),
    ]
    refusal = next(f for f in found if isinstance(f, Refusal) and f.item.endswith(":5"))
    assert "'headline'" in refusal.reason
    assert "text" in refusal.reason


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a"])
@pytest.mark.parametrize(
    "shape",
    [lambda rows: rows, lambda rows: {"status": "ok", "articles": rows}, lambda rows: {"response": {"docs": rows}}],
    ids=["list", "articles", "nested"],
)
def test_json_documents(tmp_path, name, shape):
    rows = [{"title": "Two die", "body": STORY, "date": "2023-12-03"}, {"title": "Blast", "body": MORE, "date": "31.31.2023"}, 5]
    article, bad_date, number = read_path(write(tmp_path, name, json.dumps(shape(rows), indent=1)))
    assert isinstance(article, Article)
    assert (article.headline, article.published) == ("Two die", "2023-12-03")
    assert isinstance(bad_date, Refusal)
    assert (bad_date.item, bad_date.step) == (f"{name}#2", "parse")
    assert isinstance(number, Refusal)
    assert "number" in number.reason


def test_one_json_object(tmp_path):
    assert read_one(write(tmp_path, "a.json", json.dumps({"text": STORY, "title": "Two die"}))).headline == "Two die"


def test_text_that_opens_with_a_bracket_is_text(tmp_path):
    assert read_one(write(tmp_path, "a.txt", f"[REPORT] {STORY}")).text == f"[REPORT] {STORY}"


@pytest.mark.parametrize("content", ["[" * 100_000, "{" * 10, '{"a":' * 5000, "[1, 2", '"text"', "[]", "1" * 5000, "null"])
def test_broken_json_is_refused(tmp_path, content):
    assert all(isinstance(f, Refusal) for f in read_path(write(tmp_path, "a.json", content)))
    assert all(isinstance(f, Refusal) for f in read_path(write(tmp_path, "a.jsonl", content)))


def test_utf_16_json_lines(tmp_path):
    text = "\n".join(json.dumps({"text": f"Tote in Córdoba {n}. {STORY}"}, ensure_ascii=False) for n in range(3))
    found = list(read_path(write(tmp_path, "a.jsonl", text.encode("utf-16"))))
    assert [f.text[:18] for f in found if isinstance(f, Article)] == ["Tote in Córdoba 0.", "Tote in Córdoba 1.", "Tote in Córdoba 2."]


def test_a_line_over_the_limit_is_refused_and_the_next_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(jsons_module, "MAX_TEXT_BYTES", 500)
    monkeypatch.setattr(files.read_lines, "__kwdefaults__", {"limit": 500})
    text = "\n".join(json.dumps({"text": t}) for t in (STORY, "long " * 1000, MORE))
    one, two, three = read_path(write(tmp_path, "a.jsonl", text))
    assert isinstance(one, Article)
    assert isinstance(two, Refusal)
    assert (two.item, two.step) == ("a.jsonl:2", "read")
    assert isinstance(three, Article)


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", ","), ("a.csv", "|")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables(tmp_path, name, delimiter, encoding):
    quoted = STORY.replace('"', '""')
    header = delimiter.join(["Pub Date", "Outlet", "Title", "Body", "Link"])
    row = delimiter.join(
        ["2023-12-03", "Post", '"Two die, one hurt; more | feared"', f'"{quoted}\n\nKIRKUK - {MORE}"', "https://post.example/1"]
    )
    article = read_one(write(tmp_path, name, f"{header}\r\n{row}\r\n".encode(encoding)))
    assert (article.published, article.source, article.url) == ("2023-12-03", "Post", "https://post.example/1")
    assert article.headline == "Two die, one hurt; more | feared"
    assert article.text.endswith(MORE)


def test_rows_are_refused_one_by_one(tmp_path):
    text = f'date,headline,text\n2023-12-03,Two die,"{STORY}"\nnever,Bad date,"{STORY}"\n\n'
    text += f'2023-12-03,No text,\n1,2,3,4\n2023-12-04,Blast,"{MORE}"\n'
    found = list(read_path(write(tmp_path, "a.csv", text)))
    assert [f.headline for f in found if isinstance(f, Article)] == ["Two die", "Blast"]
    assert [(f.item, f.step) for f in found if isinstance(f, Refusal)] == [
        ("a.csv:3", "parse"),
        ("a.csv:5", "normalise"),
        ("a.csv:6", "parse"),
    ]
    assert next(f.content for f in found if isinstance(f, Refusal)) == f'date,headline,text\nnever,Bad date,"{STORY}"\n'.encode()


def test_missing_text_column_is_refused_with_what_is_there(tmp_path):
    found = refused(write(tmp_path, "a.csv", "event,date,place\n1,2023-12-03,Kirkuk\n"))
    assert found.step == "parse"
    assert "'event', 'date', 'place'" in found.reason
    assert "text" in found.reason


@pytest.mark.parametrize("content", ["text,headline\n", "text\n"])
def test_a_header_alone_is_refused(tmp_path, content):
    assert "no row" in refused(write(tmp_path, "a.csv", content)).reason


def test_columns_by_name(tmp_path):
    path = write(tmp_path, "a.csv", f'Cuerpo,text,Fecha\n"{STORY}",other text,2023-12-03\n')
    article = read_one(path, columns={"text": "cuerpo", "published": "Fecha"})
    assert (article.text, article.published) == (STORY, "2023-12-03")
    assert "'Titular'" in refused(path, columns={"headline": "Titular"}).reason
    with pytest.raises(SettingsError, match="'colour'"):
        list(read_path(path, columns={"colour": "Fecha"}))


def test_large_fields_are_read(tmp_path):
    assert len(read_one(write(tmp_path, "a.csv", f'headline,text\nTwo die,"{"word " * 40_000}"\n')).text) > 190_000


def test_a_quotation_mark_that_never_closes_does_not_swallow_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tables_module, "FIELD_LIMIT", 2_000)
    text = f'headline,text\nTwo die,"{STORY}"\nOpen,"never closed\n' + f"{MORE}\n" * 200
    one, two = read_path(write(tmp_path, "a.csv", text))
    assert isinstance(one, Article)
    assert isinstance(two, Refusal)
    assert "quotation mark" in two.reason


def test_prose_with_commas_is_no_table(tmp_path):
    text = f"Text, title and source of the attack remain unknown, police say\n\n{STORY}"
    assert read_one(write(tmp_path, "a.txt", text)).headline.startswith("Text, title")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["published", "source", "headline", "text", "url"], {f: f for f in ("published", "source", "headline", "text", "url")}),
        (["pubDate", "Title", "Content", "Link", "Author", "ID"],
         {"published": "pubDate", "headline": "Title", "text": "Content", "url": "Link", "byline": "Author", "external_id": "ID"}),
        (["body", "text", "date", "published_at"], {"text": "text", "published": "published_at"}),
        (["article", "article_id"], {"text": "article", "external_id": "article_id"}),
    ],
)  # fmt: skip
def test_map_columns(names, expected):
    assert map_columns(names) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (None, ""), (True, ""), (5, "5"), ({"id": "x", "name": "X"}, "X"),
     (["a", {"name": "b"}], "a, b"), ([["a"]], "a"), ({}, ""),
     (["x" * 101, "y"], "x" * 101 + "\n\ny"), ({"name": {"name": {"name": {"name": {"name": "deep"}}}}}, "")],
)  # fmt: skip
def test_plain_value(value, expected):
    assert plain_value(value) == expected


# --- folders ------------------------------------------------------------------------------------


def test_find_files(tmp_path):
    outside = write(tmp_path, "outside/secret.txt", STORY)
    folder = tmp_path / "in"
    for name in (
        "b.txt",
        "a.csv",
        "sub/c.jsonl",
        ".hidden",
        ".git/x.txt",
        "README.md",
        "LICENSE",
        "sub/readme.txt",
        "photo.png",
        "~$lock.txt",
    ):
        write(folder, name, STORY)
    (folder / "loop").symlink_to(folder)
    (folder / "sub" / "up").symlink_to("..")
    (folder / "leak.txt").symlink_to(outside)
    (folder / "leaks").symlink_to(outside.parent)
    (folder / "alias.txt").symlink_to(folder / "b.txt")
    (folder / "broken.txt").symlink_to(folder / "nowhere.txt")
    found = list(find_files([folder, folder / "b.txt", tmp_path / "missing.txt", folder / "README.md"]))
    assert [str(f.relative_to(tmp_path)) for f in found] == [
        "in/a.csv", "in/alias.txt", "in/b.txt", "in/broken.txt", "in/leak.txt", "in/photo.png", "in/sub/c.jsonl",
        "missing.txt", "in/README.md",
    ]  # fmt: skip
    assert "no such file" in refused(folder / "broken.txt").reason
    assert "leads out of its folder" in refused(folder / "leak.txt", root=folder).reason
    assert read_one(folder / "leak.txt", root=folder, is_named=True).text == outside.read_text(encoding="utf-8")
    assert read_one(folder / "alias.txt", root=folder).text == STORY


def test_item_names_stay_inside_the_root(tmp_path):
    path = write(tmp_path, "in/deep/a.txt", "")
    assert refused(path, root=tmp_path).item == "in/deep/a.txt"
    assert refused(path, root=tmp_path / "other").item == "a.txt"
    assert refused(path).item == "a.txt"
