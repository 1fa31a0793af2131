"""What a phone number may be used for, by kind of notice; the database holds the same."""

from collections.abc import Mapping

from core.kinds import NoticeKind
from core.orders.tables import Purpose

# Source: the city's brochure: no-shows, important or urgent news, and what was ordered.
PURPOSES: Mapping[NoticeKind, Purpose] = {
    NoticeKind.ARRIVAL: Purpose.PAID,
    NoticeKind.DEPARTURE: Purpose.PAID,
    NoticeKind.NO_SHOW: Purpose.NO_SHOW,
    NoticeKind.CORRECTION: Purpose.NO_SHOW,
    NoticeKind.CLOSURE_ON: Purpose.URGENT,
    NoticeKind.CLOSURE_OFF: Purpose.URGENT,
    NoticeKind.ANNOUNCEMENT: Purpose.URGENT,
}
