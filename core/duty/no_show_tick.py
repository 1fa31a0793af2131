"""The cut-off tick: take every due run as far as it can go, each in a transaction of its own.

The work is found by query, so a tick that came late or ran on two machines changes nothing.
"""

import logging

from core.attendance.due import due_runs
from core.attendance.runs import RunKey
from core.attendance.sweep import Advance, advance_run
from core.attendance.tables import RunState
from core.attendance.tap_out import schools_to_ask, tell_missing_departures
from core.db import snapshot, transaction
from core.gate.health import gate_health
from core.house import House
from core.notices.staff_notices import StaffDesk, staff_desk

logger = logging.getLogger(__name__)

FINE = (RunState.WAITING, RunState.TOLD, RunState.NO_SCHOOL)


def run_no_show_tick(house: House) -> None:
    """Advance every cut-off run that is due."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        due = due_runs(session, now)
    for key in due:
        # One school's trouble must not keep the others waiting until it is too late for them.
        try:
            _advance(house, key)
        except Exception:
            extra = {"action": "no_show", "school_code": key.school_code}
            logger.exception("cut-off failed", extra=extra)


def run_tap_out_tick(house: House) -> None:
    """Tell guardians whose chosen hour has come that their child has not tapped out."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        schools = schools_to_ask(session, now)
        healthy = [code for code in schools if gate_health(session, code, now).hold is None]
    if not healthy:
        return
    with transaction(house.engine) as session:
        told = tell_missing_departures(session, house.settings.liff_id, healthy, now)
    if told:
        house.notices_due.set()


def _advance(house: House, key: RunKey) -> None:
    now = house.clock.now()
    desk: StaffDesk = staff_desk(house.settings)
    with transaction(house.engine) as session:
        advance = advance_run(session, desk, key, gate_health(session, key.school_code, now), now)
    if advance is None:
        return
    if advance.is_news or advance.told:
        house.notices_due.set()
    if advance.is_news:
        _log(key, advance)


def _log(key: RunKey, advance: Advance) -> None:
    logger.log(
        logging.INFO if advance.state in FINE else logging.ERROR,
        "cut-off",
        extra={
            "action": "no_show",
            "school_code": key.school_code,
            "outcome": advance.state.value,
            "count": advance.told,
        },
    )
