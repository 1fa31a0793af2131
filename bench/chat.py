"""What a webhook costs while notices go out: LINE gives up a webhook that is not answered soon.

People write 今天 at 50 messages a second, each due at its own moment however long earlier ones
take, and are answered; taps are told of meanwhile. A time runs from the due moment to the webhook's
answer, at the caller, who shares the machine's processors with everything else. The run ends when
every message was worked off; none may be left over or put aside.
"""

import argparse
import base64
import hashlib
import hmac
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, func, select

from bench.databases import open_databases
from bench.growth import build
from bench.line_stub import Stub, open_stub
from bench.on_time import HEAD_START_SECONDS, send_on_time
from bench.programs import stop_at_sigterm, wait_for
from bench.report import RESULTS, percentile, print_table, save
from bench.sides import BATCH, Web, product
from bench.town import Town, made_id
from bot.tables import EventState, LineEvent
from core.db import make_engine
from core.settings import load_settings

ENGINES = ("sqlite", "postgresql")
TOWN = Town(schools=20, children=1000, bound_every=1)
# Source: the promise on webhooks; LINE itself waits two seconds.
TARGET_MS = 500


@dataclass(frozen=True, slots=True)
class Load:
    """Messages and taps a second, and for how long."""

    events: int
    taps: int
    seconds: int
    # What a program loads at the first message that needs it is loaded by then; told apart.
    warm_up: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Write to the product on both engines, print the table; the numbers go to var/bench."""
    stop_at_sigterm()
    options = _options(arguments)
    load = Load(options.events, options.taps, options.seconds, options.warm_up)
    town = replace(TOWN, children=options.children)
    results: dict[str, Any] = {"load": asdict(load)}
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as place:
        folder = Path(place)
        with open_stub(folder) as stub:
            for engine in options.engine or ENGINES:
                results[engine] = _run(engine, stub, folder, town, load)
    _report(results, load)
    save("chat", results, options.results)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50, help="messages a second")
    parser.add_argument("--taps", type=int, default=60, help="taps a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=15, help="seconds before that")
    parser.add_argument("--children", type=int, default=TOWN.children, help="of each school")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args(arguments)


def _run(engine: str, stub: Stub, folder: Path, town: Town, load: Load) -> dict[str, Any]:
    with open_databases(engine) as databases:
        url = build(databases, "chat", town)
        with product(url, town, stub, folder, is_paced=True) as side:
            cold = _write(side, replace(load, seconds=load.warm_up), town, 0)
            answered = _write(side, load, town, len(cold))
            stub.wait(load.taps * (load.warm_up + load.seconds) // BATCH * BATCH)
            return {"cold": cold, "answered": answered, **_worked_off(url)}


def _write(side: Web, load: Load, town: Town, first: int) -> list[float]:
    """Send messages from the `first` on, and taps, when due; return each message's delay."""
    secret = load_settings(_env_file=None).line_channel_secret.get_secret_value()
    count = load.events * load.seconds
    begins = side.now() + timedelta(seconds=HEAD_START_SECONDS)
    events = [
        _request(first + place, begins + timedelta(seconds=place / load.events), secret, town)
        for place in range(count)
    ]
    batches = [side.supply.take(BATCH) for _ in range(load.taps * load.seconds // BATCH)]
    taps = side.requests_of(batches)
    start = time.monotonic() + HEAD_START_SECONDS
    with ThreadPoolExecutor(2) as hands:
        both = [
            hands.submit(send_on_time, side.port, _due(start, load.seconds, ready))
            for ready in (events, taps)
        ]
        return both[0].result()


def _due(start: float, seconds: int, ready: Sequence[bytes]) -> list[tuple[float, bytes]]:
    return [(start + place * seconds / len(ready), one) for place, one in enumerate(ready)]


def _request(number: int, at: datetime, secret: str, town: Town) -> bytes:
    """Return a signed webhook in which one of the town's guardians writes 今天."""
    bound = town.bound()
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": int(at.timestamp() * 1000),
        "source": {"type": "user", "userId": f"U{made_id('line', bound[number % len(bound)])}"},
        "webhookEventId": uuid4().hex.upper(),
        "deliveryContext": {"isRedelivery": False},
        "replyToken": uuid4().hex,
        "message": {"type": "text", "id": str(number), "quoteToken": "q", "text": "今天"},
    }
    body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    head = (
        "POST /line/webhook HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"x-line-signature: {signature.decode()}",
    )
    return "\r\n".join([*head, "", ""]).encode() + body


def _worked_off(url: str) -> dict[str, int]:
    """Wait until no message is open; return how many were answered and how many put aside."""
    engine = make_engine(url)

    def states() -> dict[str, int]:
        counted = select(LineEvent.state, func.count()).group_by(col(LineEvent.state))
        with Session(engine) as session:
            return dict(session.exec(counted).all())

    try:
        wait_for(lambda: EventState.PENDING not in states(), "the last answer")
        found = states()
    finally:
        engine.dispose()
    return {one.value: found.get(one, 0) for one in (EventState.DONE, EventState.DEAD)}


def _report(results: dict[str, Any], load: Load) -> None:
    title = f"{load.events} messages and {load.taps} taps a second; target p99 {TARGET_MS} ms"
    heads = ("side", "messages", "answered", "put aside", "p50, ms", "p99, ms", "longest, ms")
    heads += ("longest after a start, ms",)
    rows = [_row(engine, results[engine]) for engine in ENGINES if engine in results]
    print_table(title, heads, rows)


def _row(engine: str, told: dict[str, Any]) -> tuple[str, ...]:
    took = told["answered"]
    shares = [f"{1000 * percentile(took, share):,.1f}" for share in (0.5, 0.99, 1.0)]
    cold = f"{1000 * max(told['cold']):,.1f}"
    sent = len(took) + len(told["cold"])
    return (engine, f"{sent:,}", f"{told['done']:,}", f"{told['dead']:,}", *shares, cold)


if __name__ == "__main__":
    main()
