"""The look at a leave before it is filed: what is asked for, and what the gate has seen of it."""

from dataclasses import dataclass

from sqlmodel import Session

from core.attendance.days import days_of
from core.attendance.leaves import REASON_WORDS
from core.attendance.tables import EXCUSED_PARTS, LeaveReason
from core.clock import school_day_of, taipei_clock
from core.kinds import DayPart
from core.languages.speech import _
from core.people.bindings import BoundChild
from liff.leave_form import LeaveForm, extent_words
from liff.visit import Visit

FIELDS = ("first_day", "last_day", "part", "reason")


@dataclass(frozen=True, slots=True)
class LeaveCheck:
    """A leave as it would be filed; `seen` says what the gate knows against it, or nothing.

    `is_excused`: no no-show is told on its days. `fields` carry the form's answers on.
    """

    child: str
    extent: str
    reason: str
    seen: str
    is_excused: bool
    fields: list[tuple[str, str]]


def check_of(database: Session, visit: Visit, child: BoundChild, form: LeaveForm) -> LeaveCheck:
    """Return what a checked form asks for."""
    part = DayPart(form.part.data)
    return LeaveCheck(
        child=child.given_name,
        extent=extent_words(*form.days(), part),
        reason=_(REASON_WORDS[LeaveReason(form.reason.data)]),
        seen=_seen_line(database, visit, child, form),
        is_excused=part in EXCUSED_PARTS,
        fields=[
            ("binding_id", str(child.binding_id)),
            *((name, form[name].data or "") for name in FIELDS),
        ],
    )


def _seen_line(database: Session, visit: Visit, child: BoundChild, form: LeaveForm) -> str:
    today, (first_day, last_day) = school_day_of(visit.now), form.days()
    # Whoever came in the morning may well be on leave in the afternoon.
    if not first_day <= today <= last_day or DayPart(form.part.data) not in EXCUSED_PARTS:
        return ""
    day = days_of(database, [child], today, today, visit.now)[child.student_id][-1]
    if day.arrived_at:
        return _(
            "{child}今天 {time} 有到校刷卡；如果還是要請假，兩筆紀錄都會保留。",
            child=child.given_name,
            time=taipei_clock(day.arrived_at),
        )
    if day.departed_at:
        return _(
            "{child}今天 {time} 有離校刷卡；如果還是要請假，兩筆紀錄都會保留。",
            child=child.given_name,
            time=taipei_clock(day.departed_at),
        )
    return ""
