"""Rich menus: publishing them once, and who sees which.

The unbound menu is the account's default, so only people with a child or a role carry a menu of
their own.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files

from bot.answer import Json, MenuKind
from bot.line_api import IMAGE_TIMEOUT, LineApi, LineError
from bot.menu_areas import OTHER_SIDE, PREFIX, SAME_PICTURE, alias_of, areas_body, menu_for
from bot.menu_readers import readers_by_menu
from bot.replies.pages import Pages
from core.db import snapshot
from core.house import House
from core.people.staff import roles_of
from core.settings import Settings

logger = logging.getLogger(__name__)

# Source: LINE docs, "Link rich menu to multiple users": up to 500 user ids.
AT_ONCE = 500


class RichMenus:
    """The account's menus at LINE; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._api = LineApi(settings)
        self._start = Pages(settings.liff_id).start
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}

    def publish(self, readers: Mapping[MenuKind, Sequence[str]]) -> list[str]:
        """Make LINE hold exactly our current menus and return what was done, a line each.

        `readers` are the LINE users of each menu: whoever saw one that is replaced sees the new one
        before the old one goes.
        """
        found = self._list_ours()
        are_new = {kind for kind in MenuKind if self._name(kind) not in found}
        ids = {kind: found.get(self._name(kind)) or self._create(kind) for kind in MenuKind}
        said = [f"rich menu {kind.value}: {menu_id}" for kind, menu_id in ids.items()]
        messaging = self._api.messaging
        default = messaging.set_default_rich_menu_with_http_info
        self._api.call("default_menu", default, ids[MenuKind.UNBOUND])
        self._name_sides(ids)
        for kind in are_new:
            self._show_all(readers.get(kind, ()), ids[kind])
        for old_id in set(found.values()) - set(ids.values()):
            self._api.call("delete_menu", messaging.delete_rich_menu_with_http_info, old_id)
            said.append(f"removed an older one: {old_id}")
        return said

    def show(self, line_user_id: str, kind: MenuKind) -> None:
        """Let the person see this menu. Never raises: a menu is a convenience."""
        try:
            self._show(line_user_id, kind)
        except LineError as error:
            extra = {"kind": kind.value, "problem": error.reason}
            logger.warning("rich menu not shown", extra=extra)

    def _show(self, line_user_id: str, kind: MenuKind) -> None:
        messaging = self._api.messaging
        if kind is MenuKind.UNBOUND:
            unlink = messaging.unlink_rich_menu_id_from_user_with_http_info
            self._api.call("unlink_menu", unlink, line_user_id)
            return
        menu_id = self._id_of(kind)
        if menu_id is None:
            logger.warning("rich menu not published", extra={"kind": kind.value})
            return
        link = messaging.link_rich_menu_id_to_user_with_http_info
        try:
            self._api.call("link_menu", link, line_user_id, menu_id)
        except LineError:
            # The menu may have been replaced since we looked; look again next time.
            with self._lock:
                self._ids.clear()
            raise

    def _show_all(self, line_user_ids: Sequence[str], menu_id: str) -> None:
        from linebot.v3.messaging import RichMenuBulkLinkRequest

        link = self._api.messaging.link_rich_menu_id_to_users_with_http_info
        for start in range(0, len(line_user_ids), AT_ONCE):
            users = list(line_user_ids[start : start + AT_ONCE])
            request = RichMenuBulkLinkRequest.from_dict({"richMenuId": menu_id, "userIds": users})
            self._api.call("link_menus", link, request)

    def _name_sides(self, ids: dict[MenuKind, str]) -> None:
        """Let the names by which tabs know their menus mean the current ones."""
        from linebot.v3.messaging import CreateRichMenuAliasRequest, UpdateRichMenuAliasRequest

        messaging = self._api.messaging
        answer = self._api.call("list_aliases", messaging.get_rich_menu_alias_list_with_http_info)
        known = {str(one.rich_menu_alias_id): str(one.rich_menu_id) for one in answer.aliases}
        for kind in OTHER_SIDE:
            alias, menu_id = alias_of(kind), ids[kind]
            if alias not in known:
                body = {"richMenuAliasId": alias, "richMenuId": menu_id}
                create = messaging.create_rich_menu_alias_with_http_info
                self._api.call("create_alias", create, CreateRichMenuAliasRequest.from_dict(body))
            elif known[alias] != menu_id:
                body = {"richMenuId": menu_id}
                update = messaging.update_rich_menu_alias_with_http_info
                request = UpdateRichMenuAliasRequest.from_dict(body)
                self._api.call("update_alias", update, alias, request)

    def _id_of(self, kind: MenuKind) -> str | None:
        with self._lock:
            if self._name(kind) not in self._ids:
                self._ids = self._list_ours()
            return self._ids.get(self._name(kind))

    def _name(self, kind: MenuKind) -> str:
        return menu_name(kind, self._start)

    def _list_ours(self) -> dict[str, str]:
        # Others' menus stand in it too, with whatever they can do.
        listed = self._api.read("list_menus", "/v2/bot/richmenu/list").get("richmenus")
        if not isinstance(listed, list):
            raise LineError("list_menus", 0)
        menus = [(str(menu["name"]), str(menu["richMenuId"])) for menu in listed]
        return {name: menu_id for name, menu_id in menus if name.startswith(f"{PREFIX} ")}

    def _create(self, kind: MenuKind) -> str:
        from linebot.v3.messaging import RichMenuRequest

        messaging = self._api.messaging
        request = RichMenuRequest.from_dict(menu_body(kind, self._start))
        answer = self._api.call("create_menu", messaging.create_rich_menu_with_http_info, request)
        menu_id = str(answer.rich_menu_id)
        try:
            self._api.call(
                "menu_image",
                self._api.blob.set_rich_menu_image_with_http_info,
                menu_id,
                picture(kind),
                _headers={"Content-Type": "image/png"},
                _request_timeout=IMAGE_TIMEOUT,
            )
        except LineError:
            # Without its picture it would be found by name next time and never work.
            self._api.call("delete_menu", messaging.delete_rich_menu_with_http_info, menu_id)
            raise
        return menu_id


def menu_body(kind: MenuKind, start: str) -> Json:
    """Return the rich menu object LINE is sent; `start` is the page to set up by."""
    return areas_body(kind, start) | {"name": menu_name(kind, start)}


def menu_name(kind: MenuKind, start: str) -> str:
    """Return a name that changes with the menu's areas or picture."""
    digest = hashlib.sha256(json.dumps(areas_body(kind, start), sort_keys=True).encode())
    digest.update(picture(kind))
    return f"{PREFIX} {kind.value} {digest.hexdigest()[:12]}"


def picture(kind: MenuKind) -> bytes:
    """Return the drawn menu as PNG."""
    drawn = SAME_PICTURE.get(kind, kind)
    return files("bot.rich_menu_images").joinpath(f"{drawn.value}.png").read_bytes()


def menu_changer(house: House) -> Callable[[str, bool], None]:
    """Return what shows a person the menu that fits: `change(line_user_id, is_bound)`."""
    menus = RichMenus(house.settings)

    def change(line_user_id: str, is_bound: bool) -> None:
        with snapshot(house.engine) as session:
            roles = roles_of(session, line_user_id)
        menus.show(line_user_id, menu_for(has_children=is_bound, roles=roles))

    return change


def set_up(house: House) -> list[str]:
    """Publish the menus, point LINE at our webhook, and return what was done, a line each.

    Running it again changes nothing. Raises LineError.
    """
    from linebot.v3.messaging import SetWebhookEndpointRequest

    api = LineApi(house.settings)
    with snapshot(house.engine) as session:
        readers = readers_by_menu(session)
    said = RichMenus(house.settings).publish(readers)
    endpoint = f"{house.settings.base_url.rstrip('/')}/line/webhook"
    request = SetWebhookEndpointRequest.from_dict({"endpoint": endpoint})
    api.call("webhook_url", api.messaging.set_webhook_endpoint_with_http_info, request)
    return [*said, f"webhook: {endpoint}"]
