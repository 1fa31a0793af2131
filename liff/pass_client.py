"""Talking with Taipei Pass: plain OAuth 2 with state and PKCE, then the profile.

Source: the city's open dashboard code and TownPass front end; no ID token is issued there.
"""

import logging
import re
from typing import Any

import requests
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import session

from core.errors import AppError
from core.people.guardians import PassMember
from core.people.names import clean_name
from core.settings import Settings

logger = logging.getLogger(__name__)
NAME = "taipei_pass"
STATE_PREFIX = f"_state_{NAME}_"
TIMEOUT = (3, 10)
MEMBER_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
MOBILE = re.compile(r"09\d{8}", re.ASCII)
ERROR_CODE = re.compile(r"[a-z_]{1,40}")
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


class PassDown(AppError):
    """Raised when Taipei Pass can't be reached, refuses us, or answers with no profile."""


def make_pass_client(settings: Settings) -> Any:
    """Return Authlib's client; state and PKCE verifier stay in this browser's own cookie."""
    return FlaskOAuth2App(
        FlaskIntegration(NAME, cache=None),
        name=NAME,
        client_id=settings.taipei_pass_client_id,
        client_secret=settings.taipei_pass_client_secret.get_secret_value(),
        authorize_url=settings.taipei_pass("authorize"),
        access_token_url=settings.taipei_pass("token"),
        client_kwargs={
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": settings.taipei_pass_token_auth.value,
            "default_timeout": TIMEOUT,
        },
    )


def forget_states() -> None:
    """Drop the states of earlier starts: only the newest one may come back."""
    for key in [key for key in session if key.startswith(STATE_PREFIX)]:
        session.pop(key)


def is_own_state(state: str) -> bool:
    """Tell whether this browser's newest start carried that state."""
    return f"{STATE_PREFIX}{state}" in session


def fetch_member(client: Any, profile_url: str) -> PassMember:
    """Return the member who has just signed in. Raises MismatchingStateError or PassDown."""
    try:
        token = client.authorize_access_token()
        answer = client.get(profile_url, token=token)
        answer.raise_for_status()
        return parse_profile(answer.json())
    except MismatchingStateError:
        raise
    except OAuthError as error:
        raise _refused(error) from None
    except requests.RequestException as error:
        logger.warning("taipei_pass_down", extra={"error_type": type(error).__name__})
        raise PassDown("taipei_pass_down") from None


def parse_profile(envelope: object) -> PassMember:
    """Return what is kept of a profile. Raises PassDown when the envelope is not a success."""
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or envelope.get("name") != "TP_SUCCESS":
        raise _strange("envelope")
    if not isinstance(data, dict):
        raise _strange("data")
    pass_id, level = str(data.get("id", "")), data.get("verifyLevel")
    if not MEMBER_ID.fullmatch(pass_id):
        raise _strange("id")
    if not isinstance(level, str) or not level.isdecimal():
        raise _strange("verifyLevel")
    name = clean_name(str(data.get("realName") or ""))
    if name is None:
        raise _strange("realName")
    return PassMember(
        pass_id,
        name,
        level,
        _fitting(EMAIL, data.get("email")),
        _fitting(MOBILE, data.get("phoneNo")),
    )


def _fitting(shape: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _refused(error: OAuthError) -> PassDown:
    # The code is what Taipei Pass wrote; its description may quote anything.
    code = error.error if ERROR_CODE.fullmatch(str(error.error)) else "unknown"
    logger.error("taipei_pass_refused", extra={"code": code})
    return PassDown("taipei_pass_refused")


def _strange(place: str) -> PassDown:
    logger.error("taipei_pass_profile", extra={"problem": place})
    return PassDown("taipei_pass_profile")
