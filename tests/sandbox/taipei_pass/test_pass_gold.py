"""Raising a general member to gold, and who is refused."""

import re

import pytest

from sandbox.taipei_pass.members import is_id_number
from sandbox.taipei_pass.proofs import is_unified_number
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp
from tests.sandbox.taipei_pass.pass_walk import (
    FATHER_ID,
    MOTHER_ID,
    NEW_ID,
    RESIDENT_ID,
    Walk,
)

FACTS = {"id_number": NEW_ID, "birthday": "1990-05-06"}
LINE = {**FACTS, "phone": "0912345678", "network": "mobile", "consent": "yes"}


@pytest.fixture
def walk(sandbox: SandboxClient, app: FakeApp) -> Walk:
    return Walk(sandbox, app)


@pytest.mark.parametrize(
    "number",
    ["A123456789", "Y123456788", "A800000014", "A870000015", "A880000018", "AA00000009"],
)
def test_id_and_residence_numbers_are_known(number: str) -> None:
    assert is_id_number(number)


@pytest.mark.parametrize("number", ["A123456788", "A800000000", "AA00000000", "a123456789", ""])
def test_numbers_with_a_wrong_check_digit_are_not(number: str) -> None:
    assert not is_id_number(number)


@pytest.mark.parametrize(
    ("number", "is_good"),
    [("12345675", True), ("12345676", True), ("12345678", False), ("1234567", False)],
)
def test_unified_numbers_follow_the_rule(number: str, is_good: bool) -> None:
    assert is_unified_number(number) is is_good


def test_phone_line_raises_a_general_member(walk: Walk) -> None:
    assert "選一種方式" in walk.sign_in_to_rise().text
    walk.send("gold/carrier", **LINE)
    result = walk.send("gold/carrier/code", code=walk.code_sent_to("0912345678"))
    assert "您現在是金質會員" in result.text
    profile = walk.profile_after(walk.send("gold/done"))
    assert (profile["verifyLevel"], profile["idNo"]) == ("3", NEW_ID)
    assert (profile["birthday"], profile["citizen"]) == ("1990/05/06", True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"network": "wifi"}, "請關閉 Wi-Fi"),
        ({"consent": ""}, "請先勾選同意"),
        ({"id_number": "A123456788"}, "居留證號不正確"),
        ({"birthday": ""}, "請填出生日期"),
        ({"birthday": "2020-01-01"}, "未滿 7 歲"),
        ({"phone": "0212345678"}, "09 開頭"),
        ({"phone": "0900000191"}, "預付卡和公司門號"),
        ({"phone": "0900000192"}, "預付卡和公司門號"),
        ({"phone": "0900000101"}, "不是登記在"),
        ({"id_number": RESIDENT_ID}, "外籍人士的門號"),
        ({"id_number": FATHER_ID, "phone": "0900000106"}, "同一人名下的門號只能認證一位"),
    ],
)
def test_phone_line_is_refused_with_its_reason(
    walk: Walk, changed: dict[str, str], words: str
) -> None:
    walk.sign_in_to_rise()
    answer = walk.send("gold/carrier", **{**LINE, **changed})
    assert answer.status_code == 422
    assert words in answer.text


def test_line_belongs_to_whoever_it_was_first_seen_with(
    sandbox: SandboxClient, app: FakeApp, walk: Walk
) -> None:
    walk.sign_in_to_rise()
    walk.send("gold/carrier", **LINE)
    other = Walk(sandbox, app)
    other.register("0987654321")
    answer = other.send("gold/carrier", **{**LINE, "id_number": "Y123456788"})
    assert "不是登記在" in answer.text


def test_certificate_raises_a_newly_registered_member(walk: Walk) -> None:
    walk.register("0912345678", "gold")
    result = walk.send("gold/certificate", pin="123456", **FACTS)
    assert "認證完成" in result.text
    assert walk.profile_after(walk.send("gold/done"))["verifyLevel"] == "3"


def test_third_wrong_pin_locks_the_card(walk: Walk) -> None:
    walk.sign_in_to_rise()
    told = [walk.send("gold/certificate", pin="000000", **FACTS).text for _ in range(3)]
    assert "還可以再試 2 次" in told[0]
    assert "還可以再試 1 次" in told[1]
    assert "已經鎖住" in told[2]
    assert "已經鎖住" in walk.send("gold/certificate", pin="123456", **FACTS).text


def test_foreigners_have_no_certificate_but_the_counter_helps(walk: Walk) -> None:
    walk.sign_in_to_rise()
    facts = {**FACTS, "id_number": RESIDENT_ID}
    assert "有戶籍的國民" in walk.send("gold/certificate", pin="123456", **facts).text
    made = re.search(
        r"<code>([A-Z2-9]{8})</code>", walk.send("gold/counter", make="1", **facts).text
    )
    assert made
    walk.send("gold/counter", counter_code=made[1].lower())
    assert walk.profile_after(walk.send("gold/done"))["citizen"] is False


def test_counter_code_works_once_and_for_a_week(
    sandbox: SandboxClient, app: FakeApp, walk: Walk
) -> None:
    walk.sign_in_to_rise()
    made = re.search(
        r"<code>([A-Z2-9]{8})</code>", walk.send("gold/counter", make="1", **FACTS).text
    )
    assert made
    sandbox.set_clock("2026-11-30T07:20:01+08:00")
    late = Walk(sandbox, app)
    late.sign_in_to_rise()
    assert "過期了" in late.send("gold/counter", counter_code=made[1]).text


def test_number_of_another_gold_member_is_refused(walk: Walk) -> None:
    walk.sign_in_to_rise()
    facts = {**FACTS, "id_number": MOTHER_ID}
    answer = walk.send("gold/certificate", pin="123456", **facts)
    assert "已經有另一個金質會員" in answer.text


def test_nobody_rises_without_signing_in(walk: Walk) -> None:
    answer = walk.send("gold/certificate", pin="123456", **FACTS)
    assert "帳號登入" in answer.text
    walk.send("fido", id_number=FATHER_ID)
    assert "帳號登入" in walk.send("gold/done").text, "a number typed is no proof"


def test_organisation_proves_itself_by_its_certificate(walk: Walk) -> None:
    walk.register("club@example.org", "organization")
    wrong = walk.send("gold/organization", unified_number="12345678", pin="123456")
    assert wrong.status_code == 422
    walk.send("gold/organization", unified_number="12345675", pin="123456")
    profile = walk.profile_after(walk.send("gold/done"))
    assert (profile["memberType"], profile["idNo"]) == ("organization", "12345675")


def test_gold_members_sign_in_passes_the_upgrade_by(walk: Walk) -> None:
    assert walk.sign_in("yating.lin", then="gold").status_code == 302
