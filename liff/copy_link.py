"""The link to a copy of somebody's data: signed, and good as long as its order is."""

from uuid import UUID

from flask import url_for

from core.settings import Settings
from liff.signed import read_signed, sign

SALT = "liff.copy"


def copy_link(settings: Settings, order_id: UUID) -> str:
    """Return the whole address. LINE opens it in the phone's own browser, where files are kept."""
    token = sign(settings, SALT, str(order_id))
    path = url_for("liff.show_copy_file", token=token, openExternalBrowser=1)
    return f"{settings.base_url.rstrip('/')}{path}"


def open_copy_link(settings: Settings, token: str) -> UUID:
    """Return the order a link is for. Raises AccessError 404 for a forged one."""
    return read_signed(settings, SALT, token, UUID, missing="no_such_copy")
