"""Fetch an address: http(s) only, never a private one unless it is allowed by name, within limits of size, time and redirects.

The name is looked up once, the addresses it gives are checked, and the connection goes to the address
that was checked: a name that answers differently the second time (DNS rebinding) leads nowhere. Every
redirect is checked in the same way.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import urllib.robotparser
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from pipeline.errors import AddressError, FetchError

# Who asks: sites can look up what this is, and shut it out by this name in robots.txt.
USER_AGENT = "Dateline/0.1 (news reader for conflict desks; set user_agent in sources.toml to name yours)"
MAX_BYTES = 20_000_000
MAX_REDIRECTS = 5
# For the whole of one address, redirects included, in seconds.
MAX_SECONDS = 20.0
# Between two requests to one host, in seconds.
HOST_PAUSE_S = 1.0
# A robots.txt that asks for longer pauses gets them, up to this long, in seconds.
MAX_HOST_PAUSE_S = 30.0
# robots.txt is asked for again after a day, in seconds.
ROBOTS_TTL_S = 86_400.0

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Page:
    """What an address gave: its status, where it was after redirects, its bytes, and what to ask with the next time."""

    url: str
    status: int
    content: bytes
    etag: str = ""
    last_modified: str = ""
    retry_after_s: float | None = None


def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of a host. FetchError where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise FetchError(f"the host {host!r} cannot be found ({e})") from e
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_public(address: str) -> bool:
    """Whether an address lies in the open internet: not private, local, link-local, reserved or for many at once."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address in the clothes of IPv6: as such, by 6to4, by Teredo or by NAT64.
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(i is not None and not is_public(str(i)) for i in inner):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query) of an address. AddressError where it is not http(s), names a user, or is malformed."""
    if any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise AddressError(f"the address {url[:200]!r} has blanks or control characters in it")
    try:
        split = urlsplit(url)
        port = split.port
        host = (split.hostname or "").encode("idna").decode("ascii") if split.hostname and not split.hostname.isascii() else split.hostname
    except (ValueError, UnicodeError) as e:
        raise AddressError(f"the address {url[:200]!r} cannot be read ({e})") from e
    if split.scheme.casefold() not in ("http", "https"):
        raise AddressError(f"only http and https are fetched, not {url[:200]!r}")
    if not host:
        raise AddressError(f"the address {url[:200]!r} names no host")
    if split.username is not None or split.password is not None:
        raise AddressError("an address with a user name or password in it is not fetched")
    scheme = split.scheme.casefold()
    path = split.path or "/"
    safe = "".join(
        c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path + (f"?{split.query}" if split.query else "")
    )
    return scheme, host.casefold().rstrip("."), port or (443 if scheme == "https" else 80), safe


def choose_address(host: str, port: int, *, allowed: frozenset[str], resolve: Resolve) -> str:
    """The checked address to connect to. AddressError where the host is not allowed by name and any of its addresses is private."""
    found = resolve(host, port)
    if not found:
        raise FetchError(f"the host {host!r} has no address")
    # A host that has one private address among public ones is being played with.
    if host not in allowed and f"{host}:{port}" not in allowed and (private := [a for a in found if not is_public(a)]):
        raise AddressError(f"{host!r} is at {private[0]}, a private or local address; allow it by name if that is meant")
    return found[0]


@dataclass
class Fetcher:
    """What is remembered between fetches: when each host was asked last, and what its robots.txt says.

    `allowed` are hosts (or "host:port") that may be private. `pause_s` is the least time between two
    requests to one host. Safe to use from several threads.
    """

    user_agent: str = USER_AGENT
    allowed: frozenset[str] = frozenset()
    pause_s: float = HOST_PAUSE_S
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    resolve: Resolve = resolve_host
    _asked: dict[str, float] = field(default_factory=dict)
    _robots: dict[str, tuple[float, urllib.robotparser.RobotFileParser | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "", robots: bool = True) -> Page:
        """What is at an address now; status 304 and no bytes where it is what `etag` or `last_modified` names.

        FetchError, saying why, where it cannot be had: AddressError for an address that is not fetched at all,
        one that the host's robots.txt shuts out among them.
        """
        ends = time.monotonic() + self.max_seconds
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        for _ in range(MAX_REDIRECTS + 1):
            scheme, host, port, path = check_url(url)
            if robots and not self._may(scheme, host, port, path, ends):
                raise AddressError(f"the robots.txt of {host} does not allow {path[:200]!r}")
            self._wait(f"{host}:{port}", ends)
            page, location = self._get(url, scheme, host, port, path, ends, {k: v for k, v in headers.items() if v})
            if not location:
                return page
            url = urljoin(url, location)
            if scheme == "https" and url.casefold().startswith("http:"):
                raise FetchError(f"it leads from https to http, {url[:200]!r}")
        raise FetchError(f"it leads on more than {MAX_REDIRECTS} times")

    def _wait(self, host: str, ends: float) -> None:
        with self._lock:
            pause = self._pause_of(host)
            now = time.monotonic()
            at = max(now, self._asked.get(host, -1e9) + pause)
            if at > ends:
                raise FetchError(f"{host} is asked too often; it has to wait its turn")
            self._asked[host] = at
        time.sleep(max(0.0, at - now))

    def _pause_of(self, host: str) -> float:
        _, rules = self._robots.get(host, (0.0, None))
        asked = rules.crawl_delay(self.user_agent) if rules else None
        return max(self.pause_s, min(float(asked or 0), MAX_HOST_PAUSE_S))

    def _may(self, scheme: str, host: str, port: int, path: str, ends: float) -> bool:
        key = f"{host}:{port}"
        known = self._robots.get(key)
        if known is None or time.monotonic() - known[0] > ROBOTS_TTL_S:
            known = (time.monotonic(), self._read_robots(scheme, host, port, ends))
            self._robots[key] = known
        return known[1] is None or known[1].can_fetch(self.user_agent, path)

    def _read_robots(self, scheme: str, host: str, port: int, ends: float) -> urllib.robotparser.RobotFileParser | None:
        """The rules of a host; None where it has none. A host that breaks on the question is asked for nothing (RFC 9309)."""
        rules = urllib.robotparser.RobotFileParser()
        url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/robots.txt"
        for _ in range(MAX_REDIRECTS):
            scheme, host, port, path = check_url(url)
            page, location = self._get(url, scheme, host, port, path, ends, {})
            if not location:
                break
            url = urljoin(url, location)
        else:
            return None
        if 400 <= page.status < 500:
            return None
        if page.status != 200:
            raise FetchError(f"{host} answers {page.status} when asked for its robots.txt")
        rules.parse(page.content[:500_000].decode("utf-8", "replace").splitlines())
        return rules

    def _get(
        self, url: str, scheme: str, host: str, port: int, path: str, ends: float, headers: Mapping[str, str]
    ) -> tuple[Page, str]:  # fmt: skip
        """One request, no redirect followed: what came, and where it leads on to."""
        address = choose_address(host, port, allowed=self.allowed, resolve=self.resolve)
        left = ends - time.monotonic()
        if left <= 0:
            raise FetchError(f"it takes longer than {self.max_seconds:g} s")
        connection = _connect(scheme, host, port, address, left)
        # Whatever drips in how slowly: at the end of the time the connection is cut.
        cut = threading.Timer(max(ends - time.monotonic(), 0.01), _cut, [connection])
        cut.daemon = True
        cut.start()
        try:
            default = 443 if scheme == "https" else 80
            name = f"[{host}]" if ":" in host else host
            connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", name if port == default else f"{name}:{port}")
            connection.putheader("User-Agent", self.user_agent)
            connection.putheader("Accept", "application/atom+xml, application/rss+xml, text/html, application/xml;q=0.9, */*;q=0.5")
            connection.putheader("Accept-Encoding", "gzip")
            for key, value in headers.items():
                connection.putheader(key, value)
            connection.endheaders()
            response = connection.getresponse()
            location = response.getheader("Location") or "" if response.status in (301, 302, 303, 307, 308) else ""
            content = b"" if location or response.status == 304 else self._read(response)
            if time.monotonic() >= ends:
                # A connection that is cut among its headers looks like one that ended there.
                raise FetchError(f"it takes longer than {self.max_seconds:g} s")
            retry = _seconds(response.getheader("Retry-After"))
            return (
                Page(url, response.status, content, response.getheader("ETag") or "",
                     response.getheader("Last-Modified") or "", retry),
                location,
            )  # fmt: skip
        except FetchError:
            raise
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as e:
            if time.monotonic() >= ends - 0.05:
                raise FetchError(f"it takes longer than {self.max_seconds:g} s") from e
            raise FetchError(f"{host} broke off ({type(e).__name__}: {str(e)[:200]})") from e
        finally:
            cut.cancel()
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        packed = (response.getheader("Content-Encoding") or "").casefold()
        if packed not in ("", "identity", "gzip", "x-gzip"):
            raise FetchError(f"it is packed as {packed[:40]!r}, which was not asked for")
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in packed else None
        content = bytearray()
        while piece := response.read(65_536):
            # No more is unpacked at a time than may come at all: a bomb does not go off before it is counted.
            content += unpack.decompress(piece, self.max_bytes + 1 - len(content)) if unpack else piece
            if len(content) > self.max_bytes or (unpack and unpack.unconsumed_tail):
                raise FetchError(f"it has more than {self.max_bytes / 1e6:,.0f} MB")
        if response.length:
            raise FetchError(f"it broke off {response.length:,} bytes before its end")
        return bytes(content)


def _connect(scheme: str, host: str, port: int, address: str, timeout: float) -> http.client.HTTPConnection:
    """A connection to a checked address; the certificate must be the host's."""
    try:
        plain = socket.create_connection((address, port), timeout=min(timeout, 10.0))
    except OSError as e:
        raise FetchError(f"{host} at {address} does not answer ({e})") from e
    connection = http.client.HTTPConnection(host, port)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
    except (OSError, ssl.SSLError, ValueError) as e:
        plain.close()
        raise FetchError(f"no safe connection to {host} ({e})") from e
    return connection


def _cut(connection: http.client.HTTPConnection) -> None:
    try:
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _seconds(value: str | None) -> float | None:
    """The seconds of a Retry-After header, a number or a date; None where it says nothing."""
    if not value:
        return None
    try:
        return max(0.0, float(value)) if value.strip().isdigit() else max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
