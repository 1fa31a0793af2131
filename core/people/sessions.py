"""Signed-in browsers: our own session rows, revocable, with idle and absolute limits."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from core.crypto import Vault, fingerprint
from core.people.guardians import PassMember
from core.people.tables import WebSession

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
# seen_at is written at most this often: a page view should not cost a write.
TOUCH_EVERY = timedelta(minutes=1)
LINE_NAME = "web_session.line_name"
PENDING_LINK = "web_session.pending_link"


def open_session(
    session: Session, vault: Vault, *, line_user_id: str, line_name: str, now: datetime
) -> str:
    """Return a fresh token for the cookie; joins the caller's transaction."""
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=fingerprint(token),
            line_user_id=line_user_id,
            line_name_sealed=vault.seal(line_name, LINE_NAME),
            created_at=now,
            seen_at=now,
        )
    )
    return token


def find_session(session: Session, token: str, now: datetime) -> WebSession | None:
    """Return the live session of a token; None when ended, idle 30 minutes, or 12 hours old."""
    found = session.get(WebSession, fingerprint(token))
    if found is None or found.ended_at is not None:
        return None
    if now - found.seen_at > IDLE_LIMIT or now - found.created_at > ABSOLUTE_LIMIT:
        return None
    return found


def is_due_for_touch(web_session: WebSession, now: datetime) -> bool:
    """Tell whether it is time to write that the session was seen."""
    return now - web_session.seen_at >= TOUCH_EVERY


def touch_session(session: Session, token: str, now: datetime) -> None:
    """Write that the session was seen, which restarts its idle time; joins the transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == fingerprint(token), col(WebSession.ended_at).is_(None))
        .values(seen_at=now)
    )


def end_session(session: Session, token: str, now: datetime) -> None:
    """Sign this browser out; joins the caller's transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == fingerprint(token), col(WebSession.ended_at).is_(None))
        .values(ended_at=now, pending_link_sealed=None)
    )


def session_line_name(vault: Vault, web_session: WebSession) -> str:
    """Return the LINE display name the ID token carried."""
    return vault.open(web_session.line_name_sealed, LINE_NAME)


def set_pending_link(
    session: Session, vault: Vault, web_session: WebSession, member: PassMember | None
) -> None:
    """Keep (or with None forget) the member between callback and confirm."""
    sealed = vault.seal(member.to_json(), PENDING_LINK) if member else None
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == web_session.token_hash)
        .values(pending_link_sealed=sealed)
    )


def pending_link(vault: Vault, web_session: WebSession) -> PassMember | None:
    """Return the member who waits for the guardian's yes."""
    sealed = web_session.pending_link_sealed
    return PassMember.from_json(vault.open(sealed, PENDING_LINK)) if sealed else None
