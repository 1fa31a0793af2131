"""A no-show LINE could not carry: by e-mail once, and said on LINE when it works again."""

import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from core.db import transaction
from core.duty.ladder_tick import run_ladder_tick
from core.house import House
from core.kinds import Channel, NoticeState, OfferState
from core.mailing import fallbacks
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.subscriptions import stop_letters
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student
from tests.mailing.conftest import (
    BY_EMAIL,
    MONDAY,
    ON_LINE,
    Family,
    correct,
    ends,
    later,
    miss,
    offer,
    rows,
    tick,
    verify,
)
from tests.post.sandbox import letters_in
from tests.sandbox.client import SandboxClient

TUESDAY = MONDAY + timedelta(days=1)
Send = Callable[[], int]


@pytest.fixture
def only_line(town: House, family: Family) -> Family:
    """Mei, who proved an address and ticked no e-mail."""
    tick(town, family, ON_LINE)
    return family


def follow(house: House, *, is_following: bool) -> None:
    """Mei blocks the account, or takes it back."""
    with transaction(house.engine) as session:
        now = house.clock.now()
        record_friendship(session, line_user_id=MEI, is_following=is_following, at=now)


def end_on_line(house: House, state: NoticeState) -> None:
    """Let LINE's notice end so."""
    with transaction(house.engine) as session:
        on_line = col(Notice.channel) == Channel.LINE
        is_over = state not in (NoticeState.PENDING, NoticeState.LEASED)
        settled_at = house.clock.now() if is_over else None
        session.execute(update(Notice).where(on_line).values(state=state, settled_at=settled_at))


def afterwords(house: House) -> list[Notice]:
    """What was said on LINE about it."""
    return [row for row in rows(house, Channel.LINE) if row.kind == "fallback"]


def add_family(house: House, number: str, line_user_id: str) -> Family:
    """A child more and its guardian, who proved an address and ticked every box."""
    with transaction(house.engine) as session:
        student = make_student(session, house, number=number)
        guardian = make_guardian(session, house, line_user_id)
        binding = make_binding(session, guardian, student)
        family = Family(student.id, guardian.id, binding.id)
    verify(house, family)
    tick(house, family, BY_EMAIL | ON_LINE)
    return family


def end_by_letter(house: House) -> None:
    """Have every letter taken, and nothing told by LINE."""
    end_on_line(house, NoticeState.DEAD)
    with transaction(house.engine) as session:
        by_letter = col(Notice.channel) == Channel.EMAIL
        taken = {"state": NoticeState.ACCEPTED, "settled_at": house.clock.now()}
        session.execute(update(Notice).where(by_letter).values(taken))


def steps_of_telling(house: House) -> int:
    """How many lines run in `fallbacks` itself to tell who is to be told."""
    steps = 0

    def count(frame: FrameType, event: str, _of: object) -> Any:
        nonlocal steps
        if frame.f_code.co_filename != fallbacks.__file__:
            return None
        steps += event == "line"
        return count

    before = sys.gettrace()
    with transaction(house.engine) as session:
        sys.settrace(count)
        try:
            fallbacks.tell_fallbacks(session, "liff-1", house.clock.now())
        finally:
            sys.settrace(before)
    return steps


def test_no_show_to_somebody_who_blocked_us_goes_by_email_once(
    town: House, only_line: Family, send: Send, sandbox: SandboxClient
) -> None:
    follow(town, is_following=False)
    miss(town, only_line)
    for _ in range(3):
        run_ladder_tick(town)
        send()
        later(town, seconds=15)
    assert ends(town) == [("no_show", "accepted", "smtp_250")]
    (letter,) = letters_in(sandbox)
    assert letter["subject"] == "小明截至 08:30 尚無刷卡紀錄"
    for words in (
        "這則通知無法送到您的 LINE，所以改寄 e-mail。",
        "截至 08:30，還沒有小明的到校刷卡紀錄，也沒有請假。",
        "不確定孩子在哪裡，請聯絡學校。",
        "榕光國小",
        "寄信原因：您驗證過這個 e-mail",
    ):
        assert words in letter["text"]
    assert "看今天" not in letter["text"]
    assert "請協助確認" not in letter["text"]


def test_no_show_that_went_by_email_instead_is_corrected_there_once(
    town: House, only_line: Family, send: Send, sandbox: SandboxClient
) -> None:
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    send()
    correct(town, only_line)
    for _ in range(2):
        run_ladder_tick(town)
        send()
    subjects = [letter["subject"] for letter in letters_in(sandbox)]
    assert subjects == ["小明截至 08:30 尚無刷卡紀錄", "小明已於 07:20 到校"]


def test_no_show_by_email_names_no_button(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    send()
    (letter,) = letters_in(sandbox)
    assert "不確定孩子在哪裡，請聯絡學校" in letter["text"]
    assert "請協助確認" not in letter["text"]


@pytest.mark.parametrize("state", [NoticeState.DEAD, NoticeState.UNKNOWN, NoticeState.EXPIRED])
def test_whatever_line_could_not_do_email_does(
    town: House, only_line: Family, state: NoticeState
) -> None:
    miss(town, only_line)
    end_on_line(town, state)
    run_ladder_tick(town)
    assert [end[0] for end in ends(town)] == ["no_show"]


def test_no_show_that_waits_for_quota_goes_by_email_after_ten_minutes(
    town: House, only_line: Family
) -> None:
    miss(town, only_line)
    later(town, minutes=9)
    run_ladder_tick(town)
    assert rows(town) == []
    later(town, minutes=1)
    run_ladder_tick(town)
    assert len(rows(town)) == 1


def test_who_ticked_email_has_the_letter_already(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    follow(town, is_following=False)
    miss(town, family)
    run_ladder_tick(town)
    send()
    run_ladder_tick(town)
    assert len(letters_in(sandbox)) == 1


def test_nothing_falls_back_to_an_address_that_is_not_proved(
    town: House, only_line: Family
) -> None:
    verify(town, only_line, is_verified=False)
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    assert rows(town) == []


def test_who_ended_the_letters_gets_none_in_lines_stead_until_they_tick_again(
    town: House, only_line: Family, send: Send, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        stop_letters(session, [only_line.binding_id], town.clock.now())
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    send()
    assert ends(town) == [("no_show", "cancelled", "not_wanted")]
    tick(town, only_line, BY_EMAIL)
    assert letters_in(sandbox) == []


def test_closure_that_waits_is_not_written_to_who_ended_the_letters(
    town: House, only_line: Family, send: Send
) -> None:
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    with transaction(town.engine) as session:
        by_letter = update(Notice).where(col(Notice.channel) == Channel.EMAIL)
        session.execute(by_letter.values(kind="closure_on", student_id=None))
        stop_letters(session, [only_line.binding_id], town.clock.now())
    send()
    assert ends(town) == [("closure_on", "cancelled", "not_wanted")]


def test_semester_without_email_leaves_the_way_to_the_next_channel_open(
    town: House, only_line: Family, send: Send
) -> None:
    offer(town, OfferState.NOT_OFFERED)
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    send()
    assert ends(town) == [("no_show", "refused", "not_offered")]


def test_line_says_it_once_when_it_works_again(town: House, only_line: Family, send: Send) -> None:
    follow(town, is_following=False)
    miss(town, only_line)
    run_ladder_tick(town)
    send()
    run_ladder_tick(town)
    assert afterwords(town) == []
    later(town, hours=3)
    follow(town, is_following=True)
    for _ in range(2):
        run_ladder_tick(town)
    (said,) = afterwords(town)
    text = said.content.decode()
    assert "小明的通知已改用 e-mail" in text
    assert "07:20 的「尚無刷卡紀錄」無法送到 LINE，已改用 e-mail 通知。" in text
    assert said.state == "pending"


@pytest.mark.parametrize("state", [NoticeState.UNKNOWN, NoticeState.ACCEPTED])
def test_line_says_nothing_where_it_may_have_been_read_there(
    town: House, only_line: Family, send: Send, state: NoticeState
) -> None:
    miss(town, only_line)
    end_on_line(town, NoticeState.DEAD)
    run_ladder_tick(town)
    send()
    end_on_line(town, state)
    run_ladder_tick(town)
    assert afterwords(town) == []


def test_line_says_nothing_of_a_letter_that_never_left(town: House, only_line: Family) -> None:
    miss(town, only_line)
    end_on_line(town, NoticeState.DEAD)
    for _ in range(2):
        run_ladder_tick(town)
    assert afterwords(town) == []


def test_each_day_is_told_to_the_guardian_it_was_missed_by(town: House, family: Family) -> None:
    other = add_family(town, "10002", HUA)
    for day, missing in ((MONDAY, family), (MONDAY, other), (TUESDAY, other)):
        miss(town, missing, day)
    end_by_letter(town)
    run_ladder_tick(town)
    said = sorted((row.school_day, row.guardian_id) for row in afterwords(town))
    assert said == sorted(
        [
            (MONDAY, family.guardian_id),
            (MONDAY, other.guardian_id),
            (TUESDAY, other.guardian_id),
        ]
    )


@pytest.mark.usefixtures("family")
def test_work_after_an_outage_grows_as_the_families_do_and_no_faster(town: House) -> None:
    steps = []
    for families in (3, 12):
        for number in range(100 * families, 101 * families):
            miss(town, add_family(town, f"2{number:04}", f"U{number:032}"))
        end_by_letter(town)
        steps.append(steps_of_telling(town))
        assert len(afterwords(town)) == sum((3, 12)[: len(steps)])
    few, many = steps
    assert many <= 4 * few
