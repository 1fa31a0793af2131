"""代收: somebody receives a child's arrivals and departures in a guardian's stead, for a while."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, or_, select

from core.audit import record_audit
from core.binding.barriers import is_open_to, take_rows
from core.binding.bars import is_barred
from core.binding.codes import normalise_code
from core.binding.tables import Delegate, DelegateLabel
from core.binding.tries import give_back, receiver_subject, take_slots
from core.clock import school_day_of
from core.crypto import Vault, new_code
from core.db import table_of
from core.errors import InputError
from core.people.names import given_name
from core.people.tables import AccountLink, Binding, Student
from core.rows import run

CODE = "delegate.code"
# A link is passed on in the family chat and used soon.
CODE_GOOD_FOR = timedelta(hours=48)
# As long as a term lasts, where the calendar names none.
LONGEST = timedelta(days=183)
MOST = 4


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegation as its two sides see it; `child` is the given name."""

    delegate: Delegate
    child: str


def invite_delegate(
    session: Session,
    vault: Vault,
    *,
    binding: Binding,
    label: DelegateLabel,
    until: date,
    last_day: date | None,
    now: datetime,
) -> Delegate:
    """Make a one-time link's code for somebody to receive until a Taipei date; joins the
    transaction.

    `last_day` is the end of the term, None where none is known. Raises InputError: `past` or
    `too_long` for `until`; `too_many`; `quiet` while the guardian's own quiet day runs;
    `not_possible` where the child is sealed or the guardian kept away.
    """
    today = school_day_of(now)
    child = session.get_one(Student, binding.student_id)
    if not is_open_to(session, vault, binding.guardian_id, child):
        raise InputError("not_possible", "until")
    if until < today:
        raise InputError("past", "until")
    if until > (last_day or today + LONGEST):
        raise InputError("too_long", "until")
    if binding.quiet_until is not None and now < binding.quiet_until:
        raise InputError("quiet", "until")
    if len(delegates_of(session, binding.id, now)) >= MOST:
        raise InputError("too_many", "until")
    code = new_code()
    delegate = Delegate(
        binding_id=binding.id,
        label=label,
        until=until,
        invited_at=now,
        code_index=vault.index(code, CODE),
        code_expires_at=now + CODE_GOOD_FOR,
        code_sealed=vault.seal(code, CODE),
    )
    session.add(delegate)
    session.flush()
    actor = f"guardian:{binding.guardian_id}"
    subject = f"delegate:{delegate.id}"
    record_audit(session, actor=actor, action="delegate.invite", subject=subject, now=now)
    return delegate


def code_of(vault: Vault, delegate: Delegate) -> str:
    """Return the code that waits to be used, "" when it was."""
    return vault.open(delegate.code_sealed, CODE) if delegate.code_sealed else ""


def delegates_of(session: Session, binding_id: UUID, now: datetime) -> list[Delegate]:
    """Return who receives or is invited to, as the guardian sees it, oldest first."""
    statement = (
        select(Delegate)
        .where(
            Delegate.binding_id == binding_id,
            col(Delegate.ended_at).is_(None),
            Delegate.until >= school_day_of(now),
            or_(col(Delegate.accepted_at).is_not(None), Delegate.code_expires_at > now),
        )
        .order_by(col(Delegate.invited_at), col(Delegate.id))
    )
    return list(session.exec(statement))


def delegations_to(session: Session, line_user_id: str, now: datetime) -> list[Delegation]:
    """Return what the LINE user receives in another's stead."""
    statement = (
        with_child()
        .where(
            Delegate.line_user_id == line_user_id,
            col(Delegate.ended_at).is_(None),
            Delegate.until >= school_day_of(now),
        )
        .order_by(col(Delegate.accepted_at), col(Delegate.id))
    )
    return [Delegation(one, given_name(name)) for one, name in session.exec(statement)]


def is_receiver(session: Session, line_user_id: str, now: datetime) -> bool:
    """Tell whether the LINE user receives something in another's stead."""
    values = {"line_user_id": line_user_id, "today": school_day_of(now)}
    return bool(run(session, _received, values))


@cache
def _received(_engine: str) -> Any:
    row = table_of(Delegate).c
    return select(row.id).where(
        row.line_user_id == bindparam("line_user_id"),
        row.ended_at.is_(None),
        row.until >= bindparam("today"),
    )


def find_invitation(
    session: Session, vault: Vault, code: str, line_user_id: str, now: datetime
) -> Delegation | None:
    """Return what a code invites to, or None. Wrong ones count against the LINE user.

    None too where the child is sealed or a school keeps the LINE user's guardian away.
    Joins the caller's transaction. Raises InputError("own_limit") when today's tries are used up.
    """
    own = receiver_subject(vault, line_user_id)
    if not take_slots(session, [own], now):
        raise InputError("own_limit")
    statement = with_child().where(
        col(Delegate.code_index).in_(_indexes(vault, code)),
        col(Delegate.accepted_at).is_(None),
        col(Delegate.ended_at).is_(None),
        Delegate.code_expires_at > now,
        Delegate.until >= school_day_of(now),
    )
    found = session.exec(statement).first()
    if found is None or not _may_receive(session, vault, found[0], line_user_id):
        return None
    give_back(session, [own], now)
    return Delegation(found[0], given_name(found[1]))


def has_taken(session: Session, vault: Vault, code: str, line_user_id: str, now: datetime) -> bool:
    """Tell whether the LINE user receives by this very code already: a link is opened again."""
    indexes = _indexes(vault, code)
    received = delegations_to(session, line_user_id, now)
    return any(one.delegate.code_index in indexes for one in received)


def _indexes(vault: Vault, code: str) -> list[str]:
    return vault.index_candidates(normalise_code(code), CODE)


def accept(
    session: Session, vault: Vault, delegate_id: UUID, line_user_id: str, now: datetime
) -> bool:
    """Let the LINE user receive; tell whether the invitation was still free. Joins the transaction.

    One conditional statement, so one link makes one receiver. False too where somebody may not.
    """
    if not _may_receive(session, vault, session.get_one(Delegate, delegate_id), line_user_id):
        return False
    taken = session.execute(
        update(Delegate)
        .where(
            col(Delegate.id) == delegate_id,
            col(Delegate.accepted_at).is_(None),
            col(Delegate.ended_at).is_(None),
            col(Delegate.code_expires_at) > now,
        )
        .values(line_user_id=line_user_id, accepted_at=now, code_sealed=None)
        .returning(col(Delegate.id))
        .execution_options(synchronize_session=False)
    ).first()
    if taken is not None:
        subject = f"delegate:{delegate_id}"
        record_audit(session, actor=subject, action="delegate.accept", subject=subject, now=now)
    return taken is not None


def _may_receive(session: Session, vault: Vault, delegate: Delegate, line_user_id: str) -> bool:
    """Tell whether no seal and no bar stands in the way, of owner or receiver."""
    binding = session.get_one(Binding, delegate.binding_id)
    rows = rows_lent(session, vault, delegate)
    if any(one.is_sealed for one in rows):
        return False
    # Whoever unlinks the account stays who it was.
    linked = select(AccountLink.guardian_id).where(AccountLink.line_user_id == line_user_id)
    persons = {binding.guardian_id, *session.exec(linked)}
    ids = [one.id for one in rows]
    return not any(is_barred(session, vault, one, ids) for one in persons)


def rows_lent(session: Session, vault: Vault, delegate: Delegate) -> list[Student]:
    """Return the rows of the child that is lent, and take them for what is decided of them."""
    binding = session.get_one(Binding, delegate.binding_id)
    return take_rows(session, vault, session.get_one(Student, binding.student_id))


def with_child() -> Any:
    """Return the statement of delegates with their child's name, to be narrowed."""
    return (
        select(Delegate, Student.name)
        .join(Binding, col(Binding.id) == col(Delegate.binding_id))
        .join(Student, col(Student.id) == col(Binding.student_id))
        # Who took a link up is written past what the session remembers.
        .execution_options(populate_existing=True)
    )
