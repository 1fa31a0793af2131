"""The simulated push gateway, spoken to as docs/app-push.md says."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import requests

from tests.sandbox.client import SandboxClient

KEY = {"Authorization": "Bearer sandbox-app-push-key"}
ACCOUNT = str(uuid5(NAMESPACE_URL, "sandbox:taipei-pass:edu.yating"))
MESSAGE = {"client_id": "one", "title": "到離校通知", "text": "小晴 07:41 到校", "link": ""}


def connect(sandbox: SandboxClient, account: str = ACCOUNT) -> requests.Response:
    """Ask for a token."""
    return sandbox.post("/app-push/connections", {"account": account}, headers=KEY)


def send(sandbox: SandboxClient, token: str, **more: Any) -> requests.Response:
    """Push one message."""
    return sandbox.post("/app-push/messages", {**MESSAGE, "token": token, **more}, headers=KEY)


def inbox(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return what the phones showed."""
    found: list[dict[str, Any]] = sandbox.get("/app-push/inbox").json()
    return found


@pytest.fixture
def token(sandbox: SandboxClient) -> str:
    """A token of the mother's app."""
    return str(connect(sandbox).json()["token"])


def test_push_is_on_the_phone_the_page_and_in_the_log(sandbox: SandboxClient, token: str) -> None:
    answer = send(sandbox, token)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    (shown,) = inbox(sandbox)
    assert (shown["who"], shown["text"]) == ("林雅婷", MESSAGE["text"])
    assert sandbox.get("/app-push/inbox?who=somebody").json() == []
    page = sandbox.get("/app-push").text
    assert "林雅婷" in page
    assert MESSAGE["text"] in page


def test_page_shows_words_and_no_markup(sandbox: SandboxClient, token: str) -> None:
    send(sandbox, token, text="<script>alert(1)</script>")
    assert "<script>alert" not in sandbox.get("/app-push").text


def test_same_client_id_shows_nothing_again(sandbox: SandboxClient, token: str) -> None:
    first, again = send(sandbox, token), send(sandbox, token)
    assert (again.status_code, again.json()) == (200, first.json())
    other = send(sandbox, token, text="小晴 16:02 離校")
    assert (other.status_code, other.json()) == (409, {"status": "conflict"})
    assert len(inbox(sandbox)) == 1


def test_client_id_tells_whether_it_was_taken(sandbox: SandboxClient, token: str) -> None:
    asked = sandbox.get("/app-push/messages/one", headers=KEY)
    assert (asked.status_code, asked.json()) == (404, {"status": "unknown_message"})
    send(sandbox, token)
    asked = sandbox.get("/app-push/messages/one", headers=KEY)
    assert (asked.status_code, asked.json()["status"]) == (200, "accepted")


def test_nothing_goes_without_the_key(sandbox: SandboxClient, token: str) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    answers = [
        sandbox.post("/app-push/connections", {"account": ACCOUNT}, headers=wrong),
        sandbox.post("/app-push/messages", {**MESSAGE, "token": token}),
        sandbox.get("/app-push/messages/one", headers=wrong),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert inbox(sandbox) == []


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"text": " "}, {"text": "長" * 501}, {"client_id": ""}, {"link": 7}],
)
def test_message_that_is_none_is_refused(
    sandbox: SandboxClient, token: str, wrong: dict[str, Any]
) -> None:
    answer = send(sandbox, token, **wrong)
    assert (answer.status_code, answer.json()) == (422, {"status": "invalid"})


def test_app_that_signs_out_takes_its_token_along(sandbox: SandboxClient, token: str) -> None:
    out = {"account": ACCOUNT, "signed_in": False}
    assert sandbox.post("/app-push/apps", out).status_code == 204
    assert (connect(sandbox).status_code, connect(sandbox).json()) == (404, {"status": "no_app"})
    assert send(sandbox, token).status_code == 410
    sandbox.post("/app-push/apps", {**out, "signed_in": True})
    assert send(sandbox, str(connect(sandbox).json()["token"])).status_code == 202
    assert send(sandbox, token, client_id="two").json() == {"status": "gone_token"}


def test_strange_token_and_account_are_known_to_nobody(sandbox: SandboxClient) -> None:
    assert send(sandbox, "strange").json() == {"status": "unknown_token"}
    assert connect(sandbox, "strange").status_code == 404
    assert sandbox.post("/app-push/apps", {"account": "strange"}).status_code == 400


def test_plan_refuses_so_often_and_no_more(sandbox: SandboxClient, token: str) -> None:
    rows = [{"answer": "rate"}, {"answer": "later", "account": "another"}]
    assert sandbox.post("/app-push/plan", rows).status_code == 204
    answer = send(sandbox, token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert send(sandbox, token).status_code == 202
    assert sandbox.get("/app-push/plan").json() == rows[1:]


@pytest.mark.parametrize("row", [{"answer": "nonsense"}, {"answer": "rate", "x": 1}, "rate", {}])
def test_plan_that_makes_no_sense_is_refused(sandbox: SandboxClient, row: object) -> None:
    assert sandbox.post("/app-push/plan", [row]).status_code == 400


def test_fault_after_accept_shows_it_and_says_nothing(sandbox: SandboxClient, token: str) -> None:
    sandbox.fault(endpoint="app_send", status=500, after_accept=True)
    assert send(sandbox, token).status_code == 500
    assert len(inbox(sandbox)) == 1


def test_reset_forgets_tokens_and_pushes(sandbox: SandboxClient, token: str) -> None:
    send(sandbox, token)
    sandbox.post("/inspect/reset")
    assert inbox(sandbox) == []
    assert send(sandbox, token).json() == {"status": "unknown_token"}
