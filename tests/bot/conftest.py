"""A house whose LINE is the small fake."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from core.db import transaction
from core.house import House
from core.people.tables import Student
from tests.bot.fake_line import FakeLine, running_line
from tests.conftest import MONDAY_MORNING
from tests.factories import make_binding, make_guardian, make_reader, make_school, make_student


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


@pytest.fixture
def ming(house: House) -> Student:
    """Mei's child at a school whose reader was heard a minute ago."""
    with transaction(house.engine) as session:
        make_school(session)
        student = make_student(session, house)
        make_binding(session, make_guardian(session, house), student)
        make_reader(session, house, contact_at=MONDAY_MORNING - timedelta(minutes=1))
    return student
