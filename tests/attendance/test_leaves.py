"""Leaves: who may file until when, who hears of it, and how they meet taps and no-shows."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from core.attendance.leaves import Filer, file_leave, open_leaves, withdraw_leave
from core.attendance.tables import AttendanceDay, Leave, LeaveReason
from core.calendar.tables import CalendarDay
from core.db import transaction
from core.errors import AccessError, InputError
from core.gate.make_up import record_make_up
from core.house import House
from core.kinds import DayPart, Direction, NoticeKind
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, StaffRole, Student
from tests.factories import HUA, make_binding, make_guardian, make_school, make_staff, make_student
from tests.rival import Rival

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
BEFORE = datetime.fromisoformat("2026-11-23T08:29:59+08:00")
CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
OFFICE = Filer("staff:office")


@pytest.fixture
def family(house: House) -> House:
    """Mei and Hua are bound to Ming, whose cut-off is 08:30; a teacher and an officer serve."""
    with transaction(house.engine) as session:
        make_school(session)
        ming = make_student(session, house)
        for line_user_id in (None, HUA):
            guardian = make_guardian(session, house, *([line_user_id] if line_user_id else []))
            make_binding(session, guardian, ming)
        make_staff(session, house, "U" + "c" * 32)
        make_staff(session, house, "U" + "d" * 32, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
    return house


def _mei(session: Session) -> Filer:
    guardian = session.exec(select(Guardian).order_by(col(Guardian.taipei_pass_id))).first()
    assert guardian is not None
    return Filer(f"guardian:{guardian.id}", guardian.id)


def _file(
    session: Session,
    filer: Filer | None = None,
    first: date = MONDAY,
    last: date | None = None,
    part: DayPart = DayPart.WHOLE,
    now: datetime = BEFORE,
) -> UUID:
    ming = session.exec(select(Student)).one()
    return file_leave(
        session,
        "liff",
        student_id=ming.id,
        first_day=first,
        last_day=last or first,
        part=part,
        reason=LeaveReason.SICK,
        filer=filer or _mei(session),
        now=now,
    )


def _kinds(session: Session) -> list[str]:
    return sorted(one.kind for one in session.exec(select(Notice)))


def test_guardian_files_until_the_cutoff_and_only_the_others_hear(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session)
        told = session.exec(select(Notice)).one()
        assert told.kind == NoticeKind.LEAVE_OTHER
        assert told.guardian_id != _mei(session).guardian_id
        assert b"SICK" not in told.content.upper()
        assert session.exec(select(AttendanceDay)).one().leave == DayPart.WHOLE


@pytest.mark.parametrize(
    ("first", "last", "now", "code"),
    [
        (MONDAY, MONDAY, CUTOFF, "too_late"),
        (MONDAY - timedelta(days=1), MONDAY, BEFORE, "past"),
        (TUESDAY, MONDAY, BEFORE, "ends_before_it_begins"),
        (MONDAY, MONDAY + timedelta(days=14), BEFORE, "too_long"),
        (date(2026, 11, 28), date(2026, 11, 29), BEFORE, "no_school_day"),
        (date(2027, 6, 1), date(2027, 6, 1), BEFORE, "too_far"),
    ],
)
def test_what_a_guardian_may_not_file_changes_nothing(
    family: House, first: date, last: date, now: datetime, code: str
) -> None:
    with pytest.raises(InputError) as refused, transaction(family.engine) as session:
        _file(session, first=first, last=last, now=now)
    assert refused.value.code == code
    with transaction(family.engine) as session:
        assert session.exec(select(Leave)).all() == []
        assert session.exec(select(AttendanceDay)).all() == []


def test_tomorrow_is_open_after_todays_cutoff(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, first=TUESDAY, now=CUTOFF + timedelta(hours=10))
        assert session.exec(select(Leave)).one().first_day == TUESDAY


def test_staff_file_at_any_time_and_every_guardian_hears(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, OFFICE, now=CUTOFF + timedelta(hours=3))
        assert _kinds(session) == [NoticeKind.LEAVE_SCHOOL] * 2


def test_make_up_saturday_can_be_excused(family: House) -> None:
    saturday = date(2026, 11, 28)
    with transaction(family.engine) as session:
        session.add(
            CalendarDay(
                scope="353607",
                day=saturday,
                is_open=True,
                reason="補課",
                source="school",
                recorded_at=BEFORE,
            )
        )
        session.flush()
        _file(session, first=saturday)
        assert session.exec(select(AttendanceDay)).one().leave == DayPart.WHOLE


def test_second_leave_over_the_same_day_is_refused(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, first=MONDAY, last=TUESDAY)
        with pytest.raises(InputError, match="overlap"):
            _file(session, OFFICE, first=TUESDAY)


def test_two_who_file_the_same_day_at_once_file_one_leave(family: House) -> None:
    rival = Rival(family, lambda session: _file(session, OFFICE))
    with transaction(family.engine) as session:
        _file(session)
        rival.start()
    rival.finish()
    assert str(rival.error) == "first_day: overlap"
    with transaction(family.engine) as session:
        assert len(session.exec(select(Leave)).all()) == 1


def test_withdrawn_leave_frees_the_day_and_the_other_hears(family: House) -> None:
    with transaction(family.engine) as session:
        leave_id = _file(session)
        facts = {"leave_id": leave_id, "filer": _mei(session), "now": BEFORE}
        withdraw_leave(session, "liff", **facts)  # type: ignore[arg-type]
        assert session.exec(select(AttendanceDay)).one().leave is None
        assert _kinds(session) == [NoticeKind.LEAVE_CANCELLED, NoticeKind.LEAVE_OTHER]
        assert open_leaves(session, session.exec(select(Student)).one().id, MONDAY, MONDAY) == []
        with pytest.raises(InputError, match="answered"):
            withdraw_leave(session, "liff", **facts)  # type: ignore[arg-type]


def test_running_leave_ends_from_the_next_open_day(family: House) -> None:
    with transaction(family.engine) as session:
        leave_id = _file(session, last=TUESDAY)
        late = CUTOFF + timedelta(hours=1)
        withdraw_leave(session, "liff", leave_id=leave_id, filer=_mei(session), now=late)
        days = session.exec(select(AttendanceDay).order_by(col(AttendanceDay.school_day))).all()
        assert [day.leave for day in days] == [DayPart.WHOLE, None]


def test_guardian_who_parted_from_the_child_neither_files_nor_withdraws(family: House) -> None:
    with transaction(family.engine) as session:
        own, mei = _file(session), _mei(session)
        for binding in session.exec(select(Binding)):
            binding.ended_at = BEFORE
        session.flush()
        with pytest.raises(AccessError):
            withdraw_leave(session, "liff", leave_id=own, filer=mei, now=BEFORE)
        with pytest.raises(AccessError):
            _file(session, mei, first=TUESDAY)


def test_guardian_neither_withdraws_too_late_nor_what_staff_filed(family: House) -> None:
    with transaction(family.engine) as session:
        own = _file(session)
        with pytest.raises(InputError, match="too_late"):
            withdraw_leave(session, "liff", leave_id=own, filer=_mei(session), now=CUTOFF)
        by_staff = _file(session, OFFICE, first=TUESDAY)
        with pytest.raises(AccessError):
            withdraw_leave(session, "liff", leave_id=by_staff, filer=_mei(session), now=BEFORE)


def _come(
    session: Session, clock: str, direction: Direction = Direction.IN, now: datetime = BEFORE
) -> None:
    at = datetime.fromisoformat(f"2026-11-23T{clock}:00+08:00")
    record_make_up(
        session,
        "liff",
        student_id=session.exec(select(Student)).one().id,
        at=at,
        direction=direction,
        recorded_by="staff:x",
        reason="忘帶卡",
        now=max(at, now),
    )


def test_tap_on_a_leave_is_shown_to_both_sides_and_not_merged(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, OFFICE)
        _come(session, "07:41")
        day = session.exec(select(AttendanceDay)).one()
        assert (day.leave, day.arrived_at is not None) == (DayPart.WHOLE, True)
        notices = session.exec(select(Notice)).all()
    waiting = [one.kind for one in notices if one.state == "pending"]
    assert waiting.count(NoticeKind.LEAVE_TAP) == 2
    assert waiting.count(NoticeKind.DISCREPANCY) == 2, "teacher and officer"
    assert NoticeKind.ARRIVAL not in waiting, "it is in the same message"


@pytest.mark.parametrize("is_filed_first", [True, False])
def test_guardian_in_the_quiet_day_learns_no_tap_from_a_leave(
    family: House, is_filed_first: bool
) -> None:
    steps = [lambda session: _file(session, OFFICE), lambda session: _come(session, "07:41")]
    with transaction(family.engine) as session:
        mei = _mei(session).guardian_id
        binding = session.exec(select(Binding).where(Binding.guardian_id == mei)).one()
        binding.quiet_until = BEFORE + timedelta(hours=20)
        for step in steps if is_filed_first else reversed(steps):
            step(session)
        mine = session.exec(select(Notice).where(Notice.guardian_id == mei)).all()
        waiting = {one.kind for one in mine if one.state == "pending"}
        assert waiting == {NoticeKind.LEAVE_SCHOOL}
        (arrival,) = (one for one in mine if one.kind == NoticeKind.ARRIVAL)
        assert arrival.outcome == "quiet"
        assert _kinds(session).count(NoticeKind.LEAVE_TAP) == 1, "the other guardian hears"


def test_way_out_on_a_leave_is_not_called_a_way_in(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, OFFICE)
        _come(session, "16:02", Direction.OUT)
        told = session.exec(select(Notice).where(Notice.kind == NoticeKind.LEAVE_TAP)).first()
        assert told is not None
        assert "16:02 有離校刷卡" in told.content.decode()


def test_yesterdays_tap_on_a_leave_is_the_schools_to_look_at_only(family: House) -> None:
    with transaction(family.engine) as session:
        _file(session, OFFICE)
        _come(session, "07:41", now=BEFORE + timedelta(days=1))
        assert NoticeKind.LEAVE_TAP not in _kinds(session)
        assert NoticeKind.DISCREPANCY in _kinds(session)


@pytest.mark.parametrize(
    ("part", "clock", "direction", "contradicts"),
    [
        (DayPart.MORNING, "07:41", Direction.IN, True),
        (DayPart.MORNING, "12:40", Direction.IN, False),
        (DayPart.AFTERNOON, "07:41", Direction.IN, False),
        (DayPart.AFTERNOON, "12:10", Direction.OUT, False),
        (DayPart.AFTERNOON, "13:10", Direction.IN, True),
    ],
)
def test_half_a_day_of_leave_allows_the_other_half(
    family: House, part: DayPart, clock: str, direction: Direction, contradicts: bool
) -> None:
    with transaction(family.engine) as session:
        _file(session, OFFICE, part=part)
        _come(session, clock, direction)
        assert (NoticeKind.LEAVE_TAP in _kinds(session)) is contradicts


def test_whole_day_filed_for_a_child_who_came_is_a_discrepancy(family: House) -> None:
    with transaction(family.engine) as session:
        _come(session, "07:41")
        _file(session, OFFICE)
        assert NoticeKind.LEAVE_TAP in _kinds(session)


def test_half_a_day_filed_for_a_child_who_came_is_no_discrepancy(family: House) -> None:
    with transaction(family.engine) as session:
        _come(session, "07:41")
        _file(session, OFFICE, part=DayPart.AFTERNOON)
        assert not {NoticeKind.LEAVE_TAP, NoticeKind.DISCREPANCY} & set(_kinds(session))
