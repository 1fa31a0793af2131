"""Both e-mails and 手機 on the pages, from typing them to 已驗證, without any script."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.contact.tables import ContactProof, ProofState
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, NoticeState, OfferState
from core.orders.states import OrderState
from core.orders.tables import SmsOrder
from core.people.contacts import Contact, ContactSlot, contact_in
from core.people.guardians import find_guardian
from core.settings import AppEnv
from tests.contact.test_proofs import EMAIL1, EMAIL2, PHONE, code_of, rows, wrong
from tests.factories import MEI
from tests.liff.conftest import Family, make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of
from tests.liff.sms_desk import ordered

ACCOUNT, CONTACT = "/liff/account", "/liff/account/contact"
ONE, TWO, MOBILE = "mei@example.org", "work@example.org", "0912345678"


def held(house: House) -> dict[ContactSlot, Contact]:
    """What Mei's row says."""
    with snapshot(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        return {slot: contact_in(house.vault, guardian, slot) for slot in ContactSlot}


def ask(phone: Phone, slot: ContactSlot = EMAIL1, address: str = ONE) -> None:
    """Fill in the form of one address."""
    answer = phone.post(f"{CONTACT}/{slot}", {"address": address})
    assert (answer.status_code, answer.location) == (303, f"{CONTACT}/{slot}/code")


def enter(phone: Phone, house: House, slot: ContactSlot = EMAIL1) -> None:
    """Type the right code."""
    with snapshot(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
    answer = phone.post(f"{CONTACT}/{slot}/code", {"code": code_of(house, guardian.id, slot)})
    assert (answer.status_code, answer.location) == (303, f"{ACCOUNT}?note=proved")


def test_address_is_typed_proved_and_shown_half(mei: Phone, pages: House) -> None:
    ask(mei, address=" New.Mei@Example.org ")
    assert "N***@example.org 本學期未提供，可先驗證 未驗證" in mei.text(ACCOUNT)
    offered = {Channel.EMAIL: Offer(OfferState.OFFERED)}
    with transaction(pages.engine) as session:
        now = pages.clock.now()
        set_offers(session, CITY, Semester(115, 1), offered, by="staff:somebody", now=now)
    assert "N***@example.org 未驗證" in mei.text(ACCOUNT)
    enter(mei, pages)
    text = mei.text(ACCOUNT)
    assert "e-mail 1 N***@example.org 已驗證" in text
    assert "New.Mei@example.org" not in text
    assert held(pages)[EMAIL1] == Contact(EMAIL1, "New.Mei@example.org", is_verified=True)


def test_number_is_typed_in_any_shape(mei: Phone, pages: House) -> None:
    ask(mei, PHONE, "+886 912-345 678")
    enter(mei, pages, PHONE)
    assert "手機 0912***678 已驗證" in mei.text(ACCOUNT)
    assert held(pages)[PHONE].address == MOBILE


def test_page_of_the_code_says_where_it_went_and_asks_as_phones_know(mei: Phone) -> None:
    ask(mei)
    page = mei.get(f"{CONTACT}/email1/code")
    assert "驗證碼正在送到 m***@example.org" in text_of(page)
    assert ONE not in page.text
    field = re.search(r'<input id="code"[^>]*>', page.text)
    assert field is not None
    assert 'autocomplete="one-time-code"' in field.group()
    assert 'inputmode="numeric"' in field.group()


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        (NoticeState.ACCEPTED, "驗證碼 07:20 已送出到 m***@example.org，5 分鐘內有效。"),
        (NoticeState.UNKNOWN, "不確定驗證碼有沒有送到 m***@example.org"),
    ],
)
def test_page_says_honestly_what_became_of_the_letter(
    mei: Phone, pages: House, letter: NoticeState, said: str
) -> None:
    ask(mei)
    with transaction(pages.engine) as session:
        session.execute(update(ContactProof).values(letter=letter, settled_at=pages.clock.now()))
    assert said in mei.text(f"{CONTACT}/email1/code")


def test_letter_that_could_not_go_out_is_said_and_another_can_be_asked_for(
    mei: Phone, pages: House
) -> None:
    ask(mei)
    now = pages.clock.now()
    ended = {"state": ProofState.UNSENT, "ended_at": now, "letter": NoticeState.REFUSED}
    with transaction(pages.engine) as session:
        session.execute(update(ContactProof).values(**ended, settled_at=now))
    page = mei.get(f"{CONTACT}/email1/code")
    assert "驗證碼送不到 m***@example.org" in text_of(page)
    assert 'id="code"' not in page.text
    assert "改用另一個 e-mail" in text_of(page)


@pytest.mark.parametrize(
    ("slot", "typed", "said"),
    [
        (EMAIL1, "mei@", "e-mail 格式不對，例如 name@example.com"),
        (EMAIL1, "", "e-mail 格式不對"),
        (EMAIL2, "a@b.example\nBcc: x@example.org", "e-mail 格式不對"),
        (PHONE, "0223456789", "手機應是 09 開頭的 10 碼"),
    ],
)
def test_wrong_address_is_named_and_changes_nothing(
    mei: Phone, pages: House, slot: ContactSlot, typed: str, said: str
) -> None:
    before = held(pages)
    answer = mei.post(f"{CONTACT}/{slot}", {"address": typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'href="#address"' in answer.text
    assert held(pages) == before
    assert rows(pages) == []


def test_same_address_in_both_fields_is_refused(mei: Phone, pages: House) -> None:
    ask(mei)
    enter(mei, pages)
    answer = mei.post(f"{CONTACT}/email2", {"address": "MEI@example.org"})
    assert answer.status_code == 422
    assert "這個 e-mail 已在另一欄" in text_of(answer)


# What only wants waiting, or a press on the button below, is no fault of a field.
NOTHING_TO_MEND = "個地方要修改"


def test_wrong_code_says_how_many_tries_are_left(mei: Phone, pages: House) -> None:
    ask(mei)
    code = wrong(_code(pages))
    answer = mei.post(f"{CONTACT}/email1/code", {"code": code})
    assert answer.status_code == 422
    assert "驗證碼不對，還可試 4 次" in text_of(answer)
    assert "<title>錯誤：驗證碼" in answer.text
    for _ in range(4):
        answer = mei.post(f"{CONTACT}/email1/code", {"code": code})
    assert "已試 5 次，請重新取得" in text_of(answer)
    assert NOTHING_TO_MEND not in text_of(answer)
    assert 'id="code"' not in answer.text
    assert not held(pages)[EMAIL1].is_verified


def _code(house: House, slot: ContactSlot = EMAIL1) -> str:
    with snapshot(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
    return code_of(house, guardian.id, slot)


@pytest.mark.parametrize("typed", ["12", "12345", "abcd", ""])
def test_what_is_no_code_costs_no_try(mei: Phone, pages: House, typed: str) -> None:
    ask(mei)
    answer = mei.post(f"{CONTACT}/email1/code", {"code": typed})
    assert answer.status_code == 422
    assert "驗證碼是 4 位數字" in text_of(answer)
    assert [one.tries_left for one in rows(pages)] == [5]


def test_code_is_read_as_people_type_it(mei: Phone, pages: House) -> None:
    ask(mei)
    wide = " ".join(chr(ord(digit) - ord("0") + ord("\uff10")) for digit in _code(pages))
    assert mei.post(f"{CONTACT}/email1/code", {"code": wide}).status_code == 303
    assert held(pages)[EMAIL1].is_verified


def test_code_that_ran_out_is_asked_for_anew(mei: Phone, pages: House) -> None:
    ask(mei)
    code = _code(pages)
    # Within the session's idle time.
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=16))  # type: ignore[attr-defined]
    answer = mei.post(f"{CONTACT}/email1/code", {"code": code}, form_at=ACCOUNT)
    assert answer.status_code == 422
    assert "驗證碼已過期，請重新取得" in text_of(answer)
    assert NOTHING_TO_MEND not in text_of(answer)
    assert mei.post(f"{CONTACT}/email1/resend", {}, form_at=ACCOUNT).status_code == 303
    enter(mei, pages)


def test_new_code_comes_after_a_minute_and_not_before(mei: Phone, pages: House) -> None:
    ask(mei)
    page = f"{CONTACT}/email1/code"
    assert "沒收到？60 秒後可以重寄。" in mei.text(page)
    early = mei.post(f"{CONTACT}/email1/resend", {}, form_at=page)
    assert early.status_code == 422
    assert text_of(early).count("請 60 秒後再取得") == 1
    assert NOTHING_TO_MEND not in text_of(early)
    assert "<title>驗證碼" in early.text
    pages.clock.move_to(pages.clock.now() + timedelta(seconds=60))  # type: ignore[attr-defined]
    assert mei.post(f"{CONTACT}/email1/resend", {}, form_at=page).status_code == 303
    assert [one.state for one in rows(pages)] == [ProofState.REPLACED, ProofState.WAITING]


def test_form_sent_twice_leads_to_the_same_code(mei: Phone, pages: House) -> None:
    ask(mei)
    ask(mei)
    assert len(rows(pages)) == 1


def test_day_limit_is_said_kindly(mei: Phone) -> None:
    answers = [
        mei.post(f"{CONTACT}/email1", {"address": f"m{place}@example.org"}) for place in range(11)
    ]
    assert [one.status_code for one in answers] == [303] * 10 + [422]
    assert "今天的驗證碼已用完，明天 00:00 後可以再試" in text_of(answers[-1])


def test_verified_address_is_kept_while_another_is_on_its_way(mei: Phone, pages: House) -> None:
    ask(mei)
    enter(mei, pages)
    ask(mei, address=TWO)
    text = mei.text(ACCOUNT)
    assert "m***@example.org 等您輸入驗證碼：w***@example.org 已驗證" in text
    assert held(pages)[EMAIL1].address == ONE


def test_address_is_removed_after_a_question(mei: Phone, pages: House) -> None:
    ask(mei)
    enter(mei, pages)
    assert "移除後不再送到 m***@example.org" in mei.text(f"{CONTACT}/email1/remove")
    assert mei.post(f"{CONTACT}/email1/remove", {}).status_code == 303
    assert held(pages)[EMAIL1] == Contact(EMAIL1, "", is_verified=False)
    assert mei.get(f"{CONTACT}/email1/remove").location == f"{CONTACT}/email1"


def test_address_taken_out_and_typed_again_at_once_says_how_long_to_wait(
    mei: Phone, pages: House
) -> None:
    ask(mei)
    enter(mei, pages)
    mei.post(f"{CONTACT}/email1/remove", {})
    again = mei.post(f"{CONTACT}/email1", {"address": ONE})
    assert again.status_code == 422
    assert "請 60 秒後再取得" in text_of(again)
    assert f'value="{ONE}"' in again.text


@pytest.mark.usefixtures("sms_service")
def test_ordered_texts_follow_the_new_number(mei: Phone, pages: House, family: Family) -> None:
    order_id = ordered(pages, family, OrderState.ACTIVE)
    ask(mei, PHONE, MOBILE)
    assert "到校和離校簡訊 寄到 0912***123" in mei.text("/liff/sms")
    enter(mei, pages, PHONE)
    page = mei.text("/liff/sms")
    assert "到校和離校簡訊 寄到 0912***678" in page
    assert "更改手機 2026/11/23 07:20・您" in page
    assert mei.get(f"/liff/sms/{order_id}").status_code == 200


@pytest.mark.usefixtures("sms_service")
def test_number_that_ordered_texts_go_to_is_not_taken_out(
    mei: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.ACTIVE)
    path = f"{CONTACT}/phone/remove"
    assert "訂購的簡訊送到 0912***123，現在不能移除。" in mei.text(path)
    assert mei.post(path, {}, form_at="/liff/?prove=1").location == path
    assert held(pages)[PHONE].is_verified
    with transaction(pages.engine) as session:
        session.execute(update(SmsOrder).values(state="期滿", ended_at=pages.clock.now()))
    assert "移除後不再送到 0912***123" in mei.text(path)
    assert mei.post(path, {}).status_code == 303
    assert not held(pages)[PHONE].address


def test_proved_address_outlives_the_next_sign_in_at_taipei_pass(
    mei: Phone, pages: House, outside: Outside
) -> None:
    ask(mei)
    enter(mei, pages)
    outside.be_member(f"pass-{MEI[-6:]}", email="city@example.org")
    mei.come_back(mei.go_to_pass())
    mei.confirm()
    assert held(pages)[EMAIL1] == Contact(EMAIL1, ONE, is_verified=True)


def test_address_of_taipei_pass_is_not_put_beside_its_twin(
    mei: Phone, pages: House, outside: Outside
) -> None:
    ask(mei, EMAIL2)
    enter(mei, pages, EMAIL2)
    outside.be_member(f"pass-{MEI[-6:]}", email=ONE.upper())
    mei.come_back(mei.go_to_pass())
    mei.confirm()
    assert held(pages)[EMAIL1].address == ""


@pytest.mark.parametrize("path", ["email1", "phone", "email1/remove"])
def test_changing_an_address_wants_a_sign_in_of_just_now(
    mei: Phone, pages: House, path: str
) -> None:
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=11))  # type: ignore[attr-defined]
    assert "data-next" in mei.get(f"{CONTACT}/{path}").text
    answer = mei.post(f"{CONTACT}/{path}", {"address": ONE}, form_at=ACCOUNT)
    assert answer.status_code in (303, 403)
    assert rows(pages) == []


@pytest.mark.parametrize("path", ["", "/code", "/remove"])
def test_field_that_is_none_is_not_there(mei: Phone, path: str) -> None:
    assert mei.get(f"{CONTACT}/email3{path}").status_code == 404


def test_nobody_reads_or_proves_anothers_address(
    mei: Phone, hua: Phone, pages: House, family: Family
) -> None:
    ask(mei)
    page = hua.get(f"{CONTACT}/email1/code")
    assert (page.status_code, page.location) == (303, f"{CONTACT}/email1")
    hua.post(f"{CONTACT}/email1/code", {"code": _code(pages)}, form_at=ACCOUNT)
    assert not held(pages)[EMAIL1].is_verified
    assert "m***@example.org" not in hua.get(ACCOUNT).text


def test_channel_that_is_off_is_said_and_takes_no_address(
    pages: House, outside: Outside, family: Family
) -> None:
    bare = pages.settings.model_copy(update={"app_env": AppEnv.PRODUCTION})
    closed = make_app(replace(pages, settings=bare), lambda *_: None)
    phone = Phone(closed, outside).sign_in(MEI)
    assert "本學期未提供，暫時不能驗證" in phone.text(f"{CONTACT}/email1")
    answer = phone.post(f"{CONTACT}/email1", {"address": ONE}, form_at=ACCOUNT)
    assert answer.status_code == 422
    assert "手機 沒有填 本學期未提供" in phone.text(ACCOUNT)
    assert rows(pages) == []
