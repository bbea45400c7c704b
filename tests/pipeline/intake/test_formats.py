"""Every format that is read: recognised by its content, the story whole, and each field where the format has it."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import LimitError
from pipeline.intake import Explanation, Refusal, archives, blobs, feeds, read_bytes, read_path
from pipeline.intake.blobs import Budget, time_limit
from pipeline.intake.cleaning import clean_text, join_hyphens
from pipeline.models import Article
from tests.pipeline.intake import samples


def read(tmp_path: Path, name: str, content: bytes, **options: Any) -> list[Article | Refusal]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_path(path, root=tmp_path, **options))


def articles(tmp_path: Path, name: str, content: bytes) -> list[Article]:
    found = read(tmp_path, name, content)
    assert [f for f in found if isinstance(f, Refusal)] == []
    return [f for f in found if isinstance(f, Article)]


def refusal(tmp_path: Path, name: str, content: bytes) -> Refusal:
    (found,) = read(tmp_path, name, content)
    assert isinstance(found, Refusal)
    return found


def body(article: Article) -> str:
    return " ".join(" ".join(article.text[p.start : p.end] for p in article.parts if p.kind == "body").split())


WITHOUT_NAME = [n for n in samples.SAMPLES if not n.endswith((".gz",))]


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_the_story_is_read_whole(tmp_path: Path, name: str) -> None:
    article = articles(tmp_path, name, samples.SAMPLES[name]())[0]
    assert article.headline == samples.HEADLINE
    assert body(article) == " ".join(samples.BODY.split())
    assert article.language == "en"


@pytest.mark.parametrize("name", WITHOUT_NAME)
def test_formats_are_told_by_their_content(tmp_path: Path, name: str) -> None:
    article = articles(tmp_path, "download", samples.SAMPLES[name]())[0]
    assert body(article) == " ".join(samples.BODY.split())


NO_DATE = ("story.docx", "story.pdf", "story.rtf", "nested.zip")


@pytest.mark.parametrize("name", [n for n in samples.SAMPLES if n not in NO_DATE])
def test_the_date_is_the_one_that_the_format_gives(tmp_path: Path, name: str) -> None:
    article = articles(tmp_path, name, samples.SAMPLES[name]())[0]
    assert article.published == samples.DAY
    assert article.published_source == "metadata"
    if name not in ("nexis.txt",):
        assert article.published_at_utc == samples.MOMENT


@pytest.mark.parametrize("name", [n for n in samples.SAMPLES if n not in (*NO_DATE, "letter-docx.eml")])
def test_outlet_and_byline(tmp_path: Path, name: str) -> None:
    article = articles(tmp_path, name, samples.SAMPLES[name]())[0]
    assert article.source == samples.OUTLET
    assert article.byline == (samples.AUTHOR if not name.endswith(".eml") else "")


@pytest.mark.parametrize(
    ("name", "url", "external_id"),
    [
        ("story.html", samples.URL, ""), ("feed.xml", samples.URL, "wire-4711"), ("atom.xml", samples.URL, "urn:wire:4711"),
        ("item.newsml.xml", "", "urn:newsml:wire.example:20231203:4711"), ("item.nitf.xml", "", "wire-4711"),
        ("item.json", "", "urn:wire:4711"), ("letter.eml", "", "4711@wire.example"), ("factiva.txt", "", "TIGW000020231203ejc3000ab"),
        ("factiva-coded.txt", "", "TIGW000020231203ejc3000ab"), ("crawl.wacz", samples.URL, ""),
    ],
)  # fmt: skip
def test_address_and_number(tmp_path: Path, name: str, url: str, external_id: str) -> None:
    article = articles(tmp_path, name, samples.SAMPLES[name]())[0]
    assert (article.url, article.external_id) == (url, external_id)


def test_exports_and_mailboxes_hold_many(tmp_path: Path) -> None:
    for name, content in (("f.txt", samples.factiva_plain()), ("n.txt", samples.nexis_old())):
        _, second = articles(tmp_path, name, content.encode())
        assert (second.headline, second.published) == ("Ministers meet in Basra over port tariffs", "2023-12-04")
        assert body(second).startswith("Ministers from five provinces")
    assert [a.external_id for a in articles(tmp_path, "a.mbox", samples.mbox())] == ["4711@wire.example", "4713@wire.example"]


def test_wire_notes_versions_and_withdrawals(tmp_path: Path) -> None:
    (article,) = articles(tmp_path, "a.xml", samples.newsml(version=3))
    assert article.note == "note of the wire: Adds detail of the wounded; version 3 of its wire"
    embargoed = samples.newsml().replace(b"<pubStatus", b"<embargoed>2023-12-04T06:00:00Z</embargoed><pubStatus")
    assert "embargoed until 2023-12-04T06:00:00Z" in articles(tmp_path, "b.xml", embargoed)[0].note
    assert "cancelled" in refusal(tmp_path, "c.xml", samples.newsml(status="stat:canceled")).reason
    withdrawn = json.loads(samples.ninjs()) | {"pubstatus": "withheld"}
    assert "withheld" in refusal(tmp_path, "d.json", json.dumps(withdrawn).encode()).reason


def test_a_dateline_of_its_own_is_set_before_the_text(tmp_path: Path) -> None:
    for name in ("item.newsml.xml", "item.nitf.xml", "nexis-uni.txt"):
        article = articles(tmp_path, name, samples.SAMPLES[name]())[0]
        assert article.dateline.startswith("KIRKUK")


def test_a_teaser_says_that_it_is_one(tmp_path: Path) -> None:
    feed = samples.rss().split(b"<content:encoded>")[0] + b"</item></channel></rss>"
    (article,) = articles(tmp_path, "a.xml", feed)
    assert article.note == "the feed's teaser, not the whole story"
    (entry,) = feeds.read_entries(feed)
    assert not entry.is_full
    assert feeds.read_entries(samples.rss())[0].is_full


def test_html_in_fields_of_tables_is_taken_off(tmp_path: Path) -> None:
    row = {"title": "Two die", "body": "<p>Two people died in Kirkuk.</p><p>One&nbsp;is hurt.</p><script>x()</script>"}
    (article,) = articles(tmp_path, "a.jsonl", json.dumps(row).encode())
    assert body(article) == "Two people died in Kirkuk. One is hurt."


def test_letters_attached_and_saved_pages(tmp_path: Path) -> None:
    saved = (
        b"From: <Saved by a browser>\r\nSnapshot-Content-Location: https://wire.example/a\r\nSubject: Two die\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n' + samples.page() + b"\r\n--b--\r\n"
    )
    (article,) = articles(tmp_path, "a.mht", saved)
    assert article.url == "https://wire.example/a"
    assert samples.PARAGRAPHS[0] in body(article)


def test_hyphens_at_line_ends() -> None:
    text = "The govern-\nment and a cease-\nfire; self-\ndefence, a car-bomb; the car-\nbomb. Al-\nQaeda"
    assert join_hyphens(text) == "The government and a cease-fire; self-defence, a car-bomb; the car-bomb. Al-\nQaeda"


def test_words_divided_in_hard_wrapped_text_are_whole_and_compounds_keep_their_hyphen() -> None:
    text = (
        "KIRKUK, Iraq - Two soldiers were killed on Sunday and three others were woun-\n"
        "ded when a roadside bomb hit their convoy near the town of Daquq, an Iran-\n"
        "backed militia said. The army in the city spoke of nothing else than self-\n"
        "defense, and the governor of the province of a breach of the long cease-\n"
        "fire that had held since the summer in all five provinces. The govern-\n"
        "ment in the capital did not answer. The road has been closed by police-\n"
        "men who guard it; the policemen had seen nothing that whole evening long.\n"
    )
    cleaned = clean_text(text)
    assert "\n" not in cleaned
    for words in ("were wounded when", "an Iran-backed militia", "self-defense,", "cease-fire that", "government in", "by policemen who"):
        assert words in cleaned
    assert clean_text(cleaned) == cleaned


def test_explain_of_a_mailbox_says_where_each_letter_was(tmp_path: Path) -> None:
    told: list[Explanation] = []
    read(tmp_path, "a.mbox", samples.mbox(), explain=told.append)
    assert [e.why for e in told] == ["letter 1 of the mailbox", "letter 2 of the mailbox"]
    told.clear()
    read(tmp_path, "a.docx", samples.docx(), explain=told.append)
    assert [e.why for e in told] == ["it holds word/document.xml"]


def test_explain_says_what_it_was_and_how_each_field_was_got(tmp_path: Path) -> None:
    told: list[Explanation] = []
    read(tmp_path, "a.html", samples.page(), explain=told.append)
    read(
        tmp_path,
        "a.txt",
        f"{samples.HEADLINE}\n\nBy {samples.AUTHOR}\n\n{samples.BODY}".encode(),
        published="2023-12-03",
        explain=told.append,
    )
    (page, text) = told
    assert (page.item, page.kind) == ("a.html", "an HTML page")
    assert ("published", samples.MOMENT, "<meta article:published_time>") in page.fields
    assert ("published", "2023-12-03T00:00:00Z", "--published") in text.fields
    assert ("byline", samples.AUTHOR, "the layout of the text") in text.fields


# --- what is refused, and that the next one goes on ----------------------------------------------


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    laughs = b'<!DOCTYPE nitf [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    ) + b"]><nitf><body.content><p>&j;</p></body.content></nitf>"  # fmt: skip
    outside = f'<!DOCTYPE nitf [<!ENTITY x SYSTEM "{secret.as_uri()}">]><nitf><body.content><p>&x; is it</p></body.content></nitf>'.encode()
    for content in (laughs, outside, laughs.replace(b"nitf", b"rss"), outside.decode().encode("utf-16"), b"<?xml version='1.0'?>" + laughs):
        began = time.monotonic()
        found = read(tmp_path, "a.xml", content)
        assert time.monotonic() - began < 5
        assert [type(f) for f in found] == [Refusal]
        assert "declares entities" in found[0].reason  # type: ignore[union-attr]
    page = samples.page().replace(b"<!DOCTYPE html>", b'<!DOCTYPE html [<!ENTITY x SYSTEM "' + secret.as_uri().encode() + b'">]>')
    found = read(tmp_path, "a.html", page.replace(b"No group", b"&x; No group"))
    assert all("the secret" not in f.text for f in found if isinstance(f, Article))


def bomb(size: int) -> bytes:
    return samples.zipped(("bomb.txt", b"word " * (size // 5)))


def test_bombs_go_off_nowhere(tmp_path: Path) -> None:
    assert "20 MB" in refusal(tmp_path, "a.zip", bomb(60_000_000)).reason
    blank = gzip.compress(b'{"text": "Two die."}\n' + b"\n" * 60_000_000)
    assert "zip bomb" in read(tmp_path, "b.jsonl.gz", blank)[-1].reason  # type: ignore[union-attr]
    packed = gzip.compress((b'{"text":"Two people died. ' + b"On " * 30_000 + b'"}\n') * 300)
    found = read(tmp_path, "c.jsonl.gz", packed)
    assert "zip bomb" in found[-1].reason  # type: ignore[union-attr]
    deep = samples.pdf()
    for _ in range(6):
        deep = samples.zipped(("inner.zip", deep))
    assert "archives deep" in refusal(tmp_path, "d.zip", deep).reason


def test_archives_with_too_many_members_are_refused_unread(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 200_000_000, 0, 0)
    assert "members" in refusal(tmp_path, "a.zip", b"PK\x03\x04" + bytes(100) + end).reason


def test_members_that_lead_out_are_refused_and_the_next_is_read(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../outside.html", samples.page())
        archive.writestr("/etc/cron.d/x.html", samples.page())
        archive.writestr(link, "/etc/passwd")
        archive.writestr("broken.pdf", b"%PDF-1.4 nothing")
        archive.writestr("in/story.html", samples.page())
    found = read(tmp_path, "a.zip", out.getvalue())
    assert ["leads out" in f.reason for f in found[:2] if isinstance(f, Refusal)] == [True, True]
    assert "link" in found[2].reason  # type: ignore[union-attr]
    assert "PDF" in found[3].reason  # type: ignore[union-attr]
    assert isinstance(found[4], Article)
    assert found[4].file_name == "a.zip/in/story.html"


@pytest.mark.parametrize("name", samples.SAMPLES)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_halves_of_files_end_in_articles_or_refusals(tmp_path: Path, name: str, share: float) -> None:
    content = samples.SAMPLES[name]()
    for found in read(tmp_path, name, content[: int(len(content) * share)]):
        assert isinstance(found, Article | Refusal)


def test_a_locked_pdf_and_a_scanned_one(tmp_path: Path) -> None:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(samples.pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert "locked with a password" in refusal(tmp_path, "a.pdf", out.getvalue()).reason
    assert "pictures" in refusal(tmp_path, "b.pdf", samples.pdf([""])).reason


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(samples.BODY)
    os.utime(path, ns=(1, 1))
    reading = read_path(path, explain=lambda _: path.write_text("half of it"))
    (found,) = reading
    assert isinstance(found, Refusal)
    assert "changed while it was read" in found.reason


def test_two_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    for name, start in (("a.txt", b"Two die\n"), ("a.pdf", b"%PDF-1.4\n"), ("a.html", b"<html>"), ("a.xml", b"<rss>")):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(start + b"word " * 30_000)
            file.truncate(2_000_000_000)
        began = time.monotonic()
        (found,) = read_path(path)
        assert isinstance(found, Refusal)
        assert found.size == 2_000_000_000
        assert "2,000.0 MB" in found.reason
        assert time.monotonic() - began < 1


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (found,) = read_path(tmp_path / "a.txt")
    assert isinstance(found, Refusal)


def test_a_member_without_a_name_breaks_nothing(tmp_path: Path) -> None:
    nameless = io.BytesIO()
    with zipfile.ZipFile(nameless, "w") as archive:
        archive.writestr("story.txt", samples.BODY)
        archive.writestr("other.txt", samples.BODY)
        archive.infolist()[1].filename = ""
    found, refused = read(tmp_path, "b.zip", nameless.getvalue())
    assert isinstance(found, Article)
    assert isinstance(refused, Refusal)
    assert "cannot be unpacked" in refused.reason


def spin(seconds: float) -> None:
    """Work that no waiting interrupts, and that swallows every error, as some parsers do."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            sum(range(200))
        except Exception:
            continue


def test_time_limit_holds_in_a_thread_as_well() -> None:
    told: list[object] = []

    def work() -> None:
        for seconds in (0.05, 0.05):
            try:
                with time_limit(seconds):
                    spin(20)
            except LimitError as e:
                told.append(str(e))
        with time_limit(0.2):
            told.append("in time")
        spin(0.4)  # what was set off late would go off here
        told.append("after")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert told == ["it takes longer than 0.05 s to read"] * 2 + ["in time", "after"]


def test_a_limit_within_a_limit() -> None:
    def work() -> None:
        with time_limit(0.2):
            with time_limit(5):
                spin(0.01)
            spin(20)

    with pytest.raises(LimitError, match=r"longer than 0\.2 s"):
        work()


def test_time_limit_and_budget() -> None:
    with pytest.raises(LimitError, match="longer than"), time_limit(0.05):
        time.sleep(5)
    budget = Budget(1000)
    budget.spend(19_000_000)
    with pytest.raises(LimitError, match="zip bomb"):
        budget.spend(2_000_000)


def test_bytes_of_no_file() -> None:
    (article,) = read_bytes(samples.page(), "https://wire.example/x", given={"url": "https://wire.example/x", "source": "Feed"})
    assert isinstance(article, Article)
    assert (article.source, article.url) == (samples.OUTLET, samples.URL)
    (empty,) = read_bytes(b"", "x")
    assert isinstance(empty, Refusal)


def test_limits_are_where_the_readme_says() -> None:
    assert (blobs.MAX_DOCUMENT_BYTES, blobs.MAX_DEPTH, blobs.MAX_MEMBERS) == (50_000_000, 3, 200_000)
    assert archives.MAX_NESTED_BYTES == 100_000_000
