"""Letters that come back later: the address is used no more, and its owner told on LINE.

What is still news goes once to the second address where that is proven; a no-show climbs otherwise.

A report counts that comes to a return path we signed for that letter to that address, and says that
very address failed. Anything else changes nothing: anybody can write to a mailbox.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlmodel import Session, col

from core.audit import AuditEntry, record_audit
from core.contact.proofs import Proof, last_proof
from core.contact.tables import ProofState
from core.house import House
from core.kinds import Channel, NoticeState
from core.mailing.claims import verified_email
from core.mailing.return_path import Returned, read_return_path, went_to
from core.mailing.settle import MACHINE, close_address
from core.notices.queue import BOUNCED, send_elsewhere
from core.notices.tables import Notice
from core.people.contacts import EMAILS, Contact, ContactSlot, contact_in, is_same
from core.people.tables import Guardian
from core.post.answer import About
from core.post.reports import Failure, Report, read_report

ELSEWHERE = "letter.elsewhere"
LEFT = (NoticeState.ACCEPTED, NoticeState.UNKNOWN)


def take_mail(session: Session, house: House, raw: bytes, now: datetime) -> bool:
    """Take one mail from the mailbox; tell whether a letter came back by it.

    Joins the caller's transaction. The same mail again changes nothing.
    """
    report = read_report(raw)
    if report is None:
        return False
    paths = (read_return_path(house.settings, one) for one in report.sent_to)
    return any(_take(session, house, path, report, now) for path in set(paths) if path)


def _take(
    session: Session, house: House, returned: Returned, report: Report, now: datetime
) -> bool:
    found = session.get(Notice, returned.letter)
    if found is None or found.channel != Channel.EMAIL or found.guardian_id is None:
        return False
    guardian = session.get_one(
        Guardian, found.guardian_id, with_for_update=True, populate_existing=True
    )
    contact = _contact(house, guardian, returned)
    failure = _failure(report, contact) if contact else None
    if contact is None or failure is None:
        return False
    was_taken = found.state == NoticeState.ACCEPTED
    # The same report again, or late, says nothing of where the letter went since.
    if _went_on_from(session, found.id, contact.slot) or not _came_back(session, found):
        return False
    proof = last_proof(session, house.vault, guardian.id, contact.slot)
    if failure.about is About.ADDRESS and not _is_newer(proof, found):
        close_address(session, house, guardian, contact, found.id, now)
        # Of what nobody could tell the next channel may have told already.
        if was_taken and verified_email(house.vault, guardian) is not None:
            _send_elsewhere(session, found.id, contact.slot, now)
    return True


def _send_elsewhere(session: Session, letter: UUID, gone: ContactSlot, now: datetime) -> None:
    if send_elsewhere(session, letter, now):
        about = {"subject": f"notice:{letter}", "reason": gone.value}
        record_audit(session, actor=MACHINE, action=ELSEWHERE, now=now, **about)


def _went_on_from(session: Session, letter: UUID, slot: ContactSlot) -> bool:
    """Tell whether the letter came back from that address before, and was sent to another."""
    entry = AuditEntry
    of_letter = (col(entry.subject) == f"notice:{letter}") & (col(entry.action) == ELSEWHERE)
    return bool(session.scalar(select(exists().where(of_letter, col(entry.reason) == slot.value))))


def _contact(house: House, guardian: Guardian, returned: Returned) -> Contact | None:
    """Return the guardian's address the letter went to, None where it is theirs no more."""
    for slot in EMAILS:
        contact = contact_in(house.vault, guardian, slot)
        if contact.address and went_to(house.settings, returned, contact.address):
            return contact
    return None


def _failure(report: Report, contact: Contact) -> Failure | None:
    # Where a mailbox passes letters on, it is another address that failed.
    for one in report.failures:
        if any(is_same(name, contact.address) for name in one.recipients):
            return one
    return None


def _came_back(session: Session, notice: Notice) -> bool:
    """Say of a letter that was taken that nobody has read it; once for each time it was taken.

    When it was settled stays as it is: it was counted then. A no-show climbs on from here.
    """
    ended = session.execute(
        update(Notice)
        .where(
            col(Notice.id) == notice.id,
            col(Notice.state) == notice.state,
            col(Notice.state).in_(LEFT),
        )
        .values(state=NoticeState.REFUSED, outcome=BOUNCED)
        .returning(col(Notice.id))
        .execution_options(synchronize_session=False)
    )
    return ended.first() is not None


def _is_newer(proof: Proof | None, notice: Notice) -> bool:
    """Tell whether a code came back from the address that was sent after the letter."""
    if proof is None or proof.state is not ProofState.PROVED:
        return False
    return proof.asked_at > notice.created_at
