"""登錄一個學期: every figure as the circular says it, none derived from another."""

from datetime import date

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, ValidationError

from core.clock import school_day_of
from core.db import transaction
from core.errors import InputError
from core.orders.plan_book import record_plan
from core.orders.plans import PRICES, Bearer, Items, Plan, Rounding
from core.people.names import clean_line
from liff.forms import PageForm
from liff.guard import proved_recently, staff
from liff.moments import parse_day
from liff.numbers import typed_number
from liff.staff.new_term import term_options
from liff.staff.sms.access import open_bureau_desk
from liff.staff.sms.plans import BEARERS, ROUNDINGS
from liff.visit import Visit, current_visit

LONGEST_NAME = 60
MOST_DAYS, MOST_PRICE = 200, 9999
FAULTS = {
    ("last_day", "order"): "服務期間的最後一天要在開始發送之後",
    ("send_until", "order"): "最後發送日要在服務期間內",
    ("term", "ordered"): "這個學期已經有人訂購，不能再更改",
    ("first_day", "overlap"): "和另一個學期的服務期間重疊",
}
USUAL = {
    "price_arrival": PRICES[Items.ARRIVAL],
    "price_departure": PRICES[Items.DEPARTURE],
    "price_both": PRICES[Items.BOTH],
    "rounding": Rounding.PER_ORDER.value,
    "shortfall_by": Bearer.SCHOOL.value,
}


class PlanForm(PageForm):
    """A semester's plan as typed."""

    term = StringField()
    name = StringField()
    first_day = StringField()
    last_day = StringField()
    send_until = StringField()
    billing_days = StringField()
    price_arrival = StringField()
    price_departure = StringField()
    price_both = StringField()
    rounding = StringField()
    shortfall_by = StringField()

    def validate_term(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in dict(term_options(school_day_of(current_visit().now))):
            raise ValidationError("請選擇學期")

    def validate_name(self, field: StringField) -> None:
        """Want something short."""
        if not 0 < len(clean_line(field.data or "") or "") <= LONGEST_NAME:
            raise ValidationError(f"請填服務名稱，最多 {LONGEST_NAME} 個字")

    def validate_first_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError("請選擇日期")

    validate_last_day = validate_send_until = validate_first_day

    def validate_billing_days(self, field: StringField) -> None:
        """Want a whole number of days."""
        if typed_number(field.data or "", MOST_DAYS) is None:
            raise ValidationError(f"天數應是 0–{MOST_DAYS} 的整數")

    def validate_price_arrival(self, field: StringField) -> None:
        """Want whole dollars."""
        if typed_number(field.data or "", MOST_PRICE) is None:
            raise ValidationError(f"金額應是 0–{MOST_PRICE} 的整數")

    validate_price_departure = validate_price_both = validate_price_arrival

    def validate_rounding(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(Rounding):
            raise ValidationError("請選擇進位的方式")

    def validate_shortfall_by(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(Bearer):
            raise ValidationError("請選擇由誰負擔")

    def plan(self) -> Plan:
        """Return the checked plan. Raises InputError for days in the wrong order."""
        year, number = map(int, self.term.data.split("/"))
        return Plan(
            school_year=year,
            term=number,
            name=clean_line(self.name.data) or "",
            first_day=self._day("first_day"),
            last_day=self._day("last_day"),
            send_until=self._day("send_until"),
            billing_days=int(self.billing_days.data),
            prices={one: int(self[f"price_{one.value}"].data) for one in Items},
            rounding=Rounding(self.rounding.data),
            shortfall_by=Bearer(self.shortfall_by.data),
        )

    def _day(self, name: str) -> date:
        return date.fromisoformat(self[name].data.strip())


@staff
@proved_recently
def show_new_sms_plan() -> ResponseReturnValue:
    """Show the form, with what is usual."""
    return _render(current_visit(), PlanForm(formdata=None, data=USUAL), {})


@staff
@proved_recently
def send_new_sms_plan() -> ResponseReturnValue:
    """Put the plan on record."""
    visit, form = current_visit(), PlanForm()
    faults = {} if form.validate() else form.faults
    try:
        with transaction(visit.house.engine) as database:
            desk = open_bureau_desk(visit)
            if not faults:
                record_plan(database, form.plan(), by=desk.actor, now=visit.now)
    except InputError as error:
        faults = {error.field or "first_day": FAULTS[error.field or "", error.code]}
    if faults:
        return _render(visit, form, faults), 422
    return redirect(url_for("liff.show_sms_plans", note="recorded"), 303)


def _render(visit: Visit, form: PlanForm, faults: dict[str, str]) -> str:
    return render_template(
        "staff/new_sms_plan.html",
        desk=open_bureau_desk(visit),
        form=form,
        faults=faults,
        terms=term_options(school_day_of(visit.now)),
        roundings=[(one.value, *words) for one, words in ROUNDINGS.items()],
        bearers=[(one.value, *words) for one, words in BEARERS.items()],
    )
