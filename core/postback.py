"""Postback data: signed, bound to one person, good for a while. The only codec for it."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadData

from core.settings import Settings
from core.signing import serializer_of

SALT = "bot.postback"
GOOD_FOR = timedelta(hours=24)
# Source: LINE docs, "Postback action": data up to 300 characters.
MAX_DATA = 300


class Action(StrEnum):
    """What a button does."""

    WEEK_BEFORE = "week_before"
    # Staff on a missing child; detail is student id/school day.
    REVIEW_PRESENT = "review_present"
    REVIEW_LEAVE = "review_leave"
    REVIEW_ABSENT = "review_absent"
    # Staff on held no-shows; detail is school code/school day/cut-off. The first two ask back, the
    # others act.
    HELD_RELEASE = "held_release"
    HELD_CANCEL = "held_cancel"
    HELD_RELEASE_SURE = "held_release_sure"
    HELD_CANCEL_SURE = "held_cancel_sure"
    # Leaves what was asked back undone.
    BACK = "back"
    # Boxes to turn; the detail is binding id/kinds.
    BOX_ON = "box_on"
    BOX_OFF = "box_off"
    # A guardian's request for a make-up; the moment picker's detail is what was said so far.
    MAKE_UP_MOMENT = "make_up_moment"
    MAKE_UP_SEND = "make_up_send"
    # A guardian's leave. The day picker's detail is a student id, dropping's a leave id.
    LEAVE_DAY = "leave_day"
    LEAVE_SEND = "leave_send"
    LEAVE_DROP = "leave_drop"
    LEAVE_DROP_SURE = "leave_drop_sure"
    # Staff on a child of a class list; detail as in a review, but each asks back.
    LIST_PRESENT = "list_present"
    LIST_LEAVE = "list_leave"
    LIST_ABSENT = "list_absent"
    ABSENT_SURE = "absent_sure"
    MAKE_UP_SURE = "make_up_sure"
    # Detail is a tap id.
    MAKE_UP_UNDO = "make_up_undo"
    MAKE_UP_UNDO_SURE = "make_up_undo_sure"
    STAFF_LEAVE_SEND = "staff_leave_send"
    STAFF_LEAVE_DROP = "staff_leave_drop"
    STAFF_LEAVE_DROP_SURE = "staff_leave_drop_sure"
    # Staff on closures; an undoing's detail is the closure's id.
    CLOSURE_SEND = "closure_send"
    CLOSURE_UNDO = "closure_undo"
    CLOSURE_UNDO_SEND = "closure_undo_send"
    # A guardian on texts: binding id/items for an order, an order's id for its end.
    SMS_ITEMS = "sms_items"
    SMS_ORDER = "sms_order"
    SMS_WITHDRAW = "sms_withdraw"
    SMS_WITHDRAW_SURE = "sms_withdraw_sure"
    SMS_CANCEL = "sms_cancel"
    SMS_CANCEL_SURE = "sms_cancel_sure"
    SMS_KEEP = "sms_keep"
    # A guardian's own link.
    UNLINK_SURE = "unlink_sure"
    # A guardian on a child not seen yet; detail is student id/school day.
    ANSWER_ASK = "answer_ask"
    ANSWER_NOTED = "answer_noted"
    ANSWER_HOME = "answer_home"
    # Staff on a child whose guardian asked; detail is the same.
    HELP_PRESENT = "help_present"
    HELP_LOOKING = "help_looking"
    HELP_LEAVE = "help_leave"
    # A guardian on a child who moved; detail is the proposal's id.
    MOVE_KEEP = "move_keep"
    MOVE_DROP = "move_drop"
    # Staff: detail is a request's id, or a student's.
    REQUEST_APPROVE = "request_approve"
    REQUEST_DECLINE = "request_decline"
    CHILD_OPEN = "child_open"
    # Staff: detail is a student id and why it is looked up.
    LOOK_UP = "look_up"
    # Staff on what a guardian asked to be entered: a request's id, the last one with the reason.
    ASKED_ENTER = "asked_enter"
    ASKED_REFUSE = "asked_refuse"
    ASKED_WHY = "asked_why"
    # Staff on an SMS order: detail is its id, WHY's with the reason's key.
    SMS_REVIEW_APPROVE = "sms_review_approve"
    SMS_REVIEW_END = "sms_review_end"
    SMS_REVIEW_RETURN = "sms_review_return"
    SMS_REVIEW_WHY = "sms_review_why"
    SMS_REVIEW_NEXT = "sms_review_next"
    # Staff: detail is the id of what was written and is kept until it is sure.
    SEND_SURE = "send_sure"
    INVITE_SURE = "invite_sure"
    # Detail is the id of a role.
    REVOKE = "revoke"
    REVOKE_SURE = "revoke_sure"


class PostbackProblem(StrEnum):
    """Why a button is not obeyed. A forwarded one is genuine, but was made for somebody else."""

    EXPIRED = "expired"
    FOREIGN = "foreign"
    FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed by the person it was made for. `detail` is what the button is about.

    `made_at` is known of a button that comes back: what was done since may be its own doing.
    """

    action: Action
    detail: str
    made_at: datetime | None = field(default=None, compare=False)


class PostbackCodec:
    """Seal what a button means and check it when it comes back."""

    def __init__(self, settings: Settings) -> None:
        self._serializer = serializer_of(settings, SALT)

    def seal(self, press: Press, line_user_id: str, now: datetime) -> str:
        """Return the data of a button. Raises ValueError when LINE would refuse its length."""
        whole = [press.action.value, press.detail, _print_of(line_user_id), int(now.timestamp())]
        data = str(self._serializer.dumps(whole))
        if len(data) > MAX_DATA:
            raise ValueError("postback data too long")
        return data

    def open(self, data: str, line_user_id: str, now: datetime) -> Press | PostbackProblem:
        """Return what was pressed, or why it counts for nothing."""
        try:
            whole: Any = self._serializer.loads(data)
            action, detail, made_for, made_at = whole
            press = Press(Action(action), str(detail), datetime.fromtimestamp(made_at, UTC))
        except (BadData, TypeError, ValueError, OverflowError):
            return PostbackProblem.FOREIGN
        if made_for != _print_of(line_user_id):
            return PostbackProblem.FORWARDED
        # Checked against our own clock, which may be shifted; the library knows only the machine's.
        if not 0 <= now.timestamp() - made_at + 1 <= GOOD_FOR.total_seconds():
            return PostbackProblem.EXPIRED
        return press

    def read(self, data: str) -> str:
        """Return what a genuine button is about, whoever holds it: action and detail."""
        action, detail, *_ = self._serializer.loads(data)
        return f"button:{action}/{detail}" if detail else f"button:{action}"


def _print_of(line_user_id: str) -> str:
    return hashlib.sha256(line_user_id.encode()).hexdigest()[:16]
