"""補登申請 by a guardian: from the typed line to a question, from its button to the school."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from bot import conversations
from bot.answer import Answer, Json
from bot.commands import Command
from bot.day_words import read_clock, read_days
from bot.details import MakeUpDetail
from bot.handlers.turn import Turn, Words, refusing, rehearse
from bot.make_up_words import MakeUpWords, read_make_up, with_more
from bot.replies import make_up as reply
from bot.replies.make_up import Draft
from core.attendance.days import days_of
from core.clock import at_taipei, school_day_of
from core.errors import AccessError
from core.gate.make_up_requests import NewRequest, ask_make_up
from core.gate.tables import MakeUpRequest
from core.kinds import Direction, MakeUpReason
from core.languages.language import SOURCE
from core.languages.speech import speaking
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.postback import Action, Press


def ask(turn: Turn, said: str) -> Answer:
    """Return the question that is still open: child, way, time, reason, or whether it is right."""
    return _ask(turn, read_make_up(said, turn.person.child_names, turn.said_on))


def go_on_make_up(turn: Turn, so_far: str, said: str) -> Answer | None:
    """Go on with a make-up that was begun; None where the text says nothing of it."""
    known = read_make_up(so_far, turn.person.child_names, turn.said_on)
    words = with_more(known, read_make_up(said, turn.person.child_names, turn.said_on))
    return _ask(turn, words) if words else None


def pick_moment(turn: Turn, press: Press) -> Answer:
    """Go on with the moment chosen in the picker."""
    student, direction, reason = press.detail.split("/")
    day, _, clock = turn.incoming.picked.partition("T")
    draft = Draft(
        child=_own_child(turn, UUID(student)),
        day=read_days(day, turn.today).first,
        clock=read_clock(clock)[0],
        direction=Direction(direction),
        reason=MakeUpReason(reason) if reason else None,
    )
    return _go_on(turn, draft, is_unclear=False)


def send(turn: Turn, press: Press) -> Answer:
    """Put the wish before the school, once."""
    wish = MakeUpDetail.read(press.detail)
    child = _own_child(turn, wish.student_id)
    _ask_school(turn, child, wish)
    conversations.end(turn.session, turn.person.line_user_id)
    return Answer(messages=reply.sent(child, turn.pages), matters=True)


def send_typed(turn: Turn, said: str) -> Answer | None:
    """Send what was asked about when somebody types 送出; None while something is still open."""
    words = read_make_up(said, turn.person.child_names, turn.said_on)
    if words.child is None or words.is_unclear:
        return None
    detail = _detail(turn, _draft(turn.person.children[words.child], words))
    return send(turn, Press(Action.MAKE_UP_SEND, str(detail))) if detail else None


def say_again(turn: Turn) -> Answer | None:
    """Say what this very word sent before, whose answer may have been lost; None for nothing."""
    if turn.person.guardian is None:
        return None
    own = MakeUpRequest.guardian_id == turn.person.guardian.id
    theirs = select(MakeUpRequest).where(own, col(MakeUpRequest.asked_at) >= turn.pressed_at)
    row = turn.session.exec(theirs.order_by(col(MakeUpRequest.asked_at).desc())).first()
    if row is None:
        return None
    return Answer(messages=reply.sent(_own_child(turn, row.student_id), turn.pages), matters=True)


def _ask(turn: Turn, words: MakeUpWords) -> Answer:
    children = turn.person.children
    if words.clock and words.day is None and not words.is_unclear:
        # Sent tomorrow, 07:50 is still today's.
        words = replace(words, day=turn.said_on)
    if words.child is None:
        with speaking(SOURCE):
            so_far = reply.of_nobody(words)
        user = turn.person.line_user_id
        conversations.keep(turn.session, user, Command.MAKE_UP, so_far, turn.now)
        return Answer(messages=reply.which_child([_draft(one, words) for one in children]))
    return _go_on(turn, _draft(children[words.child], words), is_unclear=words.is_unclear)


def _go_on(turn: Turn, draft: Draft, *, is_unclear: bool) -> Answer:
    with speaking(SOURCE):
        so_far = draft.typed()
    conversations.keep(turn.session, turn.person.line_user_id, Command.MAKE_UP, so_far, turn.now)
    if draft.day is not None and draft.day > turn.today:
        conversations.end(turn.session, turn.person.line_user_id)
        return Answer(messages=reply.future())
    if draft.direction is None:
        return Answer(messages=reply.which_way(draft))
    if is_unclear or draft.clock is None:
        return Answer(messages=_ask_moment(turn, draft, draft.direction))
    if draft.reason is None:
        return Answer(messages=reply.which_reason(draft))
    detail = _detail(turn, draft)
    if detail is None:
        return Answer(messages=_ask_moment(turn, draft, draft.direction))
    # What would be refused is refused before anybody is asked whether it is right.
    with conversations.over_when_refused(turn.session, turn.person.line_user_id):
        rehearse(turn.session, lambda: _ask_school(turn, draft.child, detail))
    sure, back = turn.seal(Action.MAKE_UP_SEND, str(detail)), turn.seal(Action.BACK)
    asked = reply.is_it_right(draft, detail.at, school_day_of(detail.at), sure, back)
    return Answer(messages=asked)


def _ask_moment(turn: Turn, draft: Draft, direction: Direction) -> list[Json]:
    detail = f"{draft.child.student_id.hex}/{direction}/{draft.reason or ''}"
    picker = turn.seal(Action.MAKE_UP_MOMENT, detail)
    back = turn.house.settings.make_up_request_days
    return reply.which_time(draft, picker, turn.now, back, turn.pages)


def _detail(turn: Turn, draft: Draft) -> MakeUpDetail | None:
    if draft.clock is None or draft.direction is None or draft.reason is None:
        return None
    return MakeUpDetail(
        student_id=draft.child.student_id,
        at=at_taipei(draft.day or turn.said_on, draft.clock),
        direction=draft.direction,
        reason=draft.reason,
    )


def _ask_school(turn: Turn, child: BoundChild, wish: MakeUpDetail) -> None:
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    with refusing(_faults(turn, child, wish.at)):
        ask_make_up(
            turn.session,
            turn.house.vault,
            turn.desk,
            child,
            turn.person.guardian.id,
            NewRequest(at=wish.at, direction=wish.direction, reason=MakeUpReason(wish.reason)),
            back=turn.house.settings.make_up_request_days,
            now=turn.now,
        )


def _faults(turn: Turn, child: BoundChild, at: datetime) -> dict[str, Words]:
    def recorded() -> list[Json]:
        day = school_day_of(at)
        return reply.recorded(
            days_of(turn.session, [child], day, day, turn.now)[child.student_id][0]
        )

    return {
        "past": lambda: reply.too_old(turn.house.settings.make_up_request_days),
        "future": reply.future,
        "no_school_day": reply.no_school,
        "quiet": lambda: reply.quiet_day(child),
        "on_leave": reply.on_leave,
        "recorded": recorded,
        "open": lambda: reply.waiting(child, turn.pages),
    }


def _own_child(turn: Turn, student_id: UUID) -> BoundChild:
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    return for_guardian(turn.session, turn.person.guardian.id).child_of(student_id)


def _draft(child: BoundChild, words: MakeUpWords) -> Draft:
    return Draft(
        child=child,
        day=words.day,
        clock=words.clock,
        direction=words.direction,
        reason=words.reason,
    )
