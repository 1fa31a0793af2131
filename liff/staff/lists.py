"""待查名單: what does not fit, and who has not been heard of for three days."""

from dataclasses import dataclass
from datetime import timedelta

from flask import render_template
from flask.typing import ResponseReturnValue

from core.attendance.reports import unexplained
from core.clock import school_day_of
from core.db import snapshot
from core.gate.discrepancies import Discrepancy, DiscrepancyKind, discrepancies
from core.languages.dates import long_date
from core.notices.staff_words import class_words
from liff.guard import staff
from liff.present import day_and_time
from liff.staff.desk import note_look, open_desk
from liff.visit import current_visit

A_WEEK = timedelta(days=6)
WORDS = {
    DiscrepancyKind.LEAVE_AND_TAP: ("leave", "請假，但有刷卡"),
    DiscrepancyKind.QUARANTINED: ("held", "刷卡時間無法判斷，資料保留待查"),
    DiscrepancyKind.FORMER_CARD: ("no-tap", "刷了已停用的卡，沒有通知家長"),
    DiscrepancyKind.TAKEN_BACK: ("make-up", "補登已更正"),
}


@dataclass(frozen=True, slots=True)
class OddLine:
    """One thing to look at, ready to be read."""

    mark: str
    who: str
    what: str
    when: str


@staff
def show_lists() -> ResponseReturnValue:
    """Show both lists: of the school to whoever runs it, of a class to its teacher."""
    visit = current_visit()
    today = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.get_school()
        odd = [
            one
            for one in discrepancies(database, school.code, today - A_WEEK, today)
            if desk.sees(one.homeroom)
        ]
        missing = [
            one for one in unexplained(database, school.code, today) if desk.sees(one.homeroom)
        ]
    shown = [one.student_id for one in odd if one.student_id]
    shown += [one.student_id for one in missing]
    note_look(visit, desk, f"lists:{school.code}", shown)
    return render_template(
        "staff/lists.html",
        desk=desk,
        span=f"{long_date(today - A_WEEK)}–{long_date(today)}",
        odd=[_line(one, day_and_time(one.at, today)) for one in odd],
        missing=[
            (f"{class_words(one.homeroom)} {one.seat_number} 號", one.name) for one in missing
        ],
    )


def _line(one: Discrepancy, when: str) -> OddLine:
    mark, what = WORDS[one.kind]
    who = (
        f"{class_words(one.homeroom)} {one.seat_number:02d} {one.name}"
        if one.name
        else "不明的卡片"
    )
    detail = one.reason or (f"{one.gate}刷卡機" if one.gate else "")
    return OddLine(mark, who, f"{what}{f'（{detail}）' if detail else ''}", when)
