"""費用單: one order's money on paper, for the guardian and the cashier to sign."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError
from core.languages.dates import long_date, long_day_and_clock
from core.orders.accounts import account_for
from core.orders.listing import Listed, order_of_staff
from core.people.doors import for_staff
from core.people.looks import record_looks
from core.people.staff import can_run_school, can_take_money
from core.people.tables import School, Staff
from liff.guard import open_to_all
from liff.staff.sms import lines
from liff.staff.sms.links import SlipLink, open_slip
from liff.visit import Visit, current_visit


@open_to_all
def print_sms_slip(token: str) -> ResponseReturnValue:
    """Show the slip a link was made for, while it is good and its maker still may."""
    visit = current_visit()
    link = open_slip(visit.house.settings, token, visit.now)
    with snapshot(visit.house.engine) as database:
        one = _still_theirs(database, link)
        account = account_for(database, one.order)
        school = database.get_one(School, one.order.school_code)
    with transaction(visit.house.engine) as database:
        actor = f"staff:{link.staff_id}"
        record_looks(database, actor=actor, students=[one.student.id], now=visit.now)
    is_closed = one.plan.closed_at is not None
    return render_template(
        "staff/sms_account.html",
        school=school,
        plan=one.plan,
        facts=_facts(visit, one),
        figures=lines.figures_of(account, one.plan),
        working=lines.working_of(one.plan),
        at=long_day_and_clock(visit.now),
        closing="費用已結算。" if is_closed else "學期結算前，費用會再變動。",
    )


def _still_theirs(database: Session, link: SlipLink) -> Listed:
    asker = database.get(Staff, link.staff_id)
    if asker is None or asker.revoked_at is not None:
        raise AccessError("sheet_over", 410)
    one, role = order_of_staff(for_staff(database, [asker]), link.order_id)
    code = one.order.school_code
    if not (can_run_school(role, code) or can_take_money(role, code)):
        raise AccessError("sheet_over", 410)
    return one


def _facts(visit: Visit, one: Listed) -> list[tuple[str, str]]:
    order = one.order
    return [
        ("學生", f"{lines.place_of(one.student)} 號 {one.student.name}"),
        ("學號", one.student.student_number),
        ("項目", f"{lines.what_of(order)}簡訊"),
        ("申請人", lines.applicant_of(visit.house.vault, one)),
        ("申請日期", long_date(school_day_of(order.asked_at))),
        ("服務期間", lines.period_of(order, one.plan)),
        ("狀態", order.state),
        ("繳費", lines.paid_of(one)),
    ]
