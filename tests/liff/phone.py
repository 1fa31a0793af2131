"""A person with a browser: follows pages as people do, sends the token of the form."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from liff.privacy import CONSENT
from tests.liff.outside import Outside

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Phone:
    """One cookie jar."""

    def __init__(self, app: Flask, outside: Outside) -> None:
        self.client = app.test_client()
        self.outside = outside

    def sign_in(self, user_id: str, **claims: object) -> "Phone":
        """Exchange this LINE user's ID token for a session."""
        token = self.outside.add_person(user_id, **claims)  # type: ignore[arg-type]
        answer = self.post("/liff/session", {"id_token": token}, form_at="/liff/")
        assert answer.status_code == 204
        return self

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Open a page and return what stands in it."""
        return text_of(self.get(path))

    def post(self, path: str, fields: dict[str, str], *, form_at: str = "") -> TestResponse:
        """Open the page with the form, then send it."""
        token = self.token_at(form_at or path)
        return self.client.post(path, data={"csrf_token": token, **fields})

    def token_at(self, path: str) -> str:
        """Return the token of the form on a page."""
        found = TOKEN.search(self.get(path).text)
        return found.group(1) if found else ""

    def hidden_in(self, answer: TestResponse) -> list[tuple[str, str]]:
        """Return what the form of a page carries along."""
        return [(name, unescape(value)) for name, value in HIDDEN.findall(answer.text)]

    def go_to_pass(self) -> str:
        """Start at Taipei Pass and return the state it was given."""
        answer = self.get("/liff/taipei-pass/start")
        query = parse_qs(urlsplit(answer.location).query)
        self.outside.challenge = query.get("code_challenge", [""])[0]
        return query["state"][0]

    def come_back(self, state: str, code: str = "abc123") -> TestResponse:
        """Return from Taipei Pass."""
        return self.get(f"/liff/taipei-pass/callback?state={state}&code={code}")

    def confirm(self, **fields: str) -> TestResponse:
        """Answer the page that names both accounts; consent is ticked unless told otherwise."""
        answer = {"answer": "link", "consent": CONSENT.version, **fields}
        return self.post("/liff/taipei-pass/confirm", answer)


def text_of(answer: TestResponse) -> str:
    """Return a page without its markup, so that a test reads what a person reads."""
    plain = re.sub(r"<[^>]+>", " ", answer.text)
    return " ".join(unescape(plain).split())
