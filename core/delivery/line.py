"""Push to LINE through the SDK's client: one client a process, timeouts always, no retries inside.

Source of every status below: LINE docs, "Retry failed API requests" and "Status codes".
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import orjson
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    MessagingApi,
    PushMessageRequest,
)
from urllib3.exceptions import HTTPError

from core.settings import Settings

# Connect and read, seconds; the SDK itself would wait for ever.
TIMEOUT = (3, 10)


class PushResult(StrEnum):
    """What LINE's answer means for the notice."""

    ACCEPTED = "accepted"
    AMBIGUOUS = "ambiguous"
    RATE_LIMITED = "rate_limited"
    CHANNEL_STOPPED = "channel_stopped"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """The result, a short reason of ours, and LINE's request id where there is one."""

    result: PushResult
    reason: str
    request_id: str | None = None


class LineChannel:
    """The way to LINE. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        configuration = Configuration(
            host=settings.line_api,
            access_token=settings.line_channel_access_token.get_secret_value(),
        )
        # urllib3 would repeat some calls by itself; repeats are rows in the outbox.
        configuration.retries = 0
        configuration.connection_pool_maxsize = 32
        self._api = MessagingApi(ApiClient(configuration))

    def push(
        self, *, line_user_id: str, content: bytes, retry_key: UUID, is_silent: bool = False
    ) -> PushAnswer:
        """Send frozen messages to one person. Never raises for what LINE or the network does."""
        try:
            request = _request(line_user_id, content, is_silent)
        except ValueError:
            # Nothing left the house, and no repeat would make it readable.
            return PushAnswer(PushResult.WRONG, "unreadable_content")
        try:
            answer = self._api.push_message_with_http_info(
                request, x_line_retry_key=str(retry_key), _request_timeout=TIMEOUT
            )
        except ApiException as error:
            return read_refusal(error)
        except (HTTPError, ValueError) as error:
            # The request may have left: an answer that can't be read or decoded proves nothing.
            return PushAnswer(PushResult.AMBIGUOUS, type(error).__name__)
        return PushAnswer(PushResult.ACCEPTED, "http_200", _request_id(answer.headers))


def _request(line_user_id: str, content: bytes, is_silent: bool) -> PushMessageRequest:
    return PushMessageRequest.from_dict(
        {
            "to": line_user_id,
            "messages": orjson.loads(content),
            "notificationDisabled": is_silent,
        }
    )


def read_refusal(error: ApiException) -> PushAnswer:
    """Tell what an answer other than 2xx means. 409: an earlier try got through."""
    status = int(error.status or 0)
    reason = f"http_{status}"
    headers = error.headers or {}
    if status == 409:
        accepted = headers.get("x-line-accepted-request-id") or _request_id(headers)
        return PushAnswer(PushResult.ACCEPTED, reason, accepted)
    if status == 429:
        is_quota = "monthly limit" in str(error.body)
        result = PushResult.CHANNEL_STOPPED if is_quota else PushResult.RATE_LIMITED
        return PushAnswer(result, "quota" if is_quota else "rate", _request_id(headers))
    if status in (401, 403):
        return PushAnswer(PushResult.CHANNEL_STOPPED, reason, _request_id(headers))
    if status == 0 or status >= 500:
        return PushAnswer(PushResult.AMBIGUOUS, reason, _request_id(headers))
    return PushAnswer(PushResult.WRONG, reason, _request_id(headers))


def _request_id(headers: object) -> str | None:
    getter = getattr(headers, "get", None)
    return getter("x-line-request-id") if getter else None
