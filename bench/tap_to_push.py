"""From a tap answered at the gate to a push accepted by the sandbox: a delay, at a steady rate.

Ours: the demonstration as a newcomer starts it (SQLite, one process), taps signed and sent over
HTTP at a fixed rate, times taken from the intended moment of each tap. The peer, in the same run:
the usual bot, which pushes inside its request with a fresh line-bot-sdk client each time.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, PushMessageRequest
from rich.console import Console
from rich.table import Table
from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook

from core.db import snapshot, transaction
from core.house import House, build_house
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.guardians import PassMember, link_account
from core.people.subscriptions import add_default_boxes
from core.people.tables import Binding, Student
from core.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "var" / "bench" / "tap_to_push.json"
WAIT_SECONDS = 60


def main() -> None:
    """Run both sides and print the table; the numbers also go to var/bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10, help="taps a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder)) as (house, port):
        sandbox = f"http://127.0.0.1:{port + 1}"
        user_id = _bind_everybody(house, sandbox)
        ours = _tap_at_rate(house, Path(folder), port, options.rate)
        peer = _push_at_rate(sandbox, user_id, options.rate, len(ours))
    _report({"rate_per_second": options.rate, "ours": ours, "usual_bot": peer})


@contextmanager
def demonstration(folder: Path) -> Iterator[tuple[House, int]]:
    """Run the demonstration on a Monday morning and open its database beside it."""
    port = _free_pair()
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/gate.db",
        "CLOCK_NOW": "2026-11-23T07:20:00+08:00",
    }
    with (folder / "command.log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py", "demo", "--folder", str(folder)],
            cwd=ROOT,
            env=environment,
            stdout=log,
        )
        try:
            _wait(lambda: "打開" in (folder / "command.log").read_text(), "the demonstration")
            yield build_house(load_settings(database_url=environment["DATABASE_URL"])), port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _bind_everybody(house: House, sandbox: str) -> str:
    """Make one guardian follow every sample child; return its LINE id."""
    phone = requests.get(f"{sandbox}/phone/state", timeout=5).json()["phones"][0]
    user_id: str = phone["user_id"]
    requests.post(f"{sandbox}/phone/{user_id}/follow", timeout=5).raise_for_status()
    now = datetime.now(UTC)
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=user_id, is_following=True, at=now)
        guardian = link_account(
            session,
            house.vault,
            line_user_id=user_id,
            member=PassMember("bench", "林雅婷", "3"),
            consent_version="1",
            now=now,
        ).guardian
        for student_id in session.exec(select(Student.id)):
            binding = Binding(
                guardian_id=guardian.id,
                student_id=student_id,
                relationship="mother",
                proven_by="bench",
                bound_at=now,
            )
            session.add(binding)
            session.flush()
            add_default_boxes(session, binding.id, now)
    return user_id


def _tap_at_rate(house: House, folder: Path, port: int, rate: float) -> list[float]:
    """Tap every card once; return seconds from each intended tap to its accepted push."""
    app = f"http://127.0.0.1:{port}"
    sample = json.loads((folder / "sample.json").read_text())
    shift = _clock_shift(app)
    readers = {one["school_code"]: one for one in sample["readers"]}
    intended: dict[str, float] = {}
    started = time.time()
    with requests.Session() as connection:
        for place, student in enumerate(sample["students"]):
            at = started + place / rate
            time.sleep(max(0.0, at - time.time()))
            intended[student["student_number"] + student["school_code"]] = at
            _tap(connection, app, readers[student["school_code"]], student, place, at + shift)
    return _wait(lambda: _accepted(house, intended, shift), "every push")


def _clock_shift(app: str) -> float:
    told = requests.get(f"{app}/gate/v1/time", timeout=5).json()["server_time"]
    return datetime.fromisoformat(told).timestamp() - time.time()


def _tap(
    connection: requests.Session, app: str, reader: Any, student: Any, seq: int, at: float
) -> None:
    moment = datetime.fromtimestamp(at, UTC)
    tap = {"seq": seq, "card_uid": student["card_uid"], "tapped_at": moment.isoformat()}
    body = json.dumps({"boot_id": "bench", "taps": [tap]})
    message_id = f"bench_{seq}"
    connection.post(
        f"{app}/gate/v1/readers/{reader['reader_id']}/taps",
        data=body,
        headers={
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": Webhook(reader["secret"]).sign(message_id, moment, body),
        },
        timeout=10,
    ).raise_for_status()


def _accepted(house: House, intended: dict[str, float], shift: float) -> list[float] | None:
    with snapshot(house.engine) as session:
        rows = session.exec(
            select(Notice, Student)
            .join(Student, col(Student.id) == col(Notice.student_id))
            .where(Notice.kind == "arrival", Notice.state == "accepted")
        ).all()
    if len(rows) < len(intended):
        return None
    return [
        notice.settled_at.timestamp()
        - shift
        - intended[student.student_number + student.school_code]
        for notice, student in rows
        if notice.settled_at
    ]


def _push_at_rate(sandbox: str, user_id: str, rate: float, count: int) -> list[float]:
    """Push as the usual bot does: a fresh client each time, inside the request."""
    configuration = Configuration(host=sandbox, access_token="sandbox-channel-token")  # noqa: S106
    body = {"to": user_id, "messages": [{"type": "text", "text": "小晴 07:41 到校"}]}
    taken = []
    started = time.time()
    for place in range(count):
        at = started + place / rate
        time.sleep(max(0.0, at - time.time()))
        with ApiClient(configuration) as client:
            MessagingApi(client).push_message(
                PushMessageRequest.from_dict(body),
                x_line_retry_key=str(uuid.uuid4()),
                _request_timeout=(3, 10),
            )
        taken.append(time.time() - at)
    return taken


def _wait(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(what)


def _free_pair() -> int:
    for port in range(21_000, 60_000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise OSError("no free ports")


def _report(result: dict[str, Any]) -> None:
    table = Table(title=f"tap → accepted push, {result['rate_per_second']:g} taps/s, seconds")
    for title in ("", "n", "p50", "p95", "max"):
        table.add_column(title, justify="left" if not title else "right")
    for name, label in (("ours", "durable outbox"), ("usual_bot", "usual bot (nothing stored)")):
        times = sorted(result[name])
        p95 = times[max(0, int(len(times) * 0.95) - 1)]
        numbers = (statistics.median(times), p95, times[-1])
        table.add_row(label, str(len(times)), *(f"{number:.3f}" for number in numbers))
    Console().print(table)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
