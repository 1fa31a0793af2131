"""A backup is put back after what was waiting in it went out: nobody hears of anything twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.backup.making import make_backup
from core.backup.restoring import restore
from core.db import snapshot, table_of, transaction
from core.delivery.claims import expire
from core.notices.tables import Notice
from tests.backup.conftest import empty_house, with_tools
from tests.conftest import FixedClock
from tests.faults.line import TroubledLine
from tests.faults.test_backup import send
from tests.faults.town import SIBLINGS, Town

pytestmark = pytest.mark.xdist_group("faults")
Put = Callable[..., Town]


@pytest.fixture
def back_up(
    town: Town, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Put]]:
    """Makes a backup; what it returns puts that one into another database, as a second town."""
    undo: list[Callable[[], None]] = []

    def take() -> Put:
        source = replace(with_tools(town.house), clock=FixedClock(town.now()))
        settings = source.settings.model_copy(update={"tombstones_file": f"{tmp_path}/stones"})
        source = replace(source, settings=settings)
        path, _ = make_backup(source, tmp_path / "backups")

        def put(*, is_last: bool = False) -> Town:
            empty = empty_house(source, tmp_path, request, undo)
            house = replace(empty, clock=FixedClock(town.now()))
            restore(house, path, is_last=is_last)
            return replace(town, house=house, database_url=house.settings.database_url)

        return put

    yield take
    for one in undo:
        one()


def ends(town: Town) -> dict[str, tuple[str, str | None]]:
    """How the notice of each child ended, by given name."""
    names = {one.student_id: one.given_name for one in town.children}
    with snapshot(town.house.engine) as session:
        rows = session.execute(table_of(Notice).select()).all()
    return {names[row.student_id]: (row.state, row.outcome) for row in rows}


def test_what_has_its_own_key_goes_again_and_what_rode_with_others_does_not(
    town: Town, line: TroubledLine, back_up: Callable[[], Put]
) -> None:
    town.announce(town.enrol(("小明",)), may_ride=False)
    town.announce(town.enrol(SIBLINGS))
    put = back_up()
    send(town, town.database_url)
    told, first = line.told(), len(line.attempts)
    restored = put()
    send(restored, restored.database_url)
    assert line.told() == told
    assert [one.status for one in line.attempts[first:]] == [409]
    assert ends(restored)["小明"][0] == "accepted"
    assert [ends(restored)[name] for name in SIBLINGS] == [("unknown", "restored")] * 2


def test_taps_sent_again_after_a_restore_tell_nobody_a_second_time(
    town: Town, line: TroubledLine, back_up: Callable[[], Put]
) -> None:
    one, two = town.enrol(("小明",)), town.enrol(SIBLINGS)
    put = back_up()
    before = town.now()
    town.announce(one, may_ride=False)
    town.announce(two)
    send(town, town.database_url)
    told = line.told()
    restored = put()
    restored.shift -= town.now() - before
    restored.announce(one, may_ride=False)
    # The younger comes first this time, and would go under a key of its own.
    restored.announce(two[1:])
    restored.announce(two[:1])
    send(restored, restored.database_url)
    assert line.told() == told
    assert line.attempts[-1].status == 409


def test_move_by_the_last_backup_sends_what_was_waiting(
    town: Town, line: TroubledLine, back_up: Callable[[], Put]
) -> None:
    children = town.enrol(SIBLINGS)
    town.announce(children)
    moved = back_up()(is_last=True)
    send(moved, moved.database_url)
    moved.check_told([one.card_uid for one in children])


def test_what_gets_too_old_after_a_restore_is_not_called_unsent(
    town: Town, back_up: Callable[[], Put]
) -> None:
    town.announce(town.enrol(("小明",)), may_ride=False)
    restored = back_up()()
    with transaction(restored.house.engine) as session:
        expire(session, town.now() + timedelta(hours=2))
    assert ends(restored)["小明"] == ("unknown", "expired")
