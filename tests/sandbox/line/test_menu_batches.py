"""Changing the menus of everybody who sees a certain one; menus' finer limits."""

import pytest

from tests.sandbox.client import Json, SandboxClient
from tests.sandbox.line.test_rich_menus import MENU, _create, _ready_menu


def test_batch_moves_everybody_from_one_menu_to_another(sandbox: SandboxClient) -> None:
    mother, officer = sandbox.friend(), sandbox.friend("王淑芬")
    old, new = _ready_menu(sandbox), _ready_menu(sandbox)
    for person, menu in ((mother, old), (officer, new)):
        sandbox.line("POST", f"/v2/bot/user/{person}/richmenu/{menu}")
    answer = _batch(sandbox, {"type": "link", "from": old, "to": new})
    assert (answer.status_code, answer.json()) == (202, {})
    assert [_linked(sandbox, one) for one in (mother, officer)] == [new, new]
    asked = {"requestId": answer.headers["x-line-request-id"]}
    progress = sandbox.line("GET", "/v2/bot/richmenu/progress/batch", params=asked)
    assert progress.json()["phase"] == "succeeded"


def test_batch_unlinks_one_menu_or_all(sandbox: SandboxClient) -> None:
    mother, officer = sandbox.friend(), sandbox.friend("王淑芬")
    one, other = _ready_menu(sandbox), _ready_menu(sandbox)
    for person, menu in ((mother, one), (officer, other)):
        sandbox.line("POST", f"/v2/bot/user/{person}/richmenu/{menu}")
    _batch(sandbox, {"type": "unlink", "from": one})
    first = [_linked(sandbox, person) for person in (mother, officer)]
    _batch(sandbox, {"type": "unlinkAll"})
    assert first == [None, other]
    assert _linked(sandbox, officer) is None


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ({"type": "swap"}, "operations[0].type"),
        ({"type": "link", "from": "richmenu-1"}, "operations[0].to"),
        ({}, "operations[0].type"),
    ],
)
@pytest.mark.parametrize("where", ["batch", "validate/batch"])
def test_wrong_batch_is_refused_with_its_place(
    sandbox: SandboxClient, where: str, operation: Json, path: str
) -> None:
    answer = _batch(sandbox, operation, where)
    assert answer.status_code == 400
    assert [row["property"] for row in answer.json()["details"]] == [path]


def test_fourth_batch_of_an_hour_is_above_the_rate(sandbox: SandboxClient) -> None:
    statuses = [_batch(sandbox, {"type": "unlinkAll"}).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]


def test_hundred_and_first_menu_of_an_hour_is_above_the_rate(sandbox: SandboxClient) -> None:
    statuses = [_create(sandbox).status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"areas": [MENU["areas"][0] | {"action": {"type": "message"}}]}, "areas[0].action.text"),
        (
            {
                "areas": [
                    MENU["areas"][0] | {"bounds": {"x": 2000, "y": 0, "width": 900, "height": 9}}
                ]
            },
            "areas[0].bounds",
        ),
        ({"size": {"width": 799, "height": 300}}, "size.width"),
        ({"size": {"width": 800, "height": 249}}, "size.height"),
        ({"name": "字" * 301}, "name"),
        (
            {
                "areas": [
                    MENU["areas"][0]
                    | {"action": {"type": "richmenuswitch", "data": "a", "label": "換"}}
                ]
            },
            "areas[0].action.richMenuAliasId",
        ),
    ],
)
def test_wrong_menu_is_refused_with_its_place(
    sandbox: SandboxClient, change: Json, path: str
) -> None:
    answer = sandbox.line("POST", "/v2/bot/richmenu", MENU | change)
    assert answer.status_code == 400
    assert [row["property"] for row in answer.json()["details"]] == [path]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"richMenuAliasId": "A b"}, "The value for the 'richMenuAliasId' parameter is invalid"),
        ({"richMenuId": "richmenu-0"}, "richmenu not found"),
        ({"richMenuId": None}, "The request body has 1 error(s)"),
    ],
)
def test_wrong_alias_is_refused(sandbox: SandboxClient, body: Json, message: str) -> None:
    good = {"richMenuAliasId": "staff", "richMenuId": _ready_menu(sandbox)}
    answer = sandbox.line("POST", "/v2/bot/richmenu/alias", good | body)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_alias_of_a_menu_without_picture_is_refused(sandbox: SandboxClient) -> None:
    body = {"richMenuAliasId": "staff", "richMenuId": _create(sandbox).json()["richMenuId"]}
    answer = sandbox.line("POST", "/v2/bot/richmenu/alias", body)
    assert (answer.status_code, answer.json()) == (400, {"message": "richmenu not found"})


def test_alias_can_be_read_moved_listed_and_forgotten(sandbox: SandboxClient) -> None:
    first, second = _ready_menu(sandbox), _ready_menu(sandbox)
    path = "/v2/bot/richmenu/alias"
    sandbox.line("POST", path, {"richMenuAliasId": "staff", "richMenuId": first})
    sandbox.line("POST", f"{path}/staff", {"richMenuId": second})
    moved = {"richMenuAliasId": "staff", "richMenuId": second}
    assert sandbox.line("GET", f"{path}/staff").json() == moved
    assert sandbox.line("GET", f"{path}/list").json() == {"aliases": [moved]}
    assert sandbox.line("DELETE", f"{path}/staff").status_code == 200
    assert sandbox.line("GET", f"{path}/staff").status_code == 404


def _batch(sandbox: SandboxClient, operation: Json, where: str = "batch") -> Json:
    return sandbox.line("POST", f"/v2/bot/richmenu/{where}", {"operations": [operation]})


def _linked(sandbox: SandboxClient, user_id: str) -> str | None:
    return sandbox.line("GET", f"/v2/bot/user/{user_id}/richmenu").json().get("richMenuId")
