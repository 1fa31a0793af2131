"""What goes over the wire is what LINE's own SDK would send, and answers are read as LINE means."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linebot.v3.messaging import PushMessageRequest

from core.delivery.line import PushResult, body_of, read_answer
from core.delivery.pushes import Leased
from core.kinds import NoticeKind
from core.notices.templates import content_of
from tests.factories import MEI
from tests.notices.test_bubbles import LOCK_SCREEN, facts

REQUEST = {"x-line-request-id": "r1"}


def push_of(content: bytes, *, is_silent: bool = False) -> Leased:
    return Leased(
        id=uuid4(),
        school_day=date(2026, 11, 23),
        lease_token=uuid4(),
        kind="arrival",
        line_user_id=MEI,
        retry_key=uuid4(),
        content=content,
        is_silent=is_silent,
        attempts=1,
        first_tried_at=datetime.now(UTC),
    )


@pytest.mark.parametrize(("kind", "changed"), [case[:2] for case in LOCK_SCREEN])
@pytest.mark.parametrize("is_silent", [False, True])
def test_body_is_what_the_sdk_would_send(
    kind: NoticeKind, changed: dict[str, Any], is_silent: bool
) -> None:
    ours = orjson.loads(body_of(push_of(content_of(kind, facts(**changed)), is_silent=is_silent)))
    request = PushMessageRequest.from_dict(ours)
    assert request is not None
    assert request.to_dict() == ours


RATE = b'{"message":"The API rate limit has been exceeded. Try again later."}'
QUOTA = b'{"message":"You have reached your monthly limit."}'
MEANING = [
    (200, b'{"sentMessages":[{"id":"1"}]}', PushResult.ACCEPTED, "http_200"),
    (200, b"{}", PushResult.ACCEPTED, "http_200"),
    (200, b"<html>", PushResult.AMBIGUOUS, "unreadable_answer"),
    (202, b"{}", PushResult.AMBIGUOUS, "http_202"),
    (302, b"", PushResult.AMBIGUOUS, "http_302"),
    (400, b'{"message":"x"}', PushResult.WRONG, "http_400"),
    (401, b"{}", PushResult.TOKEN_REFUSED, "http_401"),
    (403, b"{}", PushResult.CHANNEL_STOPPED, "http_403"),
    (409, b"{}", PushResult.ACCEPTED, "http_409"),
    (404, b"", PushResult.WRONG, "http_404"),
    (408, b"", PushResult.AMBIGUOUS, "http_408"),
    (410, b"{}", PushResult.WRONG, "http_410"),
    (413, b"{}", PushResult.WRONG, "http_413"),
    (425, b"", PushResult.AMBIGUOUS, "http_425"),
    (429, RATE, PushResult.RATE_LIMITED, "rate"),
    # A hint: LINE's numbers decide.
    (429, QUOTA, PushResult.RATE_LIMITED, "quota"),
    (500, b"{}", PushResult.AMBIGUOUS, "http_500"),
    (503, b"", PushResult.AMBIGUOUS, "http_503"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "result", "reason"), MEANING)
def test_each_answer_has_one_meaning(
    status: int, body: bytes, result: PushResult, reason: str
) -> None:
    answer = read_answer(status, REQUEST, body)
    assert (answer.result, answer.reason, answer.request_id) == (result, reason, "r1")


def test_repeat_of_what_got_through_names_both_requests() -> None:
    headers = REQUEST | {"x-line-accepted-request-id": "r0"}
    answer = read_answer(409, headers, b"{}")
    assert (answer.accepted_request_id, answer.request_id) == ("r0", "r1")


@given(status=st.integers(100, 599), body=st.binary(max_size=200))
def test_no_answer_is_too_strange(status: int, body: bytes) -> None:
    answer = read_answer(status, {}, body)
    is_accepted = answer.result is PushResult.ACCEPTED
    assert not is_accepted or status in (200, 409)
