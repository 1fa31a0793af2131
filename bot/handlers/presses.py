"""Buttons: whose they are, whether they still count, and what each of them does."""

from collections.abc import Callable
from datetime import date, datetime

from bot.answer import Answer
from bot.events import Incoming
from bot.handlers import leave
from bot.handlers.person import find_person
from bot.handlers.records import tell_week
from bot.handlers.staff import closures, held, lists, make_ups, review
from bot.handlers.staff import leaves as staff_leaves
from bot.handlers.turn import Refused, Turn
from bot.replies import refusals
from core.db import snapshot, transaction
from core.errors import AccessError
from core.house import House
from core.postback import Action, PostbackCodec, PostbackProblem, Press

Act = Callable[[Turn, Press], Answer]


def press_button(house: House, incoming: Incoming, user: str, now: datetime) -> Answer:
    """Return what a button led to. One transaction, in which rights are looked up anew."""
    press = PostbackCodec(house.settings).open(incoming.content, user, now)
    if isinstance(press, PostbackProblem):
        return Answer(messages=refusals.button_refused(press))
    opened = snapshot if press.action in READS else transaction
    try:
        with opened(house.engine) as session:
            person = find_person(session, user)
            turn = Turn(session=session, house=house, person=person, incoming=incoming, now=now)
            answer = ACTS[press.action](turn, press)
    except Refused as refusal:
        return refusal.answer
    except AccessError:
        return Answer(messages=refusals.button_refused(PostbackProblem.FOREIGN))
    house.notices_due.set()
    return answer


def _week_before(turn: Turn, press: Press) -> Answer:
    if not turn.person.children:
        return Answer(messages=refusals.not_linked(turn.pages))
    last = date.fromisoformat(press.detail)
    messages = tell_week(turn.session, turn.house, turn.person, turn.now, last)
    return Answer(messages=messages, matters=True)


def _back(turn: Turn, press: Press) -> Answer:
    return Answer(messages=refusals.stepped_back())


READS = frozenset({Action.WEEK_BEFORE, Action.BACK})
ACTS: dict[Action, Act] = {
    Action.WEEK_BEFORE: _week_before,
    Action.BACK: _back,
    Action.LEAVE_DAY: leave.pick_day,
    Action.LEAVE_SEND: leave.send_leave,
    Action.LEAVE_DROP: leave.drop_leave,
    Action.LEAVE_DROP_SURE: leave.drop_for_sure,
    Action.REVIEW_PRESENT: review.answer_present,
    Action.REVIEW_LEAVE: review.answer_leave,
    Action.REVIEW_ABSENT: review.answer_absent_now,
    Action.LIST_PRESENT: lists.ask_present,
    Action.LIST_LEAVE: lists.ask_leave,
    Action.LIST_ABSENT: lists.ask_absent,
    Action.ABSENT_SURE: review.answer_absent_now,
    Action.MAKE_UP_SURE: make_ups.enter,
    Action.MAKE_UP_UNDO: make_ups.ask_undo,
    Action.MAKE_UP_UNDO_SURE: make_ups.undo,
    Action.STAFF_LEAVE_SEND: staff_leaves.send_leave,
    Action.STAFF_LEAVE_DROP: staff_leaves.drop_leave,
    Action.STAFF_LEAVE_DROP_SURE: staff_leaves.drop_for_sure,
    Action.HELD_RELEASE: held.ask_release,
    Action.HELD_CANCEL: held.ask_cancel,
    Action.HELD_RELEASE_SURE: held.release,
    Action.HELD_CANCEL_SURE: held.cancel,
    Action.CLOSURE_SEND: closures.send,
    Action.CLOSURE_UNDO: closures.ask_undo,
    Action.CLOSURE_UNDO_SEND: closures.send_undo,
}
