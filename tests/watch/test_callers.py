"""A table that is locked for long: whoever calls is let go in time, comes again, loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import assemble
from bot.tables import LineEvent
from core.db import make_engine, snapshot, table_of, transaction
from core.gate.tables import Tap
from core.house import House, for_callers
from liff.visit import SESSION_TOKEN
from tests.bot.happenings import as_body, make_text, sign
from tests.factories import card_uid_of, make_reader, make_school, make_student
from tests.gate.conftest import SigningReader

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def callers(house: House) -> Iterator[House]:
    """The house as web threads have it."""
    own = for_callers(house)
    yield own
    own.engine.dispose()


@contextmanager
def locked(house: House, *tables: str) -> Iterator[None]:
    """Hold whole tables, as a careless session at the database does."""
    engine = make_engine(house.settings.database_url)
    with engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    engine.dispose()


def hear(client: FlaskClient, house: House) -> TestResponse:
    """LINE brings a message."""
    body = as_body([make_text("今天")])
    secret = house.settings.channel_secrets[0]
    return client.post(
        "/line/webhook",
        data=body,
        headers={"x-line-signature": sign(body, secret)},
        content_type="application/json",
    )


def count(house: House, table: type[Any]) -> int:
    with snapshot(house.engine) as session:
        counted: int = session.scalar(select(func.count()).select_from(table_of(table))) or 0
        return counted


def test_line_and_readers_are_let_go_and_lose_nothing(house: House, callers: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        reader_id = make_reader(session, house).id
        make_student(session, house)
    client = assemble(callers).test_client()
    reader = SigningReader(client, house, reader_id)
    tap = (1, card_uid_of("11510001"), house.clock.now().isoformat())
    with locked(house, "line_event", "tap"):
        for answer in (hear(client, house), reader.taps(tap)):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) in range(1, 6)
    assert (count(house, LineEvent), count(house, Tap)) == (0, 0)
    assert hear(client, house).status_code == 200
    assert reader.taps(tap).status_code == 200
    assert (count(house, LineEvent), count(house, Tap)) == (1, 1)


def test_page_says_that_nothing_was_done_and_when_to_try_again(callers: House) -> None:
    client = assemble(callers).test_client()
    with client.session_transaction() as cookie:
        cookie[SESSION_TOKEN] = "x" * 43
    with locked(callers, "web_session"):
        answer = client.get("/liff/home")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "這次沒有處理，您的資料沒有變動。請過 10 秒再試一次" in answer.get_data(as_text=True)
    assert client.get("/liff/home").status_code != 503
