"""Holes in the numbers, and two devices with one identity."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, select

from core.db import snapshot, transaction
from core.gate.continuity import follow_numbers, missing_numbers, note_boot
from core.gate.tables import Reader, ReaderDay
from core.house import House
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader
from tests.rival import Rival

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
MING = card_uid_of("11510001")


def _follow(house: House, reader: SigningReader, *seqs: int, boot_id: str = "a") -> None:
    with transaction(house.engine) as session:
        row = session.get_one(Reader, reader.reader_id)
        follow_numbers(session, {(row.id, boot_id): seqs}, house.clock.now())


def _days(house: House) -> dict[tuple[str, date], tuple[int, int, int]]:
    with snapshot(house.engine) as session:
        rows = session.exec(select(ReaderDay)).all()
    return {(row.boot_id, row.day): (row.after_seq, row.last_seq, row.taps) for row in rows}


def _missing(house: House, day: date = MONDAY) -> int:
    with snapshot(house.engine) as session:
        readers = session.exec(select(Reader)).all()
        return sum(missing_numbers(session, readers, day).values())


def _pass(house: House, **span: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**span))


@pytest.mark.parametrize(
    ("batches", "row", "missing"),
    [
        ([[1, 2, 3]], (0, 3, 3), 0),
        ([[5001, 5002]], (5000, 5002, 2), 0),
        ([[0]], (-1, 0, 1), 0),
        ([[1, 2], [4, 5]], (0, 5, 4), 1),
        ([[1, 3]], (0, 3, 2), 1),
        ([[1, 2], [4, 5], [3]], (0, 5, 5), 0),
        ([[4, 5], [1, 2, 3]], (3, 5, 2), 0),
        ([[2**53 - 1], [2**53 - 2]], (2**53 - 2, 2**53 - 1, 1), 0),
        ([[1], [2**53 - 1]], (0, 2**53 - 1, 2), 2**53 - 3),
        ([list(range(1, 1001, 2))], (0, 999, 500), 499),
        ([[]], None, 0),
    ],
)
def test_holes_of_a_day(
    house: House,
    reader: SigningReader,
    batches: list[list[int]],
    row: tuple[int, int, int] | None,
    missing: int,
) -> None:
    for seqs in batches:
        _follow(house, reader, *seqs)
    assert _days(house).get(("a", MONDAY)) == row
    assert _missing(house) == missing


def test_count_goes_on_the_next_day(house: House, reader: SigningReader) -> None:
    _follow(house, reader, 1, 2)
    _pass(house, days=1)
    _follow(house, reader, 5)
    assert (_missing(house), _missing(house, TUESDAY)) == (0, 2)
    _follow(house, reader, 3, 4)
    assert _missing(house, TUESDAY) == 0
    assert _days(house) == {("a", MONDAY): (0, 2, 2), ("a", TUESDAY): (2, 5, 3)}


def test_numbers_of_the_day_before_close_no_hole_of_today(
    house: House, reader: SigningReader
) -> None:
    _follow(house, reader, 1, 3)
    _pass(house, days=1)
    _follow(house, reader, 2, 5)
    assert _days(house)["a", TUESDAY] == (3, 5, 1)


def test_batch_from_before_midnight_may_come_second(house: House, reader: SigningReader) -> None:
    _follow(house, reader, 1)
    _pass(house, days=1)
    _follow(house, reader, 3)
    _pass(house, days=-1)
    _follow(house, reader, 2)
    assert _days(house) == {("a", MONDAY): (0, 1, 1), ("a", TUESDAY): (1, 3, 2)}


def test_every_boot_counts_for_itself(house: House, reader: SigningReader) -> None:
    _follow(house, reader, 7, 8)
    _follow(house, reader, 1, 3, boot_id="b")
    assert _missing(house) == 1


def _side_by_side(works: Sequence[Callable[[], None]]) -> None:
    barrier = threading.Barrier(len(works))
    problems: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_batches_at_the_same_moment_are_all_counted(house: House, reader: SigningReader) -> None:
    batches = [list(range(first, first + 10)) for first in range(1, 81, 10)]
    for turn in range(5):
        boot_id = f"boot-{turn}"
        _follow(house, reader, 0, boot_id=boot_id)
        _side_by_side([partial(_follow, house, reader, *seqs, boot_id=boot_id) for seqs in batches])
        assert _days(house)[boot_id, MONDAY] == (-1, 80, 81)


def test_first_batches_of_a_boot_at_the_same_moment_leave_no_false_hole(
    house: House, reader: SigningReader
) -> None:
    batches = [list(range(first, first + 10)) for first in range(1, 61, 10)]
    for turn in range(5):
        boot_id = f"boot-{turn}"
        _side_by_side([partial(_follow, house, reader, *seqs, boot_id=boot_id) for seqs in batches])
        after, last, taps = _days(house)[boot_id, MONDAY]
        assert (last, taps) == (60, 60 - after)


def test_first_batch_and_heartbeat_of_a_boot_at_once_are_no_trouble(
    house: House, reader: SigningReader
) -> None:
    now, boot = house.clock.now(), (reader.reader_id, "a")

    def heartbeat(session: Session) -> None:
        note_boot(session, session.get_one(Reader, reader.reader_id), "a", None, now)

    rival = Rival(house, heartbeat)
    with transaction(house.engine) as session:
        follow_numbers(session, {boot: [1, 2]}, now)
        rival.start()
    rival.finish()
    assert (rival.error, _days(house)) == (None, {("a", MONDAY): (0, 2, 2)})


# Through the door, as a reader speaks.


def _beat(reader: SigningReader, boot_id: str, last_seq: int = 0, buffered: int = 0) -> None:
    clock = reader.house.clock.now().isoformat()
    body = {"boot_id": boot_id, "last_seq": last_seq, "buffered": buffered, "clock": clock}
    assert reader.send(body, path="heartbeat").status_code == 200


def _tap(reader: SigningReader, boot_id: str, *seqs: int, ago: float = 0.0) -> None:
    at = reader.house.clock.now() - timedelta(seconds=ago)
    reader.statuses(*[(seq, MING, at.isoformat()) for seq in seqs], boot_id=boot_id)


def _cloned_at(house: House) -> datetime | None:
    with snapshot(house.engine) as session:
        return session.exec(select(Reader.cloned_at)).one()


def test_tap_lost_before_anything_came_is_missed(house: House, reader: SigningReader) -> None:
    _beat(reader, "a")
    _tap(reader, "a", 2)
    assert _missing(house) == 1


def test_heartbeat_tells_of_a_tap_that_never_came(house: House, reader: SigningReader) -> None:
    _beat(reader, "a")
    _tap(reader, "a", 1)
    _beat(reader, "a", last_seq=3, buffered=2)
    assert _missing(house) == 0
    _beat(reader, "a", last_seq=3)
    assert _missing(house) == 2
    _tap(reader, "a", 2, 3)
    assert _missing(house) == 0


def test_numbers_that_run_on_after_a_restart_are_no_hole(
    house: House, reader: SigningReader
) -> None:
    _tap(reader, "a", 41)
    _pass(house, seconds=40)
    _beat(reader, "b", last_seq=41)
    _tap(reader, "b", 42)
    assert _missing(house) == 0


def test_buffer_that_survived_a_restart_begins_the_count_by_its_first_tap(
    house: House, reader: SigningReader
) -> None:
    _beat(reader, "a", last_seq=7, buffered=900)
    assert _missing(house) == 0
    _tap(reader, "a", 6, 7)
    _beat(reader, "a", last_seq=7)
    assert _missing(house) == 0
    _tap(reader, "a", 9)
    assert _missing(house) == 1


def test_resent_taps_are_counted_once(house: House, reader: SigningReader) -> None:
    _tap(reader, "a", 1, 2)
    _tap(reader, "a", 1, 2, 4)
    assert _missing(house) == 1


def test_unreadable_tap_is_missing_until_it_comes_right(
    house: House, reader: SigningReader
) -> None:
    at = house.clock.now().isoformat()
    taps: list[Any] = [{"seq": seq, "card_uid": MING, "tapped_at": at} for seq in (1, 2, 3)]
    taps[1]["card_uid"] = "nonsense"
    assert reader.send({"boot_id": "a", "taps": taps}).status_code == 422
    assert _missing(house) == 1
    _tap(reader, "a", 2)
    assert _missing(house) == 0


def test_two_devices_with_one_identity_are_caught_by_their_heartbeats(
    house: House, reader: SigningReader
) -> None:
    _beat(reader, "a")
    _pass(house, seconds=15)
    _beat(reader, "b")
    assert _cloned_at(house) is None, "a restart"
    _pass(house, seconds=15)
    _beat(reader, "a")
    assert _cloned_at(house) == house.clock.now()


def test_two_devices_with_one_identity_are_caught_by_their_taps(
    house: House, reader: SigningReader
) -> None:
    _beat(reader, "a")
    _tap(reader, "a", 1)
    _pass(house, seconds=15)
    _tap(reader, "b", 1)
    _beat(reader, "b", last_seq=1)
    assert _cloned_at(house) is None, "a restart"
    _pass(house, seconds=15)
    _tap(reader, "a", 2)
    assert _cloned_at(house) == house.clock.now()


def test_device_that_only_holds_taps_is_caught_too(house: House, reader: SigningReader) -> None:
    for boot_id in ("a", "b", "a"):
        _beat(reader, boot_id, last_seq=3, buffered=3)
        _pass(house, seconds=15)
    assert _cloned_at(house) is not None


@pytest.mark.parametrize("was_heard", [True, False])
def test_old_taps_of_the_boot_before_are_no_second_device(
    house: House, reader: SigningReader, was_heard: bool
) -> None:
    if was_heard:
        _beat(reader, "a")
    _pass(house, hours=1)
    _beat(reader, "b")
    _pass(house, seconds=10)
    _tap(reader, "a", 1, 2, ago=600)
    _pass(house, seconds=10)
    _beat(reader, "b")
    _tap(reader, "b", 1)
    assert _cloned_at(house) is None


@pytest.mark.parametrize("was_heard", [True, False])
def test_tap_made_just_before_a_quick_restart_is_no_second_device(
    house: House, reader: SigningReader, was_heard: bool
) -> None:
    if was_heard:
        _beat(reader, "a")
    _pass(house, minutes=5)
    _beat(reader, "b")
    _pass(house, seconds=5)
    _tap(reader, "a", 1, ago=20)
    _pass(house, seconds=5)
    _beat(reader, "b")
    assert _cloned_at(house) is None


def test_backlog_sent_before_the_first_heartbeat_is_no_second_device(
    house: House, reader: SigningReader
) -> None:
    _beat(reader, "a")
    _pass(house, hours=1)
    _tap(reader, "b", 1, 2, ago=900)
    _pass(house, seconds=5)
    _beat(reader, "b", last_seq=2)
    _tap(reader, "b", 3)
    assert _cloned_at(house) is None
    _pass(house, seconds=5)
    _beat(reader, "a")
    assert _cloned_at(house) == house.clock.now()


def test_number_used_twice_with_another_card_is_a_second_device(
    house: House, reader: SigningReader
) -> None:
    _tap(reader, "a", 1)
    at = house.clock.now().isoformat()
    assert reader.statuses((1, "0411223344AABB", at), boot_id="a") == ["quarantined"]
    assert _cloned_at(house) == house.clock.now()
    assert _missing(house) == 0


def test_clock_that_steps_back_does_not_silence_a_new_boot(
    house: House, reader: SigningReader
) -> None:
    _beat(reader, "a")
    _pass(house, hours=-9)
    _beat(reader, "b", last_seq=2)
    with snapshot(house.engine) as session:
        assert session.exec(select(Reader.boot_id)).one() == "b"
    assert _cloned_at(house) is None


def test_following_joins_the_transaction(house: House, reader: SigningReader) -> None:
    class Stop(Exception):
        pass

    def fail(session: Session) -> None:
        row = session.get_one(Reader, reader.reader_id)
        follow_numbers(session, {(row.id, "a"): [1]}, house.clock.now())
        raise Stop

    with pytest.raises(Stop), transaction(house.engine) as session:
        fail(session)
    assert _days(house) == {}
