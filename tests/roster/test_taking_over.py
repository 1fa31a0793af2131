"""Taking a roster over: all or nothing, and twice is once."""

from collections.abc import Sequence
from datetime import date

import pytest
from sqlmodel import Session, col, select

from core.audit import AuditEntry
from core.db import transaction
from core.house import House
from core.people.lost_cards import report_lost
from core.people.roster import Claim, find_student
from core.people.tables import Binding, Card, EnrollmentStatus, Student
from core.roster.comparing import compare
from core.roster.faults import RosterError
from core.roster.rows import read_roster
from core.roster.taking_over import Counts, take_over
from core.roster.words import say
from tests.factories import make_binding, make_guardian, make_school
from tests.roster.files import MING, QING, UID, as_csv, row

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def school(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)


def _import(house: House, *rows: Sequence[str]) -> Counts:
    with transaction(house.engine) as session:
        plan = compare(session, house.vault, read_roster(as_csv(rows), "a.csv", today=TODAY))
        return take_over(session, house.vault, "liff", plan, by="operator", now=house.clock.now())


def _faults(house: House, *rows: Sequence[str]) -> list[str]:
    with pytest.raises(RosterError) as refused:
        _import(house, *rows)
    return [say(fault) for fault in refused.value.faults]


def _live_cards(session: Session) -> list[str]:
    return sorted(session.exec(select(Card.uid).where(col(Card.valid_until).is_(None))))


def test_new_students_are_added_and_the_same_file_changes_nothing(house: House) -> None:
    assert _import(house, MING, QING) == Counts(2, 0, 0, 0, 0)
    assert _import(house, MING, QING) == Counts(0, 0, 2, 0, 0)
    with transaction(house.engine) as session:
        claim = Claim("353607", "11510001", "王小明", "A123456789", date(2015, 3, 5))
        found = find_student(session, house.vault, claim)
        assert found is not None
        assert found.national_id_tail == "789"
        assert session.exec(select(AuditEntry.subject)).all() == ["school:353607"]


def test_same_file_with_cards_leaves_the_cards_as_they_are(house: House) -> None:
    _import(house, row(card_uid=UID))
    assert _import(house, row(card_uid=UID)) == Counts(0, 0, 1, 0, 0)
    _import(house, row(card_uid=UID, homeroom="701"))
    with transaction(house.engine) as session:
        assert [one.valid_until for one in session.exec(select(Card))] == [None]


def test_new_student_who_is_away_is_none_of_the_enrolled(house: House) -> None:
    _import(house, MING)
    gone = row(student_number="11510009", status="轉學")
    assert _import(house, gone) == Counts(1, 0, 0, 1, 0), "a person enrolled once only"
    with transaction(house.engine) as session:
        states = session.exec(select(Student.status).order_by(col(Student.student_number))).all()
    assert states == [EnrollmentStatus.ENROLLED, EnrollmentStatus.TRANSFERRED]


def test_what_differs_is_changed_and_the_missing_stay(house: House) -> None:
    _import(house, MING, QING)
    done = _import(house, row(homeroom="701", birth_date="104/03/07", national_id="A800000014"))
    assert done == Counts(0, 1, 0, 1, 0)
    with transaction(house.engine) as session:
        claim = Claim("353607", "11510001", "王小明", "A800000014", date(2015, 3, 7))
        changed = find_student(session, house.vault, claim)
        assert changed is not None
        assert changed.homeroom == "701"
        assert len(session.exec(select(Student)).all()) == 2


def test_a_school_nobody_knows_refuses_the_whole_file(house: House) -> None:
    other = row(QING, school_code="343502")
    assert _faults(house, MING, other) == [
        "第 3 列、學校代碼：沒有這所學校（343502），請先登錄學校"
    ]
    with transaction(house.engine) as session:
        assert session.exec(select(Student)).all() == []


def test_a_person_has_one_number_in_a_school(house: House) -> None:
    _import(house, MING)
    again = row(QING, national_id=MING[7])
    assert _faults(house, again) == ["第 2 列、身分證字號：同校學號 11510001 已登記這個號碼"]
    gone = row(status="轉學")
    assert _import(house, gone, again).added == 1, "who left may come back under a new number"


def test_a_new_card_ends_the_old_one_and_an_empty_cell_none(house: House) -> None:
    _import(house, row(card_uid=UID))
    assert _import(house, row(card_uid="04A224B1C25E81")) == Counts(0, 1, 0, 0, 0)
    assert _import(house, MING) == Counts(0, 0, 1, 0, 0)
    with transaction(house.engine) as session:
        assert _live_cards(session) == ["04A224B1C25E81"]


def test_a_card_of_another_child_is_refused_with_where_it_is(house: House) -> None:
    _import(house, row(card_uid=UID))
    assert _faults(house, row(QING, card_uid=UID)) == [
        "第 2 列、卡片內碼：這張卡已屬於另一位學生（353607 603 12）"
    ]


def test_lost_card_stays_dead_though_the_file_still_names_it(house: House) -> None:
    _import(house, row(card_uid=UID))
    now = house.clock.now()
    with transaction(house.engine) as session:
        card = session.exec(select(Card)).one()
        names = {"student_id": card.student_id, "card_id": card.id}
        report_lost(session, **names, by="guardian:1", now=now)
    assert _import(house, row(card_uid=UID)) == Counts(0, 0, 1, 0, 0)
    assert _import(house, row(card_uid=UID, national_id="A800000014")).changed == 1
    assert _import(house, row(card_uid=UID)).changed == 1
    _import(house, row(card_uid="04A224B1C25E81"))
    assert _import(house, row(card_uid=UID)) == Counts(0, 0, 1, 0, 0)
    assert _import(house, row(card_uid=UID, homeroom="701")) == Counts(0, 1, 0, 0, 0)
    with transaction(house.engine) as session:
        assert _live_cards(session) == ["04A224B1C25E81"]


def test_lost_card_stays_dead_at_the_childs_next_school(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session, "343502")
    _import(house, row(card_uid=UID))
    with transaction(house.engine) as session:
        card = session.exec(select(Card)).one()
        names = {"student_id": card.student_id, "card_id": card.id}
        report_lost(session, **names, by="guardian:1", now=house.clock.now())
    _import(house, row(status="轉學"))
    assert _import(house, row(school_code="343502", card_uid=UID)).added == 1
    assert _import(house, row(school_code="343502", card_uid=UID)) == Counts(0, 0, 1, 0, 0)
    with transaction(house.engine) as session:
        assert _live_cards(session) == []


def test_card_that_gave_way_by_mistake_comes_back(house: House) -> None:
    for uid in (UID, "04A224B1C25E81", UID):
        _import(house, row(card_uid=uid))
    with transaction(house.engine) as session:
        assert _live_cards(session) == [UID]


def test_card_goes_with_a_child_who_left(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session, "343502")
    _import(house, row(card_uid=UID))
    _import(house, row(status="轉學"))
    assert _import(house, row(school_code="343502", card_uid=UID)).added == 1
    with transaction(house.engine) as session:
        assert _live_cards(session) == [UID]
        holder = session.exec(select(Student).where(Student.school_code == "343502")).one()
        held = select(Card.student_id).where(col(Card.valid_until).is_(None))
        assert session.exec(held).one() == holder.id


def test_card_goes_with_a_new_number_in_one_file(house: House) -> None:
    _import(house, row(card_uid=UID))
    again = row(student_number="11510009", card_uid=UID)
    assert _faults(house, row(status="休學"), again) == [
        "第 3 列、卡片內碼：這張卡已屬於另一位學生（353607 603 12）"
    ]
    assert _import(house, row(status="轉學"), again).added == 1
    with transaction(house.engine) as session:
        assert _live_cards(session) == [UID]


def test_bound_child_is_not_made_another(house: House) -> None:
    _import(house, MING, QING)
    with transaction(house.engine) as session:
        ming = session.exec(select(Student).where(Student.name == "王小明")).one()
        binding = make_binding(session, make_guardian(session, house), ming)
    swapped = (row(student_number=QING[2]), row(QING, student_number=MING[2]))
    assert _faults(house, *swapped) == [
        "第 3 列、學號：登記的是另一位學生（王○明），有家長綁定，姓名和字號都不同。請確認學號；"
        "要改成這位學生，先解除原來的家長綁定；是同一位，先改姓名、再改字號，分兩次傳"
    ]
    assert _import(house, row(name="王曉明")).changed == 1
    assert _import(house, row(name="王曉明", national_id="A800000014")).changed == 1
    with transaction(house.engine) as session:
        session.get_one(Binding, binding.id).ended_at = house.clock.now()
    assert _import(house, *swapped).changed == 2


def test_bound_child_renews_number_and_name_at_once(house: House) -> None:
    _import(house, row(national_id="AC01234567"))
    with transaction(house.engine) as session:
        make_binding(session, make_guardian(session, house), session.exec(select(Student)).one())
    assert _import(house, row(name="ANNA CHEN", national_id="A800000014")).changed == 1


def test_swapped_and_shifted_numbers_can_be_put_right(house: House) -> None:
    _import(house, MING, QING)
    swapped = (row(national_id=QING[7]), row(QING, national_id=MING[7]))
    assert _import(house, *swapped).changed == 2
    shifted = (row(national_id="A800000014"), row(QING, national_id=QING[7]))
    assert _import(house, *shifted).changed == 2
    assert _faults(house, row(national_id=QING[7])) == [
        "第 2 列、身分證字號：同校學號 01150002 已登記這個號碼"
    ]
