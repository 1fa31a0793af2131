"""A server that reads every request and answers always the same: what any answer costs at least."""

import asyncio
import socket

from aiohttp import web

ANSWER = b'{"sentMessages":[{"id":"500000000000000000","quoteToken":"q"}]}'


async def _answer(request: web.BaseRequest) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, headers={"Content-Type": "application/json"})


async def serve() -> None:
    """Serve on a free port, whose address is printed first."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"bare http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    runner = web.ServerRunner(web.Server(_answer, access_log=None))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
