"""Messaging API: rich menus, their pictures, aliases, the default and single users' links."""

import re

from flask import Blueprint, Response, make_response, request

from sandbox.ledgers.rich_menus import RichMenu, RichMenuError, RichMenus
from sandbox.objects.menus import check_rich_menu
from sandbox.people import Json
from sandbox.state import current
from sandbox.wire.request import (
    USER_ID,
    Refusal,
    answer_refusal,
    json_body,
    line_call,
    require_user,
)

bp = Blueprint("line_rich_menus", __name__)
_ALIAS = re.compile(r"[a-z0-9_-]{1,32}")
MAX_BULK = 500
MAX_ALIASES = 1000


def _menus() -> RichMenus:
    return current().menus


@bp.errorhandler(RichMenuError)
def refuse(error: RichMenuError) -> Response:
    """Answer in LINE's words."""
    return answer_refusal(Refusal(error.status, error.message))


@bp.post("/v2/bot/richmenu")
@line_call("richmenu", limit="richmenu_create")
def create() -> Response:
    """Store a menu; it needs its picture before anybody can see it."""
    menu = _menus().create(_checked_body())
    return make_response({"richMenuId": menu.menu_id})


@bp.post("/v2/bot/richmenu/validate")
@line_call("richmenu")
def validate() -> Response:
    """Check a menu object exactly as creation does."""
    _checked_body()
    return make_response({})


@bp.get("/v2/bot/richmenu/list")
@line_call("richmenu", limit="richmenu_list")
def list_menus() -> Response:
    """Return all menus."""
    return make_response({"richmenus": [_picture(menu) for menu in _menus().menus.values()]})


@bp.get("/v2/bot/richmenu/<menu_id>")
@line_call("richmenu")
def get_menu(menu_id: str) -> Response:
    """Return one menu."""
    return make_response(_picture(_menus().get(menu_id)))


@bp.delete("/v2/bot/richmenu/<menu_id>")
@line_call("richmenu", limit="richmenu_delete")
def delete_menu(menu_id: str) -> Response:
    """Remove a menu."""
    _menus().delete(menu_id)
    return _changed()


@bp.post("/v2/bot/richmenu/<menu_id>/content")
@line_call("richmenu_image")
def put_image(menu_id: str) -> Response:
    """Attach the picture (on api-data.line.me in the real world)."""
    _menus().put_image(menu_id, request.get_data(), request.mimetype)
    return _changed()


@bp.get("/v2/bot/richmenu/<menu_id>/content")
@line_call("richmenu_image")
def get_image(menu_id: str) -> Response:
    """Return the picture."""
    menu = _menus().get(menu_id)
    if menu.image is None:
        raise Refusal(404, "Not found")
    return Response(menu.image, mimetype=menu.image_type)


@bp.get("/richmenu/<menu_id>/image")
def show_image(menu_id: str) -> Response:
    """Return the picture for the phone page."""
    menu = _menus().get(menu_id)
    if menu.image is None:
        raise Refusal(404, "Not found")
    answer = Response(menu.image, mimetype=menu.image_type)
    answer.headers["cache-control"] = "private, max-age=3600"
    return answer


@bp.post("/v2/bot/user/all/richmenu/<menu_id>")
@line_call("richmenu_default")
def set_default(menu_id: str) -> Response:
    """Show this menu to everybody without a link of their own."""
    _menus().default_id = _menus().require_ready(menu_id).menu_id
    return _changed()


@bp.get("/v2/bot/user/all/richmenu")
@line_call("richmenu_default")
def get_default() -> Response:
    """Return the default menu's id."""
    if _menus().default_id is None:
        raise Refusal(404, "no default richmenu")
    return make_response({"richMenuId": _menus().default_id})


@bp.delete("/v2/bot/user/all/richmenu")
@line_call("richmenu_default")
def clear_default() -> Response:
    """Show no default menu any more."""
    _menus().default_id = None
    return _changed()


@bp.post("/v2/bot/user/<user_id>/richmenu/<menu_id>")
@line_call("richmenu_link")
def link(user_id: str, menu_id: str) -> Response:
    """Show this menu to one user; for strangers and blockers nothing happens."""
    require_user(user_id)
    _menus().require_ready(menu_id)
    _link([user_id], menu_id)
    return _changed()


@bp.get("/v2/bot/user/<user_id>/richmenu")
@line_call("richmenu_link")
def get_link(user_id: str) -> Response:
    """Return the menu linked to one user."""
    require_user(user_id)
    if user_id not in _menus().links:
        raise Refusal(404, "the user has no richmenu")
    return make_response({"richMenuId": _menus().links[user_id]})


@bp.delete("/v2/bot/user/<user_id>/richmenu")
@line_call("richmenu_link")
def unlink(user_id: str) -> Response:
    """Let one user see the default again."""
    require_user(user_id)
    _menus().links.pop(user_id, None)
    return _changed()


@bp.post("/v2/bot/richmenu/bulk/<action>")
@line_call("richmenu_bulk")
def bulk(action: str) -> Response:
    """Link or unlink up to 500 users; LINE answers 202."""
    body = json_body()
    user_ids = _bulk_users(body)
    if action == "link":
        _require_strings(body, "richMenuId")
        menu_id = _menus().require_ready(str(body.get("richMenuId"))).menu_id
        _link(user_ids, menu_id)
    elif action == "unlink":
        for user_id in user_ids:
            _menus().links.pop(user_id, None)
    else:
        raise Refusal(404, "Not found")
    return _changed(202)


@bp.post("/v2/bot/richmenu/alias")
@line_call("richmenu_alias")
def create_alias() -> Response:
    """Name a menu."""
    body = json_body()
    _require_strings(body, "richMenuAliasId", "richMenuId")
    alias = body["richMenuAliasId"]
    if not _ALIAS.fullmatch(alias):
        raise Refusal(400, "The value for the 'richMenuAliasId' parameter is invalid")
    if alias in _menus().aliases:
        raise Refusal(400, "conflict richmenu alias id")
    if len(_menus().aliases) >= MAX_ALIASES:
        raise Refusal(400, "The maximum number of rich menu aliases has been reached")
    _menus().aliases[alias] = _alias_target(body)
    return make_response({})


@bp.post("/v2/bot/richmenu/alias/<alias>")
@line_call("richmenu_alias")
def update_alias(alias: str) -> Response:
    """Let a name mean another menu."""
    _require_alias(alias)
    body = json_body()
    _require_strings(body, "richMenuId")
    _menus().aliases[alias] = _alias_target(body)
    return make_response({})


@bp.get("/v2/bot/richmenu/alias/list")
@line_call("richmenu_alias")
def list_aliases() -> Response:
    """Return all names."""
    rows = [_alias_row(alias) for alias in _menus().aliases]
    return make_response({"aliases": rows})


@bp.get("/v2/bot/richmenu/alias/<alias>")
@line_call("richmenu_alias")
def get_alias(alias: str) -> Response:
    """Return what a name means."""
    _require_alias(alias)
    return make_response(_alias_row(alias))


@bp.delete("/v2/bot/richmenu/alias/<alias>")
@line_call("richmenu_alias", limit="richmenu_alias_delete")
def delete_alias(alias: str) -> Response:
    """Forget a name."""
    _require_alias(alias)
    del _menus().aliases[alias]
    return make_response({})


def _checked_body() -> Json:
    body = json_body()
    details = check_rich_menu(body)
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    return body


def _require_strings(body: Json, *keys: str) -> None:
    details: list[Json] = [
        {"message": "must be specified", "property": key}
        for key in keys
        if not isinstance(body.get(key), str)
    ]
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)


def _picture(menu: RichMenu) -> Json:
    return {"richMenuId": menu.menu_id, **menu.body}


def _link(user_ids: list[str], menu_id: str) -> None:
    world = current().world
    with world.lock:
        for user_id in user_ids:
            person = world.people.get(user_id)
            if person and person.friend and not person.blocked:
                _menus().links[user_id] = menu_id


def _bulk_users(body: Json) -> list[str]:
    user_ids = body.get("userIds")
    if not isinstance(user_ids, list) or not 1 <= len(user_ids) <= MAX_BULK:
        details: list[Json] = [
            {"message": f"Size must be between 1 and {MAX_BULK}", "property": "userIds"}
        ]
        raise Refusal(400, "The request body has 1 error(s)", details)
    if not all(isinstance(user_id, str) and USER_ID.fullmatch(user_id) for user_id in user_ids):
        raise Refusal(400, "The value for the 'userIds' parameter is invalid")
    return user_ids


def _alias_target(body: Json) -> str:
    menu = _menus().menus.get(str(body.get("richMenuId")))
    if menu is None or menu.image is None:
        raise Refusal(400, "richmenu not found")
    return menu.menu_id


def _require_alias(alias: str) -> None:
    if alias not in _menus().aliases:
        raise Refusal(404, "Not found")


def _alias_row(alias: str) -> Json:
    return {"richMenuAliasId": alias, "richMenuId": _menus().aliases[alias]}


def _changed(status: int = 200) -> Response:
    current().world.publish_phones()
    return make_response({}, status)
