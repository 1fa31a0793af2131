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
