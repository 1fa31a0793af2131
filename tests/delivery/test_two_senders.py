"""Two senders at one outbox: each thing once, and a departure never before its arrival."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.clock import Clock, school_day_of
from core.db import transaction
from core.house import House
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.templates import frozen
from core.people.tables import Guardian, Student
from tests.delivery.sending import sender_at_work
from tests.factories import make_binding, make_guardian, make_school, make_student
from tests.fakes import FakeLine
from tests.waiting import wait_for

FAMILIES = 20
WAY = (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE)


@pytest.fixture
def families(house: House) -> list[tuple[Guardian, Student]]:
    """Guardians with a child each."""
    with transaction(house.engine) as session:
        make_school(session)
        made = []
        for number in range(FAMILIES):
            guardian = make_guardian(session, house, f"U{number:032x}")
            child = make_student(session, house, number=f"{11500000 + number}")
            make_binding(session, guardian, child)
            made.append((guardian, child))
    return made


def _news(guardian: Guardian, child: Student, kind: NoticeKind, now: datetime) -> NewNotice:
    return NewNotice(
        kind=kind,
        student_id=child.id,
        guardian_id=guardian.id,
        line_user_id=f"U{int(child.student_number) - 11500000:032x}",
        school_day=school_day_of(now),
        at=now,
        content=frozen([{"type": "text", "text": kind.value}]),
    )


@pytest.fixture
def doubtful(line: FakeLine) -> Callable[[], int]:
    """LINE answers every first try of an arrival with 500; returns how often it did."""
    plain, seen = line.answer, Counter[str]()

    def answer(key: str, body: dict[str, Any]) -> tuple[int, str]:
        if body["messages"][0]["text"] == NoticeKind.ARRIVAL:
            seen[key] += 1
            line.script = [(500, "{}")] if seen[key] == 1 else []
        return plain(key, body)

    line.answer = answer  # type: ignore[method-assign]
    return lambda: len(seen)


def test_departure_follows_its_arrival_though_two_send_and_first_tries_fail(
    house: House,
    families: list[tuple[Guardian, Student]],
    line: FakeLine,
    doubtful: Callable[[], int],
) -> None:
    running = replace(house, clock=Clock(house.clock.now()))
    now = running.clock.now()
    news = [_news(*family, kind, now) for family in families for kind in WAY]
    with transaction(house.engine) as session:
        assert enqueue(session, news, now) == 2 * FAMILIES
    with sender_at_work(running, line.origin), sender_at_work(running, line.origin):
        wait_for(lambda: len(line.accepted) == 2 * FAMILIES, "all pushes")
    assert doubtful() == FAMILIES
    heard = defaultdict(list)
    for body in line.accepted.values():
        heard[body["to"]].append(body["messages"][0]["text"])
    assert list(heard.values()) == [list(WAY)] * FAMILIES
