"""Two persons publish to more than one class; every word ever written is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.announcements.audiences import Audience, audience_label, may_write
from core.announcements.sending import send_out
from core.announcements.tables import AnnouncementVersion
from core.announcements.writing import (
    AHEAD,
    GOOD_FOR,
    archive_announcement,
    decline_version,
    get_announcement,
    is_waiting,
    publish_version,
    restore_announcement,
    revise_announcement,
    versions_of,
    write_announcement,
)
from core.audit import AuditEntry
from core.db import transaction
from core.errors import AccessError, InputError
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.people.tables import Guardian, Staff, StaffRole, Student
from tests.announcements.conftest import CHEN, LATER, LIN, Town, words
from tests.factories import make_binding, make_staff

CHILD = select(Student).where(Student.school_code == "353607")
SCHOOL = Audience(school_code="353607")
CLASS = Audience(school_code="353607", homeroom="603")


def refused(step: object, *args: object, **named: object) -> str:
    """The code of the refusal."""
    with pytest.raises(InputError) as error:
        step(*args, **named)  # type: ignore[operator]
    return error.value.code


def test_one_class_needs_no_second_person(town: Town) -> None:
    with transaction(town.house.engine) as session:
        version = write_announcement(session, CLASS, words(town.now), LIN, town.now)
        announcement = get_announcement(session, version.announcement_id)
        assert (announcement.published_number, announcement.shown_from) == (1, town.now)


def test_more_than_one_class_waits_for_somebody_else(town: Town) -> None:
    with transaction(town.house.engine) as session:
        version = write_announcement(session, SCHOOL, words(town.now), LIN, town.now)
        id_ = version.announcement_id
        assert get_announcement(session, id_).published_number is None
        assert is_waiting(version, town.now)
        assert refused(publish_version, session, id_, 1, LIN, town.now) == "own_confirm"
        publish_version(session, id_, 1, CHEN, town.now)
        assert get_announcement(session, id_).published_number == 1
        assert refused(publish_version, session, id_, 1, CHEN, town.now) == "answered"


def test_two_roles_of_one_person_are_one_person(town: Town) -> None:
    with transaction(town.house.engine) as session:
        both = [
            make_staff(session, town.house, "U" + "7" * 32, role=role)
            for role in (StaffRole.OFFICER, StaffRole.SCHOOL_ADMIN)
        ]
        one, other = (f"staff:{role.id}" for role in both)
        version = write_announcement(session, SCHOOL, words(town.now), one, town.now)
        args = (session, version.announcement_id, 1, other, town.now)
        assert refused(publish_version, *args) == "own_confirm"


def test_database_itself_wants_two_persons(town: Town) -> None:
    with pytest.raises(IntegrityError), transaction(town.house.engine) as session:
        write_announcement(session, SCHOOL, words(town.now), LIN, town.now)
        session.execute(update(AnnouncementVersion).values(published_by=LIN, published_at=town.now))


def test_one_version_at_a_time_waits(town: Town) -> None:
    with transaction(town.house.engine) as session:
        version = write_announcement(session, SCHOOL, words(town.now), LIN, town.now)
        id_ = version.announcement_id
        revise_announcement(
            session, id_, words(town.now, title="二"), seen=1, by=CHEN, now=town.now
        )
        assert refused(publish_version, session, id_, 1, CHEN, town.now) == "answered"
        publish_version(session, id_, 2, LIN, town.now)
        newest, first = versions_of(session, id_)
        assert (newest.title, newest.published_by) == ("二", LIN)
        assert (first.title, first.declined_by) == ("校外教學集合時間", CHEN)


def test_edit_of_a_page_somebody_else_changed_is_refused(town: Town) -> None:
    with transaction(town.house.engine) as session:
        id_ = write_announcement(session, CLASS, words(town.now), LIN, town.now).announcement_id
        revise_announcement(session, id_, words(town.now), seen=1, by=CHEN, now=town.now)
        late = {"seen": 1, "by": LIN, "now": town.now}
        assert refused(revise_announcement, session, id_, words(town.now), **late) == "changed"


def test_version_lapses_when_nobody_confirms(town: Town) -> None:
    with transaction(town.house.engine) as session:
        version = write_announcement(session, SCHOOL, words(town.now), LIN, town.now)
        late = town.now + GOOD_FOR
        assert is_waiting(version, late - timedelta(seconds=1))
        args = (session, version.announcement_id, 1, CHEN, late)
        assert refused(publish_version, *args) == "expired"


def test_declined_version_leaves_what_is_read(town: Town) -> None:
    with transaction(town.house.engine) as session:
        id_ = write_announcement(session, SCHOOL, words(town.now), LIN, town.now).announcement_id
        publish_version(session, id_, 1, CHEN, town.now)
        revise_announcement(session, id_, words(town.now), seen=1, by=LIN, now=town.now)
        decline_version(session, id_, 2, LIN, town.now)
        assert get_announcement(session, id_).published_number == 1
        assert refused(decline_version, session, id_, 2, CHEN, town.now) == "answered"


def test_late_confirmation_does_not_backdate(town: Town) -> None:
    with transaction(town.house.engine) as session:
        id_ = write_announcement(session, SCHOOL, words(town.now), LIN, town.now).announcement_id
        publish_version(session, id_, 1, CHEN, town.now + LATER)
        assert get_announcement(session, id_).shown_from == town.now + LATER


def test_moment_of_what_nobody_read_yet_can_be_moved(town: Town) -> None:
    with transaction(town.house.engine) as session:
        soon = words(town.now, publish_from=town.now + LATER)
        id_ = write_announcement(session, CLASS, soon, LIN, town.now).announcement_id
        at = town.now + 2 * LATER
        later = words(town.now, publish_from=at)
        revise_announcement(session, id_, later, seen=1, by=LIN, now=town.now)
        assert get_announcement(session, id_).shown_from == at


def test_archive_twice_is_answered_and_every_step_is_recorded(town: Town) -> None:
    with transaction(town.house.engine) as session:
        id_ = write_announcement(session, SCHOOL, words(town.now), LIN, town.now).announcement_id
        publish_version(session, id_, 1, CHEN, town.now)
        archive_announcement(session, id_, LIN, town.now)
        assert refused(archive_announcement, session, id_, LIN, town.now) == "answered"
        restore_announcement(session, id_, CHEN, town.now)
        assert refused(restore_announcement, session, id_, CHEN, town.now) == "answered"
        assert acts(session, str(id_)) == [
            ("announcement.archive", LIN),
            ("announcement.publish", CHEN),
            ("announcement.restore", CHEN),
            ("announcement.write", LIN),
        ]


def test_what_was_put_away_while_it_waited_is_not_published(town: Town) -> None:
    with transaction(town.house.engine) as session:
        id_ = write_announcement(session, SCHOOL, words(town.now), LIN, town.now).announcement_id
        archive_announcement(session, id_, LIN, town.now)
        assert refused(publish_version, session, id_, 1, CHEN, town.now) == "answered"
        restore_announcement(session, id_, LIN, town.now)
        publish_version(session, id_, 1, CHEN, town.now)


def test_message_that_was_not_sent_yet_stops_with_the_archive(town: Town) -> None:
    with transaction(town.house.engine) as session:
        away, stays = (
            write_announcement(session, CLASS, words(town.now), LIN, town.now, is_pushed=True)
            for _ in range(2)
        )
        for one in (away, stays):
            assert send_out(session, town.house.settings, one.announcement_id, town.now) == 1
        archive_announcement(session, away.announcement_id, LIN, town.now)
        rows = session.exec(select(Notice)).all()
        assert {(str(away.announcement_id) in one.dedupe_key, one.state) for one in rows} == {
            (True, NoticeState.CANCELLED),
            (False, NoticeState.PENDING),
        }


def test_message_that_was_not_sent_yet_says_the_new_words(town: Town) -> None:
    with transaction(town.house.engine) as session:
        make_binding(session, session.get_one(Guardian, town.hua), session.exec(CHILD).one())
        id_ = write_announcement(
            session, CLASS, words(town.now, title="七點"), LIN, town.now, is_pushed=True
        ).announcement_id
        assert send_out(session, town.house.settings, id_, town.now) == 2
        session.execute(
            update(Notice)
            .where(col(Notice.guardian_id) == town.hua)
            .values(first_tried_at=town.now)
        )
        changed = words(town.now, title="八點")
        revise_announcement(session, id_, changed, seen=1, by=LIN, now=town.now)
        assert send_out(session, town.house.settings, id_, town.now) == 0
        read = {one.guardian_id: one.content.decode() for one in session.exec(select(Notice))}
        assert "八點" in read[town.mei]
        assert "七點" in read[town.hua], "under the key of the first try nothing else may be sent"


def test_what_goes_out_as_a_message_has_no_later_moment(town: Town) -> None:
    with transaction(town.house.engine) as session:
        text = words(town.now)
        id_ = write_announcement(
            session, SCHOOL, text, LIN, town.now, is_pushed=True
        ).announcement_id
        later = words(town.now, publish_from=town.now + LATER)
        named = {"seen": 1, "by": LIN, "now": town.now}
        assert refused(revise_announcement, session, id_, later, **named) == "at_once"


def acts(session: Session, announcement_id: str) -> list[tuple[str, str]]:
    """Who did what."""
    subject = f"announcement:{announcement_id}"
    statement = select(AuditEntry).where(AuditEntry.subject == subject)
    found = session.exec(statement.order_by(col(AuditEntry.action)))
    return [(one.action, one.actor) for one in found]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": " \n "}, "empty"),
        ({"title": "題" * 41}, "too_long"),
        ({"body": "\u200b"}, "empty"),
        ({"body": "字" * 2001}, "too_long"),
    ],
)
def test_text_has_a_length_that_can_be_read(town: Town, changed: dict[str, str], code: str) -> None:
    with transaction(town.house.engine) as session:
        text = words(town.now, **changed)
        assert refused(write_announcement, session, CLASS, text, LIN, town.now) == code


def test_text_is_text_alone(town: Town) -> None:
    with transaction(town.house.engine) as session:
        text = words(town.now, title="a\u202eb\tc", body="一 \r\n\r\n\r\n\r\n二\x07\r\n三")
        version = write_announcement(session, CLASS, text, LIN, town.now)
        assert (version.title, version.body) == ("ab c", "一\n\n二\n三")


def test_audience_must_be_somebody_and_the_moment_within_a_year(town: Town) -> None:
    with transaction(town.house.engine) as session:
        nobody = Audience(school_code="353607", homeroom="699")
        wished = words(town.now, publish_from=town.now + AHEAD + LATER)
        args = (LIN, town.now)
        assert refused(write_announcement, session, nobody, words(town.now), *args) == "no_children"
        assert refused(write_announcement, session, CLASS, wished, *args) == "too_far"


def test_unknown_announcement_is_not_there(town: Town) -> None:
    with transaction(town.house.engine) as session, pytest.raises(AccessError):
        get_announcement(session, town.mei)


ROLES = {
    "bureau": (StaffRole.BUREAU_ADMIN, None, None),
    "officer": (StaffRole.OFFICER, "353607", None),
    "admin": (StaffRole.SCHOOL_ADMIN, "353607", None),
    "teacher": (StaffRole.HOMEROOM_TEACHER, "353607", "603"),
}


@pytest.mark.parametrize(
    ("audience", "writers"),
    [
        (Audience(), {"bureau"}),
        (Audience(district="中正區"), {"bureau"}),
        (Audience(level="國小"), {"bureau"}),
        (SCHOOL, {"officer", "admin"}),
        (Audience(school_code="353607", grade=6), {"officer", "admin"}),
        (CLASS, {"officer", "admin", "teacher"}),
        (Audience(school_code="353607", homeroom="601"), {"officer", "admin"}),
        (Audience(school_code="343501"), set()),
        (Audience(school_code="343501", homeroom="603"), set()),
    ],
)
def test_each_role_writes_to_its_own(audience: Audience, writers: set[str], town: Town) -> None:
    for name, (role, school_code, homeroom) in ROLES.items():
        row = Staff(
            line_user_id="U", name_sealed="d0:AAAA", role=role, enrolled_at=town.now,
            school_code=school_code, homeroom=homeroom,
        )  # fmt: skip
        assert may_write(row, audience) is (name in writers), name
        row.revoked_at = town.now
        assert not may_write(row, audience), name


def test_labels_name_the_place_and_the_class(town: Town) -> None:
    with transaction(town.house.engine) as session:
        assert audience_label(session, Audience()) == "全市"
        assert audience_label(session, CLASS) == "榕光國小 603 班"
