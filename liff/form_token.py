"""The token that every form of ours carries, wherever a request brings it."""

from flask_wtf.csrf import CSRFProtect

from liff.json_body import sent_in_json


class FormToken(CSRFProtect):  # type: ignore[misc]  # Flask-WTF ships no types
    """Flask-WTF's protection, which takes the token from a JSON body too.

    It looks in forms and headers alone; who signs in by JSON sends all of it in one place.
    """

    def _get_csrf_token(self) -> str | None:
        return super()._get_csrf_token() or sent_in_json("csrf_token")
