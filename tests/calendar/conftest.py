"""A town whose schools may be closed."""

from datetime import timedelta

import pytest

from core.db import transaction
from core.house import House
from tests.calendar.asking import EVENING
from tests.factories import make_school


@pytest.fixture
def town(house: House) -> House:
    """Two primaries in two districts and a junior high, at 20:10 on Monday."""
    house.clock.move_to(EVENING + timedelta(minutes=5))
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "413601", short_name="芝蘭國小", district="士林區")
        make_school(session, "343501", short_name="松濤國中", level="國中")
    return house
