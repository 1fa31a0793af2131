"""What the sender is made of is at work in it, and no transaction is open while it pushes."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import core.delivery.breaker
import core.delivery.sender
from core.delivery.breaker import FAILURES
from core.delivery.line import PUSH_PATH
from core.delivery.outcomes import CHANNEL_PAUSE
from core.delivery.sender import Sender
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.settings import load_settings
from tests.bot.fake_line import FakeLine as TalkingLine
from tests.bot.fake_line import running_line
from tests.delivery.saying import say_quota
from tests.delivery.sending import guardians, notices, sender_at_work, tell, wait_for_a_turn
from tests.fakes import FakeLine
from tests.faults.line import QUOTA, RATE
from tests.waiting import wait_for

NEW_WORDS = '{"message":"No more messages for you."}'


@pytest.fixture
def talking() -> Iterator[TalkingLine]:
    """A LINE that also gives numbers."""
    with running_line() as line:
        yield line


def test_line_that_answers_nobody_is_left_in_peace(
    house: House, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.delivery.breaker, "REST_SECONDS", (3600,))
    line.script = [(500, "{}")] * 100
    tell(house, guardians(house, 3 * FAILURES))
    with sender_at_work(house, line.origin, in_flight=1):
        wait_for(lambda: len(line.requests) >= FAILURES, "the failures")
        wait_for_a_turn(house)
    assert len(line.requests) == FAILURES


def test_line_in_trouble_is_tried_by_one_at_a_time(
    house: House, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.delivery.breaker, "FAILURES", 1)
    monkeypatch.setattr(core.delivery.breaker, "REST_SECONDS", (0,))
    tried, stall = list[str](), threading.Event()

    def answer(key: str, _body: dict[str, Any]) -> tuple[int, str]:
        tried.append(key)
        if len(tried) > 1:
            stall.wait(30)
        return 500, "{}"

    line.answer = answer  # type: ignore[method-assign]
    tell(house, guardians(house, 5))
    with sender_at_work(house, line.origin, in_flight=2):
        wait_for(lambda: any(one.outcome for one in notices(house)), "the first failure")
        wait_for_a_turn(house)
        under_way = len(tried)
        stall.set()
    assert under_way == 2


def test_push_that_lands_last_is_settled_at_once(
    house: House, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("GATHER_SECONDS", "POLL_SECONDS"):
        monkeypatch.setattr(core.delivery.sender, pause, 3600)
    tell(house, guardians(house, 2))
    with sender_at_work(house, line.origin):
        wait_for(lambda: {one.state for one in notices(house)} == {NoticeState.ACCEPTED}, "ends")
    assert len(line.accepted) == 2


@pytest.mark.parametrize(
    ("words", "used", "outcome"),
    [(NEW_WORDS, 200, "quota"), (RATE, 200, "quota"), (QUOTA, 199, "rate"), (NEW_WORDS, 5, "rate")],
)
def test_429_is_what_lines_numbers_say_whatever_its_words(
    house: House, talking: TalkingLine, words: str, used: int, outcome: str
) -> None:
    say_quota(talking, 200, used)
    _turn_away(talking, words)
    row = _told(house, talking.url)
    assert row.outcome == outcome
    pause = row.due_at - house.clock.now()
    assert (pause == CHANNEL_PAUSE) is (outcome == "quota")


@pytest.mark.parametrize(("words", "outcome"), [(NEW_WORDS, "rate"), (QUOTA, "quota")])
def test_429_is_what_lines_words_say_where_it_gives_no_numbers(
    house: House, talking: TalkingLine, words: str, outcome: str
) -> None:
    _turn_away(talking, words)
    talking.answers["/v2/bot/message/quota"] = [(500, {})]
    assert _told(house, talking.url).outcome == outcome


def _turn_away(line: TalkingLine, words: str) -> None:
    line.answers[PUSH_PATH] = [(429, json.loads(words))]


def _told(house: House, origin: str) -> Notice:
    """Tell one person; return the notice as the first answer leaves it."""
    tell(house, guardians(house, 1))
    settings = load_settings(_env_file=None, line_api_base=origin)
    Sender(replace(house, settings=settings)).drain()
    (row,) = notices(house)
    assert (row.state, row.attempts) == (NoticeState.PENDING, 0)
    return row


def test_no_transaction_is_open_during_a_push(house: House, line: FakeLine) -> None:
    plain, open_ones = line.answer, list[int]()

    def answer(key: str, body: dict[str, Any]) -> tuple[int, str]:
        open_ones.append(house.engine.pool.checkedout())  # type: ignore[attr-defined]
        return plain(key, body)

    line.answer = answer  # type: ignore[method-assign]
    tell(house, guardians(house, 3))
    settings = load_settings(_env_file=None, line_api_base=line.origin)
    assert Sender(replace(house, settings=settings)).drain() == 3
    assert open_ones == [0, 0, 0]
