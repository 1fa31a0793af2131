"""LINE's ID tokens are good for an hour; ours opens one session at a time, in one browser."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col

from core.crypto import fingerprint
from core.db import insert_for, table_of
from core.people.sessions import end_session_of
from core.people.tables import UsedIdToken


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUse:
    """An exchange: which token, until when it is good, whose it is, and in which browser.

    `token` is what the signature covers: signatures themselves can be written in several ways.
    `browser` is a random name the browser was given.
    """

    token: str
    expires_at: datetime
    line_user_id: str
    browser: str


def use_token(session: Session, use: TokenUse, session_token: str, now: datetime) -> bool:
    """Tell whether the token may open this session; the one it opened before ends.

    A token that was used in another browser, or whose owner signed out, opens nothing. Joins the
    caller's transaction, which has just opened the session and must not commit after a refusal.
    """
    row = UsedIdToken(
        token_hash=fingerprint(use.token),
        line_user_id=use.line_user_id,
        browser_hash=fingerprint(use.browser),
        session_hash=fingerprint(session_token),
        used_at=now,
        expires_at=use.expires_at,
    )
    # The row is what two browsers with one token race for.
    inserted = session.execute(
        insert_for(session, table_of(UsedIdToken))
        .values(row.model_dump())
        .on_conflict_do_nothing(index_elements=["token_hash"])
        .returning(table_of(UsedIdToken).c.token_hash)
    ).first()
    return inserted is not None or _use_again(session, row, now)


def _use_again(session: Session, again: UsedIdToken, now: datetime) -> bool:
    used = session.get(UsedIdToken, again.token_hash, with_for_update=True)
    if used is None or used.closed_at is not None or used.browser_hash != again.browser_hash:
        return False
    end_session_of(session, used.session_hash, now)
    used.session_hash = again.session_hash
    session.add(used)
    session.flush()
    return True


def close_tokens_of_browser(session: Session, browser: str, now: datetime) -> None:
    """Let no token open a session in this browser any more; joins the caller's transaction."""
    _close(session, col(UsedIdToken.browser_hash) == fingerprint(browser), now)


def close_tokens_of_user(session: Session, line_user_id: str, now: datetime) -> None:
    """Let no used token of this person open a session any more; joins the transaction."""
    _close(session, col(UsedIdToken.line_user_id) == line_user_id, now)


def purge_used_tokens(session: Session, now: datetime) -> None:
    """Forget tokens that ran out by themselves; joins the caller's transaction."""
    session.execute(delete(UsedIdToken).where(col(UsedIdToken.expires_at) < now))


def _close(session: Session, whose: ColumnElement[bool], now: datetime) -> None:
    session.execute(
        update(UsedIdToken).where(whose, col(UsedIdToken.closed_at).is_(None)).values(closed_at=now)
    )
