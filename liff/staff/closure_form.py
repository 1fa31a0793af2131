"""A closure as typed; what may be closed is core.calendar.closures' to decide."""

from datetime import datetime

from wtforms import StringField, ValidationError

from core.calendar.scopes import GRADES, ClosureScope
from core.kinds import DayPart
from liff.forms import PageForm
from liff.moments import parse_day, parse_moment
from liff.numbers import whole_number

# By field, where the refusal names one; the others stand beside the day.
FAULTS = {
    "past": "日期已經過了",
    "length": "請填依據，最多 40 個字",
    "link": "依據不能有網址或特殊符號",
    "future": "公布的時間還沒到",
    "unknown": "請從清單選擇",
    "out_of_range": "年級應是 1–12",
    "no_school": "這個範圍裡沒有學校",
    "already_closed": "這個範圍當天已經停課",
    "already_proposed": "這個範圍當天已經有人發起，請到清單確認",
}


class ClosureForm(PageForm):
    """Whom it is for (empty is everyone), which part of which day, and who announced it when."""

    district = StringField()
    level = StringField()
    school_code = StringField()
    grade = StringField()
    day = StringField()
    part = StringField()
    source = StringField()
    source_at = StringField()

    def validate_grade(self, field: StringField) -> None:
        """Want a number or nothing."""
        if field.data and whole_number(field.data, GRADES[-1]) is None:
            raise ValidationError(FAULTS["out_of_range"])

    def validate_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError("請選擇日期")

    def validate_part(self, field: StringField) -> None:
        """Want the whole day or a half."""
        if field.data not in set(DayPart):
            raise ValidationError("請選擇時段")

    def validate_source_at(self, field: StringField) -> None:
        """Want a moment."""
        if parse_moment(field.data or "") is None:
            raise ValidationError("請填公布的日期和時間")

    def scope(self) -> ClosureScope:
        """Return whom the checked form is for."""
        return ClosureScope(
            district=self.district.data or None,
            level=self.level.data or None,
            school_code=(self.school_code.data or "").strip() or None,
            grade=whole_number(self.grade.data or "", GRADES[-1]),
        )

    def moment(self) -> datetime:
        """Return when it was announced, of a checked form."""
        moment = parse_moment(self.source_at.data or "")
        if moment is None:
            raise ValueError("unchecked form")
        return moment
