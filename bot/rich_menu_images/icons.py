"""The icons of the rich menus: outlines on a grid of 24, drawn with a round pen."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import ImageDraw

GRID = 24
STROKE = 1.75
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws in grid units. `origin` is the icon's corner and `unit` one grid step, in pixels."""

    draw: ImageDraw.ImageDraw
    origin: Point
    unit: float
    color: str

    def line(self, points: list[Point]) -> None:
        """Draw through the points with round ends and joints."""
        pixels = [self._pixel(point) for point in points]
        self.draw.line(pixels, fill=self.color, width=round(STROKE * self.unit))
        for x, y in pixels:
            half = STROKE * self.unit / 2
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill=self.color)

    def arc(self, centre: Point, radii: Point, start: float, end: float) -> None:
        """Draw part of an ellipse; degrees run clockwise from three o'clock."""
        steps = 90
        turns = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
        (x, y), (across, down) = centre, radii
        self.line([(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns])

    def spot(self, centre: Point, radius: float) -> None:
        """Draw a filled circle."""
        x, y = self._pixel(centre)
        size = radius * self.unit
        self.draw.ellipse((x - size, y - size, x + size, y + size), fill=self.color)

    def _pixel(self, point: Point) -> Point:
        return self.origin[0] + point[0] * self.unit, self.origin[1] + point[1] * self.unit


def calendar(pen: Pen) -> None:
    """Draw a sheet of the calendar."""
    for corner, start in (((17, 8.5), -90), ((17, 17), 0), ((7, 17), 90), ((7, 8.5), 180)):
        pen.arc(corner, (3, 3), start, start + 90)
    pen.line([(7, 5.5), (17, 5.5)])
    pen.line([(20, 8.5), (20, 17)])
    pen.line([(17, 20), (7, 20)])
    pen.line([(4, 17), (4, 8.5)])
    pen.line([(4, 10), (20, 10)])
    pen.line([(8.5, 3.5), (8.5, 7.5)])
    pen.line([(15.5, 3.5), (15.5, 7.5)])


def leave(pen: Pen) -> None:
    """Draw a day taken out of the calendar."""
    calendar(pen)
    pen.line([(9.5, 15), (14.5, 15)])


def megaphone(pen: Pen) -> None:
    """Draw an announcement."""
    body: list[Point] = [(4, 10), (7, 9.5), (15, 5.5), (15, 18.5), (7, 14), (4, 14), (4, 10)]
    pen.line(body)
    pen.arc((14.2, 12.1), (4.9, 4.9), -36, 36)


def bell(pen: Pen) -> None:
    """Draw what rings."""
    pen.arc((12, 11), (6, 6), 180, 360)
    pen.line([(18, 11), (18, 16.6), (19.3, 18), (4.7, 18), (6, 16.6), (6, 11)])
    pen.line([(10.3, 20.4), (13.7, 20.4)])


def question(pen: Pen) -> None:
    """Draw a question in a circle."""
    pen.arc((12, 12), (8.5, 8.5), 0, 360)
    pen.arc((12, 9.6), (2.6, 2.6), 180, 412)
    pen.line([(13.6, 11.65), (12.4, 12.6), (12, 13.3), (12, 13.7)])
    pen.spot((12, 16.7), 0.9)


def globe(pen: Pen) -> None:
    """Draw the world."""
    pen.arc((12, 12), (8.5, 8.5), 0, 360)
    pen.arc((12, 12), (2.5, 8.5), 0, 360)
    pen.line([(3.5, 12), (20.5, 12)])


ICONS: dict[str, Callable[[Pen], None]] = {
    "本週": calendar,
    "請假": leave,
    "公告": megaphone,
    "設定": bell,
    "說明": question,
    "語言": globe,
}
