"""Draw the rich menus: `python -m bot.rich_menu_images.draw` writes a picture for each.

A development tool: it needs Pillow and Debian's Noto Sans CJK (package fonts-noto-cjk).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.answer import MenuKind
from bot.menu_areas import SAME_PICTURE, TAB_HEIGHT, WIDTH, Area, areas_of, height_of
from bot.rich_menu_images.icons import GRID, ICONS, Pen

FOLDER = Path(__file__).parent
FONTS = Path("/usr/share/fonts/opentype/noto")
# The collection's fourth face is Noto Sans CJK TC.
TRADITIONAL = 3
MAX_BYTES = 1024 * 1024
# Drawn larger and scaled down, which smooths the edges.
SCALE = 2

SURFACE = "#FFFFFF"
HAIR = "#E3DACB"
INK = "#28231C"
BRAND = "#1E4D5C"
BRAND_SOFT = "#E0ECEF"
LEAVE = "#7A3B74"
LEAVE_SOFT = "#F7E9F4"
NO_TAP = "#8F3F08"
NO_TAP_SOFT = "#FDEBD9"
SUNKEN = "#F1EBDF"
INK2 = "#554D41"
LEAD_TEXT = "#CFE3E9"
DOT = "#F0925A"
# Half width, top, stroke, colour of each arch, from the outside in.
ARCHES = ((350, 44, 18, "#5C7E89"), (270, 221, 22, "#8FA6AE"), (190, 399, 26, SURFACE))
ARCH_BOTTOM = 843
GAP = 3

TONES = {"請假": (LEAVE_SOFT, LEAVE), "未到": (NO_TAP_SOFT, NO_TAP)}
LEADS = {
    "今天": "到校、離校一眼看",
    "開始設定": "約 3 分鐘",
    "今日名單": "到校、請假、未到",
    "停課": "發起、確認、復原",
}
# A class at the gate: centre from the left, colour; 734 from the top, in front of the arches.
CLASS_DOTS = ((579, "#62828E"), (719, "#A5B5BC"), (860, "#F2F6F7"))
CLASS_LEAD = "今日名單"


@dataclass(frozen=True, slots=True)
class Canvas:
    """A drawing in the menu's own pixels, kept SCALE times as large."""

    draw: ImageDraw.ImageDraw

    def box(self, bounds: tuple[float, float, float, float], color: str, radius: float = 0) -> None:
        """Fill x1, y1, x2, y2."""
        pixels = tuple(SCALE * edge for edge in bounds)
        self.draw.rounded_rectangle(pixels, radius * SCALE, fill=color)

    def words(
        self, text: str, at: tuple[float, float], size: float, color: str, anchor: str, face: str
    ) -> None:
        """Write with the anchor (Pillow's two letters) at a point."""
        font = ImageFont.truetype(FONTS / f"NotoSansCJK-{face}.ttc", size * SCALE, TRADITIONAL)
        point = (at[0] * SCALE, at[1] * SCALE)
        self.draw.text(point, text, fill=color, font=font, anchor=anchor)

    def icon(self, name: str, centre: tuple[float, float], size: float) -> None:
        """Draw a soft tile of `size` with its icon."""
        x, y = centre
        half = size / 2
        ground, color = TONES.get(name, (BRAND_SOFT, BRAND))
        self.box((x - half, y - half, x + half - 1, y + half - 1), ground, size * 0.288)
        # 168 of 250 pixels, as the design has it.
        unit = size * 168 / 250 / GRID
        corner = ((x - unit * GRID / 2) * SCALE, (y - unit * GRID / 2) * SCALE)
        ICONS[name](Pen(self.draw, corner, unit * SCALE, color))


def draw_menu(kind: MenuKind) -> Image.Image:
    """Return the menu's picture."""
    height = height_of(kind)
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), HAIR)
    for area in areas_of(kind):
        x1, y1, x2, y2 = _inside(area, height)
        # A tile of its own, because the arches reach over the edge.
        tile = Image.new("RGB", ((x2 - x1) * SCALE, (y2 - y1) * SCALE), SURFACE)
        canvas, size = Canvas(ImageDraw.Draw(tile)), (x2 - x1, y2 - y1)
        if area.opens is None:
            _draw_tile(canvas, area.word, size)
        else:
            _draw_tab(canvas, area.word, size, is_open=area.opens is kind)
        image.paste(tile, (x1 * SCALE, y1 * SCALE))
    return image.resize((WIDTH, height), Image.Resampling.LANCZOS)


def _inside(area: Area, height: int) -> tuple[int, int, int, int]:
    x1, y1, width, tall = area.bounds
    x2, y2 = x1 + width, y1 + tall
    return (
        x1 + (GAP if x1 else 0),
        y1 + (GAP if y1 else 0),
        x2 - (GAP if x2 < WIDTH else 0),
        y2 - (GAP if y2 < height else 0),
    )


def _draw_tab(canvas: Canvas, word: str, size: tuple[int, int], *, is_open: bool) -> None:
    width, height = size
    canvas.box((0, 0, *size), SURFACE if is_open else SUNKEN)
    color, face = (BRAND, "Bold") if is_open else (INK2, "Regular")
    canvas.words(word, (width / 2, height / 2 - 4), 76, color, "mm", face)
    if is_open:
        canvas.box((0, height - 12, width, height), BRAND)


def _draw_tile(canvas: Canvas, word: str, size: tuple[int, int]) -> None:
    width, height = size
    if word in LEADS:
        _draw_lead(canvas, word, size)
    elif height > 500:
        # Below tabs the tiles are lower, and what they hold moves up.
        up = (ARCH_BOTTOM - height) / 2 if height < ARCH_BOTTOM - TAB_HEIGHT / 4 else 0
        canvas.icon(word, (width / 2, 330 - up), 250)
        y, letters = (558, 128) if width > 700 else (564, 116)
        canvas.words(word, (width / 2, y - up), letters, INK, "mm", "Bold")
    else:
        canvas.icon(word, (165, height / 2), 190)
        canvas.words(word, (315, height / 2 - 7), 112, INK, "lm", "Bold")


def _draw_lead(canvas: Canvas, word: str, size: tuple[int, int]) -> None:
    canvas.box((0, 0, *size), BRAND)
    up = ARCH_BOTTOM - size[1] if size[1] < ARCH_BOTTOM - TAB_HEIGHT / 4 else 0
    factor, centre, y = (0.87, 1369.5, 752) if word == "開始設定" else (1, 1339.5, 735)
    for half, top, stroke, color in ARCHES:
        # Measured from the bottom, so that smaller arches stand on the same ground.
        peak = ARCH_BOTTOM - (ARCH_BOTTOM - top) * factor - up
        outer, inner = (half + stroke / 2) * factor, (half - stroke / 2) * factor
        below = 2 * ARCH_BOTTOM
        canvas.box((centre - outer, peak, centre + outer, below), color, outer)
        canvas.box((centre - inner, peak + stroke * factor, centre + inner, below), BRAND, inner)
    radius = 80 * factor
    canvas.box((centre - radius, y - up - radius, centre + radius, y - up + radius), DOT, radius)
    for x, color in CLASS_DOTS if word == CLASS_LEAD else ():
        canvas.box((x - 52, 734 - up - 52, x + 52, 734 - up + 52), color, 52)
    canvas.words(word, (130, 312 - up / 2), 190, SURFACE, "lm", "Bold")
    canvas.words(LEADS[word], (136, 505 - up / 2), 92, LEAD_TEXT, "lm", "Regular")


def main() -> None:
    """Write the pictures beside this file. Exits when LINE would refuse one."""
    for kind in set(MenuKind) - set(SAME_PICTURE):
        path = FOLDER / f"{kind.value}.png"
        draw_menu(kind).save(path, optimize=True)
        if path.stat().st_size > MAX_BYTES:
            sys.exit(f"{path.name} is larger than 1 MB")


if __name__ == "__main__":
    main()
