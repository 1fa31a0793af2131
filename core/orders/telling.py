"""The guardian hears of each step of their order in the transaction of the step."""

from datetime import datetime, time

from sqlmodel import Session

from core.clock import at_taipei, school_day_of
from core.kinds import NoticeKind
from core.notices.order_notices import OrderNews, tell_order
from core.notices.order_words import ARRIVAL, BOTH, DEPARTURE, OrderFacts
from core.orders.accounts import OrderAccount, account_for
from core.orders.plans import Items
from core.orders.tables import SmsOrder, SmsPlan

MORNING = time(8)
ITEM_WORDS = {Items.ARRIVAL: ARRIVAL, Items.DEPARTURE: DEPARTURE, Items.BOTH: BOTH}


def tell_step(
    session: Session,
    liff_id: str,
    kind: NoticeKind,
    order: tuple[SmsOrder, SmsPlan],
    number: int,
    now: datetime,
    *,
    is_lapsed: bool = False,
) -> int:
    """Tell whose order it is of its step of that number; a slip's has nobody in LINE to tell.

    Joins the caller's transaction. Returns how many notices are new.
    """
    row, plan = order
    if row.guardian_id is None:
        return 0
    news = OrderNews(
        kind=kind,
        order_id=row.id,
        number=number,
        guardian_id=row.guardian_id,
        student_id=row.student_id,
        facts=_facts(row, plan, account_for(session, row), is_lapsed=is_lapsed),
        reason=row.reason or "",
        due_at=_by_day(now) if is_lapsed or kind is NoticeKind.SMS_SETTLED else None,
    )
    return tell_order(session, liff_id, news, now)


def _by_day(now: datetime) -> datetime:
    """Return when a semester's end is told: the clock acts at midnight, and nobody waits for it."""
    return max(now, at_taipei(school_day_of(now), MORNING))


def _facts(row: SmsOrder, plan: SmsPlan, money: OrderAccount, *, is_lapsed: bool) -> OrderFacts:
    ends = row.cancel_effective_from
    return OrderFacts(
        items=ITEM_WORDS[Items(row.items)],
        first_day=school_day_of(row.effective_from) if row.effective_from else plan.first_day,
        last_day=plan.send_until,
        effective=school_day_of(ends) if ends else None,
        ok=money.ok,
        fee=money.fee,
        prepaid=money.prepaid,
        refund=money.refund,
        due=money.due,
        is_lapsed=is_lapsed,
    )
