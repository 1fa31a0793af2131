"""The month's quota as stored."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.delivery.quota import RESERVED, Outlook, Quota, Standing, Step
from core.delivery.quota_month import (
    COURTESIES,
    Change,
    CutBack,
    current_step,
    cut_back,
    last_asked,
    month_end,
    on_demand_kinds,
    record_quota,
    room_of,
)
from core.delivery.tables import QuotaMonth
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.outbox import GATE_NEWS, PRIORITIES, NewNotice, enqueue
from core.notices.tables import Notice
from tests.factories import MEI, make_guardian
from tests.rival import Rival

MONDAY = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
OUTLOOK = Outlook(past=16, left=5)


def record(house: House, granted: int | None, used: int, at: datetime = MONDAY) -> Change | None:
    """LINE said so, at that moment."""
    with transaction(house.engine) as session:
        return record_quota(session, Quota(granted, used), OUTLOOK, at)


def kinds(house: House, at: datetime = MONDAY) -> frozenset[NoticeKind]:
    """What waits to be asked for at that moment."""
    with snapshot(house.engine) as session:
        return on_demand_kinds(session, at)


def months(session: Session) -> list[tuple[date, int | None, int, int, int]]:
    """Every row."""
    rows = session.exec(select(QuotaMonth))
    return [(row.month, row.granted, row.used, row.step, row.told) for row in rows]


def test_month_nobody_asked_about_is_a_normal_one(house: House) -> None:
    assert kinds(house) == frozenset()
    with snapshot(house.engine) as session:
        assert last_asked(session, MONDAY) is None


@pytest.mark.parametrize(
    ("used", "step", "expected"),
    [
        (5_000, Step.NORMAL, set()),
        (7_500, Step.NO_TESTS, set()),
        (7_900, Step.DEPARTURES_ON_DEMAND, {NoticeKind.DEPARTURE}),
        (9_000, Step.ARRIVALS_ON_DEMAND, GATE_NEWS | COURTESIES),
    ],
)
def test_departures_wait_to_be_asked_for_before_arrivals_and_courtesies(
    house: House, used: int, step: Step, expected: set[NoticeKind]
) -> None:
    record(house, 10_000, used)
    assert kinds(house) == expected
    with snapshot(house.engine) as session:
        assert current_step(session, MONDAY) is step


@pytest.mark.parametrize(
    "kind",
    [
        *(
            kind
            for kind, priority in PRIORITIES.items()
            if priority < PRIORITIES[NoticeKind.ARRIVAL]
        ),
        NoticeKind.BOUND_OTHER,
        NoticeKind.NEW_BINDING,
        NoticeKind.LINK_OLD,
        NoticeKind.LEAVE_OTHER,
        NoticeKind.CLOSURE_ON,
        NoticeKind.SMS_APPROVED,
    ],
)
def test_safety_accounts_and_money_are_told_to_the_last(house: House, kind: NoticeKind) -> None:
    record(house, 10_000, 9_999)
    assert kind not in kinds(house)


def test_room_is_what_the_reserve_leaves(house: House) -> None:
    def room(reserve: int) -> int | None:
        with snapshot(house.engine) as session:
            return room_of(session, reserve, MONDAY)

    assert room(0) is None
    record(house, 10_000, 8_600)
    assert (room(0), room(300), room(3_000)) == (400, 1_100, 0)
    record(house, None, 8_600)
    assert room(0) is None


def test_room_knows_of_what_line_has_not_counted_yet(house: House) -> None:
    record(house, 10_000, 8_600)
    with transaction(house.engine) as session:
        mei = make_guardian(session, house)
        notice = NewNotice(
            kind=NoticeKind.BOUND,
            guardian_id=mei.id,
            line_user_id=MEI,
            school_day=MONDAY.date(),
            at=MONDAY,
            content=b"[]",
        )
        states = (None, (NoticeState.ACCEPTED, "ok"), (NoticeState.CANCELLED, "closure"))
        told = [replace(notice, about=str(n), ended=one) for n, one in enumerate(states)]
        enqueue(session, told, MONDAY)
        head = session.exec(select(Notice)).first()
        assert head is not None
        assert room_of(session, 0, MONDAY) == 400 - 2
        letter = replace(notice, about="letter", channel=Channel.EMAIL, line_user_id=None)
        enqueue(session, [letter, replace(notice, about="rider")], MONDAY)
        assert room_of(session, 0, MONDAY) == 400 - 3
        riding = update(Notice).where(col(Notice.dedupe_key).contains("rider"))
        session.execute(riding.values(rides_with=head.id))
        assert room_of(session, 0, MONDAY) == 400 - 2


def test_row_keeps_what_line_said_and_when(house: House) -> None:
    record(house, 10_000, 8_100)
    with snapshot(house.engine) as session:
        assert last_asked(session, MONDAY) == (Quota(10_000, 8_100), MONDAY)
        assert months(session) == [(date(2026, 11, 1), 10_000, 8_100, 2, 80)]


def test_change_is_seen_once(house: House) -> None:
    first, second = record(house, 10_000, 9_000), record(house, 10_000, 9_001)
    assert first is not None
    assert second is not None
    assert (first.new_step, first.new_warning) == (Step.ARRIVALS_ON_DEMAND, RESERVED)
    assert (second.new_step, second.new_warning) == (None, 0)


def test_step_keeps_the_moment_it_began(house: House) -> None:
    later = MONDAY + timedelta(hours=1)
    for used, at in ((5_000, MONDAY), (7_900, later), (8_000, later + timedelta(hours=1))):
        record(house, 10_000, used, at)
    with snapshot(house.engine) as session:
        assert cut_back(session, later) == CutBack(Step.DEPARTURES_ON_DEMAND, later)


def test_count_that_falls_gives_nothing_back(house: House) -> None:
    record(house, 10_000, 9_000)
    record(house, 10_000, 100)
    assert NoticeKind.ARRIVAL in kinds(house)


@pytest.mark.parametrize("granted", [30_000, None])
def test_more_quota_brings_everything_back(house: House, granted: int | None) -> None:
    record(house, 10_000, 9_000)
    change = record(house, granted, 9_000)
    assert change is not None
    assert change.after == Standing()
    assert kinds(house) == frozenset()


def test_less_quota_is_no_more_quota(house: House) -> None:
    record(house, 30_000, 9_000)
    record(house, 10_000, 9_000)
    record(house, 10_000, 9_000)
    assert NoticeKind.ARRIVAL in kinds(house)


def test_new_month_begins_at_once(house: House) -> None:
    record(house, 10_000, 9_000)
    new = datetime(2026, 12, 1, 0, 0, tzinfo=TAIPEI)
    assert NoticeKind.ARRIVAL in kinds(house, new - timedelta(seconds=1))
    assert kinds(house, new) == frozenset()


def test_count_of_last_month_decides_nothing_in_the_new_one(house: House) -> None:
    record(house, 10_000, 9_000)
    december = datetime(2026, 12, 1, 0, 10, tzinfo=TAIPEI)
    assert record(house, 10_000, 9_000, december) is None
    assert kinds(house, december) == frozenset()
    change = record(house, 10_000, 12, december)
    assert change is not None
    assert change.after == Standing()


def test_from_nine_on_a_big_count_is_the_new_months(house: House) -> None:
    record(house, 10_000, 12, MONDAY)
    assert record(house, 10_000, 9_000, datetime(2026, 12, 1, 9, 0, tzinfo=TAIPEI)) is not None


@pytest.mark.parametrize(
    ("moment", "last"),
    [
        (MONDAY, date(2026, 11, 30)),
        (datetime(2027, 2, 1, 0, 0, tzinfo=TAIPEI), date(2027, 2, 28)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=TAIPEI), date(2026, 12, 31)),
    ],
)
def test_month_ends_on_its_last_taipei_date(moment: datetime, last: date) -> None:
    assert month_end(moment) == last


def test_of_several_clocks_one_sees_the_change(house: House) -> None:
    with ThreadPoolExecutor(4) as pool:
        changes = list(pool.map(lambda _: record(house, 10_000, 9_000), range(4)))
    assert sum(one is not None and one.new_step is not None for one in changes) == 1


def test_clock_that_comes_second_sees_what_the_first_decided(house: House) -> None:
    record(house, 10_000, 10)
    gone = Quota(10_000, 9_000)
    seen: list[Change | None] = []
    rival = Rival(house, lambda s: seen.append(record_quota(s, gone, OUTLOOK, MONDAY)))
    with transaction(house.engine) as session:
        month = session.exec(select(QuotaMonth).with_for_update()).one()
        rival.start()
        month.step, month.told = Step.ARRIVALS_ON_DEMAND, RESERVED
    rival.finish()
    assert [one and (one.new_step, one.new_warning) for one in seen] == [(None, 0)]
