"""The clock process: APScheduler wakes ticks, the ticks find their work in the database."""

import logging
from collections.abc import Callable, Mapping

from apscheduler.schedulers.background import BackgroundScheduler

from core.clock import TAIPEI
from core.db import transaction
from core.duty.closure_tick import run_closure_tick
from core.duty.ladder_tick import run_ladder_tick
from core.duty.no_show_tick import run_no_show_tick, run_tap_out_tick
from core.duty.quota_tick import run_quota_tick
from core.duty.reader_tick import watch_readers
from core.duty.three_days_tick import run_three_days_tick
from core.duty.tick_log import TickLog
from core.gate.readers import purge_nonces
from core.house import House

logger = logging.getLogger(__name__)

Tick = Callable[[House], None]
PURGE_EVERY_SECONDS = 600
WRITE_LOG_EVERY_SECONDS = 15
TICKS: dict[Tick, int] = {
    run_no_show_tick: 5,
    # A dead reader is known within two minutes: 90 seconds of silence and a look.
    watch_readers: 15,
    # A confirmed closure works at once; this only announces it.
    run_closure_tick: 10,
    # Minutes were waited for LINE by then; a correction by another channel should not wait long.
    run_ladder_tick: 15,
    run_tap_out_tick: 60,
    run_three_days_tick: 60,
    # Decides for itself when LINE is asked.
    run_quota_tick: 60,
}


def start_scheduler(house: House, more: Mapping[Tick, int]) -> BackgroundScheduler:
    """Start the ticks in a background thread; the caller shuts the scheduler down.

    `more` are ticks of rooms that duty does not know, with the seconds between two runs.
    """
    scheduler = BackgroundScheduler(
        timezone=TAIPEI,
        # The defaults drop a job that is one second late.
        job_defaults={"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1},
    )
    log = TickLog()
    own: dict[Tick, int] = {
        forget_old_nonces: PURGE_EVERY_SECONDS,
        log.store_ticks: WRITE_LOG_EVERY_SECONDS,
    }
    for tick, seconds in {**TICKS, **own, **more}.items():
        scheduler.add_job(_guarded, "interval", seconds=seconds, args=[tick, house, log])
    scheduler.start()
    return scheduler


def forget_old_nonces(house: House) -> None:
    """Drop request ids that no replay could use any more."""
    with transaction(house.engine) as session:
        purge_nonces(session, house.clock.now())


def _guarded(tick: Tick, house: House, log: TickLog) -> None:
    # A failed tick is tried again at the next one: its work is still found by query.
    try:
        tick(house)
        log.note(tick.__name__, house.clock.now())
    except Exception:
        logger.exception("tick failed", extra={"action": tick.__name__})
