"""One budget for all senders: LINE_PUSH_PER_SECOND is cut into slots, each held by one at a time.

A sender pushes at the rate of the slots it holds, and stops using one well before its hold ends;
the next one takes it only after the end. So however many senders come, go, stall or lose the
database, the sum never exceeds the budget, and no row is written more than every second or two.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from core.db import insert_for, table_of
from core.delivery.tables import PushSlot, SenderSeat

# The budget is cut into so many; so many senders can work side by side.
SLOTS = 20
HOLD = timedelta(seconds=5)
RENEW_SECONDS = 1.5
# Clocks of machines may differ by as much (all go by the database's); a slot is taken over only so
# long after its hold ended. Who starts after another was killed waits six seconds at most.
SKEW = timedelta(seconds=1)
# What was written by a clock farther ahead comes of one that was set back since, and of a sender
# that is dead: a living one follows within seconds.
AHEAD = timedelta(minutes=1)
# How long a renewal counts here, by this process's own steady clock, from before it was asked for.
TRUSTED_SECONDS = 4.0


class Share:
    """The slots of one sender."""

    def __init__(self, per_second: int, steady: Callable[[], float] = time.monotonic) -> None:
        self.holder = uuid4()
        self._slot_rate = per_second / SLOTS
        self._steady = steady
        self._held = 0
        self._asked_at = -TRUSTED_SECONDS

    @property
    def rate(self) -> float:
        """Return how many pushes a second are ours now; 0 once the last renewal is too old."""
        is_trusted = self._steady() - self._asked_at < TRUSTED_SECONDS
        return self._held * self._slot_rate if is_trusted else 0.0

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to renew."""
        return self._steady() - self._asked_at >= RENEW_SECONDS

    def renew(self, session: Session, now: datetime) -> tuple[float, int]:
        """Keep, give up or take slots, by how many senders there are; joins the transaction.

        What is given up counts no more at once, what is taken once `confirm` was told the result.
        """
        asked_at = self._steady()
        held = hold_slots(session, self.holder, now)
        self._held = min(self._held, held)
        return asked_at, held

    def confirm(self, renewal: tuple[float, int]) -> None:
        """Count what a committed renewal brought."""
        self._asked_at, self._held = renewal

    def let_go(self, session: Session) -> None:
        """Give everything back, so that others need not wait for the end of the hold."""
        self._held = 0
        release(session, self.holder)


def hold_slots(session: Session, holder: UUID, now: datetime) -> int:
    """Renew what `holder` has, within its fair share of all slots; return how many it has now.

    Joins the caller's transaction.
    """
    slots = _all_slots(session) or _cut_slots(session)
    fair = -(-len(slots) // _sit_down(session, holder, now))
    # Also after their end: what nobody took meanwhile is still its own.
    mine = [one for one in slots if one.holder == holder]
    free = [one for one in slots if one.holder is None or _is_over(one, now)]
    kept = [*mine, *(one for one in free if one not in mine)][:fair]
    left = [one for one in mine if one not in kept]
    _hand(session, kept, holder, now + HOLD)
    _hand(session, left, None, None)
    return len(kept)


def _hand(
    session: Session, slots: Sequence[PushSlot], holder: UUID | None, until: datetime | None
) -> None:
    if slots:
        theirs = update(PushSlot).where(col(PushSlot.number).in_([one.number for one in slots]))
        change = theirs.values(holder=holder, held_until=until)
        session.execute(change.execution_options(synchronize_session=False))


def release(session: Session, holder: UUID) -> None:
    """Free the holder's slots and its seat; joins the caller's transaction."""
    # Held in the order in which they are shared out, or the two could wait in a circle.
    _all_slots(session)
    mine = update(PushSlot).where(col(PushSlot.holder) == holder)
    session.execute(mine.values(holder=None, held_until=None))
    session.execute(table_of(SenderSeat).delete().where(table_of(SenderSeat).c.id == holder))


def _sit_down(session: Session, holder: UUID, now: datetime) -> int:
    """Let the others see this sender, and return how many there are."""
    seat = table_of(SenderSeat)
    values = {"id": holder, "seen_at": now}
    statement = insert_for(session, seat).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))
    seen = seat.c.seen_at
    session.execute(seat.delete().where(or_(seen < now - HOLD - SKEW, seen > now + AHEAD)))
    return session.execute(select(func.count()).select_from(seat)).scalar_one()


def _is_over(slot: PushSlot, now: datetime) -> bool:
    until = slot.held_until
    return until is None or not now - SKEW <= until <= now + HOLD + AHEAD


def _all_slots(session: Session) -> list[PushSlot]:
    # Held in one order while it is shared out; this is done every few seconds, not for each push.
    statement = select(PushSlot).order_by(col(PushSlot.number)).with_for_update()
    return list(session.scalars(statement))


def _cut_slots(session: Session) -> list[PushSlot]:
    slot = table_of(PushSlot)
    rows = [{"number": number} for number in range(SLOTS)]
    session.connection().execute(insert_for(session, slot).on_conflict_do_nothing(), rows)
    return _all_slots(session)
