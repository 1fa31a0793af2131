"""Hearing other processes: PostgreSQL tells when one of them has written notices.

It only shortens the wait; what is due is always found by query. Source: PostgreSQL manual,
"NOTIFY".
"""

import asyncio
import logging
from collections.abc import Callable

import psycopg
from sqlalchemy.engine import make_url

from core.house import House
from core.notices.outbox import WRITTEN

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0


async def hear_others(house: House, ring: Callable[[], None]) -> None:
    """Ring whenever another process has committed notices, until cancelled."""
    url = make_url(house.settings.database_url)
    if url.get_backend_name() == "sqlite":
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            await _listen(address, ring)
        except psycopg.Error as error:
            extra = {"action": "hear", "error_type": type(error).__name__}
            logger.warning("not listening", extra=extra)
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(address: str, ring: Callable[[], None]) -> None:
    connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {WRITTEN}")
        # Something may have been written while nobody listened.
        ring()
        async for _ in connection.notifies():
            ring()
