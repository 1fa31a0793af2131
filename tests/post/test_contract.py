"""The contract of every way of posting: LINE, e-mail, texts, the app, each over real sockets.

Told once; nothing lost where the carrier is away; where nobody can tell, never twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from core.app_push.sender import AppMessenger
from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.db import transaction
from core.delivery.sender import Sender
from core.house import House
from core.kinds import Channel, EventKind, OfferState
from core.mailing.sender import LetterSender
from core.people.app_tokens import keep_app_token
from core.people.contacts import Contact, ContactSlot, write_contact
from core.settings import load_settings
from core.texting.sender import TextMessenger
from tests.app_push.conftest import app_token
from tests.conftest import FixedClock
from tests.factories import make_binding, make_guardian, make_school, make_student
from tests.fakes import FakeLine, fake_line
from tests.mailing.conftest import Family, miss, rows, tick
from tests.post.sandbox import letters_in, plan, pushes_in, settings_for, texts_in, with_app
from tests.sandbox.client import SandboxClient

NOWHERE = {
    "smtp_url": "smtp://127.0.0.1:9",
    "sms_api_base": "http://127.0.0.1:9",
    "line_api_base": "http://127.0.0.1:9",
    "app_push_url": "http://127.0.0.1:9",
    "app_push_key": "key",
    "bureau_login_client_id": "bureau",
}
KEYED = (Channel.LINE, Channel.APP)
ADDRESSES = {ContactSlot.EMAIL1: "mei@example.org", ContactSlot.PHONE: "0900000101"}


@dataclass
class World:
    """The carriers as they are."""

    sandbox: SandboxClient
    line: FakeLine


@dataclass(frozen=True)
class Way:
    """A channel: its sender, what its carrier took, and how an answer of it is lost."""

    channel: Channel
    sender: Callable[[House], Any]
    taken: Callable[[World], int]
    lose_answer: Callable[[World], None]


def _lose_on_line(world: World) -> None:
    world.line.script, world.line.accepts_before_failing = [(0, "")], True


WAYS = [
    Way(Channel.LINE, Sender, lambda world: len(world.line.accepted), _lose_on_line),
    Way(
        Channel.EMAIL,
        LetterSender,
        lambda world: len(letters_in(world.sandbox)),
        lambda world: plan(world.sandbox, "/mail/plan", at="data", cut=True, after_accept=True),
    ),
    Way(
        Channel.SMS,
        TextMessenger,
        lambda world: len(texts_in(world.sandbox)),
        lambda world: plan(
            world.sandbox, "/faults", endpoint="sms_send", after_accept=True, reset=True
        ),
    ),
    Way(
        Channel.APP,
        AppMessenger,
        lambda world: len(pushes_in(world.sandbox)),
        lambda world: plan(
            world.sandbox, "/faults", endpoint="app_send", after_accept=True, reset=True
        ),
    ),
]


@pytest.fixture
def world(sandbox: SandboxClient) -> Iterator[World]:
    """All carriers at work."""
    with fake_line() as line:
        yield World(sandbox, line)


@pytest.fixture(params=WAYS, ids=lambda way: way.channel.value)
def way(request: pytest.FixtureRequest) -> Way:
    """One channel after another."""
    way: Way = request.param
    return way


@pytest.fixture
def told(house: House, world: World, way: Way) -> House:
    """Ming does not come, and Mei ticked this channel alone."""
    more = {"liff_id": "liff-1", "line_api_base": world.line.origin, **with_app(world.sandbox)}
    settings = settings_for(world.sandbox, **more)
    town = replace(house, settings=settings)
    with transaction(house.engine) as session:
        make_school(session)
        student, guardian = make_student(session, town), make_guardian(session, town)
        binding = make_binding(session, guardian, student)
        for slot, address in ADDRESSES.items():
            contact = Contact(slot, address, is_verified=True)
            write_contact(session, town.vault, guardian.id, contact, town.clock.now())
        keep_app_token(session, town.vault, guardian.id, app_token(town), town.clock.now())
        offers = {one: Offer(OfferState.OFFERED) for one in Channel}
        semester = Semester(115, 1)
        set_offers(session, CITY, semester, offers, by="staff:x", now=town.clock.now())
        family = Family(student.id, guardian.id, binding.id)
    tick(town, family, frozenset({(way.channel, EventKind.NO_SHOW)}))
    miss(town, family)
    return town


def send(town: House, way: Way, minutes: int = 5) -> None:
    """Send what is due, again and again for some minutes."""
    assert isinstance(town.clock, FixedClock)
    for _ in range(minutes):
        way.sender(town).drain()
        town.clock.move_to(town.clock.now() + timedelta(minutes=1))


def state(town: House, way: Way) -> str:
    """How the only notice stands."""
    (notice,) = rows(town, way.channel)
    return notice.state


def test_what_the_carrier_took_is_accepted_and_sent_once(
    told: House, world: World, way: Way
) -> None:
    send(told, way)
    assert (state(told, way), way.taken(world)) == ("accepted", 1)


def test_carrier_that_is_not_there_loses_nothing(told: House, world: World, way: Way) -> None:
    nowhere = load_settings(_env_file=None, liff_id="liff-1", **NOWHERE)
    away = replace(told, settings=nowhere)
    send(away, way, minutes=1)
    assert (state(told, way), way.taken(world)) == ("pending", 0)
    send(told, way)
    assert (state(told, way), way.taken(world)) == ("accepted", 1)


def test_lost_answer_never_makes_a_second_one(told: House, world: World, way: Way) -> None:
    way.lose_answer(world)
    send(told, way)
    assert way.taken(world) == 1
    # LINE and the app's gateway know a repeat by its key; nobody else does, so it is left at that.
    assert state(told, way) == ("accepted" if way.channel in KEYED else "unknown")
