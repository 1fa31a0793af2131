"""Asking LINE for numbers: through its SDK, timeouts always, no repeats inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from core.errors import ChannelError
from core.settings import Settings

if TYPE_CHECKING:
    from linebot.v3.messaging import MessagingApi

# Connect and read, seconds; the SDK itself would wait for ever.
TIMEOUT = (3, 10)


@contextmanager
def asking_line(settings: Settings, token: str) -> "Iterator[MessagingApi]":
    """Open LINE for a question or two; its connections are closed at the end.

    Raises ChannelError when LINE gives no usable answer.
    """
    # The SDK takes a second to load; a program that asks nothing need not wait for it.
    from linebot.v3.messaging import ApiClient, ApiException, Configuration, MessagingApi

    configuration = Configuration(host=settings.line_api, access_token=token)
    # Asked again at the next look; urllib3 would repeat it at once.
    configuration.retries = 0
    client = ApiClient(configuration)
    try:
        yield MessagingApi(client)
    except ApiException as error:
        raise ChannelError(f"http_{int(error.status or 0)}", permanent=False) from None
    except (HTTPError, ValueError) as error:
        # An answer that can't be read is as good as none.
        raise ChannelError(type(error).__name__, permanent=False) from None
    finally:
        client.rest_client.pool_manager.clear()
