"""An OpenID Connect provider on this machine for tests: it signs in, without asking, whomever it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.mailserver import running

CLIENT = "dateline"


class Provider(ThreadingHTTPServer):
    """The provider. `claims` are what it says of whoever comes next."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = RSAKey.generate_key(2048, parameters={"kid": "test"})
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.claims: dict[str, Any] = {}
        self.nonces: dict[str, str] = {}

    @property
    def metadata_url(self) -> str:
        """Where a client learns all the rest."""
        return f"{self.issuer}/.well-known/openid-configuration"

    def token(self, code: str) -> str:
        """A signed statement on who came with this code."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": str(self.claims.get("email")), "iat": now, "exp": now + 600}
        return jwt.encode({"alg": "RS256", "kid": "test"}, claims | {"nonce": self.nonces[code]} | self.claims, self.key)


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        """Discovery, keys, and the sign-in page, which sends everybody straight back."""
        url, issuer = urlparse(self.path), self.server.issuer
        if url.path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{issuer}/{name}" for name in ("authorization", "token", "userinfo")}
            self._say({"issuer": issuer, "jwks_uri": f"{issuer}/keys", "id_token_signing_alg_values_supported": ["RS256"], **ends})
        elif url.path == "/keys":
            self._say({"keys": [self.server.key.as_dict(private=False)]})
        elif url.path == "/authorization":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            code = f"code{len(self.server.nonces)}"
            self.server.nonces[code] = asked.get("nonce", "")
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """The exchange of a code for the statement."""
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._say({"access_token": "unused", "token_type": "Bearer", "expires_in": 600, "id_token": self.server.token(asked["code"][0])})

    def _say(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is written to the tests' output."""


@contextmanager
def provider() -> Iterator[Provider]:
    """A running provider."""
    with running(Provider()) as server:
        yield server
