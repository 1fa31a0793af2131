"""A right that ended counts for nothing at the very next request, and what waits is not sent."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import DayPart, NoticeState
from core.notices.tables import Notice
from core.people.guardians import unlink_account
from core.people.staff import revoke_staff, roles_of
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_postback
from tests.bot.line_limits import words_of
from tests.factories import MEI
from tests.liff.conftest import Family
from tests.liff.desk import OFFICER, StaffPhone
from tests.liff.phone import Phone

STAFF_PAGES = ("/liff/staff/classes/603", "/liff/staff/lists", "/liff/staff/export")


def revoke(house: House, line_user_id: str) -> None:
    with transaction(house.engine) as session:
        for role in roles_of(session, line_user_id):
            revoke_staff(session, role.id, by="operator", now=house.clock.now())


def let_wait(house: House, family: Family) -> None:
    """Let the school file a leave, of which Mei is told."""
    tomorrow = school_day_of(house.clock.now()) + timedelta(days=1)
    with transaction(house.engine) as session:
        file_leave(
            session,
            house.settings.liff_id,
            student_id=UUID(family.student_id),
            first_day=tomorrow,
            last_day=tomorrow,
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer("staff:test"),
            now=house.clock.now(),
        )
    with snapshot(house.engine) as session:
        assert [one.state for one in session.exec(select(Notice))] == [NoticeState.PENDING]


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_officer_revoked_between_two_requests_sees_nothing_at_the_second(
    staff_phone: StaffPhone, pages: House, path: str
) -> None:
    officer = staff_phone(OFFICER)
    assert officer.get(path).status_code == 200
    revoke(pages, OFFICER)
    answer = officer.get(path)
    assert answer.status_code == 403
    assert "小明" not in answer.text


def test_revoked_officer_is_refused_in_the_chat_and_by_old_buttons(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    staff_phone(OFFICER)
    detail = f"{family.student_id.replace('-', '')}/2026-11-23"
    press = Press(Action.LIST_PRESENT, detail)
    data = PostbackCodec(pages.settings).seal(press, OFFICER, pages.clock.now())
    revoke(pages, OFFICER)
    assert say(pages, "今日 603", OFFICER) == ["權限已撤銷。"]
    said = words_of(hear(pages, make_postback(data, user=OFFICER)).messages)
    assert said == ["權限已撤銷。"]


def test_guardian_who_unbound_sees_and_changes_nothing_at_the_next_request(
    mei: Phone, family: Family
) -> None:
    token = mei.token_at(family.page)
    assert mei.post(f"{family.page}/unbind", {}).status_code == 303
    for path in (family.page, f"{family.page}/unbind"):
        assert mei.get(path).status_code == 404
        assert mei.client.post(path, data={"csrf_token": token}).status_code == 404
    assert "小明" not in mei.text("/liff/home")
    assert "小明" not in mei.text("/liff/leaves/new")


def test_guardian_who_was_unlinked_is_led_to_the_first_steps_at_the_next_request(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        unlink_account(session, line_user_id=MEI, now=pages.clock.now())
    assert mei.get(family.page).status_code == 303
    assert "小明" not in mei.text("/liff/home")


def test_what_waits_for_an_unbound_guardian_is_cancelled(
    mei: Phone, pages: House, family: Family
) -> None:
    let_wait(pages, family)
    mei.post(f"{family.page}/unbind", {})
    with transaction(pages.engine) as session:
        assert claim(session, now=pages.clock.now(), limit=10) == []
    with snapshot(pages.engine) as session:
        assert {one.state for one in session.exec(select(Notice))} == {NoticeState.CANCELLED}
