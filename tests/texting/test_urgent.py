"""Urgent news by SMS: closures, their undoing and urgent announcements; free, and nothing else."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.db import transaction
from core.duty.ladder_tick import run_ladder_tick
from core.house import House
from core.kinds import Channel, GuardianAnswer, NoticeState
from core.notices.announcement_notices import AnnouncementNews, text_announcement
from core.notices.answer_notices import tell_answered
from core.notices.closure_notices import ClosureNews, tell_closures, tell_reopening
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.tables import Student
from tests.factories import MEI
from tests.mailing.conftest import MONDAY, ON_LINE, Family, tick
from tests.post.sandbox import texts_in
from tests.sandbox.client import SandboxClient
from tests.texting.conftest import counted, ends, later, miss, prove, rows

Send = Callable[[], int]
STUDENTS = select(col(Student.id))
NEWS = AnnouncementNews(
    announcement_id=uuid4(), number=1, school="榕光國小", title="水管破裂，中午放學", body="…"
)


def closure_of(house: House) -> ClosureNews:
    """A typhoon that closes the school for the day."""
    return ClosureNews(
        closure_id=uuid4(),
        scope="榕光國小",
        day=MONDAY,
        part="全天",
        source="臺北市政府",
        source_at=house.clock.now(),
    )


def test_closure_and_its_undoing_go_by_sms_and_are_free(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    news = closure_of(town)
    with transaction(town.engine) as session:
        tell_closures(session, news, STUDENTS, town.clock.now())
    send()
    later(town, minutes=1)
    with transaction(town.engine) as session:
        tell_reopening(session, news, STUDENTS, town.clock.now())
    send()
    assert [sms["text"] for sms in texts_in(sandbox)] == [
        "【榕光國小】11/23全天停課，不發到離校通知。依據：臺北市政府。",
        "【榕光國小】11/23照常上課，先前停課通知已撤回。",
    ]
    assert [purpose for _, purpose, _ in counted(town)] == ["urgent", "urgent"]


def test_urgent_announcement_goes_by_sms_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    for _ in range(2):
        with transaction(town.engine) as session:
            text_announcement(session, NEWS, STUDENTS, town.clock.now())
        send()
    (sms,) = texts_in(sandbox)
    assert sms["text"] == "【榕光國小】水管破裂，中午放學"
    assert ends(town) == [("announcement", "accepted", "sms_1")]


@pytest.mark.parametrize("change", ["unticked", "unproved"])
def test_urgent_news_go_to_nobody_who_gave_no_number_for_texts(
    town: House, family: Family, change: str
) -> None:
    if change == "unticked":
        tick(town, family, ON_LINE)
    else:
        prove(town, family, is_verified=False)
    with transaction(town.engine) as session:
        tell_closures(session, closure_of(town), STUDENTS, town.clock.now())
        text_announcement(session, NEWS, STUDENTS, town.clock.now())
    assert rows(town, Channel.SMS) == []


def test_answer_of_another_guardian_is_no_use_of_a_number(town: House, family: Family) -> None:
    with transaction(town.engine) as session:
        desk = staff_desk(town.settings)
        answer = GuardianAnswer.AT_HOME
        tell_answered(session, desk, family.student_id, uuid4(), answer, town.clock.now())
    assert rows(town, Channel.SMS) == []
    assert [row.kind for row in rows(town, Channel.LINE)] == ["answered"]


def test_line_says_later_that_the_no_show_went_by_sms(
    town: House, family: Family, send: Send
) -> None:
    miss(town, family)
    with transaction(town.engine) as session:
        on_line = col(Notice.channel) == Channel.LINE
        refused = {"state": NoticeState.REFUSED, "settled_at": town.clock.now()}
        session.execute(update(Notice).where(on_line).values(refused))
        record_friendship(session, line_user_id=MEI, is_following=True, at=town.clock.now())
    send()
    run_ladder_tick(town)
    (said,) = [row for row in rows(town, Channel.LINE) if row.kind == "fallback"]
    assert "已改用簡訊通知" in said.content.decode()
