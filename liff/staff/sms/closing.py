"""結算: the bureau closes a semester, seen first; its fees are fixed and each guardian is told."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot
from core.errors import InputError
from core.orders.plan_book import get_plan
from core.orders.settling import outlook, settle_plan
from liff.guard import proved_recently, staff
from liff.staff.sms.access import open_bureau_desk
from liff.visit import current_visit

# More take longer than a browser waits; the command has all the time.
MOST_HERE = 2_000
NOTES = {"closed": "already_closed", "running": "too_early"}


@staff
@proved_recently
def ask_close_sms_plan(plan_id: UUID) -> ResponseReturnValue:
    """Say what would be settled, and which texts nobody has heard of yet."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_bureau_desk(visit)
        plan, found = get_plan(database, plan_id), outlook(database, plan_id)
    is_large = found.orders > MOST_HERE
    return render_template(
        "staff/close_sms_plan.html", desk=desk, plan=plan, found=found, is_large=is_large
    )


@staff
@proved_recently
def send_close_sms_plan(plan_id: UUID) -> ResponseReturnValue:
    """Settle and close; another try after a crash goes on."""
    visit, note = current_visit(), "closed"
    with snapshot(visit.house.engine) as database:
        desk = open_bureau_desk(visit)
        is_large = outlook(database, plan_id).orders > MOST_HERE
    if is_large:
        return redirect(url_for("liff.ask_close_sms_plan", plan_id=plan_id), 303)
    try:
        settle_plan(visit.house, plan_id, by=desk.actor, now=visit.now)
    except InputError as error:
        note = NOTES[error.code]
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_sms_plans", note=note), 303)
