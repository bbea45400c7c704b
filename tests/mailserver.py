"""A mail server and a web hook on loopback that keep what they are given, and fail when they are told to."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs to hand a message over; `answer` is what it says to the message."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.answer = "250 taken"
        self.cut_after_message = False
        self.messages: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Mail(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        self.say("220 test")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go on")
                lines = []
                while (more := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(more.removeprefix(b".") if more.startswith(b"..") else more)
                if server.answer.startswith("2"):
                    server.messages.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
                self.say(server.answer)
                if server.cut_after_message:
                    return
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Hook(ThreadingHTTPServer):
    """Keeps the JSON it is posted; `answer` is the status it gives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        self.answer = 204
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Posted(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/hook" and 200 <= server.answer < 300:
            server.bodies.append(json.loads(body))
            server.keys.append(self.headers["Idempotency-Key"])
        self.send_response(server.answer)
        if server.answer in (301, 302, 307, 308):
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        return


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """The server under way, until the context ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
