"""Buttons: whose they are, whether they still count, and what each of them does."""

from collections.abc import Callable
from datetime import date, datetime

from bot import conversations
from bot.answer import Answer
from bot.events import Incoming
from bot.handlers import answers, leave, make_up, moves, sms
from bot.handlers.boxes import press_box
from bot.handlers.members import require_real_name
from bot.handlers.person import find_person
from bot.handlers.records import tell_week
from bot.handlers.resting import rest_from
from bot.handlers.staff import (
    asked,
    bindings,
    closures,
    held,
    lists,
    lookup,
    make_ups,
    orders,
    people,
    queue,
    review,
    sending,
)
from bot.handlers.staff import leaves as staff_leaves
from bot.handlers.turn import Refused, Turn
from bot.menu_areas import menu_for
from bot.replies import account_link, refusals
from core.audit import record_audit
from core.db import snapshot, transaction
from core.errors import AccessError
from core.house import House
from core.languages.language import SOURCE
from core.languages.speech import speaking, spoken
from core.notices.links import DEAUTHORIZE_MISSED, end_link
from core.postback import Action, PostbackCodec, PostbackProblem, Press

Act = Callable[[Turn, Press], Answer]


def press_button(house: House, incoming: Incoming, user: str, now: datetime) -> Answer:
    """Return what a button led to. One transaction, in which rights are looked up anew."""
    codec = PostbackCodec(house.settings)
    press = codec.open(incoming.content, user, now)
    if isinstance(press, PostbackProblem):
        if press is PostbackProblem.FORWARDED:
            _note_stranger(house, user, codec.read(incoming.content), now)
        return Answer(messages=refusals.button_refused(press))
    # Staff are answered in the words of the school's own papers.
    language = spoken() if press.action in OF_GUARDIANS else SOURCE
    with speaking(language):
        rest = rest_from(house, press.action, now)
    if rest is not None:
        return rest
    opened = snapshot if press.action in READS else transaction
    try:
        with opened(house.engine) as session:
            person = find_person(session, user)
            turn = Turn(session=session, house=house, person=person, incoming=incoming, now=now)
            if press.action in CHANGES_OF_GUARDIANS:
                require_real_name(turn)
            with speaking(language):
                answer = ACTS[press.action](turn, press)
    except Refused as refusal:
        return refusal.answer
    except (AccessError, ValueError):
        # A button lives longer than a release: a detail that reads no more is no longer ours.
        return Answer(messages=refusals.button_refused(PostbackProblem.FOREIGN))
    house.notices_due.set()
    return answer


def _note_stranger(house: House, user: str, about: str, now: datetime) -> None:
    """Record that a button reached somebody it was not made for: a message was forwarded."""
    with transaction(house.engine) as session:
        person = find_person(session, user)
        record_audit(session, actor=person.actor, action="button.foreign", subject=about, now=now)


def _week_before(turn: Turn, press: Press) -> Answer:
    if not turn.person.children:
        return Answer(messages=refusals.not_linked(turn.pages))
    last = date.fromisoformat(press.detail)
    messages = tell_week(turn.session, turn.house, turn.person, turn.now, last)
    return Answer(messages=messages, matters=True)


def _back(turn: Turn, press: Press) -> Answer:
    conversations.end(turn.session, turn.person.line_user_id)
    return Answer(messages=refusals.stepped_back())


def _unlink(turn: Turn, press: Press) -> Answer:
    user = turn.person.line_user_id
    end_link(turn.session, user, turn.now)
    conversations.end(turn.session, user)
    actor = f"guardian:{turn.person.guardian.id}" if turn.person.guardian else None
    if actor is not None:
        # Only a page holds the user's own token, which LINE wants to give its permission back.
        record_audit(
            turn.session, actor=actor, action=DEAUTHORIZE_MISSED, subject=actor, now=turn.now
        )
    messages = account_link.unlinked(turn.pages)
    menu = menu_for(has_children=False, roles=turn.person.roles)
    return Answer(messages=messages, matters=True, menu=menu)


CHANGES_OF_GUARDIANS = frozenset(
    {
        Action.LEAVE_SEND,
        Action.LEAVE_DROP_SURE,
        Action.MAKE_UP_SEND,
        Action.BOX_ON,
        Action.BOX_OFF,
        Action.SMS_ORDER,
        Action.SMS_KEEP,
        Action.MOVE_KEEP,
        Action.MOVE_DROP,
    }
)
OF_GUARDIANS = CHANGES_OF_GUARDIANS | {
    # Whoever hears of a missing child may answer, a general member too.
    Action.ANSWER_ASK,
    Action.ANSWER_NOTED,
    Action.ANSWER_HOME,
    Action.WEEK_BEFORE,
    Action.BACK,
    Action.LEAVE_DAY,
    Action.LEAVE_DROP,
    Action.MAKE_UP_MOMENT,
    Action.SMS_ITEMS,
    # To end what costs is everybody's own.
    Action.SMS_WITHDRAW,
    Action.SMS_WITHDRAW_SURE,
    Action.SMS_CANCEL,
    Action.SMS_CANCEL_SURE,
    Action.UNLINK_SURE,
}
READS = frozenset({Action.WEEK_BEFORE})
ACTS: dict[Action, Act] = {
    Action.WEEK_BEFORE: _week_before,
    Action.BACK: _back,
    Action.ANSWER_ASK: answers.answer_no_show,
    Action.ANSWER_NOTED: answers.answer_no_show,
    Action.ANSWER_HOME: answers.answer_no_show,
    Action.BOX_ON: press_box,
    Action.BOX_OFF: press_box,
    Action.MAKE_UP_MOMENT: make_up.pick_moment,
    Action.MAKE_UP_SEND: make_up.send,
    Action.SMS_ITEMS: sms.ask_order,
    Action.SMS_ORDER: sms.order,
    Action.SMS_WITHDRAW: sms.ask_withdraw,
    Action.SMS_WITHDRAW_SURE: sms.withdraw,
    Action.SMS_CANCEL: sms.ask_cancel,
    Action.SMS_CANCEL_SURE: sms.cancel,
    Action.SMS_KEEP: sms.keep_order,
    Action.LEAVE_DAY: leave.pick_day,
    Action.LEAVE_SEND: leave.send_leave,
    Action.LEAVE_DROP: leave.drop_leave,
    Action.LEAVE_DROP_SURE: leave.drop_for_sure,
    Action.REVIEW_PRESENT: review.answer_present,
    Action.REVIEW_LEAVE: review.answer_leave,
    Action.REVIEW_ABSENT: review.answer_absent_now,
    Action.HELP_PRESENT: asked.reply_present,
    Action.HELP_LEAVE: asked.reply_leave,
    Action.HELP_LOOKING: asked.reply_looking,
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
    Action.MOVE_KEEP: moves.keep_move,
    Action.MOVE_DROP: moves.drop_move,
    Action.REQUEST_APPROVE: bindings.approve_request,
    Action.REQUEST_DECLINE: bindings.decline_request,
    Action.CHILD_OPEN: bindings.open_for_tries,
    Action.HELD_RELEASE: held.ask_release,
    Action.HELD_CANCEL: held.ask_cancel,
    Action.HELD_RELEASE_SURE: held.release,
    Action.HELD_CANCEL_SURE: held.cancel,
    Action.CLOSURE_SEND: closures.send,
    Action.CLOSURE_UNDO: closures.ask_undo,
    Action.CLOSURE_UNDO_SEND: closures.send_undo,
    Action.LOOK_UP: lookup.look_up,
    Action.ASKED_ENTER: queue.enter_asked,
    Action.ASKED_REFUSE: queue.ask_why_not,
    Action.ASKED_WHY: queue.refuse_asked,
    Action.SMS_REVIEW_APPROVE: orders.approve_order,
    Action.SMS_REVIEW_END: orders.approve_cancellation,
    Action.SMS_REVIEW_RETURN: orders.ask_why,
    Action.SMS_REVIEW_WHY: orders.return_order,
    Action.SMS_REVIEW_NEXT: orders.show_next,
    Action.SEND_SURE: sending.send,
    Action.INVITE_SURE: people.invite,
    Action.REVOKE: people.ask_revoke,
    Action.REVOKE_SURE: people.revoke,
    Action.UNLINK_SURE: _unlink,
}
