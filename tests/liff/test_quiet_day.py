"""A guardian new beside others sees no tap of today for a day, in the pages and in the chat."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from bot.handlers.person import find_person
from bot.handlers.records import tell_today, tell_week, tell_what_is_known
from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Binding
from tests.factories import MEI
from tests.liff.conftest import Family
from tests.liff.phone import Phone

ARRIVED = datetime(2026, 11, 23, 7, 11, tzinfo=TAIPEI)
HOURS = 24


@pytest.fixture(autouse=True)
def quiet(pages: House, family: Family) -> None:
    """Mei's quiet day began just now, and Ming is in school."""
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        binding = session.get_one(Binding, UUID(family.binding_id))
        binding.quiet_until = now + timedelta(hours=HOURS)
        session.add(binding)
        session.add(
            AttendanceDay(
                student_id=UUID(family.student_id),
                school_day=school_day_of(now),
                arrived_at=ARRIVED,
                departed_at=ARRIVED + timedelta(minutes=3),
            )
        )


def chat(house: House) -> str:
    """What 今天, 本週 and the answer to somebody worried say."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        person = find_person(session, MEI)
        told = [tell_today(session, house, person, now), tell_week(session, house, person, now)]
        return str([*told, tell_what_is_known(session, house, person, now, is_desperate=False)])


def test_pages_show_no_tap_and_say_why(mei: Phone, family: Family) -> None:
    for path in ("/liff/home", family.page):
        text = mei.text(path)
        assert "07:11" not in text
        assert "07:14" not in text
        assert "尚無刷卡紀錄 " not in text
        assert "24 小時內不顯示今天的刷卡時間" in text


def test_chat_shows_no_tap_and_says_why(pages: House, family: Family) -> None:
    said = chat(pages)
    assert "07:11" not in said
    assert "07:14" not in said
    assert "24 小時內不顯示今天的刷卡時間" in said


def test_trail_does_not_tell_when_quiet_news_was_left_out(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        session.add(_left_out(family))
    text = mei.text(family.page)
    assert "07:11" not in text
    assert "今天的刷卡暫不顯示" in text


def _left_out(family: Family) -> Notice:
    key = UUID(int=1)
    return Notice(
        dedupe_key=str(key),
        retry_key=key,
        kind="arrival",
        guardian_id=UUID(family.guardian_id),
        student_id=UUID(family.student_id),
        channel="line",
        school_day=ARRIVED.date(),
        content=b"[]",
        priority=2,
        turn_at=ARRIVED,
        state="cancelled",
        outcome="quiet",
        created_at=ARRIVED,
        due_at=ARRIVED,
        expires_at=ARRIVED,
        settled_at=ARRIVED,
    )


def test_missing_child_is_shown_all_the_same(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        day = session.get_one(AttendanceDay, (UUID(family.student_id), ARRIVED.date()))
        day.arrived_at = day.departed_at = None
        session.add(day)
    pages.clock.move_to(ARRIVED.replace(hour=9))
    mei.sign_in(MEI)
    assert "尚無刷卡紀錄" in mei.text("/liff/home")
    assert "尚無刷卡紀錄" in chat(pages)


def test_taps_are_shown_when_the_quiet_day_is_over(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        binding = session.get_one(Binding, UUID(family.binding_id))
        binding.quiet_until = pages.clock.now()
        session.add(binding)
    assert "07:11" in mei.text("/liff/home")
    assert "07:11" in chat(pages)
