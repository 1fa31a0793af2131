"""A child's page: today, the boxes, the last seven days, what was told; and unbinding."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.days import DayView, days_of
from core.calendar.policy import DayRules, rules_for
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.quota_month import month_end, on_demand_kinds
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.notices.trail import trail_of
from core.notices.wording import BOX_WORDS, on_demand_line, short_date
from core.people.bindings import BoundChild, children_of, get_child, unbind_child
from core.people.subscriptions import (
    OFFERED,
    TAP_OUT_TIMES,
    Box,
    boxes_of,
    save_boxes,
    save_tap_out,
)
from liff.guard import linked
from liff.present import discrepancy_line, phone_link, school_line, today_of, week_of
from liff.trail import Step, steps_of
from liff.visit import Visit, current_visit

WEEK = timedelta(days=6)
FAULTS = {
    "not_offered": "這個方式本學期未提供",
    "unknown_time": "請選擇離校提醒的時間",
}
ROWS = {
    Channel.LINE: "LINE",
    Channel.EMAIL: "Email",
    Channel.SMS: "簡訊",
    Channel.APP: "酷課 APP",
}


@dataclass(frozen=True, slots=True)
class _Page:
    child: BoundChild
    siblings: list[BoundChild]
    days: list[DayView]
    rules: DayRules
    boxes: frozenset[Box]
    steps: list[Step]
    on_demand: str


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the form asks for. `tap_out_by` is None for never; as it was where it was not sent."""

    boxes: frozenset[Box]
    tap_out_by: time | None


@linked
def show_child(binding_id: UUID) -> ResponseReturnValue:
    """Show one child; another guardian's is not there."""
    page = _read_page(current_visit(), binding_id)
    return _render(page, _Wish(page.boxes, page.child.tap_out_by))


@linked
def save_child(binding_id: UUID) -> ResponseReturnValue:
    """Turn the ticked boxes on and the others off, for one child or for all."""
    visit = current_visit()
    wanted = frozenset(box for box in _all_boxes() if _field(box) in request.form)
    try:
        with transaction(visit.house.engine) as database:
            children = children_of(database, visit.get_guardian().id)
            mine = get_child(database, visit.get_guardian().id, binding_id)
            for child in children if "apply_to_all" in request.form else [mine]:
                _save(database, child, _Wish(wanted, _tap_out_wish(child)), visit.now)
    except InputError as error:
        page = _read_page(visit, binding_id)
        return _render(page, _Wish(wanted, page.child.tap_out_by), FAULTS[error.code]), 422
    return redirect(url_for("liff.show_child", binding_id=binding_id, note="saved"), 303)


def _save(database: Session, child: BoundChild, wish: _Wish, now: datetime) -> None:
    save_boxes(database, binding_id=child.binding_id, wanted=wish.boxes, now=now)
    save_tap_out(database, binding_id=child.binding_id, by=wish.tap_out_by)


def _tap_out_wish(child: BoundChild) -> time | None:
    if "tap_out_by" not in request.form:
        return child.tap_out_by
    text = request.form["tap_out_by"]
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("unknown_time", "tap_out_by") from None


@linked
def show_unbind(binding_id: UUID) -> ResponseReturnValue:
    """Ask once before a binding ends, saying what it changes."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        child = get_child(database, visit.get_guardian().id, binding_id)
    return render_template("unbind.html", child=child)


@linked
def unbind(binding_id: UUID) -> ResponseReturnValue:
    """End the guardian's own binding."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with transaction(visit.house.engine) as database:
        unbind_child(database, guardian_id=guardian.id, binding_id=binding_id, now=visit.now)
        has_children = bool(children_of(database, guardian.id))
    if not has_children:
        visit.on_link(visit.get_session().line_user_id, False)
    return redirect(url_for("liff.show_home", note="unbound"), 303)


def _read_page(visit: Visit, binding_id: UUID) -> _Page:
    guardian, today = visit.get_guardian(), school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        child = get_child(database, guardian.id, binding_id)
        one = (child.grade, today)
        rules = rules_for(database, child.school_code, [one])[one]
        days = days_of(database, [child], today - WEEK, today, visit.now)[child.student_id]
        boxes = boxes_of(database, binding_id)
        told = trail_of(database, guardian.id, child.student_id, today)
        siblings = children_of(database, guardian.id)
        on_demand = on_demand_kinds(database, visit.now)
    steps = steps_of(days[-1], rules, told, boxes, on_demand)
    line = on_demand_line(on_demand, month_end(visit.now))
    return _Page(child, siblings, days, rules, boxes, steps, line)


def _render(page: _Page, wish: _Wish, fault: str = "") -> str:
    child, day = page.child, page.days[-1]
    return render_template(
        "child.html",
        child=child,
        siblings=page.siblings,
        place=f"{school_line(child)}・{child.seat_number} 號",
        day=f"今天 {short_date(day.school_day)}",
        today=today_of(day),
        discrepancy=discrepancy_line(child.given_name, day),
        can_withdraw=not day.is_past_cutoff,
        columns=list(BOX_WORDS.values()),
        grid=[_row(channel, wish.boxes) for channel in Channel],
        rules=page.rules,
        tap_out_times=[f"{moment:%H:%M}" for moment in TAP_OUT_TIMES],
        tap_out_by=f"{wish.tap_out_by:%H:%M}" if wish.tap_out_by else "",
        week=week_of(page.days, day.school_day),
        span=f"{page.days[0].school_day:%Y/%m/%d}–{day.school_day:%Y/%m/%d}",
        steps=page.steps,
        on_demand=page.on_demand,
        school_phone=phone_link(child.school_phone) if child.school_phone else None,
        note=request.args.get("note", ""),
        is_untold=not page.boxes,
        fault=fault,
    )


def _row(channel: Channel, ticked: frozenset[Box]) -> dict[str, object]:
    return {
        "name": ROWS[channel],
        "is_offered": channel in OFFERED,
        "cells": [
            (_field((channel, kind)), f"{ROWS[channel]} {word}", (channel, kind) in ticked)
            for kind, word in BOX_WORDS.items()
        ],
    }


def _all_boxes() -> list[Box]:
    return [(channel, kind) for channel in Channel for kind in EventKind]


def _field(box: Box) -> str:
    return f"{box[0]}_{box[1]}"
