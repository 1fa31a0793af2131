"""Rich menus: published once, shown to whom they fit."""

import pytest

from bot.answer import MenuKind
from bot.line_api import LineApi, LineError
from bot.rich_menus import RichMenus, menu_body, menu_changer, menu_name, set_up
from core.house import House
from tests.bot.conftest import with_line
from tests.bot.fake_line import FakeLine, closed_port
from tests.factories import MEI

# These talk to LINE only, so one engine is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_publishing_twice_changes_nothing(bot_house: House, line: FakeLine) -> None:
    first = set_up(bot_house)
    menus, calls = dict(line.menus), len(line.calls)

    assert set_up(bot_house) == first
    assert line.menus == menus
    again = {(call.method, call.path) for call in line.calls[calls:]}
    assert again == {
        ("GET", "/v2/bot/richmenu/list"),
        ("POST", f"/v2/bot/user/all/richmenu/{line.default_menu}"),
        ("PUT", "/v2/bot/channel/webhook/endpoint"),
    }


def test_setting_up_tells_line_where_we_listen(bot_house: House, line: FakeLine) -> None:
    set_up(bot_house)

    call = line.paths("/channel/webhook/endpoint")[0]
    assert call.body == {"endpoint": f"{bot_house.settings.base_url}/line/webhook"}


def test_the_unbound_menu_is_the_default(bot_house: House, line: FakeLine) -> None:
    set_up(bot_house)

    assert line.menus[line.default_menu]["name"] == menu_name(MenuKind.UNBOUND)
    assert line.pictures == set(line.menus)


def test_older_menus_of_ours_go_and_others_stay(bot_house: House, line: FakeLine) -> None:
    line.menus["old"] = menu_body(MenuKind.PARENT) | {
        "richMenuId": "old",
        "name": "gate-notices parent 000000000000",
    }
    line.menus["theirs"] = menu_body(MenuKind.PARENT) | {"richMenuId": "theirs", "name": "campaign"}

    set_up(bot_house)

    assert "old" not in line.menus
    assert "theirs" in line.menus


def test_a_menu_whose_picture_fails_is_not_left_behind(bot_house: House, line: FakeLine) -> None:
    line.answers["/v2/bot/richmenu/richmenu-"] = [(500, {"message": "Internal error"})]

    with pytest.raises(LineError):
        set_up(bot_house)

    assert line.menus == {}


def test_binding_shows_the_parent_menu_and_unlinking_takes_it_away(
    bot_house: House, line: FakeLine
) -> None:
    set_up(bot_house)
    change = menu_changer(bot_house)

    change(MEI, True)
    assert line.menus[line.linked[MEI]]["name"] == menu_name(MenuKind.PARENT)
    change(MEI, False)
    assert line.linked == {}


def test_a_replaced_menu_is_looked_up_again(bot_house: House, line: FakeLine) -> None:
    menus = RichMenus(LineApi(bot_house.settings))
    menus.publish()
    line.answers[f"/v2/bot/user/{MEI}/richmenu"] = [(404, {"message": "Not found"})]

    menus.show(MEI, MenuKind.PARENT)
    menus.show(MEI, MenuKind.PARENT)

    assert MEI in line.linked


def test_changing_a_menu_never_raises(house: House, line: FakeLine) -> None:
    menu_changer(with_line(house, line.url))(MEI, True)
    menu_changer(with_line(house, closed_port()))(MEI, True)

    assert line.linked == {}
