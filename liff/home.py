"""我的孩子: today at a glance, or the first steps."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.days import days_of
from core.clock import school_day_of
from core.db import snapshot
from core.delivery.quota_month import month_end, on_demand_kinds
from core.gate.readers import last_contact
from core.notices.wording import on_demand_line
from core.people.bindings import BoundChild, children_of
from core.people.friends import friendship_of
from core.people.staff import roles_of
from liff.guard import signed_in
from liff.present import long_date, reader_line, school_line, today_of
from liff.visit import Visit, current_visit


@signed_in
def show_home() -> ResponseReturnValue:
    """Show the guardian's children, or what is still to do."""
    visit = current_visit()
    note = request.args.get("note", "")
    line_user_id = visit.get_session().line_user_id
    if visit.guardian is None:
        with snapshot(visit.house.engine) as database:
            is_staff = bool(roles_of(database, line_user_id))
        return render_template("first_steps.html", note=note, is_staff=is_staff)
    with snapshot(visit.house.engine) as database:
        is_staff = bool(roles_of(database, line_user_id))
        children = children_of(database, visit.guardian.id)
        follows = friendship_of(database, line_user_id)
        page = _overview(database, visit, children)
    return render_template("home.html", note=note, follows=follows, is_staff=is_staff, **page)


def _overview(database: Session, visit: Visit, children: list[BoundChild]) -> dict[str, object]:
    today = school_day_of(visit.now)
    days = days_of(database, children, today, today, visit.now)
    views = {child.binding_id: days[child.student_id][-1] for child in children}
    is_open = any(view.is_school_day for view in views.values())
    readers = _reader_lines(database, visit, children)
    on_demand = on_demand_kinds(database, visit.now) if children else ()
    return {
        "on_demand": on_demand_line(on_demand, month_end(visit.now)),
        "day": f"{long_date(today)}・{'上課日' if is_open else '今天不上課'}" if children else "",
        "cards": [
            (
                child.binding_id,
                child.given_name,
                school_line(child),
                today_of(views[child.binding_id]),
            )
            for child in children
        ],
        "doubts": [text for text, is_silent in readers if is_silent and is_open],
        "readers": [text for text, is_silent in readers if not (is_silent and is_open)],
    }


def _reader_lines(
    database: Session, visit: Visit, children: list[BoundChild]
) -> list[tuple[str, bool]]:
    schools = {child.school_code: child.school_short_name for child in children}
    return [
        reader_line(name, last_contact(database, code), visit.now) for code, name in schools.items()
    ]
