"""到離校簡訊服務: a guardian orders texts of a child, sees what they cost, ends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import long_date, parted, plain_moment
from core.languages.speech import _
from core.orders.fees import is_unpaid
from core.orders.listing import Listed, orders_of_guardian, own_order
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import lock_plan, plan_of, version_of
from core.orders.plans import Items
from core.orders.standing import ChildService, Obstacle, service_of, view_of
from core.orders.states import OrderState
from core.orders.words import (
    ALREADY,
    BEARER_WORDS,
    ITEM_WORDS,
    STATE_WORDS,
    late_words,
    price_words,
    semester_words,
)
from core.people.bindings import BoundChild
from core.people.contacts import ContactSlot, contact_in
from core.people.doors import for_guardian
from core.people.names import given_name, masked_name
from liff.guard import linked
from liff.ordering import note_ordering
from liff.present import phone_link
from liff.sms_form import SmsForm, choices_of, fault_words
from liff.sms_steps import child_of
from liff.sms_view import OrderCard, card_of
from liff.visit import Visit, current_visit

# An approval counts the day after, so on the last day it is too late.
ONE_DAY = timedelta(days=1)
NO_FAULTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Page:
    service: ChildService
    siblings: Sequence[BoundChild]
    # Of children the guardian is bound to no more: still to be ended, or settled.
    left: Sequence[Listed]


@linked
def show_sms() -> ResponseReturnValue:
    """Show one child's service: what can be ordered, what was, and what it costs."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        page = _read(database, visit, request.args.get("child", ""))
        if page is None:
            left = orders_of_guardian(database, visit.get_guardian().id)
            return render_template("sms_none.html", left=_rows(left))
    form = SmsForm(formdata=None)
    current = page.service.current
    # What was ordered before is likely wanted again; without it nobody but the guardian chooses.
    form.items.data = current.items.value if current else ""
    return _render(visit, page, form)


@linked
def order_sms() -> ResponseReturnValue:
    """Put the order before the school, or show what is wrong with it."""
    visit, form = current_visit(), SmsForm()
    binding_id = request.form.get("binding_id", "")
    faults = {} if form.validate() else form.faults
    try:
        if not faults:
            _place(visit, binding_id, form)
    except InputError as error:
        if error.code == "ordered":
            return redirect(url_for("liff.show_sms", child=binding_id, note="again"), 303)
        faults = {error.field or "items": fault_words(error.code)}
    if not faults:
        visit.house.notices_due.set()
        return redirect(url_for("liff.show_sms", child=binding_id, note="ordered"), 303)
    with snapshot(visit.house.engine) as database:
        page = _read(database, visit, binding_id)
    if page is None:
        raise AccessError("no_such_child")
    return _render(visit, page, form, faults), 422


@linked
def show_sms_slip(order_id: UUID) -> ResponseReturnValue:
    """Show an order and its money on one sheet, for the school's cashier."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with snapshot(visit.house.engine) as database:
        listed = own_order(database, order_id, guardian.id)
        view = view_of(database, listed)
        child = child_of(database, visit, listed)
    card = card_of(visit.house.vault, view, f"guardian:{guardian.id}", visit.now)
    return render_template(
        "sms_slip.html",
        semester=card.semester,
        order=card,
        facts=_facts(listed, card),
        made=_("{time} 的資料；還在等待回報的簡訊可能改變費用。", time=plain_moment(visit.now)),
        back=url_for("liff.show_sms", child=child),
        # No other page holds the order of a child somebody is bound to no more.
        is_left=child is None,
    )


def _place(visit: Visit, binding_id: str, form: SmsForm) -> None:
    guardian = visit.get_guardian()
    with transaction(visit.house.engine) as database:
        child = for_guardian(database, guardian.id).child(_id_in(binding_id))
        wanted = service_of(database, guardian, child, visit.now).plan_to_order()
        # Held, so that nobody changes it before the order is written.
        plan = lock_plan(database, wanted.id, is_shared=True)
        if form.plan.data and form.plan.data != version_of(plan):
            # The yes was to other fees.
            form.consent.data = False
            raise InputError("changed", "items")
        wish = NewOrder(
            plan_id=plan.id,
            student_id=child.student_id,
            items=Items(form.items.data),
            guardian_id=guardian.id,
            has_consented=True,
        )
        by = f"guardian:{guardian.id}"
        place_order(database, visit.house.vault, wish, by=by, now=visit.now)


def _read(database: Session, visit: Visit, binding_id: str) -> _Page | None:
    """Return the page of the child asked for, or the first; None where there is no child."""
    guardian = visit.get_guardian()
    door = for_guardian(database, guardian.id)
    siblings = door.children()
    if not siblings and not binding_id:
        return None
    child = door.child(_id_in(binding_id)) if binding_id else siblings[0]
    bound = {one.student_id for one in siblings}
    every = orders_of_guardian(database, guardian.id)
    left = [one for one in every if one.student.id not in bound]
    return _Page(service_of(database, guardian, child, visit.now), siblings, left)


def _id_in(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise AccessError("no_such_child") from None


def _render(visit: Visit, page: _Page, form: SmsForm, faults: Mapping[str, str] = NO_FAULTS) -> str:
    service, own = page.service, f"guardian:{visit.get_guardian().id}"
    child, current = service.child, service.current
    if service.obstacle is Obstacle.PHONE:
        note_ordering(child.binding_id)
    cards = [card_of(visit.house.vault, one, own, visit.now) for one in service.earlier]
    card = card_of(visit.house.vault, current, own, visit.now) if current else None
    shown = plan_of(service.plan) if service.plan else None
    plan = current.plan if current and current.is_open else shown
    return render_template(
        "sms.html",
        child=child,
        siblings=page.siblings,
        semester=semester_words(plan) if plan else "",
        order=card,
        earlier=[*_cards(cards), *_rows(page.left)],
        blocked=service.obstacle or "",
        form=form,
        faults=faults,
        note=request.args.get("note", ""),
        already={state.value: _(words) for state, words in ALREADY.items()},
        school_phone=phone_link(child.school_phone) if child.school_phone else None,
        **_terms(visit, service),
    )


def _terms(visit: Visit, service: ChildService) -> dict[str, object]:
    """Return what an order would be: prices, choices, days, and to which number."""
    if service.plan is None:
        return {}
    plan = plan_of(service.plan)
    offers = list(service.offers.values())
    held = contact_in(visit.house.vault, visit.get_guardian(), ContactSlot.PHONE)
    return {
        "prices": price_words(plan),
        "bearer": _(BEARER_WORDS[plan.shortfall_by]),
        "version": version_of(service.plan),
        "choices": choices_of(service.plan, service.offers),
        "late": late_words(offers[0]) if offers else "",
        "closes": long_date(plan.send_until - ONE_DAY),
        "phone": held.masked,
        "is_paid_first": not service.has_paid
        and any(is_unpaid(plan, items, 0) for items in service.offers),
    }


def _cards(cards: Sequence[OrderCard]) -> list[tuple[UUID, str, str]]:
    return [(one.id, one.title, one.word) for one in cards]


def _rows(listed: Sequence[Listed]) -> list[tuple[UUID, str, str]]:
    return [
        (
            one.order.id,
            _("{child}的{items}簡訊", child=given_name(one.student.name), items=_items(one)),
            _(STATE_WORDS[OrderState(one.order.state)]),
        )
        for one in listed
    ]


def _items(listed: Listed) -> str:
    return _(ITEM_WORDS[Items(listed.order.items)])


def _facts(listed: Listed, card: OrderCard) -> list[tuple[str, str]]:
    child = listed.student
    place = parted(child.homeroom, _("{seat} 號", seat=child.seat_number))
    facts = [
        (_("學生"), masked_name(child.name)),
        (_("班級"), place),
        (_("服務"), card.title),
        (_("狀態"), card.word),
        (_("申請日期"), plain_moment(listed.order.asked_at)),
        (_("手機"), card.phone),
    ]
    return [*facts, (_("發送期間"), card.span)] if card.span else facts
