"""升學和轉學: what guardians are asked when their child moved, and what follows from a yes."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.binding.carry_over import Kept, keep, propose
from core.binding.tables import CarryOver
from core.crypto import Vault
from core.kinds import NoticeKind
from core.notices.announce import notice_about, tell_bound
from core.notices.binding_notices import tell_binding_asked
from core.notices.outbox import enqueue
from core.notices.partings import forget
from core.notices.staff_desk import staff_desk
from core.people.bindings import child_of_binding, get_child
from core.people.guardians import find_link_of_guardian
from core.people.tables import Binding, School, Student
from core.postback import Action, PostbackCodec, Press
from core.settings import Settings


def tell_moves(session: Session, vault: Vault, settings: Settings, now: datetime) -> int:
    """Propose to the guardians of children who moved, and ask them; returns how many.

    Joins the caller's transaction.
    """
    rows = propose(session, vault, now)
    for row in rows:
        _ask(session, settings, row, now)
    return len(rows)


def _ask(session: Session, settings: Settings, row: CarryOver, now: datetime) -> None:
    link = find_link_of_guardian(session, row.guardian_id)
    if link is None:
        return
    codec = PostbackCodec(settings)
    keeps, drops = (
        codec.seal(Press(action, str(row.id)), link.line_user_id, now)
        for action in (Action.MOVE_KEEP, Action.MOVE_DROP)
    )
    student = session.get_one(Student, row.student_id)
    new_school = session.get_one(School, student.school_code)
    child = child_of_binding(session, row.binding_id)
    notices = notice_about(
        session,
        settings,
        child,
        row.guardian_id,
        now,
        kind=NoticeKind.MOVED_UP,
        about=str(row.id),
        school=new_school.short_name,
        link=f"https://liff.line.me/{settings.liff_id}/moves/{row.id}",
        buttons=(keeps, drops),
    )
    enqueue(session, notices, now)


def keep_binding(
    session: Session,
    vault: Vault,
    settings: Settings,
    *,
    carry_over_id: UUID,
    guardian_id: UUID,
    now: datetime,
) -> Kept:
    """Follow the child to the new school with the old boxes, and tell who is to know.

    Joins the caller's transaction. Raises as core.binding.carry_over.keep does.
    """
    kept = keep(session, vault, carry_over_id, guardian_id, now)
    if kept.request_id is not None:
        tell_binding_asked(session, staff_desk(settings), kept.request_id, now)
    if kept.is_new and kept.binding_id is not None:
        old = session.get_one(CarryOver, carry_over_id).binding_id
        former = session.get_one(Binding, old).student_id
        forget(session, settings, guardian_id, former, old, now)
        child = get_child(session, guardian_id, kept.binding_id)
        tell_bound(session, settings, child, guardian_id, now)
    return kept
