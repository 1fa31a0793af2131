"""Signed-in browsers: our own session rows, revocable, with idle and absolute limits."""

import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, update
from sqlmodel import Session, col

from core.crypto import Vault, fingerprint
from core.db import table_of
from core.people.tables import WebSession
from core.rows import run, run_models

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
# seen_at is written at most this often: a page view should not cost a write.
TOUCH_EVERY = timedelta(minutes=1)
# How long ago a person may have been proved for a step that can't be taken back.
PROOF_LIMIT = timedelta(minutes=10)
# Ended sessions are kept as long as LINE's events, to see afterwards who was signed in when.
KEEP = timedelta(days=30)
LINE_NAME = "web_session.line_name"


def open_session(
    session: Session,
    vault: Vault,
    *,
    line_user_id: str,
    line_name: str,
    proved_at: datetime,
    now: datetime,
) -> str:
    """Return a fresh token for the cookie; joins the caller's transaction.

    `proved_at` is when LINE vouched for the person, which may be a while ago.
    """
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=fingerprint(token),
            line_user_id=line_user_id,
            line_name_sealed=vault.seal(line_name, LINE_NAME),
            created_at=now,
            seen_at=now,
            proved_at=min(proved_at, now),
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> WebSession | None:
    """Return the live session of a token; None when ended, idle 30 minutes, or 12 hours old.

    To read only: what happens to it is written by the functions here.
    """
    values = {"token_hash": fingerprint(token)}
    for found in run_models(session, _open_session, WebSession, values):
        is_idle = now - found.seen_at > IDLE_LIMIT
        if not is_idle and now - found.created_at <= ABSOLUTE_LIMIT:
            return found
    return None


@cache
def _open_session(_engine: str) -> Any:
    row = table_of(WebSession)
    return row.select().where(row.c.token_hash == bindparam("token_hash"), row.c.ended_at.is_(None))


def is_due_for_touch(web_session: WebSession, now: datetime) -> bool:
    """Tell whether it is time to write that the session was seen."""
    return now - web_session.seen_at >= TOUCH_EVERY


def touch_session(session: Session, token: str, now: datetime) -> None:
    """Write that the session was seen, which restarts its idle time; joins the transaction."""
    run(session, _touch, {"hash": fingerprint(token), "now": now})


@cache
def _touch(_engine: str) -> Any:
    row = table_of(WebSession)
    is_open = and_(row.c.token_hash == bindparam("hash"), row.c.ended_at.is_(None))
    return row.update().where(is_open).values(seen_at=bindparam("now"))


def end_session(session: Session, token: str, now: datetime) -> None:
    """Sign this browser out; joins the caller's transaction."""
    end_session_of(session, fingerprint(token), now)


def end_session_of(session: Session, token_hash: str, now: datetime) -> None:
    """End the session whose token has this fingerprint; joins the caller's transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == token_hash, col(WebSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def end_all_sessions(session: Session, line_user_id: str, now: datetime) -> None:
    """Sign the person out of every browser; joins the caller's transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.line_user_id) == line_user_id, col(WebSession.ended_at).is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def prove_session(session: Session, web_session: WebSession, now: datetime) -> None:
    """Keep that the person was proved just now; joins the caller's transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == web_session.token_hash)
        .values(proved_at=now)
    )


def is_proved_recently(web_session: WebSession, now: datetime) -> bool:
    """Tell whether the person was proved within the last ten minutes."""
    return now - web_session.proved_at <= PROOF_LIMIT


def purge_sessions(session: Session, now: datetime) -> None:
    """Forget sessions that ended long ago; joins the caller's transaction."""
    session.execute(delete(WebSession).where(col(WebSession.seen_at) < now - KEEP))


def session_line_name(vault: Vault, web_session: WebSession) -> str:
    """Return the LINE display name the ID token carried."""
    return vault.open(web_session.line_name_sealed, LINE_NAME)
