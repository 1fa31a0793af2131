"""Who of the school may do what with orders; a teacher only reads those of the own class."""

from dataclasses import dataclass

from flask import url_for
from sqlmodel import Session

from core.errors import AccessError
from core.orders.listing import Filters, count_orders
from core.orders.states import ENDS, OrderState
from core.people.staff import can_run_school, can_take_money, is_bureau_admin
from core.people.tables import School, Staff
from liff.guard import OUT_OF_ROLE
from liff.staff.desk import Desk, open_any_desk, open_desk
from liff.visit import Visit

WAITING = frozenset({OrderState.REQUESTED, OrderState.CANCELLING})
OPEN = frozenset(OrderState) - ENDS
Tab = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """A school's desk on which orders lie."""

    desk: Desk
    school: School
    reviewer: Staff | None
    cashier: Staff | None

    @property
    def sees_all(self) -> bool:
        """Tell whether orders of every class are theirs to see, and what they come to."""
        return bool(self.reviewer or self.cashier)

    @property
    def homerooms(self) -> list[str]:
        """Return the own classes of whoever does not see all."""
        here = [role for role in self.desk.roles if role.school_code == self.school.code]
        return [] if self.sees_all else [role.homeroom for role in here if role.homeroom]

    @property
    def tabs(self) -> list[Tab]:
        """Return the pages of the service that are theirs: name, word, address."""
        theirs = {
            "review": ("待審", "liff.show_sms_review", self.reviewer),
            "orders": ("訂購", "liff.show_sms_orders", True),
            "cancellations": ("註銷", "liff.show_sms_cancellations", True),
            "money": ("費用", "liff.show_sms_money", self.sees_all),
            "plans": ("學期", "liff.show_sms_plans", True),
        }
        return [
            (name, word, url_for(endpoint, school=self.desk.param))
            for name, (word, endpoint, is_theirs) in theirs.items()
            if is_theirs
        ]

    def require_all(self) -> None:
        """Raise AccessError 403 for whoever sees but a class."""
        if not self.sees_all:
            raise AccessError(OUT_OF_ROLE, 403)

    def require_reviewer(self) -> Staff:
        """Return the role that reviews orders. Raises AccessError 403."""
        if self.reviewer is None:
            raise AccessError(OUT_OF_ROLE, 403)
        return self.reviewer

    def require_cashier(self) -> Staff:
        """Return the role that takes money. Raises AccessError 403."""
        if self.cashier is None:
            raise AccessError(OUT_OF_ROLE, 403)
        return self.cashier


def open_order_desk(database: Session, visit: Visit) -> OrderDesk:
    """Return the desk. Raises AccessError 403 for the bureau, which needs no child's name."""
    desk = open_desk(database, visit)
    school = desk.get_school()
    return OrderDesk(
        desk,
        school,
        next((role for role in desk.roles if can_run_school(role, school.code)), None),
        next((role for role in desk.roles if can_take_money(role, school.code)), None),
    )


def sms_words(database: Session, desk: OrderDesk) -> str:
    """Return what waits for this person of the SMS service."""
    code = desk.school.code
    if desk.reviewer is not None:
        count = count_orders(database, code, Filters(states=WAITING))
        return f"待審 {count} 筆" if count else "沒有待審"
    if desk.cashier is not None:
        count = count_orders(database, code, Filters(states=OPEN, is_paid=False))
        return f"還沒登記繳費 {count} 筆" if count else "都已登記繳費"
    return "自己班級的訂購"


def open_plan_desk(database: Session, visit: Visit) -> tuple[Desk, list[Tab]]:
    """Return the desk from which plans are read, the bureau's too, and what stands beside them."""
    desk = open_any_desk(database, visit)
    is_of_school = desk.school is not None and not desk.is_bureau
    return desk, open_order_desk(database, visit).tabs if is_of_school else []


def open_bureau_desk(visit: Visit) -> Desk:
    """Return the bureau's desk, wherever else its person works. Raises AccessError 403."""
    bureau = [role for role in visit.roles if is_bureau_admin(role)]
    if not bureau:
        raise AccessError(OUT_OF_ROLE, 403)
    return Desk(None, bureau, (), is_bureau=True)
