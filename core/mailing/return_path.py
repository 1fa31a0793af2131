"""Where a letter that can't be delivered comes back to: an address of its own, signed by us.

bounces@host becomes bounces+<letter and signature>@host (the mail server must deliver what follows
the plus to the same mailbox). The signature covers the reader's address too: a report proves
something about the address its letter went to, and about no other.
"""

import hmac
from base64 import b32decode, b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from uuid import UUID

from core.settings import Settings
from core.signing import signatures_of

SALT = "mailing.return_path"
# With the letter's id just 40 signs, beside a name of 20 at most. Source: RFC 5321, 4.5.3.1.1.
SIGNED_BYTES = 9


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return path says: which letter, and the proof of where it went."""

    letter: UUID
    signature: bytes


def return_path(settings: Settings, letter: UUID, address: str) -> str:
    """Return where this letter to this address comes back to, "" where nobody reads it."""
    name, _, host = settings.bounce_address.partition("@")
    if not host:
        return ""
    signature = _signatures(settings, letter, address)[0]
    # Lower case and digits only: some servers change the case of what they send back.
    token = b32encode(letter.bytes + signature).decode().lower()
    return f"{name}+{token}@{host}"


def read_return_path(settings: Settings, address: str) -> Returned | None:
    """Return what an address of ours says, None for any other; proves nothing yet."""
    _, plain = parseaddr(address)
    name, host = (part.lower() for part in settings.bounce_address.split("@"))
    local, _, at = plain.lower().rpartition("@")
    if at != host or not local.startswith(f"{name}+"):
        return None
    try:
        held = b32decode(local.removeprefix(f"{name}+").upper())
    except ValueError:
        return None
    if len(held) != 16 + SIGNED_BYTES:
        return None
    return Returned(UUID(bytes=held[:16]), held[16:])


def went_to(settings: Settings, returned: Returned, address: str) -> bool:
    """Tell whether we signed this return path for a letter to this address."""
    own = _signatures(settings, returned.letter, address)
    return any(hmac.compare_digest(one, returned.signature) for one in own)


def _signatures(settings: Settings, letter: UUID, address: str) -> Sequence[bytes]:
    """Return the signature by each key that counts, the newest first."""
    said = letter.bytes + address.casefold().encode()
    return [one[:SIGNED_BYTES] for one in signatures_of(settings, SALT, said)]
