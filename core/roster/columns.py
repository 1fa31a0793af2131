"""The columns of a roster file and their headings."""

from enum import StrEnum


class Column(StrEnum):
    """What a column holds; the value is its English heading."""

    SCHOOL_CODE = "school_code"
    ENTRY_YEAR = "entry_year"
    STUDENT_NUMBER = "student_number"
    NAME = "name"
    GRADE = "grade"
    HOMEROOM = "homeroom"
    SEAT_NUMBER = "seat_number"
    NATIONAL_ID = "national_id"
    BIRTH_DATE = "birth_date"
    CARD_UID = "card_uid"
    STATUS = "status"


CHINESE = {
    Column.SCHOOL_CODE: "學校代碼",
    Column.ENTRY_YEAR: "入學學年度",
    Column.STUDENT_NUMBER: "學號",
    Column.NAME: "姓名",
    Column.GRADE: "年級",
    Column.HOMEROOM: "班級",
    Column.SEAT_NUMBER: "座號",
    Column.NATIONAL_ID: "身分證字號",
    Column.BIRTH_DATE: "出生年月日",
    Column.CARD_UID: "卡片內碼",
    Column.STATUS: "學籍狀態",
}
# A card and a status may be left out: the card stays whose it is, the child is enrolled.
OPTIONAL = frozenset({Column.CARD_UID, Column.STATUS})
