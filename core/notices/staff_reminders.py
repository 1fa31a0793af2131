"""What staff are told at a set time: the day in numbers, and what has waited too long.

Both join the caller's transaction and return how many notices were new.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices import staff_bubbles as bubbles
from core.notices.flex import buttons, quiet
from core.notices.staff_desk import StaffDesk, Topic, officers_of, place, send_all
from core.notices.staff_words import say
from core.notices.wording import short_date
from core.people.tables import Staff

REPORT_PAGE = "staff/report"
QUEUE_WORD = "審核"


def tell_digest(
    session: Session,
    desk: StaffDesk,
    school_code: str,
    numbers: Mapping[str, int],
    left: int | None,
    now: datetime,
) -> int:
    """Tell the officers how the day was; `left` are the month's messages, None without a limit."""
    day = school_day_of(now)
    written = {name: f"{number:,}" for name, number in numbers.items()}
    remaining = "" if left is None else f"{left:,}"
    said = say("digest", day=short_date(day), left=remaining, **written)
    page = f"{desk.page(REPORT_PAGE)}?school={school_code}"
    topic = Topic(NoticeKind.DIGEST, day, school_code)
    foot = [buttons(quiet("看詳情", page))]
    message = bubbles.news(topic.kind, said, place(session, school_code, day), foot=foot)
    return send_all(session, topic, officers_of(session, school_code), message, now)


def tell_aging(
    session: Session,
    school_code: str,
    people: Sequence[Staff],
    *,
    count: int,
    days: int,
    about: str,
    now: datetime,
) -> int:
    """Remind of what waits for an answer; `days` is the longest wait."""
    day = school_day_of(now)
    said = say("queue_aging", n=count, days=days)
    topic = Topic(NoticeKind.QUEUE_AGING, day, about)
    foot = [bubbles.type_word(QUEUE_WORD, QUEUE_WORD)]
    message = bubbles.news(topic.kind, said, place(session, school_code, day), foot=foot)
    return send_all(session, topic, people, message, now)


def tell_orders_aging(
    session: Session, school_code: str, *, count: int, days: int, now: datetime
) -> int:
    """Remind the officers of the orders of texts that wait; `days` is the longest wait."""
    day = school_day_of(now)
    said = say("order_aging", n=count, days=days)
    topic = Topic(NoticeKind.ORDER_AGING, day, school_code)
    foot = [bubbles.type_word(QUEUE_WORD, f"{QUEUE_WORD} 簡訊")]
    message = bubbles.news(topic.kind, said, place(session, school_code, day), foot=foot)
    return send_all(session, topic, officers_of(session, school_code), message, now)
