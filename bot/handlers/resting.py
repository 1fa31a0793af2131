"""系統整理 in the chat: what is asked is answered, what would be written waits, as on the pages.

What may not wait goes on there and here: closures, held notices, what ends or protects, languages
and links. A typed word or a button is at rest only if it is named here.
"""

from datetime import datetime

from bot.answer import Answer
from bot.commands import Command
from bot.replies import refusals
from bot.staff_commands import StaffAsk, StaffVerb
from core.house import House
from core.maintenance import Phase, Window
from core.postback import Action

COMMANDS = frozenset(
    {
        Command.LEAVE,
        Command.LEAVE_CANCEL,
        Command.MAKE_UP,
        Command.SUBSCRIBE,
        Command.UNSUBSCRIBE,
        Command.SEND,
    }
)
VERBS = frozenset(
    {
        StaffVerb.MAKE_UP,
        StaffVerb.MAKE_UP_UNDO,
        StaffVerb.LEAVE,
        StaffVerb.LEAVE_DROP,
        StaffVerb.SEND,
        StaffVerb.ROSTER,
        StaffVerb.INVITE,
    }
)
# Those that only ask back rest too: what they lead to would be refused.
ACTIONS = frozenset(
    {
        Action.BOX_ON,
        Action.BOX_OFF,
        Action.MAKE_UP_MOMENT,
        Action.MAKE_UP_SEND,
        Action.LEAVE_DAY,
        Action.LEAVE_SEND,
        Action.LEAVE_DROP,
        Action.LEAVE_DROP_SURE,
        Action.SMS_ITEMS,
        Action.SMS_ORDER,
        Action.SMS_WITHDRAW,
        Action.SMS_WITHDRAW_SURE,
        Action.SMS_CANCEL,
        Action.SMS_CANCEL_SURE,
        Action.SMS_KEEP,
        Action.MOVE_KEEP,
        Action.MOVE_DROP,
        Action.REVIEW_PRESENT,
        Action.REVIEW_LEAVE,
        Action.REVIEW_ABSENT,
        Action.LIST_PRESENT,
        Action.LIST_LEAVE,
        Action.LIST_ABSENT,
        Action.ABSENT_SURE,
        Action.MAKE_UP_SURE,
        Action.MAKE_UP_UNDO,
        Action.MAKE_UP_UNDO_SURE,
        Action.STAFF_LEAVE_SEND,
        Action.STAFF_LEAVE_DROP,
        Action.STAFF_LEAVE_DROP_SURE,
        Action.REQUEST_APPROVE,
        Action.REQUEST_DECLINE,
        Action.ASKED_ENTER,
        Action.ASKED_REFUSE,
        Action.ASKED_WHY,
        Action.SMS_REVIEW_APPROVE,
        Action.SMS_REVIEW_END,
        Action.SMS_REVIEW_RETURN,
        Action.SMS_REVIEW_WHY,
        Action.SEND_SURE,
        Action.INVITE_SURE,
    }
)


def rest_from(
    house: House, asked: Command | StaffAsk | Action | None, now: datetime
) -> Answer | None:
    """Return the answer to what rests at this moment, None for what goes on."""
    window = Window.of(house.settings)
    if window.phase(now) is not Phase.NOW or not _rests(asked):
        return None
    starts, ends = f"{window.starts:%H:%M}", f"{window.ends:%H:%M}"
    return Answer(messages=refusals.resting(starts, ends), matters=True)


def _rests(asked: Command | StaffAsk | Action | None) -> bool:
    if isinstance(asked, StaffAsk):
        return asked.verb in VERBS
    return asked in ACTIONS if isinstance(asked, Action) else asked in COMMANDS
