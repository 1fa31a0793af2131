"""The floor of a push: one loop that posts ready bytes, no database.

By aiohttp, or by the product's own client. Prints what one run took as JSON: seconds, and CPU
seconds of this process. Connections are opened before, as the product's are.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from bench.ready_push import push_url, request_to
from bench.town import made_id
from core.delivery.posting import Limits, Posting

CONNECTIONS = 64
LIMITS = Limits(connections=CONNECTIONS, connect_seconds=3, total_seconds=10, most_bytes=65_536)
Request = tuple[bytes, dict[str, str]]
Post = Callable[[bytes, dict[str, str]], Awaitable[None]]


def main() -> None:
    """Push once to so many people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--client", choices=CLIENTS, required=True)
    options = parser.parse_args()
    content = options.content.read_bytes()
    warm_up, ready = _ready(2 * CONNECTIONS, content), _ready(options.count, content)
    print(json.dumps(asyncio.run(_measure(options.client, warm_up, ready))))


def _ready(count: int, content: bytes) -> deque[Request]:
    return deque(request_to(f"U{made_id('line', number)}", content) for number in range(count))


async def _measure(client: str, warm_up: deque[Request], ready: deque[Request]) -> dict[str, float]:
    async with CLIENTS[client]() as post:
        await _post_all(post, warm_up)
        started, started_cpu = time.perf_counter(), time.process_time()
        await _post_all(post, ready)
        return {
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - started_cpu,
        }


async def _post_all(post: Post, waiting: deque[Request]) -> None:
    async def work() -> None:
        while waiting:
            await post(*waiting.popleft())

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


@asynccontextmanager
async def _aiohttp() -> AsyncIterator[Post]:
    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session:

        async def post(body: bytes, headers: dict[str, str]) -> None:
            async with session.post(push_url(), data=body, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()

        yield post


@asynccontextmanager
async def _ours() -> AsyncIterator[Post]:
    async with Posting(push_url(), LIMITS) as posting:

        async def post(body: bytes, headers: dict[str, str]) -> None:
            lines = [f"{name}: {value}" for name, value in headers.items()]
            reply = await posting.post(body, lines)
            assert reply.status == 200, reply.status

        yield post


CLIENTS = {"aiohttp": _aiohttp, "ours": _ours}


if __name__ == "__main__":
    main()
