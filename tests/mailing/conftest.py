"""Mei, who ticked e-mail and proved an address, and a mailbox of the sandbox."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, OfferState
from core.mailing.sender import LetterSender
from core.notices.fan_out import CORRECTED, tell_corrections, tell_happenings, tell_no_shows
from core.notices.happenings import Happening, Presence
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.subscriptions import save_boxes
from tests.conftest import FixedClock
from tests.factories import make_binding, make_guardian, make_school, make_student
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import settings_for
from tests.sandbox.client import SandboxClient

__all__ = ["post_process", "sandbox"]
MONDAY = date(2026, 11, 23)
HOME, WORK = "mei@example.org", "mei@work.example"
BY_EMAIL = frozenset((Channel.EMAIL, kind) for kind in EventKind)
ON_LINE = frozenset((Channel.LINE, kind) for kind in EventKind)


@dataclass(frozen=True)
class Family:
    """Ming, and Mei who reads of him."""

    student_id: UUID
    guardian_id: UUID
    binding_id: UUID


@pytest.fixture
def town(house: House, sandbox: SandboxClient) -> House:
    """The house, its letters going to the sandbox; e-mail is offered."""
    town = replace(house, settings=settings_for(sandbox, liff_id="liff-1"))
    offer(town, OfferState.OFFERED)
    return town


@pytest.fixture
def family(town: House) -> Family:
    """Mei ticked every box of LINE and e-mail, and proved Email1."""
    with transaction(town.engine) as session:
        make_school(session)
        student, guardian = make_student(session, town), make_guardian(session, town)
        binding = make_binding(session, guardian, student)
        family = Family(student.id, guardian.id, binding.id)
    verify(town, family)
    tick(town, family, BY_EMAIL | ON_LINE)
    return family


def offer(house: House, state: OfferState) -> None:
    """Say how e-mail stands this semester."""
    with transaction(house.engine) as session:
        wanted = {Channel.EMAIL: Offer(state)}
        now = house.clock.now()
        set_offers(session, CITY, Semester(115, 1), wanted, by="staff:x", now=now)


def verify(
    house: House,
    family: Family,
    slot: ContactSlot = ContactSlot.EMAIL1,
    address: str = HOME,
    *,
    is_verified: bool = True,
) -> None:
    """Prove an address, or only write it."""
    with transaction(house.engine) as session:
        contact = Contact(slot, address, is_verified)
        write_contact(session, house.vault, family.guardian_id, contact, house.clock.now())


def tick(house: House, family: Family, boxes: frozenset[tuple[Channel, EventKind]]) -> None:
    """Have these boxes ticked and no others."""
    with transaction(house.engine) as session:
        save_boxes(session, binding_id=family.binding_id, wanted=boxes, now=house.clock.now())


def arrive(house: House, family: Family, told: Collection[tuple[UUID, UUID]] = ()) -> None:
    """Ming passes the gate; `told` heard of it as a correction, as the day record does it."""
    now, tap_id = house.clock.now(), uuid4()
    instead = {(tap_id, place): CORRECTED for _, place in told}
    one = Happening(
        student_id=family.student_id,
        school_day=MONDAY,
        kind=NoticeKind.ARRIVAL,
        occurrence=1,
        number=1,
        at=now,
        tap_id=tap_id,
        gate="正門",
        arrived_at=now,
        departed_at=None,
    )
    with transaction(house.engine) as session:
        tell_happenings(session, "liff-1", [one], instead, lambda *_: set(), now)


def miss(house: House, family: Family, day: date = MONDAY) -> None:
    """The cut-off passes without Ming."""
    with transaction(house.engine) as session:
        tell_no_shows(
            session,
            staff_desk(house.settings),
            [family.student_id],
            school_day=day,
            cutoff=time(8, 30),
            heartbeat=None,
            now=house.clock.now(),
        )


def correct(house: House, family: Family) -> set[tuple[UUID, UUID]]:
    """Ming comes after all; who was told of it, and where."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        presence = Presence(student_id=family.student_id, arrived_at=now)
        return tell_corrections(session, "liff-1", [presence], school_day=MONDAY, now=now)


def rows(house: House, channel: Channel = Channel.EMAIL) -> list[Notice]:
    """The notices of a channel, oldest first; those of one moment as their kinds come in a day."""
    with snapshot(house.engine) as session:
        found = session.exec(select(Notice).where(Notice.channel == channel)).all()
    kinds = list(NoticeKind)
    return sorted(found, key=lambda row: (row.created_at, kinds.index(NoticeKind(row.kind))))


def ends(house: House) -> list[tuple[str, str, str | None]]:
    """Kind, state and outcome of every letter."""
    return [(row.kind, row.state, row.outcome) for row in rows(house)]


def later(house: House, **span: float) -> None:
    """Let time pass."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(house.clock.now() + timedelta(**span))


@pytest.fixture
def send(town: House) -> Callable[[], int]:
    """Send what is due, as a worker that has just started."""
    return lambda: LetterSender(town).drain()
