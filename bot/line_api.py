"""The Messaging API as this process calls it: one client, short timeouts, no hidden retries."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, MessagingApiBlob
from linebot.v3.messaging.exceptions import ApiException
from urllib3.exceptions import HTTPError

from core.errors import ChannelError
from core.settings import Settings

logger = logging.getLogger(__name__)

# Connect, read; the SDK would wait without end.
TIMEOUT = (3.0, 10.0)
IMAGE_TIMEOUT = (3.0, 30.0)


class LineError(ChannelError):
    """LINE did not take a call. `status` is 0 when no answer came; `said` is LINE's own text.

    The reason begins with the action: push_http_500, reply_no_answer.
    """

    def __init__(self, action: str, status: int, said: str = "") -> None:
        is_permanent = 400 <= status < 500 and status not in (401, 403, 429)
        outcome = f"http_{status}" if status else "no_answer"
        super().__init__(f"{action}_{outcome}", permanent=is_permanent)
        self.status = status
        self.said = said


class LineApi:
    """The API's two hosts, each with one connection pool shared by all threads."""

    def __init__(self, settings: Settings) -> None:
        token = settings.line_channel_access_token.get_secret_value()
        self.messaging = MessagingApi(_client(settings.line_api, token))
        self.blob = MessagingApiBlob(_client(settings.line_data_api, token))

    def call(self, action: str, method: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Return the answer's data and log LINE's request id. Raises LineError."""
        more.setdefault("_request_timeout", TIMEOUT)
        with translated_errors(action):
            answer = method(*args, **more)
        headers = answer.headers or {}
        extra = {
            "action": action,
            "status": answer.status_code,
            "line_request_id": headers.get("x-line-request-id"),
        }
        logger.info("line call", extra=extra)
        return answer.data


@contextmanager
def translated_errors(action: str) -> Iterator[None]:
    """Turn both of the SDK's error families into LineError, without their personal data."""
    try:
        yield
    except ApiException as error:
        raise LineError(action, int(error.status or 0), str(error.body or "")) from None
    except HTTPError:
        raise LineError(action, 0) from None


def _client(host: str, token: str) -> Any:
    configuration = Configuration(host=host, access_token=token)
    # urllib3 would repeat a call on its own, outside our count.
    configuration.retries = 0
    return ApiClient(configuration)
