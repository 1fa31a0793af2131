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
    LINK_NEW = "link_new"
    LINK_OLD = "link_old"
    MAKE_UP_UNDONE = "makeup_undone"
    LEAVE_OTHER = "leave_other"
    LEAVE_SCHOOL = "leave_school"
    LEAVE_CANCELLED = "leave_cancelled"
    LEAVE_TAP = "leave_tap"
    NO_TAP_OUT = "no_tap_out"
    CLOSURE_ON = "closure_on"
    CLOSURE_OFF = "closure_off"
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
    THREE_DAYS = "three_days"
    QUOTA = "quota"


class DayPart(StrEnum):
    """A whole day or a half of it."""

    WHOLE = "whole"
    MORNING = "morning"
    AFTERNOON = "afternoon"


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
