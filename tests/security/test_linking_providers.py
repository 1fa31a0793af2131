"""Taipei Pass slow, odd or down: linking fails closed and says so."""

from typing import Any

import pytest

from core.db import snapshot, transaction
from core.house import House
from core.identity.tickets import Browser, Start, find_ticket, open_ticket
from core.people.guardians import find_guardian, is_gold_level
from tests.factories import MEI
from tests.liff.outside import Outside
from tests.liff.phone import Phone

ODD: list[Any] = [
    [],
    "TP_SUCCESS",
    None,
    7,
    {"name": "TP_SUCCESS"},
    {"name": "TP_SUCCESS", "status": 500, "data": {}},
    {"name": ["TP_SUCCESS"], "data": {"id": "p", "realName": "林雅婷", "verifyLevel": "3"}},
    {"name": "TP_SUCCESS", "data": {"id": 7, "realName": "林雅婷", "verifyLevel": "3"}},
    {"name": "TP_SUCCESS", "data": {"id": "p q", "realName": "林雅婷", "verifyLevel": "3"}},
    {"name": "TP_SUCCESS", "data": {"id": "p", "realName": 3, "verifyLevel": "3"}},
    {"name": "TP_SUCCESS", "data": {"id": "p", "realName": "", "verifyLevel": "3"}},
    {"name": "TP_SUCCESS", "data": {"id": "p", "realName": "林雅婷", "verifyLevel": "３"}},
    {"name": "TP_SUCCESS", "data": {"id": "p", "realName": "林雅婷", "verifyLevel": "-1"}},
    {"name": "TP_SUCCESS", "data": {"id": "p", "realName": "林雅婷", "verifyLevel": ""}},
]


@pytest.mark.parametrize("envelope", ODD, ids=str)
def test_odd_profile_links_nobody_and_says_so(
    phone: Phone, pages: House, outside: Outside, envelope: Any
) -> None:
    state = phone.sign_in(MEI).go_to_pass()
    outside.profile = envelope
    answer = phone.come_back(state)
    assert answer.status_code == 503
    assert "台北通暫時無法登入" in answer.text
    with snapshot(pages.engine) as database:
        assert find_guardian(database, MEI) is None


@pytest.mark.parametrize("level", ["0", "00", "", "３", "gold", "-3", "3 "])
def test_level_that_is_not_a_number_above_zero_is_not_gold(level: str) -> None:
    assert not is_gold_level(level)


def test_provider_that_keeps_failing_is_left_in_peace(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    outside.broken.add("/tpcd/oauth/token")
    phone.sign_in(MEI)
    for _ in range(12):
        assert phone.come_back(phone.go_to_pass()).status_code == 503
    assert outside.asked.count("/tpcd/oauth/token") == 10


def test_profile_is_asked_for_again_and_a_code_is_not(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    outside.failing_once.add("/tpcd/api/v1.0.9/user/my")
    assert phone.sign_in(MEI).come_back(phone.go_to_pass()).status_code == 303
    assert len(outside.token_forms) == 1


@pytest.mark.parametrize("path", ["/tpcd/oauth/token", "/tpcd/api/v1.0.9/user/my"])
def test_redirect_of_the_provider_is_not_followed(
    phone: Phone, outside: Outside, path: str
) -> None:
    outside.be_member("pass-1")
    outside.redirecting.add(path)
    assert phone.sign_in(MEI).come_back(phone.go_to_pass()).status_code == 503
    assert "/elsewhere" not in outside.asked


def test_ticket_of_one_provider_is_none_of_another(house: House) -> None:
    browser = Browser("browser", MEI)
    with transaction(house.engine) as session:
        start = Start("bureau", "state")
        open_ticket(session, house.vault, browser, start, house.clock.now())
    with snapshot(house.engine) as session:
        assert find_ticket(session, browser, Start("taipei_pass", "state")) is None
        assert find_ticket(session, browser, start) is not None
