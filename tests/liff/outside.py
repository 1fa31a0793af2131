"""LINE's token check and Taipei Pass, small: answers what it is told and keeps what it got."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
CHANNEL = "1650000000"


@dataclass
class Outside:
    """`people` maps an ID token to claims; `refusals` maps one to LINE's error words.

    `profile` is Taipei Pass's whole envelope. `broken` names paths that answer 500.
    `token_refusal`, when set, is the body of the 401 that any code gets.
    """

    url: str = ""
    people: dict[str, Json] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    profile: Json = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    challenge: str = ""
    token_forms: list[dict[str, str]] = field(default_factory=list)
    used_codes: set[str] = field(default_factory=set)
    token_refusal: Json = field(default_factory=dict)

    def add_person(self, user_id: str, name: str = "雅婷", **other: object) -> str:
        """Return an ID token of this person."""
        token = f"token-of-{user_id}"
        claims = {"iss": "https://access.line.me", "sub": user_id, "aud": CHANNEL, "name": name}
        self.people[token] = {**claims, **other}
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
        if path in self.broken:
            return 500, {}
        if path == "/oauth2/v2.1/verify":
            return self._verify(form)
        if path == "/tpcd/oauth/token":
            return self._exchange(form)
        return 200, self.profile

    def _verify(self, form: dict[str, str]) -> tuple[int, object]:
        token = form.get("id_token", "")
        if token in self.people and form.get("client_id") == CHANNEL:
            return 200, self.people[token]
        words = self.refusals.get(token, "Invalid IdToken.")
        return 400, {"error": "invalid_request", "error_description": words}

    def _exchange(self, form: dict[str, str]) -> tuple[int, object]:
        self.token_forms.append(form)
        if self.token_refusal:
            return 401, self.token_refusal
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        code = form.get("code", "")
        if shown != self.challenge or code in self.used_codes:
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
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    outside.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield outside
    server.shutdown()
    server.server_close()
    thread.join()
