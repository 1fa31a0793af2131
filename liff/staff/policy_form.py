"""A rule of the school's day as typed; the limits are core.calendar.policy's."""

from collections.abc import Callable
from datetime import date, time

from wtforms import StringField, ValidationError

from core.calendar.policy import LIMITS, NewRule
from core.notices.wording import WEEKDAYS
from liff.forms import PageForm
from liff.moments import parse_clock, parse_day
from liff.numbers import typed_number

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
    "past": "日期已經過了",
    "coming": "這個對象已有還沒開始的變更，請先到「變更紀錄」收回",
    "cutoff_after_departure": "截止時間要早於放學起算的時間",
    "dismissal_before_cutoff": "放學時間要晚於截止時間；下午 4 點請寫 16:00",
}
LONGEST_REASON = 40
# Far above every limit: those say themselves what is out of range.
MOST = 9999


class PolicyForm(PageForm):
    """For whom, and what differs. Everything may be left empty here; the rule itself may not."""

    grade = StringField()
    weekday = StringField()
    day = StringField()
    from_day = StringField()
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

    validate_from_day = validate_day

    def validate_cutoff(self, field: StringField) -> None:
        """Want a time of day or nothing."""
        _require(field, parse_clock, "時間請寫 24 小時制，例如 08:20")

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
    def begins(self) -> date | None:
        """Return the first day of the checked rule, None: at once."""
        return parse_day(self.from_day.data or "")

    def rule(self) -> NewRule:
        """Return the checked rule."""
        return NewRule(
            grade=_parse_number(self.grade.data or ""),
            weekday=_parse_number(self.weekday.data or ""),
            day=parse_day(self.day.data or ""),
            cutoff=parse_clock(self.cutoff.data or ""),
            departure_from=parse_clock(self.departure_from.data or ""),
            dismissal=parse_clock(self.dismissal.data or ""),
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


def _parse_number(text: str) -> int | None:
    return typed_number(text, MOST)
