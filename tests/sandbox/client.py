"""How tests speak to a running sandbox."""

from typing import Any

import requests

TOKEN = "channel-token-of-the-tests"
CHANNEL_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
LOGIN_CHANNEL = "1660000001"
LOGIN_SECRET = "secret-of-the-login-channel"
BUREAU_ID = "bureau-client"
BUREAU_SECRET = "bureau-secret"
LIFF_ID = "1660000001-abcdefgh"
PASS_ID = "pass-client"
PASS_SECRET = "pass-secret"
START = "2026-11-23T07:20:00+08:00"
Json = dict[str, Any]


class SandboxClient:
    """Real HTTP, no redirects followed, no proxies."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> requests.Response:
        """POST JSON."""
        return self.call("POST", path, json=body, **options)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send any request."""
        options = {"timeout": 20, **options}
        return self._session.request(method, self.origin + path, allow_redirects=False, **options)

    def line(
        self, method: str, path: str, body: object = None, key: str | None = None, **options: Any
    ) -> requests.Response:
        """Call the Messaging API with the channel's token."""
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
        if key:
            headers["X-Line-Retry-Key"] = key
        if body is not None:
            options["json"] = body
        return self.call(method, path, headers=headers, **options)

    def push(self, to: str, *messages: Json, key: str | None = None, **more: Any) -> Any:
        """Push messages, by default one short text."""
        body = {"to": to, "messages": list(messages) or [text("早安")], **more}
        return self.line("POST", "/v2/bot/message/push", body, key)

    def person(self, name: str = "林雅婷") -> Json:
        """Return the phone of a person of the cast."""
        phones = self.get("/phone/state").json()["phones"]
        return next(phone for phone in phones if phone["name"] == name)

    def user_id(self, name: str = "林雅婷") -> str:
        """Return a person's LINE user id."""
        return str(self.person(name)["user_id"])

    def friend(self, name: str = "林雅婷") -> str:
        """Make a person a friend; return the user id."""
        user_id = self.user_id(name)
        assert self.post(f"/phone/{user_id}/follow").status_code == 204
        return user_id

    def seen(self, user_id: str) -> list[Json]:
        """Return what a person saw."""
        return list(self.get(f"/inspect/messages?user_id={user_id}").json())

    def fault(self, **row: Any) -> None:
        """Plan one fault."""
        assert self.post("/faults", [row]).status_code == 204

    def set_clock(self, iso: str) -> None:
        """Move the sandbox's clock."""
        assert self.post("/clock", {"now": iso}).status_code == 204

    def id_token(self, user_id: str, **claims: Any) -> str:
        """Mint an ID token."""
        answer = self.post("/inspect/id-token", {"user_id": user_id, "claims": claims})
        return str(answer.json()["id_token"])


def text(words: str) -> Json:
    """Return a text message object."""
    return {"type": "text", "text": words}
