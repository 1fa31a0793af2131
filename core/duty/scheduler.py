"""The clock process: APScheduler wakes ticks, the ticks find their work in the database."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from core.clock import TAIPEI, OwnClock, own_time
from core.db import transaction
from core.duty.aging_tick import run_aging_tick
from core.duty.binding_tick import tidy_bindings, watch_bindings
from core.duty.bounce_tick import run_bounce_tick
from core.duty.channel_check_tick import run_channel_check_tick
from core.duty.closure_tick import run_closure_tick
from core.duty.digest_tick import run_digest_tick
from core.duty.help_tick import run_help_tick
from core.duty.ladder_tick import run_ladder_tick
from core.duty.letter_digest_tick import run_letter_digest_tick
from core.duty.look_tick import run_look_tick
from core.duty.months import run_month_tick
from core.duty.no_show_tick import run_no_show_tick, run_tap_out_tick
from core.duty.order_tick import run_order_tick
from core.duty.quota_tick import run_quota_tick
from core.duty.reader_tick import watch_readers
from core.duty.three_days_tick import run_three_days_tick
from core.duty.tick_log import TickLog
from core.gate.readers import purge_nonces
from core.house import House
from core.maintenance import Phase, Window
from core.people.sessions import purge_sessions
from core.people.used_tokens import purge_used_tokens

logger = logging.getLogger(__name__)

Tick = Callable[[House], None]
PURGE_EVERY_SECONDS = 600
WRITE_LOG_EVERY_SECONDS = 15
LOOK_SECONDS = 1.0
# By less, as NTP does while a program runs, a clock is only made faster or slower.
SLEWED = timedelta(seconds=1)
TICKS: dict[Tick, int] = {
    run_no_show_tick: 5,
    # A dead reader is known within two minutes: 90 seconds of silence and a look.
    watch_readers: 15,
    # A confirmed closure works at once; this only announces it.
    run_closure_tick: 10,
    # Minutes were waited for LINE by then; a correction by another channel should not wait long.
    run_ladder_tick: 15,
    # A guardian who asked the school waits; the next in line is asked on time.
    run_help_tick: 15,
    # Who is closed out, or guessed at, is known within the minute.
    watch_bindings: 15,
    tidy_bindings: PURGE_EVERY_SECONDS,
    run_tap_out_tick: 60,
    run_three_days_tick: 60,
    run_look_tick: 60,
    run_digest_tick: 60,
    run_letter_digest_tick: 60,
    run_aging_tick: 60,
    run_order_tick: 60,
    run_channel_check_tick: 300,
    # A letter that comes back may be a no-show that has to go another way.
    run_bounce_tick: 60,
    # Decides for itself when LINE is asked.
    run_quota_tick: 60,
    run_month_tick: 600,
}
# They go on in the maintenance window: what they do is to look.
WATCHING: frozenset[Tick] = frozenset({watch_readers})


def start_scheduler(
    house: House, more: Mapping[Tick, int], watching: Collection[Tick] = ()
) -> BackgroundScheduler:
    """Start the ticks in a background thread; the caller shuts the scheduler down.

    `more` are ticks of rooms that duty does not know, with the seconds between two runs; those of
    them that are `watching` go on in the maintenance window.
    """
    scheduler = BackgroundScheduler(
        timezone=TAIPEI,
        # The defaults drop a job that is one second late.
        job_defaults={"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1},
    )
    log = TickLog()
    own: dict[Tick, int] = {
        forget_old_nonces: PURGE_EVERY_SECONDS,
        forget_old_sign_ins: PURGE_EVERY_SECONDS,
        log.store_ticks: WRITE_LOG_EVERY_SECONDS,
    }
    awake = {*WATCHING, *watching, log.store_ticks}
    for tick, seconds in {**TICKS, **own, **more}.items():
        given = {"tick": tick, "house": house, "log": log, "rests": tick not in awake}
        scheduler.add_job(run_tick, "interval", seconds=seconds, kwargs=given)
    scheduler.start()
    return scheduler


def run_ticks(
    house: House, more: Mapping[Tick, int], watching: Collection[Tick], stop: threading.Event
) -> None:
    """Tick until `stop` is set, and wait for the ticks that run by then."""
    scheduler, own = start_scheduler(house, more, watching), OwnClock()
    while not stop.wait(LOOK_SECONDS):
        jump = own.set_by()
        if abs(jump) > SLEWED:
            extra = {"action": "clock", "ms": round(jump.total_seconds() * 1000)}
            logger.warning("machine's clock was set", extra=extra)
            _tick_now(scheduler)
    scheduler.shutdown()


def _tick_now(scheduler: BackgroundScheduler) -> None:
    # It goes by the machine's own clock: set back an hour, it would rest that hour.
    for job in scheduler.get_jobs():
        job.modify(next_run_time=own_time())


def forget_old_nonces(house: House) -> None:
    """Drop request ids that no replay could use any more."""
    with transaction(house.engine) as session:
        purge_nonces(session, house.clock.now())


def forget_old_sign_ins(house: House) -> None:
    """Drop ID tokens that ran out, and sessions that ended long ago."""
    with transaction(house.engine) as session:
        purge_used_tokens(session, house.clock.now())
        purge_sessions(session, house.clock.now())


def run_tick(tick: Tick, house: House, log: TickLog, *, rests: bool) -> None:
    """Run a tick once; one that `rests` does nothing in the maintenance window, and that is well.

    A failed tick is tried again at the next one: its work is still found by query.
    """
    try:
        if not (rests and _is_window(house)):
            tick(house)
        log.note(tick.__name__, house.clock.now())
    except OperationalError as error:
        # The database is away, as each tick finds again and again: a trace would say no more.
        extra = {"action": tick.__name__, "error_type": type(error.orig).__name__}
        logger.error("tick failed", extra=extra)  # noqa: TRY400
    except Exception:
        logger.exception("tick failed", extra={"action": tick.__name__})


def _is_window(house: House) -> bool:
    return Window.of(house.settings).phase(house.clock.now()) is Phase.NOW
