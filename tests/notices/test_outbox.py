"""The outbox: one key one row, leases, order, end states."""

import re
import threading
from collections.abc import Callable
from datetime import time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, update
from sqlmodel import select

from core.db import table_of, transaction
from core.delivery.claims import LEASE, claim, expire
from core.delivery.pushes import Leased
from core.delivery.settle import Settlement, settle
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.links import Consented, make_link
from core.notices.outbox import readdress
from core.notices.queue import has_due, is_free
from core.notices.stops import cancel_no_shows, cancel_waiting
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.guardians import PassMember
from core.people.tables import Binding, Guardian
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI
from tests.months import restore_months
from tests.notices.conftest import MONDAY

Notify = Callable[..., int]
Notices = Callable[[], list[Notice]]
# What waits, by its index; PostgreSQL names that of a month's part after the columns.
QUEUE = re.compile("ix_notice_due|notice_2026_11_channel_priority_turn_at_id_idx")


def _claim(house: House, limit: int = 100) -> list[Leased]:
    with transaction(house.engine) as session:
        expire(session, house.clock.now())
        return claim(session, now=house.clock.now(), limit=limit)


def _settle(house: House, leased: Leased, state: NoticeState, **more: object) -> None:
    settlement = Settlement(leased.id, leased.school_day, leased.lease_token, state, "test", **more)  # type: ignore[arg-type]
    with transaction(house.engine) as session:
        settle(session, [settlement], house.clock.now())


def _pass_time(house: House, step: timedelta) -> None:
    house.clock.move_to(house.clock.now() + step)


def test_same_news_twice_is_one_row(notify: Notify) -> None:
    assert (notify(), notify()) == (1, 0)


def test_retry_key_comes_from_the_identity_of_the_news(
    notify: Notify, all_notices: Notices
) -> None:
    notify()
    notify(occurrence=2)
    keys = [notice.retry_key for notice in all_notices()]
    assert len(set(keys)) == 2
    assert all(key.version == 5 for key in keys)


def test_leased_notice_is_not_claimed_again_before_its_lease_is_over(
    house: House, notify: Notify
) -> None:
    notify()
    assert len(_claim(house)) == 1
    _pass_time(house, LEASE)
    assert _claim(house) == []
    _pass_time(house, timedelta(seconds=1))
    again = _claim(house)
    assert [one.attempts for one in again] == [2]


def test_late_settlement_of_a_lost_lease_changes_nothing(
    house: House, notify: Notify, all_notices: Notices
) -> None:
    notify()
    stalled = _claim(house)[0]
    _pass_time(house, LEASE + timedelta(seconds=1))
    owner = _claim(house)[0]
    _settle(house, stalled, NoticeState.DEAD)
    assert all_notices()[0].state == NoticeState.LEASED
    _settle(house, owner, NoticeState.ACCEPTED)
    assert all_notices()[0].state == NoticeState.ACCEPTED


def test_end_state_never_goes_back(house: House, notify: Notify, all_notices: Notices) -> None:
    notify()
    leased = _claim(house)[0]
    _settle(house, leased, NoticeState.ACCEPTED)
    _settle(house, leased, NoticeState.PENDING, due_at=house.clock.now())
    assert all_notices()[0].state == NoticeState.ACCEPTED


def test_news_written_by_a_clock_ahead_of_the_senders_waits_for_nothing(
    house: House, notify: Notify
) -> None:
    notify()
    _pass_time(house, -timedelta(milliseconds=20))
    with transaction(house.engine) as session:
        now = house.clock.now()
        assert has_due(session, Channel.LINE, is_free(now), now)
    assert len(_claim(house)) == 1


def test_next_try_waits_its_time_whatever_clock_wrote_the_news(
    house: House, notify: Notify
) -> None:
    notify()
    _pass_time(house, -timedelta(seconds=20))
    (leased,) = _claim(house)
    now = house.clock.now()
    _settle(house, leased, NoticeState.PENDING, due_at=now + timedelta(seconds=1))
    with transaction(house.engine) as session:
        assert not has_due(session, Channel.LINE, is_free(now), now)
    assert _claim(house) == []
    _pass_time(house, timedelta(seconds=1))
    assert len(_claim(house)) == 1


def test_departure_waits_for_its_arrival(house: House, notify: Notify) -> None:
    notify(NoticeKind.ARRIVAL)
    _pass_time(house, timedelta(seconds=1))
    notify(NoticeKind.DEPARTURE)
    first = _claim(house)
    assert [one.kind for one in first] == ["arrival"]
    later = house.clock.now() + timedelta(seconds=5)
    _settle(house, first[0], NoticeState.PENDING, due_at=later)
    assert _claim(house) == []
    _pass_time(house, timedelta(seconds=5))
    _settle(house, _claim(house)[0], NoticeState.ACCEPTED)
    assert [one.kind for one in _claim(house)] == ["departure"]


def test_urgent_news_goes_first(house: House, notify: Notify) -> None:
    kinds = (NoticeKind.BOUND, NoticeKind.ARRIVAL, NoticeKind.NO_SHOW, NoticeKind.CORRECTION)
    for days, kind in enumerate(kinds):
        # Of different days, since one child's news of one day keeps its order.
        notify(kind, school_day=MONDAY + timedelta(days=days))
    assert [one.kind for one in _claim(house, limit=4)] == [
        "correction",
        "no_show",
        "arrival",
        "bound",
    ]


def test_what_happens_now_goes_before_a_late_upload(house: House, notify: Notify) -> None:
    now = house.clock.now()
    for minutes, days in ((6, 0), (5, 1), (0, 2)):
        day, at = MONDAY + timedelta(days=days), now - timedelta(minutes=minutes)
        notify(NoticeKind.ARRIVAL, school_day=day, at=at, about=f"{minutes} minutes ago")
    notify(NoticeKind.LEAVE_OTHER, school_day=MONDAY + timedelta(days=3))
    with transaction(house.engine) as session:
        queue = session.exec(
            select(Notice).order_by(Notice.priority, Notice.created_at, Notice.dedupe_key)
        ).all()  # type: ignore[arg-type]
    keys = [one.dedupe_key.split("/")[3] for one in queue]
    # Written at one moment, the two have no order of their own.
    assert set(keys[:2]) == {"5 minutes ago", "0 minutes ago"}
    assert keys[2:] == ["1", "6 minutes ago"]


@pytest.mark.parametrize(
    "outcome", ["tap_came", "leave_came", "school_answered", "closure", "sealed"]
)
def test_stopped_no_show_keeps_the_word_for_why(
    house: House, notify: Notify, all_notices: Notices, outcome: str
) -> None:
    notify(NoticeKind.NO_SHOW)
    waiting = all_notices()[0]
    assert waiting.student_id is not None
    with transaction(house.engine) as session:
        now = house.clock.now()
        assert cancel_no_shows(session, [waiting.student_id], MONDAY, now, outcome) == []
    stopped = all_notices()[0]
    assert (stopped.state, stopped.outcome) == (NoticeState.CANCELLED, outcome)


@pytest.mark.parametrize("is_unbound", [True, False])
def test_what_is_stopped_under_way_is_not_tried_again(
    house: House, mei: Guardian, notify: Notify, all_notices: Notices, is_unbound: bool
) -> None:
    notify(NoticeKind.NO_SHOW)
    (under_way,) = _claim(house)
    ming, now = all_notices()[0].student_id, house.clock.now()
    assert ming is not None
    with transaction(house.engine) as session:
        if is_unbound:
            who = {"guardian_id": mei.id, "student_id": ming}
            cancel_waiting(session, **who, now=now, outcome="unbound")
        else:
            assert cancel_no_shows(session, [ming], MONDAY, now)
    _settle(house, under_way, NoticeState.PENDING, due_at=now)
    assert _claim(house) == []
    assert all_notices()[0].state == NoticeState.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [(NoticeKind.ARRIVAL, 60), (NoticeKind.NO_SHOW, 120), (NoticeKind.NO_TAP_OUT, 120)],
)
def test_news_past_its_age_expires_instead_of_being_sent(
    house: House, notify: Notify, all_notices: Notices, kind: NoticeKind, minutes: int
) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Binding)).one().tap_out_by = time(17, 0)
    notify(kind)
    _pass_time(house, timedelta(minutes=minutes, seconds=-1))
    assert all_notices()[0].state == NoticeState.PENDING
    _pass_time(house, timedelta(seconds=1))
    assert _claim(house) == []
    assert all_notices()[0].state == NoticeState.EXPIRED


def test_expired_news_that_may_have_been_read_is_not_called_unsent(
    house: House, notify: Notify, all_notices: Notices
) -> None:
    notify()
    _claim(house)
    _pass_time(house, timedelta(minutes=61))
    _claim(house)
    assert all_notices()[0].state == NoticeState.UNKNOWN


def test_news_that_gets_too_old_under_way_ends_by_its_answer(
    house: House, notify: Notify, all_notices: Notices
) -> None:
    notify()
    _pass_time(house, timedelta(minutes=60, seconds=-1))
    (under_way,) = _claim(house)
    _pass_time(house, timedelta(seconds=2))
    assert _claim(house) == []
    _settle(house, under_way, NoticeState.ACCEPTED)
    assert all_notices()[0].state == NoticeState.ACCEPTED


def test_news_too_old_is_not_sent_though_nobody_has_ended_it_yet(
    house: House, notify: Notify
) -> None:
    notify()
    _pass_time(house, timedelta(minutes=60))
    with transaction(house.engine) as session:
        assert claim(session, now=house.clock.now(), limit=1) == []


def test_who_blocked_us_meanwhile_is_not_pushed_to(
    house: House, notify: Notify, all_notices: Notices
) -> None:
    notify()
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())
    assert _claim(house) == []
    assert (all_notices()[0].state, all_notices()[0].outcome) == (
        NoticeState.REFUSED,
        "unfollowed",
    )


def test_doubtful_push_to_who_blocked_us_meanwhile_may_have_been_read(
    house: House, notify: Notify, all_notices: Notices
) -> None:
    notify()
    (tried,) = _claim(house)
    _settle(house, tried, NoticeState.PENDING, due_at=house.clock.now())
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())
    assert _claim(house) == []
    assert (all_notices()[0].state, all_notices()[0].outcome) == (
        NoticeState.UNKNOWN,
        "unfollowed",
    )


def test_waiting_news_follows_the_guardian_to_another_line_account(
    house: House, mei: Guardian, notify: Notify
) -> None:
    notify()
    notify(NoticeKind.CLOSURE_ON, student_id=None)
    with transaction(house.engine) as session:
        member = PassMember(mei.taipei_pass_id, "林雅婷", "3")
        make_link(session, house, HUA, Consented(member, "1"), house.clock.now())
    sent = {one.kind: one.line_user_id for one in _claim(house)}
    assert sent == {"arrival": HUA, "closure_on": HUA, "link_new": HUA, "link_old": MEI}


@pytest.mark.parametrize(
    "facts",
    [
        {"first_tried_at": MONDAY_MORNING},
        {"line_user_id": "U" + "9" * 32},
        {"kind": NoticeKind.LINK_NEW},
    ],
    ids=["tried before", "another account's", "about the old account"],
)
def test_news_that_is_bound_to_its_account_follows_nobody(
    house: House, mei: Guardian, notify: Notify, all_notices: Notices, facts: dict[str, object]
) -> None:
    notify()
    with transaction(house.engine) as session:
        session.execute(update(Notice).values(**facts))
        readdress(session, guardian_id=mei.id, moved_from=MEI, line_user_id=HUA)
    assert all_notices()[0].line_user_id == facts.get("line_user_id", MEI)


def test_claim_finds_due_rows_by_index_however_many_are_settled(
    house: House, notify: Notify
) -> None:
    restore_months(house)
    notify()
    _settle_many_more(house)
    seen: list[tuple[str, object]] = []
    event.listen(
        house.engine, "before_cursor_execute", lambda *call: seen.append((call[2], call[3]))
    )
    _claim(house)
    statements = [one for one in seen if "notice" in one[0] and "settled_at IS NULL" in one[0]]
    assert len(statements) >= 2
    with house.engine.connect() as connection:
        is_sqlite = house.engine.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in statements[:2]:
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            rows = connection.exec_driver_sql(explain + statement, parameters).all()  # type: ignore[arg-type]
            assert QUEUE.search(str(rows)), rows


def test_claim_reads_no_more_of_a_long_queue_than_it_takes(house: House, notify: Notify) -> None:
    restore_months(house)
    notify()
    # What the planner knows is from an hour when nearly nothing waited.
    _settle_many_more(house)
    for n in range(100):
        notify(NoticeKind.BOUND, student_id=None, about=f"news {n}")
    seen: list[tuple[str, object]] = []
    event.listen(
        house.engine, "before_cursor_execute", lambda *call: seen.append((call[2], call[3]))
    )
    _claim(house)
    is_sqlite = house.engine.dialect.name == "sqlite"
    with house.engine.begin() as connection:
        if not is_sqlite:
            how = next(one for one in seen if "set_config" in one[0])
            connection.exec_driver_sql(*how)  # type: ignore[arg-type]
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        statement, parameters = next(one for one in seen if "rides_with IS NULL" in one[0])
        rows = connection.exec_driver_sql(explain + statement, parameters).all()  # type: ignore[arg-type]
    # Once: whether an earlier one of the child waits is not looked for in the whole queue.
    assert len(QUEUE.findall(str(rows))) == 1, rows
    assert not {word for word in ("Sort  (", "Bitmap", "ORDER BY") if word in str(rows)}, rows


def _settle_many_more(house: House) -> None:
    """Put two thousand accepted copies of the one notice beside it, and let the planner know."""
    notice = table_of(Notice)
    with house.engine.begin() as connection:
        row = dict(connection.execute(select(notice)).mappings().one())
        ended = {"state": NoticeState.ACCEPTED, "settled_at": house.clock.now()}
        copies = [row | ended | {"id": uuid4(), "retry_key": uuid4()} for _ in range(2000)]
        connection.execute(insert(notice), copies)
        connection.exec_driver_sql("ANALYZE notice")


def test_workers_side_by_side_never_hold_the_same_notice(house: House, notify: Notify) -> None:
    for n in range(60):
        notify(NoticeKind.BOUND, student_id=None, about=f"news {n}")
    held: list[Leased] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        while batch := _claim(house, limit=7):
            held.extend(batch)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held += _claim(house)
    assert len(held) == 60
    assert len({one.id for one in held}) == 60
