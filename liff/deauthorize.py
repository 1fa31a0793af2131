"""Giving back what a LINE user allowed our login channel, when the link ends.

Source: LINE Login development guidelines, "Deauthorize your app when a user unregisters".
"""

import logging
import re
from enum import StrEnum

import requests

from core.delivery.granting import NoToken, grant_token
from core.notices.links import DEAUTHORIZE_MISSED, DEAUTHORIZED
from core.post.reaching import direct_session
from core.settings import Settings

logger = logging.getLogger(__name__)
TIMEOUT = (3, 5)
# What may stand in a header or body as a token; LINE publishes no more.
TOKEN = re.compile(r"[\w.~+/=-]{8,2000}", re.ASCII)
SANDBOX_SECRET = "sandbox-login-secret"  # noqa: S105


class Deauthorized(StrEnum):
    """Whether LINE took the permission back; the value goes into the audit."""

    DONE = DEAUTHORIZED
    # Without the user's own token, or while LINE does not answer, nobody can do it but the user.
    MISSED = DEAUTHORIZE_MISSED


def deauthorize(settings: Settings, user_token: str) -> Deauthorized:
    """Ask LINE to end the permission behind a LIFF access token. Never raises: the link is over."""
    secret = settings.line_login_channel_secret.get_secret_value()
    if not secret and not settings.is_production:
        secret = SANDBOX_SECRET
    if not secret or not TOKEN.fullmatch(user_token):
        return Deauthorized.MISSED
    try:
        # The login channel's own token: the one for messages belongs to another channel.
        channel_id = settings.line_login_channel_id
        token, _ = grant_token(settings.line_api, channel_id, secret, TIMEOUT)
        with direct_session() as session:
            answer = session.post(
                f"{settings.line_api}/user/v1/deauthorize",
                json={"userAccessToken": user_token},
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except (requests.RequestException, NoToken) as error:
        logger.warning("deauthorize", extra={"error_type": type(error).__name__})
        return Deauthorized.MISSED
    if answer.status_code != 204:
        logger.warning("deauthorize", extra={"status": answer.status_code})
        return Deauthorized.MISSED
    return Deauthorized.DONE
