"""Consents: every answer to the notice is kept, the guardian's row holds the one that counts."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.people.tables import Consent, Guardian


class ConsentWay(StrEnum):
    """How an answer came. DECLINED is a no to a new version; the yes before it counts."""

    LINK = "link"
    AGAIN = "again"
    DECLINED = "declined"


def record_consent(
    session: Session, guardian_id: UUID, version: str, how: ConsentWay, now: datetime
) -> None:
    """Add an answer to the history; joins the caller's transaction."""
    session.add(Consent(guardian_id=guardian_id, version=version, how=how, at=now))


def agree_again(session: Session, guardian_id: UUID, version: str, now: datetime) -> bool:
    """Take the yes to a new version and tell whether it is one; joins the transaction.

    The same yes sent twice is kept once.
    """
    agreed = session.exec(
        update(Guardian)
        .where(
            col(Guardian.id) == guardian_id,
            col(Guardian.erased_at).is_(None),
            col(Guardian.consent_version) != version,
        )
        .values(consent_version=version, consented_at=now)
        .returning(col(Guardian.id))
    ).first()
    if agreed is not None:
        record_consent(session, guardian_id, version, ConsentWay.AGAIN, now)
    return agreed is not None


def consents_of(session: Session, guardian_id: UUID) -> list[Consent]:
    """Return the guardian's answers, newest first."""
    statement = select(Consent).where(Consent.guardian_id == guardian_id)
    return list(session.exec(statement.order_by(col(Consent.at).desc(), col(Consent.id))))
