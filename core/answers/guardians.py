"""我知道了, 已在家, 請協助確認: what guardians answer, and who hears of it."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.answers.tables import NoShowAnswer
from core.attendance.day_record import lock_days
from core.audit import record_audit
from core.clock import school_day_of
from core.db import insert_for
from core.kinds import GuardianAnswer
from core.notices.answer_notices import tell_answered, tell_at_home
from core.notices.staff_desk import StaffDesk
from core.notices.stops import make_moot

# What weighs more stands for a child when its guardians answered differently.
WEIGHT = (GuardianAnswer.NOTED, GuardianAnswer.AT_HOME, GuardianAnswer.ASK_SCHOOL)


def record_answer(
    session: Session,
    desk: StaffDesk,
    *,
    student_id: UUID,
    guardian_id: UUID,
    answer: GuardianAnswer,
    now: datetime,
) -> bool:
    """Keep a guardian's answer of today and tell of it; return whether it is new.

    From then on the no-show goes to no further channel. Joins the caller's transaction.
    """
    day = school_day_of(now)
    # Held from here on, so that of two guardians who press at once only one is the first.
    lock_days(session, {(student_id, day)})
    is_first = not answers_of(session, [student_id], day)
    if not _keep(session, student_id, day, guardian_id, answer, now):
        return False
    make_moot(session, [student_id], day, now)
    subject = f"student:{student_id}"
    actor = f"guardian:{guardian_id}"
    record_audit(session, actor=actor, action=f"no_show.{answer}", subject=subject, now=now)
    # That two have read the same is no news to either.
    if is_first or answer is not GuardianAnswer.NOTED:
        tell_answered(session, desk, student_id, guardian_id, answer, now)
    if answer is GuardianAnswer.AT_HOME:
        tell_at_home(session, student_id, now)
    return True


def answers_of(
    session: Session, student_ids: Collection[UUID], day: date
) -> dict[UUID, GuardianAnswer]:
    """Return what the guardians of these children answered that day: what weighs most."""
    rows = session.exec(
        select(NoShowAnswer.student_id, NoShowAnswer.answer).where(
            col(NoShowAnswer.student_id).in_(student_ids), NoShowAnswer.school_day == day
        )
    )
    found: dict[UUID, GuardianAnswer] = {}
    for student_id, said in rows:
        answer = GuardianAnswer(said)
        earlier = found.get(student_id, answer)
        found[student_id] = max(answer, earlier, key=WEIGHT.index)
    return found


def _keep(
    session: Session,
    student_id: UUID,
    day: date,
    guardian_id: UUID,
    answer: GuardianAnswer,
    now: datetime,
) -> bool:
    row = NoShowAnswer(
        student_id=student_id,
        school_day=day,
        guardian_id=guardian_id,
        answer=answer,
        answered_at=now,
    )
    written = session.execute(
        insert_for(session, NoShowAnswer)
        .values(row.model_dump())
        .on_conflict_do_nothing()
        .returning(col(NoShowAnswer.answer))
    )
    return written.first() is not None
