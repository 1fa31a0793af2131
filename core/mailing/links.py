"""The address in every letter where letters are ended: signed, good as long as our keys are.

It needs no sign-in: mail programs press it for their reader. Source: RFC 8058, section 3.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from itsdangerous import BadData

from core.errors import AccessError
from core.settings import Settings
from core.signing import serializer_of

SALT = "mailing.letters"


@dataclass(frozen=True, slots=True)
class Letters:
    """Which letters: those about the child of a binding, or without one all of a guardian's."""

    guardian_id: UUID
    binding_id: UUID | None


def letters_link(settings: Settings, letters: Letters) -> str:
    """Return the whole address of the page that ends these letters."""
    held = [letters.guardian_id.hex, letters.binding_id.hex if letters.binding_id else ""]
    token = str(serializer_of(settings, SALT).dumps(held))
    return f"{settings.base_url.rstrip('/')}/liff/letters/{token}"


def open_letters_link(settings: Settings, token: str) -> Letters:
    """Return what an address ends. Raises AccessError 404 for a forged one."""
    try:
        held: Any = serializer_of(settings, SALT).loads(token)
        guardian, binding = held
        return Letters(UUID(guardian), UUID(binding) if binding else None)
    except (BadData, TypeError, ValueError, AttributeError):
        raise AccessError("no_such_page") from None
