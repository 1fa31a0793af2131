"""學生證掛失 on the pages: read first, then blocked for good."""

import re
from uuid import UUID

from core.db import snapshot, transaction
from core.gate.cards import give_card
from core.house import House
from core.people.lost_cards import live_card
from tests.liff.conftest import Family
from tests.liff.phone import Phone


def _card_on(phone: Phone, page: str) -> str:
    found = re.search(r'name="card" value="([^"]+)"', phone.get(page).text)
    assert found
    return found.group(1)


def _has_card(house: House, family: Family) -> bool:
    with snapshot(house.engine) as session:
        return live_card(session, UUID(family.student_id)) is not None


def test_guardian_reads_what_it_costs_and_blocks_the_card(
    mei: Phone, family: Family, pages: House
) -> None:
    page = f"{family.page}/lost-card"
    read = mei.text(page)
    for words in ("立即生效，不能復原", "113 元", "尚無刷卡紀錄", "我了解，掛失", "先不要"):
        assert words in read
    answer = mei.post(page, {"card": _card_on(mei, page)})
    assert "已掛失 11/23（一）07:20" in mei.text(answer.location)
    assert not _has_card(pages, family)
    assert "學生證已在 11/23（一）07:20 停用" in mei.text(family.page)
    assert "學生證掛失" not in mei.text(family.page), "nothing is left to block"


def test_second_press_of_an_old_form_leaves_the_new_card_alone(
    mei: Phone, family: Family, pages: House
) -> None:
    page = f"{family.page}/lost-card"
    shown = _card_on(mei, page)
    with transaction(pages.engine) as session:
        student = UUID(family.student_id)
        now = pages.clock.now()
        give_card(session, "liff", uid="04AABBCC", student_id=student, by="school", now=now)
    answer = mei.post(page, {"card": shown})
    assert "沒有再掛失" in mei.text(answer.location)
    assert _has_card(pages, family)
    for wrong in ("", "x", family.student_id):
        mei.post(page, {"card": wrong})
    assert _has_card(pages, family)


def test_stranger_blocks_nobodys_card(mei: Phone, hua: Phone, family: Family, pages: House) -> None:
    page = f"{family.page}/lost-card"
    shown = _card_on(mei, page)
    assert hua.get(page).status_code == 404
    assert hua.post(page, {"card": shown}, form_at="/liff/account").status_code == 404
    assert _has_card(pages, family)
