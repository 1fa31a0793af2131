"""學校人員: invited, changed and ended within the own rank; the last who manages stays."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import enrol_staff, invite_staff, roles_of
from core.people.tables import Staff, StaffRole
from tests.factories import HUA, make_staff
from tests.liff.conftest import Family, MenuChanges
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone, enrol
from tests.liff.phone import Phone, text_of

PAGE, INVITE = "/liff/staff/people", "/liff/staff/people/invite"
# A form that everybody here can open.
WRITING = "/liff/staff/announcements/new"
WISH = {"name": "許育文", "role": "officer", "homeroom": ""}
A_DAY = timedelta(days=1)
OTHER_ADMIN = "U" + "6" * 32


def role_of(house: House, line_user_id: str) -> Staff:
    """The one role of a person."""
    with snapshot(house.engine) as session:
        (role,) = roles_of(session, line_user_id)
        return role


def is_staff(house: House, line_user_id: str) -> bool:
    with snapshot(house.engine) as session:
        return bool(roles_of(session, line_user_id))


def second_admin(house: House) -> Staff:
    with transaction(house.engine) as session:
        return make_staff(session, house, OTHER_ADMIN, role=StaffRole.SCHOOL_ADMIN)


def revoke(phone: Phone, staff_id: object, *, form_at: str = INVITE) -> TestResponse:
    return phone.post(f"{PAGE}/{staff_id}/revoke", {}, form_at=form_at)


def test_list_tells_everybody_of_the_school(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    for person in (OFFICER, TEACHER, BUREAU, ELSEWHERE):
        enrol(pages, person)
    page = admin.text(PAGE)
    assert "林國華（自己） 學校管理者・2026/09/01 登錄" in page
    assert "林國華 生教組・2026/09/01 登錄" in page
    assert "林國華 導師・603 班・2026/09/01 登錄" in page
    assert page.count("林國華") == 3 * 3, "name, and twice in what can be pressed"


def test_invitation_is_shown_once_and_makes_its_user_staff(admin: Phone, pages: House) -> None:
    sent = admin.post(INVITE, {**WISH, "role": "homeroom_teacher", "homeroom": "603"})
    shown = admin.post(str(sent.location), {})
    assert shown.headers["Cache-Control"] == "no-store"
    assert "榕光國小・導師・603 班 許育文的邀請碼" in text_of(shown)
    code = text_of(shown).split("邀請碼 ")[1].split(" ")[0]
    assert "已經顯示過" in admin.text(str(sent.location))
    assert "許育文 導師・603 班・有效到 2026/11/24 07:20" in admin.text(PAGE)
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        staff = enrol_staff(session, pages.vault, code=code, line_user_id=HUA, now=now)
        assert staff is not None
        assert (staff.role, staff.homeroom, staff.school_code) == (
            "homeroom_teacher",
            "603",
            "353607",
        )
        again = enrol_staff(session, pages.vault, code=code, line_user_id=MEI_TOO, now=now)
        assert again is None
    assert "還沒使用的邀請" not in admin.text(PAGE)
    with snapshot(pages.engine) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "staff.invite")).one()
    assert entry.actor == f"staff:{role_of(pages, ADMIN).id}"


MEI_TOO = "U" + "7" * 32


def make_invite(house: House) -> str:
    """A code nobody used yet, of the operator's making."""
    with transaction(house.engine) as session:
        return invite_staff(
            session,
            house.vault,
            name="許育文",
            school_code="353607",
            role=StaffRole.OFFICER,
            homeroom=None,
            invited_by="operator",
            now=house.clock.now(),
        )


def withdrawal(phone: Phone) -> str:
    """Where the list's invitation is withdrawn."""
    found = re.search(r'href="([^"]+/invites/[^"]+/withdraw)', phone.get(PAGE).text)
    assert found is not None
    return found[1]


def enter(house: House, code: str) -> bool:
    """Tell whether a code makes somebody staff."""
    with transaction(house.engine) as session:
        now = house.clock.now()
        staff = enrol_staff(session, house.vault, code=code, line_user_id=HUA, now=now)
        return staff is not None


def test_open_invitation_tells_who_made_it_and_never_its_code(admin: Phone, pages: House) -> None:
    code = make_invite(pages)
    admin.post(INVITE, {**WISH, "name": "高明哲"})
    page = admin.text(PAGE)
    assert "許育文 生教組・有效到 2026/11/24 07:20 維運人員邀請" in page
    assert "高明哲 生教組・有效到 2026/11/24 07:20 林國華（學校管理者）邀請" in page
    assert code not in page
    assert code.replace("-", "") not in admin.get(PAGE).text


def test_withdrawn_code_is_a_wrong_one_at_once_and_on_record(admin: Phone, pages: House) -> None:
    code = make_invite(pages)
    where = withdrawal(admin)
    assert "收回許育文的邀請？" in admin.text(where)
    page = admin.text(admin.post(where, {}).location)
    assert "已收回邀請，邀請碼立即失效。" in page
    assert "還沒使用的邀請" not in page
    assert not enter(pages, code)
    with snapshot(pages.engine) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "staff.uninvite")).one()
    assert (entry.subject, entry.actor.startswith("staff:")) == ("officer:353607", True)
    assert "已經使用、收回或過期" in admin.text(admin.get(where).location)


def test_code_used_first_can_be_withdrawn_no_more(admin: Phone, pages: House) -> None:
    code = make_invite(pages)
    where = withdrawal(admin)
    token = admin.token_at(where)
    assert enter(pages, code)
    sent = admin.client.post(where, data={"csrf_token": token})
    assert "已經使用、收回或過期" in admin.text(sent.location)
    assert is_staff(pages, HUA)
    with snapshot(pages.engine) as session:
        done = session.exec(select(AuditEntry).where(AuditEntry.action == "staff.uninvite")).all()
    assert not done


def test_only_who_manages_the_school_withdraws_its_invitations(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    code = make_invite(pages)
    where = withdrawal(admin)
    for person, status in ((OFFICER, 403), (TEACHER, 403), (ELSEWHERE, 403), (BUREAU, 404)):
        other = staff_phone(person)
        assert other.get(where).status_code == status, person
        assert other.post(where, {}, form_at=WRITING).status_code == status, person
    assert staff_phone(BUREAU).post(f"{where}?school=353607", {}).status_code == 303
    assert not enter(pages, code)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": ""}, "name", "姓名最多 40 個字"),
        ({"name": "http://x.tw"}, "name", "姓名最多 40 個字"),
        ({"role": ""}, "role", "請選擇身分"),
        ({"role": "bureau_admin"}, "role", "請選擇身分"),
        ({"role": "homeroom_teacher"}, "homeroom", "導師要選班級"),
        ({"homeroom": "603"}, "homeroom", "導師要選班級"),
        ({"role": "homeroom_teacher", "homeroom": "901"}, "homeroom", "名冊上沒有這個班級"),
    ],
)
def test_wrong_field_is_named_and_invites_nobody(
    admin: Phone, changed: dict[str, str], field: str, words: str
) -> None:
    answer = admin.post(INVITE, {**WISH, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'href="#{field}"' in answer.text
    assert "還沒使用的邀請" not in admin.text(PAGE)


def test_revoked_person_is_nobody_at_once(
    admin: Phone, staff_phone: StaffPhone, pages: House, menu_changes: MenuChanges
) -> None:
    officer = staff_phone(OFFICER)
    role = role_of(pages, OFFICER)
    assert "撤銷林國華的身分？" in admin.text(f"{PAGE}/{role.id}/revoke")
    assert is_staff(pages, OFFICER)
    answer = revoke(admin, role.id)
    assert "已撤銷，立即失效。" in admin.text(answer.location)
    assert not is_staff(pages, OFFICER)
    assert 'data-next="/liff/staff"' in officer.get("/liff/staff").text, "signed out"
    assert menu_changes == [(OFFICER, False)]
    with snapshot(pages.engine) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "staff.revoke")).one()
    assert entry.actor == f"staff:{role_of(pages, ADMIN).id}"


def test_revoked_persons_invitations_are_void(admin: Phone, pages: House) -> None:
    other = second_admin(pages)
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        code = invite_staff(
            session,
            pages.vault,
            name="許育文",
            school_code="353607",
            role=StaffRole.SCHOOL_ADMIN,
            homeroom=None,
            invited_by=f"staff:{other.id}",
            now=now,
        )
    revoke(admin, other.id)
    with transaction(pages.engine) as session:
        later = now + timedelta(seconds=1)
        assert enrol_staff(session, pages.vault, code=code, line_user_id=HUA, now=later) is None


def test_invitations_end_with_the_role_that_gave_them_whatever_else_its_person_is(
    admin: Phone, pages: House
) -> None:
    second_admin(pages)
    given_by = role_of(pages, ADMIN)
    with transaction(pages.engine) as session:
        make_staff(session, pages, ADMIN, role=StaffRole.OFFICER).enrolled_at -= A_DAY
    shown = text_of(admin.post(str(admin.post(INVITE, WISH).location), {}))
    code = shown.split("邀請碼 ")[1].split(" ")[0]
    revoke(admin, given_by.id)
    now = pages.clock.now() + timedelta(seconds=1)
    with transaction(pages.engine) as session:
        assert enrol_staff(session, pages.vault, code=code, line_user_id=HUA, now=now) is None


def test_last_admin_stays_whoever_asks(admin: Phone, staff_phone: StaffPhone, pages: House) -> None:
    last = role_of(pages, ADMIN)
    bureau = staff_phone(BUREAU)
    for phone, query in ((admin, ""), (bureau, "?school=353607")):
        answer = phone.post(f"{PAGE}/{last.id}/revoke{query}", {})
        assert (answer.status_code, "這是最後一位管理者" in text_of(answer)) == (422, True)
        changed = phone.post(f"{PAGE}/{last.id}/change{query}", {"role": "officer"})
        assert (changed.status_code, "這是最後一位管理者" in text_of(changed)) == (422, True)
    assert is_staff(pages, ADMIN)
    second_admin(pages)
    assert revoke(admin, last.id).status_code == 303
    assert not is_staff(pages, ADMIN)


def test_last_of_the_bureau_stays(staff_phone: StaffPhone, pages: House, family: Family) -> None:
    bureau = staff_phone(BUREAU)
    answer = revoke(bureau, role_of(pages, BUREAU).id)
    assert (answer.status_code, is_staff(pages, BUREAU)) == (422, True)


def test_role_and_class_are_changed_and_the_former_one_is_history(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    teacher = staff_phone(TEACHER)
    former = role_of(pages, TEACHER)
    page = f"{PAGE}/{former.id}/change"
    assert "更改身分或班級" in admin.text(page)
    same = admin.post(page, {"role": "homeroom_teacher", "homeroom": "603"})
    assert (same.status_code, "已經是這個身分了" in text_of(same)) == (422, True)
    answer = admin.post(page, {"role": "officer", "homeroom": ""})
    assert "已更改，立即生效。" in admin.text(answer.location)
    now_is = role_of(pages, TEACHER)
    assert (now_is.role, now_is.homeroom) == ("officer", None)
    assert now_is.id != former.id
    assert 'data-next="/liff/staff"' in teacher.get("/liff/staff").text, "signed out"


def test_bureau_manages_every_school_and_its_own_people(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    bureau = staff_phone(BUREAU)
    sent = bureau.post(f"{INVITE}?school=353607", {**WISH, "role": "school_admin"})
    assert "榕光國小・學校管理者" in text_of(bureau.post(str(sent.location), {}))
    assert bureau.post(INVITE, {**WISH, "role": "school_admin"}).status_code == 422
    only = bureau.get(INVITE).text
    assert re.search(r'value="bureau_admin"[^>]*checked', only), "the one role there is"
    assert "checked" not in bureau.get(f"{INVITE}?school=353607").text
    own = bureau.post(INVITE, {**WISH, "role": "bureau_admin"})
    assert "教育局・教育局" in text_of(bureau.post(str(own.location), {}))
    enrol(pages, OFFICER)
    role = role_of(pages, OFFICER)
    query = "?school=353607"
    assert bureau.post(f"{PAGE}/{role.id}/revoke{query}", {}).status_code == 303
    assert not is_staff(pages, OFFICER)


@pytest.mark.parametrize("person", [OFFICER, TEACHER, ELSEWHERE])
def test_who_does_not_manage_changes_nobody(
    staff_phone: StaffPhone, admin: Phone, pages: House, person: str
) -> None:
    phone, role = staff_phone(person), role_of(pages, ADMIN)
    second_admin(pages)
    for path in (INVITE, f"{PAGE}/{role.id}/change", f"{PAGE}/{role.id}/revoke"):
        fields = {**WISH, "role": "officer"}
        assert phone.get(path).status_code == 403, path
        assert phone.post(path, fields, form_at="/liff/?prove=1").status_code == 403, path
    assert role_of(pages, ADMIN).role == "school_admin"


def test_admin_reaches_nobody_of_another_school_or_above(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    for person in (ELSEWHERE, BUREAU):
        enrol(pages, person)
        role = role_of(pages, person)
        for path in ("change", "revoke"):
            page = f"{PAGE}/{role.id}/{path}"
            assert admin.get(page).status_code == 404, page
            sent = admin.post(page, {"role": "officer"}, form_at=INVITE)
            assert sent.status_code == 404, page
        assert is_staff(pages, person)


def test_second_press_finds_nobody(admin: Phone, staff_phone: StaffPhone, pages: House) -> None:
    enrol(pages, OFFICER)
    role = role_of(pages, OFFICER)
    assert revoke(admin, role.id).status_code == 303
    assert revoke(admin, role.id).status_code == 404
