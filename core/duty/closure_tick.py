"""The closure tick: guardians hear of a confirmed closure, and of its undoing, school by school.

The work is found by query, and each school is done once across machines: its run row is the lock.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.calendar.school_days import closures_on, day_statuses, place_of, scope_of
from core.calendar.scopes import ClosureScope, label_of
from core.calendar.tables import Closure
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.job_runs import lock_run
from core.duty.tables import JobRun
from core.house import House
from core.kinds import DayPart, NoticeKind
from core.notices.closure_notices import ClosureNews, tell_closures, tell_reopening
from core.notices.wording import PART_WORDS
from core.people.roster import grades_of
from core.people.tables import School

logger = logging.getLogger(__name__)

DUE = "due"
DONE = "done"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A closure (CLOSURE_ON) or its undoing (CLOSURE_OFF), for one school."""

    kind: NoticeKind
    closure_id: UUID
    school_code: str

    @property
    def slot(self) -> str:
        """Return the name of its run."""
        return f"closure/{self.closure_id}/{self.school_code}"


def run_closure_tick(house: House) -> None:
    """Announce what is due, each school in a transaction of its own."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        due = due_announcements(session, now)
    for one in due:
        # One school's trouble must not keep the others from hearing.
        try:
            _run(house, one, now)
        except Exception:
            extra = {"action": one.kind.value, "school_code": one.school_code}
            logger.exception("closure not announced", extra=extra)


def due_announcements(session: Session, now: datetime) -> list[Announcement]:
    """Return what was confirmed and not announced, for days that are not over."""
    closures = select(Closure).where(
        col(Closure.day) >= school_day_of(now), col(Closure.confirmed_at).is_not(None)
    )
    return [
        one
        for closure in session.exec(closures.order_by(col(Closure.day), col(Closure.confirmed_at)))
        for one in _due_schools(session, closure)
    ]


def _due_schools(session: Session, closure: Closure) -> Iterator[Announcement]:
    kind = NoticeKind.CLOSURE_ON if closure.undone_at is None else NoticeKind.CLOSURE_OFF
    done = set(
        session.exec(
            select(JobRun.slot).where(
                JobRun.job == kind,
                JobRun.outcome == DONE,
                col(JobRun.slot).startswith(f"closure/{closure.id}/"),
            )
        )
    )
    schools = select(School.code).where(*scope_of(closure).schools()).order_by(col(School.code))
    for code in session.exec(schools):
        one = Announcement(kind, closure.id, code)
        if one.slot not in done:
            yield one


def _run(house: House, one: Announcement, now: datetime) -> None:
    with transaction(house.engine) as session:
        count = announce(session, one, now)
    if count:
        house.notices_due.set()
        extra = {"action": one.kind.value, "school_code": one.school_code, "count": count}
        logger.info("closure announced", extra=extra)


def announce(session: Session, one: Announcement, now: datetime) -> int:
    """Tell one school's guardians; joins the caller's transaction. Returns how many notices."""
    run = lock_run(session, one.kind, one.slot, outcome_if_new=DUE, now=now)
    if run.outcome == DONE:
        return 0
    closure = _hold_closure(session, one.closure_id)
    is_undone = closure.undone_at is not None
    count, is_done = 0, True
    if is_undone is (one.kind is NoticeKind.CLOSURE_OFF):
        count, is_done = _tell(session, one, closure, now)
    run.outcome, run.ran_at, run.count = DONE if is_done else DUE, now, run.count + count
    session.add(run)
    return count


def _tell(session: Session, one: Announcement, closure: Closure, now: datetime) -> tuple[int, bool]:
    if one.kind is NoticeKind.CLOSURE_OFF:
        return _tell_undone(session, one.school_code, closure, now)
    students = ClosureScope(school_code=one.school_code, grade=closure.grade).students()
    return tell_closures(session, _news(session, closure), students, now), True


def _tell_undone(
    session: Session, school_code: str, closure: Closure, now: datetime
) -> tuple[int, bool]:
    """Tell each grade what holds now: another closure may go on, or it was no school day at all."""
    count, is_done, news = 0, True, _news(session, closure)
    grades = grades_of(session, school_code) if closure.grade is None else [closure.grade]
    keys = [(school_code, grade) for grade in grades]
    statuses = day_statuses(session, keys, closure.day, closure.day)
    place = place_of(session, school_code)
    others = closures_on(session, closure.day, closure.day)[closure.day]
    gone = _gone_before(session, closure)
    for grade in grades:
        of_grade = replace(place, grade=grade)
        other = next((one for one in others if scope_of(one).covers(of_grade)), None)
        left = replace(_news(session, other), after=closure.id) if other else None
        is_open = statuses[school_code, grade][closure.day].is_open
        told, is_over = tell_reopening(
            session,
            news,
            ClosureScope(school_code=school_code, grade=grade).students(),
            now,
            left=left,
            is_news=is_open and (left is None or left.part != news.part),
            gone=[one.id for one in gone if scope_of(one).covers(of_grade)],
        )
        count, is_done = count + told, is_done and is_over
    return count, is_done


def _gone_before(session: Session, closure: Closure) -> Sequence[Closure]:
    """Return the day's closures that were undone while this one, undone now, went on."""
    undone = select(Closure).where(
        col(Closure.day) == closure.day,
        col(Closure.id) != closure.id,
        col(Closure.undone_at).between(closure.confirmed_at, closure.undone_at),
    )
    return session.exec(undone).all()


def _news(session: Session, closure: Closure) -> ClosureNews:
    return ClosureNews(
        closure_id=closure.id,
        scope=label_of(session, scope_of(closure)),
        day=closure.day,
        part=PART_WORDS[DayPart(closure.part)],
        source=closure.source,
        source_at=closure.source_at,
    )


def _hold_closure(session: Session, closure_id: UUID) -> Closure:
    # Shared: an undoing waits until what is told here can be seen, and taken back.
    statement = select(Closure).where(col(Closure.id) == closure_id)
    return session.exec(statement.with_for_update(read=True)).one()
