"""The shop as a fixture."""

import pytest

from core.db import transaction
from core.house import House
from tests.orders.shop import Shop, open_shop


@pytest.fixture
def shop(house: House) -> Shop:
    """A school whose semester's texts can be ordered."""
    with transaction(house.engine) as session:
        return open_shop(session, house)
