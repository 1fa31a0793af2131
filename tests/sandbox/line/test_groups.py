"""A group the account was invited to can be left, once."""

from typing import Any

from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

STRANGE = "C" + "0" * 32


def _invited(sandbox: SandboxClient, app: FakeApp, name: str = "join") -> str:
    body = {"user_id": sandbox.user_id(), "names": [name]}
    sandbox.post("/inspect/samples", body)
    return str(app.wait_for_events(1)[0]["source"]["groupId"])


def _leave(sandbox: SandboxClient, place: str, kind: str = "group") -> tuple[int, Any]:
    answer = sandbox.line("POST", f"/v2/bot/{kind}/{place}/leave")
    return answer.status_code, answer.json()


def test_a_group_is_left_once(sandbox: SandboxClient, app: FakeApp) -> None:
    group = _invited(sandbox, app)

    assert _leave(sandbox, group) == (200, {})
    assert _leave(sandbox, group) == (404, {"message": "Not found"})


def test_who_was_put_out_has_left(sandbox: SandboxClient, app: FakeApp) -> None:
    assert _leave(sandbox, _invited(sandbox, app, "leave"))[0] == 404


def test_strange_groups_and_ids_are_refused(sandbox: SandboxClient) -> None:
    assert _leave(sandbox, STRANGE)[0] == 404
    assert _leave(sandbox, "R1", "room")[0] == 400
