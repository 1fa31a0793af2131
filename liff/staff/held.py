"""保留: no-shows held back while the gate can't be trusted; staff let them go or drop them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.runs import (
    RunKey,
    cancel_run,
    count_unheard,
    held_children,
    release_run,
    unheard_children,
    why_not_held,
)
from core.attendance.tables import NoShowRun, RunState
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.gate.health import gate_health
from core.kinds import HoldReason
from core.notices.staff_desk import staff_desk
from core.notices.staff_words import class_words, hold_words, release_words, unheard_words
from core.people.tables import School, Student
from liff.guard import staff
from liff.moments import parse_clock, parse_day
from liff.numbers import whole_number
from liff.staff.desk import Desk, note_look, open_desk
from liff.visit import Visit, current_visit

ANSWERS = ("release", "cancel")
DONE = ("released", "cancelled")
MOST_HELD = 99_999


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
        unheard = unheard_children(database, school.code, school_day_of(visit.now))
    shown = [child.id for run in runs for _, children in run.children for child in children]
    shown += [child.id for child in unheard]
    if shown:
        note_look(visit, desk, f"held:{school.code}", shown)
    return render_template(
        "staff/held.html",
        desk=desk,
        runs=runs,
        unheard=_by_class(unheard),
        count=len(unheard),
        note=_note(),
        is_good=request.args.get("note") in DONE,
    )


@staff
def ask_held() -> ResponseReturnValue:
    """Ask once more before held no-shows are told or dropped."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        key, answer = _asked(desk.require_runner())
        run = database.get(NoShowRun, (key.school_code, key.school_day, key.cutoff))
        if (why := why_not_held(run, visit.now)) is not None:
            return _over(desk, why)
        children = held_children(database, key, visit.now)
        unheard = count_unheard(database, children)
    return render_template(
        "staff/held_answer.html",
        desk=desk,
        key=key,
        answer=answer,
        count=len(children),
        unheard=unheard_words(unheard),
    )


@staff
def answer_held() -> ResponseReturnValue:
    """Tell the held no-shows, or drop them; the first answer counts."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            key, answer = _asked(desk.require_runner())
            outcome = _answer(database, visit, desk, key, answer)
    except InputError as error:
        return _over(desk, error.code)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_held", school=desk.param, **outcome), 303)


def _answer(
    database: Session, visit: Visit, desk: Desk, key: RunKey, answer: str
) -> dict[str, Any]:
    """Return what was done and its numbers of children, as the address carries them."""
    if answer == "cancel":
        dropped = cancel_run(database, key, by=desk.actor, now=visit.now)
        return {"note": "cancelled", "told": dropped}
    notices = staff_desk(visit.house.settings)
    gate = gate_health(database, key.school_code, visit.now)
    done = release_run(database, notices, key, gate=gate, by=desk.actor, now=visit.now)
    return {"note": "released", **asdict(done)}


def _note() -> str:
    """Return what is said of the answer that led here."""
    match request.args.get("note"):
        case "released":
            return release_words(_count("told"), _count("unheard"), _count("seen"))
        case "cancelled":
            return f"已取消 {_count('told')} 位學生的通知，沒有通知家長。"
        case "answered":
            return "這件事已經處理好了，不需要再按。"
        case "expired":
            return "保留已超過 2 小時，通知沒有發出，請人工聯絡家長。"
    return ""


def _count(name: str) -> int:
    return whole_number(request.args.get(name, ""), MOST_HELD) or 0


def _asked(school: School) -> tuple[RunKey, str]:
    """Return what is asked about. Raises AccessError 404 for what can't be."""
    answer = request.values.get("answer", "")
    day = parse_day(request.values.get("day", ""))
    cutoff = parse_clock(request.values.get("cutoff", ""))
    if day is None or cutoff is None:
        raise AccessError("no_such_run")
    if answer not in ANSWERS:
        raise AccessError("no_such_answer")
    return RunKey(school.code, day, cutoff), answer


def _over(desk: Desk, why: str) -> ResponseReturnValue:
    return redirect(url_for("liff.show_held", school=desk.param, note=why), 303)


def _held_run(database: Session, visit: Visit, run: NoShowRun) -> HeldRun:
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    children = held_children(database, key, visit.now)
    reason = HoldReason(run.hold_reason) if run.hold_reason else HoldReason.SILENT
    why = hold_words(reason, None, None, visit.now)
    since = taipei_clock(run.held_at) if run.held_at else ""
    return HeldRun(
        run.school_day, f"{run.cutoff:%H:%M}", why, since, _by_class(children), len(children)
    )


def _by_class(children: Sequence[Student]) -> list[tuple[str, list[Student]]]:
    classes: dict[str, list[Student]] = {}
    for child in children:
        classes.setdefault(class_words(child.homeroom), []).append(child)
    return list(classes.items())
