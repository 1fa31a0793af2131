"""A checked file of slips, sealed until it is confirmed: once, by whoever sent it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.crypto import Vault
from core.order_files.slips import Slip
from core.orders.plans import Items
from core.orders.tables import Origin, SmsOrder
from core.people.one_time import keep_text, peek_text, show_text
from core.people.tables import OneTimeText

# Long enough to look through a grade's slips.
GOOD_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class HeldSlips:
    """What was checked, for a school and a plan; good before `until`."""

    school_code: str
    plan_id: UUID
    file_name: str
    slips: Sequence[Slip]
    until: datetime


def hold_slips(session: Session, vault: Vault, held: HeldSlips, *, by: str, now: datetime) -> UUID:
    """Keep the slips and return their id; joins the caller's transaction."""
    facts = {
        "school": held.school_code,
        "plan": str(held.plan_id),
        "file": held.file_name,
        "slips": json.dumps([asdict(one) for one in held.slips]),
        "until": held.until.isoformat(),
    }
    return keep_text(session, vault, facts, by=by, now=now, good_for=held.until - now)


def look_at_slips(
    session: Session, vault: Vault, text_id: UUID, askers: Collection[str], now: datetime
) -> HeldSlips | None:
    """Return somebody's own held slips; None when they are over, taken or another's."""
    return _read(peek_text(session, vault, text_id, askers, now))


def take_slips(
    session: Session, vault: Vault, text_id: UUID, askers: Collection[str], now: datetime
) -> HeldSlips | None:
    """Return the held slips and forget them, once; joins the caller's transaction."""
    return _read(show_text(session, vault, text_id, askers, now))


def count_taken(session: Session, text_id: UUID, askers: Collection[str], school_code: str) -> int:
    """Return how many orders came of somebody's own slips, taken before; only reads."""
    # All that is done in one transaction bears one moment.
    taken_at = select(col(OneTimeText.shown_at)).where(
        col(OneTimeText.id) == text_id, col(OneTimeText.asked_by).in_(askers)
    )
    statement = select(func.count()).where(
        col(SmsOrder.school_code) == school_code,
        col(SmsOrder.origin) == Origin.FILE,
        col(SmsOrder.asked_by).in_(askers),
        col(SmsOrder.asked_at) == taken_at.scalar_subquery(),
    )
    return session.scalar(statement) or 0


def _read(facts: dict[str, str] | None) -> HeldSlips | None:
    if facts is None or not {"slips", "until"} <= facts.keys():
        return None
    slips = [Slip(**one | {"items": Items(one["items"])}) for one in json.loads(facts["slips"])]
    until = datetime.fromisoformat(facts["until"])
    return HeldSlips(facts["school"], UUID(facts["plan"]), facts["file"], slips, until)
