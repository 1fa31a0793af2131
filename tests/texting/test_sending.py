"""How a text travels: tried again only where it surely never left, counted once, told of later."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col
from werkzeug.serving import make_server

import app as composition
from core.db import transaction
from core.delivery.claims import expire
from core.duty.ladder_tick import run_ladder_tick
from core.house import House
from core.kinds import Channel, NoticeState
from core.notices.stops import cancel_no_shows
from core.notices.tables import Notice
from core.post.rounds import HANDS
from core.receipts.polling import run_receipt_tick
from core.texting.claims import LEASE, claim_texts
from core.texting.sender import TextMessenger
from tests.factories import make_student
from tests.mailing.conftest import MONDAY, ON_LINE, Family, tick
from tests.post.sandbox import plan, settings_for, texts_in
from tests.post.test_pool import free_port
from tests.sandbox.client import SandboxClient
from tests.sandbox.conftest import running_sandbox
from tests.serving import serving
from tests.texting.conftest import (
    NO_SHOWS,
    counted,
    ends,
    later,
    miss,
    pass_gate,
    rows,
    subscribe,
)
from tests.waiting import wait_for

Send = Callable[[], int]
BIG5 = "[1]\r\nstatuscode=s\r\nError=帳務處理失敗，無法發送簡訊\r\n".encode("big5")


def answering(status: int, body: bytes) -> type[BaseHTTPRequestHandler]:
    """A firm that says this to everything."""

    class Firm(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Firm


@pytest.mark.parametrize(
    ("status", "body", "end"),
    [
        (200, BIG5, ("no_show", "pending", "sms_s")),
        (200, b"[1]\r\nstatuscode=v\r\nError=x\r\n", ("no_show", "refused", "sms_v")),
        (200, b"<html>502 Bad Gateway</html>", ("no_show", "unknown", "unreadable_answer")),
        (200, b"[1]\r\nstatuscode=1\r\n", ("no_show", "unknown", "unreadable_answer")),
        (500, b"", ("no_show", "unknown", "http_500")),
    ],
)
def test_answer_of_the_firm_is_read_and_never_taken_for_sent(
    town: House, family: Family, status: int, body: bytes, end: tuple[str, str, str]
) -> None:
    miss(town, family)
    with serving(answering(status, body)) as origin:
        settings = town.settings.model_copy(update={"sms_api_base": origin})
        TextMessenger(replace(town, settings=settings)).drain()
        assert ends(town) == [end]
        assert counted(town)[0][2] in ("queued", "failed", "unknown")


def test_texts_that_have_not_begun_are_in_nobodys_hands(town: House, family: Family) -> None:
    in_hand = []
    for number in range(2 * HANDS):
        with transaction(town.engine) as session:
            child = make_student(session, town, name="王小晴", number=f"1152{number:04d}")
            other = replace(family, student_id=child.id)
        subscribe(town, other, slip=f"0900000{number:03d}")
        pass_gate(town, other)

    class Firm(answering(500, b"")):  # type: ignore[misc]
        def do_POST(self) -> None:
            in_hand.append(sum(row.state == "leased" for row in rows(town, Channel.SMS)))
            super().do_POST()

    with serving(Firm) as origin:
        settings = town.settings.model_copy(update={"sms_api_base": origin})
        TextMessenger(replace(town, settings=settings)).drain()
    assert len(in_hand) == 2 * HANDS
    assert max(in_hand) <= HANDS


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}])
@pytest.mark.parametrize("is_late", [False, True])
def test_text_that_may_have_left_is_never_sent_again(
    town: House,
    family: Family,
    send: Send,
    sandbox: SandboxClient,
    fault: dict[str, object],
    is_late: bool,
) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", after_accept=is_late, **fault)
    miss(town, family)
    for _ in range(5):
        send()
        later(town, minutes=5)
        run_receipt_tick(town)
    assert ends(town)[0][:2] == ("no_show", "unknown")
    assert len(texts_in(sandbox)) == int(is_late)


def test_firm_that_pauses_is_tried_again_and_counted_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/sms/plan", answer="r", count=2)
    subscribe(town, family)
    pass_gate(town, family)
    for _ in range(3):
        send()
        later(town, seconds=20)
    assert ends(town) == [("arrival", "accepted", "sms_1")]
    assert len(counted(town)) == 1
    assert len(texts_in(sandbox)) == 1


def test_account_that_is_empty_stops_the_channel_and_loses_nothing(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/sms/plan", answer="s")
    miss(town, family)
    send()
    (notice,) = rows(town, Channel.SMS)
    assert (notice.state, notice.attempts) == ("pending", 0)
    later(town, seconds=61)
    send()
    assert ends(town) == [("no_show", "accepted", "sms_1")]


def test_text_that_waited_too_long_ends_with_its_notice(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/sms/plan", answer="r", count=99)
    subscribe(town, family)
    pass_gate(town, family)
    for _ in range(7):
        send()
        later(town, minutes=10)
    with transaction(town.engine) as session:
        expire(session, town.clock.now())
    run_receipt_tick(town)
    assert (ends(town)[0][1], counted(town)[0][2]) == ("expired", "expired")
    assert texts_in(sandbox) == []


def test_text_whose_no_show_was_called_off_while_it_waited_is_cancelled(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/sms/plan", answer="r")
    miss(town, family)
    send()
    with transaction(town.engine) as session:
        cancel_no_shows(session, [family.student_id], MONDAY, town.clock.now())
    later(town, minutes=5)
    send()
    run_receipt_tick(town)
    assert counted(town) == [("no_show", "no_show", "cancelled")]
    assert texts_in(sandbox) == []


def test_text_of_a_dead_sender_is_unknown_and_not_sent_again(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    with transaction(town.engine) as session:
        assert len(claim_texts(session, town, "sandbox", limit=9, now=town.clock.now())) == 1
    assert send() == 0
    later(town, seconds=LEASE.total_seconds() + 1)
    assert send() == 0
    assert ends(town) == [("no_show", "unknown", "lease_lost")]
    assert counted(town) == [("no_show", "no_show", "unknown")]
    assert texts_in(sandbox) == []


def test_two_senders_send_each_text_once(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    miss(town, family)
    pass_gate(town, family)
    threads = [threading.Thread(target=TextMessenger(town).drain) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    TextMessenger(town).drain()
    assert sorted(end[:2] for end in ends(town)) == [
        ("arrival", "accepted"),
        ("no_show", "accepted"),
    ]
    assert len(texts_in(sandbox)) == 2


def test_no_show_climbs_to_sms_last_and_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    tick(town, family, ON_LINE)
    miss(town, family)
    tick(town, family, ON_LINE | NO_SHOWS)
    with transaction(town.engine) as session:
        on_line = col(Notice.channel) == Channel.LINE
        refused = {"state": NoticeState.REFUSED, "settled_at": town.clock.now()}
        session.execute(update(Notice).where(on_line).values(refused))
    for _ in range(3):
        run_ladder_tick(town)
        send()
        later(town, seconds=15)
    assert ends(town) == [("no_show", "accepted", "sms_1")]
    (sms,) = texts_in(sandbox)
    said = "【榕光國小】截至08:30尚無小明刷卡紀錄，也可能忘了刷卡。請聯絡學校02-23000001。"
    assert sms["text"] == said


def test_no_show_does_not_climb_to_a_phone_nobody_ticked(
    town: House, family: Family, send: Send
) -> None:
    tick(town, family, ON_LINE)
    miss(town, family)
    with transaction(town.engine) as session:
        refused = {"state": NoticeState.REFUSED, "settled_at": town.clock.now()}
        session.execute(update(Notice).values(refused))
    run_ladder_tick(town)
    assert rows(town, Channel.SMS) == []


@contextmanager
def running_app(house: House, port: int) -> Iterator[None]:
    """The whole application on a real socket."""
    server = make_server("127.0.0.1", port, composition.assemble(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def firm_and_port() -> Iterator[tuple[SandboxClient, int]]:
    """A firm that tells of texts at a port of ours."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/sms/receipts/sandbox"
    with running_sandbox("--smtp-port", "0", "--sms-receipts-url", url) as (client, _):
        yield client, port


def told_by(firm: SandboxClient) -> list[dict[str, Any]]:
    """The receipts the firm sent, oldest first."""
    sent: list[dict[str, Any]] = firm.get("/sms/receipts").json()
    return sent


def test_receipts_reach_us_over_the_wire_twice_and_count_once(
    town: House, family: Family, firm_and_port: tuple[SandboxClient, int]
) -> None:
    firm, port = firm_and_port
    assert firm.post("/inspect/reset").status_code == 204
    fate = [{"after_seconds": 0}, {"after_seconds": 0, "msgid": "9999999999"}]
    plan(firm, "/sms/plan", receipts=[fate[0] | {"copies": 2}, fate[1]])
    at_firm = replace(town, settings=settings_for(firm, liff_id="liff-1"))
    subscribe(town, family)
    pass_gate(town, family)
    before = len(told_by(firm))
    with running_app(at_firm, port):
        TextMessenger(at_firm).drain()
        wait_for(lambda: len(told_by(firm)) == before + 3, "three receipts")
    assert all(one["is_acknowledged"] for one in told_by(firm)[before:])
    assert counted(town) == [("arrival", "paid", "delivered")]


def test_firm_that_signs_nothing_asks_the_texts_own_address(
    town: House, family: Family, firm_and_port: tuple[SandboxClient, int]
) -> None:
    firm, port = firm_and_port
    assert firm.post("/inspect/reset").status_code == 204
    plan(firm, "/sms/plan", receipts=[{"after_seconds": 0, "flag": "6"}])
    ours = f"http://127.0.0.1:{port}"
    settings = settings_for(firm, liff_id="liff-1", sms_provider="mitake", base_url=ours)
    mitake = replace(town, settings=settings)
    subscribe(town, family)
    pass_gate(town, family)
    before = len(told_by(firm))
    with running_app(mitake, port):
        TextMessenger(mitake).drain()
        wait_for(lambda: len(told_by(firm)) > before, "a receipt")
    told = told_by(firm)[before]
    assert (told["status"], told["is_acknowledged"]) == (200, True)
    assert counted(town) == [("arrival", "paid", "failed")]
