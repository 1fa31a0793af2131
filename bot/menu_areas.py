"""What the rich menus hold: tiles with words, and tabs between the two sides of one person.

Each word on a menu can be typed as well: LINE for computers shows no menus.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answer import Json, MenuKind
from core.people.tables import Staff, StaffRole

PREFIX = "gate-notices"
WIDTH = 2500
CHAT_BAR, STAFF_BAR = "到離校選單", "校務選單"
TAB_HEIGHT = 160
# The data of a tab's tap, which LINE itself acts on.
TAB = "tab"
PARENTS_TAB, STAFF_TAB = "家長", "校務"
# Each side of whoever is both, and the side the other tab leads to.
OTHER_SIDE = {
    MenuKind.PARENT_OF_STAFF: MenuKind.STAFF_OF_PARENT,
    MenuKind.STAFF_OF_PARENT: MenuKind.PARENT_OF_STAFF,
    MenuKind.PARENT_OF_BUREAU: MenuKind.BUREAU_OF_PARENT,
    MenuKind.BUREAU_OF_PARENT: MenuKind.PARENT_OF_BUREAU,
}
BELOW_TABS = {
    MenuKind.PARENT_OF_STAFF: MenuKind.PARENT,
    MenuKind.STAFF_OF_PARENT: MenuKind.STAFF,
    MenuKind.PARENT_OF_BUREAU: MenuKind.PARENT,
    MenuKind.BUREAU_OF_PARENT: MenuKind.BUREAU,
}
ON_STAFF_SIDE = {
    MenuKind.PARENT_OF_STAFF: MenuKind.STAFF_OF_PARENT,
    MenuKind.PARENT_OF_BUREAU: MenuKind.BUREAU_OF_PARENT,
}

# Both look the same to a parent; only where the other tab leads differs.
SAME_PICTURE = {MenuKind.PARENT_OF_BUREAU: MenuKind.PARENT_OF_STAFF}


@dataclass(frozen=True, slots=True)
class Area:
    """A tile: its word, which it sends too, and x, y, width, height in the picture.

    A tab sends nothing and opens the menu `opens`, nor does what `is_start`: it opens the page on
    which setting up begins. `says` is sent where the word alone would be taken for a parent's.
    """

    word: str
    bounds: tuple[int, int, int, int]
    opens: MenuKind | None = None
    says: str = ""
    is_start: bool = False

    @property
    def text(self) -> str:
        """Return what a press types."""
        return self.says or self.word


WORDS = {
    MenuKind.PARENT: ("今天", "請假", "本週", "公告", "設定", "說明"),
    MenuKind.STAFF: ("今日名單", "未到", "補登", "審核", "發公告", "更多"),
    MenuKind.BUREAU: ("停課", "發公告", "服務狀態", "邀請", "稽核", "更多"),
}
# Who is a parent too asks for the own child by the bare word.
STAFF_WORDS = {"補登": "校務補登", "更多": "校務說明"}
UNBOUND = (
    Area("開始設定", (0, 0, 1667, 843), is_start=True),
    Area("說明", (1667, 0, 833, 421)),
    Area("語言", (1667, 421, 833, 422)),
)


def menu_for(*, has_children: bool, roles: Sequence[Staff]) -> MenuKind:
    """Return the menu that fits; whoever is both begins on the parents' side."""
    if not roles:
        return MenuKind.PARENT if has_children else MenuKind.UNBOUND
    is_bureau = all(role.role == StaffRole.BUREAU_ADMIN for role in roles)
    if has_children:
        return MenuKind.PARENT_OF_BUREAU if is_bureau else MenuKind.PARENT_OF_STAFF
    return MenuKind.BUREAU if is_bureau else MenuKind.STAFF


def staff_side(kind: MenuKind) -> MenuKind:
    """Return the staff side of a menu with tabs, every other menu as it is."""
    return ON_STAFF_SIDE.get(kind, kind)


def alias_of(kind: MenuKind) -> str:
    """Return the name by which tabs know a menu, whichever version of it is published."""
    return f"{PREFIX}-{kind.value}"


def areas_of(kind: MenuKind) -> Sequence[Area]:
    """Return the menu's tiles, tabs first."""
    if kind is MenuKind.UNBOUND:
        return UNBOUND
    below = BELOW_TABS.get(kind)
    return _tiles(WORDS[kind], 0) if below is None else [*_tabs(kind), *_tiles_below(below)]


def height_of(kind: MenuKind) -> int:
    """Return the picture's height."""
    return 843 if kind is MenuKind.UNBOUND else 1686


def areas_body(kind: MenuKind, start: str) -> Json:
    """Return the rich menu object without its name; `start` is the page to set up by."""
    is_staff = kind in (MenuKind.STAFF, MenuKind.BUREAU, *ON_STAFF_SIDE.values())
    return {
        "size": {"width": WIDTH, "height": height_of(kind)},
        "selected": True,
        "chatBarText": STAFF_BAR if is_staff else CHAT_BAR,
        "areas": [_area_body(area, start) for area in areas_of(kind)],
    }


def _tabs(kind: MenuKind) -> list[Area]:
    other = OTHER_SIDE[kind]
    is_staff = other in ON_STAFF_SIDE
    sides = (other, kind) if is_staff else (kind, other)
    half = WIDTH // 2
    return [
        Area(word, (x, 0, half, TAB_HEIGHT), side)
        for word, x, side in zip((PARENTS_TAB, STAFF_TAB), (0, half), sides, strict=True)
    ]


def _tiles_below(below: MenuKind) -> list[Area]:
    says = {} if below is MenuKind.PARENT else STAFF_WORDS
    return [
        replace(area, says=says.get(area.word, "")) for area in _tiles(WORDS[below], TAB_HEIGHT)
    ]


def _tiles(words: Sequence[str], top: int) -> list[Area]:
    tall = (1686 - top) // 2
    lead, beside, *rest = words
    below = [Area(word, (625 * place, top + tall, 625, tall)) for place, word in enumerate(rest)]
    return [Area(lead, (0, top, 1667, tall)), Area(beside, (1667, top, 833, tall)), *below]


def _area_body(area: Area, start: str) -> Json:
    action: Json = {"type": "message", "label": area.word, "text": area.text}
    if area.is_start:
        action = {"type": "uri", "label": area.word, "uri": start}
    if area.opens is not None:
        action = {
            "type": "richmenuswitch",
            "label": area.word,
            "richMenuAliasId": alias_of(area.opens),
            "data": TAB,
        }
    bounds = dict(zip(("x", "y", "width", "height"), area.bounds, strict=True))
    return {"bounds": bounds, "action": action}
