"""A token that LINE takes back is renewed by one for all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.delivery.sender import Sender
from core.house import build_house
from core.settings import load_settings
from tests.faults.line import TroubledLine
from tests.faults.town import SIBLINGS, Town

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("faults")]
SENDERS = 8


@contextmanager
def senders(town: Town, number: int) -> Iterator[None]:
    """Run senders side by side, each with its own connections, as in so many processes."""
    settings = load_settings(
        _env_file=None,
        database_url=town.database_url,
        line_api_base=town.line.origin,
        line_channel_id="2000000001",
        line_channel_access_token="of no use",
        clock_now=town.now(),
    )
    houses = [build_house(settings) for _ in range(number)]
    stop = threading.Event()
    threads = [threading.Thread(target=Sender(house).run, args=[stop]) for house in houses]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for house in houses:
            house.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("haste")
def test_revoked_token_is_renewed_once_by_eight_senders(town: Town, line: TroubledLine) -> None:
    line.checks_tokens = True
    with senders(town, SENDERS):
        first = town.enrol(*[SIBLINGS] * 20)
        town.announce(first)
        town.wait_until_settled()
        assert line.grants == 1
        line.revoke()
        second = town.enrol(*[SIBLINGS] * 20)
        town.announce(second)
        town.wait_until_settled()
    assert line.grants == 2
    assert any(attempt.status == 401 for attempt in line.attempts)
    town.check_told([one.card_uid for one in town.children])
