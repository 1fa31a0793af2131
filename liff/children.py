"""A child's page: today, the boxes, the last seven days, what was told; and unbinding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.days import DayView, days_of
from core.calendar.channels import Offer, offered
from core.calendar.policy import DayRules, rules_for
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.quota_month import month_end, on_demand_kinds
from core.errors import InputError
from core.kinds import Channel
from core.languages.dates import day_and_clock, parted, plain_date, short_date
from core.languages.speech import N_, _
from core.notices.partings import part
from core.notices.trail import told_days, trail_of
from core.notices.wording import BOX_WORDS, on_demand_line
from core.orders.standing import Ordered, ordered_of
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.hurdles import reach_of
from core.people.lost_cards import last_ended
from core.people.subscriptions import (
    TAP_OUT_TIMES,
    Box,
    boxes_of,
    require_tap_out,
    save_tap_out,
)
from liff.applying import is_applying, take_applied
from liff.boxes import (
    Grid,
    all_boxes,
    copy_grid,
    field_of,
    left_out,
    rows_of,
    save_grid,
    sendable,
)
from liff.guard import linked
from liff.present import discrepancy_line, phone_link, school_line, today_of, week_of
from liff.strip import first_day, shown_days, strip_of
from liff.trail import Step, steps_of
from liff.visit import Visit, current_visit
from liff.weeks import Week, asked_day, asked_week, oldest_day

NO_FAULTS: Mapping[str, str] = {}
UNKNOWN_TIME = N_("請選擇離校提醒的時間")


@dataclass(frozen=True, slots=True)
class _Page:
    child: BoundChild
    siblings: list[BoundChild]
    today: DayView
    # From the Monday of three weeks ago to today, and those of the week shown.
    four_weeks: list[DayView]
    days: list[DayView]
    week: Week
    told: frozenset[date]
    rules: DayRules
    boxes: frozenset[Box]
    ordered: Ordered
    offers: Mapping[Channel, Offer]
    not_applied: list[str]
    shown: date
    steps: list[Step]
    on_demand: str
    cardless_since: datetime | None


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
    wanted = frozenset(box for box in all_boxes() if field_of(box) in request.form)
    is_for_all = "apply_to_all" in request.form
    with transaction(visit.house.engine) as database:
        door = for_guardian(database, visit.get_guardian().id)
        mine = door.child(binding_id)
        faults = _save(database, visit, mine, wanted)
        for child in door.children() if is_for_all and not faults else ():
            if child.binding_id != binding_id:
                _save_alike(database, visit, child, wanted)
    if faults:
        page = _read_page(visit, binding_id)
        return _render(page, _Wish(wanted, page.child.tap_out_by), faults), 422
    note = "saved_all" if is_for_all else "saved"
    saved = url_for("liff.show_child", binding_id=binding_id, note=note)
    return redirect(take_applied() or saved, 303)


def _save(
    database: Session, visit: Visit, child: BoundChild, wanted: frozenset[Box]
) -> dict[str, str]:
    """Save boxes and reminder, or nothing; return what is wrong by field."""
    try:
        by = _tap_out_wish(child)
        require_tap_out(by)
    except InputError:
        return {"tap_out_by": _(UNKNOWN_TIME)}
    day = school_day_of(visit.now)
    faults = save_grid(database, visit.get_guardian(), child, wanted, day, visit.now)
    if not faults:
        save_tap_out(database, binding_id=child.binding_id, by=by)
    return faults


def _save_alike(database: Session, visit: Visit, child: BoundChild, wanted: frozenset[Box]) -> None:
    day = school_day_of(visit.now)
    copy_grid(database, visit.get_guardian(), child, wanted, day, visit.now)
    save_tap_out(database, binding_id=child.binding_id, by=_tap_out_wish(child))


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
        child = for_guardian(database, visit.get_guardian().id).child(binding_id)
    return render_template("unbind.html", child=child)


@linked
def unbind(binding_id: UUID) -> ResponseReturnValue:
    """End the guardian's own binding."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with transaction(visit.house.engine) as database:
        part(
            database,
            visit.house.settings,
            guardian_id=guardian.id,
            binding_id=binding_id,
            now=visit.now,
        )
        has_children = bool(for_guardian(database, guardian.id).children())
    if not has_children:
        visit.on_link(visit.get_session().line_user_id, False)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_home", note="unbound"), 303)


def _read_page(visit: Visit, binding_id: UUID) -> _Page:
    guardian, today = visit.get_guardian(), school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        child, siblings = for_guardian(database, guardian.id).child_and_all(binding_id)
        one = (child.grade, today)
        rules = rules_for(database, child.school_code, [one])[one]
        week = _week(database, visit, child, today)
        four_weeks, days = _days(database, child, week, visit.now)
        boxes = boxes_of(database, binding_id)
        ordered = ordered_of(database, guardian.id, child.student_id, visit.now)
        offers = sendable(visit.house.settings, offered(database, child.school_code, today))
        told = told_days(database, guardian.id, child.student_id, week.first, week.last)
        shown = asked_day(week) or (today if week.holds(today) else max(told, default=week.last))
        trail = trail_of(database, guardian.id, child.student_id, shown)
        is_copied = request.args.get("note") == "saved_all"
        not_applied = left_out(database, siblings, boxes, today) if is_copied else []
        on_demand = on_demand_kinds(database, visit.now)
        cardless = last_ended(database, child.student_id)
    view = next(day for day in days if day.school_day == shown)
    # Nothing is to come any more of a day that is over.
    steps = steps_of(view, rules, trail, boxes if shown == today else frozenset(), on_demand)
    line = on_demand_line(on_demand, month_end(visit.now))
    return _Page(
        child,
        siblings,
        four_weeks[-1],
        four_weeks,
        days,
        week,
        frozenset(told),
        rules,
        boxes,
        ordered,
        offers,
        not_applied,
        shown,
        steps,
        line,
        cardless,
    )


def _week(database: Session, visit: Visit, child: BoundChild, today: date) -> Week:
    oldest = oldest_day(database, visit.house.settings, child.school_code, today)
    return asked_week(today, oldest)


def _days(
    database: Session, child: BoundChild, week: Week, now: datetime
) -> tuple[list[DayView], list[DayView]]:
    """Return the days of the picture and those of the week; an older week is read by itself."""
    today = school_day_of(now)
    monday = first_day(today)
    first = min(monday, week.first) if week.last >= monday else monday
    views = days_of(database, [child], first, today, now)[child.student_id]
    of_week = [view for view in views if week.holds(view.school_day)]
    if not of_week:
        of_week = days_of(database, [child], week.first, week.last, now)[child.student_id]
    return [view for view in views if view.school_day >= monday], of_week


def _render(page: _Page, wish: _Wish, faults: Mapping[str, str] = NO_FAULTS) -> str:
    child, day = page.child, page.today
    reach = reach_of(current_visit().get_guardian(), page.ordered.in_force)
    grid = Grid(child, page.offers, reach, page.ordered, wish.boxes, faults)
    return render_template(
        "child.html",
        child=child,
        siblings=page.siblings,
        place=parted(school_line(child), _("{seat} 號", seat=child.seat_number)),
        day=_("今天 {day}", day=short_date(day.school_day)),
        today=today_of(day),
        quiet=_quiet_words(child),
        discrepancy=discrepancy_line(child.given_name, day),
        can_withdraw=not day.is_past_cutoff,
        columns=[_(word) for word in BOX_WORDS.values()],
        grid=rows_of(grid),
        not_applied=page.not_applied,
        rules=page.rules,
        tap_out_times=[f"{moment:%H:%M}" for moment in TAP_OUT_TIMES],
        tap_out_by=f"{wish.tap_out_by:%H:%M}" if wish.tap_out_by else "",
        **_records(page),
        steps=page.steps,
        on_demand=page.on_demand,
        school_phone=phone_link(child.school_phone) if child.school_phone else None,
        note=request.args.get("note", ""),
        is_untold=not (page.boxes or page.ordered.in_force),
        has_sms=page.offers[Channel.SMS].can_be_chosen or page.ordered.in_force,
        is_applying=is_applying(),
        cardless=day_and_clock(page.cardless_since) if page.cardless_since else "",
        faults=faults,
    )


def _records(page: _Page) -> dict[str, object]:
    """Return the week, the picture of four weeks, and whose day the trail is."""
    today, week = page.today.school_day, page.week
    return {
        "week": week_of(page.days, today),
        "is_now": week.last == today,
        "span": f"{plain_date(week.first)}–{plain_date(week.last)}",
        "before": week.before,
        "after": week.after,
        "last": week.last,
        "told": page.told,
        "strip": strip_of(page.four_weeks, today),
        "four_weeks": week_of(shown_days(page.four_weeks), today),
        "told_on": "" if page.shown == today else short_date(page.shown),
    }


def _quiet_words(child: BoundChild) -> str:
    """Return when gate news begins, "" once it has."""
    until = child.quiet_until
    if until is None or current_visit().now >= until:
        return ""
    return day_and_clock(until)
