"""我知道了, 已在家 and 請協助確認: a guardian answers for a child, or asks the school about one."""

from uuid import UUID

from bot.answer import Answer, Json
from bot.details import ChildDetail
from bot.handlers.turn import Refused, Turn
from bot.leave_words import find_child, folded
from bot.replies import answers as reply
from bot.replies import refusals
from core.answers.guardians import record_answer
from core.answers.school import Asked, ask_school, find_request
from core.attendance.days import days_of
from core.attendance.leaves import leave_closes_at
from core.errors import AccessError
from core.kinds import GuardianAnswer, SchoolReply
from core.people.bindings import BoundChild, other_guardians
from core.people.doors import for_guardian
from core.postback import Action, PostbackProblem, Press

ANSWERS = {
    Action.ANSWER_ASK: GuardianAnswer.ASK_SCHOOL,
    Action.ANSWER_NOTED: GuardianAnswer.NOTED,
    Action.ANSWER_HOME: GuardianAnswer.AT_HOME,
}


def ask(turn: Turn, said: str) -> Answer:
    """Ask the school about the child a typed line names, or which child is meant."""
    children = turn.person.children
    place, _rest = find_child(folded(said), turn.person.child_names)
    if place is None:
        return Answer(messages=reply.which_child(children))
    guardian_id, child = _own_child(turn, children[place].student_id)
    return Answer(messages=_ask(turn, child, guardian_id), matters=True)


def answer_no_show(turn: Turn, press: Press) -> Answer:
    """Keep the answer, tell who is to know, and say who was told."""
    detail, answer = ChildDetail.read(press.detail), ANSWERS[press.action]
    guardian_id, child = _own_child(turn, detail.student_id)
    if detail.school_day != turn.today:
        raise Refused(refusals.button_refused(PostbackProblem.EXPIRED))
    if answer is GuardianAnswer.ASK_SCHOOL:
        return Answer(messages=_ask(turn, child, guardian_id), matters=True)
    day = days_of(turn.session, [child], turn.today, turn.today, turn.now)[child.student_id][0]
    if day.arrived_at or day.departed_at:
        return Answer(messages=reply.seen(child, day), matters=True)
    _record(turn, child, guardian_id, answer)
    has_others = bool(other_guardians(turn.session, child.student_id, guardian_id))
    if answer is GuardianAnswer.NOTED:
        return Answer(messages=reply.noted(child, has_others=has_others), matters=True)
    closes_at = leave_closes_at(turn.session, child.student_id, turn.today)
    can_file = turn.now < closes_at and day.leave is None
    return Answer(messages=reply.at_home(child, can_file=can_file), matters=True)


def _ask(turn: Turn, child: BoundChild, guardian_id: UUID) -> list[Json]:
    if _must_not_learn(turn, child):
        return reply.not_told(child)
    outcome = ask_school(
        turn.session,
        turn.desk,
        student_id=child.student_id,
        guardian_id=guardian_id,
        now=turn.now,
    )
    if outcome in (Asked.CLOSED, Asked.NOBODY):
        return reply.not_asked(child, is_closed=outcome is Asked.CLOSED)
    _record(turn, child, guardian_id, GuardianAnswer.ASK_SCHOOL)
    if outcome is Asked.ANSWERED:
        request = find_request(turn.session, child.student_id, turn.today)
        said = SchoolReply(request.reply) if request and request.reply else SchoolReply.LOOKING
        return reply.replied_already(child, said, request.answered_at if request else None)
    has_others = bool(other_guardians(turn.session, child.student_id, guardian_id))
    return reply.asked(child, has_others=has_others)


def _must_not_learn(turn: Turn, child: BoundChild) -> bool:
    """Tell whether the school's reply would say what the quiet day keeps back.

    Of a missing child everybody hears, found meanwhile or not.
    """
    day = days_of(turn.session, [child], turn.today, turn.today, turn.now)[child.student_id][0]
    request = find_request(turn.session, child.student_id, turn.today)
    return day.is_quieted and (request is None or request.was_seen)


def _record(turn: Turn, child: BoundChild, guardian_id: UUID, answer: GuardianAnswer) -> None:
    record_answer(
        turn.session,
        turn.desk,
        student_id=child.student_id,
        guardian_id=guardian_id,
        answer=answer,
        now=turn.now,
    )


def _own_child(turn: Turn, student_id: UUID) -> tuple[UUID, BoundChild]:
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    guardian_id = turn.person.guardian.id
    return guardian_id, for_guardian(turn.session, guardian_id).child_of(student_id)
