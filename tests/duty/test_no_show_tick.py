"""The cut-off tick: on school days, once, by a healthy gate, after grace, not too late."""

import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from core.attendance.day_record import lock_days
from core.attendance.leaves import Filer, file_leave, withdraw_leave
from core.attendance.review import ReviewResult, answer_absent
from core.attendance.runs import RunKey, cancel_run, held_children, release_run
from core.attendance.tables import (
    AttendanceDay,
    LeaveReason,
    NoShowRun,
    NoShowState,
    RunState,
)
from core.calendar.policy import NewRule, add_rule, end_rule, list_rules
from core.calendar.tables import CalendarDay
from core.clock import school_day_of
from core.db import transaction
from core.delivery.claims import claim
from core.duty.no_show_tick import run_no_show_tick
from core.errors import InputError
from core.gate.health import gate_health
from core.gate.make_up import record_make_up, undo_make_up
from core.gate.tables import Reader
from core.house import House
from core.kinds import DayPart, Direction, NoticeKind
from core.notices.tables import Notice
from core.people.tables import Card, EnrollmentStatus, StaffRole, Student
from tests.calendar.rows import put_closure
from tests.factories import (
    DESK,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_staff,
    make_student,
)
from tests.rival import Rival

DAY = date(2026, 11, 23)
CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
KEY = RunKey("353607", DAY, time(8, 30))
OFFICER = "U" + "c" * 32
TEACHER = "U" + "d" * 32


@pytest.fixture
def ready(house: House) -> House:
    """Mei is bound to Ming, whose gate was heard at 08:29; it is 08:30. An officer is enrolled."""
    house.clock.move_to(CUTOFF)
    with transaction(house.engine) as session:
        make_school(session)
        make_binding(session, make_guardian(session, house), make_student(session, house))
        make_reader(session, house, contact_at=CUTOFF - timedelta(minutes=1))
        make_staff(session, house, OFFICER)
    return house


def _tick(house: House, minutes: float = 0, *, heard: bool = True) -> None:
    """Let time pass from the cut-off and tick, with the gate alive or silent."""
    house.clock.move_to(CUTOFF + timedelta(minutes=minutes))
    if heard:
        with transaction(house.engine) as session:
            for reader in session.exec(select(Reader)):
                reader.last_contact_at = house.clock.now()
    run_no_show_tick(house)


def _notices(house: House, kind: NoticeKind = NoticeKind.NO_SHOW) -> int:
    with transaction(house.engine) as session:
        return len(session.exec(select(Notice).where(Notice.kind == kind)).all())


def _run(session: Session) -> NoShowRun:
    return session.exec(select(NoShowRun)).one()


def _state(house: House) -> str:
    with transaction(house.engine) as session:
        return _run(session).state


def _ming(session: Session) -> Student:
    return session.exec(select(Student)).first()  # type: ignore[return-value]


def test_before_the_cutoff_nothing_happens(ready: House) -> None:
    _tick(ready, -1 / 60)
    with transaction(ready.engine) as session:
        assert session.exec(select(NoShowRun)).all() == []


def test_missing_child_is_told_of_once_after_the_grace(ready: House) -> None:
    _tick(ready)
    assert (_notices(ready), _state(ready)) == (0, RunState.WAITING)
    _tick(ready, 4.9)
    assert _notices(ready) == 0
    for _ in range(3):
        _tick(ready, 5)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


def test_tap_within_the_grace_ends_it_without_a_word(ready: House) -> None:
    _tick(ready)
    with transaction(ready.engine) as session:
        record_make_up(
            session,
            "liff",
            student_id=_ming(session).id,
            at=CUTOFF,
            direction=Direction.IN,
            recorded_by="staff:x",
            reason="忘帶卡",
            now=CUTOFF + timedelta(minutes=1),
        )
    _tick(ready, 5)
    assert (_notices(ready), _notices(ready, NoticeKind.CORRECTION)) == (0, 0)
    assert _state(ready) == RunState.TOLD


def _leave_school(ming: Student, _card: Card) -> None:
    ming.status = EnrollmentStatus.TRANSFERRED


def _protect(ming: Student, _card: Card) -> None:
    ming.is_sealed = True


def _lose(_ming: Student, card: Card) -> None:
    card.valid_until = CUTOFF + timedelta(minutes=1)


@pytest.mark.parametrize("happen", [_leave_school, _protect, _lose])
@pytest.mark.parametrize("is_held", [True, False])
def test_child_not_expected_any_more_within_the_grace_is_not_told_of(
    ready: House, happen: Callable[[Student, Card], None], *, is_held: bool
) -> None:
    _tick(ready)
    if is_held:
        _tick(ready, 5, heard=False)
    with transaction(ready.engine) as session:
        happen(_ming(session), session.exec(select(Card)).one())
    if not is_held:
        _tick(ready, 5)
    else:
        with transaction(ready.engine) as session:
            now = ready.clock.now()
            gate = gate_health(session, "353607", now)
            release_run(session, DESK, KEY, gate=gate, by="staff:x", now=now)
    assert (_notices(ready), _state(ready)) == (0, RunState.TOLD)
    with transaction(ready.engine) as session:
        assert session.exec(select(AttendanceDay)).one().no_show == NoShowState.UNTOLD


def test_no_lessons_no_notice(ready: House) -> None:
    with transaction(ready.engine) as session:
        session.add(
            CalendarDay(
                scope="city",
                day=school_day_of(CUTOFF),
                is_open=False,
                reason="停課",
                source="test",
                recorded_at=CUTOFF,
            )
        )
    _tick(ready, 5)
    assert (_notices(ready), _state(ready)) == (0, RunState.NO_SCHOOL)


def test_silent_gate_accuses_nobody_and_asks_staff_once(ready: House) -> None:
    for minutes in (2, 3, 30, 60):
        _tick(ready, minutes, heard=False)
    assert (_notices(ready), _state(ready)) == (0, RunState.HELD)
    assert _notices(ready, NoticeKind.HELD) == 1


def test_one_silent_reader_of_two_holds_as_well(ready: House) -> None:
    with transaction(ready.engine) as session:
        make_reader(session, ready, contact_at=CUTOFF - timedelta(hours=1))
    _tick(ready, 5, heard=False)
    assert (_notices(ready), _state(ready)) == (0, RunState.HELD)


def test_gate_that_is_heard_again_frees_the_run_by_itself(ready: House) -> None:
    _tick(ready, 2, heard=False)
    _tick(ready, 20)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


def test_gate_that_dies_during_the_grace_holds_what_was_marked(ready: House) -> None:
    _tick(ready)
    _tick(ready, 5, heard=False)
    assert (_notices(ready), _state(ready)) == (0, RunState.HELD)


def test_what_was_marked_before_the_gate_died_is_told_once_it_is_well(ready: House) -> None:
    _tick(ready)
    _tick(ready, 5, heard=False)
    _tick(ready, 9)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


def test_staff_are_asked_anew_where_the_gate_falls_silent_again(ready: House) -> None:
    _tick(ready, 2.5, heard=False)
    _tick(ready, 3)
    assert _state(ready) == RunState.WAITING
    for minutes in (6, 7):
        _tick(ready, minutes, heard=False)
    assert (_notices(ready), _state(ready)) == (0, RunState.HELD)
    assert _notices(ready, NoticeKind.HELD) == 2


def test_staff_are_asked_once_for_each_reason_of_a_hold(ready: House) -> None:
    _tick(ready, 2, heard=False)
    _hold_taps(ready)
    _tick(ready, 3)
    _tick(ready, 6, heard=False)
    assert (_notices(ready, NoticeKind.HELD), _state(ready)) == (2, RunState.HELD)


def _hold_taps(house: House) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Reader)).one().buffered = 3


def test_staff_release_what_is_held_but_not_who_was_seen_meanwhile(ready: House) -> None:
    with transaction(ready.engine) as session:
        seen = make_student(session, ready, number="11510002", name="陳小安")
        make_binding(session, make_guardian(session, ready, "U" + "e" * 32), seen)
    _tick(ready, 2, heard=False)
    with transaction(ready.engine) as session:
        assert len(held_children(session, KEY, CUTOFF)) == 2
        _enter(session, seen.id)
        gate = gate_health(session, KEY.school_code, ready.clock.now())
        released = release_run(session, DESK, KEY, gate=gate, by="staff:x", now=ready.clock.now())
    assert (released.told, released.seen) == (1, 1)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)
    with transaction(ready.engine) as session, pytest.raises(InputError, match="answered"):
        release_run(session, DESK, KEY, gate=gate, by="staff:y", now=ready.clock.now())


def _enter(session: Session, student_id: object) -> None:
    record_make_up(
        session,
        "liff",
        student_id=student_id,  # type: ignore[arg-type]
        at=CUTOFF,
        direction=Direction.IN,
        recorded_by="staff:x",
        reason="忘帶卡",
        now=CUTOFF + timedelta(minutes=3),
    )


def test_what_staff_cancel_is_never_told(ready: House) -> None:
    _tick(ready, 2, heard=False)
    with transaction(ready.engine) as session:
        assert cancel_run(session, KEY, by="staff:x", now=ready.clock.now()) == 1
    _tick(ready, 30)
    assert (_notices(ready), _state(ready)) == (0, RunState.CANCELLED)


def test_what_staff_cancel_of_one_cutoff_is_told_at_another(ready: House) -> None:
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", grade=1)
        early = CUTOFF - timedelta(hours=1)
        add_rule(session, "353607", NewRule(grade=1, cutoff=time(8, 31)), by="x", now=early)
    _tick(ready)
    _tick(ready, 3, heard=False)
    with transaction(ready.engine) as session:
        other = RunKey("353607", DAY, time(8, 31))
        assert cancel_run(session, other, by="staff:x", now=ready.clock.now()) == 1
    _tick(ready, 5)
    assert _notices(ready) == 1


def test_held_for_two_hours_it_ends_and_staff_hear_of_it(ready: House) -> None:
    _tick(ready, 2, heard=False)
    _tick(ready, 119)
    assert _state(ready) == RunState.HELD, "by then only staff may release it"
    _tick(ready, 121)
    assert (_notices(ready), _state(ready)) == (0, RunState.EXPIRED)
    assert _notices(ready, NoticeKind.HELD_EXPIRED) == 1


def test_staff_hear_how_many_are_left_untold_and_not_how_many_were_held(ready: House) -> None:
    with transaction(ready.engine) as session:
        seen = make_student(session, ready, number="11510002", name="陳小安")
    _tick(ready, 2, heard=False)
    with transaction(ready.engine) as session:
        _enter(session, seen.id)
    _tick(ready, 121, heard=False)
    assert "2 位" in _text(ready, NoticeKind.HELD)
    said = _text(ready, NoticeKind.HELD_EXPIRED)
    assert "1 位" in said
    assert DESK.page("staff") + '"' in said, "the children stand by class there"


def test_held_run_ends_by_itself_once_everybody_was_seen(ready: House) -> None:
    _tick(ready, 2, heard=False)
    with transaction(ready.engine) as session:
        _enter(session, _ming(session).id)
    for minutes in (100, 121):
        _tick(ready, minutes, heard=False)
    assert (_notices(ready, NoticeKind.HELD_EXPIRED), _state(ready)) == (0, RunState.TOLD)


def test_held_run_nobody_looked_at_until_all_were_seen_leaves_nobody_untold(ready: House) -> None:
    _tick(ready, 2, heard=False)
    with transaction(ready.engine) as session:
        _enter(session, _ming(session).id)
    _tick(ready, 121, heard=False)
    assert (_notices(ready, NoticeKind.HELD_EXPIRED), _state(ready)) == (0, RunState.TOLD)


def test_child_whose_guardians_know_already_is_not_held(ready: House) -> None:
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", name="陳小安")
        facts = {"student_id": _ming(session).id, "school_day": DAY, "by": "staff:x"}
        answer_absent(session, DESK, now=CUTOFF, **facts)  # type: ignore[arg-type]
    _tick(ready, 2, heard=False)
    assert "1 位" in _text(ready, NoticeKind.HELD)
    with transaction(ready.engine) as session:
        gate, now = gate_health(session, KEY.school_code, CUTOFF), ready.clock.now()
        assert release_run(session, DESK, KEY, gate=gate, by="staff:x", now=now).seen == 0


def test_silent_gate_that_missed_nobody_asks_nobody(ready: House) -> None:
    with transaction(ready.engine) as session:
        _enter(session, _ming(session).id)
    _tick(ready, 2, heard=False)
    assert (_notices(ready, NoticeKind.HELD), _state(ready)) == (0, RunState.TOLD)


def _text(house: House, kind: NoticeKind) -> str:
    with transaction(house.engine) as session:
        return session.exec(select(Notice).where(Notice.kind == kind)).one().content.decode()


def test_clock_that_was_down_for_fifteen_minutes_catches_up(ready: House) -> None:
    _tick(ready, 15)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


def test_later_than_ninety_minutes_it_says_so_instead_of_telling(ready: House) -> None:
    for minutes in (91, 92):
        _tick(ready, minutes)
    assert (_notices(ready), _state(ready)) == (0, RunState.SKIPPED_LATE)
    assert _notices(ready, NoticeKind.SKIPPED_LATE) == 1


def test_marked_before_the_clock_died_is_not_told_hours_later(ready: House) -> None:
    _tick(ready)
    _tick(ready, 150)
    assert (_notices(ready), _state(ready)) == (0, RunState.SKIPPED_LATE)
    with transaction(ready.engine) as session:
        assert session.exec(select(AttendanceDay)).one().no_show == "untold"


def test_four_clocks_at_once_run_the_cutoff_once(ready: House) -> None:
    ready.clock.move_to(CUTOFF + timedelta(minutes=1))
    _four_times(lambda: run_no_show_tick(ready))
    _tick(ready, 5)
    _four_times(lambda: run_no_show_tick(ready))
    assert _notices(ready) == 1
    assert _state(ready) == RunState.TOLD


def _four_times(act: Callable[[], None]) -> None:
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        act()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def eager(ready: House) -> House:
    """A school without grace, so that a cut-off is told at once."""
    with transaction(ready.engine) as session:
        add_rule(session, "353607", NewRule(grace_minutes=0), by="operator", now=CUTOFF)
    return ready


def test_grades_have_cutoffs_of_their_own(eager: House) -> None:
    with transaction(eager.engine) as session:
        make_binding(
            session,
            make_guardian(session, eager, "U" + "e" * 32),
            make_student(session, eager, number="11510002", grade=1),
        )
        rule = NewRule(grade=1, weekday=0, cutoff=time(9, 0))
        add_rule(session, "353607", rule, by="operator", now=CUTOFF)
    _tick(eager)
    assert _notices(eager) == 1, "the sixth grade only"
    _tick(eager, 30)
    assert _notices(eager) == 2
    with transaction(eager.engine) as session:
        assert {run.state for run in session.exec(select(NoShowRun))} == {RunState.TOLD}


def _change(house: House, rule: NewRule) -> None:
    with transaction(house.engine) as session:
        add_rule(session, "353607", rule, by="operator", now=house.clock.now())


def _end_change(house: House) -> None:
    with transaction(house.engine) as session:
        now = house.clock.now()
        (rule,) = list_rules(session, "353607", now)
        end_rule(session, "353607", rule.id, by="operator", now=now)


def _runs(house: House) -> dict[time, str]:
    with transaction(house.engine) as session:
        return {run.cutoff: run.state for run in session.exec(select(NoShowRun))}


def test_each_grade_is_told_of_when_its_own_wait_is_over(ready: House) -> None:
    with transaction(ready.engine) as session:
        child = make_student(session, ready, number="11510002", grade=1)
        make_binding(session, make_guardian(session, ready, "U" + "e" * 32), child)
        rule = NewRule(grade=1, review_minutes=20)
        add_rule(session, "353607", rule, by="x", now=CUTOFF - timedelta(hours=1))
    _tick(ready)
    _tick(ready, 5)
    assert _notices(ready) == 1
    _tick(ready, 25)
    assert (_notices(ready), _state(ready)) == (2, RunState.TOLD)


def test_cutoff_that_ends_tomorrow_is_looked_at_today(ready: House) -> None:
    early = {"by": "x", "now": CUTOFF - timedelta(hours=1)}
    with transaction(ready.engine) as session:
        rule_id = add_rule(session, "353607", NewRule(cutoff=time(8, 0)), **early)  # type: ignore[arg-type]
        end_rule(session, "353607", rule_id, from_day=DAY + timedelta(days=1), **early)  # type: ignore[arg-type]
    _tick(ready, -30)
    with transaction(ready.engine) as session:
        assert _run(session).cutoff == time(8, 0)


def test_cutoff_moved_later_within_the_grace_is_waited_for(ready: House) -> None:
    _tick(ready)
    _tick(ready, 2)
    _change(ready, NewRule(cutoff=time(9, 0)))
    for minutes in (3, 5, 30, 34):
        _tick(ready, minutes)
    assert _notices(ready) == 0, "its grace runs"
    _tick(ready, 35)
    assert _notices(ready) == 1
    assert _runs(ready) == {time(8, 30): RunState.NO_SCHOOL, time(9, 0): RunState.TOLD}


@pytest.mark.parametrize("minutes", [20, 31])
def test_cutoff_moved_to_one_that_is_over_misses_nobody(ready: House, minutes: int) -> None:
    _change(ready, NewRule(grade=6, cutoff=time(9, 0)))
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", grade=1)
    for before in (0, 5, minutes):
        _tick(ready, before)
    assert (_notices(ready), _runs(ready)[time(8, 30)]) == (0, RunState.TOLD)
    _end_change(ready)
    for after in (0.1, 5, 10):
        _tick(ready, minutes + after)
    assert _notices(ready) == 1
    assert set(_runs(ready).values()) <= {RunState.TOLD, RunState.NO_SCHOOL}


def test_grade_that_joins_a_cutoff_in_its_grace_is_looked_at(ready: House) -> None:
    _change(ready, NewRule(grade=6, cutoff=time(9, 0)))
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", grade=1)
    _tick(ready)
    _tick(ready, 2)
    _end_change(ready)
    for minutes in (2.1, 5):
        _tick(ready, minutes)
    assert _notices(ready) == 1


def test_rule_that_brings_nobody_leaves_a_cutoff_over(ready: House) -> None:
    for minutes in (0, 5):
        _tick(ready, minutes)
    _change(ready, NewRule(dismissal=time(16, 0)))
    for minutes in (5.1, 20):
        _tick(ready, minutes, heard=False)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)
    assert _notices(ready, NoticeKind.HELD) == 0


def test_reviewing_teacher_has_the_first_word(eager: House) -> None:
    with transaction(eager.engine) as session:
        make_staff(session, eager, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
        add_rule(session, "353607", NewRule(review_minutes=10), by="operator", now=CUTOFF)
    _tick(eager)
    assert _notices(eager, NoticeKind.REVIEW) == 1
    _tick(eager, 14)
    assert _notices(eager) == 0, "grace and review run"
    _tick(eager, 15)
    assert _notices(eager) == 1, "nobody answered"


def test_teacher_who_has_not_seen_the_child_tells_at_once(eager: House) -> None:
    with transaction(eager.engine) as session:
        add_rule(session, "353607", NewRule(review_minutes=10), by="operator", now=CUTOFF)
    _tick(eager)
    with transaction(eager.engine) as session:
        facts = {"student_id": _ming(session).id, "school_day": DAY, "by": "staff:x"}
        now = CUTOFF + timedelta(minutes=2)
        told = answer_absent(session, DESK, now=now, **facts)  # type: ignore[arg-type]
        again = answer_absent(session, DESK, now=now, **facts)  # type: ignore[arg-type]
    assert (told, again) == (ReviewResult.TOLD, ReviewResult.ALREADY_TOLD)
    _tick(eager, 15)
    assert (_notices(eager), _state(eager)) == (1, RunState.TOLD)


def test_teacher_s_word_of_another_day_or_of_a_child_that_left_tells_nobody(eager: House) -> None:
    now = CUTOFF + timedelta(days=1)
    with transaction(eager.engine) as session:
        ming = _ming(session).id
        facts = {"student_id": ming, "school_day": DAY, "by": "staff:x"}
        over = answer_absent(session, DESK, now=now, **facts)  # type: ignore[arg-type]
        out = {"direction": Direction.OUT, "recorded_by": "staff:x", "reason": "家長接走"}
        record_make_up(session, "liff", student_id=ming, at=CUTOFF, now=CUTOFF, **out)  # type: ignore[arg-type]
        seen = answer_absent(session, DESK, now=CUTOFF, **facts)  # type: ignore[arg-type]
    assert (over, seen) == (ReviewResult.OVER, ReviewResult.SEEN)
    assert _notices(eager) == 0


def test_leave_filed_while_a_teacher_looks_ends_it(eager: House) -> None:
    with transaction(eager.engine) as session:
        add_rule(session, "353607", NewRule(review_minutes=10), by="operator", now=CUTOFF)
    _tick(eager)
    eager.clock.move_to(CUTOFF + timedelta(minutes=1))
    _excuse(eager)
    _tick(eager, 15)
    assert (_notices(eager), _state(eager)) == (0, RunState.TOLD)


def _say_here(house: House) -> UUID:
    now = house.clock.now()
    with transaction(house.engine) as session:
        facts = {"direction": Direction.IN, "recorded_by": "staff:x", "reason": "老師確認"}
        ming = _ming(session).id
        return record_make_up(session, "liff", student_id=ming, at=now, now=now, **facts)  # type: ignore[arg-type]


def _take_back_entry(house: House, tap_id: UUID) -> None:
    now = house.clock.now()
    facts = {"tap_id": tap_id, "recorded_by": "staff:x", "reason": "記錯", "now": now}
    with transaction(house.engine) as session:
        undo_make_up(session, "liff", **facts)  # type: ignore[arg-type]


def _excuse(house: House, last_day: date = DAY, part: DayPart = DayPart.WHOLE) -> UUID:
    with transaction(house.engine) as session:
        return file_leave(
            session,
            "liff",
            student_id=_ming(session).id,
            first_day=DAY,
            last_day=last_day,
            part=part,
            reason=LeaveReason.SICK,
            filer=Filer("staff:x"),
            now=house.clock.now(),
        )


def _withdraw(house: House, leave_id: UUID) -> None:
    facts = {"leave_id": leave_id, "filer": Filer("staff:x"), "now": house.clock.now()}
    with transaction(house.engine) as session:
        withdraw_leave(session, "liff", **facts)  # type: ignore[arg-type]


WORDS = [(_say_here, _take_back_entry), (_excuse, _withdraw)]


@pytest.mark.parametrize(("say", "take_back"), WORDS)
@pytest.mark.parametrize(("said", "taken_back", "told"), [(-5, 1, 6), (1, 2, 7), (1, 20, 25)])
def test_child_of_a_word_taken_back_is_missed_again(
    ready: House,
    say: Callable[[House], UUID],
    take_back: Callable[[House, UUID], None],
    said: float,
    taken_back: float,
    told: float,
) -> None:
    ticks = [minutes for minutes in (0, 0.9, 5, 6) if minutes < taken_back]
    for minutes in sorted([said, *ticks]):
        _tick(ready, minutes)
        if minutes == said:
            word = say(ready)
    ready.clock.move_to(CUTOFF + timedelta(minutes=taken_back))
    take_back(ready, word)
    _tick(ready, told - 0.1)
    assert _notices(ready) == 0, "the right word may come"
    for minutes in (told, told + 1):
        _tick(ready, minutes)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


def test_leave_withdrawn_while_the_sweep_ends_the_run_is_missed_again(ready: House) -> None:
    _tick(ready)
    facts = {"leave_id": _excuse(ready), "filer": Filer("staff:x"), "now": ready.clock.now()}
    rival = Rival(ready, lambda session: withdraw_leave(session, "liff", **facts))  # type: ignore[arg-type]
    with transaction(ready.engine) as session:
        run = session.get_one(NoShowRun, ("353607", DAY, time(8, 30)), with_for_update=True)
        rival.start()
        lock_days(session, {(_ming(session).id, DAY)})
        run.state, run.next_at = RunState.TOLD, None
    rival.finish()
    assert rival.error is None
    assert _state(ready) == RunState.WAITING


def test_leave_withdrawn_today_lets_nobody_wait_tomorrow(ready: House) -> None:
    _tick(ready)
    _withdraw(ready, _excuse(ready, last_day=DAY + timedelta(days=1)))
    with transaction(ready.engine) as session:
        days = session.exec(select(AttendanceDay).order_by(col(AttendanceDay.school_day)))
        assert [one.no_show for one in days] == [NoShowState.WAITING, NoShowState.NONE]


def test_child_told_of_is_not_told_of_again_for_half_a_day_s_leave(ready: House) -> None:
    for minutes in (0, 5):
        _tick(ready, minutes)
    _withdraw(ready, _excuse(ready, part=DayPart.AFTERNOON))
    with transaction(ready.engine) as session:
        assert session.exec(select(AttendanceDay)).one().no_show == NoShowState.TOLD
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


@pytest.mark.parametrize(("say", "take_back"), WORDS)
def test_word_put_right_at_once_leads_to_no_no_show(
    ready: House, say: Callable[[House], UUID], take_back: Callable[[House, UUID], None]
) -> None:
    _tick(ready)
    _tick(ready, 1)
    take_back(ready, say(ready))
    _tick(ready, 2)
    say(ready)
    for minutes in (5, 6, 10):
        _tick(ready, minutes)
    assert (_notices(ready), _state(ready)) == (0, RunState.TOLD)


def test_child_corrected_wrongly_is_told_of_again(ready: House) -> None:
    for minutes in (0, 5):
        _tick(ready, minutes)
    with transaction(ready.engine) as session:
        claim(session, now=ready.clock.now(), limit=10)
    word = _say_here(ready)
    assert _notices(ready, NoticeKind.CORRECTION) == 1
    _take_back_entry(ready, word)
    _tick(ready, 10)
    assert (_notices(ready), _state(ready)) == (2, RunState.TOLD)


@pytest.mark.parametrize(("grace", "taken_back"), [(0, 87), (0, 90), (5, 90)])
def test_word_taken_back_at_the_last_moment_is_no_check_that_came_too_late(
    ready: House, grace: int, taken_back: float
) -> None:
    with transaction(ready.engine) as session:
        rule = NewRule(grace_minutes=grace)
        add_rule(session, "353607", rule, by="x", now=CUTOFF - timedelta(hours=1))
    _tick(ready, -5)
    word = _say_here(ready)
    _tick(ready)
    ready.clock.move_to(CUTOFF + timedelta(minutes=taken_back))
    _take_back_entry(ready, word)
    _tick(ready, taken_back + 5.1)
    assert (_notices(ready), _state(ready)) == (1, RunState.TOLD)


@pytest.mark.parametrize("minutes", [91, 60 * 24])
def test_word_taken_back_too_late_is_no_news(ready: House, minutes: int) -> None:
    _tick(ready, -5)
    word = _say_here(ready)
    for before in (0, 5):
        _tick(ready, before)
    ready.clock.move_to(CUTOFF + timedelta(minutes=minutes))
    _take_back_entry(ready, word)
    with transaction(ready.engine) as session:
        assert session.exec(select(AttendanceDay)).one().no_show == NoShowState.NONE
        assert _run(session).state == RunState.TOLD


def test_rule_changed_after_the_last_moment_says_nothing_of_the_check(ready: House) -> None:
    _tick(ready, -5)
    word = _say_here(ready)
    _tick(ready)
    ready.clock.move_to(CUTOFF + timedelta(minutes=95))
    _take_back_entry(ready, word)
    with transaction(ready.engine) as session:
        rule = NewRule(review_minutes=10)
        add_rule(session, "353607", rule, by="x", now=ready.clock.now())
    _tick(ready, 96)
    assert (_notices(ready, NoticeKind.SKIPPED_LATE), _state(ready)) == (0, RunState.TOLD)


def _enter_again(house: House) -> None:
    _say_here(house)


def _doubt(house: House) -> None:
    with transaction(house.engine) as session:
        session.exec(select(AttendanceDay)).one().no_show = NoShowState.DOUBT


def _close_the_morning(house: House) -> None:
    with transaction(house.engine) as session:
        put_closure(session, DAY, part=DayPart.MORNING, school_code="353607")


@pytest.mark.parametrize("happen", [_enter_again, _doubt, _close_the_morning])
def test_word_taken_back_misses_nobody_of_whom_something_else_is_known(
    ready: House, happen: Callable[[House], None]
) -> None:
    word = _say_here(ready)
    _tick(ready)
    happen(ready)
    _take_back_entry(ready, word)
    with transaction(ready.engine) as session:
        assert session.exec(select(AttendanceDay)).one().no_show != NoShowState.WAITING


def test_word_taken_back_makes_no_other_child_wait_longer(ready: House) -> None:
    word = _say_here(ready)
    with transaction(ready.engine) as session:
        other = make_student(session, ready, number="11510002", name="陳小安")
        make_binding(session, make_guardian(session, ready, "U" + "e" * 32), other)
    _tick(ready)
    ready.clock.move_to(CUTOFF + timedelta(minutes=3))
    _take_back_entry(ready, word)
    _tick(ready, 5)
    assert _notices(ready) == 1
    _tick(ready, 8)
    assert _notices(ready) == 2


def _other_grade_waits(house: House, rule: NewRule) -> None:
    with transaction(house.engine) as session:
        add_rule(session, "353607", rule, by="x", now=CUTOFF - timedelta(hours=1))
        make_student(session, house, number="11510002", grade=1)


def test_word_taken_back_waits_for_the_end_of_the_grace(ready: House) -> None:
    word = _say_here(ready)
    _other_grade_waits(ready, NewRule(grace_minutes=20))
    _tick(ready)
    _take_back_entry(ready, word)
    _tick(ready, 19)
    assert _notices(ready) == 0
    _tick(ready, 20)
    assert _notices(ready) == 1


def test_word_taken_back_does_not_wait_for_another_grade(ready: House) -> None:
    _other_grade_waits(ready, NewRule(grade=1, review_minutes=20))
    _tick(ready)
    _tick(ready, 1)
    with transaction(ready.engine) as session:
        ming = session.exec(select(Student).where(Student.grade == 6)).one().id
        facts = {"direction": Direction.IN, "recorded_by": "staff:x", "reason": "老師確認"}
        now = ready.clock.now()
        word = record_make_up(session, "liff", student_id=ming, at=now, now=now, **facts)  # type: ignore[arg-type]
    _tick(ready, 5)
    ready.clock.move_to(CUTOFF + timedelta(minutes=8))
    _take_back_entry(ready, word)
    _tick(ready, 13)
    assert _notices(ready) == 1


def test_word_taken_back_while_staff_are_asked_is_left_to_them(ready: House) -> None:
    word = _say_here(ready)
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", name="陳小安")
    _tick(ready, 2.5, heard=False)
    _take_back_entry(ready, word)
    assert _state(ready) == RunState.HELD
    with transaction(ready.engine) as session:
        assert len(held_children(session, KEY, ready.clock.now())) == 2


def test_word_taken_back_after_staff_cancelled_waits_for_nothing(ready: House) -> None:
    with transaction(ready.engine) as session:
        make_student(session, ready, number="11510002", name="陳小安")
    word = _say_here(ready)
    _tick(ready, 2.5, heard=False)
    with transaction(ready.engine) as session:
        cancel_run(session, KEY, by="staff:x", now=ready.clock.now())
    _take_back_entry(ready, word)
    with transaction(ready.engine) as session:
        days = session.exec(select(AttendanceDay)).all()
    assert NoShowState.WAITING not in {one.no_show for one in days}


def test_child_that_came_on_a_leave_counts_as_expected(ready: House) -> None:
    _excuse(ready)
    _say_here(ready)
    _tick(ready)
    with transaction(ready.engine) as session:
        run = _run(session)
        assert (run.expected, run.arrived) == (1, 1)


def _usual_mondays(session: Session, weeks: int, arrived: int, expected: int) -> None:
    for n in range(1, weeks + 1):
        session.add(
            NoShowRun(
                school_code="353607",
                school_day=DAY - timedelta(weeks=n),
                cutoff=time(8, 30),
                state=RunState.TOLD,
                arrived=arrived,
                expected=expected,
                ran_at=CUTOFF,
            )
        )


@pytest.mark.parametrize(("weeks", "state"), [(3, RunState.HELD), (2, RunState.TOLD)])
def test_far_fewer_children_than_usual_are_no_evidence(
    eager: House, weeks: int, state: RunState
) -> None:
    with transaction(eager.engine) as session:
        for n in range(2, 7):
            make_student(session, eager, number=f"1151000{n}")
        _usual_mondays(session, weeks, arrived=28, expected=30)
    _tick(eager)
    with transaction(eager.engine) as session:
        today = session.exec(select(NoShowRun).where(col(NoShowRun.school_day) == DAY)).one()
    assert today.state == state
    assert (today.expected, today.arrived) == (6, 0)


def test_school_without_a_reader_says_nothing(eager: House) -> None:
    with transaction(eager.engine) as session:
        for reader in session.exec(select(Reader)):
            reader.revoked_at = CUTOFF
    _tick(eager, 5)
    assert (_notices(eager), _state(eager)) == (0, RunState.HELD)
