"""The usual bot with pgqueuer between tap and push, pushing ready bytes with aiohttp.

The strongest of the queues: it claims many rows at once and pushes from one loop. A request's taps
become jobs in one statement.
"""

import argparse
import asyncio
import os
import signal
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import ClientSession, TCPConnector
from flask import Flask

from bench.line_bot import Tell, make_bot
from bench.ready_push import push_url, request_to
from core.delivery.sender import IN_FLIGHT
from core.duty.server import Background, Server

JOB = "push"
# Its best here, and no cap on what is under way: a job would count as such until its outcome is
# written, and the worker sleep meanwhile. How many pushes are, the session's connections limit.
BATCH = 500


def main() -> None:
    """Serve taps or work off jobs until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("install", "web", "worker"))
    parser.add_argument("--database", required=True, help="as the driver takes it")
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT"))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if options.command == "install":
        asyncio.run(_install(options.database))
        return
    if options.command == "worker":
        asyncio.run(_work(options.database, options.content.read_bytes()))
        return

    def load() -> tuple[Flask, Background]:
        return make_bot(_make_tell(options.database)), Background([])

    Server(load, host="127.0.0.1", port=options.port, workers=options.workers).run()


def _make_tell(database: str) -> Tell:
    queries: Any = import_module("pgqueuer.adapters.persistence.queries").SyncQueries
    driver: Any = import_module("pgqueuer.adapters.drivers.psycopg").SyncPsycopgDriver
    mine = threading.local()

    def tell(people: Sequence[str]) -> None:
        if not hasattr(mine, "queries"):
            mine.queries = queries(driver(psycopg.connect(database, autocommit=True)))
        count = len(people)
        mine.queries.enqueue([JOB] * count, [one.encode() for one in people], [0] * count)

    return tell


async def _install(database: str) -> None:
    connection = await psycopg.AsyncConnection.connect(database, autocommit=True)
    driver: Any = import_module("pgqueuer.adapters.drivers.psycopg").PsycopgDriver
    queries: Any = import_module("pgqueuer.adapters.persistence.queries").Queries
    async with connection, driver(connection) as opened:
        await queries(opened).install()


async def _work(database: str, content: bytes) -> None:
    connection = await psycopg.AsyncConnection.connect(database, autocommit=True)
    queue: Any = import_module("pgqueuer").PgQueuer.from_psycopg_connection(connection)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queue.shutdown.set)
    async with ClientSession(connector=TCPConnector(limit=IN_FLIGHT)) as session:

        @queue.entrypoint(JOB)  # type: ignore[untyped-decorator]
        async def push(job: Any) -> None:
            body, headers = request_to(job.payload.decode(), content)
            async with session.post(push_url(), data=body, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()

        await queue.run(batch_size=BATCH)


if __name__ == "__main__":
    main()
