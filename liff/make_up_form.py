"""A request for a make-up as typed: checked for its form here, for the rules by core.gate."""

from collections.abc import Sequence
from datetime import date

from wtforms import StringField, ValidationError

from core.clock import at_taipei
from core.gate.make_up_requests import LONGEST_WORDS, NewRequest
from core.kinds import Direction, MakeUpReason
from core.languages.dates import short_date
from core.languages.speech import N_, _
from core.notices.wording import MAKE_UP_REASONS
from liff.forms import PageForm
from liff.moments import parse_clock, parse_day

DIRECTIONS = {Direction.IN: N_("到校"), Direction.OUT: N_("離校")}
FAULTS = {
    "past": N_("日期已經過了"),
    "future": N_("還沒到這個時間"),
    "no_school_day": N_("這一天不上課"),
    "quiet": N_("新綁定的 24 小時內不能申請補登，請直接聯絡學校"),
    "on_leave": N_("這一天已請假，請先取消請假"),
    "recorded": N_("這一天已經有紀錄，不用補登"),
    "open": N_("這一天已經有一筆在審核中"),
}


class MakeUpForm(PageForm):
    """What the page asks for, of the one child it is about."""

    day = StringField()
    direction = StringField()
    time = StringField()
    reason = StringField()
    words = StringField()

    def validate_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError(_("請選擇日期"))

    def validate_direction(self, field: StringField) -> None:
        """Want the way in or out."""
        if field.data not in set(DIRECTIONS):
            raise ValidationError(_("請選擇到校或離校"))

    def validate_time(self, field: StringField) -> None:
        """Want a time of day."""
        if parse_clock(field.data or "") is None:
            raise ValidationError(_("請填時間，24 小時制，例如 07:50"))

    def validate_reason(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(MakeUpReason):
            raise ValidationError(_("請選擇事由"))

    def validate_words(self, field: StringField) -> None:
        """Want few words, or none."""
        if len((field.data or "").strip()) > LONGEST_WORDS:
            raise ValidationError(_("最多 {max} 個字", max=LONGEST_WORDS))

    def wish(self) -> NewRequest:
        """Return the checked wish."""
        day, clock = parse_day(self.day.data), parse_clock(self.time.data)
        if day is None or clock is None:
            raise ValueError("unchecked form")
        return NewRequest(
            at=at_taipei(day, clock),
            direction=Direction(self.direction.data),
            reason=MakeUpReason(self.reason.data),
            words=(self.words.data or "").strip(),
        )


def day_options(days: Sequence[date], today: date) -> list[tuple[str, str]]:
    """Return the days to choose from."""
    return [
        (str(day), _("今天 {day}", day=short_date(day)) if day == today else short_date(day))
        for day in days
    ]


def direction_options() -> list[tuple[str, str, str]]:
    """Return the two ways through the gate."""
    return [(direction.value, _(word), "") for direction, word in DIRECTIONS.items()]


def reason_options() -> list[tuple[str, str, str]]:
    """Return the reasons to choose from."""
    return [
        (reason.value, _("其他") if reason is MakeUpReason.OTHER else _(words), "")
        for reason, words in MAKE_UP_REASONS.items()
    ]


def fault_words(code: str) -> str:
    """Return why the rules refuse a request."""
    return _(FAULTS[code])
