"""What is not proven changes nothing: forged, altered, stale and repeated requests of LINE."""

from dataclasses import replace

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import text

from bot.webhook import make_blueprint
from core.db import metadata, snapshot
from core.house import House
from tests.bot.happenings import as_body, make_text, sign

SECRET, FORMER = "live-secret", "former-secret"


@pytest.fixture
def hook(house: House) -> tuple[House, Flask]:
    changed = house.settings.model_copy(update={"line_channel_secret": SecretStr(SECRET)})
    house = replace(house, settings=changed)
    app = Flask(__name__)
    app.register_blueprint(make_blueprint(house))
    return house, app


def _post(app: Flask, body: bytes, signature: str) -> int:
    headers = {"x-line-signature": signature}
    answer = app.test_client().post(
        "/line/webhook", data=body, headers=headers, content_type="application/json"
    )
    return answer.status_code


def _rows(house: House) -> dict[str, int]:
    with snapshot(house.engine) as session:
        return {
            name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608
            for name in metadata().tables
        }


def test_any_flipped_bit_of_a_webhook_changes_no_row(hook: tuple[House, Flask]) -> None:
    house, app = hook
    body, before = as_body([make_text("今天")]), _rows(house)
    signature = sign(body, SECRET)
    for place in range(len(body)):
        altered = bytearray(body)
        altered[place] ^= 1 << (place % 8)
        assert _post(app, bytes(altered), signature) == 401
    assert _rows(house) == before


def test_any_changed_sign_of_a_signature_changes_no_row(hook: tuple[House, Flask]) -> None:
    house, app = hook
    body, before = as_body([make_text("今天")]), _rows(house)
    signature = sign(body, SECRET)
    for place, sign_ in enumerate(signature.rstrip("=")[:-1]):
        other = "A" if sign_ != "A" else "B"
        assert _post(app, body, signature[:place] + other + signature[place + 1 :]) == 401
    assert _rows(house) == before


def test_secret_that_was_taken_away_proves_nothing(hook: tuple[House, Flask]) -> None:
    house, app = hook
    body, before = as_body([make_text("今天")]), _rows(house)
    assert _post(app, body, sign(body, FORMER)) == 401
    assert _rows(house) == before


def test_replayed_webhook_changes_no_row(hook: tuple[House, Flask]) -> None:
    house, app = hook
    body = as_body([make_text("今天")])
    assert _post(app, body, sign(body, SECRET)) == 200
    once = _rows(house)
    assert {_post(app, body, sign(body, SECRET)) for _ in range(3)} == {200}
    assert _rows(house) == once
