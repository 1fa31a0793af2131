"""Ask LINE for the month's quota, and by it tell the causes of a 429 apart.

Source: LINE docs, "Get the target limit for sending messages this month" and "Get number of
messages sent this month" (an approximate count).
"""

import logging

from core.delivery.line_numbers import ask_line, number_in
from core.delivery.quota import Quota
from core.errors import ChannelError
from core.settings import Settings

logger = logging.getLogger(__name__)

PATH = "/v2/bot/message/quota"
UNLIMITED, LIMITED = "none", "limited"


def ask_quota(settings: Settings, token: str) -> Quota:
    """Return what LINE grants this channel this month and how much of it is used.

    Two calls, which cost no quota. Raises ChannelError when LINE gives no usable answer.
    """
    plan = ask_line(settings, token, PATH)
    kind = plan.get("type")
    if kind not in (UNLIMITED, LIMITED):
        raise ChannelError("unknown_plan", permanent=False)
    granted = number_in(plan, "value") if kind == LIMITED else None
    usage = ask_line(settings, token, f"{PATH}/consumption")
    return Quota(granted, number_in(usage, "totalUsage"))


def is_quota_gone(settings: Settings, token: str) -> bool | None:
    """Tell whether the month's quota is gone by LINE's numbers; None where it gives none.

    Never raises for what LINE or the network does. Takes up to eight seconds: for a sender's
    thread, not its loop.
    """
    try:
        return ask_quota(settings, token).is_gone
    except ChannelError as error:
        logger.warning("quota unknown", extra={"action": "ask_quota", "reason": error.reason})
        return None
