"""What stands between a guardian and a box: a channel not offered, an address not verified yet."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from core.kinds import Channel, EventKind
from core.people.subscriptions import Box
from core.people.tables import Guardian

NOTHING: frozenset[EventKind] = frozenset()


class Hurdle(StrEnum):
    """Why a box can't be ticked now; the guardian can do something about all but the first."""

    NOT_OFFERED = "not_offered"
    EMAIL = "email_unverified"
    PHONE = "phone_unverified"
    ORDER = "not_ordered"
    APP = "app_unconnected"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a guardian proved to be reached beside LINE, and what is ordered by SMS of a child."""

    has_email: bool
    has_phone: bool
    ordered: frozenset[EventKind]
    has_app: bool = False


def reach_of(guardian: Guardian, ordered: frozenset[EventKind] = NOTHING) -> Reach:
    """Return what the guardian verified, and `ordered`: the news an SMS order in force is for."""
    return Reach(
        any(
            bool(sealed) and is_verified
            for sealed, is_verified in (
                (guardian.email1_sealed, guardian.email1_is_verified),
                (guardian.email2_sealed, guardian.email2_is_verified),
            )
        ),
        bool(guardian.phone_sealed) and guardian.phone_is_verified,
        ordered,
        guardian.app_token_sealed is not None,
    )


def is_paid(box: Box) -> bool:
    """Tell whether a box stands for an order, not for a tick."""
    channel, kind = box
    return channel is Channel.SMS and kind is not EventKind.NO_SHOW


def hurdle_of(box: Box, offered: Collection[Channel], reach: Reach) -> Hurdle | None:
    """Return why the box can't be ticked, or None. 未到校 by SMS costs nothing: no order needed."""
    channel, kind = box
    if is_paid(box) and kind in reach.ordered:
        # The order holds its own number, and ends with its semester.
        return None
    if channel not in offered:
        return Hurdle.NOT_OFFERED
    if channel is Channel.EMAIL and not reach.has_email:
        return Hurdle.EMAIL
    if channel is Channel.SMS and not reach.has_phone:
        return Hurdle.PHONE
    if channel is Channel.APP and not reach.has_app:
        return Hurdle.APP
    if is_paid(box) and kind not in reach.ordered:
        return Hurdle.ORDER
    return None
