"""刷卡機, 報表, 服務狀態: how the gate, the day and the sending are."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from bot.answer import Answer, Json
from bot.handlers.staff.rights import schools_of, schools_run
from bot.handlers.turn import Turn
from bot.replies.staff import gate as reply
from bot.replies.staff.gate import SchoolGate, SchoolState
from bot.staff_commands import StaffAsk
from core.attendance.reports import school_today
from core.attendance.tables import NoShowRun, RunState
from core.gate.health import ReaderState, live_readers, reader_states
from core.kinds import UNFINISHED_STATES
from core.notices.tables import Notice
from core.people.tables import School, Student


def show_readers(turn: Turn, ask: StaffAsk) -> Answer:
    """Return each reader of the schools this person runs, in words."""
    found = [
        SchoolGate(_name(turn.session, code), _readers(turn.session, code, turn.now))
        for code in schools_run(turn)
    ]
    return Answer(messages=reply.readers(found, turn.now))


def show_report(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the day in numbers and the way to the sheets."""
    found = [
        (_name(turn.session, code), school_today(turn.session, code, turn.now))
        for code in schools_run(turn)
    ]
    pages = (turn.pages.staff("export"), turn.pages.staff("report"))
    return Answer(messages=reply.report(found, turn.now, pages))


def show_status(turn: Turn, ask: StaffAsk) -> Answer:
    """Return readers, today's cut-offs and what waits to be sent, school by school."""
    found = [
        SchoolState(
            _name(turn.session, code),
            _readers(turn.session, code, turn.now),
            _runs(turn, code),
            _waiting(turn.session, code),
        )
        for code in schools_of(turn)
    ]
    if not found:
        return Answer(messages=_city(turn))
    return Answer(messages=reply.status(found, turn.now))


def _city(turn: Turn) -> list[Json]:
    """Return the whole city in numbers: the bureau has no school of its own."""
    states = reader_states(turn.session, live_readers(turn.session), turn.now)
    held = turn.session.exec(
        select(func.count()).where(
            NoShowRun.school_day == turn.today, NoShowRun.state == RunState.HELD
        )
    ).one()
    waiting = turn.session.exec(
        select(func.count()).where(col(Notice.state).in_(UNFINISHED_STATES))
    ).one()
    return reply.city(states, held, waiting, turn.now)


def _name(session: Session, code: str) -> str:
    return session.get_one(School, code).short_name


def _readers(session: Session, code: str, now: datetime) -> list[ReaderState]:
    return reader_states(session, live_readers(session, code), now)


def _runs(turn: Turn, code: str) -> list[NoShowRun]:
    statement = select(NoShowRun).where(
        NoShowRun.school_code == code, NoShowRun.school_day == turn.today
    )
    return list(turn.session.exec(statement.order_by(col(NoShowRun.cutoff))))


def _waiting(session: Session, code: str) -> int:
    statement = (
        select(func.count())
        .select_from(Notice)
        .join(Student, col(Student.id) == col(Notice.student_id))
        .where(col(Notice.state).in_(UNFINISHED_STATES), Student.school_code == code)
    )
    return session.exec(statement).one()
