"""The quota tick: when LINE is asked, and who hears what of the answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.delivery.quota import Quota, Step
from core.delivery.quota_month import current_step, last_asked
from core.duty.quota_tick import outlook_for, run_quota_tick
from core.duty.scheduler import TICKS
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Staff, StaffRole
from tests.bot.fake_line import FakeLine, closed_port, running_line
from tests.conftest import FixedClock
from tests.delivery.saying import say_quota
from tests.factories import make_school, make_staff

OFFICER, ELSEWHERE, BUREAU, TEACHER = ("U" + sign * 32 for sign in "1234")
LAST_EVENING = datetime(2026, 11, 30, 18, 0, tzinfo=TAIPEI)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=TAIPEI)


@pytest.fixture
def line() -> Iterator[FakeLine]:
    """A LINE Platform."""
    with running_line() as line:
        yield line


@pytest.fixture
def city(house: House, line: FakeLine) -> House:
    """Two schools, their people and the bureau, on a Monday at noon; LINE answers."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608")
        make_staff(session, house, OFFICER)
        make_staff(session, house, ELSEWHERE, role=StaffRole.SCHOOL_ADMIN, school_code="353608")
        make_staff(session, house, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
        make_staff(session, house, BUREAU, role=StaffRole.BUREAU_ADMIN, school_code=None)
    changed = house.settings.model_copy(update={"line_api_base": line.url})
    house = replace(house, settings=changed)
    move_to(house, NOON)
    return house


def move_to(house: House, moment: datetime) -> None:
    """Let it be that moment."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(moment)


def look(house: House, line: FakeLine, granted: int | None, used: int, minutes: int = 10) -> int:
    """Let LINE say so and the tick wake later; return how often LINE was asked."""
    move_to(house, house.clock.now() + timedelta(minutes=minutes))
    line.calls.clear()
    say_quota(line, granted, used)
    run_quota_tick(house)
    return len(line.calls) // 2


def heard(house: House) -> list[tuple[str, str]]:
    """Who was told, with the lock-screen words."""
    with snapshot(house.engine) as session:
        rows = session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key)).all()  # type: ignore[arg-type]
    return [(row.line_user_id or "", orjson.loads(row.content)[0]["altText"]) for row in rows]


def people(house: House, words: str) -> set[str]:
    """Who was told in these words."""
    return {who for who, said in heard(house) if said == words}


def step(house: House) -> Step:
    """How far deliveries are cut back now."""
    with snapshot(house.engine) as session:
        return current_step(session, house.clock.now())


def test_answer_is_kept(city: House, line: FakeLine) -> None:
    look(city, line, 100_000, 40_000)
    with snapshot(city.engine) as session:
        assert last_asked(session, city.clock.now()) == (Quota(100_000, 40_000), city.clock.now())
    assert heard(city) == []


def test_school_days_of_the_month_are_the_calendars(city: House) -> None:
    with snapshot(city.engine) as session:
        outlook = outlook_for(session, NOON, 7)
    # November 2026 has 21 working days; Monday the 23rd is its 16th.
    assert (outlook.past, outlook.left, outlook.reserve) == (16, 5, 7)


def test_house_without_schools_has_no_forecast(house: House) -> None:
    with snapshot(house.engine) as session:
        assert outlook_for(session, NOON, 0).past == 0


def test_line_is_asked_every_ten_minutes(city: House, line: FakeLine) -> None:
    assert look(city, line, 100_000, 40_000) == 1
    assert [look(city, line, 100_000, 40_000, minutes=1) for _ in range(10)] == [0] * 9 + [1]


def test_line_is_asked_every_minute_where_the_reserve_is_near(city: House, line: FakeLine) -> None:
    look(city, line, 10_000, 8_900)
    assert [look(city, line, 10_000, 8_900, minutes=1) for _ in range(3)] == [1, 1, 1]


def test_line_is_asked_every_hour_at_night(city: House, line: FakeLine) -> None:
    move_to(city, NOON.replace(hour=22))
    look(city, line, 10_000, 8_900)
    assert [look(city, line, 10_000, 8_900) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_silence_of_line_changes_nothing_and_is_asked_again_at_once(
    city: House, line: FakeLine
) -> None:
    look(city, line, 10_000, 9_000)
    silent = replace(
        city, settings=city.settings.model_copy(update={"line_api_base": closed_port()})
    )
    move_to(city, city.clock.now() + timedelta(minutes=10))
    run_quota_tick(silent)
    assert step(city) is Step.ARRIVALS_ON_DEMAND
    assert look(city, line, 10_000, 9_000, minutes=1) == 1


def test_bureau_alone_hears_of_a_share_and_once(city: House, line: FakeLine) -> None:
    move_to(city, LAST_EVENING)
    for used in (80_000, 80_001, 85_000):
        look(city, line, 100_000, used)
    assert heard(city) == [(BUREAU, "本月 LINE 已用 80%")]


def test_ninety_percent_is_told_after_eighty(city: House, line: FakeLine) -> None:
    city = replace(city, settings=city.settings.model_copy(update={"line_quota_reserve": 10}))
    move_to(city, LAST_EVENING)
    look(city, line, 100_000, 80_000)
    look(city, line, 100_000, 90_000)
    assert [said for _, said in heard(city)] == ["本月 LINE 已用 80%", "本月 LINE 已用 90%"]


def test_schools_hear_of_a_share_where_there_is_no_bureau(city: House, line: FakeLine) -> None:
    with transaction(city.engine) as session:
        session.execute(
            update(Staff).where(col(Staff.line_user_id) == BUREAU).values(revoked_at=NOON)
        )
    move_to(city, LAST_EVENING)
    look(city, line, 100_000, 80_000)
    assert people(city, "本月 LINE 已用 80%") == {OFFICER, ELSEWHERE}


def test_every_school_hears_once_that_departures_wait_to_be_asked_for(
    city: House, line: FakeLine
) -> None:
    for used in (7_900, 7_950, 7_999):
        look(city, line, 10_000, used)
    assert step(city) is Step.DEPARTURES_ON_DEMAND
    assert len(heard(city)) == 3
    assert people(city, "本月離校改為查詢才回覆") == {OFFICER, ELSEWHERE, BUREAU}


def test_every_school_hears_once_that_the_reserve_is_reached(city: House, line: FakeLine) -> None:
    for used in (8_900, 9_000, 9_500, 10_000):
        look(city, line, 10_000, used)
    words = "本月到校、離校改為查詢才回覆"
    assert people(city, words) == {OFFICER, ELSEWHERE, BUREAU}
    assert len([said for _, said in heard(city) if said == words]) == 3
    assert {said for _, said in heard(city)} == {words, "本月離校改為查詢才回覆"}


def test_more_quota_ends_it_and_its_own_shortage_is_told_again(city: House, line: FakeLine) -> None:
    look(city, line, 10_000, 9_000)
    look(city, line, 100_000, 9_100)
    assert step(city) is Step.NORMAL
    look(city, line, 100_000, 90_000)
    assert step(city) is Step.ARRIVALS_ON_DEMAND
    assert len(people(city, "本月到校、離校改為查詢才回覆")) == 3
    assert len(heard(city)) == 6


def test_notices_that_were_written_ring_the_bell(city: House, line: FakeLine) -> None:
    city.notices_due.clear()
    look(city, line, 10_000, 100)
    assert not city.notices_due.is_set()
    look(city, line, 10_000, 9_000)
    assert city.notices_due.is_set()


def test_token_is_fetched_where_the_program_fetches_its_own(city: House, line: FakeLine) -> None:
    own = city.settings.model_copy(update={"line_channel_id": "2001234567"})
    say_quota(line, 10_000, 9_000)
    line.answers["/oauth2/v3/token"] = [(200, {"access_token": "fetched", "expires_in": 900})]
    run_quota_tick(replace(city, settings=own))
    tokens = [call.headers.get("authorization") for call in line.calls]
    assert tokens == [None, "Bearer fetched", "Bearer fetched"]
    assert step(city) is Step.ARRIVALS_ON_DEMAND


def test_refused_token_leaves_the_step_as_it_is(city: House, line: FakeLine) -> None:
    own = city.settings.model_copy(update={"line_channel_id": "2001234567"})
    line.answers["/oauth2/v3/token"] = [(400, {})]
    run_quota_tick(replace(city, settings=own))
    assert len(line.calls) == 1
    assert step(city) is Step.NORMAL


def test_clock_wakes_it_each_minute() -> None:
    assert TICKS[run_quota_tick] == 60
