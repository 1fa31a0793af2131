"""停課 and 復原停課 in chat: proposed here, confirmed by a second person on the staff page."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, or_, select

from bot.answer import Answer, Json
from bot.closure_words import ClosureWords, read_closure
from bot.details import LONGEST_SOURCE, ClosureDetail
from bot.handlers.staff.rights import actor_of, own_actors, require_closer, schools_run
from bot.handlers.turn import Refused, Turn, Words, refusing, rehearse
from bot.replies.staff import closures as reply
from bot.replies.staff import words
from bot.replies.staff.closures import Waiting
from bot.staff_commands import StaffAsk
from core.calendar.closures import (
    ClosureState,
    get_closure,
    list_closures,
    propose_closure,
    propose_undo,
    state_of,
    summary_of,
    twins_of,
    waits_for_another,
)
from core.calendar.school_days import NO_GRADE, day_statuses, scope_of
from core.calendar.scopes import GRADES, ClosureScope, coverage_of, label_of
from core.calendar.tables import Closure
from core.kinds import DayPart
from core.notices.staff_notices import tell_closure_asked
from core.notices.staff_words import alone_words
from core.people.names import masked_name
from core.people.staff import can_close, other_closers, staff_name
from core.people.tables import School, Staff, StaffRole
from core.postback import Action, Press

ASKED = (ClosureState.FOUND, ClosureState.PROPOSED, ClosureState.UNDO_PROPOSED)
CLOSED = (ClosureState.CONFIRMED, ClosureState.UNDO_PROPOSED)
FAULTS: dict[str, Words] = {
    "past": lambda: words.plainly("日期已經過了。"),
    "length": reply.too_long,
    "link": lambda: words.plainly("依據不能有網址或特殊符號。", "停課"),
    "future": lambda: words.plainly("公布的時間還沒到。"),
    "no_school": lambda: words.plainly("這個範圍沒有學校。"),
    "out_of_range": lambda: words.plainly("年級應是 1–12。"),
    "unknown": lambda: words.plainly("這個範圍沒有學校。"),
    "already_closed": lambda: words.plainly("這個範圍當天已經停課。", "復原停課"),
    "already_proposed": lambda: words.plainly("已經有人發起，等第二人確認。", "停課"),
    "not_confirmed": lambda: words.plainly("這項停課還沒生效，不能復原。"),
    "answered": lambda: words.plainly(words.ANSWERED),
}


def ask_closure(turn: Turn, ask: StaffAsk) -> Answer:
    """Return what waits for an answer and how to propose, or the preview of what was typed."""
    if not ask.words:
        return Answer(messages=_overview(turn))
    said = read_closure(ask.words, turn.said_on)
    if said.is_unclear or said.day is None:
        raise Refused(reply.which_day(turn.now))
    scope, source = _scope(turn, said)
    require_closer(turn, scope.school_code)
    if scope.school_code and _is_free(turn, scope.school_code, said.day):
        raise Refused(words.plainly("這一天不上課，不用停課。", "停課"))
    if said.source_at is not None and not source:
        raise Refused(reply.no_source(said.day, said.part, _scope_words(said), turn.now))
    if said.source_at is None or not source:
        raise Refused(reply.which_source(said.day, said.part, _scope_words(said), turn.now))
    if len(source) > LONGEST_SOURCE:
        raise Refused(reply.too_long())
    closure = ClosureDetail(
        scope=scope,
        day=said.day,
        part=said.part or DayPart.WHOLE,
        source=source,
        source_at=said.source_at,
    )
    # What would be refused is refused before anybody is asked whether it is right.
    rehearse(turn.session, lambda: _propose(turn, closure))
    label, coverage = label_of(turn.session, scope), coverage_of(turn.session, scope)
    send, back = turn.seal(Action.CLOSURE_SEND, str(closure)), turn.seal(Action.BACK)
    return Answer(messages=reply.preview(closure, label, coverage, send, back))


def count_asked(turn: Turn) -> int:
    """Return how many closures wait for this person's word: somebody else's, and theirs to say."""
    own = own_actors(turn)
    return sum(
        waits_for_another(one, own, turn.now) and _may_close(turn, one)
        for one in list_closures(turn.session, turn.today)
    )


def send(turn: Turn, press: Press) -> Answer:
    """Propose the closure the button is about, once, and ask the others."""
    closure = ClosureDetail.read(press.detail)
    require_closer(turn, closure.scope.school_code)
    if not _is_proposed(turn, closure, press.made_at or turn.now):
        _tell(turn, _propose(turn, closure), is_undo=False)
    return Answer(messages=_asked(turn, closure.scope.school_code), matters=True)


def show_closed(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the closures in force that this person may have undone."""
    found = [
        (summary_of(turn.session, one), turn.seal(Action.CLOSURE_UNDO, one.id.hex))
        for one in list_closures(turn.session, turn.today)
        if state_of(one, turn.now) in CLOSED and _may_close(turn, one)
    ]
    return Answer(messages=reply.closed(found, turn.pages.staff("closures")))


def ask_undo(turn: Turn, press: Press) -> Answer:
    """Ask back before the undoing of a closure is proposed."""
    closure = get_closure(turn.session, UUID(press.detail))
    require_closer(turn, closure.school_code)
    rehearse(turn.session, lambda: _propose_undo(turn, closure))
    coverage = coverage_of(turn.session, scope_of(closure))
    sure = turn.seal(Action.CLOSURE_UNDO_SEND, press.detail)
    back = turn.seal(Action.BACK)
    return Answer(messages=reply.undo_it(closure.day, coverage, sure, back))


def send_undo(turn: Turn, press: Press) -> Answer:
    """Propose the undoing, once, and ask the others."""
    closure = get_closure(turn.session, UUID(press.detail))
    require_closer(turn, closure.school_code)
    if not _is_undo_proposed(turn, closure):
        _tell(turn, _propose_undo(turn, closure), is_undo=True)
    return Answer(messages=_asked(turn, closure.school_code), matters=True)


def _overview(turn: Turn) -> list[Json]:
    waiting = []
    for one in list_closures(turn.session, turn.today):
        state = state_of(one, turn.now)
        if state in ASKED and _may_close(turn, one):
            asker = one.undo_proposed_by or one.proposed_by
            page = turn.pages.staff(f"closures/{one.id}")
            summary = summary_of(turn.session, one)
            waiting.append(Waiting(summary, state, page, asker in own_actors(turn)))
    page = turn.pages.staff("closures/new")
    return reply.overview(waiting, page, turn.now, is_of_bureau=_is_of_bureau(turn))


def _scope(turn: Turn, said: ClosureWords) -> tuple[ClosureScope, str]:
    """Return the scope that is named, and who announced the closure."""
    school, left = _school(turn, said)
    if _is_of_bureau(turn) and school is None:
        if not (said.is_city or said.district or said.level):
            raise Refused(reply.which_scope())
        scope = ClosureScope(district=said.district, level=said.level, grade=said.grade)
        return scope, " ".join(left)
    if said.is_city or said.district or said.level:
        require_closer(turn, None)
    return ClosureScope(school_code=school, grade=said.grade), " ".join(left)


def _school(turn: Turn, said: ClosureWords) -> tuple[str | None, list[str]]:
    """Return the school that is meant, and the words that name none."""
    own = schools_run(turn)
    named = turn.session.exec(
        select(School).where(
            or_(
                col(School.code).in_(said.left),
                col(School.short_name).in_(said.left),
                col(School.name).in_(said.left),
            )
        )
    ).first()
    if named is None:
        is_wide = said.is_city or bool(said.district or said.level)
        return (own[0] if len(own) == 1 and not is_wide else None), list(said.left)
    known = (named.code, named.short_name, named.name)
    return named.code, [word for word in said.left if word not in known]


def _scope_words(said: ClosureWords) -> list[str]:
    named = ["全市"] if said.is_city else []
    named += [word for word in (said.district, said.level) if word]
    return named + ([f"{said.grade}年級"] if said.grade else [])


def _propose(turn: Turn, closure: ClosureDetail) -> Closure:
    with refusing(FAULTS):
        return propose_closure(
            turn.session,
            scope=closure.scope,
            day=closure.day,
            part=closure.part,
            source=closure.source,
            source_at=closure.source_at,
            by=actor_of(require_closer(turn, closure.scope.school_code)),
            now=turn.now,
        )


def _propose_undo(turn: Turn, closure: Closure) -> Closure:
    by = actor_of(require_closer(turn, closure.school_code))
    with refusing(FAULTS):
        return propose_undo(turn.session, closure.id, by, turn.now)


def _is_proposed(turn: Turn, closure: ClosureDetail, since: datetime) -> bool:
    """Tell whether this person proposed just that since the button was made."""
    twins = twins_of(turn.session, closure.scope, closure.day, closure.part)
    own = own_actors(turn)
    return any(
        twin.proposed_by in own and twin.proposed_at >= since and twin.part == closure.part
        for twin in twins
    )


def _is_undo_proposed(turn: Turn, closure: Closure) -> bool:
    is_asked = state_of(closure, turn.now) is ClosureState.UNDO_PROPOSED
    return is_asked and closure.undo_proposed_by in own_actors(turn)


def _tell(turn: Turn, closure: Closure, *, is_undo: bool) -> None:
    role = require_closer(turn, closure.school_code)
    tell_closure_asked(
        turn.session,
        closure.id,
        _others(turn, closure.school_code),
        summary=summary_of(turn.session, closure),
        asked_by_name=masked_name(staff_name(turn.house.vault, role)),
        is_undo=is_undo,
        now=turn.now,
    )


def _asked(turn: Turn, school_code: str | None) -> list[Json]:
    """Say that the second person is asked, or that there is none and what to do."""
    if _others(turn, school_code):
        return reply.asked()
    said = alone_words(turn.person.roles, school_code, turn.house.settings.hotline)
    return reply.asked_nobody(turn.pages.staff("closures"), *said)


def _others(turn: Turn, school_code: str | None) -> list[Staff]:
    return other_closers(turn.session, school_code, turn.person.line_user_id)


def _may_close(turn: Turn, closure: Closure) -> bool:
    return any(can_close(role, closure.school_code) for role in turn.person.roles)


def _is_free(turn: Turn, school_code: str, day: date) -> bool:
    """Tell whether the calendar, not a closure, leaves the school without lessons."""
    keys = [(school_code, grade) for grade in (NO_GRADE, *GRADES)]
    statuses = day_statuses(turn.session, keys, day, day)
    found = [one[day] for one in statuses.values()]
    return not any(one.is_open or one.closed_part for one in found)


def _is_of_bureau(turn: Turn) -> bool:
    return any(role.role == StaffRole.BUREAU_ADMIN for role in turn.person.roles)
