"""A wire to PostgreSQL that can break just when a COMMIT was done and before that is known."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url

CHUNK = 65_536
# The whole message: a BEGIN may say READ COMMITTED. Source: PostgreSQL manual, "Message Formats".
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


@dataclass
class Wire:
    """What the proxy does. `commits_left` of 1 cuts the connection at the next COMMIT; 0 never."""

    url: str = ""
    commits_left: int = 0
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cut_at(self, commits: int) -> None:
        """Cut the connection that sends the `commits`th COMMIT from now on."""
        with self.lock:
            self.commits_left = commits

    def is_last(self, sent: bytes) -> bool:
        """Tell whether these bytes hold the COMMIT whose answer is to be lost."""
        with self.lock:
            if COMMIT not in sent or not self.commits_left:
                return False
            self.commits_left -= 1
            self.cuts += not self.commits_left
            return not self.commits_left


@contextmanager
def proxied(database_url: str) -> Iterator[Wire]:
    """Run a proxy to the database on loopback; its address is `url`."""
    target = make_url(database_url)
    wire = Wire()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = target.set(host="127.0.0.1", port=listener.getsockname()[1], query={})
        wire.url = there.render_as_string(hide_password=False)
        thread = threading.Thread(target=_accept, args=[listener, wire, target])
        thread.start()
        try:
            yield wire
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listener: socket.socket, wire: Wire, target: URL) -> None:
    pairs: list[threading.Thread] = []
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            break
        pair = _Pair(wire, client, _connect(target))
        pairs.append(threading.Thread(target=pair.run))
        pairs[-1].start()
    for one in pairs:
        one.join()


def _connect(target: URL) -> socket.socket:
    folder = target.query.get("host")
    if isinstance(folder, str):
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{folder}/.s.PGSQL.{target.port or 5432}")
        return server
    return socket.create_connection((target.host or "127.0.0.1", target.port or 5432))


class _Pair:
    """One connection through the proxy."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire = wire
        self._client = client
        self._server = server
        self._is_lost = threading.Event()

    def run(self) -> None:
        """Carry bytes both ways until one side ends or the wire is cut."""
        upwards = threading.Thread(target=self._upwards)
        with self._client, self._server:
            upwards.start()
            self._downwards()
            upwards.join()

    def _upwards(self) -> None:
        with suppress(OSError):
            while sent := self._client.recv(CHUNK):
                if self._wire.is_last(sent):
                    self._is_lost.set()
                self._server.sendall(sent)
        self._hang_up()

    def _downwards(self) -> None:
        with suppress(OSError):
            while answer := self._server.recv(CHUNK):
                if self._is_lost.is_set():
                    # The server has committed; nobody hears of it.
                    break
                self._client.sendall(answer)
        self._hang_up()

    def _hang_up(self) -> None:
        for one in (self._client, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
