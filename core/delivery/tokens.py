"""The channel's access token: given by the operator, or fetched and renewed by one for all.

With LINE_CHANNEL_ID set this program fetches stateless tokens, which live 15 minutes.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlmodel import col

from core.db import insert_for, snapshot, table_of, transaction
from core.delivery.granting import NoToken, TokenRefused, grant_token
from core.delivery.tables import ChannelToken
from core.house import House
from core.kinds import Channel

logger = logging.getLogger(__name__)

PURPOSE = "channel.token"
RENEWING = timedelta(seconds=15)
# Renewed so long before its end; while LINE gives no other it goes on to be used.
EARLY = timedelta(minutes=2)
# To connect and altogether: less than a stop may take, and than RENEWING.
TIMEOUT = (3, 8)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `version` tells one renewal from the next."""

    value: str
    version: int = 0
    expires_at: datetime | None = None

    def is_old(self, now: datetime) -> bool:
        """Tell whether it is time for the next one."""
        return self.expires_at is not None and now > self.expires_at - EARLY

    def is_usable(self, now: datetime, refused: "Token | None") -> bool:
        """Tell whether LINE still takes it, as far as we know; `refused` it would not."""
        return self != refused and (self.expires_at is None or now < self.expires_at)


def current_token(house: House) -> Token | None:
    """Return the token in use, None when the first one has still to be fetched."""
    given = house.settings.line_channel_access_token.get_secret_value()
    if not house.settings.line_channel_id:
        return Token(given)
    with snapshot(house.engine) as session:
        row = session.get(ChannelToken, Channel.LINE.value)
    if row is None or row.token_sealed is None:
        return None
    return Token(house.vault.open(row.token_sealed, PURPOSE), row.version, row.expires_at)


def usable_token(house: House, refused: Token | None = None) -> Token | None:
    """Return the token in use, None where there is none that LINE still takes."""
    found = current_token(house)
    return found if found is not None and found.is_usable(house.clock.now(), refused) else None


def good_token(house: House, refused: Token | None = None) -> Token | None:
    """Return a token to use now: a new one in time, the old one while there is none.

    None while somebody else is fetching the first. `refused` is one LINE would not take, and never
    comes back. Raises NoToken.
    """
    found, now = current_token(house), house.clock.now()
    usable = found if found is not None and found.is_usable(now, refused) else None
    if usable is not None and not usable.is_old(now):
        return usable
    try:
        return renew_token(house, found) or usable
    except NoToken as error:
        if usable is None:
            raise
        extra = {"action": "token", "reason": str(error)}
        logger.warning("channel token not renewed, the old one is used", extra=extra)
        return usable


def renew_token(house: House, old: Token | None) -> Token | None:
    """Return a newer token than that one; None while somebody else is fetching it.

    Of all senders one asks LINE. Raises NoToken when LINE gives none: TokenRefused also for a token
    that only an operator can renew.
    """
    if not house.settings.line_channel_id:
        raise TokenRefused("LINE_CHANNEL_ACCESS_TOKEN")
    version = old.version if old else 0
    found = current_token(house)
    if found is not None and found.version > version:
        return found
    if not _is_ours_to_fetch(house, version):
        return None
    settings = house.settings
    value, lives = grant_token(
        settings.line_api, settings.line_channel_id, settings.channel_secrets[0], TIMEOUT
    )
    return _store(house, value, house.clock.now() + lives, version)


def _is_ours_to_fetch(house: House, version: int) -> bool:
    now = house.clock.now()
    with transaction(house.engine) as session:
        first = insert_for(session, table_of(ChannelToken)).values(
            channel=Channel.LINE.value, version=0
        )
        session.execute(first.on_conflict_do_nothing())
        claimed = session.execute(
            update(ChannelToken)
            .where(
                col(ChannelToken.channel) == Channel.LINE.value,
                col(ChannelToken.version) == version,
                or_(
                    col(ChannelToken.renewing_until).is_(None),
                    col(ChannelToken.renewing_until) < now,
                ),
            )
            .values(renewing_until=now + RENEWING)
            .returning(col(ChannelToken.version))
        )
        return claimed.first() is not None


def _store(house: House, value: str, expires_at: datetime, version: int) -> Token:
    with transaction(house.engine) as session:
        session.execute(
            update(ChannelToken)
            .where(
                col(ChannelToken.channel) == Channel.LINE.value,
                col(ChannelToken.version) == version,
            )
            .values(
                token_sealed=house.vault.seal(value, PURPOSE),
                version=version + 1,
                expires_at=expires_at,
                renewing_until=None,
            )
        )
    logger.info("channel token renewed", extra={"action": "token", "count": version + 1})
    return Token(value, version + 1, expires_at)
