"""學校設定: the usual day, and what differs by grade, weekday or date."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.policy import (
    BOUNCE_SECONDS,
    GRACE_MINUTES,
    REVIEW_MINUTES,
    add_rule,
    end_rule,
    list_rules,
)
from core.calendar.scopes import GRADES
from core.calendar.tables import DayPolicy
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.notices.wording import WEEKDAYS
from core.people.tables import School
from liff.guard import staff
from liff.present import long_date
from liff.staff.desk import open_desk
from liff.staff.policy_form import FAULTS, NUMBERS, TIMES, WEEKDAY_OPTIONS, PolicyForm
from liff.visit import current_visit

UNITS = {
    "cutoff": "截止",
    "departure_from": "放學起算",
    "dismissal": "放學",
    "grace_minutes": "寬限 {} 分鐘",
    "review_minutes": "導師覆核 {} 分鐘",
    "bounce_seconds": "重複刷卡 {} 秒",
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as it is read: for whom, what differs, why."""

    rule_id: UUID
    whom: str
    what: str
    reason: str


@staff
def show_policy() -> ResponseReturnValue:
    """Show the usual day and the rules that count now."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        rules = list_rules(database, school.code)
    today = school_day_of(visit.now)
    return render_template(
        "staff/policy.html",
        desk=desk,
        usual=_usual(school),
        rules=[_line(rule) for rule in rules if rule.day is None or rule.day >= today],
        note=request.args.get("note", ""),
    )


@staff
def show_new_rule() -> ResponseReturnValue:
    """Show the empty form."""
    with snapshot(current_visit().house.engine) as database:
        open_desk(database, current_visit()).require_runner()
    return _render_form(PolicyForm(formdata=None), {})


@staff
def send_rule() -> ResponseReturnValue:
    """Add the rule; it counts at once."""
    visit, form = current_visit(), PolicyForm()
    faults = {} if form.validate() else form.faults
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            school = desk.require_runner()
            if not faults:
                add_rule(database, school.code, form.rule(), by=desk.actor, now=visit.now)
    except InputError as error:
        faults = {error.field or "cutoff": FAULTS[error.code]}
    if faults:
        return _render_form(form, faults), 422
    return redirect(url_for("liff.show_policy", school=desk.param, note="added"), 303)


@staff
def ask_end_rule(rule_id: UUID) -> ResponseReturnValue:
    """Ask once before a rule ends."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        line = _line(_own_rule(database, desk.require_runner(), rule_id))
    return render_template("staff/end_rule.html", desk=desk, line=line)


@staff
def send_end_rule(rule_id: UUID) -> ResponseReturnValue:
    """End the rule; the usual day counts again."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        end_rule(database, school.code, rule_id, by=desk.actor, now=visit.now)
    return redirect(url_for("liff.show_policy", school=desk.param, note="ended"), 303)


def _own_rule(database: Session, school: School, rule_id: UUID) -> DayPolicy:
    for rule in list_rules(database, school.code):
        if rule.id == rule_id:
            return rule
    raise AccessError("no_such_rule")


def _render_form(form: PolicyForm, faults: dict[str, str]) -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
    return render_template(
        "staff/new_rule.html",
        desk=desk,
        form=form,
        faults=faults,
        grades=[(str(grade), f"{grade} 年級") for grade in GRADES],
        weekdays=WEEKDAY_OPTIONS,
        times=TIMES,
        numbers=NUMBERS,
        usual=_usual(desk.get_school()),
        today=school_day_of(visit.now),
    )


def _usual(school: School) -> dict[str, str]:
    return {
        "截止時間": f"{school.cutoff:%H:%M}",
        "放學起算": f"{school.departure_from:%H:%M}",
        "寬限": f"{GRACE_MINUTES} 分鐘",
        "導師覆核": f"{REVIEW_MINUTES} 分鐘" if REVIEW_MINUTES else "不覆核",
        "重複刷卡": f"{BOUNCE_SECONDS} 秒內只算一次",
    }


def _line(rule: DayPolicy) -> RuleLine:
    return RuleLine(rule.id, _whom(rule), "・".join(_differences(rule)), rule.reason)


def _whom(rule: DayPolicy) -> str:
    if rule.day is not None:
        when = long_date(rule.day)
    else:
        when = f"每週{WEEKDAYS[rule.weekday]}" if rule.weekday is not None else "每天"
    return f"{when}・{f'{rule.grade} 年級' if rule.grade is not None else '全校'}"


def _differences(rule: DayPolicy) -> list[str]:
    said = []
    for name, words in UNITS.items():
        value: time | int | None = getattr(rule, name)
        if isinstance(value, time):
            said.append(f"{words} {value:%H:%M}")
        elif value is not None:
            said.append(words.format(value))
    return said
