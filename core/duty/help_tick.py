"""The help tick: whoever was asked about a child and did not reply is followed by the next."""

from core.answers.school import remind_schools
from core.db import transaction
from core.house import House
from core.notices.staff_desk import staff_desk


def run_help_tick(house: House) -> None:
    """Remind once, in a transaction of its own; safe beside other machines' ticks."""
    with transaction(house.engine) as session:
        count = remind_schools(session, staff_desk(house.settings), house.clock.now())
    if count:
        house.notices_due.set()
