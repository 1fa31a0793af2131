"""LINE's own count of the pushes of a day.

Source: LINE docs, "Get number of sent push messages" (days of UTC+9, ready by the next day).
"""

from datetime import date

from core.delivery.line_numbers import ask_line, number_in
from core.errors import ChannelError
from core.settings import Settings

READY = "ready"
NOT_YET = ("unready", "out_of_service")


def ask_pushes(settings: Settings, token: str, day: date) -> int | None:
    """Return how many pushes LINE sent on a day of UTC+9, None while it does not say.

    Raises ChannelError when LINE gives no usable answer.
    """
    answer = ask_line(settings, token, f"/v2/bot/message/delivery/push?date={day:%Y%m%d}")
    if answer.get("status") in NOT_YET:
        return None
    if answer.get("status") != READY:
        raise ChannelError("unknown_status", permanent=False)
    return number_in(answer, "success") if answer.get("success") is not None else None
