"""ULIDs, the shape of LINE's webhookEventId."""

import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def make_ulid(millis: int) -> str:
    """Return 26 characters that sort by time: 48 bits of milliseconds, 80 random bits."""
    number = (millis << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
