"""Asking LINE whose ID token this is."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import requests

from core.people.names import clean_name

# Seconds to connect and to wait: a person looks at the start page meanwhile.
TIMEOUT = (3, 10)
ISSUER = "https://access.line.me"
USER_ID = re.compile(r"U[0-9a-f]{32}")


class TokenProblem(StrEnum):
    """Why a token proved nobody."""

    EXPIRED = "expired"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LineIdentity:
    """A LINE user as the ID token names them; the display name may be empty."""

    user_id: str
    name: str


def verify_id_token(api: str, channel_id: str, id_token: str) -> LineIdentity | TokenProblem:
    """Return whose token it is. Only a token made for our own login channel counts.

    Source: LINE Login API reference, "Verify ID token".
    """
    form = {"id_token": id_token, "client_id": channel_id}
    try:
        answer = requests.post(f"{api}/oauth2/v2.1/verify", data=form, timeout=TIMEOUT)
        body = answer.json()
    except requests.RequestException:
        return TokenProblem.UNAVAILABLE
    if answer.status_code == 429 or answer.status_code >= 500 or not isinstance(body, dict):
        return TokenProblem.UNAVAILABLE
    if answer.status_code != 200:
        is_old = body.get("error_description") == "IdToken expired."
        return TokenProblem.EXPIRED if is_old else TokenProblem.INVALID
    return _read_claims(body, channel_id)


def _read_claims(claims: dict[str, Any], channel_id: str) -> LineIdentity | TokenProblem:
    user_id = str(claims.get("sub", ""))
    is_ours = claims.get("iss") == ISSUER and claims.get("aud") == channel_id
    if not is_ours or not USER_ID.fullmatch(user_id):
        return TokenProblem.INVALID
    return LineIdentity(user_id, _display_name(claims.get("name")))


def _display_name(name: object) -> str:
    # Display names hold anything; what can't be a name is not repeated on a page.
    return (clean_name(name[:40]) or "") if isinstance(name, str) else ""
