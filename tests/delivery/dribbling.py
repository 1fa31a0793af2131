"""Somebody who answers byte by byte, each in time for whoever limits single reads."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def dribbling() -> Iterator[str]:
    """Let them answer whoever comes; yields the origin."""
    is_over = threading.Event()

    def serve(visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            visitor.recv(65_536)
            visitor.sendall(HEAD)
            while not is_over.wait(0.05):
                visitor.sendall(b" ")

    def meet() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=meet, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            is_over.set()
            server.shutdown(socket.SHUT_RDWR)
