"""When to try again: 1, 2, 5, 15, 30, 60, 60 … seconds with jitter, never past 23 h."""

import random
from datetime import datetime, timedelta

from core.notices.outbox import RETRY_HORIZON

DELAYS_SECONDS = (1, 2, 5, 15, 30, 60)
JITTER = 0.2


def next_try(attempts: int, first_tried_at: datetime, now: datetime) -> datetime | None:
    """Return when the next try is due after `attempts` tries, or None when it would be too late.

    A repeat later than LINE remembers the retry key would be a second message.
    """
    delay = DELAYS_SECONDS[min(attempts, len(DELAYS_SECONDS)) - 1]
    due_at = now + timedelta(seconds=delay * random.uniform(1 - JITTER, 1 + JITTER))
    return due_at if due_at - first_tried_at < RETRY_HORIZON else None
