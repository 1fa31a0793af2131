"""Asking the second person: who hears of a version that waits, once, and who does not."""

from uuid import UUID

import orjson
import pytest
from sqlmodel import Session, select

from core.announcements.asking import ask_second
from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementVersion
from core.announcements.writing import (
    GOOD_FOR,
    decline_version,
    publish_version,
    revise_announcement,
    write_announcement,
)
from core.db import transaction
from core.house import House
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.staff import revoke_staff
from core.people.tables import StaffRole
from tests.announcements.conftest import LATER, Town, words
from tests.bot.line_limits import assert_line_takes, words_of
from tests.factories import make_staff

SCHOOL, CITY = Audience(school_code="353607"), Audience()
LIN, CHEN, TEACHER, BUREAU, OTHER_BUREAU, ELSEWHERE = ("U" + sign * 32 for sign in "123456")
ROLES = {
    LIN: (StaffRole.OFFICER, "353607", None),
    CHEN: (StaffRole.SCHOOL_ADMIN, "353607", None),
    TEACHER: (StaffRole.HOMEROOM_TEACHER, "353607", "603"),
    BUREAU: (StaffRole.BUREAU_ADMIN, None, None),
    OTHER_BUREAU: (StaffRole.BUREAU_ADMIN, None, None),
    ELSEWHERE: (StaffRole.OFFICER, "343501", None),
}


@pytest.fixture
def people(town: Town) -> dict[str, UUID]:
    """Everybody of the school and the bureau; Lin also teaches a class."""
    with transaction(town.house.engine) as session:
        made = {
            who: make_staff(
                session, town.house, who, role=role, school_code=school, homeroom=homeroom
            ).id
            for who, (role, school, homeroom) in ROLES.items()
        }
        make_staff(session, town.house, LIN, homeroom="603")
    return made


def write(session: Session, town: Town, by: UUID, audience: Audience) -> AnnouncementVersion:
    return write_announcement(session, audience, words(town.now), f"staff:{by}", town.now)


def ask(session: Session, house: House, version: AnnouncementVersion) -> int:
    return ask_second(session, staff_desk(house.settings), version, "林○華", house.clock.now())


def told(house: House) -> list[str]:
    with transaction(house.engine) as session:
        return [str(one) for one in session.exec(select(Notice.line_user_id))]


@pytest.mark.parametrize(
    ("audience", "writer", "others"),
    [
        (SCHOOL, LIN, {CHEN}),
        (SCHOOL, CHEN, {LIN}),
        (Audience(school_code="353607", grade=6), LIN, {CHEN}),
        (CITY, BUREAU, {OTHER_BUREAU}),
        (Audience(school_code="353607", homeroom="603"), TEACHER, set()),
    ],
)
def test_who_may_publish_is_asked_but_for_the_writer(
    town: Town, people: dict[str, UUID], audience: Audience, writer: str, others: set[str]
) -> None:
    with transaction(town.house.engine) as session:
        version = write(session, town, people[writer], audience)
        assert ask(session, town.house, version) == len(others)
    assert set(told(town.house)) == others


def test_writer_is_not_asked_in_another_role(town: Town, people: dict[str, UUID]) -> None:
    with transaction(town.house.engine) as session:
        make_staff(session, town.house, LIN, role=StaffRole.SCHOOL_ADMIN)
        ask(session, town.house, write(session, town, people[LIN], SCHOOL))
    assert told(town.house) == [CHEN]


def test_role_that_ended_is_not_asked(town: Town, people: dict[str, UUID]) -> None:
    with transaction(town.house.engine) as session:
        revoke_staff(session, people[CHEN], by="operator", now=town.now)
        assert ask(session, town.house, write(session, town, people[LIN], SCHOOL)) == 0


def test_version_is_told_once_and_the_next_one_again(town: Town, people: dict[str, UUID]) -> None:
    by = f"staff:{people[LIN]}"
    with transaction(town.house.engine) as session:
        version = write(session, town, people[LIN], SCHOOL)
        assert [ask(session, town.house, version) for _ in range(2)] == [1, 0]
        text = words(town.now, title="改過的集合時間")
        later = revise_announcement(
            session, version.announcement_id, text, seen=1, by=by, now=town.now + LATER
        )
        assert ask(session, town.house, later) == 1


@pytest.mark.parametrize("end", ["published", "declined", "lapsed"])
def test_version_that_waits_no_more_is_not_told(
    town: Town, people: dict[str, UUID], end: str
) -> None:
    second = f"staff:{people[CHEN]}"
    with transaction(town.house.engine) as session:
        version = write(session, town, people[LIN], SCHOOL)
        named = (session, version.announcement_id, 1, second, town.now)
        if end == "published":
            publish_version(*named)
        if end == "declined":
            decline_version(*named)
        late = town.now + (GOOD_FOR if end == "lapsed" else LATER)
        assert ask_second(session, staff_desk(town.house.settings), version, "林○華", late) == 0


def test_message_says_who_what_for_whom_and_leads_to_the_page(
    town: Town, people: dict[str, UUID]
) -> None:
    with transaction(town.house.engine) as session:
        version = write(session, town, people[LIN], SCHOOL)
        ask(session, town.house, version)
        messages = orjson.loads(session.exec(select(Notice)).one().content)
    assert_line_takes(messages)
    assert messages[0]["altText"] == "公告等第二人確認"
    said = words_of(messages)
    deadline = "11/24 07:20 前沒有人確認，就不公布。"
    for part in ("林○華 寫了公告，請核對後決定。", deadline, "校外教學集合時間", "榕光國小"):
        assert any(part in one for one in said), part
    page = f"/staff/announcements/{version.announcement_id}?school=353607"
    assert page in orjson.dumps(messages).decode()
