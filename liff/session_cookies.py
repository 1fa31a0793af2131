"""The browser's cookie, good whichever machine signed it."""

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner, URLSafeTimedSerializer


def init_cookies(app: Any) -> None:
    """Let the application read and write its cookies so."""
    assert isinstance(app, Flask)  # noqa: S101  # Flask types it as its own base
    app.session_interface = SessionCookies()


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own, but for the age.

    By the next machine's clock a cookie may come from the future, and Flask would take it for
    empty. How long a session lives stands in the database, by the one clock of all machines; the
    browser drops the cookie itself.
    """

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs the cookie and reads it."""
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = _AgelessSigner
        return serializer


class _AgelessSigner(TimestampSigner):
    def unsign(
        self,
        signed_value: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
    ) -> Any:
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        return (value, signed_at) if return_timestamp else value
