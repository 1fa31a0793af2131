"""待審: orders and cancellations that wait for the school, longest first."""

from collections.abc import Sequence
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.orders.accounts import accounts_for
from core.orders.listing import Listed, waiting_orders
from core.orders.plan_book import plan_of_day
from core.orders.service import LONGEST_REASON
from core.orders.states import OrderState
from liff.guard import staff
from liff.numbers import whole_number
from liff.staff.desk import note_look
from liff.staff.sms import lines, steps
from liff.staff.sms.access import open_order_desk
from liff.staff.sms.approval import REVIEW, asked_first
from liff.visit import Visit, current_visit

# As many cards as a phone loads at once.
A_PAGE = 12
LAST_PAGE = 999
KINDS = {
    "": ("全部", frozenset({OrderState.REQUESTED, OrderState.CANCELLING})),
    "order": ("訂購", frozenset({OrderState.REQUESTED})),
    "cancellation": ("註銷", frozenset({OrderState.CANCELLING})),
}


@staff
def show_sms_review() -> ResponseReturnValue:
    """Show what waits, each with its answers."""
    return _render(current_visit())


@staff
def answer_sms_review(order_id: UUID) -> ResponseReturnValue:
    """Approve, or give back with a reason; of two who press at once the first counts."""
    visit, note = current_visit(), request.form.get("answer", "")
    if note not in steps.OF_REVIEW:
        raise AccessError("no_such_answer")
    try:
        with transaction(visit.house.engine) as database:
            desk = open_order_desk(database, visit)
            one = steps.own_order(database, desk, order_id)
            note = steps.take(database, visit, desk, one, note)
    except InputError as error:
        if error.code == "unpaid":
            return redirect(asked_first(order_id, desk.desk.param, REVIEW, _kind()), 303)
        fault = steps.FAULTS.get((error.field or "", error.code))
        if fault:
            return _render(visit, wrong=order_id, fault=fault), 422
        note = steps.why_not(visit, order_id, error.code)
    visit.house.notices_due.set()
    kind = _kind() or None
    href = url_for("liff.show_sms_review", school=desk.desk.param, kind=kind, note=note)
    return redirect(href, 303)


def _render(visit: Visit, *, wrong: UUID | None = None, fault: str = "") -> str:
    kind = _kind()
    with snapshot(visit.house.engine) as database:
        desk = open_order_desk(database, visit)
        desk.require_reviewer()
        waiting = waiting_orders(database, desk.school.code)
        found = [one for one in waiting if one.order.state in KINDS[kind][1]]
        last_page = max(1, -(-len(found) // A_PAGE))
        page = min(whole_number(request.args.get("page", ""), LAST_PAGE) or 1, last_page)
        part = _part(found, page, wrong)
        accounts = accounts_for(database, [one.order for one in part])
        plan = plan_of_day(database, school_day_of(visit.now))
    effect = lines.effect_from(plan, visit.now) if plan else visit.now
    if part:
        note_look(visit, desk.desk, f"orders:{desk.school.code}", [one.student.id for one in part])
    note = request.args.get("note", "")
    return render_template(
        "staff/sms_review.html",
        desk=desk.desk,
        sms_tabs=desk.tabs,
        total=len(waiting),
        kind=kind,
        kinds=[(key, word, _count(waiting, states)) for key, (word, states) in KINDS.items()],
        cards=[
            lines.card_of(visit.house.vault, one, accounts[one.order.id], visit.now) for one in part
        ],
        longest=LONGEST_REASON,
        wrong=wrong,
        fault=fault,
        typed=request.form.get("reason", ""),
        note=steps.said(note, effect, visit.now),
        is_good=note in steps.GOOD,
        page=page,
        last_page=last_page,
        page_href=lambda number: url_for(
            "liff.show_sms_review", school=desk.desk.param, kind=kind or None, page=number
        ),
    )


def _kind() -> str:
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else ""


def _part(found: Sequence[Listed], page: int, wrong: UUID | None) -> Sequence[Listed]:
    """Return the cards of a page; of the page that holds the one to be corrected, if it waits."""
    if wrong is not None:
        places = [at for at, one in enumerate(found) if one.order.id == wrong]
        page = places[0] // A_PAGE + 1 if places else page
    return found[(page - 1) * A_PAGE : page * A_PAGE]


def _count(waiting: Sequence[Listed], states: frozenset[OrderState]) -> int:
    return sum(one.order.state in states for one in waiting)
