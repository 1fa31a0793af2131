"""Schools with children whose guardians read, and people who write."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementType, Importance
from core.announcements.writing import Text, publish_version, write_announcement
from core.db import transaction
from core.house import House
from tests.factories import (
    HUA,
    MEI,
    make_binding,
    make_guardian,
    make_school,
    make_student,
)

LIN, CHEN = "staff:00000000-0000-0000-0000-00000000000a", "operator"


@dataclass(frozen=True, slots=True)
class Town:
    """Mei has Ming in 603 of the primary; Hua has a child at a junior high elsewhere."""

    house: House
    mei: UUID
    hua: UUID

    @property
    def now(self) -> datetime:
        """Return the moment."""
        return self.house.clock.now()


@pytest.fixture
def town(house: House) -> Town:
    """Both families."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "343501", short_name="松濤國中", level="國中", district="士林區")
        mei, hua = make_guardian(session, house, MEI), make_guardian(session, house, HUA)
        make_binding(session, mei, make_student(session, house))
        fang = make_student(session, house, number="5", school_code="343501", grade=7)
        make_binding(session, hua, fang)
        return Town(house, mei.id, hua.id)


def words(now: datetime, **changed: object) -> Text:
    """An ordinary announcement, to be read at once."""
    facts: dict[str, object] = {
        "type": AnnouncementType.EVENT,
        "importance": Importance.NORMAL,
        "title": "校外教學集合時間",
        "body": "請於 07:50 前到校。\n\n當天穿運動服。",
        "publish_from": now,
    }
    return Text(**{**facts, **changed})  # type: ignore[arg-type]


def publish(session: Session, audience: Audience, now: datetime, **changed: object) -> UUID:
    """Write one and have it confirmed."""
    version = write_announcement(session, audience, words(now, **changed), LIN, now)
    if version.needs_second:
        publish_version(session, version.announcement_id, version.number, CHEN, now)
    return version.announcement_id


LATER = timedelta(minutes=5)
