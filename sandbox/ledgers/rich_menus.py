"""The rich menus of the account: what exists, its pictures, its aliases, and who sees which."""

import base64
import io
import secrets
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from sandbox.people import Json

MAX_MENUS = 1000
MAX_IMAGE_BYTES = 1024 * 1024


class RichMenuError(Exception):
    """A refusal in LINE's words."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(slots=True)
class RichMenu:
    """`body` is the rich menu object as it was created."""

    menu_id: str
    body: Json
    image: bytes | None = None
    image_type: str = ""


class RichMenus:
    """All menus by id, aliases, the default and the links of single users."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.menus: dict[str, RichMenu] = {}
        self.aliases: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.default_id: str | None = None
        # When each batch was done, by request id.
        self.batches: dict[str, str] = {}

    def dump(self) -> Json:
        """Return everything, for the state file."""
        menus = [
            [menu.menu_id, menu.body, _text(menu.image), menu.image_type]
            for menu in self.menus.values()
        ]
        return {
            "menus": menus,
            "aliases": self.aliases,
            "links": self.links,
            "default_id": self.default_id,
        }

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        menus = [
            RichMenu(menu_id, body, image and base64.b64decode(image), image_type)
            for menu_id, body, image, image_type in data["menus"]
        ]
        self.menus = {menu.menu_id: menu for menu in menus}
        self.aliases, self.links = data["aliases"], data["links"]
        self.default_id = data["default_id"]

    def create(self, body: Json) -> RichMenu:
        """Store a new menu without a picture."""
        if len(self.menus) >= MAX_MENUS:
            raise RichMenuError("The maximum number of rich menus has been reached")
        menu = RichMenu(f"richmenu-{secrets.token_hex(16)}", body)
        self.menus[menu.menu_id] = menu
        return menu

    def get(self, menu_id: str) -> RichMenu:
        """Return the menu or raise LINE's 404."""
        if menu_id not in self.menus:
            raise RichMenuError("Not found", 404)
        return self.menus[menu_id]

    def delete(self, menu_id: str) -> None:
        """Remove the menu; whoever saw it falls back to the default."""
        self.get(menu_id)
        del self.menus[menu_id]
        self.links = {user: linked for user, linked in self.links.items() if linked != menu_id}
        if self.default_id == menu_id:
            self.default_id = None

    def put_image(self, menu_id: str, data: bytes, image_type: str) -> None:
        """Attach the picture after LINE's checks.

        Width 800-2500, height from 250, ratio from 1.45, 1 MB, never replaced. Source: LINE docs,
        "Upload rich menu image".
        """
        menu = self.get(menu_id)
        if menu.image is not None:
            raise RichMenuError("An image has already been uploaded to the richmenu")
        if image_type not in ("image/png", "image/jpeg"):
            raise RichMenuError("Unsupported Media Type", 415)
        if len(data) > MAX_IMAGE_BYTES:
            raise RichMenuError("Request Entity Too Large", 413)
        width, height = _image_size(data)
        size = menu.body["size"]
        if (width, height) != (size["width"], size["height"]):
            raise RichMenuError("The image size is not allowed for richmenu")
        menu.image, menu.image_type = data, image_type

    def require_ready(self, menu_id: str) -> RichMenu:
        """Return the menu if it can be shown, that is, has its picture."""
        menu = self.get(menu_id)
        if menu.image is None:
            raise RichMenuError("must upload richmenu image before applying it to user")
        return menu

    def shown_to(self, user_id: str) -> RichMenu | None:
        """Return what this user's chat shows: the own link before the default."""
        menu_id = self.links.get(user_id) or self.default_id
        return self.menus.get(menu_id) if menu_id else None

    def picture(self, user_id: str) -> Json | None:
        """Return the user's menu as the phone page draws it."""
        menu = self.shown_to(user_id)
        if menu is None:
            return None
        return {
            "id": menu.menu_id,
            "chat_bar_text": menu.body["chatBarText"],
            "selected": menu.body["selected"],
            "size": menu.body["size"],
            "image_url": f"/richmenu/{menu.menu_id}/image",
            "areas": menu.body["areas"],
        }


def _text(image: bytes | None) -> str | None:
    return base64.b64encode(image).decode() if image else None


def _image_size(data: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as error:
        raise RichMenuError("The image size is not allowed for richmenu") from error
