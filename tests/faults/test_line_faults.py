"""Whatever LINE and the way to it do, each tap is told once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.db import transaction
from core.people.friends import record_friendship
from tests.faults.line import QUOTA, RATE, Trouble, TroubledLine, Wire
from tests.faults.programs import Program
from tests.faults.town import SIBLINGS, Town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]
# (name, what the next pushes suffer)
TROUBLES = (
    ("500", [Trouble(500), Trouble(502), Trouble(503)]),
    ("500 after taking it in", [Trouble(500, accepts=True)] * 2),
    ("silence", [Trouble(Wire.SILENCE)]),
    ("silence after taking it in", [Trouble(Wire.SILENCE, accepts=True)]),
    ("reset", [Trouble(Wire.RESET)] * 2),
    ("reset after taking it in", [Trouble(Wire.RESET, accepts=True)] * 2),
    ("slow bytes", [Trouble(Wire.DRIBBLE, accepts=True)]),
    ("409 lost on its way", [Trouble(409, accepts=True)]),
    ("rate limit", [Trouble(429, text=RATE)] * 2),
    ("quota gone for a while", [Trouble(429, text=QUOTA)] * 2),
    ("token refused for a while", [Trouble(401)] * 2),
    ("forbidden for a while", [Trouble(403)]),
    ("answer of somebody else's", [Trouble(200, accepts=True, text="<html>")]),
)


@pytest.fixture
def serve(town: Town) -> Iterator[Program]:
    program = town.start("serve")
    wait_for(town.web_answers, "the web server")
    yield program
    program.kill()


@pytest.mark.usefixtures("serve")
def test_each_trouble_ends_with_one_message(town: Town, line: TroubledLine) -> None:
    gate = town.gate()
    for name, troubles in TROUBLES:
        line.troubles = list(troubles)
        for child in town.enrol(SIBLINGS, ("小明",)):
            gate.tap(child.card_uid)
        town.wait_until_settled()
        assert line.troubles == [], name
        town.check(gate)


@pytest.mark.usefixtures("serve")
def test_backlog_of_an_outage_drains_and_nothing_is_told_twice(
    town: Town, line: TroubledLine
) -> None:
    gate = town.gate()
    # Every other push of the outage was taken in all the same.
    line.troubles = [Trouble(500), Trouble(503, accepts=True)] * 12
    for child in town.enrol(*[SIBLINGS] * 5, *[("小明",)] * 5):
        gate.tap(child.card_uid)
    town.wait_until_settled()
    town.check(gate)


@pytest.mark.usefixtures("serve")
def test_who_blocked_the_account_is_refused_and_the_others_are_told(
    town: Town, line: TroubledLine
) -> None:
    gate = town.gate()
    blocks, stays = town.enrol(("小明",), ("小晴",))
    with transaction(town.house.engine) as session:
        record_friendship(
            session, line_user_id=blocks.line_user_id, is_following=False, at=datetime.now(UTC)
        )
    for child in (blocks, stays):
        gate.tap(child.card_uid)
    town.wait_until_settled()
    assert town.states() == {"accepted": 1, "refused": 1}
    assert {to for to, _ in line.told()} == {stays.line_user_id}
