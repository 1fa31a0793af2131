"""One-time tickets of a sign-in elsewhere: opened at the start, used at the return, ended once.

A ticket is good only in the browser that opened it, and there only for the same LINE user. Each
step is one conditional UPDATE, so of two requests at once one goes on.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlmodel import Session, col

from core.crypto import Vault, fingerprint
from core.identity.tables import LinkTicket
from core.people.guardians import PassMember

MEMBER = "link_ticket.member"
LINK_TOKEN = "link_ticket.link_token"  # noqa: S105
# For each step. Source: LINE docs, "Linking user accounts": a link token lives as long.
STEP = timedelta(minutes=10)
# An ended ticket still tells a browser that steps back where things stand.
KEPT = timedelta(days=1)
# Source: LINE docs, "Linking user accounts": 10 to 255 characters, 128 bits or more.
NONCE_BYTES = 24


@dataclass(frozen=True, slots=True)
class Browser:
    """Who may use a ticket: the fingerprint of what only this browser holds, and its LINE user."""

    key_hash: str
    line_user_id: str | None


@dataclass(frozen=True, slots=True)
class Start:
    """A sign-in that begins. `link_token` is LINE's, where LINE is to say who it is."""

    provider: str
    state: str
    link_token: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What LINE is asked: whose link token this is, and to bring the nonce back with the answer."""

    link_token: str
    nonce: str


def open_ticket(
    session: Session, vault: Vault, browser: Browser, start: Start, now: datetime
) -> None:
    """Begin a sign-in; what this browser began before is void. Joins the caller's transaction."""
    _forget(session, browser, now)
    token = start.link_token
    session.add(
        LinkTicket(
            state_hash=fingerprint(start.state),
            browser_hash=browser.key_hash,
            line_user_id=browser.line_user_id,
            provider=start.provider,
            started_at=now,
            expires_at=now + STEP,
            link_token_sealed=vault.seal(token, LINK_TOKEN) if token else None,
        )
    )


def find_ticket(session: Session, browser: Browser, start: Start) -> LinkTicket | None:
    """Return the ticket this browser began with that state, whatever became of it."""
    found = session.execute(
        select(LinkTicket).where(
            *_is_of(browser),
            col(LinkTicket.state_hash) == fingerprint(start.state),
            col(LinkTicket.provider) == start.provider,
        )
    )
    return found.scalar_one_or_none()


def use_ticket(session: Session, ticket: LinkTicket, now: datetime) -> bool:
    """Note that the person came back; tell whether it was the first time and in time."""
    return _step(session, ticket.id, col(LinkTicket.returned_at).is_(None), now, returned_at=now)


def keep_member(
    session: Session, vault: Vault, ticket: LinkTicket, member: PassMember, now: datetime
) -> None:
    """Let the member wait for the guardian's yes; joins the caller's transaction."""
    sealed = vault.seal(member.to_json(), MEMBER)
    _step(session, ticket.id, _is_used(), now, member_sealed=sealed, expires_at=now + STEP)


def waiting_ticket(
    session: Session, browser: Browser, provider: str, now: datetime
) -> LinkTicket | None:
    """Return this browser's ticket whose member waits for the guardian's yes."""
    found = session.execute(
        select(LinkTicket).where(
            *_is_of(browser),
            _waits(),
            col(LinkTicket.provider) == provider,
            col(LinkTicket.expires_at) > now,
        )
    )
    return found.scalars().first()


def waiting_member(vault: Vault, ticket: LinkTicket) -> PassMember:
    """Return who waits. Raises ValueError when nobody does."""
    if ticket.member_sealed is None:
        raise ValueError("nobody waits")
    return PassMember.from_json(vault.open(ticket.member_sealed, MEMBER))


def end_ticket(session: Session, ticket: LinkTicket, now: datetime) -> bool:
    """Confirm or refuse, once; tell whether this was the one. Joins the caller's transaction."""
    return _step(session, ticket.id, _waits(), now, confirmed_at=now, member_sealed=None)


def ask_line(
    session: Session, vault: Vault, ticket: LinkTicket, consent_version: str, now: datetime
) -> Question | None:
    """Confirm, and return what LINE is to be asked; None when it was confirmed before.

    Joins the caller's transaction. The member waits on, for LINE's word.
    """
    if ticket.link_token_sealed is None:
        return None
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    is_first = _step(
        session,
        ticket.id,
        _waits(),
        now,
        confirmed_at=now,
        consent_version=consent_version,
        nonce_hash=fingerprint(nonce),
        link_token_sealed=None,
        expires_at=now + STEP,
    )
    token = vault.open(ticket.link_token_sealed, LINK_TOKEN)
    return Question(token, nonce) if is_first else None


def redeem_nonce(
    session: Session, vault: Vault, nonce: str, now: datetime
) -> tuple[PassMember, str] | None:
    """Return the member LINE brings back and the consent given, once; None for any other nonce.

    Joins the caller's transaction.
    """
    ticket = session.execute(
        select(LinkTicket)
        .where(col(LinkTicket.nonce_hash) == fingerprint(nonce))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if ticket is None or ticket.member_sealed is None or ticket.consent_version is None:
        return None
    member, consent = waiting_member(vault, ticket), ticket.consent_version
    is_open = col(LinkTicket.linked_at).is_(None)
    if not _step(session, ticket.id, is_open, now, linked_at=now, member_sealed=None):
        return None
    return member, consent


def _forget(session: Session, browser: Browser, now: datetime) -> None:
    is_own = col(LinkTicket.browser_hash) == browser.key_hash
    is_open = col(LinkTicket.confirmed_at).is_(None)
    is_late = col(LinkTicket.expires_at) <= now
    holds_somebody = col(LinkTicket.member_sealed).is_not(None)
    session.execute(
        delete(LinkTicket)
        .where(
            or_(
                and_(is_own, is_open),
                and_(is_late, or_(is_open, holds_somebody)),
                col(LinkTicket.expires_at) <= now - KEPT,
            )
        )
        .execution_options(synchronize_session=False)
    )


def _is_of(browser: Browser) -> tuple[Any, ...]:
    user = browser.line_user_id
    is_user = (
        col(LinkTicket.line_user_id).is_(None)
        if user is None
        else col(LinkTicket.line_user_id) == user
    )
    return col(LinkTicket.browser_hash) == browser.key_hash, is_user


def _is_used() -> Any:
    return and_(col(LinkTicket.returned_at).is_not(None), col(LinkTicket.confirmed_at).is_(None))


def _waits() -> Any:
    return and_(_is_used(), col(LinkTicket.member_sealed).is_not(None))


def _step(session: Session, ticket_id: UUID, state: Any, now: datetime, **values: Any) -> bool:
    done = session.execute(
        update(LinkTicket)
        .where(col(LinkTicket.id) == ticket_id, col(LinkTicket.expires_at) > now, state)
        .values(**values)
        .returning(col(LinkTicket.id))
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None
