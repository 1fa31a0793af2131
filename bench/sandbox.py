"""What a push costs the sandbox: Flex messages over kept connections, python -m bench.sandbox.

The target is CPU, not the clock on the wall: the sandbox must never be what a bench waits for, and
other programs may share the machine. The product makes the messages, so they are of its size. A
bare server on the same library beside it tells how fast the machine is at the moment.
"""

import argparse
import json
import socket
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import orjson
import requests

from bench.cpu import cpu_seconds
from bench.messages import message
from bench.programs import running, wait_for
from bench.report import RESULTS, print_table, save, spread

TOKEN = "sandbox-channel-token"  # noqa: S105  # what the sandbox takes by default
CONNECTIONS = 16
TARGET_PER_CPU_SECOND = 1500
HEAD_END = b"\r\n\r\n"
SERVERS = {
    "sandbox": ["-m", "sandbox", "--port", "0", "--sample", "/nowhere"],
    "bare": ["-m", "bench.bare_answer"],
}


def main() -> None:
    """Start both servers, push to them in turns, print and keep the numbers."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = {
            name: _started(stack, arguments, Path(folder) / f"{name}.log")
            for name, arguments in SERVERS.items()
        }
        friend = _friend(servers["sandbox"][1])
        bodies = [_body(number, friend) for number in range(2000)]
        for _, origin in servers.values():
            _round(origin, bodies, options.count // 5)
        rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for _ in range(options.rounds):
            for name, (pid, origin) in servers.items():
                rounds[name].append(_measured(pid, origin, bodies, options.count))
    _report(rounds, statistics.mean(map(len, bodies)), options.results)


def _started(stack: ExitStack, arguments: list[str], log: Path) -> tuple[int, str]:
    process = stack.enter_context(running(arguments, {"PYTHONUNBUFFERED": "1"}, log))
    return process.pid, wait_for(lambda: _origin(log), arguments[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="pushes a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


def _origin(log: Path) -> str | None:
    lines = log.read_text().splitlines()
    return lines[0].split()[-1] if lines else None


def _friend(origin: str) -> str:
    phone = requests.get(f"{origin}/phone/state", timeout=5).json()["phones"][0]
    requests.post(f"{origin}/phone/{phone['user_id']}/follow", timeout=5)
    return str(phone["user_id"])


def _body(number: int, user_id: str) -> bytes:
    return orjson.dumps({"to": user_id, "messages": orjson.loads(message(number))})


def _measured(pid: int, origin: str, bodies: list[bytes], count: int) -> tuple[float, float]:
    cpu, wall = cpu_seconds([pid]), time.perf_counter()
    _round(origin, bodies, count)
    return count / (cpu_seconds([pid]) - cpu), count / (time.perf_counter() - wall)


def _round(origin: str, bodies: list[bytes], count: int) -> None:
    host, _, port = origin.removeprefix("http://").partition(":")
    peers = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
    for peer in peers:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, count, CONNECTIONS):
        for number, peer in enumerate(peers):
            peer.sendall(_request(bodies[(start + number) % len(bodies)]))
        for peer in peers:
            _expect_accepted(peer)
    for peer in peers:
        peer.close()


def _request(body: bytes) -> bytes:
    head = (
        "POST /v2/bot/message/push HTTP/1.1\r\nHost: sandbox\r\n"
        f"Authorization: Bearer {TOKEN}\r\nX-Line-Retry-Key: {uuid.uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _expect_accepted(peer: socket.socket) -> None:
    data = b""
    while HEAD_END not in data:
        data += peer.recv(65536)
    head, _, body = data.partition(HEAD_END)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(data.decode())
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += peer.recv(65536)
    if b"sentMessages" not in body:
        raise RuntimeError(json.dumps(body.decode()))


def _report(rounds: dict[str, list[tuple[float, float]]], size: float, folder: Path) -> None:
    by_cpu = {name: [one[0] for one in taken] for name, taken in rounds.items()}
    by_wall = {name: [one[1] for one in taken] for name, taken in rounds.items()}
    rows = [
        ("pushes per CPU second", *map(spread, by_cpu.values()), f"{TARGET_PER_CPU_SECOND:,}"),
        ("CPU a push, µs", *(spread([1e6 / one for one in cpu]) for cpu in by_cpu.values()), ""),
        ("pushes per second", *map(spread, by_wall.values()), ""),
    ]
    title = f"pushes of {size:,.0f} bytes over {CONNECTIONS} connections"
    print_table(title, ("median (low-high)", *rounds, "target"), rows)
    result = {"per_cpu_second": by_cpu, "per_second": by_wall, "body_bytes": size}
    save("sandbox", result, folder)


if __name__ == "__main__":
    main()
