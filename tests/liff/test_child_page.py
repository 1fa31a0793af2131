"""A child's page."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from core.attendance.tables import AttendanceDay
from core.calendar.tables import Closure, DayPolicy
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import UNFINISHED_STATES, Channel, EventKind
from core.notices.tables import Notice
from core.people.guardians import find_guardian
from core.people.subscriptions import boxes_of
from core.people.tables import Binding
from tests.conftest import FixedClock
from tests.factories import LONG_AGO, MEI, make_binding, make_student
from tests.liff.conftest import Family, MenuChanges
from tests.liff.phone import Phone, text_of

TODAY = date(2026, 11, 23)


def at(hour: int, minute: int, day: date = TODAY) -> datetime:
    """A Taipei moment."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def record_day(session: Session, family: Family, day: date, **moments: object) -> None:
    """Ming's day at the gate."""
    session.add(
        AttendanceDay(student_id=UUID(family.student_id), school_day=day, arrivals=1, **moments)
    )


def make_notice(
    session: Session,
    family: Family,
    state: str,
    channel: str = "line",
    kind: str = "arrival",
    outcome: str | None = None,
) -> None:
    """A notice of today, an arrival's unless another is named."""
    session.add(
        Notice(
            dedupe_key=uuid4().hex,
            retry_key=uuid4(),
            kind=kind,
            student_id=UUID(family.student_id),
            guardian_id=UUID(family.guardian_id),
            channel=channel,
            line_user_id=MEI,
            school_day=TODAY,
            content=b"[]",
            priority=1,
            state=state,
            outcome=outcome,
            created_at=at(7, 41),
            due_at=at(7, 41),
            turn_at=at(7, 41),
            expires_at=at(8, 41),
            settled_at=None if state in UNFINISHED_STATES else at(7, 41),
        )
    )


def close(session: Session, day: date, part: str) -> None:
    """The school is closed."""
    session.add(
        Closure(
            school_code="353607",
            day=day,
            part=part,
            source="榕光國小",
            source_at=LONG_AGO,
            proposed_by="staff:a",
            proposed_at=LONG_AGO,
            confirmed_by="staff:b",
            confirmed_at=LONG_AGO,
        )
    )


def tap_out(house: House, family: Family) -> time | None:
    """When Mei wants to hear that Ming has not tapped out."""
    with snapshot(house.engine) as database:
        return database.get_one(Binding, UUID(family.binding_id)).tap_out_by


def boxes(house: House, family: Family) -> set[str]:
    """The boxes that are on, as their field names."""
    with snapshot(house.engine) as database:
        return {f"{c}_{k}" for c, k in boxes_of(database, UUID(family.binding_id))}


def test_no_date_is_offered_to_press_in_an_empty_week(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        make_notice(session, family, "accepted", kind="bound")
    assert "按日期，看當天的通知。" not in mei.text(family.page)
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 11))
    assert "按日期，看當天的通知。" in mei.text(family.page)


def test_day_without_a_tap_is_calm_before_the_cut_off(mei: Phone, family: Family) -> None:
    page = mei.text(family.page)
    assert "還沒刷卡" in page
    assert "到校後通知您 截止時間 08:30" in page
    assert "這 7 天沒有紀錄。" in page


def test_today_shows_the_taps_own_time_and_what_was_sent(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 41), arrival_received_at=at(7, 41))
        make_notice(session, family, "accepted")
    page = mei.text(family.page)
    assert "在校 07:41 到校 還沒 離校" in page
    assert "已送出（LINE） 07:41・到校通知" in page
    assert "離校後再通知您" in page
    assert "送達" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "正在送出"),
        ("refused", "無法送到 LINE"),
        ("expired", "逾時未送出，僅供查看"),
        ("unknown", "無法確認是否送出"),
    ],
)
def test_trail_is_honest_about_trouble(
    mei: Phone, family: Family, pages: House, state: str, words: str
) -> None:
    with transaction(pages.engine) as session:
        make_notice(session, family, state)
    assert words in mei.text(family.page)


def test_trail_says_that_the_departure_told_of_the_arrival(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        make_notice(session, family, "expired", outcome="told_later")
        make_notice(session, family, "accepted", kind="departure")
    page = mei.text(family.page)
    assert "改由離校通知一起說明 07:41・到校通知" in page
    assert "逾時未送出" not in page


def test_trail_names_the_channel_that_stood_in(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_notice(session, family, "refused", kind="no_show")
        make_notice(session, family, "accepted", "email", "no_show")
        make_notice(session, family, "dead", "sms", "no_show")
    page = mei.text(family.page)
    for words in ("無法送到 LINE", "改用 e-mail 送出", "無法用簡訊送出"):
        assert words in page


def test_trail_names_every_channel_that_was_ticked(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        make_notice(session, family, "accepted")
        make_notice(session, family, "accepted", "email")
    page = mei.text(family.page)
    assert "已送出（LINE）" in page
    assert "已送出（e-mail）" in page
    assert "改用" not in page


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (at(8, 30), "到校刷卡 07:41・08:30 才收到 離校"),
        (at(8, 41), "到校刷卡 07:41・08:41 才收到 離校"),
        (at(8, 42), "到校刷卡 07:41・08:42 才收到，沒有另外通知 離校"),
    ],
)
def test_trail_says_what_was_not_told_only_past_the_age_limit(
    mei: Phone, family: Family, pages: House, received: datetime, words: str
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 41), arrival_received_at=received)
    assert words in mei.text(family.page)


def test_leave_without_a_tap_fills_the_card_and_the_row(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, leave="whole")
    page = mei.get(family.page)
    assert 'class="pill is-leave"' in page.text
    text = text_of(page)
    assert "請假 全天 – 離校" in text
    assert "11/23 一 請假 刷卡紀錄" in text
    assert "取消請假" not in text
    assert "到校後通知您" not in text


def test_half_a_day_of_leave_leaves_the_other_half_open(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, leave="afternoon")
    page = mei.text(family.page)
    assert "還沒刷卡" in page
    assert "下午請假。" in page
    assert "到校後通知您 截止時間 08:30" in page


def test_leave_and_tap_are_both_kept_and_said(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, leave="whole", arrived_at=at(7, 41))
    page = mei.text(family.page)
    assert "小明今天已請假，但 07:41 有到校刷卡，兩筆紀錄都保留。" in page
    assert "取消請假" in page
    assert "在校 07:41 到校" in page


def test_after_the_cut_off_the_school_is_called_instead(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, leave="whole", arrived_at=at(9, 5))
    pages.clock.move_to(at(9, 6))
    page = mei.sign_in(MEI).text(family.page)
    assert "兩筆紀錄都保留。如果孩子有到校，請告訴學校： 02-2300-0001 。" in page
    assert "取消請假" not in page


def test_nobody_is_missed_on_a_closed_morning(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        close(session, TODAY, "morning")
    pages.clock.move_to(at(9, 0))
    page = mei.sign_in(MEI).text(family.page)
    assert "還沒刷卡" in page
    assert "上午停課。" in page
    assert "尚無刷卡紀錄" not in page


def test_closed_afternoon_is_said_beside_the_arrival(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        close(session, TODAY, "afternoon")
        record_day(session, family, TODAY, arrived_at=at(7, 41))
    assert "在校 07:41 到校 還沒 離校 下午停課。" in mei.text(family.page)


def test_make_up_is_named_as_one(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 50), arrival_is_make_up=True)
    page = mei.text(family.page)
    assert "07:50 到校・補登" in page
    assert "11/23 一 補登 07:50 還沒" in page
    assert "到校補登 07:50" in page


@pytest.mark.parametrize(
    ("part", "words"),
    [("whole", "今天 11/23（一） 榕光國小 603 班・12 號 停課"), ("morning", "上午停課。")],
)
def test_closure_stands_on_the_card(
    mei: Phone, family: Family, pages: House, part: str, words: str
) -> None:
    with transaction(pages.engine) as session:
        close(session, TODAY, part)
    assert words in mei.text(family.page)


def test_closed_day_of_the_week_is_told_from_a_weekend(
    mei: Phone, family: Family, pages: House
) -> None:
    thursday = date(2026, 11, 19)
    with transaction(pages.engine) as session:
        close(session, thursday, "whole")
        record_day(session, family, TODAY, arrived_at=at(7, 41))
    page = mei.text(family.page)
    assert "11/19 四 停課 11/20 五 11/21 六 11/22 日 11/23 一 07:41" in page


def test_cut_off_shown_is_this_childs_today(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        rule = {"school_code": "353607", "recorded_by": "staff:a", "recorded_at": LONG_AGO}
        session.add(DayPolicy(grade=6, weekday=0, cutoff=time(8, 10), **rule))
        session.add(DayPolicy(grade=1, weekday=0, cutoff=time(9, 0), **rule))
        session.add(DayPolicy(grade=6, day=TODAY, departure_from=time(12, 40), **rule))
    page = mei.text(family.page)
    assert "未到校：截止時間（今天 08:10）還沒有刷卡、也沒有請假時通知。" in page
    assert "今天截止 08:10，12:40 起的刷卡算離校" in page
    assert "截止時間 08:10" in page


def test_week_shows_seven_days_with_their_gaps(mei: Phone, family: Family, pages: House) -> None:
    friday = date(2026, 11, 20)
    with transaction(pages.engine) as session:
        record_day(session, family, date(2026, 11, 19))
        record_day(session, family, friday, arrived_at=at(7, 44, friday))
    page = mei.text(family.page)
    assert "統計時間 2026/11/17–2026/11/23" in page
    assert "日期 到校時間 離校時間" in page
    assert "11/18 三 11/19 四 未刷卡 11/20 五 07:44 未刷離校 11/21 六 11/22 日" in page
    assert "11/23 一 還沒 還沒" in page


def test_reminder_to_tap_out_is_off_until_chosen(mei: Phone, family: Family, pages: House) -> None:
    assert 'value="16:00" selected' not in mei.get(family.page).text
    mei.post(family.page, {"line_arrival": "on", "tap_out_by": "17:30"})
    assert tap_out(pages, family) == time(17, 30)
    assert '<option value="17:30" selected>' in mei.get(family.page).text
    mei.post(family.page, {"line_arrival": "on", "tap_out_by": ""})
    assert tap_out(pages, family) is None


@pytest.mark.parametrize("wrong", ["15:30", "20:30", "17:15", "17:30:30", "soon", "25:00"])
def test_reminder_at_an_hour_not_offered_is_refused(
    mei: Phone, family: Family, pages: House, wrong: str
) -> None:
    answer = mei.post(family.page, {"line_arrival": "on", "tap_out_by": wrong})
    assert answer.status_code == 422
    assert "請選擇離校提醒的時間" in answer.text
    assert tap_out(pages, family) is None
    assert len(boxes(pages, family)) == 3


def test_form_without_the_reminder_keeps_it(mei: Phone, family: Family, pages: House) -> None:
    mei.post(family.page, {"tap_out_by": "18:00"})
    mei.post(family.page, {"line_arrival": "on"})
    assert tap_out(pages, family) == time(18)


def test_ticked_boxes_are_saved_and_the_others_are_off(
    mei: Phone, family: Family, pages: House
) -> None:
    answer = mei.post(family.page, {"line_arrival": "on"})
    assert answer.status_code == 303
    assert "已儲存。" in mei.text(answer.location)
    assert boxes(pages, family) == {"line_arrival"}


def test_all_boxes_off_leaves_the_child_bound(mei: Phone, family: Family, pages: House) -> None:
    answer = mei.post(family.page, {})
    assert answer.status_code == 303
    page = mei.get(answer.location).text
    banner = page.partition('<div class="banner amber"')[2].partition("</div>")[0]
    assert "已儲存。小明已沒有任何通知，綁定仍保留。" in banner
    assert 'class="banner green"' not in page
    assert boxes(pages, family) == set()
    assert "小明" in mei.text("/liff/home")


@pytest.mark.parametrize("box", ["email_arrival", "sms_no_show", "app_departure"])
def test_channel_not_offered_is_refused_and_changes_nothing(
    mei: Phone, family: Family, pages: House, box: str
) -> None:
    answer = mei.post(family.page, {box: "on"})
    assert answer.status_code == 422
    assert "這個方式本學期未提供" in answer.text
    assert len(boxes(pages, family)) == 3


def test_boxes_can_be_set_for_every_child_at_once(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        sister = make_student(session, pages, name="王小華", number="11510002")
        other = make_binding(session, guardian, sister).id
    wish = {"line_no_show": "on", "apply_to_all": "on", "tap_out_by": "18:00"}
    mei.post(family.page, wish)
    with snapshot(pages.engine) as database:
        assert database.get_one(Binding, other).tap_out_by == time(18)
        assert boxes_of(database, other) == {(Channel.LINE, EventKind.NO_SHOW)}
    assert boxes(pages, family) == {"line_no_show"}


def test_unbinding_asks_first_and_says_what_others_keep(mei: Phone, family: Family) -> None:
    page = mei.text(f"{family.page}/unbind")
    assert "解除後不再收到小明的通知，其他家長不受影響。" in page


def test_unbinding_the_last_child_changes_the_menu(
    mei: Phone, family: Family, menu_changes: MenuChanges
) -> None:
    answer = mei.post(f"{family.page}/unbind", {})
    assert "已解除綁定" in mei.text(answer.location)
    assert mei.get(family.page).status_code == 404
    assert menu_changes == [(MEI, False)]


def test_form_kept_open_after_signing_in_anew_is_refused(
    mei: Phone, family: Family, pages: House
) -> None:
    old = mei.token_at(family.page)
    mei.sign_in(MEI)
    answer = mei.client.post(family.page, data={"csrf_token": old})
    assert answer.status_code == 400
    assert "這一頁開太久了" in answer.text
    assert len(boxes(pages, family)) == 3


def test_session_is_touched_while_the_person_reads_on(
    mei: Phone, family: Family, pages: House
) -> None:
    assert isinstance(pages.clock, FixedClock)
    for _ in range(4):
        pages.clock.move_to(pages.clock.now().astimezone(UTC) + timedelta(minutes=20))
        assert "小明" in mei.text(family.page)
