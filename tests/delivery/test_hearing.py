"""A worker hears at once what a web process elsewhere has committed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from bot.inbox import store_events
from core.db import transaction
from core.delivery.hearing import hearing_others
from core.house import House, build_house
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.templates import frozen
from tests.conftest import MONDAY_MORNING
from tests.factories import MEI, make_guardian
from tests.waiting import wait_for

# How long somebody may wait before the test gives up; when it works nobody does.
PATIENCE = 20


@pytest.fixture(autouse=True)
def only_where_machines_are_many(house: House) -> None:
    if house.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one process, whose bells are rung directly")


@asynccontextmanager
async def _hearing(house: House, bell: asyncio.Event) -> AsyncIterator[None]:
    async with hearing_others(house, bell.set):
        # Both bells are rung when listening begins, for what came before.
        await asyncio.wait_for(bell.wait(), PATIENCE)
        assert await asyncio.to_thread(house.events_due.wait, PATIENCE)
        bell.clear()
        house.events_due.clear()
        yield


def _elsewhere(house: House, act: Callable[[House], None]) -> None:
    other = build_house(house.settings)
    act(other)
    other.engine.dispose()


def test_notice_of_another_process_rings(house: House) -> None:
    with transaction(house.engine) as session:
        guardian_id = make_guardian(session, house).id

    def write(other: House) -> None:
        notice = NewNotice(
            kind=NoticeKind.BOUND,
            guardian_id=guardian_id,
            line_user_id=MEI,
            school_day=MONDAY_MORNING.date(),
            at=MONDAY_MORNING,
            content=frozen([{"type": "text", "text": "1"}]),
        )
        with transaction(other.engine) as session:
            enqueue(session, [notice], MONDAY_MORNING)

    async def hear() -> bool:
        bell = asyncio.Event()
        async with _hearing(house, bell):
            await asyncio.to_thread(_elsewhere, house, write)
            await asyncio.wait_for(bell.wait(), PATIENCE)
            return house.events_due.is_set()

    assert asyncio.run(hear()) is False, "each bell for its own news"


def test_chat_event_of_another_process_rings(house: House) -> None:
    event = {
        "type": "follow",
        "webhookEventId": "01HZZZZZZZZZZZZZZZZZZZZZZZ",
        "timestamp": 1_795_388_400_000,
        "source": {"type": "user", "userId": MEI},
    }

    def write(other: House) -> None:
        with transaction(other.engine) as session:
            assert store_events(session, [event], MONDAY_MORNING) == 1

    async def hear() -> bool:
        async with _hearing(house, asyncio.Event()):
            await asyncio.to_thread(_elsewhere, house, write)
            return await asyncio.to_thread(house.events_due.wait, PATIENCE)

    assert asyncio.run(hear())


def test_who_hears_takes_leave_of_the_database(house: House) -> None:
    async def hear_and_go() -> None:
        async with _hearing(house, asyncio.Event()):
            assert _listening(house) == 1

    asyncio.run(hear_and_go())
    # The server notices a moment after the connection has been closed.
    wait_for(lambda: _listening(house) == 0, "nobody left listening")


def _listening(house: House) -> int:
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    with house.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
