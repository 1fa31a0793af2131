"""A departure behind its arrival, and a sender's turn at both."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.binding.tables import Delegate
from core.db import snapshot, transaction
from core.delivery.claims import claim, expire
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.settle import settle
from core.delivery.told_later import end_told_later
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, Student
from tests.delivery.siblings import NAMES, Walk, later, send
from tests.factories import HUA, make_binding, make_guardian
from tests.fakes import FakeLine

Notify = Callable[..., int]
Take = Callable[..., list[Leased]]
ARRIVAL, DEPARTURE = NoticeKind.ARRIVAL, NoticeKind.DEPARTURE
TOLD_LATER = (ARRIVAL, NoticeState.EXPIRED, "told_later")
MAYBE_READ = (ARRIVAL, NoticeState.UNKNOWN, "told_later")
SECOND = timedelta(seconds=1)


@pytest.fixture
def take(house: House, mei: Guardian) -> Take:
    """What a turn of a sender takes in hand."""

    def take_some(*on_demand: NoticeKind) -> list[Leased]:
        now = house.clock.now()
        with transaction(house.engine) as session:
            expire(session, now)
            end_told_later(session, on_demand, now)
            return claim(session, now=now, limit=9, on_demand=on_demand)

    return take_some


def kinds(pushes: list[Leased]) -> list[str]:
    return [one.kind for one in pushes]


def land(house: House, pushes: list[Leased], result: PushResult) -> None:
    """Settle what LINE answered."""
    now = house.clock.now()
    answered = [settlement_for(one, PushAnswer(result, "test"), now) for one in pushes]
    with transaction(house.engine) as session:
        settle(session, answered, now)


def ends(house: House) -> list[tuple[str, str, str | None]]:
    """How what has ended by our word did."""
    with snapshot(house.engine) as session:
        rows = session.scalars(select(Notice).where(col(Notice.outcome) == "told_later")).all()
        return [(row.kind, row.state, row.outcome) for row in rows]


def change(house: House, which: NoticeKind, **facts: Any) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Notice).where(col(Notice.kind) == which).values(**facts))


@pytest.fixture
def both(house: House, notify: Notify) -> None:
    """An arrival that may not be tried for ten minutes, and its departure."""
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE)


def to_another_guardian(house: House) -> dict[str, Any]:
    """Return the facts of a notice to another guardian of the same child."""
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA)
        make_binding(session, hua, session.exec(select(Student)).one())
        return {"guardian_id": hua.id, "line_user_id": HUA}


def to_a_delegate(house: House) -> dict[str, Any]:
    """Return the facts of a notice that goes to somebody in the guardian's stead."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        one = Delegate(
            binding_id=session.exec(select(Binding.id)).one(),
            label="grandparent",
            until=now.date() + timedelta(days=9),
            invited_at=now,
            code_index=house.vault.index("KQ7M2XPA", "delegate.code"),
            code_expires_at=now,
            line_user_id=HUA,
            accepted_at=now,
        )
        session.add(one)
        session.flush()
        return {"delegate_id": one.id, "line_user_id": HUA}


def out_after_trouble(
    house: House, walk: Walk, line: FakeLine, trouble: tuple[int, str], number: str
) -> None:
    """Let siblings come in one push that meets trouble, and one of them leave a minute ago."""
    line.script = [trouble]
    walk("11:28:00", *NAMES)
    send(house, line)
    walk("11:31:00", number)
    later(house, seconds=60)
