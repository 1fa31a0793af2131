"""A family with a row in every table that holds people's data, and somebody else beside it."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlmodel import Session

import bot.tables
from core.announcements.tables import Announcement, AnnouncementRead
from core.attendance.tables import AttendanceDay, Leave
from core.audit import record_audit
from core.clock import TAIPEI, school_day_of
from core.contact.proofs import ADDRESS, ask_code
from core.db import metadata, snapshot, transaction
from core.gate.tables import Tap, TapNumber
from core.house import House
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.people.consents import ConsentWay, record_consent
from core.people.contacts import ContactSlot
from core.people.guardians import EMAIL, PHONE
from core.people.sessions import open_session
from core.people.tables import BindingAttempt, Card, Guardian, StaffRole, Student
from core.privacy.orders import order_copy
from core.survey.replies import COMMENT
from tests.factories import (
    HUA,
    MEI,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_staff,
    make_student,
)
from tests.privacy.bonds import plant_bonds, plant_opinions, plant_order, plant_sign_ins

NOW = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
OFFICER = "U" + "c" * 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """What was planted for one person and must be nowhere afterwards."""

    name: str
    email: str
    other_email: str
    phone: str
    line_user_id: str
    pass_id: str
    said: str
    line_name: str

    def all(self) -> list[str]:
        """Return every one of them."""
        names = (
            "name",
            "email",
            "other_email",
            "phone",
            "line_user_id",
            "pass_id",
            "said",
            "line_name",
        )
        return [getattr(self, one) for one in names]


MEIS = Secrets(
    "林雅婷",
    "mei-secret@example.org",
    "mei-work@example.org",
    "0912345678",
    MEI,
    f"pass-{MEI[-6:]}",
    "梅的話",
    "小雅",
)
HUAS = Secrets(
    "華大明",
    "hua-secret@example.org",
    "hua-work@example.org",
    "0987654321",
    HUA,
    f"pass-{HUA[-6:]}",
    "華的話",
    "大華",
)


@pytest.fixture
def home(house: House, tmp_path: Path) -> House:
    """The house with a tombstone file of its own."""
    settings = house.settings.model_copy(update={"tombstones_file": str(tmp_path / "stones")})
    return replace(house, settings=settings)


@dataclass(frozen=True, slots=True)
class Cast:
    """Mei with Ming, Hua with Fang, at one school."""

    mei: UUID
    hua: UUID
    ming: UUID
    fang: UUID


@pytest.fixture
def cast(home: House) -> Cast:
    """Two families with rows everywhere."""
    with transaction(home.engine) as session:
        make_school(session)
        reader = make_reader(session, home)
        ming = make_student(session, home)
        fang = make_student(session, home, name="陳小芳", number="11510002")
        mei = plant_guardian(session, home, MEIS, ming)
        hua = plant_guardian(session, home, HUAS, fang)
        for child in (ming, fang):
            plant_child(session, child, reader.id)
        make_staff(session, home, OFFICER, role=StaffRole.OFFICER)
    return Cast(mei, hua, ming.id, fang.id)


def plant_guardian(session: Session, house: House, secrets: Secrets, child: Student) -> UUID:
    """A guardian bound to the child, with a row in every table of theirs."""
    guardian = make_guardian(session, house, secrets.line_user_id, name=secrets.name)
    guardian.email1_sealed = house.vault.seal(secrets.email, EMAIL)
    guardian.email2_sealed = house.vault.seal(secrets.other_email, EMAIL)
    guardian.phone_sealed = house.vault.seal(secrets.phone, PHONE)
    session.add(guardian)
    make_binding(session, guardian, child)
    plant_notices(session, guardian, child, secrets)
    record_consent(session, guardian.id, "1", ConsentWay.AGAIN, NOW)
    session.add(
        BindingAttempt(
            guardian_id=guardian.id,
            subject_index="i0:x",
            identity_index="i0:y",
            school_day=school_day_of(NOW),
            tried_at=NOW,
        )
    )
    open_session(
        session,
        house.vault,
        line_user_id=secrets.line_user_id,
        line_name=secrets.line_name,
        proved_at=NOW,
        now=NOW,
    )
    asked = {"slot": ContactSlot.PHONE, "address": secrets.phone, "now": NOW}
    ask_code(session, house.vault, guardian.id, **asked)  # type: ignore[arg-type]
    plant_bonds(session, house, guardian, child)
    plant_order(session, house, guardian, child)
    plant_sign_ins(session, house, guardian, secrets.line_user_id)
    plant_opinions(session, house, guardian, NOW)
    session.execute(insert(bot.tables.LineEvent).values(**event_of(secrets)))
    plant_reading(session, guardian.id, NOW)
    order_copy(session, house.settings, guardian.id, NOW)
    return guardian.id


def plant_reading(session: Session, guardian_id: UUID, at: datetime) -> Announcement:
    """An announcement to the city that the guardian opened."""
    announcement = Announcement(shown_from=at)
    session.add(announcement)
    session.flush()
    read = {"announcement_id": announcement.id, "guardian_id": guardian_id, "number": 1}
    session.add(AnnouncementRead(**read, read_at=at))
    return announcement


def event_of(secrets: Secrets) -> dict[str, object]:
    """Something the person typed in the chat."""
    return {
        "webhook_event_id": f"event-{secrets.line_user_id[-4:]}",
        "line_user_id": secrets.line_user_id,
        "occurred_at": NOW,
        "received_at": NOW,
        "body": json.dumps({"text": secrets.said}).encode(),
        "state": "done",
        "attempts": 1,
    }


def plant_notices(session: Session, guardian: Guardian, child: Student, secrets: Secrets) -> None:
    """One that waits, and the news of the link with the LINE user's id in its key."""
    facts = {"guardian_id": guardian.id, "line_user_id": secrets.line_user_id}
    day = school_day_of(NOW)
    enqueue(
        session,
        [
            NewNotice(
                kind=NoticeKind.ARRIVAL,
                student_id=child.id,
                school_day=day,
                at=NOW,
                content=f'[{{"text": "{secrets.said}"}}]'.encode(),
                **facts,  # type: ignore[arg-type]
            ),
            NewNotice(
                kind=NoticeKind.LINK_NEW,
                school_day=day,
                at=NOW,
                about=secrets.line_user_id,
                content=b'[{"text": "linked"}]',
                **facts,  # type: ignore[arg-type]
            ),
        ],
        NOW,
    )


def plant_child(session: Session, child: Student, reader_id: UUID, day: date | None = None) -> None:
    """A day at the gate, a leave, and somebody who looked."""
    day = day or school_day_of(NOW)
    at = datetime(day.year, day.month, day.day, 7, 41, tzinfo=TAIPEI)
    card = session.scalars(select(Card.uid).where(Card.student_id == child.id)).one()
    seq, tap_id = int(child.student_number) + day.toordinal(), uuid4()
    session.add(TapNumber(reader_id=reader_id, boot_id="boot", seq=seq, tap_id=tap_id, day=day))
    session.add(
        Tap(
            id=tap_id,
            reader_id=reader_id,
            boot_id="boot",
            seq=seq,
            card_uid=card,
            student_id=child.id,
            direction="both",
            tap_at=at,
            received_at=at,
            effective_at=at,
            school_day=day,
            verdict="accepted",
        )
    )
    session.add(AttendanceDay(student_id=child.id, school_day=day, arrived_at=at))
    session.add(
        Leave(
            student_id=child.id,
            first_day=day,
            last_day=day,
            reason="sick",
            filed_by=f"guardian:{uuid4()}",
            filed_at=at,
        )
    )
    subject = f"student:{child.id}"
    record_audit(session, actor="staff:x", action="children.look", subject=subject, now=at)


def everything(house: House) -> str:
    """Return every value of every table as one text, sealed columns opened."""
    found = []
    with snapshot(house.engine) as session:
        for table in metadata().sorted_tables:
            for row in session.execute(select(table)).mappings():
                found += [f"{table.name}.{key}={_shown(house, row[key])}" for key in row]
    return "\n".join(found)


def _shown(house: House, value: object) -> str:
    if isinstance(value, bytes | memoryview):
        said = bytes(value).decode()
        return json.dumps(json.loads(said), ensure_ascii=False) if said[:1] in "[{" else said
    text = str(value)
    kept = (EMAIL, PHONE, ADDRESS, COMMENT, "sms_order.phone")
    for purpose in ("guardian.name", *kept, "web_session.line_name", "staff.name"):
        try:
            return house.vault.open(text, purpose)
        except Exception:  # noqa: BLE001, S112
            continue
    return text


def later(days: float) -> datetime:
    """Return a moment so many days after NOW."""
    return NOW + timedelta(days=days)
