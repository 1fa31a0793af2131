"""The channel's access token: given by the operator, or fetched and renewed by one for all.

With LINE_CHANNEL_ID set this program fetches stateless tokens, which live 15 minutes. Source: LINE
docs, "Channel access tokens" (POST /oauth2/v3/token).
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from sqlalchemy import or_, update
from sqlmodel import col

from core.db import insert_for, snapshot, table_of, transaction
from core.delivery.tables import ChannelToken
from core.house import House
from core.kinds import Channel

logger = logging.getLogger(__name__)

PURPOSE = "channel.token"
RENEWING = timedelta(seconds=15)
# Renewed so long before its end, so that no push meets the end.
EARLY = timedelta(minutes=2)
TIMEOUT = (3, 10)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `version` tells one renewal from the next."""

    value: str
    version: int = 0
    expires_at: datetime | None = None

    def is_old(self, now: datetime) -> bool:
        """Tell whether it is time for the next one."""
        return self.expires_at is not None and now > self.expires_at - EARLY


class TokenRefused(Exception):
    """LINE gave no token; an operator has to look."""


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


def good_token(house: House, refused: Token | None = None) -> Token | None:
    """Return a token to use now; None while somebody else is fetching it.

    `refused` is one LINE would not take. Raises TokenRefused.
    """
    found = current_token(house)
    if found is not None and found != refused and not found.is_old(house.clock.now()):
        return found
    return renew_token(house, found)


def renew_token(house: House, refused: Token | None) -> Token | None:
    """Return a newer token than the refused one; None while somebody else is fetching it.

    Of all senders one asks LINE. Raises TokenRefused when LINE gives none, and for a token that
    only an operator can renew.
    """
    if not house.settings.line_channel_id:
        raise TokenRefused("LINE_CHANNEL_ACCESS_TOKEN")
    version = refused.version if refused else 0
    found = current_token(house)
    if found is not None and found.version > version:
        return found
    if not _is_ours_to_fetch(house, version):
        return None
    value, lives = _fetch(house)
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


def _fetch(house: House) -> tuple[str, timedelta]:
    settings = house.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.line_channel_id,
        "client_secret": settings.channel_secrets[0],
    }
    try:
        answer = requests.post(f"{settings.line_api}/oauth2/v3/token", data=form, timeout=TIMEOUT)
        answer.raise_for_status()
        fields = answer.json()
        return str(fields["access_token"]), timedelta(seconds=int(fields["expires_in"]))
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise TokenRefused(type(error).__name__) from None


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
