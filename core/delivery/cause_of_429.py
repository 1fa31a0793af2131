"""Why LINE answers 429: the month's quota is gone, or we are too fast.

LINE gives no code for it and its words may change, so its numbers decide. Only where it gives none
its words do: without either it is the rate, as a second try costs less than a stopped channel.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.delivery.line import QUOTA, RATE, PushAnswer, PushResult
from core.delivery.line_quota import is_quota_gone
from core.delivery.tokens import Token
from core.house import House

# How long LINE's numbers hold for further 429s.
ASK_AGAIN = timedelta(seconds=30)


class CauseOf429:
    """Ask LINE once for a burst. For one event loop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._asking = asyncio.Lock()
        self._ask_again_at = datetime.min.replace(tzinfo=UTC)
        self._is_quota_gone: bool | None = None

    async def told(self, answer: PushAnswer, token: Token) -> PushAnswer:
        """Return a 429 as what it means."""
        async with self._asking:
            if self._house.clock.now() >= self._ask_again_at:
                settings = self._house.settings
                self._is_quota_gone = await asyncio.to_thread(is_quota_gone, settings, token.value)
                self._ask_again_at = self._house.clock.now() + ASK_AGAIN
        is_gone = self._is_quota_gone
        if is_gone or (is_gone is None and answer.reason == QUOTA):
            return PushAnswer(PushResult.CHANNEL_STOPPED, QUOTA, answer.request_id)
        return replace(answer, reason=RATE)

    def ask_no_more(self) -> None:
        """Go by what LINE said last: a stop does not wait for more."""
        self._ask_again_at = datetime.max.replace(tzinfo=UTC)
