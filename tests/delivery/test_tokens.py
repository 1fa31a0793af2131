"""Tokens this program fetches itself: renewed in time by one, used to their end by all."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

import core.delivery.tokens
from core.db import snapshot, transaction
from core.delivery.granting import NoToken, TokenRefused, TokenUnreachable
from core.delivery.sender import FINISH_SECONDS, Sender
from core.delivery.tables import ChannelToken
from core.delivery.tokens import good_token
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import RETRY_HORIZON
from core.notices.tables import Notice
from core.settings import load_settings
from tests.conftest import FixedClock
from tests.delivery.dribbling import dribbling
from tests.faults.line import TroubledLine, troubled_line
from tests.waiting import wait_for

Notify = Callable[..., int]
Notices = Callable[[], list[Notice]]
OLD, OVER = timedelta(minutes=14), timedelta(minutes=15)
OWN = {"line_channel_id": "2000000001", "line_channel_access_token": "of no use"}


@pytest.fixture
def line() -> Iterator[TroubledLine]:
    """A LINE that gives tokens, and takes the last one."""
    with troubled_line() as line:
        line.checks_tokens = True
        yield line


@pytest.fixture
def own(house: House, line: TroubledLine) -> House:
    """The house that fetches its own tokens, and has one."""
    settings = load_settings(_env_file=None, line_api_base=line.origin, **OWN)
    own = replace(house, settings=settings)
    token = good_token(own)
    assert token is not None
    assert token.value == "token-1"
    return own


def later(house: House, span: timedelta) -> None:
    """Let time pass."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(house.clock.now() + span)


def hurry(house: House) -> None:
    """Let a pause pass."""
    later(house, timedelta(seconds=2))
    house.notices_due.set()


def value_of(house: House) -> str | None:
    """Return the token to use now."""
    token = good_token(house)
    return token.value if token else None


def test_token_is_renewed_before_its_end(own: House, line: TroubledLine) -> None:
    later(own, OLD)
    assert (value_of(own), line.grants) == ("token-2", 2)


def test_old_token_is_used_to_its_end_while_line_gives_no_other(
    own: House, line: TroubledLine
) -> None:
    line.grant_status = 500
    later(own, OLD)
    assert [value_of(own) for _ in range(3)] == ["token-1"] * 3
    later(own, OVER - OLD)
    with pytest.raises(TokenUnreachable):
        good_token(own)


def test_old_token_is_kept_while_another_process_renews_it(own: House, line: TroubledLine) -> None:
    later(own, OLD)
    with transaction(own.engine) as session:
        until = own.clock.now() + timedelta(seconds=10)
        session.execute(update(ChannelToken).values(renewing_until=until))
    assert (value_of(own), line.grants) == ("token-1", 1)


def test_token_line_would_not_take_never_comes_back(own: House, line: TroubledLine) -> None:
    refused = good_token(own)
    line.grant_status = 503
    with pytest.raises(NoToken):
        good_token(own, refused)
    assert good_token(own, refused) is None
    line.grant_status = 200
    later(own, timedelta(minutes=1))
    renewed = good_token(own, refused)
    assert renewed is not None
    assert renewed.value == "token-2"


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (400, TokenRefused, "refused_400"),
        (401, TokenRefused, "refused_401"),
        (302, TokenUnreachable, "http_302"),
        (429, TokenUnreachable, "http_429"),
        (503, TokenUnreachable, "http_503"),
    ],
)
def test_line_that_refuses_is_told_from_one_that_is_away(
    own: House, line: TroubledLine, status: int, error: type[NoToken], word: str
) -> None:
    line.grant_status = status
    later(own, OVER)
    with pytest.raises(error, match=word):
        good_token(own)


def test_line_nobody_reaches_is_away(own: House) -> None:
    later(own, OVER)
    gone = own.settings.model_copy(update={"line_api_base": "http://127.0.0.1:9"})
    with pytest.raises(TokenUnreachable):
        good_token(replace(own, settings=gone))


def test_pushes_go_on_with_the_old_token_while_its_renewal_hangs(
    own: House, line: TroubledLine, notify: Notify
) -> None:
    line.grants_again = threading.Event()
    later(own, OLD)
    stop = threading.Event()
    sender = threading.Thread(target=Sender(own).run, args=[stop])
    sender.start()
    try:
        for occurrence in (1, 2):
            notify(NoticeKind.BOUND, about=str(occurrence))
            wait_for(lambda sent=occurrence: len(line.accepted) == sent, "the push")
        assert {attempt.token for attempt in line.attempts} == {"token-1"}
        line.grants_again.set()
        wait_for(lambda: line.grants == 2, "the renewal")
        notify(NoticeKind.BOUND, about="3")
        # It may leave with the old one a moment before the new one is stored.
        wait_for(lambda: len(line.accepted) == 3, "the push", lambda: hurry(own))
    finally:
        line.grants_again.set()
        stop.set()
        sender.join()
    assert line.attempts[-1].token == "token-2"


def test_channel_stops_where_no_token_is_left_and_says_why(
    own: House, line: TroubledLine, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    line.grant_status = 400
    later(own, OVER)
    notify()
    assert Sender(own).drain() == 0
    said = [one for one in caplog.records if one.message == "channel stopped: no access token"]
    assert [vars(one)["reason"] for one in said] == ["refused_400"]
    assert line.attempts == []


def test_token_refused_while_line_gives_no_other_is_not_tried_again(
    own: House, line: TroubledLine, notify: Notify
) -> None:
    line.revoke()
    line.grant_status = 503
    notify()
    stop = threading.Event()
    sender = threading.Thread(target=Sender(own).run, args=[stop])

    sender.start()
    try:
        wait_for(lambda: line.asks == 4, "three questions", lambda: hurry(own))
        line.grant_status = 200
        wait_for(lambda: line.accepted, "the push", lambda: hurry(own))
    finally:
        stop.set()
        sender.join()
    assert [attempt.token for attempt in line.attempts] == ["token-1", "token-2"]


def test_neither_an_end_nor_a_stop_waits_for_a_token_that_comes_byte_by_byte(
    own: House, notify: Notify, all_notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.delivery.tokens, "TIMEOUT", (3, 3))
    later(own, OVER)
    notify()
    stop = threading.Event()
    with dribbling() as origin:
        slow = own.settings.model_copy(update={"line_api_base": origin})
        sender = threading.Thread(target=Sender(replace(own, settings=slow)).run, args=[stop])
        sender.start()
        try:
            wait_for(lambda: _is_being_renewed(own), "the question")
            later(own, RETRY_HORIZON)
            wait_for(lambda: all_notices()[0].state == NoticeState.EXPIRED, "its end")
        finally:
            stop.set()
            sender.join(FINISH_SECONDS)
            assert not sender.is_alive()


def _is_being_renewed(house: House) -> bool:
    with snapshot(house.engine) as session:
        until = session.scalars(select(col(ChannelToken.renewing_until))).one()
    return until is not None and until > house.clock.now()
