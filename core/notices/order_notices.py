"""What a guardian hears in LINE of the texts they ordered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices.order_words import OrderFacts
from core.notices.outbox import NewNotice, enqueue
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.bindings import BoundChild, child_of_binding, children_of
from core.people.guardians import find_link_of_guardian
from core.people.languages import language_of_guardian
from core.people.tables import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNews:
    """A step of an order, its `number` within the order, and what is quoted of it.

    `reason` says why it was returned, in the school's words. It goes out from `due_at` on, None for
    at once.
    """

    kind: NoticeKind
    order_id: UUID
    number: int
    guardian_id: UUID
    student_id: UUID
    facts: OrderFacts
    reason: str = ""
    due_at: datetime | None = None


def orders_page(liff_id: str, binding_id: UUID | None) -> str:
    """Return the LIFF address of a child's texts; of all of them where the binding is over."""
    child = f"?child={binding_id}" if binding_id else ""
    return f"https://liff.line.me/{liff_id}/sms{child}"


def tell_order(session: Session, liff_id: str, news: OrderNews, now: datetime) -> int:
    """Tell whose order it is, once a step; joins the caller's transaction.

    Whoever is no longer bound hears of it too: it is their money. Returns how many are new, none
    without an open link.
    """
    link = find_link_of_guardian(session, news.guardian_id)
    named = _child(session, news)
    if link is None or named is None:
        return 0
    child, is_bound = named
    facts = NoticeFacts(
        child=child.given_name,
        school=child.school_short_name,
        school_phone=child.school_phone,
        school_day=school_day_of(now),
        link=orders_page(liff_id, child.binding_id if is_bound else None),
        reason=news.reason.rstrip("。"),
        order=news.facts,
        language=language_of_guardian(session, news.guardian_id),
    )
    notice = NewNotice(
        kind=news.kind,
        guardian_id=news.guardian_id,
        student_id=news.student_id,
        line_user_id=link.line_user_id,
        school_day=facts.school_day,
        at=now,
        about=f"order/{news.order_id}/{news.number}",
        content=content_of(news.kind, facts),
        due_at=news.due_at,
    )
    return enqueue(session, [notice], now)


def _child(session: Session, news: OrderNews) -> tuple[BoundChild, bool] | None:
    """Return the child as the guardian calls it, and whether they are still bound."""
    for child in children_of(session, news.guardian_id):
        if child.student_id == news.student_id:
            return child, True
    last = session.scalar(
        select(col(Binding.id))
        .where(
            col(Binding.guardian_id) == news.guardian_id,
            col(Binding.student_id) == news.student_id,
        )
        .order_by(col(Binding.bound_at).desc())
        .limit(1)
    )
    return (child_of_binding(session, last), False) if last else None
