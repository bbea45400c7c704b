"""A small site for tests: a feed, its pages and a robots.txt, all of them what the test says at the moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Path -> (status, headers, body); what was asked, in order, with the headers of the question."""

    port: int = 0
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        """Publish something; underscores in header names are hyphens."""
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = (status, {k.replace("_", "-"): v for k, v in headers.items()}, content)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def times_asked(self, path: str) -> int:
        return sum(p == path for p, _ in self.asked)

    def feed(self, *items: tuple[str, str, str], etag: str = "") -> None:
        """Publish /feed.xml with (title, path, teaser) entries."""
        entries = "".join(
            f"<item><title>{title}</title><link>{self.url(path)}</link><guid>{path}</guid><description>{teaser}</description>"
            "<pubDate>Sun, 03 Dec 2023 10:15:00 GMT</pubDate></item>"
            for title, path, teaser in items
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Example Wire</title>{entries}</channel></rss>'
        self.put("/feed.xml", body, **({"ETag": etag} if etag else {}))

    def story(self, path: str, title: str, *paragraphs: str) -> None:
        """Publish a page with a story."""
        text = "".join(f"<p>{p}</p>" for p in paragraphs)
        self.put(
            path,
            f'<!DOCTYPE html><html><head><title>{title}</title><meta property="og:site_name" content="Example Wire">'
            '<meta property="article:published_time" content="2023-12-03T10:15:00Z"></head>'
            f"<body><article><h1>{title}</h1>{text}</article></body></html>",
            Content_Type="text/html; charset=utf-8",
        )


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a free port of this machine, until the block ends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            status, headers, body = site.pages.get(self.path, (404, {}, b"not here"))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
