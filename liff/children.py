"""A child's page: today, the boxes, the last seven days, what was told; and unbinding."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.attendance.days import DayView, days_of
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.notices.trail import trail_of
from core.notices.wording import BOX_WORDS, short_date
from core.people.bindings import BoundChild, children_of, get_child, unbind_child
from core.people.subscriptions import OFFERED, Box, boxes_of, save_boxes
from liff.guard import linked
from liff.present import phone_link, school_line, today_of, week_of
from liff.trail import Step, steps_of
from liff.visit import Visit, current_visit

WEEK = timedelta(days=6)
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
    boxes: frozenset[Box]
    steps: list[Step]


@linked
def show_child(binding_id: UUID) -> ResponseReturnValue:
    """Show one child; another guardian's is not there."""
    page = _read_page(current_visit(), binding_id)
    return _render(page, page.boxes)


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
                save_boxes(database, binding_id=child.binding_id, wanted=wanted, now=visit.now)
    except InputError:
        page = _read_page(visit, binding_id)
        return _render(page, wanted, fault="這個方式本學期未提供"), 422
    return redirect(url_for("liff.show_child", binding_id=binding_id, note="saved"), 303)


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
        days = days_of(database, [child], today - WEEK, today, visit.now)[child.student_id]
        boxes = boxes_of(database, binding_id)
        told = trail_of(database, guardian.id, child.student_id, today)
        siblings = children_of(database, guardian.id)
    return _Page(child, siblings, days, boxes, steps_of(child, days[-1], told, boxes))


def _render(page: _Page, ticked: frozenset[Box], fault: str = "") -> str:
    child, today = page.child, page.days[-1].school_day
    return render_template(
        "child.html",
        child=child,
        siblings=page.siblings,
        place=f"{school_line(child)}・{child.seat_number} 號",
        day=f"今天 {short_date(today)}",
        today=today_of(page.days[-1]),
        columns=list(BOX_WORDS.values()),
        grid=[_row(channel, ticked) for channel in Channel],
        week=week_of(page.days, today),
        span=f"{_month_day(page.days[0])}–{_month_day(page.days[-1])}",
        steps=page.steps,
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


def _month_day(view: DayView) -> str:
    return f"{view.school_day.month}/{view.school_day.day}"
