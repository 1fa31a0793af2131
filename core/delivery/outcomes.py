"""What an answer of LINE's means for a notice: its next state, and when to try again."""

from datetime import datetime, timedelta

from core.delivery.line import PushAnswer, PushResult
from core.delivery.pushes import Leased
from core.delivery.retry import next_try
from core.delivery.settle import APART, Settlement
from core.kinds import NoticeState

RATE_PAUSE = timedelta(seconds=1)
# Quota gone or token refused: nothing is lost, a person has to look.
CHANNEL_PAUSE = timedelta(seconds=60)
# What stops everybody, and for how long.
PAUSES = {
    PushResult.RATE_LIMITED: RATE_PAUSE,
    PushResult.TOKEN_REFUSED: RATE_PAUSE,
    PushResult.CHANNEL_STOPPED: CHANNEL_PAUSE,
}


def settlement_for(notice: Leased, answer: PushAnswer, now: datetime) -> Settlement:
    """Decide what a push's answer means for its notices."""
    state, outcome, due_at, is_try = NoticeState.PENDING, answer.reason, None, True
    match answer.result:
        case PushResult.ACCEPTED:
            state = NoticeState.ACCEPTED
        case PushResult.NOBODY:
            # An earlier try may have been read before the account was gone.
            state = NoticeState.REFUSED if notice.attempts == 1 else NoticeState.UNKNOWN
        case PushResult.WRONG if notice.riders and notice.attempts == 1:
            # One of them is at fault, and nobody read the others.
            outcome, due_at, is_try = APART, now, False
        case PushResult.WRONG:
            state = NoticeState.DEAD
        case PushResult.NOT_SENT:
            due_at, is_try = now + RATE_PAUSE, False
        case PushResult.AMBIGUOUS:
            due_at = next_try(notice.attempts, notice.first_tried_at, now)
            state = NoticeState.PENDING if due_at else NoticeState.UNKNOWN
        case _:
            due_at, is_try = now + (answer.pause or PAUSES[answer.result]), False
    return Settlement(
        notice.id,
        notice.school_day,
        notice.lease_token,
        state,
        outcome,
        due_at,
        is_try,
        # The try that got through is the one to ask LINE about.
        answer.accepted_request_id or answer.request_id,
        notice.riders,
    )
