"""Standing in for what leaves the house: a handler served on a free port of loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A worker opens all its connections at once: one too many would be tried again a second later.
    request_queue_size = 128


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[str]:
    """Serve it while inside; yields the origin."""
    server = _Server((host, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.005])
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
