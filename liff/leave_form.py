"""A leave as typed: checked for its form here, for the rules by core.attendance.leaves."""

from datetime import date

from wtforms import StringField, ValidationError

from core.attendance.leaves import AHEAD, GUARDIAN_SPAN, REASON_WORDS
from core.attendance.tables import LeaveReason
from core.kinds import DayPart
from core.languages.dates import long_date, short_date
from core.languages.speech import N_, _
from core.notices.wording import PART_WORDS
from liff.forms import PageForm
from liff.moments import parse_day

FAULTS = {
    "past": N_("日期已經過了"),
    "too_far": N_("最多提前 {days} 天"),
    "too_late": N_("今天的請假受理到 {time}"),
    "too_long": N_("一次最多 {max_days} 天"),
    "ends_before_it_begins": N_("結束的日期早於開始的日期"),
    "no_school_day": N_("這一天不上課"),
    "overlap": N_("這段日期已經請假了"),
}


class LeaveForm(PageForm):
    """What the page asks for, besides the child. An empty last day is the first one."""

    first_day = StringField()
    last_day = StringField()
    part = StringField()
    reason = StringField()

    def validate_first_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError(_("請選擇日期"))

    def validate_last_day(self, field: StringField) -> None:
        """Want a date, or nothing."""
        if field.data and parse_day(field.data) is None:
            raise ValidationError(_("請選擇日期"))

    def validate_part(self, field: StringField) -> None:
        """Want the whole day or a half."""
        if field.data not in set(DayPart):
            raise ValidationError(_("請選擇時段"))

    def validate_reason(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(LeaveReason):
            raise ValidationError(_("請選擇事由"))

    def days(self) -> tuple[date, date]:
        """Return the checked first and last day."""
        first = parse_day(self.first_day.data)
        if first is None:
            raise ValueError("unchecked form")
        return first, parse_day(self.last_day.data or "") or first


def extent_words(first: date, last: date, part: DayPart, *, short: bool = False) -> str:
    """Return the days and the part of a leave: 2026/11/24（二）–11/25（三）全天."""
    days = short_date(first) if short else long_date(first)
    if first != last:
        days += f"–{short_date(last)}"
    return _("{days}{part}", days=days, part=_(PART_WORDS[part]))


def part_options() -> list[tuple[str, str, str]]:
    """Return the parts of a day to choose from: value, word, nothing beside it."""
    return [(part.value, _(words), "") for part, words in PART_WORDS.items()]


def reason_options() -> list[tuple[str, str, str]]:
    """Return the reasons to choose from."""
    return [(reason.value, _(words), "") for reason, words in REASON_WORDS.items()]


def fault_words(code: str, closes_at: str) -> str:
    """Return why the rules refuse a leave; `closes_at` is until when today's is taken."""
    return _(FAULTS[code], time=closes_at, days=AHEAD.days, max_days=GUARDIAN_SPAN)
