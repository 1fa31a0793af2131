"""The drawn menus: what LINE takes, and areas that fit them."""

import struct

import pytest

from bot.answer import MenuKind
from bot.commands import match
from bot.menu_areas import alias_of, areas_body, areas_of, height_of
from bot.rich_menus import picture
from bot.staff_commands import read_staff


@pytest.mark.parametrize("kind", MenuKind)
def test_areas_cover_the_picture_once(kind: MenuKind) -> None:
    covered = sum(area.bounds[2] * area.bounds[3] for area in areas_of(kind))

    assert covered == 2500 * height_of(kind)


@pytest.mark.parametrize("kind", MenuKind)
def test_pictures_are_what_line_takes(kind: MenuKind) -> None:
    data = picture(kind)
    width, height = struct.unpack(">II", data[16:24])

    assert data.startswith(b"\x89PNG")
    assert (width, height) == (2500, height_of(kind))
    assert len(data) <= 1024 * 1024


@pytest.mark.parametrize("kind", MenuKind)
def test_every_word_on_a_menu_can_be_typed(kind: MenuKind) -> None:
    for area in areas_of(kind):
        said = match(area.text).command or read_staff(area.text)
        assert area.opens is not None or said is not None, area.word


@pytest.mark.parametrize("kind", MenuKind)
def test_tabs_lead_to_both_sides_and_back(kind: MenuKind) -> None:
    sides = {area.opens for area in areas_of(kind)} - {None}

    assert not sides or kind in sides
    for side in sides:
        assert side is not None
        assert {one.opens for one in areas_of(side)} - {None} == sides
        assert len(alias_of(side)) <= 32


def test_staff_menus_are_called_so() -> None:
    bars = {kind: areas_body(kind, "")["chatBarText"] for kind in MenuKind}

    assert bars[MenuKind.STAFF] == bars[MenuKind.BUREAU_OF_PARENT] == "校務選單"
    assert bars[MenuKind.UNBOUND] == bars[MenuKind.PARENT_OF_STAFF] == "到離校選單"
