"""Speaking to the handlers as LINE would, with every answer checked against LINE's limits."""

import json
from dataclasses import replace
from typing import Any

from bot.answer import Answer
from bot.events import parse_event
from bot.handlers.incoming import handle
from core.house import House
from tests.bot.happenings import make_text
from tests.bot.line_limits import assert_line_takes, words_of
from tests.factories import MEI


def hear(
    house: House, event: dict[str, Any], *, longest_alt: int = 30, is_retry: bool = False
) -> Answer:
    incoming = parse_event(json.dumps(event).encode())
    assert incoming is not None
    answer = handle(house, replace(incoming, is_retry=is_retry))
    if answer.messages:
        assert_line_takes(answer.messages, longest_alt)
    return answer


def say(house: House, text: str, user: str = MEI) -> list[str]:
    # In other languages than Chinese and Japanese a lock screen holds 60 characters.
    return words_of(hear(house, make_text(text, user=user), longest_alt=60).messages)


def alt_of(house: House, text: str) -> str:
    return str(hear(house, make_text(text)).messages[0]["altText"])
