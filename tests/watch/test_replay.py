"""Replay: only what is certainly dead, still safe to repeat and still news waits again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import AttendanceDay, LeaveReason, NoShowState
from core.audit import AuditEntry
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import UNFINISHED_STATES, DayPart, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.stops import cancel_no_shows, make_moot
from core.notices.tables import Notice
from core.watch.counting import count_notices
from core.watch.replay import Replay, replay, to_look_at
from core.watch.tables import NoticeCount
from tests.factories import MEI
from tests.watch.conftest import LIFF, Ming

Go = Callable[..., Any]


def ask(house: House, notice_id: UUID) -> Replay:
    now = house.clock.now()
    with transaction(house.engine) as session:
        return replay(session, notice_id, by="operator", now=now)


def change(house: House, **facts: Any) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Notice).values(**facts))


@pytest.fixture
def dead(ming: Ming) -> Notice:
    """An arrival that LINE called wrong just now."""
    ming.tap()
    ming.end(NoticeState.DEAD)
    return ming.notices()[0]


@pytest.fixture
def missing(house: House, ming: Ming) -> Notice:
    """A no-show that LINE called wrong just now."""
    now = house.clock.now()
    day = school_day_of(now)
    with transaction(house.engine) as session:
        told = {"no_show": NoShowState.TOLD, "no_show_at": now}
        session.add(AttendanceDay(student_id=ming.student_id, school_day=day, **told))
        no_show = NewNotice(
            kind=NoticeKind.NO_SHOW,
            student_id=ming.student_id,
            guardian_id=ming.guardian_id,
            line_user_id=MEI,
            school_day=day,
            at=now,
            content=b"[]",
        )
        enqueue(session, [no_show], now)
    ming.end(NoticeState.DEAD)
    return ming.notices()[0]


def taps(ming: Ming) -> None:
    ming.tap()


def is_on_leave(ming: Ming) -> None:
    now = ming.house.clock.now()
    day = school_day_of(now)
    with transaction(ming.house.engine) as session:
        file_leave(
            session,
            LIFF,
            student_id=ming.student_id,
            first_day=day,
            last_day=day,
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer("guardian:x", ming.guardian_id),
            now=now,
        )


def is_answered_for(ming: Ming) -> None:
    now = ming.house.clock.now()
    with transaction(ming.house.engine) as session:
        make_moot(session, [ming.student_id], school_day_of(now), now)


def stays_home_by_closure(ming: Ming) -> None:
    now = ming.house.clock.now()
    with transaction(ming.house.engine) as session:
        cancel_no_shows(session, [ming.student_id], school_day_of(now), now, "closure")


@pytest.mark.parametrize("happens", [taps, is_on_leave, is_answered_for, stays_home_by_closure])
def test_no_show_of_a_child_that_is_accounted_for_since_is_refused(
    house: House, ming: Ming, missing: Notice, go: Go, happens: Callable[[Ming], None]
) -> None:
    go(minutes=5)
    happens(ming)
    assert ask(house, missing.id) is Replay.MOOT
    assert ming.notices()[0].state == NoticeState.DEAD


def test_no_show_that_still_stands_may_wait_again(
    house: House, ming: Ming, missing: Notice, go: Go
) -> None:
    go(minutes=5)
    assert ask(house, missing.id) is Replay.WAITING


@pytest.mark.parametrize("happens", [taps, is_on_leave, stays_home_by_closure])
def test_called_off_no_show_does_not_leave_even_where_it_waits_again(
    house: House, ming: Ming, missing: Notice, happens: Callable[[Ming], None]
) -> None:
    happens(ming)
    with transaction(house.engine) as session:
        put_back = {"state": NoticeState.PENDING, "settled_at": None, "outcome": None}
        session.execute(update(Notice).where(col(Notice.id) == missing.id).values(**put_back))
        assert missing.id not in {one.id for one in claim(session, now=house.clock.now(), limit=9)}


def test_replayed_no_show_is_stopped_by_the_tap_it_waits_for(
    house: House, ming: Ming, missing: Notice, go: Go
) -> None:
    ask(house, missing.id)
    go(minutes=1)
    ming.tap()
    assert ming.notices()[0].outcome == "tap_came"


def test_dead_notice_waits_again_with_its_own_key_and_it_is_recorded(
    house: House, ming: Ming, dead: Notice, go: Go
) -> None:
    go(minutes=5)
    assert ask(house, dead.id) is Replay.WAITING
    again = ming.notices()[0]
    assert (again.state, again.outcome, again.settled_at) == ("pending", None, None)
    assert (again.due_at, again.retry_key) == (house.clock.now(), dead.retry_key)
    assert again.first_tried_at == dead.first_tried_at
    with snapshot(house.engine) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "notice.replay")).one()
    assert (entry.actor, entry.subject) == ("operator", f"notice:{dead.id}")


def test_never_tried_one_may_wait_again(house: House, ming: Ming, dead: Notice) -> None:
    change(house, first_tried_at=None, attempts=0)
    assert ask(house, dead.id) is Replay.WAITING


def test_twenty_three_hours_after_its_first_try_it_is_refused(
    house: House, ming: Ming, dead: Notice, go: Go
) -> None:
    change(house, expires_at=house.clock.now() + timedelta(days=3))
    go(hours=23)
    assert ask(house, dead.id) is Replay.TOO_LATE
    assert ming.notices()[0].state == NoticeState.DEAD


def test_old_news_is_refused(house: House, ming: Ming, dead: Notice, go: Go) -> None:
    go(minutes=60)
    assert ask(house, dead.id) is Replay.OLD_NEWS


@pytest.mark.parametrize("state", [one for one in NoticeState if one is not NoticeState.DEAD])
def test_nothing_but_the_dead_waits_again(
    house: House, ming: Ming, dead: Notice, state: NoticeState
) -> None:
    is_over = state not in UNFINISHED_STATES
    change(house, state=state, settled_at=house.clock.now() if is_over else None)
    assert ask(house, dead.id) is Replay.NOT_DEAD
    assert ming.notices()[0].state == state


def test_unknown_id_is_refused(house: House) -> None:
    assert ask(house, uuid4()) is Replay.NO_SUCH


def test_what_rode_together_waits_together(house: House, ming: Ming, dead: Notice, go: Go) -> None:
    with transaction(house.engine) as session:
        facts = dead.model_dump() | {"id": uuid4(), "retry_key": uuid4(), "rides_with": dead.id}
        session.add(Notice(**facts))
        rider_id = facts["id"]
    assert ask(house, rider_id) is Replay.WAITING
    assert {one.state for one in ming.notices()} == {"pending"}


def test_push_that_is_not_all_dead_stays(house: House, ming: Ming, dead: Notice) -> None:
    with transaction(house.engine) as session:
        facts = dead.model_dump() | {"id": uuid4(), "retry_key": uuid4(), "rides_with": dead.id}
        session.add(Notice(**facts | {"state": NoticeState.UNKNOWN}))
    assert ask(house, dead.id) is Replay.NOT_DEAD


def test_two_operators_replay_once(house: House, ming: Ming, dead: Notice) -> None:
    answers: list[Replay] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait()
        answers.append(ask(house, dead.id))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == [Replay.NOT_DEAD, Replay.WAITING]


def test_replayed_notice_is_counted_by_its_last_end_only(
    house: House, ming: Ming, dead: Notice, go: Go
) -> None:
    go(minutes=3)
    count_notices(house)
    ask(house, dead.id)
    ming.end()
    go(minutes=3)
    count_notices(house)
    with snapshot(house.engine) as session:
        counts = {one.state: one.number for one in session.exec(select(NoticeCount))}
    assert counts == {"dead": 0, "accepted": 1}


def test_dead_and_unknown_are_listed_latest_first(house: House, ming: Ming, go: Go) -> None:
    for state in (NoticeState.DEAD, NoticeState.UNKNOWN, NoticeState.ACCEPTED):
        with transaction(house.engine) as session:
            facts = {"kind": "bound", "channel": "line", "content": b"[]", "priority": 3}
            moment = go(minutes=1)
            times = dict.fromkeys(("created_at", "due_at", "turn_at", "settled_at"), moment)
            session.add(
                Notice(
                    **facts,
                    **times,
                    dedupe_key=state,
                    retry_key=uuid4(),
                    guardian_id=ming.guardian_id,
                    school_day=moment.date(),
                    expires_at=moment,
                    state=state,
                )
            )
    with snapshot(house.engine) as session:
        found = to_look_at(session, house.clock.now() - timedelta(days=1))
        assert [one.state for one in found] == ["unknown", "dead"]
        assert to_look_at(session, house.clock.now()) == []
