"""Mei, who connected the app, Ming, and the bureau's gateway of the sandbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest

from core.app_push.sender import AppMessenger
from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, OfferState
from core.notices.fan_out import tell_happenings
from core.notices.happenings import Happening
from core.people.app_tokens import app_token_of, keep_app_token
from core.people.tables import Guardian
from core.post.answer import Outcome
from core.post.app_push import Push, app_gateway
from tests.conftest import FixedClock
from tests.factories import make_binding, make_guardian, make_school, make_student
from tests.mailing.conftest import MONDAY, ON_LINE, Family, correct, miss, rows, tick
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import settings_for, with_app
from tests.sandbox.client import SandboxClient

__all__ = ["correct", "miss", "post_process", "rows", "sandbox"]
# 林雅婷's account of the bureau, as the sandbox names it.
ACCOUNT = str(uuid5(NAMESPACE_URL, "sandbox:taipei-pass:edu.yating"))
IN_APP = frozenset((Channel.APP, kind) for kind in EventKind)
Send = Callable[[], int]


@pytest.fixture
def town(house: House, sandbox: SandboxClient) -> House:
    """The house, its pushes going to the sandbox; the app is offered."""
    settings = settings_for(sandbox, liff_id="liff-1", **with_app(sandbox))
    town = replace(house, settings=settings)
    offer(town, OfferState.OFFERED)
    return town


@pytest.fixture
def family(town: House) -> Family:
    """Mei ticked every box of LINE and the app, and connected it."""
    with transaction(town.engine) as session:
        make_school(session)
        student, guardian = make_student(session, town), make_guardian(session, town)
        binding = make_binding(session, guardian, student)
        family = Family(student.id, guardian.id, binding.id)
    connect(town, family)
    tick(town, family, IN_APP | ON_LINE)
    return family


@pytest.fixture
def send(town: House) -> Send:
    """Send what is due, as a worker that has just started."""
    return lambda: AppMessenger(town).drain()


def app_token(house: House) -> str:
    """Have the gateway give a token for Mei's app."""
    gateway = app_gateway(house.settings)
    assert gateway is not None
    return str(gateway.connect(ACCOUNT))


def connect(house: House, family: Family, token: str = "") -> str:
    """Connect Mei's app, or what is said to be it; return its token."""
    token = token or app_token(house)
    with transaction(house.engine) as session:
        keep_app_token(session, house.vault, family.guardian_id, token, house.clock.now())
    return token


def token_of(house: House, family: Family) -> str:
    """Return the token that is held of Mei's app, "" for none."""
    with snapshot(house.engine) as session:
        return app_token_of(house.vault, session.get_one(Guardian, family.guardian_id))


def offer(house: House, state: OfferState) -> None:
    """Say how the app stands this semester."""
    with transaction(house.engine) as session:
        wanted = {Channel.APP: Offer(state)}
        now = house.clock.now()
        set_offers(session, CITY, Semester(115, 1), wanted, by="staff:x", now=now)


def pass_gate(house: House, family: Family, occurrence: int = 1, **more: object) -> None:
    """Ming passes the gate; `more` are further facts of it."""
    now = house.clock.now()
    facts: dict[str, object] = {
        "student_id": family.student_id,
        "school_day": MONDAY,
        "kind": NoticeKind.ARRIVAL,
        "occurrence": occurrence,
        "number": occurrence,
        "at": now,
        "tap_id": uuid4(),
        "gate": "正門",
        "arrived_at": now,
        "departed_at": None,
    }
    one = Happening(**(facts | more))  # type: ignore[arg-type]
    with transaction(house.engine) as session:
        tell_happenings(session, "liff-1", [one], {}, lambda *_: set(), now)


def take_without_us(house: House, push: Push) -> None:
    """Have the gateway take what a sender held when it died."""
    gateway = app_gateway(house.settings)
    assert gateway is not None
    assert gateway.send(push).outcome is Outcome.ACCEPTED


def ends(house: House) -> list[tuple[str, str, str | None]]:
    """Kind, state and outcome of every push."""
    return [(row.kind, row.state, row.outcome) for row in rows(house, Channel.APP)]


def later(house: House, **span: float) -> None:
    """Let time pass."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(house.clock.now() + timedelta(**span))
