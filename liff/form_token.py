"""The token that every form of ours carries, wherever a request brings it."""

from flask import request
from flask_wtf.csrf import CSRFProtect


class FormToken(CSRFProtect):  # type: ignore[misc]  # Flask-WTF ships no types
    """Flask-WTF's protection, which takes the token from a JSON body too.

    It looks in forms and headers alone; who signs in by JSON sends all of it in one place.
    """

    def _get_csrf_token(self) -> str | None:
        return super()._get_csrf_token() or _in_json()


def _in_json() -> str | None:
    body = request.get_json(silent=True)
    token = body.get("csrf_token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else None
