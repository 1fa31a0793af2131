"""What is logged of pushes: each that LINE did not simply take, and what nobody will hear."""

import logging
from collections.abc import Sequence

from core.delivery.line import PushAnswer, PushResult
from core.delivery.pushes import Leased
from core.delivery.settle import Settlement
from core.kinds import NoticeState

logger = logging.getLogger(__name__)


def log_push(notice: Leased, answer: PushAnswer, seconds: float) -> None:
    """Log how a push ended, with every request id LINE gave."""
    level = _level_of(answer)
    if not logger.isEnabledFor(level):
        return
    logger.log(
        level,
        "push",
        extra={
            "action": "push",
            "notice_id": str(notice.id),
            "kind": notice.kind,
            "attempt": notice.attempts,
            "outcome": answer.reason,
            "count": 1 + len(notice.riders),
            "ms": round(seconds * 1000),
            "line_request_id": answer.request_id,
            "accepted_request_id": answer.accepted_request_id,
        },
    )


def log_ends(settlements: Sequence[Settlement]) -> None:
    """Log what ended untold: a person has to look."""
    for one in settlements:
        if one.state in (NoticeState.DEAD, NoticeState.UNKNOWN):
            extra = {"action": "push", "notice_id": str(one.notice_id), "outcome": one.outcome}
            logger.error("notice not told", extra=extra)


def _level_of(answer: PushAnswer) -> int:
    if answer.result is not PushResult.ACCEPTED:
        return logging.WARNING
    # What LINE took is written with its request id to the notice; a line for each would cost more
    # than the push. A repeat has two ids, and the notice keeps that of the try which got through.
    return logging.INFO if answer.accepted_request_id else logging.DEBUG
