"""費用: what the school's orders come to now, what was free, and the settlement as a file."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.clock import taipei_clock
from core.db import snapshot
from core.languages.dates import long_day_and_clock
from core.orders.school_money import (
    FreeCount,
    SchoolAccount,
    free_texts,
    school_account,
)
from core.orders.tables import Purpose, SmsPlan
from liff.guard import proved_recently, staff
from liff.signed import GOOD_FOR
from liff.staff.sms import lines
from liff.staff.sms.access import open_order_desk
from liff.staff.sms.lines import Figure
from liff.staff.sms.links import settlement_address
from liff.staff.sms.orders import chosen_plan, plan_options
from liff.visit import current_visit

FORMATS = ("xlsx", "csv")
FREE_WORDS = {Purpose.NO_SHOW: "尚無刷卡紀錄", Purpose.URGENT: "重要、緊急"}


@staff
@proved_recently
def show_sms_money() -> ResponseReturnValue:
    """Show how the semester stands, and the link to its file once a format is chosen."""
    visit = current_visit()
    chosen = {name: request.args.get(name, "") for name in ("plan", "format")}
    with snapshot(visit.house.engine) as database:
        desk = open_order_desk(database, visit)
        desk.require_all()
        plan, plans = chosen_plan(database, visit), plan_options(database)
        account = school_account(database, plan, desk.school.code) if plan else None
        free = free_texts(database, plan, desk.school.code) if plan else {}
    is_asked = plan is not None and chosen["format"] in FORMATS
    return render_template(
        "staff/sms_money.html",
        desk=desk.desk,
        sms_tabs=desk.tabs,
        plan=plan,
        plans=plans,
        chosen=chosen,
        at=f"{long_day_and_clock(visit.now)} 的數字",
        paid=_paid(account, plan) if account and plan else [],
        free=[_free(FREE_WORDS[one], count) for one, count in free.items()],
        working=lines.working_of(plan) if plan else "",
        link=settlement_address(visit, desk, plan.id, chosen["format"])
        if plan and is_asked
        else "",
        what=f"{plan.name}・結算・{chosen['format']}" if plan else "",
        until=taipei_clock(visit.now + GOOD_FOR),
        kept_days=visit.house.settings.retention_orders_days,
    )


def _paid(account: SchoolAccount, plan: SmsPlan) -> list[Figure]:
    return [
        ("訂購", f"{account.orders} 筆", "", False),
        ("成功", f"{account.ok} 則", f"到校 {account.arrivals}・離校 {account.departures}", False),
        ("失敗（不收費）", f"{account.failed} 則", "", False),
        ("等待回報", f"{account.pending} 則", "", False),
        ("目前費用", f"{account.fee} 元", "每筆訂購各自進位後相加", True),
        ("已收", f"{account.prepaid} 元", "", False),
        *lines.balance_of(account.refund, account.shortfall, plan),
    ]


def _free(word: str, count: FreeCount) -> Figure:
    detail = f"失敗 {count.failed}・等待回報 {count.pending}"
    return (word, f"成功 {count.ok} 則", detail, False)
