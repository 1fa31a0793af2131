"""The schools a notice is about, and whether they offer the channel it goes by."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from core.calendar.channels import choosable
from core.kinds import Channel
from core.notices.tables import Notice
from core.people.tables import Binding, Student


def schools_of(session: Session, notice: Notice, *bound_so: ColumnElement[bool]) -> Sequence[str]:
    """Return the child's school; without a child those of all its reader's children, in order.

    Of these `bound_so` are further conditions on the binding.
    """
    of_child = select(col(Student.school_code)).where(col(Student.id) == notice.student_id)
    of_all = (
        select(col(Student.school_code))
        .join(Binding, col(Binding.student_id) == col(Student.id))
        .where(
            col(Binding.guardian_id) == notice.guardian_id,
            col(Binding.ended_at).is_(None),
            *bound_so,
        )
        .order_by(col(Student.school_code))
    )
    return session.scalars(of_child if notice.student_id else of_all).all()


class Offered:
    """Whether a channel is offered on a day; asks of each school once."""

    def __init__(self, session: Session, channel: Channel, today: date) -> None:
        self._session = session
        self._channel = channel
        self._today = today
        self._known: dict[str, bool] = {}

    def at_any(self, schools: Sequence[str]) -> bool:
        """Tell whether one of the schools offers it."""
        return any(map(self._is_at, schools))

    def _is_at(self, school_code: str) -> bool:
        if school_code not in self._known:
            channels = choosable(self._session, [school_code], self._today)
            self._known[school_code] = self._channel in channels
        return self._known[school_code]
