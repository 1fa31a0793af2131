"""How often a browser or an address may ask, before the database's own limits.

They are brakes against floods. A school behind one address, or a carrier's, must never feel them.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, request, session
from flask_limiter import Limiter

from core.crypto import fingerprint
from core.settings import Settings
from liff.visit import SESSION_TOKEN

View = Callable[..., Any]
# An evening on which a whole school signs up behind one address: some 50 pages a second.
PAGES = "3000 per minute"
SIGN_INS = "600 per minute"
# Tokens nobody ever issued; what ran out or was used before is ordinary. Each may cost a call to
# LINE, so those that a key at hand tells are not braked: LIFF's are, and nobody who sends rubbish
# shuts out a school behind the same address.
FORGED = "30 per minute"
# The binding's own limits (five a day) are the database's; this spares it a script.
BINDINGS = "20 per minute"
# A file takes seconds of a processor.
FILES = "10 per minute"
RETRY_SECONDS = 60


class Limits:
    """The counters: in this process, or in the Redis that several machines share."""

    def __init__(self, settings: Settings) -> None:
        redis_url = settings.redis_url.get_secret_value()
        self._limiter = Limiter(
            _address,
            storage_uri=redis_url or "memory://",
            strategy="fixed-window",
            # Without its Redis each process counts for itself: pages matter more than counters.
            in_memory_fallback_enabled=bool(redis_url),
        )
        self._pages = ""
        self._limiter.request_filter(self._is_elsewhere)

    def init_app(self, app: Any) -> None:
        """Count from now on."""
        assert isinstance(app, Flask)  # noqa: S101  # Flask types it as its own base
        self._limiter.init_app(app)

    def limit_pages(self, pages: Blueprint) -> None:
        """Limit what an address may ask for altogether; only these pages are limited here."""
        self._pages = pages.name
        self._limiter.limit(PAGES)(pages)

    def of_sign_in(self, view: View, *, is_told_here: Callable[[], bool]) -> View:
        """Limit sign-ins of an address, and forged ones that LINE is asked about much more."""
        forged = self._limiter.limit(
            FORGED, deduct_when=_is_forgery, exempt_when=is_told_here, scope="forged"
        )
        limited: View = self._limiter.limit(SIGN_INS)(forged(view))
        return limited

    def of_binding(self, view: View) -> View:
        """Limit tries to bind from one browser."""
        limited: View = self._limiter.limit(BINDINGS, key_func=_browser)(view)
        return limited

    def of_files(self, view: View) -> View:
        """Limit files sent from one browser."""
        limited: View = self._limiter.limit(FILES, key_func=_browser)(view)
        return limited

    def _is_elsewhere(self) -> bool:
        # Readers come by the thousand: to work out that no limit is theirs would cost each request
        # more than reading its signature.
        return request.blueprint != self._pages


def _is_forgery(response: Response) -> bool:
    return response.status_code == 401 and response.get_json(silent=True) == {"error": "invalid"}


def _browser() -> str:
    token = session.get(SESSION_TOKEN)
    return fingerprint(token) if isinstance(token, str) else _address()


def _address() -> str:
    return request.remote_addr or ""
