"""LINE's own count of the pushes of a day.

Source: LINE docs, "Get number of sent push messages" (days of UTC+9, ready by the next day).
"""

from datetime import date

from linebot.v3.messaging import ApiClient, ApiException, Configuration, MessagingApi
from urllib3.exceptions import HTTPError

from core.errors import ChannelError
from core.settings import Settings

# Connect and read, seconds; the SDK itself would wait for ever.
TIMEOUT = (3, 10)
READY = "ready"


def ask_pushes(settings: Settings, token: str, day: date) -> int | None:
    """Return how many pushes LINE sent on a day of UTC+9, None while it does not say.

    Raises ChannelError when LINE gives no usable answer.
    """
    configuration = Configuration(host=settings.line_api, access_token=token)
    # urllib3 would repeat the call by itself; the next tick does.
    configuration.retries = 0
    client = ApiClient(configuration)
    try:
        answer = MessagingApi(client).get_number_of_sent_push_messages(
            f"{day:%Y%m%d}", _request_timeout=TIMEOUT
        )
    except ApiException as error:
        raise ChannelError(f"http_{int(error.status or 0)}", permanent=False) from None
    except (HTTPError, ValueError) as error:
        raise ChannelError(type(error).__name__, permanent=False) from None
    finally:
        client.rest_client.pool_manager.clear()
    return int(answer.success) if answer.status == READY and answer.success is not None else None
