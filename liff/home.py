"""我的孩子: today at a glance, or the first steps."""

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.announcements.reading import unread_news
from core.attendance.days import days_of
from core.binding.delegates import is_receiver
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.quota_month import CutBack, cut_back, month_end, remember_told
from core.gate.readers import last_contacts
from core.identity.standing import Standing
from core.languages.dates import long_date, parted
from core.languages.speech import _
from core.notices.wording import on_demand_line
from core.orders.listing import orders_of_guardian
from core.orders.plan_book import plan_of_day
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.friends import friendship_of
from core.people.staff import roles_of
from liff.announced import IMPORTANCE_WORDS
from liff.guard import signed_in
from liff.present import card_of, reader_line, school_line
from liff.to_do import pick_banners, tasks_of
from liff.visit import Visit, current_visit

NOTES = frozenset(
    {"pass_left", "bureau_left", "linked", "unbound", "requested", "kept", "not_kept"}
)


@signed_in
def show_home() -> ResponseReturnValue:
    """Show the guardian's children, or what is still to do."""
    visit = current_visit()
    note = request.args.get("note", "")
    line_user_id = visit.get_session().line_user_id
    if visit.guardian is None:
        return _first_steps(visit, note)
    with snapshot(visit.house.engine) as database:
        is_staff = bool(roles_of(database, line_user_id))
        children = for_guardian(database, visit.guardian.id).children()
        follows = friendship_of(database, line_user_id)
        page = _overview(database, visit, children)
        orders = orders_of_guardian(database, visit.guardian.id)
        tasks = tasks_of(database, visit, children, orders)
        lent = is_receiver(database, line_user_id, visit.now)
        plan = plan_of_day(database, school_day_of(visit.now))
        news = unread_news(database, visit.guardian.id, visit.now)
    banners = pick_banners(_wanted(visit, note, follows, page), beside=news.pressing)
    if "on_demand_new" in banners:
        with transaction(visit.house.engine) as database:
            remember_told(database, visit.guardian.id, visit.now)
    return render_template(
        "home.html",
        note=note,
        follows=follows,
        is_staff=is_staff,
        tasks=tasks,
        has_delegations=lent,
        has_sms=bool(orders) or (plan is not None and bool(children)),
        news=news,
        tag=_(IMPORTANCE_WORDS[news.importance]),
        banners=banners,
        **page,
    )


def _first_steps(visit: Visit, note: str) -> str:
    line_user_id = visit.get_session().line_user_id
    with snapshot(visit.house.engine) as database:
        is_staff = bool(roles_of(database, line_user_id))
        lent = is_receiver(database, line_user_id, visit.now)
    return render_template("first_steps.html", note=note, is_staff=is_staff, has_delegations=lent)


def _wanted(
    visit: Visit, note: str, follows: bool | None, page: dict[str, object]
) -> frozenset[str]:
    """Return the names of the banners there is a reason for."""
    is_viewing = visit.standing is not Standing.REAL_NAME
    reasons = {
        "note": note in NOTES,
        "stopped": page["is_stopped"],
        "reach": not follows and not is_viewing,
        "viewing": is_viewing,
        "doubt": page["doubts"],
        "on_demand_new": page["is_cut_new"],
        "on_demand": page["on_demand"] and not page["is_cut_new"],
    }
    return frozenset(name for name, holds in reasons.items() if holds)


def _overview(database: Session, visit: Visit, children: list[BoundChild]) -> dict[str, object]:
    today = school_day_of(visit.now)
    days = days_of(database, children, today, today, visit.now)
    views = {child.binding_id: days[child.student_id][-1] for child in children}
    is_open = any(view.is_school_day for view in views.values())
    readers = _reader_lines(database, visit, children)
    cut = cut_back(database, visit.now) if children else CutBack()
    return {
        "is_cut_new": visit.is_linked and cut.is_new_to(visit.get_guardian()),
        "is_stopped": visit.get_guardian().stopped_at is not None,
        "on_demand": on_demand_line(cut.kinds, month_end(visit.now)),
        "day": _day_line(today, is_open=is_open) if children else "",
        "cards": [
            (
                child.binding_id,
                child.given_name,
                school_line(child),
                card_of(views[child.binding_id]),
            )
            for child in children
        ],
        "doubts": [text for text, is_silent in readers if is_silent and is_open],
        "readers": [text for text, is_silent in readers if not (is_silent and is_open)],
    }


def _day_line(today: date, *, is_open: bool) -> str:
    return parted(long_date(today), _("上課日") if is_open else _("今天不上課"))


def _reader_lines(
    database: Session, visit: Visit, children: list[BoundChild]
) -> list[tuple[str, bool]]:
    schools = {child.school_code: child.school_short_name for child in children}
    heard = last_contacts(database, schools)
    return [reader_line(name, heard[code], visit.now) for code, name in schools.items()]
