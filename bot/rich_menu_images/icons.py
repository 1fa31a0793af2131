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


def not_seen(pen: Pen) -> None:
    """Draw the mark of a missing tap: a dashed ring and a question."""
    for start in range(0, 360, 45):
        pen.arc((12, 12), (8.5, 8.5), start, start + 26)
    pen.arc((12, 9.9), (2.3, 2.3), 180, 412)
    pen.line([(13.4, 11.7), (12.4, 12.6), (12, 13.2), (12, 13.5)])
    pen.spot((12, 16.2), 0.9)


def card(pen: Pen) -> None:
    """Draw a student card."""
    corners = (((17.6, 7.9), -90), ((17.6, 16.1), 0), ((6.4, 16.1), 90), ((6.4, 7.9), 180))
    for corner, start in corners:
        pen.arc(corner, (2.4, 2.4), start, start + 90)
    pen.line([(6.4, 5.5), (17.6, 5.5)])
    pen.line([(20, 7.9), (20, 16.1)])
    pen.line([(17.6, 18.5), (6.4, 18.5)])
    pen.line([(4, 16.1), (4, 7.9)])
    pen.arc((8.8, 10.2), (1.9, 1.9), 0, 360)
    pen.line([(6.7, 15), (10.9, 15)])
    pen.line([(13.8, 10), (17, 10)])
    pen.line([(13.8, 13.6), (17, 13.6)])


def tick(pen: Pen) -> None:
    """Draw what is found right."""
    pen.line([(4.6, 12.6), (9.4, 17.2), (19.4, 7)])


def more(pen: Pen) -> None:
    """Draw three dots."""
    for x in (5.5, 12, 18.5):
        pen.spot((x, 12), 1.5)


def pulse(pen: Pen) -> None:
    """Draw the beat of what is running."""
    pen.line([(3.5, 12.5), (7.5, 12.5), (10, 6.5), (13.6, 17.8), (16, 12.5), (20.5, 12.5)])


def person_added(pen: Pen) -> None:
    """Draw a person and a plus."""
    pen.arc((10, 8.2), (3.4, 3.4), 0, 360)
    pen.arc((10, 19.5), (6.3, 5.2), 180, 360)
    pen.line([(18.6, 8.6), (18.6, 14)])
    pen.line([(15.9, 11.3), (21.3, 11.3)])


def record(pen: Pen) -> None:
    """Draw a list that is looked through."""
    pen.line([(18.5, 9.4), (18.5, 4.5), (5, 4.5), (5, 19.5), (10.4, 19.5)])
    pen.line([(8.4, 8.6), (15, 8.6)])
    pen.line([(8.4, 12.2), (11.4, 12.2)])
    pen.arc((15.4, 15), (3.4, 3.4), 0, 360)
    pen.line([(17.9, 17.5), (20.4, 20)])


ICONS: dict[str, Callable[[Pen], None]] = {
    "本週": calendar,
    "請假": leave,
    "公告": megaphone,
    "設定": bell,
    "說明": question,
    "語言": globe,
    "未到": not_seen,
    "補登": card,
    "審核": tick,
    "發公告": megaphone,
    "更多": more,
    "服務狀態": pulse,
    "邀請": person_added,
    "稽核": record,
}
