"""Guardians and the link between a LINE user and a Taipei Pass member."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.crypto import Vault
from core.db import insert_for, table_of
from core.endings import note_ending
from core.errors import AccessError
from core.languages.speech import spoken
from core.people.app_tokens import forget_app_token
from core.people.consents import ConsentWay, record_consent
from core.people.tables import AccountLink, Guardian
from core.rows import run, run_models

NAME = "guardian.name"
EMAIL = "guardian.email"
PHONE = "guardian.phone"
GENERAL_LEVEL = "0"
LEVEL = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class PassMember:
    """What is kept of a Taipei Pass profile. The identity number is not among it."""

    pass_id: str
    real_name: str
    verify_level: str
    email: str | None = None
    phone: str | None = None

    @property
    def is_gold(self) -> bool:
        """Tell whether the member's real name was verified."""
        return is_gold_level(self.verify_level)

    def to_json(self) -> str:
        """Return the text that from_json reads."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "PassMember":
        """Return the member that to_json wrote."""
        return PassMember(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Link:
    """A link just made; `moved_from` is the LINE user who held it before, if another one."""

    guardian: Guardian
    moved_from: str | None


def is_gold_level(level: str) -> bool:
    """Tell whether a verify level means that the real name was verified.

    Source: the city's dashboard code refuses "0"; the meaning of the levels above is not published.
    """
    return LEVEL.fullmatch(level) is not None and int(level) > 0


def find_guardian(session: Session, line_user_id: str) -> Guardian | None:
    """Return the guardian this LINE user is linked to now, to read only."""
    found = run_models(session, _linked, Guardian, {"line_user_id": line_user_id})
    return found[0] if found else None


@cache
def _linked(_engine: str) -> Any:
    guardian, link = table_of(Guardian), table_of(AccountLink)
    return (
        guardian.select()
        .join(link, link.c.guardian_id == guardian.c.id)
        .where(link.c.line_user_id == bindparam("line_user_id"), link.c.unlinked_at.is_(None))
    )


def find_link(session: Session, line_user_id: str) -> AccountLink | None:
    """Return the LINE user's open link, to read only."""
    found = run_models(session, _link, AccountLink, {"line_user_id": line_user_id})
    return found[0] if found else None


@cache
def _link(_engine: str) -> Any:
    link = table_of(AccountLink)
    is_own = link.c.line_user_id == bindparam("line_user_id")
    return link.select().where(is_own, link.c.unlinked_at.is_(None))


def find_link_of_member(session: Session, pass_id: str) -> AccountLink | None:
    """Return the open link of a Taipei Pass member, whoever holds it."""
    statement = (
        select(AccountLink)
        .join(Guardian, col(AccountLink.guardian_id) == col(Guardian.id))
        .where(Guardian.taipei_pass_id == pass_id, col(AccountLink.unlinked_at).is_(None))
    )
    return session.exec(statement).first()


def find_link_of_guardian(session: Session, guardian_id: UUID) -> AccountLink | None:
    """Return the guardian's open link."""
    return session.exec(
        select(AccountLink).where(
            AccountLink.guardian_id == guardian_id, col(AccountLink.unlinked_at).is_(None)
        )
    ).first()


def has_been_linked(session: Session, line_user_id: str) -> bool:
    """Tell whether this LINE user was ever linked, so that a greeting can say welcome back."""
    return bool(run(session, _any_link, {"line_user_id": line_user_id}).scalar_one())


@cache
def _any_link(_engine: str) -> Any:
    is_own = table_of(AccountLink).c.line_user_id == bindparam("line_user_id")
    return select(exists().where(is_own).label("is_any"))


def link_account(
    session: Session,
    vault: Vault,
    *,
    line_user_id: str,
    member: PassMember,
    consent_version: str,
    now: datetime,
    may_be_general: bool = False,
) -> Link:
    """Tie a LINE user to a member of Taipei Pass; joins the caller's transaction.

    One LINE user has one guardian and one guardian one LINE user, so earlier links of either side
    end. Raises AccessError("general_member") when the member's name is not verified, and nobody
    else may vouch for it.
    """
    if not (member.is_gold or may_be_general):
        raise AccessError("general_member", 403)
    guardian = _save_guardian(session, vault, member, consent_version, now)
    record_consent(session, guardian.id, consent_version, ConsentWay.LINK, now)
    earlier = find_link_of_member(session, member.pass_id)
    if earlier is not None and earlier.line_user_id == line_user_id:
        return Link(guardian, None)
    moved_from = earlier.line_user_id if earlier else None
    for held_by in filter(None, (moved_from, line_user_id)):
        unlink_account(session, line_user_id=held_by, now=now)
    session.add(AccountLink(line_user_id=line_user_id, guardian_id=guardian.id, linked_at=now))
    actor = f"guardian:{guardian.id}"
    record_audit(session, actor=actor, action="account.link", subject=actor, now=now)
    session.flush()
    return Link(guardian, moved_from)


def unlink_account(session: Session, *, line_user_id: str, now: datetime) -> UUID | None:
    """End the LINE user's link and return whose it was; joins the caller's transaction."""
    link = find_link(session, line_user_id)
    if link is None:
        return None
    session.execute(
        update(AccountLink).where(col(AccountLink.id) == link.id).values(unlinked_at=now)
    )
    note_ending(session, "account_link", link.id, now)
    actor = f"guardian:{link.guardian_id}"
    record_audit(session, actor=actor, action="account.unlink", subject=actor, now=now)
    forget_app_token(session, link.guardian_id, now)
    return link.guardian_id


def note_level(session: Session, member: PassMember, now: datetime) -> None:
    """Remember the level a known member came with this time; joins the caller's transaction."""
    session.execute(
        update(Guardian)
        .where(
            col(Guardian.taipei_pass_id) == member.pass_id,
            col(Guardian.verify_level) != member.verify_level,
        )
        .values(verify_level=member.verify_level, verified_at=now)
        .execution_options(synchronize_session=False)
    )


def guardian_name(vault: Vault, guardian: Guardian) -> str:
    """Return the guardian's full name."""
    return vault.open(guardian.name_sealed, NAME)


def _save_guardian(
    session: Session, vault: Vault, member: PassMember, consent_version: str, now: datetime
) -> Guardian:
    email = _own_email(session, vault, member)
    facts: dict[str, Any] = {
        "name_sealed": vault.seal(member.real_name, NAME),
        "verify_level": member.verify_level,
        "verified_at": now,
        "email1_sealed": vault.seal(email, EMAIL) if email else None,
        "phone_sealed": vault.seal(member.phone, PHONE) if member.phone else None,
        "consent_version": consent_version,
        "consented_at": now,
    }
    # They agreed in the language that was spoken to them; who is known keeps their own.
    fresh = Guardian(taipei_pass_id=member.pass_id, locale=spoken().value, **facts)
    row = table_of(Guardian).c
    # What the guardian has corrected here stays as they want it.
    kept = {
        name: func.coalesce(row[name], facts[name]) for name in ("email1_sealed", "phone_sealed")
    }
    # One statement, so that a button pressed twice makes one guardian.
    saved = (
        insert_for(session, table_of(Guardian))
        .values(fresh.model_dump())
        .on_conflict_do_update(index_elements=["taipei_pass_id"], set_=facts | kept)
        .returning(table_of(Guardian).c.id)
    )
    guardian_id: UUID = session.connection().execute(saved).scalar_one()
    return session.get_one(Guardian, guardian_id, populate_existing=True)


def _own_email(session: Session, vault: Vault, member: PassMember) -> str | None:
    """Return the member's address, None where the guardian's second field holds it already."""
    statement = select(Guardian.email2_sealed).where(Guardian.taipei_pass_id == member.pass_id)
    sealed = session.exec(statement).first()
    second = vault.open(sealed, EMAIL) if sealed else ""
    is_there = member.email and member.email.casefold() == second.casefold()
    return None if is_there else member.email
