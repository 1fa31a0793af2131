"""The drawn menus: what LINE takes, and areas that fit them."""

import struct

import pytest

from bot.answer import MenuKind
from bot.commands import match
from bot.rich_menus import AREAS, HEIGHTS, picture


@pytest.mark.parametrize("kind", MenuKind)
def test_areas_cover_the_picture_once(kind: MenuKind) -> None:
    covered = sum(area.bounds[2] * area.bounds[3] for area in AREAS[kind])

    assert covered == 2500 * HEIGHTS[kind]


@pytest.mark.parametrize("kind", MenuKind)
def test_pictures_are_what_line_takes(kind: MenuKind) -> None:
    data = picture(kind)
    width, height = struct.unpack(">II", data[16:24])

    assert data.startswith(b"\x89PNG")
    assert (width, height) == (2500, HEIGHTS[kind])
    assert len(data) <= 1024 * 1024


@pytest.mark.parametrize("kind", MenuKind)
def test_every_word_on_a_menu_can_be_typed(kind: MenuKind) -> None:
    for area in AREAS[kind]:
        assert match(area.word).command is not None
