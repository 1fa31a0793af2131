"""Hearing other processes: PostgreSQL tells when one of them has written notices.

It only shortens the wait; what is due is always found by query. Source: PostgreSQL manual,
"NOTIFY".
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from core.house import House
from core.notices.outbox import WRITTEN

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0


async def hear_others(house: House, ring: Callable[[], None]) -> None:
    """Ring whenever another process has committed notices, until cancelled."""
    engine = house.engine
    if engine.dialect.name == "sqlite":
        return
    _, address = engine.dialect.create_connect_args(engine.url)
    while True:
        try:
            await _listen(address, ring)
        except psycopg.Error as error:
            extra = {"action": "hear", "error_type": type(error).__name__}
            logger.warning("not listening", extra=extra)
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(address: Mapping[str, Any], ring: Callable[[], None]) -> None:
    connection = await psycopg.AsyncConnection.connect(**address, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {WRITTEN}")
        # Something may have been written while nobody listened.
        ring()
        async for _ in connection.notifies():
            ring()
