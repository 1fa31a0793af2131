"""The Messaging API as this process calls it: one client, short timeouts, no hidden retries."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import HTTPError

from bot.answer import Json
from core.errors import ChannelError
from core.settings import Settings

if TYPE_CHECKING:
    from linebot.v3.messaging import MessagingApi, MessagingApiBlob

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
    """The API's two hosts, each with one connection pool shared by all threads.

    The SDK takes a second to load, so it is loaded when it is needed: a web server that comes up
    must not wait for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def load(self) -> None:
        """Load the SDK now, so that nobody waits for it later."""
        _ = self.messaging

    @cached_property
    def messaging(self) -> "MessagingApi":
        """Return the host that takes messages, menus and addresses."""
        from linebot.v3.messaging import MessagingApi

        return MessagingApi(self._client(self._settings.line_api))

    @cached_property
    def blob(self) -> "MessagingApiBlob":
        """Return the host that takes pictures."""
        from linebot.v3.messaging import MessagingApiBlob

        return MessagingApiBlob(self._client(self._settings.line_data_api))

    def content(self, message_id: str) -> bytes:
        """Return the bytes of a file that was sent. Raises LineError, also when not ready yet."""
        method = self.blob.get_message_content_with_http_info
        data = self.call("content", method, message_id, _request_timeout=IMAGE_TIMEOUT)
        if not data:
            raise LineError("content", 0)
        return bytes(data)

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

    def read(self, action: str, path: str) -> Json:
        """Return the object LINE answers. Raises LineError.

        Read as it stands: the SDK refuses a whole list for one kind in it that is new to it.
        """
        more = {"response_types_map": {"200": "object"}, "auth_settings": ["Bearer"]}
        said = self.call(action, self.messaging.api_client.call_api, path, "GET", **more)
        if not isinstance(said, dict):
            raise LineError(action, 0)
        return said

    def post(self, action: str, path: str, body: Json, *, retry_key: str | None = None) -> None:
        """Post messages where LINE's yes is all that matters. Raises LineError.

        They go out as they were made: to take them into the SDK's models and out again costs more
        than all else about an answer. What LINE says with its yes is not read.
        """
        headers = {"Content-Type": "application/json"}
        if retry_key is not None:
            headers["X-Line-Retry-Key"] = retry_key
        more = {"header_params": headers, "body": body, "auth_settings": ["Bearer"]}
        post = self.messaging.api_client.call_api
        self.call(action, post, path, "POST", response_types_map={}, **more)

    def _client(self, host: str) -> Any:
        from linebot.v3.messaging import ApiClient, Configuration

        token = self._settings.line_channel_access_token.get_secret_value()
        configuration = Configuration(host=host, access_token=token)
        # urllib3 would repeat a call on its own, outside our count.
        configuration.retries = 0
        return ApiClient(configuration)


@contextmanager
def translated_errors(action: str) -> Iterator[None]:
    """Turn the SDK's error families into LineError, without their personal data.

    An answer that it can't read is none.
    """
    from linebot.v3.messaging.exceptions import ApiException

    try:
        yield
    except ApiException as error:
        raise LineError(action, int(error.status or 0), str(error.body or "")) from None
    except (HTTPError, ValueError):
        raise LineError(action, 0) from None
