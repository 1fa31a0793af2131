"""The phone page in a real browser, with a fake app behind the sandbox."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.flow.browser import chromium
from tests.sandbox.client import SandboxClient, text
from tests.sandbox.fake_app import FakeApp
from tests.sandbox.phone.phone_screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
CHECKS = (Path(__file__).parent / "screen_checks.js").read_text(encoding="utf-8")
SIZES = ((360, 740), (390, 844), (1440, 900), (1920, 1080))
# How far the time stands beside its bubble; below 0 the bubble covers it.
ROOM_FOR_TIME = """
const entry = arguments[0], bubble = entry.querySelector(".fx-bubble").getBoundingClientRect();
return entry.querySelector(".entry-time").getBoundingClientRect().left - bubble.right;
"""
ENDS = {
    "date": ("2026-11-24", "2026-11-23", "2026-12-31"),
    "time": ("08:00", "07:00", "17:00"),
    "datetime": ("2026-11-24t08:00", "2026-11-23t07:00", "2026-12-31t17:00"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium(1440, 900) as browser:
        # Colours are looked at as they end, not on their way there.
        calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": calm})
        yield browser


@pytest.fixture
def screen(browser: Chrome, sandbox: SandboxClient) -> Iterator[Screen]:
    browser.get_log("browser")
    screen = Screen(browser, sandbox.origin)
    yield screen
    assert screen.complaints() == []
    browser.get("about:blank")


def test_newcomer_walks_by_keyboard_alone(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.user_id()
    screen.open()
    screen.tab_to("加入好友（林雅婷的手機）")
    screen.press(Keys.ENTER)
    screen.wait_for_words(f"[data-phone='{mother}'] .chat", "已加入好友")
    assert screen.focused()[1] == "林雅婷的聊天室"
    screen.tab_to("林雅婷輸入訊息")
    screen.press("今天", Keys.ENTER)
    assert app.wait_for_events(2)[1]["message"]["text"] == "今天"
    screen.tab_to("替學生0刷卡")
    screen.press(Keys.SPACE)
    app.wait_for("/taps")
    screen.wait_for_words(".log-body", "學生0 刷卡 #1")


def test_tab_key_passes_everything_once_and_comes_out_again(screen: Screen) -> None:
    screen.open()
    passed = screen.tab_to("匯出")
    names = [name for _, name in passed]
    order = [
        names.index(name) for name in ("手機", "加入好友（林雅婷的手機）", "帶我去", "校門", "匯出")
    ]
    assert order[0] < order[2] < order[1] < order[3] < order[4]
    assert len(passed) == len(set(passed))


def test_gates_address_shows_its_panel_on_a_narrow_screen(screen: Screen) -> None:
    screen.open(390, 844, "/gate")
    assert screen.one("[data-panel=gate]").is_displayed()
    screen.open(390, 844)
    assert not screen.one("[data-panel=gate]").is_displayed()


@pytest.mark.parametrize("size", SIZES)
def test_page_is_named_legible_and_fits(
    screen: Screen, sandbox: SandboxClient, size: tuple[int, int]
) -> None:
    mother = sandbox.friend()
    show_all_kinds(sandbox, mother)
    screen.open(*size)
    screen.run("for (const one of document.querySelectorAll('details')) one.open = true")
    for tab in ("phones", "gate", "log"):
        screen.run(f"document.querySelector('[data-tab-to={tab}]').click()")
        assert screen.run(CHECKS) == []
        with screen.dark():
            assert screen.run(CHECKS) == []


@pytest.mark.parametrize("width", [360, 430])
def test_news_on_a_fourth_phone_leaves_the_page_as_wide_as_the_screen(
    screen: Screen, sandbox: SandboxClient, width: int
) -> None:
    for name in ("陳大文", "陳小文"):
        sandbox.post("/phone", {"name": name, "role": "爸爸", "device": "phone"})
    last = sandbox.friend("陳小文")
    sandbox.push(last, text("小晴 07:41 到校"))
    screen.open(width, 780)
    screen.wait_for_words(f"[data-chip='{last}'] .badge", "1")
    assert len(screen.all("[data-chip]")) >= 4
    assert screen.run("return document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("size", SIZES)
def test_wide_bubble_leaves_room_for_its_time(
    screen: Screen, sandbox: SandboxClient, size: tuple[int, int]
) -> None:
    mother = sandbox.friend()
    body = {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "今天"}]}
    bubble = {"type": "bubble", "size": "mega", "body": body}
    sandbox.push(mother, {"type": "flex", "altText": "今天", "contents": bubble})
    entry = screen.open(*size).phone(mother, ".entry.from-account")
    # This browser draws no bar to scroll by: the room one takes.
    screen.run("arguments[0].style.paddingRight = '24px'", screen.phone(mother, ".chat"))
    assert screen.run(ROOM_FOR_TIME, entry) >= 0


def test_unread_is_counted_everywhere_until_the_phone_is_taken(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother = sandbox.friend()
    screen.open(390, 844)
    for words in ("小晴 07:41 到校", "小晴 16:00 離校"):
        sandbox.push(mother, text(words))
    screen.wait_for_words(f"[data-phone='{mother}'] .pills", "未讀 2")
    assert screen.words(f"[data-chip='{mother}'] .badge").split() == ["未讀", "2"]
    assert screen.words("[data-tab-badge]") == "2"
    assert screen.browser.title.startswith("（2）")
    order = screen.words(f"[data-phone='{mother}'] .chat-list").split("\n")
    assert order.index("從這裡開始未讀") < order.index("小晴 07:41 到校")
    screen.phone(mother, ".chat").click()
    screen.wait(lambda: not screen.browser.title.startswith("（"), "the badge to go")
    assert sandbox.person()["unread"] == 0


def test_alert_lies_on_the_phone_and_a_silent_push_does_not(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother, father = sandbox.friend(), sandbox.friend("林志遠")
    screen.open()
    sandbox.push(mother, text("到校"))
    sandbox.push(father, text("每月測試，不需回覆"), notificationDisabled=True)
    screen.wait_for_words(f"[data-phone='{mother}'] .alert-banner", "到校")
    screen.wait_for_words(f"[data-phone='{father}'] .entry[data-silent]", "靜音")
    assert not screen.phone(father, ".alert-banner").is_displayed()
    told = screen.words("[data-announce]").split()
    assert told == ["林雅婷收到：到校（響鈴）", "林志遠收到：每月測試，不需回覆（靜音）"]


@pytest.mark.parametrize("mode", ENDS)
def test_picker_offers_its_limits_and_sends_what_was_picked(
    screen: Screen, sandbox: SandboxClient, app: FakeApp, mode: str
) -> None:
    mother = sandbox.friend()
    initial, least, most = ENDS[mode]
    action = {"type": "datetimepicker", "label": "選一個", "data": "leave", "mode": mode}
    action |= {"initial": initial, "min": least, "max": most}
    sandbox.push(mother, text("哪一天") | {"quickReply": {"items": [item(action)]}})
    screen.open()
    screen.phone(mother, ".quick-reply").click()
    field = screen.one("dialog input")
    wanted = [initial, least, most]
    got = [field.get_attribute(name) for name in ("value", "min", "max")]
    assert got == [value.replace("t", "T") for value in wanted]
    screen.one("dialog .primary").click()
    postback = app.wait_for_events(2)[1]["postback"]
    assert postback == {"data": "leave", "params": {mode: initial.replace("t", "T")}}


def test_escape_leaves_a_dialog_and_nothing_is_sent(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    action = {"type": "datetimepicker", "label": "選一個", "data": "leave", "mode": "date"}
    sandbox.push(mother, text("哪一天") | {"quickReply": {"items": [item(action)]}})
    screen.open()
    screen.phone(mother, ".quick-reply").click()
    screen.one("dialog")
    screen.press(Keys.ESCAPE)
    screen.wait(lambda: not screen.all("dialog"), "the dialog to close")
    sandbox.post(f"/phone/{mother}/text", {"text": "今天"})
    assert [event["type"] for event in app.wait_for_events(2)] == ["follow", "message"]


def test_carousel_turns_by_button_and_its_cards_can_be_pressed(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    sandbox.push(mother, carousel("小晴", "小禾", "予安"))
    screen.open()
    strip = screen.phone(mother, ".fx-carousel")
    screen.phone(mother, ".fx-turner-on").click()
    screen.wait(lambda: strip.get_property("scrollLeft") > 100, "the next card")
    strip.find_elements(By.CSS_SELECTOR, ".fx-button")[1].click()
    assert app.wait_for_events(2)[1]["message"]["text"] == "看小禾"


def test_roster_is_sent_from_the_officers_phone(
    screen: Screen, sandbox: SandboxClient, app: FakeApp, tmp_path: Path
) -> None:
    officer = sandbox.friend("王淑芬")
    roster = tmp_path / "603 名冊.csv"
    roster.write_text("學號\n1110001\n", encoding="utf-8")
    screen.open(1920, 1080)
    screen.phone(officer, ".attach-toggle").click()
    assert "檔案" in screen.phone(officer, ".attach-panel").text
    screen.phone(officer, "[data-attach=file]").send_keys(str(roster))
    message = app.wait_for_events(2)[1]["message"]
    assert (message["fileName"], message["fileSize"]) == ("603 名冊.csv", roster.stat().st_size)
    screen.wait_for_words(f"[data-phone='{officer}'] .media-file", "603 名冊.csv")


def test_desktop_has_no_menu_and_no_quick_replies_but_the_same_chat(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother = sandbox.friend()
    make_menus(sandbox, mother)
    quick = {"quickReply": {"items": [item({"type": "message", "label": "今天", "text": "今天"})]}}
    sandbox.push(mother, text("您好") | quick)
    screen.open()
    assert screen.phone(mother, ".rich-menu").is_displayed()
    menu(screen, mother, "改用電腦版 LINE")
    screen.wait(lambda: not screen.all(f"[data-phone='{mother}'] .rich-menu"), "the menu to go")
    assert "電腦版" in screen.words(f"[data-phone='{mother}'] .phone-head")
    assert not screen.phone(mother, ".quick-replies").is_displayed()
    assert "您好" in screen.words(f"[data-phone='{mother}'] .chat")


def test_menu_switches_by_alias_and_stays_open(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    make_menus(sandbox, mother)
    screen.open()
    screen.phone(mother, ".rich-menu [aria-label='下一頁']").click()
    screen.wait(lambda: screen.all(f"[data-phone='{mother}'] [aria-label='上一頁']"), "the menu")
    assert screen.phone(mother, ".rich-menu").is_displayed()
    params = app.wait_for_events(2)[1]["postback"]["params"]
    assert params == {"newRichMenuAliasId": "second", "status": "SUCCESS"}


def test_sheet_covers_the_chat_and_escape_gives_the_focus_back(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother = sandbox.friend()
    screen.open()
    screen.phone(mother, ".typing-input").click()
    screen.run(
        "return import('/static/js/sheet.js').then(({ Sheet }) => new Sheet("
        "document.querySelector(arguments[0]), { label: '網頁', content: '' }) && null)",
        f"[data-phone='{mother}'] .screen",
    )
    assert screen.focused()[1] == "關閉"
    screen.press(Keys.TAB)
    inside = f"return document.activeElement.closest(\"[data-phone='{mother}'] .dock\") !== null"
    assert screen.run(inside) is False
    screen.phone(mother, ".sheet button").send_keys(Keys.ESCAPE)
    assert screen.focused()[1] == "林雅婷輸入訊息"


def test_two_phones_side_by_side_tell_each_their_own(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother, father = sandbox.friend(), sandbox.friend("林志遠")
    screen.open()
    sandbox.push(mother, text("給媽媽"))
    sandbox.push(father, text("給爸爸"))
    screen.wait_for_words(f"[data-phone='{father}'] .chat", "給爸爸")
    screen.wait_for_words(f"[data-phone='{mother}'] .chat", "給媽媽")
    assert "給爸爸" not in screen.words(f"[data-phone='{mother}'] .chat")
    places = [screen.phone(one, ".frame").rect for one in (mother, father)]
    assert places[0]["x"] + places[0]["width"] < places[1]["x"]
    assert places[1]["x"] + places[1]["width"] < 1440


def test_blocked_account_is_told_and_can_be_let_back_in(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    screen.open()
    menu(screen, mother, "封鎖")
    screen.wait_for_words(f"[data-phone='{mother}'] .blocked-bar", "已封鎖，收不到訊息")
    screen.phone(mother, ".blocked-bar button").click()
    screen.wait_for_words(f"[data-phone='{mother}'] .chat", "已解除封鎖")
    menu(screen, mother, "刪除好友")
    screen.wait(lambda: screen.phone(mother, ".friend-card").is_displayed(), "the card")
    kinds = [event["type"] for event in app.wait_for_events(4)]
    assert kinds == ["follow", "unfollow", "follow", "unfollow"]


def test_text_messages_and_letters_of_the_owner_are_a_press_away(
    screen: Screen, sandbox: SandboxClient
) -> None:
    mother = sandbox.user_id()
    query = {"CharsetURL": "UTF8", "username": "sandbox", "password": "sandbox-sms-password"}
    message = {"dstaddr": sandbox.person()["phone_number"], "smbody": "小晴 07:41 到校"}
    answer = sandbox.call("POST", "/sms/api/mtk/SmSend", params=query, data=message)
    assert "statuscode=1" in answer.text
    screen.open()
    menu(screen, mother, "看簡訊、信箱和酷課 APP")
    screen.wait_for_words(".post-list", "小晴 07:41 到校")
    assert "還沒有。" in screen.words(".post-list")
    screen.press(Keys.ESCAPE)
    screen.wait(lambda: not screen.all(".sheet"), "the lists to close")


def test_reader_shows_its_buffer_its_clock_and_what_the_service_said(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    screen.open()
    app.gate_statuses = [401]
    screen.one("[aria-label='替學生0刷卡']").click()
    screen.wait_for_words(".gate-note", "服務不認得簽章（401）")
    screen.one(".reader-panel summary").click()
    Select(screen.one("[aria-label='刷卡機的時鐘']")).select_by_visible_text("慢 1 小時")
    screen.wait_for_words(".reader-line", "時鐘慢 1 小時")
    screen.wait_for_words(".reader-line", "刷到第 1 號")
    screen.wait_for_words(".reader-line", "暫存 0 筆")
    screen.one("[role=switch].switch").click()
    screen.wait_for_words(".gate-note", "刷卡機離線，暫存 0 筆")
    Select(screen.one("[aria-label='一次刷哪些孩子']")).select_by_visible_text("507 班全班")
    screen.one(".queue .button").click()
    screen.wait_for_words(".queue-result", "3 位刷過：暫存在刷卡機 3")
    screen.wait_for_words(".gate-note", "暫存 3 筆")


def test_city_morning_is_played_to_its_end(
    screen: Screen, sandbox: SandboxClient, app: FakeApp
) -> None:
    screen.open()
    Select(screen.one("[aria-label='誰來刷卡']")).select_by_visible_text("全市學校")
    Select(screen.one("[aria-label='播放速度']")).select_by_visible_text("×600")
    screen.one(".morning-go").click()
    screen.wait_for_words(".morning-go", "停止")
    screen.wait_for_words(".morning-words", "播完了：4／4 筆刷卡（早晨編號 115）。")
    assert len(app.matching("/taps")) >= 3


def item(action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "action", "action": action}


def carousel(*names: str) -> dict[str, Any]:
    bubbles = [
        {
            "type": "bubble",
            "size": "kilo",
            "footer": {
                "type": "box",
                "layout": "vertical",
                "contents": [
                    {
                        "type": "button",
                        "action": {"type": "message", "label": f"看{name}", "text": f"看{name}"},
                    }
                ],
            },
        }
        for name in names
    ]
    contents = {"type": "carousel", "contents": bubbles}
    return {"type": "flex", "altText": "、".join(names), "contents": contents}


def show_all_kinds(sandbox: SandboxClient, user_id: str) -> None:
    """Put one message of each kind into a chat, and what a person sends."""
    picture = "https://example.org/a.jpg"
    area = {"x": 0, "y": 0, "width": 520, "height": 520}
    say = {"type": "message", "label": "正門", "text": "正門"}
    messages: list[dict[str, Any]] = [
        carousel("小晴", "小禾"),
        {"type": "image", "originalContentUrl": picture, "previewImageUrl": picture},
        {"type": "audio", "originalContentUrl": "https://example.org/a.m4a", "duration": 65000},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {
            "type": "imagemap",
            "baseUrl": "https://example.org/map",
            "altText": "校園地圖",
            "baseSize": {"width": 1040, "height": 520},
            "actions": [say | {"area": area}],
        },
    ]
    assert sandbox.push(user_id, *messages).status_code == 200
    column = {"thumbnailImageUrl": picture, "title": "公告", "text": "改期", "actions": [say]}
    template = {"type": "carousel", "columns": [column, column]}
    quick = {"quickReply": {"items": [item(say), item({"type": "camera", "label": "拍照"})]}}
    last = {"type": "template", "altText": "公告", "template": template} | quick
    assert sandbox.push(user_id, last, notificationDisabled=True).status_code == 200
    for what in ("photo", "voice", "roster"):
        sandbox.call("POST", f"/phone/{user_id}/sample/{what}")


def make_menus(sandbox: SandboxClient, user_id: str) -> None:
    """Give a person two menus that lead to one another."""
    pages = {"first": ("下一頁", "second"), "second": ("上一頁", "first")}
    ids = {}
    for alias, (label, other) in pages.items():
        action = {"type": "richmenuswitch", "label": label, "richMenuAliasId": other, "data": alias}
        bounds = {"x": 0, "y": 0, "width": 800, "height": 250}
        body = {
            "size": {"width": 800, "height": 250},
            "selected": True,
            "name": alias,
            "chatBarText": "選單",
            "areas": [{"bounds": bounds, "action": action}],
        }
        ids[alias] = sandbox.line("POST", "/v2/bot/richmenu", body).json()["richMenuId"]
        headers = {"Content-Type": "image/png"}
        path = f"/v2/bot/richmenu/{ids[alias]}/content"
        assert sandbox.line("POST", path, data=blank(), headers=headers).status_code == 200
        link = {"richMenuAliasId": alias, "richMenuId": ids[alias]}
        assert sandbox.line("POST", "/v2/bot/richmenu/alias", link).status_code == 200
    path = f"/v2/bot/user/{user_id}/richmenu/{ids['first']}"
    assert sandbox.line("POST", path).status_code == 200


def blank() -> bytes:
    """Return an empty picture of a menu."""
    data = BytesIO()
    Image.new("RGB", (800, 250), "white").save(data, "PNG")
    return data.getvalue()


def menu(screen: Screen, user_id: str, words: str) -> None:
    """Choose in a chat's small menu."""
    screen.phone(user_id, ".phone-menu summary").click()
    items = screen.phone(user_id, ".phone-menu-items").find_elements(By.TAG_NAME, "button")
    next(one for one in items if one.text == words).click()
