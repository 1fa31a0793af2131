"""發起停課: the form, a preview with counts, then the proposal; nothing is written before it."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.closures import propose_closure
from core.calendar.scopes import GRADES, ClosureScope, coverage_of, label_of, require_known
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.kinds import DayPart, Level
from core.notices.wording import PART_WORDS, short_date, short_moment
from core.people.roster import grades_offered, list_schools
from core.people.tables import School
from liff.guard import proved_recently, staff
from liff.leave_form import part_options
from liff.moments import parse_day
from liff.staff.closure_form import FAULTS, ClosureForm
from liff.staff.closures import require_closer, tell_others
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit

FIELDS = ("district", "level", "school_code", "grade", "day", "part", "source", "source_at")


@staff
@proved_recently
def show_new_closure() -> ResponseReturnValue:
    """Show the form: the own school's, or the bureau's with every scope."""
    visit = current_visit()
    form = ClosureForm(formdata=None)
    form.day.data = str(school_day_of(visit.now))
    form.part.data = DayPart.WHOLE.value
    form.source_at.data = f"{visit.now.astimezone(TAIPEI):%Y-%m-%dT%H:%M}"
    with snapshot(visit.house.engine) as database:
        return _render_form(database, visit, _open(database, visit), form, {})


@staff
@proved_recently
def send_closure() -> ResponseReturnValue:
    """Show the preview first; sent from there, propose and ask the others."""
    visit, form = current_visit(), ClosureForm()
    with snapshot(visit.house.engine) as database:
        _open(database, visit)
    faults = {} if form.validate() else form.faults
    if not faults:
        try:
            return _propose(visit, form) if "sure" in request.form else _preview(visit, form)
        except InputError as error:
            faults = {_place(error.field): FAULTS[error.code]}
    with snapshot(visit.house.engine) as database:
        return _render_form(database, visit, _open(database, visit), form, faults), 422


def _open(database: Session, visit: Visit) -> Desk:
    """Return the desk. Raises AccessError 403 for whoever may close nothing from it."""
    desk = open_desk(database, visit)
    require_closer(desk, desk.school.code if desk.school else None)
    return desk


def _place(field: str | None) -> str:
    return field if field in FIELDS else "day"


def _scope(desk: Desk, form: ClosureForm) -> ClosureScope:
    """Return the asked scope; who is not of the bureau closes the school of the desk only."""
    scope: ClosureScope = form.scope()
    if desk.closer(None) is None and desk.school is not None:
        scope = ClosureScope(school_code=desk.school.code, grade=scope.grade)
    require_closer(desk, scope.school_code)
    return scope


def _preview(visit: Visit, form: ClosureForm) -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        scope = _scope(desk, form)
        require_known(database, scope)
        coverage, label = coverage_of(database, scope), label_of(database, scope)
    day = parse_day(form.day.data or "") or school_day_of(visit.now)
    return render_template(
        "staff/closure_preview.html",
        desk=desk,
        summary=f"{label}，{short_date(day)}{PART_WORDS[DayPart(form.part.data)]}",
        coverage=coverage,
        source=f"{form.source.data} {short_moment(form.moment())} 公布",
        fields={name: form[name].data or "" for name in FIELDS},
    )


def _propose(visit: Visit, form: ClosureForm) -> ResponseReturnValue:
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        scope = _scope(desk, form)
        closer = require_closer(desk, scope.school_code)
        closure = propose_closure(
            database,
            scope=scope,
            day=parse_day(form.day.data or "") or school_day_of(visit.now),
            part=DayPart(form.part.data),
            source=form.source.data or "",
            source_at=form.moment(),
            by=f"staff:{closer.id}",
            now=visit.now,
        )
        tell_others(database, visit, closure, closer, "adopt")
    visit.house.notices_due.set()
    page = url_for("liff.show_closure", closure_id=closure.id, school=desk.param, note="proposed")
    return redirect(page, 303)


def _grades(database: Session, desk: Desk) -> Sequence[int]:
    """Return the grades to choose from; the bureau's scopes span every level."""
    if desk.closer(None) is not None or desk.school is None:
        return GRADES
    return grades_offered(database, desk.school)


def _render_form(
    database: Session, visit: Visit, desk: Desk, form: ClosureForm, faults: dict[str, str]
) -> str:
    is_bureau = desk.closer(None) is not None
    schools: Sequence[School] = list_schools(database) if is_bureau else ()
    return render_template(
        "staff/new_closure.html",
        desk=desk,
        form=form,
        faults=faults,
        is_bureau=is_bureau,
        districts=sorted({school.district for school in schools}),
        levels=[level.value for level in Level],
        schools=[(school.code, f"{school.short_name}（{school.code}）") for school in schools],
        grades=[(str(grade), f"{grade} 年級") for grade in _grades(database, desk)],
        parts=part_options(),
        today=school_day_of(visit.now),
    )
