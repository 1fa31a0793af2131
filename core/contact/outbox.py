"""Letters and messages with codes: leased to one sender for a while, settled in a named state."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_, select, update
from sqlmodel import Session, col

from core.contact.proofs import ADDRESS, CODE, GOOD_FOR
from core.contact.tables import ContactProof, ProofState
from core.crypto import Vault
from core.db import UtcDateTime
from core.kinds import UNFINISHED_STATES, NoticeState
from core.people.contacts import ContactSlot
from core.post.answer import Answer, Outcome
from core.rows import is_literally, run

# Outlasts a conversation of which every step takes as long as it may.
LEASE = timedelta(seconds=90)
DELAYS_SECONDS = (2, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """One code to send. `attempts` counts this try; `language` is the reader's."""

    id: UUID
    slot: ContactSlot
    address: str
    code: str
    language: str
    asked_at: datetime
    give_up_at: datetime
    attempts: int
    lease_token: UUID


def has_work(session: Session, now: datetime) -> bool:
    """Tell whether something is to be sent or to be ended; only reads."""
    return bool(run(session, _any_work, {"now": now}).scalar_one())


@cache
def _any_work(_engine: str) -> Any:
    now = bindparam("now", type_=UtcDateTime)
    due, over = exists().where(_is_free(now)), exists().where(_is_overdue(now))
    return select(or_(due, over).label("has_work"))


def end_overdue(session: Session, now: datetime) -> None:
    """End codes nobody typed in time, and messages whose sender died; joins the transaction.

    A text message that may have left is not sent again: it would be a second one.
    """
    row = ContactProof
    is_late, is_over = col(row.give_up_at) <= now, ~_is_waiting()
    is_lost = and_(_is_free(now), col(row.letter) == NoticeState.LEASED)
    lost = and_(is_lost, or_(_is_text(), is_late, is_over))
    _update(session, lost, letter=NoticeState.UNKNOWN, outcome="lease_lost", **_settled(now))
    is_unsent = col(row.letter) == NoticeState.PENDING
    _update(session, and_(is_unsent, is_over), letter=NoticeState.CANCELLED, **_settled(now))
    # Its code was never told to anybody.
    _update(session, and_(is_unsent, is_late), letter=NoticeState.EXPIRED, **_settled(now))
    silent = and_(_is_waiting(), col(row.letter) == NoticeState.EXPIRED)
    _update(session, silent, state=ProofState.UNSENT, **_ended(now))
    _update(session, _is_overdue(now), state=ProofState.EXPIRED, **_ended(now))


def claim_letters(session: Session, vault: Vault, *, limit: int, now: datetime) -> list[CodeLetter]:
    """Lease up to `limit` due letters, oldest first; joins the caller's transaction."""
    due = (
        select(col(ContactProof.id))
        .where(_is_free(now), _is_waiting())
        .order_by(col(ContactProof.due_at), col(ContactProof.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = session.scalars(
        update(ContactProof)
        .where(col(ContactProof.id).in_(due), _is_free(now))
        .values(
            letter=NoticeState.LEASED,
            lease_token=uuid4(),
            lease_until=now + LEASE,
            attempts=col(ContactProof.attempts) + 1,
        )
        .returning(ContactProof)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    return [_code_letter(vault, one) for one in sorted(leased, key=lambda one: one.due_at)]


def settle_letter(session: Session, letter: CodeLetter, answer: Answer, now: datetime) -> None:
    """Write what became of a letter, where the lease is still ours; joins the transaction."""
    state, due_at = _next(letter, answer, now)
    mine = and_(
        col(ContactProof.id) == letter.id,
        col(ContactProof.lease_token) == letter.lease_token,
        col(ContactProof.letter) == NoticeState.LEASED,
    )
    values: dict[str, Any] = {"letter": state, "outcome": answer.reason, "lease_until": None}
    values |= {"lease_token": None, "reference": answer.reference or None}
    values |= {"due_at": due_at} if due_at else {"settled_at": now}
    if state in (NoticeState.REFUSED, NoticeState.EXPIRED):
        # A newer code may have taken its place meanwhile: that one's end stays.
        is_open = _is_waiting()
        values |= {
            "state": case((is_open, ProofState.UNSENT.value), else_=col(ContactProof.state)),
            "ended_at": case((is_open, now), else_=col(ContactProof.ended_at)),
            "code_sealed": None,
        }
    elif due_at is None:
        # The reader's minutes begin now.
        values["expires_at"] = now + GOOD_FOR
    _update(session, mine, **values)


def _next(letter: CodeLetter, answer: Answer, now: datetime) -> tuple[NoticeState, datetime | None]:
    match answer.outcome:
        case Outcome.ACCEPTED:
            return NoticeState.ACCEPTED, None
        case Outcome.REFUSED:
            return NoticeState.REFUSED, None
        case Outcome.UNKNOWN:
            return NoticeState.UNKNOWN, None
        case Outcome.LATER | Outcome.STOPPED:
            place = min(letter.attempts, len(DELAYS_SECONDS)) - 1
            due_at = now + timedelta(seconds=DELAYS_SECONDS[place])
            in_time = due_at < letter.give_up_at
            return (NoticeState.PENDING, due_at) if in_time else (NoticeState.EXPIRED, None)


def _code_letter(vault: Vault, row: ContactProof) -> CodeLetter:
    assert row.code_sealed is not None  # noqa: S101  # the claim takes waiting rows only
    assert row.lease_token is not None  # noqa: S101  # set by the claim
    return CodeLetter(
        row.id,
        ContactSlot(row.slot),
        vault.open(row.address_sealed, ADDRESS),
        vault.open(row.code_sealed, CODE),
        row.language,
        row.asked_at,
        row.give_up_at,
        row.attempts,
        row.lease_token,
    )


def _is_free(now: Any) -> ColumnElement[bool]:
    row = ContactProof
    # Like news in the outbox: the clock of the process that asked may be milliseconds ahead.
    is_new = and_(col(row.due_at) <= col(row.asked_at), col(row.attempts) == 0)
    return and_(
        is_literally(col(row.letter), UNFINISHED_STATES),
        or_(
            and_(col(row.letter) == NoticeState.PENDING, or_(col(row.due_at) <= now, is_new)),
            and_(col(row.letter) == NoticeState.LEASED, col(row.lease_until) < now),
        ),
    )


def _is_waiting() -> ColumnElement[bool]:
    return is_literally(col(ContactProof.state), [ProofState.WAITING.value])


def _is_overdue(now: Any) -> ColumnElement[bool]:
    return and_(_is_waiting(), col(ContactProof.expires_at) <= now)


def _is_text() -> ColumnElement[bool]:
    return col(ContactProof.slot) == ContactSlot.PHONE


def _settled(now: datetime) -> dict[str, Any]:
    return {"settled_at": now, "lease_until": None, "lease_token": None}


def _ended(now: datetime) -> dict[str, Any]:
    return {"ended_at": now, "code_sealed": None}


def _update(session: Session, which: ColumnElement[bool], **values: Any) -> None:
    session.execute(
        update(ContactProof)
        .where(which)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
