"""Requests go straight to whom they are for, whatever the machine's environment says."""

import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from core.delivery.granting import grant_token
from core.post.reaching import direct_session
from tests.faults.line import troubled_line
from tests.misled import mislead
from tests.serving import serving

ROOT = Path(__file__).parents[2]
OWN_WAY = re.compile(r"\brequests\.(get|post|put|patch|delete|head|options|request|[sS]ession)\(")


class Telling(BaseHTTPRequestHandler):
    """Says what it was told as Authorization."""

    def do_GET(self) -> None:
        told = self.headers.get("Authorization", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""


def test_neither_proxy_nor_netrc_changes_a_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mislead(monkeypatch, tmp_path)
    own = {"Authorization": "Bearer ours"}
    with serving(Telling) as origin:
        with direct_session() as session:
            assert session.get(origin, headers=own, timeout=5).text == "Bearer ours"
        # The environment does mislead.
        with pytest.raises(requests.ConnectionError):
            requests.get(origin, headers=own, timeout=5)


def test_token_is_fetched_past_a_proxy_that_is_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mislead(monkeypatch, tmp_path)
    with troubled_line() as line:
        assert grant_token(line.origin, "2000000001", "secret", (3, 5))[0] == "token-1"


def test_nobody_asks_by_a_way_of_their_own() -> None:
    files = [file for room in ("core", "bot", "liff") for file in (ROOT / room).rglob("*.py")]
    found = {str(one.relative_to(ROOT)) for one in files if OWN_WAY.search(one.read_text())}
    assert found == {"core/post/reaching.py"}
