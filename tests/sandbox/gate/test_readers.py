"""Readers that misbehave: their buffers, clocks, numbers and repetitions, over real sockets."""

import threading
from datetime import datetime
from typing import Any

import pytest

from sandbox.clock import parse_instant
from sandbox.gate.reader_clock import JUMPS, ClockFault, ReaderClock
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

CARD = "04A224B1C25E80"
MATES = [f"04A224B1C25E8{seat}" for seat in range(3)]
READER = "reader-353607"
NOON = parse_instant("2026-11-23T12:00:00+08:00")


def test_power_cut_keeps_the_buffer_under_its_old_boot_id(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    change(sandbox, online=False)
    tap(sandbox)
    act(sandbox, "restart")
    tap(sandbox)
    change(sandbox, online=True)
    first, second = (call.json() for call in app.wait_for("/taps", 2))
    assert first["boot_id"] != second["boot_id"]
    assert [numbers(first), numbers(second)] == [[1], [1]]
    assert reader(sandbox)["buffered"] == 0


def test_batches_hold_no_more_than_was_set(sandbox: SandboxClient, app: FakeApp) -> None:
    change(sandbox, batch_size=2)
    sandbox.post("/gate/panel/queue", {"reader_id": READER, "homeroom": "507"})
    assert [numbers(call.json()) for call in app.wait_for("/taps", 2)] == [[1, 2], [3]]


def test_live_taps_go_out_before_old_ones(sandbox: SandboxClient, app: FakeApp) -> None:
    change(sandbox, online=False)
    tap(sandbox)
    sandbox.set_clock("2026-11-23T07:40:00+08:00")
    tap(sandbox)
    change(sandbox, online=True)
    assert [numbers(call.json()) for call in app.wait_for("/taps", 2)] == [[2], [1]]


def test_reader_that_sends_twice_signs_the_same_taps_anew(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    change(sandbox, sends_twice=True)
    tap(sandbox)
    first, second = app.wait_for("/taps", 2)
    assert first.body == second.body
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    words = [row["what"] for row in sandbox.get("/phone/state").json()["log"]]
    assert words == ["學生0 重送 #1", "學生0 刷卡 #1"]


def test_lost_number_leaves_a_gap_that_the_heartbeat_shows(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    act(sandbox, "lose-number")
    tap(sandbox)
    assert numbers(app.wait_for("/taps")[0].json()) == [2]
    act(sandbox, "beat")
    assert beats(app)[-1]["last_seq"] == 2


def test_silent_reader_sends_taps_but_no_heartbeat(sandbox: SandboxClient, app: FakeApp) -> None:
    change(sandbox, beats=False)
    app.reset()
    sandbox.set_clock("2026-11-23T09:20:00+08:00")
    app.wait_for("/heartbeat")
    tap(sandbox)
    app.wait_for("/taps")
    assert {call.path.split("/")[4] for call in app.matching("/heartbeat")} == {"reader-373602"}


@pytest.mark.parametrize("status", [400, 401, 403, 413, 500])
def test_refused_taps_stay_and_the_refusal_is_told(
    sandbox: SandboxClient, app: FakeApp, status: int
) -> None:
    app.gate_statuses = [status]
    answer = tap(sandbox)
    assert (answer["status"], answer["http_status"]) == ("buffered", status)
    assert f"（{status}）" in answer["trouble"]
    assert (reader(sandbox)["buffered"], reader(sandbox)["trouble"]) == (1, answer["trouble"])


def test_reader_comes_again_when_the_service_asked_for_time(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    app.gate_statuses = [503]
    tap(sandbox)
    assert [numbers(call.json()) for call in app.wait_for("/taps", 2)] == [[1], [1]]


def test_queue_of_one_seed_is_always_the_same(sandbox: SandboxClient, app: FakeApp) -> None:
    wish = {"reader_id": READER, "count": 2, "seed": 7}
    first, again = (sandbox.post("/gate/panel/queue", wish).json() for _ in range(2))
    assert first["cards"] == again["cards"]
    assert first["statuses"] == {"recorded": 2}
    times = [
        datetime.fromisoformat(tap["tapped_at"]) for tap in app.wait_for("/taps")[0].json()["taps"]
    ]
    assert (times[1] - times[0]).total_seconds() == 2


def test_class_goes_through_in_one_queue(sandbox: SandboxClient, app: FakeApp) -> None:
    sandbox.post("/gate/panel/queue", {"reader_id": READER, "homeroom": "507"})
    cards = [tap["card_uid"] for tap in app.wait_for("/taps")[0].json()["taps"]]
    assert cards == MATES


def test_clock_set_wrong_is_told_by_a_heartbeat_at_once(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    app.reset()
    change(sandbox, clock={"fault": "epoch"})
    assert beats(app)[-1]["clock"].startswith("1970-01-01T00:00:0")
    assert reader(sandbox)["clock"] == {"fault": "epoch", "seconds": 0}


def test_nonsense_changes_nothing_of_a_reader(sandbox: SandboxClient) -> None:
    before = reader(sandbox)
    body = {"reader_id": READER, "online": False, "batch_size": 0}
    assert sandbox.post("/gate/panel/reader", body).status_code == 400
    assert reader(sandbox)["online"] == before["online"]


def test_taps_from_many_hands_get_every_number_once(sandbox: SandboxClient, app: FakeApp) -> None:
    hands = [threading.Thread(target=tap, args=[sandbox]) for _ in range(20)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    sent = [number for call in app.matching("/taps") for number in numbers(call.json())]
    assert sorted(sent) == list(range(1, 21))


@pytest.mark.parametrize(
    ("fault", "seconds", "shown"),
    [
        (ClockFault.RIGHT, 0, "2026-11-23T12:01:00+08:00"),
        (ClockFault.RIGHT, 99, "2026-11-23T12:01:00+08:00"),
        (ClockFault.OFFSET, -40, "2026-11-23T12:00:20+08:00"),
        (ClockFault.OFFSET, 3600, "2026-11-23T13:01:00+08:00"),
        (ClockFault.EPOCH, 0, "1970-01-01T00:01:00+08:00"),
    ],
)
def test_wrong_clock_shows(fault: ClockFault, seconds: int, shown: str) -> None:
    clock = ReaderClock("any")
    clock.set(fault, seconds=seconds, since=NOON)
    assert clock.read(NOON.replace(minute=1)).isoformat() == shown


def test_jumping_clock_jumps_alike_for_one_reader() -> None:
    def readings(seed: str) -> list[float]:
        clock = ReaderClock(seed)
        clock.set(ClockFault.JUMPS)
        return [(clock.read(NOON) - NOON).total_seconds() for _ in range(40)]

    assert readings("a") == readings("a")
    assert readings("a") != readings("b")
    assert set(readings("a")) <= set(JUMPS)


def change(sandbox: SandboxClient, **what: Any) -> None:
    answer = sandbox.post("/gate/panel/reader", {"reader_id": READER, **what})
    assert answer.status_code == 204


def act(sandbox: SandboxClient, deed: str) -> None:
    assert sandbox.post(f"/gate/panel/reader/{deed}", {"reader_id": READER}).status_code == 204


def tap(sandbox: SandboxClient) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.post("/gate/panel/tap", {"card_uid": CARD}).json()
    return answer


def reader(sandbox: SandboxClient) -> dict[str, Any]:
    readers = sandbox.get("/phone/state").json()["gate"]["readers"]
    return next(one for one in readers if one["reader_id"] == READER)


def numbers(body: dict[str, Any]) -> list[int]:
    return [tap["seq"] for tap in body["taps"]]


def beats(app: FakeApp) -> list[dict[str, Any]]:
    calls = app.wait_for("/heartbeat")
    return [call.json() for call in calls if READER in call.path]
