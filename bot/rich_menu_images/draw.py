"""Draw the rich menus: `python -m bot.rich_menu_images.draw` writes parent.png and unbound.png.

A development tool: it needs Pillow and Debian's Noto Sans CJK (package fonts-noto-cjk).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.answer import MenuKind
from bot.rich_menu_images.icons import GRID, ICONS, Pen
from bot.rich_menus import AREAS, HEIGHTS, Area

FOLDER = Path(__file__).parent
FONTS = Path("/usr/share/fonts/opentype/noto")
# The collection's fourth face is Noto Sans CJK TC.
TRADITIONAL = 3
WIDTH = 2500
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
LEAD_TEXT = "#CFE3E9"
DOT = "#F0925A"
# Half width, top, stroke, colour of each arch, from the outside in.
ARCHES = ((350, 44, 18, "#5C7E89"), (270, 221, 22, "#8FA6AE"), (190, 399, 26, SURFACE))
ARCH_BOTTOM = 843
GAP = 3

LEADS = {"今天": "到校、離校一眼看", "開始設定": "約 3 分鐘"}


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
        ground, color = (LEAVE_SOFT, LEAVE) if name == "請假" else (BRAND_SOFT, BRAND)
        self.box((x - half, y - half, x + half - 1, y + half - 1), ground, size * 0.288)
        # 168 of 250 pixels, as the design has it.
        unit = size * 168 / 250 / GRID
        corner = ((x - unit * GRID / 2) * SCALE, (y - unit * GRID / 2) * SCALE)
        ICONS[name](Pen(self.draw, corner, unit * SCALE, color))


def draw_menu(kind: MenuKind) -> Image.Image:
    """Return the menu's picture."""
    height = HEIGHTS[kind]
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), HAIR)
    for area in AREAS[kind]:
        x1, y1, x2, y2 = _inside(area, height)
        # A tile of its own, because the arches reach over the edge.
        tile = Image.new("RGB", ((x2 - x1) * SCALE, (y2 - y1) * SCALE), SURFACE)
        _draw_tile(Canvas(ImageDraw.Draw(tile)), area.word, (x2 - x1, y2 - y1))
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


def _draw_tile(canvas: Canvas, word: str, size: tuple[int, int]) -> None:
    width, height = size
    if word in LEADS:
        _draw_lead(canvas, word, size)
    elif height > 500:
        canvas.icon(word, (width / 2, 330), 250)
        y, letters = (558, 128) if width > 700 else (564, 116)
        canvas.words(word, (width / 2, y), letters, INK, "mm", "Bold")
    else:
        canvas.icon(word, (165, height / 2), 190)
        canvas.words(word, (315, height / 2 - 7), 112, INK, "lm", "Bold")


def _draw_lead(canvas: Canvas, word: str, size: tuple[int, int]) -> None:
    canvas.box((0, 0, *size), BRAND)
    factor, centre, y = (1, 1339.5, 735) if word == "今天" else (0.87, 1369.5, 752)
    for half, top, stroke, color in ARCHES:
        # Measured from the bottom, so that smaller arches stand on the same ground.
        peak = ARCH_BOTTOM - (ARCH_BOTTOM - top) * factor
        outer, inner = (half + stroke / 2) * factor, (half - stroke / 2) * factor
        below = 2 * ARCH_BOTTOM
        canvas.box((centre - outer, peak, centre + outer, below), color, outer)
        canvas.box((centre - inner, peak + stroke * factor, centre + inner, below), BRAND, inner)
    radius = 80 * factor
    canvas.box((centre - radius, y - radius, centre + radius, y + radius), DOT, radius)
    canvas.words(word, (130, 312), 190, SURFACE, "lm", "Bold")
    canvas.words(LEADS[word], (136, 505), 92, LEAD_TEXT, "lm", "Regular")


def main() -> None:
    """Write both pictures beside this file. Exits when LINE would refuse one."""
    for kind in MenuKind:
        path = FOLDER / f"{kind.value}.png"
        draw_menu(kind).save(path, optimize=True)
        if path.stat().st_size > MAX_BYTES:
            sys.exit(f"{path.name} is larger than 1 MB")


if __name__ == "__main__":
    main()
