"""What crosses the wire: headers, kept connections, the SDK as caller."""

import socket
import uuid
from collections.abc import Iterator

import pytest
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.messaging.models import PushMessageRequest

from tests.sandbox.client import TOKEN, SandboxClient, text


@pytest.fixture
def line(sandbox: SandboxClient) -> Iterator[MessagingApi]:
    configuration = Configuration(host=sandbox.origin, access_token=TOKEN)
    configuration.retries = 0
    with ApiClient(configuration) as client:
        yield MessagingApi(client)


def test_sdk_pushes_and_meets_its_own_key_again(sandbox: SandboxClient, line: MessagingApi) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    request = PushMessageRequest.from_dict({"to": mother, "messages": [text("小晴 07:41 到校")]})
    first = line.push_message_with_http_info(request, x_line_retry_key=key)
    with pytest.raises(ApiException) as second:
        line.push_message(request, x_line_retry_key=key)
    assert (first.status_code, len(first.data.sent_messages)) == (200, 1)
    assert second.value.status == 409
    accepted = second.value.headers["x-line-accepted-request-id"]
    assert accepted == first.headers["x-line-request-id"]


def test_sdk_reads_the_account_and_its_plan(sandbox: SandboxClient, line: MessagingApi) -> None:
    mother = sandbox.friend()
    sandbox.post("/inspect/quota", {"limit": 200, "used": 7})
    assert line.get_profile(mother).display_name == "林雅婷"
    assert line.get_bot_info().basic_id.startswith("@")
    assert line.get_message_quota().value == 200
    assert line.get_message_quota_consumption().total_usage == 7
    assert line.get_followers().user_ids == [mother]
    assert line.get_webhook_endpoint().active


def test_answers_carry_lines_headers_and_no_hint_when_to_come_back(sandbox: SandboxClient) -> None:
    headers = sandbox.push(sandbox.friend()).headers
    assert headers["Content-Type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert not [name for name in headers if name.lower().startswith(("retry", "ratelimit"))]


def test_fifty_pushes_go_over_one_kept_connection(sandbox: SandboxClient) -> None:
    """How quickly is for bench/sandbox.py to tell."""
    mother = sandbox.friend()
    host, port = sandbox.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as peer:
        for _ in range(50):
            _push_over(peer, mother)
    assert len(sandbox.seen(mother)) == 50


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'{"to": "U1",\n "messages": [}', "(line: 2, column: 15)"),
        (b"", "(line: 1, column: 1)"),
        (b'{"to": NaN}', "(line: 1, column: 1)"),
        (b"[" * 100_000, "(line: 1, column: 1)"),
    ],
)
def test_broken_json_is_refused_with_its_line_and_column(
    sandbox: SandboxClient, data: bytes, where: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = sandbox.line("POST", "/v2/bot/message/push", data=data, headers=headers)
    message = f"The request body could not be parsed as JSON {where}"
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_half_of_a_surrogate_pair_is_still_json(sandbox: SandboxClient) -> None:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    data = b'{"messages": [{"type": "text", "text": "\\ud83d"}]}'
    path = "/v2/bot/message/validate/push"
    assert sandbox.line("POST", path, data=data, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v2/bot/message/sing", "/v2/bot/message/validate/sing"])
def test_unknown_endpoint_is_not_found(sandbox: SandboxClient, path: str) -> None:
    answer = sandbox.line("POST", path, {})
    assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})


def _push_over(peer: socket.socket, to: str) -> None:
    body = b'{"to":"%s","messages":[{"type":"text","text":"a"}]}' % to.encode()
    head = (
        f"POST /v2/bot/message/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    peer.sendall(head.encode() + body)
    answer = b""
    while not answer.endswith(b"]}"):
        answer += peer.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
