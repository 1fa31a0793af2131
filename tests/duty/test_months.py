"""PostgreSQL keeps each month of taps, day rows and notices apart; SQLite has one table of each."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text, true
from sqlmodel import Session, select

from core.clock import TAIPEI
from core.db import snapshot, table_of, transaction
from core.duty import months
from core.duty.months import (
    PARTED,
    Month,
    count_months,
    drop_months,
    make_months,
    month_of,
    run_month_tick,
)
from core.gate.tables import Reader, Tap
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Guardian
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader, client, make_signing_reader, reader  # noqa: F401
from tests.months import drop_every_month, parts_of, restore_months

NOVEMBER = Month(date(2026, 11, 1))
MONDAY = date(2026, 11, 23)
MING = card_uid_of("11510001")


@pytest.fixture
def is_parted(house: House) -> Iterator[bool]:
    """Whether this engine keeps months apart; none is there yet, and those there were come back."""
    drop_every_month(house)
    yield house.engine.dialect.name == "postgresql"
    restore_months(house)


@pytest.fixture
def parted(is_parted: bool) -> None:
    """For what only an engine with parts can do."""
    if not is_parted:
        pytest.skip("SQLite keeps all in one table")


def homes_of(house: House, table: str) -> list[str]:
    """In which part each row lies."""
    with house.engine.connect() as connection:
        found = connection.execute(text(f"SELECT tableoid::regclass::text FROM {table}"))  # noqa: S608
        return sorted(found.scalars())


def _settled(house: House, day: date, settled_at: datetime | None) -> None:
    at = datetime.combine(day, datetime.min.time(), TAIPEI)
    with transaction(house.engine) as session:
        session.add(_notice(session, day, at, settled_at))


def _notice(session: Session, day: date, at: datetime, settled_at: datetime | None) -> Notice:
    guardian_id = session.exec(select(Guardian.id)).one()
    times = dict.fromkeys(("created_at", "due_at", "expires_at", "turn_at"), at)
    return Notice(
        dedupe_key="x",
        retry_key=uuid4(),
        kind="bound",
        guardian_id=guardian_id,
        channel="line",
        school_day=day,
        content=b"[]",
        priority=3,
        state="accepted" if settled_at else "pending",
        settled_at=settled_at,
        **times,
    )


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 11, 23), date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
        (date(2028, 2, 1), date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_month_has_its_first_and_last_day(day: date, first: date, last: date) -> None:
    month = month_of(day)
    assert (month.first, month.last) == (first, last)
    assert month.next.first == last + timedelta(days=1)


def test_months_are_made_ahead_and_once(house: House, is_parted: bool) -> None:
    made = [f"{table}_{month}" for table in PARTED for month in ("2026_12", "2027_01", "2027_02")]
    assert make_months(house.engine, date(2026, 12, 31)) == (made if is_parted else [])
    assert make_months(house.engine, date(2026, 12, 31)) == []
    assert parts_of(house) == (sorted(made) if is_parted else [])


def test_row_lies_in_the_month_of_its_school_day(
    house: House,
    is_parted: bool,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    assert reader.statuses((1, MING, "2026-11-23T07:19:00+08:00")) == ["recorded"]
    if is_parted:
        assert homes_of(house, "tap") == ["tap_2026_11"]
        assert homes_of(house, "attendance_day") == ["attendance_day_2026_11"]
        assert homes_of(house, "notice") == ["notice_2026_11"]


def test_rows_that_came_before_their_month_was_made_are_moved_into_it(
    house: House,
    is_parted: bool,
    reader: SigningReader,  # noqa: F811
) -> None:
    reader.taps((1, MING, "2026-11-23T07:19:00+08:00"))
    make_months(house.engine, MONDAY)
    if is_parted:
        assert homes_of(house, "tap") == ["tap_2026_11"]
        assert homes_of(house, "attendance_day") == ["attendance_day_2026_11"]
        assert homes_of(house, "notice") == ["notice_2026_11"]
    # Nothing is lost on the way, nor known any less.
    assert reader.statuses((1, MING, "2026-11-23T07:19:00+08:00")) == ["duplicate"]


def test_month_with_too_many_rows_elsewhere_gets_no_part(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader.taps((1, MING, "2026-11-23T07:19:00+08:00"))
    monkeypatch.setattr(months, "MOST_MOVED", 0)
    made = make_months(house.engine, MONDAY)
    assert "tap_2026_11" not in made
    assert "tap_2026_12" in made
    assert homes_of(house, "tap") == ["tap_rest"]


def test_months_are_left_for_later_where_somebody_holds_a_table(house: House, parted: None) -> None:
    with house.engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE tap_rest IN ROW EXCLUSIVE MODE"))
        assert make_months(house.engine, MONDAY) == []
    assert len(make_months(house.engine, MONDAY)) == 9


def test_index_built_on_another_month_keeps_no_month_from_being_made(
    house: House, parted: None
) -> None:
    make_months(house.engine, MONDAY)
    with house.engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE tap_2026_11 IN SHARE UPDATE EXCLUSIVE MODE"))
        assert "tap_2027_02" in make_months(house.engine, date(2026, 12, 1))


@pytest.mark.parametrize(
    ("hour", "is_made"), [(0, True), (5, True), (6, False), (17, False), (18, True)]
)
def test_clock_makes_months_by_night(
    house: House, is_parted: bool, hour: int, is_made: bool
) -> None:
    there = make_months(house.engine, date(2026, 10, 1))
    house.clock.move_to(datetime(2026, 12, 23, hour, 59, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    run_month_tick(house)
    assert (len(parts_of(house)) > len(there)) is (is_made and is_parted)


def test_first_months_are_made_by_day_too(house: House, is_parted: bool) -> None:
    house.clock.move_to(datetime(2026, 11, 23, 10, 0, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    run_month_tick(house)
    assert len(parts_of(house)) == (9 if is_parted else 0)


def test_first_months_wait_for_the_night_where_much_lies_already(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader.taps((1, MING, "2026-11-23T07:19:00+08:00"))
    monkeypatch.setattr(months, "MOST_BY_DAY", 0)
    run_month_tick(house)
    assert parts_of(house) == []
    house.clock.move_to(datetime(2026, 11, 23, 18, 0, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    run_month_tick(house)
    assert len(parts_of(house)) == 9


def test_months_of_a_table_in_use_are_left_by_day_too(house: House, parted: None) -> None:
    house.clock.move_to(datetime(2026, 11, 23, 10, 0, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    with house.engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE tap_rest IN ROW EXCLUSIVE MODE"))
        run_month_tick(house)
    assert parts_of(house) == []


def test_counting_gives_way_to_whoever_holds_a_part(
    house: House, parted: None, caplog: pytest.LogCaptureFixture
) -> None:
    make_months(house.engine, MONDAY)
    with house.engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE tap_2026_11 IN SHARE UPDATE EXCLUSIVE MODE"))
        count_months(house.engine)
    assert [(one.message, vars(one)["reason"]) for one in caplog.records] == [
        ("months not counted", "tap")
    ]


def test_doubtful_tap_has_no_day_and_is_kept_all_the_same(
    house: House,
    is_parted: bool,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    assert reader.statuses((1, MING, "1970-01-01T00:00:00+08:00")) == ["quarantined"]
    if is_parted:
        assert homes_of(house, "tap") == ["tap_rest"]


def test_tap_sent_again_in_another_month_is_no_new_tap(
    house: House,
    is_parted: bool,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    tap = (1, MING, "2026-11-30T23:59:50+08:00")
    house.clock.move_to(datetime(2026, 12, 1, 0, 0, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    first = reader.statuses(tap)
    house.clock.move_to(datetime(2026, 12, 1, 0, 3, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    assert (first, reader.statuses(tap)) == (["recorded"], ["duplicate"])


def test_number_used_twice_is_found_out_in_another_month_too(
    house: House,
    is_parted: bool,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    house.clock.move_to(datetime(2026, 11, 30, 7, 20, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    assert reader.statuses((1, MING, "2026-11-30T07:19:00+08:00")) == ["recorded"]
    house.clock.move_to(datetime(2026, 12, 1, 7, 20, tzinfo=TAIPEI))  # type: ignore[attr-defined]
    assert reader.statuses((1, MING, "2026-12-01T07:19:00+08:00")) == ["quarantined"]
    with snapshot(house.engine) as session:
        assert session.get_one(Reader, reader.reader_id).cloned_at is not None
        assert len(session.exec(select(Tap)).all()) == 2


def test_month_is_dropped_with_its_rows_once_all_its_days_are_over(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    reader.taps((1, MING, "2026-11-23T07:19:00+08:00"))
    tap = table_of(Tap)
    assert drop_months(house.engine, tap, date(2026, 11, 29), true()) == 0
    assert "tap_2026_11" in parts_of(house)
    assert drop_months(house.engine, tap, date(2026, 11, 30), true()) == 1
    assert "tap_2026_11" not in parts_of(house)
    assert "notice_2026_11" in parts_of(house)


def test_month_with_a_younger_row_stays(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    notice, late = table_of(Notice), datetime(2027, 1, 5, tzinfo=TAIPEI)
    _settled(house, NOVEMBER.first, late - timedelta(days=40))
    _settled(house, NOVEMBER.first, late)
    assert drop_months(house.engine, notice, NOVEMBER.last, notice.c.settled_at < late) == 0
    over = notice.c.settled_at <= late
    assert drop_months(house.engine, notice, NOVEMBER.last, over) == 2


def test_month_with_a_row_that_never_ended_stays(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
) -> None:
    make_months(house.engine, MONDAY)
    notice = table_of(Notice)
    _settled(house, NOVEMBER.first, None)
    over = notice.c.settled_at < datetime(2030, 1, 1, tzinfo=TAIPEI)
    assert drop_months(house.engine, notice, NOVEMBER.last, over) == 0


def test_month_somebody_uses_is_left(
    house: House,
    parted: None,
    reader: SigningReader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(months, "PAUSE_SECONDS", 0)
    make_months(house.engine, MONDAY)
    with house.engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE tap_2026_11 IN ROW EXCLUSIVE MODE"))
        assert drop_months(house.engine, table_of(Tap), NOVEMBER.last, true()) == 0
    assert "tap_2026_11" in parts_of(house)
