"""Adding a child."""

import re

import pytest
from sqlmodel import col, func, select

from core.db import snapshot, transaction
from core.house import House
from core.people.tables import Binding, BindingAttempt, Student
from tests.factories import HUA, MEI, make_school, make_student, national_id_of
from tests.liff.conftest import Family, MenuChanges
from tests.liff.phone import Phone, text_of
from tests.liff.test_taipei_pass import notice_kinds

NEW_CHILD = "/liff/children/new"
MING = "11510001"
FACTS = {
    "district": "中正區",
    "level": "國小",
    "school_code": "353607",
    "student_number": MING,
    "name": "王小明",
    "national_id": national_id_of(MING),
    "birth_date": "2015-03-05",
    "relationship": "father",
}


def count(house: House, table: type) -> int:
    """How many rows there are."""
    with snapshot(house.engine) as database:
        return database.exec(select(func.count()).select_from(table)).one()


def test_five_right_facts_bind_and_the_guardian_hears_of_it(
    hua: Phone, pages: House, menu_changes: MenuChanges
) -> None:
    answer = hua.post(NEW_CHILD, FACTS)
    assert answer.status_code == 303
    page = hua.text(answer.location)
    assert "已綁定" in page
    assert "小明" in page
    assert notice_kinds(pages, HUA) == ["bound"]
    assert count(pages, Binding) == 2
    assert pages.notices_due.is_set()
    assert menu_changes == [(HUA, True)]


@pytest.mark.parametrize(
    "changed",
    [
        {"birth_date": "104/03/05"},
        {"birth_date": "1040305"},
        {"student_number": " 11510001 "},
        {"national_id": national_id_of(MING).lower()},
        {"name": "王 小明"},
    ],
)
def test_facts_fit_however_they_are_written(hua: Phone, changed: dict[str, str]) -> None:
    assert hua.post(NEW_CHILD, FACTS | changed).status_code == 303


def test_caller_that_knows_of_no_relationship_binds_as_somebody_else(
    hua: Phone, pages: House
) -> None:
    facts = {name: value for name, value in FACTS.items() if name != "relationship"}
    assert hua.post(NEW_CHILD, facts).status_code == 303
    with snapshot(pages.engine) as database:
        kinds = select(Binding.relationship).order_by(col(Binding.bound_at).desc())
        assert database.exec(kinds).first() == "other"


def test_whoever_forgot_to_choose_a_relationship_is_asked(hua: Phone) -> None:
    page = hua.get(NEW_CHILD).text
    assert 'name="relationship" value="">' in page, "sent even where nothing is chosen"
    assert "checked" not in page
    answer = hua.post(NEW_CHILD, FACTS | {"relationship": ["", "teacher"]})
    assert "請選擇您和孩子的關係" in answer.text
    assert hua.post(NEW_CHILD, FACTS | {"relationship": ["", "mother"]}).status_code == 303


def test_summary_names_the_fields_and_settled_ones_keep_no_hint(hua: Phone) -> None:
    wrong = {"national_id": "A123", "birth_date": "昨天", "student_number": ""}
    page = hua.post(NEW_CHILD, FACTS | wrong)
    said = text_of(page)
    assert "身分證字號：格式不對，應是 10 碼" in said
    assert "出生年月日：看不懂這個日期" in said
    assert ">請填學號</a>" in page.text
    assert 'id="level-hint"' not in page.text
    assert 'id="school_code-hint"' not in page.text


def test_faults_of_a_code_stand_in_the_order_of_the_page(hua: Phone) -> None:
    page = hua.post(NEW_CHILD, {"binding_code": "123", "relationship": ""}).text
    assert re.findall(r'<li><a href="#(\w+)"', page) == ["binding_code", "relationship"]


@pytest.mark.parametrize(
    "changed",
    [
        {"student_number": "11519999"},
        {"name": "王大明"},
        {"national_id": national_id_of("11519999")},
        {"birth_date": "2015-03-06"},
    ],
)
def test_any_wrong_fact_gets_the_same_answer(
    hua: Phone, pages: House, changed: dict[str, str]
) -> None:
    answer = hua.post(NEW_CHILD, FACTS | changed)
    assert answer.status_code == 422
    assert "資料和學校登記的不一致，無法綁定。" in answer.text
    assert 'aria-invalid="true"' not in answer.text
    assert "<title>加入學生</title>" in answer.text
    assert count(pages, BindingAttempt) == 1


def test_sealed_child_gets_that_answer_too(hua: Phone, pages: House) -> None:
    wrong = text_of(hua.post(NEW_CHILD, FACTS | {"name": "王大明"}))
    with transaction(pages.engine) as database:
        child = database.exec(select(Student)).one()
        child.is_sealed = True
        database.add(child)
    sealed = text_of(hua.post(NEW_CHILD, FACTS))
    assert sealed == wrong.replace("還可以核對 4 次", "還可以核對 3 次")


def test_tries_left_today_stand_beside_the_refusal(hua: Phone) -> None:
    wrong = FACTS | {"name": "王大明"}
    for left in range(4, 0, -1):
        said = text_of(hua.post(NEW_CHILD, wrong))
        assert f"向學校索取綁定碼。今天還可以核對 {left} 次。" in said
    last = text_of(hua.post(NEW_CHILD, wrong))
    assert "向學校索取綁定碼。今天的 5 次核對已用完，明天 00:00 後可再試。" in last


def test_tries_at_codes_are_counted_apart(hua: Phone) -> None:
    hua.post(NEW_CHILD, FACTS | {"name": "王大明"})
    fields = {"binding_code": "22222222", "relationship": "mother"}
    assert "綁定碼今天還可以試 4 次。" in text_of(hua.post(NEW_CHILD, fields))
    assert "今天還可以核對 2 次。" in text_of(hua.post(NEW_CHILD, FACTS | {"name": "王大明"}))


def test_sixth_try_of_a_day_waits_until_tomorrow(hua: Phone, pages: House) -> None:
    for _ in range(5):
        hua.post(NEW_CHILD, FACTS | {"name": "王大明"})
    answer = hua.post(NEW_CHILD, FACTS)
    assert answer.status_code == 429
    assert "今天的 5 次核對已用完，明天 00:00 後可再試。" in answer.text
    assert "<title>加入學生</title>" in answer.text
    assert count(pages, Binding) == 1


def test_child_bound_before_is_shown_again(mei: Phone, family: Family, pages: House) -> None:
    answer = mei.post(NEW_CHILD, FACTS)
    assert answer.location == f"{family.page}?note=already"
    assert count(pages, Binding) == 1


def test_faults_of_form_stand_at_their_fields_and_cost_no_try(hua: Phone, pages: House) -> None:
    answer = hua.post(NEW_CHILD, FACTS | {"student_number": "", "birth_date": "三月五日"})
    page = answer.text
    assert answer.status_code == 422
    assert "<title>錯誤：加入學生</title>" in page
    assert re.search(r'</h1>\s*<div class="errors" role="alert"', page)
    assert "有 2 個地方要修改" in page
    assert '<a href="#student_number">請填學號</a>' in page
    assert re.search(r'id="birth_date"[^>]*aria-describedby="[^"]*birth_date-fault"', page)
    assert 'value="王小明"' in page
    assert 'value="三月五日"' in page
    assert count(pages, BindingAttempt) == 0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("district", "", "請選擇行政區"),
        ("level", "大學", "請選擇級別"),
        ("school_code", "000000", "請選擇學校"),
        ("school_code", "353608", "這所學校不在所選的行政區或級別"),
        ("student_number", "115-10001", "學號只有數字和英文字母，最多 20 碼"),
        ("name", "", "請填孩子的姓名"),
        ("name", "https://evil.example", "姓名最多 40 個字，不能有網址或特殊符號"),
        ("national_id", "", "請填身分證字號或居留證號"),
        ("national_id", "A123", "格式不對，應是 10 碼，例如 A123456789（範例）"),
        ("birth_date", "2026-11-24", "這個日期還沒到"),
        ("relationship", "", "請選擇您和孩子的關係"),
        ("relationship", "teacher", "請選擇您和孩子的關係"),
    ],
)
def test_each_field_says_what_it_wants(
    hua: Phone, pages: House, field: str, value: str, message: str
) -> None:
    with transaction(pages.engine) as database:
        make_school(database, "353608", district="大安區", short_name="槐香國小")
    answer = hua.post(NEW_CHILD, FACTS | {field: value})
    assert answer.status_code == 422
    assert answer.text.count(message) == 2


@pytest.mark.parametrize(
    "changed", [{"name": "王大明"}, {"student_number": ""}, {"national_id": "A123456780"}]
)
def test_whole_id_number_never_comes_back_in_a_page(hua: Phone, changed: dict[str, str]) -> None:
    facts = FACTS | changed
    page = hua.post(NEW_CHILD, facts).text
    assert facts["national_id"] not in page
    assert "請再填一次" in page


def test_half_typed_id_number_may_be_mended(hua: Phone) -> None:
    assert 'value="A12345"' in hua.post(NEW_CHILD, FACTS | {"national_id": "A12345"}).text


def test_understood_birth_date_is_repeated_in_plain_form(hua: Phone) -> None:
    page = hua.post(NEW_CHILD, FACTS | {"student_number": "", "birth_date": "1040305"}).text
    assert 'value="2015-03-05"' in page


def test_markup_in_a_field_stays_text(hua: Phone) -> None:
    page = hua.post(NEW_CHILD, FACTS | {"name": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_school_can_be_chosen_step_by_step_without_scripts(hua: Phone) -> None:
    first = hua.get(NEW_CHILD).text
    second = hua.get(f"{NEW_CHILD}?district=中正區").text
    third = hua.get(f"{NEW_CHILD}?district=中正區&level=國小").text
    chosen = hua.get(f"{NEW_CHILD}?district=中正區&level=國小&school_code=353607").text
    assert "請先選行政區" in first
    assert '<option value="國小">' in second
    assert '<option value="353607">' in third
    assert '<input type="hidden" name="school_code" value="353607" data-mirror>' in chosen


def test_guardian_bound_before_hears_of_the_new_one(hua: Phone, pages: House) -> None:
    hua.post(NEW_CHILD, FACTS)
    assert notice_kinds(pages, MEI) == ["bound_other"]


def test_children_of_one_given_name_are_told_apart(mei: Phone, pages: House) -> None:
    number = "11510002"
    with transaction(pages.engine) as database:
        make_student(database, pages, name="林小明", number=number)
    facts = {"name": "林小明", "student_number": number, "national_id": national_id_of(number)}
    mei.post(NEW_CHILD, FACTS | facts)
    home = mei.text("/liff/home")
    assert "王小明" in home
    assert "林小明" in home
