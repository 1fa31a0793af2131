"""Rich menus from creation to the person's screen."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.sandbox.client import Json, SandboxClient

MENU: Json = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "unbound",
    "chatBarText": "到離校選單",
    "areas": [
        {
            "bounds": {"x": 0, "y": 0, "width": 1667, "height": 843},
            "action": {"type": "message", "label": "今天", "text": "今天"},
        }
    ],
}


def test_default_menu_shows_on_phones_but_not_on_the_desktop(sandbox: SandboxClient) -> None:
    menu_id = _ready_menu(sandbox)
    sandbox.line("POST", f"/v2/bot/user/all/richmenu/{menu_id}")
    shown = sandbox.person()["rich_menu"]
    assert (shown["id"], shown["chat_bar_text"], shown["selected"]) == (menu_id, "到離校選單", True)
    assert shown["areas"] == MENU["areas"]
    assert sandbox.get(shown["image_url"]).headers["Content-Type"] == "image/png"
    assert sandbox.person("林志遠")["rich_menu"] is None


def test_own_link_goes_before_the_default_and_ends_with_blocking(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    default, own = _ready_menu(sandbox), _ready_menu(sandbox)
    sandbox.line("POST", f"/v2/bot/user/all/richmenu/{default}")
    sandbox.line("POST", f"/v2/bot/user/{mother}/richmenu/{own}")
    linked = sandbox.person()["rich_menu"]["id"]
    sandbox.post(f"/phone/{mother}/block")
    sandbox.post(f"/phone/{mother}/unblock")
    assert (linked, sandbox.person()["rich_menu"]["id"]) == (own, default)
    answer = sandbox.line("GET", f"/v2/bot/user/{mother}/richmenu")
    assert (answer.status_code, answer.json()) == (404, {"message": "the user has no richmenu"})


def test_linking_a_stranger_succeeds_and_does_nothing(sandbox: SandboxClient) -> None:
    menu_id, mother = _ready_menu(sandbox), sandbox.user_id()
    assert sandbox.line("POST", f"/v2/bot/user/{mother}/richmenu/{menu_id}").status_code == 200
    assert sandbox.person()["rich_menu"] is None


def test_menu_needs_its_picture_first(sandbox: SandboxClient) -> None:
    menu_id = _create(sandbox).json()["richMenuId"]
    answer = sandbox.line("POST", f"/v2/bot/user/all/richmenu/{menu_id}")
    assert answer.status_code == 400
    message = "must upload richmenu image before applying it to user"
    assert answer.json() == {"message": message}


def test_picture_is_given_once(sandbox: SandboxClient) -> None:
    menu_id = _ready_menu(sandbox)
    answer = _upload(sandbox, menu_id, _png(2500, 843))
    message = "An image has already been uploaded to the richmenu"
    assert (answer.status_code, answer.json()) == (400, {"message": message})


@pytest.mark.parametrize(
    ("data", "mimetype", "status"),
    [
        (b"not a picture", "image/png", 400),
        (b"x" * 1_100_000, "image/png", 413),
        (b"GIF89a", "image/gif", 415),
    ],
)
def test_wrong_picture_is_refused(
    sandbox: SandboxClient, data: bytes, mimetype: str, status: int
) -> None:
    menu_id = _create(sandbox).json()["richMenuId"]
    assert _upload(sandbox, menu_id, data, mimetype).status_code == status


def test_picture_of_another_size_is_refused(sandbox: SandboxClient) -> None:
    menu_id = _create(sandbox).json()["richMenuId"]
    answer = _upload(sandbox, menu_id, _png(800, 270))
    assert answer.json() == {"message": "The image size is not allowed for richmenu"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"chatBarText": "字" * 15}, "chatBarText"),
        ({"size": {"width": 2600, "height": 843}}, "size.width"),
        ({"size": {"width": 1000, "height": 900}}, "size.height"),
        ({"areas": MENU["areas"] * 21}, "areas"),
        ({"areas": [{"bounds": MENU["areas"][0]["bounds"]}]}, "areas[0].action"),
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
@pytest.mark.parametrize("path_end", ["", "/validate"])
def test_wrong_menu_is_refused_with_its_place(
    sandbox: SandboxClient, path_end: str, change: Json, path: str
) -> None:
    answer = sandbox.line("POST", f"/v2/bot/richmenu{path_end}", MENU | change)
    assert answer.status_code == 400
    assert path in [row["property"] for row in answer.json()["details"]]


def test_menus_are_listed_and_deleted(sandbox: SandboxClient) -> None:
    menu_id = _ready_menu(sandbox)
    sandbox.line("POST", f"/v2/bot/user/all/richmenu/{menu_id}")
    listed = sandbox.line("GET", "/v2/bot/richmenu/list").json()["richmenus"]
    assert listed == [{"richMenuId": menu_id, **MENU}]
    assert sandbox.line("DELETE", f"/v2/bot/richmenu/{menu_id}").status_code == 200
    assert sandbox.line("GET", f"/v2/bot/richmenu/{menu_id}").status_code == 404
    assert sandbox.line("GET", "/v2/bot/user/all/richmenu").status_code == 404
    assert sandbox.person()["rich_menu"] is None


def test_many_users_are_linked_at_once(sandbox: SandboxClient) -> None:
    people = [sandbox.friend(), sandbox.friend("王淑芬")]
    body = {"richMenuId": _ready_menu(sandbox), "userIds": people}
    assert sandbox.line("POST", "/v2/bot/richmenu/bulk/link", body).status_code == 202
    assert sandbox.person("王淑芬")["rich_menu"]["id"] == body["richMenuId"]
    too_many = body | {"userIds": people * 251}
    assert sandbox.line("POST", "/v2/bot/richmenu/bulk/link", too_many).status_code == 400


def test_alias_switch_changes_the_menu_and_tells_the_app(sandbox: SandboxClient, app: Any) -> None:
    mother, menu_id = sandbox.friend(), _ready_menu(sandbox)
    alias = {"richMenuAliasId": "staff", "richMenuId": menu_id}
    assert sandbox.line("POST", "/v2/bot/richmenu/alias", alias).status_code == 200
    twice = sandbox.line("POST", "/v2/bot/richmenu/alias", alias)
    assert twice.json() == {"message": "conflict richmenu alias id"}
    for name in ("staff", "nobody"):
        body = {"data": "switch", "params": {"newRichMenuAliasId": name}}
        sandbox.post(f"/phone/{mother}/postback", body)
    events = app.wait_for_events(3)[1:]
    assert [event["postback"]["params"]["status"] for event in events] == [
        "SUCCESS",
        "RICHMENU_ALIAS_ID_NOTFOUND",
    ]
    assert sandbox.person()["rich_menu"]["id"] == menu_id


def _create(sandbox: SandboxClient) -> Any:
    return sandbox.line("POST", "/v2/bot/richmenu", MENU)


def _ready_menu(sandbox: SandboxClient) -> str:
    menu_id = str(_create(sandbox).json()["richMenuId"])
    assert _upload(sandbox, menu_id, _png(2500, 843)).status_code == 200
    return menu_id


def _upload(sandbox: SandboxClient, menu_id: str, data: bytes, mimetype: str = "image/png") -> Any:
    path = f"/v2/bot/richmenu/{menu_id}/content"
    return sandbox.line("POST", path, data=data, headers={"Content-Type": mimetype})


def _png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("P", (width, height)).save(out, "PNG")
    return out.getvalue()
