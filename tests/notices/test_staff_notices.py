"""What staff are told: by whom it is heard, once, and in which words."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from core.announcements.audiences import Audience
from core.announcements.sending import tell_answered
from core.announcements.tables import Announcement, AnnouncementType, Importance
from core.announcements.writing import Text, write_announcement
from core.binding.requests import ask_school
from core.db import transaction
from core.house import House
from core.kinds import Direction, HoldReason, MakeUpReason, NoticeKind
from core.notices.binding_notices import (
    tell_binding_asked,
    tell_many_misses,
    tell_new_binding,
)
from core.notices.make_up_answers import AskedTap, tell_asked
from core.notices.staff_alarms import tell_announcement_asked
from core.notices.staff_desk import StaffDesk, runners_of
from core.notices.staff_notices import (
    tell_closure_answered,
    tell_closure_asked,
    tell_closure_found,
    tell_discrepancies,
    tell_held_expired,
    tell_looks,
    tell_old_card,
    tell_quarantine,
    tell_quota_cut,
    tell_quota_warning,
    tell_reader_cloned,
    tell_reader_gap,
    tell_reader_silent,
    tell_skipped_late,
    tell_three_days,
)
from core.notices.staff_reminders import tell_aging, tell_digest, tell_orders_aging
from core.notices.staff_words import hold_words
from core.notices.tables import Notice
from core.people.staff import RUNNERS as RUNNING
from core.people.staff import closers_of, staff_at
from core.people.tables import Guardian, Staff, Student
from core.sealed import keyring_of
from sandbox.objects.messages import check_send
from tests.bot.line_limits import assert_line_takes, words_of
from tests.notices.conftest import MONDAY
from tests.notices.staff_cast import (
    ADMIN,
    BUREAU,
    ELSEWHERE,
    NOW,
    OFFICER,
    RUN,
    SCHOOL,
    TEACHER,
    Tell,
    child,
    held,
    review,
    tell,
    told,
)

CLOSURE = UUID(int=7)
READER = UUID(int=8)

pytestmark = pytest.mark.usefixtures("staff_people")


def officer(s: Session) -> Staff:
    return next(one for one in s.exec(select(Staff)) if one.line_user_id == OFFICER)


def ming(session: Session) -> UUID:
    """Ming of 603, seat 12."""
    return session.exec(select(Student)).one().id


def asked(s: Session, is_undo: bool = False) -> int:
    words: dict[str, Any] = {"summary": "11/24（二）全天", "asked_by_name": "林○華"}
    return tell_closure_asked(s, CLOSURE, closers_of(s, SCHOOL), is_undo=is_undo, now=NOW, **words)


def answered(s: Session, is_confirmed: bool, reason: str = "") -> int:
    words: dict[str, Any] = {"summary": "11/24（二）全天", "answered_by_name": "林○華"}
    answer: dict[str, Any] = {"is_confirmed": is_confirmed, "is_undo": False, "reason": reason}
    return tell_closure_answered(s, CLOSURE, closers_of(s, None), now=NOW, **words, **answer)


def found(s: Session) -> int:
    words: dict[str, Any] = {"summary": "11/24（二）全天", "source": "臺北市政府"}
    return tell_closure_found(
        s, CLOSURE, closers_of(s, None), source_at=NOW - timedelta(hours=12), now=NOW, **words
    )


def announcement_asked(s: Session, desk: StaffDesk) -> int:
    return tell_announcement_asked(
        s,
        staff_at(s, SCHOOL, RUNNING),
        about="a/1",
        # As long as one may be.
        title="園" * 40,
        audience="榕光國小",
        asked_by_name="林○華",
        page=desk.page("staff/announcements/a"),
        deadline=NOW + timedelta(days=1),
        now=NOW,
    )


RUNNERS = {OFFICER, ADMIN}


def binding_asked(s: Session, desk: StaffDesk) -> int:
    """Mei waits for the school, once."""
    mei = s.exec(select(Guardian)).first() or Guardian(
        taipei_pass_id="mei",
        name_sealed="d0:AAAA",
        verify_level="3",
        verified_at=NOW,
        consent_version="1",
        consented_at=NOW,
    )
    s.add(mei)
    s.flush()
    asked = ask_school(s, mei.id, ming(s), "mother", "five_facts", NOW)
    return tell_binding_asked(s, desk, asked, NOW)


def make_up_asked(s: Session, desk: StaffDesk) -> int:
    asked = AskedTap(UUID(int=8), ming(s), UUID(int=9), NOW, Direction.IN)
    return tell_asked(s, desk, asked, MakeUpReason.FORGOTTEN, NOW)


def to_be_sent(s: Session) -> UUID:
    """An announcement of the officer's for the whole school, that goes out as a message."""
    known = s.exec(select(Announcement.id)).first()
    if known is not None:
        return known
    text = Text(
        type=AnnouncementType.SCHOOL,
        importance=Importance.NORMAL,
        title="停水",
        body="明天停水",
        publish_from=NOW,
    )
    audience, by = Audience(school_code=SCHOOL), f"staff:{officer(s).id}"
    return write_announcement(s, audience, text, by, NOW, is_pushed=True).announcement_id


def announcement_answered(s: Session, desk: StaffDesk, sent: int | None) -> int:
    admin = next(one for one in s.exec(select(Staff)) if one.line_user_id == ADMIN)
    vault = keyring_of(s.get_bind().dialect).vault
    return tell_answered(s, desk, vault, to_be_sent(s), admin, sent, NOW)


DAY = {
    "expected": 687,
    "arrived": 671,
    "on_leave": 12,
    "missing": 4,
    "held": 0,
    "make_ups": 6,
    "differing": 1,
    "told": 1302,
    "failed": 2,
}
TOLD: dict[str, tuple[Tell, set[str], str]] = {
    "held": (held, RUNNERS, "已保留 4 位學生的「尚無刷卡紀錄」。"),
    "held_expired": (
        lambda s, desk: tell_held_expired(s, desk, *RUN, count=4, now=NOW),
        RUNNERS,
        "保留已超過 2 小時，4 位學生的通知沒有發出，請人工聯絡家長。",
    ),
    "skipped_late": (
        lambda s, desk: tell_skipped_late(s, *RUN, NOW),
        RUNNERS,
        "今天的未到校檢查沒有準時執行，已略過，沒有通知家長。",
    ),
    "review": (review, {TEACHER}, "603 班 1 位尚無刷卡紀錄："),
    "new_binding": (
        lambda s, desk: tell_new_binding(s, desk, ming(s), UUID(int=9), NOW),
        {OFFICER, TEACHER},
        "12 王○明 有新的家長綁定（08:20）。",
    ),
    "binding_asked": (
        binding_asked,
        RUNNERS,
        "12 王○明 有家長申請綁定，等候學校審核。",
    ),
    "make_up_asked": (
        make_up_asked,
        {TEACHER},
        "家長申請補登：12 王○明 到校 08:20，忘帶卡。",
    ),
    "announcement sent": (
        lambda s, desk: announcement_answered(s, desk, 41),
        {OFFICER},
        "林○華 已確認，公告已排入發送 41 則。",
    ),
    "announcement declined": (
        lambda s, desk: announcement_answered(s, desk, None),
        {OFFICER},
        "林○華 已退回，沒有發送。",
    ),
    "digest": (
        lambda s, desk: tell_digest(s, desk, SCHOOL, DAY, 12_400, NOW),
        {OFFICER},
        "通知 1,302・未送出 2・本月剩 12,400 則",
    ),
    "digest without a limit": (
        lambda s, desk: tell_digest(s, desk, SCHOOL, DAY, None, NOW),
        {OFFICER},
        "通知 1,302・未送出 2",
    ),
    "orders that wait": (
        lambda s, desk: tell_orders_aging(s, SCHOOL, count=6, days=3, now=NOW),
        {OFFICER},
        "有 6 筆簡訊申請等候審核，最久已等了 3 天。",
    ),
    "aging": (
        lambda s, _: tell_aging(
            s, SCHOOL, runners_of(s, SCHOOL), count=4, days=3, about="all", now=NOW
        ),
        RUNNERS,
        "有 4 筆申請等候審核，最久已等了 3 天。",
    ),
    "many_misses": (
        lambda s, _: tell_many_misses(s, 140, "2026-11-23T08", NOW),
        {BUREAU},
        "最近 1 小時，全市有 140 次綁定核對失敗，平常不到 100 次。",
    ),
    "three_days": (
        lambda s, desk: tell_three_days(s, desk, SCHOOL, MONDAY, [child()], NOW),
        {OFFICER, TEACHER},
        "連續 3 天沒有刷卡也沒有請假：1 人。",
    ),
    "quota": (
        lambda s, _: tell_quota_warning(s, percent=80, days=6, about="80", now=NOW),
        {BUREAU},
        "本月 LINE 已用 80%，約剩 6 天。",
    ),
    "quota cut": (
        lambda s, _: tell_quota_cut(
            s, percent=90, with_arrivals=True, until=MONDAY, about="", now=NOW
        ),
        {*RUNNERS, ELSEWHERE, BUREAU},
        "到 11/23（一）為止，到校、離校改為查詢才回覆。",
    ),
    "silent": (
        lambda s, _: tell_reader_silent(s, SCHOOL, "正門", READER, NOW, NOW),
        RUNNERS,
        "正門刷卡機 08:20 起沒有連線。",
    ),
    "silent since Friday": (
        lambda s, _: tell_reader_silent(s, SCHOOL, "正門", READER, NOW - timedelta(days=3), NOW),
        RUNNERS,
        "正門刷卡機 11/20 08:20 起沒有連線。",
    ),
    "never heard": (
        lambda s, _: tell_reader_silent(s, SCHOOL, "Gate A", READER, None, NOW),
        RUNNERS,
        "Gate A 刷卡機沒有連線。",
    ),
    "cloned": (
        lambda s, _: tell_reader_cloned(s, SCHOOL, "正門", READER, NOW),
        RUNNERS,
        "有兩台刷卡機使用同一組代碼，資料已保留待查。",
    ),
    "gap": (
        lambda s, _: tell_reader_gap(s, SCHOOL, "正門", READER, 3, NOW),
        RUNNERS,
        "正門刷卡機的刷卡資料有缺號，少了 3 筆。",
    ),
    "looks": (
        lambda s, _: tell_looks(
            s, officer(s), who="生教組 林○華", count=103, about="once", now=NOW
        ),
        {BUREAU, ADMIN},
        "生教組 林○華 一小時內查看了 103 位學生的資料，不含自己的班級。",
    ),
    "quarantine": (
        lambda s, _: tell_quarantine(s, SCHOOL, 3, MONDAY, NOW),
        RUNNERS,
        "3 筆刷卡的時間無法判斷，資料已保留待查，沒有通知家長。",
    ),
    "old_card": (
        lambda s, _: tell_old_card(s, [(ming(s), NOW)], NOW),
        {TEACHER, OFFICER},
        "舊卡使用：12 王○明 08:20 刷了已停用的卡，沒有通知家長。",
    ),
    "discrepancy": (
        lambda s, _: tell_discrepancies(s, [(ming(s), NOW)], NOW),
        {TEACHER, OFFICER},
        "12 王○明 今天請假，但 08:20 有刷卡。",
    ),
    "discrepancy known late": (
        lambda s, _: tell_discrepancies(s, [(ming(s), NOW - timedelta(days=3))], NOW),
        {TEACHER, OFFICER},
        "12 王○明 11/20（五）請假，但 08:20 有刷卡。",
    ),
    "asked": (
        lambda s, _: asked(s),
        {BUREAU, OFFICER, ADMIN},
        "林○華 發起停課：11/24（二）全天。請核對後決定。",
    ),
    "undo asked": (
        lambda s, _: asked(s, is_undo=True),
        {BUREAU, OFFICER, ADMIN},
        "林○華 發起復原停課：11/24（二）全天。請核對後決定。",
    ),
    "announcement asked": (
        lambda s, desk: announcement_asked(s, desk),
        {OFFICER, ADMIN},
        "林○華 寫了公告，請核對後決定。",
    ),
    "confirmed": (lambda s, _: answered(s, True), {BUREAU}, "林○華 已確認，停課已生效。"),
    "declined": (
        lambda s, _: answered(s, False, "還沒公布"),
        {BUREAU},
        "林○華 已退回，沒有執行。原因：還沒公布",
    ),
    "declined without a word": (
        lambda s, _: answered(s, False),
        {BUREAU},
        "林○華 已退回，沒有執行。",
    ),
    "found": (
        lambda s, _: found(s),
        {BUREAU},
        "收到停課消息（臺北市政府，11/22 20:20），尚未採用。請核對。",
    ),
}
every_telling = pytest.mark.parametrize(
    ("telling", "heard_by", "sentence"), TOLD.values(), ids=TOLD.keys()
)


@every_telling
def test_each_is_heard_by_the_right_people_once(
    house: House, telling: Tell, heard_by: set[str], sentence: str
) -> None:
    assert tell(house, telling) == len(heard_by)
    assert tell(house, telling) == 0

    assert sorted(who for who, _ in told(house)) == sorted(heard_by)


@every_telling
def test_each_is_a_message_line_takes_and_says_what_it_should(
    house: House, telling: Tell, heard_by: set[str], sentence: str
) -> None:
    tell(house, telling)

    for who, messages in told(house):
        assert sentence in words_of(messages)
        assert_line_takes(messages)
        assert check_send({"to": who, "messages": messages}, "push") == []


@every_telling
def test_lock_screen_of_staff_never_names_a_child(
    house: House, telling: Tell, heard_by: set[str], sentence: str
) -> None:
    tell(house, telling)

    for _, messages in told(house):
        for secret in ("王", "明", "12"):
            assert secret not in messages[0]["altText"]


def test_long_list_says_how_many_more(house: House) -> None:
    children = [child(number) for number in range(1, 13)]
    tell(house, lambda s, desk: tell_three_days(s, desk, SCHOOL, MONDAY, children, NOW))

    assert "另外 2 人" in words_of(told(house)[0][1])


def test_one_child_is_told_of_once_a_day(house: House) -> None:
    later = NOW + timedelta(minutes=3)
    tell(house, lambda s, _: tell_old_card(s, [(ming(s), NOW), (ming(s), later)], later))

    assert len(told(house)) == 2


def test_nothing_to_tell_is_nothing_written(house: House) -> None:
    assert tell(house, lambda s, _: tell_old_card(s, [], NOW)) == 0
    assert tell(house, lambda s, desk: tell_three_days(s, desk, SCHOOL, MONDAY, [], NOW)) == 0


@pytest.mark.parametrize("reason", HoldReason)
def test_every_reason_to_hold_has_its_words(reason: HoldReason) -> None:
    assert "{" not in hold_words(reason, NOW, 38, NOW)
    assert "{" not in hold_words(reason, None, None, NOW)


def test_kinds_to_staff_are_all_written_here(house: House) -> None:
    for telling, _, _ in TOLD.values():
        tell(house, telling)

    with transaction(house.engine) as session:
        kinds = {one.kind for one in session.exec(select(Notice))}
    first = list(NoticeKind).index(NoticeKind.REVIEW)
    # A guardian's question and what becomes of it are told in tests/bot/test_no_show_answers.py.
    elsewhere = {NoticeKind.HELP_ASKED, NoticeKind.HELP_GIVEN, NoticeKind.AT_HOME}
    assert kinds == {kind.value for kind in list(NoticeKind)[first:]} - elsewhere
