"""What a guardian may read: of the city, and of schools, grades and classes of the own children."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlmodel import Session, col

from core.announcements.audiences import Audience, concerns, is_for_the_city
from core.announcements.tables import (
    Announcement,
    AnnouncementRead,
    AnnouncementType,
    AnnouncementVersion,
    Importance,
)
from core.announcements.writing import Text
from core.announcements.years import first_moment_of_year, is_of_this_year
from core.db import UtcDateTime, insert_for, table_of
from core.errors import AccessError
from core.people.tables import Binding, School, Student
from core.rows import Build, run

# Older ones are no news: a guardian bound in June has not missed the autumn.
NEWS_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An announcement as a guardian sees it. `school_code` None: the bureau wrote it.

    `changed_at`: when the words were published last, None while they are the first ones.
    """

    id: UUID
    number: int
    type: AnnouncementType
    importance: Importance
    title: str
    body: str
    school_code: str | None
    school: str
    school_phone: str
    shown_from: datetime
    changed_at: datetime | None
    archived_at: datetime | None
    is_unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a guardian has not opened: how many, how many of them matter (`pressing`), and the
    foremost: what matters most, of those the newest.
    """

    unread: int = 0
    pressing: int = 0
    id: UUID | None = None
    title: str = ""
    importance: Importance = Importance.NORMAL


def list_announcements(
    session: Session,
    guardian_id: UUID,
    now: datetime,
    *,
    archived: bool,
    skip: int = 0,
    most: int = 10,
) -> list[Shown]:
    """Return the newest first, those of the present or those of the past."""
    which = _past if archived else _present
    return _read(session, which, guardian_id, now, skip=skip, most=most)


def get_shown(session: Session, guardian_id: UUID, announcement_id: UUID, now: datetime) -> Shown:
    """Return one announcement. Raises AccessError 404 for those meant for others, or not yet."""
    found = _read(session, _one, guardian_id, now, announcement_id=announcement_id)
    if not found:
        raise AccessError("no_such_announcement")
    return found[0]


def unread_news(session: Session, guardian_id: UUID, now: datetime) -> News:
    """Return what is new and was not opened; one small row, however many there are."""
    rows = run(session, _unread, {"guardian_id": guardian_id, **_span(now)})
    return News(**rows.one()._asdict()) if rows else News()


@cache
def _unread(_engine: str) -> Any:
    ranks = {Importance.URGENT.value: 0, Importance.IMPORTANT.value: 1}
    rank = case(ranks, value=_VERSION.importance, else_=2)
    facts: tuple[Any, ...] = (
        Announcement.id,
        _VERSION.title,
        _VERSION.importance,
        func.count().over().label("unread"),
        func.sum(case((rank < 2, 1), else_=0)).over().label("pressing"),
    )
    return (
        _meant(*facts)
        .where(_is_unread())
        .order_by(rank, col(Announcement.shown_from).desc(), col(Announcement.id))
        .limit(1)
    )


def mark_read(session: Session, guardian_id: UUID, shown: Shown, now: datetime) -> None:
    """Remember that the guardian opened this version; joins the caller's transaction."""
    row = {
        "guardian_id": guardian_id,
        "announcement_id": shown.id,
        "number": shown.number,
        "read_at": now,
    }
    insert = insert_for(session, AnnouncementRead).values(row)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["guardian_id", "announcement_id"],
            set_={"number": insert.excluded.number, "read_at": insert.excluded.read_at},
            where=col(AnnouncementRead.number) < insert.excluded.number,
        )
    )


def shown_as(
    session: Session, audience: Audience, text: Text, now: datetime, announcement_id: UUID | None
) -> Shown:
    """Return what is not written yet as guardians would see it, for the preview."""
    school = session.get(School, audience.school_code) if audience.school_code else None
    return Shown(
        id=announcement_id or uuid4(),
        number=0,
        type=text.type,
        importance=text.importance,
        title=text.title,
        body=text.body,
        school_code=audience.school_code,
        school=school.short_name if school else "",
        school_phone=school.phone if school else "",
        shown_from=max(text.publish_from, now),
        changed_at=None,
        archived_at=None,
        is_unread=True,
    )


_VERSION = AnnouncementVersion


@cache
def _present(_engine: str) -> Any:
    return _paged(_shown().where(col(Announcement.archived_at).is_(None)))


@cache
def _past(_engine: str) -> Any:
    return _paged(_shown().where(col(Announcement.archived_at).is_not(None)))


def _paged(statement: Any) -> Any:
    skip, most = bindparam("skip", type_=Integer), bindparam("most", type_=Integer)
    return statement.offset(skip).limit(most)


@cache
def _one(_engine: str) -> Any:
    return _shown().where(col(Announcement.id) == bindparam("announcement_id"))


def _shown() -> Any:
    """Return a SELECT of what Shown holds, newest first."""
    own, version, school = (table_of(one).c for one in (Announcement, _VERSION, School))
    facts = (
        own.id,
        version.number,
        version.type,
        version.importance,
        version.title,
        version.body,
        own.school_code,
        func.coalesce(school.short_name, "").label("school"),
        func.coalesce(school.phone, "").label("school_phone"),
        own.shown_from,
        version.published_at,
        own.archived_at,
        _is_unread().label("is_unread"),
    )
    return (
        _meant(*facts)
        .outerjoin(School, col(School.code) == col(Announcement.school_code))
        .order_by(col(Announcement.shown_from).desc(), col(Announcement.id))
    )


def _meant(*facts: Any) -> Any:
    """Return a SELECT of what the guardian may read now, with the version shown."""
    guardian_id: Any = bindparam("guardian_id")
    words = and_(
        col(_VERSION.announcement_id) == col(Announcement.id),
        col(_VERSION.number) == col(Announcement.published_number),
    )
    opened = and_(
        col(AnnouncementRead.announcement_id) == col(Announcement.id),
        col(AnnouncementRead.guardian_id) == guardian_id,
    )
    return (
        select(*facts)
        .select_from(Announcement)
        .join(_VERSION, words)
        .outerjoin(AnnouncementRead, opened)
        .where(col(Announcement.shown_from) <= bindparam("now"))
        .where(or_(is_for_the_city(), _is_for_own_child(guardian_id)), is_of_this_year())
    )


def _span(now: datetime) -> dict[str, datetime]:
    """Return now, since when something is news, and the first moment of this school year."""
    return {"now": now, "since": now - NEWS_FOR, "year": first_moment_of_year(now)}


def _is_for_own_child(guardian_id: Any) -> ColumnElement[bool]:
    own_school = table_of(School).alias("own_school")
    return exists(
        select(1)
        .select_from(Binding)
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(own_school, own_school.c.code == col(Student.school_code))
        .where(
            col(Binding.guardian_id) == guardian_id,
            col(Binding.ended_at).is_(None),
            concerns(own_school.c),
        )
    )


def _is_unread() -> ColumnElement[bool]:
    since, opened = bindparam("since", type_=UtcDateTime), col(AnnouncementRead.number)
    return and_(
        col(Announcement.archived_at).is_(None),
        or_(col(Announcement.shown_from) > since, col(_VERSION.published_at) > since),
        or_(opened.is_(None), opened < col(Announcement.published_number)),
    )


def _read(
    session: Session, build: Build, guardian_id: UUID, now: datetime, **more: Any
) -> list[Shown]:
    rows = run(session, build, {"guardian_id": guardian_id, **_span(now), **more})
    return [_as_shown(row) for row in rows]


def _as_shown(row: Any) -> Shown:
    return Shown(
        id=row.id,
        number=row.number,
        type=AnnouncementType(row.type),
        importance=Importance(row.importance),
        title=row.title,
        body=row.body,
        school_code=row.school_code,
        school=row.school,
        school_phone=row.school_phone,
        shown_from=row.shown_from,
        changed_at=row.published_at if _is_change(row) else None,
        archived_at=row.archived_at,
        is_unread=bool(row.is_unread),
    )


def _is_change(row: Any) -> bool:
    """Tell whether guardians may have read other words before."""
    return row.published_at is not None and row.published_at > row.shown_from
