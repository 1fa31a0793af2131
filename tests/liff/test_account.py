"""我的帳號: test notice, size of letters, and everything one step away."""

from datetime import time, timedelta

import pytest
from sqlmodel import select

from core.calendar.channels import Offer, semester_at, set_offers
from core.calendar.scopes import CITY
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, NoticeKind, OfferState
from core.notices.tables import Notice
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.friends import record_friendship
from core.people.guardians import find_guardian
from core.people.tables import Guardian
from core.privacy.stopping import stop_notices
from tests.factories import MEI, mei_of
from tests.liff.phone import Phone

PAGE = "/liff/account"


def sent_tests(house: House) -> list[Notice]:
    """The test notices in the outbox."""
    with snapshot(house.engine) as session:
        return list(session.exec(select(Notice).where(Notice.kind == NoticeKind.TEST)))


def later(house: House, **span: float) -> None:
    """Let time pass."""
    house.clock.move_to(house.clock.now() + timedelta(**span))  # type: ignore[attr-defined]


def test_page_leads_everywhere_and_shows_no_raw_id(mei: Phone) -> None:
    page = mei.get(PAGE)
    for path in ("contact/email1", "contact/email2", "contact/phone"):
        assert f'href="/liff/account/{path}"' in page.text
    for path in ("/liff/my-data", "/liff/consents", "/liff/my-data/delete"):
        assert f'href="{path}"' in page.text
    assert 'action="/liff/session/end-everywhere"' in page.text
    assert MEI not in page.text


def test_test_notice_goes_to_ones_own_line_once_in_ten_minutes(mei: Phone, pages: House) -> None:
    for note in ("tested", "test_again"):
        answer = mei.post(f"{PAGE}/test", {}, form_at=PAGE)
        assert (answer.status_code, answer.location) == (303, f"{PAGE}?note={note}")
    (notice,) = sent_tests(pages)
    assert notice.line_user_id == MEI
    assert "收到這則測試，表示 LINE 通知正常。" in bytes(notice.content).decode()
    assert "剛才已送出" in mei.text(f"{PAGE}?note=test_again")


def test_five_tests_a_day_are_enough(mei: Phone, pages: House) -> None:
    notes = []
    for _ in range(6):
        notes.append(mei.post(f"{PAGE}/test", {}, form_at=PAGE).location.partition("note=")[2])
        later(pages, minutes=10)
    assert notes == ["tested"] * 5 + ["test_limit"]


def test_no_test_is_offered_where_line_does_not_reach(mei: Phone, pages: House) -> None:
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=now)
    page = mei.get(PAGE)
    assert f'action="{PAGE}/test"' not in page.text
    assert "收不到通知" in page.text


def test_old_page_sends_no_test_to_who_stopped_meanwhile(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        stop_notices(session, guardian.id, pages.clock.now())
    assert mei.post(f"{PAGE}/test", {}, form_at=PAGE).location == f"{PAGE}?note="
    assert sent_tests(pages) == []


@pytest.mark.parametrize(("size", "sheet"), [("large", "large.css"), ("largest", "largest.css")])
def test_chosen_size_is_kept_and_holds_on_every_page(
    mei: Phone, pages: House, size: str, sheet: str
) -> None:
    answer = mei.post(f"{PAGE}/text-size", {"size": size}, form_at=PAGE)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?note=sized")
    for path in ("/liff/home", PAGE, "/liff/help", "/liff/my-data"):
        assert f"/static/{sheet.removesuffix('.css')}." in mei.get(path).text
    with snapshot(pages.engine) as session:
        guardian = find_guardian(session, MEI)
    assert guardian is not None
    assert guardian.text_size == size
    assert f'value="{size}" aria-pressed="true"' in mei.get(PAGE).text


def test_standard_size_costs_nothing_and_nonsense_changes_nothing(mei: Phone) -> None:
    mei.post(f"{PAGE}/text-size", {"size": "huge"}, form_at=PAGE)
    assert "large" not in mei.get("/liff/home").text


def test_size_of_one_is_not_the_size_of_another(mei: Phone, hua: Phone) -> None:
    mei.post(f"{PAGE}/text-size", {"size": "largest"}, form_at=PAGE)
    assert "largest.css" not in hua.get("/liff/home").text


def test_letters_can_come_once_a_day_and_again_one_by_one(mei: Phone, pages: House) -> None:
    assert "e-mail 什麼時候寄" not in mei.text(PAGE)
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, mei_of(pages).id)
        contact = Contact(ContactSlot.EMAIL1, "mei@example.org", True)
        write_contact(session, pages.vault, guardian.id, contact, pages.clock.now())
        offers = {Channel.EMAIL: Offer(OfferState.OFFERED)}
        semester = semester_at(session, CITY, school_day_of(pages.clock.now()))
        set_offers(session, CITY, semester, offers, by="staff:x", now=pages.clock.now())
    assert "「尚無刷卡紀錄」、更正和停課仍會馬上寄。" in mei.text(PAGE)
    for typed, kept in (("18:00", time(18)), ("03:00", time(18)), ("", None)):
        answer = mei.post(f"{PAGE}/letters", {"emails_at": typed}, form_at=PAGE)
        assert answer.status_code == 303
        assert mei_of(pages).emails_at == kept
        if kept:
            assert '<option value="18:00" selected>每天 18:00 一封' in mei.get(PAGE).text


def test_monthly_test_can_be_declined_and_had_again(mei: Phone, pages: House) -> None:
    assert "超過 30 天沒有通知送到時" in mei.text(PAGE)
    for wanted, word in (("", "恢復每月測試"), ("on", "不用每月測試")):
        mei.post(f"{PAGE}/monthly-test", {"wanted": wanted}, form_at=PAGE)
        assert mei_of(pages).wants_tests == bool(wanted)
        assert word in mei.text(PAGE)
