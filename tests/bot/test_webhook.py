"""The webhook: who is believed, what is stored, what is answered."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import select
from werkzeug.test import TestResponse

from bot.tables import EventState, LineEvent
from bot.webhook import MAX_BODY, make_blueprint
from core.db import transaction
from core.house import House
from core.privacy.purge import purge
from tests.bot.happenings import as_body, make_event, make_text, sign

SECRET = "first-secret"
NEXT = "second-secret"
# Source: LINE docs, "Verify webhook signature" (their own test vector).
VECTOR_BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
VECTOR_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
VECTOR_SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


@pytest.fixture
def signed_house(house: House) -> House:
    """The house while its channel secret is being rotated."""
    secrets = SecretStr(f"{SECRET},{NEXT},{VECTOR_SECRET}")
    return replace(
        house, settings=house.settings.model_copy(update={"line_channel_secret": secrets})
    )


@pytest.fixture
def client(signed_house: House) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(make_blueprint(signed_house))
    return app.test_client()


def post(client: FlaskClient, body: bytes, signature: str | None) -> TestResponse:
    headers = {} if signature is None else {"x-line-signature": signature}
    return client.post(
        "/line/webhook", data=body, headers=headers, content_type="application/json; charset=utf-8"
    )


def stored(house: House) -> list[LineEvent]:
    with transaction(house.engine) as session:
        return list(session.exec(select(LineEvent)))


def test_lines_own_vector_is_believed(client: FlaskClient) -> None:
    answer = post(client, VECTOR_BODY, VECTOR_SIGNATURE)

    assert (answer.status_code, answer.json) == (200, {})


@pytest.mark.parametrize("secret", [SECRET, NEXT])
def test_every_secret_counts_while_rotating(client: FlaskClient, secret: str) -> None:
    body = as_body([])

    assert post(client, body, sign(body, secret)).status_code == 200


@pytest.mark.parametrize(
    "signature", [None, "", "not base64 é", VECTOR_SIGNATURE, "A" * 10_000, sign(b"{}", SECRET)]
)
def test_a_wrong_signature_is_refused_and_stores_nothing(
    client: FlaskClient, signed_house: House, signature: str | None
) -> None:
    answer = post(client, as_body([make_text("今天")]), signature)

    assert answer.status_code == 401
    assert stored(signed_house) == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b""])
def test_bytes_that_are_no_text_are_refused(client: FlaskClient, body: bytes) -> None:
    assert post(client, body, "c2lnbmF0dXJl").status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"events": {}}', b"null", b'{"destination": "U"}', b"[" * 100_000],
)
def test_a_signed_body_that_is_no_webhook_is_400(client: FlaskClient, body: bytes) -> None:
    assert post(client, body, sign(body, SECRET)).status_code == 400


def test_a_body_above_one_megabyte_is_413(client: FlaskClient) -> None:
    body = b" " * (MAX_BODY + 1)

    assert post(client, body, sign(body, SECRET)).status_code == 413


def test_events_are_stored_and_the_dispatcher_is_woken(
    client: FlaskClient, signed_house: House
) -> None:
    body = as_body([make_text("今天"), make_event("unknownKind")])

    assert post(client, body, sign(body, SECRET)).status_code == 200
    assert [event.state for event in stored(signed_house)] == [EventState.PENDING] * 2
    assert signed_house.events_due.is_set()


def test_twenty_equal_requests_at_once_store_one_event(
    client: FlaskClient, signed_house: House
) -> None:
    body = as_body([make_text("今天")])
    signature = sign(body, SECRET)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(client, body, signature), range(20)))

    assert [answer.status_code for answer in answers] == [200] * 20
    assert len(stored(signed_house)) == 1


def test_an_event_that_comes_again_three_days_later_is_still_known(
    client: FlaskClient, signed_house: House
) -> None:
    body = as_body([make_text("今天")])
    assert post(client, body, sign(body, SECRET)).status_code == 200
    with transaction(signed_house.engine) as session:
        session.execute(update(LineEvent).values(state=EventState.DONE))

    signed_house.clock.move_to(signed_house.clock.now() + timedelta(days=3))
    purge(signed_house)
    assert post(client, body, sign(body, SECRET)).status_code == 200

    assert [event.state for event in stored(signed_house)] == [EventState.DONE]


def test_an_event_twice_in_one_body_is_one(client: FlaskClient, signed_house: House) -> None:
    event = make_text("今天")
    body = as_body([event, event])

    assert post(client, body, sign(body, SECRET)).status_code == 200
    assert len(stored(signed_house)) == 1


def test_an_event_we_cannot_name_leaves_the_others(
    client: FlaskClient, signed_house: House
) -> None:
    good = make_text("今天")
    broken = [7, {}, good | {"webhookEventId": 5}, good | {"webhookEventId": "a\x00b"}]
    broken += [
        good | {"webhookEventId": "01X", "timestamp": wrong} for wrong in (None, -1, 10**30, "1")
    ]
    body = as_body([*broken, good])

    assert post(client, body, sign(body, SECRET)).status_code == 200
    assert [json.loads(event.body) for event in stored(signed_house)] == [good]


def test_half_a_surrogate_pair_in_a_text_can_be_stored(
    client: FlaskClient, signed_house: House
) -> None:
    body = as_body([make_text("\ud83d 今天\x00")])

    assert post(client, body, sign(body, SECRET)).status_code == 200
    assert len(stored(signed_house)) == 1
