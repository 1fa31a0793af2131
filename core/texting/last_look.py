"""The last look before a text leaves: whether it may still be told, on what day, to what number."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.calendar.offered import Offered, schools_of
from core.calendar.school_days import day_statuses
from core.clock import school_day_of
from core.crypto import SealBroken, Vault
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.notices.texts import Place, read_text
from core.orders.paying import paying_orders, phone_of
from core.orders.tables import Purpose
from core.people.contacts import ContactSlot, verified_in
from core.people.subscriptions import boxes_of
from core.people.tables import Binding, Guardian, School, Student
from core.texting.purposes import PURPOSES

NOT_WANTED, NOT_OFFERED, NO_ADDRESS = "not_wanted", "not_offered", "no_address"
NO_SCHOOL, NO_ORDER, UNREADABLE, NOT_ALLOWED = "no_school", "no_order", "unreadable", "not_allowed"
# What could not reach its reader counts as failed, what nobody wants to read any more does not.
ENDS = {
    NOT_WANTED: NoticeState.CANCELLED,
    NO_SCHOOL: NoticeState.CANCELLED,
    NO_ORDER: NoticeState.CANCELLED,
    NOT_OFFERED: NoticeState.REFUSED,
    NO_ADDRESS: NoticeState.REFUSED,
    UNREADABLE: NoticeState.DEAD,
    NOT_ALLOWED: NoticeState.DEAD,
}
# Of a day without school there is nothing to tell at the gate.
ON_SCHOOL_DAYS = frozenset(kind.value for kind in EventKind)


@dataclass(frozen=True, slots=True)
class Ready:
    """What may leave: for what, to what number, in what words, and from which school."""

    purpose: Purpose
    phone: str
    body: str
    school_code: str


class LastLook:
    """Whether texts may go; asks of each school and grade once."""

    def __init__(self, session: Session, vault: Vault, now: datetime) -> None:
        self._session = session
        self._vault = vault
        self._now = now
        self._offered = Offered(session, Channel.SMS, school_day_of(now))
        self._open: dict[tuple[str, int, object], bool] = {}

    def at(self, notice: Notice, guardian: Guardian | None, binding: Binding | None) -> Ready | str:
        """Return what is to leave, or our word for why nothing does."""
        purpose = PURPOSES.get(NoticeKind(notice.kind))
        if purpose is None or (purpose is Purpose.PAID) is (notice.order_id is None):
            return NOT_ALLOWED
        if guardian is not None and (guardian.stopped_at or guardian.erased_at):
            return NOT_WANTED
        schools = schools_of(self._session, notice)
        if not schools or not self._is_wanted(notice, binding):
            return NOT_WANTED
        if not self._offered.at_any(schools):
            return NOT_OFFERED
        if notice.kind in ON_SCHOOL_DAYS and not self._is_school_day(notice):
            return NO_SCHOOL
        return self._addressed(notice, guardian, purpose, schools[0])

    def _addressed(
        self, notice: Notice, guardian: Guardian | None, purpose: Purpose, school_code: str
    ) -> Ready | str:
        if purpose is Purpose.PAID:
            phone, missing = self._ordered_phone(notice), NO_ORDER
        else:
            phone, missing = self._phone_of(guardian), NO_ADDRESS
        if not phone:
            return missing
        body = self._body(notice, school_code)
        return Ready(purpose, phone, body, school_code) if body else UNREADABLE

    def _phone_of(self, guardian: Guardian | None) -> str:
        contact = verified_in(self._vault, guardian, ContactSlot.PHONE) if guardian else None
        return contact.address if contact else ""

    def _ordered_phone(self, notice: Notice) -> str:
        """Return the order's number while it still sends this, for this purpose alone."""
        assert notice.student_id is not None  # noqa: S101  # gate news is of a child
        of_child = {notice.student_id}
        found = paying_orders(self._session, of_child, EventKind(notice.kind), self._now)
        for order in found.get(notice.student_id, ()):
            if order.order_id == notice.order_id:
                try:
                    return phone_of(self._vault, order.phone_sealed)
                except SealBroken:
                    return ""
        return ""

    def _is_wanted(self, notice: Notice, binding: Binding | None) -> bool:
        if notice.student_id is None or notice.order_id is not None:
            return True
        if binding is None:
            return False
        if notice.kind != NoticeKind.NO_SHOW:
            return True
        return (Channel.SMS, EventKind.NO_SHOW) in boxes_of(self._session, binding.id)

    def _is_school_day(self, notice: Notice) -> bool:
        student = self._session.get_one(Student, notice.student_id)
        day, place = notice.school_day, (student.school_code, student.grade)
        key = (*place, day)
        if key not in self._open:
            status = day_statuses(self._session, [place], day, day)[place][day]
            self._open[key] = status.is_open
        return self._open[key]

    def _body(self, notice: Notice, school_code: str) -> str:
        school = self._session.get_one(School, school_code)
        place = Place(school.short_name, school.phone)
        try:
            return read_text(NoticeKind(notice.kind), bytes(notice.content), place)
        except (ValueError, LookupError, TypeError):
            return ""
