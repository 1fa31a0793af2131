"""From a tap answered at the gate to a push accepted by the sandbox: a delay, at a steady rate.

Ours: the demonstration as a newcomer starts it (SQLite, one process), taps signed and sent over
HTTP at a fixed rate, times taken from the intended moment of each tap. The peer, in the same run:
the usual bot, which pushes inside its request with a fresh line-bot-sdk client each time.
"""

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, PushMessageRequest
from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook

from bench.programs import free_pair, running, stop_at_sigterm, wait_for
from bench.report import RESULTS, percentile, print_table, save
from core.db import snapshot, transaction
from core.house import House, build_house
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.guardians import PassMember, link_account
from core.people.subscriptions import add_default_boxes
from core.people.tables import Binding, Student
from core.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both sides and print the table; the numbers also go to var/bench."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10, help="taps a second")
    parser.add_argument("--taps", type=int, help="default: every sample child once")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder)) as (house, port):
        sandbox = f"http://127.0.0.1:{port + 1}"
        user_id = _bind_everybody(house, sandbox)
        ours = _tap_at_rate(house, Path(folder), port, options.rate, options.taps)
        peer = _push_at_rate(sandbox, user_id, options.rate, len(ours))
    result = {"rate_per_second": options.rate, "ours": ours, "usual_bot": peer}
    _print(result)
    save("tap_to_push", result, options.results)


@contextmanager
def demonstration(folder: Path) -> Iterator[tuple[House, int]]:
    """Run the demonstration on a Monday morning and open its database beside it."""
    port = free_pair()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/gate.db",
        "CLOCK_NOW": "2026-11-23T07:20:00+08:00",
    }
    log = folder / "command.log"
    with running(["app.py", "demo", "--folder", str(folder)], environment, log):
        wait_for(lambda: "打開" in log.read_text(encoding="utf-8"), "the demonstration")
        yield build_house(load_settings(database_url=environment["DATABASE_URL"])), port


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


def _tap_at_rate(
    house: House, folder: Path, port: int, rate: float, limit: int | None
) -> list[float]:
    """Tap each card once; return seconds from each intended tap to its accepted push."""
    app = f"http://127.0.0.1:{port}"
    sample = json.loads((folder / "sample.json").read_text())
    shift = _clock_shift(app)
    readers = {one["school_code"]: one for one in sample["readers"]}
    intended: dict[str, float] = {}
    started = time.time()
    with requests.Session() as connection:
        for place, student in enumerate(sample["students"][:limit]):
            at = started + place / rate
            time.sleep(max(0.0, at - time.time()))
            intended[student["student_number"] + student["school_code"]] = at
            _tap(connection, app, readers[student["school_code"]], student, place, at + shift)
    delays: list[float] = wait_for(lambda: _accepted(house, intended, shift), "every push")
    return delays


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


def _print(result: dict[str, Any]) -> None:
    rows = []
    for name, label in (("ours", "durable outbox"), ("usual_bot", "usual bot (nothing stored)")):
        times = result[name]
        numbers = (statistics.median(times), percentile(times, 0.95), max(times))
        rows.append((label, str(len(times)), *(f"{number:.3f}" for number in numbers)))
    title = f"tap → accepted push, {result['rate_per_second']:g} taps/s, seconds"
    print_table(title, ("", "n", "p50", "p95", "max"), rows)


if __name__ == "__main__":
    main()
