"""The message of an arrival: its facts, invented, and what its bytes cost to make."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from linebot.v3.messaging import FlexMessage

from bench.sides import MORNING
from bench.town import made_id
from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices.bubbles import messages_for
from core.notices.fan_out import child_page
from core.notices.templates import content_of, frozen
from core.notices.wording import NoticeFacts

NAMES = ("小晴", "小安", "以安", "承恩", "宥廷")
SCHOOLS = 20


def facts_of(number: int) -> NoticeFacts:
    """Return the facts of a child's arrival; children of a school and a minute share most."""
    at = datetime.fromisoformat(MORNING) + timedelta(seconds=number % 600)
    return NoticeFacts(
        child=NAMES[number % len(NAMES)],
        school=f"第{number % SCHOOLS}國小",
        school_phone="02-2300-0001",
        school_day=school_day_of(at),
        link=child_page("1660000001-sandbox1", UUID(made_id("binding", number))),
        gate="正門",
        at=at,
        arrived_at=at,
    )


def message(number: int) -> bytes:
    """Return the message objects of a child's arrival as a JSON array."""
    return content_of(NoticeKind.ARRIVAL, facts_of(number))


def measure_making(count: int, rounds: int) -> dict[str, list[float]]:
    """Return microseconds a message of each way to make one, the ways taking turns."""
    facts = [facts_of(number) for number in range(count)]
    bodies = [orjson.loads(message(number)) for number in range(count // 10)]
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: [content_of(NoticeKind.ARRIVAL, one) for one in facts],
        "builder": lambda: [frozen(messages_for(NoticeKind.ARRIVAL, one)) for one in facts],
        "sdk": lambda: [_by_sdk(one) for one in bodies],
    }
    made = {"ours": count, "builder": count, "sdk": len(bodies)}
    for way in ways.values():
        way()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            taken[name].append((time.perf_counter() - started) / made[name] * 1e6)
    return taken


def _by_sdk(messages: list[dict[str, Any]]) -> bytes:
    models = [FlexMessage.from_dict(one) for one in messages]
    return json.dumps([model.to_dict() for model in models]).encode()
