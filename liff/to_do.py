"""待辦: what a guardian still has to do or waits for, and which banners may stand above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from sqlmodel import Session

from core.binding.carry_over import proposals_to
from core.binding.requests import requests_of
from core.identity.standing import Standing
from core.kinds import Channel
from core.languages.dates import day_and_clock
from core.languages.speech import _
from core.orders.listing import Listed
from core.orders.plan_book import plan_of
from core.orders.plans import Items, effect_of
from core.orders.standing import in_force_of
from core.orders.states import OrderState
from core.orders.words import money
from core.people.bindings import BoundChild
from core.people.hurdles import reach_of
from core.people.lost_cards import last_ends
from core.people.names import given_name
from core.people.subscriptions import boxes_of_all
from liff.visit import Visit

# As they stand on the page: what changed first, then what wants an act or casts doubt.
ORDER = ("on_demand_new", "stopped", "reach", "doubt", "note", "viewing", "on_demand")
# Which go first where there is room for two: the answer to what was just done, then what is not
# sent any more until it was read, then who is cut off.
RANKS = ("note", "on_demand_new", "stopped", "reach", "viewing", "doubt", "on_demand")
MOST = 2


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the list, with the one page that settles it; "" where there is only to wait."""

    drawing: str
    text: str
    detail: str = ""
    href: str = ""


def pick_banners(wanted: frozenset[str], *, beside: int) -> list[str]:
    """Return the banners in the order of the page, so that two stand there at most.

    `beside` is how many pressing announcements wait: all of them share one banner.
    """
    chosen = [name for name in RANKS if name in wanted][: MOST - min(beside, 1)]
    return sorted(chosen, key=ORDER.index)


def tasks_of(
    database: Session, visit: Visit, children: Sequence[BoundChild], ordered: Sequence[Listed]
) -> list[Task]:
    """Return what is to be done, most pressing first, and what is waited for last."""
    tasks: list[Task] = []
    # Who only looks can settle nothing here.
    if visit.standing is Standing.REAL_NAME:
        tasks += _moves(database, visit)
        tasks += _cards(database, children)
        orders = _latest_orders(ordered, children)
        tasks += [task for one in orders if (task := _order_to_do(*one, visit.now))]
        if visit.get_guardian().stopped_at is None:
            tasks += _boxes(database, visit, children, in_force_of(ordered, visit.now))
        tasks += [task for one in orders if (task := _order_waiting(*one))]
    return tasks + _waiting(database, visit)


def _moves(database: Session, visit: Visit) -> list[Task]:
    return [
        Task(
            "class",
            _("要沿用原來的綁定嗎"),
            _("{school}已登錄{child}的學籍。", school=one.school, child=given_name(one.name)),
            url_for("liff.show_move", carry_over_id=one.carry_over.id),
        )
        for one in proposals_to(database, visit.get_guardian().id)
    ]


def _cards(database: Session, children: Sequence[BoundChild]) -> list[Task]:
    tasks = []
    ends = last_ends(database, [child.student_id for child in children])
    for child in children:
        ended = ends.get(child.student_id)
        if ended is not None:
            text = _("替{child}向學校申請補卡", child=child.given_name)
            detail = _("學生證已在 {time}停用，補卡前收不到通知。", time=day_and_clock(ended))
            page = url_for("liff.show_lost_card", binding_id=child.binding_id)
            tasks.append(Task("alert", text, detail, page))
    return tasks


def _boxes(
    database: Session, visit: Visit, children: Sequence[BoundChild], texted: frozenset[UUID]
) -> list[Task]:
    """Return which children nothing is told of, and which ticked way leads nowhere yet."""
    ticked = boxes_of_all(database, [child.binding_id for child in children])
    tasks = [
        Task(
            "chat",
            _("勾選{child}的通知", child=child.given_name),
            _("現在一項都沒有勾選，收不到任何通知。"),
            url_for("liff.show_child", binding_id=child.binding_id, _anchor="boxes"),
        )
        for child in children
        if not ticked[child.binding_id] and child.student_id not in texted
    ]
    channels = {channel for boxes in ticked.values() for channel, _kind in boxes}
    reach, page = reach_of(visit.get_guardian()), url_for("liff.show_contact")
    if Channel.EMAIL in channels and not reach.has_email:
        detail = _("還沒驗證，勾選的 e-mail 通知寄不出去。")
        tasks.append(Task("person", _("驗證 e-mail"), detail, page))
    if Channel.SMS in channels and not reach.has_phone:
        detail = _("還沒驗證，勾選的簡訊通知送不出去。")
        tasks.append(Task("phone", _("驗證手機"), detail, page))
    if Channel.APP in channels and not reach.has_app and visit.house.settings.app_push_url:
        detail = _("還沒連結，勾選的酷課 APP 通知送不出去。")
        tasks.append(Task("app", _("連結酷課 APP"), detail, url_for("liff.show_app")))
    return tasks


def _waiting(database: Session, visit: Visit) -> list[Task]:
    return [
        Task(
            "clock",
            _("{child}的綁定等學校確認", child=given_name(one.name)),
            _("學校確認後會用 LINE 通知您，不用再送一次。"),
        )
        for one in requests_of(database, visit.get_guardian().id)
    ]


def _latest_orders(
    ordered: Sequence[Listed], children: Sequence[BoundChild]
) -> list[tuple[BoundChild, Listed]]:
    """Return the newest SMS order of each child."""
    newest: dict[UUID, Listed] = {}
    for one in ordered:
        newest.setdefault(one.student.id, one)
    return [(child, newest[child.student_id]) for child in children if child.student_id in newest]


def _order_to_do(child: BoundChild, listed: Listed, now: datetime) -> Task | None:
    """Return what only the guardian can do about an order: correct it, or pay."""
    order = listed.order
    page = url_for("liff.show_sms", child=child.binding_id)
    can_order = effect_of(now) < plan_of(listed.plan).ends_at
    if order.state == OrderState.RETURNED and order.reason and can_order:
        text = _("修改{child}的簡訊申請", child=child.given_name)
        reason = _("學校退回了申請，原因：{reason}", reason=order.reason)
        return Task("mail", text, reason, page)
    if order.state == OrderState.REQUESTED and listed.is_unpaid:
        price = money(plan_of(listed.plan).prices[Items(order.items)])
        text = _("繳{child}的簡訊費", child=child.given_name)
        detail = _("請到學校出納組繳 {amount}，學校審核後隔日生效。", amount=price)
        return Task("mail", text, detail, page)
    return None


def _order_waiting(child: BoundChild, listed: Listed) -> Task | None:
    """Return what the school has to look at."""
    order = listed.order
    page = url_for("liff.show_sms", child=child.binding_id)
    if order.state == OrderState.REQUESTED and not listed.is_unpaid:
        text = _("{child}的簡訊申請等學校審核", child=child.given_name)
        return Task("clock", text, _("審核後隔日生效，會用 LINE 通知您。"), page)
    if order.state == OrderState.CANCELLING:
        text = _("{child}的簡訊註銷審核中", child=child.given_name)
        return Task("clock", text, _("審核前可以取消註銷。"), page)
    return None
