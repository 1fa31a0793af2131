"""A rule of the school's day as typed; the limits are core.calendar.policy's."""

from collections.abc import Callable
from datetime import date, time

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from core.calendar.policy import LIMITS, NewRule
from core.notices.wording import WEEKDAYS
from liff.leave_form import parse_day

TIMES = {"cutoff": "截止時間", "departure_from": "放學起算", "dismissal": "放學時間"}
NUMBERS = {
    "grace_minutes": "寬限（分鐘）",
    "review_minutes": "導師覆核（分鐘）",
    "bounce_seconds": "重複刷卡（秒）",
}
WEEKDAY_OPTIONS = [(str(number), f"週{word}") for number, word in enumerate(WEEKDAYS)]
FAULTS = {
    "out_of_range": f"超出範圍：寬限和覆核最多 {LIMITS['grace_minutes']} 分鐘，"
    f"重複刷卡最多 {LIMITS['bounce_seconds']} 秒",
    "weekday_or_day": "星期和日期只能選一個",
    "nothing_differs": "請至少填一項和平常不同的設定",
    "cutoff_after_departure": "截止時間要早於放學起算的時間",
}
LONGEST_REASON = 40


class PolicyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """For whom, and what differs. Everything may be left empty here; the rule itself may not."""

    grade = StringField()
    weekday = StringField()
    day = StringField()
    cutoff = StringField()
    departure_from = StringField()
    dismissal = StringField()
    grace_minutes = StringField()
    review_minutes = StringField()
    bounce_seconds = StringField()
    reason = StringField()

    def validate_day(self, field: StringField) -> None:
        """Want a date or nothing."""
        _require(field, parse_day, "請選擇日期")

    def validate_cutoff(self, field: StringField) -> None:
        """Want a time of day or nothing."""
        _require(field, _parse_time, "時間請寫 24 小時制，例如 08:20")

    validate_departure_from = validate_dismissal = validate_cutoff

    def validate_grade(self, field: StringField) -> None:
        """Want a whole number or nothing."""
        _require(field, _parse_number, "請填整數")

    validate_weekday = validate_grace_minutes = validate_grade
    validate_review_minutes = validate_bounce_seconds = validate_grade

    def validate_reason(self, field: StringField) -> None:
        """Want something short."""
        if len(field.data or "") > LONGEST_REASON:
            raise ValidationError(f"最多 {LONGEST_REASON} 個字")

    @property
    def faults(self) -> dict[str, str]:
        """Return the first message of each wrong field, in the order of the page."""
        return {name: messages[0] for name, messages in self.errors.items()}

    def rule(self) -> NewRule:
        """Return the checked rule."""
        return NewRule(
            grade=_parse_number(self.grade.data or ""),
            weekday=_parse_number(self.weekday.data or ""),
            day=parse_day(self.day.data or ""),
            cutoff=_parse_time(self.cutoff.data or ""),
            departure_from=_parse_time(self.departure_from.data or ""),
            dismissal=_parse_time(self.dismissal.data or ""),
            grace_minutes=_parse_number(self.grace_minutes.data or ""),
            review_minutes=_parse_number(self.review_minutes.data or ""),
            bounce_seconds=_parse_number(self.bounce_seconds.data or ""),
            reason=(self.reason.data or "").strip(),
        )


def _require(
    field: StringField, parse: Callable[[str], date | time | int | None], message: str
) -> None:
    if field.data and parse(field.data) is None:
        raise ValidationError(message)


def _parse_time(text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _parse_number(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 4 else None
