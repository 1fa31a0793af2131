"""Stateless channel tokens, as LINE gives them for a channel's id and secret.

They live 15 minutes, and one more takes none back. Source: LINE docs, "Channel access tokens" (POST
/oauth2/v3/token).
"""

from datetime import timedelta

import requests

from core.post.reaching import direct_session

# Of 4xx these say nothing of id and secret.
PASSING = (408, 429)


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

    `timeout` is to connect and to read, in seconds. Raises TokenRefused or TokenUnreachable.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": channel_id,
        "client_secret": secret,
    }
    try:
        with direct_session() as session:
            url = f"{api}/oauth2/v3/token"
            answer = session.post(url, data=form, timeout=timeout, allow_redirects=False)
        if 400 <= answer.status_code < 500 and answer.status_code not in PASSING:
            raise TokenRefused(f"refused_{answer.status_code}")
        if answer.status_code != 200:
            raise TokenUnreachable(f"http_{answer.status_code}")
        fields = answer.json()
        return str(fields["access_token"]), timedelta(seconds=int(fields["expires_in"]))
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise TokenUnreachable(type(error).__name__) from None
