"""A database that does not answer for a while: LINE gets its answer, and the taps come after."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import text

from core.db import table_of
from core.gate.tables import Tap
from tests.bot.happenings import as_body, make_text, sign
from tests.faults.town import Town
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("faults"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
# Shorter than a reader's patience: each repeat would take another thread of the server's.
HELD_SECONDS = 4.0
# Source: LINE docs, "Receive messages (webhook)": the request ends after 2 seconds.
LINES_PATIENCE = 2.0
READERS = 8


@contextmanager
def held(town: Town) -> Iterator[None]:
    """Hold the table of taps, so that nobody can write or read it."""
    with town.house.engine.connect() as connection:
        connection.execute(text(f"LOCK TABLE {table_of(Tap).name} IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()


def call_webhook(town: Town) -> float:
    """Send what LINE sends when somebody writes; return the seconds until its 200."""
    body = as_body([make_text("今天")])
    headers = {"x-line-signature": sign(body, town.house.settings.channel_secrets[0])}
    began = time.monotonic()
    answer = requests.post(f"{town.origin}/line/webhook", data=body, headers=headers, timeout=30)
    assert answer.status_code == 200
    return time.monotonic() - began


def test_webhook_is_answered_in_time_while_every_tap_waits(town: Town) -> None:
    programs = [town.start("web", "--workers", "1"), town.start("worker")]
    children = town.enrol(*[("小明",)] * READERS)
    gate = town.gate()
    taps = [threading.Thread(target=gate.tap, args=[child.card_uid]) for child in children]
    try:
        wait_for(town.web_answers, "the web server")
        with held(town):
            for tap in taps:
                tap.start()
            until = time.monotonic() + HELD_SECONDS
            while time.monotonic() < until:
                assert call_webhook(town) < LINES_PATIENCE
            assert gate.answered == [], "nothing could be stored"
        for tap in taps:
            tap.join()
        town.wait_until_settled()
    finally:
        for program in programs:
            program.kill()
    town.check(gate)
