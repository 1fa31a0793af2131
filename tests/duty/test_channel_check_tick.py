"""The monthly test: silent, once, and only to whom LINE took nothing for long."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlmodel import select

from core.clock import at_taipei
from core.db import snapshot, transaction
from core.delivery.tables import QuotaMonth
from core.duty.channel_check_tick import run_channel_check_tick
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.letter_times import save_wants_tests
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, Guardian
from tests.factories import MEI, make_binding, make_guardian, make_school, make_student, mei_of

MONDAY = date(2026, 11, 16)


@pytest.fixture
def town(house: House) -> House:
    """Mei, bound to Ming and following; LINE took nothing for her. It is a Monday at ten."""
    move(house, MONDAY)
    with transaction(house.engine) as session:
        make_school(session)
        mei = make_guardian(session, house)
        binding = make_binding(session, mei, make_student(session, house))
        boxes = frozenset({(Channel.LINE, kind) for kind in ("arrival", "departure")})
        save_boxes(session, binding_id=binding.id, wanted=boxes, now=house.clock.now())
        record_friendship(
            session, line_user_id=MEI, is_following=True, at=house.clock.now() - timedelta(days=90)
        )
    return house


def move(house: House, day: date, clock: time = time(10)) -> None:
    """Let it be that moment."""
    house.clock.move_to(at_taipei(day, clock))  # type: ignore[attr-defined]


def sent_tests(house: House) -> list[Notice]:
    """The tests in the outbox."""
    run_channel_check_tick(house)
    with snapshot(house.engine) as session:
        return list(session.exec(select(Notice).where(Notice.kind == NoticeKind.TEST)))


def hear(house: House, at: datetime) -> None:
    """Let LINE have taken something for Mei at that moment."""
    with transaction(house.engine) as session:
        one = NewNotice(
            kind=NoticeKind.LINK_NEW,
            guardian_id=mei_of(house).id,
            line_user_id=MEI,
            school_day=at.date(),
            at=at,
            content=b"[]",
            ended=(NoticeState.ACCEPTED, "http_200"),
        )
        enqueue(session, [one], at)


def test_who_heard_nothing_is_tested_once_a_month_without_a_sound(town: House) -> None:
    hear(town, town.clock.now() - timedelta(days=40))
    for day in (16, 17, 30):
        move(town, date(2026, 11, day))
        (test,) = sent_tests(town)
    assert test.is_silent
    assert test.line_user_id == MEI
    said = bytes(test.content).decode()
    assert "收到這則測試，表示 LINE 通知正常。" in said
    assert "最近一次通知：10/7" in said
    move(town, date(2026, 12, 15))
    assert len(sent_tests(town)) == 1
    with transaction(town.engine) as session:
        ended = session.get_one(Notice, test.id)
        ended.state, ended.settled_at = NoticeState.EXPIRED, town.clock.now()
    move(town, date(2026, 12, 16))
    assert len(sent_tests(town)) == 2


def test_who_heard_something_is_left_alone(town: House) -> None:
    hear(town, town.clock.now() - timedelta(days=3))
    assert not sent_tests(town)


@pytest.mark.parametrize("why", ["declined", "stopped", "left", "unticked", "unbound"])
def test_who_does_not_want_or_cannot_get_one_is_left_alone(town: House, why: str) -> None:
    now = town.clock.now()
    with transaction(town.engine) as session:
        guardian = session.get_one(Guardian, mei_of(town).id)
        binding = session.exec(select(Binding)).one()
        if why == "declined":
            save_wants_tests(session, guardian.id, wants_tests=False)
        elif why == "stopped":
            guardian.stopped_at = now
        elif why == "left":
            record_friendship(session, line_user_id=MEI, is_following=False, at=now)
        elif why == "unticked":
            save_boxes(session, binding_id=binding.id, wanted=frozenset(), now=now)
        else:
            binding.ended_at = now
    assert not sent_tests(town)


@pytest.mark.parametrize(
    ("day", "clock"),
    [(MONDAY, time(9, 59)), (MONDAY, time(15)), (date(2026, 11, 15), time(10))],
)
def test_nobody_is_tested_at_other_hours_or_without_lessons(
    town: House, day: date, clock: time
) -> None:
    move(town, day, clock)
    assert not sent_tests(town)


def test_first_half_of_a_month_short_quota_and_zero_days_send_none(town: House) -> None:
    move(town, date(2026, 11, 13))
    assert not sent_tests(town)
    move(town, MONDAY)
    settings = town.settings.model_copy(update={"channel_check_days": 0})
    assert not sent_tests(replace(town, settings=settings))
    with transaction(town.engine) as session:
        session.add(
            QuotaMonth(
                channel=Channel.LINE,
                month=MONDAY.replace(day=1),
                granted=100,
                used=90,
                asked_at=town.clock.now(),
                step=1,
            )
        )
    assert not sent_tests(town)
