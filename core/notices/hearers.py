"""The statements that find who hears of a child; a row for each guardian of each child."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select, true

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
    return _guardians(engine, _Ways(on_line=true()), is_linked=True)


@cache
def verified_guardians(engine: str) -> Any:
    """Select who is bound and has a verified e-mail address."""
    made = _guardians(engine, _Ways(by_email=true()), is_linked=False)
    return made.where(has_verified_address())


@cache
def phoned_guardians(engine: str) -> Any:
    """Select who is bound and has a verified number."""
    made = _guardians(engine, _Ways(by_text=true()), is_linked=False)
    return made.where(has_verified_phone())


@cache
def app_guardians(engine: str) -> Any:
    """Select who is bound and connected the app."""
    made = _guardians(engine, _Ways(by_app=true()), is_linked=False)
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
    boxes = {channel: table_of(Subscription).alias(f"{channel}_box") for channel in channels}
    reached = {
        Channel.LINE: table_of(AccountLink).c.id.is_not(None),
        Channel.EMAIL: has_verified_address(),
        Channel.SMS: has_verified_phone(),
        Channel.APP: has_app(),
    }
    ways = {one: and_(box.c.id.is_not(None), reached[one]) for one, box in boxes.items()}
    by_text = ways.get(Channel.SMS, false())
    told_by = _Ways(ways[Channel.LINE], ways[Channel.EMAIL], by_text, ways[Channel.APP])
    made = _guardians(engine, told_by, is_linked=False)
    for channel, box in boxes.items():
        made = made.outerjoin(box, _is_ticked(box, channel))
    return made.where(or_(*ways.values()))


def _is_ticked(box: Any, channel: Channel) -> ColumnElement[bool]:
    return and_(
        box.c.binding_id == table_of(Binding).c.id,
        box.c.channel == channel.value,
        box.c.kind == bindparam("kind"),
        box.c.is_on,
    )


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


@dataclass(frozen=True, slots=True)
class _Ways:
    """The conditions on which a guardian is told by each channel."""

    on_line: ColumnElement[bool] = field(default_factory=false)
    by_email: ColumnElement[bool] = field(default_factory=false)
    by_text: ColumnElement[bool] = field(default_factory=false)
    by_app: ColumnElement[bool] = field(default_factory=false)


def _guardians(engine: str, ways: _Ways, *, is_linked: bool) -> Any:
    """Select a row for each guardian of each child, or for each other child of that guardian."""
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
            ways.on_line.label("is_on_line"),
            ways.by_email.label("is_by_email"),
            ways.by_text.label("is_by_text"),
            ways.by_app.label("is_by_app"),
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


@cache
def delegates(engine: str) -> Any:
    """Select who receives of the children now, as long as the guardian's own binding is open."""
    delegate, binding, student = table_of(Delegate), table_of(Binding), table_of(Student)
    friend = table_of(LineFriend)
    return (
        select(
            delegate.c.id.label("delegate_id"),
            delegate.c.line_user_id,
            binding.c.id.label("binding_id"),
            binding.c.guardian_id,
            binding.c.student_id,
            student.c.name,
            friend.c.is_following,
            friend.c.language,
        )
        .select_from(delegate)
        .join(binding, binding.c.id == delegate.c.binding_id)
        .join(student, student.c.id == binding.c.student_id)
        .outerjoin(friend, friend.c.line_user_id == delegate.c.line_user_id)
        .where(
            is_one_of(engine, binding.c.student_id, "student_ids"),
            binding.c.ended_at.is_(None),
            delegate.c.accepted_at.is_not(None),
            delegate.c.ended_at.is_(None),
        )
        .order_by(delegate.c.accepted_at, delegate.c.id)
    )
