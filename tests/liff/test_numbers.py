"""Numbers in a request: what is too long, negative or no number never comes further than it."""

import pytest

from liff.numbers import whole_number
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, OFFICER, StaffPhone, monday
from tests.liff.phone import Phone, text_of
from tests.liff.test_staff_announcements import FOR_CLASS, WISH, press, write
from tests.liff.test_staff_roster import check
from tests.roster.files import MING, QING, row

ODD = ["9" * 30, "9" * 5000, "2147483648", "-1", "x", "", "1.5", "１", "1e9"]


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_number_in_bounds_is_none(text: str) -> None:
    assert whole_number(text, 999_999) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 7 ", 7), ("10", 10), ("11", None)])
def test_bounds_belong_to_it(text: str, number: int | None) -> None:
    assert whole_number(text, 10) == number


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("where", ["/liff/notices?skip=", "/liff/survey?question="])
def test_guardians_page_opens_from_its_beginning(mei: Phone, where: str, odd: str) -> None:
    assert mei.text(f"{where}{odd}") == mei.text(where)


@pytest.mark.parametrize("odd", ODD)
def test_looks_open_from_their_beginning(mei: Phone, family: Family, odd: str) -> None:
    where = f"{family.page}/looks?page="
    assert mei.text(f"{where}{odd}") == mei.text(where)


@pytest.mark.parametrize("odd", ODD)
def test_survey_takes_it_for_no_answer(mei: Phone, odd: str) -> None:
    answer = mei.post("/liff/survey?question=1", {"answer": odd})
    assert answer.status_code == 422
    assert "請選擇一個回答" in text_of(answer)


@pytest.mark.parametrize("odd", ODD)
def test_staff_lists_open_from_their_beginning(staff_phone: StaffPhone, odd: str) -> None:
    admin = staff_phone(ADMIN)
    where = "/liff/staff/announcements?skip="
    assert admin.text(f"{where}{odd}") == admin.text(where)
    held = f"/liff/staff/held?note=released&told={odd}&unheard={odd}&seen={odd}"
    assert "已放行：0 位學生的家長會收到通知。" in admin.text(held)


@pytest.mark.parametrize("odd", ODD)
def test_roster_preview_opens_from_its_beginning(staff_phone: StaffPhone, odd: str) -> None:
    admin = staff_phone(ADMIN)
    where = f"{check(admin, row(MING), row(QING))}?list=added&page="
    assert admin.text(f"{where}{odd}") == admin.text(where)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("answer", ["confirm", "decline"])
def test_version_nobody_wrote_is_answered(staff_phone: StaffPhone, answer: str, odd: str) -> None:
    page = write(staff_phone(OFFICER))
    assert "已有人處理。" in press(staff_phone(ADMIN), page, answer, odd)


@pytest.mark.parametrize("odd", ODD)
def test_edit_from_no_known_version_was_overtaken(staff_phone: StaffPhone, odd: str) -> None:
    officer = staff_phone(OFFICER)
    page = f"{write(officer, **FOR_CLASS)}/edit"
    sent = officer.post(page, {**WISH, "seen": odd, "sure": "1"})
    assert sent.status_code == 422
    assert "剛才有人改過這則公告" in text_of(sent)


@pytest.mark.parametrize("odd", ODD)
def test_grade_nobody_is_in_is_refused(staff_phone: StaffPhone, odd: str) -> None:
    officer = staff_phone(OFFICER)
    sent = officer.post(
        "/liff/staff/announcements/new", {**WISH, "audience": f"grade/{odd}", "sure": "1"}
    )
    assert sent.status_code == 422
    closure = {"day": "2026-11-24", "part": "whole", "source": "校長", "grade": odd or "x"}
    when = f"{monday(7, 0):%Y-%m-%dT%H:%M}"
    sent = officer.post("/liff/staff/closures/new", {**closure, "source_at": when})
    assert sent.status_code == 422
    assert "年級應是 1–12" in text_of(sent)
