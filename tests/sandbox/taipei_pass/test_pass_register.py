"""Registering at Taipei Pass, step by step."""

import pytest

from sandbox.taipei_pass.passwords import broken_rules
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp
from tests.sandbox.taipei_pass.pass_walk import GOOD_PASSWORD, Walk

PHONE, MAIL = "0912345678", "new@example.org"


@pytest.fixture
def walk(sandbox: SandboxClient, app: FakeApp) -> Walk:
    return Walk(sandbox, app)


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("Abcdef1!", 0),
        ("Abcdefg+", 1),
        ("Abcde1!", 1),
        ("abcdef1!", 1),
        ("ABCDEF1!", 1),
        ("Abcdefg1", 1),
        ("Abcdef1?", 1),
        ("", 5),
        ("Ａｂｃｄｅｆ１！", 4),
    ],
)
def test_password_rules(password: str, broken: int) -> None:
    assert len(broken_rules(password)) == broken


@pytest.mark.parametrize("contact", [PHONE, MAIL])
def test_general_member_registers_and_may_skip_gold(walk: Walk, contact: str) -> None:
    success = walk.register(contact)
    assert "註冊完成" in success.text
    assert "金質會員認證" in success.text
    profile = walk.profile_after(walk.send("join/done"))
    assert (profile["realName"], profile["verifyLevel"]) == ("歐陽小花", "0")
    assert (profile["phoneNo"], profile["email"]) == (
        (None, MAIL) if contact == MAIL else (PHONE, None)
    )


def test_registered_member_signs_in_by_password(
    sandbox: SandboxClient, app: FakeApp, walk: Walk
) -> None:
    walk.register(PHONE)
    assert Walk(sandbox, app).sign_in(PHONE, GOOD_PASSWORD).status_code == 302


def test_choice_tells_what_each_kind_may_use(walk: Walk) -> None:
    page = walk.get("join").text
    assert all(words in page for words in ("一般會員", "金質會員", "組織會員", "到離校通知"))
    assert walk.send("join", kind="royal").status_code == 422


def test_notice_must_be_ticked_before_going_on(walk: Walk) -> None:
    walk.send("join", kind="general")
    refused = walk.send("join/notice")
    ahead = walk.get("join/contact")
    assert refused.status_code == 422
    assert "告知聲明" in ahead.text, "no way round the notice"
    assert "驗證碼會寄到這裡" in walk.send("join/notice", agreed="yes").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contact": PHONE}, "我不是機器人"),
        ({"contact": "02-27208889", "human": "yes"}, "09 開頭"),
        ({"contact": "a@b", "human": "yes"}, "完整的 e-mail"),
        ({"contact": "0900000101", "human": "yes"}, "已經註冊過了"),
    ],
)
def test_wrong_contact_is_told_beside_the_field(
    walk: Walk, fields: dict[str, str], words: str
) -> None:
    walk.send("join", kind="general")
    walk.send("join/notice", agreed="yes")
    answer = walk.send("join/contact", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text


def test_organisation_registers_by_mail_only(walk: Walk) -> None:
    walk.send("join", kind="organization")
    walk.send("join/notice", agreed="yes")
    assert walk.send("join/contact", contact=PHONE, human="yes").status_code == 422
    walk.register(MAIL, "organization", surname="榕光社區", given_name="志工隊")
    profile = walk.profile_after(walk.send("join/done"))
    assert (profile["memberType"], profile["realName"]) == ("organization", "榕光社區志工隊")


def _to_the_code(walk: Walk) -> str:
    walk.send("join", kind="general")
    walk.send("join/notice", agreed="yes")
    walk.send("join/contact", contact=PHONE, human="yes")
    return walk.code_sent_to(PHONE)


def test_wrong_code_is_refused_five_times_then_even_the_right_one(walk: Walk) -> None:
    right = _to_the_code(walk)
    wrong = "0000" if right != "0000" else "1111"
    told = [walk.send("join/code", code=wrong) for _ in range(5)]
    assert {answer.status_code for answer in told} == {422}
    assert "試太多次了" in walk.send("join/code", code=right).text


def test_code_grows_old_after_five_minutes(walk: Walk, sandbox: SandboxClient) -> None:
    code = _to_the_code(walk)
    sandbox.set_clock("2026-11-23T07:25:01+08:00")
    assert "過期了" in walk.send("join/code", code=code).text


def test_code_is_sent_again_after_a_minute_and_the_old_one_is_void(
    walk: Walk, sandbox: SandboxClient
) -> None:
    _to_the_code(walk)
    too_soon = walk.send("join/code", resend="1")
    sandbox.set_clock("2026-11-23T07:21:01+08:00")
    assert walk.send("join/code", resend="1").status_code == 200
    assert too_soon.status_code == 422
    assert len(sandbox.get(f"/sms/messages?to={PHONE}").json()) == 2
    assert "會員資料" in walk.send("join/code", code=walk.code_sent_to(PHONE)).text


def test_code_is_written_for_the_screen_reader_and_the_keyboard(walk: Walk) -> None:
    _to_the_code(walk)
    page = walk.get("join/code").text
    assert 'autocomplete="one-time-code" inputmode="numeric"' in page
    assert "0912***678" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"surname": " "}, "請填姓氏。"),
        ({"given_name": ""}, "請填名字。"),
        ({"surname": "長" * 21}, "最多 20 個字。"),
        ({"password": "abc"}, "密碼還缺：至少 8 個字元、"),
        ({"password_again": "Abcdef1?"}, "兩次輸入的密碼不同。"),
    ],
)
def test_wrong_profile_registers_nobody(
    sandbox: SandboxClient, app: FakeApp, walk: Walk, changed: dict[str, str], words: str
) -> None:
    answer = walk.register(PHONE, **changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert GOOD_PASSWORD not in answer.text
    assert Walk(sandbox, app).sign_in(PHONE, GOOD_PASSWORD).status_code == 422


def test_nobody_registers_without_the_code(walk: Walk) -> None:
    _to_the_code(walk)
    fields = {"password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
    answer = walk.send("join/profile", surname="歐陽", given_name="小花", **fields)
    assert "手機或 e-mail" in answer.text


def test_registering_without_a_service_ends_with_a_greeting(sandbox: SandboxClient) -> None:
    location = sandbox.get("/pass/register").headers["Location"]
    assert sandbox.get(location).status_code == 200
