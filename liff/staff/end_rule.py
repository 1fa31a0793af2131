"""結束設定: a rule ends from a day on; the day is chosen, its effect shown, then it is sent."""

from datetime import date
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.policy import end_rule, find_rule
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from liff.guard import staff
from liff.moments import parse_day
from liff.staff.desk import open_desk
from liff.staff.policy_form import FAULTS
from liff.staff.previews import effects_shown, tomorrow
from liff.staff.rule_words import rule_line
from liff.visit import Visit, current_visit


@staff
def ask_end_rule(rule_id: UUID) -> ResponseReturnValue:
    """Ask from which day a rule ends."""
    return _render_end(rule_id, str(tomorrow(current_visit())), {})


@staff
def send_end_rule(rule_id: UUID) -> ResponseReturnValue:
    """Show what the end would change; sent from there, end the rule."""
    visit = current_visit()
    typed = request.form.get("from_day", "")
    begins = parse_day(typed)
    if typed and begins is None:
        return _render_end(rule_id, typed, {"from_day": "請選擇日期"}), 422
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            school = desk.require_runner()
            if "sure" not in request.form:
                return _preview_end(database, visit, rule_id, begins)
            end_rule(database, school.code, rule_id, by=desk.actor, now=visit.now, from_day=begins)
    except InputError as error:
        return _render_end(rule_id, typed, {"from_day": FAULTS[error.code]}), 422
    return redirect(url_for("liff.show_policy", school=desk.param, note="ended"), 303)


def _preview_end(database: Session, visit: Visit, rule_id: UUID, wish: date | None) -> str:
    desk = open_desk(database, visit)
    code = desk.get_school().code
    row = find_rule(database, code, rule_id, visit.now)
    line = rule_line(row, visit.now)

    def end() -> None:
        end_rule(database, code, rule_id, by=desk.actor, now=visit.now, from_day=wish)

    begins = row.day or wish or school_day_of(visit.now)
    return render_template(
        "staff/setting_preview.html",
        desk=desk,
        title=f"結束「{line.whom}」",
        what=f"{line.what} → 照平常",
        fields={"from_day": str(wish) if wish else ""},
        button="確認結束",
        back=url_for("liff.show_policy", school=desk.param),
        **effects_shown(database, visit, code, begins, end, row.day),
    )


def _render_end(rule_id: UUID, typed: str, faults: dict[str, str]) -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        code = desk.require_runner().code
        line = rule_line(find_rule(database, code, rule_id, visit.now), visit.now)
    return render_template(
        "staff/end_rule.html",
        desk=desk,
        line=line,
        typed=typed,
        faults=faults,
        today=school_day_of(visit.now),
    )
