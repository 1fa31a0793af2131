"""紙本回條: an order the school types in for a family, shown with the child before it counts."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from wtforms import StringField, ValidationError

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import long_date
from core.orders.late import Offer, late_offer
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import plan_of, plan_of_day
from core.orders.plans import Items
from core.orders.service import LONGEST_RECEIPT, MOST_PAID
from core.orders.tables import Origin, SmsPlan
from core.people.contacts import parse_phone
from core.people.doors import for_staff
from core.people.tables import Student
from liff.forms import PageForm
from liff.guard import staff
from liff.numbers import typed_number
from liff.staff.desk import note_look
from liff.staff.sms import lines
from liff.staff.sms.access import OrderDesk, open_order_desk
from liff.visit import Visit, current_visit

FIELDS = ("student_number", "entry_year", "items", "phone", "prepaid", "receipt")
NOT_FOUND = "查無這個學號，或不在您的範圍內"
FAULTS = {
    ("items", "ordered"): "這位學生這學期已經用這支手機訂購",
    ("phone", "phone"): "手機應是 09 開頭的 10 碼",
    ("phone", "no_phone"): "手機應是 09 開頭的 10 碼",
    ("entry_year", "twins"): "有兩位學生使用這個學號，請選入學學年度",
    ("", "too_late"): "服務期間已沒有可以發送的日子",
    ("", "closed"): "這個學期已結算，不能再訂購",
    ("", "not_enrolled"): NOT_FOUND,
}


class SlipForm(PageForm):
    """A slip as typed."""

    student_number = StringField()
    entry_year = StringField()
    items = StringField()
    phone = StringField()
    prepaid = StringField()
    receipt = StringField()

    def validate_student_number(self, field: StringField) -> None:
        """Want something."""
        if not (field.data or "").strip():
            raise ValidationError("請填學號")

    def validate_items(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in set(Items):
            raise ValidationError("請選擇一個項目")

    def validate_phone(self, field: StringField) -> None:
        """Want a mobile number."""
        try:
            is_there = bool(parse_phone(field.data or ""))
        except InputError:
            is_there = False
        if not is_there:
            raise ValidationError("手機應是 09 開頭的 10 碼")

    def validate_prepaid(self, field: StringField) -> None:
        """Want whole dollars; empty is nothing yet, but of a receipt."""
        amount = typed_number(field.data or "", MOST_PAID)
        if field.data and amount is None:
            raise ValidationError(f"金額應是 0–{MOST_PAID} 的整數")
        if not amount and (self.receipt.data or "").strip():
            raise ValidationError("有收據號碼，請填已收金額")

    def validate_receipt(self, field: StringField) -> None:
        """Want the receipt's number where something was paid."""
        number = (field.data or "").strip()
        if typed_number(self.prepaid.data or "", MOST_PAID) and not number:
            raise ValidationError("請填收據號碼")
        if len(number) > LONGEST_RECEIPT:
            raise ValidationError(f"收據號碼最多 {LONGEST_RECEIPT} 個字")

    def order(self, plan: SmsPlan, child: Student) -> NewOrder:
        """Return the checked wish."""
        return NewOrder(
            plan_id=plan.id,
            student_id=child.id,
            items=Items(self["items"].data),
            phone=self.phone.data,
            origin=Origin.SLIP,
            prepaid=typed_number(self.prepaid.data or "", MOST_PAID) or 0,
            receipt=(self.receipt.data or "").strip(),
        )


@staff
def show_paper_slip() -> ResponseReturnValue:
    """Show the form; or that the last one is in."""
    note = "已登錄，等候審核。可以接著登錄下一張。" if request.args.get("note") == "placed" else ""
    return _render(current_visit(), SlipForm(formdata=None), {}, note=note)


@staff
def send_sms_slip() -> ResponseReturnValue:
    """Show whose it is; sent from there, place the order."""
    visit, form = current_visit(), SlipForm()
    if "again" in request.form:
        return _render(visit, form, {})
    faults = {} if form.validate() else form.faults
    if faults:
        return _render(visit, form, faults), 422
    try:
        with transaction(visit.house.engine) as database:
            desk, plan = open_slip_desk(database, visit)
            child = _child(database, desk, form)
            offer = _offer(database, visit, plan, child, form)
            if "sure" in request.form:
                wish, by = form.order(plan, child), f"staff:{desk.require_reviewer().id}"
                place_order(database, visit.house.vault, wish, by=by, now=visit.now)
    except InputError as error:
        name = error.field or "student_number"
        words = FAULTS.get((error.field or "", error.code), NOT_FOUND)
        return _render(visit, form, {name: words}), 422
    note_look(visit, desk.desk, f"orders:{desk.school.code}", [child.id])
    if "sure" not in request.form:
        return _check(desk, form, child, offer)
    return redirect(url_for("liff.show_paper_slip", school=desk.desk.param, note="placed"), 303)


def open_slip_desk(database: Session, visit: Visit) -> tuple[OrderDesk, SmsPlan]:
    """Return the desk and the plan that can be ordered from.

    Raises AccessError 403 for whoever does not review, 404 where there is no plan (any more).
    """
    desk = open_order_desk(database, visit)
    desk.require_reviewer()
    plan = plan_of_day(database, school_day_of(visit.now))
    if plan is None:
        raise AccessError("no_plan")
    return desk, plan


def _children(database: Session, desk: OrderDesk, form: SlipForm) -> Sequence[Student]:
    year = typed_number(form.entry_year.data or "", 999)
    door = for_staff(database, desk.desk.roles)
    found = [one for one, _ in door.numbered(form.student_number.data or "", year)]
    return [one for one in found if one.school_code == desk.school.code]


def _child(database: Session, desk: OrderDesk, form: SlipForm) -> Student:
    """Return the one child that is meant. Raises InputError."""
    found = _children(database, desk, form)
    if not found:
        raise InputError("unknown", "student_number")
    if len(found) > 1:
        raise InputError("twins", "entry_year")
    return found[0]


def _offer(
    database: Session, visit: Visit, plan: SmsPlan, child: Student, form: SlipForm
) -> Offer | None:
    place = (child.school_code, child.grade)
    return late_offer(database, plan_of(plan), place, Items(form["items"].data), visit.now)


def _check(desk: OrderDesk, form: SlipForm, child: Student, offer: Offer | None) -> str:
    wish = {name: form[name].data or "" for name in FIELDS}
    amount = typed_number(wish["prepaid"], MOST_PAID)
    paid = f"{amount} 元（收據 {wish['receipt']}）" if amount else "還沒有"
    late = ""
    if offer is not None and offer.is_late:
        late = (
            f"今天核准的話，{long_date(offer.first_day)}起發送，剩 {offer.days} 天上課，"
            f"費用最多約 {offer.most} 元。請確認家長知道。"
        )
    return render_template(
        "staff/sms_slip_check.html",
        desk=desk.desk,
        name=child.name,
        place=f"{lines.place_of(child)} 號",
        fields=wish,
        facts=[
            ("項目", f"{lines.ITEM_WORDS[Items(wish['items'])]}簡訊"),
            ("手機", wish["phone"]),
            ("繳費", paid),
        ],
        late=late,
    )


def _render(visit: Visit, form: SlipForm, faults: dict[str, str], note: str = "") -> str:
    with snapshot(visit.house.engine) as database:
        desk, plan = open_slip_desk(database, visit)
        found = _children(database, desk, form) if "entry_year" in faults else []
    return render_template(
        "staff/sms_slip.html",
        desk=desk.desk,
        plan=plan,
        form=form,
        faults=faults,
        note=note,
        years=[(str(one.entry_year), f"{one.entry_year} 學年度入學") for one in found],
        items=_items(plan),
    )


def _items(plan: SmsPlan) -> list[tuple[str, str, str]]:
    prices = plan_of(plan).prices
    return [
        (one.value, word if one is Items.BOTH else f"僅{word}", f"{prices[one]} 元")
        for one, word in lines.ITEM_WORDS.items()
    ]
