"""Talking with Taipei Pass and its like: plain OAuth 2 with state, PKCE by setting, the profile.

Source: the city's open dashboard code and TownPass front end; no ID token is issued there.
"""

import logging
import re
from typing import Any

import requests
import stamina
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import current_app, session

from core.delivery.breaker import Breaker
from core.errors import AppError
from core.identity.identities import Provider
from core.people.contacts import MOBILE
from core.people.guardians import GENERAL_LEVEL, PassMember
from core.people.names import clean_name
from liff.providers import LoginSite

logger = logging.getLogger(__name__)
# Seconds to connect and to wait: a person looks at an empty page meanwhile.
TIMEOUT = (3, 10)
READ_TRIES = 2
BREAKERS = "gate.login_breakers"
MEMBER_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
LEVEL = re.compile(r"[0-9]{1,3}")
# The member type of people; the dashboard's code knows no other, organisations have their own.
PERSON = "personal"
ERROR_CODE = re.compile(r"[a-z_]{1,40}")
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


class PassDown(AppError):
    """Raised when a provider can't be reached, refuses us, or answers with no profile."""


class NotAPerson(AppError):
    """Raised when the account that signed in is an organisation's: nobody is proved by it."""


class _Session(OAuth2Session):  # type: ignore[misc]  # the library has no types
    """Follows no redirect: what holds our secret goes only where the settings say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_redirects = 0
        # Nor through a proxy of the machine's environment, nor with a netrc's password.
        self.trust_env = False


class _Client(FlaskOAuth2App):  # type: ignore[misc]  # the library has no types
    client_cls = _Session


def make_pass_client(site: LoginSite) -> Any:
    """Return Authlib's client; state and PKCE verifier stay in this browser's own cookie."""
    pkce = {"code_challenge_method": "S256"} if site.uses_pkce else {}
    return _Client(
        FlaskIntegration(site.provider, cache=None),
        name=site.provider,
        client_id=site.client_id,
        client_secret=site.secret,
        authorize_url=site.authorize_url,
        access_token_url=site.token_url,
        client_kwargs={
            "token_endpoint_auth_method": site.token_auth.value,
            "default_timeout": TIMEOUT,
            **pkce,
        },
    )


def begin_sign_in(client: Any, callback: str) -> tuple[str, str]:
    """Return where to send the person, and the state; earlier starts of this browser are void."""
    for key in [key for key in session if key.startswith(_prefix(client))]:
        session.pop(key)
    begun = client.create_authorization_url(callback)
    client.save_authorize_data(redirect_uri=callback, **begun)
    return begun["url"], begun["state"]


def is_own_state(client: Any, state: str) -> bool:
    """Tell whether this browser's newest start carried that state."""
    return f"{_prefix(client)}{state}" in session


def _prefix(client: Any) -> str:
    return f"_state_{client.name}_"


def fetch_member(client: Any, site: LoginSite) -> PassMember:
    """Return the member who has just signed in.

    Raises MismatchingStateError, PassDown, or NotAPerson for an organisation's account.
    A provider that fails again and again is left in peace for a while: nobody waits for it then.
    """
    breaker = _breaker(site)
    if not breaker.allowed(1):
        raise PassDown(f"{site.provider}_rests")
    try:
        envelope = _ask(client, site)
    except requests.RequestException as error:
        breaker.note(worked=False)
        logger.warning("%s_down", site.provider, extra={"error_type": type(error).__name__})
        raise PassDown(f"{site.provider}_down") from None
    breaker.note(worked=True)
    return parse_profile(envelope, site)


def _breaker(site: LoginSite) -> Breaker:
    breakers: dict[str, Breaker] = current_app.extensions.setdefault(BREAKERS, {})
    return breakers.setdefault(site.provider, Breaker())


def _ask(client: Any, site: LoginSite) -> object:
    try:
        # Never twice: a code is good once, and a second use ends what came of the first.
        token = client.authorize_access_token()
    except MismatchingStateError:
        raise
    except OAuthError as error:
        raise _refused(error, site) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise _strange("token", site) from None
    return _read_profile(client, site, token)


def _read_profile(client: Any, site: LoginSite, token: Any) -> object:
    passing = (requests.ConnectionError, requests.Timeout, requests.HTTPError)
    tries = stamina.retry_context(
        on=passing, attempts=READ_TRIES, wait_initial=0.2, wait_jitter=0.1, timeout=None
    )
    try:
        for attempt in tries:
            with attempt:
                answer = client.get(site.profile_url, token=token)
                if answer.status_code >= 500:
                    answer.raise_for_status()
    except OAuthError as error:
        raise _refused(error, site) from None
    if answer.status_code != 200:
        raise _strange(f"status {answer.status_code}", site)
    try:
        found: object = answer.json()
    except requests.JSONDecodeError:
        raise _strange("json", site) from None
    return found


def parse_profile(envelope: object, site: LoginSite) -> PassMember:
    """Return what is kept of a profile.

    Raises PassDown when the envelope is not a success, NotAPerson for an organisation.
    """
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or envelope.get("name") != "TP_SUCCESS":
        raise _strange("envelope", site)
    if envelope.get("status", 200) != 200:
        raise _strange("status", site)
    if not isinstance(data, dict):
        raise _strange("data", site)
    if data.get("memberType", PERSON) != PERSON:
        raise NotAPerson(site.provider)
    # Levels are Taipei Pass's; elsewhere nothing is proved by one.
    unproved = None if site.provider is Provider.TAIPEI_PASS else GENERAL_LEVEL
    member_id, name = data.get("id"), data.get("realName")
    level = data.get("verifyLevel", unproved)
    if not isinstance(member_id, str) or not MEMBER_ID.fullmatch(member_id):
        raise _strange("id", site)
    if not isinstance(level, str) or not LEVEL.fullmatch(level):
        raise _strange("verifyLevel", site)
    real_name = clean_name(name) if isinstance(name, str) else None
    if real_name is None:
        raise _strange("realName", site)
    return PassMember(
        member_id,
        real_name,
        level,
        _fitting(EMAIL, data.get("email")),
        _fitting(MOBILE, data.get("phoneNo")),
    )


def _fitting(shape: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _refused(error: OAuthError, site: LoginSite) -> PassDown:
    # The code is what the provider wrote; its description may quote anything.
    code = error.error if ERROR_CODE.fullmatch(str(error.error)) else "unknown"
    logger.error("%s_refused", site.provider, extra={"code": code})
    return PassDown(f"{site.provider}_refused")


def _strange(place: str, site: LoginSite) -> PassDown:
    logger.error("%s_profile", site.provider, extra={"problem": place})
    return PassDown(f"{site.provider}_profile")
