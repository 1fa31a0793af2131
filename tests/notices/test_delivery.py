"""Delivery: what each of LINE's answers does to a notice."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from core.clock import Clock
from core.db import transaction
from core.delivery.pacing import Pacer
from core.delivery.retry import next_try
from core.delivery.sender import Sender
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.settings import load_settings
from tests.delivery.sending import guardians, tell
from tests.factories import MEI
from tests.fakes import FakeLine
from tests.faults.line import RATE
from tests.notices.conftest import MONDAY
from tests.waiting import wait_for

Notify = Callable[..., int]
Notices = Callable[[], list[Notice]]
Deliver = Callable[[], int]


def test_accepted_push_carries_words_person_and_derived_key(
    notify: Notify, deliver: Deliver, all_notices: Notices, line: FakeLine
) -> None:
    notify()
    assert deliver() == 1
    notice = all_notices()[0]
    assert (notice.state, notice.line_request_id) == (NoticeState.ACCEPTED, "rid-1")
    assert line.requests == [
        {
            "key": str(notice.retry_key),
            "to": MEI,
            "messages": [{"type": "text", "text": "小明 07:41 到校"}],
            "notificationDisabled": False,
        }
    ]
    assert deliver() == 0


@pytest.mark.parametrize(
    "answer", [(500, "{}"), (503, "x"), (0, ""), (200, "not json"), (502, "big5"), (200, "big5")]
)
def test_doubtful_answer_is_tried_again_with_the_same_key(
    house: House,
    notify: Notify,
    deliver: Deliver,
    all_notices: Notices,
    line: FakeLine,
    answer: tuple[int, str],
) -> None:
    line.script = [answer]
    notify()
    deliver()
    waiting = all_notices()[0]
    assert (waiting.state, waiting.attempts) == (NoticeState.PENDING, 1)
    house.clock.move_to(waiting.due_at)
    deliver()
    assert all_notices()[0].state == NoticeState.ACCEPTED
    assert len({request["key"] for request in line.requests}) == 1
    assert len(line.accepted) == 1


def test_accepted_before_an_error_ends_as_409_and_is_one_message(
    house: House,
    notify: Notify,
    deliver: Deliver,
    all_notices: Notices,
    line: FakeLine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    line.accepts_before_failing = True
    line.script = [(500, "{}")]
    notify()
    deliver()
    house.clock.move_to(all_notices()[0].due_at)
    deliver()
    notice = all_notices()[0]
    assert (notice.state, notice.outcome) == (NoticeState.ACCEPTED, "http_409")
    assert notice.line_request_id == "rid-0"
    assert len(line.accepted) == 1
    said = vars([one for one in caplog.records if one.message == "push"][-1])
    assert (said["line_request_id"], said["accepted_request_id"]) == ("rid-1", "rid-0")


def test_one_slow_push_holds_up_nobody_else(
    house: House, notify: Notify, all_notices: Notices, line: FakeLine
) -> None:
    for n in range(30):
        notify(NoticeKind.BOUND, student_id=None, about=str(n))
    line.stall = answer_now = threading.Event()
    settings = load_settings(_env_file=None, line_api_base=line.origin)
    sender = Sender(replace(house, settings=settings))
    stop = threading.Event()
    running = threading.Thread(target=sender.run, args=[stop])
    running.start()
    try:
        wait_for(lambda: len(line.accepted) == 29, "all but the one LINE does not answer")
        answer_now.set()
        wait_for(lambda: {one.state for one in all_notices()} == {"accepted"}, "the last one")
    finally:
        answer_now.set()
        stop.set()
        running.join()
    assert len(line.accepted) == 30


def test_low_limit_of_lines_is_met_with_few_429(
    house: House, all_notices: Notices, line: FakeLine
) -> None:
    count, a_second = 60, 15
    tell(house, guardians(house, count))
    limit_to(line, a_second)
    settings = load_settings(_env_file=None, line_api_base=line.origin)
    clock = Clock(house.clock.now())
    sender, stop = Sender(replace(house, settings=settings, clock=clock)), threading.Event()
    running = threading.Thread(target=sender.run, args=[stop])
    running.start()
    try:
        wait_for(lambda: {one.state for one in all_notices()} == {"accepted"}, "all")
    finally:
        stop.set()
        running.join()
    assert len(line.accepted) == count
    # The first burst has left before LINE says a word; after it a few tell where the limit is.
    assert len(line.requests) - count < 1.5 * count


def limit_to(line: FakeLine, a_second: int) -> None:
    """Let LINE take so many pushes in any second, as it counts them itself."""
    plain, taken = line.answer, deque[float](maxlen=a_second)

    def answer(key: str, body: dict[str, Any]) -> tuple[int, str]:
        now = time.monotonic()
        if len(taken) == a_second and now - taken[0] < 1:
            line.script = [(429, RATE)]
        else:
            taken.append(now)
        return plain(key, body)

    line.answer = answer  # type: ignore[method-assign]


def test_unreadable_content_is_dead_and_the_others_go_out(
    house: House, notify: Notify, deliver: Deliver, all_notices: Notices
) -> None:
    notify(NoticeKind.BOUND, student_id=None, about="good")
    notify(NoticeKind.BOUND, student_id=None, about="bad")
    with transaction(house.engine) as session:
        bad = session.exec(select(Notice).where(col(Notice.dedupe_key).contains("/bad/"))).one()
        bad.content = b"{"
    deliver()
    assert sorted(one.state for one in all_notices()) == ["accepted", "dead"]


def test_person_whose_pseudonym_is_spoilt_holds_nobody_up(
    house: House, notify: Notify, deliver: Deliver, all_notices: Notices, line: FakeLine
) -> None:
    notify(NoticeKind.BOUND, student_id=None, about="good")
    notify(NoticeKind.BOUND, student_id=None, about="bad")
    with transaction(house.engine) as session:
        spoil = text("UPDATE notice SET line_user_id = 'x' WHERE dedupe_key LIKE '%/bad/%'")
        assert session.execute(spoil).rowcount == 1  # type: ignore[attr-defined]
    deliver()
    assert {one.line_user_id: one.state for one in all_notices()} == {
        MEI: NoticeState.ACCEPTED,
        # Nobody is linked by it, so nobody has a right to it.
        "": NoticeState.CANCELLED,
    }
    assert list(line.accepted.values())[0]["to"] == MEI


def test_wrong_request_is_dead_at_once(
    notify: Notify, deliver: Deliver, all_notices: Notices, line: FakeLine
) -> None:
    line.script = [(400, '{"message":"The request body has 1 error(s)"}')]
    notify()
    deliver()
    assert (all_notices()[0].state, all_notices()[0].outcome) == (NoticeState.DEAD, "http_400")


def test_user_line_does_not_know_is_unreachable_until_a_new_follow(
    house: House, notify: Notify, deliver: Deliver, all_notices: Notices, line: FakeLine
) -> None:
    line.script = [(400, '{"message":"Failed to send messages"}')]
    notify()
    deliver()
    notify(occurrence=2)
    deliver()
    assert [(one.state, one.outcome) for one in all_notices()] == [
        (NoticeState.REFUSED, "unknown_user"),
        (NoticeState.REFUSED, "unfollowed"),
    ]
    assert len(line.requests) == 1
    house.clock.move_to(house.clock.now() + timedelta(seconds=1))
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=True, at=house.clock.now())
    notify(occurrence=3)
    deliver()
    assert all_notices()[-1].state == NoticeState.ACCEPTED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((429, '{"message":"The API rate limit has been exceeded. Try again later."}'), "rate"),
        ((429, '{"message":"You have reached your monthly limit."}'), "quota"),
        ((401, "{}"), "http_401"),
        ((403, "{}"), "http_403"),
    ],
)
def test_stopped_channel_keeps_the_notice_and_counts_no_try(
    house: House,
    notify: Notify,
    deliver: Deliver,
    all_notices: Notices,
    line: FakeLine,
    answer: tuple[int, str],
    outcome: str,
) -> None:
    line.script = [answer]
    notify()
    deliver()
    waiting = all_notices()[0]
    assert (waiting.state, waiting.outcome) == (NoticeState.PENDING, outcome)
    assert waiting.attempts == 0
    house.clock.move_to(waiting.due_at)
    deliver()
    assert all_notices()[0].state == NoticeState.ACCEPTED


def test_every_notice_ends_and_the_sum_is_whole(
    house: House, notify: Notify, deliver: Deliver, all_notices: Notices, line: FakeLine
) -> None:
    line.script = [(400, "{}"), (500, "{}")]
    for n in range(6):
        notify(NoticeKind.BOUND, student_id=None, about=str(n))
    for _ in range(3):
        deliver()
        house.clock.move_to(house.clock.now() + timedelta(seconds=3))
    states = [notice.state for notice in all_notices()]
    assert sorted(states) == ["accepted"] * 5 + ["dead"]
    assert all(notice.school_day == MONDAY for notice in all_notices())


def test_retries_come_later_and_later_and_never_past_23_hours(house: House) -> None:
    first = house.clock.now()
    waits = [(next_try(n, first, first) or first) - first for n in range(1, 9)]
    for wait, seconds in zip(waits, (1, 2, 5, 15, 30, 60, 60, 60), strict=True):
        assert timedelta(seconds=seconds * 0.8) <= wait <= timedelta(seconds=seconds * 1.2)
    assert next_try(9, first, first + timedelta(hours=23)) is None


def test_budget_of_pushes_is_kept_over_time() -> None:
    now = [0.0]
    pacer = Pacer(100, steady=lambda: now[0])
    sent = 0
    for _ in range(1000):
        now[0] += 0.01
        sent += pacer.take(16)
    assert 1000 <= sent <= 1010


def test_small_budget_is_used_whole() -> None:
    now = [0.0]
    pacer = Pacer(10, steady=lambda: now[0])
    sent = 0
    while now[0] < 10:
        sent += pacer.take(16)
        now[0] += pacer.seconds_until_next() + 0.0001
    assert 99 <= sent <= 102
