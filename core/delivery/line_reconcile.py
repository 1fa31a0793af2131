"""LINE's own count of the pushes of a day.

Source: LINE docs, "Get number of sent push messages" (days of UTC+9, ready by the next day).
"""

from datetime import date

from core.delivery.line_numbers import TIMEOUT, asking_line
from core.settings import Settings

READY = "ready"


def ask_pushes(settings: Settings, token: str, day: date) -> int | None:
    """Return how many pushes LINE sent on a day of UTC+9, None while it does not say.

    Raises ChannelError when LINE gives no usable answer.
    """
    with asking_line(settings, token) as line:
        answer = line.get_number_of_sent_push_messages(f"{day:%Y%m%d}", _request_timeout=TIMEOUT)
    return int(answer.success) if answer.status == READY and answer.success is not None else None
