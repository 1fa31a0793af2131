"""The closure tick: every guardian in the scope hears once, and of an undoing if they had read."""

import threading
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select, update

from core.attendance.closing import close_day, reopen_day
from core.calendar.closures import propose_closure, propose_undo
from core.calendar.scopes import ClosureScope
from core.clock import TAIPEI
from core.db import transaction
from core.delivery.claims import claim
from core.delivery.pushes import Leased
from core.delivery.settle import Settlement, settle
from core.duty.closure_tick import announce, due_announcements, run_closure_tick
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.tables import Subscription
from core.watch.replay import Replay, replay
from tests.factories import HUA, MEI, make_binding, make_guardian, make_school, make_student
from tests.rival import Rival

LIN, CHEN = (f"staff:{UUID(int=n)}" for n in (1, 2))
EVENING = datetime(2026, 11, 23, 20, 5, tzinfo=TAIPEI)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def families(house: House) -> House:
    """Mei has a child at each of two primaries; Hua has one at the second."""
    house.clock.move_to(EVENING)
    with transaction(house.engine) as session:
        mei, hua = (make_guardian(session, house, line) for line in (MEI, HUA))
        for code, number in (("353607", "11510001"), ("413601", "11510002")):
            make_school(session, code, district="士林區" if code == "413601" else "中正區")
            child = make_student(session, house, number=number, school_code=code)
            make_binding(session, mei, child)
        make_binding(session, hua, child)
    return house


def close(house: House, **changed: Any) -> UUID:
    now = house.clock.now()
    facts: dict[str, Any] = {
        "scope": ClosureScope(),
        "day": TUESDAY,
        "part": DayPart.WHOLE,
        "source": "臺北市政府",
        "source_at": now,
        "by": LIN,
        "now": now,
    }
    with transaction(house.engine) as session:
        closure = propose_closure(session, **{**facts, **changed})
        close_day(session, closure.id, CHEN, now)
    return closure.id


def reopen(house: House, closure_id: UUID) -> None:
    with transaction(house.engine) as session:
        propose_undo(session, closure_id, LIN, house.clock.now())
        reopen_day(session, closure_id, CHEN, house.clock.now())


def told(house: House, kind: NoticeKind = NoticeKind.CLOSURE_ON) -> list[str | None]:
    with transaction(house.engine) as session:
        rows = session.exec(select(Notice).where(Notice.kind == kind))
        return sorted(f"{row.line_user_id}"[:2] + f" {row.state}" for row in rows)


def due(house: House) -> int:
    with transaction(house.engine) as session:
        return len(due_announcements(session, house.clock.now()))


def send(
    house: House, *, settles: bool = True, state: NoticeState = NoticeState.ACCEPTED
) -> list[Leased]:
    now = house.clock.now()
    with transaction(house.engine) as session:
        leased = claim(session, now=now, limit=10)
        done = [
            Settlement(one.id, one.school_day, one.lease_token, state, "test") for one in leased
        ]
        if settles:
            settle(session, done, now)
    return leased


def test_each_guardian_hears_once_however_many_children(families: House) -> None:
    close(families)
    assert due(families) == 2
    run_closure_tick(families)
    assert families.notices_due.is_set()
    assert told(families) == ["Ua pending", "Ub pending"]
    assert due(families) == 0
    run_closure_tick(families)
    assert len(told(families)) == 2


def test_notice_says_day_part_and_source(families: House) -> None:
    close(families, part=DayPart.MORNING)
    run_closure_tick(families)
    content = send(families)[0].content.decode()
    for words in ("11/24（二）停課", "11/24（二）上午停課", "臺北市政府（11/23 20:05 公布）"):
        assert words in content


def test_proposal_is_told_to_nobody(families: House) -> None:
    with transaction(families.engine) as session:
        propose_closure(
            session,
            scope=ClosureScope(),
            day=TUESDAY,
            part=DayPart.WHOLE,
            source="臺北市政府",
            source_at=EVENING,
            by=LIN,
            now=EVENING,
        )
    run_closure_tick(families)
    assert told(families) == []


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (ClosureScope(district="中正區"), ["Ua pending"]),
        (ClosureScope(school_code="413601"), ["Ua pending", "Ub pending"]),
        (ClosureScope(school_code="413601", grade=5), []),
        (ClosureScope(level="國小", grade=6), ["Ua pending", "Ub pending"]),
    ],
)
def test_only_guardians_of_covered_children_hear(
    families: House, scope: ClosureScope, expected: list[str]
) -> None:
    close(families, scope=scope)
    run_closure_tick(families)
    assert told(families) == expected


def test_guardian_without_a_ticked_box_is_not_told(families: House) -> None:
    close(families)
    with transaction(families.engine) as session:
        untick_all(session)
    run_closure_tick(families)
    assert told(families) == []


def untick_all(session: Session) -> None:
    session.execute(update(Subscription).values(is_on=False))


def test_blocked_account_is_recorded_as_not_sent(families: House) -> None:
    with transaction(families.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=EVENING)
    close(families)
    run_closure_tick(families)
    assert told(families) == ["Ua refused", "Ub pending"]


def test_undoing_is_told_to_those_who_may_have_read(families: House) -> None:
    closure_id = close(families)
    run_closure_tick(families)
    send(families)
    with transaction(families.engine) as session:
        untick_all(session)
    reopen(families, closure_id)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]
    assert due(families) == 0


def test_undoing_says_nothing_while_another_closure_goes_on(families: House) -> None:
    own = close(families, scope=ClosureScope(school_code="413601"))
    close(families)
    run_closure_tick(families)
    send(families)
    reopen(families, own)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == []
    assert len(told(families)) == 4
    assert due(families) == 0


def test_undoing_tells_the_half_day_that_stays_closed(families: House) -> None:
    half, far = ClosureScope(school_code="413601", grade=6), ClosureScope(school_code="353607")
    close(families, scope=half, part=DayPart.MORNING, source="芝蘭國小")
    close(families, scope=far)
    city = close(families)
    run_closure_tick(families)
    send(families)
    reopen(families, city)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == []
    contents = [one.content.decode() for one in send(families)]
    assert len(contents) == 2, "both guardians of the second school, once"
    assert all("上午停課" in one and "芝蘭國小" in one for one in contents)
    assert due(families) == 0


def test_undoing_promises_no_lessons_on_a_free_day(families: House) -> None:
    closure_id = close(families, day=date(2026, 11, 28))
    run_closure_tick(families)
    send(families)
    reopen(families, closure_id)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == []
    assert due(families) == 0


def test_undone_before_anybody_was_told_tells_nobody(families: House) -> None:
    reopen(families, close(families))
    run_closure_tick(families)
    assert told(families) == told(families, NoticeKind.CLOSURE_OFF) == []


def test_closure_undone_since_a_clock_looked_for_it_is_told_to_nobody(families: House) -> None:
    closure, now = close(families), families.clock.now()
    with transaction(families.engine) as session:
        found = due_announcements(session, now)
    reopen(families, closure)
    with transaction(families.engine) as session:
        assert [announce(session, one, now) for one in found] == [0, 0]


def test_undoing_waits_until_what_is_being_told_can_be_seen(families: House) -> None:
    closure, now = close(families), families.clock.now()
    with transaction(families.engine) as session:
        propose_undo(session, closure, LIN, now)
        found = due_announcements(session, now)
    steps: list[str] = []

    def undo(session: Session) -> None:
        reopen_day(session, closure, CHEN, now)
        session.flush()
        steps.append("undone")

    rival = Rival(families, undo)
    with transaction(families.engine) as session:
        announce(session, found[0], now)
        rival.start()
        steps.append("told")
    rival.finish()
    assert (rival.error, steps) == (None, ["told", "undone"])


def test_undoing_drops_what_was_not_sent_yet(families: House) -> None:
    closure_id = close(families)
    run_closure_tick(families)
    reopen(families, closure_id)
    run_closure_tick(families)
    assert told(families) == ["Ua cancelled", "Ub cancelled"]
    assert told(families, NoticeKind.CLOSURE_OFF) == []


def test_undone_closure_that_line_called_wrong_is_not_put_back(families: House) -> None:
    closure_id = close(families)
    run_closure_tick(families)
    dead = send(families, state=NoticeState.DEAD)[0]
    reopen(families, closure_id)
    run_closure_tick(families)
    with transaction(families.engine) as session:
        now = families.clock.now()
        assert replay(session, dead.id, by="operator", now=now) is Replay.OLD_NEWS


def test_undoing_waits_for_a_closure_that_is_on_its_way(families: House) -> None:
    closure_id = close(families)
    run_closure_tick(families)
    leased = send(families, settles=False)
    reopen(families, closure_id)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == []
    with transaction(families.engine) as session:
        arrived = [
            Settlement(one.id, one.school_day, one.lease_token, NoticeState.ACCEPTED, "http_200")
            for one in leased
        ]
        settle(session, arrived, EVENING)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]
    assert due(families) == 0


def test_day_that_is_over_is_not_announced(families: House) -> None:
    close(families)
    families.clock.move_to(datetime(2026, 11, 25, tzinfo=TAIPEI))
    run_closure_tick(families)
    assert told(families) == []


def test_notice_expires_with_its_day(families: House) -> None:
    families.clock.move_to(datetime(2026, 11, 24, 5, 30, tzinfo=TAIPEI))
    close(families)
    run_closure_tick(families)
    with transaction(families.engine) as session:
        ends = {row.expires_at for row in session.exec(select(Notice))}
        assert ends == {datetime(2026, 11, 25, tzinfo=TAIPEI)}


def test_closed_again_after_an_undoing_is_told_again(families: House) -> None:
    closure_id = close(families)
    run_closure_tick(families)
    send(families)
    reopen(families, closure_id)
    run_closure_tick(families)
    families.clock.move_to(EVENING + timedelta(hours=1))
    close(families)
    run_closure_tick(families)
    assert len(told(families)) == 4


def test_several_clocks_announce_once(families: House) -> None:
    close(families)
    threads = [threading.Thread(target=run_closure_tick, args=[families]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(families.engine) as session:
        rows = session.exec(select(Notice).where(col(Notice.kind) == NoticeKind.CLOSURE_ON)).all()
        assert len(rows) == 2
