"""保留: no-shows held back while the gate can't be trusted; staff let them go or drop them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.runs import RunKey, cancel_run, held_children, release_run
from core.attendance.tables import NoShowRun, RunState
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.kinds import HoldReason
from core.notices.staff_words import class_words, hold_words
from core.people.tables import School, Student
from liff.guard import staff
from liff.staff.desk import Desk, note_look, open_desk
from liff.visit import Visit, current_visit

ANSWERS = ("release", "cancel")


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A held cut-off with the children it is about."""

    day: date
    cutoff: str
    reason: str
    since: str
    children: Sequence[tuple[str, list[Student]]]
    count: int


def held_runs(database: Session, school: School, now: datetime) -> list[NoShowRun]:
    """Return the school's cut-offs of today that wait for staff, earliest first."""
    statement = (
        select(NoShowRun)
        .where(
            col(NoShowRun.school_code) == school.code,
            col(NoShowRun.school_day) == school_day_of(now),
            col(NoShowRun.state) == RunState.HELD,
        )
        .order_by(col(NoShowRun.cutoff))
    )
    return list(database.scalars(statement))


@staff
def show_held() -> ResponseReturnValue:
    """List what is held, with the reason and the children."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        runs = [_held_run(database, visit, run) for run in held_runs(database, school, visit.now)]
    if runs:
        note_look(visit, desk, f"held:{school.code}")
    return render_template(
        "staff/held.html",
        desk=desk,
        runs=runs,
        note=request.args.get("note", ""),
        told=request.args.get("told", 0, type=int),
        seen=request.args.get("seen", 0, type=int),
    )


@staff
def ask_held() -> ResponseReturnValue:
    """Ask once more before held no-shows are told or dropped."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        key, answer = _asked(desk.require_runner())
        run = database.get(NoShowRun, (key.school_code, key.school_day, key.cutoff))
        if run is None or run.state != RunState.HELD:
            return _over(desk)
        count = len(held_children(database, key, visit.now))
    return render_template("staff/held_answer.html", desk=desk, key=key, answer=answer, count=count)


@staff
def answer_held() -> ResponseReturnValue:
    """Tell the held no-shows, or drop them; the first answer counts."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            key, answer = _asked(desk.require_runner())
            outcome = _answer(database, visit, desk, key, answer)
    except InputError:
        return _over(desk)
    visit.house.notices_due.set()
    note, told, seen = outcome
    page = url_for("liff.show_held", school=desk.param, note=note, told=told, seen=seen)
    return redirect(page, 303)


def _answer(
    database: Session, visit: Visit, desk: Desk, key: RunKey, answer: str
) -> tuple[str, int, int]:
    """Return what was done, and how many notices and how many children seen meanwhile."""
    if answer == "cancel":
        return "cancelled", cancel_run(database, key, by=desk.actor, now=visit.now), 0
    liff_id = visit.house.settings.liff_id
    released = release_run(database, liff_id, key, by=desk.actor, now=visit.now)
    return "released", released.told, released.seen


def _asked(school: School) -> tuple[RunKey, str]:
    """Return what is asked about. Raises AccessError 404 for what can't be."""
    answer = request.values.get("answer", "")
    try:
        day = date.fromisoformat(request.values.get("day", ""))
        cutoff = time.fromisoformat(request.values.get("cutoff", ""))
    except ValueError:
        raise AccessError("no_such_run") from None
    if answer not in ANSWERS:
        raise AccessError("no_such_answer")
    return RunKey(school.code, day, cutoff), answer


def _over(desk: Desk) -> ResponseReturnValue:
    return redirect(url_for("liff.show_held", school=desk.param, note="answered"), 303)


def _held_run(database: Session, visit: Visit, run: NoShowRun) -> HeldRun:
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    children = held_children(database, key, visit.now)
    classes: dict[str, list[Student]] = {}
    for child in children:
        classes.setdefault(class_words(child.homeroom), []).append(child)
    reason = HoldReason(run.hold_reason) if run.hold_reason else HoldReason.SILENT
    why = hold_words(reason, None, None, visit.now)
    since = taipei_clock(run.held_at) if run.held_at else ""
    return HeldRun(
        run.school_day, f"{run.cutoff:%H:%M}", why, since, list(classes.items()), len(children)
    )
