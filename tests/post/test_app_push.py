"""What the push gateway's answers mean, whatever stands between it and us."""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from uuid import UUID, uuid4

import orjson
import pytest

from core.kinds import Channel
from core.post.answer import About, Outcome
from core.post.app_push import HttpGateway, Known, Push, Refusal, app_gateway
from core.post.connected import is_connected
from core.settings import load_settings
from tests.app_push.conftest import ACCOUNT
from tests.post.sandbox import plan, pushes_in
from tests.sandbox.client import SandboxClient
from tests.serving import serving

KEY = "sandbox-app-push-key"
TOKEN = "the-token"
HTML = b"<html>502 Bad Gateway</html>"


def push(token: str = TOKEN, key: UUID | None = None, text: str = "小明 07:41 到校") -> Push:
    """Return what is pushed."""
    expires_at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    return Push(key or uuid4(), token, "到離校通知", text, "https://liff.line.me/1", expires_at)


def answering(status: int, body: bytes) -> type[BaseHTTPRequestHandler]:
    """A gateway that says this to everything."""

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Gateway


def said(word: str) -> bytes:
    """Return the gateway's own words."""
    return orjson.dumps({"status": word})


@pytest.mark.parametrize(
    ("code", "body", "outcome", "about"),
    [
        (202, said("accepted"), Outcome.ACCEPTED, About.CARRIER),
        (200, said("accepted"), Outcome.ACCEPTED, About.CARRIER),
        (200, HTML, Outcome.UNKNOWN, About.CARRIER),
        (202, b'["accepted"]', Outcome.UNKNOWN, About.CARRIER),
        (200, said("gone_token"), Outcome.UNKNOWN, About.CARRIER),
        (404, said("unknown_token"), Outcome.REFUSED, About.ADDRESS),
        (410, said("gone_token"), Outcome.REFUSED, About.ADDRESS),
        (404, HTML, Outcome.STOPPED, About.CARRIER),
        (410, HTML, Outcome.STOPPED, About.CARRIER),
        (422, said("invalid"), Outcome.REFUSED, About.CONTENT),
        (409, said("conflict"), Outcome.REFUSED, About.CONTENT),
        (401, said("unauthorized"), Outcome.STOPPED, About.CARRIER),
        (403, HTML, Outcome.STOPPED, About.CARRIER),
        (302, b"", Outcome.STOPPED, About.CARRIER),
        (429, HTML, Outcome.LATER, About.CARRIER),
        (503, said("later"), Outcome.LATER, About.CARRIER),
        (503, HTML, Outcome.UNKNOWN, About.CARRIER),
        (500, b"", Outcome.UNKNOWN, About.CARRIER),
    ],
)
def test_answer_counts_only_in_the_gateways_own_words(
    code: int, body: bytes, outcome: Outcome, about: About
) -> None:
    with serving(answering(code, body)) as origin:
        answer = HttpGateway(origin, KEY).send(push())
    assert (answer.outcome, answer.about) == (outcome, about)


def test_gateway_that_is_not_there_was_sent_nothing() -> None:
    nowhere = HttpGateway("http://127.0.0.1:9", KEY)
    assert nowhere.send(push()).outcome is Outcome.LATER
    assert nowhere.ask(uuid4()) is Known.UNTOLD
    assert nowhere.connect("somebody") is Refusal.DOWN
    assert nowhere.look(uuid4()) is None


@pytest.mark.parametrize(
    ("code", "body", "known"),
    [
        (200, said("accepted"), Known.TAKEN),
        (404, said("unknown_message"), Known.NOT_TAKEN),
        (404, HTML, Known.UNTOLD),
        (200, HTML, Known.UNTOLD),
        (401, said("unauthorized"), Known.UNTOLD),
        (500, b"", Known.UNTOLD),
    ],
)
def test_question_is_answered_by_the_gateway_alone(code: int, body: bytes, known: Known) -> None:
    with serving(answering(code, body)) as origin:
        assert HttpGateway(origin, KEY).ask(uuid4()) is known


@pytest.mark.parametrize(
    ("code", "body", "found"),
    [
        (200, orjson.dumps({"status": "connected", "token": "t"}), "t"),
        (200, orjson.dumps({"status": "connected", "token": ""}), Refusal.DOWN),
        (200, orjson.dumps({"status": "connected", "token": "t" * 513}), Refusal.DOWN),
        (200, orjson.dumps({"status": "connected", "token": 7}), Refusal.DOWN),
        (404, said("no_app"), Refusal.NO_APP),
        (404, HTML, Refusal.DOWN),
        (401, said("unauthorized"), Refusal.DOWN),
    ],
)
def test_token_is_taken_only_where_it_is_one(code: int, body: bytes, found: str | Refusal) -> None:
    with serving(answering(code, body)) as origin:
        assert HttpGateway(origin, KEY).connect("account") == found


def test_same_key_is_shown_once_and_known_by_it(sandbox: SandboxClient) -> None:
    gateway = HttpGateway(f"{sandbox.origin}/app-push", KEY)
    account = "c0de"
    assert gateway.connect(account) is Refusal.NO_APP
    token = str(gateway.connect(ACCOUNT))
    key = uuid4()
    assert gateway.ask(key) is Known.NOT_TAKEN
    answers = [gateway.send(push(token, key)).reason for _ in range(2)]
    assert answers == ["app_202", "app_200"]
    assert gateway.ask(key) is Known.TAKEN
    (shown,) = pushes_in(sandbox)
    assert (shown["title"], shown["text"]) == ("到離校通知", "小明 07:41 到校")
    other = gateway.send(push(token, key, text="小明 16:02 離校"))
    assert (other.outcome, other.reason) == (Outcome.REFUSED, "app_conflict")


def test_lost_answer_leaves_it_to_the_question(sandbox: SandboxClient) -> None:
    gateway = HttpGateway(f"{sandbox.origin}/app-push", KEY)
    token, key = str(gateway.connect(ACCOUNT)), uuid4()
    plan(sandbox, "/faults", endpoint="app_send", after_accept=True, reset=True)
    assert gateway.send(push(token, key)).outcome is Outcome.UNKNOWN
    assert gateway.ask(key) is Known.TAKEN


def test_app_is_connected_only_where_it_is_set() -> None:
    unset = load_settings(_env_file=None)
    given = {"app_push_url": "http://127.0.0.1:9/v1", "app_push_key": "k"}
    assert app_gateway(unset) is None
    assert not is_connected(unset, Channel.APP)
    as_set = load_settings(_env_file=None, bureau_login_client_id="b", **given)
    assert is_connected(as_set, Channel.APP)
