"""掛失: at once, for good, and only the card that was shown."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from core.audit import AuditEntry
from core.db import transaction
from core.errors import InputError
from core.gate.cards import give_card
from core.house import House
from core.people.lost_cards import ACTION, last_ended, live_card, report_lost
from core.people.tables import Card, EnrollmentStatus, Student
from tests.factories import make_school, make_student

BY = "guardian:0b0e5b9c-9f6c-4c6e-8d1e-5a1b5c0de000"


@pytest.fixture
def ming(house: House) -> UUID:
    with transaction(house.engine) as session:
        make_school(session)
        return make_student(session, house).id


def _block(house: House, student_id: UUID, card_id: UUID) -> None:
    with transaction(house.engine) as session:
        now = house.clock.now()
        report_lost(session, student_id=student_id, card_id=card_id, by=BY, now=now)


def _live(session: Session, student_id: UUID) -> UUID:
    card = live_card(session, student_id)
    assert card is not None
    return card.id


def test_blocked_card_is_dead_from_that_moment_and_it_is_recorded(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        card_id = _live(session, ming)
        assert last_ended(session, ming) is None
    _block(house, ming, card_id)
    with transaction(house.engine) as session:
        assert live_card(session, ming) is None
        assert last_ended(session, ming) == house.clock.now()
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == ACTION)).one()
        assert (entry.actor, entry.subject) == (BY, f"student:{ming}")


def test_form_from_before_a_new_card_does_not_block_the_new_one(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        old = _live(session, ming)
        later = house.clock.now() + timedelta(minutes=1)
        give_card(session, "liff", uid="04AABBCC", student_id=ming, by="school", now=later)
    with pytest.raises(InputError, match="no_card"):
        _block(house, ming, old)
    with transaction(house.engine) as session:
        assert _live(session, ming) != old


def test_second_press_and_foreign_cards_block_nothing(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        card_id = _live(session, ming)
        other = make_student(session, house, name="李小華", number="11510002").id
        foreign = _live(session, other)
    _block(house, ming, card_id)
    for wrong in (card_id, foreign, uuid4()):
        with pytest.raises(InputError, match="no_card"):
            _block(house, ming, wrong)
    with transaction(house.engine) as session:
        ended = session.exec(select(Card).where(col(Card.valid_until).is_not(None))).all()
        assert [one.id for one in ended] == [card_id]


def test_who_left_the_school_has_no_card_to_block(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        card_id = _live(session, ming)
        session.get_one(Student, ming).status = EnrollmentStatus.GRADUATED
    with pytest.raises(InputError, match="no_card"):
        _block(house, ming, card_id)
    with transaction(house.engine) as session:
        assert session.get_one(Card, card_id).valid_until is None
