"""酷課 APP: connecting it, ending that, and what the other pages say of it."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.db import snapshot, transaction
from core.house import House
from core.identity.identities import Provider, add_identity, drop_identity
from core.kinds import EventKind
from core.people.guardians import PassMember
from core.people.tables import Guardian
from core.settings import load_settings
from tests.app_push.conftest import ACCOUNT
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.liff.test_boxes import boxes, offer
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import with_app
from tests.sandbox.client import SandboxClient

__all__ = ["post_process", "sandbox"]
PAGE, END = "/liff/account/app", "/liff/account/app/end"
IN_APP = {f"app_{kind}": "on" for kind in EventKind}


@pytest.fixture
def pages(pages: House, sandbox: SandboxClient) -> House:
    """The house with the bureau's gateway."""
    return replace(pages, settings=pages.settings.model_copy(update=set_up(sandbox)))


def set_up(sandbox: SandboxClient) -> dict[str, object]:
    """The settings of the gateway as they are read."""
    given = with_app(sandbox)
    settings = load_settings(_env_file=None, **given)
    return {name: getattr(settings, name) for name in given}


def add_account(house: House, family: Family, account: str = ACCOUNT) -> None:
    """Mei signed in at the bureau."""
    with transaction(house.engine) as session:
        add_identity(
            session,
            house.vault,
            provider=Provider.BUREAU,
            member=PassMember(account, "林雅婷", "0", None, None),
            guardian_id=UUID(family.guardian_id),
            now=house.clock.now(),
        )


def is_connected(house: House, family: Family) -> bool:
    """Tell whether a token is held."""
    with snapshot(house.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        return guardian.app_token_sealed is not None


def test_page_says_what_to_do_next_until_it_is_connected(
    mei: Phone, family: Family, pages: House
) -> None:
    assert "本學期未提供，不用辦理" in mei.text(PAGE)
    offer(pages, app="offered")
    page = mei.get(PAGE)
    assert "加入您的教育局帳號，登入一次" in text_of(page)
    assert 'href="/liff/bureau/start"' in page.text
    add_account(pages, family)
    assert "教育局帳號：已加入（林○婷）" in mei.text(PAGE)
    answer = mei.post(PAGE, {})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?note=connected")
    said = mei.text(answer.location)
    assert "已連結酷課 APP。請到孩子的頁面勾選要收的通知" in said
    assert is_connected(pages, family)


def test_grid_lets_boxes_be_ticked_once_it_is_connected(
    mei: Phone, family: Family, pages: House
) -> None:
    offer(pages, app="offered")
    page = mei.get(family.page)
    assert "酷課 APP 要先連結酷課 APP" in text_of(page)
    assert f'href="{PAGE}"' in page.text
    refused = mei.post(family.page, IN_APP)
    assert refused.status_code == 422
    assert text_of(refused).count("勾了酷課 APP 但還沒連結，請先連結") >= 2
    assert boxes(pages, family.binding_id) == {f"line_{kind}" for kind in EventKind}
    connect(mei, family, pages)
    assert "酷課 APP 已連結" in mei.text(family.page)
    assert mei.post(family.page, IN_APP).status_code == 303
    assert boxes(pages, family.binding_id) == set(IN_APP)


def connect(mei: Phone, family: Family, pages: House) -> None:
    """Offer the app, and have Mei connect it."""
    offer(pages, app="offered")
    add_account(pages, family)
    mei.post(PAGE, {})
    assert is_connected(pages, family)


def test_app_that_is_not_signed_in_is_said_with_what_to_do(
    mei: Phone, family: Family, pages: House, sandbox: SandboxClient
) -> None:
    offer(pages, app="offered")
    add_account(pages, family)
    sandbox.post("/app-push/apps", {"account": ACCOUNT, "signed_in": False})
    answer = mei.post(PAGE, {})
    assert "請先在手機登入酷課 APP" in mei.text(answer.location)
    assert not is_connected(pages, family)


def test_gateway_that_does_not_answer_is_said_and_can_be_tried_again(
    mei: Phone, family: Family, pages: House, sandbox: SandboxClient
) -> None:
    offer(pages, app="offered")
    add_account(pages, family)
    sandbox.fault(endpoint="app_connect", status=500)
    assert "現在沒有回應" in mei.text(mei.post(PAGE, {}).location)
    assert not is_connected(pages, family)
    mei.post(PAGE, {})
    assert is_connected(pages, family)


def test_button_pressed_where_it_is_not_offered_does_nothing(
    mei: Phone, family: Family, pages: House
) -> None:
    add_account(pages, family)
    assert mei.post(PAGE, {}, form_at="/liff/account").location == PAGE
    assert not is_connected(pages, family)


def test_ending_keeps_the_ticks_and_says_what_they_wait_for(
    mei: Phone, family: Family, pages: House
) -> None:
    connect(mei, family, pages)
    mei.post(family.page, IN_APP)
    answer = mei.post(END, {}, form_at=PAGE)
    assert "已中斷連結" in mei.text(answer.location)
    assert not is_connected(pages, family)
    assert boxes(pages, family.binding_id) == set(IN_APP)
    assert "已勾選，要先連結酷課 APP 才收得到" in mei.text(family.page)
    assert "還沒連結，勾選的酷課 APP 通知送不出去" in mei.text("/liff/home")


def test_account_page_shows_how_it_stands(mei: Phone, family: Family, pages: House) -> None:
    assert "酷課 APP 本學期未提供" in mei.text("/liff/account")
    offer(pages, app="offered")
    assert "酷課 APP 還沒連結" in mei.text("/liff/account")
    connect(mei, family, pages)
    said = mei.text("/liff/account")
    assert "酷課 APP 已連結" in said
    assert "會送一則測試到這個 LINE 和酷課 APP" in said


def test_taking_the_account_away_takes_the_app_along(
    mei: Phone, family: Family, pages: House
) -> None:
    connect(mei, family, pages)
    with transaction(pages.engine) as session:
        whose, now = UUID(family.guardian_id), pages.clock.now()
        drop_identity(session, provider=Provider.BUREAU, guardian_id=whose, now=now)
    assert "加入您的教育局帳號" in mei.text(PAGE)


def test_what_is_held_names_the_connection_and_never_the_token(
    mei: Phone, family: Family, pages: House
) -> None:
    connect(mei, family, pages)
    with snapshot(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
    assert guardian.app_token_sealed is not None
    assert guardian.app_token_sealed not in mei.get("/liff/account/data").text


def test_status_names_the_channel_once_it_has_a_gateway(mei: Phone, pages: House) -> None:
    assert "酷課 APP 本學期未提供" in mei.text("/liff/status")
    offer(pages, app="offered")
    assert "酷課 APP 正常" in mei.text("/liff/status")


def test_stranger_can_connect_nothing(hua: Phone, pages: House, family: Family) -> None:
    offer(pages, app="offered")
    add_account(pages, family)
    assert "加入您的教育局帳號" in hua.text(PAGE)
    assert hua.post(PAGE, {}, form_at="/liff/account").location == PAGE
    assert not is_connected(pages, family)
