"""Ask LINE for the month's quota, and by it tell the causes of a 429 apart.

Source: LINE docs, "Get the target limit for sending messages this month" and "Get number of
messages sent this month" (an approximate count).
"""

import logging

from core.delivery.line_numbers import TIMEOUT, asking_line
from core.delivery.quota import Quota
from core.errors import ChannelError
from core.settings import Settings

logger = logging.getLogger(__name__)

UNLIMITED = "none"


def ask_quota(settings: Settings, token: str) -> Quota:
    """Return what LINE grants this channel this month and how much of it is used.

    Two calls, which cost no quota. Raises ChannelError when LINE gives no usable answer.
    """
    with asking_line(settings, token) as line:
        plan = line.get_message_quota(_request_timeout=TIMEOUT)
        granted = None if plan.type == UNLIMITED else plan.value
        if granted is None and plan.type != UNLIMITED:
            raise ValueError("a limit without a value")
        usage = line.get_message_quota_consumption(_request_timeout=TIMEOUT)
        return Quota(granted, usage.total_usage)


def is_quota_gone(settings: Settings, token: str) -> bool:
    """Tell whether a 429 means that the month's quota is gone; else it is the rate.

    LINE gives no code for it and warns that its texts change, so its numbers decide. Without an
    answer it is the rate: a second try costs less than a stopped channel. Never raises for what
    LINE or the network does. Takes up to 26 seconds: for a sender's thread, not its loop.
    """
    try:
        return ask_quota(settings, token).is_gone
    except ChannelError as error:
        logger.warning("quota unknown", extra={"action": "ask_quota", "reason": error.reason})
        return False
