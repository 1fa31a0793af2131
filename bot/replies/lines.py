"""Whom to call about what: a row each, which dials where one can."""

from collections.abc import Sequence

from bot.answer import Json
from core.guide.question import LINE_NAMES, Line
from core.languages.speech import N_, _
from core.notices.flex import BRAND, INK2, SUNKEN, box, dialled, open_page, row, text
from core.notices.wording import shown_number
from core.people.bindings import BoundChild
from core.settings import Settings

# Source: the city's published service hours for the line.
HOURS = N_("週一至週五 08:30–17:30")


def call_row(what: str, number: str) -> Json:
    """Return a row that names a matter and its number, and dials it."""
    told = box(
        [text(what, size="sm", color=INK2), text(shown_number(number), weight="bold")], flex=1
    )
    sign = text(_("撥打"), color=BRAND, weight="bold", size="sm", flex=0)
    action = open_page(_("撥打"), f"tel:{dialled(number)}")
    look = {"backgroundColor": SUNKEN, "cornerRadius": "10px", "paddingAll": "12px"}
    return row([told, sign], action=action, margin="md", **look)


def closing_rows(
    lines: Sequence[Line], settings: Settings, children: Sequence[BoundChild]
) -> list[Json]:
    """Return whom to call where an answer does not help, as the page has it below each."""
    numbers = {
        Line.PASS: settings.pass_line,
        Line.SERVICE: settings.hotline,
        Line.PRIVACY: settings.privacy_line,
    }
    calls = [call_row(_(LINE_NAMES[one]), numbers[one]) for one in lines if one in numbers]
    hours = [text(_(HOURS), size="sm", color=INK2, margin="md")] if calls else []
    return [*calls, *hours, *(_school_rows(children) if Line.SCHOOL in lines else [])]


def _school_rows(children: Sequence[BoundChild]) -> list[Json]:
    phones = {one.school_short_name: one.school_phone for one in children}
    rows = [call_row(name, phone) for name, phone in phones.items() if dialled(phone)]
    return rows or [text(_("請聯絡孩子的學校。"), size="sm", color=INK2, margin="md")]
