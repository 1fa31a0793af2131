"""報表: a school's day in pictures, each with one sentence and the table behind it."""

from datetime import date, datetime, time, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.audit import record_audit
from core.calendar.policy import rules_for
from core.calendar.school_days import NO_GRADE, day_statuses
from core.calendar.scopes import GRADES
from core.clock import at_taipei, school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError
from core.figures.days import arrivals_of, weekdays_of
from core.figures.notices import answers_of, deliveries_of, missed_by_class
from core.languages.dates import long_date
from core.people.roster import grades_of
from core.people.tables import School
from liff.guard import OUT_OF_ROLE, staff
from liff.moments import parse_day
from liff.staff.desk import Desk, open_any_desk
from liff.staff.pictures import (
    Picture,
    answers_picture,
    arrivals_picture,
    deliveries_picture,
    missed_picture,
    weekdays_picture,
)
from liff.visit import Visit, current_visit

A_DAY = timedelta(days=1)
# How long before the first and after the last cut-off arrivals are drawn by five minutes.
BEFORE, AFTER = timedelta(minutes=90), timedelta(minutes=45)
EARLIEST, LATEST = time(0, 0), time(23, 55)


@staff
def show_report() -> ResponseReturnValue:
    """Show the chosen day, today at first. No child is named."""
    visit = current_visit()
    today = school_day_of(visit.now)
    day = min(parse_day(request.args.get("day", "")) or today, today)
    with snapshot(visit.house.engine) as database:
        desk = _open(database, visit)
        if desk.school is None:
            return redirect(url_for("liff.choose_school", page="report"), 303)
        key = (desk.school.code, NO_GRADE)
        status = day_statuses(database, [key], day, day)[key][day]
        pictures = _pictures(database, desk.school, day)
    _record(visit, desk, desk.school, day)
    return render_template(
        "staff/report.html",
        desk=desk,
        school=desk.school,
        day=day,
        words=long_date(day),
        until=taipei_clock(visit.now) if day == today else "",
        status=status,
        pictures=pictures,
        before=day - A_DAY,
        after=day + A_DAY if day < today else None,
        today=today,
    )


def _open(database: Session, visit: Visit) -> Desk:
    """Return the desk. Raises AccessError 403 for who neither runs the school nor is the bureau."""
    desk = open_any_desk(database, visit)
    if not desk.runs_school and not desk.is_of_bureau:
        raise AccessError(OUT_OF_ROLE, 403)
    return desk


def _pictures(database: Session, school: School, day: date) -> list[Picture]:
    cutoffs = _cutoffs(database, school, day)
    # By fives from the last cut-off's own minute: who came after it is counted from there.
    odd = timedelta(minutes=(min(cutoffs).minute - max(cutoffs).minute) % 5)
    first = _moved(min(cutoffs), -BEFORE - odd, EARLIEST)
    last = _moved(max(cutoffs), AFTER, LATEST)
    return [
        arrivals_picture(arrivals_of(database, school.code, day, first, last), cutoffs),
        weekdays_picture(weekdays_of(database, school.code, day)),
        deliveries_picture(deliveries_of(database, school.code, day)),
        missed_picture(missed_by_class(database, school.code, day)),
        answers_picture(answers_of(database, school.code, day)),
    ]


def _cutoffs(database: Session, school: School, day: date) -> list[time]:
    """Return the cut-offs of the day, earliest first: grades may differ."""
    grades = grades_of(database, school.code) or [GRADES[0]]
    rules = rules_for(database, school.code, [(grade, day) for grade in grades])
    return sorted({one.cutoff for one in rules.values()})


def _moved(moment: time, by: timedelta, edge: time) -> time:
    """Return a time of day moved within its day."""
    day = date(2000, 1, 2)
    moved: datetime = at_taipei(day, moment) + by
    if moved.date() != day:
        return edge
    return moved.time()


def _record(visit: Visit, desk: Desk, school: School, day: date) -> None:
    with transaction(visit.house.engine) as database:
        record_audit(
            database,
            actor=desk.actor,
            action="report.look",
            subject=f"report:{school.code}/{day}",
            now=visit.now,
        )
