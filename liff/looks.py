"""誰看過: the school's looks at a child, for the guardian."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot
from core.languages.dates import parted, plain_moment
from core.languages.speech import N_, _
from core.people.bindings import get_child
from core.people.looks import LookReason
from core.people.tables import School, StaffRole
from core.privacy.looks import Look, LookPage, looks_at
from liff.guard import linked
from liff.numbers import whole_number
from liff.visit import current_visit

ROLES = {
    StaffRole.HOMEROOM_TEACHER: N_("導師"),
    StaffRole.CASHIER: N_("出納組"),
    StaffRole.OFFICER: N_("生教組"),
    StaffRole.SCHOOL_ADMIN: N_("學校管理者"),
    StaffRole.BUREAU_ADMIN: N_("教育局"),
}
OPERATOR = N_("維運人員")
WHAT = {
    "student": N_("這個孩子的紀錄"),
    "class": N_("全班名單"),
    "lists": N_("待查名單"),
    "held": N_("保留的通知"),
}
WHY = {"notices.why": N_("查詢通知")}
REASONS: dict[str, str] = {
    LookReason.PRESENCE: N_("確認到校"),
    LookReason.CALL: N_("家長來電"),
    LookReason.OTHER: N_("其他"),
}
# Nobody turns more pages than this; beyond it the number itself may be meant to hurt.
LAST_PAGE = 500


@linked
def show_looks(binding_id: UUID) -> ResponseReturnValue:
    """Show who looked at one's own child, newest first, a page at a time."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        child = get_child(database, visit.get_guardian().id, binding_id)
        number = whole_number(request.args.get("page", ""), LAST_PAGE) or 1
        page = looks_at(database, child.student_id, number)
        rows = _rows(database, page)
    return render_template("looks.html", child=child, rows=rows, page=page)


def _rows(database: Session, page: LookPage) -> list[tuple[str, str, str]]:
    codes = {one.school_code for one in page.looks if one.school_code}
    schools = {code: database.get_one(School, code).short_name for code in codes}
    return [_row(one, schools.get(one.school_code or "", "")) for one in page.looks]


def _row(look: Look, school: str) -> tuple[str, str, str]:
    who = _(ROLES[StaffRole(look.role)] if look.role else OPERATOR)
    reason = REASONS.get(look.reason) or WHY.get(look.action, "")
    what = _(WHAT.get(look.what, WHAT["student"]))
    return (
        plain_moment(look.at),
        f"{school} {who}".strip(),
        parted(what, _(reason) if reason else ""),
    )
