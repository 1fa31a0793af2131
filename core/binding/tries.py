"""Tries: how many misses a day a guardian and a child have, held by the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, delete, func, update
from sqlmodel import Session, col, select

from core.binding.tables import TryCounter
from core.clock import school_day_of
from core.crypto import Vault
from core.db import INSERTS, UtcDateTime, table_of
from core.people import identity_numbers
from core.people.roster import Claim, normalise_student_number
from core.people.tables import BindingAttempt
from core.rows import run

KEY = "try_counter.key"
SUBJECT = "try_counter.subject"
# Misses a Taipei date: of one guardian, and at one child by everybody together.
OWN_LIMIT = 5
CHILD_LIMIT = 10
# Codes to addresses a Taipei date: asked for by one guardian, and sent to one address by everybody.
CODES_LIMIT = 10
ADDRESS_LIMIT = 5
KEPT_FOR = timedelta(days=2)
MISMATCH, CLOSED = "mismatch", "closed"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Something that can be guessed at too often: `key` is its blind index."""

    key: str
    limit: int
    sealed: str | None = None


def own_subject(vault: Vault, pass_id: str) -> Subject:
    """Return the Taipei Pass member as one who tries, whatever account it is."""
    return Subject(_key(vault, f"own/{pass_id}"), OWN_LIMIT)


def own_codes_subject(vault: Vault, pass_id: str) -> Subject:
    """Return the member as one who tries codes: possible still when the facts are used up."""
    return Subject(_key(vault, f"codes/{pass_id}"), OWN_LIMIT)


def receiver_subject(vault: Vault, line_user_id: str) -> Subject:
    """Return a LINE user as one who tries codes of delegations."""
    return Subject(_key(vault, f"delegate/{line_user_id}"), OWN_LIMIT)


def contact_subjects(vault: Vault, pass_id: str, address: str) -> list[Subject]:
    """Return the member and the address as those by whom, and to whom, codes are sent."""
    return [
        Subject(_key(vault, f"contact/{pass_id}"), CODES_LIMIT),
        Subject(_key(vault, f"address/{address.casefold()}"), ADDRESS_LIMIT),
    ]


def child_subjects(vault: Vault, claim: Claim) -> list[Subject]:
    """Return the child as the claim names it, by number and by identity number.

    Guesses that keep either and change the rest add up.
    """
    number = normalise_student_number(claim.student_number)
    national_id = identity_numbers.normalise(claim.national_id)
    return [
        _child_subject(vault, f"number/{claim.school_code}/{number}"),
        _child_subject(vault, f"identity/{national_id}"),
    ]


def _child_subject(vault: Vault, named: str) -> Subject:
    return Subject(_key(vault, named), CHILD_LIMIT, vault.seal(named, SUBJECT))


def _key(vault: Vault, named: str) -> str:
    # The oldest key that still counts: a new one must not begin the day's count anew.
    return vault.index_candidates(named, KEY)[-1]


def take_slots(session: Session, subjects: Iterable[Subject], now: datetime) -> bool:
    """Count a try against each subject; tell whether all of them were still below their limits.

    Each row is taken in the order of the keys and stays locked to the end of the transaction, so of
    parallel tries no more than the limit get through. Joins the caller's transaction.
    """
    took = [_take(session, subject, now) for subject in sorted(subjects)]
    return all(took)


def _take(session: Session, subject: Subject, now: datetime) -> bool:
    values = {
        "key": subject.key,
        "school_day": school_day_of(now),
        "subject_sealed": subject.sealed,
        "limit": subject.limit,
        "now": now,
    }
    number: int = run(session, _taking, values).scalar_one()
    return number <= subject.limit


@cache
def _taking(engine: str) -> Any:
    counter = table_of(TryCounter)
    limit: Any = bindparam("limit")
    # One beyond the limit is as far as it counts: whoever comes then was refused.
    more = case((counter.c.number <= limit, counter.c.number + 1), else_=counter.c.number)
    is_filled = counter.c.number + 1 == limit
    return (
        INSERTS[engine](counter)
        .values(
            key=bindparam("key"),
            school_day=bindparam("school_day"),
            number=1,
            subject_sealed=bindparam("subject_sealed"),
        )
        .on_conflict_do_update(
            index_elements=["key", "school_day"],
            set_={
                "number": more,
                "full_at": case(
                    (is_filled, bindparam("now", type_=UtcDateTime)), else_=counter.c.full_at
                ),
            },
        )
        .returning(counter.c.number)
    )


def tries_left(session: Session, subject: Subject, now: datetime) -> int:
    """Return how many more misses a subject may have today."""
    return max(subject.limit - _number(session, subject.key, school_day_of(now)), 0)


def give_back(session: Session, subjects: Iterable[Subject], now: datetime) -> None:
    """Take the try back that was none: the facts fitted. Joins the caller's transaction."""
    keys = sorted(subject.key for subject in subjects)
    session.execute(
        update(TryCounter)
        .where(col(TryCounter.key).in_(keys), col(TryCounter.school_day) == school_day_of(now))
        .values(number=col(TryCounter.number) - 1, full_at=None)
        .execution_options(synchronize_session=False)
    )


def note_miss(
    session: Session,
    guardian_id: UUID,
    child: Sequence[Subject],
    outcome: str,
    now: datetime,
) -> None:
    """Keep the miss for the alarm and for whoever looks into it, under two names of the child."""
    number, identity = (subject.key for subject in child)
    session.add(
        BindingAttempt(
            guardian_id=guardian_id,
            subject_index=number,
            identity_index=identity,
            school_day=school_day_of(now),
            tried_at=now,
            outcome=outcome,
        )
    )


def misses_since(session: Session, since: datetime) -> int:
    """Return how many tries failed since a moment, everybody's together."""
    statement = select(func.count()).where(col(BindingAttempt.tried_at) >= since)
    return session.exec(statement).one()


def forget_old_counters(session: Session, now: datetime) -> None:
    """Drop the counters of days that are over; joins the caller's transaction."""
    before = school_day_of(now - KEPT_FOR)
    session.execute(delete(TryCounter).where(col(TryCounter.school_day) < before))


def _number(session: Session, key: str, day: date) -> int:
    statement = select(TryCounter.number).where(TryCounter.key == key, TryCounter.school_day == day)
    return session.exec(statement).first() or 0
