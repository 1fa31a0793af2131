"""Paid texts: arrivals and departures to the numbers of orders that send at that moment."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import Session, col

from core.db import table_of
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.language import SOURCE, language_of
from core.notices.fan_out import CLOSURE, Instead
from core.notices.happenings import Happening
from core.notices.outbox import NewNotice, enqueue
from core.notices.recipients import place_of_texts
from core.notices.tables import Notice
from core.notices.texts import text_content
from core.notices.wording import NoticeFacts
from core.orders.paying import PayingOrder, paying_orders
from core.people.names import given_name
from core.people.tables import Binding, Guardian, School, Student
from core.rows import is_one_of, run

Paying = dict[UUID, list[PayingOrder]]
GATE = {NoticeKind.ARRIVAL: EventKind.ARRIVAL, NoticeKind.DEPARTURE: EventKind.DEPARTURE}


@dataclass(frozen=True, slots=True)
class _Reader:
    """How a text calls the child, and in which language."""

    child: str
    locale: str


def text_happenings(
    session: Session, happenings: Sequence[Happening], instead: Instead, now: datetime
) -> int:
    """Enqueue what was ordered of these arrivals and departures; joins the caller's transaction.

    A tap told before is not told again, nor what a correction by SMS just said. Returns how many.
    """
    paying = {kind: _paying(session, kind, happenings, now) for kind in GATE}
    orders = [one for found in paying.values() for some in found.values() for one in some]
    if not orders:
        return 0
    told = _told(session, [one for one in happenings if one.is_older_tap])
    schools = _schools(session, {one.student_id for one in orders})
    readers = _readers(session, orders)
    notices = [
        _notice(one, order, schools[one.student_id], readers, instead)
        for one in happenings
        for order in paying[one.kind].get(one.student_id, ())
        if (one.tap_id, order.order_id) not in told
    ]
    notices.sort(key=lambda notice: notice.at)
    return enqueue(session, notices, now)


def _paying(
    session: Session, kind: NoticeKind, happenings: Sequence[Happening], now: datetime
) -> Paying:
    students = {one.student_id for one in happenings if one.kind is kind}
    return paying_orders(session, students, GATE[kind], now)


def _notice(
    one: Happening,
    order: PayingOrder,
    school: Any,
    readers: dict[tuple[UUID, UUID], _Reader],
    instead: Instead,
) -> NewNotice:
    guardian = order.guardian_id
    reader = readers.get((guardian, one.student_id)) if guardian else None
    facts = NoticeFacts(
        child=reader.child if reader else given_name(school.name),
        school=school.short_name,
        school_phone=school.phone,
        school_day=one.school_day,
        link="",
        at=one.at,
        occurrence=one.occurrence,
        is_make_up=one.is_make_up,
        language=(language_of(reader.locale) if reader else None) or SOURCE,
    )
    word = CLOSURE if one.is_in_closure else None
    if guardian and word is None:
        word = instead.get((one.tap_id, place_of_texts(guardian)))
    return NewNotice(
        kind=one.kind,
        student_id=one.student_id,
        guardian_id=guardian,
        order_id=order.order_id,
        line_user_id=None,
        channel=Channel.SMS,
        school_day=one.school_day,
        at=one.recorded_at if one.is_make_up and one.recorded_at else one.at,
        occurrence=one.number,
        tap_id=one.tap_id,
        content=text_content(one.kind, facts),
        ended=(NoticeState.CANCELLED, word) if word else None,
    )


def _told(session: Session, older: Sequence[Happening]) -> set[tuple[UUID, UUID]]:
    """Return the (tap, order) pairs of these days that have a text already."""
    if not older:
        return set()
    students: set[UUID] = {one.student_id for one in older}
    days: set[date] = {one.school_day for one in older}
    rows = session.execute(
        select(col(Notice.tap_id), col(Notice.order_id)).where(
            col(Notice.student_id).in_(students),
            col(Notice.school_day).in_(days),
            col(Notice.tap_id).is_not(None),
            col(Notice.order_id).is_not(None),
        )
    )
    return {(row.tap_id, row.order_id) for row in rows}


def _schools(session: Session, student_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return by child its name and its school's short name and telephone."""
    rows = run(session, _named, {"student_ids": list(student_ids)})
    return {row.id: row for row in rows}


@cache
def _named(engine: str) -> Any:
    student, school = table_of(Student), table_of(School)
    return (
        select(student.c.id, student.c.name, school.c.short_name, school.c.phone)
        .join_from(student, school, school.c.code == student.c.school_code)
        .where(is_one_of(engine, student.c.id, "student_ids"))
    )


def _readers(session: Session, orders: Sequence[PayingOrder]) -> dict[tuple[UUID, UUID], _Reader]:
    """Return by guardian and child how it is called: in full where two share a given name."""
    guardians = {one.guardian_id for one in orders if one.guardian_id}
    children: dict[UUID, list[Any]] = defaultdict(list)
    for row in run(session, _bound, {"guardian_ids": list(guardians)}) if guardians else ():
        children[row.guardian_id].append(row)
    return {
        (guardian, row.student_id): _Reader(_called(row.name, rows), row.locale)
        for guardian, rows in children.items()
        for row in rows
    }


def _called(name: str, rows: Sequence[Any]) -> str:
    given = given_name(name)
    return name if [given_name(row.name) for row in rows].count(given) > 1 else given


@cache
def _bound(engine: str) -> Any:
    binding, student, guardian = table_of(Binding), table_of(Student), table_of(Guardian)
    return (
        select(binding.c.guardian_id, binding.c.student_id, student.c.name, guardian.c.locale)
        .join_from(binding, student, student.c.id == binding.c.student_id)
        .join(guardian, guardian.c.id == binding.c.guardian_id)
        .where(
            and_(
                is_one_of(engine, binding.c.guardian_id, "guardian_ids"),
                binding.c.ended_at.is_(None),
            )
        )
    )
