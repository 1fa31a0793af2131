"""服務狀態: what guardians and the bureau read on a good and on a bad day."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

import pytest
from flask import Flask

from app import MORE_TICKS
from core.attendance.tables import RunState
from core.calendar.channels import Offer, semester_at, set_offers
from core.calendar.policy import NewRule, add_rule
from core.calendar.scopes import CITY
from core.clock import at_taipei, school_day_of
from core.db import transaction
from core.delivery.quota_month import month_of
from core.delivery.tables import QuotaMonth
from core.duty.scheduler import start_scheduler
from core.duty.tables import JobRun
from core.house import House
from core.kinds import Channel, OfferState
from core.people.tables import StaffRole
from core.watch.canary import ACCEPTED, TAP
from core.watch.canary import JOB as CANARY
from liff.staff.tick_words import TICK_WORDS
from tests.factories import MEI, make_reader, make_staff
from tests.liff.conftest import Family, make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.watch.standing import let_wait, purged, run_check

PAGE, CITY_PAGE = "/liff/status", "/liff/staff/status"
BUREAU = "U" + "b" * 32


def at(house: House, clock: time) -> datetime:
    """Let it be that time of today."""
    moment = at_taipei(school_day_of(house.clock.now()), clock)
    house.clock.move_to(moment)  # type: ignore[attr-defined]
    return moment


def asked_for_quota(now: datetime, granted: int | None, used: int) -> QuotaMonth:
    """What LINE said of the month just now."""
    return QuotaMonth(
        channel=Channel.LINE,
        month=month_of(now),
        granted=granted,
        used=used,
        asked_at=now,
        step=3,
    )


@pytest.fixture
def reader(pages: House, family: Family) -> None:
    """A reader at Ming's school, heard just now."""
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=pages.clock.now())


@pytest.fixture
def bureau(app: Flask, outside: Outside, pages: House, family: Family) -> Phone:
    """Somebody of the bureau."""
    with transaction(pages.engine) as session:
        make_staff(session, pages, BUREAU, role=StaffRole.BUREAU_ADMIN, school_code=None)
    return Phone(app, outside).sign_in(BUREAU)


def test_good_day_says_so(mei: Phone, pages: House, reader: None) -> None:
    run_check(pages, RunState.TOLD)
    said = mei.text(PAGE)
    assert "LINE 正常" in said
    assert said.count("本學期未提供") == 3
    assert "沒有待送給您的通知。" in said
    assert "榕光國小刷卡機" in said
    assert "有連線" in said
    assert "今天的未到校檢查：08:31 完成" in said


def test_what_waits_for_long_makes_its_channel_slow(
    mei: Phone, pages: House, family: Family
) -> None:
    let_wait(pages, UUID(family.guardian_id))
    assert "LINE 正常" in mei.text(PAGE)
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=3))  # type: ignore[attr-defined]
    said = mei.text(PAGE)
    assert "LINE 通知會晚一點送到，紀錄不受影響。 較慢" in said
    assert "待送給您的通知 1 則。" in said


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RunState.HELD, "保留，等學校確認"),
        (RunState.NO_SCHOOL, "今天不上課"),
        (RunState.EXPIRED, "逾時未確認，沒有發出"),
    ],
)
def test_check_of_the_day_is_told_as_it_stands(
    mei: Phone, pages: House, state: RunState, word: str
) -> None:
    run_check(pages, state)
    assert f"今天的未到校檢查：{word}" in mei.text(PAGE)


@pytest.mark.parametrize(
    ("clock", "word"),
    [(time(7, 31), "還沒到截止時間 08:30"), (time(8, 30), "截止時間 08:30 已過，還沒有結果")],
)
def test_check_that_has_not_begun_is_told_by_the_clock(
    mei: Phone, bureau: Phone, pages: House, clock: time, word: str
) -> None:
    at(pages, clock)
    for phone, user_id, page in ((mei, MEI, PAGE), (bureau, BUREAU, CITY_PAGE)):
        phone.sign_in(user_id)
        said = phone.text(page)
        assert f"今天的未到校檢查：{word}" in said
        assert "今天不上課" not in said


def test_earliest_cutoff_of_a_schools_grades_is_named(mei: Phone, pages: House) -> None:
    now = at(pages, time(7, 31))
    with transaction(pages.engine) as session:
        add_rule(session, "353607", NewRule(grade=1, cutoff=time(8, 10)), by="x", now=now)
    mei.sign_in(MEI)
    assert "今天的未到校檢查：還沒到截止時間 08:10" in mei.text(PAGE)


def test_day_without_lessons_has_no_check(mei: Phone, pages: House) -> None:
    pages.clock.move_to(pages.clock.now() - timedelta(days=1))  # type: ignore[attr-defined]
    mei.sign_in(MEI)
    said = mei.text(PAGE)
    assert "今天的未到校檢查：今天不上課" in said
    assert "還沒到截止時間" not in said


def test_used_up_quota_pauses_line_and_says_what_still_works(mei: Phone, pages: House) -> None:
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        session.add(asked_for_quota(now, granted=10, used=10))
    said = mei.text(PAGE)
    assert "本月發送額度已用完。" in said
    assert "暫停" in said


def test_channel_the_city_offers_stands_with_its_own_words(
    mei: Phone, bureau: Phone, pages: House
) -> None:
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        semester = semester_at(session, CITY, school_day_of(now))
        offers = {
            Channel.EMAIL: Offer(OfferState.BEST_EFFORT, "寄信較慢"),
            # Offered by mistake: nothing here could send it.
            Channel.APP: Offer(OfferState.OFFERED),
        }
        set_offers(session, CITY, semester, offers, by="staff:x", now=now)
    said = mei.text(PAGE)
    assert "e-mail 寄信較慢 盡力提供（可能較慢）" in said
    assert "酷課 APP 本學期未提供" in said


def test_night_window_is_named(mei: Phone, pages: House) -> None:
    assert "夜間整理" not in mei.text(PAGE)
    at(pages, time(0, 15))
    mei.sign_in(MEI)
    assert "夜間整理中" in mei.text(PAGE)


def test_last_nights_tidying_is_told_with_its_time(mei: Phone, pages: House) -> None:
    tidied = at_taipei(school_day_of(pages.clock.now()), time(1, 2))
    with transaction(pages.engine) as session:
        session.add_all([purged(tidied), purged(tidied - timedelta(days=1))])
    assert "夜間整理 今天 01:02 完成" in mei.text(PAGE)


def test_stranger_learns_of_no_school(hua: Phone) -> None:
    said = hua.text(PAGE)
    assert "LINE 正常" in said
    assert "榕光國小" not in said


def test_bureau_sees_the_whole_city_and_nobody_by_name(
    bureau: Phone, pages: House, family: Family, reader: None
) -> None:
    let_wait(pages, UUID(family.guardian_id))
    said = bureau.text(CITY_PAGE)
    assert "待送 1 則" in said
    assert "每一校都有連線。" in said
    assert "還沒有問過 LINE" in said
    assert "監測帳號 沒有設定" in said
    assert "小明" not in said
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=3))  # type: ignore[attr-defined]
    said = bureau.text(CITY_PAGE)
    assert "1 校目前沒有連線。" in said
    assert "逾時待送 3 分鐘" in said


def test_bureau_reads_when_each_thing_was_last_done(bureau: Phone, pages: House) -> None:
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        session.add_all([purged(at_taipei(school_day_of(now), time(1, 2))), *_ticks(now)])
        session.add(asked_for_quota(now, granted=10_000, used=4_000))
    said = bureau.text(CITY_PAGE)
    assert "LINE 本月剩餘 6,000 則（今天 07:20）" in said
    assert "夜間整理 今天 01:02" in said
    assert "未到校檢查 今天 07:19 夜間整理 11/22（日）07:20" in said
    assert "_tick" not in said


@pytest.mark.parametrize(("granted", "words"), [(None, "沒有上限（今天 07:20）"), (5, "0 則（")])
def test_bureau_reads_of_a_quota_without_end_and_of_none_left(
    bureau: Phone, pages: House, granted: int | None, words: str
) -> None:
    with transaction(pages.engine) as session:
        session.add(asked_for_quota(pages.clock.now(), granted, used=7))
    assert f"LINE 本月剩餘 {words}" in bureau.text(CITY_PAGE)


def test_bureau_reads_when_the_canary_last_came(
    bureau: Phone, outside: Outside, pages: House
) -> None:
    watched = pages.settings.model_copy(update={"canary_line_user_id": "U" + "c" * 32})
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        for slot in (TAP, ACCEPTED):
            session.add(JobRun(job=CANARY, slot=slot, outcome=slot, ran_at=now))
    app = make_app(replace(pages, settings=watched), lambda *_: None)
    said = Phone(app, outside).sign_in(BUREAU).text(CITY_PAGE)
    assert "監測帳號 最近一次 LINE 收下 今天 07:20" in said


def _ticks(now: datetime) -> list[JobRun]:
    ago = {"run_no_show_tick": timedelta(minutes=1), "run_purge_tick": timedelta(days=1)}
    return [JobRun(job="tick", slot=one, outcome="ok", ran_at=now - ago[one]) for one in ago]


def test_whatever_the_clock_does_has_words(house: House) -> None:
    clock = start_scheduler(house, MORE_TICKS)
    names = {job.kwargs["tick"].__name__ for job in clock.get_jobs()}
    clock.shutdown()
    assert names == TICK_WORDS.keys()


def test_city_page_is_the_bureaus_alone(officer: Phone, mei: Phone) -> None:
    assert officer.get(CITY_PAGE).status_code == 403
    assert mei.get(CITY_PAGE).status_code == 403


def test_channel_without_a_sender_cannot_be_offered(bureau: Phone) -> None:
    form = {"app_state": "offered", "school": "city"}
    answer = bureau.post("/liff/staff/channels", form, form_at="/liff/staff/channels?school=city")
    assert answer.status_code == 422
    assert "這個管道還沒有接通，不能提供" in answer.text
