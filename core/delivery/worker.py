"""The delivery worker: claim → send with no transaction open → settle.

Crash at any point: the lease runs out, another worker sends with the same retry key, and LINE
answers 409 when the first try got through.
"""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from core.db import transaction
from core.delivery.claims import Leased, Settlement, claim, settle
from core.delivery.line import LineChannel, PushAnswer, PushResult
from core.delivery.pacing import Pacer
from core.delivery.retry import next_try
from core.house import House
from core.kinds import NoticeState

logger = logging.getLogger(__name__)

IN_FLIGHT = 16
# More threads than pushes in flight: one given up at its deadline keeps its thread for a while.
THREADS = 64
# A push that has no answer by then is in doubt; well inside the lease, so nobody repeats it yet.
PUSH_DEADLINE_SECONDS = 13.0
FINISH_SECONDS = 10.0
# The net under the bell: how long a notice written by another process waits at most.
POLL_SECONDS = 1.0
RATE_PAUSE = timedelta(seconds=1)
# Quota gone or token refused: nothing is lost, a person has to look.
CHANNEL_PAUSE = timedelta(seconds=60)
GIVEN_UP = PushAnswer(PushResult.AMBIGUOUS, "deadline")


class DeliveryWorker:
    """Send what is due until told to stop. One instance a thread.

    As many pushes as IN_FLIGHT are under way; each is settled when it ends, so a slow one holds up
    nobody else.
    """

    def __init__(
        self, house: House, channel: LineChannel, deadline_seconds: float = PUSH_DEADLINE_SECONDS
    ) -> None:
        self._house = house
        self._channel = channel
        self._deadline_seconds = deadline_seconds
        self._pacer = Pacer(house.settings.line_push_per_second)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="push")
        self._flights: dict[Future[PushAnswer], tuple[Leased, float]] = {}
        self._paused_until: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a failed turn is logged and the next one begins."""
        bell = self._house.notices_due
        while not stop.is_set():
            bell.wait(min(POLL_SECONDS, self._pacer.seconds_until_next() or POLL_SECONDS))
            bell.clear()
            try:
                self.turn()
            except Exception:
                logger.exception("delivery turn failed", extra={"action": "deliver"})
        self.finish()

    def turn(self) -> int:
        """Settle what has ended, send what is due and fits; return how many were sent."""
        self._land()
        if self._paused_until and self._house.clock.now() < self._paused_until:
            return 0
        granted = self._pacer.take(IN_FLIGHT - len(self._flights))
        if not granted:
            return 0
        with transaction(self._house.engine) as session:
            leased = claim(session, now=self._house.clock.now(), limit=granted)
        self._pacer.give_back(granted - len(leased))
        for notice in leased:
            self._send(notice)
        if len(leased) == granted:
            # There may be more.
            self._house.notices_due.set()
        return len(leased)

    def finish(self) -> None:
        """Wait for what is under way and settle it; what does not end stays leased."""
        wait(self._flights, FINISH_SECONDS)
        self._land()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, notice: Leased) -> None:
        future = self._pool.submit(
            self._channel.push,
            line_user_id=notice.line_user_id,
            content=notice.content,
            retry_key=notice.retry_key,
            is_silent=notice.is_silent,
        )
        self._flights[future] = (notice, time.monotonic() + self._deadline_seconds)
        future.add_done_callback(lambda _: self._house.notices_due.set())

    def _land(self) -> None:
        if not self._flights:
            return
        now = self._house.clock.now()
        outcomes = [
            (notice, _answer_of(future))
            for future, (notice, deadline) in list(self._flights.items())
            if future.done() or time.monotonic() >= deadline
        ]
        landed = {notice.id for notice, _ in outcomes}
        settlements = [settlement_for(notice, answer, now) for notice, answer in outcomes]
        if not settlements:
            return
        with transaction(self._house.engine) as session:
            settle(session, settlements, now)
        self._flights = {
            future: flight for future, flight in self._flights.items() if flight[0].id not in landed
        }
        for (notice, answer), settlement in zip(outcomes, settlements, strict=True):
            self._heed(answer, now)
            _log(notice, answer, settlement)

    def _heed(self, answer: PushAnswer, now: datetime) -> None:
        pauses = {
            PushResult.RATE_LIMITED: RATE_PAUSE,
            PushResult.CHANNEL_STOPPED: CHANNEL_PAUSE,
        }
        if answer.result in pauses:
            self._paused_until = now + pauses[answer.result]


def _answer_of(future: Future[PushAnswer]) -> PushAnswer:
    if not future.done():
        return GIVEN_UP
    error = future.exception()
    if error is not None:
        # Our own fault, after the request may have left: said, and tried again.
        logger.error("push broke", extra={"action": "push", "error_type": type(error).__name__})
        return PushAnswer(PushResult.AMBIGUOUS, type(error).__name__)
    return future.result()


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
