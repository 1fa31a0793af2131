"""Three siblings at the gate, and what LINE gets of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from core.db import snapshot, transaction
from core.delivery.sender import Sender
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Guardian
from core.settings import load_settings
from tests.factories import card_uid_of, make_binding, make_guardian, make_school, make_student
from tests.fakes import FakeLine, fake_line
from tests.gate.conftest import SigningReader

NAMES = {"11510001": "王小明", "11520002": "王以安", "11530003": "王晴晴"}
Walk = Callable[..., None]


@pytest.fixture
def mother(house: House) -> Guardian:
    """A mother of three at one school, and a neighbour's child without siblings."""
    with transaction(house.engine) as session:
        make_school(session)
        guardian = make_guardian(session, house)
        for number, name in NAMES.items():
            make_binding(session, guardian, make_student(session, house, number=number, name=name))
        other = make_student(session, house, number="11540004", name="陳小安")
        make_binding(session, make_guardian(session, house, "U" + "d" * 32), other)
    return guardian


@pytest.fixture
def walk(house: House, mother: Guardian, make_signing_reader: Callable[..., SigningReader]) -> Walk:
    """Let children pass the gate at a clock time, one request for all of them."""
    reader, seqs = make_signing_reader(), iter(range(1, 100))

    def pass_gate(clock: str, *numbers: str) -> None:
        at = f"2026-11-23T{clock}+08:00"
        house.clock.move_to(datetime.fromisoformat(at))
        reader.statuses(*[(next(seqs), card_uid_of(number), at) for number in numbers])

    return pass_gate


@pytest.fixture
def line() -> Iterator[FakeLine]:
    with fake_line() as line:
        yield line


def send(house: House, line: FakeLine) -> list[list[str]]:
    """Send what is due; return for each request that came what its lock screens say."""
    before = len(line.requests)
    settings = load_settings(_env_file=None, line_api_base=line.origin)
    Sender(replace(house, settings=settings)).drain()
    return [
        sorted(message["altText"] for message in request["messages"])
        for request in line.requests[before:]
    ]


def later(house: House, **step: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**step))


def states(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        return sorted(session.scalars(select(col(Notice.state))))
