"""Earlier weeks on a child's page, and what was told of any of their days."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from core.db import transaction
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Guardian
from liff.weeks import week_up_to
from tests.factories import MEI, make_binding, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.liff.test_child_page import TODAY, at, record_day

OLDEST = date(2026, 7, 1)
EARLIER = date(2026, 11, 12)


def tell(session: Session, family: Family, day: date, guardian_id: str | None = None) -> None:
    """An arrival of that day was told."""
    moment = at(7, 42, day)
    session.add(
        Notice(
            dedupe_key=uuid4().hex,
            retry_key=uuid4(),
            kind="arrival",
            student_id=UUID(family.student_id),
            guardian_id=UUID(guardian_id or family.guardian_id),
            channel="line",
            line_user_id=MEI,
            school_day=day,
            content=b"[]",
            priority=1,
            state="accepted",
            created_at=moment,
            due_at=moment,
            turn_at=moment,
            expires_at=moment + timedelta(hours=1),
            settled_at=moment,
        )
    )


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        ("2026-11-16", date(2026, 11, 16)),
        ("2026-12-24", TODAY),
        ("1999-01-01", OLDEST),
        ("soon", TODAY),
        ("", TODAY),
    ],
)
def test_week_asked_for_is_kept_within_what_there_is(asked: str, last: date) -> None:
    assert week_up_to(asked, TODAY, OLDEST).last == last


def test_weeks_lead_to_one_another_without_a_hole() -> None:
    week = week_up_to("2026-11-16", TODAY, OLDEST)
    assert (week.first, week.before, week.after) == (date(2026, 11, 10), date(2026, 11, 9), TODAY)
    assert week_up_to("", TODAY, OLDEST).after is None
    oldest = week_up_to("2026-07-04", TODAY, OLDEST)
    assert (oldest.first, oldest.before) == (OLDEST, None)


def test_earlier_week_shows_its_days_and_the_way_back(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        moments = {"arrived_at": at(7, 44, EARLIER), "departed_at": at(16, 1, EARLIER)}
        record_day(session, family, EARLIER, **moments)
    answer = mei.get(f"{family.page}?week=2026-11-16")
    page = text_of(answer)
    assert "統計時間 2026/11/10–2026/11/16" in page
    assert "11/12 四 07:44 16:01" in page
    assert "今天 11/23（一）" in page
    assert 'week=2026-11-09#week">前七天' in answer.text
    assert 'week=2026-11-23#week">後七天' in answer.text


def test_week_older_than_the_picture_is_read_all_the_same(
    mei: Phone, family: Family, pages: House
) -> None:
    day = date(2026, 9, 10)
    with transaction(pages.engine) as session:
        record_day(session, family, day, arrived_at=at(7, 31, day))
    page = mei.text(f"{family.page}?week=2026-09-11")
    assert "9/10 四 07:31 未刷離校" in page


def test_nothing_is_shown_from_before_what_is_kept(
    mei: Phone, family: Family, pages: House
) -> None:
    day = date(2026, 6, 10)
    with transaction(pages.engine) as session:
        record_day(session, family, day, arrived_at=at(7, 31, day))
    answer = mei.get(f"{family.page}?week=2026-06-10")
    assert "07:31" not in answer.text
    assert "這 7 天沒有紀錄。" in answer.text
    assert "前七天" not in answer.text


def test_day_with_notices_leads_to_them(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, EARLIER, arrived_at=at(7, 41, EARLIER))
        tell(session, family, EARLIER)
    link = f"{family.page}?week=2026-11-16&day=2026-11-12"
    page = mei.get(f"{family.page}?week=2026-11-16")
    assert f'href="{link.replace("&", "&amp;")}#told"' in page.text
    assert page.text.count("#told") == 1
    shown = mei.text(link)
    assert "11/12（四）的通知 到校刷卡 07:41 已送出（LINE） 07:42・到校通知 沒收到？" in shown
    assert "到校後通知您" not in shown


def test_day_outside_the_week_or_without_notices_says_so(mei: Phone, family: Family) -> None:
    outside = mei.text(f"{family.page}?day=2026-10-01")
    assert "今天的通知" in outside
    empty = mei.text(f"{family.page}?week=2026-11-16&day=2026-11-13")
    assert "11/13（五）的通知 這一天沒有通知。" in empty


def test_what_another_guardian_was_told_leads_nowhere(
    mei: Phone, hua: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, EARLIER, arrived_at=at(7, 41, EARLIER))
        tell(session, family, EARLIER)
    assert hua.get(f"{family.page}?week=2026-11-16&day=2026-11-12").status_code == 404


def test_four_weeks_are_a_picture_with_its_sentence_and_its_table(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, EARLIER, arrived_at=at(7, 44, EARLIER))
    answer = mei.get(family.page)
    assert 'role="img" aria-label="四週到校 1 天，平均 07:44，1 天未刷離校。"' in answer.text
    table = answer.text.partition("看成表格")[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + 16
    assert "07:44" in table
    assert "未刷離校" in table


def test_page_stays_small_at_its_fullest(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        for number in range(5):
            name = f"歐陽小{'甲乙丙丁戊'[number]}"
            child = make_student(session, pages, name=name, number=f"1151002{number}")
            make_binding(session, guardian, child)
        for back in range(1, 29):
            day = TODAY - timedelta(days=back)
            moments = {"arrived_at": at(7, 41, day), "departed_at": at(16, 1, day)}
            is_make_up = {"arrival_is_make_up": True, "departure_is_make_up": True}
            record_day(session, family, day, **moments, **is_make_up)
            for _ in range(12):
                tell(session, family, day)
    mei.post("/liff/language", {"language": "vi"}, form_at="/liff/account")
    page = mei.get(f"{family.page}?week=2026-11-22&day=2026-11-22")
    assert page.text.count('<li class="done">') == 14
    assert len(page.data) <= 30 * 1024
