"""What the pages say while arrivals or departures wait to be asked for."""

from uuid import UUID

import pytest

from core.db import transaction
from core.delivery.quota import Step
from core.delivery.quota_month import cut_back
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.people.tables import Guardian
from tests.delivery.shortage import run_short
from tests.factories import MEI, make_reader
from tests.liff.conftest import Family
from tests.liff.phone import Phone
from tests.liff.test_child_page import TODAY, at, record_day

LINE = "到 11/30（一）為止"


@pytest.mark.parametrize("step", [Step.DEPARTURES_ON_DEMAND, Step.ARRIVALS_ON_DEMAND])
def test_home_and_child_page_say_so_once(
    mei: Phone, family: Family, pages: House, step: Step
) -> None:
    run_short(pages, step)
    for path in ("/liff/home", family.page):
        assert mei.text(path).count(LINE) == 1


def test_it_stands_first_until_it_was_read(mei: Phone, family: Family, pages: House) -> None:
    run_short(pages, Step.DEPARTURES_ON_DEMAND)
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=at(7, 2))
    silent = "刷卡機 07:02 起沒有連線"
    first, second = mei.text("/liff/home"), mei.text("/liff/home")
    assert first.index(LINE) < first.index(silent)
    assert second.index(silent) < second.index(LINE)


def test_page_that_was_read_is_not_repeated_in_the_chat(
    mei: Phone, family: Family, pages: House
) -> None:
    run_short(pages, Step.DEPARTURES_ON_DEMAND)
    mei.get("/liff/home")
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        assert not cut_back(session, pages.clock.now()).is_new_to(guardian)


def test_who_stopped_everything_hears_nothing_of_it(
    mei: Phone, family: Family, pages: House
) -> None:
    run_short(pages, Step.DEPARTURES_ON_DEMAND)
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        guardian.stopped_at = at(7, 0)
        assert not cut_back(session, pages.clock.now()).is_new_to(guardian)


@pytest.mark.parametrize("step", [Step.NORMAL, Step.NO_TESTS])
def test_pages_say_nothing_while_both_are_sent(
    mei: Phone, family: Family, pages: House, step: Step
) -> None:
    run_short(pages, step)
    assert LINE not in mei.text("/liff/home")
    assert LINE not in mei.text(family.page)


def test_stranger_without_children_is_not_told_of_it(hua: Phone, pages: House) -> None:
    run_short(pages, Step.ARRIVALS_ON_DEMAND)
    assert LINE not in hua.text("/liff/home")


def test_arrival_is_promised_only_where_it_is_sent(
    mei: Phone, family: Family, pages: House
) -> None:
    run_short(pages, Step.DEPARTURES_ON_DEMAND)
    assert "到校後通知您" in mei.text(family.page)
    run_short(pages, Step.ARRIVALS_ON_DEMAND)
    page = mei.text(family.page)
    assert "到校後通知您" not in page
    assert "到校後輸入「今天」查詢 截止時間 08:30" in page


def test_departure_is_promised_only_where_it_is_sent(
    mei: Phone, family: Family, pages: House
) -> None:
    run_short(pages, Step.DEPARTURES_ON_DEMAND)
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 41), arrival_received_at=at(7, 41))
    page = mei.text(family.page)
    assert "離校後再通知您" not in page
    assert "離校後輸入「今天」查詢" in page


def test_trail_says_that_the_notice_was_left_to_be_asked_for(
    mei: Phone, family: Family, pages: House
) -> None:
    notice = NewNotice(
        kind=NoticeKind.ARRIVAL,
        guardian_id=UUID(family.guardian_id),
        student_id=UUID(family.student_id),
        line_user_id=MEI,
        school_day=TODAY,
        at=at(7, 19),
        content=b"[]",
        ended=(NoticeState.CANCELLED, "on_demand"),
    )
    with transaction(pages.engine) as session:
        enqueue(session, [notice], at(7, 19))
    assert "本月改為輸入「今天」查詢，沒有主動送出 07:19・到校通知" in mei.text(family.page)
