"""Settling: what the gateway's answer means for a push, and for the app it was for."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core.app_push.claims import PushOut
from core.house import House
from core.kinds import NoticeState
from core.notices.channel_notices import tell_app_gone
from core.notices.queue import Next, settle
from core.people.app_tokens import close_app_token
from core.post.answer import About, Answer, Outcome
from core.post.app_push import RATE
from core.post.doubt import next_try

DELAYS_SECONDS = (2, 5, 15, 30, 60, 120)
MACHINE = "system:app_push"


def next_of(out: PushOut, answer: Answer, now: datetime) -> Next:
    """Decide what an answer means for its push.

    What nobody can tell of is asked after and goes again under the same key; it ends as unknown
    when it is no news any more.
    """
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Next(NoticeState.ACCEPTED)
        case Outcome.REFUSED:
            is_gone = answer.about is About.ADDRESS
            return Next(NoticeState.REFUSED if is_gone else NoticeState.DEAD)
        case Outcome.STOPPED:
            return _again(out, next_try(answer, now, out.push.expires_at))
        case Outcome.UNKNOWN:
            return _again(replace(out, held=replace(out.held, was_tried=True)), _delayed(out, now))
        case Outcome.LATER:
            return _again(out, _delayed(out, now))


def _delayed(out: PushOut, now: datetime) -> datetime:
    place = min(max(out.attempts, 1), len(DELAYS_SECONDS)) - 1
    return now + timedelta(seconds=DELAYS_SECONDS[place])


def _again(out: PushOut, due_at: datetime) -> Next:
    if due_at < out.push.expires_at:
        return Next(NoticeState.PENDING, due_at)
    return Next(NoticeState.UNKNOWN if out.held.was_tried else NoticeState.EXPIRED)


def settle_push(
    session: Session, house: House, out: PushOut, answer: Answer, now: datetime
) -> None:
    """Write what became of a push, where the lease is still ours; joins the caller's transaction.

    An app that is gone is sent nothing more, and its owner told on LINE.
    """
    to, held = next_of(out, answer, now), out.held
    if answer.outcome is Outcome.UNKNOWN:
        # From here on it may have left.
        held = replace(held, was_tried=True)
    is_try = answer.outcome is not Outcome.STOPPED and answer.reason != RATE
    settle(session, held, to, answer.reason, now, is_try=is_try)
    if answer.outcome is Outcome.REFUSED and answer.about is About.ADDRESS:
        _disconnect(session, house, out, now)


def let_go(session: Session, pushes: Collection[PushOut], now: datetime) -> None:
    """Put back what was leased and never begun; joins the caller's transaction."""
    for out in pushes:
        settle(session, out.held, Next(NoticeState.PENDING, now), None, now, is_try=False)


def _disconnect(session: Session, house: House, out: PushOut, now: datetime) -> None:
    # Where it was connected anew meanwhile, that one stays.
    token = out.push.token
    if close_app_token(session, house.vault, out.guardian_id, token, MACHINE, now):
        tell_app_gone(session, house.settings.liff_id, out.guardian_id, out.held.id, now)
