"""訂購名單 and 註銷名單: the school's orders, 50 a page, as the city's old portal listed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of
from core.db import snapshot
from core.errors import AccessError
from core.languages.dates import plain_date, span_of
from core.notices.staff_words import class_words
from core.orders.listing import PAGE_SIZE, Filters, Listed, Page, find_orders
from core.orders.plan_book import get_plan, list_plans, plan_of_day
from core.orders.states import OrderState
from core.orders.tables import Origin, SmsPlan
from core.people.roster import homerooms_of
from liff.guard import staff
from liff.numbers import whole_number
from liff.staff.desk import note_look
from liff.staff.sms import lines
from liff.staff.sms.access import OrderDesk, open_order_desk
from liff.visit import Visit, current_visit

APPLICANTS: Mapping[str, tuple[str, Sequence[Origin]]] = {
    "guardian": ("家長", (Origin.GUARDIAN,)),
    "school": ("學校", (Origin.SLIP, Origin.FILE)),
}
PAYMENTS = {"no": "還沒登記繳費", "yes": "已登記繳費"}
ASKED_FOR = ("plan", "state", "applicant", "homeroom", "paid")
LAST_PAGE = 9999


@dataclass(frozen=True, slots=True)
class Book:
    """One of the two lists: how it is called, which states it can hold, its columns."""

    name: str
    endpoint: str
    heading: str
    states: Sequence[OrderState]
    columns: Sequence[str]
    empty: tuple[str, str]


ORDERS = Book(
    "orders",
    "liff.show_sms_orders",
    "簡訊訂購名單",
    tuple(OrderState),
    ("編號", "班級座號", "學號", "姓名", "項目", "申請人", "申請日期", "已收", "狀態"),
    ("沒有訂購", "家長訂購，或登錄紙本回條後，會列在這裡。"),
)
CANCELLATIONS = Book(
    "cancellations",
    "liff.show_sms_cancellations",
    "簡訊註銷名單",
    (OrderState.CANCELLING, OrderState.CANCELLED),
    ("編號", "班級座號", "學號", "姓名", "項目", "申請人", "申請註銷", "已收", "狀態"),
    ("沒有註銷", "家長申請註銷後，會列在這裡。"),
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A row of the list."""

    number: int
    href: str
    place: str
    student_number: str
    name: str
    what: str
    applicant: str
    asked: str
    paid: str
    state: str


@staff
def show_sms_orders() -> ResponseReturnValue:
    """List the orders: the school's, or of a class to its teacher."""
    return _render(current_visit(), ORDERS)


@staff
def show_sms_cancellations() -> ResponseReturnValue:
    """List the orders somebody wanted to end."""
    return _render(current_visit(), CANCELLATIONS)


def chosen_plan(database: Session, visit: Visit) -> SmsPlan | None:
    """Return the asked plan, or today's, or the last one there was. Raises AccessError 404."""
    asked = request.args.get("plan", "")
    if asked:
        try:
            return get_plan(database, UUID(asked))
        except ValueError:
            raise AccessError("no_such_plan") from None
    plans = list_plans(database)
    return plan_of_day(database, school_day_of(visit.now)) or (plans[0] if plans else None)


def plan_options(database: Session) -> list[tuple[str, str]]:
    """Return the semesters there are, newest first."""
    return [(str(one.id), one.name) for one in list_plans(database)]


def _render(visit: Visit, book: Book) -> str:
    chosen = {name: request.args.get(name, "") for name in ASKED_FOR}
    with snapshot(visit.house.engine) as database:
        desk = open_order_desk(database, visit)
        plan, plans = chosen_plan(database, visit), plan_options(database)
        homerooms = desk.homerooms or homerooms_of(database, desk.school.code)
        found = _find(database, desk, book, plan, chosen)
        can_order = plan_of_day(database, school_day_of(visit.now)) is not None
    if found.rows:
        shown = [one.student.id for one in found.rows]
        note_look(visit, desk.desk, f"orders:{desk.school.code}", shown)
    first = (found.number - 1) * PAGE_SIZE + 1
    return render_template(
        "staff/sms_orders.html",
        desk=desk.desk,
        sms_tabs=desk.tabs,
        here=book.name,
        endpoint=book.endpoint,
        title=book.heading[2:],
        heading=book.heading,
        plan=plan,
        service=_service(desk, plan) if plan else "",
        plans=plans,
        states=[(one.name, one.value) for one in book.states],
        applicants=[(key, word) for key, (word, _) in APPLICANTS.items()],
        payments=list(PAYMENTS.items()) if desk.sees_all else [],
        homerooms=[(one, class_words(one)) for one in homerooms],
        chosen=chosen,
        columns=book.columns,
        lines=[_line(visit, desk, book, one, first + at) for at, one in enumerate(found.rows)],
        total=found.total,
        a_page=PAGE_SIZE,
        page=found.number,
        last_page=found.pages,
        page_href=partial(_href, book, desk, chosen),
        empty=book.empty[0],
        empty_hint=book.empty[1],
        may_enter=desk.reviewer is not None and can_order,
    )


def _find(
    database: Session, desk: OrderDesk, book: Book, plan: SmsPlan | None, chosen: dict[str, str]
) -> Page:
    if plan is None:
        return Page([], 1, 0)
    states = [one for one in book.states if one.name == chosen["state"]]
    homerooms = [chosen["homeroom"]] if chosen["homeroom"] else None
    if not desk.sees_all:
        # A teacher's own classes, whatever the address says.
        homerooms = [one for one in desk.homerooms if one == chosen["homeroom"]] or desk.homerooms
    filters = Filters(
        plan_id=plan.id,
        states=states,
        origins=APPLICANTS.get(chosen["applicant"], ("", ()))[1],
        homerooms=homerooms,
        is_paid=PAID.get(chosen["paid"]) if desk.sees_all else None,
        is_cancellation=book is CANCELLATIONS,
    )
    page = whole_number(request.args.get("page", ""), LAST_PAGE) or 1
    return find_orders(database, desk.school.code, filters, page)


PAID = {"no": False, "yes": True}


def _service(desk: OrderDesk, plan: SmsPlan) -> str:
    return f"{desk.school.name}・{plan.name}・{span_of(plan.first_day, plan.send_until)}"


def _href(book: Book, desk: OrderDesk, chosen: dict[str, str], number: int) -> str:
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return url_for(book.endpoint, school=desk.desk.param, page=number, **kept)


def _line(visit: Visit, desk: OrderDesk, book: Book, one: Listed, number: int) -> OrderLine:
    order = one.order
    at = order.cancel_asked_at if book is CANCELLATIONS else order.asked_at
    return OrderLine(
        number,
        url_for("liff.show_sms_order", order_id=order.id, school=desk.desk.param),
        lines.place_of(one.student),
        one.student.student_number,
        one.student.name,
        lines.what_of(order),
        lines.applicant_of(visit.house.vault, one),
        plain_date(school_day_of(at or order.asked_at)),
        "未繳" if one.is_unpaid else f"{order.prepaid} 元",
        order.state,
    )
