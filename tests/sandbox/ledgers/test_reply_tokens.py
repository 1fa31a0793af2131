"""How long a reply token answers, above all after a redelivery."""

from datetime import timedelta

import pytest

from sandbox.clock import parse_instant
from sandbox.ledgers.reply_tokens import ReplyTokens
from tests.sandbox.client import START

NOW = parse_instant(START)
USER = "U" + "1" * 32


def _after(seconds: int, *, renewed_at: int | None = None) -> str | None:
    tokens = ReplyTokens()
    token = tokens.issue(USER, NOW)
    if renewed_at is not None:
        tokens.renew(token, NOW + timedelta(seconds=renewed_at))
    return tokens.find(token, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "user"), [(0, USER), (59, USER), (60, None)])
def test_token_lives_a_minute(seconds: int, user: str | None) -> None:
    assert _after(seconds) == user


@pytest.mark.parametrize(("seconds", "user"), [(359, USER), (360, None)])
def test_redelivered_token_lives_a_minute_from_then(seconds: int, user: str | None) -> None:
    assert _after(seconds, renewed_at=300) == user


@pytest.mark.parametrize(("seconds", "user"), [(1199, USER), (1200, None)])
def test_no_redelivery_stretches_a_token_beyond_20_minutes(seconds: int, user: str | None) -> None:
    assert _after(seconds, renewed_at=1190) == user


def test_used_token_does_not_come_back_with_a_redelivery() -> None:
    tokens = ReplyTokens()
    token = tokens.issue(USER, NOW)
    tokens.spend(token)
    tokens.renew(token, NOW)
    assert tokens.find(token, NOW) is None


def test_tokens_survive_a_restart() -> None:
    tokens, reborn = ReplyTokens(), ReplyTokens()
    token = tokens.issue(USER, NOW)
    reborn.load(tokens.dump())
    assert reborn.find(token, NOW + timedelta(seconds=59)) == USER
    assert reborn.find(token, NOW + timedelta(seconds=60)) is None
