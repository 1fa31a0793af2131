"""A house whose LINE is the small fake."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.house import House
from tests.bot.fake_line import FakeLine, running_line


@pytest.fixture
def line() -> Iterator[FakeLine]:
    """A LINE Platform that takes everything until told otherwise."""
    with running_line() as line:
        yield line


@pytest.fixture
def bot_house(house: House, line: FakeLine) -> House:
    """The house, talking to the fake LINE."""
    return with_line(house, line.url)


def with_line(house: House, url: str) -> House:
    """The same house with another LINE."""
    changed = {"line_api_base": url, "line_data_api_base": url}
    return replace(house, settings=house.settings.model_copy(update=changed))
