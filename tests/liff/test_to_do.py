"""待辦 on the first page: one line and one page for each, and never more than two banners."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select, update

from core.binding.requests import ask_school
from core.db import transaction
from core.house import House
from core.people.friends import record_friendship
from core.people.guardians import EMAIL, PHONE
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, Card, Guardian, Subscription
from liff.to_do import ORDER, pick_banners
from tests.factories import MEI, make_binding, make_reader, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.liff.test_child_page import at

HOME = "/liff/home"


def tick(session: Session, family: Family, channel: str) -> None:
    """Mei ticked the arrival of a channel when it was offered."""
    row = {"binding_id": UUID(family.binding_id), "kind": "arrival", "is_on": True}
    session.add(Subscription(channel=channel, changed_at=at(7, 0), **row))


def test_nothing_to_do_is_no_list(mei: Phone) -> None:
    assert "待辦" not in mei.text(HOME)


def test_child_without_a_box_leads_to_the_boxes(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        binding_id = UUID(family.binding_id)
        save_boxes(session, binding_id=binding_id, wanted=frozenset(), now=at(7, 0))
    answer = mei.get(HOME)
    assert "待辦 勾選小明的通知 現在一項都沒有勾選，收不到任何通知。" in text_of(answer)
    assert f'href="{family.page}#boxes"' in answer.text.partition("待辦")[2]


@pytest.mark.parametrize(
    ("channel", "task", "address"),
    [
        ("email", "驗證 e-mail", "email1"),
        ("email", "驗證 e-mail", "email2"),
        ("sms", "驗證手機", "phone"),
    ],
)
def test_ticked_way_is_to_be_verified_until_one_address_is(
    mei: Phone, pages: House, family: Family, channel: str, task: str, address: str
) -> None:
    assert task not in mei.text(HOME)
    with transaction(pages.engine) as session:
        tick(session, family, channel)
    assert task in mei.text(HOME)
    purpose = PHONE if address == "phone" else EMAIL
    sealed = pages.vault.seal("0912345678", purpose)
    with transaction(pages.engine) as session:
        session.execute(update(Guardian).values({f"{address}_sealed": sealed}))
    assert task in mei.text(HOME)
    with transaction(pages.engine) as session:
        session.execute(update(Guardian).values({f"{address}_is_verified": True}))
    assert task not in mei.text(HOME)


def test_ended_card_leads_to_what_can_be_done(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(Card).values(valid_until=at(7, 5)))
    answer = mei.get(HOME)
    assert "替小明向學校申請補卡 學生證已在 11/23（一）07:05 停用" in text_of(answer)
    assert f'href="{family.page}/lost-card"' in answer.text


def test_waiting_for_a_school_is_told_beside_the_other_child(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        sister = make_student(session, pages, name="王小華", number="11510002")
        ask_school(session, UUID(family.guardian_id), sister.id, "mother", "five_facts", at(7, 0))
    assert "待辦 小華的綁定等學校確認" in mei.text(HOME)


def test_who_stopped_all_notices_is_not_asked_to_tick(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        binding_id = UUID(family.binding_id)
        save_boxes(session, binding_id=binding_id, wanted=frozenset(), now=at(7, 0))
        session.execute(update(Guardian).values(stopped_at=at(7, 0)))
    page = mei.text(HOME)
    assert "已停止使用" in page
    assert "待辦" not in page


def test_stranger_has_nothing_of_meis_to_do(hua: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(Card).values(valid_until=at(7, 5)))
    assert "補卡" not in hua.text(HOME)


def test_two_banners_stand_at_most_and_the_rest_is_at_the_foot(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=at(7, 2))
        record_friendship(session, line_user_id=MEI, is_following=False, at=at(7, 0))
        session.execute(update(Guardian).values(stopped_at=at(7, 0)))
    page = mei.get(f"{HOME}?note=unbound")
    assert page.text.count('<div class="banner') == 2
    assert "已停止使用" in page.text
    assert "已解除綁定" in page.text
    foot = page.text.partition('<p class="foot">')[2]
    assert "榕光國小刷卡機 07:02 起沒有連線" in foot


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (set(ORDER), ["on_demand_new", "note"]),
        ({"stopped", "note", "on_demand"}, ["stopped", "note"]),
        ({"on_demand", "doubt"}, ["doubt", "on_demand"]),
        ({"doubt", "reach", "viewing"}, ["reach", "viewing"]),
        (set(), []),
    ],
)
def test_what_was_just_done_is_answered_and_amber_stands_first(
    wanted: set[str], shown: list[str]
) -> None:
    assert pick_banners(frozenset(wanted), beside=0) == shown


def test_pressing_announcements_take_one_of_the_two_places() -> None:
    wanted = frozenset({"note", "doubt"})
    assert pick_banners(wanted, beside=1) == pick_banners(wanted, beside=3) == ["note"]


def test_children_keep_their_order_whatever_happens(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        for number, (name, grade) in enumerate((("王小乙", 2), ("王小甲", 4), ("王小丙", 2))):
            child = make_student(session, pages, name=name, number=f"1151001{number}", grade=grade)
            child.seat_number = 20 - number
            make_binding(session, guardian, child)
        newest = session.exec(select(Binding).order_by(col(Binding.id))).first()
        assert newest
        newest.bound_at += timedelta(days=1)
    page = mei.text(HOME)
    places = [page.index(name) for name in ("小明", "小甲", "小丙", "小乙")]
    assert places == sorted(places)
