"""Whoever tries the product out finds announcements to read."""

from sqlmodel import select

from core.announcements.reading import list_announcements
from core.db import transaction
from core.duty.sample import seed_sample
from core.house import House
from core.people.tables import Student
from tests.factories import make_binding, make_guardian


def test_sample_mother_reads_three_announcements(house: House) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        sample = seed_sample(session, house.vault, now)
        assert sample is not None
        guardian = make_guardian(session, house)
        numbers = [one["student_number"] for one in sample["students"] if one["name"] == "林小晴"]
        named = select(Student).where(Student.student_number == numbers[0], Student.grade == 5)
        child = session.exec(named).one()
        make_binding(session, guardian, child)
        found = list_announcements(session, guardian.id, now, archived=False)
    assert [one.is_unread for one in found] == [True] * 3
    assert [one.school for one in found] == ["榕光國小", "榕光國小", ""]
