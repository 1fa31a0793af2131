"""A gate to knock at: the intake alone in a Flask app, and a reader that signs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from core.db import transaction
from core.gate.intake import make_blueprint
from core.house import House
from tests.factories import make_binding, make_guardian, make_reader, make_school, make_student

SECRET = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"


class SigningReader:
    """A reader as a vendor would write it."""

    def __init__(
        self, client: FlaskClient, house: House, reader_id: UUID, name: str = "msg"
    ) -> None:
        self.client = client
        self.house = house
        self.reader_id = reader_id
        self.name = name
        self._ids = count(1)

    def headers(self, body: bytes, at: datetime | None = None, **changed: str) -> dict[str, str]:
        """The three headers for a body."""
        # The library replaces the zone instead of converting it: it must be given UTC.
        at = (at or self.house.clock.now()).astimezone(UTC)
        message_id = changed.get("webhook_id", f"{self.name}_{next(self._ids)}")
        secret = changed.get("secret", SECRET)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
        }

    def send(self, payload: Any, path: str = "taps", **changed: Any) -> TestResponse:
        """POST a payload (or raw bytes) with a fresh signature."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.post(body, self.headers(body, **changed), path)

    def post(self, body: bytes, headers: dict[str, str], path: str = "taps") -> TestResponse:
        """POST exactly these bytes and headers."""
        address = f"/gate/v1/readers/{self.reader_id}/{path}"
        return self.client.post(address, data=body, headers=headers)

    def taps(self, *taps: tuple[int, str, str], boot_id: str = "boot-1") -> TestResponse:
        """Send (seq, card, ISO time) taps."""
        items = [{"seq": seq, "card_uid": uid, "tapped_at": at} for seq, uid, at in taps]
        return self.send({"boot_id": boot_id, "taps": items})

    def statuses(self, *taps: tuple[int, str, str], boot_id: str = "boot-1") -> list[str]:
        """Send taps and return what was said of each."""
        answer = self.taps(*taps, boot_id=boot_id)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [result["status"] for result in answer.get_json()["results"]]


@pytest.fixture
def client(house: House) -> FlaskClient:
    app = Flask("gate-test")
    app.register_blueprint(make_blueprint(house))
    return app.test_client()


@pytest.fixture
def make_signing_reader(house: House, client: FlaskClient) -> Callable[..., SigningReader]:
    def make(**facts: Any) -> SigningReader:
        with transaction(house.engine) as session:
            reader = make_reader(session, house, secret=SECRET, **facts)
        return SigningReader(client, house, reader.id)

    return make


@pytest.fixture
def reader(house: House, make_signing_reader: Callable[..., SigningReader]) -> SigningReader:
    """A reader at Ming's school; Mei is bound to Ming."""
    with transaction(house.engine) as session:
        make_school(session)
        make_binding(session, make_guardian(session, house), make_student(session, house))
    return make_signing_reader()
