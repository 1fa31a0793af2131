"""LINE's token check and Taipei Pass, small: answers what it is told and keeps what it got."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.serving import serving

Json = dict[str, Any]
CHANNEL = "1650000000"


@dataclass
class Outside:
    """LINE signs with `key` and answers what it signed; `clock` tells it the time.

    `profile` is Taipei Pass's whole envelope. `broken` names paths that answer 500, `failing_once`
    those that do it once, `redirecting` those that send elsewhere; `asked` is every path in order.
    `token_refusal`, when set, is the body of the 401 that any code gets.
    """

    url: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "line-1"}))
    people: dict[str, Json] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    profile: Json = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    challenge: str = ""
    token_forms: list[dict[str, str]] = field(default_factory=list)
    used_codes: set[str] = field(default_factory=set)
    token_refusal: Json = field(default_factory=dict)
    failing_once: set[str] = field(default_factory=set)
    redirecting: set[str] = field(default_factory=set)

    def add_person(self, user_id: str, name: str = "雅婷", **other: object) -> str:
        """Return a fresh ID token of this person; `other` changes its claims."""
        now = int(self.clock().timestamp())
        times = {"iat": now, "exp": now + 3600, "nonce": secrets.token_hex(8)}
        claims = {"iss": "https://access.line.me", "sub": user_id, "aud": CHANNEL, "name": name}
        claims |= times | other
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "JWT"}
        token: str = jwt.encode(header, claims, self.key, algorithms=["ES256"])
        self.people[token] = claims
        return token

    def be_member(
        self, pass_id: str, name: str = "林雅婷", level: str = "3", **other: object
    ) -> None:
        """Let the next sign-in at Taipei Pass be this member."""
        data = {
            "id": pass_id,
            "realName": name,
            "idNo": "A299900014",
            "email": "yating@example.org",
            "phoneNo": "0900000101",
            "verifyLevel": level,
            **other,
        }
        self.profile = {"name": "TP_SUCCESS", "status": 200, "data": data}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, object]:
        """Return status and JSON."""
        self.asked.append(path)
        if path in self.redirecting:
            return 302, {}
        if path in self.broken | self.failing_once:
            self.failing_once.discard(path)
            return 500, {}
        if path == "/oauth2/v2.1/certs":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/oauth2/v3/token":
            return 200, {"access_token": f"token-of-{form.get('client_id')}", "expires_in": 900}
        if path == "/user/v1/deauthorize":
            return 204, {}
        if path == "/oauth2/v2.1/verify":
            return self._verify(form)
        if path == "/tpcd/oauth/token":
            return self._exchange(form)
        return 200, self.profile

    def _verify(self, form: dict[str, str]) -> tuple[int, object]:
        claims = self.people.get(form.get("id_token", ""), {})
        if claims and form.get("client_id") == CHANNEL and claims["exp"] > self.clock().timestamp():
            return 200, claims
        words = "IdToken expired." if claims else "Invalid IdToken."
        return 400, {"error": "invalid_request", "error_description": words}

    def _exchange(self, form: dict[str, str]) -> tuple[int, object]:
        self.token_forms.append(form)
        if self.token_refusal:
            return 401, self.token_refusal
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        code = form.get("code", "")
        is_proved = not self.challenge or shown == self.challenge
        if not is_proved or code in self.used_codes:
            return 400, {"error": "invalid_grant"}
        self.used_codes.add(code)
        return 200, {"access_token": "pass-token", "token_type": "bearer", "expires_in": 3600}


@contextmanager
def running_outside() -> Iterator[Outside]:
    """Serve it on a free loopback port."""
    outside = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._reply({key: values[0] for key, values in parse_qs(body).items()})

        def _reply(self, form: dict[str, str]) -> None:
            status, answer = outside.answer(urlsplit(self.path).path, form)
            content = json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    with serving(Handler) as outside.url:
        yield outside
