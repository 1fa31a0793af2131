"""The pure decision: first in, first out after the hour, bounces, sides, any order."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from core.attendance import decision
from core.attendance.decision import Day, TapFact
from core.clock import TAIPEI
from core.kinds import DayPart, Direction, NoticeKind

READER = UUID(int=1)
NOON = time(12, 0)
BOUNCE = timedelta(seconds=60)
IN, OUT = NoticeKind.ARRIVAL, NoticeKind.DEPARTURE


def _tap(clock: str, direction: Direction = Direction.BOTH, reader_id: UUID = READER) -> TapFact:
    at = datetime.fromisoformat(f"2026-11-23T{clock}+08:00")
    return TapFact(
        tap_id=uuid4(),
        reader_id=reader_id,
        at=at,
        received_at=at,
        direction=direction,
        gate="正門",
    )


def decide(taps: Iterable[TapFact], departure_from: time) -> Day:
    return decision.decide(taps, departure_from, BOUNCE)


def _story(day: Day) -> list[tuple[NoticeKind, int, str]]:
    return [
        (one.kind, one.occurrence, f"{one.tap.at.astimezone(TAIPEI):%H:%M}") for one in day.passings
    ]


def test_first_tap_of_the_morning_is_the_arrival() -> None:
    day = decide([_tap("07:41:00"), _tap("08:55:00"), _tap("11:59:59")], NOON)
    assert _story(day) == [(IN, 1, "07:41")]


def test_first_tap_from_the_departure_time_is_the_departure() -> None:
    day = decide([_tap("07:41:00"), _tap("12:00:00"), _tap("16:00:00")], NOON)
    assert _story(day) == [(IN, 1, "07:41"), (OUT, 1, "12:00")]


def test_child_who_forgot_to_tap_in_still_departs() -> None:
    day = decide([_tap("16:00:00")], NOON)
    assert _story(day) == [(OUT, 1, "16:00")]
    assert day.arrival is None


def test_who_comes_back_from_a_trip_in_the_night_goes_home_and_arrives_in_the_morning() -> None:
    day = decide([_tap("00:10:00"), _tap("07:41:00"), _tap("16:00:00")], NOON)
    assert _story(day) == [(OUT, 1, "00:10"), (IN, 1, "07:41"), (OUT, 2, "16:00")]


def test_five_reads_in_ten_seconds_are_one_passing() -> None:
    day = decide([_tap(f"07:41:0{n}") for n in range(5)], NOON)
    assert _story(day) == [(IN, 1, "07:41")]


def test_day_at_an_undirected_reader_begins_at_four() -> None:
    assert _story(decide([_tap("03:59:59")], NOON)) == [(OUT, 1, "03:59")]
    assert _story(decide([_tap("04:00:00")], NOON)) == [(IN, 1, "04:00")]


def test_bounce_over_the_departure_time_is_no_departure() -> None:
    assert _story(decide([_tap("11:59:40"), _tap("12:00:20")], NOON)) == [(IN, 1, "11:59")]


def test_card_that_is_read_again_and_again_does_not_hide_the_way_home() -> None:
    taps = [_tap("11:59:20"), _tap("12:00:00"), _tap("12:00:20")]
    assert _story(decide(taps, NOON)) == [(IN, 1, "11:59"), (OUT, 1, "12:00")]


def test_free_afternoon_does_not_keep_those_who_leave_before_noon_anyway() -> None:
    free = {"closed": DayPart.AFTERNOON, "leave": None}
    assert decision.departures_from(time(11), **free) == time(11)
    assert decision.departures_from(time(15, 30), **free) == time(11, 30)


def test_directed_readers_tell_each_change_of_side() -> None:
    day = decide(
        [
            _tap("07:41:00", Direction.IN),
            _tap("10:05:00", Direction.OUT),
            _tap("10:50:00", Direction.IN),
            _tap("16:00:00", Direction.OUT),
        ],
        NOON,
    )
    assert _story(day) == [
        (IN, 1, "07:41"),
        (OUT, 1, "10:05"),
        (IN, 2, "10:50"),
        (OUT, 2, "16:00"),
    ]


def test_child_who_came_back_has_not_departed() -> None:
    day = decide(
        [
            _tap("07:41:00", Direction.IN),
            _tap("10:05:00", Direction.OUT),
            _tap("10:50:00", Direction.IN),
        ],
        NOON,
    )
    assert day.departure is None


def test_a_day_without_taps_is_empty() -> None:
    assert decide([], NOON) == Day(())


TAPS = st.lists(
    st.builds(
        lambda seconds, direction, reader: TapFact(
            tap_id=uuid4(),
            reader_id=UUID(int=reader),
            at=datetime(2026, 11, 23, 7, 0, tzinfo=TAIPEI) + timedelta(seconds=seconds),
            received_at=datetime(2026, 11, 23, 17, 0, tzinfo=TAIPEI),
            direction=direction,
            gate="",
        ),
        st.integers(0, 36_000),
        st.sampled_from(Direction),
        st.integers(1, 3),
    ),
    max_size=12,
)


@given(TAPS, st.randoms())
def test_the_order_of_arrival_here_never_matters(taps: list[TapFact], chance: object) -> None:
    shuffled = list(taps)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled, NOON) == decide(taps, NOON)


@given(TAPS)
def test_sides_always_alternate_and_occurrences_count_up(taps: list[TapFact]) -> None:
    passings = decide(taps, NOON).passings
    kinds = [one.kind for one in passings]
    assert all(a != b for a, b in zip(kinds, kinds[1:], strict=False))
    for kind in (IN, OUT):
        numbers = [one.occurrence for one in passings if one.kind is kind]
        assert numbers == list(range(1, len(numbers) + 1))


@given(TAPS)
def test_telling_a_tap_twice_changes_nothing(taps: list[TapFact]) -> None:
    assert _story(decide(taps + taps, NOON)) == _story(decide(taps, NOON))
