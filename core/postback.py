"""Postback data: signed, bound to one person, good for a while. The only codec for it."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from core.settings import Settings

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


class PostbackProblem(StrEnum):
    """Why a button is not obeyed."""

    EXPIRED = "expired"
    FOREIGN = "foreign"


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
        keys = [*reversed(settings.old_secret_keys), settings.secret_key.get_secret_value()]
        # The last key signs, all of them verify.
        self._serializer = URLSafeSerializer(keys, salt=SALT)

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
            return PostbackProblem.FOREIGN
        # Checked against our own clock, which may be shifted; the library knows only the machine's.
        if not 0 <= now.timestamp() - made_at + 1 <= GOOD_FOR.total_seconds():
            return PostbackProblem.EXPIRED
        return press


def _print_of(line_user_id: str) -> str:
    return hashlib.sha256(line_user_id.encode()).hexdigest()[:16]
