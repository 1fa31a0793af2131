"""Siblings in one push of the product's, in the platform's own books."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from core.db import transaction
from core.delivery.sender import Sender
from core.house import House
from core.settings import load_settings
from tests.factories import card_uid_of, make_binding, make_guardian, make_school, make_student
from tests.gate.conftest import SigningReader, client, make_signing_reader
from tests.sandbox.client import TOKEN, SandboxClient

__all__ = ["client", "make_signing_reader"]
NAMES = {"11510001": "王小明", "11520002": "王以安", "11530003": "王晴晴"}
AT = "2026-11-23T07:41:00+08:00"
CONSUMPTION = "/v2/bot/message/quota/consumption"


def _enrol(house: House, *parents: str) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        children = [
            make_student(session, house, number=number, name=name) for number, name in NAMES.items()
        ]
        for parent in parents:
            guardian = make_guardian(session, house, parent)
            for child in children:
                make_binding(session, guardian, child)


def test_siblings_who_come_together_are_billed_once_for_each_parent(
    house: House, make_signing_reader: Callable[..., SigningReader], sandbox: SandboxClient
) -> None:
    parents = [sandbox.friend("林雅婷"), sandbox.friend("林志遠")]
    _enrol(house, *parents)
    house.clock.move_to(datetime.fromisoformat(AT))
    make_signing_reader().statuses(
        *[(place, card_uid_of(number), AT) for place, number in enumerate(NAMES)]
    )
    settings = load_settings(
        _env_file=None, line_api_base=sandbox.origin, line_channel_access_token=TOKEN
    )
    assert Sender(replace(house, settings=settings)).drain() == len(parents)
    for parent in parents:
        seen = sandbox.seen(parent)
        assert len(seen) == len(NAMES), "a bubble for each child"
        assert sorted(row["billed"] for row in seen) == [0, 0, 1]
    assert sandbox.line("GET", CONSUMPTION).json() == {"totalUsage": len(parents)}
