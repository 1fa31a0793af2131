"""名冊匯入: sent, looked through, shown, and only then written."""

import io
import re
from uuid import UUID

from sqlmodel import col, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

import app as composition
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.identity_numbers import with_check_digit
from core.people.tables import StaffRole, Student
from core.roster.apart import MOST_BYTES
from core.roster.tables import RosterCheck
from tests.conftest import FixedClock
from tests.factories import make_staff, national_id_of
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone, enrol, monday
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of
from tests.roster.files import MING, QING, UID, as_csv, as_xlsx, row

PAGE = "/liff/staff/roster"
SEEN = re.compile(r'name="seen" value="([^"]+)"')


def a_file(data: bytes, name: str = "a.csv") -> FileStorage:
    """A file as a form holds it."""
    return FileStorage(io.BytesIO(data), name)


def send(phone: Phone, data: bytes, name: str = "603.csv", page: str = PAGE) -> TestResponse:
    """Send a file."""
    fields: dict[str, object] = {
        "csrf_token": phone.token_at(page),
        "file": a_file(data, name),
    }
    return post_form(phone, page, fields)


def post_form(phone: Phone, page: str, fields: dict[str, object]) -> TestResponse:
    """Send fields and files, held in memory: the client leaves its temporary files open."""
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return phone.client.post(page, data=body, content_type=kind)


def check(phone: Phone, *rows: list[str], page: str = PAGE) -> str:
    """Send a good file and return the address of its preview."""
    answer = send(phone, as_csv(rows), page=page)
    assert answer.status_code == 303, text_of(answer)
    return answer.location


def take(phone: Phone, preview: str) -> TestResponse:
    """Confirm what the preview shows."""
    page = phone.get(preview)
    seen = SEEN.search(page.text)
    assert seen is not None, text_of(page)
    return phone.post(preview, {"answer": "take", "seen": seen.group(1)})


def students(house: House) -> list[str]:
    """Who is on the roster."""
    with snapshot(house.engine) as session:
        return sorted(session.exec(select(Student.name)))


def test_file_is_checked_shown_and_written_once_confirmed(admin: Phone, pages: House) -> None:
    preview = check(admin, row(MING, homeroom="604", card_uid=UID), QING)
    page = admin.text(preview)
    assert "還沒寫入，請先看一遍" in page
    assert "1 新增 1 更改 0 不變 0 不在檔案內" in page
    assert "王小明 603 班 12" in page
    assert "班級 603 → 604、身分證字號更正、換新卡，舊卡停用" in page
    assert "林小晴 603 班 13 沒有卡片" in page
    assert students(pages) == ["王小明"]
    done = take(admin, preview)
    assert "已匯入：新增 1、更改 1。" in admin.text(done.location)
    assert students(pages) == ["林小晴", "王小明"]


def test_problems_are_listed_with_their_rows_and_nothing_is_kept(
    admin: Phone, pages: House
) -> None:
    answer = send(
        admin, as_csv([row(birth_date="104/13/05"), row(QING, student_number="11510001")])
    )
    assert answer.status_code == 422
    page = text_of(answer)
    assert "名冊有 3 個問題，沒有寫入任何資料" in page
    assert "第 3 列、學號：重複，第 2 列也是這個學號" in page
    assert "第 3 列、學號：登記的是另一位學生（王○明），有家長綁定" in page
    assert "第 2 列、出生年月日：出生年月日看不懂，請寫 2015-03-05 或 104/03/05" in page
    assert "請修正後整份重傳。" in page
    with snapshot(pages.engine) as session:
        assert session.exec(select(RosterCheck)).all() == []


def test_a_child_who_leaves_keeps_its_guardians_and_it_says_so(
    admin: Phone, family: Family
) -> None:
    page = admin.text(check(admin, row(status="轉學", national_id="A100005015")))
    assert "離開學校 1 位 有 1 個家長綁定會保留，但不再通知「尚無刷卡紀錄」" in page
    assert "在學 → 轉學" in page


def test_teachers_whose_class_becomes_others_are_named(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    enrol(pages, TEACHER)
    said = "這些班的學生大多會換，導師身分不會跟著換：603 班 林國華。"
    preview = check(admin, row(homeroom="604"))
    assert said in admin.text(preview)
    assert "導師身分" not in admin.text(check(admin, row(seat_number="1")))
    bureau = staff_phone(BUREAU)
    preview = check(bureau, row(homeroom="604"), page=f"{PAGE}?school=353607")
    assert said.replace("國", "○") in bureau.text(preview)


def test_children_not_in_the_file_are_named_and_stay(admin: Phone, pages: House) -> None:
    preview = check(admin, QING)
    page = admin.text(preview)
    assert "不在檔案內 1 位 不會更改，也不會刪除；1 個家長綁定照舊。" in page
    take(admin, preview)
    assert students(pages) == ["林小晴", "王小明"]


def test_same_file_again_offers_nothing_to_confirm(admin: Phone) -> None:
    take(admin, check(admin, MING))
    page = admin.get(check(admin, MING))
    assert "內容和目前相同，不用匯入。" in page.text
    assert "確認匯入" not in page.text


def test_roster_that_changed_in_between_is_shown_again(admin: Phone, pages: House) -> None:
    preview = check(admin, row(homeroom="605"))
    seen = SEEN.search(admin.get(preview).text)
    assert seen is not None
    take(admin, check(admin, row(homeroom="604")))
    answer = admin.post(preview, {"answer": "take", "seen": seen.group(1)})
    assert answer.status_code == 422
    assert "檢查之後名冊有變動，已重新檢查。" in answer.text
    assert "班級 604 → 605" in text_of(answer)
    assert "已匯入" in admin.text(take(admin, preview).location)


def test_roster_that_now_refuses_the_file_says_why(admin: Phone, pages: House) -> None:
    preview = check(admin, row(QING, card_uid=UID))
    seen = SEEN.search(admin.get(preview).text)
    assert seen is not None
    take(admin, check(admin, row(MING, card_uid=UID)))
    answer = admin.post(preview, {"answer": "take", "seen": seen.group(1)})
    assert answer.status_code == 422
    assert "重新檢查時發現下面的問題" in answer.text
    assert "這張卡已屬於另一位學生" in answer.text
    assert admin.get(preview).status_code == 422
    assert students(pages) == ["王小明"]


def test_preview_is_confirmed_once_and_not_for_long(admin: Phone, pages: House) -> None:
    preview = check(admin, QING)
    take(admin, preview)
    again = admin.get(preview)
    assert again.status_code == 410
    assert "預覽已失效" in again.text
    late = check(admin, row(QING, seat_number="20"))
    assert isinstance(pages.clock, FixedClock)
    pages.clock.move_to(monday(7, 49))
    admin.sign_in(ADMIN)
    assert admin.get(late).status_code == 200
    pages.clock.move_to(monday(7, 51))
    admin.sign_in(ADMIN)
    assert admin.get(late).status_code == 410


def test_dropped_file_is_gone(admin: Phone, pages: House) -> None:
    preview = check(admin, QING)
    answer = admin.post(preview, {"answer": "drop"})
    assert "已放棄這個檔案" in admin.text(answer.location)
    assert admin.get(preview).status_code == 404
    assert students(pages) == ["王小明"]


def test_sealed_numbers_and_birth_dates_are_not_on_the_preview(admin: Phone) -> None:
    page = admin.get(check(admin, row(MING, birth_date="2015-03-06"), row(QING, card_uid=UID)))
    for secret in (MING[7], QING[7], "2015-03-06", "104/03", UID):
        assert secret not in page.text


def test_long_lists_are_read_page_by_page(admin: Phone, pages: House) -> None:
    rows = [
        row(student_number=f"9{n:04d}", name=f"林{chr(0x4E00 + n)}", national_id=_id(n))
        for n in range(150)
    ]
    preview = check(admin, *rows)
    first = admin.get(preview)
    assert "看全部 150 位" in first.text
    assert len(first.data) < 30_000
    whole = admin.get(f"{preview}?list=added")
    assert "第 1／2 頁" in text_of(whole)
    assert len(whole.data) < 30_000
    assert text_of(admin.get(f"{preview}?list=added&page=2")).count("沒有卡片") == 50
    for odd in ("list=nothing", "list=added&page=99", "list=added&page=x", "list=added&page=0"):
        assert admin.get(f"{preview}?{odd}").status_code == 200


def _id(number: int) -> str:
    return with_check_digit(f"B1{number:07d}")


def test_looks_and_the_import_are_in_the_audit(admin: Phone, family: Family, pages: House) -> None:
    take(admin, check(admin, row(homeroom="604")))
    with snapshot(pages.engine) as session:
        named = session.exec(
            select(AuditEntry.action, AuditEntry.subject).where(
                col(AuditEntry.subject).in_(
                    ["school:353607", "roster:353607", f"student:{family.student_id}"]
                )
            )
        ).all()
    assert ("roster.import", "school:353607") in named
    assert ("children.look", "roster:353607") in named
    assert any(subject == f"student:{family.student_id}" for _, subject in named)


def test_rows_of_another_school_are_refused(admin: Phone, staff_phone: StaffPhone) -> None:
    staff_phone(ELSEWHERE)
    answer = send(admin, as_csv([row(QING, school_code="353608")]))
    assert answer.status_code == 422
    assert "學校代碼不是 6 碼，或不是您的學校" in answer.text


def test_bureau_imports_for_a_chosen_school_and_reads_masked_names(
    staff_phone: StaffPhone, family: Family, pages: House
) -> None:
    bureau = staff_phone(BUREAU)
    assert "/liff/staff/schools?page=roster" in bureau.get(PAGE).location
    page = f"{PAGE}?school=353607"
    preview = check(
        bureau, row(name="王小華", national_id=national_id_of("11510001")), QING, page=page
    )
    shown = bureau.text(preview)
    assert "王○明" in shown
    assert "姓名 王○明 → 王○華" in shown
    assert "林○晴" in shown
    assert "王小" not in shown
    assert "已匯入" in bureau.text(take(bureau, preview).location)


def test_nobody_else_sends_or_opens_a_roster(
    staff_phone: StaffPhone, admin: Phone, pages: House
) -> None:
    preview = check(admin, QING)
    officer, other = staff_phone(OFFICER), staff_phone(ELSEWHERE)
    assert officer.get(PAGE).status_code == 403
    assert officer.get(preview).status_code == 403
    with transaction(pages.engine) as session:
        for person, school in ((OFFICER, "353607"), (ELSEWHERE, "353608")):
            make_staff(session, pages, person, role=StaffRole.SCHOOL_ADMIN, school_code=school)
    assert officer.get(preview).status_code == 404, "another admin's file"
    assert other.get(preview).status_code == 404
    assert other.get(f"{PAGE}?school=353607").status_code == 404
    for phone in (officer, other):
        token = phone.token_at(PAGE)
        sent = phone.client.post(preview, data={"csrf_token": token, "answer": "take"})
        assert sent.status_code == 404
    assert students(pages) == ["王小明"]


def test_broken_and_missing_files_are_answered_in_words(admin: Phone) -> None:
    for data, name, words in (
        (b"%PDF", "a.pdf", "看不出檔案格式"),
        (b"", "a.csv", "檔案裡沒有資料列"),
        (as_xlsx([])[:300], "a.xlsx", "看不出檔案格式"),
    ):
        answer = send(admin, data, name)
        assert answer.status_code == 422
        assert words in answer.text
    token = admin.token_at(PAGE)
    assert "請選擇檔案" in admin.client.post(PAGE, data={"csrf_token": token}).text


def test_file_name_shows_no_markup(admin: Phone) -> None:
    answer = send(admin, as_csv([QING]), "<b>603</b>.csv")
    assert "<b>603" not in admin.get(answer.location).text


def test_file_may_be_larger_than_any_form_and_still_has_an_end(
    pages: House, outside: Outside, family: Family
) -> None:
    enrol(pages, ADMIN)
    whole = composition.assemble(pages)
    stranger = Phone(whole, outside)
    admin = Phone(whole, outside).sign_in(ADMIN)
    padded = as_csv([[*QING, "x" * 100_000, "x" * 100_000]])
    assert send(admin, padded).status_code == 303
    assert send(admin, b"x" * (MOST_BYTES + 1), "a.csv").status_code == 422
    assert send(admin, b"x" * (2 * MOST_BYTES + 1), "a.csv").status_code == 413
    unsigned: dict[str, object] = {"file": a_file(b"x" * 200_000)}
    assert post_form(stranger, PAGE, unsigned).status_code == 413
    elsewhere: dict[str, object] = {"file": a_file(b"x" * 200_000)}
    assert post_form(admin, "/liff/staff/policy/new", elsewhere).status_code == 413


def test_guardians_copy_and_pages_know_nothing_of_a_held_file(
    admin: Phone, mei: Phone, family: Family
) -> None:
    preview = check(admin, QING)
    UUID(preview.rsplit("/", 1)[1].partition("?")[0])
    assert mei.get(preview).status_code == 403
