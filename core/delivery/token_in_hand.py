"""The token one sender pushes with: kept while it is good, renewed beside the pushes when old."""

import asyncio
from datetime import UTC, datetime, timedelta

from core.delivery.tokens import Token, good_token, usable_token
from core.house import House

# How often an old one is looked after; of all senders one asks LINE, each 15 seconds at most.
LOOK_AGAIN = timedelta(seconds=5)


class TokenInHand:
    """Used from one event loop. No push waits for LINE to renew what is still good."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._token: Token | None = None
        self._refused: Token | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._look_again_at = datetime.min.replace(tzinfo=UTC)

    async def current(self, seconds: float) -> Token | None:
        """Return the token to push with; None while it is being fetched, here or elsewhere.

        The first one is waited for so long, and fetched on beside the caller. Raises NoToken where
        LINE gives none and none is left.
        """
        self._end_renewal()
        now = self._house.clock.now()
        if self._token is None or not self._token.is_usable(now, self._refused):
            self._token = await asyncio.to_thread(usable_token, self._house, self._refused)
        is_old = self._token is not None and self._token.is_old(now)
        if self._renewal is None and (self._token is None or is_old and now >= self._look_again_at):
            self._look_again_at = now + LOOK_AGAIN
            self._renewal = asyncio.create_task(self._renew())
        if self._token is None and self._renewal is not None:
            await asyncio.wait([self._renewal], timeout=seconds)
            self._end_renewal()
        return self._token

    def refuse(self, token: Token | None) -> None:
        """Take in that LINE would not take this token."""
        if token is not None and token == self._token:
            self._token, self._refused = None, token

    def forgive(self) -> None:
        """Let one that only an operator can renew be tried again."""
        if not self._house.settings.line_channel_id:
            self._refused = None

    async def _renew(self) -> None:
        found = await asyncio.to_thread(good_token, self._house, self._refused)
        if found is None or found != self._refused:
            self._token = found

    def _end_renewal(self) -> None:
        """Raise what broke a renewal beside the pushes."""
        if self._renewal is None or not self._renewal.done():
            return
        ended, self._renewal = self._renewal, None
        # Called off with the event loop it ran in.
        if not ended.cancelled():
            ended.result()
