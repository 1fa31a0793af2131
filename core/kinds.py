"""Closed sets that several rooms share."""

from enum import StrEnum


class EventKind(StrEnum):
    """What a guardian can subscribe to."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    NO_SHOW = "no_show"


class NoticeKind(StrEnum):
    """What a notice tells."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    NO_SHOW = "no_show"
    CORRECTION = "correction"
    BOUND = "bound"
    BOUND_OTHER = "bound_other"
    BINDING_DECLINED = "binding_declined"
    CHILD_CLOSED = "child_closed"
    UNBOUND = "unbound"
    MOVED_UP = "moved_up"
    DELEGATE_ADDED = "delegate_added"
    DELEGATE_ENDED = "delegate_ended"
    LINK_NEW = "link_new"
    LINK_OLD = "link_old"
    UNLINKED = "unlinked"
    COPY_READY = "copy_ready"
    TEST = "test"
    MAKE_UP_UNDONE = "makeup_undone"
    MAKE_UP_DONE = "makeup_done"
    MAKE_UP_NOT = "makeup_not"
    LEAVE_OTHER = "leave_other"
    LEAVE_SCHOOL = "leave_school"
    LEAVE_CANCELLED = "leave_cancelled"
    LEAVE_TAP = "leave_tap"
    NO_TAP_OUT = "no_tap_out"
    ANSWERED = "answered"
    SCHOOL_REPLY = "school_reply"
    SCHOOL_SILENT = "school_silent"
    CLOSURE_ON = "closure_on"
    CLOSURE_OFF = "closure_off"
    ANNOUNCEMENT = "announcement"
    EMAIL_BOUNCED = "email_bounced"
    APP_GONE = "app_gone"
    FALLBACK = "fallback"
    SMS_APPROVED = "sms_approved"
    SMS_RETURNED = "sms_returned"
    SMS_CANCELLING = "sms_cancelling"
    SMS_KEPT = "sms_kept"
    SMS_CANCELLED = "sms_cancelled"
    SMS_SETTLED = "sms_settled"
    EMAIL_DIGEST = "email_digest"
    # To staff.
    REVIEW = "review"
    HELD = "held"
    HELD_EXPIRED = "held_expired"
    SKIPPED_LATE = "skipped_late"
    READER_SILENT = "reader_silent"
    READER_CLONED = "reader_cloned"
    READER_GAP = "reader_gap"
    OLD_CARD = "old_card"
    QUARANTINE = "quarantine"
    DISCREPANCY = "discrepancy"
    CLOSURE_ASKED = "closure_asked"
    CLOSURE_ANSWERED = "closure_answered"
    CLOSURE_FOUND = "closure_found"
    ANNOUNCEMENT_ASKED = "announcement_asked"
    THREE_DAYS = "three_days"
    QUOTA = "quota"
    LOOKS = "looks"
    NEW_BINDING = "new_binding"
    BINDING_ASKED = "binding_asked"
    MANY_MISSES = "many_misses"
    MAKE_UP_ASKED = "makeup_request"
    ANNOUNCEMENT_ANSWERED = "announcement_answered"
    DIGEST = "digest"
    QUEUE_AGING = "queue_aging"
    ORDER_AGING = "order_aging"
    HELP_ASKED = "ask_school"
    HELP_GIVEN = "ask_answered"
    AT_HOME = "at_home"


class DayPart(StrEnum):
    """A whole day or a half of it."""

    WHOLE = "whole"
    MORNING = "morning"
    AFTERNOON = "afternoon"


class MakeUpReason(StrEnum):
    """Why a guardian asks for a make-up tap."""

    FORGOTTEN = "forgotten"
    LOST = "lost"
    FAULTY = "faulty"
    READER = "reader"
    OTHER = "other"


class MakeUpRefusal(StrEnum):
    """Why a school does not enter what a guardian asked for."""

    NOT_SEEN = "not_seen"
    OTHER_TIME = "other_time"
    ON_RECORD = "on_record"
    TALK = "talk"


class GuardianAnswer(StrEnum):
    """What a guardian answers to a no-show."""

    NOTED = "noted"
    AT_HOME = "at_home"
    ASK_SCHOOL = "ask_school"


class SchoolReply(StrEnum):
    """What the school says of a child a guardian asked about."""

    PRESENT = "present"
    LOOKING = "looking"
    ON_LEAVE = "on_leave"


class HoldReason(StrEnum):
    """Why silence at a gate is no evidence."""

    NO_READER = "no_reader"
    SILENT = "silent"
    BUFFERED = "buffered"
    GAP = "gap"
    CLONED = "cloned"
    FEW_TAPS = "few_taps"


class Channel(StrEnum):
    """Where a notice goes."""

    LINE = "line"
    EMAIL = "email"
    SMS = "sms"
    APP = "app"


class OfferState(StrEnum):
    """Whether guardians can choose a channel this term. BEST_EFFORT may be slower."""

    OFFERED = "offered"
    BEST_EFFORT = "best_effort"
    NOT_OFFERED = "not_offered"


class NoticeState(StrEnum):
    """Where a notice stands. A later state never goes back; only leased may return to pending."""

    PENDING = "pending"
    LEASED = "leased"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEAD = "dead"


UNFINISHED_STATES = (NoticeState.PENDING.value, NoticeState.LEASED.value)
ENDED_STATES = tuple(one.value for one in NoticeState if one.value not in UNFINISHED_STATES)


class Direction(StrEnum):
    """Which way a reader looks."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Level(StrEnum):
    """School levels, as the portal names them."""

    PRIMARY = "國小"
    JUNIOR = "國中"
    SENIOR = "高中"
    VOCATIONAL = "高職"
    SPECIAL = "特教"
