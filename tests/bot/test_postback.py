"""Buttons: whose they are, how long they live, what forgery meets."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.postback import GOOD_FOR, MAX_DATA, Action, PostbackCodec, PostbackProblem, Press
from core.settings import Settings, load_settings
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI

NOW = MONDAY_MORNING
PRESS = Press(Action.WEEK_BEFORE, "2026-11-16")


def settings(key: str = "k" * 32, older: str = "") -> Settings:
    return load_settings(
        _env_file=None, secret_key=SecretStr(key), secret_key_fallbacks=SecretStr(older)
    )


@pytest.fixture
def codec() -> PostbackCodec:
    return PostbackCodec(settings())


def test_a_button_comes_back_as_it_was_made(codec: PostbackCodec) -> None:
    data = codec.seal(PRESS, MEI, NOW)

    assert codec.open(data, MEI, NOW + GOOD_FOR - timedelta(seconds=1)) == PRESS
    assert MEI not in data
    assert len(data) <= MAX_DATA


def test_a_day_later_it_has_expired(codec: PostbackCodec) -> None:
    data = codec.seal(PRESS, MEI, NOW)

    assert codec.open(data, MEI, NOW + GOOD_FOR) is PostbackProblem.EXPIRED


def test_a_forwarded_button_is_nobody_elses(codec: PostbackCodec) -> None:
    assert codec.open(codec.seal(PRESS, MEI, NOW), HUA, NOW) is PostbackProblem.FORWARDED


def test_another_key_signs_nothing_here(codec: PostbackCodec) -> None:
    forged = PostbackCodec(settings("x" * 32)).seal(PRESS, MEI, NOW)

    assert codec.open(forged, MEI, NOW) is PostbackProblem.FOREIGN


def test_a_rotated_key_still_opens_older_buttons(codec: PostbackCodec) -> None:
    rotated = PostbackCodec(settings("n" * 32, older="o" * 32 + ", " + "k" * 32))

    assert rotated.open(codec.seal(PRESS, MEI, NOW), MEI, NOW) == PRESS
    assert codec.open(rotated.seal(PRESS, MEI, NOW), MEI, NOW) is PostbackProblem.FOREIGN


def test_data_longer_than_line_takes_is_refused(codec: PostbackCodec) -> None:
    detail = "".join(str(number) for number in range(200))

    with pytest.raises(ValueError, match="too long"):
        codec.seal(Press(Action.WEEK_BEFORE, detail), MEI, NOW)


@given(data=st.text(max_size=320))
def test_no_data_is_too_strange(data: str) -> None:
    assert PostbackCodec(settings()).open(data, MEI, NOW) is PostbackProblem.FOREIGN
