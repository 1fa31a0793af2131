"""The five facts as typed: checked for their form only, before the roster is asked."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wtforms import StringField, ValidationError

from core.binding.codes import is_code_shaped, normalise_code
from core.languages.speech import _
from core.people import identity_numbers
from core.people.names import clean_name
from core.people.roster import Claim, normalise_student_number
from core.people.tables import Relationship
from liff.forms import PageForm

STUDENT_NUMBER = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
PARTED_DATE = re.compile(r"(?:民國)?(\d{2,4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
PACKED_DATE = re.compile(r"(\d{2,4})(\d{2})(\d{2})", re.ASCII)
ROC_YEAR_ZERO = 1911
ID_LENGTH = 10
# What a code stands in for.
FACTS = (
    "district", "level", "school_code", "student_number", "name", "national_id", "birth_date"
)  # fmt: skip


def parse_birth_date(text: str) -> date | None:
    """Return the date of 2015-03-05, 104/03/05 or the digits alone; a year below 1000 is ROC."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found = PARTED_DATE.fullmatch(plain) or PACKED_DATE.fullmatch(plain)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year if year >= 1000 else year + ROC_YEAR_ZERO, month, day)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class SchoolChoice:
    """A school as it stands in the three selects; `name` is the short one."""

    code: str
    district: str
    level: str
    name: str


def _stripped(value: str | None) -> str:
    return (value or "").strip()


class RelationshipField(StringField):  # type: ignore[misc]  # WTForms has no types
    """Who the guardian is. The page sends it empty before what is chosen.

    So somebody who forgot to choose is asked; a caller that knows of no such field is not.
    """

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was sent last."""
        self.data = valuelist[-1] if valuelist else Relationship.OTHER.value


def _text() -> StringField:
    return StringField(filters=[_stripped])


class BindingForm(PageForm):
    """Set `schools` and `today` before validating. Errors stand in the order of the page."""

    schools: Sequence[SchoolChoice] = ()
    today: date = date.max

    district = _text()
    level = _text()
    school_code = _text()
    student_number = _text()
    name = _text()
    national_id = _text()
    birth_date = _text()
    binding_code = _text()
    relationship = RelationshipField()

    @property
    def is_by_code(self) -> bool:
        """Tell whether a school's code stands in for the facts."""
        return bool(self.binding_code.data)

    def validate(self, extra_validators: object = None) -> bool:
        """Check the facts, or the code alone where there is one."""
        if self.is_by_code:
            for name in FACTS:
                del self[name]
        is_fine: bool = super().validate(extra_validators)
        return is_fine

    def validate_binding_code(self, field: StringField) -> None:
        """Want the shape of a code, where one is typed."""
        if field.data:
            _require(is_code_shaped(normalise_code(field.data)), _("綁定碼是 8 碼英文字母和數字"))

    def validate_district(self, field: StringField) -> None:
        """Want a district that has schools."""
        _require(field.data in {school.district for school in self.schools}, _("請選擇行政區"))

    def validate_level(self, field: StringField) -> None:
        """Want a level that has schools."""
        _require(field.data in {school.level for school in self.schools}, _("請選擇級別"))

    def validate_school_code(self, field: StringField) -> None:
        """Want a school of that district and level."""
        school = next((school for school in self.schools if school.code == field.data), None)
        _require(school is not None, _("請選擇學校"))
        place = (self.district.data, self.level.data)
        is_there = school is not None and (school.district, school.level) == place
        _require(is_there, _("這所學校不在所選的行政區或級別"))

    def validate_student_number(self, field: StringField) -> None:
        """Want digits and letters."""
        _require(field.data, _("請填學號"))
        fits = STUDENT_NUMBER.fullmatch(normalise_student_number(field.data))
        _require(fits, _("學號只有數字和英文字母，最多 20 碼"))

    def validate_name(self, field: StringField) -> None:
        """Want something that can be a name."""
        _require(field.data, _("請填孩子的姓名"))
        _require(clean_name(field.data), _("姓名最多 40 個字，不能有網址或特殊符號"))

    def validate_national_id(self, field: StringField) -> None:
        """Want the right shape and check digit."""
        _require(field.data, _("請填身分證字號或居留證號"))
        is_valid = identity_numbers.is_valid(identity_numbers.normalise(field.data))
        _require(is_valid, _("格式不對，應是 10 碼，例如 A123456789（範例）"))

    def validate_birth_date(self, field: StringField) -> None:
        """Want a day that has been."""
        _require(field.data, _("請填出生年月日"))
        birth_date = parse_birth_date(field.data)
        _require(birth_date, _("看不懂這個日期，請寫 2015-03-05 或 104/03/05"))
        _require(birth_date is not None and birth_date <= self.today, _("這個日期還沒到"))

    def validate_relationship(self, field: StringField) -> None:
        """Want one of the four."""
        _require(field.data in set(Relationship), _("請選擇您和孩子的關係"))

    def claim(self) -> Claim:
        """Return the checked facts."""
        birth_date = parse_birth_date(self.birth_date.data)
        if birth_date is None:
            raise ValueError("unchecked form")
        return Claim(
            school_code=self.school_code.data,
            student_number=self.student_number.data,
            name=clean_name(self.name.data) or "",
            national_id=self.national_id.data,
            birth_date=birth_date,
        )

    def tidy_echo(self) -> None:
        """Prepare what goes back into the page: a date we understood, never a whole id number."""
        birth_date = parse_birth_date(self.birth_date.data or "")
        if birth_date is not None:
            self.birth_date.data = birth_date.isoformat()
        if len(identity_numbers.normalise(self.national_id.data or "")) >= ID_LENGTH:
            self.national_id.data = ""


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValidationError(message)
