"""Whom people sign in with besides LINE, and what we need to talk to them."""

from dataclasses import dataclass

from core.bureau_login import TokenAuth
from core.identity.identities import Provider
from core.settings import Settings

SANDBOX_SECRET = "sandbox-bureau-secret"  # noqa: S105


@dataclass(frozen=True, slots=True)
class LoginSite:
    """One OAuth 2 provider as the settings describe it. `secret` never leaves the token request."""

    provider: Provider
    client_id: str
    secret: str
    authorize_url: str
    token_url: str
    profile_url: str
    token_auth: TokenAuth
    uses_pkce: bool


def taipei_pass_site(settings: Settings) -> LoginSite:
    """Return Taipei Pass."""
    return LoginSite(
        provider=Provider.TAIPEI_PASS,
        client_id=settings.taipei_pass_client_id,
        secret=settings.taipei_pass_client_secret.get_secret_value(),
        authorize_url=settings.taipei_pass("authorize"),
        token_url=settings.taipei_pass("token"),
        profile_url=settings.taipei_pass("profile"),
        token_auth=settings.taipei_pass_token_auth,
        uses_pkce=settings.taipei_pass_pkce,
    )


def bureau_site(settings: Settings) -> LoginSite:
    """Return the bureau's single sign-in; outside production the sandbox's where none is named.

    Only for settings that have it.
    """
    secret = settings.bureau_login_client_secret.get_secret_value()
    there = f"{settings.sandbox_origin}/bureau"
    return LoginSite(
        provider=Provider.BUREAU,
        client_id=settings.bureau_login_client_id,
        secret=secret or ("" if settings.is_production else SANDBOX_SECRET),
        authorize_url=settings.bureau_login_authorize_url or f"{there}/oauth/authorize",
        token_url=settings.bureau_login_token_url or f"{there}/oauth/token",
        profile_url=settings.bureau_login_profile_url or f"{there}/api/v1.0.9/user/my",
        token_auth=settings.bureau_login_token_auth,
        uses_pkce=settings.bureau_login_pkce,
    )
