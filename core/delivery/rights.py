"""The last look before a notice leaves: whether it may still be told, and would be seen."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, true

from core.binding.tables import Delegate
from core.db import table_of
from core.delivery.day_span import within_span
from core.kinds import EventKind, NoticeKind
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, Guardian, LineFriend, Staff, Subscription
from core.rows import is_one_of

# Told to whoever is bound to the child, whatever is ticked: who read the one may read the other.
OF_THE_CHILD = (
    NoticeKind.CORRECTION,
    NoticeKind.MAKE_UP_UNDONE,
    NoticeKind.MAKE_UP_DONE,
    NoticeKind.MAKE_UP_NOT,
    NoticeKind.LEAVE_OTHER,
    NoticeKind.LEAVE_SCHOOL,
    NoticeKind.LEAVE_CANCELLED,
    NoticeKind.LEAVE_TAP,
    NoticeKind.ANSWERED,
    NoticeKind.SCHOOL_REPLY,
    NoticeKind.SCHOOL_SILENT,
    NoticeKind.BOUND_OTHER,
    NoticeKind.CHILD_CLOSED,
)
OF_ANY_CHILD = (NoticeKind.CLOSURE_ON, NoticeKind.CLOSURE_OFF, NoticeKind.ANNOUNCEMENT)
# Told even to whoever stopped all notices: their own act is answered.
OF_THEIR_OWN = (NoticeKind.LINK_NEW, NoticeKind.COPY_READY)


@cache
def rights_of(engine: str) -> Any:
    """Select for each notice of `ids` whether it `is_wanted`, and `is_blocked`: shown to nobody.

    It takes the span of their school days too.

    To staff: the role is held and by the same LINE user. To guardians: the link is open and the
    same, what the notice is about is still theirs, and they did not stop everything. To whoever
    receives in a guardian's stead: it is still so. The farewell to an account that was just
    unlinked is meant for that account.
    """
    # Each is joined by a key of its own, so a notice stays one row. As conditions inside the CASE
    # PostgreSQL would read whole tables for them.
    role, standing = table_of(Staff), table_of(Delegate)
    still, link = table_of(Binding).alias(), table_of(AccountLink)
    guardian, binding = table_of(Guardian), table_of(Binding)
    box, friend = table_of(Subscription), table_of(LineFriend)
    notice = table_of(Notice)
    is_farewell = notice.c.kind.in_((NoticeKind.LINK_OLD, NoticeKind.UNLINKED))
    has_stopped = guardian.c.stopped_at.is_not(None)
    is_welcome = or_(notice.c.kind.in_(OF_THEIR_OWN), ~has_stopped)
    may_hear = _may_hear(notice, binding, box)
    to_guardian = or_(is_farewell, and_(link.c.id.is_not(None), is_welcome, may_hear))
    is_wanted = case(
        (notice.c.staff_id.is_not(None), role.c.id.is_not(None)),
        (notice.c.kind == NoticeKind.DELEGATE_ENDED, true()),
        (notice.c.delegate_id.is_not(None), and_(still.c.id.is_not(None), ~has_stopped)),
        else_=to_guardian,
    )
    is_blocked = friend.c.line_user_id.is_not(None)
    joined = (
        notice.outerjoin(role, _is_held(role, notice))
        .outerjoin(standing, _stands_in(standing, notice))
        .outerjoin(still, and_(still.c.id == standing.c.binding_id, still.c.ended_at.is_(None)))
        .outerjoin(guardian, guardian.c.id == notice.c.guardian_id)
        .outerjoin(link, _is_open(link, notice))
        .outerjoin(binding, _is_bound(binding, notice))
        .outerjoin(box, _is_ticked(box, binding, notice))
        .outerjoin(friend, _left(friend, notice))
    )
    return (
        select(notice.c.id, is_wanted.label("is_wanted"), is_blocked.label("is_blocked"))
        .select_from(joined)
        .where(is_one_of(engine, notice.c.id, "ids"), within_span(notice.c.school_day))
    )


def _is_held(role: Any, notice: Any) -> ColumnElement[bool]:
    return and_(
        role.c.id == notice.c.staff_id,
        role.c.line_user_id == notice.c.line_user_id,
        role.c.revoked_at.is_(None),
    )


def _stands_in(standing: Any, notice: Any) -> ColumnElement[bool]:
    return and_(
        standing.c.id == notice.c.delegate_id,
        standing.c.line_user_id == notice.c.line_user_id,
        standing.c.ended_at.is_(None),
        standing.c.until >= notice.c.school_day,
    )


def _is_open(link: Any, notice: Any) -> ColumnElement[bool]:
    return and_(
        link.c.guardian_id == notice.c.guardian_id,
        link.c.line_user_id == notice.c.line_user_id,
        link.c.unlinked_at.is_(None),
    )


def _is_bound(binding: Any, notice: Any) -> ColumnElement[bool]:
    return and_(
        binding.c.guardian_id == notice.c.guardian_id,
        binding.c.student_id == notice.c.student_id,
        binding.c.ended_at.is_(None),
    )


def _is_ticked(box: Any, binding: Any, notice: Any) -> ColumnElement[bool]:
    return and_(
        box.c.binding_id == binding.c.id,
        box.c.channel == notice.c.channel,
        box.c.kind == notice.c.kind,
        box.c.is_on,
    )


def _left(friend: Any, notice: Any) -> ColumnElement[bool]:
    return and_(friend.c.line_user_id == notice.c.line_user_id, friend.c.is_following.is_(False))


def _may_hear(notice: Any, binding: Any, box: Any) -> ColumnElement[bool]:
    kind, of_any = notice.c.kind, table_of(Binding).alias()
    is_bound_to_any = exists().where(
        of_any.c.guardian_id == notice.c.guardian_id, of_any.c.ended_at.is_(None)
    )
    return case(
        (kind.in_([one.value for one in EventKind]), box.c.id.is_not(None)),
        (kind == NoticeKind.NO_TAP_OUT, binding.c.tap_out_by.is_not(None)),
        (kind.in_(OF_THE_CHILD), binding.c.id.is_not(None)),
        (kind.in_(OF_ANY_CHILD), is_bound_to_any),
        else_=true(),
    )
