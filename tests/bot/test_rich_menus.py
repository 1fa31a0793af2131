"""Rich menus: published once, shown to whom they fit."""

import pytest
from click.testing import CliRunner

from bot.answer import MenuKind
from bot.dispatch import Dispatcher
from bot.inbox import store_events
from bot.line_api import LineError
from bot.menu_areas import alias_of, menu_for
from bot.replies.pages import Pages
from bot.revoke_command import revoke
from bot.rich_menus import RichMenus, menu_body, menu_changer, menu_name, set_up
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import invite_staff, revoke_staff, roles_of
from core.people.tables import StaffRole
from core.settings import load_settings
from tests.bot.conftest import with_line
from tests.bot.fake_line import FakeLine, closed_port
from tests.bot.happenings import Json, make_follow, make_postback, make_text
from tests.bot.staff_room import FANG, HO, LIN, make_room
from tests.factories import HUA, MEI

# These talk to LINE only, so one engine is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
START = Pages(load_settings(_env_file=None).liff_id).start


def name_of(kind: MenuKind) -> str:
    return menu_name(kind, START)


def test_publishing_twice_changes_nothing(bot_house: House, line: FakeLine) -> None:
    first = set_up(bot_house)
    menus, calls = dict(line.menus), len(line.calls)

    assert set_up(bot_house) == first
    assert line.menus == menus
    again = {(call.method, call.path) for call in line.calls[calls:]}
    assert again == {
        ("GET", "/v2/bot/richmenu/list"),
        ("GET", "/v2/bot/richmenu/alias/list"),
        ("POST", f"/v2/bot/user/all/richmenu/{line.default_menu}"),
        ("PUT", "/v2/bot/channel/webhook/endpoint"),
    }


def test_setting_up_tells_line_where_we_listen(bot_house: House, line: FakeLine) -> None:
    set_up(bot_house)

    call = line.paths("/channel/webhook/endpoint")[0]
    assert call.body == {"endpoint": f"{bot_house.settings.base_url}/line/webhook"}


def test_the_unbound_menu_is_the_default(bot_house: House, line: FakeLine) -> None:
    set_up(bot_house)

    assert line.menus[line.default_menu]["name"] == name_of(MenuKind.UNBOUND)
    assert line.pictures == set(line.menus)


def test_setting_up_begins_at_one_press_of_the_menu(bot_house: House, line: FakeLine) -> None:
    set_up(bot_house)

    areas = line.menus[line.default_menu]["areas"]
    pages = [one["action"] for one in areas if one["action"]["type"] == "uri"]
    assert pages == [{"type": "uri", "label": "開始設定", "uri": START}]


def test_older_menus_of_ours_go_and_others_stay(bot_house: House, line: FakeLine) -> None:
    line.menus["old"] = menu_body(MenuKind.PARENT, START) | {
        "richMenuId": "old",
        "name": "gate-notices parent 000000000000",
    }
    line.menus["theirs"] = menu_body(MenuKind.PARENT, START) | {
        "richMenuId": "theirs",
        "name": "campaign",
    }

    set_up(bot_house)

    assert "old" not in line.menus
    assert "theirs" in line.menus


def test_who_saw_a_menu_that_is_replaced_sees_the_new_one(bot_house: House, line: FakeLine) -> None:
    make_room(bot_house)
    set_up(bot_house)
    line.menus = {
        menu_id: menu | {"name": f"{menu['name']} before"} for menu_id, menu in line.menus.items()
    }
    line.linked = {}

    set_up(bot_house)

    seen = {user: line.menus[menu_id]["name"] for user, menu_id in line.linked.items()}
    assert seen[MEI] == name_of(MenuKind.PARENT)
    assert seen[LIN] == seen[HO] == name_of(MenuKind.STAFF)
    assert seen[FANG] == name_of(MenuKind.BUREAU)
    assert HUA not in seen


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
    assert line.menus[line.linked[MEI]]["name"] == name_of(MenuKind.PARENT)
    change(MEI, False)
    assert line.linked == {}


def test_a_replaced_menu_is_looked_up_again(bot_house: House, line: FakeLine) -> None:
    menus = RichMenus(bot_house.settings)
    menus.publish({})
    line.answers[f"/v2/bot/user/{MEI}/richmenu"] = [(404, {"message": "Not found"})]

    menus.show(MEI, MenuKind.PARENT)
    menus.show(MEI, MenuKind.PARENT)

    assert MEI in line.linked


def test_changing_a_menu_never_raises(house: House, line: FakeLine) -> None:
    menu_changer(with_line(house, line.url))(MEI, True)
    menu_changer(with_line(house, closed_port()))(MEI, True)

    assert line.linked == {}


def test_tabs_find_the_current_menus_whatever_was_published_before(
    bot_house: House, line: FakeLine
) -> None:
    line.aliases = {alias_of(MenuKind.PARENT_OF_STAFF): "old"}

    set_up(bot_house)

    names = {alias: line.menus[menu_id]["name"] for alias, menu_id in line.aliases.items()}
    assert names == {alias_of(kind): name_of(kind) for kind in MenuKind if "_of_" in kind.value}


def test_everybody_has_the_menu_of_what_they_are(house: House) -> None:
    make_room(house)

    with transaction(house.engine) as session:
        roles = {user: roles_of(session, user) for user in (LIN, HO, FANG, HUA)}

    kinds = {user: menu_for(has_children=False, roles=held) for user, held in roles.items()}
    assert kinds == {
        LIN: MenuKind.STAFF,
        HO: MenuKind.STAFF,
        FANG: MenuKind.BUREAU,
        HUA: MenuKind.UNBOUND,
    }
    assert menu_for(has_children=True, roles=roles[LIN]) is MenuKind.PARENT_OF_STAFF
    assert menu_for(has_children=True, roles=roles[FANG]) is MenuKind.PARENT_OF_BUREAU


def test_following_again_shows_the_menu_of_the_role(bot_house: House, line: FakeLine) -> None:
    make_room(bot_house)
    set_up(bot_house)

    answered(bot_house, make_follow(user=LIN, at=bot_house.clock.now()))

    assert shown(line, LIN) == name_of(MenuKind.STAFF)


def test_enrolling_shows_the_staff_side_and_revoking_what_is_left(
    bot_house: House, line: FakeLine
) -> None:
    make_room(bot_house)
    set_up(bot_house)
    code = invited(bot_house)

    answered(bot_house, make_text(code, user=MEI, at=bot_house.clock.now()))
    assert shown(line, MEI) == name_of(MenuKind.STAFF_OF_PARENT)

    with transaction(bot_house.engine) as session:
        (role,) = roles_of(session, MEI)
        revoke_staff(session, role.id, by="operator", now=bot_house.clock.now())
    menu_changer(bot_house)(MEI, True)
    assert shown(line, MEI) == name_of(MenuKind.PARENT)


def test_a_menu_left_over_from_a_role_goes_when_it_is_pressed(
    bot_house: House, line: FakeLine
) -> None:
    make_room(bot_house)
    set_up(bot_house)
    menu_changer(bot_house)(LIN, False)
    with transaction(bot_house.engine) as session:
        (role,) = roles_of(session, LIN)
        revoke_staff(session, role.id, by="operator", now=bot_house.clock.now())

    answered(bot_house, make_text("未到", user=LIN, at=bot_house.clock.now()))

    assert LIN not in line.linked


def test_turning_to_the_other_tab_is_answered_by_line_alone(
    bot_house: House, line: FakeLine
) -> None:
    event = make_postback("tab", user=MEI, at=bot_house.clock.now())
    event["postback"]["params"] = {"newRichMenuAliasId": "gate-notices-x", "status": "SUCCESS"}

    answered(bot_house, event)

    assert line.replies == []


def invited(house: House) -> str:
    with transaction(house.engine) as session:
        return invite_staff(
            session,
            house.vault,
            name="王美",
            school_code="353607",
            role=StaffRole.OFFICER,
            homeroom=None,
            invited_by="operator",
            now=house.clock.now(),
        )


def answered(house: House, event: Json) -> None:
    with transaction(house.engine) as session:
        store_events(session, [event], house.clock.now())
    assert Dispatcher(house).work_once()


def shown(line: FakeLine, user: str) -> str:
    return str(line.menus[line.linked[user]]["name"])


def test_operator_ends_a_role_and_its_menu_goes_with_it(bot_house: House, line: FakeLine) -> None:
    make_room(bot_house)
    set_up(bot_house)
    with snapshot(bot_house.engine) as session:
        role = roles_of(session, LIN)[0]

    done = CliRunner().invoke(revoke, [str(role.id)], obj=bot_house.settings)

    assert done.exit_code == 0
    assert LIN not in line.linked
    with snapshot(bot_house.engine) as session:
        assert roles_of(session, LIN) == []


def test_a_role_ends_though_line_is_away(house: House) -> None:
    make_room(house)
    away = with_line(house, closed_port()).settings
    with snapshot(house.engine) as session:
        role = roles_of(session, LIN)[0]

    assert CliRunner().invoke(revoke, [str(role.id)], obj=away).exit_code == 0
    again = CliRunner().invoke(revoke, [str(role.id)], obj=away)

    assert (again.exit_code, "staff list" in again.output) == (1, True)


def test_a_menu_of_others_that_nobody_here_can_read_stops_nothing(
    bot_house: House, line: FakeLine
) -> None:
    set_up(bot_house)
    kind_to_come = {"type": "hologram", "label": "展覽"}
    area = {"bounds": {"x": 0, "y": 0, "width": 9, "height": 9}, "action": kind_to_come}
    line.menus["theirs"] = menu_body(MenuKind.PARENT, START) | {
        "richMenuId": "theirs",
        "areas": [area],
    }
    menu_changer(bot_house)(MEI, True)

    assert line.menus[line.linked[MEI]]["name"] == name_of(MenuKind.PARENT)


def test_an_answer_without_any_list_never_raises(bot_house: House, line: FakeLine) -> None:
    line.answers["/v2/bot/richmenu/list"] = [(200, {})]
    menu_changer(bot_house)(MEI, True)

    assert line.linked == {}
