"""When a tap really was: the reader's time, corrected by its measured offset, or nothing."""

from datetime import datetime, timedelta

# A clock this far off is corrected by its measured offset; farther off it is mad.
SMALL_OFFSET = timedelta(minutes=5)
# A mad clock's tap is live when its corrected time is this near to its arrival here.
LIVE_WITHIN = timedelta(seconds=60)
# What an unmeasured clock may claim: no later than this from now …
FUTURE_LIMIT = timedelta(minutes=5)
# … and no earlier than a reader's buffer reasonably holds.
BUFFER_LIMIT = timedelta(days=7)


def effective_time(
    tapped_at: datetime, received_at: datetime, offset_seconds: float | None
) -> datetime | None:
    """Return the moment the tap counts for, or None when nobody can know it.

    `offset_seconds` is server time minus reader time at the last heartbeat, None before the first.
    A tap never counts for a moment after it was received.
    """
    offset = timedelta(seconds=offset_seconds or 0)
    corrected = tapped_at + offset
    if abs(offset) > SMALL_OFFSET:
        return received_at if abs(received_at - corrected) <= LIVE_WITHIN else None
    if corrected - received_at > FUTURE_LIMIT or received_at - corrected > BUFFER_LIMIT:
        return None
    return min(corrected, received_at)
