"""A leave as typed: checked for its form here, for the rules by core.attendance.leaves."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from core.attendance.leaves import AHEAD, GUARDIAN_SPAN
from core.attendance.tables import LeaveReason
from core.kinds import DayPart
from core.notices.wording import PART_WORDS

REASON_WORDS = {
    LeaveReason.SICK: "病假",
    LeaveReason.PERSONAL: "事假",
    LeaveReason.BEREAVEMENT: "喪假",
    LeaveReason.OFFICIAL: "公假",
    LeaveReason.OTHER: "其他",
}
FAULTS = {
    "past": "日期已經過了",
    "too_far": f"最多提前 {AHEAD.days} 天",
    "too_late": "今天的請假受理到 {time}",
    "too_long": f"一次最多 {GUARDIAN_SPAN} 天",
    "ends_before_it_begins": "結束的日期早於開始的日期",
    "no_school_day": "這一天不上課",
    "overlap": "和已有的請假重疊",
}


def parse_day(text: str) -> date | None:
    """Return the date of 2026-11-24, as a date field sends it, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


class LeaveForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What the page asks for, besides the child. An empty last day is the first one."""

    first_day = StringField()
    last_day = StringField()
    part = StringField()
    reason = StringField()

    def validate_first_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError("請選擇日期")

    def validate_last_day(self, field: StringField) -> None:
        """Want a date, or nothing."""
        if field.data and parse_day(field.data) is None:
            raise ValidationError("請選擇日期")

    def validate_part(self, field: StringField) -> None:
        """Want the whole day or a half."""
        if field.data not in set(DayPart):
            raise ValidationError("請選擇時段")

    def validate_reason(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(LeaveReason):
            raise ValidationError("請選擇事由")

    @property
    def faults(self) -> dict[str, str]:
        """Return the first message of each wrong field, in the order of the page."""
        return {name: messages[0] for name, messages in self.errors.items()}

    def days(self) -> tuple[date, date]:
        """Return the checked first and last day."""
        first = parse_day(self.first_day.data)
        if first is None:
            raise ValueError("unchecked form")
        return first, parse_day(self.last_day.data or "") or first


PART_OPTIONS = [(part.value, words, "") for part, words in PART_WORDS.items()]
REASON_OPTIONS = [(reason.value, words, "") for reason, words in REASON_WORDS.items()]
