"""Asking LINE for numbers: one try each, within seconds altogether."""

from typing import Any

import orjson

from core.delivery.asking import ask
from core.delivery.posting import Limits, PostFailed
from core.errors import ChannelError
from core.settings import Settings

# LINE answers in a tenth of a second. Two such questions fit into what a stop may take.
LIMITS = Limits(connections=1, connect_seconds=3, total_seconds=4, most_bytes=65_536)


def ask_line(settings: Settings, token: str, path: str) -> dict[str, Any]:
    """Return the fields LINE answers with. Raises ChannelError when it gives no usable answer."""
    headers = (f"Authorization: Bearer {token}",)
    try:
        reply = ask(settings.line_api + path, LIMITS, headers=headers)
        fields = orjson.loads(reply.body) if reply.status == 200 else {}
    except PostFailed as failure:
        raise ChannelError(failure.reason, permanent=False) from None
    except ValueError:
        raise ChannelError("unreadable_answer", permanent=False) from None
    if reply.status != 200:
        raise ChannelError(f"http_{reply.status}", permanent=False)
    if not isinstance(fields, dict):
        raise ChannelError("unreadable_answer", permanent=False)
    return fields


def number_in(fields: dict[str, Any], name: str) -> int:
    """Return a number of LINE's. Raises ChannelError where there is none."""
    number = fields.get(name)
    if type(number) is not int:
        raise ChannelError(f"no_{name}", permanent=False)
    return number
