"""通知管道: who may set them, shown before they count, and what guardians read then."""

import re

import pytest

from core.db import transaction
from core.house import House
from core.people.tables import StaffRole
from tests.factories import make_staff
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of

PAGE = "/liff/staff/channels"
SEEN = re.compile(r'name="seen" value="([^"]+)"')


def preview(phone: Phone, fields: dict[str, str], page: str = PAGE) -> str:
    """Send the form and return what is shown before it counts."""
    answer = phone.post(page, fields)
    assert answer.status_code == 200
    return answer.text


def confirm(phone: Phone, fields: dict[str, str], page: str = PAGE) -> str:
    """Send the form, confirm the preview, and return the page after it."""
    seen = SEEN.search(preview(phone, fields, page))
    assert seen is not None
    answer = phone.post(page, {**fields, "seen": seen.group(1)})
    assert answer.status_code == 303
    return phone.text(answer.location)


def test_bureau_opens_a_channel_for_the_city_and_guardians_read_it(
    staff_phone: StaffPhone, mei: Phone, family: Family
) -> None:
    bureau = staff_phone(BUREAU)
    fields = {"email_state": "best_effort", "email_note": "尖峰可能晚到"}
    shown = preview(bureau, fields)
    assert "e-mail" in shown
    assert "<b>盡力提供（可能較慢）・尖峰可能晚到</b>" in shown
    assert "請先和維運人員確認這個管道已經接上" in shown
    assert "盡力提供" not in mei.text(family.page), "nothing counts before it is confirmed"
    page = confirm(bureau, fields)
    assert "已儲存，立即生效。" in page
    assert "最近一次更改：11/23 07:20 林國華" in page
    assert "e-mail 要先驗證信箱 盡力提供（可能較慢） 尖峰可能晚到" in mei.text(family.page)


def test_school_narrows_what_the_city_offers(
    staff_phone: StaffPhone, mei: Phone, family: Family
) -> None:
    confirm(staff_phone(BUREAU), {"email_state": "offered"})
    admin = staff_phone(ADMIN)
    assert "全市：提供" in admin.text(PAGE)
    page = confirm(admin, {"email_state": "not_offered"})
    assert "已儲存" in page
    assert "e-mail 本學期未提供" in mei.text(family.page)


def test_school_never_offers_more_than_the_city(staff_phone: StaffPhone) -> None:
    admin = staff_phone(ADMIN)
    answer = admin.post(PAGE, {"sms_state": "offered", "sms_note": "可以用"})
    assert answer.status_code == 422
    assert "全市沒有提供到這個程度，學校只能縮小" in answer.text
    assert "可以用" in answer.text, "what was typed stays"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"line_state": "not_offered"}, "LINE 是本服務的主要管道，不能設為未提供"),
        ({"email_state": "maybe"}, "請選擇提供的方式"),
        ({"email_state": "offered", "email_note": "慢" * 41}, "說明最多 40 個字"),
        ({"email_state": "offered", "email_note": "看 https://a.tw"}, "說明不能有網址"),
        ({"email_state": "offered", "email_note": "<b>快</b>"}, "說明不能有網址"),
    ],
)
def test_wrong_settings_are_refused_in_words(
    staff_phone: StaffPhone, fields: dict[str, str], words: str
) -> None:
    answer = staff_phone(BUREAU).post(PAGE, fields)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_what_was_shown_is_what_counts(staff_phone: StaffPhone) -> None:
    bureau = staff_phone(BUREAU)
    seen = SEEN.search(preview(bureau, {"email_state": "offered"}))
    assert seen is not None
    other = bureau.post(PAGE, {"sms_state": "offered", "seen": seen.group(1)})
    assert other.status_code == 200
    assert "剛才的預覽之後，設定有變動" in other.text
    assert "還沒有人改過" in bureau.text(PAGE)


def test_next_semester_is_set_apart(staff_phone: StaffPhone, mei: Phone, family: Family) -> None:
    bureau = staff_phone(BUREAU)
    page = confirm(bureau, {"email_state": "offered"}, f"{PAGE}?term=next")
    assert "115 學年度第 2 學期" in page
    assert "e-mail 本學期未提供" in mei.text(family.page)


def test_same_settings_write_nothing(staff_phone: StaffPhone) -> None:
    answer = staff_phone(BUREAU).post(PAGE, {"email_state": "not_offered"})
    assert "內容和目前相同" in staff_phone(BUREAU).text(answer.location)


def test_officer_reads_and_changes_nothing(staff_phone: StaffPhone) -> None:
    officer = staff_phone(OFFICER)
    assert "由學校管理者和教育局設定。" in officer.text(PAGE)
    answer = officer.post(PAGE, {"line_state": "best_effort"}, form_at="/liff/account-link")
    assert answer.status_code in (400, 403)
    token = officer.token_at("/liff/staff/policy/new")
    sent = officer.client.post(PAGE, data={"csrf_token": token, "line_state": "best_effort"})
    assert sent.status_code == 403


def test_teacher_and_other_schools_get_nowhere(staff_phone: StaffPhone) -> None:
    assert staff_phone(TEACHER).get(PAGE).status_code == 403
    elsewhere = staff_phone(ELSEWHERE)
    assert elsewhere.get(f"{PAGE}?school=353607").status_code == 404
    assert "榕光" not in elsewhere.get(PAGE).text


def test_bureau_opens_any_school_by_district(staff_phone: StaffPhone) -> None:
    bureau = staff_phone(BUREAU)
    chosen = bureau.get("/liff/staff/schools?page=channels&q=中正區").text
    assert "/liff/staff/channels?school=353607" in chosen
    confirm(bureau, {"line_state": "best_effort"}, f"{PAGE}?school=353607")
    assert "榕光國小・115 學年度第 1 學期" in bureau.text(f"{PAGE}?school=353607")
    assert bureau.get(f"{PAGE}?school=999999").status_code == 404


def test_choosing_a_school_is_the_bureaus(staff_phone: StaffPhone, pages: House) -> None:
    assert staff_phone(ADMIN).get("/liff/staff/schools?page=channels").status_code == 403
    assert staff_phone(BUREAU).get("/liff/staff/schools?page=http://x.tw").status_code == 404


def test_somebody_of_both_sets_the_own_school_and_the_city(
    staff_phone: StaffPhone, pages: House
) -> None:
    admin = staff_phone(ADMIN)
    with transaction(pages.engine) as session:
        make_staff(session, pages, ADMIN, role=StaffRole.BUREAU_ADMIN, school_code=None)
    assert "榕光國小" in admin.text(PAGE)
    assert "全市・" in admin.text(f"{PAGE}?school=city")
