"""核准 of an order nobody noted a payment for: asked once more."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot
from core.orders.plan_book import plan_of
from core.orders.plans import Items
from core.orders.states import OrderState
from liff.guard import staff
from liff.staff.desk import note_look
from liff.staff.sms import lines, steps
from liff.staff.sms.access import open_order_desk
from liff.visit import current_visit

REVIEW = "review"


@staff
def ask_sms_approval(order_id: UUID) -> ResponseReturnValue:
    """Ask whether it is approved all the same; what was paid or answered meanwhile is shown."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_order_desk(database, visit)
        desk.require_reviewer()
        one = steps.own_order(database, desk, order_id)
    own_page = url_for("liff.show_sms_order", order_id=order_id, school=desk.desk.param)
    if one.order.state != OrderState.REQUESTED or not one.is_unpaid:
        return redirect(own_page, 303)
    note_look(visit, desk.desk, f"orders:{desk.school.code}", [one.student.id])
    is_review = request.args.get("at") == REVIEW
    kind = request.args.get("kind") or None
    review: dict[str, Any] = {"school": desk.desk.param, "kind": kind}
    answer = url_for("liff.answer_sms_review", order_id=order_id, **review)
    return render_template(
        "staff/sms_approval.html",
        desk=desk.desk,
        name=one.student.name,
        place=f"{lines.place_of(one.student)} 號",
        what=lines.what_of(one.order),
        price=plan_of(one.plan).prices[Items(one.order.items)],
        effect=lines.effect_words(one.order, one.plan, visit.now),
        answer=answer if is_review else own_page,
        back=url_for("liff.show_sms_review", **review) if is_review else own_page,
    )


def asked_first(order_id: UUID, school: str | None, at: str = "", kind: str = "") -> str:
    """Return the page that asks; `at` and `kind` lead back to where it was pressed."""
    return url_for(
        "liff.ask_sms_approval", order_id=order_id, school=school, at=at or None, kind=kind or None
    )
