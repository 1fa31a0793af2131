"""Walks the sign-in pages as a person does: one visit, form by form."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.taipei_pass.members import SAMPLE_PASSWORD, complete_id_number
from tests.sandbox.client import BUREAU_ID, PASS_ID, PASS_SECRET, SandboxClient
from tests.sandbox.fake_app import FakeApp

CALLBACKS = {"tpcd": "taipei-pass", "isso": "taipei-pass", "bureau": "bureau"}
FATHER_ID, MOTHER_ID = complete_id_number("A19990002"), complete_id_number("A29990001")
NEW_ID, RESIDENT_ID = "A123456789", "A800000014"
GOOD_PASSWORD = "Abcdef1!"


class Walk:
    """One visit at a provider: "tpcd", "isso" or "bureau"."""

    def __init__(self, sandbox: SandboxClient, app: FakeApp, provider: str = "tpcd") -> None:
        self.sandbox = sandbox
        self.provider = provider
        self.callback = f"{app.url}/liff/{CALLBACKS[provider]}/callback"
        client_id = BUREAU_ID if provider == "bureau" else PASS_ID
        self.asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self.callback,
            "state": "s&1",
        }
        self.start = sandbox.get(f"/{provider}/oauth2/authorize", params=self.asked)
        found = re.search(r"/pass/([\w-]+)/", self.start.text)
        assert found, self.start.text
        self.visit = found[1]

    def get(self, page: str) -> Any:
        """Open a page of the visit."""
        return self._follow(self.sandbox.get(f"/pass/{self.visit}/{page}"))

    def send(self, page: str, **fields: str) -> Any:
        """Send a page's form; redirects within the visit are followed."""
        return self._follow(self.sandbox.call("POST", f"/pass/{self.visit}/{page}", data=fields))

    def _follow(self, answer: Any) -> Any:
        while answer.status_code == 303:
            answer = self.sandbox.get(answer.headers["Location"])
        return answer

    def code_sent_to(self, address: str) -> str:
        """Return the newest four digits that reached a phone or mailbox."""
        if "@" in address:
            letters = self.sandbox.get("/mail/messages", params={"to": address}).json()
            text = letters[-1]["text"]
        else:
            text = self.sandbox.get("/sms/messages", params={"to": address}).json()[-1]["text"]
        found = re.search(r"\b(\d{4})\b", text)
        assert found, text
        return found[1]

    def profile_after(self, answer: Any) -> dict[str, Any]:
        """Check that the service is returned to, and read the member's profile there."""
        code = self.code_of(answer)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback}
        token = self.sandbox.call(
            "POST", f"/{self.provider}/oauth2/token", data=form, auth=(PASS_ID, PASS_SECRET)
        ).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/{self.provider}/api/v1.0.9/user/my"
        profile: dict[str, Any] = self.sandbox.get(path, headers=headers).json()["data"]
        return profile

    def code_of(self, answer: Any) -> str:
        """Return the code that goes back to the service, with its state."""
        assert answer.status_code == 302, answer.text
        target = answer.headers["Location"]
        query = parse_qs(urlsplit(target).query)
        assert target.startswith(f"{self.callback}?")
        assert query["state"] == ["s&1"]
        return query["code"][0]

    def register(self, contact: str, kind: str = "general", **changed: str) -> Any:
        """Walk the registration up to its last page."""
        self.send("join", kind=kind)
        self.send("join/notice", agreed="yes")
        self.send("join/contact", contact=contact, human="yes")
        self.send("join/code", code=self.code_sent_to(contact))
        fields = {
            "surname": "歐陽",
            "given_name": "小花",
            "password": GOOD_PASSWORD,
            "password_again": GOOD_PASSWORD,
        }
        return self.send("join/profile", **{**fields, **changed})

    def sign_in(self, account: str, password: str = SAMPLE_PASSWORD, **more: str) -> Any:
        """Sign in by password."""
        return self.send("password", account=account, password=password, **more)

    def sign_in_to_rise(self) -> Any:
        """Sign in as the general member who wants to be gold."""
        return self.sign_in("datong.wang", then="gold")
