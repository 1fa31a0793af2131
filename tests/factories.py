"""The cast: Mei is the guardian, Ming her child, Hua a stranger who must see nothing."""

from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlmodel import Session

from core.clock import TAIPEI
from core.db import snapshot
from core.gate.tables import Reader
from core.house import House
from core.notices.staff_desk import staff_desk
from core.people.friends import record_friendship
from core.people.guardians import PassMember, find_guardian, link_account
from core.people.identity_numbers import with_check_digit
from core.people.roster import Claim, StudentFacts, add_student
from core.people.staff import NAME as STAFF_NAME
from core.people.subscriptions import add_default_boxes
from core.people.tables import Binding, Card, Guardian, School, Staff, StaffRole, Student
from core.settings import load_settings
from liff.privacy import CONSENT

MEI = "U" + "a" * 32
HUA = "U" + "b" * 32
DESK = staff_desk(load_settings(_env_file=None))
LONG_AGO = datetime(2026, 9, 1, 8, 0, tzinfo=TAIPEI)


def make_school(session: Session, code: str = "353607", **other: object) -> School:
    """A primary school; cut-off 08:30, departures from 11:30."""
    facts: dict[str, object] = {
        "name": "臺北市立榕光國民小學",
        "short_name": "榕光國小",
        "district": "中正區",
        "level": "國小",
        "phone": "02-2300-0001",
        "cutoff": time(8, 30),
        "departure_from": time(11, 30),
    }
    school = School(code=code, **{**facts, **other})
    session.add(school)
    session.flush()
    return school


def make_student(
    session: Session,
    house: House,
    *,
    name: str = "王小明",
    number: str = "11510001",
    school_code: str = "353607",
    card_uid: str | None = None,
    grade: int = 6,
) -> Student:
    """A child with a live card; the facts are those of claim_for()."""
    facts = StudentFacts(
        school_code=school_code,
        entry_year=115,
        student_number=number,
        name=name,
        grade=grade,
        homeroom="603",
        seat_number=12,
        national_id=national_id_of(number),
        birth_date=date(2015, 3, 5),
    )
    student = add_student(session, house.vault, facts)
    session.flush()
    uid = card_uid or card_uid_of(number)
    session.add(Card(uid=uid, student_id=student.id, valid_from=LONG_AGO))
    session.flush()
    return student


def national_id_of(number: str) -> str:
    """A synthetic valid number that belongs to the student number."""
    return with_check_digit(f"A1{int(number) % 10_000_000:07d}")


def card_uid_of(number: str) -> str:
    """The chip of the student number."""
    return f"04{int(number):012X}"


def claim_for(student: Student, **changed: object) -> Claim:
    """The five right facts about a child, or some of them changed."""
    facts: dict[str, object] = {
        "school_code": student.school_code,
        "student_number": student.student_number,
        "name": student.name,
        "national_id": national_id_of(student.student_number),
        "birth_date": date(2015, 3, 5),
    }
    return Claim(**{**facts, **changed})  # type: ignore[arg-type]


def make_guardian(
    session: Session, house: House, line_user_id: str = MEI, *, name: str = "林雅婷"
) -> Guardian:
    """A real-name member, linked, and a friend of the account."""
    member = PassMember(f"pass-{line_user_id[-6:]}", name, "3")
    record_friendship(session, line_user_id=line_user_id, is_following=True, at=LONG_AGO)
    link = link_account(
        session,
        house.vault,
        line_user_id=line_user_id,
        member=member,
        consent_version=CONSENT.version,
        now=LONG_AGO,
    )
    return link.guardian


def mei_of(house: House) -> Guardian:
    """Return Mei's row."""
    with snapshot(house.engine) as session:
        guardian = find_guardian(session, MEI)
    assert guardian is not None
    return guardian


def make_binding(session: Session, guardian: Guardian, student: Student) -> Binding:
    """An open binding with every LINE box ticked."""
    binding = Binding(
        guardian_id=guardian.id,
        student_id=student.id,
        relationship="mother",
        proven_by="five_facts",
        bound_at=LONG_AGO,
    )
    session.add(binding)
    session.flush()
    add_default_boxes(session, binding.id, LONG_AGO)
    return binding


def make_reader(
    session: Session,
    house: House,
    *,
    school_code: str = "353607",
    direction: str = "both",
    secret: str = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY",
    contact_at: datetime | None = None,
    reader_id: UUID | None = None,
    clock_offset_seconds: float | None = 0.0,
) -> Reader:
    """A reader at the front gate whose clock was measured and found right."""
    reader = Reader(
        id=reader_id or uuid4(),
        school_code=school_code,
        gate="正門",
        direction=direction,
        secret_sealed=house.vault.seal(secret, "reader.secret"),
        added_at=LONG_AGO,
        last_contact_at=contact_at,
        clock_offset_seconds=clock_offset_seconds,
    )
    session.add(reader)
    session.flush()
    return reader


def make_staff(
    session: Session,
    house: House,
    line_user_id: str,
    *,
    role: StaffRole = StaffRole.OFFICER,
    school_code: str | None = "353607",
    homeroom: str | None = None,
) -> Staff:
    """Somebody who works at the school, enrolled long ago."""
    staff = Staff(
        line_user_id=line_user_id,
        name_sealed=house.vault.seal("林國華", STAFF_NAME),
        school_code=school_code,
        role=role,
        homeroom=homeroom,
        enrolled_at=LONG_AGO,
    )
    session.add(staff)
    session.flush()
    return staff
