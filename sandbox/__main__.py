"""Starts the sandbox: python -m sandbox --port 8001 --app-url http://127.0.0.1:8000."""

import asyncio
import gc
import os
import signal
import socket
import sys
from dataclasses import replace

from sandbox.application import create_app
from sandbox.front import Front
from sandbox.settings import Settings, read_settings
from sandbox.state import State

# Every push leaves a few objects for good; looking through all of them again and again costs more
# than the few circles that wait a little longer.
GARBAGE_THRESHOLD = 50_000


async def run(settings: Settings, listener: socket.socket) -> None:
    """Serve on the bound socket until SIGTERM or SIGINT."""
    app = create_app(settings)
    state: State = app.extensions["sandbox"]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = await Front(app, state).serve(listener)
    state.start()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    await stop.wait()
    # Streams and waits must end before the server waits for its threads.
    state.stop()
    await runner.cleanup()


def main() -> None:
    """Read the settings, bind the port, serve until told to stop."""
    try:
        settings = read_settings(sys.argv[1:], os.environ)
    except ValueError as error:
        sys.exit(f"sandbox: {error}")
    listener = socket.create_server((settings.host, settings.port))
    settings = replace(settings, port=listener.getsockname()[1])
    print(f"sandbox {settings.origin}", flush=True)  # noqa: T201
    asyncio.run(run(settings, listener))


if __name__ == "__main__":
    main()
