"""放行 and 取消: held no-shows, asked back, set free or left untold."""

from sqlmodel import col, select

from bot.answer import Answer
from bot.details import read_run, run_detail
from bot.handlers.staff.rights import actor_of, own_actors, require_runner, schools_run
from bot.handlers.turn import Refused, Turn, Words, refusing
from bot.replies.staff import held as reply
from bot.replies.staff import words
from bot.replies.staff.held import HeldRun
from bot.staff_commands import StaffAsk
from core.attendance.runs import (
    RunKey,
    cancel_run,
    count_unheard,
    held_children,
    release_run,
    why_not_held,
)
from core.attendance.tables import NoShowRun, RunState
from core.gate.health import gate_health
from core.kinds import HoldReason
from core.notices.staff_words import hold_words
from core.people.tables import School, Student
from core.postback import Action, Press

REFUSALS: dict[str, Words] = {
    "answered": lambda: words.plainly(words.ANSWERED),
    "expired": reply.expired,
}


def show_held(turn: Turn, ask: StaffAsk) -> Answer:
    """Return what is held of the schools this person runs, each with its buttons."""
    runs = turn.session.exec(
        select(NoShowRun)
        .where(
            col(NoShowRun.school_code).in_(schools_run(turn)),
            NoShowRun.school_day == turn.today,
            NoShowRun.state == RunState.HELD,
        )
        .order_by(col(NoShowRun.school_code), col(NoShowRun.cutoff))
    ).all()
    found = [_held(turn, run) for run in runs]
    return Answer(messages=reply.held(found, turn.pages.staff("held")))


def ask_release(turn: Turn, press: Press) -> Answer:
    """Ask back before held no-shows go out."""
    key, children = _still_held(turn, press)
    unheard = count_unheard(turn.session, children)
    sure, back = turn.seal(Action.HELD_RELEASE_SURE, run_detail(key)), turn.seal(Action.BACK)
    return Answer(messages=reply.release_them(len(children), unheard, sure, back))


def ask_cancel(turn: Turn, press: Press) -> Answer:
    """Ask back before held no-shows are left untold."""
    key, children = _still_held(turn, press)
    sure = turn.seal(Action.HELD_CANCEL_SURE, run_detail(key))
    return Answer(messages=reply.cancel_them(len(children), sure, turn.seal(Action.BACK)))


def release(turn: Turn, press: Press) -> Answer:
    """Tell the held no-shows after all, once."""
    key = read_run(press.detail)
    by = actor_of(require_runner(turn, key.school_code))
    _require_open(turn, key)
    with refusing(REFUSALS):
        gate = gate_health(turn.session, key.school_code, turn.now)
        done = release_run(turn.session, turn.desk, key, gate=gate, by=by, now=turn.now)
    return Answer(messages=reply.released(done, turn.pages.staff("held")), matters=True)


def cancel(turn: Turn, press: Press) -> Answer:
    """Leave the held no-shows untold."""
    key = read_run(press.detail)
    by = actor_of(require_runner(turn, key.school_code))
    _require_open(turn, key)
    with refusing(REFUSALS):
        cancel_run(turn.session, key, by=by, now=turn.now)
    return Answer(messages=reply.cancelled(), matters=True)


def _held(turn: Turn, run: NoShowRun) -> HeldRun:
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    detail = run_detail(key)
    reason = HoldReason(run.hold_reason) if run.hold_reason else HoldReason.NO_READER
    health = gate_health(turn.session, run.school_code, turn.now)
    since = health.since if health.hold is reason else None
    is_one = len(schools_run(turn)) == 1
    return HeldRun(
        school="" if is_one else turn.session.get_one(School, run.school_code).short_name,
        cutoff=run.cutoff,
        count=len(held_children(turn.session, key, turn.now)),
        reason=hold_words(reason, since, None, turn.now),
        release=turn.seal(Action.HELD_RELEASE, detail),
        cancel=turn.seal(Action.HELD_CANCEL, detail),
    )


def _still_held(turn: Turn, press: Press) -> tuple[RunKey, list[Student]]:
    key = read_run(press.detail)
    require_runner(turn, key.school_code)
    _require_open(turn, key)
    return key, held_children(turn.session, key, turn.now)


def _require_open(turn: Turn, key: RunKey) -> None:
    """Refuse what is decided already, saying by whom as far as this person did it."""
    run = turn.session.get(NoShowRun, (key.school_code, key.school_day, key.cutoff))
    code = why_not_held(run, turn.now)
    if run is None or code == "expired":
        raise Refused(reply.expired())
    if code is not None:
        is_own = run.decided_by in own_actors(turn)
        raise Refused(words.plainly(words.DONE if is_own else words.ANSWERED))
