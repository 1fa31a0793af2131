"""Settling: what the mail server's answer means for a letter, and for its address."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.audit import record_audit
from core.house import House
from core.kinds import NoticeState
from core.mailing.claims import LetterOut, verified_email
from core.notices.channel_notices import tell_bounced
from core.notices.queue import Next, settle
from core.people.contacts import Contact, contact_in, is_same
from core.people.tables import Guardian
from core.post.answer import About, Answer, Outcome
from core.post.doubt import next_try

# A grey-listing server lets a letter in after some minutes, and wants it tried again before that.
DELAYS_SECONDS = (10, 60, 120, 300, 300, 600)
BOUNCED = "contact.bounced"
MACHINE = "system:mail"


def next_of(out: LetterOut, answer: Answer, now: datetime) -> Next:
    """Decide what an answer means for its letter.

    Only what surely never left goes again. What nobody can tell of ends as it is: a second letter
    would be read as a second piece of news.
    """
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Next(NoticeState.ACCEPTED)
        case Outcome.UNKNOWN:
            return Next(NoticeState.UNKNOWN)
        case Outcome.REFUSED:
            is_gone = answer.about is About.ADDRESS or out.was_tried
            return Next(NoticeState.REFUSED if is_gone else NoticeState.DEAD)
        case Outcome.STOPPED:
            return Next(NoticeState.PENDING, next_try(answer, now, out.expires_at))
        case Outcome.LATER:
            return _later(out, now)


def _later(out: LetterOut, now: datetime) -> Next:
    place = min(out.attempts, len(DELAYS_SECONDS)) - 1
    due_at = now + timedelta(seconds=DELAYS_SECONDS[place])
    if due_at < out.expires_at:
        return Next(NoticeState.PENDING, due_at)
    return Next(NoticeState.UNKNOWN if out.was_tried else NoticeState.EXPIRED)


def settle_letter(
    session: Session, house: House, out: LetterOut, answer: Answer, now: datetime
) -> Next | None:
    """Write what became of a letter; joins the caller's transaction.

    None where the lease is no longer ours: the word of whoever has it counts. An address that takes
    no letters is used no more, and its owner told on LINE; a second verified one gets the letter.
    """
    to = next_of(out, answer, now)
    if answer.outcome is Outcome.REFUSED and answer.about is About.ADDRESS:
        guardian = session.get_one(
            Guardian, out.letters.guardian_id, with_for_update=True, populate_existing=True
        )
        close_address(session, house, guardian, out.contact, out.id, now)
        if verified_email(house.vault, guardian) is not None:
            to = Next(NoticeState.PENDING, now)
    return to if _write(session, out, to, answer, now) else None


def let_go(session: Session, letters: Collection[LetterOut], now: datetime) -> None:
    """Put back what was leased and never begun; joins the caller's transaction."""
    for out in letters:
        _write(session, out, Next(NoticeState.PENDING, now), None, now)


def _write(
    session: Session, out: LetterOut, to: Next, answer: Answer | None, now: datetime
) -> bool:
    is_try = answer is not None and answer.outcome is not Outcome.STOPPED
    reason = answer.reason if answer else None
    return settle(session, out.held, to, reason, now, is_try=is_try)


def close_address(
    session: Session, house: House, guardian: Guardian, gone: Contact, letter: UUID, now: datetime
) -> None:
    """Use an address no more that takes no letters, and tell its owner on LINE.

    Not where it was changed or ended meanwhile. `letter` is the notice that came back. Joins the
    caller's transaction, which holds the guardian's row.
    """
    held = contact_in(house.vault, guardian, gone.slot)
    if not held.is_verified or not is_same(held.address, gone.address):
        return
    setattr(guardian, f"{held.slot}_is_verified", False)
    subject = f"guardian:{guardian.id}"
    record_audit(session, actor=MACHINE, action=BOUNCED, subject=subject, now=now)
    session.flush()
    tell_bounced(session, house.settings.liff_id, guardian.id, held, letter, now)
