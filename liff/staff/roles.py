"""Roles on the staff pages: which may be given here, in words, and which one was chosen."""

from flask import request
from sqlmodel import Session

from core.attendance.reports import school_today
from core.notices.staff_words import ROLE_WORDS, class_words
from core.people.staff_changes import roles_to_give
from core.people.tables import StaffRole
from liff.staff.desk import Desk, open_any_desk
from liff.visit import Visit

ROLE_DETAILS = {
    StaffRole.HOMEROOM_TEACHER: "看得到自己班級的孩子",
    StaffRole.CASHIER: "登記簡訊的收費，只看得到有訂購的孩子",
    StaffRole.OFFICER: "全校的名單、保留的通知、停課",
    StaffRole.SCHOOL_ADMIN: "再加上行事曆和學校人員",
    StaffRole.BUREAU_ADMIN: "各校的設定，看不到孩子",
}
FAULTS = {
    "bad_name": "姓名最多 40 個字，不能有網址或特殊符號",
    "wrong_place": "導師要選班級，其他人不選",
    "role": "請選擇身分",
    "homeroom": "名冊上沒有這個班級",
    "same": "已經是這個身分了",
    "last_admin": "這是最後一位管理者，要先邀請另一位，才能更改或撤銷。",
}


def open_people(database: Session, visit: Visit) -> Desk:
    """Return the desk. Raises AccessError 403 for whoever does not manage its people."""
    desk = open_any_desk(database, visit)
    desk.require_manager()
    return desk


def giver_of(desk: Desk) -> str:
    """Return who gives roles here, as records name it: what is given open ends with that role."""
    return f"staff:{desk.require_manager().id}"


def asked_role(
    database: Session, visit: Visit, desk: Desk
) -> tuple[dict[str, str], StaffRole | None, str | None]:
    """Return what is wrong, or the role and class that were chosen."""
    asked, homeroom = request.form.get("role", ""), request.form.get("homeroom", "") or None
    role = next((one for one in roles_to_give(desk.roles, desk.code) if one == asked), None)
    if role is None:
        return {"role": FAULTS["role"]}, None, None
    if (homeroom is not None) != (role is StaffRole.HOMEROOM_TEACHER):
        return {"homeroom": FAULTS["wrong_place"]}, None, None
    if homeroom is not None and homeroom not in _homerooms(database, visit, desk):
        return {"homeroom": FAULTS["homeroom"]}, None, None
    return {}, role, homeroom


def role_words(role: StaffRole, homeroom: str | None) -> str:
    """Return 導師・603 班, or the role alone."""
    return f"{ROLE_WORDS[role]}{f'・{class_words(homeroom)}' if homeroom else ''}"


def role_options(database: Session, visit: Visit, desk: Desk) -> dict[str, object]:
    """Return the roles and classes to choose from, as the forms show them."""
    roles = roles_to_give(desk.roles, desk.code)
    return {
        "roles": [(one.value, ROLE_WORDS[one], ROLE_DETAILS[one]) for one in roles],
        "homerooms": [(one, class_words(one)) for one in _homerooms(database, visit, desk)],
    }


def _homerooms(database: Session, visit: Visit, desk: Desk) -> list[str]:
    code = desk.code
    return [one.homeroom for one in school_today(database, code, visit.now)] if code else []
