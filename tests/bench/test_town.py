"""The invented town of the benches is one the product finds well."""

from datetime import datetime

from bench.town import Town, build_morning, build_town
from core.clock import school_day_of
from core.db import snapshot
from core.gate.health import all_readers, reader_states
from core.house import House

TOWN = Town(schools=2, children=8, bound_every=1, readers=3)


def build(url: str, house: House) -> datetime:
    """A morning on which two of the children did not come; return what time it is."""
    now = house.clock.now()
    build_town(url, house.vault, TOWN)
    build_morning(url, TOWN, school_day_of(now), lambda number: number not in (2, 9))
    return now


def test_readers_of_a_school_share_its_children_and_miss_no_number(
    database_url: str, house: House
) -> None:
    now = build(database_url, house)
    with snapshot(house.engine) as session:
        readers = all_readers(session)
        states = reader_states(session, readers, now)
    assert {one.id for one in readers} == {
        TOWN.reader_id(school, reader) for school in range(2) for reader in range(3)
    }
    assert [one.missing for one in states] == [0] * 6
