"""Settling: what the firm's answer means for a text and for its notice.

Only what surely never left goes again. What nobody can tell of is asked after, never repeated.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import Session

from core.kinds import NoticeState
from core.notices.queue import Next, settle
from core.orders.tables import TextState
from core.orders.texts import move_text
from core.post.answer import Answer, Outcome
from core.receipts.kept import name_text
from core.texting.claims import TextOut

DELAYS_SECONDS = (5, 15, 30, 60, 120)
# Nobody reads of it: a person looks at the account.
CARRIER_PAUSE = timedelta(seconds=60)
STATES = {
    NoticeState.ACCEPTED: TextState.SENT,
    NoticeState.UNKNOWN: TextState.UNKNOWN,
    NoticeState.REFUSED: TextState.FAILED,
    NoticeState.EXPIRED: TextState.EXPIRED,
}


def next_of(out: TextOut, answer: Answer, now: datetime) -> Next:
    """Decide what an answer means for its text."""
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Next(NoticeState.ACCEPTED)
        case Outcome.UNKNOWN:
            return Next(NoticeState.UNKNOWN)
        case Outcome.REFUSED:
            return Next(NoticeState.REFUSED)
        case Outcome.STOPPED:
            return _again(out, now + CARRIER_PAUSE)
        case Outcome.LATER:
            place = min(out.attempts, len(DELAYS_SECONDS)) - 1
            return _again(out, now + timedelta(seconds=DELAYS_SECONDS[place]))


def _again(out: TextOut, due_at: datetime) -> Next:
    if due_at < out.expires_at:
        return Next(NoticeState.PENDING, due_at)
    return Next(NoticeState.EXPIRED)


def settle_text(
    session: Session, out: TextOut, answer: Answer, provider: str, now: datetime
) -> None:
    """Write what became of a text; joins the caller's transaction.

    Of its notice only where the lease is still ours; what is known of the text counts all the same.
    """
    to = next_of(out, answer, now)
    is_try = answer.outcome is not Outcome.STOPPED
    settle(session, out.held, to, answer.reason, now, is_try=is_try)
    if to.state in STATES:
        move_text(session, out.text_id, STATES[to.state], now)
    if answer.reference:
        name_text(session, out.text_id, provider, answer.reference, now)


def let_go(session: Session, texts: Collection[TextOut], now: datetime) -> None:
    """Put back what was leased and never begun; joins the caller's transaction."""
    for out in texts:
        settle(session, out.held, Next(NoticeState.PENDING, now), None, now, is_try=False)
