"""Fetching: what is never fetched, what the limits are, and that sites are asked as they want to be asked."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pipeline.errors import AddressError, FetchError
from pipeline.intake.fetch import Fetcher, check_url, is_public
from tests.feedserver import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def fetcher(**options: object) -> Fetcher:
    return Fetcher(**({"allowed": frozenset({"127.0.0.1"}), "pause_s": 0.0} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.0.1", False), ("172.16.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("ff02::1", False), ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
        ("2002:a00:1::1", False), ("not an address", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://x.example/", "gopher://x", "//x.example/", "javascript:alert(1)", "http://", "http:///path",
     "http://user:pw@x.example/", "http://x.example:99999/", "http://x.example/a b", "http://x.example/\r\nHost: y", "http://[::1", ""],
)  # fmt: skip
def test_what_is_no_address_to_fetch(url: str) -> None:
    with pytest.raises(AddressError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://127.1/",
     "http://169.254.169.254/latest/meta-data/"],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling(url: str) -> None:
    with pytest.raises(FetchError):
        Fetcher(pause_s=0.0, max_seconds=3.0).fetch(url)


def test_a_private_address_is_fetched_where_it_is_allowed_by_name(site: Site) -> None:
    site.put("/a", "hello")
    assert fetcher().fetch(site.url("/a")).content == b"hello"
    assert fetcher(allowed=frozenset({f"127.0.0.1:{site.port}"})).fetch(site.url("/a")).status == 200
    with pytest.raises(AddressError, match="private"):
        fetcher(allowed=frozenset()).fetch(site.url("/a"))


def test_a_redirect_to_a_private_address_is_refused(site: Site) -> None:
    site.put("/a", "", 302, Location=f"http://localhost:{site.port}/secret")
    site.put("/secret", "secret")
    with pytest.raises(AddressError, match="localhost"):
        fetcher().fetch(site.url("/a"))
    site.put("/b", "", 302, Location="file:///etc/passwd")
    with pytest.raises(AddressError, match="only http"):
        fetcher().fetch(site.url("/b"))
    assert site.times_asked("/secret") == 0


def test_a_name_that_changes_its_address_is_connected_to_the_checked_one(site: Site) -> None:
    site.put("/a", "secret")
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    began = time.monotonic()
    with pytest.raises(FetchError):
        # The first answer is public and is what is connected to; the second, which is ours, is refused when it is asked for.
        Fetcher(resolve=resolve, pause_s=0.0, max_seconds=1.0).fetch(f"http://rebind.example:{site.port}/a")
    assert time.monotonic() - began < 15
    assert site.asked == []
    with pytest.raises(AddressError, match=r"10\.0\.0\.1"):
        Fetcher(resolve=lambda h, p: ["93.184.216.34", "10.0.0.1"], pause_s=0.0).fetch("http://mixed.example/")


def test_what_was_known_is_not_sent_again(site: Site) -> None:
    site.put("/a", "hello", ETag='"1"', Last_Modified="Sun, 03 Dec 2023 10:15:00 GMT")
    page = fetcher().fetch(site.url("/a"))
    assert (page.etag, page.last_modified) == ('"1"', "Sun, 03 Dec 2023 10:15:00 GMT")
    again = fetcher().fetch(site.url("/a"), etag=page.etag, last_modified=page.last_modified)
    assert (again.status, again.content) == (304, b"")
    assert site.asked[-1][1]["If-Modified-Since"] == page.last_modified
    assert site.asked[-1][1]["User-Agent"].startswith("Dateline/")


def test_robots_txt_is_followed(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 0.3\n")
    site.put("/private/a", "no")
    site.put("/b", "yes")
    asking = fetcher()
    with pytest.raises(AddressError, match=r"robots\.txt"):
        asking.fetch(site.url("/private/a"))
    assert asking.fetch(site.url("/b")).content == b"yes"
    assert asking.fetch(site.url("/private/a"), robots=False).content == b"no"
    assert site.times_asked("/robots.txt") == 1
    site.put("/robots.txt", "broken", 503)
    with pytest.raises(FetchError, match="503"):
        fetcher().fetch(site.url("/b"))


def test_a_host_is_asked_at_its_pace(site: Site) -> None:
    site.put("/a", "hello")
    asking = fetcher(pause_s=0.3)
    began = time.monotonic()
    for _ in range(3):
        asking.fetch(site.url("/a"), robots=False)
    assert 0.6 <= time.monotonic() - began < 3


def test_limits_of_size_redirects_and_packing(site: Site) -> None:
    site.put("/big", b"x" * 5000)
    with pytest.raises(FetchError, match="more than"):
        fetcher(max_bytes=4000).fetch(site.url("/big"))
    site.put("/bomb", gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(FetchError, match="more than"):
        fetcher(max_bytes=1_000_000).fetch(site.url("/bomb"))
    site.put("/packed", gzip.compress(b"hello"), Content_Encoding="gzip")
    assert fetcher().fetch(site.url("/packed")).content == b"hello"
    site.put("/odd", b"x", Content_Encoding="br")
    with pytest.raises(FetchError, match="packed as"):
        fetcher().fetch(site.url("/odd"))
    site.put("/loop", "", 301, Location="/loop")
    with pytest.raises(FetchError, match="more than 5 times"):
        fetcher().fetch(site.url("/loop"))


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx", b""])
def test_a_server_that_drips_is_cut_off(drip: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(drip)
                    for _ in range(200):
                        time.sleep(0.05)
                        connection.sendall(b"a")
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(FetchError):
            fetcher(max_seconds=0.8).fetch(f"http://127.0.0.1:{server.getsockname()[1]}/", robots=False)
        assert time.monotonic() - began < 3
