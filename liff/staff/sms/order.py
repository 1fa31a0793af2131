"""One order: how it stands, who did what, and what this person may do with it."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import taipei_clock
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import long_day_and_clock
from core.orders.accounts import account_for
from core.orders.ledger import steps_of
from core.orders.listing import Listed
from core.orders.paying import phone_of
from core.orders.service import LONGEST_REASON
from core.orders.states import OrderState
from core.people.contacts import ContactSlot, masked
from liff.guard import staff
from liff.signed import GOOD_FOR
from liff.sms_view import MARKS
from liff.staff.actors import actor_words
from liff.staff.desk import note_look
from liff.staff.sms import lines, steps
from liff.staff.sms.access import OrderDesk, open_order_desk
from liff.staff.sms.approval import asked_first
from liff.staff.sms.links import slip_address
from liff.visit import Visit, current_visit


@staff
def show_sms_order(order_id: UUID) -> ResponseReturnValue:
    """Show it."""
    return _render(current_visit(), order_id, {})


@staff
def answer_sms_order(order_id: UUID) -> ResponseReturnValue:
    """Take one step; of two who press at once the first counts."""
    visit, note = current_visit(), request.form.get("answer", "")
    try:
        with transaction(visit.house.engine) as database:
            desk = open_order_desk(database, visit)
            one = steps.own_order(database, desk, order_id)
            note = steps.take(database, visit, desk, one, note)
    except InputError as error:
        if error.code == "unpaid":
            return redirect(asked_first(order_id, desk.desk.param), 303)
        fault = steps.FAULTS.get((error.field or "", error.code))
        if fault:
            return _render(visit, order_id, {error.field or "": fault}), 422
        note = steps.why_not(visit, order_id, error.code)
    visit.house.notices_due.set()
    param = desk.desk.param
    return redirect(url_for("liff.show_sms_order", order_id=order_id, school=param, note=note), 303)


def _render(visit: Visit, order_id: UUID, faults: dict[str, str]) -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_order_desk(database, visit)
        one = steps.own_order(database, desk, order_id)
        account = account_for(database, one.order)
        taken = steps_of(database, order_id)
        who = {step.actor: who_words(database, visit, step.actor) for step in taken}
    note_look(visit, desk.desk, f"orders:{desk.school.code}", [one.student.id])
    note = request.args.get("note", "")
    return render_template(
        "staff/sms_order.html",
        desk=desk.desk,
        plan=one.plan,
        one=_facts(visit, desk, one),
        may=steps.rights_on(desk, one),
        faults=faults,
        typed=_typed(one),
        longest=LONGEST_REASON,
        figures=lines.figures_of(account, one.plan) if one.order.effective_from else [],
        working=lines.working_of(one.plan),
        slip=slip_address(visit, desk, one.order.id) if desk.sees_all else "",
        until=taipei_clock(visit.now + GOOD_FOR),
        steps=lines.steps_words(taken, who),
        note=steps.said(note, one.order.effective_from or visit.now, visit.now),
        is_good=note in steps.GOOD,
    )


def who_words(database: Session, visit: Visit, actor: str) -> str:
    """Return who took a step: staff by name, guardians never."""
    kind = actor.partition(":")[0]
    if kind == "guardian":
        return "家長"
    if kind == "system":
        return "系統"
    return actor_words(database, visit.house.vault, actor)


def _typed(one: Listed) -> dict[str, str]:
    """Return what the forms begin with: what was sent, or what is noted."""
    amount = str(one.order.prepaid) if one.order.prepaid else ""
    known = {"reason": "", "amount": amount, "receipt": one.order.receipt_number or ""}
    return known | {name: request.form[name] for name in known if name in request.form}


def _facts(visit: Visit, desk: OrderDesk, one: Listed) -> dict[str, object]:
    order, vault = one.order, visit.house.vault
    number = phone_of(vault, order.phone_sealed) if order.phone_sealed and desk.sees_all else ""
    wait = lines.wait_of(order, visit.now)
    return {
        "order_id": order.id,
        "name": one.student.name,
        "place": f"{lines.place_of(one.student)} 號",
        "student_number": one.student.student_number,
        "what": lines.what_of(order),
        "mark": MARKS[OrderState(order.state)],
        "state": order.state,
        "applicant": lines.applicant_of(vault, one),
        "phone": masked(ContactSlot.PHONE, number),
        "asked_at": long_day_and_clock(order.asked_at),
        "age": wait.words,
        "is_long": wait.is_long,
        "period": lines.period_of(order, one.plan),
        "payment": lines.paid_of(one),
        "is_paid": bool(order.prepaid),
        "reason": order.reason or "",
        "effect": lines.effect_words(order, one.plan, visit.now),
    }
