"""The gate panel: what the readers sign and send."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from sandbox.sample import SampleFile
from tests.sandbox.client import SandboxClient
from tests.sandbox.conftest import READER_SECRET, sample_data
from tests.sandbox.fake_app import Call, FakeApp

CARD = "04A224B1C25E80"
OTHER_SCHOOL_CARD = "04A224B1C25E83"
READER = "reader-353607"


def test_tap_is_signed_and_carries_the_sandbox_time(sandbox: SandboxClient, app: FakeApp) -> None:
    answer = sandbox.post("/gate/panel/tap", {"card_uid": CARD})
    call = app.wait_for("/taps")[0]
    body = call.json()
    assert answer.json() == {"status": "recorded", "http_status": 200, "trouble": ""}
    assert call.path == f"/gate/v1/readers/{READER}/taps"
    assert _is_signed(call)
    assert body["boot_id"]
    assert (body["taps"][0]["seq"], body["taps"][0]["card_uid"]) == (1, CARD)
    assert body["taps"][0]["tapped_at"].startswith("2026-11-23T07:20:")
    moment = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
    assert moment.isoformat().startswith("2026-11-22T23:20:")


def test_each_attempt_has_its_own_id(sandbox: SandboxClient, app: FakeApp) -> None:
    for _ in range(3):
        sandbox.post("/gate/panel/tap", {"card_uid": CARD})
    calls = app.wait_for("/taps", 3)
    assert len({call.headers["webhook-id"] for call in calls}) == 3
    assert [call.json()["taps"][0]["seq"] for call in calls] == [1, 2, 3]


def test_card_is_held_to_a_reader_of_the_own_school(sandbox: SandboxClient, app: FakeApp) -> None:
    sandbox.post("/gate/panel/tap", {"card_uid": OTHER_SCHOOL_CARD})
    sandbox.post("/gate/panel/tap", {"card_uid": OTHER_SCHOOL_CARD, "reader_id": READER})
    paths = [call.path.split("/")[4] for call in app.wait_for("/taps", 2)]
    assert paths == ["reader-373602", READER]


def test_offline_reader_buffers_and_uploads_later(sandbox: SandboxClient, app: FakeApp) -> None:
    sandbox.post("/gate/panel/reader", {"reader_id": READER, "online": False})
    answers = [sandbox.post("/gate/panel/tap", {"card_uid": CARD}).json() for _ in range(2)]
    buffered = _reader(sandbox)["buffered"]
    before = app.matching("/taps")
    sandbox.post("/gate/panel/reader", {"reader_id": READER, "online": True})
    taps = app.wait_for("/taps")[0].json()["taps"]
    assert [answer["status"] for answer in answers] == ["buffered"] * 2
    assert (buffered, before, [tap["seq"] for tap in taps]) == (2, [], [1, 2])
    assert _reader(sandbox)["buffered"] == 0


def test_unanswered_tap_goes_out_with_the_next(sandbox: SandboxClient, app: FakeApp) -> None:
    app.gate_statuses = [503]
    first = sandbox.post("/gate/panel/tap", {"card_uid": CARD}).json()
    sandbox.post("/gate/panel/tap", {"card_uid": CARD})
    sent = [[tap["seq"] for tap in call.json()["taps"]] for call in app.wait_for("/taps", 2)]
    assert (first["status"], first["http_status"]) == ("buffered", 503)
    assert first["trouble"] == "服務忙不過來，稍後再送（503）"
    assert sent == [[1], [1, 2]]


def test_skewed_reader_stamps_its_own_time_but_signs_in_time(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    _set(sandbox, clock={"fault": "offset", "seconds": -3600})
    sandbox.post("/gate/panel/tap", {"card_uid": CARD})
    call = app.wait_for("/taps")[0]
    assert call.json()["taps"][0]["tapped_at"].startswith("2026-11-23T06:20:")
    assert int(call.headers["webhook-timestamp"]) >= 1_795_389_600


def test_clock_jump_brings_heartbeats_of_online_readers(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    sandbox.post("/gate/panel/reader", {"reader_id": READER, "online": False})
    sandbox.post("/gate/panel/tap", {"card_uid": OTHER_SCHOOL_CARD})
    sandbox.set_clock("2026-11-23T08:20:00+08:00")
    call = app.wait_for("/heartbeat")[-1]
    assert _is_signed(call)
    assert call.path == "/gate/v1/readers/reader-373602/heartbeat"
    assert set(call.json()) == {"boot_id", "last_seq", "buffered", "clock"}
    assert (call.json()["last_seq"], call.json()["buffered"]) == (1, 0)


def test_panel_shows_the_last_tap_of_each_child(sandbox: SandboxClient) -> None:
    sandbox.post("/gate/panel/tap", {"card_uid": CARD})
    state = sandbox.get("/phone/state").json()
    child, other = state["gate"]["children"][:2]
    assert child["last"]["status"] == "recorded"
    assert (other["last"], other["national_id"]) == (None, "A123456789")
    row = state["log"][0]
    assert (row["who"], row["what"]) == ("榕光國小正門", "學生0 刷卡 #1")
    assert (row["answer"], row["kind"]) == ("200・已記錄", "tap")


def test_panel_shows_the_codes_of_staff(sandbox: SandboxClient) -> None:
    (teacher,) = sandbox.get("/phone/state").json()["gate"]["staff"]
    assert (teacher["code"], teacher["name"]) == ("K7Q4-M2XP", "許育文")
    assert (teacher["role"], teacher["school_name"]) == ("507 班導師", "榕光國小")


def test_sample_without_staff_has_none(tmp_path: Path) -> None:
    sample = {name: rows for name, rows in sample_data().items() if name != "staff"}
    (tmp_path / "sample.json").write_text(json.dumps(sample), encoding="utf-8")
    read, is_new = SampleFile(tmp_path / "sample.json").read()
    assert (read.staff, len(read.students), is_new) == ((), 5, True)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tap", {}, 400),
        ("tap", {"card_uid": "FFFF"}, 404),
        ("tap", {"card_uid": CARD, "reader_id": "nowhere"}, 404),
        ("queue", {"reader_id": READER}, 400),
        ("queue", {"reader_id": READER, "count": 0}, 400),
        ("queue", {"reader_id": READER, "homeroom": "999"}, 404),
        ("reader", {"reader_id": "nowhere", "online": True}, 404),
        ("reader", {"reader_id": READER, "online": "yes"}, 400),
        ("reader", {"reader_id": READER, "batch_size": 501}, 400),
        ("reader", {"reader_id": READER, "clock": {"fault": "broken"}}, 400),
        ("reader", {"reader_id": READER, "clock": {"fault": "offset", "seconds": "5"}}, 400),
        ("reader/explode", {"reader_id": READER}, 404),
    ],
)
def test_nonsense_at_the_panel_is_refused(
    sandbox: SandboxClient, path: str, body: object, status: int
) -> None:
    assert sandbox.post(f"/gate/panel/{path}", body).status_code == status


def _is_signed(call: Call) -> bool:
    moment = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
    made = Webhook(READER_SECRET).sign(call.headers["webhook-id"], moment, call.body.decode())
    return call.headers["webhook-signature"] == made


def _reader(sandbox: SandboxClient) -> dict[str, object]:
    readers = sandbox.get("/phone/state").json()["gate"]["readers"]
    return next(reader for reader in readers if reader["reader_id"] == READER)


def _set(sandbox: SandboxClient, **what: object) -> None:
    answer = sandbox.post("/gate/panel/reader", {"reader_id": READER, **what})
    assert answer.status_code == 204
