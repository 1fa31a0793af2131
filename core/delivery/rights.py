"""The last look before a notice leaves: whether it may still be told, and would be seen."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlmodel import col

from core.kinds import EventKind, NoticeKind
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, LineFriend, Staff, Subscription
from core.rows import is_one_of

# Told to whoever is bound to the child, whatever is ticked: who read the one may read the other.
OF_THE_CHILD = (
    NoticeKind.CORRECTION,
    NoticeKind.MAKE_UP_UNDONE,
    NoticeKind.LEAVE_OTHER,
    NoticeKind.LEAVE_SCHOOL,
    NoticeKind.LEAVE_CANCELLED,
    NoticeKind.LEAVE_TAP,
)
OF_ANY_CHILD = (NoticeKind.CLOSURE_ON, NoticeKind.CLOSURE_OFF)


@cache
def rights_of(engine: str) -> Any:
    """Select for each notice of `ids` whether it `is_wanted`, and `is_blocked`: shown to nobody.

    To staff: the role is held and by the same LINE user. To guardians: the link is open and the
    same, and what the notice is about is still theirs. The farewell to an account that was just
    unlinked is meant for that account.
    """
    is_blocked = exists().where(
        col(LineFriend.line_user_id) == col(Notice.line_user_id),
        col(LineFriend.is_following).is_(False),
    )
    is_farewell = col(Notice.kind) == NoticeKind.LINK_OLD
    to_guardian = or_(is_farewell, and_(_link_is_open(), _may_hear()))
    is_wanted = case((col(Notice.staff_id).is_not(None), _role_is_held()), else_=to_guardian)
    return select(
        col(Notice.id), is_wanted.label("is_wanted"), is_blocked.label("is_blocked")
    ).where(is_one_of(engine, col(Notice.id), "ids"))


def _role_is_held() -> ColumnElement[bool]:
    return exists().where(
        col(Staff.id) == col(Notice.staff_id),
        col(Staff.line_user_id) == col(Notice.line_user_id),
        col(Staff.revoked_at).is_(None),
    )


def _link_is_open() -> ColumnElement[bool]:
    return exists().where(
        col(AccountLink.guardian_id) == col(Notice.guardian_id),
        col(AccountLink.line_user_id) == col(Notice.line_user_id),
        col(AccountLink.unlinked_at).is_(None),
    )


def _may_hear() -> ColumnElement[bool]:
    is_bound = (
        col(Binding.guardian_id) == col(Notice.guardian_id),
        col(Binding.ended_at).is_(None),
    )
    to_this_child = (*is_bound, col(Binding.student_id) == col(Notice.student_id))
    box_is_ticked = exists().where(
        *to_this_child,
        col(Subscription.binding_id) == col(Binding.id),
        col(Subscription.channel) == col(Notice.channel),
        col(Subscription.kind) == col(Notice.kind),
        col(Subscription.is_on),
    )
    wants_tap_out = exists().where(*to_this_child, col(Binding.tap_out_by).is_not(None))
    kind = col(Notice.kind)
    return case(
        (kind.in_([one.value for one in EventKind]), box_is_ticked),
        (kind == NoticeKind.NO_TAP_OUT, wants_tap_out),
        (kind.in_(OF_THE_CHILD), exists().where(*to_this_child)),
        (kind.in_(OF_ANY_CHILD), exists().where(*is_bound)),
        else_=True,
    )
