"""學期: the plans of the SMS service. Schools read them, the bureau records them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.calendar.semesters import Semester
from core.clock import school_day_of
from core.db import snapshot
from core.languages.dates import long_date, span_of
from core.orders.plan_book import list_plans
from core.orders.plans import Bearer, Rounding
from core.orders.tables import SmsPlan
from liff.guard import staff
from liff.staff.sms.access import open_plan_desk
from liff.visit import current_visit

ROUNDINGS = {
    Rounding.PER_ORDER: ("每筆訂購合計後進位", ""),
    Rounding.PER_ITEM: ("到校、離校分別進位", ""),
}
BEARERS = {
    Bearer.SCHOOL: ("學校吸收", "不向家長補收"),
    Bearer.GUARDIAN: ("家長補繳", "不會自動扣款"),
}
NOTES = {
    "recorded": "已登錄，家長現在可以訂購。",
    "closed": "已結算，費用不再改變。",
    "already_closed": "這個學期已經結算過了。",
    "too_early": "還沒到最後發送日，不能結算。",
}
GOOD = frozenset({"recorded", "closed"})


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan ready to be read."""

    plan_id: UUID
    name: str
    mark: str
    state: str
    facts: list[tuple[str, str]]
    can_close: bool


@staff
def show_sms_plans() -> ResponseReturnValue:
    """Show every semester's plan, the newest first."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk, tabs = open_plan_desk(database, visit)
        plans = list_plans(database)
    note = request.args.get("note", "")
    return render_template(
        "staff/sms_plans.html",
        desk=desk,
        sms_tabs=tabs,
        plans=[line_of(one, visit.now) for one in plans],
        may_record=desk.is_of_bureau,
        note=NOTES.get(note, ""),
        is_good=note in GOOD,
    )


def line_of(plan: SmsPlan, now: datetime) -> PlanLine:
    """Return a plan as staff read it."""
    mark, state = _state(plan, now)
    prices = (plan.price_arrival, plan.price_departure, plan.price_both)
    return PlanLine(
        plan.id,
        plan.name,
        mark,
        state,
        [
            ("學期", Semester(plan.school_year, plan.term).label),
            ("服務期間", span_of(plan.first_day, plan.last_day)),
            ("最後發送日", long_date(plan.send_until)),
            ("計費天數", f"{plan.billing_days} 天"),
            ("先繳", "到校 {} 元、離校 {} 元、到校和離校 {} 元".format(*prices)),
            ("費率", "每則成功 0.75 元"),
            ("小數進位", ROUNDINGS[Rounding(plan.rounding)][0]),
            ("超過先繳", BEARERS[Bearer(plan.shortfall_by)][0]),
        ],
        can_close=plan.closed_at is None and school_day_of(now) > plan.send_until,
    )


def _state(plan: SmsPlan, now: datetime) -> tuple[str, str]:
    today = school_day_of(now)
    if plan.closed_at is not None:
        return "off", f"{long_date(school_day_of(plan.closed_at))} 結算"
    if today < plan.first_day:
        return "not-yet", "還沒開始"
    if today > plan.send_until:
        return "held", "等候結算"
    return "arrived", "服務中"
