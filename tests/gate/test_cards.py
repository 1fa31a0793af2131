"""Cards: given, ended, moved; and what becomes of the taps of a card nobody knew."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay
from core.db import transaction
from core.duty.no_show_tick import run_no_show_tick
from core.errors import AccessError, InputError
from core.gate.cards import end_card, give_card
from core.gate.holders import Holder, former_holder, holder_at
from core.gate.tables import Reader, Tap
from core.house import House
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.people.tables import Card, Student
from core.roster.comparing import compare
from core.roster.rows import read_roster
from core.roster.taking_over import take_over
from tests.factories import (
    HUA,
    card_uid_of,
    make_binding,
    make_guardian,
    make_school,
    make_staff,
    make_student,
)
from tests.gate.conftest import SigningReader
from tests.roster.files import as_csv, row

MING = card_uid_of("11510001")
NEW = "0411223344AABB"
EARLY = "2026-11-23T07:19:00+08:00"


def _kinds(session: Session) -> list[str]:
    return sorted(one.kind for one in session.exec(select(Notice)))


def _give(session: Session, house: House, uid: str, student: Student | None = None) -> int:
    child = student or session.exec(select(Student)).first()
    assert child is not None
    facts = {"uid": uid, "student_id": child.id, "by": "operator", "now": house.clock.now()}
    return give_card(session, "liff", **facts)


def test_tap_made_before_the_roster_came_finds_its_child(
    house: House, reader: SigningReader
) -> None:
    assert reader.statuses((1, NEW, EARLY)) == ["unknown_card"]
    with transaction(house.engine) as session:
        assert _give(session, house, NEW.lower()) == 1
        day = session.exec(select(AttendanceDay)).one()
        assert day.arrived_at == datetime.fromisoformat(EARLY)
        assert _kinds(session) == [NoticeKind.ARRIVAL]
        tap = session.exec(select(Tap)).one()
        assert (tap.verdict, tap.matched_at) == ("accepted", house.clock.now())
        assert _give(session, house, NEW) == 0
        own = session.exec(select(Card).where(Card.uid == NEW)).all()
        assert [one.valid_until for one in own] == [None], "given twice is given once"


def test_tap_at_another_school_s_gate_is_no_arrival_at_ones_own(
    house: House, reader: SigningReader
) -> None:
    assert reader.statuses((1, NEW, EARLY)) == ["unknown_card"]
    with transaction(house.engine) as session:
        make_school(session, "353608")
        elsewhere = make_student(session, house, number="11510002", school_code="353608")
        assert _give(session, house, NEW, elsewhere) == 0
        assert session.exec(select(AttendanceDay)).all() == []


def test_child_whose_kept_tap_was_matched_is_no_no_show(
    house: House, reader: SigningReader
) -> None:
    reader.taps((1, NEW, EARLY))
    with transaction(house.engine) as session:
        _give(session, house, NEW)
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:40:00+08:00"))
    with transaction(house.engine) as session:
        session.get_one(Reader, reader.reader_id).last_contact_at = house.clock.now()
    run_no_show_tick(house)
    with transaction(house.engine) as session:
        assert NoticeKind.NO_SHOW not in _kinds(session)


def test_ended_card_never_says_arrived_and_staff_hear(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        make_staff(session, house, "U" + "c" * 32)
        end_card(session, uid=MING, by="operator", now=house.clock.now() - timedelta(hours=1))
    assert reader.statuses((1, MING, EARLY)) == ["quarantined"]
    with transaction(house.engine) as session:
        assert session.exec(select(AttendanceDay)).all() == []
        assert _kinds(session) == [NoticeKind.OLD_CARD]
        assert session.exec(select(Tap)).one().verdict == "former_card"


def test_tap_of_an_ended_card_counts_in_no_later_decision(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        end_card(session, uid=MING, by="operator", now=house.clock.now() - timedelta(hours=1))
        _give(session, house, NEW)
    reader.taps((1, MING, "2026-11-23T07:10:00+08:00"))
    for seq, clock in ((2, "07:15"), (3, "07:19")):
        reader.taps((seq, NEW, f"2026-11-23T{clock}:00+08:00"))
    with transaction(house.engine) as session:
        arrived_at = session.exec(select(AttendanceDay)).one().arrived_at
    assert arrived_at == datetime.fromisoformat("2026-11-23T07:15:00+08:00")


def test_ended_card_is_that_of_who_held_it_last() -> None:
    first, second = (
        Holder(UUID(int=n), "353607", 6, day, day + timedelta(hours=9))
        for n in (1, 2)
        for day in [datetime.fromisoformat(f"2026-11-0{n}T08:00:00+08:00")]
    )
    held = [first, second]
    assert former_holder(held, first.valid_from) is None, "it was nobody's before"
    assert former_holder(held, first.valid_until) == first
    assert former_holder(held, second.valid_until) == second
    assert holder_at(held, second.valid_from) == second
    assert holder_at(held, second.valid_until) is None


def test_reissued_card_works_at_once(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        end_card(session, uid=MING, by="operator", now=house.clock.now() - timedelta(hours=1))
        _give(session, house, NEW)
    assert reader.statuses((1, NEW, EARLY)) == ["recorded"]


def test_card_moved_to_another_child_is_silent_about_the_first(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        other = make_student(session, house, number="11510002", name="陳安")
        make_binding(session, make_guardian(session, house, HUA), other)
        _give(session, house, MING, other)
    house.clock.move_to(house.clock.now() + timedelta(minutes=5))
    before_the_move = "2026-11-23T07:15:00+08:00"
    after_the_move = "2026-11-23T07:24:00+08:00"
    assert reader.statuses((1, MING, after_the_move)) == ["recorded"]
    with transaction(house.engine) as session:
        assert [one.line_user_id for one in session.exec(select(Notice))] == [HUA]
    assert reader.statuses((2, MING, before_the_move)) == ["recorded"], "it was Ming's then"
    with transaction(house.engine) as session:
        days = {day.student_id: day.arrived_at for day in session.exec(select(AttendanceDay))}
    assert len(days) == 2


def test_refused_card_changes_nothing(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        with pytest.raises(InputError):
            _give(session, house, "XYZ")
        with pytest.raises(AccessError):
            end_card(session, uid=NEW, by="operator", now=house.clock.now())


def test_roster_gives_the_taps_of_a_card_nobody_knew_to_their_child(
    house: House, reader: SigningReader
) -> None:
    assert reader.statuses((1, NEW, EARLY)) == ["unknown_card"]
    data = as_csv([row(student_number="11510009", card_uid=NEW)])
    with transaction(house.engine) as session:
        rows = read_roster(data, "603.csv", today=house.clock.now().date())
        plan = compare(session, house.vault, rows)
        done = take_over(session, house.vault, "liff", plan, by="operator", now=house.clock.now())
        assert done.matched_taps == 1
        assert session.exec(select(AttendanceDay)).one().arrived_at is not None


def test_reissued_card_ends_the_one_before(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        _give(session, house, NEW)
    house.clock.move_to(house.clock.now() + timedelta(minutes=5))
    tapped_at = (house.clock.now() - timedelta(minutes=1)).isoformat(timespec="seconds")
    assert reader.statuses((1, MING, tapped_at)) == ["quarantined"]
    with transaction(house.engine) as session:
        assert session.exec(select(Tap.verdict)).one() == "former_card"
