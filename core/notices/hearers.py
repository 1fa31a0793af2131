"""The statements that find who hears of a child.

There is a row for each guardian of each child and each channel that reaches them, or several: one
for each other child of theirs. Only who receives in a guardian's stead has a `delegate_id` and a
`language` of their own.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)

from core.binding.tables import Delegate
from core.db import table_of
from core.kinds import Channel
from core.people.tables import (
    AccountLink,
    Binding,
    Guardian,
    LineFriend,
    School,
    Student,
    Subscription,
)
from core.rows import is_one_of


@cache
def linked_guardians(engine: str) -> Any:
    """Select who is bound and linked, whatever is ticked."""
    return _guardians(engine, literal(Channel.LINE.value), is_linked=True)


@cache
def verified_guardians(engine: str) -> Any:
    """Select who is bound and has a verified e-mail address."""
    made = _guardians(engine, literal(Channel.EMAIL.value), is_linked=False)
    return made.where(has_verified_address())


@cache
def phoned_guardians(engine: str) -> Any:
    """Select who is bound and has a verified number."""
    made = _guardians(engine, literal(Channel.SMS.value), is_linked=False)
    return made.where(has_verified_phone())


@cache
def app_guardians(engine: str) -> Any:
    """Select who is bound and connected the app."""
    made = _guardians(engine, literal(Channel.APP.value), is_linked=False)
    return made.where(has_app())


@cache
def ticked_guardians(engine: str) -> Any:
    """Select who ticked the LINE box of `kind` and is linked, or that of e-mail or of the app."""
    return _ticked_somewhere(engine, Channel.LINE, Channel.EMAIL, Channel.APP)


@cache
def warned_guardians(engine: str) -> Any:
    """Select who ticked no-shows for any channel, and is reached there."""
    return _ticked_somewhere(engine, *Channel)


def _ticked_somewhere(engine: str, *channels: Channel) -> Any:
    box = table_of(Subscription)
    ways = {
        Channel.LINE: table_of(AccountLink).c.id.is_not(None),
        Channel.EMAIL: has_verified_address(),
        Channel.SMS: has_verified_phone(),
        Channel.APP: has_app(),
    }
    is_ticked = and_(
        box.c.binding_id == table_of(Binding).c.id, box.c.kind == bindparam("kind"), box.c.is_on
    )
    # One join for all: a row of a guardian's boxes lies beside the next.
    is_reached = case({one.value: ways[one] for one in channels}, value=box.c.channel, else_=False)
    made = _guardians(engine, box.c.channel, is_linked=False)
    return made.join(box, is_ticked).where(is_reached)


@cache
def gate_hearers(engine: str) -> Any:
    """Select like `ticked_guardians`, and who receives of the children in a guardian's stead.

    The latter come last, each once. In one statement: most children have none, and to find none
    costs a lone tap as much as to find some.
    """
    since = table_of(Binding).c.bound_at.label("since")
    ticked = ticked_guardians(engine).order_by(None).add_columns(literal(0).label("rank"), since)
    delegates = _delegates(engine)
    known = delegates.selected_columns
    filled = [
        known[one.key] if one.key in known else cast(null(), one.type).label(one.key)
        for one in ticked.selected_columns
    ]
    both = union_all(ticked, delegates.with_only_columns(*filled))
    return both.order_by("rank", "since", "delegate_id", "binding_id")


def has_verified_address() -> ColumnElement[bool]:
    """Return the condition that letters can go to the guardian."""
    guardian = table_of(Guardian).c
    return or_(guardian.email1_is_verified, guardian.email2_is_verified)


def has_verified_phone() -> ColumnElement[bool]:
    """Return the condition that texts can go to the guardian."""
    verified: ColumnElement[bool] = table_of(Guardian).c.phone_is_verified
    return verified


def has_app() -> ColumnElement[bool]:
    """Return the condition that the guardian connected the app."""
    connected: ColumnElement[bool] = table_of(Guardian).c.app_token_sealed.is_not(None)
    return connected


def _guardians(engine: str, channel: ColumnElement[str], *, is_linked: bool) -> Any:
    binding, student, school = table_of(Binding), table_of(Student), table_of(School)
    link, friend, guardian = table_of(AccountLink), table_of(LineFriend), table_of(Guardian)
    other, sibling = binding.alias("other"), student.alias("sibling")
    return (
        select(
            binding.c.id.label("binding_id"),
            binding.c.guardian_id,
            binding.c.student_id,
            binding.c.quiet_until,
            guardian.c.locale,
            guardian.c.emails_at,
            student.c.name,
            student.c.school_code,
            school.c.short_name,
            school.c.phone,
            link.c.line_user_id,
            friend.c.is_following,
            sibling.c.name.label("sibling"),
            sibling.c.id.label("sibling_id"),
            sibling.c.school_code.label("sibling_school"),
            channel.label("channel"),
            cast(null(), table_of(Delegate).c.id.type).label("delegate_id"),
            cast(null(), friend.c.language.type).label("language"),
        )
        .select_from(binding)
        .join(guardian, guardian.c.id == binding.c.guardian_id)
        .join(student, student.c.id == binding.c.student_id)
        .join(school, school.c.code == student.c.school_code)
        .join(
            link,
            and_(link.c.guardian_id == binding.c.guardian_id, link.c.unlinked_at.is_(None)),
            isouter=not is_linked,
        )
        .outerjoin(friend, friend.c.line_user_id == link.c.line_user_id)
        .outerjoin(
            other,
            and_(
                other.c.guardian_id == binding.c.guardian_id,
                other.c.ended_at.is_(None),
                other.c.id != binding.c.id,
            ),
        )
        .outerjoin(sibling, sibling.c.id == other.c.student_id)
        .where(is_one_of(engine, binding.c.student_id, "student_ids"), binding.c.ended_at.is_(None))
        .order_by(binding.c.bound_at, binding.c.id)
    )


def _delegates(engine: str) -> Any:
    """Select who receives of the children now, as long as the guardian's own binding is open.

    Not of who stopped everything: somebody may receive of another guardian beside.
    """
    delegate, binding, student = table_of(Delegate), table_of(Binding), table_of(Student)
    friend, guardian = table_of(LineFriend), table_of(Guardian)
    return (
        select(
            delegate.c.id.label("delegate_id"),
            delegate.c.line_user_id,
            binding.c.id.label("binding_id"),
            binding.c.guardian_id,
            binding.c.student_id,
            student.c.name,
            student.c.school_code,
            friend.c.is_following,
            friend.c.language,
            literal(1).label("rank"),
            delegate.c.accepted_at.label("since"),
        )
        .select_from(delegate)
        .join(binding, binding.c.id == delegate.c.binding_id)
        .join(guardian, guardian.c.id == binding.c.guardian_id)
        .join(student, student.c.id == binding.c.student_id)
        .outerjoin(friend, friend.c.line_user_id == delegate.c.line_user_id)
        .where(
            is_one_of(engine, binding.c.student_id, "student_ids"),
            binding.c.ended_at.is_(None),
            delegate.c.accepted_at.is_not(None),
            delegate.c.ended_at.is_(None),
            guardian.c.stopped_at.is_(None),
        )
    )
