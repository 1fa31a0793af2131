"""Push to LINE: ready bytes over kept connections, timeouts always, no retries of our own inside.

What libcurl repeats over a new connection is the same request under the same retry key. Bodies are
frozen messages that were checked against line-bot-sdk's models when their templates were made; here
they only travel. Source of every status below: LINE docs, "Retry failed API requests" and "Status
codes".
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum

import orjson

from core.delivery.posting import Limits, PostFailed, Posting
from core.delivery.pushes import Leased
from core.settings import Settings
from core.values import value

CONNECT_SECONDS = 3
TOTAL_SECONDS = 10
# LINE's answers are small; a longer one is nobody's answer.
MOST_BYTES = 65_536
# LINE's word for a user id it does not know (an account deleted, or of another provider).
NOBODY = b"Failed to send messages"
# A hint only, as LINE warns that its texts change: its numbers decide where they can be had.
QUOTA_WORDS = b"monthly limit"
# Said by somebody on the way rather than by LINE: as good as no answer.
PASSING = (408, 425)
# Our words for what a 429 means.
QUOTA, RATE = "quota", "rate"
PUSH_PATH = "/v2/bot/message/push"


class PushResult(StrEnum):
    """What LINE's answer means for the notice."""

    ACCEPTED = "accepted"
    AMBIGUOUS = "ambiguous"
    NOT_SENT = "not_sent"
    RATE_LIMITED = "rate_limited"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  # a word, not a token
    CHANNEL_STOPPED = "channel_stopped"
    NOBODY = "nobody"
    WRONG = "wrong"


@value()
class PushAnswer:
    """The result, a short reason of ours, and LINE's request id where there is one.

    `accepted_request_id` is that of the try which got through, where this one was a repeat of it.
    `pause` is how long this person waits who gets too many at once.
    """

    result: PushResult
    reason: str
    request_id: str | None = None
    accepted_request_id: str | None = None
    pause: timedelta | None = None


class LinePush:
    """The way to LINE, for one event loop."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting

    async def push(self, notice: Leased, token: str) -> PushAnswer:
        """Send frozen messages to one person. Never raises for what LINE or the network does."""
        headers = (
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"X-Line-Retry-Key: {notice.retry_key}",
            # Nothing here is so long that LINE should be asked before.
            "Expect:",
        )
        try:
            reply = await self._posting.post(body_of(notice), headers)
        except PostFailed as failure:
            if failure.was_sent:
                # The request may have left: silence proves nothing.
                return PushAnswer(PushResult.AMBIGUOUS, failure.reason)
            return PushAnswer(PushResult.NOT_SENT, "no_connection")
        return read_answer(reply.status, reply.headers, reply.body)


@asynccontextmanager
async def open_line(settings: Settings, in_flight: int) -> AsyncIterator[LinePush]:
    """Open the connections to LINE; they stay open between pushes."""
    limits = Limits(
        connections=in_flight,
        connect_seconds=CONNECT_SECONDS,
        total_seconds=TOTAL_SECONDS,
        most_bytes=MOST_BYTES,
    )
    async with Posting(settings.line_api + PUSH_PATH, limits) as posting:
        yield LinePush(posting)


def body_of(notice: Leased) -> bytes:
    """Return the request body. Source: LINE docs, "Send push message"."""
    silent = b"true" if notice.is_silent else b"false"
    return b'{"to":%b,"messages":%b,"notificationDisabled":%b}' % (
        orjson.dumps(notice.line_user_id),
        notice.content,
        silent,
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> PushAnswer:
    """Tell what an answer means. 409: an earlier try got through."""
    reason, request_id = f"http_{status}", headers.get("x-line-request-id")
    if status == 200:
        return _read_acceptance(body, request_id)
    if status == 409:
        accepted = headers.get("x-line-accepted-request-id")
        return PushAnswer(PushResult.ACCEPTED, reason, request_id, accepted)
    if status == 429:
        is_hint = QUOTA_WORDS in body
        return PushAnswer(PushResult.RATE_LIMITED, QUOTA if is_hint else RATE, request_id)
    if status == 401:
        return PushAnswer(PushResult.TOKEN_REFUSED, reason, request_id)
    if status == 403:
        return PushAnswer(PushResult.CHANNEL_STOPPED, reason, request_id)
    if status == 400 and NOBODY in body:
        return PushAnswer(PushResult.NOBODY, "unknown_user", request_id)
    if 400 <= status < 500 and status not in PASSING:
        return PushAnswer(PushResult.WRONG, reason, request_id)
    return PushAnswer(PushResult.AMBIGUOUS, reason, request_id)


def _read_acceptance(body: bytes, request_id: str | None) -> PushAnswer:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        # Somebody between us and LINE answered.
        return PushAnswer(PushResult.AMBIGUOUS, "unreadable_answer", request_id)
    return PushAnswer(PushResult.ACCEPTED, "http_200", request_id)
