"""Asking LINE for the quota, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.delivery.line_quota import ask_quota, is_quota_gone
from core.delivery.quota import Quota
from core.errors import ChannelError
from core.settings import Settings, load_settings
from tests.bot.fake_line import FakeLine, closed_port, running_line
from tests.delivery.saying import say_quota

TOKEN = "the-token"


@pytest.fixture
def line() -> Iterator[FakeLine]:
    """A LINE Platform."""
    with running_line() as line:
        yield line


def settings(url: str) -> Settings:
    """Settings that talk to it."""
    return load_settings(_env_file=None, line_api_base=url)


@pytest.mark.parametrize("quota", [Quota(30_000, 128), Quota(200, 200), Quota(None, 63_000)])
def test_limit_and_use_are_asked_with_the_token(line: FakeLine, quota: Quota) -> None:
    say_quota(line, quota.granted, quota.used)
    assert ask_quota(settings(line.url), TOKEN) == quota
    assert [call.method for call in line.calls] == ["GET", "GET"]
    assert {call.headers["authorization"] for call in line.calls} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (401, {"message": "Authentication failed."}),
        (429, {"message": "The API rate limit has been exceeded. Try again later."}),
        (200, {}),
        (200, {"type": "limited"}),
        (200, {"type": "limited", "value": "many"}),
        (200, {"type": "something_new"}),
    ],
)
def test_no_usable_answer_is_one_error_and_one_call(
    line: FakeLine, answer: tuple[int, dict[str, Any]]
) -> None:
    line.answers["/v2/bot/message/quota"] = [answer]
    with pytest.raises(ChannelError) as refused:
        ask_quota(settings(line.url), TOKEN)
    assert not refused.value.permanent
    assert len(line.calls) == 1


def test_use_without_a_number_is_no_answer(line: FakeLine) -> None:
    say_quota(line, 200, 0)
    line.answers["/v2/bot/message/quota/consumption"] = [(200, {})]
    with pytest.raises(ChannelError):
        ask_quota(settings(line.url), TOKEN)


@pytest.mark.parametrize(
    ("granted", "used", "is_gone"),
    [(200, 199, False), (200, 200, True), (200, 201, True), (0, 0, True), (None, 10**6, False)],
)
def test_quota_is_gone_where_all_of_it_is_used(
    line: FakeLine, granted: int | None, used: int, is_gone: bool
) -> None:
    say_quota(line, granted, used)
    assert is_quota_gone(settings(line.url), TOKEN) is is_gone


def test_quota_without_an_answer_is_unknown(line: FakeLine) -> None:
    line.answers["/v2/bot/message/quota"] = [(500, {})]
    assert is_quota_gone(settings(line.url), TOKEN) is None
    assert is_quota_gone(settings(closed_port()), TOKEN) is None
