"""The sender: one event loop that claims, pushes with no transaction open, and settles.

Crash at any point: the lease runs out, another sender repeats the push with the same retry key, and
LINE answers 409 when the first try got through. What is written to the database is written by one
thread beside the loop.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session

from core.by_index import by_index
from core.db import transaction
from core.delivery.breaker import Breaker
from core.delivery.cause_of_429 import CauseOf429
from core.delivery.claims import claim, expire
from core.delivery.granting import NoToken
from core.delivery.headroom import Headroom
from core.delivery.hearing import hearing_others
from core.delivery.line import LinePush, PushAnswer, PushResult, open_line
from core.delivery.outcomes import PAUSES, settlement_for
from core.delivery.pacing import Pacer
from core.delivery.push_log import log_ends, log_push
from core.delivery.pushes import Leased
from core.delivery.quota_month import on_demand_kinds
from core.delivery.settle import settle
from core.delivery.slots import Share
from core.delivery.token_in_hand import TokenInHand
from core.delivery.tokens import Token
from core.delivery.told_later import end_told_later
from core.delivery.turned_away import TurnedAway
from core.house import House
from core.kinds import NoticeKind
from core.people.friends import record_friendship

logger = logging.getLogger(__name__)

# Source: LINE's 2,000 pushes a second at a tenth of a second each are 200 under way.
IN_FLIGHT = 256
# While pushes are under way their ends are gathered for so long and settled together, with the next
# claim if one comes before; and in a rush the claims are so far apart.
GATHER_SECONDS = 0.02
# So many, of a family or two, are settled as soon as nothing else is under way.
FEW = 4
# The net under the bell: how long a notice written by another process waits at most.
POLL_SECONDS = 1.0
# Inside the ten seconds a stop may take; what has not ended by then is repeated with its key.
FINISH_SECONDS = 8.0
# How often what got too old is ended, and the quota's step looked at.
EXPIRE_SECONDS = 1.0
TOKEN_PAUSE = timedelta(seconds=60)
# How long a turn waits for a token; without one it settles what has landed.
TOKEN_SECONDS = 1.0
FAILED = frozenset({PushResult.AMBIGUOUS, PushResult.NOT_SENT})
Result = TypeVar("Result")


class Sender:
    """Send what is due until told to stop. One instance a process is enough."""

    def __init__(self, house: House, in_flight: int = IN_FLIGHT) -> None:
        self._house = house
        self._in_flight = in_flight
        self._share = Share(house.settings.line_push_per_second)
        self._pacer = Pacer(0)
        self._headroom = Headroom()
        self._turned_away = TurnedAway()
        self._breaker = Breaker()
        self._database = ThreadPoolExecutor(1, thread_name_prefix="settle")
        self._flights: set[asyncio.Task[None]] = set()
        self._landed: list[tuple[Leased, PushAnswer]] = []
        self._bell = asyncio.Event()
        self._settling: asyncio.TimerHandle | None = None
        self._turned_at = -GATHER_SECONDS
        self._paused_until: datetime | None = None
        self._tokens = TokenInHand(house)
        self._cause = CauseOf429(house)
        self._expired_at = -EXPIRE_SECONDS
        self._on_demand: frozenset[NoticeKind] = frozenset()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, whatever fails: it is logged and the work begins again."""
        while not stop.is_set():
            try:
                asyncio.run(self._work(stop))
            except Exception:
                logger.exception("sender failed", extra={"action": "deliver"})
                stop.wait(POLL_SECONDS)
        self._database.shutdown()

    def drain(self) -> int:
        """Send what is due now and settle it; return how many notices were claimed."""
        claimed = asyncio.run(self._drain())
        self._database.shutdown()
        return claimed

    async def _work(self, stop: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        # They belong to the loop they are first used in.
        self._bell, self._cause = asyncio.Event(), CauseOf429(self._house)
        self._settling = None

        def ring() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._bell.set)

        with self._house.notices_due.telling(ring):
            async with (
                hearing_others(self._house, ring),
                open_line(self._house.settings, self._in_flight) as line,
            ):
                while not stop.is_set():
                    await self._wait()
                    await self._guarded_turn(line)
                self._cause.ask_no_more()
                await self._finish(line)

    async def _drain(self) -> int:
        async with open_line(self._house.settings, self._in_flight) as line:
            claimed = await self._turn(line, token_seconds=FINISH_SECONDS)
            await self._finish(line)
        return claimed

    async def _wait(self) -> None:
        """Wait for the bell, at most a poll; in a rush for what else comes."""
        pause = min(POLL_SECONDS, self._pacer.seconds_until_next() or POLL_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), pause)
        if self._flights:
            await asyncio.sleep(self._turned_at + GATHER_SECONDS - time.monotonic())
        self._bell.clear()
        self._turned_at = time.monotonic()

    async def _guarded_turn(self, line: LinePush) -> None:
        try:
            await self._turn(line)
        except Exception:
            logger.exception("delivery turn failed", extra={"action": "deliver"})
            # The database may be away: not in a circle.
            await asyncio.sleep(GATHER_SECONDS)

    async def _turn(self, line: LinePush, token_seconds: float = TOKEN_SECONDS) -> int:
        """Settle what has landed, send what is due and fits; return how many pushes that were."""
        if self._share.is_due:
            self._share.confirm(await self._in_database(self._renew_share))
        self._pacer.set_rate(self._headroom.within(self._share.rate))
        wanted = self._capacity()
        token = await self._good_token(token_seconds) if wanted else None
        granted = self._pacer.take(wanted if token is not None else 0)
        landed = self._take_landed()
        try:
            leased = await self._in_database(lambda: self._exchange(landed, granted))
        except Exception:
            self._landed += landed
            raise
        self._pacer.give_back(granted - len(leased))
        for notice in leased:
            self._start(line, notice, token)
        if granted and len(leased) == granted:
            # There may be more.
            self._bell.set()
        return len(leased)

    def _capacity(self) -> int:
        if self._paused_until and self._house.clock.now() < self._paused_until:
            return 0
        return self._breaker.allowed(self._in_flight, len(self._flights))

    def _start(self, line: LinePush, notice: Leased, token: Token | None) -> None:
        flight = asyncio.create_task(self._fly(line, notice, token))
        self._flights.add(flight)
        flight.add_done_callback(self._end)

    def _end(self, flight: asyncio.Task[None]) -> None:
        """See to it that what has landed is settled, together with what lands soon."""
        self._flights.discard(flight)
        if not self._flights and len(self._landed) <= FEW:
            # Settled in between they do not make the next claim wait.
            self._bell.set()
        elif self._settling is None:
            self._settling = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._bell.set)

    async def _fly(self, line: LinePush, notice: Leased, token: Token | None) -> None:
        started = time.monotonic()
        try:
            answer = await line.push(notice, token.value if token else "")
        except Exception as error:
            # Our own fault, after the request may have left: said, and tried again.
            logger.exception("push broke", extra={"action": "push"})
            answer = PushAnswer(PushResult.AMBIGUOUS, type(error).__name__)
        if answer.result is PushResult.RATE_LIMITED:
            # Before the question, which may take seconds.
            answer = self._slow_down(notice, answer)
            answer = await self._cause.told(answer, token) if token else answer
        self._heed(notice, answer, token)
        self._landed.append((notice, answer))
        log_push(notice, answer, time.monotonic() - started)

    def _take_landed(self) -> list[tuple[Leased, PushAnswer]]:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        landed, self._landed = self._landed, []
        return landed

    def _heed(self, notice: Leased, answer: PushAnswer, token: Token | None) -> None:
        self._breaker.note(worked=answer.result not in FAILED)
        if answer.result is PushResult.ACCEPTED:
            self._headroom.note_taken()
            self._turned_away.note_taken(notice.line_user_id, self._house.clock.now())
        if answer.result in PAUSES and answer.pause is None:
            self._pause(PAUSES[answer.result])
        if answer.result is PushResult.TOKEN_REFUSED:
            self._tokens.refuse(token)

    def _slow_down(self, notice: Leased, answer: PushAnswer) -> PushAnswer:
        """Take in a 429; return it with how long this person waits, whoever else has to."""
        now = self._house.clock.now()
        pause = self._turned_away.pause_of(notice.line_user_id, now)
        if self._turned_away.is_our_pace(now):
            self._headroom.cut(self._share.rate)
            self._turned_away.forgive(notice.line_user_id)
            # All pause alike, and nobody longer.
            return answer
        return replace(answer, pause=pause)

    def _pause(self, span: timedelta) -> None:
        self._paused_until = self._house.clock.now() + span

    async def _good_token(self, seconds: float) -> Token | None:
        try:
            return await self._tokens.current(seconds)
        except NoToken as error:
            logger.error(  # noqa: TRY400  # the cause is said; a trace would add nothing
                "channel stopped: no access token",
                extra={"action": "token", "reason": str(error)},
            )
            self._pause(TOKEN_PAUSE)
            self._tokens.forgive()
            return None

    def _renew_share(self) -> tuple[float, int]:
        with transaction(self._house.engine) as session:
            return self._share.renew(session, self._house.clock.now())

    def _exchange(self, landed: list[tuple[Leased, PushAnswer]], limit: int) -> list[Leased]:
        """Settle what has landed and claim what is next, in one transaction."""
        is_time_to_expire = time.monotonic() - self._expired_at >= EXPIRE_SECONDS
        if not landed and not limit and not is_time_to_expire:
            return []
        now = self._house.clock.now()
        settlements = [settlement_for(notice, answer, now) for notice, answer in landed]
        with transaction(self._house.engine) as session:
            # For all of it: each part would otherwise ask for as much as it needs.
            by_index(session, in_order=True)
            settle(session, settlements, now)
            _note_strangers(session, landed, now)
            if is_time_to_expire:
                expire(session, now)
                self._on_demand = on_demand_kinds(session, now)
                end_told_later(session, self._on_demand, now)
                self._expired_at = time.monotonic()
            leased = (
                claim(session, now=now, limit=limit, on_demand=self._on_demand) if limit else []
            )
        log_ends(settlements)
        return leased

    async def _finish(self, line: LinePush) -> None:
        """Wait for what is under way and settle it; what does not end stays leased."""
        if self._flights:
            await asyncio.wait(self._flights, timeout=FINISH_SECONDS)
        landed = self._take_landed()
        await self._in_database(lambda: self._exchange(landed, 0))
        await self._in_database(self._leave)

    def _leave(self) -> None:
        with transaction(self._house.engine) as session:
            self._share.let_go(session)

    async def _in_database(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._database, work)


def _note_strangers(
    session: Session, landed: Sequence[tuple[Leased, PushAnswer]], now: datetime
) -> None:
    """Take a user LINE does not know for one who left, until they follow again."""
    for notice, answer in landed:
        if answer.result is PushResult.NOBODY:
            record_friendship(session, line_user_id=notice.line_user_id, is_following=False, at=now)
