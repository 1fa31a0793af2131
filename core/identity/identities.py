"""Further identities of a guardian, and looking by them."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import Session, col

from core.audit import record_audit
from core.crypto import Vault
from core.db import insert_for, table_of
from core.identity.tables import GuardianIdentity, Viewing
from core.people.app_tokens import forget_app_token
from core.people.guardians import PassMember
from core.people.tables import Guardian

NAME = "guardian_identity.name"
# As long as a browser's session can live.
KEPT = timedelta(hours=12)


class Provider(StrEnum):
    """Where people sign in besides LINE."""

    TAIPEI_PASS = "taipei_pass"  # noqa: S105
    BUREAU = "bureau"


def find_holder(session: Session, provider: Provider, subject: str) -> UUID | None:
    """Return the guardian an identity belongs to."""
    found = session.execute(
        select(col(GuardianIdentity.guardian_id)).where(
            col(GuardianIdentity.provider) == provider, col(GuardianIdentity.subject) == subject
        )
    )
    return found.scalar_one_or_none()


def find_identity(
    session: Session, provider: Provider, guardian_id: UUID
) -> GuardianIdentity | None:
    """Return the guardian's identity of that kind."""
    found = session.execute(
        select(GuardianIdentity).where(
            col(GuardianIdentity.provider) == provider,
            col(GuardianIdentity.guardian_id) == guardian_id,
        )
    )
    return found.scalar_one_or_none()


def add_identity(
    session: Session,
    vault: Vault,
    *,
    provider: Provider,
    member: PassMember,
    guardian_id: UUID,
    now: datetime,
) -> bool:
    """Let the guardian have this identity, in place of another of its kind; joins the transaction.

    Tells whether it is the guardian's now: one that is somebody else's stays there.
    """
    holder = find_holder(session, provider, member.pass_id)
    if holder is not None:
        return holder == guardian_id
    drop_identity(session, provider=provider, guardian_id=guardian_id, now=now)
    fresh = GuardianIdentity(
        provider=provider,
        subject=member.pass_id,
        guardian_id=guardian_id,
        name_sealed=vault.seal(member.real_name, NAME),
        verify_level=member.verify_level,
        verified_at=now,
    )
    insert = insert_for(session, table_of(GuardianIdentity)).values(fresh.model_dump())
    session.execute(insert.on_conflict_do_nothing())
    actor = f"guardian:{guardian_id}"
    record_audit(session, actor=actor, action=f"identity.add.{provider}", subject=actor, now=now)
    # Of two at once one wins.
    return find_holder(session, provider, member.pass_id) == guardian_id


def drop_identity(
    session: Session, *, provider: Provider, guardian_id: UUID, now: datetime
) -> bool:
    """End the identity and all looking by it; tell whether there was one. Joins the transaction."""
    found = find_identity(session, provider, guardian_id)
    if found is None:
        return False
    same = (col(Viewing.provider) == provider, col(Viewing.subject) == found.subject)
    session.execute(delete(Viewing).where(*same).execution_options(synchronize_session=False))
    session.delete(found)
    session.flush()
    if provider is Provider.BUREAU:
        # By it the app was connected.
        forget_app_token(session, guardian_id, now)
    actor = f"guardian:{guardian_id}"
    record_audit(session, actor=actor, action=f"identity.drop.{provider}", subject=actor, now=now)
    return True


def begin_viewing(
    session: Session, *, browser_hash: str, provider: Provider, subject: str, now: datetime
) -> None:
    """Let this browser look at the pages of whom the identity belongs to; joins the transaction."""
    session.execute(
        delete(Viewing)
        .where((col(Viewing.browser_hash) == browser_hash) | (col(Viewing.began_at) < now - KEPT))
        .execution_options(synchronize_session=False)
    )
    session.add(
        Viewing(browser_hash=browser_hash, provider=provider, subject=subject, began_at=now)
    )
    whose = f"guardian:{find_holder(session, provider, subject)}"
    record_audit(session, actor=whose, action=f"identity.view.{provider}", subject=whose, now=now)


def viewed_guardian(session: Session, browser_hash: str) -> Guardian | None:
    """Return whose pages this browser looks at by another identity than Taipei Pass."""
    found = session.execute(
        select(Guardian)
        .join(GuardianIdentity, col(GuardianIdentity.guardian_id) == col(Guardian.id))
        .join(
            Viewing,
            (col(Viewing.provider) == col(GuardianIdentity.provider))
            & (col(Viewing.subject) == col(GuardianIdentity.subject)),
        )
        .where(col(Viewing.browser_hash) == browser_hash)
    )
    return found.scalar_one_or_none()
