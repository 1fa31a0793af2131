"""An announcement as typed; what may be written is core.announcements' to decide."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session
from wtforms import StringField, ValidationError

from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementType, Importance
from core.announcements.texts import (
    LONGEST_BODY,
    LONGEST_TITLE,
    clean_body,
    clean_title,
    foreign_hosts,
)
from core.announcements.writing import Text
from core.calendar.scopes import GRADES
from core.errors import InputError
from core.notices.staff_words import class_words
from core.people.doors import for_staff
from core.people.roster import grades_of
from liff.forms import PageForm
from liff.moments import parse_moment
from liff.numbers import whole_number
from liff.staff.desk import Desk
from liff.visit import current_visit

CITY, SCHOOL, GRADE, CLASS = "city", "school", "grade", "class"
# What guardians of a class hear of most is the school's daily work.
USUAL = {"type": AnnouncementType.SCHOOL.value, "importance": Importance.NORMAL.value}
NAMES = {"title": "標題", "body": "內容"}
LONGEST = {"title": LONGEST_TITLE, "body": LONGEST_BODY}
NOBODY = "這個對象裡沒有學生"
CHANGED = "剛才有人改過這則公告，請回到公告看過新的內容再修改"
SENT_AT_ONCE = "這則公告確認後會用 LINE 發送，不能預定時間，請留空白"

Options = Sequence[tuple[str, str]]


class AnnouncementForm(PageForm):
    """To whom, what and from when; an empty moment is at once."""

    audience = StringField()
    district = StringField()
    level = StringField()
    type = StringField()
    importance = StringField()
    title = StringField()
    body = StringField()
    publish_from = StringField()

    def validate_type(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(AnnouncementType):
            raise ValidationError("請選擇類型")

    def validate_importance(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(Importance):
            raise ValidationError("請選擇重要性")

    def validate_title(self, field: StringField) -> None:
        """Want something short."""
        self._require(clean_title, field)

    def validate_body(self, field: StringField) -> None:
        """Want something to read."""
        self._require(clean_body, field)

    def _require(self, clean: Callable[[str, str], str], field: StringField) -> None:
        try:
            clean(field.data or "", _own_pages())
        except InputError as error:
            (said,) = self.place_fault(error).values()
            raise ValidationError(said) from None

    def validate_publish_from(self, field: StringField) -> None:
        """Want a moment, or nothing."""
        if field.data and parse_moment(field.data) is None:
            raise ValidationError("請填日期和時間，或留空白")

    @property
    def typed(self) -> dict[str, str]:
        """Return what was typed, by field."""
        return {name: self[name].data or "" for name in FIELDS}

    def text(self, now: datetime) -> Text:
        """Return the words of the checked form."""
        return Text(
            type=AnnouncementType(self.type.data),
            importance=Importance(self.importance.data),
            title=self.title.data or "",
            body=self.body.data or "",
            publish_from=parse_moment(self.publish_from.data or "") or now,
        )

    def place_fault(self, error: InputError) -> dict[str, str]:
        """Return what to say of a refusal, and beside which field."""
        name = error.field or ""
        if name not in NAMES:
            late = {
                "too_far": ("publish_from", "最多提前一年"),
                "at_once": ("publish_from", SENT_AT_ONCE),
                "changed": ("title", CHANGED),
            }
            place, said = late.get(error.code, ("audience", NOBODY))
            return {place: said}
        typed = self[name].data or ""
        hosts = foreign_hosts(typed, _own_pages())
        words = {
            "empty": f"請填{NAMES[name]}",
            "too_long": f"{NAMES[name]}超過 {LONGEST[name]} 字，目前 {len(typed)} 字",
            "foreign_link": f"{NAMES[name]}不能有這類網址：{'、'.join(hosts)}",
        }
        return {name: words[error.code]}


FIELDS = (
    "audience",
    "district",
    "level",
    "type",
    "importance",
    "title",
    "body",
    "publish_from",
)


def _own_pages() -> str:
    return current_visit().house.settings.liff_id


def parse_audience(form: AnnouncementForm, desk: Desk) -> Audience:
    """Return whom the form names. Raises InputError for what is no choice at this desk."""
    kind, _, value = (form.audience.data or "").partition("/")
    if kind == CITY:
        return Audience(district=form.district.data or None, level=form.level.data or None)
    if desk.school is None:
        raise InputError("unknown", "audience")
    code = desk.school.code
    match kind:
        case "school":
            return Audience(school_code=code)
        case "grade" if (grade := whole_number(value, GRADES[-1])) is not None:
            return Audience(school_code=code, grade=grade)
        case "class" if value:
            return Audience(school_code=code, homeroom=value)
    raise InputError("unknown", "audience")


def audience_options(database: Session, desk: Desk) -> Options:
    """Return whom this desk may write to: the whole first, then classes, then grades."""
    found: list[tuple[str, str]] = []
    if desk.school is not None:
        code = desk.school.code
        if desk.runs_school:
            found.append((SCHOOL, "全校"))
        for at, homeroom, _ in for_staff(database, desk.roles).classes():
            if at == code:
                found.append((f"{CLASS}/{homeroom}", class_words(homeroom)))
        if desk.runs_school:
            grades = grades_of(database, code)
            found += [(f"{GRADE}/{grade}", f"{grade} 年級") for grade in grades]
    if desk.is_of_bureau:
        found.append((CITY, "全市，或下面選的範圍"))
    return found
