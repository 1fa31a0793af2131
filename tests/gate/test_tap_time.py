"""The effective time of a tap under every clock a reader may have."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.tables import Reader, Tap
from core.gate.tap_time import effective_time, lived_at
from core.house import House
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader

RECEIVED = datetime(2026, 11, 23, 7, 21, 10, tzinfo=TAIPEI)
HOUR = 3600
MING = card_uid_of("11510001")
# Eight hours fast, a day slow, and clocks that begin where a battery or a counter ended.
MAD_CLOCKS = {
    "+8 h": timedelta(hours=8),
    "-8 h": timedelta(hours=-8),
    "-1 day": timedelta(days=-1),
    "+1 day": timedelta(days=1),
    "1970": datetime(1970, 1, 1, 9, tzinfo=TAIPEI) - RECEIVED,
    "2038": datetime(2038, 1, 19, 11, 14, 7, tzinfo=TAIPEI) - RECEIVED,
}
mad_clocks = pytest.mark.parametrize("error", MAD_CLOCKS.values(), ids=MAD_CLOCKS)


def _at(seconds_ago: float) -> datetime:
    return RECEIVED - timedelta(seconds=seconds_ago)


def test_true_clock_is_believed() -> None:
    assert effective_time(_at(5), RECEIVED, 0.0) == _at(5)


def test_slow_clock_is_corrected_by_its_offset() -> None:
    assert effective_time(_at(45), RECEIVED, 40.0) == _at(5)


def test_corrected_time_is_never_in_the_future() -> None:
    assert effective_time(_at(5), RECEIVED, 40.0) == RECEIVED


@pytest.mark.parametrize("offset", [8 * HOUR, -24 * HOUR, 56 * 365 * 24 * HOUR])
def test_live_tap_of_a_mad_clock_counts_when_received(offset: float) -> None:
    assert effective_time(_at(offset + 5), RECEIVED, float(offset)) == RECEIVED


@pytest.mark.parametrize("offset", [8 * HOUR, -24 * HOUR])
def test_buffered_tap_of_a_mad_clock_counts_for_nothing(offset: float) -> None:
    assert effective_time(_at(offset + 3 * HOUR), RECEIVED, float(offset)) is None


def test_unmeasured_clock_may_be_a_little_ahead() -> None:
    assert effective_time(_at(-200), RECEIVED, None) == RECEIVED


@pytest.mark.parametrize("seconds_ago", [-8 * HOUR, -301, 3 * HOUR, 24 * HOUR, 8 * 24 * HOUR])
def test_unmeasured_clock_far_off_counts_for_nothing(seconds_ago: float) -> None:
    assert effective_time(_at(seconds_ago), RECEIVED, None) is None


def test_unmeasured_clock_may_hold_taps_of_the_same_day() -> None:
    assert effective_time(_at(2 * HOUR), RECEIVED, None) == _at(2 * HOUR)


def test_buffered_tap_of_a_true_clock_keeps_its_time() -> None:
    assert effective_time(_at(3 * HOUR), RECEIVED, 1.0) == _at(3 * HOUR - 1)


def test_tap_older_than_any_buffer_counts_for_nothing() -> None:
    assert effective_time(_at(7 * 24 * HOUR + 1), RECEIVED, 0.0) is None


def test_reader_lived_at_its_latest_tap_of_the_last_minute() -> None:
    assert lived_at([_at(100), _at(50), _at(30)], RECEIVED, 20.0) == _at(10)
    assert lived_at([_at(100), _at(90)], RECEIVED, 20.0) is None


class ClockedReader:
    """A reader whose clock is wrong by what it is told."""

    def __init__(self, reader: SigningReader) -> None:
        self.reader = reader
        self.error = timedelta()
        self.seq = 0

    def beat(self) -> None:
        clock = (self.reader.house.clock.now() + self.error).isoformat()
        body = {"boot_id": "b", "last_seq": self.seq, "buffered": 0, "clock": clock}
        assert self.reader.send(body, path="heartbeat").status_code == 200

    def tap(self, ago: timedelta = timedelta(), card_uid: str = MING) -> str:
        self.seq += 1
        at = self.reader.house.clock.now() + self.error - ago
        return self.reader.statuses((self.seq, card_uid, at.isoformat()), boot_id="b")[0]


@pytest.fixture
def clocked(house: House, reader: SigningReader) -> ClockedReader:
    house.clock.move_to(RECEIVED)
    return ClockedReader(reader)


def _pass(house: House, seconds: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(seconds=seconds))


def _arrived_at(house: House) -> datetime | None:
    """Ming's arrival on whatever day; there must be one day at most."""
    with snapshot(house.engine) as session:
        found = [day.arrived_at for day in session.exec(select(AttendanceDay))]
    assert len(found) <= 1
    return found[0] if found else None


@mad_clocks
def test_live_tap_of_a_measured_clock_has_the_time_of_the_server(
    house: House, clocked: ClockedReader, error: timedelta
) -> None:
    clocked.error = error
    clocked.beat()
    _pass(house, 20)
    assert clocked.tap(ago=timedelta(seconds=3)) == "recorded"
    assert _arrived_at(house) == house.clock.now()


@mad_clocks
def test_buffered_tap_of_a_mad_clock_is_left_to_a_person(
    house: House, clocked: ClockedReader, error: timedelta
) -> None:
    clocked.error = error
    clocked.beat()
    assert clocked.tap(ago=timedelta(minutes=40)) == "quarantined"
    assert _arrived_at(house) is None


@mad_clocks
def test_mad_clock_nobody_measured_is_left_to_a_person(
    house: House, clocked: ClockedReader, error: timedelta
) -> None:
    with transaction(house.engine) as session:
        session.get_one(Reader, clocked.reader.reader_id).clock_offset_seconds = None
    clocked.error = error
    assert clocked.tap() == "quarantined"
    assert _arrived_at(house) is None


@mad_clocks
def test_clock_that_jumps_between_heartbeats_is_never_believed(
    house: House, clocked: ClockedReader, error: timedelta
) -> None:
    clocked.beat()
    assert clocked.tap(card_uid="0411223344AABB") == "unknown_card"
    _pass(house, 15)
    clocked.error = error
    assert clocked.tap() in ("recorded", "quarantined")
    assert _arrived_at(house) in (None, house.clock.now())
    _pass(house, 15)
    clocked.beat()
    _pass(house, 5)
    clocked.tap()
    assert _arrived_at(house) in (house.clock.now(), house.clock.now() - timedelta(seconds=20))


@mad_clocks
def test_clock_put_right_between_heartbeats_is_right_or_left_to_a_person(
    house: House, clocked: ClockedReader, error: timedelta
) -> None:
    clocked.error = error
    clocked.beat()
    _pass(house, 15)
    clocked.error = timedelta()
    clocked.tap()
    assert _arrived_at(house) is None
    _pass(house, 15)
    clocked.beat()
    assert clocked.tap() == "recorded"
    assert _arrived_at(house) == house.clock.now()


def test_clock_set_back_within_one_batch_is_not_believed(
    house: House, clocked: ClockedReader
) -> None:
    clocked.beat()
    now = house.clock.now()
    back = now - timedelta(hours=8)
    statuses = clocked.reader.statuses(
        (1, "0411223344AABB", now.isoformat()), (2, MING, back.isoformat()), boot_id="b"
    )
    assert statuses == ["unknown_card", "quarantined"]
    assert _arrived_at(house) is None


def test_clock_set_back_long_after_the_last_tap_leaves_the_tap_to_a_person(
    house: House, clocked: ClockedReader
) -> None:
    clocked.tap(card_uid="0411223344AABB")
    _pass(house, 600)
    clocked.error = timedelta(hours=-8)
    assert clocked.tap() == "quarantined"


def test_late_tap_of_the_same_day_may_have_any_number(house: House, clocked: ClockedReader) -> None:
    house.clock.move_to(RECEIVED + timedelta(hours=2))
    clocked.beat()
    clocked.tap(card_uid="0411223344AABB")
    assert clocked.tap(ago=timedelta(hours=2)) == "recorded"
    assert _arrived_at(house) == RECEIVED


def test_taps_of_yesterday_that_come_late_keep_their_times(
    house: House, clocked: ClockedReader
) -> None:
    clocked.tap(ago=timedelta(hours=16), card_uid="0411223344AABB")
    assert clocked.tap(ago=timedelta(hours=15)) == "recorded"
    clocked.tap(card_uid="0411223344AABB")
    with snapshot(house.engine) as session:
        assert None not in session.exec(select(Tap.effective_at)).all()


def test_old_taps_in_any_order_of_batches_keep_their_times(
    house: House, clocked: ClockedReader
) -> None:
    clocked.beat()
    now = house.clock.now()
    ages = {1: 3 * HOUR, 2: 2 * HOUR, 3: HOUR, 4: 10}
    for seq in (4, 1, 3, 2):
        at = now - timedelta(seconds=ages[seq])
        clocked.reader.taps((seq, "0411223344AABB", at.isoformat()), boot_id="b")
    with snapshot(house.engine) as session:
        kept = {tap.seq: tap.effective_at for tap in session.exec(select(Tap))}
    assert kept == {seq: now - timedelta(seconds=age) for seq, age in ages.items()}


@pytest.mark.parametrize(
    ("ages", "held"),
    [
        ({1: 16, 2: 0, 3: 8}, {3}),
        ({1: 0, 2: 300, 3: 8}, {2, 3}),
        ({2: 0, 1: 8}, set()),
        ({1: 8, 2: 16}, set()),
    ],
    ids=["set back after a day", "held between", "out of turn", "late on its own day"],
)
@pytest.mark.parametrize("is_one_batch", [True, False])
def test_tap_of_an_earlier_day_than_a_lower_number_is_held(
    house: House,
    clocked: ClockedReader,
    ages: dict[int, int],
    held: set[int],
    *,
    is_one_batch: bool,
) -> None:
    clocked.beat()
    now = house.clock.now()
    taps = [
        (seq, "0411223344AABB", (now - timedelta(hours=age)).isoformat())
        for seq, age in ages.items()
    ]
    for batch in [taps] if is_one_batch else [[one] for one in taps]:
        clocked.reader.taps(*batch, boot_id="b")
    with snapshot(house.engine) as session:
        found = session.exec(select(Tap.seq).where(col(Tap.effective_at).is_(None)))
        assert set(found) == held
