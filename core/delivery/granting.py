"""Stateless channel tokens, as LINE gives them for a channel's id and secret.

They live 15 minutes, and one more takes none back. Source: LINE docs, "Channel access tokens" (POST
/oauth2/v3/token).
"""

from datetime import timedelta

import orjson

from core.delivery.asking import ask
from core.delivery.posting import Limits, PostFailed

# Of 4xx these say nothing of id and secret.
PASSING = (408, 429)
MOST_BYTES = 65_536


class NoToken(Exception):
    """There is no access token to be had; the reason is a word of ours."""


class TokenRefused(NoToken):
    """LINE gives none; an operator has to look."""


class TokenUnreachable(NoToken):
    """LINE did not answer, or nothing that can be read; later it may."""


def grant_token(
    api: str, channel_id: str, secret: str, timeout: tuple[float, float]
) -> tuple[str, timedelta]:
    """Return a new token of a channel and how long it lives.

    `timeout` is to connect and altogether, in seconds. Raises TokenRefused or TokenUnreachable.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": channel_id,
        "client_secret": secret,
    }
    limits = Limits(
        connections=1, connect_seconds=timeout[0], total_seconds=timeout[1], most_bytes=MOST_BYTES
    )
    try:
        answer = ask(f"{api}/oauth2/v3/token", limits, form=form)
        if 400 <= answer.status < 500 and answer.status not in PASSING:
            raise TokenRefused(f"refused_{answer.status}")
        if answer.status != 200:
            raise TokenUnreachable(f"http_{answer.status}")
        fields = orjson.loads(answer.body)
        return str(fields["access_token"]), timedelta(seconds=int(fields["expires_in"]))
    except PostFailed as failure:
        raise TokenUnreachable(failure.reason) from None
    except (KeyError, TypeError, ValueError) as error:
        raise TokenUnreachable(type(error).__name__) from None
