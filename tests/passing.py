"""What is there for minutes or once: a copy, slips to print, a code to show, a checked file."""

from uuid import UUID

from itsdangerous import URLSafeSerializer
from sqlmodel import Session

from core.binding.codes import issue_codes
from core.binding.sheets import keep_sheet
from core.clock import school_day_of
from core.house import House
from core.people.one_time import keep_text
from core.people.tables import Guardian, Staff, Student
from core.privacy.orders import order_copy
from core.roster.checks import hold_check
from core.roster.comparing import compare
from core.roster.rows import read_roster
from liff.copy_link import SALT as COPY
from liff.staff.code_link import seal_link
from tests.roster.files import MING, QING, as_csv, row


def copy_token(session: Session, house: House, guardian: Guardian) -> str:
    """Order a copy of the guardian's data; return what its link ends with."""
    order = order_copy(session, house.settings, guardian.id, house.clock.now())
    key = house.settings.secret_key.get_secret_value()
    return str(URLSafeSerializer(key, salt=COPY).dumps(str(order)))


def sheet_token(session: Session, house: House, head: Staff, student: Student) -> str:
    """Make a child's slip; return what the link to its sheet ends with."""
    now, by = house.clock.now(), f"staff:{head.id}"
    slips = issue_codes(session, house.vault, [student], by=by, now=now)
    sheet_id = keep_sheet(
        session,
        house.vault,
        slips,
        school_code=student.school_code,
        title="603 班 12 號",
        by=by,
        now=now,
    )
    return seal_link(house.settings, head.id, sheet_id)


def shown_text(session: Session, house: House, head: Staff) -> UUID:
    """Keep an invitation to be shown once; return the text's id."""
    facts = {
        "kind": "invite",
        "code": "K7Q4-M2XP",
        "name": "林雅文",
        "place": "榕光國小",
        "role": "603 班導師",
    }
    now = house.clock.now()
    return keep_text(session, house.vault, facts, by=f"staff:{head.id}", now=now)


def checked_roster(session: Session, house: House, head: Staff, school_code: str) -> UUID:
    """Check a file with a child of another class now, and one who is new; return the check's id."""
    now, rows = house.clock.now(), [row(MING, homeroom="604"), row(QING, name="歐陽小晴")]
    found = read_roster(as_csv(rows), "603.csv", today=school_day_of(now), school_code=school_code)
    return hold_check(
        session,
        house.vault,
        found,
        compare(session, house.vault, found),
        school_code=school_code,
        staff=head,
        file_name="603 班名冊.csv",
        now=now,
    )
