"""LINE's push endpoint, as little of it as a push needs, over TLS in a process of its own.

It remembers when each retry key and each person first came, by the machine's steady clock, which
all its processes share. What the bench asks it for stands below /stub.
"""

import argparse
import asyncio
import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.programs import free_pair, running, wait_for

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RETRY_KEY = re.compile(rb"\r\nx-line-retry-key: *([0-9a-f-]+)", re.IGNORECASE)
# Source: LINE docs, "User IDs".
PERSON = re.compile(rb'"to": *"(U[0-9a-f]{32})"')
ACCEPTED = b'{"sentMessages":[{"id":"1"}]}'
# What the clock process asks for now and then.
QUOTA = {"/v2/bot/message/quota": b'{"type":"none"}'}
QUOTA["/v2/bot/message/quota/consumption"] = b'{"totalUsage":0}'
CERTIFICATE, KEY = "line.crt", "line.key"
# So long nobody new came: the rest is not coming.
QUIET_SECONDS = 20.0
Held = TypeVar("Held")


class Line:
    """What came so far, and who waits for how many."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.people: dict[str, float] = {}
        self._waiting: tuple[int, asyncio.Event] | None = None
        self.reset(0.0)

    def reset(self, delay: float) -> None:
        """Forget everything; from now on answer after `delay` seconds."""
        self.delay = delay
        self.requests = 0
        self.last_at = 0.0
        self.keys.clear()
        self.people.clear()

    def take(self, head: bytes, body: bytes) -> None:
        """Remember a push."""
        now = time.monotonic()
        self.requests += 1
        key, person = RETRY_KEY.search(head), PERSON.search(body)
        if key is None or person is None or key[1] in self.keys:
            return
        self.keys.add(key[1])
        self.people.setdefault(person[1].decode(), now)
        self.last_at = now
        if self._waiting and len(self.keys) >= self._waiting[0]:
            self._waiting[1].set()

    async def wait(self, count: int) -> None:
        """Return when so many different pushes have come, or none came for long."""
        reached = asyncio.Event()
        self._waiting = (count, reached)
        seen = -1
        while len(self.keys) < count and len(self.keys) > seen:
            seen = len(self.keys)
            try:
                await asyncio.wait_for(reached.wait(), QUIET_SECONDS)
            except TimeoutError:
                continue

    def told(self) -> bytes:
        """Return the sum of it as JSON."""
        told = {"count": len(self.keys), "requests": self.requests, "last_at": self.last_at}
        return json.dumps(told).encode()


class Wire(asyncio.Protocol):
    """One connection; a caller waits for its answer before it asks again."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head = self._buffer[:end]
            found = LENGTH.search(head)
            whole = end + len(HEAD_END) + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + len(HEAD_END) : whole], self._buffer[whole:]
            self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        if not head.startswith(b"POST /v2/bot/message/push"):
            asyncio.ensure_future(self._serve_other(head.split(b" ", 2)[1].decode()))
            return
        self._line.take(head, body)
        if self._line.delay:
            asyncio.get_running_loop().call_later(self._line.delay, self._answer, ACCEPTED)
        else:
            self._answer(ACCEPTED)

    async def _serve_other(self, target: str) -> None:
        parts = urlsplit(target)
        asked = {name: float(values[0]) for name, values in parse_qs(parts.query).items()}
        body = QUOTA.get(parts.path, b"{}")
        if parts.path == "/stub/reset":
            self._line.reset(asked["delay"])
        elif parts.path == "/stub/wait":
            await self._line.wait(int(asked["count"]))
            body = self._line.told()
        elif parts.path == "/stub/people":
            body = json.dumps(self._line.people).encode()
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-line-request-id: %d\r\n"
            length = b"Content-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head % self._line.requests + length + body)


class Stub:
    """The bench's hold on the stub: where it is, whom to trust, what came."""

    def __init__(self, url: str, certificate: Path, pid: int) -> None:
        self.url = url
        self.certificate = certificate
        self.pid = pid
        self._session = requests.Session()
        # A bundle that the environment names would replace ours.
        self._session.trust_env = False
        self._session.verify = str(certificate)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what lets the product find and trust it."""
        return {"LINE_API_BASE": self.url, "SSL_CERT_FILE": str(self.certificate)}

    def reset(self, delay: float = 0.0) -> None:
        """Forget what came; answer each push after `delay` seconds."""
        self._ask(f"reset?delay={delay}")

    def wait(self, count: int) -> float:
        """Return when the last of so many different pushes came, by time.monotonic().

        Raises RuntimeError when no more come.
        """
        told = self._ask(f"wait?count={count}")
        if told["count"] < count:
            raise RuntimeError(f"{told['count']} of {count} pushes came")
        return told["last_at"]

    def people(self) -> dict[str, float]:
        """Return when each LINE user first got a push, by time.monotonic()."""
        return self._ask("people")

    def _ask(self, what: str) -> dict[str, float]:
        # A run of many minutes may be waited for; the stub itself notices when nothing comes.
        answer = self._session.get(f"{self.url}/stub/{what}", timeout=1200)
        told: dict[str, float] = answer.json()
        return told


@contextmanager
def open_stub(folder: Path) -> Iterator[Stub]:
    """Run the stub until the block ends; certificate and log go into `folder`."""
    with started(folder, "bench.line_stub", Stub) as stub:
        yield stub


@contextmanager
def started(folder: Path, module: str, hold: Callable[[str, Path, int], Held]) -> Iterator[Held]:
    """Run a module that calls `serve`, and yield a hold on it."""
    make_certificate(folder)
    port, log = free_pair(), folder / f"{module}.log"
    program = ["-m", module, "--folder", str(folder), "--port", str(port)]
    with running(program, {}, log) as process:
        wait_for(lambda: "ready" in log.read_text(), "the stub of LINE")
        yield hold(f"https://127.0.0.1:{port}", folder / CERTIFICATE, process.pid)


def make_certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub of LINE")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(pem))
    (folder / KEY).write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )


def main() -> None:
    """Serve until SIGTERM."""
    line = Line()
    serve(lambda: Wire(line))


def serve(wire: Callable[[], asyncio.Protocol]) -> None:
    """Serve a new `wire` to each connection, where the command line says, until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(_serve(options.folder, options.port, wire))


async def _serve(folder: Path, port: int, wire: Callable[[], asyncio.Protocol]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(wire, "127.0.0.1", port, ssl=context, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()
