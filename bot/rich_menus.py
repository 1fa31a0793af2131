"""Rich menus: what they hold, publishing them once, and who sees which.

The unbound menu is the account's default, so only people with a child carry a menu of their own.
Each word on a menu can be typed as well: LINE for computers shows no menus.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from linebot.v3.messaging import RichMenuRequest, SetWebhookEndpointRequest

from bot.answer import Json, MenuKind
from bot.line_api import IMAGE_TIMEOUT, LineApi, LineError
from core.house import House

logger = logging.getLogger(__name__)

PREFIX = "gate-notices"
CHAT_BAR = "到離校選單"


@dataclass(frozen=True, slots=True)
class Area:
    """A tile: the word it sends, and x, y, width, height in the picture."""

    word: str
    bounds: tuple[int, int, int, int]


AREAS = {
    MenuKind.PARENT: (
        Area("今天", (0, 0, 1667, 843)),
        Area("請假", (1667, 0, 833, 843)),
        Area("本週", (0, 843, 625, 843)),
        Area("公告", (625, 843, 625, 843)),
        Area("設定", (1250, 843, 625, 843)),
        Area("說明", (1875, 843, 625, 843)),
    ),
    MenuKind.UNBOUND: (
        Area("開始設定", (0, 0, 1667, 843)),
        Area("說明", (1667, 0, 833, 421)),
        Area("語言", (1667, 421, 833, 422)),
    ),
}
HEIGHTS = {MenuKind.PARENT: 1686, MenuKind.UNBOUND: 843}


class RichMenus:
    """The account's menus at LINE; safe to use from several threads."""

    def __init__(self, api: LineApi) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}

    def publish(self) -> list[str]:
        """Make LINE hold exactly our current menus and return what was done, a line each."""
        found = self._list_ours()
        ids = {kind: found.get(menu_name(kind)) or self._create(kind) for kind in MenuKind}
        said = [f"rich menu {kind.value}: {menu_id}" for kind, menu_id in ids.items()]
        messaging = self._api.messaging
        default = messaging.set_default_rich_menu_with_http_info
        self._api.call("default_menu", default, ids[MenuKind.UNBOUND])
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

    def _id_of(self, kind: MenuKind) -> str | None:
        with self._lock:
            if menu_name(kind) not in self._ids:
                self._ids = self._list_ours()
            return self._ids.get(menu_name(kind))

    def _list_ours(self) -> dict[str, str]:
        answer = self._api.call("list_menus", self._api.messaging.get_rich_menu_list_with_http_info)
        menus = [(str(menu.name), str(menu.rich_menu_id)) for menu in answer.richmenus]
        return {name: menu_id for name, menu_id in menus if name.startswith(f"{PREFIX} ")}

    def _create(self, kind: MenuKind) -> str:
        messaging = self._api.messaging
        request = RichMenuRequest.from_dict(menu_body(kind))
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


def menu_body(kind: MenuKind) -> Json:
    """Return the rich menu object LINE is sent."""
    return _areas_body(kind) | {"name": menu_name(kind)}


def menu_name(kind: MenuKind) -> str:
    """Return a name that changes with the menu's areas or picture."""
    digest = hashlib.sha256(json.dumps(_areas_body(kind), sort_keys=True).encode())
    digest.update(picture(kind))
    return f"{PREFIX} {kind.value} {digest.hexdigest()[:12]}"


def picture(kind: MenuKind) -> bytes:
    """Return the drawn menu as PNG."""
    return files("bot.rich_menu_images").joinpath(f"{kind.value}.png").read_bytes()


def menu_changer(house: House) -> Callable[[str, bool], None]:
    """Return what shows a person the menu that fits: `change(line_user_id, is_bound)`."""
    menus = RichMenus(LineApi(house.settings))

    def change(line_user_id: str, is_bound: bool) -> None:
        menus.show(line_user_id, MenuKind.PARENT if is_bound else MenuKind.UNBOUND)

    return change


def set_up(house: House) -> list[str]:
    """Publish the menus, point LINE at our webhook, and return what was done, a line each.

    Running it again changes nothing. Raises LineError.
    """
    api = LineApi(house.settings)
    said = RichMenus(api).publish()
    endpoint = f"{house.settings.base_url.rstrip('/')}/line/webhook"
    request = SetWebhookEndpointRequest.from_dict({"endpoint": endpoint})
    api.call("webhook_url", api.messaging.set_webhook_endpoint_with_http_info, request)
    return [*said, f"webhook: {endpoint}"]


def _areas_body(kind: MenuKind) -> dict[str, Any]:
    return {
        "size": {"width": 2500, "height": HEIGHTS[kind]},
        "selected": True,
        "chatBarText": CHAT_BAR,
        "areas": [
            {
                "bounds": dict(zip(("x", "y", "width", "height"), area.bounds, strict=True)),
                "action": {"type": "message", "label": area.word, "text": area.word},
            }
            for area in AREAS[kind]
        ],
    }
