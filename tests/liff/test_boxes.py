"""通知我: what the grid says of each channel, and what it refuses."""

from uuid import UUID

import pytest
from sqlmodel import Session

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind, OfferState
from core.orders.plan_book import record_plan
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.guardians import find_guardian
from core.people.subscriptions import boxes_of
from core.people.tables import Guardian
from tests.factories import MEI, make_binding, make_school, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.orders.shop import PLAN


def offer(house: House, scope: str = CITY, **states: str) -> None:
    """Say what a scope offers this semester."""
    wanted = {Channel(name): Offer(OfferState(state)) for name, state in states.items()}
    with transaction(house.engine) as session:
        now = house.clock.now()
        set_offers(session, scope, Semester(115, 1), wanted, by="staff:x", now=now)


def mei_in(session: Session) -> Guardian:
    """Mei's row."""
    guardian = find_guardian(session, MEI)
    assert guardian is not None
    return guardian


def verify(house: House, *, email: bool = False, phone: bool = False) -> None:
    """Mei's e-mail and phone are there, and proved if told so."""
    with transaction(house.engine) as session:
        for contact in (
            Contact(ContactSlot.EMAIL1, "mei@example.org", email),
            Contact(ContactSlot.PHONE, "0912000111", phone),
        ):
            write_contact(session, house.vault, mei_in(session).id, contact, house.clock.now())


def boxes(house: House, binding_id: str) -> set[str]:
    """The boxes that are on."""
    with snapshot(house.engine) as session:
        return {f"{c}_{k}" for c, k in boxes_of(session, UUID(binding_id))}


LINES = {f"line_{kind}": "on" for kind in EventKind}


def test_each_channel_says_how_it_stands(mei: Phone, family: Family, pages: House) -> None:
    page = mei.text(family.page)
    assert "LINE 已連結" in page
    for name in ("e-mail", "簡訊", "酷課 APP"):
        assert f"{name} 本學期未提供" in page
    offer(pages, email="best_effort", sms="offered", app="offered")
    page = mei.text(family.page)
    assert "e-mail 要先驗證信箱 盡力提供（可能較慢）" in page
    assert "簡訊 請先驗證手機" in page
    # Offered, but nothing here could send it.
    assert "酷課 APP 本學期未提供" in page
    verify(pages, email=True, phone=True)
    page = mei.text(family.page)
    assert "e-mail 信箱已驗證 盡力提供（可能較慢）" in page
    assert "簡訊 本學期只提供未到校簡訊，不收費" in page
    with transaction(pages.engine) as session:
        record_plan(session, PLAN, by="operator", now=pages.clock.now())
    assert "簡訊 簡訊需先訂購；未到校不收費" in mei.text(family.page)


def test_a_box_tells_a_screen_reader_whether_it_is_on(mei: Phone, family: Family) -> None:
    page = mei.text(family.page)
    assert "LINE 到校，已訂閱" in page
    assert "e-mail 到校，未訂閱" in page
    shut = mei.get(family.page).text.count("disabled></label>")
    assert shut == 9


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("email_arrival", "勾了 e-mail 但還沒驗證，請先驗證"),
        ("sms_no_show", "勾了簡訊但手機還沒驗證，請先驗證"),
        ("app_arrival", "這個方式本學期未提供"),
    ],
)
def test_unready_box_is_refused_beside_its_row_and_changes_nothing(
    mei: Phone, family: Family, pages: House, box: str, words: str
) -> None:
    offer(pages, email="offered", sms="offered")
    answer = mei.post(family.page, {"line_arrival": "on", box: "on"})
    assert answer.status_code == 422
    assert text_of(answer).count(words) == 2, "in the summary and beside the row"
    assert f'href="#{box}"' in answer.text
    assert "錯誤：" in answer.text
    assert boxes(pages, family.binding_id) == set(LINES)
    is_shut = box.startswith("app")
    assert (f'name="{box}" value="on" checked' in answer.text) is not is_shut, "the tick stays"


def test_sms_without_an_order_carries_no_shows_only(
    mei: Phone, family: Family, pages: House
) -> None:
    offer(pages, sms="offered")
    verify(pages, phone=True)
    answer = mei.post(family.page, {"sms_arrival": "on"})
    assert answer.status_code == 422
    assert "勾了簡訊但還沒有生效的訂購" in answer.text
    assert mei.post(family.page, {"sms_no_show": "on"}).status_code == 303
    assert boxes(pages, family.binding_id) == {"sms_no_show"}


def test_verified_email_is_saved_in_one_tap(mei: Phone, family: Family, pages: House) -> None:
    offer(pages, email="offered")
    verify(pages, email=True)
    answer = mei.post(family.page, {**LINES, "email_no_show": "on"})
    assert answer.status_code == 303
    assert boxes(pages, family.binding_id) == {*LINES, "email_no_show"}
    assert "e-mail 未到校，已訂閱" in mei.text(family.page)


def test_box_ticked_before_does_not_stop_the_others(
    mei: Phone, family: Family, pages: House
) -> None:
    offer(pages, email="offered")
    verify(pages, email=True)
    mei.post(family.page, {"email_no_show": "on"})
    verify(pages)
    answer = mei.post(family.page, {"email_no_show": "on", "line_arrival": "on"})
    assert answer.status_code == 303
    assert boxes(pages, family.binding_id) == {"email_no_show", "line_arrival"}
    assert "要先驗證信箱" in mei.text(family.page)


def test_channel_closed_for_a_term_keeps_its_boxes_for_the_next(
    mei: Phone, family: Family, pages: House
) -> None:
    offer(pages, email="offered")
    verify(pages, email=True)
    mei.post(family.page, {"email_no_show": "on"})
    offer(pages, email="not_offered")
    assert 'name="email_no_show" value="on" checked' not in mei.get(family.page).text
    mei.post(family.page, {"line_arrival": "on"})
    offer(pages, email="offered")
    assert boxes(pages, family.binding_id) == {"email_no_show", "line_arrival"}


def test_all_children_get_what_each_school_offers_and_it_says_so(
    mei: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        make_school(session, "353608", short_name="槐香國小")
        sister = make_student(session, pages, name="王小華", number="2", school_code="353608")
        other = str(make_binding(session, mei_in(session), sister).id)
    offer(pages, email="offered")
    offer(pages, "353608", email="not_offered")
    verify(pages, email=True)
    wish = {"line_arrival": "on", "email_no_show": "on", "apply_to_all": "on"}
    answer = mei.post(family.page, wish)
    assert boxes(pages, family.binding_id) == {"line_arrival", "email_no_show"}
    assert boxes(pages, other) == {"line_arrival"}
    page = mei.text(answer.location)
    assert "已儲存，並套用到所有孩子。" in page
    assert "小華的學校本學期未提供 e-mail，這部分沒有套用。" in page


def test_fault_for_one_child_changes_none(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        sister = make_student(session, pages, name="王小華", number="2")
        other = str(make_binding(session, mei_in(session), sister).id)
    offer(pages, email="offered")
    answer = mei.post(family.page, {"email_arrival": "on", "apply_to_all": "on"})
    assert answer.status_code == 422
    assert boxes(pages, other) == boxes(pages, family.binding_id) == set(LINES)
