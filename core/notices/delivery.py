"""The delivery worker: claim → send with no transaction open → settle.

Crash at any point: the lease runs out, another worker sends with the same retry key, and LINE
answers 409 when the first try got through.
"""

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from core.db import transaction
from core.house import House
from core.kinds import NoticeState
from core.notices.channels.line import LineChannel, PushAnswer, PushResult
from core.notices.outbox import Leased, Settlement, claim, settle
from core.notices.pacing import Pacer
from core.notices.retry import next_try

logger = logging.getLogger(__name__)

IN_FLIGHT = 16
# The net under the bell: how long a notice written by another process waits at most.
POLL_SECONDS = 1.0
RATE_PAUSE = timedelta(seconds=1)
# Quota gone or token refused: nothing is lost, a person has to look.
CHANNEL_PAUSE = timedelta(seconds=60)


class DeliveryWorker:
    """Send what is due until told to stop. One instance a thread."""

    def __init__(self, house: House, channel: LineChannel) -> None:
        self._house = house
        self._channel = channel
        self._pacer = Pacer(house.settings.line_push_per_second)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a failed turn is logged and the next one begins."""
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="push") as pool:
            while not stop.is_set():
                try:
                    found = self.turn(pool)
                except Exception:
                    logger.exception("delivery turn failed", extra={"action": "deliver"})
                    stop.wait(POLL_SECONDS)
                    continue
                if not found:
                    self._house.notices_due.wait(POLL_SECONDS)
                    self._house.notices_due.clear()

    def turn(self, pool: ThreadPoolExecutor) -> int:
        """Claim, send and settle one batch; return how many were claimed."""
        granted = self._pacer.take(IN_FLIGHT)
        with transaction(self._house.engine) as session:
            leased = claim(session, now=self._house.clock.now(), limit=granted)
        self._pacer.give_back(granted - len(leased))
        sending = {pool.submit(self._push, notice): notice for notice in leased}
        waiting = set(sending)
        while waiting:
            done, waiting = wait(waiting, return_when="FIRST_COMPLETED")
            self._settle(done, sending)
        return len(leased)

    def _push(self, notice: Leased) -> PushAnswer:
        return self._channel.push(
            line_user_id=notice.line_user_id,
            content=notice.content,
            retry_key=notice.retry_key,
            is_silent=notice.is_silent,
        )

    def _settle(
        self, done: Iterable[Future[PushAnswer]], sending: dict[Future[PushAnswer], Leased]
    ) -> None:
        now = self._house.clock.now()
        outcomes = [(sending[future], future.result()) for future in done]
        settlements = [settlement_for(notice, answer, now) for notice, answer in outcomes]
        with transaction(self._house.engine) as session:
            settle(session, settlements, now)
        for (notice, answer), settlement in zip(outcomes, settlements, strict=True):
            _log(notice, answer, settlement)


def settlement_for(notice: Leased, answer: PushAnswer, now: datetime) -> Settlement:
    """Decide what a push's answer means for its notice."""
    state, due_at, is_try = NoticeState.PENDING, None, True
    match answer.result:
        case PushResult.ACCEPTED:
            state = NoticeState.ACCEPTED
        case PushResult.WRONG:
            state = NoticeState.DEAD
        case PushResult.RATE_LIMITED:
            due_at, is_try = now + RATE_PAUSE, False
        case PushResult.CHANNEL_STOPPED:
            due_at, is_try = now + CHANNEL_PAUSE, False
        case PushResult.AMBIGUOUS:
            due_at = next_try(notice.attempts, notice.first_tried_at, now)
            state = NoticeState.PENDING if due_at else NoticeState.UNKNOWN
    return Settlement(
        notice.id, notice.lease_token, state, answer.reason, due_at, is_try, answer.request_id
    )


def _log(notice: Leased, answer: PushAnswer, settlement: Settlement) -> None:
    level = {
        PushResult.ACCEPTED: logging.INFO,
        PushResult.AMBIGUOUS: logging.WARNING,
        PushResult.RATE_LIMITED: logging.WARNING,
    }.get(answer.result, logging.ERROR)
    logger.log(
        level,
        "push",
        extra={
            "action": "push",
            "notice_id": str(notice.id),
            "kind": notice.kind,
            "attempt": notice.attempts,
            "outcome": answer.reason,
            "state": settlement.state.value,
            "line_request_id": answer.request_id,
        },
    )
