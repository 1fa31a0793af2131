"""Hearing other processes: PostgreSQL tells when one of them has written notices or chat events.

It only shortens the wait; what is due is always found by query. Source: PostgreSQL manual,
"NOTIFY".
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import sql

from core.house import EVENTS_WRITTEN, House
from core.notices.outbox import WRITTEN

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0


@asynccontextmanager
async def hearing_others(house: House, ring: Callable[[], None]) -> AsyncIterator[None]:
    """Ring whenever another process has committed notices, while inside.

    The bell of chat events is rung too: whoever sends also answers.
    """
    hearing = asyncio.create_task(_hear(house, ring))
    try:
        yield
    finally:
        hearing.cancel()
        # Waited for: the end of the loop would cancel it a second time, while it takes its leave
        # of the database, and leave the connection open.
        await asyncio.wait([hearing])


async def _hear(house: House, ring: Callable[[], None]) -> None:
    engine = house.engine
    if engine.dialect.name == "sqlite":
        return
    _, address = engine.dialect.create_connect_args(engine.url)
    while True:
        try:
            await _listen(address, {WRITTEN: ring, EVENTS_WRITTEN: house.events_due.set})
        except psycopg.Error as error:
            extra = {"action": "hear", "error_type": type(error).__name__}
            logger.warning("not listening", extra=extra)
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(address: Mapping[str, Any], bells: Mapping[str, Callable[[], None]]) -> None:
    connection = await psycopg.AsyncConnection.connect(**address, autocommit=True)
    async with connection:
        for name, ring in bells.items():
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
            # Something may have been written while nobody listened.
            ring()
        async for heard in connection.notifies():
            bells[heard.channel]()
