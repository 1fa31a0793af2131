"""On the way to an order of texts: verifying the number first leads back to the child's page."""

from uuid import UUID

from flask import session, url_for

ORDERING = "ordering"


def note_ordering(binding_id: UUID) -> None:
    """Remember that somebody wants to order for a child and lacks a verified number."""
    session[ORDERING] = str(binding_id)


def take_ordering() -> str | None:
    """Return where the order is placed, once; None for whoever does not order."""
    binding_id = session.pop(ORDERING, None)
    if not isinstance(binding_id, str):
        return None
    return url_for("liff.show_sms", child=binding_id, note="proved")
