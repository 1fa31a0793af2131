"""Signing in as a phone does it, when the token was used elsewhere or is too old."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.conftest import MOTHER, World
from tests.browser.test_liff import complaints, link_and_bind, press, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def opened(world: World, path: str = "/home") -> str:
    """Return the address with tokens that LINE sends the mother's phone to."""
    answer = requests.get(world.from_chat(path, MOTHER), allow_redirects=False)
    return answer.headers["Location"]


def use_elsewhere(world: World, address: str) -> None:
    """Sign in with the token of the address in some other browser."""
    browser = requests.Session()
    page = browser.get(f"{world.base_url}/liff/").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    token = parse_qs(urlsplit(address).fragment)["id_token"][0]
    fields = {"csrf_token": found.group(1), "id_token": token}
    assert browser.post(f"{world.base_url}/liff/session", data=fields).status_code == 204
    # A token of the same second would be the same token.
    later(world, 1)


def later(world: World, minutes: int) -> None:
    """Let time pass for the pages and for LINE."""
    now = world.house.clock.now() + timedelta(minutes=minutes)
    world.house.clock.move_to(now)
    requests.post(f"{world.sandbox_url}/clock", json={"now": now.isoformat()})


def shown(phone: Chrome, selector: str) -> bool:
    """Tell whether it is there to be pressed."""
    return any(one.is_displayed() for one in phone.find_elements(By.CSS_SELECTOR, selector))


def test_used_token_inside_line_says_to_close_and_open_again(phone: Chrome, world: World) -> None:
    address = opened(world)
    use_elsewhere(world, address)
    phone.get(address)
    wait_for(phone, "請關閉這一頁，從聊天重新開啟。")
    assert shown(phone, "[data-close]")
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, "三個步驟")


def test_used_token_outside_line_leads_to_a_new_sign_in(phone: Chrome, world: World) -> None:
    address = f"{opened(world)}&external=1"
    use_elsewhere(world, address)
    phone.get(address)
    wait_for(phone, "林雅婷")
    press(phone, "林雅婷")
    wait_for(phone, "三個步驟")


def test_page_opened_again_with_the_token_it_had_goes_on(phone: Chrome, world: World) -> None:
    link_and_bind(world, MOTHER)
    phone.get(opened(world))
    wait_for(phone, "小明")
    phone.get(f"{world.base_url}/liff/")
    wait_for(phone, "小明")
    later(world, 31)
    phone.get(f"{world.base_url}/liff/account")
    wait_for(phone, "所有裝置登出")


def test_old_proof_inside_line_offers_both_ways_to_prove_it_anew(
    phone: Chrome, world: World
) -> None:
    link_and_bind(world, MOTHER)
    phone.get(opened(world))
    wait_for(phone, "小明")
    later(world, 11)
    phone.get(f"{world.base_url}/liff/children/new")
    wait_for(phone, "這一步要再確認一次身分。")
    assert shown(phone, "[data-close]")
    assert shown(phone, "[data-pass]")
    phone.get(world.from_chat("/children/new", MOTHER))
    wait_for(phone, "填寫的資料會和學校登記的核對。")
    assert [one for one in complaints(phone, world) if " 40" not in one] == []


def test_old_proof_outside_line_is_renewed_by_signing_in_again(phone: Chrome, world: World) -> None:
    link_and_bind(world, MOTHER)
    phone.get(f"{opened(world)}&external=1")
    wait_for(phone, "小明")
    later(world, 11)
    phone.get(f"{world.base_url}/liff/children/new")
    wait_for(phone, "林雅婷")
    press(phone, "林雅婷")
    wait_for(phone, "填寫的資料會和學校登記的核對。")


def test_signing_out_everywhere_ends_at_a_page_with_a_way_back(phone: Chrome, world: World) -> None:
    link_and_bind(world, MOTHER)
    phone.get(opened(world, "/account"))
    wait_for(phone, "我的帳號")
    press(phone, "所有裝置登出")
    wait_for(phone, "所有裝置都已登出")
    press(phone, "重新登入")
    wait_for(phone, "請關閉這一頁，從聊天重新開啟。")
