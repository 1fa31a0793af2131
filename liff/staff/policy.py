"""學校設定: the usual day, and what differs by grade, weekday or date, from its day on.

form → preview of what it would change → sent → a list where it can be taken back until it begins.
"""

from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.changes import ChangeKind
from core.calendar.effects import GradeDay, days_of, grades_at
from core.calendar.policy import (
    BOUNCE_SECONDS,
    GRACE_MINUTES,
    REVIEW_MINUTES,
    add_rule,
    list_rules,
)
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import day_of_month, span_of, weekday
from core.people.roster import grades_offered
from core.people.tables import School
from liff.guard import staff
from liff.staff.change_lines import change_lines
from liff.staff.desk import open_desk
from liff.staff.policy_form import FAULTS, NUMBERS, TIMES, WEEKDAY_OPTIONS, PolicyForm
from liff.staff.previews import effects_shown, tomorrow
from liff.staff.rule_words import rule_line, rule_words, whom_words
from liff.visit import Visit, current_visit

FIELDS = ("grade", "weekday", "day", "from_day", *TIMES, *NUMBERS, "reason")
SCHOOL_WEEK = 5


@staff
def show_policy() -> ResponseReturnValue:
    """Show the usual day, next week by grade, the rules that count and who changed them."""
    visit = current_visit()
    today = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        rules = list_rules(database, school.code, visit.now)
        changes = change_lines(database, visit, {school.code}, {ChangeKind.RULE})
        week = _week(database, school, today)
    return render_template(
        "staff/policy.html",
        desk=desk,
        usual=_usual(school),
        week=week,
        rules=[
            rule_line(rule, visit.now) for rule in rules if rule.day is None or rule.day >= today
        ],
        changes=changes,
        note=request.args.get("note", ""),
    )


@staff
def show_new_rule() -> ResponseReturnValue:
    """Show the form; nothing is filled in but the day from which it counts."""
    form = PolicyForm(formdata=None)
    form.from_day.data = str(tomorrow(current_visit()))
    with snapshot(current_visit().house.engine) as database:
        open_desk(database, current_visit()).require_runner()
    return _render_form(form, {})


@staff
def send_rule() -> ResponseReturnValue:
    """Show what the rule would change; sent from there, add it."""
    visit, form = current_visit(), PolicyForm()
    faults = {} if form.validate() else form.faults
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            school = desk.require_runner()
            if not faults and "sure" not in request.form:
                return _preview_rule(database, visit, form)
            if not faults:
                by, begins = desk.actor, form.begins
                add_rule(database, school.code, form.rule(), by=by, now=visit.now, from_day=begins)
    except InputError as error:
        faults = {error.field or "cutoff": FAULTS[error.code]}
    if faults:
        return _render_form(form, faults), 422
    return redirect(url_for("liff.show_policy", school=desk.param, note="added"), 303)


def _preview_rule(database: Session, visit: Visit, form: PolicyForm) -> str:
    desk = open_desk(database, visit)
    code, rule = desk.get_school().code, form.rule()

    def add() -> None:
        add_rule(database, code, rule, by=desk.actor, now=visit.now, from_day=form.begins)

    begins = rule.day or form.begins or school_day_of(visit.now)
    # What can't be so is refused here, before it is put into words.
    shown = effects_shown(database, visit, code, begins, add, rule.day)
    facts = {name: getattr(rule, name) for name in ("grade", "weekday", "day", *TIMES, *NUMBERS)}
    return render_template(
        "staff/setting_preview.html",
        desk=desk,
        title=whom_words(facts),
        what=rule_words(facts),
        fields={name: form[name].data or "" for name in FIELDS},
        button="確認新增",
        back=url_for("liff.show_new_rule", school=desk.param),
        **shown,
    )


def _render_form(form: PolicyForm, faults: dict[str, str]) -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        grades = grades_offered(database, desk.get_school())
    return render_template(
        "staff/new_rule.html",
        desk=desk,
        form=form,
        faults=faults,
        grades=[(str(grade), f"{grade} 年級") for grade in grades],
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


def _week(database: Session, school: School, today: date) -> dict[str, object]:
    """Return the next school week as a table: a row a grade, a column a weekday."""
    monday = today + timedelta(days=7 - today.weekday())
    days = [monday + timedelta(days=n) for n in range(SCHOOL_WEEK)]
    grades = grades_at(database, school.code)
    found = days_of(database, school.code, grades, days[0], days[-1])
    return {
        "span": span_of(days[0], days[-1]),
        "heads": [(weekday(day), day_of_month(day)) for day in days],
        "rows": [(f"{one} 年級", [_cell(found[day, one]) for day in days]) for one in grades],
    }


def _cell(one: GradeDay) -> tuple[str, str]:
    if not one.status.is_open:
        return "放假", ""
    dismissal = one.rules.dismissal
    return f"{one.rules.cutoff:%H:%M}", f"{dismissal:%H:%M} 放學" if dismissal else ""
