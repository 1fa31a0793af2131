"""One cell of a roster, from text to value. Every reader raises BadCell with a code of ours."""

import re
import unicodedata
from datetime import date

from core.people import identity_numbers
from core.people.names import clean_name
from core.people.roster import normalise_student_number
from core.people.tables import EnrollmentStatus

# ROC 1 is 1912.
ROC_ZERO = 1911
SCHOOL_CODE = re.compile(r"[0-9A-Z]{6}", re.ASCII)
STUDENT_NUMBER = re.compile(r"[0-9A-Z-]{1,20}", re.ASCII)
HOMEROOM = re.compile(r"[\w\u4e00-\u9fff-]{1,10}")
CARD_UID = re.compile(r"(?:[0-9A-F]{8}|[0-9A-F]{14})", re.ASCII)
DATES = (
    re.compile(r"(\d{2,4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII),
    re.compile(r"(\d{2,4})年(\d{1,2})月(\d{1,2})日", re.ASCII),
    # 1040305 and 20150305, as office programs write them.
    re.compile(r"(\d{2,4})(\d{2})(\d{2})", re.ASCII),
)
STATUSES = {
    "在學": EnrollmentStatus.ENROLLED,
    "休學": EnrollmentStatus.SUSPENDED,
    "轉學": EnrollmentStatus.TRANSFERRED,
    "畢業": EnrollmentStatus.GRADUATED,
    "退學": EnrollmentStatus.WITHDRAWN,
}
# What programs write in the place of a character they don't have.
LOST = frozenset("?？□〓\ufffd")
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


class BadCell(Exception):
    """A cell that can't be read; `code` says why, `found` what stands there, safe to repeat."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(code)
        self.code, self.found = code, found


def read_school_code(text: str) -> str:
    """Return the six characters of a school's code."""
    code = _folded(text).upper()
    if not SCHOOL_CODE.fullmatch(code):
        raise BadCell("school_code", text[:20])
    return code


def read_number(text: str, lowest: int, highest: int, code: str) -> int:
    """Return a whole number within limits, in digits of any width."""
    digits = _folded(text)
    if not digits.isdecimal() or not lowest <= int(digits[:9]) <= highest:
        raise BadCell(code, text[:20])
    return int(digits)


def read_student_number(text: str) -> str:
    """Return the number as it is compared, zeros kept."""
    _refuse_formula(text)
    number = normalise_student_number(text)
    if not STUDENT_NUMBER.fullmatch(number):
        raise BadCell("student_number", text[:20])
    return number


def read_name(text: str, is_lossy: bool) -> str:
    """Return a name a person can have; `is_lossy` files may have lost rare characters."""
    _refuse_formula(text)
    lost = [char for char in text if char in LOST]
    if lost:
        shown = "".join("□" if char in LOST else char for char in text)[:20]
        raise BadCell("lost_characters" if is_lossy else "unreadable", shown)
    if any(unicodedata.category(char) == "Co" for char in text):
        raise BadCell("private_characters")
    name = clean_name(text)
    if name is None:
        raise BadCell("name")
    return name


def read_homeroom(text: str) -> str:
    """Return a class such as 603 or 一年甲班, half width."""
    _refuse_formula(text)
    homeroom = _folded(text)
    if not HOMEROOM.fullmatch(homeroom):
        raise BadCell("homeroom", text[:20])
    return homeroom


def read_national_id(text: str) -> str:
    """Return a valid national or residence number; what is shown of a bad one is its end."""
    number = identity_numbers.normalise(text)
    if not identity_numbers.is_valid(number):
        raise BadCell("national_id", number[-3:])
    return number


def read_birth_date(text: str, today: date) -> date:
    """Return the day somebody was born, from ISO or ROC; a year below 200 is ROC's."""
    folded = _folded(text)
    match = next((found for shape in DATES if (found := shape.fullmatch(folded))), None)
    if match is None:
        raise BadCell("birth_date")
    year, month, day = (int(part) for part in match.groups())
    try:
        born = date(year + ROC_ZERO if year < 200 else year, month, day)
    except ValueError:
        raise BadCell("birth_date") from None
    # The oldest pupils of evening schools are grown up; nobody starts school before three.
    if not today.year - 90 <= born.year <= today.year - 3:
        raise BadCell("birth_date")
    return born


def read_card_uid(text: str) -> str | None:
    """Return the chip's number, or None for an empty cell."""
    uid = _folded(text).upper().replace(":", "")
    if not uid:
        return None
    if not CARD_UID.fullmatch(uid):
        raise BadCell("card_uid")
    return uid


def read_status(text: str) -> EnrollmentStatus:
    """Return the enrolment, which an empty cell says nothing against."""
    word = _folded(text).casefold()
    if not word:
        return EnrollmentStatus.ENROLLED
    known = STATUSES | {status.value: status for status in EnrollmentStatus}
    if word not in known:
        raise BadCell("status", text[:20])
    return known[word]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _refuse_formula(text: str) -> None:
    if text.startswith(FORMULA_STARTS):
        raise BadCell("formula")
