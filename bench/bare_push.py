"""The floor of a push: one loop that posts ready bytes with the product's client, no database.

Prints what one run took as JSON: seconds, and CPU seconds of this process. Connections are opened
before, as the product's are.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from bench.ready_push import push_url, request_to
from bench.town import made_id

CONNECTIONS = 64
Request = tuple[bytes, dict[str, str]]


def main() -> None:
    """Push once to so many people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--content", type=Path, required=True)
    options = parser.parse_args()
    content = options.content.read_bytes()
    warm_up, ready = _ready(2 * CONNECTIONS, content), _ready(options.count, content)
    print(json.dumps(asyncio.run(_measure(warm_up, ready))))


def _ready(count: int, content: bytes) -> deque[Request]:
    return deque(request_to(f"U{made_id('line', number)}", content) for number in range(count))


async def _measure(warm_up: deque[Request], ready: deque[Request]) -> dict[str, float]:
    async with ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session:
        await _post_all(session, warm_up)
        started, started_cpu = time.perf_counter(), time.process_time()
        await _post_all(session, ready)
        return {
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - started_cpu,
        }


async def _post_all(session: ClientSession, waiting: deque[Request]) -> None:
    async def work() -> None:
        while waiting:
            body, headers = waiting.popleft()
            async with session.post(push_url(), data=body, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


if __name__ == "__main__":
    main()
